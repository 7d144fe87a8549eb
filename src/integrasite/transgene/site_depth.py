"""Host depth at a subject's sites, for files that hold a part of a genome and nothing of the control loci."""

from collections.abc import Collection
from dataclasses import replace
from math import isnan

import pandas as pd

from integrasite.model.transgene import FINDINGS, Finding
from integrasite.sites.tumour_sizes import counts_of
from integrasite.transgene.judge_study import SampleData

_LEVELS = (0.025, 0.975)
_LEAST_SITES = 3
"""Sites from which their scatter tells more than counting does."""


def depth_at_sites(counts: pd.DataFrame) -> tuple[float, float, float]:
    """Distinct fragments that begin per base of the host, with 95 % limits, at the sites of one sample.

    All copies of a locus count: those without the vector by the fragments over the intact place, those with it by the fragments
    over its junctions. Where sites scatter more than counting explains, the interval is wider by as much (quasi-Poisson).

    Args:
        counts: rows of `SITE_COUNTS` of one sample; places that reads share with other places (`cluster`) are left out.

    Returns:
        Estimate and limits, in the unit of `HOST_DEPTH.fragments_per_base`; NaN where nothing was counted.
    """
    from scipy.special import gammaincinv

    own = counts[counts["cluster"].fillna("") == ""]
    found = counts_of(own)
    used = (found.window > 0) & (found.window_intact > 0)
    found = found.take(used)
    total = found.junction + found.intact
    n = float(total.sum())
    if n == 0:
        return (float("nan"),) * 3
    intact, junction = (
        float(fragments.sum() / windows.sum())
        for fragments, windows in ((found.intact, found.window_intact), (found.junction, found.window))
    )
    expected = intact * found.window_intact + junction * found.window
    scatter = 1.0
    if total.size >= _LEAST_SITES:
        scatter = max(1.0, float(((total - expected) ** 2 / expected).sum()) / (total.size - 1))
    effective = n / scatter
    low, high = (float(gammaincinv(effective + 0.5, level)) / effective for level in _LEVELS)
    depth = intact + junction
    return depth, depth * min(low, 1.0), depth * max(high, 1.0)


def with_depth_at_sites(sample: SampleData, counts: pd.DataFrame) -> SampleData:
    """The sample with the depth at its subject's sites, where its control loci hold no fragment and the sites do.

    Files that hold a part of a genome (reads around places, or of some genes) have no reads at control loci. That a file which
    lacks these has all reads of the vector is the reader's to judge, so the verdict says where its depth comes from.

    Args:
        sample: as it is judged.
        counts: its rows of `SITE_COUNTS`.
    """
    if sample.library.assay != "wgs" or sample.fragments_per_base[0] > 0:
        return sample
    found = depth_at_sites(counts)
    if isnan(found[0]):
        return sample
    shape = sample.shape
    reads = shape.read_length * (2 if shape.is_paired else 1)
    return replace(sample, fragments_per_base=found, depth=found[0] * reads)


def name_depth_at_sites(judged: pd.DataFrame, samples: Collection[str]) -> pd.DataFrame:
    """Say in the rows of `TRANSGENE` of these samples where their depth comes from."""
    rows = judged["sample"].isin(list(samples))
    reason = judged["reason"] + "; " + FINDINGS[Finding.DEPTH_AT_SITES]
    findings = (judged["findings"].fillna("") + "," + Finding.DEPTH_AT_SITES.value).str.removeprefix(",")
    return judged.assign(
        reason=judged["reason"].mask(rows, reason), findings=judged["findings"].mask(rows, findings)
    )
