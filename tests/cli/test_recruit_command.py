"""`integrasite recruit` as a user calls it, behind `index` and `prepare-vectors`, on a small simulated study."""

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from integrasite.cli.main import main
from integrasite.kernels.codes import decode
from integrasite.simulate.vector import simulate_vector


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recruit")
    rng = np.random.default_rng(2)
    text = "".join(f">{name}\n{''.join(rng.choice(list('ACGT'), 60_000))}\n" for name in ("one", "two"))
    (folder / "genome.fa").write_text(text)
    exon = 'one\tx\texon\t20001\t24000\t.\t-\t.\tgene_name "GEN"; gene_id "GEN"; transcript_id "t";\n'
    (folder / "genes.gtf").write_text(exon.replace("exon", "gene") + exon)
    (folder / "lv.fa").write_text(
        f">lv\n{decode(simulate_vector(rng, rng.integers(0, 4, 900).astype(np.uint8)).codes)}\n"
    )
    (folder / "scenario.yaml").write_text(
        "samples: [{sample: T1, subject: P1, tissue: tumour}]\npurity: 1\ncoverage: 5\n"
        "clones: [{name: A, subject: P1, fraction: 1, n_sites: 2}]\n"
    )
    given = [
        "--genome",
        folder / "genome.fa",
        "--annotation",
        folder / "genes.gtf",
        "--vector",
        f"lv={folder / 'lv.fa'}",
    ]
    call(
        "simulate",
        "tumour",
        "-o",
        folder / "sim",
        "--seed",
        1,
        "--scenario",
        folder / "scenario.yaml",
        "--read-truth",
        *given,
    )
    config = ["--config", folder / "sim" / "config.yaml"]
    call("index", *config, "-o", folder / "reference.json", "--folder", folder / "reference")
    call("prepare-vectors", *config, "--reference", folder / "reference.json", "-o", folder / "vectors")
    return folder


def call(*arguments: object) -> None:
    assert main([str(argument) for argument in arguments]) == 0


def recruit(study: Path, out: Path, sample: str = "T1", threads: int = 1) -> int:
    names = {"--r2": "r2.fastq.gz", "--summary": "s.json", "--depth": "d.parquet", "--ledger": "l.parquet"}
    arguments = [
        "recruit",
        "--config",
        study / "sim" / "config.yaml",
        "--sample",
        sample,
        "--threads",
        threads,
    ]
    arguments += [
        "--vectors",
        study / "vectors",
        "--reference",
        study / "reference.json",
        "-o",
        out / "r1.fastq.gz",
    ]
    arguments += [item for key, name in names.items() for item in (key, out / name)]
    return main([str(argument) for argument in arguments])


def test_recruits_what_the_truth_says(study: Path, tmp_path: Path) -> None:
    assert recruit(study, tmp_path) == 0
    truth = pd.read_csv(study / "sim" / "truth_reads.tsv.gz", sep="\t")
    wanted = set(truth.name[truth[["vector_bases_r1", "vector_bases_r2"]].max(axis=1) >= 20])
    names = {
        line[1:]
        for line in gzip.decompress((tmp_path / "r1.fastq.gz").read_bytes()).decode().splitlines()[::4]
    }
    assert wanted
    assert wanted <= names
    summary = json.loads((tmp_path / "s.json").read_text())
    assert summary["n_recruited"] == len(names) == sum(summary["recruited"].values())
    assert summary["host"]["depth"] == pytest.approx(5, rel=0.2)
    [row] = pd.read_parquet(tmp_path / "l.parquet").to_dict("records")
    assert row["n_reads"] + len(names) == summary["n_pairs"]
    assert len(pd.read_parquet(tmp_path / "d.parquet")) == summary["host"]["n_loci"] > 0


def test_threads_change_no_byte(study: Path, tmp_path: Path) -> None:
    for threads in (1, 3):
        (tmp_path / str(threads)).mkdir()
        assert recruit(study, tmp_path / str(threads), threads=threads) == 0
    for path in (tmp_path / "1").iterdir():
        assert path.read_bytes() == (tmp_path / "3" / path.name).read_bytes()


def test_an_unknown_sample_leaves_nothing(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert recruit(study, tmp_path, sample="T9") == 2
    assert "no sample 'T9' in the sheet (known: T1)" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
