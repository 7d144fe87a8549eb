"""Is the vector there? One verdict per sample and vector, with its reason in words."""

from dataclasses import dataclass, field
from math import isnan

from integrasite.config.calling import Calling
from integrasite.model.transgene import Finding, Verdict
from integrasite.transgene.verdict_facts import Amplified, Circumstances, Counts, Limits
from integrasite.transgene.verdict_words import (
    element_names,
    say_negative,
    say_not_evaluable,
    say_open,
    say_positive,
)

__all__ = ["Amplified", "Circumstances", "Counts", "Judgement", "Limits", "find_sources", "judge"]

_FREE = (Finding.PLASMID, Finding.AMPLICON, Finding.EPISOME, Finding.NO_JUNCTIONS)
"""Sources of vector sequence that junctions with the host tell from integrated copies."""


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
        return Judgement(Verdict.POSITIVE, say_positive(counts, limits, found, around), told)
    if counts.n_fragments > limits.lob or _is_unsettled(counts, doubts, calling):
        return Judgement(Verdict.INDETERMINATE, say_open(counts, limits, missing, found, around), told)
    hindrance = _hindrances(limits, around)
    too_shallow = isnan(limits.lod) or limits.lod > limits.required
    if hindrance or too_shallow:
        return Judgement(
            Verdict.NOT_EVALUABLE, say_not_evaluable(counts, limits, hindrance, found, around), told
        )
    return Judgement(Verdict.NEGATIVE, say_negative(counts, limits, found, around), told)


def find_sources(
    counts: Counts, limits: Limits, around: Circumstances, calling: Calling
) -> tuple[Finding, ...]:
    """Other sources of the vector's sequence that the sample shows, in a fixed order."""
    facts = {
        Finding.PLASMID: around.is_plasmid,
        Finding.AMPLICON: around.amplified is not None or (around.is_pile_up and not around.is_integrated),
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
        Finding.OTHER_PRODUCT: around.is_other_product or around.is_binder_missing,
        Finding.VECTOR_ENDS: bool(around.problem),
    }
    return tuple(finding for finding in Finding if facts.get(finding))


def _is_doubt(finding: Finding, around: Circumstances) -> bool:
    """Whether a finding keeps a sample that fulfils the rule from being POSITIVE."""
    if finding is Finding.AMPLICON:  # products of known ends do not count, so that they leave no doubt
        return around.is_pile_up and not around.is_integrated
    if finding in _FREE:
        return not around.is_integrated
    if finding is Finding.OTHER_PRODUCT:  # what a capture's panel lacks baits for is not there either
        return around.is_other_product or around.assay != "capture"
    return finding is Finding.CARRY_OVER


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
        found.append(f"they lie in {element_names(counts.elements)} only")
    if counts.n_beside_virus < limits.rule_beside_virus:
        found.append(
            f"{counts.n_beside_virus} lie outside what a wild-type virus has too, and {limits.rule_beside_virus} are needed"
        )
    return found


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
