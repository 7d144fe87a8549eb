"""What known events and gene tests say of a clone: the codes K, M and R."""

from dataclasses import replace
from functools import lru_cache

from integrasite.annotate.known_events import bundled_known_events, event_level
from integrasite.flags.clone_facts import CloneFacts
from integrasite.flags.evidence import is_missing
from integrasite.flags.tiers import Evidence

_NOT_OF_T_CELLS = frozenset({"myeloid", "liver"})


@lru_cache(maxsize=1)
def _other_cancers() -> frozenset[str]:
    """Genes whose reported cancers were all of other lineages than T cells."""
    lineages: dict[str, set[str]] = {}
    for event in bundled_known_events():
        if event_level(event.event_class) >= 4:
            lineages.setdefault(event.gene, set()).add(event.lineage)
    return frozenset(gene for gene, found in lineages.items() if found <= _NOT_OF_T_CELLS)


def gather_event_evidence(clone: CloneFacts) -> tuple[Evidence, dict[str, str]]:
    """The strongest verified event near the site, and the gene tests; unverified events never count.

    Returns:
        The evidence on genes, and what stands behind K and M (gene or lists; distance in bp).
    """
    found, symbol, is_t_event = Evidence(), "", False
    for gene, label, fit in clone.events:
        level = event_level(label)
        one = Evidence(event=level, proximity=2 if fit == "fits" else 1)
        is_t_event |= level >= 4 and gene not in _other_cancers()
        if level and _strength(one) > _strength(found):
            found, symbol = one, gene
    distance = clone.distance_to(symbol) if symbol else None
    finding = clone.finding
    lists = "" if is_missing(clone.row["lists"]) else str(clone.row["lists"])
    if not found.event and lists:
        found, symbol = replace(found, event=1), lists.replace(" ", "_")
    if finding is not None and finding.level:
        found = replace(found, recurrence=finding.level, proximity=max(found.proximity, 1))
    found = replace(found, is_quantified_twice=clone.n_quantified >= 2, is_t_event=is_t_event)
    return found, {"K": symbol, "M": "" if distance is None else str(distance)}


def _strength(found: Evidence) -> tuple[bool, int, int]:
    return found.proximity == 2 and found.event >= 2, found.event, found.proximity
