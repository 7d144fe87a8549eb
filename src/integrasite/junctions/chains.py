"""A read as a chain of host and vector segments: how well each explains each base, and where one gives way to the next.

Scores are log-odds in bases (log base 4): a well-read matching base counts 1, a mismatching one about -5.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from integrasite.align.tumour_targets import Target
from integrasite.junctions.tumour_reads import Floats, Part

Integers = npt.NDArray[np.int64]
Bases = Callable[[int, int, int], npt.NDArray[np.uint8]]
"""Codes of bases [start, end) of a contig by number; 4 beyond its ends."""

_GAP_OPEN, _GAP_BASE = 5.0, 1.0
"""An insertion or deletion within a segment."""
_FILLER_OPEN, _FILLER_BASE = 4.0, 0.5
"""Bases between two segments that neither explains."""
_CLIP_OPEN, _CLIP_BASE = 3.0, 0.1
"""Bases at an end of the read that nothing explains: chimeric molecules are about 1 in 100 (3.3 bases)."""
LTR_END_BONUS = 4.0
"""How much likelier the vector breaks at its complete end than at another given base: truncated ends are 1-2 %."""
_LEAST_PIECE = 6
"""Bases of a segment in a chain: what is looked for where the mate says which vector end to expect."""
_MOST_CLASSES = 8
_SAME_SPAN = 4


@dataclass(frozen=True, eq=False)
class Segment:
    """One alignment, extended without gaps to both ends of the part.

    Attributes:
        is_vector: vector target or host contig.
        contig: number of the target or contig.
        is_forward: whether the part runs along the contig's strand.
        start: first base of the part that is aligned.
        end: base behind the last.
        places: contig coordinate of each base of the part.
        total: scores summed up to each base; part length + 1 values.
        is_guess: found by looking for a short anchor where one was expected.
    """

    is_vector: bool
    contig: int
    is_forward: bool
    start: int
    end: int
    places: Integers
    total: Floats
    is_guess: bool = False

    def score(self, start: int, end: int) -> float:
        """Score of the part's bases [start, end)."""
        return float(self.total[end] - self.total[start])

    @property
    def own_score(self) -> float:
        """Score of what is aligned."""
        return self.score(self.start, self.end)

    def n_matches(self, start: int, end: int) -> int:
        """Matching bases among the part's bases [start, end)."""
        return int((np.diff(self.total[start : end + 1]) > 0).sum())


class Joint(NamedTuple):
    """Where one segment gives way to the next.

    Attributes:
        left_end: base behind the last that the left segment explains.
        right_start: first base that the right one explains.
        overlap: bases that both explain; below 0: bases between them.
        score: of both segments together.
        is_vector_end: whether the vector side is its complete end.
    """

    left_end: int
    right_start: int
    overlap: int
    score: float
    is_vector_end: bool


class Chain(NamedTuple):
    """Segments in the order of the read, with the joints between them."""

    segments: tuple[Segment, ...]
    joints: tuple[Joint, ...]
    score: float

    @property
    def letters(self) -> str:
        """One letter per segment: H or V."""
        return "".join("V" if segment.is_vector else "H" for segment in self.segments)

    def span(self, number: int) -> tuple[int, int]:
        """Bases of the part that a segment explains."""
        start = self.joints[number - 1].right_start if number else self.segments[0].start
        last = number == len(self.segments) - 1
        return start, self.segments[-1].end if last else self.joints[number].left_end


def clip_cost(n_bases: int) -> float:
    """Cost of bases at an end that nothing explains."""
    return min(_CLIP_OPEN + _CLIP_BASE * n_bases, float(n_bases))


def filler_cost(n_bases: int) -> float:
    """Cost of bases between two segments that nothing explains."""
    return _FILLER_OPEN + _FILLER_BASE * n_bases


