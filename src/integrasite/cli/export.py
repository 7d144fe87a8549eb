"""`integrasite export`: VISPA2, INSPIIRED, tidy, BED and bigWig exports (stage)."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import add_config, log

if TYPE_CHECKING:
    import pandas as pd


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument("--sites", type=Path, required=True, help="sites.tsv.gz of the run")
    parser.add_argument("--clones", type=Path, required=True, help="clones.tsv.gz of the run")
    parser.add_argument(
        "--annotation", type=Path, help="annotation.tsv.gz of the run; without it no genes are named"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to write to")


def run(arguments: argparse.Namespace) -> int:
    """Read the tables, write every export."""
    from integrasite.config.read import load_study
    from integrasite.io.bigwig import contig_lengths
    from integrasite.io.exports import inspiired_table, site_intervals, tidy_table, write_frame
    from integrasite.io.isanalytics import association_file, matrices
    from integrasite.io.tables import empty_table, read_tsv
    from integrasite.model.tables import ANNOTATION, CLONES, SITES

    study = load_study(arguments.config)
    config, folder = study.config, arguments.output
    sites, clones = read_tsv(arguments.sites, SITES), read_tsv(arguments.clones, CLONES)
    has_genes = arguments.annotation is not None
    annotation = read_tsv(arguments.annotation, ANNOTATION) if has_genes else empty_table(ANNOTATION)
    libraries = study.amplicon_libraries
    counts, cells = matrices(sites, clones, annotation, libraries)
    association = association_file(
        libraries,
        project=config.run.id,
        genome=config.reference.name,
        vector_kinds={name: vector.kind for name, vector in config.vectors.items()},
        fragmentation={row.sample: study.protocol_of(row).fragmentation for row in libraries},
    )
    lengths = contig_lengths(study.genome) if len(sites) or len(clones) else {}
    bed = site_intervals(sites, {name: vector.tsd_length for name, vector in config.vectors.items()}, lengths)
    tidy = tidy_table(clones, annotation, config.run.id, config.reference.name)
    write_frame(counts, folder / "vispa2_seqCount.tsv.gz")
    write_frame(cells, folder / "vispa2_fragmentEstimate.tsv.gz")
    write_frame(association, folder / "association_file.tsv")
    write_frame(inspiired_table(clones, annotation, config.reference.name), folder / "inspiired_posid.tsv.gz")
    write_frame(bed, folder / "sites.bed.gz", header=False)
    write_frame(tidy, folder / "sites_tidy.tsv.gz")
    n_tracks = _write_tracks(clones, lengths, folder)
    log(f"integrasite export: {len(counts)} sites, {len(libraries)} libraries, {n_tracks} specimens")
    return 0


def _write_tracks(clones: "pd.DataFrame", lengths: Mapping[str, int], folder: Path) -> int:
    """Cells per base of every specimen as bedGraph and bigWig; those of an earlier call go."""
    from integrasite.io.atomic import fresh_folder
    from integrasite.io.bigwig import write_bigwig
    from integrasite.io.exports import specimen_tracks, write_frame

    n_tracks = 0
    fresh_folder(folder / "bedgraph", "*.bedGraph.gz")
    fresh_folder(folder / "bigwig", "*.bw")
    for name, track in specimen_tracks(clones):
        n_tracks += 1
        write_frame(track, folder / "bedgraph" / f"{name}.bedGraph.gz", header=False)
        write_bigwig(track, lengths, folder / "bigwig" / f"{name}.bw")
    return n_tracks
