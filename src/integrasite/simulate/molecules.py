"""The molecules of every library before PCR: where each begins, which way it runs, how long it is."""

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Self

import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Codes, encode, reverse_complement
from integrasite.simulate.clones import Clones, Host
from integrasite.simulate.libraries import NO_SUBJECT, Chemistry, SimulatedLibrary
from integrasite.simulate.scenario import ARTEFACTS, AmpliconScenario
from integrasite.simulate.sequences import Bools, Floats, Ints, Pool

VECTOR, CIRCLE = "@vector", "@circle"
"""Names in the pool of the provirus and of the two-LTR junction with the provirus on both sides."""
CIRCLE_JOIN = encode("GTAC")
"""What joins the two LTRs of a circle: two bases that integration would have removed from each end."""


class Kind(IntEnum):
    """What a molecule is."""

    HOST = 0
    INTERNAL_VECTOR = 1
    TWO_LTR_CIRCLE = 2
    AUTOINTEGRATION = 3
    TRUNCATED_LTR = 4
    NO_INSERT = 5
    MISPRIMING = 6


@dataclass(frozen=True)
class Leads:
    """What a junction read can begin with, one row each (padded), and how long each is."""

    codes: Codes
    lengths: Ints
    full: dict[str, int]
    primer_only: dict[str, int]
    truncated: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, chemistries: list[Chemistry], truncated_least: int = 3) -> Self:
        """All leads of the run's protocols: complete, primer alone, LTR ends that lack their last bases."""
        rows: list[Codes] = []
        full, primer_only, truncated = {}, {}, {}
        for chemistry in chemistries:
            base, n_primer, n_ltr = len(rows), len(chemistry.primer), len(chemistry.ltr_end)
            kept = range(max(min(3, n_ltr - truncated_least), 0), n_ltr - truncated_least + 1)
            rows += [
                chemistry.lead,
                chemistry.lead[:n_primer],
                *(chemistry.lead[: n_primer + k] for k in kept),
            ]
            full[chemistry.vector_end], primer_only[chemistry.vector_end] = base, base + 1
            truncated[chemistry.vector_end] = tuple(range(base + 2, len(rows)))
        codes = np.full((len(rows), max(row.size for row in rows)), 4, np.uint8)
        for index, row in enumerate(rows):
            codes[index, : row.size] = row
        return cls(codes, np.array([row.size for row in rows], np.int64), full, primer_only, truncated)


@dataclass(frozen=True)
class Molecules:
    """Molecules of all libraries, sorted by library; one array per property.

    Attributes:
        library: index of the library.
        kind: `Kind`.
        site: row of the site in `Clones.sites`, -1 where there is none.
        foreign: whether the molecule came from another subject's DNA.
        start: pool index of the first base after the lead.
        forward: whether the molecule runs along the pool.
        length: bases between lead and linker.
        lead: row of `Leads`.
        umi: bases of the UMI, molecules x UMI length.
        weight: expected share of reads, relative.
    """

    library: Ints
    kind: Ints
    site: Ints
    foreign: Bools
    start: Ints
    forward: Bools
    length: Ints
    lead: Ints
    umi: npt.NDArray[np.uint8]
    weight: Floats

    def __len__(self) -> int:
        return int(self.library.size)

    @classmethod
    def concatenate(cls, parts: list["Molecules"]) -> "Molecules":
        """Several sets one after the other."""
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))


def pool_with_vector(contigs: dict[str, Codes], vector: Codes) -> Pool:
    """Lay out the host, then the provirus and its two-LTR circle."""
    circle = np.concatenate([vector, CIRCLE_JOIN, vector])
    return Pool.of({**contigs, VECTOR: vector, CIRCLE: circle})


@dataclass(frozen=True)
class Bench:
    """What molecules are made from; `shared` marks vector bases that lie in or near host sequence."""

    host: Host
    clones: Clones
    leads: Leads
    scenario: AmpliconScenario
    ltr: int
    shared: Bools

    @property
    def vector_start(self) -> int:
        """Pool index of the provirus's first base."""
        return self.host.pool.starts[VECTOR]

    @property
    def vector_length(self) -> int:
        """Bases of the provirus."""
        return self.host.pool.lengths[VECTOR]


def simulate_molecules(
    bench: Bench, libraries: list[SimulatedLibrary], rng: np.random.Generator
) -> Molecules:
    """Draw every library's molecules: cells sampled from the clones, and what else the primer makes."""
    parts = []
    for index, library in enumerate(libraries):
        parts.append(_host_molecules(bench, index, library, rng))
        n_host = max(library.mean_fragments, 0.0)
        room = 1 - sum(getattr(bench.scenario, name) for name in ARTEFACTS)
        if library.role == "ntc":
            n_host, room = bench.scenario.ntc_artefacts, 1.0
        for kind in list(Kind)[1:]:
            rate = getattr(bench.scenario, kind.name.lower())
            parts.append(_artefacts(bench, index, library, kind, int(rng.poisson(n_host * rate / room)), rng))
    return Molecules.concatenate(parts)


