"""The distribution of fragment lengths: a smooth curve per replicate, fitted to expected counts."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from integrasite.abundance.bins import Bins, FloatArray, IntArray
from integrasite.errors import ConfigError

Knots = Literal["quantile", "soniclength"]
KNOT_CHOICES: tuple[Knots, ...] = ("quantile", "soniclength")

QUANTILES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Interior knots of the curve, as quantiles of the lengths seen: the curve bends where the data are."""
SONICLENGTH_KNOTS = (50.0, 100.0)
"""Interior knots that the R package sonicLength takes by default, bp."""
FULL_SHAPE_PAIRS = 200
"""Distinct (site, length) pairs that a replicate needs for its own curve; below, it takes the shared one."""
SMALLEST_FIT = 30
"""Distinct pairs needed to fit any curve; below, lengths are taken as equally likely."""
TAIL = 10
"""Lengths beyond the longest one seen that are known to be empty, bp."""
UNIFORM_MARGIN = 200
"""Lengths beyond the range seen that are possible where no curve can be fitted: shearing spans as much."""
GRID_LIMIT = 5000
"""Most points at which a curve is evaluated; longer ranges are binned."""


class Smoother(Protocol):
    """Turns expected counts per (replicate, grid point) into a smooth distribution that sums to 1."""

    fits: bool

    def smooth(self, counts: FloatArray) -> FloatArray:
        """The distribution, of the shape of `counts`: (replicates, grid points)."""


