"""Where the vector sits in each clone's cells, and the derived chromosome around each site."""

from dataclasses import dataclass

import numpy as np

from integrasite.errors import ConfigError
from integrasite.kernels.codes import Codes, reverse_complement
from integrasite.model.sites import duplicated_interval, site_label, strand_word
from integrasite.simulate.clones import Host
from integrasite.simulate.sequences import Bools
from integrasite.simulate.tumour_scenario import TumourClone, TumourScenario, TumourSite, per_sample
from integrasite.simulate.tumour_vector import TumourVector, damaged_provirus

HIV = "wild-type-HIV"
"""Name of the wild-type virus in the truth, as vector and as clone."""


@dataclass(frozen=True)
class Site:
    """One integration site of one subject's cells.

    Attributes:
        clone: the clone whose cells carry it.
        request: what was asked for.
        vector: name of what sits there.
        contig: where.
        position0: 0-based host base joined to the U5 end.
        offset: the same in the host's concatenated contigs.
        forward: whether the vector lies on the + strand.
        haplotype: 0 or 1.
        tsd: bases duplicated at the target (below 0: lost).
        insert: what was inserted, on the host's + strand.
        whole: whether the provirus has nothing wrong.
    """

    clone: TumourClone
    request: TumourSite
    vector: str
    contig: str
    position0: int
    offset: int
    forward: bool
    haplotype: int
    tsd: int
    insert: Codes
    whole: bool

    @property
    def label(self) -> str:
        """The site's id."""
        return site_label(self.contig, self.position0, self.forward)

    @property
    def strand(self) -> str:
        """`+` or `-`."""
        return strand_word(self.forward)

    @property
    def target(self) -> tuple[int, int]:
        """First and last cut of the target in concatenated contigs: host [.., second) + insert + host [first, ..)."""
        return duplicated_interval(self.offset, self.forward, self.tsd)

    def fraction(self, sample: str) -> float:
        """Share of its compartment's cells that carry the site."""
        return per_sample(self.clone.fraction, sample)


def simulate_sites(
    host: Host,
    vectors: dict[str, TumourVector],
    hiv: Codes | None,
    scenario: TumourScenario,
    rng: np.random.Generator,
) -> list[Site]:
    """Choose all sites of all clones, chosen places first, so that drawn ones keep away from them.

    Raises:
        ConfigError: if a place, gene or vector is not there, or places lie too near each other.
    """
    clones = [*scenario.clones, *_hiv_clones(scenario, hiv)]
    places = _Places(host, scenario, rng)
    requests = [
        (order, clone, request)
        for order, (clone, request) in enumerate((c, r) for c in clones for r in c.wanted)
    ]
    requests.sort(key=lambda item: not (item[2].contig or item[2].gene))
    found = []
    for order, clone, request in requests:
        offset, forward = places.choose(request, f"scenario, clone '{clone.name}'")
        found.append((order, _site(host, clone, request, offset, forward, vectors, hiv, rng)))
    return [site for _, site in sorted(found, key=lambda item: item[0])]


def _hiv_clones(scenario: TumourScenario, hiv: Codes | None) -> list[TumourClone]:
    """Cells with wild-type virus: many sites, each in few of all cells."""
    clones = []
    for subject in dict.fromkeys(sample.subject for sample in scenario.samples):
        names = [s.sample for s in scenario.samples if s.subject == subject and scenario.of("hiv", s.sample)]
        if not names:
            continue
        if hiv is None:
            raise ConfigError("scenario, 'hiv': give the virus with --hiv")
        fraction: dict[str, float] = {name: scenario.of("hiv", name) / scenario.hiv_sites for name in names}
        if max(fraction.values()) > 1:
            raise ConfigError("scenario, 'hiv': more copies per cell than hiv_sites")
        clones.append(TumourClone(HIV, subject, HIV, "all", fraction, n_sites=scenario.hiv_sites))
    return clones


def _site(
    host: Host,
    clone: TumourClone,
    request: TumourSite,
    offset: int,
    forward: bool,
    vectors: dict[str, TumourVector],
    hiv: Codes | None,
    rng: np.random.Generator,
) -> Site:
    where = f"scenario, clone '{clone.name}'"
    if clone.vector == HIV and hiv is not None:
        name, provirus, tsd = HIV, hiv, 5
    else:
        name = clone.vector or next(iter(vectors), "")
        if name not in vectors:
            raise ConfigError(f"{where}: no vector '{name}' (known: {', '.join(vectors)})")
        provirus, tsd = vectors[name].provirus, vectors[name].tsd
    if not provirus.size:
        raise ConfigError(f"{where}: '{name}' has no LTRs, so it cannot integrate")
    insert = damaged_provirus(provirus, request, where)
    contig, position0 = _contig_of(host, offset)
    return Site(
        clone=clone,
        request=request,
        vector=name,
        contig=contig,
        position0=position0,
        offset=offset,
        forward=forward,
        haplotype="AB".index(request.haplotype) if request.haplotype else int(rng.integers(2)),
        tsd=tsd if request.tsd is None else request.tsd,
        insert=insert if forward else reverse_complement(insert),
        whole=not (request.keep or request.delete or request.invert),
    )


