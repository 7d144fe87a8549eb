"""Counts at sites to allele and cell fractions with intervals, limits, statuses, and the shared tables."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from junction_toy import CALLING, Truth, call, row

from integrasite.io.tables import as_table
from integrasite.model.library import Library
from integrasite.model.tables import CLONES, SITE_COUNTS, SITES
from integrasite.sites.tumour_fractions import (
    SiteCounts,
    allele_fractions,
    allele_to_share,
    cells_per_allele,
    compare_ends,
    exceeds,
    fragment_windows,
    leave_out_lost_ends,
    pooled_fraction,
    share_to_allele,
    unseen_limit,
)
from integrasite.sites.tumour_sizes import SITE_KEY, as_clone_rows, as_site_rows, as_tumour_sites, size_sites
from integrasite.transgene.name_clones import name_clones

LENGTHS = np.arange(100, 900)
SHARES = np.exp(-0.5 * ((LENGTHS - 420) / 80) ** 2)


def test_windows_by_hand():
    windows = fragment_windows(np.array([100, 30]), np.array([3.0, 1.0]), 20, 10, 5)
    assert windows.junction == pytest.approx(
        (3 * 71 + 1) / 4
    )  # 100 - 30 + 1 places, and one for the short fragment
    assert windows.intact == pytest.approx(3 * 56 / 4)


def counts(five, three, intact, w5=400.0, w3=400.0, wn=380.0) -> SiteCounts:
    arrays = [np.atleast_1d(np.asarray(value, float)) for value in (five, three, intact, w5, w3, wn)]
    size = max(array.size for array in arrays)
    return SiteCounts(*(np.broadcast_to(array, size).copy() for array in arrays))


def test_an_even_site_has_half_of_the_alleles():
    found = allele_fractions(counts(40, 40, 38))
    assert found.value == pytest.approx([0.5])
    assert found.low[0] < 0.5 < found.high[0]


def test_intervals_by_hand():
    """8 junction fragments in 20, equal windows: 95 % of the posterior under Jeffreys' prior, summed up numerically."""
    found = allele_fractions(counts(4, 4, 12, 190.0, 190.0, 380.0))
    x = (np.arange(100_000) + 0.5) / 100_000
    below = np.cumsum(x**7.5 * (1 - x) ** 11.5)
    low, high = (x[np.searchsorted(below / below[-1], level)] for level in (0.025, 0.975))
    assert (found.low[0], found.high[0]) == pytest.approx((low, high), abs=1e-4)
    nothing, everything = allele_fractions(counts(0, 0, 9)), allele_fractions(counts(9, 3, 0))
    assert nothing.low[0] == nothing.value[0] == 0 < nothing.high[0] < 0.3
    assert everything.high[0] == everything.value[0] == 1 > everything.low[0] > 0.6
    assert np.isnan(allele_fractions(counts(0, 0, 0)).value[0])


@pytest.mark.parametrize("coverage", [20, 40, 100])
def test_intervals_cover_the_truth(coverage):
    rng, n, windows = np.random.default_rng(coverage), 4_000, fragment_windows(LENGTHS, SHARES, 20, 20, 5)
    covered = []
    for cells in (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0):
        density = coverage / 300
        j5, j3 = (rng.poisson(density * cells / 2 * windows.junction, n) for _ in range(2))
        intact = rng.poisson(density * (1 - cells / 2) * windows.intact, n)
        found = allele_fractions(
            counts(j5, j3, intact, windows.junction, windows.junction, windows.intact)
        ).times(np.full(n, 2.0))
        covered.append(np.mean((found.low <= cells) & (found.high >= cells)))
    assert min(covered) >= 0.925 and max(covered) <= 0.985
    assert 0.94 <= np.mean(covered) <= 0.97


@pytest.mark.parametrize(
    ("purity", "ploidy", "multiplicity", "expected"),
    [
        (1.0, 2.0, 1.0, 2.0),
        (0.5, 2.0, 1.0, 4.0),  # half of the alleles are those of other cells
        (0.5, 4.0, 1.0, 6.0),
        (0.5, 4.0, 2.0, 3.0),
        (None, None, 1.0, 2.0),  # of all cells
        (0.0, 3.0, 1.0, 2.0),
        (0.25, None, 1.0, 8.0),
    ],
)
def test_cells_per_allele(purity, ploidy, multiplicity, expected):
    assert cells_per_allele(purity, ploidy, multiplicity) == pytest.approx(expected)


def test_shares_and_alleles_turn_into_each_other():
    some = counts([1, 2], [1, 2], [3, 4], w5=[400, 300], w3=[400, 0], wn=380)
    alleles = np.array([0.3, 0.8])
    assert share_to_allele(allele_to_share(alleles, some), some) == pytest.approx(alleles)


