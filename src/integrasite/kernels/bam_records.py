"""Find the records of a block of BAM, and write chosen ones as the sequencer gave them.

Layout of a record: SAM/BAM specification (SAMv1), section 4.2.
"""

import numba
import numpy as np
import numpy.typing as npt

from integrasite.kernels.recruit_records import name_stop

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

FLAG, CONTIG, POSITION, MATE_CONTIG, MATE_POSITION = range(5)
"""Columns of a record's fields."""
PAIRED, UNMAPPED, REVERSE, FIRST, SECOND = 0x1, 0x4, 0x10, 0x40, 0x80
_NOT_PRIMARY = 0x900
PRIMARY, SUPPLEMENTARY = 0, 0x800
"""Kinds of records: whole reads; parts of reads whose primary record stands elsewhere."""
_FIXED = 36
_LETTERS = np.frombuffer(b"=ACMGRSVTWYHKDBN", np.uint8)
_OTHER = np.frombuffer(b"=TGKCYSBAWRDMHVN", np.uint8)
_NO_QUALITY = 255
ABSENT_QUALITY = 63
"""Quality written for reads that come without: `?`, Phred 30."""
_BASIS, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


@numba.njit(cache=True, nogil=True)
def _integer(raw: Bytes, at: int) -> int:
    value = np.uint32(raw[at]) | np.uint32(raw[at + 1]) << np.uint32(8)
    value |= np.uint32(raw[at + 2]) << np.uint32(16) | np.uint32(raw[at + 3]) << np.uint32(24)
    return int(np.int32(value))


@numba.njit(cache=True, nogil=True)
def _sequence_start(raw: Bytes, at: int) -> int:
    return at + _FIXED + int(raw[at + 12]) + 4 * (int(raw[at + 16]) | int(raw[at + 17]) << 8)


@numba.njit(cache=True, nogil=True)
def index_bam(raw: Bytes, start: int, stop: int, starts: Ints) -> tuple[int, int, bool]:
    """Find whole records in `raw[start:stop]`.

    Args:
        raw: unpacked BAM behind its header.
        start: where the first record begins.
        stop: end of the block.
        starts: filled with where each record begins; no more are found than fit.

    Returns:
        `(records found, where the next begins, whether all is as it should be)`.
    """
    at, found = start, 0
    while found < starts.shape[0] and at + 4 <= stop:
        size = _integer(raw, at)
        if size < _FIXED - 4:
            return found, at, False
        if at + 4 + size > stop:
            break
        length = _integer(raw, at + 20)
        if length < 0 or raw[at + 12] < 1:
            return found, at, False
        if _sequence_start(raw, at) + (length + 1) // 2 + length > at + 4 + size:
            return found, at, False
        starts[found] = at
        found += 1
        at += 4 + size
    return found, at, True


@numba.njit(cache=True, nogil=True)
def _write_read(raw: Bytes, at: int, length: int, is_turned: bool, text: Bytes, to: int) -> None:
    """Bases and, behind them, qualities of one record, in the sequencer's orientation."""
    start = _sequence_start(raw, at)
    packed = raw[start : start + (length + 1) // 2]
    qualities = raw[start + (length + 1) // 2 : start + (length + 1) // 2 + length]
    bases, written = text[to : to + length], text[to + length : to + 2 * length]
    # no branch within the loops: all reads of a file come through here
    if is_turned:
        for k in range(length):
            bases[length - 1 - k] = _OTHER[(packed[k >> 1] >> (4 - 4 * (k & 1))) & 15]
    else:
        for k in range(length):
            bases[k] = _LETTERS[(packed[k >> 1] >> (4 - 4 * (k & 1))) & 15]
    if length and qualities[0] == _NO_QUALITY:
        written[:] = ABSENT_QUALITY
    elif is_turned:
        for k in range(length):
            written[length - 1 - k] = min(qualities[k], np.uint8(93)) + np.uint8(33)
    else:
        for k in range(length):
            written[k] = min(qualities[k], np.uint8(93)) + np.uint8(33)


@numba.njit(cache=True, nogil=True)
def take_records(raw: Bytes, starts: Ints, kind: int) -> tuple[Bytes, Ints, Ints]:
    """Records of one kind as text: names, bases and qualities as in a FASTQ file.

    Args:
        raw: unpacked BAM.
        starts: where its records begin.
        kind: `PRIMARY` or `SUPPLEMENTARY`.

    Returns:
        `(text, spans, fields)`: spans as `fastq.index_records` fills them; fields per record as numbered above.
    """
    n, size = 0, 0
    for at in starts:
        if _integer(raw, at + 16) >> 16 & _NOT_PRIMARY == kind:
            n += 1
            size += raw[at + 12] + 2 * _integer(raw, at + 20)
    text, spans, fields = np.empty(size, np.uint8), np.empty((n, 5), np.int64), np.empty((n, 5), np.int64)
    row, to = 0, 0
    for at in starts:
        flag = _integer(raw, at + 16) >> 16 & 0xFFFF
        if flag & _NOT_PRIMARY != kind:
            continue
        length = _integer(raw, at + 20)
        n_name = int(raw[at + 12]) - 1
        for k in range(n_name):
            text[to + k] = raw[at + _FIXED + k]
        spans[row, 0], spans[row, 1] = to, to + n_name
        spans[row, 2], spans[row, 3], spans[row, 4] = to + n_name, to + n_name + length, to + n_name + length
        _write_read(raw, at, length, flag & REVERSE != 0, text, to + n_name)
        fields[row, FLAG] = flag
        fields[row, CONTIG], fields[row, POSITION] = _integer(raw, at + 4), _integer(raw, at + 8)
        fields[row, MATE_CONTIG], fields[row, MATE_POSITION] = _integer(raw, at + 24), _integer(raw, at + 28)
        to += n_name + 2 * length
        row += 1
    return text[:to], spans, fields


@numba.njit(cache=True, nogil=True)
def hash_names(text: Bytes, spans: Ints) -> Hashes:
    """A hash of each record's name (FNV-1a, 64 bits, never 0), `/1` and `/2` left out."""
    hashes = np.empty(spans.shape[0], np.uint64)
    for row in range(spans.shape[0]):
        value = _BASIS
        for at in range(spans[row, 0], name_stop(text, spans[row, 0], spans[row, 1])):
            value = (value ^ np.uint64(text[at])) * _PRIME
        hashes[row] = max(value ^ (value >> np.uint64(32)), np.uint64(1))
    return hashes


@numba.njit(cache=True, nogil=True)
def add_hashes(table: Hashes, hashes: Hashes) -> int:
    """Put hashes into an open-addressing table (0: empty slot; a power of two, never full); how many are new."""
    mask = np.uint64(table.shape[0] - 1)
    n_new = 0
    for value in hashes:
        slot = value & mask
        while table[slot] != 0 and table[slot] != value:
            slot = (slot + np.uint64(1)) & mask
        n_new += table[slot] == 0
        table[slot] = value
    return n_new


@numba.njit(cache=True, nogil=True)
def has_hashes(table: Hashes, hashes: Hashes) -> npt.NDArray[np.bool_]:
    """Which hashes the table holds."""
    mask = np.uint64(table.shape[0] - 1)
    found = np.zeros(hashes.shape[0], np.bool_)
    for row in range(hashes.shape[0]):
        slot = hashes[row] & mask
        while table[slot] != 0 and table[slot] != hashes[row]:
            slot = (slot + np.uint64(1)) & mask
        found[row] = table[slot] != 0
    return found
