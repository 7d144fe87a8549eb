"""Informative words: boundaries in a vector between two host-like stretches that the host does not have side by side."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from integrasite.kernels.genome_words import WORD
from integrasite.transgene.vector_map import Element, HostLike, Word

FLANK = 8
"""Bases on either side of a boundary that its words hold at least: fewer are found behind any exon by chance."""
MOST_GAP = 19
"""Vector-only bases between two host-like stretches up to which their boundary is a word; 20 are specific themselves."""
MOST_OVERLAP = 15
"""Bases that two stretches may share at their boundary, as chance gives a few: more, and no word of 31 holds both flanks."""
LONGEST_INTRON = 500_000
"""Host bases between two stretches of one gene; human introns beyond that are few, and CAR genes have none."""
_COVERED = 0.8
"""Share of a stretch that a place must hold to be one of its places when genes are compared."""


def informative_words(
    stretches: Sequence[HostLike],
    places: Sequence[HostLike],
    counts: npt.NDArray[np.int64],
    elements: Sequence[Element],
) -> tuple[Word, ...]:
    """Find the boundaries of one vector.

    Args:
        stretches: those that no other covers, sorted by start.
        places: all places of all stretches.
        counts: for each base of the contig, how often the word of `WORD` bases that begins there stands in the host
            (-1: unknown bases).
        elements: the vector's elements, for names.

    Returns:
        Words in order; a boundary is none if any straddling word is in the host, or a host place runs across it.
    """
    found: dict[tuple[int, int], list[tuple[HostLike, HostLike]]] = {}
    for left, right in _neighbours(stretches):
        start, end = sorted((left.end, right.start))
        is_inside = any(place.start <= start - FLANK and end + FLANK <= place.end for place in places)
        if not is_inside and _is_absent(start, end, counts):
            found.setdefault((start, end), []).append((left, right))
    words: list[Word] = []
    for (start, end), pairs in sorted(found.items()):
        is_exon = any(
            _is_one_gene(_places_of(one, places), _places_of(other, places)) for one, other in pairs
        )
        left, right = max(pairs, key=lambda pair: (pair[0].end - pair[0].start, pair[1].end - pair[1].start))
        names = _name(left, start - 1, elements), _name(right, end, elements)
        word = Word(start, "exon" if is_exon else "domain", *names, start, end)
        if words and start < words[-1].end + FLANK:  # one boundary, seen through several places
            words[-1] = _wider(words[-1], word, elements)
        else:
            words.append(word)
    return tuple(words)


def _wider(one: Word, other: Word, elements: Sequence[Element]) -> Word:
    """Two words at one boundary as one: it lies anywhere in either; exons of one gene in either make it an exon word."""
    start, end = min(one.start, other.start), max(one.end, other.end)
    kind = "exon" if "exon" in (one.kind, other.kind) else "domain"
    left, right = _element_at(start - 1, elements) or one.left, _element_at(end, elements) or other.right
    return Word(start, kind, left, right, start, end)


def _neighbours(stretches: Sequence[HostLike]) -> Iterator[tuple[HostLike, HostLike]]:
    """Pairs of stretches that meet, nearly meet or overlap by a few bases."""
    for left in stretches:
        for right in stretches:
            gap = right.start - left.end
            if -MOST_OVERLAP <= gap <= MOST_GAP and left.start < right.start and left.end < right.end:
                yield left, right


def _is_absent(start: int, end: int, counts: npt.NDArray[np.int64]) -> bool:
    """Whether every word that holds the boundary and its flanks is absent from the host."""
    first, last = end + FLANK - WORD, start - FLANK
    if first > last:  # wider than a word: those inside must be absent
        first, last = last, end + FLANK - WORD
    inside = counts[max(first, 0) : last + 1]
    return bool(inside.size) and bool((inside == 0).all())


def _places_of(stretch: HostLike, places: Sequence[HostLike]) -> list[HostLike]:
    least = _COVERED * (stretch.end - stretch.start)
    found = [p for p in places if min(p.end, stretch.end) - max(p.start, stretch.start) >= least]
    return [stretch, *found]


def _is_one_gene(left: Sequence[HostLike], right: Sequence[HostLike]) -> bool:
    """Whether any places of the two lie on one strand of one contig, in order, an intron apart."""
    return any(
        one.contig == other.contig
        and one.strand == other.strand
        and -MOST_OVERLAP
        <= (other.host_start - one.host_end if one.strand == "+" else one.host_start - other.host_end)
        <= LONGEST_INTRON
        for one in left
        for other in right
    )


def _name(stretch: HostLike, base: int, elements: Sequence[Element]) -> str:
    """The element over a base, else the stretch's gene or place in the host."""
    place = f"{stretch.contig}:{stretch.host_start + 1}-{stretch.host_end}"
    return _element_at(base, elements) or stretch.label or place


def _element_at(base: int, elements: Sequence[Element]) -> str:
    """The shortest element over a base; empty if there is none."""
    over = [e for e in elements if e.start <= base < e.end]
    return min(over, key=lambda e: (e.end - e.start, e.name)).name if over else ""
