"""What `tracking.tsv` says of growth, in words and as a table."""

import pandas as pd

from integrasite.report.blocks import Cell, Column, Grid, State, frame_tsv
from integrasite.report.facts import Row, gene_label, records, site_facts
from integrasite.report.view import TOP_CLONES, View
from integrasite.report.words import (
    MISSING,
    NBSP,
    chance,
    count,
    decimal,
    decimal_range,
    is_missing,
    joined,
    number,
    percent,
    plural,
    sentence,
)

ORDER = ("growing", "declining", "insufficient", "stable")
"""Statuses as the table lists them: what asks for a look first."""
MOVING = ("growing", "declining")
COLUMNS = (
    ("subject", "", False),
    ("tissue and cell type", "", False),
    ("clone", "clone", False),
    ("status", "growth", False),
    ("growth per year", "growth", True),
    ("95 % interval", "growth", True),
    ("q (growth)", "q", True),
    ("q (decline)", "q", True),
    ("strongest from day", "growth", True),
    ("to day", "growth", True),
    ("peak fraction", "fraction", True),
    ("last fraction", "fraction", True),
    ("time points", "evaluable", True),
    ("model reliable", "reliable", False),
)


def tested_rows(tracking: pd.DataFrame) -> pd.DataFrame:
    """Rows of `tracking` with a q of growth; the others were not tested."""
    return tracking[tracking["q"].notna()]


def _reasons(rows: pd.DataFrame) -> str:
    """Each reason with the clones that it holds for, the commonest first."""
    reasons = rows["reason"].where(rows["reason"] != "", "no reason is given")
    found = reasons.value_counts(sort=False).sort_index().sort_values(ascending=False, kind="stable")
    return joined([f"{reason} ({plural(int(n), 'clone')})" for reason, n in found.items()])


def _source(row: Row) -> str:
    return " ".join(part for part in dict.fromkeys((row["tissue"], row["cell_type"])) if part)


def _clone(row: Row, sites: dict[str, Row]) -> str:
    gene = gene_label(sites.get(row["site_id"], {}))
    if row["cluster"]:
        return f"multihit {row['cluster']} (best place {gene} {row['site_id']})"
    return f"{gene} {row['site_id']}"


def _rate(row: Row) -> str:
    interval = decimal_range(row["growth_low"], row["growth_high"])
    return f"{decimal(row['growth_per_year'])} per year (95{NBSP}% interval {interval})"


def _trust(row: Row) -> str:
    return (
        "model reliable" if _is_reliable(row) else f"model not reliable: {row['reason'] or 'no reason given'}"
    )


def _is_reliable(row: Row) -> bool:
    return not is_missing(row["reliable"]) and bool(row["reliable"])


def _named(view: View, row: Row, sites: dict[str, Row], q: str) -> str:
    source = _source(row)
    where = source if view.subject else f"{row['subject']} {source}".strip()
    grew = ""
    if row["status"] == "growing" and not is_missing(row["window_end"]):
        grew = f", strongest from day {count(row['window_start'])} to {count(row['window_end'])}"
    if row["status"] == "declining" and (number(row["q"]) or 0.0) < view.study.config.calling.growth_q:
        grew = f", after growth from day {count(row['window_start'])} to {count(row['window_end'])}"
    place = f" in {where}" if where else ""
    return f"{_clone(row, sites)}{place}, growth {_rate(row)}, q {chance(row[q])}{grew}; {_trust(row)}"


def _found_words(view: View, rows: pd.DataFrame, status: str, q: str) -> str:
    chosen = rows[rows["status"] == status].sort_values([q, "subject", "site_id"], kind="stable")
    if not len(chosen):
        return ""
    sites = site_facts(view.tables, chosen["site_id"])
    names = [_named(view, row, sites, q) for row in records(chosen.head(3))]
    more = f"; and {len(chosen) - 3:,} more" if len(chosen) > 3 else ""
    return f" {sentence(status)}: {'; '.join(names)}{more}."


def _untold(view: View, tested: pd.DataFrame) -> str:
    """Subjects of the page of whom no clone was tested."""
    silent = [name for name in view.subjects if name not in set(tested["subject"])]
    return f" Not tested: every clone of {joined(silent)}." if silent else ""


def _not_tested(view: View) -> str:
    tracking = view.tables.tracking
    if view.tables.lacks("tracking"):
        return "Not tested: the results hold no tracking.tsv."
    if not len(tracking):
        return "Not tested: no clone passed, so there is none to follow."
    return f"Not tested: {_reasons(tracking)}."


