"""From alignments to places: every (junction, breakpoint) that an insert fits, with its posterior."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import pysam

from integrasite.config.calling import Calling
from integrasite.model.fates import Fate

_CIGAR = re.compile(r"(\d+)([MIDNSHP=X])")
_MISMATCH_COST = 5  # bwa: a match is +1, a mismatch -4
_CHIMERA_COST = (
    17  # bwa's own penalty for reads that do not pair: a pair may cost this much against the best single hit
)
_ONE_ERROR = 1e-3  # weight against the best place: one mismatch (exp(-6.4) with the default `error_per_point`) and no more
_WHOLE_BASES = 12
_WHOLE_SLACK = 3
_WHOLE_ERRORS = 0.05
_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
_MOST_EQUAL = (
    250  # bwa follows at most 500 places of a seed: a longer list of equal hits is a sample, not the whole
)
MIN_SCORE = 18
"""Smallest alignment score of either read; 18 matched bases."""
MIN_SEED = 15
"""Seed length: finds inserts of 23-30 bp with one mismatch that the default of 19 loses (`benchmarks/aligners.py`)."""


class Hit(NamedTuple):
    """One alignment of one read, told from the read's own first base."""

    contig: int
    is_forward: bool
    first: int  # 0-based host base of the read's first base, extrapolated over a clip
    clip: int  # bases at the read's start that are not aligned
    aligned: int  # bases of the read that are aligned
    length: int  # bases of the read
    edits: int
    score: int
    has_more: bool = False  # whether the aligner saw as good places that it did not list


class Place(NamedTuple):
    """One place of an insert: where junction and breakpoint lie (0-based; breakpoint -1 if unknown)."""

    contig: int
    position: int
    breakpoint: int
    is_forward: bool
    score: int
    is_good: bool = True  # whether the reads fit it well enough to believe it


@dataclass(frozen=True)
class InsertPlaces:
    """What became of one insert: USABLE with its places and their posteriors, or the fate that ends it."""

    insert: int
    fate: Fate
    places: tuple[Place, ...] = ()
    posteriors: tuple[float, ...] = ()


def _hit(contig: int, is_reverse: bool, start: int, cigar: list[tuple[int, str]], edits: int) -> Hit:
    """A hit from CIGAR and edit distance; the score is bwa's (match 1, mismatch -4, gap -6 and -1 a base)."""
    matched = inserted = deleted = gaps = 0
    for length, operation in cigar:
        if operation in "M=X":
            matched += length
        elif operation == "I":
            inserted += length
            gaps += 1
        elif operation == "D":
            deleted += length
            gaps += 1
    mismatches = edits - inserted - deleted
    score = matched - _MISMATCH_COST * mismatches - 6 * gaps - inserted - deleted
    clips = [length if operation in "SH" else 0 for length, operation in (cigar[0], cigar[-1])]
    clip = clips[1] if is_reverse else clips[0]
    first = start + matched + deleted - 1 + clip if is_reverse else start - clip
    aligned = matched + inserted
    return Hit(contig, not is_reverse, first, clip, aligned, aligned + sum(clips), edits, score)


def read_hits(record: pysam.AlignedSegment, contigs: dict[str, int]) -> list[Hit]:
    """The primary alignment and all alternatives (XA) of one read."""
    if record.is_unmapped:
        return []
    own = _hit(
        record.reference_id,
        record.is_reverse,
        record.reference_start,
        [(int(n), op) for n, op in _CIGAR.findall(record.cigarstring or "")],
        int(str(record.get_tag("NM"))),
    )
    if not record.has_tag("XA"):
        second = int(str(record.get_tag("XS"))) if record.has_tag("XS") else 0
        return [own._replace(has_more=second > own.score - _MISMATCH_COST)]
    hits = [own]
    for text in str(record.get_tag("XA")).rstrip(";").split(";"):
        name, place, cigar, edits = text.rsplit(",", 3)
        parts = [(int(n), op) for n, op in _CIGAR.findall(cigar)]
        hits.append(_hit(contigs[name], place[0] == "-", int(place[1:]) - 1, parts, int(edits)))
    n_equal = sum(hit.score > own.score - _MISMATCH_COST for hit in hits)
    return [hit._replace(has_more=True) for hit in hits] if n_equal > _MOST_EQUAL else hits