def test_ends_that_differ():
    p = compare_ends(counts([10, 10, 30, 5], [10, 14, 2, 0], 20, w3=[400, 400, 400, 0]))
    assert p[0] > 0.9 and p[1] > 0.3 and p[2] < 1e-6 and p[3] == 1
    uneven = compare_ends(counts(10, 20, 20, w5=200.0))
    assert uneven[0] > 0.9
    lost = leave_out_lost_ends(counts(30, 0, 20), np.array([1e-8]), 0.001)
    assert lost.window_three.tolist() == [0] and lost.window_five.tolist() == [400]
    assert allele_fractions(lost).value > 1.3 * allele_fractions(counts(30, 0, 20)).value


def test_limit_of_an_unseen_site():
    """As many intact fragments: a share of 1 - 0.05^(1/n) of junction fragments would have been missed in 5 %."""
    n = 58
    limit = unseen_limit(counts(0, 0, n, 380.0, 380.0, 380.0))
    share = 1 - 0.05 ** (1 / n)
    assert limit[0] == pytest.approx((share / 2) / (share / 2 + 1 - share))
    assert np.isnan(unseen_limit(counts(0, 0, 0))[0])
    rng = np.random.default_rng(1)
    truth = limit[0]
    missed = np.mean(
        rng.binomial(n, allele_to_share(np.array([truth]), counts(0, 0, n, 380.0, 380.0, 380.0))[0], 20_000)
        == 0
    )
    assert 0.04 < missed < 0.06


def test_pooled_fraction_of_a_clone():
    rng = np.random.default_rng(6)
    inside, width = 0, []
    for _ in range(200):
        j = rng.poisson(400 / 300 * 40 * 0.05, (2, 5))
        intact = rng.poisson(380 / 300 * 40 * 0.95, 5)
        value, low, high = pooled_fraction(counts(j[0], j[1], intact), np.full(5, 2.0))
        inside += low <= 0.1 <= high
        width.append(abs(value - 0.1))
    assert 0.91 <= inside / 200 <= 0.99
    assert max(width) < 0.1
    assert np.isnan(pooled_fraction(counts(0, 0, 0), np.array([2.0]))[0])
    assert pooled_fraction(counts(0, 0, 50), np.array([2.0]))[0] == 0


def test_probability_to_exceed_a_threshold():
    some = counts([10, 0], [10, 0], [20, 200])
    p = exceeds(some, np.array([2.0, 2.0]), 0.2)
    assert p[0] > 0.99 and p[1] < 1e-6
    assert exceeds(some, np.array([0.1, 0.1]), 0.2).tolist() == [0, 0]


LIBRARIES = (
    Library("T1", "P1", "P1_tumour", "wgs", tissue="tumour", purity=0.8, ploidy=2.0),
    Library("B1", "P1", "P1_blood", "wgs", r1=(Path("x"),), days=28),
)


def sized(rows, *count_rows: tuple[object, ...], libraries=LIBRARIES, **more: object) -> pd.DataFrame:
    called = call(rows, tuple(library.sample for library in libraries)).sites
    names = ["sample", "position", "n_junction_5", "n_junction_3", "n_intact"]
    frame = pd.DataFrame(count_rows, columns=names).assign(
        contig="chr1", strand="+", vector="lv", cluster="", window_junction_5=400.0, window_junction_3=400.0,
        window_intact=380.0,
    ).assign(**more)  # fmt: skip
    return size_sites(called, as_table(frame, SITE_COUNTS), libraries, CALLING)


def evidence(n: int = 3, at: int = 10_000, sample: str = "T1") -> list[dict[str, object]]:
    return [row(Truth(position=at), 3 if k % 2 else 5, sample=sample, fragment=at + k) for k in range(n)]


def test_a_site_of_one_sample_is_measured_in_all():
    found = sized(evidence(), ("T1", 10_001, 20, 22, 40), ("B1", 10_001, 0, 0, 60)).set_index("sample")
    assert found["status"].to_dict() == {"T1": "pass", "B1": "below_limit"}
    assert found["fraction_of"].to_dict() == {"T1": "tumour cells", "B1": "all cells"}
    allele = (42 / 800) / (42 / 800 + 40 / 380)
    assert found["vaf"]["T1"] == pytest.approx(allele)
    assert found["ccf"]["T1"] == pytest.approx(allele * 2 / 0.8)
    assert found["ccf_low"]["T1"] < found["ccf"]["T1"] < found["ccf_high"]["T1"] <= 1
    assert found["ccf"]["B1"] == 0 and 0.03 < found["limit"]["B1"] < 0.06
    assert f"{found['limit']['B1']:.2g}" in found["reason"]["B1"]


def test_counting_finds_a_sample_that_the_first_pass_missed():
    found = sized(evidence(), ("T1", 10_001, 2, 2, 40), ("B1", 10_001, 1, 0, 60)).set_index("sample")
    assert found["status"].to_dict() == {"T1": "pass", "B1": "pass"}


