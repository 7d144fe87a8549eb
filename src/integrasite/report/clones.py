"""Sections on clone sizes and places: dominance, and where the insertions are."""

import pandas as pd

from integrasite.report.blocks import Block, Cell, Column, Grid, Notes, Section, State, frame_tsv
from integrasite.report.clone_grid import (
    CLONE_COLUMNS,
    COUNTS,
    IDENTITY,
    SIZE,
    clone_cells,
    count_cells,
    identity_cells,
    size_cells,
)
from integrasite.report.dominant import dominance_figures
from integrasite.report.facts import Clone, clones_of, distinct, largest, passing, top_distinct, top_rows
from integrasite.report.inputs import rows_of
from integrasite.report.karyogram_figure import karyogram_figure
from integrasite.report.tracked import outlier_notes
from integrasite.report.view import CONFIDENT, TOP_CLONES, View
from integrasite.report.words import MISSING, count, estimate, is_missing, joined, plural


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
    top = clones_of(view.tables, top_distinct(rows, 1))[0]
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
    rows = passing(view.tables, view.evaluable) if len(view.tables.earlier_clones) else view.sized
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
        "dominance",
        "Is any clone dominant?",
        state,
        answer,
        (*dominance_figures(view, rows), grid, Notes(outlier_notes(view))),
        "Dominance",
    )


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
        (karyogram_figure(view, passed), _top(view, passed), *_not_passed(view)),
        "Insertions",
    )


def _top(view: View, passed: pd.DataFrame) -> Grid:
    sure = {(one.subject, one.name) for one in view.evaluable}
    ahead = rows_of(passed, sure)
    both = [top_rows(passed[which], TOP_CLONES) for which in (ahead, ~ahead)]
    rows = pd.concat(both).head(TOP_CLONES)
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
