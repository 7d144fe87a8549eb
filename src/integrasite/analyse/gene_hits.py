"""Which genes sites lie in or near, by binary search: no table of a million sites leaves memory.

A place is one integer, its contig's number times 2^40 plus its 0-based base, so that one sorted array holds a genome.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
Range = tuple[IntArray, IntArray, IntArray]
"""First and last-but-one number of the sites in each gene or window, and the subject of every site."""
CONTIG_STEP = 1 << 40
PAIRS_AT_ONCE = 4_000_000
"""Pairs of gene and site that are held at once; results do not depend on it."""


@dataclass(frozen=True)
class Places:
    """Numbers of contigs, and sorted places.

    Args:
        contigs: name -> number.
        keys: the sites' places, ascending.
    """

    contigs: dict[str, int]
    keys: IntArray


def number_contigs(*tables: pd.DataFrame) -> dict[str, int]:
    """A number (from 1) for each contig that a table with the column `contig` names, in the order of their names."""
    names = sorted(set().union(*(pd.unique(table["contig"]) for table in tables)))
    return {name: number for number, name in enumerate(names, 1)}


def place_keys(contigs: dict[str, int], contig: "pd.Series[str]", base: "pd.Series[int]") -> IntArray:
    """Places of 0-based bases as integers."""
    codes, names = pd.factorize(contig)
    numbers = np.array([contigs[name] for name in names], dtype=np.int64)[codes]
    return np.asarray(numbers * CONTIG_STEP + base.to_numpy(dtype=np.int64), dtype=np.int64)


def gene_ranges(places: Places, genes: pd.DataFrame, window: int = 0) -> tuple[IntArray, IntArray]:
    """For each gene the first and the last-but-one number of the sites in it or within `window` bp of it.

    Args:
        places: the sites; every gene's contig must have a number.
        genes: contig, start, end (0-based, half-open).
        window: bp added to both sides.

    Returns:
        Two arrays of one number per gene; the sites are `[first, last)`.
    """
    start = place_keys(places.contigs, genes["contig"], (genes["start"] - window).clip(lower=0))
    end = place_keys(places.contigs, genes["contig"], genes["end"] + window)
    return np.searchsorted(places.keys, start), np.searchsorted(places.keys, end)


def ranges_to_pairs(first: IntArray, last: IntArray) -> tuple[IntArray, IntArray]:
    """Pairs (number of the range, number within it) of ranges `[first, last)`.

    >>> [pair.tolist() for pair in ranges_to_pairs(np.array([0, 3]), np.array([2, 4]))]
    [[0, 0, 1], [0, 1, 3]]
    """
    sizes = np.maximum(last - first, 0)
    numbers = np.repeat(np.arange(len(first)), sizes)
    offsets = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return numbers, np.repeat(first, sizes) + offsets


def distinct(values: IntArray) -> IntArray:
    """Distinct values, ascending. By sorting: `np.unique` hashes integers, which takes far longer for millions.

    >>> distinct(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    ordered = np.sort(values)
    return np.asarray(ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]])


def count_by_subject(ranges: Sequence[Range]) -> tuple[IntArray, IntArray]:
    """Distinct subjects of each range of sites, and the sites of the subject with most of them.

    Args:
        ranges: for each set of sites the ranges `[first, last)`, one per gene or window, and the sites' subjects; a gene's
            ranges in several sets count together.

    Returns:
        Two arrays of one number per gene or window.
    """
    n_ranges = len(ranges[0][0])
    n_subjects, largest = np.zeros(n_ranges, dtype=np.int64), np.zeros(n_ranges, dtype=np.int64)
    sizes = sum(
        (np.maximum(last - first, 0) for first, last, _ in ranges), np.zeros(n_ranges, dtype=np.int64)
    )
    step = 1 + max((int(subject.max(initial=0)) for _, _, subject in ranges), default=0)
    for begin, end in _slices(sizes, PAIRS_AT_ONCE):
        pairs = []
        for first, last, subject in ranges:
            number, site = ranges_to_pairs(first[begin:end], last[begin:end])
            pairs.append(number * step + subject[site])
        ordered = np.sort(np.concatenate(pairs))
        starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
        number = ordered[starts] // step
        n_subjects[begin:end] = np.bincount(number, minlength=end - begin)
        np.maximum.at(largest, begin + number, np.diff(starts, append=len(ordered)))
    return n_subjects, largest


def _slices(sizes: IntArray, most: int) -> list[tuple[int, int]]:
    """Stretches of numbers whose sizes add up to `most` or little more."""
    if not len(sizes):
        return []
    part = np.cumsum(sizes) // most
    ends = np.append(np.flatnonzero(np.diff(part)) + 1, len(sizes)).tolist()
    return list(zip([0, *ends[:-1]], ends, strict=True))


def local_density(keys: IntArray, window: int) -> IntArray:
    """Sites within `window` bp of each site (itself included), for ascending places."""
    return np.searchsorted(keys, keys + window, side="right") - np.searchsorted(keys, keys - window)


def owning_genes(places: Places, genes: pd.DataFrame) -> tuple[IntArray, IntArray]:
    """Pairs (gene, site) where the gene contains the site, or, if none does, is the nearest of the contig.

    The earlier gene is taken where two are as near.
    """
    gene, site = ranges_to_pairs(*gene_ranges(places, genes))
    is_outside = np.ones(len(places.keys), dtype=bool)
    is_outside[site] = False
    outside = np.flatnonzero(is_outside)
    if not len(genes) or not len(outside):
        return gene, site
    starts = place_keys(places.contigs, genes["contig"], genes["start"])
    ends = place_keys(places.contigs, genes["contig"], genes["end"])
    order = np.argsort(starts, kind="stable")
    # the gene that reaches furthest right among those that start before the site
    furthest = np.maximum.accumulate(ends[order])
    reaches = np.maximum.accumulate(np.where(ends[order] == furthest, np.arange(len(order)), 0))
    key = places.keys[outside]
    right = np.searchsorted(starts[order], key, side="right")
    far = np.int64(CONTIG_STEP)
    left_gene = order[reaches[np.maximum(right - 1, 0)]]
    left_gap = np.where(right > 0, key - ends[left_gene] + 1, far)
    right_gene = order[np.minimum(right, len(order) - 1)]
    right_gap = np.where(right < len(order), starts[right_gene] - key, far)
    # another contig's gene is further away than any contig is long
    gap, nearest = np.minimum(left_gap, right_gap), np.where(left_gap <= right_gap, left_gene, right_gene)
    same = (gap < far // 2) & (starts[nearest] // CONTIG_STEP == key // CONTIG_STEP)
    return np.concatenate([gene, nearest[same]]), np.concatenate([site, outside[same]])
