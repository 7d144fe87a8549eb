"""Clone bars: what each specimen of a subject is made of."""

import pandas as pd
from markupsafe import Markup

from integrasite.report import figures
from integrasite.report.blocks import Block, Column, Figure, Grid, LegendItem, Notes, frame_tsv
from integrasite.report.clone_grid import CLONE_COLUMNS, clone_cells, top_clones
from integrasite.report.facts import Clone, Specimen, clone_ids, clones_of
from integrasite.report.palette import clone_paint
from integrasite.report.view import TOP_COLOURED, View
from integrasite.report.words import percent, plural


def bar_figures(view: View, rows: pd.DataFrame) -> tuple[Block, ...]:
    """Stacked bars of each subject's clones over its specimens."""
    drawn = view.drawn_subjects
    blocks: list[Block] = []
    for name in drawn:
        mine = [one for one in view.specimens if one.subject == name]
        if any(one.evaluable != "no" for one in mine):
            blocks.append(_bars(view, name, mine, rows[rows["subject"] == name], len(blocks)))
        else:
            blocks.append(Notes([f"Subject {name}: not evaluable, so no clone sizes are drawn."]))
    if len(drawn) < len(view.subjects):
        rest = len(view.subjects) - len(drawn)
        blocks.append(
            Notes(
                [
                    (
                        f"Figures of {len(drawn)} of {len(view.subjects)} subjects are shown, flagged "
                        f"subjects first; those of the other {rest} are on their own pages."
                    )
                ]
            )
        )
    return tuple(blocks)


def _bars(view: View, name: str, specimens: list[Specimen], rows: pd.DataFrame, number: int) -> Figure:
    top = top_clones(view, rows, TOP_COLOURED)
    ids = clone_ids(rows)
    drawn = rows[ids.isin({one.id for one in top})]
    shown = {one.name: clones_of(view.tables, drawn[drawn["specimen"] == one.name]) for one in specimens}
    others = rows[~ids.isin({one.id for one in top})].groupby("specimen")["fraction"].agg(["sum", "size"])
    bars = [_bar(one, top, shown[one.name], others) for one in specimens]
    legend = [
        LegendItem(
            Markup(figures.swatch(clone_paint(one.id), str(place), one.is_multihit, f"bars{number}-{place}")),
            one.label,
        )
        for place, one in enumerate(top, 1)
    ]
    legend.append(LegendItem(Markup(figures.swatch(None, "", False, "")), "all other clones"))
    plotted = [clone for group in shown.values() for clone in group]
    grid = Grid(
        f"bars-{number}-table",
        f"Fractions of the clones drawn for {name}.",
        [Column(*each) for each in CLONE_COLUMNS],
        [clone_cells(view, clone) for clone in plotted],
        frame_tsv(drawn),
        folded="The bars as a table",
    )
    caption = (
        f"Fraction of vector-marked copies in percent, {plural(len(specimens), 'specimen')} "
        f"of {name}; n: fragments. The {len(top)} clones "
        "that are largest in any specimen have a colour and a number; "
        "hatched: multihit; intervals in the table."
    )
    label = f"Stacked bars of clone fractions of {name}: " + "; ".join(
        f"{bar.label} {_spoken(bar)}" for bar in bars
    )
    picture = Markup(figures.clone_bars(bars, f"bars{number}", label))
    return Figure(
        f"bars-{number}",
        f"Clones of {name}",
        caption,
        picture,
        grid,
        legend,
        ("clone", "fraction", "fragment", "multihit"),
    )


def _spoken(bar: figures.Bar) -> str:
    return bar.reason or ", ".join(
        f"clone {part.key} {percent(part.share)}" for part in bar.segments if part.paint
    )


def _bar(specimen: Specimen, top: list[Clone], clones: list[Clone], others: pd.DataFrame) -> figures.Bar:
    label, note = specimen.timepoint or specimen.name, f"n = {specimen.n_fragments:,}"
    if specimen.evaluable == "no":
        return figures.Bar(label, specimen.source, note, (), "not evaluable")
    if not clones and specimen.name not in others.index:
        return figures.Bar(label, specimen.source, note, (), "none found")
    shares: dict[str, float] = {}
    for clone in clones:
        shares[clone.id] = shares.get(clone.id, 0.0) + float(clone.row["fraction"])
    parts = [
        figures.Segment(shares[one.id], str(place), one.label, clone_paint(one.id), one.is_multihit)
        for place, one in enumerate(top, 1)
        if one.id in shares
    ]
    if specimen.name in others.index:
        rest = others.loc[[specimen.name]]
        share, n = float(rest["sum"].iloc[0]), int(rest["size"].iloc[0])
        parts.append(figures.Segment(share, "", plural(n, "other clone"), None))
    return figures.Bar(label, specimen.source, note, parts)
