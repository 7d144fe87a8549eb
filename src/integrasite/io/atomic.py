"""Write to a temporary name, then rename: a file that exists is complete."""

import gzip
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`; rename it on success, remove it on failure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(folder: Path, last: str) -> Iterator[Path]:
    """Yield a temporary folder; on success its files move into `folder`, `last` after all others, on failure none do."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{os.getpid()}.tmp"
    temporary.mkdir()
    try:
        yield temporary
        (folder / last).unlink(missing_ok=True)
        for path in sorted(temporary.iterdir(), key=lambda path: (path.name == last, path.name)):
            path.replace(folder / path.name)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def fresh_folder(folder: Path, pattern: str) -> None:
    """Make a folder that holds no file of that pattern, so that none of an earlier call stays."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob(pattern):
        path.unlink()


@contextmanager
def binary_writer(path: Path) -> Iterator[BinaryIO]:
    """Yield a handle for the bytes of `path`; the file appears when all are written."""
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        yield handle


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file; names that end in `.gz` are compressed without a time stamp, so equal content gives equal bytes."""
    if path.suffix == ".gz":
        content = gzip.compress(content, compresslevel=6, mtime=0)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a whole text file as UTF-8 with LF line ends (compressed where the name ends in `.gz`)."""
    write_bytes(path, text.encode("utf-8"))
