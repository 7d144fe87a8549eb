"""`integrasite report` from the command line."""

import json
from pathlib import Path

import pytest
from report_toy import empty_tables, toy_study, toy_tables, write_tables

from integrasite.cli.main import main
from integrasite.report.inputs import FILES, OPTIONAL, RunTables

CONFIG = """
run: {id: toy-2026, date: 2026-01-31}
samples: samples.tsv
reference: {name: hg38, genome: g.fa, annotation: g.gtf}
vectors: {pCCL: {sequence: v.fa}}
protocols: {lmpcr-u5: {ltr_end: TCTAGCA, primer: GAAAATC}}
"""


def write_study(folder: Path, tables: RunTables) -> list[str]:
    rows = ["sample\tsubject\tspecimen\tr1\tr2\ttimepoint\ttissue\tcell_type\treplicate\trole"]
    for library in toy_study().libraries:
        cells = (
            library.sample,
            library.subject,
            library.specimen,
            f"{library.sample}_1.fq",
            f"{library.sample}_2.fq",
        )
        more = (library.timepoint, library.tissue, library.cell_type, str(library.replicate), library.role)
        rows.append("\t".join((*cells, *more)))
    (folder / "samples.tsv").write_text("\n".join(rows) + "\n")
    (folder / "config.yaml").write_text(CONFIG)
    write_tables(tables, folder / "results")
    index = folder / "results" / "report" / "index.html"
    return [
        "report",
        "--config",
        str(folder / "config.yaml"),
        "--results",
        str(folder / "results"),
        "-o",
        str(index),
    ]


def outputs(folder: Path) -> dict[str, bytes]:
    found = [*sorted((folder / "results").rglob("*.html")), folder / "results" / "summary.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_pages_and_summary_are_written_and_repeat(tmp_path: Path):
    arguments = write_study(tmp_path, toy_tables(toy_study()))
    assert main(arguments) == 0
    first = outputs(tmp_path)
    assert list(first) == [
        "results/report/index.html",
        "results/report/subjects/P1.html",
        "results/report/subjects/P2.html",
        "results/summary.json",
    ]
    assert main(arguments) == 0
    assert outputs(tmp_path) == first
    summary = json.loads(first["results/summary.json"])
    assert len(summary["run"]["sheet_sha256"]) == 64
    assert summary["run"]["sheet_sha256"].encode() in first["results/report/index.html"]
    assert str(tmp_path).encode() not in b"".join(first.values())


def test_zero_rows_give_a_full_report(tmp_path: Path):
    assert main(write_study(tmp_path, empty_tables())) == 0
    assert len(outputs(tmp_path)) == 4


def test_a_missing_table_is_named_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    arguments = write_study(tmp_path, empty_tables())
    (tmp_path / "results" / "flags.tsv").unlink()
    assert main(arguments) == 1
    assert "flags.tsv: no such file (expected the table 'flags')" in capsys.readouterr().err
    assert not (tmp_path / "results" / "report").exists()


def test_results_without_the_tests_say_not_tested(tmp_path: Path):
    arguments = write_study(tmp_path, toy_tables(toy_study()))
    for key in OPTIONAL:
        (tmp_path / "results" / FILES[key][0]).unlink()
    assert main(arguments) == 0
    answers = json.loads((tmp_path / "results" / "summary.json").read_text())["answers"]
    for name in ("growth", "gene-tests"):
        assert answers[name]["state"] == "not tested" and answers[name]["answer"].startswith("Not tested: ")
