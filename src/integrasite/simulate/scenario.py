"""Everything that a simulated amplicon run can be told: its design and every rate."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from integrasite.errors import ConfigError


@dataclass(frozen=True)
class Dominant:
    """A clone whose share of the cells is chosen, at each time point.

    Attributes:
        subject: whose clone.
        fractions: share of the subject's vector-carrying cells at each time point of the scenario, 0-1.
        gene: the gene whose first third it sits in, in the gene's direction; or give the place itself.
        contig: contig of the place.
        position: 1-based position of the place (the host base joined to U5).
        strand: orientation of the vector.
    """

    subject: str
    fractions: tuple[float, ...]
    gene: str = ""
    contig: str = ""
    position: int = 0
    strand: Literal["+", "-"] = "+"


@dataclass(frozen=True)
class AmpliconScenario:
    """Design and rates of a simulated run of LM-PCR libraries.

    Every rate is a fraction (0-1) of what its group's comment names. A rate of 0 switches its nuisance off.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    # design
    subjects: tuple[str, ...] = ("P1", "P2")
    timepoints: tuple[str, ...] = ("D28", "M6", "M12")
    replicates: int = 2
    ntc_libraries: int = 1
    fragments: float = 400.0  # mean molecules with a host junction per library
    fragments_of: dict[str, float] = dataclasses.field(
        default_factory=dict
    )  # the same for single `SUBJECT-TIMEPOINT`
    reads_per_molecule: float = 7.0
    pairs: int = 0  # read pairs of the whole run; 0: what reads_per_molecule gives
    tissue: str = "blood"
    cell_type: str = "PBMC"
    dna_ng: float = 250.0
    vcn: tuple[float, ...] = (0.4,)  # per time point; the last is repeated

    # chemistry
    vector_ends: tuple[Literal["U5", "U3"], ...] = ("U5",)  # replicates take turns
    primer_length: int = 7
    ltr_end_length: int = 7
    linker_constant: int = 19  # library-specific bases before the UMI
    umi_length: int = 12
    linker_after_umi: str = "CTCCGCTTAAGGGACT"
    shared_linker: bool = (
        False  # all libraries carry the same linker, so that only the index read tells them apart
    )
    linker_distance: int = 8  # least number of differing bases between two libraries' linkers
    barcode_length: int = 12
    barcode_distance: int = 5
    tsd: int = 5
    human_promoter: str = (
        ""  # host sequence that the vector carries: a gene (its promoter) or CONTIG:START-END
    )

    # clones, per subject
    background_sites: int = 300
    background_sigma: float = 1.0  # of the log of clone sizes
    drift_sigma: float = 0.3  # of the log of a clone's size from one time point to the next
    replicate_cv: float = 0.0  # of a clone's share between libraries, beyond sampling (log-normal, mean 1)
    in_gene_fraction: float = 0.75
    # of background sites put into listed repeats on top of those that fall there; without a list, to places whose
    # first bases the host has elsewhere too
    repeat_fraction: float = 0.0
    neighbour_pairs: int = 6  # pairs of sites 1-10 bp apart, same orientation
    neighbour_distance: tuple[int, int] = (1, 10)  # shortest and longest, bp
    shared_sites: int = 0  # places that hold a clone of every subject, each of its own
    shared_fraction: float = 0.01  # share of the subject's cells of each such clone
    promoter_sites: int = 0  # background sites inside the host sequence that the vector carries
    dominant: tuple[Dominant, ...] = ()

    # fragments
    fragmentation: Literal["shear", "restriction"] = "shear"
    length_model: Literal["gamma", "lognormal"] = "gamma"
    length_mean: float = 250.0
    length_sd: float = 120.0
    length_max: int = 1500
    short_fraction: float = 0.03  # of host molecules, 0-60 bp whatever the length model says
    restriction_site: str = "TTAA"

    # what else the primer makes; fractions of all molecules of a library
    internal_vector: float = 0.40
    two_ltr_circle: float = 0.015
    autointegration: float = 0.01
    truncated_ltr: float = 0.015
    truncated_least: int = 3  # fewest bases that a truncated LTR end lacks
    no_insert: float = 0.025
    mispriming: float = 0.03
    contamination: float = 0.0  # of host molecules: DNA of another subject of the run
    ntc_molecules: float = 2.0  # mean host molecules (of any subject) in a no-template control
    ntc_artefacts: float = 10.0  # mean molecules without host junction in a no-template control

    # amplification, per molecule
    amplification_shape: float = 1.0  # of the gamma law of reads per molecule; 1 is geometric
    amplification_sigma: float = 0.5  # of the log of a molecule's own bias
    length_bias: float = 0.15  # loss per 100 bp, natural log
    library_depth_sigma: float = 0.15

    # fractions of read pairs
    index_hop: float = 0.003  # I1 of another library of the run; the linker stays
    hop_between: Literal["all", "subjects"] = "all"  # whose index: any library's, or another subject's
    unlisted_barcode: float = 0.02  # I1 that no row of the sheet has
    recombination: float = 0.002  # linker and UMI of a random other molecule of the run
    chimera: float = 0.002  # everything on the linker's side comes from another molecule of the library
    breakpoint_jitter: float = 0.01  # the linker's side begins 1-3 bp off
    slippage: float = 0.01  # junction off by one, per base of a homopolymer there beyond the second
    low_quality: float = 0.01

    # sequencer
    read_length_r1: int = 150
    read_length_r2: int = 150
    substitution_start: float = 0.0008  # per base, at the first base
    substitution_end: float = 0.005  # per base, at the last base
    indel: float = 0.00002  # per base, mean over the read
    indel_rise: float = 1.0  # rate at the last base over that at the first
    tiles: int = 4
    locality: float = (
        20.0  # copies of a molecule lie about so many molecules apart in a tile; negative: anywhere
    )


