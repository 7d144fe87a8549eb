"""The section on the number of clones: sentence, table, and words where nothing can be said."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from report_toy import PROVENANCE, empty_tables, toy_study, toy_view
from test_population_models import make_clones

from integrasite.cli.population import population_tables
from integrasite.config.calling import Calling
from integrasite.report.blocks import Grid, Notes, Section, State
from integrasite.report.page import render_page
from integrasite.report.population import population
from integrasite.report.view import View, make_view


def found_tables() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(11)
    sizes = rng.lognormal(0, 0.5, 400)
    seen = {
        f"P1_{day}": (day, {int(i): int(n) for i, n in enumerate(rng.poisson(sizes)) if n})
        for day in (30, 183, 365)
    }
    return population_tables(make_clones(seen), Calling())


def with_found(**changed: object) -> View:
    view, found = toy_view(), found_tables()
    keys = {
        "population": "population.tsv",
        "overlap": "overlap.tsv",
        "at_coverage": "diversity_at_coverage.tsv",
    }
    return replace(
        view, tables=replace(view.tables, **({key: found[name] for key, name in keys.items()} | changed))
    )


def words(section: Section) -> str:
    return section.answer.replace("\u00a0", " ")


def test_the_answer_is_a_range_with_intervals() -> None:
    view = with_found()
    rows = view.tables.population.set_index("model")
    section = population(view)
    least, most = rows.loc["mth_chao_bc"], rows.loc["mh_darroch"]
    assert section.state == State.LIMITED
    assert (
        f"at least {least['estimate']:,.0f} (95 % interval {least['low']:,.0f} to {least['high']:,.0f})"
        in words(section)
    )
    assert f"{most['estimate']:,.0f} (95 % interval" in words(
        section
    ) and "These are models, not counts." in words(section)
    assert words(section).startswith("P1 blood T: at least")
    grids = {block.id: block for block in section.blocks if isinstance(block, Grid)}
    assert [len(grids[name].rows) for name in ("population", "at-coverage", "overlap")] == [1, 3, 3]
    notes = [item for block in section.blocks if isinstance(block, Notes) for item in block.items]
    assert any(item.startswith("Diversity is compared for 3 specimens in 1 group") for item in notes)
    assert "How many clones may there be?" in render_page(view)


def test_without_an_upper_figure_the_sentence_says_so() -> None:
    rows = found_tables()["population.tsv"]
    is_darroch = rows["model"] == "mh_darroch"
    rows.loc[is_darroch, ["status", "reason"]] = ["not_estimable", "needs 3 occasions"]
    assert "no upper figure (needs 3 occasions)" in words(population(with_found(population=rows)))


@pytest.mark.parametrize("is_absent", [True, False])
def test_nothing_estimated_is_said_with_its_reason(is_absent: bool) -> None:
    view = make_view(toy_study(), empty_tables(), PROVENANCE)
    if is_absent:
        absent = frozenset({"population", "overlap", "at_coverage"})
        section = population(replace(view, tables=replace(view.tables, absent=absent)))
        assert (section.state, section.answer) == (
            State.NOT_TESTED,
            "Not tested: the results hold no population.tsv.",
        )
    else:
        section = population(view)
        assert (section.state, section.answer) == (State.INSUFFICIENT, "Not estimable: no clone passed.")
    assert all(block.empty != "none found" for block in section.blocks if isinstance(block, Grid))


def test_one_time_point_is_insufficient() -> None:
    found = population_tables(make_clones({"P1_D30": (30, {i: 5 for i in range(20)})}), Calling())
    view = with_found(population=found["population.tsv"], at_coverage=found["diversity_at_coverage.tsv"])
    section = population(view)
    assert section.state == State.INSUFFICIENT
    assert section.answer == "Not estimable: needs two evaluable time points, has 1 (P1 blood T)."
    notes = [item for block in section.blocks if isinstance(block, Notes) for item in block.items]
    assert notes == [
        "Diversity of specimens is not compared: no other specimen of this tissue and cell type to compare with."
    ]
