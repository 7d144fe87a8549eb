"""Short stretches of a large FASTA, read where they are asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pysam

from integrasite.errors import DataError
from integrasite.io.atomic import atomic_path


class Windows(Protocol):
    """Gives bases `[start, end)` (0-based) of a contig, upper case; places beyond the contig's ends are N."""

    def __call__(self, contig: str, start: int, end: int) -> str:
        """The bases; always `end - start` of them."""
        ...


def index_fasta(path: Path) -> None:
    """Index a plain FASTA beside it (`.fai`); an index that is there stays."""
    index = path.with_name(f"{path.name}.fai")
    if index.exists():
        return
    try:
        with atomic_path(index) as temporary:
            pysam.faidx("--fai-idx", str(temporary), str(path))
    except (OSError, pysam.utils.SamtoolsError) as error:
        raise DataError(
            f"{path}: cannot be indexed ({error}); expected FASTA in lines of equal length"
        ) from None


@contextmanager
def open_windows(path: Path) -> Iterator[Windows]:
    """Read bases of a plain FASTA by place; it is indexed first where it has no index.

    Raises:
        DataError: if it cannot be read or indexed.
    """
    index_fasta(path)
    try:
        handle = pysam.FastaFile(str(path))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); expected FASTA with its .fai") from None

    def window(contig: str, start: int, end: int) -> str:
        inside = handle.fetch(contig, max(start, 0), max(end, 0)).upper() if end > 0 else ""
        return ("N" * min(max(-start, 0), end - start) + inside).ljust(end - start, "N")

    with handle:
        yield window
