"""Small studies cut from the demo, and the workflow run on them."""

import csv
import gzip
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import openpyxl
import pandas as pd
import yaml

from integrasite.io.manifest import differences, read_manifest
from integrasite.io.tables import read_tsv
from integrasite.model import tables
from integrasite.model.tables import Table
from integrasite.simulate.evaluate import Evaluation, evaluate_sites
from integrasite.simulate.truth import TRUTH

REPOSITORY = Path(__file__).resolve().parents[2]
DEMO_CONFIG = REPOSITORY / "config" / "config.yaml"
TEST_DATA = REPOSITORY / "test-data"
READS = {column: TEST_DATA / "reads" / f"demo_{column.upper()}.fastq.gz" for column in ("r1", "r2", "i1")}

CONTRACT: dict[str, Table | None] = {
    "run.json": None,
    "ledger.tsv": tables.LEDGER,
    "crosstalk.tsv": tables.CROSSTALK,
    "contamination.tsv": tables.CONTAMINATION,
    "contamination_pairs.tsv": tables.CONTAMINATION_PAIRS,
    "sites.tsv.gz": tables.SITES,
    "multihits.tsv.gz": tables.MULTIHITS,
    "clones.tsv.gz": tables.CLONES,
    "annotation.tsv.gz": tables.ANNOTATION,
    "diversity.tsv": tables.DIVERSITY,
    "tracking.tsv": tables.TRACKING,
    "outliers.tsv": tables.OUTLIERS,
    "same_course.tsv": tables.SAME_COURSE,
    "population.tsv": tables.POPULATION,
    "overlap.tsv": tables.OVERLAP,
    "diversity_at_coverage.tsv": tables.DIVERSITY_AT_COVERAGE,
    "controls.tsv.gz": tables.CONTROLS,
    "mappability.tsv": tables.MAPPABILITY,
    "tests/common_sites.tsv": tables.COMMON_SITES,
    "tests/expanded_clone_enrichment.tsv": tables.EXPANDED_CLONES,
    "tests/early_late.tsv": tables.EARLY_LATE,
    "tests/cancer_gene_proximity.tsv": tables.PROXIMITY,
    "flags.tsv": tables.FLAGS,
    "transgene.tsv": tables.TRANSGENE,
    "transgene_coverage.tsv": tables.TRANSGENE_COVERAGE,
    "transgene_structure.tsv": tables.TRANSGENE_STRUCTURE,
    "vector_differences.tsv": tables.VECTOR_DIFFERENCES,
    "tumour_sites.tsv.gz": tables.TUMOUR_SITES,
    "attribution.tsv": tables.ATTRIBUTION,
    "junctions.vcf.gz": None,
    "junctions.vcf.gz.tbi": None,
    "exports/vispa2_seqCount.tsv.gz": None,
    "exports/vispa2_fragmentEstimate.tsv.gz": None,
    "exports/inspiired_posid.tsv.gz": None,
    "exports/association_file.tsv": None,
    "exports/sites_tidy.tsv.gz": None,
    "exports/sites.bed.gz": None,
    "report/index.html": None,
    "summary.json": None,
    "summary.xlsx": None,
    "qc/integrasite_read_fates_mqc.yaml": None,
    "qc/integrasite_libraries_mqc.yaml": None,
    "qc/integrasite_replicates_mqc.yaml": None,
    "qc/integrasite_controls_mqc.yaml": None,
    "qc/integrasite_tumours_mqc.yaml": None,
    "qc/multiqc_config.yaml": None,
}
TABLES = [name for name in CONTRACT if name.endswith((".tsv", ".tsv.gz", ".bed.gz"))]

Row = dict[str, str]
Record = tuple[str, str, str, str]


def run_snakemake(
    config: Path | None, folder: Path, *options: str, cores: int = 2, checkout: Path = REPOSITORY
) -> subprocess.CompletedProcess[str]:
    """Run the workflow as a user does who has activated the environment; output and errors come back as one text."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "snakemake", "-s", str(checkout / "Snakefile"), "--cores", str(cores)]
    if config is not None:
        command += ["--configfile", str(config)]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        [*command, "--directory", str(folder), *options],
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
        check=False,
    )


def finished(config: Path, folder: Path, *, cores: int = 2, checkout: Path = REPOSITORY) -> Path:
    """Run a study that must succeed and end with where the report is and what was flagged; its results."""
    done = run_snakemake(config, folder, cores=cores, checkout=checkout)
    assert done.returncode == 0, done.stdout[-6000:]
    assert "/report/index.html; flagged: " in done.stdout.splitlines()[-1]
    return folder / "results"


def read_fastq(path: Path, n: int | None = None) -> Iterator[Record]:
    """The first `n` records of a FASTQ, four lines each."""
    with gzip.open(path, "rt", encoding="ascii") as handle:
        yield from islice(zip(handle, handle, handle, handle, strict=True), n)


def write_fastq(path: Path, records: Iterable[Record]) -> None:
    """Write records with a fast compression."""
    with gzip.open(path, "wt", compresslevel=1, encoding="ascii") as handle:
        handle.writelines("".join(record) for record in records)


def count_records(path: Path) -> int:
    """Records of a FASTQ, from its lines."""
    with gzip.open(path, "rb") as handle:
        return sum(1 for _ in handle) // 4


def demo_rows() -> list[Row]:
    """The demo's sheet."""
    with (REPOSITORY / "config" / "samples.tsv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def write_study(
    folder: Path, rows: list[Row], *, protocol: Mapping[str, str] | None = None, **changes: Any
) -> Path:
    """Write config and sheet of a study on the demo's genome and vector.

    Args:
        folder: where they go; the rows name their reads relative to it.
        rows: the sheet.
        protocol: keys of the demo's protocol to change.
        changes: top-level keys of the config to change.
    """
    config = yaml.safe_load(DEMO_CONFIG.read_text(encoding="utf-8"))
    for key in ("genome", "annotation"):
        config["reference"][key] = str((DEMO_CONFIG.parent / config["reference"][key]).resolve())
    for vector in config["vectors"].values():
        vector["sequence"] = str((DEMO_CONFIG.parent / vector["sequence"]).resolve())
    for settings in config["protocols"].values():
        settings.update(protocol or {})
    config.update(changes)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "samples.tsv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]), delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return folder / "config.yaml"


