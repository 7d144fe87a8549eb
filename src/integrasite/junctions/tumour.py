"""Recruited read pairs of one sample to distinct fragments and junction evidence."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from integrasite.align.tumour_targets import Target
from integrasite.junctions.chains import Segment, clipped_ends, make_segment
from integrasite.junctions.chains_fragment import Rules, explain
from integrasite.junctions.tumour_call import Breakpoint, FragmentCall, call_fragment
from integrasite.junctions.tumour_duplicates import collapse_duplicates
from integrasite.junctions.tumour_reads import FragmentReads
from integrasite.model.fates import FATES, Fate

_MOST_HOST_HITS = 400
_CONTAINED_MARGIN = 30
_REACH_QUANTILE = 0.999
_LEAST_LENGTHS = 50
"""Pairs of known length from which their distribution says how far a junction can be."""
_LEAST_REACH = 20
_BAD_LOSS = 12.0
"""Bases (two mismatches and more) that an explanation of merged mates loses before they are looked at apart."""
_AS_GOOD = 3.0
"""Bases by which mates apart may explain worse and still leave open whether they overlap: less than one mismatch."""
_DOUBT = 0.01
"""Posterior that a junction's place must lose when mates are looked at apart, for their overlap to be in doubt."""
_SAME_PLACE = 5
"""bp by which a misread base beside the junction moves it."""

KIND_FATES = {
    "vector": Fate.TUMOUR_VECTOR,
    "junction": Fate.TUMOUR_JUNCTION,
    "host": Fate.TUMOUR_HOST,
    "backbone": Fate.TUMOUR_BACKBONE,
    "vector_host_like": Fate.TUMOUR_HOST_LIKE,
    "circle": Fate.TUMOUR_CIRCLE,
    "rearranged": Fate.TUMOUR_REARRANGED,
    "none": Fate.TUMOUR_UNEXPLAINED,
}
"""Fate of the pair that stands for a fragment, by the fragment's kind; its copies are duplicates."""


@dataclass(frozen=True)
class TumourAlignment:
    """A sample's tables: `TUMOUR_FRAGMENTS`, `TUMOUR_JUNCTIONS`, and its rows of `LEDGER`."""

    fragments: pd.DataFrame
    junctions: pd.DataFrame
    ledger: pd.DataFrame


Hit = tuple[int, bool, int, tuple[tuple[int, str], ...], int]
"""Contig, whether the read as aligned is reversed, start, CIGAR, score."""
PartHits = tuple[Sequence[Hit], Sequence[Hit]]
"""Hits of a part on the host and on the targets, best first."""
Pair = tuple[FragmentReads, Sequence[PartHits]]


def segments_of(reads: FragmentReads, hits: Sequence[PartHits], rules: Rules) -> list[list[Segment]]:
    """Segments of each part, from its hits on the host and on the targets (parts were aligned as they are turned)."""
    found = []
    for part, (host, vector) in zip(reads.parts, hits, strict=True):
        segments: dict[tuple[bool, int, bool, int, int, int], Segment] = {}
        for is_vector, own in ((False, _worth_keeping(host)), (True, vector)):
            for contig, is_reverse, start, cigar, _ in own:
                segment = make_segment(
                    part, cigar, start, (is_vector, contig, not is_reverse), rules.bases[is_vector]
                )
                place = int(segment.places[segment.start])
                key = (is_vector, contig, not is_reverse, segment.start, segment.end, place)
                segments.setdefault(key, segment)
        found.append(list(segments.values()))
    return found


def _query_span(hit: Hit) -> tuple[int, int]:
    cigar = hit[3]
    clips = clipped_ends(cigar)
    n = sum(length for length, op in cigar if op in "MIS=XH")
    return (clips[1], n - clips[0]) if hit[1] else (clips[0], n - clips[1])


def _worth_keeping(hits: Sequence[Hit]) -> list[Hit]:
    """Hits (best first) that are not inside the span of a far better one."""
    kept: list[Hit] = []
    spans: list[tuple[int, int, int]] = []
    for hit in hits:
        start, end = _query_span(hit)
        if any(s <= start and end <= e and score > hit[4] + _CONTAINED_MARGIN for s, e, score in spans):
            continue
        if len(kept) >= _MOST_HOST_HITS:
            break
        kept.append(hit)
        if len(spans) < 5:
            spans.append((start, end, hit[4]))
    return kept


