"""Which fragments of a sample speak for a vector, where several vectors share sequence and run-mates share fragments."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.transgene.limits_expected import Cells, Flags, Ints
from integrasite.transgene.vector_map import MappedVector

EVIDENCE_KINDS = ("vector", "junction", "rearranged", "circle")
"""Kinds of fragments that can speak for a vector; `vector_host_like` never does."""
PLASMID_KIND = "backbone"
_WORD = 25
"""Bases around a base that two vectors must share for the base to be shared: chance gives none, one difference undoes 25."""
_ENDS = ["vector", "kind", "vector_start", "vector_end", "host_contig", "host_start", "host_end"]
_FEWER = 0.05
"""Share of a run-mate's fragments up to which a sample can be made of hopped ones; replicates of one library share more."""


@dataclass(frozen=True, eq=False)
class Likeness:
    """Where a vector has what another one has.

    Attributes:
        is_shared: per base of the one-LTR contig, whether the bases around it are in the other vector.
        place: the other vector's base; -1 where none is shared.
    """

    is_shared: Flags
    place: Ints

    @classmethod
    def of(cls, vector: MappedVector, other: MappedVector) -> "Likeness":
        """Compare two vectors, in their own orientation."""
        there: dict[bytes, int] = {}
        for start, word in enumerate(_words(other)):
            there.setdefault(word, start)
        n = int(vector.one_ltr.size)
        shared = np.zeros(n, np.bool_)
        place = np.full(n, -1, np.int64)
        half = _WORD // 2
        for start, word in enumerate(_words(vector)):
            at = there.get(word)
            if at is not None:
                shared[(start + half) % n] = True
                place[(start + half) % n] = (at + half) % int(other.one_ltr.size)
        if (
            not vector.is_circular and n >= _WORD
        ):  # the ends have no bases around them: they go with their neighbours
            shared[:half], shared[n - half :] = shared[half], shared[n - half - 1]
        return cls(shared, place)


def _words(vector: MappedVector) -> list[bytes]:
    codes = vector.one_ltr
    if vector.is_circular:
        codes = np.concatenate([codes, codes[: _WORD - 1]])
    text = codes.tobytes()
    return [text[i : i + _WORD] for i in range(len(text) - _WORD + 1)]


class Vectors:
    """A sample's vectors with what they share.

    Args:
        vectors: in the order of the sheet.
    """

    def __init__(self, vectors: Sequence[MappedVector]) -> None:
        self.by_name: Mapping[str, MappedVector] = {vector.name: vector for vector in vectors}

    @cached_property
    def likeness(self) -> dict[tuple[str, str], Likeness]:
        """For each ordered pair of vectors."""
        return {
            (one, other): Likeness.of(a, b)
            for one, a in self.by_name.items()
            for other, b in self.by_name.items()
            if one != other
        }


def is_informative(fragments: pd.DataFrame, names: Collection[str], calling: Calling) -> Flags:
    """Whether fragments show enough of what only one of these vectors has."""
    named = fragments["vector"].isin(list(names)).to_numpy()
    specific = fragments["n_specific"].fillna(0).to_numpy(np.int64)
    found: Flags = (
        named & fragments["kind"].isin(EVIDENCE_KINDS).to_numpy() & (specific >= calling.informative_bases)
    )
    return found


def shown_spans(start: int, end: int, read_length: int) -> list[tuple[int, int]]:
    """Vector bases that reads of a fragment can show: its first and its last ones."""
    if end - start <= 2 * read_length:
        return [(start, end)]
    return [(start, start + read_length), (end - read_length, end)]


@dataclass(frozen=True, eq=False)
class Allotted:
    """The fragments that a vector explains.

    Attributes:
        rows: row numbers of the sample's fragments.
        cell: cell of the vector that holds each fragment's middle.
        is_shared: whether a better explained vector explains it as well.
        better: vectors of the sample that are better explained and share sequence.
    """

    rows: Ints
    cell: Ints
    is_shared: Flags
    better: tuple[str, ...]


