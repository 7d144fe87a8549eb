"""Which reads of a batch show bases of a target, and where reads of known loci lie.

Targets (vectors, plasmid parts) are looked for with few bases and an error: a word of `SEED` bases at every `STEP`-th base of
the read is looked up among all words of the targets, first by its last bits in a bitmap that fits the nearest cache, then
as a whole, then extended along the target over at most one mismatch.
Loci (single-copy host loci, windows around sites) are looked for with some long exact words of each read, since
their reads lie in them as a whole. Both strands of either are in the tables, so reads are read once, as they come.
`reference_recruit` does the same slowly.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import CODE_OF
from integrasite.kernels.recruit_words import pack_text, word_at, words_for

SEED = 11
"""Bases of an exact word of a target. With ten, four times as many words of host reads would have to be looked at."""
STEP = 5
"""Bases from one word of a read that is looked up to the next. Any 15 exact bases hold one, any 20 two of them; with one
mismatch in them 20 bases hold one if the mismatch is among the outer ten, 31 bases always."""
SIEVE_BITS = 18
"""Low bits of a word by which it is looked up first, in 32 kB: one word of host in ten goes on to the whole bitmap, whose
512 kB would push everything else out of the second-level cache."""
SEED_TRIPLETS = 1
"""Words with no more distinct triplets than this (runs of one base) are not looked up. The two words of 20 bases leave out 4 of
their 18 triplets, so that an exact match with 7 distinct triplets or more always has a word that is looked up."""
WORD = 25
"""Bases of a locus's words: long enough to be unique in a genome, short enough for reads of 36 bases."""
BARRIER = 6
"""Stands between sequences of a table; matches nothing, and no match goes over it."""
UNREADABLE = 5
"""Stands in a table for a base that is not A, C, G or T; matches nothing."""

_SIEVE_MASK = np.uint64((1 << SIEVE_BITS) - 1)
_MIX = np.uint64(0x9E3779B97F4A7C15)
FIRST_WORD = -((SEED - WORD) // STEP)
"""The first of a read's words that has `WORD` bases before its end."""

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]


class SeedTable(NamedTuple):
    """Words of all targets, both strands.

    `sieve`: one bit per value of a word's `SIEVE_BITS` low bits; `bits`: one bit per possible word; `words`, `rows`: an
    open-addressing table from word (-1 empty) to row; `first`: per row its first entry of `places` (one more at the end);
    `places`: where in `sequence` the word begins; `sequence`: codes, barriers at both ends and between sequences; `owner`:
    target of each of its bases (-1 barrier); `least`: bases and distinct triplets of the shortest match that counts.
    """

    sieve: Bytes
    bits: Bytes
    words: Small
    rows: Small
    first: Small
    places: Small
    sequence: Bytes
    owner: Small
    least: Ints


class LocusTable(NamedTuple):
    """Words of all loci, both strands, by open addressing.

    `bits`: one bit per slot of a table four times as large; `words`: the words; `places`: 1 + where the word begins in the
    loci end to end, negative for the other strand, 0 for an empty slot; `offsets`: where each locus begins (n + 1); `samples`:
    about how many words of a read are compared with the loci, evenly spaced.
    """

    bits: Bytes
    words: Words
    places: Small
    offsets: Ints
    samples: int


class Hits(NamedTuple):
    """Per read: bases of its longest match, whose target that is (-1 none), locus (-1 none), 5' end, strand.

    `position`: the read's first base in the locus for reads of its + strand; one past it for those of its - strand. May lie
    outside the locus. `is_forward`: the read shows the locus's + strand.
    """

    span: Small
    target: Small
    locus: Small
    position: Small
    is_forward: npt.NDArray[np.bool_]


@numba.njit(cache=True, nogil=True, inline="always")
def mix(word: np.uint64) -> np.uint64:
    """Spread a word's bits over 64."""
    word = (word ^ (word >> np.uint64(29))) * _MIX
    return np.uint64(word ^ (word >> np.uint64(32)))


@numba.njit(cache=True, nogil=True, inline="always")
def n_read_words(length: int) -> int:
    """How many words of a read of this length are looked up."""
    return (length - SEED) // STEP + 1 if length >= SEED else 0


@numba.njit(cache=True, nogil=True)
def _triplets(sequence: Bytes, start: int, stop: int) -> int:
    seen = np.uint64(0)
    for at in range(start, stop - 2):
        first, second, third = sequence[at], sequence[at + 1], sequence[at + 2]
        if first < 4 and second < 4 and third < 4:
            seen |= np.uint64(1) << np.uint64(16 * first + 4 * second + third)
    n = 0
    while seen:
        seen &= seen - np.uint64(1)
        n += 1
    return n


