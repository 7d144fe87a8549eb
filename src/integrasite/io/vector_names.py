"""The name that a vector's sequence file gives its record."""

from pathlib import Path


def vector_record_name(path: Path) -> str:
    """Name of the record in a FASTA or GenBank file; empty for formats that name none (SnapGene)."""
    with path.open("rb") as stream:
        words = stream.readline().decode("utf-8-sig", "replace").split()
    if not words:
        return ""
    if words[0].startswith(">"):
        return words[0][1:] or (words[1] if len(words) > 1 else "")
    return words[1] if words[0] == "LOCUS" and len(words) > 1 else ""
