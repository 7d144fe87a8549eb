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
    "uc50_inspiired:int chao1:float coverage:float lod95:float loq:float evaluable:str n_fragments:int "
    "hill_0:float hill_1:float hill_2:float pielou:float",
)

DIVERSITY_AT_COVERAGE = _ordered(
    "diversity_at_coverage",
    "subject tissue cell_type days specimen",
    "subject:str tissue:str cell_type:str specimen:str days:int n_counts:int own_coverage:float coverage:float "
    "size:float method:str hill_0:float hill_0_low:float hill_0_high:float hill_1:float hill_1_low:float "
    "hill_1_high:float hill_2:float hill_2_low:float hill_2_high:float n_specimens:int reason:str",
)
"""One row per specimen: Hill numbers at the coverage that all specimens of its subject, tissue and cell type reach."""

OVERLAP = _ordered(
    "overlap",
    "subject specimen other_specimen",
    "subject:str specimen:str other_specimen:str days:int other_days:int tissue:str other_tissue:str cell_type:str "
    "other_cell_type:str n_sites:int other_n_sites:int n_shared:int n_shared_by_chance:float n_large:int "
    "n_large_shared:int jaccard:float jaccard_adjusted:float morisita_horn:float n_shared_estimated:float "
    "evaluable:str",
)
"""One row per pair of specimens of a subject, the earlier one first."""

POPULATION = _ordered(
    "population",
    "subject tissue cell_type model",
    "subject:str tissue:str cell_type:str model:str n_occasions:int first_days:int last_days:int n_clones:int "
    "n_once:int n_twice:int n_again:int estimate:float se:float low:float high:float pop_size:float status:str "
    "reason:str",
)
"""One row per subject, tissue, cell type and capture-recapture model."""

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
    "gene feature test subject",
    f"gene:str {_TESTED} feature:str base_rate:float background:str n_listed:int n_found:int reference:str "
    "subject:str n_background:int p_without_gene:float",
)
"""`gene` is the name of the list: a row speaks of all its genes together."""

CONTROLS = _ordered(
    "controls",
    "contig position strand length",
    "contig:str position:int strand:str length:int is_unique:bool outcome:str",
)
"""One row per random place of the host; `is_unique`: the run would have placed a site there, and nowhere else."""

MAPPABILITY = _ordered(
    "mappability",
    "contig",
    "contig:str n_drawn:int n_unique:int fraction:float fraction_low:float fraction_high:float",
)
"""One row per contig with control places, and `*` for all of them."""

NOT_TESTED = _ordered("not_tested", "test reason", "test:str reason:str")
"""One row per test for insertional mutagenesis and reason why it, or a part of it, was not made."""

EARLIER_RUNS = _ordered(
    "earlier_runs",
    "run version",
    "run:str version:int date:str content:str n_specimens:int n_clones:int reason:str",
)
"""One row per current run of the cohort store with subjects of this run; `reason` says what of it was not used and why."""

