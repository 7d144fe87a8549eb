"""Breakpoints between vector and vector: what the reads of several fragments agree on, as deletions, inversions and so on."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from integrasite.config.calling import Calling
from integrasite.junctions.vector_joins import VectorJoin, read_join
from integrasite.kernels.codes import Codes
from integrasite.transgene.vector_map import MappedVector

_SLACK = 3
"""bp by which reads of one breakpoint may differ, beyond bases that both sides share."""
_END_SLACK = 12
"""bp from the LTR's ends within which a join of the two closes a circle of two LTRs."""
_MOST_SHARED = 100


class Rearrangement(NamedTuple):
    """A stretch of the one-LTR contig between two breakpoints; `n_fragments` show one or both."""

    kind: str
    start: int
    end: int
    n_fragments: int


def find_rearrangements(
    fragments: pd.DataFrame, vector: MappedVector, calling: Calling
) -> list[Rearrangement]:
    """Breakpoints within the vector that at least `structure_fragments` distinct fragments show.

    Args:
        fragments: `TUMOUR_FRAGMENTS` of one sample.
        vector: the vector.
        calling: thresholds.
    """
    mine = fragments[(fragments["vector"] == vector.name) & (fragments["joins"].fillna("") != "")]
    shown: dict[Rearrangement, set[int]] = {}
    for number, text in zip(mine["fragment"].tolist(), mine["joins"].tolist(), strict=True):
        for item in text.split(","):
            found = interpret(first_of_equals(read_join(item), vector.one_ltr), vector)
            if found is not None and found.end - found.start >= calling.deletion_bases:
                shown.setdefault(found, set()).add(int(number))
    return [
        item._replace(n_fragments=len(numbers))
        for item, numbers in _merged(shown)
        if len(numbers) >= calling.structure_fragments
    ]


def first_of_equals(join: VectorJoin, codes: Codes) -> VectorJoin:
    """The join with the lowest possible first base, where both sides share bases at the breakpoint."""
    position, step, other, other_step = join
    for _ in range(_MOST_SHARED):
        moved = other + (1 if step == other_step else -1)
        if position < 1 or min(moved, other) < 0 or max(moved, other) >= codes.size:
            break
        if not _is_shared(position, step, moved, other, other_step, codes):
            break
        position, other = position - 1, moved
    return VectorJoin(position, step, other, other_step)


def _is_shared(position: int, step: int, moved: int, other: int, other_step: int, codes: Codes) -> bool:
    """Whether the read is the same when the breakpoint lies one base lower on the first side."""
    if step == other_step:
        mine, its = (position, moved) if step < 0 else (position - 1, other)
        return int(codes[mine]) + int(codes[its]) == 3
    mine, its = (position, moved) if step < 0 else (position - 1, other)
    return bool(codes[mine] == codes[its])


def interpret(join: VectorJoin, vector: MappedVector) -> Rearrangement | None:
    """What a breakpoint says; None for one that the provirus has."""
    position, step, other, other_step = join
    if step == other_step:
        shift = 1 if step < 0 else 0
        return Rearrangement("inversion", position + shift, other + shift, 0)
    if step < 0:
        native = position + 1 >= other or (position == 0 and other == vector.one_ltr.size - 1)
        return None if native else Rearrangement("deletion", position + 1, other, 0)
    if vector.is_circular and other == vector.one_ltr.size - 1 and position == 0:
        return None
    is_circle = (
        vector.is_circular and position <= _END_SLACK and abs(other + 1 - vector.ltr_length) <= _END_SLACK
    )
    return Rearrangement("circle" if is_circle else "duplication", position, other + 1, 0)


def _merged(shown: dict[Rearrangement, set[int]]) -> Iterable[tuple[Rearrangement, set[int]]]:
    """Breakpoints a few bases apart as one, at the place that most fragments show."""
    order = sorted(shown, key=lambda item: (-len(shown[item]), item))
    groups: dict[Rearrangement, set[int]] = {}
    for item in order:
        near = next((known for known in groups if _is_near(known, item)), item)
        groups.setdefault(near, set()).update(shown[item])
    return sorted(groups.items())


def _is_near(one: Rearrangement, other: Rearrangement) -> bool:
    slack = 2 * _END_SLACK if one.kind == "inversion" else _SLACK
    return (
        one.kind == other.kind and abs(one.start - other.start) <= slack and abs(one.end - other.end) <= slack
    )


def count_circles(fragments: pd.DataFrame, vector: MappedVector) -> int:
    """Distinct fragments that close the vector to a circle."""
    kinds = Counter(fragments.loc[fragments["vector"] == vector.name, "kind"])
    return kinds["circle"]