def make_segment(
    part: Part, cigar: Sequence[tuple[int, str]], start: int, hit: tuple[bool, int, bool], bases: Bases,
    is_guess: bool = False,
) -> Segment:  # fmt: skip
    """A segment from an alignment.

    Args:
        part: the read, in the fragment's orientation.
        cigar: along the contig.
        start: first aligned base of the contig.
        hit: whether it is a vector, number of the contig, whether the part runs along it.
        bases: the contigs' bases.
        is_guess: see `Segment`.
    """
    is_vector, contig, is_forward = hit
    n = part.codes.size
    codes = part.codes if is_forward else np.where(part.codes < 4, 3 - part.codes, 4)[::-1].astype(np.uint8)
    clips = clipped_ends(cigar)
    step = np.ones(n, np.int64)
    penalty = np.zeros(n)
    inserted = np.zeros(n, np.bool_)
    at = clips[0]
    for length, op in cigar:
        if op in "M=X":
            at += length
        elif op == "I":
            step[at : at + length] = 0
            inserted[at : at + length] = True
            penalty[at] += _GAP_OPEN
            at += length
        elif op in "DN" and at < n:
            step[at] += length
            penalty[at] += _GAP_OPEN + _GAP_BASE * length
    places = np.cumsum(step)
    places += start - (places[clips[0]] if clips[0] < n else 0)
    reference = bases(contig, int(places[0]), int(places[-1]) + 1)[places - places[0]]
    if not is_forward:
        places, penalty, inserted = places[::-1], penalty[::-1], inserted[::-1]
        codes, reference = codes[::-1], reference[::-1]
        # the penalty of a gap is paid by the base on its other side
    equal = (codes == reference) & (codes < 4)
    delta = np.where(equal, part.gain, -part.cost)
    delta = np.where(inserted, -_GAP_BASE, delta) - penalty
    total = np.concatenate([[0.0], np.cumsum(delta)])
    left = clips[0] if is_forward else clips[1]
    right = clips[1] if is_forward else clips[0]
    return Segment(
        is_vector, contig, is_forward, left, n - right, np.ascontiguousarray(places), total, is_guess
    )


def clipped_ends(cigar: Sequence[tuple[int, str]]) -> tuple[int, int]:
    """Bases clipped at the beginning and at the end, each as one or more operations."""
    ends = [0, 0]
    for side, ordered in enumerate((cigar, cigar[::-1])):
        for length, op in ordered:
            if op not in "SH":
                break
            ends[side] += length
    return ends[0], ends[1]


def vector_end_base(segment: Segment, base: int, side: int, targets: Sequence[Target]) -> bool:
    """Whether the vector leaves at its complete end: base `base` of the part is the last (side 1) or first (side -1) of it."""
    target = targets[segment.contig]
    if not segment.is_vector or not target.has_ends:
        return False
    place, outward = int(segment.places[base]), segment.is_forward == (side > 0)
    if outward:
        return (
            place in (target.ltr - 1, target.codes.size - 1) if target.ltr else place == target.codes.size - 1
        )
    return place in (0, target.size) if target.ltr else place == 0


def join_segments(left: Segment, right: Segment, targets: Sequence[Target]) -> Joint | None:
    """The best place at which `left` gives way to `right`; ties go to the complete vector end, else to the vector.

    Returns:
        None where either would be left with fewer than 6 bases.
    """
    low, high = left.start + _LEAST_PIECE, right.end - _LEAST_PIECE
    if low > high:
        return None
    base = right.total[right.end] - left.total[left.start]
    cuts = np.arange(low, high + 1)
    flush = left.total[cuts] - right.total[cuts]
    bonus = np.zeros(cuts.size)
    ends = _vector_ends(left, right, cuts, targets)
    bonus[ends] = LTR_END_BONUS
    best = flush + bonus
    top = float(best.max())
    filled = _filler(left, right, cuts, bonus)
    if filled is not None and filled[2] > top + 1e-9:
        first, second, _ = filled
        score = float(left.total[first] - right.total[second]) - filler_cost(second - first)
        is_end = _is_end(left, right, first, second, targets)
        return Joint(first, second, first - second, score + base, is_end)
    ties = np.flatnonzero(best >= top - 1e-9)
    chosen = int(ties[-1] if left.is_vector else ties[0])
    if ends.size:
        at_end = [int(tie) for tie in ties if tie in ends]
        chosen = at_end[0] if at_end else chosen
    cut = int(cuts[chosen])
    overlap = _claimed(flush, chosen, left.is_vector)
    return Joint(cut, cut, overlap, float(flush[chosen]) + base, bool(np.isin(chosen, ends)))


def _vector_ends(left: Segment, right: Segment, cuts: Integers, targets: Sequence[Target]) -> Integers:
    """Which cuts stand right at a complete vector end (joints of two vector segments are not preferred anywhere)."""
    if left.is_vector == right.is_vector:
        return np.zeros(0, np.int64)
    found = [number for number, cut in enumerate(cuts.tolist()) if _is_end(left, right, cut, cut, targets)]
    return np.array(found, np.int64)


