"""A fragment explained: the chains of both mates put together, as host, as vector, or as a junction of the two.

A junction is believed where it explains the bases better, by a margin, than host alone and than vector alone do. So a
vector stretch that the host has too speaks for nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from integrasite.align.tumour_targets import Target
from integrasite.junctions.chains import Bases, Chain, Segment, chains_of, clip_cost
from integrasite.junctions.chains_search import mend_parts
from integrasite.junctions.tumour_reads import FragmentReads

SHORTEST_FRAGMENT = 20
_UNPAIRED = 17.0
"""Cost of host mates that do not pair (as in `align/places.py`)."""
_REARRANGED = 10.0
_CIRCULAR = 6.0
_VECTOR_GUESS, _HOST_GUESS = 4.0, 6.0
"""Cost of an anchor that was looked for in a few (vector ends) or a thousand (near the mate) places: log4 of their number."""
_INTERNAL = 6.0
"""Cost of a break that is not seen at a complete vector end: log4 of the vector's bases."""
_REARRANGED_MARGIN = 5.0
"""Bases by which a junction must beat rearranged vector: what meets the complete end, which costs less, is host if it can be."""
_SAME_JOINT = 12
_PAIR_SCORE = 10.0
_MOST_ALTERNATIVES = 600


@dataclass(frozen=True)
class Rules:
    """What decides between explanations.

    Attributes:
        targets: what stands for `contig` of vector segments.
        bases: of host (False) and targets (True).
        max_length: longest fragment, bp.
        vector_margin: bases by which a junction must beat host alone.
        host_margin: bases by which a junction must beat vector alone.
        rank: order of preference of the targets where they explain a read equally.
    """

    targets: Sequence[Target]
    bases: dict[bool, Bases]
    max_length: int
    vector_margin: float
    host_margin: float
    rank: Sequence[int]


def host_margin(genome_length: int) -> float:
    """Bases that point to one place of a genome rather than to any (log4 of both strands), and two more."""
    return math.log(2 * max(genome_length, 1)) / math.log(4) + 2


class Border(NamedTuple):
    """How two mates fit together.

    Attributes:
        cost: in bases.
        word: `proper`, `improper`, `circle`, `discordant`, `overlap`, or empty for one part.
        pair: the segments of the two mates next to the gap, as they fit best.
    """

    cost: float
    word: str
    pair: tuple[Segment, Segment] | None = None


@dataclass(frozen=True, eq=False)
class Explanation:
    """One way to explain a fragment: a chain per part (None: nothing), and how the parts meet."""

    chains: tuple[Chain | None, ...]
    border: Border
    score: float

    @property
    def is_rearranged(self) -> bool:
        """Whether vector is joined to vector where the provirus is not."""
        joined = any("VV" in chain.letters for chain in self.chains if chain is not None)
        return joined or self.border.word in ("improper", "circle")

    @property
    def letters(self) -> str:
        """Host and vector in order, each once in a row."""
        text = "".join(chain.letters for chain in self.chains if chain is not None)
        return "".join(letter for at, letter in enumerate(text) if at == 0 or text[at - 1] != letter)


class Verdict(NamedTuple):
    """The explanation that is believed, and how well host alone and vector alone do."""

    chosen: Explanation
    host: float
    vector: float


def alternatives(
    segments: Sequence[Segment], segment: Segment, span: tuple[int, int]
) -> list[tuple[float, Segment]]:
    """Segments of the same kind that explain the same bases nearly as well, best first: (score over the span, segment)."""
    start, end = span
    best = segment.score(start, end)
    found: dict[tuple[int, bool, int, int], tuple[float, Segment]] = {}
    for other in segments:
        if other.is_vector != segment.is_vector:
            continue
        shared = min(end, other.end) - max(start, other.start)
        if 2 * shared < end - start:
            continue
        low, high = max(start, other.start), min(end, other.end)
        score = other.score(low, high) - clip_cost(low - start) - clip_cost(end - high)
        if score >= best - _PAIR_SCORE - _UNPAIRED:
            key = (other.contig, other.is_forward, int(other.places[low]), low)
            found.setdefault(key, (score, other))
    ordered = sorted(found.items(), key=lambda item: (-round(item[1][0], 6), item[0]))
    return [value for _, value in ordered[:_MOST_ALTERNATIVES]]


