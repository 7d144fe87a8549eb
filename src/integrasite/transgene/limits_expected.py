"""How many distinct fragments one copy of a vector gives, cell by cell, and how many of them show a junction."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from integrasite.config.calling import Calling
from integrasite.transgene.vector_map import MappedVector

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_MOST_LENGTHS = 40
_WORD_SIDE = 10
"""Bases that a read must show on both sides of an informative boundary (as in `junctions/tumour_call.py`)."""
_HEAD = frozenset(["LTR", "U3", "R", "U5", "PBS", "psi", "RRE", "gag"])
"""Elements of wild-type viruses that more viral sequence follows in a vector (gag behind psi, env behind RRE)."""
_VIRAL = _HEAD | {"cPPT", "PPT"}
"""Elements that wild-type viruses have too."""
_VIRAL_GAP = 600
"""Longest stretch (bp) without element that is a virus's; in vectors such stretches from PBS to cPPT have 100 to 500."""
_VIRAL_FLANK = 200
"""Bases beside cPPT, before PPT and before any viral element that vectors keep with it (190 between WPRE and PPT in many)."""
UNNAMED = "unnamed sequence"
"""What lies in longer stretches: a payload that no motif and no feature names."""


@dataclass(frozen=True, eq=False)
class Shape:
    """How a sample's fragments are seen.

    Attributes:
        lengths: lengths of fragments, bp.
        weights: their shares, summing to 1.
        read_length: bases of a read.
        is_paired: whether both ends are read.
    """

    lengths: Ints
    weights: Floats
    read_length: int
    is_paired: bool

    @classmethod
    def of(cls, lengths: Mapping[int, int], read_length: int, is_paired: bool, window: int) -> "Shape":
        """From the lengths of fragments that lie in control windows of `window` bp, which hide the long ones.

        Where no lengths are known, fragments are taken to be as long as two reads.
        """
        if not is_paired:
            return cls(np.array([read_length], np.int64), np.ones(1), read_length, False)
        if not lengths:
            return cls(np.array([2 * read_length], np.int64), np.ones(1), read_length, True)
        keys = np.array(sorted(lengths), np.int64)
        weights = np.array([lengths[int(key)] for key in keys], np.float64) / np.maximum(window - keys + 1, 1)
        return cls(*_thinned(keys, weights / weights.sum()), read_length, True)


def _thinned(lengths: Ints, weights: Floats) -> tuple[Ints, Floats]:
    """At most `_MOST_LENGTHS` lengths, each the mean of an equal share of fragments."""
    group = np.minimum((np.cumsum(weights) - weights / 2) * _MOST_LENGTHS, _MOST_LENGTHS - 1).astype(np.int64)
    _, group = np.unique(group, return_inverse=True)
    share: Floats = np.bincount(group, weights).astype(np.float64)
    return np.rint(np.bincount(group, weights * lengths) / share).astype(np.int64), share


@dataclass(frozen=True, eq=False)
class Cells:
    """A vector's one-LTR contig, cut where bins or elements change.

    Attributes:
        cell_of: per base, the number of its cell.
        bin: per cell, the number of its bin.
        element: per cell, the number of its element in `names`.
        is_viral: per cell, whether a wild-type virus has it too.
        names: elements.
        is_own: per base, whether it is the vector's and not the host's.
    """

    cell_of: Ints
    bin: Ints
    element: Ints
    is_viral: Flags
    names: tuple[str, ...]
    is_own: Flags

    @property
    def size(self) -> int:
        """Bases of the contig."""
        return int(self.cell_of.size)


