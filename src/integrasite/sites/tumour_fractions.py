"""From fragments over a site to the share of alleles and of cells that carry it, with intervals.

A copy of the locus with the vector gives junction fragments at two ends, one without it gives fragments that span the place.
How many of either a copy gives is proportional to the number of bases at which such a fragment can begin (its window), which
depends on fragment lengths and on the anchors that a fragment needs to be recognised.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LEVELS = (0.025, 0.975)
_PRIOR = 0.5
"""Jeffreys' prior of a proportion."""
DIPLOID = 2.0


@dataclass(frozen=True)
class Windows:
    """Mean number of first bases at which a fragment over one junction, and one over the intact place, can begin."""

    junction: float
    intact: float


def fragment_windows(lengths: Ints, n: Floats, host_anchor: int, vector_anchor: int, tsd: int) -> Windows:
    """Windows of a library.

    Args:
        lengths: fragment lengths, bp.
        n: how many fragments (or what share) have each.
        host_anchor: host bases that a fragment needs on each host side.
        vector_anchor: vector bases that a junction fragment needs.
        tsd: duplicated bases; an intact fragment must reach beyond them on both sides.
    """
    shares = n / n.sum()
    junction = np.maximum(lengths - host_anchor - vector_anchor + 1, 0)
    intact = np.maximum(lengths - 2 * host_anchor - tsd + 1, 0)
    return Windows(float((shares * junction).sum()), float((shares * intact).sum()))


@dataclass(frozen=True)
class SiteCounts:
    """Distinct fragments of sites (arrays of one length) and their windows, in bp.

    Args:
        five: over the junction at side 5.
        three: over the junction at side 3.
        intact: over the place without the vector.
        window_five: window of `five`; 0 where that junction is not counted.
        window_three: the same of `three`.
        window_intact: the same of `intact`.
    """

    five: Floats
    three: Floats
    intact: Floats
    window_five: Floats
    window_three: Floats
    window_intact: Floats

    @property
    def junction(self) -> Floats:
        """Junction fragments of the sides that are counted."""
        return np.where(self.window_five > 0, self.five, 0) + np.where(self.window_three > 0, self.three, 0)

    @property
    def window(self) -> Floats:
        """Window of `junction`: both sides together."""
        return self.window_five + self.window_three

    def take(self, rows: Ints | Bools) -> "SiteCounts":
        """Some of the sites."""
        names = ("five", "three", "intact", "window_five", "window_three", "window_intact")
        return SiteCounts(*(getattr(self, name)[rows] for name in names))


def compare_ends(counts: SiteCounts) -> Floats:
    """Two-sided p that the two junctions of each site give fragments as their windows say; 1 where one is not counted.

    Twice the smaller tail of the binomial law, halving the probability of what was seen (mid-p).
    """
    from scipy.stats import binom

    total = counts.window
    share = np.divide(counts.window_five, total, out=np.full(total.size, 0.5), where=total > 0)
    n, k = counts.five + counts.three, counts.five
    half = binom.pmf(k, n, share) / 2
    p = 2 * np.minimum(binom.cdf(k, n, share) - half, binom.sf(k, n, share) + half)
    counted = (counts.window_five > 0) & (counts.window_three > 0) & (n > 0)
    return cast(Floats, np.where(counted, np.minimum(p, 1.0), 1.0))


def leave_out_lost_ends(counts: SiteCounts, p_ends: Floats, least: float) -> SiteCounts:
    """Do not count an end that no fragment shows though the other end says that many should: it is lost or elsewhere."""
    lost_five = (p_ends < least) & (counts.five == 0)
    lost_three = (p_ends < least) & (counts.three == 0)
    return SiteCounts(
        counts.five,
        counts.three,
        counts.intact,
        np.where(lost_five, 0.0, counts.window_five),
        np.where(lost_three, 0.0, counts.window_three),
        counts.window_intact,
    )


@dataclass(frozen=True)
class Fractions:
    """Estimates with 95 % intervals; NaN where no fragment speaks."""

    value: Floats
    low: Floats
    high: Floats

    def times(self, factor: Floats) -> "Fractions":
        """Scaled, and cut at 1."""
        return Fractions(*(np.minimum(array * factor, 1.0) for array in (self.value, self.low, self.high)))


