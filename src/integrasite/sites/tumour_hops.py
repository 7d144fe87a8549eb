"""Sites that samples of other subjects in the same sequencing run have too: whose are they?

Two subjects do not share a site by chance. The one with few fragments got them from the other's reads (index hopping) or DNA.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.sites.tumour_joins import VectorEnds, codes_of, near_pairs, usable_rows
from integrasite.sites.tumour_pairs import PAIR_SLACK
from integrasite.sites.tumour_support import AMBIGUOUS, PASS

CONTAMINATION = "contamination"
FOLD = 10
"""How many times as many fragments make one of two subjects the source of a site that both have."""
_ALPHA = 0.001
"""Chance of as many hopped fragments from which they are not hopped."""


def count_others(
    others: pd.DataFrame, sites: pd.DataFrame, vectors: Mapping[str, VectorEnds], calling: Calling
) -> pd.DataFrame:
    """What other subjects' samples show at a subject's sites.

    Args:
        others: table `TUMOUR_JUNCTIONS` of other subjects' samples in the same runs.
        sites: from `as_sites`.
        vectors: by name.
        calling: thresholds.

    Returns:
        Per site (row number as index) that others have: `fragments` and `reads`, weighted by placement, and `sample`, the one
        with most fragments.
    """
    rows = usable_rows(others, vectors, calling)
    rows = rows[rows["is_split"]].reset_index(drop=True)
    if not len(rows) or not len(sites):
        return pd.DataFrame({"fragments": [], "reads": [], "sample": []})
    tsd = rows["vector"].map({name: v.tsd for name, v in vectors.items()}).to_numpy(np.int64)
    strand = rows["strand"].to_numpy(np.int64)
    at = rows["host"].to_numpy(np.int64) - np.where(rows["side"] == 5, strand * (tsd - 1), 0)
    key = ["vector", "contig", "strand"]
    group = codes_of(pd.concat([rows[key], sites[key]], ignore_index=True), key)
    here = sites["position"].to_numpy(np.int64)
    row, site = near_pairs(group[: len(rows)], at, group[len(rows) :], here, -PAIR_SLACK, PAIR_SLACK)
    hits = rows.iloc[row][["sample", "fragment", "weight", "n_copies"]].assign(site=site)
    hits = hits.sort_values("weight", ascending=False, kind="stable").drop_duplicates(
        ["site", "sample", "fragment"]
    )
    hits["reads"] = hits["weight"] * hits["n_copies"]
    by_sample = hits.groupby(["site", "sample"])[["weight", "reads"]].sum().reset_index()
    ordered = by_sample.sort_values(
        ["site", "weight", "sample"], ascending=[True, False, True], kind="stable"
    )
    summed = by_sample.groupby("site")[["weight", "reads"]].sum().rename(columns={"weight": "fragments"})
    return summed.assign(sample=ordered.drop_duplicates("site").set_index("site")["sample"])


def judge_shared(units: pd.DataFrame, others: pd.DataFrame, calling: Calling) -> pd.DataFrame:
    """Set status and reason of passing units that other subjects have too.

    Args:
        units: from `describe_support`.
        others: from `count_others`.
        calling: `assumed_hop_rate`, of read pairs.
    """
    from scipy.stats import poisson

    status, reason = list(units["status"]), list(units["reason"])
    fragments_at, reads_at, sample_at = (dict(others[name]) for name in ("fragments", "reads", "sample"))
    for row, (site, own, reads) in enumerate(
        zip(units["site"], units["n_fragments_subject"], units["n_reads"], strict=True)
    ):
        if status[row] != PASS or site not in fragments_at:
            continue
        fragments, source = float(fragments_at[site]), str(sample_at[site])
        hopped_in = poisson.sf(int(own) - 1, calling.assumed_hop_rate * float(reads_at[site]))
        hopped_out = poisson.sf(round(fragments) - 1, calling.assumed_hop_rate * float(reads))
        if own * FOLD <= fragments or (hopped_in >= _ALPHA and own < fragments):
            status[row] = CONTAMINATION
            reason[row] = (
                f"{source} of another subject has {fragments:.0f} fragments at this site: index hopping or DNA of it"
            )
        elif fragments * FOLD > own and not (hopped_out >= _ALPHA and fragments < own):
            status[row] = AMBIGUOUS
            reason[row] = (
                f"{source} of another subject has this site too: DNA of one in the other, or samples mixed up"
            )
    return units.assign(status=status, reason=reason)
