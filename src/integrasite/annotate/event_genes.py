"""Where the genes of known events lie in the user's genome."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from integrasite.annotate.geometry import GeneShape, TranscriptShape
from integrasite.annotate.known_events import KnownEvent, leading_events
from integrasite.io.genes import GeneAnnotation

_COLUMNS = ["contig", "start", "end", "strand", "gene"]


@dataclass(frozen=True)
class EventGenes:
    """Genes of known events, sorted by contig, start and gene.

    Args:
        table: contig, start, end (0-based, half-open), strand, gene (the event's symbol).
        events: the leading event of each row.
        shapes: the structure of each row's gene.
    """

    table: pd.DataFrame
    events: tuple[KnownEvent, ...]
    shapes: tuple[GeneShape, ...]


def find_event_genes(genes: GeneAnnotation, events: Iterable[KnownEvent], genome_name: str) -> EventGenes:
    """Find the events' genes by symbol or older symbol, without regard to case.

    Args:
        genes: the host's genes.
        events: published events.
        genome_name: with "hg38", a gene that the annotation lacks is placed by the event's own coordinates,
            if the annotation has that contig.
    """
    numbers_of = genes.genes.groupby(genes.genes["gene"].str.upper()).indices
    contigs = set(genes.genes["contig"])
    found: list[tuple[tuple[object, ...], KnownEvent, GeneShape]] = []
    for event in leading_events(events).values():
        numbers = sorted(
            {int(n) for name in (event.gene, *event.aliases) for n in numbers_of.get(name.upper(), ())}
        )
        for number in numbers:
            contig, start, end, strand = genes.genes.loc[number, _COLUMNS[:4]]
            found.append(((contig, start, end, strand, event.gene), event, gene_shape(genes, number)))
        if not numbers and genome_name == "hg38" and event.hg38 and event.hg38[0] in contigs:
            contig, start, end, strand = event.hg38
            found.append(((*event.hg38, event.gene), event, GeneShape(start, end, strand == "+")))
    found.sort(key=lambda item: (item[0][0], item[0][1], item[0][4], item[0][2]))
    table = pd.DataFrame([row for row, _, _ in found], columns=_COLUMNS)
    table = table.astype({"contig": object, "start": "int64", "end": "int64", "gene": object})
    return EventGenes(table, tuple(event for _, event, _ in found), tuple(shape for _, _, shape in found))


def gene_shape(annotation: GeneAnnotation, number: int) -> GeneShape:
    """The structure of one gene (row number in `annotation.genes`)."""
    start, end, strand = (annotation.genes[name].to_numpy()[number] for name in ("start", "end", "strand"))
    exons = annotation.exons[annotation.exons["gene"] == number]
    transcripts = annotation.transcripts[annotation.transcripts["gene"] == number]
    shapes = []
    for transcript, row in zip(transcripts.index, transcripts.to_numpy().tolist(), strict=True):
        own = exons.loc[exons["transcript"] == transcript, ["start", "end"]].sort_values(["start", "end"])
        blocks = tuple((int(start), int(end)) for start, end in own.to_numpy())
        coding = (row[3], row[4]) if row[4] >= 0 else None
        shapes.append(TranscriptShape(row[1], row[2], blocks, coding))
    return GeneShape(int(start), int(end), strand == "+", tuple(shapes))