def growth_answer(view: View) -> tuple[State, str]:
    """State and answer of the question whether a clone grows.

    A clone that could not be tested is said to be not tested, and one that the data cannot settle stays open: neither
    counts as level.
    """
    tracking, q = view.tables.tracking, view.study.config.calling.growth_q
    rows = tested_rows(tracking)
    if not len(rows):
        state = State.NOT_TESTED if view.tables.lacks("tracking") else State.INSUFFICIENT
        return state, _not_tested(view)
    n = {status: int((rows["status"] == status).sum()) for status in ORDER}
    reliable = rows["reliable"].fillna(False).astype(bool)
    lead = (
        f"Of {plural(len(rows), 'clone')} tested, {n['growing'] or 'none'} found growing and {n['declining'] or 'none'} "
        f"declining against the other clones of the same tissue and cell type (q < {q:g}), {n['stable'] or 'none'} stable"
    )
    open_words = (
        f"; for {n['insufficient']:,} doubling or halving in a year is not excluded"
        if n["insufficient"]
        else ""
    )
    found = _found_words(view, rows, "growing", "q") + _found_words(view, rows, "declining", "q_decline")
    doubt = f" The model is not reliable: {_reasons(rows[~reliable])}." if not reliable.all() else ""
    rest = len(tracking) - len(rows)
    left = f" Not tested: {plural(rest, 'further clone')} (reasons below)." if rest else ""
    is_found = rows["status"] == "growing"
    is_settled = reliable & rows["status"].isin(("stable", "declining"))
    state = State.FOUND if (is_found & reliable).any() else State.LIMITED
    if not is_found.any() and is_settled.any():
        state = State.NONE
    return state, f"{lead}{open_words}.{found}{doubt}{left}{_untold(view, rows)}"


def growth_finding(view: View, subject: str, source: str) -> str:
    """What the test of growth says of one subject and source, as the title of its figure."""
    tracking = view.tables.tracking
    own = tracking[tracking["subject"] == subject]
    own = own[pd.Series([_source(row) == source for row in records(own)], index=own.index, dtype=bool)]
    rows = tested_rows(own)
    if not len(rows):
        return "the largest clones over time (growth was not tested)"
    grown = rows[rows["status"] == "growing"].sort_values(["q", "site_id"], kind="stable")
    n_fallen = int((rows["status"] == "declining").sum())
    fallen = f", {n_fallen:,} declining" if n_fallen else ""
    if not len(grown):
        return f"no clone of {len(rows):,} tested was found growing{fallen}"
    sites = site_facts(view.tables, grown["site_id"].head(1))
    first = records(grown.head(1))[0]
    trust = "" if _is_reliable(first) else "; model not reliable"
    more = f" and {len(grown) - 1:,} more are" if len(grown) > 1 else " is"
    return f"{_clone(first, sites)}{more} growing, of {plural(len(rows), 'clone')} tested{fallen}{trust}"


def untested_notes(view: View) -> list[str]:
    """Per subject of the page, the clones that were not tested and why; empty where nothing was tested at all."""
    tracking = view.tables.tracking
    if view.tables.lacks("tracking"):
        return []
    notes = []
    for name in view.subjects:
        own = tracking[tracking["subject"] == name]
        rows = own[own["q"].isna()]
        if not len(own):
            notes.append(f"{name}: not tested: no clone passed.")
        elif len(rows):
            notes.append(f"{name}: not tested: {_reasons(rows)}.")
    return notes


def _cells(view: View, row: Row, sites: dict[str, Row]) -> tuple[Cell, ...]:
    href = view.card(row["subject"], row["cluster"] or row["site_id"])
    numbers = ("q", "q_decline")
    trust = (
        Cell("yes") if _is_reliable(row) else Cell(f"no: {row['reason'] or 'no reason given'}", tone="wide")
    )
    interval = decimal_range(row["growth_low"], row["growth_high"])
    return (
        Cell(row["subject"]),
        Cell(_source(row) or MISSING),
        Cell(_clone(row, sites), href=href),
        Cell(row["status"], tone="warn" if row["status"] == "growing" else ""),
        Cell(decimal(row["growth_per_year"]), number(row["growth_per_year"])),
        Cell(interval, number(row["growth_low"])),
        *(Cell(chance(row[key]), number(row[key])) for key in numbers),
        *(Cell(count(row[key]), number(row[key])) for key in ("window_start", "window_end")),
        *(Cell(percent(row[key]), number(row[key])) for key in ("peak_fraction", "last_fraction")),
        Cell(count(row["n_usable"]), number(row["n_usable"])),
        trust,
    )


