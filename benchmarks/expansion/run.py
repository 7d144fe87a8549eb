"""False flags and power of the tests for expansion, by simulation.

    python benchmarks/expansion/run.py --runs 200 --seed 1 --workers 2 [--part null ...]

Parts: `null` (no clone is selected: how many clones and subjects are flagged), `robust` (the same where the model is
wrong), `power` (one clone grows), `outlier` and `course`. One table each, then every bar, met or missed. The figures
depend on `--seed` and `--runs`, not on `--workers`. `poisson` is the plain slope of a Poisson regression with normal p
values and BH over clones, for comparison.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from expansion.simulate import Background, Course, Twins, draw_counts, draw_specimen, draw_twins

from integrasite.analyse.diversity import LOQ_FRAGMENTS, chao1
from integrasite.analyse.growth_model import Limits, adjust, solve_growth, test_lineage
from integrasite.analyse.outlier import lognormal_tail, pareto_tail
from integrasite.analyse.same_course import CHANCE, HOMOGENEITY, chance_of_correlation, compare_courses
from integrasite.config.calling import Calling

CALLING = Calling()
LIMITS = Limits(
    CALLING.growth_min_cells, CALLING.growth_min_timepoints, CALLING.growth_min_clones, CALLING.growth_noise
)
Numbers = dict[str, float]


def null_courses() -> Iterator[Course]:
    """Subjects in which no clone is selected, as the model assumes."""
    for noise in (0.1, 0.5):
        for spread in (0.0, 0.3):
            for n_samples in (2, 3, 4, 8, 12):
                yield Course(n_samples, noise, spread)
            yield Course(6, noise, spread, depth_ratio=30.0)
            yield Course(4, noise, spread, span=0.5)
            yield Course(5, noise, spread, n_clones=60, depth=1000.0, sigma=1.0)
            yield Course(4, noise, spread, n_clones=12, depth=300.0, sigma=1.0)


def robust_courses() -> Iterator[Course]:
    """Subjects in which no clone is selected, but the model is wrong."""
    for n_samples in (4, 8, 12):
        yield Course(n_samples, 0.1, 0.0, walk=0.5)
        yield Course(n_samples, 0.1, 0.3, walk=0.5)
        yield Course(n_samples, 0.1, 0.3, growth_tail=4.0)
        yield Course(n_samples, 1.0, 0.3)


def power_courses() -> Iterator[Course]:
    """One clone grows from 0.1 %: steadily, or up to the middle and then down again as fast."""
    for noise in (0.1, 0.5):
        for n_samples in (4, 8, 12):
            for rate in (1.0, 1.5, 2.0):
                course = Course(n_samples, noise, 0.3, rate=rate)
                yield course
                if n_samples > 4:
                    yield replace(course, hump=course.years[-1] / 2)


def backgrounds() -> Iterator[Background]:
    """Specimens with and without a large clone."""
    for family, shapes in (
        ("lognormal", (0.5, 1.0, 1.5, 2.0, 2.5)),
        ("pareto", (2.0, 1.5, 1.0)),
        ("t", (5.0,)),
    ):
        for shape in shapes:
            for fraction in (0.0, 0.05, 0.1, 0.2):
                yield Background(family, shape, fraction=fraction)


def all_twins() -> Iterator[Twins]:
    """Subjects with one pair of sites in the same cells."""
    for n_samples in (5, 8, 16):
        yield Twins(n_samples, 0.0, 0.0)
        yield Twins(n_samples, 0.3, 0.1)
        yield Twins(n_samples, 0.5, 0.5)
        yield Twins(n_samples, 0.3, 0.3, lineages=1.0)


def run_course(course: Course, rng: np.random.Generator) -> Numbers:
    """One subject: flagged clones by us and by the plain slope; whether the growing clone was found."""
    counts, years = draw_counts(course, rng), course.years
    depth = counts.sum(axis=0)
    kept = counts.sum(axis=1) >= LIMITS.min_cells
    is_grown = np.zeros(len(counts), dtype=bool)
    is_grown[0] = course.rate > 0
    counts, is_grown = counts[kept], is_grown[kept]
    if not len(counts):
        return {"clones": 0}
    found = test_lineage(counts, years, depth, LIMITS)
    slopes = solve_growth(counts, years, depth, 0.0)
    plain = adjust(stats.norm.sf(slopes.growth / np.sqrt(slopes.variance))) < CALLING.growth_q
    up, down = adjust(found.p_growth) < CALLING.growth_q, adjust(found.p_decline) < CALLING.growth_q
    inside = np.abs(found.full.growth - found.full.background) < 1.96 * np.sqrt(found.full.variance)
    return {
        "clones": float((~is_grown).sum()),
        "flagged": float((up & ~is_grown).sum()),
        "poisson": float((plain & ~is_grown).sum()),
        "any_growing": float((up & ~is_grown).any()),
        "any_declining": float((down & ~is_grown).any()),
        "any_poisson": float((plain & ~is_grown).any()),
        "p_01": float((found.p_growth < 0.01).sum()),
        "found": float(up[is_grown].any()),
        "inside": float(inside.sum()),
        "noise_found": found.noise,
        "spread_found": found.full.spread,
    }


def run_background(background: Background, rng: np.random.Generator) -> Numbers:
    """One specimen: whether a background clone, or the known one, is flagged."""
    cells = draw_specimen(background, rng)
    known = cells[0] if background.fraction else -1.0
    sizes = np.sort(cells[cells > 0])[::-1]
    above = sizes[sizes >= LOQ_FRAGMENTS]
    if len(above) < CALLING.outlier_min_clones:
        return {"tested": 0.0}
    m = CALLING.outlier_candidates
    _, p, _ = pareto_tail(above, m, CALLING.outlier_min_clones)
    p_normal = lognormal_tail(above, 1 / np.sqrt(above[:m]), m, chao1(sizes))
    is_known = above[:m] == known
    return {
        "tested": 1.0,
        "false": float((p[~is_known] < CALLING.outlier_q).any()),
        "false_lognormal": float((p_normal[~is_known] < CALLING.outlier_q).any()),
        "found": float((p[is_known] < CALLING.outlier_q).any()),
        "found_lognormal": float((p_normal[is_known] < CALLING.outlier_q).any()),
    }


def run_twins(twins: Twins, rng: np.random.Generator) -> Numbers:
    """One subject: false pairs, and whether the true one was found."""
    counts = draw_twins(twins, rng)
    depth = counts.sum(axis=0)
    limits = LOQ_FRAGMENTS * np.ones(twins.n_samples)
    kept = np.flatnonzero((counts >= limits).sum(axis=1) >= CALLING.course_min_times)
    pairs, n_compared = compare_courses(
        counts[kept], depth, limits, CALLING.course_min_times, CALLING.course_min_correlation
    )
    chance = chance_of_correlation(pairs.correlation, pairs.n_times) * max(n_compared, 1)
    good = (pairs.p_homogeneity > HOMOGENEITY) & (chance < CHANCE)
    good &= np.abs(np.log(pairs.ratio)) <= np.log(CALLING.course_max_ratio)
    is_true = (kept[pairs.first] == 0) & (kept[pairs.second] == 1) if len(kept) else good
    return {
        "pairs": float(n_compared),
        "any_false": float((good & ~is_true).any()),
        "found": float((good & is_true).any()),
    }


Runner = Callable[[Any, np.random.Generator], Numbers]
PARTS: dict[str, tuple[Callable[[], Iterator[Any]], Runner]] = {
    "null": (null_courses, run_course),
    "robust": (robust_courses, run_course),
    "power": (power_courses, run_course),
    "outlier": (backgrounds, run_background),
    "course": (all_twins, run_twins),
}
RATES = ["flagged", "poisson", "p_01", "inside"]
"""Counts of clones, given per clone."""


def measure(job: tuple[str, Any, int, int, int]) -> dict[str, Any]:
    """All runs of one kind, in one row."""
    part, kind, n_runs, seed, number = job
    rng = np.random.default_rng([seed, list(PARTS).index(part), number])
    runs = pd.DataFrame([PARTS[part][1](kind, rng) for _ in range(n_runs)]).fillna(0.0)
    row: dict[str, Any] = asdict(kind) | {"runs": n_runs}
    clones = runs["clones"].sum() if "clones" in runs else 0.0
    tested = runs["tested"].sum() if "tested" in runs else float(n_runs)
    for name in runs:
        row[name] = runs[name].sum() / (clones if name in RATES else tested if name != "tested" else n_runs)
    return row


def run_part(part: str, n_runs: int, seed: int, n_workers: int) -> pd.DataFrame:
    """The table of one part."""
    jobs = [(part, kind, n_runs, seed, number) for number, kind in enumerate(PARTS[part][0]())]
    with Pool(n_workers) as pool:
        return pd.DataFrame(pool.map(measure, jobs, chunksize=1))


def check_bars(part: str, table: pd.DataFrame) -> Iterator[str]:
    """Every bar with its figure; three binomial standard errors are granted."""
    bars = {
        "null": (("any_growing", CALLING.growth_q), ("any_declining", CALLING.growth_q)),
        "outlier": (("false", CALLING.outlier_q),),
        "course": (("any_false", CHANCE),),
    }
    for column, nominal in bars.get(part, ()):
        tested = table[table["tested"] > 0] if "tested" in table else table
        n = tested["runs"] * tested.get("tested", 1.0)
        worst = ((tested[column] - nominal) / np.sqrt(nominal * (1 - nominal) / n)).max()
        word = "met" if worst <= 3.0 else "MISSED"
        mean = float(np.average(tested[column], weights=n))
        yield f"{word}: {part}, {column}: mean {mean:.4f}, largest {tested[column].max():.4f} (nominal {nominal})"


def main() -> None:
    """Print the tables as TSV, then the bars."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--runs", type=int, default=100, help="subjects of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    bars: list[str] = []
    for part in arguments.part:
        table = run_part(part, arguments.runs, arguments.seed, arguments.workers)
        print(f"# {part}\n" + table.to_csv(sep="\t", index=False, float_format="%.4g"), flush=True)
        bars += check_bars(part, table)
    print("\n".join(bars))


if __name__ == "__main__":
    main()
