"""Which allele of a site each fragment shows: both mates aligned with every allele, the best one by a margin."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from integrasite.junctions.tumour_reads import COST, GAIN
from integrasite.kernels.codes import Codes
from integrasite.kernels.genome_words import words_of
from integrasite.kernels.haplotypes import Places, empty_places, make_haplotypes, place_reads
from integrasite.kernels.read_words import OwnedWords, own_words
from integrasite.sites.tumour_counts_alleles import FLANK, HOST, LEFT, RIGHT, Alleles
from integrasite.sites.tumour_counts_reads import FragmentPool, fragments_with_words
from integrasite.sites.tumour_fractions import Bools, Floats, Ints

KINDS = 3
WORD = 20
"""Bases of a word by which a fragment becomes a candidate: a junction read of 10 host and 10 vector bases has one."""
_LEAST_HOST = 10
_MOST_ALLELES = 200
"""Places of sites that one word may point to; words of more are repeats that lie in many windows."""
SHOWN = 0.9
"""Share of a fragment's bases that an allele must explain: fragments of other places or with adapter do not."""


@dataclass(frozen=True, eq=False)
class Shown:
    """Fragments on the places of sites (one row per fragment and place; columns: kinds of allele).

    Attributes:
        fragment: number in the pool.
        allele: number of the place.
        score: of both mates together; of the better one where they do not lie as a pair does.
        left: first base of the fragment on the haplotype.
        right: base behind its last.
        is_whole: the allele explains the whole fragment, with few differences.
    """

    fragment: Ints
    allele: Ints
    score: Floats
    left: Ints
    right: Ints
    is_whole: npt.NDArray[np.bool_]


def index_words(alleles: Sequence[Alleles], is_common: Sequence[Bools]) -> OwnedWords:
    """Words that make fragments candidates of places.

    Args:
        alleles: the places.
        is_common: per place, for each base of its host haplotype whether a word that begins there is a repeat's.
    """
    words = []
    for allele, common in zip(alleles, is_common, strict=True):
        starts, found = words_of(allele.sequences[HOST], WORD, canonical=True)
        own = [found[~common[starts]]]
        for kind, join in ((LEFT, allele.joins[0]), (RIGHT, allele.joins[1])):
            part = _around(allele.sequences[kind], join, kind)
            own.append(words_of(part, WORD, canonical=True)[1])
        words.append(np.unique(np.concatenate(own)))
    return own_words(words, WORD, _MOST_ALLELES)


def _around(codes: Codes, join: int, kind: int) -> Codes:
    """Bases whose words have at least `_LEAST_HOST` host bases at the junction."""
    if kind == LEFT:
        return codes[join - WORD : join + WORD - _LEAST_HOST]
    return codes[max(join - (WORD - _LEAST_HOST), 0) : join + WORD]


def show_fragments(
    pool: FragmentPool, alleles: Sequence[Alleles], is_common: Sequence[Bools], longest: int, identity: float
) -> Shown:
    """Align the fragments of all places.

    Args:
        pool: fragments of a sample.
        alleles: the places.
        is_common: as in `index_words`.
        longest: longest fragment whose mates are taken for a pair, bp.
        identity: least share of equal bases.
    """
    fragment, allele = fragments_with_words(pool, index_words(alleles, is_common))
    haplotypes = make_haplotypes([codes for one in alleles for codes in one.sequences])
    n = fragment.size
    mates = np.repeat(2 * fragment, KINDS * 2) + np.tile([0, 1], n * KINDS)
    kinds = np.repeat(np.repeat(KINDS * allele, KINDS) + np.tile(np.arange(KINDS), n), 2)
    places = empty_places(mates.size)
    place_reads(pool.reads, haplotypes, np.column_stack([mates, kinds]), GAIN, COST, places)
    sizes = np.diff(pool.reads.starts)[mates].reshape(n, KINDS, 2)
    single = np.broadcast_to(pool.is_single[fragment][:, None], (n, KINDS))
    return Shown(fragment, allele, *_pairs(_shaped(places, n), sizes, single, longest, identity))


def _shaped(places: Places, n: int) -> Places:
    """One row per fragment and place; then kinds of alleles; then mates."""
    shape = (n, KINDS, 2)
    return Places(
        places.strand.reshape(shape),
        places.score.reshape(shape),
        places.start.reshape(shape),
        places.end.reshape(shape),
        places.left.reshape(shape),
        places.right.reshape(shape),
        places.aligned.reshape(shape),
        places.matches.reshape(shape),
    )


def _pairs(
    places: Places, sizes: Ints, is_single: Bools, longest: int, identity: float
) -> tuple[Floats, Ints, Ints, Bools]:
    """Score, span and wholeness of each fragment from its mates (last axis)."""
    strand = places.strand
    forward_first = strand[..., 0] > 0
    left = np.where(forward_first, places.left[..., 0], places.left[..., 1])
    right = np.where(forward_first, places.right[..., 1], places.right[..., 0])
    length = right - left
    is_pair = (strand[..., 0] * strand[..., 1] < 0) & (length > 0) & (length <= longest)
    scores = np.where(strand != 0, places.score, 0.0)
    best = np.argmax(scores, axis=-1)[..., None]

    def of_best(column: Ints) -> Ints:
        return np.take_along_axis(column, best, axis=-1)[..., 0]

    score = np.where(is_pair, scores.sum(axis=-1), scores.max(axis=-1))
    left = np.where(is_pair, left, of_best(places.left))
    right = np.where(is_pair, right, of_best(places.right))
    # bases behind the fragment's other end are adapter
    shown = np.minimum(sizes, np.where(is_pair, length, longest)[..., None])
    shown_all, both = shown.sum(axis=-1), is_pair[..., None] | (np.arange(2) == best)
    used = both & (strand != 0)
    aligned = np.where(used, np.minimum(places.aligned, shown), 0).sum(axis=-1)
    n_aligned = np.where(used, places.aligned, 0).sum(axis=-1)
    n_equal = np.where(used, places.matches, 0).sum(axis=-1)
    is_whole = (is_pair | is_single) & (aligned >= SHOWN * shown_all) & (n_aligned > 0)
    return score, left, right, is_whole & (n_equal >= identity * n_aligned)


