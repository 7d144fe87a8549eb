"""Fragments as they are explained: mates in one orientation, low-quality tails cut, overlapping mates merged.

Merged mates show the whole fragment: adapter beyond its ends is cut with them, and a junction is seen once.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Codes, reverse_complement

Floats = npt.NDArray[np.float64]
Qualities = npt.NDArray[np.uint8]

SHORTEST = 20
"""Bases that a read must have left: fewer are no evidence of anything."""
_TAIL_QUALITY = 10
"""Phred quality that a tail must reach on balance (as bwa and cutadapt trim): below, one base in ten is wrong."""
_MOST_QUALITY = 60
_ERROR = 10.0 ** (-np.arange(_MOST_QUALITY + 1) / 10)
_WRONG = 1e-3
"""Chance that vector or host differ from their reference in a base that was read well."""
_CHANCE = np.minimum(_ERROR + _WRONG, 0.75)
GAIN: Floats = np.log(4 * (1 - _CHANCE)) / np.log(4)
"""Score of a matching base by its quality, in bases: log (base 4) of the odds against a chance match."""
COST: Floats = -np.log(4 * _CHANCE / 3) / np.log(4)
"""Score lost by a mismatching base by its quality."""

_OVERLAP = 20
_OVERLAP_ERRORS = 0.1
_OVERLAP_MARGIN = 12
"""Points (match 1, mismatch -4) by which the best overlap must beat all others: tandem repeats overlap in many ways."""
_MISMATCH = 4


@dataclass(frozen=True, eq=False)
class Part:
    """A run of bases of a fragment, in the fragment's orientation.

    Attributes:
        codes: bases.
        gain: score of each base where it matches.
        cost: score lost where it does not.
    """

    codes: Codes
    gain: Floats
    cost: Floats


@dataclass(frozen=True, eq=False)
class FragmentReads:
    """One read pair (or single read) as it is explained.

    Attributes:
        name: of the read.
        parts: both mates in the orientation of read 1, or one part that shows all of the fragment.
        is_whole: the mates overlap, so that both ends and the length are known.
        is_single: there is no mate.
        quality: sum of the qualities, to choose among copies.
        apart: the mates as they are, where they were merged: units of a tandem repeat feign an overlap.
        discord: what the bases at which merged mates differ cost, whatever the fragment is, in bases (see `COST`).
    """

    name: str
    parts: tuple[Part, ...]
    is_whole: bool
    is_single: bool
    quality: int
    apart: "FragmentReads | None" = None
    discord: float = 0.0

    @property
    def all_parts(self) -> tuple[Part, ...]:
        """What is to be aligned: the parts, then those of `apart`."""
        return self.parts + (self.apart.parts if self.apart is not None else ())


def _part(codes: Codes, qualities: Qualities) -> Part:
    known = codes < 4
    quality = np.minimum(qualities, _MOST_QUALITY)
    return Part(codes, np.where(known, GAIN[quality], 0.0), np.where(known, COST[quality], 0.0))


def trimmed_length(qualities: Qualities) -> int:
    """Bases that stay when the low-quality tail is cut."""
    worth = np.cumsum(_TAIL_QUALITY - qualities[::-1].astype(np.int64))
    if worth.size == 0 or worth.max() <= 0:
        return int(qualities.size)
    return int(qualities.size - 1 - int(worth.argmax()))


def find_overlap(first: Codes, second: Codes) -> int | None:
    """Where the second mate (turned) begins in the first one; below 0: that many bases before its start.

    Args:
        first: read 1.
        second: read 2, reverse-complemented.

    Returns:
        The offset; None where they do not overlap, or could overlap in several ways.
    """
    if min(first.size, second.size) < _OVERLAP:
        return None
    matches = np.zeros(first.size + second.size - 1)
    known = np.zeros_like(matches)
    for base in range(4):
        matches += np.correlate(
            (first == base).astype(np.float64), (second == base).astype(np.float64), "full"
        )
    known = np.correlate((first < 4).astype(np.float64), (second < 4).astype(np.float64), "full")
    offsets = np.arange(matches.size) - (second.size - 1)
    shown = np.minimum(first.size, offsets + second.size) - np.maximum(offsets, 0)
    mismatches = np.rint(known - matches)
    score = np.rint(matches) - _MISMATCH * mismatches
    score[(shown < _OVERLAP) | (mismatches > _OVERLAP_ERRORS * shown)] = -np.inf
    best = int(score.argmax())
    if score[best] < _OVERLAP - _MISMATCH:
        return None
    score[best] = -np.inf
    rest = np.rint(matches) - _MISMATCH * mismatches
    rest[best] = -np.inf
    return (
        None
        if rest.max() > matches[best] - _MISMATCH * mismatches[best] - _OVERLAP_MARGIN
        else int(offsets[best])
    )


def _merge(
    first: tuple[Codes, Qualities], second: tuple[Codes, Qualities], offset: int
) -> tuple[Codes, Qualities, float]:
    """The fragment that two overlapping mates show: the better base of each, adapter beyond either end cut; and `discord`."""
    n = offset + second[0].size
    codes = np.full(n, 4, np.uint8)
    quality = np.zeros(n, np.int64)
    shown = min(n, first[0].size)
    codes[:shown], quality[:shown] = first[0][:shown], first[1][:shown]
    begin = max(offset, 0)
    other, other_quality = second[0][begin - offset :], second[1][begin - offset :].astype(np.int64)
    mine, mine_quality = codes[begin:], quality[begin:].copy()
    agree = mine == other
    wrong = np.minimum(mine_quality, other_quality)[~agree & (mine_quality > 0) & (mine < 4) & (other < 4)]
    discord = float((GAIN + COST)[np.minimum(wrong, _MOST_QUALITY)].sum())
    better = (other_quality > mine_quality) | (mine > 3)
    codes[begin:] = np.where(agree | ~better, mine, other)
    seen = mine_quality > 0
    quality[begin:] = np.where(
        agree | ~seen, np.maximum(mine_quality, other_quality), np.abs(mine_quality - other_quality)
    )
    return codes, quality.astype(np.uint8), discord


def prepare_fragment(
    name: str, first: tuple[Codes, Qualities], second: tuple[Codes, Qualities] | None
) -> FragmentReads:
    """Trim, turn and merge.

    Args:
        name: of the read.
        first: bases and Phred qualities of read 1.
        second: of read 2 as it was read; None for single reads.
    """
    quality = int(first[1].sum()) + (int(second[1].sum()) if second is not None else 0)
    one = _trim(first)
    if second is None:
        return FragmentReads(
            name, tuple([_part(*one)] if one[0].size >= SHORTEST else []), False, True, quality
        )
    two = _trim(second)
    turned = (reverse_complement(two[0]), two[1][::-1])
    offset = find_overlap(one[0], turned[0])
    parts = tuple(_part(*read) for read in (one, turned) if read[0].size >= SHORTEST)
    apart = FragmentReads(name, parts, False, False, quality)
    if offset is None or offset + turned[0].size < SHORTEST:
        return apart
    codes, merged, discord = _merge(one, turned, offset)
    return FragmentReads(name, (_part(codes, merged),), True, False, quality, apart, discord)


def _trim(read: tuple[Codes, Qualities]) -> tuple[Codes, Qualities]:
    length = trimmed_length(read[1])
    return read[0][:length], read[1][:length]
