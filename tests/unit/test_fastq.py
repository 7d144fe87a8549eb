"""FASTQ in all the shapes that laboratories send: read right, or refused with file and record, never a hang."""

import gzip
import io
import re
import threading
import time
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import dnaio
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrasite.errors import DataError
from integrasite.io import fastq
from integrasite.io.fastq import _Reader, estimate_pairs, read_batches
from integrasite.kernels.codes import encode
from integrasite.kernels.fastq import take_sequences
from integrasite.kernels.reference import index_records

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")


def records(n: int, length: int = 30, first: int = 0) -> bytes:
    rng = np.random.default_rng(n)
    out = []
    for k in range(n):
        bases = "".join(rng.choice(list("ACGTN"), length))
        quality = "".join(chr(33 + q) for q in rng.integers(0, 41, length))
        out.append(f"@run:{first + k} 1:N:0\n{bases}\n+\n{quality}\n")
    return "".join(out).encode()


def write(path: Path, text: bytes) -> Path:
    path.write_bytes(text)
    return path


def read_all(path: Path) -> list[tuple[bytes, bytes]]:
    """All records of a file as codes and qualities."""
    found = []
    for batch in read_batches([path], [], []):
        ends = batch.junction_offsets
        for a, b in pairwise(ends):
            found.append((batch.junction[a:b].tobytes(), batch.junction_quality[a:b].tobytes()))
    return found


def by_dnaio(path: Path) -> list[tuple[bytes, bytes]]:
    with dnaio.open(path, open_threads=0) as reader:
        return [(encode(r.sequence).tobytes(), r.qualities_as_bytes()) for r in reader]


@pytest.fixture(params=[7, 64, 1 << 22], ids=["block 7", "block 64", "block 4M"])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(fastq, "_BLOCK", request.param)
    monkeypatch.setattr(fastq, "BATCH_PAIRS", 5)
    return int(request.param)


GOOD = {
    "plain": records(23),
    "CRLF": records(23).replace(b"\n", b"\r\n"),
    "no last line end": records(23)[:-1],
    "CRLF, no last line end": records(23).replace(b"\n", b"\r\n")[:-2],
    "blank lines at the end": records(23) + b"\n\n\r\n",
    "as many as a batch": records(5),
    "one": records(1),
    "very long reads": records(3, 20000),
    "name repeated behind +": re.sub(rb"@(run.*)\n(.*)\n\+", rb"@\1\n\2\n+\1", records(4)),
    "quality that begins with @": b"@a\nACG\n+\n@@@\n@b\nTTT\n+\n@+@\n",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=list(GOOD))
