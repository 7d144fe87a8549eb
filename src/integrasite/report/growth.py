"""Is any clone growing? What the test of growth found, and fractions over time with their intervals."""

import pandas as pd
from markupsafe import Markup

from integrasite.report import figures
from integrasite.report.blocks import Block, Cell, Column, Figure, Grid, Notes, Section
from integrasite.report.clone_grid import top_clones
from integrasite.report.earlier import earlier_notes, followed
from integrasite.report.facts import Clone, Specimen, clone_ids, passing, records
from integrasite.report.palette import line_paint
from integrasite.report.tracked import course_notes, growth_answer, growth_tables, untested_notes
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
    rows = passing(view.tables, followed(view))
    series = {key: group for key, group in groups.items() if _n_times(group) > 1}
    state, answer = growth_answer(view)
    blocks: list[Block] = [*growth_tables(view)]
    for place, (key, group) in enumerate(
        item for item in series.items() if item[0][0] in view.drawn_subjects
    ):
        blocks += _figure(view, key, group, rows, place)
    notes = [*earlier_notes(view), *untested_notes(view), *_lacking(view, groups), *course_notes(view)]
    course = _largest_change(view, series, rows)
    notes += [f"Fractions of the largest clones over time: {course}"] if course else []
    blocks += [Notes(notes)] if notes else []
    return Section("growth", "Is any clone growing?", state, answer, blocks, "Growth")


def _rows_of(rows: pd.DataFrame, group: list[Specimen]) -> pd.DataFrame:
    return rows[(rows["subject"] == group[0].subject) & rows["specimen"].isin([one.name for one in group])]


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


def _largest_change(view: View, series: dict[Group, list[Specimen]], rows: pd.DataFrame) -> str:
    """The course of each subject's largest clone, for at most three subjects."""
    words = []
    for (subject, source), group in series.items():
        top = top_clones(view, _rows_of(rows, group), 1)
        if top:
            course = [
                f"{point.label} {_size(point)}" for point in _points(top[0], group, _rows_of(rows, group))
            ]
            where = f"{subject} {source}".strip()
            words.append(
                (
                    -float(top[0].row["fraction"]),
                    f"{where}, largest clone {top[0].label}: {', '.join(course)}",
                )
            )
    chosen = [text for _, text in sorted(words)[:3]]
    return f"{'; '.join(chosen)}." if chosen else ""


def _size(point: figures.Point) -> str:
    if point.value is None:
        return f"not seen (limit {percent(point.high)})"
    return f"{percent(point.value)} ({percent_range(point.low, point.high)})"


def _figure(
    view: View, key: Group, group: list[Specimen], rows: pd.DataFrame, place: int
) -> tuple[Block, ...]:
    mine = _rows_of(rows, group)
    top = top_clones(view, mine, TOP_TRACKED)
    title = f"{key[0]}, {key[1]}" if key[1] else key[0]
    if not top:
        return (Notes([f"{title}: none found (no clone at any of {_n_times(group)} time points)."]),)
    chart = [
        figures.Series(
            str(rank),
            clone.label if not clone.is_multihit else f"multihit {clone.id}",
            line_paint(clone.id),
            _points(clone, group, mine),
        )
        for rank, clone in enumerate(top, 1)
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
    picture = Markup(figures.timeline(chart, names, label))
    grid = _grid(chart, place)
    return (
        Figure(
            f"time-{place}",
            f"Largest clones over time: {title}",
            caption,
            picture,
            grid,
            (),
            ("clone", "fraction", "lod95"),
        ),
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
