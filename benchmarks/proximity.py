"""False findings and power of the tests of sites near listed genes, by simulation.

    python benchmarks/proximity.py even --runs 200 --seed 1    # sites without any preference
    python benchmarks/proximity.py cohort --runs 100 --seed 1  # a vector with preferences, none for the lists
    python benchmarks/proximity.py power --runs 40 --seed 1    # sites, late sites or large clones prefer one list

`all_sites` is measured on sites drawn evenly over the places that can be mapped: an eighth of the genome cannot, most of it
outside genes, as repeats lie. They are held against controls from the same places (ours), and against all known bases
(what is done without controls). The other two tests are measured on the cohorts of `insertion_tests.py`, whose vector
prefers genes, hot spots and single bases.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from insertion_tests import CALLING, CONTIG_BP, CONTIGS, Cohort, draw_clones, draw_genes

from integrasite.analyse.common_sites import choose_comparisons
from integrasite.analyse.gene_hits import CONTIG_STEP, IntArray, number_contigs, place_keys
from integrasite.analyse.insertion_sites import InsertionSites, collect_sites
from integrasite.analyse.proximity import (
    Intervals,
    KnownBases,
    feature_intervals,
    is_inside,
    measure_proximity,
    merge_intervals,
)

SIZES = (30, 100, 500)
"""Genes per list."""
N_CONTROLS = 20_000
UNMAPPABLE, BLOCK_BP = 0.125, 30_000
IN_GENES = 0.25
"""How much of what is drawn as unmappable is kept within genes."""
NO_MASK = pd.DataFrame({"contig": [], "start": [], "end": []}).astype({"start": "int64", "end": "int64"})


def draw_unmappable(genes: pd.DataFrame, contigs: dict[str, int], rng: np.random.Generator) -> Intervals:
    """Blocks that no site can be placed in."""
    in_genes = feature_intervals(genes, "in_gene", contigs)
    n = int(UNMAPPABLE * CONTIGS * CONTIG_BP / BLOCK_BP / 0.75)
    start = _draw_anywhere(n, contigs, rng)
    kept = ~is_inside(start, in_genes) | (rng.random(n) < IN_GENES)
    return merge_intervals(start[kept], start[kept] + BLOCK_BP)


def _draw_anywhere(n: int, contigs: dict[str, int], rng: np.random.Generator) -> IntArray:
    numbers = np.array(list(contigs.values()), dtype=np.int64)
    keys = numbers[rng.integers(0, len(numbers), n)] * CONTIG_STEP + rng.integers(0, CONTIG_BP - BLOCK_BP, n)
    return np.asarray(keys, dtype=np.int64)


def draw_mappable(n: int, contigs: dict[str, int], mask: Intervals, rng: np.random.Generator) -> IntArray:
    """Places, evenly over what can be mapped, ascending."""
    keys = _draw_anywhere(2 * n, contigs, rng)
    return np.sort(keys[~is_inside(keys, mask)][:n])


def draw_lists(genes: pd.DataFrame, rng: np.random.Generator) -> dict[str, list[str]]:
    """Random lists of each size."""
    names = genes["gene"].to_numpy()
    return {f"{n} genes": rng.choice(names, n, replace=False).tolist() for n in SIZES}


def clones_at(
    keys: IntArray, contigs: dict[str, int], n_subjects: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Clones of one cell at places, dealt out to subjects."""
    names = {number: name for name, number in contigs.items()}
    return pd.DataFrame(
        {
            "subject": [f"P{i}" for i in rng.integers(0, n_subjects, len(keys))], "specimen": "S", "days": 50,
            "contig": [names[int(number)] for number in keys // CONTIG_STEP], "position": keys % CONTIG_STEP + 1,
            "strand": np.where(rng.random(len(keys)) < 0.5, "+", "-"), "cells": 1.0,
            "status": "pass", "placement": "unique", "estimator": "sonic",
        }
    )  # fmt: skip


def measure_even(n_sites: int, factor: float, runs: int, seed: int) -> Iterator[pd.DataFrame]:
    """`all_sites` of evenly drawn sites, `factor` times more of them within 50 kb of a listed gene's start."""
    for run in range(runs):
        rng = np.random.default_rng([seed, run])
        genes = draw_genes(20_000, rng).genes
        contigs = number_contigs(genes)
        mask, lists = draw_unmappable(genes, contigs, rng), draw_lists(genes, rng)
        known = KnownBases(dict.fromkeys(contigs, CONTIG_BP), NO_MASK)
        controls = draw_mappable(N_CONTROLS, contigs, mask, rng)
        for name, symbols in lists.items():
            keys = draw_mappable(int(n_sites * max(factor, 1.0)), contigs, mask, rng)
            listed = genes[genes["gene"].isin(symbols)]
            near = is_inside(keys, feature_intervals(listed, "tss_50kb", contigs))
            keys = keys[near | (rng.random(len(keys)) < 1 / factor)]
            sites = collect_sites(clones_at(keys, contigs, 5, rng), contigs, (), CALLING)
            for word, given in (("controls", controls), ("known bases", None)):
                table, _ = measure_proximity(sites, genes, {name: symbols}, known, controls=given)
                yield table[table["test"] == "all_sites"].assign(background=word, run=run)


def measure_cohort(
    cohort: Cohort, runs: int, seed: int, *, larger: float = 1.0, later: float = 1.0, reference: str = "early"
) -> Iterator[pd.DataFrame]:
    """The other two tests; clones within 50 kb of a listed gene's start are `larger`, or more of them are seen late."""
    for run in range(runs):
        rng = np.random.default_rng([seed, run])
        genes = draw_genes(cohort.n_genes, rng).genes
        contigs, lists = number_contigs(genes), draw_lists(genes, rng)
        drawn = draw_clones(cohort, genes, 0, rng)
        keys = place_keys(contigs, drawn["contig"], drawn["position"] - 1)
        for name, symbols in lists.items():
            listed = genes[genes["gene"].isin(symbols)]
            near = is_inside(keys, feature_intervals(listed, "tss_50kb", contigs))
            clones = drawn.assign(cells=drawn["cells"] * np.where(near, larger, 1.0))
            clones = clones[near | (clones["days"] < 90) | (rng.random(len(clones)) < 1 / later)]
            sites = collect_sites(clones, contigs, (), CALLING)
            comparisons, _ = choose_comparisons(_days_or_not(sites, reference), None, CALLING)
            table, _ = measure_proximity(sites, genes, {name: symbols}, None, comparisons=comparisons)
            yield table.assign(background=table["reference"], run=run)


def _days_or_not(sites: InsertionSites, reference: str) -> InsertionSites:
    """Sites as they are, or without early and late, so that each subject is held against the others."""
    if reference == "early":
        return sites
    return replace(sites, table=sites.table.assign(is_early=False, is_late=False))


def summarise(parts: Iterator[pd.DataFrame]) -> pd.DataFrame:
    """Part of p below 0.05, and of runs with a q (over the features of the list) below 0.05; median effect."""
    table = pd.concat(list(parts), ignore_index=True)
    table["size"] = table["gene"].str.split().str[0].astype(int)
    key = ["test", "background", "size"]
    runs = table.assign(found=table["q"] < 0.05).groupby([*key, "run"])["found"].any().groupby(key).mean()
    groups = table.assign(below=table["p"] < 0.05).groupby([*key, "feature"])
    out = groups.agg(below=("below", "mean"), effect=("effect", "median"), rate=("base_rate", "median"))
    wide = out["below"].unstack().add_prefix("p<.05 ").assign(runs_with_q=runs)
    middle = out.xs("tss_50kb", level="feature")
    return wide.assign(effect=middle["effect"], base_rate=middle["rate"]).round(3)


def main() -> None:
    """Print one table per setting."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=("even", "cohort", "power"))
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    runs, seed = arguments.runs, arguments.seed
    if arguments.part == "even":
        for n_sites in (2_000, 20_000, 100_000):
            print(f"even sites: {n_sites}, {N_CONTROLS} controls, runs {runs}, seed {seed}", flush=True)
            print(summarise(measure_even(n_sites, 1.0, runs, seed)).to_string(), flush=True)
        return
    if arguments.part == "cohort":
        # each subject is held against the others: six tests per run, so a fifth of the runs will do
        for word, times in (("early", runs), ("other_subjects", max(1, runs // 5))):
            for cohort in (Cohort(), Cohort(unlike=0.3)):
                print(cohort, word, f"runs {times}, seed {seed}", flush=True)
                print(summarise(measure_cohort(cohort, times, seed, reference=word)).to_string(), flush=True)
        return
    for factor in (1.1, 1.3, 2.0):
        print(f"20,000 even sites, {factor} times more near the list, runs {runs}, seed {seed}", flush=True)
        print(summarise(measure_even(20_000, factor, runs, seed)).to_string(), flush=True)
    for named in (
        {"larger": 1.5},
        {"larger": 3.0},
        {"larger": 10.0},
        {"later": 1.2},
        {"later": 1.5},
        {"later": 2.0},
    ):
        print(Cohort(), named, f"runs {runs}, seed {seed}", flush=True)
        print(summarise(measure_cohort(Cohort(), runs, seed, **named)).to_string(), flush=True)


if __name__ == "__main__":
    main()
