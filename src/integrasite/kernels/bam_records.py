"""Find the records of a block of BAM, and write chosen ones as the sequencer gave them.

Layout of a record: SAM/BAM specification (SAMv1), section 4.2.
"""

import numba
import numpy as np
import numpy.typing as npt

from integrasite.kernels.recruit_records import name_stop
from integrasite.kernels.recruit_words import Words

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Fields = npt.NDArray[np.int32]
Hashes = npt.NDArray[np.uint64]

FLAG, LENGTH, MATE_CONTIG, MATE_POSITION = range(4)
"""Columns of a record's fields."""
PAIRED, UNMAPPED, REVERSE, FIRST, SECOND = 0x1, 0x4, 0x10, 0x40, 0x80
_NOT_PRIMARY = 0x900
PRIMARY, SUPPLEMENTARY = 0, 0x800
"""Kinds of records: whole reads; parts of reads whose primary record stands elsewhere."""
_FIXED = 36
_LETTERS = np.frombuffer(b"=ACMGRSVTWYHKDBN", np.uint8)
_OTHER = np.frombuffer(b"=TGKCYSBAWRDMHVN", np.uint8)
_CODE, _OTHER_CODE = (((letters >> 1) ^ (letters >> 2 & 1)) & 3 for letters in (_LETTERS, _OTHER))
"""Code of each half of a byte, and of its complement, as `recruit_words.letter_code` has it."""
_PAIRS = np.concatenate(
    [(_CODE[:, None] << 2 | _CODE).reshape(-1), (_OTHER_CODE << 2 | _OTHER_CODE[:, None]).reshape(-1)]
)
"""Codes of the two bases of a byte, four bits; from 256 on of the other strand, last base first."""
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
def take_kind(raw: Bytes, starts: Ints, kind: int) -> Ints:
    """Where the records of one kind (`PRIMARY` or `SUPPLEMENTARY`) begin."""
    found, n = np.empty(starts.shape[0], np.int64), 0
    for at in starts:
        found[n] = at
        n += (_integer(raw, at + 16) >> 16) & _NOT_PRIMARY == kind
    return found[:n].copy()


@numba.njit(cache=True, nogil=True)
def describe_record(raw: Bytes, at: int, fields: Fields) -> np.uint64:
    """The hash of a record's name; its fields, as numbered above, are filled in."""
    fields[FLAG] = (_integer(raw, at + 16) >> 16) & 0xFFFF
    fields[LENGTH] = _integer(raw, at + 20)
    fields[MATE_CONTIG], fields[MATE_POSITION] = _integer(raw, at + 24), _integer(raw, at + 28)
    return _hash_name(raw, at + _FIXED, at + _FIXED + int(raw[at + 12]) - 1)


@numba.njit(cache=True, nogil=True)
def describe_records(raw: Bytes, starts: Ints) -> tuple[Fields, Hashes]:
    """Fields and hashed name of each record."""
    fields, hashes = np.empty((starts.shape[0], 4), np.int32), np.empty(starts.shape[0], np.uint64)
    for row in range(starts.shape[0]):
        hashes[row] = describe_record(raw, starts[row], fields[row])
    return fields, hashes


@numba.njit(cache=True, nogil=True)
def longest_read(raw: Bytes, starts: Ints) -> int:
    """Bases of the longest record; 0 where there are none."""
    longest = 0
    for at in starts:
        longest = max(longest, _integer(raw, at + 20))
    return longest


@numba.njit(cache=True, nogil=True)
def _hash_name(text: Bytes, start: int, stop: int) -> np.uint64:
    """A name's hash (FNV-1a, but eight letters at a step; 64 bits, never 0), `/1` and `/2` left out."""
    at, end = np.uint64(start), np.uint64(name_stop(text, start, stop))
    value = _BASIS
    while at + np.uint64(8) <= end:
        letters = np.uint64(0)
        for k in range(8):
            letters |= np.uint64(text[at + np.uint64(k)]) << np.uint64(8 * k)
        value = (value ^ letters) * _PRIME
        value ^= value >> np.uint64(32)
        at += np.uint64(8)
    while at < end:
        value = (value ^ np.uint64(text[at])) * _PRIME
        at += np.uint64(1)
    return max(value ^ (value >> np.uint64(32)), np.uint64(1))


