"""Do sites, and above all the largest clones, lie near listed cancer genes more often than expected?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from integrasite.analyse.exact_tests import IntArray, mantel_haenszel, stratified_tail
from integrasite.analyse.gene_hits import CONTIG_STEP, place_keys
from integrasite.analyse.growth_model import adjust
from integrasite.analyse.insertion_sites import InsertionSites
from integrasite.io.tables import as_table, empty_table
from integrasite.model.tables import PROXIMITY

NAME = "cancer_gene_proximity"
FEATURES = {"in_gene": 0, "tss_50kb": 50_000, "gene_100kb": 100_000}
BACKGROUND = "bases of the genome that are known (not N) and not in the blacklist"


@dataclass(frozen=True)
class KnownBases:
    """Where a control site could lie.

    Args:
        lengths: bp per contig.
        masked: contig, start, end (0-based, half-open) of bases that cannot hold a site; may overlap.
    """

    lengths: Mapping[str, int]
    masked: pd.DataFrame


Intervals = tuple[IntArray, IntArray]


def merge_intervals(start: IntArray, end: IntArray) -> Intervals:
    """Union of intervals of places, ascending and apart from each other.

    >>> [side.tolist() for side in merge_intervals(np.array([5, 0, 9]), np.array([9, 6, 12]))]
    [[0], [12]]
    """
    kept = end > start
    order = np.argsort(start[kept], kind="stable")
    start, end = start[kept][order], end[kept][order]
    reach = np.maximum.accumulate(end)
    first = np.flatnonzero(np.append(True, start[1:] > reach[:-1])[: len(start)])
    last = np.append(first[1:], len(start)) - 1
    return start[first], reach[last] if len(start) else end


def is_inside(keys: IntArray, intervals: Intervals) -> NDArray[np.bool_]:
    """Whether places lie in merged intervals."""
    start, end = intervals
    if not len(start):
        return np.zeros(len(keys), dtype=bool)
    at = np.searchsorted(start, keys, side="right") - 1
    return np.asarray((at >= 0) & (keys < end[np.maximum(at, 0)]))


def count_bases(intervals: Intervals, masked: Intervals) -> int:
    """Bases of merged intervals that are not masked."""
    start, end = intervals
    return int((end - start).sum() - (_masked_before(end, masked) - _masked_before(start, masked)).sum())


def _masked_before(keys: IntArray, masked: Intervals) -> IntArray:
    start, end = masked
    sums = np.append(0, np.cumsum(end - start))
    at = np.searchsorted(start, keys, side="right")
    inside = np.where(at > 0, np.maximum(end[np.maximum(at - 1, 0)] - keys, 0), 0) if len(start) else 0
    return np.asarray(sums[at] - inside)


def feature_intervals(genes: pd.DataFrame, feature: str, contigs: dict[str, int]) -> Intervals:
    """Merged places in or near genes: the gene (`in_gene`), 50 kb around its start (`tss_50kb`), or 100 kb around it.

    Args:
        genes: contig, start, end, strand.
        feature: a key of `FEATURES`.
        contigs: numbers of contigs.
    """
    pad = FEATURES[feature]
    start, end = genes["start"], genes["end"]
    if feature == "tss_50kb":
        tss = start.where(genes["strand"] != "-", end - 1)
        start, end = tss, tss + 1
    return merge_intervals(
        place_keys(contigs, genes["contig"], (start - pad).clip(lower=0)),
        place_keys(contigs, genes["contig"], end + pad),
    )


def measure_proximity(
    sites: InsertionSites,
    genes: pd.DataFrame,
    lists: Mapping[str, Sequence[str]],
    known: KnownBases | None,
) -> tuple[pd.DataFrame, list[str]]:
    """Two questions per list and feature: all sites against the genome, and the largest clones against the others.

    Args:
        sites: of all subjects.
        genes: contig, start, end, strand, gene.
        lists: name -> symbols; compared without regard to case.
        known: the genome's bases; without it the first question is not asked.

    Returns:
        The table `cancer_gene_proximity`, and what was not tested, in words.
    """
    patient = sites.subset(sites.table["is_patient"].to_numpy(dtype=bool))
    tested = sites.subset(sites.table["is_tested"].to_numpy(dtype=bool))
    notes = []
    if known is None:
        notes.append(f"{NAME}: all sites not tested against the genome: no genome was given")
    if not len(tested.table):
        notes.append(f"{NAME}: largest clones not tested: no subject has enough sites of different sizes")
    rows: list[dict[str, object]] = []
    upper = genes["gene"].str.upper()
    for name, symbols in lists.items():
        listed = genes[upper.isin({symbol.upper() for symbol in symbols})]
        shared = {"gene": name, "n_listed": len(set(symbols)), "n_found": listed["gene"].nunique()}
        for feature in FEATURES:
            near = feature_intervals(listed, feature, sites.places.contigs)
            if known is not None and len(patient.table):
                rows.append(shared | {"feature": feature} | _against_genome(patient, near, known))
            if len(tested.table):
                rows.append(shared | {"feature": feature} | _top_against_rest(tested, near))
    if not rows:
        return empty_table(PROXIMITY), notes
    table = pd.DataFrame(rows)
    table["q"] = np.nan
    for numbers in table.groupby("test").indices.values():
        table.loc[numbers, "q"] = adjust(table["p"].to_numpy()[numbers])
    return as_table(table, PROXIMITY), notes


def _against_genome(sites: InsertionSites, near: Intervals, known: KnownBases) -> dict[str, object]:
    """All sites against the part of the genome's bases that is near: binomial, two-sided."""
    contigs = sites.places.contigs
    lengths = {contigs[name]: length for name, length in known.lengths.items() if name in contigs}
    whole = (
        np.array([number * CONTIG_STEP for number in sorted(lengths)], dtype=np.int64),
        np.array([number * CONTIG_STEP + lengths[number] for number in sorted(lengths)], dtype=np.int64),
    )
    masked_rows = known.masked[known.masked["contig"].isin(list(contigs))]
    masked = merge_intervals(
        place_keys(contigs, masked_rows["contig"], masked_rows["start"]),
        place_keys(contigs, masked_rows["contig"], masked_rows["end"]),
    )
    usable = count_bases(whole, masked)
    base_rate = count_bases(_clipped(near, lengths), masked) / usable if usable else 0.0
    observed, n = int(is_inside(sites.places.keys, near).sum()), len(sites.table)
    share = (observed + 0.5) / (n + 1)
    odds = share / (1 - share) * (1 - base_rate) / base_rate if 0 < base_rate < 1 else np.nan
    p = float(stats.binomtest(observed, n, base_rate).pvalue) if 0 < base_rate < 1 else np.nan
    return {
        "test": "all_sites", "n_sites": n, "n_subjects": len(np.unique(sites.subject)), "observed": observed,
        "expected": n * base_rate, "effect": odds, "p": p, "base_rate": base_rate, "background": BACKGROUND,
    }  # fmt: skip


