"""What reads are compared with, the orientation of index reads, and which file is which read."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqRecord import SeqRecord
from builders import (
    BARCODE,
    BEYOND,
    CIRCLE,
    HOST,
    LINKER,
    LTR,
    OTHER_BARCODE,
    OTHER_LINKER,
    PROTOCOLS,
    VECTOR,
    ReadBuilder,
    Source,
    make_batch,
    random_bases,
    to_text,
)

from integrasite.config.read import load_study
from integrasite.errors import ConfigError, DataError, GenomeError
from integrasite.io.bed import read_bed
from integrasite.io.fastq import read_batches
from integrasite.io.parts import read_arrow, write_arrow
from integrasite.io.sequences import iterate_fasta, read_vector, write_fasta
from integrasite.kernels.classify import classify_pairs
from integrasite.kernels.codes import encode, reverse_complement
from integrasite.reads.orientation import detect_orientation, turn_barcodes
from integrasite.reads.patterns import find_circle, find_continuations, find_sites, split_linker
from integrasite.reads.source import load_source, umi_lengths

CODES = encode(VECTOR)


@pytest.mark.parametrize(
    ("linker", "parts"),
    [
        ("ACGTNNNNGG", ("ACGT", 4, "GG")),
        ("ACGT", ("ACGT", 0, "")),  # no UMI
        ("NNNNACGT", ("", 4, "ACGT")),
        ("ACGTNNNN", ("ACGT", 4, "")),
        ("NNNN", ("", 4, "")),
        ("", ("", 0, "")),
    ],
)
def test_split_linker(linker: str, parts: tuple[str, int, str]) -> None:
    assert split_linker(linker) == parts


@pytest.mark.parametrize(
    ("linker", "message"),
    [("ACNNGTNNAC", "more than one run of N"), ("AC" + "N" * 33 + "GT", "UMI of 33 bases; at most 32")],
)
def test_linkers_that_cannot_be_read(linker: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        split_linker(linker)


@pytest.mark.parametrize("end", PROTOCOLS)
def test_continuations_and_circles_follow_from_the_vector(end: str) -> None:
    protocol = PROTOCOLS[end]
    expected = BEYOND[end][:40]
    (found,) = find_continuations(CODES, protocol)
    assert to_text(found) == expected
    (circle,) = find_circle(CODES, protocol, "lentivirus")
    assert to_text(circle) == CIRCLE[end][:40]
    # a vector given from its other strand has the same continuations
    (turned,) = find_continuations(reverse_complement(CODES), protocol)
    assert to_text(turned) == expected


def test_plasmid_shows_its_backbone_too() -> None:
    backbone = random_bases(60, 9)
    found = find_continuations(encode(VECTOR + backbone), PROTOCOLS["U5"])
    assert [to_text(codes) for codes in found] == [BEYOND["U5"][:40], backbone[:40]]


def test_kinds_without_known_ltr_have_no_circles() -> None:
    assert find_circle(CODES, PROTOCOLS["U5"], "piggybac") == []


def test_find_sites_counts_mismatches() -> None:
    text, pattern = encode("AACGTTTACGAAA"), encode("ACGT")
    assert find_sites(text, pattern, 0) == [5]
    assert find_sites(text, pattern, 1) == [5, 11]


def test_equal_barcodes_and_linkers_share_a_row() -> None:
    patterns = Source(
        [(BARCODE, LINKER, "U5"), (BARCODE, OTHER_LINKER, "U5"), (OTHER_BARCODE, LINKER, "U3")]
    ).patterns()
    assert patterns.row_barcode.tolist() == [0, 0, 1]
    assert patterns.row_linker.tolist() == [0, 1, 0]
    assert patterns.row_protocol.tolist() == [0, 0, 1]
    assert len(patterns.barcodes) == len(patterns.prefixes) == len(patterns.ends) == 2


# Index reads


@pytest.mark.parametrize("n_forward", [0, 3, 5])
def test_orientation_is_that_of_most_exact_barcodes(n_forward: int) -> None:
    turned = to_text(reverse_complement(encode(BARCODE)))
    indices = [BARCODE] * n_forward + [turned] * 4 + ["G" * 12, "N" * 12, "AC"]
    source = Source([(BARCODE, LINKER, "U5"), (OTHER_BARCODE, OTHER_LINKER, "U5")])
    patterns = source.patterns()
    orientation = detect_orientation(make_batch([ReadBuilder(index=i).pair() for i in indices]), patterns)
    assert (orientation.n_as_given, orientation.n_reversed) == (n_forward, 4)
    assert orientation.is_reversed == (n_forward < 4)
    assert to_text(turn_barcodes(patterns).barcodes[0]) == turned
    assert to_text(patterns.barcodes[0]) == BARCODE  # the given patterns stay as they are
    twice = turn_barcodes(turn_barcodes(patterns))
    assert np.array_equal(twice.barcodes, patterns.barcodes)


def test_orientation_without_barcodes() -> None:
    source = Source([("", LINKER, "U5")])
    assert not detect_orientation(make_batch([ReadBuilder(index="").pair()]), source.patterns()).is_reversed


def test_turned_barcodes_of_different_lengths() -> None:
    patterns = turn_barcodes(Source([("ACGG", LINKER, "U5"), ("TTGGAACC", OTHER_LINKER, "U5")]).patterns())
    texts = [to_text(row[:n]) for row, n in zip(patterns.barcodes, patterns.barcode_lengths, strict=True)]
    assert texts == ["CCGT", "GGTTCCAA"]


# A study on disk

CONFIG = """\
samples: samples.tsv
reference: {{genome: genome.fa, annotation: genes.gtf}}
vectors:
  toy: {{sequence: vector.fa, kind: lentivirus}}
