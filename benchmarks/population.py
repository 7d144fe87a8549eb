"""Bias and interval coverage of the number of clones, of shared clones and of diversity at one coverage, by simulation.

    python benchmarks/population.py clones --runs 400 --seed 1       # capture-recapture models
    python benchmarks/population.py diversity --runs 200 --seed 1    # Hill numbers at a common coverage
    python benchmarks/population.py shared --runs 200 --seed 1       # shared clones of two specimens
    python benchmarks/population.py speed --subjects 20              # seconds of the whole step

A specimen is F fragments drawn from clones of given sizes. `--published` and
`--extrapolation 2` show the comparison as iNEXT makes it. "bias" is the mean error in percent of the truth, "inside" how often
the 95 % interval holds the truth, "fails" how often there is no estimate. For lower bounds the share of intervals whose
lower end is not above the truth is printed too ("not above").
"""

import argparse
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import optimize

from integrasite.analyse.diversity_bootstrap import TABLED, Z, draw_samples, hill_at_coverage, seeded
from integrasite.analyse.diversity_compare import compare_diversity, estimate_at_coverage
from integrasite.analyse.diversity_coverage import (
    Counts,
    FloatArray,
    counts_of,
    extrapolated_coverage,
    n_unseen,
    own_coverage,
)
from integrasite.analyse.overlap import find_overlaps, measure_overlaps
from integrasite.analyse.population import MODELS, History, estimate_population, fit_model
from integrasite.analyse.presence import each_subject
from integrasite.config.calling import Calling
from integrasite.io.tables import as_table
from integrasite.model.tables import CLONES

CLONES_IN_SUBJECT = 2000
OCCASIONS = 5
SCENARIOS = {
    "equal clones, equal occasions": (0.0, 1.0, 0.0),
    "equal clones, depth differs 8-fold": (0.0, 8.0, 0.0),
    "log-normal clones, sigma 0.5": (0.5, 1.0, 0.0),
    "log-normal clones, sigma 1": (1.0, 1.0, 0.0),
    "log-normal clones, sigma 1.5": (1.5, 1.0, 0.0),
    "equal clones, 20 % replaced between occasions": (0.0, 1.0, 0.2),
}
"""Spread of log sizes, ratio of the deepest to the shallowest occasion, part of the clones that is new each time."""


def draw_times(name: str, n_fragments: int, rng: np.random.Generator) -> FloatArray:
    """Which clone is seen at which occasion, shape (clones that ever were, occasions)."""
    spread, ratio, turnover = SCENARIOS[name]
    depths = np.geomspace(1.0, ratio, OCCASIONS)
    depths = n_fragments * depths / depths.mean()
    n_new = round(turnover * CLONES_IN_SUBJECT)
    total = CLONES_IN_SUBJECT + n_new * (OCCASIONS - 1)
    seen = np.zeros((total, OCCASIONS))
    sizes = rng.lognormal(0.0, spread, total)
    for j in range(OCCASIONS):
        alive = np.arange(n_new * j, n_new * j + CLONES_IN_SUBJECT)
        seen[alive, j] = rng.poisson(depths[j] * sizes[alive] / sizes[alive].sum()) > 0
    return seen


def run_clones(arguments: argparse.Namespace) -> None:
    """Capture-recapture models; the truth is the number of clones at any one time."""
    print(
        f"{CLONES_IN_SUBJECT} clones, {OCCASIONS} time points, {arguments.fragments} fragments each, {arguments.runs} runs"
    )
    for number, name in enumerate(SCENARIOS):
        rng = np.random.default_rng([arguments.seed, number])
        found: dict[str, list[tuple[float, float, float]]] = {model: [] for model in MODELS}
        n_seen = []
        for _ in range(arguments.runs):
            seen = draw_times(name, arguments.fragments, rng)
            times = seen.sum(axis=1).astype(int)
            n_seen.append((times > 0).sum())
            frequencies = np.bincount(times, minlength=OCCASIONS + 1)[1:].astype(float)
            history = History(frequencies, seen.sum(axis=0), seen[times == 1].sum(axis=0))
            for model in MODELS:
                estimate = fit_model(model, history)
                found[model].append((estimate.value, estimate.low, estimate.high))
        print(f"\n{name} (seen: {np.mean(n_seen):.0f})\nmodel\tbias %\tinside\tnot above\tfails")
        for model, rows in found.items():
            print_row(model, np.array(rows), float(CLONES_IN_SUBJECT))


