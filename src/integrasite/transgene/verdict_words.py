"""Verdicts in words: the reason that stands beside each."""

from math import isnan

from integrasite.model.transgene import Finding
from integrasite.transgene.binder import Absence
from integrasite.transgene.limits_expected import UNNAMED
from integrasite.transgene.verdict_facts import Circumstances, Counts, Limits


def element_names(names: tuple[str, ...]) -> str:
    """Elements for people, each once."""
    return ", ".join(dict.fromkeys(names)) or "no element"


def _say_elements(names: tuple[str, ...]) -> str:
    """What of the vector's elements the evidence shows; sequence that no element names counts by its parts."""
    named = [name for name in names if name != UNNAMED]
    if len(named) == len(names):
        return f" and {len(named)} elements of the vector"
    told = f" of the vector, {len(named)} elements" if named else " of the vector"
    return f"{told}{' and' if named else ', in'} sequence that no element names, where parts alone count"


def _fragments(n: int) -> str:
    return f"{n} informative fragment{'' if n == 1 else 's'}"


def _say_sources(found: tuple[Finding, ...], counts: Counts, around: Circumstances) -> list[str]:
    """The findings, with their numbers."""
    mates, donor = ", ".join(around.mates), around.carry_over
    words = {
        Finding.PLASMID: f"plasmid: {counts.n_backbone} fragments of plasmid backbone, which does not integrate",
        Finding.AMPLICON: _say_amplicon(around),
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
        Finding.OTHER_PRODUCT: _say_product(around),
        Finding.VECTOR_ENDS: f"the vector's ends are not sure: {around.problem}",
    }  # fmt: skip
    return [words[finding] for finding in found if words.get(finding)]


def _say_amplicon(around: Circumstances) -> str:
    found, said = around.amplified, []
    if found is not None:
        others = f" and no more of {found.n_products - 1} others" if found.n_products > 1 else ""
        said.append(
            f"{found.n_pairs} read pairs of one fragment{others}: a PCR product (amplicon)? It has the vector's bases "
            f"{found.start + 1} to {found.end}; other fragments have {found.mean:.2g}, and it does not count"
        )
    if found is None or around.is_pile_up:
        said.append("PCR product (amplicon) or a fragment of the vector: all evidence lies in one stretch")
    return "; ".join(said)


def _say_product(around: Circumstances) -> str:
    said = []
    if around.is_other_product:
        said.append(f"the reads are like {around.product}, the vector given is like {around.vector_product}")
    if around.is_binder_missing:
        open_ones = ["another product with the same backbone", "copies that have lost this part"]
        if around.assay == "capture":
            open_ones.append("a panel without baits for it")
        what = "" if said else f": {', or '.join(open_ones)}?"
        said.append(f"not as given: {_say_absence(around.absence)}{what}")
    return "; ".join(said)


def _say_absence(absence: Absence | None) -> str:
    """What of the binder is there."""
    if absence is None:
        return ""
    seen = f"only {absence.n_fragments} fragments" if absence.n_fragments else "nothing"
    return f"{seen} of {', '.join(absence.names)}, where {absence.due:.0f} fragments were due"


def _say_loss(around: Circumstances) -> list[str]:
    """A binder that the copies have lost."""
    if around.absence is None or around.is_binder_missing:
        return []
    return [
        f"{_say_absence(around.absence)}; reads join what lies on either side, so the copies have lost it"
    ]


def say_positive(counts: Counts, limits: Limits, found: tuple[Finding, ...], around: Circumstances) -> str:
    """Why the vector is there."""
    said = [
        f"{_fragments(counts.n_fragments)} in {counts.n_bins} parts{_say_elements(counts.elements)}; "
        f"without it up to {limits.lob} would be seen"
    ]
    if not counts.n_junctions and around.assay != "rna":
        said.append(
            f"no fragment shows a junction with the host (about {around.junctions_due:.1f} are due), so free vector DNA is "
            "not ruled out"
        )
    return "; ".join([*said, *_say_loss(around), *_say_sources(found, counts, around)])


def say_open(
    counts: Counts, limits: Limits, missing: list[str], found: tuple[Finding, ...], around: Circumstances
) -> str:
    """What speaks for the vector, and what leaves it open."""
    said = [f"{_fragments(counts.n_fragments)}; without the vector up to {limits.lob} would be seen"]
    return "; ".join([*said, *missing, *_say_sources(found, counts, around)])


def say_negative(counts: Counts, limits: Limits, found: tuple[Finding, ...], around: Circumstances) -> str:
    """Why the vector is not there."""
    seen = f"{_fragments(counts.n_fragments)}, no more than a sample without the vector shows ({limits.lob})"
    said = [
        seen if counts.n_fragments else "no informative fragment",
        f"{limits.required:.2g} copies per genome would have been seen (limit of detection {limits.lod:.2g})",
    ]
    return "; ".join([*said, *_say_sources(found, counts, around)])


def say_not_evaluable(
    counts: Counts,
    limits: Limits,
    hindrance: list[Finding],
    found: tuple[Finding, ...],
    around: Circumstances,
) -> str:
    """Why nothing follows."""
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