@dataclass(frozen=True)
class Grid:
    """Lengths 1 to `top` bp in steps of `step`: grid point g holds lengths g * step + 1 to (g + 1) * step."""

    top: int
    step: int

    @property
    def size(self) -> int:
        """Number of grid points."""
        return -(-self.top // self.step)

    @property
    def centres(self) -> FloatArray:
        """Mean length of each grid point, bp."""
        first = (self.step + 1) / 2
        centres: FloatArray = np.arange(self.size).astype(float) * self.step + first
        return centres

    def index(self, length: IntArray) -> IntArray:
        """Grid point of each length."""
        return (length - 1) // self.step


def make_grid(longest: int) -> Grid:
    """The grid for lengths up to `longest` bp: single base pairs wherever that is affordable."""
    top = longest + TAIL
    return Grid(top, -(-top // GRID_LIMIT))


def spline_basis(x: FloatArray, interior: FloatArray, low: float, high: float) -> FloatArray:
    """Cubic B-splines at `x`: shape (len(x), len(interior) + 4), rows summing to 1."""
    from scipy.interpolate import BSpline

    knots = np.concatenate([np.full(4, low), interior, np.full(4, high)])
    dense: FloatArray = BSpline.design_matrix(np.clip(x, low, high), knots, 3).toarray()
    return dense


def _deviance(counts: FloatArray, mean: FloatArray) -> float:
    return float(2 * (mean.sum() - (counts * np.log(mean)).sum()))


def _expected(design: FloatArray, coefficients: FloatArray) -> FloatArray:
    fitted: FloatArray = np.exp(np.clip(design @ coefficients, -40.0, 40.0))
    return fitted


def fit_log_linear(design: FloatArray, counts: FloatArray, start: FloatArray | None = None) -> FloatArray:
    """Coefficients of a log-linear (quasi-Poisson) regression by iteratively reweighted least squares.

    Args:
        design: shape (points, columns).
        counts: non-negative, not all zero, shape (points,).
        start: coefficients to begin with.

    Returns:
        The coefficients, shape (columns,); where the data push one to minus infinity, it stops once the fit
        no longer changes.
    """
    if start is None:
        weights = counts + 0.1
        start = _solve(design, weights, design.T @ (weights * np.log(weights)))
    coefficients, mean = start, _expected(design, start)
    deviance = _deviance(counts, mean)
    for _ in range(60):
        step = _solve(design, mean, design.T @ (counts - mean))
        for _ in range(12):
            mean = _expected(design, coefficients + step)
            new = _deviance(counts, mean)
            if new <= deviance + 1e-9 * abs(deviance):
                break
            step = step / 2
        coefficients = coefficients + step
        if abs(new - deviance) <= 1e-11 * (abs(new) + 1):
            break
        deviance = new
    return coefficients


def _solve(design: FloatArray, weights: FloatArray, right: FloatArray) -> FloatArray:
    normal = design.T @ (design * weights[:, None])
    normal[np.diag_indices_from(normal)] += 1e-9 * np.trace(normal) / len(normal) + 1e-12
    solution: FloatArray = np.linalg.solve(normal, right).astype(np.float64)
    return solution


@dataclass
class UniformSmoother:
    """For inputs too small to fit: the lengths seen, and `UNIFORM_MARGIN` more, are equally likely."""

    points: float
    fits: bool = False

    def smooth(self, counts: FloatArray) -> FloatArray:
        """Each replicate's share of the counts, spread evenly."""
        share = counts.sum(axis=1, keepdims=True) / max(counts.sum(), 1.0)
        spread: FloatArray = np.broadcast_to(share / self.points, counts.shape).astype(float)
        return spread


@dataclass
class QuantileSmoother:
    """One curve per replicate with enough data; the others share the shape of all replicates together."""

    designs: list[FloatArray]
    pooled: FloatArray
    fits: bool = True
    _starts: dict[int, FloatArray] = field(default_factory=dict)

    def smooth(self, counts: FloatArray) -> FloatArray:
        """Shapes by regression, replicate totals as they are."""
        fitted = np.zeros_like(counts)
        shared: FloatArray | None = None
        for replicate, design in enumerate(self.designs):
            total = counts[replicate].sum()
            if total <= 0:
                continue
            if design.size:
                shape = self._curve(replicate, design, counts[replicate])
            else:
                shared = self._curve(-1, self.pooled, counts.sum(axis=0)) if shared is None else shared
                shape = shared
            fitted[replicate] = shape * (total / shape.sum())
        normalised: FloatArray = fitted / fitted.sum()
        return normalised

    def _curve(self, key: int, design: FloatArray, counts: FloatArray) -> FloatArray:
        self._starts[key] = fit_log_linear(design, counts, self._starts.get(key))
        return _expected(design, self._starts[key])


@dataclass
class SonicLengthSmoother:
    """The curve of the R package: one intercept, five columns per replicate, knots at 50 and 100 bp."""

    basis: FloatArray
    first: int
    fits: bool = True
    _start: FloatArray | None = None

    def smooth(self, counts: FloatArray) -> FloatArray:
        """One regression over all replicates, normalised over the range of lengths seen."""
        n_replicates, points = counts.shape
        own = np.kron(np.eye(n_replicates), self.basis)
        design: FloatArray = np.column_stack([np.ones(n_replicates * points), own]).astype(float)
        self._start = fit_log_linear(design, counts.ravel(), self._start)
        fitted = _expected(design, self._start).reshape(counts.shape) + np.finfo(float).eps
        normalised: FloatArray = fitted / fitted[:, self.first : points - TAIL].sum()
        return normalised


def make_smoother(bins: Bins, grid: Grid, knots: Knots) -> Smoother:
    """The smoother for these data.

    Raises:
        ConfigError: if `knots` is not one of `KNOT_CHOICES`.
    """
    if knots not in KNOT_CHOICES:
        raise ConfigError(f"knots '{knots}': expected one of {', '.join(KNOT_CHOICES)}")
    if bins.site.size < SMALLEST_FIT:
        span = int(np.ptp(bins.length)) + 1 if bins.length.size else 1
        return UniformSmoother((span + UNIFORM_MARGIN) / grid.step)
    if knots == "soniclength" and grid.step == 1:
        basis = spline_basis(grid.centres, np.array(SONICLENGTH_KNOTS), 1.0, max(float(grid.top), 101.0))
        return SonicLengthSmoother(basis[:, 1:], int(bins.length.min()) - 1)
    return _quantile_smoother(bins, grid)


def _quantile_smoother(bins: Bins, grid: Grid) -> QuantileSmoother:
    enough = bins.n_pairs >= FULL_SHAPE_PAIRS
    designs = [
        _quantile_basis(bins.length[bins.replicate == replicate], grid) if own else np.empty((0, 0))
        for replicate, own in enumerate(enough.tolist())
    ]
    return QuantileSmoother(designs, _quantile_basis(bins.length, grid))


def _quantile_basis(lengths: IntArray, grid: Grid) -> FloatArray:
    low, high = grid.centres[0], grid.centres[-1]
    knots = np.unique(np.quantile(lengths, QUANTILES)) if lengths.size >= FULL_SHAPE_PAIRS else np.empty(0)
    return spline_basis(grid.centres, knots[(knots > low) & (knots < high)], low, high)
