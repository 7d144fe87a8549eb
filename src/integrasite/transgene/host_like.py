"""Stretches of the vectors that the host genome has too: exact ones from one pass over it, diverged ones from the aligner.

Nothing is hard-wired: whether EF1a, PGK, CD8 or anything else is native is seen in the user's own genome.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from integrasite.io.letters import Letters
from integrasite.kernels.codes import Codes, reverse_complement
from integrasite.kernels.genome_words import (
    SEED,
    WORD,
    SharedText,
    WordTable,
    scan_contig,
    shared_text,
    word_table,
    words_of,
)
from integrasite.transgene.vector_map import HostLike

MOST_PLACES = 32
"""Places kept of stretches that begin at one base; a repeat has thousands, and the first ones in the genome do as well."""
_MOST_CONTIGS = 2
"""Contigs held at once: two human chromosomes and their copies while they are read take 1 GB."""
CHAIN_GAP = 10
"""Bases between two stretches of one diagonal that still are one; more diverged copies are the aligner's."""
CHAIN_SHIFT = 20
"""Bases by which the diagonals of two stretches may differ (insertions, deletions) to be one."""


@dataclass(frozen=True, eq=False)
class Texts:
    """The sequences that are looked for in the host, on both strands, end to end.

    Attributes:
        names: of the sequences.
        codes: the sequences.
        starts: where the forward strand of each begins in `shared`; the other strand follows after one N.
        shared: all of them, prepared for the pass.
    """

    names: tuple[str, ...]
    codes: tuple[Codes, ...]
    starts: npt.NDArray[np.int64]
    shared: SharedText

    @classmethod
    def of(cls, sequences: Mapping[str, Codes]) -> "Texts":
        """Lay out sequences."""
        between = np.array([4], np.uint8)
        pieces: list[Codes] = []
        starts = []
        at = 0
        for codes in sequences.values():
            starts.append(at)
            pieces += [codes, between, reverse_complement(codes), between]
            at += 2 * codes.size + 2
        text = np.concatenate(pieces) if pieces else np.zeros(0, np.uint8)
        return cls(tuple(sequences), tuple(sequences.values()), np.array(starts, np.int64), shared_text(text))

    def locate(self, start: int, length: int) -> tuple[int, int, str]:
        """Sequence, first base on its forward strand and strand of a stretch of the text."""
        row = int(np.searchsorted(self.starts, start, "right")) - 1
        inside = start - int(self.starts[row])
        size = self.codes[row].size
        if inside <= size:
            return row, inside, "+"
        return row, size - (inside - size - 1) - length, "-"


@dataclass(frozen=True, eq=False)
class HostScan:
    """What one pass over the host found.

    Attributes:
        stretches: per name, every exact stretch kept.
        counted: the words that were counted.
        counts: how often each stands in the host, on either strand.
    """

    stretches: dict[str, list[HostLike]]
    counted: WordTable
    counts: npt.NDArray[np.int32]

    def word_counts(self, codes: Codes) -> npt.NDArray[np.int64]:
        """For each start of `codes`, how often its word of `WORD` bases stands in the host; -1 where it holds an N.

        The words must be among those that were counted.
        """
        found = np.full(max(codes.size - WORD + 1, 0), -1, np.int64)
        starts, words = words_of(codes, WORD, canonical=True)
        found[starts] = self.counts[np.searchsorted(self.counted.words, words)]
        return found


