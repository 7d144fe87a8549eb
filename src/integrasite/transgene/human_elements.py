"""Elements that were taken from human genes, where the genome at hand lacks those genes.

A reference of some regions only (a panel, a test genome) cannot show that EF1a or CD8 are native, but the patient's reads hold
them all the same: there the element's name has to do. With a whole genome nothing is added.
"""

from collections.abc import Collection, Iterable
from pathlib import Path

from integrasite.io.annotation_tables import read_resource
from integrasite.transgene.vector_map import Element, HostLike

HUMAN_ELEMENTS = Path(__file__).parents[1] / "data" / "human_elements.tsv"
_MOSTLY = 0.5
"""Share of an element that the host must have for the genome to be taken to hold its gene."""


def unseen_human_elements(
    elements: Iterable[Element], stretches: Iterable[HostLike], genes: Collection[str], size: int
) -> list[HostLike]:
    """Elements of human genes that the genome's annotation does not name and its sequence does not hold.

    Args:
        elements: of one vector.
        stretches: what of the vector the genome has.
        genes: symbols of the genome's genes.
        size: length of the vector's contig.

    Returns:
        The elements as host-like stretches without a place (`contig` empty, identity 0: not known). A codon-optimised
        domain is set aside with them, which costs sensitivity, never a false call.
    """
    known = {gene.upper() for gene in genes}
    seen = list(stretches)
    origins = _origins()
    found = []
    for element in elements:
        gene, before, after = origins.get(element.name, ("", 0, 0))
        if not gene or gene in known or _covered(element, seen) >= _MOSTLY * (element.end - element.start):
            continue
        if element.strand == "-":
            before, after = after, before
        start, end = max(element.start - before, 0), min(element.end + after, size)
        found.append(HostLike(start, end, "", 0, 0, "+", 0.0, gene))
    return found


def _origins() -> dict[str, tuple[str, int, int]]:
    """Gene of each element, and bases before and after it that longer forms of the element hold, too."""
    rows = read_resource(HUMAN_ELEMENTS).itertuples(index=False)
    return {str(row[0]): (str(row[1]), int(str(row[2])), int(str(row[3]))) for row in rows}


def _covered(element: Element, stretches: list[HostLike]) -> int:
    bases: set[int] = set()
    for stretch in stretches:
        bases.update(range(max(stretch.start, element.start), min(stretch.end, element.end)))
    return len(bases)
