"""Toy studies for the flags: clones over days, and the tables beside them."""

import pandas as pd

from integrasite.config.calling import Calling
from integrasite.flags.raising import OtherTables, raise_flags
from integrasite.flags.rules import RULES
from integrasite.io.tables import as_table
from integrasite.model.library import Library
from integrasite.model.tables import (
    ANNOTATION,
    CLONES,
    COMMON_SITES,
    CONTAMINATION,
    DIVERSITY,
    EXPANDED_CLONES,
    FLAGS,
    OUTLIERS,
    TRACKING,
)

LMO2 = {
    "site_id": "s1", "known_event": "LMO2", "event_class": "malignant", "expected_geometry": "fits",
    "nearest_cancer_gene": "LMO2", "cancer_gene_distance": 1234,
}  # fmt: skip


def clone(name: str, fraction: float, low: float | None = None, high: float | None = None, **cells: object):
    """A clone of specimen `name`; reaches whatever its fraction is above."""
    reached = {f"p_ge_{percent}": float(100 * fraction >= percent) for percent in (10, 20, 30)}
    low, high = fraction * 0.8 if low is None else low, fraction * 1.2 if high is None else high
    return {
        "subject": "p1", "specimen": name, "site_id": "s1", "contig": "chr1", "position": 10, "strand": "+",
        "vector": "v", "placement": "unique", "cluster": "", "n_fragments": 400, "cells": 450.0,
        "n_replicates": 3, "estimator": "sonic", "saturated": False, "status": "pass", "fraction": fraction,
        "fraction_low": low, "fraction_high": high, **reached, **cells,
    }  # fmt: skip


def sheet(*days: int | None, **cells: object) -> list[Library]:
    """A library of specimen d<day> for each day."""
    return [Library(f"l{day}", "p1", f"d{day}", days=day, **cells) for day in days]


def tracked(**cells: object) -> dict[str, object]:
    """A row of `tracking` that meets every condition of `growing`."""
    return {
        "subject": "p1", "tissue": "", "cell_type": "", "site_id": "s1", "vector": "v", "cluster": "",
        "status": "growing", "reliable": True, "growth_per_year": 1.9, "growth_low": 1.2, "growth_high": 2.6,
        "background_growth": 0.1, "q": 0.001, "n_usable": 4, **cells,
    }  # fmt: skip


def outlying(**cells: object) -> dict[str, object]:
    base = {"subject": "p1", "specimen": "d1", "rank": 1, "site_id": "s1", "vector": "v", "cluster": ""}
    return {**base, "fraction": 0.06, "q": 0.004, "is_outlier": True, **cells}


def table(rows, declared):
    return as_table(pd.DataFrame(list(rows), columns=list(declared.columns), dtype=object), declared)


def raised(
    clones, libraries, *, poor=(), n_fragments=1000, genes=(), tracking=None, outliers=None, **options
):
    """Flags of a study whose specimens are evaluable but for those in `poor`; lod95 is 0.3 %."""
    diversity = [
        {"subject": row.subject, "specimen": row.specimen, "loq": 0.016, "lod95": 0.003,
         "n_fragments": 10 if row.specimen in poor else n_fragments, "evaluable": ""}
        for row in libraries
    ]  # fmt: skip
    found = raise_flags(
        table(clones, CLONES),
        table(genes, ANNOTATION),
        table(diversity, DIVERSITY),
        libraries,
        Calling(),
        options.get("preset", "default"),
        options.get("product", "unknown"),
        OtherTables(
            **{
                name: table(rows, declared)
                for name, rows, declared in (
                    ("tracking", tracking, TRACKING),
                    ("outliers", outliers, OUTLIERS),
                    ("expanded", options.get("expanded"), EXPANDED_CLONES),
                    ("common_sites", options.get("common_sites"), COMMON_SITES),
                    ("contamination", options.get("contamination"), CONTAMINATION),
                )
                if rows is not None
            }
        ),
    )
    assert not found.duplicated(list(FLAGS.key)).any()
    assert set(found["rule"]) <= set(RULES)
    return found


def tiers(found: pd.DataFrame, rule: str) -> dict[str, int | None]:
    """Tier by specimen of one rule."""
    rows = found[found["rule"] == rule]
    return {
        name: None if pd.isna(grade) else int(grade)
        for name, grade in zip(rows["specimen"], rows["tier"], strict=True)
    }
