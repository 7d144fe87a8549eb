"""Bases of a plain, indexed FASTA as bytes, whole contigs at a time where that is asked for; case is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from integrasite.errors import DataError
from integrasite.io.windows import index_fasta

_BLANK = 32
"""Bytes up to this one are ends of lines."""


class Letters(Protocol):
    """Gives bases `[start, end)` (0-based) of a contig as ASCII bytes, in the FASTA's case."""

    def __call__(self, contig: str, start: int, end: int) -> npt.NDArray[np.uint8]:
        """The bases; fewer where the contig ends before `end`."""
        ...


@contextmanager
def open_letters(path: Path) -> Iterator[Letters]:
    """Read a plain FASTA by place; it is indexed first where it has no index.

    Raises:
        DataError: if it cannot be read, or index and FASTA disagree.
    """
    index_fasta(path)
    lines: dict[str, tuple[int, int, int, int]] = {}
    for line in path.with_name(f"{path.name}.fai").read_text("utf-8").splitlines():
        name, *numbers = line.split("\t")
        length, offset, bases, width = (int(number) for number in numbers[:4])
        lines[name] = (length, offset, bases, width)

    def letters(contig: str, start: int, end: int) -> npt.NDArray[np.uint8]:
        length, offset, bases, width = lines[contig]
        start, end = max(start, 0), min(end, length)
        if start >= end:
            return np.zeros(0, np.uint8)
        first = offset + start // bases * width + start % bases
        last = offset + end // bases * width + end % bases
        # read, not mapped: mapped pages of a whole genome would count as this program's memory
        raw = np.fromfile(path, np.uint8, last - first, offset=first)
        n_lines = (end - start) // bases if start % bases == 0 else 0
        if raw.size == last - first:
            lines_of = raw[: n_lines * width].reshape(n_lines, width)
            rest = raw[n_lines * width :]
            rest = rest[rest > _BLANK]
            if (lines_of[:, bases:] <= _BLANK).all() and rest.size == end - start - n_lines * bases:
                found = np.empty(end - start, np.uint8)
                found[: n_lines * bases].reshape(n_lines, bases)[:] = lines_of[:, :bases]
                found[n_lines * bases :] = rest
                return found
        raise DataError(f"{path}: its index (.fai) does not fit it; remove the index and run again")

    yield letters
