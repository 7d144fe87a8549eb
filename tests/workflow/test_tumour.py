"""Tumour samples from reads to report, held against the truth of their simulation."""

import json
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pysam
import pytest
import studies
import tumour_studies
from tumour_studies import SITES

from integrasite.cli.main import main
from integrasite.io.tables import read_tsv
from integrasite.simulate.tumour_truth import TUMOUR_SAMPLES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("bwa") is None, reason="bwa is not on PATH"),
]

SUBJECTS = {"T1": "P1", "B1": "P1", "N1": "P2", "S1": "P3"}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Config of the simulated study."""
    return tumour_studies.simulate(tmp_path_factory.mktemp("tumour") / "study")


@pytest.fixture(scope="module")
def results(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the study, which has no amplicon row."""
    return studies.finished(study, tmp_path_factory.mktemp("tumour-run"))


def n_fragments_read(study: Path, sample: str) -> int:
    """Pairs (or single reads) of a sample's files, counted here."""
    row = tumour_studies.read_rows(study.parent)[sample]
    if not row["bam"]:
        return studies.count_records(study.parent / row["r1"])
    with pysam.AlignmentFile(str(study.parent / row["bam"])) as handle:
        return len({record.query_name for record in handle.fetch(until_eof=True)})


def passing(results: Path, name: str) -> pd.DataFrame:
    table = studies.table(results, name)
    return table[table["status"] == "pass"]


