"""How right the calls are, scenario by scenario, beside published rules (see `baselines.py`).

    python benchmarks/accuracy/run.py --work DIR [--scenario NAME ...] [--seed N] [--pairs N] [--hg38mini]

Each scenario is simulated, run through the workflow and held against its truth. DIR/accuracy.tsv gets one row per
scenario, tool and metric; a readable table is printed. The index of the genome is made once, in DIR/index.
"""

import argparse
import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

sys.path.insert(0, str(Path(__file__).parent))

from bars import pooled, readable, with_bars
from baselines import exact_ltr, fixed_windows, length_fractions, ten_times, unique_only
from measure import Metric, abundance_metrics, judge_calls, site_metrics
from observed import evidence_of
from origins import host_contigs, origins
from scenarios import PAIRS, SCENARIOS, Scenario
from sharing import contamination_metrics, crosstalk_metrics, sharing_metrics
from unique import classify_sites

from integrasite.config.read import load_study
from integrasite.io.sequences import iterate_fasta
from integrasite.io.tables import read_parquet, read_tsv
from integrasite.model import tables
from integrasite.model.fates import FATES, Fate
from integrasite.simulate.causes import Support, read_causes
from integrasite.simulate.evaluate import evaluate_sites
from integrasite.simulate.host import read_genes
from integrasite.simulate.truth import FATE_COUNTS, READ_TRUTH, TRUTH

REPOSITORY = Path(__file__).resolve().parents[2]
TEST_DATA = REPOSITORY / "test-data"
TARGETS = ("sites.tsv.gz", "multihits.tsv.gz", "clones.tsv.gz", "ledger.tsv")
OPTIONAL = ("crosstalk.tsv", "contamination.tsv")
"""Asked for where the workflow has a rule for them."""
EDGE = 5000
"""Genes that are chosen keep this far (bp) from the ends of their contig."""
Tool = tuple[str, Metric]


def host_options(hg38mini: bool) -> dict[str, Path]:
    """Genome, annotation and lists of the simulator."""
    if not hg38mini:
        names = {"genome": "genome.fa.gz", "annotation": "annotation.gtf.gz", "repeats": "repeats.bed"}
        return {key: TEST_DATA / name for key, name in names.items()} | {"vector": TEST_DATA / "vector.fa"}
    real = Path(os.environ.get("INTEGRASITE_REALDATA", REPOSITORY.parent / "shared" / "realdata"))
    if not real.is_dir():
        sys.exit(f"accuracy: {real}: no such folder; --hg38mini needs it (or set INTEGRASITE_REALDATA)")
    mini = {
        name: real / "hg38mini" / f"{name}.{end}.gz"
        for name, end in (("genome", "fa"), ("annotation", "gtf"))
    }
    return {
        **mini,
        "vector": TEST_DATA / "vector.fa",
        "sites": real / "tables" / "real_sites_in_hg38mini.tsv.gz",
    }


def largest_genes(annotation: Path, genome: Path, n: int = 40) -> list[str]:
    """Names of the longest genes that keep away from contig ends, so that chosen clones and promoters have room."""
    with gzip.open(annotation, "rt") as handle:
        genes = read_genes(handle.read())
    lengths = {name: len(text) for name, text in iterate_fasta(genome)}
    room = (genes["start"] >= EDGE) & (genes["end"] <= genes["contig"].map(lengths) - EDGE)
    genes = genes.assign(size=genes["end"] - genes["start"]).drop_duplicates("name", keep=False)
    ordered = genes[room.loc[genes.index]].sort_values(["size", "name"], ascending=[False, True])
    return [str(name) for name in ordered["name"].head(n)]


