"""What the reads say about the linker: from the read that starts in it, or from junction reads that run into it."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Codes, encode, reverse_complement
from integrasite.reads.learn import FILL, MIN_READS, MIN_SHARE, ReadTable, commonest_words, to_text

_GROUP = 10
_MOST_GROUPS = 60
_CONSTANT = 0.75
_SHORTEST_UMI, _LONGEST_UMI = 4, 32
_SHORTEST_PART = 8
_WORD = 16
_MIN_COLUMNS = 8
_LEFT, _RIGHT = 56, 64
_BEHIND = 12
_MOST_PER_PLACE = 20
_KEPT = 4  # of a linker's bases: its first ones may also be the last of the vector
_ADAPTER = "CTCTTCCGATCT"  # how the usual Illumina adapters end before a linker; public sequence
_AGREEING = 0.5


@dataclass(frozen=True)
class Linker:
    """One linker as it would stand in the sheet, in parts."""

    prefix: str
    umi_length: int
    suffix: str
    n_reads: int

    @property
    def sequence(self) -> str:
        """Prefix, N for the UMI, suffix."""
        return self.prefix + "N" * self.umi_length + self.suffix


@dataclass(frozen=True)
class LinkerAnswer:
    """Linkers seen, commonest first; the UMI's length and the suffix that most of them share; or words why none."""

    n_reads: int
    linkers: tuple[Linker, ...] = ()
    umi_length: int = 0
    suffix: str = ""
    words: str = ""


def column_consensus(table: ReadTable) -> tuple[Codes, npt.NDArray[np.float64]]:
    """The commonest base of every column and its share of the reads that have a base there (0 where under 20 have one)."""
    counts = np.stack([(table == code).sum(axis=0) for code in range(4)])
    n = counts.sum(axis=0)
    share = np.where(n >= 20, counts.max(axis=0) / np.maximum(n, 1), 0.0)
    return counts.argmax(axis=0).astype(np.uint8), share


def _runs(is_constant: npt.NDArray[np.bool_]) -> list[tuple[bool, int, int]]:
    """Runs of constant and variable columns: kind, start, stop."""
    edges = np.flatnonzero(np.diff(is_constant.astype(np.int8))) + 1
    bounds = [0, *edges.tolist(), len(is_constant)]
    return [(bool(is_constant[a]), a, b) for a, b in pairwise(bounds)]


def read_layout(
    table: ReadTable, shortest: int = _SHORTEST_PART + _GROUP, may_reach_end: bool = False
) -> tuple[str, int, str] | None:
    """Constant part, UMI length and constant part of reads that begin alike; None where columns show neither.

    A linker without a UMI comes as one constant part (the first).

    Args:
        table: the reads.
        shortest: fewest bases of a constant part without a UMI.
        may_reach_end: whether the second constant part may go on to the last column.
    """
    consensus, share = column_consensus(table)
    runs = _runs(share >= _CONSTANT)
    if not runs[0][0]:
        runs.insert(0, (True, 0, 0))
    if len(runs) < 2:
        return None  # constant throughout: nothing tells linker and genome apart
    prefix, umi_length = to_text(consensus[: runs[0][2]]), runs[1][2] - runs[1][1]
    has_umi = len(runs) > 3 - may_reach_end and _SHORTEST_UMI <= umi_length <= _LONGEST_UMI
    if has_umi and runs[2][2] - runs[2][1] >= _SHORTEST_PART:
        return prefix, umi_length, to_text(consensus[runs[2][1] : runs[2][2]])
    return (prefix, 0, "") if len(prefix) >= shortest else None


def _groups(table: ReadTable) -> list[ReadTable]:
    """Reads that begin with the same ten bases, for every beginning worth it; all reads where there is none."""
    words, counts = commonest_words(table, 0, _GROUP)
    least = max(50.0, MIN_SHARE * len(table))
    chosen = [word for word, n in zip(words[:_MOST_GROUPS], counts, strict=False) if n >= least]
    return [table[(table[:, :_GROUP] == word).all(axis=1)] for word in chosen] or [table]


