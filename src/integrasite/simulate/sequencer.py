"""From read pairs to bases and qualities, many reads at once."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Codes, encode
from integrasite.simulate.libraries import SimulatedLibrary
from integrasite.simulate.molecules import Leads, Molecules, rc_leads
from integrasite.simulate.pcr import UNLISTED, Pairs
from integrasite.simulate.scenario import AmpliconScenario
from integrasite.simulate.sequences import COMPLEMENT, Bools, Ints, Pool, distinct_words

SPARE = 4
"""Template bases beyond the read's end, so that deletions do not run dry."""
ADAPTER_R1 = encode("AGATCGGAAGAGCACACGTCTGAACTCCAGTCAC")
ADAPTER_R2 = encode("AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT")
G = 2
HIGH, MEDIUM, LOW, UNREADABLE = 37, 25, 11, 2
"""The four Phred qualities that a current sequencer reports."""
ERROR = {quality: 10 ** (-quality / 10) for quality in (HIGH, MEDIUM, LOW)}
LOW_PER_ERROR = 1 / (ERROR[LOW] + 4 * ERROR[MEDIUM])
"""Share of LOW bases per unit of error rate above that of HIGH, with four MEDIUM bases for each LOW one."""


@dataclass(frozen=True)
class Reads:
    """Bases (0-3, 4 for N) and Phred qualities of some reads, reads x read length."""

    codes: Codes
    qualities: npt.NDArray[np.uint8]


class ErrorRates(Protocol):
    """The fields of a scenario that say how the sequencer errs."""

    @property
    def substitution_start(self) -> float:
        """Per base, at the first base."""

    @property
    def substitution_end(self) -> float:
        """Per base, at the last base."""


class ReadErrors:
    """Draws qualities and the errors that go with them."""

    def __init__(self, rates: ErrorRates, rng: np.random.Generator) -> None:
        self.rates, self.rng = rates, rng

    def read(self, codes: Codes, low_quality: Bools) -> Reads:
        """Draw qualities, then substitutions that match them."""
        n, length = codes.shape
        rate = np.linspace(self.rates.substitution_start, self.rates.substitution_end, length)
        spread = np.exp(self.rng.normal(-0.5, 1.0, n)).astype(np.float32)
        drawn = self.rng.random((n, length), dtype=np.float32)
        low = (
            np.clip((rate - ERROR[HIGH]) * LOW_PER_ERROR, 0, 0.19).astype(np.float32)[None, :]
            * spread[:, None]
        )
        qualities = np.where(drawn < low, LOW, np.where(drawn < 5 * low, MEDIUM, HIGH)).astype(np.uint8)
        chance = np.zeros(64, np.float32)
        for quality, error in ERROR.items():
            chance[quality] = error
        high = np.minimum(rate, ERROR[HIGH]).astype(np.float32)
        self._spoil(qualities, low_quality)
        chances = np.where(qualities == HIGH, high[None, :], chance[qualities])
        return self._substitute(codes, qualities, chances)

    def _spoil(self, qualities: npt.NDArray[np.uint8], low_quality: Bools) -> None:
        """Give hardly readable clusters their qualities, in place."""
        rows = np.flatnonzero(low_quality)
        levels = np.array([LOW, MEDIUM, UNREADABLE], np.uint8)
        qualities[rows] = self.rng.choice(levels, size=(rows.size, qualities.shape[1]), p=[0.75, 0.11, 0.14])

    def _substitute(
        self, codes: Codes, qualities: npt.NDArray[np.uint8], chances: npt.NDArray[np.float32]
    ) -> Reads:
        """Change bases with the given chances; bases of the lowest quality become N."""
        row, column = np.nonzero(self.rng.random(codes.shape, dtype=np.float32) < chances)
        out = codes.copy()
        out[row, column] = (out[row, column] + self.rng.integers(1, 4, row.size)) % 4
        unreadable = (qualities == UNREADABLE) | (codes > 3)
        out[unreadable] = 4
        return Reads(out, np.where(unreadable, UNREADABLE, qualities).astype(np.uint8))


