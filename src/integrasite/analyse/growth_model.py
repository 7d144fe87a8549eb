"""Growth of clones in one lineage: a log-linear count model with noise, fitted to all clones at once.

Arrays only. `counts` has the shape (clones, samples), `depth` and `years` (samples,). A clone's count has the mean
`depth * exp(level + growth * years)` and the variance `mean + noise * mean^2`. Without noise, and with each clone's own
level, this is the multinomial of its counts given their sum.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

PSEUDO = 1.0
"""Cells that every clone gets, spread as the depth: keeps the growth of a clone that is absent early finite."""
NOISE_WEIGHT = 5.0
"""Clones that the assumed noise between samples is worth against the measured one."""
NOISE_CELLS = 100.0
"""Cells from which a clone's scatter shows noise beyond counting."""
MEDIAN_CHI2 = 0.4549
"""Median of chi-square with one degree of freedom."""
CAUTIOUS_NOISE = 1.0
"""Least noise that is taken where too few clones show what is usual."""
CAUTIOUS_SPREAD = 1.0
"""Standard deviation of growth (per year) between clones that is taken there."""
MEDIAN_EFFICIENCY = 0.37
"""What the median of squares is worth against their mean, in degrees of freedom."""
LARGEST_FOLD = 60.0
"""Largest natural-log change over the span of the samples that a fit may reach."""
DEGREES = 60.0
"""Degrees of freedom of the t distribution that p values come from, at most."""


@dataclass(frozen=True)
class Limits:
    """Thresholds of the model (see `config/calling.py`)."""

    min_cells: float = 20.0
    min_samples: int = 4
    min_background: int = 20
    noise: float = 0.1


@dataclass(frozen=True)
class Fit:
    """Growth of each clone over some samples.

    Args:
        growth: per year, shape (clones,).
        variance: of `growth`, from counting and from noise between samples.
        tested: whether the clone has enough cells there.
        background: median growth of the tested clones, per year; 0 where too few are tested.
        spread: standard deviation of true growth between clones, per year.
        spread_is_known: whether it could be measured.
    """

    growth: FloatArray
    variance: FloatArray
    tested: BoolArray
    background: float
    spread: float
    spread_is_known: bool
    n_tested: int

    def z(self) -> FloatArray:
        """Growth above the background in standard errors; NaN where not tested."""
        centre_error = 0.0
        if self.spread_is_known:
            typical = float(np.median(self.variance[self.tested])) + self.spread**2
            centre_error = 0.5 * np.pi * typical / self.n_tested
        scale = np.sqrt(self.variance + self.spread**2 + centre_error)
        return np.where(self.tested, (self.growth - self.background) / scale, np.nan)

    def degrees(self) -> float:
        """Degrees of freedom: fewer where few clones show the spread."""
        return (
            min(DEGREES, MEDIAN_EFFICIENCY * max(self.n_tested - 1, 1)) if self.spread_is_known else DEGREES
        )


@dataclass(frozen=True)
class Slopes:
    """Growth per year of each clone with its variance, shape (clones,), and expected cells, shape (clones, samples)."""

    growth: FloatArray
    variance: FloatArray
    expected: FloatArray


def solve_growth(
    counts: FloatArray, years: FloatArray, depth: FloatArray, noise: float, n_iterations: int = 100
) -> Slopes:
    """Growth per year of every clone by Fisher scoring, all clones at once, with `PSEUDO` cells added.

    Args:
        counts: cells, shape (clones, samples), at least two samples of different years.
        years: times, shape (samples,).
        depth: cells of all clones, shape (samples,), all positive.
        noise: squared coefficient of variation of a clone between samples beyond counting.
        n_iterations: most steps.
    """
    centred, share = years - years.mean(), depth / depth.sum()
    span = float(np.ptp(years))
    filled = counts + PSEUDO * share[None, :]
    level, growth = np.log(filled.sum(axis=1)), np.zeros(len(counts))
    for _ in range(n_iterations):
        expected = _expected(level, growth, centred, share)
        residual = (filled - expected) / (1.0 + noise * expected)
        one, mixed, two = _information(expected, centred, noise)
        determinant = np.maximum(one * two - mixed**2, 1e-12 * one**2 * span**2)
        score, score_t = residual.sum(axis=1), residual @ centred
        up = np.clip((two * score - mixed * score_t) / determinant, -1.0, 1.0)
        step = np.clip((one * score_t - mixed * score) / determinant, -1.0 / span, 1.0 / span)
        level, growth = level + up, np.clip(growth + step, -LARGEST_FOLD / span, LARGEST_FOLD / span)
        if max(np.abs(up).max(initial=0.0), np.abs(step).max(initial=0.0) * span) < 1e-7:
            break
    expected = _expected(level, growth, centred, share)
    one, mixed, two = _information(expected, centred, noise)
    variance = one / np.maximum(one * two - mixed**2, 1e-12 * one**2 * span**2)
    return Slopes(growth, variance, expected)


