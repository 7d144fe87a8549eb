"""Comparison with the cohort store: earlier specimens are taken once, and growth is over all time points."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from report_toy import PROVENANCE, toy_study, toy_tables
from store_toy import Row, toy_clones, write_results

from integrasite.analyse.diversity import diversity_table
from integrasite.analyse.earlier import Earlier, StoredRun, choose_earlier
from integrasite.analyse.from_tables import libraries_of_clones
from integrasite.cli.main import main
from integrasite.config.calling import Calling
from integrasite.config.read import load_study
from integrasite.errors import ConfigError
from integrasite.io.sequences import file_checksum
from integrasite.io.store import add_run, supersede_run
from integrasite.io.store_earlier import earlier_records, is_later
from integrasite.io.tables import as_table, empty_table, read_tsv, write_tsv
from integrasite.model.tables import (
    ANNOTATION,
    CLONES,
    DIVERSITY,
    EARLIER_RUNS,
    FLAGS,
    TRACKING,
)
from integrasite.report.growth import growth
from integrasite.report.view import make_view

DAYS = (30, 60, 90, 120, 150, 180)
CONFIG = """\
run: {{id: now, date: {date}}}
samples: samples.tsv
reference: {{name: hg38, genome: genome.fa, annotation: genes.gtf}}
vectors: {{lv: {{sequence: v.fa, kind: lentivirus}}}}
protocols: {{p: {{primer: GAAAATC, ltr_end: TCTAGCA}}}}
store: {store}
"""


def course(days: Sequence[int], share: float = 0.0) -> list[Row]:
    """One clone that grows to `share` at day 180 among thirty that stay; a specimen per day."""
    rows: list[Row] = []
    for day in days:
        grown = 0.01 + share * (day - 30) / 150
        rows.append(("P1", f"P1_D{day}", day, 100, grown))
        rows += [("P1", f"P1_D{day}", day, 1000 * n, (1 - grown) / 30) for n in range(1, 31)]
    return rows


def stored(
    run: str, rows: Sequence[Row], date: str = "2026-01-31", controls: Sequence[str] = ()
) -> StoredRun:
    clones = toy_clones(rows)
    specimens = clones.drop_duplicates(["subject", "specimen"])
    flags = specimens[specimens["specimen"].isin(list(controls))].assign(rule="control_has_sites", site_id="")
    tables = {
        "clones": clones,
        "diversity": diversity_table(clones, libraries_of_clones(clones), Calling()),
        "annotation": empty_table(ANNOTATION),
        "flags": as_table(flags, FLAGS),
    }
    return StoredRun(run, 1, "c" * 64, date, tables)


def specimens(earlier: Earlier) -> set[str]:
    found = set(earlier.clones["specimen"])
    assert found == set(earlier.diversity["specimen"]) == {one.specimen for one in earlier.libraries}
    return found


def test_a_specimen_is_taken_once_from_the_latest_run_and_never_if_this_run_has_it() -> None:
    old = stored("old", course((30, 60)), "2026-01-01")
    again = stored("again", [(*row[:4], row[4] / 2) for row in course((60, 90))], "2026-02-01")
    found = choose_earlier([old, again], "2026-03-01", {("P1", "P1_D90")})
    assert specimens(found) == {"P1_D30", "P1_D60"}
    of_60 = found.clones[found.clones["specimen"] == "P1_D60"]
    assert of_60["fraction"].sum() == pytest.approx(0.5)  # the later run's
    rows = found.runs.set_index("run")
    assert rows["n_specimens"].to_dict() == {"again": 1, "old": 1}
    assert rows.loc["again", "reason"] == "not used: P1 P1_D90 (in this run or a later one)"
    assert rows.loc["old", "reason"] == "not used: P1 P1_D60 (in this run or a later one)"
    shuffled = choose_earlier([again, old], "2026-03-01", {("P1", "P1_D90")})
    pd.testing.assert_frame_equal(found.clones, shuffled.clones)


def test_later_runs_and_controls_are_left_out_and_said() -> None:
    later = stored("later", course((365,)), "2026-05-01")
    mixed = stored("mixed", course((30, 60)), "2026-01-01", controls=("P1_D60",))
    found = choose_earlier([later, mixed], "2026-03-01", set())
    assert specimens(found) == {"P1_D30"}
    reasons = dict(zip(found.runs["run"], found.runs["reason"], strict=True))
    assert reasons == {"later": "not used: dated after this run", "mixed": "not used: P1 P1_D60 (control)"}
    # a run without a date cannot say what came later: everything is used rather than left out
    assert "P1_D365" in specimens(choose_earlier([later, mixed], "1970-01-01", set()))
    assert not is_later("", "2026-03-01")


def test_clusters_of_two_runs_are_not_mixed() -> None:
    rows = [("P1", "P1_D30", 30, 100, 1.0)]
    one = stored("one", rows)
    tables = {**one.tables, "clones": one.tables["clones"].assign(cluster="m1", placement="multihit")}
    found = choose_earlier([replace(one, tables=tables)], "2026-03-01", set())
    assert found.clones["cluster"].tolist() == ["one:m1"]


def test_an_empty_store_gives_empty_tables() -> None:
    found = choose_earlier([], "2026-03-01", set())
    assert [len(frame) for frame in (found.clones, found.diversity, found.annotation, found.runs)] == [0] * 4
    assert list(found.clones.columns) == list(CLONES.columns)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of P1's day 180 that names a store, with its tables as a run makes them."""
    (tmp_path / "genome.fa").write_text(">chr1\nACGT\n")
    header = (
        "sample\tsubject\tassay\tr1\tr2\tprotocol\tvector\ttimepoint\ttissue\tcell_type\trole\tspecimen\n"
    )
    rows = [
        f"s{day}\tP1\tamplicon\ts{day}_R1.fq\ts{day}_R2.fq\tp\tlv\tD{day}\tblood\tPBMC\tpatient\tP1_D{day}\n"
        for day in DAYS[5:]
    ]
    (tmp_path / "samples.tsv").write_text(header + "".join(rows))
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.format(date="2026-03-01", store="store"))
    clones = toy_clones(course(DAYS[5:], 0.5))
    write_tsv(clones, tmp_path / "clones.tsv.gz", CLONES)
    diversity = diversity_table(clones, load_study(config).libraries, Calling())
    write_tsv(diversity, tmp_path / "diversity.tsv", DIVERSITY)
    write_tsv(empty_table(ANNOTATION), tmp_path / "annotation.tsv.gz", ANNOTATION)
    return tmp_path


