"""Flags as the report shows them: one per flagged clone and specimen, and those about specimens."""

from dataclasses import dataclass

from integrasite.flags.rules import DOMINANCE
from integrasite.flags.tiers import TIERS
from integrasite.report.facts import Clone, Row, clones_of, records, site_facts
from integrasite.report.view import View
from integrasite.report.words import number

INDETERMINATE = "indeterminate: retest"
_DOUBT = ("unverified", "recalled", "not checked", "not read")
_SIZES = [name for name, _, _ in reversed(DOMINANCE)]


@dataclass(frozen=True)
class Flagged:
    """A clone of one specimen with the rules that it raised (of `dominant_*` the largest only)."""

    flags: tuple[Row, ...]
    clone: Clone | None
    site: Row

    @property
    def tier(self) -> int | None:
        """The strongest tier among its rules; None where no rule could grade it."""
        tiers = [grade for flag in self.flags if (grade := number(flag["tier"])) is not None]
        return int(min(tiers)) if tiers else None

    @property
    def is_undecided(self) -> bool:
        """Whether a rule holds whose tier the data cannot settle."""
        return any(number(flag["tier"]) is None for flag in self.flags)

    @property
    def rank(self) -> tuple[float, float]:
        """Sort key: undecided without a strong tier first, then by tier, then by falling fraction."""
        share = number(self.clone.row["fraction"]) if self.clone else None
        graded = self.tier if self.tier is not None and not (self.is_undecided and self.tier > 2) else None
        return (0.0 if graded is None else float(graded), -(share or 0.0))

    @property
    def deserves_a_look(self) -> bool:
        """Tier 1 to 3, or undecided."""
        return self.is_undecided or (self.tier is not None and self.tier <= 3)


def is_unverified(words: str) -> bool:
    """Whether a source or evidence says of itself that it was not checked."""
    return any(word in words.lower() for word in _DOUBT)


def tier_words(tier: object) -> str:
    """The suggested wording of a tier; without a tier, the data cannot settle it."""
    grade = number(tier)
    return INDETERMINATE if grade is None else TIERS.get(int(grade), f"tier {grade:.0f}")


def _without_smaller(flags: list[Row]) -> tuple[Row, ...]:
    """A clone of 30 % also reaches 20 and 10 %: keep the largest."""
    sizes = [name for name in _SIZES if any(flag["rule"] == name for flag in flags)]
    return tuple(flag for flag in flags if flag["rule"] not in sizes[1:])


def flagged_clones(view: View) -> list[Flagged]:
    """Flagged clones, those that ask most for a second look first."""
    rows = [row for row in records(view.tables.flags) if row["site_id"]]
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["subject"], row["specimen"], row["site_id"]), []).append(row)
    sites = site_facts(view.tables, [site for _, _, site in groups])
    table = view.tables.clones
    found = clones_of(
        view.tables, table[table["site_id"].isin(sites.keys() | {site for _, _, site in groups})]
    )
    clones = {(one.row["subject"], one.row["specimen"], one.row["site_id"]): one for one in found}
    flagged = [
        Flagged(_without_smaller(flags), clones.get(key), sites.get(key[2], {}))
        for key, flags in groups.items()
    ]
    return sorted(flagged, key=lambda one: one.rank)


def specimen_flags(view: View) -> list[Row]:
    """Flags about whole specimens (no site)."""
    return [row for row in records(view.tables.flags) if not row["site_id"]]
