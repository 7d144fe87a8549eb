"""Best local alignment of short reads with short haplotypes, along one diagonal or two (one insertion or deletion).

Reads lie in these haplotypes or share a part with them, so that a few words say where; scores weigh each base by its quality.
`reference_haplotypes` finds the same scores by trying everything.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Codes, reverse_complement
from integrasite.kernels.genome_words import words_of

WORD = 12
"""Bases of a word by which a read is placed: of 2 kb of haplotype hardly any word fits elsewhere."""
BAND = 8
"""Longest insertion or deletion."""
GAP_OPEN, GAP_EXTEND = 5.0, 0.5
"""Score lost by a gap, in matching bases: as bwa's 6 + 1 per base against 1 per match, less sure of its length."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_LOG_BITS = 14
"""2 KB per haplotype: of words that one of 2 kb does not have, one in nine passes."""
_NEAR = GAP_OPEN + GAP_EXTEND
"""Score below the read's best possible one from which a gap can better it."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Haplotypes(NamedTuple):
    """Sequences end to end with their words.

    `codes`: bases; `starts`: where each begins (n + 1); `words`: per haplotype its words, sorted; `places`: where they stand in
    it; `firsts`: where each haplotype's words begin (n + 1); `bits`: per haplotype one bit per hash of a word, so that words it
    does not have are not looked for.
    """

    codes: Codes
    starts: Ints
    words: npt.NDArray[np.uint64]
    places: Ints
    firsts: Ints
    bits: npt.NDArray[np.uint64]


class Reads(NamedTuple):
    """Reads end to end, as sequenced and turned: codes, Phred qualities, where each begins (n + 1)."""

    codes: Codes
    qualities: npt.NDArray[np.uint8]
    starts: Ints
    turned: Codes
    turned_qualities: npt.NDArray[np.uint8]


class Places(NamedTuple):
    """Where reads lie in haplotypes (one row per task).

    `strand`: +1, -1, or 0 where nothing fits; `score`; `start`, `end`: aligned bases of the haplotype; `left`, `right`: where
    the read would begin and end there; `aligned`: bases of the read; `matches`: of these equal ones.
    """

    strand: Ints
    score: Floats
    start: Ints
    end: Ints
    left: Ints
    right: Ints
    aligned: Ints
    matches: Ints


def make_haplotypes(sequences: list[Codes]) -> Haplotypes:
    """Lay out sequences for `place_reads`."""
    words, places, firsts = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)], [0]
    for codes in sequences:
        at, found = words_of(codes, WORD)
        order = np.argsort(found, kind="stable")
        words.append(found[order])
        places.append(at[order])
        firsts.append(firsts[-1] + at.size)
    starts = np.zeros(len(sequences) + 1, np.int64)
    np.cumsum([codes.size for codes in sequences], out=starts[1:])
    joined = np.concatenate([np.zeros(0, np.uint8), *sequences])
    bits = np.zeros((len(sequences), 1 << (_LOG_BITS - 6)), np.uint64)
    every = np.concatenate(words)
    _fill(every, np.array(firsts), bits)
    return Haplotypes(joined, starts, every, np.concatenate(places), np.array(firsts), bits)


def make_reads(codes: Codes, qualities: npt.NDArray[np.uint8], starts: Ints) -> Reads:
    """Lay out reads, given end to end, for `place_reads`."""
    sizes = np.diff(starts)
    # both turned as a whole, then read by read in place: the last read's turn comes first
    source = np.repeat(starts[1:] - 1 + starts[:-1], sizes) - np.arange(codes.size)
    complement = reverse_complement(codes)[::-1]
    return Reads(codes, qualities, starts, np.ascontiguousarray(complement[source]), qualities[source])


@numba.njit(cache=True, nogil=True, inline="always")
def _bit(word: np.uint64) -> np.uint64:
    return np.uint64((word * _MULTIPLIER) >> np.uint64(64 - _LOG_BITS))


@numba.njit(cache=True, nogil=True)
def _fill(words: npt.NDArray[np.uint64], firsts: Ints, bits: npt.NDArray[np.uint64]) -> None:
    for h in range(firsts.shape[0] - 1):
        for word in words[firsts[h] : firsts[h + 1]]:
            bit = _bit(word)
            bits[h, bit >> np.uint64(6)] |= np.uint64(1) << (bit & np.uint64(63))


@numba.njit(cache=True, nogil=True)
def _vote(
    codes: Codes,
    words: npt.NDArray[np.uint64],
    places: Ints,
    bits: npt.NDArray[np.uint64],
    votes: npt.NDArray[np.int32],
) -> tuple[int, int]:
    """The diagonal (haplotype minus read) that most words of a read support, and how many do; of equal ones the lowest."""
    n = codes.shape[0]
    votes[:] = 0
    mask = np.uint64((1 << (2 * WORD)) - 1)
    word = np.uint64(0)
    known = 0
    best, most = 0, 0
    for i in range(n):
        if codes[i] > 3:
            known = 0
            continue
        word = ((word << np.uint64(2)) | np.uint64(codes[i])) & mask
        known += 1
        if known < WORD:
            continue
        bit = _bit(word)
        if not (bits[bit >> np.uint64(6)] >> (bit & np.uint64(63))) & np.uint64(1):
            continue
        row = np.searchsorted(words, word)
        while row < words.shape[0] and words[row] == word:
            at = places[row] - (i - WORD + 1) + n
            votes[at] += 1
            if votes[at] > most or (votes[at] == most and at < best):
                best, most = at, votes[at]
            row += 1
    return best - n, most


@numba.njit(cache=True, nogil=True)
def _values(
    codes: Codes,
    qualities: npt.NDArray[np.uint8],
    haplotype: Codes,
    diagonal: int,
    gain: Floats,
    cost: Floats,
    out: Floats,
) -> None:
    """Score of each base on a diagonal; beyond the haplotype's ends nothing can be aligned."""
    for i in range(codes.shape[0]):
        at = i + diagonal
        if at < 0 or at >= haplotype.shape[0]:
            out[i] = -1e6
        elif codes[i] > 3 or haplotype[at] > 3:
            out[i] = 0.0
        elif codes[i] == haplotype[at]:
            out[i] = gain[qualities[i]]
        else:
            out[i] = -cost[qualities[i]]