protocols:
  p: {{junction_read: {read}, vector_end: U5, primer: {primer}, ltr_end: {ltr_end}, linker: {linker}}}
"""


def write_study(
    folder: Path, junction_read: str, pairs: list[ReadBuilder], is_reversed: bool = False
) -> Path:
    """Config, sheet, vector and reads of one library."""
    protocol = PROTOCOLS["U5"]
    folder.mkdir(exist_ok=True)
    config = folder / "config.yaml"
    config.write_text(
        CONFIG.format(read=junction_read, primer=protocol.primer, ltr_end=protocol.ltr_end, linker=LINKER)
    )
    (folder / "samples.tsv").write_text(
        "sample\tsubject\tassay\tr1\tr2\ti1\tbarcode\tprotocol\tvector\ttimepoint\n"
        f"s1\tp1\tamplicon\tR1.fq.gz\tR2.fq.gz\tI1.fq.gz\t{BARCODE}\tp\ttoy\tM1\n"
    )
    (folder / "vector.fa").write_text(f">toy\n{VECTOR}\n")
    junction, linker = ("R1", "R2") if junction_read == "R1" else ("R2", "R1")
    reads = {
        junction: [pair.junction_read() for pair in pairs],
        linker: [pair.linker_read() for pair in pairs],
        "I1": [
            to_text(reverse_complement(encode(pair.barcode))) if is_reversed else pair.barcode
            for pair in pairs
        ],
    }
    for name, texts in reads.items():
        text = "".join(f"@r{k}\n{bases}\n+\n{'F' * len(bases)}\n" for k, bases in enumerate(texts))
        (folder / f"{name}.fq.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    return config


PAIRS = [ReadBuilder(insert=HOST[k : k + 90], umi=random_bases(12, k)) for k in range(0, 100, 7)] + [
    ReadBuilder(insert=BEYOND["U5"][:80]),
    ReadBuilder(linker_start="G" * 47),
]


@pytest.mark.parametrize("junction_read", ["R1", "R2"])
@pytest.mark.parametrize("is_reversed", [False, True], ids=["as given", "index reversed"])
def test_either_read_may_start_in_the_vector(tmp_path: Path, junction_read: str, is_reversed: bool) -> None:
    from integrasite.cli.main import main

    def prepared(folder: Path, read: str, turned: bool) -> tuple[pa.Table, pa.Table]:
        config = write_study(folder, read, PAIRS, turned)
        arguments = ["prepare-reads", "--config", config, "--source", "s1", "--counts", folder / "counts.pq"]
        arguments += ["--ledger", folder / "ledger.pq", "--output", folder / "reads.pq"]
        assert main([str(argument) for argument in arguments]) == 0
        return read_arrow(folder / "reads.pq"), read_arrow(folder / "counts.pq")

    found, counts = prepared(tmp_path / "this", junction_read, is_reversed)
    expected, expected_counts = prepared(tmp_path / "that", "R2", False)
    assert found.equals(expected) and counts.equals(expected_counts)
    assert found.num_rows == len(PAIRS) - 2
    assert sum(counts["n_reads"].to_pylist()) == len(PAIRS)


def test_source_knows_its_files_and_umis(tmp_path: Path) -> None:
    study = load_study(write_study(tmp_path, "R1", PAIRS))
    source = study.sources[0]
    reads = load_source(study, source)
    assert [path.name for paths in (reads.junction, reads.linker, reads.index) for path in paths] == [
        "R1.fq.gz",
        "R2.fq.gz",
        "I1.fq.gz",
    ]
    assert umi_lengths(study, source).tolist() == [12]
    (batch,) = read_batches(reads.junction, reads.linker, reads.index)
    assert np.bincount(classify_pairs(batch, reads.patterns, reads.limits).fate)[0] == len(PAIRS) - 2


# Vectors, genomes, regions, tables


def test_vector_of_several_formats(tmp_path: Path) -> None:
    fasta, genbank = tmp_path / "v.fa", tmp_path / "v.gb"
    fasta.write_text(">v\n" + LTR[:60].lower() + "\n" + LTR[60:] + "\n")
    record = SeqRecord(Seq("acgtacgtacgt"), "v", annotations={"molecule_type": "DNA"})
    SeqIO.write(record, genbank, "genbank")
    assert read_vector(fasta) == LTR
    assert read_vector(genbank) == "ACGTACGTACGT"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("v.fa", b"", "holds 0 sequences"),
        ("v.fa", b">a\nACGT\n>b\nACGT\n", "holds 2 sequences"),
        ("v.fa", b">a\n", "holds 1 sequences; expected one vector|no sequence|holds"),
        ("v.fa", b"\xff\xfe\x00garbage", "cannot be read as fasta|holds 0 sequences"),
        ("v.dna", b"not snapgene", "cannot be read as snapgene"),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_vectors_that_cannot_be_read(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(GenomeError, match=message):
        read_vector(tmp_path / name)
    with pytest.raises(GenomeError, match="cannot be read"):
        read_vector(tmp_path / "missing.fa")


def test_fasta_there_and_back(tmp_path: Path) -> None:
    contigs = [("chr1", HOST), ("HLA-A*01:01", HOST[:80]), ("empty", ""), ("chr2", "acgtNNN")]
    write_fasta(tmp_path / "g.fa", contigs)
    assert list(iterate_fasta(tmp_path / "g.fa")) == contigs
    text = (tmp_path / "g.fa").read_bytes()
    assert max(map(len, text.splitlines())) == 80
    (tmp_path / "g.fa.gz").write_bytes(
        gzip.compress(text.replace(b">chr1", b">chr1 Homo sapiens").replace(b"\n", b"\r\n"))
    )
    assert list(iterate_fasta(tmp_path / "g.fa.gz")) == contigs


@pytest.mark.parametrize(
    "content", [b"ACGT\n", gzip.compress(b">a\nACGT\n" * 100, mtime=0)[:-12], b">a\n\xff\xff\n"]
)
def test_genomes_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "g.fa").write_bytes(content)
    with pytest.raises(DataError, match=r"g\.fa"):
        list(iterate_fasta(tmp_path / "g.fa"))


@pytest.mark.parametrize("is_packed", [False, True])
def test_bed(tmp_path: Path, is_packed: bool) -> None:
    text = "track name=x\n# c\nbrowser hide all\n\nchr1\t0\t10\r\ntrack1\t5\t5\tname\t0\t+\n"
    path = tmp_path / "b.bed"
    path.write_bytes(gzip.compress(text.encode()) if is_packed else text.encode())
    expected = pd.DataFrame({"contig": ["chr1", "track1"], "start": [0, 5], "end": [10, 5]})
    pd.testing.assert_frame_equal(read_bed(path), expected)


def test_bed_without_regions_has_numbers_for_ends(tmp_path: Path) -> None:
    (tmp_path / "b.bed").write_text("# nothing\n")
    assert read_bed(tmp_path / "b.bed").dtypes.astype(str).tolist()[1:] == ["int64", "int64"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"chr1\t1\t2\nchr1 1 2\n", "b.bed line 2: 'chr1 1 2' is not BED"),
        (b"chr1\t1\n", "line 1: .* is not BED"),
        (b"chr1\t-1\t5\n", "line 1: .* is not BED"),
        (b"chr1\t1.5\t5\n", "line 1: .* is not BED"),
        ("chr1\t\u00b2\t5\n".encode(), "line 1: .* is not BED"),  # a superscript is a digit to Python
        (b"chr1\t9\t5\n", "line 1: start 9 lies behind end 5"),
        (b"\xff\xfe\n", "cannot be read"),
        (gzip.compress(b"chr1\t1\t5\n" * 99, mtime=0)[:-9], "cannot be read"),
    ],
)
def test_beds_that_cannot_be_read(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "b.bed").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_bed(tmp_path / "b.bed")


def test_missing_bed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_bed(tmp_path / "missing.bed")


def test_arrow_there_and_back(tmp_path: Path) -> None:
    table = pa.table({"a": [1, 2], "b": [b"x", b""]})
    write_arrow(table, tmp_path / "t.parquet")
    assert read_arrow(tmp_path / "t.parquet").equals(table)
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 not really")
    for name in ("bad.parquet", "missing.parquet"):
        with pytest.raises(DataError, match=rf"{name}.*remove it and run again"):
            read_arrow(tmp_path / name)
