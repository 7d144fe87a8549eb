"""The figures, as inline SVG: clone bars, fractions over time, and what became of the reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from integrasite.report import svg
from integrasite.report.palette import MARKERS, Paint
from integrasite.report.words import MISSING, count, percent, percent_range

AXIS = {"class_": "axis"}
SMALL = {"class_": "small", "text_anchor": "middle"}
LEAST = 1e-5
"""Fraction below which a logarithmic axis does not go."""


@dataclass(frozen=True)
class Segment:
    """One clone's part of one bar; `key` is the number that stands in the legend.

    `share` is 0-1, or cells in a bar of cells. `tip` says more than label and share; `card` links to the clone's card.
    """

    share: float
    key: str
    label: str
    paint: Paint | None
    is_multihit: bool = False
    tip: str = ""
    card: str = ""


@dataclass(frozen=True)
class Bar:
    """One specimen; no segments and a `reason` where it has no answer."""

    label: str
    sublabel: str
    note: str
    segments: Sequence[Segment] = ()
    reason: str = ""


@dataclass(frozen=True)
class Point:
    """One clone at one time; `value` None: not seen, `high` is then the limit of detection."""

    days: int
    value: float | None
    low: float | None
    high: float | None
    label: str


@dataclass(frozen=True)
class Series:
    """One clone over time; `card` links to its card."""

    key: str
    label: str
    paint: Paint
    points: Sequence[Point]
    card: str = ""


def _percent_axis(left: float, right: float, top: float, bottom: float, highest: float) -> list[str]:
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25) if highest / step <= 5.001)
    parts = []
    for index in range(int(highest / step + 1.001)):
        y = bottom - (bottom - top) * index * step / highest
        parts.append(svg.line(left, y, right, y, class_="grid"))
        parts.append(
            svg.text(left - 8, y + 4, f"{100 * index * step:.0f} %", class_="small", text_anchor="end")
        )
    return parts


def ticks(highest: float) -> list[float]:
    """Round numbers from 0 to the first one at or above `highest`, two to six of them."""
    wanted = max(highest, 1e-9) / 5
    power = 10.0 ** floor(log10(wanted))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= wanted * 0.999)
    return [index * step for index in range(max(1, ceil(highest / step - 1e-6)) + 1)]


def tick_words(value: float) -> str:
    """A tick's number: whole where it is whole."""
    return f"{value:,.0f}" if abs(value - round(value)) < 1e-9 else f"{value:,.3g}"


def _count_axis(left: float, right: float, top: float, bottom: float, highest: float) -> list[str]:
    parts = []
    for value in ticks(highest):
        y = bottom - (bottom - top) * value / highest
        parts.append(svg.line(left, y, right, y, class_="grid"))
        parts.append(svg.text(left - 8, y + 4, tick_words(value), class_="small", text_anchor="end"))
    return parts


def card_attribute(card: str) -> dict[str, str]:
    """The attribute by which the page's script finds the card of a drawn clone."""
    return {"data_card": card} if card else {}


def _segment(x: float, y: float, width: float, height: float, part: Segment, pattern: str) -> str:
    tip = svg.title(part.tip or f"{part.label}: {percent(part.share)}")
    fill = {"fill": part.paint.fill} if part.paint else {"class_": "rest"}
    parts = [svg.rect(x, y, width, height, tip, **_edge(fill), **card_attribute(part.card))]
    if part.is_multihit:
        parts.append(svg.rect(x, y, width, height, fill=f"url(#{pattern})", pointer_events="none"))
    if part.paint and height >= 13:
        if part.is_multihit:
            parts.append(
                svg.element("circle", cx=x + width / 2, cy=y + height / 2, r=8.5, fill=part.paint.fill)
            )
        ink = {"fill": part.paint.ink, "pointer_events": "none"}
        parts.append(
            svg.text(x + width / 2, y + height / 2 + 4, part.key, class_="key", text_anchor="middle", **ink)
        )
    return "".join(parts)


def _edge(fill: Mapping[str, str]) -> dict[str, str]:
    return {**fill, "class_": f"{fill.get('class_', '')} part".strip()}


def _bar(
    x: float, width: float, top: float, bottom: float, bar: Bar, pattern: str, highest: float
) -> list[str]:
    middle, height = x + width / 2, bottom - top
    parts = []
    if not bar.segments:
        parts.append(svg.rect(x, top, width, height, svg.title(bar.reason), class_="void"))
        turn = f"rotate(-90 {svg.num(middle)} {svg.num(top + height / 2)})"
        parts.append(svg.text(middle, top + height / 2 + 4, bar.reason, transform=turn, **SMALL))
    y = bottom
    for part in bar.segments:
        part_height = part.share / highest * height
        y -= part_height
        parts.append(_segment(x, y, width, part_height, part, pattern))
    parts.append(
        svg.text(middle, bottom + 18, svg.clipped(bar.label, 12), class_="strong", text_anchor="middle")
    )
    parts.append(svg.text(middle, bottom + 33, svg.clipped(bar.sublabel, 15), **SMALL))
    parts.append(svg.text(middle, bottom + 48, bar.note, **SMALL))
    return parts