def add(study: Path, run: str, rows: Sequence[Row]) -> Path:
    return write_results(study / run, run, rows, sha256=file_checksum(study / "genome.fa"))


def recall(study: Path, code: int = 0) -> Path:
    out = study / "earlier"
    assert main(["recall-earlier", "--config", str(study / "config.yaml"), "-o", str(out)]) == code
    return out


def track(study: Path, *more: object) -> pd.DataFrame:
    out = study / "tracking.tsv"
    given = ["--config", study / "config.yaml", "--clones", study / "clones.tsv.gz", *more, "-o", out]
    assert main(["track", *map(str, given)]) == 0
    return read_tsv(out, TRACKING).set_index("site_id")


def flags(study: Path, *more: object) -> pd.DataFrame:
    out = study / "flags.tsv"
    given = ["--config", study / "config.yaml", "--clones", study / "clones.tsv.gz", *more, "-o", out]
    for name in ("annotation.tsv.gz", "diversity.tsv", "tracking.tsv"):
        given += [f"--{name.split('.')[0]}", study / name]
    assert main(["flag", *map(str, given)]) == 0
    return read_tsv(out, FLAGS)


def test_growth_is_over_all_time_points(study: Path) -> None:
    add_run(add(study, "r1", course(DAYS[:3], 0.5)), study / "store")
    add_run(add(study, "r2", course(DAYS[3:5], 0.5)), study / "store")
    alone = track(study)
    assert alone.loc["chr1:100:+", ["n_timepoints", "status"]].tolist() == [1, "insufficient"]
    assert "growing" not in set(flags(study)["rule"])
    earlier = recall(study)
    found = track(study, "--earlier", earlier)
    assert found.loc["chr1:100:+", ["n_timepoints", "status"]].tolist() == [6, "growing"]
    assert (found["status"] == "growing").sum() == 1
    raised = flags(study, "--earlier", earlier)
    growing = raised[raised["rule"] == "growing"]
    assert growing[["specimen", "site_id"]].values.tolist() == [["P1_D180", "chr1:100:+"]]
    # findings of earlier specimens stand in their own runs
    assert set(raised.loc[~raised["rule"].str.startswith("repeat"), "specimen"]) == {"P1_D180"}
    runs = read_tsv(earlier / "runs.tsv", EARLIER_RUNS)
    assert runs[["run", "n_specimens", "n_clones"]].values.tolist() == [["r1", 3, 93], ["r2", 2, 62]]


