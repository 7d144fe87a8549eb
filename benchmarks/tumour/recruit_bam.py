"""What recruiting from a BAM costs against reading the file once, and how memory grows with the file.

    python benchmarks/tumour/recruit_bam.py --bam SORTED.bam --vector VECTOR.fa --work DIR [--rounds 3] [--threads 1]

`SORTED.bam` is a position-sorted BAM of a whole genome with its index. Measures, each in a process of its own and by
turns, on the file and on a quarter of it: recruiting (a sequence that is nowhere stands for the control loci, so that reads
are looked up in them, too), iterating over the file with pysam, the same and looking at the name and bases of every record,
`samtools view -c`; all in one thread (recruiting in `--threads`). Prints the least wall and CPU seconds
of each, process start included, and CPU seconds per million records from the difference of both files, in which the start
is left out, with ratios. Then peak memory, names and open mates of both.
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


def iterate(bam: str, what: str) -> None:
    """Go through the records, and look at the name and bases of each if asked for."""
    import pysam

    n = 0
    with pysam.AlignmentFile(bam, "rb") as handle:
        if what == "records":
            for _ in handle:
                n += 1
        else:
            for record in handle:
                n += len(record.query_name or "") + len(record.query_sequence or "")
    print(n)


def recruit(bam: str, vector: str, threads: str) -> None:
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
    recruiter = BamRecruiter(targets, counts, 1000, int(threads))
    path = Path(bam)
    found = recruit_bam(
        recruiter, partial(read_bam, path, None, int(threads)), partial(fetch_reads, path, None)
    )
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
    parser.add_argument("--threads", default="1")
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        part, *rest = arguments.part
        iterate(*rest) if part == "iterate" else recruit(*rest)
        return
    bam, quarter = str(arguments.bam), arguments.work / "quarter.bam"
    arguments.work.mkdir(parents=True, exist_ok=True)
    subprocess.run(["samtools", "view", "-b", "-s", "1.25", "-o", str(quarter), bam], check=True)
    subprocess.run(["samtools", "index", str(quarter)], check=True)
    own = [sys.executable, __file__, "--part"]

    def commands(name: str) -> dict[str, list[str]]:
        return {
            "recruit": [*own, "recruit", name, str(arguments.vector), arguments.threads],
            "pysam, records": [*own, "iterate", name, "records"],
            "pysam, name and bases": [*own, "iterate", name, "bases"],
            "samtools view -c": ["samtools", "view", "-c", name],
        }

    measure(commands(str(quarter))["recruit"])  # compiles; not counted
    least, said = {}, {}
    for _ in range(arguments.rounds):
        for which in (str(quarter), bam):
            for name, command in commands(which).items():
                wall, cpu, said[name, which] = measure(command)
                before = least.get((name, which), (wall, cpu))
                least[name, which] = (min(wall, before[0]), min(cpu, before[1]))
    few, many = (int(said["samtools view -c", which]) for which in (str(quarter), bam))
    print("what\twall s\tCPU s\tCPU, recruit over it\tCPU s per million records\trecruit over it")
    for name in commands(bam):
        wall, cpu = least[name, bam]
        slope = {
            key: (least[key, bam][1] - least[key, str(quarter)][1]) / (many - few) * 1e6
            for key in (name, "recruit")
        }
        ratios = least["recruit", bam][1] / cpu, slope["recruit"] / slope[name]
        print(f"{name}\t{wall:.1f}\t{cpu:.2f}\t{ratios[0]:.2f}\t{slope[name]:.2f}\t{ratios[1]:.2f}")
    for which in (str(quarter), bam):
        print(json.loads(said["recruit", which]))


if __name__ == "__main__":
    main()
