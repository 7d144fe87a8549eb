"""`integrasite report`: the run's page, one page per subject, and the summary for machines."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--config", type=Path, required=True, help="the study's config.yaml")
    parser.add_argument(
        "--results",
        type=Path,
        required=True,
        help="folder with the run's tables; summary.json is written there",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        help="the run's page (default: RESULTS/report/index.html); subjects' pages go to subjects/ beside it",
    )


def run(arguments: argparse.Namespace) -> int:
    """Read the tables, write the pages and `summary.json`."""
    from integrasite.cli.views import load_view
    from integrasite.io.atomic import fresh_folder, write_text
    from integrasite.report.names import page_name
    from integrasite.report.page import render_page, sections_of
    from integrasite.report.summary import summarise

    whole = load_view(arguments.config, arguments.results)
    index = arguments.output or arguments.results / "report" / "index.html"
    fresh_folder(index.parent / "subjects", "*.html")
    for subject in whole.all_subjects:
        write_text(
            index.parent / "subjects" / page_name(subject),
            render_page(whole.of(subject)),
        )
    sections = sections_of(whole)
    write_text(arguments.results / "summary.json", summarise(whole, sections))
    write_text(index, render_page(whole, sections))
    return 0
