"""From fragments to read pairs: duplicates, carried-over DNA, index hopping, file order."""

from dataclasses import dataclass

import numpy as np

from integrasite.simulate.sequences import Ints
from integrasite.simulate.tumour_fragments import FragmentBench, Fragments, draw_fragments
from integrasite.simulate.tumour_scenario import TumourSample, TumourScenario

ROUTES = ("own", "carry_over", "hop")
"""How a pair came to be in a sample's file; its code is the place in this list."""
OWN, CARRY_OVER, HOP = range(3)


@dataclass(frozen=True)
class Library:
    """Fragments that a sample's file shows, and the pairs that are copies of them, in file order.

    Attributes:
        fragments: distinct fragments.
        route: how each came here, code of `ROUTES`.
        source: index of the sample whose DNA each is.
        identity: number of each; copies in other samples' files (hopped ones) have the same.
        pair: fragment that each read pair is a copy of.
    """

    fragments: Fragments
    route: Ints
    source: Ints
    identity: Ints
    pair: Ints


class LibraryPlan:
    """Draws the libraries of a run, any of them again if need be: the same one each time."""

    def __init__(self, bench: FragmentBench, rng: np.random.Generator) -> None:
        self.bench = bench
        self.samples = bench.scenario.samples
        self.seeds = rng.integers(0, 2**62, (len(self.samples), 4))
        self._hopped = self._all_hopped()

    def rng(self, sample: int, purpose: int) -> np.random.Generator:
        """The generator of one sample for one purpose (0 fragments, 1 file order, 2 reads, 3 hopping)."""
        return np.random.Generator(np.random.PCG64(int(self.seeds[sample, purpose])))

    def library(self, index: int) -> Library:
        """What one sample's file holds."""
        own, hopped = self._without_hops(index), self._hopped[index]
        parts = [own, *hopped]
        sizes = np.cumsum([0, *(len(part.fragments) for part in parts)])
        pair = np.concatenate([part.pair + size for part, size in zip(parts, sizes, strict=False)])
        return Library(
            Fragments.concatenate([part.fragments for part in parts]),
            np.concatenate([part.route for part in parts]),
            np.concatenate([part.source for part in parts]),
            np.concatenate([part.identity for part in parts]),
            self.rng(index, 1).permutation(pair),
        )

    def _without_hops(self, index: int) -> Library:
        """The sample's own DNA and what was carried over into its tube."""
        sample, scenario, rng = self.samples[index], self.bench.scenario, self.rng(index, 0)
        coverage, share = scenario.of("coverage", sample.sample), scenario.of("carry_over", sample.sample)
        parts = [draw_fragments(self.bench, sample, coverage * (1 - share), rng)]
        sources = [index]
        if share:
            donor = next(i for i, s in enumerate(self.samples) if s.sample == scenario.carry_over_from)
            parts.append(draw_fragments(self.bench, self.samples[donor], coverage * share, rng))
            sources.append(donor)
        sizes = [len(part) for part in parts]
        fragments = Fragments.concatenate(parts)
        pair = np.repeat(np.arange(len(fragments)), _copies(len(fragments), sample, scenario, rng))
        identity = (index << 40) + np.arange(len(fragments))
        route = np.repeat(np.array([OWN, CARRY_OVER])[: len(parts)], sizes)
        return Library(fragments, route, np.repeat(np.array(sources), sizes), identity, pair)

    def _all_hopped(self) -> list[list[Library]]:
        """Per sample, what its run-mates' pairs bring in."""
        scenario = self.bench.scenario
        found: list[list[Library]] = [[] for _ in self.samples]
        for donor, mate in enumerate(self.samples):
            takers = [
                i
                for i, sample in enumerate(self.samples)
                if i != donor and sample.run == mate.run and scenario.of("hop", sample.sample)
            ]
            if not takers:
                continue
            library, rng = self._without_hops(donor), self.rng(donor, 3)
            for taker in takers:
                rate = scenario.of("hop", self.samples[taker].sample)
                found[taker].append(_hop(library, rate, rng))
        return found


def _copies(n: int, sample: TumourSample, scenario: TumourScenario, rng: np.random.Generator) -> Ints:
    """Read pairs per fragment, at least one."""
    rate = scenario.of("duplicate_rate", sample.sample)
    if not rate:
        return np.ones(n, np.int64)
    shape = scenario.duplicate_shape
    extra: Ints = rng.poisson(rng.gamma(shape, rate / (1 - rate) / shape, n))
    return 1 + extra


def _hop(library: Library, rate: float, rng: np.random.Generator) -> Library:
    """Some of a library's pairs, as they turn up in another sample."""
    pair = library.pair[rng.random(library.pair.size) < rate]
    rows, again = np.unique(pair, return_inverse=True)
    return Library(
        library.fragments.take(rows),
        np.full(rows.size, HOP, np.int64),
        library.source[rows],
        library.identity[rows],
        again.astype(np.int64),
    )
