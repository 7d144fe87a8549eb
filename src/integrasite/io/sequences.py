"""Sequences: the host genome as a stream of contigs, vectors in the formats that laboratories keep them in."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from Bio import SeqIO
from xopen import xopen

from integrasite.errors import DataError, GenomeError
from integrasite.io.atomic import atomic_path

_FORMATS = {".gb": "genbank", ".gbk": "genbank", ".genbank": "genbank", ".dna": "snapgene"}
_LINE = 80


def file_checksum(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def iterate_fasta(path: Path) -> Iterator[tuple[str, str]]:
    """Contigs of a FASTA (plain or gzip), one at a time: name up to the first blank, and the sequence as it stands.

    Raises:
        DataError: if the file cannot be read or does not begin with a header.
    """
    name = ""
    lines: list[str] = []
    try:
        with xopen(path, "rt", threads=0) as handle:
            for line in handle:
                if line.startswith(">"):
                    if name:
                        yield name, "".join(lines)
                    name, lines = (line[1:].split() or [""])[0], []
                elif not name:
                    raise DataError(f"{path}: not FASTA (the first line is no '>' header)")
                else:
                    lines.append(line.strip())
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error}); expected FASTA, plain or gzip") from None
    if name:
        yield name, "".join(lines)


def write_fasta(path: Path, records: Iterable[tuple[str, str]]) -> None:
    """Write contigs as FASTA in lines of 80 bases."""
    with atomic_path(path) as temporary, temporary.open("w", encoding="ascii", newline="\n") as handle:
        for name, sequence in records:
            handle.write(f">{name}\n")
            for start in range(0, len(sequence), _LINE):
                handle.write(sequence[start : start + _LINE] + "\n")


def read_vector(path: Path) -> str:
    """The vector's sequence in upper case, from FASTA, GenBank or SnapGene.

    Raises:
        GenomeError: if the file holds no sequence, or more than one.
    """
    file_format = _FORMATS.get(path.suffix.lower(), "fasta")
    try:
        with path.open("rb" if file_format == "snapgene" else "r") as handle:
            records = list(SeqIO.parse(handle, file_format))  # type: ignore[no-untyped-call]
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise GenomeError(f"{path}: cannot be read as {file_format} ({error})") from None
    if len(records) != 1 or not len(records[0].seq):
        raise GenomeError(
            f"{path}: holds {len(records)} sequences; expected one vector per file ({file_format})"
        )
    return str(records[0].seq).upper()
