"""Which clones grow or decline against the other clones of their lineage: the table `tracking`."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from integrasite.analyse.courses import NO_DAY, Courses, IntArray, collect_courses, count_matrix
from integrasite.analyse.growth_model import FloatArray, Limits, adjust, test_lineage, windows
from integrasite.config.calling import Calling
from integrasite.io.tables import as_table
from integrasite.model.tables import TRACKING

YEAR = 365.25
DOUBLING = float(np.log(2.0))
"""Growth per year of a clone that doubles in a year."""
NORMAL = 1.959964
"""Standard errors to each side of a 95 % interval."""


def track_clones(clones: pd.DataFrame, calling: Calling) -> pd.DataFrame:
    """Follow every passing clone over time and test whether it grows or declines.

    Args:
        clones: the table `clones` of all subjects or some; patients and products, without controls.
        calling: thresholds.

    Returns:
        The table `tracking`: one row per subject, tissue, cell type and clone, however often it was seen.
        `q` is adjusted over all tested clones of a subject, so it does not depend on the other subjects of the run.
    """
    courses = collect_courses(clones)
    if not len(courses.clones):
        return as_table(pd.DataFrame(columns=list(TRACKING.columns)), TRACKING)
    enough = courses.times["n_fragments"] >= calling.min_fragments_evaluable
    usable = (enough & (courses.times["days"] != NO_DAY)).to_numpy(dtype=bool)
    table = courses.clones.copy()
    _add_sizes(table, courses, usable)
    _add_growth(table, courses, usable, calling)
    for p, q in (("p", "q"), ("p_decline", "q_decline")):
        adjusted, values = np.full(len(table), np.nan), table[p].to_numpy(dtype=float)
        tested = np.flatnonzero(~np.isnan(values))
        for rows in table["subject"].iloc[tested].groupby(table["subject"].iloc[tested]).indices.values():
            adjusted[tested[rows]] = adjust(values[tested[rows]])
        table[q] = adjusted
    table["status"] = _status(table, calling)
    return as_table(table, TRACKING)


def _add_sizes(table: pd.DataFrame, courses: Courses, usable: NDArray[np.bool_]) -> None:
    """Number of time points, peak and last fraction; at usable time points, or at all where a clone has none there."""
    times, entries = courses.times, courses.entries
    lineage = times["lineage"].to_numpy()
    n_lineages = int(lineage.max()) + 1
    of_clone = np.zeros(len(table), dtype=np.int64)
    of_clone[entries["clone"]] = lineage[entries["time"]]
    table["lineage"] = of_clone
    table["n_timepoints"] = np.bincount(lineage, minlength=n_lineages)[of_clone]
    table["n_usable"] = np.bincount(lineage[usable], minlength=n_lineages)[of_clone]
    table["n_seen"] = np.bincount(entries["clone"], minlength=len(table))
    counted = usable[entries["time"]]
    rank = np.where(counted, 1, 0)
    order = np.lexsort((entries["time"], -entries["fraction"], -rank, entries["clone"]))
    top = entries.iloc[order].drop_duplicates("clone").set_index("clone")
    days = times["days"].to_numpy()[top["time"]]
    table["peak_fraction"] = top["fraction"].to_numpy()
    table["peak_days"] = pd.array(days, dtype="Int64")
    table.loc[days == NO_DAY, "peak_days"] = pd.NA
    last = np.full(n_lineages, -1)
    for chosen in (np.arange(len(times)), np.flatnonzero(usable)):
        np.maximum.at(last, lineage[chosen], chosen)
    if usable.any():
        best = np.full(n_lineages, -1)
        np.maximum.at(best, lineage[usable], np.flatnonzero(usable))
        last = np.where(best >= 0, best, last)
    at_last = entries["time"].to_numpy() == last[of_clone[entries["clone"]]]
    table["last_fraction"] = 0.0
    table.loc[entries.loc[at_last, "clone"], "last_fraction"] = entries.loc[at_last, "fraction"].to_numpy()
    last_days = times["days"].to_numpy()[last[of_clone]]
    table["last_days"] = pd.array(last_days, dtype="Int64")
    table.loc[last_days == NO_DAY, "last_days"] = pd.NA


def _add_growth(table: pd.DataFrame, courses: Courses, usable: NDArray[np.bool_], calling: Calling) -> None:
    """Fit every lineage with at least two usable time points; other rows keep missing numbers."""
    columns: dict[str, NDArray[Any]] = {name: np.full(len(table), np.nan) for name in _GROWTH_COLUMNS}
    columns["reliable"] = np.zeros(len(table), dtype=bool)
    columns["reason"] = np.full(len(table), "fewer than 2 evaluable time points", dtype=object)
    of_clone, of_time = courses.entries["clone"].to_numpy(), courses.entries["time"].to_numpy()
    weights = courses.entries["cells"].to_numpy(dtype=float) * usable[of_time]
    cells = np.bincount(of_clone, weights=weights, minlength=len(table))
    lineage_of_time = courses.times["lineage"].to_numpy()
    usable_times = np.flatnonzero(usable)
    # clones and times are sorted by subject, tissue and cell type, so every lineage is one stretch of both
    numbers = np.arange(int(lineage_of_time.max()) + 1)
    time_ends = np.searchsorted(lineage_of_time[usable_times], [numbers, numbers + 1]).T
    clone_ends = np.searchsorted(table["lineage"].to_numpy(), [numbers, numbers + 1]).T
    for (t0, t1), (c0, c1) in zip(time_ends, clone_ends, strict=True):
        if t1 - t0 < 2:
            continue
        columns["reason"][c0:c1] = (
            f"fewer than {calling.growth_min_cells:g} cells over the evaluable time points"
        )
        chosen = c0 + np.flatnonzero(cells[c0:c1] >= calling.growth_min_cells)
        if len(chosen):
            for name, values in _fit_lineage(courses, chosen, usable_times[t0:t1], calling).items():
                columns[name][chosen] = values
    for name, values in columns.items():
        table[name] = values


_GROWTH_COLUMNS = [
    "growth_per_year", "growth_low", "growth_high", "background_growth", "growth_spread", "noise", "z", "p", "p_decline",
    "window_growth", "window_start", "window_end", "peak_ratio", "peak_ratio_low", "peak_ratio_high", "n_background",
]  # fmt: skip


def _fit_lineage(courses: Courses, clones: IntArray, times: IntArray, calling: Calling) -> dict[str, Any]:
    """The growth columns of chosen clones of one lineage."""
    days = courses.times["days"].to_numpy()[times]
    depth = courses.times["cells"].to_numpy(dtype=float)[times]
    counts = count_matrix(courses, clones, times)
    limits = Limits(
        min_cells=calling.growth_min_cells,
        min_samples=calling.growth_min_timepoints,
        min_background=calling.growth_min_clones,
        noise=calling.growth_noise,
    )
    found = test_lineage(counts, days / YEAR, depth, limits)
    full = found.full
    reason = _unreliable(
        len(times), float(depth.max() / depth.min()), full.spread, full.spread_is_known, calling
    )
    # two or three samples do not show the noise between samples; the spread between clones holds it
    is_hidden = len(times) < calling.growth_min_timepoints or not full.spread_is_known
    error = NORMAL * np.sqrt(full.variance + (full.spread**2 if is_hidden else 0.0))
    runs = np.array(windows(len(times), limits.min_samples))[found.window]
    columns: dict[str, Any] = {
        "growth_per_year": full.growth, "growth_low": full.growth - error, "growth_high": full.growth + error,
        "background_growth": full.background, "growth_spread": full.spread, "noise": found.noise, "z": found.z,
        "p": found.p_growth, "p_decline": found.p_decline, "window_growth": found.window_growth,
        "window_start": days[runs[:, 0]], "window_end": days[runs[:, 1] - 1],
        "n_background": full.n_tested if full.spread_is_known else 0, "reliable": reason == "", "reason": reason,
    }  # fmt: skip
    return columns | _peak_ratio(counts, depth, found.noise)


def _peak_ratio(counts: FloatArray, depth: FloatArray, noise: float) -> dict[str, object]:
    """Largest fraction over that of the first usable time point, with half a cell added to both."""
    fractions = (counts + 0.5) / depth[None, :]
    peak = fractions.argmax(axis=1)
    clone = np.arange(len(counts))
    ratio = fractions[clone, peak] / fractions[:, 0]
    inverse = 1.0 / (counts + 0.5) + noise
    error = NORMAL * np.sqrt(np.where(peak == 0, 0.0, inverse[clone, peak] + inverse[:, 0]))
    return {
        "peak_ratio": ratio,
        "peak_ratio_low": ratio * np.exp(-error),
        "peak_ratio_high": ratio * np.exp(error),
    }


def _unreliable(
    n_times: int, depth_ratio: float, spread: float, spread_is_known: bool, calling: Calling
) -> str:
    """Why the growth model should not be relied on; empty where nothing speaks against it."""
    reasons = []
    if n_times < calling.growth_min_timepoints:
        reasons.append(f"{n_times} evaluable time points, fewer than {calling.growth_min_timepoints}")
    if not spread_is_known:
        reasons.append(f"fewer than {calling.growth_min_clones} clones to compare with")
    elif spread > calling.growth_max_spread:
        reasons.append(f"growth differs by {spread:.2g} per year between clones")
    if depth_ratio > calling.growth_max_depth_ratio:
        reasons.append(f"the deepest time point has {depth_ratio:.3g} times the cells of the shallowest")
    return "; ".join(reasons)


def _status(table: pd.DataFrame, calling: Calling) -> "NDArray[np.object_]":
    """`growing` and `declining` by q; `stable` only where doubling and halving per year are excluded."""
    up = (table["q"] < calling.growth_q).to_numpy(dtype=bool)
    down = (table["q_decline"] < calling.growth_q).to_numpy(dtype=bool)
    # a clone that grew earlier and declines now is declining; q and the window still say that it grew
    ends_now = (table["window_end"] == table["last_days"].astype("float64")).to_numpy(dtype=bool)
    background = table["background_growth"]
    narrow = (table["growth_high"] < background + DOUBLING) & (table["growth_low"] > background - DOUBLING)
    stable = (narrow & table["reliable"].astype(bool)).to_numpy(dtype=bool)
    words = np.where(stable, "stable", "insufficient").astype(object)
    words[down] = "declining"
    words[up & (~down | ends_now)] = "growing"
    return words
