"""How much of everything one sample's DNA holds: copies per cell, and how densely fragments cover the host."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from integrasite.simulate.clones import Host
from integrasite.simulate.sequences import Floats, Ints
from integrasite.simulate.tumour_places import Site
from integrasite.simulate.tumour_scenario import TumourSample, TumourScenario


@dataclass(frozen=True)
class Dose:
    """One sample's cells.

    Attributes:
        scenario: rates.
        sample: the sample.
    """

    scenario: TumourScenario
    sample: TumourSample

    @property
    def purity(self) -> float:
        """Tumour cells per cell."""
        return self.scenario.of("purity", self.sample.sample)

    @property
    def ploidy(self) -> float:
        """Copies of the genome per tumour cell."""
        return self.scenario.of("ploidy", self.sample.sample)

    def copies(self, per_tumour_cell: float) -> float:
        """Copies of a locus per cell of the sample; other cells have two."""
        return self.purity * per_tumour_cell + 2 * (1 - self.purity)

    @property
    def genomes(self) -> float:
        """Copies of the genome per cell of the sample."""
        return self.copies(self.ploidy)

    def is_carried(self, site: Site) -> bool:
        """Whether the site belongs to the sample's subject."""
        return site.clone.subject == self.sample.subject

    def vector_copies(self, site: Site) -> float:
        """Vectors at the site per cell of the sample."""
        if not self.is_carried(site):
            return 0.0
        fraction = site.fraction(self.sample.sample)
        in_tumour = self.purity * fraction * site.request.multiplicity
        in_normal = (1 - self.purity) * fraction
        return {"tumour": in_tumour, "normal": in_normal, "all": in_tumour + in_normal}[
            site.clone.compartment
        ]

    def local(self, site: Site) -> float:
        """Copies of the site's locus per tumour cell."""
        return site.request.local_copies or max(self.ploidy, site.request.multiplicity)

    def own_haplotype(self, site: Site) -> float:
        """Copies, per cell of the sample, of the haplotype that carries the site, with the vector or not."""
        return self.purity * max(self.local(site) / 2, site.request.multiplicity) + 1 - self.purity

    def allele_fraction(self, site: Site) -> float:
        """Share of the locus's copies that carry the vector."""
        return self.vector_copies(site) / self.copies(self.local(site))

    def lost(self, site: Site) -> float:
        """Of fragments of the carrying haplotype across the site: the share that the vector replaces."""
        return self.vector_copies(site) / self.own_haplotype(site)


@dataclass(frozen=True)
class Regions:
    """Host intervals with a meaning, in concatenated contigs: `start, end` (0-based half-open)."""

    windows: Ints
    targets: Ints


@dataclass(frozen=True)
class Track:
    """The host cut into intervals of one density each.

    Attributes:
        bounds: cuts, from 0 to the host's size.
        kept: share of the fragments that are written, per interval.
        factor: copies relative to the genome's mean, per interval.
        first_haplotype: share of haplotype A, per interval.
    """

    bounds: Ints
    kept: Floats
    factor: Floats
    first_haplotype: Floats

    @cached_property
    def sizes(self) -> Ints:
        """Bases per interval."""
        sizes: Ints = np.diff(self.bounds)
        return sizes


def host_track(host: Host, dose: Dose, sites: list[Site], regions: Regions) -> Track:
    """Cut the host at windows, targets and segments with copy numbers of their own."""
    scenario = dose.scenario
    odd = [site for site in sites if dose.is_carried(site) and _is_odd(dose, site)]
    segments = [_segment(host, site, scenario.segment) for site in odd]
    targets = np.clip(
        regions.targets + np.array([-scenario.capture_reach, scenario.capture_reach]), 0, host.size
    )
    cuts = [np.array([0, host.size]), regions.windows.ravel(), targets.ravel()]
    bounds = np.unique(np.concatenate([*cuts, np.array(segments, np.int64).ravel()])).astype(np.int64)
    n = bounds.size - 1
    kept = np.full(n, 1.0 if scenario.background == "all" else scenario.background_fraction)
    _fill(bounds, kept, regions.windows, 1.0)
    if scenario.assay == "capture":
        caught = np.full(n, scenario.background_rate)
        _fill(bounds, caught, targets, 1.0)
        kept = kept * caught
    factor, first = np.ones(n), np.full(n, 0.5)
    for site, segment in zip(odd, segments, strict=True):
        total, own = dose.copies(dose.local(site)), dose.own_haplotype(site)
        _fill(bounds, factor, np.array([segment]), total / dose.genomes)
        _fill(bounds, first, np.array([segment]), (total - own if site.haplotype else own) / total)
    return Track(bounds, kept, factor, first)


