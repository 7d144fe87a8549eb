"""Bootstrap samples of a specimen's counts, and Hill numbers of all of them at one coverage."""

import zlib

import numpy as np

from integrasite.analyse import diversity_coverage as dc
from integrasite.analyse.diversity_coverage import Counts, FloatArray

SEED = 20_140_284
"""First part of every seed; the second is a checksum of the counts, so that equal counts give equal intervals."""
TABLED = 64
"""Counts below which clones are held as clones per count; larger ones one by one."""
RARE = 10
"""Counts up to which clones are taken together."""
Z = 1.959964


def seeded(counts: FloatArray) -> np.random.Generator:
    """A generator that depends on the counts alone, not on their order."""
    text = np.sort(counts[counts > 0]).astype("<i8").tobytes()
    return np.random.default_rng([SEED, zlib.crc32(text)])


def draw_samples(counts: FloatArray, n_samples: int, rng: np.random.Generator) -> Counts:
    """Bootstrap samples of a specimen's counts.

    How many clones have a small count varies as a Poisson number, each count for itself; the count of every larger clone
    varies as a Poisson number around what was seen. So nothing need be assumed of unseen clones. The bootstrap of iNEXT
    builds a community with unseen clones of equal size; its intervals are too narrow here (docs/methods.md).

    Args:
        counts: whole numbers, shape (clones,).
        n_samples: samples to draw.
        rng: source of randomness.

    Returns:
        The samples; counts below `TABLED` are pooled.

    References:
        Variance of functions of frequency counts: Chao 1987, Biometrics 43:783; the split at 10: Chao and Lee 1992,
        J Am Stat Assoc 87:210 (rare and abundant). Both from memory; the combination is our own.
    """
    values, clones = np.unique(counts[counts > 0], return_counts=True)
    table = np.zeros((n_samples, TABLED))
    is_rare = values <= RARE
    table[:, values[is_rare].astype(int)] = rng.poisson(clones[is_rare], size=(n_samples, int(is_rare.sum())))
    single = np.repeat(values[~is_rare], clones[~is_rare])
    alone = rng.poisson(single, size=(n_samples, len(single)))
    small = alone < TABLED
    at = (np.arange(n_samples)[:, None] * TABLED + alone)[small]
    table += np.bincount(at, minlength=n_samples * TABLED).reshape(n_samples, TABLED)
    is_large = ~small.all(axis=0)
    large = alone[:, is_large].astype(float)
    counted = np.broadcast_to(np.arange(1.0, TABLED), (n_samples, TABLED - 1))
    return Counts(
        np.hstack([counted, np.maximum(large, 1.0)]),
        np.hstack([table[:, 1:], (large >= TABLED).astype(float)]),
    )


def hill_at_coverage(samples: Counts, target: float) -> FloatArray:
    """Hill numbers of order 0, 1 and 2 of many samples at one coverage, shape (samples, 3)."""
    n, size = samples.n, np.maximum(dc.size_at_coverage(samples, target), 1.0)
    inside = np.exp(np.log(size) - _expected_logs(samples, np.minimum(size / n, 1.0)) / size)
    first = np.where(size < n, inside, dc.hill_1_beyond(samples, np.maximum(size, n)))
    return np.column_stack([dc.hill_0(samples, size), first, dc.hill_2(samples, size)])


def _expected_logs(samples: Counts, kept: FloatArray) -> FloatArray:
    """Sum over clones of the expected k log k, where k of the clone's x draws are kept with a chance, shape (samples,).

    Binomial thinning in place of the hypergeometric law; they differ by terms of 1 / n, far below the spread that the
    samples are drawn for.
    """
    low, high = float(kept.min()), float(kept.max())
    nodes = 0.5 * (low + high) + 0.5 * (high - low + 1e-9) * np.cos(np.pi * (np.arange(6) + 0.5) / 6)
    x = np.arange(1, TABLED)
    k = np.arange(2, TABLED)
    logs = dc.log_choose(x[:, None].astype(float), np.minimum(k, x[:, None]).astype(float))
    node = np.clip(nodes, 1e-12, 1 - 1e-12)[:, None, None]
    power = k * np.log(node) + np.maximum(x[:, None] - k, 0) * np.log1p(-node)
    chances = np.where(k <= x[:, None], np.exp(logs + power), 0.0)
    table = chances @ (k * np.log(k))
    gaps = nodes[:, None] - nodes[None, :] + np.eye(6)
    basis = np.stack(
        [np.prod(np.delete((kept[:, None] - nodes) / gaps[i], i, axis=1), axis=1) for i in range(6)], axis=1
    )
    few = np.einsum("bi,ix,bx->b", basis, table, samples.weights[:, : TABLED - 1])
    values, weights = samples.values[:, TABLED - 1 :], samples.weights[:, TABLED - 1 :]
    mean, r = values * kept[:, None], kept[:, None]
    moments = 0.5 * (1 - r) - (1 - r) * (1 - 2 * r) / (6 * mean) + 3 * (1 - r) ** 2 / (12 * mean)
    total: FloatArray = few + (weights * (mean * np.log(mean) + moments)).sum(axis=1)
    return total
