"""`integrasite collapse`: usable reads of one source to molecules and their distinct inserts."""

import argparse
from pathlib import Path

from integrasite.cli.arguments import add_config, log


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument("--source", required=True, help="name of the source")
    parser.add_argument("--reads", type=Path, nargs="+", required=True, help="usable reads of all its chunks")
    parser.add_argument("--inserts", type=Path, required=True, help="Parquet of distinct inserts to write")
    parser.add_argument("--molecules", type=Path, required=True, help="Parquet of molecules to write")


def run(arguments: argparse.Namespace) -> int:
    """Collapse one source."""
    from integrasite.config.read import load_study
    from integrasite.io.parts import read_partition, write_arrow
    from integrasite.reads.molecules import collapse_reads
    from integrasite.reads.source import n_partitions, umi_lengths

    study = load_study(arguments.config)
    source = study.source(arguments.source)
    n = n_partitions(source)
    inserts, molecules = collapse_reads(
        lambda part: read_partition(arguments.reads, part, n), n, umi_lengths(study, source)
    )
    write_arrow(inserts, arguments.inserts)
    write_arrow(molecules, arguments.molecules)
    n_reads = int(molecules["n_reads"].to_numpy().sum())
    log(
        f"{source.name}: {n_reads} usable pairs -> {molecules.num_rows} molecules -> {inserts.num_rows} distinct inserts"
    )
    return 0
