"""Common parts of plasmids, so that a plasmid shows also where the vector was given as a provirus."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from integrasite.io.annotation_tables import read_resource
from integrasite.kernels.codes import Codes, decode, encode, reverse_complement
from integrasite.kernels.genome_words import SEED, words_of
from integrasite.transgene.vector_map import Part

PARTS = Path(__file__).parents[1] / "data" / "plasmid_parts.tsv"
SHORTEST_PIECE = 32
"""Bases of a piece that is looked for: fewer are found by chance, or hold no word of 31 bases."""


def load_parts() -> tuple[Part, ...]:
    """The bundled parts, in the order of the file."""
    pieces: dict[str, list[tuple[int, str]]] = {}
    for row in read_resource(PARTS).itertuples(index=False):
        pieces.setdefault(str(row[0]), []).append((int(str(row[1])), str(row[2])))
    return tuple(Part(name, tuple(sorted(items))) for name, items in pieces.items())


def foreign_parts(parts: Iterable[Part], integrating: Iterable[Codes]) -> tuple[Part, ...]:
    """Parts without what integrates with the vectors: a promoter of the vector proper says nothing of a plasmid.

    Args:
        parts: the bundled parts.
        integrating: one-LTR sequences of all vectors.

    Returns:
        What is left of each part, in pieces of at least `SHORTEST_PIECE`; parts of which nothing is left are dropped.
    """
    words = [words_of(codes, SEED, canonical=True)[1] for codes in integrating]
    known = np.unique(np.concatenate(words)) if words else np.zeros(0, np.uint64)
    found = []
    for part in parts:
        pieces = tuple(piece for offset, text in part.pieces for piece in _rest(offset, text, known))
        if pieces:
            found.append(Part(part.name, pieces))
    return tuple(found)


def _rest(offset: int, text: str, known: "np.typing.NDArray[np.uint64]") -> list[tuple[int, str]]:
    """The stretches of a piece that share no word of `SEED` bases with what is known."""
    codes = encode(text)
    starts, words = words_of(codes, SEED, canonical=True)
    shared = np.zeros(codes.size + 2, np.int64)
    for start in starts[np.isin(words, known)].tolist():
        shared[start + 1 : start + SEED + 1] = 1
    shared[0] = shared[-1] = 1
    edges = np.flatnonzero(np.diff(shared))
    return [
        (offset + int(first), text[first:last])
        for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
        if last - first >= SHORTEST_PIECE
    ]


def parts_in(parts: Iterable[Part], sequence: Codes) -> tuple[str, ...]:
    """Names of the parts that stand exactly in a (circular) plasmid."""
    around = np.concatenate([sequence, sequence])
    texts = decode(around), decode(reverse_complement(around))
    return tuple(part.name for part in parts if all(any(p in text for text in texts) for _, p in part.pieces))
