"""Flags that rest on several specimens, or on the tables of growth and outliers."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrasite.config.calling import Calling
from integrasite.flags.raising import raise_flags
from integrasite.flags.rules import PRESETS, RECALLED, RULES
from integrasite.io.tables import as_table
from integrasite.model.library import Library
from integrasite.model.tables import ANNOTATION, CLONES, DIVERSITY, FLAGS, OUTLIERS, TRACKING

LMO2 = {
    "site_id": "s1", "known_event": "LMO2", "event_class": "malignant", "expected_geometry": "fits",
    "nearest_cancer_gene": "LMO2", "cancer_gene_distance": 1234,
}  # fmt: skip


def clone(name: str, fraction: float, low: float | None = None, high: float | None = None, **cells: object):
    """A clone of specimen `name`; reaches whatever its fraction is above."""
    reached = {f"p_ge_{percent}": float(100 * fraction >= percent) for percent in (10, 20, 30)}
    low, high = fraction * 0.8 if low is None else low, fraction * 1.2 if high is None else high
    return {
        "subject": "p1", "specimen": name, "site_id": "s1", "contig": "chr1", "position": 10, "strand": "+",
        "vector": "v", "placement": "unique", "cluster": "", "n_fragments": 400, "cells": 450.0,
        "n_replicates": 3, "estimator": "sonic", "saturated": False, "status": "pass", "fraction": fraction,
        "fraction_low": low, "fraction_high": high, **reached, **cells,
    }  # fmt: skip


def sheet(*days: int | None, **cells: object) -> list[Library]:
    """A library of specimen d<day> for each day."""
    return [Library(f"l{day}", "p1", f"d{day}", days=day, **cells) for day in days]


def tracked(**cells: object) -> dict[str, object]:
    """A row of `tracking` that meets every condition of `growing`."""
    return {
        "subject": "p1", "tissue": "", "cell_type": "", "site_id": "s1", "vector": "v", "cluster": "",
        "status": "growing", "reliable": True, "growth_per_year": 1.9, "growth_low": 1.2, "growth_high": 2.6,
        "background_growth": 0.1, "q": 0.001, "n_usable": 4, **cells,
    }  # fmt: skip


def outlying(**cells: object) -> dict[str, object]:
    base = {"subject": "p1", "specimen": "d1", "rank": 1, "site_id": "s1", "vector": "v", "cluster": ""}
    return {**base, "fraction": 0.06, "q": 0.004, "is_outlier": True, **cells}


def table(rows, declared):
    return as_table(pd.DataFrame(list(rows), columns=list(declared.columns), dtype=object), declared)


def raised(
    clones, libraries, *, poor=(), n_fragments=1000, genes=(), tracking=None, outliers=None, **options
):
    """Flags of a study whose specimens are evaluable but for those in `poor`; lod95 is 0.3 %."""
    diversity = [
        {"subject": row.subject, "specimen": row.specimen, "loq": 0.016, "lod95": 0.003,
         "n_fragments": 10 if row.specimen in poor else n_fragments, "evaluable": ""}
        for row in libraries
    ]  # fmt: skip
    found = raise_flags(
        table(clones, CLONES),
        table(genes, ANNOTATION),
        table(diversity, DIVERSITY),
        libraries,
        Calling(),
        options.get("preset", "default"),
        None if tracking is None else table(tracking, TRACKING),
        None if outliers is None else table(outliers, OUTLIERS),
    )
    assert not found.duplicated(list(FLAGS.key)).any()
    assert set(found["rule"]) <= set(RULES)
    return found


def tiers(found: pd.DataFrame, rule: str) -> dict[str, int | None]:
    """Tier by specimen of one rule."""
    rows = found[found["rule"] == rule]
    return {
        name: None if pd.isna(grade) else int(grade)
        for name, grade in zip(rows["specimen"], rows["tier"], strict=True)
    }


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
        ((0, 90), (), {}),
        ((0,), (), {("d0", "repeat_due"): 90}),
        ((0, 80), ("d80",), {("d0", "repeat_due"): 90}),
        ((0, 91), (), {("d0", "repeat_overdue"): 91}),
        ((0, 50, 91), ("d50",), {("d0", "repeat_overdue"): 91}),
        ((0, 50, 91), ("d50", "d91"), {("d0", "repeat_overdue"): 91}),
    ],
)
def test_a_dominant_clone_asks_for_a_specimen_within_three_months(days, poor, expected):
    libraries = sheet(*days)
    assert fda([clone("d0", 0.25)], libraries, poor=poor) == expected
    assert fda([clone("d0", 0.15)], libraries, poor=poor) == {}


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
