"""The vectors' map as files: `vectors.fa` and `vector_map.json`."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from integrasite.errors import DataError
from integrasite.io.atomic import write_text
from integrasite.io.sequences import iterate_fasta, write_fasta
from integrasite.io.text import read_text
from integrasite.kernels.codes import encode
from integrasite.model.vector_map import Control, Element, HostLike, MappedVector, Part, VectorMap, Word

MAP_FILE = "vector_map.json"
FASTA_FILE = "vectors.fa"
_VERSION = 1


def save_vector_map(vectors: VectorMap, folder: Path) -> None:
    """Write `vectors.fa` and, last, `vector_map.json`."""
    write_fasta(folder / FASTA_FILE, vectors.contigs().items())
    content = {
        "version": _VERSION,
        "vectors": [_vector_fields(vector) for vector in vectors.vectors],
        "parts": [asdict(part) for part in vectors.parts],
        "controls": [asdict(control) for control in vectors.controls],
    }
    write_text(folder / MAP_FILE, json.dumps(content, indent=1) + "\n")


def load_vector_map(folder: Path) -> VectorMap:
    """Read what `save_vector_map` wrote.

    Raises:
        DataError: if it was written by another version, or the FASTA does not belong to it.
    """
    path = folder / MAP_FILE
    content = json.loads(read_text(path, "vector map"))
    if content.get("version") != _VERSION:
        raise DataError(
            f"{path}: version {content.get('version')}, expected {_VERSION}; run prepare-vectors again"
        )
    sequences = dict(iterate_fasta(folder / FASTA_FILE))
    parts = [
        Part(part["name"], tuple((offset, piece) for offset, piece in part["pieces"]))
        for part in content["parts"]
    ]
    controls = [Control(**control) for control in content["controls"]]
    vectors = tuple(_vector(fields, sequences, path) for fields in content["vectors"])
    return VectorMap(vectors, tuple(parts), tuple(controls))


def _vector_fields(vector: MappedVector) -> dict[str, Any]:
    fields = {
        name: getattr(vector, name)
        for name in ("name", "kind", "tsd", "form", "ltr_length", "provirus_length", "problem", "product")
    }
    for name in ("elements", "host_like", "words", "backbone_host_like"):
        fields[name] = [asdict(item) for item in getattr(vector, name)]
    return fields


def _vector(fields: dict[str, Any], sequences: dict[str, str], path: Path) -> MappedVector:
    name = fields["name"]
    vector = MappedVector(
        **{key: fields[key] for key in ("name", "kind", "tsd", "form", "ltr_length", "provirus_length")},
        **{key: fields[key] for key in ("problem", "product")},
        one_ltr=encode(sequences.get(name, "")),
        elements=tuple(Element(**item) for item in fields["elements"]),
        host_like=tuple(HostLike(**item) for item in fields["host_like"]),
        words=tuple(Word(**item) for item in fields["words"]),
        backbone_host_like=tuple(HostLike(**item) for item in fields["backbone_host_like"]),
    )
    if vector.one_ltr.size != vector.provirus_length - vector.ltr_length:
        raise DataError(
            f"{path}: {FASTA_FILE} beside it does not hold '{name}' as described; run prepare-vectors again"
        )
    return replace(vector, backbone=encode(sequences.get(vector.backbone_contig, "")))