def _shared(suffixes: Counter[str]) -> str:
    """The longest beginning that at least half of the reads' suffixes have in common."""
    total = sum(suffixes.values())
    best = ""
    for text in suffixes:
        for length in range(len(best) + 1, len(text) + 1):
            if sum(n for other, n in suffixes.items() if other.startswith(text[:length])) < _AGREEING * total:
                break
            best = text[:length]
    return best


def _summarise(linkers: list[Linker], n_reads: int) -> LinkerAnswer:
    lengths: Counter[int] = Counter()
    for linker in linkers:
        lengths[linker.umi_length] += linker.n_reads
    umi_length, n = min(lengths.items(), key=lambda item: (-item[1], item[0]))
    suffixes: Counter[str] = Counter()
    for linker in linkers:
        if linker.umi_length == umi_length:
            suffixes[linker.suffix] += linker.n_reads
    suffix = _shared(suffixes)
    alike = [
        Linker(one.prefix, umi_length, suffix, one.n_reads)
        for one in linkers
        if one.umi_length == umi_length and one.suffix.startswith(suffix)
    ]
    others = sum(lengths.values()) - n
    words = f"{others} reads begin like linkers of another layout" if others else ""
    ordered = tuple(sorted(alike, key=lambda one: (-one.n_reads, one.prefix)))
    return LinkerAnswer(n_reads, ordered, umi_length, suffix, words)


def learn_linkers(table: ReadTable) -> LinkerAnswer:
    """Linkers from the read that starts in them: runs of constant and variable columns among reads that begin alike.

    Args:
        table: the first reads of the file, at least 80 columns.
    """
    if len(table) < MIN_READS:
        return LinkerAnswer(
            len(table), words=f"too few reads ({len(table)}; at least {MIN_READS} are needed)"
        )
    found = []
    for group in _groups(table):
        layout = read_layout(group)
        if layout is not None and (layout[0] or layout[2]):
            found.append(Linker(*layout, len(group)))
    if not found:
        return LinkerAnswer(len(table), words="no common constant part that ends before the genome")
    return _summarise(found, len(table))


def _roving_word(table: ReadTable, first: int) -> tuple[Codes, int]:
    """The 16-mer met in the largest number of different columns from `first` on, and that number."""
    n = table.shape[1] - _WORD + 1
    if n <= first:
        return np.empty(0, np.uint8), 0
    keys = np.zeros((len(table), n), np.uint64)
    is_whole = np.ones((len(table), n), np.bool_)
    for at in range(_WORD):
        part = table[:, at : at + n]
        keys = (keys << np.uint64(2)) | (part & 3).astype(np.uint64)
        is_whole &= part < 4
    columns: Counter[int] = Counter()
    for column in range(first, n):
        found, counts = np.unique(keys[is_whole[:, column], column], return_counts=True)
        columns.update(found[counts >= 2].tolist())
    for key, number in sorted(columns.items(), key=lambda item: (-item[1], item[0])):
        word = np.array([(key >> shift) & 3 for shift in range(2 * _WORD - 2, -1, -2)], np.uint8)
        if len({bytes(word[at : at + 3]) for at in range(_WORD - 2)}) >= 9:
            return word, number
    return np.empty(0, np.uint8), 0


def find_word(table: ReadTable, word: Codes, max_mismatches: int = 0) -> npt.NDArray[np.int64]:
    """The first column at which each read has the word; -1 where it has not."""
    at = np.full(len(table), -1, np.int64)
    for column in range(table.shape[1] - len(word) + 1):
        unlike = (table[:, column : column + len(word)] != word).sum(axis=1)
        at[(at < 0) & (unlike <= max_mismatches)] = column
    return at


def _around(table: ReadTable, at: npt.NDArray[np.int64]) -> ReadTable:
    columns = at[:, None] + np.arange(-_LEFT, _RIGHT)[None, :]
    is_inside = (columns >= 0) & (columns < table.shape[1])
    rows = np.arange(len(table))[:, None]
    return np.where(is_inside, table[rows, np.clip(columns, 0, table.shape[1] - 1)], np.uint8(FILL))


