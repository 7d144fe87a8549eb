"""Exports as other programs read them, and the gathering of parts into the run's tables."""

import gzip
import os
from pathlib import Path

import pandas as pd
import pybedtools
import pyBigWig
import pytest

from integrasite.cli.main import main
from integrasite.io.exports import TIDY_COLUMNS, specimen_tracks, tidy_table
from integrasite.io.isanalytics import ASSOCIATION_COLUMNS
from integrasite.io.tables import as_table, read_tsv, write_parquet, write_tsv
from integrasite.model.tables import ANNOTATION, CLONES, LEDGER, SITES, Table

CONFIG = """\
run: {id: toy, date: 2026-01-31}
samples: samples.tsv
reference: {name: hg38, genome: g.fa, annotation: a.gtf}
vectors:
  lv: {sequence: v.fa}
  rv: {sequence: v.fa, kind: gammaretrovirus}
protocols:
  u5: {primer: GAAAATC, ltr_end: TCTAGCA}
"""
SHEET = """\
sample	subject	specimen	r1	r2	vector	timepoint	tissue	cell_type	replicate	pool	run	vcn
b	P1	P1_M6	b1.fq	b2.fq	lv	M6	PB	T	1	A	R1	0.5
a	P1	P1_M6	a1.fq	a2.fq	lv	M6	PB	T	2	A	R1
c	P2	P2	c1.fq	c2.fq	rv
"""
SITE_ROWS = [
    # sample, subject, contig, position, strand, vector, placement, n_reads, n_fragments, status
    ("a", "P1", "chr2", 100, "+", "lv", "unique", 30, 3, "pass"),
    ("b", "P1", "chr2", 100, "+", "lv", "unique", 10, 1, "pass"),
    ("c", "P2", "chr2", 100, "-", "rv", "unique", 7, 2, "pass"),
    ("a", "P1", "chr1", 1000, "+", "lv", "unique", 5, 1, "pass"),
    ("a", "P1", "chr1", 2000, "+", "lv", "unique", 99, 9, "artefact"),
    ("a", "P1", "chr1", 3000, "+", "lv", "multihit", 99, 9, "pass"),
]
CLONE_ROWS = [
    ("P1", "P1_M6", "chr2", 100, "+", "lv", "unique", 4, 8.0, 0.8, "pass"),
    ("P1", "P1_M6", "chr1", 1000, "+", "lv", "unique", 1, 2.0, 0.2, "pass"),
    ("P1", "P1_M6", "chr1", 3000, "+", "lv", "multihit", 9, 20.0, 0.2, "pass"),
    ("P2", "P2", "chr2", 100, "-", "rv", "unique", 2, 2.5, 1.0, "pass"),
]


def frame(rows: list[tuple[object, ...]], names: str, table: Table) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=names.split(), dtype=object)
    if "contig" in found:
        found["site_id"] = [f"{c}:{p}:{s}" for c, p, s in found[["contig", "position", "strand"]].to_numpy()]
    missing = [name for name in table.columns if name not in found]
    return as_table(found.assign(**dict.fromkeys(missing)), table)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "samples.tsv").write_text(SHEET)
    (tmp_path / "g.fa").write_text(">chr1 one\n" + "A" * 5000 + "\n>chr2\n" + "C" * 500 + "\n")
    names = "sample subject contig position strand vector placement n_reads n_fragments status"
    write_tsv(frame(SITE_ROWS, names, SITES), tmp_path / "sites.tsv.gz", SITES)
    names = "subject specimen contig position strand vector placement n_reads cells fraction status"
    write_tsv(frame(CLONE_ROWS, names, CLONES), tmp_path / "clones.tsv.gz", CLONES)
    genes = [("chr2:100:+", "AAA,BBB", "+,-", True, False, "true,false")]
    names = "site_id gene gene_strand in_gene in_exon same_orientation"
    write_tsv(frame(genes, names, ANNOTATION), tmp_path / "annotation.tsv.gz", ANNOTATION)
    return tmp_path


def export(study: Path, folder: str = "out", *, genes: bool = True) -> Path:
    call = ["export", "--config", f"{study}/config.yaml", "--sites", f"{study}/sites.tsv.gz"]
    call += ["--clones", f"{study}/clones.tsv.gz", "-o", f"{study}/{folder}"]
    call += ["--annotation", f"{study}/annotation.tsv.gz"] if genes else []
    assert main(call) == 0
    return study / folder


def lines(path: Path) -> list[str]:
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode().splitlines()


