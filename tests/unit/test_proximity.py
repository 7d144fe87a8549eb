"""Sites near listed genes: against controls, against a reference, and what either does at its limits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from insertion_toy import annotation_of, clones_table, collect, draw_cohort, genes_table
from scipy import stats

from integrasite.analyse.common_sites import Comparison, choose_comparisons
from integrasite.analyse.gene_hits import CONTIG_STEP
from integrasite.analyse.insertion_sites import InsertionSites
from integrasite.analyse.insertion_tests import run_insertion_tests
from integrasite.analyse.proximity import (
    BACKGROUND,
    CONTROL_BACKGROUND,
    FEATURES,
    KnownBases,
    against_reference,
    feature_intervals,
    measure_proximity,
)
from integrasite.config.calling import Calling

CALLING = Calling()
NO_MASK = pd.DataFrame({"contig": [], "start": [], "end": []}).astype({"start": "int64", "end": "int64"})
GENES = genes_table([("G", "chr1", 1_000_000, 1_010_000, "+"), ("H", "chr1", 5_000_000, 5_000_001, "-")])


def sites_with(n_near: int, n_far: int) -> InsertionSites:
    """Sites in the gene G and far from it."""
    near = [("P1", "chr1", 1_000_001 + i, 1.0, 14) for i in range(n_near)]
    far = [("P1", "chr1", 3_000_001 + i, 1.0, 14) for i in range(n_far)]
    return collect(clones_table(near + far), GENES, CALLING)


def keys_with(n_near: int, n_far: int) -> np.ndarray:
    return CONTIG_STEP + np.concatenate([1_000_000 + np.arange(n_near), 3_000_000 + np.arange(n_far)])


@settings(max_examples=40)
@given(st.integers(0, 30), st.integers(1, 60), st.integers(0, 30), st.integers(1, 200))
def test_against_controls_is_fishers_exact_test_of_both_counts(
    x: int, rest: int, y: int, others: int
) -> None:
    table, _ = measure_proximity(
        sites_with(x, rest), GENES, {"one": ["G"]}, None, controls=keys_with(y, others)
    )
    row = table[table["feature"] == "in_gene"].iloc[0]
    assert row["p"] == pytest.approx(stats.fisher_exact([[x, rest], [y, others]])[1])
    assert (row["observed"], row["n_sites"], row["n_background"]) == (x, x + rest, y + others)
    assert row["base_rate"] == pytest.approx(y / (y + others))
    assert row["expected"] == pytest.approx((x + rest) * y / (y + others))
    assert np.isfinite(row["effect"]) and (row["effect"] > 1) == (
        (x + 0.5) * (others + 0.5) > (rest + 0.5) * (y + 0.5)
    )
    assert row["background"] == CONTROL_BACKGROUND


def test_few_controls_cannot_make_a_finding() -> None:
    """None of 20 controls is near: the share of places near may still be that of the sites."""
    sites = sites_with(12, 88)
    few, many = (
        measure_proximity(sites, GENES, {"one": ["G"]}, None, controls=keys_with(0, n))[0]
        for n in (20, 20_000)
    )
    assert (few["p"] > 0.05).all()
    assert (many["p"] < 1e-6).all()


def test_without_controls_known_bases_are_the_background_and_without_both_it_is_said() -> None:
    known = KnownBases({"chr1": 10_000_000}, NO_MASK)
    sites = sites_with(5, 95)
    empty = np.empty(0, dtype=np.int64)
    for controls in (None, empty):
        table, notes = measure_proximity(sites, GENES, {"one": ["G"]}, known, controls=controls)
        assert set(table["background"]) == {BACKGROUND}
        assert set(table["n_background"]) == {10_000_000}
        none, said = measure_proximity(sites, GENES, {"one": ["G"]}, None, controls=controls)
        assert none.empty
        assert any("neither control places nor a genome" in note for note in said)
        assert not any("neither" in note for note in notes)


@pytest.mark.parametrize("rho", [0.0, 0.05])
def test_the_law_against_a_reference_has_the_mean_and_variance_of_its_parts(rho: float) -> None:
    """Sites of three intervals, each beta-binomial: their sum by simulation, and the p of a sum at its 2.5 % tails."""
    intervals = (CONTIG_STEP + np.array([0, 1_000, 2_000]), CONTIG_STEP + np.array([500, 1_500, 2_500]))
    totals, share = np.array([60, 30, 10]), 0.25
    rng = np.random.default_rng(8)
    a, b = (share * (1 / rho - 1), (1 - share) * (1 / rho - 1)) if rho else (0.0, 0.0)
    chance = rng.beta(a, b, (40_000, 3)) if rho else np.full((40_000, 3), share)
    sums = rng.binomial(totals, chance).sum(axis=1)

    def p_of(k: int) -> float:
        """p of k of the 100 sites near being the target's, which has 1,000 of 4,000 sites in all."""
        owned = np.zeros(100, dtype=bool)
        owned[rng.choice(100, k, replace=False)] = True
        near = (
            CONTIG_STEP
            + np.repeat([0, 1_000, 2_000], totals)
            + np.concatenate([np.arange(n) for n in totals])
        )
        far = CONTIG_STEP + 10_000_000 + np.arange(3_900)
        is_target = np.append(owned, np.arange(3_900) < 1_000 - k)
        keys = np.append(near, far)
        clones = clones_table([("P", "chr1", int(key % CONTIG_STEP) + 1, 1.0, 50) for key in keys[is_target]])
        target = collect(clones, GENES, CALLING)
        row = against_reference(Comparison(target, np.sort(keys[~is_target]), "given"), intervals, rho)
        assert (row["observed"], row["n_sites"], row["n_background"]) == (k, 1_000, 3_000)
        assert row["base_rate"] == pytest.approx((100 - k) / 3_000)
        return float(row["p"])  # type: ignore[arg-type]

    for k in np.quantile(sums, [0.02, 0.2, 0.8, 0.98]).astype(int).tolist():
        simulated = 2 * min((sums >= k).mean(), (sums <= k).mean())
        assert p_of(k) == pytest.approx(min(1.0, simulated), rel=0.25, abs=0.006)