def _is_end(
    left: Segment, right: Segment, left_end: int, right_start: int, targets: Sequence[Target]
) -> bool:
    if left.is_vector == right.is_vector:
        return False
    if left.is_vector:
        return vector_end_base(left, left_end - 1, 1, targets)
    return vector_end_base(right, right_start, -1, targets)


def _filler(left: Segment, right: Segment, cuts: Integers, bonus: Floats) -> tuple[int, int, float] | None:
    """The best pair of cuts with bases between them that nothing explains; `bonus` is for the cut of the vector."""
    if cuts.size < 2:
        return None
    from_left = left.total[cuts] + _FILLER_BASE * cuts + (bonus if left.is_vector else 0.0)
    reached = np.maximum.accumulate(from_left)[:-1]
    to_right = -right.total[cuts[1:]] - _FILLER_BASE * cuts[1:] + (bonus[1:] if right.is_vector else 0.0)
    both = reached + to_right - _FILLER_OPEN
    best = int(both.argmax())
    first = int(cuts[int(np.flatnonzero(from_left[: best + 1] >= reached[best] - 1e-9)[0])])
    return first, int(cuts[best + 1]), float(both[best])


def _claimed(flush: Floats, chosen: int, left_is_vector: bool) -> int:
    """How far the cut could move into the vector at no loss: bases that host and vector both explain."""
    step = -1 if left_is_vector else 1
    at = chosen
    while 0 <= at + step < flush.size and flush[at + step] >= flush[chosen] - 1e-9:
        at += step
    return abs(at - chosen)


def chains_of(segments: Sequence[Segment], length: int, targets: Sequence[Target]) -> dict[str, Chain]:
    """The best chain of each kind (`H`, `V`, `HV`, `VHV` ...), of up to three segments, no two host ones in a row.

    Args:
        segments: of one part.
        length: bases of the part.
        targets: vectors and plasmid parts.
    """
    chosen = _classes(segments)
    best: dict[str, Chain] = {}

    def keep(chain: Chain) -> None:
        found = best.get(chain.letters)
        if found is None or chain.score > found.score + 1e-9:
            best[chain.letters] = chain

    pairs: list[Chain] = []
    for segment in chosen:
        ends = clip_cost(segment.start) + clip_cost(length - segment.end)
        keep(Chain((segment,), (), segment.own_score - ends))
    for left in chosen:
        for right in chosen:
            chain = _chain((left, right), length, targets)
            if chain is not None:
                pairs.append(chain)
                keep(chain)
    singles = max((chain.score for chain in best.values() if len(chain.letters) == 1), default=0.0)
    for pair in pairs:
        if pair.score > singles:  # a third segment only ever mends a pair that is worth it
            for third in chosen:
                chain = _chain((*pair.segments, third), length, targets)
                if chain is not None:
                    keep(chain)
    return best


def _chain(segments: tuple[Segment, ...], length: int, targets: Sequence[Target]) -> Chain | None:
    joints = []
    total = 0.0
    for left, right in pairwise(segments):
        if not (left.is_vector or right.is_vector) or left is right:
            return None
        if right.start < left.start + _LEAST_PIECE // 2 or right.end < left.end + _LEAST_PIECE // 2:
            return None
        joint = join_segments(left, right, targets)
        if joint is None:
            return None
        joints.append(joint)
    chain = Chain(segments, tuple(joints), 0.0)
    for number, segment in enumerate(segments):
        start, end = chain.span(number)
        if end - start < _LEAST_PIECE:
            return None
        total += segment.score(start, end)
    for joint in joints:
        if joint.right_start > joint.left_end:
            total -= filler_cost(joint.right_start - joint.left_end)
    total -= clip_cost(segments[0].start) + clip_cost(length - segments[-1].end)
    return chain._replace(score=total)


def _classes(segments: Sequence[Segment]) -> list[Segment]:
    """The best segments of each kind, one for each span of the read."""
    chosen: list[Segment] = []
    for is_vector in (False, True):
        mine = sorted(
            (s for s in segments if s.is_vector == is_vector),
            key=lambda s: (-round(s.own_score, 6), s.contig, int(s.places[0]), s.is_forward),
        )
        kept: list[Segment] = []
        for segment in mine:
            same = any(
                abs(segment.start - other.start) + abs(segment.end - other.end) <= _SAME_SPAN
                for other in kept
            )
            # vector strands matter to what can follow, so copies that differ in strand or LTR stay
            if len(kept) < _MOST_CLASSES and (is_vector or not same):
                kept.append(segment)
        chosen += kept
    return chosen
