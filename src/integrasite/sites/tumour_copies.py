"""Sites at the same base of near-identical copies of the host: one integration, whose fragments were placed on two copies.

Two integrations at corresponding bases of two copies, in one orientation, are rarer than one in a thousand millions. A difference
of the patient's own sequence from the reference (about one base in a thousand), or a misread base, makes a fragment fit the other
copy better far more often. So of two such sites the one that shows one vector end alone belongs to the better supported one,
and so does a cluster, whose fragments fit several places anyway. They are compared over the bases that the reads show, since a
difference in a copy of a dispersed repeat takes short reads to the copies that have it. A site that reads show at both ends, and
there alone, stays.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from integrasite.io.windows import Windows
from integrasite.kernels.codes import decode, encode, reverse_complement
from integrasite.sites.tumour_places import Settled

_FLANK = 100
"""Host bases beside a junction that are compared: about what a read shows."""
_MOST_DIFFERENT = 5
"""Differing bases among them (in proportion where fewer are compared) at which two places are copies: units of satellites and
segmental duplications differ so much."""
_SHIFT = 2
"""bp by which the two junctions may miss corresponding bases: slippage beside the junction."""
_WORD, _STEP = 8, 4
"""Bases of a word and between two words' beginnings: one differing base leaves a word of even 20 bases the same in two copies."""
_CLUSTER_WORTH = 0.5
"""What a fragment that fits several places counts against one that fits one, where one of two copies is chosen."""
_SURE_FOLD = 3
"""How many times as many fragments make a place that of both; below, the site has both places."""


class Absorbed(NamedTuple):
    """A site that belongs to another: numbers of both units, the side that it shows, and the shift (bp) of its flank."""

    minor: int
    major: int
    side: int
    shift: int


class Called(NamedTuple):
    """Where fragments belong, with the sites and joins that they speak for."""

    settled: Settled
    sites: pd.DataFrame
    joins: pd.DataFrame


def absorb_copies(called: Called, bases: Windows) -> Called:
    """Give fragments of one-ended sites to better supported ones at the same base of a near-identical copy.

    Args:
        called: from `settle_places`, `as_sites`, `cluster_split`.
        bases: of the host.
    """
    units = _units(called.settled.molecules)
    found = list(_absorbed(units, called.sites, bases))
    if not found:
        return called
    sites, joins = _with_other_end(called, units, found)
    return Called(_moved(called.settled, units, found), sites, joins)


def _units(molecules: pd.DataFrame) -> pd.DataFrame:
    """Per site and cluster: fragments, what they show, and whether it may be a second site; the best supported first.

    Columns `n` fragments, `split_5`, `split_3`, `stays`, `shown`: host bases over which it is compared.
    """
    seen = molecules["host_anchor"].where(molecules["is_split"], _FLANK).clip(upper=_FLANK)
    table = molecules.assign(
        split_5=molecules["is_split"] & (molecules["side"] == 5),
        split_3=molecules["is_split"] & (molecules["side"] == 3),
        shown=seen,
        key=molecules["sample"].astype(str) + "\t" + molecules["fragment"].astype(str),
    )
    by = table.groupby(["site", "cluster"], sort=True)
    units = (
        by[["split_5", "split_3"]].sum().assign(n=by["key"].nunique(), shown=by["shown"].max()).reset_index()
    )
    is_unique = units["cluster"] < 0
    units["stays"] = (units["split_5"] > 0) & (units["split_3"] > 0) & is_unique
    units["worth"] = units["n"] * np.where(is_unique, 1.0, _CLUSTER_WORTH)
    return units.sort_values(
        ["worth", "stays", "site", "cluster"],
        ascending=[False, False, True, True],
        kind="stable",
        ignore_index=True,
    )


def _flank(site: "pd.Series[int]", side: int, bases: Windows) -> str:
    """Host bases outwards from one junction of a site, with `_SHIFT` more at either end."""
    outwards = int(site["strand"]) * (1 if side == 3 else -1)
    host, contig = int(site[f"host_{side}"]), str(site["contig"])
    if outwards > 0:
        return bases(contig, host - _SHIFT, host + _FLANK + _SHIFT).upper()
    text = bases(contig, host - _FLANK - _SHIFT + 1, host + _SHIFT + 1).upper()
    return decode(reverse_complement(encode(text)))


def _absorbed(units: pd.DataFrame, sites: pd.DataFrame, bases: Windows) -> Iterator[Absorbed]:
    """Units, the best supported first, that belong to one before them."""
    known: dict[tuple[str, int, int, str], list[int]] = defaultdict(list)
    flanks: dict[tuple[int, int], str] = {}
    columns = (units[name] for name in ("site", "split_5", "split_3", "stays", "shown"))
    for number, (site, five, three, stays, shown) in enumerate(zip(*columns, strict=True)):
        if not five and not three:
            continue
        place = sites.iloc[int(site)]
        for side in (5, 3):
            flanks[number, side] = _flank(place, side, bases)
        side = 5 if five else 3
        if not stays:
            best = _copy_of(number, side, int(shown), str(place["vector"]), flanks, known)
            if best is not None:
                yield Absorbed(number, best[1], side, best[2])
                continue
        for end in (5, 3):
            for at, word in _words(flanks[number, end], 0):
                known[str(place["vector"]), end, at, word].append(number)


