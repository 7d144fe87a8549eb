"""`integrasite recruit`: one pass over a tumour sample's reads, keeping the fragments that touch a vector."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import add_config, add_output, log

if TYPE_CHECKING:
    from integrasite.model.library import Library
    from integrasite.reads.recruit_counts import RecruitCounts
    from integrasite.reads.recruit_depth import HostDepth
    from integrasite.reads.recruit_targets import Targets


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument("--sample", required=True, help="row of the sheet")
    parser.add_argument(
        "--vectors", type=Path, required=True, help="folder written by `integrasite prepare-vectors`"
    )
    parser.add_argument("--reference", type=Path, required=True, help="JSON written by `integrasite index`")
    parser.add_argument(
        "--r2",
        type=Path,
        required=True,
        help="gzip FASTQ of reads 2 to write; holds none where reads are single",
    )
    parser.add_argument("--summary", type=Path, required=True, help="JSON of counts and host depth to write")
    parser.add_argument("--depth", type=Path, required=True, help="Parquet of control loci to write")
    parser.add_argument("--ledger", type=Path, required=True, help="Parquet of the ledger's part to write")
    parser.add_argument("--threads", type=int, default=1, help="scanning threads; change no result")
    add_output(parser, "gzip FASTQ of reads 1 of the recruited pairs")


def run(arguments: argparse.Namespace) -> int:
    """Recruit one sample."""
    import json

    from integrasite.cli.progress import follow
    from integrasite.config.read import load_study
    from integrasite.io.atomic import write_text
    from integrasite.io.recruited import pair_writer
    from integrasite.io.tables import write_parquet
    from integrasite.model.tables import HOST_DEPTH, LEDGER
    from integrasite.reads.recruit_counts import RecruitCounts
    from integrasite.reads.recruit_depth import depth_table, measure_depth
    from integrasite.reads.recruit_source import ReadFiles, recruit
    from integrasite.reads.recruit_summary import ledger_part, summarise

    study = load_study(arguments.config)
    library = study.library(arguments.sample)
    fasta = _host_fasta(arguments.reference)
    files = ReadFiles(library.r1, library.r2, library.bam, fasta)
    calling = study.config.calling
    targets = _targets(library, arguments.vectors, fasta, (calling.recruit_bases, calling.recruit_triplets))
    counts = RecruitCounts()
    longest = calling.tumour_max_fragment
    with pair_writer(arguments.output, arguments.r2) as writer:
        found = recruit(files, targets, counts, longest, arguments.threads)
        for part in follow(found, f"recruit {library.sample}", "pairs or reads", lambda: counts.n_pairs):
            writer.write(part.first, part.second)
    fragments = counts.fragments.distinct()
    depth = measure_depth(fragments, targets.loci, counts)
    write_parquet(depth_table(fragments, targets.loci, counts, library.sample), arguments.depth, HOST_DEPTH)
    write_parquet(ledger_part(library.sample, counts), arguments.ledger, LEDGER)
    summary = summarise(library.sample, files.kind, counts, targets.names, depth)
    write_text(arguments.summary, json.dumps(summary, indent=1, allow_nan=False) + "\n")
    _say(library.sample, counts, depth)
    return 0


def _say(sample: str, counts: "RecruitCounts", depth: "HostDepth") -> None:
    unit = "pairs" if counts.is_paired else "reads"
    log(
        f"{sample}: {counts.n_recruited} of {counts.n_pairs} {unit} touch a vector; host depth {depth.depth:.3g} "
        f"from {depth.n_fragments} fragments in {depth.n_loci} control loci"
    )
    if counts.n_unmapped == 0:
        log(f"{sample}: the file holds no unmapped reads; vector reads that fitted no contig are lost")
    if counts.n_lost_mates:
        log(f"{sample}: {counts.n_lost_mates} recruited reads have no mate in the file")
    if counts.n_parts:
        log(
            f"{sample}: of {counts.n_parts} recruited reads the file holds only a part (a supplementary record)"
        )


def _host_fasta(reference: Path) -> Path:
    """The indexed host: plain and with an index, as the bases of loci and CRAM files need it."""
    import json

    from integrasite.align.reference import load_reference
    from integrasite.io.text import read_text

    place = json.loads(read_text(reference, "reference description"))["reference"]
    return load_reference(reference.parent / place).fasta


def _targets(library: "Library", vectors: Path, fasta: Path, least: tuple[int, int]) -> "Targets":
    """The sample's vectors, every plasmid part and the control loci, whose bases come from the indexed host.

    `least`: bases and distinct triplets of a match that counts.
    """
    from integrasite.io.windows import open_windows
    from integrasite.kernels.codes import encode
    from integrasite.reads.recruit_targets import make_targets
    from integrasite.transgene.recruited import recruited_sequences
    from integrasite.transgene.vector_map import load_vector_map

    known = load_vector_map(vectors)
    controls = {}
    with open_windows(fasta) as windows:
        for control in known.controls:
            name = f"{control.contig}:{control.start}-{control.end}"
            controls[name] = encode(windows(control.contig, control.start, control.end))
    return make_targets(recruited_sequences(known, library.vectors), controls, *least)
