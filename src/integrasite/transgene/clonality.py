"""Which sites can lie in the same cells, and whether the vector lies in the tumour's clone or in other cells of the sample."""

from dataclasses import dataclass
from math import isnan

import numpy as np

from integrasite.config.calling import Calling
from integrasite.sites.tumour_fractions import GRID, Floats, SiteCounts, log_likelihood, pooled_fraction

CLONAL, BYSTANDER, INDETERMINATE = "CLONAL", "BYSTANDER", "INDETERMINATE"
HALF = 0.5
"""Two sets of cells that each hold more than half of all share cells."""


@dataclass(frozen=True)
class Sample:
    """Counts of a subject's sites in one sample.

    Args:
        name: of the sample.
        counts: one row per site, in the order of the subject's sites.
        factor: fraction of cells per allele fraction, per site (`cells_per_allele`).
    """

    name: str
    counts: SiteCounts
    factor: Floats


@dataclass(frozen=True)
class Clone:
    """Sites that can be those of one clone.

    Args:
        sites: row numbers of the sites.
        fractions: per sample, the pooled fraction of cells with its 95 % interval.
        is_certain: more than one site, and in some sample the interval lies above one half, so that the sites must share cells;
            else they only may.
    """

    sites: tuple[int, ...]
    fractions: dict[str, tuple[float, float, float]]
    is_certain: bool


@dataclass
class _Group:
    """Sites taken together: sums over them, per sample."""

    sites: list[int]
    together: Floats
    """Log likelihood of one common fraction, samples x `GRID`."""
    apart: Floats
    """Sum of the sites' own best log likelihoods, per sample."""
    covered: Floats
    """Sites with any fragment, per sample."""
    junctions: Floats
    """Junction fragments, per sample."""

    def with_other(self, other: "_Group") -> "_Group":
        """Both together."""
        return _Group(
            self.sites + other.sites,
            self.together + other.together,
            self.apart + other.apart,
            self.covered + other.covered,
            self.junctions + other.junctions,
        )

    def p_same(self) -> float:
        """P value of one fraction for all sites in every sample (likelihood-ratio test).

        Samples without a junction fragment at any of the sites say nothing and add no degree of freedom.
        """
        from scipy.stats import chi2

        speaks = (self.covered >= 2) & (self.junctions > 0)
        statistic = 2 * float((self.apart - self.together.max(axis=1))[speaks].sum())
        freedom = int((self.covered[speaks] - 1).sum())
        return float(chi2.sf(max(statistic, 0.0), freedom)) if freedom else 1.0


def _single_groups(samples: list[Sample], n_sites: int) -> list[_Group]:
    likely = np.stack([log_likelihood(sample.counts, GRID, sample.factor) for sample in samples], axis=1)
    junctions = np.stack([sample.counts.junction for sample in samples], axis=1)
    fragments = junctions + np.stack([sample.counts.intact for sample in samples], axis=1)
    covered = (fragments > 0).astype(np.float64)
    return [
        _Group([site], likely[site], likely[site].max(axis=1), covered[site], junctions[site])
        for site in range(n_sites)
    ]


def group_sites(samples: list[Sample], n_sites: int, calling: Calling) -> list[Clone]:
    """Put sites into as few clones as their fractions allow, largest fractions first.

    A site joins the clone that it fits best if all sites together have one fraction in every sample (p at least
    `same_clone_p`). Small fractions fit nearly anything: `is_certain` says where cells must be shared.

    Args:
        samples: of one subject; at least one.
        n_sites: sites to group; all of them pass.
        calling: thresholds.
    """
    single = _single_groups(samples, n_sites)
    size = [GRID[int(np.argmax(group.together[int(np.argmax(group.junctions))]))] for group in single]
    order = sorted(range(n_sites), key=lambda site: (-round(float(size[site]), 9), site))
    groups: list[_Group] = []
    for site in order:
        joined = [group.with_other(single[site]) for group in groups]
        chances = [group.p_same() for group in joined]
        best = int(np.argmax(chances)) if chances else -1
        if chances and chances[best] >= calling.same_clone_p:
            groups[best] = joined[best]
        else:
            groups.append(single[site])
    return [_clone(samples, sorted(group.sites)) for group in groups]


def _fraction(sample: Sample, sites: list[int]) -> tuple[float, float, float]:
    rows = np.array(sites, np.int64)
    found = pooled_fraction(sample.counts.take(rows), sample.factor[rows])
    return (0.0, 0.0, 1.0) if isnan(found[0]) else found


def _clone(samples: list[Sample], sites: list[int]) -> Clone:
    fractions = {sample.name: _fraction(sample, sites) for sample in samples}
    shared = len(sites) > 1 and any(low > HALF for _, low, _ in fractions.values())
    return Clone(tuple(sites), fractions, shared)


def judge_clonality(
    vcn: tuple[float, float, float] | None, site_lows: Floats, is_purity_known: bool, calling: Calling
) -> tuple[str, str]:
    """Whether the vector lies in the tumour's clone (rule C1).

    Args:
        vcn: vector copies per tumour cell with its interval; None where purity is not known.
        site_lows: lower limits of the cancer-cell fractions of the passing sites.
        is_purity_known: whether fractions are of the tumour's cells.
        calling: thresholds.

    Returns:
        `CLONAL`, `BYSTANDER` or `INDETERMINATE`, and why.
    """
    if not is_purity_known or vcn is None or any(isnan(value) for value in vcn):
        return INDETERMINATE, "purity is not given, so copies cannot be told per tumour cell"
    _, low, high = vcn
    top = float(np.nanmax(site_lows)) if site_lows.size and not np.isnan(site_lows).all() else float("nan")
    shown = f"{low:.2g} to {high:.2g} copies per tumour cell"
    if high <= calling.bystander_vcn:
        return BYSTANDER, f"{shown}: most tumour cells carry none"
    if low >= calling.clonal_vcn and top >= calling.clonal_ccf:
        return CLONAL, f"{shown}, and a site in at least {top:.2g} of the tumour cells"
    if isnan(top):
        return INDETERMINATE, f"{shown}, but no site was placed"
    if low >= calling.clonal_vcn:
        return (
            INDETERMINATE,
            f"{shown}, but no site is sure to be in {calling.clonal_ccf:.2g} of the tumour cells",
        )
    return INDETERMINATE, f"{shown}: neither every tumour cell nor few of them"
