"""Every rule that can raise a flag: what it means, from where on it holds, and whose rule it is."""

from dataclasses import dataclass

PROBABILITY = 0.95
"""A clone is said to reach a fraction when the probability of that, given the data, is at least this."""
EVALUABLE_CELLS = 50
"""Inferred cells that the INSPIIRED rule asks for."""

RECALLED = "recalled, not checked: "
_OWN = "integrasite's own rule"
_REPORT = "INSPIIRED's subject report lists clones of at least 20 % with at least 50 inferred cells (read)"


@dataclass(frozen=True)
class Rule:
    """One rule.

    Args:
        name: the word in `flags.rule`.
        meaning: when it holds, in words.
        threshold: the number that `flags.value` is held against; nothing where the config sets it.
        source: whose rule it is.
        is_read: whether the source was read; a source that was only recalled is marked in the tables.
    """

    name: str
    meaning: str
    threshold: float | None
    source: str
    is_read: bool = True

    @property
    def cited(self) -> str:
        """The source as the tables show it."""
        return self.source if self.is_read else RECALLED + self.source


_RULES = (
    Rule(
        "dominant_10",
        "at least 10 % of the specimen's vector-marked copies, with a probability of at least 0.95",
        PROBABILITY,
        f"{_OWN} (probability from the interval; 10 % is a convention)",
    ),
    Rule(
        "dominant_20",
        "at least 20 % of the specimen's vector-marked copies, with a probability of at least 0.95",
        PROBABILITY,
        f"{_OWN} on the 20 % of others: {_REPORT}",
    ),
    Rule(
        "dominant_30",
        "at least 30 % of the specimen's vector-marked copies, with a probability of at least 0.95",
        PROBABILITY,
        "trial sponsors' rule: at least 30 % once",
        is_read=False,
    ),
    Rule(
        "repeated_20",
        "the estimate is at least 20 % in two consecutive specimens of the same tissue and cell type; "
        "the value is the smaller one",
        0.20,
        "trial sponsors' rule: at least 20 % twice",
        is_read=False,
    ),
    Rule(
        "cannot_exclude_20",
        "below 20 %, but the specimen is too small to exclude 20 %; the value is the upper limit",
        0.20,
        _OWN,
    ),
    Rule(
        "reported_20",
        "the estimate is at least 20 % from at least 50 cells (preset inspiired)",
        0.20,
        _REPORT,
    ),
    Rule(
        "near_known_event",
        "the clone's site lies in or near the gene of a published event; the value is the distance in bp",
        None,
        "the event's references in the bundled list of known events (read)",
    ),
    Rule(
        "near_unverified_event",
        "as near_known_event, but the event's reference was not read for the list; never raises a tier",
        None,
        "the bundled list of known events; reference not read",
        is_read=False,
    ),
    Rule(
        "not_evaluable",
        "the specimen has too few fragments to say anything about clone sizes; the value is their number",
        None,
        f"{_OWN}; INSPIIRED's report also asks for at least 50 inferred cells (read)",
    ),
    Rule(
        "low_power",
        "the specimen has too few fragments to settle whether a clone passes 20 %; the value is the count",
        None,
        f"{_OWN} (power of the 20 % rule)",
    ),
    Rule(
        "control_has_sites",
        "a control (ntc, untransduced) has sites that pass, where none is expected; the value is the count",
        1.0,
        _OWN,
    ),
)

RULES: dict[str, Rule] = {rule.name: rule for rule in _RULES}
"""Every value of `flags.rule`."""

DOMINANCE: tuple[tuple[str, str, float], ...] = (
    ("dominant_10", "p_ge_10", 0.10),
    ("dominant_20", "p_ge_20", 0.20),
    ("dominant_30", "p_ge_30", 0.30),
)
"""Dominance rules with the column of `clones` and the fraction that they are about, smallest first."""


@dataclass(frozen=True)
class Preset:
    """A named choice among the rules about clone sizes; all other rules always apply."""

    meaning: str
    source: str
    size_rules: frozenset[str]


PRESETS: dict[str, Preset] = {
    "default": Preset(
        "probabilities of 10, 20 and 30 %, and 20 % twice",
        f"{_OWN}, with thresholds in use elsewhere",
        frozenset({"dominant_10", "dominant_20", "dominant_30", "repeated_20"}),
    ),
    "inspiired-20": Preset(
        "estimates of at least 20 % from at least 50 cells, beside the probabilities",
        _REPORT,
        frozenset({"dominant_10", "dominant_20", "dominant_30", "reported_20"}),
    ),
    "consecutive-30": Preset(
        "30 % once or 20 % twice",
        f"{RECALLED}rule of trial sponsors",
        frozenset({"dominant_30", "repeated_20"}),
    ),
}
"""Values of `expansion.preset` in the config."""
