"""Linkers of the sheet against the first reads: on the other read, or where junction reads run into them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import encode, reverse_complement
from integrasite.model.library import Library
from integrasite.reads.learn import FILL, MIN_READS, Mask, ReadTable, to_text
from integrasite.reads.learn_disagreements import LEAST, Disagreement, percent
from integrasite.reads.learn_linker import column_consensus, find_word, learn_linkers, learn_read_through
from integrasite.reads.patterns import split_linker

_FEW = 0.2
_MOSTLY = 0.5
_LEAST_LIBRARY = 30
_SUFFIX_ERROR = 0.2
_FARTHEST = 16
_SHIFTS = 12
_CONSTANT = 0.75
_SAME = 0.95
_WORD = 16
_SHORTEST_WORD = 8
_MOST = 5
_SEEN_THROUGH = 0.05
_NEVER = 0.002

Assigned = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Failed:
    """Rows whose linker their reads lack, and what they have: another row's, bases before it, or a text."""

    rows: tuple[Library, ...]
    mask: Mask
    owner: str = ""
    shift: int = 0


def _has(table: ReadTable, part: str, at: int, allowed: int) -> Mask:
    if at < 0 or at + len(part) > table.shape[1]:
        return np.zeros(len(table), np.bool_)
    return np.asarray((table[:, at : at + len(part)] != encode(part)).sum(axis=1) <= allowed, np.bool_)


def _allowed(part: str) -> int:
    return int(_SUFFIX_ERROR * len(part))


def _has_prefix(table: ReadTable, linker: str, allowed: int, shift: int = 0) -> Mask:
    """Reads that hold the linker's part before the UMI, or where it has none the part behind it."""
    prefix, n_umi, suffix = split_linker(linker)
    if not prefix and not suffix:
        return np.ones(len(table), np.bool_)
    if not prefix:
        return _has(table, suffix, n_umi + shift, _allowed(suffix))
    # A linker without a UMI is one long part, in which errors add up.
    return _has(table, prefix, shift, max(allowed, _allowed(prefix) if len(prefix) > 24 else allowed))


def compare_linkers(
    table: ReadTable,
    assigned: Assigned,
    rows: Sequence[Sequence[Library]],
    linkers: Mapping[str, str],
    allowed: int,
) -> tuple[list[Disagreement], tuple[int, int]]:
    """Compare the reads that start in the linker with the sheet.

    Args:
        table: these reads, of pairs that have a barcode of the group (if there are barcodes).
        assigned: number of each pair's barcode in `rows`.
        rows: rows by barcode.
        linkers: linker of each sample of the group.
        allowed: mismatches that the run allows.

    Returns:
        Disagreements; pairs looked at and pairs with their own linker.
    """
    texts = {sample: linker for sample, linker in linkers.items() if linker}
    if not texts or len(table) < LEAST:
        return [], (0, 0)
    has = {linker: _has_prefix(table, linker, allowed) for linker in dict.fromkeys(texts.values())}
    found: list[Disagreement] = []
    is_own = np.zeros(len(table), np.bool_)
    failed: list[_Failed] = []
    for number, members in enumerate(rows):
        own = tuple(row for row in members if row.sample in texts)
        mask = assigned == number
        if not own or not mask.any():
            continue
        here = mask & np.logical_or.reduce([has[texts[row.sample]] for row in own])
        here |= mask & np.logical_or.reduce([_umi_moved(table, texts[row.sample]) for row in own])
        is_own |= here
        if mask.sum() >= _LEAST_LIBRARY and here.sum() < _FEW * mask.sum():
            failed.append(_why(table, mask, own, texts, has, allowed))
    found += _failure_texts(failed, table, texts)
    if not failed and is_own.sum() < _FEW * len(table):  # libraries too small to be judged one by one
        some = tuple(row for members in rows for row in members if row.sample in texts)
        found += _failure_texts([_Failed(some, np.ones(len(table), np.bool_))], table, texts)
    found += _compare_umis(table, assigned, rows, texts, has, is_own)
    return found, (len(table), int(is_own.sum()))


