"""Which product a vector, or a set of reads, is like: by tags of amino acids that no other of the known products has."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from integrasite.io.annotation_tables import read_resource
from integrasite.kernels.codes import Codes, encode
from integrasite.transgene.translation import TagSearch

TAGS = Path(__file__).parents[1] / "data" / "product_tags.tsv"
MOST_DIFFERENT = 0.12
"""Share of a tag that may differ: two or three residues; the tags of two products differ in more than half."""

_OFTEN = 6
"""Hits of one tag in reads that tell as well as two tags: three fragments at least, where both mates show it."""


@dataclass(frozen=True)
class ProductTag:
    """Residues that tell a product from the others; `tag` is matched in six frames, so codon-optimised copies are found."""

    product: str
    name: str
    tag: str


@dataclass(frozen=True)
class TagHit:
    """A tag where it stands, 0-based half-open."""

    product: str
    name: str
    start: int
    end: int
    strand: str


@cache
def product_tags() -> tuple[ProductTag, ...]:
    """All tags."""
    return tuple(
        ProductTag(*(str(cell) for cell in row)) for row in read_resource(TAGS).itertuples(index=False)
    )


def tag_hits(sequence: Codes | str) -> tuple[TagHit, ...]:
    """Tags in a vector, a read or a consensus, sorted by their start."""
    search = TagSearch(encode(sequence) if isinstance(sequence, str) else sequence)
    found = [
        TagHit(tag.product, tag.name, *place)
        for tag in product_tags()
        for place in search.find(tag.tag, "protein", MOST_DIFFERENT)
    ]
    return tuple(sorted(found, key=lambda hit: (hit.start, hit.end, hit.product, hit.name)))


def product_of(found: Codes | str | Iterable[TagHit], least: int = 2) -> str:
    """The product that a sequence, or the tags found in reads, is like.

    Args:
        found: a sequence, or hits of one or many sequences.
        least: distinct tags that must be there; one read shows one at most.

    Returns:
        `cilta-cel`, `ide-cel`, `tisa-cel` or `axi-cel` (which brexu-cel equals); several joined by `,` where several
        are there; empty if none.
    """
    is_sequence = isinstance(found, str) or hasattr(found, "dtype")
    hits = tag_hits(found) if is_sequence else found  # type: ignore[arg-type]
    names: dict[str, Counter[str]] = {}
    for hit in hits:
        names.setdefault(hit.product, Counter())[hit.name] += 1  # type: ignore[union-attr]
    often = float("inf") if is_sequence else _OFTEN
    return ",".join(
        sorted(name for name, tags in names.items() if len(tags) >= least or max(tags.values()) >= often)
    )
