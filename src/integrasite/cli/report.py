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
    from integrasite import __version__
    from integrasite.config.read import load_study
    from integrasite.io.atomic import fresh_folder, write_text
    from integrasite.io.sequences import file_checksum
    from integrasite.reads.index_orientation import index_orientations
    from integrasite.report.inputs import read_run_tables
    from integrasite.report.names import page_name
    from integrasite.report.page import render_page, sections_of
    from integrasite.report.summary import summarise
    from integrasite.report.view import Provenance, make_view

    study = load_study(arguments.config)
    sheet = study.resolve(study.config.samples)
    turned = tuple(name for name, found in index_orientations(study).items() if found.is_reversed)
    provenance = Provenance(__version__, file_checksum(sheet), file_checksum(study.path), turned)
    tables = read_run_tables(arguments.results, with_earlier=study.config.store is not None)
    index = arguments.output or arguments.results / "report" / "index.html"
    whole = make_view(study, tables, provenance)
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
