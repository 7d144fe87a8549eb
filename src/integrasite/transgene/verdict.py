"""Is the vector there? One verdict per sample and vector, with its reason in words."""

from dataclasses import dataclass, field
from math import isnan

from integrasite.config.calling import Calling
from integrasite.model.transgene import Finding, Verdict
from integrasite.transgene.contaminants import CarryOver
from integrasite.transgene.limits_expected import UNNAMED

_FREE = (Finding.PLASMID, Finding.AMPLICON, Finding.EPISOME, Finding.NO_JUNCTIONS)
"""Sources of vector sequence that junctions with the host tell from integrated copies."""


@dataclass(frozen=True)
class Counts:
    """Informative evidence of one sample for one vector, without what hopped and what a better explained vector shares.

    Attributes:
        n_fragments: distinct informative fragments that count.
        n_bins: bins that hold the middle of one.
        n_apart: bins from the first to the last of them.
        elements: elements that hold the middle of one, in order; sequence without name is there once for each of its bins.
        n_beside_virus: of the fragments, those outside what a wild-type virus has.
        n_hopped: fragments with the ends of a run-mate's, which do not count.
        n_shared: fragments that a better explained vector explains as well, which do not count.
        n_host_like: fragments of sequence that vector and host share.
        n_exon: of these, fragments over exon boundaries of native genes.
        n_circle: fragments over the joint of a circle.
        n_junctions: distinct fragments with a junction to the host.
        n_backbone: fragments of the vector's backbone or of plasmid parts.
    """

    n_fragments: int = 0
    n_bins: int = 0
    n_apart: int = 0
    elements: tuple[str, ...] = ()
    n_beside_virus: int = 0
    n_hopped: int = 0
    n_shared: int = 0
    n_host_like: int = 0
    n_exon: int = 0
    n_circle: int = 0
    n_junctions: int = 0
    n_backbone: int = 0


@dataclass(frozen=True)
class Limits:
    """What a sample could have shown.

    Attributes:
        rule_fragments: fragments that POSITIVE needs.
        rule_bins: bins that it needs.
        rule_apart: bins from the first to the last that it needs.
        rule_elements: elements that it needs.
        rule_beside_virus: fragments outside viral elements that it needs.
        lob: limit of blank, fragments.
        lod: copies per diploid genome seen with 95 %; NaN if not known.
        required: copies that a NEGATIVE must have been able to see.
        is_depth_known: whether host depth is known.
        blank_sources: where fragments of the limit of blank come from.
    """

    rule_fragments: int
    rule_bins: int
    rule_apart: int
    rule_elements: int
    rule_beside_virus: int
    lob: int
    lod: float
    required: float
    is_depth_known: bool = True
    blank_sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Circumstances:
    """What is known of a sample beside its counts.

    Attributes:
        assay: of the sheet.
        vector: name of the vector.
        is_integrated: junctions with the host are more than chimeras.
        is_pile_up: all fragments lie in one stretch.
        is_viral_excess: far more fragments than due lie in viral elements.
        lacks_junctions: integrated copies would have shown more junctions.
        junctions_due: fragments with a junction that integrated copies would have shown.
        is_plasmid: backbone is at least `plasmid_ratio` of the provirus.
        carry_over: the other sample that the DNA may be from.
        mates: run-mates with the same fragments.
        better: vectors that explain shared fragments better.
        product: product that the reads are like.
        vector_product: product that the given vector is like.
        has_unmapped: False where an alignment file holds no unmapped reads.
        has_baits: whether a capture panel is known to have baits for the vector.
        problem: what keeps the vector's ends from being trusted.
    """

    assay: str
    vector: str
    is_integrated: bool = False
    is_pile_up: bool = False
    is_viral_excess: bool = False
    lacks_junctions: bool = False
    junctions_due: float = 0.0
    is_plasmid: bool = False
    carry_over: CarryOver | None = None
    mates: tuple[str, ...] = ()
    better: tuple[str, ...] = ()
    product: str = ""
    vector_product: str = ""
    has_unmapped: bool = True
    has_baits: bool = True
    problem: str = ""


@dataclass(frozen=True)
class Judgement:
    """The verdict, why, and what else was found."""

    verdict: Verdict
    reason: str
    findings: tuple[Finding, ...] = field(default=())


