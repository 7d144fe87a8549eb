"""How large the report is, how long it takes and how much memory, for as many samples and sites as asked for.

    python benchmarks/report_size.py --samples 1000 --sites 1000000 --browser

Result tables are made from a seed: two libraries to a specimen, four time points to a subject, log-normal clone sizes with
one large clone in every tenth subject, sites of which a third come back at the next time point, every stage's table filled.
Then `integrasite report` is run on them, as the workflow does. Prints the size of index.html and of the largest subject's
page (MB), seconds, and the largest memory (GB); with --browser also the seconds until chromium has loaded each of the two.
The machine's other load is in the seconds. The limits are 5 MB for a usual run and 20 MB for any.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from integrasite.io.tables import as_table, write_tsv
from integrasite.model.fates import FATES
from integrasite.report.inputs import FILES

DAYS = (30, 183, 365, 730)
REPLICATES = 2
CONTIGS = tuple(f"chr{number}" for number in (*range(1, 23), "X", "Y"))
LAST_BASE = 50_000_000
N_GENES = 20_000
EVENTS = ("LMO2", "MECOM", "HMGA2", "CCND2", "PRDM16")
LARGE = 0.35
CONFIG = """
run: {id: size, date: 2026-01-31}
samples: samples.tsv
reference: {name: hg38, genome: g.fa, annotation: g.gtf}
vectors: {lv: {sequence: v.fa}}
protocols: {lmpcr-u5: {ltr_end: TCTAGCA, primer: GAAAATC}}
"""


def sheet(n_samples: int) -> pd.DataFrame:
    """Libraries of as many subjects as the samples make, and one control."""
    n_subjects = -(-n_samples // (len(DAYS) * REPLICATES))
    rows = [
        (f"S{subject:04d}_D{days}_r{replicate}", f"S{subject:04d}", f"S{subject:04d}_D{days}", f"D{days}", days, replicate)
        for subject in range(n_subjects)
        for days in DAYS
        for replicate in range(1, REPLICATES + 1)
    ][:n_samples]  # fmt: skip
    columns = ["sample", "subject", "specimen", "timepoint", "days", "replicate"]
    frame = pd.DataFrame(rows, columns=columns).assign(tissue="blood", cell_type="PBMC", role="patient")
    control = pd.DataFrame(
        [{"sample": "NTC", "subject": "NTC", "specimen": "NTC", "replicate": 1, "role": "ntc"}]
    )
    frame = pd.concat([frame, control], ignore_index=True).astype({"days": "Int64"})
    return frame.assign(r1=frame["sample"] + "_1.fq.gz", r2=frame["sample"] + "_2.fq.gz")


def _sites(n: int, rng: np.random.Generator) -> pd.DataFrame:
    contig = np.array(CONTIGS, dtype=object)[rng.integers(0, len(CONTIGS), n)]
    position = rng.integers(1, LAST_BASE, n)
    strand = np.where(rng.random(n) < 0.5, "+", "-").astype(object)
    site_id = contig + ":" + position.astype(str).astype(object) + ":" + strand
    return pd.DataFrame({"contig": contig, "position": position, "strand": strand, "site_id": site_id})


def _sizes(n: int, large: bool, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Cells, fractions and plain intervals of one specimen's clones."""
    cells = np.ceil(rng.lognormal(0.5, 1.2, n))
    if large:
        cells[0] = np.ceil(LARGE / (1 - LARGE) * cells[1:].sum())
    fraction = cells / cells.sum()
    spread = 2 * np.sqrt(fraction * (1 - fraction) / cells.sum()) + 1e-6
    chances = {f"p_ge_{level}": np.where(fraction >= level / 100, 0.999, 0.0) for level in (10, 20, 30)}
    return chances | {
        "n_fragments": cells.astype(int), "n_reads": (40 * cells).astype(int), "cells": cells,
        "cells_low": np.maximum(1.0, cells - 2 * np.sqrt(cells)), "cells_high": cells + 2 * np.sqrt(cells),
        "fraction": fraction, "fraction_low": np.maximum(1e-6, fraction - spread), "fraction_high": fraction + spread,
    }  # fmt: skip


