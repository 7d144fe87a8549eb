"""Flags as the report shows them: one per flagged clone and specimen, and those about specimens."""

from dataclasses import dataclass

from integrasite.flags.rules import DOMINANCE, PERSISTENCE
from integrasite.flags.tiers import TIERS
from integrasite.report.facts import Clone, Row, clones_of, records, site_facts
from integrasite.report.view import View
from integrasite.report.words import number

INDETERMINATE = "indeterminate: retest"
_DOUBT = ("unverified", "recalled", "not checked", "not read")
_SIZES = tuple([name for name, _, _ in reversed(rules)] for rules in (DOMINANCE, PERSISTENCE))


@dataclass(frozen=True)
class Flagged:
    """A clone of one specimen with the rules that it raised (of `dominant_*` and `persistent_*` the largest only)."""

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
    def quality(self) -> str:
        """What leaves the strongest tier open, joined by commas."""
        words = [flag["quality"] for flag in self.flags if number(flag["tier"]) == self.tier]
        return ",".join(dict.fromkeys(word for found in words for word in found.split(",") if word))

    @property
    def codes(self) -> str:
        """The evidence as codes."""
        return str(next((flag["codes"] for flag in self.flags if flag["codes"]), ""))

    @property
    def advice(self) -> str:
        """The wording of the tier, or that it cannot be settled."""
        is_open = self.is_undecided and (self.tier is None or self.tier > 2)
        return INDETERMINATE if is_open else tier_words(self.tier, self.quality)

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


def tier_words(tier: object, quality: str = "") -> str:
    """The suggested wording of a tier; without a tier, the data cannot settle it.

    A tier that something leaves open keeps its wording: what it asks for is not less urgent for that.
    """
    grade = number(tier)
    if grade is None:
        return INDETERMINATE
    words = TIERS.get(int(grade), f"tier {grade:.0f}")
    return f"{INDETERMINATE} ({quality.replace(',', ', ').replace('_', ' ')}); {words}" if quality else words


def _without_smaller(flags: list[Row]) -> tuple[Row, ...]:
    """A clone of 30 % also reaches 20 and 10 %, once or persistently: keep the largest of each."""
    raised = {flag["rule"] for flag in flags}
    smaller = {name for names in _SIZES for name in [name for name in names if name in raised][1:]}
    return tuple(flag for flag in flags if flag["rule"] not in smaller)


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
