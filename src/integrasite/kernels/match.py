"""Tolerant matching of short known sequences in reads: codes 0-3 are A, C, G, T; 4 is anything else.

All functions are compiled, take `uint8` code arrays and work on `[start, stop)` of a batch buffer that holds many
reads end to end. A base that could not be read (4) never matches.
"""

import numba
import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Codes

NOT_FOUND = -1
TAIL = 8
"""Bases at the vector's end that must be read nearly exactly: an indel there would move the junction."""
END_BASES = 16
"""Bases before the host whose differences from the vector end are kept: what 32 bits hold."""
_MAX_SHIFT = 4
_FAR = 1 << 20
_INDEL_BASES = 13


@numba.njit(cache=True, nogil=True)
def count_mismatches(
    text: Codes, at: int, stop: int, pattern: Codes, first: int, last: int, limit: int
) -> int:
    """Substitutions between `text[at:]` and `pattern[first:last]`; `limit + 1` as soon as there are more than `limit`.

    Pattern bases beyond `stop` count as mismatches.
    """
    mismatches = 0
    for k in range(first, last):
        position = at + k - first
        if position >= stop or text[position] != pattern[k] or pattern[k] > 3:
            mismatches += 1
            if mismatches > limit:
                return limit + 1
    return mismatches


@numba.njit(cache=True, nogil=True)
def edit_distance(text: Codes, start: int, stop: int, pattern: Codes, n_pattern: int, limit: int) -> int:
    """Edit distance of `text[start:stop]` and `pattern[:n_pattern]`, both to their ends; `limit + 1` where it is more."""
    n_text = stop - start
    if abs(n_text - n_pattern) > limit:
        return limit + 1
    previous = np.empty(n_text + 1, np.int32)
    current = np.empty(n_text + 1, np.int32)
    for column in range(n_text + 1):
        previous[column] = column
    for row in range(1, n_pattern + 1):
        low = max(1, row - limit)
        high = min(n_text, row + limit)
        current[low - 1] = row if low == 1 else _FAR
        best = current[low - 1]
        for column in range(low, high + 1):
            cost = previous[column - 1] + (0 if text[start + column - 1] == pattern[row - 1] else 1)
            if column < row + limit:
                cost = min(cost, previous[column] + 1)
            cost = min(cost, current[column - 1] + 1)
            current[column] = cost
            best = min(best, cost)
        if best > limit:
            return limit + 1
        previous, current = current, previous
    return int(min(previous[n_text], limit + 1))


@numba.njit(cache=True, nogil=True)
def find_vector_end(
    text: Codes, start: int, stop: int, pattern: Codes, n_pattern: int, head_edits: int, tail_mismatches: int
) -> int:
    """Where the vector ends in a read that starts with `pattern` (primer and LTR end).

    The last `TAIL` bases are compared without indels and the last two must be the vector's; the head before them
    may hold substitutions and indels. An indel in the head is believed only if the tail is exact.

    Returns:
        Index of the first base after the vector, or `NOT_FOUND`.
    """
    n_tail = min(TAIL, n_pattern)
    n_head = n_pattern - n_tail
    for step in range(2 * _MAX_SHIFT + 1):
        shift = (step + 1) // 2 if step % 2 == 1 else -(step // 2)
        at = start + n_head + shift
        if at < start or at + n_tail > stop or abs(shift) > head_edits:
            continue
        if text[at + n_tail - 1] != pattern[n_pattern - 1] or text[at + n_tail - 2] != pattern[n_pattern - 2]:
            continue
        limit = tail_mismatches if shift == 0 else 0
        if count_mismatches(text, at, stop, pattern, n_head, n_pattern, limit) > limit:
            continue
        if shift == 0 and count_mismatches(text, start, stop, pattern, 0, n_head, head_edits) <= head_edits:
            return at + n_tail
        if edit_distance(text, start, at, pattern, n_head, head_edits) <= head_edits:
            return at + n_tail
    return NOT_FOUND


@numba.njit(cache=True, nogil=True)
def end_change(text: Codes, start: int, host: int, pattern: Codes, n_pattern: int) -> int:
    """How the last bases before `host` differ from the end of `pattern`: XOR of the codes, two bits a base, the last lowest."""
    change = 0
    for back in range(min(END_BASES, n_pattern, host - start)):
        code = text[host - 1 - back]
        expected = pattern[n_pattern - 1 - back]
        if code <= 3 and expected <= 3:
            change |= (int(code) ^ int(expected)) << (2 * back)
    return change


