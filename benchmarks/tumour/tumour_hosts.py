"""The host of the grid: hg38mini and the native genes that vectors hold, indexed once, with the vectors' map."""

import gzip
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from integrasite.io.sequences import iterate_fasta, write_fasta
from integrasite.io.text import read_text

REPOSITORY = Path(__file__).resolve().parents[2]
FILES = {"cilta": "ciltacel_provirus.fa", "tisa": "tisacel_plasmid.fa", "ide": "idecel_plasmid.fa"}
HOMOLOGUES = [
    {"gene": "EEF1A1", "vector": "cilta", "exons": [[1931, 3119]]},
    {
        "gene": "CD8A",
        "vector": "tisa",
        "exons": [[6390, 6439], [6439, 6453], [7179, 7282], [7282, 7386]],
    },
    {"gene": "TNFRSF9", "vector": "cilta", "exons": [[4179, 4219], [4219, 4305]]},
    {
        "gene": "CD247",
        "vector": "cilta",
        "exons": [
            [4305, 4314],
            [4314, 4371],
            [4371, 4452],
            [4452, 4485],
            [4485, 4542],
            [4542, 4578],
            [4578, 4644],
        ],
    },
]
"""Native genes that hg38mini lacks, by the exons that the vectors hold (0-based half-open, in the vector's file)."""
DEMO_HOMOLOGUES = [{"gene": "NATIVE", "vector": "demo", "exons": [[682, 1082], [1400, 1800], [1800, 2000]]}]
"""Native genes of the demo's synthetic vector: its promoter, and two exons of its transgene."""
ENSEMBL = {"chr9_22010415": "9", "chr20_60001": "20", "chr22_18483514": "22", "chr21_43758155": "21"}
ALU = "GGCCGGGCGCGGTGGCTCA"
"""First bases of the Alu consensus; a copy that still has them is a young one."""
ALU_LENGTH = 300


@dataclass(frozen=True)
class Host:
    """Files that the simulator and the commands need, all made once."""

    folder: Path
    given: dict[str, Path]
    hiv: Path | None

    @property
    def reference(self) -> Path:
        """JSON of the indexed reference."""
        return self.folder / "reference.json"

    @property
    def vectors(self) -> Path:
        """The vectors' map."""
        return self.folder / "vectors"

    @property
    def vector_options(self) -> list[str]:
        """`--vector` of all vectors."""
        return [word for name, path in self.given.items() for word in ("--vector", f"{name}={path}")]

    @property
    def files(self) -> dict[str, Path]:
        """Options of the simulator."""
        names = {
            "genome": "host.fa",
            "annotation": "host.gtf.gz",
            "controls": "controls.bed",
            "repeats": "alu.bed",
        }
        hiv = {"hiv": self.hiv} if self.hiv else {}
        return {option: self.folder / name for option, name in names.items()} | hiv


def real_data() -> Path:
    """The folder of hg38mini and the vectors."""
    real = Path(os.environ.get("INTEGRASITE_REALDATA", REPOSITORY.parent / "shared" / "realdata"))
    if not (real / "hg38mini").is_dir():
        sys.exit(f"tumour grid: {real}: no such folder; set INTEGRASITE_REALDATA")
    return real


def make_host(work: Path, name: str, call: Any) -> Host:
    """A host, made where it is not there yet.

    Args:
        work: the benchmark's folder.
        name: `grid`; `ensembl`, a few of its contigs; or `demo`, the demo's synthetic genome and vector.
        call: runs one command of integrasite.
    """
    folder = work / "hosts" / name
    if name == "demo":
        demo = REPOSITORY / "test-data"
        host, homologues = Host(folder, {"demo": demo / "vector.fa"}, None), DEMO_HOMOLOGUES
        genome, genes = demo / "genome.fa.gz", demo / "annotation.gtf.gz"
    else:
        real = real_data()
        given = {vector: real / "vectors" / file for vector, file in FILES.items()}
        host, homologues = Host(folder, given, real / "vectors" / "hiv1_hxb2.fa"), HOMOLOGUES
        genome, genes = (real / "hg38mini" / f"{file}.gz" for file in ("genome.fa", "annotation.gtf"))
    if (folder / "controls.bed").exists():
        return host
    folder.mkdir(parents=True, exist_ok=True)
    if name == "ensembl":
        genome, genes = _renamed(genome, genes, folder)
    scenario: dict[str, Any] = {"coverage": 1e-6, "clones": [], "homologues": homologues}
    scenario_file, config = folder / "scenario.yaml", folder / "config.yaml"
    scenario_file.write_text(yaml.safe_dump(scenario), encoding="utf-8")
    files = {"genome": genome, "annotation": genes, "scenario": scenario_file}
    call("simulate", "tumour", *host.vector_options, out=folder, seed=1, **files)
    call("index", config=config, output=host.reference, folder=folder / "index")
    call("prepare-vectors", config=config, reference=host.reference, output=host.vectors)
    _alu_copies(folder / "host.fa", folder / "alu.bed")
    _full_loci(host)
    return host


def _renamed(genome: Path, genes: Path, folder: Path) -> tuple[Path, Path]:
    """A few contigs of the host under names such as Ensembl's."""
    chosen = [(ENSEMBL[name], text) for name, text in iterate_fasta(genome) if name in ENSEMBL]
    write_fasta(folder / "few.fa", chosen)
    rows = (line.split("\t") for line in gzip.decompress(genes.read_bytes()).decode().splitlines())
    kept = ["\t".join([ENSEMBL[row[0]], *row[1:]]) for row in rows if row[0] in ENSEMBL]
    (folder / "few.gtf").write_text("\n".join(kept) + "\n", encoding="utf-8")
    return folder / "few.fa", folder / "few.gtf"


def _alu_copies(fasta: Path, bed: Path) -> None:
    """Young copies of Alu, on either strand."""
    turned = ALU.translate(str.maketrans("ACGT", "TGCA"))[::-1]
    lines = []
    for name, text in iterate_fasta(fasta):
        upper = text.upper()
        starts = [(m.start(), m.start() + ALU_LENGTH) for m in re.finditer(ALU, upper)]
        starts += [(m.end() - ALU_LENGTH, m.end()) for m in re.finditer(turned, upper)]
        lines += [f"{name}\t{a}\t{b}" for a, b in sorted(starts) if a > 3000 and b < len(text) - 3000]
    bed.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _full_loci(host: Host) -> None:
    """Loci that are simulated in full: the control loci, and the native genes that the vectors hold."""
    controls = pd.read_csv(host.vectors / "controls.tsv", sep="\t")[["contig", "start", "end"]]
    lengths = {name: len(text) for name, text in iterate_fasta(host.folder / "host.fa")}
    native = [(name, 5000, size - 5000) for name, size in lengths.items() if name.startswith("germline_")]
    rows = [*controls.itertuples(index=False), *native]
    text = "".join(f"{contig}\t{start}\t{end}\n" for contig, start, end in rows)
    (host.folder / "controls.bed").write_text(text, encoding="utf-8")
    assert read_text(host.folder / "controls.bed", "control loci")