def test_a_second_fragment_with_a_short_anchor_raises_a_site():
    assert sized(evidence(1), ("T1", 10_001, 1, 0, 60))["tier"].tolist() == ["C", "C"]
    found = sized(evidence(1), ("T1", 10_001, 1, 1, 60), ("B1", 10_001, 0, 0, 60)).set_index("sample")
    assert found["tier"].tolist() == ["B", "B"]
    assert found["status"].to_dict() == {"T1": "pass", "B1": "below_limit"}


def test_sites_that_were_not_measured_say_so():
    found = sized(evidence()).set_index("sample")
    assert found["status"].to_dict() == {"T1": "pass", "B1": "below_limit"}
    assert found["vaf"].isna().all() and found["limit"].isna().all()
    assert "not counted" in found["reason"]["T1"] and "not covered" in found["reason"]["B1"]


@pytest.mark.parametrize(
    ("why", "word"),
    [
        ("capture", "probes"),
        ("repeat", "repeat"),
        ("vector-like", "a vector holds"),
        ("alike", "begin alike"),
    ],
)
def test_a_fraction_that_stays_open_says_why(why, word):
    counted = [("T1", 10_001, 20, 22, 40), ("B1", 10_001, 0, 0, 60)]
    found = sized(evidence(), *counted, window_intact=0.0, why_open=why)
    assert found["vaf"].isna().all() and found["ccf"].isna().all() and found["limit"].isna().all()
    by_sample = found.set_index("sample")
    assert by_sample["status"].to_dict() == {"T1": "pass", "B1": "below_limit"}
    for reason in by_sample["reason"]:
        assert "allele fraction open" in reason and word in reason
    assert by_sample["reason"]["B1"].startswith("not seen; ") and "covered" not in by_sample["reason"]["B1"]
    # nothing is said of cells where nothing is known of them
    clones = as_clone_rows(found, LIBRARIES, CALLING)
    assert len(clones) == 1 and clones[["fraction", "p_ge_10", "p_ge_30"]].isna().all(axis=None)
    named = name_clones(found, LIBRARIES, CALLING)
    assert set(named["clone"]) == {""}


def test_a_site_without_fraction_leaves_the_clones_of_others_alone():
    rows = [*evidence(), *evidence(3, 30_000)]
    counted = [("T1", 10_001, 20, 22, 40), ("T1", 30_001, 20, 22, 90), ("B1", 10_001, 0, 0, 60)]
    windows = {"window_intact": [380.0, 0.0, 380.0], "why_open": ["", "repeat", ""]}
    named = name_clones(sized(rows, *counted, **windows), LIBRARIES, CALLING)
    assert named.groupby("position")["clone"].agg(set).to_dict() == {10_001: {"clone1"}, 30_001: {""}}


def test_notes_on_ends_and_copies():
    found = sized(evidence(), ("T1", 10_001, 40, 2, 40), ("B1", 10_001, 90, 80, 2)).set_index("sample")
    assert "two ends differ" in found["reason"]["T1"]
    assert "more than one copy per cell" in found["reason"]["B1"] and found["ccf"]["B1"] == 1
    assert found["status"].tolist() == ["pass", "pass"]


def test_shared_tables():
    rows = [*evidence(), *evidence(1, 30_000)]
    found = sized(rows, ("T1", 10_001, 20, 22, 40), ("B1", 10_001, 0, 0, 60), ("T1", 30_001, 1, 0, 60))
    sites = as_site_rows(found)
    assert list(sites.columns) == list(SITES.columns)
    assert sites[["sample", "site_id", "n_fragments", "status"]].to_numpy().tolist() == [
        ["T1", "chr1:10001:+", 42, "pass"],
        ["T1", "chr1:30001:+", 1, "below_limit"],
    ]
    clones = as_clone_rows(found, LIBRARIES, CALLING)
    assert list(clones.columns) == list(CLONES.columns)
    assert clones["estimator"].tolist() == ["ccf", "ccf"] and clones["specimen"].tolist() == ["P1_tumour"] * 2
    top = clones.iloc[0]
    assert top["fraction"] == pytest.approx(found["ccf"].iloc[list(found["sample"]).index("T1")])
    assert top["p_ge_30"] > 0.99 and np.isnan(clones["fraction"].iloc[1])
    assert as_tumour_sites(found).duplicated(["sample", *SITE_KEY]).sum() == 0


def test_replicates_of_a_specimen_are_pooled():
    libraries = (
        Library("T1", "P1", "P1_tumour", "wgs", purity=1.0),
        Library("T2", "P1", "P1_tumour", "wgs", purity=1.0, replicate=2),
    )
    found = sized(evidence(), ("T1", 10_001, 10, 10, 30), ("T2", 10_001, 20, 20, 20), libraries=libraries)
    clone = as_clone_rows(found, libraries, CALLING).iloc[0]
    allele = (60 / 800) / (60 / 800 + 50 / 380)
    assert clone["n_replicates"] == 2 and clone["fraction"] == pytest.approx(min(2 * allele, 1))
    one = found[found["sample"] == "T1"].iloc[0]
    assert clone["fraction_high"] - clone["fraction_low"] < one["ccf_high"] - one["ccf_low"]
