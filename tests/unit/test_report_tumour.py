"""The report's tumour section: verdicts in words, figures with their data, nothing denied that was not tested."""

import json
import re
from dataclasses import replace
from html import unescape
from itertools import pairwise
from urllib.parse import unquote

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_toy import EVIL, PROVENANCE, empty_tables, toy_study
from test_report_page import BROWSERS, Page
from tumour_toy import LENGTH, REPEAT, VECTOR, hostile_view, tumour_study, tumour_tables, tumour_view

from integrasite.analyse.attribution_rows import NO_CAUSE
from integrasite.io.tables import as_table
from integrasite.model.library import Library
from integrasite.model.tables import TRANSGENE, TRANSGENE_COVERAGE, TRANSGENE_STRUCTURE
from integrasite.report.blocks import Block, Card, Figure, Grid, Notes, Section, State
from integrasite.report.inputs import OPTIONAL
from integrasite.report.page import SCRIPTS, render_page, sections_of
from integrasite.report.summary import summarise
from integrasite.report.tumour import TOP_CARDS, tumour
from integrasite.report.tumour_coverage import Scale, element_track, nice_ceiling
from integrasite.report.tumour_words import join_words, short
from integrasite.report.view import View, make_view


def words(text: str) -> str:
    return text.replace("\u00a0", " ")


def with_rows(view: View, **changed: pd.DataFrame | frozenset[str]) -> View:
    return replace(view, tables=replace(view.tables, **changed))


def of_kind(section: Section, kind: type[Block]) -> list:
    return [block for block in section.blocks if isinstance(block, kind)]


@pytest.fixture(scope="module")
def index() -> str:
    return render_page(tumour_view())


@pytest.fixture(scope="module")
def section() -> Section:
    return tumour(tumour_view())


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(tumour_view(), id="run"),
        pytest.param(tumour_view("P1"), id="positive"),
        pytest.param(tumour_view("P2"), id="negative"),
        pytest.param(tumour_view("P3"), id="tumour rows only"),
        pytest.param(hostile_view(), id="hostile names"),
        pytest.param(make_view(tumour_study(), empty_tables(), PROVENANCE), id="zero rows"),
    ],
)
def test_pages_are_balanced_load_nothing_and_have_unique_ids(view: View):
    text = render_page(view)
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    assert all(target in page.ids for target in re.findall(r"url\(#([^)]*)\)", text))
    for tag, _, target in page.links:
        assert target.startswith(("#", "data:")) or tag == "a"
        assert not re.match("https?:", target) or target.startswith(BROWSERS)
    assert EVIL not in text and len(text) < 1_500_000


def test_hostile_names_are_shown_as_text():
    page = Page(render_page(hostile_view()))
    assert EVIL in page.text
    assert sum(tag == "script" for tag, _ in page.elements) == len(SCRIPTS)


def test_the_answer_says_each_verdict_with_its_number(section: Section):
    answer = words(section.answer)
    assert section.state == State.FOUND
    for part in (
        f"POSITIVE: P1 T1 ({VECTOR}): 2 (95 % interval 1.8 to 2.3) copies per tumour cell, in the tumour's clone.",
        "INDETERMINATE: P3 T3",
        f"NEGATIVE: P2 T2 ({VECTOR}): 0.026 copies per tumour cell (0.021 copies per diploid genome) would have been seen",
        "NOT EVALUABLE: P3 T4",
        f"Samples that are not of the tumour: P1 F1 ({VECTOR}) POSITIVE.",
    ):
        assert part in answer


@pytest.mark.parametrize(
    ("kept", "state"),
    [
        (["POSITIVE", "NEGATIVE"], State.FOUND),
        (["INDETERMINATE", "NEGATIVE"], State.LIMITED),
        (["NEGATIVE", "NOT_EVALUABLE"], State.LIMITED),
        (["NEGATIVE"], State.NONE),
        (["NOT_EVALUABLE"], State.NOT_EVALUABLE),
    ],
)
def test_only_what_was_looked_for_everywhere_is_none_found(kept: list[str], state: State):
    view = tumour_view()
    rows = view.tables.transgene
    found = tumour(with_rows(view, transgene=rows[rows["verdict"].isin(kept) & (rows["sample"] != "F1")]))
    assert found.state == state
    assert ("Not tested: " in found.answer) is (set(kept) != set(rows["verdict"]))


def test_a_positive_product_is_no_positive_tumour():
    view = tumour_view("P1")
    rows = view.tables.transgene
    found = tumour(with_rows(view, transgene=rows[rows["sample"] == "F1"]))
    assert found.state == State.NOT_TESTED
    assert found.answer.startswith("Not tested: none of the samples is of a tumour.")


@pytest.mark.parametrize("absent", [frozenset(), frozenset(OPTIONAL)])
def test_without_tumour_samples_it_is_not_tested(absent: frozenset[str]):
    view = with_rows(make_view(toy_study(), empty_tables(), PROVENANCE), absent=absent)
    found = tumour(view)
    assert found.state == State.NOT_TESTED and "the sheet has no tumour sample" in found.answer
    study = toy_study((Library("T1", "P1", "P1_t", assay="wgs"),))
    found = tumour(with_rows(make_view(study, empty_tables(), PROVENANCE), absent=absent))
    assert found.answer == "Not tested: the results hold no verdict on T1."