def test_matrices(study):
    out = export(study)
    assert lines(out / "vispa2_seqCount.tsv.gz") == [
        "chr\tintegration_locus\tstrand\tGeneName\tGeneStrand\tb\ta\tc",
        "1\t1000\t+\t\t\t\t5\t",
        "2\t100\t+\tAAA\t+\t10\t30\t",
        "2\t100\t-\t\t\t\t\t7",
    ]
    assert lines(out / "vispa2_fragmentEstimate.tsv.gz")[1:] == [
        "1\t1000\t+\t\t\t\t2\t",
        "2\t100\t+\tAAA\t+\t2\t6\t",  # 8 cells, divided 1 : 3 as the fragments are
        "2\t100\t-\t\t\t\t\t2.5",
    ]


def test_association_file(study):
    rows = [line.split("\t") for line in lines(export(study) / "association_file.tsv")]
    assert tuple(rows[0]) == ASSOCIATION_COLUMNS
    first = dict(zip(rows[0], rows[1], strict=True))
    assert [row[rows[0].index("CompleteAmplificationID")] for row in rows[1:]] == ["b", "a", "c"]
    expected = {
        "ProjectID": "toy", "SubjectID": "P1", "VectorType": "lenti", "VectorID": "lv", "Tissue": "PB",
        "VCN": "0.5", "TimePoint": "0183", "TimepointMonths": "06", "TimepointYears": "01", "CellMarker": "T",
        "Kapa": "NA", "concatenatePoolIDSeqRun": "A-R1", "DNAFragmentation": "SONIC", "ReplicateNumber": "1",
        "Genome": "hg38",
    }  # fmt: skip
    assert {name: first[name] for name in expected} == expected
    assert dict(zip(rows[0], rows[3], strict=True))["TimePoint"] == "NA"


@pytest.mark.realdata
def test_association_columns_are_those_of_a_real_file():
    folder = Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared" / "realdata"))
    path = folder / "tables" / "isanalytics_association_file.tsv"
    if not path.is_file():
        pytest.skip("real tables are absent")
    assert set(ASSOCIATION_COLUMNS) <= set(path.read_text("utf-8").splitlines()[0].split("\t"))


def test_inspiired_table(study):
    rows = [line.split("\t") for line in lines(export(study) / "inspiired_posid.tsv.gz")]
    cells = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    assert [row["posid"] for row in cells] == ["chr1+1000", "chr2+100", "chr2-100"]
    assert (cells[1]["sample"], cells[1]["estAbund"], cells[1]["relAbund"]) == ("P1_M6", "8", "80")
    assert (cells[1]["inFeature"], cells[1]["inFeatureSameOrt"], cells[0]["inFeature"]) == (
        "TRUE",
        "TRUE,FALSE",
        "",
    )


def test_bed_holds_the_duplicated_bases_of_each_vector(study):
    assert lines(export(study) / "sites.bed.gz") == [
        "chr1\t999\t1004\tchr1:1000:+\t0\t+",
        "chr2\t96\t100\tchr2:100:-\t0\t-",  # gammaretrovirus: 4 bases
        "chr2\t99\t104\tchr2:100:+\t0\t+",  # lentivirus: 5
    ]


def test_bed_ends_with_its_contig_and_is_read_by_bedtools(study):
    (study / "g.fa").write_text(">chr1\n" + "A" * 1001 + "\n>chr2\n" + "C" * 500 + "\n")
    bed = export(study) / "sites.bed.gz"
    assert lines(bed)[0] == "chr1\t999\t1001\tchr1:1000:+\t0\t+"
    intervals = pybedtools.BedTool(lines_text(bed), from_string=True)
    assert [(one.chrom, one.start, one.end, one.strand) for one in intervals] == [
        ("chr1", 999, 1001, "+"),
        ("chr2", 96, 100, "-"),
        ("chr2", 99, 104, "+"),
    ]
    assert [str(one) for one in intervals.sort()] == [f"{line}\n" for line in lines(bed)]
    for line in lines(bed):
        cells = line.split("\t")
        assert len(cells) == 6 and 0 <= int(cells[4]) <= 1000 and " " not in cells[3]


def lines_text(path: Path) -> str:
    return "\n".join(lines(path)) + "\n"


