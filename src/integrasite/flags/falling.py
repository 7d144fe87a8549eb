"""Clones that made up much more earlier: G-, the only course that lowers a tier."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from integrasite.flags.evidence import percent
from integrasite.flags.specimens import Specimen

HALF = 0.5


@dataclass(frozen=True)
class Fall:
    """A clone that fell.

    Args:
        ratio: the larger upper limit of the last two evaluable days, over the lower limit of the peak.
        words: the numbers in words.
    """

    ratio: float
    words: str


Limits = Mapping[str, tuple[float, float, float]]


def fall_of(
    line: Mapping[int, Sequence[Specimen]], seen: Limits, of_subject: Iterable[Specimen]
) -> Fall | None:
    """Whether a clone surely makes up less than half of its peak on the last two evaluable days of its lineage.

    The peak is the largest of several estimates and thus too large on average: its lower limit is taken. A limit that is not
    known (saturated, no limit of detection) says nothing. Nor is it a fall where any specimen of the patient that is as late, or
    has no day, may hold more, whatever its cells and however poor it is.

    Args:
        line: evaluable specimens of the lineage by day.
        seen: estimate, lower and upper limit of the clone's fraction by specimen; below 0 where not known.
        of_subject: all specimens of the patient.
    """
    days = sorted(line)
    if len(days) < 3:
        return None
    names = [(day, one.key[1]) for day in days[:-2] for one in line[day] if one.key[1] in seen]
    if not names:
        return None
    day, peak = max(names, key=lambda found: (seen[found[1]][0], found))
    low = seen[peak][1]
    last = [one for late in days[-2:] for one in line[late]]
    known = {one.key[1] for one in last}
    last += [
        one
        for one in of_subject
        if one.key[1] in seen and one.key[1] not in known and (one.days is None or one.days >= days[-2])
    ]
    limits = [_upper(one, seen) for one in last]
    if low <= 0 or any(limit is None or limit >= HALF * low for limit in limits):
        return None
    largest = max(limit for limit in limits if limit is not None)
    words = (
        f"at most {percent(largest)} on the last two evaluable days (days {days[-2]} and {days[-1]}), "
        f"less than half of the peak (at least {percent(low)} on day {day})"
    )
    return Fall(largest / low, words)


def _upper(one: Specimen, seen: Limits) -> float | None:
    if one.key[1] not in seen:
        return one.lod95
    high = seen[one.key[1]][2]
    return high if high >= 0 else None