def test_cards_say_how_little_could_have_been_missed(section: Section):
    cards = {card.heading.split(" ")[0]: card for card in of_kind(section, Card)}
    assert list(cards) == ["T1", "T3", "T2", "T4", "F1"]  # tumours first, most telling first
    negative = cards["T2"]
    assert "would be missed in 1 of 20 such samples, less more often" in negative.words
    assert dict(negative.pairs)["Limit of detection (presence)"].startswith(
        "0.026 copies per tumour cell (0.021"
    )
    assert "Host like only: fragments of sequence that vector and host share" in negative.notes[0]
    assert [note.split(":")[0] for note in cards["T3"].notes] == ["Index hopping", "Plasmid"]
    assert "not a sample of the tumour" in cards["F1"].heading
    assert "purity not given" in dict(cards["T3"].pairs)["Material"]


def test_figures_have_label_caption_and_the_rows_of_the_tables(index: str):
    found = index.split('id="tumour"')[1].split("<section")[0]
    figures = found.split("<figure")[1:]
    assert len(figures) == 3  # coverage, two sites
    for figure in figures:
        assert re.search(r'<svg[^>]* role="img" aria-label="[^"]{40,}"', figure)
        assert "<figcaption>" in figure and "<table" in figure
    link = re.search(r'download="coverage-0-table.tsv" href="data:[^,]*,([^"]*)"', figures[0])
    assert link is not None
    lines = unquote(link[1]).splitlines()
    assert lines[0].split("\t") == list(TRANSGENE_COVERAGE.columns) and len(lines) == 56


def test_the_coverage_names_elements_losses_and_what_is_no_evidence(index: str):
    figure = index.split('id="figure-coverage-0"')[1].split("</figure>")[0]
    for part in ("EF1a promoter", "4-1BB costimulatory", "deletion 701-1,700", "url(#host-0)", "EEF1A1"):
        assert part in figure
    assert "deletion of bases 701-1,700" in re.search('aria-label="([^"]*)"', figure)[1]  # type: ignore[index]
    view = tumour_view()
    whole = with_rows(view, transgene_structure=as_table(pd.DataFrame(), TRANSGENE_STRUCTURE))
    assert of_kind(tumour(whole), Figure)[0].title == f"T1, {VECTOR}: nothing lost or rearranged was found"


def test_the_junction_picture_shows_both_ends(index: str):
    figure = unescape(index.split('id="figure-junction-0-0"')[1].split("</figure>")[0])
    for part in (
        "chr11:33,880,127", "chr11:33,880,123", "vector base 1 (U3 end complete)", "vector base 234 (U5 end complete)",
        "2 bp shared (microhomology)", "clean joint", "5 bp of host duplicated, as expected", "7 across the joint, 4 as pairs",
        "place without the vector: 24 fragments", "fall to the right",
    ):  # fmt: skip
        assert part in figure, part
    other = unescape(index.split('id="figure-junction-0-1"')[1].split("</figure>")[0])
    for part in (
        "not in a read",
        "3 bp inserted",
        "one of several equal places",
        "somewhere in 4,990 to 5,003",
        "(inside)",
    ):
        assert part in other, part


def test_nothing_found_is_said_in_words_without_a_plot(section: Section):
    notes = [item for block in of_kind(section, Notes) for item in block.items]
    assert f"T2, {VECTOR}: no coverage is drawn, since no informative fragment was found." in notes
    assert any(item.startswith(f"T3, {VECTOR}: coverage was not measured") for item in notes)
    assert any("one site would be found from 0.14 copies" in item for item in notes)


def test_a_control_that_holds_the_vector_is_named():
    view = tumour_view()
    rows = view.tables.transgene
    changed = rows.assign(verdict=rows["verdict"].mask(rows["sample"] == "W1", "POSITIVE"))
    found = tumour(with_rows(view, transgene=changed))
    notes = [block for block in of_kind(found, Notes) if block.heading.startswith("Controls")]
    assert notes[0].items[0].startswith(f"W1 ({VECTOR}): POSITIVE")
    assert "W1" not in found.answer


def test_the_sheet_stands_side_by_side_with_its_fixed_words(index: str):
    text = Page(index).text
    assert text.count(NO_CAUSE) == 3
    assert "P1: evidence for and against insertional mutagenesis, side by side." in text
    assert "P2: not tested" in text and "Driver mutations: " in text
    assert "caused by" not in text


def test_a_subject_of_tumour_rows_alone_has_a_page():
    assert tumour_view().all_subjects == ["P1", "P2", "P3"]
    text = Page(render_page(tumour_view("P3"))).text
    assert "INDETERMINATE" in text and REPEAT not in text and "T1:" not in text
    assert "P3: evidence for and against" in text and "P1: evidence" not in text


