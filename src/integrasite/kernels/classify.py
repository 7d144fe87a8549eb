"""One pass over a batch of read pairs: whose they are, where vector and linker end, and what each pair is.

The order of the questions is the order of the fates in the ledger: library, readability, vector end, what follows the
vector, linker, length. `reference_pairs` answers the same questions slowly, pair by pair.
"""

import numba
import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Codes
from integrasite.kernels.layout import Classified, Limits, Patterns, ReadBatch
from integrasite.kernels.linkers import assign_pair
from integrasite.kernels.match import (
    NOT_FOUND,
    count_mismatches,
    end_change,
    find_read_through,
    find_vector_end,
    follows,
    matched_prefix,
)
from integrasite.model.fates import Fate

_USABLE = int(Fate.USABLE)
_UNASSIGNED = int(Fate.UNASSIGNED)
_LOW_QUALITY = int(Fate.LOW_QUALITY)
_MISPRIMING = int(Fate.MISPRIMING)
_TRUNCATED_LTR = int(Fate.TRUNCATED_LTR)
_NO_INSERT = int(Fate.NO_INSERT)
_INTERNAL_VECTOR = int(Fate.INTERNAL_VECTOR)
_TWO_LTR_CIRCLE = int(Fate.TWO_LTR_CIRCLE)
_WRONG_LINKER = int(Fate.WRONG_LINKER)
_NO_LINKER = int(Fate.NO_LINKER)
_TOO_SHORT = int(Fate.TOO_SHORT)

QUALITY_WINDOW = 60
"""Bases of the junction read that decide whether it is readable."""
MIN_OVERLAP = 8
"""Shortest end of a read that is taken for the start of the other adapter."""
_EMPTY_INSERT = 3
_CIRCLE_REACH = 20
_CIRCLE_LONG = 28

_ERROR = 10.0 ** (-np.arange(256, dtype=np.float64).clip(33, 126) / 10 + 3.3)


@numba.njit(cache=True, nogil=True)
def _is_unreadable(
    codes: Codes, quality: npt.NDArray[np.uint8], start: int, stop: int, limits: Limits
) -> bool:
    length = min(stop - start, QUALITY_WINDOW)
    if length <= 0:
        return True
    unread = 0
    error = 0.0
    for position in range(start, start + length):
        if codes[position] > 3:
            unread += 1
        error += _ERROR[quality[position]]
    return bool(unread > limits.max_n_fraction * length or error > limits.max_error * length)


@numba.njit(cache=True, nogil=True)
def _umi(text: Codes, start: int, length: int, reverse: bool) -> np.uint64:
    umi = np.uint64(0)
    for k in range(length):
        code = text[start + length - 1 - k] if reverse else text[start + k]
        value = np.uint64(0) if code > 3 else np.uint64(3 - code if reverse else code)
        umi = (umi << np.uint64(2)) | value
    return umi


@numba.njit(cache=True, nogil=True)
def _vector_class(text: Codes, start: int, stop: int, patterns: Patterns, protocol: int, rate: float) -> int:
    """Whether the bases after the LTR end are the vector itself or the other LTR; USABLE where neither."""
    for row in range(patterns.circles.shape[0]):
        if patterns.circle_protocol[row] != protocol:
            continue
        length = min(16, patterns.circle_lengths[row])
        for at in range(start, min(start + _CIRCLE_REACH, stop - length) + 1):
            mismatches = count_mismatches(text, at, stop, patterns.circles[row], 0, length, 5)
            if mismatches <= 2:
                return _TWO_LTR_CIRCLE
            # a virus differs from the reference by a fifth: then more bases must bear it out
            last = min(patterns.circle_lengths[row], stop - at)
            allowed = last // 4
            if (
                mismatches <= 5
                and last >= _CIRCLE_LONG
                and count_mismatches(text, at, stop, patterns.circles[row], 0, last, allowed) <= allowed
            ):
                return _TWO_LTR_CIRCLE
        for lost in range(1, min(_CIRCLE_REACH, patterns.circle_lengths[row] - 20)):
            if count_mismatches(text, start, stop, patterns.circles[row], lost, lost + 20, 1) <= 1:
                return _TWO_LTR_CIRCLE
    for row in range(patterns.continuations.shape[0]):
        if patterns.continuation_protocol[row] == protocol and follows(
            text, start, stop, patterns.continuations[row], patterns.continuation_lengths[row], rate
        ):
            return _INTERNAL_VECTOR
    return _USABLE


