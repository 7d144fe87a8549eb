"""Random bases, distinct words and the one array that all templates are cut from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from integrasite.errors import ConfigError
from integrasite.kernels.codes import Codes, encode
from integrasite.kernels.codes import decode as decode

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LETTERS = np.frombuffer(b"ACGTN", np.uint8)
COMPLEMENT = np.array([3, 2, 1, 0, 4], np.uint8)


def random_bases(rng: np.random.Generator, length: int, gc: float = 0.41) -> Codes:
    """Independent bases with the given share of G and C."""
    at = (1 - gc) / 2
    return rng.choice(4, size=length, p=[at, gc / 2, gc / 2, at]).astype(np.uint8)


def mutate(codes: Codes, rng: np.random.Generator, divergence: float) -> Codes:
    """A copy in which a share `divergence` of the bases is changed; one change in ten is a deletion."""
    changed = rng.random(codes.size) < divergence
    shifted = (codes + rng.integers(1, 4, codes.size)) % 4
    kept = ~(changed & (rng.random(codes.size) < 0.1))
    return np.where(changed, shifted, codes)[kept].astype(np.uint8)


def distinct_words(rng: np.random.Generator, n: int, length: int, min_distance: int) -> list[str]:
    """Random words of balanced composition, any two at least `min_distance` substitutions apart.

    Raises:
        ConfigError: if that many words are not found.
    """
    words = np.zeros((n, length), np.uint8)
    found = 0
    for _ in range(500 * max(n, 1)):
        if found == n:
            break
        word = rng.integers(0, 4, length).astype(np.uint8)
        if _is_plain(word) and (words[:found] != word).sum(axis=1).min(initial=length) >= min_distance:
            words[found] = word
            found += 1
    if found < n:
        raise ConfigError(
            f"cannot make {n} words of {length} bases that differ in {min_distance}; ask for fewer libraries"
        )
    return [decode(word) for word in words]


def _is_plain(word: Codes) -> bool:
    """Whether a word has 30-70 % G+C and no run of four or more."""
    gc = float(np.isin(word, (1, 2)).mean())
    runs = (word[1:] == word[:-1]).astype(np.int8)
    return 0.3 <= gc <= 0.7 and not bool(np.any((runs[2:] + runs[1:-1] + runs[:-2]) == 3))


@dataclass(frozen=True)
class Pool:
    """Several sequences end to end, so that a template is (first base, direction, length).

    Attributes:
        codes: all sequences, one after the other.
        starts: where each named sequence begins.
        lengths: how long each is, bp.
    """

    codes: Codes
    starts: dict[str, int]
    lengths: dict[str, int]

    @classmethod
    def of(cls, sequences: Mapping[str, Codes]) -> "Pool":
        """Lay out the sequences in the order given."""
        starts: dict[str, int] = {}
        at = 0
        for name, codes in sequences.items():
            starts[name] = at
            at += codes.size
        lengths = {name: codes.size for name, codes in sequences.items()}
        return cls(np.concatenate(list(sequences.values())), starts, lengths)

    def cut(self, start: int, forward: bool, length: int) -> Codes:
        """The bases of one template, read from `start` in its direction."""
        if forward:
            return self.codes[start : start + length]
        return COMPLEMENT[self.codes[start - length + 1 : start + 1][::-1]]


def reference_codes(sequences: Mapping[str, str]) -> dict[str, Codes]:
    """Contigs as codes; every letter but A, C, G, T (either case) becomes N."""
    return {name: encode(text) for name, text in sequences.items()}