def _umi_moved(table: ReadTable, linker: str) -> Mask:
    """Reads of a linker without a first part whose UMI has another length."""
    prefix, n_umi, suffix = split_linker(linker)
    if prefix or len(suffix) < _SHORTEST_WORD:
        return np.zeros(len(table), np.bool_)
    moved = [_has(table, suffix, n_umi + d, _allowed(suffix)) for d in range(-_FARTHEST, _FARTHEST + 1)]
    return np.asarray(np.logical_or.reduce(moved), np.bool_)


def _why(
    table: ReadTable,
    mask: Mask,
    own: tuple[Library, ...],
    texts: Mapping[str, str],
    has: Mapping[str, Mask],
    allowed: int,
) -> _Failed:
    mine = {texts[row.sample] for row in own}
    counts = sorted(
        (-int((has[texts[sample]] & mask).sum()), sample) for sample in texts if texts[sample] not in mine
    )
    if counts and -counts[0][0] >= _MOSTLY * mask.sum():
        return _Failed(own, mask, owner=counts[0][1])
    reads = table[mask]
    for shift in range(1, _SHIFTS + 1):
        n = max(int(_has_prefix(reads, linker, allowed, shift).sum()) for linker in sorted(mine))
        if n >= _MOSTLY * len(reads):
            return _Failed(own, mask, shift=shift)
    return _Failed(own, mask)


def _failure_texts(
    failed: Sequence[_Failed], table: ReadTable, texts: Mapping[str, str]
) -> list[Disagreement]:
    found = [_exchanged(one, failed, texts) for one in failed if one.owner]
    for shift in sorted({one.shift for one in failed if one.shift}):
        some = [one for one in failed if one.shift == shift]
        mask = np.logical_or.reduce([one.mask for one in some])
        first = to_text(column_consensus(table[mask])[0][:shift])
        seen = f"that the linker begins after {shift} other bases ({first})"
        mend = "Put these bases before the linker in the sheet, or trim them from the reads"
        found.append(_one(some, texts, seen, mend))
    rest = [one for one in failed if not one.owner and not one.shift]
    if rest:
        mask = np.logical_or.reduce([one.mask for one in rest])
        seen = f"that {int(mask.sum())} reads do not begin with it; they begin with {_describe(table[mask], texts)}"
        mend = "Correct the linkers (`integrasite learn-protocol` shows those of the reads), or see whether r1 and r2 are right"
        found.append(_one(rest, texts, seen, mend))
    return found


def _exchanged(one: _Failed, failed: Sequence[_Failed], texts: Mapping[str, str]) -> Disagreement:
    names = {row.sample for row in one.rows}
    is_mutual = any(
        other.owner in names and one.owner in {row.sample for row in other.rows} for other in failed
    )
    sample, n = one.rows[0].sample, int(one.mask.sum())
    which = "its barcode" if one.rows[0].barcode else "its files"
    seen = f"that most of the {n} reads with {which} carry {texts[one.owner]}, the linker of {one.owner}"
    mend = (
        f"{sample} and {one.owner} are exchanged: exchange their barcodes or their linkers"
        if is_mutual
        else f"Correct linker or barcode of {sample}; the run leaves these reads out as wrong_linker"
    )
    return Disagreement("linker", tuple(row.line for row in one.rows), texts[sample], seen, mend, n)


def _one(failed: Sequence[_Failed], texts: Mapping[str, str], seen: str, mend: str) -> Disagreement:
    rows = [row for one in failed for row in one.rows]
    linkers = list(dict.fromkeys(texts[row.sample] for row in rows))
    more = f" and {len(linkers) - _MOST} more" if len(linkers) > _MOST else ""
    n = sum(int(one.mask.sum()) for one in failed)
    return Disagreement(
        "linker", tuple(row.line for row in rows), ", ".join(linkers[:_MOST]) + more, seen, mend, n
    )


