"""Junction evidence of tumour samples to joins: places where fragments of one subject say that vector and host are joined.

A join is what the junctions of several fragments have in common: host base, vector base, and the way either goes on from there.
Side 5 is the one where the vector goes on towards higher coordinates (U3 is due there), side 3 where it goes on towards lower
ones (U5). All positions are 0-based.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.io.windows import Windows

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LONGEST_GAP = 25
"""Bases beside a junction that an aligner may leave unaligned because one of them is misread."""
_GAP_VOTE = 0.6
"""Vote of a read with unaligned bases at the junction, against 1 of a read without: one misread base is likelier than
inserted ones, but less sure than a read that aligns to its junction."""
_NEAR_BEST = 0.25
"""Votes of a position, against the best one's, from which the join may lie there."""
_SPREAD = 1 << 34
"""Larger than any coordinate, so that group and coordinate fit one number."""


@dataclass(frozen=True)
class VectorEnds:
    """What calling needs to know of a vector, in one-LTR coordinates (0-based, half-open).

    Args:
        name: as in the config.
        ltr_length: bases of the LTR; its last one is the U5 end, base 0 the U3 end. 0: the ends are the contig's.
        length: bases of the one-LTR contig.
        tsd: length of the target-site duplication, bp.
        host_like: stretches that the host has too.
    """

    name: str
    ltr_length: int
    length: int
    tsd: int
    host_like: tuple[tuple[int, int], ...] = ()

    @property
    def last(self) -> int:
        """The base at the U5 end."""
        return (self.ltr_length or self.length) - 1


def usable_rows(evidence: pd.DataFrame, vectors: Mapping[str, VectorEnds], calling: Calling) -> pd.DataFrame:
    """Rows that may speak for a junction, in a fixed order, their vector ends taken to be complete where reads allow it.

    Args:
        evidence: table `TUMOUR_JUNCTIONS`, samples of one subject.
        vectors: by name; rows of others are left out.
        calling: thresholds.

    Returns:
        The rows with `is_split`, `side` (5 or 3), `strand` (+1, -1), `is_end` (complete vector end), and `host`: the host base
        that is joined to the vector if all unaligned bases between are misread.
    """
    known = evidence[evidence["vector"].isin(list(vectors)) & evidence["is_specific"].astype(bool)]
    rows = known.sort_values(list(_ORDER), kind="stable", ignore_index=True)
    rows = rows.astype({name: np.int64 for name in _NUMBERS})
    rows["is_split"] = rows["kind"] == "split"
    rows["side"] = np.where(rows["vector_direction"] > 0, 5, 3)
    rows["strand"] = np.where(rows["vector_direction"] == -rows["host_direction"], 1, -1)
    rows = _complete_ends(rows, vectors, calling)
    kept = _is_anchored(rows, calling)
    kept &= (rows["host_identity"] >= calling.junction_identity) & (
        rows["vector_identity"] >= calling.junction_identity
    )
    return rows[kept].reset_index(drop=True)


_NUMBERS = [
    "fragment",
    "vector_position",
    "vector_direction",
    "host_position",
    "host_direction",
    "overlap",
    "host_anchor",
    "vector_anchor",
    "n_copies",
    "reach",
]
_ORDER = [
    "sample",
    "fragment",
    "kind",
    "vector",
    "vector_direction",
    "vector_position",
    "contig",
    "host_position",
    "host_direction",
    "overlap",
    "host_anchor",
    "vector_anchor",
    "weight",
    "n_copies",
    "reach",
]


def _is_anchored(rows: pd.DataFrame, calling: Calling) -> Bools:
    """Both anchors long; or one of them short where a read shows the complete end at the host."""
    anchors = rows[["host_anchor", "vector_anchor"]].to_numpy(np.int64)
    least, most = anchors.min(axis=1), anchors.max(axis=1)
    at_end = (rows["is_split"] & rows["is_end"] & (rows["overlap"] >= 0)).to_numpy(bool)
    enough: Bools = (least >= calling.junction_anchor) | (
        at_end & (least >= calling.junction_anchor_ltr) & (most >= calling.junction_anchor)
    )
    return enough


