"""Analyses that are missing, due or overdue, from the days and vector copy numbers of the sheet.

There are no calendar dates: nothing here knows what day it is. A specimen is overdue where the sheet itself shows
that the subject was seen later without one.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from integrasite.config.calling import Calling
from integrasite.flags.rules import ANALYSIS_VCN
from integrasite.flags.specimens import Key, Specimen, specimen_flag

_FINDINGS = (
    "dominant_20", "dominant_30", "repeated_20", "persistent_10", "persistent_20", "persistent_30",
)  # fmt: skip


def due_flags(
    specimens: Mapping[Key, Specimen], flags: Iterable[Mapping[str, Any]], calling: Calling
) -> Iterator[dict[str, Any]]:
    """Flags about specimens that need an analysis, and about findings that need another specimen.

    Args:
        specimens: the study's specimens.
        flags: the flags about clones.
        calling: thresholds.
    """
    for specimen in specimens.values():
        # products are full of vector by design; what they lack is said by `not_evaluable`
        if specimen.role == "patient" and not specimen.is_evaluable and (specimen.vcn or 0.0) >= ANALYSIS_VCN:
            words = (
                f"The sheet gives {specimen.vcn:.3g} vector copies per genome, and the specimen's integration sites "
                f"could not be evaluated ({specimen.n_fragments:,} fragments)."
            )
            yield specimen_flag(specimen, "analysis_required", specimen.vcn, ANALYSIS_VCN, words)
    found: dict[Key, set[str]] = {}
    for flag in flags:
        if flag["rule"] in _FINDINGS:
            found.setdefault((flag["subject"], flag["specimen"]), set()).add(flag["site_id"])
    for key, sites in found.items():
        # the product is no specimen of the subject after infusion: nothing can be repeated
        if specimens[key].role == "patient":
            yield from _repeat(specimens[key], sorted(sites), specimens.values(), calling)


def _repeat(
    specimen: Specimen, sites: list[str], specimens: Iterable[Specimen], calling: Calling
) -> Iterator[dict[str, Any]]:
    day = specimen.days
    if day is None:
        words = (
            f"A predominant or persistent clone was found ({', '.join(sites)}). The sheet gives no days for this specimen, so "
            f"whether another followed within {calling.repeat_days} days is not known."
        )
        yield specimen_flag(specimen, "repeat_due", None, None, words)
        return
    # cells of another lineage cannot show whether the clone persists
    later = [
        (one.days - day, one.is_evaluable)
        for one in specimens
        if (one.key[0], one.lineage, one.role) == (specimen.key[0], specimen.lineage, "patient")
        and one.days is not None
        and one.days > day
    ]
    finding = f"A predominant or persistent clone was found on day {day} ({', '.join(sites)})"
    usable = min((distance for distance, is_evaluable in later if is_evaluable), default=None)
    last = max((distance for distance, _ in later), default=0)
    asked = (
        f"another specimen of the same tissue and cell type within {calling.repeat_days} days is asked for"
    )
    if usable is not None and usable <= calling.repeat_days:
        return
    if last <= calling.repeat_days:
        words = f"{finding}; {asked}, and the sheet has no later evaluable one."
        yield specimen_flag(specimen, "repeat_due", day + calling.repeat_days, None, words)
        return
    seen = f"the next evaluable one came {usable} days later" if usable is not None else (
        f"none of those of the following {last} days is evaluable"
    )  # fmt: skip
    words = f"{finding}; {asked}, but {seen}. Days are those of the sheet; today's date is not known."
    yield specimen_flag(
        specimen, "repeat_overdue", last if usable is None else usable, calling.repeat_days, words
    )
