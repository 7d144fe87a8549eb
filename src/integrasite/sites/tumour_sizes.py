"""Sized sites of one subject: counts of every sample to allele and cell fractions, limits, statuses, and the shared tables.

A site that one sample shows is counted in all samples of the subject, so that "not seen" comes with the fraction that could have
been missed (joint calling).
"""

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.io.tables import as_table
from integrasite.model.library import Library
from integrasite.model.tables import CLONES, SITES, TUMOUR_SITES
from integrasite.sites.tumour_fractions import (
    Floats,
    SiteCounts,
    allele_fractions,
    cells_per_allele,
    compare_ends,
    exceeds,
    leave_out_lost_ends,
    unseen_limit,
)
from integrasite.sites.tumour_support import BELOW_LIMIT, ONE_FRAGMENT, PASS

SITE_KEY = ["contig", "position", "strand", "vector", "cluster"]
TUMOUR_CELLS, ALL_CELLS = "tumour cells", "all cells"
"""What `ccf` is a fraction of; `all cells` where purity is not known (or 0)."""
ENDS_DIFFER = "the two ends differ in their fragments: host lost or rearranged at the site, or two sites"
MORE_THAN_ONE = "more than one copy per cell, or purity and copy number are not as stated"
NOT_MEASURED = "intact fragments were not counted"
OPEN = "allele fraction open"
CAPTURE, REPEAT, VECTOR_LIKE, ALIKE = "capture", "repeat", "vector-like", "alike"
WHY_OPEN = {
    CAPTURE: "probes catch junctions, not copies without the vector",
    REPEAT: "the site lies in a repeat, and no read tells its copies without the vector from the host's other places",
    VECTOR_LIKE: "a vector holds the host's sequence around the site, and its fragments cannot be told from copies without it",
    ALIKE: "host and vector begin alike at the junction, so that no read tells copies without the vector",
}
"""Why the window of intact fragments is 0, and with it the allele fraction unknown."""
_COUNTS = [
    "n_junction_5",
    "n_junction_3",
    "n_intact",
    "window_junction_5",
    "window_junction_3",
    "window_intact",
]
_THRESHOLDS = {"p_ge_10": 0.1, "p_ge_20": 0.2, "p_ge_30": 0.3}


def counts_of(table: pd.DataFrame) -> SiteCounts:
    """Counts and windows of rows that have the columns of `SITE_COUNTS`."""
    columns = (table[name].astype("float64").fillna(0.0) for name in _COUNTS)
    return SiteCounts(*(np.asarray(column, np.float64) for column in columns))


def size_sites(
    sites: pd.DataFrame, counts: pd.DataFrame, libraries: tuple[Library, ...], calling: Calling
) -> pd.DataFrame:
    """Fill in what the counts say.

    Args:
        sites: table `TUMOUR_SITES` of one subject.
        counts: table `SITE_COUNTS`; a row of `sites` that it lacks stays without fractions.
        libraries: the subject's samples (purity, ploidy).
        calling: thresholds.

    Returns:
        `TUMOUR_SITES`, with the windows of `SITE_COUNTS` beside, and `is_measured`: whether the counts can give a fraction.
    """
    table = _with_counts(sites, counts)
    table = _raise_single_fragments(table, calling)
    measured = counts_of(table)
    p_ends = compare_ends(measured)
    used = leave_out_lost_ends(measured, p_ends, calling.ends_differ_p)
    factor, words = _factors(table, libraries)
    alleles, seen = allele_fractions(used), table["is_measured"].to_numpy(bool)
    cells = alleles.times(factor)
    table = table.assign(
        vaf=alleles.value, vaf_low=alleles.low, vaf_high=alleles.high,
        ccf=cells.value, ccf_low=cells.low, ccf_high=cells.high,
        fraction_of=np.where(seen, words, ""),
        limit=np.minimum(unseen_limit(used) * factor, 1.0),
        p_ends=np.where(seen, p_ends, np.nan),
    )  # fmt: skip
    for name in ("vaf", "vaf_low", "vaf_high", "ccf", "ccf_low", "ccf_high", "limit"):
        table[name] = table[name].where(seen)
    table = _statuses(table, alleles.low * factor > 1.0, calling)
    # a fraction that stays open says nothing of a clone either
    return table.assign(is_measured=seen & (measured.window > 0) & (measured.window_intact > 0))


