"""Interval search and exact tests behind the tests for insertional mutagenesis, against slow twins."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from insertion_toy import genes_table
from scipy import stats

from integrasite.analyse import gene_hits
from integrasite.analyse.common_sites import grubbs_p
from integrasite.analyse.exact_tests import (
    beta_binomial_tail,
    fisher_two_sided,
    fit_correlation,
    mantel_haenszel,
    stratified_tail,
)
from integrasite.analyse.gene_hits import (
    Places,
    count_by_subject,
    gene_ranges,
    number_contigs,
    owning_genes,
    place_keys,
    ranges_to_pairs,
)
from integrasite.analyse.proximity import count_bases, is_inside, merge_intervals

INTERVAL = st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 60), st.integers(1, 30))
POINT = st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 100))


def places_of(points: list[tuple[str, int]], genes: pd.DataFrame) -> tuple[Places, list[tuple[str, int]]]:
    points = sorted(points)
    table = pd.DataFrame(points, columns=["contig", "base"]).astype({"base": "int64"})
    contigs = number_contigs(genes, table)
    return Places(contigs, place_keys(contigs, table["contig"], table["base"])), points


@given(
    st.lists(INTERVAL, min_size=1, max_size=8),
    st.lists(POINT, min_size=1, max_size=12),
    st.sampled_from([0, 7]),
)
def test_sites_in_genes_are_those_that_a_person_would_list(
    intervals: list[tuple[str, int, int]], points: list[tuple[str, int]], window: int
) -> None:
    genes = genes_table([(f"G{i}", c, s, s + n, "+") for i, (c, s, n) in enumerate(intervals)])
    places, points = places_of(points, genes)
    gene, site = ranges_to_pairs(*gene_ranges(places, genes, window))
    expected = [
        (g, s) for g, (c, start, n) in enumerate(intervals) for s, (contig, base) in enumerate(points)
        if contig == c and start - window <= base < start + n + window
    ]  # fmt: skip
    assert list(zip(gene.tolist(), site.tolist(), strict=True)) == expected


@given(st.lists(INTERVAL, min_size=1, max_size=8), st.lists(POINT, min_size=1, max_size=12))
def test_a_site_outside_genes_belongs_to_a_nearest_one_of_its_contig(
    intervals: list[tuple[str, int, int]], points: list[tuple[str, int]]
) -> None:
    genes = genes_table([(f"G{i}", c, s, s + n, "+") for i, (c, s, n) in enumerate(intervals)])
    places, points = places_of(points, genes)
    gene, site = owning_genes(places, genes)
    found: dict[int, set[int]] = {}
    for g, s in zip(gene.tolist(), site.tolist(), strict=True):
        found.setdefault(s, set()).add(g)
    for s, (contig, base) in enumerate(points):
        gaps = {
            g: max(start - base, base - (start + n - 1), 0)
            for g, (c, start, n) in enumerate(intervals) if c == contig
        }  # fmt: skip
        if not gaps:
            assert s not in found
        elif min(gaps.values()) == 0:
            assert found[s] == {g for g, gap in gaps.items() if gap == 0}
        else:
            assert len(found[s]) == 1
            assert gaps[next(iter(found[s]))] == min(gaps.values())


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.02, 0.98), st.sampled_from([0.0, 1e-4, 0.02, 0.3]))
def test_the_beta_binomial_tail_is_scipys(k: int, more: int, share: float, rho: float) -> None:
    n = k + more
    found = beta_binomial_tail(np.array([k]), np.array([n]), np.array([share]), rho)[0]
    if rho:
        size = 1 / rho - 1
        expected = stats.betabinom.pmf(np.arange(k, n + 1), n, share * size, (1 - share) * size).sum()
    else:
        expected = stats.binom.sf(k - 1, n, share)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-11)


def test_the_tail_holds_far_out() -> None:
    # P(all of n) is a product of (a + i) / (a + b + i)
    a, b = 0.1 * 99, 0.9 * 99
    expected = np.prod([(a + i) / (a + b + i) for i in range(30)])
    found = beta_binomial_tail(np.array([30]), np.array([30]), np.array([0.1]), 0.01)[0]
    assert found == pytest.approx(expected, rel=1e-9)


def test_the_correlation_is_found_again() -> None:
    rng = np.random.default_rng(3)
    n = rng.integers(2, 60, 4000)
    for rho in (0.0, 0.02, 0.1):
        p = np.full(4000, 0.3) if rho == 0 else rng.beta(0.3 * (1 / rho - 1), 0.7 * (1 / rho - 1), 4000)
        assert fit_correlation(rng.binomial(n, p), n, np.full(4000, 0.3)) == pytest.approx(rho, abs=0.004)


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 40), st.integers(0, 40))
def test_fishers_test_is_scipys(a: int, b: int, rest_a: int, rest_b: int) -> None:
    found = fisher_two_sided(np.array([a, a]), np.array([b, b]), a + rest_a, b + rest_b)
    expected = stats.fisher_exact([[a, rest_a], [b, rest_b]])[1]
    assert found == pytest.approx([expected, expected], rel=1e-6)


def test_one_stratum_is_fishers_one_sided_test_and_several_multiply() -> None:
    # 3 of 5 drawn are marked, 8 of 30 are marked
    one = stratified_tail(3, np.array([5]), np.array([8]), np.array([30]))
    assert one == pytest.approx(stats.hypergeom.sf(2, 30, 8, 5))
    rng = np.random.default_rng(5)
    draws = rng.hypergeometric(8, 22, 5, 200_000) + rng.hypergeometric(3, 7, 4, 200_000)
    two = stratified_tail(4, np.array([5, 4]), np.array([8, 3]), np.array([30, 10]))
    assert two == pytest.approx((draws >= 4).mean(), abs=0.005)
    assert stratified_tail(0, np.array([5]), np.array([8]), np.array([30])) == pytest.approx(1)


def test_the_common_odds_ratio_is_that_of_the_book() -> None:
    # two strata with 10/20 against 5/20 and 6/10 against 3/10, without the half counts
    found = mantel_haenszel(
        np.array([10.0, 6]), np.array([20.0, 10]), np.array([15.0, 9]), np.array([40.0, 20])
    )
    up, down = 10 * 15 / 40 + 6 * 7 / 20, 10 * 5 / 40 + 4 * 3 / 20
    assert found == pytest.approx((up + 0.5) / (down + 0.5))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=8),
       st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=4))  # fmt: skip
def test_known_bases_of_intervals_are_counted_one_by_one(
    intervals: list[tuple[int, int]], masks: list[tuple[int, int]]
) -> None:
    merged, masked = (
        merge_intervals(
            np.array([s for s, _ in rows], dtype=np.int64), np.array([s + n for s, n in rows], dtype=np.int64)
        )
        for rows in (intervals, masks)
    )
    inside = {base for start, n in intervals for base in range(start, start + n)}
    hidden = {base for start, n in masks for base in range(start, start + n)}
    assert count_bases(merged, masked) == len(inside - hidden)
    assert set(np.flatnonzero(is_inside(np.arange(80), merged)).tolist()) == inside


def test_grubbs_is_the_published_formula() -> None:
    logs = np.array([1.0, 2.0, 2.5, 3.0, 2.2, 9.0])
    z, p = grubbs_p(logs)
    n = 6
    assert z[5] == pytest.approx((9 - logs.mean()) / logs.std(ddof=1))
    t = (n * (n - 2) * z[5] ** 2 / ((n - 1) ** 2 - n * z[5] ** 2)) ** 0.5
    assert p[5] == pytest.approx(2 * stats.t.sf(t, 4))
    assert grubbs_p(np.ones(4))[1].tolist() == [1, 1, 1, 1]


RANGES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=8)


@given(RANGES, st.lists(st.integers(0, 3), min_size=12, max_size=12), st.integers(1, 30))
def test_subjects_of_ranges_are_counted_one_by_one_in_any_portion(
    ranges: list[tuple[int, int]], subjects: list[int], at_once: int
) -> None:
    subject = np.array(subjects)
    first, last = (np.array(side) for side in zip(*ranges, strict=True))
    twice = [(first, last, subject), (first, np.minimum(last, 5), subject[::-1].copy())]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gene_hits, "PAIRS_AT_ONCE", at_once)
        n_subjects, largest = count_by_subject(twice)
    for number, (start, end) in enumerate(ranges):
        own = [*subjects[start:end], *subjects[::-1][start : min(end, 5)]]
        assert n_subjects[number] == len(set(own))
        assert largest[number] == max((own.count(one) for one in own), default=0)


def test_many_strata_give_what_one_after_the_other_gives() -> None:
    rng = np.random.default_rng(8)
    size = rng.integers(20, 60, 300)
    drawn, marked = rng.integers(0, 6, 300), rng.integers(0, 20, 300)
    law = np.ones(1)
    for n, m, total in zip(drawn, marked, size, strict=True):
        law = np.convolve(law, stats.hypergeom.pmf(np.arange(n + 1), total, m, n))
    for observed in (0, 100, 150, 200, 250, 300):
        assert stratified_tail(observed, drawn, marked, size) == pytest.approx(law[observed:].sum(), rel=1e-9)
