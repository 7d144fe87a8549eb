"""The law of a sample's fragment lengths, from fragments beside its sites, and the windows that it leads to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from integrasite.sites.tumour_counts_alleles import FLANK, HOST, LEFT, RIGHT, Alleles
from integrasite.sites.tumour_counts_classes import Shown
from integrasite.sites.tumour_fractions import Bools, Floats, Ints, fragment_windows

REACH = 600
"""Host bases on either side of a site whose reads are collected."""
_FAR = 300
"""Fragments whose outer end lies `_FAR` to `REACH` bp from a site are collected whatever their length."""
_LEAST = 30
"""Lengths from which their law is known well enough; below, all fragments count, though longer ones lie over sites more often."""
_MOST_STEPS = 100


@dataclass(frozen=True)
class Lengths:
    """Fragment lengths (bp) and how many fragments have each."""

    values: Ints
    n: Ints


def fragment_lengths(shown: Shown, alleles: Sequence[Alleles], longest: int) -> Lengths:
    """Lengths of distinct fragments, chosen by where one end lies, which does not depend on length.

    Fragments over a junction are among them: without them, long ones were missed beside sites in many copies.
    """
    kind = np.argmax(shown.score, axis=1)
    rows = np.flatnonzero(shown.is_whole[np.arange(kind.size), kind])
    kind, allele = kind[rows], shown.allele[rows]
    left, right = shown.left[rows, kind], shown.right[rows, kind]
    size = right - left
    joins = np.array([[FLANK, a.left + 1 - a.origin, a.joins[1]] for a in alleles] or [[0, 0, 0]], np.int64)
    before = np.where(kind == RIGHT, -1, np.where(kind == HOST, joins[allele, 1], joins[allele, 0]) - left)
    origin = np.array([a.right - a.origin for a in alleles] or [0], np.int64)
    behind = np.where(kind == LEFT, -1, right - np.where(kind == HOST, origin[allele], joins[allele, 2]))
    good = (size > 0) & (size <= longest)
    chosen = good & (((before > _FAR) & (before <= REACH)) | ((behind > _FAR) & (behind <= REACH)))
    use = chosen if chosen.sum() >= _LEAST else good
    distinct = np.unique(np.column_stack([allele, kind, left, right])[use], axis=0)
    values, n = np.unique(distinct[:, 3] - distinct[:, 2], return_counts=True)
    return Lengths(values.astype(np.int64), n.astype(np.int64))


def mean_window(lengths: Lengths, needed: int) -> float:
    """Mean number of first bases at which a fragment holds `needed` given bases in a row; 0 without lengths."""
    if not lengths.n.size:
        return 0.0
    return fragment_windows(lengths.values, lengths.n.astype(np.float64), needed, 0, 0).junction


def placed_window(lengths: Lengths, span: tuple[int, int], is_own: Bools, read: int) -> float:
    """As `mean_window`, of fragments whose reads show a word that stands nowhere else in the host.

    Args:
        lengths: of fragments.
        span: bases that a fragment must hold.
        is_own: per base of the haplotype, whether a word of its own begins there.
        read: length of reads, bp.
    """
    if not lengths.n.size:
        return 0.0
    values, n = _thin(lengths)
    until = np.concatenate([[0], np.cumsum(is_own)])
    total = 0.0
    for length, share in zip(values.tolist(), (n / n.sum()).tolist(), strict=True):
        first = np.arange(max(span[1] - length, 0), span[0] + 1)
        shown = min(read, length)
        ends = [(first, first + shown), (first + length - shown, first + length)]
        seen = np.zeros(first.size, np.bool_)
        for start, stop in ends:
            last = np.clip(stop - WORD_BASES + 1, 0, is_own.size)
            seen |= until[last] > until[np.clip(start, 0, is_own.size)]
        total += share * float(seen.sum())
    return total


WORD_BASES = 31


def _thin(lengths: Lengths) -> tuple[Ints, Floats]:
    """At most `_MOST_STEPS` lengths that stand for all."""
    if lengths.values.size <= _MOST_STEPS:
        return lengths.values, lengths.n.astype(np.float64)
    at = (np.arange(_MOST_STEPS) + 0.5) / _MOST_STEPS * lengths.n.sum()
    rows = np.searchsorted(np.cumsum(lengths.n), at)
    return lengths.values[rows], np.ones(_MOST_STEPS)