def print_row(name: str, rows: FloatArray, truth: float | FloatArray) -> None:
    """One line: bias, how often the interval holds the truth, how often its lower end is not above it, failures."""
    kept = np.isfinite(rows[:, 0])
    true = np.broadcast_to(np.asarray(truth, dtype=float), len(rows))[kept]
    value, low, high = rows[kept].T
    inside, below = ((low <= true) & (true <= high)).mean(), (low <= true).mean()
    print(f"{name}\t{100 * (value / true - 1).mean():+.1f}\t{inside:.3f}\t{below:.3f}\t{(~kept).mean():.3f}")


def true_hill(shares: FloatArray, target: float) -> FloatArray:
    """Expected Hill numbers of order 0 and 2, and (by the expected entropy) 1, at the size with the wanted coverage."""

    def coverage(size: float) -> float:
        return float((shares * -np.expm1(size * np.log1p(-shares))).sum())

    size = optimize.brentq(lambda m: coverage(m) - target, 1.0, 1e9)
    k = np.arange(2, 400)
    rates = size * shares  # k log k of a Poisson count; for large ones the asymptote
    few = rates[rates < 100]
    logs = k * np.log(k[:, None].ravel())
    chances = np.exp(k * np.log(few[:, None]) - few[:, None] - np.cumsum(np.log(np.arange(1, 400)))[1:])
    large = rates[rates >= 100]
    total = float((chances @ logs).sum() + (large * np.log(large) + 0.5).sum())
    return np.array(
        [
            -np.expm1(size * np.log1p(-shares)).sum(),
            np.exp(np.log(size) - total / size),
            1.0 / (1.0 / size + (1.0 - 1.0 / size) * (shares**2).sum()),
        ]
    )


def published_samples(counts: FloatArray, n_samples: int, rng: np.random.Generator) -> Counts:
    """The bootstrap that iNEXT uses: a community with as many unseen clones as estimated, all of one size."""
    sample, n = counts_of(counts), float(counts.sum())
    coverage, unseen = float(own_coverage(sample)[0]), int(np.ceil(n_unseen(sample)[0]))
    shares = counts[counts > 0] / n
    lost = shares * (1.0 - shares) ** n
    shares = shares - (1.0 - coverage) / lost.sum() * lost
    whole = np.append(shares, np.full(unseen, (1.0 - coverage) / max(unseen, 1)))
    drawn = rng.multinomial(int(n), whole / whole.sum(), size=n_samples)
    table = np.stack(
        [np.bincount(row, minlength=TABLED)[1:TABLED] for row in np.where(drawn < TABLED, drawn, 0)]
    )
    large = drawn[:, (drawn >= TABLED).any(axis=0)].astype(float)
    counted = np.broadcast_to(np.arange(1.0, TABLED), table.shape)
    weights = np.hstack([table, large >= TABLED])
    return Counts(np.hstack([counted, np.maximum(large, 1.0)]), weights.astype(float))


def run_diversity(arguments: argparse.Namespace) -> None:
    """Two specimens of one subject, one four times deeper, at the coverage that both reach."""
    print(
        f"{CLONES_IN_SUBJECT} clones, {arguments.fragments} and {4 * arguments.fragments} fragments, {arguments.runs} runs"
    )
    draw = published_samples if arguments.published else draw_samples
    for number, spread in enumerate((0.0, 0.5, 1.0, 1.5)):
        rng = np.random.default_rng([arguments.seed, 100 + number])
        rows: dict[tuple[int, int], list[list[float]]] = {(i, q): [] for i in (0, 1) for q in (0, 1, 2)}
        differ = np.zeros(3)
        for _ in range(arguments.runs):
            sizes = rng.lognormal(0.0, spread, CLONES_IN_SUBJECT)
            shares = sizes / sizes.sum()
            counts = [rng.multinomial(f * arguments.fragments, shares).astype(float) for f in (1, 4)]
            samples = [counts_of(each) for each in counts]
            target = min(
                float(extrapolated_coverage(each, arguments.extrapolation * each.n)[0]) for each in samples
            )
            truth = true_hill(shares, target)
            both = []
            for i, (each, sample) in enumerate(zip(counts, samples, strict=True)):
                value, _ = estimate_at_coverage(sample, target)
                error = hill_at_coverage(draw(each, 200, seeded(each)), target).std(axis=0, ddof=1)
                both.append((value, error))
                for q in range(3):
                    low, high = value[q] - Z * error[q], value[q] + Z * error[q]
                    rows[i, q].append([value[q] / truth[q], low / truth[q], high / truth[q]])
            gap = np.abs(both[0][0] - both[1][0]) / np.hypot(both[0][1], both[1][1])
            differ += gap > Z
        print(f"\nlog-normal clones, sigma {spread:g}\nspecimen, order\tbias %\tinside\tnot above\tfails")
        for (i, q), values in rows.items():
            print_row(f"{('shallow', 'deep')[i]}, {q}", np.array(values), 1.0)
        words = ", ".join(f"{share:.3f}" for share in differ / arguments.runs)
        print(f"the two differ at 5 % though they are alike (orders 0, 1, 2): {words}")


