"""Diversity at one coverage: against published values, brute force and simulation."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_population_models import make_clones

from integrasite.analyse import diversity_coverage as dc
from integrasite.analyse.diversity import hill, pielou
from integrasite.analyse.diversity_bootstrap import draw_samples, hill_at_coverage, seeded
from integrasite.analyse.diversity_compare import compare_diversity, estimate_at_coverage
from integrasite.analyse.presence import each_subject
from integrasite.config.calling import Calling

REALDATA = Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared/realdata"))
COUNTS = np.array([30, 12, 7, 4, 4, 2, 2, 1, 1, 1, 1, 1], dtype=float)


@pytest.mark.realdata
@pytest.mark.skipif(not REALDATA.is_dir(), reason="real data not here")
def test_reproduces_vegan_and_inext():
    folder = REALDATA / "reference_values"
    expected = pd.read_csv(folder / "diversity_A1_reference.tsv", sep="\t").set_index("metric")["value"]
    sites = pd.read_csv(folder / "soniclength_A1_reference.tsv", sep="\t")
    sample = dc.counts_of(sites["n_pooled_lengths"].to_numpy(float))
    found = {
        "rarefy_1000": dc.hill_0(sample, np.array([1000.0]))[0],
        "coverage_Chao": dc.own_coverage(sample)[0],
        "invsimpson_theta": hill(sites["theta"].to_numpy(float), 2),
    }
    for metric, value in found.items():
        assert value == pytest.approx(expected[metric], rel=1e-8), metric


def test_hill_numbers_and_evenness():
    assert [hill(np.ones(4), q) for q in (0, 1, 2)] == pytest.approx([4, 4, 4])
    assert [hill(np.array([8.0, 1, 1]), q) for q in (0, 1, 2)] == pytest.approx(
        [3, 1.894646, 1 / 0.66], rel=1e-6
    )
    assert pielou(np.ones(5)) == pytest.approx(1) and np.isnan(pielou(np.ones(1)))
    assert np.isnan([hill(np.empty(0), q) for q in (0, 1, 2)]).all()


def test_rarefaction_is_the_mean_of_subsamples():
    rng = np.random.default_rng(4)
    pool, n = np.repeat(np.arange(len(COUNTS)), COUNTS.astype(int)), int(COUNTS.sum())
    clones, entropy, covered = [], [], []
    for _ in range(4000):
        chosen = rng.permutation(n)[:25]
        k = np.bincount(pool[chosen], minlength=len(COUNTS))
        shares = k[k > 0] / 25
        clones.append((k > 0).sum())
        entropy.append(-(shares * np.log(shares)).sum())
        # coverage: whether one further draw, of those left, belongs to a clone that is in the smaller sample
        rest = np.delete(np.arange(n), chosen)
        covered.append((k[pool[rest]] > 0).mean())
    sample, size = dc.counts_of(COUNTS), np.array([25.0])
    assert dc.hill_0(sample, size)[0] == pytest.approx(np.mean(clones), rel=0.01)
    assert dc.hill_1_exact(sample, 25.0) == pytest.approx(np.exp(np.mean(entropy)), rel=0.01)
    assert dc.coverage_at(sample, size)[0] == pytest.approx(np.mean(covered), rel=0.01)


def test_at_its_own_size_a_sample_is_itself():
    sample = dc.counts_of(COUNTS)
    n = sample.n
    assert dc.hill_0(sample, n)[0] == pytest.approx(len(COUNTS))
    assert dc.hill_1_exact(sample, float(n[0])) == pytest.approx(hill(COUNTS, 1))
    assert dc.hill_1_beyond(sample, n)[0] == pytest.approx(hill(COUNTS, 1))
    assert dc.hill_2(sample, n)[0] == pytest.approx(hill(COUNTS, 2))
    assert dc.hill_1_exact(sample, float(n[0]) - 1) == pytest.approx(np.exp(dc._entropy_before(sample)[0]))


def test_large_clones_by_moments_are_those_of_the_whole_law(monkeypatch):
    counts = np.array([5000.0, 900, 300, 40, 3, 1, 1])
    quick = dc.hill_1_exact(dc.counts_of(counts), 3000.0)
    monkeypatch.setattr(dc, "SURE_MEAN", 1e9)
    assert quick == pytest.approx(dc.hill_1_exact(dc.counts_of(counts), 3000.0), rel=1e-6)


@pytest.mark.parametrize(
    ("n", "q"), [(30.0, 0.5), (30.0, 0.97), (1e5, 0.9999), (1e5, 0.96), (5000.0, 0.99995)]
)
def test_sum_over_unseen_clones(n, q):
    j = np.arange(2_000_000.0)
    direct = (q ** (j + 1) / (n + j)).sum()
    assert dc._tail_sum(np.array([n]), np.array([q]))[0] == pytest.approx(direct, rel=1e-6)


@given(st.lists(st.integers(1, 60), min_size=3, max_size=60), st.floats(0.05, 0.99))
@settings(max_examples=120, deadline=None)
def test_size_at_coverage_has_that_coverage(counts, target):
    sample = dc.counts_of(np.array(counts, dtype=float))
    if dc.own_coverage(sample)[0] < target or dc.coverage_at(sample, np.array([1.0]))[0] > target:
        return
    size = dc.size_at_coverage(sample, target)
    assert 0 < size[0] <= sample.n[0]
    assert dc.coverage_at(sample, size)[0] == pytest.approx(target, abs=1e-3)
    values, _ = estimate_at_coverage(sample, target)
    assert values[0] + 1e-6 >= values[1] >= values[2] - 1e-6


def test_beyond_its_size_diversity_still_falls_with_the_order():
    rng = np.random.default_rng(5)
    for _ in range(20):
        counts = rng.poisson(rng.lognormal(-1, 1, 400)).astype(float)
        sample = dc.counts_of(counts)
        target = float(dc.extrapolated_coverage(sample, 2 * sample.n)[0])
        values, size = estimate_at_coverage(sample, target)
        assert size == pytest.approx(2 * sample.n[0], rel=1e-6)
        assert values[0] >= values[1] >= values[2]


def test_bootstrap_repeats_whatever_the_order():
    first = hill_at_coverage(draw_samples(COUNTS, 50, seeded(COUNTS)), 0.7)
    again = hill_at_coverage(draw_samples(COUNTS[::-1], 50, seeded(COUNTS[::-1])), 0.7)
    assert np.array_equal(first, again)
    other = np.append(COUNTS, 1.0)
    assert not np.array_equal(first, hill_at_coverage(draw_samples(other, 50, seeded(other)), 0.7))


def test_bootstrap_varies_as_counts_do():
    counts = np.repeat([1.0, 2.0, 15.0, 200.0], [300, 100, 40, 3])
    samples = draw_samples(counts, 4000, np.random.default_rng(8))
    # clones per small count are Poisson numbers, and so is each larger count
    assert samples.seen(1).mean() == pytest.approx(300, rel=0.01)
    assert samples.seen(1).var() == pytest.approx(300, rel=0.1)
    assert samples.n.mean() == pytest.approx(1700, rel=0.003)
    assert samples.n.var() == pytest.approx(300 + 4 * 100 + 40 * 15 + 3 * 200, rel=0.1)


def test_many_samples_at_once_are_each_alone():
    rng = np.random.default_rng(6)
    counts = np.append(rng.poisson(2.0, 300), [90, 200]).astype(float)
    samples = draw_samples(counts, 6, rng)
    together = hill_at_coverage(samples, 0.8)
    for i in range(6):
        alone = np.repeat(samples.values[i], samples.weights[i].astype(int))
        exact, _ = estimate_at_coverage(dc.counts_of(alone), 0.8)
        assert together[i] == pytest.approx(exact, rel=2e-3)


def test_like_specimens_of_unlike_depth_seldom_differ():
    # the figure of benchmarks/population.py on a small scale; without one coverage they always do
    rng = np.random.default_rng(20262)
    differ = raw = 0
    for _ in range(60):
        shares = rng.lognormal(0, 1, 1000)
        counts = [rng.multinomial(n, shares / shares.sum()).astype(float) for n in (500, 2000)]
        samples = [dc.counts_of(each) for each in counts]
        target = min(float(dc.own_coverage(each)[0]) for each in samples)
        values = [estimate_at_coverage(each, target)[0] for each in samples]
        errors = [
            hill_at_coverage(draw_samples(each, 100, seeded(each)), target).std(axis=0) for each in counts
        ]
        differ += bool((np.abs(values[0] - values[1]) > 1.96 * np.hypot(*errors)).any())
        raw += bool(abs(len(counts[0][counts[0] > 0]) - len(counts[1][counts[1] > 0])) > 1.96 * errors[0][0])
    assert differ <= 6 and raw == 60


def table(specimens, **changes):
    calling = Calling(**changes)
    return compare_diversity(list(each_subject(make_clones(specimens), calling)), calling)


def test_table_compares_at_the_poorest_coverage_and_says_who_is_left_out():
    rng = np.random.default_rng(7)
    deep, shallow = ({i: int(n) for i, n in enumerate(rng.poisson(m, 200)) if n} for m in (4.0, 0.8))
    ones = {i: 1 for i in range(60)}
    found = table({"deep": (0, deep), "shallow": (90, shallow), "poor": (180, {1: 3}), "ones": (270, ones)})
    rows = found.set_index("specimen")
    assert rows.loc["poor", "reason"].startswith("not evaluable")
    assert rows.loc["ones", "reason"].startswith("every clone was counted once")
    assert rows.loc["shallow", "method"] == "observed" and rows.loc["deep", "method"] == "rarefied"
    assert (
        rows.loc["deep", "coverage"] == rows.loc["shallow", "own_coverage"] == rows.loc["shallow", "coverage"]
    )
    assert rows.loc["shallow", "hill_0"] == pytest.approx(len(shallow), rel=1e-6)
    assert rows.loc["deep", "hill_0_low"] < rows.loc["deep", "hill_0"] < rows.loc["deep", "hill_0_high"]
    further = table({"deep": (0, deep), "shallow": (90, shallow)}, compare_extrapolation=2).set_index(
        "specimen"
    )
    assert further.loc["shallow", "method"] == "extrapolated"
    assert further.loc["shallow", "size"] == pytest.approx(2 * further.loc["shallow", "n_counts"])


def test_one_specimen_is_not_compared():
    found = table({"a": (0, {i: 1 + i % 3 for i in range(60)})})
    assert found["reason"].tolist() == ["no other specimen of this tissue and cell type to compare with"]
    assert found["hill_0"].isna().all()
