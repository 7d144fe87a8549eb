"""How many flags polyclonal specimens raise in which no clone is selected.

    python benchmarks/expansion/alerts.py --specimens 1000 --seed 1 --workers 2

Subjects have four specimens of one lineage, two libraries each; true clone sizes are log-normal and stay so but for noise
between libraries, noise between specimens and a spread of growth. One clone in a hundred lies near the gene of a verified
event of weight 4, half of these as the event's mode asks; one in a thousand lies in a gene of expanded clones (R2).
Everything from counts per library to flags is the program's own. Prints, per kind of specimen and rule, flags per specimen
and the part of specimens with such a flag, and the same by tier. `limits alone` is no rule: clones of at least 1 % whose
lower limit at the last day exceeds the upper limit at the first, whatever the test of growth says.
"""

import argparse
from dataclasses import dataclass
from multiprocessing import Pool

import numpy as np
import pandas as pd

from integrasite.abundance.imported import clones_from_counts
from integrasite.analyse.diversity import diversity_table
from integrasite.analyse.from_tables import libraries_of_clones
from integrasite.analyse.growth import track_clones
from integrasite.analyse.outlier import find_outliers
from integrasite.config.calling import Calling
from integrasite.flags.raising import OtherTables, raise_flags
from integrasite.io.tables import as_table
from integrasite.model.tables import ANNOTATION, EXPANDED_CLONES

N_SPECIMENS = 4
N_LIBRARIES = 2
NEAR_EVENT, IN_EXPANDED_GENE = 100, 1000


@dataclass(frozen=True)
class Polyclonal:
    """One kind of subject.

    Args:
        fragments: mean fragments per specimen.
        sigma: standard deviation of log clone sizes.
        n_clones: clones.
        noise: squared coefficient of variation of a clone between specimens, and of a library.
        spread: standard deviation of growth between clones, per year.
    """

    fragments: float
    sigma: float = 1.5
    n_clones: int = 3000
    noise: float = 0.1
    spread: float = 0.3


KINDS = (
    Polyclonal(60.0),
    Polyclonal(150.0),
    Polyclonal(500.0),
    Polyclonal(3000.0),
    Polyclonal(3000.0, noise=0.5),
)


