"""Is any clone growing? What the test of growth found, and fractions over time with their intervals."""

import pandas as pd
from markupsafe import Markup

from integrasite.report import figures, svg
from integrasite.report.alluvial_figure import alluvial_figure
from integrasite.report.bars import bar_figures
from integrasite.report.blocks import Block, Cell, Column, Figure, Grid, Notes, Section
from integrasite.report.clone_grid import top_clones
from integrasite.report.earlier import earlier_notes, followed
from integrasite.report.facts import Clone, Specimen, clone_ids, records
from integrasite.report.palette import clone_paint
from integrasite.report.tracked import (
    course_notes,
    growth_answer,
    growth_finding,
    growth_tables,
    untested_notes,
)
from integrasite.report.view import TOP_TRACKED, View
from integrasite.report.words import count, joined, number, percent, percent_range, plural

Group = tuple[str, str]


def _groups(view: View) -> dict[Group, list[Specimen]]:
    """Evaluable specimens with a day, those of earlier runs included, by subject and source."""
    groups: dict[Group, list[Specimen]] = {}
    for one in followed(view):
        if one.days is not None:
            groups.setdefault((one.subject, one.source), []).append(one)
    return groups


def _n_times(specimens: list[Specimen]) -> int:
    return len({one.days for one in specimens})


def _lacking(view: View, groups: dict[Group, list[Specimen]]) -> list[str]:
    """Subjects without two evaluable time points of one source: nothing is drawn of them."""
    drawn = {subject for (subject, _), group in groups.items() if _n_times(group) > 1}
    most = {
        name: max((_n_times(group) for (one, _), group in groups.items() if one == name), default=0)
        for name in view.subjects
    }
    return [
        f"{name}: insufficient data ({plural(most[name], 'evaluable time point')} of one source)"
        for name in view.subjects
        if name not in drawn
    ]


def growth(view: View) -> Section:
    """Is any clone growing?"""
    groups = _groups(view)
    series = {key: group for key, group in groups.items() if _n_times(group) > 1}
    state, answer = growth_answer(view)
    blocks: list[Block] = [*growth_tables(view), *bar_figures(view)]
    for place, (key, group) in enumerate(
        item for item in series.items() if item[0][0] in view.drawn_subjects
    ):
        blocks += _figures(view, key, group, place)
    notes = [*earlier_notes(view), *untested_notes(view), *_lacking(view, groups), *course_notes(view)]
    if view.is_brief and series:
        notes.append(
            "Clones followed between time points, and logarithmic scales: on the subjects' own pages."
        )
    course = _largest_change(view, series)
    notes += [f"Fractions of the largest clones over time: {course}"] if course else []
    blocks += [Notes(notes)] if notes else []
    return Section("growth", "Is any clone growing?", state, answer, blocks, "Growth")


def _points(clone: Clone, group: list[Specimen], rows: pd.DataFrame) -> list[figures.Point]:
    found = {row["specimen"]: row for row in records(rows[clone_ids(rows) == clone.id])}
    points = []
    for one in group:
        row = found.get(one.name)
        if row is None:
            low, high, share = None, number(one.diversity.get("lod95")), None
        else:
            share, low, high = (number(row[key]) for key in ("fraction", "fraction_low", "fraction_high"))
        points.append(figures.Point(one.days or 0, share, low, high, one.timepoint or one.name))
    return points


def _largest_change(view: View, series: dict[Group, list[Specimen]]) -> str:
    """The course of the largest clones, one of a series, at most three."""
    found = {key: view.sized_of(key[0], group) for key, group in series.items()}
    tops = {key: float(rows["fraction"].max()) for key, rows in found.items() if len(rows)}
    words = []
    for key in sorted(tops, key=lambda key: (-tops[key], key))[:3]:
        top = top_clones(view, found[key], 1)[0]
        course = [f"{point.label} {_size(point)}" for point in _points(top, series[key], found[key])]
        words.append(f"{' '.join(key).strip()}, largest clone {top.label}: {', '.join(course)}")
    return f"{'; '.join(words)}." if words else ""


def _size(point: figures.Point) -> str:
    if point.value is None:
        return f"not seen (limit {percent(point.high)})"
    return f"{percent(point.value)} ({percent_range(point.low, point.high)})"


def _figures(view: View, key: Group, group: list[Specimen], place: int) -> tuple[Block, ...]:
    mine = view.sized_of(key[0], group)
    title = f"{key[0]}, {key[1]}" if key[1] else key[0]
    if not len(mine):
        return (Notes([f"{title}: none found (no clone at any of {_n_times(group)} time points)."]),)
    lines = _lines(view, key, group, mine, place)
    if view.is_brief:
        return (lines,)
    return (lines, alluvial_figure(view, title, group, mine, place))


def _lines(view: View, key: Group, group: list[Specimen], mine: pd.DataFrame, place: int) -> Figure:
    """Fractions over time with intervals, of the largest clones."""
    top = top_clones(view, mine, TOP_TRACKED)
    title = f"{key[0]}, {key[1]}" if key[1] else key[0]
    chart = [
        figures.Series(
            view.number(key[0], clone.id),
            clone.label if not clone.is_multihit else f"multihit {clone.id}",
            clone_paint(clone.id),
            _points(clone, group, mine),
            view.card(key[0], clone.id),
        )
        for clone in top
    ]
    names = {one.days or 0: one.timepoint or one.name for one in group}
    caption = (
        "Fraction of vector-marked copies in percent with 95 % interval (vertical line), "
        f"{_n_times(group)} time points, {len(top)} clones with the largest "
        "fraction at any of them. Hollow triangle: not seen, drawn at the specimen's "
        "limit of detection. Lines join what was seen; they are no model."
    )
    label = f"Fractions over time of {title}: " + "; ".join(
        f"{line.label}: {joined([_size(p) for p in line.points], 12)}" for line in chart
    )
    scales = [("Linear", figures.timeline(chart, names, label))]
    if not view.is_brief:
        scales.append(("Logarithmic", figures.timeline(chart, names, f"{label} (logarithmic)", is_log=True)))
    return Figure(
        f"time-{place}",
        f"{title}: {growth_finding(view, *key)}",
        caption,
        Markup(svg.views("Scale", scales)),
        _grid(chart, place),
        (),
        ("clone", "fraction", "lod95", "growth"),
    )


def _grid(chart: list[figures.Series], place: int) -> Grid:
    columns = [
        Column("clone", "clone"),
        Column("time point"),
        Column("day", "", True),
        Column("fraction", "fraction", True),
    ]
    columns += [
        Column("fraction_low", "fraction", True),
        Column("fraction_high (LOD95 where not seen)", "lod95", True),
    ]
    rows = [
        (
            Cell(series.label),
            Cell(point.label),
            Cell(count(point.days), point.days),
            Cell("not seen" if point.value is None else percent(point.value), point.value),
            Cell(percent(point.low), point.low),
            Cell(percent(point.high), point.high),
        )
        for series in chart
        for point in series.points
    ]
    return Grid(f"time-{place}-table", "Fractions over time.", columns, rows, folded="The figure as a table")