def _complete_ends(rows: pd.DataFrame, vectors: Mapping[str, VectorEnds], calling: Calling) -> pd.DataFrame:
    """Move junctions of split rows to the complete vector end (contract: ...CA) where the read allows it.

    Beyond the end go bases that host and vector share by chance; short of it stop alignments at a misread base.
    """
    last = rows["vector"].map({name: v.last for name, v in vectors.items()}).to_numpy(np.int64)
    length = rows["vector"].map({name: v.length for name, v in vectors.items()}).to_numpy(np.int64)
    at, overlap = rows["vector_position"].to_numpy(np.int64), rows["overlap"].to_numpy(np.int64)
    is_five = (rows["side"] == 5).to_numpy(bool)
    # how many bases the vector part stops short of the end (below 0: how far it runs beyond it)
    wrapped = is_five & (at >= length - LONGEST_GAP)
    short = np.where(is_five, np.where(wrapped, at - length, at), last - at)
    gap = np.maximum(-overlap, 0)
    # bases behind the end: what the host has too goes back to it, others are inserted and look like the vector by chance
    returned = np.where(short < 0, np.minimum(-short, np.maximum(overlap, 0)), 0)
    beyond = (short < 0) & ((returned == -short) | (-short <= calling.end_slack))
    within = (short >= 0) & (short <= calling.end_slack)
    misread = (short > calling.end_slack) & (short <= LONGEST_GAP) & (np.abs(gap - short) <= 1)
    is_end = rows["is_split"].to_numpy(bool) & (beyond | within | misread)
    short = np.where(is_end, short, 0)
    ends = np.where(is_five, 0, last)
    direction = rows["host_direction"].to_numpy(np.int64)
    # bases of the gap that the vector's end takes leave the host where it is; what the host took of the end goes back
    moved = np.where(short > gap, short - gap, 0) - np.where(is_end, returned, 0)
    taken = np.where(short >= 0, -np.maximum(gap - short, 0), overlap + short)
    rows = rows.assign(
        is_end=is_end,
        vector_position=np.where(is_end, ends, at),
        host_position=rows["host_position"].to_numpy(np.int64) + np.where(is_end, moved, 0) * direction,
        overlap=np.where(is_end & ((overlap <= 0) | (short < 0)), taken, overlap),
    )
    open_bases = np.where(rows["is_split"] & rows["is_end"], np.maximum(-rows["overlap"], 0), 0)
    shift = np.where(open_bases <= LONGEST_GAP, open_bases, 0)
    return rows.assign(host=rows["host_position"].to_numpy(np.int64) - shift * direction)


def chain(group: Ints, value: Ints, gap: int) -> Ints:
    """Number the runs of values of one group that lie at most `gap` apart; numbers follow group and value."""
    order = np.lexsort((value, group))
    starts = np.ones(order.size, np.bool_)
    starts[1:] = (np.diff(group[order]) != 0) | (np.diff(value[order]) > gap)
    numbers = np.empty(order.size, np.int64)
    numbers[order] = np.cumsum(starts) - 1
    return numbers


def codes_of(frame: pd.DataFrame, columns: list[str]) -> Ints:
    """A number for each combination of values, in the order of the values."""
    return np.asarray(frame.groupby(columns, sort=True).ngroup(), np.int64)


def near_pairs(
    group_a: Ints, at_a: Ints, group_b: Ints, at_b: Ints, low: int, high: int
) -> tuple[Ints, Ints]:
    """All pairs of rows of one group with `low <= at_b - at_a <= high`, as row numbers, in the order of a."""
    key_b = group_b * _SPREAD + at_b
    order = np.argsort(key_b, kind="stable")
    key_a = group_a * _SPREAD + at_a
    first = np.searchsorted(key_b[order], key_a + low, side="left")
    last = np.searchsorted(key_b[order], key_a + high, side="right")
    counts = np.maximum(last - first, 0)
    a = np.repeat(np.arange(at_a.size), counts)
    within = np.arange(a.size) - np.repeat(np.cumsum(counts) - counts, counts)
    return a, order[np.repeat(first, counts) + within]


