"""From pairs of fragments to bases and qualities, many reads at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Codes
from integrasite.simulate.fastq import Names, records
from integrasite.simulate.sequencer import (
    ADAPTER_R1,
    ADAPTER_R2,
    SPARE,
    G,
    ReadErrors,
    Reads,
    shifted_columns,
)
from integrasite.simulate.sequences import COMPLEMENT, Bools, Floats, Ints
from integrasite.simulate.tumour_fragments import Fragments
from integrasite.simulate.tumour_library import Library
from integrasite.simulate.tumour_scenario import TumourScenario

BLOCK = 16_384
"""Pairs that are made at once."""
_A, _C, _T = 0, 1, 3


@dataclass(frozen=True)
class TumourBlock:
    """FASTQ text of consecutive pairs (no `r2` where reads are single), their names and fragments."""

    r1: bytes
    r2: bytes
    names: npt.NDArray[np.uint8]
    pair: Ints


class TumourSequencer:
    """Turns one library's pairs into reads."""

    def __init__(
        self, codes: Codes, library: Library, scenario: TumourScenario, sample: str, rng: np.random.Generator
    ) -> None:
        self.library, self.scenario, self.rng = library, scenario, rng
        self.deamination = scenario.of("deamination", sample)
        self.width = scenario.read_length + SPARE
        self.windows = np.lib.stride_tricks.sliding_window_view(codes, self.width)
        self.errors = ReadErrors(scenario, rng)
        self.tails = [_tail(adapter, self.width) for adapter in (ADAPTER_R1, ADAPTER_R2)]

    def blocks(self) -> Iterator[TumourBlock]:
        """All pairs in file order."""
        n = self.library.pair.size
        names = Names(self.rng, n)
        for start in range(0, n, BLOCK):
            pair = self.library.pair[start : start + BLOCK]
            tile = (np.arange(start, start + pair.size) * self.scenario.tiles) // n
            dealt = names.deal(tile)
            fragments = self.library.fragments.take(pair)
            low_quality = self.rng.random(pair.size) < self.scenario.low_quality
            texts = [
                records(
                    dealt, mate + 1, self._read(fragments, self.library.identity[pair], mate, low_quality)
                )
                for mate in range(self.scenario.reads)
            ]
            yield TumourBlock(texts[0], texts[1] if len(texts) > 1 else b"", dealt[:, 1:], pair)

    def _read(self, fragments: Fragments, identity: Ints, mate: int, low_quality: Bools) -> Reads:
        from_left = fragments.forward if mate == 0 else ~fragments.forward
        templates = self._templates(fragments, from_left, identity, self.tails[mate])
        return self.errors.read(self._with_indels(templates), low_quality)

    def _templates(self, fragments: Fragments, from_left: Bools, identity: Ints, tail: Codes) -> Codes:
        """What a read shows: the fragment from one end, then adapter."""
        first = np.where(from_left, fragments.start, fragments.start + fragments.length - self.width)
        templates = self.windows[first]
        templates[~from_left] = COMPLEMENT[templates[~from_left][:, ::-1]]
        if self.deamination:
            self._deaminate(templates, fragments, from_left, identity)
        rows = np.flatnonzero(fragments.length < self.width)
        if rows.size:
            beyond = np.arange(self.width)[None, :] - fragments.length[rows, None]
            templates[rows] = np.where(beyond < 0, templates[rows], tail[np.maximum(beyond, 0)])
        return templates

    def _deaminate(self, templates: Codes, fragments: Fragments, from_left: Bools, identity: Ints) -> None:
        """Turn C of the strand that was copied into T, in place; every copy of a molecule shows the same."""
        column = np.arange(self.width)
        at = np.where(
            from_left[:, None],
            fragments.start[:, None] + column,
            (fragments.start + fragments.length - 1)[:, None] - column,
        )
        hit = _uniform(identity[:, None] * 1_000_003 + at) < self.deamination
        copied_forward = _uniform(identity) < 0.5
        shows_copied = (copied_forward == from_left)[:, None]
        templates[hit & shows_copied & (templates == _C)] = _T
        templates[hit & ~shows_copied & (templates == G)] = _A

    def _with_indels(self, templates: Codes) -> Codes:
        length = self.scenario.read_length
        reads = templates[:, :length].copy()
        moved = np.flatnonzero(self.rng.random(templates.shape[0]) < self.scenario.indel * length)
        if moved.size:
            places = self.rng.integers(1, max(length, 2), moved.size)
            change = self.rng.choice(np.array([-1, 1]), moved.size)
            columns = np.tile(np.arange(length), (moved.size, 1))
            columns = shifted_columns(columns, moved, [(moved, places, change)])
            reads[moved] = np.take_along_axis(templates[moved], columns, axis=1)
        return reads


def _tail(adapter: Codes, width: int) -> Codes:
    """The adapter, then G."""
    tail = np.full(width, G, np.uint8)
    tail[: adapter.size] = adapter[:width]
    return tail


def _uniform(keys: Ints) -> Floats:
    """A number from 0 to 1 per key, the same for the same key (the finaliser of splitmix64)."""
    x = keys.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((x ^ (x >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53
