"""Windows, without regard to genes, in which sites lie closer than a smoothed background and the reference explain."""

import numpy as np
import pandas as pd
from scipy import ndimage, special

from integrasite.analyse.common_sites import Comparison, subjects_in
from integrasite.analyse.exact_tests import FloatArray, IntArray
from integrasite.analyse.gene_hits import CONTIG_STEP, distinct
from integrasite.config.calling import Calling

BANDWIDTH_BP = 1_000_000
BIN_BP = 50_000
UNIFORM = 0.05
"""Part of the background that is spread evenly, so that no place is impossible."""
MAX_SITES = 50
"""Largest number of sites of a window."""
LEAST_WIDTH_BP = 10_000
"""Windows are widened to this: sites prefer single bases, which no smoothed background shows."""


def scan_windows(comparison: Comparison, genes: pd.DataFrame, calling: Calling) -> pd.DataFrame:
    """Find windows of 2 to 50 target sites that lie closer than expected.

    The target sites of a window beyond the first are held against a negative binomial law: the background's expectation,
    times a local factor that is gamma distributed around 1 (its shape from the scatter of the reference over 10 kb) and
    has seen the reference sites of the same window. So a hot spot of the vector that the reference shows is no finding.
    Distinct places count: several subjects, strands or cells at one base are one.

    Args:
        comparison: target and reference.
        genes: contig, start, end, gene; only to name what a window overlaps.
        calling: thresholds.

    Returns:
        Rows of `common_sites` (test `scan`): for each region the window with the smallest expected number of such windows
        by chance (`q`, at most `calling.scan_e_value`).
    """
    keys = distinct(comparison.target.places.keys)
    reference = comparison.reference
    background = Background(reference, _lengths(keys, reference))
    scale = len(keys) / len(reference)
    weight = len(keys) * (MAX_SITES - 1)
    sums, ranks = background.expected(np.zeros_like(keys), keys), np.searchsorted(reference, keys)
    parts = []
    for k in range(2, min(MAX_SITES, len(keys)) + 1):
        most = calling.scan_e_value / weight
        chosen = _candidates(keys, sums, ranks, k, scale, background.shape, most)
        first, last = keys[chosen], keys[chosen + k - 1]
        q, shape = background.law(first, last, scale)
        p = special.betainc(k - 1, shape, q)
        expected = 1 + shape * q / (1 - q)
        parts.append(pd.DataFrame({"first": first, "last": last, "k": k, "p": p, "expected": expected}))
    windows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"p": []})
    windows["e"] = windows["p"] * weight
    windows = windows[windows["e"] <= calling.scan_e_value]
    return _as_rows(_best_windows(windows), comparison, genes) if len(windows) else pd.DataFrame()


def _candidates(
    keys: IntArray, sums: FloatArray, ranks: IntArray, k: int, scale: float, shape: float, most: float
) -> IntArray:
    """First sites of windows of `k` that can be significant: a Poisson law of a mean that is too small says so."""
    begin, end = slice(0, len(keys) - k + 1), slice(k - 1, None)
    mean = sums[end] - sums[begin]
    seen = ranks[end] - ranks[begin]
    least = (shape + seen) * scale * mean / (shape + mean)
    width = keys[end] - keys[begin]
    return np.flatnonzero((width < BANDWIDTH_BP) & (least < special.gammaincinv(k - 1, most)))


def _best_windows(windows: pd.DataFrame) -> pd.DataFrame:
    """Of overlapping windows the one with the smallest expectation by chance."""
    ordered = windows.sort_values(["first", "last"], ignore_index=True)
    reach = np.maximum.accumulate(ordered["last"].to_numpy())
    is_new = np.append(True, ordered["first"].to_numpy()[1:] > reach[:-1])
    ordered["region"] = np.cumsum(is_new)
    return ordered.sort_values(["region", "e", "k", "first"]).drop_duplicates("region", ignore_index=True)


