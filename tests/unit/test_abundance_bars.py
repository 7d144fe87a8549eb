"""Small twins of benchmarks/abundance_coverage.py: error, coverage and large clones, from fragments to intervals.

Seeds are fixed; the margins hold for nearly any seed: each is at least three standard errors from what the
benchmark measures over thousands of specimens.
"""

from functools import cache

import numpy as np
import pytest

from integrasite.abundance.intervals import Intervals, fraction_intervals
from integrasite.abundance.noise import measure_noise
from integrasite.abundance.sizes import Molecules, Sizes, estimate_sizes

N_FRAGMENTS, N_REPLICATES, N_BACKGROUND = 5000, 4, 600


def draw(fractions: tuple[float, ...], cv: float, umi_length: int, rng: np.random.Generator) -> Molecules:
    """A specimen whose first clones have the given fractions; all of them are seen in practice."""
    known, weights = np.array(fractions), rng.lognormal(0.0, 1.0, N_BACKGROUND)
    share = np.r_[known, (1 - known.sum()) * weights / weights.sum()]
    sigma = np.sqrt(np.log1p(cv**2))
    noise = rng.lognormal(-(sigma**2) / 2, sigma, (share.size, N_REPLICATES))
    counts = rng.poisson(N_FRAGMENTS / N_REPLICATES * share[:, None] * noise)
    counts = counts[counts.any(axis=1)]
    site, replicate = np.repeat(np.indices(counts.shape).reshape(2, -1), counts.ravel(), axis=1)
    length = np.clip(rng.lognormal(5.2, 0.45, site.size), 20, 1500).astype(np.int64)
    umi = rng.integers(0, 4**umi_length, site.size) if umi_length else np.full(site.size, -1)
    rows = np.unique(np.column_stack([site, replicate, length, umi]), axis=0)
    return Molecules(*rows.T, len(counts), N_REPLICATES, (umi_length,) * N_REPLICATES, True)


def measure(molecules: Molecules) -> tuple[Sizes, Intervals]:
    """As the pipeline does it, every site passing."""
    sizes = estimate_sizes(molecules, umi_min_length=8)
    noise = measure_noise(sizes.cells, sizes.variance, sizes.by_replicate)
    return sizes, fraction_intervals(sizes.cells, sizes.variance, sizes.by_replicate, noise, sizes.saturated)


@cache
def specimens(umi_length: int, cv: float, fractions: tuple[float, ...], n: int):
    """n measured specimens."""
    rng = np.random.default_rng([7, umi_length, round(100 * cv), round(100 * fractions[0])])
    return [measure(draw(fractions, cv, umi_length, rng)) for _ in range(n)]


@pytest.mark.parametrize(("umi_length", "estimator"), [(0, "sonic"), (12, "umi")])
def test_a_clone_of_20_percent_is_measured_within_5_percent(umi_length, estimator):
    made = specimens(umi_length, 0.0, (0.20, 0.05), 40)
    assert {sizes.estimator for sizes, _ in made} == {estimator}
    errors = np.array([found.fraction[0] / 0.20 - 1 for _, found in made])
    assert np.sqrt((errors**2).mean()) <= 0.05  # 0.028-0.034 expected; standard error 0.004


def test_a_clone_of_60_percent_is_not_under_called():
    made = specimens(0, 0.0, (0.60, 0.05), 25)
    estimates = np.array([found.fraction[0] for _, found in made])
    assert abs(estimates.mean() / 0.60 - 1) < 0.03  # standard error 0.004
    counted = np.array([sizes.n_lengths[0] / sizes.n_lengths.sum() for sizes, _ in made])
    assert counted.max() < 0.45  # what distinct lengths would say
    lowest = [found.p_ge[0, 2] for _, found in made]
    assert min(lowest) > 0.95  # called beyond 30 % every time


@pytest.mark.parametrize("umi_length", [0, 12])
def test_intervals_hold_the_truth_where_replicates_differ_by_30_percent(umi_length):
    held = []
    for fractions in ((0.20, 0.05, 0.01), (0.60, 0.05, 0.01)):
        for _, found in specimens(umi_length, 0.3, fractions, 40):
            for truth, low, high in zip(fractions, found.low, found.high, strict=False):
                held.append(low <= truth <= high)
    # 0.945 of 240 expected; the three of a specimen are nearly independent: standard error 0.015.
    assert 0.895 <= np.mean(held) <= 0.99


def test_replicates_that_agree_give_narrower_intervals_than_the_assumed_noise():
    widths = {}
    for cv in (0.0, 0.3):
        made = specimens(12, cv, (0.20, 0.05), 40) if cv == 0 else specimens(12, cv, (0.20, 0.05, 0.01), 40)
        widths[cv] = np.median([found.high[0] - found.low[0] for _, found in made])
    assert widths[0.0] < 0.6 * widths[0.3]
