"""Joins of both vector ends to sites, and discordant fragments to the sites whose junction they span.

Sides, coordinates: see `sites/tumour_joins.py`. A site's position is that of the contract, 0-based here.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.sites.tumour_joins import Floats, Ints, VectorEnds, chain, codes_of, near_pairs

PAIR_SLACK = 3
"""bp by which the two ends may miss the expected duplication and still be one site at once."""
_SURE = 0.9
"""Fragments, weighted by placement, from which a join is believed against others nearby."""
_OVERHANG = 3
"""Bases that the host part of a discordant fragment may run beyond the junction, because vector and host agree there."""
_REACH_SLACK = 20
"""bp by which a fragment may be longer than the library's law of lengths says."""
_LONGEST_REACH = 5000
"""Longest reach (bp) that a discordant fragment is believed to have."""
SITE_COLUMNS = ["vector", "contig", "strand", "position", "five", "three", "host_5", "host_3", "low", "high"]


def pair_ends(joins: pd.DataFrame, vectors: Mapping[str, VectorEnds], calling: Calling) -> pd.DataFrame:
    """Join joins of the two ends of one vector.

    Ends are joined, in this order, where they lie as far apart as the duplication says; where host was lost or doubled between
    them; and where one end is inverted, so that the two speak for different strands (the complete end decides).

    Args:
        joins: from `cluster_split`; the row number is the join.
        vectors: by name.
        calling: `target_gap`.

    Returns:
        One row per site: `five, three`, the joins at either side (-1: none).
    """
    table = joins.reset_index(drop=True)
    tsd = table["vector"].map({name: v.tsd for name, v in vectors.items()}).to_numpy(np.int64)
    strand, host = table["strand"].to_numpy(np.int64), table["host"].to_numpy(np.int64)
    is_five = (table["side"] == 5).to_numpy(bool)
    site = host - np.where(is_five, strand * (tsd - 1), 0)
    group = codes_of(table, ["vector", "contig", "strand"]) if len(table) else np.empty(0, np.int64)
    sure = table["n_rows"].to_numpy(np.float64) >= _SURE
    free = np.ones(len(table), np.bool_)
    pairs: list[tuple[int, int]] = []
    for believed, slack in ((sure, PAIR_SLACK), (sure, calling.target_gap), (free.copy(), PAIR_SLACK)):
        pairs += list(_match(table, group, site, is_five, slack, free & believed))
        free &= ~_among(pairs, len(table))
    turned = list(_match_turned(table, calling, free & sure))
    free &= ~_among(turned, len(table))
    alone = np.flatnonzero(free).astype(np.int64)
    five = [*(a for a, _ in pairs), *(a for a, _ in turned), *np.where(is_five[alone], alone, -1)]
    three = [*(b for _, b in pairs), *(b for _, b in turned), *np.where(is_five[alone], -1, alone)]
    return pd.DataFrame({"five": np.array(five, np.int64), "three": np.array(three, np.int64)})


def _among(pairs: list[tuple[int, int]], n: int) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    found = np.zeros(n, np.bool_)
    found[[number for pair in pairs for number in pair]] = True
    return found


def _match(
    table: pd.DataFrame,
    group: Ints,
    site: Ints,
    is_five: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    slack: int,
    free: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
) -> Iterator[tuple[int, int]]:
    """Pairs (side 5, side 3) of free joins, nearest first; clears `free` of what it joins."""
    fives, threes = np.flatnonzero(is_five & free), np.flatnonzero(~is_five & free)
    a, b = near_pairs(group[fives], site[fives], group[threes], site[threes], -slack, slack)
    yield from _choose(table, fives[a], threes[b], np.abs(site[threes[b]] - site[fives[a]]), free)


def _choose(
    table: pd.DataFrame,
    one: Ints,
    other: Ints,
    distance: Ints,
    free: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
) -> Iterator[tuple[int, int]]:
    support = np.round(table["n_rows"].to_numpy(np.float64), 6)
    along = (table["host"] * table["strand"]).to_numpy(np.int64)
    order = np.lexsort((along[other], along[one], -(support[one] + support[other]), distance))
    for row in order:
        first, second = int(one[row]), int(other[row])
        if free[first] and free[second]:
            free[first] = free[second] = False
            yield first, second


