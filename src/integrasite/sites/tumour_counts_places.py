"""Where reads of candidate sites are looked for, and whether host words there stand elsewhere in host or vectors, too."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from integrasite.kernels.codes import Codes
from integrasite.kernels.genome_words import WORD, Words, words_of
from integrasite.kernels.read_words import own_words
from integrasite.model.vector_map import MappedVector
from integrasite.sites.tumour_counts_alleles import FLANK, HOST, Alleles
from integrasite.sites.tumour_counts_lengths import REACH
from integrasite.sites.tumour_counts_reads import FragmentPool, fragments_with_words
from integrasite.sites.tumour_fractions import Bools, Floats, Ints

MOST_COPIES = 20
"""Copies of a word in the host from which it is a repeat's: at 30x each copy adds some 150 read pairs per site."""
_NEAR = 450
"""bp from a site within which a repeated word makes intact fragments prove where they are from."""
_RECRUIT_WORD = 25
"""Bases of the words by which reads of windows are told (`kernels.recruit`)."""

WordCounts = Callable[[Codes], Ints]
"""For each start of a sequence, how often its word of 31 bases stands in the host; -1 where it holds an N."""


_BEYOND = 10
"""Host bases beyond a stretch that a vector has too by which a word is the host's own: as many as show a junction. The few bases
in which a vector differs within such a stretch do not count: where its human source differs from the genome, patients do, too."""


@dataclass(frozen=True, eq=False)
class VectorLike:
    """What host and vectors share.

    Attributes:
        words: words of the vectors and their backbones, sorted.
        stretches: host contig, start, end (0-based, half-open) of stretches that a vector has too.
    """

    words: Words
    stretches: list[tuple[str, int, int]]

    def covers(self, allele: Alleles) -> Bools:
        """For each base of the host haplotype, whether the word that begins there may be a vector's, too."""
        codes = allele.sequences[HOST]
        covered = np.zeros(codes.size, np.bool_)
        starts, words = words_of(codes, WORD, canonical=True)
        covered[starts] = np.isin(words, self.words)
        for contig, start, end in self.stretches:
            if contig == allele.contig:
                first, behind = start - _BEYOND + 1, end + _BEYOND - WORD
                covered[max(first - allele.origin, 0) : max(behind - allele.origin, 0)] = True
        return covered


def vector_like(vectors: Iterable[MappedVector]) -> VectorLike:
    """What the host shares with any of the vectors: fragments of each of their copies in the cell look like the host there."""
    words, stretches = [np.zeros(0, np.uint64)], []
    for vector in vectors:
        around = vector.one_ltr[: WORD - 1] if vector.is_circular else vector.one_ltr[:0]
        for codes in (np.concatenate([vector.one_ltr, around]), vector.backbone):
            words.append(words_of(codes, WORD, canonical=True)[1])
        shared = (*vector.host_like, *vector.backbone_host_like)
        stretches += [(one.contig, one.host_start, one.host_end) for one in shared if one.contig]
    return VectorLike(np.unique(np.concatenate(words)), sorted(set(stretches)))


@dataclass(frozen=True, eq=False)
class HostWords:
    """Per place of a site.

    Attributes:
        is_common: for each base of the host haplotype, whether the word there is a repeat's.
        is_own: whether the word that begins there stands at the site's places only, and in no vector.
        is_asked: whether an intact fragment must show a word of its own.
        own: the words of their own of places that are asked; of others none.
        is_vector_like: whether words near the site are a vector's, too.
    """

    is_common: list[Bools]
    is_own: list[Bools]
    is_asked: Bools
    own: list[Words]
    is_vector_like: Bools


def host_words(alleles: Sequence[Alleles], counts: WordCounts, vectors: VectorLike) -> HostWords:
    """How singular the host is around each place."""
    inside: dict[int, dict[int, int]] = {}
    for allele in alleles:
        words = words_of(allele.sequences[HOST], WORD, canonical=True)[1]
        own = inside.setdefault(allele.unit, {})
        for word, n in zip(*(part.tolist() for part in np.unique(words, return_counts=True)), strict=True):
            own[word] = own.get(word, 0) + n
    common, singular, asked, words_of_own, like = [], [], [], [], []
    for allele in alleles:
        codes = allele.sequences[HOST]
        found = np.pad(counts(codes), (0, WORD - 1), constant_values=-1)
        starts, words = words_of(codes, WORD, canonical=True)
        expected = np.full(codes.size, -2, np.int64)
        expected[starts] = [inside[allele.unit][word] for word in words.tolist()]
        shared = vectors.covers(allele)
        is_own = (found == expected) & ~shared
        near = slice(FLANK - _NEAR, codes.size - FLANK + _NEAR - WORD)
        common.append(found > MOST_COPIES)
        singular.append(is_own)
        asked.append(not bool(is_own[near].all()))
        words_of_own.append(np.unique(words[is_own[starts]]) if asked[-1] else words[:0])
        like.append(bool(shared[near].any()))
    return HostWords(common, singular, np.array(asked, np.bool_), words_of_own, np.array(like, np.bool_))


def shows_own_word(pool: FragmentPool, words: HostWords, fragment: Ints, allele: Ints) -> Bools:
    """Whether each fragment shows a word that stands at that place only."""
    shown, place = fragments_with_words(pool, own_words(words.own, WORD))
    n_places = max(len(words.own), 1)
    return np.isin(fragment * n_places + allele, shown * n_places + place)


@dataclass(frozen=True)
class Region:
    """Host bases `[start, end)` whose reads are collected, for one or several sites."""

    contig: str
    start: int
    end: int

    @property
    def name(self) -> str:
        """Label."""
        return f"{self.contig}:{self.start}-{self.end}"


def merge_regions(alleles: Sequence[Alleles]) -> list[Region]:
    """Regions around all places, joined where they overlap."""
    spans = sorted(
        (a.contig, max(min(a.right, a.left + 1) - REACH, 0), max(a.left + 1, a.right) + REACH)
        for a in alleles
    )
    found: list[Region] = []
    for contig, start, end in spans:
        last = found[-1] if found else None
        if last and last.contig == contig and start <= last.end:
            found[-1] = Region(contig, last.start, max(last.end, end))
        else:
            found.append(Region(contig, start, end))
    return found


def mask_repeats(codes: Codes, counts: WordCounts) -> Codes:
    """A region in which no word of a repeat is left: N at every 25th base of a run of such words."""
    masked = codes.copy()
    common = np.append(counts(codes) > MOST_COPIES, False)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], common]).astype(np.int8)))
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        # words of 31 bases begin at start to stop - 1: all words of 25 within their bases go
        first, last = start + _RECRUIT_WORD - 1, stop + WORD - 1 - _RECRUIT_WORD
        masked[first : last + 1 : _RECRUIT_WORD] = 4
        masked[max(last, first)] = 4
    return masked


def kept_shares(
    alleles: Sequence[Alleles], regions: Sequence[Region], kept: Sequence[float], n: int
) -> Floats:
    """Per site the share of its windows' fragments that was kept (mean of its places)."""
    share, places = np.zeros(n), np.zeros(n)
    for allele in alleles:
        for region, own in zip(regions, kept, strict=True):
            if region.contig == allele.contig and region.start <= allele.right < region.end:
                share[allele.unit] += own
                places[allele.unit] += 1
    return np.divide(share, places, out=np.ones(n), where=places > 0)
