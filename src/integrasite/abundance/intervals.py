"""How sure a clone's size is: intervals and the probability of exceeding a threshold."""

from dataclasses import dataclass

import numpy as np

from integrasite.abundance.bins import BoolArray, FloatArray, IntArray
from integrasite.abundance.noise import Noise

THRESHOLDS = (0.10, 0.20, 0.30)
"""Fractions t for which P(fraction >= t) is given."""
SMALL_CLONE = 20.0
"""Cells (of the clone, or of all others) below which the Beta law is used: the logit is far from normal."""
MOST_DETAILED = 400
"""Clones, largest first, whose noise is averaged over; the Beta law at the expected noise does for the rest."""
HALF = 0.5
"""Fragment added on the side that a limit must not miss: keeps the coverage of small counts up."""
_SMALLEST_K = 0.2
_WHOLE = 1e-9


@dataclass(frozen=True)
class Intervals:
    """95 % intervals of every clone, and P(fraction >= t) for each of `THRESHOLDS` (shape (clones, 3))."""

    fraction: FloatArray
    low: FloatArray
    high: FloatArray
    p_ge: FloatArray
    noise: Noise


@dataclass(frozen=True)
class _Spread:
    """Variances on the logit scale: of sampling (clone; others) and of replicate noise (others)."""

    own: FloatArray
    others: FloatArray
    noise_of_others: FloatArray
    dilution: float


def dilution(by_replicate: FloatArray) -> float:
    """What is left of a replicate's noise in the specimen: sum of squared shares, 1/R for even replicates."""
    totals = by_replicate.sum(axis=0)
    shares = totals / max(float(totals.sum()), 1e-300)
    return float((shares**2).sum())


def total_variance(
    cells: FloatArray, variance: FloatArray, by_replicate: FloatArray, c2: FloatArray
) -> FloatArray:
    """Sampling variance plus the expected replicate noise `c2` of every clone."""
    total: FloatArray = variance + c2 * cells**2 * dilution(by_replicate)
    return total


