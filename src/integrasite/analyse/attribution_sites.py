"""Evidence on one integration site of a tumour: where it lies, in how many cells, and what earlier samples held of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan

import pandas as pd

from integrasite.analyse.attribution_rows import (
    AGAINST,
    FOR,
    NEUTRAL,
    NOT_TESTED,
    Evidence,
    Row,
    digits,
    number,
    records,
    share,
    shares,
)
from integrasite.annotate.geometry import DOES_NOT_FIT, FITS
from integrasite.annotate.known_events import UNVERIFIED, event_level
from integrasite.config.calling import Calling
from integrasite.sites.tumour_pairs import PAIR_SLACK
from integrasite.sites.tumour_sizes import TUMOUR_CELLS

SPEAKS_FOR = 3
"""Least weight K of a published event that counts for an insertion at the same gene (cancer of recipients, or clones that grew);
below it no role was shown, or it was seen in animals or with natural viruses only."""
_EVENT_COLUMNS = ("known_event", "event_class", "expected_geometry")


@dataclass(frozen=True)
class Past:
    """What amplicon samples of a subject hold.

    Args:
        clones: passing rows of `clones` of its amplicon specimens, earlier runs included.
        limits: per specimen that was looked at and can be evaluated, its row of `diversity`.
        grown: `site_id`s that `tracking` calls growing, reliably.
    """

    clones: pd.DataFrame
    limits: Mapping[str, Row] = field(default_factory=dict)
    grown: frozenset[str] = frozenset()


def events_of(annotation: Row) -> list[tuple[str, str, str]]:
    """Published events at a site: gene, class, geometry; the last two empty where the cells do not match."""
    genes, *others = (str(annotation.get(name) or "").split(",") for name in _EVENT_COLUMNS)
    if not genes[0]:
        return []
    words = [column if len(column) == len(genes) else [""] * len(genes) for column in others]
    return list(zip(genes, *words, strict=True))


def locate(site: Row, annotation: Row | None, calling: Calling) -> Evidence:
    """Where the site lies, and whether published events fit that."""
    finding, direction, wording = _location(site, annotation, calling)
    distance = number((annotation or {}).get("cancer_gene_distance"))
    return Evidence(
        site["subject"], "site", finding, direction, wording, "annotation.tsv.gz", vector=site["vector"],
        site_id=site["site_id"], value=distance, unit="" if isnan(distance) else "bp to the nearest listed gene",
    )  # fmt: skip


def _location(site: Row, annotation: Row | None, calling: Calling) -> tuple[str, str, str]:
    if site["placement"] != "unique":
        words = "It fits several places equally well, so that no gene can be named."
        return "placed in a repeat", NEUTRAL, words
    if annotation is None:
        return "not annotated", NOT_TESTED, "No genes were looked up for this site."
    where = _gene_words(annotation)
    events = events_of(annotation)
    strong = [event for event in events if event_level(event[1]) >= SPEAKS_FOR]
    if fitting := [event for event in strong if event[2] == FITS]:
        words = "It lies where, and as, insertions were reported in clones that grew or turned malignant."
        return f"{where}; {_events(fitting)}", FOR, words
    if strong:
        known = all(event[2] == DOES_NOT_FIT for event in strong)
        words = (
            "It lies otherwise than in the published events at this gene."
            if known
            else "Whether it lies as in the published events cannot be told."
        )
        return f"{where}; {_events(strong)}", NEUTRAL, words
    if events:
        words = "Listed events at this gene are unverified, or no role of the insertion was shown."
        return f"{where}; {_events(events)}", NEUTRAL, words
    return _without_event(where, annotation, calling)


def _without_event(where: str, annotation: Row, calling: Calling) -> tuple[str, str, str]:
    distance = number(annotation.get("cancer_gene_distance"))
    gene, window = annotation.get("nearest_cancer_gene"), calling.known_event_window
    if not isnan(distance) and abs(distance) <= window:
        near = "inside" if distance == 0 else f"{abs(distance):,.0f} bp from"
        words = "No published event is listed for it. The lists are broad: being near one of their genes is expected by chance."
        return f"{where}; {near} the listed gene {gene}", NEUTRAL, words
    words = f"No listed gene and no published event within {window:,} bp. The lists are incomplete."
    return where, AGAINST, words


def _gene_words(annotation: Row) -> str:
    gene = str(annotation.get("gene") or "")
    if not gene:
        return "no gene"
    inside = annotation.get("in_gene") is True or str(annotation.get("in_gene")).lower() == "true"
    side = str(annotation.get("same_orientation") or "")
    turn = {"true": ", same orientation", "false": ", opposite orientation"}.get(side.lower(), "")
    return f"in {gene}{turn}" if inside else f"near {gene}{turn}"


def _events(events: Iterable[tuple[str, str, str]]) -> str:
    fit = {FITS: "geometry fits", DOES_NOT_FIT: "geometry does not fit"}
    words = [
        f"{gene}: {label or 'listed'} ({fit.get(way, 'geometry unknown')})" for gene, label, way in events
    ]
    return "; ".join(words).replace(UNVERIFIED, ", unverified")


def measure_site(site: Row, calling: Calling) -> Evidence:
    """In what part of the tumour's cells one sample shows the site."""
    value, low, high = (number(site[name]) for name in ("ccf", "ccf_low", "ccf_high"))
    half, cells = calling.clonal_ccf, site["fraction_of"] or "cells"
    direction, finding = NEUTRAL, f"{shares(value, low, high)} of {cells}"
    if isnan(value):
        finding, words = "fraction not measured", "Fragments without the vector were not counted here."
    elif site["fraction_of"] != TUMOUR_CELLS:
        words = "Purity is not known, so that this is no fraction of the tumour's cells."
    elif low >= half:
        direction, words = FOR, f"In more than {share(half)} of the tumour's cells: in its main clone."
    elif high < half:
        direction = AGAINST
        words = f"In fewer than {share(half)} of the tumour's cells: not in all of its clone. It may be in a part of it."
    else:
        words = f"More or fewer than {share(half)} of the tumour's cells: not settled."
    return Evidence(
        site["subject"], "site_fraction", finding, direction, words, "tumour_sites.tsv.gz", site["sample"], site["vector"],
        site["site_id"], value, low, high, f"of {cells}",
    )  # fmt: skip