def target_order(hits: Sequence[Sequence[Hit]], targets: Sequence[Target]) -> list[int]:
    """Rank of each target, 0 for the one that most reads fit better than any other of its kind; ties by number."""
    votes = [0] * len(targets)
    for own in hits:
        best = [hit[0] for hit in own if hit[4] == own[0][4]]
        if len(set(best)) == 1:
            votes[best[0]] += 1
    order = sorted(range(len(targets)), key=lambda n: (targets[n].kind != "vector", -votes[n], n))
    return [order.index(number) for number in range(len(targets))]


def call_pairs(pairs: Iterable[Pair], rules: Rules) -> list[FragmentCall]:
    """Explain read pairs one by one; hits are those of `all_parts`."""
    return [call_pair(reads, hits, rules) for reads, hits in pairs]


def call_pair(reads: FragmentReads, hits: Sequence[PartHits], rules: Rules) -> FragmentCall:
    """Explain one read pair, merged and, where that explains it badly or shows a junction, with its mates apart.

    In a tandem repeat the mates of a longer fragment seem to overlap, and the merged fragment fits a neighbouring unit better
    than its own. So a merged junction counts only where the mates apart do not explain it as well at another place.
    """
    n = len(reads.parts)
    verdict, parts = explain(reads, segments_of(reads, hits[:n], rules), rules)
    call = call_fragment(verdict, parts, rules)
    loss = _loss(reads, verdict.chosen.score)
    shows_junction = any(breakpoint.is_split for breakpoint in call.breakpoints)
    if reads.apart is None or not (shows_junction or loss > _BAD_LOSS):
        return call
    other, other_parts = explain(reads.apart, segments_of(reads.apart, hits[n:], rules), rules)
    other_loss = _loss(reads.apart, other.chosen.score)
    if other_loss < loss - _BAD_LOSS:
        return call_fragment(other, other_parts, rules)
    if shows_junction and other.chosen.border.word == "proper" and other_loss <= loss + _AS_GOOD:
        apart = call_fragment(other, other_parts, rules)
        if _is_elsewhere(call.breakpoints, apart.breakpoints):
            return apart
    return call


def _is_elsewhere(merged: Sequence[Breakpoint], apart: Sequence[Breakpoint]) -> bool:
    """Whether a junction that both explanations show has other host places with the mates apart."""
    for one in merged:
        for two in apart:
            if (one.is_split, one.target, one.vector_direction) != (
                two.is_split,
                two.target,
                two.vector_direction,
            ):
                continue
            best = one.places[0]
            weight = sum(
                place.weight
                for place in two.places
                if (place.contig, place.direction) == (best.contig, best.direction)
                and abs(place.position - best.position) <= _SAME_PLACE
            )
            if weight < best.weight - _DOUBT:
                return True
    return False


def _loss(reads: FragmentReads, score: float) -> float:
    return float(sum(part.gain.sum() for part in reads.parts)) + reads.discord - score


class HostPiece(NamedTuple):
    """Host bases beside a junction, to be aligned without the vector's.

    Attributes:
        pair: number of the read pair.
        part: number among its `all_parts`.
        start: first base of the part.
        end: base behind the last.
    """

    pair: int
    part: int
    start: int
    end: int


def host_pieces(pairs: Sequence[Pair], calls: Sequence[FragmentCall]) -> list[HostPiece]:
    """The host sides of all junctions within reads.

    Aligned with vector bases behind them, host bases are only found where these happen to fit as well.
    """
    found = []
    for number, ((reads, _), call) in enumerate(zip(pairs, calls, strict=True)):
        shift = 0 if call.is_merged == reads.is_whole else len(reads.parts)
        for breakpoint in call.breakpoints:
            if breakpoint.is_split:
                part, start, end = breakpoint.host_piece
                found.append(HostPiece(number, part + shift, start, end))
    return found


def add_hits(pairs: Sequence[Pair], pieces: Sequence[HostPiece], hits: Sequence[Sequence[Hit]]) -> list[Pair]:
    """The pairs that have pieces, with the pieces' hits added to their host hits."""
    wanted: dict[int, list[PartHits]] = {}
    for piece, own in zip(pieces, hits, strict=True):
        reads, known = pairs[piece.pair]
        parts = wanted.setdefault(piece.pair, list(known))
        size = reads.all_parts[piece.part].codes.size
        more = [_in_part(hit, piece, size) for hit in own]
        host, vector = parts[piece.part]
        both = sorted([*host, *more], key=lambda hit: (-hit[4], tuple(hit)))
        parts[piece.part] = (both, vector)
    return [(pairs[number][0], parts) for number, parts in wanted.items()]


