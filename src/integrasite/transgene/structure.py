"""What of the vector is missing, doubled, turned round or cut off: `TRANSGENE_STRUCTURE`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.model.tables import TRANSGENE_STRUCTURE
from integrasite.transgene.copies import Copies, Counted
from integrasite.transgene.copies_expected import Stretch
from integrasite.transgene.coverage import Gap, Level, main_level
from integrasite.transgene.structure_joins import Rearrangement, count_circles, find_rearrangements
from integrasite.transgene.vector_map import MappedVector

_LEAST_EXPECTED = 5.0
"""Fragments due in a stretch from which its copies are given."""
_NEAR_LTR = 30
"""bp between an LTR and what is lost that too few fragments show for the LTR to be known to be there."""
_NAN = float("nan")
Row = dict[str, Any]


def structure_rows(
    counted: Counted,
    fragments: pd.DataFrame,
    sites: pd.DataFrame,
    copies: Copies,
    gaps: Sequence[Gap],
    levels: Sequence[Level],
    calling: Calling,
) -> list[Row]:
    """Everything that differs from the whole provirus, one row per kind and stretch.

    Args:
        counted: the sample's fragments of one vector.
        fragments: `TUMOUR_FRAGMENTS` of the sample.
        sites: `TUMOUR_SITES` of the sample; may be empty.
        copies: of the vector as a whole.
        gaps: stretches that no read shows.
        levels: stretches of one number of copies.
        calling: thresholds.
    """
    vector = counted.vector
    breaks = find_rearrangements(fragments, vector, calling)
    truncations = _truncations(sites, vector, calling)
    rows = _gaps(gaps, breaks, truncations, counted, calling)
    used = {(row["kind"], row["start"], row["end"]) for row in rows}
    rows += [
        _row(item.kind, item.start, item.end, item.n_fragments, "breakpoint in reads")
        for item in breaks
        if (item.kind, item.start, item.end) not in used
    ]
    rows += _levels(counted, levels, rows + truncations, calling) + truncations
    circles = count_circles(fragments, vector)
    if circles >= calling.structure_fragments and not any(row["kind"] == "circle" for row in rows):
        rows.append(
            _row("circle", 0, vector.one_ltr.size, circles, "fragments that close the vector to a circle")
        )
    for row in rows:
        _measure(row, counted, copies, levels)
    return sorted(rows, key=lambda row: (row["start"], row["end"], row["kind"]))


def structure_table(rows: Sequence[Row], sample: str, vector: str) -> pd.DataFrame:
    """Rows as a table with the columns of `TRANSGENE_STRUCTURE`."""
    columns = list(TRANSGENE_STRUCTURE.columns)
    return pd.DataFrame([{"sample": sample, "vector": vector} | row for row in rows], columns=columns)


def uneven_stretches(rows: Sequence[Row], gaps: Sequence[Gap], vector: MappedVector) -> list[Stretch]:
    """Stretches that may hold fewer or more copies than the rest of the vector.

    These are rows that say so and gaps that are told, with all that cannot be told from them: an end within a host-like
    stretch may lie anywhere in it, and what is lost next to the LTR may have taken one of the two LTRs along.
    """
    told = [row for row in rows if row["kind"] in ("deletion", "truncation")]
    found = [
        (int(row["start"]), int(row["end"])) for row in rows if row["kind"] in ("deletion", "duplication")
    ]
    found += [(gap.start, gap.end) for gap in gaps if any(_holds(row, gap) for row in told)]
    return [part for stretch in found for part in _unsure(stretch, vector)]


def _unsure(stretch: Stretch, vector: MappedVector) -> list[Stretch]:
    """A stretch with what cannot be told from it."""
    mask, size, ltr = vector.host_like_mask, vector.one_ltr.size, vector.ltr_length
    start, end = stretch
    while 0 < start < size and mask[start] and mask[start - 1]:
        start -= 1
    while 0 < end < size and mask[end - 1] and mask[end]:
        end += 1
    if ltr and start <= ltr + _NEAR_LTR:
        return [(0, max(end, ltr))]
    if ltr and end >= size - _NEAR_LTR:
        return [(start, size), (0, ltr)]
    return [(start, end)]


def _holds(row: Row, gap: Gap) -> bool:
    return bool(row["start"] - 1 <= gap.start and gap.end <= row["end"] + 1)


def _row(kind: str, start: int, end: int, n_fragments: int, evidence: str, p: float = _NAN) -> Row:
    return {
        "kind": kind, "start": start, "end": end, "n_fragments": n_fragments, "evidence": evidence,
        "copies": _NAN, "share": _NAN, "p": p,
    }  # fmt: skip


def _gaps(
    gaps: Sequence[Gap],
    breaks: Sequence[Rearrangement],
    truncations: Sequence[Row],
    counted: Counted,
    calling: Calling,
) -> list[Row]:
    """Gaps as deletions, at the breakpoints that reads show; those that a truncation explains are told with it."""
    rows = []
    for gap in gaps:
        told = f"no read shows {gap.start}-{gap.end}, {gap.expected:.0f} fragments were due"
        cut = next((row for row in truncations if _holds(row, gap)), None)
        match = _best_match((gap.start, gap.end), [item for item in breaks if item.kind == "deletion"])
        if cut is not None:
            cut["evidence"] += f"; {told}"
            cut["p"] = gap.p
        elif match is not None:
            told += "; breakpoint in reads"
            rows.append(_row("deletion", match.start, match.end, match.n_fragments, told, gap.p))
        elif not _is_at_break(gap, breaks, counted, calling):
            rows.append(_row("deletion", gap.start, gap.end, 0, told, gap.p))
    return rows


def _is_at_break(gap: Gap, breaks: Sequence[Rearrangement], counted: Counted, calling: Calling) -> bool:
    """Whether a gap lies where fragments cross breakpoints: those count for neither side.

    Reads that cross one leave a gap beside it; within host-like bases, which are seen from their neighbourhood only, whole
    fragments that cross it do.
    """
    places = [place for item in breaks for place in (item.start, item.end)]
    read = counted.measure.read_length
    if any(place - read <= gap.start and gap.end <= place + read for place in places):
        return True
    ways = counted.ways
    shows = counted.measure.shows(ways.start, ways.end, (gap.start, gap.end))
    crosses = np.zeros(shows.shape, np.bool_)
    for place in places:
        crosses |= (ways.start < place) & (place < ways.end)
    due = gap.expected * ways.total(shows & ~crosses) / ways.total(shows)
    return bool(crosses.any() and (counted.start.size + 1) * np.exp(-due) >= calling.deletion_p)


def _best_match(stretch: Stretch, items: Sequence[Rearrangement]) -> Rearrangement | None:
    """The item that shares most with a stretch, at least half of either."""

    def shared(item: Rearrangement) -> int:
        return min(item.end, stretch[1]) - max(item.start, stretch[0])

    fitting = [i for i in items if 2 * shared(i) >= max(i.end - i.start, stretch[1] - stretch[0])]
    return max(fitting, key=lambda item: (shared(item), -item.start), default=None)


def _levels(counted: Counted, levels: Sequence[Level], known: list[Row], calling: Calling) -> list[Row]:
    """Stretches of other copies than the main one that no breakpoint or gap explains; those are given the depth as evidence."""
    main = main_level(levels)
    if main is None:
        return []
    reach = int(np.max(counted.host.lengths))
    rows: list[Row] = []
    for level in levels:
        ratio = level.copies / main.copies
        kind = "duplication" if ratio > 1 else "deletion"
        if level is main or 1 / calling.structure_ratio < ratio < calling.structure_ratio:
            continue
        p = _p_differs(counted, level, main)
        if p * len(levels) >= calling.deletion_p or _touches_ltr_only(level, counted):
            continue
        twin = next((row for row in known if row["kind"] == kind and _covers(row, level, reach)), None)
        if twin is not None:
            twin["evidence"] += f"; depth {ratio:.2g} of the rest"
        elif not any(_explains(row, level, reach) for row in known):
            rows.append(_row(kind, level.start, level.end, 0, f"depth {ratio:.2g} of the rest", p))
    return rows


def _touches_ltr_only(level: Level, counted: Counted) -> bool:
    """A level that lies in the LTR: two copies of it share one contig, so that its level may be that of either."""
    return level.end <= counted.measure.ltr


def _p_differs(counted: Counted, level: Level, main: Level) -> float:
    """Two-sided chance of counts as uneven in two stretches of one number of copies."""
    from scipy.stats import norm, poisson

    if not level.n_fragments:
        return float(poisson.pmf(0, main.copies * level.expected))
    host = counted.host
    local = host.spread * host.window * (1 / (level.end - level.start) + 1 / (main.end - main.start))
    variance = 1 / level.n_fragments + 1 / main.n_fragments + local
    return float(2 * norm.sf(abs(np.log(level.copies / main.copies)) / np.sqrt(variance)))


def _explains(row: Row, level: Level, reach: int) -> bool:
    """Whether a known row makes the level: it holds it, but for the fragments at its ends, or has a breakpoint there."""
    if row["kind"] == "inversion":
        return any(_is_beside({"start": row[end], "end": row[end]}, level, reach) for end in ("start", "end"))
    return _is_beside(row, level, reach)


def _covers(row: Row, level: Level, reach: int) -> bool:
    shared = min(row["end"], level.end) - max(row["start"], level.start)
    return bool(2 * shared >= row["end"] - row["start"] and _is_beside(row, level, reach))


def _is_beside(row: Row, level: Level, reach: int) -> bool:
    """Whether the level lies in a known stretch or as near that its fragments reach into it."""
    return bool(row["start"] - reach <= level.start and level.end <= row["end"] + reach)


def _truncations(sites: pd.DataFrame, vector: MappedVector, calling: Calling) -> list[Row]:
    """Ends of the provirus that reads show to lie inside the vector, one row per site."""
    if sites.empty:
        return []
    mine = sites[(sites["vector"] == vector.name) & (sites["status"] == "pass") & (sites["n_fragments"] > 0)]
    rows = []
    for site in mine.to_dict("records"):
        for side, direction in (("5", 1), ("3", -1)):
            position = site[f"vector_{side}"]
            if pd.isna(position) or site[f"vector_direction_{side}"] != direction:
                continue
            lost = _lost(int(position), direction, vector, calling)
            if lost is not None:
                n = int(site[f"n_split_{side}"]) + int(site[f"n_discordant_{side}"])
                rows.append(
                    _row("truncation", *lost, n, f"the provirus at {site['site_id']} ends inside the vector")
                )
    return rows


def _lost(position: int, direction: int, vector: MappedVector, calling: Calling) -> Stretch | None:
    """What lies beyond an end at `position`; None where it is the vector's own end."""
    size, ltr = vector.one_ltr.size, vector.ltr_length
    if direction > 0:
        return (0, position) if position > calling.end_slack else None
    end = ltr if position < ltr else size  # behind the LTR's last base, or with the whole last LTR
    if ltr and position >= ltr:
        return position + 1, size
    return (position + 1, end) if end - 1 - position > calling.end_slack else None


def _measure(row: Row, counted: Counted, copies: Copies, levels: Sequence[Level]) -> None:
    """Copies of the stretch, and its share of the rest's, where enough fragments were due there."""
    main = main_level(levels)
    if row["kind"] not in ("deletion", "duplication") or main is None or not copies.vcn > 0:
        return
    inside = (row["start"] <= counted.ways.middle) & (counted.ways.middle < row["end"])
    expected = counted.ways.total(inside)
    if expected * main.copies < _LEAST_EXPECTED:
        return
    middle = counted.middle[~counted.is_rearranged]
    seen = int(((row["start"] <= middle) & (middle < row["end"])).sum())
    row["copies"] = seen / expected
    row["share"] = row["copies"] / main.copies
