"""The alluvial figure of one subject and source: what became of its largest clones."""

from collections.abc import Sequence

import pandas as pd
from markupsafe import Markup

from integrasite.report.alluvial import Block, Stage, alluvial
from integrasite.report.bars import clone_legend, size_words
from integrasite.report.blocks import Cell, Column, Figure, Grid, LegendItem, frame_tsv
from integrasite.report.clone_grid import clone_name_cell, size_cells, top_clones
from integrasite.report.facts import Clone, Specimen, clone_ids, clones_of
from integrasite.report.figures import swatch
from integrasite.report.palette import clone_paint
from integrasite.report.view import TOP_COLOURED, View
from integrasite.report.words import MISSING, count, number, percent, plural

OTHERS = "all other clones"


def _share(clones: Sequence[Clone]) -> float:
    return sum(number(one.row["fraction"]) or 0.0 for one in clones)


def _stage(view: View, one: Specimen, top: Sequence[Clone], rows: pd.DataFrame) -> Stage:
    own = rows[rows["specimen"] == one.name]
    ids = clone_ids(own)
    mine: dict[str, list[Clone]] = {}
    for clone in clones_of(view.tables, own[ids.isin({clone.id for clone in top})]):
        mine.setdefault(clone.id, []).append(clone)
    label = one.timepoint or one.name
    blocks = [
        Block(
            clone.id,
            view.number(one.subject, clone.id),
            _share(mine[clone.id]),
            clone_paint(clone.id),
            f"{clone.label}, {label}: {'; '.join(size_words(part.row) for part in mine[clone.id])}",
            view.card(one.subject, clone.id),
            clone.is_multihit,
        )
        for clone in top
        if clone.id in mine
    ]
    rest = own[~ids.isin({clone.id for clone in top})]
    if len(rest):
        share = float(rest["fraction"].sum())
        tip = f"{plural(len(rest), 'other clone')}, {label}: {percent(share)} together"
        blocks.append(Block(OTHERS, "", share, None, tip))
    return Stage(label, f"n = {one.n_fragments:,}", blocks, "" if blocks else "none found")


def _title(name: str, top: Sequence[Clone], stages: Sequence[Stage]) -> str:
    shares = [sum(block.share for block in stage.blocks if block.paint) for stage in (stages[0], stages[-1])]
    who = f"its {len(top)} largest clones make" if len(top) > 1 else "its largest clone makes"
    return f"{name}: {who} {percent(shares[0])} at {stages[0].label} and {percent(shares[1])} at {stages[-1].label}"


def _spoken(stage: Stage) -> str:
    parts = [f"clone {block.key} {percent(block.share)}" for block in stage.blocks if block.paint]
    return f"{stage.label}: {stage.reason or ', '.join(parts) or 'none of them'}"


def alluvial_figure(view: View, name: str, group: list[Specimen], rows: pd.DataFrame, place: int) -> Figure:
    """Clones from time point to time point.

    Args:
        view: the page.
        name: subject and source.
        group: its evaluable specimens, by day.
        rows: clones of these specimens.
        place: unique on the page.
    """
    top = top_clones(view, rows, TOP_COLOURED)
    stages = [_stage(view, one, top, rows) for one in group]
    label = f"Clones between the time points of {name}: {'; '.join(_spoken(stage) for stage in stages)}"
    legend = clone_legend(
        view, top, {one.id: view.number(one.row["subject"], one.id) for one in top}, f"flow{place}"
    )
    legend.append(LegendItem(Markup(swatch(None, "", False, "")), OTHERS))
    drawn = rows[clone_ids(rows).isin({one.id for one in top})]
    cells = [
        (
            Cell(clone.row["specimen"]),
            Cell(
                MISSING if number(clone.row["days"]) is None else count(clone.row["days"]),
                number(clone.row["days"]),
            ),
            clone_name_cell(view, clone),
            Cell(clone.gene),
            *size_cells(clone),
        )
        for one in group
        for clone in clones_of(view.tables, drawn[drawn["specimen"] == one.name])
    ]
    columns = [Column("specimen"), Column("day", "", True), Column("clone", "clone"), Column("gene")]
    columns += [Column("fraction", "fraction", True), Column("95 % interval", "fraction")]
    grid = Grid(
        f"flow-{place}-table", f"Fractions of the clones followed in {name}.", columns, cells, frame_tsv(drawn),
        folded="The picture as a table",
    )  # fmt: skip
    caption = (
        f"{plural(len(stages), 'specimen')} in the order of time (distances between them are not to scale); n: fragments. "
        f"Height: fraction of vector-marked copies, 100 % in all. The {len(top)} clones largest at any time have a colour "
        "and a number; a band joins a clone that was seen at both of two neighbouring time points. No band: not seen at one "
        "of them, which below the limit of detection does not say that it was gone. Hatched: multihit."
    )
    return Figure(
        f"flow-{place}",
        _title(name, top, stages),
        caption,
        Markup(alluvial(stages, f"flow{place}", label)),
        grid,
        legend,
        ("clone", "fraction", "lod95"),
    )
