"""Where the vector sits in each subject's cells, and how large each clone is at each time point."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from integrasite.errors import ConfigError
from integrasite.simulate.scenario import AmpliconScenario, Dominant
from integrasite.simulate.sequences import Bools, Floats, Ints, Pool
from integrasite.simulate.words import K, count_words, word_keys

MARGIN = 2000
"""Sites keep this far (bp) from the ends of a contig, so that fragments do not run off it."""
COPIED = 60
"""Length (bp) of the host sequence beside a site that is compared with the rest of the host."""
SPACING = 12
"""Sites that are not meant to be neighbours keep more than this (bp) from each other."""


@dataclass(frozen=True)
class Host:
    """The host genome as the simulator uses it.

    Attributes:
        pool: contigs, and behind them what else reads are cut from.
        contigs: names of the host's contigs, in order; they come first in the pool.
        genes: columns `contig, start, end, strand, name` (0-based half-open).
        repeats: columns `contig, start, end`; may be empty.
        places: columns `contig, position, strand` to choose background sites from; None: anywhere.
        carried: columns `contig, start, end`: host sequence that the vector carries; None: not known.
    """

    pool: Pool
    contigs: tuple[str, ...]
    genes: pd.DataFrame
    repeats: pd.DataFrame
    places: pd.DataFrame | None = None
    carried: pd.DataFrame | None = None

    @property
    def size(self) -> int:
        """Bases of the host in the pool."""
        last = self.contigs[-1]
        return self.pool.starts[last] + self.pool.lengths[last]

    def mask(self, intervals: pd.DataFrame) -> Bools:
        """Which bases of the host the intervals cover."""
        covered = np.zeros(self.size, np.bool_)
        for contig, start, end in zip(intervals["contig"], intervals["start"], intervals["end"], strict=True):
            offset = self.pool.starts[contig]
            covered[offset + start : offset + end] = True
        return covered

    def inner(self) -> Bools:
        """Which bases are far enough from contig ends to hold a site, and are not N."""
        usable = self.pool.codes[: self.size] < 4
        for contig in self.contigs:
            start, length = self.pool.starts[contig], self.pool.lengths[contig]
            edge = min(MARGIN, length // 4)
            usable[start : start + edge] = False
            usable[start + length - edge : start + length] = False
        return usable


@dataclass(frozen=True)
class Clones:
    """All sites of a run.

    Attributes:
        sites: per site `subject` (index), `contig`, `position0`, `forward`, `offset` (pool), `origin`.
        fractions: sites x time points, share of the cells of the site's subject.
    """

    sites: pd.DataFrame
    fractions: Floats


def simulate_clones(host: Host, scenario: AmpliconScenario, rng: np.random.Generator) -> Clones:
    """Choose sites and clone sizes of every subject."""
    chooser = _Chooser(host, scenario, rng)
    shared = chooser.shared(scenario.shared_sites)
    frames, fractions = [], []
    for index, subject in enumerate(scenario.subjects):
        dominant = [clone for clone in scenario.dominant if clone.subject == subject]
        rows = [chooser.dominant(clone) for clone in dominant] + shared
        rows += chooser.background(scenario.background_sites) + chooser.promoter(scenario.promoter_sites)
        rows += chooser.neighbours(rows[len(dominant) + len(shared) :], scenario.neighbour_pairs)
        frame = pd.DataFrame(rows, columns=["offset", "forward", "origin"])
        frames.append(frame.assign(subject=index))
        fractions.append(_fractions(dominant, len(rows), scenario, rng))
    sites = pd.concat(frames, ignore_index=True)
    return Clones(_with_places(host, sites), np.concatenate(fractions))


def _fractions(
    dominant: Sequence[Dominant], n: int, scenario: AmpliconScenario, rng: np.random.Generator
) -> Floats:
    """Chosen shares for dominant clones and shared sites, drifting log-normal ones for the rest; each column adds up to 1."""
    n_times, n_rest = len(scenario.timepoints), n - len(dominant) - scenario.shared_sites
    fixed = [
        *(clone.fractions for clone in dominant),
        *[[scenario.shared_fraction] * n_times] * scenario.shared_sites,
    ]
    chosen = np.array(fixed, np.float64).reshape(len(fixed), n_times)
    steps = rng.normal(0, scenario.drift_sigma, (n_rest, n_times))
    steps[:, :1] = rng.normal(0, scenario.background_sigma, (n_rest, 1))
    sizes = np.exp(np.cumsum(steps, axis=1))
    rest = sizes / sizes.sum(axis=0) * (1 - chosen.sum(axis=0)) if n_rest else sizes
    return np.concatenate([chosen, rest])


def _with_places(host: Host, sites: pd.DataFrame) -> pd.DataFrame:
    starts = np.array([host.pool.starts[name] for name in host.contigs], np.int64)
    which = np.searchsorted(starts, sites["offset"].to_numpy(), side="right") - 1
    names = np.array(host.contigs, dtype=object)[which]
    return sites.assign(contig=names, position0=sites["offset"].to_numpy() - starts[which])


Row = tuple[int, bool, str]


class _Chooser:
    """Draws places that keep apart from all those drawn before."""

    def __init__(self, host: Host, scenario: AmpliconScenario, rng: np.random.Generator) -> None:
        self.host, self.scenario, self.rng = host, scenario, rng
        self.free = host.inner()
        self.genic = host.mask(host.genes)
        self.repetitive = host.mask(host.repeats)
        self.copied: list[tuple[int, bool]] = []

    def take(self, offset: int) -> None:
        """Keep later draws away from here."""
        self.free[max(offset - SPACING, 0) : offset + SPACING + 1] = False

    def dominant(self, clone: Dominant) -> Row:
        """The place that a chosen clone names."""
        offset, forward = self._in_gene(clone.gene) if clone.gene else self._at(clone)
        self.take(offset)
        return offset, forward, "dominant"

    def _at(self, clone: Dominant) -> tuple[int, bool]:
        if not 0 < clone.position <= self.host.pool.lengths.get(clone.contig, 0):
            raise ConfigError(f"scenario, 'dominant': {clone.contig}:{clone.position} is not in the genome")
        return self.host.pool.starts[clone.contig] + clone.position - 1, clone.strand == "+"

    def _in_gene(self, name: str) -> tuple[int, bool]:
        found = self.host.genes[self.host.genes["name"] == name]
        if found.empty:
            raise ConfigError(f"scenario, 'dominant': the annotation has no gene '{name}'")
        gene = found.iloc[0]
        span = np.arange(int(gene["start"]), int(gene["end"])) + self.host.pool.starts[str(gene["contig"])]
        forward = bool(gene["strand"] == "+")
        ordered = span if forward else span[::-1]
        third = ordered[: max(ordered.size // 3, 1)]
        usable = third[self.free[third] & ~self.repetitive[third]]
        if not usable.size:
            raise ConfigError(f"scenario, 'dominant': no free place in the first third of '{name}'")
        return int(self.rng.choice(usable)), forward

    def shared(self, n: int) -> list[Row]:
        """Places for clones that all subjects have, each of its own; unique where the repeats are known."""
        return self._draw(~self.repetitive, n, "shared") if n else []

    def promoter(self, n: int) -> list[Row]:
        """Sites inside the host sequence that the vector carries."""
        if not n or self.host.carried is None:
            return []
        return self._draw(self.host.mask(self.host.carried), n, "promoter")

    def background(self, n: int) -> list[Row]:
        """Ordinary sites: in repeats, then from the given places or by gene bias."""
        listed = bool(self.repetitive.any())
        wanted = listed or self.scenario.repeat_fraction > 0
        n_repeat = int(self.rng.binomial(n, self.scenario.repeat_fraction)) if wanted else 0
        if self.host.places is not None:
            return self._repeats(n_repeat) + self._from_places(self.host.places, n - n_repeat)
        n_genic = (
            int(self.rng.binomial(n - n_repeat, self.scenario.in_gene_fraction)) if self.genic.any() else 0
        )
        rows = self._repeats(n_repeat) + self._draw(self.genic, n_genic, "background")
        return rows + self._draw(~self.genic, n - n_repeat - n_genic, "background")

    def _repeats(self, n: int) -> list[Row]:
        """Sites in listed repeats; where none are listed, beside sequence that the host has elsewhere too."""
        return self._draw(self.repetitive, n, "repeat") if self.repetitive.any() else self._copies(n)

    def _copies(self, n: int) -> list[Row]:
        rows: list[Row] = []
        for _ in range(20):
            while self.copied and len(rows) < n:
                offset, forward = self.copied.pop()
                if self.free[offset]:
                    self.take(offset)
                    rows.append((offset, forward, "repeat"))
            if len(rows) == n:
                return rows
            self._find_copied(max(40 * n * len(self.scenario.subjects), 2000))
        raise ConfigError(f"the genome has too few repeated places for {n} sites; lower 'repeat_fraction'")

    def _find_copied(self, n: int) -> None:
        """Draw places and keep those of whose first `COPIED` bases most words of K occur elsewhere in the host."""
        offsets = self.rng.integers(0, self.host.size, n)
        forward = self.rng.random(n) < 0.5
        usable = np.flatnonzero(self.free[offsets]).tolist()
        drawn = [(int(offsets[i]), bool(forward[i])) for i in usable]
        keys = [word_keys(self.host.pool.cut(at, along, COPIED))[0] for at, along in drawn]
        if not keys:
            return
        wanted, which = np.unique(np.stack(keys), return_inverse=True)
        often = count_words(self.host.pool, self.host.size, wanted) > 1
        shared = np.flatnonzero(often[which.reshape(-1, COPIED - K + 1)].mean(axis=1) > 0.5)
        self.copied += [drawn[i] for i in shared.tolist()]

    def _draw(self, among: Bools, n: int, origin: str) -> list[Row]:
        rows: list[Row] = []
        for _ in range(1000 * max(n, 1)):
            if len(rows) == n:
                return rows
            for offset in self.rng.integers(0, self.host.size, 64).tolist():
                if len(rows) < n and self.free[offset] and among[offset]:
                    self.take(offset)
                    rows.append((offset, bool(self.rng.random() < 0.5), origin))
        raise ConfigError(f"no room for {n} sites; ask for fewer or give a larger genome")

    def _from_places(self, places: pd.DataFrame, n: int) -> list[Row]:
        rows: list[Row] = []
        for index in self.rng.permutation(len(places)):
            place = places.iloc[int(index)]
            offset = self.host.pool.starts[str(place["contig"])] + int(place["position"]) - 1
            if len(rows) == n:
                break
            if self.free[offset]:
                self.take(offset)
                rows.append((offset, bool(place["strand"] == "+"), "background"))
        if len(rows) < n:
            raise ConfigError(
                f"the list of sites has only {len(rows)} usable places left, {n} are wanted; give more"
            )
        return rows

    def neighbours(self, rows: list[Row], n: int) -> list[Row]:
        """A second site a few bp beside some of the rows, in the same orientation."""
        low, high = self.scenario.neighbour_distance
        chosen: Ints = self.rng.permutation(len(rows))[:n]
        return [
            (
                rows[int(i)][0]
                + int(self.rng.integers(low, high + 1)) * (1 if self.rng.random() < 0.5 else -1),
                rows[int(i)][1],
                "neighbour",
            )
            for i in chosen
        ]