def small_study(folder: Path, pairs: int, **changes: Any) -> Path:
    """The first pairs of the demo's reads, with the demo's sheet."""
    folder.mkdir(parents=True)
    for column, path in READS.items():
        write_fastq(folder / f"{column}.fastq.gz", read_fastq(path, pairs))
    rows = [{**row, **{column: f"{column}.fastq.gz" for column in READS}} for row in demo_rows()]
    return write_study(folder, rows, **changes)


def shuffled_study(folder: Path, seed: int, **changes: Any) -> Path:
    """The demo with its reads in another order, the same in all files."""
    folder.mkdir(parents=True)
    order = list(range(count_records(READS["r1"])))
    random.Random(seed).shuffle(order)
    for column, path in READS.items():
        records = list(read_fastq(path))
        write_fastq(folder / f"{column}.fastq.gz", (records[number] for number in order))
    rows = [{**row, **{column: f"{column}.fastq.gz" for column in READS}} for row in demo_rows()]
    return write_study(folder, rows, **changes)


def reads_of(sample: str) -> Iterator[tuple[Record, Record]]:
    """Pairs of the demo whose index read is exactly that of one library."""
    barcode = next(row["barcode"] for row in demo_rows() if row["sample"] == sample)
    for r1, r2, i1 in zip(*(read_fastq(READS[column]) for column in ("r1", "r2", "i1")), strict=True):
        if i1[1].strip() == barcode:
            yield r1, r2


def demultiplexed_row(sample: str) -> Row:
    """A row of the demo's sheet whose reads are already its own."""
    row = next(row for row in demo_rows() if row["sample"] == sample)
    return {**row, "r1": "own_R1.fastq.gz", "r2": "own_R2.fastq.gz", "i1": "", "barcode": ""}


def rename_contigs(folder: Path) -> dict[str, str]:
    """Genome and annotation with Ensembl's names (`1` for `chr1`); keys of the config's `reference`."""
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(TEST_DATA / "genome.fa.gz", "rt") as source, (folder / "genome.fa").open("w") as target:
        target.writelines(line.replace(">chr", ">", 1) for line in source)
    with (
        gzip.open(TEST_DATA / "annotation.gtf.gz", "rt") as source,
        (folder / "genes.gtf").open("w") as target,
    ):
        target.writelines(line.removeprefix("chr") for line in source)
    return {"name": "synthetic", "genome": str(folder / "genome.fa"), "annotation": str(folder / "genes.gtf")}


def table(results: Path, name: str) -> pd.DataFrame:
    """One of the contract's tables."""
    declared = CONTRACT[name]
    assert declared is not None
    return read_tsv(results / name, declared)


def judge(results: Path) -> Evaluation:
    """The sites of a run of the whole demo against the truth."""
    truth = read_tsv(TEST_DATA / "truth.tsv", TRUTH)
    return evaluate_sites(truth, table(results, "sites.tsv.gz"), table(results, "multihits.tsv.gz"))


def assert_is_whole(results: Path) -> None:
    """All files of the contract are there, as `run.json` says; summary and ledger are legal."""
    assert not [name for name in CONTRACT if not (results / name).is_file()]
    assert set(CONTRACT) - {"run.json"} <= set(read_manifest(results)["outputs"])
    summary = json.loads((results / "summary.json").read_text("utf-8"))
    schema = json.loads((REPOSITORY / "workflow" / "schemas" / "summary.schema.json").read_text("utf-8"))
    jsonschema.validate(summary, schema)
    sheets = openpyxl.load_workbook(results / "summary.xlsx", read_only=True).sheetnames
    assert sheets[0] == "Answers" and sheets[-1] == "About"
    assert list(differences(results, read_manifest(results))) == []
    for name, declared in CONTRACT.items():
        if declared is not None:
            table(results, name)
    sums = table(results, "ledger.tsv").groupby("sample")["fraction"].sum()
    assert np.allclose(sums, 1, rtol=0, atol=1e-6)
