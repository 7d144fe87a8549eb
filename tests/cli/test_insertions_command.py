"""`integrasite test-insertions`: the four files, what the log says, and wrong calls."""

from pathlib import Path

import pandas as pd
import pytest

from integrasite.cli.main import main
from integrasite.io.tables import empty_table, read_tsv, write_tsv
from integrasite.model.tables import CLONES, COMMON_SITES, CONTROLS, EARLY_LATE, EXPANDED_CLONES, PROXIMITY

TABLES = {table.name: table for table in (COMMON_SITES, EXPANDED_CLONES, EARLY_LATE, PROXIMITY)}
GENES = "\n".join(
    f'chr1\tx\t{kind}\t{start}\t{start + 5000}\t.\t+\t.\tgene_id "G{i}"; gene_name "G{i}"; transcript_id "T{i}";'
    for i, start in enumerate(range(1001, 200_000, 20_000))
    for kind in ("gene", "transcript", "exon")
)


@pytest.fixture
def inputs(tmp_path: Path) -> list[str]:
    (tmp_path / "genes.gtf").write_text(GENES + "\n", encoding="utf-8")
    (tmp_path / "genome.fa").write_text(
        ">chr1 first\n" + "N" * 50_000 + "\n" + "acgt" * 40_000 + "\n", encoding="utf-8"
    )
    (tmp_path / "drivers.tsv").write_text("gene\nG3\n", encoding="utf-8")
    rows = pd.DataFrame({"position": range(60_000, 150_000, 100)})
    rows = rows.assign(
        subject="P1", specimen="S1", days=14, contig="chr1", strand="+", placement="unique", status="pass",
        estimator="sonic", cells=[50.0 if i % 100 == 0 else 1.0 for i in range(len(rows))], site_id="x",
    )  # fmt: skip
    write_tsv(rows, tmp_path / "clones.tsv.gz", CLONES)
    return [
        "--clones", str(tmp_path / "clones.tsv.gz"), "--annotation", str(tmp_path / "genes.gtf"), "--genome",
        str(tmp_path / "genome.fa"), "--gene-lists", str(tmp_path / "drivers.tsv"), "-o", str(tmp_path / "tests"),
    ]  # fmt: skip


def test_all_four_files_are_written_and_the_log_says_what_was_not_tested(
    inputs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test-insertions", *inputs]) == 0
    found = {name: read_tsv(tmp_path / "tests" / f"{name}.tsv", table) for name, table in TABLES.items()}
    assert {name: len(table) > 0 for name, table in found.items()} == {
        "common_sites": False, "expanded_clone_enrichment": True, "early_late": False, "cancer_gene_proximity": True,
    }  # fmt: skip
    log = capsys.readouterr().err
    assert "common_sites: not tested: fewer than 1000 sites" in log
    assert "early_late: not tested: fewer than 200 early" in log
    rows = found["cancer_gene_proximity"].set_index(["gene", "test", "feature"])
    assert set(rows.index.get_level_values("gene")) == {"known-events", "drivers"}
    # G3 has 5,001 of the 160,000 bases that are not N
    assert rows.loc[("drivers", "all_sites", "in_gene"), "base_rate"] == pytest.approx(5001 / 160_000)
    assert rows.loc[("known-events", "top_against_rest", "in_gene"), "n_found"] == 0


def test_no_clones_leave_four_headers(
    inputs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tsv(empty_table(CLONES), tmp_path / "clones.tsv.gz", CLONES)
    assert main(["test-insertions", *inputs]) == 0
    for name, table in TABLES.items():
        assert read_tsv(tmp_path / "tests" / f"{name}.tsv", table).empty
    assert capsys.readouterr().err.count("not tested") >= 4


def test_genes_are_needed(inputs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test-insertions", *inputs[:2], *inputs[-2:]]) == 2
    assert "expected --annotation GTF" in capsys.readouterr().err
    assert not Path(inputs[-1]).exists()


def test_controls_stand_in_for_the_genome_unless_none_could_be_a_site(
    inputs: list[str], tmp_path: Path
) -> None:
    # G3 lies at 61,001 to 66,001: 50 of the 200 places, of which 40 of 160 could be sites
    places = pd.DataFrame({"position": range(61_051, 81_051, 100)}).assign(
        contig="chr1", strand="+", length=80
    )
    places["is_unique"] = places.index % 5 > 0
    for name, chosen, base_rate in (("some", places, 0.25), ("none", places[:0], 5001 / 160_000)):
        write_tsv(chosen, tmp_path / f"{name}.tsv.gz", CONTROLS)
        assert main(["test-insertions", *inputs, "--controls", str(tmp_path / f"{name}.tsv.gz")]) == 0
        found = read_tsv(tmp_path / "tests" / "cancer_gene_proximity.tsv", PROXIMITY)
        rows = found.set_index(["gene", "test", "feature"])
        assert rows.loc[("drivers", "all_sites", "in_gene"), "base_rate"] == pytest.approx(base_rate)
