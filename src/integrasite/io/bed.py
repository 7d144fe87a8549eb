"""Regions of a BED file."""

from pathlib import Path

import pandas as pd
from xopen import xopen

from integrasite.errors import DataError

_COMMENTS = ("#", "track ", "track\t", "browser ", "browser\t")


def _region(line: str, where: str) -> tuple[str, int, int]:
    cells = line.split("\t")
    ends = [cell.strip() for cell in cells[1:3]]
    if len(ends) < 2 or not all(end.isascii() and end.isdigit() for end in ends):
        raise DataError(f"{where}: '{line.strip()[:60]}' is not BED (contig, start, end separated by tabs)")
    start, end = int(ends[0]), int(ends[1])
    if start > end:
        raise DataError(
            f"{where}: start {start} lies behind end {end}; expected start, then end (0-based, half-open)"
        )
    return cells[0], start, end


def read_bed(path: Path) -> pd.DataFrame:
    """The first three columns of a BED file (plain or gzip) as `contig`, `start`, `end` (0-based, half-open).

    Raises:
        DataError: naming file and line that is not BED.
    """
    rows = []
    try:
        with xopen(path, "rt", encoding="utf-8", threads=0) as handle:
            for number, line in enumerate(handle, 1):
                if line.strip() and not line.startswith(_COMMENTS):
                    rows.append(_region(line, f"{path} line {number}"))
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error}); expected BED, plain or gzip") from None
    return pd.DataFrame(rows, columns=["contig", "start", "end"]).astype({"start": "int64", "end": "int64"})
