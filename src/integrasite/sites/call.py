"""Molecules of one subject to fragments, sites and multihit clusters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.io.windows import Windows
from integrasite.junctions.evidence import Evidence, LibraryJunction
from integrasite.kernels.codes import umi_to_text
from integrasite.kernels.fragments import find_fragments
from integrasite.model.fates import Fate
from integrasite.model.sites import site_label, strand_word
from integrasite.sites.lengths import weigh_lengths
from integrasite.sites.multihits import resolve_multihits
from integrasite.sites.vector_ends import incomplete_ends
from integrasite.sites.wobble import standardise_positions

FRAGMENT_SPAN = 300.0
"""bp over which the fragments of one site are spread, for the chance that two end side by side."""
_PLACE = ["contig", "position", "is_forward"]
_SEEN = ["sample", "umi", "n_reads", "end_change"]
_IN_BLACKLIST = "lies in a region of the blacklist"


@dataclass(frozen=True)
class SubjectSites:
    """Everything called for one subject.

    Args:
        fragments: one row per fragment (columns of `FRAGMENTS`).
        sites: one row per library and site (columns of `SITES`).
        multihits: candidate places of clusters (columns of `MULTIHITS`).
        fates: `sample, fate, n_reads` of all molecules.
    """

    fragments: pd.DataFrame
    sites: pd.DataFrame
    multihits: pd.DataFrame
    fates: pd.DataFrame


@dataclass(frozen=True)
class SubjectContext:
    """What calling needs beside the molecules.

    Args:
        subject: whose sites these are.
        contigs: names by number.
        n_host: contigs from this number on are vectors.
        libraries: by sample.
        umi_lengths: UMI bases by sample; 0 where there is none that is long enough to count molecules.
        blacklist: `contig` (name), `start`, `end` (0-based half-open); may be empty.
        calling: thresholds.
        bases: of the reference; without them neighbours are told apart less well and vector ends are not checked.
    """

    subject: str
    contigs: tuple[str, ...]
    n_host: int
    libraries: Mapping[str, LibraryJunction]
    umi_lengths: Mapping[str, int]
    blacklist: pd.DataFrame
    calling: Calling
    bases: Windows | None = None

    def window(self) -> Callable[[int, int, int], str] | None:
        """Reference bases by contig number, start and end (0-based, half-open)."""
        bases = self.bases
        return None if bases is None else lambda contig, start, end: bases(self.contigs[contig], start, end)


def place_molecules(evidence: Evidence, context: SubjectContext) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give every placed molecule its site or its cluster.

    Returns:
        `(molecules, places)`: molecules with `contig, position, is_forward, breakpoint, cluster` ("" where unique); and the
        remaining places of clustered molecules with `molecule, cluster, contig, position, is_forward, weight`.
    """
    calling = context.calling
    molecules = evidence.molecules
    is_sheared = all(library.is_sheared for library in context.libraries.values())
    known = junctions_of(weigh_lengths(evidence.places, calling) if is_sheared else evidence.places)
    is_unique = known["posterior"] >= calling.min_place_posterior
    unique = known[is_unique].drop_duplicates("molecule").join(molecules[_SEEN], on="molecule")
    has_umi = any(context.umi_lengths.values())
    unique = unique.assign(position=standardise_positions(unique, calling, has_umi, context.window()))
    support = unique.groupby(_PLACE).size().rename("n").reset_index()
    others = known[~known["molecule"].isin(unique["molecule"])]
    shared = resolve_multihits(others, support, calling)
    clustered, places = _name_clusters(shared.clustered, molecules, context)
    columns = ["molecule", *_PLACE, "breakpoint"]
    placed = pd.concat(
        [unique[columns].assign(cluster=""), shared.rescued[columns].assign(cluster=""), clustered],
        ignore_index=True,
    )
    placed = placed.join(molecules[_SEEN], on="molecule")
    return placed.sort_values("molecule", kind="stable", ignore_index=True), places


