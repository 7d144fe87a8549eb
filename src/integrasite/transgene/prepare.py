"""The map of a study's vectors: what integrates, its elements, what the host has too, words, plasmid parts, controls."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd

from integrasite.align.reference import ReferenceIndex
from integrasite.config.calling import Calling
from integrasite.config.settings import Vector
from integrasite.errors import ConfigError
from integrasite.io.letters import Letters
from integrasite.io.vector_features import Feature
from integrasite.kernels.codes import Codes
from integrasite.kernels.genome_words import WORD
from integrasite.transgene.backbone import foreign_parts, load_parts
from integrasite.transgene.controls import choose_controls, control_candidates
from integrasite.transgene.elements import find_elements
from integrasite.transgene.host_alignment import align_tiles
from integrasite.transgene.host_like import HostScan, chain, outermost, scan_host
from integrasite.transgene.human_elements import unseen_human_elements
from integrasite.transgene.products import product_of
from integrasite.transgene.provirus import one_ltr, provirus_of
from integrasite.transgene.vector_map import HostLike, MappedVector, VectorMap
from integrasite.transgene.words import informative_words


@dataclass(frozen=True)
class GivenVector:
    """A vector as the config and its file give it."""

    settings: Vector
    sequence: str
    features: tuple[Feature, ...] = ()


def map_vector(name: str, given: GivenVector) -> MappedVector:
    """What of a vector can be known without the host.

    Raises:
        ConfigError: if nothing of it can integrate.
    """
    settings = given.settings
    try:
        provirus = provirus_of(given.sequence, settings.form, settings.kind)
    except ConfigError as error:
        raise ConfigError(f"vector '{name}': {error}") from None
    return MappedVector(
        name,
        settings.kind,
        settings.tsd_length,
        settings.form,
        one_ltr(provirus),
        provirus.ltr_length,
        provirus.codes.size,
        elements=find_elements(provirus, given.features),
        backbone=provirus.backbone,
        problem=provirus.problem,
        product=product_of(provirus.codes),
    )


def prepare_vectors(
    given: Mapping[str, GivenVector],
    reference: ReferenceIndex,
    letters: Letters,
    calling: Calling,
    *,
    excluded: pd.DataFrame,
    genes: pd.DataFrame | None = None,
    threads: int = 1,
) -> VectorMap:
    """Map all vectors of a study onto themselves and onto the host.

    Args:
        given: the vectors, by name.
        reference: the indexed host.
        letters: its bases.
        calling: thresholds.
        excluded: contig, start, end of regions where no controls are chosen (blacklist).
        genes: contig, start, end, gene; names of the places in the host.
        threads: of the aligner; changes no result.

    Raises:
        ConfigError: if nothing of a vector can integrate.
    """
    vectors = [map_vector(name, vector) for name, vector in given.items()]
    sequences = {v.name: v.one_ltr for v in vectors} | {
        v.backbone_contig: v.backbone for v in vectors if v.backbone.size
    }
    candidates = control_candidates(
        letters, reference.contigs, excluded, n_controls=calling.control_loci, length=calling.control_length
    )
    scan = scan_host(
        letters,
        reference.contigs,
        sequences,
        [c.codes for c in candidates],
        min_bp=calling.host_like_bp,
        threads=threads,
    )
    aligned = align_tiles(
        sequences, reference, threads, min_identity=calling.host_like_identity, min_bp=calling.host_like_bp
    )
    namer = _Namer(genes)
    places = {name: namer.label(chain([*scan.stretches[name], *aligned[name]])) for name in sequences}
    symbols = set() if genes is None else set(genes["gene"].astype(str))
    mapped = tuple(_with_host(vector, places, scan, symbols) for vector in vectors)
    every_place = [place for found in places.values() for place in found]
    controls = choose_controls(candidates, scan, every_place, calling.control_loci)
    return VectorMap(mapped, foreign_parts(load_parts(), (v.one_ltr for v in vectors)), controls)


def _with_host(
    vector: MappedVector, places: Mapping[str, Sequence[HostLike]], scan: HostScan, symbols: Collection[str]
) -> MappedVector:
    own = places[vector.name]
    stretches = outermost(own)
    unseen = unseen_human_elements(vector.elements, stretches, symbols, vector.one_ltr.size)
    counts = _word_counts(scan, vector.one_ltr)
    return replace(
        vector,
        host_like=tuple(sorted((*stretches, *unseen), key=lambda s: (s.start, s.end))),
        words=informative_words(stretches, own, counts, vector.elements),
        backbone_host_like=outermost(places.get(vector.backbone_contig, ())),
    )


def _word_counts(scan: HostScan, codes: Codes) -> "np.typing.NDArray[np.int64]":
    return scan.word_counts(codes) if codes.size >= WORD else np.zeros(0, np.int64)


class _Namer:
    """Names places in the host by the genes that lie there.

    Args:
        genes: contig, start, end (0-based half-open), gene; None: no names.
    """

    def __init__(self, genes: pd.DataFrame | None) -> None:
        self._genes: dict[str, pd.DataFrame] = {}
        if genes is not None:
            self._genes = {str(contig): rows for contig, rows in genes.groupby("contig", sort=False)}

    def label(self, places: Iterable[HostLike]) -> list[HostLike]:
        """The places with their names."""
        found = []
        for place in places:
            rows = self._genes.get(place.contig)
            names: list[str] = []
            if rows is not None:
                over = rows[(rows["start"] < place.host_end) & (place.host_start < rows["end"])]
                names = sorted(set(over["gene"].astype(str)))
            found.append(replace(place, label=",".join(names)))
        return found


def element_rows(vectors: VectorMap) -> pd.DataFrame:
    """Rows of `elements.tsv`."""
    return _rows(({"vector": v.name, **asdict(e)} for v in vectors.vectors for e in v.elements), "vector")


def host_like_rows(vectors: VectorMap) -> pd.DataFrame:
    """Rows of `host_like.tsv`: stretches of vectors and backbones that the host has too."""
    named = [
        (name, stretch)
        for v in vectors.vectors
        for name, found in ((v.name, v.host_like), (v.backbone_contig, v.backbone_host_like))
        for stretch in found
    ]
    return _rows(({"vector": name, **asdict(stretch)} for name, stretch in named), "vector")


def word_rows(vectors: VectorMap) -> pd.DataFrame:
    """Rows of `words.tsv`: informative boundaries."""
    return _rows(({"vector": v.name, **asdict(w)} for v in vectors.vectors for w in v.words), "vector")


def control_rows(vectors: VectorMap) -> pd.DataFrame:
    """Rows of `controls.tsv`."""
    return _rows((asdict(control) for control in vectors.controls), "contig")


def _rows(rows: Iterable[dict[str, object]], first_column: str) -> pd.DataFrame:
    found = list(rows)
    return pd.DataFrame(found) if found else pd.DataFrame({first_column: pd.Series(dtype=str)})