def _with_counts(sites: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Rows of `sites` with their counts; fragments of the first pass stand in where a row was not counted."""
    kept = sites.drop(columns=["n_intact"])
    table = kept.merge(counts, how="left", on=["sample", *SITE_KEY], suffixes=("_first", ""))
    table["is_measured"] = table["n_intact"].notna()
    for side in (5, 3):
        name = f"n_junction_{side}"
        table[name] = table[name].fillna(table[f"{name}_first"]).astype("Int64")
    return table


def _raise_single_fragments(table: pd.DataFrame, calling: Calling) -> pd.DataFrame:
    """Tier B for a site of one fragment where counting with short anchors found another one."""
    total = (table["n_junction_5"] + table["n_junction_3"]).astype("int64")
    summed = total.groupby([table[name] for name in SITE_KEY]).transform("sum")
    split = (
        (table["n_split_5"] + table["n_split_3"]).groupby([table[name] for name in SITE_KEY]).transform("sum")
    )
    complete = table["ends"].str.contains("U3|U5", regex=True)
    raised = (
        (table["reason"] == ONE_FRAGMENT) & (summed >= calling.tier_b_fragments) & (split >= 1) & complete
    )
    table.loc[raised, ["tier", "status", "reason"]] = ["B", PASS, ""]
    return table


def _factors(table: pd.DataFrame, libraries: tuple[Library, ...]) -> tuple[Floats, list[str]]:
    known = {library.sample: cells_per_allele(library.purity, library.ploidy) for library in libraries}
    words = {library.sample: TUMOUR_CELLS if library.purity else ALL_CELLS for library in libraries}
    return np.asarray(table["sample"].map(known), np.float64), [words[sample] for sample in table["sample"]]


def _statuses(
    table: pd.DataFrame, too_many: "np.ndarray[tuple[int], np.dtype[np.bool_]]", calling: Calling
) -> pd.DataFrame:
    """Statuses per sample: seen, or not seen with its limit; notes on rows that pass."""
    called = table["status"].isin([PASS]) | (table["reason"].str.startswith("not seen"))
    found = ((table["n_junction_5"] + table["n_junction_3"]).astype("int64") > 0) | (table["n_fragments"] > 0)
    table.loc[called & found, ["status", "reason"]] = [PASS, ""]
    table.loc[called & ~found, "status"] = BELOW_LIMIT
    why_open = table["why_open"].fillna("").map(WHY_OPEN).fillna("")
    limits = [_limit_words(limit, why) for limit, why in zip(table["limit"], why_open, strict=True)]
    table["reason"] = table["reason"].mask(called & ~found, pd.Series(limits, index=table.index))
    is_pass = table["status"] == PASS
    for rows, words in (
        (~table["is_measured"], NOT_MEASURED),
        (why_open != "", OPEN + ": " + why_open),
        (table["p_ends"] < calling.ends_differ_p, ENDS_DIFFER),
        (pd.Series(too_many, index=table.index), MORE_THAN_ONE),
    ):
        noted = is_pass & rows.fillna(False).astype(bool)
        joined = (table["reason"] + "; " + words).str.removeprefix("; ")
        table["reason"] = table["reason"].mask(noted, joined)
    return table


def _limit_words(limit: float, why_open: str) -> str:
    """What not seeing a site says."""
    if limit == limit:
        return f"not seen; a fraction of {limit:.2g} would have been seen in 95 % of such samples"
    return (
        f"not seen; {OPEN}: {why_open}"
        if why_open
        else "not seen, and not covered well enough to say what was missed"
    )


def as_tumour_sites(sized: pd.DataFrame) -> pd.DataFrame:
    """The declared columns."""
    return as_table(sized, TUMOUR_SITES)


def as_site_rows(sized: pd.DataFrame) -> pd.DataFrame:
    """Rows of `SITES`: sites that a sample shows. Both ends are one row, named by the end that defines the position."""
    shown = sized[(sized["n_junction_5"] + sized["n_junction_3"] + sized["n_fragments"]) > 0]
    has_three = (shown["n_split_3"] + shown["n_discordant_3"]) > 0
    total = shown[["n_junction_5", "n_junction_3"]].sum(axis=1).astype("int64")
    table = shown.assign(
        vector_end=np.where(has_three, "U5", "U3"),
        n_fragments=np.maximum(shown["n_fragments"].astype("int64"), total),
        n_reads=np.maximum(shown["n_reads"].astype("int64"), total),
        n_split=shown["n_split_5"] + shown["n_split_3"],
        n_discordant=shown["n_discordant_5"] + shown["n_discordant_3"],
        n_lengths=0,
        n_umis=0,
    )
    return as_table(table, SITES)


def as_clone_rows(sized: pd.DataFrame, libraries: tuple[Library, ...], calling: Calling) -> pd.DataFrame:
    """Rows of `CLONES`: one per specimen and site, `fraction` the fraction of cells (`estimator` `ccf`), libraries pooled.

    Only passing rows have a fraction. `cells` stays empty: a genome's reads say which share of the cells carries a site, not of
    how many.
    """
    of = {library.sample: library for library in libraries}
    shown = sized[(sized["n_junction_5"] + sized["n_junction_3"] + sized["n_fragments"]) > 0].copy()
    shown["specimen"] = [of[sample].specimen for sample in shown["sample"]]
    rows = [
        _clone_row(group, of[str(group["sample"].iloc[0])], calling)
        for _, group in shown.groupby(["specimen", *SITE_KEY], sort=True)
    ]
    return as_table(pd.DataFrame(rows), CLONES)


def _clone_row(group: pd.DataFrame, library: Library, calling: Calling) -> dict[str, object]:
    ordered = group.assign(passed=group["status"] != PASS).sort_values(["passed", "sample"], kind="stable")
    first = ordered.iloc[0]
    names = ["subject", *SITE_KEY, "site_id", "placement", "status", "reason"]
    row: dict[str, object] = {name: first[name] for name in names}
    row |= {
        "specimen": library.specimen, "timepoint": library.timepoint, "days": library.days, "tissue": library.tissue,
        "cell_type": library.cell_type, "n_replicates": group["sample"].nunique(), "n_reads": int(group["n_reads"].sum()),
        "n_fragments": int(as_site_rows(group)["n_fragments"].sum()), "estimator": "ccf", "saturated": False,
    }  # fmt: skip
    usable = group[(group["status"] == PASS) & group["is_measured"]]
    return row | (_pooled(usable, library, calling) if len(usable) else {})


def _pooled(group: pd.DataFrame, library: Library, calling: Calling) -> dict[str, object]:
    """Fraction of the libraries of a specimen together: fragments add up, windows are averaged by them."""
    own = leave_out_lost_ends(counts_of(group), group["p_ends"].to_numpy(np.float64), calling.ends_differ_p)
    size = own.junction + own.intact
    summed = [np.array([array.sum()]) for array in (own.five, own.three, own.intact)]
    widths = (own.window_five, own.window_three, own.window_intact)
    averaged = [np.array([float((array * size).sum() / max(size.sum(), 1.0))]) for array in widths]
    counts = SiteCounts(*summed, *averaged)
    factor = np.array([cells_per_allele(library.purity, library.ploidy)])
    found = allele_fractions(counts).times(factor)
    values: dict[str, object] = {
        "fraction": float(found.value[0]),
        "fraction_low": float(found.low[0]),
        "fraction_high": float(found.high[0]),
    }
    return values | {name: float(exceeds(counts, factor, at)[0]) for name, at in _THRESHOLDS.items()}
