"""Host and vector as one reference, so that reads of the vector lose honestly; indexed once and found again."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from integrasite.align.command import build_index
from integrasite.errors import GenomeError
from integrasite.io.atomic import write_text
from integrasite.io.sequences import file_checksum, iterate_fasta, read_vector, write_fasta
from integrasite.io.text import read_text
from integrasite.io.windows import index_fasta

VECTOR_PREFIX = "integrasite_vector|"
"""Vector contigs are named so in the reference that is aligned to; no genome uses such a name."""


@dataclass(frozen=True)
class ReferenceIndex:
    """An indexed reference: host contigs first, then the vectors.

    Args:
        fasta: the FASTA beside which the aligner's index stands.
        contigs: host contig names with lengths, in the FASTA's order.
        vectors: vector contig name -> vector name.
    """

    fasta: Path
    contigs: dict[str, int]
    vectors: dict[str, str]

    @property
    def n_host(self) -> int:
        """Number of host contigs."""
        return len(self.contigs)


def _checksum(genome: Path, vectors: Mapping[str, Path]) -> str:
    digest = hashlib.sha256(file_checksum(genome).encode())
    for name, path in sorted(vectors.items()):
        digest.update(f"{name}\t{file_checksum(path)}".encode())
    return digest.hexdigest()[:16]


def _records(
    genome: Path, vectors: Mapping[str, Path], contigs: dict[str, int], names: dict[str, str]
) -> Iterator[tuple[str, str]]:
    for name, sequence in iterate_fasta(genome):
        if name in contigs:
            raise GenomeError(f"{genome.name}: two contigs are named '{name}'; expected each name once")
        contigs[name] = len(sequence)
        yield name, sequence
    for vector, path in vectors.items():
        contig = f"{VECTOR_PREFIX}{vector}"
        names[contig] = vector
        yield contig, read_vector(path)


def build_reference(genome: Path, vectors: Mapping[str, Path], folder: Path) -> ReferenceIndex:
    """Find or build the indexed reference of a genome and its vectors.

    Args:
        genome: host FASTA.
        vectors: vector name -> sequence file.
        folder: where references are kept, one subfolder per checksum of genome and vectors.
    """
    home = folder / _checksum(genome, vectors)
    if (home / "reference.json").exists():
        return load_reference(home / "reference.json")
    contigs: dict[str, int] = {}
    names: dict[str, str] = {}
    fasta = home / "reference.fa"
    write_fasta(fasta, _records(genome, vectors, contigs, names))
    build_index(fasta)
    index_fasta(fasta)
    # written last: the folder counts as complete only when this file is there
    write_text(home / "reference.json", json.dumps({"contigs": contigs, "vectors": names}, indent=1) + "\n")
    return ReferenceIndex(fasta, contigs, names)


def load_reference(path: Path) -> ReferenceIndex:
    """Read the description that `build_reference` left."""
    content = json.loads(read_text(path, "reference description"))
    return ReferenceIndex(path.parent / "reference.fa", content["contigs"], content["vectors"])