def _expected(level: FloatArray, growth: FloatArray, years: FloatArray, share: FloatArray) -> FloatArray:
    found: FloatArray = (
        np.exp(np.clip(level[:, None] + growth[:, None] * years[None, :], -80, 80)) * share[None, :]
    )
    return found


def _information(
    expected: FloatArray, years: FloatArray, noise: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    weights = expected / (1.0 + noise * expected)
    return weights.sum(axis=1), weights @ years, weights @ years**2


def measure_noise(
    counts: FloatArray, years: FloatArray, depth: FloatArray, assumed: float
) -> tuple[float, int]:
    """Squared coefficient of variation of a clone between samples, beyond counting and steady growth.

    The value at which the median over clones of at least `NOISE_CELLS` cells of Pearson's chi-square is that of a
    chi-square (a median, so that a few selected clones do not matter), averaged with the assumed value, which is worth
    `NOISE_WEIGHT` clones.

    Returns:
        The noise, and the number of clones that showed it.
    """
    free = len(years) - 2
    large = counts.sum(axis=1) >= NOISE_CELLS
    n_large = int(large.sum())
    if free < 1 or not n_large:
        return assumed, 0
    kept = counts[large]
    wanted = float(stats.chi2.median(free))
    found = assumed
    for _ in range(3):
        expected = solve_growth(kept, years, depth, found).expected
        found = _noise_at(kept, expected, wanted)
    return (n_large * found + NOISE_WEIGHT * assumed) / (n_large + NOISE_WEIGHT), n_large


def _noise_at(counts: FloatArray, expected: FloatArray, wanted: float) -> float:
    squares = (counts - expected) ** 2

    def excess(noise: float) -> float:
        return float(np.median((squares / (expected + noise * expected**2)).sum(axis=1))) - wanted

    low, high = 0.0, 10.0
    if excess(low) <= 0:
        return 0.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return high


def measure_spread(growth: FloatArray, variance: FloatArray, background: float) -> float:
    """Standard deviation of true growth between clones, so that squared residuals have the median they should.

    Assumes that fewer than half of the clones are selected.
    """
    squares = (growth - background) ** 2

    def excess(spread2: float) -> float:
        return float(np.median(squares / (variance + spread2))) - MEDIAN_CHI2

    if excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, float(np.median(squares)) / MEDIAN_CHI2 + 1e-12
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return float(np.sqrt(high))


def fit_growth(counts: FloatArray, years: FloatArray, depth: FloatArray, noise: float, limits: Limits) -> Fit:
    """Growth of every clone over some samples, with background and spread among those clones.

    Where too few clones show what is usual, both are assumed: no growth, and cautious noise and spread.

    Args:
        counts: cells, shape (clones, samples).
        years: times, shape (samples,).
        depth: cells of all clones, shape (samples,).
        noise: squared coefficient of variation between samples.
        limits: thresholds.
    """
    tested = counts.sum(axis=1) >= limits.min_cells
    n_tested = int(tested.sum())
    is_known = n_tested >= limits.min_background
    slopes = solve_growth(counts, years, depth, noise if is_known else max(noise, CAUTIOUS_NOISE))
    growth, variance = slopes.growth, slopes.variance
    background, spread = 0.0, CAUTIOUS_SPREAD
    if is_known:
        background = float(np.median(growth[tested]))
        spread = measure_spread(growth[tested], variance[tested], background)
    return Fit(growth, variance, tested, background, spread, is_known, n_tested)


def windows(n_samples: int, min_samples: int) -> list[tuple[int, int]]:
    """All runs of at least `min_samples` consecutive samples as (start, end), the full span first.

    >>> windows(5, 4)
    [(0, 5), (0, 4), (1, 5)]
    """
    if n_samples < 2:
        return []
    shortest = min(min_samples, n_samples)
    lengths = range(n_samples, shortest - 1, -1)
    return [(start, start + n) for n in lengths for start in range(n_samples - n + 1)]


@dataclass(frozen=True)
class Lineage:
    """What one lineage shows; arrays have the shape (clones,).

    Args:
        full: the fit over all samples.
        noise: squared coefficient of variation between samples that was used.
        n_noise: clones that showed it.
        p_growth: one-sided, corrected for the number of windows.
        p_decline: the same for windows that end at the last sample.
        window: index into `windows` of the window with the smallest p for growth.
        window_growth: growth per year there.
        z: growth above the background there, in standard errors.
    """

    full: Fit
    noise: float
    n_noise: int
    p_growth: FloatArray
    p_decline: FloatArray
    window: NDArray[np.int64]
    window_growth: FloatArray
    z: FloatArray


def test_lineage(counts: FloatArray, years: FloatArray, depth: FloatArray, limits: Limits) -> Lineage:
    """Fit all windows of a lineage and test every clone for growth and decline against the background.

    The noise is measured over the full span; background and spread in every window. p values are corrected for the number
    of windows (`window_weights`), whether or not the clone has enough cells in all of them.

    Args:
        counts: cells, shape (clones, samples); samples in order of time, at least two.
        years: times, strictly increasing.
        depth: cells of all clones of the lineage, also those not in `counts`; positive.
        limits: thresholds.
    """
    runs = windows(len(years), limits.min_samples)
    noise, n_noise = measure_noise(counts, years, depth, limits.noise)
    fits = [fit_growth(counts[:, a:b], years[a:b], depth[a:b], noise, limits) for a, b in runs]
    full = fits[0]
    z = np.array([fit.z() for fit in fits])
    degrees = np.array([fit.degrees() for fit in fits])[:, None]
    up = np.where(np.isnan(z), 2.0, stats.t.sf(z, degrees))
    last = np.array([end == len(years) for _, end in runs])
    down = np.where(np.isnan(z), 2.0, stats.t.cdf(z, degrees))
    weights = window_weights(runs, years)
    ending = window_weights([run for run, is_last in zip(runs, last, strict=True) if is_last], years)
    best = (up * weights[:, None]).argmin(axis=0)
    clones = np.arange(counts.shape[0])
    return Lineage(
        full=full,
        noise=noise if full.spread_is_known else max(noise, CAUTIOUS_NOISE),
        n_noise=n_noise,
        p_growth=_corrected(up, weights),
        p_decline=_corrected(down[last], ending),
        window=best.astype(np.int64),
        window_growth=np.array([fit.growth for fit in fits])[best, clones],
        z=z[best, clones],
    )


def window_weights(runs: list[tuple[int, int]], years: FloatArray) -> FloatArray:
    """What the p value of each window is multiplied by.

    Half of the error goes to the full span, which comes first; the other half is shared by as many windows as the others
    are worth: the effective number of their correlated slopes (Li and Ji 2005, Heredity 95:221, from memory).

    >>> window_weights([(0, 4)], np.arange(4.0)).tolist()
    [1.0]
    """
    if len(runs) == 1:
        return np.ones(1)
    slopes = np.zeros((len(runs) - 1, len(years)))
    for row, (start, end) in zip(slopes, runs[1:], strict=True):
        row[start:end] = years[start:end] - years[start:end].mean()
    slopes /= np.sqrt((slopes**2).sum(axis=1, keepdims=True))
    values = np.linalg.eigvalsh(slopes @ slopes.T).clip(0.0).round(9)
    effective = float(((values >= 1.0) + (values - np.floor(values))).sum())
    weights = np.full(len(runs), 2.0 * effective)
    weights[0] = 2.0
    return weights


def _corrected(p: FloatArray, weights: FloatArray) -> FloatArray:
    """Smallest weighted p over windows; NaN where none was tested."""
    weighed = p * weights[:, None]
    tested = (p <= 1.0).any(axis=0)
    found: FloatArray = np.where(tested, np.minimum(1.0, weighed.min(axis=0)), np.nan)
    return found


def adjust(p: FloatArray) -> FloatArray:
    """Benjamini and Hochberg's q values of the p values that are not NaN.

    >>> adjust(np.array([0.01, np.nan, 0.04])).tolist()
    [0.02, nan, 0.04]
    """
    q = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    n = len(order)
    if n:
        raw = p[order] * n / np.arange(1, n + 1)
        q[order] = np.minimum(1.0, np.minimum.accumulate(raw[::-1])[::-1])
    return q
