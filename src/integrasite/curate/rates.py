"""How often index reads hop and linkers recombine, from pairs whose barcode and linker name different libraries.

Such a pair, with the barcode of library X and the linker of library Y, is a hop where its insert comes from Y (everything
but the index read is Y's), and a recombination where its insert comes from X (linker and UMI of a molecule of Y were
joined to it). See docs/methods.md.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from scipy.stats import beta

from integrasite.config.calling import Calling
from integrasite.reads.discordant import insert_keys
from integrasite.reads.patterns import split_linker

Floats = npt.NDArray[np.float64]
CONFIDENCE = 0.95
_TOLERANCE = 1e-10
_MAX_STEPS = 10_000


@dataclass(frozen=True)
class LibraryTags:
    """What tells one library of a source from the others; `lead` is what its junction reads begin with."""

    sample: str
    barcode: str
    linker: str
    lead: str


@dataclass(frozen=True)
class FoundIn:
    """Pairs, or chances, by where the insert is found among usable pairs; the rest is found in neither library.

    Attributes:
        linkers: in the library of the linker only.
        barcodes: in the library of the barcode only.
        both: in both.
    """

    linkers: float
    barcodes: float
    both: float

    @property
    def values(self) -> Floats:
        """The three numbers."""
        return np.array([self.linkers, self.barcodes, self.both])


def _n_differing(one: str, other: str) -> int:
    """Bases in which two tags differ; N, and what only the longer one has, fits anything."""
    return sum(a != b for a, b in zip(one, other, strict=False) if a != "N" and b != "N")


def why_not_estimable(
    libraries: list[LibraryTags], *, has_index: bool, has_linker_read: bool, calling: Calling
) -> str:
    """Why discordant pairs of a source mean nothing, or "" where they do.

    Each library needs a barcode and a linker of its own, so far from the others that three read errors at least would
    be needed to turn one into another.

    Args:
        libraries: the rows of the source.
        has_index: whether the source has index reads.
        has_linker_read: whether it has the read that begins with the linker.
        calling: how many errors barcodes and linkers may hold.
    """
    if not has_index or not any(library.barcode for library in libraries):
        return "the reads are demultiplexed already"
    if not has_linker_read:
        return "single-end reads do not begin with the linker"
    if len(libraries) < 2:
        return "the source has one library only"
    for kind, allowed in (("barcode", 2 * calling.barcode_mismatches), ("linker", calling.linker_mismatches)):
        if reason := _first_confusable(kind, libraries, allowed):
            return reason
    return ""


def _first_confusable(kind: str, libraries: list[LibraryTags], allowed: int) -> str:
    """The first library without a tag, or the first two with tags that differ in `allowed` bases at most."""
    seen: list[tuple[str, str, str]] = []
    for library in libraries:
        tag = library.barcode if kind == "barcode" else library.linker
        if not tag:
            return f"library {library.sample} has no {kind}"
        before, _, after = (tag, 0, "") if kind == "barcode" else split_linker(tag)
        for other, first, last in seen:
            differing = _n_differing(before, first) + _n_differing(after, last)
            pair = f"libraries {other} and {library.sample}"
            if (before, after) == (first, last):
                return f"{pair} share a {kind}"
            if differing <= allowed:
                return (
                    f"{kind}s of {pair} differ in {differing} bases, which read errors can pass for a change"
                )
        seen.append((library.sample, before, after))
    return ""


def count_usable(inserts: pa.Table, molecules: pa.Table) -> pd.DataFrame:
    """Usable pairs by library and insert: `row, insert_key, n_reads`, sorted.

    Args:
        inserts: `INSERTS` of the source.
        molecules: `MOLECULES` of the source.
    """
    keys, is_long = insert_keys(inserts)
    insert = molecules["insert"].to_numpy()
    frame = pd.DataFrame(
        {
            "row": molecules["row"].to_numpy().astype(np.int64),
            "insert_key": keys[insert],
            "n_reads": molecules["n_reads"].to_numpy(),
        }
    )[is_long[insert]]
    summed: pd.DataFrame = frame.groupby(["row", "insert_key"], sort=True)["n_reads"].sum().reset_index()
    return summed


def count_found(discordant: pa.Table, usable: pd.DataFrame, linkers: list[int]) -> FoundIn:
    """Discordant pairs by where their inserts are found.

    Args:
        discordant: `DISCORDANT` of the source.
        usable: from `count_usable`.
        linkers: number of each library's linker, as `DISCORDANT` numbers them; no two alike.
    """
    owner = np.zeros(max(linkers) + 1, np.int64)
    owner[linkers] = np.arange(len(linkers))
    keys = discordant["insert_key"].to_numpy()
    in_linkers = _is_usable(owner[discordant["linker"].to_numpy()], keys, usable)
    in_barcodes = _is_usable(discordant["row"].to_numpy().astype(np.int64), keys, usable)
    n = discordant["n_reads"].to_numpy()
    kinds = (in_linkers & ~in_barcodes, in_barcodes & ~in_linkers, in_linkers & in_barcodes)
    return FoundIn(*(float(n[kind].sum()) for kind in kinds))


def _is_usable(
    rows: npt.NDArray[np.int64], keys: npt.NDArray[np.uint64], usable: pd.DataFrame
) -> npt.NDArray[np.bool_]:
    """Whether each library has a usable pair with the insert."""
    wanted = pd.DataFrame({"row": rows, "insert_key": keys})
    found = wanted.merge(usable, how="left", on=["row", "insert_key"])["n_reads"]
    return found.notna().to_numpy(np.bool_)


def chances(usable: pd.DataFrame, leads: list[str]) -> tuple[FoundIn, FoundIn]:
    """Where the insert of a hop, and of a recombination, would be found.

    Each usable pair is taken out once and made discordant: by a hop into each other library with the same vector end,
    all equally likely, and by a recombination with each other library, by size. So libraries that share inserts, small
    libraries, and inserts of which a library has one pair only count as they are.

    Args:
        usable: from `count_usable`.
        leads: what the junction reads of each library begin with.

    Returns:
        `(hop, recombination)`: chances among visible ones, whose sum is 1 but for inserts found in neither library.
    """
    n = usable["n_reads"].to_numpy(np.float64)
    weight = usable.groupby("row")["n_reads"].transform("sum").to_numpy(np.float64) / max(n.sum(), 1.0)
    alike = pd.Series(leads).map(pd.Series(leads).value_counts()).to_numpy(np.float64) - 1
    n_others = alike[usable["row"].to_numpy()]
    frame = pd.DataFrame(
        {"key": usable["insert_key"], "weight": weight, "lead": usable["row"].map(dict(enumerate(leads)))}
    )
    sharing = np.maximum(frame.groupby("key")["weight"].transform("sum").to_numpy(np.float64) - weight, 0.0)
    n_sharing = frame.groupby(["key", "lead"])["weight"].transform("size").to_numpy(np.float64) - 1
    again = n > 1  # the library has the insert also without the pair that is taken out

    def split(partners: Floats, with_insert: Floats) -> tuple[float, float, float]:
        total = float((n * partners).sum())
        parts = (
            (n * (partners - with_insert))[again].sum(),
            (n * with_insert)[~again].sum(),
            (n * with_insert)[again].sum(),
        )
        own, other, both = (float(part) / total if total > 0 else 0.0 for part in parts)
        return own, other, both

    own, other, both = split(n_others, n_sharing)
    hop = FoundIn(own, other, both)
    own, other, both = split(1 - weight, sharing)
    return hop, FoundIn(other, own, both)


def fit_hop_share(found: FoundIn, hop: FoundIn, recombination: FoundIn) -> tuple[float, float]:
    """Share of hops among discordant pairs, and how many pairs of known kind would say as much.

    The maximum-likelihood share of a mixture of two kinds whose chances are known. Pairs found in neither library say
    nothing (mostly they hold a read error) and are shared out in proportion.

    Args:
        found: discordant pairs by where their inserts are found; at least one.
        hop: the chances of a hop, from `chances`.
        recombination: those of a recombination.

    Returns:
        `(share, effective pairs)`; the second is the number of pairs less the information that undecided ones lack
        (Louis 1982, J R Stat Soc B 44:226).
    """
    n, of_hop, of_recombination = found.values, hop.values, recombination.values
    known_hop, known_recombination = of_hop.sum(), of_recombination.sum()
    if known_hop <= 0 or known_recombination <= 0:
        return float(known_hop > 0), float(n.sum())
    of_hop, of_recombination = of_hop / known_hop, of_recombination / known_recombination
    share = 0.5
    for _ in range(_MAX_STEPS):
        last, share = share, float((n * _posterior(of_hop, of_recombination, share)).sum() / n.sum())
        if abs(share - last) < _TOLERANCE:
            break
    inner = min(max(share, 0.5 / n.sum()), 1 - 0.5 / n.sum())
    probability = _posterior(of_hop, of_recombination, inner)
    lost = np.clip(probability * (1 - probability) / (inner * (1 - inner)), 0, 1)
    hops, recombinations = share / known_hop, (1 - share) / known_recombination
    return hops / (hops + recombinations), float((n * (1 - lost)).sum())


def _posterior(of_hop: Floats, of_recombination: Floats, share: float) -> Floats:
    """Probability to be a hop of a pair of each class; `share` itself where neither kind is expected."""
    hop = share * of_hop
    total = hop + (1 - share) * of_recombination
    probability: Floats = np.where(total > 0, hop / np.where(total > 0, total, 1), share)
    return probability


def exact_interval(hits: float, n: float) -> tuple[float, float]:
    """Clopper-Pearson interval of a proportion, also for effective (broken) counts.

    >>> [round(limit, 4) for limit in exact_interval(5, 100)]
    [0.0164, 0.1128]
    """
    tail = (1 - CONFIDENCE) / 2
    low = float(beta.ppf(tail, hits, n - hits + 1)) if hits > 0 else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, n - hits)) if hits < n else 1.0
    return low, high


def visible_shares(libraries: list[LibraryTags], sizes: Floats) -> tuple[float, float]:
    """Which part of all hops, and of all recombinations, makes a discordant pair that is seen as such.

    A hop may go to any other library of the sheet; where the two begin with different vector ends, the pair fails at the
    vector end instead. A recombination takes its linker from any molecule of the source, so also from the pair's own
    library, where it leaves no trace; libraries count by their usable pairs.

    Args:
        libraries: the rows of the source.
        sizes: usable pairs of each.
    """
    weight = sizes / max(float(sizes.sum()), 1.0)
    leads = pd.Series([library.lead for library in libraries])
    alike = leads.map(leads.value_counts()).to_numpy(np.float64) - 1
    hops = float((weight * alike).sum()) / max(len(libraries) - 1, 1)
    return hops, 1 - float((weight**2).sum())


def estimate_crosstalk(
    source: str,
    libraries: list[LibraryTags],
    discordant: pa.Table,
    usable: pd.DataFrame,
    calling: Calling,
    reason: str = "",
) -> dict[str, Any]:
    """One row of `CROSSTALK`.

    Args:
        source: name of the source.
        libraries: its rows, in sheet order.
        discordant: its `DISCORDANT` pairs, all chunks.
        usable: its usable pairs by library and insert, from `count_usable`.
        calling: thresholds.
        reason: why it cannot be estimated, from `why_not_estimable`.

    Returns:
        Rates per read pair; missing where there is a reason.
    """
    n_discordant = int(np.sum(discordant["n_reads"].to_numpy()))
    n_pairs = int(usable["n_reads"].sum()) + n_discordant
    row: dict[str, Any] = {"source": source, "n_libraries": len(libraries), "n_pairs": n_pairs}
    row["n_discordant"] = n_discordant
    if reason:
        return row | {"reason": f"not estimated: {reason}"}
    linkers = list(dict.fromkeys(library.linker for library in libraries))
    found = count_found(discordant, usable, [linkers.index(library.linker) for library in libraries])
    nowhere = n_discordant - int(found.values.sum())
    row |= {"n_hop": int(found.linkers), "n_recombination": int(found.barcodes)}
    row["n_undecided"] = int(found.both) + nowhere
    if n_discordant < calling.min_discordant_pairs:
        return row | {"reason": f"not estimated: {n_discordant} discordant pairs"}
    if nowhere > calling.max_unexplained_discordant * n_discordant or nowhere == n_discordant:
        return row | {
            "reason": f"not estimated: the inserts of {nowhere} of {n_discordant} discordant pairs are in neither "
            "library (compare barcodes and linkers of the sheet with the primer list, or the reads per site are too few)"
        }
    sizes = usable.groupby("row")["n_reads"].sum().reindex(range(len(libraries)), fill_value=0)
    share, effective = fit_hop_share(found, *chances(usable, [library.lead for library in libraries]))
    visible = visible_shares(libraries, sizes.to_numpy(np.float64))
    return row | _rates(share, effective, n_pairs * effective / n_discordant, visible)


def _rates(share: float, effective: float, scaled: float, visible: tuple[float, float]) -> dict[str, Any]:
    """Both rates with their intervals; a kind of which nothing would be visible has none, and a reason.

    Args:
        share: of hops among discordant pairs.
        effective: discordant pairs, as many as are known to be the one or the other.
        scaled: all pairs, scaled down as discordant ones are in `effective`.
        visible: from `visible_shares`.
    """
    found: dict[str, Any] = {"reason": ""}
    for kind, part, seen in (("hop", share, visible[0]), ("recombination", 1 - share, visible[1])):
        if seen <= 0:
            found["reason"] = f"{kind} not estimated: no two libraries of the source could show it"
            continue
        rate = part * effective / scaled
        low, high = exact_interval(part * effective, scaled)
        numbers = (min(number / seen, 1.0) for number in (rate, low, high))
        found |= dict(zip((f"{kind}_rate", f"{kind}_low", f"{kind}_high"), numbers, strict=True))
    return found
