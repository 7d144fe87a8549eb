"""Simulated subjects for the growth test, the outlier test and the comparison of courses."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Course:
    """One kind of subject with one lineage.

    Args:
        n_samples: time points.
        noise: squared coefficient of variation of a clone between samples beyond counting (gamma).
        spread: standard deviation of true growth between clones, per year.
        span: years from the first to the last sample; 0: half a year from one to the next.
        n_clones: clones (log-normal sizes).
        depth: mean cells per sample.
        depth_ratio: deepest over shallowest sample (log-uniform), 1 for even ones.
        walk: standard deviation of a clone's random walk of its log size over one year.
        growth_tail: degrees of freedom of a t distribution of growth instead of a normal one; 0: normal.
        rate: growth per year of the first clone above the others; 0: none is selected.
        start: its fraction at the first sample.
        hump: year from which it declines at the same rate; 0: never.
        sigma: standard deviation of log sizes.
    """

    n_samples: int
    noise: float
    spread: float
    span: float = 0.0
    n_clones: int = 3000
    depth: float = 3000.0
    depth_ratio: float = 1.0
    walk: float = 0.0
    growth_tail: float = 0.0
    rate: float = 0.0
    start: float = 0.001
    hump: float = 0.0
    sigma: float = 1.5

    @property
    def years(self) -> np.ndarray:
        """Times of the samples."""
        return np.linspace(0.0, self.span or 0.5 * (self.n_samples - 1), self.n_samples)


def draw_counts(course: Course, rng: np.random.Generator) -> np.ndarray:
    """Cells of each clone in each sample, shape (clones, samples); the clone that grows comes first."""
    years, shape = course.years, (course.n_clones, course.n_samples)
    growth = rng.normal(0.0, 1.0, (course.n_clones, 1))
    if course.growth_tail:
        growth = rng.standard_t(course.growth_tail, (course.n_clones, 1))
    logs = rng.normal(0.0, course.sigma, (course.n_clones, 1)) + course.spread * growth * years
    if course.walk:
        steps = rng.normal(0.0, course.walk, shape) * np.sqrt(np.diff(years, prepend=years[0]))
        logs = logs + steps.cumsum(axis=1)
    logs = logs - np.log(np.exp(logs).sum(axis=0))
    if course.rate:
        time = np.where(years > course.hump, 2 * course.hump - years, years) if course.hump else years
        logs[0] = np.log(course.start) + course.rate * time
    share = np.exp(logs)
    share /= share.sum(axis=0)
    if course.noise:
        share = share * rng.gamma(1.0 / course.noise, course.noise, shape)
    half = 0.5 * np.log(course.depth_ratio)
    depth = course.depth * np.exp(rng.uniform(-half, half, course.n_samples))
    return rng.poisson(share * depth).astype(float)


@dataclass(frozen=True)
class Background:
    """One kind of specimen: clone sizes of one family, and perhaps one clone of a known fraction.

    Args:
        family: `lognormal`, `pareto` or `t` (log sizes with Student's t).
        shape: standard deviation of log sizes, exponent of the tail, or degrees of freedom.
        cells: sampled cells.
        fraction: of the known clone; 0: none.
        n_clones: clones.
    """

    family: str
    shape: float
    cells: float = 30000.0
    fraction: float = 0.0
    n_clones: int = 5000


def draw_specimen(background: Background, rng: np.random.Generator) -> np.ndarray:
    """Cells of each clone, the known one first."""
    n = background.n_clones
    if background.family == "lognormal":
        sizes = np.exp(rng.normal(0.0, background.shape, n))
    elif background.family == "pareto":
        sizes = rng.pareto(background.shape, n) + 1.0
    else:
        sizes = np.exp(rng.standard_t(background.shape, n))
    share = (1.0 - background.fraction) * sizes / sizes.sum()
    share = np.r_[background.fraction, share]
    return rng.poisson(background.cells * share * rng.gamma(10.0, 0.1, n + 1)).astype(float)


@dataclass(frozen=True)
class Twins:
    """One kind of subject with two sites in the same cells (the first two), of about 3 % each.

    Args:
        n_samples: specimens.
        spread, noise: as in `Course`.
        lineages: standard deviation of log sizes between three lineages that the specimens come from.
        n_clones, depth: clones and cells per specimen.
    """

    n_samples: int
    spread: float
    noise: float
    lineages: float = 0.0
    n_clones: int = 1500
    depth: float = 3000.0


def draw_twins(twins: Twins, rng: np.random.Generator) -> np.ndarray:
    """Cells of each site in each specimen, shape (sites, specimens)."""
    shape = (twins.n_clones, twins.n_samples)
    years = 0.5 * np.arange(twins.n_samples)
    logs = rng.normal(0.0, 1.5, (shape[0], 1)) + rng.normal(0.0, twins.spread, (shape[0], 1)) * years
    if twins.lineages:
        logs = logs + rng.normal(0.0, twins.lineages, (shape[0], 3))[:, rng.integers(0, 3, shape[1])]
    share = np.exp(logs)
    if twins.noise:
        share = share * rng.gamma(1.0 / twins.noise, twins.noise, shape)
    share[0] = 0.03 * share.sum(axis=0) * np.exp(rng.normal(0.0, 0.8, shape[1]))
    share[1] = share[0]
    return rng.poisson(twins.depth * share / share.sum(axis=0)).astype(float)
