"""How right the tumour road is, scenario by scenario, from reads whose truth is known.

    python benchmarks/tumour/tumour_run.py --work DIR [--quick] [--small] [--scenario NAME ...] [--seed N] [--seeds N] [--keep]

Each scenario is simulated (`scenarios.py`), run through the tumour commands and held against its truth. DIR/tumour.tsv
gets one row per scenario, metric and case; a table with every bar (`bars.py`) is printed. `--quick` runs a cheap part with one
seed each; `--small` takes 1.4 Mb of the host for all; `--keep` calls again from reads that DIR holds. Host, index and vector map
are made once, in DIR/hosts. Needs the real data (INTEGRASITE_REALDATA or ../shared/realdata).
"""

import argparse
import contextlib
import io
import os
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

sys.path.insert(0, str(Path(__file__).parent))

from tumour_bars import FAILED, readable
from tumour_hosts import Host, make_host
from tumour_measure import Results, metrics
from tumour_scenarios import LOD_SCENARIO, SCENARIOS, Scenario, at_limit

from integrasite.cli.main import main

LIMIT_SEEDS = 40
"""Runs at the stated limit of detection: with 0.95, 36 or more of 40 in 97 % of such trials."""


def call(command: str, *words: object, **options: Any) -> None:
    """Run one command in this process; stop with its output where it fails."""
    given = [command, *map(str, words)]
    for name, value in options.items():
        values = value if isinstance(value, list) else [value]
        given += [f"--{name.replace('_', '-')}", *map(str, values)]
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            code = main(given)
        except SystemExit as stop:
            code = int(stop.code or 0)
    if code:
        raise RuntimeError(f"integrasite {' '.join(given)}\n{said.getvalue()[-4000:]}")


def simulate(scenario: Scenario, subjects: int, seed: int, folder: Path, host: Host, keep: bool) -> None:
    """Reads, truth and study of some subjects; the sheet names the vectors that are to be searched."""
    text = yaml.safe_dump({"seed": seed, **scenario.values(subjects)}, sort_keys=True)
    made = folder / "scenario.txt"
    if keep and made.exists() and made.read_text(encoding="utf-8") == text:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "scenario.yaml").write_text(yaml.safe_dump(scenario.values(subjects)), encoding="utf-8")
    options = {
        "out": folder,
        "seed": seed,
        "scenario": folder / "scenario.yaml",
        **host.files,
    }
    flags = ["--read-truth", *(["--bam"] if scenario.form == "bam" else [])]
    call("simulate", "tumour", *flags, *host.vector_options, **options)
    sheet = pd.read_csv(folder / "samples.tsv", sep="\t", dtype=str, keep_default_na=False)
    sheet["vector"] = ",".join(scenario.searched or (scenario.vector,))
    if scenario.form == "aligned":
        for sample in sheet["sample"]:
            align_to_host(folder, sample, host)
        sheet = sheet.assign(r1="", r2="", bam=[f"reads/{sample}.bam" for sample in sheet["sample"]])
    sheet.to_csv(folder / "samples.tsv", sep="\t", index=False, lineterminator="\n")
    made.write_text(text, encoding="utf-8")


