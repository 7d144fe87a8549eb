"""Do sites, and above all the largest clones, lie near listed cancer genes more often than expected?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from integrasite.analyse.common_sites import FIT_MIN_GENES, Comparison
from integrasite.analyse.exact_tests import (
    IntArray,
    beta_binomial_tail,
    fisher_two_sided,
    fit_correlation,
    mantel_haenszel,
    stratified_tail,
)
from integrasite.analyse.gene_hits import CONTIG_STEP, place_keys
from integrasite.analyse.growth_model import adjust
from integrasite.analyse.insertion_sites import InsertionSites
from integrasite.io.tables import as_table, empty_table
from integrasite.model.tables import PROXIMITY

NAME = "cancer_gene_proximity"
FEATURES = {"in_gene": 0, "tss_50kb": 50_000, "gene_100kb": 100_000}
BACKGROUND = "bases of the genome that are known (not N) and not in the blacklist"
CONTROL_BACKGROUND = "random places that this run could have placed uniquely"


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
    return merge_intervals(*_padded(genes, feature, contigs))


def _padded(genes: pd.DataFrame, feature: str, contigs: dict[str, int]) -> Intervals:
    """Each gene's own interval of places for a feature, not merged."""
    pad = FEATURES[feature]
    start, end = genes["start"], genes["end"]
    if feature == "tss_50kb":
        tss = start.where(genes["strand"] != "-", end - 1)
        start, end = tss, tss + 1
    return (
        place_keys(contigs, genes["contig"], (start - pad).clip(lower=0)),
        place_keys(contigs, genes["contig"], end + pad),
    )


def measure_proximity(
    sites: InsertionSites,
    genes: pd.DataFrame,
    lists: Mapping[str, Sequence[str]],
    known: KnownBases | None,
    *,
    controls: IntArray | None = None,
    comparisons: Sequence[Comparison] = (),
) -> tuple[pd.DataFrame, list[str]]:
    """Three questions per list and feature: all sites against the genome and against a reference, large clones against others.

    Args:
        sites: of all subjects.
        genes: contig, start, end, strand, gene.
        lists: name -> symbols; compared without regard to case.
        known: the genome's bases, the background of all sites where there are no controls.
        controls: random places that could have been sites, contigs numbered as in `sites`; none, or none found: `known` is
            taken, and without it the first question is not asked.
        comparisons: sites to hold against sites of the same kind of vector.

    Returns:
        The table `cancer_gene_proximity`, and what was not tested, in words.
    """
    patient = sites.subset(sites.table["is_patient"].to_numpy(dtype=bool))
    tested = sites.subset(sites.table["is_tested"].to_numpy(dtype=bool))
    has_controls = controls is not None and len(controls) > 0
    notes = []
    if known is None and not has_controls:
        notes.append(
            f"{NAME}: all sites not tested against the genome: neither control places nor a genome were given"
        )
    if not len(tested.table):
        notes.append(f"{NAME}: largest clones not tested: no subject has enough sites of different sizes")
    upper = genes["gene"].str.upper()
    asked: list[tuple[dict[str, object], str, Intervals]] = []
    for name, symbols in lists.items():
        listed = genes[upper.isin({symbol.upper() for symbol in symbols})]
        shared = {"gene": name, "n_listed": len(set(symbols)), "n_found": listed["gene"].nunique()}
        asked += [
            (shared | {"feature": feature}, feature, feature_intervals(listed, feature, sites.places.contigs))
            for feature in FEATURES
        ]
    rows: list[dict[str, object]] = []
    for named, _, near in asked:
        if len(patient.table) and controls is not None and has_controls:
            rows.append(named | _against_controls(patient, near, controls))
        elif len(patient.table) and known is not None:
            rows.append(named | _against_genome(patient, near, known))
        if len(tested.table):
            rows.append(named | _top_against_rest(tested, near))
    compared, few = _against_references(comparisons, genes, asked)
    rows += compared
    if not rows:
        return empty_table(PROXIMITY), notes + few
    table = pd.DataFrame(rows)
    table["q"] = np.nan
    for numbers in table.groupby("test").indices.values():
        table.loc[numbers, "q"] = adjust(table["p"].to_numpy()[numbers])
    return as_table(table, PROXIMITY), notes + few


def _against_references(
    comparisons: Sequence[Comparison],
    genes: pd.DataFrame,
    asked: Sequence[tuple[dict[str, object], str, Intervals]],
) -> tuple[list[dict[str, object]], list[str]]:
    """Rows of all comparisons (each made once, since it may hold a whole cohort), and what was not tested.

    How target and reference scatter is fitted to the surroundings of all genes, as far as the feature reaches.
    """
    rows: list[dict[str, object]] = []
    n_missing = 0
    around: dict[str, Intervals] = {}
    for part in comparisons:
        around = around or {name: _padded(genes, name, part.target.places.contigs) for name in FEATURES}
        for feature, intervals in around.items():
            n, total = count_both(part, *intervals)
            chosen = total >= 2
            if chosen.sum() < FIT_MIN_GENES:
                n_missing += 1
                continue
            rho = fit_correlation(n[chosen], total[chosen], np.full(int(chosen.sum()), _target_share(part)))
            rows += [
                named | against_reference(part, near, rho) for named, word, near in asked if word == feature
            ]
    few = f"{NAME}: not tested against a reference: fewer than {FIT_MIN_GENES} genes with two sites or more"
    return rows, [few] if n_missing else []


