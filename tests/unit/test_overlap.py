"""What two specimens have in common: by hand, by definition, by simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_population_models import make_clones

from integrasite.analyse import overlap
from integrasite.analyse.overlap import find_overlaps, measure_overlaps
from integrasite.analyse.presence import each_subject
from integrasite.config.calling import Calling


def measure(counts, limits=None):
    counts = np.asarray(counts, dtype=float)
    at = np.nonzero(counts)
    values = counts[at]
    return measure_overlaps(at[0], at[1], values, values, np.zeros(len(counts)) if limits is None else limits)


def test_by_hand():
    x, y = np.array([6, 2, 1, 1, 0, 0, 3]), np.array([3, 0, 1, 2, 4, 1, 1])
    found = measure([x, y])
    p, q = x / x.sum(), y / y.sum()
    assert found.shared[0, 1] == 4 and found.jaccard[0, 1] == pytest.approx(4 / 7)
    assert found.morisita_horn[0, 1] == pytest.approx(2 * (p * q).sum() / ((p**2).sum() + (q**2).sum()))
    # once in x and seen in y: 2 (twice: 0); once in y and seen in x: 2 (twice: 1); once in both: 1 (twice: 0)
    k1, k2 = 12 / 13, 11 / 12
    assert found.shared_estimated[0, 1] == pytest.approx(4 + k1 * 2 * 1 / 2 + k2 * 2 * 1 / 4)
    u = min(1, 11 / 13 + k2 * 2 / 2 * 4 / 13)  # f+1 = 2, f+2 = 1; counts of x where y is 1: 1 + 3
    v = min(1, 7 / 12 + k1 * 2 / 2 * 3 / 12)  # f1+ = 2, f2+ = 0 taken as 1; counts of y where x is 1: 1 + 2
    assert found.jaccard_adjusted[0, 1] == pytest.approx(u * v / (u + v - u * v))


def test_large_clones_are_those_the_other_should_show():
    x, y = np.array([50, 30, 19, 1, 0]), np.array([60, 0, 0, 20, 20])
    found = measure([x, y], np.array([0.25, 0.20]))  # 25 % for x, 20 % for y
    # of x, y should show 50 % and 30 %; of y, x should show 60 %
    assert (found.large[0, 1], found.large_shared[0, 1]) == (2, 1)


@given(st.integers(0, 10**6), st.integers(2, 5), st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_always(seed, n, m):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(1.0, (n, m))
    counts[:, 0] += 1
    found = measure(counts, np.full(n, 0.1))
    for name in (
        "shared",
        "large",
        "large_shared",
        "jaccard",
        "jaccard_adjusted",
        "morisita_horn",
        "shared_estimated",
    ):
        values = getattr(found, name)
        assert np.allclose(values, values.T), name
    assert np.allclose(np.diag(found.jaccard), 1) and np.allclose(np.diag(found.morisita_horn), 1)
    for share in (found.jaccard, found.jaccard_adjusted, found.morisita_horn):
        assert ((share >= 0) & (share <= 1 + 1e-12)).all()
    assert (found.shared_estimated >= found.shared).all() and (found.large_shared <= found.large).all()


def test_parts_add_up_to_the_whole(monkeypatch):
    counts = np.random.default_rng(1).poisson(1.0, (3, 100))
    counts[:, 0] += 1
    whole = measure(counts, np.full(3, 0.02))
    monkeypatch.setattr(overlap, "CLONES_AT_ONCE", 7)
    parts = measure(counts, np.full(3, 0.02))
    for name in vars(whole):
        assert np.allclose(getattr(whole, name), getattr(parts, name)), name


def test_shared_clones_are_seldom_overestimated():
    rng = np.random.default_rng(20263)
    values = []
    for spread in (0.0, 1.0):
        for _ in range(40):
            sizes = rng.lognormal(0, spread, 600)
            halves = [np.where(np.arange(600) < 400, sizes, 0), np.where(np.arange(600) >= 200, sizes, 0)]
            counts = [rng.multinomial(400, half / half.sum()) for half in halves]
            values.append(measure(counts).shared_estimated[0, 1])
    equal, unlike = np.array(values[:40]), np.array(values[40:])
    assert 150 < equal.mean() < 215 and unlike.mean() < 200  # 200 are shared


def test_table():
    first, second = {i: 10 for i in range(10)}, {i: 10 for i in range(5, 20)}
    clones = make_clones({"b": (0, first), "a": (90, second), "poor": (180, {1: 3})})
    found = find_overlaps(list(each_subject(clones, Calling())), Calling())
    assert len(found) == 3
    row = found[(found["specimen"] == "b") & (found["other_specimen"] == "a")].iloc[0]
    assert (row["days"], row["other_days"], row["n_sites"], row["other_n_sites"], row["n_shared"]) == (
        0,
        90,
        10,
        15,
        5,
    )
    assert row["n_shared_by_chance"] == pytest.approx(150 / Calling().effective_genome)
    assert row["evaluable"] == "low_power"
    assert set(found.loc[found["other_specimen"] == "poor", "evaluable"]) == {"no"}
    alone = make_clones({"b": (0, first)})
    assert find_overlaps(list(each_subject(alone, Calling())), Calling()).empty