def _contig_of(host: Host, offset: int) -> tuple[str, int]:
    starts = np.array([host.pool.starts[name] for name in host.contigs], np.int64)
    index = int(np.searchsorted(starts, offset, side="right")) - 1
    return host.contigs[index], offset - int(starts[index])


class _Places:
    """Draws places so far apart that no fragment spans two."""

    def __init__(self, host: Host, scenario: TumourScenario, rng: np.random.Generator) -> None:
        self.host, self.scenario, self.rng = host, scenario, rng
        self.spacing = scenario.length_max + 20
        self.free = host.inner()
        self.genic, self.repetitive = host.mask(host.genes), host.mask(host.repeats)
        self.intergenic = ~self.genic
        self.listed = None if host.places is None else list(rng.permutation(len(host.places)))

    def choose(self, request: TumourSite, where: str) -> tuple[int, bool]:
        """Offset and orientation for one request."""
        forward = request.strand == "+" if request.strand else bool(self.rng.random() < 0.5)
        if request.contig:
            offset = self._given(request, where)
        elif request.gene:
            offset = self._in_gene(request.gene, where)
        elif request.repeat:
            offset = self._among(self.repetitive, f"{where}: no free place in a listed repeat (--repeats)")
        elif self.listed is not None:
            offset, listed_forward = self._from_list(where)
            forward = forward if request.strand else listed_forward
        else:
            offset = self._anywhere(where)
        self.free[max(offset - self.spacing, 0) : offset + self.spacing + 1] = False
        return offset, forward

    def _given(self, request: TumourSite, where: str) -> int:
        if request.position > self.host.pool.lengths.get(request.contig, 0):
            raise ConfigError(f"{where}: {request.contig}:{request.position} is not in the genome")
        offset = self.host.pool.starts[request.contig] + request.position - 1
        if not self.free[offset]:
            raise ConfigError(
                f"{where}: {request.contig}:{request.position} is too near another site or the contig's end, or N "
                f"(sites keep {self.spacing} bp apart)"
            )
        return offset

    def _in_gene(self, name: str, where: str) -> int:
        found = self.host.genes[self.host.genes["name"] == name]
        if found.empty:
            raise ConfigError(f"{where}: the annotation has no gene '{name}'")
        gene = found.iloc[0]
        span = np.arange(int(gene["start"]), int(gene["end"])) + self.host.pool.starts[str(gene["contig"])]
        usable = span[self.free[span]]
        if not usable.size:
            raise ConfigError(f"{where}: no free place in '{name}'")
        return int(self.rng.choice(usable))

    def _anywhere(self, where: str) -> int:
        draw = self.rng.random(2)
        if draw[0] < self.scenario.repeat_fraction:
            return self._among(self.repetitive, f"{where}: no free place in a listed repeat (--repeats)")
        genic = draw[1] < self.scenario.in_gene_fraction
        try:
            return self._among(self.genic if genic else self.intergenic, "")
        except ConfigError:
            return self._among(self.free, f"{where}: no room for its sites")

    def _among(self, mask: Bools, message: str) -> int:
        for _ in range(200):
            drawn = self.rng.integers(0, self.host.size, 256)
            usable = drawn[self.free[drawn] & mask[drawn]]
            if usable.size:
                return int(usable[0])
        usable = np.flatnonzero(self.free & mask)
        if not usable.size:
            raise ConfigError(message)
        return int(self.rng.choice(usable))

    def _from_list(self, where: str) -> tuple[int, bool]:
        assert self.listed is not None and self.host.places is not None
        while self.listed:
            place = self.host.places.iloc[int(self.listed.pop())]
            offset = self.host.pool.starts[str(place["contig"])] + int(place["position"]) - 1
            if 0 <= offset < self.host.size and self.free[offset]:
                return offset, bool(place["strand"] == "+")
        raise ConfigError(f"{where}: the list of sites has too few usable places; give more")


def derived_sequence(copy: Codes, bounds: tuple[int, int], site: Site, flank: int) -> tuple[Codes, int, int]:
    """The chromosome with the insert, and the host around it.

    Args:
        copy: the host as one of the subject's haplotypes has it, contigs concatenated.
        bounds: where the site's contig begins and ends in it.
        site: the site.
        flank: host bases wanted on either side (fewer at a contig's end).

    Returns:
        Sequence, host bases before the insert, bases of the insert.
    """
    first, second = site.target
    left = copy[max(second - flank, bounds[0]) : second]
    right = copy[first : min(first + flank, bounds[1])]
    return np.concatenate([left, site.insert, right]), left.size, site.insert.size
