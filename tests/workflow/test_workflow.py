"""The workflow from reads to report, held against the truth of the simulation."""

import gzip
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import studies

from integrasite.io.manifest import differences, read_manifest
from integrasite.io.tables import read_tsv
from integrasite.model import tables
from integrasite.model.tables import Table
from integrasite.simulate.evaluate import Evaluation, evaluate_sites
from integrasite.simulate.truth import TRUTH

pytestmark = pytest.mark.slow
demo_group = pytest.mark.xdist_group("demo")
small_group = pytest.mark.xdist_group("small")

CONTRACT: dict[str, Table | None] = {
    "run.json": None,
    "ledger.tsv": tables.LEDGER,
    "sites.tsv.gz": tables.SITES,
    "multihits.tsv.gz": tables.MULTIHITS,
    "clones.tsv.gz": tables.CLONES,
    "annotation.tsv.gz": tables.ANNOTATION,
    "diversity.tsv": tables.DIVERSITY,
    "flags.tsv": tables.FLAGS,
    "exports/vispa2_seqCount.tsv.gz": None,
    "exports/vispa2_fragmentEstimate.tsv.gz": None,
    "exports/inspiired_posid.tsv.gz": None,
    "exports/sites.bed.gz": None,
    "report/index.html": None,
    "summary.json": None,
}
TABLES = [name for name in CONTRACT if name.endswith((".tsv", ".tsv.gz", ".bed.gz"))]
SMALL_PAIRS = 6000


def table(results: Path, name: str) -> pd.DataFrame:
    """One of the contract's tables."""
    declared = CONTRACT[name]
    assert declared is not None
    return read_tsv(results / name, declared)


def judge(results: Path) -> Evaluation:
    """The sites of a run of the whole demo against the truth."""
    truth = read_tsv(studies.TEST_DATA / "truth.tsv", TRUTH)
    return evaluate_sites(truth, table(results, "sites.tsv.gz"), table(results, "multihits.tsv.gz"))


