"""Read a FASTQ pair with its names, record by record, for the few reads of the tumour road."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import numpy as np
import numpy.typing as npt
from xopen import xopen

from integrasite.errors import DataError
from integrasite.io.fastq_check import holds_no_reads
from integrasite.kernels.codes import Codes, encode

Read = tuple[Codes, npt.NDArray[np.uint8]]
"""Bases and Phred qualities."""
_EXPECTED = "expected four lines a record: @name, sequence, +, qualities"


def _records(path: Path) -> Iterator[tuple[str, Read]]:
    number = 0
    try:
        with xopen(path, "rb", threads=0) as handle:
            while head := handle.readline():
                number += 1
                bases, plus, quality = (handle.readline().rstrip() for _ in range(3))
                if not head.startswith(b"@") or not plus.startswith(b"+") or len(bases) != len(quality):
                    raise DataError(f"{path}, record {number:,}: not FASTQ; {_EXPECTED}")
                name = (head[1:].split() or [b""])[0].decode("ascii", "replace")
                yield name, (encode(bases), np.frombuffer(quality, np.uint8) - np.uint8(33))
    except (OSError, EOFError) as error:
        raise DataError(f"{path}: cannot be read after record {number:,} ({error}); {_EXPECTED}") from None


def _plain(name: str) -> str:
    return name[:-2] if name.endswith(("/1", "/2")) else name


def read_named(first: Path, second: Path | None) -> Iterator[tuple[str, Read, Read | None]]:
    """Pairs (or single reads) with their names.

    Raises:
        DataError: if a file is damaged, or the two do not hold the same reads in the same order.
    """
    if second is None:
        for name, read in _records(first):
            yield _plain(name), read, None
        return
    for number, (one, other) in enumerate(zip_longest(_records(first), _records(second)), 1):
        if one is None or other is None or _plain(one[0]) != _plain(other[0]):
            raise DataError(
                f"{first} and {second}, record {number:,}: the two files do not hold the same reads in the same order; "
                "use the two files that one command wrote"
            )
        yield _plain(one[0]), one[1], other[1]


def read_recruited(first: Path, second: Path | None) -> Iterator[tuple[str, Read, Read | None]]:
    """Fragments that `integrasite recruit` wrote: its second file holds no reads where reads are single.

    Raises:
        DataError: as `read_named`.
    """
    is_single = second is None or holds_no_reads(second)
    yield from read_named(first, None if is_single else second)
