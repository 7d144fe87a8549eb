"""What the rules need to know of one clone in one specimen."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from integrasite.flags.evidence import is_missing
from integrasite.flags.growth import Growth, Identity, identity
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
        persistent: per column of probability, the specimen far enough away in which it is largest, with its value.
        growth: how the clone's share changed in its tissue and cell type.
        outlier_q: q of the clone as an outlier of its specimen, where it is one.
    """

    key: Key
    row: Mapping[str, Any]
    repeated: tuple[str, float] | None
    n_quantified: int
    persistent: Mapping[str, tuple[str, float]]
    growth: Growth
    outlier_q: float | None

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
    clones: pd.DataFrame,
    annotation: pd.DataFrame,
    specimens: Mapping[Key, Specimen],
    growth: Mapping[Identity, Growth],
    outliers: Mapping[Identity, float],
) -> Iterator[CloneFacts]:
    """The passing clones of patients and products, in the order of the table.

    Args:
        clones: the table `clones`.
        annotation: the table `annotation`; a site that it lacks has no genes.
        specimens: the study's specimens; clones of controls and spike-ins are left out.
        growth: clones whose share changed, by subject, lineage and clone.
        outliers: q of the outliers, by subject, specimen and clone.
    """
    named = annotation[list(ANNOTATION.columns)].drop_duplicates("site_id")
    joined = clones[clones["status"] == "pass"].merge(named, on="site_id", how="left")
    text = [name for name, kind in ANNOTATION.columns.items() if kind == "str"]
    joined[text] = joined[text].fillna("")
    keys = zip(joined["subject"], joined["specimen"], strict=True)
    clinical = [key in specimens and specimens[key].is_clinical for key in keys]
    joined = joined[pd.Series(clinical, index=joined.index, dtype=bool)]
    joined = _noteworthy(joined, {*growth, *outliers})
    columns = list(joined.columns)
    rows = [dict(zip(columns, values, strict=True)) for values in joined.itertuples(index=False, name=None)]
    history: dict[tuple[str, str], dict[str, _Sizes]] = {}
    for row in rows:
        sizes = {name: -1.0 if is_missing(row[name]) else float(row[name]) for name in _FOLLOWED}
        seen = history.setdefault((row["subject"], row["site_id"]), {})
        # a site may have two rows in a specimen (two vectors, or a multihit's best place): the larger one is meant
        if row["specimen"] not in seen or sizes["fraction"] > seen[row["specimen"]]["fraction"]:
            seen[row["specimen"]] = sizes
    for row in rows:
        seen, key = history[row["subject"], row["site_id"]], (row["subject"], row["specimen"])
        yield CloneFacts(
            key,
            row,
            _repeated(key, seen, specimens),
            _n_quantified(key[0], seen, specimens),
            {name: found for name in _FOLLOWED[1:] if (found := _persistent(key, seen, specimens, name))},
            growth.get(identity(row, specimens[key].lineage), Growth()),
            outliers.get(identity(row, (key[1], ""))),
        )


_Sizes = dict[str, float]
_FOLLOWED = ["fraction", "p_ge_10", "p_ge_20", "p_ge_30"]


def _noteworthy(joined: pd.DataFrame, noted: Collection[Identity]) -> pd.DataFrame:
    """Rows of the sites that may raise a flag somewhere, in all specimens."""
    chosen = joined[_SIZES].astype("float64").ge(SMALLEST_FRACTION).any(axis=1) | (
        joined["known_event"] != ""
    )
    if noted:
        sites = {(key[0], key[-1]) for key in noted}
        clusters = joined["cluster"].where(joined["placement"] == "multihit", "").fillna("")
        marks = clusters.where(clusters != "", joined["site_id"])
        keys = zip(joined["subject"], marks, strict=True)
        chosen |= pd.Series([key in sites for key in keys], index=joined.index, dtype=bool)
    return joined[joined["site_id"].isin(joined.loc[chosen, "site_id"])]


def _persistent(
    key: Key, seen: Mapping[str, _Sizes], specimens: Mapping[Key, Specimen], column: str
) -> tuple[str, float] | None:
    others = [(name, seen[name][column]) for name in specimens[key].distant if name in seen]
    return max(others, key=lambda other: other[1], default=None)


def _repeated(
    key: Key, seen: Mapping[str, _Sizes], specimens: Mapping[Key, Specimen]
) -> tuple[str, float] | None:
    if seen[key[1]]["fraction"] < REPEATED_FRACTION or len(seen) < 2:
        return None
    for name in specimens[key].neighbours:
        if name in seen and seen[name]["fraction"] >= REPEATED_FRACTION:
            return name, seen[name]["fraction"]
    return None


def _n_quantified(subject: str, seen: Mapping[str, _Sizes], specimens: Mapping[Key, Specimen]) -> int:
    limits = ((sizes["fraction"], specimens[subject, name].loq) for name, sizes in seen.items())
    return sum(loq is not None and fraction >= loq for fraction, loq in limits)
