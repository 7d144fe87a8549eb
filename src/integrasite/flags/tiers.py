"""How strongly the evidence on a clone asks for a second look.

No published tier system for integration sites is known; this one is integrasite's own. Three principles hold: a tier never
rests on a gene list alone, missing data never lowers one, and of what is known only two things lower one (see `lowered`).
"""

from dataclasses import dataclass, replace

TIERS = {
    1: "prompt expert review; confirm on a second aliquot",
    2: "repeat the sample early",
    3: "watch; keep the schedule",
    4: "recorded; detection near a known-event gene is expected in polyclonal samples",
    5: "not listed",
}
"""Meaning of each tier."""
RECORDED = 4
"""The weakest tier that is listed; what lowers a tier does not take a finding off the list."""


@dataclass(frozen=True)
class Evidence:
    """What is known of a clone, as levels; 0 (or false) where it was not found or not examined.

    Args:
        dominance: A. 4, 3, 2: at least 30, 20, 10 % with probability 0.95 (or 20 % twice for 3).
        growth: G. 2: grows faster than the background for certain; 1: grew.
        event: K. 4: cancer of recipients; 3: a clone of a recipient grew; 2: other verified events; 1: on a list; 0: none.
        proximity: M. 2: the site lies as the event's mode asks; 1: near the event's gene, or in the gene of R.
        recurrence: R. 2: expanded clones gather in the gene; 1: the gene is hit more often than chance.
        is_top: A1. The clone is among the largest 1 % and at or above the limit of quantification.
        is_quantified_twice: at or above the limit of quantification in at least two specimens.
        is_percent: the clone makes up at least 1 %.
        is_lymphoid: L1, and the product were stem cells, not T cells.
        is_t_event: cancer of T cells (or of a lineage that is not known) was reported at the gene.
        is_falling: G-. Less than half of its peak on the last two evaluable days.
        is_fifth: the estimate is at least 20 %, whether or not a rule says so.
    """

    dominance: int = 0
    growth: int = 0
    event: int = 0
    proximity: int = 0
    recurrence: int = 0
    is_top: bool = False
    is_quantified_twice: bool = False
    is_percent: bool = False
    is_lymphoid: bool = False
    is_t_event: bool = False
    is_falling: bool = False
    is_fifth: bool = False

    def without_gene(self) -> "Evidence":
        """The same clone, as if nothing were known of the genes around it."""
        return replace(self, event=0, proximity=0, recurrence=0, is_t_event=False)


def tier(evidence: Evidence, dominance: int | None = None) -> int:
    """Grade a clone from 1 (strongest) to 5 (not listed).

    Args:
        evidence: levels.
        dominance: grade one rule of this level; what lowers a tier still looks at the whole evidence.
    """
    shown = evidence if dominance is None else replace(evidence, dominance=dominance)
    return lowered(raised(shown), evidence)


def raised(evidence: Evidence) -> int:
    """The tier before anything lowers it; more evidence never makes it weaker."""
    for grade, holds in ((1, _first), (2, _second), (3, _third), (4, _fourth)):
        if holds(evidence):
            return grade
    return 5


def lowered(grade: int, evidence: Evidence) -> int:
    """One tier weaker for a clone of lymphoid cells only, and one for a clone that fell.

    Lymphoid: not from 30 % on, nor at the gene of a T-cell cancer. Fell: not while it grows; a clone of 20 % stays in tier 3
    or stronger. A finding that is listed stays listed.
    """
    lymphoid = evidence.is_lymphoid and evidence.dominance < 4 and not evidence.is_t_event
    falling = evidence.is_falling and evidence.growth < 1
    weakest = 3 if falling and (evidence.dominance >= 3 or evidence.is_fifth) else RECORDED
    return max(grade, min(grade + int(lymphoid) + int(falling), weakest))


def _fits(clone: Evidence, event: int) -> bool:
    return clone.event >= event and clone.proximity >= 2


def _first(clone: Evidence) -> bool:
    return (
        clone.dominance >= 4
        or (clone.dominance == 3 and (_fits(clone, 3) or clone.recurrence >= 2))
        or (clone.growth >= 2 and _fits(clone, 4))
    )


def _second(clone: Evidence) -> bool:
    return (
        clone.dominance >= 3
        or (clone.dominance == 2 and (_fits(clone, 2) or clone.growth >= 1))
        or (clone.growth >= 2 and clone.event >= 2)
        or (clone.recurrence >= 2 and clone.is_top and clone.proximity >= 1)
    )


def _third(clone: Evidence) -> bool:
    return (
        clone.dominance >= 2
        or clone.growth >= 2
        or (clone.growth >= 1 and clone.is_percent)
        or (_fits(clone, 3) and clone.is_quantified_twice)
    )


def _fourth(clone: Evidence) -> bool:
    return clone.event >= 2 and clone.proximity >= 1
