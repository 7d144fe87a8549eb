"""`integrasite simulate ...` as a person types it."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from integrasite.cli.main import main
from integrasite.io.tables import as_table, read_tsv, write_tsv
from integrasite.model.tables import MULTIHITS, SITES
from integrasite.simulate.truth import FATE_COUNTS, MOLECULE_TRUTH, READ_TRUTH, TRUTH

DEMO = Path(__file__).parents[2] / "test-data"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulated")
    amplicon(out, "--read-truth", "--molecule-truth", "--config-out", str(out / "config"))
    return out


def amplicon(out: Path, *more: str) -> int:
    host = ["--genome", "genome.fa.gz", "--annotation", "annotation.gtf.gz", "--vector", "vector.fa"]
    paths = [text if text.startswith("--") else str(DEMO / text) for text in host]
    small = ["--set", "subjects=[P1]", "--set", "timepoints=[D28]", "--pairs", "2000"]
    return main(["simulate", "amplicon", "-o", str(out), "--seed", "1", *paths, *small, *more])


def test_everything_is_written_and_agrees(run: Path):
    sheet = pd.read_csv(run / "config" / "samples.tsv", sep="\t")
    assert sheet["sample"].tolist() == ["P1-D28-1", "P1-D28-2", "NTC-1"]
    for column in ("r1", "r2", "i1"):
        lines = gzip.decompress((run / "config" / sheet[column][0]).read_bytes()).count(b"\n")
        assert lines == 8000
    assert read_tsv(run / "truth_fates.tsv", FATE_COUNTS)["n_reads"].sum() == 2000
    reads = read_tsv(run / "truth_reads.tsv.gz", READ_TRUTH)
    truth, molecules = (
        read_tsv(run / "truth.tsv", TRUTH),
        read_tsv(run / "truth_molecules.tsv.gz", MOLECULE_TRUTH),
    )
    assert len(reads) == 2000
    usable = reads[reads["fate"].isin(["site_unique", "site_multihit"])]
    assert truth["n_usable"].sum() == len(usable)
    assert truth["n_molecules"].sum() == (molecules["kind"] == "host").sum()


def test_results_that_are_the_truth_score_one(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    truth = read_tsv(run / "truth.tsv", TRUTH)
    clones = truth[(truth["n_usable"] > 0) & (truth["cause"] == "clone")]
    called = clones.assign(placement="unique", status="pass", cluster="")
    write_tsv(as_table(called, SITES), tmp_path / "sites.tsv.gz", SITES)
    write_tsv(
        as_table(pd.DataFrame({n: [] for n in MULTIHITS.columns}), MULTIHITS),
        tmp_path / "multihits.tsv.gz",
        MULTIHITS,
    )
    assert main(["simulate", "evaluate", "--truth", str(run / "truth.tsv"), "--results", str(tmp_path)]) == 0
    assert capsys.readouterr().out.endswith("recall 1.0000  precision 1.0000  exact 1.0000\n")


def test_false_calls_are_explained_by_the_truth_of_the_reads(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    molecules = read_tsv(run / "truth_molecules.tsv.gz", MOLECULE_TRUTH)
    wrong = molecules[(molecules["kind"] == "truncated_ltr") & (molecules["n_reads"] > 0)].head(1)
    called = wrong.assign(placement="unique", status="pass", cluster="", n_fragments=1)
    write_tsv(as_table(called, SITES), tmp_path / "sites.tsv.gz", SITES)
    none = as_table(pd.DataFrame({name: [] for name in MULTIHITS.columns}), MULTIHITS)
    write_tsv(none, tmp_path / "multihits.tsv.gz", MULTIHITS)
    assert main(["simulate", "evaluate", "--truth", str(run / "truth.tsv"), "--results", str(tmp_path)]) == 0
    assert "truncated_ltr\t1\t1.0000" in capsys.readouterr().out


def test_the_config_names_the_vector_that_carries_a_promoter(tmp_path: Path):
    assert amplicon(tmp_path, "--set", "human_promoter=EEF1A1") == 0
    assert "vector_with_promoter.fa" in (tmp_path / "config.yaml").read_text(encoding="utf-8")
    bases = [
        sum(len(line) for line in path.read_text(encoding="utf-8").splitlines()[1:])
        for path in (DEMO / "vector.fa", tmp_path / "vector_with_promoter.fa")
    ]
    assert bases[1] == bases[0] + 1200


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--set", "hop=1"], "'hop'"),
        (["--set", "index_hop"], "expected KEY=VALUE"),
        (["--sites", str(DEMO / "truth_fates.tsv")], "expected the columns contig, position, strand"),
        (["--scenario", "/nowhere.yaml"], "/nowhere.yaml: cannot be read"),
    ],
)
def test_wrong_calls_say_so_and_write_nothing(
    more: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert amplicon(tmp_path / "out", *more) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_results_without_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert (
        main(["simulate", "evaluate", "--truth", str(DEMO / "truth.tsv"), "--results", str(tmp_path / "no")])
        == 1
    )
    assert "no such folder" in capsys.readouterr().err


def test_the_demo_is_what_its_readme_says():
    truth = read_tsv(DEMO / "truth.tsv", TRUTH)
    molecules = truth[truth["cause"] == "clone"].groupby(["subject", "timepoint"])["n_molecules_read"].sum()
    assert molecules["P2", "M12"] < 50
    assert (molecules.drop(("P2", "M12")) > 200).all()
    growing = truth[
        (truth["subject"] == "P1") & (truth["origin"] == "dominant") & (truth["fraction"] == 0.31)
    ]
    assert growing["site_id"].nunique() == 1
    assert (truth["class"] == "repeat").sum() > 10
    size = sum(path.stat().st_size for path in DEMO.rglob("*") if path.is_file())
    assert size < 6_000_000


@pytest.mark.slow
def test_the_demo_repeats_byte_for_byte(tmp_path: Path):
    out, host = (
        tmp_path / "test-data",
        [str(DEMO / n) for n in ("genome.fa.gz", "annotation.gtf.gz", "repeats.bed")],
    )
    assert main(["simulate", "genome", "-o", str(out), "--seed", "20260131"]) == 0
    options = [
        "--genome",
        host[0],
        "--annotation",
        host[1],
        "--repeats",
        host[2],
        "--vector",
        str(DEMO / "vector.fa"),
    ]
    options += ["--scenario", str(DEMO / "demo-scenario.yaml"), "--run-id", "demo", "--compression", "9"]
    config = tmp_path / "config"
    assert (
        main(
            [
                "simulate",
                "amplicon",
                "-o",
                str(out),
                "--config-out",
                str(config),
                "--seed",
                "20260131",
                *options,
            ]
        )
        == 0
    )
    for path in sorted(out.rglob("*.*")):
        assert path.read_bytes() == (DEMO / path.relative_to(out)).read_bytes(), path.name
