"""The cohort store: whole or not at all, the same run twice changes nothing, nothing is lost."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_toy import ROWS, snapshot, write_results

from integrasite.cli.main import main
from integrasite.errors import ConfigError, DataError
from integrasite.io.store import add_run, supersede_run
from integrasite.io.store_layout import current, folder_name, read_versions
from integrasite.io.store_query import read_stored, store_subjects, subject_history
from integrasite.io.tables import read_tsv
from integrasite.model.tables import HISTORY

LATER = (("P1", "P1_D90", 90, 100, 0.7), ("P1", "P1_D90", 90, 400, 0.3))
KILLED = """
import os, sys
from pathlib import Path
from integrasite.io import store, store_layout
calls = 0
def counted(original):
    def step(*arguments, **names):
        global calls
        calls += 1
        if calls > int(sys.argv[3]):
            os.kill(os.getpid(), 9)
        return original(*arguments, **names)
    return step
store._write_rows = counted(store._write_rows)
store.sync_folder = counted(store.sync_folder)
store.write_durable = counted(store.write_durable)
os.fsync = counted(os.fsync)
getattr(store, sys.argv[4])(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def history(store: Path, subject: str) -> pd.DataFrame:
    return subject_history(store, current(read_versions(store)), subject)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    add_run(write_results(tmp_path / "first", "run1"), tmp_path / "store")
    return tmp_path / "store"


def test_what_is_added_comes_back(store: Path, tmp_path: Path) -> None:
    add_run(write_results(tmp_path / "second", "run2", LATER), store)
    found = history(store, "P1")
    assert found[["run", "specimen", "position", "fraction"]].values.tolist() == [
        ["run1", "P1_D30", 100, 0.6],
        ["run2", "P1_D90", 100, 0.7],
        ["run1", "P1_D30", 200, 0.4],
        ["run2", "P1_D90", 400, 0.3],
    ]
    assert found["gene"].tolist() == ["GENE100", "GENE100", "GENE200", "GENE400"]
    assert found["rules"].tolist() == ["dominant_30", "dominant_30", "", ""]
    assert found["tier"].tolist() == [1, 1, pd.NA, pd.NA]
    assert store_subjects(read_versions(store)) == ["P1", "P2"]


def test_stored_tables_are_those_of_the_run(store: Path, tmp_path: Path) -> None:
    from integrasite.model.tables import CLONES

    written = read_tsv(tmp_path / "first/clones.tsv.gz", CLONES)
    stored, _ = read_stored(store, read_versions(store), "clones", "P2")
    expected = written[written["subject"] == "P2"].reset_index(drop=True)
    pd.testing.assert_frame_equal(stored, expected, check_dtype=False)


def test_the_same_run_again_changes_nothing(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = snapshot(store)
    assert main(["store", "add", str(tmp_path / "first"), "--store", str(store)]) == 0
    assert "nothing was changed" in capsys.readouterr().err
    assert snapshot(store) == before


def test_another_run_of_that_id_is_refused_with_what_to_do(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_results(tmp_path / "other", "run1", LATER)
    before = snapshot(store)
    assert main(["store", "add", str(other), "--store", str(store)]) == 2
    assert f"integrasite store supersede {other} --store {store}" in capsys.readouterr().err
    assert snapshot(store) == before


def test_supersede_keeps_the_old_version(store: Path, tmp_path: Path) -> None:
    before = snapshot(store)
    old = read_versions(store)
    new = write_results(tmp_path / "new", "run1", LATER)
    assert main(["store", "supersede", str(new), "--store", str(store)]) == 0
    after = snapshot(store)
    assert before.items() <= after.items()
    assert history(store, "P1")["specimen"].unique().tolist() == ["P1_D90"]
    assert store_subjects(current(read_versions(store))) == ["P1"]
    assert len(subject_history(store, old, "P2")) == 1
    # again, and the old content as `add`: nothing changes
    for call in (["supersede", str(new)], ["add", str(tmp_path / "first")]):
        assert main(["store", *call, "--store", str(store)]) == 0
    assert snapshot(store) == after
    # the old content may take its place back
    supersede_run(tmp_path / "first", store)
    assert [one.version for one in current(read_versions(store))] == [3]


def test_supersede_by_a_run_of_another_id(store: Path, tmp_path: Path) -> None:
    new = write_results(tmp_path / "new", "run1-again", LATER)
    with pytest.raises(ConfigError, match="has no run 'run1-again' to supersede"):
        supersede_run(new, store)
    supersede_run(new, store, "run1")
    assert [one.run for one in current(read_versions(store))] == ["run1-again"]
    with pytest.raises(ConfigError, match="has no run 'run1' to supersede"):
        supersede_run(write_results(tmp_path / "third", "run3"), store, "run1")


@pytest.mark.parametrize(
    ("genome", "sha256", "words"),
    [
        ("T2T-CHM13", "0" * 64, "is 'hg38', that of the run 'T2T-CHM13'"),
        ("hg38", "1" * 64, "same name 'hg38', but another FASTA"),
    ],
)
def test_genomes_are_not_mixed(store: Path, tmp_path: Path, genome: str, sha256: str, words: str) -> None:
    other = write_results(tmp_path / "other", "run2", genome=genome, sha256=sha256)
    before = snapshot(store)
    for change in (add_run, supersede_run):
        with pytest.raises(ConfigError, match=words):
            change(other, store)
    assert snapshot(store) == before


NAMES = ("a/b", "a b", "Müller", "患者", "k=v", "..", "run=1", "%2F", "x*[1]?", "'; --", "x" * 300, "x" * 301)


def test_names_that_paths_cannot_hold(tmp_path: Path) -> None:
    rows = [(name, f"{name}_D30", 30, number, 1.0) for number, name in enumerate(NAMES, 1)]
    store = tmp_path / "store [1]"
    add_run(write_results(tmp_path / "results", "run/=ü 1", rows), store)
    assert store_subjects(read_versions(store)) == sorted(NAMES)
    for number, name in enumerate(NAMES, 1):
        assert history(store, name)["position"].tolist() == [number]
    assert {path.name for path in tmp_path.iterdir()} == {"results", "store [1]"}


@given(st.text(min_size=1), st.text(min_size=1))
def test_folder_names_are_safe_and_distinct(one: str, other: str) -> None:
    try:
        first, second = folder_name("subject", one), folder_name("subject", other)
    except UnicodeEncodeError:
        return  # a lone surrogate, which no UTF-8 table holds
    assert len(first.encode()) < 200
    assert "/" not in first
    assert (first == second) == (one == other)


def killed(function: str, results: Path, store: Path, step: int) -> None:
    """Change the store in another process that is killed (as by kill -9) after so many steps."""
    call = [sys.executable, "-c", KILLED, str(results), str(store), str(step), function]
    assert subprocess.run(call, check=False).returncode == -9


@pytest.mark.parametrize("step", [0, 12, 21])
def test_a_killed_supersede_leaves_the_old_version_current(store: Path, tmp_path: Path, step: int) -> None:
    new = write_results(tmp_path / "new", "run1", LATER)
    before, seen = read_versions(store), history(store, "P1")
    killed("supersede_run", new, store, step)
    assert read_versions(store) == before
    pd.testing.assert_frame_equal(history(store, "P1"), seen)
    supersede_run(new, store)
    assert [one.version for one in current(read_versions(store))] == [2]


@pytest.mark.parametrize("step", [0, 8, 12, 19, 21])
def test_a_killed_writer_leaves_nothing(store: Path, tmp_path: Path, step: int) -> None:
    results = write_results(tmp_path / "second", "run2", LATER)
    before = history(store, "P1")
    versions = read_versions(store)
    killed("add_run", results, store, step)
    assert read_versions(store) == versions
    pd.testing.assert_frame_equal(history(store, "P1"), before)
    # the next writer is not locked out, sweeps, and ends as if nothing had happened
    third = write_results(tmp_path / "third", "run3", LATER)
    clean = tmp_path / "clean"
    add_run(tmp_path / "first", clean)
    for run in (third, results):
        add_run(run, store)
        add_run(run, clean)
        assert snapshot(store) == snapshot(clean)


def test_writers_at_the_same_time_all_succeed(tmp_path: Path) -> None:
    runs = [write_results(tmp_path / f"r{number}", f"run{number % 2}", ROWS) for number in range(4)]
    code = "import sys; from pathlib import Path; from integrasite.io.store import add_run; add_run(*map(Path, sys.argv[1:]))"
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(run), str(tmp_path / "store")]) for run in runs
    ]
    assert [process.wait(60) for process in started] == [0] * 4
    versions = read_versions(tmp_path / "store")
    assert [(one.run, one.version) for one in versions] == [("run0", 1), ("run1", 1)]
    assert len(history(tmp_path / "store", "P1")) == 4


