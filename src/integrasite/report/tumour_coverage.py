"""Copies along the vector, drawn over the vector's map."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

import pandas as pd
from markupsafe import Markup

from integrasite.report import svg
from integrasite.report.blocks import Cell, Column, Figure, Grid, LegendItem, frame_tsv
from integrasite.report.facts import Row, records
from integrasite.report.tumour_words import short
from integrasite.report.view import View
from integrasite.report.words import count, number, plural

LEFT, RIGHT, TOP, BOTTOM = 58.0, 878.0, 26.0, 196.0
LANE, LETTER = 17.0, 6.3
CUT = ("deletion", "truncation")
"""Kinds of structure drawn as missing; the others are bracketed."""


@dataclass(frozen=True)
class Scale:
    """Bases to pixels, and copies to pixels."""

    length: int
    highest: float

    def x(self, base: float) -> float:
        """Left edge of a base."""
        return LEFT + (RIGHT - LEFT) * base / max(self.length, 1)

    def y(self, copies: float) -> float:
        """Height of a number of copies; cut at the top of the picture."""
        return BOTTOM - (BOTTOM - TOP) * min(copies / self.highest, 1.0)


def nice_ceiling(value: float) -> float:
    """The next round number."""
    if value <= 0:
        return 1.0
    power = 10.0 ** (ceil(log10(value)) - 1)
    return float(
        next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value * 0.999)
    )


def _bins(rows: Sequence[Row], scale: Scale) -> list[str]:
    parts = []
    for row in rows:
        copies, low, high = (number(row[name]) for name in ("copies", "low", "high"))
        if copies is None:
            continue
        x, width = scale.x(row["start"]), scale.x(row["end"]) - scale.x(row["start"])
        words = (
            f"bases {row['start'] + 1:,}-{row['end']:,} ({row['elements'] or 'no element'}): {short(copies)} copies, "
            f"95 % interval {short(low)} to {short(high)}, {plural(int(row['n_fragments']), 'fragment')}"
        )
        tip = svg.title(words)
        parts.append(svg.rect(x + 0.4, TOP, max(width - 0.8, 0.4), BOTTOM - TOP, tip, fill="transparent"))
        height = BOTTOM - scale.y(copies)
        parts.append(svg.rect(x + 0.4, BOTTOM - height, max(width - 0.8, 0.4), height, tip, class_="cover"))
        if low is not None and high is not None:
            middle = x + width / 2
            parts.append(svg.line(middle, scale.y(low), middle, scale.y(high), class_="whisker"))
    return parts


def _axes(scale: Scale) -> list[str]:
    parts = []
    for index in range(5):
        value = scale.highest * index / 4
        y = scale.y(value)
        parts.append(svg.line(LEFT, y, RIGHT, y, class_="grid"))
        parts.append(svg.text(LEFT - 8, y + 4, short(value), class_="small", text_anchor="end"))
    step = next(size for size in (100, 200, 500, 1000, 2000, 5000, 10000) if scale.length / size <= 10)
    for base in range(0, scale.length + 1, step):
        parts.append(svg.line(scale.x(base), BOTTOM, scale.x(base), BOTTOM + 4, class_="axis"))
        parts.append(svg.text(scale.x(base), BOTTOM + 16, f"{base:,}", class_="small", text_anchor="middle"))
    parts.append(svg.line(LEFT, BOTTOM, RIGHT, BOTTOM, class_="axis"))
    parts.append(svg.text(4, 13, "copies per diploid genome", class_="small"))
    return parts


def _bands(stretches: Sequence[Row], scale: Scale, pattern: str) -> list[str]:
    return [
        svg.rect(
            scale.x(row["start"]), TOP, scale.x(row["end"]) - scale.x(row["start"]), BOTTOM - TOP,
            svg.title(f"bases {row['start'] + 1:,}-{row['end']:,}: the host has this, too ({row['label'] or row['contig']})"),
            fill=f"url(#{pattern})",
        )
        for row in stretches
    ]  # fmt: skip


def _marks(structure: Sequence[Row], scale: Scale) -> list[str]:
    """Lost stretches as dashed boxes with a cross, other changes as brackets above the picture."""
    parts = []
    for row in structure:
        x1, x2 = scale.x(row["start"]), scale.x(row["end"])
        words = f"{row['kind']} {row['start'] + 1:,}-{row['end']:,}"
        tip = svg.title(f"{words}: {row['evidence']}")
        if row["kind"] in CUT:
            parts.append(svg.rect(x1, TOP, max(x2 - x1, 2.0), BOTTOM - TOP, tip, class_="lost"))
            parts.append(svg.line(x1, TOP, x2, BOTTOM, class_="lostcross"))
        else:
            parts.append(svg.path([(x1, TOP + 5), (x1, TOP), (x2, TOP), (x2, TOP + 5)], class_="bracket"))
        middle = min(max((x1 + x2) / 2, LEFT + LETTER * len(words) / 2), RIGHT - LETTER * len(words) / 2)
        parts.append(svg.text(middle, TOP - 6, words, class_="strong", text_anchor="middle"))
    return parts


def _lanes(elements: Sequence[Row]) -> list[int]:
    """A lane for each element, so that none overlaps another one."""
    ends: list[int] = []
    lanes = []
    for row in elements:
        lane = next((place for place, end in enumerate(ends) if end <= row["start"]), len(ends))
        if lane == len(ends):
            ends.append(0)
        ends[lane] = int(row["end"])
        lanes.append(lane)
    return lanes


def element_track(elements: Sequence[Row], scale: Scale, top: float) -> tuple[list[str], float]:
    """The vector's elements as boxes with their names, in the box or below it.

    Returns:
        The parts, and the height at which they end.
    """
    parts, below = [], []
    lanes = _lanes(elements)
    for row, lane in zip(elements, lanes, strict=True):
        x1, x2, y = scale.x(row["start"]), scale.x(row["end"]), top + lane * LANE
        tip = svg.title(f"{row['name']}, bases {row['start'] + 1:,}-{row['end']:,}, strand {row['strand']}")
        parts.append(svg.rect(x1, y, max(x2 - x1, 1.5), LANE - 4, tip, class_="element"))
        if LETTER * len(row["name"]) + 4 <= x2 - x1:
            parts.append(svg.text((x1 + x2) / 2, y + 10, row["name"], class_="small", text_anchor="middle"))
        else:
            below.append(((x1 + x2) / 2, y + LANE - 4, str(row["name"])))
    floor = top + (max(lanes, default=-1) + 1) * LANE
    rows: list[float] = []
    names = []
    for x, y, name in below:
        half = LETTER * len(name) / 2
        middle = min(max(x, LEFT + half), RIGHT - half)
        place = next((n for n, end in enumerate(rows) if end + 8 <= middle - half), len(rows))
        if place == len(rows):
            rows.append(0.0)
        rows[place] = middle + half
        at = floor + 12 + 14 * place
        parts.append(svg.line(x, y, x, at - 9, class_="leader"))
        names.append(svg.text(middle, at, name, class_="small halo", text_anchor="middle"))
    parts += names
    return parts, floor + 14 * len(rows) + 6


def _swatch(content: str) -> Markup:
    return Markup(
        svg.element("svg", content, width="22", height="18", viewBox="0 0 22 18", aria_hidden="true")
    )


def _legend(place: str, has_host_like: bool, structure: Sequence[Row]) -> list[LegendItem]:
    bar = svg.rect(4, 5, 14, 13, class_="cover") + svg.line(11, 1, 11, 10, class_="whisker")
    items = [LegendItem(_swatch(bar), "copies, with 95 % interval")]
    items.append(LegendItem(_swatch(svg.line(0, 9, 22, 9, class_="level")), "copies of the whole vector"))
    if has_host_like:
        pattern = svg.element("defs", svg.hatch(f"legend-{place}", "#7b8594"))
        box = pattern + svg.rect(0, 0, 22, 18, fill=f"url(#legend-{place})")
        items.append(LegendItem(_swatch(box), "the host genome has this, too: no evidence"))
    if any(row["kind"] in CUT for row in structure):
        box = svg.rect(1, 1, 20, 16, class_="lost") + svg.line(1, 1, 21, 17, class_="lostcross")
        items.append(LegendItem(_swatch(box), "lost in (some of) the copies"))
    return items


def coverage_figure(view: View, verdict: Row, place: str) -> Figure | None:
    """The figure of one sample and vector; None where there is no profile.

    Args:
        view: the page.
        verdict: its row of `transgene.tsv`.
        place: unique on the page.
    """
    tables, sample, vector = view.tables, verdict["sample"], verdict["vector"]
    coverage = tables.transgene_coverage
    frame = coverage[(coverage["sample"] == sample) & (coverage["vector"] == vector)]
    rows = records(frame)
    if not any(number(row["copies"]) is not None for row in rows):
        return None
    structure = records(_of(tables.transgene_structure, sample, vector))
    elements = records(
        _of(tables.vector_elements, None, vector).sort_values(["start", "end", "name"], kind="stable")
    )
    stretches = records(_of(tables.vector_host_like, None, vector))
    copies = [number(row["copies"]) or 0.0 for row in rows]
    level = number(verdict["vcn"])
    scale = Scale(max(int(row["end"]) for row in rows), nice_ceiling(1.15 * max(*copies, level or 0.0, 1e-4)))
    track, bottom = element_track(elements, scale, BOTTOM + 26)
    parts = [svg.element("defs", svg.hatch(f"host-{place}", "#7b8594")), *_axes(scale)]
    parts += _bins(rows, scale) + _bands(stretches, scale, f"host-{place}")
    parts += [] if level is None else [svg.line(LEFT, scale.y(level), RIGHT, scale.y(level), class_="level")]
    parts += _marks(structure, scale) + track
    lost = [f"{row['kind']} of bases {row['start'] + 1:,}-{row['end']:,}" for row in structure]
    found = "; ".join(lost) if lost else "nothing lost or rearranged was found"
    label = f"Copies of {vector} along the vector in {sample}: {short(level)} overall; {found}"
    return Figure(
        f"coverage-{place}",
        f"{sample}, {vector}: {found}",
        _caption(verdict, rows, bool(stretches), bool(elements)),
        Markup(svg.drawing(RIGHT + 12, bottom + 4, label, parts)),
        _grid(rows, place, f"Copies along {vector} in {sample}.", frame_tsv(frame)),
        _legend(place, bool(stretches), structure),
        ("vcn",),
    )


def _of(frame: pd.DataFrame, sample: str | None, vector: str) -> pd.DataFrame:
    chosen = frame[frame["vector"] == vector]
    return chosen if sample is None else chosen[chosen["sample"] == sample]


def _caption(verdict: Row, rows: Sequence[Row], has_host_like: bool, has_elements: bool) -> str:
    n = sum(int(row["n_fragments"]) for row in rows)
    hatched = " Hatched stretches are no evidence, since the host has them, too." if has_host_like else ""
    named = "" if has_elements else " The results hold no table of the vector's elements."
    return (
        f"Vector copies per diploid genome in {plural(len(rows), 'window')} of the provirus without its 3' LTR copy "
        f"(bases from the 5' end), n = {count(n)} distinct fragments by their middle, host depth {short(verdict['depth'])}. "
        f"Vertical lines: 95 % intervals.{hatched}{named}"
    )


def _grid(rows: Sequence[Row], place: str, caption: str, data: str) -> Grid:
    columns = [Column("bases"), Column("elements"), Column("fragments", "fragment", True)]
    columns += [
        Column("due for 1 copy", "", True),
        Column("copies", "vcn", True),
        Column("95 % interval", "", True),
    ]
    cells = [
        (
            Cell(f"{row['start'] + 1:,}-{row['end']:,}", number(row["start"])),
            Cell(row["elements"] or "–", tone="wide"),
            Cell(count(row["n_fragments"]), number(row["n_fragments"])),
            Cell(short(row["expected"]), number(row["expected"])),
            Cell(
                "host-like" if number(row["copies"]) is None else short(row["copies"]), number(row["copies"])
            ),
            Cell(f"{short(row['low'])} to {short(row['high'])}", number(row["low"])),
        )
        for row in rows
    ]
    return Grid(f"coverage-{place}-table", caption, columns, cells, data, folded="The coverage as a table")
