"""A small host and vector, and short ways to simulate and read tumour samples of it."""

import numpy as np
import pandas as pd

from integrasite.simulate.sequences import random_bases
from integrasite.simulate.tumour import SampleReads, TumourInputs, TumourRun, simulate_tumour
from integrasite.simulate.tumour_scenario import load_tumour_scenario
from integrasite.simulate.vector import simulate_vector

CLEAN = {
    "substitution_start": 0.0,
    "substitution_end": 0.0,
    "indel": 0.0,
    "low_quality": 0.0,
    "duplicate_rate": 0.0,
}
_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


def turned(text: str) -> str:
    """The other strand."""
    return text.translate(_COMPLEMENT)[::-1]


def toy_inputs(seed: int = 5, **more: object) -> TumourInputs:
    """Two contigs of random bases, a gene of two exons on the - strand, a provirus."""
    rng = np.random.default_rng(seed)
    contigs = {"one": random_bases(rng, 60_000), "two": random_bases(rng, 40_000)}
    vector = simulate_vector(rng, random_bases(rng, 300)).codes
    gtf = (
        'one\tx\tgene\t20001\t24000\t.\t-\t.\tgene_name "GEN";\n'
        'one\tx\texon\t20001\t20200\t.\t-\t.\tgene_name "GEN"; transcript_id "t";\n'
        'one\tx\texon\t23801\t24000\t.\t-\t.\tgene_name "GEN"; transcript_id "t";\n'
    )
    empty = pd.DataFrame({"contig": [], "start": [], "end": []})
    return TumourInputs(
        **{"contigs": contigs, "gtf": gtf, "vectors": {"lv": vector}, "repeats": empty, **more}
    )


def simulate(values: dict[str, object], inputs: TumourInputs | None = None, seed: int = 1) -> TumourRun:
    """A run without sequencing errors unless `values` ask for them."""
    scenario = load_tumour_scenario({**CLEAN, **values})
    return simulate_tumour(inputs or toy_inputs(), scenario, np.random.default_rng(seed))


def read_all(run: TumourRun, index: int = 0) -> tuple[SampleReads, dict[str, list[str]], pd.DataFrame]:
    """One sample: what it is made of, its reads by name in file order, their truth."""
    made = run.sample(index)
    reads: dict[str, list[str]] = {}
    truth = []
    for block in made.blocks():
        for text in (block.r1, block.r2):
            lines = text.decode().splitlines()
            for name, bases in zip(lines[::4], lines[1::4], strict=True):
                reads.setdefault(name[1:].split()[0], []).append(bases)
        sample = run.scenario.samples[index]
        truth.append(run.truth.reads(sample, made.library, made.shown, block.names, block.pair))
    return made, reads, pd.concat(truth, ignore_index=True) if truth else pd.DataFrame()


def truth_of(run: TumourRun, index: int = 0) -> pd.DataFrame:
    """Site truth of one sample."""
    made = run.sample(index)
    return run.truth.sites(run.scenario.samples[index], made.library, made.shown)


def vectors_of(run: TumourRun, index: int = 0, name: str = "lv") -> pd.Series:
    """Vector truth of one sample."""
    made = run.sample(index)
    return run.truth.vectors(run.scenario.samples[index], made.library, made.shown, [name]).iloc[0]
