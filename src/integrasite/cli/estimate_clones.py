"""`integrasite estimate-clones`: clone sizes with intervals of one subject (stage)."""

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--config", type=Path, required=True, help="the study's config.yaml")
    parser.add_argument("--subject", required=True, help="subject whose fragments these are")
    parser.add_argument(
        "--fragments", type=Path, required=True, help="Parquet table `fragments` of call-sites"
    )
    parser.add_argument(
        "--contamination", type=Path, help="contamination.tsv: rows that it sets aside do not count"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="Parquet table `clones` to write")


def run(arguments: argparse.Namespace) -> int:
    """Read the subject's fragments, estimate clones, write them."""
    from integrasite.abundance.clones import estimate_specimens
    from integrasite.config.read import load_study
    from integrasite.curate.verdicts import apply_verdicts
    from integrasite.errors import ConfigError, DataError
    from integrasite.io.tables import concat_tables, read_parquet, read_tsv, write_parquet
    from integrasite.model.tables import CLONES, CONTAMINATION, FRAGMENTS

    study = load_study(arguments.config)
    libraries = study.libraries_of(arguments.subject)
    if not libraries:
        raise ConfigError(
            f"--subject '{arguments.subject}': has no amplicon library in the sheet "
            f"(known: {', '.join(study.subjects)})"
        )
    if not arguments.fragments.is_file():
        raise DataError(
            f"{arguments.fragments}: no such file (expected the table 'fragments'); run call-sites first"
        )
    fragments = read_parquet(arguments.fragments, FRAGMENTS)
    if arguments.contamination:
        fragments = apply_verdicts(fragments, read_tsv(arguments.contamination, CONTAMINATION))
    found = list(
        estimate_specimens(
            fragments,
            libraries,
            fragmentation={row.sample: study.protocol_of(row).fragmentation for row in libraries},
            umi_length={row.sample: study.linker_of(row).count("N") for row in libraries},
            calling=study.config.calling,
        )
    )
    clones = concat_tables((frame for frame, _ in found), CLONES)
    write_parquet(clones, arguments.output, CLONES)
    for note in (note for _, note in found if note):
        print(f"integrasite estimate-clones: {note}", file=sys.stderr)
    print(
        f"integrasite estimate-clones: {arguments.subject}: {len(clones)} clones in {len(found)} specimens",
        file=sys.stderr,
    )
    return 0
