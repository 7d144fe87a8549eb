"""Every way in which a fragment of one provirus can be informative: what a sample's counts are held against.

A fragment is known by the vector bases between the first and the last one that its reads show. The same rule decides, for
observed and for possible fragments, whether it counts; so ends of the provirus, where fragments reach into the host, and
stretches that the host has too need no approximation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Codes, reverse_complement
from integrasite.transgene.copies_depth import HostFragments
from integrasite.transgene.vector_map import MappedVector

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Stretch = tuple[int, int]

_SHARED_WORD = 31
"""Bases that two vectors share from which a fragment cannot tell them."""
_GC_WINDOW = 400


@dataclass(frozen=True, eq=False)
class Measure:
    """A vector's bases as fragments show them, on the one-LTR contig and the LTR once more behind it.

    Attributes:
        size: bases of the one-LTR contig.
        ltr: length of the LTR.
        is_own: per base, whether it tells this vector from the host and from the sample's other vectors.
        gc: per base of the one-LTR contig, share of G and C around it.
        read_length: bases of a read.
        least: own bases that a fragment must show.
    """

    size: int
    ltr: int
    is_own: Flags
    gc: Floats
    read_length: int
    least: int

    @cached_property
    def own_before(self) -> Ints:
        """Own bases before each base."""
        return np.concatenate([[0], np.cumsum(self.is_own)]).astype(np.int64)

    def shown_own(self, start: Ints, end: Ints) -> Ints:
        """Own bases that reads from either end of the vector bases [start, end) show."""
        inner, outer = np.minimum(start + self.read_length, end), np.maximum(end - self.read_length, start)
        before = self.own_before
        twice = np.maximum(before[inner] - before[outer], 0)
        found: Ints = before[inner] - before[start] + before[end] - before[outer] - twice
        return found

    def middle(self, start: Ints, end: Ints) -> Ints:
        """The base in the middle, on the one-LTR contig."""
        return (start + end) // 2 % self.size

    def shows(self, start: Ints, end: Ints, stretch: Stretch) -> Flags:
        """Whether a read from either end of [start, end) shows a base of a stretch of the one-LTR contig."""
        inner, outer = np.minimum(start + self.read_length, end), np.maximum(end - self.read_length, start)
        found = np.zeros(start.shape, np.bool_)
        for low, high in _folds(stretch, self.size):
            found |= ((start < high) & (low < inner)) | ((outer < high) & (low < end))
        return found

    def reaches(self, start: Ints, end: Ints, stretch: Stretch) -> Flags:
        """Whether [start, end) holds a base of a stretch of the one-LTR contig."""
        found = np.zeros(start.shape, np.bool_)
        for low, high in _folds(stretch, self.size):
            found |= (start < high) & (low < end)
        return found


def _folds(stretch: Stretch, size: int) -> tuple[Stretch, Stretch]:
    """The stretch, and the same bases behind the end of the one-LTR contig."""
    return stretch, (stretch[0] + size, stretch[1] + size)


def make_measure(
    vector: MappedVector, others: Sequence[MappedVector], read_length: int, least: int
) -> Measure:
    """What of a vector counts.

    Args:
        vector: the vector.
        others: further vectors of the sample; what they share with it counts for none.
        read_length: bases of a read.
        least: own bases that a fragment must show.
    """
    own = ~vector.host_like_mask
    for other in others:
        own &= ~shared_bases(vector, other)
    whole = np.concatenate([own, own[: vector.ltr_length]])
    return Measure(int(own.size), vector.ltr_length, whole, _gc_around(vector), max(read_length, 1), least)


def shared_bases(vector: MappedVector, other: MappedVector) -> Flags:
    """Bases of the vector in words of `_SHARED_WORD` bases that the other has too, on either strand."""
    found = np.zeros(vector.one_ltr.size, np.bool_)
    theirs = _closed(other)
    words = {w for codes in (theirs, reverse_complement(theirs)) for w in _words(codes)}
    for at, word in enumerate(_words(_closed(vector))):
        if word in words:
            found[np.arange(at, at + _SHARED_WORD) % found.size] = True
    return found


def _closed(vector: MappedVector) -> Codes:
    tail = vector.one_ltr[: _SHARED_WORD - 1] if vector.is_circular else vector.one_ltr[:0]
    return np.concatenate([vector.one_ltr, tail])


def _words(codes: Codes) -> list[bytes]:
    text = codes.tobytes()
    return [text[at : at + _SHARED_WORD] for at in range(len(text) - _SHARED_WORD + 1)]


def _gc_around(vector: MappedVector) -> Floats:
    """Share of G and C in `_GC_WINDOW` bases around each base; a provirus goes on with its first LTR."""
    is_gc = np.isin(vector.one_ltr, (1, 2)).astype(np.float64)
    half = _GC_WINDOW // 2
    before = np.concatenate([[0.0], np.cumsum(is_gc)])
    at = np.arange(is_gc.size)
    low, high = np.maximum(at - half, 0), np.minimum(at + half, is_gc.size)
    found: Floats = (before[high] - before[low]) / np.maximum(high - low, 1)
    return found


@dataclass(frozen=True, eq=False)
class Ways:
    """Informative fragments of one copy (arrays of one length).

    Attributes:
        start: first vector base that the reads show, on the contig with both LTRs.
        end: base behind the last.
        middle: base in the middle, on the one-LTR contig.
        expected: fragments in the sample for one copy per diploid genome.
        tilt: G + C of the fragment less the control loci's mean.
        extra: G + C of the fragment beyond the range of the control loci, where their slope is a guess.
    """

    start: Ints
    end: Ints
    middle: Ints
    expected: Floats
    tilt: Floats
    extra: Floats

    def total(self, chosen: Flags | None = None) -> float:
        """Expected fragments, of all or of some ways."""
        return float(self.expected.sum() if chosen is None else self.expected[chosen].sum())


def count_ways(measure: Measure, host: HostFragments) -> Ways:
    """Enumerate the first bases and lengths of all fragments that hold a base of the provirus.

    Args:
        measure: what counts.
        host: lengths of fragments, and the host's depth, which says how many of each there are.
    """
    size = measure.size + measure.ltr
    read = measure.read_length
    starts, ends, weights = [], [], []
    for length, share in zip(host.lengths.tolist(), host.shares.tolist(), strict=True):
        first = np.arange(1 - length, size, dtype=np.int64)
        last = first + length
        # the innermost read that still shows vector says where the known bases begin and end
        start = np.where(first + min(read, length) > 0, np.maximum(first, 0), np.maximum(last - read, 0))
        end = np.where(
            last - min(read, length) < size, np.minimum(last, size), np.minimum(first + read, size)
        )
        if not host.is_paired:
            start, end = np.maximum(first, 0), np.minimum(last, size)
        kept = np.flatnonzero(start < end)
        kept = kept[measure.shown_own(start[kept], end[kept]) >= measure.least]
        starts.append(start[kept])
        ends.append(end[kept])
        weights.append(np.full(kept.size, share))
    start, end, weight = np.concatenate(starts), np.concatenate(ends), np.concatenate(weights)
    middle = measure.middle(start, end)
    tilt = measure.gc[middle] - host.gc
    extra = tilt - np.clip(tilt, host.gc_range[0] - host.gc, host.gc_range[1] - host.gc)
    expected = weight * (host.density / 2) * np.exp(host.slope * tilt)
    return Ways(start, end, middle, expected, tilt, extra)
