"""Write recruited pairs as two gzip files that keep step, block by block."""

import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from integrasite.io.atomic import binary_writer

_LEVEL = 1
"""zlib's fastest: the files are read once or twice and small beside their source."""


class _Gzip:
    """One gzip stream without a time stamp."""

    def __init__(self, handle: BinaryIO) -> None:
        self.handle = handle
        self.deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, 31)

    def write(self, text: bytes) -> None:
        self.handle.write(self.deflate.compress(text))

    def finish(self) -> None:
        self.handle.write(self.deflate.flush())


class PairWriter:
    """Takes FASTQ text of reads 1 and of reads 2."""

    def __init__(self, first: _Gzip, second: _Gzip) -> None:
        self.first, self.second = first, second

    def write(self, first: bytes, second: bytes) -> None:
        """Append fragments; `second` is empty where reads are single."""
        self.first.write(first)
        self.second.write(second)


@contextmanager
def pair_writer(r1: Path, r2: Path) -> Iterator[PairWriter]:
    """Open both files; they appear when all is written. The second one is empty (a gzip file of 0 reads) for single reads."""
    with ExitStack() as stack:
        first, second = (_Gzip(stack.enter_context(binary_writer(path))) for path in (r1, r2))
        yield PairWriter(first, second)
        first.finish()
        second.finish()