def _one_each(window: ReadTable, at: npt.NDArray[np.int64]) -> ReadTable:
    """One row for every place of the word and different sequence behind it: copies of one molecule count once."""
    before = np.arange(_LEFT - _BEHIND, _LEFT)
    key = np.concatenate([before, np.arange(_LEFT + _WORD, _LEFT + _WORD + _BEHIND)])
    chosen = []
    for column in np.unique(at):
        rows = window[at == column]
        for _ in range(_MOST_PER_PLACE):
            words, _ = commonest_words(rows[:, key], 0, len(key))
            if not len(words):
                break
            unlike = (rows[:, key] != words[0]).sum(axis=1)
            chosen.append(rows[unlike == 0][0])
            rows = rows[unlike > len(key) // 4]
    return np.array(chosen, np.uint8).reshape(-1, window.shape[1])


def learn_read_through(table: ReadTable, first: int = 12) -> LinkerAnswer:
    """The linker from junction reads of short inserts, which run into its reverse complement at ever another place.

    Args:
        table: the first junction reads.
        first: first column looked at (vector bases stand at a fixed place before it).
    """
    if len(table) < MIN_READS:
        return LinkerAnswer(
            len(table), words=f"too few reads ({len(table)}; at least {MIN_READS} are needed)"
        )
    word, n_columns = _roving_word(table, first)
    if n_columns < _MIN_COLUMNS:
        return LinkerAnswer(
            len(table), words="no sequence is met at many different places: no read-through seen"
        )
    at = find_word(table, word)
    window = _one_each(_around(table[at >= 0], at[at >= 0]), at[at >= 0])
    layout = read_layout(
        np.ascontiguousarray(window[:, _linker_start(window) :]), _WORD - 2, may_reach_end=True
    )
    if layout is None:
        return LinkerAnswer(
            len(table), words="a sequence is met at many places, but it has no end: a repeat, no linker"
        )
    linker, doubt = _from_read_through(layout, int((at >= 0).sum()))
    words = f"seen only where junction reads run into it, at {n_columns} different places{doubt}"
    return LinkerAnswer(len(table), (linker,), linker.umi_length, linker.suffix, words)


def _linker_start(window: ReadTable) -> int:
    """The first column of the linker: that of the constant run around the word, or of one before it with a UMI between."""
    runs = _runs(column_consensus(window)[1] >= _CONSTANT)
    here = next((n for n, (_, a, b) in enumerate(runs) if a <= _LEFT < b), 0)
    start = runs[here][1]
    if here >= 2:
        umi_length, part = start - runs[here - 1][1], runs[here - 2][2] - runs[here - 2][1]
        if _SHORTEST_UMI <= umi_length <= _LONGEST_UMI and part >= _SHORTEST_PART:
            return runs[here - 2][1]
    return start


def _from_read_through(layout: tuple[str, int, str], n_reads: int) -> tuple[Linker, str]:
    """The linker as the sheet would have it, from its reverse complement, and what is doubtful about it."""
    suffix, prefix = (to_text(reverse_complement(encode(part))) for part in (layout[0], layout[2]))
    umi_length, doubt = layout[1], ""
    if _ADAPTER in prefix:
        prefix = prefix.rpartition(_ADAPTER)[2]
        if not prefix:
            umi_length, doubt = 0, "; several linkers, so UMI and first part cannot be told apart here"
    elif prefix:
        doubt = "; its first part may begin with sequencing adapter"
    return Linker(prefix, umi_length, suffix, n_reads), doubt


def blank_behind(table: ReadTable, suffix: str) -> ReadTable:
    """The junction reads without what follows their insert: all from the linker's reverse complement on is blanked."""
    word = reverse_complement(encode(suffix))[:_WORD]
    if len(word) < 12:
        return table
    at = find_word(table, word, 2)
    is_behind = (at[:, None] >= 0) & (np.arange(table.shape[1])[None, :] >= at[:, None] + _KEPT)
    return np.where(is_behind, np.uint8(FILL), table)