def _words(flank: str, shift: int) -> Iterator[tuple[int, str]]:
    for at in range(0, _FLANK - _WORD + 1, _STEP):
        start = at + _SHIFT + shift
        word = flank[start : start + _WORD]
        if "N" not in word:
            yield at, word


def _copy_of(
    number: int, side: int, shown: int, vector: str, flanks: dict[tuple[int, int], str],
    known: dict[tuple[str, int, int, str], list[int]],
) -> tuple[int, int, int] | None:  # fmt: skip
    """The unit whose flank is most like the `shown` bases of that of `number`: (differing bases, unit, shift)."""
    best: tuple[int, int, int, int] | None = None
    allowed = -(-_MOST_DIFFERENT * shown // _FLANK)
    for shift in range(-_SHIFT, _SHIFT + 1):
        own = flanks[number, side][_SHIFT + shift : _SHIFT + shift + shown]
        others = {
            other
            for at, word in _words(flanks[number, side], shift)
            for other in known.get((vector, side, at, word), ())
        }
        for other in sorted(others):
            theirs = flanks[other, side][_SHIFT : _SHIFT + shown]
            wrong = sum(a != b or a == "N" for a, b in zip(own, theirs, strict=True))
            key = (wrong, other, abs(shift), shift)
            if wrong <= allowed and (best is None or key < best):
                best = key
    return None if best is None else (best[0], best[1], best[3])


def _with_other_end(
    called: Called, units: pd.DataFrame, found: list[Absorbed]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sites and joins in which a site that showed one end has the other one, as the absorbed site showed it."""
    sites, joins = called.sites.copy(), called.joins
    added = []
    for minor, major, side, shift in found:
        own, other = int(units["site"].iloc[major]), int(units["site"].iloc[minor])
        name = "five" if side == 5 else "three"
        join = int(sites[name].iloc[other])
        if int(sites[name].iloc[own]) >= 0 or join < 0:
            continue
        outwards = int(sites["strand"].iloc[own]) * (1 if side == 3 else -1)
        host = int(sites[f"host_{side}"].iloc[own]) - shift * outwards
        place = {"host": host, "low": host, "high": host, "other_host": host}
        place |= {"contig": sites["contig"].iloc[own], "strand": sites["strand"].iloc[own]}
        added.append(joins.iloc[join].to_dict() | place | {"host_direction": outwards})
        sites.loc[own, name] = len(joins) + len(added) - 1
        sites.loc[own, f"host_{side}"] = host
    if not added:
        return sites, joins
    return sites, pd.concat([joins, pd.DataFrame(added)[list(joins.columns)]], ignore_index=True)


def _moved(settled: Settled, units: pd.DataFrame, found: list[Absorbed]) -> Settled:
    """Fragments of absorbed units at the site that they belong to; at both places where support is not far apart."""
    molecules, places = settled.molecules.copy(), settled.places
    unit = molecules.merge(
        units[["site", "cluster"]].assign(unit=np.arange(len(units))), how="left", on=["site", "cluster"]
    )["unit"].to_numpy(np.int64)
    by_major: dict[int, list[int]] = defaultdict(list)
    for one in found:
        by_major[one.major].append(one.minor)
    following = int(max(molecules["cluster"].max(), -1)) + 1
    for major, minors in sorted(by_major.items()):
        n = {number: int(units["n"].iloc[number]) for number in (major, *minors)}
        sites, clusters = units["site"].to_numpy(np.int64), units["cluster"].to_numpy(np.int64)
        # what fits several places is no rival
        rivals = [
            m for m in minors if clusters[m] < 0 and sites[m] != sites[major] and n[major] < _SURE_FOLD * n[m]
        ]
        lost = {int(units["cluster"].iloc[number]) for number in minors} - {-1}
        places = places[~places["cluster"].isin(lost)]
        own = np.isin(unit, [major, *minors])
        cluster = int(units["cluster"].iloc[major])
        if rivals and cluster < 0:
            cluster, following = following, following + 1
            sizes = pd.Series({int(units["site"].iloc[m]): n[m] for m in (major, *rivals)}, dtype=np.float64)
            samples = sorted(set(molecules.loc[own, "sample"]))
            rows = [
                {"sample": sample, "cluster": cluster, "site": site, "weight": size / sizes.sum()}
                for sample in samples
                for site, size in sizes.items()
            ]
            places = pd.concat([places, pd.DataFrame(rows)], ignore_index=True)
        molecules.loc[own, "site"] = int(units["site"].iloc[major])
        molecules.loc[own, "cluster"] = cluster
    return Settled(molecules, places.reset_index(drop=True))