def test_tracks(study):
    out = export(study)
    assert lines(out / "bedgraph" / "P1_M6.bedGraph.gz") == ["chr1\t999\t1000\t2", "chr2\t99\t100\t8"]
    track = pyBigWig.open(str(out / "bigwig" / "P1_M6.bw"))
    assert track.chroms() == {"chr1": 5000, "chr2": 500}
    assert track.intervals("chr2") == ((99, 100, 8.0),)
    assert track.intervals("chr1") == ((999, 1000, 2.0),)
    track.close()


def test_tracks_of_an_earlier_call_go(study):
    (study / "out" / "bigwig").mkdir(parents=True)
    (study / "out" / "bigwig" / "old.bw").write_bytes(b"x")
    assert {path.name for path in (export(study) / "bigwig").iterdir()} == {"P1_M6.bw", "P2.bw"}


def test_tracks_of_names_that_files_cannot_have(study):
    evil = ["<script>alert(1)</script>", "a b", "a_b", "a_b-2", "..", "x/../../y", "ä" * 200]
    rows = [("P1", name, "chr1", 1000, "+", "lv", "unique", 1, 2.0, 1.0, "pass") for name in evil]
    names = "subject specimen contig position strand vector placement n_reads cells fraction status"
    tracks = dict(specimen_tracks(frame(rows, names, CLONES)))
    assert len(tracks) == len(evil)
    assert all(len(f"{name}.bedGraph.gz".encode()) < 255 and not name.startswith(".") for name in tracks)
    assert all(set(name).isdisjoint("/<>() \t") for name in tracks)


def test_tidy_table(study):
    rows = [line.split("\t") for line in lines(export(study) / "sites_tidy.tsv.gz")]
    assert tuple(rows[0]) == tuple(TIDY_COLUMNS)
    cells = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    assert len(cells) == len(CLONE_ROWS)
    assert [row["clone_id"] for row in cells] == ["chr1:1000:+", "chr1:3000:+", "chr2:100:+", "chr2:100:-"]
    expected = {
        "study_id": "toy", "subject_id": "P1", "sample_id": "P1_M6", "genome": "hg38", "contig": "chr2", "start": "99",
        "end": "100", "strand": "+", "placement": "unique", "vector": "lv", "gene": "AAA,BBB", "in_gene": "TRUE",
        "duplicate_count": "4", "clone_count": "8", "clone_fraction": "0.8", "collection_time_point_relative": "",
        "collection_time_point_relative_unit": "",
    }  # fmt: skip
    assert {name: cells[2][name] for name in expected} == expected
    assert pd.read_csv(study / "out" / "sites_tidy.tsv.gz", sep="\t")["clone_count"].sum() == 32.5


def test_tidy_rows_name_days_and_clusters():
    rows = [
        ("P1", "s", "chr1", 9, "+", "lv", "multihit", "P1-m1", 30, "pass"),
        ("P1", "s", "chr1", 8, "+", "lv", "unique", "", None, "artefact"),
    ]
    names = "subject specimen contig position strand vector placement cluster days status"
    found = tidy_table(frame(rows, names, CLONES), as_table(pd.DataFrame(), ANNOTATION), "run", "hg38")
    assert found["clone_id"].tolist() == ["P1-m1"]
    assert found["collection_time_point_relative"].tolist() == [30]
    assert found["collection_time_point_relative_unit"].tolist() == ["day"]
    assert found["start"].tolist() == [8] and found["end"].tolist() == [9]


def import_sites(study: Path, file: str, pipeline: str, *options: str) -> pd.DataFrame:
    target = study / "back.tsv.gz"
    assert main(["import-sites", f"{study}/out/{file}", "--from", pipeline, *options, "-o", str(target)]) == 0
    return read_tsv(target, CLONES)


def test_our_own_exports_come_back(study):
    """What `integrasite export` wrote, `integrasite import-sites` reads: the same sites with the same numbers."""
    export(study)
    unique = [row for row in CLONE_ROWS if row[6] == "unique" and row[-1] == "pass"]
    expected = {(row[0], row[1], f"{row[2]}:{row[3]}:{row[4]}"): (row[7], row[8]) for row in unique}
    association = ("--association", f"{study}/out/association_file.tsv")
    cells = import_sites(study, "vispa2_fragmentEstimate.tsv.gz", "vispa2", *association)
    reads = import_sites(study, "vispa2_seqCount.tsv.gz", "vispa2", *association)
    posid = import_sites(study, "inspiired_posid.tsv.gz", "inspiired")
    for found in (cells, reads, posid):
        keys = list(found[["subject", "specimen", "site_id"]].itertuples(index=False, name=None))
        assert sorted(keys) == sorted(expected)
    for found, vectors in ((cells, ["lv", "lv", "rv"]), (posid, ["", "", ""])):
        for row in found.to_dict("records"):
            assert row["cells"] == expected[row["subject"], row["specimen"], row["site_id"]][1]
        assert found["vector"].tolist() == vectors
    for row in posid.to_dict("records"):
        assert row["n_reads"] == expected[row["subject"], row["specimen"], row["site_id"]][0]
    of_sites = {("P1", "chr2:100:+"): 40, ("P1", "chr1:1000:+"): 5, ("P2", "chr2:100:-"): 7}
    assert {(row.subject, row.site_id): row.n_reads for row in reads.itertuples()} == of_sites


