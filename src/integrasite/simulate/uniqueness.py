"""Which parts of which inserts occur only once in the host: what could be placed at all."""

import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Codes
from integrasite.simulate.molecules import Kind, Molecules
from integrasite.simulate.scenario import AmpliconScenario
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


def near_host_sequence(vector: Codes, pool: Pool, host_size: int, margin: int = 60) -> Bools:
    """Which bases of the vector lie within `margin` of a word of K bases that the host has too."""
    keys, _ = word_keys(vector)
    wanted = np.unique(keys)
    starts = np.flatnonzero(count_words(pool, host_size, wanted)[np.searchsorted(wanted, keys)])
    near = np.zeros(vector.size, np.bool_)
    for start in starts.tolist():
        near[max(start - margin, 0) : start + K + margin] = True
    return near


def molecules_are_unique(
    pool: Pool,
    host_size: int,
    molecules: Molecules,
    lead_lengths: Ints,
    scenario: AmpliconScenario,
    linker_length: int,
) -> Bools:
    """Whether what the two reads show of each molecule's insert holds a word that occurs once in the host.

    Molecules that are not host junctions come out false. Words across the gap between the reads do not count.
    """
    host = np.flatnonzero(molecules.kind == Kind.HOST)
    keys = [_insert_keys(pool, molecules, int(m)) for m in host]
    wanted = np.unique(np.concatenate(keys)) if keys else np.zeros(0, np.uint64)
    once = count_words(pool, host_size, wanted) == 1
    unique = np.zeros(len(molecules), np.bool_)
    for m, words in zip(host.tolist(), keys, strict=True):
        near = scenario.read_length_r2 - int(lead_lengths[molecules.lead[m]])
        far = int(molecules.length[m]) - (scenario.read_length_r1 - linker_length)
        starts = np.arange(words.size)
        seen = (starts + K <= near) | (starts >= far)
        unique[m] = bool(np.any(once[np.searchsorted(wanted, words[seen])]))
    return unique


def _insert_keys(pool: Pool, molecules: Molecules, m: int) -> Keys:
    return word_keys(pool.cut(int(molecules.start[m]), bool(molecules.forward[m]), int(molecules.length[m])))[
        0
    ]
