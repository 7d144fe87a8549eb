"""Diversity indices against published packages, and the table of specimens."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from integrasite.analyse.diversity import (
    chao1,
    coverage,
    diversity_table,
    evaluability,
    gini,
    limit_of_detection,
    limit_of_quantitation,
    shannon,
    simpson,
    uc50,
    uc50_inspiired,
)
from integrasite.cli.main import main
from integrasite.config.calling import Calling
from integrasite.io.tables import as_table, write_tsv
from integrasite.model.library import Library
from integrasite.model.tables import CLONES, DIVERSITY

REALDATA = Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared/realdata"))


@pytest.mark.realdata
@pytest.mark.skipif(not REALDATA.is_dir(), reason="real data not here")
def test_reproduces_vegan_and_inext():
    folder = REALDATA / "reference_values"
    expected = pd.read_csv(folder / "diversity_A1_reference.tsv", sep="\t").set_index("metric")["value"]
    sites = pd.read_csv(folder / "soniclength_A1_reference.tsv", sep="\t")
    counts, theta = sites["n_pooled_lengths"].to_numpy(float), sites["theta"].to_numpy(float)
    found = {
        "Chao1_bc": chao1(counts),
        "coverage_Chao": coverage(counts),
        "shannon_counts": shannon(counts),
        "simpson_counts": simpson(counts),
        "gini_counts": gini(counts),
        "UC50_min_counts": uc50(counts),
        "UC50_INSPIIRED_counts": uc50_inspiired(counts),
        "shannon_theta": shannon(theta),
        "simpson_theta": simpson(theta),
        "gini_theta": gini(theta),
        "UC50_min_theta": uc50(theta),
        "UC50_INSPIIRED_theta": uc50_inspiired(theta),
    }
    for metric, value in found.items():
        assert value == pytest.approx(expected[metric], rel=1e-6), metric


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([1, 1, 1, 1], (np.log(4), 0.75, 0.0, 2, 3)),  # even; the tie gives INSPIIRED one more
        ([5], (0.0, 0.0, 0.0, 1, 1)),  # one clone
        ([8, 1, 1], (0.639032, 0.34, 0.466667, 1, 1)),
        ([6, 0, 2, 2], (0.950271, 0.56, 0.266667, 1, 1)),  # zeros are no clones
        ([0.1] * 10, (np.log(10), 0.9, 0.0, 5, 6)),  # rounding does not move the half
    ],
)
def test_indices(sizes, expected):
    values = np.array(sizes, dtype=float)
    found = shannon(values), simpson(values), gini(values), uc50(values), uc50_inspiired(values)
    assert found == pytest.approx(expected, abs=1e-6)


def test_indices_of_nothing():
    nothing = np.empty(0)
    assert np.isnan([shannon(nothing), simpson(nothing), gini(nothing), coverage(nothing)]).all()
    assert (uc50(nothing), uc50_inspiired(nothing), chao1(nothing)) == (0, 0, 0.0)


def test_richness_and_coverage():
    counts = np.array([1, 1, 1, 2, 5.0])
    assert chao1(counts) == pytest.approx(5 + 3 * 2 / (2 * 2))
    assert coverage(counts) == pytest.approx(1 - 3 / 10 * (27 / 29))
    assert coverage(np.array([3.0, 4.0])) == 1.0
    assert coverage(np.array([1.0, 1.0])) == 0.0
    assert coverage(np.array([1.0])) == 0.0


@pytest.mark.parametrize(
    ("n_fragments", "lod", "loq", "evaluable"),
    [
        (0, 1.0, 1.0, "no"),
        (1, 0.95, 1.0, "no"),
        (49, 0.0593, 0.3265, "no"),
        (50, 0.0582, 0.32, "low_power"),
        (199, 0.0149, 0.0804, "low_power"),
        (200, 0.0149, 0.08, "yes"),
        (3000, 0.000998, 0.00533, "yes"),
    ],
)
def test_limits(n_fragments, lod, loq, evaluable):
    assert limit_of_detection(n_fragments) == pytest.approx(lod, rel=5e-3)
    assert limit_of_quantitation(n_fragments) == pytest.approx(loq, rel=5e-3)
    assert evaluability(n_fragments, Calling()) == evaluable


def make_clones(rows) -> pd.DataFrame:
    """Clones of P1 from (specimen, position, cells, n_fragments, n_lengths, status, estimator)."""
    names = ["specimen", "position", "cells", "n_fragments", "n_lengths", "status", "estimator"]
    return as_table(pd.DataFrame(rows, columns=names).assign(subject="P1"), CLONES)


def test_table_has_every_amplicon_specimen():
    libraries = (
        Library("a1", "P1", "M1", days=30),
        Library("a2", "P1", "M1", days=30, replicate=2),
        Library("b1", "P1", "M6", days=183),
        Library("n1", "NTC", "NTC", role="ntc"),
        Library("t1", "P1", "tumour", assay="wgs"),
    )
    clones = make_clones(
        [
            ("M1", 1, 60.0, 50, 50, "pass", "sonic"),
            ("M1", 2, 20.0, 19, 1, "pass", "sonic"),
            ("M1", 3, 20.0, 19, 2, "artefact", "sonic"),
            ("M1", 4, 0.9, 5, 0, "pass", "ccf"),
            ("tumour", 1, 1.0, 5, 0, "pass", "ccf"),
        ]
    )
    table = diversity_table(clones, libraries, Calling())
    assert list(table.columns) == list(DIVERSITY.columns)
    assert table[["subject", "specimen", "n_sites", "n_fragments", "evaluable"]].values.tolist() == [
        ["NTC", "NTC", 0, 0, "no"],
        ["P1", "M1", 2, 69, "low_power"],
        ["P1", "M6", 0, 0, "no"],
    ]
    row = table.iloc[1]
    assert (row["days"], row["cells"], row["uc50"]) == (30, 80.0, 1)
    assert row["simpson"] == pytest.approx(1 - 0.75**2 - 0.25**2)
    assert row["chao1"] == pytest.approx(2.0)  # f1 = 1, f2 = 0
    assert row["lod95"] == pytest.approx(1 - 0.05 ** (1 / 69))
    assert table.loc[0, ["cells", "chao1", "lod95", "loq", "uc50"]].tolist() == [0.0, 0.0, 1.0, 1.0, 0]
    assert table.loc[0, ["shannon", "simpson", "gini", "coverage"]].isna().all()
    assert pd.isna(table.loc[0, "days"])


def test_lengths_count_only_where_they_mean_something():
    libraries = (Library("a1", "P1", "M1"),)
    rows = [("M1", 1, 1.0, 1, 1, "pass", "count"), ("M1", 2, 1.0, 3, 1, "pass", "count")]
    by_fragment = diversity_table(make_clones(rows), libraries, Calling())
    by_length = diversity_table(make_clones([(*row[:-1], "sonic") for row in rows]), libraries, Calling())
    assert by_fragment["coverage"][0] == pytest.approx(1 - 1 / 4)
    assert by_length["coverage"][0] == 0.0
    unknown = make_clones([(*row[:4], 0, "pass", "sonic") for row in rows])
    assert diversity_table(unknown, libraries, Calling())["coverage"][0] == pytest.approx(1 - 1 / 4)


def test_stage(tmp_path):
    (tmp_path / "config.yaml").write_text(
        "samples: samples.tsv\nreference: {genome: g.fa, annotation: g.gtf}\n"
        "vectors: {LV: {sequence: v.fa}}\n"
        "protocols: {p: {ltr_end: TCTAGCA}}\ncalling: {min_fragments_evaluable: 2, min_fragments_power: 3}\n"
    )
    (tmp_path / "samples.tsv").write_text(
        "sample\tsubject\tspecimen\ttimepoint\tassay\tr1\tr2\tprotocol\tvector\n"
        "a1\tP1\tM1\tM1\tamplicon\ta_1.fq\ta_2.fq\tp\tLV\n"
        "b1\tP1\tM6\tM6\tamplicon\tb_1.fq\tb_2.fq\tp\tLV\n"
    )
    write_tsv(make_clones([("M1", 1, 60.0, 50, 50, "pass", "sonic")]), tmp_path / "clones.tsv.gz", CLONES)
    call = [
        "diversity",
        "--config",
        str(tmp_path / "config.yaml"),
        "--clones",
        str(tmp_path / "clones.tsv.gz"),
    ]
    assert main([*call, "-o", str(tmp_path / "diversity.tsv")]) == 0
    table = pd.read_csv(tmp_path / "diversity.tsv", sep="\t")
    assert table["evaluable"].tolist() == ["yes", "no"]
    assert table["n_sites"].tolist() == [1, 0]
