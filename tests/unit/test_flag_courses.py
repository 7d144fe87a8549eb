"""Flags that rest on several specimens, or on the tables of growth and outliers."""

import pandas as pd
import pytest
from flag_toy import LMO2, clone, outlying, raised, sheet, tiers, tracked
from hypothesis import given
from hypothesis import strategies as st

from integrasite.flags.rules import PRESETS, RECALLED
from integrasite.model.library import Library


@pytest.mark.parametrize(
    ("days", "poor", "expected"),
    [
        ((0, 28), (), {"d0", "d28"}),
        ((0, 27), (), set()),  # too close
        ((0, 27, 55), (), {"d0", "d27", "d55"}),  # d0 and d55 are 55 days apart; d27 and d55 are 28
        ((0, 14, 28), ("d14",), {"d0", "d28"}),
        ((0, 60, 120), ("d60",), {"d0", "d120"}),  # an unusable specimen breaks nothing
        ((0, 60), ("d60",), set()),
        ((0, None), (), set()),  # without days nothing is known of the distance
    ],
)
def test_persistence_asks_for_two_evaluable_specimens_far_enough_apart(days, poor, expected):
    found = raised([clone(f"d{day}", 0.25) for day in days], sheet(*days), poor=poor)
    assert set(tiers(found, "persistent_20")) == expected
    assert set(tiers(found, "persistent_10")) == expected
    assert not tiers(found, "persistent_30")


def test_persistence_is_broken_by_a_small_clone_or_another_lineage():
    days = (0, 60, 120)
    broken = [clone("d0", 0.25), clone("d60", 0.15), clone("d120", 0.25)]
    found = raised(broken, sheet(*days))
    assert not tiers(found, "persistent_20")
    assert set(tiers(found, "persistent_10")) == {"d0", "d60", "d120"}
    assert not tiers(raised([broken[0], broken[2]], sheet(*days)), "persistent_10")  # unseen at d60
    mixed = [*sheet(0), *sheet(60, cell_type="T")]
    assert not tiers(raised(broken[:2], mixed), "persistent_10")


def test_persistence_takes_the_probability_not_the_estimate():
    rows = [clone("d0", 0.25), clone("d60", 0.25, p_ge_20=0.94)]
    found = raised(rows, sheet(0, 60))
    assert not tiers(found, "persistent_20")
    rows[1]["p_ge_20"] = 0.96
    found = raised(rows, sheet(0, 60)).set_index(["specimen", "rule"])
    assert found.loc[("d0", "persistent_20"), "value"] == 0.96
    assert "1, and 0.96 in d60" in found.loc[("d0", "persistent_20"), "evidence"]


FOUR = sheet(0, 200, 400, 600)
GROWN = [clone("d0", 0.004), clone("d200", 0.01), clone("d400", 0.02), clone("d600", 0.04, 0.03, 0.05)]
STEADY = [{**row, "fraction_high": 0.9} for row in GROWN]
"""The same fractions with intervals so wide that `grew` does not hold."""


def test_growth_is_flagged_at_the_last_time_point_with_its_numbers():
    found = raised(STEADY, FOUR, tracking=[tracked()])
    assert found[["specimen", "rule", "tier"]].to_numpy().tolist() == [["d600", "growing", 3]]
    assert found["value"].iloc[0] == pytest.approx(1.1)
    assert found["threshold"].iloc[0] == pytest.approx(0.6931, abs=1e-4)
    evidence = found["evidence"].iloc[0]
    for number in ("4 % of the vector-marked", "1.9 per year", "1.2 to 2.6", "against 0.1", "q 0.001"):
        assert number in evidence


@pytest.mark.parametrize(
    "cells",
    [
        {"status": "declining"},
        {"status": "stable"},
        {"status": "insufficient"},
        {"reliable": False},
        {"reliable": None},
        {"background_growth": 0.51},  # 0.69 above the others: no doubling for certain
        {"growth_low": None},
        {"site_id": "s2"},
        {"subject": "p2"},
        {"vector": "other"},
        {"cell_type": "T"},
    ],
)
def test_every_condition_of_growing_counts(cells):
    assert raised(STEADY, FOUR, tracking=[tracked(**cells)]).empty


def test_a_growing_clone_that_is_not_certainly_one_percent_is_passed_over():
    small = [*STEADY[:3], clone("d600", 0.02, 0.0099, 0.05)]
    assert raised(small, FOUR, tracking=[tracked()]).empty


