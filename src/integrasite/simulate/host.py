"""A made-up host and vector as the files that a study needs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from integrasite.kernels.codes import reverse_complement
from integrasite.simulate.genes import CARRIED_PROMOTER_GENE, Gene, gtf_text, simulate_genes
from integrasite.simulate.genome import GenomeScenario, SyntheticGenome, simulate_genome
from integrasite.simulate.sequences import Bools, decode
from integrasite.simulate.vector import SyntheticVector, simulate_vector

LINE = 80
PROMOTER = 400
"""Bases upstream of a host gene that the vector carries."""


@dataclass(frozen=True)
class SyntheticHost:
    """Genome, genes and vector that belong together."""

    genome: SyntheticGenome
    genes: list[Gene]
    vector: SyntheticVector

    def files(self) -> dict[str, str]:
        """File name to text."""
        return {
            "genome.fa.gz": self._fasta(),
            "annotation.gtf.gz": gtf_text(self.genes),
            "repeats.bed": "".join(
                f"{r.contig}\t{r.start}\t{r.end}\t{r.family}\t0\t{r.strand}\n" for r in self.genome.repeats
            ),
            "vector.fa": ">demo-lv synthetic lentiviral provirus, LTR to LTR\n"
            + _wrap(decode(self.vector.codes)),
            "vector_elements.bed": "".join(
                f"demo-lv\t{e.start}\t{e.end}\t{e.name}\t0\t+\n" for e in self.vector.elements
            ),
        }

    def _fasta(self) -> str:
        masks = self.genome.masks()
        return "".join(
            f">{name}\n{_wrap(_masked(decode(codes), masks[name]))}"
            for name, codes in self.genome.contigs.items()
        )


def simulate_host(rng: np.random.Generator, scenario: GenomeScenario | None = None) -> SyntheticHost:
    """Make a genome, its genes and a vector that carries one gene's promoter."""
    wanted = scenario or GenomeScenario()
    genome = simulate_genome(wanted, rng)
    lengths = {name: codes.size for name, codes in genome.contigs.items()}
    genes = simulate_genes(lengths, wanted.n_genes, rng)
    donor = next((gene for gene in genes if gene.name == CARRIED_PROMOTER_GENE), genes[0])
    codes = genome.contigs[donor.contig]
    promoter = codes[donor.start - PROMOTER : donor.start]
    if donor.strand == "-":
        promoter = reverse_complement(codes[donor.end : donor.end + PROMOTER])
    return SyntheticHost(genome, genes, simulate_vector(rng, promoter))


def _masked(text: str, mask: Bools) -> str:
    """Lower case where the mask says so."""
    letters = np.frombuffer(text.encode("ascii"), np.uint8)
    return np.where(mask, letters | 32, letters).astype(np.uint8).tobytes().decode("ascii")


def _wrap(text: str) -> str:
    return "".join(text[at : at + LINE] + "\n" for at in range(0, len(text), LINE))


def read_genes(gtf: str) -> pd.DataFrame:
    """Genes of a GTF text: `contig, start, end, strand, name`, 0-based half-open."""
    rows = []
    for line in gtf.splitlines():
        cells = line.split("\t")
        if len(cells) == 9 and cells[2] == "gene":
            rows.append((cells[0], int(cells[3]) - 1, int(cells[4]), cells[6], _attribute(cells[8])))
    return pd.DataFrame(rows, columns=["contig", "start", "end", "strand", "name"])


def _attribute(text: str) -> str:
    """`gene_name`, or `gene_id` where there is none."""
    pairs = dict(part.strip().split(" ", 1) for part in text.split(";") if " " in part.strip())
    return pairs.get("gene_name", pairs.get("gene_id", "")).strip('"')
