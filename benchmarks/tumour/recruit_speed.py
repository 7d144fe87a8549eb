"""How fast fragments that touch a vector are found, against decompression alone, minimap2 and bwa mem, in one run.

    python benchmarks/tumour/recruit_speed.py --work DIR [--pairs 883000] [--threads 2]

Simulates 2 x 150 whole-genome pairs on hg38mini with 40 proviruses (cached in DIR; needs the real data:
INTEGRASITE_REALDATA or ../shared/realdata) and measures, each in a process of its own: decompressing, `recruit` with two dozen
control loci, minimap2 (`-ax sr`) against the vector alone, bwa mem against 1 Mb of host and the vector, of which it gets only
every tenth block of pairs (`--share`) and whose seconds are multiplied by ten. Prints wall and CPU seconds, ratios, and which
fragments with at least 20 vector bases in either read (by the simulation's truth) each of them found. Ratios hold
within one run, in which the programs take turns (`--rounds`; the fastest turn counts) and bwa mem comes last,
once; on a busy machine only those of CPU
seconds mean something.
"""

import argparse
import csv
import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
HOST_BASES = 1_000_000
BARS = {"bwa mem": 10.0, "minimap2": 1.5}
GENOME_BASES = 43_700_000


def real_data() -> Path:
    folder = Path(os.environ.get("INTEGRASITE_REALDATA", REPOSITORY.parent / "shared" / "realdata"))
    if not (folder / "hg38mini").is_dir():
        sys.exit(f"{folder} is not there; set INTEGRASITE_REALDATA")
    return folder


