"""`integrasite measure-sites`: files in, files out, messages."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from integrasite.cli.main import main
from integrasite.io.sequences import write_fasta
from integrasite.io.tables import as_table, read_parquet, write_parquet
from integrasite.kernels.codes import decode
from integrasite.model.tables import SITE_COUNTS, TUMOUR_SITES
from integrasite.reads import recruit_source
from integrasite.transgene.vector_map import VectorMap, save_vector_map

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
from test_tumour_counts import AT, SIZE, VECTOR, Case, fragments, texts

CONFIG = """
samples: samples.tsv
run: {id: toy, date: 2026-01-31}
reference: {genome: ref/a/reference.fa, annotation: genes.gtf}
vectors:
  lv: {sequence: lv.fa}
"""
HEAD = "sample\tsubject\tassay\tr1\tr2\tbam\tvector\n"
SHEET = HEAD + "T1\tP1\twgs\tall_R1.fastq\tall_R2.fastq\t\tlv\nB1\tP1\twgs\t\t\tall.bam\tlv\n"
SHEET += "".join(f"{name}\tP1\twgs\t\t\t{name}.bam\tlv\n" for name in ("sorted", "decoy", "far"))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, case = tmp_path_factory.mktemp("measure"), Case()
    write_fasta(folder / "ref" / "a" / "reference.fa", [("one", decode(case.host))])
    (folder / "ref" / "a" / "reference.json").write_text(
        json.dumps({"contigs": {"one": case.host.size}, "vectors": {}})
    )
    (folder / "ref" / "reference.json").write_text(json.dumps({"reference": "a/reference.json"}))
    save_vector_map(VectorMap((VECTOR,)), folder / "vectors")
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "samples.tsv").write_text(SHEET)
    rows = [case.site(sample=sample) for sample in ("T1", "B1")]
    write_parquet(as_table(pd.DataFrame(rows), TUMOUR_SITES), folder / "sites.parquet", TUMOUR_SITES)
    write_parquet(as_table(pd.DataFrame(), TUMOUR_SITES), folder / "none.parquet", TUMOUR_SITES)
    ends = (case.left + 1, case.left + 1 + case.provirus.size)
    junctions = [texts(fragments(case.carrier, end, 300, 5), f"v{end}") for end in ends]
    host = texts(fragments(case.host, AT, 300, 5), "h")
    for mate in (0, 1):
        kept = b"".join(part[mate][0].tobytes() for part in junctions)
        (folder / f"vector_R{mate + 1}.fastq").write_bytes(kept)
        (folder / f"all_R{mate + 1}.fastq").write_bytes(host[mate][0].tobytes() + kept)
    _write_bam(folder)
    for name, contigs, place in (
        ("sorted", {"one": SIZE}, "one"),
        ("decoy", {"one": SIZE, "decoy": SIZE}, "decoy"),
        ("far", {"one": SIZE}, "far"),
    ):
        _write_sorted(folder, name, contigs, place)
    return folder


def _write_bam(folder: Path) -> None:
    """The same reads, unaligned, the mates of a pair side by side."""
    with pysam.AlignmentFile(str(folder / "all.bam"), "wb", header={"HD": {"VN": "1.6"}}) as out:
        mates = [(folder / f"all_R{mate}.fastq").read_text().splitlines() for mate in (1, 2)]
        for at in range(0, len(mates[0]), 4):
            for lines, flag in zip(mates, (77, 141), strict=True):
                record = pysam.AlignedSegment()
                record.query_name, record.query_sequence = lines[at][1:], lines[at + 1]
                record.flag, record.query_qualities = flag, np.full(len(lines[at + 1]), 37)
                out.write(record)


def _write_sorted(folder: Path, name: str, contigs: dict[str, int], place: str) -> None:
    """The same reads, sorted: those of the host where they belong, on the contig `decoy`, or (`far`) at the contig's begin."""
    mates = [(folder / f"all_R{mate}.fastq").read_text().splitlines() for mate in (1, 2)]
    header = {
        "HD": {"VN": "1.6", "SO": "coordinate"},
        "SQ": [{"SN": n, "LN": size} for n, size in contigs.items()],
    }
    host, records = decode(Case().host), []
    for at in range(0, len(mates[0]), 4):
        pair = []
        for mate, lines in enumerate(mates):
            record = pysam.AlignedSegment()
            bases = lines[at + 1]
            turned = bases[::-1].translate(str.maketrans("ACGT", "TGCA"))
            record.query_name, record.flag = lines[at][1:], (77, 141)[mate]
            is_turned = turned in host
            if bases in host or is_turned:
                record.flag = 1 | (64, 128)[mate] | (16 if is_turned else 0)
                start = host.index(turned if is_turned else bases)
                record.reference_id = list(contigs).index(place) if place in contigs else 0
                record.reference_start = 20 if place == "far" and mate else start
                record.cigartuples, record.mapping_quality = [(0, len(bases))], 60
            record.query_sequence = turned if is_turned else bases
            record.query_qualities = np.full(len(bases), 37)
            pair.append(record)
        for one, other in (pair, pair[::-1]):
            if one.is_unmapped and not other.is_unmapped:
                one.reference_id, one.reference_start = other.reference_id, other.reference_start
            one.next_reference_id, one.next_reference_start = other.reference_id, other.reference_start
        records += pair
    records.sort(key=lambda r: (r.reference_id < 0, r.reference_id, r.reference_start))
    with pysam.AlignmentFile(str(folder / f"{name}.bam"), "wb", header=header) as out:
        for record in records:
            out.write(record)
    pysam.index(str(folder / f"{name}.bam"))


