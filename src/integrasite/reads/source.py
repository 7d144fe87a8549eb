"""Everything the reads stage must know of one source: patterns, thresholds, which file is which read."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from integrasite.config.study import Study
from integrasite.errors import ConfigError
from integrasite.io.fastq import estimate_pairs
from integrasite.io.sequences import read_vector
from integrasite.kernels.codes import Codes, encode
from integrasite.kernels.layout import Limits, Patterns
from integrasite.model.library import Source
from integrasite.reads.patterns import LibraryReads, limits_of, make_patterns, split_linker

PARTITION_PAIRS = 500_000
"""Read pairs that are collapsed at once."""


@dataclass(frozen=True)
class SourceReads:
    """One source's files by their part in the protocol, and what its reads are compared with."""

    junction: tuple[Path, ...]
    linker: tuple[Path, ...]
    index: tuple[Path, ...]
    patterns: Patterns
    limits: Limits


def umi_lengths(study: Study, source: Source) -> npt.NDArray[np.int64]:
    """UMI length of each library of the source, bases."""
    return np.array([split_linker(study.linker_of(library))[1] for library in source.libraries], np.int64)


def n_chunks(study: Study, source: Source) -> int:
    """How many chunks the reads stage takes; from file sizes, so that it is known before anything runs."""
    return max(1, -(-estimate_pairs(source.r1) // study.config.chunk_reads))


def n_partitions(source: Source) -> int:
    """How many partitions reads are collapsed in, so that memory does not grow with reads."""
    return max(1, -(-estimate_pairs(source.r1) // PARTITION_PAIRS))


def _files(study: Study, source: Source) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    reads = {study.protocol_of(library).junction_read for library in source.libraries}
    if len(reads) > 1:
        first = source.libraries[0]
        raise ConfigError(
            f"sheet line {first.line}: libraries in one set of files start their junction in different reads (R1 and R2); "
            "expected one protocol.junction_read for all rows that share files"
        )
    if not source.r2:
        return source.r1, ()
    return (source.r2, source.r1) if reads == {"R2"} else (source.r1, source.r2)


def load_source(study: Study, source: Source) -> SourceReads:
    """Compile one source.

    Raises:
        ConfigError, GenomeError: if protocols or vectors do not fit.
    """
    names = dict.fromkeys(library.protocol for library in source.libraries)
    protocols = {name: study.config.protocols[name] for name in names}
    sequences: dict[str, Codes] = {}
    vectors: dict[str, dict[str, tuple[str, Codes]]] = {name: {} for name in names}
    for library in source.libraries:
        for name, vector in study.vectors_of(library).items():
            if name not in sequences:
                sequences[name] = encode(read_vector(study.resolve(vector.sequence)))
            vectors[library.protocol][name] = (vector.kind, sequences[name])
    rows = [
        LibraryReads(library.barcode.upper(), study.linker_of(library), library.protocol)
        for library in source.libraries
    ]
    patterns = make_patterns(rows, protocols, {name: list(found.values()) for name, found in vectors.items()})
    junction, linker = _files(study, source)
    return SourceReads(junction, linker, source.i1, patterns, limits_of(study.config.calling))
