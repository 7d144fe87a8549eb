"""Published insertional-mutagenesis events: the bundled list, its classes and its checks.

The list says where an event was reported; it never says that a site in the same place does the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from integrasite.errors import DataError
from integrasite.io.annotation_tables import read_resource

BUNDLED = Path(__file__).parent / "data" / "known_events.tsv"
UNVERIFIED = " (unverified)"
"""Ending of `event_class` where the reference was not read for this list; such events never raise a tier."""

MODES = {
    "activation": "the vector switched the gene on: near its start, upstream of it or in its first intron",
    "activation_sense_upstream": "driven by a vector upstream of the coding part, in the gene's orientation",
    "truncation_sense_intronic": "the transcript was cut short in an intron, by a vector in its orientation",
    "lof": "the gene was interrupted: anywhere inside its transcribed part",
    "passenger": "the site was judged not to matter",
    "unknown": "the mechanism is not known",
}
"""How an event worked, and where a site would have to lie to work the same way."""


@dataclass(frozen=True)
class EventClass:
    """Meaning of an `event_class`, and its weight K (0-4) in the tiers of the flags."""

    meaning: str
    level: int


EVENT_CLASSES: dict[str, EventClass] = {
    "malignant": EventClass(
        "cancer of gene-therapy recipients with a vector at this gene in the cancer's clone", 4
    ),
    "malignant-cooperating": EventClass("a second site of such a cancer's clone", 4),
    "expansion": EventClass("a clone of a recipient grew; cancer followed in some", 3),
    "benign-expansion": EventClass("a clone of a recipient grew without cancer", 3),
    "malignant-causality-unproven": EventClass(
        "cancer of a recipient with a vector here; a role was not shown", 2
    ),
    "malignant-provirus": EventClass("cancer with a natural HIV provirus at this gene", 2),
    "expansion-provirus": EventClass("infected cells with a natural HIV provirus at this gene grew", 2),
    "malignant-animal": EventClass("cancer or dysplasia of a treated animal", 2),
    "malignant-wtAAV": EventClass(
        "liver cancer with a natural (wild-type) adeno-associated virus at this gene", 2
    ),
    "benign-expansion-animal": EventClass("a clone of a treated animal grew without cancer", 2),
    "malignant-not-causal": EventClass("cancer of a recipient whose site was judged unlikely to matter", 0),
}
"""Every value of `event_class` (before the ending ` (unverified)`), strongest first."""


@dataclass(frozen=True)
class KnownEvent:
    """One published event.

    Args:
        gene: symbol.
        event_class: a key of `EVENT_CLASSES`.
        mode: a key of `MODES`.
        is_verified: whether the reference was read for this list.
        source: the reference.
        aliases: older symbols of the gene.
        hg38: contig, start, end (0-based, half-open) and strand in hg38, or nothing.
        lineage: lineage of the cells, as the list words it; "" where it does not say.
    """

    gene: str
    event_class: str
    mode: str
    is_verified: bool
    source: str
    aliases: tuple[str, ...] = ()
    hg38: tuple[str, int, int, str] | None = None
    lineage: str = ""

    @property
    def label(self) -> str:
        """The word that stands in `event_class`."""
        return self.event_class if self.is_verified else self.event_class + UNVERIFIED


def bundled_known_events() -> tuple[KnownEvent, ...]:
    """The list that comes with integrasite."""
    return parse_known_events(read_resource(BUNDLED))


def parse_known_events(rows: pd.DataFrame) -> tuple[KnownEvent, ...]:
    """Check the rows of a list of events.

    Raises:
        DataError: if a column is missing or a cell is not among the words it may hold.
    """
    columns = {
        "gene",
        "aliases",
        "mode",
        "class",
        "source",
        "verification",
        "hg38_contig",
        "hg38_start",
        "hg38_end",
        "hg38_strand",
    }
    if missing := sorted(columns - set(rows.columns)):
        raise DataError(f"list of known events: columns {', '.join(missing)} are missing")
    cells = [dict(zip(rows.columns, row, strict=True)) for row in rows.to_numpy(dtype=object).tolist()]
    return tuple(_event(row, line) for line, row in enumerate(cells, 2))


def _event(row: dict[str, str], line: int) -> KnownEvent:
    allowed = {"mode": list(MODES), "class": list(EVENT_CLASSES), "verification": ["read", "unverified"]}
    for column, words in allowed.items():
        if row[column] not in words:
            raise DataError(
                f"list of known events, line {line}, column '{column}': {row[column]!r} is not one of "
                f"{', '.join(words)}"
            )
    if not row["gene"] or not row["source"]:
        raise DataError(f"list of known events, line {line}: gene and source may not be empty")
    place = None
    if row["hg38_contig"]:
        place = (row["hg38_contig"], int(row["hg38_start"]), int(row["hg38_end"]), row["hg38_strand"])
    aliases = tuple(filter(None, row["aliases"].split(",")))
    is_read, lineage = row["verification"] == "read", row.get("lineage", "")
    return KnownEvent(row["gene"], row["class"], row["mode"], is_read, row["source"], aliases, place, lineage)


def leading_events(events: Iterable[KnownEvent]) -> dict[str, KnownEvent]:
    """One event per gene: verified before unverified, then the strongest class, then the first listed."""
    order = list(EVENT_CLASSES)
    leading: dict[str, KnownEvent] = {}
    for event in sorted(events, key=lambda event: (not event.is_verified, order.index(event.event_class))):
        leading.setdefault(event.gene, event)
    return leading


def event_level(label: str) -> int:
    """Weight K of one word of `event_class`; 0 for unverified and unknown words.

    >>> event_level("malignant"), event_level("malignant (unverified)")
    (4, 0)
    """
    known = EVENT_CLASSES.get(label)
    return known.level if known else 0
