"""The evidence on a clone as codes with the number behind each, and what makes its tier doubtful.

`A3(0.25) G1(0.031) L0 K4(LMO2) M2(1234) R0 Q:single_replicate`: `?` in place of a level says that it was not examined.
"""

from collections.abc import Mapping
from dataclasses import replace

from integrasite.flags.clone_facts import CloneFacts
from integrasite.flags.evidence import is_missing
from integrasite.flags.specimens import Specimen
from integrasite.flags.tiers import Evidence, tier

CODES = {
    "A": "size. 4, 3, 2: the rules of 30, 20 and 10 % (`repeated_20` counts as 3, `outlier` and `reported_20` as 2); 1: among "
    "the specimen's largest 1 % and at or above `loq`; 0: none; ?: the specimen is not evaluable. The fraction",
    "G": "course. 2: `growing`; 1: `grew`; -: surely below half of its peak on the last two evaluable days; 0: none; "
    "?: growth was not tested. The rule's value, or the part of the peak that is left at most",
    "L": "lineages. 2: at or above `loq` in short-lived myeloid or CD34+ cells; 1: in lymphoid cells only; 0: not known. "
    "The fraction there, or the limit of detection of the cells that lack it",
    "K": "known events. 4 to 2: weight of the `event_class` of a verified event; 1: only on a list of the config; 0: neither; "
    "?: genes were not looked up. The gene, or the lists",
    "M": "geometry. 2: as the event's mode asks; 1: near the event's gene, or in the gene of R; 0: neither; ?: as of K. "
    "The distance (bp)",
    "R": "gene tests. 2: expanded clones gather in the gene; 1: it is hit more often than in the reference; 0: neither; "
    "?: no gene that contains the site was tested. q",
    "Q": "what to doubt (words below), or `none`",
}
"""Meaning of each letter."""

QUALITY = {
    "few_fragments": "the specimen is not evaluable",
    "low_power": "the specimen has too few fragments to settle 20 %",
    "single_replicate": "the specimen has one library: the noise between libraries is assumed",
    "one_of_replicates": "one of several libraries of the specimen has the clone",
    "multihit": "the site fits several places; its gene is that of the best one",
    "contamination_ambiguous": "another subject has the site, and whose it is stays open",
    "saturated": "the size is a lower bound",
    "growth_not_reliable": "the growth model of the lineage is not reliable",
}
"""Words after `Q:`."""


def doubts(clone: CloneFacts, specimen: Specimen) -> list[str]:
    """Keys of `QUALITY` that hold, in its order."""
    saturated = clone.row["saturated"]
    # what diversity and replicates say of amplicon libraries says nothing of a genome's reads, whose sites pass by their support
    is_counted = clone.row["estimator"] != "ccf"
    holds = {
        "few_fragments": is_counted and not specimen.is_evaluable,
        "low_power": is_counted and specimen.evaluable == "low_power",
        "single_replicate": is_counted and clone.is_unreplicated,
        "one_of_replicates": is_counted and clone.is_alone,
        "multihit": clone.row["placement"] == "multihit",
        "contamination_ambiguous": clone.is_ambiguous,
        "saturated": not is_missing(saturated) and bool(saturated),
        "growth_not_reliable": clone.growth.level > 0 and not clone.growth.is_reliable,
    }
    return [word for word in QUALITY if holds[word]]


def fatal(found: Evidence, dominance: int, words: list[str]) -> list[str]:
    """Which doubts leave a tier open: those about something that it rests on, or that could make it stronger.

    Args:
        found: the evidence on the clone.
        dominance: level of the rule that is graded.
        words: keys of `QUALITY`.
    """
    grade = tier(found, dominance)
    growth = replace(found, growth=0)
    leaves_open = {
        "few_fragments": True,
        "contamination_ambiguous": True,
        "one_of_replicates": dominance >= 2,
        "multihit": tier(found.without_gene(), dominance) != grade,
        "saturated": tier(replace(found, dominance=4), 4) < grade,
        "growth_not_reliable": tier(growth, dominance) != grade,
    }
    return [word for word in words if leaves_open.get(word)]


def describe(
    clone: CloneFacts, specimen: Specimen, found: Evidence, symbols: Mapping[str, str], words: list[str]
) -> str:
    """The codes of a clone in a specimen.

    Args:
        clone: the clone.
        specimen: its specimen.
        found: the evidence on it.
        symbols: `K`: the gene or lists behind K, `M`: the distance (bp) behind M; "" where not known.
        words: keys of `QUALITY`.
    """
    size = str(found.dominance or int(found.is_top)) if specimen.is_evaluable else "?"
    breadth, finding, known = clone.breadth, clone.finding, clone.is_annotated
    parts = [
        _code("A", size, clone.number("fraction") if specimen.is_evaluable else None),
        _course(clone, found),
        _code("L", str(breadth.level), breadth.value),
        _code("K", str(found.event) if known else "?", symbols["K"] if found.event else ""),
        _code("M", str(found.proximity) if known else "?", symbols["M"] if found.proximity else ""),
        _code("R", "?") if finding is None else _code("R", str(found.recurrence), finding.q),
        f"Q:{','.join(words) or 'none'}",
    ]
    return " ".join(parts)


def _course(clone: CloneFacts, found: Evidence) -> str:
    if found.growth:
        return _code("G", str(found.growth), clone.growth.value)
    if clone.fall is not None:
        return _code("G", "-", clone.fall.ratio)
    return _code("G", "0" if clone.is_growth_tested else "?")


def _code(letter: str, level: str, behind: float | str | None = None) -> str:
    shown = "" if behind is None or behind == "" else behind if isinstance(behind, str) else f"{behind:.3g}"
    return f"{letter}{level}({shown})" if shown else f"{letter}{level}"