def allele_fractions(counts: SiteCounts) -> Fractions:
    """Share of the copies of each locus that carry the vector (VAF).

    Given all fragments of a site, those over its junctions are binomial; the interval is Jeffreys', carried over to the fraction,
    with 0 and 1 as limits where all fragments are of one kind (Brown, Cai and DasGupta 2001, Statistical Science 16:101).
    """
    from scipy.special import betaincinv

    j, n = counts.junction, counts.intact
    total = j + n
    measured = (total > 0) & (counts.window > 0) & (counts.window_intact > 0)
    share = np.divide(j, total, out=np.full(total.size, np.nan), where=measured)
    low = np.where(j == 0, 0.0, betaincinv(j + _PRIOR, n + _PRIOR, LEVELS[0]))
    high = np.where(n == 0, 1.0, betaincinv(j + _PRIOR, n + _PRIOR, LEVELS[1]))
    parts = [share_to_allele(np.where(measured, array, np.nan), counts) for array in (share, low, high)]
    return Fractions(*parts)


def share_to_allele(share: Floats, counts: SiteCounts) -> Floats:
    """The allele fraction at which junction fragments are such a share of all."""
    with_vector = np.divide(share, counts.window, out=np.full(share.size, np.nan), where=counts.window > 0)
    without = np.divide(
        1 - share, counts.window_intact, out=np.full(share.size, np.nan), where=counts.window_intact > 0
    )
    return cast(Floats, with_vector / (with_vector + without))


def allele_to_share(allele: Floats, counts: SiteCounts) -> Floats:
    """The share of junction fragments that an allele fraction leads to."""
    with_vector, without = allele * counts.window, (1 - allele) * counts.window_intact
    total = with_vector + without
    share: Floats = np.divide(with_vector, total, out=np.full(total.size, np.nan), where=total > 0)
    return share


def cells_per_allele(purity: float | None, ploidy: float | None, multiplicity: float = 1.0) -> float:
    """Fraction of cells per allele fraction: of the tumour's cells where purity is known, else of all cells.

    CCF = VAF (purity C + 2 (1 - purity)) / (purity m), C copies of the locus per tumour cell, m of them with the vector.
    """
    if not purity:
        return DIPLOID / multiplicity
    copies = ploidy or DIPLOID
    return (purity * copies + DIPLOID * (1 - purity)) / (purity * multiplicity)


def unseen_limit(counts: SiteCounts) -> Floats:
    """Allele fraction that would have shown no junction fragment in 5 % of samples with as many fragments; NaN without any."""
    total = counts.junction + counts.intact
    share = np.where(total > 0, 1 - 0.05 ** (1 / np.maximum(total, 1)), np.nan)
    return share_to_allele(share, counts)


def exceeds(counts: SiteCounts, factor: Floats, threshold: float) -> Floats:
    """Posterior probability (Jeffreys' prior) that the fraction of cells is at least `threshold`."""
    from scipy.special import betainc

    allele = np.minimum(threshold / factor, 1.0)
    share = np.nan_to_num(allele_to_share(allele, counts), nan=1.0)
    beyond = 1 - betainc(counts.junction + _PRIOR, counts.intact + _PRIOR, share)
    return cast(Floats, np.where(threshold > factor, 0.0, beyond))


def log_likelihood(counts: SiteCounts, cells: Floats, factor: Floats) -> Floats:
    """Log likelihood of each site (rows) at each fraction of cells (columns)."""
    from scipy.special import xlogy

    allele = np.clip(cells[None, :] / factor[:, None], 0.0, 1.0 - 1e-9)
    with_vector = allele * counts.window[:, None]
    total = with_vector + (1 - allele) * counts.window_intact[:, None]
    share = np.divide(with_vector, total, out=np.full(total.shape, 0.5), where=total > 0)
    value: Floats = xlogy(counts.junction[:, None], share) + xlogy(counts.intact[:, None], 1 - share)
    return value


GRID = (np.arange(2000) + 0.5) / 2000
"""Fractions of cells at which likelihoods are compared."""


def pooled_fraction(counts: SiteCounts, factor: Floats) -> tuple[float, float, float]:
    """One fraction of cells for several sites of one clone, with its 95 % interval.

    The likelihoods are multiplied; the interval holds 95 % of the posterior under the prior 1 / sqrt(x (1 - x)).
    NaN without fragments.
    """
    if not float((counts.junction + counts.intact).sum()):
        return float("nan"), float("nan"), float("nan")
    total = log_likelihood(counts, GRID, factor).sum(axis=0)
    posterior = np.exp(total - total.max()) / np.sqrt(GRID * (1 - GRID))
    below = np.cumsum(posterior) / posterior.sum()
    best = float(GRID[int(np.argmax(total))])
    low, high = (float(GRID[int(np.searchsorted(below, level))]) for level in LEVELS)
    if not float(counts.junction.sum()):
        return 0.0, 0.0, high
    return best, min(low, best), max(high, best)
