"""How memory of the tumour road grows with reads, from FASTQ and from a position-sorted BAM.

    python benchmarks/tumour/recruit_memory.py --work DIR [--pairs 883000] [--times 2 8] [--kinds bam fastq]

Simulates whole-genome pairs with 40 proviruses on hg38mini once (as `recruit_speed.py`; needs the real data, minimap2 and
samtools), repeats every pair so many times under names of its own, and runs `recruit`, `align-tumour`, `call-junctions` and
`measure-sites` on each size. Prints the largest resident memory of each command (MB; the larger of it and of a program that it
starts), and what a pair more costs: by the slope between the smallest and the largest file, taken on to a genome of 620
million pairs.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from recruit_speed import real_data, simulate

GENOME_PAIRS = 620_000_000


def integrasite(*arguments: object) -> float:
    """Run a command; its largest resident memory in MB."""
    process = subprocess.Popen(["integrasite", *map(str, arguments)], stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"integrasite {' '.join(map(str, arguments))} failed")
    return usage.ru_maxrss / 1024


def shell(command: str, out: Path) -> None:
    """Make a file that is not there yet."""
    if not out.exists():
        subprocess.run(["bash", "-o", "pipefail", "-c", f"{command} > {out}.part"], check=True)
        out.with_name(f"{out.name}.part").rename(out)


def align(folder: Path, work: Path, data: Path) -> Path:
    """A position-sorted BAM of the simulated pairs."""
    bam = work / "aligned.bam"
    reads = " ".join(str(folder / f"reads/T1_R{mate}.fastq.gz") for mate in (1, 2))
    shell(f"minimap2 -t 2 -ax sr {data / 'hg38mini/genome.fa.gz'} {reads} | samtools sort -m 1G -", bam)
    return bam


def repeat(folder: Path, aligned: Path, kind: str, times: int, work: Path) -> list[Path]:
    """The reads so many times, sorted as before."""
    if kind == "bam":
        bam = work / f"times{times}.bam"
        line = f'/^@/ {{print; next}} {{for (i = 0; i < {times}; i++) print i ":" $0}}'
        shell(f"samtools view -h {aligned} | awk '{line}' | samtools view -b -1 -", bam)
        subprocess.run(["samtools", "index", str(bam)], check=True)
        return [bam]
    paths = []
    for mate in (1, 2):
        paths.append(work / f"times{times}_R{mate}.fastq")
        source = folder / f"reads/T1_R{mate}.fastq.gz"
        line = (
            'NR % 4 == 1 {n = substr($0, 2)} NR % 4 == 2 {s = $0} NR % 4 == 0 '
            f'{{for (i = 0; i < {times}; i++) print "@" i ":" n "\\n" s "\\n+\\n" $0}}'
        )  # fmt: skip
        shell(f"zcat {source} | awk '{line}'", paths[-1])
    return paths


def study(folder: Path, reads: list[Path]) -> Path:
    """The simulated study with other reads."""
    header, row = (line.split("\t") for line in (folder / "samples.tsv").read_text().splitlines())
    fields = dict(zip(header, row, strict=True)) | {"r1": "", "r2": "", "bam": ""}
    fields |= {"bam": reads[0]} if len(reads) == 1 else {"r1": reads[0], "r2": reads[1]}
    sheet = folder / "samples_memory.tsv"
    sheet.write_text("\t".join(header) + "\n" + "\t".join(map(str, fields.values())) + "\n")
    config = folder / "config_memory.yaml"
    config.write_text((folder / "config.yaml").read_text().replace("samples.tsv", sheet.name))
    return config


def measure(config: Path, work: Path, threads: int) -> dict[str, float]:
    """Memory of each command, and how many pairs there were and were recruited."""
    out = work / "out"
    out.mkdir(exist_ok=True)
    given = ["--config", config, "--reference", work / "reference.json", "--vectors", work / "vectors"]
    sample = [*given, "--sample", "T1", "--threads", threads]
    r1, r2, ledger, found = (out / name for name in ("r1.fq.gz", "r2.fq.gz", "ledger.parquet", "s.json"))
    recruit = ["recruit", *sample, "-o", r1, "--r2", r2, "--summary", found, "--ledger", ledger]
    memory = {"recruit": integrasite(*recruit, "--depth", out / "depth.parquet")}
    reads, junctions = ["--r1", r1, "--r2", r2], ["--junctions", out / "junctions.parquet"]
    aligning = ["align-tumour", *sample, *reads, *junctions, "--ledger", ledger]
    memory["align-tumour"] = integrasite(*aligning, "-o", out / "fragments.parquet")
    sites = ["--sites", out / "sites.parquet", "--multihits", out / "multihits.parquet"]
    memory["call-junctions"] = integrasite("call-junctions", *given, "--subject", "P1", *junctions, *sites)
    memory["measure-sites"] = integrasite(
        "measure-sites", *sample, *reads, *sites, "-o", out / "counts.parquet"
    )
    summary = json.loads(found.read_text())
    return {"pairs": summary["n_pairs"], "recruited": summary["n_recruited"], **memory}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=883_000)
    parser.add_argument("--times", type=int, nargs="+", default=[2, 8])
    parser.add_argument("--kinds", nargs="+", choices=("bam", "fastq"), default=["bam", "fastq"])
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    work, data = arguments.work.resolve(), real_data()
    work.mkdir(parents=True, exist_ok=True)
    folder = simulate(work, arguments.pairs, data)
    aligned = align(folder, work, data)
    if not (work / "vectors").exists():
        config = ["--config", folder / "config.yaml"]
        integrasite("index", *config, "-o", work / "reference.json", "--folder", work / "reference")
        integrasite(
            "prepare-vectors", *config, "--reference", work / "reference.json", "-o", work / "vectors"
        )
    for kind in arguments.kinds:
        rows = []
        for times in sorted(arguments.times):
            reads = repeat(folder, aligned, kind, times, work)
            rows.append(measure(study(folder, reads), work, arguments.threads))
            print(
                f"{kind} {times} times:", {name: round(value) for name, value in rows[-1].items()}, flush=True
            )
            for path in reads:
                path.unlink()
        few, many = rows[0], rows[-1]
        for name in list(few)[2:]:
            slope = (many[name] - few[name]) / max(many["pairs"] - few["pairs"], 1)
            genome = many[name] + slope * (GENOME_PAIRS - many["pairs"])
            print(f"{kind}, {name}: {slope * 1e6:.2f} MB per million pairs; {genome:,.0f} MB at 620 million")


if __name__ == "__main__":
    main()
