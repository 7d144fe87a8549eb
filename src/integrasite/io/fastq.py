"""Read FASTQ files in step, in batches of arrays."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import dnaio
import numpy as np
import numpy.typing as npt

from integrasite.errors import DataError
from integrasite.kernels.classify import ReadBatch
from integrasite.kernels.codes import encode

BATCH_PAIRS = 8192
"""Pairs per batch; chunks are made of whole batches, so the number never changes a result."""


def _arrays(records: Sequence[dnaio.SequenceRecord]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    sequences = [record.sequence for record in records]
    offsets = np.zeros(len(sequences) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, sequences), np.int64, len(sequences)), out=offsets[1:])
    qualities = np.frombuffer("".join([record.qualities for record in records]).encode("ascii"), np.uint8)
    return encode("".join(sequences)), qualities, offsets


def _absent(n: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    return np.empty(0, np.uint8), np.empty(0, np.uint8), np.zeros(n + 1, np.int64)


def _to_batch(records: Sequence[tuple[dnaio.SequenceRecord, ...]], has_linker: bool, has_index: bool) -> ReadBatch:
    columns = list(zip(*records, strict=True))
    n = len(records)
    junction = _arrays(columns[0])
    linker = _arrays(columns[1]) if has_linker else _absent(n)
    index = _arrays(columns[-1]) if has_index else _absent(n)
    return ReadBatch(*junction, *linker, index[0], index[2])


def _lane_records(paths: Sequence[Path]) -> Iterator[list[tuple[dnaio.SequenceRecord, ...]]]:
    names = ", ".join(path.name for path in paths)
    try:
        with dnaio.open(*paths, open_threads=0) as reader:
            records = iter(reader) if len(paths) > 1 else ((record,) for record in reader)
            while batch := list(islice(records, BATCH_PAIRS)):
                if batch[0][0].qualities is None:
                    raise DataError(f"{names}: FASTA, but qualities are needed; give the FASTQ files")
                yield batch
    except (dnaio.FileFormatError, EOFError, OSError, UnicodeError) as error:
        raise DataError(
            f"{names}: the reads cannot be read ({error}); expected complete FASTQ files of one sequencer run with the "
            "same reads in the same order. Copy or demultiplex them again."
        ) from None


def read_batches(
    junction: Sequence[Path], linker: Sequence[Path], index: Sequence[Path], chunk: int = 0, n_chunks: int = 1
) -> Iterator[ReadBatch]:
    """Read lanes one after the other, all files of a lane in step.

    Args:
        junction: files of the read that starts in the vector end, one per lane.
        linker: files of the other read, one per lane; empty for single-end input.
        index: files of the index read, one per lane; empty where there is none.
        chunk: which chunk to yield; batches are dealt to the chunks in turn.
        n_chunks: how many chunks there are.

    Raises:
        DataError: if a file is truncated, not FASTQ, or the files do not hold the same reads in the same order.
    """
    number = 0
    for lane in range(len(junction)):
        paths = [files[lane] for files in (junction, linker, index) if files]
        for records in _lane_records(paths):
            if number % n_chunks == chunk:
                yield _to_batch(records, bool(linker), bool(index))
            number += 1


def estimate_pairs(junction: Sequence[Path]) -> int:
    """About how many pairs the files hold, from their size alone (only used to choose a number of chunks)."""
    per_read = {True: 75, False: 350}
    return sum(path.stat().st_size // per_read[path.suffix == ".gz"] for path in junction if path.exists())
