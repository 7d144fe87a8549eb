"""Clone bars: what each specimen of a subject is made of, as fractions and as cells."""

from collections.abc import Callable, Sequence

import pandas as pd
from markupsafe import Markup

from integrasite.report import figures, svg
from integrasite.report.blocks import Block, Column, Figure, Grid, LegendItem, Notes, frame_tsv
from integrasite.report.clone_grid import CLONE_COLUMNS, clone_cells, top_clones
from integrasite.report.facts import Clone, Row, Specimen, clone_ids, clones_of
from integrasite.report.palette import clone_paint
from integrasite.report.view import TOP_COLOURED, View
from integrasite.report.words import cells, estimate, is_missing, number, percent, plural

Others = tuple[float, float | None, int]
"""Of the clones that are not drawn one by one: fraction, cells (None: not estimated), number."""


def bar_figures(view: View) -> tuple[Block, ...]:
    """Stacked bars of each subject's clones over its specimens."""
    drawn = view.drawn_subjects
    blocks: list[Block] = []
    for place, name in enumerate(drawn):
        mine = [one for one in view.specimens if one.subject == name]
        if any(one.evaluable != "no" for one in mine):
            blocks.append(_bars(view, name, mine, view.sized_of(name, mine), place))
        else:
            blocks.append(Notes([f"Subject {name}: not evaluable, so no clone sizes are drawn."]))
    if len(drawn) < len(view.subjects):
        rest = len(view.subjects) - len(drawn)
        words = (
            f"Figures of {len(drawn)} of {len(view.subjects)} subjects are shown, flagged subjects first; those of the "
            f"other {rest} are on their own pages."
        )
        blocks.append(Notes([words]))
    return tuple(blocks)


def _others(rows: pd.DataFrame) -> Others:
    known = rows["cells"].notna()
    n_cells = float(rows["cells"].sum()) if bool(known.all()) else None
    return float(rows["fraction"].sum()), n_cells, len(rows)


def _bars(view: View, name: str, specimens: list[Specimen], rows: pd.DataFrame, place: int) -> Figure:
    top = top_clones(view, rows, TOP_COLOURED)
    ids = clone_ids(rows)
    is_top = ids.isin({one.id for one in top})
    drawn = rows[is_top]
    shown = {one.name: clones_of(view.tables, drawn[drawn["specimen"] == one.name]) for one in specimens}
    others = {str(key): _others(group) for key, group in rows[~is_top].groupby("specimen", sort=True)}
    keys = {one.id: view.number(name, one.id) for one in top}
    legend = clone_legend(view, top, keys, f"bars{place}")
    legend.append(LegendItem(Markup(figures.swatch(None, "", False, "")), "all other clones"))
    grid = Grid(
        f"bars-{place}-table",
        f"Sizes of the clones drawn for {name}.",
        [Column(*each) for each in CLONE_COLUMNS],
        [clone_cells(view, clone) for group in shown.values() for clone in group],
        frame_tsv(drawn),
        folded="The bars as a table",
    )
    shares = [_bar(view, one, top, keys, shown[one.name], others, _share) for one in specimens]
    return Figure(
        f"bars-{place}",
        _finding(view, name, top),
        _caption(name, specimens, top),
        _picture(name, place, shares, [_bar(view, one, top, keys, shown[one.name], others, _cells) for one in specimens]),
        grid,
        legend,
        ("clone", "fraction", "cells", "fragment", "multihit"),
    )  # fmt: skip


def _finding(view: View, name: str, top: Sequence[Clone]) -> str:
    if not top:
        return f"{name}: no clone was found in an evaluable specimen"
    row = top[0].row
    found = view.specimen(row["subject"], row["specimen"])
    where = found.label if found else row["specimen"]
    size = estimate(row["fraction"], row["fraction_low"], row["fraction_high"])
    return f"{name}: the largest clone is {top[0].label}, {size} of {where}"


def _caption(name: str, specimens: Sequence[Specimen], top: Sequence[Clone]) -> str:
    return (
        f"{plural(len(specimens), 'specimen')} of {name}, in the order of time; n: fragments. Either the fraction of "
        "vector-marked copies in percent, or the estimated number of cells in the sample (not in the body; it depends on "
        f"how much DNA was used). The {len(top)} clones that are largest in any specimen have a colour and a number; "
        "hatched: multihit. Intervals (95 %) in the table."
    )