def clones_of(specimens: pd.DataFrame, n_sites: int, rng: np.random.Generator) -> pd.DataFrame:
    """About `n_sites` distinct sites over the specimens (one row of the sheet each); a third return at the next time."""
    parts: list[pd.DataFrame] = []
    kept, n = 0.33, max(4, round(n_sites / (0.67 * len(specimens) + 0.33 * specimens["subject"].nunique())))
    previous = ""
    for number, row in enumerate(specimens.itertuples()):
        sites = _sites(n, rng)
        if row.subject == previous:
            stays = rng.random(n) < kept
            stays[0] = True
            sites[stays] = parts[-1].loc[stays, list(sites.columns)].to_numpy()
        previous = row.subject
        fixed = {
            key: getattr(row, key)
            for key in ("subject", "specimen", "timepoint", "days", "tissue", "cell_type")
        }
        large = int(row.subject[1:]) % 10 == 0 and row.days >= DAYS[1]
        part = sites.assign(**fixed, **_sizes(n, large, rng))
        parts.append(
            part.assign(placement=np.where(rng.random(n) < 0.05, "multihit", "unique"), order=number)
        )
    frame = pd.concat(parts, ignore_index=True)
    is_multihit = frame["placement"] == "multihit"
    frame["cluster"] = ("m-" + frame["site_id"]).where(is_multihit, "")
    frame["status"] = np.where(rng.random(len(frame)) < 0.02, "artefact", "pass")
    measured = ["fraction", "fraction_low", "fraction_high", "p_ge_10", "p_ge_20", "p_ge_30"]
    frame.loc[frame["status"] != "pass", measured] = np.nan
    return frame.assign(
        vector="lv",
        n_replicates=REPLICATES,
        estimator="sonic",
        saturated=False,
        n_lengths=frame["n_fragments"],
    )


