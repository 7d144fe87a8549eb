"""Clone sizes from fragment lengths by maximum likelihood (the model of sonicLength).

Two cells whose DNA breaks at the same length look like one, so counting distinct lengths makes large clones
too small. Each bin k = (replicate, length) is taken as hit a Poisson number of times with mean theta * phi_k;
only whether it was hit is seen. theta is the number of cells sampled, phi the distribution of lengths over
all replicates. The likelihood needs the occupied bins only, so cost grows with what was seen.

References:
    Berry et al. 2012, Bioinformatics 28:755; see docs/methods.md, "Clone sizes".
"""

from dataclasses import dataclass

import numpy as np

from integrasite.abundance.bins import Bins, BoolArray, FloatArray, IntArray
from integrasite.abundance.smoothing import Grid, Knots, make_grid, make_smoother

PLAUSIBLE = 0.05
"""A bin is plausible where its probability exceeds this share of its replicate's largest."""
SATURATED = 0.97
"""Share of plausible bins which, when occupied in every replicate, leaves only a lower bound."""
OWN_LENGTHS = 20
"""Lengths per replicate from which a clone's size is estimated in each replicate and summed: replicates differ,
and a large clone with one size for all would lose cells where it fills most lengths."""
_MAX_CYCLES = 400
_STILL_RISING = 1e-4


@dataclass(frozen=True)
class SonicFit:
    """The fit of one specimen.

    Args:
        theta: cells per site; never below the site's distinct bins, 0 for sites without any.
        variance: sampling variance of `theta` (inverse observed information), never below `theta`.
        phi: probability of each of the observed bins, in the order of `Bins`.
        distribution: probability of each (replicate, grid point), per base pair.
        grid: the lengths that the grid points stand for.
        saturated: whether `theta` is a lower bound, because the site fills nearly all plausible bins or its
            value was still rising when the iteration stopped.
        n_cycles: cycles of the outer iteration.
        converged: whether it stopped by itself.
    """

    theta: FloatArray
    variance: FloatArray
    phi: FloatArray
    distribution: FloatArray
    grid: Grid
    saturated: BoolArray
    n_cycles: int
    converged: bool


def fit_sonic(bins: Bins, *, knots: Knots = "quantile", tolerance: float = 1e-5) -> SonicFit:
    """Fit sizes of all sites and the distribution of lengths together.

    Args:
        bins: what was seen.
        knots: "quantile" adapts the length curve to the data, and lets large clones differ between replicates;
            "soniclength" takes the R package's curve, and one size per clone.
        tolerance: largest relative change of any theta at which the iteration stops.

    Returns:
        The fit. Inputs too small for a length curve get the value under equally likely
        lengths, and a single fragment counts as exactly one cell.
    """
    grid = make_grid(bins.longest)
    smoother = make_smoother(bins, grid, knots)
    cell = bins.replicate * grid.size + grid.index(bins.length)
    shape = (bins.n_replicates, grid.size)
    n_cells = shape[0] * shape[1]
    theta = bins.n_lengths.astype(float)
    weights = np.ones(bins.site.size)
    split = _Split.of(bins) if knots == "quantile" and smoother.fits else None
    converged, cycle = False, 0
    while not converged and cycle < _MAX_CYCLES:
        cycle += 1
        counts: FloatArray = np.bincount(cell, weights, minlength=n_cells).reshape(shape).astype(float)
        distribution = smoother.smooth(counts) / grid.step
        phi = distribution.ravel()[cell]
        previous, theta = theta, solve_theta(bins.site, phi, bins.n_sites, theta)
        converged = not smoother.fits or _largest_change(previous, theta) <= tolerance
        rate = theta[bins.site] * phi
        if split is not None:
            rate[split.rows] = split.solve(phi, distribution.sum(axis=1) * grid.step, theta)
        weights = rate / -np.expm1(-rate)
    if not smoother.fits:
        theta = np.where(bins.n_lengths == 1, 1.0, theta)
    saturated = np.zeros(bins.n_sites, dtype=bool)
    if smoother.fits:
        saturated = _find_saturated(bins, grid, distribution) | (theta > previous * (1 + _STILL_RISING))
    variance = sampling_variance(bins.site, phi, bins.n_sites, theta)
    if split is not None:
        theta[split.sites], variance[split.sites] = split.summed()
    return SonicFit(theta, variance, phi, distribution, grid, saturated, cycle, converged)


