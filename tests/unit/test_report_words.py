"""Numbers in words, colours, pictures and the summary."""

import json
from itertools import pairwise

import pandas as pd
import pytest
from report_toy import LMO2, PROVENANCE, empty_tables, toy_study, toy_view

from integrasite.model.fates import FATES
from integrasite.report import svg, words
from integrasite.report.definitions import DEFINITIONS, FATE_GROUPS
from integrasite.report.figures import _nice_ceiling, _spread
from integrasite.report.genes import event_words, source_words
from integrasite.report.palette import clone_paint, contrast
from integrasite.report.summary import summarise
from integrasite.report.view import make_view


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.312, "31.2\u00a0%"),
        (0.058, "5.8\u00a0%"),
        (0.003, "0.30\u00a0%"),
        (0.00043, "0.043\u00a0%"),
        (1.0, "100\u00a0%"),
        (0.0, "0\u00a0%"),
        (1e-7, "< 0.001\u00a0%"),  # never rounded to nothing
        (float("nan"), "–"),
        (None, "–"),
        (pd.NA, "–"),  # an empty cell of a nullable column
        ("", "–"),
    ],
)
def test_percent(value: float | None, shown: str):
    assert words.percent(value) == shown


def test_probabilities_are_never_certain():
    assert [words.probability(value) for value in (1.0, 0.951, 0.0, None)] == [
        "> 0.99",
        "0.95",
        "< 0.01",
        "–",
    ]


def test_saturated_cells_are_a_lower_bound():
    assert words.cells(123.4, 100.0, 150.0, True) == "at least 123 (100–150)"


def test_joined_names_the_others():
    assert words.joined(["a", "b", "c"]) == "a, b and c"
    assert words.joined(["a", "b", "c"], 2) == "a, b and 1 more"


def test_a_missing_interval_is_said():
    assert words.estimate(0.2, None, None) == "20.0\u00a0% (no interval)"


@pytest.mark.parametrize("clone", [f"chr{number}:{number * 977}:+" for number in range(60)])
def test_colours_are_readable(clone: str):
    paint = clone_paint(clone)
    assert contrast(paint.fill, paint.ink) >= 4.5


def test_a_clones_colour_depends_on_its_id_alone():
    assert clone_paint(LMO2).fill == "#F6EF8E"


def test_fate_groups_hold_every_fate_once():
    grouped = [fate for _, _, fates in FATE_GROUPS for fate in fates]
    assert sorted(grouped) == sorted(fate.word for fate in FATES)


def test_svg_escapes_text_and_attributes():
    assert svg.text(1, 2, "<b>&") == '<text x="1" y="2">&lt;b&gt;&amp;</text>'
    assert 'aria-label="&quot;&gt;"' in svg.drawing(10, 10, '">', [])


def test_labels_are_moved_apart_and_stay_inside():
    places = _spread([250.0, 249.0, 248.0, 20.0], 17, 20, 250)
    ordered = sorted(places)
    assert min(b - a for a, b in pairwise(ordered)) >= 17
    assert ordered[-1] <= 250 and ordered[0] >= 20


@pytest.mark.parametrize(
    ("value", "top"), [(0.0, 0.01), (0.012, 0.015), (0.31, 0.4), (0.97, 1.0), (1.0, 1.0)]
)
def test_axes_end_at_round_numbers(value: float, top: float):
    assert _nice_ceiling(value) == pytest.approx(top)


def test_events_of_several_genes_are_taken_apart():
    site = {
        "known_event": "LMO2,MECOM",
        "event_class": "malignant,expansion",
        "expected_geometry": "fits,unknown",
    }
    assert event_words(site) == "LMO2: malignant (geometry fits); MECOM: expansion (geometry unknown)"
    assert event_words({}) == "–"


def test_recalled_sources_are_marked():
    assert source_words("Ott 2006 (recalled)") == "unverified: Ott 2006 (recalled)"
    assert source_words("Ott 2006 (read)") == "Ott 2006 (read)"


def test_definitions_are_sentences():
    assert all(text.endswith(".") and name for name, text in DEFINITIONS.values())


def test_summary_holds_the_answers():
    text = summarise(toy_view())
    summary = json.loads(text)
    assert text == json.dumps(summary, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    assert summary["run"]["id"] == "toy-2026"
    by_name = {one["specimen"]: one for one in summary["specimens"]}
    assert [by_name[name]["evaluable"] for name in ("P1_M12_PB", "P2_D30_PB", "P2_M6_PB")] == [
        "yes",
        "low_power",
        "no",
    ]
    assert by_name["P1_M12_PB"]["largest_clone"]["site_id"] == LMO2
    assert by_name["P1_M12_PB"]["n_ge_20"] == 1
    assert summary["counts"]["evaluable"] == {"yes": 4, "low_power": 1, "no": 1}
    assert {flag["tier"] for flag in summary["flags"] if flag["site_id"] == LMO2} == {1, 2, 3}
    assert summary["answers"]["growth"]["state"] == "found"
    assert "LMO2" in summary["answers"]["gene-tests"]["answer"]
    assert sum(summary["counts"]["read_pairs_by_fate"].values()) == summary["counts"]["read_pairs"]


def test_summary_of_zero_rows_is_valid():
    summary = json.loads(summarise(make_view(toy_study(), empty_tables(), PROVENANCE)))
    assert summary["counts"]["sites"] == 0 and summary["specimens"][0]["largest_clone"] is None
