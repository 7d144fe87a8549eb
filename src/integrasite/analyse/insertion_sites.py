"""The distinct sites of every subject, with what the insertional-mutagenesis tests need to know of each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from integrasite.analyse.gene_hits import CONTIG_STEP, IntArray, Places, local_density
from integrasite.config.calling import Calling

STRATA = 20
"""Quantiles of local density; fewer where a stratum would hold less than `STRATUM_SITES` sites."""
STRATUM_SITES = 50
DENSEST = 0.01
"""The densest sites of a subject are a stratum of their own: several cells' sites at one base look like a large clone."""
SIZE_STEP = 0.1
"""Sizes (cells) are compared in these steps, so that clones of one fragment are as large as each other."""


Codes = NDArray[np.int32]
STRANDS = ("+", "-", "")
"""Strands by number; the last stands for anything else."""
_FLAGS = ("is_counted", "is_patient", "is_product", "is_early", "is_late")


@dataclass(frozen=True)
class InsertionSites:
    """Distinct (subject, site) pairs in ascending order of place.

    Args:
        table: subject, contig and strand (categories), position (0-based), cells, is_patient, is_product, is_early, is_late,
            is_tested, is_top, stratum (numbered over all subjects) and rate (expected part of top sites in the stratum).
        places: where they are.
        subject: number of each row's subject, by sorted name.
    """

    table: pd.DataFrame
    places: Places
    subject: IntArray

    def subset(self, chosen: NDArray[np.bool_]) -> "InsertionSites":
        """The chosen rows."""
        if chosen.all():
            return self
        table = self.table[chosen].reset_index(drop=True)
        return InsertionSites(
            table, Places(self.places.contigs, self.places.keys[chosen]), self.subject[chosen]
        )


@dataclass(frozen=True)
class SitePart:
    """Distinct (subject, site) pairs of some clones: small numbers instead of words, so that a cohort fits into memory.

    Args:
        contigs, subjects: names by number.
        contig, subject, strand: number of each pair's contig, subject and strand.
        base: 0-based.
        cells: sum over the specimens that count.
        flags: shape (pairs, `_FLAGS`), whether any of the pair's clones has the property.
    """

    contigs: NDArray[np.object_]
    subjects: NDArray[np.object_]
    contig: Codes
    subject: Codes
    strand: NDArray[np.int8]
    base: IntArray
    cells: NDArray[np.float64]
    flags: NDArray[np.bool_]


def collect_sites(
    clones: pd.DataFrame,
    contigs: dict[str, int],
    products: Collection[tuple[str, str]],
    calling: Calling,
) -> InsertionSites:
    """Distinct passing, uniquely placed sites of each subject; tumour assays are left out.

    Vectors are pooled. `cells` is the sum over the patient's specimens from `calling.expanded_min_days` on; products and
    specimens without a day do not count where that is above 0.

    Args:
        clones: the table `clones`, without controls.
        contigs: number of every contig that sites or genes lie on.
        products: (subject, specimen) of the products.
        calling: thresholds.
    """
    return join_parts([reduce_clones(clones, products, calling)], contigs, calling)


def reduce_clones(clones: pd.DataFrame, products: Collection[tuple[str, str]], calling: Calling) -> SitePart:
    """The distinct sites of some clones, as `collect_sites` takes them.

    Args:
        clones: rows of the table `clones`, without controls.
        products: (subject, specimen) of the products.
        calling: thresholds.
    """
    usable = (clones["status"] == "pass") & (clones["placement"] == "unique") & (clones["estimator"] != "ccf")
    rows = clones[usable.to_numpy(dtype=bool)]
    named = list(products)
    pairs = pd.MultiIndex.from_arrays([rows["subject"], rows["specimen"]])
    in_product = np.asarray(pairs.isin(named)) if named else np.zeros(len(rows), dtype=bool)
    days = pd.to_numeric(rows["days"]).to_numpy(dtype=float, na_value=np.nan)
    counted = ~in_product & ((days >= calling.expanded_min_days) | (calling.expanded_min_days == 0))
    contig, contigs = _numbered(rows["contig"])
    subject, subjects = _numbered(rows["subject"])
    strand = np.select([rows["strand"] == letter for letter in STRANDS[:2]], [0, 1], 2).astype(np.int8)
    flags = [
        counted, ~in_product, in_product, in_product | (days <= calling.early_max_days),
        ~in_product & (days >= calling.late_min_days),
    ]  # fmt: skip
    base = rows["position"].to_numpy(dtype=np.int64) - 1
    cells = rows["cells"].to_numpy(dtype=float) * counted
    return _distinct(
        SitePart(contigs, subjects, contig, subject, strand, base, cells, np.column_stack(flags))
    )


def _numbered(words: "pd.Series[str]") -> tuple[Codes, NDArray[np.object_]]:
    """Numbers of words, and the words, sorted."""
    codes, names = pd.factorize(words, sort=True)
    return codes.astype(np.int32), np.asarray(names, dtype=object)


