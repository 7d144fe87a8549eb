"""Whose a pair is, and where the linker ends in its linker read.

A linker is a constant prefix, a UMI and a constant suffix; either constant part may be empty. Synthesised linkers often
lack a base (one in twenty of real reads), so a library's own linker is also found with indels.
"""

import numba

from integrasite.kernels.codes import Codes
from integrasite.kernels.layout import Limits, Patterns, ReadBatch
from integrasite.kernels.match import NOT_FOUND, best_of, count_mismatches, edit_distance

_ANCHOR = 2
"""Last bases of a linker with indels that must be exact, so that the breakpoint is."""
_SHIFTS = 7
_MANY = 1 << 20


@numba.njit(cache=True, nogil=True)
def count_substitutions(
    text: Codes, start: int, stop: int, patterns: Patterns, linker: int, limit: int
) -> int:
    """Substitutions in both constant parts of a linker at the start of a read, or `NOT_FOUND`.

    Each part may hold `limit`, but no more than one in four of its bases.
    """
    n_prefix = patterns.prefix_lengths[linker]
    n_suffix = patterns.suffix_lengths[linker]
    at = start + n_prefix + patterns.umi_lengths[linker]
    if at + n_suffix > stop:
        return NOT_FOUND
    allowed = min(limit, n_prefix // 4)
    errors = count_mismatches(text, start, stop, patterns.prefixes[linker], 0, n_prefix, allowed)
    if errors > allowed:
        return NOT_FOUND
    allowed = min(limit, n_suffix // 4)
    more = count_mismatches(text, at, stop, patterns.suffixes[linker], 0, n_suffix, allowed)
    return NOT_FOUND if more > allowed else errors + more


@numba.njit(cache=True, nogil=True)
def _shift(step: int) -> int:
    """0, 1, -1, 2, -2, ..."""
    return (step + 1) // 2 if step % 2 == 1 else -(step // 2)


@numba.njit(cache=True, nogil=True)
def find_with_indels(
    text: Codes, start: int, stop: int, patterns: Patterns, linker: int, limit: int
) -> tuple[int, int, int]:
    """A linker with bases lost or gained: `(first host base, first base of the UMI, edits)`, or `NOT_FOUND` thrice.

    Each constant part may hold `limit` edits, but no more than one in six of its bases, and the UMI one base more or
    less. Of several ways to read it, the one with fewest edits, then the one with the smallest shift.
    """
    prefix, suffix = patterns.prefixes[linker], patterns.suffixes[linker]
    n_prefix, n_suffix = patterns.prefix_lengths[linker], patterns.suffix_lengths[linker]
    n_umi = patterns.umi_lengths[linker]
    found, umi, best = NOT_FOUND, NOT_FOUND, _MANY
    prefix_limit, suffix_limit = min(limit, n_prefix // 6), min(limit, n_suffix // 6)
    for step in range(_SHIFTS):
        end = start + n_prefix + n_umi + n_suffix + _shift(step)
        if end > stop or end - n_umi - _ANCHOR < start:
            continue
        if n_suffix > 0:
            n_anchor = min(_ANCHOR, n_suffix)
            if count_mismatches(text, end - n_anchor, stop, suffix, n_suffix - n_anchor, n_suffix, 0) > 0:
                continue
        else:
            n_anchor = min(_ANCHOR, n_prefix)
            at = end - n_umi - n_anchor
            if count_mismatches(text, at, stop, prefix, n_prefix - n_anchor, n_prefix, 0) > 0:
                continue
        for lost in range(3 if n_suffix > 0 else 1):
            suffix_start = end - n_suffix - _shift(lost)
            if suffix_start - n_umi < start:
                continue
            edits = edit_distance(text, suffix_start, end, suffix, n_suffix, suffix_limit)
            if edits > suffix_limit:
                continue
            for moved in range(3 if n_umi > 0 and n_suffix > 0 and n_prefix > 0 else 1):
                prefix_stop = suffix_start - n_umi - _shift(moved)
                if prefix_stop < start:
                    continue
                more = edit_distance(text, start, prefix_stop, prefix, n_prefix, prefix_limit)
                total = edits + more + (1 if moved > 0 else 0)
                if more <= prefix_limit and total < best:
                    found, umi, best = end, suffix_start - n_umi, total
    return found, umi, (best if found != NOT_FOUND else NOT_FOUND)


@numba.njit(cache=True, nogil=True)
def _best_with_indels(
    text: Codes, start: int, stop: int, patterns: Patterns, barcode: int, limit: int
) -> tuple[int, int, int, int]:
    """As `_best_row`, for a linker with bases lost or gained."""
    best_row, best_end, best_umi, best = NOT_FOUND, NOT_FOUND, NOT_FOUND, _MANY
    for row in range(patterns.row_linker.shape[0]):
        linker = patterns.row_linker[row]
        if linker < 0 or (patterns.row_barcode[row] != barcode and patterns.row_barcode[row] >= 0):
            continue
        end, umi, errors = find_with_indels(text, start, stop, patterns, linker, limit)
        if end == NOT_FOUND or errors > best:
            continue
        best_end, best_umi = end, umi
        best_row = row if errors < best else NOT_FOUND
        best = errors
    return best_row, best_end, best_umi, best


@numba.njit(inline="always")  # handing all patterns on to another function costs more than the comparison
def _best_row(
    text: Codes, start: int, stop: int, patterns: Patterns, barcode: int, limit: int
) -> tuple[int, int, int, int]:
    """Row whose linker fits best: `(row, first host base, first base of the UMI, errors)`; row `NOT_FOUND` where two fit."""
    best_row, best_end, best_umi, best = NOT_FOUND, NOT_FOUND, NOT_FOUND, _MANY
    for row in range(patterns.row_linker.shape[0]):
        linker = patterns.row_linker[row]
        if linker < 0 or (patterns.row_barcode[row] != barcode and patterns.row_barcode[row] >= 0):
            continue
        errors = count_substitutions(text, start, stop, patterns, linker, limit)
        if errors == NOT_FOUND or errors > best:
            continue
        best_umi = start + patterns.prefix_lengths[linker]
        best_end = best_umi + patterns.umi_lengths[linker] + patterns.suffix_lengths[linker]
        best_row = row if errors < best else NOT_FOUND
        best = errors
        if best == 0:
            break
    if best == _MANY:
        return _best_with_indels(text, start, stop, patterns, barcode, limit)
    return best_row, best_end, best_umi, best


@numba.njit(cache=True, nogil=True)
def _look_again(
    text: Codes, start: int, stop: int, patterns: Patterns, row: int, limit: int, errors: int
) -> tuple[int, int, int]:
    """Whether another linker fits a read with fewer substitutions than `errors`, or the row's own with fewer edits.

    Returns:
        `(other linker, first host base, first base of the UMI)`, each `NOT_FOUND` where what is known stands.
    """
    best = errors
    other = NOT_FOUND
    for linker in range(patterns.prefix_lengths.shape[0]):
        found = count_substitutions(text, start, stop, patterns, linker, limit)
        if found != NOT_FOUND and found < best:
            best, other = found, linker
    if row == NOT_FOUND or other != NOT_FOUND or errors < 2:
        return other, NOT_FOUND, NOT_FOUND
    # a base lost near the linker's end looks like substitutions, but moves the breakpoint
    end, umi, edits = find_with_indels(text, start, stop, patterns, patterns.row_linker[row], limit)
    if end == NOT_FOUND or edits >= errors:
        return NOT_FOUND, NOT_FOUND, NOT_FOUND
    return NOT_FOUND, end, umi


@numba.njit(inline="always")
def _only_row(patterns: Patterns, barcode: int) -> int:
    """The row that the index read alone points to, or `NOT_FOUND` where there is none or more than one."""
    only = NOT_FOUND
    if barcode == NOT_FOUND and patterns.barcodes.shape[0] > 0:
        return NOT_FOUND
    for row in range(patterns.row_barcode.shape[0]):
        if patterns.row_barcode[row] == barcode:
            if only != NOT_FOUND:
                return NOT_FOUND
            only = row
    return only


@numba.njit(inline="always")
def assign_pair(
    batch: ReadBatch, pair: int, patterns: Patterns, limits: Limits
) -> tuple[int, int, int, int, int]:
    """Barcode, linker, library, first host base and first UMI base in the linker read (`NOT_FOUND` where unknown).

    A library claims a pair by what its row names: barcode, linker or both. A pair whose barcode points to one library
    is that library's, whatever linker it carries; the caller sees from the linker that it is another's.
    """
    barcode = NOT_FOUND
    if patterns.barcodes.shape[0] > 0:
        start, stop = batch.index_offsets[pair], batch.index_offsets[pair + 1]
        barcode = best_of(
            batch.index_read,
            start,
            stop,
            patterns.barcodes,
            patterns.barcode_lengths,
            limits.barcode_mismatches,
        )
    only = _only_row(patterns, barcode)
    start, stop = batch.linker_offsets[pair], batch.linker_offsets[pair + 1]
    if only != NOT_FOUND and (patterns.row_linker[only] < 0 or batch.linker.shape[0] == 0):
        return barcode, patterns.row_linker[only], only, start, start
    row, end, umi, errors = _best_row(batch.linker, start, stop, patterns, barcode, limits.linker_mismatches)
    if errors > 0 and (errors < _MANY or only != NOT_FOUND):
        other, shifted, shifted_umi = _look_again(
            batch.linker, start, stop, patterns, row, limits.linker_mismatches, errors
        )
        if other != NOT_FOUND:
            return barcode, other, only, NOT_FOUND, NOT_FOUND
        if shifted != NOT_FOUND:
            end, umi = shifted, shifted_umi
    if row == NOT_FOUND:
        return barcode, NOT_FOUND, only, NOT_FOUND, NOT_FOUND
    return barcode, patterns.row_linker[row], row, end, umi