def pair_length(left: Segment, first: int, right: Segment, last: int) -> int | None:
    """Length of host or vector from base `first` of the left part to base `last` of the right one; None on unlike strands."""
    if (left.is_vector, left.contig, left.is_forward) != (right.is_vector, right.contig, right.is_forward):
        return None
    step = int(right.places[last]) - int(left.places[first])
    return (step if left.is_forward else -step) + 1


Options = list[tuple[float, Segment]]


def best_pair(
    left: Options, first: int, right: Options, last: int, rules: Rules, least: int = SHORTEST_FRAGMENT
) -> tuple[float, Segment, Segment] | None:
    """The two segments that form one fragment, of at least `least` bp, with the best score together."""
    by_strand: dict[tuple[int, bool], Options] = {}
    for item in right:
        by_strand.setdefault((item[1].contig, item[1].is_forward), []).append(item)
    best: tuple[float, Segment, Segment] | None = None
    best_key: tuple[float, int, int] | None = None
    for number, (score, segment) in enumerate(left):
        for other_number, (other_score, other) in enumerate(
            by_strand.get((segment.contig, segment.is_forward), ())
        ):
            length = pair_length(segment, first, other, last)
            if length is None or not least <= length <= rules.max_length:
                continue
            rank = rules.rank[segment.contig] if segment.is_vector else 0
            key = (round(-score - other_score, 6), rank, number + other_number)
            if best_key is None or key < best_key:
                best, best_key = (score + other_score, segment, other), key
    return best


class Parts(NamedTuple):
    """A fragment's parts with their segments and chains."""

    reads: FragmentReads
    segments: tuple[list[Segment], ...]
    chains: tuple[dict[str, Chain], ...]


def explain(reads: FragmentReads, segments: Sequence[list[Segment]], rules: Rules) -> tuple[Verdict, Parts]:
    """Explain one fragment.

    Args:
        reads: its parts.
        segments: hits of each part.
        rules: see `Rules`.

    Returns:
        The verdict, and the parts with all their segments (also those that were looked for near the mate).
    """
    lengths = [part.codes.size for part in reads.parts]
    mended = mend_parts(reads.parts, segments, rules.targets, rules.bases, rules.max_length)
    chains = tuple(chains_of(own, length, rules.targets) for own, length in zip(mended, lengths, strict=True))
    parts = Parts(reads, tuple(mended), chains)
    options = _options(parts, rules)
    return _decide(options, rules), parts


def _options(parts: Parts, rules: Rules) -> list[Explanation]:
    lengths = [part.codes.size for part in parts.reads.parts]
    if not lengths:
        return [Explanation((), Border(0.0, ""), 0.0)]
    each: list[list[Chain | None]] = [[*chains.values(), None] for chains in parts.chains]
    if len(lengths) == 1:
        return [_one(chain, lengths[0]) for chain in each[0]]
    found = []
    cache: dict[tuple[int, int, int, int], Border] = {}
    for left in each[0]:
        for right in each[1]:
            border = _border(left, right, parts, rules, cache)
            score = _worth(left, lengths[0]) + _worth(right, lengths[1]) - border.cost
            if border.word == "discordant":
                score -= _INTERNAL
            found.append(Explanation((left, right), border, score))
    return found


def _one(chain: Chain | None, length: int) -> Explanation:
    return Explanation((chain,), Border(0.0, ""), _worth(chain, length))


def _worth(chain: Chain | None, length: int) -> float:
    """Score of a chain less what its joints cost."""
    if chain is None:
        return -clip_cost(length)
    score = chain.score
    for joint, (left, right) in zip(chain.joints, pairwise(chain.segments), strict=True):
        if left.is_vector and right.is_vector:
            score -= _REARRANGED
        elif not joint.is_vector_end:
            score -= _INTERNAL
    for segment in chain.segments:
        if segment.is_guess and len(chain.segments) > 1:
            score -= _VECTOR_GUESS if segment.is_vector else _HOST_GUESS
    return score


