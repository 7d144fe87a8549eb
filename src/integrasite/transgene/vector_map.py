"""The vectors of a study as tumour stages see them: what `prepare-vectors` makes and the other stages read."""

from integrasite.io.vector_map import FASTA_FILE, MAP_FILE, load_vector_map, save_vector_map
from integrasite.model.vector_map import (
    PART_PREFIX,
    Control,
    Element,
    HostLike,
    MappedVector,
    Part,
    VectorMap,
    Word,
    sorted_elements,
)

__all__ = [
    "FASTA_FILE",
    "MAP_FILE",
    "PART_PREFIX",
    "Control",
    "Element",
    "HostLike",
    "MappedVector",
    "Part",
    "VectorMap",
    "Word",
    "load_vector_map",
    "save_vector_map",
    "sorted_elements",
]
