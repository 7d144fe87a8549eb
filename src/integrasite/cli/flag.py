"""`integrasite flag`: findings that rules raise (stage)."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import add_config, add_output, log
from integrasite.cli.recall_earlier import add_earlier, current_flags, read_earlier

if TYPE_CHECKING:
    import pandas as pd


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
    parser.add_argument(
        "--expanded",
        type=Path,
        help="tests/expanded_clone_enrichment.tsv of the run (default: genes of expanded clones are not assessed)",
    )
    parser.add_argument(
        "--common-sites",
        type=Path,
        help="tests/common_sites.tsv of the run (default: genes that are hit often are not assessed)",
    )
    parser.add_argument(
        "--contamination",
        type=Path,
        help="contamination.tsv of the run (default: sites of open origin are not marked)",
    )
    add_earlier(parser)
    add_output(parser, "flags.tsv to write")


def run(arguments: argparse.Namespace) -> int:
    """Read the tables, apply the rules, write."""
    from integrasite.analyse.earlier import join_annotation, join_earlier
    from integrasite.config.read import load_study
    from integrasite.flags.raising import OtherTables, raise_flags
    from integrasite.io.tables import read_tsv, write_tsv
    from integrasite.model import tables
    from integrasite.model.tables import ANNOTATION, CLONES, DIVERSITY, FLAGS, Table

    def optional(path: Path | None, table: Table) -> "pd.DataFrame | None":
        return read_tsv(path, table) if path else None

    study = load_study(arguments.config)
    clones, annotation, diversity = (
        read_tsv(arguments.clones, CLONES),
        read_tsv(arguments.annotation, ANNOTATION),
        read_tsv(arguments.diversity, DIVERSITY),
    )
    libraries = study.libraries
    if earlier := read_earlier(arguments.earlier):
        clones, diversity = join_earlier(clones, earlier.clones), join_earlier(diversity, earlier.diversity)
        annotation = join_annotation(annotation, earlier.annotation)
        libraries = (*libraries, *earlier.libraries)
    flags = raise_flags(
        clones,
        annotation,
        diversity,
        libraries,
        study.config.calling,
        study.config.expansion.preset,
        study.config.expansion.product,
        OtherTables(
            tracking=optional(arguments.tracking, tables.TRACKING),
            outliers=optional(arguments.outliers, tables.OUTLIERS),
            expanded=optional(arguments.expanded, tables.EXPANDED_CLONES),
            common_sites=optional(arguments.common_sites, tables.COMMON_SITES),
            contamination=optional(arguments.contamination, tables.CONTAMINATION),
        ),
    )
    if earlier:
        flags = current_flags(flags, study)
    write_tsv(flags, arguments.output, FLAGS)
    counts = flags["rule"].value_counts().sort_index()
    log(f"integrasite flag: {len(flags)} flags" + "".join(f"; {rule} {n}" for rule, n in counts.items()))
    return 0