def _host_molecules(
    bench: Bench, index: int, library: SimulatedLibrary, rng: np.random.Generator
) -> Molecules:
    """Molecules that cross from the vector end into the host."""
    control = library.role == "ntc"
    n = int(rng.poisson(bench.scenario.ntc_molecules if control else library.mean_fragments))
    foreign = np.ones(n, np.bool_) if control else rng.random(n) < bench.scenario.contamination
    site = np.where(foreign, _foreign_sites(bench, library, n, rng), _own_sites(bench, library, n, rng))
    foreign &= site >= 0
    sites = bench.clones.sites
    position = sites["offset"].to_numpy()[site]
    along = sites["forward"].to_numpy()[site].astype(np.bool_)
    start, forward = junction_start(position, along, library.vector_end, bench.scenario.tsd)
    length = _lengths(bench, start, forward, rng)
    return _assemble(
        bench,
        index,
        Kind.HOST,
        site,
        foreign,
        start,
        forward,
        length,
        bench.leads.full[library.vector_end],
        rng,
    )


def _own_sites(bench: Bench, library: SimulatedLibrary, n: int, rng: np.random.Generator) -> Ints:
    """Sites of n cells of the library's own subject; any site in controls (where every draw is foreign)."""
    if library.subject_index == NO_SUBJECT:
        return np.zeros(n, np.int64)
    mine = np.flatnonzero(bench.clones.sites["subject"].to_numpy() == library.subject_index)
    shares = bench.clones.fractions[mine, library.time_index]
    if bench.scenario.replicate_cv:  # nothing is drawn otherwise: older seeds keep their bytes
        sigma = np.sqrt(np.log1p(bench.scenario.replicate_cv**2))
        shares = shares * rng.lognormal(-(sigma**2) / 2, sigma, shares.size)
    return rng.choice(mine, size=n, p=shares / shares.sum())


def _foreign_sites(bench: Bench, library: SimulatedLibrary, n: int, rng: np.random.Generator) -> Ints:
    """Sites of n cells of other subjects, at random time points; own ones where there is no other subject."""
    others = np.flatnonzero(bench.clones.sites["subject"].to_numpy() != library.subject_index)
    if not others.size:
        return _own_sites(bench, library, n, rng)
    shares = bench.clones.fractions[others].mean(axis=1)
    return rng.choice(others, size=n, p=shares / shares.sum())


def junction_start(position: Ints, along: Bools, vector_end: str, tsd: int) -> tuple[Ints, Bools]:
    """First host base and direction of junction reads (the inverse of `model.sites.junction_to_site`).

    Args:
        position: 0-based host base joined to U5.
        along: whether the vector lies on the forward strand.
        vector_end: `U5` or `U3`.
        tsd: length of the target-site duplication, bp.
    """
    if vector_end == "U5":
        return position, along
    return position + np.where(along, tsd - 1, 1 - tsd), ~along


def junction_site(start: Ints, forward: Bools, is_u5: Bools, tsd: int) -> tuple[Ints, Bools]:
    """Site and orientation of junction reads that begin at `start`; the inverse of `junction_start`."""
    along = forward == is_u5
    return start - np.where(is_u5, 0, np.where(along, tsd - 1, 1 - tsd)), along


def _lengths(bench: Bench, start: Ints, forward: Bools, rng: np.random.Generator) -> Ints:
    """Fragment lengths by shearing or by the next restriction site; 0 and up."""
    scenario = bench.scenario
    if scenario.fragmentation == "restriction":
        return _restriction_lengths(bench, start, forward)
    mean, sd, n = scenario.length_mean, max(scenario.length_sd, 1e-6), start.size
    if scenario.length_model == "gamma":
        drawn = rng.gamma((mean / sd) ** 2, sd**2 / mean, n)
    else:
        variance = float(np.log1p((sd / mean) ** 2))
        drawn = rng.lognormal(np.log(mean) - variance / 2, np.sqrt(variance), n)
    short = rng.random(n) < scenario.short_fraction
    drawn = np.where(short, rng.uniform(0, 60, n), drawn)
    return np.clip(np.rint(drawn), 0, scenario.length_max).astype(np.int64)


def _restriction_lengths(bench: Bench, start: Ints, forward: Bools) -> Ints:
    """Distance from the junction to the end of the next restriction site; `length_max` if there is none."""
    motif = encode(bench.scenario.restriction_site).tobytes()
    longest = bench.scenario.length_max
    known: dict[tuple[int, bool], int] = {}
    for key in set(zip(start.tolist(), forward.tolist(), strict=True)):
        at = bench.host.pool.cut(key[0], key[1], longest).tobytes().find(motif)
        known[key] = longest if at < 0 else at + len(motif)
    return np.array([known[key] for key in zip(start.tolist(), forward.tolist(), strict=True)], np.int64)


