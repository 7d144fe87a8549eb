"""Genes that hold more sites than a reference set of sites of the same vector predicts, and Grubbs' outliers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from integrasite.analyse.exact_tests import FloatArray, IntArray, beta_binomial_tail, fit_correlation
from integrasite.analyse.gene_hits import (
    Places,
    count_by_subject,
    distinct,
    gene_ranges,
    owning_genes,
)
from integrasite.analyse.growth_model import adjust
from integrasite.analyse.insertion_sites import InsertionSites
from integrasite.config.calling import Calling

FIT_MIN_GENES = 100
"""Genes with two sites or more that the correlation needs."""
PADDING_BP = 100_000
"""Added to a gene's length in the published form of the Grubbs test."""
NAME = "common_sites"


@dataclass(frozen=True)
class Comparison:
    """Sites to test, the sites they are held against, and what these are.

    Args:
        target: distinct (subject, site) pairs.
        reference: places of distinct (subject, site) pairs, ascending; contigs numbered as in the target.
        word: `given`, `product`, `early` or `other_subjects`.
        subject: whose sites the target is; empty: all subjects'.
    """

    target: InsertionSites
    reference: IntArray
    word: str
    subject: str = ""


def choose_comparisons(
    sites: InsertionSites, given: InsertionSites | None, calling: Calling
) -> tuple[Sequence[Comparison], list[str]]:
    """The best reference that is large enough: a given table, products, early specimens, or each subject's others.

    Sites that are in both sets count in the reference only where that is the products' or early ones: a clone that was
    there from the start is no evidence of selection by its place.
    """
    table, least = sites.table, calling.common_min_sites
    patient = sites.subset(table["is_patient"].to_numpy(dtype=bool))
    if given is not None:
        found = Comparison(patient, given.places.keys, "given")
        return ([found], []) if _is_enough(found, least) else ([], [_too_few("the given sites", least)])
    for word, before, after in (
        ("product", "is_product", "is_patient"),
        ("early", "is_early", "is_late"),
    ):
        first = table[before].to_numpy(dtype=bool)
        later = table[after].to_numpy(dtype=bool) & ~first
        found = Comparison(sites.subset(later), sites.places.keys[first], word)
        if _is_enough(found, least):
            return [found], []
    comparisons = OtherSubjects(patient, least)
    return comparisons, [] if comparisons else [
        _too_few("products, early specimens and other subjects", least)
    ]


class OtherSubjects(Sequence[Comparison]):
    """Each subject with enough sites against the other subjects; made when asked for, since each holds almost the cohort."""

    def __init__(self, sites: InsertionSites, least: int) -> None:
        self.sites = sites
        sizes = np.bincount(sites.subject)
        self.numbers = np.flatnonzero((sizes >= least) & (len(sites.subject) - sizes >= least)).tolist()

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> Comparison: ...
    @overload
    def __getitem__(self, index: slice) -> list[Comparison]: ...
    def __getitem__(self, index: int | slice) -> Comparison | list[Comparison]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        own = self.sites.subject == self.numbers[index]
        target = self.sites.subset(own)
        name = str(target.table["subject"].iloc[0])
        return Comparison(target, self.sites.places.keys[~own], "other_subjects", name)


def _is_enough(comparison: Comparison, least: int) -> bool:
    return min(len(comparison.target.table), len(comparison.reference)) >= least


def _too_few(what: str, least: int) -> str:
    return f"{NAME}: not tested: fewer than {least} sites to test, or to hold them against ({what})"


def compare_with_reference(
    comparison: Comparison, genes: pd.DataFrame, calling: Calling
) -> tuple[pd.DataFrame, list[str]]:
    """The reference-vector gene test: a gene's share of the target, given its sites in both sets.

    n_g is beta-binomial with n_g + r_g trials and mean N_t / (N_t + N_r). The correlation, common to all genes, is fitted by
    maximum likelihood to all genes with two sites or more; selected genes among them make it larger, never smaller.

    Returns:
        Rows of `common_sites`, and what was not tested, in words.
    """
    places = (comparison.target.places, Places(comparison.target.places.contigs, comparison.reference))
    n, other = (np.subtract(*gene_ranges(part, genes)[::-1]) for part in places)
    total = n + other
    n_target, n_reference = len(comparison.target.table), len(comparison.reference)
    share = n_target / (n_target + n_reference)
    fitted = total >= 2
    if fitted.sum() < FIT_MIN_GENES:
        return pd.DataFrame(), [
            f"{NAME}: not tested: fewer than {FIT_MIN_GENES} genes with two sites or more"
        ]
    shares = np.full(len(genes), share)
    rho = fit_correlation(n[fitted], total[fitted], shares[fitted])
    chosen = np.flatnonzero(total >= calling.gene_min_sites)
    k, m, s = n[chosen], total[chosen], shares[chosen]
    p = beta_binomial_tail(k, m, s, rho)
    table = _gene_rows(comparison, genes, chosen, n)
    table = table.assign(
        test="reference_vector", observed=k.astype(float), expected=(m - k) * n_target / n_reference,
        effect=(k + 0.5) / (m - k + 0.5) * n_reference / n_target, p=p, q=adjust(p),
        p_binomial=beta_binomial_tail(k, m, s, 0.0), correlation=rho,
    )  # fmt: skip
    return table, []