def _match_turned(
    table: pd.DataFrame, calling: Calling, free: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
) -> Iterator[tuple[int, int]]:
    """Pairs whose host parts face away from one insertion, though one vector end is inverted: (its side 5, its side 3)."""
    if not len(table):
        return
    group = codes_of(table, ["vector", "contig"])
    host, direction = table["host"].to_numpy(np.int64), table["host_direction"].to_numpy(np.int64)
    lefts, rights = np.flatnonzero((direction < 0) & free), np.flatnonzero((direction > 0) & free)
    gap = calling.target_gap
    a, b = near_pairs(group[lefts], host[lefts], group[rights], host[rights], -gap, gap)
    left, right = lefts[a], rights[b]
    is_end, strand = table["is_end"].to_numpy(bool), table["strand"].to_numpy(np.int64)
    kept = (strand[left] != strand[right]) & (is_end[left] != is_end[right])
    left, right = left[kept], right[kept]
    for one, other in _choose(table, left, right, np.abs(host[right] - host[left]), free):
        # the complete end gives the strand; on + the left host part is side 5
        forward = (strand[one] if is_end[one] else strand[other]) > 0
        yield (one, other) if forward else (other, one)


def settle_readings(
    joins: pd.DataFrame, pairs: pd.DataFrame, vectors: Mapping[str, VectorEnds]
) -> pd.DataFrame:
    """Joins of paired ends, read such that they lie as far apart as the duplication says, where reads leave the choice.

    Args:
        joins: from `cluster_split`.
        pairs: `five, three`: numbers of joins (-1: none).
        vectors: by name.
    """
    both = pairs[(pairs["five"] >= 0) & (pairs["three"] >= 0)]
    host, overlap = joins["host"].to_numpy(np.int64).copy(), joins["overlap"].to_numpy(np.int64).copy()
    other, other_overlap = joins["other_host"].to_numpy(np.int64), joins["other_overlap"].to_numpy(np.int64)
    for five, three in zip(both["five"], both["three"], strict=True):
        strand, tsd = int(joins["strand"].iloc[three]), vectors[str(joins["vector"].iloc[three])].tsd
        choices = [(a, b) for a in (host[five], other[five]) for b in (host[three], other[three])]
        misses = [abs(strand * (int(a) - int(b)) + 1 - tsd) for a, b in choices]
        best = choices[misses.index(min(misses))]
        for number, chosen in zip((five, three), best, strict=True):
            if chosen != host[number]:
                host[number], overlap[number] = chosen, other_overlap[number]
    low, high = np.minimum(joins["low"], host), np.maximum(joins["high"], host)
    return joins.assign(host=host, overlap=overlap, low=low, high=high)


def as_sites(joins: pd.DataFrame, pairs: pd.DataFrame, vectors: Mapping[str, VectorEnds]) -> pd.DataFrame:
    """Sites of pairs and single ends.

    Returns:
        One row per site: `vector, contig, strand` (+1, -1), `position`, `five, three` (joins, -1: none), `host_5, host_3`
        (host base joined at either side, expected where not seen), `low, high` (where the position may lie).
    """
    five, three = pairs["five"].to_numpy(np.int64), pairs["three"].to_numpy(np.int64)
    if not five.size:
        return pd.DataFrame({name: [] for name in SITE_COLUMNS})
    has_five, has_three = five >= 0, three >= 0
    n_rows = joins["n_rows"].to_numpy(np.float64)
    # the contract's base is the one at side 3, unless next to nothing speaks for that one
    doubtful = has_five & has_three & (n_rows[three] < _SURE) & (n_rows[five] >= _SURE)
    lead_is_three = has_three & ~doubtful
    lead = np.where(lead_is_three, three, five)
    is_end, strands = joins["is_end"].to_numpy(bool), joins["strand"].to_numpy(np.int64)
    # an inverted end says the wrong strand; then the other one decides
    strand = np.where(has_five & has_three & ~is_end[three] & is_end[five], strands[five], strands[lead])
    tsd = joins["vector"].map({name: v.tsd for name, v in vectors.items()}).to_numpy(np.int64)
    step = strand * (tsd[lead] - 1)
    host, low, high = (joins[name].to_numpy(np.int64) for name in ("host", "low", "high"))
    shift = np.where(lead_is_three, 0, -step)
    position = host[lead] + shift
    return pd.DataFrame(
        {
            "vector": joins["vector"].to_numpy(object)[lead],
            "contig": joins["contig"].to_numpy(object)[lead],
            "strand": strand,
            "position": position,
            "five": five,
            "three": three,
            "host_5": np.where(has_five, host[five], position + step),
            "host_3": np.where(has_three, host[three], position),
            "low": low[lead] + shift,
            "high": high[lead] + shift,
        }
    )


def site_of_split(numbers: Ints, sites: pd.DataFrame) -> Ints:
    """Site of every row, from its join (-1: none)."""
    n = int(max(sites["five"].max(), sites["three"].max())) + 1 if len(sites) else 0
    of_join = np.full(n + 1, -1, np.int64)
    for column in ("five", "three"):
        of_join[sites[column].to_numpy(np.int64)] = np.arange(len(sites))
    of_join[-1] = -1
    return of_join[numbers]


