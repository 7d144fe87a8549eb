"""Genes whose sites are among a subject's largest clones more often than their surroundings explain."""

import numpy as np
import pandas as pd
from scipy import stats

from integrasite.analyse.exact_tests import FloatArray, IntArray
from integrasite.analyse.gene_hits import gene_ranges, ranges_to_pairs
from integrasite.analyse.growth_model import adjust
from integrasite.analyse.insertion_sites import InsertionSites
from integrasite.config.calling import Calling
from integrasite.io.tables import as_table, empty_table
from integrasite.model.tables import EXPANDED_CLONES

TEST = "expanded_clone_enrichment"


def enrich_expanded_clones(
    sites: InsertionSites, genes: pd.DataFrame, calling: Calling
) -> tuple[pd.DataFrame, list[str]]:
    """Count each gene's top sites against what the density strata of its sites predict.

    Args:
        sites: of all subjects; those without tested sites take no part.
        genes: contig, start, end, strand, gene; one test per row with enough sites.
        calling: thresholds.

    Returns:
        The table `expanded_clone_enrichment`, and what was not tested, in words.
    """
    tested = sites.subset(sites.table["is_tested"].to_numpy(dtype=bool))
    notes = _untested(sites, tested, calling)
    gene, site = ranges_to_pairs(*gene_ranges(tested.places, genes))
    n_sites = np.bincount(gene, minlength=len(genes))
    chosen = np.flatnonzero(n_sites >= calling.gene_min_sites)
    if not len(chosen):
        return empty_table(EXPANDED_CLONES), notes or [
            f"{TEST}: not tested: no gene with {calling.gene_min_sites} sites or more"
        ]
    renumbered = np.full(len(genes), -1)
    renumbered[chosen] = np.arange(len(chosen))
    kept = renumbered[gene] >= 0
    gene, site = renumbered[gene[kept]], site[kept]
    top = tested.table["is_top"].to_numpy(dtype=float)[site]
    rate = tested.table["rate"].to_numpy()[site]
    columns = _test(gene, tested.subject[site], top, rate, len(chosen))
    columns["p_without_top_clone"] = _without_top_clone(
        gene, tested.table["cells"].to_numpy()[site], top, rate, columns
    )
    table = genes.iloc[chosen][["gene", "contig", "start", "end"]].reset_index(drop=True)
    table = table.assign(test=TEST, n_sites=n_sites[chosen], **columns)
    table["q"] = adjust(table["p"].to_numpy())
    return as_table(table, EXPANDED_CLONES), notes


def _untested(sites: InsertionSites, tested: InsertionSites, calling: Calling) -> list[str]:
    n_all, n_tested = (int((np.bincount(part.subject) > 0).sum()) for part in (sites, tested))
    if n_all == n_tested and n_all:
        return []
    reason = f"fewer than {calling.expanded_min_sites} sites, or all of the same size"
    return [f"{TEST}: {n_all - n_tested} of {n_all} subjects not tested: {reason}"]


def _test(
    gene: IntArray, subject: IntArray, top: FloatArray, rate: FloatArray, n_genes: int
) -> dict[str, IntArray | FloatArray]:
    """Observed, expected and p of each gene, and the largest p with any one subject left out."""
    observed = np.asarray(np.bincount(gene, weights=top, minlength=n_genes), dtype=float)
    expected = np.asarray(np.bincount(gene, weights=rate, minlength=n_genes), dtype=float)
    n_subjects = int(subject.max()) + 1
    pair, number = np.unique(gene * n_subjects + subject, return_inverse=True)
    of_gene = pair // n_subjects
    own_top, own_rate = np.bincount(number, weights=top), np.bincount(number, weights=rate)
    left = poisson_tail(observed[of_gene] - own_top, expected[of_gene] - own_rate)
    worst = np.zeros(n_genes)
    np.maximum.at(worst, of_gene, left)
    n_subjects_of = np.bincount(of_gene, minlength=n_genes)
    return {
        "n_subjects": n_subjects_of,
        "n_subjects_expanded": np.bincount(of_gene[own_top > 0], minlength=n_genes),
        "observed": observed, "expected": expected, "effect": ratio(observed, expected),
        "p": poisson_tail(observed, expected), "p_without_subject": np.where(n_subjects_of > 1, worst, np.nan),
    }  # fmt: skip


def _without_top_clone(
    gene: IntArray,
    cells: FloatArray,
    top: FloatArray,
    rate: FloatArray,
    columns: dict[str, IntArray | FloatArray],
) -> FloatArray:
    """p with each gene's largest clone left out."""
    order = np.lexsort((-cells, -top, gene))
    largest = order[np.flatnonzero(np.diff(gene[order], prepend=-1))]
    return poisson_tail(columns["observed"] - top[largest], columns["expected"] - rate[largest])


def poisson_tail(observed: FloatArray, expected: FloatArray) -> FloatArray:
    """P(X >= observed) of the Poisson law; 1 where nothing was observed."""
    found: FloatArray = stats.poisson.sf(np.round(observed) - 1, np.maximum(expected, 1e-300))
    return np.where(np.round(observed) < 1, 1.0, found)


def ratio(observed: FloatArray, expected: FloatArray) -> FloatArray:
    """Observed over expected; missing where nothing is expected."""
    return np.asarray(np.divide(observed, expected, out=np.full(len(expected), np.nan), where=expected > 0))