def _in_part(hit: Hit, piece: HostPiece, size: int) -> Hit:
    contig, is_reverse, start, cigar, score = hit
    clips = (size - piece.end, piece.start) if is_reverse else (piece.start, size - piece.end)
    return contig, is_reverse, start, ((clips[0], "S"), *cigar, (clips[1], "S")), score


def longest_fragment(fragments: Sequence[tuple[FragmentCall, int]], max_length: int) -> int:
    """Length (bp) that hardly any fragment of the sample exceeds; `max_length` where too few lengths are known."""
    lengths = [call.length for call, _ in fragments if call.length > 0]
    if len(lengths) < _LEAST_LENGTHS:
        return max_length
    return int(np.ceil(np.quantile(lengths, _REACH_QUANTILE)))


def make_tables(
    sample: str, calls: Sequence[FragmentCall], contigs: Sequence[str], rules: Rules
) -> TumourAlignment:
    """Distinct fragments and junction evidence of a sample.

    Args:
        sample: its name.
        calls: all its read pairs.
        contigs: names of the host contigs by number.
        rules: targets and limits.
    """
    fragments = collapse_duplicates(calls)
    longest = longest_fragment(fragments, rules.max_length)
    rows, junctions = [], []
    fates: Counter[Fate] = Counter()
    for number, (call, n_copies) in enumerate(fragments):
        rows.append(
            _fragment_row(call, contigs, rules) | {"sample": sample, "fragment": number, "n_copies": n_copies}
        )
        for breakpoint in call.breakpoints:
            head: dict[str, object] = {"sample": sample, "fragment": number, "n_copies": n_copies}
            junctions += [head | row for row in _junction_rows(breakpoint, contigs, longest, rules)]
        fates[KIND_FATES[call.kind]] += 1
        fates[Fate.TUMOUR_DUPLICATE] += n_copies - 1
    ledger = pd.DataFrame(
        {
            "sample": sample,
            "stage": FATES[fate].stage,
            "fate": fate.word,
            "n_reads": n,
            "fraction": 0.0,
        }
        for fate, n in sorted(fates.items())
        if n
    )
    return TumourAlignment(pd.DataFrame(rows), pd.DataFrame(junctions), ledger)


def _fragment_row(call: FragmentCall, contigs: Sequence[str], rules: Rules) -> dict[str, object]:
    row: dict[str, object] = {
        "kind": call.kind,
        "n_vector": call.vector.n_bases,
        "n_specific": call.vector.n_specific,
        "n_host": call.host[3],
        "words": ",".join(call.vector.words),
        "joins": ",".join(call.joins),
        "is_single": call.is_single,
        "name": call.name,
        "length": call.length or None,
    }
    if call.vector.target >= 0:
        target = rules.targets[call.vector.target]
        start, end = call.vector.start, call.vector.end
        row |= {
            "vector": target.name,
            "vector_start": start,
            "vector_end": end,
            "midpoint": (start + end) // 2 % target.size,
            "elements": ",".join(target.elements_between(start, end)),
        }
    if call.host[0] >= 0:
        row |= {"host_contig": contigs[call.host[0]], "host_start": call.host[1], "host_end": call.host[2]}
    return row


def _junction_rows(
    breakpoint: Breakpoint, contigs: Sequence[str], longest: int, rules: Rules
) -> list[dict[str, object]]:
    common: dict[str, object] = {
        "kind": "split" if breakpoint.is_split else "discordant",
        "vector": rules.targets[breakpoint.target].name,
        "vector_position": breakpoint.vector_position,
        "vector_direction": breakpoint.vector_direction,
        "overlap": breakpoint.overlap,
        "host_anchor": breakpoint.anchors[0],
        "vector_anchor": breakpoint.anchors[1],
        "host_identity": breakpoint.identities[0],
        "vector_identity": breakpoint.identities[1],
        "n_places": len(breakpoint.places),
        "reach": 0 if breakpoint.is_split else max(longest - breakpoint.known, _LEAST_REACH),
        "is_specific": breakpoint.is_specific,
    }
    return [
        common
        | {
            "contig": contigs[place.contig],
            "host_position": place.position,
            "host_direction": place.direction,
            "weight": place.weight,
        }
        for place in breakpoint.places
    ]
