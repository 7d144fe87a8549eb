"""The distinct sites of every subject, with what the insertional-mutagenesis tests need to know of each."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from integrasite.analyse.gene_hits import IntArray, Places, local_density, place_keys
from integrasite.config.calling import Calling

STRATA = 20
"""Quantiles of local density; fewer where a stratum would hold less than `STRATUM_SITES` sites."""
STRATUM_SITES = 50
DENSEST = 0.01
"""The densest sites of a subject are a stratum of their own: several cells' sites at one base look like a large clone."""
SIZE_STEP = 0.1
"""Sizes (cells) are compared in these steps, so that clones of one fragment are as large as each other."""


@dataclass(frozen=True)
class InsertionSites:
    """Distinct (subject, site) pairs in ascending order of place.

    Args:
        table: subject, contig, position (0-based), strand, cells, is_patient, is_product, is_early, is_late, is_tested, is_top,
            stratum (numbered over all subjects) and rate (expected part of top sites in the stratum).
        places: where they are.
        subject: number of each row's subject, by sorted name.
    """

    table: pd.DataFrame
    places: Places
    subject: IntArray

    def subset(self, chosen: NDArray[np.bool_]) -> "InsertionSites":
        """The chosen rows."""
        table = self.table[chosen].reset_index(drop=True)
        return InsertionSites(
            table, Places(self.places.contigs, self.places.keys[chosen]), self.subject[chosen]
        )


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
    usable = (clones["status"] == "pass") & (clones["placement"] == "unique") & (clones["estimator"] != "ccf")
    rows = clones[usable]
    named = set(products)
    pairs = pd.MultiIndex.from_arrays([rows["subject"], rows["specimen"]])
    in_product = pairs.isin(list(named)) if named else np.zeros(len(rows), dtype=bool)
    days = pd.to_numeric(rows["days"]).to_numpy(dtype=float, na_value=np.nan)
    counted = ~in_product & ((days >= calling.expanded_min_days) | (calling.expanded_min_days == 0))
    flat = pd.DataFrame(
        {
            "subject": rows["subject"].to_numpy(dtype=object), "contig": rows["contig"].to_numpy(dtype=object),
            "position": rows["position"].to_numpy(dtype=np.int64) - 1, "strand": rows["strand"].to_numpy(dtype=object),
            "cells": rows["cells"].to_numpy(dtype=float) * counted, "is_counted": counted, "is_patient": ~in_product,
            "is_product": in_product, "is_early": in_product | (days <= calling.early_max_days),
            "is_late": ~in_product & (days >= calling.late_min_days),
        }
    )  # fmt: skip
    flat["key"] = place_keys(contigs, flat["contig"], flat["position"])
    flat["number"] = pd.factorize(flat["subject"], sort=True)[0]
    grouped = flat.groupby(["key", "number", "strand"], sort=True)
    table = grouped[["subject", "contig", "position"]].first()
    table["cells"] = grouped["cells"].sum()
    flags = ["is_counted", "is_patient", "is_product", "is_early", "is_late"]
    table[flags] = grouped[flags].max()
    table = table.reset_index()
    keys, subject = table.pop("key").to_numpy(), table.pop("number").to_numpy()
    _add_strata(table, keys, subject, calling)
    return InsertionSites(table, Places(contigs, keys), subject)


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