@dataclass
class _Split:
    """Large clones, each replicate on its own; a replicate that a clone fills takes its share of the whole.

    Args:
        sites: the large clones.
        rows: the occupied bins of these clones.
        group: (clone, replicate) of each of these bins, numbered clone by clone.
        n_replicates: number of replicates.
        full: groups that are filled; once filled, they stay so, which lets the iteration settle.
    """

    sites: IntArray
    rows: IntArray
    group: IntArray
    n_replicates: int
    full: BoolArray
    theta: FloatArray
    variance: FloatArray

    @classmethod
    def of(cls, bins: Bins) -> "_Split | None":
        """None where there is one replicate, or no large clone."""
        large = bins.n_lengths >= OWN_LENGTHS * bins.n_replicates
        if bins.n_replicates < 2 or not large.any():
            return None
        rows = np.flatnonzero(large[bins.site])
        number = np.cumsum(large) - 1
        group = number[bins.site[rows]] * bins.n_replicates + bins.replicate[rows]
        empty = np.zeros(int(large.sum()) * bins.n_replicates)
        return cls(np.flatnonzero(large), rows, group, bins.n_replicates, empty > 0, empty, empty)

    def solve(self, phi: FloatArray, share: FloatArray, theta: FloatArray) -> FloatArray:
        """Estimate every group; `share` is each replicate's, `theta` the joint estimate of all clones.

        Returns:
            Expected cells of each of `rows`.
        """
        inside = phi[self.rows] / share[self.group % self.n_replicates]
        n_groups = self.full.size
        self.full |= np.bincount(self.group, inside, minlength=n_groups) > SATURATED
        joint = (theta[self.sites][:, None] * share).ravel()
        own = solve_theta(self.group, inside, n_groups, self.theta)
        self.theta = np.where(self.full, joint, own)
        self.variance = sampling_variance(self.group, inside, n_groups, self.theta)
        rate: FloatArray = self.theta[self.group] * inside
        return rate

    def summed(self) -> tuple[FloatArray, FloatArray]:
        """Size and sampling variance of the large clones over all replicates."""
        shape = (self.sites.size, self.n_replicates)
        return self.theta.reshape(shape).sum(axis=1), self.variance.reshape(shape).sum(axis=1)


def _largest_change(previous: FloatArray, theta: FloatArray) -> float:
    seen = theta > 0
    return float(np.max(np.abs(theta[seen] / previous[seen] - 1.0), initial=0.0))


def solve_theta(
    group: IntArray, phi: FloatArray, n_groups: int, start: FloatArray | None = None
) -> FloatArray:
    """Maximum-likelihood theta of every group, given the probabilities of its occupied bins.

    Solves `sum phi / (exp(theta phi) - 1) = 1 - sum phi` (sums over the group's occupied bins) by Newton on
    log theta. Where every bin with any probability is occupied, no finite solution exists; then half a bin is
    treated as empty, so the value stays finite.

    Args:
        group: group of each occupied bin.
        phi: probability of each occupied bin, summing to at most 1 over each group.
        n_groups: number of groups.
        start: theta to begin with, by group.

    Returns:
        theta by group, at least the group's number of occupied bins; 0 for empty groups.
    """
    size = np.bincount(group, minlength=n_groups).astype(float)
    mass = np.bincount(group, phi, minlength=n_groups)
    filled = np.maximum(size, 1.0)
    empty = np.maximum(1.0 - mass, 0.5 * mass / filled)
    single = size == 1
    theta = np.where(single, -np.log1p(-np.minimum(mass, 1 - empty)) / np.where(mass > 0, mass, 1.0), 0.0)
    many = size > 1
    if many.any():
        begin = size if start is None else np.maximum(start, size)
        theta[many] = _newton(group, phi, many, begin, np.log(np.maximum(empty, 1e-300)))
    return np.where(size > 0, np.maximum(theta, size), 0.0)


