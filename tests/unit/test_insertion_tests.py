"""The tests for insertional mutagenesis: what they find, what they leave alone, and what they say they did not test."""

import numpy as np
import pandas as pd
import pytest
from insertion_toy import annotation_of, clones_table, collect, draw_cohort, genes_table
from scipy import stats

from integrasite.analyse import insertion_tests
from integrasite.analyse.common_sites import choose_comparisons, compare_with_reference
from integrasite.analyse.early_late import compare_early_late
from integrasite.analyse.expanded_clones import enrich_expanded_clones
from integrasite.analyse.insertion_sites import density_strata, top_sites
from integrasite.analyse.insertion_tests import run_insertion_tests
from integrasite.analyse.proximity import KnownBases, measure_proximity
from integrasite.analyse.scan import scan_windows
from integrasite.config.calling import Calling
from integrasite.io.tables import empty_table
from integrasite.model.tables import CLONES

CALLING = Calling()
NO_MASK = pd.DataFrame({"contig": [], "start": [], "end": []}).astype({"start": "int64", "end": "int64"})


def test_top_sites_never_take_a_part_of_a_tie() -> None:
    assert top_sites(np.array([5.0, 4, 3, 3, 1, 1, 1, 1, 1, 1]), 0.3).tolist() == [True, True] + [False] * 8
    assert not top_sites(np.ones(1000), 0.01).any()
    assert top_sites(np.arange(1000.0), 0.01).sum() == 10


def test_strata_hold_enough_sites_and_the_densest_are_apart() -> None:
    density = np.arange(10_000)
    strata = density_strata(density)
    assert np.bincount(strata).tolist() == [500] * 19 + [400, 100]
    assert np.bincount(density_strata(np.arange(500))).tolist() == [50] * 10
    assert set(density_strata(np.ones(900, dtype=np.int64)).tolist()) == {0}


def test_a_site_is_one_row_per_subject_and_only_passing_unique_ones_count() -> None:
    genes = genes_table([("A", "chr1", 0, 100, "+")])
    clones = clones_table(
        [("P1", "chr1", 10, 3.0, 14), ("P1", "chr1", 10, 4.0, 365), ("P2", "chr1", 10, 1.0, 50)]
    )
    bad = [clones.iloc[:1].assign(**{name: word}, position=20) for name, word in
           (("status", "artefact"), ("placement", "multihit"), ("estimator", "ccf"))]  # fmt: skip
    table = collect(pd.concat([clones, *bad]), genes, CALLING).table
    assert table[["subject", "position", "cells", "is_early", "is_late"]].to_numpy().tolist() == [
        ["P1", 9, 7.0, True, True],
        ["P2", 9, 1.0, False, False],
    ]


def test_a_gene_of_large_clones_is_found_and_no_other() -> None:
    genes, clones = draw_cohort(11, boost=30.0)
    table, notes = enrich_expanded_clones(collect(clones, genes, CALLING), genes, CALLING)
    found = table[table["q"] < 0.05]
    assert found["gene"].tolist() == ["G7"]
    row = found.iloc[0]
    assert row["observed"] > 4 * row["expected"]
    assert (row["n_subjects"], row["n_subjects_expanded"]) == (3, 3)
    assert row["p"] < row["p_without_top_clone"] < 0.01
    assert row["p"] < row["p_without_subject"] < 0.01
    assert notes == []


def test_one_subjects_gene_does_not_survive_without_that_subject() -> None:
    genes, clones = draw_cohort(11)
    inside = (clones["position"] > 700_000) & (clones["position"] <= 760_000) & (clones["subject"] == "P1")
    clones.loc[inside, "cells"] *= 1000
    table, _ = enrich_expanded_clones(collect(clones, genes, CALLING), genes, CALLING)
    row = table[table["gene"] == "G7"].iloc[0]
    assert row["q"] < 0.05
    assert row["p_without_subject"] > 0.05


def test_expected_and_observed_add_up_over_genes_that_hold_every_site() -> None:
    genes, clones = draw_cohort(12)
    whole = genes_table([("ALL", "chr1", 0, 20_000_000, "+")])
    table, _ = enrich_expanded_clones(collect(clones, genes, CALLING), whole, CALLING)
    assert table["observed"].item() == pytest.approx(table["expected"].item())
    assert table["p"].item() > 0.4