def test_growth_at_a_verified_event_and_with_size():
    assert tiers(raised(STEADY, FOUR, tracking=[tracked()], genes=[LMO2]), "growing") == {"d600": 1}
    other = {**LMO2, "expected_geometry": "does_not_fit"}
    assert tiers(raised(STEADY, FOUR, tracking=[tracked()], genes=[other]), "growing") == {"d600": 2}
    unread = {**LMO2, "event_class": "malignant (unverified)"}
    assert tiers(raised(STEADY, FOUR, tracking=[tracked()], genes=[unread]), "growing") == {"d600": 3}
    listed = {"site_id": "s1", "lists": "census"}
    assert tiers(raised(STEADY, FOUR, tracking=[tracked()], genes=[listed]), "growing") == {"d600": 3}
    large = [*STEADY[:3], clone("d600", 0.15, high=0.9)]
    assert tiers(raised(large, FOUR, tracking=[tracked()]), "dominant_10") == {"d600": 2}
    assert tiers(raised(large, FOUR), "dominant_10") == {"d600": 3}


def test_a_multihit_is_known_by_its_cluster():
    rows = [{**row, "placement": "multihit", "cluster": "c1"} for row in STEADY]
    moved = tracked(site_id="elsewhere", cluster="c1")
    assert tiers(raised(rows, FOUR, tracking=[moved]), "growing") == {"d600": 3}


WEAK = tracked(reliable=False, reason="3 evaluable time points, fewer than 4")


def test_grew_compares_limits_at_the_first_and_last_evaluable_day():
    found = raised(GROWN, FOUR, tracking=[WEAK])
    assert tiers(found, "grew") == {"d600": 3}
    assert "the rate cannot be relied on (3 evaluable time points" in found["evidence"].iloc[0]
    assert raised(STEADY, FOUR, tracking=[WEAK]).empty
    assert raised([GROWN[0], GROWN[3]], sheet(0, 600), tracking=[WEAK]).empty  # two time points only
    assert not tiers(raised(GROWN, FOUR, poor=("d0", "d200"), tracking=[WEAK]), "grew")
    assert not tiers(raised(GROWN, FOUR, tracking=[tracked()]), "grew")  # the stronger word is enough
    small = [clone("d0", 0.001), clone("d600", 0.009)]
    assert raised(small, FOUR, tracking=[WEAK]).empty


def test_limits_without_the_test_of_growth_say_nothing():
    assert raised(GROWN, FOUR).empty
    assert raised(GROWN, FOUR, tracking=[{**WEAK, "status": "insufficient"}]).empty


def test_a_clone_unseen_at_first_may_have_been_as_large_as_the_limit_of_detection():
    assert tiers(raised([clone("d600", 0.02, 0.0031)], FOUR, tracking=[WEAK]), "grew") == {"d600": 3}
    assert raised([clone("d600", 0.02, 0.003)], FOUR, tracking=[WEAK]).empty


def test_an_outlier_of_five_percent_counts_as_ten():
    rows = [clone("d1", 0.06)]
    found = raised(rows, sheet(1), outliers=[outlying()])
    assert found[["rule", "tier", "value", "threshold"]].to_numpy().tolist() == [["outlier", 3, 0.004, 0.01]]
    assert tiers(raised(rows, sheet(1), outliers=[outlying()], genes=[LMO2]), "outlier") == {"d1": 2}
    for cells in ({"fraction": 0.049}, {"is_outlier": False}, {"is_outlier": None}, {"site_id": "s2"}):
        assert raised(rows, sheet(1), outliers=[outlying(**cells)]).empty
    assert set(raised(rows, sheet(1), poor=("d1",), outliers=[outlying()])["rule"]) == {"not_evaluable"}


@given(
    st.lists(st.sampled_from([0.001, 0.02, 0.06, 0.15, 0.25, 0.4]), min_size=4, max_size=4),
    st.sampled_from(["growing", "declining", "stable", "insufficient"]),
    st.booleans(),
    st.booleans(),
)
def test_more_tables_never_take_a_flag_away_nor_lower_a_tier(fractions, status, reliable, near):
    rows = [clone(one.specimen, size) for one, size in zip(FOUR, fractions, strict=True)]
    genes = [LMO2] if near else []
    less = raised(rows, FOUR, genes=genes)
    more = raised(
        rows, FOUR, genes=genes, tracking=[tracked(status=status, reliable=reliable)],
        outliers=[outlying(specimen="d200", fraction=fractions[1])],
    )  # fmt: skip
    key = ["specimen", "site_id", "rule"]
    both = less.merge(more, on=key, how="left", suffixes=("", "_more"), indicator=True)
    assert (both["_merge"] == "both").all()
    assert (both["tier_more"].fillna(9) <= both["tier"].fillna(9)).all()


def fda(clones, libraries, **options):
    found = raised(clones, libraries, preset="fda-ltfu-2020", **options)
    return {
        (name, rule): value
        for name, rule, value in zip(found["specimen"], found["rule"], found["value"], strict=True)
        if rule in ("analysis_required", "repeat_due", "repeat_overdue")
    }


