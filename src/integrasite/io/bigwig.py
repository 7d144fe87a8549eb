"""Write bigWig files."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyBigWig

from integrasite.errors import DataError
from integrasite.io.atomic import atomic_path
from integrasite.io.sequences import iterate_fasta


def contig_lengths(genome: Path) -> dict[str, int]:
    """Length of every contig (bp): from `GENOME.fai` where it is newer than the FASTA, or the sequences.

    Raises:
        DataError: if the genome cannot be read.
    """
    index = genome.with_name(genome.name + ".fai")
    if index.is_file() and index.stat().st_mtime_ns >= genome.stat().st_mtime_ns:
        rows = (line.split("\t") for line in index.read_text("utf-8").splitlines() if line)
        return {row[0]: int(row[1]) for row in rows}
    return {name: len(sequence) for name, sequence in iterate_fasta(genome)}


def write_bigwig(track: pd.DataFrame, lengths: Mapping[str, int], path: Path) -> None:
    """Write one track.

    Args:
        track: contig, start, end (0-based, half-open, not overlapping), cells; sorted by contig and start.
        lengths: length of every contig, bp.
        path: the file.

    Raises:
        DataError: if the track has a contig that the genome lacks.
    """
    if unknown := sorted(set(track["contig"]) - set(lengths)):
        raise DataError(
            f"{path.name}: sites on {', '.join(unknown)}, which the genome lacks; was it replaced?"
        )
    with atomic_path(path) as temporary:
        handle = pyBigWig.open(str(temporary), "w")
        handle.addHeader(sorted(lengths.items()), maxZooms=0 if track.empty else 10)
        if not track.empty:
            handle.addEntries(
                track["contig"].tolist(),
                track["start"].tolist(),
                ends=track["end"].tolist(),
                values=[float(cells) for cells in track["cells"]],
            )
        handle.close()
