"""Junctions as breakend records: alleles, order, ends, and that other programs read them."""

import shutil
import subprocess

import numpy as np
import pysam
import pytest
from junction_toy import LV, Truth, call, row, side_of

from integrasite.io.vcf import breakend_allele, write_junctions
from integrasite.model.junction_records import Breakend
from integrasite.sites.tumour_records import junction_records

RNG = np.random.default_rng(12)
GENOME = {name: "".join(RNG.choice(list("ACGT"), 20_000)) for name in ("chr2", "HLA-A*01:01")}
VECTOR = "".join(RNG.choice(list("ACGT"), LV.length))
_COMPLEMENT = str.maketrans("ACGT", "TGCA")


def bases(contig: str, start: int, end: int) -> str:
    return GENOME[contig][start:end]


def write(path, rows, samples=("T1",)):
    called = call(rows, samples)
    records = junction_records(called.sites, bases, {"lv": VECTOR})
    lengths = {name: len(sequence) for name, sequence in GENOME.items()}
    write_junctions(path, records, lengths, {"lv": LV.length}, samples, date="20260131")
    return path


def rows_of(truth, sides=(5, 3), first=0, **more):
    return [row(truth, side, fragment=first + 10 * side + n, **more) for side in sides for n in range(3)]


@pytest.mark.parametrize(
    ("own", "mate", "expected"),
    [
        (Breakend("c", 9, -1, "A"), Breakend("v", 0, 1, "T"), "AN[v:1["),
        (Breakend("c", 9, -1, "A"), Breakend("v", 4, -1, "T"), "AN]v:5]"),
        (Breakend("c", 9, 1, "A"), Breakend("v", 4, -1, "T"), "]v:5]NA"),
        (Breakend("c", 9, 1, "A"), Breakend("v", 0, 1, "T"), "[v:1[NA"),
    ],
)
def test_the_four_kinds_of_allele(own, mate, expected):
    assert breakend_allele(own, mate, "N") == expected


def spelled(contig: str, position: int, alternative: str, flank: int = 8) -> str:
    """The bases around a junction as its record spells them, forward on the record's own contig (VCF 4.3, section 5.4)."""
    sequences = {**GENOME, "lv": VECTOR}
    bracket = "[" if "[" in alternative else "]"
    before, place, after = alternative.split(bracket)
    mate, at = place.rsplit(":", 1)
    at0 = int(at) - 1
    piece = (
        sequences[mate][at0 : at0 + flank] if bracket == "[" else sequences[mate][at0 - flank + 1 : at0 + 1]
    )
    own = sequences[contig]
    if before:  # the piece follows the base
        turned = piece if bracket == "[" else piece.translate(_COMPLEMENT)[::-1]
        return own[position - flank + 1 : position] + before + turned
    turned = piece if bracket == "]" else piece.translate(_COMPLEMENT)[::-1]
    return turned + after + own[position + 1 : position + flank]


@pytest.mark.parametrize("strand", [1, -1])
@pytest.mark.parametrize("side", [5, 3])
def test_records_spell_the_sequence_across_the_junction(tmp_path, strand, side):
    truth = Truth("HLA-A*01:01", 5_000, strand)
    path = write(tmp_path / "j.vcf.gz", rows_of(truth, (side,)))
    host, direction, vector, vector_direction = side_of(truth, side)
    genome = GENOME[truth.contig]
    beside = genome[host - 7 : host + 1] if direction < 0 else genome[host : host + 8]
    inside = VECTOR[vector : vector + 8] if vector_direction > 0 else VECTOR[vector - 7 : vector + 1]
    if direction * vector_direction > 0:  # one of them is read on the other strand
        inside = inside.translate(_COMPLEMENT)[::-1]
    expected = beside + inside if direction < 0 else inside + beside
    with pysam.VariantFile(str(path)) as handle:
        records = list(handle)
    assert len(records) == 2
    for record in records:
        text = spelled(record.contig, record.pos - 1, record.alts[0])
        other = text.translate(_COMPLEMENT)[::-1]
        assert expected in (text, other)
    assert records[0].info["MATEID"] == (records[1].id,) and records[1].info["MATEID"] == (records[0].id,)


def test_header_order_homology_and_samples(tmp_path):
    rows = [
        *rows_of(Truth("HLA-A*01:01", 5_000), sample="T1"),
        *rows_of(Truth("chr2", 9_000, -1), sample="B1"),
    ]
    host, direction, vector, vector_direction = side_of(Truth("chr2", 9_000, -1), 5)
    rows = [r for r in rows if not (r["contig"] == "chr2" and r["vector_direction"] > 0)]
    rows += [
        row(Truth("chr2", 9_000, -1), 5, sample="B1", fragment=70 + n, overlap=3)
        | {"host_position": host + direction, "vector_position": (vector - vector_direction) % LV.length}
        for n in range(3)
    ]
    path = write(tmp_path / "j.vcf.gz", rows, ("T1", "B1"))
    with pysam.VariantFile(str(path)) as handle:
        assert list(handle.header.contigs) == ["chr2", "HLA-A*01:01", "lv"]
        assert list(handle.header.samples) == ["T1", "B1"]
        records = list(handle)
        assert [(r.contig, r.pos) for r in records][:2] == [("chr2", 8_997), ("chr2", 9_001)]
        assert len(records) == 8 and len({r.id for r in records}) == 8
        first = records[0]
        assert first.info["HOMLEN"] == (2,) and first.info["HOMSEQ"] == (VECTOR[:2],)
        assert first.samples["B1"]["JF"] == 3 and first.samples["T1"]["JF"] == 0
        assert {r.info["EVENT"] for r in records} == {"site1", "site2"}
        assert all(list(r.filter) == ["PASS"] for r in records)
        assert all(r.ref == (GENOME.get(r.contig, VECTOR))[r.pos - 1] for r in records)
        assert len(list(handle.fetch("lv"))) == 4


def test_the_same_sites_give_the_same_bytes(tmp_path):
    rows = rows_of(Truth("chr2", 9_000))
    one, other = (write(tmp_path / name, r) for name, r in (("a.vcf.gz", rows), ("b.vcf.gz", rows[::-1])))
    assert one.read_bytes() == other.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "a.vcf.gz",
        "a.vcf.gz.tbi",
        "b.vcf.gz",
        "b.vcf.gz.tbi",
    ]


def test_no_sites_give_a_file_with_a_header(tmp_path):
    path = write(tmp_path / "none.vcf.gz", [])
    with pysam.VariantFile(str(path)) as handle:
        assert not list(handle)


@pytest.mark.skipif(shutil.which("bcftools") is None, reason="bcftools is not installed")
@pytest.mark.parametrize("command", [["view", "-i", 'SVTYPE="BND"'], ["norm", "-d", "none"], ["sort"]])
def test_bcftools_reads_it(tmp_path, command):
    rows = [*rows_of(Truth("HLA-A*01:01", 5_000)), *rows_of(Truth("chr2", 9_000, -1), first=50, overlap=-2)]
    path = write(tmp_path / "j.vcf.gz", rows)
    done = subprocess.run(["bcftools", *command, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sum(not line.startswith("#") for line in done.stdout.splitlines()) == 8
    assert "warn" not in done.stderr.lower() and "error" not in done.stderr.lower()
