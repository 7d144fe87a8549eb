"""Unpack BGZF, the gzip blocks that BAM files are made of (SAM/BAM specification, section 4.1)."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from isal import isal_zlib

from integrasite.io.read_ahead import map_in_order

_READ = 1 << 20
_PIECE = 8
"""Blocks (of up to 64 kB) that are unpacked together: little enough to stay in a core's cache until it is looked at."""
_LAST_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_MARK = b"\x1f\x8b\x08\x04"
_START = struct.Struct("<4s6xH2sHH")
_END = struct.Struct("<II")
_FIXED = 12
"""Bytes of a block before its extra fields."""
_LARGEST = 1 << 16


class _Piece(NamedTuple):
    """Bytes as they stand in the file, and in them start of the packed data and end of each block."""

    data: memoryview
    blocks: list[tuple[int, int]]


def _block(data: bytes, at: int) -> tuple[int, int]:
    """Where a block's packed data begins and where the block ends; (0, 0) if its head is not there as a whole."""
    if len(data) - at < _START.size:
        return 0, 0
    mark, n_extra, name, length, size = _START.unpack_from(data, at)
    if mark != _MARK:
        raise ValueError("it is not made of BGZF blocks")
    start = at + _FIXED + n_extra
    if start > len(data):
        return 0, 0
    here = at + _FIXED
    while (name, length) != (b"BC", 2):
        here += 4 + length
        if here + 6 > start:
            raise ValueError("it is gzip, but not made of BGZF blocks")
        name, length, size = struct.unpack_from("<2sHH", data, here)
    if at + size + 1 - start < _END.size:
        raise ValueError("a block's length does not fit what is in it")
    return start, at + size + 1


def _pieces(path: Path) -> Iterator[_Piece]:
    left = b""
    with path.open("rb") as handle:
        while part := handle.read(_READ):
            data = left + part
            at, blocks = 0, []
            while True:
                start, end = _block(data, at)
                if not end or end > len(data):
                    break
                blocks.append((start, end))
                at = end
            view = memoryview(data)
            for first in range(0, len(blocks), _PIECE):
                yield _Piece(view, blocks[first : first + _PIECE])
            left = data[at:]
    if left:
        raise EOFError("it ends within a block")


def _unpack(piece: _Piece) -> list[bytes]:
    found = []
    for start, end in piece.blocks:
        checksum, size = _END.unpack_from(piece.data, end - _END.size)
        if size > _LARGEST:
            raise ValueError("a block's length does not fit what is in it")
        packed = piece.data[start : end - _END.size]
        block = isal_zlib.decompress(packed, wbits=-15, bufsize=max(size, 1))
        if len(block) != size or isal_zlib.crc32(block) != checksum:
            raise ValueError("a block's checksum does not fit what is in it")
        found.append(block)
    return found


def read_bgzf(path: Path, threads: int = 1) -> Iterator[list[bytes]]:
    """What a file holds, some blocks at a time.

    Args:
        path: a BGZF file with the empty block that ends a complete one.
        threads: that unpack; change no result.

    Raises:
        OSError, EOFError, ValueError, isal_zlib.error: if it is missing, damaged, cut off, or no BGZF file.
    """
    with path.open("rb") as raw:
        raw.seek(0, os.SEEK_END)
        raw.seek(max(0, raw.tell() - len(_LAST_BLOCK)))
        if raw.read() != _LAST_BLOCK:
            raise EOFError("the block that ends every BAM file is missing")
    yield from map_in_order(_unpack, _pieces(path), threads)
