"""Genes, listed genes and known events around every site."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from integrasite.annotate.event_genes import EventGenes, find_event_genes
from integrasite.annotate.geometry import SitePoint, geometry
from integrasite.annotate.known_events import KnownEvent
from integrasite.io.genes import GeneAnnotation
from integrasite.io.intervals import nearest, overlapping
from integrasite.io.tables import as_table
from integrasite.model.tables import ANNOTATION

LIST_WINDOW_BP = 50_000
"""A gene of a list within this distance of a site puts the list's name into `lists` (the usual 50 kb)."""

Ints = npt.NDArray[np.int64]


def annotate_sites(
    sites: pd.DataFrame,
    genes: GeneAnnotation,
    gene_lists: Mapping[str, Sequence[str]],
    known_events: Iterable[KnownEvent],
    window: int,
    *,
    genome_name: str = "",
) -> pd.DataFrame:
    """Say what lies at and around every site.

    Genes are those that contain the site, or the nearest one. A contig that the annotation does not have
    leaves the cells empty. Symbols are compared without regard to case, so that lists of human genes work in
    other species.

    Args:
        sites: site_id, contig, position (1-based), strand (of the vector); one row per site.
        genes: the host's genes.
        gene_lists: name of a list -> symbols, in the order in which names are shown.
        known_events: published events.
        window: distance (bp) to an event's gene within which the event is reported.
        genome_name: name of the genome; with "hg38" an event gene that the annotation lacks is placed by
            bundled coordinates.

    Returns:
        The table `annotation`: one row per site, sorted by site_id.

    Raises:
        ToolError: if bedtools is missing or fails.
    """
    keyed = sites.reset_index(drop=True)
    start = np.maximum(keyed["position"].to_numpy(dtype=np.int64) - 1, 0)
    points = pd.DataFrame({"contig": keyed["contig"], "start": start, "end": start + 1})
    is_forward = keyed["strand"].to_numpy() == "+"
    event_genes = find_event_genes(genes, known_events, genome_name)
    parts = [
        keyed[["site_id"]],
        _gene_columns(points, is_forward, genes),
        _cancer_columns(points, event_genes, genes.genes, gene_lists),
        _list_column(points, genes.genes, gene_lists),
        _event_columns(points, is_forward, event_genes, window),
    ]
    return as_table(pd.concat(parts, axis=1), ANNOTATION)


def _gene_columns(
    points: pd.DataFrame, is_forward: npt.NDArray[np.bool_], annotation: GeneAnnotation
) -> pd.DataFrame:
    genes = annotation.genes
    containing = overlapping(points, genes)
    outside = np.setdiff1d(np.arange(len(points)), containing["point"].to_numpy())
    around = nearest(points.iloc[outside], genes).drop_duplicates("point")
    around["point"] = outside[around["point"].to_numpy()]
    pairs = pd.concat([containing, around]).sort_values(["point", "interval"], ignore_index=True)
    point, gene = pairs["point"].to_numpy(), pairs["interval"].to_numpy()
    strand = genes["strand"].to_numpy(dtype=object)[gene]
    words = pd.DataFrame(
        {
            "gene": genes["gene"].to_numpy(dtype=object)[gene],
            "gene_strand": strand,
            "same_orientation": np.where((strand == "+") == is_forward[point], "true", "false"),
            "distance_to_tss": _distance_to_tss(points["start"].to_numpy()[point], genes, gene).astype(str),
        }
    )
    columns = _join_words(words, point, len(points))
    on_contig = np.isin(np.arange(len(points)), point)
    in_exon = np.isin(np.arange(len(points)), _in_exons(points, annotation))
    in_gene = np.isin(np.arange(len(points)), containing["point"].to_numpy())
    columns["in_gene"] = pd.Series(in_gene, dtype="boolean").mask(~on_contig)
    columns["in_exon"] = pd.Series(in_exon & in_gene, dtype="boolean").mask(~on_contig)
    return columns


def _distance_to_tss(position: Ints, genes: pd.DataFrame, gene: Ints) -> Ints:
    start, end = genes["start"].to_numpy()[gene], genes["end"].to_numpy()[gene]
    is_forward = genes["strand"].to_numpy()[gene] == "+"
    return np.asarray(np.where(is_forward, position - start, end - 1 - position), dtype=np.int64)


