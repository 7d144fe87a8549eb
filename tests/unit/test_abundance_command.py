"""`integrasite abundance`: any lab's fragments."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from integrasite.cli.main import main

REALDATA = Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared/realdata"))

HEADER = "site\tn_lengths\tcells\tcells_low\tcells_high\testimator\n"


@pytest.fixture
def run(tmp_path):
    """Runs the command on text; returns exit code, output text (None: no file) and output path."""

    def call(text, *options):
        source, output = tmp_path / "fragments.tsv", tmp_path / "out.tsv"
        source.write_text(text)
        code = main(["abundance", str(source), "-o", str(output), *options])
        return code, output.read_text() if output.exists() else None

    return call


def simulated_text(umi_length=0, copies=1) -> str:
    """A clone of 40 % and 200 others, two replicates; `copies` UMIs per molecule."""
    rng = np.random.default_rng(9)
    site = rng.choice(201, 4000, p=np.r_[0.4, np.full(200, 0.003)])
    length, replicate = rng.lognormal(5.3, 0.4, 4000).astype(int), rng.integers(0, 2, 4000)
    lines = ["site\treplicate\tlength\tumi"]
    for row in zip(site, replicate, length, strict=True):
        for _ in range(copies):
            umi = "".join(rng.choice(list("ACGT"), umi_length))
            lines.append(f"s{row[0]:03d}\trep{row[1]}\t{row[2]}\t{umi}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("knots", ["quantile", "soniclength"])
def test_large_clone(run, tmp_path, knots):
    code, text = run(simulated_text(), "--knots", knots)
    assert code == 0
    assert text.startswith(HEADER)
    table = pd.read_csv(tmp_path / "out.tsv", sep="\t").set_index("site")
    assert table.index.is_monotonic_increasing
    assert set(table["estimator"]) == {"sonic"}
    assert table.loc["s000", "cells"] == pytest.approx(1600, rel=0.15)
    assert table.loc["s000", "n_lengths"] < 900
    assert (table["cells"] >= table["n_lengths"]).all()
    assert (table["cells_low"] <= table["cells"]).all()
    assert (table["cells"] <= table["cells_high"]).all()


@pytest.mark.realdata
@pytest.mark.skipif(not REALDATA.is_dir(), reason="real data not here")
def test_the_command_reproduces_soniclength(run, tmp_path):
    table = pd.read_csv(REALDATA / "tables/soniclength_A1.tsv", sep="\t")
    table = table.rename(columns={"locations": "site", "replicates": "replicate", "lengths": "length"})
    code, _ = run(table.to_csv(sep="\t", index=False), "--knots", "soniclength")
    assert code == 0
    found = pd.read_csv(tmp_path / "out.tsv", sep="\t").set_index("site")
    reference = pd.read_csv(REALDATA / "reference_values/soniclength_A1_reference.tsv", sep="\t")
    reference = reference.set_index("location")
    assert set(found.index) == set(reference.index)
    expected = reference["theta_tight"].loc[found.index]
    np.testing.assert_allclose(found["cells"], expected, rtol=1e-4)
    assert found["cells"].sum() == pytest.approx(expected.sum(), rel=1e-4)


def test_umis_are_used_or_refused(run, tmp_path, capsys):
    run(simulated_text(umi_length=10))
    table = pd.read_csv(tmp_path / "out.tsv", sep="\t").set_index("site")
    assert set(table["estimator"]) == {"umi"}
    assert table.loc["s000", "cells"] == pytest.approx(1600, rel=0.05)
    assert "UMI counts" not in capsys.readouterr().err
    run(simulated_text(umi_length=10, copies=2))
    assert set(pd.read_csv(tmp_path / "out.tsv", sep="\t")["estimator"]) == {"sonic"}
    assert "too many UMIs" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "site\treplicate\tlength\n"])
def test_nothing_in_header_out(run, text):
    assert run(text) == (0, HEADER)


def test_smallest_table(run):
    code, text = run("site\treplicate\tlength\nchr1:5:+\t1\t100\n")
    assert code == 0
    assert text == HEADER + "chr1:5:+\t1\t1\t0.019039804\t3.8289116\tsonic\n"


def test_saturated_clone_is_a_bound(run, capsys):
    rng = np.random.default_rng(6)
    length = rng.normal(150, 5, 4000).astype(int)
    lines = [f"big\t1\t{value}" for value in length[:3000]]
    lines += [f"s{number}\t1\t{value}" for number, value in enumerate(length[3000:])]
    code, text = run("site\treplicate\tlength\n" + "\n".join(lines) + "\n")
    assert code == 0
    row = next(line for line in text.splitlines() if line.startswith("big")).split("\t")
    assert 60 < float(row[2]) < 3000
    assert row[4] == ""
    assert "1 sites are saturated" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("site\tlength\nx\t5\n", "columns replicate are missing"),
        ("a,b\n1,2\n", "columns site, replicate, length are missing"),
        (
            "site\treplicate\tlength\nx\t1\t100\nx\t1\t0\n",
            "line 3, column 'length': '0' is not a fragment length",
        ),
        ("site\treplicate\tlength\nx\t1\t-4\n", "line 2, column 'length': '-4'"),
        ("site\treplicate\tlength\nx\t1\t10.5\n", "line 2, column 'length': '10.5'"),
        ("site\treplicate\tlength\nx\t1\tNA\n", "line 2, column 'length': 'NA'"),
        ("site\treplicate\tlength\nx\t1\t\n", "line 2, column 'length': ''"),
        ("site\treplicate\tlength\nx\t1\t9999999\n", "expected whole base pairs from 1 to 1000000"),
        ("site\treplicate\tlength\n\t1\t100\n", "line 2, column 'site': is empty"),
        ("site\treplicate\tlength\nx\t\t100\n", "line 2, column 'replicate': is empty"),
    ],
)
def test_bad_tables_are_refused_and_nothing_is_written(run, capsys, text, message):
    code, written = run(text)
    assert (code, written) == (1, None)
    assert message in capsys.readouterr().err


def test_missing_file(tmp_path, capsys):
    assert main(["abundance", str(tmp_path / "none.tsv"), "-o", str(tmp_path / "out.tsv")]) == 1
    assert "none.tsv: no such file" in capsys.readouterr().err
