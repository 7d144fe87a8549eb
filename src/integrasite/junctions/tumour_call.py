"""What one explained fragment says: its kind, its vector part, and its breakpoints with the host places of each."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from integrasite.align.tumour_targets import Target
from integrasite.junctions.chains import Chain
from integrasite.junctions.chains_fragment import Parts, Rules, Verdict, alternatives, pair_length
from integrasite.junctions.tumour_places import HostPlace, Piece, host_places
from integrasite.junctions.vector_joins import vector_joins
from integrasite.kernels.codes import Codes, reverse_complement

SPECIFIC = 20
"""Vector bases that the host lacks from which a vector part is specific; the host has few such words by chance."""
SPECIFIC_END = 10
"""As `SPECIFIC`, where they are the vector's complete end right at the host."""
END_BASES = 24
WORD_SIDE = 10
"""Bases that a read must show on both sides of an informative boundary."""
_EQUAL = 3.0
_CIRCLE_SLACK = 12
_LEAST_HOST, _LEAST_VECTOR = 18, 10
_STRAY = 40
"""Host bases beside the vector's in a read up to which their place is doubted where the mate, in the host too, lies elsewhere:
few bases (poly-A of a repeat) are found where the host happens to have vector bases beside them, not at their own place."""


class End(NamedTuple):
    """Where a fragment ends: a place where one is known (`letter` H or V), and its bases, inwards."""

    letter: str
    contig: int
    is_forward: bool
    place: int
    bases: bytes


class Breakpoint(NamedTuple):
    """One junction of vector and host in a fragment.

    Attributes:
        is_split: within a read; otherwise between the mates.
        target: number of the vector target.
        vector_position: one-LTR coordinate of the innermost vector base.
        vector_direction: where the vector goes on, away from the junction.
        overlap: see `TUMOUR_JUNCTIONS`.
        places: on the host, best first.
        anchors: host and vector bases.
        identities: of host and vector bases.
        known: bases of the fragment between its outer ends and the innermost known bases.
        is_specific: see `TUMOUR_JUNCTIONS`.
        host_piece: number of the part and its bases on the host side.
    """

    is_split: bool
    target: int
    vector_position: int
    vector_direction: int
    overlap: int
    places: tuple[HostPlace, ...]
    anchors: tuple[int, int]
    identities: tuple[float, float]
    known: int
    is_specific: bool
    host_piece: tuple[int, int, int]


@dataclass
class VectorPart:
    """The vector bases of a fragment on its main target (one-LTR coordinates)."""

    target: int = -1
    start: int = 0
    end: int = 0
    n_bases: int = 0
    n_specific: int = 0
    words: tuple[str, ...] = ()


@dataclass
class FragmentCall:
    """One read pair, explained."""

    name: str
    quality: int
    score: float
    kind: str
    ends: tuple[End, End]
    is_single: bool
    is_merged: bool
    vector: VectorPart
    host: tuple[int, int, int, int]  # contig, start, end, bases; contig -1: none
    breakpoints: list[Breakpoint] = field(default_factory=list)
    length: int = 0
    is_proper: bool = False
    joins: tuple[str, ...] = ()

    @property
    def signature(self) -> tuple[object, ...]:
        """What copies must agree in."""
        return (
            self.kind,
            self.vector.target,
            *(
                (b.is_split, b.target, b.vector_position, b.vector_direction, b.places[0][:3])
                for b in self.breakpoints
            ),
        )


def pieces_of(verdict: Verdict) -> list[Piece]:
    """The segments of the chosen explanation in the order of the fragment, paired mates at the places that pair."""
    chosen = verdict.chosen
    pieces = []
    for number, chain in enumerate(chosen.chains):
        if chain is None:
            continue
        for at, segment in enumerate(chain.segments):
            pair = chosen.border.pair
            used = segment
            if pair is not None and number == 0 and at == len(chain.segments) - 1:
                used = pair[0]
            elif pair is not None and number == 1 and at == 0:
                used = pair[1]
            pieces.append(Piece(number, at, used, *chain.span(at)))
    return pieces


