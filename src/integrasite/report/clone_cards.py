"""A card for each clone that is flagged or among a subject's largest: all that the results know of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from integrasite.report import figures
from integrasite.report.blocks import Block, Cell, CloneCard, Column, Grid, Section, State, frame_tsv
from integrasite.report.card_facts import CardFacts, card_facts, fact_pairs, finding_words
from integrasite.report.carded import LOOK_TIER, MOST_CARDS, TOP_CARDS, Key
from integrasite.report.clone_course import course_picture
from integrasite.report.clone_grid import count_cells, size_cells
from integrasite.report.earlier import followed
from integrasite.report.facts import Clone, Specimen, clone_ids, clones_of
from integrasite.report.link_outs import link_outs
from integrasite.report.palette import clone_paint
from integrasite.report.view import View
from integrasite.report.words import MISSING, count, estimate, number, percent, plural

QUESTION = "What is known of each clone?"
HISTORY = (
    ("specimen", "", False),
    ("day", "", True),
    ("source", "", False),
    ("fraction", "fraction", True),
    ("95 % interval", "fraction", False),
    ("cells", "cells", True),
    ("fragments", "fragment", True),
    ("replicates", "replicates", True),
    ("counted by", "estimator", False),
    ("status", "", False),
)


@dataclass(frozen=True)
class History:
    """Rows of one clone, and every specimen of its subject, those of earlier runs included."""

    clones: Sequence[Clone]
    specimens: Sequence[Specimen]
    rows: pd.DataFrame

    @property
    def largest(self) -> Clone:
        """Its largest row of an evaluable specimen; where it has none, its largest of any."""
        sure = {one.name for one in self.specimens if one.evaluable != "no"}
        return max(
            self.clones,
            key=lambda one: (one.row["specimen"] in sure, number(one.row["fraction"]) or 0.0),
        )


def _histories(view: View, keys: Sequence[Key]) -> dict[Key, History]:
    """Rows of the clones, passing or not, in the order of the subject's specimens."""
    tables = view.tables
    frame = pd.concat(
        [part for part in (tables.clones, tables.earlier_clones) if len(part)] or [tables.clones]
    )
    frame = frame.assign(_id=clone_ids(frame))
    frame = frame[frame["_id"].isin({name for _, name in keys})]
    groups = dict(tuple(frame.groupby(["subject", "_id"], sort=False)))
    known = _specimens(view)
    found = {}
    for key in keys:
        rows = groups.get(key)
        if rows is not None:
            mine = [one for one in known if one.subject == key[0]]
            order = {one.name: place for place, one in enumerate(mine)}
            place = rows["specimen"].map(order).fillna(len(order))
            rows = rows.assign(_place=place).sort_values(["_place", "specimen", "vector"], kind="stable")
            rows = rows.drop(columns=["_place", "_id"])
            found[key] = History(clones_of(tables, rows), mine, rows)
    return found


def _specimens(view: View) -> list[Specimen]:
    """Every specimen of the page, and the evaluable ones of earlier runs, by day."""
    both = {(one.subject, one.name): one for one in (*view.specimens, *followed(view))}
    return sorted(both.values(), key=lambda one: (-1 if one.days is None else one.days, one.name))


def _history_rows(history: History) -> list[tuple[Cell, ...]]:
    rows = []
    found: dict[str, list[Clone]] = {}
    for clone in history.clones:
        found.setdefault(clone.row["specimen"], []).append(clone)
    for one in history.specimens:
        head = (
            Cell(one.name),
            Cell(MISSING if one.days is None else count(one.days), one.days),
            Cell(one.source or MISSING),
        )
        for clone in found.pop(one.name, []):
            rows.append((*head, *_seen_cells(clone, one.evaluable == "no")))
        if len(rows) and rows[-1][0].text == one.name:
            continue
        limit = number(one.diversity.get("lod95"))
        words = "not seen" if one.evaluable == "no" or limit is None else f"not seen (limit {percent(limit)})"
        state = "not evaluable" if one.evaluable == "no" else ""
        rows.append((*head, Cell(words, tone="unseen"), *(Cell(MISSING) for _ in range(5)), Cell(state)))
    for clones in found.values():
        for clone in clones:
            head = (
                Cell(clone.row["specimen"]),
                Cell(count(clone.row["days"]), number(clone.row["days"])),
                Cell(MISSING),
            )
            rows.append((*head, *_seen_cells(clone, True)))
    return rows


