"""Which clones grew, decline or are outliers, from `tracking`, `outliers` and the intervals of `clones`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from integrasite.analyse.growth import DOUBLING
from integrasite.flags.evidence import is_missing, percent
from integrasite.flags.rules import GROWING_FRACTION, OUTLIER_FRACTION
from integrasite.flags.specimens import Key, Specimen

Identity = tuple[str, tuple[str, str], str, str]
"""Subject, a pair that says where (tissue and cell type, or specimen and ""), vector, site or cluster."""
Line = tuple[str, tuple[str, str]]
"""Subject; tissue and cell type."""
_TESTED = ("growing", "stable", "declining")
_NAMES = ["subject", "tissue", "cell_type", "site_id", "vector", "cluster"]


@dataclass(frozen=True)
class Growth:
    """How the share of a clone changed in one tissue and cell type.

    Args:
        level: G. 2: grows faster than the others for certain; 1: grew; 0: neither, or not tested.
        rule: `growing`, `grew` or "".
        value: the number that the rule looks at.
        words: the numbers in words.
        specimens: specimens of the last evaluable day, in which the flag is raised.
        last_fraction: the clone's largest fraction there.
        is_reliable: whether the model behind it is.
    """

    level: int = 0
    rule: str = ""
    value: float | None = None
    words: str = ""
    specimens: tuple[str, ...] = ()
    last_fraction: float = 0.0
    is_reliable: bool = True


def identity(row: Mapping[str, Any], where: tuple[str, str]) -> Identity:
    """What a clone is called across tables: a multihit is its cluster, whatever its best place is."""
    cluster = row["cluster"] if row.get("placement", "multihit") == "multihit" else ""
    return row["subject"], where, _text(row["vector"]), _text(cluster) or row["site_id"]


def _text(value: object) -> str:
    return "" if is_missing(value) else str(value)


def collect_outliers(outliers: pd.DataFrame | None) -> dict[Identity, float]:
    """q of the outliers that are large enough to raise a flag, by subject, specimen and clone.

    Args:
        outliers: the table `outliers`; nothing where it was not made.
    """
    if outliers is None:
        return {}
    is_outlier = outliers["is_outlier"].fillna(False).astype(bool)
    large = outliers["fraction"].astype("float64") >= OUTLIER_FRACTION
    rows = _records(outliers[is_outlier & large])
    return {identity(row, (row["specimen"], "")): float(row["q"]) for row in rows}


def collect_tested(tracking: pd.DataFrame | None) -> set[Identity]:
    """The clones whose growth was tested, by subject, lineage and clone.

    Args:
        tracking: the table `tracking`; nothing where it was not made.
    """
    if tracking is None:
        return set()
    tested = tracking[tracking["status"].isin(_TESTED)]
    return {identity(row, (row["tissue"], row["cell_type"])) for row in _records(tested[_NAMES])}


def collect_growth(
    clones: pd.DataFrame, tracking: pd.DataFrame | None, specimens: Mapping[Key, Specimen]
) -> dict[Identity, Growth]:
    """The clones that grew, among those that are large enough at the last evaluable day of their lineage.

    Args:
        clones: the table `clones`.
        tracking: the table `tracking`; nothing where it was not made.
        specimens: the study's specimens.

    Returns:
        Levels by subject, lineage and clone; a clone that is missing did not grow or was not tested.
    """
    lines = _lines(specimens)
    last = {(key[0], name) for key, days in lines.items() for name in days[max(days)]}
    passing = clones[(clones["status"] == "pass") & (clones["estimator"] != "ccf")]
    keys = list(zip(passing["subject"], passing["specimen"], strict=True))
    large = passing["fraction"].astype("float64") >= GROWING_FRACTION
    ends = passing[large & _chosen(passing, keys, last)]
    of_clone: dict[Identity, list[dict[str, Any]]] = {}
    for row in _records(ends):
        lineage = specimens[row["subject"], row["specimen"]].lineage
        of_clone.setdefault(identity(row, lineage), []).append(row)
    tracked = _tracked(tracking, of_clone)
    starts = _starts(passing, keys, lines, specimens)
    found = {}
    for key, row in tracked.items():
        rows = of_clone[key]
        days = lines[key[:2]]
        lower = [float(end["fraction_low"]) for end in rows if not is_missing(end["fraction_low"])]
        is_everywhere = {end["specimen"] for end in rows} == set(days[max(days)])
        grown = _grows(row, max(lower, default=0.0))
        if grown is None and len(days) >= 3:
            least = min(lower, default=0.0) if is_everywhere and len(lower) == len(rows) else 0.0
            grown = _grew(row, starts, key, lines, specimens, least)
        if grown:
            names = tuple(sorted({end["specimen"] for end in rows}))
            reliable = not is_missing(row["reliable"]) and bool(row["reliable"])
            found[key] = Growth(*grown, names, max(float(end["fraction"]) for end in rows), reliable)
    return found


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = list(frame.columns)
    return [dict(zip(columns, values, strict=True)) for values in frame.itertuples(index=False, name=None)]


def _chosen(frame: pd.DataFrame, keys: list[Key], wanted: Collection[Key]) -> "pd.Series[bool]":
    return pd.Series([key in wanted for key in keys], index=frame.index, dtype=bool)


def _lines(specimens: Mapping[Key, Specimen]) -> dict[Line, dict[int, list[str]]]:
    """The evaluable specimens of every lineage by day."""
    lines: dict[Line, dict[int, list[str]]] = {}
    for (subject, name), one in specimens.items():
        if one.is_clinical and one.is_evaluable and one.days is not None:
            lines.setdefault((subject, one.lineage), {}).setdefault(one.days, []).append(name)
    return lines


def _tracked(
    tracking: pd.DataFrame | None, wanted: Mapping[Identity, object]
) -> dict[Identity, dict[str, Any]]:
    """The clones that `tracking` calls growing; its test is calibrated, so nothing grew without it."""
    if tracking is None:
        return {}
    rows = {}
    for row in _records(tracking[tracking["status"] == "growing"]):
        key = identity(row, (row["tissue"], row["cell_type"]))
        if key in wanted:
            rows[key] = row
    return rows


def _grows(row: Mapping[str, Any], lower: float) -> tuple[int, str, float, str] | None:
    """G2: growth above the others certainly doubles the clone in a year, and the clone certainly is of some size."""
    reliable = not is_missing(row["reliable"]) and bool(row["reliable"])
    above = float(row["growth_low"]) - float(row["background_growth"])
    if not reliable or lower < GROWING_FRACTION or not above > DOUBLING:
        return None
    words = (
        f"share grew by {row['growth_per_year']:.3g} per year (natural logarithm; 95 % interval {row['growth_low']:.3g} "
        f"to {row['growth_high']:.3g}; 0.69 doubles) against {row['background_growth']:.3g} of the other clones, "
        f"q {row['q']:.3g}, over {row['n_usable']} evaluable time points"
    )
    return 2, "growing", above, words


_Starts = dict[tuple[Identity, str], float]


def _starts(
    passing: pd.DataFrame, keys: list[Key], lines: Mapping[Line, dict[int, list[str]]],
    specimens: Mapping[Key, Specimen],
) -> _Starts:  # fmt: skip
    """Upper limits of the clones that were seen in the first specimens of lineages with three evaluable days."""
    first = {(key[0], name) for key, days in lines.items() if len(days) >= 3 for name in days[min(days)]}
    upper: _Starts = {}
    for row in _records(passing[_chosen(passing, keys, first)]):
        one = specimens[row["subject"], row["specimen"]]
        high = 1.0 if is_missing(row["fraction_high"]) else float(row["fraction_high"])
        key = (identity(row, one.lineage), row["specimen"])
        upper[key] = max(high, upper.get(key, 0.0))
    return upper


def _grew(
    row: Mapping[str, Any],
    starts: _Starts, key: Identity, lines: Mapping[Line, dict[int, list[str]]],
    specimens: Mapping[Key, Specimen], lower: float,
) -> tuple[int, str, float, str] | None:  # fmt: skip
    """G1: a growing clone's lower limit at the last day exceeds its upper limit at the first.

    The limits alone would not do: they hold the counting error of one specimen, not the noise between specimens.

    A clone that was not seen at first has the specimen's limit of detection as its upper limit; without one it could
    have been of any size. With several specimens of a day, all of them must agree.
    """
    days = lines[key[:2]]
    limits = []
    for name in days[min(days)]:
        unseen = specimens[key[0], name].lod95
        limits.append(starts.get((key, name), 1.0 if unseen is None else unseen))
    if lower <= max(limits):
        return None
    words = (
        f"share grew from at most {percent(max(limits))} (day {min(days)}) to at least {percent(lower)} "
        f"(day {max(days)}), limits of 95 % intervals; q of growth above the other clones {row['q']:.3g}"
    )
    if _text(row["reason"]):
        words += f"; the rate cannot be relied on ({row['reason']})"
    return 1, "grew", lower, words
