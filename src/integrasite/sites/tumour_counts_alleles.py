"""What the alleles of a site look like in fragments: the host as it is, and the host joined to either vector end.

Positions are 0-based. The left flank ends with base `left` of the host, the right one begins with `right`; both hold the
duplicated target, so that usually `left - right + 1` is its length.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from integrasite.kernels.codes import Codes, reverse_complement
from integrasite.model.vector_map import MappedVector
from integrasite.sites.tumour_sizes import SITE_KEY

FLANK = 1000
"""Bases of host and of vector in each allele: as long as the longest fragment that is taken for one."""
KNOWN_HOST = 20
"""Host bases without which a fragment is not found at all where unknown bases are inserted at the junction."""
MOST_PLACES = 20
"""Places of a site in a repeat up to which intact fragments are counted over all of them; with more, hardly any is covered by
reads that could be told from the other copies', and the allele fraction stays open."""
LONGEST_ANCHOR = 100
"""Bases in which two alleles must differ enough to be told apart."""
_MATCH, _MISMATCH = 0.99, 4.5
"""Score that a well-read base gains at least, and that it costs where it differs, about (`junctions.tumour_reads`)."""
HOST, LEFT, RIGHT = 0, 1, 2
"""Kinds of alleles: host, host joined to vector at its left flank, at its right flank."""

HostBases = Callable[[str, int, int], Codes]
"""Codes of `[start, end)` of a contig."""


@dataclass(frozen=True, eq=False)
class Alleles:
    """One place of one site.

    Attributes:
        unit: number of the site.
        contig: of the host.
        strand: +1 or -1.
        left: last base of the left flank.
        right: first base of the right flank.
        sequences: the haplotypes `HOST`, `LEFT`, `RIGHT`.
        origin: host coordinate of the first base of the haplotype `HOST`.
        joins: in `LEFT` the first base behind the host, in `RIGHT` the first host base.
        vector_anchor: for `LEFT` and `RIGHT`, bases beyond the flank that tell host and vector apart; 0: none do.
        host_anchor: for both, host bases that tell the junction from the vector's own sequence; 0: none do.
    """

    unit: int
    contig: str
    strand: int
    left: int
    right: int
    sequences: tuple[Codes, Codes, Codes]
    origin: int
    joins: tuple[int, int]
    vector_anchor: tuple[int, int]
    host_anchor: tuple[int, int]

    def side(self, kind: int) -> int:
        """5 or 3: the vector end at a flank."""
        return 5 if (kind == LEFT) == (self.strand > 0) else 3


@dataclass(frozen=True)
class VectorSide:
    """The vector base at a junction (one-LTR coordinate), where the vector goes on, and inserted bases between."""

    position: int
    direction: int
    inserted: int


def unit_table(sites: pd.DataFrame) -> pd.DataFrame:
    """One row per site of a subject (rows of all its samples agree in these columns), in the order of the key."""
    first = sites.sort_values([*SITE_KEY, "sample"], kind="stable")
    return first.drop_duplicates(SITE_KEY).reset_index(drop=True)


def tell_apart(one: Codes, other: Codes, least: int, margin: float) -> int:
    """Bases from which sequences that begin at one base are told apart; 0: never.

    A read of `one` that ends sooner could as well be one of `other` whose last bases are misread.

    Args:
        one: what is read.
        other: what it is compared with.
        least: fewest bases.
        margin: score by which `one` must fit better.
    """
    n = min(one.size, other.size, LONGEST_ANCHOR)
    equal = (one[:n] == other[:n]) & (one[:n] < 4)
    best, score = 0.0, 0.0
    for length in range(1, n + 1):
        score += 1.0 if equal[length - 1] else -_MISMATCH
        best = max(best, score)
        if length >= least and _MATCH * length - best >= margin:
            return length
    return 0


def make_alleles(
    unit: int,
    place: tuple[str, int, int, int],
    sides: Mapping[int, VectorSide],
    vector: MappedVector,
    bases: HostBases,
    anchor: int,
    margin: float,
) -> Alleles:
    """Alleles of one place.

    Args:
        unit: number of the site.
        place: contig, strand (+1, -1), host base at side 5 and at side 3.
        sides: the vector at sides 5 and 3.
        vector: the vector.
        bases: of the host.
        anchor: fewest bases beyond a junction.
        margin: score by which an allele must fit better.
    """
    contig, strand, host_5, host_3 = place
    left, right = (host_5, host_3) if strand > 0 else (host_3, host_5)
    kinds = {LEFT: 5 if strand > 0 else 3, RIGHT: 3 if strand > 0 else 5}
    origin = min(left + 1, right) - FLANK
    host = bases(contig, origin, max(left + 1, right) + FLANK)
    flanks = {LEFT: bases(contig, left + 1 - FLANK, left + 1), RIGHT: bases(contig, right, right + FLANK)}
    vector_anchors, host_anchors, sequences = [], [], [host]
    for kind in (LEFT, RIGHT):
        side = sides[kinds[kind]]
        inward, outward = (_traverse(vector, side, step) for step in (1, -1))
        gap = np.full(side.inserted, 4, np.uint8)
        # everything as it is read leaving the host; on the right flank that is the other strand
        flank = flanks[LEFT] if kind == LEFT else reverse_complement(flanks[RIGHT])
        beyond = bases(contig, left + 1, left + 1 + LONGEST_ANCHOR)
        if kind == RIGHT:
            beyond = reverse_complement(bases(contig, right - LONGEST_ANCHOR, right))
        vector_anchors.append(tell_apart(inward, beyond, anchor, margin))
        least = max(anchor, KNOWN_HOST) if side.inserted else anchor
        host_anchors.append(tell_apart(reverse_complement(flank), outward, least, margin))
        joined = np.concatenate([flank, gap, inward])
        sequences.append(joined if kind == LEFT else reverse_complement(joined))
    right_join = sequences[RIGHT].size - FLANK
    return Alleles(
        unit, contig, strand, left, right, (sequences[0], sequences[1], sequences[2]), origin, (FLANK, right_join),
        (vector_anchors[0], vector_anchors[1]), (host_anchors[0], host_anchors[1]),
    )  # fmt: skip