def _as_rows(windows: pd.DataFrame, comparison: Comparison, genes: pd.DataFrame) -> pd.DataFrame:
    names = {number: name for name, number in comparison.target.places.contigs.items()}
    first, last = windows["first"].to_numpy(), windows["last"].to_numpy()
    table = pd.DataFrame(
        {
            "contig": [names[int(number)] for number in first // CONTIG_STEP],
            "start": first % CONTIG_STEP,
            "end": last % CONTIG_STEP + 1,
        }
    )
    table["gene"] = [_overlapped(genes, *row) for row in table.itertuples(index=False, name=None)]
    k = windows["k"].to_numpy()
    return table.assign(
        test="scan", n_sites=k, observed=k.astype(float),
        expected=windows["expected"], effect=k / windows["expected"], p=windows["p"], q=windows["e"].clip(upper=1.0),
        reference=comparison.word, subject=comparison.subject, n_target=len(comparison.target.table),
        n_reference=len(comparison.reference), **subjects_in(comparison.target, table),
    )  # fmt: skip


def _overlapped(genes: pd.DataFrame, contig: str, start: int, end: int) -> str:
    inside = (genes["contig"] == contig) & (genes["start"] < end) & (genes["end"] > start)
    return ",".join(dict.fromkeys(genes.loc[inside, "gene"]))


def _lengths(*keys: IntArray) -> dict[int, int]:
    """Last place in use, plus one, of each contig's number, from ascending places."""
    found: dict[int, int] = {}
    for places in keys:
        contig = places // CONTIG_STEP
        for last in places[np.flatnonzero(np.append(np.diff(contig), 1)[: len(contig)])]:
            number = int(last // CONTIG_STEP)
            found[number] = max(found.get(number, 0), int(last % CONTIG_STEP) + 1)
    return found


class Background:
    """Expected reference sites per place: a Gaussian kernel over the reference, with a little spread evenly.

    Args:
        reference: places, ascending.
        lengths: bp in use, by contig number.
    """

    def __init__(self, reference: IntArray, lengths: dict[int, int]) -> None:
        self.reference = reference
        total = sum(lengths.values())
        sums: list[FloatArray] = []
        edges: list[IntArray] = []
        done = 0.0
        for number, length in sorted(lengths.items()):
            low, high = np.searchsorted(reference, [number * CONTIG_STEP, (number + 1) * CONTIG_STEP])
            n_bins = length // BIN_BP + 1
            counts = np.bincount((reference[low:high] % CONTIG_STEP) // BIN_BP, minlength=n_bins).astype(
                float
            )
            smooth = ndimage.gaussian_filter1d(counts, BANDWIDTH_BP / BIN_BP, mode="reflect")
            rate = (1 - UNIFORM) * smooth + UNIFORM * len(reference) * BIN_BP / total
            sums.append(done + np.concatenate([[0.0], np.cumsum(rate)]))
            edges.append(number * CONTIG_STEP + np.arange(n_bins + 1) * BIN_BP)
            done = float(sums[-1][-1])
        self.edges, self.sums = np.concatenate(edges), np.concatenate(sums)
        self.shape = self._shape(lengths)

    def expected(self, start: IntArray, end: IntArray) -> FloatArray:
        """Reference sites expected in `[start, end)`."""
        return np.asarray(np.interp(end, self.edges, self.sums) - np.interp(start, self.edges, self.sums))

    def seen(self, start: IntArray, end: IntArray) -> IntArray:
        """Reference sites in `[start, end)`."""
        return np.searchsorted(self.reference, end) - np.searchsorted(self.reference, start)

    def _shape(self, lengths: dict[int, int]) -> float:
        """Shape of the gamma law of the local factor, by moments over bins of the least width."""
        starts = np.concatenate(
            [
                number * CONTIG_STEP + np.arange(0, length, LEAST_WIDTH_BP)
                for number, length in sorted(lengths.items())
            ]
        )
        mean = self.expected(starts, starts + LEAST_WIDTH_BP)
        seen = self.seen(starts, starts + LEAST_WIDTH_BP)
        excess = float(((seen - mean) ** 2 - mean).sum())
        return float(np.clip((mean**2).sum() / excess if excess > 0 else 1e6, 0.01, 1e6))

    def law(self, first: IntArray, last: IntArray, scale: float) -> tuple[FloatArray, FloatArray]:
        """Probability and shape of the negative binomial law of further target sites, given the reference sites seen."""
        missing = np.maximum(LEAST_WIDTH_BP - (last - first), 0) // 2
        start, end = first - missing, last + missing + 1
        mean = self.expected(start, end)
        return scale * mean / (self.shape + mean * (1 + scale)), np.asarray(
            self.shape + self.seen(start, end), dtype=float
        )
