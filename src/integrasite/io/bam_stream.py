"""Read BAM and CRAM from end to end in batches of arrays, and mates of single reads through the index.

A BAM is unpacked and taken apart by compiled code, several times as fast as record by record; a CRAM is first turned into
BAM by htslib, part by part.
"""

import struct
from collections.abc import Generator, Iterable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pysam

from integrasite.errors import DataError
from integrasite.io.bgzf import read_bgzf
from integrasite.io.read_ahead import read_ahead
from integrasite.io.streams import READ_ERRORS
from integrasite.kernels.bam_records import (
    ABSENT_QUALITY,
    PRIMARY,
    SECOND,
    SUPPLEMENTARY,
    index_bam,
    take_kind,
)

BATCH_RECORDS = 16_384
_ROOM = 1 << 23
"""Bytes set aside for a batch; more are taken where its records are long."""
_PART_RECORDS = 200_000
"""Records of a CRAM that are turned into BAM at a time."""
_CRAM_MARK = b"CRAM"
_NOT_PRIMARY = 0x900
_NEAR = 10_000
"""Mates this close are fetched together, bp."""


class BamBatch(NamedTuple):
    """A stretch of an unpacked file, and where in it primary records (whole reads) and supplementary ones (parts of reads)
    begin."""

    raw: npt.NDArray[np.uint8]
    primary: npt.NDArray[np.int64]
    supplementary: npt.NDArray[np.int64]


class Read(NamedTuple):
    """One read as the sequencer gave it; `is_second`: of its pair."""

    name: str
    is_second: bool
    bases: str
    qualities: str


def _damaged(path: Path, why: object, reference: Path | None = None) -> DataError:
    other = ""
    if reference is not None and is_cram(path):
        other = f" A CRAM written with another genome than {reference} looks the same: use the genome it was written with."
    return DataError(
        f"{path}: the file is damaged or cut off ({why}); expected a complete BAM or CRAM file. "
        f"Copy it again and compare checksums.{other}"
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


def _cram_parts(path: Path, reference: Path | None) -> Iterator[Path]:
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
                yield part


def _header_end(data: bytes) -> int:
    """Where records begin; -1 if the header is not there as a whole."""
    at = 4
    if len(data) >= at and data[:at] != b"BAM\1":
        raise ValueError("it does not begin as a BAM file does")
    left = 0
    for is_first in (True, False):
        if at + 4 > len(data):
            return -1
        (value,) = struct.unpack_from("<i", data, at)
        at += 4 + (value if is_first else 0)
        left = value
    for _ in range(left):
        if at + 4 > len(data):
            return -1
        at += struct.unpack_from("<i", data, at)[0] + 8
    return at if at <= len(data) else -1


def _to_batch(raw: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64]) -> BamBatch:
    return BamBatch(raw, take_kind(raw, starts, PRIMARY), take_kind(raw, starts, SUPPLEMENTARY))


def _copy(raw: npt.NDArray[np.uint8], room: int) -> npt.NDArray[np.uint8]:
    copy = np.empty(max(_ROOM, room), np.uint8)
    copy[: len(raw)] = raw
    return copy


def _records_of(pieces: Iterable[list[bytes]]) -> Iterator[BamBatch]:
    starts, found = np.empty(BATCH_RECORDS, np.int64), 0
    raw, filled, at = np.empty(_ROOM, np.uint8), 0, -1
    for piece in pieces:
        size = sum(map(len, piece))
        if filled + size > len(raw):
            raw = _copy(raw[:filled], 2 * (filled + size))
        for block in piece:
            raw[filled : filled + len(block)] = np.frombuffer(block, np.uint8)
            filled += len(block)
        if at < 0:
            at = _header_end(raw[:filled].tobytes())
        while at >= 0:
            n, at, is_good = index_bam(raw, at, filled, starts[found:])
            if not is_good:
                raise ValueError("a record's length does not fit what is in it")
            found += n
            if found < BATCH_RECORDS:
                break
            yield _to_batch(raw, starts)
            raw, filled, at, found = _copy(raw[at:filled], 2 * (filled - at)), filled - at, 0, 0
    if at < 0:
        raise EOFError("the header is not complete")
    if found:
        yield _to_batch(raw, starts[:found])
    if at != filled:
        raise EOFError("it ends within a record")


def _batches(path: Path, reference: Path | None, threads: int) -> Generator[BamBatch]:
    try:
        if is_cram(path):
            for part in _cram_parts(path, reference):
                yield from _records_of(read_bgzf(part))
            return
        yield from _records_of(read_bgzf(path, threads))
    except (*READ_ERRORS, ValueError, struct.error) as error:
        raise _damaged(path, error, reference) from None


def read_bam(path: Path, reference: Path | None = None, threads: int = 1) -> Iterator[BamBatch]:
    """Read a BAM or CRAM file once, from its first to its last record.

    Args:
        path: the file.
        reference: FASTA of the host, for CRAM.
        threads: that unpack a BAM; change no result.

    Raises:
        DataError: if the file is damaged, cut off or not what it should be.
    """
    yield from read_ahead(_batches(path, reference, threads))


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
        raise _damaged(path, error, reference) from None
