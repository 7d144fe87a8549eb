"""Genes, lists and known events around sites, on a genome small enough to check by eye."""

import tempfile
from pathlib import Path

import pandas as pd
import pytest

from integrasite.annotate.genes import annotate_sites
from integrasite.annotate.known_events import KnownEvent, bundled_known_events
from integrasite.errors import ConfigError, ToolError
from integrasite.io import intervals
from integrasite.io.annotation_tables import read_gene_list, read_site_keys
from integrasite.io.genes import GeneAnnotation, read_genes
from integrasite.model.tables import ANNOTATION

GTF = """\
chr1	x	gene	1001	5000	.	+	.	gene_id "a"; gene_name "AAA";
chr1	x	transcript	1001	5000	.	+	.	gene_id "a"; transcript_id "a1";
chr1	x	exon	1001	1500	.	+	.	gene_id "a"; transcript_id "a1";
chr1	x	exon	4001	5000	.	+	.	gene_id "a"; transcript_id "a1";
chr1	x	gene	3001	9000	.	-	.	gene_id "b"; gene_name "BBB";
chr1	x	transcript	3001	9000	.	-	.	gene_id "b"; transcript_id "b1";
chr1	x	exon	8001	9000	.	-	.	gene_id "b"; transcript_id "b1";
chr1	x	gene	200001	210000	.	+	.	gene_id "l"; gene_name "Lmo2";
chr1	x	gene	400001	410000	.	+	.	gene_id "t"; gene_name "TET2";
"""
EVENTS = (
    KnownEvent("LMO2", "malignant", "activation", True, "x"),
    KnownEvent("TET2", "benign-expansion", "lof", False, "x"),
    KnownEvent("MECOM", "malignant", "activation", True, "x", ("EVI1",), ("chr1", 600_000, 650_000, "-")),
)


@pytest.fixture
def genes(tmp_path: Path) -> GeneAnnotation:
    path = tmp_path / "genes.gtf"
    path.write_text(GTF)
    return read_genes(path)


def one(
    genes: GeneAnnotation, position: int, strand: str = "+", contig: str = "chr1", **options
) -> pd.Series:
    sites = pd.DataFrame({"site_id": ["s"], "contig": [contig], "position": [position], "strand": [strand]})
    settings = {"lists": {}, "window": 50_000, "name": "", **options}
    table = annotate_sites(
        sites, genes, settings["lists"], EVENTS, settings["window"], genome_name=settings["name"]
    )
    assert list(table.columns) == list(ANNOTATION.columns)
    return table.iloc[0]


@pytest.mark.parametrize(
    ("position", "strand", "gene", "gene_strand", "orientation", "distance"),
    [
        (1001, "+", "AAA", "+", "true", "0"),  # the first base of a + gene is its TSS
        (9000, "-", "BBB", "-", "true", "0"),  # the last base of a - gene is its TSS
        (1000, "+", "AAA", "+", "true", "-1"),  # one base before the gene: nearest, upstream
        (9011, "+", "BBB", "-", "false", "-11"),  # beyond the end of a - gene is upstream
        (3001, "+", "AAA,BBB", "+,-", "true,false", "2000,5999"),  # both genes, in order of their starts
        (5000, "-", "AAA,BBB", "+,-", "false,true", "3999,4000"),  # last base of AAA
        (5001, "-", "BBB", "-", "true", "3999"),  # one base on, only BBB is left
    ],
)
def test_genes_at_a_site(genes, position, strand, gene, gene_strand, orientation, distance):
    row = one(genes, position, strand)
    assert (row.gene, row.gene_strand, row.same_orientation) == (gene, gene_strand, orientation)
    assert row.distance_to_tss == distance
    assert row.in_gene == (1001 <= position <= 9000)


@pytest.mark.parametrize(
    ("position", "in_exon"), [(1500, True), (1501, False), (4001, True), (8000, False), (8001, True)]
)
def test_exon_borders(genes, position, in_exon):
    assert one(genes, position).in_exon == in_exon


def test_a_contig_without_genes_leaves_empty_cells(genes):
    row = one(genes, 5, contig="chrUn", lists={"mine": ["AAA"]})
    assert row[["gene", "gene_strand", "distance_to_tss", "lists", "known_event"]].tolist() == [""] * 5
    assert row[["in_gene", "in_exon", "cancer_gene_distance"]].isna().all()


def test_nearest_cancer_gene_is_of_lists_and_events(genes):
    assert one(genes, 201_000)[["nearest_cancer_gene", "cancer_gene_distance"]].tolist() == ["LMO2", 0]
    assert one(genes, 199_991)[["nearest_cancer_gene", "cancer_gene_distance"]].tolist() == ["LMO2", 10]
    assert one(genes, 210_010)[["nearest_cancer_gene", "cancer_gene_distance"]].tolist() == ["LMO2", 10]
    listed = one(genes, 1001, lists={"mine": ["aaa"]})
    assert listed[["nearest_cancer_gene", "cancer_gene_distance"]].tolist() == ["AAA", 0]


