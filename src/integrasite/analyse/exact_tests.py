"""Exact tests on many small tables at once: beta-binomial tails, Fisher's test, stratified tables."""

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_TIE = 1.0 + 1e-7
"""Probabilities that differ by less are equal (as R's fisher.test has it)."""
_NEGLIGIBLE = 1e-14
_IMPOSSIBLE = 1e-100
"""Chances below this are left out of sums of many counts."""


def beta_binomial_tail(k: IntArray, n: IntArray, share: FloatArray, rho: float) -> FloatArray:
    """P(X >= k) for X beta-binomial with `n` trials, mean `n * share` and correlation `rho` between trials.

    Args:
        k: observed, one per test.
        n: trials, `k <= n`.
        share: mean of the probability, within (0, 1).
        rho: correlation between trials, 0 (binomial) to below 1.

    Returns:
        The tails, summed term by term from `k` away from the mean.
    """
    if rho <= 0:
        return np.asarray(stats.binom.sf(k - 1, n, share))
    a, b = share * (1 / rho - 1), (1 - share) * (1 / rho - 1)
    is_upper = k > n * share
    found = np.where(is_upper, 0.0, 1.0)
    for upper in (True, False):
        rows = np.flatnonzero(is_upper == upper)
        start = k[rows] if upper else k[rows] - 1
        rows = rows[start >= 0]
        start = start[start >= 0]
        tail = _sum_terms(start, n[rows], a[rows], b[rows], 1 if upper else -1)
        found[rows] = tail if upper else 1.0 - tail
    return np.clip(found, 0.0, 1.0)


def _sum_terms(start: IntArray, n: IntArray, a: FloatArray, b: FloatArray, step: int) -> FloatArray:
    """Sum of the beta-binomial law from `start` to its end on one side, until terms no longer matter."""
    log_first = (
        special.gammaln(n + 1) - special.gammaln(start + 1) - special.gammaln(n - start + 1)
        + special.betaln(start + a, n - start + b) - special.betaln(a, b)
    )  # fmt: skip
    total, x = np.ones(len(start)), start.astype(float)
    term, live = np.ones(len(start)), np.arange(len(start))
    while len(live):
        m, p, q, at = n[live], a[live], b[live], x[live]
        if step > 0:
            ratio = (m - at) * (p + at) / ((at + 1) * (q + m - at - 1))
        else:
            ratio = at * (q + m - at) / ((m - at + 1) * (p + at - 1))
        term[live] *= ratio
        total[live] += term[live]
        x[live] = at + step
        inside = (x[live] < m) if step > 0 else (x[live] > 0)
        live = live[inside & (term[live] > _NEGLIGIBLE * total[live])]
    return np.asarray(np.exp(log_first + np.log(total)))


def fit_correlation(k: IntArray, n: IntArray, share: FloatArray) -> float:
    """Maximum-likelihood correlation of the beta-binomial law, with known means; 0 where the binomial law fits best."""
    order = np.lexsort((share, n, k))
    k_, n_, s = k[order].astype(float), n[order].astype(float), share[order]
    is_first = np.append(True, (np.diff(k_) != 0) | (np.diff(n_) != 0) | (np.diff(s) != 0))[: len(s)]
    counts = np.diff(np.flatnonzero(is_first), append=len(s))
    k_, n_, s = k_[is_first], n_[is_first], s[is_first]

    def loss(log_rho: float) -> float:
        size = np.exp(-log_rho) - 1.0
        a, b = s * size, (1 - s) * size
        return -float((counts * (special.betaln(k_ + a, n_ - k_ + b) - special.betaln(a, b))).sum())

    found = optimize.minimize_scalar(loss, bounds=(np.log(1e-7), np.log(0.5)), method="bounded")
    rho = float(np.exp(found.x))
    return rho if rho > 3e-7 else 0.0


def _hypergeometric(low: int, high: int, drawn: int, marked: int, size: int) -> FloatArray:
    """Chances of `low` to `high` marked ones (the whole support) among `drawn` of `size`."""
    k = np.arange(low, high + 1)
    logs = -(
        special.gammaln(k + 1) + special.gammaln(drawn - k + 1) + special.gammaln(marked - k + 1)
        + special.gammaln(size - drawn - marked + k + 1)
    )  # fmt: skip
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())


def fisher_two_sided(a: IntArray, b: IntArray, total_a: int, total_b: int) -> FloatArray:
    """Fisher's exact two-sided p of tables [[a, total_a - a], [b, total_b - b]] that share their column totals."""
    p = np.ones(len(a))
    both = a + b
    order = np.argsort(both, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(both[order])) + 1):
        if not len(rows):
            continue
        m = int(both[rows[0]])
        low, high = max(0, m - total_b), min(m, total_a)
        chances = _hypergeometric(low, high, m, total_a, total_a + total_b)
        ranked = np.sort(chances)
        below = np.searchsorted(ranked, chances[a[rows] - low] * _TIE, side="right")
        p[rows] = np.minimum(1.0, np.cumsum(ranked)[below - 1])
    return p


def stratified_tail(observed: int, drawn: IntArray, marked: IntArray, size: IntArray) -> float:
    """P(X >= observed) for the sum of independent hypergeometric counts: the exact form of the Cochran-Mantel-Haenszel test.

    Args:
        observed: marked ones among the drawn, over all strata.
        drawn, marked, size: of each stratum.
    """
    laws: list[_Law] = []
    table, repeats = np.unique(np.column_stack([drawn, marked, size]), axis=0, return_counts=True)
    for (n, m, total), times in zip(table.tolist(), repeats.tolist(), strict=True):
        low, high = max(0, n + m - total), min(n, m)
        laws += [(low, _hypergeometric(low, high, n, m, total))] * times
    # pairs of pairs: thousands of strata one after the other would take time by the square of their number
    while len(laws) > 1:
        laws = [_sum_of(*laws[i : i + 2]) for i in range(0, len(laws), 2)]
    lowest, law = laws[0] if laws else (0, np.ones(1))
    return float(min(1.0, law[max(0, observed - lowest) :].sum()))


_Law = tuple[int, FloatArray]
"""Smallest value, and the chances of it and the following ones."""


def _sum_of(one: _Law, other: _Law | None = None) -> _Law:
    """Law of the sum of two independent counts, without the ends that are too unlikely to matter for any p."""
    if other is None:
        return one
    law = np.convolve(one[1], other[1])
    kept = np.flatnonzero(law > _IMPOSSIBLE)
    return one[0] + other[0] + int(kept[0]), law[kept[0] : kept[-1] + 1]


def mantel_haenszel(hit_drawn: FloatArray, drawn: FloatArray, marked: FloatArray, size: FloatArray) -> float:
    """Mantel and Haenszel's common odds ratio, half a count added to both sums so that it is never 0 or infinite."""
    other = size - drawn - marked + hit_drawn
    up = float((hit_drawn * other / size).sum())
    down = float(((drawn - hit_drawn) * (marked - hit_drawn) / size).sum())
    return (up + 0.5) / (down + 0.5)