@numba.njit(cache=True, nogil=True)
def _run_left(text: Bytes, start: int, at: int, sequence: Bytes, place: int) -> int:
    """How many bases agree, going left from `text[at]` and `sequence[place]`."""
    n = 0
    while at - n >= start and CODE_OF[text[at - n]] == sequence[place - n]:
        n += 1
    return n


@numba.njit(cache=True, nogil=True)
def _run_right(text: Bytes, stop: int, at: int, sequence: Bytes, place: int) -> int:
    """How many bases agree, going right from `text[at]` and `sequence[place]`."""
    n = 0
    while at + n < stop and CODE_OF[text[at + n]] == sequence[place + n]:
        n += 1
    return n


@numba.njit(cache=True, nogil=True)
def _extend(text: Bytes, start: int, stop: int, at: int, sequence: Bytes, place: int) -> tuple[int, int]:
    """The longest match `[begin, end)` of the read around a seed that begins at `at`, with at most one mismatch."""
    right = _run_right(text, stop, at, sequence, place)
    if right < SEED:  # unreadable bases look like G in a word
        return at, at
    left = _run_left(text, start, at - 1, sequence, place - 1)
    begin, end = at - left, at + right
    more_left = more_right = 0
    edge = place - left - 1
    if begin > start and sequence[edge] != BARRIER:
        more_left = _run_left(text, start, begin - 2, sequence, edge - 1)
    edge = place + right
    if end < stop and sequence[edge] != BARRIER:
        more_right = _run_right(text, stop, end + 1, sequence, edge + 1)
    if more_left >= more_right and more_left:
        return begin - 1 - more_left, end
    if more_right:
        return begin, end + 1 + more_right
    return begin, end


@numba.njit(cache=True, nogil=True)
def row_of(word: int, words: Small, rows: Small) -> int:
    """Row of a word that is in the table of seeds."""
    mask = np.uint64(words.shape[0] - 1)
    slot = mix(np.uint64(word)) & mask
    while words[slot] != word:
        slot = (slot + np.uint64(1)) & mask
    return int(rows[slot])


# Arrays are handed on one by one: taking a tuple of them apart costs more than a match, since numba counts references.
@numba.njit(cache=True, nogil=True)
def _match_places(
    text: Bytes,
    start: int,
    stop: int,
    at: int,
    places: Small,
    sequence: Bytes,
    owner: Small,
    least: Ints,
    state: Ints,
) -> None:
    """Extend one seed at its places; `state`: longest match, its target; diagonal of the last match, its end."""
    for place in places:
        shift = place - at
        if shift == state[2] and at < state[3]:
            continue
        begin, end = _extend(text, start, stop, at, sequence, place)
        if end - begin < least[0] or _triplets(sequence, begin + shift, end + shift) < least[1]:
            continue
        state[2], state[3] = shift, end
        if end - begin > state[0] or (end - begin == state[0] and owner[place] < state[1]):
            state[0], state[1] = end - begin, owner[place]


@numba.njit(cache=True, nogil=True, inline="always")
def _bit(bits: Bytes, place: np.uint64) -> int:
    return int((bits[place >> np.uint64(3)] >> (np.uint8(place) & np.uint8(7))) & np.uint8(1))


