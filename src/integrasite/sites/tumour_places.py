"""Fragments that fit several sites: shared out over a subject's sites, kept together as clusters where nothing decides."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.sites.multihits import resolve_multihits

MOLECULE = ["sample", "fragment", "vector", "vector_direction"]
"""What one fragment says of one junction; its rows differ in host place."""


@dataclass(frozen=True)
class Settled:
    """Where the fragments belong.

    Args:
        molecules: per fragment and junction `sample, fragment, side, site, cluster, is_split, n_copies, host_anchor` and the
            columns of its row at that site; `cluster` is -1 where it fits one site alone.
        places: per cluster and place `cluster, site, weight` and, per sample, `sample`; weights of one sample sum to 1.
    """

    molecules: pd.DataFrame
    places: pd.DataFrame


def settle_places(rows: pd.DataFrame, calling: Calling) -> Settled:
    """Give every fragment its site, or the cluster of sites that it fits.

    Args:
        rows: from `usable_rows`, with `site`.
        calling: `min_place_posterior`, `rescue_posterior`.
    """
    table = _one_row_per_place(rows)
    table["molecule"] = np.asarray(table.groupby(MOLECULE, sort=True).ngroup(), np.int64)
    is_unique = (table["weight"] >= calling.min_place_posterior).to_numpy(bool)
    unique = table[is_unique]
    support = unique.groupby("site").size()
    others = table[~table["molecule"].isin(unique["molecule"])]
    shared = resolve_multihits(
        _as_places(others),
        _as_places(pd.DataFrame({"site": support.index})).assign(n=support.to_numpy()),
        calling,
    )
    rescued = shared.rescued.rename(columns={"contig": "site"})[["molecule", "site"]].assign(cluster=-1)
    weights = shared.clustered.rename(columns={"contig": "site"})[["molecule", "site", "cluster", "weight"]]
    clustered, places = _best_places(weights, calling)
    placed = pd.concat(
        [unique[["molecule", "site"]].assign(cluster=-1), rescued, clustered], ignore_index=True
    )
    return _describe(placed, places, table)


def _one_row_per_place(rows: pd.DataFrame) -> pd.DataFrame:
    """Per fragment, junction and site the row that says most (a split one, the heaviest), with all the weight there."""
    ordered = rows.sort_values(
        [*MOLECULE, "site", "is_split", "weight", "host_position", "vector_position"],
        ascending=[True] * 5 + [False, False, True, True],
        kind="stable",
    )
    total = ordered.groupby([*MOLECULE, "site", "is_split"])["weight"].transform("sum")
    return (
        ordered.assign(weight=total.clip(upper=1.0))
        .drop_duplicates([*MOLECULE, "site"])
        .reset_index(drop=True)
    )


def _as_places(table: pd.DataFrame) -> pd.DataFrame:
    """Sites in the words of `resolve_multihits`: the site's number stands for its place."""
    named = pd.DataFrame(
        {"contig": table["site"].to_numpy(np.int64), "position": 0, "is_forward": True, "breakpoint": 0}
    )
    if "molecule" in table:
        named.insert(0, "molecule", table["molecule"].to_numpy(np.int64))
        named["posterior"] = table["weight"].to_numpy(np.float64)
    return named


def _best_places(weights: pd.DataFrame, calling: Calling) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Each cluster's molecules at its best place, and the weights of all its places.

    A cluster that belongs to one place with enough certainty is that site.
    """
    if not len(weights):
        none = pd.DataFrame({"molecule": [], "site": [], "cluster": []}, dtype=np.int64)
        return none, weights.astype({"weight": np.float64})
    summed = weights.groupby(["cluster", "site"])["weight"].sum().round(9).reset_index()
    best = summed.sort_values(["cluster", "weight", "site"], ascending=[True, False, True], kind="stable")
    best = best.drop_duplicates("cluster")
    # clusters at one best place are one, and bear its name
    own = dict(zip(best["cluster"], best.groupby("site")["cluster"].transform("min"), strict=True))
    if len(set(own.values())) < len(own):
        return _best_places(weights.assign(cluster=weights["cluster"].map(own)), calling)
    total = summed.groupby("cluster")["weight"].sum()
    is_sure = (
        best["weight"].to_numpy() >= calling.min_place_posterior * total.reindex(best["cluster"]).to_numpy()
    )
    sure = set(best["cluster"][is_sure])
    molecules = (
        weights[["molecule", "cluster"]].drop_duplicates().merge(best[["cluster", "site"]], on="cluster")
    )
    molecules["cluster"] = molecules["cluster"].where(~molecules["cluster"].isin(sure), -1)
    return molecules[["molecule", "site", "cluster"]], weights[~weights["cluster"].isin(sure)]


def _describe(placed: pd.DataFrame, weights: pd.DataFrame, table: pd.DataFrame) -> Settled:
    first = table.sort_values(["molecule", "weight"], ascending=[True, False], kind="stable").drop_duplicates(
        "molecule"
    )
    details = ["sample", "fragment", "side", "is_split", "n_copies", "host_anchor"]
    # what a fragment shows at its site; one that was moved to the best place of its cluster shows what it does elsewhere
    here = placed.merge(table[["molecule", "site", *details]], on=["molecule", "site"], how="left")
    elsewhere = placed[["molecule"]].merge(first[["molecule", *details]], on="molecule", how="left")
    filled = pd.DataFrame({name: here[name].where(here[name].notna(), elsewhere[name]) for name in details})
    molecules = pd.concat([placed.reset_index(drop=True), filled], axis=1)
    molecules = molecules.astype(
        {
            "fragment": np.int64,
            "side": np.int64,
            "is_split": bool,
            "n_copies": np.int64,
            "host_anchor": np.int64,
        }
    )
    samples = first.set_index("molecule")["sample"]
    places = weights.assign(sample=samples.reindex(weights["molecule"]).to_numpy())
    places = places.groupby(["sample", "cluster", "site"], sort=True)["weight"].sum().reset_index()
    if len(places):
        places["weight"] = places["weight"] / places.groupby(["sample", "cluster"])["weight"].transform("sum")
    return Settled(molecules.sort_values("molecule", ignore_index=True), places)
