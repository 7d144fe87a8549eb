"""What the recruiting pass looks for in a sample, from the study's vector map."""

from collections.abc import Sequence

from integrasite.kernels.codes import Codes, encode
from integrasite.reads.recruit_targets import close_circle
from integrasite.transgene.vector_map import VectorMap


def recruited_sequences(vectors: VectorMap, names: Sequence[str]) -> dict[str, Codes]:
    """The named vectors, their backbones, and every plasmid part, as codes by contig name.

    Vectors go on from their last base to their first, as the provirus does, so that reads over the PPT and the LTR count whole.

    Args:
        vectors: of the study.
        names: vectors of the sample.
    """
    chosen = [vector for vector in vectors.vectors if vector.name in names]
    found = {vector.name: close_circle(vector.one_ltr, vector.is_circular) for vector in chosen}
    found |= {vector.backbone_contig: vector.backbone for vector in chosen if vector.backbone.size}
    return found | {part.contig: encode(part.sequence) for part in vectors.parts}