def _is_odd(dose: Dose, site: Site) -> bool:
    local = dose.local(site)
    return local != dose.ploidy or site.request.multiplicity > local / 2


def _segment(host: Host, site: Site, size: int) -> tuple[int, int]:
    start = host.pool.starts[site.contig]
    end = start + host.pool.lengths[site.contig]
    return max(site.offset - size // 2, start), min(site.offset + size // 2 + 1, end)


def _fill(bounds: Ints, values: Floats, intervals: Ints, value: float) -> None:
    """Give a value to all that lies in the intervals (whose ends are among the bounds)."""
    for first, last in np.searchsorted(bounds, intervals).tolist():
        values[first:last] = value


def choose_regions(
    host: Host,
    sites: list[Site],
    controls: pd.DataFrame | None,
    alike: pd.DataFrame,
    scenario: TumourScenario,
    rng: np.random.Generator,
) -> tuple[Regions, pd.DataFrame]:
    """Windows and targets, and the same as a table `contig, start, end, kind`.

    Args:
        host: the host.
        sites: of all subjects.
        controls: control loci `contig, start, end`; None: drawn.
        alike: host loci that the vector's probes catch as well, the same columns.
        scenario: sizes.
        rng: source of drawn loci.
    """
    sparse, capture = scenario.background == "sites", scenario.assay == "capture"
    loci = _offsets(host, controls) if controls is not None else _drawn_loci(host, scenario, rng)
    near = [_segment(host, site, 2 * scenario.window) for site in sites] if sparse else []
    parts = {
        "site": np.array(near, np.int64).reshape(-1, 2),
        "control": loci if sparse or capture else _NONE,
        "homologue": _offsets(host, alike) if sparse or capture else _NONE,
    }
    windows = np.concatenate(list(parts.values())) if sparse else _NONE
    targets = np.concatenate([parts["control"], parts["homologue"]]) if capture else _NONE
    tables = [_table(host, intervals, kind) for kind, intervals in parts.items()]
    return Regions(windows, targets), pd.concat(tables, ignore_index=True)


_NONE = np.zeros((0, 2), np.int64)


def _offsets(host: Host, table: pd.DataFrame) -> Ints:
    starts = table["contig"].map(host.pool.starts).to_numpy(np.int64)
    ends = starts + table["contig"].map(host.pool.lengths).to_numpy(np.int64)
    low = np.clip(starts + table["start"].to_numpy(np.int64), starts, ends)
    return np.stack([low, np.clip(starts + table["end"].to_numpy(np.int64), low, ends)], axis=1)


def _drawn_loci(host: Host, scenario: TumourScenario, rng: np.random.Generator) -> Ints:
    usable = np.flatnonzero(host.inner())
    middles = np.sort(rng.choice(usable, scenario.control_loci)) if usable.size else np.zeros(0, np.int64)
    starts = np.array([host.pool.starts[name] for name in host.contigs], np.int64)
    ends = starts + np.array([host.pool.lengths[name] for name in host.contigs], np.int64)
    which = np.searchsorted(starts, middles, side="right") - 1
    half = scenario.control_length // 2
    return np.stack(
        [np.maximum(middles - half, starts[which]), np.minimum(middles + half, ends[which])], axis=1
    )


def _table(host: Host, intervals: Ints, kind: str) -> pd.DataFrame:
    starts = np.array([host.pool.starts[name] for name in host.contigs], np.int64)
    which = np.searchsorted(starts, intervals[:, 0], side="right") - 1
    names = np.array(host.contigs, dtype=object)[which]
    local = intervals - starts[which][:, None]
    return pd.DataFrame({"contig": names, "start": local[:, 0], "end": local[:, 1], "kind": kind})