def _gene_rows(comparison: Comparison, genes: pd.DataFrame, chosen: IntArray, n: IntArray) -> pd.DataFrame:
    table = genes.iloc[chosen][["gene", "contig", "start", "end"]].reset_index(drop=True)
    subjects = subjects_in(comparison.target, genes.iloc[chosen])
    return table.assign(
        n_sites=n[chosen], reference=comparison.word, subject=comparison.subject,
        n_target=len(comparison.target.table), n_reference=len(comparison.reference), **subjects,
    )  # fmt: skip


def subjects_in(sites: InsertionSites, intervals: pd.DataFrame) -> dict[str, IntArray]:
    """Columns n_subjects and n_largest_subject of intervals (contig, start, end): subjects, and sites of the one with most."""
    n_subjects, n_largest = count_by_subject([(*gene_ranges(sites.places, intervals), sites.subject)])
    return {"n_subjects": n_subjects, "n_largest_subject": n_largest}


def grubbs_outliers(
    sites: InsertionSites, genes: pd.DataFrame, lengths: FloatArray, calling: Calling
) -> tuple[pd.DataFrame, list[str]]:
    """Grubbs' test for outliers among the genes that are hit, as ISAnalytics (1.13) has it. For comparability only.

    n is the number of distinct loci (strand ignored) of a gene that contains them or is nearest. The frequency is
    1000 n / (mean transcript length + 100,000); z is its log2 in standard deviations over the hit genes;
    t = sqrt(N (N - 2) z^2 / ((N - 1)^2 - N z^2)), p = 2 P(T > t) with N - 2 degrees of freedom.

    Args:
        sites: of all subjects.
        genes: contig, start, end, gene.
        lengths: mean length of each gene's transcripts (bp).
        calling: thresholds.

    Returns:
        Rows of `common_sites` (`q`: p times N, at most 1; 1 where z is not positive), and what was not tested.
    """
    loci = distinct(sites.places.keys)
    if len(loci) < calling.common_min_sites:
        return pd.DataFrame(), [f"grubbs: not tested: fewer than {calling.common_min_sites} distinct loci"]
    gene, _ = owning_genes(Places(sites.places.contigs, loci), genes)
    n = np.bincount(gene, minlength=len(genes))
    hit = np.flatnonzero(n)
    if len(hit) < FIT_MIN_GENES:
        return pd.DataFrame(), [f"grubbs: not tested: fewer than {FIT_MIN_GENES} genes are hit"]
    logs = np.log2(1000.0 * n[hit] / (lengths[hit] + PADDING_BP))
    z, p = grubbs_p(logs)
    everyone = Comparison(sites, sites.places.keys, "genes that are hit")
    table = _gene_rows(everyone, genes, hit, n)
    effect = 2.0 ** (logs - logs.mean())
    table = table.assign(
        test="grubbs", observed=n[hit].astype(float), expected=n[hit] / effect, effect=effect, z=z, p=p,
        q=np.where(z > 0, np.minimum(1.0, p * len(hit)), 1.0), n_reference=len(hit),
    )  # fmt: skip
    return table, []


def grubbs_p(logs: FloatArray) -> tuple[FloatArray, FloatArray]:
    """z and two-sided p of every value against all values.

    Args:
        logs: at least three values.
    """
    n, spread = len(logs), float(logs.std(ddof=1))
    if spread == 0:
        return np.zeros(n), np.ones(n)
    z = (logs - logs.mean()) / spread
    room = np.maximum((n - 1) ** 2 - n * z**2, 1e-12)
    p: NDArray[np.float64] = 2.0 * stats.t.sf(np.sqrt(n * (n - 2) * z**2 / room), n - 2)
    return z, np.minimum(p, 1.0)
