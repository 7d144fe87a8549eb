"""Which bases of a FASTA are known: lengths of its sequences and their stretches of N."""

from pathlib import Path

import numpy as np
import pandas as pd

from integrasite.errors import GenomeError
from integrasite.io.streams import READ_ERRORS, open_binary


def read_unknown_bases(path: Path) -> tuple[dict[str, int], pd.DataFrame]:
    """Length of every sequence, and its stretches of N.

    Args:
        path: FASTA, plain or gzip.

    Returns:
        Lengths by name, and contig, start, end (0-based, half-open) of the stretches.

    Raises:
        GenomeError: if the file cannot be read.
    """
    lengths: dict[str, int] = {}
    stretches: list[pd.DataFrame] = []
    name, bases = "", bytearray()
    try:
        with open_binary(path) as stream:
            for line in stream:
                if line.startswith(b">"):
                    _add(name, bases, lengths, stretches)
                    name, bases = (line[1:].decode("utf-8", "replace").split() or [""])[0], bytearray()
                else:
                    bases += line.strip()
    except READ_ERRORS as error:
        raise GenomeError(f"{path}: cannot be read as FASTA ({error}); is it complete?") from None
    _add(name, bases, lengths, stretches)
    empty = pd.DataFrame(
        {"contig": pd.Series(dtype=object), "start": np.empty(0, np.int64), "end": np.empty(0, np.int64)}
    )
    return lengths, pd.concat(stretches, ignore_index=True) if stretches else empty


def _add(name: str, bases: bytearray, lengths: dict[str, int], stretches: list[pd.DataFrame]) -> None:
    if not name:
        return
    lengths[name] = len(bases)
    letters = np.frombuffer(bytes(bases), dtype=np.uint8)
    unknown = np.concatenate([[False], (letters == ord("N")) | (letters == ord("n")), [False]])
    edges = np.flatnonzero(unknown[1:] != unknown[:-1])
    if len(edges):
        stretches.append(pd.DataFrame({"contig": name, "start": edges[::2], "end": edges[1::2]}))
