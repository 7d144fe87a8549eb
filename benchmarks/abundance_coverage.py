"""How often the 95 % intervals of clone fractions hold the truth, by simulation (figures of docs/methods.md).

    python benchmarks/abundance_coverage.py --runs 200 --seed 1

Each run draws a specimen: one clone of known fraction among 3,000 log-normal ones, a number of captured
fragments split over replicates, log-normal fragment lengths (about 275 effective lengths), and per clone and
replicate a log-normal factor of given CV. A clone that is not seen counts as 0 up to the limit of detection.
Not simulated: clone-specific amplification bias, shared shearing hot spots, errors in UMIs.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from integrasite.abundance.intervals import (
    THRESHOLDS,
    Intervals,
    fraction_intervals,
    measure_noise,
    total_variance,
)
from integrasite.abundance.sizes import Molecules, Sizes, estimate_sizes
from integrasite.analyse.diversity import limit_of_detection

BACKGROUND = 3000
HEADER = [
    *("estimator", "n_fragments", "n_replicates", "cv", "fraction", "runs"),
    *("bias", "rmse", "coverage", "too_high", "too_low", "called"),
]
"""`too_high`: the whole interval lies above the truth; `called`: P(p >= f) >= 0.95 although p = f."""


@dataclass(frozen=True)
class Scenario:
    """One line of the table."""

    umi_length: int
    n_fragments: int
    n_replicates: int
    cv: float
    fraction: float


def draw_molecules(scenario: Scenario, rng: np.random.Generator) -> Molecules | None:
    """One specimen; site 0 is the clone of known fraction. Sites without a fragment are left out;
    None where the clone itself is not seen.
    """
    weights = rng.lognormal(0.0, 1.5, BACKGROUND)
    share = np.r_[scenario.fraction, (1 - scenario.fraction) * weights / weights.sum()]
    sigma = np.sqrt(np.log1p(scenario.cv**2))
    noise = rng.lognormal(-(sigma**2) / 2, sigma, (share.size, scenario.n_replicates))
    mean = scenario.n_fragments / scenario.n_replicates * share[:, None] * noise
    counts = rng.poisson(mean)
    if not counts[0].any():
        return None
    site, replicate = np.repeat(np.indices(counts.shape).reshape(2, -1), counts.ravel(), axis=1)
    length = np.clip(rng.lognormal(5.2, 0.45, site.size), 20, 1500).astype(np.int64)
    umi = (
        rng.integers(0, 4**scenario.umi_length, site.size) if scenario.umi_length else np.full(site.size, -1)
    )
    numbers = np.unique(site, return_inverse=True)[1]
    rows = np.unique(np.column_stack([numbers, replicate, length, umi]), axis=0)
    return Molecules(
        *rows.T,
        n_sites=int(rows[:, 0].max()) + 1,
        n_replicates=scenario.n_replicates,
        umi_lengths=(scenario.umi_length,) * scenario.n_replicates,
        is_sheared=True,
    )


def estimate(molecules: Molecules) -> tuple[Sizes, Intervals]:
    """Sizes and intervals as the pipeline makes them, every site passing."""
    sizes = estimate_sizes(molecules, umi_min_length=8)
    noise = measure_noise(sizes.by_replicate, sizes.replicate_variance)
    variance = total_variance(sizes.cells, sizes.variance, sizes.by_replicate, noise)
    return sizes, fraction_intervals(sizes.cells, variance, sizes.by_replicate, noise, sizes.saturated)


def measure(scenario: Scenario, n_runs: int, rng: np.random.Generator) -> list[object]:
    """One line of the table; bias and RMSE are relative to the true fraction."""
    found = np.array([_one_run(scenario, rng) for _ in range(n_runs)])
    error = found[:, 0] / scenario.fraction - 1.0
    below, above = (scenario.fraction < found[:, 1]).mean(), (scenario.fraction > found[:, 2]).mean()
    at_threshold = scenario.fraction in THRESHOLDS
    called = f"{(found[:, 3] >= 0.95).mean():.3f}" if at_threshold else ""
    kind = "umi" if scenario.umi_length else "sonic"
    return [
        kind, scenario.n_fragments, scenario.n_replicates, scenario.cv, scenario.fraction, n_runs,
        f"{error.mean():.3f}", f"{np.sqrt((error**2).mean()):.3f}", f"{1 - below - above:.3f}",
        f"{below:.3f}", f"{above:.3f}", called,
    ]  # fmt: skip


def _one_run(scenario: Scenario, rng: np.random.Generator) -> tuple[float, float, float, float]:
    molecules = draw_molecules(scenario, rng)
    if molecules is None:
        return 0.0, 0.0, limit_of_detection(scenario.n_fragments), 0.0
    found = estimate(molecules)[1]
    column = THRESHOLDS.index(scenario.fraction) if scenario.fraction in THRESHOLDS else 0
    return found.fraction[0], found.low[0], found.high[0], found.p_ge[0, column]


def scenarios() -> Iterator[Scenario]:
    """The lines of the table, in order."""
    for n_replicates in (4, 3, 2, 1):
        for cv in (0.0, 0.3):
            for fraction in (0.01, 0.05, 0.20, 0.60):
                yield Scenario(0, 5000, n_replicates, cv, fraction)
    for fraction in (0.05, 0.20, 0.60):
        yield Scenario(12, 5000, 4, 0.3, fraction)
    for n_fragments in (100, 500):
        for fraction in (0.05, 0.20):
            yield Scenario(0, n_fragments, 3, 0.3, fraction)


def main() -> None:
    """Print the table as TSV."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, help="TSV to write (default: print)")
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    lines = ["\t".join(HEADER)]
    for scenario in scenarios():
        lines.append("\t".join(map(str, measure(scenario, arguments.runs, rng))))
        print(lines[-1], file=sys.stderr)
    text = "\n".join(lines) + "\n"
    if arguments.output:
        arguments.output.write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
