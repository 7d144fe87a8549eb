"""Distinct fragments over the junctions and over the intact place of every site of a subject, in one of its samples.

The alleles of a site are known here, so that a fragment needs fewer vector bases than one by which a site is found. How many
bases tell the alleles apart is worked out for each site, and fragments are counted by the same rule as the windows are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.io.tables import as_table
from integrasite.model.tables import SITE_COUNTS
from integrasite.model.vector_map import MappedVector
from integrasite.sites.tumour_counts_alleles import (
    HOST,
    LEFT,
    MOST_PLACES,
    RIGHT,
    Alleles,
    HostBases,
    alleles_of_sites,
    unit_table,
)
from integrasite.sites.tumour_counts_classes import (
    KINDS,
    Classes,
    classify,
    required_span,
    show_fragments,
)
from integrasite.sites.tumour_counts_lengths import Lengths, fragment_lengths, mean_window, placed_window
from integrasite.sites.tumour_counts_places import HostWords, shows_own_word
from integrasite.sites.tumour_counts_reads import FragmentPool
from integrasite.sites.tumour_fractions import Bools, Floats, Ints
from integrasite.sites.tumour_sizes import ALIKE, CAPTURE, REPEAT, SITE_KEY, VECTOR_LIKE

_LEAST_SHARE = 0.05
"""Share of an intact window below which it stays open beside sequence of a vector: only the few longest fragments reach out."""


@dataclass(frozen=True, eq=False)
class SitePlaces:
    """Candidate sites of a subject and all their places.

    Attributes:
        units: one row per site.
        alleles: of every place, by site.
        words: how often the words of the places stand in the host.
    """

    units: pd.DataFrame
    alleles: list[Alleles]
    words: HostWords


def lay_out_places(
    sites: pd.DataFrame,
    multihits: pd.DataFrame,
    vectors: Mapping[str, MappedVector],
    bases: HostBases,
    calling: Calling,
) -> tuple[pd.DataFrame, list[Alleles]]:
    """Sites (table `TUMOUR_SITES`) of vectors that are known, and the alleles of their places."""
    units = unit_table(sites[sites["vector"].isin(list(vectors))])
    places = multihits.drop_duplicates(["cluster", "contig", "position", "strand"])["cluster"].value_counts()
    units["n_places"] = [int(places.get(cluster, 1)) for cluster in units["cluster"]]
    margin, anchor = calling.tumour_vector_margin, calling.junction_anchor_ltr
    return units, alleles_of_sites(units, multihits, vectors, bases, anchor, margin)


def count_sites(
    sample: str, places: SitePlaces, pool: FragmentPool, kept: Floats, is_capture: bool, calling: Calling
) -> pd.DataFrame:
    """Count one sample's fragments at every site.

    Args:
        sample: its name.
        places: of the subject's sites.
        pool: the sample's fragments over the places and those with vector bases.
        kept: per site, the share of the fragments of its windows that is in the pool.
        is_capture: probes caught vector fragments: intact ones do not compare with them.
        calling: thresholds.

    Returns:
        Table `SITE_COUNTS`.
    """
    alleles, n = places.alleles, len(places.units)
    longest = calling.tumour_max_fragment
    shown = show_fragments(pool, alleles, places.words.is_common, longest, calling.junction_identity)
    support = places.units["n_fragments_subject"].fillna(0).to_numpy(np.int64)
    told = classify(shown, alleles, calling.tumour_vector_margin, support)
    told = told.take(_is_placed(told, places, pool))
    counts = _distinct(told, alleles, n)
    lengths = fragment_lengths(shown, alleles, longest)
    windows = _windows(places, lengths, pool)
    windows[:, 2] *= 0.0 if is_capture else kept
    windows[places.units["n_places"].to_numpy(np.int64) > MOST_PLACES, 2] = 0.0
    why = _why_open(places, windows, is_capture)
    windows[:, 2] = _per_locus(counts, windows, np.bincount([a.unit for a in alleles], minlength=n))
    names = ["n_junction_5", "n_junction_3", "n_intact"]
    table = places.units[SITE_KEY].assign(
        sample=sample,
        why_open=why,
        **{name: counts[:, column] for column, name in enumerate(names)},
        **{f"window_{name[2:]}": windows[:, column].round(4) for column, name in enumerate(names)},
    )
    return as_table(table, SITE_COUNTS)


def _is_placed(told: Classes, places: SitePlaces, pool: FragmentPool) -> Bools:
    """Intact fragments of sites beside sequence that the host has elsewhere, too, must show a word of their own."""
    asked = (told.kind == HOST) & places.words.is_asked[told.allele]
    rows = np.flatnonzero(asked)
    found = np.ones(told.unit.size, np.bool_)
    found[rows] = shows_own_word(pool, places.words, told.fragment[rows], told.allele[rows])
    return found


def _distinct(told: Classes, alleles: Sequence[Alleles], n: int) -> Ints:
    """Per site: distinct fragments over side 5, side 3, and over the intact place; copies begin and end alike."""
    spans = np.column_stack([told.unit, told.allele, told.kind, told.left, told.right])
    distinct = np.unique(spans, axis=0) if spans.size else spans
    left_is_five = np.array([allele.side(LEFT) == 5 for allele in alleles] or [True])
    counts = np.zeros((n, 3), np.int64)
    is_five = np.where(distinct[:, 2] == LEFT, left_is_five[distinct[:, 1]], ~left_is_five[distinct[:, 1]])
    column = np.where(distinct[:, 2] == HOST, 2, np.where(is_five, 0, 1))
    np.add.at(counts, (distinct[:, 0], column), 1)
    return counts


def _windows(places: SitePlaces, lengths: Lengths, pool: FragmentPool) -> Floats:
    """Per site the windows of side 5, side 3, and of the intact place (mean of its places)."""
    sizes = np.diff(pool.reads.starts)
    read = int(np.median(sizes[sizes > 0])) if (sizes > 0).any() else 0
    rows: dict[int, list[tuple[float, float, float]]] = {}
    for number, allele in enumerate(places.alleles):
        spans = [required_span(allele, kind) for kind in range(KINDS)]
        windows = [mean_window(lengths, high - low) if high > low else 0.0 for low, high in spans]
        if places.words.is_asked[number] and windows[HOST]:
            whole = windows[HOST]
            windows[HOST] = placed_window(lengths, spans[HOST], places.words.is_own[number], read)
            if places.words.is_vector_like[number] and windows[HOST] < _LEAST_SHARE * whole:
                windows[HOST] = 0.0
        five, three = (LEFT, RIGHT) if allele.side(LEFT) == 5 else (RIGHT, LEFT)
        rows.setdefault(allele.unit, []).append((windows[five], windows[three], windows[HOST]))
    return np.array([np.mean(rows[unit], axis=0) for unit in range(len(places.units))]).reshape(-1, 3)


def _why_open(places: SitePlaces, windows: Floats, is_capture: bool) -> list[str]:
    """Why the window of intact fragments is 0; empty where it is not, or where no read is there that could tell."""
    like = {
        allele.unit
        for allele, is_like in zip(places.alleles, places.words.is_vector_like, strict=True)
        if is_like
    }
    asked = {
        allele.unit
        for allele, is_asked in zip(places.alleles, places.words.is_asked, strict=True)
        if is_asked
    }
    found = []
    for unit, n_places in enumerate(places.units["n_places"]):
        if windows[unit, 2] > 0 or not windows[unit, :2].any():
            found.append("")
        elif is_capture:
            found.append(CAPTURE)
        elif n_places > MOST_PLACES:
            found.append(REPEAT)
        else:
            found.append(VECTOR_LIKE if unit in like else REPEAT if unit in asked else ALIKE)
    return found


def _per_locus(counts: Ints, windows: Floats, n_places: Ints) -> Floats:
    """Window of intact fragments that were counted over all places of a set, so that they stand for one place.

    Copies without the vector at one place are all copies of all places by their number, less those with the vector.
    """
    found = windows[:, 2].copy()
    for row in np.flatnonzero(n_places > 1):
        five, three, intact = windows[row]
        junction = five + three
        if not junction or not intact:
            continue
        with_vector = (counts[row, 0] + counts[row, 1]) / junction
        copies = (counts[row, 2] / intact + with_vector) / n_places[row]
        without = copies - with_vector
        most = intact * n_places[row]
        # hardly any intact copy left: bounded, so that chance does not make the window endless
        found[row] = min(counts[row, 2] / without, 4 * most) if without > 0 and counts[row, 2] else most
        found[row] = max(found[row], most)
    return found
