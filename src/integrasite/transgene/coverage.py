"""Copies along the vector: the profile that is shown, and stretches that hold fewer or more copies than the rest."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.transgene.copies import Counted
from integrasite.transgene.copies_expected import Flags, Floats, Stretch
from integrasite.transgene.copies_interval import copies_interval


class Level(NamedTuple):
    """A stretch of the one-LTR contig with one number of copies.

    Attributes:
        start: first base.
        end: base behind the last.
        n_fragments: informative fragments with their middle in it.
        expected: such fragments for one copy per diploid genome.
        copies: per diploid genome.
    """

    start: int
    end: int
    n_fragments: int
    expected: float
    copies: float


def profile(counted: Counted, sample: str, calling: Calling) -> pd.DataFrame:
    """Copies in windows of `coverage_bin` bases, by the middles of fragments (columns of `TRANSGENE_COVERAGE`).

    Args:
        counted: the sample's fragments of one vector.
        sample: its name.
        calling: thresholds.
    """
    vector, size = counted.vector, counted.measure.size
    n_rows = max(size // calling.coverage_bin, 1)
    width = calling.coverage_bin
    row_of = np.minimum(np.arange(size) // width, n_rows - 1)
    seen = np.bincount(row_of[counted.middle], minlength=n_rows)
    ways = row_of[counted.ways.middle]
    expected: Floats = np.bincount(ways, counted.ways.expected, minlength=n_rows).astype(np.float64)
    starts = np.arange(n_rows) * width
    ends = np.append(starts[1:], size)
    bases = (ends - starts).tolist()
    variance = np.array([counted.variance(ways == row, bases[row]) for row in range(n_rows)])
    low, high = copies_interval(seen.astype(np.float64), expected, variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        copies = np.where(expected > 0, seen / expected, np.nan)
    elements = [",".join(vector.elements_between(int(s), int(e))) for s, e in zip(starts, ends, strict=True)]
    return pd.DataFrame(
        {
            "sample": sample, "vector": vector.name, "start": starts, "end": ends, "elements": elements,
            "n_fragments": seen, "expected": expected, "copies": copies, "low": low, "high": high,
        }
    )  # fmt: skip


def find_levels(counted: Counted, calling: Calling) -> list[Level]:
    """Cut the vector into the stretches of one number of copies each that explain its fragments best.

    Exact: of all ways to cut at multiples of `structure_bin`, the one with the highest likelihood (Poisson, over its
    dispersion) less `structure_gain` per cut. Fragments of rearranged parts are left out: their middle means nothing.

    References:
        Auger and Lawrence 1989, Bull Math Biol 51:39.
    """
    size, width = counted.measure.size, calling.structure_bin
    n_bins = -(-size // width)
    plain = ~counted.is_rearranged
    seen = np.bincount(counted.middle[plain] // width, minlength=n_bins).astype(np.float64)
    due = np.bincount(counted.ways.middle // width, counted.ways.expected, minlength=n_bins)
    expected: Floats = due.astype(np.float64)
    used = np.flatnonzero(expected > 0)
    if not used.size:
        return []
    excess = 1 + counted.host.spread * counted.host.window / width * float(np.mean(seen[used]))
    cuts = best_cuts(seen[used], expected[used], excess, calling.structure_gain)
    found = []
    for first, last in pairwise(cuts):
        start = 0 if first == 0 else int(used[first]) * width
        end = size if last == used.size else int(used[last]) * width
        n, one = float(seen[used][first:last].sum()), float(expected[used][first:last].sum())
        found.append(Level(start, end, int(n), one, n / one))
    return found


def best_cuts(seen: Floats, expected: Floats, excess: float, gain: float) -> list[int]:
    """Borders of the pieces, from 0 to the number of bins.

    Args:
        seen: fragments per bin.
        expected: per bin for one copy.
        excess: variance over Poisson's.
        gain: log-likelihood that each further piece must gain.
    """
    n = seen.size
    total, due = (np.concatenate([[0.0], np.cumsum(values)]) for values in (seen, expected))
    best = np.full(n + 1, -np.inf)
    best[0] = gain
    come = np.zeros(n + 1, np.int64)
    for end in range(1, n + 1):
        count = total[end] - total[:end]
        with np.errstate(divide="ignore", invalid="ignore"):
            likely = np.where(count > 0, count * np.log(count / (due[end] - due[:end])) - count, 0.0) / excess
        score = best[:end] + likely - gain
        come[end] = int(score.argmax())
        best[end] = score[come[end]]
    cuts = [n]
    while cuts[-1]:
        cuts.append(int(come[cuts[-1]]))
    return cuts[::-1]


def main_level(levels: Sequence[Level]) -> Level | None:
    """The level that holds for most of the vector, by expected fragments; none below a fragment."""
    found = [level for level in levels if level.n_fragments]
    return max(found, key=lambda level: (round(level.expected, 9), -level.start), default=None)


class Gap(NamedTuple):
    """A stretch of the one-LTR contig that no read shows.

    Attributes:
        start: first base.
        end: base behind the last.
        expected: fragments that would show some of it.
        p: chance that there is such a gap anywhere in the vector.
    """

    start: int
    end: int
    expected: float
    p: float


def find_gaps(counted: Counted, copies: float, calling: Calling) -> list[Gap]:
    """Stretches without a read that are too long for chance.

    Args:
        counted: the sample's fragments of one vector.
        copies: per diploid genome, of the vector as a whole.
        calling: thresholds.
    """
    n_possible = counted.start.size + 1  # a gap can begin behind any fragment
    found = []
    for start, end in _unseen(counted):
        if end - start < calling.deletion_bases:
            continue
        ways = counted.measure.shows(counted.ways.start, counted.ways.end, (start, end))
        expected = copies * counted.ways.total(ways)
        variance = max(counted.variance(ways, end - start), 1e-9)
        p = min(1.0, n_possible * float(np.exp(-np.log1p(expected * variance) / variance)))
        if p < calling.deletion_p:
            found.append(Gap(start, end, expected, p))
    return found


def _unseen(counted: Counted) -> list[Stretch]:
    """Runs of bases of the one-LTR contig that no read shows; rearranged fragments show what they do not say."""
    size, measure = counted.measure.size, counted.measure
    plain: Flags = ~counted.is_rearranged
    start, end = counted.start[plain], counted.end[plain]
    inner = np.minimum(start + measure.read_length, end)
    outer = np.maximum(end - measure.read_length, start)
    change = np.zeros(size + measure.ltr + 1, np.int64)
    for begins, stops in ((start, inner), (outer, end)):
        np.add.at(change, begins, 1)
        np.add.at(change, stops, -1)
    depth = np.cumsum(change)[:-1]
    depth[: measure.ltr] += depth[size:]
    is_empty: npt.NDArray[np.int8] = np.concatenate([[False], depth[:size] == 0, [False]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(is_empty))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
