"""UMI estimates and the check of UMIs against fragment lengths."""

import numpy as np
import pytest

from integrasite.abundance.sizes import Molecules, estimate_sizes
from integrasite.abundance.umi import UmiHealth, check_umis, estimate_umi


def draw(n_per_site, *, umi_length, error_rate=0.0, seed=3, sheared=True) -> Molecules:
    """Two replicates; `error_rate` adds molecules whose UMI was misread at the same length."""
    rng = np.random.default_rng(seed)
    site = np.repeat(np.arange(len(n_per_site)), n_per_site)
    replicate = rng.integers(0, 2, site.size)
    length = rng.lognormal(5.3, 0.4, site.size).astype(np.int64)
    umi = rng.integers(0, 4**umi_length, site.size)
    rows = np.column_stack([site, replicate, length, umi])
    misread = rows[rng.random(site.size) < error_rate]
    misread[:, 3] = rng.integers(0, 4**umi_length, len(misread))
    rows = np.unique(np.vstack([rows, misread]), axis=0)
    return Molecules(*rows.T, len(n_per_site), 2, (umi_length, umi_length), sheared)


def test_molecules_that_share_a_umi_are_put_back():
    pool = np.array([4.0**8])
    cells, variance = estimate_umi(np.array([17250]), np.array([17250]), pool)
    assert cells[0] == pytest.approx(-65536 * np.log(1 - 17250 / 65536))
    assert variance[0] == pytest.approx(65536 * np.expm1(cells[0] / 65536))


def test_fragments_are_a_floor_and_exhausted_umis_stay_finite():
    cells, variance = estimate_umi(np.array([3, 256]), np.array([7, 300]), np.array([256.0]))
    assert cells[0] == 7
    assert 256 < cells[1] < np.inf
    assert np.isfinite(variance).all()


def test_umis_are_used_where_they_are_healthy():
    sizes = estimate_sizes(draw([3000] + [20] * 200, umi_length=8), umi_min_length=8)
    assert sizes.estimator == "umi"
    assert sizes.health.is_good
    assert "accepted range" in sizes.health.words
    assert sizes.cells[0] == pytest.approx(3000, rel=0.01)
    assert sizes.sonic_cells[0] == pytest.approx(3000, rel=0.12)


def test_inflated_umis_fall_back_to_lengths_and_say_so():
    sizes = estimate_sizes(draw([20] * 80, umi_length=12, error_rate=0.6), umi_min_length=8)
    assert sizes.estimator == "sonic"
    assert sizes.health.ratio > 1.25
    assert "too many UMIs" in sizes.health.words
    np.testing.assert_array_equal(sizes.cells, sizes.sonic_cells)
    assert (sizes.umi_cells > sizes.sonic_cells).mean() > 0.9


@pytest.mark.parametrize(
    ("umi_length", "sheared", "estimator"),
    [
        (12, True, "umi"),
        (12, False, "umi"),  # restriction: UMIs cannot be checked, but count
        (6, True, "sonic"),  # too short
        (6, False, "count"),
    ],
)
def test_estimator_depends_on_what_the_libraries_allow(umi_length, sheared, estimator):
    sizes = estimate_sizes(draw([20] * 30, umi_length=umi_length, sheared=sheared), umi_min_length=8)
    assert sizes.estimator == estimator
    assert np.isnan(sizes.sonic_cells).all() == (not sheared)
    assert np.isnan(sizes.umi_cells).all() == (umi_length < 8)


def test_one_replicate_without_umi_is_enough_to_refuse_umis():
    whole = draw([20] * 30, umi_length=12)
    mixed = Molecules(
        *(getattr(whole, name) for name in ("site", "replicate", "length", "umi")), 30, 2, (12, 0), True
    )
    assert estimate_sizes(mixed, umi_min_length=8).estimator == "sonic"


def test_ratio_needs_clones_of_middling_size():
    health = check_umis(np.array([1.0, 900.0, 90.0]), np.array([1.0, 100.0, 20.0]))
    assert health.n_sites == 1
    assert health.is_good
    assert "not checked" in health.words
    assert not UmiHealth(0.5, 10).is_good
    assert "too few UMIs" in UmiHealth(0.5, 10).words