def load_scenario(values: Mapping[str, Any]) -> AmpliconScenario:
    """Build a scenario from plain values (as read from YAML), checked.

    Raises:
        ConfigError: naming every key that is unknown or holds a value of the wrong kind.
    """
    try:
        scenario = TypeAdapter(AmpliconScenario).validate_python(dict(values))
    except ValidationError as error:
        problems = "; ".join(f"'{'.'.join(map(str, e['loc']))}': {e['msg']}" for e in error.errors())
        raise ConfigError(f"scenario: {problems} (the fields of AmpliconScenario are the keys)") from None
    check_scenario(scenario)
    return scenario


def check_scenario(scenario: AmpliconScenario) -> None:
    """Refuse what cannot be simulated.

    Raises:
        ConfigError: naming the field.
    """
    not_rates = ("short_fraction", "in_gene_fraction", "repeat_fraction", "contamination", "shared_fraction")
    for name in (*ARTEFACTS, *READ_RATES, *not_rates):
        if not 0 <= getattr(scenario, name) <= 1:
            raise ConfigError(f"scenario, '{name}': {getattr(scenario, name)} is not a fraction from 0 to 1")
    if sum(getattr(scenario, name) for name in ARTEFACTS) > 0.9:
        raise ConfigError(
            f"scenario: {', '.join(ARTEFACTS)} add up to more than 0.9; leave room for host junctions"
        )
    _check_chemistry(scenario)
    for clone in scenario.dominant:
        if clone.subject not in scenario.subjects:
            raise ConfigError(
                f"scenario, 'dominant': no subject '{clone.subject}' (known: {', '.join(scenario.subjects)})"
            )
        if len(clone.fractions) != len(scenario.timepoints):
            raise ConfigError(
                f"scenario, 'dominant': give {len(scenario.timepoints)} fractions, one per time point"
            )
    for subject in scenario.subjects:
        totals = [
            sum(f)
            for f in zip(*(c.fractions for c in scenario.dominant if c.subject == subject), strict=True)
        ]
        shared = scenario.shared_sites * scenario.shared_fraction
        if any(total + shared > 1 for total in (*totals, 0.0)):
            raise ConfigError(
                f"scenario, 'dominant': the clones of {subject} add up to more than 1 at a time point"
            )


def _check_chemistry(scenario: AmpliconScenario) -> None:
    """Refuse neighbours, LTR ends, indels, noise and promoter sites that cannot be made."""
    low, high = scenario.neighbour_distance
    if not 1 <= low <= high:
        raise ConfigError(f"scenario, 'neighbour_distance': {low} to {high} is no range of 1 bp and more")
    if not 1 <= scenario.truncated_least <= scenario.ltr_end_length:
        raise ConfigError(
            f"scenario, 'truncated_least': {scenario.truncated_least} is not from 1 to ltr_end_length"
        )
    if scenario.indel_rise <= 0:
        raise ConfigError(f"scenario, 'indel_rise': {scenario.indel_rise} is not above 0")
    if scenario.replicate_cv < 0:
        raise ConfigError(f"scenario, 'replicate_cv': {scenario.replicate_cv} is below 0")
    if scenario.promoter_sites and not scenario.human_promoter:
        raise ConfigError("scenario, 'promoter_sites': there is no 'human_promoter' to hold them")


ARTEFACTS = (
    "internal_vector",
    "two_ltr_circle",
    "autointegration",
    "truncated_ltr",
    "no_insert",
    "mispriming",
)
"""Fields that are fractions of a library's molecules and leave less room for host junctions."""
READ_RATES = (
    *(
        "index_hop",
        "unlisted_barcode",
        "recombination",
        "chimera",
        "breakpoint_jitter",
        "slippage",
        "low_quality",
    ),
    *("substitution_start", "substitution_end", "indel"),
)
"""Fields that are fractions of read pairs or bases."""
