"""How diverse the clones of a specimen are, and how small a clone it could have shown."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from integrasite.config.calling import Calling
from integrasite.io.tables import as_table
from integrasite.model.library import Library
from integrasite.model.tables import DIVERSITY

FloatArray = NDArray[np.float64]

LOQ_FRAGMENTS = 16.0
"""Fragments at which a clone's counting error (coefficient of variation) is 25 %: (1 / 0.25) squared."""


def shannon(sizes: FloatArray) -> float:
    """Shannon entropy with natural logarithm; NaN without clones."""
    shares = _shares(sizes)
    return float(-(shares * np.log(shares)).sum()) if shares.size else float("nan")


def simpson(sizes: FloatArray) -> float:
    """Probability that two cells belong to different clones, 1 - sum p^2; NaN without clones."""
    shares = _shares(sizes)
    return float(1.0 - (shares**2).sum()) if shares.size else float("nan")


def hill(sizes: FloatArray, order: int) -> float:
    """Hill number: how many clones of equal size would be as diverse; NaN without clones.

    Args:
        sizes: of the clones, in any unit.
        order: 0 counts clones, 1 weighs them by their size (exp of Shannon), 2 counts the large ones (1 / sum p^2).

    References:
        Hill 1973, Ecology 54:427; cited from memory.
    """
    shares = _shares(sizes)
    if not shares.size:
        return float("nan")
    if order == 1:
        return float(np.exp(shannon(sizes)))
    return float((shares**order).sum() ** (1.0 / (1.0 - order)))


def pielou(sizes: FloatArray) -> float:
    """Evenness, Shannon entropy over its largest possible value ln S: 1 is even; NaN with fewer than two clones."""
    n = int((sizes > 0).sum())
    return shannon(sizes) / float(np.log(n)) if n > 1 else float("nan")


def gini(sizes: FloatArray) -> float:
    """Gini coefficient, 0 (all equal) to 1 - 1/n (one has all); NaN without clones."""
    shares = np.sort(_shares(sizes))
    n = shares.size
    return float(2.0 * (np.arange(1, n + 1) * shares).sum() / n - (n + 1) / n) if n else float("nan")


def uc50(sizes: FloatArray) -> int:
    """Smallest number of clones that together hold half of the cells; 0 without clones."""
    shares = np.sort(_shares(sizes))[::-1]
    return int((np.cumsum(shares) < 0.5 - 1e-12).sum()) + 1 if shares.size else 0


def uc50_inspiired(sizes: FloatArray) -> int:
    """UC50 as INSPIIRED counts it: ascending cumulative sums that reach half (on ties one too many)."""
    return int((np.cumsum(np.sort(_shares(sizes))) >= 0.5 - 1e-12).sum())


def _shares(sizes: FloatArray) -> FloatArray:
    positive = sizes[sizes > 0]
    shares: FloatArray = positive / positive.sum() if positive.size else positive
    return shares


def chao1(counts: FloatArray) -> float:
    """Bias-corrected Chao1: clones seen plus f1 (f1 - 1) / (2 (f2 + 1)) unseen ones, a lower bound."""
    once, twice = float((counts == 1).sum()), float((counts == 2).sum())
    return float((counts > 0).sum()) + once * (once - 1.0) / (2.0 * (twice + 1.0))


def coverage(counts: FloatArray) -> float:
    """Share of the specimen's marked cells whose clone was seen (Chao's estimate of sample coverage).

    NaN without clones; 0 where every clone was seen once.
    """
    total = float(counts.sum())
    once, twice = float((counts == 1).sum()), float((counts == 2).sum())
    if total == 0:
        return float("nan")
    if once == 0:
        return 1.0
    weighted = (total - 1.0) * once
    return 1.0 - once / total * (weighted / (weighted + 2.0 * twice) if weighted > 0 else 1.0)


def limit_of_detection(n_fragments: int) -> float:
    """Smallest fraction that `n_fragments` captured fragments show at least once with probability 0.95."""
    return 1.0 - 0.05 ** (1.0 / n_fragments) if n_fragments else 1.0


def limit_of_quantitation(n_fragments: int) -> float:
    """Smallest fraction whose counting error is 25 %, at most 1."""
    return min(1.0, LOQ_FRAGMENTS / n_fragments) if n_fragments else 1.0


def evaluability(n_fragments: int, calling: Calling) -> str:
    """`yes`, `low_power` or `no`, by the number of fragments."""
    if n_fragments < calling.min_fragments_evaluable:
        return "no"
    return "low_power" if n_fragments < calling.min_fragments_power else "yes"


def diversity_table(clones: pd.DataFrame, libraries: tuple[Library, ...], calling: Calling) -> pd.DataFrame:
    """Diversity and limits of every specimen that has an amplicon library, with or without clones.

    Args:
        clones: table `clones` (all subjects or some); rows that pass count, those of tumour assays do not.
        libraries: rows of the sheet.
        calling: thresholds.

    Returns:
        The table `diversity`. Indices that need a clone are missing where there is none.
    """
    passing = clones[(clones["status"] == "pass") & (clones["estimator"] != "ccf")]
    groups = {key: rows for key, rows in passing.groupby(["subject", "specimen"], sort=False)}
    specimens = {(row.subject, row.specimen): row for row in reversed(libraries) if row.assay == "amplicon"}
    records = []
    for (subject, specimen), library in specimens.items():
        rows = groups.get((subject, specimen), passing.iloc[:0])
        days = pd.NA if library.days is None else library.days
        record: dict[str, object] = {"subject": subject, "specimen": specimen, "days": days}
        records.append(record | _measure(rows, calling))
    return as_table(pd.DataFrame(records, columns=list(DIVERSITY.columns)), DIVERSITY)


def _measure(rows: pd.DataFrame, calling: Calling) -> dict[str, object]:
    cells = rows["cells"].to_numpy(dtype=float)
    counts = richness_counts(rows)
    n_fragments = int(rows["n_fragments"].sum())
    return {
        "n_sites": len(rows),
        "cells": float(cells.sum()),
        "shannon": shannon(cells),
        "simpson": simpson(cells),
        "gini": gini(cells),
        "uc50": uc50(cells),
        "uc50_inspiired": uc50_inspiired(cells),
        "chao1": chao1(counts),
        "coverage": coverage(counts),
        "lod95": limit_of_detection(n_fragments),
        "loq": limit_of_quantitation(n_fragments),
        "evaluable": evaluability(n_fragments, calling),
        "n_fragments": n_fragments,
        "hill_0": hill(cells, 0),
        "hill_1": hill(cells, 1),
        "hill_2": hill(cells, 2),
        "pielou": pielou(cells),
    }


def richness_counts(rows: pd.DataFrame) -> FloatArray:
    """Counts for the estimators that need whole numbers: distinct (replicate, length) bins.

    Where lengths say nothing (estimator `count`) or none is known, the fragments are counted instead.
    """
    lengths = rows["n_lengths"].fillna(0).to_numpy(dtype=float)
    fragments = rows["n_fragments"].to_numpy(dtype=float)
    by_fragment = (rows["estimator"] == "count").to_numpy(dtype=bool) | (lengths == 0)
    return np.where(by_fragment, fragments, lengths)
