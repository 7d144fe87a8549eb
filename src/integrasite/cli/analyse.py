"""`integrasite analyse`: everything after `clones`, from tables alone."""

import argparse
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import log

if TYPE_CHECKING:
    import pandas as pd

    from integrasite.cli.analyse_subjects import Inputs, Settings
    from integrasite.config.study import Study
    from integrasite.model.library import Library


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "clones", type=Path, nargs="*", metavar="CLONES", help="clones.tsv.gz of one run or several"
    )
    parser.add_argument(
        "--store",
        type=Path,
        metavar="DIR",
        help="instead: the current runs of a cohort store, subject by subject",
    )
    parser.add_argument("--annotation", type=Path, metavar="GTF", help="genes as GTF or GFF3; none: no genes")
    parser.add_argument(
        "--gene-lists", type=Path, nargs="+", default=[], metavar="FILE", help="files of gene symbols, named by their file names"
    )  # fmt: skip
    parser.add_argument("--genome-name", default="", help="name of the genome; hg38 places event genes")
    parser.add_argument(
        "--config",
        type=Path,
        help="a study's config.yaml: thresholds, preset, and which specimens are controls",
    )
    parser.add_argument(
        "--leave-out",
        nargs="+",
        default=[],
        metavar="SUBJECT",
        help="subjects that are no patients (controls)",
    )
    parser.add_argument("--name", default="cohort", help="name of this analysis, shown in the report")
    parser.add_argument("--threads", type=int, default=1, help="subjects at the same time")
    parser.add_argument(
        "--no-report",
        action="store_true",
        help="neither report nor a copy of clones and annotation: for large cohorts",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder to write to")


def run(arguments: argparse.Namespace) -> int:
    """Read clones, run every stage after them, write the tables and the report."""
    from integrasite.cli.analyse_subjects import analyse_subjects, open_files, open_store
    from integrasite.errors import ConfigError
    from integrasite.io.whole_folder import whole_folder

    if bool(arguments.clones) == (arguments.store is not None):
        raise ConfigError("give either clones.tsv.gz of one run or several, or --store DIR")
    study = _study(arguments)
    settings = _settings(arguments, study)
    has_files = bool(arguments.clones)
    inputs = open_files(arguments.clones, settings) if has_files else open_store(arguments.store, settings)
    with whole_folder(arguments.output) as folder:
        if settings.annotation is None:
            log("integrasite analyse: insertion tests: not tested, since they need genes (--annotation)")
        else:
            settings = _insertion_tests(inputs.cohort(), settings, study, folder)
        counts = analyse_subjects(inputs, settings, folder, arguments.threads)
        for note in (*inputs.notes, *counts):
            log(f"integrasite analyse: {note}")
        if not arguments.no_report:
            _report(inputs, settings, arguments.name, folder)
    return 0


def _study(arguments: argparse.Namespace) -> "Study | None":
    from integrasite.config.read import load_study

    return load_study(arguments.config) if arguments.config else None


def _settings(arguments: argparse.Namespace, study: "Study | None") -> "Settings":
    from integrasite.cli.analyse_subjects import Settings
    from integrasite.config.calling import Calling

    rows = study.libraries if study else ()
    return Settings(
        calling=study.config.calling if study else Calling(),
        preset=study.config.expansion.preset if study else "default",
        product=study.config.expansion.product if study else "unknown",
        annotation=arguments.annotation,
        gene_lists=tuple(arguments.gene_lists),
        genome_name=arguments.genome_name or (study.config.reference.name if study else "custom"),
        left_out=frozenset(arguments.leave_out),
        controls=frozenset(
            (row.subject, row.specimen) for row in rows if row.role not in ("patient", "product")
        ),
    )


def _insertion_tests(
    clones: "Iterable[pd.DataFrame]", settings: "Settings", study: "Study | None", folder: Path
) -> "Settings":
    """Write the tests of all subjects; returns the settings with them, for the flags."""
    from integrasite.analyse.insertion_tests import run_insertion_tests
    from integrasite.cli.test_insertions import read_lists, tables_of
    from integrasite.flags.raising import OtherTables
    from integrasite.flags.recurrence import collect_recurrence
    from integrasite.io.genes import read_genes
    from integrasite.io.tables import write_tsv
    from integrasite.model.tables import NOT_TESTED

    assert settings.annotation is not None
    rows = study.libraries if study else ()
    found = run_insertion_tests(
        clones,
        read_genes(settings.annotation),
        read_lists(settings.gene_lists, study),
        settings.calling,
        products=[(row.subject, row.specimen) for row in rows if row.role == "product"],
    )
    for frame, table in (*tables_of(found), (found.not_tested, NOT_TESTED)):
        write_tsv(frame, folder / "tests" / f"{table.name}.tsv", table)
        log(f"integrasite analyse: tests/{table.name}.tsv: {len(frame)} rows")
    for note in found.notes:
        log(f"integrasite analyse: {note}")
    # made once, not for each of hundreds of subjects
    recurrence = collect_recurrence(found.expanded_clones, found.common_sites)
    return replace(settings, gene_tests=OtherTables(recurrence=recurrence))


def _report(inputs: "Inputs", settings: "Settings", name: str, folder: Path) -> None:
    """Write clones, annotation, and the pages; stages before `clones` are empty tables."""
    import pandas as pd

    from integrasite import __version__
    from integrasite.analyse.from_tables import libraries_of_clones
    from integrasite.io.atomic import write_text
    from integrasite.io.tables import concat_tables, empty_table, write_tsv
    from integrasite.io.workbook import write_workbook
    from integrasite.model.tables import ANNOTATION, CLONES
    from integrasite.report.inputs import FILES, read_run_tables
    from integrasite.report.names import page_name
    from integrasite.report.page import render_page, sections_of
    from integrasite.report.summary import summarise
    from integrasite.report.view import Provenance, make_view
    from integrasite.report.workbook import workbook_sheets

    loaded = [inputs.load(subject) for subject in inputs.subjects]
    clones = concat_tables([rows for rows, _ in loaded], CLONES)
    sites = [rows for _, rows in loaded] or [empty_table(ANNOTATION)]
    annotation = pd.concat(sites, ignore_index=True).drop_duplicates("site_id", keep="last")
    write_tsv(clones, folder / "clones.tsv.gz", CLONES)
    write_tsv(annotation, folder / "annotation.tsv.gz", ANNOTATION)
    for key in ("sites", "multihits", "ledger", "crosstalk", "contamination"):
        file, table = FILES[key]
        write_tsv(empty_table(table), folder / file, table)
    study = _table_study(clones, libraries_of_clones(clones), settings, name, folder)
    tables = read_run_tables(folder)
    provenance = Provenance(__version__, "none: made from tables", "none: made from tables")
    whole = make_view(study, tables, provenance)
    for subject in whole.subjects:
        page = render_page(whole.of(subject))
        write_text(folder / "report" / "subjects" / page_name(subject), page)
    sections = sections_of(whole)
    write_text(folder / "summary.json", summarise(whole, sections))
    words = {"creator": f"integrasite {__version__}", "title": f"integrasite, {name}"}
    write_workbook(workbook_sheets(whole), folder / "summary.xlsx", day=study.config.run.date, **words)
    write_text(folder / "report" / "index.html", render_page(whole, sections))


def _table_study(
    clones: "pd.DataFrame",
    libraries: "tuple[Library, ...]",
    settings: "Settings",
    name: str,
    folder: Path,
) -> "Study":
    """A study for the report: what tables say, nothing of reads."""
    from integrasite.config.settings import Config
    from integrasite.config.study import Study

    vectors = sorted({name for name in clones["vector"] if name}) or ["not named"]
    lists = [{"name": path.name.split(".")[0], "path": path.name} for path in settings.gene_lists]
    config = Config.model_validate(
        {
            "run": {"id": name},
            "samples": "none",
            "reference": {"name": settings.genome_name, "genome": "none", "annotation": "none"},
            "vectors": {vector: {"sequence": "none"} for vector in vectors},
            "gene_lists": lists,
            "calling": settings.calling.model_dump(),
            "expansion": {"preset": settings.preset},
        }
    )
    return Study(folder / "none", config, libraries)
