"""Consensus of the reads of one molecule: at each base the call with the largest sum of qualities."""

import numba
import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Packed

Offsets = npt.NDArray[np.int64]
_LETTERS = np.frombuffer(b"ACGTN", np.uint8)


@numba.njit(cache=True, nogil=True)
def consensus_lengths(offsets: Offsets, order: Offsets, bounds: Offsets) -> Offsets:
    """Length of each group's consensus: the commonest read length, the longer of two equally common ones."""
    n = bounds.shape[0] - 1
    lengths = np.zeros(n, np.int64)
    for group in range(n):
        first, last = bounds[group], bounds[group + 1]
        sizes = np.empty(last - first, np.int64)
        for k in range(first, last):
            sizes[k - first] = offsets[order[k] + 1] - offsets[order[k]]
        sizes.sort()
        best = run = 0
        for k in range(sizes.shape[0]):
            run = run + 1 if k > 0 and sizes[k] == sizes[k - 1] else 1
            if run >= best:
                best = run
                lengths[group] = sizes[k]
    return lengths


@numba.njit(cache=True, nogil=True)
def call_consensus(
    packed: Packed,
    offsets: Offsets,
    order: Offsets,
    bounds: Offsets,
    out_offsets: Offsets,
    out: npt.NDArray[np.uint8],
) -> None:
    """Write each group's consensus as letters into `out[out_offsets[g]:out_offsets[g + 1]]`.

    Sums of integers do not depend on the order of the reads; ties go to the first of A, C, G, T, and a position
    that no read shows is N.
    """
    for group in range(bounds.shape[0] - 1):
        start = out_offsets[group]
        length = out_offsets[group + 1] - start
        weights = np.zeros((length, 4), np.int64)
        for k in range(bounds[group], bounds[group + 1]):
            read = order[k]
            n = min(length, offsets[read + 1] - offsets[read])
            for position in range(n):
                value = packed[offsets[read] + position]
                if value != 0:
                    weights[position, value & 3] += (value >> 2) + 1
        for position in range(length):
            best = 4
            weight = np.int64(0)
            for base in range(4):
                if weights[position, base] > weight:
                    weight = weights[position, base]
                    best = base
            out[start + position] = _LETTERS[best]
