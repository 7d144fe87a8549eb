"""How much clones vary between replicates beyond sampling, learned from all clones of a specimen together.

A clone's share of a replicate is its share of the specimen times a factor of mean 1, whose logarithm has
variance c. Clones need not be equally noisy: c of a clone is scaled inverse chi-square around a typical value.
Both the typical value and how alike clones are stand on a grid, weighed by how well they explain the replicates.

References:
    Smyth 2004, Stat Appl Genet Mol Biol 3:3 (variances moderated by those of all other units).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from integrasite.abundance.bins import FloatArray, IntArray

ASSUMED_CV = 0.3
"""Variation between replicates assumed where it cannot be measured, and the centre of what is expected of it."""
LARGE = 10.0
"""Cells per replicate from which the logarithm of a clone's share is nearly normal."""
FEWEST_CELLS = 2.0
"""Cells that a clone needs to say anything about differences between replicates."""
MOST_LARGE, MOST_SMALL = 400, 2000
"""Clones looked at, largest first: more would change nothing but the time."""
ALIKE_DF = (2.0, 6.0, 20.0, np.inf)
"""Degrees of freedom of the inverse chi-square: how alike clones can be."""
PRIOR_DF = 5.0
"""The typical c over the assumed one is F distributed with this many degrees of freedom twice: median 1, and
little weight on replicates without any noise, which few replicates cannot tell from noisy ones."""
_GRID = np.exp(np.linspace(np.log(1e-5), np.log(4.0), 48))


@dataclass(frozen=True)
class Noise:
    """What the replicates say about the log variance c of clones between replicates.

    Args:
        grid: values of c.
        typical: weight of each value for a clone that was not looked at itself.
        measured: indices of the clones that were.
        own: weights of each value for these, shape (measured clones, values).
        is_measured: whether these replicates were measured (else it is the assumed value alone).
    """

    grid: FloatArray
    typical: FloatArray
    measured: IntArray
    own: FloatArray
    is_measured: bool

    @property
    def c2(self) -> float:
        """Expected c of a clone that was not looked at itself."""
        return float(self.typical @ self.grid)

    def expected(self, n_clones: int) -> FloatArray:
        """Expected c of every clone."""
        values = np.full(n_clones, self.c2)
        values[self.measured] = self.own @ self.grid
        return values

    def weights(self, clones: IntArray) -> FloatArray:
        """Weights of the grid's values for these clones, shape (clones, values)."""
        place = np.full(int(max(clones.max(initial=-1), self.measured.max(initial=-1))) + 1, -1)
        place[self.measured] = np.arange(self.measured.size)
        chosen = place[clones]
        table: FloatArray = np.vstack([self.own, self.typical])[chosen]
        return table


ASSUMED = Noise(np.array([ASSUMED_CV**2]), np.ones(1), np.empty(0, dtype=np.int64), np.empty((0, 1)), False)
"""One replicate, or nothing large enough to compare."""


def measure_noise(cells: FloatArray, variance: FloatArray, by_replicate: FloatArray) -> Noise:
    """Learn how clones vary between replicates.

    Large clones count by the logarithm of their share, small ones by how unevenly their cells fall
    (Dirichlet-multinomial). Shares are relative to all clones, so that one noisy large clone does not make
    the others look noisy.

    Args:
        cells: cells per clone.
        variance: sampling variance of `cells`.
        by_replicate: cells, shape (clones, replicates).

    Returns:
        The noise; `ASSUMED` for one replicate, or where no clone can be compared with others.
    """
    used = by_replicate.sum(axis=0) > 0
    by_replicate = by_replicate[:, used]
    n_replicates = int(used.sum())
    seen = np.flatnonzero(cells >= FEWEST_CELLS)
    if n_replicates < 2 or not seen.size:
        return ASSUMED
    order = seen[np.argsort(-cells[seen], kind="stable")]
    n_large = int((cells[order] >= LARGE * n_replicates).sum())
    large, small = order[: min(n_large, MOST_LARGE)], order[n_large:][:MOST_SMALL]
    units = _collect_units(cells, variance, by_replicate, large)
    if units.log_share.shape[0] < 2 and not (units.log_share.size and small.size):
        return ASSUMED
    counts = by_replicate[small] * (cells[small] / variance[small])[:, None]
    return _learn(units, large, counts)


@dataclass(frozen=True)
class _Units:
    """Large clones, and all others as one unit: log cells and its sampling variance, (units, replicates).

    `averaged` is how much a unit's noise shrinks because it is made of many clones: 1 for a clone.
    """

    log_share: FloatArray
    sampling: FloatArray
    averaged: FloatArray


