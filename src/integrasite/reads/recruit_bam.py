"""Recruit from an aligned file, whose mates may stand far apart: one pass, then only what it left open.

Alignments are not believed: every primary record's bases are compared with the targets, whatever its flags say, and the
pair is put together by name. A mate that the pass did not meet after (or shortly before) its recruited read is fetched
through the index, or in a second pass where there is none. Of a read whose primary record is not in the file (as in a BAM
cut to some regions) the bases of a supplementary record are taken, if these show a target.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from integrasite.io.bam_stream import BamBatch, Read
from integrasite.io.read_ahead import map_in_order
from integrasite.kernels.bam_records import (
    FIRST,
    FLAG,
    LENGTH,
    MATE_CONTIG,
    MATE_POSITION,
    PAIRED,
    SECOND,
    UNMAPPED,
    Fields,
    Hashes,
    add_hashes,
    describe_records,
    has_hashes,
    hash_names,
    write_records,
)
from integrasite.kernels.recruit import Hits, empty_hits, take_hits
from integrasite.kernels.recruit_bam import scan_records
from integrasite.kernels.recruit_records import format_records
from integrasite.reads.recruit import Recruited, locus_lengths
from integrasite.reads.recruit_counts import Ints, RecruitCounts, join_mates, single_fragments
from integrasite.reads.recruit_targets import Targets

ABSENT = b"N\n+\n!\n"
"""Bases and quality that stand for a mate that the file does not hold, so that both files keep step."""

Place = tuple[int, int]
"""Number of a contig and a 0-based position; (-1, -1) where unplaced reads stand."""


class _Records(NamedTuple):
    """Records of one kind: where they begin in `raw`, their fields (`kernels.bam_records`) and hashed names."""

    raw: npt.NDArray[np.uint8]
    starts: Ints
    fields: Fields
    hashes: Hashes


class _Scanned(NamedTuple):
    records: _Records
    hits: Hits


class _Part(NamedTuple):
    """A part of a read that shows a target: bases of its match, FASTQ text, target, place of the mate."""

    span: int
    text: bytes
    target: int
    place: Place


@dataclass
class _Names:
    """A growing set of hashed names."""

    table: Hashes = field(default_factory=lambda: np.zeros(1 << 16, np.uint64))
    n: int = 0

    def add(self, hashes: Hashes) -> None:
        while 2 * (self.n + len(hashes)) > len(self.table):
            held = self.table[self.table != 0]
            self.table = np.zeros(2 * len(self.table), np.uint64)
            add_hashes(self.table, held)
        self.n += add_hashes(self.table, hashes)


@dataclass
class _Open:
    """A recruited fragment that is not yet whole: text of its reads, its best match, where the missing mate should be."""

    mates: dict[bool, bytes] = field(default_factory=dict)
    parts: dict[bool, _Part] = field(default_factory=dict)
    span: int = -1
    target: int = -1
    is_second: bool = True
    place: Place = (-1, -1)

    def match(self, span: int, target: int, is_second: bool) -> None:
        """The longer match counts, that of read 1 where both are equal."""
        if target >= 0 and (span, not is_second) > (self.span, not self.is_second):
            self.span, self.target, self.is_second = span, target, is_second

    def text(self, name: bytes, is_second: bool) -> bytes:
        """The read, or else the part of it that the file holds, or else `ABSENT`."""
        if is_second in self.mates or is_second not in self.parts:
            return self.mates.get(is_second, b"@" + name + b"\n" + ABSENT)
        return self.parts[is_second].text


@dataclass
class _HostReads:
    """Reads of loci by name, until both mates are there."""

    hashes: list[Hashes] = field(default_factory=list)
    columns: list[Ints] = field(default_factory=list)

    def add(
        self, hashes: Hashes, is_second: npt.NDArray[np.bool_], hits: Hits, which: npt.NDArray[np.bool_]
    ) -> None:
        rows = np.flatnonzero(which)
        if not len(rows):
            return  # a genome has so many batches that even nothing would add up
        self.hashes.append(hashes[rows])
        values = (is_second[rows], hits.locus[rows], hits.position[rows], hits.is_forward[rows])
        self.columns.append(np.column_stack([value.astype(np.int64) for value in values]))

    def fragments(self, lengths: Ints, longest: int) -> Ints:
        """Both mates of each name, joined."""
        hashes = np.concatenate([np.empty(0, np.uint64), *self.hashes])
        columns = np.concatenate([np.empty((0, 4), np.int64), *self.columns])
        order = np.lexsort((*columns.T[::-1], hashes))
        hashes, columns = hashes[order], columns[order]
        rows = np.flatnonzero((hashes[1:] == hashes[:-1]) & (columns[1:, 0] > columns[:-1, 0]))
        first, second = (_as_hits(columns[which]) for which in (rows, rows + 1))
        return join_mates(first, second, lengths, longest)


def _as_hits(columns: Ints) -> Hits:
    narrow = columns.astype(np.int32)
    none = np.zeros(len(columns), np.int32)
    return Hits(none, none, narrow[:, 1], narrow[:, 2], columns[:, 3] > 0)


def _scan_records(targets: Targets, raw: npt.NDArray[np.uint8], starts: Ints) -> _Scanned:
    n = len(starts)
    hits, fields, hashes = empty_hits(n), np.empty((n, 4), np.int32), np.empty(n, np.uint64)
    scan_records(raw, starts, targets.seeds, targets.table, hits, fields, hashes)
    return _Scanned(_Records(raw, starts, fields, hashes), hits)


def _scan(targets: Targets, batch: BamBatch) -> tuple[_Scanned, _Scanned]:
    first, second = (
        _scan_records(targets, batch.raw, starts) for starts in (batch.primary, batch.supplementary)
    )
    return first, second


def _as_record(name: bytes, read: Read) -> bytes:
    return b"@" + name + b"\n" + (f"{read.bases}\n+\n{read.qualities}\n".encode() if read.bases else ABSENT)


class BamRecruiter:
    """Recruits from one file.

    Args:
        targets: what reads are compared with.
        counts: filled.
        longest: longest fragment of a locus that is counted, bp.
        threads: scanning threads; the result does not depend on them.
    """

    def __init__(self, targets: Targets, counts: RecruitCounts, longest: int, threads: int = 1) -> None:
        self.targets, self.counts, self.longest, self.threads = targets, counts, longest, threads
        self.lengths = locus_lengths(targets)
        self.names, self.host = _Names(), _HostReads()
        self.open: dict[bytes, _Open] = {}
        self.parts: dict[tuple[bytes, bool], _Part] = {}
        self.counts.is_paired, self.counts.n_unmapped = False, 0

    def first_pass(self, batches: Iterable[BamBatch]) -> Iterator[Recruited]:
        """Compare every record; yield the fragments that become whole, in the order in which they do."""
        for scanned, parts in map_in_order(partial(_scan, self.targets), batches, self.threads):
            self._count(scanned)
            self._note_parts(parts)
            hits = scanned.hits
            target = self._target(hits)
            is_hit = target >= 0
            records = scanned.records
            self.names.add(records.hashes[is_hit])
            rows = np.flatnonzero(has_hashes(self.names.table, records.hashes))
            texts = _texts(records, rows)
            for row in rows[is_hit[rows]].tolist():
                self._note(records, row, texts[row], int(hits.span[row]), int(target[row]))
            yield from self._complete(records, rows, texts)
        self._open_parts()
        if self.targets.loci:
            self.counts.fragments.add(self.host.fragments(self.lengths, self.longest))

    def missing(self) -> tuple[list[Place], set[str]]:
        """Where the mates of fragments that are not whole should be, and the fragments' names."""
        return [entry.place for entry in self.open.values()], {
            name.decode(errors="replace") for name in self.open
        }

    def take_mates(self, reads: Iterable[Read]) -> None:
        """Put mates that were fetched by place to their fragments."""
        for read in reads:
            name = read.name.encode()
            if name in self.open:
                self._put(self.open[name], read.is_second, _as_record(name, read), len(read.bases))

    def second_pass(self, batches: Iterable[BamBatch]) -> None:
        """Look through the file again for mates that were not met."""
        wanted = _Names()
        wanted.add(np.array([_hash(name) for name in self.open], np.uint64))
        for batch in batches:
            records = _Records(batch.raw, batch.primary, *describe_records(batch.raw, batch.primary))
            rows = np.flatnonzero(has_hashes(wanted.table, records.hashes))
            for row, (name, text) in _texts(records, rows).items():
                if name in self.open:
                    self._put(self.open[name], _is_second(records, row), text, _length(records, row))

    def rest(self, size: int = 10_000) -> Iterator[Recruited]:
        """The fragments that were not whole after the first pass, by name; `ABSENT` stands for mates not in the file."""
        names = sorted(self.open)
        for at in range(0, len(names), size):
            chosen = [(name, self.open.pop(name)) for name in names[at : at + size]]
            self.counts.n_lost_mates += sum(len(entry.mates | entry.parts) < 2 for _, entry in chosen)
            self.counts.n_parts += sum(len(entry.parts.keys() - entry.mates) for _, entry in chosen)
            # pairs are counted by their first reads; these have none
            self.counts.n_pairs += sum(False not in entry.mates for _, entry in chosen)
            yield self._recruited(chosen)

    def _target(self, hits: Hits) -> npt.NDArray[np.int32]:
        return hits.locus if self.targets.keeps_loci else hits.target

    def _note_parts(self, scanned: _Scanned) -> None:
        """Keep the longest match of each read's supplementary records."""
        target = self._target(scanned.hits)
        rows = np.flatnonzero(target >= 0)
        records = scanned.records
        for row, (name, text) in _texts(records, rows).items():
            key = (name, _is_second(records, row))
            part = _Part(int(scanned.hits.span[row]), text, int(target[row]), _mate_place(records, row))
            self.parts[key] = max(part, self.parts.get(key, part))

    def _open_parts(self) -> None:
        """Give parts to fragments that are not whole, and open those that no primary record showed."""
        for (name, is_second), part in sorted(self.parts.items()):
            hashes = np.array([_hash(name)], np.uint64)
            if name not in self.open and has_hashes(self.names.table, hashes)[0]:
                continue  # was whole
            entry = self.open.setdefault(name, _Open())
            entry.parts[is_second] = part
            if not entry.mates:
                entry.match(part.span, part.target, is_second)
                entry.place = part.place
        self.parts.clear()

    def _count(self, scanned: _Scanned) -> None:
        records, hits = scanned.records, scanned.hits
        flags, read_lengths = records.fields[:, FLAG], records.fields[:, LENGTH].astype(np.int64)
        is_paired = flags & PAIRED > 0
        self.counts.is_paired |= bool(is_paired.any())
        self.counts.n_pairs += int((~is_paired | (flags & FIRST > 0)).sum())
        self.counts.n_unmapped += int((flags & UNMAPPED > 0).sum())
        self.counts.add_lengths(read_lengths[read_lengths > 0])
        if not self.targets.loci or self.targets.keeps_loci:
            return  # of windows no fragments are counted: those in repeats would fill the memory
        placed = hits.locus >= 0
        self.host.add(records.hashes, flags & SECOND > 0, hits, placed & is_paired)
        self.counts.add_placed(single_fragments(hits, read_lengths, self.lengths))
        rows = np.flatnonzero(placed & ~is_paired)
        if len(rows):
            self.counts.fragments.add(
                single_fragments(take_hits(hits, rows), read_lengths[rows], self.lengths)
            )

    def _put(self, entry: _Open, is_second: bool, text: bytes, length: int) -> None:
        """Add a mate; one whose bases were left out of the file (`*`) is none."""
        self.counts.n_lost_mates += not length and is_second not in entry.mates
        entry.mates.setdefault(is_second, text)

    def _note(self, records: _Records, row: int, text: tuple[bytes, bytes], span: int, target: int) -> None:
        entry = self.open.setdefault(text[0], _Open())
        entry.match(span, target, _is_second(records, row))
        entry.place = _mate_place(records, row)

    def _complete(
        self, records: _Records, rows: Ints, texts: dict[int, tuple[bytes, bytes]]
    ) -> Iterator[Recruited]:
        whole = []
        for row in rows.tolist():
            name, text = texts[row]
            entry = self.open.get(name)
            if entry is None:
                continue
            self._put(entry, _is_second(records, row), text, _length(records, row))
            if len(entry.mates) == 2 or not records.fields[row, FLAG] & PAIRED:
                whole.append((name, self.open.pop(name)))
        if whole:
            yield self._recruited(whole)

    def _recruited(self, chosen: list[tuple[bytes, _Open]]) -> Recruited:
        target = [entry.target for _, entry in chosen]
        self.counts.n_recruited += len(chosen)
        self.counts.by_target.update(target)
        first, second = (b"".join(entry.text(name, mate) for name, entry in chosen) for mate in (False, True))
        return Recruited(first, second if self.counts.is_paired else b"", np.array(target, np.int64))


