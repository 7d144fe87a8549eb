"""Small genomes and clones for the tests for insertional mutagenesis."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from integrasite.analyse.gene_hits import number_contigs
from integrasite.analyse.insertion_sites import InsertionSites, collect_sites
from integrasite.config.calling import Calling
from integrasite.io.genes import GeneAnnotation

Site = tuple[str, str, int, float, int]


def genes_table(rows: Sequence[tuple[str, str, int, int, str]]) -> pd.DataFrame:
    """Genes from (gene, contig, start, end, strand)."""
    table = pd.DataFrame(list(rows), columns=["gene", "contig", "start", "end", "strand"])
    return table.astype({"start": "int64", "end": "int64"})


def annotation_of(genes: pd.DataFrame) -> GeneAnnotation:
    """Genes without transcripts."""
    none = pd.DataFrame({name: pd.Series(dtype="int64") for name in ("gene", "start", "end")})
    return GeneAnnotation(genes, none, none)


def clones_table(sites: Sequence[Site]) -> pd.DataFrame:
    """Passing clones from (subject, contig, 1-based position, cells, days)."""
    table = pd.DataFrame(list(sites), columns=["subject", "contig", "position", "cells", "days"])
    return table.assign(
        specimen=table["subject"] + "_" + table["days"].astype(str),
        strand="+",
        status="pass",
        placement="unique",
        estimator="sonic",
    )


def collect(clones: pd.DataFrame, genes: pd.DataFrame, calling: Calling, **named: object) -> InsertionSites:
    """Sites of clones, contigs numbered."""
    products = named.get("products", ())
    assert isinstance(products, (list, tuple))
    return collect_sites(clones, number_contigs(genes, clones), products, calling)


def draw_cohort(
    seed: int, n_subjects: int = 3, n_sites: int = 800, boost: float = 1.0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Genes of one contig with a hot spot, and clones of an early and a late specimen; gene G7's clones are `boost` larger."""
    rng = np.random.default_rng(seed)
    genes = genes_table(
        [(f"G{i}", "chr1", i * 100_000, i * 100_000 + 60_000, "+-"[i % 2]) for i in range(150)]
    )
    weights = rng.lognormal(0, 1, 150)
    weights[7] = weights.sum() / 50
    parts = []
    for subject in range(n_subjects):
        gene = rng.choice(150, n_sites, p=weights / weights.sum())
        position = gene * 100_000 + rng.integers(0, 80_000, n_sites) + 1
        inside = (gene == 7) & (position <= 760_000)
        cells = rng.lognormal(0, 1, n_sites) * np.where(inside, boost, 1.0)
        days = np.where(rng.random(n_sites) < 0.5, 14, 365)
        parts.append(
            pd.DataFrame(
                {
                    "subject": f"P{subject}",
                    "contig": "chr1",
                    "position": position,
                    "cells": cells,
                    "days": days,
                }
            )
        )
    rows = pd.concat(parts, ignore_index=True)
    return genes, clones_table(list(rows.itertuples(index=False, name=None)))
