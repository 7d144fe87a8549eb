"""What the recruiting pass counts on its way: pairs, bases, read lengths, recruited fragments, fragments of host loci."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from integrasite.kernels.recruit import Hits

Ints = npt.NDArray[np.int64]
FLUSH = 1_000_000
"""Fragments of loci held before equal ones are counted together."""


@dataclass
class LocusFragments:
    """Fragments that lie in a locus as a whole: locus, start, end, strand (single reads only), and how many pairs each."""

    held: list[Ints] = field(default_factory=list)
    n_held: int = 0

    def add(self, rows: Ints, n_pairs: Ints | None = None) -> None:
        """Add fragments (n x 4)."""
        if not len(rows):
            return
        counts = np.ones(len(rows), np.int64) if n_pairs is None else n_pairs
        self.held.append(np.column_stack([rows, counts]))
        self.n_held += len(rows)
        if self.n_held > FLUSH:
            self.distinct()

    def distinct(self) -> Ints:
        """Distinct fragments in order, with the pairs of each (n x 5)."""
        rows = np.concatenate([np.empty((0, 5), np.int64), *self.held])
        fragments, which = np.unique(rows[:, :4], axis=0, return_inverse=True)
        n = np.bincount(which.reshape(-1), rows[:, 4], minlength=len(fragments)).astype(np.int64)
        self.held = [np.column_stack([fragments, n])]
        self.n_held = 0
        return self.held[0]


@dataclass
class RecruitCounts:
    """Counts of one sample.

    Attributes:
        lengths: reads by length.
        n_pairs: pairs (single reads where there are no pairs).
        n_recruited: pairs kept.
        n_lost_mates: recruited pairs one of whose reads is not in the file.
        n_parts: recruited reads of which the file holds only a part, in a supplementary record.
        n_unmapped: unmapped reads of a BAM; -1 where the input is not aligned.
        is_paired: whether reads come in pairs.
        by_target: recruited pairs by number of the target (or locus) they match best.
        fragments: of loci.
        placed: reads that lie in a locus as a whole, by its number.
    """

    lengths: Counter[int] = field(default_factory=Counter)
    n_pairs: int = 0
    n_recruited: int = 0
    n_lost_mates: int = 0
    n_parts: int = 0
    n_unmapped: int = -1
    is_paired: bool = True
    by_target: Counter[int] = field(default_factory=Counter)
    fragments: LocusFragments = field(default_factory=LocusFragments)
    placed: Counter[int] = field(default_factory=Counter)

    @property
    def mates(self) -> int:
        """Reads per fragment."""
        return 2 if self.is_paired else 1

    @property
    def n_reads(self) -> int:
        """Reads seen."""
        return sum(self.lengths.values())

    @property
    def mean_length(self) -> float:
        """Mean read length, bp; NaN without reads."""
        bases = sum(length * n for length, n in self.lengths.items())
        return bases / self.n_reads if self.n_reads else float("nan")

    @property
    def median_length(self) -> int:
        """Median read length (the lower one of two), bp; 0 without reads."""
        seen = 0
        for length, n in sorted(self.lengths.items()):
            seen += n
            if 2 * seen >= self.n_reads:
                return length
        return 0

    def add_placed(self, rows: Ints) -> None:
        """Count reads that lie in a locus as a whole (rows of `single_fragments`)."""
        loci, n = np.unique(rows[:, 0], return_counts=True)
        self.placed.update(dict(zip(loci.tolist(), n.tolist(), strict=True)))

    def add_lengths(self, lengths: Ints) -> None:
        """Count the reads of a batch by length."""
        n = np.bincount(lengths)
        seen = np.flatnonzero(n)
        self.lengths.update(dict(zip(seen.tolist(), n[seen].tolist(), strict=True)))


def best_target(hits: list[Hits]) -> Ints:
    """Per fragment the target of the longer match, of the first read where both are equal; -1 none."""
    target = hits[0].target.astype(np.int64)
    if len(hits) > 1:
        target = np.where(hits[1].span > hits[0].span, hits[1].target, target)
    return target


def best_locus(hits: list[Hits]) -> Ints:
    """Per fragment the locus of the first of its reads that lies in one; -1 none."""
    locus = hits[0].locus.astype(np.int64)
    return np.where(locus < 0, hits[1].locus, locus) if len(hits) > 1 else locus


def join_mates(first: Hits, second: Hits, lengths: Ints, longest: int) -> Ints:
    """Fragments both of whose reads lie in one locus, facing each other, as rows of `LocusFragments`.

    Args:
        first: hits of reads 1.
        second: hits of their mates.
        lengths: bp of each locus.
        longest: fragments longer than this are left out, bp.
    """
    is_pair = (first.locus >= 0) & (first.locus == second.locus) & (first.is_forward != second.is_forward)
    start = np.where(first.is_forward, first.position, second.position).astype(np.int64)
    end = np.where(first.is_forward, second.position, first.position).astype(np.int64)
    inside = (start >= 0) & (end <= lengths[np.maximum(first.locus, 0)]) & (start < end)
    rows = np.flatnonzero(is_pair & inside & (end - start <= longest))
    columns = (first.locus[rows].astype(np.int64), start[rows], end[rows], np.zeros(len(rows), np.int64))
    return np.column_stack(columns)


def single_fragments(hits: Hits, read_lengths: Ints, lengths: Ints) -> Ints:
    """Single reads that lie in a locus as a whole, as rows of `LocusFragments`."""
    placed = np.flatnonzero(hits.locus >= 0)  # few
    locus, is_forward = hits.locus[placed].astype(np.int64), hits.is_forward[placed]
    position, read_lengths = hits.position[placed].astype(np.int64), read_lengths[placed]
    start = np.where(is_forward, position, position - read_lengths)
    end = start + read_lengths
    rows = np.flatnonzero((start >= 0) & (end <= lengths[locus]))
    return np.column_stack([locus[rows], start[rows], end[rows], is_forward[rows].astype(np.int64)])
