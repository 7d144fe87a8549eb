"""What speaks for each site: fragments by side and sample, the ends seen, the duplication, tier and status."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.sites.tumour_joins import Bools, Ints, VectorEnds
from integrasite.sites.tumour_places import Settled

COUNTED = ("n_split_5", "n_discordant_5", "n_split_3", "n_discordant_3", "n_fragments", "n_reads")
"""Counts of a site in one sample; all but `n_reads` count distinct fragments."""
PASS, AMBIGUOUS, ARTEFACT, BELOW_LIMIT = "pass", "ambiguous", "artefact", "below_limit"
ONE_FRAGMENT = "one fragment only: chimeric molecules and index hopping look the same"
NO_SPLIT = "only pairs span it: no read shows the junction"
HOST_LIKE = "the junction lies inside the vector, where a stretch begins or ends that the host has too"
INTERNAL = "no complete vector end, and too few fragments for a truncated or rearranged vector"


def count_by_sample(molecules: pd.DataFrame) -> pd.DataFrame:
    """Counts (`COUNTED`) per `site, cluster, sample`."""
    if not len(molecules):
        return pd.DataFrame({name: [] for name in ("site", "cluster", "sample", *COUNTED)})
    table = molecules.assign(n_reads=molecules["n_copies"])
    for side in (5, 3):
        for word, flag in (("split", table["is_split"]), ("discordant", ~table["is_split"])):
            table[f"n_{word}_{side}"] = (flag & (table["side"] == side)).astype(np.int64)
    unit = ["site", "cluster", "sample"]
    # a fragment that spans both junctions counts once
    table["n_fragments"] = (~table.duplicated([*unit, "fragment"])).astype(np.int64)
    table["n_reads"] = table["n_reads"] * table["n_fragments"]
    return table.groupby(unit, sort=True)[list(COUNTED)].sum().reset_index()


def describe_support(
    settled: Settled,
    sites: pd.DataFrame,
    joins: pd.DataFrame,
    vectors: Mapping[str, VectorEnds],
    calling: Calling,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sites and clusters that fragments belong to, over all samples of the subject.

    Returns:
        `(units, counts)`: per unit `site, cluster`, the columns of `TUMOUR_SITES` from `n_fragments_subject` to `tier`, `status`,
        `reason`; and `count_by_sample`.
    """
    counts = count_by_sample(settled.molecules)
    units = counts.groupby(["site", "cluster"], sort=True)[list(COUNTED)].sum().reset_index()
    place = sites.iloc[units["site"].to_numpy(np.int64)].reset_index(drop=True)
    units["n_fragments_subject"] = units["n_fragments"]
    seen = {}
    for side, number in ((5, "five"), (3, "three")):
        at = place[number].to_numpy(np.int64)
        seen[side] = (at >= 0) & (units[f"n_split_{side}"] > 0).to_numpy(bool)
        _describe_side(units, joins, at, seen[side], side)
    both = seen[5] & seen[3]
    strand = place["strand"].to_numpy(np.int64)
    length = strand * (place["host_5"].to_numpy(np.int64) - place["host_3"].to_numpy(np.int64)) + 1
    tsd = place["vector"].map({name: v.tsd for name, v in vectors.items()}).to_numpy(np.int64)
    is_ok = np.abs(length - tsd) <= calling.target_slack
    units["tsd_length"] = pd.array(length, dtype="Int64")
    units.loc[~both, "tsd_length"] = pd.NA
    units["is_tsd_ok"] = pd.array(is_ok, dtype="boolean")
    units.loc[~both, "is_tsd_ok"] = pd.NA
    units["ends"] = _ends(units, joins, place, seen)
    units["is_exact"] = (seen[5] | seen[3]) & (place["low"] == place["high"]).to_numpy(bool)
    units["tier"] = _tiers(units, both & is_ok, calling)
    units["status"], units["reason"] = _verdicts(units, place, joins, seen, vectors, calling)
    return units, counts