def command(*words: str, folder: Path) -> None:
    """Run one program of the environment; stop with its output where it fails."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}\n{done.stdout[-4000:]}")


def simulate(scenario: Scenario, folder: Path, host: dict[str, Path], seed: int, pairs: int) -> Path:
    """Reads, truth and study of a scenario; the study's config, which shares the index of its neighbours."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    values = scenario.values(pairs, largest_genes(host["annotation"], host["genome"]))
    (folder / "scenario.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    options = [word for name, path in host.items() for word in (f"--{name}", str(path))]
    main = "import sys; from integrasite.cli.main import main; sys.exit(main())"
    what = [
        "simulate",
        "amplicon",
        "-o",
        ".",
        "--seed",
        str(seed),
        "--scenario",
        "scenario.yaml",
        "--read-truth",
    ]
    command("-c", main, *what, *options, folder=folder)
    config: dict[str, Any] = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    config["reference"]["index"] = str(folder.parent / "index")
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return folder / "config.yaml"


def call(config: Path, cores: int) -> Path:
    """Run the workflow up to clones and ledger; its results."""
    what = ["-m", "snakemake", "-s", str(REPOSITORY / "Snakefile"), "--cores", str(cores)]
    rules = "".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "workflow").rglob("*.smk"))
    targets = [f"results/{name}" for name in (*TARGETS, *(name for name in OPTIONAL if f"/{name}" in rules))]
    command(*what, "--configfile", str(config), "--directory", ".", *targets, folder=config.parent)
    return config.parent / "results"


def read_truth(config: Path) -> pd.DataFrame:
    """The truth of every pair (`READ_TRUTH`) with its junction read as `text`."""
    reads = read_tsv(config.parent / "truth_reads.tsv.gz", READ_TRUTH)
    with gzip.open(next((config.parent / "reads").glob("*_R2.fastq.gz")), "rt") as handle:
        return reads.assign(text=[line.rstrip() for number, line in enumerate(handle) if number % 4 == 1])


def our_metrics(
    truth: pd.DataFrame, sites: pd.DataFrame, reads: pd.DataFrame, config: Path, results: Path
) -> Iterator[Metric]:
    """Figures of integrasite itself, with the true fate of the reads behind calls that nothing else explains."""
    multihits = read_tsv(results / "multihits.tsv.gz", tables.MULTIHITS)
    support = Support(read_causes(reads))
    yield from site_metrics(truth, sites, multihits, support)
    calls = judge_calls(evaluate_sites(truth, sites, multihits, support=support).calls, truth)
    odd = calls[calls["cause"] == "unexplained"]
    fates = origins(odd, reads, host_contigs(load_study(config).genome, set(odd["contig"])))
    for depth, deep in (("2", odd["n_fragments"] >= 2), ("1", odd["n_fragments"] == 1)):
        counts = pd.Series(fates, index=odd.index, dtype=object)[deep].value_counts().sort_index()
        for fate, n in counts.items():
            yield Metric(f"false_{depth}_unexplained_{fate}", float(n), int(deep.sum()))
    clones = read_tsv(results / "clones.tsv.gz", tables.CLONES)
    yield from abundance_metrics(truth, clones[clones["placement"] == "unique"])
    yield from sharing_metrics(truth, sites)
    yield from contamination_metrics(truth, results)
    yield from crosstalk_metrics(reads, results)


def ltr_metrics(reads: pd.DataFrame, config: Path, results: Path) -> Iterator[Tool]:
    """Share of junction reads whose LTR end is seen: net for integrasite (from the ledger), by read for the rule."""
    study = load_study(config)
    leads = {}
    for library in study.libraries:
        protocol = study.protocol_of(library)
        leads[library.sample] = str(protocol.primer) + str(protocol.ltr_end)
    wanted = [Fate.SITE_UNIQUE.word, Fate.SITE_MULTIHIT.word]
    good = reads[reads["fate"].isin(wanted) & reads["sample"].isin(leads)]
    seen = [exact_ltr(group["text"], leads[str(sample)]) for sample, group in good.groupby("sample")]
    hits = sum(map(sum, seen))
    yield "exact_ltr", Metric("ltr_ends_seen", hits / max(len(good), 1), len(good))
    lost = [Fate.MISPRIMING.word, Fate.TRUNCATED_LTR.word]
    ledger = read_tsv(results / "ledger.tsv", tables.LEDGER)
    true = read_tsv(config.parent / "truth_fates.tsv", FATE_COUNTS)
    excess = sum(
        table.loc[table["fate"].isin(lost), "n_reads"].sum() * sign
        for table, sign in ((ledger, 1), (true, -1))
    )
    later = ledger["stage"].isin({info.stage for info in FATES.values()} - {"reads"})
    placed = int(ledger.loc[later, "n_reads"].sum())
    yield "integrasite", Metric("ltr_ends_seen", 1 - max(int(excess), 0) / max(placed, 1), placed)