def annotation_of(sites: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Genes at random; one site in fifty at a gene with a known event."""
    n = len(sites)
    event = np.where(
        rng.random(n) < 0.02, np.array(EVENTS, dtype=object)[rng.integers(0, len(EVENTS), n)], ""
    )
    gene = np.where(
        event != "",
        event,
        np.array([f"GENE{one}" for one in range(N_GENES)], dtype=object)[rng.integers(0, N_GENES, n)],
    )
    inside = rng.random(n) < 0.7
    return pd.DataFrame(
        {
            "site_id": sites["site_id"].to_numpy(), "gene": gene,
            "gene_strand": "+", "in_gene": inside, "in_exon": rng.random(n) < 0.05,
            "same_orientation": np.where(rng.random(n) < 0.5, "true",
            "false"), "distance_to_tss": rng.integers(-90_000, 90_000, n).astype(str),
            "nearest_cancer_gene": "MYC", "cancer_gene_distance": rng.integers(0, 10**6, n),
            "lists": np.where(rng.random(n) < 0.1, "cosmic", ""),
            "known_event": event, "event_class": np.where(event != "", "malignant", ""),
            "expected_geometry": np.where(event != "", "fits", ""),
        }
    )  # fmt: skip


def _diversity(clones: pd.DataFrame) -> pd.DataFrame:
    passed = clones[clones["status"] == "pass"]
    grouped = passed.groupby(["subject", "specimen", "days"], as_index=False)
    frame = grouped.agg(
        n_sites=("site_id", "nunique"), cells=("cells", "sum"), n_fragments=("n_fragments", "sum")
    )
    shape = {
        "shannon": 6.1,
        "simpson": 0.99,
        "gini": 0.6,
        "uc50": 120,
        "uc50_inspiired": 121,
        "chao1": 9e3,
        "coverage": 0.8,
    }
    enough = np.select([frame["n_fragments"] < 50, frame["n_fragments"] < 200], ["no", "low_power"], "yes")
    return frame.assign(
        **shape, lod95=1 - 0.05 ** (1 / frame["n_fragments"]), loq=16 / frame["n_fragments"], evaluable=enough
    )


def _ledger(samples: list[str], rng: np.random.Generator) -> pd.DataFrame:
    rows = [
        {"sample": sample, "stage": info.stage, "fate": fate.word, "n_reads": int(n), "fraction": n / 50_000}
        for sample in samples
        for (fate, info), n in zip(
            FATES.items(), rng.multinomial(50_000, np.full(len(FATES), 1 / len(FATES))), strict=True
        )
    ]
    return pd.DataFrame(rows)


def _flags(clones: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """As many as large cohorts raise: the large clones, and one clone in two hundred for its gene."""
    large = clones[(clones["p_ge_20"] > 0.95) | (rng.random(len(clones)) < 0.005)]
    words = (
        "LMO2 known_event malignant; inside, same orientation; 1,204 bp upstream of the transcription start; "
        + "x" * 30
    )
    frame = large[["subject", "specimen", "site_id"]].assign(
        rule="malignant_event", tier=2, value=1.0, threshold=1.0
    )
    frame = frame.assign(
        evidence=words,
        source="A published report, with authors, journal, volume, pages and year, 2003",
        codes="A2[0.35] K3 M2 G? L? R? Q0",
    )
    again = frame[large["p_ge_20"] > 0.95].assign(rule="dominant_20", tier=1)
    return pd.concat([frame, again], ignore_index=True)


def _tracking(clones: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One row a subject and clone; one in a hundred was tested, a tenth of these grow."""
    keys = ["subject", "tissue", "cell_type", "site_id", "vector", "cluster"]
    frame = (
        clones[clones["status"] == "pass"]
        .groupby(keys, as_index=False)
        .agg(peak_fraction=("fraction", "max"))
    )
    tested = rng.random(len(frame)) < 0.01
    grows = tested & (rng.random(len(frame)) < 0.1)
    frame = frame.assign(
        last_fraction=frame["peak_fraction"], n_timepoints=4, n_seen=2, n_usable=4, last_days=730
    )
    numbers = {
        "growth_per_year": 1.1,
        "growth_low": 0.4,
        "growth_high": 1.9,
        "q": 0.01,
        "q_decline": 1.0,
        "window_start": 30,
        "window_end": 730,
    }
    for name, value in numbers.items():
        frame[name] = np.where(tested, value, np.nan)
    frame["status"] = np.select([grows, tested], ["growing", "stable"], "insufficient")
    return frame.assign(
        reliable=tested, reason=np.where(tested, "", "fewer than 20 cells over the evaluable time points")
    )


def _contamination(clones: pd.DataFrame) -> pd.DataFrame:
    some = clones.iloc[:: max(1, len(clones) // 2000)]
    frame = some[["site_id", "subject", "placement"]].assign(
        sample=some["specimen"] + "_r1", donor_sample="x", donor_subject="y"
    )
    return frame.assign(
        call="hop", action="set aside", log_likelihood_ratio=8.0, n_fragments=1, n_fragments_in_donor=40
    )


def _of_subjects(clones: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables with a few rows for each subject."""
    groups = clones[["subject", "specimen", "days"]].drop_duplicates()
    base = groups[["subject"]].drop_duplicates().assign(tissue="blood", cell_type="PBMC")
    models = base.merge(pd.DataFrame({"model": ["mt_bc", "mth_chao_bc", "mh_darroch"]}), how="cross")
    models = models.assign(
        n_occasions=4, n_clones=9000, n_again=900, estimate=2e4, low=1.8e4, high=2.2e4, status="estimated"
    )
    pairs = groups.merge(groups, on="subject", suffixes=("", "_other"))
    pairs = pairs[pairs["days"] < pairs["days_other"]].rename(
        columns={"specimen_other": "other_specimen", "days_other": "other_days"}
    )
    pairs = pairs.assign(
        tissue="blood",
        cell_type="PBMC",
        n_sites=3000,
        other_n_sites=3000,
        n_shared=900,
        n_large=10,
        n_large_shared=5,
    )
    hills = groups.assign(
        tissue="blood", cell_type="PBMC", own_coverage=0.8, coverage=0.7, method="rarefied", n_specimens=4
    )
    hills = hills.assign(
        **{f"hill_{order}{end}": 100.0 for order in (0, 1, 2) for end in ("", "_low", "_high")}
    )
    silent = groups.assign(
        rank=0, reason="not tested: 12 clones above the limit of quantification, fewer than 100"
    )
    return {"population": models, "overlap": pairs, "at_coverage": hills, "outliers": silent}


def _gene_tests(n: int, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    start = rng.integers(1, LAST_BASE, n)
    frame = pd.DataFrame(
        {
            "gene": [f"GENE{number}" for number in range(n)],
            "contig": "chr1",
            "start": start,
            "end": start + 20_000,
        }
    )
    frame = frame.assign(
        n_sites=12, n_subjects=5, observed=12.0, expected=4.0, effect=3.0, p=0.01, q=rng.random(n)
    )
    kinds = {"common_sites": "gene", "early_late": "in_gene", "expanded_clones": "expanded_clone_enrichment"}
    return {key: frame.assign(test=test) for key, test in kinds.items()}


def make_tables(n_samples: int, n_sites: int, seed: int) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """The sheet and every table that the report reads (keys of `report.inputs.FILES`; tumour tables stay empty)."""
    rng = np.random.default_rng(seed)
    rows = sheet(n_samples)
    patients = rows[rows["role"] == "patient"]
    clones = clones_of(patients.drop_duplicates("specimen"), n_sites, rng)
    sites = pd.concat(
        [clones.assign(sample=clones["specimen"] + f"_r{number}") for number in range(1, REPLICATES + 1)]
    )
    tables = {
        "clones": clones,
        "sites": sites[sites["sample"].isin(set(rows["sample"]))].assign(vector_end="U5"),
        "multihits": clones[clones["placement"] == "multihit"].assign(
            sample=lambda one: one["specimen"] + "_r1", weight=0.5
        ),
        "annotation": annotation_of(clones.drop_duplicates("site_id"), rng),
        "diversity": _diversity(clones),
        "ledger": _ledger(list(rows["sample"]), rng),
        "flags": _flags(clones, rng),
        "tracking": _tracking(clones, rng),
        "contamination": _contamination(clones),
        **_of_subjects(clones),
        **_gene_tests(min(N_GENES, n_sites // 20), rng),
    }
    return rows, tables


def write_study(folder: Path, rows: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> Path:
    """Config, sheet and results; the config's path."""
    rows.to_csv(folder / "samples.tsv", sep="\t", index=False)
    (folder / "config.yaml").write_text(CONFIG)
    for key, (name, table) in FILES.items():
        if not name.startswith(("earlier/", "tumour/")):
            write_tsv(as_table(tables.get(key, pd.DataFrame()), table), folder / "results" / name, table)
    return folder / "config.yaml"


def run_report(config: Path) -> tuple[float, float]:
    """Write the report; seconds and the largest memory (GB) of the command."""
    command = [
        sys.executable,
        "-m",
        "integrasite.cli.main",
        "report",
        "--config",
        str(config),
        "--results",
        str(config.parent / "results"),
    ]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6


def pages(config: Path) -> dict[str, Path]:
    """The run's page, and the largest of its subjects'."""
    folder = config.parent / "results" / "report"
    return {
        "index": folder / "index.html",
        "subject": max(folder.glob("subjects/*.html"), key=lambda one: one.stat().st_size),
    }


def load_seconds(path: Path) -> float:
    """Until chromium says that the page is loaded and has drawn a frame."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "workflow"))
    from browsing import chromium

    with chromium() as browser:
        page = browser.new_page()
        start = time.perf_counter()
        page.goto(path.as_uri())
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--sites", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--browser", action="store_true", help="load both pages in chromium, too")
    parser.add_argument(
        "--folder", type=Path, help="where to work, and what is left there (default: a temporary folder)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        rows, tables = make_tables(options.samples, options.sites, options.seed)
        config = write_study(folder, rows, tables)
        found = {
            "samples": options.samples,
            "sites": len(tables["annotation"]),
            "clones": len(tables["clones"]),
        }
        del tables
        seconds, memory = run_report(config)
        sizes = {f"{name}_mb": round(path.stat().st_size / 1e6, 2) for name, path in pages(config).items()}
        loads = {
            f"{name}_load_seconds": round(load_seconds(path), 1)
            for name, path in pages(config).items()
            if options.browser
        }
        print(
            json.dumps(
                found | sizes | {"seconds": round(seconds, 1), "memory_gb": round(memory, 2)} | loads,
                indent=1,
            )
        )


if __name__ == "__main__":
    main()
