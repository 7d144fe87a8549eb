"""What the rules need to know of one clone in one specimen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from integrasite.flags.evidence import is_missing
from integrasite.flags.specimens import Key, Specimen
from integrasite.model.tables import ANNOTATION

SMALLEST_FRACTION = 0.10
"""Clones below this in every respect, far from known events, can raise no flag and are passed over."""
_SIZES = ["fraction", "fraction_high", "p_ge_10", "p_ge_20", "p_ge_30"]
REPEATED_FRACTION = 0.20
"""Fraction that two consecutive specimens must both reach for `repeated_20`."""


@dataclass(frozen=True)
class CloneFacts:
    """A passing clone.

    Args:
        key: subject and specimen.
        row: its row of `clones` with the columns of `annotation`.
        repeated: a neighbouring specimen in which the clone also reaches 20 %, and its fraction there.
        n_quantified: specimens of the subject in which the clone reaches the limit of quantification.
    """

    key: Key
    row: Mapping[str, Any]
    repeated: tuple[str, float] | None
    n_quantified: int

    @property
    def events(self) -> list[tuple[str, str, str]]:
        """Symbol, class and geometry of each known event near the site."""
        cells = [str(self.row[name]) for name in ("known_event", "event_class", "expected_geometry")]
        return list(zip(*(cell.split(",") for cell in cells), strict=True)) if cells[0] else []

    def number(self, column: str) -> float | None:
        """A cell as a number, nothing where it is empty."""
        return None if is_missing(self.row[column]) else float(self.row[column])

    def distance_to(self, symbol: str) -> int | None:
        """Distance (bp) to a listed gene, known for the nearest one only."""
        if self.row["nearest_cancer_gene"] != symbol or is_missing(self.row["cancer_gene_distance"]):
            return None
        return int(self.row["cancer_gene_distance"])


def collect_clones(
    clones: pd.DataFrame, annotation: pd.DataFrame, specimens: Mapping[Key, Specimen]
) -> Iterator[CloneFacts]:
    """The passing clones of patients and products, in the order of the table.

    Args:
        clones: the table `clones`.
        annotation: the table `annotation`; a site that it lacks has no genes.
        specimens: the study's specimens; clones of controls and spike-ins are left out.
    """
    named = annotation[list(ANNOTATION.columns)].drop_duplicates("site_id")
    joined = clones[clones["status"] == "pass"].merge(named, on="site_id", how="left")
    text = [name for name, kind in ANNOTATION.columns.items() if kind == "str"]
    joined[text] = joined[text].fillna("")
    keys = zip(joined["subject"], joined["specimen"], strict=True)
    clinical = [key in specimens and specimens[key].is_clinical for key in keys]
    joined = joined[pd.Series(clinical, index=joined.index, dtype=bool)]
    large = joined[_SIZES].astype("float64").ge(SMALLEST_FRACTION).any(axis=1)
    joined = joined[joined["site_id"].isin(joined.loc[large | (joined["known_event"] != ""), "site_id"])]
    fractions = joined["fraction"].astype("float64").fillna(-1.0)
    history: dict[tuple[str, str], dict[str, float]] = {}
    for subject, specimen, site, fraction in zip(
        joined["subject"], joined["specimen"], joined["site_id"], fractions, strict=True
    ):
        history.setdefault((subject, site), {})[specimen] = fraction
    columns = list(joined.columns)
    for values in joined.itertuples(index=False, name=None):
        row = dict(zip(columns, values, strict=True))
        seen = history[row["subject"], row["site_id"]]
        key = (row["subject"], row["specimen"])
        yield CloneFacts(key, row, _repeated(key, seen, specimens), _n_quantified(key[0], seen, specimens))


def _repeated(
    key: Key, seen: Mapping[str, float], specimens: Mapping[Key, Specimen]
) -> tuple[str, float] | None:
    if seen[key[1]] < REPEATED_FRACTION or len(seen) < 2:
        return None
    for name in specimens[key].neighbours:
        if seen.get(name, -1.0) >= REPEATED_FRACTION:
            return name, seen[name]
    return None


def _n_quantified(subject: str, seen: Mapping[str, float], specimens: Mapping[Key, Specimen]) -> int:
    limits = ((fraction, specimens[subject, name].loq) for name, fraction in seen.items())
    return sum(loq is not None and fraction >= loq for fraction, loq in limits)
