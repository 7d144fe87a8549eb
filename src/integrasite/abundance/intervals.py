"""How sure a clone's size is: replicate noise, intervals and the probability of exceeding a threshold."""

from dataclasses import dataclass

import numpy as np

from integrasite.abundance.bins import BoolArray, FloatArray

THRESHOLDS = (0.10, 0.20, 0.30)
"""Fractions t for which P(fraction >= t) is given."""
PRIOR_NOISE = 0.09
"""Squared coefficient of variation between replicates (30 %) assumed where it cannot be measured."""
SMALL_CLONE = 20.0
"""Cells below which the Beta interval is used: the logit interval is poor near 0."""
LARGE_FRACTION = 0.05
"""Fraction from which the replicates' own spread is looked at too."""
PRIOR_DF = 5.0
"""Degrees of freedom that the assumed noise is worth beside the measured one."""
DEEP_REPLICATE = 50.0
"""Cells that a replicate needs for its own fraction to be used."""
TRIM = 0.05
"""Share of clones left out at either end when the noise is averaged."""
_MOST_DF = 200.0
_SMALLEST_K = 0.2


@dataclass(frozen=True)
class Noise:
    """Variation between replicates beyond sampling.

    Args:
        c2: squared coefficient of variation of a clone's size between replicates.
        df: degrees of freedom behind it.
        is_measured: whether these replicates were measured (else it is the assumed value alone).
    """

    c2: float
    df: float
    is_measured: bool


@dataclass(frozen=True)
class Intervals:
    """95 % intervals of every clone, and P(fraction >= t) for each of `THRESHOLDS` (shape (clones, 3))."""

    fraction: FloatArray
    low: FloatArray
    high: FloatArray
    p_ge: FloatArray
    noise: Noise


def measure_noise(by_replicate: FloatArray, replicate_variance: FloatArray) -> Noise:
    """Variation between replicates by the method of moments, over clones of at least 10 cells per replicate.

    Args:
        by_replicate: cells, shape (clones, replicates).
        replicate_variance: sampling variance of `by_replicate`.

    Returns:
        The trimmed mean over clones (its bias corrected), not below 0, averaged with the assumed value by
        degrees of freedom; one replicate, or no clone large enough, gives the assumed value alone.
    """
    used = by_replicate.sum(axis=0) > 0
    by_replicate, replicate_variance = by_replicate[:, used], replicate_variance[:, used]
    n_replicates = by_replicate.shape[1]
    totals = by_replicate.sum(axis=0)
    cells = by_replicate.sum(axis=1)
    fraction = cells / max(float(totals.sum()), 1e-300)
    chosen = (cells >= 10 * n_replicates) & (fraction < 0.95)
    if n_replicates < 2 or not chosen.any():
        return Noise(PRIOR_NOISE, _MOST_DF, False)
    p = fraction[chosen][:, None]
    expected = totals[None, :] * p
    shrink = 1.0 - 1.0 / n_replicates
    spread = ((by_replicate[chosen] - expected) ** 2).sum(axis=1) / (1.0 - p[:, 0]) ** 2
    spread = spread / trimming_bias(n_replicates - 1, spread.size)
    excess = spread - replicate_variance[chosen].sum(axis=1) * shrink
    c2 = max(0.0, trimmed_mean(excess / (shrink * (expected**2).sum(axis=1)), TRIM))
    df = (n_replicates - 1) * float(chosen.sum())
    shrunken = (df * c2 + PRIOR_DF * PRIOR_NOISE) / (df + PRIOR_DF)
    return Noise(shrunken, min(_MOST_DF, df + PRIOR_DF), True)


def trimming_bias(df: int, n_clones: int) -> float:
    """What trimming makes of the mean of chi-square variates over `df`: below 1, as the large ones go."""
    from scipy.special import gammainc, gammaincinv

    cut = int(TRIM * n_clones) / n_clones
    if not cut:
        return 1.0
    low, high = gammaincinv(df / 2, [cut, 1.0 - cut])
    return float((gammainc(df / 2 + 1, high) - gammainc(df / 2 + 1, low)) / (1.0 - 2 * cut))


def trimmed_mean(values: FloatArray, share: float) -> float:
    """Mean without the smallest and the largest `share` of the values."""
    ordered = np.sort(values)
    cut = int(share * ordered.size)
    return float(ordered[cut : ordered.size - cut].mean())


