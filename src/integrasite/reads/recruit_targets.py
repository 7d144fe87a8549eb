"""What the recruiting pass looks for, by name."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from integrasite.kernels.codes import Codes
from integrasite.kernels.recruit import LocusTable, SeedTable
from integrasite.kernels.recruit_tables import make_loci, make_seeds

CONTROL_SAMPLES = 5
"""Words of a read that are compared with control loci: at one error in a hundred bases three quarters of the words have none,
and one read in a thousand has no such word."""
WINDOW_SAMPLES = 12
"""Words of a read that are compared with windows: enough for reads of which a third lies in one."""


@dataclass(frozen=True)
class Locus:
    """A stretch of host whose reads are placed by its words: length in bp and share of G and C."""

    name: str
    length: int
    gc: float


@dataclass(frozen=True, eq=False)
class Targets:
    """Everything that reads are compared with.

    Attributes:
        names: of the targets; reads with bases of one are recruited.
        seeds: their words.
        loci: host stretches whose reads are placed.
        table: their words.
        keeps_loci: whether reads of the loci are recruited, too (windows around sites), not only counted (controls).
    """

    names: tuple[str, ...]
    seeds: SeedTable
    loci: tuple[Locus, ...]
    table: LocusTable
    keeps_loci: bool


def _locus(name: str, codes: Codes) -> Locus:
    n = int((codes < 4).sum())
    gc = float(((codes == 1) | (codes == 2)).sum() / n) if n else 0.0
    return Locus(name, len(codes), gc)


def make_targets(
    vectors: Mapping[str, Codes], controls: Mapping[str, Codes], min_span: int = 20, min_triplets: int = 8
) -> Targets:
    """Recruit reads of vectors and plasmid parts; place those of control loci.

    Args:
        vectors: name to codes; where several match a read equally well it counts for the first.
        controls: name to codes of single-copy host loci. Words that they share with each other or a vector count for none.
        min_span: bases of a vector that recruit a read, one of which may differ.
        min_triplets: distinct triplets that these must have.
    """
    codes, loci = list(vectors.values()), list(controls.values())
    return Targets(
        tuple(vectors),
        make_seeds(codes, min_span, min_triplets),
        tuple(_locus(name, locus) for name, locus in controls.items()),
        make_loci(loci, codes, samples=CONTROL_SAMPLES),
        keeps_loci=False,
    )


def make_window_targets(windows: Mapping[str, Codes]) -> Targets:
    """Recruit reads of host windows, told by words of 25 bases: all reads that lie in one, and copies of repeats in it.

    Args:
        windows: name to codes; a word that stands in several counts for the first.
    """
    return Targets(
        (),
        make_seeds([]),
        tuple(_locus(name, window) for name, window in windows.items()),
        make_loci(list(windows.values()), samples=WINDOW_SAMPLES, keep_repeated=True),
        keeps_loci=True,
    )


def close_circle(codes: Codes, is_circular: bool, overlap: int = 40) -> Codes:
    """A contig whose end goes on at its start, with its first bases behind its last."""
    return np.concatenate([codes, codes[:overlap]]) if is_circular else codes
