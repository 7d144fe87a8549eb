"""Look at the start of read files without reading them whole."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from integrasite.errors import DataError
from integrasite.io.streams import GZIP_MARK, READ_ERRORS, file_problem, open_binary


@dataclass(frozen=True)
class Record:
    """One FASTQ record: its name up to the first white space, without a trailing /1 or /2."""

    name: str
    sequence: str


def fastq_problem(path: Path) -> str | None:
    """Why a file cannot be FASTQ (missing, empty, broken gzip, other content), or None; reads a few bytes."""
    problem = file_problem(path)
    if problem:
        return problem
    if path.suffix == ".gz" and _first_bytes(path, 2) != GZIP_MARK:
        return "is named .gz but is not gzip; copy it again, or drop the .gz from its name"
    try:
        with open_binary(path) as stream:
            first = stream.read(1)
    except READ_ERRORS as error:
        return f"is broken gzip ({error}); copy it again"
    if first and first != b"@":
        return f"is not FASTQ (it begins with {first!r}, not with '@')"
    return None


def holds_no_reads(path: Path) -> bool:
    """Whether a well-formed file unpacks to nothing; a damaged one does not count, so that its reader can say so."""
    try:
        with open_binary(path) as stream:
            return not stream.read(1)
    except READ_ERRORS:
        return False


def alignment_problem(path: Path) -> str | None:
    """Why a file cannot be BAM or CRAM, or None; reads its first bytes."""
    problem = file_problem(path)
    if problem:
        return problem
    try:
        with open_binary(path) as stream:
            first = stream.read(4)
    except READ_ERRORS as error:
        return f"is broken ({error}); copy it again"
    return None if first in (b"BAM\x01", b"CRAM") else "is neither BAM nor CRAM"


def _first_bytes(path: Path, n: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(n)


def read_start(path: Path, n: int) -> list[Record]:
    """The first `n` records of a FASTQ file, plain or gzip.

    Raises:
        DataError: if one of them is not FASTQ; names the record.
    """
    records: list[Record] = []
    try:
        with open_binary(path) as stream:
            while len(records) < n and (lines := [line.rstrip(b"\r\n") for line in islice(stream, 4)]):
                records.append(_record(path, lines, len(records) + 1))
    except READ_ERRORS as error:
        raise DataError(
            f"{path}: ends or breaks in the middle of the gzip stream ({error}); copy it again"
        ) from None
    return records


def _record(path: Path, lines: list[bytes], number: int) -> Record:
    if len(lines) < 4 or not lines[0].startswith(b"@") or not lines[2].startswith(b"+"):
        raise DataError(f"{path}: record {number} is not FASTQ (four lines: @name, bases, +, qualities)")
    if len(lines[1]) != len(lines[3]):
        raise DataError(f"{path}: record {number} has {len(lines[1])} bases but {len(lines[3])} qualities")
    name = (lines[0][1:].split() or [b""])[0].decode("utf-8", "replace")
    return Record(name.removesuffix("/1").removesuffix("/2"), lines[1].decode("ascii", "replace").upper())
