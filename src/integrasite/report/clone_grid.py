"""The columns and cells by which every table of the report shows a clone."""

import pandas as pd

from integrasite.report.blocks import Cell
from integrasite.report.facts import Clone, clones_of, distinct
from integrasite.report.view import View
from integrasite.report.words import (
    MISSING,
    cells,
    count,
    is_missing,
    number,
    percent,
    percent_range,
    probability,
)

IDENTITY = (
    ("subject", "", False),
    ("specimen", "", False),
    ("day", "", True),
    ("clone", "clone", False),
    ("gene", "", False),
)
SIZE = (("fraction", "fraction", True), ("95 % interval", "fraction", False))
CHANCES = (("P ≥ 10 %", "p_ge", True), ("P ≥ 20 %", "p_ge", True), ("P ≥ 30 %", "p_ge", True))
COUNTS = (
    ("cells", "cells", True),
    ("fragments", "fragment", True),
    ("replicates", "replicates", True),
    ("counted by", "estimator", False),
)
CLONE_COLUMNS = (*IDENTITY, *SIZE, *CHANCES, *COUNTS)


def value(cell: object) -> float | None:
    """A cell's sort value."""
    return number(cell)


def identity_cells(view: View, clone: Clone) -> tuple[Cell, ...]:
    """The cells of `IDENTITY`; a specimen that is not evaluable is marked."""
    row = clone.row
    found = view.specimen(row["subject"], row["specimen"])
    lame = found is not None and found.evaluable == "no"
    specimen = Cell(
        f"{row['specimen']} (not evaluable)" if lame else row["specimen"],
        row["specimen"],
        "warn" if lame else "",
    )
    name = clone_name_cell(view, clone)
    days = Cell(MISSING if is_missing(row["days"]) else f"{int(row['days']):,}", value(row["days"]))
    return (Cell(row["subject"]), specimen, days, name, Cell(clone.gene))


def clone_name_cell(view: View, clone: Clone) -> Cell:
    """The clone's site, or its cluster, with the link to its card where it has one."""
    href = view.card(clone.row["subject"], clone.id)
    if clone.is_multihit:
        return Cell(f"multihit {clone.id}", tone="multihit", href=href)
    return Cell(clone.row["site_id"], tone="mono", href=href)


def size_cells(clone: Clone) -> tuple[Cell, ...]:
    """The cells of `SIZE`."""
    row = clone.row
    interval = percent_range(row["fraction_low"], row["fraction_high"])
    return (
        Cell(percent(row["fraction"]), value(row["fraction"])),
        Cell(interval, value(row["fraction_low"])),
    )


def count_cells(clone: Clone) -> tuple[Cell, ...]:
    """The cells of `COUNTS`."""
    row = clone.row
    saturated = not is_missing(row["saturated"]) and bool(row["saturated"])
    number_of_cells = Cell(
        cells(row["cells"], row["cells_low"], row["cells_high"], saturated), value(row["cells"])
    )
    counts = [Cell(count(row[key]), value(row[key])) for key in ("n_fragments", "n_replicates")]
    return (number_of_cells, *counts, Cell(row["estimator"]))


def clone_cells(view: View, clone: Clone) -> tuple[Cell, ...]:
    """The cells of `CLONE_COLUMNS`."""
    chances = [
        Cell(probability(clone.row[key]), value(clone.row[key])) for key in ("p_ge_10", "p_ge_20", "p_ge_30")
    ]
    return (*identity_cells(view, clone), *size_cells(clone), *chances, *count_cells(clone))


def top_clones(view: View, rows: pd.DataFrame, limit: int) -> list[Clone]:
    """The clones with the largest fractions in any specimen, each once (its largest row)."""
    return clones_of(view.tables, distinct(rows).head(limit))