def test_without_a_difference_nothing_grows(study: Path) -> None:
    add_run(add(study, "r1", course(DAYS[:5])), study / "store")
    write_tsv(toy_clones(course(DAYS[5:])), study / "clones.tsv.gz", CLONES)
    assert "growing" not in set(track(study, "--earlier", recall(study))["status"])


def test_the_own_run_is_never_its_own_past_and_the_bytes_repeat(study: Path) -> None:
    add_run(add(study, "r1", course(DAYS[:3], 0.5)), study / "store")
    before = {path.name: path.read_bytes() for path in recall(study).iterdir()}
    records = earlier_records(load_study(study / "config.yaml"))
    # the run itself is stored: a repeat of it compares with what it compared with
    add_run(add(study, "now", course(DAYS[5:], 0.5)), study / "store")
    assert {path.name: path.read_bytes() for path in recall(study).iterdir()} == before
    assert earlier_records(load_study(study / "config.yaml")) == records
    # another version of an earlier run is another comparison
    supersede_run(add(study, "r1", course(DAYS[:2], 0.5)), study / "store")
    assert earlier_records(load_study(study / "config.yaml")) != records
    assert set(read_tsv(recall(study) / "clones.tsv.gz", CLONES)["specimen"]) == {"P1_D30", "P1_D60"}


def test_no_store_yet_is_no_error_and_no_history(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    earlier = recall(study)
    assert "0 earlier specimens from 0 runs" in capsys.readouterr().err
    assert track(study, "--earlier", earlier).loc["chr1:100:+", "n_timepoints"] == 1


def test_another_genome_is_refused(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add_run(write_results(study / "r1", "r1", course(DAYS[:3])), study / "store")
    recall(study, code=2)
    assert "positions on different genomes cannot be compared" in capsys.readouterr().err
    assert not (study / "earlier").exists()


def test_a_folder_that_is_no_store_is_refused(study: Path) -> None:
    (study / "store").mkdir()
    (study / "store" / "notes.txt").write_text("mine")
    recall(study, code=2)
    with pytest.raises(ConfigError, match="is no cohort store"):
        earlier_records(load_study(study / "config.yaml"))


def test_the_report_says_where_earlier_specimens_come_from() -> None:
    study = toy_study()
    tables = toy_tables(study)
    with_store = replace(study, config=study.config.model_copy(update={"store": "store"}))

    def words(tables: object, of: object = with_store) -> str:
        section = growth(make_view(of, tables, PROVENANCE))  # type: ignore[arg-type]
        return str(section.blocks)

    assert "Earlier runs" not in words(tables, study)
    assert "the cohort store holds no other specimen" in words(tables)
    lacking = replace(tables, absent=frozenset({"earlier_runs"}))
    assert "not compared" in words(lacking)
    clones = tables.clones[tables.clones["subject"] == "P1"].assign(
        specimen="P1_W1", timepoint="W1", days=7, tissue="PB", cell_type="T cells"
    )
    row = tables.diversity[tables.diversity["subject"] == "P1"].head(1).assign(specimen="P1_W1", days=7)
    runs = pd.DataFrame([{"run": "r0", "version": 1, "n_specimens": 1, "n_clones": len(clones)}])
    found = replace(
        tables,
        earlier_clones=as_table(clones.drop_duplicates("site_id"), CLONES),
        earlier_diversity=as_table(row, DIVERSITY),
        earlier_runs=as_table(runs, EARLIER_RUNS),
    )
    text = words(found)
    assert "1 specimen of 1 subject come from the cohort store (runs r0)" in text
    assert "W1" in text and "W1" not in words(tables)
