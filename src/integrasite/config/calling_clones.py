"""Thresholds of what is said of clones and subjects: sizes, tests, flags, courses."""

from pydantic import Field

from integrasite.config.calling_libraries import LibraryCalling


class CloneCalling(LibraryCalling):
    """Thresholds from sites to flags, each with its reason."""

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
    # insertional-mutagenesis tests
    expanded_fraction: float = Field(
        0.01,
        gt=0,
        le=0.1,
        description="Part of a subject's clones that counts as expanded: the largest 1 %, as the CAR T study of clonal expansion had it.",
    )
    expanded_min_sites: int = Field(
        500,
        ge=100,
        description="Distinct sites a subject needs before its largest 1 % (then 5 clones) are compared with the rest.",
    )
    expanded_min_days: int = Field(
        0,
        ge=0,
        description="Day from which specimens count for the size of a clone in that test; 0: all of the patient's. 365 asks about late clones only.",
    )
    density_window: int = Field(
        50000,
        ge=1000,
        description="Distance (bp) within which sites make the local density that expanded clones are stratified by.",
    )
    gene_min_sites: int = Field(
        5,
        ge=1,
        description="Sites in a gene from which it is tested; fewer cannot reach significance and only cost power.",
    )
    common_min_sites: int = Field(
        1000,
        ge=100,
        description="Distinct sites that the tested sites, and the reference, each need for the tests of common sites.",
    )
    early_max_days: int = Field(
        30,
        ge=0,
        description="Last day (after infusion) of the early specimens; the product is early too. A convention.",
    )
    late_min_days: int = Field(
        90,
        ge=1,
        description="First day of the late specimens; initial expansion and contraction of CAR T cells are over. A convention.",
    )
    early_late_min_sites: int = Field(
        200,
        ge=10,
        description="Distinct sites that the early, and the late, specimens each need before genes are compared.",
    )
    scan_e_value: float = Field(
        0.05,
        gt=0,
        le=1,
        description="Expected number of windows by chance in the whole scan up to which a window is written.",
    )
    control_places: int = Field(
        20000,
        ge=0,
        le=10_000_000,
        description="Random places of the genome that are drawn as controls; at 20,000 the part near a list that covers 1 % is known within 8 % of itself (standard error). 0: none, and repeats then count as places where a site could be.",
    )
    # flags
    persistence_min_days: int = Field(
        28,
        ge=1,
        description="Days between two specimens of one tissue and cell type from which a clone that is large in both is persistent; closer ones show the same blood twice.",
    )
    repeat_days: int = Field(
        92,
        ge=1,
        description="Days within which preset `fda-ltfu-2020` asks for another specimen after a predominant or persistent clone: about 3 months (recalled, not checked). Three calendar months have up to 92 days.",
    )
    # growth over time
    growth_min_cells: float = Field(
        20,
        ge=5,
        description="Cells over all time points of a tissue and cell type from which a clone's growth is tested. Below, counting error alone hides a fivefold change.",
    )
    growth_min_timepoints: int = Field(
        4,
        ge=3,
        description="Evaluable time points from which the growth model is called reliable, and length of the shortest window in which growth is looked for; fewer do not show the noise between specimens.",
    )
    growth_min_clones: int = Field(
        20,
        ge=10,
        description="Clones of `growth_min_cells` that a tissue and cell type needs to show what growth is usual; with fewer, noise and spread are assumed large and little can be found (measured: with assumed small ones up to half of the null subjects are flagged).",
    )
    growth_noise: float = Field(
        0.1,
        ge=0,
        le=4,
        description="Assumed squared coefficient of variation of a clone between specimens beyond counting, worth 5 clones against the measured one.",
    )
    growth_max_spread: float = Field(
        1.0,
        gt=0,
        description="Standard deviation of growth between clones (per year) above which the growth model is called not reliable: clones then do not grow steadily.",
    )
    growth_max_depth_ratio: float = Field(
        30.0,
        gt=1,
        description="Ratio of cells between the deepest and the shallowest evaluable time point above which the growth model is called not reliable.",
    )
    growth_q: float = Field(
        0.05,
        gt=0,
        le=0.5,
        description="q value (within a subject) below which a clone is growing or declining.",
    )
    # outliers from the polyclonal background
    outlier_min_clones: int = Field(
        100,
        ge=30,
        description="Clones above the limit of quantification that a specimen needs before its largest clones are held against them; they are the largest ones that the tail is fitted to.",
    )
    outlier_candidates: int = Field(
        5,
        ge=1,
        le=10,
        description="Largest clones of a specimen that are tested and left out of the fit, so that several large clones do not hide each other.",
    )
    outlier_q: float = Field(
        0.01,
        gt=0,
        le=0.5,
        description="q value (over the specimens of a subject) below which a clone is an outlier.",
    )
    # diversity at one coverage, number of clones
    compare_min_coverage: float = Field(
        0.1,
        gt=0,
        lt=1,
        description="Estimated coverage a specimen needs to take part in the comparison of diversity; one poor specimen would pull all others down to their few largest clones.",
    )
    compare_extrapolation: float = Field(
        1.0,
        ge=1,
        le=2,
        description="How far the smallest specimen is extrapolated in that comparison, in units of its own counts. 2 is usual (iNEXT); where clones differ much in size it makes equal specimens look different (measured), so the default only rarefies.",
    )
    bootstrap_samples: int = Field(
        200,
        ge=50,
        description="Bootstrap samples behind the intervals of diversity at one coverage; 200 give the width within some 10 %.",
    )
    population_min_recaptured: int = Field(
        7,
        ge=1,
        description="Clones seen at two or more time points from which the number of clones is estimated; with fewer the estimators are biased and their intervals do not hold (Robson and Regier 1964, from memory).",
    )
    # sites with the same course
    course_min_times: int = Field(
        5,
        ge=4,
        description="Specimens in which two sites must both be above the limit of quantification before their courses are compared.",
    )
    course_min_correlation: float = Field(
        0.98,
        gt=0,
        lt=1,
        description="Correlation of the log fractions from which two sites may be of one clone; it must also be beyond chance for the number of pairs compared.",
    )
    course_max_ratio: float = Field(
        2.0,
        gt=1,
        description="Largest ratio of two sites' sizes for one clone: a clone's sites are in the same cells, so only capture makes them differ.",
    )
