"""FASTQ text of chosen records, with names that are equal in both mates."""

import numba
import numpy as np
import numpy.typing as npt

_Bytes = npt.NDArray[np.uint8]
_Ints = npt.NDArray[np.int64]
_AT, _NEWLINE, _PLUS, _SLASH = 64, 10, 43, 47


@numba.njit(cache=True, nogil=True)
def name_stop(text: _Bytes, start: int, stop: int) -> int:
    """Where a read's name ends when `/1` or `/2` is left out."""
    if stop - start > 2 and text[stop - 2] == _SLASH and 49 <= text[stop - 1] <= 50:
        return stop - 2
    return stop


@numba.njit(cache=True, nogil=True)
def _put(out: _Bytes, at: int, text: _Bytes, start: int, stop: int) -> int:
    for position in range(start, stop):
        out[at] = text[position]
        at += 1
    out[at] = _NEWLINE
    return at + 1


@numba.njit(cache=True, nogil=True)
def format_records(text: _Bytes, spans: _Ints, rows: _Ints) -> _Bytes:
    """FASTQ text of some records.

    Args:
        text: text of a batch.
        spans: its records, as `fastq.index_records` fills them.
        rows: which to write, in this order.
    """
    size = 0
    for row in rows:
        size += spans[row, 1] - spans[row, 0] + 2 * (spans[row, 3] - spans[row, 2]) + 6
    out = np.empty(size, np.uint8)
    at = 0
    for row in rows:
        out[at] = _AT
        at = _put(out, at + 1, text, spans[row, 0], name_stop(text, spans[row, 0], spans[row, 1]))
        at = _put(out, at, text, spans[row, 2], spans[row, 3])
        out[at] = _PLUS
        out[at + 1] = _NEWLINE
        length = spans[row, 3] - spans[row, 2]
        at = _put(out, at + 2, text, spans[row, 4], spans[row, 4] + length)
    return out[:at]
