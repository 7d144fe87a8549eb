"""`integrasite attribute` from the command line."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from report_toy import write_tables
from tumour_toy import tumour_study, tumour_tables

from integrasite.cli.main import main
from integrasite.io.tables import read_tsv, write_parquet
from integrasite.model.tables import ATTRIBUTION, TUMOUR_SITES

CONFIG = """
run: {id: toy-2026, date: 2026-01-31}
samples: samples.tsv
reference: {name: hg38, genome: g.fa, annotation: g.gtf}
vectors: {cilta-cel: {sequence: v.fa}}
protocols: {lmpcr-u5: {ltr_end: TCTAGCA, primer: GAAAATC}}
"""


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A study's folder with config, sheet and results."""
    study = tumour_study()
    columns = [
        "sample",
        "subject",
        "specimen",
        "assay",
        "r1",
        "r2",
        "timepoint",
        "days",
        "role",
        "purity",
        "ploidy",
    ]
    rows = ["\t".join([*columns, "clonotype_fraction"])]
    for row in study.libraries:
        files = (f"{row.sample}_1.fq", f"{row.sample}_2.fq")
        numbers = (row.purity, row.ploidy, row.clonotype_fraction)
        cells = (
            row.sample,
            row.subject,
            row.specimen,
            row.assay,
            *files,
            row.timepoint,
            row.days,
            row.role,
            *numbers,
        )
        rows.append("\t".join("" if cell is None else str(cell) for cell in cells))
    (tmp_path / "samples.tsv").write_text("\n".join(rows) + "\n")
    (tmp_path / "config.yaml").write_text(CONFIG)
    tables = tumour_tables(study)
    write_tables(tables, tmp_path / "results")
    write_parquet(tables.tumour_sites, tmp_path / "P1.parquet", TUMOUR_SITES)
    return tmp_path / "results"


def command(results: Path, *more: str) -> list[str]:
    study = results.parent
    named = {
        "--config": study / "config.yaml",
        "--annotation": results / "annotation.tsv.gz",
        "-o": study / "out.tsv",
    }
    named["--transgene"] = results / "transgene.tsv"
    return ["attribute", *(str(part) for pair in named.items() for part in pair), *more]


def test_the_sheet_is_that_of_the_tables(results: Path, capsys: pytest.CaptureFixture[str]):
    past = ["--clones", str(results / "clones.tsv.gz"), "--diversity", str(results / "diversity.tsv")]
    past += [
        "--tracking",
        str(results / "tracking.tsv"),
        "--structure",
        str(results / "transgene_structure.tsv"),
    ]
    out = results.parent / "out.tsv"
    texts = []
    for sites in (results / "tumour_sites.tsv.gz", results.parent / "P1.parquet"):
        assert main(command(results, "--tumour-sites", str(sites), *past)) == 0
        texts.append(out.read_bytes())
    assert texts[0] == texts[1] == (results / "attribution.tsv").read_bytes()
    assert "3 subjects with a tumour sample" in capsys.readouterr().err


def test_what_was_not_given_is_not_denied(results: Path):
    assert main(command(results)) == 0
    found = read_tsv(results.parent / "out.tsv", ATTRIBUTION).query("subject == 'P1'")
    assert "vector_structure" not in set(found["item"])
    assert found.query("item == 'site'")["finding"].tolist() == ["no site placed"]


def test_a_missing_table_is_named_and_nothing_written(results: Path, capsys: pytest.CaptureFixture[str]):
    (results / "transgene.tsv").unlink()
    assert main(command(results)) == 1
    assert "transgene.tsv: no such file (expected the table 'transgene')" in capsys.readouterr().err
    assert not (results.parent / "out.tsv").exists()
