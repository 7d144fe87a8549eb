"""Replicate noise, intervals and exceedance probabilities."""

import numpy as np
import pytest
from scipy.stats import beta as beta_law

from integrasite.abundance.intervals import (
    PRIOR_NOISE,
    Noise,
    cell_interval,
    fraction_intervals,
    match_beta,
    measure_noise,
    total_variance,
    trimmed_mean,
)


def intervals_of(by_replicate, saturated=None):
    """Intervals of clones whose replicates were counted exactly (variance = cells)."""
    table = np.asarray(by_replicate, dtype=float)
    cells = table.sum(axis=1)
    noise = measure_noise(table, table)
    variance = total_variance(cells, cells, table, noise)
    marks = np.zeros(cells.size, dtype=bool) if saturated is None else np.asarray(saturated)
    return fraction_intervals(cells, variance, table, noise, marks)


@pytest.mark.parametrize("cv", [0.0, 0.3])
def test_noise_between_replicates_is_measured(cv):
    rng = np.random.default_rng(11)
    factor = rng.gamma(1 / cv**2, cv**2, (400, 4)) if cv else np.ones((400, 4))
    counts = rng.poisson(60 * factor).astype(float)
    noise = measure_noise(counts, counts)
    assert noise.is_measured
    assert noise.df == 200
    assert noise.c2 == pytest.approx(cv**2, abs=0.012)


@pytest.mark.parametrize(
    ("by_replicate", "reason"),
    [
        ([[500.0], [500.0]], "one replicate"),
        ([[500.0, 0.0], [500.0, 0.0]], "a second replicate that failed"),
        ([[3.0, 3.0], [2.0, 4.0]], "no clone of 10 cells a replicate"),
        (np.empty((0, 2)), "no clone"),
    ],
)
def test_noise_is_assumed_where_it_cannot_be_measured(by_replicate, reason):
    table = np.asarray(by_replicate)
    assert measure_noise(table, table) == Noise(PRIOR_NOISE, 200.0, False), reason


def test_few_clones_lean_on_the_assumed_noise():
    alike = np.full((2, 2), 3000.0)
    assert measure_noise(alike, alike) == Noise(pytest.approx(PRIOR_NOISE * 5 / 7), 7.0, True)


def test_trimming_does_not_make_noise_too_small():
    rng = np.random.default_rng(3)
    counts = 1e6 * rng.normal(1.0, 0.2, (5000, 2))  # one degree of freedom each: the trimmed tail is long
    assert measure_noise(counts, np.zeros_like(counts)).c2 == pytest.approx(0.04, rel=0.06)


def test_trimmed_mean_drops_both_ends():
    values = np.r_[np.full(18, 2.0), 1000.0, -500.0]
    assert trimmed_mean(values, 0.05) == 2.0


def test_uneven_replicates_count_as_fewer():
    cells, noise = np.array([100.0]), Noise(0.09, 200.0, False)
    even = total_variance(cells, cells, np.array([[50.0, 50.0]]), noise)[0]
    uneven = total_variance(cells, cells, np.array([[99.0, 1.0]]), noise)[0]
    assert even == pytest.approx(100 + 0.09 * 100**2 / 2)
    assert uneven == pytest.approx(100 + 0.09 * 100**2, rel=0.02)


def test_beta_has_the_mean_and_variance_asked_for():
    alpha, beta = match_beta(np.array([0.2]), np.array([0.003]), 500.0)
    law = beta_law(alpha[0], beta[0])
    assert law.mean() == pytest.approx(0.2)
    assert law.var() == pytest.approx(0.003)


def test_exceedance_follows_the_beta():
    table = np.r_[[[60.0, 60.0, 60.0]], np.full((80, 3), 8.0)]
    found = intervals_of(table)
    assert found.p_ge.shape == (81, 3)
    assert (np.diff(found.p_ge, axis=1) <= 0).all()
    assert 0.05 < found.p_ge[0, 0] < 0.6
    assert found.p_ge[1].max() < 1e-6


def test_intervals_hold_the_estimate_and_narrow_with_depth():
    shallow = intervals_of(np.full((20, 3), 10.0))
    deep = intervals_of(np.full((20, 3), 1000.0))
    for found in (shallow, deep):
        assert (found.low < found.fraction).all()
        assert (found.fraction < found.high).all()
    assert found.fraction.sum() == pytest.approx(1.0)
    assert (deep.high - deep.low).max() < 0.4 * (shallow.high - shallow.low).min()


def test_singletons_get_a_beta_interval_near_zero():
    found = intervals_of(np.ones((1000, 1)))
    assert found.low[0] == pytest.approx(2.2e-5, rel=0.3)  # Exp(1) quantile 0.025 over 1,000, noise added
    assert found.high[0] == pytest.approx(3.9e-3, rel=0.15)


def test_a_clone_that_is_everything_is_not_certain():
    found = intervals_of([[30.0, 30.0]])
    assert found.fraction[0] == 1.0
    assert 0.9 < found.low[0] < 0.97
    assert found.high[0] == 1.0
    assert found.p_ge[0, 2] > 0.999
    few = intervals_of([[1.0]])
    assert few.low[0] < 0.3


def test_replicates_that_disagree_widen_the_interval():
    background = np.full((300, 3), 30.0)
    agree = intervals_of(np.r_[[[2000.0, 2000.0, 2000.0]], background])
    disagree = intervals_of(np.r_[[[500.0, 1500.0, 4000.0]], background])
    assert disagree.low[0] < 0.03
    assert disagree.high[0] > 0.6
    assert agree.high[0] - agree.low[0] < 0.1


def test_shallow_replicate_does_not_widen():
    background = np.full((300, 3), 30.0) * [1, 1, 0.001]
    found = intervals_of(np.r_[[[2000.0, 2000.0, 0.0]], background])
    assert found.low[0] > 0.1


def test_saturated_clone_has_no_upper_limit():
    table = np.full((50, 3), 20.0)
    found = intervals_of(table, saturated=[True] + [False] * 49)
    assert found.high[0] == 1.0
    assert found.high[1] < 0.1


def test_cell_interval_is_the_gamma():
    low, high = cell_interval(np.array([1.0, 100.0]), np.array([1.0, 100.0]))
    assert low[0] == pytest.approx(-np.log(0.975), rel=1e-6)
    assert high[0] == pytest.approx(-np.log(0.025), rel=1e-6)
    assert (low[1], high[1]) == pytest.approx((81.4, 120.5), abs=0.2)
