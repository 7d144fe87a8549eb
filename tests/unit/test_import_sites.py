"""Site tables of other pipelines, and our own exports read back."""

import os
from pathlib import Path

import pandas as pd
import pytest
from store_toy import ROWS, toy_clones

from integrasite.cli.main import main
from integrasite.io.exports import inspiired_table, write_frame
from integrasite.io.isanalytics import association_file, matrices
from integrasite.io.tables import as_table, empty_table, read_tsv
from integrasite.model.library import Library
from integrasite.model.tables import ANNOTATION, CLONES, SITES

TABLES = (
    Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared" / "realdata")) / "tables"
)
real = pytest.mark.skipif(not TABLES.is_dir(), reason="the real tables are not on this machine")
KEYS = ["subject", "specimen", "timepoint", "days", "cell_type", "site_id", "contig", "position", "strand"]
HEAD = "seqnames\tstart\tend\tstrand\treads\tpatient\tGTSP\tcellType\ttimePoint\ttimePointDays\testAbund\n"
GOOD = "chr1\t100\t100\t+\t10\tP1\tG1\tT\tD30\t30\t60\n"


def run(
    tmp_path: Path, file: Path, *options: str, pipeline: str = "inspiired"
) -> tuple[int, pd.DataFrame | None]:
    out = tmp_path / "out" / "clones.tsv.gz"
    out.unlink(missing_ok=True)
    code = main(["import-sites", str(file), "--from", pipeline, *options, "-o", str(out)])
    return code, read_tsv(out, CLONES) if out.is_file() else None


@pytest.fixture
def clones() -> pd.DataFrame:
    return toy_clones(ROWS).assign(estimator="count")


def test_our_inspiired_export_comes_back(tmp_path: Path, clones: pd.DataFrame) -> None:
    write_frame(inspiired_table(clones, empty_table(ANNOTATION), "hg38"), tmp_path / "posid.tsv.gz")
    code, found = run(tmp_path, tmp_path / "posid.tsv.gz")
    assert code == 0 and found is not None
    same = [*KEYS, "n_reads", "n_fragments", "cells", "fraction"]
    pd.testing.assert_frame_equal(found[same], clones[same], check_dtype=False)
    assert set(found["estimator"]) == {"count"}
    assert (found["fraction_low"] <= found["fraction"]).all() and (
        found["fraction"] <= found["fraction_high"]
    ).all()
    assert found["n_lengths"].isna().all() and (found["tissue"] == "").all()


def test_a_bare_posid_is_enough(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"posid": ["chr1_KI270706v1_random-77"], "sample": ["s"], "patient": ["p"], "estAbund": [3]}
    )
    write_frame(table, tmp_path / "t.tsv")
    _, found = run(tmp_path, tmp_path / "t.tsv")
    assert found is not None
    assert found.loc[0, ["contig", "position", "strand"]].tolist() == ["chr1_KI270706v1_random", 77, "-"]
    assert pd.isna(found.loc[0, "n_reads"]) and found.loc[0, "cells"] == 3


