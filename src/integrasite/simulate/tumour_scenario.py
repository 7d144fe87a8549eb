"""Everything that a simulated tumour run can be told: samples, clones, vectors, nuisances and every rate."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from integrasite.errors import ConfigError

PerSample = float | dict[str, float]
"""One value for all samples, or one per sample; `*` stands for the samples that are not named."""


@dataclass(frozen=True)
class TumourSite:
    """One integration site of a clone, and what is wrong with its provirus.

    The place: contig and position; or a gene; or any listed repeat; else anywhere by the gene bias of the
    scenario. Bases of the provirus are 0-based half-open, in the sequence that integrates (LTR to LTR).

    Attributes:
        contig: contig of the place.
        position: 1-based host base joined to the U5 end.
        strand: orientation of the vector; empty: either.
        gene: gene that it sits in, exon or intron.
        repeat: whether it sits in a listed repeat.
        haplotype: the copy of the genome that carries it; empty: either.
        local_copies: copies of the locus per tumour cell; 0: the sample's ploidy.
        multiplicity: how many of them carry the vector.
        tsd: bases duplicated (below 0: lost) at the target; None: as the vector does.
        keep: the part of the provirus that is left (truncation at the 5' or 3' end).
        delete: bases that are missing.
        invert: bases that stand the other way round.
    """

    contig: str = ""
    position: int = 0
    strand: Literal["", "+", "-"] = ""
    gene: str = ""
    repeat: bool = False
    haplotype: Literal["", "A", "B"] = ""
    local_copies: float = 0.0
    multiplicity: float = 1.0
    tsd: int | None = None
    keep: tuple[int, int] | None = None
    delete: tuple[int, int] | None = None
    invert: tuple[int, int] | None = None


@dataclass(frozen=True)
class TumourClone:
    """Cells that share their sites; or, with a small fraction and many sites, a polyclonal background.

    Attributes:
        name: shown in the truth.
        subject: whose cells.
        vector: name of the vector; empty: the first one.
        compartment: whether they are tumour cells, other cells of the sample, or either.
        fraction: cells that carry each site, as a share of the tumour cells (cancer-cell fraction), of the
            other cells, or of all cells of a sample.
        n_sites: how many sites there are; beyond the listed ones places are drawn.
        sites: listed sites.
    """

    name: str = "A"
    subject: str = "P1"
    vector: str = ""
    compartment: Literal["tumour", "normal", "all"] = "tumour"
    fraction: PerSample = 1.0
    n_sites: int = 0
    sites: tuple[TumourSite, ...] = ()

    @property
    def wanted(self) -> tuple[TumourSite, ...]:
        """Listed sites, then as many drawn ones as `n_sites` asks for."""
        return self.sites + (TumourSite(),) * max(self.n_sites - len(self.sites), 0)


@dataclass(frozen=True)
class TumourSample:
    """One row of the sheet."""

    sample: str
    subject: str = "P1"
    role: Literal["patient", "product", "ntc", "untransduced", "spike-in"] = "patient"
    timepoint: str = ""
    tissue: str = ""
    cell_type: str = ""
    run: str = "run1"


@dataclass(frozen=True)
class VectorChoice:
    """How a vector is to be read; `auto`: a provirus where both ends are one LTR, else a plasmid."""

    form: Literal["auto", "provirus", "plasmid"] = "auto"
    kind: Literal["lentivirus", "gammaretrovirus"] = "lentivirus"
    tsd: int | None = None


@dataclass(frozen=True)
class Homologue:
    """A native gene that the host lacks, made from the vector's own bases as a contig of its own.

    Attributes:
        gene: name in the annotation; the contig is called `germline_GENE`.
        vector: where the exons are taken from.
        exons: 0-based half-open in the vector's file, in transcription order.
    """

    gene: str
    vector: str
    exons: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class TumourScenario:
    """Design and rates of a simulated tumour run. A rate of 0 switches its nuisance off."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    # design
    samples: tuple[TumourSample, ...] = (TumourSample("T1", tissue="tumour"),)
    clones: tuple[TumourClone, ...] = (TumourClone(n_sites=3),)
    vectors: dict[str, VectorChoice] = field(default_factory=dict)
    unlisted_vectors: tuple[str, ...] = ()  # given for nuisances; config and sheet do not name them
    homologues: tuple[Homologue, ...] = ()
    assay: Literal["wgs", "capture"] = "wgs"
    paired: bool = True
    coverage: PerSample = 40.0  # bases read of distinct fragments per host base (capture: per target base)
    purity: PerSample = 1.0  # tumour cells per cell
    ploidy: PerSample = 2.0  # copies of the genome per tumour cell
    snp_rate: float = 0.0  # per base and haplotype: differences from the reference
    in_gene_fraction: float = 0.75
    repeat_fraction: float = 0.0  # of drawn sites put into listed repeats
    segment: int = 100_000  # around a site that has copies of its own, bp with that many copies

    # fragments
    length_model: Literal["normal", "gamma"] = "normal"
    length_mean: float = 350.0
    length_sd: float = 80.0
    length_min: int = 30
    length_max: int = 1000
    duplicate_rate: PerSample = 0.08  # of pairs: copies of a pair that is there already
    duplicate_shape: float = 1.0  # of the gamma law of copies per fragment; 1 is geometric
    deamination: PerSample = 0.0  # of C on the molecule's strand that read as T (FFPE)

    # capture
    background_rate: float = 0.002  # chance that a fragment off target stays
    capture_overlap: int = 40  # vector bases that a fragment needs to be on target
    capture_reach: int = 100  # a fragment whose middle is this near a host target is on target, bp

    # which host fragments are written
    background: Literal["all", "sites"] = "all"
    background_fraction: float = 0.002  # with `sites`: of the fragments that lie nowhere special
    window: int = 2000  # with `sites`: host on either side of a site, bp
    control_loci: int = 50  # where none are given
    control_length: int = 10_000

    # nuisances: copies per cell (haploid molecules), per sample
    plasmid: PerSample = 0.0
    plasmid_vector: str = ""  # default: the first
    amplicon: PerSample = 0.0
    amplicon_vector: str = ""
    amplicon_start: int = 0  # in the vector's file, 0-based half-open
    amplicon_end: int = 0
    cdna: PerSample = 0.0  # of each gene
    cdna_genes: tuple[str, ...] = ()
    circles: PerSample = 0.0  # two-LTR circles of the first vector that integrates
    hiv: PerSample = 0.0  # integrated wild-type virus (needs --hiv)
    hiv_sites: int = 50
    hop: PerSample = 0.0  # of each run-mate's pairs that turn up here as well
    carry_over: PerSample = 0.0  # of the sample's molecules: DNA of `carry_over_from`
    carry_over_from: str = ""

    # sequencer
    read_length: int = 150
    substitution_start: float = 0.0008  # per base, at the first base
    substitution_end: float = 0.005  # per base, at the last base
    indel: float = 0.00002  # per base
    low_quality: float = 0.005  # of pairs
    tiles: int = 8

    def of(self, name: str, sample: str) -> float:
        """Value of a per-sample field for one sample; 0 where it says nothing of that sample."""
        return per_sample(getattr(self, name), sample)

    @property
    def reads(self) -> int:
        """Reads per fragment."""
        return 2 if self.paired else 1


