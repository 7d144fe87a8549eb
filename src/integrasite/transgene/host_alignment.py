"""Diverged copies of vector sequence in the host: overlapping tiles of the vectors, aligned to the host's own index."""

from collections.abc import Iterator, Mapping

import pysam

from integrasite.align.command import aligned_records, mem_arguments
from integrasite.align.reference import ReferenceIndex
from integrasite.kernels.codes import Codes, decode
from integrasite.transgene.vector_map import HostLike

TILE = 100
STEP = 20
"""Tiles of 100 bp every 20: a copy of 90 % identity has an exact seed of 15 in nearly every tile."""
_MIN_SEED = 15
_MIN_SCORE = 25
_MOST_PLACES = 50
_CHAIN_DROP = "0.1"
"""bwa drops weaker chains of a tile at this share of the best one's seeds; the vector's own contig may be the best one."""
_MOST_FRAGMENT = 1000
_CLIPS = (4, 5)


def tiles(sequences: Mapping[str, Codes]) -> Iterator[bytes]:
    """FASTA of all tiles, named by sequence number and first base; the last one ends where its sequence ends."""
    for number, codes in enumerate(sequences.values()):
        lines = []
        last = max(codes.size - TILE, 0)
        for start in sorted({*range(0, last, STEP), last}):
            if codes.size:
                lines.append(f">{number}:{start}\n{decode(codes[start : start + TILE])}\n")
        yield "".join(lines).encode("ascii")


def align_tiles(
    sequences: Mapping[str, Codes],
    reference: ReferenceIndex,
    threads: int,
    *,
    min_identity: float,
    min_bp: int,
) -> dict[str, list[HostLike]]:
    """All places of all tiles in the host.

    Args:
        sequences: vectors and backbones, by name.
        reference: the indexed host; its vector contigs are passed over.
        threads: of the aligner; changes no result.
        min_identity: least share of equal bases.
        min_bp: least aligned bases of the tile.
    """
    names = list(sequences)
    found: dict[str, list[HostLike]] = {name: [] for name in names}
    arguments = mem_arguments(
        reference.fasta,
        threads,
        min_seed=_MIN_SEED,
        min_score=_MIN_SCORE,
        max_places=_MOST_PLACES,
        max_fragment=_MOST_FRAGMENT,
    )
    arguments[2:2] = ["-a", "-D", _CHAIN_DROP, "-L", "0"]  # -L 0: tiles end where equal bases end
    with aligned_records(arguments, tiles(sequences)) as records:
        for record in records:
            if record.is_unmapped or record.reference_id >= reference.n_host:
                continue
            number, start = (int(word) for word in str(record.query_name).split(":"))
            place = _place(record, start)
            if place.identity >= min_identity and place.end - place.start >= min_bp:
                found[names[number]].append(place)
    return found


def _place(record: pysam.AlignedSegment, tile_start: int) -> HostLike:
    operations = record.cigartuples or []
    clips = [length if operation in _CLIPS else 0 for operation, length in (operations[0], operations[-1])]
    n_bases = sum(length for operation, length in operations if operation in (0, 1, 7, 8))
    n_columns = n_bases + sum(length for operation, length in operations if operation == 2)
    first = tile_start + (clips[1] if record.is_reverse else clips[0])
    return HostLike(
        first,
        first + n_bases,
        str(record.reference_name),
        record.reference_start,
        int(record.reference_end or 0),
        "-" if record.is_reverse else "+",
        round(1 - int(record.get_tag("NM")) / n_columns, 4),
    )
