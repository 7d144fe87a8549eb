"""What reads are compared with: barcodes, linkers, vector ends and what follows them inside the vector."""

from dataclasses import dataclass

import numpy as np

from integrasite.config.calling import Calling
from integrasite.config.settings import Protocol
from integrasite.errors import ConfigError
from integrasite.kernels.codes import Codes, encode, pad, reverse_complement
from integrasite.kernels.layout import Limits, Patterns
from integrasite.kernels.match import count_mismatches

CONTINUATION = 40
"""Bases compared behind an LTR end to see whether the read goes on inside the vector."""
_CONTEXT = 20
_LONGEST_UMI = 32
_THROUGH = 20
_SHORTEST_THROUGH = 12
_U3_STARTS = {
    "lentivirus": "TGGAAGGGCTAATTCACTCCCAACGAAGACAAGATATCCT",
    "gammaretrovirus": "AATGAAAGACCCCACCTGTAGGTTTGGCAAGCTAGCTTAA",
}
"""First bases of the 5' LTR (HIV-1 HXB2, MLV); both are public reference sequence and conserved."""


@dataclass(frozen=True)
class LibraryReads:
    """What the reads of one library look like."""

    barcode: str
    linker: str
    protocol: str


def limits_of(calling: Calling) -> Limits:
    """The kernel's thresholds."""
    return Limits(
        calling.barcode_mismatches,
        calling.linker_mismatches,
        calling.primer_error_rate,
        calling.ltr_error_rate,
        calling.ltr_tail_mismatches,
        calling.min_insert,
        10 ** (-calling.min_read_quality / 10),
        calling.max_n_fraction,
        calling.vector_mismatch_rate,
    )


def split_linker(linker: str) -> tuple[str, int, str]:
    """The constant part before the UMI, the UMI's length, and the constant part after it.

    Raises:
        ConfigError: if the linker has more than one run of N, or one of more than 32.

    >>> split_linker("ACGTNNNNGG")
    ('ACGT', 4, 'GG')
    """
    prefix = linker.split("N", 1)[0]
    suffix = linker[len(prefix) :].lstrip("N")
    if "N" in suffix:
        raise ConfigError(f"linker '{linker}' has more than one run of N; expected one run (the UMI) or none")
    n_umi = len(linker) - len(prefix) - len(suffix)
    if n_umi > _LONGEST_UMI:
        raise ConfigError(
            f"linker '{linker}' has a UMI of {n_umi} bases; at most {_LONGEST_UMI} can be compared"
        )
    return prefix, n_umi, suffix


def _read_through(prefix: str, n_umi: int, suffix: str) -> tuple[Codes, int]:
    """How a junction read runs into the linker, and the linker's bases before that; a short suffix would be met by chance."""
    is_suffix = len(suffix) >= min(_SHORTEST_THROUGH, len(prefix)) and suffix != ""
    part, gap = (suffix, 0) if is_suffix else (prefix, n_umi + len(suffix))
    return reverse_complement(encode(part))[:_THROUGH], gap


def find_sites(sequence: Codes, pattern: Codes, max_mismatches: int) -> list[int]:
    """Where `pattern` ends in `sequence`, with at most `max_mismatches` substitutions."""
    n = len(pattern)
    return [
        at + n
        for at in range(len(sequence) - n + 1)
        if count_mismatches(sequence, at, len(sequence), pattern, 0, n, max_mismatches) <= max_mismatches
    ]


def find_continuations(vector: Codes, protocol: Protocol) -> list[Codes]:
    """What follows the protocol's LTR end wherever it stands in the vector (PBS or PPT side, backbone)."""
    pattern = encode(protocol.primer + protocol.ltr_end)[-_CONTEXT:]
    found: list[Codes] = []
    for strand in (vector, reverse_complement(vector)):
        for end in find_sites(strand, pattern, len(pattern) // 5):
            if len(strand) - end >= 12:
                found.append(strand[end : end + CONTINUATION])
    return found


def find_circle(vector: Codes, protocol: Protocol, kind: str) -> list[Codes]:
    """How a read goes on that leaves this LTR end into the other LTR's outer end (2-LTR circle)."""
    motif = encode(_U3_STARTS[kind]) if kind in _U3_STARTS else np.empty(0, np.uint8)
    if not len(motif):
        return []
    if protocol.vector_end in ("U5", "ITR3"):
        starts = [end - 20 for end in find_sites(vector, motif[:20], 4)]
        return [vector[start : start + CONTINUATION] for start in starts[:1]] or [motif]
    ends = [
        strand[: end - 2][-CONTINUATION:]
        for strand in (vector,)
        for end in find_sites(vector, encode("AAAATCTCTAGCAGT"), 1)
    ]
    return [reverse_complement(end) for end in ends[:1]]


def make_patterns(
    libraries: list[LibraryReads], protocols: dict[str, Protocol], vectors: dict[str, list[tuple[str, Codes]]]
) -> Patterns:
    """Compile what the kernel compares reads with.

    Args:
        libraries: one per row of the source, in sheet order.
        protocols: the protocols that these rows name.
        vectors: per protocol name, `(kind, sequence)` of every vector used with it.
    """
    barcodes = list(dict.fromkeys(library.barcode for library in libraries if library.barcode))
    linkers = list(dict.fromkeys(library.linker for library in libraries if library.linker))
    names = list(protocols)
    parts = [split_linker(linker) for linker in linkers]
    through = [_read_through(*part) for part in parts]
    ends = [encode(protocol.primer + protocol.ltr_end) for protocol in protocols.values()]
    continuations = [
        (names.index(name), codes)
        for name in names
        for _, vector in vectors[name]
        for codes in find_continuations(vector, protocols[name])
    ]
    circles = [
        (names.index(name), codes)
        for name in names
        for kind, vector in vectors[name]
        for codes in find_circle(vector, protocols[name], kind)
    ]
    return Patterns(
        *pad([encode(barcode) for barcode in barcodes]),
        np.array([barcodes.index(x.barcode) if x.barcode else -1 for x in libraries], np.int64),
        *pad([encode(prefix) for prefix, _, _ in parts]),
        *pad([encode(suffix) for _, _, suffix in parts]),
        np.array([n_umi for _, n_umi, _ in parts], np.int64),
        np.array([linkers.index(x.linker) if x.linker else -1 for x in libraries], np.int64),
        *pad([codes for codes, _ in through]),
        np.array([gap for _, gap in through], np.int64),
        np.array([names.index(x.protocol) for x in libraries], np.int64),
        *pad(ends),
        np.array([len(protocol.primer) for protocol in protocols.values()], np.int64),
        *pad([reverse_complement(end)[:_THROUGH] for end in ends]),
        *pad([codes for _, codes in continuations]),
        np.array([protocol for protocol, _ in continuations], np.int64),
        *pad([codes for _, codes in circles]),
        np.array([protocol for protocol, _ in circles], np.int64),
    )
