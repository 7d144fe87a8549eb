"""Errors of clone fractions, and how often their 95 % intervals hold the truth, by simulation.

    python benchmarks/abundance_coverage.py --runs 2000 --seed 1 --workers 2

Each run draws a specimen: clones of known fraction among 3,000 log-normal ones, a number of captured fragments
split over replicates, log-normal fragment lengths (about 275 effective lengths), and per clone and replicate a
log-normal factor of mean 1 and given CV. A clone that is not seen counts as 0 up to the limit of detection.
The table comes first, then every bar with its figure, met or missed. Figures depend on `--seed` and `--runs`,
not on `--workers`. Not simulated: clone-specific amplification bias, shared shearing hot spots, errors in UMIs.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import pandas as pd

from integrasite.abundance.intervals import THRESHOLDS, Intervals, fraction_intervals
from integrasite.abundance.noise import measure_noise
from integrasite.abundance.sizes import Molecules, Sizes, estimate_sizes
from integrasite.analyse.diversity import limit_of_detection

BACKGROUND = 3000
MIXED = ((0.20, 0.05, 0.01, 0.001), (0.60, 0.05, 0.01, 0.001))
"""Clones of known fraction that share a specimen."""
ALONE = ((0.20,), (0.60,))
COVERAGE = (0.93, 0.97)
"""Accepted coverage with replicate variation, for each size from 1 % on and over all of them."""
LARGEST_ERROR = 0.05
"""Largest accepted relative error (root mean square) of a 20 % clone without replicate variation."""
LARGEST_BIAS = 0.05
"""Largest accepted relative bias of a 60 % clone."""


@dataclass(frozen=True)
class Scenario:
    """One kind of specimen."""

    umi_length: int
    n_fragments: int
    n_replicates: int
    cv: float
    fractions: tuple[float, ...]

    @property
    def estimator(self) -> str:
        """The estimator that these libraries are meant for."""
        return "umi" if self.umi_length else "sonic"

    @property
    def part(self) -> str:
        """Which part of the table it belongs to: the bars speak of the first two."""
        if (self.n_fragments, self.n_replicates) != (5000, 4) or self.fractions not in MIXED:
            return "rest"
        return "noisy" if self.cv else "quiet"


def scenarios() -> Iterator[Scenario]:
    """All kinds of specimens, in the order of the table."""
    for umi_length in (0, 12):
        for n_replicates in (4, 3, 2, 1):
            for cv in (0.3, 0.0):
                for fractions in MIXED:
                    yield Scenario(umi_length, 5000, n_replicates, cv, fractions)
    for cv in (0.3, 0.0):
        for fractions in ALONE:
            yield Scenario(0, 5000, 4, cv, fractions)
    for n_fragments in (100, 500, 20000):
        yield Scenario(0, n_fragments, 3, 0.3, (0.20, 0.05))


def draw_counts(scenario: Scenario, rng: np.random.Generator) -> np.ndarray:
    """Captured fragments, shape (clones, replicates); the clones of known fraction come first."""
    known = np.array(scenario.fractions)
    weights = rng.lognormal(0.0, 1.5, BACKGROUND)
    share = np.r_[known, (1 - known.sum()) * weights / weights.sum()]
    sigma = np.sqrt(np.log1p(scenario.cv**2))
    noise = rng.lognormal(-(sigma**2) / 2, sigma, (share.size, scenario.n_replicates))
    return rng.poisson(scenario.n_fragments / scenario.n_replicates * share[:, None] * noise)


def draw_molecules(scenario: Scenario, rng: np.random.Generator) -> tuple[np.ndarray, Molecules]:
    """One specimen: the site of each clone of known fraction (-1: not seen), and all fragments."""
    counts = draw_counts(scenario, rng)
    seen = counts.any(axis=1)
    number = np.where(seen, np.cumsum(seen) - 1, -1)
    site, replicate = np.repeat(np.indices(counts.shape).reshape(2, -1), counts.ravel(), axis=1)
    length = np.clip(rng.lognormal(5.2, 0.45, site.size), 20, 1500).astype(np.int64)
    umi = np.full(site.size, -1)
    if scenario.umi_length:
        umi = rng.integers(0, 4**scenario.umi_length, site.size)
    rows = np.unique(np.column_stack([number[site], replicate, length, umi]), axis=0)
    molecules = Molecules(
        *rows.T,
        n_sites=int(seen.sum()),
        n_replicates=scenario.n_replicates,
        umi_lengths=(scenario.umi_length,) * scenario.n_replicates,
        is_sheared=True,
    )
    return number[: len(scenario.fractions)], molecules


def estimate(molecules: Molecules) -> tuple[Sizes, Intervals]:
    """Sizes and intervals as the pipeline makes them, every site passing."""
    sizes = estimate_sizes(molecules, umi_min_length=8)
    noise = measure_noise(sizes.cells, sizes.variance, sizes.by_replicate)
    return sizes, fraction_intervals(sizes.cells, sizes.variance, sizes.by_replicate, noise, sizes.saturated)


def run_once(scenario: Scenario, rng: np.random.Generator) -> list[tuple[object, ...]]:
    """Truth, estimate, limits, P(p >= truth) and estimator of every clone of known fraction."""
    sites, molecules = draw_molecules(scenario, rng)
    sizes, found = estimate(molecules)
    rows: list[tuple[object, ...]] = []
    for truth, site in zip(scenario.fractions, sites.tolist(), strict=True):
        values = (0.0, 0.0, limit_of_detection(scenario.n_fragments), 0.0)
        if site >= 0:
            column = THRESHOLDS.index(truth) if truth in THRESHOLDS else 0
            values = (found.fraction[site], found.low[site], found.high[site], found.p_ge[site, column])
        rows.append((truth, *values, sizes.estimator, bool(site >= 0 and sizes.saturated[site])))
    return rows


def measure(job: tuple[Scenario, int, int, int]) -> pd.DataFrame:
    """All clones of all runs of one kind of specimen."""
    scenario, n_runs, seed, number = job
    rng = np.random.default_rng([seed, number])
    rows = [row for _ in range(n_runs) for row in run_once(scenario, rng)]
    names = ["truth", "fraction", "low", "high", "p_ge", "used", "saturated"]
    frame = pd.DataFrame(rows, columns=names)
    frame["clones"] = "mixed" if len(scenario.fractions) > 1 else "alone"
    for name in ("estimator", "n_fragments", "n_replicates", "cv"):
        frame[name] = getattr(scenario, name)
    return frame


KEYS = ["estimator", "n_fragments", "n_replicates", "cv", "clones", "truth"]


def tabulate(found: pd.DataFrame) -> pd.DataFrame:
    """One row per kind of specimen and size; bias and RMSE are relative to the true fraction.

    `above`: the whole interval lies above the truth; `called`: P(p >= truth) >= 0.95 although p = truth.
    """
    error = found["fraction"] / found["truth"] - 1
    above, below = found["truth"] < found["low"], found["truth"] > found["high"]
    called = (found["p_ge"] >= 0.95).where(found["truth"].isin(THRESHOLDS))
    marks = found.assign(
        error=error, squared=error**2, above=above, below=below, held=~(above | below), called=called
    )
    groups = marks.groupby(KEYS, sort=False)
    table = groups.agg(
        n=("held", "size"), bias=("error", "mean"), rmse=("squared", "mean"), coverage=("held", "mean"),
        above=("above", "mean"), below=("below", "mean"), called=("called", "mean"),
    )  # fmt: skip
    table["rmse"] = np.sqrt(table["rmse"])
    return table.reset_index()


@dataclass(frozen=True)
class Bar:
    """One bar and what was found."""

    words: str
    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        word = "met" if self.low <= self.value <= self.high else "MISSED"
        return f"{word}: {self.words}: {self.value:.4f} (accepted {self.low} to {self.high}; n = {self.n})"


def check_bars(table: pd.DataFrame) -> list[Bar]:
    """The bars for four replicates and 5,000 fragments."""
    bars = []
    main = table[(table["n_fragments"] == 5000) & (table["n_replicates"] == 4) & (table["clones"] == "mixed")]
    for estimator, rows in main.groupby("estimator", sort=False):
        quiet, noisy = rows[rows["cv"] == 0], rows[(rows["cv"] == 0.3) & (rows["truth"] >= 0.01)]
        for _, row in quiet[quiet["truth"] == 0.2].iterrows():
            words = f"{estimator}, 20 %, CV 0: relative error"
            bars.append(Bar(words, row["rmse"], 0.0, LARGEST_ERROR, row["n"]))
        for _, row in quiet[quiet["truth"] == 0.6].iterrows():
            words = f"{estimator}, 60 %, CV 0: bias"
            bars.append(Bar(words, row["bias"], -LARGEST_BIAS, LARGEST_BIAS, row["n"]))
        sizes = [(f"{100 * truth:.0f} %", group) for truth, group in noisy.groupby("truth")]
        for size, group in [*sizes, ("1 to 60 %", noisy)] if len(noisy) else []:
            held = float(np.average(group["coverage"], weights=group["n"]))
            words = f"{estimator}, {size}, CV 30 %: coverage"
            bars.append(Bar(words, held, *COVERAGE, int(group["n"].sum())))
    return bars


def main() -> None:
    """Print the table as TSV, then the bars."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=200, help="specimens of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--part",
        choices=("all", "noisy", "quiet", "rest"),
        default="all",
        help="4 replicates and 5,000 fragments with or without replicate variation, or everything else",
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("-o", "--output", type=Path, help="TSV to write (default: print)")
    arguments = parser.parse_args()
    jobs = [
        (item, arguments.runs, arguments.seed, number)
        for number, item in enumerate(scenarios())
        if arguments.part in ("all", item.part)
    ]
    frames = []
    with Pool(arguments.workers) as pool:
        for (item, *_), frame in zip(jobs, pool.imap(measure, jobs, chunksize=1), strict=True):
            frames.append(frame)
            print(item, file=sys.stderr)
    table = tabulate(pd.concat(frames, ignore_index=True))
    text = table.to_csv(sep="\t", index=False, float_format="%.4f")
    if arguments.output:
        arguments.output.write_text(text)
    else:
        print(text, end="")
    for bar in check_bars(table):
        print(bar)


if __name__ == "__main__":
    main()