def call_fragment(verdict: Verdict, parts: Parts, rules: Rules) -> FragmentCall:
    """What an explained fragment says."""
    pieces = pieces_of(verdict)
    vector = _vector_part([p for p in pieces if p.segment.is_vector], rules)
    breakpoints = _breakpoints(verdict, pieces, parts, rules)
    kind = _kind(verdict, pieces, vector, rules)
    reads = parts.reads
    call = FragmentCall(
        reads.name, reads.quality, verdict.chosen.score, kind, _ends(verdict, pieces, parts, rules),
        reads.is_single, reads.is_whole, vector, _host_part([p for p in pieces if not p.segment.is_vector]),
        breakpoints if kind == "junction" else [],
    )  # fmt: skip
    if kind == "junction" and not call.breakpoints:
        call.kind = "vector" if vector.n_specific else "vector_host_like"
    call.joins = vector_joins(verdict.chosen.chains, rules.targets, vector.target)
    _set_length(call, verdict, parts)
    return call


def _set_length(call: FragmentCall, verdict: Verdict, parts: Parts) -> None:
    border = verdict.chosen.border
    if parts.reads.is_whole:
        call.length = parts.reads.parts[0].codes.size
    elif border.word == "proper" and border.pair is not None and len(verdict.chosen.letters) == 1:
        last = parts.reads.parts[1].codes.size - 1
        call.length = pair_length(border.pair[0], 0, border.pair[1], last) or 0
        call.is_proper = True


def _matches(piece: Piece) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = np.diff(piece.segment.total[piece.start : piece.end + 1]) > 0
    return found


def _vector_part(pieces: list[Piece], rules: Rules) -> VectorPart:
    """The vector bases, on the target that has most of them (backbone and plasmid parts first)."""
    if not pieces:
        return VectorPart()
    sizes: dict[int, int] = {}
    for piece in pieces:
        sizes[piece.segment.contig] = sizes.get(piece.segment.contig, 0) + piece.end - piece.start
    main = min(sizes, key=lambda number: (rules.targets[number].kind == "vector", -sizes[number], number))
    target = rules.targets[main]
    spans = []
    specific = np.zeros(target.size, np.bool_)
    words: dict[str, None] = {}
    n_specific = 0
    for piece in pieces:
        own = rules.targets[piece.segment.contig]
        places = piece.segment.places[piece.start : piece.end]
        low, high = int(places.min()), int(places.max()) + 1
        mask, crossed = _specific(own, low, high)
        words |= dict.fromkeys(crossed)
        shown = np.unique(places[_matches(piece)] % own.size)
        if piece.segment.contig == main:
            spans.append((low, high))
            specific[shown[mask[shown]]] = True
        else:
            n_specific += int(mask[shown].sum())
    start, end = min(s for s, _ in spans), max(e for _, e in spans)
    if start >= target.size:
        start, end = start - target.size, end - target.size
    return VectorPart(
        main, start, end, sum(p.end - p.start for p in pieces), n_specific + int(specific.sum()), tuple(words)
    )


def _specific(target: Target, low: int, high: int) -> tuple[npt.NDArray[np.bool_], list[str]]:
    """Which bases speak for the vector where a read shows [low, high), and the informative boundaries it crosses."""
    mask = target.is_own
    words = []
    for boundary in target.boundaries:
        for turn in (0, target.size):
            first, last = boundary.start + turn - WORD_SIDE, boundary.end + turn + WORD_SIDE
            if low <= first and last <= high:
                words.append(boundary.name)
                if boundary.is_specific:
                    mask = mask.copy()
                    mask[np.arange(first, last) % target.size] = True
    return mask, words


