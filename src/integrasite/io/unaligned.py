"""Reads as a BAM file in which nothing is aligned."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pysam

from integrasite.io.atomic import atomic_path

_PAIRED, _UNMAPPED, _MATE_UNMAPPED, _FIRST, _SECOND = 0x1, 0x4, 0x8, 0x40, 0x80


@contextmanager
def unaligned_writer(path: Path, sample: str) -> Iterator[Callable[[bytes, bytes], None]]:
    """Yield what takes FASTQ text of consecutive pairs (read 1, read 2; no read 2 where reads are single).

    Args:
        path: the BAM file; it appears when all is written.
        sample: name of the read group.
    """
    header = {"HD": {"VN": "1.6", "SO": "unsorted", "GO": "query"}, "RG": [{"ID": sample, "SM": sample}]}
    with atomic_path(path) as temporary, pysam.AlignmentFile(str(temporary), "wb", header=header) as handle:

        def add(first: bytes, second: bytes) -> None:
            one, two = first.decode("ascii").splitlines(), second.decode("ascii").splitlines()
            for at in range(0, len(one), 4):
                flag = _PAIRED | _UNMAPPED | _MATE_UNMAPPED if two else _UNMAPPED
                handle.write(_segment(one[at : at + 4], flag | _FIRST if two else flag, sample, handle))
                if two:
                    handle.write(_segment(two[at : at + 4], flag | _SECOND, sample, handle))

        yield add


def _segment(record: list[str], flag: int, sample: str, handle: pysam.AlignmentFile) -> pysam.AlignedSegment:
    name, bases, _, qualities = record
    fields = [name[1:].split()[0], str(flag), "*", "0", "0", "*", "*", "0", "0", bases, qualities]
    return pysam.AlignedSegment.fromstring("\t".join([*fields, f"RG:Z:{sample}"]), handle.header)
