"""The numbers behind a flag, as one English sentence."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from integrasite.annotate.known_events import UNVERIFIED

Row = Mapping[str, Any]

_FIT_WORDS = {
    "fits": "the site lies as in the published event",
    "does_not_fit": "the site does not lie as in the published event",
    "unknown": "whether the site lies as in the published event is not known",
}


def is_missing(value: object) -> bool:
    """Whether a cell is empty."""
    return value == "" if isinstance(value, str) else bool(pd.isna(value))  # type: ignore[call-overload]


def percent(value: float) -> str:
    """A fraction as percent with three significant digits.

    >>> percent(0.3419), percent(1.0)
    ('34.2 %', '100 %')
    """
    return f"{100 * value:.3g} %"


def counted(number: int, word: str) -> str:
    """A number with its noun.

    >>> counted(1, "fragment"), counted(1200, "fragment")
    ('1 fragment', '1,200 fragments')
    """
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def size_words(clone: Row) -> str:
    """Fraction with its interval, fragments and replicates of a clone."""
    if is_missing(clone["fraction"]):
        fraction = "fraction not known"
    else:
        of = "cells of a tumour sample" if clone["estimator"] == "ccf" else "vector-marked copies"
        fraction = f"{percent(clone['fraction'])} of the {of}"
        if not is_missing(clone["fraction_low"]) and not is_missing(clone["fraction_high"]):
            fraction += (
                f" (95 % interval {percent(clone['fraction_low'])} to {percent(clone['fraction_high'])})"
            )
    counts = f"{counted(_whole(clone['n_fragments']), 'fragment')} in "
    counts += counted(_whole(clone["n_replicates"]), "replicate")
    notes = []
    if clone["placement"] == "multihit":
        notes.append("the site fits several places of the genome equally; its best place is named")
    if not is_missing(clone["saturated"]) and bool(clone["saturated"]):
        notes.append("the size is a lower bound (saturated)")
    return "; ".join([f"{fraction}, {counts}", *notes])


def _whole(value: object) -> int:
    return 0 if is_missing(value) else int(str(value))


def gene_words(clone: Row) -> str:
    """The gene that contains the site, or the nearest one, to end a sentence; "" where none is known."""
    if is_missing(clone["gene"]):
        return ""
    inside = not is_missing(clone["in_gene"]) and bool(clone["in_gene"])
    return f"; in {clone['gene']}" if inside else f"; nearest gene {clone['gene']}"


def event_words(symbol: str, label: str, fit: str, distance: int | None, window: int) -> str:
    """What was published of a gene near the site, how far the gene is, and whether the geometry fits."""
    if distance == 0:
        where = f"inside {symbol}"
    elif distance is not None:
        where = f"{distance:,} bp from {symbol}"
    else:
        where = f"within {window:,} bp of {symbol}"
    unread = "; the reference was not read for the list" if label.endswith(UNVERIFIED) else ""
    return f"{where} (published event: {label.removesuffix(UNVERIFIED)}{unread}); {_FIT_WORDS.get(fit, fit)}"
