"""How long a cohort takes: make runs of tables, add them to a store, analyse the store, ask for one history.

    python benchmarks/cohort.py --subjects 40 --threads 2

The full size is 800 subjects, 5 time points, 5,000 sites (20 million clones), 20 subjects to a run. The tables are
made from a seed: clone sizes are log-normal, half of a subject's sites come back at the next time point. Prints
seconds, processor seconds and the largest memory (GB) so far; the machine's other load is in the seconds.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from integrasite.io.manifest import MANIFEST, output_files, record_outputs, write_manifest
from integrasite.io.tables import as_table, empty_table, write_tsv
from integrasite.model.tables import ANNOTATION, CLONES, DIVERSITY, FLAGS, SITES

CONTIGS = [f"chr{number}" for number in range(1, 23)]
LAST_BASE = 50_000_000
DAYS = (30, 90, 180, 365, 730)


def subject_clones(subject: str, n_times: int, n_sites: int, rng: np.random.Generator) -> pd.DataFrame:
    """Clones of one subject: columns that the stages need, with plain binomial intervals."""
    parts, sites = [], _new_sites(n_sites, rng)
    for days in (*DAYS, *range(1095, 365 * 99, 365))[:n_times]:
        cells = np.ceil(rng.lognormal(0.0, 1.2, n_sites))
        fraction = cells / cells.sum()
        spread = 2 * np.sqrt(cells)
        parts.append(
            pd.DataFrame(
                {
                    "subject": subject, "specimen": f"{subject}_D{days}", "timepoint": f"D{days}", "days": days,
                    "tissue": "blood", "cell_type": "PBMC", "vector": "lv", **sites, "placement": "unique",
                    "n_replicates": 2, "n_reads": (50 * cells).astype(int), "n_fragments": cells.astype(int),
                    "cells": cells, "cells_low": np.maximum(cells - spread, 0.1), "cells_high": cells + spread,
                    "fraction": fraction, "fraction_low": fraction / 2, "fraction_high": fraction * 2,
                    "p_ge_10": 0.0, "p_ge_20": 0.0, "p_ge_30": 0.0, "estimator": "sonic", "saturated": False,
                    "status": "pass", "n_lengths": cells.astype(int), "sonic_cells": cells,
                }
            )
        )  # fmt: skip
        new, stays = _new_sites(n_sites, rng), rng.random(n_sites) < 0.5
        sites = {name: np.where(stays, sites[name], new[name]) for name in sites}
    return pd.concat(parts, ignore_index=True)


def _new_sites(n_sites: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    contig = np.array(CONTIGS, dtype=object)[rng.integers(0, len(CONTIGS), n_sites)]
    position = rng.integers(1, LAST_BASE, n_sites)
    strand = np.where(rng.random(n_sites) < 0.5, "+", "-").astype(object)
    site_id = contig + ":" + position.astype(str).astype(object) + ":" + strand
    return {"contig": contig, "position": position, "strand": strand, "site_id": site_id}


def write_run(folder: Path, run: str, clones: pd.DataFrame) -> None:
    """A results folder with the tables that a store keeps, and its run.json."""
    write_tsv(as_table(clones, CLONES), folder / "clones.tsv.gz", CLONES)
    sites = clones.assign(sample=clones["specimen"], vector_end="U5")
    write_tsv(as_table(sites, SITES), folder / "sites.tsv.gz", SITES)
    sites = clones[["site_id"]].drop_duplicates().assign(gene="GENE", gene_strand="+", in_gene=True)
    write_tsv(as_table(sites, ANNOTATION), folder / "annotation.tsv.gz", ANNOTATION)
    write_tsv(empty_table(DIVERSITY), folder / "diversity.tsv", DIVERSITY)
    write_tsv(empty_table(FLAGS), folder / "flags.tsv", FLAGS)
    content = {
        "run": {"id": run, "date": "2026-01-31"},
        "reference": "hg38",
        "settings": {"reference": {"genome": "hg38.fa"}},
        "inputs": {"hg38.fa": {"bytes": 1, "sha256": "0" * 64}},
        "outputs": record_outputs(folder, output_files(folder)),
    }
    write_manifest(content, folder / MANIFEST)


def write_genes(path: Path, n_genes: int, rng: np.random.Generator) -> Path:
    """A GTF with as many genes as a whole genome has, long and short, some of them overlapping."""
    rows = []
    lengths = np.minimum(rng.lognormal(10.0, 1.4, n_genes).astype(int) + 500, 2_000_000)
    for number, length in enumerate(lengths):
        contig, start = CONTIGS[rng.integers(len(CONTIGS))], int(rng.integers(1, LAST_BASE))
        name = f'gene_id "g{number}"; gene_name "GENE{number}";'
        place = f"{start}\t{start + length}\t.\t{'+-'[number % 2]}\t."
        rows.append(f"{contig}\tmade\tgene\t{place}\t{name}\n")
        for feature in ("transcript", "exon"):
            rows.append(f'{contig}\tmade\t{feature}\t{place}\t{name} transcript_id "t{number}";\n')
    path.write_text("".join(rows))
    return path


def timed(name: str, *arguments: str) -> dict[str, float | str]:
    """Run one command of integrasite; its seconds and largest memory."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "integrasite.cli.main", *arguments], check=True, capture_output=True
    )
    seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return {
        "step": name,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "largest_process_so_far_gb": round(used.ru_maxrss / 1e6, 2),
    }


def main() -> None:
    """Make the cohort, run the steps, print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--subjects", type=int, default=40)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--sites", type=int, default=5000)
    parser.add_argument("--per-run", type=int, default=20, help="subjects in one run")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--genes", type=int, default=20_000, help="genes of the insertion tests; 0: without these"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        work, rows = Path(temporary), 0
        steps = []
        for first in range(0, options.subjects, options.per_run):
            clones = [
                subject_clones(f"S{number:04d}", options.times, options.sites, np.random.default_rng((options.seed, number)))
                for number in range(first, min(first + options.per_run, options.subjects))
            ]  # fmt: skip
            run = f"run{first // options.per_run:03d}"
            write_run(work / run, run, pd.concat(clones, ignore_index=True))
            rows += sum(map(len, clones))
            steps.append(
                timed(f"store add {run}", "store", "add", str(work / run), "--store", str(work / "store"))
            )
            shutil.rmtree(work / run)
        genes = []
        if options.genes:
            rng = np.random.default_rng((options.seed, options.subjects))
            genes = ["--annotation", str(write_genes(work / "genes.gtf", options.genes, rng))]
        store = ["--store", str(work / "store")]
        steps.append(
            timed("analyse", "analyse", *store, *genes, "--no-report", "--threads", str(options.threads), "-o", str(work / "out"))
        )  # fmt: skip
        steps.append(timed("history", "history", "S0000", *store, "-o", str(work / "history.tsv.gz")))
        print(
            json.dumps(
                {"clones": rows, "subjects": options.subjects, "threads": options.threads, "steps": steps},
                indent=1,
            )
        )


if __name__ == "__main__":
    main()
