"""What a run found, in one line each: flagged clones by tier, findings on specimens, verdicts on tumours."""

import pandas as pd

from integrasite.report.facts import Row, gene_label, records
from integrasite.report.tumour_words import VERDICTS
from integrasite.report.words import joined, number, plural

NAMED = 3
"""Clones and samples that are named; the others are counted."""
LISTED_TIERS = (1, 2, 3)
"""Tiers whose clones are named."""
_OPEN = 0.5
"""Rank of a clone whose tier the data cannot settle: after tier 1's, before tier 2's."""


def flag_words(flags: pd.DataFrame, annotation: pd.DataFrame) -> str:
    """Flagged clones by their strongest tier, and findings on specimens and controls.

    Args:
        flags: the table `flags`.
        annotation: the table `annotation`; a site that it lacks is shown without a gene.
    """
    rows = records(flags)
    clones: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row["site_id"]:
            clones.setdefault((row["subject"], row["site_id"]), []).append(row)
    wanted = annotation[annotation["site_id"].isin({site for _, site in clones})]
    sites = {row["site_id"]: row for row in records(wanted)}
    strongest = {key: min(_rank(row) for row in mine) for key, mine in clones.items()}
    parts = []
    for rank, name in ((1.0, "tier 1"), (1 + _OPEN, "tier not settled"), (2.0, "tier 2"), (3.0, "tier 3")):
        found = [key for key, mine in strongest.items() if mine == rank]
        if found:
            named = joined([_clone(clones[key], sites.get(key[1], {}), rank) for key in found], NAMED)
            parts.append(f"{name}: {plural(len(found), 'clone')}, {named}")
    rest = sum(rank > max(LISTED_TIERS) for rank in strongest.values())
    if rest:
        parts.append(f"{plural(rest, 'clone')} only recorded (tier 4 or 5)")
    others = [row for row in rows if not row["site_id"]]
    if others:
        places = [f"{row['specimen'] or row['subject']} {row['rule']}" for row in others]
        parts.append(f"{plural(len(others), 'finding')} on specimens and controls: {joined(places, NAMED)}")
    return "; ".join(parts) or "nothing"


def _rank(row: Row) -> float:
    tier = number(row["tier"])
    return 1 + _OPEN if tier is None else tier


def _clone(flags: list[Row], site: Row, rank: float) -> str:
    """Gene, site and specimen of the clone's strongest flags, with their rules."""
    strong = [row for row in flags if _rank(row) == rank]
    specimen = strong[-1]["specimen"]
    rules = sorted({row["rule"] for row in flags if row["specimen"] == specimen})
    return f"{gene_label(site)} {strong[-1]['site_id']} in {specimen} ({', '.join(rules)})"


def tumour_words(transgene: pd.DataFrame) -> str:
    """Verdicts on tumour samples, most telling first; empty where there is none."""
    rows = records(transgene)
    parts = []
    for verdict in VERDICTS:
        mine = [f"{row['sample']} {row['vector']}" for row in rows if row["verdict"] == verdict]
        if mine:
            parts.append(f"{verdict.replace('_', ' ')}: {len(mine)} ({joined(mine, NAMED)})")
    return "; ".join(parts)
