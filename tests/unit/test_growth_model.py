"""The growth model on arrays: against slow twins, against theory, and under the null."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

from integrasite.analyse.growth_model import (
    PSEUDO,
    Limits,
    adjust,
    measure_spread,
    solve_growth,
    window_weights,
    windows,
)
from integrasite.analyse.growth_model import (
    test_lineage as fit_lineage,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
from expansion.run import run_course
from expansion.simulate import Course, draw_counts

YEARS = np.array([0.0, 0.4, 1.0, 2.5])
DEPTH = np.array([900.0, 2000.0, 400.0, 1500.0])
COUNTS = np.array([[5.0, 20, 9, 60], [100, 40, 3, 1], [0, 0, 0, 200], [7, 15, 3, 11], [50, 0, 0, 0]])


def multinomial_growth(counts: np.ndarray) -> float:
    """Conditional likelihood as it is written down: r T - n log sum w exp(r t)."""
    filled = counts + PSEUDO * DEPTH / DEPTH.sum()
    found = optimize.minimize_scalar(
        lambda r: -(r * (filled @ YEARS) - filled.sum() * special.logsumexp(r * YEARS, b=DEPTH / DEPTH.sum())),
        bounds=(-24, 24), method="bounded", options={"xatol": 1e-10},
    )  # fmt: skip
    return float(found.x)


@pytest.mark.parametrize("row", range(len(COUNTS)))
def test_without_noise_it_is_the_conditional_multinomial(row: int) -> None:
    found = solve_growth(COUNTS, YEARS, DEPTH, 0.0)
    expected = multinomial_growth(COUNTS[row])
    assert found.growth[row] == pytest.approx(expected, abs=2e-4)
    shares = DEPTH * np.exp(expected * YEARS)
    shares /= shares.sum()
    information = (COUNTS[row].sum() + PSEUDO) * (shares @ YEARS**2 - (shares @ YEARS) ** 2)
    assert found.variance[row] == pytest.approx(1 / information, rel=2e-3)


@pytest.mark.parametrize("row", range(len(COUNTS)))
def test_with_noise_it_is_the_negative_binomial(row: int) -> None:
    noise = 0.4
    filled = COUNTS[row] + PSEUDO * DEPTH / DEPTH.sum()

    def loss(values: np.ndarray) -> float:
        mean = np.exp(values[0] + values[1] * YEARS) * DEPTH / DEPTH.sum()
        return -float((filled * np.log(mean) - (filled + 1 / noise) * np.log1p(noise * mean)).sum())

    expected = optimize.minimize(loss, [np.log(filled.sum()), 0.0], method="Nelder-Mead",
                                 options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 5000}).x[1]  # fmt: skip
    assert solve_growth(COUNTS, YEARS, DEPTH, noise).growth[row] == pytest.approx(expected, abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(-3, 3), st.floats(0.2, 5))
def test_units_and_origin_of_time_do_not_matter(seed: int, shift: float, scale: float) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.lognormal(2, 1, (15, 1)), (15, 4)).astype(float)
    one = solve_growth(counts, YEARS, DEPTH, 0.1)
    other = solve_growth(counts, shift + scale * YEARS, 3 * DEPTH, 0.1)
    assert np.allclose(other.growth * scale, one.growth, atol=1e-5)
    mirrored = solve_growth(counts[:, ::-1], -YEARS[::-1], DEPTH[::-1], 0.1)
    assert np.allclose(mirrored.growth, -one.growth, atol=1e-5)
    alone = solve_growth(counts[3:4], YEARS, DEPTH, 0.1)
    assert np.allclose(alone.growth, one.growth[3], atol=1e-5)


def test_a_clone_from_nothing_keeps_a_finite_growth() -> None:
    found = solve_growth(COUNTS, YEARS, DEPTH, 0.1)
    assert np.isfinite(found.growth).all() and np.isfinite(found.variance).all()
    assert found.growth[2] > 1.5


def test_windows() -> None:
    # 12 samples: nine lengths of at least four, 45 windows
    assert len(windows(12, 4)) == 45 and windows(12, 4)[0] == (0, 12)
    assert windows(3, 4) == [(0, 3)] and windows(1, 4) == []
    weights = window_weights(windows(12, 4), np.arange(12.0))
    # half for the full span; 44 overlapping windows are worth fewer, and no fewer than 11
    assert weights[0] == 2.0 and 22.0 < weights[1] <= 44.0 and len(set(weights[1:])) == 1


def test_adjust_is_the_published_procedure() -> None:
    p = np.random.default_rng(3).uniform(size=200) ** 2
    assert np.allclose(adjust(p), stats.false_discovery_control(p))
    assert np.isnan(adjust(np.full(3, np.nan))).all()


def test_spread_is_found_again() -> None:
    rng = np.random.default_rng(5)
    variance = rng.uniform(0.01, 0.2, 4000)
    growth = 0.2 + rng.normal(0, 0.4, 4000) + rng.normal(0, np.sqrt(variance))
    assert measure_spread(growth, variance, 0.2) == pytest.approx(0.4, rel=0.1)
    assert measure_spread(rng.normal(0, 0.1, 500), np.full(500, 1.0), 0.0) == 0.0


def flags(course: Course, runs: int, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    found = [run_course(course, rng) for _ in range(runs)]
    return {name: sum(one.get(name, 0.0) for one in found) for name in found[0]}


@pytest.mark.parametrize(
    "course",
    [
        Course(8, 0.1, 0.3),
        Course(8, 0.5, 0.3),
        Course(3, 0.5, 0.3),
        # few clones to compare with: assuming little noise flagged half of such subjects
        Course(2, 0.5, 0.3, span=0.25, n_clones=12, depth=300.0, sigma=1.0),
        Course(6, 0.5, 0.0, depth_ratio=30.0),
    ],
)
def test_null_subjects_are_not_flagged(course: Course) -> None:
    runs = 20
    found = flags(course, runs, 11)
    # 5 in 20 has a probability of 0.003 at 5 %
    assert found["any_growing"] <= 4 and found["any_declining"] <= 4
    assert found["flagged"] <= 0.002 * found["clones"] + 4


def test_the_plain_slope_flags_what_we_do_not() -> None:
    found = flags(Course(8, 0.1, 0.3), 5, 12)
    assert found["poisson"] / found["clones"] > 0.08
    assert found["flagged"] == 0


def test_growth_is_found() -> None:
    assert flags(Course(8, 0.1, 0.3, rate=2.0), 8, 13)["found"] >= 6
    # up and down again: the slope over the whole span is zero
    assert flags(Course(12, 0.1, 0.3, rate=2.5, hump=2.75), 8, 14)["found"] >= 6


def test_only_what_ends_now_is_a_decline() -> None:
    rng = np.random.default_rng(16)
    years = np.arange(10) * 0.5
    base = rng.lognormal(3.5, 0.5, (60, 1)) * np.ones(10)
    fallen = 300.0 * np.exp(-2.0 * np.minimum(years, 2.25))
    back = np.r_[fallen[:5], fallen[:5][::-1]]
    counts = rng.poisson(np.vstack([base, fallen, fallen[::-1], back])).astype(float)
    found = fit_lineage(counts, years, counts.sum(axis=0), Limits())
    q_up, q_down = adjust(found.p_growth), adjust(found.p_decline)
    # fell and stays low; rose and stays high; fell and came back
    assert q_down[60] < 0.01 and q_up[60] > 0.05
    assert q_up[61] < 0.01 and q_down[61] > 0.05
    assert q_up[62] < 0.05 and q_down[62] > 0.05


def test_a_clone_that_takes_over_does_not_make_others_grow_or_decline() -> None:
    rng = np.random.default_rng(15)
    course = Course(8, 0.1, 0.0, rate=2.5)
    counts = draw_counts(course, rng)
    depth = counts.sum(axis=0)
    assert counts[0, -1] > 0.8 * depth[-1]
    kept = np.r_[0, 1 + np.flatnonzero(counts[1:].sum(axis=1) >= 20)]
    found = fit_lineage(counts[kept], course.years, depth, Limits())
    assert found.p_growth[0] < 1e-5 and found.window_growth[0] > 1.0
    assert found.full.background < -0.2
    assert not (adjust(found.p_decline)[1:] < 0.05).any() and not (adjust(found.p_growth)[1:] < 0.05).any()