def attach_discordant(rows: pd.DataFrame, sites: pd.DataFrame, support: Floats) -> Ints:
    """Give discordant rows the site whose junction they can span.

    Args:
        rows: from `usable_rows`.
        sites: from `as_sites`.
        support: split fragments of every site, weighted by placement; of several sites in reach the best supported one is
            taken, then the nearest.

    Returns:
        Site of every row; -1 for split rows and those without a site.
    """
    found = np.full(len(rows), -1, np.int64)
    pairs = rows[~rows["is_split"]]
    if not len(pairs) or not len(sites):
        return found
    names = pd.concat([pairs[["vector", "contig"]], sites[["vector", "contig"]]], ignore_index=True)
    group = codes_of(names, ["vector", "contig"])
    strand, direction = sites["strand"].to_numpy(np.int64), pairs["host_direction"].to_numpy(np.int64)
    at, reach = pairs["host_position"].to_numpy(np.int64), pairs["reach"].to_numpy(np.int64)
    reach = np.minimum(reach, _LONGEST_REACH)
    candidates = []
    for side, facing in ((5, -strand), (3, strand)):
        host = sites[f"host_{side}"].to_numpy(np.int64)
        a, b = near_pairs(group[: len(pairs)], at, group[len(pairs) :], host, -_LONGEST_REACH, _LONGEST_REACH)
        distance = direction[a] * (at[a] - host[b])
        fits = (pairs["side"].to_numpy(np.int64)[a] == side) & (facing[b] == direction[a])
        fits &= (distance >= -_OVERHANG) & (distance <= reach[a] + _REACH_SLACK)
        candidates.append(pd.DataFrame({"row": a[fits], "site": b[fits], "distance": distance[fits]}))
    table = pd.concat(candidates, ignore_index=True).astype(np.int64)
    table["support"] = -np.round(support[table["site"]], 6)
    best = table.sort_values(["row", "support", "distance", "site"], kind="stable").drop_duplicates("row")
    found[pairs.index.to_numpy()[best["row"].to_numpy(np.int64)]] = best["site"].to_numpy(np.int64)
    return found


def inexact_sites(rows: pd.DataFrame, vectors: Mapping[str, VectorEnds]) -> tuple[pd.DataFrame, Ints]:
    """Sites that only discordant fragments speak for: each an interval in which the junction lies.

    Args:
        rows: discordant rows that no site took.
        vectors: by name.

    Returns:
        `(sites, number)`: as `as_sites` gives them, with `five` and `three` -1; and the site of every row.
    """
    if not len(rows):
        return pd.DataFrame({name: [] for name in SITE_COLUMNS}), np.empty(0, np.int64)
    tsd = rows["vector"].map({name: v.tsd for name, v in vectors.items()}).to_numpy(np.int64)
    strand, at = rows["strand"].to_numpy(np.int64), rows["host_position"].to_numpy(np.int64)
    direction = rows["host_direction"].to_numpy(np.int64)
    reach = np.minimum(rows["reach"].to_numpy(np.int64), _LONGEST_REACH)
    shift = np.where(rows["side"] == 5, -strand * (tsd - 1), 0)
    # where the junction can lie: from the innermost base towards the vector
    low, high = (
        np.where(direction > 0, at - reach, at) + shift,
        np.where(direction > 0, at, at + reach) + shift,
    )
    group = codes_of(rows, ["vector", "contig", "strand", "side"])
    number = chain(group, at, int(np.median(reach)))
    table = rows.assign(number=number, low=low, high=high, nearest=at + shift, tsd=tsd)
    by = table.groupby("number", sort=True)
    first = by.first()
    forward = first["host_direction"].to_numpy(np.int64) > 0
    nearest = np.where(forward, by["nearest"].min(), by["nearest"].max())
    # the junction lies in all intervals; where they have nothing in common, at the innermost base
    inner_low, inner_high = by["low"].max().to_numpy(np.int64), by["high"].min().to_numpy(np.int64)
    step = first["strand"].to_numpy(np.int64) * (first["tsd"].to_numpy(np.int64) - 1)
    sites = pd.DataFrame(
        {
            **{name: first[name].to_numpy() for name in ("vector", "contig", "strand")},
            "position": nearest, "five": -1, "three": -1, "host_5": nearest + step, "host_3": nearest,
            "low": np.minimum(inner_low, nearest), "high": np.maximum(inner_high, nearest),
        }
    )  # fmt: skip
    return sites[SITE_COLUMNS], number
