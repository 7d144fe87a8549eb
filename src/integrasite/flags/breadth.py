"""In which lineages a clone is: the code L, the effective number of lineages, and what may be sorted wrongly."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from integrasite.flags.evidence import percent
from integrasite.flags.lineages import LYMPHOID, SHORT_LIVED
from integrasite.flags.specimens import Specimen

CARRY_OVER = 0.05
"""Below this part of the clone's largest lineage, cells that were sorted wrongly may explain a lineage (a convention)."""
EXCLUDED_FRACTION = 0.01
"""A lineage says that a clone is absent only where it would have shown one of this fraction (a convention)."""


@dataclass(frozen=True)
class Breadth:
    """The lineages of a clone.

    Args:
        level: L. 2: quantified in a short-lived myeloid lineage or in CD34+ cells; 1: in lymphoid cells only, and such a
            lineage was looked at; 0: not known.
        value: of 2 the fraction there, of 1 the limit of detection there.
        words: fractions by lineage on the specimen's day; "" where fewer than two lineages were looked at.
        effective: exp(Shannon) of these fractions.
    """

    level: int = 0
    value: float | None = None
    words: str = ""
    effective: float | None = None


def breadth_of(specimen: Specimen, seen: Mapping[str, float], of_subject: Iterable[Specimen]) -> Breadth:
    """Lineages of a clone as they are known for one of its specimens.

    That a clone is only lymphoid is said where every specimen that holds it is lymphoid, and an evaluable one of
    short-lived cells, of the same day or later, lacks it and would have shown 1 %. A clone that myeloid cells
    were never searched for is not known to be lymphoid.

    Args:
        specimen: the specimen.
        seen: fraction of the clone in the specimens that hold it; below 0 where it is not known.
        of_subject: patient and product specimens of the subject.
    """
    usable = {one.key[1]: one for one in of_subject}
    quantified = [
        fraction
        for name, fraction in seen.items()
        if (one := usable.get(name)) and one.cells_of in SHORT_LIVED and one.is_evaluable
        if one.loq is not None and fraction >= one.loq
    ]
    words, effective = _shares(specimen, seen, usable.values())
    if quantified:
        return Breadth(2, max(quantified), words, effective)
    only_lymphoid = bool(seen) and all(
        name in usable and usable[name].cells_of in LYMPHOID for name in seen
    )  # fmt: skip
    limits = [one.lod95 for one in usable.values() if _excludes(one, specimen) and one.lod95 is not None]
    if only_lymphoid and limits:
        return Breadth(1, min(limits), words, effective)
    return Breadth(0, None, words, effective)


def _excludes(one: Specimen, flagged: Specimen) -> bool:
    """Whether a specimen without the clone says that short-lived cells lack it."""
    if one.days is None or flagged.days is None or one.days < flagged.days or one.role != "patient":
        return False
    limit = 1.0 if one.lod95 is None else one.lod95
    return one.cells_of in SHORT_LIVED and one.is_evaluable and limit <= EXCLUDED_FRACTION


def _shares(
    specimen: Specimen, seen: Mapping[str, float], usable: Iterable[Specimen]
) -> tuple[str, float | None]:
    """Mean fraction per lineage on the specimen's day, in words, and exp(Shannon) of them."""
    of_lineage: dict[str, list[float]] = {}
    for one in usable:
        if one.days == specimen.days is not None and one.cells_of and one.is_evaluable:
            of_lineage.setdefault(one.cells_of, []).append(max(seen.get(one.key[1], 0.0), 0.0))
    means = {name: sum(sorted(found)) / len(found) for name, found in sorted(of_lineage.items())}
    total, largest = sum(means.values()), max(means.values(), default=0.0)
    if len(means) < 2 or total <= 0:
        return "", None
    effective = math.exp(-sum(mean / total * math.log(mean / total) for mean in means.values() if mean > 0))
    listed = []
    for name, mean in sorted(means.items(), key=lambda item: (-item[1], item[0])):
        doubt = " (possible carry-over)" if 0 < mean < CARRY_OVER * largest else ""
        listed.append(f"{name} {percent(mean) if mean > 0 else 'not seen'}{doubt}")
    return (
        f"lineages on day {specimen.days}: {', '.join(listed)}; effective number {effective:.2f}",
        effective,
    )