@numba.njit(cache=True, nogil=True)
def _without_vector_end(
    text: Codes,
    start: int,
    stop: int,
    pattern: Codes,
    n_primer: int,
    n_pattern: int,
    patterns: Patterns,
    row: int,
    limits: Limits,
) -> int:
    """Fate of a junction read whose LTR end was not found: a truncated LTR (also one cut off by the linker), or none."""
    allowed = int(limits.primer_error_rate * n_primer)
    if n_primer > 0 and count_mismatches(text, start, stop, pattern, 0, n_primer, allowed) <= allowed:
        own = patterns.row_linker[row]
        if own >= 0:
            n_through = patterns.through_lengths[own]
            reach = min(stop, start + n_pattern + n_through)
            if (
                find_read_through(text, start + n_primer, reach, patterns.through[own], n_through, 16)
                != NOT_FOUND
            ):
                return _TRUNCATED_LTR
    n_ltr = n_pattern - n_primer
    for shift in (0, 1, -1):
        at = start + n_primer + shift
        if at < start:
            continue
        if (
            shift == 0
            and n_primer > 0
            and count_mismatches(text, start, stop, pattern, 0, n_primer, allowed) > allowed
        ):
            continue
        length = matched_prefix(text, at, stop, pattern, n_primer, n_pattern)
        if length >= min(n_ltr, max(5, min(8, n_ltr // 2))):
            return _TRUNCATED_LTR
    return _MISPRIMING


@numba.njit(cache=True, nogil=True)
def _classify_pair(batch: ReadBatch, pair: int, patterns: Patterns, limits: Limits, out: Classified) -> int:
    barcode, linker, row, linker_end, umi_start = assign_pair(batch, pair, patterns, limits)
    out.barcode[pair] = barcode
    out.linker[pair] = linker
    out.row[pair] = row
    if row == NOT_FOUND:
        return _UNASSIGNED
    text = batch.junction
    start = batch.junction_offsets[pair]
    stop = batch.junction_offsets[pair + 1]
    if _is_unreadable(text, batch.junction_quality, start, stop, limits):
        return _LOW_QUALITY
    protocol = patterns.row_protocol[row]
    pattern = patterns.ends[protocol]
    n_pattern = patterns.end_lengths[protocol]
    n_primer = patterns.primer_lengths[protocol]
    n_ltr_head = max(0, n_pattern - n_primer - 8)
    head_edits = int(limits.primer_error_rate * n_primer) + int(limits.ltr_error_rate * n_ltr_head)
    host = find_vector_end(text, start, stop, pattern, n_pattern, head_edits, limits.ltr_tail_mismatches)
    if host == NOT_FOUND:
        return _without_vector_end(text, start, stop, pattern, n_primer, n_pattern, patterns, row, limits)
    out.junction_start[pair] = host
    out.end_change[pair] = end_change(text, start, host, pattern, n_pattern)
    own = patterns.row_linker[row]
    length = NOT_FOUND
    if own >= 0:
        # the linker may begin with the LTR's own last bases (CA|AGTCC...), so look from two bases before
        length = find_read_through(
            text, host - 2, stop, patterns.through[own], patterns.through_lengths[own], MIN_OVERLAP
        )
        length = length if length == NOT_FOUND else max(0, length - 2 - patterns.through_gaps[own])
    host_stop = stop if length == NOT_FOUND else host + length
    out.junction_stop[pair] = host_stop
    if length != NOT_FOUND and length <= _EMPTY_INSERT:
        return _NO_INSERT
    vector = _vector_class(text, host, host_stop, patterns, protocol, limits.vector_mismatch_rate)
    if vector != _USABLE:
        return vector
    if batch.linker.shape[0] == 0:
        return _finish_single(text, stop, patterns, own, length, limits, out, pair)
    if linker_end == NOT_FOUND:
        return _NO_LINKER if linker == NOT_FOUND else _WRONG_LINKER
    if own >= 0:
        out.umi[pair] = _umi(batch.linker, umi_start, patterns.umi_lengths[own], False)
    return _finish_pair(batch, patterns, limits, out, pair, linker_end, length, protocol)


@numba.njit(cache=True, nogil=True)
def _finish_single(
    text: Codes,
    stop: int,
    patterns: Patterns,
    own: int,
    length: int,
    limits: Limits,
    out: Classified,
    pair: int,
) -> int:
    """A junction read without its mate: the UMI is known only where the read runs through the linker."""
    if own >= 0 and length != NOT_FOUND:
        at = out.junction_stop[pair] + patterns.suffix_lengths[own]
        if at + patterns.umi_lengths[own] <= stop:
            out.umi[pair] = _umi(text, at, patterns.umi_lengths[own], True)
    return _USABLE if out.junction_stop[pair] - out.junction_start[pair] >= limits.min_insert else _TOO_SHORT


@numba.njit(cache=True, nogil=True)
def _finish_pair(
    batch: ReadBatch,
    patterns: Patterns,
    limits: Limits,
    out: Classified,
    pair: int,
    linker_end: int,
    length: int,
    protocol: int,
) -> int:
    """Cut both reads where the insert ends."""
    stop = batch.linker_offsets[pair + 1]
    back = find_read_through(
        batch.linker, linker_end, stop, patterns.back[protocol], patterns.back_lengths[protocol], MIN_OVERLAP
    )
    if back != NOT_FOUND and back <= _EMPTY_INSERT and length == NOT_FOUND:
        return _NO_INSERT
    if back == NOT_FOUND and length != NOT_FOUND:
        back = length
    out.linker_start[pair] = linker_end
    out.linker_stop[pair] = stop if back == NOT_FOUND else min(stop, linker_end + back)
    if length == NOT_FOUND and back != NOT_FOUND:
        out.junction_stop[pair] = min(out.junction_stop[pair], out.junction_start[pair] + back)
    shortest = min(
        out.junction_stop[pair] - out.junction_start[pair], out.linker_stop[pair] - out.linker_start[pair]
    )
    return _USABLE if shortest >= limits.min_insert else _TOO_SHORT


@numba.njit(cache=True, nogil=True)
def _classify_all(batch: ReadBatch, patterns: Patterns, limits: Limits, out: Classified) -> None:
    for pair in range(out.fate.shape[0]):
        out.fate[pair] = _classify_pair(batch, pair, patterns, limits, out)


def classify_pairs(batch: ReadBatch, patterns: Patterns, limits: Limits) -> Classified:
    """Classify every pair of a batch.

    Returns:
        Arrays of one entry per pair. Spans are meaningful for usable pairs only; `linker_start == linker_stop` where
        there is no linker read.
    """
    n = len(batch.junction_offsets) - 1
    out = Classified(
        fate=np.zeros(n, np.uint8),
        row=np.full(n, NOT_FOUND, np.int32),
        junction_start=np.zeros(n, np.int64),
        junction_stop=np.zeros(n, np.int64),
        linker_start=np.zeros(n, np.int64),
        linker_stop=np.zeros(n, np.int64),
        umi=np.zeros(n, np.uint64),
        barcode=np.full(n, NOT_FOUND, np.int32),
        linker=np.full(n, NOT_FOUND, np.int32),
        end_change=np.zeros(n, np.uint32),
    )
    _classify_all(batch, patterns, limits, out)
    return out