def test_genes_are_not_found_where_sizes_do_not_depend_on_the_place() -> None:
    below, tested, found = 0, 0, 0
    for seed in range(40, 60):
        genes, clones = draw_cohort(seed)
        sites = collect(clones, genes, CALLING)
        for rows in (
            enrich_expanded_clones(sites, genes, CALLING)[0],
            compare_early_late(sites, genes, CALLING)[0],
        ):
            below, tested = below + int((rows["p"] < 0.05).sum()), tested + len(rows)
            found += int((rows["q"] < 0.05).any())
    assert below / tested < 0.05
    assert found <= 5  # 40 looks at 5 %: 6 and more by chance in 1.4 %


def test_the_reference_is_product_then_early_then_other_subjects() -> None:
    genes, clones = draw_cohort(13, n_sites=1500)
    as_product = collect(clones, genes, CALLING, products=[(f"P{i}", f"P{i}_14") for i in range(3)])
    assert [c.word for c in choose_comparisons(as_product, None, CALLING)[0]] == ["product"]
    early = collect(clones, genes, CALLING)
    assert [c.word for c in choose_comparisons(early, None, CALLING)[0]] == ["early"]
    middle = collect(clones.assign(days=50), genes, CALLING)
    others, _ = choose_comparisons(middle, None, CALLING)
    assert [(c.word, c.subject) for c in others] == [("other_subjects", f"P{i}") for i in range(3)]
    given, _ = choose_comparisons(middle, early, CALLING)
    assert [c.word for c in given] == ["given"]


def test_many_sites_in_a_gene_count_only_where_the_reference_has_fewer() -> None:
    genes, clones = draw_cohort(14, n_subjects=4, n_sites=1500)
    rng = np.random.default_rng(1)
    more = clones_table([("P0", "chr1", int(x), 1.0, 50) for x in rng.integers(5_000_001, 5_060_000, 120)])
    clones = pd.concat([clones.assign(days=50), more], ignore_index=True)
    sites = collect(clones, genes, CALLING)
    comparisons, _ = choose_comparisons(sites, None, CALLING)
    table, _ = compare_with_reference(comparisons[0], genes, CALLING)
    # G7 has 2 % of everybody's sites: no finding. G50 has 120 more in P0 only
    assert table.loc[table["q"] < 0.05, "gene"].tolist() == ["G50"]
    windows = scan_windows(comparisons[0], genes, CALLING)
    assert len(windows) == 1
    row = windows.iloc[0]
    assert (row["gene"], row["contig"], row["n_subjects"]) == ("G50", "chr1", 1)
    assert 5_000_000 <= row["start"] < row["end"] <= 5_060_000
    assert row["q"] < 1e-6


def test_the_scan_finds_nothing_in_shared_hot_spots() -> None:
    for seed in range(70, 76):
        genes, clones = draw_cohort(seed, n_subjects=3, n_sites=1200)
        rng = np.random.default_rng(seed)
        hot = [
            (f"P{s}", "chr1", int(x), 1.0, 50)
            for s in range(3)
            for x in rng.integers(9_000_000, 9_001_500, 40)
        ]
        clones = pd.concat([clones.assign(days=50), clones_table(hot)], ignore_index=True)
        comparisons, _ = choose_comparisons(collect(clones, genes, CALLING), None, CALLING)
        assert [len(scan_windows(comparison, genes, CALLING)) for comparison in comparisons] == [0, 0, 0]


def test_early_and_late_genes() -> None:
    genes, clones = draw_cohort(15)
    rng = np.random.default_rng(2)
    more = [
        (f"P{i % 3}", "chr1", int(x), 1.0, 365) for i, x in enumerate(rng.integers(3_080_000, 3_084_000, 60))
    ]
    only_late = [("P9", "chr1", int(x), 1.0, 365) for x in rng.integers(4_000_000, 4_060_000, 90)]
    clones = pd.concat([clones, clones_table(more), clones_table(only_late)], ignore_index=True)
    table, _ = compare_early_late(collect(clones, genes, CALLING), genes, CALLING)
    found = table[table["q"] < 0.05].groupby("test")["gene"].agg(list).to_dict()
    # the cluster lies 20 kb behind G30 and 16 kb before G31; P9 has no early specimen and does not count
    assert "in_gene" not in found
    assert {"G30", "G31"} <= set(found["within_25kb"]) & set(found["within_50kb"])
    assert not any("G40" in names for names in found.values())
    row = table[(table["gene"] == "G30") & (table["test"] == "within_25kb")].iloc[0]
    assert row["n_early"] + row["n_late"] == row["n_sites"]
    assert row["effect"] > 2


