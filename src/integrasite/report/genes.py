"""Is any clone near a gene where insertional mutagenesis has been seen? The flags and their evidence."""

import pandas as pd

from integrasite.annotate.known_events import EVENT_CLASSES, MODES, UNVERIFIED, bundled_known_events
from integrasite.flags.codes import CODES
from integrasite.flags.rules import RULES
from integrasite.flags.tiers import TIERS
from integrasite.report.blocks import Cell, Column, Grid, Notes, Section, State, frame_tsv
from integrasite.report.clone_grid import clone_name_cell
from integrasite.report.facts import Clone, Row, clones_of, gene_label, largest
from integrasite.report.flagged import (
    INDETERMINATE,
    Flagged,
    flagged_clones,
    is_unverified,
    specimen_flags,
)
from integrasite.report.gene_figures import site_genes_figure
from integrasite.report.view import TOP_CLONES, View
from integrasite.report.words import (
    MISSING,
    count,
    estimate,
    is_missing,
    number,
    percent,
    percent_range,
    plural,
    sentence,
)

FLAG_COLUMNS = (
    ("tier", "tier", True),
    ("suggested", "tier", False),
    ("clone", "clone", False),
    ("fraction", "fraction", True),
    ("gene and known event", "event", False),
    ("codes, and evidence by rule", "codes", False),
    ("source", "unverified", False),
)
MOST_SPECIMEN_FLAGS = 300
"""Findings about specimens that are listed; the others are in `flags.tsv`."""
FIT_WORDS = {"fits": "geometry fits", "does_not_fit": "geometry does not fit", "unknown": "geometry unknown"}


def source_words(source: str) -> str:
    """A source, marked where it has not been checked."""
    if not source:
        return MISSING
    return f"unverified: {source}" if is_unverified(source) and "unverified" not in source.lower() else source


def event_words(site: Row) -> str:
    """`LMO2: malignant (geometry fits)` for each event gene near the site."""
    parts = [
        str(site.get(key) or "").split(",") for key in ("known_event", "event_class", "expected_geometry")
    ]
    if not parts[0][0]:
        return MISSING
    if len({len(part) for part in parts}) > 1:
        return "; ".join(",".join(part) for part in parts if part[0])
    events = zip(*parts, strict=True)
    return "; ".join(
        f"{gene}: {label} ({FIT_WORDS.get(fit, fit or 'geometry unknown')})" for gene, label, fit in events
    )


def distance_cell(site: Row) -> Cell:
    """Distance to the nearest listed gene."""
    distance = site.get("cancer_gene_distance")
    if is_missing(distance):
        return Cell(MISSING)
    where = "inside" if number(distance) == 0 else f"{count(distance)} bp to"
    return Cell(f"{where} {site.get('nearest_cancer_gene') or 'a listed gene'}", number(distance))


def _size_cells(clone: Clone | None) -> list[Cell]:
    row = clone.row if clone else {}
    interval = percent_range(row.get("fraction_low"), row.get("fraction_high"))
    return [
        Cell(percent(row.get("fraction")), number(row.get("fraction"))),
        Cell(interval, number(row.get("fraction_low"))),
    ]


def _clone_name(clone: Clone | None, site_id: str) -> Cell:
    if clone is not None and clone.is_multihit:
        return Cell(f"multihit {clone.id}", tone="multihit")
    return Cell(site_id or MISSING, tone="mono")


def _flag_cells(view: View, one: Flagged) -> tuple[Cell, ...]:
    first, tier = one.flags[0], one.tier
    tone = "warn" if one.is_undecided or (tier is not None and tier <= 2) else ""
    found = view.specimen(first["subject"], first["specimen"])
    where = f"{first['subject']} {found.label if found else first['specimen']}"
    row = one.clone.row if one.clone else {}
    gene = gene_label(one.site) if one.site else MISSING
    size = (
        f"{percent(row.get('fraction'))}\n{percent_range(row.get('fraction_low'), row.get('fraction_high'))}"
    )
    evidence = "\n".join(f"{flag['rule']}: {flag['evidence']}" for flag in one.flags)
    evidence = f"{one.codes}\n{evidence}" if one.codes else evidence
    sources = "\n".join(dict.fromkeys(sentence(source_words(flag["source"])) for flag in one.flags))
    return (
        Cell(MISSING if tier is None else str(tier), tier, tone),
        Cell(one.advice, tone="narrow"),
        Cell(
            f"{gene}\n{_clone_name(one.clone, first['site_id']).text}\n{where}",
            f"{gene} {where}",
            "lines",
            view.card(first["subject"], one.clone.id) if one.clone else "",
        ),
        Cell(size, number(row.get("fraction")), "lines"),
        Cell(
            f"{distance_cell(one.site).text}\n{event_words(one.site)}",
            number(one.site.get("cancer_gene_distance")),
            "stack",
        ),
        Cell(evidence, tone="stack"),
        Cell(sources, tone="stack"),
    )


