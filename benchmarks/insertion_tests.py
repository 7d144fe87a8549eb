"""False findings, power and speed of the tests for insertional mutagenesis, by simulation.

    python benchmarks/insertion_tests.py null --runs 20 --seed 1      # nothing is selected
    python benchmarks/insertion_tests.py power --runs 20 --seed 1     # clones in one gene are larger, or more of them last
    python benchmarks/insertion_tests.py speed --sites 1000000        # seconds of every test

The vector prefers genes (log-normal weights), hot spots of 2 kb within them and single bases within these, alike in all
subjects but for `--unlike`, the coefficient of variation of a gene's weight between subjects and between early and late
specimens. Clone sizes are log-normal and, unless selected, independent of the place; sites at one base add up.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from integrasite.analyse.common_sites import (
    Comparison,
    choose_comparisons,
    compare_with_reference,
    grubbs_outliers,
)
from integrasite.analyse.early_late import compare_early_late
from integrasite.analyse.expanded_clones import enrich_expanded_clones
from integrasite.analyse.gene_hits import number_contigs
from integrasite.analyse.insertion_sites import InsertionSites, collect_sites
from integrasite.analyse.insertion_tests import transcript_lengths
from integrasite.analyse.proximity import KnownBases, measure_proximity
from integrasite.analyse.scan import scan_windows
from integrasite.config.calling import Calling
from integrasite.io.genes import GeneAnnotation

CONTIGS, CONTIG_BP = 20, 150_000_000
CALLING = Calling()


@dataclass(frozen=True)
class Cohort:
    """What is simulated.

    Args:
        n_subjects: subjects.
        n_clones: integrations per subject, seen or not.
        n_genes: genes, on 20 contigs of 150 Mb.
        unlike: coefficient of variation of a gene's weight between subjects, and between early and late.
        size_factor: how much larger clones in the selected gene are.
        late_factor: how many times more clones in the selected gene are seen late.
        share: of integrations in genes.
        stacking: how strongly single bases of a hot spot are preferred; at 3 two integrations are at one base and strand
            once in about 1e7 pairs, as in lentiviral blood samples.
        selected_share: of these in the gene where selection acts.
        selected_length: quantile of its length (0.9: about 150 kb, 0.5: 25 kb).
    """

    n_subjects: int = 6
    n_clones: int = 6000
    n_genes: int = 20_000
    unlike: float = 0.0
    size_factor: float = 1.0
    late_factor: float = 1.0
    share: float = 0.7
    selected_share: float = 0.002
    selected_length: float = 0.9
    stacking: float = 3.0


def draw_genes(n: int, rng: np.random.Generator) -> GeneAnnotation:
    """Genes of log-normal lengths, spread evenly; some overlap."""
    length = np.clip(rng.lognormal(np.log(25_000), 1.4, n), 500, 2e6).astype(np.int64)
    start = (rng.random(n) * (CONTIG_BP - length)).astype(np.int64)
    genes = pd.DataFrame(
        {"contig": [f"chr{i + 1}" for i in rng.integers(0, CONTIGS, n)], "start": start, "end": start + length,
         "strand": np.where(rng.random(n) < 0.5, "+", "-")}
    ).sort_values(["contig", "start"], ignore_index=True)  # fmt: skip
    genes["gene"] = [f"G{i:05d}" for i in range(n)]
    none = pd.DataFrame({name: pd.Series(dtype="int64") for name in ("gene", "start", "end")})
    return GeneAnnotation(genes, none, none)


def draw_clones(cohort: Cohort, genes: pd.DataFrame, selected: int, rng: np.random.Generator) -> pd.DataFrame:
    """Rows of `clones` of an early (day 14) and a late (day 365) specimen of every subject."""
    weights = (genes["end"] - genes["start"]).to_numpy() * rng.lognormal(0, 1.2, len(genes))
    weights[selected] = (
        cohort.selected_share / (1 - cohort.selected_share) * np.delete(weights, selected).sum()
    )
    spots = rng.random((len(genes), 3))
    numbers = {name: i for i, name in enumerate(pd.unique(genes["contig"]))}
    contig_of = genes["contig"].map(numbers).to_numpy()
    parts = []
    for subject in range(cohort.n_subjects):
        own = weights * _spread(cohort.unlike, len(genes), rng)
        gene = rng.choice(len(genes), cohort.n_clones, p=own / own.sum())
        start, end = genes["start"].to_numpy()[gene], genes["end"].to_numpy()[gene]
        spread = rng.random(cohort.n_clones)
        spot = spots[gene, rng.integers(0, 3, cohort.n_clones)]
        at_spot = rng.random(cohort.n_clones) < 0.5
        # bases of a hot spot are preferred by a power law, so that several cells' sites are at one base
        offset = 2000 * rng.random(cohort.n_clones) ** cohort.stacking
        place = np.where(
            at_spot, start + spot * (end - start) + offset, start + spread * (end - start)
        ).astype(np.int64)
        outside = rng.random(cohort.n_clones) >= cohort.share
        place[outside] = rng.integers(0, CONTIG_BP, outside.sum())
        contig = np.where(outside, rng.integers(0, CONTIGS, cohort.n_clones) % len(numbers), contig_of[gene])
        sizes = rng.lognormal(0, 1.5, cohort.n_clones)
        chosen = ~outside & (gene == selected)
        sizes[chosen] *= cohort.size_factor
        strand = np.where(rng.random(cohort.n_clones) < 0.5, "+", "-")
        change = _spread(cohort.unlike, len(genes), rng)[gene]
        for days, gain in (
            (14, np.ones(len(gene))),
            (365, np.where(chosen, cohort.late_factor, 1.0) * change),
        ):
            cells = rng.poisson(0.3 * sizes * gain)
            seen = cells > 0
            parts.append(pd.DataFrame({
                "subject": f"P{subject}", "specimen": f"P{subject}_{days}", "days": days, "number": contig[seen],
                "position": place[seen] + 1, "strand": strand[seen],
                "cells": cells[seen].astype(float),
            }))  # fmt: skip
    names = np.array(list(numbers), dtype=object)
    clones = pd.concat(parts, ignore_index=True)
    clones["contig"] = names[clones.pop("number").to_numpy()]
    return clones.assign(status="pass", placement="unique", estimator="sonic")


def _spread(cv: float, n: int, rng: np.random.Generator) -> Any:
    return np.ones(n) if cv == 0 else rng.gamma(1 / cv**2, cv**2, n)


Test = Callable[[], tuple[pd.DataFrame, list[str]]]


def all_tests(
    sites: InsertionSites, annotation: GeneAnnotation, calling: Calling = CALLING
) -> dict[str, Test]:
    """Every test by name."""
    genes = annotation.genes
    early, _ = choose_comparisons(sites, None, calling)
    others, _ = choose_comparisons(_without_days(sites), None, calling)
    lists = {"list": genes["gene"].iloc[:: max(1, len(genes) // 500)].tolist()}
    known = KnownBases(
        dict.fromkeys(pd.unique(genes["contig"]), CONTIG_BP), genes.iloc[:0][["contig", "start", "end"]]
    )
    tests: dict[str, Test] = {
        "expanded_clone_enrichment": lambda: enrich_expanded_clones(sites, genes, calling),
        "grubbs": lambda: grubbs_outliers(sites, genes, transcript_lengths(annotation), calling),
        "early_late": lambda: compare_early_late(sites, genes, calling),
        "cancer_gene_proximity": lambda: measure_proximity(sites, genes, lists, known),
    }
    for word, comparisons in (("early", early), ("others", others)):
        if comparisons:
            tests[f"reference_vector ({word})"] = partial(
                compare_with_reference, comparisons[0], genes, calling
            )
            tests[f"scan ({word})"] = partial(_scan, comparisons[0], genes, calling)
    return tests


def _scan(comparison: Comparison, genes: pd.DataFrame, calling: Calling) -> tuple[pd.DataFrame, list[str]]:
    return scan_windows(comparison, genes, calling), []


def _without_days(sites: InsertionSites) -> InsertionSites:
    return InsertionSites(sites.table.assign(is_early=False, is_late=False), sites.places, sites.subject)


def simulate(cohort: Cohort, seed: int) -> tuple[InsertionSites, GeneAnnotation, int]:
    """Sites of one cohort, its genes, and the number of the gene in which selection acts."""
    rng = np.random.default_rng(seed)
    annotation = draw_genes(cohort.n_genes, rng)
    length = (annotation.genes["end"] - annotation.genes["start"]).to_numpy()
    selected = int(np.argsort(length)[int(cohort.selected_length * len(length))])
    clones = draw_clones(cohort, annotation.genes, selected, rng)
    return collect_sites(clones, number_contigs(annotation.genes), (), CALLING), annotation, selected


def measure(cohort: Cohort, runs: int, seed: int) -> Iterator[dict[str, object]]:
    """One row per run and test: genes or windows with q below 0.05, part of p below 0.05, the selected gene's q."""
    for run in range(runs):
        sites, annotation, selected = simulate(cohort, seed + run)
        name = annotation.genes["gene"].iloc[selected]
        for test, function in all_tests(sites, annotation).items():
            rows, _ = function()
            if test == "cancer_gene_proximity" and len(rows):
                rows = rows[(rows["test"] == "top_against_rest") & (rows["feature"] == "tss_50kb")]
            for word, part in [(test, rows)] if not len(rows) else rows.groupby("test"):
                word = test if word in test else f"{test}: {word}"
                names = part["gene"].tolist() if len(part) else []
                own = part[[name in cell.split(",") for cell in names]] if len(part) else part
                yield {
                    "test": word, "run": run, "tested": len(part), "found": int((part["q"] < 0.05).sum()) if len(part) else 0,
                    "p_below": float((part["p"] < 0.05).mean()) if len(part) else np.nan,
                    "selected_found": bool((own["q"] < 0.05).any()) if len(own) else False,
                }  # fmt: skip


