"""Which fragments were seen, as arrays: the input of every estimator of clone size."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from integrasite.errors import DataError

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

LONGEST = 1_000_000
"""Longest fragment accepted, bp: anything longer is a mistake in the table, not sheared DNA."""


@dataclass(frozen=True)
class Bins:
    """Distinct (site, replicate, length) triples that hold at least one fragment.

    Args:
        site: site index of each triple, 0 to `n_sites` - 1.
        replicate: replicate index of each triple, 0 to `n_replicates` - 1.
        length: fragment length of each triple, bp, at least 1.
        n_sites: number of sites; sites without a triple are legal.
        n_replicates: number of replicates.
    """

    site: IntArray
    replicate: IntArray
    length: IntArray
    n_sites: int
    n_replicates: int

    @cached_property
    def n_lengths(self) -> IntArray:
        """Distinct (replicate, length) bins of every site."""
        return np.bincount(self.site, minlength=self.n_sites)

    @cached_property
    def n_pairs(self) -> IntArray:
        """Distinct (site, length) pairs of every replicate."""
        return np.bincount(self.replicate, minlength=self.n_replicates)

    @cached_property
    def longest(self) -> int:
        """Longest length seen, bp; 0 where nothing was seen."""
        return int(self.length.max()) if self.length.size else 0


def collect_bins(
    site: IntArray, replicate: IntArray, length: IntArray, n_sites: int, n_replicates: int
) -> Bins:
    """Reduce fragments to distinct (site, replicate, length) triples, sorted in that order.

    Args:
        site: site index per fragment.
        replicate: replicate index per fragment.
        length: length per fragment, bp.
        n_sites: number of sites.
        n_replicates: number of replicates.

    Returns:
        The distinct triples; the order of the fragments does not matter.

    Raises:
        DataError: if a length is below 1 or above `LONGEST`.
    """
    if length.size and (length.min() < 1 or length.max() > LONGEST):
        odd = int(length.min() if length.min() < 1 else length.max())
        raise DataError(
            f"fragment length {odd}: expected whole base pairs from 1 to {LONGEST}; mend the table"
        )
    span = int(length.max()) + 1 if length.size else 1
    keys = np.unique((site * n_replicates + replicate) * span + length)
    group, lengths = np.divmod(keys, span)
    sites, replicates = np.divmod(group, max(n_replicates, 1))
    return Bins(sites, replicates, lengths, n_sites, n_replicates)
