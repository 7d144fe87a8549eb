"""`integrasite export`: VISPA2, INSPIIRED and BED exports (stage)."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import add_config, log

if TYPE_CHECKING:
    import pandas as pd

    from integrasite.config.study import Study


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
    from integrasite.io.exports import inspiired_table, site_intervals, write_frame
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
    bed = site_intervals(sites, {name: vector.tsd_length for name, vector in config.vectors.items()})
    write_frame(counts, folder / "vispa2_seqCount.tsv.gz")
    write_frame(cells, folder / "vispa2_fragmentEstimate.tsv.gz")
    write_frame(association, folder / "association_file.tsv")
    write_frame(inspiired_table(clones, annotation, config.reference.name), folder / "inspiired_posid.tsv.gz")
    write_frame(bed, folder / "sites.bed.gz", header=False)
    n_tracks = _write_tracks(clones, study, folder)
    log(f"integrasite export: {len(counts)} sites, {len(libraries)} libraries, {n_tracks} specimens")
    return 0


def _write_tracks(clones: "pd.DataFrame", study: "Study", folder: Path) -> int:
    from integrasite.io.bigwig import can_write_bigwig, contig_lengths, write_bigwig
    from integrasite.io.exports import specimen_tracks, write_frame

    tracks = list(specimen_tracks(clones))
    for name, track in tracks:
        write_frame(track, folder / "bedgraph" / f"{name}.bedGraph.gz", header=False)
    if not can_write_bigwig():
        log("integrasite export: no bigWig files, since pyBigWig is not installed (pip install pyBigWig)")
    elif tracks:
        lengths = contig_lengths(study.genome)
        for name, track in tracks:
            write_bigwig(track, lengths, folder / "bigwig" / f"{name}.bw")
    return len(tracks)
