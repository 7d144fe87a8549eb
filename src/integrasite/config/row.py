"""One row of `samples.tsv` as it is written: which columns there are, what each may hold, what a blank means.

`workflow/schemas/samples.schema.yaml` is made from here. Blank cells are left out before a row is checked.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

ID_PATTERN = r"^[A-Za-z0-9_+][A-Za-z0-9._+-]*$"
ID_HINT = "it becomes a file name, so only A-Z a-z 0-9 . _ + - are allowed, not beginning with . or -"

Amount = Annotated[float | None, Field(allow_inf_nan=False)]


class SheetRow(BaseModel):
    """The cells of one row that are not blank."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sample: str = Field(pattern=ID_PATTERN, description="Id of the library, unique; becomes a file name.")
    subject: str = Field(
        pattern=ID_PATTERN, description="Patient (or donor, or control); becomes a file name."
    )
    specimen: str = Field("", description="Default: subject, timepoint, tissue and cell_type joined by '_'.")
    assay: Literal["amplicon", "wgs", "capture", "rna", "long-read"] = Field(
        "amplicon", description="How the library was made."
    )
    r1: str = Field("", description="FASTQ(.gz) of read 1; ',' joins lanes. Relative to the sheet.")
    r2: str = Field("", description="FASTQ(.gz) of read 2, as many lanes as r1; empty for single-end input.")
    i1: str = Field(
        "", description="FASTQ(.gz) of the index read, as many lanes as r1; needed where barcode is given."
    )
    bam: str = Field("", description="BAM or CRAM instead of r1 and r2 (not for amplicons).")
    barcode: str = Field("", pattern="^[ACGTacgt]*$", description="Index read of this library.")
    linker: str = Field(
        "", pattern="^[ACGTNacgtn]*$", description="This library's linker; default: its protocol's."
    )
    protocol: str = Field("", description="Name in the config; default: the only one.")
    vector: str = Field("", description="Names in the config joined by ','; default: the only one.")
    timepoint: str = Field("", description="Label: D28, W6, M12, Y2, or free text.")
    days: int | None = Field(
        None, description="Days since infusion; default: from timepoint; empty for controls."
    )
    tissue: str = Field("", description="Free text.")
    cell_type: str = Field("", description="Free text.")
    replicate: int = Field(1, ge=1, description="Number of the replicate within the specimen.")
    run: str = Field("", description="Sequencing run.")
    pool: str = Field("", description="Pool within the run.")
    sex: str = Field("", description="Free text.")
    role: Literal["patient", "product", "ntc", "untransduced", "spike-in"] = Field(
        "patient", description="What the library is for; ntc: no-template control."
    )
    dna_ng: Amount = Field(None, ge=0, description="DNA that went into the library, ng.")
    vcn: Amount = Field(None, ge=0, description="Vector copies per diploid genome.")
    purity: Amount = Field(None, ge=0, le=1, description="Fraction (0-1) of cells that are tumour.")
    ploidy: Amount = Field(None, gt=0, description="Copies of the genome per tumour cell.")
    clonotype_fraction: Amount = Field(
        None, ge=0, le=1, description="Fraction (0-1) of all cells with the tumour's T-cell receptor."
    )
    blast_fraction: Amount = Field(
        None, ge=0, le=1, description="Fraction (0-1) of all cells that are blasts."
    )


COLUMNS = tuple(SheetRow.model_fields)
"""Every column of the sheet, in the order in which we write it."""

REQUIRED_COLUMNS = ("sample", "subject")
"""Columns without a default."""