def test_vector_positive_specimens_ask_for_an_analysis_of_sites():
    poor = sheet(5, vcn=0.01)
    assert fda([], poor, poor=("d5",)) == {("d5", "analysis_required"): 0.01}
    assert fda([], poor) == {}  # it was done
    assert fda([], sheet(5, vcn=0.0099), poor=("d5",)) == {}
    assert fda([], sheet(5), poor=("d5",)) == {}  # not known
    assert fda([], sheet(5, vcn=2.0, role="ntc"), poor=("d5",)) == {}
    only_default = raised([], poor, poor=("d5",))
    assert set(only_default["rule"]) == {"not_evaluable"}


@pytest.mark.parametrize(
    ("days", "poor", "expected"),
    [
        ((0, 92), (), {}),  # three calendar months have up to 92 days
        ((0,), (), {("d0", "repeat_due"): 92}),
        ((0, 80), ("d80",), {("d0", "repeat_due"): 92}),
        ((0, 92), ("d92",), {("d0", "repeat_due"): 92}),
        ((0, 93), (), {("d0", "repeat_overdue"): 93}),
        ((0, 50, 93), ("d50",), {("d0", "repeat_overdue"): 93}),
        ((0, 50, 93), ("d50", "d93"), {("d0", "repeat_overdue"): 93}),
    ],
)
def test_a_dominant_clone_asks_for_a_specimen_within_three_months(days, poor, expected):
    libraries = sheet(*days)
    assert fda([clone("d0", 0.25)], libraries, poor=poor) == expected
    assert fda([clone("d0", 0.15)], libraries, poor=poor) == {}


def test_a_repeat_is_of_the_same_cells_and_of_the_patient():
    finding = [clone("d0", 0.25)]
    other_cells = [*sheet(0, cell_type="T"), *sheet(30, cell_type="neutrophils")]
    assert fda(finding, other_cells) == {("d0", "repeat_due"): 92}
    assert fda(finding, [*sheet(0), *sheet(30, role="product")]) == {("d0", "repeat_due"): 92}
    assert fda(finding, [*sheet(0), *sheet(30)]) == {}


def test_a_finding_without_days_is_not_passed_over():
    found = raised([clone("dNone", 0.25)], sheet(None), preset="fda-ltfu-2020").set_index("rule")
    assert pd.isna(found.loc["repeat_due", "value"])
    assert "gives no days" in found.loc["repeat_due", "evidence"]


def test_twenty_percent_twice_asks_for_a_repeat_too():
    unsure = [clone(name, 0.22, p_ge_20=0.8, p_ge_10=0.9) for name in ("d0", "d20")]
    assert fda(unsure, sheet(0, 20)) == {("d20", "repeat_due"): 112}


def test_products_need_no_analysis_after_infusion():
    assert fda([], sheet(0, vcn=2.0, role="product"), poor=("d0",)) == {}


def test_two_specimens_of_the_last_day_must_agree_that_a_clone_grew():
    twin = [*FOUR, *(Library("m600", "p1", "e600", days=600),)]
    assert tiers(raised(GROWN, twin, tracking=[WEAK]), "grew") == {}
    both = [*GROWN, clone("e600", 0.04, 0.03, 0.05)]
    assert tiers(raised(both, twin, tracking=[WEAK]), "grew") == {"d600": 3, "e600": 3}


def test_due_rules_say_that_their_source_was_not_read():
    found = raised([clone("d0", 0.25)], sheet(0), preset="fda-ltfu-2020").set_index("rule")
    assert found.loc["repeat_due", "source"].startswith(RECALLED)
    assert pd.isna(found.loc["repeat_due", "tier"])
    assert PRESETS["fda-ltfu-2020"].source.startswith(RECALLED)


def test_thirty_percent_that_cannot_be_excluded():
    unsure = [clone("d1", 0.22, 0.1, 0.31, p_ge_10=0.94, p_ge_20=0.7)]
    assert tiers(raised(unsure, sheet(1), n_fragments=199), "cannot_exclude_30") == {"d1": None}
    assert not tiers(raised(unsure, sheet(1), n_fragments=200), "cannot_exclude_30")
    assert not tiers(raised(unsure, sheet(1), poor=("d1",)), "cannot_exclude_30")
    assert not tiers(raised([clone("d1", 0.22, 0.1, 0.29)], sheet(1), n_fragments=199), "cannot_exclude_30")


def test_of_two_rows_of_one_site_the_stronger_tier_is_kept():
    rows = [clone("d1", 0.01), clone("d1", 0.35, vector="w")]
    assert tiers(raised(rows, sheet(1), genes=[LMO2]), "near_known_event") == {"d1": 1}