def scan_host(
    letters: Letters,
    contigs: Mapping[str, int],
    sequences: Mapping[str, Codes],
    windows: Iterable[Codes] = (),
    *,
    min_bp: int,
    threads: int = 1,
) -> HostScan:
    """Look for sequences in the host, and count their words and those of windows, contig by contig.

    Args:
        letters: the host.
        contigs: host contigs with lengths, in order.
        sequences: vectors and backbones, by name.
        windows: other sequences whose words are counted.
        min_bp: shortest exact stretch, bp (at least the seed of 20).
        threads: contigs scanned at once; changes no result.
    """
    texts = Texts.of(sequences)
    words = [words_of(codes, WORD, canonical=True)[1] for codes in (*texts.codes, *windows)]
    counted = word_table(np.concatenate(words) if words else np.zeros(0, np.uint64))

    def scan(contig: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        counts = np.zeros(counted.words.size, np.int32)
        n_at = np.zeros(texts.shared.codes.size, np.int32)
        bases = letters(contig, 0, contigs[contig])
        run = max(min_bp, SEED)
        return scan_contig(bases, texts.shared, counted, counts, n_at, min_run=run, most=MOST_PLACES), counts

    found: dict[str, list[HostLike]] = {name: [] for name in texts.names}
    counts = np.zeros(counted.words.size, np.int32)
    n_kept = np.zeros(texts.shared.codes.size, np.int32)
    with ThreadPoolExecutor(min(max(threads, 1), _MOST_CONTIGS)) as pool:
        for contig, (rows, n_words) in zip(contigs, pool.map(scan, contigs), strict=True):
            counts += n_words
            for place, start, length in rows.tolist():
                if n_kept[start] < MOST_PLACES:
                    n_kept[start] += 1
                    row, first, strand = texts.locate(start, length)
                    stretch = HostLike(first, first + length, contig, place, place + length, strand, 1.0)
                    found[texts.names[row]].append(stretch)
    return HostScan(found, counted, counts)


def chain(stretches: Iterable[HostLike]) -> list[HostLike]:
    """Join stretches of one diagonal (contig, strand, nearly one offset) that overlap or nearly meet.

    The identity of a chain is its equal bases over its length: bases between exact stretches count as different.
    """
    chains: list[HostLike] = []
    equal: list[float] = []
    latest: dict[tuple[str, str, int], list[int]] = {}
    for item in sorted(stretches, key=lambda s: (s.start, s.end, s.contig, s.host_start, s.strand)):
        bucket = _diagonal(item) // CHAIN_SHIFT
        near = [
            row
            for b in (bucket - 1, bucket, bucket + 1)
            for row in latest.get((item.contig, item.strand, b), ())
        ]
        row = max((r for r in near if _joins(chains[r], item)), default=-1, key=lambda r: (chains[r].end, -r))
        if row < 0:
            chains.append(item)
            equal.append(item.identity * (item.end - item.start))
            latest.setdefault((item.contig, item.strand, bucket), []).append(len(chains) - 1)
            continue
        old = chains[row]
        new_bases = max(item.end - max(old.end, item.start), 0)
        equal[row] += item.identity * new_bases
        chains[row] = replace(
            old,
            end=max(old.end, item.end),
            host_start=min(old.host_start, item.host_start),
            host_end=max(old.host_end, item.host_end),
        )
    return [
        replace(item, identity=round(min(bases / (item.end - item.start), 1.0), 4))
        for item, bases in zip(chains, equal, strict=True)
    ]


def _diagonal(item: HostLike) -> int:
    return item.host_start - item.start if item.strand == "+" else item.host_end + item.start


def _joins(one: HostLike, other: HostLike) -> bool:
    return (
        one.contig == other.contig
        and one.strand == other.strand
        and abs(_diagonal(one) - _diagonal(other)) <= CHAIN_SHIFT
        and other.start - one.end <= CHAIN_GAP
    )


def outermost(stretches: Iterable[HostLike]) -> tuple[HostLike, ...]:
    """Stretches that none with more equal bases covers; of equal ones the first place.

    What is left may overlap: at its ends, where neighbours share bases by chance, or where a diverged copy reaches further.
    """
    kept: list[HostLike] = []
    for item in sorted(
        stretches, key=lambda s: (s.identity * (s.start - s.end), s.start, s.contig, s.host_start, s.strand)
    ):
        if not any(other.start <= item.start and item.end <= other.end for other in kept):
            kept.append(item)
    return tuple(sorted(kept, key=lambda s: (s.start, s.end)))