def judge(counts: Counts, limits: Limits, around: Circumstances, calling: Calling) -> Judgement:
    """Decide on one vector in one sample.

    Host-like sequence, fragments of run-mates and fragments that another vector explains better are not in `counts.n_fragments`.

    Args:
        counts: evidence.
        limits: what the sample could have shown.
        around: what else is known.
        calling: thresholds.
    """
    found = find_sources(counts, limits, around, calling)
    missing = _missing(counts, limits)
    doubts = [finding for finding in found if _is_doubt(finding, around)]
    told = tuple(dict.fromkeys([*found, *_hindrances(limits, around)]))
    if not missing and not doubts:
        return Judgement(Verdict.POSITIVE, _say_positive(counts, limits, found, around), told)
    if counts.n_fragments > limits.lob or _is_unsettled(counts, doubts, calling):
        return Judgement(Verdict.INDETERMINATE, _say_open(counts, limits, missing, found, around), told)
    hindrance = _hindrances(limits, around)
    too_shallow = isnan(limits.lod) or limits.lod > limits.required
    if hindrance or too_shallow:
        return Judgement(
            Verdict.NOT_EVALUABLE, _say_not_evaluable(counts, limits, hindrance, found, around), told
        )
    return Judgement(Verdict.NEGATIVE, _say_negative(counts, limits, found, around), told)


def find_sources(
    counts: Counts, limits: Limits, around: Circumstances, calling: Calling
) -> tuple[Finding, ...]:
    """Other sources of the vector's sequence that the sample shows, in a fixed order."""
    is_wrong = bool(
        around.product and around.vector_product
    ) and around.vector_product not in around.product.split(",")
    facts = {
        Finding.PLASMID: around.is_plasmid,
        Finding.AMPLICON: around.is_pile_up and not around.is_integrated,
        Finding.WILD_TYPE_VIRUS: around.is_viral_excess
        or (
            counts.n_fragments >= calling.positive_fragments
            and limits.rule_beside_virus > 0
            and not counts.n_beside_virus
        ),
        Finding.EPISOME: counts.n_circle > 0,
        Finding.NO_JUNCTIONS: around.lacks_junctions and not around.is_integrated and around.assay != "rna",
        Finding.INDEX_HOPPING: counts.n_hopped > 0,
        Finding.CARRY_OVER: around.carry_over is not None,
        Finding.SHARED_SEQUENCE: counts.n_shared > 0,
        Finding.NATIVE_CDNA: counts.n_exon > 0 and around.assay != "rna" and counts.n_fragments <= limits.lob,
        Finding.HOST_LIKE_ONLY: counts.n_host_like > 0 and not counts.n_fragments,
        Finding.OTHER_PRODUCT: is_wrong,
        Finding.VECTOR_ENDS: bool(around.problem),
    }
    return tuple(finding for finding in Finding if facts.get(finding))


def _is_doubt(finding: Finding, around: Circumstances) -> bool:
    """Whether a finding keeps a sample that fulfils the rule from being POSITIVE."""
    if finding in _FREE:
        return not around.is_integrated
    return finding in (Finding.CARRY_OVER, Finding.OTHER_PRODUCT)


def _is_unsettled(counts: Counts, doubts: list[Finding], calling: Calling) -> bool:
    """Whether evidence within the limit of blank still forbids a NEGATIVE: so much of another source that it may hide copies."""
    return counts.n_fragments >= calling.positive_fragments and bool(doubts)


def _missing(counts: Counts, limits: Limits) -> list[str]:
    """What the rule asks for and the sample does not show."""
    found = []
    if counts.n_fragments < limits.rule_fragments:
        found.append(f"{limits.rule_fragments} fragments are needed")
    if counts.n_bins < limits.rule_bins:
        found.append(f"they lie in {counts.n_bins} of the {limits.rule_bins} parts of the vector needed")
    elif counts.n_apart < limits.rule_apart:
        found.append("they lie side by side in one stretch of the vector")
    if len(counts.elements) < limits.rule_elements:
        found.append(f"they lie in {_elements(counts.elements)} only")
    if counts.n_beside_virus < limits.rule_beside_virus:
        found.append(
            f"{counts.n_beside_virus} lie outside what a wild-type virus has too, and {limits.rule_beside_virus} are needed"
        )
    return found


def _elements(names: tuple[str, ...]) -> str:
    return ", ".join(dict.fromkeys(names)) or "no element"


def _say_elements(names: tuple[str, ...]) -> str:
    """What of the vector's elements the evidence shows; sequence that no element names counts by its parts."""
    named = [name for name in names if name != UNNAMED]
    if len(named) == len(names):
        return f" and {len(named)} elements of the vector"
    told = f" of the vector, {len(named)} elements" if named else " of the vector"
    return f"{told}{' and' if named else ', in'} sequence that no element names, where parts alone count"


def _hindrances(limits: Limits, around: Circumstances) -> list[Finding]:
    """What forbids a NEGATIVE whatever the counts."""
    found = []
    if not limits.is_depth_known and around.assay != "rna":
        found.append(Finding.DEPTH_UNKNOWN)
    if not around.has_unmapped:
        found.append(Finding.UNMAPPED_READS_MISSING)
    if not around.has_baits:
        found.append(Finding.BAITS_UNKNOWN)
    return found


