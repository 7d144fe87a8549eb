"""Words of a fixed length, the same for both strands, and how often the host has them."""

import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Codes
from integrasite.simulate.sequences import Bools, Ints, Pool

K = 32
"""Length of the words compared; the longest that fits one integer."""
_BLOCK = 1 << 20

Keys = npt.NDArray[np.uint64]


def word_keys(codes: Codes) -> tuple[Keys, Bools]:
    """Every word of K bases as one integer, the same for both strands.

    Returns:
        The keys of all starts, and whether the word holds no N.
    """
    n = codes.size - K + 1
    if n <= 0:
        return np.zeros(0, np.uint64), np.zeros(0, np.bool_)
    readable = np.cumsum(np.concatenate([[0], codes > 3]))
    plain = np.where(codes > 3, 0, codes).astype(np.uint64)
    ahead, behind = np.zeros(n, np.uint64), np.zeros(n, np.uint64)
    for k in range(K):
        base = plain[k : k + n]
        ahead |= base << np.uint64(2 * (K - 1 - k))
        behind |= (np.uint64(3) - base) << np.uint64(2 * k)
    return np.minimum(ahead, behind), readable[K:] == readable[:-K]


def count_words(pool: Pool, size: int, wanted: Keys) -> Ints:
    """How often each wanted key (sorted, distinct) occurs in the first `size` bases of the pool."""
    counts = np.zeros(wanted.size, np.int64)
    for start in range(0, size, _BLOCK):
        keys, readable = word_keys(pool.codes[start : min(start + _BLOCK + K - 1, size)])
        at = np.searchsorted(wanted, keys)
        hit = readable & (at < wanted.size)
        hit[hit] = wanted[at[hit]] == keys[hit]
        counts += np.bincount(at[hit], minlength=wanted.size)
    return counts
