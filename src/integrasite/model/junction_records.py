"""A junction as a pair of breakends (VCF's word for the two sides of a join), independent of any file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Breakend:
    """One side of a junction.

    Args:
        contig: host contig or vector.
        position: 0-based base next to the junction.
        direction: +1 where the sequence goes on to higher coordinates, away from the junction; -1 to lower ones.
        base: the reference base there.
    """

    contig: str
    position: int
    direction: int
    base: str


@dataclass(frozen=True)
class JunctionRecord:
    """One junction of a site, to be written as two mated records.

    Args:
        site: label of the site (no key: nothing parses it), its two junctions share it.
        side: 5 or 3.
        host: breakend on the host.
        vector: breakend on the one-LTR contig of the vector.
        inserted: bases between the two that neither has.
        homology: bases next to the junction that both have; they are given to the vector.
        low: lowest host position that the junction may have, 0-based.
        high: highest.
        tier: A or B.
        status: of the site.
        is_multihit: whether the site fits other places of the host as well.
        samples: per sample fragments over the junction and over the intact site, allele and cell fraction; None: not known.
    """

    site: str
    side: int
    host: Breakend
    vector: Breakend
    inserted: str
    homology: str
    low: int
    high: int
    tier: str
    status: str
    is_multihit: bool
    samples: dict[str, tuple[int, int | None, float | None, float | None]]
