"""Sites to clones, clonal or bystander, closure of copies, comparison with clonotype and blasts."""

import numpy as np
import pytest

from integrasite.config.calling import Calling
from integrasite.sites.tumour_fractions import Fractions, SiteCounts
from integrasite.transgene.clonality import Sample, group_sites, judge_clonality
from integrasite.transgene.closure import close_copies
from integrasite.transgene.tcr import compare_fraction, of_all_cells

CALLING = Calling()


def sample(rng: np.random.Generator, cells: list[float], *, name: str = "T1", depth: float = 40) -> Sample:
    """Counts of heterozygous sites in these fractions of the cells."""
    allele, size = np.array(cells) / 2, len(cells)
    junction = [rng.poisson(depth / 300 * 380 * allele).astype(float) for _ in range(2)]
    intact = rng.poisson(depth / 300 * 380 * (1 - allele)).astype(float)
    width = np.full(size, 380.0)
    return Sample(name, SiteCounts(*junction, intact, width, width, width), np.full(size, 2.0))


def test_sites_of_one_clone_stay_together():
    rng = np.random.default_rng(1)
    wrong = sum(len(group_sites([sample(rng, [0.8] * 4)], 4, CALLING)) > 1 for _ in range(200))
    assert wrong <= 8  # alpha is 0.01 at every join


def test_a_smaller_clone_is_told_apart():
    clones = group_sites([sample(np.random.default_rng(3), [0.9, 0.2, 0.9, 0.2], depth=60)], 4, CALLING)
    assert [clone.sites for clone in clones] == [(0, 2), (1, 3)]
    value, low, high = clones[0].fractions["T1"]
    assert low < 0.9 < high and abs(value - 0.9) < 0.15
    assert [clone.is_certain for clone in clones] == [True, False]  # 0.2 and 0.2 may be other cells


def test_another_sample_tells_clones_of_one_size_apart():
    rng = np.random.default_rng(5)
    alone = [sample(rng, [0.4, 0.4], depth=60)]
    assert len(group_sites(alone, 2, CALLING)) == 1
    both = [*alone, sample(rng, [0.5, 0.02], name="B1", depth=60)]
    assert len(group_sites(both, 2, CALLING)) == 2


def test_one_site_is_one_clone_and_none_is_none():
    some = sample(np.random.default_rng(2), [0.9])
    assert [clone.sites for clone in group_sites([some], 1, CALLING)] == [(0,)]
    assert not group_sites([sample(np.random.default_rng(2), [])], 0, CALLING)


@pytest.mark.parametrize(
    ("vcn", "lows", "purity", "expected"),
    [
        ((1.0, 0.8, 1.2), [0.7], True, "CLONAL"),
        ((1.0, 0.7, 1.2), [0.5, 0.1], True, "CLONAL"),
        ((1.0, 0.69, 1.2), [0.7], True, "INDETERMINATE"),
        ((1.0, 0.8, 1.2), [0.49], True, "INDETERMINATE"),  # many small clones
        ((1.0, 0.8, 1.2), [], True, "INDETERMINATE"),
        ((0.1, 0.05, 0.3), [], True, "BYSTANDER"),
        ((0.1, 0.05, 0.31), [], True, "INDETERMINATE"),
        ((1.0, 0.8, 1.2), [0.7], False, "INDETERMINATE"),
        (None, [0.7], True, "INDETERMINATE"),
        ((float("nan"),) * 3, [0.7], True, "INDETERMINATE"),
    ],
)
def test_rule_c1(vcn, lows, purity, expected):
    word, reason = judge_clonality(vcn, np.array(lows, float), purity, CALLING)
    assert word == expected and reason


def alleles(*values: float, spread: float = 0.05) -> Fractions:
    value = np.array(values)
    return Fractions(value, value - spread, value + spread)


@pytest.mark.parametrize(
    ("sites", "vcn", "verdict"),
    [
        (alleles(0.5, 0.5), (2.0, 1.8, 2.2), "closes"),
        (alleles(0.5), (2.0, 1.8, 2.2), "sites missing"),
        (alleles(0.5, 0.5), (1.0, 0.9, 1.1), "more sites than copies"),
        (alleles(), (1.0, 0.9, 1.1), "sites missing"),
        (alleles(), (0.0, 0.0, 0.1), "closes"),
        (alleles(0.5), None, "not evaluable"),
        (alleles(0.5, float("nan")), (1.0, 0.9, 1.1), "closes"),
    ],
)
def test_closure(sites, vcn, verdict):
    found = close_copies(sites, vcn)
    assert found.verdict == verdict
    assert found.copies[1] <= found.copies[0] <= found.copies[2]
    assert found.copies[0] == pytest.approx(2 * np.nansum(sites.value))


def test_closure_of_one_clone_is_right_in_95_of_100():
    rng, closes = np.random.default_rng(8), 0
    for _ in range(400):
        value = rng.normal(0.4, 0.03, 4)
        depth = rng.normal(3.2, 0.1)
        found = close_copies(alleles(*value, spread=1.96 * 0.03), (depth, depth - 0.196, depth + 0.196))
        closes += found.verdict == "closes"
    assert 0.92 <= closes / 400 <= 0.98


@pytest.mark.parametrize(
    ("transgene", "other", "verdict"),
    [
        ((0.5, 0.4, 0.6), 0.55, "concordant"),
        ((0.5, 0.4, 0.6), 0.9, "lower"),
        ((0.5, 0.4, 0.6), 0.2, "higher"),
        ((0.5, 0.4, 0.6), None, "not tested"),
        ((0.5, 0.4, 0.6), 0.0, "not tested"),
        ((float("nan"),) * 3, 0.5, "not tested"),
    ],
)
def test_clonotype(transgene, other, verdict):
    assert compare_fraction(transgene, other).verdict == verdict


def test_fractions_of_the_tumour_become_fractions_of_all_cells():
    assert of_all_cells((0.5, 0.4, 0.6), 0.5) == pytest.approx((0.25, 0.2, 0.3))
    assert of_all_cells((0.5, 0.4, 0.6), None) == (0.5, 0.4, 0.6)