def clone_bars(bars: Sequence[Bar], name: str, label: str, highest: float | None = None) -> str:
    """Stacked bars, one per specimen, of the largest clones and the rest.

    Args:
        bars: specimens in the order of time.
        name: unique on the page; names the hatch pattern.
        label: what the picture shows, for screen readers.
        highest: top of the axis in cells; None where the parts are fractions.
    """
    left, top, bottom, step, width = 58.0, 12.0, 272.0, 96.0, 60.0
    right = left + max(3, len(bars)) * step
    axis = _percent_axis(left, right, top, bottom, 1.0) if highest is None else []
    axis = axis or _count_axis(left, right, top, bottom, highest or 1.0)
    parts = [svg.element("defs", svg.hatch(f"hatch-{name}", "#000000")), *axis]
    for place, bar in enumerate(bars):
        x = left + place * step + (step - width) / 2
        parts += _bar(x, width, top, bottom, bar, f"hatch-{name}", highest or 1.0)
    parts.append(svg.line(left, bottom, right, bottom, **AXIS))
    return svg.drawing(right + 8, bottom + 58, label, parts)


def swatch(paint: Paint | None, key: str, is_multihit: bool, name: str) -> str:
    """The legend's picture of one clone."""
    parts = [svg.rect(0, 0, 22, 18, rx="3", **({"fill": paint.fill} if paint else {"class_": "rest"}))]
    if is_multihit and paint:
        parts = [svg.element("defs", svg.hatch(f"hatch-{name}", "#000000")), *parts]
        parts.append(svg.rect(0, 0, 22, 18, rx="3", fill=f"url(#hatch-{name})"))
        parts.append(svg.element("circle", cx=11.0, cy=9.0, r=8.0, fill=paint.fill))
    if paint:
        parts.append(svg.text(11, 13, key, class_="key", text_anchor="middle", fill=paint.ink))
    content = "".join(parts)
    return svg.element("svg", content, width="22", height="18", viewBox="0 0 22 18", aria_hidden="true")


def _nice_ceiling(value: float) -> float:
    if value <= 0.01:
        return 0.01
    power = 10.0 ** int(ceil(log10(value)) - 1)
    return float(
        min(
            1.0,
            next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value * 0.999),
        )
    )


def _spread(wanted: Sequence[float], gap: float, top: float, bottom: float) -> list[float]:
    """Labels' heights moved apart by at least `gap`, in the order given by their wish."""
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    placed = dict.fromkeys(order, 0.0)
    previous = top - gap
    for place in order:
        previous = placed[place] = max(wanted[place], previous + gap)
    limit = bottom + gap
    for place in reversed(order):
        limit = placed[place] = min(placed[place], limit - gap)
    return [placed[place] for place in range(len(wanted))]


def _point_tip(series: Series, point: Point) -> str:
    where = f"{series.label}, {point.label} (day {point.days:,})"
    if point.value is None:
        return f"{where}: not seen; limit of detection {percent(point.high)}"
    return f"{where}: {percent(point.value)}, 95 % interval {percent_range(point.low, point.high)}"


def trend(points: Sequence[tuple[float, float]], colour: str) -> list[str]:
    """A line in a clone's own colour, which need not stand out from the page, with a darker edge that does."""
    if len(points) < 2:
        return []
    return [svg.path(points, class_="trend edge"), svg.path(points, class_="trend", stroke=colour)]


def _series(series: Series, shape: str, xs: Mapping[int, float], shift: float, y_of: "_Scale") -> list[str]:
    colour, card = series.paint.fill, card_attribute(series.card)
    seen = [
        (xs[point.days] + shift, y_of(point.value or 0.0))
        for point in series.points
        if point.value is not None
    ]
    parts = trend(seen, colour)
    for point in series.points:
        x, tip = xs[point.days] + shift, svg.title(_point_tip(series, point))
        if point.value is None:
            height = y_of(point.high or 0.0)
            parts.append(svg.marker("down", x, height, 4, tip, class_="unseen", **card))
            continue
        if point.low is not None and point.high is not None:
            parts.append(svg.line(x, y_of(point.low), x, y_of(point.high), class_="spread"))
        parts.append(svg.marker(shape, x, y_of(point.value), 4.5, tip, fill=colour, class_="point", **card))
    return parts


@dataclass(frozen=True)
class _Scale:
    """Heights of fractions; logarithmic from `lowest` where that is given, values below it at the floor."""

    top: float
    bottom: float
    highest: float
    lowest: float | None = None

    def __call__(self, value: float) -> float:
        share = value / self.highest
        if self.lowest is not None:
            share = log10(max(value, self.lowest) / self.lowest) / log10(self.highest / self.lowest)
        return self.bottom - (self.bottom - self.top) * share