def _newton(
    group: IntArray, phi: FloatArray, many: BoolArray, begin: FloatArray, target: FloatArray
) -> FloatArray:
    index = np.cumsum(many) - 1
    keep = many[group]
    group, phi = index[group[keep]], phi[keep]
    log_theta, goal, result = np.log(begin[many]), target[many], np.empty(int(many.sum()))
    place = np.arange(result.size)
    for _ in range(60):
        step = _newton_step(group, phi, log_theta, goal)
        log_theta = log_theta + step
        result[place] = log_theta
        moving = np.abs(step) > 1e-9
        if not moving.any():
            break
        if moving.mean() < 0.6:
            renumber = np.cumsum(moving) - 1
            still = moving[group]
            group, phi = renumber[group[still]], phi[still]
            log_theta, goal, place = log_theta[moving], goal[moving], place[moving]
    solved: FloatArray = np.exp(result)
    return solved


def _newton_step(group: IntArray, phi: FloatArray, log_theta: FloatArray, goal: FloatArray) -> FloatArray:
    theta = np.exp(log_theta)
    rate = np.clip(theta[group] * phi, 1e-300, 700.0)
    grown = np.expm1(rate)
    ratio = phi / grown
    left = np.bincount(group, ratio, minlength=theta.size)
    slope = theta * np.bincount(group, ratio * ratio * (1.0 + grown), minlength=theta.size) / left
    step: FloatArray = np.clip((np.log(left) - goal) / slope, -2.0, 2.0)
    return step


def sampling_variance(group: IntArray, phi: FloatArray, n_groups: int, theta: FloatArray) -> FloatArray:
    """Inverse observed information of theta by group, at least theta (its Poisson variance)."""
    rate = np.clip(theta[group] * phi, 1e-300, 700.0)
    grown = np.expm1(rate)
    information = np.bincount(group, phi * phi * (1.0 + grown) / (grown * grown), minlength=n_groups)
    return np.maximum(1.0 / np.maximum(information, 1e-300), theta) * (theta > 0)


def theta_by_replicate(bins: Bins, fit: SonicFit) -> tuple[FloatArray, FloatArray]:
    """Each replicate on its own: theta and its variance, both of shape (sites, replicates).

    The length distribution is that of the joint fit, normalised within each replicate.
    """
    share = fit.distribution.sum(axis=1) * fit.grid.step
    phi = fit.phi / share[bins.replicate]
    group = bins.site * bins.n_replicates + bins.replicate
    n_groups = bins.n_sites * bins.n_replicates
    theta = solve_theta(group, phi, n_groups)
    variance = sampling_variance(group, phi, n_groups, theta)
    shape = (bins.n_sites, bins.n_replicates)
    return theta.reshape(shape), variance.reshape(shape)


def _find_saturated(bins: Bins, grid: Grid, distribution: FloatArray) -> BoolArray:
    plausible = distribution > PLAUSIBLE * distribution.max(axis=1, keepdims=True)
    available = plausible.sum(axis=1) * grid.step
    inside = plausible[bins.replicate, grid.index(bins.length)]
    group = bins.site[inside] * bins.n_replicates + bins.replicate[inside]
    occupied = np.bincount(group, minlength=bins.n_sites * bins.n_replicates).reshape(bins.n_sites, -1)
    used = available > 0
    full: BoolArray = (occupied[:, used] > SATURATED * available[used]).all(axis=1)
    return full & bool(used.any())
