"""How much two specimens of one subject have in common: the table `overlap`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from integrasite.analyse.diversity import limit_of_detection
from integrasite.analyse.presence import FloatArray, IntArray, Presence
from integrasite.config.calling import Calling
from integrasite.io.tables import as_table, empty_table
from integrasite.model.tables import OVERLAP

EVALUABLE = ("no", "low_power", "yes")
CLONES_AT_ONCE = 1 << 14
"""Clones that are held as a full matrix at a time."""


@dataclass(frozen=True)
class Overlaps:
    """Every ordered pair of specimens, each array of shape (specimens, specimens).

    Args:
        shared: clones seen in both.
        large: clones of either that are at least as large there as the other's limit of detection.
        large_shared: of those, clones seen in both.
        jaccard: clones seen in both, over those seen in either.
        jaccard_adjusted: the same weighed by abundance and corrected for shared clones that were not seen.
        morisita_horn: 2 sum p q / (sum p^2 + sum q^2).
        shared_estimated: lower bound for the clones that are in both, seen or not.
    """

    shared: FloatArray
    large: FloatArray
    large_shared: FloatArray
    jaccard: FloatArray
    jaccard_adjusted: FloatArray
    morisita_horn: FloatArray
    shared_estimated: FloatArray


class _Sums:
    """Sums over clones of what pairs of specimens have in common, added up part by part."""

    def __init__(self, n: int) -> None:
        names = (
            "shared",
            "large",
            "large_shared",
            "products",
            "once_seen",
            "twice_seen",
            "once_once",
            "twice_twice",
        )
        self.of = {name: np.zeros((n, n)) for name in (*names, "counts_seen", "counts_once")}

    def add(self, counts: FloatArray, fractions: FloatArray, limits: FloatArray) -> None:
        """Add some clones; both arrays of shape (specimens, clones)."""
        present = counts > 0
        once, twice, here = (np.asarray(part, dtype=float) for part in (counts == 1, counts == 2, present))
        # sums of whole numbers: exact, so the order in which a library adds them changes nothing
        pairs = {
            "shared": (here, here), "once_seen": (once, here), "twice_seen": (twice, here), "once_once": (once, once),
            "twice_twice": (twice, twice), "counts_seen": (counts, here), "counts_once": (counts, once),
        }  # fmt: skip
        for name, (first, second) in pairs.items():
            self.of[name] += first @ second.T
        for j in range(len(limits)):
            self.of["products"][:, j] += (fractions * fractions[j]).sum(axis=1)
            large = (fractions >= limits[j]) | (fractions[j] >= limits[:, None])
            self.of["large"][:, j] += large.sum(axis=1)
            self.of["large_shared"][:, j] += (large & present & present[j]).sum(axis=1)


def measure_overlaps(
    specimen: IntArray, clone: IntArray, counts: FloatArray, cells: FloatArray, limits: FloatArray
) -> Overlaps:
    """Compare all pairs of specimens at once.

    Args:
        specimen: number of the specimen per entry, shape (entries,).
        clone: number of the clone per entry, shape (entries,).
        counts: whole counts per entry, at least 1.
        cells: estimated cells per entry, above 0.
        limits: LOD95 of every specimen as a fraction, shape (specimens,).

    References:
        Horn 1966, Am Nat 100:419 (Morisita-Horn). Chao, Chazdon, Colwell and Shen 2005, Ecol Lett 8:148 (adjusted
        Jaccard). Pan, Chao and Foissner 2009, J Agric Biol Environ Stat 14:452 (shared clones, bias-corrected form).
        All cited from memory.
    """
    n = len(limits)
    totals = np.bincount(specimen, cells, n)
    sums = _Sums(n)
    order = np.argsort(clone, kind="stable")
    ordered = clone[order]
    for start in range(0, int(ordered[-1]) + 1, CLONES_AT_ONCE):
        chosen = order[slice(*np.searchsorted(ordered, [start, start + CLONES_AT_ONCE]))]
        at = (specimen[chosen], clone[chosen] - start)
        width = min(CLONES_AT_ONCE, int(ordered[-1]) + 1 - start)
        of_counts, of_cells = np.zeros((n, width)), np.zeros((n, width))
        np.add.at(of_counts, at, counts[chosen])
        np.add.at(of_cells, at, cells[chosen])
        sums.add(of_counts, of_cells / totals[:, None], limits)
    found, sizes = sums.of, np.diag(sums.of["shared"])
    squares = np.diag(found["products"])
    depth = np.bincount(specimen, counts, n).astype(np.float64)
    return Overlaps(
        found["shared"],
        found["large"],
        found["large_shared"],
        _ratio(found["shared"], sizes[:, None] + sizes[None, :] - found["shared"]),
        _adjusted_jaccard(found, depth),
        _ratio(2.0 * found["products"], squares[:, None] + squares[None, :]),
        _shared_estimate(found, depth),
    )


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    found: FloatArray = np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.nan)
    return found


def _shared_estimate(sums: dict[str, FloatArray], depth: FloatArray) -> FloatArray:
    """Clones in both specimens, with those missed in either or both (lower bound)."""
    weight = 1.0 - 1.0 / depth
    once, twice = sums["once_seen"], sums["twice_seen"]  # [i, j]: counted once in i, seen in j
    missed = weight[:, None] * once * np.maximum(once - 1.0, 0.0) / (2.0 * (twice + 1.0))
    both = sums["once_once"]
    in_neither = both * np.maximum(both - 1.0, 0.0) / (4.0 * (sums["twice_twice"] + 1.0))
    found: FloatArray = sums["shared"] + missed + missed.T + weight[:, None] * weight[None, :] * in_neither
    return found


def _adjusted_jaccard(sums: dict[str, FloatArray], depth: FloatArray) -> FloatArray:
    once, twice = (
        sums["once_seen"].T,
        np.maximum(sums["twice_seen"].T, 1.0),
    )  # [i, j]: counted once in j, seen in i
    unseen = (1.0 - 1.0 / depth)[None, :] * once / (2.0 * twice) * sums["counts_once"]
    part = np.minimum((sums["counts_seen"] + unseen) / depth[:, None], 1.0)
    return _ratio(part * part.T, part + part.T - part * part.T)


def find_overlaps(subjects: Sequence[Presence], calling: Calling) -> pd.DataFrame:
    """Compare all pairs of specimens of every subject.

    Args:
        subjects: the clones of every subject (`each_subject`).
        calling: thresholds.

    Returns:
        The table `overlap`, the earlier specimen of a pair first.
    """
    parts = [_of_subject(presence, calling) for presence in subjects]
    parts = [part for part in parts if len(part)]
    return as_table(pd.concat(parts, ignore_index=True), OVERLAP) if parts else empty_table(OVERLAP)


def _of_subject(presence: Presence, calling: Calling) -> pd.DataFrame:
    n = len(presence.specimens)
    if n < 2:
        return pd.DataFrame()
    limits = np.array([limit_of_detection(int(found)) for found in presence.specimens["n_fragments"]])
    found = measure_overlaps(presence.specimen, presence.clone, presence.counts, presence.cells, limits)
    first, second = np.triu_indices(n, 1)
    record: dict[str, object] = {"subject": presence.specimens["subject"].iloc[0]}
    for prefix, chosen in (("", first), ("other_", second)):
        for name in ("specimen", "days", "tissue", "cell_type"):
            record[prefix + name] = presence.specimens[name].to_numpy(dtype=object)[chosen]
        record[f"{prefix}n_sites"] = np.diag(found.shared)[chosen]
    worst = presence.specimens["evaluable"].map(EVALUABLE.index).to_numpy()
    sizes = np.diag(found.shared)
    record |= {
        "n_shared": found.shared[first, second],
        "n_shared_by_chance": sizes[first] * sizes[second] / calling.effective_genome,
        "n_large": found.large[first, second],
        "n_large_shared": found.large_shared[first, second],
        "jaccard": found.jaccard[first, second],
        "jaccard_adjusted": found.jaccard_adjusted[first, second],
        "morisita_horn": found.morisita_horn[first, second],
        "n_shared_estimated": found.shared_estimated[first, second],
        "evaluable": [EVALUABLE[i] for i in np.minimum(worst[first], worst[second])],
    }
    return pd.DataFrame(record)
