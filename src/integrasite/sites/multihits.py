"""Molecules that fit several places equally: shared out by expectation-maximisation, kept together as clusters.

A place that unique molecules support draws the molecules that also fit elsewhere; where nothing decides, the places stay
together under one cluster, with weights, and count once in every denominator.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from integrasite.config.calling import Calling

SNAP = 3
"""bp within which a place of an ambiguous molecule is taken for the unique site nearby."""
_ROUNDS = 60
_PSEUDO = 0.1
_NEGLIGIBLE = 1e-3
_UNLISTED = 1e-3
"""Likelihood of a molecule at a place that the aligner did not list for it, relative to its best place."""
_NEW_SITE = 0.01
"""Chance of a site where no molecule is placed uniquely, against one where a molecule is."""
LINK = 0.5
"""Overlap of two places' molecules, as a part of the weaker place's own, from which they are one cluster."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SharedPlaces:
    """Result for ambiguous molecules.

    Args:
        rescued: `molecule, contig, position, is_forward, breakpoint` of molecules that belong to a uniquely supported site.
        clustered: `molecule, cluster, contig, position, is_forward, breakpoint, weight`, one row per molecule and place that
            remains; `weight` is the molecule's share at that place.
    """

    rescued: pd.DataFrame
    clustered: pd.DataFrame


def snap_to_sites(places: pd.DataFrame, sites: pd.DataFrame) -> pd.Series:
    """Position of the unique site within `SNAP` bp of each place (the nearest, the first of two), else its own."""
    snapped = places["position"].copy()
    by_contig = {
        key: np.sort(group["position"].to_numpy()) for key, group in sites.groupby(["contig", "is_forward"])
    }
    for key, group in places.groupby(["contig", "is_forward"]):
        known = by_contig.get(key)
        if known is None:
            continue
        at = group["position"].to_numpy()
        right = np.searchsorted(known, at).clip(0, len(known) - 1)
        left = (right - 1).clip(0)
        nearest = np.where(np.abs(known[left] - at) <= np.abs(known[right] - at), known[left], known[right])
        close = np.abs(nearest - at) <= SNAP
        snapped.loc[group.index[close]] = nearest[close]
    return snapped


def share_out(molecule: Integers, site: Integers, posterior: Floats, unique_support: Floats) -> Floats:
    """Each row's share of its molecule by expectation-maximisation over the sites' support.

    Args:
        molecule: molecule of each row.
        site: site of each row.
        posterior: alignment posterior of each row.
        unique_support: unique molecules of each site.

    Returns:
        Shares that add up to 1 per molecule.
    """
    n_molecules = int(molecule.max()) + 1
    support = unique_support + _PSEUDO * np.bincount(site, weights=posterior, minlength=len(unique_support))
    shares = posterior
    for _ in range(_ROUNDS):
        raw = posterior * support[site]
        shares = raw / np.bincount(molecule, weights=raw, minlength=n_molecules)[molecule]
        updated = unique_support + np.bincount(site, weights=shares, minlength=len(unique_support))
        if np.max(np.abs(updated - support), initial=0.0) < 1e-6:
            break
        support = updated
    return shares


def settle_shares(
    molecule: Integers, site: Integers, posterior: Floats, unique_support: Floats, shares: Floats
) -> Floats:
    """Each row's share of its molecule when the molecules of one place are one site: how sure its place is.

    Expectation-maximisation says which molecules go together, but runs to the end on the slightest preference: of two
    places that two molecules prefer 2 : 1 it keeps one, though the other is right in one case of five. So the molecules
    whose best place is the same are taken as one site, and each of their places gets its probability to be that site's.

    Args:
        molecule: molecule of each row.
        site: site of each row.
        posterior: alignment posterior of each row.
        unique_support: unique molecules of each site.
        shares: from `share_out`.

    Returns:
        Shares that add up to 1 per molecule.
    """
    table = pd.DataFrame({"molecule": molecule, "site": site, "share": np.round(shares, 9)})
    top = table.groupby("molecule")["share"].transform("max")
    # the best place; of equal ones the first, which all molecules with the same places share
    table["group"] = (
        table["site"]
        .where(table["share"] == top)
        .groupby(table["molecule"])
        .transform("min")
        .astype(np.int64)
    )
    likeliest = pd.Series(posterior).groupby(molecule).transform("max").to_numpy()
    log_like = np.log(np.maximum(posterior / likeliest, _UNLISTED))
    table["gain"] = log_like - np.log(
        _UNLISTED
    )  # against not being listed; what the others lose is the same for all places
    known = table.groupby(["group", "site"], sort=True)["gain"].sum().reset_index()
    known["log_weight"] = known["gain"] + np.log(unique_support[known["site"].to_numpy()] + _NEW_SITE)
    log_weight = table.merge(known, on=["group", "site"], how="left")["log_weight"].to_numpy()
    raw = np.exp(log_weight - pd.Series(log_weight).groupby(molecule).transform("max").to_numpy())
    settled: Floats = raw / np.bincount(molecule, weights=raw)[molecule]
    return settled