def recall_site(site: Row, past: Past, others: Sequence[Row]) -> Evidence:
    """What the subject's other samples held of the site.

    Args:
        site: a row of `TUMOUR_SITES` of the tumour.
        past: of the amplicon samples.
        others: rows of the same site in samples that are not of the tumour.
    """
    seen = _seen(site, past.clones)
    courses = [_course(row) for row in seen]
    missed = sorted(set(past.limits) - {row["specimen"] for row in seen})
    limits = [number(past.limits[name].get("lod95")) for name in missed]
    if missed:
        known = [limit for limit in limits if not isnan(limit)]
        smallest = f" (limits from {share(min(known))} of marked copies)" if known else ""
        courses.append(
            f"not seen in {len(missed)} evaluable amplicon specimen{'s'[: len(missed) > 1]}{smallest}"
        )
    courses += [_other(row) for row in others]
    last = seen[-1] if seen else {}
    value, low, high = (number(last.get(name)) for name in ("fraction", "fraction_low", "fraction_high"))
    direction, words = _judge_past(seen, past, bool(others), bool(missed))
    return Evidence(
        site["subject"], "history", "; ".join(courses) or "no other sample", direction, words, "clones.tsv.gz", "",
        site["vector"], site["site_id"], value, low, high, "of vector-marked copies, last specimen" if seen else "",
    )  # fmt: skip


def _seen(site: Row, clones: pd.DataFrame) -> list[dict[str, object]]:
    """Rows of the site by day; vectors are not compared, since the two roads may name one vector differently."""
    at = clones["position"].astype("float64")
    low, high = (number(site[name]) for name in ("position_low", "position_high"))
    low, high = (number(site["position"]) if isnan(edge) else edge for edge in (low, high))
    same = (
        (clones["contig"] == site["contig"])
        & (clones["strand"] == site["strand"])
        & at.between(low - PAIR_SLACK, high + PAIR_SLACK)
    )
    chosen = clones[same].sort_values("fraction", ascending=False, kind="stable")
    chosen = chosen.drop_duplicates("specimen").sort_values(["days", "specimen"], kind="stable")
    return records(chosen)


def _course(row: Row) -> str:
    name = str(row["timepoint"] or row["specimen"])
    day = number(row["days"])
    when = name if isnan(day) else f"{name} (day {day:,.0f})"
    size = shares(*(number(row[key]) for key in ("fraction", "fraction_low", "fraction_high")))
    return f"{when}: {size} of marked copies"


def _other(row: Row) -> str:
    if number(row["n_fragments"]) > 0 and row["status"] == "pass":
        return f"{row['sample']}: seen, {share(number(row['ccf']))} of {row['fraction_of'] or 'cells'}"
    limit = number(row["limit"])
    return f"{row['sample']}: not seen" + (
        "" if isnan(limit) else f" (limit {digits(100 * limit)} % of cells)"
    )


def _judge_past(seen: list[dict[str, object]], past: Past, has_others: bool, missed: bool) -> tuple[str, str]:
    if any(row["site_id"] in past.grown for row in seen):
        return FOR, "The clone grew against the subject's other clones."
    if seen:
        return (
            NEUTRAL,
            "The clone was there; its share of the marked copies says nothing of the tumour's cells.",
        )
    if has_others or missed:
        return NEUTRAL, "Below the limits of these samples a clone can be there unseen."
    return NOT_TESTED, "No other evaluable sample of the subject was examined."
