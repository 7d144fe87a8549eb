"""Sites whose sizes change alike over all specimens of a subject: possible clones with several vectors."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse, stats

from integrasite.analyse.courses import NO_DAY, Courses, collect_courses, count_matrix
from integrasite.analyse.diversity import limit_of_quantitation
from integrasite.analyse.growth_model import FloatArray
from integrasite.config.calling import Calling
from integrasite.io.tables import as_table
from integrasite.model.tables import SAME_COURSE

HOMOGENEITY = 0.05
"""p of the chi-square of a constant ratio from which it is not rejected."""
CHANCE = 0.05
"""Pairs per subject that may correlate so well by chance."""


@dataclass(frozen=True)
class Pairs:
    """Numbers of pairs of sites, shape (pairs,)."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    n_times: NDArray[np.int64]
    ratio: FloatArray
    correlation: FloatArray
    p_homogeneity: FloatArray


def compare_courses(
    counts: FloatArray, depth: FloatArray, limits: FloatArray, min_times: int, least: float = -1.0
) -> tuple[Pairs, int]:
    """Compare every pair of sites over the specimens in which both can be quantified.

    Args:
        counts: cells, shape (sites, specimens).
        depth: cells of all clones, shape (specimens,).
        limits: cells from which a site is quantified, shape (specimens,).
        min_times: specimens a pair needs.
        least: correlation below which a pair is counted but not returned.

    Returns:
        The pairs, and how many were compared. `ratio` is the mean of the first over the second; `p_homogeneity` is
        of a constant ratio with counting error alone, so noise between specimens makes it small, not large.
    """
    usable = counts >= limits[None, :]
    logs = np.log(np.where(usable, counts, 1.0) / depth[None, :])
    variances = np.where(usable, 1.0 / np.maximum(counts, 1.0), 0.0)
    found: list[tuple[NDArray[Any], ...]] = []
    n_compared = 0
    for i in range(len(counts) - 1):
        both = usable[i] & usable[i + 1 :]
        n = both.sum(axis=1)
        enough = n >= min_times
        n_compared += int(enough.sum())
        if not enough.any():
            continue
        other = np.flatnonzero(enough) + i + 1
        mask, n = both[enough], n[enough].astype(float)
        correlation = _correlations(logs[i], logs[other], mask, n)
        difference = np.where(mask, logs[i] - logs[other], 0.0)
        weights = np.where(mask, 1.0 / np.where(mask, variances[i] + variances[other], 1.0), 0.0)
        mean = (weights * difference).sum(axis=1) / weights.sum(axis=1)
        squares = (weights * (difference - mean[:, None]) ** 2).sum(axis=1)
        p = stats.chi2.sf(squares, n - 1)
        kept = correlation >= least
        if kept.any():
            index = np.full(int(kept.sum()), i)
            found.append((index, other[kept], n[kept], np.exp(mean[kept]), correlation[kept], p[kept]))
    if not found:
        none = np.zeros(0)
        return Pairs(none.astype(int), none.astype(int), none.astype(int), none, none, none), n_compared
    columns = [np.concatenate(parts) for parts in zip(*found, strict=True)]
    return Pairs(columns[0], columns[1], columns[2].astype(np.int64), *columns[3:]), n_compared


def _correlations(one: FloatArray, others: FloatArray, mask: NDArray[np.bool_], n: FloatArray) -> FloatArray:
    a = np.where(mask, one[None, :] - (mask * one[None, :]).sum(axis=1, keepdims=True) / n[:, None], 0.0)
    b = np.where(mask, others - (mask * others).sum(axis=1, keepdims=True) / n[:, None], 0.0)
    scale = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.asarray(np.where(scale > 0, (a * b).sum(axis=1) / np.where(scale > 0, scale, 1.0), 0.0))


def chance_of_correlation(correlation: FloatArray, n_times: NDArray[np.int64]) -> FloatArray:
    """One-sided p of a correlation of `n_times` unrelated normal values."""
    free = n_times - 2.0
    t = correlation * np.sqrt(free / np.maximum(1.0 - correlation**2, 1e-12))
    return np.asarray(stats.t.sf(t, free))