def _target_share(part: Comparison) -> float:
    n = len(part.target.table)
    return n / (n + len(part.reference))


def count_both(part: Comparison, start: IntArray, end: IntArray) -> tuple[IntArray, IntArray]:
    """Target sites, and target and reference sites together, in each interval `[start, end)` of places."""
    n, other = (
        np.searchsorted(keys, end) - np.searchsorted(keys, start)
        for keys in (part.target.places.keys, part.reference)
    )
    return n, n + other


def _against_controls(sites: InsertionSites, near: Intervals, controls: IntArray) -> dict[str, object]:
    """All sites against places that could have been sites: Fisher's exact test, two-sided.

    Given the share of all places near, the sites would be binomial; that share is known from a limited number of controls
    only, and the exact test of both counts has no other unknown.
    """
    observed, n = int(is_inside(sites.places.keys, near).sum()), len(sites.table)
    other, m = int(is_inside(controls, near).sum()), len(controls)
    return {
        "test": "all_sites", "n_sites": n, "n_subjects": len(np.unique(sites.subject)), "observed": observed,
        "expected": n * other / m,
        "effect": (observed + 0.5) * (m - other + 0.5) / ((n - observed + 0.5) * (other + 0.5)),
        "p": float(fisher_two_sided(np.array([observed]), np.array([other]), n, m)[0]),
        "base_rate": other / m, "background": CONTROL_BACKGROUND, "n_background": m,
    }  # fmt: skip


def against_reference(part: Comparison, near: Intervals, rho: float) -> dict[str, object]:
    """Target sites against those of a reference of the same kind of vector: beta-binomial, two-sided.

    The target's part of each interval's sites scatters with correlation `rho`; the law of their sum is taken as the
    beta-binomial law of the same mean and variance. `p_without_gene` leaves out the interval that adds most to the
    difference.
    """
    n, total = count_both(part, *near)
    n_target, n_reference = len(part.target.table), len(part.reference)
    observed, both = int(n.sum()), int(total.sum())
    other = both - observed
    excess = n - _target_share(part) * total
    rest = np.ones(len(n), dtype=bool)
    if len(n):
        rest[np.argmax(excess if excess.sum() > 0 else -excess)] = False
    return {
        "test": "against_reference", "n_sites": n_target, "n_subjects": len(np.unique(part.target.subject)),
        "observed": observed, "expected": n_target * other / n_reference,
        "effect": (observed + 0.5) * (n_reference - other + 0.5) / ((n_target - observed + 0.5) * (other + 0.5)),
        "p": _scattered_p(n, total, part, rho), "p_without_gene": _scattered_p(n[rest], total[rest], part, rho),
        "base_rate": other / n_reference, "n_background": n_reference,
        "background": "sites of the reference", "reference": part.word, "subject": part.subject,
    }  # fmt: skip


def _scattered_p(n: IntArray, total: IntArray, part: Comparison, rho: float) -> float:
    """Two-sided p of the sum of `n` of `total` sites in intervals within which sites are correlated."""
    observed, both, share = int(n.sum()), int(total.sum()), _target_share(part)
    if not both:
        return 1.0
    pairs = float((total.astype(float) * (total - 1)).sum())
    common = rho * pairs / (both * (both - 1.0)) if both > 1 else 0.0
    tails = [
        beta_binomial_tail(np.array([k]), np.array([both]), np.array([s]), common)[0]
        for k, s in ((observed, share), (both - observed, 1 - share))
    ]
    return float(min(1.0, 2 * min(tails)))


def _against_genome(sites: InsertionSites, near: Intervals, known: KnownBases) -> dict[str, object]:
    """All sites against the part of the genome's bases that is near: binomial, two-sided."""
    usable, close = _known_bases(near, known, sites.places.contigs)
    base_rate = close / usable if usable else 0.0
    observed, n = int(is_inside(sites.places.keys, near).sum()), len(sites.table)
    share = (observed + 0.5) / (n + 1)
    odds = share / (1 - share) * (1 - base_rate) / base_rate if 0 < base_rate < 1 else np.nan
    p = float(stats.binomtest(observed, n, base_rate).pvalue) if 0 < base_rate < 1 else np.nan
    return {
        "test": "all_sites", "n_sites": n, "n_subjects": len(np.unique(sites.subject)), "observed": observed,
        "expected": n * base_rate, "effect": odds, "p": p, "base_rate": base_rate, "background": BACKGROUND,
        "n_background": usable,
    }  # fmt: skip


def _known_bases(near: Intervals, known: KnownBases, contigs: dict[str, int]) -> tuple[int, int]:
    """Bases that could hold a site, and those of them that are near."""
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
    return count_bases(whole, masked), count_bases(_clipped(near, lengths), masked)


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