def baseline_metrics(truth: pd.DataFrame, sites: pd.DataFrame, config: Path, results: Path) -> Iterator[Tool]:
    """Figures of the published rules on the same run."""
    listed = read_tsv(results / "multihits.tsv.gz", tables.MULTIHITS)
    evidence = evidence_of(config, results)
    owners = truth.drop_duplicates("sample").set_index("sample")["subject"]
    for width in (5, 7):
        windows = fixed_windows(evidence, width)
        called = windows[windows["sample"].isin(owners.index)].assign(
            placement="unique", status="pass", cluster=""
        )
        called = called.assign(subject=called["sample"].map(owners))
        yield from ((f"window_{width}", metric) for metric in site_metrics(truth, called, listed[:0]))
    yield from (("unique_only", metric) for metric in site_metrics(truth, unique_only(sites), listed[:0]))
    yield from (("ten_times", metric) for metric in site_metrics(truth, ten_times(sites), listed))
    fragments = pd.concat(
        [
            read_parquet(path, tables.FRAGMENTS)
            for path in sorted(results.glob("called/*/*.fragments.parquet"))
        ]
    )
    times = truth.drop_duplicates("sample").set_index("sample")["timepoint"]
    kept = fragments[(fragments["status"] == "pass") & fragments["sample"].isin(times.index)]
    kept = kept.assign(specimen=kept["subject"] + "|" + kept["sample"].map(times))
    lengths = length_fractions(kept)
    lengths[["subject", "timepoint"]] = lengths["specimen"].str.split("|", expand=True)
    yield from (("lengths", metric) for metric in abundance_metrics(truth, lengths))


def score(config: Path, results: Path) -> pd.DataFrame:
    """All tools' figures for one run: `tool, metric, value, n`."""
    truth = read_tsv(config.parent / "truth.tsv", TRUTH)
    truth = classify_sites(truth[truth["subject"] != "NTC"].reset_index(drop=True), config, results)
    sites = read_tsv(results / "sites.tsv.gz", tables.SITES)
    sites = sites[sites["subject"] != "NTC"].reset_index(drop=True)
    reads = read_truth(config)
    rows = [("integrasite", metric) for metric in our_metrics(truth, sites, reads, config, results)]
    rows += [*ltr_metrics(reads, config, results), *baseline_metrics(truth, sites, config, results)]
    return pd.DataFrame(
        [(tool, metric.name, metric.value, metric.n) for tool, metric in rows],
        columns=["tool", "metric", "value", "n"],
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for reads, runs and the table")
    parser.add_argument(
        "--scenario", nargs="+", choices=list(SCENARIOS), default=list(SCENARIOS), metavar="NAME"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the first scenario; the others follow")
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"read pairs per scenario (default {PAIRS})")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument(
        "--hg38mini", action="store_true", help="real sequence and sites instead of the demo's"
    )
    return parser.parse_args()


def progress(frame: pd.DataFrame, name: str) -> str:
    """One line on a scenario that is done."""
    ours = frame[frame["tool"] == "integrasite"].set_index("metric")
    shown = [
        f"{metric} {ours.loc[metric, 'value']:.4f} (n {ours.loc[metric, 'n']})"
        for metric in ("recall_unique_2", "precision_2", "precision_1")
    ]
    return f"{name}: {', '.join(shown)}"


def main() -> None:
    """Run the grid; the table grows with every scenario, so that an interrupted run keeps what it has."""
    given = arguments()
    work, host = given.work.resolve(), host_options(given.hg38mini)
    done = []
    for name in given.scenario:
        seed = given.seed + list(SCENARIOS).index(name)
        config = simulate(SCENARIOS[name], work / name, host, seed, given.pairs)
        frame = score(config, call(config, given.cores))
        frame.insert(0, "scenario", name)
        done.append(with_bars(frame))
        table = pd.concat(done, ignore_index=True)
        table = pd.concat([table, pooled(table)], ignore_index=True)
        table.to_csv(work / "accuracy.tsv", sep="\t", index=False, float_format="%.6g", lineterminator="\n")
        print(progress(frame, name), file=sys.stderr, flush=True)
    print(readable(table))


if __name__ == "__main__":
    main()
