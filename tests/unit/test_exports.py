"""Exports as other programs read them, and the gathering of parts into the run's tables."""

import gzip
import os
from pathlib import Path

import pandas as pd
import pytest

from integrasite.cli.main import main
from integrasite.io import bigwig
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


def test_tracks(study):
    out = export(study)
    assert lines(out / "bedgraph" / "P1_M6.bedGraph.gz") == ["chr1\t999\t1000\t2", "chr2\t99\t100\t8"]
    library = pytest.importorskip("pyBigWig")
    track = library.open(str(out / "bigwig" / "P1_M6.bw"))
    assert track.chroms() == {"chr1": 5000, "chr2": 500}
    assert track.intervals("chr2") == ((99, 100, 8.0),)
    track.close()


def test_without_pybigwig_the_rest_is_written(study, monkeypatch, capsys):
    monkeypatch.setattr(bigwig, "can_write_bigwig", lambda: False)
    out = export(study)
    assert not (out / "bigwig").exists()
    assert (out / "bedgraph" / "P2.bedGraph.gz").is_file()
    assert "pip install pyBigWig" in capsys.readouterr().err


def test_a_site_outside_the_genome_is_an_error(study, capsys):
    if not bigwig.can_write_bigwig():
        pytest.skip("pyBigWig is absent")
    (study / "g.fa").write_text(">chr1\nACGT\n")
    call = ["export", "--config", f"{study}/config.yaml", "--sites", f"{study}/sites.tsv.gz"]
    assert main([*call, "--clones", f"{study}/clones.tsv.gz", "-o", f"{study}/out"]) == 1
    assert "sites on chr2, which the genome lacks" in capsys.readouterr().err


def test_the_same_bytes_twice_and_genes_are_optional(study):
    first, second = export(study), export(study, "again")
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(files) >= 7
    assert all((first / path).read_bytes() == (second / path).read_bytes() for path in files)
    assert "\t\t\t10\t30\t" in lines(export(study, "bare", genes=False) / "vispa2_seqCount.tsv.gz")[2]


def test_no_sites(study):
    for name, table in (("sites", SITES), ("clones", CLONES)):
        write_tsv(pd.DataFrame(columns=list(table.columns), dtype=object), study / f"{name}.tsv.gz", table)
    out = export(study)
    assert len(lines(out / "vispa2_seqCount.tsv.gz")) == 1
    assert len(lines(out / "association_file.tsv")) == 4
    assert lines(out / "sites.bed.gz") == []


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
