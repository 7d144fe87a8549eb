"""What the tables say of the clones that have a card: flags, places of a multihit, contamination, growth."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from integrasite.report.carded import LOOK_TIER, Key
from integrasite.report.facts import Clone, Row, records
from integrasite.report.flagged import INDETERMINATE, tier_words
from integrasite.report.genes import distance_cell, event_words, source_words
from integrasite.report.view import View
from integrasite.report.words import (
    MISSING,
    chance,
    count,
    decimal,
    decimal_range,
    is_missing,
    joined,
    number,
    sentence,
)

MOST_FLAGS, MOST_PLACES = 12, 10
"""Flags and places of a multihit written out on one card; the others are counted."""


@dataclass(frozen=True)
class CardFacts:
    """Rows of the result tables about one clone."""

    flags: Sequence[Row] = ()
    places: Sequence[Row] = ()
    contamination: Sequence[Row] = ()
    tracking: Sequence[Row] = ()
    outliers: Sequence[Row] = ()
    partners: Sequence[str] = field(default_factory=tuple)

    @property
    def is_flagged(self) -> bool:
        """Whether a flag asks for a second look by itself, or cannot be settled."""
        tiers = [number(flag["tier"]) for flag in self.flags]
        return any(tier is None or tier <= LOOK_TIER for tier in tiers)

    @property
    def tier_words(self) -> str:
        """The strongest tier in words; empty without a flag."""
        tiers = [tier for flag in self.flags if (tier := number(flag["tier"])) is not None]
        if not self.flags:
            return ""
        return f"flagged, tier {min(tiers):.0f}" if tiers else f"flagged, {INDETERMINATE}"


def _grouped(
    frame: pd.DataFrame, sites: set[str], column: str = "site_id"
) -> dict[tuple[str, str], list[Row]]:
    """Rows about some sites, by subject and site."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in records(frame[frame[column].isin(sites)]):
        groups.setdefault((row["subject"], row[column]), []).append(row)
    return groups


def _of(groups: Mapping[tuple[str, str], list[Row]], subject: str, names: Iterable[str]) -> list[Row]:
    return [row for name in names for row in groups.get((subject, name), [])]


def card_facts(view: View, clones: Mapping[Key, Sequence[Clone]]) -> dict[Key, CardFacts]:
    """The facts of every clone that has a card."""
    tables = view.tables
    names = {key: sorted({str(one.row["site_id"]) for one in found}) for key, found in clones.items()}
    sites = {site for own in names.values() for site in own}
    clusters = {name for _, name in clones}
    flags, foreign = _grouped(tables.flags, sites), _grouped(tables.contamination, sites)
    tracked, outliers = _grouped(tables.tracking, sites), _grouped(tables.outliers, sites)
    places = _grouped(tables.multihits, clusters, "cluster")
    both = (_grouped(tables.same_course, sites), _grouped(tables.same_course, sites, "other_site_id"))
    found = {}
    for key, own in names.items():
        subject = key[0]
        partners = [row["other_site_id"] for row in _of(both[0], subject, own)]
        partners += [row["site_id"] for row in _of(both[1], subject, own)]
        found[key] = CardFacts(
            _of(flags, subject, own),
            places.get(key, []) if any(one.is_multihit for one in clones[key]) else [],
            _of(foreign, subject, own),
            _of(tracked, subject, own),
            [row for row in _of(outliers, subject, own) if row["rank"]],
            tuple(dict.fromkeys(partners)),
        )
    return found


def _yes(value: object) -> bool:
    return not is_missing(value) and str(value).lower() == "true"


def geometry_words(site: Row) -> str:
    """How the site lies to the gene: inside or near, exon, orientation, distance to the start of transcription."""
    if not site.get("gene"):
        return "no gene in reach, or not annotated" if site else "not annotated"
    same = str(site.get("same_orientation") or "").split(",")
    turned = {"true": "vector in the gene's direction", "false": "vector against the gene's direction"}
    parts = ["in an exon" if _yes(site.get("in_exon")) else "inside the gene, in no exon"]
    if not _yes(site.get("in_gene")):
        parts = ["outside any gene"]
    parts.append(" / ".join(turned.get(word.strip(), "orientation not known") for word in same))
    distance = str(site.get("distance_to_tss") or "").replace(",", " / ")
    return "; ".join(
        [*parts, f"{distance} bp from its start of transcription" if distance else "distance not known"]
    )


