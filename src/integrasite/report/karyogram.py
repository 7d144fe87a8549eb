"""Where sites lie along the genome: density of sites per contig, with marks for single clones."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

from integrasite.report import svg
from integrasite.report.figures import card_attribute
from integrasite.report.palette import Paint

LEFT, RIGHT, TOP, ROW, TRACK = 96.0, 800.0, 4.0, 35.0, 13.0
LETTER = 6.4
"""Width (px) of a letter of the labels."""
ZOOM_TOP, ZOOM_BOTTOM, LEAST = 40.0, 190.0, 1e-4
"""Heights of the enlarged picture, and the fraction at its floor."""


@dataclass(frozen=True)
class Mark:
    """One clone: `kind` is `flagged`, `large` or `other`; `label` stands beside it where there is room."""

    position: int
    kind: str
    label: str
    paint: Paint
    tip: str
    card: str
    fraction: float
    is_multihit: bool = False


@dataclass(frozen=True)
class Contig:
    """One contig: its length (bp), distinct sites per bin, and the clones marked on it."""

    name: str
    length: int
    counts: Sequence[int]
    marks: Sequence[Mark]

    @property
    def n_sites(self) -> int:
        """Distinct sites on the contig."""
        return sum(self.counts)


SHAPES = {"flagged": "diamond", "large": "circle", "other": "square"}


def steps(
    counts: Sequence[int], highest: int, bin_width: float, width: float, floor: float, height: float
) -> str:
    """The outline of a histogram as one path; empty bins stay on the floor.

    Args:
        counts: per bin.
        highest: the count that reaches `height`.
        bin_width: in px.
        width: of the contig, in px, from `LEFT` on; the last bin ends there.
        floor: y of zero.
        height: in px.
    """
    parts, is_open = [], False
    for place, n in enumerate(counts):
        if not n:
            if is_open:
                parts.append(f"V{svg.num(floor)}")
                is_open = False
            continue
        x, y = LEFT + place * bin_width, floor - max(1.5, height * n / max(highest, 1))
        end = min(x + bin_width, LEFT + width)
        start = "" if is_open else f"M{svg.num(x)} {svg.num(floor)}"
        parts.append(f"{start}V{svg.num(y)}H{svg.num(end)}")
        is_open = True
    if is_open:
        parts.append(f"V{svg.num(floor)}")
    return svg.element("path", d="".join(parts), class_="density") if parts else ""


def _shape(mark: Mark, x: float, y: float, size: float) -> str:
    tip = svg.title(mark.tip)
    look = (
        {"class_": "site hollow", "stroke": mark.paint.fill}
        if mark.is_multihit
        else {"fill": mark.paint.fill}
    )
    look = look if mark.is_multihit else {**look, "class_": "site"}
    return svg.marker(SHAPES[mark.kind], x, y, size, tip, **look, **card_attribute(mark.card))


def _labels(marks: Sequence[tuple[Mark, float, float]], right: float) -> list[str]:
    """Names beside the marks, those of the most important first, none over another one."""
    taken: dict[float, list[tuple[float, float]]] = {}
    for _, x, y in marks:
        taken.setdefault(y, []).append((x - 5, x + 5))
    parts = []
    rank = {"flagged": 0, "large": 1, "other": 2}
    for mark, x, y in sorted(marks, key=lambda item: (rank[item[0].kind], -item[0].fraction, item[1])):
        words = svg.clipped(mark.label, 18)
        width = LETTER * len(words)
        start = x + 8 if x + 8 + width <= right else x - 8 - width
        if words and not any(low < start + width + 2 and start - 2 < high for low, high in taken[y]):
            taken[y].append((start, start + width))
            look = "strong halo" if mark.kind == "flagged" else "small halo"
            parts.append(svg.text(start, y + 4, words, class_=look))
    return parts


def karyogram(contigs: Sequence[Contig], bin_bp: int, label: str) -> str:
    """All contigs below each other, to scale: density of sites, and marks above them."""
    longest = max(contig.length for contig in contigs)
    scale = (RIGHT - LEFT) / longest
    highest = max((n for contig in contigs for n in contig.counts), default=1)
    parts = []
    for place, contig in enumerate(contigs):
        y = TOP + ROW * place + 20
        parts.append(
            svg.text(LEFT - 8, y + 11, svg.clipped(contig.name, 13), class_="strong", text_anchor="end")
        )
        parts.append(svg.rect(LEFT, y, max(contig.length * scale, 1.0), TRACK, rx="3", class_="contig"))
        parts.append(steps(contig.counts, highest, bin_bp * scale, contig.length * scale, y + TRACK, TRACK))
        parts.append(
            svg.text(LEFT + contig.length * scale + 8, y + 11, f"{contig.n_sites:,}", class_="small")
        )
        spots = [(mark, LEFT + mark.position * scale, y - 7) for mark in contig.marks]
        parts += [svg.line(x, y - 4, x, y + TRACK, class_="pin") for _, x, _ in spots]
        order = sorted(spots, key=lambda item: (item[0].kind == "flagged", item[0].fraction))
        parts += [_shape(mark, x, at, 4.6) for mark, x, at in order]
        parts += _labels([(mark, x, round(at)) for mark, x, at in spots], RIGHT + 60)
    return svg.drawing(RIGHT + 70, TOP + ROW * len(contigs) + 6, label, parts)


def height_of(fraction: float) -> float:
    """Height (px) of a clone in the enlarged picture: logarithmic from 0.01 % to 100 %."""
    share = (log10(max(fraction, LEAST)) - log10(LEAST)) / -log10(LEAST)
    return ZOOM_BOTTOM - (ZOOM_BOTTOM - ZOOM_TOP) * min(share, 1.0)


def _zoom_axis(contig: Contig, scale: float) -> list[str]:
    parts = []
    for level, words in ((1e-4, "≤ 0.01 %"), (1e-3, "0.1 %"), (1e-2, "1 %"), (0.1, "10 %"), (1.0, "100 %")):
        y = height_of(level)
        parts.append(svg.line(LEFT, y, RIGHT, y, class_="grid"))
        parts.append(svg.text(LEFT - 8, y + 4, words, class_="small", text_anchor="end"))
    step = next(
        size * 10**power
        for power in range(1, 10)
        for size in (1, 2, 5)
        if contig.length / (size * 10**power) <= 8
    )
    unit, name = (1e6, "Mb") if step >= 1e5 else (1e3, "kb")
    for base in range(0, contig.length + 1, step):
        x = LEFT + base * scale
        parts.append(svg.line(x, ZOOM_BOTTOM + 34, x, ZOOM_BOTTOM + 38, class_="axis"))
        words = f"{base / unit:g} {name}"
        parts.append(svg.text(x, ZOOM_BOTTOM + 52, words, class_="small", text_anchor="middle"))
    return parts


def contig_zoom(contig: Contig, bin_bp: int, label: str) -> str:
    """One contig enlarged: its clones by size, with genes; below them the density of all its sites."""
    scale = (RIGHT - LEFT) / contig.length
    floor = ZOOM_BOTTOM + 34
    parts = [
        svg.text(LEFT, 14, f"{contig.name}: largest fraction of a clone in any specimen", class_="small")
    ]
    parts += _zoom_axis(contig, scale)
    parts.append(svg.rect(LEFT, floor - 24, RIGHT - LEFT, 24, rx="3", class_="contig"))
    parts.append(steps(contig.counts, max([1, *contig.counts]), bin_bp * scale, RIGHT - LEFT, floor, 24))
    spots = [(mark, LEFT + mark.position * scale, height_of(mark.fraction)) for mark in contig.marks]
    parts += [svg.line(x, y, x, floor - 24, class_="pin") for _, x, y in spots]
    order = sorted(spots, key=lambda item: (item[0].kind == "flagged", item[0].fraction))
    parts += [_shape(mark, x, y, 4.6 if mark.kind != "other" else 3.4) for mark, x, y in order]
    rows = [(mark, x, 12.0 * round(y / 12.0)) for mark, x, y in spots]
    parts += _labels(rows, RIGHT + 60)
    return svg.drawing(RIGHT + 70, floor + 26, label, parts)
