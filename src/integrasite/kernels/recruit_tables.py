"""Tables of the words of targets and loci that `recruit` compares reads with."""

from collections.abc import Sequence

import numba
import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Codes, reverse_complement
from integrasite.kernels.recruit import (
    BARRIER,
    SEED,
    SEED_TRIPLETS,
    SIEVE_BITS,
    UNREADABLE,
    WORD,
    LocusTable,
    SeedTable,
    mix,
)

_Words = npt.NDArray[np.uint64]


def _words_of(codes: Codes, length: int) -> tuple[_Words, npt.NDArray[np.int64]]:
    """All words of `length` readable bases, and where each begins."""
    n = max(len(codes) - length + 1, 0)
    words = np.zeros(n, np.uint64)
    is_good = np.ones(n, np.bool_)
    for k in range(length if n else 0):
        base = codes[k : k + n]
        is_good &= base < 4
        words = (words << np.uint64(2)) | (base & 3).astype(np.uint64)
    starts = np.flatnonzero(is_good)
    return words[starts], starts


def _n_triplets(words: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Distinct triplets in each word of `SEED` bases."""
    seen = np.zeros(len(words), np.uint64)
    for k in range(SEED - 2):
        seen |= np.uint64(1) << ((words >> (2 * k)) & 63).astype(np.uint64)
    return np.bitwise_count(seen).astype(np.int64)


def _bitmap(places: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.uint8]:
    """`n` bits of which some are set."""
    bits = np.zeros(n // 8, np.uint8)
    np.bitwise_or.at(bits, places >> 3, np.left_shift(1, places & 7).astype(np.uint8))
    return bits


def make_seeds(targets: Sequence[Codes], min_span: int = 20, min_triplets: int = 8) -> SeedTable:
    """The table of targets; the target's number is its place in the list.

    Args:
        targets: codes of each.
        min_span: bases that make a read a read of the target, one of which may differ.
        min_triplets: distinct triplets that these must have.
    """
    barrier = np.array([BARRIER], np.uint8)
    parts, owners = [barrier], [np.array([-1])]
    for number, codes in enumerate(targets):
        for strand in (codes, reverse_complement(codes)):
            parts += [np.where(strand > 3, np.uint8(UNREADABLE), strand), barrier]
            owners += [np.full(len(strand), number), np.array([-1])]
    sequence = np.concatenate(parts).astype(np.uint8)
    raw, starts = _words_of(sequence, SEED)
    words = raw.astype(np.int64)
    keep = _n_triplets(words) > SEED_TRIPLETS
    words, starts = words[keep], starts[keep]
    order = np.argsort(words, kind="stable")
    distinct, first = np.unique(words[order], return_index=True)
    sieve, bits = _bitmap(distinct & ((1 << SIEVE_BITS) - 1), 1 << SIEVE_BITS), _bitmap(distinct, 4**SEED)
    size = 1 << max(4, int(2 * len(distinct)).bit_length())
    slots, rows = np.full(size, -1, np.int32), np.zeros(size, np.int32)
    _fill_slots(distinct, slots, rows)
    ends = np.append(first, len(words)).astype(np.int32)
    owner = np.concatenate(owners).astype(np.int32)
    least = np.array([min_span, min_triplets], np.int64)
    return SeedTable(sieve, bits, slots, rows, ends, starts[order].astype(np.int32), sequence, owner, least)


@numba.njit(cache=True, nogil=True)
def _fill_slots(
    words: npt.NDArray[np.int64], slots: npt.NDArray[np.int32], rows: npt.NDArray[np.int32]
) -> None:
    mask = np.uint64(slots.shape[0] - 1)
    for row in range(words.shape[0]):
        slot = mix(np.uint64(words[row])) & mask
        while slots[slot] != -1:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = words[row]
        rows[slot] = row


@numba.njit(cache=True, nogil=True)
def _fill(table: LocusTable, words: _Words, places: npt.NDArray[np.int32]) -> None:
    mask = np.uint64(table.words.shape[0] - 1)
    n_bits = np.uint64(8 * table.bits.shape[0] - 1)
    for row in range(words.shape[0]):
        mixed = mix(words[row])
        slot = mixed & mask
        while table.places[slot] != 0:
            slot = (slot + np.uint64(1)) & mask
        table.words[slot] = words[row]
        table.places[slot] = places[row]
        bit = np.int64(mixed & n_bits)
        table.bits[bit >> 3] |= np.uint8(1 << (bit & 7))


def make_loci(
    loci: Sequence[Codes], other: Sequence[Codes] = (), *, samples: int, keep_repeated: bool = False
) -> LocusTable:
    """The table of loci; a locus's number is its place in the list.

    Args:
        loci: codes of each.
        other: sequences whose words must not stand for a locus (the targets).
        samples: about how many words of a read are compared with them.
        keep_repeated: words that occur at several places stand for the first of them; otherwise for none, since a
            read could not be placed by them.
    """
    found = []
    offsets = np.zeros(len(loci) + 1, np.int64)
    np.cumsum([len(codes) for codes in loci], out=offsets[1:])
    for offset, codes in zip(offsets.tolist(), loci, strict=False):
        words, starts = _words_of(codes, WORD)
        found.append((words, starts + offset + 1))
        words, starts = _words_of(reverse_complement(codes), WORD)
        found.append((words, -(len(codes) - WORD - starts + offset + 1)))
    if not found:
        return LocusTable(
            np.zeros(1, np.uint8), np.zeros(1, np.uint64), np.zeros(1, np.int32), offsets, samples
        )
    words = np.concatenate([words for words, _ in found])
    places = np.concatenate([places for _, places in found])
    distinct, first, counts = np.unique(words, return_index=True, return_counts=True)
    if not keep_repeated:
        distinct, first = distinct[counts == 1], first[counts == 1]
    taken = [_words_of(strand, WORD)[0] for codes in other for strand in (codes, reverse_complement(codes))]
    if taken:
        is_free = ~np.isin(distinct, np.concatenate(taken))
        distinct, first = distinct[is_free], first[is_free]
    size = 1 << max(4, int(2 * len(distinct)).bit_length())
    table = LocusTable(
        np.zeros(size // 2, np.uint8), np.zeros(size, np.uint64), np.zeros(size, np.int32), offsets, samples
    )
    _fill(table, distinct, places[first].astype(np.int32))
    return table
