"""The distinct fragments of one sample: how many come from where, and what the vector does to those of the host."""

from dataclasses import dataclass, fields

import numpy as np

from integrasite.simulate.clones import Host
from integrasite.simulate.sequences import Bools, Floats, Ints
from integrasite.simulate.tumour_dose import Dose, Regions, host_track
from integrasite.simulate.tumour_places import Site
from integrasite.simulate.tumour_pool import Origin, Template, TumourPool
from integrasite.simulate.tumour_scenario import TumourSample, TumourScenario


@dataclass(frozen=True)
class Fragments:
    """Fragments of a sample before PCR; one array per property.

    Attributes:
        start: pool index of the leftmost base.
        length: bases.
        forward: whether read 1 begins at the left end.
        origin: `Origin`.
        site: row of the site that it shows or (host) spans; -1 for none.
        template: row of the pool's templates; -1 for the host.
        place: coordinate of the leftmost base in concatenated contigs (host) or in the template.
    """

    start: Ints
    length: Ints
    forward: Bools
    origin: Ints
    site: Ints
    template: Ints
    place: Ints

    def __len__(self) -> int:
        return int(self.start.size)

    def take(self, rows: Ints | Bools) -> "Fragments":
        """Some of them."""
        return Fragments(*(getattr(self, f.name)[rows] for f in fields(self)))

    @classmethod
    def concatenate(cls, parts: "list[Fragments]") -> "Fragments":
        """Several sets one after the other."""
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))


@dataclass(frozen=True)
class Lengths:
    """The law of fragment lengths, cut at `length_min` and `length_max`."""

    values: Ints
    chances: Floats

    @classmethod
    def of(cls, scenario: TumourScenario) -> "Lengths":
        """Normal or gamma, per bp."""
        values = np.arange(scenario.length_min, scenario.length_max + 1)
        mean, sd = scenario.length_mean, scenario.length_sd
        if scenario.length_model == "normal":
            logs = -0.5 * ((values - mean) / sd) ** 2
        else:
            shape, scale = (mean / sd) ** 2, sd**2 / mean
            logs = (shape - 1) * np.log(values) - values / scale
        weights = np.exp(logs - logs.max())
        return cls(values, weights / weights.sum())

    def draw(self, n: int, rng: np.random.Generator) -> Ints:
        """Lengths of n fragments."""
        at = np.searchsorted(np.cumsum(self.chances), rng.random(n), side="right")
        return self.values[np.minimum(at, self.values.size - 1)]

    @property
    def mean(self) -> float:
        """bp."""
        return float((self.values * self.chances).sum())

    def bases_read(self, scenario: TumourScenario) -> float:
        """Mean bases that the reads of a fragment show of it."""
        return float((np.minimum(self.values, scenario.read_length) * self.chances).sum()) * scenario.reads


@dataclass(frozen=True)
class FragmentBench:
    """What all samples are drawn from."""

    host: Host
    pool: TumourPool
    sites: list[Site]
    regions: Regions
    scenario: TumourScenario
    lengths: Lengths


def draw_fragments(
    bench: FragmentBench, sample: TumourSample, coverage: float, rng: np.random.Generator
) -> Fragments:
    """Fragments of one sample's DNA.

    Args:
        bench: what they are cut from.
        sample: whose DNA.
        coverage: bases read of distinct fragments per host base.
        rng: source of randomness.
    """
    dose = Dose(bench.scenario, sample)
    per_base = coverage / bench.lengths.bases_read(bench.scenario)
    per_copy = per_base / dose.genomes
    parts = [_host_fragments(bench, dose, per_base, rng)]
    carried = [row for row, site in enumerate(bench.sites) if dose.is_carried(site)]
    density = per_copy * np.array([dose.vector_copies(bench.sites[row]) for row in carried])
    parts.append(_site_fragments(bench, carried, density, rng))
    for number, template in enumerate(bench.pool.others, len(bench.sites)):
        copies = bench.scenario.of(template.nuisance, sample.sample)
        parts.append(_other_fragments(bench, number, template, per_copy * copies, rng))
    return Fragments.concatenate(parts)


def _made(
    start: Ints, length: Ints, origin: Ints, site: Ints, template: Ints, place: Ints, rng: np.random.Generator
) -> Fragments:
    return Fragments(start, length, rng.random(start.size) < 0.5, origin, site, template, place)


def _host_fragments(bench: FragmentBench, dose: Dose, per_base: float, rng: np.random.Generator) -> Fragments:
    """Fragments of chromosomes as far as the vector does not break them."""
    track = host_track(bench.host, dose, bench.sites, bench.regions)
    counts = rng.poisson(per_base * track.kept * track.factor * track.sizes)
    interval = np.repeat(np.arange(counts.size), counts)
    middle = track.bounds[interval] + (rng.random(interval.size) * track.sizes[interval]).astype(np.int64)
    length = bench.lengths.draw(interval.size, rng)
    place = middle - length // 2
    first = rng.random(interval.size) < track.first_haplotype[interval]
    kept = np.flatnonzero(_is_readable(bench, place, length))
    place, length, haplotype = place[kept], length[kept], np.where(first[kept], 0, 1)
    site, kept = _across_sites(bench, dose, place, length, haplotype, rng)
    place, length, haplotype, site = place[kept], length[kept], haplotype[kept], site[kept]
    start = np.array(bench.pool.haplotypes[dose.sample.subject], np.int64)[haplotype] + place
    none = np.full(place.size, -1, np.int64)
    return _made(start, length, np.full(place.size, int(Origin.HOST)), site, none, place, rng)


