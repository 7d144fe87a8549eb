"""Clones from counts that another pipeline made: sums over libraries, fractions and intervals."""

import numpy as np
import pandas as pd

from integrasite.abundance.intervals import THRESHOLDS, cell_interval, fraction_intervals, total_variance
from integrasite.abundance.noise import measure_noise
from integrasite.io.tables import as_table, concat_tables
from integrasite.model.tables import CLONES

_SPECIMEN = ["subject", "specimen"]
_CLONE = [*_SPECIMEN, "vector", "contig", "position", "strand"]


def clones_from_counts(counts: pd.DataFrame) -> pd.DataFrame:
    """Make the table `clones`, with the estimator `count`.

    A clone's cells are the sum over the specimen's libraries, taken as counts: their sampling variance is
    themselves, as if each cell were one fragment. `n_fragments` is the whole part of that sum (at least 1), since
    the other pipeline's number is a count of fragments or an estimate that is never below one. Where no cells are
    given, neither they nor fractions can be known and both stay missing; reads never stand for cells.

    Args:
        counts: one row per library and site (`io.foreign_sites.COUNT_COLUMNS`).
    """
    parts = [_specimen_clones(rows) for _, rows in counts.groupby(_SPECIMEN, sort=True)]
    return concat_tables(parts, CLONES)


def _specimen_clones(rows: pd.DataFrame) -> pd.DataFrame:
    first = rows.iloc[0]
    grouped = rows.groupby(_CLONE, as_index=False, sort=True)
    clones = grouped.agg(
        n_replicates=("sample", "nunique"),
        n_reads=("n_reads", lambda values: values.sum(min_count=1)),
        cells=("cells", lambda values: values.sum(min_count=1)),
    )
    days = rows["days"].dropna()
    clones = clones.assign(
        timepoint=first["timepoint"],
        days=pd.array([days.iloc[0] if len(days) else pd.NA] * len(clones), dtype="Int64"),
        tissue=first["tissue"],
        cell_type=first["cell_type"],
        site_id=clones["contig"] + ":" + clones["position"].astype(str) + ":" + clones["strand"],
        placement="unique",
        estimator="count",
        saturated=False,
        status="pass",
        n_reads=clones["n_reads"].round().astype("Int64"),
    )
    sized = clones["cells"].notna().to_numpy()
    if sized.any():
        clones = clones.join(_sizes(clones[sized], rows))
    return as_table(clones, CLONES)


def _sizes(clones: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    by_library = rows.pivot_table(index=_CLONE, columns="sample", values="cells", aggfunc="sum")
    matrix = by_library.reindex(pd.MultiIndex.from_frame(clones[_CLONE])).fillna(0.0).to_numpy(dtype=float)
    cells = clones["cells"].to_numpy(dtype=float)
    noise = measure_noise(cells, cells, matrix)
    variance = total_variance(cells, cells, matrix, noise.expected(cells.size))
    low, high = cell_interval(cells, variance)
    found = fraction_intervals(cells, cells, matrix, noise, np.zeros(cells.size, dtype=bool))
    columns = {
        "cells_low": low,
        "cells_high": high,
        "fraction": found.fraction,
        "fraction_low": found.low,
        "fraction_high": found.high,
        "n_fragments": np.maximum(np.floor(cells), 1).astype(np.int64),
    }
    columns |= {f"p_ge_{round(100 * t)}": column for t, column in zip(THRESHOLDS, found.p_ge.T, strict=True)}
    return pd.DataFrame(columns, index=clones.index)
