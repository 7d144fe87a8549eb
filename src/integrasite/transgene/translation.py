"""The six reading frames of a sequence, and tags that are searched in bases or in amino acids."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Codes, encode, reverse_complement

Residues = npt.NDArray[np.uint8]
"""Amino acids as ASCII; `*` is a stop, `X` a codon with unknown bases."""

_TABLE = "KNKNTTTTRSRSIIMIQHQHPPPPRRRRLLLLEDEDAAAAGGGGVVVV*Y*YSSSS*CWCLFLF"
"""The standard code, codons in the order of their bases A, C, G, T."""
_AMINO = np.frombuffer(f"{_TABLE}X".encode("ascii"), np.uint8)


def translate(codes: Codes, frame: int) -> Residues:
    """One frame (0-2) of the forward strand."""
    n_codons = max((codes.size - frame) // 3, 0)
    codons = codes[frame : frame + 3 * n_codons].reshape(-1, 3).astype(np.intp)
    rows = codons[:, 0] * 16 + codons[:, 1] * 4 + codons[:, 2]
    return _AMINO[np.where((codons > 3).any(axis=1), 64, rows)]


def places_of(
    pattern: npt.NDArray[np.uint8], text: npt.NDArray[np.uint8], most_different: float
) -> npt.NDArray[np.int64]:
    """Where a pattern stands with at most this share of mismatches; of neighbouring places the best one."""
    if text.size < pattern.size:
        return np.zeros(0, np.int64)
    n_different = (np.lib.stride_tricks.sliding_window_view(text, pattern.size) != pattern).sum(axis=1)
    found: list[int] = []
    for place in np.flatnonzero(n_different <= most_different * pattern.size).tolist():
        if found and place - found[-1] < pattern.size // 2:
            if n_different[place] < n_different[found[-1]]:
                found[-1] = place
        else:
            found.append(place)
    return np.array(found, np.int64)


class TagSearch:
    """Looks for tags in a sequence, on both strands; the frames are translated once.

    Args:
        codes: the sequence.
    """

    def __init__(self, codes: Codes) -> None:
        self._strands = (codes, reverse_complement(codes))
        self._frames = [
            (strand, frame, translate(codes, frame))
            for strand, codes in enumerate(self._strands)
            for frame in range(3)
        ]

    def find(self, tag: str, alphabet: str, most_different: float) -> Iterator[tuple[int, int, str]]:
        """First base, base behind the last, and strand of every place of a tag (`dna` or `protein`)."""
        size = self._strands[0].size
        if alphabet == "dna":
            hits = [
                (s, int(p), len(tag))
                for s, c in enumerate(self._strands)
                for p in places_of(encode(tag), c, most_different)
            ]
        else:
            wanted = np.frombuffer(tag.encode("ascii"), np.uint8)
            hits = [
                (strand, frame + 3 * int(place), 3 * len(tag))
                for strand, frame, text in self._frames
                for place in places_of(wanted, text, most_different)
            ]
        for strand, start, length in hits:
            yield (start, start + length, "+") if strand == 0 else (size - start - length, size - start, "-")
