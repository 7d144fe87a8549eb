"""The host places of a breakpoint with their posteriors: from the read that shows it and from its mate."""

from typing import NamedTuple

from integrasite.junctions.chains import Segment
from integrasite.junctions.chains_fragment import (
    SHORTEST_FRAGMENT,
    Options,
    Parts,
    Rules,
    Verdict,
    alternatives,
    pair_length,
)

_UNPAIRED = 17.0
_LEAST_WEIGHT = 1e-3
_ONE_ERROR = 5.5
"""A place that one misread base would turn into the best stays, however many equal ones share the posterior."""


class Piece(NamedTuple):
    """A segment as used: number of the part and of the segment in its chain, the segment, the bases it explains."""

    part: int
    number: int
    segment: Segment
    start: int
    end: int


class HostPlace(NamedTuple):
    """One host place of a breakpoint.

    Attributes:
        contig: number.
        position: host base next to the junction, 0-based.
        direction: where the host goes on, away from the junction.
        weight: posterior.
    """

    contig: int
    position: int
    direction: int
    weight: float


def host_places(verdict: Verdict, host: Piece, is_left: bool, parts: Parts, rules: Rules) -> list[HostPlace]:
    """Every host place of one breakpoint, best first.

    Args:
        verdict: the fragment's explanation.
        host: its host piece at the breakpoint.
        is_left: whether the host lies left of the junction.
        parts: the fragment's reads and segments.
        rules: see `Rules`.
    """
    options = alternatives(parts.segments[host.part], host.segment, (host.start, host.end))
    mates = _mates(verdict, host, parts)
    inner = host.end - 1 if is_left else host.start
    best: dict[tuple[int, int, int], float] = {}
    for score, segment in options:
        total = score + _mate_score(segment, host, mates, rules)
        key = (segment.contig, int(segment.places[inner]), -1 if segment.is_forward == is_left else 1)
        best[key] = max(best.get(key, total), total)
    top = max(best.values())
    weights = {key: 4.0 ** (score - top) for key, score in best.items()}
    total_weight = sum(sorted(weights.values()))
    kept = {
        key: weight
        for key, weight in weights.items()
        if weight / total_weight >= _LEAST_WEIGHT or best[key] >= top - _ONE_ERROR
    }
    total_weight = sum(sorted(kept.values()))
    places = [HostPlace(*key, weight / total_weight) for key, weight in kept.items()]
    return sorted(places, key=lambda place: (-round(place.weight, 9), place))


class _Mates(NamedTuple):
    options: Options
    first: int  # base of the left part, or of the right one, from which the length counts
    best: float


def _mates(verdict: Verdict, host: Piece, parts: Parts) -> _Mates | None:
    """Host places of the other mate, where it goes on in the host on the side of the gap."""
    chains = verdict.chosen.chains
    if len(chains) != 2:
        return None
    mine, other = chains[host.part], chains[1 - host.part]
    if mine is None or other is None:
        return None
    at_gap = host.number == (len(mine.segments) - 1 if host.part == 0 else 0)
    number = 0 if host.part == 0 else len(other.segments) - 1
    segment: Segment = other.segments[number]
    if not at_gap or segment.is_vector:
        return None
    span = other.span(number)
    options = alternatives(parts.segments[1 - host.part], segment, span)
    return _Mates(options, span[1] - 1 if host.part == 0 else span[0], options[0][0])


def _mate_score(segment: Segment, host: Piece, mates: _Mates | None, rules: Rules) -> float:
    if mates is None:
        return 0.0
    best = mates.best - _UNPAIRED
    for score, other in mates.options:
        if score <= best:
            break
        if host.part == 0:
            length = pair_length(segment, host.start, other, mates.first)
        else:
            length = pair_length(other, mates.first, segment, host.end - 1)
        if length is not None and SHORTEST_FRAGMENT <= length <= rules.max_length:
            best = score
    return best