def _host_part(pieces: list[Piece]) -> tuple[int, int, int, int]:
    if not pieces:
        return -1, 0, 0, 0
    main = max(pieces, key=lambda piece: piece.end - piece.start)
    same = [p for p in pieces if p.segment.contig == main.segment.contig]
    places = [p.segment.places[p.start : p.end] for p in same]
    return (
        main.segment.contig,
        min(int(p.min()) for p in places),
        max(int(p.max()) for p in places) + 1,
        sum(p.end - p.start for p in pieces),
    )


def _kind(verdict: Verdict, pieces: list[Piece], vector: VectorPart, rules: Rules) -> str:
    letters = verdict.chosen.letters
    if not letters:
        return "none"
    if letters == "H":
        return "host"
    if any(p.segment.is_vector and rules.targets[p.segment.contig].kind != "vector" for p in pieces):
        return "backbone"
    if "H" in letters:
        return "junction"
    if not vector.n_specific:
        return "vector_host_like"
    word = verdict.chosen.border.word
    joined = [
        (chain, number)
        for chain in verdict.chosen.chains if chain is not None
        for number in range(len(chain.joints))
    ]  # fmt: skip
    if word == "circle" or any(_closes_circle(chain, number, rules) for chain, number in joined):
        return "circle"
    return "rearranged" if joined or word == "improper" else "vector"


def _closes_circle(chain: Chain, number: int, rules: Rules) -> bool:
    """Whether two vector segments join its two ends, or one LTR to what follows and what precedes it."""
    left, right = chain.segments[number], chain.segments[number + 1]
    if (left.contig, left.is_forward) != (right.contig, right.is_forward):
        return False
    target = rules.targets[left.contig]
    one, two = (
        int(left.places[chain.joints[number].left_end - 1]),
        int(right.places[chain.joints[number].right_start]),
    )
    if not left.is_forward:
        one, two = two, one
    # ends in the LTR's coordinates: base behind the last one, and first one
    behind, first = (one + 1) % target.size, two % target.size
    at_ends = (
        abs(behind - target.ltr % target.size) <= _CIRCLE_SLACK
        and min(first, target.size - first) <= _CIRCLE_SLACK
    )
    return bool(target.ltr) and (at_ends or (behind == first and one >= two))


def _breakpoints(verdict: Verdict, pieces: list[Piece], parts: Parts, rules: Rules) -> list[Breakpoint]:
    found = []
    trusted = _without_stray(verdict, pieces)
    is_gap_shown = verdict.chosen.border.word == "discordant" or len(trusted) < len(pieces)
    for left, right in pairwise(trusted):
        if left.segment.is_vector == right.segment.is_vector:
            continue
        if left.part != right.part and not is_gap_shown:
            continue
        made = _breakpoint(verdict, (left, right), trusted, parts, rules)
        if made is not None:
            found.append(made)
    # mates that overlap show one junction twice
    return found[:1] if verdict.chosen.border.word == "overlap" else found


def _without_stray(verdict: Verdict, pieces: list[Piece]) -> list[Piece]:
    """The pieces without few host bases between vector and gap that do not pair with the mate's host bases."""
    at_gap = [n for n in range(len(pieces) - 1) if pieces[n].part != pieces[n + 1].part]
    if verdict.chosen.border.word != "improper" or not at_gap:
        return pieces
    last, first = pieces[at_gap[0]], pieces[at_gap[0] + 1]
    if last.segment.is_vector or first.segment.is_vector:
        return pieces
    before, after = pieces[: at_gap[0]], pieces[at_gap[0] + 2 :]
    found = [
        (one.end - one.start, place)
        for one, place, beside in ((last, at_gap[0], before[-1:]), (first, at_gap[0] + 1, after[:1]))
        if beside
        and beside[0].part == one.part
        and beside[0].segment.is_vector
        and one.end - one.start <= _STRAY
    ]
    if not found:
        return pieces
    stray = min(found)[1]
    return pieces[:stray] + pieces[stray + 1 :]