def measure(study: Path, out: Path, sample: str = "T1", sites: str = "sites", *more: object) -> int:
    arguments: list[object] = [
        "measure-sites",
        "--config",
        study / "config.yaml",
        "--sample",
        sample,
        "--sites",
    ]
    arguments += [study / f"{sites}.parquet", "--vectors", study / "vectors", "--reference"]
    arguments += [study / "ref" / "reference.json", "--r1", study / "vector_R1.fastq"]
    arguments += ["--r2", study / "vector_R2.fastq", "-o", out, *more]
    return main([str(argument) for argument in arguments])


def test_counts_from_fastq_and_bam_are_those_of_the_fragments(study: Path, tmp_path: Path) -> None:
    for sample in ("T1", "B1"):
        assert measure(study, tmp_path / sample, sample) == 0
    fastq, bam = (read_parquet(tmp_path / sample, SITE_COUNTS) for sample in ("T1", "B1"))
    row = fastq.iloc[0]
    for kind in ("junction_5", "junction_3", "intact"):
        # every fifth fragment is there
        assert row[f"n_{kind}"] == pytest.approx(row[f"window_{kind}"] / 5, abs=1) and row[f"n_{kind}"] > 40
    pd.testing.assert_frame_equal(fastq.drop(columns="sample"), bam.drop(columns="sample"))


@pytest.mark.parametrize("sample", ["sorted", "decoy", "far"])
def test_an_aligned_file_gives_the_counts_of_its_reads(study: Path, tmp_path: Path, sample: str) -> None:
    """Also where mates stand far apart, and where the file is aligned to more than the genome at hand."""
    for name in ("T1", sample):
        assert measure(study, tmp_path / name, name) == 0
    fastq, bam = (
        read_parquet(tmp_path / name, SITE_COUNTS).drop(columns="sample") for name in ("T1", sample)
    )
    pd.testing.assert_frame_equal(fastq, bam)


def test_a_sorted_file_of_this_genome_is_read_at_the_sites_only(
    study: Path, tmp_path: Path, monkeypatch
) -> None:
    read: list[str] = []
    whole = recruit_source.read_bam

    def note(path: Path, *more):
        read.append(path.name)
        return whole(path, *more)

    monkeypatch.setattr(recruit_source, "read_bam", note)
    for sample in ("sorted", "decoy", "B1"):
        assert measure(study, tmp_path / sample, sample) == 0
    assert read == ["part.bam", "decoy.bam", "all.bam"]


def test_threads_change_no_byte(study: Path, tmp_path: Path) -> None:
    for threads in (1, 3):
        assert measure(study, tmp_path / str(threads), "T1", "sites", "--threads", threads) == 0
    assert (tmp_path / "1").read_bytes() == (tmp_path / "3").read_bytes()


def test_without_candidates_the_table_is_empty(study: Path, tmp_path: Path, capsys) -> None:
    assert measure(study, tmp_path / "c", sites="none") == 0
    assert len(read_parquet(tmp_path / "c", SITE_COUNTS)) == 0
    assert "T1: no candidate sites" in capsys.readouterr().err


def test_an_unknown_sample_leaves_nothing(study: Path, tmp_path: Path, capsys) -> None:
    assert measure(study, tmp_path / "c", "T9") == 2
    assert "no sample 'T9' in the sheet (known: T1, B1, " in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