def run_shared(arguments: argparse.Namespace) -> None:
    """Two specimens of which each has half of the clones in common with the other."""
    print(
        "spread\tdepth\ttrue\tseen in both\testimated\tabove the truth\tadjusted Jaccard (0.33 for equal clones)"
    )
    for number, (spread, depth) in enumerate([(0.0, 500), (0.0, 2000), (1.0, 500), (1.0, 2000), (1.5, 2000)]):
        rng = np.random.default_rng([arguments.seed, 200 + number])
        rows = []
        for _ in range(arguments.runs):
            sizes = rng.lognormal(0.0, spread, 1500)
            first, second = np.append(sizes[:1000], np.zeros(500)), np.append(np.zeros(500), sizes[500:])
            counts = np.stack([rng.multinomial(depth, part / part.sum()) for part in (first, second)])
            at = np.nonzero(counts)
            values = counts[at].astype(float)
            found = measure_overlaps(at[0], at[1], values, values, np.full(2, 3.0 / depth))
            rows.append([found.shared[0, 1], found.shared_estimated[0, 1], found.jaccard_adjusted[0, 1]])
        shared, estimated, adjusted = np.array(rows).T
        print(
            f"{spread:g}\t{depth}\t500\t{shared.mean():.0f}\t{estimated.mean():.0f}\t{(estimated > 500).mean():.2f}\t"
            f"{adjusted.mean():.2f}"
        )


def toy_subjects(n: int, n_sites: int, seed: int) -> Iterator[pd.DataFrame]:
    """Clones of subjects with five specimens of about that many sites."""
    for number in range(n):
        rng = np.random.default_rng([seed, number])
        sizes = rng.lognormal(0.0, 1.5, 12 * n_sites)
        parts = []
        for j in range(5):
            counts = rng.multinomial(round(1.35 * n_sites), sizes / sizes.sum())
            place = np.flatnonzero(counts)
            parts.append(
                pd.DataFrame(
                    {
                        "subject": f"S{number}", "specimen": f"S{number}_{j}", "timepoint": f"D{30 * j}", "days": 30 * j,
                        "tissue": "blood", "cell_type": "T", "vector": "v", "placement": "unique", "cluster": "",
                        "site_id": [f"chr1:{i}:+" for i in place], "contig": "chr1", "position": place, "strand": "+",
                        "n_fragments": counts[place], "n_lengths": counts[place], "cells": counts[place] * 1.0,
                        "estimator": "sonic", "status": "pass",
                    }
                )
            )  # fmt: skip
        yield as_table(pd.concat(parts), CLONES)


def run_speed(arguments: argparse.Namespace) -> None:
    """Seconds of processor time per subject for the whole step, subject by subject as `integrasite analyse` does it."""
    calling, spent, n_rows = Calling(), 0.0, 0
    for clones in toy_subjects(arguments.subjects, arguments.sites, arguments.seed):
        n_rows += len(clones)
        start = time.process_time()
        subjects = list(each_subject(clones, calling))
        for step in (estimate_population, find_overlaps, compare_diversity):
            step(subjects, calling)
        spent += time.process_time() - start
    each = spent / arguments.subjects
    print(f"{n_rows / arguments.subjects / 5:.0f} sites per specimen, 5 specimens")
    print(f"{each:.3f} s per subject, {800 * each:.0f} s for 800")


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=("clones", "diversity", "shared", "speed"))
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fragments", type=int, default=1000, help="fragments of a specimen")
    parser.add_argument("--extrapolation", type=float, default=1.0, help="`calling.compare_extrapolation`")
    parser.add_argument("--published", action="store_true", help="the bootstrap of iNEXT instead of ours")
    parser.add_argument("--subjects", type=int, default=20)
    parser.add_argument("--sites", type=int, default=5000)
    arguments = parser.parse_args()
    parts = {"clones": run_clones, "diversity": run_diversity, "shared": run_shared, "speed": run_speed}
    parts[arguments.part](arguments)


if __name__ == "__main__":
    main()
