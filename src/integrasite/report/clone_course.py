"""The course of one clone as small pictures, one per source of its specimens, with intervals."""

from collections.abc import Callable, Sequence

from integrasite.report import svg
from integrasite.report.facts import Clone, Row, Specimen
from integrasite.report.figures import trend
from integrasite.report.palette import clone_paint
from integrasite.report.words import number, percent, percent_range, plural

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 300.0, 150.0, 46.0, 26.0, 112.0
PER_ROW, MOST = 3, 6
"""Pictures in a row, and most pictures of one clone."""


def course_picture(clones: Sequence[Clone], specimens: Sequence[Specimen], key: str) -> tuple[str, str]:
    """Small multiples of a clone's fraction over time.

    Args:
        clones: its rows.
        specimens: all specimens of its subject; those not evaluable are left out.
        key: the clone's number, for the text alternative.

    Returns:
        The picture (empty where no source has two time points), and what it shows, or why there is none.
    """
    rows = {one.row["specimen"]: one.row for one in clones if number(one.row["fraction"]) is not None}
    groups: dict[str, list[Specimen]] = {}
    for one in specimens:
        if one.evaluable != "no" and one.days is not None:
            groups.setdefault(one.source, []).append(one)
    series = {
        source: group
        for source, group in groups.items()
        if len({one.days for one in group}) > 1 and any(one.name in rows for one in group)
    }
    if not series:
        most = max((len({one.days for one in group}) for group in groups.values()), default=0)
        return "", f"Course: insufficient data ({plural(most, 'evaluable time point')} of one source)."
    shown = dict(list(series.items())[:MOST])
    highest = _ceiling(shown, rows)
    parts = []
    for place, (source, group) in enumerate(shown.items()):
        at = f"translate({svg.num(WIDTH * (place % PER_ROW))} {svg.num(HEIGHT * (place // PER_ROW))})"
        parts.append(
            svg.element("g", "".join(_panel(source, group, rows, highest, clones[0].id)), transform=at)
        )
    n_rows = -(-len(shown) // PER_ROW)
    label = f"Course of clone {key or clones[0].id}: " + "; ".join(
        f"{source or 'all'}: {', '.join(f'{_when(one)} {_size(one, rows)}' for one in group)}"
        for source, group in shown.items()
    )
    left = f" {len(series) - MOST} further sources are in the table." if len(series) > MOST else ""
    words = (
        "Fraction of vector-marked copies with 95 % interval by day, one picture per tissue and cell type, one scale. "
        f"Hollow triangle: not seen, at the limit of detection.{left}"
    )
    return svg.drawing(WIDTH * min(len(shown), PER_ROW), HEIGHT * n_rows, label, parts), words


def _ceiling(series: dict[str, list[Specimen]], rows: dict[str, Row]) -> float:
    names = {one.name for group in series.values() for one in group}
    tops = [
        number(row["fraction_high"]) or number(row["fraction"]) or 0.0
        for name, row in rows.items()
        if name in names
    ]
    top = max(tops, default=0.0)
    return next(
        (step for step in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8) if step >= top),
        1.0,
    )


def _when(one: Specimen) -> str:
    return one.timepoint or f"day {one.days:,}"


def _size(one: Specimen, rows: dict[str, Row]) -> str:
    row = rows.get(one.name)
    if row is None:
        return f"not seen (limit {percent(one.diversity.get('lod95'))})"
    return f"{percent(row['fraction'])} ({percent_range(row['fraction_low'], row['fraction_high'])})"


def _panel(
    source: str, group: Sequence[Specimen], rows: dict[str, Row], highest: float, clone: str
) -> list[str]:
    days = [one.days or 0 for one in group]
    span = max(days) - min(days) or 1
    xs = {one.name: LEFT + 18 + (WIDTH - LEFT - 52) * ((one.days or 0) - min(days)) / span for one in group}

    def y(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * min(value / highest, 1.0)

    parts = [svg.text(LEFT, 14, svg.clipped(source or "all specimens", 38), class_="strong")]
    for value in (0.0, highest / 2, highest):
        parts.append(svg.line(LEFT, y(value), WIDTH - 22, y(value), class_="grid"))
        parts.append(svg.text(LEFT - 6, y(value) + 4, percent(value), class_="small", text_anchor="end"))
    colour = clone_paint(clone).fill
    seen = [(xs[one.name], y(number(rows[one.name]["fraction"]) or 0.0)) for one in group if one.name in rows]
    parts += trend(seen, colour)
    last = -1e9
    for one in group:
        parts += _mark(one, rows.get(one.name), xs[one.name], y, colour)
        if xs[one.name] - last >= 44:
            last = xs[one.name]
            parts.append(
                svg.text(last, BOTTOM + 16, svg.clipped(_when(one), 8), class_="small", text_anchor="middle")
            )
    return parts


def _mark(one: Specimen, row: Row | None, x: float, y: Callable[[float], float], colour: str) -> list[str]:
    tip = f"{_when(one)} (day {one.days:,}), {one.source}: "
    if row is None:
        limit = number(one.diversity.get("lod95"))
        words = svg.title(f"{tip}not seen; limit of detection {percent(limit)}")
        return [svg.marker("down", x, y(limit or 0.0), 4, words, class_="unseen")]
    low, high = number(row["fraction_low"]), number(row["fraction_high"])
    words = svg.title(f"{tip}{percent(row['fraction'])}, 95 % interval {percent_range(low, high)}")
    bar = [] if low is None or high is None else [svg.line(x, y(low), x, y(high), class_="spread")]
    return [
        *bar,
        svg.marker("circle", x, y(number(row["fraction"]) or 0.0), 4.5, words, fill=colour, class_="point"),
    ]
