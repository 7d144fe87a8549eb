"""Rarefaction and extrapolation of counts to a given sample coverage, as iNEXT does it.

All functions take many samples of one specimen at once, as its bootstrap makes them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

FloatArray = NDArray[np.float64]

ITERATIONS = 60
"""Bound for the Newton steps to a coverage; some 8 are needed."""
FURTHEST = 50.0
"""Bound for extrapolated sizes in units of n; estimates stay below 2, only bootstrap samples go beyond."""
SURE_MEAN = 200.0
"""Expected count in the smaller sample from which a clone's x log x is taken from its moments (error below 1e-9 of it)."""


@dataclass(frozen=True)
class Counts:
    """Samples of one community as counts per clone.

    Args:
        values: count, shape (samples, width); at least 1, any where the weight is 0.
        weights: clones with that count, shape (samples, width).
    """

    values: FloatArray
    weights: FloatArray

    @property
    def n(self) -> FloatArray:
        """Sum of the counts per sample, shape (samples,)."""
        total: FloatArray = (self.values * self.weights).sum(axis=1)
        return total

    @property
    def observed(self) -> FloatArray:
        """Clones seen per sample, shape (samples,)."""
        total: FloatArray = self.weights.sum(axis=1)
        return total

    def seen(self, times: int) -> FloatArray:
        """Clones with that count per sample, shape (samples,)."""
        total: FloatArray = np.where(self.values == times, self.weights, 0.0).sum(axis=1)
        return total


def counts_of(counts: FloatArray) -> Counts:
    """One sample from whole counts per clone, shape (clones,); zeros are left out."""
    values, clones = np.unique(counts[counts > 0], return_counts=True)
    return Counts(values[None, :].astype(float), clones[None, :].astype(float))


def n_unseen(sample: Counts) -> FloatArray:
    """Chao's estimate of the clones that were not seen (lower bound), shape (samples,).

    References:
        Chao 1984, Scand J Stat 11:265; the form with (n - 1) / n as in Chao et al. 2014, Ecol Monogr 84:45.
    """
    once, twice, n = sample.seen(1), sample.seen(2), sample.n
    plain = once**2 / (2.0 * np.maximum(twice, 1.0))
    unseen: FloatArray = (1.0 - 1.0 / np.maximum(n, 1.0)) * np.where(
        twice > 0, plain, once * (once - 1.0) / 2.0
    )
    return unseen


def deficit_ratio(sample: Counts) -> FloatArray:
    """Factor by which one more draw shrinks what is not covered (A of Chao and Jost 2012), shape (samples,)."""
    unseen, once, n = n_unseen(sample), sample.seen(1), sample.n
    ratio: FloatArray = np.where(once > 0, n * unseen / np.where(once > 0, n * unseen + once, 1.0), 0.0)
    return ratio


def own_coverage(sample: Counts) -> FloatArray:
    """Estimated coverage of the samples as they are, shape (samples,).

    References:
        Chao and Jost 2012, Ecology 93:2533, equation 4a.
    """
    share: FloatArray = 1.0 - sample.seen(1) / np.maximum(sample.n, 1.0) * deficit_ratio(sample)
    return share


def extrapolated_coverage(sample: Counts, size: FloatArray) -> FloatArray:
    """Estimated coverage at a size of at least n, shape (samples,)."""
    n = sample.n
    share: FloatArray = 1.0 - sample.seen(1) / np.maximum(n, 1.0) * deficit_ratio(sample) ** (size - n + 1.0)
    return share


def _missed(values: FloatArray, n: FloatArray, size: FloatArray) -> FloatArray:
    """Chance that a clone with a count is not among `size` of the n draws, shape (samples, width)."""
    left = n[:, None] - values - size[:, None]
    possible = left >= 0
    terms = (
        special.gammaln(n[:, None] - values + 1.0)
        - special.gammaln(np.where(possible, left, 0.0) + 1.0)
        + (special.gammaln(n - size + 1.0) - special.gammaln(n + 1.0))[:, None]
    )
    missed: FloatArray = np.where(possible, np.exp(np.minimum(terms, 0.0)), 0.0)
    return missed