def _number_sites(places: pd.DataFrame, unique_sites: pd.DataFrame) -> tuple[Integers, Floats]:
    key = ["contig", "position", "is_forward"]
    table = places[key].drop_duplicates().merge(unique_sites[[*key, "n"]], on=key, how="left")
    table = table.sort_values(key, kind="stable").reset_index(drop=True)
    table["site"] = np.arange(len(table))
    numbers = places[key].merge(table[[*key, "site"]], on=key, how="left")["site"].to_numpy()
    return numbers, table["n"].fillna(0).to_numpy(dtype=np.float64)


def resolve_multihits(places: pd.DataFrame, unique_sites: pd.DataFrame, calling: Calling) -> SharedPlaces:
    """Share ambiguous molecules among their places.

    Args:
        places: `molecule, contig, position, is_forward, breakpoint, posterior` of molecules without a unique place.
        unique_sites: `contig, position, is_forward, n` of sites with unique molecules.
        calling: thresholds.
    """
    columns = ["molecule", "contig", "position", "is_forward", "breakpoint"]
    if not len(places):
        return SharedPlaces(places[columns], places[columns].assign(cluster=0, weight=0.0))
    table = places.assign(position=snap_to_sites(places, unique_sites))
    table = (
        table.sort_values([*columns, "posterior"], kind="stable")
        .drop_duplicates(columns[:4])
        .reset_index(drop=True)
    )
    site, support = _number_sites(table, unique_sites)
    codes, _ = pd.factorize(table["molecule"])
    numbers, posterior = codes.astype(np.int64), table["posterior"].to_numpy(np.float64)
    shares = share_out(numbers, site, posterior, support)
    table["weight"] = settle_shares(numbers, site, posterior, support, shares)
    is_rescued = (table["weight"] >= calling.rescue_posterior) & (support[site] >= 1)
    gone = table["molecule"].isin(table.loc[is_rescued, "molecule"])
    largest = table.groupby("molecule")["weight"].transform("max")
    is_kept = ~gone & (table["weight"] >= _NEGLIGIBLE * largest)
    rest = table[is_kept].reset_index(drop=True)
    rest_site = site[is_kept.to_numpy()]
    rest["cluster"] = _clusters(rest["molecule"].to_numpy(), rest_site, rest["weight"].to_numpy())
    rest = rest[rest["cluster"] >= 0].reset_index(drop=True)
    return SharedPlaces(
        table.loc[is_rescued, columns].reset_index(drop=True), rest[[*columns, "cluster", "weight"]]
    )


def _clusters(molecule: npt.NDArray[np.generic], site: Integers, weight: Floats) -> Integers:
    """Group of sites of each row; -1 where the molecule belongs to another group.

    Sites are one group where their molecules are largely the same ones; a promiscuous insert links nothing, and goes to
    the group that holds most of it.
    """
    if not len(molecule):
        return np.empty(0, np.int64)
    codes, _ = pd.factorize(molecule)
    n_sites = int(site.max()) + 1
    shares = coo_array((np.sqrt(weight), (codes, site)), shape=(int(codes.max()) + 1, n_sites)).tocsr()
    overlap = (shares.T @ shares).tocoo()  # sum over molecules of sqrt(w_a w_b); w summed on the diagonal
    support = np.bincount(site, weights=weight, minlength=n_sites)
    row, column = overlap.coords
    is_link = overlap.data >= LINK * np.minimum(support[row], support[column])
    graph = coo_array((np.ones(is_link.sum()), (row[is_link], column[is_link])), shape=(n_sites, n_sites))
    group = connected_components(graph, directed=False)[1][site]
    table = pd.DataFrame({"molecule": codes, "group": group, "weight": weight})
    held = table.groupby(["molecule", "group"])["weight"].sum().round(9).reset_index()
    best = held.sort_values(["molecule", "weight", "group"], ascending=[True, False, True]).drop_duplicates(
        "molecule"
    )
    own = best.set_index("molecule")["group"].reindex(codes).to_numpy()
    return np.where(group == own, group, -1).astype(np.int64)
