"""Overlap and nearest neighbour of many intervals, by bedtools through pybedtools.

Intervals are tables with contig, start and end (0-based, half-open); answers name rows by their number.
"""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from integrasite.errors import ToolError


def overlapping(points: pd.DataFrame, intervals: pd.DataFrame) -> pd.DataFrame:
    """Every pair of a point and an interval that overlap.

    Args:
        points: contig, start, end.
        intervals: contig, start, end.

    Returns:
        Columns `point` and `interval` (row numbers), sorted.

    Raises:
        ToolError: if bedtools is missing or fails.
    """
    return _pairs("intersect", points, intervals, wa=True, wb=True)


def nearest(points: pd.DataFrame, intervals: pd.DataFrame) -> pd.DataFrame:
    """For every point the intervals at the smallest distance, all of them where several tie.

    Points on a contig without intervals have no answer. Arguments, result and errors: see `overlapping`.
    """
    return _pairs("closest", points, intervals, t="all")


def _pairs(command: str, points: pd.DataFrame, intervals: pd.DataFrame, **options: object) -> pd.DataFrame:
    shared = sorted(set(points["contig"]) & set(intervals["contig"]))
    if not shared:
        return pd.DataFrame({"point": np.empty(0, np.int64), "interval": np.empty(0, np.int64)})
    with tempfile.TemporaryDirectory(prefix="integrasite-") as folder:
        answer = Path(folder) / "answer.bed"
        left = _write_bed(points, shared, Path(folder) / "points.bed")
        right = _write_bed(intervals, shared, Path(folder) / "intervals.bed")
        _run(command, left, right, answer, options)
        if not answer.stat().st_size:
            return pd.DataFrame({"point": np.empty(0, np.int64), "interval": np.empty(0, np.int64)})
        pairs = pd.read_csv(answer, sep="\t", header=None, usecols=[3, 7], names=["point", "interval"])
    return pairs.astype(np.int64).sort_values(["point", "interval"], ignore_index=True)


def _write_bed(frame: pd.DataFrame, contigs: list[str], path: Path) -> Path:
    columns = {name: frame[name].to_numpy() for name in ("contig", "start", "end")}
    bed = pd.DataFrame({**columns, "number": np.arange(len(frame))})
    bed = bed[bed["contig"].isin(contigs)].sort_values(["contig", "start", "end"], kind="stable")
    bed.to_csv(path, sep="\t", header=False, index=False)
    return path


def _run(command: str, left: Path, right: Path, answer: Path, options: dict[str, object]) -> None:
    if shutil.which("bedtools") is None:
        raise ToolError(
            "bedtools was not found on PATH (needed to find genes near sites); install it with "
            "'apt-get install bedtools' or 'conda install -c bioconda bedtools'"
        )
    import pybedtools

    if command == "intersect":
        options["sorted"] = True
    try:
        method = getattr(pybedtools.BedTool(str(left)), command)
        method(b=str(right), output=str(answer), nonamecheck=True, **options)
    except pybedtools.helpers.BEDToolsError as error:
        raise ToolError(f"bedtools {command} failed: {str(error).strip().splitlines()[-1]}") from None
