"""Intervals and exceedance probabilities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit

from integrasite.abundance.intervals import (
    THRESHOLDS,
    cell_interval,
    dilution,
    fraction_intervals,
    total_variance,
)
from integrasite.abundance.noise import ASSUMED, ASSUMED_CV, measure_noise


def intervals_of(by_replicate, saturated=None):
    """Intervals of clones whose replicates were counted exactly (variance = cells)."""
    table = np.asarray(by_replicate, dtype=float)
    cells = table.sum(axis=1)
    noise = measure_noise(cells, cells, table)
    marks = np.zeros(cells.size, dtype=bool) if saturated is None else np.asarray(saturated)
    return fraction_intervals(cells, cells, table, noise, marks)


def test_uneven_replicates_count_as_fewer():
    cells = np.array([100.0])
    even, uneven = np.array([[50.0, 50.0]]), np.array([[99.0, 1.0]])
    assert dilution(even) == 0.5
    assert dilution(uneven) == pytest.approx(0.9802)
    assert total_variance(cells, cells, even, np.array([0.09]))[0] == pytest.approx(100 + 0.09 * 100**2 / 2)


def test_one_replicate_gets_the_assumed_noise_and_no_less():
    found = intervals_of(np.r_[[[20_000.0]], np.full((800, 1), 100.0)])
    assert not found.noise.is_measured
    assert logit(found.high[0]) - logit(found.low[0]) == pytest.approx(2 * 1.96 * ASSUMED_CV, rel=0.02)


def test_the_law_of_the_limits_is_that_of_the_exceedance():
    """A limit at t leaves 2.5 % beyond t, whatever the replicates say; small clones keep the lower limit's law."""
    rng = np.random.default_rng(2)
    background = rng.poisson(20.0, (150, 3)).astype(float)
    for size in (8.0, 60.0, 300.0, 900.0):
        found = intervals_of(np.r_[[[size, 0.7 * size, 1.2 * size]], background])
        for column, threshold in enumerate(THRESHOLDS):
            assert (found.p_ge[0, column] >= 0.975) == (found.low[0] >= threshold)
            if found.p_ge[0, column] <= 0.025:
                assert found.high[0] <= threshold or size == 8.0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 4000), min_size=3, max_size=3).filter(any), min_size=1, max_size=12),
    st.integers(1, 3),
)
def test_limits_hold_the_estimate_for_any_table(rows, n_replicates):
    table = np.array(rows, dtype=float)[:, :n_replicates]
    table = table[table.sum(axis=1) > 0]
    found = intervals_of(table)
    assert (found.low <= found.fraction).all()
    assert (found.fraction <= found.high).all()
    assert ((found.low >= 0) & (found.high <= 1)).all()
    assert np.isfinite(found.p_ge).all()
    assert (np.diff(found.p_ge, axis=1) <= 1e-12).all()


def test_order_of_clones_does_not_matter():
    rng = np.random.default_rng(5)
    table = rng.poisson(np.exp(rng.normal(2.5, 1.2, (60, 1))) * np.ones((1, 3))).astype(float)
    table = table[table.sum(axis=1) > 0]
    order = rng.permutation(len(table))
    one, two = intervals_of(table), intervals_of(table[order])
    np.testing.assert_allclose(one.low[order], two.low, rtol=1e-6)
    np.testing.assert_allclose(one.p_ge[order], two.p_ge, rtol=1e-6, atol=1e-12)


def test_exceedance_falls_with_the_threshold():
    table = np.r_[[[60.0, 60.0, 60.0]], np.full((80, 3), 8.0)]
    found = intervals_of(table)
    assert found.p_ge.shape == (81, 3)
    assert (np.diff(found.p_ge, axis=1) <= 0).all()
    assert 0.005 < found.p_ge[0, 0] < 0.6
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
    assert found.high[0] == pytest.approx(4.8e-3, rel=0.15)  # Gamma(3/2): half a fragment more


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
    assert disagree.low[0] < 0.09
    assert disagree.high[0] > 0.33
    assert agree.high[0] - agree.low[0] < 0.1


def test_a_failed_replicate_does_not_widen():
    """A replicate with a thousandth of the others' cells says nothing, however far off it is."""
    background = np.full((300, 3), 30.0) * [1, 1, 0.001]
    found = intervals_of(np.r_[[[2000.0, 2000.0, 0.0]], background])
    assert found.low[0] > 0.1


def test_saturated_clone_has_no_upper_limit():
    table = np.full((50, 3), 20.0)
    found = intervals_of(table, saturated=[True] + [False] * 49)
    assert found.high[0] == 1.0
    assert found.high[1] < 0.1


def test_assumed_noise_is_labelled():
    assert not ASSUMED.is_measured
    assert ASSUMED.c2 == pytest.approx(0.09)


def test_cell_interval_is_the_gamma():
    low, high = cell_interval(np.array([1.0, 100.0]), np.array([1.0, 100.0]))
    assert low[0] == pytest.approx(-np.log(0.975), rel=1e-6)
    assert high[0] == pytest.approx(-np.log(0.025), rel=1e-6)
    assert (low[1], high[1]) == pytest.approx((81.4, 120.5), abs=0.2)
