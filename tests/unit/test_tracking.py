"""The tables `tracking` and `same_course`, and the command that writes them."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tracking_toy import clone_rows

from integrasite.analyse.growth import track_clones
from integrasite.analyse.same_course import find_same_courses
from integrasite.cli import track
from integrasite.config.calling import Calling
from integrasite.config.read import load_study
from integrasite.io.tables import concat_tables, empty_table, read_tsv, write_tsv
from integrasite.model.tables import CLONES, OUTLIERS, SAME_COURSE, TRACKING

DAYS = [30, 180, 365, 550, 730, 1000]


def table(*frames: pd.DataFrame) -> pd.DataFrame:
    return concat_tables(frames, CLONES)


def course(growth: dict[str, float], seed: int, n: int = 80, subject: str = "P1") -> pd.DataFrame:
    """A subject with steady clones and some that grow by a rate per year from 40 cells on."""
    rng = np.random.default_rng(seed)
    base = {f"chr1:{i}:+": float(size) for i, size in enumerate(rng.lognormal(3.5, 0.6, n))}
    frames = []
    for days in DAYS:
        noise = rng.gamma(20.0, 0.05, n + len(growth))
        means = list(base.values()) + [20.0 * np.exp(r * days / 365.25) for r in growth.values()]
        cells = rng.poisson(np.array(means) * noise).astype(float)
        named = {site: size for site, size in zip([*base, *growth], cells, strict=True) if size}
        frames.append(clone_rows(subject, f"{subject}-{days}", days, named))
    return table(*frames)


def row(tracking: pd.DataFrame, site: str) -> "pd.Series[object]":
    return tracking[tracking["site_id"] == site].iloc[0]


def test_growing_declining_and_stable() -> None:
    clones = course({"up:1:+": 1.8, "down:1:+": -2.5, "flat:1:+": 0.0}, 1)
    clones.loc[clones["site_id"] == "down:1:+", ["cells", "n_fragments"]] *= 8
    found = track_clones(clones, Calling())
    up, down = row(found, "up:1:+"), row(found, "down:1:+")
    assert up["status"] == "growing" and up["q"] < 0.01
    assert abs(up["growth_per_year"] - up["background_growth"] - 1.8) < 0.4
    assert down["status"] == "declining" and down["q_decline"] < 0.01 and down["q"] > 0.5
    assert (found["status"] == "growing").sum() == 1 and (found["status"] == "declining").sum() == 1
    stable = found[found["status"] == "stable"]
    assert len(stable) > 5 and stable["reliable"].all()
    assert (stable["growth_high"] - stable["background_growth"] < np.log(2)).all()
    assert up["peak_days"] == 1000 and up["last_days"] == 1000 and up["peak_ratio_low"] > 5


def test_a_clone_that_grew_and_declines_now_is_declining_and_its_growth_is_kept() -> None:
    rng = np.random.default_rng(9)
    years = np.arange(14) * 0.25
    hump = 15.0 * np.exp(3.0 * np.minimum(years, 3.25 - years))
    base = rng.lognormal(3.5, 0.6, 80)
    frames = []
    for number, year in enumerate(years):
        cells = rng.poisson(np.r_[base, hump[number]] * rng.gamma(20.0, 0.05, 81)).astype(float)
        named = {f"s:{i}:+": size for i, size in enumerate(cells) if size}
        frames.append(clone_rows("P1", f"p{number}", round(365.25 * year), named))
    found = row(track_clones(table(*frames), Calling()), "s:80:+")
    assert found["status"] == "declining"
    assert found["q"] < 0.05 and found["q_decline"] < 0.05
    assert found["window_end"] < 900 and found["window_growth"] > 1.5
    assert abs(found["growth_per_year"]) < 0.6


def test_every_clone_has_one_row_and_fractions_are_of_the_day() -> None:
    clones = table(
        clone_rows("P1", "a", 30, {"s:1:+": 60.0, "s:2:+": 40.0}),
        clone_rows("P1", "b", 30, {"s:1:+": 100.0}),
        clone_rows("P1", "c", 90, {"s:2:+": 80.0, "s:3:+": 20.0}),
        clone_rows("P1", "d", 90, {"s:2:+": 300.0}, cell_type="B"),
        clone_rows("P1", "e", 120, {"s:3:+": 9.0}),
    )
    found = track_clones(clones, Calling())
    assert found[["cell_type", "site_id"]].values.tolist() == [
        ["B", "s:2:+"], ["T", "s:1:+"], ["T", "s:2:+"], ["T", "s:3:+"]
    ]  # fmt: skip
    first = found.iloc[1]
    assert (first["n_timepoints"], first["n_usable"], first["n_seen"]) == (3, 2, 1)
    assert first["peak_fraction"] == 0.8 and first["peak_days"] == 30 and first["last_fraction"] == 0.0
    # day 120 has 9 fragments and is not evaluable: its clone of 100 % is no peak, and day 90 is the last
    third = found.iloc[3]
    assert third["peak_fraction"] == 0.2 and third["last_days"] == 90 and third["last_fraction"] == 0.2
    # from 160 of 200 cells to none of 100: declining, though two time points are no reliable model
    assert found["status"].tolist() == ["insufficient", "declining", "insufficient", "insufficient"]
    assert (found["reason"] != "").all() and not found["reliable"].any()


def test_a_clone_seen_only_where_little_was_found_keeps_its_peak() -> None:
    clones = table(
        clone_rows("P1", "a", 30, {"s:1:+": 100.0}), clone_rows("P1", "b", 60, {"s:1:+": 1.0, "s:2:+": 9.0})
    )
    found = row(track_clones(clones, Calling()), "s:2:+")
    assert found["peak_fraction"] == 0.9 and found["peak_days"] == 60 and found["last_fraction"] == 0.0


def test_days_may_be_missing_and_rows_that_do_not_pass_do_not_count() -> None:
    clones = table(
        clone_rows("P1", "a", None, {"s:1:+": 100.0}),
        clone_rows("P1", "b", 60, {"s:1:+": 50.0, "s:2:+": 50.0}),
        clone_rows("P1", "c", 90, {"s:3:+": 5000.0}, status="contamination"),
        clone_rows("P1", "t", 90, {"s:4:+": 5000.0}, estimator="ccf"),
    )
    found = track_clones(clones, Calling())
    assert found["site_id"].tolist() == ["s:1:+", "s:2:+"]
    assert found["peak_fraction"].tolist() == [0.5, 0.5] and found["n_timepoints"].tolist() == [2, 2]


def test_a_multihit_is_one_clone_whatever_its_best_place() -> None:
    hit = {"placement": "multihit", "cluster": "m1"}
    clones = table(
        clone_rows("P1", "a", 30, {"s:1:+": 70.0}, **hit),
        clone_rows("P1", "b", 90, {"s:2:+": 60.0}, **hit),
        clone_rows("P1", "c", 90, {"s:2:+": 40.0}),
    )
    found = track_clones(clones, Calling())
    assert found[["site_id", "cluster", "n_seen"]].values.tolist() == [["s:1:+", "m1", 2], ["s:2:+", "", 1]]


def test_other_subjects_and_the_order_of_rows_change_nothing() -> None:
    one, other = course({"up:1:+": 1.8}, 1), course({"up:1:+": 3.0, "up:2:+": 2.0}, 2, subject="P2")
    alone = track_clones(one, Calling())
    both = track_clones(pd.concat([other, one]).sample(frac=1.0, random_state=1), Calling())
    pd.testing.assert_frame_equal(both[both["subject"] == "P1"].reset_index(drop=True), alone)


def test_an_uneven_depth_is_said(tmp_path: Path) -> None:
    clones = course({}, 3, n=120)
    thin = clones["days"] == 180
    clones.loc[thin, "cells"] *= 0.02
    found = track_clones(clones, Calling())
    assert found["reason"].str.contains("times the cells of the shallowest").any()
    assert not found["reliable"].any() and "stable" not in set(found["status"])


def test_sites_of_one_clone_are_grouped_and_nothing_else() -> None:
    rng = np.random.default_rng(8)
    sizes = np.array([60, 400, 900, 150, 70, 500, 1500, 30])
    frames = []
    for number, size in enumerate(sizes):
        cells = {f"s:{i}:+": float(x) for i, x in enumerate(rng.poisson(rng.lognormal(5, 0.5, 30)))}
        cells |= {"pair:1:+": float(rng.poisson(size)), "pair:2:-": float(rng.poisson(size))}
        frames.append(clone_rows("P1", f"p{number}", 30 * number, cells))
    found = find_same_courses(table(*frames), Calling())
    assert found[["site_id", "other_site_id", "group"]].values.tolist() == [["pair:1:+", "pair:2:-", 1]]
    assert 0.9 < found["ratio"].iloc[0] < 1.1 and found["n_times"].iloc[0] == 8
    assert found["p_homogeneity"].iloc[0] > 0.05
    assert find_same_courses(table(*frames[:4]), Calling()).empty


@pytest.mark.parametrize(("ratio", "n_others", "expected"), [(1.0, 0, 1), (4.0, 0, 0), (1.0, 40, 0)])
def test_a_pair_must_be_of_one_size_and_beyond_chance(ratio: float, n_others: int, expected: int) -> None:
    # log sizes that correlate at 0.985 over five specimens: p is 0.001, which is nothing among 800 pairs
    one = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    across = np.array([1.0, -2.0, 2.0, -2.0, 1.0]) * np.sqrt(10 / 14)
    other = one + across * np.sqrt(1 / 0.985**2 - 1)
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(0.985)
    rng = np.random.default_rng(10)
    frames = []
    for number in range(5):
        cells = {"a:1:+": 400 * np.exp(0.3 * one[number]), "a:2:+": 400 * ratio * np.exp(0.3 * other[number])}
        cells |= {f"s:{i}:+": float(x) for i, x in enumerate(rng.poisson(rng.lognormal(5, 0.3, n_others)))}
        cells |= {"rest:1:+": 30000.0 - sum(cells.values())}
        frames.append(clone_rows("P1", f"p{number}", 30 * number, cells))
    found = find_same_courses(table(*frames), Calling())
    assert ((found["site_id"] == "a:1:+") & (found["other_site_id"] == "a:2:+")).sum() == expected


@pytest.mark.parametrize("clones", [course({"up:1:+": 1.8}, 1), clone_rows("P1", "a", 30, {})])
def test_the_command_writes_three_tables_twice_the_same(tmp_path: Path, clones: pd.DataFrame) -> None:
    write_tsv(clones, tmp_path / "clones.tsv.gz", CLONES)
    texts = []
    for name in ("one", "two"):
        parser = argparse.ArgumentParser()
        track.add_arguments(parser)
        names = [str(tmp_path / f"{name}.{kind}") for kind in ("t", "o", "s")]
        arguments = ["--clones", str(tmp_path / "clones.tsv.gz"), "-o", names[0], "--outliers", names[1]]
        assert track.run(parser.parse_args([*arguments, "--same-course", names[2]])) == 0
        texts.append([Path(path).read_text() for path in names])
        for path, kind in zip(names, (TRACKING, OUTLIERS, SAME_COURSE), strict=True):
            read_tsv(Path(path), kind)
    assert texts[0] == texts[1]


def test_a_study_without_clones_keeps_its_columns(repository: Path) -> None:
    study = load_study(repository / "config" / "config.yaml")
    empty = empty_table(CLONES)
    assert list(track.without_controls(empty, study).columns) == list(empty.columns)
    assert len(track_clones(track.without_controls(empty, study), Calling())) == 0