def _traverse(vector: MappedVector, side: VectorSide, step: int) -> Codes:
    """Vector bases from the junction on (`step` +1) or before it (-1), as a read shows them that comes from the host.

    Before it are those that the vector itself has there, read on the strand that comes from the junction.
    """
    n = vector.one_ltr.size
    direction = side.direction * step
    first = side.position if step > 0 else side.position - side.direction
    at = first + direction * np.arange(FLANK)
    if vector.is_circular:
        found = vector.one_ltr[at % n]
    else:
        found = np.where((at >= 0) & (at < n), vector.one_ltr[np.clip(at, 0, n - 1)], np.uint8(4))
    # walking to lower coordinates reads the other strand
    return np.ascontiguousarray(found if direction > 0 else reverse_complement(found)[::-1])


def sides_of(row: "pd.Series[Any]", vector: MappedVector) -> dict[int, VectorSide]:
    """The vector at both sides of a site: as reads show it, else its complete ends."""
    last = (vector.ltr_length or vector.one_ltr.size) - 1
    found = {5: VectorSide(0, 1, 0), 3: VectorSide(last, -1, 0)}
    for side in (5, 3):
        if not pd.isna(row[f"vector_{side}"]):
            overlap = int(row[f"overlap_{side}"]) if not pd.isna(row[f"overlap_{side}"]) else 0
            position = int(row[f"vector_{side}"]) % vector.one_ltr.size
            direction = int(row[f"vector_direction_{side}"])
            found[side] = VectorSide(position, direction, max(-overlap, 0))
    return found


def place_of(row: "pd.Series[Any]", tsd: int) -> tuple[str, int, int, int]:
    """Contig, strand, host bases at sides 5 and 3; where no read shows one, it lies as the duplication says."""
    strand = 1 if row["strand"] == "+" else -1
    three = int(row["host_3"]) if not pd.isna(row["host_3"]) else int(row["position"]) - 1
    five = int(row["host_5"]) if not pd.isna(row["host_5"]) else three + strand * (tsd - 1)
    return str(row["contig"]), strand, five, three


def alleles_of_sites(
    units: pd.DataFrame,
    multihits: pd.DataFrame,
    vectors: Mapping[str, MappedVector],
    bases: HostBases,
    anchor: int,
    margin: float,
) -> list[Alleles]:
    """Alleles of every place of every site.

    Args:
        units: from `unit_table`.
        multihits: table `MULTIHITS` of the subject; a site in a repeat has a place for each row of its cluster.
        vectors: by name.
        bases: of the host.
        anchor: fewest bases beyond a junction.
        margin: score by which an allele must fit better.
    """
    found = []
    others = {str(name): rows for name, rows in multihits.groupby("cluster", sort=True)}
    for number, row in units.iterrows():
        vector = vectors[str(row["vector"])]
        sides, best = sides_of(row, vector), place_of(row, vector.tsd)
        places = [best, *_other_places(best, others.get(str(row["cluster"])))]
        # its copies are alike, so that junction fragments fit the best place as they do the others
        places = places if len(places) <= MOST_PLACES else [best]
        found += [
            make_alleles(int(str(number)), place, sides, vector, bases, anchor, margin) for place in places
        ]
    return found


def _other_places(
    best: tuple[str, int, int, int], rows: pd.DataFrame | None
) -> Sequence[tuple[str, int, int, int]]:
    """The other places of a cluster, each with the best one's duplication."""
    if rows is None:
        return []
    _, strand, five, three = best
    size = (five - three) * strand
    places = []
    table = rows.drop_duplicates(["contig", "position", "strand"])
    for contig, position, word in zip(table["contig"], table["position"], table["strand"], strict=True):
        turned = 1 if word == "+" else -1
        place = (str(contig), turned, int(position) - 1 + turned * size, int(position) - 1)
        if place != best:
            places.append(place)
    return sorted(places)
