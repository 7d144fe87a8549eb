"""`integrasite draw-controls`: both tables, from a study whose genome has known, unknown and doubled bases."""

import random
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from integrasite.align.inserts import align_inserts
from integrasite.align.reference import build_reference
from integrasite.cli.main import main
from integrasite.config.calling import Calling
from integrasite.io.parts import write_arrow
from integrasite.io.tables import empty_table, read_tsv, write_tsv
from integrasite.model.inserts import INSERTS
from integrasite.model.tables import CLONES, CONTROLS, MAPPABILITY

pytestmark = pytest.mark.skipif(shutil.which("bwa") is None, reason="bwa is not on PATH")
CONFIG = """\
samples: samples.tsv
reference: {genome: g.fa, annotation: a.gtf, blacklist: b.bed}
vectors: {lv: {sequence: v.fa}}
protocols: {u5: {primer: GAAAATC, ltr_end: TCTAGCA}}
calling: {control_places: 600}
"""
TURN = str.maketrans("ACGT", "TGCA")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    source = random.Random(4)
    sequences = {
        name: "".join(source.choices("ACGT", k=n))
        for name, n in (("chr1", 9000), ("chrX", 6000), ("chrY", 4000))
    }
    sequences["chrY"] = "N" * 500 + sequences["chrY"]
    (tmp_path / "g.fa").write_text("".join(f">{name}\n{text}\n" for name, text in sequences.items()))
    (tmp_path / "v.fa").write_text(">v\n" + "".join(source.choices("ACGT", k=900)) + "\n")
    (tmp_path / "b.bed").write_text("chr1\t2000\t5000\nother\t0\t10\n")
    (tmp_path / "a.gtf").write_text('chr1\tx\tgene\t3001\t9000\t.\t+\t.\tgene_id "g"; gene_name "LMO2";\n')
    (tmp_path / "config.yaml").write_text(CONFIG)
    write_sheet(tmp_path, "")
    (tmp_path / "reference").mkdir()
    folder = tmp_path / "reference"
    reference = build_reference(tmp_path / "g.fa", {"lv": tmp_path / "v.fa"}, folder)
    place = (reference.fasta.parent / "reference.json").relative_to(folder)
    (folder / "reference.json").write_text(f'{{"reference": "{place}"}}')
    pairs = []
    for start in range(0, 8000, 100):
        fragment = sequences["chr1"][start : start + 80 + start // 100]
        pairs.append((fragment[:70].encode(), fragment[::-1].translate(TURN)[:60].encode()))
    pairs.sort()
    columns = [pa.array([pair[side] for pair in pairs], pa.binary()) for side in (0, 1)]
    inserts = pa.table(columns, schema=INSERTS)
    (tmp_path / "aligned" / "s").mkdir(parents=True)
    write_arrow(inserts, tmp_path / "aligned/s/s.inserts.parquet")
    write_arrow(align_inserts(inserts, reference, Calling(), 1), tmp_path / "aligned/s/s.places.parquet")
    row = {"subject": "P1", "specimen": "S", "site_id": "chr1:5:+", "contig": "chr1", "position": 5, "strand": "+",
           "placement": "unique", "status": "pass", "estimator": "sonic", "cells": 1.0}  # fmt: skip
    write_tsv(pd.DataFrame([row]), tmp_path / "clones.tsv.gz", CLONES)
    return tmp_path


def write_sheet(folder: Path, sex: str) -> None:
    (folder / "samples.tsv").write_text(
        f"sample\tsubject\tspecimen\tr1\tr2\tsex\ns\tP1\tS\t1.fq\t2.fq\t{sex}\n"
    )


def draw(study: Path, *options: str) -> tuple[pd.DataFrame, pd.DataFrame, bytes]:
    given = ["--config", "config.yaml", "--reference", "reference/reference.json", "--aligned", "aligned"]
    given += ["--clones", "clones.tsv.gz", "-o", "controls.tsv.gz", "--mappability", "mappability.tsv"]
    full = [word if word.startswith("-") else str(study / word) for word in given]
    assert main(["draw-controls", *full, *options]) == 0
    table = read_tsv(study / "controls.tsv.gz", CONTROLS)
    return table, read_tsv(study / "mappability.tsv", MAPPABILITY), (study / "controls.tsv.gz").read_bytes()


def test_places_are_those_of_the_runs_inserts_on_known_bases(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, fractions, text = draw(study)
    assert len(table) == 600
    assert table["length"].between(80, 159).all() and table["length"].nunique() > 60
    assert (table.loc[table["contig"] == "chrY", "position"] > 500).all()
    listed = (table["contig"] == "chr1") & table["position"].between(2001, 5000)
    assert set(table.loc[listed, "outcome"]) == {"blacklisted"}
    assert table.loc[~listed, "is_unique"].mean() > 0.9  # all but those that reach beyond an end
    whole = fractions.set_index("contig").loc["*"]
    assert (whole["n_drawn"], whole["n_unique"]) == (600, table["is_unique"].sum())
    assert fractions["contig"].tolist() == ["*", "chr1", "chrX", "chrY"]
    assert fractions["n_drawn"].iloc[1:].sum() == 600
    said = capsys.readouterr().err
    assert f"{table['is_unique'].sum()} of 600 places would be placed uniquely" in said
    assert draw(study, "--threads", "2")[2] == text
    assert draw(study, "--seed", "2")[2] != text


@pytest.mark.parametrize(("sex", "copies"), [("female", (2, 2, 0)), ("M", (2, 1, 1)), ("", (2, 1.5, 0.5))])
def test_sex_chromosomes_are_drawn_as_the_sheet_says(
    study: Path, sex: str, copies: tuple[float, float, float]
) -> None:
    write_sheet(study, sex)
    table, _, _ = draw(study)
    expected = np.array([9000, 6000, 4000]) * np.array(copies)
    found = table["contig"].value_counts().reindex(["chr1", "chrX", "chrY"]).fillna(0).to_numpy()
    assert found / 600 == pytest.approx(expected / expected.sum(), abs=0.07)
    assert (found[2] == 0) == (copies[2] == 0)


def test_nothing_to_learn_lengths_from_leaves_two_headers(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("inserts", "places"):
        path = study / f"aligned/s/s.{name}.parquet"
        write_arrow(pa.parquet.read_table(path).slice(0, 0), path)
    table, fractions, _ = draw(study)
    assert table.empty and fractions.empty
    assert "none drawn: no insert has a place" in capsys.readouterr().err


def test_none_are_drawn_where_the_config_says_so(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (study / "config.yaml").write_text(CONFIG.replace("600", "0"))
    write_tsv(empty_table(CLONES), study / "clones.tsv.gz", CLONES)
    assert draw(study)[0].empty
    assert "control_places is 0" in capsys.readouterr().err


def test_the_reference_is_asked_for(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    full = [str(study / name) for name in ("config.yaml", "aligned", "clones.tsv.gz", "c.tsv", "m.tsv")]
    options = zip(("--config", "--aligned", "--clones", "-o", "--mappability"), full, strict=True)
    assert main(["draw-controls", "--reference", *(word for pair in options for word in pair)]) == 2
    assert "expected the JSON that `integrasite index` wrote" in capsys.readouterr().err
    assert not (study / "c.tsv").exists()