def find_same_courses(clones: pd.DataFrame, calling: Calling) -> pd.DataFrame:
    """Pairs of sites that may be two vectors of one clone, in groups.

    Args:
        clones: the table `clones`; patients and products, without controls.
        calling: thresholds.

    Returns:
        The table `same_course`; nothing is merged anywhere because of it.
    """
    courses = collect_courses(clones)
    parts = [
        _of_subject(courses, str(subject), calling) for subject in sorted(set(courses.clones["subject"]))
    ]
    filled = [part for part in parts if len(part)]
    frame = (
        pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(SAME_COURSE.columns))
    )
    return as_table(frame, SAME_COURSE)


def _of_subject(courses: Courses, subject: str, calling: Calling) -> pd.DataFrame:
    times, named = courses.times, courses.clones
    chosen = (times["subject"] == subject) & (times["days"] != NO_DAY)
    chosen &= times["n_fragments"] >= calling.min_fragments_evaluable
    columns = np.flatnonzero(chosen)
    own = np.flatnonzero(named["subject"] == subject)
    if len(columns) < calling.course_min_times:
        return pd.DataFrame()
    site = named.iloc[own].groupby(["vector", "cluster", "site_id"], sort=True).ngroup().to_numpy()
    rows = np.zeros((int(site.max()) + 1, len(columns)))
    depth = times["cells"].to_numpy(dtype=float)[columns]
    limits = depth * np.array(
        [limit_of_quantitation(int(n)) for n in times["n_fragments"].to_numpy()[columns]]
    )
    limits = np.maximum(limits, 1.0)
    entries = courses.entries
    large = entries[entries["time"].isin(columns) & entries["clone"].isin(own)]
    large = large[large["cells"].to_numpy() >= limits[np.searchsorted(columns, large["time"])]]
    site_of = np.full(len(named), -1)
    site_of[own] = site
    seen = np.bincount(site_of[large["clone"]], minlength=len(rows))
    kept = np.flatnonzero(seen >= calling.course_min_times)
    if len(kept) < 2:
        return pd.DataFrame()
    members = own[np.isin(site, kept)]
    np.add.at(rows, site_of[members], count_matrix(courses, members, columns))
    pairs, n_compared = compare_courses(
        rows[kept], depth, limits, calling.course_min_times, calling.course_min_correlation
    )
    names = named.iloc[own].assign(site=site).drop_duplicates("site").set_index("site").loc[kept]
    return _select(pairs, n_compared, names, subject, calling)


def _select(
    pairs: Pairs, n_compared: int, names: pd.DataFrame, subject: str, calling: Calling
) -> pd.DataFrame:
    chance = chance_of_correlation(pairs.correlation, pairs.n_times)
    good = (pairs.p_homogeneity > HOMOGENEITY) & (chance * max(n_compared, 1) < CHANCE)
    good &= np.abs(np.log(pairs.ratio)) <= np.log(calling.course_max_ratio)
    if not good.any():
        return pd.DataFrame()
    first, second = pairs.first[good], pairs.second[good]
    graph = sparse.coo_array((np.ones(len(first)), (first, second)), shape=(len(names), len(names)))
    group = sparse.csgraph.connected_components(graph, directed=False)[1][first]
    order = {label: rank for rank, label in enumerate(dict.fromkeys(group.tolist()), start=1)}
    return pd.DataFrame(
        {
            "subject": subject, "group": [order[label] for label in group.tolist()],
            "site_id": names["site_id"].to_numpy()[first], "other_site_id": names["site_id"].to_numpy()[second],
            "vector": names["vector"].to_numpy()[first], "other_vector": names["vector"].to_numpy()[second],
            "n_times": pairs.n_times[good], "ratio": pairs.ratio[good], "correlation": pairs.correlation[good],
            "p_correlation": chance[good], "p_homogeneity": pairs.p_homogeneity[good], "n_pairs": n_compared,
        }
    )  # fmt: skip
