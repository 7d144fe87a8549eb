"""Which lineage a specimen is of, from the sheet's free text.

A word that is not in the list makes the whole text unknown (`CD34-`, `T-depleted`, `whole blood`): calling bulk cells lymphoid
could lower a tier, calling them unknown never does.
"""

import re
from functools import lru_cache

LINEAGES: dict[str, tuple[str, ...]] = {
    "myeloid": (
        "myeloid", "neutrophil", "neutrophils", "granulocyte", "granulocytes", "pmn", "monocyte", "monocytes",
        "erythroid", "erythroblast", "erythroblasts", "cd14", "cd15", "cd33", "cd66b", "cd235a", "glya",
    ),
    "progenitor": (
        "cd34", "hspc", "hspcs", "hsc", "hscs", "hematopoietic", "haematopoietic", "stem", "progenitor", "progenitors",
    ),
    "T": ("t", "cd3", "cd4", "cd8", "cart", "treg", "tregs"),
    "B": ("b", "cd19", "cd20"),
    "NK": ("nk", "cd56"),
    "lymphoid": ("lymphoid", "lymphocyte", "lymphocytes"),
}  # fmt: skip
"""Words that name a lineage. `myeloid` holds cells that live days to weeks and have a nucleus at some stage."""
NEUTRAL = (
    "cell", "cells", "car", "pb", "bm", "peripheral", "blood", "bone", "marrow", "sorted", "purified", "positive",
)  # fmt: skip
"""Words that may stand beside those of a lineage and say nothing about it."""
SHORT_LIVED = frozenset({"myeloid", "progenitor"})
"""Lineages in which a clone shows that stem cells or progenitors carry its site."""
LYMPHOID = frozenset({"T", "B", "NK", "lymphoid"})

_LINEAGE_OF = {word: name for name, words in LINEAGES.items() for word in words}


def classify(tissue: str, cell_type: str) -> str:
    """A key of `LINEAGES`, or "" where the text names none, several, or says more than the list knows.

    The tissue is looked at only where there is no cell type.

    >>> classify("blood", "CD3+ T cells"), classify("bone marrow", "CD34+"), classify("blood", "PBMC")
    ('T', 'progenitor', '')
    >>> classify("blood", "CD34-"), classify("blood", "T/NK cells"), classify("neutrophils", "")
    ('', 'lymphoid', 'myeloid')
    """
    return _classify(cell_type if cell_type.strip() else tissue)


@lru_cache(maxsize=4096)
def _classify(text: str) -> str:
    # a sign between letters joins words (CAR-T); at the end of a marker it says that the marker is absent
    words = [
        word.rstrip("+") for word in re.findall(r"[a-z0-9]+(?:[+]|[-\u2212](?![a-z0-9]))?", text.lower())
    ]
    if any(word not in _LINEAGE_OF and word not in NEUTRAL for word in words):
        return ""
    names = {_LINEAGE_OF[word] for word in words if word in _LINEAGE_OF}
    if len(names) <= 1:
        return next(iter(names), "")
    if names <= SHORT_LIVED:
        return "progenitor"
    return "lymphoid" if names <= LYMPHOID else ""
