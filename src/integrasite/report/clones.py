"""Sections on clone sizes: dominance, growth, bars, and where the insertions are."""

import pandas as pd
from markupsafe import Markup

from integrasite.report import figures
from integrasite.report.blocks import (
    Block,
    Cell,
    Column,
    Figure,
    Grid,
    LegendItem,
    Notes,
    Section,
    State,
    frame_tsv,
)
from integrasite.report.facts import Clone, Specimen, clones_of, distinct, largest, passing
from integrasite.report.palette import clone_paint
from integrasite.report.view import CONFIDENT, TOP_CLONES, TOP_COLOURED, View
from integrasite.report.words import (
    MISSING,
    cells,
    count,
    estimate,
    is_missing,
    joined,
    number,
    percent,
    percent_range,
    plural,
    probability,
)

IDENTITY = (
    ("subject", "", False),
    ("specimen", "", False),
    ("day", "", True),
    ("clone", "clone", False),
    ("gene", "", False),
)
SIZE = (("fraction", "fraction", True), ("95 % interval", "fraction", False))
CHANCES = (("P ≥ 10 %", "p_ge", True), ("P ≥ 20 %", "p_ge", True), ("P ≥ 30 %", "p_ge", True))
COUNTS = (
    ("cells", "cells", True),
    ("fragments", "fragment", True),
    ("replicates", "replicates", True),
    ("counted by", "estimator", False),
)
CLONE_COLUMNS = (*IDENTITY, *SIZE, *CHANCES, *COUNTS)


def value(cell: object) -> float | None:
    """A cell's sort value."""
    return number(cell)


def identity_cells(view: View, clone: Clone) -> tuple[Cell, ...]:
    """The cells of `IDENTITY`; a specimen that is not evaluable is marked."""
    row = clone.row
    found = view.specimen(row["subject"], row["specimen"])
    lame = found is not None and found.evaluable == "no"
    specimen = Cell(
        f"{row['specimen']} (not evaluable)" if lame else row["specimen"],
        row["specimen"],
        "warn" if lame else "",
    )
    name = (
        Cell(f"multihit {clone.id}", tone="multihit")
        if clone.is_multihit
        else Cell(row["site_id"], tone="mono")
    )
    days = Cell(MISSING if is_missing(row["days"]) else f"{int(row['days']):,}", value(row["days"]))
    return (Cell(row["subject"]), specimen, days, name, Cell(clone.gene))


def size_cells(clone: Clone) -> tuple[Cell, ...]:
    """The cells of `SIZE`."""
    row = clone.row
    interval = percent_range(row["fraction_low"], row["fraction_high"])
    return (
        Cell(percent(row["fraction"]), value(row["fraction"])),
        Cell(interval, value(row["fraction_low"])),
    )


def count_cells(clone: Clone) -> tuple[Cell, ...]:
    """The cells of `COUNTS`."""
    row = clone.row
    saturated = not is_missing(row["saturated"]) and bool(row["saturated"])
    number_of_cells = Cell(
        cells(row["cells"], row["cells_low"], row["cells_high"], saturated), value(row["cells"])
    )
    counts = [Cell(count(row[key]), value(row[key])) for key in ("n_fragments", "n_replicates")]
    return (number_of_cells, *counts, Cell(row["estimator"]))


def clone_cells(view: View, clone: Clone) -> tuple[Cell, ...]:
    """The cells of `CLONE_COLUMNS`."""
    chances = [
        Cell(probability(clone.row[key]), value(clone.row[key])) for key in ("p_ge_10", "p_ge_20", "p_ge_30")
    ]
    return (*identity_cells(view, clone), *size_cells(clone), *chances, *count_cells(clone))


def _threshold_words(view: View, reached: pd.DataFrame, level: str) -> str:
    chance = f"with a probability of at least {CONFIDENT}"
    if not len(reached):
        return f"no clone reaches {level} % {chance}."
    named = [
        f"{clone.label} in {_where(view, clone)}, "
        f"{estimate(clone.row['fraction'], clone.row['fraction_low'], clone.row['fraction_high'])}"
        for clone in clones_of(view.tables, reached.head(3))
    ]
    more = f"; and {len(reached) - 3:,} more" if len(reached) > 3 else ""
    return (
        f"{plural(len(reached), 'clone reaches', 'clones reach')} "
        f"{level} % {chance}: {'; '.join(named)}{more}."
    )


def _where(view: View, clone: Clone) -> str:
    specimen = view.specimen(clone.row["subject"], clone.row["specimen"])
    return view.named(specimen) if specimen else str(clone.row["specimen"])


