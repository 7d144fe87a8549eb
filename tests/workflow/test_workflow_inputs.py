"""The workflow on other people's input: other names, other reads, other folders, and what is wrong."""

import gzip
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import studies

from integrasite.io.manifest import differences

pytestmark = pytest.mark.slow

SMALL_PAIRS = 6000


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


class TestSmallStudies:
    def test_paths_may_be_relative_and_hold_blanks(self, small: Path) -> None:
        studies.assert_is_whole(small)
        assert int(studies.table(small, "ledger.tsv")["n_reads"].sum()) == SMALL_PAIRS
        assert len(studies.table(small, "sites.tsv.gz")) > 100

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
        studies.assert_is_whole(results)
        for name in ("sites.tsv.gz", "multihits.tsv.gz", "clones.tsv.gz", "annotation.tsv.gz"):
            assert len(studies.table(results, name)) == 0
        ledger = studies.table(results, "ledger.tsv")
        assert ledger["n_reads"].sum() == len(reads)
        assert ledger["sample"].unique().tolist() == ["P1-M12-1"]

    def test_one_demultiplexed_sample_gives_the_same_sites_as_in_its_pool(self, tmp_path: Path) -> None:
        config = studies.write_study(tmp_path / "study", [studies.demultiplexed_row("P1-M12-1")])
        pairs = list(studies.reads_of("P1-M12-1"))
        studies.write_fastq(config.parent / "own_R1.fastq.gz", (r1 for r1, _ in pairs))
        studies.write_fastq(config.parent / "own_R2.fastq.gz", (r2 for _, r2 in pairs))
        results = studies.finished(config, tmp_path / "run")
        studies.assert_is_whole(results)
        assert studies.table(results, "ledger.tsv")["n_reads"].sum() == len(pairs)
        evaluation = studies.judge(results)
        own = evaluation.truth[evaluation.truth["sample"] == "P1-M12-1"]
        assert own["found"].mean() >= 0.97  # a barcode read with an error is not among the reads
        assert evaluation.precision >= 0.99

    def test_single_end_reads_find_the_sites_that_they_can_place(self, tmp_path: Path) -> None:
        row = {**studies.demultiplexed_row("P1-M12-1"), "r1": "own.fastq.gz", "r2": ""}
        config = studies.write_study(tmp_path / "study", [row], protocol={"junction_read": "R1"})
        junction_reads = [r2 for _, r2 in studies.reads_of("P1-M12-1")]
        studies.write_fastq(config.parent / "own.fastq.gz", junction_reads)
        results = studies.finished(config, tmp_path / "run")
        studies.assert_is_whole(results)
        assert studies.table(results, "ledger.tsv")["n_reads"].sum() == len(junction_reads)
        evaluation = studies.judge(results)
        own = evaluation.truth[evaluation.truth["sample"] == "P1-M12-1"]
        assert own["found"].mean() >= 0.9
        assert evaluation.precision >= 0.95


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
        done = studies.run_snakemake(config, tmp_path / "run")
        assert done.returncode != 0
        assert broken.name in done.stdout and "cut off" in done.stdout
        assert re.search(r"^Failed: .*; its log: logs/\S+\.log$", done.stdout.splitlines()[-1])
        assert "Traceback" not in done.stdout
        results = tmp_path / "run" / "results"
        left = [path for path in results.rglob("*") if path.is_file() and "reference" not in path.parts]
        # config and sheet were right, and there is no tumour sample to judge
        whole = {"checked.txt", *(f"transgene{part}.tsv" for part in ("", "_coverage", "_structure"))}
        assert {path.name for path in left} <= {*whole, "vector_differences.tsv"}

    def test_damaged_results_are_noticed(self, tmp_path: Path) -> None:
        (tmp_path / "results").mkdir()
        (tmp_path / "results" / "flags.tsv").write_text("a\n")
        manifest = {"outputs": {"flags.tsv": {"bytes": 1, "sha256": ""}}}
        (tmp_path / "results" / "run.json").write_text(json.dumps(manifest))
        assert len(list(differences(tmp_path / "results", manifest))) == 1


def test_without_a_config_the_demo_is_what_runs(tmp_path: Path) -> None:
    done = studies.run_snakemake(None, tmp_path, "--dry-run")
    assert done.returncode == 0, done.stdout[-2000:]
    assert "prepare_reads" in done.stdout and "write_report" in done.stdout
