"""One small scenario of the accuracy benchmark, with fresh reads: the bars that a small sample can show."""

import sys

import pandas as pd
import pytest
import studies

sys.path.insert(0, str(studies.REPOSITORY / "benchmarks" / "accuracy"))

import run as accuracy
from scenarios import Scenario

pytestmark = pytest.mark.slow

SMALL = Scenario(
    "small", "the default with fewer clones, so that most have fragments enough", {"background_sites": 120}
)
SEED, PAIRS = 7_301, 12_000


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Value and number of cases by tool and metric."""
    folder = tmp_path_factory.mktemp("accuracy") / SMALL.name
    config = accuracy.simulate(SMALL, folder, accuracy.host_options(hg38mini=False), SEED, PAIRS)
    return accuracy.score(config, accuracy.call(config, cores=2)).set_index(["tool", "metric"])


@pytest.mark.parametrize(
    ("metric", "least", "cases"),
    [("recall_unique_2", 0.985, 150), ("exact_2", 0.99, 150), ("precision_2", 0.995, 150)],
)
def test_bars_hold_at_two_fragments(figures: pd.DataFrame, metric: str, least: float, cases: int) -> None:
    row = figures.loc[("integrasite", metric)]
    assert row["n"] >= cases
    assert row["value"] >= least


def test_one_true_site_does_not_become_two(figures: pd.DataFrame) -> None:
    assert figures.loc[("integrasite", "wobble_second_sites"), "value"] <= 0.005


def test_repeats_are_kept_that_a_unique_only_rule_drops(figures: pd.DataFrame) -> None:
    ours, dropped = (figures.loc[(tool, "recall_insert_30")] for tool in ("integrasite", "unique_only"))
    assert ours["n"] == dropped["n"]
    assert ours["value"] > dropped["value"]
