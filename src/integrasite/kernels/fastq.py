"""Find the records of a block of FASTQ text, and copy sequences out of it."""

import numba
import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import CODE_OF, Codes

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]

GOOD = 0
NO_HEADER = 1
NO_PLUS = 2
UNEQUAL = 3
_NEWLINE = 10
_RETURN = 13
_AT = 64
_PLUS = 43
_BLANKS = 32


@numba.njit(cache=True, nogil=True)
def _line_end(text: Bytes, start: int, stop: int) -> int:
    for position in range(start, stop):
        if text[position] == _NEWLINE:
            return position
    return -1


@numba.njit(cache=True, nogil=True)
def _expected_line_end(text: Bytes, start: int, stop: int, length: int) -> int:
    """As `_line_end` for a line that is likely to be as long as the last one: looks at many bases at once.

    Reads of a file mostly are equally long. That no line ends earlier is checked base by base, but without a branch.
    """
    if start + length < stop and text[start + length] == _NEWLINE:
        is_earlier = np.uint8(0)
        for letter in text[start : start + length]:
            is_earlier |= np.uint8(letter == _NEWLINE)
        if not is_earlier:
            return start + length
    return _line_end(text, start, stop)


@numba.njit(cache=True, nogil=True)
def _name_stop(text: Bytes, start: int, stop: int) -> int:
    """Where a name ends: at the first blank or line end."""
    for position in range(start, stop):
        if text[position] <= _BLANKS:
            return position
    return stop


@numba.njit(cache=True, nogil=True)
def index_records(
    text: Bytes, start: int, stop: int, wanted: int, is_last: bool, spans: Offsets
) -> tuple[int, int, int]:
    """Find up to `wanted` whole records in `text[start:stop]`.

    Args:
        text: a block of FASTQ text (LF or CRLF).
        start: where the first record begins.
        stop: end of the text.
        wanted: most records to find.
        is_last: whether the file ends here, so that the last line may lack its line end.
        spans: filled per record with name start, name stop, sequence start, sequence stop, quality start.

    Returns:
        `(records found, where the next begins, GOOD or what is wrong with it)`.
    """
    at = start
    found = 0
    width = 0
    while found < wanted:
        while at < stop and (text[at] == _NEWLINE or text[at] == _RETURN):
            at += 1
        if at >= stop:
            break
        if text[at] != _AT:
            return found, at, NO_HEADER
        name_stop = _name_stop(text, at + 1, stop)
        name_end = _line_end(text, name_stop, stop)
        sequence_end = _expected_line_end(text, name_end + 1, stop, width) if name_end >= 0 else -1
        plus_end = _line_end(text, sequence_end + 1, stop) if sequence_end >= 0 else -1
        if plus_end < 0:
            return found, at, UNEQUAL if is_last else GOOD
        if text[sequence_end + 1] != _PLUS:
            return found, at, NO_PLUS
        width = sequence_end - (name_end + 1)
        quality_end = _expected_line_end(text, plus_end + 1, stop, width)
        if quality_end < 0:
            if not is_last:
                break
            quality_end = stop
        trim = 1 if width and text[sequence_end - 1] == _RETURN else 0
        quality_stop = quality_end - (
            1 if quality_end > plus_end + 1 and text[quality_end - 1] == _RETURN else 0
        )
        if quality_stop - (plus_end + 1) != width - trim:
            return found, at, UNEQUAL
        spans[found, 0] = at + 1
        spans[found, 1] = name_stop
        spans[found, 2] = name_end + 1
        spans[found, 3] = sequence_end - trim
        spans[found, 4] = plus_end + 1
        found += 1
        at = min(quality_end + 1, stop)
    return found, at, GOOD


@numba.njit(cache=True, nogil=True)
def first_unlike_name(text: Bytes, spans: Offsets, other: Bytes, other_spans: Offsets, n: int) -> int:
    """First record whose names differ (up to the first blank; a last digit 1-4 may differ as in `/1`, `/2`), or -1."""
    for record in range(n):
        length = spans[record, 1] - spans[record, 0]
        if length != other_spans[record, 1] - other_spans[record, 0]:
            return record
        for k in range(length):
            first, second = text[spans[record, 0] + k], other[other_spans[record, 0] + k]
            if first != second and not (k == length - 1 and 49 <= first <= 52 and 49 <= second <= 52):
                return record
    return -1


@numba.njit(cache=True, nogil=True)
def copy_sequences(
    text: Bytes, spans: Offsets, offsets: Offsets, table: Bytes, codes: Codes, qualities: Bytes
) -> None:
    """Copy sequences (as codes) and qualities (as ASCII) end to end."""
    for record in range(offsets.shape[0] - 1):
        at = offsets[record]
        for k in range(offsets[record + 1] - at):
            codes[at + k] = table[text[spans[record, 2] + k]]
            qualities[at + k] = text[spans[record, 4] + k]


def take_sequences(text: Bytes, spans: Offsets) -> tuple[Codes, Bytes, Offsets]:
    """Codes, ASCII qualities and offsets of the records in `spans`."""
    offsets = np.zeros(len(spans) + 1, np.int64)
    np.cumsum(spans[:, 3] - spans[:, 2], out=offsets[1:])
    codes = np.empty(int(offsets[-1]), np.uint8)
    qualities = np.empty(int(offsets[-1]), np.uint8)
    copy_sequences(text, spans, offsets, CODE_OF, codes, qualities)
    return codes, qualities, offsets
