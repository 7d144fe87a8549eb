"""The vector map as targets of the alignment."""

from collections.abc import Sequence

import numpy as np

from integrasite.align.tumour_targets import Boundary, Span, Target
from integrasite.kernels.codes import encode
from integrasite.model.vector_map import MappedVector, VectorMap


def make_targets(vectors: VectorMap, names: Sequence[str]) -> list[Target]:
    """The targets of a sample that may carry the vectors `names`: these first, then all that belongs to plasmids.

    Args:
        vectors: the study's map.
        names: the sample's vectors.
    """
    mine = [vectors[name] for name in names]
    found = [_vector(vector) for vector in mine]
    for vector in mine:
        if vector.backbone.size:
            own = np.ones(vector.backbone.size, np.bool_)
            found.append(Target(vector.backbone_contig, "backbone", vector.backbone, own))
    for part in vectors.parts:
        codes = encode(part.sequence)
        found.append(Target(part.contig, "part", codes, np.ones(codes.size, np.bool_)))
    return found


def _vector(vector: MappedVector) -> Target:
    boundaries = [
        Boundary(word.position, word.end, f"{word.kind}:{word.left}|{word.right}", word.kind == "domain")
        for word in vector.words
    ]
    return Target(
        vector.name,
        "vector",
        np.concatenate([vector.one_ltr, vector.one_ltr[: vector.ltr_length]]),
        ~vector.host_like_mask,
        vector.ltr_length,
        vector.ltr_length > 0 or not vector.problem,
        tuple(boundaries),
        tuple(Span(e.name, e.start, e.end) for e in vector.elements),
    )
