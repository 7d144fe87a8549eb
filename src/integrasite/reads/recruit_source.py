"""The recruiting pass over a sample's files, whatever kind they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from integrasite.io.bam_regions import Span, cut_to_spans, is_aligned_to
from integrasite.io.bam_stream import fetch_reads, has_index, is_cram, read_bam
from integrasite.io.fastq import read_texts
from integrasite.kernels.codes import Codes
from integrasite.reads.recruit import Recruited, recruit_texts
from integrasite.reads.recruit_bam import BamRecruiter, recruit_bam
from integrasite.reads.recruit_counts import RecruitCounts
from integrasite.reads.recruit_targets import Targets, make_window_targets


@dataclass(frozen=True)
class ReadFiles:
    """A sample's reads: FASTQ, one file per lane, or one BAM or CRAM (with the host's FASTA, which CRAM needs)."""

    r1: tuple[Path, ...] = ()
    r2: tuple[Path, ...] = ()
    bam: Path | None = None
    reference: Path | None = None

    @property
    def kind(self) -> str:
        """`fastq`, `bam` or `cram`."""
        return "fastq" if self.bam is None else "cram" if is_cram(self.bam) else "bam"


def recruit(
    files: ReadFiles, targets: Targets, counts: RecruitCounts, longest: int, threads: int = 1
) -> Iterator[Recruited]:
    """Read a sample once and yield the fragments that touch a target.

    Args:
        files: the sample's reads.
        targets: what is looked for.
        counts: filled.
        longest: longest fragment of a control locus that is counted, bp.
        threads: scanning threads, beside one that reads; the result does not depend on them.

    Raises:
        DataError: if a file is damaged or cut off.
    """
    if files.bam is None:
        yield from recruit_texts(read_texts(files.r1, files.r2), targets, counts, longest, threads)
        return
    recruiter = BamRecruiter(targets, counts, longest, threads)
    fetch = partial(fetch_reads, files.bam, files.reference) if has_index(files.bam) else None
    yield from recruit_bam(recruiter, partial(read_bam, files.bam, files.reference, threads), fetch)


@dataclass
class WindowReads:
    """Fragments of host windows.

    Attributes:
        names: windows.
        first: FASTQ text of reads 1, in the order of windows and names.
        second: of reads 2, in step; empty where single.
        window: number of the window of each fragment.
        n_found: per window, how many fragments there were.
        kept: per window, the share of them that was kept (a power of one half).
    """

    names: tuple[str, ...]
    first: bytes
    second: bytes
    window: list[int]
    n_found: list[int]
    kept: list[float]


@dataclass
class _Bin:
    """Fragments of one window, thinned out by a hash of their names whenever there are too many."""

    most: int
    shift: int = 0
    n_found: int = 0

    def __post_init__(self) -> None:
        self.held: dict[bytes, tuple[bytes, bytes]] = {}

    def add(self, name: bytes, first: bytes, second: bytes) -> None:
        self.n_found += 1
        if self._stays(name):
            self.held[name] = (first, second)
        while len(self.held) > self.most:
            self.shift += 1
            self.held = {name: pair for name, pair in self.held.items() if self._stays(name)}

    def _stays(self, name: bytes) -> bool:
        if not self.shift:
            return True
        value = 0xCBF29CE484222325
        for letter in name:
            value = (value ^ letter) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
        return (value * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF) >> (64 - self.shift) == 0


def _records(text: bytes) -> list[bytes]:
    lines = text.splitlines(keepends=True)
    return [b"".join(lines[at : at + 4]) for at in range(0, len(lines), 4)]


_AROUND = 1000
"""Bases on either side of a place whose records are fetched with it, so that few mates are left to be fetched one by one."""


@dataclass(frozen=True)
class Places:
    """Where windows stand in the host, and the host's contigs with their lengths."""

    spans: tuple[Span, ...]
    contigs: Mapping[str, int]

    def are_in(self, files: ReadFiles) -> bool:
        """Whether a file can be asked for the reads of these places."""
        return files.bam is not None and is_aligned_to(files.bam, files.reference, self.contigs)


def _recruit_at(
    files: ReadFiles, places: Places, targets: Targets, counts: RecruitCounts, threads: int
) -> Iterator[Recruited]:
    """As `recruit`, of the records at these places and their mates only."""
    assert files.bam is not None
    spans = [(contig, start - _AROUND, end + _AROUND) for contig, start, end in places.spans]
    recruiter = BamRecruiter(targets, counts, 0, threads)
    with cut_to_spans(files.bam, files.reference, spans) as part:
        fetch = partial(fetch_reads, files.bam, files.reference)
        yield from recruit_bam(recruiter, partial(read_bam, part), fetch)


def recruit_windows(
    files: ReadFiles,
    windows: Mapping[str, Codes],
    most: int,
    threads: int = 1,
    places: Places | None = None,
) -> tuple[WindowReads, RecruitCounts]:
    """Collect all fragments that lie over given host windows, e.g. 600 bp on either side of every site.

    Windows in repeats draw the reads of all their copies. Of a window with more than `most` fragments a share is kept, chosen
    by a hash of their names, so that it does not depend on their order; `kept` says how large it is.

    Args:
        files: the sample's reads.
        windows: name to host sequence.
        most: fragments of a window that are held.
        threads: scanning threads.
        places: of the windows. A sorted, indexed BAM or CRAM that is aligned to this very genome is then read there only.

    Raises:
        DataError: if a file is damaged or cut off.
    """
    counts = RecruitCounts()
    bins = [_Bin(most) for _ in windows]
    targets = make_window_targets(windows)
    if places is not None and places.are_in(files):
        found = _recruit_at(files, places, targets, counts, threads)
    else:
        found = recruit(files, targets, counts, longest=0, threads=threads)
    for part in found:
        first, second = _records(part.first), _records(part.second)
        for row, window in enumerate(part.target.tolist()):
            name = first[row][1 : first[row].index(b"\n")]
            bins[window].add(name, first[row], second[row] if second else b"")
    rows = [(number, pair) for number, one in enumerate(bins) for _, pair in sorted(one.held.items())]
    first_text, second_text = (b"".join(pair[mate] for _, pair in rows) for mate in (0, 1))
    reads = WindowReads(
        tuple(windows),
        first_text,
        second_text,
        [number for number, _ in rows],
        [one.n_found for one in bins],
        [float(np.ldexp(1.0, -one.shift)) for one in bins],
    )
    return reads, counts