def test_proximity_asks_two_questions_and_gives_the_base_rate() -> None:
    genes, clones = draw_cohort(16, boost=30.0)
    sites = collect(clones, genes, CALLING)
    known = KnownBases(
        {"chr1": 15_000_000}, pd.DataFrame({"contig": ["chr1"], "start": [0], "end": [5_000_000]})
    )
    lists = {"one": ["g7"], "none": ["NOT_THERE"], "many": [f"G{i}" for i in range(20, 80)]}
    table, notes = measure_proximity(sites, genes, lists, known)
    rows = table.set_index(["gene", "test", "feature"])
    assert notes == []
    assert rows.loc[("one", "top_against_rest", "in_gene"), "q"] < 1e-4
    assert rows.loc[("many", "top_against_rest", "in_gene"), "p"] > 0.01
    # G20 to G79: 60 kb of every 100 kb; those below 5 Mb (G20 to G49) are masked, 10 Mb are known
    assert rows.loc[("many", "all_sites", "in_gene"), "base_rate"] == pytest.approx(30 * 60 / 10_000)
    assert rows.loc[("none", "top_against_rest", "in_gene"), ["p", "observed", "n_found"]].tolist() == [
        1,
        0,
        0,
    ]
    assert (table["base_rate"].notna()).all()


def test_too_little_is_said_and_nothing_crashes() -> None:
    genes, clones = draw_cohort(17, n_subjects=1, n_sites=40)
    for rows in (clones, clones.iloc[:0], empty_table(CLONES), clones.assign(cells=1.0)):
        found = run_insertion_tests(rows, annotation_of(genes), {"list": ["G7"]}, CALLING)
        for table in (found.common_sites, found.expanded_clones, found.early_late, found.proximity):
            assert table.empty
            assert {"test", "n_sites", "n_subjects", "observed", "expected", "effect", "p", "q"} <= set(table)
        said = " ".join(found.notes)
        for name in (
            "common_sites",
            "grubbs",
            "expanded_clone_enrichment",
            "early_late",
            "cancer_gene_proximity",
        ):
            assert name in said
        assert "fewer than" in said


def test_rows_and_subjects_may_come_in_any_order() -> None:
    genes, clones = draw_cohort(18, n_sites=1200, boost=10.0)
    known = KnownBases({"chr1": 15_000_000}, NO_MASK)
    shuffled = clones.sample(frac=1, random_state=4)
    first, second = (
        run_insertion_tests(rows, annotation_of(genes), {"list": ["G7"]}, CALLING, known_bases=known)
        for rows in (clones, shuffled)
    )
    for name in ("common_sites", "expanded_clones", "early_late", "proximity"):
        assert len(getattr(first, name))
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name), rtol=1e-12)


def test_leaving_out_takes_observed_and_expected_away() -> None:
    genes, clones = draw_cohort(19, boost=10.0)
    sites = collect(clones, genes, CALLING)
    table, _ = enrich_expanded_clones(sites, genes, CALLING)
    row = table[table["gene"] == "G7"].iloc[0]
    inside = sites.table[(sites.table["position"] >= 700_000) & (sites.table["position"] < 760_000)]
    k, e = inside["is_top"].sum(), inside["rate"].sum()
    assert row["p"] == pytest.approx(stats.poisson.sf(k - 1, e))
    without = [inside[inside["subject"] != name] for name in ("P0", "P1", "P2")]
    assert row["p_without_subject"] == pytest.approx(
        max(stats.poisson.sf(part["is_top"].sum() - 1, part["rate"].sum()) for part in without)
    )
    largest = inside.sort_values(["is_top", "cells"]).iloc[-1]
    assert row["p_without_top_clone"] == pytest.approx(stats.poisson.sf(k - 2, e - largest["rate"]))


