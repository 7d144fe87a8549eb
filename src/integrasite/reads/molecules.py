"""One consensus per molecule: group reads by library, UMI and both ends; fold in groups that are one misread base away."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from integrasite.kernels.consensus import agree_changes, call_consensus, consensus_lengths
from integrasite.kernels.merge import find_parents
from integrasite.model.inserts import INSERTS, MOLECULES
from integrasite.reads.prepare import KEY_LENGTH

_BETWEEN = b" "
"""Stands before all letters, so that joined inserts sort as pairs do."""
_KEYS = ("row", "umi", "junction_key", "linker_key")


@dataclass(frozen=True)
class Groups:
    """Groups of reads with equal keys (one array entry each): consensus (columns of `INSERTS`) and agreed `end_change`."""

    keys: dict[str, npt.NDArray[np.generic]]
    counts: npt.NDArray[np.int64]
    consensus: pa.Table
    end_change: npt.NDArray[np.uint32]


def _flat(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    _, offsets, data = array.buffers()
    starts = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    return np.frombuffer(data or b"", np.uint8), starts


def _consensus(
    column: pa.ChunkedArray, order: npt.NDArray[np.int64], bounds: npt.NDArray[np.int64]
) -> pa.Array:
    packed, offsets = _flat(column)
    lengths = consensus_lengths(offsets, order, bounds)
    out_offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=out_offsets[1:])
    out = np.empty(int(out_offsets[-1]), np.uint8)
    call_consensus(packed, offsets, order, bounds, out_offsets, out)
    return pa.Array.from_buffers(
        pa.binary(), len(lengths), [None, pa.py_buffer(out_offsets.astype(np.int32)), pa.py_buffer(out)]
    )


def group_reads(reads: pa.Table) -> Groups:
    """Group reads with equal library, UMI and ends, and take each group's consensus."""
    keys = {name: reads[name].to_numpy() for name in _KEYS}
    order = np.lexsort([keys[name] for name in reversed(_KEYS)]).astype(np.int64)
    ordered = {name: values[order] for name, values in keys.items()}
    is_new = np.ones(len(order), bool)
    if len(order):
        is_new[1:] = np.logical_or.reduce([values[1:] != values[:-1] for values in ordered.values()])
    starts = np.flatnonzero(is_new)
    bounds = np.append(starts, len(order)).astype(np.int64)
    columns = [_consensus(reads[name], order, bounds) for name in INSERTS.names] if len(order) else None
    consensus = pa.table(columns, schema=INSERTS) if columns else INSERTS.empty_table()
    changes = agree_changes(reads["end_change"].to_numpy(), order, bounds)
    return Groups(
        {name: values[starts] for name, values in ordered.items()}, np.diff(bounds), consensus, changes
    )


def fold_groups(
    keys: dict[str, npt.NDArray[np.generic]],
    counts: npt.NDArray[np.int64],
    umi_lengths: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Reads that each group ends up with: those of the groups that fold into it, 0 for a group that folds away.

    Args:
        keys: library, UMI and ends of each group.
        counts: reads of each group.
        umi_lengths: UMI length of each library.
    """
    order = np.lexsort([keys[name] for name in reversed(_KEYS)])
    ordered = {name: values[order] for name, values in keys.items()}
    rows = ordered["row"].astype(np.int64)
    umis, junctions, linkers = (ordered[name].astype(np.uint64) for name in _KEYS[1:])
    parents = find_parents(rows, umis, junctions, linkers, counts[order], umi_lengths[rows], KEY_LENGTH)
    total = np.zeros(len(order), np.int64)
    np.add.at(total, order[parents], counts[order])
    return total  # indexed as `counts` is, since order[parents] are positions in the unsorted arrays


def collapse_reads(
    read_partition: Callable[[int], pa.Table], n_partitions: int, umi_lengths: npt.NDArray[np.int64]
) -> tuple[pa.Table, pa.Table]:
    """All molecules of a source.

    Reads are held one partition at a time; what stays is one entry per group of equal reads.

    Args:
        read_partition: gives the reads (`READS`) of one partition.
        n_partitions: how many there are.
        umi_lengths: UMI length of each library.

    Returns:
        `(inserts, molecules)` as `INSERTS` and `MOLECULES`, sorted, the same for any partitioning and order of reads.
    """
    grouped = [group_reads(read_partition(number)) for number in range(n_partitions)]
    keys = {name: np.concatenate([groups.keys[name] for groups in grouped]) for name in _KEYS}
    total = fold_groups(keys, np.concatenate([groups.counts for groups in grouped]), umi_lengths)
    kept = np.flatnonzero(total)
    consensus = (
        pa.concat_tables([groups.consensus for groups in grouped]).combine_chunks().take(pa.array(kept))
    )
    inserts, numbers = unique_inserts(consensus)
    changes = np.concatenate([groups.end_change for groups in grouped])
    molecules = pa.table(
        {
            "row": keys["row"][kept],
            "insert": numbers,
            "umi": keys["umi"][kept],
            "n_reads": total[kept],
            "end_change": changes[kept],
        },
        schema=MOLECULES,
    )
    return inserts, molecules.sort_by([(name, "ascending") for name in MOLECULES.names])


def unique_inserts(consensus: pa.Table) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """Distinct inserts, sorted, and for each row of `consensus` its insert's number."""
    if not consensus.num_rows:
        return INSERTS.empty_table(), np.empty(0, np.int64)
    joined = [
        first + _BETWEEN + second
        for first, second in zip(
            consensus["junction"].to_pylist(), consensus["linker"].to_pylist(), strict=True
        )
    ]
    distinct = sorted(set(joined))
    number = {text: n for n, text in enumerate(distinct)}
    pairs = [text.split(_BETWEEN) for text in distinct]
    inserts = pa.table(
        [pa.array([pair[side] for pair in pairs], pa.binary()) for side in (0, 1)], schema=INSERTS
    )
    return inserts, np.fromiter((number[text] for text in joined), np.int64, len(joined))
