"""Clone sizes of one specimen, by the best estimator that its libraries allow."""

from dataclasses import dataclass

import numpy as np

from integrasite.abundance.bins import Bins, BoolArray, FloatArray, IntArray, collect_bins
from integrasite.abundance.smoothing import Knots
from integrasite.abundance.sonic import SATURATED, SonicFit, fit_sonic, theta_by_replicate
from integrasite.abundance.umi import UmiHealth, check_umis, estimate_umi


@dataclass(frozen=True)
class Molecules:
    """The counted fragments of one specimen: distinct (site, replicate, length, UMI).

    Args:
        site: site index of each fragment.
        replicate: replicate index of each fragment.
        length: length in bp, 0 where the breakpoint is unknown.
        umi: code of the UMI, -1 where there is none.
        n_sites: number of sites; every site has at least one fragment.
        n_replicates: number of replicates.
        umi_lengths: length of each replicate's UMI in bases, 0 where it has none.
        is_sheared: whether all replicates were sheared, so that lengths say how many cells there were.
    """

    site: IntArray
    replicate: IntArray
    length: IntArray
    umi: IntArray
    n_sites: int
    n_replicates: int
    umi_lengths: tuple[int, ...]
    is_sheared: bool

    @property
    def shape(self) -> tuple[int, int]:
        """(sites, replicates)."""
        return self.n_sites, self.n_replicates

    def count(self, chosen: BoolArray) -> IntArray:
        """Chosen fragments per site and replicate."""
        group = self.site[chosen] * self.n_replicates + self.replicate[chosen]
        return np.bincount(group, minlength=self.n_sites * self.n_replicates).reshape(self.shape)


@dataclass(frozen=True)
class Sizes:
    """Sizes of all clones of one specimen.

    Args:
        estimator: "umi", "sonic" or "count".
        cells: sampled cells per site.
        variance: sampling variance of `cells`, without differences between replicates.
        by_replicate: cells per site and replicate, shape (sites, replicates).
        replicate_variance: sampling variance of `by_replicate`.
        saturated: whether `cells` is only a lower bound.
        n_fragments: fragments counted per site.
        n_lengths: distinct (replicate, length) bins per site.
        n_umis: distinct (replicate, UMI) per site.
        sonic_cells: the fragment-length estimate; NaN where the libraries do not allow it.
        umi_cells: the UMI estimate; NaN where the libraries do not allow it.
        health: comparison of the two, where both exist.
    """

    estimator: str
    cells: FloatArray
    variance: FloatArray
    by_replicate: FloatArray
    replicate_variance: FloatArray
    saturated: BoolArray
    n_fragments: IntArray
    n_lengths: IntArray
    n_umis: IntArray
    sonic_cells: FloatArray
    umi_cells: FloatArray
    health: UmiHealth | None


@dataclass(frozen=True)
class _Estimate:
    name: str
    cells: FloatArray
    variance: FloatArray
    by_replicate: FloatArray
    replicate_variance: FloatArray
    saturated: BoolArray


def estimate_sizes(molecules: Molecules, *, umi_min_length: int, knots: Knots = "quantile") -> Sizes:
    """Estimate the size of every clone of one specimen.

    UMIs are used where every replicate has one of at least `umi_min_length` bases and they agree with
    fragment lengths; else fragment lengths where all replicates were sheared; else fragments are counted.

    Args:
        molecules: what was seen.
        umi_min_length: shortest UMI used for counting, bases.
        knots: see `fit_sonic`.

    Returns:
        The sizes, with both estimates side by side where both can be made.
    """
    bins = _known_bins(molecules)
    n_umis = _distinct_umis(molecules)
    count = _by_count(molecules)
    sonic = _by_length(molecules, bins, count, knots) if molecules.is_sheared else None
    can_count_umis = bool(molecules.umi_lengths) and min(molecules.umi_lengths) >= umi_min_length
    umi = _by_umi(molecules, n_umis) if can_count_umis else None
    health = check_umis(umi.cells, sonic.cells) if umi and sonic else None
    best = umi if umi and (health is None or health.is_good) else sonic or count
    missing = np.full(molecules.n_sites, np.nan)
    return Sizes(
        best.name,
        best.cells,
        best.variance,
        best.by_replicate,
        best.replicate_variance,
        best.saturated,
        count.cells.astype(np.int64),
        bins.n_lengths,
        n_umis.sum(axis=1),
        sonic.cells if sonic else missing,
        umi.cells if umi else missing,
        health,
    )


def _known_bins(molecules: Molecules) -> Bins:
    known = molecules.length > 0
    site, replicate = molecules.site[known], molecules.replicate[known]
    return collect_bins(site, replicate, molecules.length[known], molecules.n_sites, molecules.n_replicates)


def _distinct_umis(molecules: Molecules) -> IntArray:
    tagged = molecules.umi >= 0
    span = int(molecules.umi.max(initial=0)) + 1
    group = molecules.site[tagged] * molecules.n_replicates + molecules.replicate[tagged]
    distinct = np.unique(group * span + molecules.umi[tagged]) // span
    return np.bincount(distinct, minlength=molecules.n_sites * molecules.n_replicates).reshape(
        molecules.shape
    )


def _by_count(molecules: Molecules) -> _Estimate:
    counts = molecules.count(np.ones(molecules.site.size, dtype=bool)).astype(float)
    cells = counts.sum(axis=1)
    return _Estimate("count", cells, cells, counts, counts, np.zeros(molecules.n_sites, dtype=bool))


def _by_length(molecules: Molecules, bins: Bins, count: _Estimate, knots: Knots) -> _Estimate:
    fit: SonicFit = fit_sonic(bins, knots=knots)
    theta, variance = theta_by_replicate(bins, fit)
    unknown = bins.n_lengths == 0
    return _Estimate(
        "sonic",
        np.where(unknown, count.cells, fit.theta),
        np.where(unknown, count.cells, fit.variance),
        np.where(unknown[:, None], count.by_replicate, theta),
        np.where(unknown[:, None], count.by_replicate, variance),
        fit.saturated,
    )


def _by_umi(molecules: Molecules, n_umis: IntArray) -> _Estimate:
    pool = 4.0 ** np.array(molecules.umi_lengths, dtype=float)
    fragments = molecules.count(np.ones(molecules.site.size, dtype=bool))
    untagged = molecules.count(molecules.umi < 0)
    tagged, variance = estimate_umi(n_umis, fragments - untagged, pool[None, :])
    cells = tagged + untagged
    exhausted: BoolArray = np.asarray((n_umis > SATURATED * pool[None, :]).any(axis=1))
    return _Estimate(
        "umi", cells.sum(axis=1), (variance + untagged).sum(axis=1), cells, variance + untagged, exhausted
    )
