"""Growth, outliers and courses on a published CAR T cohort (14 patients, 63 samples of blood)."""

import os
from pathlib import Path

import pandas as pd
import pytest

from integrasite.analyse.growth import track_clones
from integrasite.analyse.outlier import find_outliers
from integrasite.analyse.same_course import find_same_courses
from integrasite.config.calling import Calling

REALDATA = Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared" / "realdata"))
SITES = REALDATA / "tables" / "car_zeta_hiv_sites.tsv.gz"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not SITES.is_file(), reason="the real table is not on this machine"),
]


@pytest.fixture(scope="module")
def clones() -> pd.DataFrame:
    rows = pd.read_csv(SITES, sep="\t")
    return pd.DataFrame(
        {
            "subject": rows["patient"],
            "specimen": rows["GTSP"],
            "days": rows["timePointDays"],
            "tissue": "blood",
            "cell_type": rows["cellType"],
            "vector": "",
            "site_id": rows["seqnames"] + ":" + rows["start"].astype(str) + ":" + rows["strand"],
            "placement": "unique",
            "cluster": "",
            "cells": rows["estAbund"],
            "cells_low": rows["estAbund"],
            "cells_high": rows["estAbund"],
            "n_fragments": rows["estAbund"],
            "n_lengths": rows["estAbund"],
            "status": "pass",
            "estimator": "sonic",
        }
    )


def test_nothing_is_said_to_grow(clones: pd.DataFrame) -> None:
    # 39 of the 63 samples hold 50 cells, 11 hold 200, and 14 of the 8,552 clones were seen twice
    tracking = track_clones(clones, Calling())
    assert len(tracking) == clones.drop_duplicates(["subject", "cell_type", "site_id"]).shape[0]
    assert set(tracking["status"]) == {"insufficient"}
    assert (tracking["reason"] != "").all()
    assert not tracking["reliable"].any()


def test_time_points_are_days_not_specimens(clones: pd.DataFrame) -> None:
    tracking = track_clones(clones, Calling())
    # three specimens of day 60 are one time point
    found = tracking.loc[tracking["subject"] == "p268484"].drop_duplicates("subject").iloc[0]
    assert (found["n_timepoints"], found["n_usable"]) == (7, 3)


def test_a_large_clone_seen_once_is_kept(clones: pd.DataFrame) -> None:
    # 28 of 81 cells at year 8, absent before and after: no growth model can hold it, the table must
    tracking = track_clones(clones, Calling()).sort_values("peak_fraction", ascending=False)
    top = tracking[tracking["subject"] == "p679787"].iloc[0]
    assert (top["site_id"], top["n_seen"], top["peak_days"]) == ("chr5:10429630:+", 1, 2920)
    assert top["peak_fraction"] == pytest.approx(28 / 81)
    assert top["last_fraction"] == 0
    assert top["peak_ratio_low"] > 2
    assert "clones to compare with" in top["reason"]


def test_outliers_and_courses_say_that_they_were_not_tested(clones: pd.DataFrame) -> None:
    outliers = find_outliers(clones, Calling())
    assert set(outliers["rank"]) == {0}
    assert outliers["reason"].str.startswith("not tested").all()
    assert len(outliers) == clones["specimen"].nunique()
    assert find_same_courses(clones, Calling()).empty
