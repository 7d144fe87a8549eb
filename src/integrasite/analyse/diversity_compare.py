"""Diversity of a subject's specimens at one common coverage: the table `diversity_at_coverage`."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from integrasite.analyse import diversity_coverage as dc
from integrasite.analyse.diversity_bootstrap import Z, draw_samples, hill_at_coverage, seeded
from integrasite.analyse.diversity_coverage import FloatArray
from integrasite.analyse.presence import IntArray, Presence
from integrasite.config.calling import Calling
from integrasite.io.tables import as_table, empty_table
from integrasite.model.tables import DIVERSITY_AT_COVERAGE

ORDERS = ("hill_0", "hill_1", "hill_2")


def compare_diversity(subjects: Sequence[Presence], calling: Calling) -> pd.DataFrame:
    """Compare the specimens of every subject, tissue and cell type at one coverage.

    The coverage is the smallest that a specimen reaches with `calling.compare_extrapolation` times its counts: 1 only
    rarefies, 2 is what iNEXT does.

    Args:
        subjects: the clones of every subject (`each_subject`).
        calling: thresholds.

    Returns:
        The table `diversity_at_coverage`; numbers are missing, with a reason, where a specimen could not be compared.

    References:
        Chao and Jost 2012, Ecology 93:2533; Chao et al. 2014, Ecol Monogr 84:45.
    """
    records = [
        record
        for presence in subjects
        for _, members in presence.lineages()
        for record in _lineage(presence, members, calling)
    ]
    if not records:
        return empty_table(DIVERSITY_AT_COVERAGE)
    return as_table(pd.DataFrame(records), DIVERSITY_AT_COVERAGE)


def _lineage(presence: Presence, members: IntArray, calling: Calling) -> list[dict[str, object]]:
    counts = {int(member): presence.of(int(member)) for member in members}
    facts = presence.specimens.astype(object)
    records: dict[int, dict[str, object]] = {}
    reach: dict[int, float] = {}
    for member, values in counts.items():
        sample = dc.counts_of(values)
        own = float(dc.own_coverage(sample)[0])
        row = facts.loc[member]
        records[member] = {key: row[key] for key in ("subject", "tissue", "cell_type", "specimen", "days")}
        reason = _left_out(str(row["evaluable"]), sample, own, calling)
        records[member] |= {"n_counts": int(sample.n[0]), "own_coverage": own, "reason": reason}
        if not reason:
            reach[member] = float(
                dc.extrapolated_coverage(sample, calling.compare_extrapolation * sample.n)[0]
            )
    if len(reach) < 2:
        for member in reach:
            records[member]["reason"] = "no other specimen of this tissue and cell type to compare with"
        return list(records.values())
    target = min(reach.values())
    for member in reach:
        records[member] |= _at_coverage(counts[member], target, calling) | {"n_specimens": len(reach)}
    return list(records.values())


def _left_out(evaluable: str, sample: dc.Counts, own: float, calling: Calling) -> str:
    if evaluable == "no":
        return f"not evaluable (fewer than {calling.min_fragments_evaluable} fragments)"
    if sample.seen(1)[0] == sample.n[0]:
        return "every clone was counted once, so coverage cannot be estimated"
    if own < calling.compare_min_coverage:
        return f"coverage below {calling.compare_min_coverage:g}"
    return ""


def _at_coverage(counts: FloatArray, target: float, calling: Calling) -> dict[str, object]:
    """Hill numbers of one specimen at a coverage, with normal intervals from the bootstrap's standard errors."""
    sample = dc.counts_of(counts)
    values, size = estimate_at_coverage(sample, target)
    samples = draw_samples(counts, calling.bootstrap_samples, seeded(counts))
    errors = hill_at_coverage(samples, target).std(axis=0, ddof=1)
    n = float(sample.n[0])
    method = "rarefied" if size < n - 1e-3 else "extrapolated" if size > n + 1e-3 else "observed"
    record: dict[str, object] = {"coverage": target, "size": size, "method": method}
    for name, value, error in zip(ORDERS, values, errors, strict=True):
        low = max(min(1.0, value), value - Z * error)
        record |= {name: value, f"{name}_low": low, f"{name}_high": value + Z * error}
    return record


def estimate_at_coverage(sample: dc.Counts, target: float) -> tuple[FloatArray, float]:
    """Hill numbers of order 0, 1 and 2 of one sample at a coverage, shape (3,), and the size that has it.

    Between two whole sizes the values are joined by a line, as iNEXT does.
    """
    n = float(sample.n[0])
    size = max(1.0, float(dc.size_at_coverage(sample, target)[0]))
    if size >= n:
        at = np.array([size])
        parts = (dc.hill_0(sample, at), dc.hill_1_beyond(sample, at), dc.hill_2(sample, at))
        return np.array([float(part[0]) for part in parts]), size
    low = float(np.floor(size))
    share = size - low
    found = (1.0 - share) * _at_size(sample, low)
    if share > 0:
        found = found + share * _at_size(sample, low + 1.0)
    return found, size


def _at_size(sample: dc.Counts, size: float) -> FloatArray:
    at = np.array([size])
    return np.array(
        [float(dc.hill_0(sample, at)[0]), dc.hill_1_exact(sample, size), float(dc.hill_2(sample, at)[0])]
    )