def summarise(rows: Iterator[dict[str, object]]) -> pd.DataFrame:
    """Per test: tests per run, findings per run, runs with any, part of p below 0.05, runs that find the selected gene."""
    table = pd.DataFrame(rows).assign(any=lambda t: t["found"] > 0).groupby("test", sort=False)
    return table.agg(
        tested=("tested", "mean"), found=("found", "mean"), most=("found", "max"), runs_with_any=("any", "mean"),
        p_below=("p_below", "mean"), selected_found=("selected_found", "mean"),
    ).round(4)  # fmt: skip


def speed(n_sites: int, seed: int) -> pd.DataFrame:
    """Seconds of every test on about `n_sites` distinct sites of ten subjects and 20,000 genes."""
    rng = np.random.default_rng(seed)
    annotation = draw_genes(20_000, rng)
    cohort = Cohort(n_subjects=10, n_clones=int(n_sites * 0.26))
    clones = draw_clones(cohort, annotation.genes, 0, rng)
    begin = time.perf_counter()
    sites = collect_sites(clones, number_contigs(annotation.genes), (), CALLING)
    rows: list[tuple[str, float, int]] = [("collect_sites", time.perf_counter() - begin, len(sites.table))]
    for name, function in all_tests(sites, annotation).items():
        begin = time.perf_counter()
        found, _ = function()
        rows.append((name, time.perf_counter() - begin, len(found)))
    return pd.DataFrame(rows, columns=["step", "seconds", "rows"]).round(2)


def main() -> None:
    """Print one table per setting."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=("null", "power", "speed"))
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sites", type=int, default=1_000_000)
    arguments = parser.parse_args()
    if arguments.part == "speed":
        table = speed(arguments.sites, arguments.seed)
        print(table.to_string(index=False), f"\ntotal {table['seconds'].sum():.1f} s")
        return
    if arguments.part == "null":
        cohorts = [
            Cohort(),
            Cohort(unlike=0.3),
            Cohort(n_subjects=2, n_clones=40_000),
            Cohort(n_subjects=14, n_clones=900),
        ]
    else:
        cohorts = [Cohort(size_factor=factor) for factor in (3.0, 10.0, 30.0)]
        cohorts += [Cohort(late_factor=factor, selected_length=0.5) for factor in (3.0, 10.0, 30.0)]
    for cohort in cohorts:
        print(cohort, f"runs {arguments.runs}, seed {arguments.seed}", flush=True)
        print(summarise(measure(cohort, arguments.runs, arguments.seed)).to_string(), flush=True)


if __name__ == "__main__":
    main()
