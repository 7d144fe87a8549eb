"""`integrasite gather`: the run's tables from those of its subjects (stage)."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import add_output, log
from integrasite.model import tables
from integrasite.model.tables import Table

if TYPE_CHECKING:
    import pandas as pd

KINDS: dict[str, Table] = {table.name: table for table in vars(tables).values() if isinstance(table, Table)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "--table", required=True, choices=sorted(KINDS), help="which table the inputs are parts of"
    )
    parser.add_argument(
        "inputs", type=Path, nargs="*", metavar="INPUT", help="Parquet parts; none: an empty table"
    )
    parser.add_argument(
        "--contamination",
        type=Path,
        help="contamination.tsv, whose verdicts go into the tables `sites` and `ledger`",
    )
    parser.add_argument(
        "--transgene",
        type=Path,
        help="transgene.tsv, whose verdicts set sites of a wild-type virus aside (needs --config)",
    )
    parser.add_argument("--config", type=Path, help="the study's config.yaml: specimens of the samples")
    add_output(parser, "TSV to write (compressed where it ends in .gz)")


def run(arguments: argparse.Namespace) -> int:
    """Read the parts, put them together, write."""
    from integrasite.curate.verdicts import apply_verdicts, correct_ledger
    from integrasite.errors import DataError
    from integrasite.io.tables import concat_tables, read_parquet, read_tsv, write_tsv

    table = KINDS[arguments.table]
    if absent := [str(path) for path in arguments.inputs if not path.is_file()]:
        raise DataError(f"{', '.join(absent)}: no such file (expected parts of the table '{table.name}')")
    whole = concat_tables((read_parquet(path, table) for path in arguments.inputs), table)
    calls = read_tsv(arguments.contamination, tables.CONTAMINATION) if arguments.contamination else None
    if table.name == "ledger":
        whole = sum_ledger(whole if calls is None else correct_ledger(whole, calls))
    elif table.name == "sites" and calls is not None:
        whole = apply_verdicts(whole, calls)
    if arguments.transgene is not None and "status" in whole.columns:
        whole = _without_virus(whole, arguments.transgene, arguments.config)
    write_tsv(whole, arguments.output, table)
    log(f"integrasite gather: {table.name}: {len(whole)} rows from {len(arguments.inputs)} parts")
    return 0


def _without_virus(whole: "pd.DataFrame", transgene: Path, config: Path | None) -> "pd.DataFrame":
    from integrasite.config.read import load_study
    from integrasite.curate.virus_sites import set_aside_virus
    from integrasite.errors import ConfigError
    from integrasite.io.tables import read_tsv

    if config is None:
        raise ConfigError(
            "--config is missing; --transgene needs the study's config.yaml for the samples' specimens"
        )
    specimens = {row.sample: row.specimen for row in load_study(config).tumour_libraries}
    return set_aside_virus(whole, read_tsv(transgene, tables.TRANSGENE), specimens)


def sum_ledger(parts: "pd.DataFrame") -> "pd.DataFrame":
    """Add up the read pairs of each sample, stage and fate; `fraction` is of all pairs of the sample."""
    summed = parts.groupby(["sample", "stage", "fate"])["n_reads"].sum().reset_index()
    total = summed.groupby("sample")["n_reads"].transform("sum").astype("float64")
    summed["fraction"] = summed["n_reads"].astype("float64") / total.where(total > 0)
    return summed
