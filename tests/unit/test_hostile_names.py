"""Names that users write, `<script>` among them, through the sheet and into every machine-readable output."""

import gzip
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml
from report_toy import toy_study, toy_tables, write_tables

from integrasite.cli.main import main
from integrasite.config.sheet import Names, read_sheet
from integrasite.io.tables import as_table
from integrasite.model.tables import CLONES
from integrasite.report.inputs import FILES, RunTables

EVIL = "<script>alert(1)</script>"
RUNS = '=HYPERLINK("http://x")'
NAMES = Names(("v",), ("p",))
CONFIG = """\
run: {id: toy, date: 2026-01-31}
samples: samples.tsv
reference: {name: hg38, genome: g.fa, annotation: g.gtf}
vectors: {pCCL: {sequence: v.fa}}
protocols: {lmpcr-u5: {ltr_end: TCTAGCA, primer: GAAAATC}}
"""


def problems(**cells: str) -> list[str]:
    row = {"sample": "s", "subject": "P1", "r1": "a.fq", "r2": "b.fq", **cells}
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in row.values()]
    _, found = read_sheet("\t".join(row) + "\n" + "\t".join(quoted) + "\n", Path("samples.tsv"), NAMES)
    return found


@pytest.mark.parametrize("column", ["sample", "subject"])
def test_ids_that_become_file_names_cannot_hold_markup(column: str):
    [problem] = problems(**{column: EVIL})
    assert f"column '{column}'" in problem and "only A-Z a-z 0-9 . _ + - are allowed" in problem


@pytest.mark.parametrize("letter", ["\t", "\n", "\x00", "\x0b", "\x1e", "\x7f", "\x85", "\u2028", "\u2029"])
def test_letters_that_break_lines_or_cells_are_refused(letter: str):
    [problem] = problems(tissue=f"a{letter}b")
    assert "column 'tissue'" in problem and "control character" in problem


@pytest.mark.parametrize("text", [EVIL, RUNS, "a/b", "Δ blood", "ü'\"&"])
def test_free_text_may_hold_anything_else(text: str):
    assert problems(tissue=text, cell_type=text) == []


def hostile_tables() -> RunTables:
    """The toy run with a specimen, a tissue, a cell type and a gene of bad names."""
    tables = toy_tables(toy_study())
    rename = {"P1_M12_PB": EVIL, "PB": RUNS, "LMO2": EVIL}
    changed = {key: getattr(tables, key).replace(rename) for key in FILES}
    return replace(tables, **changed)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every machine-readable output of that run."""
    folder = tmp_path_factory.mktemp("hostile")
    rows = ["sample\tsubject\tspecimen\tr1\tr2\ttimepoint\ttissue\tcell_type\treplicate\trole"]
    for one in toy_study().libraries:
        specimen = EVIL if one.specimen == "P1_M12_PB" else one.specimen
        tissue = RUNS.replace('"', '""') if one.tissue else ""
        cells = (one.sample, one.subject, specimen, f"{one.sample}_1.fq", f"{one.sample}_2.fq", one.timepoint)
        rows.append("\t".join((*cells, f'"{tissue}"', one.cell_type, str(one.replicate), one.role)))
    (folder / "samples.tsv").write_text("\n".join(rows) + "\n")
    (folder / "config.yaml").write_text(CONFIG)
    results = folder / "results"
    tables = hostile_tables()
    write_tables(tables, results)
    contigs = sorted({*tables.clones["contig"], *tables.sites["contig"]})
    (folder / "g.fa").write_text("".join(f">{name}\nA\n" for name in contigs))
    lengths = "".join(f"{name}\t250000000\t0\t1\t2\n" for name in contigs)
    (folder / "g.fa.fai").write_text(lengths)
    shared = ["--config", f"{folder}/config.yaml"]
    tabled = [*shared, "--results", str(results)]
    assert main(["report", *tabled]) == 0
    assert main(["workbook", *tabled, "-o", f"{results}/summary.xlsx"]) == 0
    assert main(["qc", *tabled, "-o", f"{results}/qc"]) == 0
    paths = [f"--{name}={results}/{name}.tsv.gz" for name in ("sites", "clones", "annotation")]
    assert main(["export", *shared, *paths, "-o", f"{results}/exports"]) == 0
    return results


def text_of(path: Path) -> str:
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")


def test_exports_keep_their_columns(results: Path):
    files = sorted((results / "exports").rglob("*.tsv*")) + sorted((results / "exports").rglob("*.b*.gz"))
    assert len(files) >= 10
    for path in files:
        widths = {line.count("\t") for line in text_of(path).splitlines()}
        assert len(widths) == 1, path.name
    tidy = pd.read_csv(results / "exports" / "sites_tidy.tsv.gz", sep="\t", keep_default_na=False)
    assert {EVIL} <= set(tidy["sample_id"]) and set(tidy["tissue"]) == {RUNS}
    assert len(tidy) == int((as_table(hostile_tables().clones, CLONES)["status"] == "pass").sum())


def test_names_of_tracks_are_names_of_files(results: Path):
    names = [path.name for path in (results / "exports" / "bigwig").iterdir()]
    assert len(names) == 6 and all(re.fullmatch(r"[\w.+-]+\.bw", name) for name in names)
    bed = text_of(results / "exports" / "sites.bed.gz")
    assert "<" not in bed and " " not in bed


def test_the_workbook_holds_text_only(results: Path):
    with zipfile.ZipFile(results / "summary.xlsx") as archive:
        texts = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    assert not any("<script" in text for text in texts.values())
    assert not any(re.search(r"<f[ >/]", text) for name, text in texts.items() if "worksheets" in name)
    assert any("&lt;script&gt;" in text for text in texts.values())


def test_multiqc_is_given_escaped_text(results: Path):
    for path in (results / "qc").iterdir():
        assert "<script" not in text_of(path)
        yaml.safe_load(text_of(path))
    assert "&lt;script&gt;" in text_of(results / "qc" / "integrasite_libraries_mqc.yaml")


def test_the_summary_holds_the_text_as_written(results: Path):
    summary = json.loads(text_of(results / "summary.json"))
    assert EVIL in {one["specimen"] for one in summary["specimens"]}
