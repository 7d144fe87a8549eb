"""How many host bases beside a site it takes to place it."""

import numpy as np

from integrasite.kernels.codes import Codes, reverse_complement
from integrasite.simulate.clones import Host
from integrasite.simulate.sequences import Ints
from integrasite.simulate.tumour_places import Site
from integrasite.simulate.words import K, Keys

ANCHORS = (20, 30, 50, 100)
"""Lengths of host sequence next to a junction that are looked for in the whole host, bp."""
_BLOCK = 1 << 20
_FILTER = 22
"""Bits of a word's hash by which most words of the host are set aside."""


def unique_anchors(host: Host, sites: list[Site]) -> Ints:
    """Length of the shortest anchor that places each site, beside its U3 and its U5 junction.

    An anchor of up to 32 bases is unique if it occurs once in the host, a longer one if any word of 32 of its
    bases does.

    Returns:
        Sites x 2 (U3, U5): one of `ANCHORS`, or 0 if none is unique.
    """
    flanks = [_flanks(host, site) for site in sites]
    found = np.zeros((len(sites), 2), np.int64)
    for anchor in sorted(ANCHORS, reverse=True):
        size = min(anchor, K)
        cells = [
            (row, end, flank[at : at + size])
            for row, pair in enumerate(flanks)
            for end, flank in enumerate(pair)
            for at in range(min(anchor, flank.size) - size + 1)
        ]
        counts = count_occurrences(host, np.array([cell[2] for cell in cells], np.uint8).reshape(-1, size))
        for (row, end, _), count in zip(cells, counts.tolist(), strict=True):
            if count == 1:
                found[row, end] = anchor
    return found


def _flanks(host: Host, site: Site) -> tuple[Codes, Codes]:
    """Host bases beside the U3 and the U5 junction, the joined one first."""
    codes, longest = host.pool.codes, max(ANCHORS)
    first, second = site.target
    left = reverse_complement(codes[max(second - longest, 0) : second])
    right = codes[first : min(first + longest, host.size)]
    return (left, right) if site.forward else (right, left)


def count_occurrences(host: Host, words: Codes) -> Ints:
    """How often each word of at most 32 bases stands in the host, on either strand.

    Args:
        host: the host.
        words: words x length; those with an N occur nowhere.
    """
    readable = (words < 4).all(axis=1)
    if not readable.all():
        counts = np.zeros(len(words), np.int64)
        counts[readable] = count_occurrences(host, words[readable])
        return counts
    if not words.size:
        return np.zeros(len(words), np.int64)
    size = words.shape[1]
    ahead = _keys(words.ravel(), size)[::size]
    behind = _keys(np.ascontiguousarray(3 - words[:, ::-1]).ravel(), size)[::size]
    wanted, back = np.unique(np.concatenate([ahead, behind]), return_inverse=True)
    known = np.zeros(1 << _FILTER, np.bool_)
    known[_hash(wanted)] = True
    counts = np.zeros(wanted.size, np.int64)
    for start in range(0, host.size, _BLOCK):
        codes = host.pool.codes[start : min(start + _BLOCK + size - 1, host.size)]
        if codes.size < size:
            break
        keys = _keys(np.minimum(codes, 3), size)
        bad = np.concatenate([[0], np.cumsum(codes > 3)])
        keys = keys[known[_hash(keys)] & (bad[size:] == bad[:-size])]
        at = np.minimum(np.searchsorted(wanted, keys), wanted.size - 1)
        counts += np.bincount(at[wanted[at] == keys], minlength=wanted.size)
    total: Ints = counts[back[: len(words)]] + np.where(ahead == behind, 0, counts[back[len(words) :]])
    return total


def _keys(codes: Codes, size: int) -> Keys:
    """Every word of `size` bases as one integer: words of 1, 2, 4, ... bases are joined as needed."""
    n = codes.size - size + 1
    word = codes.astype(np.uint64)
    keys, have, length = np.zeros(n, np.uint64), 0, 1
    while True:
        if size & length:
            keys = (keys << np.uint64(2 * length)) | word[have : have + n] if have else word[:n].copy()
            have += length
        if have == size:
            return keys
        word = (word[: word.size - length] << np.uint64(2 * length)) | word[length:]
        length *= 2


def _hash(keys: Keys) -> Keys:
    return (keys * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - _FILTER)