def _describe(table: ReadTable, texts: Mapping[str, str]) -> str:
    """The linkers of the reads as learned, or else their first bases, N where they differ."""
    if len(table) >= MIN_READS and (learned := learn_linkers(table).linkers):
        more = f" and {len(learned) - 3} more" if len(learned) > 3 else ""
        return ", ".join(linker.sequence for linker in learned[:3]) + more
    length = max(len(linker) for linker in texts.values())
    consensus, share = column_consensus(table[:, :length])
    return "".join(
        base if part >= _CONSTANT else "N" for base, part in zip(to_text(consensus), share, strict=True)
    )


def _compare_umis(
    table: ReadTable,
    assigned: Assigned,
    rows: Sequence[Sequence[Library]],
    texts: Mapping[str, str],
    has: Mapping[str, Mask],
    is_own: Mask,
) -> list[Disagreement]:
    """UMI length and what follows it, over all rows whose linkers have the same layout."""
    layouts: dict[tuple[int, str], list[Library]] = {}
    masks: dict[tuple[int, str], dict[int, Mask]] = {}
    for number, members in enumerate(rows):
        for row in members:
            if row.sample not in texts:
                continue
            prefix, n_umi, suffix = split_linker(texts[row.sample])
            layouts.setdefault((n_umi, suffix), []).append(row)
            here = (assigned == number) & is_own & (has[texts[row.sample]] if prefix else is_own)
            at = masks.setdefault((n_umi, suffix), {})
            at[len(prefix)] = at.get(len(prefix), np.zeros(len(table), np.bool_)) | here
    found = []
    for (n_umi, suffix), members in layouts.items():
        parts = [table[mask][:, at:] for at, mask in masks[n_umi, suffix].items()]
        width = min(part.shape[1] for part in parts)
        behind = np.concatenate([part[:, :width] for part in parts])
        if len(behind) >= LEAST:
            found += _compare_umi(behind, n_umi, suffix, tuple(row.line for row in members))
    return found


def _compare_umi(behind: ReadTable, n_umi: int, suffix: str, lines: tuple[int, ...]) -> list[Disagreement]:
    n = len(behind)
    if len(suffix) >= _SHORTEST_WORD:
        counts = {
            d: int(_has(behind, suffix, n_umi + d, _allowed(suffix)).sum())
            for d in sorted(range(-min(n_umi, _FARTHEST), _FARTHEST + 1), key=abs)
        }
        best = max(counts, key=lambda d: counts[d])
        if counts[0] < _MOSTLY * n and best and counts[best] >= _MOSTLY * n:
            seen = (
                f"{n_umi + best} ({percent(counts[best], n)} of {n} reads have {suffix} after "
                f"{n_umi + best} bases, {percent(counts[0], n)} after {n_umi})"
            )
            mend = f"Write {n_umi + best} N into the linker"
            return [Disagreement("UMI length", lines, str(n_umi), seen, mend, n)]
        if counts[0] < _FEW * n:
            consensus, share = column_consensus(behind[:, n_umi : n_umi + len(suffix)])
            text = "".join(
                b if s >= _CONSTANT else "N" for b, s in zip(to_text(consensus), share, strict=True)
            )
            seen = f"{text} there ({percent(counts[0], n)} of {n} reads have the sheet's)"
            return [
                Disagreement(
                    "linker", lines, f"{suffix} behind the UMI", seen, "Correct the linkers' last part", n
                )
            ]
    return _compare_umi_bases(behind, n_umi, lines)


def _compare_umi_bases(behind: ReadTable, n_umi: int, lines: tuple[int, ...]) -> list[Disagreement]:
    """Whether the bases of the UMI differ between reads."""
    consensus, share = column_consensus(behind[:, :n_umi])
    insert = behind[:, n_umi + 20 : n_umi + 40]
    is_one_molecule = insert.shape[1] == 0 or (column_consensus(insert)[1] >= _MOSTLY).all()
    if not n_umi or (share < _SAME).any() or is_one_molecule:
        return []
    seen = f"the same bases in nearly all reads ({to_text(consensus)})"
    mend = f"If the linker has no UMI, write {to_text(consensus)} instead of the N"
    return [Disagreement("UMI", lines, f"{n_umi} N", seen, mend, len(behind))]


