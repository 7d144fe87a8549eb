"""run.json says what was run on what, and notices when a result is no longer what it was."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from integrasite import __version__
from integrasite.cli.main import main
from integrasite.io import versions
from integrasite.io.tables import as_table, write_tsv
from integrasite.model.tables import LEDGER

CONFIG = """\
run: {id: toy, date: 2026-01-31}
samples: sheets/samples.tsv
reference: {genome: g.fa, annotation: a.gtf}
vectors: {lv: {sequence: v.fa}}
protocols: {u5: {primer: GAAAATC, ltr_end: TCTAGCA}}
calling: {min_insert: 25}
"""
SHEET = "sample\tsubject\tr1\tr2\ns\tP1\t../reads/1.fq\t../reads/2.fq\n"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    for name in ("sheets", "reads", "results/exports/bedgraph", "results/stages"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "sheets/samples.tsv").write_text(SHEET)
    for name in ("g.fa", "a.gtf", "v.fa", "reads/1.fq", "reads/2.fq"):
        (tmp_path / name).write_text(name)
    rows = [("s", "reads", "no_insert", 3, 0.75), ("s", "align", "unaligned", 1, 0.25)]
    ledger = as_table(pd.DataFrame(rows, columns=list(LEDGER.columns)), LEDGER)
    write_tsv(ledger, tmp_path / "results/ledger.tsv", LEDGER)
    (tmp_path / "results/exports/bedgraph/x.bedGraph.gz").write_bytes(b"x")
    (tmp_path / "results/stages/part.parquet").write_bytes(b"intermediate")
    return tmp_path


def manifest(study: Path, *more: str) -> dict:
    call = ["manifest", "--config", f"{study}/config.yaml", "--results", f"{study}/results", *more]
    assert main([*call, "-o", f"{study}/results/run.json"]) == 0
    return json.loads((study / "results/run.json").read_text())


def test_what_the_manifest_says(study):
    found = manifest(study)
    assert found["integrasite"] == __version__
    assert found["run"] == {"date": "2026-01-31", "id": "toy"}
    assert found["parameters"]["min_insert"] == 25
    assert set(found["inputs"]) == {"g.fa", "a.gtf", "v.fa", "../reads/1.fq", "../reads/2.fq"}
    assert found["inputs"]["g.fa"] == {"bytes": 4, "sha256": hashlib.sha256(b"g.fa").hexdigest()}
    assert found["counts"]["read_pairs"] == {"s": {"fates": {"no_insert": 3, "unaligned": 1}, "total": 4}}
    assert set(found["outputs"]) == {"ledger.tsv", "exports/bedgraph/x.bedGraph.gz"}
    assert found["packages"]["pandas"] == pd.__version__
    assert {"bwa", "bedtools"} <= set(found["tools"])
    assert found["index_reads"] == {}  # nothing is told apart by barcodes here


def test_no_absolute_path_and_the_same_bytes_twice(study):
    manifest(study)
    first = (study / "results/run.json").read_bytes()
    assert str(study).encode() not in first
    manifest(study)
    assert (study / "results/run.json").read_bytes() == first


def test_outputs_can_be_named(study, capsys):
    part = study / "results/stages/part.parquet"
    assert set(manifest(study, "--outputs", str(part))["outputs"]) == {"stages/part.parquet"}
    call = ["manifest", "--config", f"{study}/config.yaml", "--results", f"{study}/results"]
    assert main([*call, "--outputs", f"{study}/g.fa", "-o", f"{study}/results/run.json"]) == 1
    assert "does not lie below" in capsys.readouterr().err


def test_a_missing_input_is_named(study, capsys):
    (study / "reads/2.fq").unlink()
    call = ["manifest", "--config", f"{study}/config.yaml", "--results", f"{study}/results"]
    assert main([*call, "-o", f"{study}/run.json"]) == 1
    assert "2.fq: cannot be read" in capsys.readouterr().err
    assert not (study / "run.json").exists()


def test_verify_accepts_what_was_written(study, capsys):
    manifest(study)
    assert main(["verify", f"{study}/results"]) == 0
    assert "2 outputs are what run.json says" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.unlink(), "ledger.tsv: is missing"),
        (lambda path: path.write_text("short"), "ledger.tsv: has 5 bytes"),
        (
            lambda path: path.write_bytes(path.read_bytes().replace(b"3", b"4")),
            "ledger.tsv: its content has changed",
        ),
    ],
)
def test_verify_names_what_differs(study, capsys, damage, words):
    manifest(study)
    damage(study / "results/ledger.tsv")
    assert main(["verify", f"{study}/results"]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert "1 of 2 outputs differ" in error


@pytest.mark.parametrize(
    ("text", "words"), [(None, "no such file"), ("{", "cannot be read"), ("[]", "is not a run.json")]
)
def test_verify_without_a_sound_manifest(tmp_path, capsys, text, words):
    if text is not None:
        (tmp_path / "run.json").write_text(text)
    assert main(["verify", str(tmp_path)]) == 1
    assert words in capsys.readouterr().err


def test_a_missing_program_is_recorded_as_such(monkeypatch):
    monkeypatch.setattr(versions.shutil, "which", lambda name: None)
    assert versions.program_versions() == {"bedtools": "not found", "bwa": "not found"}


@pytest.mark.parametrize("is_turned", [False, True])
def test_the_orientation_of_the_index_reads_is_said(study, is_turned):
    barcode, turned = "AGCCGTACGGTA", "TACCGTACGGCT"
    ltr = "GAAAATCTCTAGCA"
    (study / "v.fa").write_text(f">v\n{ltr}{'ACGTTGCA' * 10}{ltr}\n")
    sheet = "sample\tsubject\tr1\tr2\ti1\tbarcode\ns\tP1\t../reads/1.fq\t../reads/2.fq\t../reads/i.fq\t"
    (study / "sheets/samples.tsv").write_text(sheet + barcode + "\n")
    for name, bases in (("1", "A" * 40), ("2", ltr + "C" * 40), ("i", turned if is_turned else barcode)):
        text = "".join(f"@r{n}\n{bases}\n+\n{'F' * len(bases)}\n" for n in range(30))
        (study / f"reads/{name}.fq").write_text(text)
    counts = {"as_given": 0 if is_turned else 30, "reverse_complement": 30 if is_turned else 0}
    assert manifest(study)["index_reads"] == {"s": {**counts, "barcodes_turned": is_turned}}
