"""Capture-recapture models of a closed population: how many clones there are, from how often each was seen.

`frequencies[k - 1]` is the number of clones seen at k of the t occasions.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

FloatArray = NDArray[np.float64]

Z = 1.959964
ITERATIONS = 100
LARGEST = 1e3
"""Standard error over the estimated number of unseen clones from which a fit is called failed."""


@dataclass(frozen=True)
class Estimate:
    """Clones in the population, with standard error and 95 % interval; `reason` says why there is none."""

    value: float = float("nan")
    se: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    reason: str = ""

    @property
    def pop_size(self) -> float:
        """What ISAnalytics prints as PopSize: the estimate less its standard error, rounded (half to even)."""
        return float(np.round(self.value - self.se))


def with_interval(value: float, se: float, n_seen: float) -> Estimate:
    """An estimate with the log-normal interval of its unseen part.

    References:
        Chao 1987, Biometrics 43:783.
    """
    unseen = value - n_seen
    if not np.isfinite(value) or not np.isfinite(se) or se > LARGEST * max(unseen, 1.0):
        return Estimate(reason="the model could not be fitted")
    if unseen <= 0:
        return Estimate(value, se, min(value, n_seen), max(value, n_seen + Z * se))
    factor = float(np.exp(Z * np.sqrt(np.log1p((se / unseen) ** 2))))
    return Estimate(value, se, n_seen + unseen / factor, n_seen + unseen * factor)


def fit_loglinear(frequencies: FloatArray, columns: FloatArray) -> tuple[float, float]:
    """Poisson regression of the frequencies on functions of k, with offset log C(t, k).

    Args:
        frequencies: shape (t,), not necessarily whole.
        columns: functions of k besides the intercept, shape (t, p).

    Returns:
        Estimated clones that were never seen (exp of the intercept) and the standard error of the population, NaN where
        the fit does not converge.

    References:
        Cormack 1989, Biometrics 45:395; Baillargeon and Rivest 2007, J Stat Softw 19(5) (Rcapture).
    """
    t = len(frequencies)
    k = np.arange(1.0, t + 1.0)
    offset = special.gammaln(t + 1) - special.gammaln(k + 1) - special.gammaln(t - k + 1)
    scale = np.abs(columns).max(axis=0)
    design = np.column_stack([np.ones(t), columns / scale])
    fitted = frequencies + 0.1
    linear = np.log(fitted)
    last = np.inf
    failed = (float("nan"), float("nan"))
    for _ in range(ITERATIONS):
        response = linear - offset + (frequencies - fitted) / fitted
        information = design.T @ (fitted[:, None] * design)
        try:
            found = np.linalg.solve(information, design.T @ (fitted * response))
        except np.linalg.LinAlgError:
            return failed
        linear = np.clip(design @ found + offset, -60.0, 60.0)
        fitted = np.exp(linear)
        deviance = float(
            2.0 * (special.xlogy(frequencies, frequencies / fitted) - frequencies + fitted).sum()
        )
        if abs(deviance - last) < 1e-10 * (abs(deviance) + 0.1):
            return _unseen(design, fitted, float(found[0]))
        last = deviance
    return failed


def _unseen(design: FloatArray, fitted: FloatArray, intercept: float) -> tuple[float, float]:
    information = design.T @ (fitted[:, None] * design)
    if np.linalg.cond(information) > 1e14 or intercept > 30:
        return float("nan"), float("nan")
    variance = float(np.linalg.inv(information)[0, 0])
    unseen = float(np.exp(intercept))
    return unseen, float(np.sqrt(unseen + unseen**2 * variance))


def equal_catchability(frequencies: FloatArray, bias_corrected: bool = False) -> Estimate:
    """M0: every clone is as likely to be seen at every occasion.

    Equals the solution of t p / (1 - (1 - p)^t) = mean k, N = n / (1 - (1 - p)^t).

    Args:
        frequencies: shape (t,), t at least 2.
        bias_corrected: take half a clone from those seen once and add one to those seen twice before the fit.

    References:
        Rivest and Levesque 2001, Can J Stat 29:555 (correction); Baillargeon and Rivest 2007.
    """
    used = frequencies.astype(float).copy()
    if bias_corrected:
        used[0], used[1] = max(0.0, used[0] - 0.5), used[1] + 1.0
    k = np.arange(1.0, len(used) + 1.0)
    unseen, se = fit_loglinear(used, k[:, None])
    n = float(frequencies.sum())
    return with_interval(n + unseen, se, n)


def varying_occasions(n_seen: float, per_occasion: FloatArray) -> Estimate:
    """Mt, bias-corrected: occasions differ in how much they show, clones do not. With two occasions, Chapman's estimate.

    Solves prod(1 - n_i' / N') = 1 - n' / N' with n_i' = n_i + (t + 2) / (2 t) and n' = n + t / 2; N = N' - t / 2.

    Args:
        n_seen: clones seen at any occasion.
        per_occasion: clones seen at each, shape (t,).

    References:
        Darroch 1958, Biometrika 45:343 (model, variance); Rivest and Levesque 2001 (correction).
    """
    t = len(per_occasion)
    caught, n = per_occasion + (t + 2.0) / (2.0 * t), n_seen + t / 2.0

    def gap(log_excess: float) -> float:
        total = n + np.exp(log_excess)
        return float(log_excess - np.log(total) - np.log1p(-np.minimum(caught / total, 1 - 1e-15)).sum())

    low, high = np.log(n) - 40.0, np.log(n)
    while gap(high) < 0 and high < 60:
        high += 2.0
    if gap(low) > 0 or gap(high) < 0:
        return Estimate(reason="the model could not be fitted")
    total = n + float(np.exp(optimize.brentq(gap, low, high, xtol=1e-13)))
    missed = 1.0 - caught / total
    spread = 1.0 / missed.prod() + t - 1.0 - (1.0 / missed).sum()
    se = float(np.sqrt(total / spread)) if spread > 0 else float("inf")
    return with_interval(total - t / 2.0, se, n_seen)


def chao_lower_bound(frequencies: FloatArray, bias_corrected: bool = False) -> Estimate:
    """Mh, Chao's lower bound: clones may differ in any way; at least so many there are.

    Args:
        frequencies: shape (t,), t at least 2.
        bias_corrected: the form that also holds without clones seen twice.

    References:
        Chao 1987, Biometrics 43:783; Rivest and Baillargeon 2007, Biometrics 63:999 (standard error of the plain form).
    """
    t, once, twice = len(frequencies), float(frequencies[0]), float(frequencies[1])
    n, share = float(frequencies.sum()), (len(frequencies) - 1.0) / len(frequencies)
    if bias_corrected:
        unseen = share * once * (once - 1.0) / (2.0 * (twice + 1.0))
        variance = (
            unseen
            + share**2 * once * (2.0 * once - 1.0) ** 2 / (4.0 * (twice + 1.0) ** 2)
            + share**2 * once**2 * twice * (once - 1.0) ** 2 / (4.0 * (twice + 1.0) ** 4)
        )
        return with_interval(n + unseen, float(np.sqrt(variance)), n)
    if once == 0 or twice == 0:
        return Estimate(
            reason=f"no clone was seen at exactly {'one' if once == 0 else 'two'} of {t} occasions"
        )
    unseen = share * once**2 / (2.0 * twice)
    return with_interval(n + unseen, float(np.sqrt(unseen + unseen**2 * (4.0 / once + 1.0 / twice))), n)


def chao_lower_bound_occasions(n_seen: float, single: FloatArray, twice: float) -> Estimate:
    """Mth, lower bound: clones may differ in any way and occasions in depth; bias-corrected.

    With u_i clones seen at occasion i alone, unseen clones are at least sum over i < j of u_i u_j / f2: u_i is in proportion
    to what occasion i shows, and the rest is the Cauchy-Schwarz inequality as in Chao's bound. Equal u_i give Chao's
    bound, two occasions Chapman's estimate. Chao's own bound passes the truth where depths differ.

    Args:
        n_seen: clones seen at any occasion.
        single: clones seen at each occasion and no other, shape (t,).
        twice: clones seen at exactly two occasions.

    References:
        Own derivation on Chao 1987, Biometrics 43:783; the model is Mth of Rivest and Baillargeon 2007.
    """
    once = float(single.sum())
    pairs = (once**2 - float((single**2).sum())) / 2.0
    unseen = pairs / (twice + 1.0)
    if pairs <= 0:
        return with_interval(n_seen, 0.0, n_seen)
    relative = float((single * (once - single) ** 2).sum()) / pairs**2 + 1.0 / (twice + 1.0)
    return with_interval(n_seen + unseen, float(np.sqrt(unseen + unseen**2 * relative)), n_seen)


def heterogeneous(frequencies: FloatArray, shape: str) -> Estimate:
    """Mh with a given shape of the differences between clones: `poisson2`, `darroch` or `gamma3.5`.

    A lighter (Poisson) to heavier (Gamma) law of how easily a clone is seen; the data cannot tell them apart.

    Args:
        frequencies: shape (t,).
        shape: the law.

    References:
        Rivest and Baillargeon 2007, Biometrics 63:999; Darroch et al. 1993, J Am Stat Assoc 88:1137.
    """
    t = len(frequencies)
    if t < 3:
        return Estimate(reason="needs 3 occasions")
    k = np.arange(1.0, t + 1.0)
    column = {
        "poisson2": 2.0**k - 1.0,
        "darroch": k**2 / 2.0,
        "gamma3.5": np.log(3.5) - np.log(3.5 + k),
    }[shape]
    if np.count_nonzero(frequencies) < 3:
        return Estimate(reason="needs clones seen at three different numbers of occasions")
    unseen, se = fit_loglinear(frequencies.astype(float), np.column_stack([k, column]))
    n = float(frequencies.sum())
    return with_interval(n + unseen, se, n)