class Sequencer:
    """Turns pairs into reads; holds what all blocks of a run share."""

    def __init__(
        self,
        pool: Pool,
        molecules: Molecules,
        leads: Leads,
        libraries: list[SimulatedLibrary],
        scenario: AmpliconScenario,
        rng: np.random.Generator,
    ) -> None:
        self.pool, self.molecules, self.leads, self.scenario, self.rng = pool, molecules, leads, scenario, rng
        self.errors = ReadErrors(scenario, rng)
        self.linkers = np.stack([encode(library.linker) for library in libraries])
        self.umi_at = libraries[0].linker.find("N") if scenario.umi_length else 0
        self.barcodes = np.stack([encode(library.barcode) for library in libraries])
        self.unlisted = self._unlisted_barcodes()
        self.tails_r1 = _tails(rc_leads(leads), leads.lengths, ADAPTER_R1, scenario.read_length_r1 + SPARE)

    def sequence(self, pairs: Pairs) -> tuple[Reads, Reads, Reads]:
        """R1, R2 and I1 of some pairs."""
        linkers = self._linkers(pairs.linker_of)
        r2 = self._sequence(
            self._junction_templates(pairs, linkers), self.scenario.read_length_r2, pairs, pairs.slip
        )
        r1 = self._sequence(self._far_templates(pairs, linkers), self.scenario.read_length_r1, pairs, None)
        clear = np.zeros(len(pairs), np.bool_)
        return r1, r2, self.errors.read(self._index_templates(pairs), clear)

    def _linkers(self, molecule: Ints) -> Codes:
        """Linker of each pair with its UMI filled in."""
        linkers = self.linkers[self.molecules.library[molecule]]
        linkers[:, self.umi_at : self.umi_at + self.scenario.umi_length] = self.molecules.umi[molecule]
        return linkers

    def _junction_templates(self, pairs: Pairs, linkers: Codes) -> Codes:
        """Lead, insert, the linker from its other strand, adapter."""
        m, mols = pairs.molecule, self.molecules
        width = self.scenario.read_length_r2 + SPARE
        tails = np.full((m.size, width), G, np.uint8)
        flipped = COMPLEMENT[linkers[:, ::-1]]
        tail = np.concatenate([flipped, np.broadcast_to(ADAPTER_R2, (m.size, ADAPTER_R2.size))], axis=1)[
            :, :width
        ]
        tails[:, : tail.shape[1]] = tail
        lead = mols.lead[m]
        heads, lengths = self.leads.codes[lead], self.leads.lengths[lead]
        return compose(heads, lengths, self.pool, mols.start[m], mols.forward[m], mols.length[m], tails)

    def _far_templates(self, pairs: Pairs, linkers: Codes) -> Codes:
        """Linker, insert from the breakpoint backwards, the lead from its other strand, adapter."""
        m, mols = pairs.far, self.molecules
        length = np.maximum(mols.length[m] + pairs.jitter, 0)
        start = mols.start[m] + np.where(mols.forward[m], 1, -1) * (length - 1)
        lengths = np.full(m.size, linkers.shape[1], np.int64)
        return compose(
            linkers, lengths, self.pool, start, ~mols.forward[m], length, self.tails_r1[mols.lead[m]]
        )

    def _index_templates(self, pairs: Pairs) -> Codes:
        known = self.barcodes[np.maximum(pairs.index, 0)]
        unknown = self.unlisted[self.rng.integers(0, len(self.unlisted), len(pairs))]
        return np.where((pairs.index == UNLISTED)[:, None], unknown, known)

    def _unlisted_barcodes(self) -> Codes:
        """Barcodes of another project: far from every listed one."""
        size, scenario = self.barcodes.shape[1], self.scenario
        words = (encode(word) for word in distinct_words(self.rng, 400, size, 1))
        far = [w for w in words if (w != self.barcodes).sum(axis=1).min() >= scenario.barcode_distance]
        return np.stack(far[:5])

    def _sequence(self, templates: Codes, length: int, pairs: Pairs, slip: Ints | None) -> Reads:
        columns = np.broadcast_to(np.arange(length), (templates.shape[0], length))
        rows = np.flatnonzero(self.rng.random(templates.shape[0]) < self.scenario.indel * length)
        places = _rising(self.rng.integers(1, length, rows.size), length, self.scenario.indel_rise)
        shifts = [(rows, places, self.rng.choice(np.array([-1, 1]), rows.size))]
        if slip is not None:
            slipped = np.flatnonzero(slip)
            junction = self.leads.lengths[self.molecules.lead[pairs.molecule[slipped]]]
            shifts.append((slipped, junction, slip[slipped]))
        read = templates[:, :length].copy()
        moved = np.unique(np.concatenate([rows for rows, _, _ in shifts]))
        if moved.size:
            read[moved] = np.take_along_axis(
                templates[moved], shifted_columns(columns[moved], moved, shifts), axis=1
            )
        return self.errors.read(read, pairs.low_quality)