def junctions_of(places: pd.DataFrame) -> pd.DataFrame:
    """One row per molecule and junction: breakpoints of one junction are one place; the likeliest (first) one stays."""
    ordered = places.sort_values(
        ["molecule", "posterior", *_PLACE, "breakpoint"],
        ascending=[True, False, True, True, True, True],
        kind="stable",
    )
    total = ordered.groupby(["molecule", *_PLACE])["posterior"].transform("sum")
    return ordered.assign(posterior=total).drop_duplicates(["molecule", *_PLACE]).sort_index()


def _name_clusters(
    shared: pd.DataFrame, molecules: pd.DataFrame, context: SubjectContext
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put each cluster at its best place, merge clusters that are echoes of each other, and name them by that place."""
    columns = ["molecule", *_PLACE, "breakpoint", "cluster"]
    if not len(shared):
        return shared.assign(cluster="")[columns], shared.assign(cluster="")[
            ["molecule", "cluster", *_PLACE, "weight"]
        ]
    weights = shared.groupby(["cluster", *_PLACE])["weight"].sum().reset_index()
    weights["weight"] = weights["weight"].round(
        9
    )  # so that equal sums stay equal whatever order they were added in
    best = weights.sort_values(
        ["cluster", "weight", *_PLACE], ascending=[True, False, True, True, False], kind="stable"
    ).drop_duplicates("cluster")
    at_best = shared.drop(columns=_PLACE).merge(best[["cluster", *_PLACE]], on="cluster")
    own = shared.rename(columns={"breakpoint": "own"})[["molecule", *_PLACE, "own"]]
    first = shared.drop_duplicates("molecule").set_index("molecule")
    at_best = at_best.drop_duplicates("molecule").merge(own, on=["molecule", *_PLACE], how="left")
    theirs = first.reindex(at_best["molecule"])
    # a molecule that does not fit the best place keeps its own length there
    away = (theirs["breakpoint"] - theirs["position"]).to_numpy()
    turn = np.where(theirs["is_forward"].to_numpy(bool) == at_best["is_forward"].to_numpy(bool), 1, -1)
    moved = np.where(theirs["breakpoint"].to_numpy() < 0, -1, at_best["position"].to_numpy() + turn * away)
    at_best["breakpoint"] = moved
    shown = at_best.join(molecules[["sample", "umi", "n_reads"]], on="molecule")
    has_umi = any(context.umi_lengths.values())
    moved_to = standardise_positions(shown, context.calling, has_umi, context.window())
    echo = (moved_to - at_best["position"]) * np.where(at_best["is_forward"].to_numpy(bool), 1, -1)
    at_best["position"] = moved_to
    at_best["breakpoint"] = at_best["own"].fillna(at_best["breakpoint"]).astype(np.int64)
    names = {
        key: f"m-{site_label(context.contigs[key[0]], int(key[1]), bool(key[2]))}"
        for key in at_best[_PLACE].drop_duplicates().itertuples(index=False, name=None)
    }
    at_best["cluster"] = [names[key] for key in at_best[_PLACE].itertuples(index=False, name=None)]
    # an echo's other places are the true site's other places, shifted alike
    places = shared.drop(columns="cluster").merge(
        at_best[["molecule", "cluster"]].assign(echo=echo), on="molecule"
    )
    places["position"] += places["echo"] * np.where(places["is_forward"].to_numpy(bool), 1, -1)
    return at_best[columns], places[["molecule", "cluster", *_PLACE, "weight"]]


def collapse_fragments(placed: pd.DataFrame, context: SubjectContext) -> pd.DataFrame:
    """Fragments of placed molecules: jittered breakpoints and misread UMIs folded in, reads added up.

    Returns:
        `sample, contig, position, is_forward, cluster, breakpoint, umi, n_reads`.
    """
    key = ["sample", "cluster", *_PLACE]
    # told in vector orientation, so that ties between breakpoints fall the same way on both strands
    towards = np.where(placed["is_forward"].to_numpy(bool), 1, -1) * placed["breakpoint"].to_numpy(np.int64)
    table = placed.assign(towards=np.where(placed["breakpoint"] < 0, np.iinfo(np.int32).min, towards))
    table = table.sort_values([*key, "towards", "umi"], kind="stable", ignore_index=True)
    has_umi = _per_sample(table, lambda sample: context.umi_lengths[sample] > 0, bool)
    umi = np.where(has_umi, table["umi"].to_numpy(dtype=np.uint64), np.uint64(0))
    calling = context.calling
    parents = find_fragments(
        np.asarray(table.groupby(key, sort=False).ngroup(), np.int64), np.asarray(table["towards"], np.int64), umi,
        np.asarray(table["n_reads"], np.int64), has_umi, calling.breakpoint_jitter, calling.jitter_rate, FRAGMENT_SPAN,
    )  # fmt: skip
    table["umi"] = umi
    reads = np.bincount(parents, weights=table["n_reads"], minlength=len(table)).astype(np.int64)
    fragments = table.assign(n_reads=reads)[reads > 0]
    return fragments.drop(columns=["molecule", "towards"]).reset_index(drop=True)


def call_subject(evidence: Evidence, context: SubjectContext) -> SubjectSites:
    """Call one subject's sites from all its molecules."""
    placed, places = place_molecules(evidence, context)
    fragments = _describe(collapse_fragments(placed, context), context)
    sites = _site_table(fragments, context, _with_vector(places, context), _incomplete(placed, context))
    verdicts = sites.set_index(["sample", "site_id", "vector_end", "cluster"])[["status", "reason"]]
    index = pd.MultiIndex.from_frame(fragments[["sample", "site_id", "vector_end", "cluster"]])
    fragments[["status", "reason"]] = verdicts.reindex(index).to_numpy()
    return SubjectSites(
        fragments,
        sites,
        _list_best_places(_multihit_table(places, evidence.molecules, context), sites),
        _fates(evidence, placed, fragments),
    )


def _with_vector(places: pd.DataFrame, context: SubjectContext) -> set[str]:
    """Clusters that the vector fits as well as (nearly) their best place."""
    sums = places.groupby(["cluster", *_PLACE])["weight"].sum().reset_index()
    best = sums.groupby("cluster")["weight"].transform("max")
    is_vector = sums["contig"] >= context.n_host
    return set(sums.loc[is_vector & (sums["weight"] >= 0.5 * best), "cluster"])


def _incomplete(placed: pd.DataFrame, context: SubjectContext) -> dict[tuple[str, int, str, str, str], str]:
    """Why a site is no junction of the complete vector end, by contig, position, strand, vector end and cluster."""
    if context.bases is None:
        return {}
    on_host = placed[placed["contig"] < context.n_host]
    found = incomplete_ends(on_host, context.contigs, context.libraries, context.bases, context.calling)
    return {
        (context.contigs[contig], position + 1, strand_word(forward), end, cluster): (
            f"the last {n} bases before the junction are the host's own: "
            "a truncated vector end, or the primer bound to host DNA"
        )
        for (contig, position, forward, cluster, end), n in found.items()
    }


def _describe(fragments: pd.DataFrame, context: SubjectContext) -> pd.DataFrame:
    """Names instead of numbers: contig, strand, label, length and UMI as text."""
    contig = np.array(context.contigs, dtype=object)[fragments["contig"].to_numpy(np.int64)]
    position, forward = fragments["position"], fragments["is_forward"]
    places = pd.DataFrame({"contig": contig, "position": position, "forward": forward}).drop_duplicates()
    labels = {
        key: site_label(key[0], int(key[1]), bool(key[2]))
        for key in places.itertuples(index=False, name=None)
    }
    described = pd.DataFrame(
        {
            "sample": fragments["sample"],
            "subject": context.subject,
            "contig": contig,
            "position": position + 1,
            "strand": np.where(forward.to_numpy(bool), "+", "-").astype(object),
            "site_id": [labels[key] for key in zip(contig, position, forward, strict=True)],
            "vector": _per_sample(fragments, lambda sample: context.libraries[sample].vector, object),
            "vector_end": _per_sample(
                fragments, lambda sample: str(context.libraries[sample].vector_end), object
            ),
            "placement": np.where(fragments["cluster"] == "", "unique", "multihit"),
            "cluster": fragments["cluster"],
            "length": _lengths(fragments, context),
            "n_reads": fragments["n_reads"],
        }
    )
    described["umi"] = ""
    for sample, rows in fragments.groupby("sample").groups.items():
        described.loc[rows, "umi"] = umi_to_text(
            fragments.loc[rows, "umi"].to_numpy(dtype=np.uint64), context.umi_lengths[str(sample)]
        )
    # a single read that ends before the linker shows neither breakpoint nor UMI (its packed UMI is 0)
    described.loc[(described["length"] == 0) & (fragments["umi"].to_numpy(np.uint64) == 0), "umi"] = ""
    return described


def _per_sample(frame: pd.DataFrame, value: Callable[[str], object], dtype: type) -> npt.NDArray[Any]:
    """A value of each row's library, as an array (also where there are no rows)."""
    codes, samples = pd.factorize(frame["sample"].astype(object))
    return (
        np.array([value(str(sample)) for sample in samples], dtype=dtype)[codes]
        if len(codes)
        else np.empty(0, dtype)
    )


def _lengths(fragments: pd.DataFrame, context: SubjectContext) -> npt.NDArray[np.int64]:
    """bp from the junction's first host base to the breakpoint; 0 where the breakpoint is unknown."""
    libraries = context.libraries
    shift = _per_sample(
        fragments,
        lambda sample: 0 if libraries[sample].vector_end.is_three_prime else libraries[sample].tsd - 1,
        np.int64,
    )
    position, ends = fragments["position"].to_numpy(np.int64), fragments["breakpoint"].to_numpy(np.int64)
    away = np.where(fragments["is_forward"].to_numpy(bool), ends - position, position - ends)
    is_u5 = _per_sample(fragments, lambda sample: libraries[sample].vector_end.is_three_prime, bool)
    # a U3 read runs the other way, from T - 1 bases beyond the site's position
    length = np.where(is_u5, away + 1, shift - away + 1)
    return np.where(ends < 0, 0, np.maximum(length, 1))


def _site_table(
    fragments: pd.DataFrame,
    context: SubjectContext,
    in_doubt: set[str],
    incomplete: Mapping[tuple[str, int, str, str, str], str],
) -> pd.DataFrame:
    key = [
        "sample",
        "subject",
        "contig",
        "position",
        "strand",
        "site_id",
        "vector",
        "vector_end",
        "placement",
        "cluster",
    ]
    groups = fragments.groupby(key, sort=False)
    sites = groups.agg(n_reads=("n_reads", "sum"), n_fragments=("n_reads", "size")).reset_index()
    known = fragments[fragments["length"] > 0]
    sites["n_lengths"] = _count_distinct(known, key, "length", sites)
    sites["n_umis"] = _count_distinct(fragments[fragments["umi"] != ""], key, "umi", sites)
    sites["n_split"] = sites["n_reads"]
    sites["n_discordant"] = 0
    place = ["contig", "position", "strand", "vector_end", "cluster"]
    sites["reason"] = [incomplete.get(key, "") for key in sites[place].itertuples(index=False, name=None)]
    sites["status"] = np.where(sites["reason"] == "", "pass", "artefact").astype(object)
    in_vector = sites["contig"].isin(context.contigs[context.n_host :]) | sites["cluster"].isin(in_doubt)
    sites.loc[in_vector, ["status", "reason"]] = ["ambiguous", "fits the vector as well as the host"]
    listed = _in_blacklist(sites, context.blacklist)
    sites.loc[listed, ["status", "reason"]] = ["artefact", _IN_BLACKLIST]
    return sites


def _count_distinct(
    rows: pd.DataFrame, key: list[str], column: str, sites: pd.DataFrame
) -> npt.NDArray[np.int64]:
    counted = rows.drop_duplicates([*key, column]).groupby(key, sort=False).size()
    return np.asarray(counted.reindex(pd.MultiIndex.from_frame(sites[key])).fillna(0), dtype=np.int64)


def _in_blacklist(sites: pd.DataFrame, blacklist: pd.DataFrame) -> npt.NDArray[np.bool_]:
    found = np.zeros(len(sites), bool)
    for contig, regions in blacklist.groupby("contig"):
        rows = np.flatnonzero(sites["contig"] == contig)
        at = sites["position"].to_numpy()[rows] - 1
        for start, end in zip(regions["start"], regions["end"], strict=True):
            found[rows[(at >= start) & (at < end)]] = True
    return found


def _multihit_table(places: pd.DataFrame, molecules: pd.DataFrame, context: SubjectContext) -> pd.DataFrame:
    """Weights over a cluster's places, per library; they add up to 1."""
    columns = ["subject", "sample", "cluster", "site_id", "contig", "position", "strand", "weight"]
    if not len(places):
        return pd.DataFrame({name: [] for name in columns})
    table = (
        places.join(molecules["sample"], on="molecule")
        .groupby(["sample", "cluster", *_PLACE])["weight"]
        .sum()
        .reset_index()
    )
    table["weight"] = table["weight"] / table.groupby(["sample", "cluster"])["weight"].transform("sum")
    table = table.sort_values(
        ["sample", "cluster", "weight", *_PLACE],
        ascending=[True, True, False, True, True, False],
        kind="stable",
    )
    names = [context.contigs[number] for number in table["contig"]]
    labels = [
        site_label(name, int(at), bool(forward))
        for name, at, forward in zip(names, table["position"], table["is_forward"], strict=True)
    ]
    strands = [strand_word(bool(forward)) for forward in table["is_forward"]]
    described = table.assign(
        subject=context.subject, contig=names, position=table["position"] + 1, site_id=labels, strand=strands
    )
    return described[columns]


def _list_best_places(multihits: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """The multihit table with each cluster's best place in every library that has the cluster.

    A library's own molecules may fit only other places of the cluster; its best place then has weight 0 there.
    """
    columns = list(multihits.columns)
    best = sites.loc[sites["cluster"] != "", [name for name in columns if name != "weight"]].drop_duplicates()
    listed = pd.MultiIndex.from_frame(multihits[["sample", "cluster", "site_id"]])
    missing = best[~pd.MultiIndex.from_frame(best[["sample", "cluster", "site_id"]]).isin(listed)]
    return (
        pd.concat([multihits, missing.assign(weight=0.0)[columns]], ignore_index=True)
        if len(missing)
        else multihits
    )


def _fates(evidence: Evidence, placed: pd.DataFrame, fragments: pd.DataFrame) -> pd.DataFrame:
    """Reads by library and fate, molecules that became fragments included."""
    unplaced = evidence.molecules[~evidence.molecules.index.isin(placed["molecule"])]
    lost = unplaced[["sample", "fate", "n_reads"]].copy()
    lost.loc[lost["fate"] == int(Fate.USABLE), "fate"] = int(Fate.UNALIGNED)
    fate = np.where(fragments["placement"] == "unique", int(Fate.SITE_UNIQUE), int(Fate.SITE_MULTIHIT))
    fate = np.where(fragments["status"] != "pass", int(Fate.SITE_NOT_PASSED), fate)
    fate = np.where(fragments["reason"] == _IN_BLACKLIST, int(Fate.BLACKLISTED), fate)
    found = fragments[["sample", "n_reads"]].assign(fate=fate)
    return (
        pd.concat([lost, found], ignore_index=True).groupby(["sample", "fate"])["n_reads"].sum().reset_index()
    )