def _rarefied_coverage(sample: Counts, size: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Coverage of a smaller size m, and by how much one more draw raises it."""
    n = sample.n
    # chance that m of the n - 1 other draws hold no other copy: the same as above with one draw taken away
    missed = _missed(sample.values - 1.0, n - 1.0, size)
    shares = sample.values * sample.weights / n[:, None]
    left = np.maximum(n - 1.0 - size, 0.0)[:, None]
    fewer = np.where(left > 0, (left - sample.values + 1.0) / np.where(left > 0, left, 1.0), 0.0)
    covered = 1.0 - (shares * missed).sum(axis=1)
    gain = (shares * missed * (1.0 - np.clip(fewer, 0.0, 1.0))).sum(axis=1)
    return covered, gain


def coverage_at(sample: Counts, size: FloatArray) -> FloatArray:
    """Expected coverage of a sample of that size, shape (samples,).

    Args:
        sample: the counts.
        size: below n rarefied, from n on extrapolated.

    References:
        Chao and Jost 2012, Ecology 93:2533, equations 4 and 12.
    """
    n = sample.n
    below, _ = _rarefied_coverage(sample, np.minimum(size, n - 1.0))
    beyond = extrapolated_coverage(sample, np.maximum(size, n))
    # the two estimators do not meet: between n - 1 and n a line joins them
    part = np.clip(size - n + 1.0, 0.0, 1.0)
    share: FloatArray = np.where(size < n, below + part * (beyond - below), beyond)
    return share


def size_at_coverage(sample: Counts, target: float) -> FloatArray:
    """Size at which a sample has the wanted coverage, shape (samples,); at most `FURTHEST` times n.

    Coverage is concave in the size, so Newton's steps from below never pass the root.
    """
    n, own = sample.n, own_coverage(sample)
    once, ratio = sample.seen(1), deficit_ratio(sample)
    usable = (own < target) & (ratio > 0) & (ratio < 1) & (once > 0)
    steps = np.log(np.where(usable, n * (1.0 - target) / np.maximum(once, 1.0), 1.0))
    beyond = n + steps / np.log(np.where(usable, ratio, 0.5)) - 1.0
    size: FloatArray = np.where(own < target, np.where(usable, np.clip(beyond, n, FURTHEST * n), n), 0.0)
    inside = own >= target
    if inside.any():
        size[inside] = _rarefied_size(Counts(sample.values[inside], sample.weights[inside]), target)
    return size


def _rarefied_size(sample: Counts, target: float) -> FloatArray:
    """Size below n that has the wanted coverage, shape (samples,)."""
    n = sample.n
    size = n * min(1.0, target) * 0.5
    for _ in range(ITERATIONS):
        covered, gain = _rarefied_coverage(sample, size)
        step = np.clip((target - covered) / np.maximum(gain, 1e-300), -0.9 * size, 0.9 * (n - 1.0 - size))
        size = size + step
        if np.all(np.abs(step) < 1e-6 * n):
            break
    last, own = 1.0 - sample.seen(1) / n, own_coverage(sample)
    rise = np.where(own > last, own - last, 1.0)
    found: FloatArray = np.where(target > last, np.minimum(n - 1.0 + (target - last) / rise, n), size)
    return found


def hill_0(sample: Counts, size: FloatArray) -> FloatArray:
    """Expected number of clones in a sample of that size, shape (samples,).

    References:
        Hurlbert 1971 (rarefaction); Chao et al. 2014, Ecol Monogr 84:45 (extrapolation).
    """
    n, unseen = sample.n, n_unseen(sample)
    below = sample.observed - (sample.weights * _missed(sample.values, n, np.minimum(size, n))).sum(axis=1)
    more = unseen * (1.0 - deficit_ratio(sample) ** np.maximum(size - n, 0.0))
    clones: FloatArray = np.where(size < n, below, sample.observed + more)
    return clones


def hill_2(sample: Counts, size: FloatArray) -> FloatArray:
    """Inverse Simpson concentration expected in a sample of that size, also beyond n, shape (samples,).

    References:
        Chao et al. 2014, Ecol Monogr 84:45, equations for q = 2.
    """
    n = sample.n
    pairs = (sample.weights * sample.values * (sample.values - 1.0)).sum(axis=1) / np.maximum(
        n * (n - 1.0), 1.0
    )
    clones: FloatArray = 1.0 / (1.0 / size + (1.0 - 1.0 / size) * pairs)
    return clones


def entropy(sample: Counts) -> FloatArray:
    """Shannon entropy of the counts as they are, shape (samples,)."""
    n = sample.n[:, None]
    shares = sample.values / n
    found: FloatArray = -(sample.weights * shares * np.log(shares)).sum(axis=1)
    return found


def asymptotic_entropy(sample: Counts) -> FloatArray:
    """Estimate of the whole community's Shannon entropy, shape (samples,).

    References:
        Chao, Wang and Jost 2013, Methods Ecol Evol 4:1091, equation 7b; its sum over unseen clones is rewritten as
        sum_j q^(j+1) / (n + j) with q = 1 - A, which does not cancel.
    """
    n, once = sample.n, sample.seen(1)
    seen = sample.weights * sample.values * (special.psi(n)[:, None] - special.psi(sample.values))
    tail = np.where(once > 0, once / n * _tail_sum(n, deficit_ratio(sample)), 0.0)
    found: FloatArray = seen.sum(axis=1) / n + tail
    return found


def _tail_sum(n: FloatArray, ratio: FloatArray) -> FloatArray:
    """Sum over j >= 0 of q^(j+1) / (n + j), shape (samples,): directly, or near q = 1 by the exponential integral."""
    decay = -np.log(np.clip(ratio, 1e-300, 1.0 - 1e-15))
    c = n * decay
    scaled = np.where(
        c < 500, np.exp(np.minimum(c, 500)) * special.exp1(np.clip(c, 1e-300, 500)), 1.0 / (c + 1.0)
    )
    cubes = 6.0 + 6.0 * c + 3.0 * c**2 + c**3
    near = ratio / n * (n * scaled + 0.5 + (1.0 + c) / (12.0 * n) - cubes / (720.0 * n**3))
    direct = np.zeros_like(n)
    far = (decay > 0.05) | (n < 20)
    if far.any():
        j = np.arange(800.0)
        terms = np.exp(-decay[far][:, None] * (j + 1.0)) / (n[far][:, None] + j)
        direct[far] = terms.sum(axis=1)
    found: FloatArray = np.where(far, direct, near)
    return found


def hill_1_beyond(sample: Counts, size: FloatArray) -> FloatArray:
    """Exponential of the entropy expected beyond n, shape (samples,).

    It leaves the observed value with the slope that the last draw has and tends to the asymptotic one. The mean of both
    entropies that Chao et al. 2014 (equation 10b) give instead can pass the number of clones where coverage is low.

    References:
        Chao et al. 2014, Ecol Monogr 84:45, in the form that the package iNEXT computes (its source was read).
    """
    n = sample.n
    seen, before = np.exp(entropy(sample)), np.exp(_entropy_before(sample))
    whole = np.maximum(np.exp(asymptotic_entropy(sample)), seen)
    room = whole - before
    slope = np.where(room > 0, (seen - before) / np.where(room > 0, room, 1.0), 1.0)
    clones: FloatArray = seen + (whole - seen) * (1.0 - (1.0 - np.clip(slope, 0.0, 1.0)) ** (size - n))
    return clones


def _entropy_before(sample: Counts) -> FloatArray:
    """Expected entropy with one of the n draws taken away at random, shape (samples,)."""
    n, x = sample.n, sample.values
    logs = special.xlogy(x, x)
    lost = x / n[:, None] * (logs - special.xlogy(x - 1.0, np.maximum(x - 1.0, 1.0)))
    left = (sample.weights * (logs - lost)).sum(axis=1)
    found: FloatArray = np.log(np.maximum(n - 1.0, 1.0)) - left / np.maximum(n - 1.0, 1.0)
    return found


def hill_1_exact(sample: Counts, size: float) -> float:
    """Exponential of the entropy expected in `size` of the n draws of one sample.

    The expected entropy of the smaller sample, by the hypergeometric law of each clone's count in it.

    Args:
        sample: one sample.
        size: whole number of draws, 1 to n.

    References:
        Chao et al. 2014, Ecol Monogr 84:45, equation 9b.
    """
    n = float(sample.n[0])
    values, weights = sample.values[0], sample.weights[0]
    means = size * values / n
    large = means >= SURE_MEAN
    variance = means * (1.0 - values / n) * (n - size) / max(n - 1.0, 1.0)
    total = float(
        (weights * (means * np.log(np.maximum(means, 1e-300)) + 0.5 * variance / means))[large].sum()
    )
    few, clones = values[~large], weights[~large]
    high = np.minimum(np.minimum(few, size), np.ceil(means[~large] + 14.0 * np.sqrt(variance[~large]) + 40.0))
    length = np.maximum(high - 1.0, 0.0).astype(int)  # k log k is 0 at 0 and 1
    x = np.repeat(few, length)
    k = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length) + 2.0
    possible = n - x - size + k >= 0
    x, k, weight = x[possible], k[possible], np.repeat(clones, length)[possible]
    chance = np.exp(log_choose(x, k) + log_choose(n - x, size - k) - log_choose(n, size))
    total += float((weight * chance * k * np.log(k)).sum())
    return float(np.exp(np.log(size) - total / size))


def log_choose(n: FloatArray | float, k: FloatArray | float) -> FloatArray:
    """Logarithm of the binomial coefficient, also between whole numbers."""
    found: FloatArray = special.gammaln(n + 1.0) - special.gammaln(k + 1.0) - special.gammaln(n - k + 1.0)
    return found
