"""Copies from a count of fragments and what one copy is expected to give, with an interval: gamma-Poisson."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

TAIL = 0.025
_LEAST_VARIANCE = 1e-7
_STEPS = 60


def tail_above(n: Floats, mean: Floats, variance: Floats) -> Floats:
    """Mid-p chance of a count of at least `n`: what lies above, and half of `n` itself.

    The count is Poisson with a mean that is itself uncertain: gamma with a relative variance.

    Args:
        n: counts.
        mean: expected counts.
        variance: of the expected count, relative to its square.
    """
    from scipy.special import betainc

    shape = 1 / np.maximum(variance, _LEAST_VARIANCE)
    chance = shape / (shape + mean)
    up_to = betainc(shape, n + 1, chance)
    below = np.where(n > 0, betainc(shape, np.maximum(n, 1), chance), 0.0)
    found: Floats = 1 - (up_to + below) / 2
    return found


def copies_interval(n: Floats, expected: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """95 % interval of copies.

    Both limits leave `TAIL` of the mid-p distribution beyond the count, so that small counts are covered 95 % of the time on
    the mean rather than at the least.

    Args:
        n: distinct fragments.
        expected: fragments of one copy.
        variance: of `expected`, relative to its square.

    Returns:
        Lower and upper limits; NaN where nothing is expected.

    References:
        Lancaster 1961, J Am Stat Assoc 56:223 (mid-p).
    """
    n, expected, variance = (
        np.asarray(values, np.float64) for values in np.broadcast_arrays(n, expected, variance)
    )
    usable = expected > 0
    safe = np.where(usable, expected, 1.0)
    low = np.where(n > 0, _solve(n, variance, TAIL), 0.0)
    high = _solve(n, variance, 1 - TAIL)
    nan = np.nan
    return np.where(usable, low / safe, nan), np.where(usable, high / safe, nan)


def _solve(n: Floats, variance: Floats, wanted: float) -> Floats:
    """Mean at which the chance of at least `n` is `wanted`, by halving on the logarithm."""
    wide = 40 * np.sqrt(np.maximum(variance, 0)) + 3
    low, high = np.log(np.maximum(n, 1e-3)) - wide - 6, np.log(n + 1) + wide
    for _ in range(_STEPS):
        middle = (low + high) / 2
        above = tail_above(n, np.exp(middle), variance) > wanted
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    found: Floats = np.exp((low + high) / 2)
    return found