def flag_table(view: View, flagged: list[Flagged]) -> Grid:
    """Flagged clones with gene, evidence and source."""
    listed = [one for one in flagged if one.tier is None or one.is_undecided or one.tier < 5]
    shown = listed[:TOP_CLONES]
    note = (
        f"Showing {len(shown):,} of {len(listed):,}, those that ask "
        "most for a second look first; the rest in "
    )
    note = note if len(listed) > len(shown) else "The same in "
    if len(flagged) > len(listed):
        unlisted = plural(len(flagged) - len(listed), "row")
        note = (
            f"{unlisted} of tier 5 (unverified events only) left out here; they "
            f"are among all clones at such genes below. {note}"
        )
    link = Cell("flags.tsv", href=f"{view.to_results}flags.tsv")
    return Grid(
        "flags",
        "Flagged clones, one row per clone and specimen.",
        [Column(*each) for each in FLAG_COLUMNS],
        [_flag_cells(view, one) for one in shown],
        frame_tsv(_flag_rows(view, shown)),
        note if flagged else "",
        more=(link,) if flagged else (),
    )


def _flag_rows(view: View, shown: list[Flagged]) -> pd.DataFrame:
    """All rows of `flags.tsv`, or only those of the clones shown where the page would grow too large."""
    flags = view.tables.flags
    if len(flags) <= 10 * TOP_CLONES:
        return flags
    keys = {(one.flags[0]["subject"], one.flags[0]["specimen"], one.flags[0]["site_id"]) for one in shown}
    rows = zip(flags["subject"], flags["specimen"], flags["site_id"], strict=True)
    return flags[[row in keys for row in rows]]


def specimen_flag_table(view: View) -> Grid:
    """Findings about whole specimens."""
    found = specimen_flags(view)
    columns = [
        Column("subject"),
        Column("specimen"),
        Column("rule", "rule"),
        Column("evidence", "rule"),
        Column("source", "unverified"),
    ]
    rows = [
        (
            Cell(flag["subject"]),
            Cell(flag["specimen"]),
            Cell(flag["rule"]),
            Cell(flag["evidence"], tone="wide"),
            Cell(source_words(flag["source"]), tone="wide"),
        )
        for flag in found[:MOST_SPECIMEN_FLAGS]
    ]
    is_cut = len(found) > len(rows)
    return Grid(
        "specimen-flags",
        "Findings about whole specimens and controls.",
        columns,
        rows,
        note=f"Showing {len(rows):,} of {len(found):,}; the rest in " if is_cut else "",
        more=(Cell("flags.tsv", href=f"{view.to_results}flags.tsv"),) if is_cut else (),
    )


def event_table(view: View) -> Grid:
    """Clones at genes with a known event, whether a rule raised them or not."""
    near = _event_sites(view)
    clones = view.tables.clones
    rows = largest(clones[(clones["status"] == "pass") & clones["site_id"].isin(near)])
    spec = [("subject", "", False), ("specimen", "", False), ("clone", "clone", False), ("gene", "", False)]
    spec += [
        ("fraction", "fraction", True),
        ("95 % interval", "fraction", False),
        ("fragments", "fragment", True),
    ]
    spec += [("distance to listed gene", "gene_distance", True), ("known event", "event", False)]
    body = []
    for one in clones_of(view.tables, rows.head(TOP_CLONES)):
        head = [
            Cell(one.row["subject"]),
            Cell(one.row["specimen"]),
            clone_name_cell(view, one),
            Cell(one.gene),
        ]
        fragments = Cell(count(one.row["n_fragments"]), number(one.row["n_fragments"]))
        words = event_words(one.site)
        tail = (
            fragments,
            distance_cell(one.site),
            Cell(words, tone="unverified" if UNVERIFIED in words else "wide"),
        )
        body.append((*head, *_size_cells(one), *tail))
    note = (
        f"Showing {len(body):,} of {len(rows):,}, largest fraction first; the rest in "
        if len(rows) > len(body)
        else ""
    )
    link = (Cell("annotation.tsv.gz", href=f"{view.to_results}annotation.tsv.gz"),) if note else ()
    caption = "All passing clones at a gene with a known event. A polyclonal sample is expected to hold some."
    columns = [Column(*each) for each in spec]
    return Grid(
        "events",
        caption,
        columns,
        body,
        frame_tsv(rows.head(TOP_CLONES)),
        note,
        folded="All clones at genes with a known event",
        more=link,
    )


def _event_sites(view: View) -> set[str]:
    sites = view.tables.annotation
    return set(sites.loc[sites["known_event"] != "", "site_id"])