def _seen_cells(clone: Clone, is_lame: bool) -> tuple[Cell, ...]:
    row = clone.row
    status = row["status"] if not row["reason"] else f"{row['status']}: {row['reason']}"
    words = f"{status}; specimen not evaluable" if is_lame else status
    return (*size_cells(clone), *count_cells(clone), Cell(words, tone="wide" if len(words) > 30 else ""))


def _card(view: View, key: Key, anchor: str, history: History, facts: CardFacts) -> CloneCard:
    subject, name = key
    largest = history.largest
    grid = Grid(
        f"{anchor}-table",
        f"{largest.gene} {name}: every specimen of {subject}.",
        [Column(*each) for each in HISTORY],
        _history_rows(history),
        frame_tsv(history.rows),
    )
    picture, words = course_picture(history.clones, history.specimens, view.number(subject, name))
    swatch = figures.swatch(clone_paint(name), view.number(subject, name), largest.is_multihit, anchor)
    row = largest.row
    return CloneCard(
        anchor,
        largest.label,
        _said(view, largest, facts),
        Markup(swatch),
        fact_pairs(view, largest, facts),
        Markup(picture),
        words,
        grid,
        finding_words(view, facts),
        [
            (link.text, link.href)
            for link in link_outs(view.study.config.reference.name, str(row["contig"]), int(row["position"]))
        ],
        facts.is_flagged,
    )


def _said(view: View, largest: Clone, facts: CardFacts) -> str:
    row = largest.row
    found = view.specimen(row["subject"], row["specimen"])
    where = found.label if found else row["specimen"]
    size = f"largest in {where}: {estimate(row['fraction'], row['fraction_low'], row['fraction_high'])}"
    if number(row["fraction"]) is None:
        size = "no fraction is given"
    return f"{size}; {facts.tier_words}" if facts.tier_words else size


def clone_cards(view: View) -> Section:
    """What is known of each clone?"""
    if view.subject is None:
        return _index(view)
    keys = [key for key in view.cards if key[0] == view.subject]
    histories = _histories(view, keys)
    facts = card_facts(view, {key: one.clones for key, one in histories.items()})
    order = {key: place for place, key in enumerate(keys)}
    cards = [
        _card(view, key, view.cards[key], history, facts[key])
        for key, history in sorted(histories.items(), key=lambda item: order[item[0]])
    ]
    if not cards:
        words = (
            "None found: no clone passed in an evaluable specimen and none is flagged, so there is no card."
        )
        return Section("each-clone", QUESTION, State.NONE, words, (), "Clone cards")
    n_open = sum(card.is_open for card in cards)
    words = (
        f"{plural(len(cards), 'clone has a card', 'clones have a card')}: the {TOP_CARDS} largest of any specimen and the "
        f"flagged ones (at most {MOST_CARDS}, strongest tier first). {plural(n_open, 'card is open', 'cards are open')}: "
        f"flagged in tier 1 to {LOOK_TIER}, or not to be settled."
    )
    return Section(
        "each-clone",
        QUESTION,
        State.INFORMATION,
        words.replace(" no cards", " No cards"),
        cards,
        "Clone cards",
    )


def _index(view: View) -> Section:
    """Of the run: where the cards are."""
    numbers: dict[str, int] = {}
    for subject, _ in view.cards:
        numbers[subject] = numbers.get(subject, 0) + 1
    first = {subject: view.card(subject, name).split("#")[0] for subject, name in reversed(view.cards)}
    rows = [
        (Cell(subject, href=f"{first[subject]}#each-clone"), Cell(count(numbers[subject]), numbers[subject]))
        for subject in view.subjects
        if subject in numbers
    ]
    grid = Grid(
        "card-index", "Cards of single clones, on the subjects' pages.",
        [Column("subject"), Column("clones with a card", "", True)], rows,
        empty="none found (no clone passed in an evaluable specimen)",
    )  # fmt: skip
    blocks: tuple[Block, ...] = (grid,)
    words = (
        f"{plural(sum(numbers.values()), 'clone')} of {plural(len(numbers), 'subject')} have a card, on the page of the "
        "subject: its course, place, flags, and links to genome browsers."
        if numbers
        else "None found: no clone passed in an evaluable specimen and none is flagged, so there is no card."
    )
    state = State.INFORMATION if numbers else State.NONE
    return Section("each-clone", QUESTION, state, words, blocks, "Clone cards")
