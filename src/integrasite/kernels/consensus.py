"""Consensus of the reads of one molecule: at each base the call with the largest sum of qualities.

Where most reads of a molecule differ from that in more than 15 % of their bases, one of them lost or gained a base, and the sum
is a mixture of two frames: then the consensus is taken of the reads that agree with the best one.
"""

import numba
import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Packed

Offsets = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
_LETTERS = np.frombuffer(b"ACGTN", np.uint8)
MOST_PAIRED = 50
"""Reads of a molecule that are still compared with each other; more outvote any of them."""


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
def _is_far(n_unlike: int, n_compared: int) -> bool:
    return 20 * n_unlike > 3 * n_compared


@numba.njit(cache=True, nogil=True)
def _reads_agree(packed: Packed, offsets: Offsets, first: int, second: int) -> bool:
    """Whether two reads differ in at most 15 % of the bases that both have."""
    n = min(offsets[first + 1] - offsets[first], offsets[second + 1] - offsets[second])
    unlike = 0
    for position in range(n):
        one, other = packed[offsets[first] + position], packed[offsets[second] + position]
        unlike += one != 0 and other != 0 and one & 3 != other & 3
    return not _is_far(unlike, n)


@numba.njit(cache=True, nogil=True)
def _comes_first(packed: Packed, offsets: Offsets, first: int, second: int) -> bool:
    """Order of two reads by their bytes, so that ties do not depend on the order of the file."""
    n_first, n_second = offsets[first + 1] - offsets[first], offsets[second + 1] - offsets[second]
    for position in range(min(n_first, n_second)):
        one, other = packed[offsets[first] + position], packed[offsets[second] + position]
        if one != other:
            return bool(one < other)
    return bool(n_first < n_second)


@numba.njit(cache=True, nogil=True)
def _best_read(packed: Packed, offsets: Offsets, order: Offsets, first: int, last: int) -> int:
    """The read that most others agree with; of several the one with the largest sum of qualities."""
    best, best_friends, best_quality = order[first], -1, np.int64(-1)
    for k in range(first, last):
        friends = 0
        for other in range(first, last):
            friends += _reads_agree(packed, offsets, order[k], order[other])
        quality = np.int64(0)
        for at in range(offsets[order[k]], offsets[order[k] + 1]):
            quality += packed[at] >> 2
        is_equal = friends == best_friends and quality == best_quality
        if (
            friends > best_friends
            or (friends == best_friends and quality > best_quality)
            or (is_equal and _comes_first(packed, offsets, order[k], best))
        ):
            best, best_friends, best_quality = order[k], friends, quality
    return int(best)


@numba.njit(cache=True, nogil=True)
def _write_group(
    packed: Packed, offsets: Offsets, order: Offsets, first: int, last: int, best: int, out: Bytes
) -> None:
    """Consensus of a group's reads into `out`; only of those that agree with read `best`, unless that is -1."""
    weights = np.zeros((out.shape[0], 4), np.int64)
    for k in range(first, last):
        read = order[k]
        if best >= 0 and not _reads_agree(packed, offsets, read, best):
            continue
        for position in range(min(out.shape[0], offsets[read + 1] - offsets[read])):
            value = packed[offsets[read] + position]
            if value != 0:
                weights[position, value & 3] += (value >> 2) + 1
    for position in range(out.shape[0]):
        call = 4
        weight = np.int64(0)
        for base in range(4):
            if weights[position, base] > weight:
                weight = weights[position, base]
                call = base
        out[position] = _LETTERS[call]


@numba.njit(cache=True, nogil=True)
def _is_mixture(packed: Packed, offsets: Offsets, order: Offsets, first: int, last: int, out: Bytes) -> bool:
    """Whether no majority of the reads agrees with their consensus."""
    n_far = 0
    for k in range(first, last):
        start = offsets[order[k]]
        n = min(out.shape[0], offsets[order[k] + 1] - start)
        unlike = 0
        for position in range(n):
            value = packed[start + position]
            unlike += value != 0 and _LETTERS[value & 3] != out[position]
        n_far += _is_far(unlike, n)
    return 2 * n_far >= last - first


@numba.njit(cache=True, nogil=True)
def call_consensus(
    packed: Packed,
    offsets: Offsets,
    order: Offsets,
    bounds: Offsets,
    out_offsets: Offsets,
    out: Bytes,
) -> None:
    """Write each group's consensus as letters into `out[out_offsets[g]:out_offsets[g + 1]]`.

    Sums of integers do not depend on the order of the reads; ties go to the first of A, C, G, T, and a position
    that no read shows is N.
    """
    for group in range(bounds.shape[0] - 1):
        first, last = bounds[group], bounds[group + 1]
        text = out[out_offsets[group] : out_offsets[group + 1]]
        _write_group(packed, offsets, order, first, last, -1, text)
        if 2 <= last - first <= MOST_PAIRED and _is_mixture(packed, offsets, order, first, last, text):
            best = _best_read(packed, offsets, order, first, last)
            _write_group(packed, offsets, order, first, last, best, text)


@numba.njit(cache=True, nogil=True)
def agree_changes(changes: npt.NDArray[np.uint32], order: Offsets, bounds: Offsets) -> npt.NDArray[np.uint32]:
    """Per group, the changes (two bits a base) that more than half of its reads show; 0 elsewhere."""
    agreed = np.zeros(bounds.shape[0] - 1, np.uint32)
    for group in range(agreed.shape[0]):
        first, last = bounds[group], bounds[group + 1]
        together = np.uint32(0)
        for k in range(first, last):
            together |= changes[order[k]]
        for base in range(16):
            shift = np.uint32(2 * base)
            if not (together >> shift) & np.uint32(3):
                continue
            counts = np.zeros(4, np.int64)
            for k in range(first, last):
                counts[(changes[order[k]] >> shift) & np.uint32(3)] += 1
            for change in range(1, 4):
                if 2 * counts[change] > last - first:
                    agreed[group] |= np.uint32(change) << shift
    return agreed
