"""How many copies of a vector a sample holds: per diploid genome, and per tumour cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
import numpy.typing as npt
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.transgene.copies_depth import HostFragments
from integrasite.transgene.copies_expected import Flags, Measure, Stretch, Ways, count_ways, make_measure
from integrasite.transgene.copies_interval import copies_interval
from integrasite.transgene.vector_map import MappedVector

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

COUNTED = ("vector", "junction", "rearranged")
"""Kinds of fragments that integrated copies give; those that close a circle are of none."""
_DIPLOID = 2.0


@dataclass(frozen=True)
class Copies:
    """Vector copies per diploid genome.

    Attributes:
        vcn: copies; NaN where they cannot be told.
        low: lower limit of the 95 % interval.
        high: upper limit.
        n_fragments: distinct informative fragments.
        expected: such fragments for one copy per diploid genome.
        reason: why copies are not told; empty if they are.
    """

    vcn: float
    low: float
    high: float
    n_fragments: int = 0
    expected: float = 0.0
    reason: str = ""

    @property
    def interval(self) -> tuple[float, float, float] | None:
        """Copies with their limits; None where they are not known."""
        return None if isnan(self.vcn) else (self.vcn, self.low, self.high)


@dataclass(frozen=True, eq=False)
class Counted:
    """A sample's informative fragments of one vector, and the ways in which one copy gives them.

    Attributes:
        vector: the vector.
        measure: what counts.
        host: the host's depth.
        ways: of one copy per diploid genome.
        start: first vector base of each fragment, on the one-LTR contig.
        end: base behind the last.
        is_rearranged: whether its vector bases do not follow each other in the provirus.
        is_junction: whether it shows the host as well.
    """

    vector: MappedVector
    measure: Measure
    host: HostFragments
    ways: Ways
    start: Ints
    end: Ints
    is_rearranged: Flags
    is_junction: Flags

    @property
    def middle(self) -> Ints:
        """Middle of each fragment's vector part."""
        return self.measure.middle(self.start, self.end)

    def variance(self, ways: Flags, bases: float) -> float:
        """Relative variance of the expected fragments of some ways that lie in `bases` of the vector."""
        weight = self.ways.expected[ways]
        total = float(weight.sum())
        if total <= 0:
            return 0.0
        host = self.host
        tilt = float((weight * self.ways.tilt[ways]).sum()) / total
        extra = float((weight * self.ways.extra[ways]).sum()) / total
        local = host.spread * host.window / max(bases, 1.0)
        return host.variance + host.slope_variance * tilt**2 + _EXTRA_SLOPE**2 * extra**2 + local


_SLACK = 5
"""bp by which ends of fragments and of the provirus may differ."""
_MOST_HIDDEN = 50.0
"""Most molecules per distinct fragment: beyond, all possible fragments are seen and nothing tells copies."""
_STEPS = 50
_EXTRA_SLOPE = 1.0
"""Change of log depth per unit of G + C that may lie beyond the range of the control loci."""


def count_fragments(
    fragments: pd.DataFrame,
    vector: MappedVector,
    others: Sequence[MappedVector],
    host: HostFragments,
    calling: Calling,
) -> Counted:
    """Choose the fragments that tell copies of one vector.

    Args:
        fragments: `TUMOUR_FRAGMENTS` of one sample.
        vector: the vector.
        others: further vectors of the sample.
        host: the host's depth (`measure_host`); its `reason` must be empty.
        calling: thresholds.
    """
    measure = make_measure(vector, others, host.read_length, calling.copy_bases)
    mine = fragments[(fragments["vector"] == vector.name) & fragments["kind"].isin(COUNTED)]
    start, end = (mine[name].to_numpy(np.int64) for name in ("vector_start", "vector_end"))
    start, end = np.maximum(start, 0), np.minimum(end, measure.size + measure.ltr)
    kept = start < end
    kept[kept] = measure.shown_own(start[kept], end[kept]) >= measure.least
    kinds = mine["kind"].to_numpy(object)[kept]
    return Counted(
        vector, measure, host, count_ways(measure, host), start[kept], end[kept], kinds == "rearranged",
        kinds == "junction",
    )  # fmt: skip


