"""Small scenarios of the tumour benchmark on the demo's synthetic genome, with fresh reads."""

import sys
from argparse import Namespace
from pathlib import Path

import pandas as pd
import pytest
import studies

sys.path.insert(0, str(studies.REPOSITORY / "benchmarks" / "tumour"))

import tumour_run as tumour
from tumour_scenarios import NOT_CALLED, Scenario, clone

pytestmark = pytest.mark.slow

SEED = 5_117
ON_DEMO = {"host": "demo", "vector": "demo"}
CHANGES = {"coverage": 25.0, "snp_rate": 0.001, "background_fraction": 0.0}
SCENARIOS = (
    Scenario("whole", "6 sites in all cells", CHANGES, clone(1.0, 6), 1, **ON_DEMO),
    Scenario(
        "broken",
        "a deleted, a truncated and an inverted provirus",
        CHANGES,
        {
            "fraction": 1.0,
            "sites": [{"delete": [700, 1500]}, {"keep": [1200, 3233]}, {"invert": [900, 2000]}],
        },
        1,
        **ON_DEMO,
    ),
    Scenario(
        "hop",
        "0.1 % of the pairs of a run-mate with 10 copies per cell",
        {**CHANGES, "hop": 0.001},
        None,
        1,
        verdicts=NOT_CALLED,
        mate=clone(1.0, 10),
        **ON_DEMO,
    ),
    Scenario("native", "cDNA of the native gene", {**CHANGES, "cdna": 2.0, "cdna_genes": ["NATIVE"]}, None, 1,
             verdicts=NOT_CALLED, **ON_DEMO),
    Scenario("single", "single reads", {**CHANGES, "paired": False}, clone(1.0, 4), 1, **ON_DEMO),
)  # fmt: skip


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all scenarios lie and share host and index."""
    return tmp_path_factory.mktemp("tumour")


def measured(scenario: Scenario, work: Path) -> pd.DataFrame:
    """One row per sample and metric."""
    arguments = Namespace(work=work, quick=False, seeds=0, small=False, keep=False, tidy=True)
    return tumour.run_scenario(scenario, arguments, SEED)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_small_scenario(scenario: Scenario, work: Path):
    rows = measured(scenario, work).set_index(["sample", "metric"])
    said = rows["note"].to_dict()
    assert rows.loc[("S0", "verdict"), "value"] == 1, said
    assert rows.loc[("S0", "false_sites"), "value"] == 0, said
    if scenario.clone is not None:
        assert rows.loc[("S0", "sites"), "value"] == rows.loc[("S0", "sites"), "n"], said
        assert rows.loc[("S0", "exact"), "value"] >= 0.9 * rows.loc[("S0", "exact"), "n"], said
        assert 0.6 < rows.loc[("S0", "vcn_ratio"), "value"] < 1.6, said
    if scenario.mate is not None:
        assert rows.loc[("MATE0", "verdict"), "value"] == 1, said
        assert rows.loc[("MATE0", "sites"), "value"] == 10, said