def join_hits(
    junction: list[Hit], linker: list[Hit], lengths: tuple[int, int], calling: Calling
) -> list[Place]:
    """Every way in which a junction hit and a linker hit form one fragment, best score of each place once.

    Args:
        junction: hits of the junction read.
        linker: hits of the linker read.
        lengths: shortest and longest fragment, bp.
        calling: thresholds.
    """
    if not junction or not linker:
        return []
    floor = (
        max(hit.score for hit in junction) - _CHIMERA_COST,
        max(hit.score for hit in linker) - _CHIMERA_COST,
    )
    by_contig: dict[tuple[int, bool], list[Hit]] = {}
    for hit in linker:
        if hit.score >= floor[1]:
            by_contig.setdefault((hit.contig, hit.is_forward), []).append(hit)
    best: dict[tuple[int, int, int, bool], tuple[int, bool]] = {}
    for hit in junction:
        if hit.score < floor[0]:
            continue
        for mate in by_contig.get((hit.contig, not hit.is_forward), ()):
            length = (mate.first - hit.first if hit.is_forward else hit.first - mate.first) + 1
            if lengths[0] <= length <= lengths[1]:
                key = (hit.contig, hit.first, mate.first, hit.is_forward)
                found = (hit.score + mate.score, _is_good((hit, mate), calling))
                best[key] = max(best.get(key, found), found)
    return [Place(*key, *found) for key, found in best.items()]


def unlisted_mates(
    junction: list[Hit], linker: list[Hit], places: list[Place], lengths: tuple[int, int], calling: Calling
) -> list[Place]:
    """Places of junction hits whose mate may be one that the aligner did not list (breakpoint known for whole inserts)."""
    is_whole = lengths[1] - lengths[0] == 2 * calling.max_junction_clip
    away = (lengths[0] + lengths[1]) // 2 - 1
    paired = {(place.contig, place.position, place.is_forward) for place in places}
    mate = max(linker, key=lambda hit: hit.score)
    return [
        Place(
            hit.contig,
            hit.first,
            (hit.first + (away if hit.is_forward else -away)) if is_whole else -1,
            hit.is_forward,
            hit.score + mate.score,
            _is_good((hit, mate), calling),
        )
        for hit in junction
        if (hit.contig, hit.first, hit.is_forward) not in paired
    ]


def single_places(junction: list[Hit], calling: Calling) -> list[Place]:
    """Places of an insert that has no linker read, best score of each place once."""
    best: dict[tuple[int, int, int, bool], tuple[int, bool]] = {}
    for hit in junction:
        key = (hit.contig, hit.first, -1, hit.is_forward)
        found = (hit.score, _is_good((hit,), calling))
        best[key] = max(best.get(key, found), found)
    return [Place(*key, *found) for key, found in best.items()]


def weigh_places(places: list[Place], calling: Calling) -> tuple[tuple[Place, ...], tuple[float, ...]]:
    """Posterior of each place, from alignment scores as log-odds; the best `max_places` in a fixed order.

    Places that one read error would turn into the best stay, however many equal ones share the posterior: the true one can
    be among them.
    """
    ordered = sorted(places, key=lambda place: (-place.score, place))[: calling.max_places]
    weights = [math.exp(calling.error_per_point * (place.score - ordered[0].score)) for place in ordered]
    total = math.fsum(weights)
    kept = [
        (place, weight / total)
        for place, weight in zip(ordered, weights, strict=True)
        if weight >= _ONE_ERROR or weight / total >= 1e-4
    ]
    return tuple(place for place, _ in kept), tuple(posterior for _, posterior in kept)


def _is_good(hits: tuple[Hit, ...], calling: Calling) -> bool:
    """Whether one read or both fit their place: alike enough together, and most or many bases of each aligned."""
    aligned = sum(hit.aligned for hit in hits)
    if sum(hit.edits for hit in hits) > (1 - calling.min_identity) * aligned:
        return False
    return all(
        hit.aligned >= min(calling.min_aligned_fraction * hit.length, calling.min_aligned_bases)
        for hit in hits
    )