def cluster_split(rows: pd.DataFrame, calling: Calling) -> tuple[pd.DataFrame, Ints]:
    """Cluster the rows whose reads show the junction.

    Args:
        rows: from `usable_rows`.
        calling: thresholds.

    Returns:
        `(joins, number)`: one row per join with `vector, contig, host_direction, vector_direction, side, strand,
        is_end, host, low, high, vector_at, overlap, other_host, other_overlap, n_rows` (`low..high`: where its reads say it is;
        `other_host`: the host base if bases that reads leave unaligned are misread instead of inserted, or the other way round;
        `n_rows` weighted by placement); and the join of every row (-1: not split).
    """
    number = np.full(len(rows), -1, np.int64)
    split = rows[rows["is_split"]]
    if not len(split):
        return pd.DataFrame({name: [] for name in _JOIN}), number
    group = codes_of(split, ["vector", "contig", "host_direction", "vector_direction", "is_end"])
    by_host = chain(group, split["host"].to_numpy(np.int64), calling.junction_slippage)
    by_vector = chain(by_host, split["vector_position"].to_numpy(np.int64), calling.end_slack)
    number[split.index] = by_vector
    return _describe(split.assign(number=by_vector)), number


_KEPT = ["vector", "contig", "host_direction", "vector_direction", "side", "strand", "is_end"]
_JOIN = [*_KEPT, "host", "low", "high", "vector_at", "overlap", "other_host", "other_overlap", "n_rows"]


def _describe(split: pd.DataFrame) -> pd.DataFrame:
    first = split.drop_duplicates("number").sort_values("number", ignore_index=True)
    numbers = first["number"]
    shown = _readings(split)
    voted = _vote(shown)
    at = voted.set_index("number")["host"].reindex(shown["number"]).to_numpy()
    here = shown[(shown["seen"] == at).to_numpy(bool)].sort_values(["number", "is_open"], kind="stable")
    best = here.drop_duplicates("number").sort_values("number", ignore_index=True)
    overlap = (
        here[~here["is_open"]].groupby("number")["overlap"].median().reindex(numbers).to_numpy(np.float64)
    )
    vector_at = split.groupby("number")["vector_position"].median().reindex(numbers)
    return pd.DataFrame(
        {
            **{name: first[name] for name in _KEPT},
            **{name: voted[name].to_numpy(np.int64) for name in ("host", "low", "high")},
            "vector_at": np.rint(vector_at.to_numpy(np.float64)).astype(np.int64),
            "overlap": np.rint(np.where(np.isnan(overlap), best["overlap"], overlap)).astype(np.int64),
            # a read that aligns to its junction leaves no second reading
            "other_host": np.where(best["is_open"], best["other"], voted["host"]).astype(np.int64),
            "other_overlap": np.where(best["is_open"], best["other_overlap"], best["overlap"]).astype(
                np.int64
            ),
            "n_rows": split.groupby("number")["weight"].sum().reindex(numbers).to_numpy(np.float64),
        }
    )[_JOIN]


def _readings(split: pd.DataFrame) -> pd.DataFrame:
    """How each row is read: `seen` and `overlap`; and, where junction bases do not align (`is_open`), the other way to read it.

    Bases that one fragment leaves unaligned are misread; where two fragments leave the same ones, they are inserted.
    """
    own, implied = split["host_position"].to_numpy(np.int64), split["host"].to_numpy(np.int64)
    is_open = own != implied
    key = split[["number", "host_position", "host"]].assign(
        fragment=split["sample"].astype(str) + "\t" + split["fragment"].astype(str)
    )
    alike = key[is_open].groupby(["number", "host_position", "host"])["fragment"].nunique().rename("n")
    n = key.merge(alike.reset_index(), how="left", on=["number", "host_position", "host"])["n"].fillna(0)
    inserted = is_open & (n.to_numpy() >= 2)
    overlap = split["overlap"].to_numpy(np.int64)
    return pd.DataFrame(
        {
            "number": split["number"].to_numpy(np.int64),
            "strand": split["strand"].to_numpy(np.int64),
            "is_open": is_open,
            "seen": np.where(inserted, own, implied),
            "overlap": np.where(is_open & ~inserted, 0, overlap),
            "other": np.where(inserted, implied, own),
            "other_overlap": np.where(inserted, 0, overlap),
            "vote": np.where(is_open & ~inserted, _GAP_VOTE, 1.0) * split["weight"].to_numpy(np.float64),
        }
    )