def test_sites_that_were_there_early_are_not_tested_as_late_ones() -> None:
    genes, clones = draw_cohort(20, n_sites=1500)
    again = clones[clones["days"] == 14].assign(days=365, specimen="again")
    sites = collect(pd.concat([clones, again]), genes, CALLING)
    comparison = choose_comparisons(sites, None, CALLING)[0][0]
    assert comparison.word == "early"
    assert not comparison.target.table["is_early"].any()
    assert len(comparison.reference) == sites.table["is_early"].sum()


def test_q_counts_every_subject_that_was_looked_at() -> None:
    genes, clones = draw_cohort(14, n_subjects=4, n_sites=1500)
    rng = np.random.default_rng(1)
    more = clones_table([("P0", "chr1", int(x), 1.0, 50) for x in rng.integers(5_000_001, 5_060_000, 120)])
    clones = pd.concat([clones.assign(days=50), more], ignore_index=True)
    table = run_insertion_tests(clones, annotation_of(genes), {}, CALLING).common_sites
    sites = collect(clones, genes, CALLING)
    comparisons, _ = choose_comparisons(sites, None, CALLING)
    assert len(comparisons) == 4
    alone = scan_windows(comparisons[0], genes, CALLING)
    assert table.loc[table["test"] == "scan", "q"].tolist() == pytest.approx((4 * alone["q"]).tolist())
    rows = table[table["test"] == "reference_vector"]
    assert rows["subject"].nunique() == 4
    assert rows["q"].to_numpy() == pytest.approx(stats.false_discovery_control(rows["p"]))


@pytest.mark.parametrize("days", [None, 50])
def test_pieces_of_a_cohort_give_the_same_bytes(days: int | None) -> None:
    genes, clones = draw_cohort(23, n_subjects=4, n_sites=1200)
    clones = clones if days is None else clones.assign(days=days)
    known = KnownBases({"chr1": 15_000_000}, NO_MASK)
    categories = {
        name: "category" for name in ("subject", "contig", "strand", "status", "placement", "estimator")
    }
    cut = clones.sample(frac=1, random_state=2)
    pieces = (
        clones,
        [rows for _, rows in clones.groupby("subject")][::-1],
        [cut.iloc[first::5].astype(categories) for first in range(5)],
    )
    found = [
        run_insertion_tests(piece, annotation_of(genes), {"list": ["G7"]}, CALLING, known_bases=known)
        for piece in pieces
    ]
    for other in found[1:]:
        for name in ("common_sites", "expanded_clones", "early_late", "proximity", "not_tested"):
            pd.testing.assert_frame_equal(getattr(found[0], name), getattr(other, name), check_exact=True)


def test_leaving_rows_out_of_the_list_changes_no_q(monkeypatch: pytest.MonkeyPatch) -> None:
    genes, clones = draw_cohort(24, n_subjects=4, n_sites=1200)
    clones = clones.assign(days=50)
    tables = []
    for many in (20, 1):
        monkeypatch.setattr(insertion_tests, "MANY_COMPARISONS", many)
        rows = run_insertion_tests(clones, annotation_of(genes), {}, CALLING).common_sites
        tables.append(rows[rows["test"] == "reference_vector"])
    every, listed = tables
    assert (every["n_sites"] < 2).any() and set(every["subject"]) == {"P0", "P1", "P2", "P3"}
    pd.testing.assert_frame_equal(
        every[every["n_sites"] >= 2].reset_index(drop=True), listed.reset_index(drop=True)
    )


def test_what_was_not_tested_is_a_table() -> None:
    genes, clones = draw_cohort(25, n_sites=100)
    found = run_insertion_tests(clones, annotation_of(genes), {"list": ["G7"]}, CALLING)
    reasons = dict(zip(found.not_tested["test"], found.not_tested["reason"], strict=True))
    assert reasons["common_sites"].startswith("not tested: fewer than 1000 sites to test")
    assert reasons["expanded_clone_enrichment"].startswith("3 of 3 subjects not tested: fewer than 500 sites")
    assert {"grubbs", "cancer_gene_proximity"} <= set(reasons)