@dataclass(frozen=True, eq=False)
class Classes:
    """Fragments that tell alleles of a site apart (one row per fragment and site).

    Attributes:
        unit: number of the site.
        fragment: number in the pool.
        allele: number of the place.
        kind: `HOST`, `LEFT` or `RIGHT`.
        score: on that allele.
        left: first base on the haplotype.
        right: base behind the last.
    """

    unit: Ints
    fragment: Ints
    allele: Ints
    kind: Ints
    score: Floats
    left: Ints
    right: Ints

    def take(self, rows: Bools | Ints) -> "Classes":
        """Some of them."""
        return Classes(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def classify(shown: Shown, alleles: Sequence[Alleles], margin: float, support: Ints) -> Classes:
    """Fragments that fit one allele of a site better than its others, and reach far enough beyond the junction.

    A fragment speaks for the junction of one site only: the one it fits best, of equal ones the better supported.

    Args:
        shown: from `show_fragments`.
        alleles: the places.
        margin: score by which an allele must fit better.
        support: fragments of the first pass per site.
    """
    if not shown.fragment.size:
        none = np.zeros(0, np.int64)
        return Classes(none, none, none, none, np.zeros(0), none, none)
    unit_of = np.array([allele.unit for allele in alleles], np.int64)
    unit = unit_of[shown.allele]
    # host, side 5, side 3: places of one site may lie on either strand
    as_sides = np.array([[HOST, LEFT, RIGHT] if a.side(LEFT) == 5 else [HOST, RIGHT, LEFT] for a in alleles])
    scores = np.take_along_axis(shown.score, as_sides[shown.allele], axis=1)
    order = np.lexsort((shown.allele, unit, shown.fragment))
    key = np.column_stack([shown.fragment, unit])[order]
    firsts = np.flatnonzero(np.append(True, (key[1:] != key[:-1]).any(axis=1)))
    best = np.maximum.reduceat(scores[order], firsts, axis=0)
    side = np.argmax(best, axis=1)
    top = best[np.arange(firsts.size), side]
    best[np.arange(firsts.size), side] = -np.inf
    group = np.repeat(np.arange(firsts.size), np.diff(np.append(firsts, order.size)))
    # the first place that reaches the best score
    is_top = scores[order, side[group]] >= top[group]
    rows = order[np.flatnonzero(is_top)[np.unique(group[is_top], return_index=True)[1]]]
    kind = as_sides[shown.allele[rows], side]
    found = Classes(
        key[firsts, 1], key[firsts, 0], shown.allele[rows], kind, top,
        shown.left[rows, kind], shown.right[rows, kind],
    )  # fmt: skip
    kept = shown.is_whole[rows, kind] & (top - best.max(axis=1) >= margin)
    told = found.take(kept & _reaches(found, alleles))
    return told.take(_is_own(told, support))


def _reaches(found: Classes, alleles: Sequence[Alleles]) -> Bools:
    """Whether fragments have the bases on either side that tell alleles apart."""
    spans = np.array([required_span(allele, kind) for allele in alleles for kind in range(KINDS)], np.int64)
    low, high = spans[KINDS * found.allele + found.kind].T
    reached: Bools = (found.left <= low) & (found.right >= high) & (high > low)
    return reached


def required_span(allele: Alleles, kind: int) -> tuple[int, int]:
    """Bases `[low, high)` of a haplotype that a fragment must hold to show that allele; (0, 0): it cannot be told."""
    vector, host = allele.vector_anchor, allele.host_anchor
    if kind == HOST:
        low, high = min(allele.right, allele.left + 1), max(allele.right, allele.left + 1)
        found = (low - vector[1] - allele.origin, high + vector[0] - allele.origin)
        return found if min(vector) > 0 else (0, 0)
    number = kind - 1
    if not vector[number] or not host[number]:
        return 0, 0
    inserted, join = allele.sequences[kind].size - 2 * FLANK, allele.joins[number]
    if kind == LEFT:
        return join - host[0], join + inserted + vector[0]
    return join - inserted - vector[1], join + host[1]


def _is_own(told: Classes, support: Ints) -> Bools:
    """Intact fragments, and of each fragment the junction that it fits best."""
    is_junction = told.kind != HOST
    rows = np.flatnonzero(is_junction)
    order = rows[
        np.lexsort(
            (told.unit[rows], -support[told.unit[rows]], -told.score[rows].round(6), told.fragment[rows])
        )
    ]
    own: Bools = ~is_junction
    own[order[np.unique(told.fragment[order], return_index=True)[1]]] = True
    return own
