"""Capture-recapture models against closed forms, a published example and simulation; the table `population`."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from integrasite.analyse.population import MODELS, History, estimate_population, fit_model
from integrasite.analyse.population_models import (
    chao_lower_bound,
    chao_lower_bound_occasions,
    equal_catchability,
    heterogeneous,
    varying_occasions,
)
from integrasite.analyse.presence import each_subject
from integrasite.cli.main import main
from integrasite.config.calling import Calling
from integrasite.io.tables import as_table, read_tsv, write_tsv
from integrasite.model.tables import CLONES, DIVERSITY_AT_COVERAGE, OVERLAP, POPULATION

HARES = np.array([25.0, 22.0, 13.0, 5.0, 1.0, 2.0])
"""Snowshoe hares over six days (Cormack 1989, Agresti 1994), the example of the package Rcapture."""


@pytest.mark.parametrize(
    ("found", "value", "se"),
    [
        (equal_catchability(HARES), 75.4, 3.5),
        (heterogeneous(HARES, "poisson2"), 81.5, 5.7),
        (heterogeneous(HARES, "darroch"), 90.4, 11.6),
        (chao_lower_bound(HARES), 79.8, None),
    ],
)
def test_hares_as_rcapture_prints_them(found, value, se):
    assert round(found.value, 1) == value
    assert se is None or round(found.se, 1) == se


def test_equal_catchability_solves_its_equation():
    k = np.arange(1, 7)
    mean = (k * HARES).sum() / HARES.sum()
    p = optimize.brentq(lambda p: 6 * p / (1 - (1 - p) ** 6) - mean, 1e-6, 1 - 1e-6)
    assert equal_catchability(HARES).value == pytest.approx(HARES.sum() / (1 - (1 - p) ** 6), rel=1e-9)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_two_occasions_are_chapmans(first, second, both):
    expected = (first + both + 1) * (second + both + 1) / (both + 1) - 1
    n = float(first + second + both)
    caught = np.array([first + both, second + both], dtype=float)
    assert varying_occasions(n, caught).value == pytest.approx(expected, rel=1e-6)
    found = chao_lower_bound_occasions(n, np.array([first, second], dtype=float), float(both))
    assert found.value == pytest.approx(expected, rel=1e-9)


def test_bias_corrected_occasions_meet_their_equation():
    caught = np.array([32.0, 40.0, 25.0, 51.0])
    t, n = 4, 90.0
    total = varying_occasions(n, caught).value + t / 2
    missed = 1 - (caught + (t + 2) / (2 * t)) / total
    assert missed.prod() == pytest.approx(1 - (n + t / 2) / total, rel=1e-9)


@given(st.lists(st.integers(0, 200), min_size=2, max_size=9))
@settings(max_examples=150, deadline=None)
def test_whatever_was_seen_there_is_a_number_or_a_reason(frequencies):
    values = np.array(frequencies, dtype=float)
    single = np.full(len(values), values[0] / len(values))
    k = np.arange(1, len(values) + 1)
    history = History(values, np.full(len(values), (k * values).sum() / len(values)), single)
    for model in MODELS:
        if not values.sum():
            continue
        found = fit_model(model, history)
        if found.reason:
            assert np.isnan(found.value)
        else:
            assert found.low <= found.value + 1e-9 and found.value <= found.high + 1e-9, model
            assert found.value >= values.sum() - 1.5 or model == "m0_bc", model


def test_models_say_why_they_cannot():
    assert (
        chao_lower_bound(np.array([5.0, 0.0, 1.0])).reason
        == "no clone was seen at exactly two of 3 occasions"
    )
    assert heterogeneous(np.array([5.0, 3.0]), "darroch").reason == "needs 3 occasions"
    assert "three different numbers" in heterogeneous(np.array([5.0, 3.0, 0.0]), "darroch").reason
    assert equal_catchability(np.array([50.0, 0.0, 0.0])).reason == "the model could not be fitted"


def test_pop_size_is_that_of_isanalytics():
    found = equal_catchability(HARES)
    assert found.pop_size == round(found.value - found.se) == 72


def simulate(sizes, depths, rng):
    seen = rng.poisson(np.outer(sizes / sizes.sum(), depths)) > 0
    times = seen.sum(axis=1)
    return History(
        np.bincount(times, minlength=len(depths) + 1)[1:].astype(float),
        seen.sum(axis=0).astype(float),
        seen[times == 1].sum(axis=0).astype(float),
    )


def test_intervals_hold_and_lower_bounds_stay_below():
    # the figures of benchmarks/population.py on a small scale
    rng = np.random.default_rng(20261)
    n, runs = 800, 150
    uneven = np.geomspace(100, 800, 5)
    inside = below = chao_below = 0
    for _ in range(runs):
        equal = simulate(np.ones(n), uneven, rng)
        found = fit_model("mt_bc", equal)
        inside += found.low <= n <= found.high
        below += fit_model("mth_chao_bc", equal).low <= n
        chao_below += fit_model("mh_chao_bc", equal).low <= n
    assert 0.90 <= inside / runs <= 0.99
    assert below / runs >= 0.93
    assert chao_below < below  # Chao's bound passes the truth where depths differ
    unlike = [simulate(rng.lognormal(0, 1, n), uneven, rng) for _ in range(40)]
    assert np.mean([fit_model("mth_chao_bc", one).value for one in unlike]) < n
    assert np.mean([fit_model("mt_bc", one).value for one in unlike]) < 0.9 * n


def make_clones(seen: dict[str, tuple[int, dict[int, int]]], **facts: str) -> pd.DataFrame:
    """Clones of P1 from specimen -> (day, site -> fragments)."""
    rows = [
        {
            "subject": "P1", "specimen": specimen, "days": day, "tissue": "blood", "cell_type": "T", "vector": "v",
            "site_id": f"chr1:{site}:+", "contig": "chr1", "position": site, "strand": "+", "placement": "unique",
            "cluster": "", "n_fragments": n, "n_lengths": n, "cells": float(n), "status": "pass", "estimator": "sonic",
            **facts,
        }
        for specimen, (day, sites) in seen.items()
        for site, n in sites.items()
    ]  # fmt: skip
    return as_table(pd.DataFrame(rows), CLONES)


def estimate(clones: pd.DataFrame) -> pd.DataFrame:
    return estimate_population(list(each_subject(clones, Calling())), Calling())


def test_specimens_of_a_day_are_one_occasion_and_poor_ones_none():
    sites = {site: 5 for site in range(20)}
    late = {site: 5 for site in range(10, 30)}
    clones = make_clones({"a": (0, sites), "b": (0, sites), "c": (90, late), "poor": (180, {1: 5})})
    table = estimate(clones)
    assert set(table["model"]) == set(MODELS)
    row = table[table["model"] == "mt_bc"].iloc[0]
    assert (row["n_occasions"], row["n_clones"], row["n_again"], row["n_once"]) == (2, 30, 10, 20)
    assert row["estimate"] == pytest.approx(21 * 21 / 11 - 1)
    assert (row["first_days"], row["last_days"], row["status"]) == (0, 90, "estimated")
    darroch = table[table["model"] == "mh_darroch"].iloc[0]
    assert (darroch["status"], darroch["reason"]) == ("not_estimable", "needs 3 occasions")


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (None, "needs two evaluable time points, has 1"),
        ({1: 5}, "needs two evaluable time points, has 1 (1 specimens left out as not evaluable)"),
        ({site: 5 for site in range(17, 37)}, "3 clones seen at two or more time points, fewer than 7"),
    ],
)
def test_where_nothing_can_be_said_the_reason_is(second, reason):
    specimens = {"a": (0, {site: 5 for site in range(20)})}
    table = estimate(make_clones(specimens | ({"b": (90, second)} if second else {})))
    assert set(table["status"]) == {"not_estimable"} and set(table["reason"]) == {reason}
    assert table["estimate"].isna().all() and table["pop_size"].isna().all()


def test_a_multihit_is_one_clone_whatever_its_place():
    sites = {site: 5 for site in range(20)}
    clones = make_clones({"a": (0, sites), "b": (90, {site + 100: 5 for site in sites})})
    clones["placement"], clones["cluster"] = "multihit", [f"m{i % 20}" for i in range(40)]
    row = estimate(clones).iloc[0]
    assert (row["n_clones"], row["n_again"]) == (20, 20)


def test_tissues_are_apart_and_rows_that_do_not_pass_do_not_count():
    sites = {site: 5 for site in range(20)}
    other = make_clones({"c": (0, sites), "d": (90, sites)}, tissue="marrow")
    failed = make_clones({"a": (0, sites), "b": (90, sites)}, status="artefact")
    table = estimate(pd.concat([other, failed]))
    assert set(table["tissue"]) == {"marrow"}
    assert table.iloc[0]["n_clones"] == 20


def test_command(tmp_path, capsys):
    rng = np.random.default_rng(3)
    specimens = {
        name: (day, {int(site): int(n) for site, n in enumerate(rng.poisson(1.0, 300)) if n})
        for name, day in (("a", 0), ("b", 90), ("c", 180))
    }
    clones = make_clones(specimens)
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        write_tsv(clones, folder / "clones.tsv.gz", CLONES)
        call = ["population", "--clones", folder / "clones.tsv.gz", "--overlap", folder / "overlap.tsv"]
        call += ["--at-coverage", folder / "at.tsv", "-o", folder / "population.tsv"]
        assert main([str(word) for word in call]) == 0
        clones = clones.sample(frac=1.0, random_state=1)
    assert "estimated for 1 of 1 groups" in capsys.readouterr().err
    for name, table in (
        ("population.tsv", POPULATION),
        ("overlap.tsv", OVERLAP),
        ("at.tsv", DIVERSITY_AT_COVERAGE),
    ):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        assert len(read_tsv(tmp_path / "one" / name, table)) == {"population.tsv": 9}.get(name, 3)
