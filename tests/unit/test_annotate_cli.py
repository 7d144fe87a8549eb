"""`integrasite annotate` and `integrasite flag`, from config and tables to tables."""

from pathlib import Path

import pandas as pd
import pytest

from integrasite.cli.main import main
from integrasite.io.tables import read_tsv, write_tsv
from integrasite.model.tables import ANNOTATION, CLONES, DIVERSITY, FLAGS, SITES

CONFIG = """\
samples: samples.tsv
reference: {genome: g.fa, annotation: a.gtf}
vectors: {lv: {sequence: v.fa}}
protocols: {u5: {primer: GAAAATC, ltr_end: TCTAGCA}}
gene_lists: [{name: mine, path: lists/mine.txt}]
calling: {known_event_window: 1000}
"""
SITE = {"subject": "P1", "contig": "chr11", "position": 2500, "strand": "+", "site_id": "chr11:2500:+"}


def write(rows: list[dict], path: Path, table) -> None:
    write_tsv(pd.DataFrame(rows, columns=list(table.columns), dtype=object), path, table)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/mine.txt").write_text("LMO2\n")
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "samples.tsv").write_text("sample\tsubject\tspecimen\tr1\tr2\ns\tP1\tP1_M6\t1.fq\t2.fq\n")
    (tmp_path / "a.gtf").write_text('chr11\tx\tgene\t3001\t9000\t.\t+\t.\tgene_id "g"; gene_name "LMO2";\n')
    far = {**SITE, "position": 1999, "site_id": "chr11:1999:+"}
    write([SITE, {**SITE, "sample": "t"}, far], tmp_path / "sites.tsv.gz", SITES)
    size = {"fraction": 0.5, "p_ge_10": 1.0, "p_ge_20": 1.0, "p_ge_30": 1.0, "n_fragments": 900}
    clone = {**SITE, **size, "specimen": "P1_M6", "vector": "lv", "n_replicates": 1, "status": "pass"}
    write([clone], tmp_path / "clones.tsv.gz", CLONES)
    specimen = {"subject": "P1", "specimen": "P1_M6", "n_fragments": 900, "evaluable": "yes"}
    write([specimen], tmp_path / "diversity.tsv", DIVERSITY)
    return tmp_path


def annotate(study: Path, name: str = "annotation.tsv.gz") -> Path:
    tables = [f"{study}/sites.tsv.gz", f"{study}/clones.tsv.gz"]
    assert (
        main(["annotate", "--config", f"{study}/config.yaml", "--sites", *tables, "-o", f"{study}/{name}"])
        == 0
    )
    return study / name


def test_annotate_uses_lists_and_window_of_the_config(study):
    table = read_tsv(annotate(study), ANNOTATION).set_index("site_id")
    assert table["known_event"].to_dict() == {"chr11:1999:+": "", "chr11:2500:+": "LMO2"}
    assert table["lists"].tolist() == ["mine", "mine"]
    assert annotate(study, "again.tsv.gz").read_bytes() == (study / "annotation.tsv.gz").read_bytes()


def test_annotate_without_the_annotation(study, capsys):
    (study / "a.gtf").unlink()
    call = ["annotate", "--config", f"{study}/config.yaml", "--sites", f"{study}/sites.tsv.gz"]
    assert main([*call, "-o", f"{study}/out.tsv.gz"]) == 2
    assert "a.gtf: no such file" in capsys.readouterr().err
    assert not (study / "out.tsv.gz").exists()


def test_flag(study):
    call = ["flag", "--config", f"{study}/config.yaml", "--clones", f"{study}/clones.tsv.gz"]
    call += ["--annotation", str(annotate(study)), "--diversity", f"{study}/diversity.tsv"]
    assert main([*call, "-o", f"{study}/flags.tsv"]) == 0
    table = read_tsv(study / "flags.tsv", FLAGS)
    assert dict(zip(table["rule"], table["tier"], strict=True)) == {
        "dominant_10": 2, "dominant_20": 1, "dominant_30": 1, "near_known_event": 1,
    }  # fmt: skip
    assert "501 bp from LMO2" in table["evidence"].iloc[-1]