def test_changed_or_unfinished_results_are_refused(store: Path, tmp_path: Path) -> None:
    results = write_results(tmp_path / "second", "run2", LATER)
    (results / "flags.tsv").write_text((results / "flags.tsv").read_text() + "\n")
    with pytest.raises(DataError, match=r"flags\.tsv: has changed since the run"):
        add_run(results, store)
    (results / "flags.tsv").unlink()
    with pytest.raises(DataError, match=r"flags\.tsv: is missing"):
        add_run(results, store)
    with pytest.raises(DataError, match="expected the results folder of a finished run"):
        add_run(tmp_path, store)


def test_wrong_stores_are_refused(tmp_path: Path) -> None:
    results = write_results(tmp_path / "results", "run1")
    with pytest.raises(ConfigError, match="is no cohort store, and not empty"):
        add_run(results, results)
    with pytest.raises(ConfigError, match="is no cohort store"):
        supersede_run(results, tmp_path / "absent")
    assert not (tmp_path / "absent").exists()


def test_a_damaged_file_is_said(store: Path) -> None:
    path = next((store / "clones").glob("subject=P1/run=*/*.parquet"))
    path.write_bytes(b"nonsense")
    with pytest.raises(DataError, match="restore it from a backup"):
        history(store, "P1")


def test_a_table_of_an_earlier_program_is_read(store: Path) -> None:
    path = next((store / "clones").glob("subject=P1/run=*/*.parquet"))
    copy = path.with_suffix(".old")
    duckdb.sql(f"COPY (SELECT * EXCLUDE (umi_cells, reason) FROM '{path}') TO '{copy}' (FORMAT parquet)")
    copy.replace(path)
    found = history(store, "P1")
    assert found["umi_cells"].isna().all()
    assert (found["reason"] == "").all()