@numba.njit(cache=True, nogil=True)
def matched_prefix(text: Codes, start: int, stop: int, pattern: Codes, first: int, last: int) -> int:
    """How many bases of `pattern[first:last]` the read follows before it leaves them (at most 1 mismatch in 5)."""
    mismatches = 0
    longest = 0
    for k in range(first, last):
        position = start + k - first
        if position >= stop:
            break
        if text[position] != pattern[k]:
            mismatches += 1
        elif mismatches * 5 <= k - first + 1:
            longest = k - first + 1
    return longest


@numba.njit(cache=True, nogil=True)
def _goes_on(text: Codes, at: int, stop: int, pattern: Codes, first: int, n_pattern: int) -> bool:
    """Whether a read that left the pattern at `first` follows it exactly again after one base lost or gained."""
    lost = min(n_pattern - first - 1, stop - at)
    if first + lost >= _INDEL_BASES and (
        count_mismatches(text, at, stop, pattern, first + 1, first + 1 + lost, 0) == 0
    ):
        return True
    gained = min(n_pattern - first, stop - at - 1)
    return (
        first + gained >= _INDEL_BASES
        and count_mismatches(text, at + 1, stop, pattern, first, first + gained, 0) == 0
    )


@numba.njit(cache=True, nogil=True)
def find_read_through(
    text: Codes, start: int, stop: int, pattern: Codes, n_pattern: int, min_overlap: int
) -> int:
    """Where the read runs into the other adapter: offset from `start`, or `NOT_FOUND`.

    At the end of the read a part of the pattern is enough, from `min_overlap` bases. Two mismatches are allowed in 14
    bases, one in 12 (none in fewer), or one base lost or gained where 13 others are exact: synthesised adapters often
    lack a base.
    """
    if n_pattern < min_overlap:
        return NOT_FOUND
    for at in range(start, stop - min_overlap + 1):
        length = min(n_pattern, stop - at)
        limit = 0 if length < 12 else (1 if length < 14 else 2)
        mismatches = 0
        first = length
        for k in range(length):
            if text[at + k] != pattern[k]:
                if mismatches == 0:
                    first = k
                mismatches += 1
                if mismatches > limit:
                    break
        if mismatches <= limit:
            return at - start
        if first >= 3 and _goes_on(text, at + first, stop, pattern, first, n_pattern):
            return at - start
    return NOT_FOUND


@numba.njit(cache=True, nogil=True)
def follows(text: Codes, start: int, stop: int, pattern: Codes, n_pattern: int, mismatch_rate: float) -> bool:
    """Whether the read goes on as `pattern` does: 18-30 bases compared, one base gained or lost at the start allowed."""
    length = min(n_pattern, stop - start, 30)
    if length < 12:
        return False
    for shift in range(-2, 3):
        first = max(0, shift)
        at = start + max(0, -shift)
        last = min(n_pattern, first + min(length, stop - at))
        compared = last - first
        if compared < 12:
            continue
        limit = int(mismatch_rate * compared + 0.5)
        if count_mismatches(text, at, stop, pattern, first, last, limit) <= limit:
            return True
        short = min(18, compared)
        if count_mismatches(text, at, stop, pattern, first, first + short, 2) <= 2 and short == 18:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def best_of(
    text: Codes,
    start: int,
    stop: int,
    patterns: npt.NDArray[np.uint8],
    lengths: npt.NDArray[np.int64],
    limit: int,
) -> int:
    """Which pattern stands at the start of the read with fewest substitutions (at most `limit`).

    Returns:
        Row of `patterns`, or `NOT_FOUND` where none fits or two fit equally well.
    """
    best = NOT_FOUND
    best_mismatches = limit + 1
    for row in range(patterns.shape[0]):
        mismatches = count_mismatches(text, start, stop, patterns[row], 0, lengths[row], limit)
        if mismatches < best_mismatches:
            best = row
            best_mismatches = mismatches
        elif mismatches == best_mismatches and mismatches <= limit:
            best = NOT_FOUND
    return best