def _vote(shown: pd.DataFrame) -> pd.DataFrame:
    """Host base of each join: most votes; of equal ones the first in vector orientation (contract)."""
    votes = shown.groupby(["number", "seen", "strand"], sort=True)["vote"].sum().round(6).reset_index()
    votes["along"] = votes["seen"] * votes["strand"]
    best = votes.sort_values(["number", "vote", "along"], ascending=[True, False, True], kind="stable")
    chosen = best.drop_duplicates("number").reset_index(drop=True).rename(columns={"seen": "host"})
    most = votes.groupby("number")["vote"].transform("max")
    spans = votes[votes["vote"] >= _NEAR_BEST * most].groupby("number", sort=True)["seen"].agg(["min", "max"])
    return chosen[["number", "host"]].assign(low=spans["min"].to_numpy(), high=spans["max"].to_numpy())


def widen_runs(joins: pd.DataFrame, bases: Windows, calling: Calling) -> pd.DataFrame:
    """Widen `low..high` along the run of one base that a junction touches, where the run is long enough to slip.

    Reads err by a few bases, more in longer runs: the position may be off by a quarter of the run, within the run.
    """
    low, high = joins["low"].to_numpy(np.int64).copy(), joins["high"].to_numpy(np.int64).copy()
    for row, (contig, host) in enumerate(zip(joins["contig"], joins["host"].to_numpy(np.int64), strict=True)):
        start = int(host) - _RUN_WINDOW
        text = bases(str(contig), start, int(host) + _RUN_WINDOW + 1)
        for at in (_RUN_WINDOW - 1, _RUN_WINDOW, _RUN_WINDOW + 1):
            left = len(text[: at + 1].rstrip(text[at]))
            right = len(text) - len(text[at:].lstrip(text[at])) - 1
            size = right - left + 1
            if text[at] != "N" and size >= calling.slippage_run:
                low[row] = min(low[row], max(start + left, int(host) - size // 4))
                high[row] = max(high[row], min(start + right, int(host) + size // 4))
    return joins.assign(low=low, high=high)


_RUN_WINDOW = 40


def plain_rows(rows: pd.DataFrame, bases: Windows, calling: Calling) -> Bools:
    """Rows whose host anchor is so uniform that it would align to many places.

    Args:
        rows: from `usable_rows`.
        bases: of the host.
        calling: `junction_entropy` in bits per base.
    """
    size = np.minimum(rows["host_anchor"].to_numpy(np.int64), 100)
    at, direction = rows["host_position"].to_numpy(np.int64), rows["host_direction"].to_numpy(np.int64)
    start = np.where(direction > 0, at, at - size + 1)
    places = pd.DataFrame({"contig": rows["contig"], "start": start, "size": size})
    known: dict[tuple[str, int, int], bool] = {}
    for key in places.drop_duplicates().itertuples(index=False, name=None):
        text = bases(str(key[0]), int(key[1]), int(key[1] + key[2]))
        known[key] = base_entropy(text) < calling.junction_entropy
    return np.array([known[key] for key in places.itertuples(index=False, name=None)], np.bool_)


def base_entropy(text: str) -> float:
    """Entropy of the base composition, bits (0: one base alone, 2: all four alike)."""
    counts = np.array([text.count(base) for base in "ACGT"], np.float64)
    if not counts.sum():
        return 0.0
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())
