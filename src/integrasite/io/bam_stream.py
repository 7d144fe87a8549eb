"""Read BAM and CRAM from end to end in batches of arrays, and mates of single reads through the index.

A BAM is unpacked and taken apart by compiled code, several times as fast as record by record; a CRAM is first turned into
BAM by htslib, part by part.
"""

import os
import struct
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt
import pysam

from integrasite.errors import DataError
from integrasite.io.read_ahead import read_ahead
from integrasite.io.streams import READ_ERRORS, open_binary
from integrasite.kernels.bam_records import (
    ABSENT_QUALITY,
    PRIMARY,
    SECOND,
    SUPPLEMENTARY,
    index_bam,
    take_records,
)

BATCH_RECORDS = 16_384
_BLOCK = 1 << 22
_PART_RECORDS = 200_000
"""Records of a CRAM that are turned into BAM at a time."""
_LAST_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_CRAM_MARK = b"CRAM"
_NOT_PRIMARY = 0x900
_NEAR = 10_000
"""Mates this close are fetched together, bp."""


class Records(NamedTuple):
    """Text and spans as of a FASTQ file, and fields as `kernels.bam_records` numbers them."""

    text: npt.NDArray[np.uint8]
    spans: npt.NDArray[np.int64]
    fields: npt.NDArray[np.int64]


class BamBatch(NamedTuple):
    """Primary records (whole reads) and supplementary ones (parts of reads) of a stretch of the file."""

    primary: Records
    supplementary: Records


class Read(NamedTuple):
    """One read as the sequencer gave it; `is_second`: of its pair."""

    name: str
    is_second: bool
    bases: str
    qualities: str


def _damaged(path: Path, why: object) -> DataError:
    return DataError(
        f"{path}: the file is damaged or cut off ({why}); expected a complete BAM or CRAM file. "
        "Copy it again and compare checksums."
    )


def is_cram(path: Path) -> bool:
    """Whether a file is CRAM by its first bytes.

    Raises:
        DataError: if it cannot be read.
    """
    try:
        with path.open("rb") as handle:
            return handle.read(4) == _CRAM_MARK
    except OSError as error:
        raise DataError(f"{path}: cannot be opened ({error}); expected a BAM or CRAM file") from None


@contextmanager
def _open_bam(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as raw:
        raw.seek(0, os.SEEK_END)
        raw.seek(max(0, raw.tell() - len(_LAST_BLOCK)))
        if raw.read() != _LAST_BLOCK:
            raise _damaged(path, "the block that ends every BAM file is missing")
    with open_binary(path) as handle:
        yield handle


def _cram_parts(path: Path, reference: Path | None) -> Iterator[BinaryIO]:
    """A CRAM as one small BAM file after the other, without compression; each is gone when the next is asked for.

    Not through a pipe: htslib keeps Python's lock while it writes, so nobody could read at the other end.
    """
    fasta = str(reference) if reference else None
    with pysam.AlignmentFile(str(path), "rc", reference_filename=fasta, threads=2) as source:
        records = source.fetch(until_eof=True)
        while True:
            with TemporaryDirectory(prefix="integrasite-") as folder:
                part = Path(folder) / "part.bam"
                with pysam.AlignmentFile(str(part), "wbu", template=source) as target:
                    n = 0
                    for record in islice(records, _PART_RECORDS):
                        target.write(record)
                        n += 1
                if not n:
                    return
                with _open_bam(part) as handle:
                    yield handle


def _take(handle: BinaryIO, n: int) -> bytes:
    found = handle.read(n)
    if len(found) < n:
        raise EOFError("the header is not complete")
    return found


def _skip_header(handle: BinaryIO) -> None:
    if _take(handle, 4) != b"BAM\1":
        raise ValueError("it does not begin as a BAM file does")
    _take(handle, struct.unpack("<i", _take(handle, 4))[0])
    for _ in range(struct.unpack("<i", _take(handle, 4))[0]):
        _take(handle, struct.unpack("<i", _take(handle, 4))[0] + 4)


def _to_batch(raw: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64]) -> BamBatch:
    primary, supplementary = (Records(*take_records(raw, starts, kind)) for kind in (PRIMARY, SUPPLEMENTARY))
    return BamBatch(primary, supplementary)


