"""What the rules need to know of one clone in one specimen."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from integrasite.flags.breadth import Breadth, breadth_of
from integrasite.flags.evidence import is_missing
from integrasite.flags.falling import Fall, fall_of
from integrasite.flags.growth import Growth, Identity, identity
from integrasite.flags.recurrence import Finding, Recurrence
from integrasite.flags.specimens import Key, Specimen
from integrasite.model.tables import ANNOTATION

SMALLEST_FRACTION = 0.10
"""Clones below this in every respect, far from known events, can raise no flag and are passed over."""
_SIZES = ["fraction", "fraction_high", "p_ge_10", "p_ge_20", "p_ge_30"]
REPEATED_FRACTION = 0.20
"""Fraction that two consecutive specimens must both reach for `repeated_20`."""
TOP_FRACTION = 0.01
"""Part of a specimen's clones that are its largest ones (at least one clone): A1."""


@dataclass(frozen=True)
class Context:
    """What was found of clones and genes in other tables; every table may be missing.

    Args:
        growth: clones whose share grew, by subject, lineage and clone.
        tested: clones whose growth was tested.
        outliers: q of the outliers, by subject, specimen and clone.
        genes: findings of the gene tests.
        ambiguous: (subject, site) whose origin the contamination test leaves open.
    """

    growth: Mapping[Identity, Growth] = field(default_factory=dict)
    tested: Collection[Identity] = frozenset()
    outliers: Mapping[Identity, float] = field(default_factory=dict)
    genes: Recurrence = field(default_factory=Recurrence)
    ambiguous: Collection[tuple[str, str]] = frozenset()


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
        is_top: A1, the clone is among the specimen's largest 1 % and can be quantified.
        is_growth_tested: whether its growth was tested.
        fall: where the clone made up much more earlier.
        breadth: its lineages.
        finding: of the gene that its site lies in, where that was tested.
        is_ambiguous: whether the contamination test leaves open whose clone it is.
        is_alone: only one of the specimen's libraries has it.
        is_unreplicated: the specimen has one library.
        is_annotated: whether genes were looked up for its site.
    """

    key: Key
    row: Mapping[str, Any]
    repeated: tuple[str, float] | None
    n_quantified: int
    persistent: Mapping[str, tuple[str, float]]
    growth: Growth
    outlier_q: float | None
    is_top: bool
    is_growth_tested: bool
    fall: Fall | None
    breadth: Breadth
    finding: Finding | None
    is_ambiguous: bool
    is_alone: bool
    is_unreplicated: bool
    is_annotated: bool

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
    context: Context,
) -> Iterator[CloneFacts]:
    """The passing clones of patients and products, in the order of the table.

    Args:
        clones: the table `clones`.
        annotation: the table `annotation`; a site that it lacks has no genes.
        specimens: the study's specimens; clones of controls and spike-ins are left out.
        context: what other tables say of the clones.
    """
    named = annotation[list(ANNOTATION.columns)].drop_duplicates("site_id")
    passing = clones[clones["status"] == "pass"]
    annotated = set(named["site_id"])
    n_libraries = passing.groupby(["subject", "specimen"])["n_replicates"].max().to_dict()
    joined = passing.merge(named, on="site_id", how="left")
    text = [name for name, kind in ANNOTATION.columns.items() if kind == "str"]
    joined[text] = joined[text].fillna("")
    keys = list(zip(joined["subject"], joined["specimen"], strict=True))
    joined = joined[_mask([key in specimens and specimens[key].is_clinical for key in keys], joined)]
    joined = joined.assign(is_top=_largest(joined, specimens))
    rows = _noteworthy(joined, context)
    lines, of_subject = _lines(specimens)
    # a tumour's fractions are of cells: they are no earlier or later size of a clone among vector-marked cells
    history = _history([row for row in rows if row["estimator"] != "ccf"])
    for row in rows:
        key = (row["subject"], row["specimen"])
        is_tumour = row["estimator"] == "ccf"
        one, seen = specimens[key], {key[1]: _sizes(row)} if is_tumour else _seen(history, row)
        line = {} if is_tumour else lines.get((key[0], one.lineage), {})
        here, limits = identity(row, one.lineage), _limits(seen)
        n_replicates = 0 if is_missing(row["n_replicates"]) else int(row["n_replicates"])
        most = 0 if is_missing(n_libraries.get(key)) else int(n_libraries[key])
        yield CloneFacts(
            key,
            row,
            _repeated(key, seen, specimens),
            _n_quantified(key[0], seen, specimens),
            {name: found for name in _PROBABILITIES if (found := _persistent(key, seen, specimens, name))},
            context.growth.get(here, Growth()),
            context.outliers.get(identity(row, (key[1], ""))),
            is_top=bool(row["is_top"]),
            is_growth_tested=here in context.tested,
            fall=fall_of(line, limits, of_subject[key[0]]),
            breadth=breadth_of(
                one, {name: sizes["fraction"] for name, sizes in seen.items()}, of_subject[key[0]]
            ),
            finding=context.genes.at(key[0], row["contig"], int(row["position"])),
            is_ambiguous=(key[0], row["site_id"]) in context.ambiguous,
            is_alone=n_replicates == 1 and most > 1,
            is_unreplicated=most == 1,
            is_annotated=row["site_id"] in annotated,
        )


_Sizes = dict[str, float]
_PROBABILITIES = ["p_ge_10", "p_ge_20", "p_ge_30"]
_FOLLOWED = ["fraction", "fraction_low", "fraction_high", *_PROBABILITIES]


def _mask(chosen: Sequence[bool], frame: pd.DataFrame) -> "pd.Series[bool]":
    return pd.Series(chosen, index=frame.index, dtype=bool)


_History = dict[tuple[str, str], dict[str, _Sizes]]


def _names(row: Mapping[str, Any]) -> tuple[str, ...]:
    """A clone's names across specimens, whatever its vector: a multihit's best place may move, its cluster stays."""
    return tuple(sorted({str(row["site_id"]), identity(row, ("", ""))[-1]}))


def _sizes(row: Mapping[str, Any]) -> _Sizes:
    return {name: -1.0 if is_missing(row[name]) else float(row[name]) for name in _FOLLOWED}


def _history(rows: Sequence[Mapping[str, Any]]) -> _History:
    """Sizes by subject and name of the clone, then by specimen; -1 where a cell is empty."""
    history: _History = {}
    for row in rows:
        sizes = _sizes(row)
        for name in _names(row):
            _keep_larger(history.setdefault((row["subject"], name), {}), row["specimen"], sizes)
    return history


def _keep_larger(seen: dict[str, _Sizes], specimen: str, sizes: _Sizes) -> None:
    """Of two rows of one site in a specimen (two vectors) the larger one is meant."""
    known = seen.get(specimen)
    if known is None or list(sizes.values()) > list(known.values()):
        seen[specimen] = sizes


def _seen(history: _History, row: Mapping[str, Any]) -> dict[str, _Sizes]:
    seen: dict[str, _Sizes] = {}
    for name in _names(row):
        for specimen, sizes in history[row["subject"], name].items():
            _keep_larger(seen, specimen, sizes)
    return seen


def _lines(
    specimens: Mapping[Key, Specimen],
) -> tuple[dict[tuple[str, tuple[str, str]], dict[int, list[Specimen]]], dict[str, list[Specimen]]]:
    """Evaluable specimens of patients by lineage and day; all clinical ones by subject."""
    lines: dict[tuple[str, tuple[str, str]], dict[int, list[Specimen]]] = {}
    of_subject: dict[str, list[Specimen]] = {}
    for (subject, _), one in sorted(specimens.items()):
        if one.is_clinical:
            of_subject.setdefault(subject, []).append(one)
        if one.role == "patient" and one.is_evaluable and one.days is not None:
            lines.setdefault((subject, one.lineage), {}).setdefault(one.days, []).append(one)
    return lines, of_subject


def _limits(seen: Mapping[str, _Sizes]) -> dict[str, tuple[float, float, float]]:
    return {
        name: (sizes["fraction"], sizes["fraction_low"], sizes["fraction_high"])
        for name, sizes in seen.items()
    }


def _largest(joined: pd.DataFrame, specimens: Mapping[Key, Specimen]) -> "pd.Series[bool]":
    """A1: among the largest 1 % of the specimen's clones, and at or above its limit of quantification."""
    fraction = joined["fraction"].astype("float64").where(joined["estimator"] != "ccf")
    grouped = fraction.groupby([joined["subject"], joined["specimen"]])
    n_top = np.maximum(1, np.floor(TOP_FRACTION * grouped.transform("count")))
    keys = zip(joined["subject"], joined["specimen"], strict=True)
    limits = [specimens[key].loq if specimens[key].is_evaluable else None for key in keys]
    loq = pd.Series(limits, index=joined.index, dtype="float64")
    is_largest = grouped.rank(method="min", ascending=False) <= n_top
    return _mask((is_largest & (fraction >= loq)).tolist(), joined)


