"""`integrasite flag`: findings that rules raise (stage)."""

import argparse
from pathlib import Path

from integrasite.cli.arguments import add_config, add_output, log


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument("--clones", type=Path, required=True, help="clones.tsv.gz of the run")
    parser.add_argument("--annotation", type=Path, required=True, help="annotation.tsv.gz of the run")
    parser.add_argument("--diversity", type=Path, required=True, help="diversity.tsv of the run")
    parser.add_argument(
        "--tracking", type=Path, help="tracking.tsv of the run (default: growth is not assessed)"
    )
    parser.add_argument("--outliers", type=Path, help="outliers.tsv of the run (default: not assessed)")
    add_output(parser, "flags.tsv to write")


def run(arguments: argparse.Namespace) -> int:
    """Read the tables, apply the rules, write."""
    from integrasite.config.read import load_study
    from integrasite.flags.raising import raise_flags
    from integrasite.io.tables import read_tsv, write_tsv
    from integrasite.model.tables import ANNOTATION, CLONES, DIVERSITY, FLAGS, OUTLIERS, TRACKING

    study = load_study(arguments.config)
    flags = raise_flags(
        read_tsv(arguments.clones, CLONES),
        read_tsv(arguments.annotation, ANNOTATION),
        read_tsv(arguments.diversity, DIVERSITY),
        study.libraries,
        study.config.calling,
        study.config.expansion.preset,
        read_tsv(arguments.tracking, TRACKING) if arguments.tracking else None,
        read_tsv(arguments.outliers, OUTLIERS) if arguments.outliers else None,
    )
    write_tsv(flags, arguments.output, FLAGS)
    counts = flags["rule"].value_counts().sort_index()
    log(f"integrasite flag: {len(flags)} flags" + "".join(f"; {rule} {n}" for rule, n in counts.items()))
    return 0