def compose(
    heads: Codes, head_lengths: Ints, pool: Pool, start: Ints, forward: Bools, length: Ints, tails: Codes
) -> Codes:
    """Write templates: the head, `length` bases of the pool, then the tail.

    Args:
        heads: templates x longest head, left-aligned.
        head_lengths: bases of each head.
        pool: what inserts are cut from.
        start: pool index of each insert's first base.
        forward: direction of each insert; backwards means complemented.
        length: bases of each insert.
        tails: templates x width of the result.

    Returns:
        Templates x width, as codes.
    """
    width = tails.shape[1]
    at = np.arange(width, dtype=np.int32)[None, :] - head_lengths.astype(np.int32)[:, None]
    step = np.where(forward, 1, -1).astype(np.int32)[:, None]
    inside = (at >= 0) & (at < length.astype(np.int32)[:, None])
    index = np.clip(start[:, None].astype(np.int32) + at * step, 0, pool.codes.size - 1)
    bases = pool.codes[index]
    bases = np.where(forward[:, None], bases, COMPLEMENT[bases])
    beyond = np.clip(at - length.astype(np.int32)[:, None], 0, width - 1)
    out = np.where(inside, bases, np.take_along_axis(tails, beyond, axis=1))
    head_width = min(heads.shape[1], width)
    within = np.arange(head_width)[None, :] < head_lengths[:, None]
    np.copyto(out[:, :head_width], heads[:, :head_width], where=within)
    return out


def _rising(places: Ints, length: int, rise: float) -> Ints:
    """Evenly drawn places 1..length-1, moved so that their density rises linearly by the given factor."""
    if rise == 1:
        return places
    even = (places - 0.5) / (length - 1)
    moved = (np.sqrt(1 + (rise**2 - 1) * even) - 1) / (rise - 1)
    return 1 + np.minimum((moved * (length - 1)).astype(np.int64), length - 2)


def shifted_columns(columns: Ints, moved: Ints, shifts: list[tuple[Ints, Ints, Ints]]) -> Ints:
    """Template columns of reads with one base lost (-1) or doubled (+1) at a place."""
    columns = columns.copy()
    base = np.arange(columns.shape[1])
    for rows, place, change in shifts:
        where = np.searchsorted(moved, rows)
        lost = (change < 0)[:, None] & (base[None, :] >= place[:, None])
        doubled = (change > 0)[:, None] & (base[None, :] > place[:, None])
        columns[where] += lost.astype(np.int64) - doubled.astype(np.int64)
    return columns


def _tails(codes: Codes, lengths: Ints, adapter: Codes, width: int) -> Codes:
    """Each row's sequence, the adapter, then G to the given width."""
    out = np.full((codes.shape[0], width), G, np.uint8)
    for row, length in enumerate(lengths.tolist()):
        whole = np.concatenate([codes[row, :length], adapter])[:width]
        out[row, : whole.size] = whole
    return out
