"""`integrasite abundance`: any lab's fragments to cells per site."""

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "fragments",
        type=Path,
        help="TSV of one specimen with columns site, replicate, length (bp) and perhaps umi",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="TSV to write (.gz: compressed)")
    parser.add_argument(
        "--knots",
        choices=("quantile", "soniclength"),
        default="quantile",
        help="how the length curve bends: where the data are, or as in the R package sonicLength",
    )


def run(arguments: argparse.Namespace) -> int:
    """Read the fragments, estimate, write; says on stderr what the numbers cannot show."""
    from integrasite.abundance.foreign import (
        ABUNDANCE,
        FOREIGN_FRAGMENTS,
        estimate_foreign,
    )
    from integrasite.config.calling import Calling
    from integrasite.io.tables import empty_table, read_tsv, write_tsv

    path: Path = arguments.fragments
    if path.is_file() and path.stat().st_size == 0:
        write_tsv(empty_table(ABUNDANCE), arguments.output, ABUNDANCE)
        print(f"integrasite abundance: {path} is empty: no sites", file=sys.stderr)
        return 0
    fragments = read_tsv(path, FOREIGN_FRAGMENTS)
    table, notes = estimate_foreign(
        fragments, str(path), umi_min_length=Calling.model_validate({}).umi_min_length, knots=arguments.knots
    )
    write_tsv(table, arguments.output, ABUNDANCE)
    for note in notes:
        print(f"integrasite abundance: {note}", file=sys.stderr)
    print(f"integrasite abundance: {len(fragments)} fragments, {len(table)} sites", file=sys.stderr)
    return 0
