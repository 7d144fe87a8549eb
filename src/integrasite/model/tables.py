"""The declared columns of every table that integrasite writes.

A column's kind is `str`, `int`, `float` or `bool`. In TSV an empty cell means missing; integer columns that may be
missing are read as nullable integers.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Name, columns (in order, with their kinds) and sort key of one table."""

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]


def _ordered(name: str, key: str, spec: str) -> Table:
    columns = dict(item.split(":") for item in spec.split())
    return Table(name, columns, tuple(key.split()))


LEDGER = _ordered("ledger", "sample stage fate", "sample:str stage:str fate:str n_reads:int fraction:float")

SITES = _ordered(
    "sites",
    "sample contig position strand vector_end",
    "sample:str subject:str contig:str position:int strand:str site_id:str vector:str vector_end:str placement:str "
    "n_reads:int n_fragments:int n_lengths:int n_umis:int n_split:int n_discordant:int status:str reason:str cluster:str",
)

FRAGMENTS = _ordered(
    "fragments",
    "sample contig position strand vector_end length umi",
    "sample:str subject:str contig:str position:int strand:str site_id:str vector:str vector_end:str placement:str "
    "cluster:str length:int umi:str n_reads:int status:str reason:str",
)
"""One row per fragment (pre-PCR molecule): `length` bp from junction to breakpoint, 0 where unknown; `umi` empty where none."""

MULTIHITS = _ordered(
    "multihits",
    "subject sample cluster contig position strand",
    "subject:str sample:str cluster:str site_id:str contig:str position:int strand:str weight:float",
)

CLONES = _ordered(
    "clones",
    "subject specimen contig position strand vector",
    "subject:str specimen:str timepoint:str days:int tissue:str cell_type:str vector:str site_id:str contig:str "
    "position:int strand:str placement:str cluster:str n_replicates:int n_reads:int n_fragments:int cells:float "
    "cells_low:float cells_high:float fraction:float fraction_low:float fraction_high:float p_ge_10:float p_ge_20:float "
    "p_ge_30:float estimator:str saturated:bool status:str reason:str n_lengths:int n_umis:int sonic_cells:float "
    "umi_cells:float",
)

ANNOTATION = _ordered(
    "annotation",
    "site_id",
    "site_id:str gene:str gene_strand:str in_gene:bool in_exon:bool same_orientation:str distance_to_tss:str "
    "nearest_cancer_gene:str cancer_gene_distance:int lists:str known_event:str event_class:str expected_geometry:str",
)

DIVERSITY = _ordered(
    "diversity",
    "subject specimen",
    "subject:str specimen:str days:int n_sites:int cells:float shannon:float simpson:float gini:float uc50:int "
    "uc50_inspiired:int chao1:float coverage:float lod95:float loq:float evaluable:str n_fragments:int",
)

FLAGS = _ordered(
    "flags",
    "subject specimen site_id rule",
    "subject:str specimen:str site_id:str rule:str tier:int value:float threshold:float evidence:str source:str",
)