class TestTumourOnly:
    def test_everything_of_the_contract_is_there(self, results: Path) -> None:
        studies.assert_is_whole(results)

    def test_each_pair_has_one_fate(self, study: Path, results: Path) -> None:
        sums = studies.table(results, "ledger.tsv").groupby("sample")["n_reads"].sum().to_dict()
        assert sums == {sample: n_fragments_read(study, sample) for sample in SUBJECTS}

    def test_the_vector_is_found_where_it_is_and_only_there(self, study: Path, results: Path) -> None:
        table = studies.table(results, "transgene.tsv").set_index("sample")
        truth = read_tsv(study.parent / "truth_samples.tsv", TUMOUR_SAMPLES).set_index("sample")
        assert table["verdict"].to_dict() == truth["expected"].to_dict()
        assert table.loc["N1", "lod_vcn"] <= table.loc["N1", "required_vcn"]
        for sample in ("T1", "B1", "S1"):
            # 115 to 290 fragments: 25 % is three standard errors of the least of them
            assert table.loc[sample, "vcn"] == pytest.approx(truth.loc[sample, "vcn"], rel=0.25)

    def test_sites_stand_at_their_bases_in_every_form_of_input(self, results: Path) -> None:
        found = passing(results, "sites.tsv.gz")
        keys = {
            sample: sorted(zip(rows["contig"], rows["position"], rows["strand"], strict=True))
            for sample, rows in found.groupby("sample")
        }
        assert keys == {
            sample: list(SITES[subject]) for sample, subject in SUBJECTS.items() if subject in SITES
        }

    def test_fractions_of_cells_hold_the_truth(self, results: Path) -> None:
        clones = passing(results, "clones.tsv.gz")
        assert set(clones["estimator"]) == {"ccf"}
        assert clones["cells"].isna().all()
        assert (clones.loc[clones["specimen"] == "P1_Y2_tumour", "fraction"] > 0.85).all()
        # every site is in every tumour cell; one interval in twenty misses
        assert (clones["fraction_high"] >= 0.99).mean() >= 0.8

    def test_a_site_of_one_sample_is_counted_in_the_other(self, results: Path) -> None:
        table = studies.table(results, "tumour_sites.tsv.gz")
        counted = table[table["status"] == "pass"].groupby("sample")["n_intact"].count()
        assert counted.to_dict() == {"B1": 2, "S1": 1, "T1": 2}

    def test_amplicon_statistics_hold_no_tumour_rows(self, results: Path) -> None:
        for name in ("diversity.tsv", "tracking.tsv", "outliers.tsv", "contamination.tsv"):
            assert studies.table(results, name).empty, name
        header = pd.read_csv(results / "exports/vispa2_seqCount.tsv.gz", sep="\t").columns
        assert not set(SUBJECTS) & set(header)
        assert pd.read_csv(results / "exports/inspiired_posid.tsv.gz", sep="\t").empty
        bed = pd.read_csv(results / "exports/sites.bed.gz", sep="\t", header=None)
        assert len(bed) == sum(map(len, SITES.values()))

    def test_sites_are_annotated(self, results: Path) -> None:
        sites = set(studies.table(results, "sites.tsv.gz")["site_id"])
        assert sites <= set(studies.table(results, "annotation.tsv.gz")["site_id"])

    @pytest.mark.skipif(shutil.which("bcftools") is None, reason="bcftools is not on PATH")
    def test_bcftools_reads_the_junctions(self, results: Path) -> None:
        command = ["bcftools", "query", "-f", "%INFO/SITE\n", str(results / "junctions.vcf.gz")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        expected = {
            f"{contig}:{position}:{strand}" for sites in SITES.values() for contig, position, strand in sites
        }
        assert set(done.stdout.split()) == expected
        assert done.stderr == ""

    def test_the_sheet_of_attribution_speaks_of_subjects_with_a_tumour(self, results: Path) -> None:
        table = studies.table(results, "attribution.tsv")
        assert {"P1", "P2", "P3"} >= set(table["subject"]) >= {"P1"}
        assert not table["wording"].str.contains("caused by", case=False).any()

    def test_the_record_names_the_alignment_file(self, results: Path) -> None:
        inputs = json.loads((results / "run.json").read_text())["inputs"]
        assert "reads/B1.bam" in inputs

    def test_a_run_of_tumours_goes_into_a_store(
        self, results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["store", "add", str(results), "--store", str(tmp_path / "store")]) == 0
        assert main(["history", "P1", "--store", str(tmp_path / "store")]) == 0
        said = capsys.readouterr().out
        assert "2 specimens in 1 runs" in said
        assert "clones: none found" in said
        assert "largest sites in tumour samples (2 of 2 sites; per cent of tumour cells" in said

    def test_neither_cores_nor_the_order_of_reads_change_a_byte(
        self, study: Path, results: Path, tmp_path: Path
    ) -> None:
        config = tumour_studies.shuffle(study, tmp_path / "study", 3)
        again = studies.finished(config, tmp_path / "run", cores=1)
        names = [*studies.TABLES, "junctions.vcf.gz"]
        assert [name for name in names if (results / name).read_bytes() != (again / name).read_bytes()] == []


def test_both_roads_in_one_study(study: Path, results: Path, tmp_path: Path) -> None:
    """A study of amplicon and tumour rows gives for either what it gives alone."""
    config = studies.small_study(tmp_path / "study", 3000)
    rows = studies.demo_rows()
    path = study.parent / "reads"
    added = {"sample": "T1", "subject": "P9", "assay": "wgs", "purity": "0.8"}
    added |= {"r1": str(path / "T1_R1.fastq.gz"), "r2": str(path / "T1_R2.fastq.gz"), "vector": "demo-lv"}
    columns = dict.fromkeys([*rows[0], *added])
    reads = {column: f"{column}.fastq.gz" for column in studies.READS}
    both = [{**dict.fromkeys(columns, ""), **row, **reads} for row in rows]
    studies.write_study(tmp_path / "study", [*both, {**dict.fromkeys(columns, ""), **added}])
    mixed = studies.finished(config, tmp_path / "run")
    studies.assert_is_whole(mixed)
    ledger = studies.table(mixed, "ledger.tsv").groupby("sample")["n_reads"].sum()
    assert ledger["T1"] == n_fragments_read(study, "T1")
    assert ledger.drop("T1").sum() == 3000
    sites = passing(mixed, "sites.tsv.gz")
    own = sites[sites["sample"] == "T1"]
    assert sorted(zip(own["contig"], own["position"], own["strand"], strict=True)) == list(SITES["P1"])
    assert len(sites) > 50
    clones = studies.table(mixed, "clones.tsv.gz")
    assert set(clones.loc[clones["subject"] == "P9", "estimator"]) == {"ccf"}
    assert "P9" not in set(studies.table(mixed, "diversity.tsv")["subject"])
    assert set(studies.table(mixed, "transgene.tsv")["sample"]) == {"T1"}
