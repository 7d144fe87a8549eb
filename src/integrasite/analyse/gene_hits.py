"""Which genes sites lie in or near, by binary search: no table of a million sites leaves memory.

A place is one integer, its contig's number times 2^40 plus its 0-based base, so that one sorted array holds a genome.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
CONTIG_STEP = 1 << 40


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
    numbers = contig.map(contigs).to_numpy(dtype=np.int64)
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


def count_subjects(gene: IntArray, subject: IntArray, n_genes: int) -> IntArray:
    """Distinct subjects per gene, from pairs of gene and subject."""
    n_subjects = int(subject.max(initial=0)) + 1
    distinct = np.unique(gene * n_subjects + subject)
    return np.bincount(distinct // n_subjects, minlength=n_genes)


def count_largest(gene: IntArray, subject: IntArray, n_genes: int) -> IntArray:
    """Sites of the subject with most of them, per gene, from pairs of gene and subject."""
    n_subjects = int(subject.max(initial=0)) + 1
    pairs, sizes = np.unique(gene * n_subjects + subject, return_counts=True)
    largest = np.zeros(n_genes, dtype=np.int64)
    np.maximum.at(largest, pairs // n_subjects, sizes)
    return largest


def local_density(keys: IntArray, window: int) -> IntArray:
    """Sites within `window` bp of each site (itself included), for ascending places."""
    return np.searchsorted(keys, keys + window, side="right") - np.searchsorted(keys, keys - window)


def owning_genes(places: Places, genes: pd.DataFrame) -> tuple[IntArray, IntArray]:
    """Pairs (gene, site) where the gene contains the site, or, if none does, is the nearest of the contig.

    The earlier gene is taken where two are as near.
    """
    gene, site = ranges_to_pairs(*gene_ranges(places, genes))
    outside = np.setdiff1d(np.arange(len(places.keys)), site)
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
