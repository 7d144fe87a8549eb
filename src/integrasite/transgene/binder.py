"""The part of a vector by which products differ, its binder (scFv, VHH): is it there where the rest of the vector is?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import nbinom

from integrasite.config.calling import Calling
from integrasite.transgene.limits_expected import Cells, Expected, Flags, Floats, Ints, Shape, expect_whole
from integrasite.transgene.products import tag_hits
from integrasite.transgene.structure_joins import Rearrangement
from integrasite.transgene.vector_map import MappedVector
from integrasite.transgene.verdict_evidence import shown_spans

_NAMES = re.compile(r"scfv|vhh|nanobody|sdab|binder", re.IGNORECASE)
_EVEN = 0.2
"""Least ratio of copies on the two sides of the binder: below, one side is lost as well, which a truncated copy explains."""


@dataclass(frozen=True)
class Absence:
    """A binder that is not there.

    Attributes:
        names: its elements.
        n_fragments: fragments that show some of it.
        due: such fragments at the copies of the rest of the vector.
        is_joined: reads join what lies on either side of it, so that copies have lost it.
    """

    names: tuple[str, ...]
    n_fragments: int
    due: float
    is_joined: bool


def binder_of(vector: MappedVector) -> Flags:
    """Per base of the one-LTR contig, whether it is the binder's and not the host's; by element names, else by product tags."""
    found = np.zeros(vector.one_ltr.size, np.bool_)
    for element in vector.elements:
        if _NAMES.search(element.name):
            found[element.start : element.end] = True
    if not found.any() and vector.product:
        for hit in tag_hits(vector.one_ltr):
            found[hit.start : hit.end] = True
    return found & ~vector.host_like_mask


def absent_binder(
    vector: MappedVector,
    rows: pd.DataFrame,
    expected: Expected,
    cells: Cells,
    shape: Shape,
    breaks: Sequence[Rearrangement],
    calling: Calling,
) -> Absence | None:
    """The vector's binder, where far fewer fragments show it than are due at the copies of what lies on either side of it.

    The number of fragments is gamma-Poisson: the copies of the rest are known by a count, and depth varies along the vector.

    Args:
        vector: as it was given.
        rows: fragments that count (`TUMOUR_FRAGMENTS`).
        expected: fragments of one copy.
        cells: of the vector.
        shape: lengths of fragments and reads.
        breaks: breakpoints within the vector.
        calling: thresholds.

    Returns:
        None where the binder is there, where too little is due for its lack to tell, or where one side of it is lost too.
    """
    binder = binder_of(vector) & cells.is_own
    starts, ends = (rows[c].to_numpy(np.float64).astype(np.int64) for c in ("vector_start", "vector_end"))
    if not binder.any() or not starts.size:
        return None
    shows = _shows(binder, starts, ends, shape, calling)
    whole = np.concatenate([binder, binder[: vector.ltr_length]])
    one = expect_whole(whole, shape, calling.informative_bases)
    n_rest, rest = int((~shows).sum()), expected.total - one
    if (
        not n_rest
        or rest <= 0
        or not _is_on_both_sides(vector, binder, rows[~shows], expected, cells, calling)
    ):
        return None
    due = n_rest / rest * one
    n_seen = int(shows.sum())
    size = 1 / (1 / n_rest + calling.depth_variation**2)
    p = float(nbinom.cdf(n_seen, size, size / (size + due)))
    if n_seen > calling.binder_share * due or p >= calling.binder_p:
        return None
    names = dict.fromkeys(
        e.name for e in vector.elements if binder[e.start : e.end].any() and _NAMES.search(e.name)
    )
    at = np.flatnonzero(binder)
    first, last = int(at[0]), int(at[-1]) + 1
    is_joined = any(
        item.kind == "deletion" and 2 * (min(item.end, last) - max(item.start, first)) >= last - first
        for item in breaks
    )
    return Absence(tuple(names) or (vector.product,), n_seen, due, is_joined)


def _shows(binder: Flags, starts: Ints, ends: Ints, shape: Shape, calling: Calling) -> Flags:
    """Whether the reads of fragments show enough bases of the binder."""
    before = np.concatenate([[0], np.cumsum(np.concatenate([binder, binder]))])
    shown = [
        sum(int(before[b] - before[a]) for a, b in shown_spans(start, end, shape.read_length))
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    ]
    return np.array(shown) >= calling.informative_bases


def _is_on_both_sides(
    vector: MappedVector,
    binder: Flags,
    rows: pd.DataFrame,
    expected: Expected,
    cells: Cells,
    calling: Calling,
) -> bool:
    """Whether fragments behind the first LTR and before the binder, and behind it, show about the same copies."""
    at = np.flatnonzero(binder)
    size = np.bincount(cells.cell_of, minlength=expected.cells.size)
    per_base: Floats = expected.cells[cells.cell_of] / size[cells.cell_of]
    middle = rows["midpoint"].to_numpy(np.float64).astype(np.int64) % cells.size
    copies = []
    for first, end in ((vector.ltr_length, int(at[0])), (int(at[-1]) + 1, cells.size)):
        n, due = int(((first <= middle) & (middle < end)).sum()), float(per_base[first:end].sum())
        if n < calling.positive_fragments or due <= 0:
            return False
        copies.append(n / due)
    return min(copies) >= _EVEN * max(copies)