def _collect_units(cells: FloatArray, variance: FloatArray, table: FloatArray, large: IntArray) -> _Units:
    share = table.sum(axis=0) / table.sum()
    rest = np.ones(cells.size, dtype=bool)
    rest[large] = False
    seen, relative = table[large], variance[large] / cells[large] ** 2
    averaged, others = np.ones(large.size), float(cells[rest].sum())
    if others >= LARGE * share.size:
        seen = np.vstack([seen, table[rest].sum(axis=0)])
        relative = np.append(relative, variance[rest].sum() / others**2)
        averaged = np.append(averaged, (cells[rest] ** 2).sum() / others**2)
    return _Units(np.log(seen + 0.5), relative[:, None] / share, averaged)


def _learn(units: _Units, large: IntArray, small_counts: FloatArray) -> Noise:
    """Weigh the grid by all clones; a second pass takes the effect of replicates at the noise found first."""
    hyper, prior = _hyper_grid()
    c = ASSUMED_CV**2
    own = np.empty((0, _GRID.size))
    for _ in range(2):
        effect, share = _replicate_effects(units, c)
        evidence = prior
        if units.log_share.shape[0] > 1:
            own = _relative_likelihood(_log_likelihood(units, effect, share)[: large.size])
            evidence = evidence + np.log(hyper @ own.T + 1e-300).sum(axis=1)
        small = _relative_likelihood(_split_likelihood(small_counts, effect))
        evidence = evidence + np.log(hyper @ small.T + 1e-300).sum(axis=1)
        weight = np.exp(evidence - evidence.max())
        weight /= weight.sum()
        typical = weight @ hyper
        c = float(typical @ _GRID)
    clones = large[: own.shape[0]]
    marginal = np.maximum(hyper @ own.T, 1e-300)
    posterior = own * ((weight[:, None] / marginal).T @ hyper)
    return Noise(_GRID, typical, clones, posterior / posterior.sum(axis=1, keepdims=True), True)


@lru_cache(maxsize=1)
def _hyper_grid() -> tuple[FloatArray, FloatArray]:
    """How c is spread for each (likeness, typical value): weights over the grid, and log prior of each."""
    from scipy.special import gammaln

    rows = []
    for df in ALIKE_DF:
        if np.isinf(df):
            rows.append(np.eye(_GRID.size))
            continue
        scaled = df * _GRID[:, None] / _GRID[None, :]
        density = np.exp(df / 2 * np.log(scaled / 2) - scaled / 2 - gammaln(df / 2))
        rows.append(density / density.sum(axis=1, keepdims=True))
    ratio = _GRID / ASSUMED_CV**2
    prior = PRIOR_DF / 2 * np.log(ratio) - PRIOR_DF * np.log1p(ratio)  # the grid is even in log c
    return np.vstack(rows), np.tile(prior, len(ALIKE_DF))


def _replicate_effects(units: _Units, c: float) -> tuple[FloatArray, FloatArray]:
    """What each replicate adds to every unit's log cells, and each unit's share in saying so."""
    weight = 1.0 / (units.sampling + units.averaged[:, None] * c)
    level, effect = np.zeros(weight.shape[0]), np.zeros(weight.shape[1])
    for _ in range(20):
        level = (weight * (units.log_share - effect)).sum(axis=1) / weight.sum(axis=1)
        effect = (weight * (units.log_share - level[:, None])).sum(axis=0) / weight.sum(axis=0)
    return effect, (weight / weight.sum(axis=0)).mean(axis=1)


def _log_likelihood(units: _Units, effect: FloatArray, share: FloatArray) -> FloatArray:
    """Log likelihood of each value of c for each unit, its level integrated out (units, values)."""
    value = (units.log_share - effect)[:, None, :]
    variance = units.sampling[:, None, :] + (units.averaged[:, None] * _GRID)[:, :, None]
    weight = 1.0 / variance
    total = weight.sum(axis=2)
    level = (weight * value).sum(axis=2) / total
    misfit = (weight * (value - level[:, :, None]) ** 2).sum(axis=2)
    likelihood: FloatArray = -0.5 * misfit - 0.5 * (1 - share)[:, None] * (
        np.log(variance).sum(axis=2) + np.log(total)
    )
    return likelihood


def _split_likelihood(counts: FloatArray, effect: FloatArray) -> FloatArray:
    """Log likelihood of each value of c for small clones, given how many cells each has (clones, values)."""
    from scipy.special import gammaln

    share = np.exp(effect - effect.max())
    share = share / share.sum() * share.size
    alpha = share / np.expm1(_GRID)[:, None]
    total, whole = counts.sum(axis=1), alpha.sum(axis=1)
    likelihood: FloatArray = gammaln(whole) - gammaln(total[:, None] + whole)
    for replicate in range(share.size):
        likelihood += gammaln(counts[:, replicate, None] + alpha[:, replicate]) - gammaln(alpha[:, replicate])
    return likelihood


def _relative_likelihood(logarithm: FloatArray) -> FloatArray:
    relative: FloatArray = np.exp(logarithm - logarithm.max(axis=1, keepdims=True))
    return relative