@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.usefixtures("block")
def test_reads_as_dnaio_does(tmp_path: Path, text: bytes, is_packed: bool) -> None:
    path = write(tmp_path / ("a.fq.gz" if is_packed else "a.fq"), gzip.compress(text) if is_packed else text)
    found = read_all(path)
    clean = write(tmp_path / "clean.fq", text.replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n")
    assert found == by_dnaio(clean)
    assert len(found) == len(index_records(text))


@pytest.mark.usefixtures("block")
def test_empty_files_and_empty_reads(tmp_path: Path) -> None:
    assert read_all(write(tmp_path / "a.fq", b"")) == []
    assert read_all(write(tmp_path / "a.fq.gz", b"")) == []
    assert read_all(write(tmp_path / "b.fq.gz", gzip.compress(b""))) == []
    assert read_all(write(tmp_path / "c.fq", b"\n\n")) == []
    assert read_all(write(tmp_path / "d.fq", b"@a\n\n+\n\n@b\nA\n+\nI\n@c\n\n+\n")) == [
        (b"", b""),
        (b"\x00", b"I"),
        (b"", b""),
    ]


@pytest.mark.usefixtures("block")
def test_gzip_of_several_members(tmp_path: Path) -> None:
    text = records(20)
    cut = text.index(b"\n", 300) - 4  # in the midst of a record
    path = write(tmp_path / "a.fq.gz", gzip.compress(text[:cut]) + gzip.compress(text[cut:]))
    assert read_all(path) == by_dnaio(write(tmp_path / "b.fq", text))


def test_gzip_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    assert len(read_all(write(tmp_path / "a.fq", gzip.compress(records(4))))) == 4


def damage(text: bytes) -> bytes:
    packed = bytearray(gzip.compress(text))
    packed[len(packed) // 2] ^= 0xFF
    return bytes(packed)


BAD = {
    # name: (file name, content, record named in the message)
    "cut off in the qualities": ("a.fq", records(9)[:-5], r"record 9 \(line 33\)"),
    "cut off in the sequence": ("a.fq", b"@a\nACGT\n+\nIIII\n@b\nAC", "record 2 "),
    "cut off behind +": ("a.fq", b"@a\nACGT\n+", "record 1 "),
    "only a name": ("a.fq", b"@a", "record 1 "),
    "qualities too short": ("a.fq", records(7) + b"@x\nACGT\n+\nIII\n" + records(2), "record 8 "),
    "qualities too long": ("a.fq", b"@x\nACG\n+\nIIII\n", "record 1 "),
    "FASTA": ("a.fq", b">a\nACGT\n>b\nACGT\n", "record 1 .*does not begin with '@'"),
    "FASTA later": ("a.fq", records(6) + b">b\nACGT\n", "record 7 .*does not begin with '@'"),
    "no plus": ("a.fq", b"@a\nACGT\nIIII\n@b\n", "record 1 .*begin with '\\+'"),
    "sequence on two lines": ("a.fq", b"@a\nACGT\nACGT\n+\nIIIIIIII\n", "record 1 .*begin with '\\+'"),
    "binary": ("a.fq", bytes(range(256)) * 20, "record 1 "),
    "binary that begins with @": ("a.fq", b"@" + bytes([200, 201, 202]) * 4000, "record 1 "),
    "zeros": ("a.fq", bytes(5000), "record 1 "),
    "gzip cut off": ("a.fq.gz", gzip.compress(records(9))[:-20], "damaged or cut off after record"),
    "gzip of one byte": ("a.fq.gz", b"\x1f", "damaged or cut off|cannot be opened"),
    "gzip damaged": ("a.fq.gz", damage(records(200)), "damaged or cut off after record"),
    "gzip with a wrong checksum": (
        "a.fq.gz",
        gzip.compress(records(9))[:-8] + bytes(8),
        "damaged or cut off",
    ),
    "plain text named gz": ("a.fq.gz", records(9), "damaged or cut off|cannot be opened"),
    "bad xz": ("a.fq.xz", b"\xfd7zXZ\x00garbage", "damaged or cut off|cannot be opened"),
    "bad bz2": ("a.fq.bz2", b"BZh9garbage", "damaged or cut off|cannot be opened"),
    "bad zst": ("a.fq.zst", b"garbage", "damaged or cut off|cannot be opened"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.usefixtures("block")
def test_refuses_what_is_not_fastq(tmp_path: Path, case: str) -> None:
    name, text, message = BAD[case]
    path = write(tmp_path / name, text)
    with pytest.raises(DataError, match=message) as error:
        read_all(path)
    assert str(path) in str(error.value)


def test_refuses_what_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.fq.gz"):
        with pytest.raises(DataError, match="cannot be opened"):
            read_all(path)


def test_deflate_stream_with_an_invalid_block(tmp_path: Path) -> None:
    """The decompressor has an error class of its own for this."""
    body = zlib.compressobj(wbits=-15)
    raw = body.compress(records(50)) + body.flush()
    header = gzip.compress(b"")[:10]
    for garbage in (b"\xff" * 50, raw[:100] + b"\xff" * 50):
        with pytest.raises(DataError, match=r"bad\.fq\.gz"):
            read_all(write(tmp_path / "bad.fq.gz", header + garbage))


TOKENS = st.sampled_from(
    [b"@", b"+", b"AC", b"I", b"\n", b"\n", b"\r\n", b" ", b"@n\nACG\n+\nIII\n", b"@n\nA\n+\n@\n"]
)


@settings(max_examples=300)
@given(st.lists(TOKENS, max_size=14).map(b"".join), st.integers(1, 20), st.integers(1, 4))
def test_any_text_is_read_or_refused_as_the_twin_does(text: bytes, block: int, wanted: int) -> None:
    reader = _Reader(Path("a.fq"), io.BytesIO(text))  # type: ignore[arg-type]
    found: list[tuple[bytes, bytes, bytes]] = []
    was, fastq._BLOCK = fastq._BLOCK, block
    try:
        while True:
            buffer, spans = reader.take(wanted)
            if not len(spans):
                break
            codes, quality, ends = take_sequences(buffer, spans)
            for k, (name_start, name_stop, *_) in enumerate(spans):
                span = slice(int(ends[k]), int(ends[k + 1]))
                found.append(
                    (buffer[name_start:name_stop].tobytes(), codes[span].tobytes(), quality[span].tobytes())
                )
    except DataError as error:
        with pytest.raises(ValueError, match="record") as other:
            index_records(text)
        assert f"{other.value} (" in str(error)
    else:
        assert found == [(name, encode(bases).tobytes(), q) for name, bases, q in index_records(text)]
    finally:
        fastq._BLOCK = was


# Files in step


def pair_of(tmp_path: Path, first: bytes, second: bytes) -> tuple[list[Path], list[Path]]:
    return [write(tmp_path / "R1.fq", first)], [write(tmp_path / "R2.fq", second)]


def named(*names: str) -> bytes:
    return "".join(f"@{name}\nACGT\n+\nIIII\n" for name in names).encode()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a:1:22 1:N:0:ACGT", "a:1:22 2:N:0:ACGT"),  # Illumina's comment differs
        ("a/1", "a/2"),
        ("a/1 x", "a/2 y"),
        ("SRR1.5.1", "SRR1.5.2"),
        ("a\tx", "a\ty"),
        ("a", "a 2"),
    ],
)
def test_names_of_mates(tmp_path: Path, first: str, second: str) -> None:
    files = pair_of(tmp_path, named(first), named(second))
    assert len(list(read_batches(*files, []))) == 1


@pytest.mark.parametrize(
    ("first", "second"), [("a", "b"), ("a/1", "b/2"), ("a", "ab"), ("a1x", "a2x"), ("a/5", "a/6")]
)
@pytest.mark.usefixtures("block")
def test_names_that_differ_are_refused(tmp_path: Path, first: str, second: str) -> None:
    good = [f"r{k}" for k in range(12)]
    files = pair_of(tmp_path, named(*good, first), named(*good, second))
    with pytest.raises(DataError, match=rf"R1\.fq and .*R2\.fq, record 13: .*'{first}' and '{second}'"):
        list(read_batches(*files, []))


@pytest.mark.parametrize(
    ("n_first", "n_second"), [(12, 13), (13, 12), (10, 5), (5, 10), (0, 1), (1, 0), (20, 5)]
)
@pytest.mark.usefixtures("block")
def test_more_reads_in_one_file(tmp_path: Path, n_first: int, n_second: int) -> None:
    files = pair_of(tmp_path, records(n_first), records(n_second))
    short = "R1.fq" if n_first < n_second else "R2.fq"
    least = min(n_first, n_second)
    with pytest.raises(DataError, match=rf"{short} ends after record {least}, the other goes on"):
        list(read_batches(*files, []))


def test_index_and_linker_reads_stand_beside_their_mates(tmp_path: Path) -> None:
    paths = [
        [write(tmp_path / f"{k}.fq", b"@a\n" + bases + b"\n+\n" + b"I" * len(bases) + b"\n")]
        for k, bases in enumerate([b"AAC", b"GG", b"T"])
    ]
    (batch,) = read_batches(*paths)
    assert [batch.junction.tolist(), batch.linker.tolist(), batch.index_read.tolist()] == [
        [0, 0, 1],
        [2, 2],
        [3],
    ]
    (batch,) = read_batches(paths[0], [], paths[2])
    assert batch.linker_offsets.tolist() == [0, 0] and batch.index_read.tolist() == [3]


def test_lanes_follow_each_other_and_chunks_share_the_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fastq, "BATCH_PAIRS", 5)
    lanes = [write(tmp_path / "L1.fq", records(12)), write(tmp_path / "L2.fq", records(9, first=12))]
    whole = [batch.junction.tobytes() for batch in read_batches(lanes, [], [])]
    assert b"".join(whole) == b"".join(codes for lane in lanes for codes, _ in by_dnaio(lane))
    for n_chunks in (1, 2, 5, 9):
        chunks = [
            [batch.junction.tobytes() for batch in read_batches(lanes, [], [], k, n_chunks)]
            for k in range(n_chunks)
        ]
        assert sorted(text for chunk in chunks for text in chunk) == sorted(whole)
        assert chunks[0] == whole[::n_chunks]


# The thread that reads ahead


class Counting(io.BytesIO):
    """Counts how often it is read from."""

    n_reads = 0

    def read(self, size: int | None = -1) -> bytes:
        Counting.n_reads += 1
        return super().read(size)


@pytest.fixture
def readers() -> Iterator[None]:
    """No thread of the test outlives it."""
    before = threading.active_count()
    yield
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


@pytest.mark.usefixtures("readers")
def test_stopping_early_does_not_read_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The orientation of the index reads is taken from the first batch: that must not cost a pass over the file."""
    monkeypatch.setattr(fastq, "BATCH_PAIRS", 2)
    monkeypatch.setattr(fastq, "_BLOCK", 200)
    text = records(2000)
    monkeypatch.setattr(fastq, "xopen", lambda *_, **__: Counting(text))
    Counting.n_reads = 0
    batches = read_batches([tmp_path / "a.fq"], [], [])
    next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert Counting.n_reads < 100 < len(text) / 200 / 2


@pytest.mark.usefixtures("readers")
def test_consumer_that_raises_stops_the_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastq, "BATCH_PAIRS", 2)
    path = write(tmp_path / "a.fq", records(400))

    def consume() -> None:
        for _ in read_batches([path], [], []):
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        consume()


@pytest.mark.usefixtures("readers")
def test_error_of_the_reader_reaches_the_consumer_after_the_good_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fastq, "BATCH_PAIRS", 5)
    path = write(tmp_path / "a.fq", records(100) + b"garbage\n")
    n_batches = 0
    with pytest.raises(DataError, match="record 101 "):
        for _ in read_batches([path], [], []):
            n_batches += 1
    assert n_batches == 20


def test_estimate_is_of_the_right_size(tmp_path: Path) -> None:
    text = records(2000, 150)
    plain, packed = write(tmp_path / "a.fq", text), write(tmp_path / "a.fq.gz", gzip.compress(text))
    for path in (plain, packed):
        assert 500 < estimate_pairs([path]) < 8000
    assert estimate_pairs([tmp_path / "missing.fq"]) == 0


def test_a_short_read_after_a_long_one_ends_at_its_first_line_end(tmp_path: Path) -> None:
    """Where the long read's line would end there is a line end, too: that of the short read's qualities."""
    path = write(tmp_path / "a.fq", b"@a\nACGTACG\n+\nIIIIIII\n@b\nAC\n+\nII\n@c\nACGTACG\n+\nIIIIIII\n")
    assert read_all(path) == by_dnaio(path)
    assert [len(bases) for bases, _ in read_all(path)] == [7, 2, 7]
