"""Largest clones as points with intervals against the thresholds of dominance."""

from collections.abc import Sequence
from dataclasses import dataclass

from integrasite.report import svg
from integrasite.report.figures import card_attribute
from integrasite.report.palette import Paint
from integrasite.report.words import percent

LEFT, RIGHT, TOP, STEP = 318.0, 800.0, 26.0, 24.0
LINES = (0.1, 0.2, 0.3)
"""Fractions whose exceeding the flags name."""


@dataclass(frozen=True)
class Row:
    """One clone in the specimen where it is largest."""

    key: str
    label: str
    note: str
    value: float
    low: float | None
    high: float | None
    paint: Paint
    tip: str
    card: str


def interval_rows(rows: Sequence[Row], label: str) -> str:
    """One line per clone: its fraction, its 95 % interval, and the levels of 10, 20 and 30 %."""
    highest = max([0.35, *(min(1.0, 1.05 * max(row.value, row.high or 0.0)) for row in rows)])
    bottom = TOP + STEP * len(rows)

    def x(value: float) -> float:
        return LEFT + (RIGHT - LEFT) * min(value / highest, 1.0)

    parts = []
    for level in (0.0, *LINES, 0.5, 0.75, 1.0):
        if level <= highest:
            line = "level" if level in LINES else "grid"
            parts.append(svg.line(x(level), TOP - 8, x(level), bottom, class_=line))
            parts.append(
                svg.text(x(level), TOP - 13, f"{100 * level:.0f} %", class_="small", text_anchor="middle")
            )
    for place, row in enumerate(rows):
        y = TOP + STEP * (place + 0.5)
        parts.append(svg.rect(4, y - 8, 22, 16, rx="3", fill=row.paint.fill))
        parts.append(svg.text(15, y + 4, row.key, class_="key", text_anchor="middle", fill=row.paint.ink))
        parts.append(svg.text(34, y + 4, svg.clipped(row.label, 42), class_="small dark"))
        if row.low is not None and row.high is not None:
            parts.append(svg.line(x(row.low), y, x(row.high), y, class_="spread"))
            parts += [svg.line(x(end), y - 5, x(end), y + 5, class_="spread") for end in (row.low, row.high)]
        hit = svg.rect(
            0, y - STEP / 2, RIGHT + 120, STEP, svg.title(row.tip), class_="hit", **card_attribute(row.card)
        )
        parts.append(svg.marker("circle", x(row.value), y, 5, fill=row.paint.fill, class_="dot"))
        parts.append(svg.text(RIGHT + 10, y + 4, f"{percent(row.value)} {row.note}", class_="small"))
        parts.append(hit)
    return svg.drawing(RIGHT + 140, bottom + 8, label, parts)
