"""The page says in words why a gene test was not made, and ignores what earlier runs left behind."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
from report_toy import PROVENANCE, toy_study, toy_tables

from integrasite.io.tables import as_table, empty_table, write_tsv
from integrasite.model.tables import EARLY_LATE, NOT_TESTED
from integrasite.report.gene_tests import gene_tests
from integrasite.report.inputs import FILES, read_run_tables
from integrasite.report.view import View, make_view


def view_of(reasons: list[tuple[str, str]]) -> View:
    study = toy_study()
    rows = as_table(pd.DataFrame(reasons, columns=["test", "reason"]), NOT_TESTED)
    tables = replace(toy_tables(study), not_tested=rows, early_late=empty_table(EARLY_LATE))
    return make_view(study, tables, PROVENANCE)


def test_the_written_reason_is_said() -> None:
    section = gene_tests(view_of([("early_late", "not tested: the moon was full")]))
    assert "the moon was full (late against early sites)" in section.answer
    assert "fewer than 200 early" not in section.answer


def test_without_a_written_reason_the_possible_ones_are_said() -> None:
    assert "fewer than 200 early" in gene_tests(view_of([])).answer


def test_what_a_test_left_out_is_noted() -> None:
    section = gene_tests(view_of([("expanded_clone_enrichment", "8 of 14 subjects not tested: few sites")]))
    assert "Large clones per gene: 8 of 14 subjects not tested: few sites." in str(section.blocks)


def test_the_comparison_of_an_earlier_config_is_not_shown(tmp_path: Path) -> None:
    tables = toy_tables(toy_study())
    for key, (name, table) in FILES.items():
        write_tsv(getattr(tables, key), tmp_path / name, table)
    assert not read_run_tables(tmp_path, with_earlier=True).lacks("earlier_runs")
    assert read_run_tables(tmp_path).lacks("earlier_runs")
