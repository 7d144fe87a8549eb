"""Which clones have a card of their own, and where it is."""

import hashlib

import pandas as pd

from integrasite.report.facts import clone_ids
from integrasite.report.names import page_name

TOP_CARDS = 10
"""Largest clones of a subject that have a card whether flagged or not."""
MOST_CARDS = 60
"""Cards of one subject; of more flagged clones, those of the strongest tier come first (the page's budget)."""
MOST_NUMBERS = 99
"""Clones of a subject that have a number in figures."""
LOOK_TIER = 3
"""Weakest tier that asks for a second look by itself; the flags' own wording."""

Key = tuple[str, str]
"""Subject and clone id."""


def card_anchor(subject: str, clone_id: str) -> str:
    """Id of a clone's card on its subject's page."""
    return "clone-" + hashlib.sha256(f"{subject}\t{clone_id}".encode()).hexdigest()[:12]


def _flagged(flags: pd.DataFrame, clones: pd.DataFrame) -> pd.DataFrame:
    """Flagged clones once each, the strongest tier first: columns `subject`, `_id`, `_tier` (0: undecided)."""
    about = clones[clones["site_id"].isin(set(flags["site_id"]))]
    known = about.assign(_id=clone_ids(about))[["subject", "specimen", "site_id", "_id"]]
    named = flags[flags["site_id"] != ""].merge(known, on=["subject", "specimen", "site_id"], how="inner")
    named = named.assign(_tier=named["tier"].astype("Float64").fillna(0.0).astype(float))
    ordered = named.sort_values(["_tier", "subject", "_id"], kind="stable")
    return ordered.drop_duplicates(["subject", "_id"])[["subject", "_id", "_tier"]]


def carded_clones(flags: pd.DataFrame, clones: pd.DataFrame, ranked: pd.DataFrame) -> dict[Key, str]:
    """The clones that have a card, with its anchor: a subject's largest, and the flagged up to the budget.

    Args:
        flags: rows of `flags.tsv`.
        clones: rows of `clones.tsv.gz`; names the flagged ones.
        ranked: clones with a size that may be compared, each once, largest first (`facts.distinct`).

    Returns:
        Per subject and clone id the card's anchor: first those flagged for a second look, then the largest, then
        the other flagged ones.
    """
    top = ranked.groupby("subject", sort=False).head(TOP_CARDS)
    top = top.assign(_id=clone_ids(top), _tier=LOOK_TIER + 0.5)[["subject", "_id", "_tier"]]
    both = pd.concat([frame for frame in (_flagged(flags, clones), top) if len(frame)] or [top])
    ordered = both.sort_values("_tier", kind="stable").drop_duplicates(["subject", "_id"])
    kept = ordered.groupby("subject", sort=False).head(MOST_CARDS)
    return {
        (subject, name): card_anchor(subject, name)
        for subject, name in zip(kept["subject"], kept["_id"], strict=True)
    }


def card_link(cards: dict[Key, str], subject: str, clone_id: str, page: str | None) -> str:
    """Where a clone's card is, seen from the page of `page` (None: the run's); empty where it has none."""
    anchor = cards.get((subject, clone_id))
    if anchor is None:
        return ""
    return f"#{anchor}" if page == subject else f"subjects/{page_name(subject)}#{anchor}"


def clone_numbers(ranked: pd.DataFrame) -> dict[Key, str]:
    """Each subject's clones numbered by their largest fraction in any specimen, from 1."""
    place = ranked.groupby("subject", sort=False).cumcount() + 1
    kept = ranked.assign(_place=place)[place <= MOST_NUMBERS]
    kept = kept.assign(_id=clone_ids(kept))
    return {
        (subject, name): str(place)
        for subject, name, place in zip(kept["subject"], kept["_id"], kept["_place"], strict=True)
    }
