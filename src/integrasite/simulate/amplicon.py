"""A whole simulated amplicon run: scenario in, blocks of FASTQ and truth tables out."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.errors import ConfigError
from integrasite.kernels.codes import Codes
from integrasite.simulate.clones import Clones, Host, simulate_clones
from integrasite.simulate.fastq import Names, records
from integrasite.simulate.libraries import Chemistry, SimulatedLibrary, chemistry_of, plan_libraries
from integrasite.simulate.molecules import (
    Bench,
    Leads,
    Molecules,
    junction_runs,
    pool_with_vector,
    simulate_molecules,
)
from integrasite.simulate.pcr import Pairs, amplify
from integrasite.simulate.promoter import carry, promoter_interval
from integrasite.simulate.scenario import AmpliconScenario
from integrasite.simulate.sequencer import Sequencer
from integrasite.simulate.sequences import Bools, Ints
from integrasite.simulate.truth import Tally, classify_pairs, match_indices
from integrasite.simulate.truth_tables import molecule_table, read_table, site_table
from integrasite.simulate.uniqueness import molecules_are_unique, near_host_sequence
from integrasite.transgene.provirus import ltr_length

BLOCK = 40_000
"""Pairs that are made at once; results do not depend on how the caller uses the blocks."""


@dataclass(frozen=True)
class Block:
    """FASTQ text of consecutive pairs, and what is true of them, in codes (see `AmpliconRun.read_truth`)."""

    r1: bytes
    r2: bytes
    i1: bytes
    truth: pd.DataFrame


@dataclass(frozen=True)
class AmpliconRun:
    """Everything about a run but its bases, which `blocks` makes on demand (once)."""

    scenario: AmpliconScenario
    host: Host
    vector: Codes
    libraries: list[SimulatedLibrary]
    chemistries: list[Chemistry]
    clones: Clones
    molecules: Molecules
    leads: Leads
    unique: Bools
    pairs: Pairs
    tally: Tally
    rng: np.random.Generator

    def blocks(self) -> Iterator[Block]:
        """Sequence all pairs; the tally is complete when the last block is out."""
        sequencer = Sequencer(
            self.host.pool, self.molecules, self.leads, self.libraries, self.scenario, self.rng
        )
        names = Names(self.rng, len(self.pairs))
        for start in range(0, len(self.pairs), BLOCK):
            yield self._block(self.pairs.block(start, start + BLOCK), sequencer, names)

    def _block(self, pairs: Pairs, sequencer: Sequencer, names: Names) -> Block:
        r1, r2, i1 = sequencer.sequence(pairs)
        index = match_indices(i1.codes, sequencer.barcodes, Calling.model_validate({}).barcode_mismatches)
        fate = classify_pairs(pairs, self.molecules, self.unique, index, self._linkers)
        self.tally.add(pairs, self.molecules, fate, index)
        dealt = names.deal(pairs.tile)
        truth = pd.DataFrame(
            {
                "name": [row.tobytes().decode("ascii") for row in dealt[:, 1:]],
                "library": index,
                "molecule": pairs.molecule,
                "far_molecule": pairs.far,
                "linker_molecule": pairs.linker_of,
                "fate": fate,
                "slip": pairs.slip,
                "jitter": pairs.jitter,
                "low_quality": pairs.low_quality,
            }
        )
        return Block(records(dealt, 1, r1), records(dealt, 2, r2), records(dealt, 1, i1), truth)

    @cached_property
    def _linkers(self) -> Ints:
        """Number of each library's linker."""
        words = [library.linker for library in self.libraries]
        return np.array([words.index(word) for word in words], np.int64)

    @cached_property
    def _places(self) -> pd.DataFrame:
        """Molecules as known before any read; the counts of reads are not yet there."""
        return self.molecule_truth()

    def read_truth(self, block: Block) -> pd.DataFrame:
        """A block's truth as rows of `truth.READ_TRUTH`."""
        return read_table(block.truth, self._places, self.libraries)

    def molecule_truth(self) -> pd.DataFrame:
        """One row per molecule (rows of `truth.MOLECULE_TRUTH` and more); call after `blocks`."""
        return molecule_table(
            self.host,
            self.molecules,
            self.leads,
            self.clones,
            self.libraries,
            self.scenario,
            self.unique,
            self.tally,
        )

    def site_truth(self) -> pd.DataFrame:
        """One row per library, site and cause (rows of `truth.TRUTH`); call after `blocks`."""
        return site_table(
            self.molecule_truth(),
            self.tally.stray_table(),
            self.clones,
            self.libraries,
            self.scenario.timepoints,
        )


@dataclass(frozen=True)
class Inputs:
    """Host and vector.

    Attributes:
        contigs: host contigs as codes.
        genes: `contig, start, end, strand, name`, 0-based half-open.
        repeats: `contig, start, end`; may be empty.
        vector: provirus, LTR to LTR.
        places: `contig, position, strand` for background sites, or None.
    """

    contigs: dict[str, Codes]
    genes: pd.DataFrame
    repeats: pd.DataFrame
    vector: Codes
    places: pd.DataFrame | None = None


def simulate_amplicon(inputs: Inputs, scenario: AmpliconScenario, rng: np.random.Generator) -> AmpliconRun:
    """Plan a run down to its read pairs; `AmpliconRun.blocks` then makes the reads.

    Raises:
        ConfigError: if scenario, host and vector do not fit each other.
    """
    ltr = ltr_length(inputs.vector)
    if ltr == 0:
        raise ConfigError(
            "the vector does not begin and end with the same LTR; give the provirus, LTR to LTR"
        )
    vector, carried = inputs.vector, None
    if scenario.human_promoter:
        lengths = {name: codes.size for name, codes in inputs.contigs.items()}
        interval = promoter_interval(scenario.human_promoter, inputs.genes, lengths)
        vector = carry(vector, ltr, inputs.contigs, interval)
        carried = pd.DataFrame([interval[:3]], columns=["contig", "start", "end"])
    pool = pool_with_vector(inputs.contigs, vector)
    host = Host(pool, tuple(inputs.contigs), inputs.genes, inputs.repeats, inputs.places, carried)
    libraries = plan_libraries(scenario, rng)
    chemistries = [chemistry_of(vector, end, scenario) for end in dict.fromkeys(scenario.vector_ends)]
    clones = simulate_clones(host, scenario, rng)
    leads = Leads.of(chemistries, scenario.truncated_least)
    shared = near_host_sequence(vector, pool, host.size)
    bench = Bench(host, clones, leads, scenario, ltr, shared)
    molecules = simulate_molecules(bench, libraries, rng)
    linker = len(libraries[0].linker)
    unique = molecules_are_unique(pool, host.size, molecules, leads.lengths, scenario, linker)
    subjects = np.array([library.subject_index for library in libraries], np.int64)
    pairs = amplify(molecules, junction_runs(pool, molecules, leads), subjects, scenario, rng)
    tally = Tally(len(libraries), len(molecules))
    return AmpliconRun(
        scenario, host, vector, libraries, chemistries, clones, molecules, leads, unique, pairs, tally, rng
    )
