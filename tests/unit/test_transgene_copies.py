"""Copies of a vector: expected fragments against a slow count, intervals against their promise, whole samples against truth."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "tumour"))

import copies_tables as toy

from integrasite.config.calling import Calling
from integrasite.model.tables import TRANSGENE_COVERAGE, TUMOUR_SITES
from integrasite.transgene.copies import Copies, count_fragments, measure_copies, tumour_copies
from integrasite.transgene.copies_depth import effective_keys, length_shares, measure_host, unfold
from integrasite.transgene.copies_expected import count_ways, make_measure, shared_bases
from integrasite.transgene.copies_interval import copies_interval
from integrasite.transgene.copies_sample import describe_vector
from integrasite.transgene.vector_map import HostLike, MappedVector

CALLING = Calling()
NO_SITES = pd.DataFrame(columns=list(TUMOUR_SITES.columns))


def host_of(draw=None, seed=1, **more):
    draw = draw or toy.Draw()
    summary, loci = toy.draw_host(draw, np.random.default_rng(seed))
    return measure_host(summary, loci, CALLING, controls=toy.toy_controls(draw), **more)


@pytest.fixture(scope="module")
def host():
    return host_of()


def interval(n, expected, variance=0.0):
    low, high = copies_interval(np.array([float(n)]), np.array([float(expected)]), np.array([variance]))
    return float(low[0]), float(high[0])


def test_interval_of_no_fragments_ends_where_half_of_nothing_is_as_rare():
    low, high = interval(0, 10)
    assert low == 0
    assert high == pytest.approx(np.log(20) / 10, rel=1e-4)


@pytest.mark.parametrize("mean", [1.0, 3.7, 8.0, 25.0, 90.0])
def test_poisson_counts_are_covered_about_95_percent(mean):
    counts = np.arange(0, int(mean + 12 * np.sqrt(mean) + 20)).astype(float)
    low, high = copies_interval(counts, np.ones_like(counts), np.zeros_like(counts))
    covered = float(poisson.pmf(counts, mean)[(low <= mean) & (mean <= high)].sum())
    assert 0.92 < covered < 0.99


@given(st.integers(0, 5000), st.floats(0.01, 1000), st.floats(1e-6, 0.5))
@settings(max_examples=60, deadline=None)
def test_interval_holds_the_estimate_and_widens_with_uncertainty(n, expected, variance):
    low, high = interval(n, expected, variance)
    assert low <= n / expected <= high
    plain_low, plain_high = interval(n, expected)
    assert low <= plain_low * (1 + 1e-6)
    assert high >= plain_high * (1 - 1e-6)


def slow_total(vector, host, least):
    """Every fragment base by base, as a person would count them."""
    mask = ~vector.host_like_mask
    total = vector.one_ltr.size + vector.ltr_length
    found = 0.0
    for length, share in zip(host.lengths.tolist(), host.shares.tolist(), strict=True):
        for first in range(1 - length, total):
            read = min(host.read_length, length)
            shown = {*range(first, first + read), *range(first + length - read, first + length)}
            shown = sorted(base for base in shown if 0 <= base < total)
            if not shown:
                continue
            start, end = shown[0], shown[-1] + 1
            ends = {*range(start, min(start + read, end)), *range(max(end - read, start), end)}
            found += share * (sum(mask[base % mask.size] for base in ends) >= least)
    return found * host.density / 2


def test_expected_fragments_are_those_of_a_slow_count(host):
    rng = np.random.default_rng(4)
    codes = rng.integers(0, 4, 260).astype(np.uint8)
    like = HostLike(90, 150, "chr1", 0, 60, "+", 1.0)
    vector = MappedVector("toy", "lentivirus", 5, "provirus", codes, 60, 320, host_like=(like,))
    small = replace(
        host, lengths=np.array([45, 130, 210]), shares=np.array([0.2, 0.5, 0.3]), read_length=40, slope=0.0
    )
    ways = count_ways(make_measure(vector, [], 40, 30), small)
    assert ways.total() == pytest.approx(slow_total(vector, small, 30))


def test_ltr_expects_more_than_twice_what_the_inside_does(host):
    vector = toy.toy_vector()
    ways = count_ways(make_measure(vector, [], 150, 30), host)
    per_base = np.bincount(ways.middle, ways.expected, minlength=toy.SIZE)
    inside = per_base[2650:2750].mean()
    assert per_base[: toy.LTR].mean() > 2 * inside  # twice, and the fragments that reach into the host
    assert per_base[900:1100].max() < per_base[2700]


def test_what_two_vectors_share_tells_neither():
    vector = toy.toy_vector()
    other = replace(
        vector, name="other", one_ltr=np.concatenate([vector.one_ltr[:1000], toy.toy_vector(9).one_ltr])
    )
    shared = shared_bases(vector, other)
    assert shared[:990].all()
    assert not shared[1040:2900].any()
    turned = replace(other, one_ltr=(3 - other.one_ltr[::-1]).astype(np.uint8))
    assert (shared_bases(vector, turned)[40:960]).all()
    found = describe_vector(
        "S", vector, [replace(vector, name="twin")], fragments_of(), NO_SITES, host_of(), CALLING
    )
    assert found.copies.interval is None
    assert "tells it from" in found.copies.reason


def fragments_of(draw=None, seed=2):
    return toy.draw_fragments(draw or toy.Draw(), toy.toy_vector(), np.random.default_rng(seed))


def test_depth_is_that_of_the_host(host):
    draw = toy.Draw()
    assert host.density == pytest.approx(draw.density(np.random.default_rng(0)), rel=0.03)
    assert host.spread < 0.003
    assert abs(host.slope) < 4 * host.slope_variance**0.5


def test_lengths_are_those_of_the_library_not_of_what_fits_into_windows():
    keys, shares = length_shares({100: 901, 900: 101}, np.array([1000]))
    assert keys.tolist() == [100, 900]
    assert shares.tolist() == pytest.approx([0.5, 0.5])


def test_uneven_depth_and_gc_are_measured():
    found = [host_of(toy.Draw(spread=0.2, gc_slope=1.5), seed) for seed in range(8)]
    assert np.mean([h.spread for h in found]) == pytest.approx(0.04, rel=0.4)
    assert np.mean([h.slope for h in found]) == pytest.approx(1.5, abs=0.35)


def test_changes_of_copy_number_are_not_local_noise():
    draw = toy.Draw()
    summary, loci = toy.draw_host(draw, np.random.default_rng(3))
    loci["n_fragments"] = np.where(np.arange(len(loci)) < 100, loci["n_fragments"], loci["n_fragments"] * 2)
    loci = loci.sample(frac=1, random_state=1)
    ordered = measure_host(summary, loci, CALLING, controls=toy.toy_controls(draw))
    assert ordered.spread < 0.01
    assert measure_host(summary, loci, CALLING).spread > 0.05


def test_captures_need_control_loci_on_target():
    draw = toy.Draw()
    summary, loci = toy.draw_host(draw, np.random.default_rng(3))
    even = 10**6 * 1000 / 3e9
    off = loci.assign(n_pairs=int(even) + 1)
    found = measure_host(summary, off, CALLING, assay="capture", genome_bases=3 * 10**9)
    assert "0 control loci were captured" in found.reason
    found = measure_host(summary, loci, CALLING, assay="capture", genome_bases=3 * 10**9)
    assert not found.reason
    assert measure_host(summary, loci, CALLING, assay="rna").reason
    assert measure_host(summary, loci.iloc[:0], CALLING).reason


@pytest.mark.parametrize("reason", ["rna", "capture"])
def test_without_a_measure_of_the_host_no_copies_are_told(reason):
    found = describe_vector(
        "S", toy.toy_vector(), [], fragments_of(), NO_SITES, host_of(assay=reason), CALLING
    )
    assert found.copies.interval is None
    assert found.copies.reason
    assert found.coverage.empty
    assert found.structure.empty


def test_equal_ends_are_more_molecules_than_one():
    assert unfold(0.01, 100) == pytest.approx(0.01, rel=1e-3)
    assert unfold(100 * (1 - np.exp(-0.5)), 100) == pytest.approx(50)
    assert effective_keys(np.full(40, 1000.0), True) == pytest.approx(40, rel=0.01)
    assert effective_keys(np.array([5000.0]), False) == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize(
    "draw",
    [
        toy.Draw(),
        toy.Draw(depth=30, vcn=2, lengths=toy.FFPE),
        toy.Draw(spread=0.1, gc_slope=1.0),
        toy.Draw(depth=15, is_paired=False),
    ],
)
def test_copies_of_samples_with_known_truth(draw):
    found = [toy.run_once(draw, seed).copies for seed in range(6)]
    total = sum(item.vcn for item in found) / (draw.vcn * len(found))
    assert total == pytest.approx(1, abs=0.12)
    assert sum(item.low <= draw.vcn <= item.high for item in found) >= 4


def test_no_fragment_is_no_copy_with_a_limit():
    nothing = fragments_of().iloc[:0]
    found = describe_vector("S", toy.toy_vector(), [], nothing, NO_SITES, host_of(), CALLING).copies
    assert (found.vcn, found.low) == (0, 0)
    assert 0 < found.high < 0.05


def test_order_of_rows_changes_nothing(host):
    fragments = fragments_of(toy.Draw(pieces=toy.DAMAGE["promoter deleted"]))
    one, other = (
        describe_vector("S", toy.toy_vector(), [], rows, NO_SITES, host, CALLING)
        for rows in (fragments, fragments.sample(frac=1, random_state=3))
    )
    assert one.copies == other.copies
    pd.testing.assert_frame_equal(one.coverage, other.coverage)
    pd.testing.assert_frame_equal(one.structure, other.structure)


def test_kinds_that_are_no_integrated_copy_do_not_count(host):
    fragments = fragments_of()
    for kind in ("circle", "vector_host_like", "backbone", "host"):
        counted = count_fragments(fragments.assign(kind=kind), toy.toy_vector(), [], host, CALLING)
        assert measure_copies(counted).n_fragments == 0


def test_profile_holds_every_fragment_once(host):
    counted = count_fragments(fragments_of(), toy.toy_vector(), [], host, CALLING)
    found = describe_vector("S", toy.toy_vector(), [], fragments_of(), NO_SITES, host, CALLING).coverage
    assert list(found.columns) == list(TRANSGENE_COVERAGE.columns)
    assert found["n_fragments"].sum() == counted.start.size
    assert found["expected"].sum() == pytest.approx(counted.ways.total())
    assert (found["start"].iloc[1:].to_numpy() == found["end"].iloc[:-1].to_numpy()).all()
    assert found["end"].iloc[-1] == toy.SIZE


def test_stretches_left_out_do_not_bias_the_rest(host):
    counted = count_fragments(
        fragments_of(toy.Draw(depth=200)), toy.toy_vector(), [], host_of(toy.Draw(depth=200)), CALLING
    )
    whole, rest = measure_copies(counted), measure_copies(counted, [(1500, 2000)])
    assert rest.n_fragments < whole.n_fragments
    assert rest.vcn == pytest.approx(whole.vcn, rel=0.08)


@pytest.mark.parametrize(
    ("purity", "ploidy", "wanted"),
    [
        (1.0, 2.0, 1.0),  # pure and diploid: the same number
        (0.5, 2.0, 2.0),  # half of the cells carry all copies
        (0.5, 4.0, 3.0),  # (0.5 * 4 + 1) / 2 = 1.5 diploid genomes per cell, over 0.5
        (0.25, None, 4.0),
    ],
)
def test_copies_per_tumour_cell(purity, ploidy, wanted):
    found = tumour_copies(Copies(1.0, 0.8, 1.2), purity, ploidy)
    assert found == pytest.approx((wanted, 0.8 * wanted, 1.2 * wanted))


@pytest.mark.parametrize("purity", [None, 0.0])
def test_without_tumour_cells_there_are_no_copies_per_tumour_cell(purity):
    assert tumour_copies(Copies(1.0, 0.8, 1.2), purity, 2.0) is None


def test_single_reads_of_many_copies_share_ends():
    """At 8 copies and 40x a third of the single reads begin where another one does."""
    draw = toy.Draw(depth=40.0, vcn=8.0, is_paired=False)
    found = [toy.run_once(draw, 900 + seed).copies for seed in range(3)]
    assert np.mean([item.vcn / draw.vcn for item in found]) == pytest.approx(1, abs=0.03)