def _breakpoint(
    verdict: Verdict, sides: tuple[Piece, Piece], pieces: list[Piece], parts: Parts, rules: Rules
) -> Breakpoint | None:
    left, right = sides
    is_split = left.part == right.part
    vector, host = (left, right) if left.segment.is_vector else (right, left)
    target = rules.targets[vector.segment.contig]
    if target.kind != "vector":
        return None
    inner = left.end - 1 if vector is left else right.start
    runs_up = vector.segment.is_forward == (vector is right)
    chain = verdict.chosen.chains[left.part]
    joint = chain.joints[left.number] if is_split and chain is not None else None
    at = pieces.index(vector)
    hosts = pieces[at + 1 :] if vector is left else pieces[:at]
    vectors = [p for p in (pieces[: at + 1] if vector is left else pieces[at:]) if p.segment.is_vector]
    hosts = [p for p in hosts if not p.segment.is_vector]
    n_host, host_matches = _count(hosts)
    n_vector, vector_matches = _count(vectors)
    if n_host < _LEAST_HOST or n_vector < _LEAST_VECTOR:
        return None
    outer = [part.codes.size for part in parts.reads.parts]
    known = left.end + (outer[right.part] - right.start) if not is_split else 0
    return Breakpoint(
        is_split,
        vector.segment.contig,
        int(vector.segment.places[inner]) % target.size,
        1 if runs_up else -1,
        joint.overlap if joint is not None else 0,
        tuple(host_places(verdict, host, host is left, parts, rules)),
        (n_host, n_vector),
        (host_matches / n_host, vector_matches / n_vector),
        known,
        _is_specific(vectors, joint is not None and joint.is_vector_end, vector, target, rules),
        (host.part, host.start, host.end),
    )


def _count(pieces: list[Piece]) -> tuple[int, int]:
    """Bases, and matching ones."""
    return sum(p.end - p.start for p in pieces), sum(int(_matches(p).sum()) for p in pieces)


def _is_specific(vectors: list[Piece], is_end: bool, vector: Piece, target: Target, rules: Rules) -> bool:
    if is_end:
        shown = vector.segment.places[vector.start : vector.end][_matches(vector)] % target.size
        if int(target.is_own[shown].sum()) >= SPECIFIC_END:
            return True
    return _vector_part(vectors, rules).n_specific >= SPECIFIC


def _ends(verdict: Verdict, pieces: list[Piece], parts: Parts, rules: Rules) -> tuple[End, End]:
    reads = parts.reads
    if not reads.parts:
        nothing = End("", -1, True, 0, b"")
        return nothing, nothing
    last = len(reads.parts) - 1
    codes = (reads.parts[0].codes, reverse_complement(reads.parts[last].codes))
    first = _end(pieces[0] if pieces and pieces[0].part == 0 else None, 0, codes[0], parts, rules)
    if reads.is_single:
        return first, End("single", -1, True, reads.parts[0].codes.size, b"")
    ending = pieces[-1] if pieces and pieces[-1].part == last else None
    return first, _end(ending, reads.parts[last].codes.size - 1, codes[1], parts, rules)


def _end(piece: Piece | None, base: int, codes: Codes, parts: Parts, rules: Rules) -> End:
    bases = codes[:END_BASES].tobytes()
    if piece is None:
        return End("", -1, True, 0, bases)
    segment = piece.segment
    place = int(segment.places[base])
    inwards = segment.is_forward == (base == 0)
    if segment.is_vector:
        return End("V", segment.contig, inwards, place % rules.targets[segment.contig].size, bases)
    options = alternatives(parts.segments[piece.part], segment, (piece.start, piece.end))
    if sum(score >= options[0][0] - _EQUAL for score, _ in options) > 1:
        return End("", -1, True, 0, bases)
    return End("H", segment.contig, inwards, place, bases)
