"""All tests for insertional mutagenesis on one cohort's clones."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from integrasite.analyse.common_sites import choose_comparisons, compare_with_reference, grubbs_outliers
from integrasite.analyse.early_late import compare_early_late
from integrasite.analyse.exact_tests import FloatArray, IntArray
from integrasite.analyse.expanded_clones import enrich_expanded_clones
from integrasite.analyse.gene_hits import number_contigs, place_keys
from integrasite.analyse.growth_model import adjust
from integrasite.analyse.insertion_sites import collect_sites, join_parts, reduce_clones
from integrasite.analyse.proximity import KnownBases, measure_proximity
from integrasite.analyse.scan import scan_windows
from integrasite.config.calling import Calling
from integrasite.io.genes import GeneAnnotation
from integrasite.io.tables import as_table, concat_tables
from integrasite.model.tables import COMMON_SITES, NOT_TESTED

MANY_COMPARISONS = 20
LISTED_SITES = 2
"""Of more than 20 subjects, each against the others, genes with fewer sites of the subject are tested and counted in q, but
not listed: one site is no cluster, and hundreds of subjects times all genes are millions of rows."""


@dataclass(frozen=True)
class InsertionTests:
    """The four tables, and in words what was not tested and why ("TEST: REASON")."""

    common_sites: pd.DataFrame
    expanded_clones: pd.DataFrame
    early_late: pd.DataFrame
    proximity: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def not_tested(self) -> pd.DataFrame:
        """The notes as the table `not_tested`."""
        rows = [note.split(": ", 1) for note in dict.fromkeys(self.notes)]
        return as_table(pd.DataFrame(rows, columns=list(NOT_TESTED.columns)), NOT_TESTED)


def run_insertion_tests(
    clones: pd.DataFrame | Iterable[pd.DataFrame],
    annotation: GeneAnnotation,
    lists: Mapping[str, Sequence[str]],
    calling: Calling,
    *,
    products: Collection[tuple[str, str]] = (),
    known_bases: KnownBases | None = None,
    reference: pd.DataFrame | None = None,
    controls: pd.DataFrame | None = None,
) -> InsertionTests:
    """Run every test that the data allow.

    Args:
        clones: the table `clones` of all subjects, without controls; or pieces of it, of which one is held at a time.
        annotation: the host's genes.
        lists: name -> symbols of cancer genes.
        calling: thresholds.
        products: (subject, specimen) of the products.
        known_bases: of the genome; without them sites are not held against the genome.
        reference: sites of the same kind of vector and cell (contig, position, strand, subject), as the reference of the
            tests of common sites; without it products, early specimens or other subjects are taken.
        controls: the table `controls`; without it, or where it has no unique place, all known bases are the background.

    Returns:
        The four tables; those that could not be tested are empty.
    """
    genes = annotation.genes
    pieces = [clones] if isinstance(clones, pd.DataFrame) else clones
    site_parts = [reduce_clones(piece, products, calling) for piece in pieces]
    contigs = [genes["contig"], *(pd.Series(part.contigs, dtype=object) for part in site_parts)]
    contigs += [] if reference is None else [reference["contig"]]
    contigs += [] if controls is None else [controls["contig"]]
    contigs += [] if known_bases is None else [pd.Series(list(known_bases.lengths), dtype=object)]
    numbers = number_contigs(*(column.to_frame("contig") for column in contigs))
    sites = join_parts(site_parts, numbers, calling)
    del site_parts  # half of what a large cohort holds
    given = None if reference is None else collect_sites(_as_clones(reference), numbers, (), calling)
    expanded, notes = enrich_expanded_clones(sites, genes, calling)
    comparisons, few = choose_comparisons(sites, given, calling)
    notes += few
    genes_of, p_of, windows_of = [], [], []
    for comparison in comparisons:
        rows, few = compare_with_reference(comparison, genes, calling)
        notes += few
        listed, p = _listed(rows, len(comparisons) > MANY_COMPARISONS)
        genes_of.append(listed)
        p_of.append(p)
        windows_of.append(scan_windows(comparison, genes, calling))
    rows, few = grubbs_outliers(sites, genes, transcript_lengths(annotation), calling)
    parts = [*_adjusted(genes_of, p_of), *_adjusted_scans(windows_of, calling), rows]
    early_late, unlike = compare_early_late(sites, genes, calling)
    proximity, without = measure_proximity(
        sites, genes, lists, known_bases, controls=control_keys(controls, numbers), comparisons=comparisons
    )
    return InsertionTests(
        concat_tables(parts, COMMON_SITES), expanded, early_late, proximity, (*notes, *few, *unlike, *without)
    )


def control_keys(controls: pd.DataFrame | None, contigs: dict[str, int]) -> IntArray | None:
    """Places of the controls that would be sites, ascending."""
    if controls is None:
        return None
    chosen = controls[controls["is_unique"].astype(bool)]
    return np.sort(place_keys(contigs, chosen["contig"], chosen["position"].astype("int64") - 1))


def _adjusted(parts: list[pd.DataFrame], values: list[FloatArray]) -> list[pd.DataFrame]:
    """Rows of all comparisons with q over all of them.

    Args:
        parts: the rows to list.
        values: p of all tests of the same comparison, those of `parts` first.
    """
    if not any(len(part) for part in parts):
        return []
    q = np.split(adjust(np.concatenate(values)), np.cumsum([len(part) for part in values])[:-1])
    return [part.assign(q=own[: len(part)]) for part, own in zip(parts, q, strict=True) if len(part)]


def _listed(rows: pd.DataFrame, is_many: bool) -> tuple[pd.DataFrame, FloatArray]:
    """The rows of a comparison to list, and p of all, those of the listed ones first."""
    if not len(rows):
        return rows, np.zeros(0)
    listed = (rows["n_sites"] >= LISTED_SITES) | (not is_many)
    p = rows["p"].to_numpy(dtype=float)
    return rows[listed], np.concatenate([p[listed], p[~listed]])


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
