"""Which aligner for short inserts: recall by insert length and in repeats, wrong places, seconds.

    python benchmarks/aligners.py --work DIR [--inserts 20000] [--cores 2]

Inserts of 20-300 bp from hg38mini (INTEGRASITE_REALDATA or ../shared/realdata), read from both ends (up to 120 bases each,
0.4 % substitutions). minimap2 and bowtie2 take part where they are installed.
"""

import argparse
import gzip
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

LENGTHS = (20, 25, 30, 40, 50, 60, 100, 300)
READ = 120
ERROR = 0.004
TURN = str.maketrans("ACGT", "TGCA")


def genome(path: Path) -> dict[str, str]:
    contigs: dict[str, list[str]] = {}
    with gzip.open(path, "rt") as handle:
        for line in handle:
            if line.startswith(">"):
                lines = contigs.setdefault(line[1:].split()[0], [])
            else:
                lines.append(line.strip())
    return {name: "".join(lines) for name, lines in contigs.items()}


def misread(sequence: str, rng: np.random.Generator) -> str:
    hit = np.flatnonzero(rng.random(len(sequence)) < ERROR)
    letters = list(sequence)
    for at in hit:
        letters[at] = "ACGT"[("ACGT".index(letters[at]) + int(rng.integers(1, 4))) % 4]
    return "".join(letters)


def draw(
    contigs: dict[str, str], n: int, rng: np.random.Generator
) -> Iterator[tuple[str, str, int, str, int, bool]]:
    names = [name for name, sequence in contigs.items() if len(sequence) > 50_000]
    weights = np.array([len(contigs[name]) for name in names], float)
    while n:
        name = names[int(rng.choice(len(names), p=weights / weights.sum()))]
        length = int(rng.choice(LENGTHS))
        start = int(rng.integers(0, len(contigs[name]) - length))
        text = contigs[name][start : start + length]
        if "N" in text.upper():
            continue
        is_repeat = sum(base.islower() for base in text) > length / 2
        upper = text.upper()
        turned = upper.translate(TURN)[::-1]
        n -= 1
        if rng.random() < 0.5:
            yield misread(upper[:READ], rng), misread(turned[:READ], rng), length, name, start, is_repeat
        else:
            yield (
                misread(turned[:READ], rng),
                misread(upper[:READ], rng),
                length,
                name,
                start + length - 1,
                is_repeat,
            )


def places(line: list[str]) -> Iterator[tuple[str, int]]:
    """First host base (0-based) of the primary place and of all listed ones."""
    found = [(line[2], "-" if int(line[1]) & 16 else "+", int(line[3]), line[5])]
    for tag in line[11:]:
        if tag.startswith("XA:Z:"):
            for text in tag[5:].rstrip(";").split(";"):
                contig, place, cigar, _ = text.rsplit(",", 3)
                found.append((contig, place[0], int(place[1:]), cigar))
    for contig, strand, start, cigar in found:
        parts = [(int(number), operation) for number, operation in re.findall(r"(\d+)([MIDSH])", cigar)]
        span = sum(number for number, operation in parts if operation in "MD")
        clip = [number if operation in "SH" else 0 for number, operation in (parts[0], parts[-1])]
        yield contig, start - 1 + span - 1 + clip[1] if strand == "-" else start - 1 - clip[0]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--inserts", type=int, default=20_000)
    parser.add_argument("--cores", default="2")
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    data = Path(
        os.environ.get("INTEGRASITE_REALDATA", Path(__file__).resolve().parents[2] / "shared" / "realdata")
    )
    if not (data / "hg38mini").is_dir():
        sys.exit("this benchmark needs hg38mini (INTEGRASITE_REALDATA)")
    contigs = genome(data / "hg38mini/genome.fa.gz")
    fasta = work / "genome.fa"
    if not fasta.exists():
        fasta.write_text("".join(f">{name}\n{sequence.upper()}\n" for name, sequence in contigs.items()))
    if not fasta.with_name("genome.fa.sa").exists():
        subprocess.run(["bwa", "index", str(fasta)], check=True, capture_output=True)
    truth = list(draw(contigs, arguments.inserts, np.random.default_rng(3)))
    reads = work / "inserts.fa"
    reads.write_text(
        "".join(f">{number}\n{item[0]}\n>{number}\n{item[1]}\n" for number, item in enumerate(truth))
    )
    pair = [work / "inserts_1.fa", work / "inserts_2.fa"]
    for side in (0, 1):
        pair[side].write_text("".join(f">{number}\n{item[side]}\n" for number, item in enumerate(truth)))
    fixed = ["-v", "1", "-t", arguments.cores, "-K", "10000000", "-I", "300,400,2000,1", "-h", "500"]
    tools = {
        "bwa mem -k15 -T18 (ours)": [
            "bwa",
            "mem",
            *fixed,
            "-k",
            "15",
            "-T",
            "18",
            "-p",
            str(fasta),
            str(reads),
        ],
        "bwa mem -k17 -T18": ["bwa", "mem", *fixed, "-k", "17", "-T", "18", "-p", str(fasta), str(reads)],
        "bwa mem (defaults)": ["bwa", "mem", *fixed, "-p", str(fasta), str(reads)],
    }
    if shutil.which("minimap2"):
        tools["minimap2 -x sr"] = [
            "minimap2",
            "-ax",
            "sr",
            "-t",
            arguments.cores,
            str(fasta),
            *map(str, pair),
        ]
    print("aligner\tseconds\tgroup\tinserts\tlisted\tMAPQ>=10 right\tMAPQ>=10 wrong")
    for name, command in tools.items():
        begin = time.perf_counter()
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        seconds = time.perf_counter() - begin
        counts: dict[str, list[int]] = {}
        for line in (text.split("\t") for text in output.splitlines() if not text.startswith("@")):
            flag = int(line[1])
            if flag & 0x980:
                continue
            _, _, length, contig, first, is_repeat = truth[int(line[0])]
            listed = [] if flag & 4 else list(places(line))
            is_sure = bool(listed) and int(line[4]) >= 10
            is_right = bool(listed) and listed[0] == (contig, first)
            for group in (f"{length} bp", "in repeats" if is_repeat else "elsewhere"):
                row = counts.setdefault(group, [0, 0, 0, 0])
                for column, value in enumerate(
                    (True, (contig, first) in listed, is_sure and is_right, is_sure and not is_right)
                ):
                    row[column] += value
        for group in [f"{length} bp" for length in LENGTHS] + ["in repeats", "elsewhere"]:
            n, listed_n, right, wrong = counts[group]
            print(
                f"{name}\t{seconds:.1f}\t{group}\t{n}\t{listed_n / n:.4f}\t{right / n:.4f}\t{wrong / n:.5f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
