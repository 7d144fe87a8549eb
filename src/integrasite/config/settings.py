"""The config as typed settings; unknown keys are errors.

`workflow/schemas/config.schema.yaml` is made from here.
"""

import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from integrasite.config.calling import Calling
from integrasite.model.sites import TSD_LENGTH


class Settings(BaseModel):
    """Base: no unknown keys, no changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Run(Settings):
    """Which run this is."""

    id: str = Field("run", min_length=1, description="Name of the run, shown in outputs.")
    date: datetime.date = Field(
        datetime.date(1970, 1, 1),
        description="Date shown in outputs (never the clock, so outputs repeat byte for byte).",
    )


class Reference(Settings):
    """Host genome."""

    name: str = Field(
        "custom",
        min_length=1,
        description='Name shown in outputs; "hg38" and "T2T-CHM13" switch on bundled gene coordinates.',
    )
    genome: str = Field(description="FASTA, plain or gzip.")
    annotation: str = Field(description="Genes as GTF or GFF3, plain or gzip.")
    blacklist: str | None = Field(None, description="BED of regions whose sites are set aside.")
    index: str | None = Field(
        None,
        description="Folder that keeps the aligner's index, shared by runs; default: RESULTS/reference.",
    )


class GeneList(Settings):
    """A list of genes beside the bundled known events."""

    name: str = Field(min_length=1, description="Name of the list, shown in outputs.")
    path: str = Field(description="TSV with a column `gene` (or one symbol a line).")


class Vector(Settings):
    """One vector."""

    sequence: str = Field(description="FASTA, GenBank or SnapGene file.")
    kind: Literal["lentivirus", "gammaretrovirus", "piggybac", "sleeping-beauty"] = Field(
        "lentivirus", description="Sets the target-site duplication."
    )
    tsd: int | None = Field(
        None, ge=0, le=12, description="Length of the target-site duplication, bp; default by kind."
    )
    form: Literal["provirus", "plasmid"] = Field(
        "provirus", description="A plasmid carries a backbone; what integrates is LTR to LTR."
    )

    @property
    def tsd_length(self) -> int:
        """Length of the target-site duplication, bp."""
        return TSD_LENGTH[self.kind] if self.tsd is None else self.tsd


class Protocol(Settings):
    """How an amplicon library was made."""

    junction_read: Literal["R1", "R2"] = Field("R2", description="The read that starts in the vector end.")
    vector_end: Literal["U5", "U3", "ITR3", "ITR5"] = Field(
        "U5", description="The vector end that the junction read starts in."
    )
    primer: str = Field("", pattern="^[ACGTacgt]*$", description="First bases of the junction read.")
    ltr_end: str = Field(
        pattern="^[ACGTacgt]+$",
        min_length=4,
        max_length=200,
        description="From the primer to the last vector base.",
    )
    linker: str = Field(
        "", pattern="^[ACGTNacgtn]*$", description="First bases of the other read; one run of N is the UMI."
    )
    fragmentation: Literal["shear", "restriction"] = Field(
        "shear", description="With restriction enzymes fragment lengths say nothing about abundance."
    )


class Transgene(Settings):
    """Limits for tumour samples."""

    required_vcn: float = Field(
        0.05,
        gt=0,
        description="Copies per genome a NEGATIVE must have been able to see where purity is unknown.",
    )
    has_baits: bool = Field(
        False,
        description="Whether the panel of `capture` samples has baits for the vectors; else no NEGATIVE is given for them.",
    )


class Expansion(Settings):
    """Dominance and growth rules."""

    preset: Literal["default", "fda-ltfu-2020", "inspiired-20", "consecutive-30"] = Field(
        "default", description="Named preset of the dominance and growth rules."
    )
    product: Literal["unknown", "hsc", "t-cell"] = Field(
        "unknown",
        description="Cells that were infused. Only with `hsc` is a clone that lymphoid cells alone hold graded one tier weaker.",
    )


class Config(Settings):
    """A whole config file."""

    run: Run = Run()
    samples: str = Field(description="The sample sheet.")
    results: str = Field(
        "results", description="Folder for the results, relative to the working directory (`--directory`)."
    )
    reference: Reference
    gene_lists: tuple[GeneList, ...] = ()
    vectors: dict[str, Vector] = Field(min_length=1)
    protocols: dict[str, Protocol] = {}
    calling: Calling = Calling()
    transgene: Transgene = Transgene()
    store: str | None = Field(None, description="Cohort store to compare with and add to.")
    expansion: Expansion = Expansion()
    chunk_reads: int = Field(
        2_000_000,
        ge=1000,
        description="Read pairs per chunk of the reads stage; results do not depend on it.",
    )
