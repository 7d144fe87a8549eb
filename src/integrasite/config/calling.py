"""Every threshold of the pipeline, with its reason. `calling:` in the config overrides them; nothing else does."""

from pydantic import BaseModel, ConfigDict, Field


class Calling(BaseModel):
    """Thresholds, each with its default and the reason for it (the reason is what `docs/config.md` prints)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # reads
    barcode_mismatches: int = Field(
        1,
        ge=0,
        le=3,
        description="Substitutions allowed in the index read. One error in 12 bases is common (0.5-1 % a base); a Golay code keeps barcodes >= 5 apart.",
    )
    linker_mismatches: int = Field(
        3,
        ge=0,
        le=8,
        description="Edits allowed in each constant part of the linker (16-20 bases); what INSPIIRED allows.",
    )
    primer_error_rate: float = Field(
        0.3,
        ge=0,
        le=0.5,
        description="Edits per primer base. The primer is synthetic and says little, so it may be read badly as long as the LTR end is there.",
    )
    ltr_error_rate: float = Field(
        0.3,
        ge=0,
        le=0.4,
        description="Edits per base of the LTR end before its last 8 bases. Real HIV U3 reads differ from the reference LTR by 22 % before any read error; exact matching loses nearly all of them, and 50 random bases never come this close.",
    )
    ltr_tail_mismatches: int = Field(
        1,
        ge=0,
        le=3,
        description="Substitutions allowed in the last 8 bases of the LTR end; its last two must be the vector's. Keeps truncated LTRs from being taken for junctions.",
    )
    min_insert: int = Field(
        20,
        ge=12,
        le=200,
        description="Shortest host insert (bp) that is aligned. 20 bp are the least that can be unique in a human genome.",
    )
    min_read_quality: float = Field(
        15.0,
        ge=0,
        le=40,
        description="Mean Phred quality that the first 60 bases of the junction read must have (from the mean error probability).",
    )
    max_n_fraction: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Largest fraction of unreadable bases in the first 60 bases of the junction read.",
    )
    vector_mismatch_rate: float = Field(
        0.12,
        ge=0,
        le=0.3,
        description="Mismatches per base at which a read still continues into the vector (25-40 bases compared).",
    )
    # molecules
    umi_min_length: int = Field(
        8,
        ge=4,
        le=30,
        description="Shortest UMI that is used to count molecules; shorter ones collide too often.",
    )
    # alignment
    max_fragment: int = Field(
        2000,
        ge=200,
        le=100000,
        description="Longest fragment (bp) from junction to breakpoint; sheared libraries end well before.",
    )
    max_places: int = Field(
        500,
        ge=10,
        le=5000,
        description="Most places listed for one molecule; the aligner itself samples at most 500 places of a repeated seed.",
    )
    min_identity: float = Field(
        0.95,
        ge=0.8,
        le=1,
        description="Least identity of an alignment; reads of a repeat copy that the reference lacks fit other copies less well.",
    )
    min_aligned_fraction: float = Field(
        0.75,
        ge=0,
        le=1,
        description="Least part of each read's host bases that must align; a read of which only the first bases fit belongs elsewhere.",
    )
    min_aligned_bases: int = Field(
        50,
        ge=20,
        le=300,
        description="Aligned bases that are enough whatever part of the read they are; two copies of a molecule that disagree by an indel leave a consensus whose end does not align.",
    )
    max_junction_clip: int = Field(
        5,
        ge=0,
        le=15,
        description="Most bases at the junction that may stay unaligned; the position is extrapolated over them.",
    )
    error_per_point: float = Field(
        1.28,
        gt=0,
        le=5,
        description="Natural log of the odds per alignment-score point: a mismatch costs 5 points, and a read error that looks like another place has odds of about 1:600.",
    )
    min_place_posterior: float = Field(
        0.99,
        gt=0.5,
        le=1,
        description="A molecule is placed uniquely when its best place has at least this posterior among all its places.",
    )
    # sites
    wobble_window: int = Field(
        10,
        ge=0,
        le=30,
        description="Largest distance (bp) over which two positions can be one site read with errors.",
    )
    wobble_rate: float = Field(
        0.01,
        ge=0,
        le=0.2,
        description="Molecules whose junction base is off by PCR slippage or indels, per molecule and neighbouring position; rises with homopolymers.",
    )
    neighbour_prior: float = Field(
        0.001,
        gt=0,
        le=0.5,
        description="How often two true sites lie within the wobble window of each other; a position is kept apart when slippage explains its own molecules less often than this.",
    )
    rescue_posterior: float = Field(
        0.95,
        gt=0.5,
        le=1,
        description="A molecule that fits several places joins a place that unique molecules support when its share there is at least this.",
    )
    jitter_rate: float = Field(
        0.01,
        ge=0,
        le=0.2,
        description="Reads whose breakpoint is off by one to three bases, per read; without UMIs such reads look like further fragments.",
    )
    breakpoint_jitter: int = Field(
        3,
        ge=0,
        le=10,
        description="Breakpoints this close (bp), with the same UMI where there is one, are one fragment read with errors.",
    )
    # abundance and evaluability
    min_fragments_evaluable: int = Field(
        50,
        ge=1,
        description="Fragments a specimen needs to be evaluable at all: at 50, a clone below 5.8 % is missed in 5 % of samples.",
    )
    min_fragments_power: int = Field(
        200,
        ge=1,
        description="Fragments below which a specimen is called low_power: at 200, power to call >= 20 % at a true 30 % reaches 0.95.",
    )
    known_event_window: int = Field(
        50000,
        ge=0,
        le=1000000,
        description="Distance (bp) to a known-event gene within which a site is reported as near it (TSS +-50 kb or inside the gene).",
    )
