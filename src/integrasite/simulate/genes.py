"""Made-up genes for a made-up genome."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

EVENT_GENES = ("LMO2", "HMGA2", "TET2")
"""Names of genes from published events; their places in the made-up genome are made up too. Few, because with 50 kb
around each a small genome would soon lie near nothing else."""
CARRIED_PROMOTER_GENE = "EEF1A1"
"""The gene whose upstream sequence the made-up vector carries as its promoter."""


@dataclass(frozen=True)
class Gene:
    """One gene with one transcript; 0-based half-open, exons in ascending order."""

    name: str
    contig: str
    start: int
    end: int
    strand: str
    exons: tuple[tuple[int, int], ...]


def simulate_genes(contig_lengths: Mapping[str, int], n_genes: int, rng: np.random.Generator) -> list[Gene]:
    """Spread genes over the contigs, about one in eight overlapping its neighbour on the other strand.

    Returns:
        Genes sorted by contig and start. The first names are those of `EVENT_GENES`, in random places.
    """
    fillers = [f"DEMO{i}" for i in range(1, n_genes + 1)]
    names = [CARRIED_PROMOTER_GENE, *EVENT_GENES, *fillers][:n_genes]
    order = [names[i] for i in rng.permutation(len(names))]
    total = sum(contig_lengths.values())
    genes: list[Gene] = []
    for contig, length in contig_lengths.items():
        share = round(len(names) * length / total)
        genes += _fill_contig(contig, length, [order.pop() for _ in range(min(share, len(order)))], rng)
    return sorted(genes, key=lambda gene: (gene.contig, gene.start))


def _fill_contig(contig: str, length: int, names: list[str], rng: np.random.Generator) -> list[Gene]:
    """Genes of one contig, one in each of as many equal stretches."""
    edge = min(8000, length // 10)
    pitch = (length - 2 * edge) / max(len(names), 1)
    genes: list[Gene] = []
    for index, name in enumerate(names):
        size = int(np.clip(rng.lognormal(9.5, 0.55), 3000, 0.8 * pitch))
        size = max(size, int(0.6 * pitch)) if name in EVENT_GENES else size
        start = edge + int(index * pitch + rng.uniform(0, pitch - size))
        strand = "+" if rng.random() < 0.5 else "-"
        if genes and rng.random() < 0.13:
            start = max(genes[-1].end - size // 4, edge)
            strand = "-" if genes[-1].strand == "+" else "+"
        genes.append(Gene(name, contig, start, start + size, strand, _exons(start, size, rng)))
    return genes


def _exons(start: int, size: int, rng: np.random.Generator) -> tuple[tuple[int, int], ...]:
    """Exons of 90-350 bp, the first and last at the ends of the gene."""
    n = int(rng.integers(3, 12)) if size > 4000 else 2
    cells = np.linspace(0, size, n + 1)
    exons = []
    for index in range(n):
        length = int(rng.integers(90, 350))
        low, high = int(cells[index]), int(cells[index + 1]) - length
        at = (
            low
            if index == 0
            else high
            if index == n - 1
            else int(rng.integers(low + 40, max(high - 40, low + 41)))
        )
        exons.append((start + at, start + at + length))
    exons[-1] = (exons[-1][0], start + size)
    return tuple(exons)


def gtf_text(genes: list[Gene]) -> str:
    """Gene, transcript and exon lines (1-based, closed)."""
    lines = []
    for number, gene in enumerate(genes, 1):
        ids = f'gene_id "SYNG{number:05d}"; gene_name "{gene.name}";'
        transcript = f'{ids} transcript_id "SYNT{number:05d}.1";'
        spans = [("gene", gene.start, gene.end, ids), ("transcript", gene.start, gene.end, transcript)]
        for rank, (start, end) in enumerate(gene.exons if gene.strand == "+" else gene.exons[::-1], 1):
            spans.append(("exon", start, end, f'{transcript} exon_number "{rank}";'))
        lines += [
            f"{gene.contig}\tsynthetic\t{kind}\t{start + 1}\t{end}\t.\t{gene.strand}\t.\t{attributes}"
            for kind, start, end, attributes in spans
        ]
    return "\n".join(lines) + "\n"