def test_late_sites_that_gather_near_a_list_are_found_against_early_ones() -> None:
    genes, clones = draw_cohort(31, n_sites=1500)
    rng = np.random.default_rng(1)
    listed = [f"G{i}" for i in range(100, 140)]
    more = [
        (f"P{i % 3}", "chr1", int(g * 100_000 + x), 1.0, 365)
        for i, (g, x) in enumerate(
            zip(rng.integers(100, 140, 300), rng.integers(1, 60_000, 300), strict=True)
        )
    ]
    lists = {"named": listed, "others": [f"G{i}" for i in range(20, 60)]}
    for extra, least in ((more, True), ([], False)):
        rows = pd.concat([clones, clones_table(extra)], ignore_index=True) if extra else clones
        found = run_insertion_tests(rows, annotation_of(genes), lists, CALLING).proximity
        table = found[found["test"] == "against_reference"].set_index(["gene", "feature"])
        assert set(table["reference"]) == {"early"}
        assert len(table) == 2 * len(FEATURES)
        assert (table.loc[("named", "in_gene"), "q"] < 0.01) == least
        assert (table.loc[("others", "in_gene"), "p"] > 0.01) or least


def test_a_finding_of_one_gene_does_not_survive_without_it() -> None:
    genes, clones = draw_cohort(33, n_sites=1500)
    rng = np.random.default_rng(2)
    # a gene on its own also widens the scatter that is fitted, so its p is not small
    for n_genes, most, survives in ((1, 0.05, False), (40, 0.01, True)):
        places = rng.integers(100, 100 + n_genes, 200) * 100_000 + rng.integers(1, 60_000, 200)
        more = [(f"P{i % 3}", "chr1", int(x), 1.0, 365) for i, x in enumerate(places)]
        rows = pd.concat([clones, clones_table(more)], ignore_index=True)
        lists = {"named": [f"G{i}" for i in range(100, 140)], "one": ["G100"]}
        found = run_insertion_tests(rows, annotation_of(genes), lists, CALLING).proximity
        table = found[found["test"] == "against_reference"].set_index(["gene", "feature"])
        row = table.loc[("named", "in_gene")]
        assert row["p"] < most
        assert (row["p_without_gene"] < 0.1) == survives
        assert table.loc[("one", "in_gene"), "p_without_gene"] == 1  # nothing is left


def test_each_subject_is_held_against_the_others_where_no_day_tells_early_from_late() -> None:
    genes, clones = draw_cohort(32, n_sites=1500)
    sites = collect(clones.assign(days=50), genes, CALLING)
    comparisons, _ = choose_comparisons(sites, None, CALLING)
    lists = {"one": ["G7"], "none": ["NOT_THERE"]}
    table, notes = measure_proximity(sites, genes, lists, None, comparisons=comparisons)
    rows = table[table["test"] == "against_reference"]
    assert rows.groupby("gene")["subject"].unique().map(list).to_dict() == {
        name: ["P0", "P1", "P2"] for name in lists
    }
    nothing = rows[rows["gene"] == "none"]
    assert (
        (nothing["p"] == 1).all() and (nothing["observed"] == 0).all() and (nothing["base_rate"] == 0).all()
    )
    assert (rows[rows["gene"] == "one"]["p"] > 0.001).all()
    few, said = measure_proximity(sites, genes.iloc[:50], lists, None, comparisons=comparisons)
    assert "against_reference" not in set(few["test"])
    assert any("not tested against a reference: fewer than 100 genes" in note for note in said)
    assert len(said) == len(notes) + 1


def test_features_reach_as_far_as_they_say() -> None:
    contigs = {"chr1": 1}
    got = {name: [side.tolist() for side in feature_intervals(GENES, name, contigs)] for name in FEATURES}
    at = CONTIG_STEP
    assert got == {
        "in_gene": [[at + 1_000_000, at + 5_000_000], [at + 1_010_000, at + 5_000_001]],
        "tss_50kb": [[at + 950_000, at + 4_950_000], [at + 1_050_001, at + 5_050_001]],
        "gene_100kb": [[at + 900_000, at + 4_900_000], [at + 1_110_000, at + 5_100_001]],
    }
