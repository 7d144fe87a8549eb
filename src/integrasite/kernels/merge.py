"""Find groups of reads that are another group's reads with one base misread in the UMI or in the first bases of one end."""

import numba
import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]
_NONE = -1


@numba.njit(cache=True, nogil=True)
def _mix(value: np.uint64, salt: np.uint64) -> np.uint64:
    value = (value + salt) * np.uint64(0x9E3779B97F4A7C15)
    value ^= value >> np.uint64(32)
    value *= np.uint64(0xD6E8FEB86659FD93)
    return value ^ (value >> np.uint64(29))


@numba.njit(cache=True, nogil=True)
def _hash(row: int, umi: np.uint64, junction: np.uint64, linker: np.uint64) -> np.uint64:
    return (
        _mix(np.uint64(row), np.uint64(1))
        ^ _mix(umi, np.uint64(2))
        ^ _mix(junction, np.uint64(3))
        ^ _mix(linker, np.uint64(5))
    )


@numba.njit(cache=True, nogil=True)
def _lookup(
    slots: Integers,
    rows: Integers,
    umis: Keys,
    junctions: Keys,
    linkers: Keys,
    hashed: np.uint64,
    row: int,
    umi: np.uint64,
    junction: np.uint64,
    linker: np.uint64,
) -> int:
    mask = np.uint64(slots.shape[0] - 1)
    at = hashed & mask
    while slots[at] != _NONE:
        group = slots[at]
        if (
            rows[group] == row
            and umis[group] == umi
            and junctions[group] == junction
            and linkers[group] == linker
        ):
            return int(group)
        at = (at + np.uint64(1)) & mask
    return _NONE


@numba.njit(cache=True, nogil=True)
def _build(rows: Integers, umis: Keys, junctions: Keys, linkers: Keys) -> Integers:
    size = 16
    while size < 2 * rows.shape[0]:
        size *= 2
    slots = np.full(size, -1, np.int64)
    mask = np.uint64(size - 1)
    for group in range(rows.shape[0]):
        at = _hash(rows[group], umis[group], junctions[group], linkers[group]) & mask
        while slots[at] != _NONE:
            at = (at + np.uint64(1)) & mask
        slots[at] = group
    return slots


@numba.njit(cache=True, nogil=True)
def _outranks(candidate: int, group: int, counts: Integers) -> bool:
    """Whether `group` may be `candidate` misread: clearly fewer reads, or equal ones and a later key."""
    if counts[candidate] < 2 * counts[group] - 1:
        return False
    return bool(counts[candidate] > counts[group] or candidate < group)


@numba.njit(cache=True, nogil=True)
def find_parents(
    rows: Integers,
    umis: Keys,
    junctions: Keys,
    linkers: Keys,
    counts: Integers,
    umi_lengths: Integers,
    key_length: int,
) -> Integers:
    """For each group the group that it is misread from (itself where none).

    Groups must be sorted by (row, umi, junction, linker), so that equal evidence is resolved by key and never by the
    order of the reads. A group goes to the neighbour (one substitution in one of its three keys) with most reads.

    Args:
        rows: library of each group.
        umis: packed UMI, 2 bits a base.
        junctions: packed first bases at the junction.
        linkers: packed first bases at the breakpoint.
        counts: reads of each group.
        umi_lengths: UMI bases of each group.
        key_length: bases in `junctions` and `linkers`.

    Returns:
        Index of the root of each group's chain of neighbours.
    """
    n = rows.shape[0]
    slots = _build(rows, umis, junctions, linkers)
    parents = np.arange(n)
    three = np.uint64(3)
    for group in range(n):
        row, umi, junction, linker = rows[group], umis[group], junctions[group], linkers[group]
        part = np.zeros(3, np.uint64)
        part[0], part[1], part[2] = umi, junction, linker
        full = _hash(row, umi, junction, linker)
        best = _NONE
        for component in range(3):
            length = umi_lengths[group] if component == 0 else key_length
            salt = np.uint64(2) if component == 0 else (np.uint64(3) if component == 1 else np.uint64(5))
            rest = full ^ _mix(part[component], salt)
            for base in range(length):
                shift = np.uint64(2 * base)
                for change in range(1, 4):
                    changed = part[component] ^ ((np.uint64(change) & three) << shift)
                    u = changed if component == 0 else umi
                    j = changed if component == 1 else junction
                    k = changed if component == 2 else linker
                    found = _lookup(
                        slots, rows, umis, junctions, linkers, rest ^ _mix(changed, salt), row, u, j, k
                    )
                    if (
                        found != _NONE
                        and _outranks(found, group, counts)
                        and (
                            best == _NONE
                            or counts[found] > counts[best]
                            or (counts[found] == counts[best] and found < best)
                        )
                    ):
                        best = found
        if best != _NONE:
            parents[group] = best
    for group in range(n):
        root = group
        while parents[root] != root:
            root = parents[root]
        parents[group] = root
    return parents