def growth_tables(view: View) -> tuple[Grid, Grid]:
    """The growing and declining clones, and, folded, the other tested ones; each by q."""
    rows = tested_rows(view.tables.tracking)
    rank = rows["status"].map({status: place for place, status in enumerate(ORDER)})
    ordered = rows.assign(rank=rank).sort_values(["rank", "q", "subject", "site_id"], kind="stable")
    ordered = ordered.drop(columns="rank")
    is_moving = ordered["status"].isin(MOVING)
    others = "Other tested clones: stable, or not settled by the data."
    empty = "none among the tested clones" if len(rows) else "not tested"
    return (
        _grid(view, "tracking", "Growing and declining clones.", ordered[is_moving], empty, ""),
        _grid(view, "tracking-others", others, ordered[~is_moving], empty, "Other tested clones"),
    )


def _grid(view: View, name: str, caption: str, rows: pd.DataFrame, empty: str, folded: str) -> Grid:
    shown = rows.head(TOP_CLONES)
    sites = site_facts(view.tables, shown["site_id"])
    return Grid(
        name,
        caption,
        [Column(*each) for each in COLUMNS],
        [_cells(view, row, sites) for row in records(shown)],
        frame_tsv(shown),
        f"Showing {len(shown):,} of {len(rows):,}; all clones, and those not tested, in "
        if len(rows)
        else "",
        empty,
        folded,
        (Cell("tracking.tsv", href=f"{view.to_results}tracking.tsv"),) if len(rows) else (),
    )


def course_notes(view: View) -> list[str]:
    """One sentence on sites that may be vectors of one clone, where there are any."""
    rows = view.tables.same_course
    if not len(rows):
        return []
    groups = len(rows[["subject", "group"]].drop_duplicates())
    pairs = [
        f"{row['site_id']} and {row['other_site_id']} ({row['subject']}, "
        f"{plural(int(row['n_times']), 'specimen')}, ratio {decimal(row['ratio'])})"
        for row in records(rows.head(3))
    ]
    more = f"; and {len(rows) - 3:,} more in same_course.tsv" if len(rows) > 3 else ""
    return [
        f"Possible clones with several vectors: {groups:,} ({plural(len(rows), 'pair')} of sites whose sizes change alike): "
        f"{'; '.join(pairs)}{more}. Nothing is merged; such a clone is larger than any of its sites."
    ]


def outlier_notes(view: View) -> list[str]:
    """Which clones are too large for the others of their specimen, and which specimens could not be tested."""
    if view.tables.lacks("outliers"):
        return [
            "Too large for the other clones of the specimen: not tested (the results hold no outliers.tsv)."
        ]
    rows = view.tables.outliers
    candidates, silent = rows[rows["rank"] > 0], rows[rows["rank"] == 0]
    n_tested = len(candidates[["subject", "specimen"]].drop_duplicates())
    reasons = joined([f"{reason} ({plural(int(n), 'specimen')})" for reason, n in _counted(silent)])
    left = f" Not tested: {reasons}." if reasons else ""
    if not n_tested:
        return [f"Too large for the other clones of the specimen:{left or ' not tested: no clone passed.'}"]
    found = candidates[candidates["is_outlier"].fillna(False).astype(bool)].sort_values("q", kind="stable")
    sites = site_facts(view.tables, found["site_id"])
    names = [
        f"{_clone(row, sites)} in {row['specimen']}, {percent(row['fraction'])}, q {chance(row['q'])}"
        for row in records(found)
    ]
    listed = (
        f"{len(names):,} ({'; '.join(names[:3])}{'; and more' if len(names) > 3 else ''})"
        if names
        else "none found"
    )
    limit = view.study.config.calling.outlier_q
    return [
        f"Too large for the other clones of the specimen (q < {limit:g}; {plural(n_tested, 'specimen')} tested): "
        f"{listed}.{left}"
    ]


def _counted(rows: pd.DataFrame) -> list[tuple[str, int]]:
    found = rows["reason"].value_counts(sort=False).sort_index()
    return [(str(reason).removeprefix("not tested: "), int(n)) for reason, n in found.items()]
