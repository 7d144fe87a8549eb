"""Features that a vector's GenBank or SnapGene file names."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from Bio import SeqIO

from integrasite.errors import GenomeError

_FORMATS = {".gb": "genbank", ".gbk": "genbank", ".genbank": "genbank", ".dna": "snapgene"}
_NAME_KEYS = ("label", "gene", "product", "standard_name", "note")
_DULL = {"source", "primer_bind", "gene", "mRNA", "exon", "intron"}


@dataclass(frozen=True)
class Feature:
    """A named stretch of the sequence as the file has it, 0-based half-open."""

    name: str
    start: int
    end: int
    strand: str


def read_vector_features(path: Path) -> tuple[Feature, ...]:
    """Named features in the order of the file; none for FASTA.

    Raises:
        GenomeError: if the file cannot be read.
    """
    file_format = _FORMATS.get(path.suffix.lower())
    if file_format is None:
        return ()
    try:
        with path.open("rb" if file_format == "snapgene" else "r") as handle:
            records: list[Any] = list(SeqIO.parse(handle, file_format))  # type: ignore[no-untyped-call]
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise GenomeError(f"{path}: cannot be read as {file_format} ({error})") from None
    found = []
    for item in records[0].features if records else ():
        names = [str(item.qualifiers[key][0]) for key in _NAME_KEYS if item.qualifiers.get(key)]
        if names and item.type not in _DULL:
            strand = "-" if item.location.strand == -1 else "+"
            found.append(Feature(names[0], int(item.location.start), int(item.location.end), strand))
    return tuple(found)
