"""All that fragments are cut from: haplotypes, chromosomes with the vector in them, and contaminating DNA."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from integrasite.errors import ConfigError
from integrasite.kernels.codes import Codes
from integrasite.simulate.clones import Host
from integrasite.simulate.molecules import CIRCLE_JOIN
from integrasite.simulate.sequencer import SPARE
from integrasite.simulate.sequences import Ints
from integrasite.simulate.tumour_places import HIV, Site, derived_sequence
from integrasite.simulate.tumour_scenario import TumourScenario
from integrasite.simulate.tumour_vector import TumourVector


class Origin(IntEnum):
    """What a fragment is."""

    HOST = 0
    VECTOR = 1
    JUNCTION5 = 2
    JUNCTION3 = 3
    JUNCTION53 = 4
    PLASMID = 5
    AMPLICON = 6
    CDNA = 7
    CIRCLE = 8
    HIV = 9

    @property
    def word(self) -> str:
        """As the truth writes it."""
        return self.name.lower()


@dataclass(frozen=True)
class Template:
    """A molecule beside the host.

    Attributes:
        name: vector or gene.
        origin: what fragments of it are (sites: `VECTOR` or `HIV`).
        start: pool index of its first base.
        size: bases before it ends or begins anew.
        circular: whether it begins anew (then the pool holds more of it behind its end).
        site: row of the site, -1 for none.
        insert: where in it the insert begins and ends.
        shift: coordinate of its first base in the vector's file.
        nuisance: field of the scenario that says how many copies a cell has; empty for sites.
    """

    name: str
    origin: Origin
    start: int
    size: int
    circular: bool = False
    site: int = -1
    insert: tuple[int, int] = (0, 0)
    shift: int = 0
    nuisance: str = ""


@dataclass(frozen=True)
class TumourPool:
    """One array of bases, and what lies where.

    Attributes:
        codes: all sequences, with N before the first and behind the last.
        haplotypes: per subject, where the concatenated contigs of its two haplotypes begin.
        sites: one per site, in the order of the sites.
        others: contaminating DNA.
        unreadable: host bases that are N, summed up (length: host + 1); empty where there is none.
    """

    codes: Codes
    haplotypes: dict[str, tuple[int, int]]
    sites: tuple[Template, ...]
    others: tuple[Template, ...]
    unreadable: Ints

    @property
    def templates(self) -> tuple[Template, ...]:
        """Sites, then contaminants: fragments name them by their row here."""
        return self.sites + self.others


class _Builder:
    """Lays sequences end to end."""

    def __init__(self, pad: int) -> None:
        self.pad = np.full(pad, 4, np.uint8)
        self.parts: list[Codes] = [self.pad]
        self.at = pad

    def add(self, codes: Codes) -> int:
        """Where the sequence begins."""
        start = self.at
        self.parts.append(codes)
        self.at += codes.size
        return start

    def codes(self) -> Codes:
        """Everything."""
        return np.concatenate([*self.parts, self.pad])


def build_pool(
    host: Host,
    sites: list[Site],
    vectors: dict[str, TumourVector],
    transcripts: dict[str, Codes],
    scenario: TumourScenario,
    rng: np.random.Generator,
) -> TumourPool:
    """Lay out everything; haplotypes differ from the reference by single bases at `snp_rate`."""
    builder = _Builder(scenario.read_length + SPARE)
    reference = host.pool.codes[: host.size]
    subjects = list(dict.fromkeys(sample.subject for sample in scenario.samples))
    haplotypes: dict[str, tuple[int, int]] = {}
    derived: dict[int, Template] = {}
    shared = builder.add(reference) if not scenario.snp_rate else -1
    for subject in subjects:
        starts = []
        for haplotype in (0, 1):
            copy = _differing(reference, scenario.snp_rate, rng)
            starts.append(builder.add(copy) if shared < 0 else shared)
            for row, site in enumerate(sites):
                if site.clone.subject == subject and site.haplotype == haplotype:
                    derived[row] = _derived(builder, copy, host, row, site, scenario.length_max)
        haplotypes[subject] = (starts[0], starts[1])
    others = _contaminants(builder, vectors, transcripts, scenario)
    bad = reference > 3
    unreadable = np.concatenate([[0], np.cumsum(bad, dtype=np.int64)]) if bad.any() else np.zeros(0, np.int64)
    in_order = tuple(derived[row] for row in range(len(sites)))
    return TumourPool(builder.codes(), haplotypes, in_order, tuple(others), unreadable)


def _differing(reference: Codes, rate: float, rng: np.random.Generator) -> Codes:
    if not rate:
        return reference
    at = rng.integers(0, reference.size, rng.poisson(rate * reference.size))
    copy = reference.copy()
    at = at[copy[at] < 4]
    copy[at] = (copy[at] + rng.integers(1, 4, at.size)) % 4
    return copy


def _derived(builder: _Builder, copy: Codes, host: Host, row: int, site: Site, flank: int) -> Template:
    first = host.pool.starts[site.contig]
    codes, left, size = derived_sequence(copy, (first, first + host.pool.lengths[site.contig]), site, flank)
    origin = Origin.HIV if site.vector == HIV else Origin.VECTOR
    start = builder.add(codes)
    return Template(site.vector, origin, start, codes.size, site=row, insert=(left, left + size))


def _contaminants(
    builder: _Builder,
    vectors: dict[str, TumourVector],
    transcripts: dict[str, Codes],
    scenario: TumourScenario,
) -> list[Template]:
    found = []
    names = [sample.sample for sample in scenario.samples]

    def wanted(nuisance: str) -> bool:
        return any(scenario.of(nuisance, name) for name in names)

    if wanted("plasmid"):
        vector = _named(vectors, scenario.plasmid_vector, "plasmid_vector")
        if vector.form != "plasmid":
            raise ConfigError(f"scenario, 'plasmid_vector': '{vector.name}' is a provirus; name a plasmid")
        found.append(_circular(builder, vector.name, Origin.PLASMID, vector.sequence, scenario, "plasmid"))
    if wanted("circles"):
        vector = next((v for v in vectors.values() if v.provirus.size), None) or _named({}, "", "circles")
        circle = np.concatenate([vector.provirus, CIRCLE_JOIN])
        found.append(_circular(builder, vector.name, Origin.CIRCLE, circle, scenario, "circles"))
    if wanted("amplicon"):
        found.append(_amplicon(builder, vectors, scenario))
    if wanted("cdna"):
        if not transcripts:
            raise ConfigError("scenario, 'cdna': name the genes (cdna_genes)")
        for gene, codes in transcripts.items():
            start = builder.add(codes)
            found.append(Template(gene, Origin.CDNA, start, codes.size, nuisance="cdna"))
    return found


def _named(vectors: dict[str, TumourVector], name: str, key: str) -> TumourVector:
    name = name or next(iter(vectors), "")
    if name not in vectors:
        raise ConfigError(f"scenario, '{key}': no vector '{name}' (known: {', '.join(vectors)})")
    return vectors[name]


def _circular(
    builder: _Builder, name: str, origin: Origin, codes: Codes, scenario: TumourScenario, nuisance: str
) -> Template:
    start = builder.add(np.resize(codes, codes.size + scenario.length_max))
    whole = (0, codes.size + scenario.length_max)
    return Template(name, origin, start, codes.size, circular=True, insert=whole, nuisance=nuisance)


def _amplicon(builder: _Builder, vectors: dict[str, TumourVector], scenario: TumourScenario) -> Template:
    vector = _named(vectors, scenario.amplicon_vector, "amplicon_vector")
    first, last = scenario.amplicon_start, scenario.amplicon_end
    if not (0 <= first < last <= vector.sequence.size and last - first <= scenario.length_max):
        raise ConfigError(
            f"scenario, 'amplicon_start': {first}-{last} is not a part of '{vector.name}' "
            f"(0-{vector.sequence.size}) of at most {scenario.length_max} bp (length_max)"
        )
    start = builder.add(vector.sequence[first:last])
    size = last - first
    return Template(
        vector.name, Origin.AMPLICON, start, size, insert=(0, size), shift=first, nuisance="amplicon"
    )
