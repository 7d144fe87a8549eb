"""Bases as small integers, and a base with its quality as one byte."""

import numba
import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint8]
"""Bases as 0-3 (A, C, G, T) and 4 (anything else)."""
Packed = npt.NDArray[np.uint8]
"""Bases with quality: base in the two low bits, Phred quality (at most 63) above; an unreadable base is 0."""

CODE_OF = np.full(256, 4, np.uint8)
"""Code of each ASCII character."""
for _code, _base in enumerate("ACGT"):
    CODE_OF[ord(_base)] = CODE_OF[ord(_base.lower())] = _code
_LETTERS = np.frombuffer(b"ACGT", np.uint8)
_ALL_LETTERS = np.frombuffer(b"ACGTN", np.uint8)
_COMPLEMENT = np.array([3, 2, 1, 0, 4], np.uint8)


def encode(sequence: str | bytes) -> Codes:
    """A sequence as codes."""
    raw = sequence.encode("ascii") if isinstance(sequence, str) else sequence
    return CODE_OF[np.frombuffer(raw, np.uint8)]


def decode(codes: Codes) -> str:
    """Codes 0-4 as letters; 4 is N."""
    return _ALL_LETTERS[codes].tobytes().decode("ascii")


def reverse_complement(codes: Codes) -> Codes:
    """The other strand."""
    return _COMPLEMENT[codes[::-1]]


def pad(sequences: list[Codes]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Stack sequences of several lengths into one array (rows padded with 5, which matches nothing) and their lengths."""
    lengths = np.array([len(sequence) for sequence in sequences], np.int64)
    table = np.full((len(sequences), max([1, *lengths.tolist()])), 5, np.uint8)
    for row, sequence in enumerate(sequences):
        table[row, : len(sequence)] = sequence
    return table, lengths


@numba.njit(cache=True, nogil=True)
def pack_spans(
    codes: Codes,
    qualities: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
    out: Packed,
) -> None:
    """Pack spans of a batch (codes and ASCII qualities, Phred+33) end to end into `out`."""
    at = 0
    for row in range(starts.shape[0]):
        for position in range(starts[row], stops[row]):
            code = codes[position]
            quality = min(max(int(qualities[position]) - 33, 0), 63)
            out[at] = 0 if code > 3 else code | (quality << 2)
            at += 1


@numba.njit(cache=True, nogil=True)
def leading_key(
    codes: Codes, starts: npt.NDArray[np.int64], stops: npt.NDArray[np.int64], length: int
) -> npt.NDArray[np.uint64]:
    """The first `length` (at most 32) bases of each span as one integer, two bits a base; short spans are filled with A."""
    keys = np.zeros(starts.shape[0], np.uint64)
    for row in range(starts.shape[0]):
        key = np.uint64(0)
        for k in range(length):
            position = starts[row] + k
            code = codes[position] if position < stops[row] else np.uint8(0)
            key = (key << np.uint64(2)) | np.uint64(code if code <= 3 else 0)
        keys[row] = key
    return keys


def turn_spans(
    codes: Codes,
    qualities: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
) -> tuple[Codes, npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """The other strand of each span of a batch, end to end: codes, qualities, offsets."""
    offsets = np.zeros(len(starts) + 1, np.int64)
    np.cumsum(stops - starts, out=offsets[1:])
    # from each place of the result back to the base it comes from: spans are read from their ends
    source = np.repeat(stops - 1 + offsets[:-1], stops - starts) - np.arange(offsets[-1])
    return _COMPLEMENT[codes[source]], qualities[source], offsets


def packed_to_text(packed: Packed) -> tuple[bytes, bytes]:
    """Bases and ASCII qualities (Phred+33) of packed bases."""
    bases = np.where(packed == 0, np.uint8(ord("N")), _LETTERS[packed & 3])
    # A quality of 0 with base A is how an unreadable base is written, hence N above.
    return bases.astype(np.uint8).tobytes(), ((packed >> 2) + 33).astype(np.uint8).tobytes()


def umi_to_text(umis: npt.NDArray[np.uint64], length: int) -> npt.NDArray[np.str_]:
    """Packed UMIs (two bits a base, first base highest) as strings."""
    if length == 0 or umis.size == 0:
        return np.full(umis.shape, "", dtype="<U1")
    shifts = (2 * np.arange(length - 1, -1, -1)).astype(np.uint64)
    letters = _LETTERS[((umis[:, None] >> shifts) & np.uint64(3)).astype(np.intp)]
    return np.ascontiguousarray(letters.astype("<u4")).view(f"<U{length}").ravel()