def reference_table(view: View) -> Grid:
    """The published events behind the genes on this page."""
    sites = view.tables.annotation
    genes = {gene for words in sites["known_event"].unique() for gene in str(words).split(",") if gene}
    rows = []
    for event in bundled_known_events():
        if event.gene in genes:
            meaning = EVENT_CLASSES[event.event_class].meaning
            state = (
                Cell("reference read", tone="good") if event.is_verified else Cell("unverified", tone="warn")
            )
            words = [
                Cell(event.gene),
                Cell(event.event_class),
                Cell(meaning, tone="wide"),
                Cell(MODES[event.mode], tone="wide"),
            ]
            rows.append((*words, Cell(event.source, tone="wide"), state))
    columns = [
        Column("gene"),
        Column("class", "event"),
        Column("what was reported", "event"),
        Column("how"),
        Column("reference"),
        Column("checked", "unverified"),
    ]
    caption = (
        "What was published of the genes above. A report of an event at a "
        "gene does not say that a clone here behaves alike."
    )
    return Grid(
        "references", caption, columns, rows, folded="Published events at these genes, with references"
    )


def _answer(view: View, flagged: list[Flagged]) -> str:
    passed = view.tables.clones[view.tables.clones["status"] == "pass"]
    near = passed.loc[passed["site_id"].isin(_event_sites(view)), ["subject", "site_id"]].drop_duplicates()
    place = (
        f"{plural(len(near), 'clone')} of "
        f"{len(passed[['subject', 'site_id']].drop_duplicates()):,} at a gene with a known event"
    )
    strong = _by_clone([one for one in flagged if one.deserves_a_look])
    if not strong:
        return f"None found: no clone is in tier 1, 2 or 3; {place}."
    parts = []
    for tier in (None, 1, 2, 3):
        names = [_named(view, one) for one in strong if _shown_tier(one) == tier]
        if names:
            label = "cannot be settled" if tier is None else f"in tier {tier}"
            more = f"; and {len(names) - 3:,} more" if len(names) > 3 else ""
            parts.append(f"{plural(len(names), 'clone')} {label}: {'; '.join(names[:3])}{more}.")
    return f"{' '.join(parts)} {sentence(place)}."


def _shown_tier(one: Flagged) -> int | None:
    return None if one.tier is None or (one.is_undecided and one.tier > 2) else one.tier


def _by_clone(flagged: list[Flagged]) -> list[Flagged]:
    """Each clone of a subject once, by its first (strongest) row."""
    first: dict[tuple[str, str], Flagged] = {}
    for one in flagged:
        first.setdefault(
            (one.flags[0]["subject"], one.clone.id if one.clone else one.flags[0]["site_id"]), one
        )
    return list(first.values())


def _named(view: View, one: Flagged) -> str:
    flag = one.flags[0]
    found = view.specimen(flag["subject"], flag["specimen"])
    where = view.named(found) if found else flag["specimen"]
    if one.clone is None:
        return f"{flag['site_id']} in {where}"
    row = one.clone.row
    return (
        f"{one.clone.label} in {where}, "
        f"{estimate(row['fraction'], row['fraction_low'], row['fraction_high'])}"
    )


def _how_to_read(view: View) -> Notes:
    tiers = [f"Tier {tier}: {words}." for tier, words in TIERS.items()]
    tiers.append(
        f"No tier, or words before its wording: {INDETERMINATE}. Missing data never makes a tier weaker; a clone of "
        "lymphoid cells only after stem cells (L1), and one that fell below half of its peak (G-), are one tier weaker."
    )
    tiers += [f"{letter}: {words.replace('`', '')}." for letter, words in CODES.items()]
    window = f"{view.study.config.calling.known_event_window:,} bp"
    tiers.append(
        f"'At a gene' means inside it or within {window}. The tiers are this "
        "software's own; a listed gene says nothing about cause."
    )
    return Notes(tiers, "How to read the tiers")


def rule_table() -> Grid:
    """Every rule with its meaning and source."""
    columns = [
        Column("rule", "rule"),
        Column("meaning", "rule"),
        Column("threshold", "rule", True),
        Column("source", "unverified"),
    ]
    rows = [
        (
            Cell(rule.name),
            Cell(rule.meaning, tone="wide"),
            Cell(MISSING if rule.threshold is None else f"{rule.threshold:g}", rule.threshold),
            Cell(source_words(rule.cited), tone="wide"),
        )
        for rule in RULES.values()
    ]
    return Grid(
        "flag-rules",
        "Every rule that can raise a flag, whether it did or not.",
        columns,
        rows,
        folded="What the rules mean, and whose they are",
    )


def genes(view: View) -> Section:
    """Is any clone near a gene where insertional mutagenesis has been seen?"""
    flagged = flagged_clones(view)
    of_tumours = not view.specimens and bool((view.tables.clones["status"] == "pass").any())
    quiet = State.NONE if view.evaluable or of_tumours else State.NOT_EVALUABLE
    state = State.FOUND if any(one.deserves_a_look for one in flagged) else quiet
    counted = site_genes_figure(view)
    blocks = (
        *((counted,) if counted else ()),
        flag_table(view, flagged),
        specimen_flag_table(view),
        event_table(view),
        reference_table(view),
        _how_to_read(view),
        rule_table(),
    )
    question = "Is any clone near a gene where insertional mutagenesis has been seen?"
    answer = (
        _answer(view, flagged)
        if view.evaluable or flagged or of_tumours
        else "Not evaluable: no specimen has enough fragments."
    )
    return Section("genes", question, state, answer, blocks, "Flags and genes")