def _border(
    left: Chain | None, right: Chain | None, parts: Parts, rules: Rules,
    cache: dict[tuple[int, int, int, int], Border],
) -> Border:  # fmt: skip
    if left is None or right is None:
        return Border(0.0, "")
    if left.letters[-1] != right.letters[0]:
        if len(left.segments) == len(right.segments) == 1:
            return Border(0.0, "discordant", (left.segments[-1], right.segments[0]))
        is_same = _same_joint(left, right, rules)
        return Border(0.0, "overlap") if is_same else Border(_UNPAIRED, "improper")
    one, other = left.span(len(left.segments) - 1), right.span(0)
    key = (id(left.segments[-1]), one[0], id(right.segments[0]), other[1])
    if key not in cache:
        cache[key] = _meet(left, right, parts, rules)
    return cache[key]


def _meet(left: Chain, right: Chain, parts: Parts, rules: Rules) -> Border:
    """How the last segment of the left mate and the first of the right one, both host or both vector, fit together."""
    mine, its = left.segments[-1], right.segments[0]
    one, other = left.span(len(left.segments) - 1), right.span(0)
    options = alternatives(parts.segments[0], mine, one), alternatives(parts.segments[1], its, other)
    # mates that reach beyond each other's start would have been merged
    least = max(one[1] - one[0], other[1] - other[0], SHORTEST_FRAGMENT)
    pair = best_pair(options[0], one[0], options[1], other[1] - 1, rules, least)
    single = mine.score(*one) + its.score(*other)
    if pair is not None and single - pair[0] <= _UNPAIRED:
        return Border(max(single - pair[0], 0.0), "proper", pair[1:])
    if not mine.is_vector:
        return Border(_UNPAIRED, "improper", (mine, its))
    return _circular(options, (one[0], other[1] - 1, least), single, rules) or Border(
        _REARRANGED, "improper", (mine, its)
    )


def _circular(
    options: tuple[Options, Options], at: tuple[int, int, int], single: float, rules: Rules
) -> Border | None:
    """Vector mates that pair only if the vector is closed to a circle."""
    for score, left in options[0]:
        for other_score, right in options[1]:
            length = pair_length(left, at[0], right, at[1])
            target = rules.targets[left.contig]
            if length is None or not target.ltr or score + other_score < single - _PAIR_SCORE:
                continue
            # a circle holds one LTR or two
            for size in (target.size, target.codes.size):
                if length < at[2] <= length + size <= rules.max_length:
                    return Border(_CIRCULAR, "circle", (left, right))
    return None


def _same_joint(left: Chain, right: Chain, rules: Rules) -> bool:
    """Whether both mates show one and the same junction."""
    if left.letters != right.letters or len(left.segments) != 2:
        return False
    at = left.letters.index("V")
    mine, its = left.segments[at], right.segments[at]
    if (mine.contig, mine.is_forward) != (its.contig, its.is_forward):
        return False
    one = left.joints[0].left_end - 1 if at == 0 else left.joints[0].right_start
    two = right.joints[0].left_end - 1 if at == 0 else right.joints[0].right_start
    size = rules.targets[mine.contig].size
    apart = abs(int(mine.places[one]) - int(its.places[two])) % size
    return min(apart, size - apart) <= _SAME_JOINT


def _decide(options: list[Explanation], rules: Rules) -> Verdict:
    def best(wanted: set[str]) -> Explanation | None:
        found = [option for option in options if set(option.letters) == wanted]
        return max(found, key=lambda option: (round(option.score, 6), -_size(option)), default=None)

    nothing = min(options, key=lambda option: (len(option.letters), _size(option)))
    host, vector, both = best({"H"}), best({"V"}), best({"H", "V"})
    plain = [option for option in options if option.letters == "V" and not option.is_rearranged]
    plain_score = max((option.score for option in plain), default=nothing.score)
    host_score = host.score if host else nothing.score
    vector_score = vector.score if vector else nothing.score
    if (
        both is not None
        and both.score - host_score >= rules.vector_margin
        and both.score - plain_score >= rules.host_margin
        and both.score - vector_score >= _REARRANGED_MARGIN
    ):
        return Verdict(both, host_score, vector_score)
    rest = [option for option in (host, vector) if option is not None]
    # where they are equal the vector is told: its map knows what of it the host has too
    chosen = max(rest, key=lambda option: (round(option.score, 6), option is vector), default=nothing)
    return Verdict(replace(chosen), host_score, vector_score)


def _size(option: Explanation) -> int:
    return sum(len(chain.segments) for chain in option.chains if chain is not None)