def per_sample(value: PerSample, sample: str) -> float:
    """A value for one sample."""
    return value.get(sample, value.get("*", 0.0)) if isinstance(value, dict) else value


def load_tumour_scenario(values: Mapping[str, Any]) -> TumourScenario:
    """Build a scenario from plain values (as read from YAML), checked.

    Raises:
        ConfigError: naming every key that is unknown or holds a value of the wrong kind.
    """
    try:
        scenario = TypeAdapter(TumourScenario).validate_python(dict(values))
    except ValidationError as error:
        problems = "; ".join(f"'{'.'.join(map(str, e['loc']))}': {e['msg']}" for e in error.errors())
        raise ConfigError(f"scenario: {problems} (the fields of TumourScenario are the keys)") from None
    check_tumour_scenario(scenario)
    return scenario


def check_tumour_scenario(scenario: TumourScenario) -> None:
    """Refuse what cannot be simulated.

    Raises:
        ConfigError: naming the field.
    """
    names = [sample.sample for sample in scenario.samples]
    if not names or len(set(names)) < len(names):
        raise ConfigError("scenario, 'samples': name each sample once, and at least one")
    _check_per_sample(scenario, names)
    for name in _FRACTIONS:
        _in_range(name, getattr(scenario, name), 0, 1)
    for name, least in _AT_LEAST.items():
        _in_range(name, getattr(scenario, name), least, float("inf"))
    if scenario.length_min > scenario.length_max:
        raise ConfigError("scenario, 'length_min': is above length_max")
    if scenario.carry_over_from not in ("", *names):
        raise ConfigError(f"scenario, 'carry_over_from': no sample '{scenario.carry_over_from}'")
    if not scenario.carry_over_from and any(scenario.of("carry_over", name) for name in names):
        raise ConfigError("scenario, 'carry_over': say whose DNA it is (carry_over_from)")
    for clone in scenario.clones:
        _check_clone(clone, scenario, names)


