"""Genes with a larger or smaller share of the late sites than of the early ones, by Fisher's exact test."""

import numpy as np
import pandas as pd

from integrasite.analyse.exact_tests import fisher_two_sided
from integrasite.analyse.gene_hits import count_by_subject, gene_ranges
from integrasite.analyse.growth_model import adjust
from integrasite.analyse.insertion_sites import InsertionSites
from integrasite.config.calling import Calling
from integrasite.io.tables import as_table, empty_table
from integrasite.model.tables import EARLY_LATE

NAME = "early_late"
WINDOWS = {"in_gene": 0, "within_25kb": 25_000, "within_50kb": 50_000}


def compare_early_late(
    sites: InsertionSites, genes: pd.DataFrame, calling: Calling
) -> tuple[pd.DataFrame, list[str]]:
    """Compare each gene's sites at late specimens with those at early ones, in and around the gene.

    Only subjects with both count. A site seen early and late counts in both.

    Returns:
        The table `early_late` (one test per window; genes with `calling.gene_min_sites` sites, early and late together),
        and what was not tested, in words.
    """
    table = sites.table
    both = np.ones(len(table), dtype=bool)
    for phase in ("is_early", "is_late"):
        chosen = table[phase].to_numpy(dtype=bool)
        both &= (
            np.bincount(sites.subject[chosen], minlength=sites.subject.max(initial=0) + 1)[sites.subject] > 0
        )
    early = sites.subset(both & table["is_early"].to_numpy(dtype=bool))
    late = sites.subset(both & table["is_late"].to_numpy(dtype=bool))
    if min(len(early.table), len(late.table)) < calling.early_late_min_sites:
        return empty_table(EARLY_LATE), [
            f"{NAME}: not tested: fewer than {calling.early_late_min_sites} early (to day {calling.early_max_days}) or "
            f"late (from day {calling.late_min_days}) sites of subjects that have both"
        ]
    parts = [_window(early, late, genes, word, calling) for word in WINDOWS]
    return as_table(pd.concat(parts, ignore_index=True), EARLY_LATE), []


def _window(
    early: InsertionSites, late: InsertionSites, genes: pd.DataFrame, word: str, calling: Calling
) -> pd.DataFrame:
    found = [gene_ranges(part.places, genes, WINDOWS[word]) for part in (early, late)]
    n_early, n_late = (last - first for first, last in found)
    chosen = np.flatnonzero(n_early + n_late >= calling.gene_min_sites)
    before, after = n_early[chosen], n_late[chosen]
    total_before, total_after = len(early.table), len(late.table)
    p = fisher_two_sided(after, before, total_after, total_before)
    n_subjects, n_largest = count_by_subject(
        [
            (first[chosen], last[chosen], part.subject)
            for part, (first, last) in zip((early, late), found, strict=True)
        ]
    )
    rows = genes.iloc[chosen][["gene", "contig", "start", "end"]].reset_index(drop=True)
    odds = (after + 0.5) * (total_before - before + 0.5) / ((total_after - after + 0.5) * (before + 0.5))
    return rows.assign(
        test=word, n_sites=before + after, n_subjects=n_subjects, observed=after,
        expected=(before + after) * total_after / (total_after + total_before), effect=odds, p=p, q=adjust(p),
        n_largest_subject=n_largest,
        n_early=before, n_late=after, total_early=total_before, total_late=total_after,
    )  # fmt: skip
