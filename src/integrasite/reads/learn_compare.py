"""Does the sheet fit the reads? (`integrasite check --reads`) One set of files at a time.

Each claim of the sheet is counted in the reads as it stands. A warning is only given where the claim
fails and where the reads, if they can, say something else: what cannot be told is no disagreement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from integrasite.config.settings import Protocol
from integrasite.config.study import Study
from integrasite.kernels.codes import Codes
from integrasite.model.library import Library, Source
from integrasite.reads.learn import Mask, ReadTable
from integrasite.reads.learn_compare_ends import End, begins, compare_end, compare_vector
from integrasite.reads.learn_compare_index import CONTROLS, IndexComparison, compare_index
from integrasite.reads.learn_compare_linkers import compare_linkers, compare_read_through
from integrasite.reads.learn_disagreements import LEAST, Disagreement, Shares
from integrasite.reads.learn_linker import blank_behind
from integrasite.reads.learn_report import learn_protocol
from integrasite.reads.patterns import split_linker


@dataclass(frozen=True)
class FirstReads:
    """The first reads of one set of files, in step; `other` and `index` are None where there are none."""

    junction: ReadTable
    other: ReadTable | None = None
    index: ReadTable | None = None
    junction_name: str = "R2"


@dataclass(frozen=True)
class Comparison:
    """What was found in one set of files: disagreements, how much fits, or in words why nothing was compared."""

    disagreements: tuple[Disagreement, ...] = ()
    shares: Shares = field(default_factory=Shares)
    words: str = ""


@dataclass(frozen=True)
class _Group:
    """Pairs whose rows use the same protocols."""

    protocols: tuple[str, ...]
    rows: tuple[Library, ...]
    mask: Mask


def compare_source(
    study: Study, source: Source, reads: FirstReads, vectors: Mapping[str, Codes]
) -> Comparison:
    """Compare the first reads of one source with what config and sheet say.

    Args:
        study: the study.
        source: the rows that share the files.
        reads: the files' first reads.
        vectors: sequences of the vectors that the rows name.
    """
    n = len(reads.junction)
    if all(row.role in CONTROLS for row in source.libraries):
        return Comparison(words="only controls, in which nothing need be found")
    if n < LEAST:
        return Comparison(words=f"too few reads ({n}; at least {LEAST} are needed)")
    found: list[Disagreement] = []
    starts = [study.protocol_of(row) for row in source.libraries]
    is_started = begins(reads.junction, [p.primer + p.ltr_end for p in dict.fromkeys(starts)])
    index = _compare_index(study, source, reads, is_started)
    if index is not None:
        found += index.disagreements
    shares = Shares(n, index.n_assigned if index and index.is_usable else None)
    for group in _groups(source, index, n):
        some, counted = _compare_group(study, reads, group, index, vectors)
        found += some
        shares = shares.plus(counted)
    return Comparison(tuple(found), shares)


def _compare_index(
    study: Study, source: Source, reads: FirstReads, is_started: Mask
) -> IndexComparison | None:
    if reads.index is None or not any(row.barcode for row in source.libraries):
        return None
    linkers = {row.sample: study.linker_of(row) for row in source.libraries}
    return compare_index(
        reads.index,
        source.libraries,
        linkers,
        reads.other,
        is_started,
        study.config.calling.barcode_mismatches,
    )


def _groups(source: Source, index: IndexComparison | None, n: int) -> list[_Group]:
    """Pairs by the protocols of the rows that they may belong to; controls only where barcodes do not tell them."""
    if index is None or not index.is_usable:
        return [_Group(_protocols(source.libraries), source.libraries, np.ones(n, np.bool_))]
    masks: dict[tuple[str, ...], tuple[list[Library], Mask]] = {}
    for number, rows in enumerate(index.rows):
        if all(row.role in CONTROLS for row in rows):
            continue
        members, mask = masks.setdefault(_protocols(rows), ([], np.zeros(n, np.bool_)))
        members += rows
        mask |= index.assigned == number
    return [_Group(names, tuple(rows), mask) for names, (rows, mask) in masks.items()]


def _protocols(rows: Sequence[Library]) -> tuple[str, ...]:
    return tuple(sorted({row.protocol for row in rows}))


def _compare_group(
    study: Study,
    reads: FirstReads,
    group: _Group,
    index: IndexComparison | None,
    vectors: Mapping[str, Codes],
) -> tuple[list[Disagreement], Shares]:
    n = int(group.mask.sum())
    if n < LEAST:
        return [], Shares()
    protocols = {name: study.config.protocols[name] for name in group.protocols}
    table = reads.junction[group.mask]
    starts = {name: begins(table, [p.primer + p.ltr_end]) for name, p in protocols.items()}
    is_started = np.logical_or.reduce(list(starts.values()))
    found = _compare_ends(study, reads, group, protocols, starts, vectors)
    is_lost = any(one.field in ("primer", "ltr_end", "junction_read") for one in found)
    assigned = index.assigned if index and index.is_usable else np.zeros(len(group.mask), np.int64)
    rows = index.rows if index and index.is_usable else (tuple(group.rows),)
    linkers = {row.sample: study.linker_of(row) for row in group.rows}
    allowed = study.config.calling.linker_mismatches
    looked = np.ones(n, np.bool_) if is_lost or is_started.sum() < LEAST else is_started
    if reads.other is None:
        some, share = compare_read_through(table[looked], group.rows, linkers)
    else:
        other = reads.other[group.mask]
        some, share = compare_linkers(other[looked], assigned[group.mask][looked], rows, linkers, allowed)
    found += some
    if not found:
        found += _compare_vectors(study, reads, group, protocols, starts, vectors)
    return found, Shares(0, None, n, int(is_started.sum()), *share)


def _blanked(study: Study, table: ReadTable, rows: Sequence[Library]) -> ReadTable:
    """Junction reads without the linkers that short inserts run into."""
    for linker in dict.fromkeys(study.linker_of(row) for row in rows):
        prefix, _, suffix = split_linker(linker)
        table = blank_behind(table, suffix if len(suffix) >= 12 else prefix)
    return table


def _compare_ends(
    study: Study,
    reads: FirstReads,
    group: _Group,
    protocols: Mapping[str, Protocol],
    starts: Mapping[str, Mask],
    vectors: Mapping[str, Codes],
) -> list[Disagreement]:
    found: list[Disagreement] = []
    table = reads.junction[group.mask]
    other = None if reads.other is None else reads.other[group.mask]
    for name, protocol in protocols.items():
        rows = [row for row in group.rows if row.protocol == name]
        if all(row.role in CONTROLS for row in rows):
            continue
        elsewhere = [mask for given, mask in starts.items() if given != name]
        rest = ~np.logical_or.reduce(elsewhere) if elsewhere else np.ones(len(table), np.bool_)
        if elsewhere and rest.sum() < LEAST:
            continue
        vector = _only_vector(rows, vectors)
        end = End(name, protocol.primer.upper(), protocol.ltr_end.upper(), reads.junction_name)
        lines = tuple(row.line for row in rows)
        # Behind the linker nothing is told about the vector, but too much about the linker.
        blank = _blanked(study, table[rest], rows)
        some = compare_end(blank, end, lines, None if other is None else other[rest], vector)
        if some and other is not None and not elsewhere and some[0].field == "primer":
            some = _which_read(table, other, reads.junction_name, lines, name, vector) + some
        found += some
    return found


def _only_vector(rows: Sequence[Library], vectors: Mapping[str, Codes]) -> Codes | None:
    names = {name for row in rows for name in row.vectors}
    return vectors.get(names.pop()) if len(names) == 1 else None


def _which_read(
    junction: ReadTable,
    other: ReadTable,
    name: str,
    lines: tuple[int, ...],
    protocol: str,
    vector: Codes | None,
) -> list[Disagreement]:
    """Whether the vector end stands on the other read, where the given one has no primer."""
    there = "R1" if name == "R2" else "R2"
    learned = learn_protocol({name: junction, there: other}, vector)
    if learned.junction_read != there:
        return []
    mend = f"Set `junction_read: {there}` in protocol '{protocol}', or exchange r1 and r2 in the sheet"
    return [
        Disagreement(
            "junction_read", lines, name, f"{there} ({learned.junction_support})", mend, len(junction)
        )
    ]


def _compare_vectors(
    study: Study,
    reads: FirstReads,
    group: _Group,
    protocols: Mapping[str, Protocol],
    starts: Mapping[str, Mask],
    vectors: Mapping[str, Codes],
) -> list[Disagreement]:
    """Whether reads that run on inside a vector run on in one of those that the rows name."""
    found: list[Disagreement] = []
    table = _blanked(study, reads.junction[group.mask], group.rows)
    other = None if reads.other is None else reads.other[group.mask]
    lengths = {len(study.linker_of(row)) for row in group.rows}
    for name, protocol in protocols.items():
        rows = [row for row in group.rows if row.protocol == name]
        given = {vector: vectors[vector] for row in rows for vector in row.vectors if vector in vectors}
        n_start, mask = len(protocol.primer) + len(protocol.ltr_end), starts[name]
        if not given:
            continue
        behind = None if other is None or len(lengths) > 1 else other[mask][:, max(lengths) :]
        found += compare_vector(
            table[mask][:, n_start:], behind, given, protocol.vector_end, tuple(row.line for row in rows)
        )
    return found