def measure_copies(counted: Counted, left_out: Sequence[Stretch] = ()) -> Copies:
    """Copies per diploid genome of what is not left out.

    Args:
        counted: a sample's fragments of one vector.
        left_out: stretches of the one-LTR contig that hold fewer or more copies than the rest; fragments, seen and expected,
            that reach into one do not count, nor those that join its edge to the host.
    """
    ways = np.ones(counted.ways.start.size, np.bool_)
    seen = np.ones(counted.start.size, np.bool_)
    for stretch in left_out:
        ways &= ~counted.measure.reaches(counted.ways.start, counted.ways.end, stretch)
        seen &= ~counted.measure.reaches(counted.start, counted.end, stretch)
        seen &= ~_ends_at(counted, stretch)
    expected, n = counted.ways.total(ways), int(seen.sum())
    if expected <= 0:
        return unknown("nothing of the vector tells it from the host and the other vectors")
    bases = np.unique(counted.ways.middle[ways]).size
    molecules = _molecules(n, counted, ways) * expected / n if n else 1.0
    low, high = copies_interval(
        np.array([n]), np.array([expected]), np.array([counted.variance(ways, bases)])
    )
    limits = (float(low[0]) * molecules, float(high[0]) * molecules)
    return Copies(n * molecules / expected, *limits, n, expected)


def _ends_at(counted: Counted, stretch: Stretch) -> Flags:
    """Fragments that join an edge of a stretch to the host: of whole copies they would reach into the stretch.

    Those that join a complete end of the provirus to the host are not meant.
    """
    reach, whole = int(counted.host.lengths.max()), counted.measure.size + counted.measure.ltr
    start, end = counted.start, counted.end
    at_end = (start <= _SLACK) | (abs(end - counted.measure.ltr) <= _SLACK) | (end >= whole - _SLACK)
    before = (stretch[0] - reach < end) & (end <= stretch[0])
    behind = (stretch[1] <= start) & (start < stretch[1] + reach)
    return counted.is_junction & ~at_end & (before | behind)


def _molecules(n: int, counted: Counted, ways: Flags) -> float:
    """Copies from distinct fragments, where those with equal ends were counted once.

    Fragments of all copies that begin at one base share its `n_keys`; those that hold an end of the provirus do not, since
    their host bases tell sites apart.
    """
    measure, n_keys = counted.measure, counted.host.n_keys
    start, end, expected = counted.ways.start[ways], counted.ways.end[ways], counted.ways.expected[ways]
    is_inner = (start > 0) & (end < measure.size + measure.ltr)
    ends = float(expected[~is_inner].sum())
    share: Floats = np.bincount(start[is_inner] % measure.size, expected[is_inner]) / n_keys
    low, high = n / float(expected.sum()), n / float(expected.sum()) * _MOST_HIDDEN
    for _ in range(_STEPS):
        middle = (low + high) / 2
        distinct = middle * ends - n_keys * float(np.expm1(-middle * share).sum())
        low, high = (middle, high) if distinct < n else (low, middle)
    return (low + high) / 2


def unknown(reason: str) -> Copies:
    """Copies that cannot be told."""
    nan = float("nan")
    return Copies(nan, nan, nan, reason=reason)


def tumour_copies(
    copies: Copies, purity: float | None, ploidy: float | None
) -> tuple[float, float, float] | None:
    """Copies per tumour cell with limits, if all of them are in tumour cells.

    With purity p and ploidy c a cell of the sample holds p c + 2 (1 - p) genome copies on the mean, and vcn / 2 of them carry a
    vector; p of the cells are tumour cells. The limits are those of the count: purity and ploidy stand without error.

    Args:
        copies: per diploid genome.
        purity: tumour cells per cell; None where it is not known.
        ploidy: genome copies per tumour cell; None: 2.

    Returns:
        None where copies or purity are not known, or purity is 0.
    """
    if not purity or copies.interval is None:
        return None
    genomes = purity * (_DIPLOID if ploidy is None else ploidy) + _DIPLOID * (1 - purity)
    factor = genomes / (_DIPLOID * purity)
    vcn, low, high = copies.interval
    return vcn * factor, low * factor, high * factor