def _artefacts(
    bench: Bench, index: int, library: SimulatedLibrary, kind: Kind, n: int, rng: np.random.Generator
) -> Molecules:
    """Molecules that are not host junctions."""
    end = library.vector_end
    lead: Ints | int = bench.leads.full[end]
    if kind in (Kind.TRUNCATED_LTR, Kind.MISPRIMING):
        choices = (
            bench.leads.truncated[end] if kind is Kind.TRUNCATED_LTR else (bench.leads.primer_only[end],)
        )
        lead = rng.choice(np.array(choices, np.int64), n)
        start = rng.choice(np.flatnonzero(bench.host.inner()), n) if n else np.zeros(0, np.int64)
        forward = rng.random(n) < 0.5
    else:
        start, forward = _vector_places(bench, end, kind, n, rng)
    length = np.zeros(n, np.int64) if kind is Kind.NO_INSERT else _lengths(bench, start, forward, rng)
    if kind in (Kind.INTERNAL_VECTOR, Kind.AUTOINTEGRATION):
        ahead = np.where(
            forward, bench.vector_start + bench.vector_length - start, start - bench.vector_start + 1
        )
        length = np.minimum(length, ahead)
    length = length if kind is Kind.NO_INSERT else np.maximum(length, 25)
    none, false = np.full(n, -1, np.int64), np.zeros(n, np.bool_)
    return _assemble(bench, index, kind, none, false, start, forward, length, lead, rng)


def _vector_places(
    bench: Bench, end: str, kind: Kind, n: int, rng: np.random.Generator
) -> tuple[Ints, Bools]:
    """Where reads go on that stay in the vector."""
    first, size, ltr = bench.vector_start, bench.vector_length, bench.ltr
    if kind is Kind.AUTOINTEGRATION:
        places = np.arange(ltr, size - ltr)
        # Where the vector carries host sequence a read has no true answer.
        places = places[~bench.shared[places]]
        return first + rng.choice(places, n), rng.random(n) < 0.5
    forward = end == "U5"
    if kind is Kind.TWO_LTR_CIRCLE:
        join = bench.host.pool.starts[CIRCLE] + size
        at = join if forward else join + CIRCLE_JOIN.size - 1
    else:
        at = first + (ltr if forward else size - ltr - 1)
    return np.full(n, at, np.int64), np.full(n, forward)


def _assemble(
    bench: Bench,
    index: int,
    kind: Kind,
    site: Ints,
    foreign: Bools,
    start: Ints,
    forward: Bools,
    length: Ints,
    lead: Ints | int,
    rng: np.random.Generator,
) -> Molecules:
    """Add UMI and amplification to one kind's molecules."""
    scenario, n = bench.scenario, int(site.size)
    umi = rng.integers(0, 4, (n, scenario.umi_length)).astype(np.uint8)
    bias = np.exp(rng.normal(0, scenario.amplification_sigma, n) - scenario.length_bias * length / 100)
    weight = rng.gamma(scenario.amplification_shape, 1 / scenario.amplification_shape, n) * bias
    leads = np.full(n, lead, np.int64) if isinstance(lead, int) else lead
    library, kinds = np.full(n, index, np.int64), np.full(n, int(kind), np.int64)
    return Molecules(
        library, kinds, site.astype(np.int64), foreign, start, forward, length, leads, umi, weight
    )


def junction_runs(pool: Pool, molecules: Molecules, leads: Leads, longest: int = 12) -> Ints:
    """Length of the homopolymer that begins each insert, with the lead's last base where that is the same."""
    steps = np.where(molecules.forward, 1, -1)[:, None] * np.arange(longest)
    codes = pool.codes[np.clip(molecules.start[:, None] + steps, 0, pool.codes.size - 1)]
    same = np.cumprod(codes == codes[:, :1], axis=1).sum(axis=1)
    first = np.where(molecules.forward, codes[:, 0], 3 - codes[:, 0].astype(np.int64))
    last = leads.codes[molecules.lead, leads.lengths[molecules.lead] - 1]
    runs: Ints = (np.minimum(same, np.maximum(molecules.length, 1)) + (first == last)).astype(np.int64)
    return runs


def rc_leads(leads: Leads) -> Codes:
    """The leads from their other strand, left-aligned and padded like `Leads.codes`."""
    out = np.full_like(leads.codes, 4)
    for row, length in enumerate(leads.lengths.tolist()):
        out[row, :length] = reverse_complement(leads.codes[row, :length])
    return out
