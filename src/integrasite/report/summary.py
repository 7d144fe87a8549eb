"""`summary.json`: the report's answers for machines."""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from integrasite.report.blocks import Section
from integrasite.report.facts import (
    Row,
    Specimen,
    clones_of,
    gene_label,
    largest,
    passing,
    records,
    site_facts,
)
from integrasite.report.flagged import is_unverified, tier_words
from integrasite.report.ledger import read_counts
from integrasite.report.page import sections_of
from integrasite.report.summary_schema import DIVERSITY_KEYS, SCHEMA, SIZE_KEYS
from integrasite.report.trust import EVALUABLE_WORDS
from integrasite.report.view import CONFIDENT, View
from integrasite.report.words import is_missing


def plain(value: Any) -> Any:
    """A table cell as JSON holds it; missing is null, and so is what is no finite number."""
    if is_missing(value):
        return None
    found = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(found, float) and not math.isfinite(found) else found


def _specimens(view: View) -> list[Row]:
    found = passing(view.tables, view.specimens)
    groups = found.groupby(["subject", "specimen"], sort=False).indices
    none: list[int] = []
    return [
        _specimen(view, one, found.iloc[groups.get((one.subject, one.name), none)]) for one in view.specimens
    ]


def _specimen(view: View, one: Specimen, mine: pd.DataFrame) -> Row:
    top = clones_of(view.tables, largest(mine).head(1))
    reached = {f"n_ge_{level}": int((mine[f"p_ge_{level}"] >= CONFIDENT).sum()) for level in (10, 20, 30)}
    facts = {key: plain(one.diversity.get(key)) for key in DIVERSITY_KEYS}
    largest_clone = None
    if top:
        largest_clone = {key: plain(top[0].row[key]) for key in SIZE_KEYS}
        largest_clone |= {
            "site_id": top[0].row["site_id"],
            "placement": top[0].row["placement"],
            "gene": top[0].gene,
        }
    return {
        "subject": one.subject,
        "specimen": one.name,
        "timepoint": one.timepoint,
        "days": one.days,
        "tissue": one.tissue,
        "cell_type": one.cell_type,
        "role": one.role,
        "samples": list(one.samples),
        "evaluable": one.evaluable,
        "n_fragments": one.n_fragments,
        "largest_clone": largest_clone,
        **facts,
        **reached,
    }


def _flags(view: View) -> list[Row]:
    flags = records(view.tables.flags)
    sites = site_facts(view.tables, [flag["site_id"] for flag in flags])
    return [
        {key: plain(value) for key, value in flag.items()}
        | {
            "suggested": tier_words(flag["tier"], flag["quality"]) if flag["site_id"] else None,
            "unverified": is_unverified(flag["source"]),
        }
        | {"gene": gene_label(sites.get(flag["site_id"], {}))}
        for flag in flags
    ]


def _tumour(view: View) -> Row:
    """Verdicts, sites that pass, what of the vector is changed, and the attribution sheets."""
    tables = view.tables
    passed = tables.tumour_sites[tables.tumour_sites["status"] == "pass"]
    frames = {
        "verdicts": tables.transgene,
        "sites": passed,
        "structure": tables.transgene_structure,
        "attribution": tables.attribution,
    }
    return {
        key: [{name: plain(value) for name, value in row.items()} for row in records(frame)]
        for key, frame in frames.items()
    }


def _counts(view: View) -> Row:
    tables = view.tables
    evaluable = {state: sum(one.evaluable == state for one in view.specimens) for state in EVALUABLE_WORDS}
    passed = tables.clones[tables.clones["status"] == "pass"]
    pairs = read_counts(view)
    fates: dict[str, int] = {}
    for row in records(tables.ledger):
        fates[row["fate"]] = fates.get(row["fate"], 0) + int(row["n_reads"])
    return {
        "subjects": len(view.subjects),
        "specimens": len(view.specimens),
        "libraries": len(view.study.amplicon_libraries),
        "evaluable": evaluable,
        "sites": int(passed["site_id"].nunique()),
        "clones": len(passed),
        "clones_not_passed": len(tables.clones) - len(passed),
        "flags": len(tables.flags),
        "multihit_clusters": int(tables.multihits["cluster"].nunique()),
        "read_pairs": sum(sum(one.values()) for one in pairs.values()),
        "read_pairs_by_fate": fates,
    }


def summarise(view: View, sections: Sequence[Section] | None = None) -> str:
    """The run's answers as JSON text: sorted keys, no clock, missing numbers null.

    Args:
        view: the run.
        sections: `sections_of(view)` where they are known already.
    """
    config, provenance = view.study.config, view.provenance
    content = {
        "schema": SCHEMA,
        "run": {
            "id": config.run.id,
            "date": config.run.date.isoformat(),
            "genome": config.reference.name,
            "vectors": sorted(config.vectors),
            "version": provenance.version,
            "sheet_sha256": provenance.sheet_sha256,
            "config_sha256": provenance.config_sha256,
        },
        "answers": {
            one.id: {"question": one.question, "state": one.state.value, "answer": one.answer}
            for one in (sections_of(view) if sections is None else sections)
        },
        "specimens": _specimens(view),
        "flags": _flags(view),
        "tumour": _tumour(view),
        "counts": _counts(view),
    }
    return json.dumps(content, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
