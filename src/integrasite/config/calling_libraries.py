"""Thresholds of what happens to one amplicon library: reads, molecules, alignment, sites, crosstalk, contamination."""

from pydantic import BaseModel, ConfigDict, Field


class LibraryCalling(BaseModel):
    """Thresholds from reads to sites, each with its reason."""

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
        description="Molecules whose junction base is off by one base through PCR slippage or indels, per molecule; a tenth of it by two and 0.3 % of it by more bases, and more in homopolymers and tandem repeats.",
    )
    neighbour_prior: float = Field(
        0.001,
        gt=0,
        le=0.5,
        description="How often two true sites lie within the wobble window of each other; a position is kept apart when slippage explains its own molecules less often than this.",
    )
    truncated_prior: float = Field(
        0.002,
        gt=0,
        le=0.5,
        description="How often the vector end lacks exactly so many of its last bases, for each number, among molecules; 1-2 % of all molecules are truncated. A site is an artefact when the host bases upstream explain its reads better.",
    )
    mispriming_prior: float = Field(
        0.005,
        gt=0,
        le=0.5,
        description="How often the primer bound to host DNA that resembles it, among molecules; counts only where the host has nearly all of the known vector bases upstream of the junction.",
    )
    end_read_error: float = Field(
        0.003,
        gt=0,
        le=0.2,
        description="Misread bases of the vector end, per base, where one read shows the molecule.",
    )
    end_copy_error: float = Field(
        0.0003,
        gt=0,
        le=0.2,
        description="Wrong bases of the vector end, per base, that most reads of a molecule agree in: an error of the first copies, not of the sequencer.",
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
    # crosstalk between libraries
    min_discordant_pairs: int = Field(
        200,
        ge=20,
        description="Discordant read pairs (barcode of one library, linker of another) below which no rate of index hopping or recombination is given; 100 of a kind are known within 20 % (95 %).",
    )
    max_unexplained_discordant: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Largest fraction of the discordant pairs whose insert is in neither library; more say that barcodes and linkers of the sheet do not belong together, or that sites have too few reads.",
    )
    # contamination between subjects
    effective_genome: float = Field(
        1.1e7,
        gt=0,
        description="Two subjects with n1 and n2 sites share n1 n2 / this number by chance. Measured for lentiviral sites in blood (1.1e7 to 1.3e7 between laboratories); for other vectors it is an assumption.",
    )
    sharing_log_odds: float = Field(
        4.605,
        gt=0,
        le=50,
        description="Natural log of the likelihood ratio (log 100) from which a site shared with another subject is called contamination or independent; between the two it is ambiguous and stays.",
    )
    assumed_hop_rate: float = Field(
        0.001,
        gt=0,
        le=0.1,
        description="Fraction of reads that carry another library's index, where the run does not show it (`crosstalk.tsv`); patterned flow cells without unique dual indices are at about this.",
    )
    other_run_factor: float = Field(
        0.001,
        ge=0,
        le=1,
        description="How much rarer copies of a molecule are between libraries of different runs (column `run`) than within one: only PCR product can carry them over.",
    )
    copy_error: float = Field(
        0.03,
        gt=0,
        le=0.5,
        description="Copies of another library's molecule that do not look like it, because UMI or breakpoint was misread in the one or two reads that there are.",
    )
    carryover_prior: float = Field(
        0.01,
        gt=0,
        le=10,
        description="Fragments of foreign DNA that are assumed for a pair of specimen and subject before the other shared sites are looked at; small, so that a single shared site says little.",
    )
    sharing_guard_fragments: int = Field(
        5,
        ge=1,
        description="A shared site with so many fragments that are no copies is never set aside unless the carry-over of the other sites explains as many.",
    )
    sharing_guard_tail: float = Field(
        0.01,
        gt=0,
        le=0.5,
        description="Carry-over explains a number of fragments when it brings as many or more at least this often.",
    )