@numba.njit(cache=True, nogil=True)
def _top_run(values: Floats) -> float:
    """Score of the best run."""
    top = run = 0.0
    for value in values:
        run = max(run + value, 0.0)
        top = max(top, run)
    return top


@numba.njit(cache=True, nogil=True)
def _runs(values: Floats, upto: Floats, first: Ints, since: Floats, last: Ints) -> None:
    """Per base the best run that ends with it (score, first base) and that begins with it (score, last base)."""
    n = values.shape[0]
    for i in range(n):
        before = upto[i - 1] if i > 0 else 0.0
        goes_on = before > 0
        upto[i] = values[i] + (before if goes_on else 0.0)
        first[i] = first[i - 1] if goes_on else i
    for k in range(n):
        i = n - 1 - k
        behind = since[i + 1] if k > 0 else 0.0
        goes_on = behind > 0
        since[i] = values[i] + (behind if goes_on else 0.0)
        last[i] = last[i + 1] if goes_on else i


@numba.njit(cache=True, nogil=True)
def _join(
    upto: Floats, first: Ints, since: Floats, last: Ints, shift: int, best: float, found: Ints
) -> float:
    """Best way to go on by `shift` after a run; `found`: first base, last base before, first base behind, last base."""
    n = upto.shape[0]
    skipped = max(-shift, 0)
    lost = GAP_OPEN + GAP_EXTEND * abs(shift)
    for i in range(n - 1 - skipped):
        j = i + 1 + skipped
        if upto[i] > 0 and since[j] > 0 and upto[i] + since[j] - lost > best + 1e-9:
            best = upto[i] + since[j] - lost
            found[0], found[1], found[2], found[3] = first[i], i, j, last[j]
    return best


@numba.njit(cache=True, nogil=True)
def _matches(codes: Codes, haplotype: Codes, first: int, last: int, diagonal: int) -> int:
    n = 0
    for i in range(first, last + 1):
        if codes[i] == haplotype[i + diagonal] or haplotype[i + diagonal] > 3 or codes[i] > 3:
            n += 1
    return n