def dominance_answer(view: View, rows: pd.DataFrame) -> tuple[State, str]:
    """State and sentence on clones of at least 10, 20 and 30 %."""
    lost = len(view.specimens) - len(view.evaluable)
    tail = f" Nothing is said of {plural(lost, 'specimen')} that could not be evaluated." if lost else ""
    if not view.evaluable:
        return (
            State.NOT_EVALUABLE,
            "Not evaluable: no specimen has enough fragments to say how large its clones are.",
        )
    if not len(rows):
        return (
            State.NONE,
            f"None found: no clone was found in {plural(len(view.evaluable), 'evaluable specimen')}.{tail}",
        )
    at20, at30, at10 = (distinct(rows[rows[key] >= CONFIDENT]) for key in ("p_ge_20", "p_ge_30", "p_ge_10"))
    unsettled = distinct(rows[(rows["fraction_high"] >= 0.2) & ~(rows["p_ge_20"] >= CONFIDENT)])
    words = _threshold_words(view, at20, "20")
    others = f" At 10 %: {len(at10) or 'none'}, at 30 %: {len(at30) or 'none'}."
    open_words = (
        f" For {plural(len(unsettled), 'clone')} 20 % cannot be excluded in a specimen."
        if len(unsettled)
        else ""
    )
    top = clones_of(view.tables, largest(rows).head(1))[0]
    biggest = (
        ""
        if len(at20)
        else (
            f" The largest clone is {top.label} in {_where(view, top)}: "
            f"{estimate(top.row['fraction'], top.row['fraction_low'], top.row['fraction_high'])}."
        )
    )
    state = State.FOUND if len(at10) else State.NONE
    lead = "None found: " if not len(at10) else ""
    answer = f"{lead}{words}{others}{biggest}{open_words}{tail}"
    return state, answer[:1].upper() + answer[1:]


def dominance(view: View) -> Section:
    """Is any clone dominant?"""
    rows = passing(view.tables, view.evaluable)
    state, answer = dominance_answer(view, rows)
    shown = largest(rows[(rows["fraction_high"] >= 0.1) | (rows["p_ge_10"] >= 0.05)]).head(TOP_CLONES)
    body = [clone_cells(view, clone) for clone in clones_of(view.tables, shown)]
    grid = Grid(
        "dominant",
        (
            "Clones of evaluable specimens that are, or may be (upper limit "
            "of the interval), at least 10 % of the specimen."
        ),
        [Column(*each) for each in CLONE_COLUMNS],
        body,
        frame_tsv(shown),
        empty="none found" if view.evaluable else "not evaluable",
    )
    return Section(
        "dominance", "Is any clone dominant?", state, answer, (grid, *bar_figures(view, rows)), "Dominance"
    )


def bar_figures(view: View, rows: pd.DataFrame) -> tuple[Block, ...]:
    """Stacked bars of each subject's clones over its specimens."""
    drawn = view.drawn_subjects
    blocks: list[Block] = []
    for name in drawn:
        mine = [one for one in view.specimens if one.subject == name]
        if any(one.evaluable != "no" for one in mine):
            blocks.append(_bars(view, name, mine, rows[rows["subject"] == name], len(blocks)))
        else:
            blocks.append(Notes([f"Subject {name}: not evaluable, so no clone sizes are drawn."]))
    if len(drawn) < len(view.subjects):
        rest = len(view.subjects) - len(drawn)
        blocks.append(
            Notes(
                [
                    (
                        f"Figures of {len(drawn)} of {len(view.subjects)} subjects are shown, flagged "
                        f"subjects first; those of the other {rest} are on their own pages."
                    )
                ]
            )
        )
    return tuple(blocks)


def top_clones(view: View, rows: pd.DataFrame, limit: int) -> list[Clone]:
    """The clones with the largest fractions in any specimen, each once (its largest row)."""
    return clones_of(view.tables, distinct(rows).head(limit))


def _bars(view: View, name: str, specimens: list[Specimen], rows: pd.DataFrame, number: int) -> Figure:
    top = top_clones(view, rows, TOP_COLOURED)
    by_specimen = {
        one.name: clones_of(view.tables, rows[rows["specimen"] == one.name]) for one in specimens if len(top)
    }
    bars = [_bar(one, top, by_specimen.get(one.name, [])) for one in specimens]
    legend = [
        LegendItem(
            Markup(figures.swatch(clone_paint(one.id), str(place), one.is_multihit, f"bars{number}-{place}")),
            one.label,
        )
        for place, one in enumerate(top, 1)
    ]
    legend.append(LegendItem(Markup(figures.swatch(None, "", False, "")), "all other clones"))
    ids = {one.id for one in top}
    plotted = [clone for group in by_specimen.values() for clone in group if clone.id in ids]
    grid = Grid(
        f"bars-{number}-table",
        f"Fractions of the clones drawn for {name}.",
        [Column(*each) for each in CLONE_COLUMNS],
        [clone_cells(view, clone) for clone in plotted],
        frame_tsv(pd.DataFrame([one.row for one in plotted], columns=list(rows.columns))),
        folded="The bars as a table",
    )
    caption = (
        f"Fraction of vector-marked copies in percent, {plural(len(specimens), 'specimen')} "
        f"of {name}; n: fragments. The {len(top)} clones "
        "that are largest in any specimen have a colour and a number; "
        "hatched: multihit; intervals in the table."
    )
    label = f"Stacked bars of clone fractions of {name}: " + "; ".join(
        f"{bar.label} {_spoken(bar)}" for bar in bars
    )
    picture = Markup(figures.clone_bars(bars, f"bars{number}", label))
    return Figure(
        f"bars-{number}",
        f"Clones of {name}",
        caption,
        picture,
        grid,
        legend,
        ("clone", "fraction", "fragment", "multihit"),
    )