FLAGS = _ordered(
    "flags",
    "subject specimen site_id rule",
    "subject:str specimen:str site_id:str rule:str tier:int value:float threshold:float evidence:str source:str "
    "codes:str quality:str",
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

VECTOR_ELEMENTS = _ordered(
    "vector_elements",
    "vector start end name",
    "vector:str start:int end:int name:str strand:str source:str",
)
"""One row per element of a vector, 0-based half-open on its one-LTR contig."""

VECTOR_HOST_LIKE = _ordered(
    "vector_host_like",
    "vector start end contig host_start",
    "vector:str start:int end:int contig:str host_start:int host_end:int strand:str identity:float label:str",
)
"""One row per stretch of a vector or backbone that the host has too, with its best place; 0-based half-open."""

VECTOR_WORDS = _ordered(
    "vector_words",
    "vector position",
    "vector:str position:int kind:str left:str right:str start:int end:int",
)
"""One row per boundary between two host-like stretches that the host does not have side by side."""

VECTOR_CONTROLS = _ordered("vector_controls", "contig start", "contig:str start:int end:int")
"""One row per window that stands once in the host, 0-based half-open."""

HOST_DEPTH = _ordered(
    "host_depth",
    "sample locus",
    "sample:str locus:str length:int gc:float n_pairs:int n_fragments:int fragments_per_base:float",
)
"""One row per control locus of a tumour sample: pairs that lie in it, the distinct fragments that these show, and fragments
per base, corrected for fragments that reach beyond the locus."""

TUMOUR_JUNCTIONS = _ordered(
    "tumour_junctions",
    "sample fragment kind vector vector_position vector_direction contig host_position host_direction",
    "sample:str fragment:int kind:str vector:str vector_position:int vector_direction:int contig:str host_position:int "
    "host_direction:int overlap:int host_anchor:int vector_anchor:int host_identity:float vector_identity:float "
    "weight:float n_places:int n_copies:int reach:int is_specific:bool",
)
"""One row per distinct fragment, breakpoint between vector and host, and host place. Positions are 0-based: the bases next to
the junction (`kind` `split`), or the innermost known ones (`discordant`; the junction lies within `reach` bp of
`host_position`). A direction of +1 says that the sequence goes on to higher coordinates, away from the junction. `overlap`:
bases that both could claim (they are given to the vector), below 0: inserted ones. The `weight`s of one breakpoint sum to 1."""

TUMOUR_FRAGMENTS = _ordered(
    "tumour_fragments",
    "sample fragment",
    "sample:str fragment:int n_copies:int vector:str vector_start:int vector_end:int n_vector:int n_specific:int "
    "midpoint:int host_contig:str host_start:int host_end:int n_host:int kind:str words:str elements:str is_single:bool "
    "name:str length:int joins:str",
)
"""One row per distinct recruited fragment. `vector_*` and `midpoint` are one-LTR coordinates (0-based, half-open); `kind`:
`vector`, `junction`, `host`, `backbone`, `vector_host_like`, `circle`, `rearranged`, `none`; `name`: the read that stands for
its copies; `length`: bp where both ends are known on one sequence, else missing; `joins`: breakpoints
within the vector that its reads show, as `1999-:3100+`: base 1999, whose sequence goes on to lower coordinates, beside base 3100,
whose sequence goes on to higher ones."""

TRANSGENE_COVERAGE = _ordered(
    "transgene_coverage",
    "sample vector start",
    "sample:str vector:str start:int end:int elements:str n_fragments:int expected:float copies:float low:float high:float",
)
"""One row per tumour sample, vector and window of the one-LTR contig (0-based half-open): distinct informative fragments with
their middle in it, those expected for one copy per diploid genome, and copies per diploid genome with a 95 % interval."""

TRANSGENE_STRUCTURE = _ordered(
    "transgene_structure",
    "sample vector start end kind",
    "sample:str vector:str kind:str start:int end:int n_fragments:int evidence:str copies:float share:float p:float",
)
"""One row per tumour sample, vector and stretch of the one-LTR contig (0-based half-open) that is not as in the whole provirus;
`kind`: `deletion`, `inversion`, `truncation`, `duplication`, `circle`."""

TUMOUR_SITES = _ordered(
    "tumour_sites",
    "sample contig position strand vector cluster",
    "sample:str subject:str contig:str position:int strand:str site_id:str vector:str placement:str cluster:str ends:str "
    "n_split_5:int n_discordant_5:int n_split_3:int n_discordant_3:int n_fragments:int n_reads:int n_fragments_subject:int "
    "host_5:int host_3:int vector_5:int vector_3:int vector_direction_5:int vector_direction_3:int overlap_5:int "
    "overlap_3:int tsd_length:int is_tsd_ok:bool position_low:int position_high:int is_exact:bool tier:str "
    "n_junction_5:int n_junction_3:int n_intact:int vaf:float vaf_low:float vaf_high:float ccf:float ccf_low:float "
    "ccf_high:float fraction_of:str limit:float p_ends:float clone:str status:str reason:str",
)
"""One row per sample of a subject and site of that subject, seen in the sample or not. Side 5 is where U3 is due, side 3 where
U5 is. `host_*` and `vector_*` are 0-based (host base and one-LTR base next to the junction), missing where no read shows that
junction; `position*` are 1-based. `limit`: the largest fraction that would have been missed in 5 % of such samples."""

SITE_COUNTS = _ordered(
    "site_counts",
    "sample contig position strand vector cluster",
    "sample:str contig:str position:int strand:str vector:str cluster:str n_junction_5:int n_junction_3:int n_intact:int "
    "window_junction_5:float window_junction_3:float window_intact:float why_open:str",
)
"""One row per sample and site: distinct fragments over each junction and over the intact site, and for each kind the number of
bases at which such a fragment can begin (`fragment_windows` in `sites/tumour_fractions.py`); 0: that junction is not counted.
`why_open`: why `window_intact` is 0 (`WHY_OPEN` in `sites/tumour_sizes.py`)."""

ATTRIBUTION = _ordered(
    "attribution",
    "subject rank",
    "subject:str rank:int item:str sample:str vector:str site_id:str finding:str direction:str value:float value_low:float "
    "value_high:float unit:str source:str wording:str",
)
"""One row per subject with a tumour sample and piece of evidence. `direction`: what the finding speaks for or against is that the
vector's insertion had a part in the tumour (`for`, `against`, `neutral`, `not_tested`); the rows are not added up."""

TRANSGENE = _ordered(
    "transgene",
    "sample vector",
    "sample:str subject:str vector:str verdict:str reason:str n_fragments:int n_bins:int lob:int lod_vcn:float vcn:float "
    "vcn_low:float vcn_high:float tumour_vcn:float tumour_vcn_low:float tumour_vcn_high:float clonality:str breadth:float "
    "elements:str product:str required_vcn:float lod_localise:float depth:float n_controls:int n_junctions:int "
    "n_beside_virus:int n_hopped:int n_shared:int n_host_like:int n_backbone:int findings:str lod_tumour:float",
)
"""One row per tumour sample and vector. `lob`: fragments that samples without the vector still show; `lod_vcn`: copies per
diploid genome at which POSITIVE is called in 95 of 100 samples; `lod_localise`: copies of one site at which the site is found;
`lod_tumour`: `lod_vcn` in copies per tumour cell, missing where purity is not known."""

VECTOR_DIFFERENCES = _ordered(
    "vector_differences",
    "sample vector position",
    "sample:str vector:str position:int given:str seen:str n_fragments:int n_covering:int",
)
"""One row per base at which a sample's fragments agree on another base than the vector that was given (0-based, one-LTR)."""
