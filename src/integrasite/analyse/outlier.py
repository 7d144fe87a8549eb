"""Clones that are too large for the polyclonal background of their own specimen: the table `outliers`.

The largest clones of a specimen are held against the upper tail of the others. A power-law (Pareto) tail is assumed,
the heaviest that neutral clone sizes are known to have, so lighter tails (log-normal) make the test conservative.
"""

import numpy as np
import pandas as pd
from scipy import special, stats

from integrasite.analyse.diversity import chao1, limit_of_quantitation, richness_counts
from integrasite.analyse.growth_model import FloatArray, adjust
from integrasite.config.calling import Calling
from integrasite.io.tables import as_table
from integrasite.model.tables import OUTLIERS


def pareto_tail(sizes: FloatArray, n_candidates: int, n_tail: int) -> tuple[FloatArray, FloatArray, float]:
    """Test the largest sizes against a power-law tail fitted to those that follow.

    Above the (n_candidates + 1)-th size, the logarithms of the m = n_candidates larger ones are, under the null, m
    independent exponential values; their rate comes from the spacings of the next sizes (Renyi), and its uncertainty is
    integrated out exactly. p is the chance that the largest of m lies so far above.

    Args:
        sizes: descending, at least `n_tail` of them, positive.
        n_candidates: largest sizes to test; they take no part in the fit.
        n_tail: sizes that are looked at, candidates included.

    Returns:
        Natural-log excess over the (m + 1)-th size and p of each candidate, and the exponent of the tail.

    References:
        Renyi 1953 (spacings of exponential order statistics); Hill 1975 (tail exponent); from memory.
    """
    logs = np.log(sizes[:n_tail])
    ranks = np.arange(n_candidates + 1, n_tail)
    spacings = ranks * (logs[n_candidates : n_tail - 1] - logs[n_candidates + 1 :])
    total = float(spacings.sum())
    excess = logs[:n_candidates] - logs[n_candidates]
    if total <= 0:
        return excess, np.ones(n_candidates), float("nan")
    terms = np.arange(1, n_candidates + 1)
    signs = np.where(terms % 2 == 1, 1.0, -1.0) * special.binom(n_candidates, terms)
    p = (signs * (1.0 + terms * excess[:, None] / total) ** -len(ranks)).sum(axis=1)
    return excess, np.clip(p, 0.0, 1.0), len(ranks) / total


def lognormal_tail(sizes: FloatArray, errors: FloatArray, n_candidates: int, n_clones: float) -> FloatArray:
    """The same question with a log-normal background, fitted to the clones above the limit by their normal scores.

    Shown beside the other; not used, because backgrounds with heavier tails are then flagged far too often.

    Args:
        sizes: of the clones above the limit, descending.
        errors: standard errors of the logarithms of the candidates.
        n_candidates: largest sizes to test; they take no part in the fit.
        n_clones: clones of the specimen, seen or not (Chao1).
    """
    n_clones = max(n_clones, float(len(sizes)))
    scores = stats.norm.isf((np.arange(1, len(sizes) + 1) - 0.375) / (n_clones + 0.25))
    logs = np.log(sizes)
    kept = slice(n_candidates, None)
    slope, level = np.polyfit(scores[kept], logs[kept], 1)
    z = (logs[:n_candidates] - level) / np.sqrt(max(slope, 1e-9) ** 2 + errors**2)
    found: FloatArray = -np.expm1(n_clones * np.log1p(-np.minimum(stats.norm.sf(z), 1 - 1e-12)))
    return found


def find_outliers(clones: pd.DataFrame, calling: Calling) -> pd.DataFrame:
    """Test the largest clones of every specimen.

    Args:
        clones: the table `clones`; patients and products, without controls.
        calling: thresholds.

    Returns:
        The table `outliers`. p holds for the specimen as a whole; q adjusts the smallest p of each specimen over the
        specimens of the subject, and every candidate takes the q that its own p would have had in that place.
    """
    rows = clones[(clones["status"] == "pass") & (clones["estimator"] != "ccf")]
    parts = [_of_specimen(group, calling) for _, group in rows.groupby(["subject", "specimen"], sort=True)]
    if not parts:
        return as_table(pd.DataFrame(columns=list(OUTLIERS.columns)), OUTLIERS)
    table = as_table(pd.concat(parts, ignore_index=True), OUTLIERS)
    for chosen in table.groupby("subject", sort=False).indices.values():
        table.loc[chosen, "q"] = _adjust_specimens(table.iloc[chosen])
    table["is_outlier"] = (table["q"] < calling.outlier_q).astype("boolean").where(table["rank"] > 0)
    return as_table(table, OUTLIERS)


def _adjust_specimens(rows: pd.DataFrame) -> FloatArray:
    smallest = rows.groupby("specimen", sort=False)["p"].min()
    factor = pd.Series(adjust(smallest.to_numpy(dtype=float)), index=smallest.index) / smallest
    # a smallest p of zero keeps a q of zero
    adjusted = rows["p"].to_numpy(dtype=float) * rows["specimen"].map(factor).fillna(1.0).to_numpy(
        dtype=float
    )
    found: FloatArray = np.minimum(1.0, adjusted)
    return found


def _of_specimen(rows: pd.DataFrame, calling: Calling) -> pd.DataFrame:
    cells = rows["cells"].to_numpy(dtype=float)
    limit = limit_of_quantitation(int(rows["n_fragments"].sum())) * cells.sum()
    order = np.lexsort((rows["site_id"].to_numpy(dtype=str), -cells))
    above = order[cells[order] >= limit]
    first = {"subject": rows["subject"].iloc[0], "specimen": rows["specimen"].iloc[0], "n_clones": len(above)}
    if len(above) < calling.outlier_min_clones:
        reason = f"not tested: {len(above)} clones above the limit of quantification, fewer than {calling.outlier_min_clones}"
        return pd.DataFrame([first | {"rank": 0, "reason": reason}])
    m = calling.outlier_candidates
    excess, p, tail = pareto_tail(cells[above], m, calling.outlier_min_clones)
    top = rows.iloc[above[:m]]
    width = np.log(top["cells_high"] / top["cells_low"].clip(lower=1e-9)).to_numpy(dtype=float)
    errors = np.where(np.isfinite(width), width / (2 * 1.959964), 0.0)
    return pd.DataFrame(
        first
        | {
            "rank": np.arange(1, m + 1), "site_id": top["site_id"].to_numpy(), "vector": top["vector"].to_numpy(),
            "cluster": top["cluster"].to_numpy(), "cells": cells[above[:m]], "excess": excess, "p": p,
            "fraction": cells[above[:m]] / cells.sum(), "tail": tail, "reason": "",
            "p_lognormal": lognormal_tail(cells[above], errors, m, chao1(richness_counts(rows))),
        }
    )  # fmt: skip
