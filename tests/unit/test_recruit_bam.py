"""BAM and CRAM as laboratories have them: every kind of record, every order, and files that are not whole."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrasite.errors import DataError
from integrasite.io.bam_stream import read_bam
from integrasite.kernels.bam_records import describe_records, hash_names, write_records
from integrasite.kernels.codes import encode
from integrasite.kernels.recruit import empty_hits, scan_reads
from integrasite.kernels.recruit_bam import scan_records
from integrasite.kernels.recruit_tables import make_loci, make_seeds
from integrasite.kernels.reference import reverse_complement
from integrasite.reads.recruit_counts import RecruitCounts
from integrasite.reads.recruit_source import ReadFiles, recruit
from integrasite.reads.recruit_targets import Targets, make_targets

RNG = np.random.default_rng(21)
HEADER = {"HD": {"VN": "1.6"}, "SQ": [{"SN": name, "LN": 50_000} for name in ("chr", "chr2")]}
LAST_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def dna(n: int) -> str:
    return "".join(RNG.choice(list("ACGT"), n))


VECTOR, LOCUS = dna(2000), dna(3000)


@pytest.fixture(scope="module")
def targets() -> Targets:
    return make_targets({"v": encode(VECTOR)}, {"c": encode(LOCUS)})


def record(
    name: str, flag: int, bases: str, place: int = 100, mate: int = 100, quality: str = ""
) -> pysam.AlignedSegment:
    """`bases` as the sequencer gave them; a flag of 0x10 turns them round."""
    one = pysam.AlignedSegment()
    one.query_name, one.flag = name, flag
    one.reference_id, one.reference_start = 0, place
    if flag & 0x1:
        one.next_reference_id, one.next_reference_start = 0, mate
    if bases:
        one.query_sequence = reverse_complement(bases) if flag & 0x10 else bases
        one.query_qualities = pysam.qualitystring_to_array(quality or "F" * len(bases))
    if not flag & 0x4:
        one.cigarstring, one.mapping_quality = f"{len(bases) or 50}M", 60
    return one


def write(path: Path, rows: list[pysam.AlignedSegment], *, index: bool = False) -> ReadFiles:
    with pysam.AlignmentFile(str(path), "wb", header=HEADER) as out:
        for one in rows:
            out.write(one)
    if index:
        pysam.index(str(path))
    return ReadFiles(bam=path)


def pairs_of(
    files: ReadFiles, targets: Targets, threads: int = 1
) -> tuple[list[tuple[str, ...]], RecruitCounts]:
    """Name, bases of read 1 and of read 2 of each recruited fragment, and the counts."""
    counts = RecruitCounts()
    texts = [(part.first, part.second) for part in recruit(files, targets, counts, 1000, threads)]
    first, second = (b"".join(pair[mate] for pair in texts).decode().splitlines() for mate in (0, 1))
    columns = [[name[1:] for name in first[::4]], first[1::4], *([second[1::4]] if second else [])]
    return sorted(zip(*columns, strict=True)), counts


READS = st.lists(
    st.tuples(st.text("ACGTN", max_size=70), st.integers(0, 1940), st.integers(0, 60), st.booleans()),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(READS, st.sampled_from(["", "/1", "/2"]))
def test_records_are_scanned_as_text_is(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[str, int, int, bool]], ending: str
) -> None:
    """Odd and even lengths, both orientations, unreadable bases, no bases at all: the kernel over four-bit bases agrees
    with the one over letters, and what is written out is what pysam reads."""
    reads = [text + (VECTOR if at % 2 else LOCUS)[at : at + n] + text[:9] for text, at, n, _ in drawn]
    rows = [
        record(
            f"r{k}{ending}", 0x10 * turned, read, quality="".join(chr(33 + j % 90) for j in range(len(read)))
        )
        for k, (read, (*_, turned)) in enumerate(zip(reads, drawn, strict=True))
    ]
    path = tmp_path_factory.mktemp("scan") / "a.bam"
    write(path, rows)
    [batch] = read_bam(path)
    n = len(reads)
    seeds, table = make_seeds([encode(VECTOR)]), make_loci([encode(LOCUS)], samples=5)
    hits, fields, hashes = empty_hits(n), np.empty((n, 4), np.int32), np.empty(n, np.uint64)
    scan_records(batch.raw, batch.primary, seeds, table, hits, fields, hashes)
    ends = np.cumsum([len(read) for read in reads])
    expected = empty_hits(n)
    text = np.frombuffer("".join(reads).encode() + b"#", np.uint8)
    scan_reads(text, ends - [len(read) for read in reads], ends, seeds, table, expected)
    for found, wanted in zip(hits, expected, strict=True):
        assert found.tolist() == wanted.tolist()
    assert fields[:, 1].tolist() == [len(read) for read in reads]
    again, names = describe_records(batch.raw, batch.primary)
    assert (again.tolist(), names.tolist()) == (fields.tolist(), hashes.tolist())
    plain = np.frombuffer("".join(f"r{k}" for k in range(n)).encode(), np.uint8)
    assert hash_names(plain, 2 * np.arange(n), 2 * np.arange(n) + 2).tolist() == hashes.tolist()
    written, spans = write_records(batch.raw, batch.primary)
    for one, row in zip(rows, spans.tolist(), strict=True):
        shown = written[row[2] : row[3]].tobytes().decode(), written[row[4] :][: row[3] - row[2]].tolist()
        qualities = one.get_forward_qualities()
        assert shown == (one.get_forward_sequence() or "", [q + 33 for q in (qualities or [])])


def test_flagged_duplicates_and_failed_reads_count_as_any(tmp_path: Path, targets: Targets) -> None:
    rows = []
    for number, flag in enumerate((0, 0x400, 0x200, 0x600)):
        rows += [
            record(f"r{number}", 0x41 | flag, VECTOR[:100]),
            record(f"r{number}", 0x91 | flag, LOCUS[:100]),
        ]
    pairs, counts = pairs_of(write(tmp_path / "a.bam", rows), targets)
    assert pairs == [(f"r{number}", VECTOR[:100], LOCUS[:100]) for number in range(4)]
    assert (counts.n_pairs, counts.n_lost_mates) == (4, 0)


def test_secondary_records_are_no_reads(tmp_path: Path, targets: Targets) -> None:
    """With bases or without: their read has a primary record."""
    rows = [
        record("host", 0x41, LOCUS[:100]),
        record("host", 0x81, LOCUS[300:400]),
        record("host", 0x141, VECTOR[:100]),
        record("vector", 0x141, ""),
        record("vector", 0x41, VECTOR[200:300]),
        record("vector", 0x181, VECTOR[:100]),
        record("vector", 0x91, LOCUS[:100]),
    ]
    pairs, counts = pairs_of(write(tmp_path / "a.bam", rows), targets)
    assert pairs == [("vector", VECTOR[200:300], LOCUS[:100])]
    assert (counts.n_pairs, counts.n_reads, counts.n_parts, counts.n_lost_mates) == (2, 4, 0, 0)


def test_soft_clips_of_mapped_reads_are_looked_at(tmp_path: Path, targets: Targets) -> None:
    bases = dna(80) + VECTOR[500:520]
    clipped = record("r", 0x41, bases)
    clipped.cigarstring = "80M20S"
    pairs, _ = pairs_of(write(tmp_path / "a.bam", [clipped, record("r", 0x81, dna(100))]), targets)
    assert [pair[:2] for pair in pairs] == [("r", bases)]


@pytest.mark.parametrize("index", [True, False])
def test_hard_clipped_parts_stand_back_behind_whole_reads(
    tmp_path: Path, targets: Targets, index: bool
) -> None:
    part = record("r", 0x841, VECTOR[500:540], place=100, mate=9000)
    part.cigarstring = "60H40M"
    rows = [
        part,
        record("r", 0x41, LOCUS[:60] + VECTOR[500:540], place=5000, mate=9000),
        record("r", 0x81, dna(100), place=9000, mate=5000),
    ]
    pairs, counts = pairs_of(write(tmp_path / "a.bam", rows, index=index), targets)
    assert [pair[:2] for pair in pairs] == [("r", LOCUS[:60] + VECTOR[500:540])]
    assert (counts.n_parts, counts.n_pairs) == (0, 1)


@pytest.mark.parametrize("far", [True, False])
@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("bare", [0x41, 0x81])
def test_a_mate_whose_bases_were_left_out_is_lost(
    tmp_path: Path, targets: Targets, bare: int, index: bool, far: bool
) -> None:
    """SEQ `*`: before the recruited read in another batch (far) or beside it."""
    between = [record(f"h{k}", 0, LOCUS[:30], place=k + 20) for k in range(20_000 if far else 1)]
    rows = [
        record("r", bare, "", place=10, mate=30_000),
        *between,
        record("r", 0xC0 ^ bare, VECTOR[:100], place=30_000, mate=10),
    ]
    pairs, counts = pairs_of(write(tmp_path / "a.bam", rows, index=index), targets)
    assert pairs == [("r", "N", VECTOR[:100]) if bare == 0x41 else ("r", VECTOR[:100], "N")]
    assert counts.n_lost_mates == 1
    assert counts.n_pairs == 1 + len(between)
    assert 0 not in counts.lengths


def test_reads_without_qualities_get_one(tmp_path: Path, targets: Targets) -> None:
    one = record("r", 0, VECTOR[:50])
    one.query_qualities = None
    counts = RecruitCounts()
    [part] = recruit(write(tmp_path / "a.bam", [one]), targets, counts, 1000)
    assert part.first.decode() == f"@r\n{VECTOR[:50]}\n+\n{'?' * 50}\n"


def test_single_reads_of_a_bam(tmp_path: Path, targets: Targets) -> None:
    """As from FASTQ: one file of reads, and fragments of the loci that are whole reads."""
    reads = [VECTOR[:90], LOCUS[50:150], dna(100), LOCUS[50:150], VECTOR[700:741]]
    rows = [record(f"r{k}", 0x10 * (k % 2), read) for k, read in enumerate(reads)]
    pairs, counts = pairs_of(write(tmp_path / "a.bam", rows), targets)
    assert pairs == [("r0", reads[0]), ("r4", reads[4])]
    fastq = tmp_path / "a.fastq.gz"
    text = "".join(f"@r{k}\n{read}\n+\n{'F' * len(read)}\n" for k, read in enumerate(reads))
    fastq.write_bytes(gzip.compress(text.encode()))
    others, expected = pairs_of(ReadFiles((fastq,)), targets)
    assert others == pairs
    assert not counts.is_paired
    assert counts.n_pairs == 5
    assert counts.fragments.distinct().tolist() == expected.fragments.distinct().tolist()
    assert counts.placed == expected.placed


@pytest.mark.parametrize("index", [True, False])
def test_a_file_without_its_unmapped_reads_says_so(tmp_path: Path, targets: Targets, index: bool) -> None:
    rows = [
        record("whole", 0x41, VECTOR[:100], place=10, mate=200),
        record("half", 0x49, LOCUS[:80] + VECTOR[:20], place=20, mate=20),
        record("whole", 0x91, LOCUS[:100], place=200, mate=10),
    ]
    pairs, counts = pairs_of(write(tmp_path / "a.bam", rows, index=index), targets)
    assert pairs == [("half", LOCUS[:80] + VECTOR[:20], "N"), ("whole", VECTOR[:100], LOCUS[:100])]
    assert (counts.n_unmapped, counts.n_lost_mates) == (0, 1)


def test_files_sorted_by_name_need_no_second_look(tmp_path: Path, targets: Targets) -> None:
    rows = []
    for number in range(300):
        bases = VECTOR[number : number + 100] if number % 3 else dna(100)
        rows += [record(f"r{number:04}", 0x41, bases, place=number), record(f"r{number:04}", 0x91, dna(100))]
    path = tmp_path / "a.bam"
    write(path, rows)
    by_name = tmp_path / "b.bam"
    pysam.sort("-n", "-o", str(by_name), str(path))
    for threads in (1, 3):
        pairs, counts = pairs_of(ReadFiles(bam=by_name), targets, threads)
        assert pairs == pairs_of(ReadFiles(bam=path), targets)[0]
        assert (len(pairs), counts.n_lost_mates) == (200, 0)


def _whole(tmp_path: Path) -> tuple[Path, bytes]:
    path = tmp_path / "a.bam"
    write(path, [record(f"r{k}", 0, dna(150)) for k in range(3000)])
    return path, path.read_bytes()


def _ends(data: bytes) -> list[int]:
    """Where each block of a BGZF file ends."""
    ends = [0]
    while ends[-1] < len(data):
        ends.append(ends[-1] + struct.unpack_from("<H", data, ends[-1] + 16)[0] + 1)
    return ends[1:]


def _pack(tmp_path: Path, content: bytes) -> bytes:
    path = tmp_path / "packed"
    with pysam.BGZFile(str(path), "wb") as out:
        out.write(content)
    return path.read_bytes()


def test_files_that_are_not_whole_are_refused(tmp_path: Path, targets: Targets) -> None:
    path, data = _whole(tmp_path)
    ends = _ends(data)
    assert len(ends) > 4
    middle = ends[1] + 500
    header = gzip.compress(b"BAM\1" + struct.pack("<i", 100) + b"@HD")
    for content, why in (
        (data[: ends[2]], "the block that ends every BAM file is missing"),
        (data[: ends[2] - 9], "the block that ends every BAM file is missing"),
        (_pack(tmp_path, gzip.decompress(data)[:-20]), "ends within a record"),
        (_pack(tmp_path, gzip.decompress(data)[:30]), "the header is not complete"),
        (data[: ends[2] - 9] + LAST_BLOCK, "damaged or cut off"),
        (data[:middle] + bytes([data[middle] ^ 4]) + data[middle + 1 :], "damaged or cut off"),
        (header + LAST_BLOCK, "not made of BGZF blocks"),
        (LAST_BLOCK, "the header is not complete"),
        (data[:-28] + b"\0" * 9 + LAST_BLOCK, "not made of BGZF blocks"),
    ):
        path.write_bytes(content)
        for threads in (1, 2):
            with pytest.raises(DataError, match=rf"a\.bam: the file is damaged .*{why}|{why}"):
                pairs_of(ReadFiles(bam=path), targets, threads)


def test_every_flipped_byte_of_a_small_file_is_noticed_or_harmless(tmp_path: Path, targets: Targets) -> None:
    path = tmp_path / "a.bam"
    write(path, [record(f"r{k}", 0, VECTOR[k * 50 : k * 50 + 100]) for k in range(3)])
    data = path.read_bytes()
    expected, _ = pairs_of(ReadFiles(bam=path), targets)
    n_refused = 0
    for at in range(0, len(data), 3):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x21]) + data[at + 1 :])
        try:
            found, _ = pairs_of(ReadFiles(bam=path), targets)
        except DataError:
            n_refused += 1
        else:
            assert found == expected
    assert n_refused > len(data) // 3 * 0.8


def test_blocks_with_other_extra_fields_are_read(tmp_path: Path, targets: Targets) -> None:
    path = tmp_path / "a.bam"
    write(path, [record("r", 0, VECTOR[:100])])
    data = path.read_bytes()
    size = _ends(data)[0]
    extra = b"XY" + struct.pack("<H", 3) + b"abc"
    head = data[:10] + struct.pack("<H", 6 + len(extra)) + extra
    head += b"BC" + struct.pack("<HH", 2, size - 1 + len(extra))
    path.write_bytes(head + data[18:])
    assert pairs_of(ReadFiles(bam=path), targets)[0] == [("r", VECTOR[:100])]


def test_a_cram_of_another_host_is_refused(tmp_path: Path, targets: Targets) -> None:
    files = write(tmp_path / "a.bam", [record(f"r{k}", 0, VECTOR[:100], place=10 + k) for k in range(50)])
    right, wrong = tmp_path / "right.fa", tmp_path / "wrong.fa"
    for path, n in ((right, 50_000), (wrong, 40_000)):
        path.write_text("".join(f">{name}\n{dna(n)}\n" for name in ("chr", "chr2")))
    cram = tmp_path / "a.cram"
    pysam.view("-C", "-T", str(right), "-o", str(cram), str(files.bam), catch_stdout=False)
    assert len(pairs_of(ReadFiles(bam=cram, reference=right), targets)[0]) == 50
    with pytest.raises(DataError, match=r"a\.cram: .* another genome than .*wrong\.fa"):
        pairs_of(ReadFiles(bam=cram, reference=wrong), targets)
    data = cram.read_bytes()
    cram.write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match=r"a\.cram: the file is damaged or cut off"):
        pairs_of(ReadFiles(bam=cram, reference=right), targets)