def draw_subject(kind: Polyclonal, name: str, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells per library and clone, and the largest true fraction of each specimen."""
    years = 0.5 * np.arange(N_SPECIMENS)
    logs = rng.normal(0.0, kind.sigma, (kind.n_clones, 1))
    logs = logs + kind.spread * rng.normal(0.0, 1.0, (kind.n_clones, 1)) * years
    share = np.exp(logs) * rng.gamma(1.0 / kind.noise, kind.noise, (kind.n_clones, N_SPECIMENS))
    share /= share.sum(axis=0)
    parts = []
    for time in range(N_SPECIMENS):
        for library in range(N_LIBRARIES):
            wet = share[:, time] * rng.gamma(1.0 / kind.noise, kind.noise, kind.n_clones)
            cells = rng.poisson(kind.fragments / N_LIBRARIES * wet / wet.sum())
            seen = np.flatnonzero(cells)
            table = {"subject": name, "specimen": f"{name}-{time}", "timepoint": f"M{6 * time}"}
            table |= {
                "days": round(365.25 * years[time]),
                "tissue": "blood",
                "cell_type": "PBMC",
                "vector": "v",
            }
            table |= {
                "sample": f"{name}-{time}-{library}",
                "contig": "chr1",
                "strand": "+",
                "n_reads": np.nan,
            }
            table |= {"position": 100 * seen + 1, "cells": cells[seen].astype(float)}
            parts.append(pd.DataFrame(table, index=range(len(seen))))
    truth = pd.DataFrame(
        {"specimen": [f"{name}-{time}" for time in range(N_SPECIMENS)], "largest": share.max(axis=0)}
    )
    return pd.concat(parts, ignore_index=True), truth


def annotation_of(clones: pd.DataFrame) -> pd.DataFrame:
    """Every so many clones lie near an event's gene, every second of these as the event did."""
    sites = clones[["site_id", "position"]].drop_duplicates("site_id")
    number = (sites["position"].to_numpy() - 1) // 100
    near = number % NEAR_EVENT == 0
    fits = np.where(number % (2 * NEAR_EVENT) == 0, "fits", "does_not_fit")
    table = pd.DataFrame(
        {
            "site_id": sites["site_id"],
            "known_event": np.where(near, "LMO2", ""),
            "event_class": np.where(near, "malignant", ""),
            "expected_geometry": np.where(near, fits, ""),
        }
    )
    return as_table(table, ANNOTATION)


def expanded_genes(kind: Polyclonal) -> pd.DataFrame:
    """A gene of R2 around every so many clones."""
    starts = 100 * np.arange(0, kind.n_clones, IN_EXPANDED_GENE)
    genes = pd.DataFrame(
        {"contig": "chr1", "start": starts, "end": starts + 1, "gene": [f"g{n}" for n in starts]}
    )
    more = {
        "test": "expanded_clone_enrichment",
        "n_sites": 9,
        "n_subjects": 3,
        "observed": 5.0,
        "expected": 0.1,
    }
    return as_table(
        genes.assign(**more, q=0.001, n_subjects_expanded=3, p_without_top_clone=0.001), EXPANDED_CLONES
    )


def flags_of(kind: Polyclonal, name: str, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Flags of one simulated subject, and its specimens."""
    counts, truth = draw_subject(kind, name, rng)
    calling = Calling()
    clones = clones_from_counts(counts)
    libraries = libraries_of_clones(clones)
    other = OtherTables(
        tracking=track_clones(clones, calling),
        outliers=find_outliers(clones, calling),
        expanded=expanded_genes(kind),
    )
    diversity = diversity_table(clones, libraries, calling)
    found = raise_flags(
        clones, annotation_of(clones), diversity, libraries, calling, "fda-ltfu-2020", "unknown", other
    )
    return pd.concat([found, limits_alone(clones, diversity)]), truth


def limits_alone(clones: pd.DataFrame, diversity: pd.DataFrame) -> pd.DataFrame:
    """Clones that the intervals of the first and last day alone would call grown."""
    days = diversity.sort_values("days")
    first, last = (
        clones[clones["specimen"] == name].set_index("site_id") for name in days["specimen"].iloc[[0, -1]]
    )
    upper = first["fraction_high"].reindex(last.index).fillna(float(days["lod95"].iloc[0]))
    grown = last[(last["fraction"] >= 0.01) & (last["fraction_low"] > upper)]
    return grown.reset_index()[["subject", "specimen", "site_id"]].assign(rule="(limits alone)")


def measure(job: tuple[Polyclonal, int, int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One subject; its randomness depends on its number and the seed only."""
    kind, number, seed = job
    rng = np.random.default_rng([seed, number, KINDS.index(kind)])
    return flags_of(kind, f"s{number}", rng)


def summarise(flags: pd.DataFrame, n_specimens: int) -> pd.DataFrame:
    """Per rule, and per tier of a clone: flags per specimen and part of the specimens that have one."""
    clones = flags[flags["tier"].notna()]
    best = clones.groupby(["specimen", "site_id"], as_index=False)["tier"].min()
    best["rule"] = "clones in tier " + best["tier"].astype(str)
    rows = pd.concat([flags[["specimen", "rule"]], best[["specimen", "rule"]]])
    grouped = rows.groupby("rule")["specimen"]
    return pd.DataFrame(
        {"per_specimen": grouped.size() / n_specimens, "specimens": grouped.nunique() / n_specimens}
    )


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--specimens", type=int, default=1000, help="specimens of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument(
        "--kinds", type=int, nargs="+", default=list(range(len(KINDS))), help="which of the kinds"
    )
    arguments = parser.parse_args()
    n_subjects = -(-arguments.specimens // N_SPECIMENS)
    with Pool(arguments.workers) as pool:
        for kind in (KINDS[number] for number in arguments.kinds):
            jobs = [(kind, number, arguments.seed) for number in range(n_subjects)]
            found = pool.map(measure, jobs, chunksize=8)
            truth = pd.concat([specimens for _, specimens in found])
            flags = pd.concat([rows.astype({"tier": "Int64"}) for rows, _ in found], ignore_index=True)
            large = (truth["largest"] >= 0.1).sum()
            print(f"\n{kind}: {len(truth)} specimens, {large} of them with a true clone of 10 %")
            table = summarise(flags, len(truth))
            print(table.to_string(float_format=lambda value: f"{value:.4g}"), flush=True)


if __name__ == "__main__":
    main()
