"""Fragments from FASTQ text as arrays: both mates of each, once per name, and the fragments that show given words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from integrasite.errors import DataError
from integrasite.kernels.codes import Codes
from integrasite.kernels.fastq import GOOD, index_records, take_sequences
from integrasite.kernels.genome_words import Words, words_of
from integrasite.kernels.haplotypes import Ints, Reads, make_reads

_SHORTEST = 20
"""Bases from which a read is one; shorter ones stand for mates that are not there."""
_MOST_QUALITY = 60
_BLOCK = 20_000
"""Fragments whose words are looked up at a time."""

Text = tuple[npt.NDArray[np.uint8], Ints]
"""FASTQ text and its record spans (`kernels.fastq.index_records`)."""


@dataclass(frozen=True, eq=False)
class FragmentPool:
    """Distinct read pairs (or single reads) of a sample, sorted by name.

    Attributes:
        names: of the fragments.
        reads: mates of fragment f are reads 2 f and 2 f + 1; an absent mate has no bases.
        is_single: whether the second mate is absent.
    """

    names: list[bytes]
    reads: Reads
    is_single: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.names)


def index_text(text: bytes) -> Text:
    """Records of FASTQ text."""
    raw = np.frombuffer(text, np.uint8)
    n = int(np.count_nonzero(raw == ord("\n"))) // 4
    spans = np.empty((n + 1, 5), np.int64)
    found, _, state = index_records(raw, 0, raw.size, n + 1, True, spans)
    if state != GOOD:
        raise DataError("recruited reads are not FASTQ; expected four lines a record")
    return raw, spans[:found]


def _names(text: Text) -> list[bytes]:
    raw, spans = text[0].tobytes(), text[1]
    names = [raw[start:stop] for start, stop in spans[:, :2].tolist()]
    return [name[:-2] if name.endswith((b"/1", b"/2")) else name for name in names]


def pool_fragments(parts: Iterable[tuple[Text, Text]]) -> FragmentPool:
    """Put fragments of several sources together; one that several hold counts once.

    Args:
        parts: text of reads 1 and, in the same order, of reads 2 (no records where reads are single).
    """
    seen: dict[bytes, tuple[int, int]] = {}
    texts = []
    for number, (first, second) in enumerate(parts):
        names = _names(first)
        if len(second[1]) not in (0, len(names)):
            raise DataError("recruited reads 1 and 2 are not in step; expected files of one command")
        texts.append((take_sequences(*first), take_sequences(*second)))
        for row, name in enumerate(names):
            seen.setdefault(name, (number, row))
    ordered = sorted(seen)
    codes, qualities, sizes = [np.zeros(0, np.uint8)], [np.zeros(0, np.uint8)], [np.zeros(0, np.int64)]
    for name in ordered:
        number, row = seen[name]
        for own in texts[number]:
            part = _read(own, row)
            codes.append(part[0])
            qualities.append(part[1])
            sizes.append(np.array([part[0].size]))
    starts = np.zeros(2 * len(ordered) + 1, np.int64)
    np.cumsum(np.concatenate(sizes), out=starts[1:])
    reads = make_reads(np.concatenate(codes), np.concatenate(qualities), starts)
    return FragmentPool(ordered, reads, np.diff(starts)[1::2] == 0)


def _read(own: tuple[Codes, npt.NDArray[np.uint8], Ints], row: int) -> tuple[Codes, npt.NDArray[np.uint8]]:
    codes, qualities, offsets = own
    if row + 1 >= offsets.size or offsets[row + 1] - offsets[row] < _SHORTEST:
        return codes[:0], qualities[:0]
    low, high = offsets[row], offsets[row + 1]
    phred = np.clip(qualities[low:high].astype(np.int64) - 33, 0, _MOST_QUALITY)
    return codes[low:high], phred.astype(np.uint8)


def _words(reads: Reads, low: int, high: int, k: int) -> tuple[Ints, Words]:
    """Fragment and canonical word of every word of the fragments `low:high`."""
    starts = reads.starts[2 * low : 2 * high + 1]
    sizes = np.diff(starts)
    # an N behind each read, so that no word runs over its end
    at = np.repeat(np.arange(sizes.size), sizes)
    padded = np.full(int(starts[-1] - starts[0]) + sizes.size, 4, np.uint8)
    padded[np.arange(at.size) + at] = reads.codes[starts[0] : starts[-1]]
    places, words = words_of(padded, k, canonical=True)
    ends = (starts[1:] - starts[0]) + np.arange(1, sizes.size + 1)
    return low + np.searchsorted(ends, places, side="right") // 2, words


def fragments_with_words(pool: FragmentPool, words: Words, k: int) -> Iterator[tuple[Ints, Ints]]:
    """Fragments that show given words.

    Args:
        pool: the fragments.
        words: distinct canonical words of `k` bases, sorted.
        k: their length.

    Yields:
        Fragment and row of the word, each pair once, block by block.
    """
    for low in range(0, len(pool), _BLOCK):
        fragment, found = _words(pool.reads, low, min(low + _BLOCK, len(pool)), k)
        row = np.searchsorted(words, found)
        hit = row < words.size
        hit[hit] = words[row[hit]] == found[hit]
        pairs = np.unique(fragment[hit] * (words.size + 1) + row[hit])
        yield pairs // (words.size + 1), pairs % (words.size + 1)
