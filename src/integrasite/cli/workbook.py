"""`integrasite workbook`: summary.xlsx, the report's answers as a spreadsheet (stage)."""

import argparse
from pathlib import Path

from integrasite.cli.arguments import add_config, add_output, log


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument("--results", type=Path, required=True, help="folder with the run's tables")
    add_output(parser, "summary.xlsx to write")


def run(arguments: argparse.Namespace) -> int:
    """Read the tables, write the workbook."""
    from integrasite.cli.views import load_view
    from integrasite.io.workbook import write_workbook
    from integrasite.report.workbook import workbook_sheets

    view = load_view(arguments.config, arguments.results)
    sheets, run = workbook_sheets(view), view.study.config.run
    write_workbook(
        sheets,
        arguments.output,
        day=run.date,
        creator=f"integrasite {view.provenance.version}",
        title=f"integrasite, run {run.id}",
    )
    n_rows = sum(len(sheet.rows) for sheet in sheets)
    log(f"integrasite workbook: {len(sheets)} sheets, {n_rows} rows")
    return 0