def _noteworthy(joined: pd.DataFrame, context: Context) -> list[dict[str, Any]]:
    """Rows of the clones that may raise a flag somewhere, in all specimens."""
    chosen = joined[_SIZES].astype("float64").ge(SMALLEST_FRACTION).any(axis=1) | (
        joined["known_event"] != ""
    )
    clusters = joined["cluster"].where(joined["placement"] == "multihit", "").fillna("")
    marks = clusters.where(clusters != "", joined["site_id"])
    clones = list(zip(joined["subject"], marks, joined["site_id"], strict=True))
    if noted := {(key[0], key[-1]) for key in (*context.growth, *context.outliers)}:
        chosen |= _mask([(subject, mark) in noted for subject, mark, _ in clones], joined)
    chosen |= joined["is_top"] & context.genes.is_expanded_gene(joined)
    wanted = set()
    for (subject, mark, site), is_chosen in zip(clones, chosen, strict=True):
        if is_chosen:
            wanted |= {(subject, mark), (subject, site)}
    kept = joined[
        _mask(
            [(subject, mark) in wanted or (subject, site) in wanted for subject, mark, site in clones], joined
        )
    ]
    columns = list(kept.columns)
    return [dict(zip(columns, values, strict=True)) for values in kept.itertuples(index=False, name=None)]


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
