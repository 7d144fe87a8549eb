"""Twins of `recruit`, slowly: plain Python over strings. Tests compare the two.

Sequences are strings of ACGT and N. An unreadable base of a read is taken for a G where words are looked up, as the fast
code does, and for nothing where bases are compared.
"""

from collections.abc import Sequence
from typing import NamedTuple

from integrasite.kernels.recruit import SEED, SEED_TRIPLETS, STEP, WORD
from integrasite.kernels.reference import reverse_complement


class Hit(NamedTuple):
    """Answers about one read, as in `recruit.Hits`."""

    span: int
    target: int
    locus: int
    position: int
    is_forward: bool


def _n_triplets(text: str) -> int:
    return len({text[k : k + 3] for k in range(len(text) - 2) if "N" not in text[k : k + 3]})


def _agrees(read: str, strand: str, at: int, shift: int) -> bool:
    return (
        0 <= at < len(read)
        and 0 <= at + shift < len(strand)
        and read[at] == strand[at + shift]
        and read[at] != "N"
    )


def _run(read: str, strand: str, at: int, shift: int, step: int) -> int:
    n = 0
    while _agrees(read, strand, at + step * n, shift):
        n += 1
    return n


def _extend(read: str, strand: str, at: int, shift: int) -> tuple[int, int]:
    """The longest match around the seed at `at`, with at most one mismatch, the left one where both are as good."""
    begin, end = (
        at - _run(read, strand, at - 1, shift, -1),
        at + SEED + _run(read, strand, at + SEED, shift, 1),
    )
    left = _run(read, strand, begin - 2, shift, -1) if begin and begin - 1 + shift >= 0 else 0
    right = _run(read, strand, end + 1, shift, 1) if end < len(read) and end + shift < len(strand) else 0
    if left and left >= right:
        return begin - 1 - left, end
    return (begin, end + 1 + right) if right else (begin, end)


def find_targets(
    read: str, targets: Sequence[str], min_span: int = 20, min_triplets: int = 8
) -> tuple[int, int]:
    """Bases of a read's longest match with any target, and that target (0, -1 where none)."""
    best = (0, 0)
    for number, target in enumerate(targets):
        for strand in (target, reverse_complement(target)):
            for place in range(len(strand) - SEED + 1):
                word = strand[place : place + SEED]
                if "N" in word or _n_triplets(word) <= SEED_TRIPLETS:
                    continue
                at = read.find(word)
                while at >= 0:
                    begin, end = _extend(read, strand, at, place - at)
                    shown = strand[begin + place - at : end + place - at]
                    is_enough = end - begin >= min_span and _n_triplets(shown) >= min_triplets
                    if at % STEP == 0 and is_enough:
                        best = max(best, (end - begin, -number))
                    at = read.find(word, at + 1)
    return best[0], -best[1] if best[0] else -1


def place_read(
    read: str, loci: Sequence[str], other: Sequence[str] = (), *, samples: int, keep_repeated: bool = False
) -> tuple[int, int, bool]:
    """Locus, 5' end and strand of a read: (-1, 0, False) where none of its words is a locus's."""
    taken = {
        strand[k : k + WORD]
        for text in other
        for strand in (text, reverse_complement(text))
        for k in range(len(strand) - WORD + 1)
    }
    seen: dict[str, list[tuple[int, int, bool]]] = {}
    for locus, text in enumerate(loci):
        for is_forward, strand in ((True, text), (False, reverse_complement(text))):
            for k in range(len(strand) - WORD + 1):
                word = strand[k : k + WORD]
                if "N" not in word and word not in taken:
                    seen.setdefault(word, []).append((locus, k, is_forward))
    letters = read.replace("N", "G")
    ends = [last for last in range(SEED - 1, len(read), STEP) if last >= WORD - 1]
    for last in ends[:: max(1, len(ends) // samples)]:
        places = seen.get(letters[last - WORD + 1 : last + 1], [])
        if not places or (len(places) > 1 and not keep_repeated):
            continue
        locus, at, is_forward = places[0]
        start = at - (last - WORD + 1)
        return locus, start if is_forward else len(loci[locus]) - start, is_forward
    return -1, 0, False