def test_history_says_it_in_words(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add_run(write_results(tmp_path / "second", "run2", LATER), store)
    out = tmp_path / "history.tsv.gz"
    assert main(["history", "P1", "--store", str(store), "-o", str(out)]) == 0
    text = capsys.readouterr().out
    assert "P1: 2 specimens in 2 runs" in text
    assert "chr1:100:+ GENE100: day 30 60 %, day 90 70 %  [dominant_30]" in text
    assert "strongest tier 1" in text
    assert len(read_tsv(out, HISTORY)) == 4
    assert main(["history", "p1", "--store", str(store)]) == 2
    assert "has no subject 'p1' (2 known: P1, P2)" in capsys.readouterr().err
    assert main(["store", "list", "--store", str(store)]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "run1\t1\t2026-01-31\t2\t3\t",
        "run2\t1\t2026-01-31\t1\t2\t",
    ]


def test_a_specimen_in_two_runs_is_named(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_run(write_results(tmp_path / "second", "run2"), store)
    assert main(["history", "P2", "--store", str(store)]) == 0
    assert "in several runs, each shown on its own: P2_D30" in capsys.readouterr().out


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    results = write_results(tmp_path / "results", "run1")
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(ConfigError, match="cannot be written"):
        add_run(results, tmp_path / "closed" / "store")
