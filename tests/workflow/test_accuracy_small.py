"""Small scenarios of the accuracy benchmark, with fresh reads: every bar that a small sample can show."""

import sys
from pathlib import Path

import pandas as pd
import pytest
import studies

sys.path.insert(0, str(studies.REPOSITORY / "benchmarks" / "accuracy"))

import run as accuracy
from scenarios import Scenario

pytestmark = pytest.mark.slow

SMALL = Scenario(
    "small",
    "the usual nuisances, neighbours 3 bp apart, large clones, more hops and recombinations than usual",
    {
        **{
            "background_sites": 150,
            "neighbour_pairs": 75,
            "neighbour_distance": [3, 3],
            "background_sigma": 0.5,
        },
        **{"reads_per_molecule": 4.0, "internal_vector": 0.1, "index_hop": 0.03, "recombination": 0.03},
    },
    (0.20, 0.60),
    of_all=False,
)
SHARED_LINKER = Scenario(
    "shared_linker",
    "a 60 % clone of one patient, all libraries with one linker, 1 % hop to the other patient",
    {
        **{"shared_linker": True, "index_hop": 0.01, "hop_between": "subjects", "replicates": 4},
        **{"reads_per_molecule": 4.0, "internal_vector": 0.1, "shared_sites": 6, "shared_fraction": 0.03},
    },
    (0.60,),
    of_all=False,
)
SEED, PAIRS = 7_301, 12_000


def measured(scenario: Scenario, folder: Path) -> pd.DataFrame:
    """Value and number of cases by tool and metric."""
    config = accuracy.simulate(scenario, folder, accuracy.host_options(hg38mini=False), SEED, PAIRS)
    return accuracy.score(config, accuracy.call(config, cores=2)).set_index(["tool", "metric"])


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where both scenarios lie and share their index."""
    return tmp_path_factory.mktemp("accuracy")


@pytest.fixture(scope="module")
def figures(work: Path) -> pd.DataFrame:
    """The first scenario's."""
    return measured(SMALL, work / SMALL.name)


@pytest.fixture(scope="module")
def between(work: Path) -> pd.DataFrame:
    """The second scenario's: what passes between libraries."""
    return measured(SHARED_LINKER, work / SHARED_LINKER.name)


@pytest.mark.parametrize(
    ("metric", "least", "cases"),
    [
        ("recall_unique_2", 0.99, 150),
        ("exact_2", 0.99, 150),
        ("strand", 1.0, 220),
        ("recall_insert_30", 0.985, 220),
        ("precision_2", 0.995, 150),
        ("precision_1", 0.97, 60),
        ("neighbours_apart_3", 0.95, 10),
        ("ratio_0.6", 0.95, 1),  # counting distinct lengths would say less than half
        ("interval_coverage", 0.85, 40),
    ],
)
def test_what_must_be_high(figures: pd.DataFrame, metric: str, least: float, cases: int) -> None:
    row = figures.loc[("integrasite", metric)]
    assert row["n"] >= cases
    assert row["value"] >= least


@pytest.mark.parametrize(
    ("metric", "most", "cases"),
    [
        ("unique_as_multihit", 0.0, 220),
        ("wobble_second_sites", 0.005, 220),
        ("rms_0.2", 0.15, 1),  # 1,200 fragments: sampling alone gives 6 %
    ],
)
def test_what_must_be_low(figures: pd.DataFrame, metric: str, most: float, cases: int) -> None:
    row = figures.loc[("integrasite", metric)]
    assert row["n"] >= cases
    assert row["value"] <= most


@pytest.mark.parametrize("rate", ["hop", "recombination"])
def test_rates_are_estimated_from_discordant_pairs(figures: pd.DataFrame, rate: str) -> None:
    row = figures.loc[("integrasite", f"{rate}_rate_ratio")]
    assert row["n"] >= 300
    assert 0.8 <= row["value"] <= 1.2


def test_false_calls_have_a_cause_each(figures: pd.DataFrame) -> None:
    ours = figures.loc["integrasite"]
    for depth in ("1", "2"):
        causes = ours[
            ours.index.str.fullmatch(rf"false_{depth}_[a-z_]+") & ~ours.index.str.contains("unexplained_")
        ]
        false = round((1 - ours.loc[f"precision_{depth}", "value"]) * ours.loc[f"precision_{depth}", "n"])
        assert causes["value"].sum() == false


def test_repeats_are_kept_that_a_unique_only_rule_drops(figures: pd.DataFrame) -> None:
    ours, dropped = (figures.loc[(tool, "recall_insert_30")] for tool in ("integrasite", "unique_only"))
    assert ours["n"] == dropped["n"]
    assert ours["value"] > dropped["value"]


def test_hops_of_a_dominant_clone_are_called(between: pd.DataFrame) -> None:
    row = between.loc[("integrasite", "hops_called")]
    assert row["n"] >= 4
    assert row["value"] == 1


def test_no_independent_site_is_removed(between: pd.DataFrame) -> None:
    row = between.loc[("integrasite", "independent_removed")]
    assert row["n"] >= 30
    assert row["value"] == 0