@numba.njit(cache=True, nogil=True)
def _place_words(
    packed: Words, lead: int, length: int, bits: Bytes, words: Words, places: Small, samples: int
) -> tuple[int, int]:
    """The first of a read's words that a locus has: its entry and where in the read it ends; (0, 0) where none."""
    n_bits = np.uint64(8 * bits.shape[0] - 1)
    mask = np.uint64(words.shape[0] - 1)
    n_words = n_read_words(length)
    for number in range(FIRST_WORD, n_words, max(1, (n_words - FIRST_WORD) // samples)):
        last = SEED - 1 + STEP * number
        word = word_at(packed, lead + last - (WORD - 1), WORD)
        mixed = mix(word)
        bit = mixed & n_bits
        if _bit(bits, bit):
            slot = mixed & mask
            while places[slot] != 0 and words[slot] != word:
                slot = (slot + np.uint64(1)) & mask
            if places[slot] != 0:
                return int(places[slot]), last
    return 0, 0


@numba.njit(cache=True, nogil=True)
def place_read(
    packed: Words,
    lead: int,
    length: int,
    bits: Bytes,
    words: Words,
    places: Small,
    offsets: Ints,
    samples: int,
) -> tuple[int, int, bool]:
    """Locus, position and strand of a read, as in `Hits`.

    Args:
        packed: the read.
        lead: bases before its first one there.
        length: bp.
        bits, words, places, offsets, samples: of the loci.
    """
    entry, last = _place_words(packed, lead, length, bits, words, places, samples)
    if entry == 0:
        return -1, 0, False
    origin = abs(entry) - 1
    locus = np.searchsorted(offsets, origin, side="right") - 1
    return (
        int(locus),
        int(origin - offsets[locus] + (WORD - 1 - last if entry > 0 else last + 1)),
        bool(entry > 0),
    )


@numba.njit(cache=True, nogil=True)
def find_seeds(packed: Words, lead: int, length: int, sieve: Bytes, bits: Bytes, found: Ints) -> int:
    """Which of a read's words targets have: how many, and their numbers in `found` (one element to spare)."""
    n_sieved = n_found = 0
    for number in range(n_read_words(length)):
        # no branch: the entry counts only where the bit is set
        found[n_sieved] = number
        n_sieved += _bit(sieve, word_at(packed, lead + STEP * number, SEED) & _SIEVE_MASK)
    for number in found[:n_sieved]:
        found[n_found] = number
        n_found += _bit(bits, word_at(packed, lead + STEP * number, SEED))
    return n_found


@numba.njit(cache=True, nogil=True)
def match_seeds(
    packed: Words,
    lead: int,
    found: Ints,
    text: Bytes,
    start: int,
    stop: int,
    words: Small,
    rows: Small,
    first: Small,
    places: Small,
    sequence: Bytes,
    owner: Small,
    least: Ints,
    state: Ints,
) -> None:
    """Extend a read's words of targets; `state`: bases of its longest match and the match's target, both else 0 and -1.

    Args:
        packed: the read.
        lead: bases before its first one there.
        found: numbers of its words.
        text: letters (ASCII).
        start: its first base in `text`.
        stop: one past its last base.
        words, rows, first, places, sequence, owner, least: of the targets.
        state: filled (four elements).
    """
    state[0], state[1], state[2], state[3] = 0, -1, -(1 << 40), -1
    for number in found:
        row = row_of(int(word_at(packed, lead + STEP * number, SEED)), words, rows)
        here = places[first[row] : first[row + 1]]
        _match_places(text, start, stop, start + STEP * number, here, sequence, owner, least, state)


@numba.njit(cache=True, nogil=True)
def scan_reads(
    text: Bytes, starts: Ints, stops: Ints, seeds: SeedTable, loci: LocusTable, hits: Hits
) -> None:
    """Compare the reads `text[starts:stops]` (ASCII bases) with all targets and loci.

    Args:
        text: letters of a batch.
        starts: first base of each read.
        stops: one past its last base.
        seeds: the targets.
        loci: the loci; none: reads are not placed.
        hits: filled, one row per read.
    """
    sieve, bits, words, rows, first, places, sequence, owner, least = seeds
    locus_bits, locus_words, locus_places, offsets, samples = loci
    span, target, locus, position, is_forward = hits
    longest = 0
    for read in range(starts.shape[0]):
        longest = max(longest, stops[read] - starts[read])
    packed, state = words_for(longest), np.empty(4, np.int64)
    found = np.empty(n_read_words(longest) + 1, np.int64)
    for read in range(starts.shape[0]):
        start, stop = starts[read], stops[read]
        pack_text(text, start, stop, packed)
        locus[read], position[read], is_forward[read] = place_read(
            packed, 0, stop - start, locus_bits, locus_words, locus_places, offsets, samples
        )
        span[read], target[read] = 0, -1
        n = find_seeds(packed, 0, stop - start, sieve, bits, found)
        if n:
            match_seeds(
                packed,
                0,
                found[:n],
                text,
                start,
                stop,
                words,
                rows,
                first,
                places,
                sequence,
                owner,
                least,
                state,
            )
            span[read], target[read] = state[0], state[1]


def take_hits(hits: Hits, rows: Ints) -> Hits:
    """The answers about some reads."""
    return Hits(
        hits.span[rows], hits.target[rows], hits.locus[rows], hits.position[rows], hits.is_forward[rows]
    )


def empty_hits(n: int) -> Hits:
    """Room for the answers about `n` reads."""
    columns = [np.empty(n, np.int32) for _ in range(4)]
    return Hits(columns[0], columns[1], columns[2], columns[3], np.empty(n, np.bool_))
