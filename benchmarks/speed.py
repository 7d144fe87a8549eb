"""How fast the pipeline is, against cutadapt and bwa mem on the same reads, cores and index, in one run.

    python benchmarks/speed.py --work DIR [--pairs 1000000] [--reads-per-molecule 10] [--cores 2]

Simulates on hg38mini where the real data is there (INTEGRASITE_REALDATA or ../shared/realdata), on a made-up genome
otherwise. Index building is left out on both sides. Prints a table; figures are meant as ratios within one run.
"""

import argparse
import csv
import gzip
import os
import resource
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
LTR = "GAAAATCTCTAGCA"
LINKER_END = "AGTCCCTTAAGCGGAG"
# share of molecules that reach the aligner with the simulator's default nuisances
HOST_SHARE = 0.505


@dataclass
class Measured:
    name: str
    seconds: float
    peak_mb: float


def run(name: str, command: list[str], cwd: Path, stdout: Path | None = None) -> Measured:
    print(f"# {name}: {shlex.join(command)}", file=sys.stderr, flush=True)
    start = time.perf_counter()
    with (stdout or Path(os.devnull)).open("wb") as out:
        process = subprocess.Popen(command, cwd=cwd, stdout=out, stderr=subprocess.PIPE)
        _, errors = process.communicate()
    if process.returncode:
        sys.exit(f"{name} failed:\n{errors.decode(errors='replace')[-3000:]}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return Measured(name, time.perf_counter() - start, peak)


def real_data() -> Path | None:
    folder = Path(os.environ.get("INTEGRASITE_REALDATA", REPOSITORY.parent / "shared" / "realdata"))
    return folder if (folder / "hg38mini").is_dir() else None


def write_sites(table: Path, out: Path) -> None:
    with gzip.open(table, "rt") as handle:
        rows = {
            (row["contig"], row["position"], row["strand"]) for row in csv.DictReader(handle, delimiter="\t")
        }
    out.write_text("contig\tposition\tstrand\n" + "".join("\t".join(row) + "\n" for row in sorted(rows)))


def simulate(work: Path, pairs: int, reads_per_molecule: float) -> Path:
    folder = work / f"sim_{pairs}_{reads_per_molecule:g}"
    if (folder / "config.yaml").exists():
        return folder
    libraries = 8
    fragments = pairs * HOST_SHARE / reads_per_molecule / libraries
    command = ["integrasite", "simulate", "amplicon", "-o", str(folder), "--seed", "7", "--pairs", str(pairs)]
    options = {
        "fragments": f"{fragments:.0f}",
        "timepoints": "[D28,M6]",
        "replicates": 2,
        "ntc_libraries": 0,
        "locality": -1,
    }
    if (data := real_data()) is not None:
        write_sites(data / "tables" / "real_sites_in_hg38mini.tsv.gz", work / "sites.tsv")
        options["background_sites"] = 3000
        command += [
            "--genome",
            str(data / "hg38mini/genome.fa.gz"),
            "--annotation",
            str(data / "hg38mini/annotation.gtf.gz"),
        ]
        command += [
            "--vector",
            str(data / "vectors/ciltacel_provirus.fa"),
            "--sites",
            str(work / "sites.tsv"),
        ]
    for key, value in options.items():
        command += ["--set", f"{key}={value}"]
    run("simulate", command, work)
    config = (folder / "config.yaml").read_text()
    index = os.path.relpath(work / "index", folder)
    (folder / "config.yaml").write_text(config.replace("  annotation:", f"  index: {index}\n  annotation:"))
    return folder


def pipeline(folder: Path, work: Path, cores: int) -> Measured:
    target = work / f"run_{folder.name}"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    command = [
        "snakemake",
        "-s",
        str(REPOSITORY / "Snakefile"),
        "--cores",
        str(cores),
        "--configfile",
        str(folder / "config.yaml"),
    ]
    command += ["--directory", str(target), "--quiet", "all"]
    run("index and compile (not counted)", [*command, "--until", "index_reference"], work)
    return run("whole pipeline", command, work)


def stages(folder: Path, work: Path) -> list[tuple[str, float, float]]:
    rows = []
    for path in sorted((work / f"run_{folder.name}" / "logs" / "benchmarks").glob("*.tsv")):
        with path.open() as handle:
            row = next(csv.DictReader(handle, delimiter="\t"))
        rows.append((path.stem, float(row["s"]), float(row["max_rss"]) if row["max_rss"] != "-" else 0.0))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--reads-per-molecule", type=float, default=10)
    parser.add_argument("--cores", type=int, default=2)
    arguments = parser.parse_args()
    work, cores = arguments.work.resolve(), str(arguments.cores)
    work.mkdir(parents=True, exist_ok=True)
    folder = simulate(work, arguments.pairs, arguments.reads_per_molecule)
    measured = [pipeline(folder, work, arguments.cores)]
    r1, r2 = sorted((folder / "reads").glob("*_R[12].fastq.gz"))
    trimmed = [str(work / "trimmed_2.fastq"), str(work / "trimmed_1.fastq")]
    trim = ["cutadapt", "-j", cores, "-e", "0.15", "-m", "20", "-a", f"^{LTR}...{LINKER_END}"]
    trim += ["-A", f"^{'N' * 31}CTCCGCTTAAGGGACT...TGCTAGAGATTTTC", "-o", trimmed[0], "-p", trimmed[1]]
    measured.append(run("cutadapt, LTR and linker", [*trim, str(r2), str(r1)], work))
    [fasta] = (work / "index").glob("*/reference.fa")
    bwa = ["bwa", "mem", "-v", "1", "-t", cores, str(fasta), *trimmed]
    measured.append(run("bwa mem, all trimmed pairs", bwa, work))
    whole = measured[0].seconds
    for name, seconds, peak in stages(folder, work):
        print(f"  {name}\t{seconds:.1f} s\t{peak:.0f} MB (with children)")
    for item in measured:
        speed = arguments.pairs / item.seconds
        print(
            f"{item.name}\t{item.seconds:.1f} s\t{speed:,.0f} pairs/s\t{item.seconds / whole:.2f} of the pipeline's time"
        )


if __name__ == "__main__":
    main()
