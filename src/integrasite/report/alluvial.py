"""How the largest clones pass from time point to time point: stacked blocks with ribbons between them."""

from collections.abc import Sequence
from dataclasses import dataclass

from integrasite.report import svg
from integrasite.report.figures import card_attribute
from integrasite.report.palette import REST, Paint

LEFT, TOP, BOTTOM, BLOCK, STEP = 20.0, 14.0, 254.0, 26.0, 150.0
LEAST_KEY = 12.0
"""Height (px) from which a block holds its clone's number."""


@dataclass(frozen=True)
class Block:
    """One clone at one time point; `paint` None: all clones that are not drawn one by one."""

    clone: str
    key: str
    share: float
    paint: Paint | None
    tip: str
    card: str = ""
    is_multihit: bool = False


@dataclass(frozen=True)
class Stage:
    """One time point: its blocks from the bottom up; a `reason` in words where there is nothing to stack."""

    label: str
    note: str
    blocks: Sequence[Block]
    reason: str = ""


def _heights(stage: Stage) -> dict[str, tuple[float, float]]:
    """Bottom and top (px) of every block."""
    found, y = {}, BOTTOM
    for block in stage.blocks:
        height = block.share * (BOTTOM - TOP)
        found[block.clone] = (y, y - height)
        y -= height
    return found


def _ribbon(x1: float, x2: float, first: tuple[float, float], last: tuple[float, float], block: Block) -> str:
    half = (x1 + x2) / 2
    n = svg.num
    shape = (
        f"M{n(x1)} {n(first[1])}C{n(half)} {n(first[1])} {n(half)} {n(last[1])} {n(x2)} {n(last[1])}"
        f"L{n(x2)} {n(last[0])}C{n(half)} {n(last[0])} {n(half)} {n(first[0])} {n(x1)} {n(first[0])}Z"
    )
    fill = block.paint.fill if block.paint else REST
    return svg.element("path", d=shape, fill=fill, class_="ribbon" if block.paint else "ribbon others")


def _block(x: float, place: tuple[float, float], block: Block, pattern: str) -> list[str]:
    y, height = place[1], place[0] - place[1]
    fill = {"fill": block.paint.fill, "class_": "part"} if block.paint else {"class_": "rest part"}
    parts = [svg.rect(x, y, BLOCK, height, svg.title(block.tip), **fill, **card_attribute(block.card))]
    if block.is_multihit:
        parts.append(svg.rect(x, y, BLOCK, height, fill=f"url(#{pattern})", pointer_events="none"))
    if block.paint and height >= LEAST_KEY:
        ink = {"fill": block.paint.ink, "pointer_events": "none"}
        if block.is_multihit:
            parts.append(
                svg.element("circle", cx=x + BLOCK / 2, cy=y + height / 2, r=8.5, fill=block.paint.fill)
            )
        middle = y + height / 2 + 4
        parts.append(svg.text(x + BLOCK / 2, middle, block.key, class_="key", text_anchor="middle", **ink))
    return parts


def alluvial(stages: Sequence[Stage], name: str, label: str) -> str:
    """Blocks of the clones at each time point, joined where a clone was seen at both of two neighbours.

    Args:
        stages: in the order of time.
        name: unique on the page; names the hatch pattern.
        label: what the picture shows, for screen readers.
    """
    places = [_heights(stage) for stage in stages]
    xs = [LEFT + 34 + STEP * index for index in range(len(stages))]
    parts = [svg.element("defs", svg.hatch(f"hatch-{name}", "#000000"))]
    for index in range(len(stages) - 1):
        later = {block.clone for block in stages[index + 1].blocks}
        for block in stages[index].blocks:
            if block.clone in later:
                first, last = places[index][block.clone], places[index + 1][block.clone]
                parts.append(_ribbon(xs[index] + BLOCK, xs[index + 1], first, last, block))
    for stage, x, found in zip(stages, xs, places, strict=True):
        if stage.reason:
            parts.append(svg.rect(x, TOP, BLOCK, BOTTOM - TOP, svg.title(stage.reason), class_="void"))
            turn = f"rotate(-90 {svg.num(x + BLOCK / 2)} {svg.num((TOP + BOTTOM) / 2)})"
            middle = {"class_": "small", "text_anchor": "middle", "transform": turn}
            parts.append(svg.text(x + BLOCK / 2, (TOP + BOTTOM) / 2 + 4, stage.reason, **middle))
        for block in stage.blocks:
            parts += _block(x, found[block.clone], block, f"hatch-{name}")
        centre = x + BLOCK / 2
        parts.append(
            svg.text(centre, BOTTOM + 18, svg.clipped(stage.label, 14), class_="strong", text_anchor="middle")
        )
        parts.append(svg.text(centre, BOTTOM + 33, stage.note, class_="small", text_anchor="middle"))
    return svg.drawing(xs[-1] + BLOCK + 54, BOTTOM + 44, label, parts)
