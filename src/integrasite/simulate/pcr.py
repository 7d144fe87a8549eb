"""From molecules to read pairs: copies, index hopping, recombination, chimeras, slippage, file order."""

from dataclasses import dataclass

import numpy as np

from integrasite.simulate.molecules import Kind, Molecules
from integrasite.simulate.scenario import AmpliconScenario
from integrasite.simulate.sequences import Bools, Floats, Ints

UNLISTED = -1
"""Index of the barcode that no row of the sheet has."""


@dataclass(frozen=True)
class Pairs:
    """Read pairs in file order; one array per property.

    Attributes:
        molecule: the molecule that the junction read is a copy of.
        far: the molecule that the other read's insert is a copy of (differs in PCR chimeras).
        linker_of: the molecule whose linker and UMI the pair carries.
        index: library whose barcode the index read shows, or `UNLISTED`.
        jitter: bases by which the far end is off.
        slip: -1, 0, +1: bases lost or gained in the homopolymer at the junction.
        low_quality: whether the cluster is hardly readable.
        tile: number of the tile, 0 and up.
    """

    molecule: Ints
    far: Ints
    linker_of: Ints
    index: Ints
    jitter: Ints
    slip: Ints
    low_quality: Bools
    tile: Ints

    def __len__(self) -> int:
        return int(self.molecule.size)

    def block(self, start: int, stop: int) -> "Pairs":
        """Some consecutive pairs."""
        return Pairs(*(getattr(self, name)[start:stop] for name in self.__dataclass_fields__))


def amplify(
    molecules: Molecules, runs: Ints, subjects: Ints, scenario: AmpliconScenario, rng: np.random.Generator
) -> Pairs:
    """Draw the run's read pairs.

    Args:
        molecules: before PCR.
        runs: length of the homopolymer at each molecule's junction, `molecules.junction_runs`.
        subjects: per library of the run, the number of its subject (controls: any other number).
        scenario: rates.
        rng: source of randomness.
    """
    molecule, tile = _order(_copies(molecules, subjects.size, scenario, rng), len(molecules), scenario, rng)
    n = molecule.size
    far = _chimeras(molecule, molecules, scenario, rng)
    recombined = rng.random(n) < scenario.recombination
    linker_of = np.where(recombined, rng.integers(0, max(len(molecules), 1), n), far)
    index = _indices(molecules.library[molecule], subjects, scenario, rng)
    moved = (rng.random(n) < scenario.breakpoint_jitter) & (molecules.length[far] > 40)
    jitter = np.where(moved, rng.integers(1, 4, n) * rng.choice(np.array([-1, 1]), n), 0)
    low_quality = rng.random(n) < scenario.low_quality
    return Pairs(
        molecule,
        far,
        linker_of,
        index,
        jitter,
        _slips(molecule, molecules, runs, scenario, rng),
        low_quality,
        tile,
    )


def _copies(
    molecules: Molecules, n_libraries: int, scenario: AmpliconScenario, rng: np.random.Generator
) -> Ints:
    """How many read pairs each molecule gives."""
    depth = np.exp(rng.normal(0, scenario.library_depth_sigma, n_libraries))
    weight: Floats = molecules.weight * depth[molecules.library]
    if not weight.sum():
        return np.zeros(len(molecules), np.int64)
    if scenario.pairs:
        return rng.multinomial(scenario.pairs, weight / weight.sum())
    copies: Ints = rng.poisson(weight * scenario.reads_per_molecule / weight.mean())
    return copies


def _order(
    copies: Ints, n_molecules: int, scenario: AmpliconScenario, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Molecule and tile of each pair, in file order.

    Copies of a molecule lie on several tiles, in each near each other (which keeps compressed files small).
    """
    molecule = np.repeat(np.arange(n_molecules), copies)
    tile = rng.integers(0, scenario.tiles, molecule.size)
    if scenario.locality < 0:
        place = rng.random(molecule.size)
    else:
        place = rng.permutation(n_molecules)[molecule] + rng.normal(0, scenario.locality, molecule.size)
    order = np.lexsort((place, tile))
    return molecule[order], tile[order]


def _chimeras(
    molecule: Ints, molecules: Molecules, scenario: AmpliconScenario, rng: np.random.Generator
) -> Ints:
    """The molecule of the far end: now and then another of the same library."""
    n_libraries = int(molecules.library.max(initial=0)) + 1
    bounds = np.searchsorted(molecules.library, np.arange(n_libraries + 1))
    library = molecules.library[molecule]
    drawn = bounds[library] + (rng.random(molecule.size) * (bounds[library + 1] - bounds[library])).astype(
        np.int64
    )
    return np.where(rng.random(molecule.size) < scenario.chimera, drawn, molecule)


def _indices(library: Ints, subjects: Ints, scenario: AmpliconScenario, rng: np.random.Generator) -> Ints:
    """Library named by the index read."""
    n, n_libraries = library.size, subjects.size
    hopped = (rng.random(n) < scenario.index_hop) & (n_libraries > 1)
    if scenario.hop_between == "all":
        other = (library + rng.integers(1, max(n_libraries, 2), n)) % n_libraries
    else:
        other = _of_other_subject(library, subjects, rng)
    index = np.where(hopped, other, library)
    return np.where(rng.random(n) < scenario.unlisted_barcode, UNLISTED, index)


def _of_other_subject(library: Ints, subjects: Ints, rng: np.random.Generator) -> Ints:
    """For each pair a random library of another subject; its own where there is none."""
    drawn, other = rng.random(library.size), library.copy()
    for own in range(subjects.size):
        partners, mine = np.flatnonzero(subjects != subjects[own]), library == own
        if partners.size:
            other[mine] = partners[(drawn[mine] * partners.size).astype(np.int64)]
    return other


def _slips(
    molecule: Ints, molecules: Molecules, runs: Ints, scenario: AmpliconScenario, rng: np.random.Generator
) -> Ints:
    """Polymerase slippage in the homopolymer at the junction; losses are twice as common as gains."""
    chance = (
        np.clip(scenario.slippage * (runs - 2), 0, 0.3)
        * (molecules.kind == Kind.HOST)
        * (molecules.length > 20)
    )
    slipped = rng.random(molecule.size) < chance[molecule]
    return np.where(slipped, np.where(rng.random(molecule.size) < 2 / 3, -1, 1), 0)