def test_lists_keep_the_order_of_the_config_and_end_at_50_kb(genes):
    lists = {"z": ["AAA"], "b": ["BBB"], "far": ["TET2"]}
    assert one(genes, 3500, lists=lists).lists == "z,b"
    assert one(genes, 59_000, lists=lists).lists == "b"
    assert one(genes, 59_001, lists=lists).lists == ""


def test_known_events_by_symbol_whatever_the_case(genes):
    row = one(genes, 150_001)
    assert row[["known_event", "event_class", "expected_geometry"]].tolist() == ["LMO2", "malignant", "fits"]
    assert one(genes, 150_000).known_event == ""
    assert one(genes, 150_000, window=50_001).known_event == "LMO2"


def test_unverified_events_say_so(genes):
    row = one(genes, 405_000)
    assert row.event_class == "benign-expansion (unverified)"
    assert row.expected_geometry == "fits"
    assert one(genes, 390_000).expected_geometry == "does_not_fit"


def test_bundled_coordinates_only_for_hg38(genes):
    assert one(genes, 620_000).known_event == ""
    assert one(genes, 620_000, name="hg38").known_event == "MECOM"


def test_older_symbols_are_found(tmp_path):
    path = tmp_path / "old.gtf"
    path.write_text('chr3\tx\tgene\t1\t1000\t.\t-\t.\tgene_id "g"; gene_name "EVI1";\n')
    assert one(read_genes(path), 500, contig="chr3").known_event == "MECOM"


def test_bundled_events_are_sound():
    events = bundled_known_events()
    verified = {event.gene for event in events if event.is_verified}
    assert {"LMO2", "MECOM", "CCND2", "HMGA2", "PRDM16"} <= verified
    assert verified.isdisjoint({"TET2", "CBL", "SSU72", "VAMP4", "LCK"})
    assert {event.gene for event in events}.isdisjoint({"NFKB1", "JAK3", "IKZF1", "TAL1", "NF1", "MALT1"})
    lmo2 = next(event for event in events if event.gene == "LMO2")
    assert lmo2.hg38 == ("chr11", 33858575, 33892076, "-")


def test_many_sites_give_the_same_answers_as_single_ones_in_any_order(genes):
    sites = pd.DataFrame({"contig": "chr1", "position": range(1, 12_000, 97), "strand": "+"})
    sites["site_id"] = [f"s{n:05d}" for n in range(len(sites))]
    whole = annotate_sites(sites, genes, {}, EVENTS, 50_000)
    mixed = annotate_sites(sites.sample(frac=1, random_state=1), genes, {}, EVENTS, 50_000)
    pd.testing.assert_frame_equal(whole, mixed)
    for number in (0, 40, 100):
        expected = one(genes, int(sites.position[number]))
        assert (
            whole.iloc[number].drop("site_id").astype(str).tolist()
            == expected.drop("site_id").astype(str).tolist()
        )


def test_no_sites(genes):
    nothing = pd.DataFrame({"site_id": [], "contig": [], "position": [], "strand": []})
    assert annotate_sites(nothing, genes, {"mine": ["AAA"]}, EVENTS, 50_000).empty


def test_no_temporary_files_are_left(genes, tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    one(genes, 3500)
    assert list(folder.iterdir()) == []


def test_missing_bedtools_says_how_to_install_it(genes, monkeypatch):
    monkeypatch.setattr(intervals.shutil, "which", lambda name: None)
    with pytest.raises(ToolError, match=r"apt-get install bedtools.*conda install"):
        one(genes, 3500)


def test_gene_lists(tmp_path):
    path = tmp_path / "list.tsv"
    path.write_text("# mine\nrank\tGene\n1\tLMO2\n2\tMECOM\n2\tMECOM\n")
    assert read_gene_list(path) == ("LMO2", "MECOM")
    path.write_text("LMO2\r\n\r\nTET2\r\n")
    assert read_gene_list(path) == ("LMO2", "TET2")
    path.write_text("symbol\trole\nLMO2\tx\n")
    with pytest.raises(ConfigError, match="needs one called 'gene'"):
        read_gene_list(path)
    path.write_text("gene\n")
    with pytest.raises(ConfigError, match="names no gene"):
        read_gene_list(path)


def test_site_keys_are_read_once(tmp_path):
    path = tmp_path / "sites.tsv"
    path.write_text(
        "sample\tsite_id\tcontig\tposition\tstrand\nb\ts1\tchr1\t7\t+\na\ts1\tchr1\t7\t+\na\ts0\tchr1\t5\t-\n"
    )
    keys = read_site_keys([path, path])
    assert keys.site_id.tolist() == ["s0", "s1"]
