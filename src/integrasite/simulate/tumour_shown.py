"""What each fragment of a library shows: vector bases per read, junctions, anchors."""

from dataclasses import dataclass

import numpy as np

from integrasite.simulate.sequences import Bools, Ints
from integrasite.simulate.tumour_fragments import FragmentBench, Fragments
from integrasite.simulate.tumour_pool import Origin

SPLIT = 10
"""A read counts as split if it holds at least so many bases on both sides of a junction."""
ANCHOR = 20
"""A junction counts as anchored if one read holds so many host bases and one so many vector bases."""


@dataclass(frozen=True)
class Shown:
    """Per fragment; lengths in bp, coordinates in the fragment from its left end.

    Attributes:
        rows: which fragments of the library: all that are not plain host.
        vector: where the vector begins and ends in each, fragments x 2 (equal: no vector).
        coordinate: the vector part in the orientation of the vector, fragments x 2 (sites: in what was inserted;
            others: in the vector's file, where the end of a circle may lie beyond its size).
        vector_bases: per read, fragments x 2.
        spans: whether the fragment holds the 5' (U3) and the 3' (U5) junction, fragments x 2.
        split: whether one read holds `SPLIT` bases on both sides of it.
        anchored: whether the reads hold `ANCHOR` bases of host and of vector.
    """

    rows: Ints
    vector: Ints
    coordinate: Ints
    vector_bases: Ints
    spans: Bools
    split: Bools
    anchored: Bools


def shown_by(bench: FragmentBench, fragments: Fragments) -> Shown:
    """Work out what the fragments of a library show of the vector; host fragments only where they span a site."""
    rows = np.flatnonzero((fragments.origin != int(Origin.HOST)) | (fragments.site >= 0))
    part = fragments.take(rows)
    templates = bench.pool.templates
    inserts = np.array([t.insert for t in templates], np.int64).reshape(-1, 2)
    shift = np.array([t.shift for t in templates], np.int64)
    forward = np.array([site.forward for site in bench.sites] + [True] * len(bench.pool.others), np.bool_)
    is_site = np.arange(len(templates)) < len(bench.sites)
    made = part.template >= 0
    row = np.maximum(part.template, 0)
    if not len(templates):
        inserts, shift, forward, is_site = (
            np.zeros((1, 2), np.int64),
            np.zeros(1, np.int64),
            made[:1],
            made[:1],
        )
    insert = np.where(made[:, None], inserts[row], 0)
    place, length = part.place, part.length
    vector = np.clip(insert - place[:, None], 0, length[:, None])
    vector[~made] = 0
    along = forward[row]
    start = np.where(along, place + vector[:, 0] - insert[:, 0], insert[:, 1] - place - vector[:, 1])
    coordinate = np.stack([start, start + vector[:, 1] - vector[:, 0]], axis=1) + shift[row][:, None]
    on_site = made & is_site[row]
    left = on_site & (vector[:, 0] > 0)
    right = on_site & (vector[:, 1] < length)
    spans = np.where(along[:, None], np.stack([left, right], 1), np.stack([right, left], 1))
    reads = _reads(bench, part)
    bases = np.stack([_overlap(r, vector) for r in reads], axis=1)
    split, anchored = _evidence(reads, bases, vector, length, along)
    return Shown(rows, vector, coordinate, bases, spans, split & spans, anchored & spans)


def _reads(bench: FragmentBench, part: Fragments) -> list[Ints]:
    """Which part of each fragment read 1 and read 2 show, fragments x 2 (single reads: read 2 shows nothing)."""
    seen = np.minimum(part.length, bench.scenario.read_length)
    zero = np.zeros_like(seen)
    left, right = np.stack([zero, seen], 1), np.stack([part.length - seen, part.length], 1)
    first = np.where(part.forward[:, None], left, right)
    second = np.where(part.forward[:, None], right, left)
    return [first, second if bench.scenario.paired else np.stack([zero, zero], 1)]


def _overlap(one: Ints, other: Ints) -> Ints:
    shared: Ints = np.minimum(one[:, 1], other[:, 1]) - np.maximum(one[:, 0], other[:, 0])
    return np.maximum(shared, 0)


def _evidence(
    reads: list[Ints], bases: Ints, vector: Ints, length: Ints, along: Bools
) -> tuple[Bools, Bools]:
    """Split and anchored, for the 5' and the 3' junction."""
    split, anchored = [], []
    for side in (0, 1):
        zero = np.zeros_like(length)
        host = np.stack([zero, vector[:, 0]], 1) if side == 0 else np.stack([vector[:, 1], length], 1)
        at = vector[:, side]
        room = [np.minimum(at - r[:, 0], r[:, 1] - at) for r in reads]
        split.append(np.max(room, axis=0) >= SPLIT)
        host_bases = np.max([_overlap(r, host) for r in reads], axis=0)
        anchored.append((host_bases >= ANCHOR) & (bases.max(axis=1) >= ANCHOR))
    turn = along[:, None]
    return (
        np.where(turn, np.stack(split, 1), np.stack(split[::-1], 1)),
        np.where(turn, np.stack(anchored, 1), np.stack(anchored[::-1], 1)),
    )