def _spoken(bar: figures.Bar) -> str:
    return bar.reason or ", ".join(
        f"clone {part.key} {percent(part.share)}" for part in bar.segments if part.paint
    )


def _bar(specimen: Specimen, top: list[Clone], clones: list[Clone]) -> figures.Bar:
    label, note = specimen.timepoint or specimen.name, f"n = {specimen.n_fragments:,}"
    if specimen.evaluable == "no":
        return figures.Bar(label, specimen.source, note, (), "not evaluable")
    if not clones:
        return figures.Bar(label, specimen.source, note, (), "none found")
    shares: dict[str, float] = {}
    for clone in clones:
        shares[clone.id] = shares.get(clone.id, 0.0) + float(clone.row["fraction"])
    parts = [
        figures.Segment(shares[one.id], str(place), one.label, clone_paint(one.id), one.is_multihit)
        for place, one in enumerate(top, 1)
        if one.id in shares
    ]
    rest = [share for name, share in shares.items() if name not in {one.id for one in top}]
    if rest:
        parts.append(figures.Segment(sum(rest), "", plural(len(rest), "other clone"), None))
    return figures.Bar(label, specimen.source, note, parts)


def insertions(view: View) -> Section:
    """Where are the insertions?"""
    passed = view.tables.clones[view.tables.clones["status"] == "pass"]
    sites = view.tables.annotation[view.tables.annotation["site_id"].isin(set(passed["site_id"]))]
    n_sites = passed["site_id"].nunique()
    if not n_sites:
        answer = "None found: no integration site passed. The fates of the reads are under Samples."
        return Section(
            "insertions", "Where are the insertions?", State.NONE, answer, (_top(view, passed),), "Insertions"
        )
    inside, exon = int(sites["in_gene"].fillna(False).sum()), int(sites["in_exon"].fillna(False).sum())
    listed, event = int((sites["lists"] != "").sum()), int((sites["known_event"] != "").sum())
    multi = passed.loc[passed["placement"] == "multihit", "site_id"].nunique()
    lists = f"{listed:,} near or in a gene of a list of this study, " if view.study.config.gene_lists else ""
    answer = (
        f"{plural(n_sites, 'distinct site')}: {inside:,} inside a gene, {exon:,} in an exon, {lists}"
        f"{event:,} at a gene with a known event; {plural(multi, 'multihit')} (place uncertain)."
    )
    return Section(
        "insertions",
        "Where are the insertions?",
        State.INFORMATION,
        answer,
        (_top(view, passed), *_not_passed(view)),
        "Insertions",
    )


def _top(view: View, passed: pd.DataFrame) -> Grid:
    sure = {(one.subject, one.name) for one in view.evaluable}
    keys = zip(passed["subject"], passed["specimen"], strict=True)
    behind = pd.Series([key not in sure for key in keys], index=passed.index, dtype=bool)
    rows = pd.concat([largest(passed[~behind]), largest(passed[behind])]).head(TOP_CLONES)
    spec = [
        *IDENTITY,
        *SIZE,
        *COUNTS[:2],
        ("in gene", "", False),
        ("in exon", "", False),
        ("same orientation", "", False),
    ]
    columns = [Column(*each) for each in spec] + [
        Column("distance to TSS", "distance"),
        Column("lists", "lists"),
        Column("vector"),
    ]
    body = [
        (*identity_cells(view, one), *size_cells(one), *count_cells(one)[:2], *_place_cells(one))
        for one in clones_of(view.tables, rows)
    ]
    note = (
        (
            f"Showing {len(rows):,} of {len(passed):,}, largest fraction first, "
            "specimens that are not evaluable last; the rest in "
        )
        if len(passed) > len(rows)
        else f"Showing all {len(passed):,}; the same in "
    )
    link = Cell("clones.tsv.gz", href=f"{view.to_results}clones.tsv.gz")
    return Grid(
        "clones", "The largest clones and their places.", columns, body, frame_tsv(rows), note, more=(link,)
    )


def _fact(cell: object) -> str:
    if is_missing(cell):
        return MISSING
    return {True: "yes", False: "no"}.get(cell, str(cell)) if isinstance(cell, bool) else str(cell)


def _place_cells(clone: Clone) -> tuple[Cell, ...]:
    site = clone.site
    facts = [
        Cell(_fact(site.get(key)))
        for key in ("in_gene", "in_exon", "same_orientation", "distance_to_tss", "lists")
    ]
    return (*facts, Cell(clone.row["vector"]))


def _not_passed(view: View) -> tuple[Block, ...]:
    kinds = (
        view.tables.clones.loc[view.tables.clones["status"] != "pass", "status"].value_counts().sort_index()
    )
    if not len(kinds):
        return ()
    words = joined([f"{count(n)} {name}" for name, n in kinds.items()], 8)
    return (
        Notes(
            [f"Rows set aside (status and reason in clones.tsv.gz; no fraction is given for them): {words}."]
        ),
    )
