"""Hopping and recombination in the report's words."""

from dataclasses import replace

import pandas as pd
from report_toy import PROVENANCE, toy_study, toy_tables, toy_view

from integrasite.io.tables import as_table
from integrasite.model.tables import CROSSTALK
from integrasite.report.crosstalk import crosstalk_words
from integrasite.report.page import render_page
from integrasite.report.view import View, make_view


def view_of(*rows: dict[str, object]) -> View:
    study = toy_study()
    table = as_table(pd.DataFrame(rows), CROSSTALK)
    return make_view(study, replace(toy_tables(study), crosstalk=table), PROVENANCE)


def test_rates_stand_with_their_intervals() -> None:
    [words] = crosstalk_words(toy_view())
    assert words.replace("\xa0", " ") == (
        "Reads between libraries: index hopping 0.31 % (95 % interval 0.29–0.34 %) and recombination of linkers "
        "0.21 % (95 % interval 0.19–0.23 %) of 412,345 read pairs."
    )
    assert words in render_page(toy_view())


def test_what_is_not_estimated_says_why() -> None:
    reason = "not estimated: the reads are demultiplexed already"
    words = crosstalk_words(view_of({"source": "s1", "reason": reason}, {"source": "s2", "reason": reason}))
    assert words == [f"Reads between libraries (files of {name}): {reason}." for name in ("s1", "s2")]


def test_one_rate_may_stand_alone() -> None:
    row = {"source": "s1", "n_pairs": 1000, "recombination_rate": 0.02, "reason": "hop not estimated: no"}
    [words] = crosstalk_words(view_of(row))
    assert words.replace("\xa0", " ").endswith(
        ": recombination of linkers 2.0 % (no interval) of 1,000 read pairs; hop not estimated: no."
    )


def test_a_subjects_page_has_its_own_sources_only() -> None:
    study = toy_study()
    names = [study.sources[0].name, "elsewhere"]
    rows = [{"source": name, "reason": f"not estimated: {name}"} for name in names]
    tables = replace(toy_tables(study), crosstalk=as_table(pd.DataFrame(rows), CROSSTALK))
    assert len(crosstalk_words(make_view(study, tables, PROVENANCE))) == 2
    [words] = crosstalk_words(make_view(study, tables, PROVENANCE, "P1"))
    assert names[0] in words
