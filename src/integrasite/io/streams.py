"""Open plain or gzip files by content, and say in words why a file cannot be read."""

import zlib
from pathlib import Path
from typing import BinaryIO, cast

from isal import igzip, isal_zlib

GZIP_MARK = b"\x1f\x8b"

READ_ERRORS = (OSError, EOFError, UnicodeDecodeError, zlib.error, cast(type[Exception], isal_zlib.error))
"""What reading a file that is missing, damaged or cut off can raise."""


def open_binary(path: Path) -> BinaryIO:
    """Open a file for reading; gzip (told by its first bytes, not its name) is unpacked on the way."""
    with path.open("rb") as raw:
        is_gzip = raw.read(2) == GZIP_MARK
    if is_gzip:
        return cast(BinaryIO, igzip.open(path, "rb"))  # type: ignore[no-untyped-call]
    return path.open("rb")


def file_problem(path: Path) -> str | None:
    """Why a file cannot be used at all (missing, folder, empty, forbidden), or None."""
    try:
        if path.is_dir():
            return "is a folder, not a file"
        if path.stat().st_size == 0:
            return "is empty (0 bytes); copy it again"
        with path.open("rb"):
            return None
    except FileNotFoundError:
        return _missing(path)
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"


def _missing(path: Path) -> str:
    if path.is_symlink():
        return f"is a link to {path.readlink()}, which does not exist"
    folder = path.parent
    if not folder.is_dir():
        return f"does not exist (there is no folder {folder})"
    return "does not exist"