def _check_per_sample(scenario: TumourScenario, names: list[str]) -> None:
    for name, (low, high) in _PER_SAMPLE.items():
        value = getattr(scenario, name)
        _check_names(f"'{name}'", value, names)
        for sample in names:
            _in_range(f"{name}' of '{sample}", per_sample(value, sample), low, high)


def _check_names(where: str, value: PerSample, names: list[str]) -> None:
    unknown = set(value) - {*names, "*"} if isinstance(value, dict) else set()
    if unknown:
        raise ConfigError(
            f"scenario, {where}: no sample '{min(unknown)}' (known: {', '.join(names)}, or * for the rest)"
        )


def _check_clone(clone: TumourClone, scenario: TumourScenario, names: list[str]) -> None:
    where = f"clone '{clone.name}'"
    if clone.subject not in {sample.subject for sample in scenario.samples}:
        raise ConfigError(f"scenario, {where}: no sample is of subject '{clone.subject}'")
    _check_names(where, clone.fraction, names)
    for sample in names:
        _in_range(f"fraction' of {where} in '{sample}", per_sample(clone.fraction, sample), 0, 1)
    for site in clone.sites:
        if bool(site.contig) + bool(site.gene) + site.repeat > 1 or (site.position and not site.contig):
            raise ConfigError(
                f"scenario, {where}: a site is given by contig and position, by gene or by repeat"
            )
        if site.contig and site.position < 1:
            raise ConfigError(f"scenario, {where}: a site on '{site.contig}' needs a position from 1 up")
        if site.multiplicity <= 0 or site.local_copies < 0:
            raise ConfigError(f"scenario, {where}: multiplicity is above 0, local_copies not below 0")
        if site.local_copies and site.multiplicity > site.local_copies:
            raise ConfigError(
                f"scenario, {where}: {site.multiplicity:g} of {site.local_copies:g} local copies carry the vector"
            )


def _in_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        wanted = f"from {low:g} to {high:g}" if high < float("inf") else f"at least {low:g}"
        raise ConfigError(f"scenario, '{name}': {value:g} is not {wanted}")


_ANY = (0.0, float("inf"))
_PER_SAMPLE = {
    "coverage": (1e-6, 1e6),
    "purity": (0.0, 1.0),
    "ploidy": (1.0, 20.0),
    "duplicate_rate": (0.0, 0.99),
    "deamination": (0.0, 1.0),
    "hop": (0.0, 1.0),
    "carry_over": (0.0, 0.99),
    **dict.fromkeys(("plasmid", "amplicon", "cdna", "circles", "hiv"), _ANY),
}
_FRACTIONS = (
    *("snp_rate", "in_gene_fraction", "repeat_fraction", "background_rate", "background_fraction"),
    *("substitution_start", "substitution_end", "indel", "low_quality"),
)
_AT_LEAST = {
    **dict.fromkeys(("length_mean", "read_length", "tiles", "hiv_sites", "length_min"), 1.0),
    "length_sd": 1e-6,
    "duplicate_shape": 1e-6,
    **dict.fromkeys(
        ("capture_overlap", "capture_reach", "window", "control_loci", "control_length", "segment"), 0.0
    ),
}
assert {f.name for f in fields(TumourScenario)} >= {*_PER_SAMPLE, *_FRACTIONS, *_AT_LEAST}
