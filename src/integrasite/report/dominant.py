"""The figure of dominance: the largest clones with their intervals against 10, 20 and 30 %."""

import pandas as pd
from markupsafe import Markup

from integrasite.report import intervals
from integrasite.report.blocks import Column, Figure, Grid, frame_tsv
from integrasite.report.clone_grid import CLONE_COLUMNS, clone_cells
from integrasite.report.facts import Clone, clone_ids, clones_of, distinct, top_distinct
from integrasite.report.palette import clone_paint
from integrasite.report.view import CONFIDENT, View
from integrasite.report.words import estimate, number, percent, percent_range, plural, probability

MOST_SHOWN = 12
"""Clones in the figure: the largest of the page."""


def _row(view: View, clone: Clone) -> intervals.Row:
    row = clone.row
    found = view.specimen(row["subject"], row["specimen"])
    where = view.named(found) if found else str(row["specimen"])
    size = estimate(row["fraction"], row["fraction_low"], row["fraction_high"])
    chances = f"P ≥ 20 %: {probability(row['p_ge_20'])}"
    return intervals.Row(
        view.number(row["subject"], clone.id),
        f"{clone.gene}, {where}" if not clone.is_multihit else f"multihit {clone.id}, {where}",
        f"({percent_range(row['fraction_low'], row['fraction_high'])})",
        number(row["fraction"]) or 0.0,
        number(row["fraction_low"]),
        number(row["fraction_high"]),
        clone_paint(clone.id),
        f"{clone.label}, {where}: {size}; {chances}",
        view.card(row["subject"], clone.id),
    )


def _title(shown: list[Clone], rows: pd.DataFrame) -> str:
    n = len(distinct(rows[rows["p_ge_20"] >= CONFIDENT]))
    reach = plural(n, "clone reaches", "clones reach") if n else "No clone reaches"
    top = shown[0].row
    size = f"{percent(top['fraction'])} ({percent_range(top['fraction_low'], top['fraction_high'])})"
    return f"{reach} 20 % with a probability of at least {CONFIDENT}; the largest is {shown[0].label}, {size}"


def dominance_figures(view: View, rows: pd.DataFrame) -> tuple[Figure, ...]:
    """The largest clones of the page, each in the specimen where it is largest; nothing without clones."""
    frame = top_distinct(rows, MOST_SHOWN)
    n_clones = len(pd.DataFrame({"subject": rows["subject"], "id": clone_ids(rows)}).drop_duplicates())
    shown = clones_of(view.tables, frame)
    if not shown:
        return ()
    drawn = [_row(view, clone) for clone in shown]
    label = "Largest clones with 95 % intervals: " + "; ".join(
        f"{one.label} {percent(one.value)} {one.note}" for one in drawn
    )
    caption = (
        f"The {len(shown)} largest of {plural(n_clones, 'clone')} of "
        f"{plural(len(view.evaluable), 'evaluable specimen')}, each where it is largest: "
        "fraction of vector-marked copies with its 95 % interval. Dashed: 10, 20 and 30 %, the levels of the flags. "
        f"A clone is said to reach a level if its probability is at least {CONFIDENT}. Numbers are "
        "those of its subject's clones in all figures."
    )
    grid = Grid(
        "largest-table", "The largest clones.", [Column(*each) for each in CLONE_COLUMNS],
        [clone_cells(view, clone) for clone in shown], frame_tsv(frame), folded="The figure as a table",
    )  # fmt: skip
    picture = Markup(intervals.interval_rows(drawn, label))
    return (
        Figure("largest", _title(shown, rows), caption, picture, grid, (), ("clone", "fraction", "p_ge")),
    )
