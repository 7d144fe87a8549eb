"""One row of the sample sheet, and the groups that rows form."""

from dataclasses import dataclass
from pathlib import Path

ASSAYS = ("amplicon", "wgs", "capture", "rna", "long-read")
DNA_ASSAYS = ("wgs", "capture", "long-read")
"""Assays of the tumour road whose reads show where vector and host are joined; RNA shows what is transcribed."""
ROLES = ("patient", "product", "ntc", "untransduced", "spike-in")


@dataclass(frozen=True)
class Library:
    """One library: one replicate of one specimen (a row of `samples.tsv`, paths resolved, blanks filled in)."""

    sample: str
    subject: str
    specimen: str
    assay: str = "amplicon"
    r1: tuple[Path, ...] = ()
    r2: tuple[Path, ...] = ()
    i1: tuple[Path, ...] = ()
    bam: Path | None = None
    barcode: str = ""
    linker: str = ""
    protocol: str = ""
    vectors: tuple[str, ...] = ()
    timepoint: str = ""
    days: int | None = None
    tissue: str = ""
    cell_type: str = ""
    replicate: int = 1
    run: str = ""
    pool: str = ""
    sex: str = ""
    role: str = "patient"
    dna_ng: float | None = None
    vcn: float | None = None
    purity: float | None = None
    ploidy: float | None = None
    clonotype_fraction: float | None = None
    blast_fraction: float | None = None
    line: int = 0


@dataclass(frozen=True)
class Source:
    """The files that one sequencer run wrote, and the libraries to be found in them.

    Args:
        name: name for paths below `results/`, unique in the study, made from the first library's sample.
        libraries: the rows that name these files, in sheet order.
    """

    name: str
    libraries: tuple[Library, ...]

    @property
    def r1(self) -> tuple[Path, ...]:
        """Files of read 1, one per lane."""
        return self.libraries[0].r1

    @property
    def r2(self) -> tuple[Path, ...]:
        """Files of read 2, one per lane; empty for single-end input."""
        return self.libraries[0].r2

    @property
    def i1(self) -> tuple[Path, ...]:
        """Files of the index read, one per lane; empty where the libraries are already demultiplexed."""
        return self.libraries[0].i1
