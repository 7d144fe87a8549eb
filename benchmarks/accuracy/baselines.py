"""Published rules as small reference functions, to stand beside integrasite's results in the same table.

They are the rules as their papers state them, re-stated over our tables; none is another program's code. `evidence`
is a table with one row per molecule and `sample, contig, position, strand, length, n_reads, is_unique` (position
1-based, in site coordinates; length in bp, 0 where unknown).
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

MAPQ_12_ERROR = 10 ** (-12 / 10)
"""Chance of a wrong place that MAPQ 12 stands for."""
SITE = ["contig", "position", "strand"]


def fixed_windows(evidence: pd.DataFrame, width: int) -> pd.DataFrame:
    """Sites by windows of fixed width, each at its most frequent position.

    A window opens at the first position that no earlier one covers and takes in all positions of the sample
    and strand less than `width` bp on. Of equally frequent positions the smallest wins.

    Args:
        evidence: one row per molecule; only those placed uniquely are used.
        width: of a window, bp.

    Returns:
        Columns `sample, contig, position, strand, n_reads, n_fragments` (distinct lengths), sorted.
    """
    keys = ["sample", "contig", "strand", "window"]
    frame = evidence[evidence["is_unique"]].sort_values(["sample", "contig", "strand", "position"])
    grouped = frame.groupby(["sample", "contig", "strand"], sort=False)["position"]
    frame = frame.assign(window=grouped.transform(lambda p: _window_starts(p.to_numpy(np.int64), width)))
    votes = frame.groupby([*keys, "position"], as_index=False).agg(n_reads=("n_reads", "sum"))
    best = votes.sort_values([*keys, "n_reads", "position"], ascending=[True] * 4 + [False, True])
    best = best.drop_duplicates(keys)[[*keys, "position"]]
    sizes = frame.groupby(keys, as_index=False).agg(
        n_reads=("n_reads", "sum"), n_fragments=("length", "nunique")
    )
    merged = best.merge(sizes, on=keys, validate="one_to_one").sort_values(["sample", *SITE])
    return merged[["sample", *SITE, "n_reads", "n_fragments"]].reset_index(drop=True)


def _window_starts(positions: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]", width: int) -> list[int]:
    """First position of the window that each of the sorted positions lies in."""
    starts: list[int] = []
    for position in positions.tolist():
        starts.append(starts[-1] if starts and position - starts[-1] < width else position)
    return starts


def unique_only(sites: pd.DataFrame) -> pd.DataFrame:
    """Sites that a mapping-quality cut leaves: those with a single place."""
    return sites[sites["placement"] == "unique"].reset_index(drop=True)


def length_fractions(fragments: pd.DataFrame) -> pd.DataFrame:
    """Clone fractions by counting distinct fragment lengths.

    Args:
        fragments: passed rows of the fragments table with `specimen`; replicates of a specimen are counted together.

    Returns:
        Columns `specimen, contig, position, strand, n_lengths, fraction` (0-1, adds up to 1 per specimen).
    """
    counts = fragments.groupby(["specimen", *SITE], as_index=False).agg(n_lengths=("length", "nunique"))
    totals = counts.groupby("specimen")["n_lengths"].transform("sum")
    return counts.assign(fraction=counts["n_lengths"] / totals)


def exact_ltr(reads: Iterable[str], lead: str) -> list[bool]:
    """Which junction reads begin with exactly this primer and LTR end."""
    return [read.startswith(lead) for read in reads]


def ten_times(sites: pd.DataFrame, ratio: float = 10.0) -> pd.DataFrame:
    """Sites that are left when a shared one is kept only by the subject with ten times more reads than any other.

    Args:
        sites: rows with `subject, contig, position, strand, n_reads`; one per library.
        ratio: how many times more reads the owner needs.

    Returns:
        The rows that stay. A site seen in several subjects of whom none has so many reads goes from all of them.
    """
    reads = sites.groupby([*SITE, "subject"], as_index=False).agg(n_reads=("n_reads", "sum"))
    ranked = reads.sort_values([*SITE, "n_reads"], ascending=[True, True, True, False])
    second = ranked.groupby(SITE)["n_reads"].shift(-1).fillna(0)
    leads = ~ranked.duplicated(SITE) & ((second == 0) | (ranked["n_reads"] >= ratio * second))
    kept = ranked.loc[leads, [*SITE, "subject"]]
    return sites.merge(kept, on=[*SITE, "subject"], how="inner", validate="many_to_one")
