"""A small simulated run as text and truth, and inserts from first principles."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from integrasite.simulate.amplicon import AmpliconRun, Inputs, simulate_amplicon
from integrasite.simulate.genome import GenomeScenario
from integrasite.simulate.host import gtf_text, read_genes, simulate_host
from integrasite.simulate.scenario import load_scenario
from integrasite.simulate.sequences import decode

SMALL = GenomeScenario(
    contig_lengths=(90_000, 70_000),
    n_short_repeats=20,
    n_identical_short_repeats=4,
    n_long_repeats=3,
    satellite_copies=30,
    n_satellite_arrays=1,
    n_microsatellites=20,
    duplication=4_000,
    n_genes=8,
)
CLEAN = {
    "subjects": ["A", "B"],
    "timepoints": ["D28", "M6"],
    "replicates": 2,
    "fragments": 40,
    "background_sites": 40,
    "reads_per_molecule": 3,
    **dict.fromkeys(
        ("substitution_start", "substitution_end", "indel", "slippage", "breakpoint_jitter", "index_hop"), 0
    ),
    **dict.fromkeys(("recombination", "chimera", "low_quality", "unlisted_barcode"), 0),
}


@cache
def host():
    return simulate_host(np.random.default_rng(5), SMALL)


def inputs() -> Inputs:
    made = host()
    repeats = pd.DataFrame(
        [(r.contig, r.start, r.end) for r in made.genome.repeats], columns=["contig", "start", "end"]
    )
    return Inputs(made.genome.contigs, read_genes(gtf_text(made.genes)), repeats, made.vector.codes)


@dataclass
class Made:
    """A run with its reads as text and one row of truth per pair."""

    run: AmpliconRun
    r1: list[str]
    r2: list[str]
    i1: list[str]
    truth: pd.DataFrame
    text: dict[str, bytes]


def records(text: bytes) -> tuple[list[str], list[str], list[str]]:
    lines = text.decode().splitlines()
    assert len(lines) % 4 == 0
    return lines[0::4], lines[1::4], lines[3::4]


def make(seed: int = 1, **changes) -> Made:
    scenario = load_scenario({**CLEAN, **changes})
    run = simulate_amplicon(inputs(), scenario, np.random.default_rng(seed))
    blocks = list(run.blocks())
    text = {mate: b"".join(getattr(block, mate) for block in blocks) for mate in ("r1", "r2", "i1")}
    tables = [run.read_truth(block) for block in blocks]
    truth = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return Made(run, *(records(text[mate])[1] for mate in ("r1", "r2", "i1")), truth, text)


def flip(text: str) -> str:
    return text[::-1].translate(str.maketrans("ACGT", "TGCA"))


def contigs() -> dict[str, str]:
    return {name: decode(codes) for name, codes in host().genome.contigs.items()}


def host_rows(made: Made) -> pd.DataFrame:
    molecules = made.run.molecule_truth()
    molecules = molecules.set_index("molecule")
    rows = made.truth.join(molecules[molecules.columns.difference(made.truth.columns)], on="molecule")
    rows["chemistry_end"] = [made.run.chemistries[0].vector_end] * len(rows)
    return rows


def host_insert(contig: str, position: int, strand: str, vector_end: str, length: int) -> str:
    """The insert from first principles: walk away from the vector on the side that this vector end faces."""
    base = position - 1
    if vector_end == "U5":
        return contig[base : base + length] if strand == "+" else flip(contig[base - length + 1 : base + 1])
    if strand == "+":  # the 5-bp duplication is [p, p + 4]; the 5' LTR faces its last base from the right
        last = base + 4
        return flip(contig[last - length + 1 : last + 1])
    first = base - 4
    return contig[first : first + length]
