"""Everything after `clones` from tables alone: files or a store, any number of processes, the same answers."""

from pathlib import Path

import pandas as pd
import pytest
from store_toy import ROWS, snapshot, toy_clones, write_results

from integrasite.analyse.diversity import diversity_table
from integrasite.analyse.from_tables import join_inputs, libraries_of_clones
from integrasite.cli.main import main
from integrasite.config.calling import Calling
from integrasite.errors import DataError
from integrasite.io.tables import read_tsv, write_tsv
from integrasite.model.tables import CLONES, DIVERSITY, FLAGS, TRACKING

LATER = (("P1", "P1_D90", 90, 100, 0.7), ("P1", "P1_D90", 90, 400, 0.3))
GTF = """\
chr1\tx\tgene\t50\t150\t.\t+\t.\tgene_id "g1"; gene_name "LMO2";
chr1\tx\ttranscript\t50\t150\t.\t+\t.\tgene_id "g1"; gene_name "LMO2"; transcript_id "t1";
chr1\tx\texon\t50\t150\t.\t+\t.\tgene_id "g1"; gene_name "LMO2"; transcript_id "t1";
"""


@pytest.fixture
def clones(tmp_path: Path) -> Path:
    write_tsv(toy_clones([*ROWS, *LATER]), tmp_path / "clones.tsv.gz", CLONES)
    return tmp_path / "clones.tsv.gz"


def analyse(tmp_path: Path, *arguments: object, out: str = "out", code: int = 0) -> Path:
    assert main(["analyse", *map(str, arguments), "-o", str(tmp_path / out)]) == code
    return tmp_path / out


def test_tables_are_those_of_the_stages(tmp_path: Path, clones: Path) -> None:
    out = analyse(tmp_path, clones, "--no-report")
    table = read_tsv(clones, CLONES)
    expected = diversity_table(table, libraries_of_clones(table), Calling())
    write_tsv(expected, tmp_path / "expected.tsv", DIVERSITY)
    assert (out / "diversity.tsv").read_bytes() == (tmp_path / "expected.tsv").read_bytes()
    assert main(["track", "--clones", str(clones), "-o", str(tmp_path / "tracking.tsv")]) == 0
    assert (out / "tracking.tsv").read_bytes() == (tmp_path / "tracking.tsv").read_bytes()
    flags = read_tsv(out / "flags.tsv", FLAGS)
    assert set(flags.loc[flags["site_id"] == "chr1:100:+", "rule"]) >= {"dominant_30", "repeated_20"}
    assert not (out / "report").exists()


def test_number_of_processes_changes_nothing(tmp_path: Path, clones: Path) -> None:
    one = analyse(tmp_path, clones, "--no-report", out="one")
    two = analyse(tmp_path, clones, "--no-report", "--threads", 2, out="two")
    assert snapshot(one) == snapshot(two)


def test_a_store_gives_what_the_files_give(tmp_path: Path) -> None:
    runs = [write_results(tmp_path / "r1", "r1"), write_results(tmp_path / "r2", "r2", LATER)]
    for run in runs:
        assert main(["store", "add", str(run), "--store", str(tmp_path / "store")]) == 0
    files = analyse(tmp_path, *(run / "clones.tsv.gz" for run in runs), "--no-report", out="files")
    stored = analyse(tmp_path, "--store", tmp_path / "store", "--no-report", out="stored")
    without = {name: content for name, content in snapshot(files).items() if name != "flags.tsv"}
    assert without.items() < snapshot(stored).items()
    # the store has the runs' annotation, so words may name a gene; rules and tiers are the same
    same = ["subject", "specimen", "site_id", "rule", "tier", "value"]
    flags = [read_tsv(folder / "flags.tsv", FLAGS)[same] for folder in (files, stored)]
    pd.testing.assert_frame_equal(*flags)


