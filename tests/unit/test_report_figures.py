"""Figures of the report: what is drawn agrees with the tables, names are escaped, nothing is drawn without data."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise
from math import isclose
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_toy import EVIL, PROVENANCE, empty_tables, toy_study, toy_view

from integrasite.report import alluvial, figures, intervals
from integrasite.report.bars import bar_figures
from integrasite.report.blocks import Block, CloneCard, Figure, Grid, Notes
from integrasite.report.clones import dominance, insertions
from integrasite.report.facts import clone_ids, passing
from integrasite.report.gene_figures import null_figure, site_genes_figure
from integrasite.report.growth import growth
from integrasite.report.inputs import _contig_lengths as contig_lengths_of
from integrasite.report.karyogram import LEFT, Contig, Mark, height_of, karyogram, steps
from integrasite.report.karyogram_figure import MOST_BINS, bin_size, contig_lengths, natural
from integrasite.report.page import sections_of
from integrasite.report.palette import clone_paint
from integrasite.report.view import View, make_view

SVG = "{http://www.w3.org/2000/svg}"
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30)
FRACTIONS = st.floats(1e-6, 1.0)


def pictures(figure: Figure | CloneCard) -> list[ET.Element]:
    """The SVGs of a figure; fails where the markup is not well-formed."""
    root = ET.fromstring(f"<div>{figure.picture}</div>")
    return list(root.iter(f"{SVG}svg"))


def figures_of(view: View) -> list[Figure]:
    return [block for section in sections_of(view) for block in section.blocks if isinstance(block, Figure)]


def of_kind(blocks: tuple[Block, ...], kind: type[Block]) -> list:
    return [block for block in blocks if isinstance(block, kind)]


def heights(picture: ET.Element, kind: str) -> dict[float, float]:
    """Per x, the summed height of rectangles whose class holds `kind`."""
    found: dict[float, float] = {}
    for shape in picture.iter(f"{SVG}rect"):
        if kind in shape.get("class", "").split():
            x = float(shape.get("x", "nan"))
            found[x] = found.get(x, 0.0) + float(shape.get("height", "nan"))
    return found


@pytest.mark.parametrize("view", [toy_view(), toy_view("P1"), toy_view("P2")], ids=["run", "P1", "P2"])
def test_every_figure_is_whole(view: View):
    found = figures_of(view)
    assert len({one.id for one in found}) == len(found) > 8
    for one in found:
        assert one.title and one.caption and len(one.caption) > 60, one.id
        assert one.grid.rows and one.grid.columns and unquote(one.grid.download).count("\n") > 1, one.id
        drawn = pictures(one)
        assert drawn
        for picture in drawn:
            assert picture.get("role") == "img" and len(picture.get("aria-label", "")) > 20, one.id
            assert not list(picture.iter(f"{SVG}a"))  # nothing in a picture takes the focus


def test_a_title_says_a_finding():
    titles = {one.id: one.title.replace("\u00a0", " ") for one in figures_of(toy_view("P1"))}
    assert titles["bars-0"] == (
        "P1: the largest clone is LMO2 chr11:33880123:-, 31.2 % (95 % interval 28.6–33.8 %) of M12 PB T cells"
    )
    assert titles["largest"].startswith("1 clone reaches 20 % with a probability of at least 0.95")
    assert "LMO2 chr11:33880123:- is growing, of 2 clones tested" in titles["time-0"]
    assert re.search(r"its 10 largest clones make \S+ % at D30 and \S+ % at M12", titles["flow-0"])
    assert re.match(r"61 distinct sites on \d+ contigs, most on chr", titles["karyogram"])


def test_bars_of_fractions_sum_to_one_and_bars_of_cells_to_the_cells():
    view = toy_view("P1")
    figure = of_kind(bar_figures(view), Figure)[0]
    relative, absolute = pictures(figure)
    rows = passing(view.tables, view.evaluable)
    sums = list(heights(relative, "part").values())
    assert sums == pytest.approx([260.0] * 3, abs=0.5)  # 260 px are 100 %
    cells = rows.groupby("days")["cells"].sum().sort_index()
    highest = figures.ticks(cells.max())[-1]
    drawn = [height for _, height in sorted(heights(absolute, "part").items())]
    assert drawn == pytest.approx([260.0 * n / highest for n in cells], abs=0.5)


def test_each_bar_says_fraction_interval_gene_and_card():
    view = toy_view("P1")
    relative = pictures(of_kind(bar_figures(view), Figure)[0])[0]
    tips = [title.text for title in relative.iter(f"{SVG}title")]
    assert any(
        "LMO2 chr11:33880123:-, M12 PB T cells: 31.2\u00a0% (95\u00a0% interval 28.6–33.8\u00a0%)" in str(tip)
        for tip in tips
    )
    cards = {shape.get("data-card") for shape in relative.iter(f"{SVG}rect")} - {None}
    anchors = {
        f"#{block.id}"
        for section in sections_of(view)
        for block in section.blocks
        if isinstance(block, CloneCard)
    }
    assert cards and cards <= anchors


def test_a_clone_has_one_colour_and_one_number_in_all_figures():
    view = toy_view("P1")
    colour = clone_paint("chr11:33880123:-").fill
    for one in figures_of(view):
        for shape in (shape for picture in pictures(one) for shape in picture.iter()):
            tip = shape.find(f"{SVG}title")
            if (
                tip is not None
                and "LMO2 chr11:33880123:-" in str(tip.text)
                and shape.get("fill", "none") != "none"
            ):
                assert shape.get("fill") == colour, one.id
    assert view.number("P1", "chr11:33880123:-") == "1"


def test_without_cells_the_bar_says_so():
    view = toy_view("P1")
    tables = replace(view.tables, clones=view.tables.clones.assign(cells=float("nan")))
    figure = of_kind(bar_figures(replace(view, tables=tables)), Figure)[0]
    absolute = pictures(figure)[1]
    assert sum(text.text == "cells not estimated" for text in absolute.iter(f"{SVG}text")) == 3
    assert not heights(absolute, "part")


def test_no_data_gives_words_and_no_picture():
    view = make_view(toy_study(), empty_tables(), PROVENANCE)
    assert [one.id for one in figures_of(view)] == []
    words = " ".join(item for block in of_kind(growth(view).blocks, Notes) for item in block.items)
    assert "not evaluable, so no clone sizes are drawn" in words
    assert "insufficient data (no evaluable time points of one source)" in words
    grids = of_kind((*dominance(view).blocks, *insertions(view).blocks), Grid)
    assert all(grid.rows or grid.empty for grid in grids)


def test_one_time_point_gives_bars_but_no_course():
    view = toy_view("P1")
    one = [specimen for specimen in view.specimens if specimen.days == 365]
    section = growth(replace(view, specimens=one))
    ids = [block.id for block in of_kind(section.blocks, Figure)]
    assert ids == ["bars-0"]
    words = " ".join(item for block in of_kind(section.blocks, Notes) for item in block.items)
    assert "P1: insufficient data (1 evaluable time point of one source)" in words


@given(st.lists(st.tuples(NAMES, FRACTIONS), min_size=1, max_size=6), NAMES)
def test_stacked_bars_hold_any_shares_and_names(shares: list[tuple[str, float]], name: str):
    total = sum(share for _, share in shares)
    parts = [
        figures.Segment(
            share / total, str(place), label, clone_paint(label), place == 2, tip=label, card=f"#{name}"
        )
        for place, (label, share) in enumerate(shares)
    ]
    bar = figures.Bar(name, name, name, parts)
    picture = ET.fromstring(figures.clone_bars([bar], "x", name))
    assert picture.get("aria-label") == name
    assert sum(heights(picture, "part").values()) == pytest.approx(260, abs=0.01 * len(parts) + 0.01)
    assert [tip.text for tip in picture.iter(f"{SVG}title")] == [label for label, _ in shares]


@given(
    st.lists(st.dictionaries(st.sampled_from("abcdef"), FRACTIONS, min_size=1), min_size=2, max_size=5), NAMES
)
def test_bands_join_what_neighbours_share_and_nothing_else(shares: list[dict[str, float]], name: str):
    stages = [
        alluvial.Stage(
            name,
            "",
            [
                alluvial.Block(key, key, n / sum(one.values()), clone_paint(key), name)
                for key, n in one.items()
            ],
        )
        for one in shares
    ]
    picture = ET.fromstring(alluvial.alluvial(stages, "x", name))
    bands = [path for path in picture.iter(f"{SVG}path") if "ribbon" in path.get("class", "")]
    assert len(bands) == sum(len(set(a) & set(b)) for a, b in pairwise(shares))
    height = alluvial.BOTTOM - alluvial.TOP
    assert list(heights(picture, "part").values()) == pytest.approx([height] * len(shares), abs=0.1)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60), st.floats(0.5, 20))
def test_the_density_is_as_high_as_its_counts(counts: list[int], width: float):
    highest = max(counts)
    markup = steps(counts, highest, width, width * len(counts), 100.0, 40.0)
    if not highest:
        assert markup == ""
        return
    path = ET.fromstring(markup).get("d", "")
    tops = {}
    x = 0.0
    y = 0.0
    for letter, first, second in re.findall(r"([MVH])(-?[\d.]+)(?: (-?[\d.]+))?", path):
        if letter == "M":
            x, y = float(first), float(second)
        elif letter == "V":
            y = float(first)
        else:
            tops[round((x - LEFT) / width)] = y
            x = float(first)
    assert sorted(tops) == [place for place, n in enumerate(counts) if n]
    for place, y in tops.items():
        assert isclose(100 - y, max(1.5, 40 * counts[place] / highest), abs_tol=0.02)


@given(st.integers(1, 10**9))
def test_bins_are_round_and_few(longest: int):
    size = bin_size(longest)
    assert longest / size <= MOST_BINS and str(size).strip("0") in ("1", "2", "5")
    smaller = {"1": size // 2, "2": size // 2, "5": size * 2 // 5}[str(size).strip("0")]
    assert size == 1 or longest / smaller > MOST_BINS


def test_contigs_with_sites_and_long_ones_are_drawn():
    known = {"chr1": 1000, "chr2": 900, "chr1_alt": 10, "chrUn": 8, "chrM": 16}
    assert contig_lengths(known, {"chrUn": 5}) == {"chr1": 1000, "chr2": 900, "chrUn": 8}
    assert list(contig_lengths({}, {"chr10": 7, "chr2": 5, "chrX": 3})) == ["chr2", "chr10", "chrX"]
    assert sorted(["1", "10", "2", "X", ""], key=natural) == ["", "1", "2", "10", "X"]


def test_the_karyogram_counts_distinct_sites_once():
    view = toy_view("P1")
    doubled = replace(view.tables, clones=pd.concat([view.tables.clones] * 2, ignore_index=True))
    one, two = (insertions(each) for each in (view, replace(view, tables=doubled)))
    first, second = (of_kind(section.blocks, Figure)[0] for section in (one, two))
    assert first.grid.rows == second.grid.rows and first.title == second.title
    n_sites = sum(float(row[2].value or 0) for row in first.grid.rows)
    passed = view.tables.clones[view.tables.clones["status"] == "pass"]
    assert n_sites == passed["site_id"].nunique()
    data = [line.split("\t") for line in unquote(first.grid.download).split(",", 1)[1].splitlines()]
    assert data[0] == ["contig", "start", "end", "n_sites"]
    assert sum(int(line[3]) for line in data[1:]) == n_sites


def test_flagged_clones_have_a_shape_and_a_name():
    picture = pictures(of_kind(insertions(toy_view("P1")).blocks, Figure)[0])[0]
    named = {text.text for text in picture.iter(f"{SVG}text")}
    tips = [tip.text for shape in picture.iter(f"{SVG}polygon") for tip in shape.iter(f"{SVG}title")]
    assert "LMO2" in named and any(str(tip).startswith("flagged: LMO2") for tip in tips)


def test_known_lengths_are_the_references():
    view = toy_view("P1")
    contigs = {f"chr{n}": 250_000_000 - n * 5_000_000 for n in range(1, 23)} | {
        "chrX": 156_000_000,
        "chrM": 16_569,
    }
    figure = of_kind(insertions(replace(view, tables=replace(view.tables, contigs=contigs))).blocks, Figure)[
        0
    ]
    rows = {row[0].text: row[1].value for row in figure.grid.rows}
    assert rows["chrX"] == 156_000_000 and "chrM" not in rows
    assert "lengths are not in these results" not in figure.caption
    drawn = pictures(figure)
    assert len(drawn) == 1 + sum(bool(row[2].value) for row in figure.grid.rows)


@given(st.lists(st.tuples(st.integers(0, 999), FRACTIONS, NAMES), max_size=12))
def test_marks_lie_on_their_contig_and_names_do_not_cover_one_another(found: list[tuple[int, float, str]]):
    marks = [Mark(place, "flagged", name, clone_paint(name), name, "#x", n) for place, n, name in found]
    picture = ET.fromstring(karyogram([Contig("c<1>", 1000, [len(marks)], marks)], 1000, "label"))
    shapes = [shape for shape in picture.iter(f"{SVG}polygon") if shape.get("class") == "site"]
    assert len(shapes) == len(marks)
    spans = [
        (float(text.get("x", "nan")), float(text.get("x", "nan")) + 6.4 * len(text.text or ""))
        for text in picture.iter(f"{SVG}text")
        if "halo" in text.get("class", "")
    ]
    spans.sort()
    assert all(first[1] <= second[0] for first, second in pairwise(spans))


@given(FRACTIONS, FRACTIONS)
def test_larger_clones_stand_higher(first: float, second: float):
    assert (height_of(first) <= height_of(second)) or first < second


@given(st.floats(1e-3, 1e7))
def test_ticks_are_round_few_and_reach_the_top(highest: float):
    found = figures.ticks(highest)
    assert found[0] == 0 and found[-1] >= highest * 0.999 and 2 <= len(found) <= 7
    assert found[-2] < highest


def test_points_stand_at_their_fractions():
    view = toy_view("P1")
    figure = next(block for block in growth(view).blocks if block.id == "time-0")
    linear = pictures(figure)[0]
    circles = [shape for shape in linear.iter(f"{SVG}circle") if "31.2" in "".join(shape.itertext())]
    assert float(circles[0].get("cy", "nan")) == pytest.approx(254 - 240 * 0.312 / 0.4, abs=0.1)


def test_intervals_are_drawn_where_they_are():
    row = intervals.Row("1", EVIL, "", 0.2, 0.1, 0.3, clone_paint("a"), EVIL, "#c")
    markup = intervals.interval_rows([row], EVIL)
    assert "<script" not in markup
    picture = ET.fromstring(markup)
    spread = next(line for line in picture.iter(f"{SVG}line") if line.get("class") == "spread")
    width = (intervals.RIGHT - intervals.LEFT) / 0.35
    ends = [float(spread.get(key, "nan")) - intervals.LEFT for key in ("x1", "x2")]
    assert ends == pytest.approx([0.1 * width, 0.3 * width], abs=0.01)


def test_gene_counts_are_of_distinct_sites():
    view = toy_view("P1")
    figure = site_genes_figure(view)
    assert figure is not None
    rows = {row[0].text: row[2].value for row in figure.grid.rows}
    passed = view.tables.clones[view.tables.clones["status"] == "pass"]
    sites = view.tables.annotation[view.tables.annotation["site_id"].isin(set(passed["site_id"]))]
    assert rows["LMO2"] == int((sites["known_event"] == "LMO2").sum()) == 1
    assert rows["PTPRC"] == int((sites["gene"] == "PTPRC").sum())
    assert figure.grid.rows[0][1].text == "known event"


def test_a_null_is_drawn_only_where_a_test_gives_it():
    view = toy_view()
    frame = view.tables.expanded_clones
    figure = null_figure("x", "Large clones per gene", frame, ["a", "b"], 0.05)
    assert figure is not None and "1 row of 2 tested with q < 0.05" in figure.title
    assert (
        sum("nullmark" in shape.get("class", "") for shape in pictures(figure)[0].iter(f"{SVG}polygon")) == 2
    )
    assert null_figure("x", "y", frame.assign(expected=float("nan")), ["a", "b"], 0.05) is None
    assert null_figure("x", "y", frame.head(0), [], 0.05) is None


def test_only_the_largest_clones_are_drawn_one_by_one():
    view = toy_view("P1")
    base = view.tables.clones[(view.tables.clones["status"] == "pass") & (view.tables.clones["days"] == 365)]
    many = pd.concat(
        [
            base.assign(site_id=base["site_id"] + f"/{copy}", position=base["position"] + copy)
            for copy in range(40)
        ],
        ignore_index=True,
    )
    many = many.assign(fraction=many["fraction"] / 40)
    large = replace(view, tables=replace(view.tables, clones=many))
    n_marks = sum(shape.get("class", "").startswith("site") for one in figures_of(large) if one.id == "karyogram"
                  for picture in pictures(one) for shape in picture.iter())  # fmt: skip
    assert len(clone_ids(many).unique()) > 2000 and n_marks <= 100 + 60
    # the number of clones does not change the size of the pictures
    small = sum(len(one.picture) for one in figures_of(view))
    assert sum(len(one.picture) for one in figures_of(large)) < 1.5 * small + 100_000


def test_lengths_come_from_the_indexed_reference(tmp_path: Path):
    assert contig_lengths_of(tmp_path) == {}
    (tmp_path / "reference" / "abc").mkdir(parents=True)
    (tmp_path / "reference" / "reference.json").write_text('{"reference": "abc/reference.json"}')
    assert contig_lengths_of(tmp_path) == {}  # the index was cleared away
    text = '{"contigs": {"chr2": 9, "chr1": 12}, "vectors": {"v": "v"}}'
    (tmp_path / "reference" / "abc" / "reference.json").write_text(text)
    assert list(contig_lengths_of(tmp_path).items()) == [("chr2", 9), ("chr1", 12)]