def _clipped(near: Intervals, lengths: dict[int, int]) -> Intervals:
    """Intervals without what lies beyond their contig's end; contigs without a length are dropped."""
    start, end = near
    contig = start // CONTIG_STEP
    limit = np.array(
        [number * CONTIG_STEP + lengths.get(int(number), 0) for number in contig], dtype=np.int64
    )
    return np.minimum(start, limit), np.minimum(end, limit)


def _top_against_rest(sites: InsertionSites, near: Intervals) -> dict[str, object]:
    """The largest clones against the others of their subject and density stratum: exact Cochran-Mantel-Haenszel, one-sided."""
    hit = is_inside(sites.places.keys, near)
    top = sites.table["is_top"].to_numpy(dtype=bool)
    stratum = sites.table["stratum"].to_numpy()
    stratum = np.unique(stratum, return_inverse=True)[1]
    drawn, marked, size, both = (
        np.bincount(stratum, weights=chosen).astype(np.int64)
        for chosen in (top, hit, np.ones(len(hit)), hit & top)
    )
    observed = int(both.sum())
    rest = ~top
    tables = [counts.astype(float) for counts in (both, drawn, marked, size)]
    return {
        "test": "top_against_rest",
        "n_sites": int(top.sum()),
        "n_subjects": len(np.unique(sites.subject)),
        "observed": observed,
        "expected": float((drawn * marked / size).sum()),
        "effect": mantel_haenszel(*tables),
        "p": stratified_tail(observed, drawn, marked, size),
        "base_rate": float(hit[rest].mean()) if rest.any() else np.nan,
        "background": "the other sites of the same subjects, by subject and density stratum",
    }
