"""All tests for insertional mutagenesis on one cohort's clones."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from integrasite.analyse.common_sites import choose_comparisons, compare_with_reference, grubbs_outliers
from integrasite.analyse.early_late import compare_early_late
from integrasite.analyse.exact_tests import FloatArray
from integrasite.analyse.expanded_clones import enrich_expanded_clones
from integrasite.analyse.gene_hits import number_contigs
from integrasite.analyse.growth_model import adjust
from integrasite.analyse.insertion_sites import collect_sites
from integrasite.analyse.proximity import KnownBases, measure_proximity
from integrasite.analyse.scan import scan_windows
from integrasite.config.calling import Calling
from integrasite.io.genes import GeneAnnotation
from integrasite.io.tables import concat_tables
from integrasite.model.tables import COMMON_SITES


@dataclass(frozen=True)
class InsertionTests:
    """The four tables, and in words what was not tested and why."""

    common_sites: pd.DataFrame
    expanded_clones: pd.DataFrame
    early_late: pd.DataFrame
    proximity: pd.DataFrame
    notes: tuple[str, ...]


def run_insertion_tests(
    clones: pd.DataFrame,
    annotation: GeneAnnotation,
    lists: Mapping[str, Sequence[str]],
    calling: Calling,
    *,
    products: Collection[tuple[str, str]] = (),
    known_bases: KnownBases | None = None,
    reference: pd.DataFrame | None = None,
) -> InsertionTests:
    """Run every test that the data allow.

    Args:
        clones: the table `clones` of all subjects, without controls.
        annotation: the host's genes.
        lists: name -> symbols of cancer genes.
        calling: thresholds.
        products: (subject, specimen) of the products.
        known_bases: of the genome; without them sites are not held against the genome.
        reference: sites of the same kind of vector and cell (contig, position, strand, subject), as the reference of the
            tests of common sites; without it products, early specimens or other subjects are taken.

    Returns:
        The four tables; those that could not be tested are empty.
    """
    genes = annotation.genes
    contigs = [genes["contig"], clones["contig"]]
    contigs += [] if reference is None else [reference["contig"]]
    contigs += [] if known_bases is None else [pd.Series(list(known_bases.lengths), dtype=object)]
    numbers = number_contigs(*(column.to_frame("contig") for column in contigs))
    sites = collect_sites(clones, numbers, products, calling)
    given = None if reference is None else collect_sites(_as_clones(reference), numbers, (), calling)
    expanded, notes = enrich_expanded_clones(sites, genes, calling)
    comparisons, few = choose_comparisons(sites, given, calling)
    notes += few
    genes_of, windows_of = [], []
    for comparison in comparisons:
        rows, few = compare_with_reference(comparison, genes, calling)
        notes += few
        genes_of.append(rows)
        windows_of.append(scan_windows(comparison, genes, calling))
    rows, few = grubbs_outliers(sites, genes, transcript_lengths(annotation), calling)
    parts = [*_adjusted(genes_of), *_adjusted_scans(windows_of, calling), rows]
    early_late, unlike = compare_early_late(sites, genes, calling)
    proximity, without = measure_proximity(sites, genes, lists, known_bases)
    return InsertionTests(
        concat_tables(parts, COMMON_SITES), expanded, early_late, proximity, (*notes, *few, *unlike, *without)
    )


def _adjusted(parts: list[pd.DataFrame]) -> list[pd.DataFrame]:
    """Rows of all comparisons with q over all of them."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return []
    table = pd.concat(filled, ignore_index=True)
    return [table.assign(q=adjust(table["p"].to_numpy(dtype=float)))]


def _adjusted_scans(parts: list[pd.DataFrame], calling: Calling) -> list[pd.DataFrame]:
    """Windows of all scans with their number expected by chance in all of them."""
    adjusted = [part.assign(q=part["q"] * len(parts)) for part in parts if len(part)]
    return [part[part["q"] <= calling.scan_e_value] for part in adjusted]


def transcript_lengths(annotation: GeneAnnotation) -> FloatArray:
    """Mean length (bp, from start to end) of each gene's transcripts; the gene's own where it has none."""
    genes, transcripts = annotation.genes, annotation.transcripts
    own = (genes["end"] - genes["start"]).to_numpy(dtype=float)
    gene = transcripts["gene"].to_numpy(dtype=np.int64)
    length = (transcripts["end"] - transcripts["start"]).to_numpy(dtype=float)
    counts = np.bincount(gene, minlength=len(genes))
    sums = np.bincount(gene, weights=length, minlength=len(genes))
    return np.where(counts > 0, sums / np.maximum(counts, 1), own)


def _as_clones(reference: pd.DataFrame) -> pd.DataFrame:
    return reference.assign(
        subject=reference.get("subject", "reference"),
        specimen="", days=0, placement="unique", status="pass", estimator="count", cells=1.0,
    )  # fmt: skip