def allot(
    fragments: pd.DataFrame, vectors: Vectors, cells: Mapping[str, Cells], read_length: int, calling: Calling
) -> dict[str, Allotted]:
    """Give each fragment to all vectors that explain it equally; what discriminates decides which vector is the better one.

    Args:
        fragments: the sample's informative fragments (`TUMOUR_FRAGMENTS`, index 0..n-1).
        vectors: of the sample.
        cells: of each vector.
        read_length: bases of a read.
        calling: thresholds.
    """
    names = list(vectors.by_name)
    middles = {name: np.full(len(fragments), -1, np.int64) for name in names}
    assigned = fragments["vector"].to_numpy(object)
    starts = fragments["vector_start"].to_numpy(np.int64)
    ends = fragments["vector_end"].to_numpy(np.int64)
    points = fragments["midpoint"].to_numpy(np.int64)
    for name in names:
        mine = assigned == name
        middles[name][mine] = points[mine]
    for row in range(len(fragments) if len(names) > 1 else 0):
        own = str(assigned[row])
        for other in names:
            if other != own:
                like = vectors.likeness[own, other]
                middles[other][row] = _middle_in(
                    like, shown_spans(starts[row], ends[row], read_length), int(points[row]), calling
                )
    explained = {name: middles[name] >= 0 for name in names}
    n_explained = sum(
        (explained[name].astype(np.int64) for name in names), np.zeros(len(fragments), np.int64)
    )
    own_count = {name: int((explained[name] & (n_explained == 1)).sum()) for name in names}
    n_assigned = {name: int((assigned == name).sum()) for name in names}
    order = sorted(names, key=lambda name: (-own_count[name], -n_assigned[name], name))
    found = {}
    for rank, name in enumerate(order):
        rows = np.flatnonzero(explained[name])
        better = [other for other in order[:rank] if explained[other].any()]
        shared = np.zeros(rows.size, np.bool_)
        for other in better:
            shared |= explained[other][rows]
        sharing = tuple(other for other in better if (explained[other] & explained[name]).any())
        found[name] = Allotted(rows, cells[name].cell_of[middles[name][rows]], shared, sharing)
    return found


def _middle_in(like: Likeness, spans: list[tuple[int, int]], middle: int, calling: Calling) -> int:
    """The fragment's middle in the other vector; -1 where that vector does not explain it as well."""
    n = like.is_shared.size
    bases = np.concatenate([np.arange(*span) for span in spans]) % n
    shared = like.is_shared[bases]
    if int((~shared).sum()) >= calling.informative_bases or not shared.any():
        return -1
    near = bases[shared & (like.place[bases] >= 0)]
    if not near.size:
        return -1
    return int(like.place[near[int(np.argmin(np.abs(near - middle)))]])


def end_keys(fragments: pd.DataFrame) -> "pd.Series[int]":
    """One number per fragment by which fragments with the same ends agree."""
    known = fragments[_ENDS].copy()
    for column in _ENDS:
        known[column] = known[column].astype("string").fillna("")
    hashed: pd.Series[int] = pd.util.hash_pandas_object(known, index=False)
    return hashed


def has_mates_ends(fragments: pd.DataFrame, mate: pd.DataFrame, n_places: float) -> Flags:
    """Whether fragments have the very ends of fragments of a run-mate that has far more of them.

    Args:
        fragments: informative fragments of the sample.
        mate: those of the run-mate.
        n_places: pairs of ends that fragments of the vector can have; where the mate has many of them, chance makes them alike.
    """
    nothing = np.zeros(len(fragments), np.bool_)
    if not len(fragments) or len(fragments) > _FEWER * len(mate) or len(mate) > _FEWER * n_places:
        return nothing
    found: Flags = np.isin(end_keys(fragments).to_numpy(), end_keys(mate).to_numpy())
    return found
