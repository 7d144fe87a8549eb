"""Fragments from FASTQ text as arrays: both mates of each, once per name, and the fragments that show given words."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from integrasite.errors import DataError
from integrasite.kernels.fastq import GOOD, index_records, take_sequences
from integrasite.kernels.haplotypes import Ints, Reads, make_reads
from integrasite.kernels.read_words import OwnedWords, shown_owners

_SHORTEST = 20
"""Bases from which a read is one; shorter ones stand for mates that are not there."""
_MOST_QUALITY = 60

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
        parts_of = (take_sequences(*first), take_sequences(*second))
        texts.append([(codes, qualities, offsets.tolist()) for codes, qualities, offsets in parts_of])
        for row, name in enumerate(names):
            seen.setdefault(name, (number, row))
    ordered = sorted(seen)
    codes, qualities = [np.zeros(0, np.uint8)], [np.zeros(0, np.uint8)]
    sizes = np.zeros((len(ordered), 2), np.int64)
    for at, name in enumerate(ordered):
        number, row = seen[name]
        for mate, (own_codes, own_qualities, offsets) in enumerate(texts[number]):
            low, high = (offsets[row], offsets[row + 1]) if row + 1 < len(offsets) else (0, 0)
            if high - low >= _SHORTEST:
                codes.append(own_codes[low:high])
                qualities.append(own_qualities[low:high])
                sizes[at, mate] = high - low
    starts = np.zeros(2 * len(ordered) + 1, np.int64)
    np.cumsum(sizes.ravel(), out=starts[1:])
    phred = np.clip(np.concatenate(qualities).astype(np.int16) - 33, 0, _MOST_QUALITY).astype(np.uint8)
    return FragmentPool(ordered, make_reads(np.concatenate(codes), phred, starts), sizes[:, 1] == 0)


def fragments_with_words(pool: FragmentPool, owned: OwnedWords) -> tuple[Ints, Ints]:
    """Fragments and the owners of whose words they show any, each pair once, by fragment and owner."""
    return shown_owners(pool.reads.codes, pool.reads.starts, owned)