def cut_cells(vector: MappedVector, bin_length: int) -> Cells:
    """Cut a vector into cells.

    A base without element belongs to the nearest one, unless it lies in a long stretch without any (`UNNAMED`): such sequence is
    the vector's own, and each of its bins counts as an element, since one cannot tell how many it holds.
    """
    n = int(vector.one_ltr.size)
    bins = np.arange(n) // bin_length
    if n % bin_length and n > bin_length and n % bin_length < bin_length // 2:
        bins = np.minimum(bins, n // bin_length - 1)  # no bin at the end that is too short to be one
    names, element, viral = _elements(vector, bins)
    keys = np.stack([bins, element, viral.astype(np.int64)], axis=1)
    cells, cell_of = np.unique(keys, axis=0, return_inverse=True)
    return Cells(
        cell_of.ravel().astype(np.int64),
        cells[:, 0],
        cells[:, 1],
        cells[:, 2].astype(np.bool_),
        names,
        ~vector.host_like_mask,
    )


def _elements(vector: MappedVector, bins: Ints) -> tuple[tuple[str, ...], Ints, Flags]:
    """Names of the elements, and per base the number of its element and whether it is viral."""
    n = bins.size
    names: list[str] = []
    element = np.full(n, -1, np.int64)
    viral = np.zeros(n, np.bool_)
    for item in sorted(vector.elements, key=lambda e: (e.start - e.end, e.start, e.name)):
        name = "LTR" if item.end <= vector.ltr_length else item.name
        if name not in names:
            names.append(name)
        element[item.start : item.end] = names.index(name)
        viral[item.start : item.end] = _plain(name) in _VIRAL
    edges = np.flatnonzero(np.diff(np.concatenate([[False], element < 0, [False]]).astype(np.int8)))
    unnamed = np.zeros(n, np.bool_)
    for start, end in edges.reshape(-1, 2).tolist():
        before = int(element[start - 1]) if start else -1
        after = int(element[end]) if end < n else -1
        # what lies before the end of a provirus lies before its last LTR, as the payload does before PPT
        last = "PPT" if vector.is_circular else ""
        viral_before, viral_after = _viral_sides(
            end - start,
            _plain(names[before]) if before >= 0 else "",
            _plain(names[after]) if after >= 0 else last,
        )
        viral[start : start + viral_before] = viral[end - viral_after : end] = True
        kept = _named_sides(end - start, before >= 0, after >= 0, viral_before, viral_after)
        element[start : start + kept[0]] = before
        element[end - kept[1] : end] = after
        unnamed[start + kept[0] : end - kept[1]] = True
    parts, number = np.unique(bins[unnamed], return_inverse=True)
    element[unnamed] = len(names) + number
    return (*names, *[UNNAMED] * parts.size), element, viral


def _plain(name: str) -> str:
    return name.split(" (")[0]


def _viral_sides(size: int, before: str, after: str) -> tuple[int, int]:
    """How many bases of a stretch without element are a virus's, from its left and from its right.

    Between two viral elements upstream of the payload a short stretch is viral as a whole. Behind cPPT and before PPT lies the
    payload, named or not. Where no cPPT is known, viral sequence goes on behind psi, gag or RRE, but not for most of the stretch.
    """
    if before in _HEAD and after in _VIRAL - {"PPT"} and size <= _VIRAL_GAP:
        return size, 0
    left = min(_VIRAL_GAP, max(size // 2, _VIRAL_FLANK)) if before in _HEAD else _VIRAL_FLANK
    return (
        min(left, size) if before in _VIRAL else 0,
        min(_VIRAL_FLANK, size) if after in _VIRAL else 0,
    )


def _named_sides(
    size: int, has_before: bool, has_after: bool, viral_before: int, viral_after: int
) -> tuple[int, int]:
    """How many bases of such a stretch go with the element to the left and to the right; the rest has no name."""
    if not has_before and not has_after:
        return 0, 0
    if size > _VIRAL_GAP:
        left = max(viral_before, _VIRAL_FLANK) if has_before else 0
        return left, max(viral_after, _VIRAL_FLANK) if has_after else 0
    if not has_before or not has_after:
        return (size, 0) if has_before else (0, size)
    return (size + 1) // 2, size // 2


@dataclass(frozen=True, eq=False)
class Expected:
    """Distinct fragments of one copy, in units of start positions: times fragments per base and haploid copy.

    Attributes:
        cells: informative fragments by the cell of their middle.
        split: fragments that show a junction within a read, both ends together.
        discordant: fragments that show one between their mates only.
    """

    cells: Floats
    split: float
    discordant: float

    @property
    def total(self) -> float:
        """All informative fragments."""
        return float(self.cells.sum())


def expect(vector: MappedVector, cells: Cells, shape: Shape, calling: Calling) -> Expected:
    """Count the ways in which a fragment can show the provirus.

    Args:
        vector: the vector.
        cells: its cells.
        shape: lengths of fragments and reads.
        calling: thresholds.
    """
    counts = np.zeros(cells.bin.size)
    joined = np.zeros(2)
    own = np.concatenate([[0], np.cumsum(np.concatenate([cells.is_own, cells.is_own[: vector.ltr_length]]))])
    words = [word.position for word in vector.words if word.kind == "domain"]
    anchors = calling.junction_anchor, calling.junction_anchor_ltr
    for length, weight in zip(shape.lengths.tolist(), shape.weights.tolist(), strict=True):
        spans = _spans(length, own.size - 1, shape)
        shown = _own_shown(spans, own, words) >= calling.informative_bases
        first, last = _extent(spans)
        middle = (first + last) // 2 % cells.size
        counts += weight * np.bincount(cells.cell_of[middle[shown]], minlength=counts.size)
        joined += weight * _joined(spans, own.size - 1, *anchors)
    return Expected(counts, float(joined[0]), float(joined[1]))


@dataclass(frozen=True, eq=False)
class _Spans:
    """First and last bases of the reads of all fragments of one length that touch the provirus, and these cut to it."""

    raw: Ints
    cut: Ints


def _spans(length: int, size: int, shape: Shape) -> _Spans:
    read = min(shape.read_length, length)
    start = np.arange(1 - length, size)
    reads = [(start, start + read)]
    if shape.is_paired:
        reads.append((start + length - read, start + length))
    raw = np.array(reads)
    return _Spans(raw, np.clip(raw, 0, size))


def _own_shown(spans: _Spans, own: Ints, words: list[int]) -> Ints:
    """Bases of the vector's own that the reads show; a boundary that is crossed counts as the bases beside it."""
    cut = spans.cut
    shown: Ints = (own[cut[:, 1]] - own[cut[:, 0]]).sum(axis=0)
    if len(cut) > 1:
        low, high = cut[1, 0], cut[0, 1]
        shown = shown - np.where(high > low, own[np.maximum(high, low)] - own[low], 0)
    for word in words:
        crossed = ((cut[:, 0] + _WORD_SIDE <= word) & (word <= cut[:, 1] - _WORD_SIDE)).any(axis=0)
        shown = np.where(crossed, np.maximum(shown, 2 * _WORD_SIDE), shown)
    return shown


def _extent(spans: _Spans) -> tuple[Ints, Ints]:
    """From the first to the last vector base that a fragment's reads show."""
    cut = spans.cut
    has = cut[:, 1] > cut[:, 0]
    first = np.where(has, cut[:, 0], np.iinfo(np.int64).max).min(axis=0)
    last = np.where(has, cut[:, 1], -1).max(axis=0)
    nothing = ~has.any(axis=0)
    return np.where(nothing, 0, first), np.where(nothing, 0, last)


def _joined(spans: _Spans, size: int, host: int, vector: int) -> Floats:
    """Fragments with a junction within a read, and those with one between the reads only, over both ends."""
    found = np.zeros(2)
    for left in (True, False):
        outside = np.maximum(-spans.raw[:, 0], 0) if left else np.maximum(spans.raw[:, 1] - size, 0)
        width = spans.raw[:, 1] - spans.raw[:, 0]
        outside = np.minimum(outside, width)
        inside = spans.cut[:, 1] - spans.cut[:, 0]
        split = ((outside >= host) & (inside >= vector)).any(axis=0)
        apart = (outside.max(axis=0) >= host) & (inside.max(axis=0) >= host)
        found += split.sum(), (apart & ~split).sum()
    return found


def expect_whole(is_own: Flags, shape: Shape, least: int) -> float:
    """Start positions of fragments that show `least` own bases of a linear stretch inside a longer circle."""
    own = np.concatenate([[0], np.cumsum(is_own)])
    total = 0.0
    for length, weight in zip(shape.lengths.tolist(), shape.weights.tolist(), strict=True):
        total += weight * float((_own_shown(_spans(length, own.size - 1, shape), own, []) >= least).sum())
    return total