def _in_exons(points: pd.DataFrame, annotation: GeneAnnotation) -> Ints:
    exons = annotation.exons
    contigs = annotation.genes["contig"].to_numpy(dtype=object)[exons["gene"].to_numpy()]
    intervals = pd.DataFrame(
        {"contig": contigs, "start": exons["start"], "end": exons["end"]}
    ).drop_duplicates()
    return overlapping(points, intervals.reset_index(drop=True))["point"].to_numpy()


def _join_words(words: pd.DataFrame, point: Ints, n_points: int) -> pd.DataFrame:
    """Join the words of each point by ',', in row order; points without words get ""."""
    first = np.flatnonzero(np.diff(point, prepend=-1))
    alone = np.diff(np.append(first, len(point))) == 1
    joined = pd.DataFrame("", index=np.arange(n_points), columns=words.columns, dtype=object)
    joined.iloc[point[first[alone]]] = words.iloc[first[alone]].to_numpy(dtype=object)
    several = ~np.isin(point, point[first[alone]])
    grouped = words[several].groupby(point[several], sort=True).agg(",".join)
    joined.iloc[grouped.index.to_numpy(dtype=np.int64)] = grouped.to_numpy(dtype=object)
    return joined


def _cancer_columns(
    points: pd.DataFrame,
    event_genes: EventGenes,
    genes: pd.DataFrame,
    gene_lists: Mapping[str, Sequence[str]],
) -> pd.DataFrame:
    symbols = {symbol.upper() for listed in gene_lists.values() for symbol in listed}
    listed = genes[genes["gene"].str.upper().isin(symbols)]
    columns = ["contig", "start", "end", "gene"]
    candidates = pd.concat([event_genes.table[columns], listed[columns]]).drop_duplicates()
    candidates = candidates.sort_values(["contig", "start", "gene", "end"], ignore_index=True)
    pairs = nearest(points, candidates).drop_duplicates("point")
    point, chosen = pairs["point"].to_numpy(), candidates.iloc[pairs["interval"].to_numpy()]
    position = points["start"].to_numpy()[point]
    gap = np.maximum(chosen["start"].to_numpy() - position, position - (chosen["end"].to_numpy() - 1))
    answer = pd.DataFrame(
        {
            "nearest_cancer_gene": chosen["gene"].to_numpy(dtype=object),
            "cancer_gene_distance": np.maximum(gap, 0),
        },
        index=point,
    )
    return answer.astype({"cancer_gene_distance": "Int64"}).reindex(np.arange(len(points)))


def _padded(genes: pd.DataFrame, window: int) -> pd.DataFrame:
    return genes.assign(start=(genes["start"] - window).clip(lower=0), end=genes["end"] + window)


def _list_column(
    points: pd.DataFrame, genes: pd.DataFrame, gene_lists: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    named = [(name, {symbol.upper() for symbol in listed}) for name, listed in gene_lists.items()]
    upper = genes["gene"].str.upper()
    listed = genes[upper.isin(set().union(*(symbols for _, symbols in named)))].reset_index(drop=True)
    pairs = overlapping(points, _padded(listed, LIST_WINDOW_BP))
    near = listed["gene"].str.upper().to_numpy(dtype=object)[pairs["interval"].to_numpy()]
    names = (
        pd.Series(near, index=pairs["point"].to_numpy())
        .groupby(level=0)
        .agg(lambda symbols: ",".join(name for name, members in named if not members.isdisjoint(symbols)))
    )
    return names.astype(object).reindex(np.arange(len(points)), fill_value="").to_frame("lists")


def _event_columns(
    points: pd.DataFrame, is_forward: npt.NDArray[np.bool_], event_genes: EventGenes, window: int
) -> pd.DataFrame:
    pairs = overlapping(points, _padded(event_genes.table, window))
    point, gene = pairs["point"].to_numpy(), pairs["interval"].to_numpy()
    position = points["start"].to_numpy()
    rows = []
    for at, number in zip(point, gene, strict=True):
        event, shape = event_genes.events[number], event_genes.shapes[number]
        fit = geometry(event.mode, SitePoint(int(position[at]), bool(is_forward[at])), shape)
        rows.append((event.gene, event.label, fit))
    words = pd.DataFrame(rows, columns=["known_event", "event_class", "expected_geometry"], dtype=object)
    return _join_words(words, point, len(points))