def test_a_site_outside_the_genome_is_an_error(study, capsys):
    (study / "g.fa").write_text(">chr1\nACGT\n")
    call = ["export", "--config", f"{study}/config.yaml", "--sites", f"{study}/sites.tsv.gz"]
    assert main([*call, "--clones", f"{study}/clones.tsv.gz", "-o", f"{study}/out"]) == 1
    assert "sites on chr2, which the genome lacks" in capsys.readouterr().err


def test_the_same_bytes_twice_and_genes_are_optional(study):
    first, second = export(study), export(study, "again")
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(files) >= 10
    assert all((first / path).read_bytes() == (second / path).read_bytes() for path in files)
    assert "\t\t\t10\t30\t" in lines(export(study, "bare", genes=False) / "vispa2_seqCount.tsv.gz")[2]


def test_no_sites(study):
    for name, table in (("sites", SITES), ("clones", CLONES)):
        write_tsv(pd.DataFrame(columns=list(table.columns), dtype=object), study / f"{name}.tsv.gz", table)
    out = export(study)
    assert len(lines(out / "vispa2_seqCount.tsv.gz")) == 1
    assert len(lines(out / "association_file.tsv")) == 4
    assert lines(out / "sites.bed.gz") == []
    assert len(lines(out / "sites_tidy.tsv.gz")) == 1
    assert list((out / "bigwig").iterdir()) == [] == list((out / "bedgraph").iterdir())


def ledger(path: Path, rows: list[tuple[object, ...]]) -> str:
    write_parquet(frame(rows, "sample stage fate n_reads", LEDGER), path, LEDGER)
    return str(path)


def test_ledger_parts_are_added_up(tmp_path):
    one = ledger(tmp_path / "1.parquet", [("s", "reads", "no_insert", 6), ("z", "reads", "no_insert", 0)])
    two = ledger(tmp_path / "2.parquet", [("s", "reads", "no_insert", 2), ("s", "align", "unaligned", 2)])
    out = tmp_path / "ledger.tsv"
    assert main(["gather", "--table", "ledger", one, two, "-o", str(out)]) == 0
    assert lines(out)[1:] == [
        "s\talign\tunaligned\t2\t0.2",
        "s\treads\tno_insert\t8\t0.8",
        "z\treads\tno_insert\t0\t",
    ]


def test_parts_of_any_table_are_sorted_into_one(tmp_path):
    names = "sample subject contig position strand vector placement n_reads n_fragments status"
    parts = []
    for number, rows in enumerate((SITE_ROWS[3:], SITE_ROWS[:3])):
        parts.append(str(tmp_path / f"{number}.parquet"))
        write_parquet(frame(rows, names, SITES), Path(parts[-1]), SITES)
    for order, name in ((parts, "one"), (parts[::-1], "two")):
        assert main(["gather", "--table", "sites", *order, "-o", f"{tmp_path}/{name}.tsv.gz"]) == 0
    assert (tmp_path / "one.tsv.gz").read_bytes() == (tmp_path / "two.tsv.gz").read_bytes()
    assert read_tsv(tmp_path / "one.tsv.gz", SITES)["sample"].tolist() == ["a", "a", "a", "a", "b", "c"]


def test_gathering_nothing_and_gathering_what_is_not_there(tmp_path, capsys):
    assert main(["gather", "--table", "clones", "-o", f"{tmp_path}/clones.tsv.gz"]) == 0
    assert read_tsv(tmp_path / "clones.tsv.gz", CLONES).empty
    assert main(["gather", "--table", "clones", f"{tmp_path}/x.parquet", "-o", f"{tmp_path}/y.tsv.gz"]) == 1
    assert "x.parquet: no such file" in capsys.readouterr().err
    assert not (tmp_path / "y.tsv.gz").exists()