def cell_interval(cells: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """95 % interval of the expected number of cells from the Gamma of that mean and variance."""
    from scipy.special import gammaincinv

    shape = cells**2 / variance
    low, high = (gammaincinv(shape, level) * variance / cells for level in (0.025, 0.975))
    return np.minimum(low, cells), np.maximum(high, cells)


def fraction_intervals(
    cells: FloatArray, variance: FloatArray, by_replicate: FloatArray, noise: Noise, saturated: BoolArray
) -> Intervals:
    """Fractions of all clones of a specimen, with intervals.

    Args:
        cells: cells per clone, above 0; these clones are the denominator.
        variance: sampling variance of `cells`.
        by_replicate: cells, shape (clones, replicates).
        noise: see `measure_noise`, of these clones.
        saturated: clones whose `cells` is a lower bound: their upper limit is 1.

    Returns:
        Normal intervals on the logit scale, averaged over what the noise may be; Beta intervals for clones
        that are small or leave little beside them.
    """
    total = float(cells.sum())
    fraction = cells / total if cells.size else cells
    spread = _spread(cells, variance, by_replicate, noise)
    low, high, p_ge = _beta_law(cells, total, spread, noise)
    order = np.argsort(-cells, kind="stable")[:MOST_DETAILED]
    detailed = order[np.minimum(cells, total - cells)[order] >= SMALL_CLONE]
    if detailed.size:
        low[detailed], high[detailed], p_ge[detailed] = _logit_law(fraction, spread, noise, detailed)
    high[saturated] = 1.0
    return Intervals(fraction, np.minimum(low, fraction), np.maximum(high, fraction), p_ge, noise)


def _spread(cells: FloatArray, variance: FloatArray, by_replicate: FloatArray, noise: Noise) -> _Spread:
    noisy = noise.expected(cells.size) * cells**2
    others = np.maximum(cells.sum() - cells, 1e-12 * max(float(cells.sum()), 1.0))
    part = dilution(by_replicate)
    return _Spread(
        variance / cells**2,
        np.maximum(variance.sum() - variance, 0.0) / others**2,
        part * np.maximum(noisy.sum() - noisy, 0.0) / others**2,
        part,
    )


def _logit_law(
    fraction: FloatArray, spread: _Spread, noise: Noise, clones: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Limits and P(fraction >= t): a mixture of normals on the logit scale, one for each value of the noise.

    The mean of log-normal factors of log variance c is nearly log-normal, of log variance log(1 + w (exp(c) - 1)),
    w being the dilution; its logarithm lies half that variance below that of the truth, on average.
    """
    from scipy.special import expit, logit

    weights = noise.weights(clones)
    fixed = (spread.own + spread.others + spread.noise_of_others)[clones]
    noisy = np.log1p(spread.dilution * np.expm1(noise.grid))
    mixture = _Mixture(
        weights,
        logit(fraction[clones])[:, None] + (noisy - spread.noise_of_others[clones][:, None]) / 2,
        np.sqrt(fixed[:, None] + noisy),
    )
    beyond = [1.0 - mixture.below(np.full(clones.size, logit(threshold))) for threshold in THRESHOLDS]
    return expit(mixture.quantile(0.025)), expit(mixture.quantile(0.975)), np.column_stack(beyond)


@dataclass(frozen=True)
class _Mixture:
    """Mixtures of normals, one per clone: weights, means and standard deviations, each (clones, values)."""

    weights: FloatArray
    mean: FloatArray
    deviation: FloatArray

    def below(self, point: FloatArray) -> FloatArray:
        """Probability of lying below a point, by clone."""
        from scipy.special import ndtr

        share: FloatArray = (self.weights * ndtr((point[:, None] - self.mean) / self.deviation)).sum(axis=1)
        return share

    def quantile(self, level: float) -> FloatArray:
        """Quantiles by bisection between those of the components."""
        from scipy.special import ndtri

        points = self.mean + ndtri(level) * self.deviation
        low, high = points.min(axis=1), points.max(axis=1)
        middle: FloatArray = low
        for _ in range(50):
            middle = (low + high) / 2
            short = self.below(middle) < level
            low, high = np.where(short, middle, low), np.where(short, high, middle)
        middle = (low + high) / 2
        return middle


def _beta_law(
    cells: FloatArray, total: float, spread: _Spread, noise: Noise
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same from Beta laws of that mean and variance, half a fragment added on the side to be kept."""
    from scipy.special import betainc, betaincinv

    others = total - cells
    whole = others <= _WHOLE * total
    own_noise = noise.expected(cells.size) * spread.dilution
    own, own_more = _size_and_spread(cells, spread.own, own_noise)
    rest, rest_more = _size_and_spread(others, spread.others, spread.noise_of_others)
    lower = _match_beta(own, rest_more, whole, total)
    upper = _match_beta(own_more, rest, whole, total)
    p_ge = np.column_stack([betainc(lower[1], lower[0], 1.0 - threshold) for threshold in THRESHOLDS])
    low: FloatArray = betaincinv(*lower, 0.025)
    high: FloatArray = betaincinv(*upper, 0.975)
    return low, high, p_ge


_Sized = tuple[FloatArray, FloatArray]


def _size_and_spread(size: FloatArray, sampling: FloatArray, noise: FloatArray) -> tuple[_Sized, _Sized]:
    """Size and relative variance as they are, and with half a fragment more."""
    more = 1.0 + HALF * sampling
    return (size, sampling + noise), (size * more, sampling / more + noise)


def _match_beta(own: _Sized, others: _Sized, whole: BoolArray, total: float) -> tuple[FloatArray, FloatArray]:
    """Parameters of the Beta law of own / (own + others).

    A clone that is the whole specimen has no variance of its own; it gets the Beta(total + 1/2, 1/2) of a
    proportion in which every one of `total` cells belonged to it.
    """
    fraction = own[0] / (own[0] + others[0])
    spread = fraction * (1.0 - fraction) * (own[1] + others[1])
    k = np.maximum(1.0 / np.where(whole, 1.0, np.maximum(spread, 1e-300)) - 1.0, _SMALLEST_K)
    alpha = np.where(whole, total + 0.5, fraction * k)
    beta = np.where(whole, 0.5, (1.0 - fraction) * k)
    return alpha, beta