def align_to_host(folder: Path, sample: str, host: Host) -> None:
    """A sample's FASTQ as a laboratory's BAM: bwa mem against the host, sorted, indexed."""
    fasta = next(host.folder.glob("index/*/reference.fa"))
    stem = folder / "reads" / sample
    aligned = subprocess.run(
        ["bwa", "mem", str(fasta), f"{stem}_R1.fastq.gz", f"{stem}_R2.fastq.gz"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    subprocess.run(
        ["samtools", "sort", "-o", f"{stem}.bam", "-"], input=aligned.stdout, check=True, capture_output=True
    )
    subprocess.run(["samtools", "index", f"{stem}.bam"], check=True)


def call_all(folder: Path, host: Host) -> Results:
    """Every tumour command on one study; what they wrote."""
    sheet = pd.read_csv(folder / "samples.tsv", sep="\t", dtype=str, keep_default_na=False)
    out = folder / "results" / "tumour"
    shutil.rmtree(folder / "results", ignore_errors=True)
    out.mkdir(parents=True)
    given = {"config": folder / "config.yaml", "reference": host.reference, "vectors": host.vectors}
    is_bam = bool(sheet["bam"].ne("").any())
    for sample, r2 in zip(sheet["sample"], sheet["r2"], strict=True):
        call_sample(out / sample / sample, given, is_paired=bool(r2) or is_bam)
    every = {subject: list(group) for subject, group in sheet.groupby("subject", sort=False)["sample"]}
    for subject, samples in every.items():
        call_subject(out, subject, samples, list(sheet["sample"]), given)
    sites = [out / f"{subject}.subject" / f"{subject}.tumour_sites.parquet" for subject in every]
    tables = {name: out / f"{name}.tsv" for name in ("coverage", "structure", "differences")}
    call(
        "judge-transgene",
        **given,
        tumour=out,
        tumour_sites=sites,
        output=out.parent / "transgene.tsv",
        **tables,
    )
    return Results.read(folder, out, list(every))


def call_sample(stem: Path, given: dict[str, Path], is_paired: bool) -> None:
    """Fragments and junction evidence of one sample."""
    stem.parent.mkdir()
    first, second = f"{stem}.recruited_R1.fastq.gz", f"{stem}.recruited_R2.fastq.gz"
    summary, depth = f"{stem}.recruit.json", f"{stem}.host_depth.parquet"
    ledgers = [f"{stem}.{name}_ledger.parquet" for name in ("recruit", "align")]
    call(
        "recruit",
        **given,
        sample=stem.name,
        output=first,
        r2=second,
        summary=summary,
        depth=depth,
        ledger=ledgers[0],
    )
    reads = {"r1": first, **({"r2": second} if is_paired else {})}
    fragments, junctions = f"{stem}.fragments.parquet", f"{stem}.junctions.parquet"
    call(
        "align-tumour",
        **given,
        sample=stem.name,
        output=fragments,
        junctions=junctions,
        ledger=ledgers[1],
        **reads,
    )


def call_subject(
    out: Path, subject: str, samples: list[str], every: list[str], given: dict[str, Path]
) -> None:
    """Sites of one subject and their sizes."""
    stem = out / f"{subject}.subject" / subject
    stem.parent.mkdir()

    def files(names: list[str], what: str) -> list[Path]:
        return [out / name / f"{name}.{what}.parquet" for name in names]

    called, multihits = f"{stem}.called.parquet", f"{stem}.multihits.parquet"
    others = files([name for name in every if name not in samples], "junctions")
    evidence = {"junctions": files(samples, "junctions"), "others": others}
    call("call-junctions", **given, subject=subject, **evidence, sites=called, multihits=multihits)
    for sample, counts in zip(samples, files(samples, "counts"), strict=True):
        recruited = out / sample / f"{sample}.recruited_R"
        reads = {"r1": f"{recruited}1.fastq.gz", "r2": f"{recruited}2.fastq.gz"}
        call(
            "measure-sites", **given, sample=sample, sites=called, multihits=multihits, output=counts, **reads
        )
    tables = {name: f"{stem}.{name}.parquet" for name in ("tumour_sites", "sites", "clones")}
    sheet = {"config": given["config"], "subject": subject}
    call("size-junctions", **sheet, junction_sites=called, counts=files(samples, "counts"), **tables)


def run_scenario(scenario: Scenario, arguments: argparse.Namespace, seed: int) -> pd.DataFrame:
    """All metrics of one scenario, one row per metric and case."""
    host = make_host(arguments.work, "ensembl" if arguments.small else scenario.host, call)
    parts = []
    for number, subjects in enumerate(scenario.runs(arguments.quick, arguments.seeds)):
        folder = arguments.work / "runs" / scenario.name / str(number)
        simulate(scenario, subjects, seed + number, folder, host, arguments.keep)
        parts.append(
            pd.DataFrame(metrics(scenario, call_all(folder, host))).assign(run=number, seed=seed + number)
        )
        if arguments.tidy:
            shutil.rmtree(folder / "reads")
    return pd.concat(parts, ignore_index=True).assign(scenario=scenario.name)


def seed_of(name: str, seed: int) -> int:
    """A seed of its own for each scenario, which no other scenario changes."""
    return seed * 1_000_000 + zlib.crc32(name.encode()) % 900_000


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Accuracy of the tumour road")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument(
        "--scenario", nargs="+", choices=[*SCENARIOS, LOD_SCENARIO], default=[], metavar="NAME"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--seeds", type=int, default=0, help="subjects per scenario, instead of the grid's own number"
    )
    parser.add_argument("--quick", action="store_true", help="a cheap part of the grid with one subject each")
    parser.add_argument("--keep", action="store_true", help="call again from reads that are there")
    parser.add_argument(
        "--small", action="store_true", help="on 1.4 Mb of the host, to look for faults quickly"
    )
    parser.add_argument("--tidy", action="store_true", help="delete reads when a scenario is done")
    return parser.parse_args()


def go() -> int:
    """Run what was asked for; the table is complete after every scenario."""
    arguments = parse()
    arguments.work = arguments.work.resolve()
    path = arguments.work / "tumour.tsv"
    chosen = arguments.scenario or [n for n, s in SCENARIOS.items() if s.quick or not arguments.quick]
    if not arguments.scenario and not arguments.quick:
        chosen.append(LOD_SCENARIO)
    old = (
        pd.read_csv(path, sep="\t")
        if path.exists() and arguments.scenario
        else pd.DataFrame({"scenario": []})
    )
    for name in chosen:
        scenario = SCENARIOS.get(name) or at_limit(stated_limit(old), arguments.seeds or LIMIT_SEEDS)
        print(f"{name}: {scenario.about}", file=sys.stderr, flush=True)
        seed = seed_of(name, arguments.seed)
        try:
            rows = run_scenario(scenario, arguments, seed)
        except RuntimeError as error:
            rows = pd.DataFrame([{"sample": "", "metric": FAILED, "value": 1, "n": 1, "note": str(error)}])
            rows = rows.assign(run=0, seed=seed, scenario=name)
        old = pd.concat([old[old["scenario"] != name], rows], ignore_index=True)
        old.to_csv(path, sep="\t", index=False, lineterminator="\n")
        print(readable(rows), flush=True)
    print(readable(old))
    return 0


def stated_limit(table: pd.DataFrame) -> float:
    """The limit of detection that blank runs stated, copies per diploid genome."""
    limits = table[(table["scenario"] == "blank") & (table["metric"] == "lod_vcn")]["value"]
    if limits.empty:
        sys.exit(f"tumour grid: scenario '{LOD_SCENARIO}' needs 'blank' first")
    return float(limits.median())


if __name__ == "__main__":
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    sys.exit(go())