def simulate(work: Path, pairs: int, data: Path) -> Path:
    folder = work / f"sim_{pairs}"
    if (folder / "truth_reads.tsv.gz").exists():
        return folder
    scenario = work / "scenario.yaml"
    scenario.write_text(
        "samples:\n  - {sample: T1, subject: P1, tissue: tumour}\npurity: 1\nclones:\n"
        "  - {name: A, subject: P1, vector: car, fraction: 1, n_sites: 40}\n"
        f"duplicate_rate: 0\ncoverage: {300 * pairs / GENOME_BASES:.4f}\n"
    )
    mini = data / "hg38mini"
    command = ["integrasite", "simulate", "tumour", "-o", str(folder), "--seed", "3", "--read-truth"]
    command += ["--genome", str(mini / "genome.fa.gz"), "--annotation", str(mini / "annotation.gtf.gz")]
    command += ["--vector", f"car={data / 'vectors/ciltacel_provirus.fa'}", "--scenario", str(scenario)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


def references(work: Path, data: Path) -> tuple[Path, Path]:
    """The vector alone, and 1 Mb of host with it (indexed)."""
    vector, both = work / "vector.fa", work / "host_vector.fa"
    shutil.copy(data / "vectors/ciltacel_provirus.fa", vector)
    if not (work / "host_vector.fa.bwt").exists():
        left = HOST_BASES
        with gzip.open(data / "hg38mini/genome.fa.gz", "rt") as handle, both.open("w") as out:
            for line in handle:
                if left <= 0:
                    break
                out.write(line)
                left -= 0 if line.startswith(">") else len(line) - 1
            out.write(vector.read_text())
        subprocess.run(["bwa", "index", str(both)], check=True, capture_output=True)
    return vector, both


def measure(command: list[str], out: Path) -> tuple[float, float]:
    """Wall and CPU seconds of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    with out.open("wb") as handle:
        done = subprocess.run(command, stdout=handle, stderr=subprocess.PIPE, check=False)
    wall = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr.decode(errors='replace')[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def touching(path: Path) -> dict[str, int]:
    """Fragments with at least 20 vector bases in either read, and how many they have."""
    found = {}
    with gzip.open(path, "rt") as handle:
        for row in csv.DictReader(handle, delimiter="\t"):
            shown = max(int(row["vector_bases_r1"]), int(row["vector_bases_r2"]))
            if shown >= 20:
                found[row["name"]] = shown
    return found


def thin(reads: list[str], work: Path, share: int) -> tuple[list[str], set[str]]:
    """Every `share`-th block of 1000 pairs as files, and the names of these pairs."""
    paths, names = [], set()
    for mate, name in enumerate(reads):
        path = work / f"share{share}_R{mate + 1}.fastq"
        with gzip.open(name, "rt") as handle, path.open("w") as out:
            for number, line in enumerate(handle):
                if number // 4000 % share == 0:
                    out.write(line)
                    if number % 4 == 0:
                        names.add(line[1:].split()[0])
        paths.append(str(path))
    return paths, names


def aligned(path: Path, contig: str) -> set[str]:
    """Names of fragments with an alignment to the vector."""
    with path.open() as handle:
        return {fields[0] for fields in _records(handle) if fields[2] == contig}


def _records(lines: Iterator[str]) -> Iterator[list[str]]:
    for line in lines:
        if not line.startswith("@"):
            yield line.split("\t", 4)


def decompress(reads: list[str]) -> None:
    """Unpack the files."""
    from xopen import xopen

    for name in reads:
        with xopen(name, "rb", threads=0) as handle:
            while handle.read(1 << 22):
                pass


def recruit(reads: list[str], vector: str, controls: str, out: str, threads: int) -> None:
    """What `integrasite recruit` does between reading its tables and writing its summary."""
    from integrasite.io.recruited import pair_writer
    from integrasite.io.sequences import iterate_fasta, read_vector
    from integrasite.kernels.codes import encode
    from integrasite.reads.recruit_counts import RecruitCounts
    from integrasite.reads.recruit_depth import measure_depth
    from integrasite.reads.recruit_source import ReadFiles
    from integrasite.reads.recruit_source import recruit as recruited
    from integrasite.reads.recruit_targets import close_circle, make_targets

    provirus = encode(read_vector(Path(vector)))
    loci = {name: encode(bases) for name, bases in iterate_fasta(Path(controls))}
    targets = make_targets({"car": close_circle(provirus, True)}, loci)
    files = ReadFiles((Path(reads[0]),), (Path(reads[1]),))
    counts = RecruitCounts()
    with pair_writer(Path(f"{out}_R1.fastq.gz"), Path(f"{out}_R2.fastq.gz")) as writer:
        for part in recruited(files, targets, counts, 1000, threads):
            writer.write(part.first, part.second)
    depth = measure_depth(counts.fragments.distinct(), targets.loci, counts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps({"pairs": counts.n_pairs, "depth": depth.depth, "n": depth.n_fragments, "peak_mb": peak})
    )


def write_controls(data: Path, out: Path, n: int = 25, length: int = 4000) -> None:
    """Stretches of host at even steps (not chosen for being unique: speed alone is measured here)."""
    step = 0
    with gzip.open(data / "hg38mini/genome.fa.gz", "rt") as handle, out.open("w") as target:
        bases: list[str] = []
        for line in handle:
            if not line.startswith(">"):
                bases.append(line.strip())
                continue
            text = "".join(bases)
            if len(text) > 200_000 + length and step < n:
                target.write(f">c{step}\n{text[200_000 : 200_000 + length]}\n")
                step += 1
            bases = []


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=883_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--share", type=int, default=10, help="bwa mem gets one pair of so many")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    arguments = parse()
    if arguments.part:
        part, *rest = arguments.part
        if part == "decompress":
            decompress(rest)
        else:
            recruit(rest[:2], *rest[2:], threads=arguments.threads)
        return
    work, data = arguments.work.resolve(), real_data()
    work.mkdir(parents=True, exist_ok=True)
    folder = simulate(work, arguments.pairs, data)
    vector, both = references(work, data)
    controls = work / "controls.fa"
    write_controls(data, controls)
    reads = [str(folder / f"reads/T1_R{mate}.fastq.gz") for mate in (1, 2)]
    few, names = thin(reads, work, arguments.share)
    threads = str(arguments.threads)
    own = [sys.executable, __file__, "--work", str(work), "--threads", threads, "--part"]
    recruiting = [*own, "recruit", *reads, str(vector), str(controls), str(work / "recruited")]
    commands = {"decompress": [*own, "decompress", *reads], "recruit": recruiting}
    if shutil.which("minimap2"):
        commands["minimap2"] = ["minimap2", "-ax", "sr", "-t", threads, "--sam-hit-only", str(vector), *reads]
    else:
        print("minimap2 is not installed: left out")
    measure(recruiting, work / "warm.out")  # compiles; not counted
    rounds = [
        {name: measure(command, work / f"{name[:3]}.out") for name, command in commands.items()}
        for _ in range(arguments.rounds)
    ]
    measured = {
        name: (min(one[name][0] for one in rounds), min(one[name][1] for one in rounds)) for name in commands
    }
    mem = ["bwa", "mem", "-v", "1", "-t", threads, str(both), *few]
    wall, cpu = measure(mem, work / "bwa.out")
    pairs = json.loads((work / "rec.out").read_text())["pairs"]
    measured["bwa mem"] = (wall * pairs / len(names), cpu * pairs / len(names))
    print((work / "rec.out").read_text().strip())
    print(
        f"bwa mem got {len(names)} of {pairs} pairs; its seconds are multiplied by {pairs / len(names):.2f}"
    )
    report(measured, work, touching(folder / "truth_reads.tsv.gz"), vector, names)


def report(
    measured: dict[str, tuple[float, float]], work: Path, wanted: dict[str, int], vector: Path, few: set[str]
) -> None:
    contig = vector.read_text()[1:].split()[0]
    with gzip.open(work / "recruited_R1.fastq.gz", "rt") as handle:
        names = {"recruit": {line[1:].strip() for at, line in enumerate(handle) if at % 4 == 0}}
    for name in measured.keys() & {"minimap2", "bwa mem"}:
        names[name] = aligned(work / f"{name[:3]}.out", contig)
    wall, cpu = measured["recruit"]
    print("what\twall s\tCPU s\twall / recruit\tCPU / recruit\tfound\tof\tothers")
    for name, (own_wall, own_cpu) in measured.items():
        seen = names.get(name)
        asked = wanted.keys() & few if name == "bwa mem" else wanted.keys()
        hit = f"{len(seen & asked)}\t{len(asked)}\t{len(seen - asked)}" if seen is not None else "\t\t"
        print(f"{name}\t{own_wall:.1f}\t{own_cpu:.1f}\t{own_wall / wall:.2f}\t{own_cpu / cpu:.2f}\t{hit}")
    missed = sorted(wanted[name] for name in wanted.keys() - names["recruit"])
    print(f"vector bases of the {len(missed)} that recruit did not find: {missed[:40]}")
    for name, bar in BARS.items():
        if name in measured:
            for what, own_part, part in (("wall", measured[name][0], wall), ("CPU", measured[name][1], cpu)):
                ratio = own_part / part
                is_met = "met" if ratio >= bar else "NOT met"
                print(f"{name}: {ratio:.1f} times faster by {what} ({is_met}: {bar:g})")


if __name__ == "__main__":
    main()