def test_genes_are_optional_and_used(
    tmp_path: Path, clones: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "genes.gtf").write_text(GTF)
    (tmp_path / "mine.txt").write_text("LMO2\n")
    plain = analyse(tmp_path, clones, out="plain")
    assert "insertion tests: not tested" in capsys.readouterr().err
    out = analyse(
        tmp_path, clones, "--annotation", tmp_path / "genes.gtf", "--gene-lists", tmp_path / "mine.txt"
    )
    assert {path.name for path in (out / "tests").iterdir()} == {
        "common_sites.tsv", "expanded_clone_enrichment.tsv", "early_late.tsv", "cancer_gene_proximity.tsv",
        "not_tested.tsv",
    }  # fmt: skip
    page = (out / "report/index.html").read_text()
    assert "LMO2" in page and (out / "summary.json").is_file()
    assert {path.name for path in (out / "report/subjects").iterdir()} == {"P1.html", "P2.html"}
    near = read_tsv(out / "flags.tsv", FLAGS)
    assert (near["rule"] == "near_known_event").any()
    # genes add flags; they take none away
    rules = {name: read_tsv(path / "flags.tsv", FLAGS) for name, path in (("plain", plain), ("genes", out))}
    keys = {
        name: set(zip(frame["specimen"], frame["site_id"], frame["rule"], strict=True))
        for name, frame in rules.items()
    }
    assert keys["plain"] < keys["genes"]


def test_controls_are_left_out(tmp_path: Path, clones: Path) -> None:
    out = analyse(tmp_path, clones, "--leave-out", "P2", "--no-report")
    assert set(read_tsv(out / "diversity.tsv", DIVERSITY)["subject"]) == {"P1"}
    assert set(read_tsv(out / "tracking.tsv", TRACKING)["subject"]) == {"P1"}


def test_no_clones_at_all(tmp_path: Path) -> None:
    write_tsv(toy_clones([]), tmp_path / "none.tsv", CLONES)
    out = analyse(tmp_path, tmp_path / "none.tsv")
    assert read_tsv(out / "diversity.tsv", DIVERSITY).empty
    assert (out / "report/index.html").is_file()


def test_clones_or_a_store(tmp_path: Path, clones: Path, capsys: pytest.CaptureFixture[str]) -> None:
    analyse(tmp_path, code=2)
    analyse(tmp_path, clones, "--store", tmp_path, code=2)
    assert "give either" in capsys.readouterr().err
    analyse(tmp_path, "--store", tmp_path, code=2)
    assert "is no cohort store" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_runs_are_not_mixed() -> None:
    first = toy_clones(ROWS).assign(cluster=["m1", "", ""])
    second = toy_clones([*LATER, ROWS[2]]).assign(cluster=["m1", "", ""])
    joined, several = join_inputs([first, second], ["a", "b"])
    assert several == ("P2 P2_D30",)
    assert set(joined["specimen"]) == {"P1_D30", "P1_D90", "P2_D30@a", "P2_D30@b"}
    assert set(joined["cluster"]) == {"", "a:m1", "b:m1"}
    assert joined.groupby("specimen")["fraction"].sum().round(9).eq(1).all()
    alone, none = join_inputs([first], ["a"])
    pd.testing.assert_frame_equal(alone, first, check_dtype=False)
    assert none == ()


def test_an_old_result_is_replaced_whole(tmp_path: Path, clones: Path) -> None:
    (tmp_path / "genes.gtf").write_text(GTF)
    first = analyse(tmp_path, clones, "--no-report", "--annotation", tmp_path / "genes.gtf")
    assert (first / "tests/not_tested.tsv").is_file()
    # without genes there are no tests: those of the first run must not stay and look as if they were of this one
    second = analyse(tmp_path, clones, "--no-report")
    assert not (second / "tests").exists()
    assert snapshot(second) == snapshot(analyse(tmp_path, clones, "--no-report", out="fresh"))
    assert {path.name for path in tmp_path.iterdir()} == {"clones.tsv.gz", "genes.gtf", "out", "fresh"}


def test_a_folder_with_other_files_is_refused(
    tmp_path: Path, clones: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = analyse(tmp_path, clones, "--no-report")
    (out / "mine.txt").write_text("notes")
    before = snapshot(tmp_path)
    analyse(tmp_path, clones, "--no-report", code=2)
    assert "holds files that are no results of this command (mine.txt)" in capsys.readouterr().err
    # results of a workflow hold more than tables can give
    results = write_results(tmp_path / "results", "run1")
    analyse(tmp_path, clones, "--no-report", out="results", code=2)
    assert {name: content for name, content in snapshot(tmp_path).items() if "results" not in name} == before
    assert (results / "sites.tsv.gz").is_file()


def test_after_an_error_the_old_result_stays(
    tmp_path: Path, clones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyse(tmp_path, clones, "--no-report")
    before = snapshot(tmp_path)

    def fail(*_: object) -> str:
        raise DataError("the disk is full")

    monkeypatch.setattr(
        "integrasite.report.page.render_page", fail
    )  # the last step, when all tables are written
    analyse(tmp_path, clones, code=1)
    assert snapshot(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == {"clones.tsv.gz", "out"}
