"""A small host genome with the troubles of a real one: repeat families, a duplication, satellites."""

from dataclasses import dataclass, field

import numpy as np

from integrasite.errors import ConfigError
from integrasite.kernels.codes import Codes, encode, reverse_complement
from integrasite.simulate.sequences import Bools, mutate, random_bases

EDGE = 6000
"""No repeat is laid closer than this (bp) to the end of a contig."""


@dataclass(frozen=True)
class GenomeScenario:
    """What the genome is made of. Lengths are bp, divergences are fractions of bases changed."""

    contig_lengths: tuple[int, ...] = (400_000, 350_000, 300_000, 280_000, 250_000, 220_000)
    block: int = 50_000
    gc_range: tuple[float, float] = (0.36, 0.52)
    n_short_repeats: int = 160
    n_identical_short_repeats: int = 10
    short_repeat_divergence: tuple[float, float] = (0.05, 0.15)
    n_long_repeats: int = 26
    long_repeat_divergence: tuple[float, float] = (0.08, 0.2)
    satellite_copies: int = 110
    satellite_divergence: float = 0.02
    n_satellite_arrays: int = 2
    duplication: int = 10_000
    n_microsatellites: int = 150
    n_genes: int = 48


@dataclass(frozen=True)
class Repeat:
    """One repeat as laid down, 0-based half-open."""

    contig: str
    start: int
    end: int
    family: str
    strand: str


@dataclass
class SyntheticGenome:
    """Contigs and the repeats laid into them (every repeat base is soft-masked when written)."""

    contigs: dict[str, Codes]
    repeats: list[Repeat] = field(default_factory=list)

    def masks(self) -> dict[str, Bools]:
        """Per contig, which bases are repeats."""
        masks = {name: np.zeros(codes.size, np.bool_) for name, codes in self.contigs.items()}
        for repeat in self.repeats:
            masks[repeat.contig][repeat.start : repeat.end] = True
        return masks


def simulate_genome(scenario: GenomeScenario, rng: np.random.Generator) -> SyntheticGenome:
    """Make contigs chr1, chr2, ... of random sequence in blocks of varying G+C, then lay repeats into them.

    Raises:
        ConfigError: if the repeats do not fit.
    """
    contigs = {
        f"chr{i}": _background(scenario, length, rng) for i, length in enumerate(scenario.contig_lengths, 1)
    }
    genome = SyntheticGenome(contigs)
    layer = _Layer(genome, {name: np.zeros(codes.size, np.bool_) for name, codes in contigs.items()}, rng)
    _lay_duplication(layer, scenario)
    _lay_satellites(layer, scenario)
    _lay_long_repeats(layer, scenario)
    _lay_short_repeats(layer, scenario)
    _lay_microsatellites(layer, scenario)
    genome.repeats.sort(key=lambda repeat: (repeat.contig, repeat.start))
    return genome


def _background(scenario: GenomeScenario, length: int, rng: np.random.Generator) -> Codes:
    blocks = range(0, length, scenario.block)
    pieces = [
        random_bases(rng, min(scenario.block, length - at), rng.uniform(*scenario.gc_range)) for at in blocks
    ]
    return np.concatenate(pieces)


@dataclass
class _Layer:
    """Puts pieces into free places of the genome."""

    genome: SyntheticGenome
    taken: dict[str, Bools]
    rng: np.random.Generator

    def lay(self, codes: Codes, family: str, contig: str | None = None, either_strand: bool = True) -> Repeat:
        """Overwrite a free stretch with `codes` and note it."""
        names = list(self.genome.contigs)
        weights = np.array([self.genome.contigs[name].size for name in names], np.float64)
        for _ in range(1000):
            name = contig or str(self.rng.choice(names, p=weights / weights.sum()))
            room = self.genome.contigs[name].size - codes.size - 2 * EDGE
            if room <= 0:
                continue
            start = EDGE + int(self.rng.integers(room))
            if not self.taken[name][start - 50 : start + codes.size + 50].any():
                return self._put(name, start, codes, family, either_strand and bool(self.rng.random() < 0.5))
        raise ConfigError(
            f"no room for a repeat of {codes.size} bp; make the contigs longer or the repeats fewer"
        )

    def _put(self, name: str, start: int, codes: Codes, family: str, flip: bool) -> Repeat:
        end = start + codes.size
        self.genome.contigs[name][start:end] = reverse_complement(codes) if flip else codes
        self.taken[name][start:end] = True
        repeat = Repeat(name, start, end, family, "-" if flip else "+")
        self.genome.repeats.append(repeat)
        return repeat


def _lay_duplication(layer: _Layer, scenario: GenomeScenario) -> None:
    """One stretch of ordinary sequence, present twice without a difference."""
    names = list(layer.genome.contigs)
    piece = random_bases(layer.rng, scenario.duplication, 0.42)
    layer.lay(piece, "segmental_duplication", names[0], either_strand=False)
    layer.lay(piece, "segmental_duplication", names[min(2, len(names) - 1)], either_strand=False)


def _lay_satellites(layer: _Layer, scenario: GenomeScenario) -> None:
    monomer = random_bases(layer.rng, 171, 0.38)
    names = list(layer.genome.contigs)
    for index in range(scenario.n_satellite_arrays):
        copies = [
            mutate(monomer, layer.rng, scenario.satellite_divergence)
            for _ in range(scenario.satellite_copies)
        ]
        layer.lay(np.concatenate(copies), "satellite", names[-1 - index % len(names)])


def _lay_long_repeats(layer: _Layer, scenario: GenomeScenario) -> None:
    """Copies cut short at their 5' end, with a tail of A, as LINE-1 leaves them."""
    master = random_bases(layer.rng, 3000, 0.4)
    for _ in range(scenario.n_long_repeats):
        length = int(np.clip(layer.rng.lognormal(6.7, 0.6), 300, master.size))
        copy = mutate(
            master[master.size - length :], layer.rng, layer.rng.uniform(*scenario.long_repeat_divergence)
        )
        layer.lay(np.concatenate([copy, _tail(layer.rng)]), "long_repeat")


def _lay_short_repeats(layer: _Layer, scenario: GenomeScenario) -> None:
    """300-bp copies (Alu-like); the first few are identical to each other."""
    master = random_bases(layer.rng, 285, 0.6)
    identical = np.concatenate([mutate(master, layer.rng, 0.03), encode("A" * 18)])
    for index in range(scenario.n_short_repeats):
        if index < scenario.n_identical_short_repeats:
            layer.lay(identical, "short_repeat_identical")
            continue
        copy = mutate(master, layer.rng, layer.rng.uniform(*scenario.short_repeat_divergence))
        layer.lay(np.concatenate([copy, _tail(layer.rng)]), "short_repeat")


def _lay_microsatellites(layer: _Layer, scenario: GenomeScenario) -> None:
    units = ("A", "T", "CA", "TG", "GA", "AAAT", "GGAA")
    for _ in range(scenario.n_microsatellites):
        unit = units[int(layer.rng.integers(len(units)))]
        layer.lay(encode(unit * int(layer.rng.integers(10, 30) // len(unit) + 2)), "microsatellite")


def _tail(rng: np.random.Generator) -> Codes:
    return np.zeros(int(rng.integers(12, 31)), np.uint8)
