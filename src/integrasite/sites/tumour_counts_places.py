"""Where reads of candidate sites are looked for, and whether host words there stand elsewhere in the host, too."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from integrasite.kernels.codes import Codes
from integrasite.kernels.genome_words import WORD, Words, words_of
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


@dataclass(frozen=True, eq=False)
class HostWords:
    """Per place of a site.

    Attributes:
        is_common: for each base of the host haplotype, whether the word there is a repeat's.
        is_own: whether the word that begins there stands at the site's places only.
        is_asked: whether an intact fragment must show a word of its own.
        own: the words of their own of places that are asked; of others none.
    """

    is_common: list[Bools]
    is_own: list[Bools]
    is_asked: Bools
    own: list[Words]


def host_words(alleles: Sequence[Alleles], counts: WordCounts) -> HostWords:
    """How singular the host is around each place."""
    inside: dict[int, dict[int, int]] = {}
    for allele in alleles:
        words = words_of(allele.sequences[HOST], WORD, canonical=True)[1]
        own = inside.setdefault(allele.unit, {})
        for word, n in zip(*(part.tolist() for part in np.unique(words, return_counts=True)), strict=True):
            own[word] = own.get(word, 0) + n
    common, singular, asked, words_of_own = [], [], [], []
    for allele in alleles:
        codes = allele.sequences[HOST]
        found = np.pad(counts(codes), (0, WORD - 1), constant_values=-1)
        starts, words = words_of(codes, WORD, canonical=True)
        expected = np.full(codes.size, -2, np.int64)
        expected[starts] = [inside[allele.unit][word] for word in words.tolist()]
        is_own = found == expected
        near = slice(FLANK - _NEAR, codes.size - FLANK + _NEAR - WORD)
        common.append(found > MOST_COPIES)
        singular.append(is_own)
        asked.append(not bool(is_own[near].all()))
        words_of_own.append(np.unique(words[is_own[starts]]) if asked[-1] else words[:0])
    return HostWords(common, singular, np.array(asked, np.bool_), words_of_own)


def shows_own_word(pool: FragmentPool, words: HostWords, fragment: Ints, allele: Ints) -> Bools:
    """Whether each fragment shows a word that stands at that place only."""
    distinct = np.unique(np.concatenate([np.zeros(0, np.uint64), *words.own]))
    held = [np.searchsorted(distinct, own) for own in words.own]
    owner = np.repeat(np.arange(len(held)), [rows.size for rows in held])
    of_word = np.concatenate([np.zeros(0, np.int64), *held])
    order = np.argsort(of_word, kind="stable")
    firsts = np.searchsorted(of_word[order], np.arange(distinct.size + 1))
    n_places = max(len(held), 1)
    pairs = [np.zeros(0, np.int64)]
    for found, row in fragments_with_words(pool, distinct, WORD):
        n = np.diff(firsts)[row]
        within = np.arange(int(n.sum())) - np.repeat(np.cumsum(n) - n, n)
        shown = owner[order][np.repeat(firsts[row], n) + within]
        pairs.append(np.unique(np.repeat(found, n) * n_places + shown))
    return np.isin(fragment * n_places + allele, np.concatenate(pairs))


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