def assert_is_whole(results: Path) -> None:
    """All files of the contract are there, as `run.json` says, and the ledger is legal."""
    assert not [name for name in CONTRACT if not (results / name).is_file()]
    assert list(differences(results, read_manifest(results))) == []
    for name, declared in CONTRACT.items():
        if declared is not None:
            table(results, name)
    sums = table(results, "ledger.tsv").groupby("sample")["fraction"].sum()
    assert np.allclose(sums, 1, rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the demo as committed."""
    return studies.finished(studies.DEMO_CONFIG, tmp_path_factory.mktemp("demo"))


@demo_group
class TestDemo:
    def test_everything_of_the_contract_is_there(self, demo: Path) -> None:
        assert_is_whole(demo)

    def test_true_sites_are_found_and_false_ones_are_not(self, demo: Path) -> None:
        evaluation = judge(demo)
        assert len(evaluation.truth) > 1000
        assert evaluation.recall >= 0.99
        assert evaluation.precision >= 0.99
        assert evaluation.exact >= 0.99

    def test_the_ledger_counts_every_pair_of_the_files_once(self, demo: Path) -> None:
        pairs = studies.count_records(studies.READS["r1"])
        assert int(table(demo, "ledger.tsv")["n_reads"].sum()) == pairs > 0

    def test_the_ledger_agrees_with_the_truth_on_what_reads_are(self, demo: Path) -> None:
        """Fates that only the read decides; the simulation writes what it made, not what can be seen."""
        truth = pd.read_csv(studies.TEST_DATA / "truth_fates.tsv", sep="\t")
        made = truth.groupby("fate")["n_reads"].sum()
        found = table(demo, "ledger.tsv").groupby("fate")["n_reads"].sum()
        for fate in ("internal_vector", "two_ltr_circle", "no_insert", "unassigned"):
            assert found[fate] == pytest.approx(made[fate], rel=0.02), fate

    def test_only_the_clone_that_grew_is_flagged_at_twenty_percent(self, demo: Path) -> None:
        flags = table(demo, "flags.tsv")
        clones, genes = table(demo, "clones.tsv.gz"), table(demo, "annotation.tsv.gz")
        flagged = flags[flags["rule"] == "dominant_20"]
        assert flagged["specimen"].tolist() == ["P1_M12_blood_PBMC"]
        [site] = flagged["site_id"]
        [clone] = clones[(clones["site_id"] == site) & (clones["timepoint"] == "M12")].to_dict("records")
        assert clone["fraction_low"] < 0.31 < clone["fraction_high"]
        assert "LMO2" in genes.set_index("site_id").loc[site, "gene"].split(",")
        page = (demo / "report" / "index.html").read_text(encoding="utf-8")
        assert site in page and "LMO2" in page and "dominant_20" in page

    def test_clone_sizes_agree_with_the_truth(self, demo: Path) -> None:
        truth = read_tsv(studies.TEST_DATA / "truth.tsv", TRUTH)
        large = truth[
            (truth["cause"] == "clone") & (truth["fraction"] >= 0.04) & (truth["timepoint"] != "M12")
        ]
        clones = table(demo, "clones.tsv.gz").set_index(["subject", "timepoint", "site_id"])
        for (subject, timepoint, site), rows in large.groupby(["subject", "timepoint", "site_id"]):
            clone = clones.loc[(subject, timepoint, site)]
            assert clone["fraction_low"] <= rows["fraction"].mean() <= clone["fraction_high"], site

    def test_a_specimen_that_is_too_small_says_so(self, demo: Path) -> None:
        flags = table(demo, "flags.tsv")
        rules = flags[flags["specimen"] == "P2_M12_blood_PBMC"]["rule"]
        assert "not_evaluable" in set(rules) and not any(rule.startswith("dominant") for rule in rules)

    def test_a_second_run_has_nothing_to_do(self, demo: Path) -> None:
        again = studies.run_snakemake(studies.DEMO_CONFIG, demo.parent, "--dry-run")
        assert again.returncode == 0
        assert "Nothing to be done" in again.stdout

    def test_neither_cores_nor_chunks_change_a_byte(self, demo: Path, tmp_path: Path) -> None:
        config = studies.copy_demo_study(tmp_path / "study", chunk_reads=10_000)
        again = studies.finished(config, tmp_path / "run", cores=1)
        assert len(list((again / "reads").rglob("*.counts.parquet"))) > 1
        assert (demo / "ledger.tsv").read_bytes() == (again / "ledger.tsv").read_bytes()
        assert [name for name in TABLES if (demo / name).read_bytes() != (again / name).read_bytes()] == []


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the first pairs of the demo; config named by a relative path, blanks in every path."""
    folder = tmp_path_factory.mktemp("small")
    studies.small_study(folder / "my study", SMALL_PAIRS)
    checkout = folder / "my clone"
    for name in ("workflow", "profiles"):
        shutil.copytree(studies.REPOSITORY / name, checkout / name)
    shutil.copyfile(studies.REPOSITORY / "Snakefile", checkout / "Snakefile")
    config = Path("..") / "my study" / "config.yaml"
    return studies.finished(config, folder / "my run", checkout=checkout)


def without_chr(text: str) -> str:
    """A table's line with UCSC's contig names as Ensembl writes them."""
    return re.sub(r"\bchr(?=\d)", "", text)


def lines_of(path: Path) -> Iterator[str]:
    """Lines of a compressed table."""
    with gzip.open(path, "rt", encoding="utf-8") as handle:
        yield from handle


@small_group
class TestSmallStudies:
    def test_paths_may_be_relative_and_hold_blanks(self, small: Path) -> None:
        assert_is_whole(small)
        assert int(table(small, "ledger.tsv")["n_reads"].sum()) == SMALL_PAIRS
        assert len(table(small, "sites.tsv.gz")) > 100

    def test_ensembl_names_give_the_same_sites(self, small: Path, tmp_path: Path) -> None:
        reference = studies.rename_contigs(tmp_path / "genome")
        config = studies.small_study(tmp_path / "study", SMALL_PAIRS, reference=reference)
        results = studies.finished(config, tmp_path / "run")
        for name in ("sites.tsv.gz", "multihits.tsv.gz", "clones.tsv.gz", "annotation.tsv.gz"):
            theirs, ours = lines_of(small / name), lines_of(results / name)
            assert [without_chr(line) for line in theirs] == list(ours), name

    def test_a_study_without_a_single_usable_read_is_legal(self, tmp_path: Path) -> None:
        generator = np.random.default_rng(7)
        bases = ["".join(row) for row in generator.choice(list("ACGT"), (300, 100))]
        reads = [
            (f"@read{number}\n", f"{text}\n", "+\n", f"{'I' * 100}\n") for number, text in enumerate(bases)
        ]
        rows = [studies.demultiplexed_row("P1-M12-1")]
        config = studies.write_study(tmp_path / "study", rows)
        for name in ("own_R1.fastq.gz", "own_R2.fastq.gz"):
            studies.write_fastq(config.parent / name, reads)
        results = studies.finished(config, tmp_path / "run")
        assert_is_whole(results)
        for name in ("sites.tsv.gz", "multihits.tsv.gz", "clones.tsv.gz", "annotation.tsv.gz"):
            assert len(table(results, name)) == 0
        ledger = table(results, "ledger.tsv")
        assert ledger["n_reads"].sum() == len(reads)
        assert ledger["sample"].unique().tolist() == ["P1-M12-1"]

    def test_one_demultiplexed_sample_gives_the_same_sites_as_in_its_pool(self, tmp_path: Path) -> None:
        config = studies.write_study(tmp_path / "study", [studies.demultiplexed_row("P1-M12-1")])
        pairs = list(studies.reads_of("P1-M12-1"))
        studies.write_fastq(config.parent / "own_R1.fastq.gz", (r1 for r1, _ in pairs))
        studies.write_fastq(config.parent / "own_R2.fastq.gz", (r2 for _, r2 in pairs))
        results = studies.finished(config, tmp_path / "run")
        assert_is_whole(results)
        assert table(results, "ledger.tsv")["n_reads"].sum() == len(pairs)
        evaluation = judge(results)
        own = evaluation.truth[evaluation.truth["sample"] == "P1-M12-1"]
        assert own["found"].mean() >= 0.97  # a barcode read with an error is not among the reads
        assert evaluation.precision >= 0.99

    def test_single_end_reads_find_the_sites_that_they_can_place(self, tmp_path: Path) -> None:
        row = {**studies.demultiplexed_row("P1-M12-1"), "r1": "own.fastq.gz", "r2": ""}
        config = studies.write_study(tmp_path / "study", [row], protocol={"junction_read": "R1"})
        junction_reads = [r2 for _, r2 in studies.reads_of("P1-M12-1")]
        studies.write_fastq(config.parent / "own.fastq.gz", junction_reads)
        results = studies.finished(config, tmp_path / "run")
        assert_is_whole(results)
        assert table(results, "ledger.tsv")["n_reads"].sum() == len(junction_reads)
        evaluation = judge(results)
        own = evaluation.truth[evaluation.truth["sample"] == "P1-M12-1"]
        assert own["found"].mean() >= 0.9
        assert evaluation.precision >= 0.95


@small_group
class TestWrongInput:
    def test_a_wrong_sheet_stops_everything_with_one_list(self, tmp_path: Path) -> None:
        rows = studies.demo_rows()
        rows[0]["vector"], rows[1]["assay"], rows[2]["sample"] = "demo-lx", "amplikon", rows[3]["sample"]
        config = studies.write_study(tmp_path / "study", rows)
        done = studies.run_snakemake(config, tmp_path / "run")
        assert done.returncode != 0
        assert "3 problems found:" in done.stdout
        for number, words in enumerate(("'demo-lx'", "'amplikon'", "already"), 1):
            assert any(
                line.strip().startswith(f"{number}.") and words in line for line in done.stdout.splitlines()
            )
        assert "Traceback" not in done.stdout
        assert not (tmp_path / "run" / "results").exists()

    @pytest.mark.parametrize("column", ["r1", "i1"])
    def test_a_truncated_file_is_named_and_nothing_is_left_half_written(
        self, tmp_path: Path, column: str
    ) -> None:
        config = studies.small_study(tmp_path / "study", 2000)
        broken = config.parent / f"{column}.fastq.gz"
        broken.write_bytes(broken.read_bytes()[: broken.stat().st_size // 2])
        done = studies.run_snakemake(config, tmp_path / "run", "--retries", "0")
        assert done.returncode != 0
        assert broken.name in done.stdout and "cannot be read" in done.stdout
        assert "Traceback" not in done.stdout
        results = tmp_path / "run" / "results"
        assert [path for path in results.rglob("*") if path.is_file() and "reference" not in path.parts] == []

    def test_damaged_results_are_noticed(self, tmp_path: Path) -> None:
        (tmp_path / "results").mkdir()
        (tmp_path / "results" / "flags.tsv").write_text("a\n")
        manifest = {"outputs": {"flags.tsv": {"bytes": 1, "sha256": ""}}}
        (tmp_path / "results" / "run.json").write_text(json.dumps(manifest))
        assert len(list(differences(tmp_path / "results", manifest))) == 1


@small_group
def test_without_a_config_the_demo_is_what_runs(tmp_path: Path) -> None:
    done = studies.run_snakemake(None, tmp_path, "--dry-run")
    assert done.returncode == 0, done.stdout[-2000:]
    assert "prepare_reads" in done.stdout and "write_report" in done.stdout
