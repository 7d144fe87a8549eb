"""FASTQ bytes from arrays: every record of a file has the same width, so a block is one matrix."""

import zlib

import numpy as np
import numpy.typing as npt

from integrasite.simulate.sequencer import Reads
from integrasite.simulate.sequences import LETTERS, Ints

INSTRUMENT = "A00901:88:HSIMDSXX:1"
GRID = 20_000
"""Clusters per side of a tile; a coordinate is written as five digits from 10000."""


class Names:
    """Deals out read names as a sequencer would: tile by tile, coordinates rising, never twice the same."""

    def __init__(self, rng: np.random.Generator, pairs: int) -> None:
        self.rng = rng
        self.gap = max(min(GRID * GRID // (2 * max(pairs, 1)), 4000), 1)
        self.at = 0
        self.tile = -1

    def deal(self, tile: Ints) -> npt.NDArray[np.uint8]:
        """Names of consecutive pairs as bytes, pairs x width; `tile` never falls."""
        steps = np.cumsum(self.rng.integers(1, 2 * self.gap, tile.size))
        fresh = np.concatenate([[self.tile], tile[:-1]]) != tile
        bases = np.where(fresh, np.concatenate([[0], steps[:-1]]), -1)
        origin = np.maximum.accumulate(bases)
        key = np.where(origin < 0, self.at + steps, steps - origin)
        if tile.size:
            self.at, self.tile = int(key[-1]), int(tile[-1])
        columns = [_text(f"@{INSTRUMENT}:", tile.size), _digits(1101 + tile, 4), _text(":", tile.size)]
        columns += [_digits(10_000 + key // GRID, 5), _text(":", tile.size), _digits(10_000 + key % GRID, 5)]
        return np.concatenate(columns, axis=1)


def records(names: npt.NDArray[np.uint8], mate: int, reads: Reads) -> bytes:
    """FASTQ text of some reads.

    Args:
        names: reads x width, with the leading `@`.
        mate: 1 or 2, as written behind the name (index reads carry 1).
        reads: bases and qualities.
    """
    n = names.shape[0]
    parts = [
        names,
        _text(f" {mate}:N:0:1\n", n),
        LETTERS[reads.codes],
        _text("\n+\n", n),
        reads.qualities + 33,
        _text("\n", n),
    ]
    return np.concatenate(parts, axis=1).astype(np.uint8).tobytes()


def _text(text: str, n: int) -> npt.NDArray[np.uint8]:
    return np.broadcast_to(np.frombuffer(text.encode("ascii"), np.uint8), (n, len(text)))


def _digits(values: Ints, width: int) -> npt.NDArray[np.uint8]:
    powers = 10 ** np.arange(width - 1, -1, -1)
    return (values[:, None] // powers % 10 + ord("0")).astype(np.uint8)


class GzipStream:
    """Compresses block by block into one gzip member without a time stamp."""

    def __init__(self, level: int) -> None:
        self._deflate = zlib.compressobj(level, zlib.DEFLATED, 31)

    def add(self, block: bytes) -> bytes:
        """Compressed bytes that are ready."""
        return self._deflate.compress(block)

    def finish(self) -> bytes:
        """The rest."""
        return self._deflate.flush()