def _describe_side(units: pd.DataFrame, joins: pd.DataFrame, at: Ints, seen: Bools, side: int) -> None:
    for column, name in (
        ("host", "host"),
        ("vector", "vector_at"),
        ("vector_direction",) * 2,
        ("overlap",) * 2,
    ):
        values = joins[name].to_numpy(np.int64) if len(joins) else np.zeros(1, np.int64)
        column = f"{column}_{side}"
        units[column] = pd.array(values[np.where(seen, at, 0)], dtype="Int64")
        units.loc[~seen, column] = pd.NA


def _is_end(joins: pd.DataFrame, at: Ints, seen: Bools) -> Bools:
    if not len(joins):
        return np.zeros(at.size, np.bool_)
    complete: Bools = joins["is_end"].to_numpy(bool)[np.where(seen, at, 0)] & seen
    return complete


def _ends(units: pd.DataFrame, joins: pd.DataFrame, place: pd.DataFrame, seen: dict[int, Bools]) -> list[str]:
    words = []
    for side, number, end in ((5, "five", "U3"), (3, "three", "U5")):
        is_end = _is_end(joins, place[number].to_numpy(np.int64), seen[side])
        paired = (units[f"n_discordant_{side}"] > 0).to_numpy(bool)
        words.append(np.select([is_end, seen[side], paired], [end, f"internal{side}", f"pairs{side}"], ""))
    return [",".join(filter(None, pair)) for pair in zip(*words, strict=True)]


def _tiers(units: pd.DataFrame, has_both_ends: Bools, calling: Calling) -> list[str]:
    n = {
        side: (units[f"n_split_{side}"] + units[f"n_discordant_{side}"]).to_numpy(np.int64) for side in (5, 3)
    }
    has_split = ((units["n_split_5"] + units["n_split_3"]) > 0).to_numpy(bool)
    many = np.maximum(n[5], n[3]) >= calling.tier_a_fragments
    enough = units["n_fragments"].to_numpy(np.int64) >= calling.tier_b_fragments
    is_a, is_b = has_split & enough & (many | has_both_ends), has_split & enough
    return [str(tier) for tier in np.select([is_a, is_b], ["A", "B"], "C")]


def _verdicts(
    units: pd.DataFrame,
    place: pd.DataFrame,
    joins: pd.DataFrame,
    seen: dict[int, Bools],
    vectors: Mapping[str, VectorEnds],
    calling: Calling,
) -> tuple[list[str], list[str]]:
    """Status and reason of every unit."""
    five, three = (place[name].to_numpy(np.int64) for name in ("five", "three"))
    complete = _is_end(joins, five, seen[5]) | _is_end(joins, three, seen[3])
    at_edge = np.zeros(len(units), np.bool_)
    for side in (5, 3):
        near = _near_host_like(units[f"vector_{side}"], place["vector"], vectors, calling)
        at_edge |= seen[side] & near
    has_split = seen[5] | seen[3]
    tier = np.array(units["tier"], dtype=object)
    few = units["n_fragments"].to_numpy(np.int64) < calling.tier_b_fragments
    cases = [
        (few, BELOW_LIMIT, ONE_FRAGMENT),
        (~has_split, AMBIGUOUS, NO_SPLIT),
        (~complete & at_edge, ARTEFACT, HOST_LIKE),
        (~complete & (tier != "A"), AMBIGUOUS, INTERNAL),
    ]
    conditions = [case[0] for case in cases]
    status = np.select(conditions, [case[1] for case in cases], PASS)
    reason = np.select(conditions, [case[2] for case in cases], "")
    return [str(word) for word in status], [str(words) for words in reason]


def _near_host_like(
    at: "pd.Series[int]", names: "pd.Series[str]", vectors: Mapping[str, VectorEnds], calling: Calling
) -> Bools:
    near = np.zeros(len(at), np.bool_)
    values = at.fillna(-(10**6)).to_numpy(np.int64)
    for name, vector in vectors.items():
        own = (names == name).to_numpy(bool)
        for start, end in vector.host_like:
            edge = calling.host_like_edge
            near |= own & (values >= start - edge) & (values < end + edge)
    return near