def _picture(name: str, place: int, shares: Sequence[figures.Bar], counts: Sequence[figures.Bar]) -> Markup:
    spoken = "; ".join(f"{bar.label} {_spoken(bar)}" for bar in shares)
    label = f"Stacked bars of clone fractions of {name}: {spoken}"
    relative = figures.clone_bars(shares, f"bars{place}", label)
    totals = [sum(part.share for part in bar.segments) for bar in counts]
    label = f"Stacked bars of estimated cells of {name}: " + "; ".join(
        f"{bar.label} {bar.reason or plural(round(total), 'cell')}"
        for bar, total in zip(counts, totals, strict=True)
    )
    highest = figures.ticks(max([*totals, 1.0]))[-1]
    absolute = figures.clone_bars(counts, f"cells{place}", label, highest)
    return Markup(svg.views("Scale", [("Fraction (%)", relative), ("Cells", absolute)]))


def clone_legend(view: View, top: Sequence[Clone], keys: dict[str, str], name: str) -> list[LegendItem]:
    """The clones' colours and numbers, each with the link to its card."""
    return [
        LegendItem(
            Markup(figures.swatch(clone_paint(one.id), keys[one.id], one.is_multihit, f"{name}-{place}")),
            one.label,
            view.card(one.row["subject"], one.id),
        )
        for place, one in enumerate(top, 1)
    ]


def _spoken(bar: figures.Bar) -> str:
    return bar.reason or ", ".join(
        f"clone {part.key} {percent(part.share)}" for part in bar.segments if part.paint
    )


def size_words(row: Row) -> str:
    """Fraction and cells of one clone in one specimen, each with its interval, and what was counted."""
    share = estimate(row["fraction"], row["fraction_low"], row["fraction_high"])
    saturated = not is_missing(row["saturated"]) and bool(row["saturated"])
    counted = cells(row["cells"], row["cells_low"], row["cells_high"], saturated)
    return f"{share}; {counted} cells; {plural(int(number(row['n_fragments']) or 0), 'fragment')}"


def _share(clones: Sequence[Clone], others: Others | None) -> tuple[list[float | None], float | None]:
    return [number(one.row["fraction"]) for one in clones], others[0] if others else 0.0


def _cells(clones: Sequence[Clone], others: Others | None) -> tuple[list[float | None], float | None]:
    return [number(one.row["cells"]) for one in clones], others[1] if others else 0.0


def _bar(
    view: View,
    specimen: Specimen,
    top: Sequence[Clone],
    keys: dict[str, str],
    clones: Sequence[Clone],
    others: dict[str, Others],
    measure: Callable[[Sequence[Clone], Others | None], tuple[list[float | None], float | None]],
) -> figures.Bar:
    """One specimen's bar, in the unit of `measure`; a reason in words where there is nothing to stack."""
    label, note = specimen.timepoint or specimen.name, f"n = {specimen.n_fragments:,}"
    rest = others.get(specimen.name)
    if specimen.evaluable == "no":
        return figures.Bar(label, specimen.source, note, (), "not evaluable")
    if not clones and rest is None:
        return figures.Bar(label, specimen.source, note, (), "none found")
    values, remaining = measure(clones, rest)
    if remaining is None or None in values:
        return figures.Bar(label, specimen.source, note, (), "cells not estimated")
    order = {one.id: place for place, one in enumerate(top)}
    pairs = sorted(zip(clones, values, strict=True), key=lambda pair: order[pair[0].id])
    parts = [
        figures.Segment(
            value or 0.0, keys[one.id], one.label, clone_paint(one.id), one.is_multihit,
            f"Clone {keys[one.id]}, {one.label}, {specimen.label}: {size_words(one.row)}",
            view.card(one.row["subject"], one.id),
        )
        for one, value in pairs
    ]  # fmt: skip
    if rest is not None:
        words = f"{plural(rest[2], 'other clone')}, {specimen.label}: {percent(rest[0])} together"
        parts.append(figures.Segment(remaining, "", plural(rest[2], "other clone"), None, tip=words))
    return figures.Bar(label, specimen.source, note, parts)
