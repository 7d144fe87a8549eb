"""Molecules at one site whose breakpoint jitters or whose UMI was misread are one fragment."""

import math

import numba
import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
_LARGE_MEAN = 700.0
"""Above this the chance of no read underflows to 0, and the normal distribution is as good."""


@numba.njit(cache=True, nogil=True)
def umi_distance(first: np.uint64, second: np.uint64) -> int:
    """Bases in which two packed UMIs differ; counts at most 2."""
    difference = first ^ second
    count = 0
    while difference != np.uint64(0) and count < 2:
        if difference & np.uint64(3):
            count += 1
        difference >>= np.uint64(2)
    return count


@numba.njit(cache=True, nogil=True)
def _is_copy(n_minor: int, n_major: int, distance: int, jitter_rate: float, density: float) -> bool:
    """Without UMIs: is the weaker breakpoint the stronger one's jitter, rather than a fragment that happens to end there?"""
    mean = jitter_rate * n_major / distance
    if mean > _LARGE_MEAN:
        return 0.5 * math.erfc((n_minor - 0.5 - mean) / math.sqrt(2.0 * mean)) > density
    term = math.exp(-mean)
    below = 0.0
    for k in range(n_minor):
        below += term
        term *= mean / (k + 1)
    return 1.0 - below > density


@numba.njit(cache=True, nogil=True)
def find_fragments(
    groups: Integers,
    breakpoints: Integers,
    umis: npt.NDArray[np.uint64],
    n_reads: Integers,
    has_umi: npt.NDArray[np.bool_],
    jitter: int,
    jitter_rate: float,
    span: float,
) -> Integers:
    """The molecule that each molecule is a copy of (itself where it is its own fragment).

    Args:
        groups: library and site of each molecule; equal ones must be adjacent, sorted by (group, breakpoint, umi).
        breakpoints: 0-based breakpoint, -1 unknown.
        umis: packed UMIs.
        n_reads: reads of each molecule.
        has_umi: whether the library has usable UMIs.
        jitter: largest shift of a breakpoint, bp.
        jitter_rate: reads whose breakpoint is shifted, per read.
        span: bp over which fragments of a site are spread, for the chance that two end side by side.

    Returns:
        Index of the fragment's first molecule by rank (most reads, then smallest breakpoint, then UMI).
    """
    n = groups.shape[0]
    parents = np.arange(n)
    start = 0
    while start < n:
        stop = start
        while stop < n and groups[stop] == groups[start]:
            stop += 1
        density = min(1.0, (stop - start) / span)
        for i in range(start, stop):
            best = i
            low = i
            while low > start and breakpoints[i] - breakpoints[low - 1] <= jitter:
                low -= 1
            k = low
            while k < stop and breakpoints[k] - breakpoints[i] <= jitter:
                stronger = n_reads[k] > n_reads[i] or (n_reads[k] == n_reads[i] and k < i)
                if k != i and stronger and (n_reads[k], -k) > (n_reads[best] if best != i else 0, -best):
                    shift = abs(breakpoints[k] - breakpoints[i])
                    if has_umi[i]:
                        apart = umi_distance(umis[i], umis[k])
                        same = apart == 0 or (apart == 1 and shift <= 1)
                    else:
                        same = shift == 0 or _is_copy(n_reads[i], n_reads[k], shift, jitter_rate, density)
                    if same:
                        best = k
                k += 1
            parents[i] = best
        start = stop
    for i in range(n):
        root = i
        while parents[root] != root:
            root = parents[root]
        parents[i] = root
    return parents
