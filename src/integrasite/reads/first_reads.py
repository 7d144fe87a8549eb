"""The first reads of FASTQ files as tables, to learn from or to compare with the sheet."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from integrasite.io.fastq import read_batches
from integrasite.reads.learn import ReadTable, stack_reads

N_READS = 20_000
"""Reads looked at in each set of files."""
WIDTH = 150
"""Bases looked at in each read."""


def first_reads(paths: Sequence[Path], n: int = N_READS) -> ReadTable:
    """The first `n` reads of the files, cut to 150 bases; as many of each lane where there are several.

    Raises:
        DataError: if a file is damaged or no FASTQ.
    """
    each = -(-n // max(1, len(paths)))
    tables = [_of_lane(path, each) for path in paths]
    return np.concatenate(tables)[:n] if tables else np.empty((0, WIDTH), np.uint8)


def _of_lane(path: Path, n: int) -> ReadTable:
    tables, n_read = [np.empty((0, WIDTH), np.uint8)], 0
    with closing(read_batches([path], [], [])) as batches:  # type: ignore[type-var]
        for batch in batches:
            tables.append(stack_reads(batch.junction, batch.junction_offsets, WIDTH))
            n_read += len(tables[-1])
            if n_read >= n:
                break
    return np.concatenate(tables)[:n]