@numba.njit(cache=True, nogil=True)
def place_reads(
    reads: Reads, haplotypes: Haplotypes, tasks: Ints, gain: Floats, cost: Floats, places: Places
) -> None:
    """Align reads with haplotypes.

    Args:
        reads: the reads.
        haplotypes: the haplotypes.
        tasks: number of a read and of a haplotype per row.
        gain: score of an equal base by its quality.
        cost: score lost by a differing one.
        places: filled, one row per task.
    """
    longest = 1
    for r in range(reads.starts.shape[0] - 1):
        longest = max(longest, reads.starts[r + 1] - reads.starts[r])
    widest = 1
    for h in range(haplotypes.starts.shape[0] - 1):
        widest = max(widest, haplotypes.starts[h + 1] - haplotypes.starts[h])
    votes = np.zeros(longest + widest + 1, np.int32)
    floats = np.zeros((5, longest))
    ints = np.zeros((4, longest), np.int64)
    found, other = np.zeros(6, np.int64), np.zeros(4, np.int64)
    for task in range(tasks.shape[0]):
        r, h = tasks[task, 0], tasks[task, 1]
        low, high = reads.starts[r], reads.starts[r + 1]
        haplotype = haplotypes.codes[haplotypes.starts[h] : haplotypes.starts[h + 1]]
        words = haplotypes.words[haplotypes.firsts[h] : haplotypes.firsts[h + 1]]
        at = haplotypes.places[haplotypes.firsts[h] : haplotypes.firsts[h + 1]]
        n_votes = haplotype.shape[0] + high - low + 1
        places.strand[task], places.score[task] = 0, 0.0
        bits = haplotypes.bits[h]
        forward, n_forward = _vote(reads.codes[low:high], words, at, bits, votes[:n_votes])
        backward, n_backward = _vote(reads.turned[low:high], words, at, bits, votes[:n_votes])
        if n_forward == 0 and n_backward == 0:
            continue
        if n_forward >= n_backward:
            codes, qualities, diagonal = reads.codes[low:high], reads.qualities[low:high], forward
        else:
            codes, qualities, diagonal = reads.turned[low:high], reads.turned_qualities[low:high], backward
        score = _best_along(codes, qualities, haplotype, diagonal, gain, cost, floats, ints, found, other)
        if score <= 0:
            continue
        # found: first, last before a gap, first behind it, last; diagonals before and behind
        places.strand[task] = 1 if n_forward >= n_backward else -1
        places.score[task] = score
        places.start[task], places.end[task] = found[0] + found[4], found[3] + found[5] + 1
        places.left[task], places.right[task] = found[4], high - low + found[5]
        places.aligned[task] = found[3] - found[0] + 1
        equal = _matches(codes, haplotype, found[0], found[1], found[4])
        if found[2] > found[1]:
            equal += _matches(codes, haplotype, found[2], found[3], found[5])
        places.matches[task] = equal


@numba.njit(cache=True, nogil=True)
def _best_along(
    codes: Codes,
    qualities: npt.NDArray[np.uint8],
    haplotype: Codes,
    diagonal: int,
    gain: Floats,
    cost: Floats,
    floats: Floats,
    ints: Ints,
    found: Ints,
    other: Ints,
) -> float:
    """Best local alignment along a diagonal, or along it and one nearby; `found` as `place_reads` reads it."""
    n = codes.shape[0]
    values, upto, since, near_upto, near_since = (
        floats[0, :n], floats[1, :n], floats[2, :n], floats[3, :n], floats[4, :n],
    )  # fmt: skip
    first, last, near_first, near_last = ints[0, :n], ints[1, :n], ints[2, :n], ints[3, :n]
    _values(codes, qualities, haplotype, diagonal, gain, cost, values)
    _runs(values, upto, first, since, last)
    end = int(np.argmax(upto))
    best = along = upto[end]
    found[0], found[1], found[2], found[3], found[4], found[5] = first[end], end, end, end, diagonal, diagonal
    most = 0.0
    for i in range(n):
        most += gain[qualities[i]] if codes[i] < 4 else 0.0
    if best <= 0 or best >= most - _NEAR:
        return float(best)
    for step in range(1, BAND + 1):
        for shift in (-step, step):
            _values(codes, qualities, haplotype, diagonal + shift, gain, cost, values)
            if _top_run(values) + along - GAP_OPEN - GAP_EXTEND * step <= best:
                continue  # no run there makes up for the gap
            _runs(values, near_upto, near_first, near_since, near_last)
            joined = _join(upto, first, near_since, near_last, shift, best, other)
            if joined > best:
                best = joined
                found[:4] = other
                found[4], found[5] = diagonal, diagonal + shift
            joined = _join(near_upto, near_first, since, last, -shift, best, other)
            if joined > best:
                best = joined
                found[:4] = other
                found[4], found[5] = diagonal + shift, diagonal
    return float(best)


def empty_places(n: int) -> Places:
    """Room for `n` tasks."""
    ints = [np.zeros(n, np.int64) for _ in range(7)]
    return Places(ints[0], np.zeros(n), *ints[1:])
