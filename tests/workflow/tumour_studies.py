"""A simulated study of tumour samples in every form that reads come in, on one contig of the demo's genome."""

import csv
import gzip
import random
import subprocess
from pathlib import Path

import pysam
import studies
import yaml

from integrasite.cli.main import main
from integrasite.io.sequences import iterate_fasta, write_fasta

CONTIG = "chr6"
SITES = {"P1": (("chr6", 60000, "-"), ("chr6", 150000, "+")), "P3": (("chr6", 120000, "+"),)}
SCENARIO = {
    "samples": [
        {"sample": "T1", "subject": "P1", "tissue": "tumour", "timepoint": "Y2", "run": "r1"},
        {"sample": "B1", "subject": "P1", "tissue": "blood", "timepoint": "Y2", "run": "r1"},
        {"sample": "N1", "subject": "P2", "tissue": "tumour", "timepoint": "Y1", "run": "r2"},
        {"sample": "S1", "subject": "P3", "tissue": "tumour", "timepoint": "Y1", "run": "r3"},
    ],
    "coverage": 30,
    "purity": {"T1": 0.8, "B1": 0.4, "N1": 0.7, "S1": 0.9},
    "clones": [
        {
            "name": f"clone-{subject}",
            "subject": subject,
            "sites": [dict(zip(("contig", "position", "strand"), site, strict=True)) for site in sites],
        }
        for subject, sites in SITES.items()
    ],
}


def simulate(folder: Path) -> Path:
    """Simulate the study; T1 and N1 are pairs of FASTQ, B1 an aligned BAM, S1 single reads."""
    folder.mkdir(parents=True)
    contigs = iterate_fasta(studies.TEST_DATA / "genome.fa.gz")
    write_fasta(folder / "genome.fa", [(name, bases) for name, bases in contigs if name == CONTIG])
    with (
        gzip.open(studies.TEST_DATA / "annotation.gtf.gz", "rt") as source,
        (folder / "genes.gtf").open("w") as target,
    ):
        target.writelines(line for line in source if line.split("\t")[0] == CONTIG)
    (folder / "scenario.yaml").write_text(yaml.safe_dump(SCENARIO))
    arguments = ["--genome", "genome.fa", "--annotation", "genes.gtf", "--scenario", "scenario.yaml"]
    given = [str(folder / word) if "." in word else word for word in arguments]
    vector = f"demo-lv={studies.TEST_DATA / 'vector.fa'}"
    assert not main(["simulate", "tumour", "-o", str(folder), "--seed", "11", "--vector", vector, *given])
    to_bam(folder, "B1")
    rows = read_rows(folder)
    rows["B1"] |= {"r1": "", "r2": "", "bam": "reads/B1.bam"}
    rows["S1"]["r2"] = ""
    write_rows(folder, rows)
    return folder / "config.yaml"


def read_rows(folder: Path) -> dict[str, dict[str, str]]:
    """The sheet by sample."""
    with (folder / "samples.tsv").open(newline="") as handle:
        return {row["sample"]: row for row in csv.DictReader(handle, delimiter="\t")}


def write_rows(folder: Path, rows: dict[str, dict[str, str]]) -> None:
    """Write the sheet again."""
    with (folder / "samples.tsv").open("w", newline="") as handle:
        writer = csv.DictWriter(handle, list(next(iter(rows.values()))), delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows.values())


def to_bam(folder: Path, sample: str) -> None:
    """Align a sample's pairs to the host, as a lab hands it over: sorted, indexed, with its unmapped reads."""
    reads = [str(folder / f"reads/{sample}_R{mate}.fastq.gz") for mate in (1, 2)]
    index = folder / "bwa" / "host.fa"
    index.parent.mkdir()
    index.write_text((folder / "genome.fa").read_text())
    subprocess.run(["bwa", "index", str(index)], check=True, capture_output=True)
    sam = folder / "bwa" / f"{sample}.sam"
    with sam.open("wb") as handle:
        subprocess.run(
            ["bwa", "mem", str(index), *reads], check=True, stdout=handle, stderr=subprocess.DEVNULL
        )
    pysam.sort("-o", str(folder / f"reads/{sample}.bam"), str(sam))
    pysam.index(str(folder / f"reads/{sample}.bam"))
    for path in reads:
        Path(path).unlink()


def shuffle(source: Path, folder: Path, seed: int) -> Path:
    """The same study with the reads of every file in another order (mates stay in step)."""
    (folder / "reads").mkdir(parents=True)
    config = yaml.safe_load(source.read_text())
    for vector in config["vectors"].values():
        vector["sequence"] = str((source.parent / vector["sequence"]).resolve())
    (folder / source.name).write_text(yaml.safe_dump(config, sort_keys=False))
    for name in ("samples.tsv", "genome.fa", "genes.gtf"):
        (folder / name).write_bytes((source.parent / name).read_bytes())
    rows = read_rows(folder)
    for row in rows.values():
        files = [row[column] for column in ("r1", "r2") if row[column]]
        order: list[int] = []
        for name in files:
            records = list(studies.read_fastq(source.parent / name))
            order = order or random.Random(seed).sample(range(len(records)), len(records))
            studies.write_fastq(folder / name, (records[number] for number in order))
        if row["bam"]:
            _shuffle_bam(source.parent / row["bam"], folder / row["bam"], seed)
    return folder / "config.yaml"


def _shuffle_bam(source: Path, target: Path, seed: int) -> None:
    """Records in another order, and so without an index."""
    with pysam.AlignmentFile(str(source)) as handle:
        records = list(handle.fetch(until_eof=True))
        header = handle.header.to_dict()
    header["HD"] = {"VN": "1.6", "SO": "unsorted"}
    random.Random(seed).shuffle(records)
    with pysam.AlignmentFile(str(target), "wb", header=header) as handle:
        for record in records:
            handle.write(record)
