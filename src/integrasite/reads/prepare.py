"""From FASTQ files to usable inserts: classify every pair, keep what lies between LTR end and linker."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from integrasite.kernels.classify import classify_pairs
from integrasite.kernels.codes import leading_key, pack_spans, turn_spans
from integrasite.kernels.layout import Classified, Limits, Patterns, ReadBatch
from integrasite.model.fates import FATES, Fate
from integrasite.model.inserts import READ_COUNTS, READS
from integrasite.reads.discordant import DiscordantPairs

KEY_LENGTH = 16
"""Bases of each end of the insert that say which molecule a read belongs to (with the UMI)."""
FLUSH_PAIRS = 262_144
"""Usable pairs held before they are written."""


@dataclass
class PairCounts:
    """Read pairs by library, barcode, linker and fate."""

    counts: Counter[tuple[int, int, int, int]] = field(default_factory=Counter)

    def add(self, classified: Classified) -> None:
        """Count one batch."""
        columns = (classified.row, classified.barcode, classified.linker, classified.fate.astype(np.int32))
        keys, n = np.unique(np.stack(columns, axis=1), axis=0, return_counts=True)
        for key, count in zip(keys.tolist(), n.tolist(), strict=True):
            self.counts[tuple(key)] += count

    def table(self) -> pa.Table:
        """The counts as a table, sorted."""
        rows = [(*key, count) for key, count in sorted(self.counts.items())]
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(READ_COUNTS)
        return pa.table(
            [pa.array(column, field.type) for column, field in zip(columns, READ_COUNTS, strict=True)],
            schema=READ_COUNTS,
        )


def _binary(
    codes: npt.NDArray[np.uint8],
    quality: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
) -> pa.Array:
    offsets = np.zeros(len(starts) + 1, np.int64)
    np.cumsum(stops - starts, out=offsets[1:])
    packed = np.empty(int(offsets[-1]), np.uint8)
    pack_spans(codes, quality, starts, stops, packed)
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(packed)]
    return pa.Array.from_buffers(pa.binary(), len(starts), buffers)


def usable_reads(batch: ReadBatch, classified: Classified) -> pa.Table:
    """The usable pairs of a batch as rows of `READS`."""
    keep = np.flatnonzero(classified.fate == Fate.USABLE)
    j0, j1 = classified.junction_start[keep], classified.junction_stop[keep]
    linker, quality = batch.linker, batch.linker_quality
    l0, l1 = classified.linker_start[keep], classified.linker_stop[keep]
    if not len(
        linker
    ):  # single-end: a read that runs into the linker shows the insert from the other end as well
        is_whole = j1 < batch.junction_offsets[1:][keep]
        linker, quality, offsets = turn_spans(
            batch.junction, batch.junction_quality, j0, np.where(is_whole, j1, j0)
        )
        l0, l1 = offsets[:-1], offsets[1:]
    return pa.table(
        [
            pa.array(classified.row[keep]),
            pa.array(classified.umi[keep]),
            pa.array(leading_key(batch.junction, j0, j1, KEY_LENGTH)),
            pa.array(leading_key(linker, l0, l1, KEY_LENGTH)),
            pa.array(classified.end_change[keep]),
            _binary(batch.junction, batch.junction_quality, j0, j1),
            _binary(linker, quality, l0, l1),
        ],
        schema=READS,
    )


def partition_of(reads: pa.Table, n_partitions: int) -> npt.NDArray[np.int64]:
    """Partition of each read: reads with the same library, UMI and ends share one, whatever batch they came in."""
    mixed = reads["row"].to_numpy().astype(np.uint64)
    for name in ("umi", "junction_key", "linker_key"):
        mixed = (mixed ^ reads[name].to_numpy()) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    partition: npt.NDArray[np.int64] = (mixed % np.uint64(n_partitions)).astype(np.int64)
    return partition


def _split(tables: list[pa.Table], n_partitions: int) -> Iterator[pa.Table]:
    reads = pa.concat_tables(tables).combine_chunks()
    if n_partitions == 1:
        yield reads
        return
    partition = partition_of(reads, n_partitions)
    for number in range(n_partitions):
        yield reads.take(pa.array(np.flatnonzero(partition == number)))


def prepare_reads(
    batches: Iterable[ReadBatch],
    patterns: Patterns,
    limits: Limits,
    counts: PairCounts,
    n_partitions: int,
    discordant: DiscordantPairs | None = None,
) -> Iterator[pa.Table]:
    """Classify all batches; yield usable reads as one table per partition, in turn, as often as the buffer fills.

    Args:
        batches: read pairs.
        patterns: what reads are compared with.
        limits: thresholds.
        counts: filled with every pair's fate.
        n_partitions: how many tables each flush is split into.
        discordant: filled with the pairs whose barcode and linker name different libraries, if given.
    """
    held: list[pa.Table] = []
    n_held = 0
    for batch in batches:
        classified = classify_pairs(batch, patterns, limits)
        counts.add(classified)
        if discordant is not None:
            discordant.add(batch, classified)
        held.append(usable_reads(batch, classified))
        n_held += held[-1].num_rows
        if n_held >= FLUSH_PAIRS:
            yield from _split(held, n_partitions)
            held, n_held = [], 0
    if n_held:
        yield from _split(held, n_partitions)


def ledger_part(counts: PairCounts, samples: list[str]) -> pd.DataFrame:
    """The reads stage's rows of the ledger; usable pairs get their fate later, pairs of no row stand under `*`."""
    total: Counter[tuple[str, Fate]] = Counter()
    for (row, _, _, code), n_reads in counts.counts.items():
        fate = Fate(code)
        if fate != Fate.USABLE:
            total[samples[row] if row >= 0 else "*", fate] += n_reads
    rows = [
        (sample, FATES[fate].stage, fate.word, n_reads, 0.0)
        for (sample, fate), n_reads in sorted(total.items())
    ]
    return pd.DataFrame(rows, columns=["sample", "stage", "fate", "n_reads", "fraction"])
