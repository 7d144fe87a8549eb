"""Tests for insertional mutagenesis on a published CAR T cohort (14 patients, 8,566 sites).

The table names the genes that each site lies in, but brings no annotation: a gene is taken from its first to its last site,
which holds exactly the sites that the table puts into it. Lengths of genes, and so the Grubbs test, are not usable.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from integrasite.analyse.insertion_tests import InsertionTests, run_insertion_tests
from integrasite.annotate.known_events import bundled_known_events
from integrasite.config.calling import Calling
from integrasite.io.genes import GeneAnnotation

REALDATA = Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared" / "realdata"))
SITES = REALDATA / "tables" / "car_zeta_hiv_sites.tsv.gz"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not SITES.is_file(), reason="the real table is not on this machine"),
]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_csv(SITES, sep="\t")


@pytest.fixture(scope="module")
def clones(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "subject": rows["patient"], "specimen": rows["GTSP"], "days": rows["timePointDays"],
            "contig": rows["seqnames"], "position": rows["start"], "strand": rows["strand"], "placement": "unique",
            "cells": rows["estAbund"].astype(float), "status": "pass", "estimator": "sonic",
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def annotation(rows: pd.DataFrame) -> GeneAnnotation:
    inside = rows[rows["inFeature"]]
    exploded = inside.assign(gene=inside["nearestFeature"].str.split(",")).explode("gene")
    bounds = exploded.groupby(["seqnames", "gene"])["start"].agg(["min", "max"]).reset_index()
    genes = pd.DataFrame(
        {"gene": bounds["gene"], "contig": bounds["seqnames"], "start": bounds["min"] - 1, "end": bounds["max"],
         "strand": "+"}
    ).sort_values(["contig", "start", "gene"], ignore_index=True)  # fmt: skip
    none = pd.DataFrame({name: pd.Series(dtype="int64") for name in ("gene", "start", "end")})
    return GeneAnnotation(genes, none, none)


@pytest.fixture(scope="module")
def found(rows: pd.DataFrame, clones: pd.DataFrame, annotation: GeneAnnotation) -> InsertionTests:
    lists = {
        "known-events": [event.gene for event in bundled_known_events() if event.is_verified],
        "nearest-onco": rows["nearestOncoFeature"].str.split(",").explode().dropna().unique().tolist(),
    }
    return run_insertion_tests(clones, annotation, lists, Calling())


def test_no_gene_holds_too_many_large_clones(found: InsertionTests) -> None:
    table = found.expanded_clones
    assert len(table) > 100
    assert not (table["q"] < 0.05).any()
    # 40 largest clones of 6 patients: where nothing was found, little could have been
    assert table["observed"].max() == 1
    assert any("8 of 14 subjects not tested" in note for note in found.notes)


def test_late_sites_cluster_at_three_places(found: InsertionTests) -> None:
    windows = found.common_sites[found.common_sites["test"] == "scan"].sort_values("p")
    assert windows["reference"].tolist() == ["early"] * 3
    places = list(zip(windows["contig"], windows["n_sites"], windows["n_subjects"], strict=True))
    assert places == [("chr10", 26, 4), ("chr1", 20, 3), ("chr10", 7, 4)]
    # one patient holds most of the first two, a patient never more than 3 of the third
    assert windows["n_largest_subject"].tolist() == [15, 18, 3]
    assert windows["gene"].iloc[2] == "COMMD3,COMMD3-BMI1,BMI1"
    assert windows["q"].iloc[1] < 1e-6 < windows["q"].iloc[2] < 0.05


def test_the_same_places_stand_out_between_early_and_late(found: InsertionTests) -> None:
    table = found.early_late
    assert table["total_early"].iloc[0] == 2845
    assert table["total_late"].iloc[0] == 1864
    hits = table[table["q"] < 0.05]
    assert set(hits["gene"]) == {"IL2RA", "MIR4425"}
    assert (hits["effect"] > 9).all()
    assert not (table.loc[table["test"] == "in_gene", "q"] < 0.05).any()


def test_no_gene_has_more_sites_than_the_early_specimens_predict(found: InsertionTests) -> None:
    table = found.common_sites[found.common_sites["test"] == "reference_vector"]
    assert set(table["reference"]) == {"early"}
    assert not (table["q"] < 0.05).any()


def test_large_clones_do_not_prefer_cancer_genes(found: InsertionTests) -> None:
    table = found.proximity
    # neither controls nor a genome, so all sites are not tested against a background without preference
    assert set(table["test"]) == {"top_against_rest", "against_reference"}
    assert set(table["reference"]) == {"", "early"}
    assert (table.loc[table["test"] == "top_against_rest", "p"] > 0.05).all()
    # late sites lie near known events more often; without one gene that is no finding
    compared = table[table["test"] == "against_reference"]
    assert set(compared.loc[compared["q"] < 0.05, "gene"]) == {"known-events"}
    assert (compared["p_without_gene"] * len(compared) > 0.05).all()
    assert table["base_rate"].notna().all()


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_found_once_sizes_and_days_are_shuffled(
    clones: pd.DataFrame, annotation: GeneAnnotation, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    mixed = clones.copy()
    for numbers in mixed.groupby("subject").indices.values():
        order = rng.permutation(numbers)
        mixed.loc[numbers, ["cells", "specimen", "days"]] = clones.loc[
            order, ["cells", "specimen", "days"]
        ].to_numpy()
    mixed = mixed.astype({"cells": "float64", "days": "int64"})
    found = run_insertion_tests(mixed, annotation, {}, Calling())
    primary = found.common_sites[found.common_sites["test"] != "grubbs"]
    for table in (primary, found.expanded_clones, found.early_late):
        assert not (table["q"] < 0.05).any()