def _is_readable(bench: FragmentBench, place: Ints, length: Ints) -> Bools:
    """Whether each lies in one contig and holds no N."""
    starts = np.array([bench.host.pool.starts[name] for name in bench.host.contigs], np.int64)
    ends = np.append(starts[1:], bench.host.size)
    contig = np.clip(np.searchsorted(starts, place, side="right") - 1, 0, starts.size - 1)
    inside: Bools = (place >= starts[contig]) & (place + length <= ends[contig])
    bad = bench.pool.unreadable
    if bad.size:
        low, high = np.clip(place, 0, bench.host.size), np.clip(place + length, 0, bench.host.size)
        inside &= bad[high] == bad[low]
    return inside


def _across_sites(
    bench: FragmentBench, dose: Dose, place: Ints, length: Ints, haplotype: Ints, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Which site each fragment spans (-1: none), and the rows of those that exist beside the vector's copies.

    A fragment of the reference also exists on the chromosome with the vector if it ends before the second
    cut of the target or begins behind the first; every other one is there only on copies without the vector.
    """
    spans = np.full(place.size, -1, np.int64)
    gone = np.zeros(place.size, np.bool_)
    order = np.argsort(place, kind="stable")
    ordered = place[order]
    reach = bench.scenario.length_max
    for row, site in enumerate(bench.sites):
        if not dose.is_carried(site):
            continue
        first, second = site.target
        low, high = np.searchsorted(ordered, [second - reach, first])
        near = order[low:high]
        across = near[place[near] + length[near] > second]
        spans[across] = row
        own = across[haplotype[across] == site.haplotype]
        gone[own] = rng.random(own.size) < dose.lost(site)
    return spans, np.flatnonzero(~gone)


def _site_fragments(
    bench: FragmentBench, rows: list[int], density: Floats, rng: np.random.Generator
) -> Fragments:
    """Fragments that hold at least one base of an inserted provirus."""
    templates = [bench.pool.sites[row] for row in rows]
    left = np.array([t.insert[0] for t in templates], np.int64)
    right = np.array([t.insert[1] for t in templates], np.int64)
    size = np.array([t.size for t in templates], np.int64)
    begin = np.array([t.start for t in templates], np.int64)
    low = np.maximum(left - bench.scenario.length_max + 1, 0)
    which = np.repeat(np.arange(len(rows)), rng.poisson(density * (right - low)))
    place = low[which] + (rng.random(which.size) * (right - low)[which]).astype(np.int64)
    length = bench.lengths.draw(which.size, rng)
    end = place + length
    overlap = np.minimum(end, right[which]) - np.maximum(place, left[which])
    kept = (overlap > 0) & (end <= size[which]) & _caught(bench, overlap, rng)
    place, length, which, end = place[kept], length[kept], which[kept], end[kept]
    crosses_left = place < left[which]
    crosses_right = end > right[which]
    forward = np.array([bench.sites[row].forward for row in rows], np.bool_)[which]
    five = np.where(forward, crosses_left, crosses_right)
    three = np.where(forward, crosses_right, crosses_left)
    origin = np.array(_BY_JUNCTIONS, np.int64)[five.astype(np.int64) + 2 * three]
    hiv = np.array([t.origin is Origin.HIV for t in templates], np.bool_)[which]
    origin = np.where(hiv, int(Origin.HIV), origin).astype(np.int64)
    row = np.array(rows, np.int64)[which]
    return _made(begin[which] + place, length, origin, row, row, place, rng)


_BY_JUNCTIONS = [int(o) for o in (Origin.VECTOR, Origin.JUNCTION5, Origin.JUNCTION3, Origin.JUNCTION53)]


def _caught(bench: FragmentBench, overlap: Ints, rng: np.random.Generator) -> Bools:
    """Whether capture keeps each fragment with so many vector bases; without capture all stay."""
    if bench.scenario.assay != "capture":
        return np.ones(overlap.size, np.bool_)
    kept: Bools = (overlap >= bench.scenario.capture_overlap) | (
        rng.random(overlap.size) < bench.scenario.background_rate
    )
    return kept


def _other_fragments(
    bench: FragmentBench, row: int, template: Template, density: float, rng: np.random.Generator
) -> Fragments:
    """Fragments of contaminating DNA; the probes catch all of it."""
    if template.origin is Origin.AMPLICON:
        n = int(rng.poisson(density * bench.lengths.mean))
        place, length = np.zeros(n, np.int64), np.full(n, template.size, np.int64)
    else:
        before = 0 if template.circular else bench.scenario.length_max - 1
        place = rng.integers(-before, template.size, rng.poisson(density * (template.size + before)))
        length = bench.lengths.draw(place.size, rng)
        end = place + length if template.circular else np.minimum(place + length, template.size)
        place = np.maximum(place, 0)
        kept = end - place >= bench.scenario.length_min
        place, length = place[kept], (end - place)[kept]
    n = place.size
    rows, none = np.full(n, row, np.int64), np.full(n, -1, np.int64)
    return _made(template.start + place, length, np.full(n, int(template.origin)), none, rows, place, rng)