@numba.njit(cache=True, nogil=True)
def hash_names(text: Bytes, starts: Ints, stops: Ints) -> Hashes:
    """A hash of each name `text[starts:stops]`, as records have it."""
    hashes = np.empty(starts.shape[0], np.uint64)
    for row in range(starts.shape[0]):
        hashes[row] = _hash_name(text, starts[row], stops[row])
    return hashes


@numba.njit(cache=True, nogil=True)
def pack_record(raw: Bytes, at: int, length: int, words: Words) -> int:
    """Pack a record's bases in the sequencer's orientation; how many others stand before them (0 or 1)."""
    place, n_bytes = _sequence_start(raw, at), (length + 1) >> 1
    step, table, lead = 1, np.uint64(0), 0
    if (_integer(raw, at + 16) >> 16) & REVERSE:
        # of an odd number of bases the last byte's second half, which is none, comes first
        place, step, table, lead = place + n_bytes - 1, -1, np.uint64(256), length & 1
    for row in range(n_bytes >> 4):
        value = np.uint64(0)
        for k in range(16):
            value = value << np.uint64(4) | np.uint64(_PAIRS[table + raw[np.uint64(place + step * k)]])
        words[row] = value
        place += 16 * step
    value, left = np.uint64(0), n_bytes & 15
    for k in range(left):
        value = value << np.uint64(4) | np.uint64(_PAIRS[table + raw[np.uint64(place + step * k)]])
    if left:
        words[n_bytes >> 4] = value << np.uint64(64 - 4 * left)
    return int(lead)


@numba.njit(cache=True, nogil=True)
def write_bases(raw: Bytes, at: int, bases: Bytes) -> None:
    """Letters of one record in the sequencer's orientation."""
    length, start = bases.shape[0], _sequence_start(raw, at)
    if (_integer(raw, at + 16) >> 16) & REVERSE:
        for k in range(length):
            bases[length - 1 - k] = _OTHER[(raw[start + (k >> 1)] >> (4 - 4 * (k & 1))) & 15]
    else:
        for k in range(length):
            bases[k] = _LETTERS[(raw[start + (k >> 1)] >> (4 - 4 * (k & 1))) & 15]


@numba.njit(cache=True, nogil=True)
def _write_qualities(raw: Bytes, at: int, written: Bytes) -> None:
    """Qualities of one record in the sequencer's orientation, as in a FASTQ file."""
    length = written.shape[0]
    start = _sequence_start(raw, at) + (length + 1) // 2
    is_turned = (_integer(raw, at + 16) >> 16) & REVERSE != 0
    if length and raw[start] == _NO_QUALITY:
        written[:] = ABSENT_QUALITY
        return
    for k in range(length):
        to = length - 1 - k if is_turned else k
        written[to] = min(raw[start + k], np.uint8(93)) + np.uint8(33)


@numba.njit(cache=True, nogil=True)
def write_records(raw: Bytes, starts: Ints) -> tuple[Bytes, Ints]:
    """Records as in a FASTQ file: names without `/1`, bases and qualities as the sequencer gave them.

    Args:
        raw: unpacked BAM.
        starts: where the records begin.

    Returns:
        `(text, spans)`: spans as `fastq.index_records` fills them.
    """
    size = 0
    for at in starts:
        size += raw[at + 12] + 2 * _integer(raw, at + 20)
    text, spans, to = np.empty(size, np.uint8), np.empty((starts.shape[0], 5), np.int64), 0
    for row in range(starts.shape[0]):
        at, length = starts[row], _integer(raw, starts[row] + 20)
        n_name = int(raw[at + 12]) - 1
        for k in range(n_name):
            text[to + k] = raw[at + _FIXED + k]
        first = to + n_name
        write_bases(raw, at, text[first : first + length])
        _write_qualities(raw, at, text[first + length : first + 2 * length])
        spans[row, 0], spans[row, 1] = to, first
        spans[row, 2], spans[row, 3], spans[row, 4] = first, first + length, first + length
        to = first + 2 * length
    return text[:to], spans


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