def total_variance(
    cells: FloatArray, variance: FloatArray, by_replicate: FloatArray, noise: Noise
) -> FloatArray:
    """Sampling variance plus replicate noise; uneven replicates count as fewer (sum of squared shares)."""
    totals = by_replicate.sum(axis=0)
    shares = totals / max(float(totals.sum()), 1e-300)
    total: FloatArray = variance + noise.c2 * cells**2 * float((shares**2).sum())
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
        variance: total variance of `cells` (see `total_variance`).
        by_replicate: cells, shape (clones, replicates).
        noise: see `measure_noise`.
        saturated: clones whose `cells` is a lower bound: their upper limit is 1.

    Returns:
        Logit-t intervals, or Beta intervals for small clones; from a fraction of 5 % and three replicates on,
        the replicates' own t interval where that is wider.
    """
    total = float(cells.sum())
    fraction = cells / total if cells.size else cells
    rest = float(variance.sum()) - variance
    spread = ((1.0 - fraction) ** 2 * variance + fraction**2 * rest) / total**2 if cells.size else cells
    alpha, beta = match_beta(fraction, spread, total)
    low, high = _logit_interval(fraction, spread, noise.df)
    small = (cells < SMALL_CLONE) | (1.0 - fraction < 1e-9)
    low[small], high[small] = _beta_interval(alpha[small], beta[small])
    _widen(fraction, by_replicate, low, high)
    high[saturated] = 1.0
    return Intervals(
        fraction, np.minimum(low, fraction), np.maximum(high, fraction), _exceedance(alpha, beta), noise
    )


def match_beta(fraction: FloatArray, spread: FloatArray, total: float) -> tuple[FloatArray, FloatArray]:
    """Parameters of the Beta distribution with that mean and variance.

    A clone that is the whole specimen has no variance of its own; it gets the Beta(total + 1/2, 1/2) of a
    proportion in which every one of `total` cells belonged to it.
    """
    whole = 1.0 - fraction < 1e-9
    k = np.maximum(fraction * (1.0 - fraction) / np.where(whole, 1.0, spread) - 1.0, _SMALLEST_K)
    alpha = np.where(whole, total + 0.5, fraction * k)
    beta = np.where(whole, 0.5, (1.0 - fraction) * k)
    return alpha, beta


def _beta_interval(alpha: FloatArray, beta: FloatArray) -> tuple[FloatArray, FloatArray]:
    from scipy.special import betaincinv

    return betaincinv(alpha, beta, 0.025), betaincinv(alpha, beta, 0.975)


def _exceedance(alpha: FloatArray, beta: FloatArray) -> FloatArray:
    from scipy.special import betainc

    return np.column_stack([betainc(beta, alpha, 1.0 - threshold) for threshold in THRESHOLDS])


def _logit_interval(fraction: FloatArray, spread: FloatArray, df: float) -> tuple[FloatArray, FloatArray]:
    from scipy.special import expit, stdtrit

    inside = np.clip(fraction, 1e-300, 1.0 - 1e-12)
    centre = np.log(inside) - np.log1p(-inside)
    half = stdtrit(df, 0.975) * np.sqrt(spread) / (inside * (1.0 - inside))
    return expit(centre - half), expit(centre + half)


def _widen(fraction: FloatArray, by_replicate: FloatArray, low: FloatArray, high: FloatArray) -> None:
    """Put the replicates' own t interval in place of a narrower one."""
    from scipy.special import expit, logit, stdtrit

    totals = by_replicate.sum(axis=0)
    deep = totals >= DEEP_REPLICATE
    n_deep = int(deep.sum())
    chosen = np.flatnonzero((fraction >= LARGE_FRACTION) & (fraction < 1.0 - 1e-9))
    if n_deep < 3 or not chosen.size:
        return
    scores = logit((by_replicate[np.ix_(chosen, deep)] + 0.5) / (totals[deep] + 1.0))
    half = stdtrit(n_deep - 1, 0.975) * scores.std(axis=1, ddof=1) / np.sqrt(n_deep)
    centre = scores.mean(axis=1)
    now = logit(np.clip(high[chosen], 1e-12, 1 - 1e-12)) - logit(np.clip(low[chosen], 1e-12, 1 - 1e-12))
    wider = 2 * half > now
    low[chosen[wider]] = expit(centre - half)[wider]
    high[chosen[wider]] = expit(centre + half)[wider]
