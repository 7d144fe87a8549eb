"""What is learned about differences between replicates."""

import numpy as np
import pytest
from scipy.stats import betabinom, nbinom

from integrasite.abundance.noise import _GRID, ASSUMED, _split_likelihood, measure_noise


def measured(by_replicate):
    """Noise of clones whose replicates were counted exactly (variance = cells)."""
    table = np.asarray(by_replicate, dtype=float)
    cells = table.sum(axis=1)
    return measure_noise(cells, cells, table)


def draw(rng, mean, cv, shape):
    """Counts with log-normal differences between replicates."""
    sigma = np.sqrt(np.log1p(cv**2))
    factor = rng.lognormal(-(sigma**2) / 2, sigma, shape)
    return rng.poisson(mean * factor).astype(float)


@pytest.mark.parametrize(
    ("mean", "n_clones", "slack"),
    [
        (60.0, 400, 0.012),  # all large; 1,200 degrees of freedom: 4 % of 0.086, less what is subtracted
        (4.0, 2000, 0.04),  # all small: only how unevenly their cells fall
    ],
)
@pytest.mark.parametrize("cv", [0.0, 0.3])
def test_noise_between_replicates_is_measured(mean, n_clones, slack, cv):
    noise = measured(draw(np.random.default_rng(11), mean, cv, (n_clones, 4)))
    assert noise.is_measured
    assert noise.c2 == pytest.approx(np.log1p(cv**2), abs=slack)


@pytest.mark.parametrize(
    ("by_replicate", "reason"),
    [
        ([[500.0], [500.0]], "one replicate"),
        ([[500.0, 0.0], [500.0, 0.0]], "a second replicate that failed"),
        ([[500.0, 300.0]], "one clone: nothing to compare with"),
        ([[500.0, 300.0], [1.0, 0.0]], "one clone and next to nothing else"),
        ([[1.0, 0.0], [0.0, 1.0]], "single fragments"),
        (np.empty((0, 2)), "no clone"),
    ],
)
def test_noise_is_assumed_where_it_cannot_be_measured(by_replicate, reason):
    assert measured(by_replicate) is ASSUMED, reason


def test_few_clones_lean_on_what_is_expected():
    alike, far = measured(np.full((2, 2), 3000.0)), measured([[3000.0, 300.0], [300.0, 3000.0]])
    assert 0.03 < alike.c2 < 0.15
    assert far.c2 > 0.5


def test_one_noisy_large_clone_does_not_make_the_others_noisy():
    """The rest of the cells moves with it only as a share, which the replicates' effects take out."""
    rng = np.random.default_rng(8)
    others = rng.poisson(100.0, (100, 4)).astype(float)
    noise = measured(np.r_[[[5_000.0, 20_000.0, 9_000.0, 30_000.0]], others])
    clone, typical = noise.expected(101)[0], np.median(noise.expected(101)[1:])
    assert clone > 0.2
    assert typical < 0.02


def test_split_likelihood_is_the_dirichlet_multinomial():
    counts = np.array([[7.0, 1.0], [3.0, 5.0]])
    found = _split_likelihood(counts, np.zeros(2))
    for column in (0, 30, 47):
        alpha = 1.0 / np.expm1(_GRID[column])
        exact = betabinom(8, alpha, alpha).logpmf([7, 3]) - betabinom(8, alpha, alpha).logpmf(4)
        reference = _split_likelihood(np.array([[4.0, 4.0]]), np.zeros(2))[0, column]
        # The likelihood leaves out the multinomial coefficient, which c does not enter.
        coefficient = np.log([8.0, 56.0]) - np.log(70.0)
        assert found[:, column] - reference + coefficient == pytest.approx(exact, abs=1e-5)


def test_gamma_noise_is_no_special_case():
    rng = np.random.default_rng(21)
    counts = nbinom(1 / 0.09, 1 / (1 + 0.09 * 5.0)).rvs((3000, 3), random_state=rng).astype(float)
    assert measured(counts).c2 == pytest.approx(0.09, abs=0.03)


def test_weights_fall_back_to_the_typical_clone():
    noise = measured(draw(np.random.default_rng(3), 40.0, 0.3, (20, 3)))
    table = noise.weights(np.array([0, 25]))
    assert table.sum(axis=1) == pytest.approx([1.0, 1.0])
    assert (table[1] == noise.typical).all()
    assert noise.expected(26)[25] == pytest.approx(noise.c2)
