"""Junction evidence of all tumour samples of one subject to sites with support, tier and status."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.io.tables import as_table
from integrasite.io.windows import Windows
from integrasite.model.sites import site_label, strand_word
from integrasite.model.tables import MULTIHITS, TUMOUR_SITES
from integrasite.sites.tumour_copies import Called, absorb_copies
from integrasite.sites.tumour_hops import count_others, judge_shared
from integrasite.sites.tumour_joins import (
    Floats,
    Ints,
    VectorEnds,
    cluster_split,
    plain_rows,
    usable_rows,
    widen_runs,
)
from integrasite.sites.tumour_pairs import (
    as_sites,
    attach_discordant,
    inexact_sites,
    pair_ends,
    settle_readings,
    site_of_split,
)
from integrasite.sites.tumour_places import Settled, settle_places
from integrasite.sites.tumour_support import BELOW_LIMIT, COUNTED, PASS, describe_support

NOT_SEEN = "not seen in this sample; another sample of the subject has it"


@dataclass(frozen=True)
class TumourContext:
    """What calling needs beside the evidence.

    Args:
        subject: whose samples these are.
        samples: all tumour samples of the subject, also those without evidence.
        vectors: by name.
        calling: thresholds.
        bases: of the host; without them uniform anchors are not left out, positions in runs are not widened, and sites at the
            same base of two near-identical copies stay two.
        others: evidence of other subjects' samples in the same sequencing runs; None: none are known.
    """

    subject: str
    samples: tuple[str, ...]
    vectors: Mapping[str, VectorEnds]
    calling: Calling
    bases: Windows | None = None
    others: pd.DataFrame | None = None


@dataclass(frozen=True)
class JunctionSites:
    """Sites of one subject (table `TUMOUR_SITES`, without fractions) and the places of its clusters (`MULTIHITS`)."""

    sites: pd.DataFrame
    multihits: pd.DataFrame


def call_junction_sites(evidence: pd.DataFrame, context: TumourContext) -> JunctionSites:
    """Call one subject's sites.

    Args:
        evidence: table `TUMOUR_JUNCTIONS`, all samples of the subject.
        context: samples, vectors, thresholds.

    Returns:
        One row per sample and site: a site seen in one sample has a row in all.
    """
    rows = usable_rows(evidence, context.vectors, context.calling)
    if context.bases is not None and len(rows):
        rows = rows[~plain_rows(rows, context.bases, context.calling)].reset_index(drop=True)
    if not len(rows):
        return JunctionSites(as_table(pd.DataFrame(), TUMOUR_SITES), as_table(pd.DataFrame(), MULTIHITS))
    joins, number = cluster_split(rows, context.calling)
    if context.bases is not None and len(joins):
        joins = widen_runs(joins, context.bases, context.calling)
    pairs = pair_ends(joins, context.vectors, context.calling)
    joins = settle_readings(joins, pairs, context.vectors)
    sites, settled = _settle(rows, as_sites(joins, pairs, context.vectors), number, context)
    if context.bases is not None:
        settled, sites, joins = absorb_copies(Called(settled, sites, joins), context.bases)
    units, counts = describe_support(settled, sites, joins, context.vectors, context.calling)
    if context.others is not None:
        shared = count_others(context.others, sites, context.vectors, context.calling)
        units = judge_shared(units, shared, context.calling)
    multihits = _multihit_table(settled.places, units, sites, context.subject)
    return JunctionSites(_site_table(units, counts, sites, context), multihits)


def _settle(
    rows: pd.DataFrame, known: pd.DataFrame, number: Ints, context: TumourContext
) -> tuple[pd.DataFrame, Settled]:
    """Candidate sites, and where the fragments belong.

    Which of several sites in reach a discordant fragment spans is told by their support, and that by where fragments belong. So
    the first answer, in which places of a repeat count by weight, is mended once.
    """
    of_split = site_of_split(number, known)
    shown = of_split >= 0
    weights = rows["weight"].to_numpy(np.float64)
    support: Floats = np.bincount(of_split[shown], weights=weights[shown], minlength=len(known)).astype(
        np.float64
    )
    for _ in range(2):
        sites, of_row = _sites_of_rows(rows, known, of_split, support, context)
        # the side is the site's: at an inverted vector end the fragments themselves say another
        strand = sites["strand"].to_numpy(np.int64)[of_row]
        side = np.where(rows["host_direction"].to_numpy(np.int64) == strand, 3, 5)
        settled = settle_places(rows.assign(site=of_row, side=side), context.calling)
        support = _settled_support(settled, len(known))
    return sites, settled


def _settled_support(settled: Settled, n_sites: int) -> Floats:
    """Fragments with a split read that belong to each site; those of clusters by the weights of their places."""
    split = settled.molecules[settled.molecules["is_split"]]
    alone = split[(split["cluster"] < 0) & (split["site"] < n_sites)]
    support = np.bincount(alone["site"].to_numpy(np.int64), minlength=n_sites).astype(np.float64)
    places = settled.places[settled.places["site"] < n_sites].groupby(["cluster", "site"])["weight"].mean()
    if len(places):
        sizes = split.groupby("cluster").size().reindex(places.index.get_level_values(0), fill_value=0)
        np.add.at(
            support,
            places.index.get_level_values(1).to_numpy(np.int64),
            places.to_numpy(np.float64) * sizes.to_numpy(np.float64),
        )
    return support


def _sites_of_rows(
    rows: pd.DataFrame, sites: pd.DataFrame, of_split: Ints, support: Floats, context: TumourContext
) -> tuple[pd.DataFrame, Ints]:
    """Candidate sites, and that of each row; every usable row has one."""
    attached = attach_discordant(rows, sites, support)
    of_row = np.where(of_split >= 0, of_split, attached)
    left = np.flatnonzero(of_row < 0)
    inexact, numbers = inexact_sites(rows.iloc[left].reset_index(drop=True), context.vectors)
    of_row[left] = numbers + len(sites)
    return pd.concat([sites, inexact], ignore_index=True) if len(inexact) else sites, of_row


def _site_table(
    units: pd.DataFrame, counts: pd.DataFrame, sites: pd.DataFrame, context: TumourContext
) -> pd.DataFrame:
    """One row per sample and unit, with names instead of numbers."""
    place = sites.iloc[units["site"].to_numpy(np.int64)].reset_index(drop=True)
    labels = _labels(place)
    clusters = [f"m-{label}" if c >= 0 else "" for label, c in zip(labels, units["cluster"], strict=True)]
    named = units.drop(columns=list(COUNTED)).assign(
        subject=context.subject,
        contig=place["contig"],
        position=place["position"] + 1,
        strand=[strand_word(strand > 0) for strand in place["strand"]],
        site_id=labels,
        vector=place["vector"],
        placement=np.where(units["cluster"].to_numpy() >= 0, "multihit", "unique"),
        position_low=place["low"] + 1,
        position_high=place["high"] + 1,
    )
    spread = named.merge(pd.DataFrame({"sample": list(context.samples)}), how="cross")
    spread = spread.merge(counts, how="left", on=["site", "cluster", "sample"])
    spread[list(COUNTED)] = spread[list(COUNTED)].fillna(0).astype(np.int64)
    spread["cluster"] = np.repeat(np.array(clusters, dtype=object), len(context.samples))
    for side in (5, 3):
        spread[f"n_junction_{side}"] = spread[f"n_split_{side}"] + spread[f"n_discordant_{side}"]
    unseen = (spread["n_fragments"] == 0) & (spread["status"] == PASS)
    spread.loc[unseen, ["status", "reason"]] = [BELOW_LIMIT, NOT_SEEN]
    return as_table(spread, TUMOUR_SITES)


def _labels(place: pd.DataFrame) -> list[str]:
    rows = zip(place["contig"], place["position"], place["strand"], strict=True)
    return [site_label(contig, int(at), strand > 0) for contig, at, strand in rows]


def _multihit_table(
    places: pd.DataFrame, units: pd.DataFrame, sites: pd.DataFrame, subject: str
) -> pd.DataFrame:
    if not len(places):
        return as_table(pd.DataFrame(), MULTIHITS)
    place = sites.iloc[places["site"].to_numpy(np.int64)].reset_index(drop=True)
    best = units[units["cluster"] >= 0].set_index("cluster")["site"]
    at_best = sites.iloc[best.reindex(places["cluster"]).to_numpy(np.int64)].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "subject": subject,
            "sample": places["sample"].to_numpy(),
            "cluster": [f"m-{label}" for label in _labels(at_best)],
            "site_id": _labels(place),
            "contig": place["contig"],
            "position": place["position"] + 1,
            "strand": [strand_word(strand > 0) for strand in place["strand"]],
            "weight": places["weight"].to_numpy(),
        }
    )
    return as_table(table, MULTIHITS)
