"""Fragment-length estimates: against sonicLength, against a slow twin, and on the smallest legal inputs."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from integrasite.abundance.bins import LONGEST, Bins, collect_bins
from integrasite.abundance.smoothing import GRID_LIMIT, make_grid
from integrasite.abundance.sonic import fit_sonic, sampling_variance, solve_theta, theta_by_replicate
from integrasite.errors import ConfigError, DataError

REALDATA = Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared/realdata"))


def make_bins(rows, n_sites=None, n_replicates=None) -> Bins:
    """Bins from rows of (site, replicate, length)."""
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    n_sites = n_sites or int(table[:, 0].max()) + 1
    n_replicates = n_replicates or int(table[:, 1].max()) + 1
    return collect_bins(*table.T, n_sites, n_replicates)


def simulate(fraction, n_fragments, n_replicates=4, mean=5.3, seed=5) -> tuple[Bins, np.ndarray]:
    """Site 0 holds `fraction` of the fragments, 400 others the rest; with the true fragments per site."""
    rng = np.random.default_rng(seed)
    share = np.r_[fraction, np.full(400, (1 - fraction) / 400)]
    site = rng.choice(401, n_fragments, p=share)
    length = np.maximum(rng.lognormal(mean, 0.45, n_fragments).astype(np.int64), 20)
    replicate = rng.integers(0, n_replicates, n_fragments)
    return collect_bins(site, replicate, length, 401, n_replicates), np.bincount(site, minlength=401)


@pytest.mark.realdata
@pytest.mark.skipif(not REALDATA.is_dir(), reason="real data not here")
def test_reproduces_the_converged_fit_of_soniclength():
    table = pd.read_csv(REALDATA / "tables/soniclength_A1.tsv", sep="\t")
    site, names = pd.factorize(table["locations"])
    bins = collect_bins(site, table["replicates"].to_numpy() - 1, table["lengths"].to_numpy(), len(names), 3)
    reference = pd.read_csv(REALDATA / "reference_values/soniclength_A1_reference.tsv", sep="\t")
    reference = reference.set_index("location").loc[names]
    fit = fit_sonic(bins, knots="soniclength", tolerance=1e-7)
    assert fit.converged
    np.testing.assert_allclose(fit.theta, reference["theta_tight"], rtol=1e-4)
    assert np.median(fit.variance / reference["var_theta"]) == pytest.approx(1.0, abs=1e-3)
    # Adapted knots move the largest clone by about 1 %, others by less.
    np.testing.assert_allclose(fit_sonic(bins).theta, reference["theta_tight"], rtol=0.02)


def test_large_clone_is_found_where_counting_lengths_fails():
    bins, truth = simulate(0.3, 8000)
    theta = fit_sonic(bins).theta
    assert bins.n_lengths[0] < 0.6 * truth[0]
    assert theta[0] == pytest.approx(truth[0], rel=0.06)
    assert theta[1:].sum() == pytest.approx(truth[1:].sum(), rel=0.02)


def test_theta_by_replicate_splits_the_clone():
    bins, truth = simulate(0.3, 8000)
    fit = fit_sonic(bins)
    theta, variance = theta_by_replicate(bins, fit)
    assert theta.shape == variance.shape == (401, 4)
    assert theta[0].sum() == pytest.approx(truth[0], rel=0.06)
    assert (variance >= theta).all()


def uneven(n_first, n_second, seed=4) -> Bins:
    """Site 0 holds so many cells in two replicates, 200 others 6 in each."""
    rng = np.random.default_rng(seed)
    site = np.r_[np.zeros(n_first + n_second, dtype=np.int64), np.repeat(np.arange(1, 201), 12)]
    replicate = np.r_[np.zeros(n_first), np.ones(n_second), np.tile([0, 1], 1200)].astype(np.int64)
    length = np.maximum(rng.lognormal(5.2, 0.45, site.size).astype(np.int64), 20)
    return collect_bins(site, replicate, length, 201, 2)


def test_a_large_clone_may_differ_between_replicates():
    """One size for both replicates would pull them together, and lose cells where most lengths are filled."""
    logs, sums = [], []
    for seed in range(6):
        bins = uneven(700, 2100, seed)
        fit = fit_sonic(bins)
        theta, _ = theta_by_replicate(bins, fit)
        logs.append(np.log(theta[0, 1] / theta[0, 0]))
        sums.append(fit.theta[0])
        assert fit.theta[0] == pytest.approx(theta[0].sum(), rel=1e-6)
    assert np.mean(logs) == pytest.approx(np.log(3), abs=0.12)
    assert np.mean(sums) == pytest.approx(2800, rel=0.05)


def test_a_replicate_that_is_full_takes_its_share_of_the_whole():
    rng = np.random.default_rng(6)
    rows = [(0, 0, length) for length in range(20, 320) for _ in (0, 1)]  # every length there is
    rows += [(0, 1, int(length)) for length in rng.integers(20, 320, 90)]
    rows += [
        (site, replicate, int(rng.integers(20, 320))) for site in range(1, 80) for replicate in (0, 0, 1, 1)
    ]
    fit = fit_sonic(make_bins(rows))
    assert np.isfinite(fit.theta).all()
    assert np.isfinite(fit.variance).all()
    assert fit.theta[0] < 100 * fit.theta[1:].sum()


def test_short_fragments_fill_up_and_are_said_to():
    full, _ = simulate(0.6, 8000, n_replicates=1, mean=4.0)
    roomy, _ = simulate(0.6, 8000, n_replicates=4)
    assert fit_sonic(full).saturated.tolist() == [True] + [False] * 400
    assert not fit_sonic(roomy).saturated.any()


def test_estimate_that_still_rises_is_a_bound():
    rng = np.random.default_rng(1)
    length = rng.lognormal(5.5, 0.5, 50000).astype(np.int64)
    replicate = rng.integers(0, 4, 50000)
    fit = fit_sonic(make_bins(np.column_stack([np.zeros(50000, dtype=int), replicate, length])))
    assert not fit.converged
    assert fit.saturated[0]
    assert 5000 < fit.theta[0] < 50000


@pytest.mark.parametrize("knots", ["quantile", "soniclength"])
@pytest.mark.parametrize(
    ("rows", "n_sites", "n_replicates", "expected"),
    [
        ([], 2, 1, [0.0, 0.0]),  # nothing seen
        ([(0, 0, 100)], 1, 1, [1.0]),  # one fragment is one cell
        ([(0, 2, 1)], 1, 3, [1.0]),  # in one of three replicates, at the shortest length
        ([(0, 0, 1), (1, 0, LONGEST)], 2, 1, [1.0, 1.0]),  # the widest range
        ([(0, 0, 100), (0, 0, 100)], 1, 1, [1.0]),  # repeated rows count once
        ([(0, 0, 100), (0, 1, 100)], 1, 2, [2.0]),  # replicates are never pooled
        ([(site, 0, 77) for site in range(50)], 50, 1, [1.0] * 50),  # restriction-like: one length
    ],
)
def test_smallest_inputs(rows, n_sites, n_replicates, expected, knots):
    fit = fit_sonic(make_bins(rows, n_sites, n_replicates), knots=knots)
    np.testing.assert_allclose(fit.theta, expected, rtol=0.01)
    assert np.isfinite(fit.variance).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(1, 60)), min_size=1, max_size=120),
    st.sampled_from(["quantile", "soniclength"]),
)
def test_never_below_distinct_bins_never_nan_whatever_the_order(rows, knots):
    fit = fit_sonic(make_bins(rows, 5, 3), knots=knots)
    bins = make_bins(rows[::-1], 5, 3)
    theta, _ = theta_by_replicate(bins, fit)
    assert (fit.theta >= bins.n_lengths).all()
    assert np.isfinite(fit.theta).all()
    assert np.isfinite(theta).all()
    assert (fit.variance >= fit.theta - 1e-9).all()
    np.testing.assert_array_equal(fit.theta, fit_sonic(bins, knots=knots).theta)


def solve_theta_slowly(phi) -> float:
    """Reference twin: the equation of one site, by bracketing."""
    return brentq(
        lambda theta: (phi / np.expm1(theta * phi)).sum() - (1 - phi.sum()), 1e-6, 600 / phi.max(), xtol=1e-10
    )


def test_solver_agrees_with_the_slow_twin():
    rng = np.random.default_rng(7)
    group = np.repeat(np.arange(6), [1, 2, 5, 20, 60, 100])
    phi = rng.gamma(1.0, 1.0, group.size)
    phi *= rng.uniform(0.05, 0.9, 6)[group] / np.bincount(group, phi)[group]
    slow = [solve_theta_slowly(phi[group == number]) for number in range(6)]
    np.testing.assert_allclose(solve_theta(group, phi, 7), [*slow, 0.0], rtol=1e-7)


def test_variance_is_the_curvature_of_the_likelihood():
    phi = np.array([0.02, 0.05, 0.1, 0.2])

    def log_likelihood(theta):
        return np.log(-np.expm1(-theta * phi)).sum() - theta * (1 - phi.sum())

    group = np.zeros(4, dtype=np.int64)
    theta = solve_theta(group, phi, 1)
    step = 1e-3
    curvature = sum(w * log_likelihood(theta[0] + d * step) for d, w in ((-1, 1), (0, -2), (1, 1))) / step**2
    assert sampling_variance(group, phi, 1, theta)[0] == pytest.approx(-1 / curvature, rel=1e-4)


def test_replicate_with_little_data_takes_the_shared_shape():
    bins, _ = simulate(0.05, 3000, n_replicates=2)
    few = np.flatnonzero(bins.replicate == 1)[:20]
    kept = np.r_[np.flatnonzero(bins.replicate == 0), few]
    fit = fit_sonic(Bins(bins.site[kept], bins.replicate[kept], bins.length[kept], 401, 2))
    shape = fit.distribution / fit.distribution.sum(axis=1, keepdims=True)
    assert fit.distribution[1].sum() < 0.05
    assert np.abs(shape[0] - shape[1]).sum() < 0.1


def test_long_fragments_are_evaluated_on_a_coarser_grid():
    grid = make_grid(30_000)
    assert grid.step > 1
    assert grid.size <= GRID_LIMIT
    rng = np.random.default_rng(2)
    length = rng.lognormal(9.0, 0.4, 5000).astype(np.int64)
    theta = fit_sonic(
        make_bins(np.column_stack([rng.integers(0, 20, (5000, 1)), np.zeros((5000, 1), int), length]))
    ).theta
    assert theta.sum() == pytest.approx(5000, rel=0.03)


def test_wrong_calls_are_refused():
    with pytest.raises(ConfigError, match="knots 'cubic': expected one of quantile, soniclength"):
        fit_sonic(make_bins([(0, 0, 5)]), knots="cubic")
    with pytest.raises(DataError, match="fragment length 0: expected whole base pairs from 1"):
        make_bins([(0, 0, 0)])
    with pytest.raises(DataError, match="fragment length 1000001"):
        make_bins([(0, 0, LONGEST + 1)])