def test_our_vispa2_export_comes_back(tmp_path: Path, clones: pd.DataFrame) -> None:
    libraries = [
        Library(f"{row.specimen}_r{replicate}", row.subject, row.specimen, timepoint="D30", days=30, tissue="blood",
                cell_type="PBMC", vectors=("lv",), replicate=replicate)
        for row in clones.drop_duplicates("specimen").itertuples() for replicate in (1, 2)
    ]  # fmt: skip
    parts = [
        clones.assign(sample=clones["specimen"] + f"_r{number}", n_fragments=share, vector_end="U5")
        for number, share in ((1, 30), (2, 10))
    ]
    sites = as_table(pd.concat(parts), SITES)
    reads, cells = matrices(sites, clones, empty_table(ANNOTATION), libraries)
    association = association_file(
        libraries, project="x", genome="hg38", vector_kinds={"lv": "lentivirus"}, fragmentation={}
    )
    write_frame(association, tmp_path / "association.tsv")
    write_frame(cells, tmp_path / "vispa2_fragmentEstimate.tsv.gz")
    write_frame(reads, tmp_path / "vispa2_seqCount.tsv.gz")
    with_file = ("--association", str(tmp_path / "association.tsv"))
    _, found = run(tmp_path, tmp_path / "vispa2_fragmentEstimate.tsv.gz", *with_file, pipeline="vispa2")
    assert found is not None
    same = [*(key for key in KEYS if key != "timepoint"), "tissue", "vector"]
    pd.testing.assert_frame_equal(found[same], clones[same], check_dtype=False)
    pd.testing.assert_series_equal(found["cells"], clones["cells"], rtol=1e-6)
    pd.testing.assert_series_equal(found["fraction"], clones["fraction"], rtol=1e-6)
    assert set(found["n_replicates"]) == {2}
    # reads never stand for cells
    _, found = run(tmp_path, tmp_path / "vispa2_seqCount.tsv.gz", *with_file, pipeline="vispa2")
    assert found is not None
    assert found["n_reads"].tolist() == [20, 20, 20]
    assert found[["cells", "fraction", "n_fragments"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("chr1\tx\t1\t+\t1\tP1\tG1\tT\tD30\t30\t6\n", "the position is no whole number above 0"),
        ("chr1\t1.5\t1\t+\t1\tP1\tG1\tT\tD30\t30\t6\n", "the position is no whole number above 0"),
        ("chr1\t7\t7\t*\t1\tP1\tG1\tT\tD30\t30\t6\n", "the strand is neither"),
        ("chr1\t7\t7\t+\t1\t\tG1\tT\tD30\t30\t6\n", "no subject"),
        ("chr1\t7\t7\t+\t1\tNA\tG1\tT\tD30\t30\t6\n", "no subject"),
        ("\t7\t7\t+\t1\tP1\tG1\tT\tD30\t30\t6\n", "no contig"),
        ("chr1\t7\t7\t+\t1\tP1\tG1\tT\tD30\t30\t0\n", "the cells are not above 0"),
        ("chr1\t7\t7\t+\tNA\tP1\tG1\tT\tD30\t30\tNA\n", "no reads and no cells"),
    ],
)
def test_what_is_skipped_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: str, words: str
) -> None:
    (tmp_path / "t.tsv").write_text(HEAD + GOOD + row)
    _, found = run(tmp_path, tmp_path / "t.tsv")
    assert found is not None and found["position"].tolist() == [100]
    assert f"1 rows skipped: {words}" in capsys.readouterr().err


def test_rows_that_stand_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    again = GOOD.replace("\t60\n", "\t40\n")
    (tmp_path / "t.tsv").write_text(HEAD + GOOD + GOOD + again)
    _, found = run(tmp_path, tmp_path / "t.tsv")
    assert found is not None and found["cells"].tolist() == [100]
    text = capsys.readouterr().err
    assert (
        "1 rows stand twice with the same numbers" in text and "1 rows name a site of a library again" in text
    )


@pytest.mark.parametrize(
    ("pipeline", "text", "options", "words"),
    [
        ("inspiired", "a\tb\n1\t2\n", (), "has no column sample or GTSP"),
        ("vispa2", "chr\tintegration_locus\tstrand\tL1\n1\t5\t+\t3\n", (), "does not say whether the matrix holds"),
        ("vispa2", "chr\tintegration_locus\tstrand\tL1\n1\t5\t+\t3\n", ("--quantity", "seqCount"), "give --association"),
        ("inspiired", HEAD, ("--association", "x"), "only --from vispa2"),
    ],
)  # fmt: skip
def test_wrong_calls(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    pipeline: str,
    text: str,
    options: tuple[str, ...],
    words: str,
) -> None:
    (tmp_path / "t.tsv").write_text(text)
    code, found = run(tmp_path, tmp_path / "t.tsv", *options, pipeline=pipeline)
    assert code == 2 and found is None
    assert words in capsys.readouterr().err


def test_a_table_without_rows(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text(HEAD)
    code, found = run(tmp_path, tmp_path / "t.tsv")
    assert code == 0 and found is not None and found.empty


@pytest.mark.realdata
@real
def test_real_tables(tmp_path: Path) -> None:
    _, found = run(tmp_path, TABLES / "car_zeta_hiv_sites.tsv.gz")
    assert found is not None
    assert (len(found), found["subject"].nunique(), found["specimen"].nunique()) == (8566, 14, 63)
    largest = found.sort_values("fraction").iloc[-1]
    assert found.groupby("specimen")["fraction"].sum().round(6).eq(1).all() and 0 < largest["fraction"] <= 1
    association = ("--association", str(TABLES / "isanalytics_association_file.tsv"))
    matrix = TABLES / "isanalytics_integration_matrices.tsv"
    _, found = run(tmp_path, matrix, *association, pipeline="vispa2")
    given = pd.read_csv(matrix, sep="\t")
    assert found is not None
    assert found["cells"].sum() == pytest.approx(given["fragmentEstimate"].sum(), rel=1e-6)
    assert found["n_reads"].sum() == given["seqCount"].sum()
    assert found["contig"].str.startswith("chr").all()