def place_insert(
    insert: int,
    junction: list[Hit],
    linker: list[Hit],
    lengths: tuple[int, int] | None,
    calling: Calling,
    n_host: int,
) -> InsertPlaces:
    """Decide what one insert is: placed, in the vector, or not placeable and why.

    Args:
        insert: its number.
        junction: hits of the read that starts at the junction.
        linker: hits of the read that starts at the breakpoint.
        lengths: shortest and longest fragment (bp), or None where there is no linker read.
        calling: thresholds.
        n_host: contigs below this number are the host's, the others the vector's.
    """
    junction = [hit for hit in junction if hit.score >= MIN_SCORE]
    if not junction:
        return InsertPlaces(insert, Fate.UNALIGNED)
    top = max(junction, key=lambda hit: (hit.score, hit.contig < n_host))
    reach = [hit for hit in junction if hit.clip <= calling.max_junction_clip]
    if not reach or max(hit.score for hit in reach) < top.score - _CHIMERA_COST:
        return InsertPlaces(insert, Fate.AUTOINTEGRATION if top.contig >= n_host else Fate.CLIPPED_JUNCTION)
    if lengths is not None:
        linker = [hit for hit in linker if hit.score >= MIN_SCORE]
        places = join_hits(reach, linker, lengths, calling)
        if any(hit.has_more for hit in linker):
            places += unlisted_mates(reach, linker, places, lengths, calling)
    else:
        places = single_places(reach, calling)
    if any(hit.has_more for hit in reach):
        # the listed place is one of hundreds, and a unique mate within reach does not say which copy nearby it is
        return InsertPlaces(insert, Fate.REPETITIVE)
    if not places:
        return InsertPlaces(insert, Fate.AUTOINTEGRATION if top.contig >= n_host else Fate.UNPAIRED)
    kept, posteriors = weigh_places(places, calling)
    if not kept[0].is_good:
        return InsertPlaces(insert, Fate.UNALIGNED)
    if max(kept, key=lambda place: (place.score, place.contig < n_host)).contig >= n_host:
        return InsertPlaces(insert, Fate.AUTOINTEGRATION)
    return InsertPlaces(insert, Fate.USABLE, kept, posteriors)


def _unlike(first: str, second: str) -> int:
    return sum(a != b for a, b in zip(first, second, strict=False))


def fragment_lengths(junction: str, linker: str, calling: Calling) -> tuple[int, int]:
    """Which lengths the fragment can have: the insert's own where a read shows all of it, otherwise any allowed one."""
    n, n_linker = len(junction), len(linker)
    turned = linker[::-1].translate(_COMPLEMENT)
    if abs(n - n_linker) <= _WHOLE_SLACK:
        unlike = _unlike(junction[:_WHOLE_BASES], turned[:_WHOLE_BASES])
        unlike_end = _unlike(junction[::-1][:_WHOLE_BASES], turned[::-1][:_WHOLE_BASES])
        if min(unlike, unlike_end) <= 1 or max(unlike, unlike_end) <= _WHOLE_SLACK:
            return n - calling.max_junction_clip, n + calling.max_junction_clip
    else:
        # the longer read reaches the other one's start; the shorter one ends before, at its own read length
        shared = min(n, n_linker)
        inside = (junction[-shared:], turned) if n > n_linker else (junction, turned[:shared])
        if _unlike(*inside) <= _WHOLE_ERRORS * shared:
            whole = max(n, n_linker)
            return whole - calling.max_junction_clip, whole + calling.max_junction_clip
    return calling.min_insert - calling.max_junction_clip, calling.max_fragment


def place_inserts(records: pysam.AlignmentFile, n_host: int, calling: Calling) -> Iterator[InsertPlaces]:
    """Places of every insert, in the order in which the aligner was given them.

    Args:
        records: alignments of pairs or single reads whose name is the insert's number.
        n_host: number of host contigs, which come first in the reference.
        calling: thresholds.
    """
    contigs = {name: number for number, name in enumerate(records.references)}
    for name, group in groupby(records, key=lambda record: record.query_name):
        junction: list[Hit] = []
        linker: list[Hit] = []
        whole = ["", ""]
        for record in group:
            if record.is_secondary or record.is_supplementary:
                # a chimeric read's other part can still be the one that holds the junction
                if not record.is_read2:
                    junction.extend(read_hits(record, contigs))
                continue
            whole[record.is_read2] = record.get_forward_sequence() or ""
            if record.is_read2:
                linker = read_hits(record, contigs)
            else:
                junction = read_hits(record, contigs) + junction
        lengths = fragment_lengths(whole[0], whole[1], calling) if whole[1] else None
        yield place_insert(int(name), junction, linker, lengths, calling, n_host)
