"""Regions of a BED file."""

from pathlib import Path

import pandas as pd
from xopen import xopen

from integrasite.errors import DataError


def read_bed(path: Path) -> pd.DataFrame:
    """The first three columns of a BED file (plain or gzip) as `contig`, `start`, `end` (0-based, half-open).

    Raises:
        DataError: naming file and line that is not BED.
    """
    rows = []
    with xopen(path, "rt", threads=0) as handle:
        for number, line in enumerate(handle, 1):
            if not line.strip() or line.startswith(("#", "track", "browser")):
                continue
            cells = line.rstrip("\n").split("\t")
            if len(cells) < 3 or not (cells[1].isdigit() and cells[2].strip().isdigit()):
                raise DataError(
                    f"{path} line {number}: '{line.strip()[:60]}' is not BED (contig, start, end separated by tabs)"
                )
            rows.append((cells[0], int(cells[1]), int(cells[2])))
    return pd.DataFrame(rows, columns=["contig", "start", "end"])
