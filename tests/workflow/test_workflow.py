"""The whole demo, from reads to report, held against the truth of its simulation."""

import json
import re
from pathlib import Path

import pandas as pd
import pyBigWig
import pytest
import studies

from integrasite.cli.main import main
from integrasite.io.tables import read_tsv
from integrasite.simulate.truth import TRUTH

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the demo as committed."""
    return studies.finished(studies.DEMO_CONFIG, tmp_path_factory.mktemp("demo"))


class TestDemo:
    def test_everything_of_the_contract_is_there(self, demo: Path) -> None:
        studies.assert_is_whole(demo)

    def test_true_sites_are_found_and_false_ones_are_not(self, demo: Path) -> None:
        evaluation = studies.judge(demo)
        assert len(evaluation.truth) > 1000
        assert evaluation.recall >= 0.99
        assert evaluation.precision >= 0.99
        assert evaluation.exact >= 0.99

    def test_the_ledger_counts_every_pair_of_the_files_once(self, demo: Path) -> None:
        pairs = studies.count_records(studies.READS["r1"])
        assert int(studies.table(demo, "ledger.tsv")["n_reads"].sum()) == pairs > 0

    def test_the_ledger_agrees_with_the_truth_on_what_reads_are(self, demo: Path) -> None:
        """Fates that only the read decides; the simulation writes what it made, not what can be seen."""
        truth = pd.read_csv(studies.TEST_DATA / "truth_fates.tsv", sep="\t")
        made = truth.groupby("fate")["n_reads"].sum()
        found = studies.table(demo, "ledger.tsv").groupby("fate")["n_reads"].sum()
        for fate in ("internal_vector", "two_ltr_circle", "no_insert", "unassigned"):
            assert found[fate] == pytest.approx(made[fate], rel=0.05), fate

    def test_only_the_clone_that_grew_is_flagged_at_twenty_percent(self, demo: Path) -> None:
        flags = studies.table(demo, "flags.tsv")
        clones, genes = studies.table(demo, "clones.tsv.gz"), studies.table(demo, "annotation.tsv.gz")
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
        clones = studies.table(demo, "clones.tsv.gz").set_index(["subject", "timepoint", "site_id"])
        for key, rows in large.groupby(["subject", "timepoint", "site_id"]):
            [clone] = clones[clones.index == key].to_dict("records")
            assert clone["fraction_low"] <= rows["fraction"].mean() <= clone["fraction_high"], key

    def test_a_specimen_that_is_too_small_says_so(self, demo: Path) -> None:
        flags = studies.table(demo, "flags.tsv")
        rules = flags[flags["specimen"] == "P2_M12_blood_PBMC"]["rule"]
        assert "not_evaluable" in set(rules) and not any(rule.startswith("dominant") for rule in rules)

    def test_the_readme_quotes_the_report(self, demo: Path) -> None:
        quoted = re.findall(
            r"^> \*\*(.+?)\*\* (.+)$", (studies.REPOSITORY / "README.md").read_text("utf-8"), re.M
        )
        answers = json.loads((demo / "summary.json").read_text("utf-8"))["answers"].values()
        said = {(entry["question"], entry["answer"].replace("\xa0", " ")) for entry in answers}
        assert len(quoted) >= 3
        assert set(quoted) <= said, "README.md quotes an older report; copy the answers from summary.json"

    def test_the_answer_can_be_asked_for_again(self, demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["answer", str(demo)]) == 0
        last = capsys.readouterr().out.splitlines()[-1]
        assert "tier 1: 1 clone, LMO2 chr4:205498:+ in P1_M12_blood_PBMC (" in last and "dominant_20" in last

    def test_tracks_and_exports_agree_with_the_clones(self, demo: Path) -> None:
        clones = studies.table(demo, "clones.tsv.gz")
        passing = clones[clones["status"] == "pass"]
        tidy = pd.read_csv(demo / "exports" / "sites_tidy.tsv.gz", sep="\t")
        assert len(tidy) == len(passing)
        assert tidy["clone_count"].sum() == pytest.approx(passing["cells"].sum())
        unique = passing[passing["placement"] == "unique"]
        for specimen, rows in unique.groupby("specimen"):
            track = pyBigWig.open(str(demo / "exports" / "bigwig" / f"{specimen}.bw"))
            found = [one for contig in track.chroms() for one in track.intervals(contig) or ()]
            assert sum(value for _, _, value in found) == pytest.approx(rows["cells"].sum(), rel=1e-5)
            assert len(found) == len(rows[["contig", "position"]].drop_duplicates())

    def test_a_second_run_has_nothing_to_do(self, demo: Path) -> None:
        again = studies.run_snakemake(studies.DEMO_CONFIG, demo.parent, "--dry-run")
        assert again.returncode == 0
        assert "Nothing to be done" in again.stdout

    def test_neither_cores_nor_chunks_nor_the_order_of_reads_change_a_byte(
        self, demo: Path, tmp_path: Path
    ) -> None:
        config = studies.shuffled_study(tmp_path / "study", 3, chunk_reads=10_000)
        again = studies.finished(config, tmp_path / "run", cores=1)
        assert len(list((again / "reads").rglob("*.counts.parquet"))) > 1
        assert (demo / "ledger.tsv").read_bytes() == (again / "ledger.tsv").read_bytes()
        assert [
            name for name in studies.TABLES if (demo / name).read_bytes() != (again / name).read_bytes()
        ] == []
