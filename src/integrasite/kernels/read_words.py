"""Which fragments show words of given owners: one pass over the bases of both mates.

`reference_read_words` does the same slowly.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Codes
from integrasite.kernels.genome_words import Words, WordTable, find_row, table_logs, word_table

Ints = npt.NDArray[np.int64]


class OwnedWords(NamedTuple):
    """Distinct canonical words and who has each.

    `table`: the words; `firsts`: first entry of each in `owners` (one more at the end); `owners`: numbers, below `n_owners`;
    `k`: bases of a word, at most 31.
    """

    table: WordTable
    firsts: Ints
    owners: Ints
    n_owners: int
    k: int


def own_words(words: list[Words], k: int, most: int | None = None) -> OwnedWords:
    """Lay out words.

    Args:
        words: per owner its distinct canonical words.
        k: bases of a word.
        most: owners from which a word is nobody's; None: any number may have it.
    """
    joined = np.concatenate([np.zeros(0, np.uint64), *words])
    owner = np.repeat(np.arange(len(words)), [own.size for own in words])
    order = np.argsort(joined, kind="stable")
    ordered = joined[order]
    edges = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if ordered.size else order[:0]
    n = np.diff(np.append(edges, ordered.size))
    kept = n <= most if most is not None else np.ones(n.size, np.bool_)
    firsts = np.concatenate([[0], np.cumsum(n[kept])]).astype(np.int64)
    owners = owner[order][np.repeat(kept, n)].astype(np.int64)
    return OwnedWords(word_table(ordered[edges][kept]), firsts, owners, len(words), k)


def shown_owners(codes: Codes, starts: Ints, owned: OwnedWords) -> tuple[Ints, Ints]:
    """Fragments and the owners of whose words they show any, each pair once, by fragment and owner.

    Args:
        codes: reads end to end.
        starts: where each begins (one more at the end); mates of fragment f are reads 2 f and 2 f + 1.
        owned: the words.
    """
    table = owned.table
    most = max(starts.size // 2, 1)
    latest = np.full(max(owned.n_owners, 1), -1, np.int64)
    found = np.empty((most, 2), np.int64)
    at, n = 0, 0
    while 2 * at < starts.size - 1:
        if found.shape[0] - n < owned.n_owners:
            found = np.concatenate([found, np.empty((max(found.shape[0], owned.n_owners), 2), np.int64)])
        at, n = _show(
            codes, starts, at, owned.k, table.bits, table.keys, table.rows, table_logs(table), owned.firsts, owned.owners,
            latest, found, n,
        )  # fmt: skip
    order = np.lexsort((found[:n, 1], found[:n, 0]))
    return found[order, 0], found[order, 1]


@numba.njit(cache=True, nogil=True)
def _show(
    codes: Codes,
    starts: Ints,
    first: int,
    k: int,
    bits: Words,
    keys: Words,
    rows: npt.NDArray[np.int32],
    logs: tuple[int, int],
    firsts: Ints,
    owners: Ints,
    latest: Ints,
    out: Ints,
    n: int,
) -> tuple[int, int]:
    """Go on from a fragment until `out` may be too small for the next one; next fragment, rows filled."""
    mask = (np.uint64(1) << np.uint64(2 * k)) - np.uint64(1)
    top = np.uint64(2 * (k - 1))
    for fragment in range(first, (starts.shape[0] - 1) // 2):
        if out.shape[0] - n < latest.shape[0]:
            return fragment, n
        for read in range(2 * fragment, 2 * fragment + 2):
            forward = np.uint64(0)
            reverse = np.uint64(0)
            known = 0
            for i in range(starts[read], starts[read + 1]):
                code = codes[i]
                if code > 3:
                    known = 0
                    continue
                known += 1
                forward = ((forward << np.uint64(2)) | np.uint64(code)) & mask
                reverse = (reverse >> np.uint64(2)) | (np.uint64(3 - code) << top)
                if known < k:
                    continue
                row = find_row(min(forward, reverse), bits, keys, rows, logs)
                if row < 0:
                    continue
                for owner in owners[firsts[row] : firsts[row + 1]]:
                    if latest[owner] != fragment:
                        latest[owner] = fragment
                        out[n, 0], out[n, 1] = fragment, owner
                        n += 1
    return (starts.shape[0] - 1) // 2, n
