"""One pass over a genome: exact stretches that it shares with a text, and how often it holds given words.

A word of k <= 31 bases is an integer of two bits a base. Shared stretches are found by words of 20 bases of the text, on
the strand in which the text stands (give both strands of a vector); words are counted on both strands.
"""

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import CODE_OF, Codes

SEED = 20
"""Bases of a word by which shared stretches are found: 5 kb of vector meet 3 Gb in about 30 such words by chance."""
WORD = 31
"""Bases of counted words: by chance none of 5 kb stands in a genome of 3 Gb."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class WordTable:
    """Distinct words, to be found again fast.

    Attributes:
        words: the words, sorted.
        bits: two bits per hash; nearly all words of a genome end there.
        keys: open addressing; all ones where a slot is free.
        rows: for each slot the row of its word.
    """

    words: Words
    bits: Words
    keys: Words
    rows: npt.NDArray[np.int32]


def word_table(words: Words) -> WordTable:
    """Lay out distinct words for `scan_contig`."""
    distinct = np.unique(words.astype(np.uint64))
    log_slots = max(int(np.ceil(np.log2(max(distinct.size, 1) * 3))), 4)
    log_bits = max(int(np.ceil(np.log2(max(distinct.size, 1) * 16))), 10)
    bits = np.zeros(1 << (log_bits - 6), np.uint64)
    keys = np.full(1 << log_slots, _EMPTY, np.uint64)
    rows = np.zeros(1 << log_slots, np.int32)
    _fill(distinct, bits, log_bits, keys, rows, log_slots)
    return WordTable(distinct, bits, keys, rows)


@numba.njit(cache=True, nogil=True)
def _two_bits(bit: np.uint64, mixed: np.uint64) -> np.uint64:
    """Two bits of one word of memory, so that few other words pass at the cost of one look."""
    other = (mixed >> np.uint64(24)) & np.uint64(63)
    return np.uint64((np.uint64(1) << (bit & np.uint64(63))) | (np.uint64(1) << other))


@numba.njit(cache=True, nogil=True)
def _fill(
    words: Words, bits: Words, log_bits: int, keys: Words, rows: npt.NDArray[np.int32], log_slots: int
) -> None:
    mask = (1 << log_slots) - 1
    for row in range(words.shape[0]):
        mixed = words[row] * _MULTIPLIER
        bit = mixed >> np.uint64(64 - log_bits)
        bits[bit >> np.uint64(6)] |= _two_bits(bit, mixed)
        slot = np.int64(mixed >> np.uint64(64 - log_slots))
        while keys[slot] != _EMPTY:
            slot = (slot + 1) & mask
        keys[slot] = words[row]
        rows[slot] = row


def words_of(codes: Codes, k: int, *, canonical: bool = False) -> tuple[Ints, Words]:
    """Starts and integers of all words of k bases without N; `canonical`: the smaller of word and reverse complement."""
    n_words = codes.size - k + 1
    if n_words <= 0:
        return np.zeros(0, np.int64), np.zeros(0, np.uint64)
    forward = np.zeros(n_words, np.uint64)
    reverse = np.zeros(n_words, np.uint64)
    unknown = np.zeros(n_words, np.bool_)
    for j in range(k):
        base = codes[j : j + n_words]
        unknown |= base > 3
        two = (base & 3).astype(np.uint64)
        forward = (forward << np.uint64(2)) | two
        reverse |= (np.uint64(3) - two) << np.uint64(2 * j)
    starts = np.flatnonzero(~unknown)
    return starts, (np.minimum(forward, reverse) if canonical else forward)[starts]


@dataclass(frozen=True, eq=False)
class SharedText:
    """A text whose exact copies are looked for: its words, and where each stands.

    Attributes:
        codes: the text; parts are separated by N.
        table: its distinct words of `SEED` bases.
        first: for each word, its first start in the text.
        following: for each start, the next start of the same word; -1 where there is none.
        most_starts: starts of the commonest word.
    """

    codes: Codes
    table: WordTable
    first: Ints
    following: Ints
    most_starts: int


def shared_text(codes: Codes) -> SharedText:
    """Prepare a text for `scan_contig`."""
    starts, words = words_of(codes, SEED)
    table = word_table(words)
    rows = np.searchsorted(table.words, words)
    first = np.full(table.words.size, -1, np.int64)
    following = np.full(codes.size, -1, np.int64)
    for start, row in zip(starts[::-1].tolist(), rows[::-1].tolist(), strict=True):
        following[start] = first[row]
        first[row] = start
    most_starts = int(np.bincount(rows).max()) if rows.size else 1
    return SharedText(codes, table, first, following, most_starts)


def scan_contig(
    letters: npt.NDArray[np.uint8],
    text: SharedText,
    counted: WordTable,
    counts: npt.NDArray[np.int32],
    n_at: npt.NDArray[np.int32],
    *,
    min_run: int,
    most: int,
) -> Ints:
    """Scan one contig.

    Args:
        letters: the contig in ASCII, any case.
        text: what copies are looked for of.
        counted: canonical words of `WORD` bases.
        counts: how often each word of `counted` stood in the contigs so far; added to.
        n_at: how many stretches begin at each base of the text so far; added to.
        min_run: shortest stretch, bp (at least `SEED`).
        most: stretches kept per base of the text at which they begin; `n_at` counts on.

    Returns:
        One row per exact stretch that cannot be extended: start in the contig, start in the text, length.
    """
    rows = np.zeros((max(1024, 2 * text.most_starts), 3), np.int64)
    at, n_rows = 0, 0
    while at < letters.size:
        if rows.shape[0] - n_rows < text.most_starts:
            rows = np.concatenate([rows, np.zeros_like(rows)])
        at, n_rows = _scan(
            letters, CODE_OF, at, text.codes, text.table.bits, text.table.keys, text.table.rows, table_logs(text.table),
            text.first, text.following, text.most_starts, counted.bits, counted.keys, counted.rows, table_logs(counted),
            counts, n_at, min_run, most, rows, n_rows,
        )  # fmt: skip
    return rows[:n_rows]


def table_logs(table: WordTable) -> tuple[int, int]:
    """Two logarithms of the sizes of a table, for `find_row`."""
    return int(table.bits.size).bit_length() - 1 + 6, int(table.keys.size).bit_length() - 1


@numba.njit(cache=True, nogil=True)
def find_row(
    word: np.uint64, bits: Words, keys: Words, rows: npt.NDArray[np.int32], logs: tuple[int, int]
) -> int:
    """Row of a word in a `WordTable`, or -1."""
    mixed = word * _MULTIPLIER
    bit = mixed >> np.uint64(64 - logs[0])
    wanted = _two_bits(bit, mixed)
    if bits[bit >> np.uint64(6)] & wanted != wanted:
        return -1
    slot = np.int64(mixed >> np.uint64(64 - logs[1]))
    while keys[slot] != _EMPTY:
        if keys[slot] == word:
            return int(rows[slot])
        slot = (slot + 1) & (keys.shape[0] - 1)
    return -1


@numba.njit(cache=True, nogil=True)
def _scan(
    letters: npt.NDArray[np.uint8],
    code_of: npt.NDArray[np.uint8],
    first_base: int,
    text: Codes,
    bits: Words,
    keys: Words,
    rows: npt.NDArray[np.int32],
    logs: tuple[int, int],
    first: Ints,
    following: Ints,
    most_starts: int,
    counted_bits: Words,
    counted_keys: Words,
    counted_rows: npt.NDArray[np.int32],
    counted_logs: tuple[int, int],
    counts: npt.NDArray[np.int32],
    n_at: npt.NDArray[np.int32],
    min_run: int,
    most: int,
    out: Ints,
    n_out: int,
) -> tuple[int, int]:
    """Scan from a base on until the contig ends or `out` may be too small for the next base; next base, rows filled."""
    seed_mask = (np.uint64(1) << np.uint64(2 * SEED)) - np.uint64(1)
    word_mask = (np.uint64(1) << np.uint64(2 * WORD)) - np.uint64(1)
    top = np.uint64(2 * (WORD - 1))
    forward = np.uint64(0)
    reverse = np.uint64(0)
    known = 0
    for i in range(max(first_base - WORD + 1, 0), letters.shape[0]):
        if i >= first_base and out.shape[0] - n_out < most_starts:
            return i, n_out
        code = code_of[letters[i]]
        if code > 3:
            known = 0
            continue
        known += 1
        forward = ((forward << np.uint64(2)) | np.uint64(code)) & word_mask
        reverse = (reverse >> np.uint64(2)) | (np.uint64(3 - code) << top)
        if i < first_base or known < SEED:
            continue
        row = find_row(forward & seed_mask, bits, keys, rows, logs)
        if row >= 0:
            n_out = _add_stretches(
                letters, code_of, i - SEED + 1, text, first[row], following, n_at, min_run, most, out, n_out
            )
        if known >= WORD:
            row = find_row(min(forward, reverse), counted_bits, counted_keys, counted_rows, counted_logs)
            if row >= 0:
                counts[row] += 1
    return letters.shape[0], n_out


@numba.njit(cache=True, nogil=True)
def _add_stretches(
    letters: npt.NDArray[np.uint8],
    code_of: npt.NDArray[np.uint8],
    place: int,
    text: Codes,
    start: int,
    following: Ints,
    n_at: npt.NDArray[np.int32],
    min_run: int,
    most: int,
    out: Ints,
    n_out: int,
) -> int:
    """Add the stretches that begin with the word at `place`, at every start of that word in the text."""
    while start >= 0:
        begins = place == 0 or start == 0 or code_of[letters[place - 1]] > 3
        if begins or code_of[letters[place - 1]] != text[start - 1]:
            length = SEED
            while (
                place + length < letters.shape[0]
                and start + length < text.shape[0]
                and text[start + length] <= 3
                and code_of[letters[place + length]] == text[start + length]
            ):
                length += 1
            if length >= min_run:
                if n_at[start] < most:
                    out[n_out, 0] = place
                    out[n_out, 1] = start
                    out[n_out, 2] = length
                    n_out += 1
                n_at[start] += 1
        start = following[start]
    return n_out