def _distinct(part: SitePart) -> SitePart:
    """Rows of one subject and site put together. Cells are added in the order of size, whatever the order of rows."""
    order = np.lexsort((part.cells, part.strand, part.subject, part.base, part.contig))
    is_new = np.zeros(len(order), dtype=bool)
    is_new[:1] = True
    for column in (part.contig, part.base, part.subject, part.strand):
        ordered = column[order]
        is_new[1:] |= ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(is_new)
    first = order[starts]
    cells, flags = part.cells[order], part.flags[order]
    if len(order):
        cells, flags = np.add.reduceat(cells, starts), np.logical_or.reduceat(flags, starts, axis=0)
    return replace(
        part, contig=part.contig[first], subject=part.subject[first], strand=part.strand[first], base=part.base[first],
        cells=cells, flags=flags,
    )  # fmt: skip


def join_parts(parts: Sequence[SitePart], contigs: dict[str, int], calling: Calling) -> InsertionSites:
    """The sites of a cohort from those of its parts; the same whatever the parts are.

    Args:
        parts: sites of some clones each; a subject may stand in several.
        contigs: number of every contig that sites or genes lie on.
        calling: thresholds.
    """
    names = np.array(sorted(contigs, key=contigs.__getitem__), dtype=object)
    subjects = np.array(sorted({name for part in parts for name in part.subjects}), dtype=object)
    of_contig = {name: number for number, name in enumerate(names)}
    of_subject = {name: number for number, name in enumerate(subjects)}
    joined = _distinct(
        SitePart(
            names,
            subjects,
            np.concatenate([_renumbered(part.contig, part.contigs, of_contig) for part in parts]),
            np.concatenate([_renumbered(part.subject, part.subjects, of_subject) for part in parts]),
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("strand", "base", "cells", "flags")
            ),
        )
    )
    table = pd.DataFrame(
        {
            "strand": pd.Categorical.from_codes(joined.strand, pd.Index(list(STRANDS), dtype=object)),
            "subject": pd.Categorical.from_codes(joined.subject, pd.Index(subjects, dtype=object)),
            "contig": pd.Categorical.from_codes(joined.contig, pd.Index(names, dtype=object)),
            "position": joined.base, "cells": joined.cells,
            **dict(zip(_FLAGS, joined.flags.T, strict=True)),
        }
    )  # fmt: skip
    numbers = np.array([contigs[name] for name in names], dtype=np.int64)
    keys = numbers[joined.contig] * CONTIG_STEP + joined.base
    subject = joined.subject.astype(np.int64)
    _add_strata(table, keys, subject, calling)
    return InsertionSites(table, Places(contigs, keys), subject)


def _renumbered(codes: Codes, names: NDArray[np.object_], number: dict[str, int]) -> Codes:
    found: Codes = np.array([number[name] for name in names], dtype=np.int32)[codes]
    return found


def _add_strata(table: pd.DataFrame, keys: IntArray, subject: IntArray, calling: Calling) -> None:
    """Mark the top sites and the density strata of every subject with enough sites of different sizes."""
    density = local_density(keys, calling.density_window)
    is_tested, is_top = np.zeros(len(table), dtype=bool), np.zeros(len(table), dtype=bool)
    stratum, rate = np.full(len(table), -1, dtype=np.int64), np.zeros(len(table))
    sizes = np.round(table["cells"].to_numpy() / SIZE_STEP)
    counted = np.flatnonzero(table["is_counted"].to_numpy(dtype=bool))
    n_strata = 0
    for numbers in _groups(subject, counted):
        top = top_sites(sizes[numbers], calling.expanded_fraction)
        if len(numbers) < calling.expanded_min_sites or not top.any():
            continue
        own = density_strata(density[numbers])
        per_stratum = np.bincount(own, weights=top) / np.maximum(np.bincount(own), 1)
        is_tested[numbers], is_top[numbers] = True, top
        stratum[numbers], rate[numbers] = own + n_strata, per_stratum[own]
        n_strata += int(own.max()) + 1
    table["is_tested"], table["is_top"], table["stratum"], table["rate"] = is_tested, is_top, stratum, rate


def _groups(subject: IntArray, chosen: IntArray) -> list[IntArray]:
    order = chosen[np.argsort(subject[chosen], kind="stable")]
    return [part for part in np.split(order, np.flatnonzero(np.diff(subject[order])) + 1) if len(part)]


def top_sites(sizes: NDArray[np.float64], fraction: float) -> NDArray[np.bool_]:
    """The largest sites, at most `fraction` of all; sites that tie at the border are all left out.

    >>> top_sites(np.array([9.0, 1, 1, 1]), 0.5).tolist()
    [True, False, False, False]
    """
    most = int(fraction * len(sizes))
    if most >= len(sizes):
        return np.ones(len(sizes), dtype=bool)
    border = np.sort(sizes)[::-1][most]
    return np.asarray(sizes > border)


def density_strata(density: IntArray) -> IntArray:
    """Numbers of quantiles of density, and one above them for the densest sites where these are enough.

    Args:
        density: of the sites of one subject.
    """
    n_strata = int(np.clip(len(density) // STRATUM_SITES, 1, STRATA))
    edges = np.unique(np.quantile(density, np.arange(1, n_strata) / n_strata))
    strata = np.searchsorted(edges, density, side="right")
    if DENSEST * len(density) >= STRATUM_SITES:
        strata[density > np.quantile(density, 1 - DENSEST)] = n_strata
    return np.unique(strata, return_inverse=True)[1].astype(np.int64)