def _records_of(handle: BinaryIO) -> Iterator[BamBatch]:
    starts = np.empty(BATCH_RECORDS, np.int64)
    waiting, at = b"", 0
    _skip_header(handle)
    while True:
        raw = np.frombuffer(waiting, np.uint8)
        found, after, is_good = index_bam(raw, at, len(raw), starts)
        if not is_good:
            raise ValueError("a record's length does not fit what is in it")
        if found == BATCH_RECORDS:
            yield _to_batch(raw, starts)
            at = after
            continue
        block = handle.read(max(_BLOCK, len(waiting) - at))
        if not block:
            break
        waiting, at = waiting[at:] + block, 0
    if found:
        yield _to_batch(raw, starts[:found])
    if after != len(raw):
        raise EOFError("it ends within a record")


def _batches(path: Path, reference: Path | None) -> Generator[BamBatch]:
    try:
        if is_cram(path):
            for handle in _cram_parts(path, reference):
                yield from _records_of(handle)
            return
        with _open_bam(path) as handle:
            yield from _records_of(handle)
    except (*READ_ERRORS, ValueError, struct.error) as error:
        raise _damaged(path, error) from None


def read_bam(path: Path, reference: Path | None = None) -> Iterator[BamBatch]:
    """Read a BAM or CRAM file once, from its first to its last record.

    Args:
        path: the file.
        reference: FASTA of the host, for CRAM.

    Raises:
        DataError: if the file is damaged, cut off or not what it should be.
    """
    yield from read_ahead(_batches(path, reference))


def has_index(path: Path) -> bool:
    """Whether the file's reads can be fetched by place."""
    names = (
        f"{path}.bai",
        f"{path}.csi",
        f"{path}.crai",
        f"{path.with_suffix('')}.bai",
        f"{path.with_suffix('')}.crai",
    )
    return any(Path(name).exists() for name in names)


def _groups(places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Contig, first and last position of places that lie near each other."""
    contig, first, last = -1, 0, 0
    for number, position in sorted(set(places)):
        if number == contig and position - last <= _NEAR:
            last = position
            continue
        if contig >= 0:
            yield contig, first, last
        contig, first, last = number, position, position
    if contig >= 0:
        yield contig, first, last


def _records_at(handle: pysam.AlignmentFile, places: set[tuple[int, int]]) -> Iterator[pysam.AlignedSegment]:
    for contig, first, last in _groups(place for place in places if place[0] >= 0):
        yield from handle.fetch(tid=contig, start=first, stop=last + 1)
    if any(contig < 0 for contig, _ in places):
        yield from handle.fetch("*")


def plain_name(name: str) -> str:
    """A read's name without `/1` or `/2`."""
    return name[:-2] if len(name) > 2 and name[-2:] in ("/1", "/2") else name


def _to_read(record: pysam.AlignedSegment) -> Read:
    bases = record.get_forward_sequence() or ""
    qualities = record.get_forward_qualities()
    text = chr(ABSENT_QUALITY) * len(bases)
    if qualities is not None:
        text = "".join(chr(min(quality, 93) + 33) for quality in qualities)
    return Read(plain_name(record.query_name or ""), bool(record.flag & SECOND), bases, text)


def fetch_reads(
    path: Path, reference: Path | None, places: Iterable[tuple[int, int]], names: set[str]
) -> Iterator[Read]:
    """Fetch primary records that begin at given places through the index; place (-1, -1) is where unplaced reads stand.

    Args:
        path: an indexed BAM or CRAM file.
        reference: FASTA of the host, for CRAM.
        places: contig number and position, 0-based.
        names: reads that are wanted, as `plain_name` writes them.

    Raises:
        DataError: if file or index are damaged.
    """
    wanted = set(places)
    fasta = str(reference) if reference else None
    try:
        with pysam.AlignmentFile(
            str(path), "rc" if is_cram(path) else "rb", reference_filename=fasta
        ) as handle:
            for record in _records_at(handle, wanted):
                if not record.flag & _NOT_PRIMARY and plain_name(record.query_name or "") in names:
                    yield _to_read(record)
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from None
