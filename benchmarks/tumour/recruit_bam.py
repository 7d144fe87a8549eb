"""What recruiting from a BAM costs against reading the file once, and how memory grows with the file.

    python benchmarks/tumour/recruit_bam.py --bam SORTED.bam --vector VECTOR.fa --work DIR [--rounds 3]

`SORTED.bam` is a position-sorted BAM of a whole genome with its index. Measures, each in a process of its own and by
turns: recruiting with 2 threads (a sequence that is nowhere stands for the control loci, so that reads are looked up in
them, too), iterating over the file with pysam (the least that a record-wise program does), `samtools view -c`. Then recruits
from a quarter of the file and prints peak memory, names and open mates of both.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from functools import partial
from pathlib import Path


def measure(command: list[str]) -> tuple[float, float, str]:
    """Wall seconds, CPU seconds and output of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def iterate(bam: str) -> None:
    """Look at every record's name and flag once."""
    import pysam

    with pysam.AlignmentFile(bam, "rb") as handle:
        print(sum(1 for record in handle.fetch(until_eof=True) if record.query_name and record.flag >= 0))


def recruit(bam: str, vector: str) -> None:
    """What `integrasite recruit` does between reading its tables and writing its summary."""
    from integrasite.io.bam_stream import fetch_reads, read_bam
    from integrasite.io.sequences import read_vector
    from integrasite.kernels.codes import encode
    from integrasite.reads.recruit_bam import BamRecruiter, recruit_bam
    from integrasite.reads.recruit_counts import RecruitCounts
    from integrasite.reads.recruit_targets import make_targets

    codes = encode(read_vector(Path(vector)))
    counts = RecruitCounts()
    targets = make_targets({"vector": codes}, {"other": codes[::-1].copy()})
    recruiter = BamRecruiter(targets, counts, 1000, 2)
    path = Path(bam)
    found = recruit_bam(recruiter, partial(read_bam, path), partial(fetch_reads, path, None))
    most_open = n = 0
    for part in found:
        n += len(part.target)
        most_open = max(most_open, len(recruiter.open))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    held = {"names_bytes": recruiter.names.table.nbytes, "most_open_mates": most_open}
    print(json.dumps({"reads": counts.n_reads, "recruited": n, "peak_mb": peak, **held}))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bam", type=Path)
    parser.add_argument("--vector", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        part, *rest = arguments.part
        iterate(*rest) if part == "iterate" else recruit(*rest)
        return
    bam, vector = str(arguments.bam), str(arguments.vector)
    own = [sys.executable, __file__, "--part"]
    commands = {
        "recruit": [*own, "recruit", bam, vector],
        "pysam": [*own, "iterate", bam],
        "samtools view -c": ["samtools", "view", "-c", bam],
    }
    measure(commands["recruit"])  # compiles; not counted
    rounds = [{name: measure(command) for name, command in commands.items()} for _ in range(arguments.rounds)]
    for name in commands:
        wall, cpu = (min(one[name][which] for one in rounds) for which in (0, 1))
        print(f"{name}\twall {wall:.1f} s\tCPU {cpu:.1f} s")
    quarter = arguments.work / "quarter.bam"
    arguments.work.mkdir(parents=True, exist_ok=True)
    subprocess.run(["samtools", "view", "-b", "-s", "1.25", "-o", str(quarter), bam], check=True)
    subprocess.run(["samtools", "index", str(quarter)], check=True)
    for name in (str(quarter), bam):
        print(json.loads(measure([*own, "recruit", name, vector])[2]))


if __name__ == "__main__":
    main()
