"""How deep the host was sequenced, from distinct fragments that lie in control loci as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from integrasite.reads.recruit_counts import Ints, RecruitCounts
from integrasite.reads.recruit_targets import Locus

Floats = npt.NDArray[np.float64]
Z = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True)
class HostDepth:
    """Depth of the host.

    Attributes:
        n_loci: control loci.
        n_fragments: distinct fragments in them.
        n_pairs: pairs that show these.
        fragments_per_base: distinct fragments per host base (that begin at one base, on the mean), with 95 % interval
            from how much the loci differ; NaN where it cannot be told.
        depth: host depth in bases of reads; bases that both mates show count twice.
        fragment_depth: fragments that span a host base.
        length_mean: mean fragment length, bp.
        length_sd: its standard deviation.
        lengths: distinct fragments by length, bp.
    """

    n_loci: int
    n_fragments: int
    n_pairs: int
    fragments_per_base: float
    fragments_per_base_low: float
    fragments_per_base_high: float
    depth: float
    fragment_depth: float
    length_mean: float
    length_sd: float
    lengths: dict[int, int]

    @property
    def duplicate_rate(self) -> float:
        """Share of pairs that are copies of a fragment seen before; NaN where there are no pairs."""
        return 1 - self.n_fragments / self.n_pairs if self.n_pairs else float("nan")


def _weights(fragments: Ints, lengths: Ints) -> Floats:
    """One over the places at which a fragment of this length fits into its locus: short loci hide long fragments.

    Never more than four times that of the shortest fragment, lest a single long one outweigh all others.
    """
    room = lengths[fragments[:, 0]]
    fits: Floats = 1.0 / np.maximum(room - (fragments[:, 2] - fragments[:, 1]) + 1, room / 4)
    return fits


def _exposure(loci: Sequence[Locus], counts: RecruitCounts) -> Floats:
    """Reads per locus that one fragment per base would give: places at which a read lies in it as a whole."""
    lengths = np.array([locus.length for locus in loci], np.float64)
    room: Floats = counts.mates * np.maximum(lengths - counts.mean_length + 1, 1)
    return room


def _interval(placed: Floats, exposure: Floats, n_copies: float, mates: int) -> float:
    """Factor of the 95 % interval: Poisson over fragments, widened by how much more than that the loci differ."""
    expected = placed.sum() * exposure / exposure.sum()
    spread = np.sum((placed - expected) ** 2 / expected) / (len(placed) - 1) if len(placed) > 1 else 0.0
    return float(np.exp(Z * np.sqrt(max(mates * n_copies, spread) / placed.sum())))


def measure_depth(fragments: Ints, loci: Sequence[Locus], counts: RecruitCounts) -> HostDepth:
    """Estimate host depth.

    Every fragment begins with a read on either strand, so reads that lie in the loci as a whole, over the places where they
    could, give pairs per base whatever the length of fragments; the share of distinct ones among the pairs that lie in a
    locus as a whole turns this into distinct fragments per base.

    Args:
        fragments: distinct fragments, as `LocusFragments.distinct` gives them.
        loci: the control loci.
        counts: of the pass.
    """
    n, n_pairs = len(fragments), int(fragments[:, 4].sum())
    placed = np.array([counts.placed[number] for number in range(len(loci))], np.float64)
    nan = float("nan")
    if not n or not placed.sum():
        return HostDepth(len(loci), n, n_pairs, 0.0 if loci and counts.n_pairs else nan, *(nan,) * 6, {})
    exposure = _exposure(loci, counts)
    density = float(placed.sum() / exposure.sum()) * n / n_pairs
    factor = _interval(placed, exposure, n_pairs / n, counts.mates)
    weights = _weights(fragments, np.array([locus.length for locus in loci], np.int64))
    spans = fragments[:, 2] - fragments[:, 1]
    mean = float(np.average(spans, weights=weights))
    sd = float(np.sqrt(np.average((spans - mean) ** 2, weights=weights)))
    shown = float(np.average(counts.mates * np.minimum(spans, counts.mean_length), weights=weights))
    seen, times = np.unique(spans, return_counts=True)
    by_length = dict(zip(seen.tolist(), times.tolist(), strict=True))
    return HostDepth(
        len(loci), n, n_pairs, density, density / factor, density * factor, density * shown, density * mean, mean, sd, by_length
    )  # fmt: skip


def depth_table(fragments: Ints, loci: Sequence[Locus], counts: RecruitCounts, sample: str) -> pd.DataFrame:
    """One row per control locus: pairs, distinct fragments, fragments per base (columns of `HOST_DEPTH`)."""
    n = len(loci)
    n_pairs = int(fragments[:, 4].sum())
    placed = np.array([counts.placed[number] for number in range(n)], np.float64)
    distinct = len(fragments) / n_pairs if n_pairs else 1.0
    columns = {
        "sample": [sample] * n,
        "locus": [locus.name for locus in loci],
        "length": [locus.length for locus in loci],
        "gc": [locus.gc for locus in loci],
        "n_pairs": np.bincount(fragments[:, 0], fragments[:, 4], minlength=n)[:n].astype(np.int64),
        "n_fragments": np.bincount(fragments[:, 0], minlength=n)[:n],
        "fragments_per_base": distinct * placed / _exposure(loci, counts) if counts.n_reads else np.zeros(n),
    }
    return pd.DataFrame(columns)
