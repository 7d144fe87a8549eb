"""Two published cohorts through the commands: imported, then analysed from the tables alone."""

import os
from pathlib import Path

import pandas as pd
import pytest

from integrasite.cli.main import main
from integrasite.io.tables import read_tsv
from integrasite.model.tables import CLONES, DIVERSITY, FLAGS, OUTLIERS, TRACKING

REALDATA = Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared" / "realdata"))
TABLES = REALDATA / "tables"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not TABLES.is_dir(), reason="the real tables are not on this machine"),
]
CAR = ("--from", "inspiired", str(TABLES / "car_zeta_hiv_sites.tsv.gz"))
ISANALYTICS = (
    "--from",
    "vispa2",
    str(TABLES / "isanalytics_integration_matrices.tsv"),
    "--association",
    str(TABLES / "isanalytics_association_file.tsv"),
)


def analysed(folder: Path, source: tuple[str, ...]) -> Path:
    clones = folder / "clones.tsv.gz"
    assert main(["import-sites", *source, "-o", str(clones)]) == 0
    assert main(["analyse", str(clones), "-o", str(folder / "out"), "--no-report"]) == 0
    return folder


@pytest.fixture(scope="module")
def car(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return analysed(tmp_path_factory.mktemp("car"), CAR)


@pytest.fixture(scope="module")
def isanalytics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return analysed(tmp_path_factory.mktemp("isanalytics"), ISANALYTICS)


def dominant(folder: Path) -> dict[str, set[tuple[str, str]]]:
    """Clones (specimen, site) by rule of dominance."""
    flags = read_tsv(folder / "out" / "flags.tsv", FLAGS)
    rows = flags[flags["rule"].str.startswith("dominant_")]
    return {
        str(rule): set(zip(part["specimen"], part["site_id"], strict=True))
        for rule, part in rows.groupby("rule")
    }


def evaluable(folder: Path) -> dict[str, int]:
    found: pd.Series[int] = read_tsv(folder / "out" / "diversity.tsv", DIVERSITY)["evaluable"].value_counts()
    return {str(word): int(n) for word, n in found.items()}


def test_car_cohort(car: Path) -> None:
    clones = read_tsv(car / "clones.tsv.gz", CLONES)
    assert (len(clones), clones["subject"].nunique(), clones["specimen"].nunique()) == (8566, 14, 63)
    assert evaluable(car) == {"yes": 11, "low_power": 28, "no": 24}
    # one clone: 28 of the 81 cells of a sample of year 8
    large = {("GTSP4731", "chr5:10429630:+")}
    assert dominant(car) == {"dominant_10": large, "dominant_20": large}


def test_matrix_cohort(isanalytics: Path) -> None:
    clones = read_tsv(isanalytics / "clones.tsv.gz", CLONES)
    assert (len(clones), clones["subject"].nunique(), clones["specimen"].nunique()) == (1074, 2, 20)
    assert evaluable(isanalytics) == {"yes": 10, "low_power": 10}
    assert dominant(isanalytics) == {
        "dominant_10": {
            ("PT001-103", "chr16:68164148:+"),
            ("PT001-74", "chr12:54635693:-"),
            ("PT001-74", "chr4:129390130:+"),
            ("PT001-74", "chr5:84009671:-"),
            ("PT001-81", "chr12:54635693:-"),
            ("PT001-81", "chr4:129390130:+"),
            ("PT001-81", "chr5:84009671:-"),
            ("PT002-170", "chr12:48119158:-"),
        }
    }


@pytest.mark.parametrize("cohort", ["car", "isanalytics"])
def test_nothing_is_said_to_grow_or_to_stand_out(cohort: str, request: pytest.FixtureRequest) -> None:
    out = request.getfixturevalue(cohort) / "out"
    tracking, outliers = read_tsv(out / "tracking.tsv", TRACKING), read_tsv(out / "outliers.tsv", OUTLIERS)
    assert set(tracking["status"]) == {"insufficient"}
    assert (tracking.loc[tracking["q"].isna(), "reason"] != "").all()
    # and nothing is said to be excluded
    assert outliers["reason"].str.startswith("not tested").all()
    assert not outliers["is_outlier"].fillna(False).any()
