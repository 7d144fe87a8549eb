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

TRACKING = _ordered(
    "tracking",
    "subject tissue cell_type site_id vector cluster",
    "subject:str tissue:str cell_type:str site_id:str n_timepoints:int growth_per_year:float growth_low:float "
    "growth_high:float q:float peak_fraction:float peak_days:int last_fraction:float status:str vector:str cluster:str "
    "n_seen:int n_usable:int last_days:int q_decline:float z:float window_growth:float window_start:int window_end:int "
    "peak_ratio:float peak_ratio_low:float peak_ratio_high:float background_growth:float growth_spread:float noise:float "
    "n_background:int reliable:bool reason:str",
)
"""One row per subject, tissue, cell type and clone; numbers of growth are missing where it was not tested."""

OUTLIERS = _ordered(
    "outliers",
    "subject specimen rank",
    "subject:str specimen:str rank:int site_id:str vector:str cluster:str cells:float fraction:float excess:float "
    "p:float p_lognormal:float q:float is_outlier:bool n_clones:int tail:float reason:str",
)
"""One row per specimen and candidate; a specimen that cannot be tested has one row of rank 0 that says why."""

SAME_COURSE = _ordered(
    "same_course",
    "subject group site_id other_site_id",
    "subject:str group:int site_id:str other_site_id:str vector:str other_vector:str n_times:int ratio:float "
    "correlation:float p_correlation:float p_homogeneity:float n_pairs:int",
)
"""One row per pair of sites whose sizes change alike: possible clones with several vectors, never merged."""

_TESTED = "test:str n_sites:int n_subjects:int observed:float expected:float effect:float p:float q:float"
"""What all tests for insertional mutagenesis share; `effect` is a ratio, 1 where there is none."""

COMMON_SITES = _ordered(
    "common_sites",
    "test subject contig start end gene",
    f"gene:str contig:str start:int end:int {_TESTED} reference:str subject:str n_target:int n_reference:int "
    "p_binomial:float correlation:float z:float n_largest_subject:int",
)

EXPANDED_CLONES = _ordered(
    "expanded_clone_enrichment",
    "contig start gene end",
    f"gene:str {_TESTED} n_subjects_expanded:int p_without_subject:float p_without_top_clone:float contig:str start:int "
    "end:int",
)

EARLY_LATE = _ordered(
    "early_late",
    "test contig start gene end",
    f"gene:str {_TESTED} n_early:int n_late:int total_early:int total_late:int n_largest_subject:int "
    "contig:str start:int end:int",
)

PROXIMITY = _ordered(
    "cancer_gene_proximity",
    "gene feature test",
    f"gene:str {_TESTED} feature:str base_rate:float background:str n_listed:int n_found:int",
)
"""`gene` is the name of the list: a row speaks of all its genes together."""

FLAGS = _ordered(
    "flags",
    "subject specimen site_id rule",
    "subject:str specimen:str site_id:str rule:str tier:int value:float threshold:float evidence:str source:str",
)

HISTORY = Table(
    "history",
    {
        **CLONES.columns,
        "run": "str",
        **{name: kind for name, kind in ANNOTATION.columns.items() if name != "site_id"},
        "rules": "str",
        "tier": "int",
    },
    tuple(
        [
            "subject",
            "contig",
            "position",
            "strand",
            "vector",
            "cluster",
            "tissue",
            "cell_type",
            "days",
            "specimen",
            "run",
        ]
    ),
)
"""One row per clone, specimen and run of one subject in the cohort store; `rules` and `tier` come from `flags`."""

CROSSTALK = _ordered(
    "crosstalk",
    "source",
    "source:str n_libraries:int n_pairs:int n_discordant:int n_hop:int n_recombination:int n_undecided:int "
    "hop_rate:float hop_low:float hop_high:float recombination_rate:float recombination_low:float "
    "recombination_high:float reason:str",
)
"""One row per source (files of one sequencer run): how often barcodes and linkers changed their library."""

CONTAMINATION = _ordered(
    "contamination",
    "site_id sample placement donor_sample",
    "site_id:str sample:str donor_sample:str call:str log_likelihood_ratio:float n_fragments:int "
    "n_fragments_in_donor:int action:str subject:str donor_subject:str placement:str n_reads:int n_copies:int "
    "reason:str",
)
"""One row per passing row of `sites` whose site another subject has too, with its likeliest donor."""

CONTAMINATION_PAIRS = _ordered(
    "contamination_pairs",
    "sample donor_sample",
    "sample:str donor_sample:str subject:str donor_subject:str n_sites:int n_sites_donor:int observed:int "
    "expected:float p:float carry_over:float carry_over_low:float carry_over_high:float",
)
"""One row per ordered pair of libraries of two subjects that share a site."""
