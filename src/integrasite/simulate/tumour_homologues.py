"""Native genes: made as extra contigs where the host lacks them, and spliced as contaminating cDNA."""

from collections.abc import Mapping

import numpy as np

from integrasite.errors import ConfigError
from integrasite.kernels.codes import Codes, reverse_complement
from integrasite.simulate.genes import Gene
from integrasite.simulate.sequences import random_bases
from integrasite.simulate.tumour_scenario import Homologue
from integrasite.simulate.tumour_vector import TumourVector

FLANK = 6000
"""Random host sequence on either side of a made gene, bp."""
_INTRON = (400, 2500)


def germline_contigs(
    homologues: tuple[Homologue, ...],
    vectors: Mapping[str, TumourVector],
    contigs: Mapping[str, Codes],
    rng: np.random.Generator,
) -> tuple[dict[str, Codes], list[Gene]]:
    """Contigs with the genes that the vectors' human parts come from: exons of the vector, random between them.

    Args:
        homologues: what is wanted.
        vectors: what exons are cut from.
        contigs: the host, whose names must not clash.
        rng: source of introns and flanks.

    Returns:
        The new contigs, and one gene on each.

    Raises:
        ConfigError: if vector, exons or names do not fit.
    """
    made: dict[str, Codes] = {}
    genes = []
    for wanted in homologues:
        name = f"germline_{wanted.gene}"
        where = f"scenario, homologue '{wanted.gene}'"
        if wanted.vector not in vectors:
            raise ConfigError(f"{where}: no vector '{wanted.vector}' (known: {', '.join(vectors)})")
        if name in contigs or name in made:
            raise ConfigError(f"{where}: the genome has a contig '{name}' already")
        codes, exons = _contig(wanted, vectors[wanted.vector].sequence, where, rng)
        made[name] = codes
        genes.append(Gene(wanted.gene, name, exons[0][0], exons[-1][1], "+", exons))
    return made, genes


def _contig(
    wanted: Homologue, sequence: Codes, where: str, rng: np.random.Generator
) -> tuple[Codes, tuple[tuple[int, int], ...]]:
    pieces, exons, at = [random_bases(rng, FLANK)], [], FLANK
    for number, (start, end) in enumerate(wanted.exons):
        if not 0 <= start < end <= sequence.size:
            raise ConfigError(f"{where}: exon {start}-{end} is not in the vector (0-{sequence.size})")
        if number:
            intron = random_bases(rng, int(rng.integers(*_INTRON)))
            pieces.append(intron)
            at += intron.size
        pieces.append(sequence[start:end])
        exons.append((at, at + end - start))
        at += end - start
    if not exons:
        raise ConfigError(f"{where}: give its exons")
    return np.concatenate([*pieces, random_bases(rng, FLANK)]), tuple(exons)


def spliced(contigs: Mapping[str, Codes], gtf: str, names: tuple[str, ...]) -> dict[str, Codes]:
    """The longest spliced transcript of each named gene, 5' to 3'.

    Raises:
        ConfigError: if the annotation has no exons of a gene.
    """
    exons = _exons(gtf, set(names))
    found = {}
    for name in names:
        transcripts = exons.get(name, {})
        if not transcripts:
            raise ConfigError(f"scenario, 'cdna_genes': the annotation has no exons of '{name}'")
        contig, strand, parts = max(
            transcripts.values(), key=lambda item: (sum(end - start for start, end in item[2]), item)
        )
        if contig not in contigs:
            raise ConfigError(f"scenario, 'cdna_genes': '{name}' lies on {contig}, which the genome lacks")
        codes = np.concatenate([contigs[contig][start:end] for start, end in sorted(parts)])
        found[name] = codes if strand == "+" else reverse_complement(codes)
    return found


Transcript = tuple[str, str, list[tuple[int, int]]]


def _exons(gtf: str, names: set[str]) -> dict[str, dict[str, Transcript]]:
    """Contig, strand and exons (0-based half-open) per gene and transcript."""
    found: dict[str, dict[str, Transcript]] = {}
    for line in gtf.splitlines():
        cells = line.split("\t")
        if len(cells) != 9 or cells[2] != "exon":
            continue
        pairs = dict(part.strip().split(" ", 1) for part in cells[8].split(";") if " " in part.strip())
        gene = pairs.get("gene_name", pairs.get("gene_id", "")).strip('"')
        if gene in names:
            key = f"{pairs.get('transcript_id', '')} {cells[0]} {cells[6]}"
            entry = found.setdefault(gene, {}).setdefault(key, (cells[0], cells[6], []))
            entry[2].append((int(cells[3]) - 1, int(cells[4])))
    return found