def _positions(days: Sequence[int], left: float, right: float) -> dict[int, float]:
    span = max(days) - min(days) or 1
    return {day: left + (right - left) * (day - min(days)) / span for day in days}


def _time_axis(
    xs: Mapping[int, float], names: Mapping[int, str], left: float, right: float, bottom: float
) -> list[str]:
    parts = [svg.line(left, bottom, right, bottom, **AXIS)]
    last = -1e9
    for day, x in sorted(xs.items()):
        parts.append(svg.line(x, bottom, x, bottom + 5, **AXIS))
        if x - last >= 46:
            last = x
            parts.append(
                svg.text(x, bottom + 19, svg.clipped(names[day], 8), class_="strong", text_anchor="middle")
            )
            parts.append(svg.text(x, bottom + 34, f"day {day:,}", **SMALL))
    return parts


def _end_labels(chart: Sequence[Series], scale: _Scale, right: float) -> list[str]:
    ends = [
        next((point for point in reversed(series.points) if point.value is not None), None)
        for series in chart
    ]
    heights = _spread(
        [scale((end.value or 0.0) if end else 0.0) for end in ends], 17, scale.top + 8, scale.bottom - 4
    )
    parts = []
    for series, y in zip(chart, heights, strict=True):
        parts.append(svg.rect(right + 24, y - 8, 20, 16, rx="3", fill=series.paint.fill))
        parts.append(
            svg.text(right + 34, y + 4, series.key, class_="key", text_anchor="middle", fill=series.paint.ink)
        )
        parts.append(svg.text(right + 50, y + 4, svg.clipped(series.label, 36), class_="small"))
    return parts


def _log_axis(left: float, right: float, scale: "_Scale") -> list[str]:
    parts = []
    value = 1.0
    while scale.lowest is not None and value >= scale.lowest * 0.999:
        if value <= scale.highest * 1.001:
            y = scale(value)
            parts.append(svg.line(left, y, right, y, class_="grid"))
            parts.append(svg.text(left - 8, y + 4, f"{100 * value:g} %", class_="small", text_anchor="end"))
        value /= 10
    return parts


def timeline(chart: Sequence[Series], names: Mapping[int, str], label: str, *, is_log: bool = False) -> str:
    """Fractions of clones over days with intervals; a hollow triangle: not seen, at the limit of detection.

    Args:
        chart: the clones, largest first.
        names: time-point label of each day.
        label: what the picture shows, for screen readers.
        is_log: whether heights are logarithmic, which shows the growth of small clones.
    """
    left, right, top, bottom = 62.0, 560.0, 14.0, 254.0
    values = [
        value for series in chart for point in series.points for value in (point.value, point.high) if value
    ]
    scale = _Scale(top, bottom, _nice_ceiling(max(values, default=0.0)))
    axis = _percent_axis(left, right, top, bottom, scale.highest)
    if is_log:
        lows = [point.low for series in chart for point in series.points if point.low]
        lowest = max(min([*values, *lows], default=0.01), LEAST)
        scale = _Scale(top, bottom, 1.0, min(0.1, 10.0 ** floor(log10(lowest))))
        axis = _log_axis(left, right, scale)
    xs = _positions(sorted(names), left + 26, right - 18)
    parts = axis + _time_axis(xs, names, left, right, bottom)
    for place, series in enumerate(chart):
        shift = 3.0 * (place - (len(chart) - 1) / 2)
        parts += _series(series, MARKERS[place % len(MARKERS)], xs, shift, scale)
    parts += _end_labels(chart, scale, right)
    return svg.drawing(right + 270, bottom + 44, label, parts)


def share_bars(rows: Sequence[tuple[str, int, Sequence[Segment]]], label: str) -> str:
    """Horizontal bars of 100 %, one per library: `(name, read pairs, parts)`."""
    left, right, step = 168.0, 760.0, 26.0
    parts = []
    for place, (name, total, segments) in enumerate(rows):
        y, x = 4 + place * step, left
        parts.append(svg.text(left - 10, y + 14, svg.clipped(name, 24), class_="strong", text_anchor="end"))
        if not total:
            parts.append(svg.rect(left, y, right - left, 19, class_="void"))
        for part in segments:
            width = part.share * (right - left)
            parts.append(_share(x, y, width, part))
            x += width
        note = count(total) if total else f"{MISSING} no reads"
        parts.append(svg.text(right + 10, y + 14, note, class_="small"))
    return svg.drawing(right + 90, 8 + len(rows) * step, label, parts)


def _share(x: float, y: float, width: float, part: Segment) -> str:
    fill = {"fill": part.paint.fill} if part.paint else {"class_": "rest"}
    shape = svg.rect(x, y, width, 19, svg.title(f"{part.label}: {percent(part.share)}"), **_edge(fill))
    if width < 15 or part.paint is None:
        return shape
    ink = {"fill": part.paint.ink, "pointer_events": "none"}
    return shape + svg.text(x + width / 2, y + 14, part.key, class_="key", text_anchor="middle", **ink)
