"""Align distinct inserts and collect their places."""

from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa

from integrasite.align.command import aligned_records, mem_arguments
from integrasite.align.places import MIN_SCORE, MIN_SEED, InsertPlaces, place_inserts
from integrasite.align.reference import ReferenceIndex
from integrasite.config.calling import Calling
from integrasite.model.inserts import PLACES

BLOCK = 20_000
"""Inserts that are fed to the aligner at a time."""


def fasta_blocks(inserts: pa.Table) -> Iterator[bytes]:
    """Inserts as interleaved FASTA: two reads of one name, or one read where there is no linker read."""
    for start in range(0, inserts.num_rows, BLOCK):
        block = inserts.slice(start, BLOCK)
        lines = []
        for number, (junction, linker) in enumerate(
            zip(block["junction"].to_pylist(), block["linker"].to_pylist(), strict=True), start
        ):
            lines.append(b">%d\n%s\n" % (number, junction))
            if linker:
                lines.append(b">%d\n%s\n" % (number, linker))
        yield b"".join(lines)


def places_table(found: Iterable[InsertPlaces]) -> pa.Table:
    """Places as rows of `PLACES`, in the order of the inserts."""
    columns: list[list[object]] = [[] for _ in PLACES]
    for item in found:
        if not item.places:
            for column, value in zip(
                columns, (item.insert, int(item.fate), -1, -1, -1, True, 0, 0.0), strict=True
            ):
                column.append(value)
        for place, posterior in zip(item.places, item.posteriors, strict=True):
            row = (
                item.insert,
                int(item.fate),
                place.contig,
                place.position,
                place.breakpoint,
                place.is_forward,
                place.score,
                posterior,
            )
            for column, value in zip(columns, row, strict=True):
                column.append(value)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, PLACES, strict=True)], schema=PLACES
    )


def align_inserts(
    inserts: pa.Table,
    reference: ReferenceIndex,
    calling: Calling,
    threads: int,
    follow: Callable[[Iterator[bytes]], Iterable[bytes]] = iter,
) -> pa.Table:
    """Places of every distinct insert.

    Args:
        inserts: rows of `INSERTS`, sorted; row numbers are the inserts' ids.
        reference: host and vectors, indexed.
        calling: thresholds.
        threads: of the aligner; changes no result.
        follow: takes the blocks of `BLOCK` inserts as they are fed to the aligner, and yields them.

    Returns:
        Rows of `PLACES`.
    """
    if not inserts.num_rows:
        return PLACES.empty_table()
    arguments = mem_arguments(
        reference.fasta,
        threads,
        min_seed=MIN_SEED,
        min_score=MIN_SCORE,
        max_places=calling.max_places,
        max_fragment=calling.max_fragment,
    )
    with aligned_records(arguments, follow(fasta_blocks(inserts))) as records:
        return places_table(place_inserts(records, reference.n_host, calling))