def _fragments(n: int) -> str:
    return f"{n} informative fragment{'' if n == 1 else 's'}"


def _say_sources(found: tuple[Finding, ...], counts: Counts, around: Circumstances) -> list[str]:
    """The findings, with their numbers."""
    mates, donor = ", ".join(around.mates), around.carry_over
    words = {
        Finding.PLASMID: f"plasmid: {counts.n_backbone} fragments of plasmid backbone, which does not integrate",
        Finding.AMPLICON: "PCR product (amplicon) or a fragment of the vector: all evidence lies in one stretch",
        Finding.WILD_TYPE_VIRUS: "wild-type HIV or a related virus: the evidence lies in what it shares with the vector "
        f"({counts.n_beside_virus} fragments beside that)",
        Finding.EPISOME: f"episome: {counts.n_circle} fragments join the vector's ends to each other",
        Finding.NO_JUNCTIONS: f"{counts.n_junctions or 'no'} fragments show a junction with the host, where integrated copies "
        f"would show about {around.junctions_due:.0f}: plasmid or episome, or host sequence that the reference lacks",
        Finding.INDEX_HOPPING: f"index hopping: {counts.n_hopped} further fragments have the ends of fragments of {mates}",
        Finding.CARRY_OVER: "" if donor is None else f"carry-over of DNA: {donor.n_shared} fragments lie over junctions "
        f"of {donor.donor}, a sample of another subject, which has {donor.n_donor} there",
        Finding.SHARED_SEQUENCE: f"{counts.n_shared} further fragments are explained as well by "
        f"{', '.join(around.better)}, which fits the sample better",
        Finding.NATIVE_CDNA: f"{counts.n_exon} fragments cross exon boundaries of native genes: cDNA, which is no evidence alone",
        Finding.HOST_LIKE_ONLY: f"{counts.n_host_like} fragments of sequence that the host has too are no evidence",
        Finding.OTHER_PRODUCT: f"the reads are like {around.product}, the vector given is like {around.vector_product}",
        Finding.VECTOR_ENDS: f"the vector's ends are not sure: {around.problem}",
    }  # fmt: skip
    return [words[finding] for finding in found if words.get(finding)]


def _say_positive(counts: Counts, limits: Limits, found: tuple[Finding, ...], around: Circumstances) -> str:
    said = [
        f"{_fragments(counts.n_fragments)} in {counts.n_bins} parts{_say_elements(counts.elements)}; "
        f"without it up to {limits.lob} would be seen"
    ]
    if not counts.n_junctions and around.assay != "rna":
        said.append(
            f"no fragment shows a junction with the host (about {around.junctions_due:.1f} are due), so free vector DNA is "
            "not ruled out"
        )
    return "; ".join([*said, *_say_sources(found, counts, around)])


def _say_open(
    counts: Counts, limits: Limits, missing: list[str], found: tuple[Finding, ...], around: Circumstances
) -> str:
    said = [f"{_fragments(counts.n_fragments)}; without the vector up to {limits.lob} would be seen"]
    return "; ".join([*said, *missing, *_say_sources(found, counts, around)])


def _say_negative(counts: Counts, limits: Limits, found: tuple[Finding, ...], around: Circumstances) -> str:
    seen = f"{_fragments(counts.n_fragments)}, no more than a sample without the vector shows ({limits.lob})"
    said = [
        seen if counts.n_fragments else "no informative fragment",
        f"{limits.required:.2g} copies per genome would have been seen (limit of detection {limits.lod:.2g})",
    ]
    return "; ".join([*said, *_say_sources(found, counts, around)])


def _say_not_evaluable(
    counts: Counts,
    limits: Limits,
    hindrance: list[Finding],
    found: tuple[Finding, ...],
    around: Circumstances,
) -> str:
    said = [_fragments(counts.n_fragments) if counts.n_fragments else "no informative fragment"]
    if around.assay == "rna":
        said.append("RNA shows what is transcribed: without transcripts nothing follows for the DNA")
    elif Finding.DEPTH_UNKNOWN in hindrance:
        said.append("the depth of the host is not known, so that it cannot be told what would have been seen")
    elif isnan(limits.lod):
        said.append(
            "too little of the vector tells it from the host, or from another vector, for the rule to hold"
        )
    elif limits.lod > limits.required:
        said.append(
            f"too shallow: {limits.required:.2g} copies per genome had to be seen, the limit of detection is {limits.lod:.2g}"
        )
    if Finding.UNMAPPED_READS_MISSING in hindrance:
        said.append("the alignment file holds no unmapped reads, among which most vector reads are")
    if Finding.BAITS_UNKNOWN in hindrance:
        said.append("it is not known that the capture panel has baits for the vector (`transgene.has_baits`)")
    return "; ".join([*said, *_say_sources(found, counts, around)])