def _places_words(facts: CardFacts) -> str:
    weights: dict[str, float] = {}
    for row in facts.places:
        weights[row["site_id"]] = max(weights.get(row["site_id"], 0.0), number(row["weight"]) or 0.0)
    ordered = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return joined([f"{site} (weight {weight:.2f})" for site, weight in ordered], MOST_PLACES)


def _growth_words(row: Row) -> str:
    source = " ".join(dict.fromkeys(part for part in (row["tissue"], row["cell_type"]) if part))
    lead = f"{source}: " if source else ""
    if is_missing(row["q"]):
        return f"{lead}not tested ({row['reason'] or 'no reason given'})"
    interval = decimal_range(row["growth_low"], row["growth_high"])
    doubt = (
        ""
        if not is_missing(row["reliable"]) and bool(row["reliable"])
        else f"; model not reliable: {row['reason']}"
    )
    return (
        f"{lead}{row['status']}, {decimal(row['growth_per_year'])} per year (95 % interval {interval}), "
        f"q {chance(row['q'])}{doubt}"
    )


def _contamination_words(view: View, facts: CardFacts) -> str:
    if not facts.contamination:
        n = len({library.subject for library in view.study.amplicon_libraries})
        return (
            "not tested (one subject in the run)" if n < 2 else "none found (no other subject has this site)"
        )
    calls = [
        f"{row['sample']}: {row['call'].replace('_', ' ')}, {row['action'] or 'kept'} (also in {row['donor_sample']})"
        for row in facts.contamination
    ]
    return joined(calls, 6)


def _outlier_words(facts: CardFacts) -> list[tuple[str, str]]:
    found = [row for row in facts.outliers if _yes(row["is_outlier"])]
    if not found:
        return []
    return [
        (
            "Too large for the other clones",
            joined([f"{row['specimen']} (q {chance(row['q'])})" for row in found]),
        )
    ]


def fact_pairs(view: View, clone: Clone, facts: CardFacts) -> list[tuple[str, str]]:
    """Name and value of everything that is known of a clone beside its sizes."""
    row, site = clone.row, clone.site
    kind = f"multihit {row['cluster']}: place uncertain" if clone.is_multihit else "unique"
    pairs = [
        (
            "Site (best place)" if clone.is_multihit else "Site",
            f"{row['site_id']} in {view.study.config.reference.name}",
        ),
        ("Placement", kind),
        ("Gene", clone.gene),
        ("Geometry", geometry_words(site)),
        ("Nearest listed gene", distance_cell(site).text),
        ("Known event", event_words(site)),
        ("Lists", str(site.get("lists") or MISSING).replace(",", ", ")),
        ("Vector", str(row["vector"])),
        ("Growth", "; ".join(_growth_words(one) for one in facts.tracking) or "not tested"),
        ("Contamination", _contamination_words(view, facts)),
    ]
    if facts.places:
        pairs.insert(2, ("Equally good places", _places_words(facts)))
    if facts.partners:
        pairs.append(("Sites with the same course", joined(facts.partners)))
    return [*pairs, *_outlier_words(facts)]


def finding_words(view: View, facts: CardFacts) -> list[str]:
    """The clone's flags with evidence and source, the strongest first; what is said alike of several specimens, once."""
    ordered = sorted(
        facts.flags, key=lambda flag: (number(flag["tier"]) or 0.0, flag["rule"], flag["specimen"])
    )
    # the codes are of the clone in a specimen, not of the rule: said once per specimen
    first = {flag["specimen"]: place for place, flag in reversed(list(enumerate(ordered)))}
    words = [
        _flag_words(view, flag, first[flag["specimen"]] == place)
        for place, flag in enumerate(ordered[:MOST_FLAGS])
    ]
    if len(ordered) > MOST_FLAGS:
        words.append(f"{len(ordered) - MOST_FLAGS:,} further flags of this clone are in flags.tsv.")
    return words


def _flag_words(view: View, flag: Row, with_codes: bool) -> str:
    found = view.specimen(flag["subject"], flag["specimen"])
    tier = number(flag["tier"])
    grade = INDETERMINATE if tier is None else f"tier {count(tier)}: {tier_words(tier, flag['quality'])}"
    codes = f" Codes: {flag['codes']}." if flag["codes"] and with_codes else ""
    where = found.label if found else flag["specimen"]
    evidence = str(flag["evidence"]).rstrip(".")
    return f"{where}: {flag['rule']} ({grade}). {evidence}.{codes} {sentence(source_words(flag['source']))}."