def compare_read_through(
    table: ReadTable, rows: Sequence[Library], linkers: Mapping[str, str]
) -> tuple[list[Disagreement], tuple[int, int]]:
    """Compare junction reads that run into the linker with the sheet, where there is no other read.

    Args:
        table: junction reads.
        rows: the rows.
        linkers: linker of each sample.
    """
    lines = tuple(row.line for row in rows)
    known = list(dict.fromkeys(linker for linker in linkers.values() if linker))
    if not known or len(table) < LEAST:
        return [], (0, 0)
    n_seen, found = 0, []
    layouts: dict[tuple[int, str], list[str]] = {}
    for linker in known:
        prefix, n_umi, suffix = split_linker(linker)
        layouts.setdefault((n_umi, suffix), []).append(prefix)
    for (n_umi, suffix), prefixes in layouts.items():
        for part in [suffix] if len(suffix) >= _SHORTEST_WORD else prefixes:
            at = (
                find_word(table, reverse_complement(encode(part))[:_WORD], 2)
                if len(part) >= _SHORTEST_WORD
                else None
            )
            n_seen += 0 if at is None else int((at >= 0).sum())
            if at is not None and part == suffix and min(map(len, prefixes)) >= _SHORTEST_WORD:
                found += _first_part_through(table, at, n_umi, prefixes, suffix, lines)
    if found or n_seen >= _NEVER * len(table):
        return found, (0, 0)
    learned = learn_read_through(table)
    if not learned.linkers or sum(one.n_reads for one in learned.linkers) < _SEEN_THROUGH * len(table):
        return [], (0, 0)
    one = learned.linkers[0]
    seen = f"{one.sequence} ({percent(one.n_reads, len(table))} of the reads run into it, {n_seen} into the sheet's)"
    mend = "Correct the linker; without it fragment lengths and UMIs stay unknown"
    return [Disagreement("linker", lines, ", ".join(known[:3]), seen, mend, len(table))], (0, 0)


def _first_part_through(
    table: ReadTable, at: Assigned, n_umi: int, prefixes: list[str], suffix: str, lines: tuple[int, ...]
) -> list[Disagreement]:
    """UMI length and first part of the linker, from what follows its last part in reads that run into it."""
    words = [reverse_complement(encode(prefix))[:_WORD] for prefix in prefixes]
    width = max(map(len, words))
    is_seen = (at >= 0) & (at + len(suffix) + n_umi + _FARTHEST + width <= table.shape[1])
    reads, starts = table[is_seen], at[is_seen] + len(suffix)
    columns = starts[:, None] + np.arange(n_umi + _FARTHEST + width)[None, :]
    behind = np.take_along_axis(reads, columns, axis=1)
    behind = behind[behind[:, -1] < FILL]
    n = len(behind)
    if n < LEAST:
        return []
    counts = {}
    for d in sorted(range(-min(n_umi, _FARTHEST), _FARTHEST + 1), key=abs):
        has = [(behind[:, n_umi + d :][:, : len(word)] != word).sum(axis=1) <= 3 for word in words]
        counts[d] = int(np.logical_or.reduce(has).sum())
    best = max(counts, key=lambda d: counts[d])
    if best and counts[0] < _MOSTLY * n <= counts[best]:
        seen = f"{n_umi + best} (in {percent(counts[best], n)} of {n} reads that run into the linker)"
        return [
            Disagreement("UMI length", lines, str(n_umi), seen, f"Write {n_umi + best} N into the linker", n)
        ]
    consensus, share = column_consensus(behind[:, n_umi : n_umi + width])
    if counts[best] >= _FEW * n or (share < _CONSTANT).any():
        return []
    first = to_text(reverse_complement(consensus))
    seen = f"{first} there ({percent(counts[0], n)} of {n} reads that run into the linker have the sheet's)"
    mend = "Write the linker of these libraries into the sheet"
    return [Disagreement("linker", lines, f"{prefixes[0]} before the UMI", seen, mend, n)]