def test_a_study_of_tumours_alone_begins_with_them():
    view = tumour_view()
    rows = tuple(row for row in view.study.libraries if row.assay != "amplicon")
    alone = replace(view, study=replace(view.study, libraries=rows))
    assert [one.id for one in sections_of(alone)][:2] == ["asked", "tumour"]
    assert [one.id for one in sections_of(view)][-3:] == ["tumour", "not-assessed", "methods"]


def test_what_was_judged_is_not_called_untested():
    found = {one.id: one for one in sections_of(tumour_view())}["not-assessed"]
    grid = found.blocks[0]
    assert "Tumour samples" not in str(grid) and "T1" not in str(found.blocks)


def test_fractions_of_cells_are_no_fractions_of_marked_copies():
    view = tumour_view()
    clones = view.tables.clones.assign(estimator="ccf")
    dominance = {one.id: one for one in sections_of(with_rows(view, clones=clones))}["dominance"]
    assert "%" not in dominance.answer or "none" in dominance.answer.lower()


def test_the_summary_holds_the_answers():
    summary = json.loads(summarise(tumour_view()))
    found = summary["tumour"]
    assert sorted(found) == ["attribution", "sites", "structure", "verdicts"]
    assert {row["sample"]: row["verdict"] for row in found["verdicts"]}["T2"] == "NEGATIVE"
    assert [row["site_id"] for row in found["sites"]] and found["verdicts"][0]["vcn"]
    assert found["attribution"][0]["wording"] == NO_CAUSE
    assert summary["answers"]["tumour"]["state"] == "found"


def test_same_tables_give_same_bytes(index: str):
    assert render_page(tumour_view()) == index


def test_a_large_run_keeps_the_budget():
    """300 samples: cards and figures of the first ones, all others in a table of 100 rows."""
    study, view = tumour_study(), tumour_view()
    first = view.tables.transgene[view.tables.transgene["sample"] == "T1"]
    rows = pd.concat([first.assign(sample=f"T{n}", subject=f"S{n}") for n in range(300)])
    libraries = tuple(
        replace(row, sample=f"T{n}", subject=f"S{n}")
        for n in range(300)
        for row in study.libraries
        if row.sample == "T1"
    )
    tables = replace(tumour_tables(study), transgene=as_table(rows, TRANSGENE))
    view = make_view(replace(study, libraries=libraries), tables, PROVENANCE)
    found = tumour(view)
    assert len(of_kind(found, Card)) == TOP_CARDS
    assert f"{TOP_CARDS} of 300 samples and vectors have a card here" in str(found.blocks)
    drawn = [block.picture for block in of_kind(found, Figure)]
    data = [block.download for block in found.blocks if isinstance(block, Grid)]
    assert sum(map(len, drawn)) + sum(map(len, data)) < 1_500_000


@given(st.floats(min_value=1e-9, max_value=1e9))
def test_axes_reach_the_highest_value(value: float):
    assert value * 0.99 <= nice_ceiling(value) <= 2.01 * value


def test_elements_of_any_layout_get_names_that_do_not_overlap():
    elements = [
        {"name": f"element number {n}", "start": 100 * n, "end": 100 * n + 60 + 200 * (n % 3), "strand": "+"}
        for n in range(30)
    ]
    parts, bottom = element_track(elements, Scale(LENGTH, 1.0), 0.0)
    names = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" class="small halo"[^>]*>([^<]*)<', "".join(parts))
    assert len(names) > 20 and bottom > max(float(y) for _, y, _ in names)
    rows: dict[str, list[tuple[float, float]]] = {}
    for x, y, name in names:
        rows.setdefault(y, []).append((float(x) - 3.1 * len(name), float(x) + 3.1 * len(name)))
    for spans in rows.values():
        ordered = sorted(spans)
        assert all(left[1] <= right[0] for left, right in pairwise(ordered))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.021, "0.021"),
        (1.996, "2"),
        (41.2, "41"),
        (1234, "1,234"),
        (0, "0"),
        (None, "–"),
        (1e-9, "< 0.000001"),
        (0.5, "0.5"),
    ],
)
def test_short_numbers(value: float | None, text: str):
    assert short(value) == text


@pytest.mark.parametrize(
    ("overlap", "text"),
    [(0, "clean joint"), (3, "3 bp shared"), (-2, "2 bp inserted"), (None, "joint not in a read")],
)
def test_joints(overlap: int | None, text: str):
    assert join_words(overlap).startswith(text)


def test_a_long_reason_is_cut_between_its_clauses_in_the_answer_only():
    view = tumour_view("P3")
    reason = "; ".join(f"clause {n} of a reason that goes on and on" for n in range(9))
    found = tumour(with_rows(view, transgene=view.tables.transgene.assign(reason=reason)))
    assert (
        "goes on and on ...; " not in found.answer
        and "clause 1 of a reason that goes on and on ..." in found.answer
    )
    assert "clause 8" not in found.answer and "clause 8" in of_kind(found, Card)[0].words
