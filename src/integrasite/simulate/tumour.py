"""A whole simulated tumour run: scenario in, blocks of FASTQ and truth tables out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from integrasite.errors import ConfigError
from integrasite.kernels.codes import Codes
from integrasite.simulate.clones import Host
from integrasite.simulate.genes import Gene, gtf_text
from integrasite.simulate.host import read_genes
from integrasite.simulate.sequences import Ints, Pool
from integrasite.simulate.tumour_dose import choose_regions
from integrasite.simulate.tumour_fragments import FragmentBench, Lengths
from integrasite.simulate.tumour_homologues import germline_contigs, spliced
from integrasite.simulate.tumour_library import Library, LibraryPlan
from integrasite.simulate.tumour_places import simulate_sites
from integrasite.simulate.tumour_pool import build_pool
from integrasite.simulate.tumour_reads import TumourBlock, TumourSequencer
from integrasite.simulate.tumour_scenario import TumourScenario, VectorChoice
from integrasite.simulate.tumour_shown import Shown, shown_by
from integrasite.simulate.tumour_truth import TumourTruth
from integrasite.simulate.tumour_uniqueness import unique_anchors
from integrasite.simulate.tumour_vector import TumourVector, read_tumour_vector


@dataclass(frozen=True)
class TumourInputs:
    """What a run is made from.

    Attributes:
        contigs: host contigs as codes.
        gtf: text of the annotation.
        vectors: sequences by name, the first one being the clones' default.
        repeats: `contig, start, end`; may be empty.
        places: `contig, position, strand` for drawn sites, or None.
        controls: `contig, start, end` of control loci, or None.
        hiv: provirus of the wild-type virus, or None.
    """

    contigs: Mapping[str, Codes]
    gtf: str
    vectors: Mapping[str, Codes]
    repeats: pd.DataFrame
    places: pd.DataFrame | None = None
    controls: pd.DataFrame | None = None
    hiv: Codes | None = None


@dataclass(frozen=True)
class SampleReads:
    """One sample: its library, what its fragments show, and its reads on demand (once)."""

    library: Library
    shown: Shown
    sequencer: TumourSequencer

    def blocks(self) -> Iterator[TumourBlock]:
        """All pairs in file order."""
        return self.sequencer.blocks()


@dataclass(frozen=True)
class TumourRun:
    """Everything about a run but its fragments and bases, which `sample` makes on demand.

    Attributes:
        scenario: design and rates.
        vectors: all vectors by name.
        added: contigs and genes that were added to the host; empty where no homologues are asked for.
        regions: what the fragments cover most densely: `contig, start, end, kind`.
        bench: what fragments are drawn from.
        plan: draws the libraries.
        truth: makes the truth tables.
    """

    scenario: TumourScenario
    vectors: dict[str, TumourVector]
    added: tuple[dict[str, Codes], list[Gene]]
    regions: pd.DataFrame
    bench: FragmentBench
    plan: LibraryPlan
    truth: TumourTruth

    @property
    def listed(self) -> list[TumourVector]:
        """Vectors that config and sheet name."""
        hidden = self.scenario.unlisted_vectors
        return [vector for name, vector in self.vectors.items() if name not in hidden]

    def sample(self, index: int) -> SampleReads:
        """Draw one sample's library."""
        library = self.plan.library(index)
        name = self.scenario.samples[index].sample
        rng = self.plan.rng(index, 2)
        sequencer = TumourSequencer(self.bench.pool.codes, library, self.scenario, name, rng)
        return SampleReads(library, shown_by(self.bench, library.fragments), sequencer)


def simulate_tumour(inputs: TumourInputs, scenario: TumourScenario, rng: np.random.Generator) -> TumourRun:
    """Choose sites and lay out what is sequenced.

    Raises:
        ConfigError: if scenario, host and vectors do not fit each other.
    """
    vectors = _vectors(inputs, scenario)
    made, genes = germline_contigs(scenario.homologues, vectors, inputs.contigs, rng)
    contigs = {**inputs.contigs, **made}
    gtf = inputs.gtf + (gtf_text(genes) if genes else "")
    pool = Pool.of(contigs)
    host = Host(pool, tuple(contigs), read_genes(gtf), inputs.repeats, inputs.places)
    sites = simulate_sites(host, vectors, inputs.hiv, scenario, rng)
    transcripts = spliced(contigs, gtf, scenario.cdna_genes)
    alike = pd.DataFrame([(g.contig, g.start, g.end) for g in genes], columns=["contig", "start", "end"])
    regions, table = choose_regions(host, sites, inputs.controls, alike, scenario, rng)
    cut_from = build_pool(host, sites, vectors, transcripts, scenario, rng)
    bench = FragmentBench(host, cut_from, sites, regions, scenario, Lengths.of(scenario))
    anchors: Ints = unique_anchors(host, sites)
    plan = LibraryPlan(bench, rng)
    return TumourRun(scenario, vectors, (made, genes), table, bench, plan, TumourTruth(bench, anchors))


def _vectors(inputs: TumourInputs, scenario: TumourScenario) -> dict[str, TumourVector]:
    """All vectors as they integrate; the scenario may only speak of those that are given."""
    known = ", ".join(inputs.vectors)
    for name in (*scenario.vectors, *scenario.unlisted_vectors):
        if name not in inputs.vectors:
            raise ConfigError(f"scenario, 'vectors': no --vector '{name}' (given: {known})")
    if set(inputs.vectors) <= set(scenario.unlisted_vectors):
        raise ConfigError("scenario, 'unlisted_vectors': leave at least one vector for the config")
    return {
        name: read_tumour_vector(name, codes, scenario.vectors.get(name, VectorChoice()))
        for name, codes in inputs.vectors.items()
    }