def _is_second(records: _Records, row: int) -> bool:
    return bool(records.fields[row, FLAG] & SECOND)


def _mate_place(records: _Records, row: int) -> Place:
    contig, position = records.fields[row, [MATE_CONTIG, MATE_POSITION]].tolist()
    return (contig, position) if contig >= 0 else (-1, -1)


def _texts(records: _Records, rows: Ints) -> dict[int, tuple[bytes, bytes]]:
    """Name and FASTQ text of some records."""
    text, spans = write_records(records.raw, records.starts[rows])
    found = {}
    for number, row in enumerate(rows.tolist()):
        one = format_records(text, spans, np.array([number])).tobytes()
        name = one[1 : one.index(b"\n")]
        found[row] = (name, one if _length(records, row) else b"@" + name + b"\n" + ABSENT)
    return found


def _length(records: _Records, row: int) -> int:
    return int(records.fields[row, LENGTH])


def _hash(name: bytes) -> np.uint64:
    ends = np.array([0, len(name)], np.int64)
    return np.uint64(hash_names(np.frombuffer(name, np.uint8), ends[:1], ends[1:])[0])


Fetch = Callable[[list[Place], set[str]], Iterable[Read]]


def recruit_bam(
    recruiter: BamRecruiter, read: Callable[[], Iterable[BamBatch]], fetch: Fetch | None
) -> Iterator[Recruited]:
    """Recruit from a file: the first pass, then the missing mates.

    Args:
        recruiter: made for this file.
        read: begins to read the file.
        fetch: reads of given places and names, through the index; None where there is no index.
    """
    yield from recruiter.first_pass(read())
    places, names = recruiter.missing()
    if names and fetch is not None:
        recruiter.take_mates(fetch(places, names))
    elif names:
        recruiter.second_pass(read())
    yield from recruiter.rest()
