"""Thresholds of the tumour road: which reads are evidence of a vector, and what they must amount to."""

from pydantic import Field

from integrasite.config.calling_clones import CloneCalling


class TumourCalling(CloneCalling):
    """Thresholds of the tumour road, each with its reason."""

    # the vector's map
    host_like_bp: int = Field(
        24,
        ge=20,
        le=60,
        description="Shortest stretch (bp) that vector and host share and that is set aside as evidence; chance leaves 0.1 such stretches of 5 kb in 3 Gb.",
    )
    host_like_identity: float = Field(
        0.9,
        ge=0.8,
        le=1,
        description="Least identity of a host copy of vector sequence; reads of more diverged copies do not align to the vector over their length.",
    )
    control_loci: int = Field(
        200,
        ge=10,
        le=5000,
        description="Single-copy windows of the host by which its depth is measured; 200 of them spread over the genome average out copy-number changes of a tumour.",
    )
    control_length: int = Field(
        1000,
        ge=200,
        le=10000,
        description="Length (bp) of such a window; 200 of them at 30x hold 20,000 fragments, so that depth is known to about 1 %.",
    )

    # which reads are looked at
    recruit_bases: int = Field(
        20,
        ge=20,
        le=60,
        description="Bases of a vector, one of which may differ, from which a read is looked at; fewer would let in reads of any genome by chance (20 bases of 6 kb: 1 host read in 10,000), more lose junctions near the end of a read.",
    )
    recruit_triplets: int = Field(
        8,
        ge=7,
        le=18,
        description="Distinct triplets of bases that these must have: 20 bases of any sequence have about 16, runs of one base 1, repeats of three bases 3.",
    )
    # fragments and junction evidence
    tumour_max_fragment: int = Field(
        1000,
        ge=100,
        le=10000,
        description="Longest fragment (bp) whose mates are taken for a pair; libraries for short reads end well before.",
    )
    tumour_vector_margin: float = Field(
        7.0,
        ge=2,
        le=50,
        description="Matching bases by which a junction must explain a fragment better than host alone does; a junction inside the vector needs 6 more (log4 of the vector's length). Only recruited fragments come so far, so it need not hold against a whole genome.",
    )
    # is the vector there?
    informative_bases: int = Field(
        20,
        ge=10,
        le=100,
        description="Bases that the host lacks which a fragment must show to speak for a vector; the host has few such words by chance.",
    )
    vector_bin: int = Field(
        500,
        ge=100,
        le=5000,
        description="Length (bp) of the bins of a vector in which fragments must lie; about one fragment's length, so that neighbours are not the same fragment twice.",
    )
    positive_fragments: int = Field(
        3,
        ge=1,
        description="Least distinct informative fragments of a POSITIVE, however low the limit of blank; one or two can be a chimera or a stray molecule.",
    )
    positive_bins: int = Field(
        3,
        ge=1,
        description="Bins that must hold the middle of a fragment, and bins from the first to the last of them: a PCR product of 1 kb touches three in a row.",
    )
    positive_elements: int = Field(
        2,
        ge=1,
        description="Elements of the vector that must hold the middle of a fragment; one element alone may have come with another construct.",
    )
    blank_alpha: float = Field(
        0.001,
        gt=0,
        le=0.05,
        description="Share of samples without the vector that may exceed the limit of blank; 1 in 1,000, since a false alarm reaches a patient (the usual 5 % would give one in twenty).",
    )
    blank_fragments: float = Field(
        0.05,
        gt=0,
        le=10,
        description="Fragments that a library without the vector is taken to show before controls are seen; no more than a laboratory that has one stray fragment in 20 blanks.",
    )
    blank_weight: float = Field(
        20.0,
        gt=0,
        description="Controls that this assumption counts for: twenty own controls weigh as much.",
    )
    hop_rate: float = Field(
        0.001,
        ge=0,
        le=0.1,
        description="Share of read pairs that hop to another library of the run where controls do not tell; combinatorial indices lose up to 0.1 % and more, unique dual ones less.",
    )
    hop_variation: float = Field(
        0.3,
        ge=0,
        le=2,
        description="Coefficient of variation of that share between pairs of libraries.",
    )
    depth_variation: float = Field(
        0.2,
        gt=0,
        le=1,
        description="Coefficient of variation of depth between 500-bp windows beyond chance, by G+C and mappability.",
    )
    amplicon_bp: int = Field(
        2000,
        ge=200,
        description="Stretch (bp) of a vector into which all fragments must fall to be taken for a PCR product; whole CAR reading frames are amplified as 1.5 kb.",
    )
    amplicon_copies: int = Field(
        20,
        ge=3,
        description="Read pairs of one fragment from which it may be a PCR product; libraries that are read once or twice over seldom have so many of any.",
    )
    amplicon_p: float = Field(
        1e-6,
        gt=0,
        le=0.01,
        description="Chance of a fragment with as many read pairs anywhere in the library, below which it is a PCR product; so low since copies of a fragment are not quite independent.",
    )
    binder_p: float = Field(
        1e-4,
        gt=0,
        le=0.01,
        description="Chance of as few fragments of the vector's scFv or VHH at the copies of the rest, below which another product is suspected; at even depth 10 must be due where none is seen.",
    )
    binder_share: float = Field(
        0.1,
        ge=0,
        le=0.5,
        description="Share of the fragments due that may show the scFv or VHH and it still counts as not there; a stray molecule or a run-mate's shows it too.",
    )
    chimera_rate: float = Field(
        0.01,
        gt=0,
        le=0.2,
        description="Share of fragments of free vector DNA that are joined to the host by PCR or ligation; more junctions than this can give show integration.",
    )
    chimera_p: float = Field(
        0.01,
        gt=0,
        le=0.1,
        description="Chance of as many chimeras below which junctions count as real; it only decides where another source of vector DNA is suspected already.",
    )
    junction_placed: float = Field(
        0.8,
        gt=0,
        le=1,
        description="Share of fragments over a junction of an integrated copy whose junction the host's sequence can place; the others lie in repeats.",
    )
    no_junction_p: float = Field(
        0.05,
        gt=0,
        le=0.2,
        description="Chance that integrated copies show no junction among so many fragments, below which a vector without any is taken for free DNA (plasmid, episome).",
    )
    plasmid_ratio: float = Field(
        0.2,
        gt=0,
        description="Copies of backbone per copy of the provirus from which plasmid is named (rule P3; our value).",
    )
    required_copies_per_cell: float = Field(
        0.5,
        gt=0,
        description="Copies per tumour cell that a NEGATIVE must have been able to see: half of the one copy that a clone from a transduced cell has (rule P2; our value).",
    )
    difference_fragments: int = Field(
        3,
        ge=1,
        description="Distinct fragments that must show another base than the given vector; errors hit one base of one fragment.",
    )
    difference_share: float = Field(
        0.8,
        gt=0.5,
        le=1,
        description="Share of the fragments over a base that must show the other base; a rest is read errors or a second vector.",
    )

    # sites from junctions
    junction_anchor: int = Field(
        20,
        ge=8,
        le=100,
        description="Aligned bases of host and of vector that a fragment needs to speak for a junction; 20 bases are rarely in the host by chance.",
    )
    junction_anchor_ltr: int = Field(
        10,
        ge=8,
        le=100,
        description="As `junction_anchor`, for one of the two sides, where a read shows the vector's complete end right at the host: chance makes 10 such bases at a given place once in a million.",
    )
    junction_identity: float = Field(
        0.95,
        ge=0.8,
        le=1,
        description="Least identity of the host part and of the vector part of a junction fragment; read errors leave 0.99.",
    )
    junction_entropy: float = Field(
        0.75,
        ge=0,
        le=2,
        description="Least entropy (bits per base) of the host bases beside a junction; below lie runs of one base, which align anywhere.",
    )
    junction_slippage: int = Field(
        2,
        ge=0,
        le=10,
        description="bp by which reads of one junction may differ in their host base: read errors and slippage beside the junction.",
    )
    end_slack: int = Field(
        3,
        ge=0,
        le=20,
        description="Bases that the vector's end may lack in a read and still count as complete; integrase cuts exactly, reads err.",
    )
    target_slack: int = Field(
        1,
        ge=0,
        le=10,
        description="bp by which the observed target-site duplication may differ from the expected one and still count as support.",
    )
    target_gap: int = Field(
        100,
        ge=0,
        le=10000,
        description="bp of host, lost or doubled, between two ends of a vector that are still taken for one site where nothing fits better.",
    )
    tier_a_fragments: int = Field(
        3,
        ge=1,
        description="Distinct fragments at one end that make a site tier A (so do both ends with the expected duplication).",
    )
    tier_b_fragments: int = Field(
        2,
        ge=1,
        description="Distinct fragments, one of them with the junction within a read, that make a site tier B, the least that is reported; single fragments also arise from chimeric molecules and index hopping.",
    )
    host_like_edge: int = Field(
        25,
        ge=0,
        le=200,
        description="Distance (bp) from a stretch that vector and host share within which a junction inside the vector is not believed: both sequences go on there.",
    )
    slippage_run: int = Field(
        8,
        ge=4,
        le=50,
        description="Length of a run of one base beside a junction from which the position is given as an interval; reads of such runs vary in length.",
    )
    # fractions and clones
    ends_differ_p: float = Field(
        0.001,
        gt=0,
        lt=0.5,
        description="The two ends of a site disagree where fragments as uneven are rarer than this by chance; hundreds of sites raise few false alarms.",
    )
    same_clone_p: float = Field(
        0.01,
        gt=0,
        lt=0.5,
        description="Sites are put into one clone unless fractions as uneven are rarer than this in one clone.",
    )
    clonal_vcn: float = Field(
        0.7,
        gt=0,
        description="Lower limit of vector copies per tumour cell from which every tumour cell may carry one (rule C1; our value: 1 less what purity and local copy number get wrong).",
    )
    clonal_ccf: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Lower limit of a site's cancer-cell fraction from which it lies in the clone rather than a part of it (rule C1; our value: two clones cannot both hold more than half).",
    )
    bystander_vcn: float = Field(
        0.3,
        gt=0,
        description="Upper limit of vector copies per tumour cell up to which the vector lies in other cells than most of the tumour (rule C1; our value).",
    )
    # copies, coverage, structure
    copy_bases: int = Field(
        30,
        ge=20,
        le=150,
        description="Bases of the vector's own that a fragment must show to count for copies: clear of the 20 that recruiting asks for, so that read errors at that limit cost nothing.",
    )
    gc_slope_sd: float = Field(
        1.0,
        gt=0,
        le=10,
        description="Standard deviation expected of the change of log depth per unit of G + C among libraries; control loci measure it, and where they are few this keeps it from being invented.",
    )
    capture_enrichment: float = Field(
        5.0,
        gt=1,
        description="Pairs in a control locus, over those it would hold if all lay evenly over the genome, from which a capture counts it as on target; what is off target stays below 1.",
    )
    capture_loci: int = Field(
        10,
        ge=3,
        description="Control loci on target that a capture needs before its copies are reported.",
    )
    coverage_bin: int = Field(
        250,
        ge=50,
        le=5000,
        description="Bases of the vector per row of the coverage profile: at 30x one copy per cell gives about 20 fragments.",
    )
    structure_bin: int = Field(
        100,
        ge=20,
        le=1000,
        description="Bases of the vector in which fragments are counted when stretches with other copies are looked for.",
    )
    structure_gain: float = Field(
        8.0,
        gt=0,
        description="Log-likelihood that each change of copies along the vector must gain: with 60 bins chance does it in about 1 of 50 vectors.",
    )
    structure_ratio: float = Field(
        1.5,
        gt=1,
        description="Copies of a stretch over those of the rest (or the reverse) from which it is told as gained (or lost in part).",
    )
    deletion_bases: int = Field(
        30,
        ge=10,
        le=1000,
        description="Shortest stretch (bp) told as deleted; shorter ones are differences within reads.",
    )
    deletion_p: float = Field(
        0.001,
        gt=0,
        lt=0.5,
        description="A stretch that no read shows is told as deleted where chance leaves such a gap anywhere in the vector more rarely than this.",
    )
    structure_fragments: int = Field(
        2,
        ge=1,
        description="Distinct fragments that must show a breakpoint within the vector; single ones are also chimeric molecules.",
    )
