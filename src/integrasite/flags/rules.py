"""Every rule that can raise a flag: what it means, from where on it holds, and whose rule it is."""

from dataclasses import dataclass

PROBABILITY = 0.95
"""A clone is said to reach a fraction when the probability of that, given the data, is at least this."""
EVALUABLE_CELLS = 50
"""Inferred cells of a specimen that the INSPIIRED rule asks for."""
GROWING_FRACTION = 0.01
"""Fraction that a clone must reach at the last time point for its growth to raise a flag (a convention)."""
OUTLIER_FRACTION = 0.05
"""Fraction from which an outlier raises a flag: among many tiny clones it is no danger yet (a convention)."""
ANALYSIS_VCN = 0.01
"""Vector copies per genome that ask for an analysis of sites: 1 % of the cells, with one copy each (recalled)."""

RECALLED = "recalled, not checked: "
_OWN = "integrasite's own rule"
_REPORT = (
    "INSPIIRED's subject report lists clones of at least 20 % in samples of at least 50 inferred cells (read)"
)
_FDA = (
    "FDA guidance on long-term follow-up 2020 (sites from 1 % vector-positive cells on; again within about 3 months "
    "after a predominant or persistent clone); what is predominant or persistent is integrasite's own"
)


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
    *(
        Rule(
            f"persistent_{percent}",
            f"at least {percent} %, with a probability of at least 0.95, here and in the nearest evaluable specimen of "
            "the same tissue and cell type that is at least 28 days away (calling.persistence_min_days); the value is "
            "the smaller probability",
            PROBABILITY,
            f"{_OWN} (28 days are a convention)",
        )
        for percent in (10, 20, 30)
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
        "cannot_exclude_30",
        "below 30 %, but the specimen is too small to exclude 30 %; the value is the upper limit",
        0.30,
        _OWN,
    ),
    Rule(
        "growing",
        "the clone grows against the others of its tissue and cell type, by a reliable model and certainly by more than "
        "a doubling per year, and certainly makes up 1 % at the last evaluable time point; the value is the lower limit "
        "of growth above the others, per year",
        None,
        f"{_OWN} (tracking.tsv)",
    ),
    Rule(
        "grew",
        "the clone grows (status in tracking.tsv) but not as `growing` asks; of at least three evaluable time points, the "
        "lower limit of its fraction at the last exceeds the upper limit at the first; and it makes up 1 % at the last; "
        "the value is the lower limit at the last",
        None,
        f"{_OWN} (tracking.tsv)",
    ),
    Rule(
        "outlier",
        "too large for the other clones of the specimen, and at least 5 % of it; the value is q",
        None,
        f"{_OWN} (outliers.tsv)",
    ),
    Rule(
        "expanded_gene",
        "the clone is among the largest 1 % of the specimen and can be quantified, and its site lies in a gene where "
        "expanded clones gather (at least 2 subjects or 3 clones, not by its largest clone alone); the value is q of the gene",
        0.05,
        f"{_OWN} (tests/expanded_clone_enrichment.tsv)",
    ),
    Rule(
        "reported_20",
        "the estimate is at least 20 %, in a specimen of at least 50 estimated cells (preset inspiired-20)",
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
        "analysis_required",
        "the patient's specimen has a vector copy number of at least 0.01 (1 % of the cells, with one copy each), and its "
        "integration sites could not be evaluated; the value is the copy number (preset fda-ltfu-2020)",
        None,
        _FDA,
        is_read=False,
    ),
    Rule(
        "repeat_due",
        "a clone is predominant (20 %) or persistent (10 %), and the sheet has neither an evaluable specimen of the same "
        "tissue and cell type within about 3 months (calling.repeat_days) nor any later one; the value is the day after infusion "
        "by which one is asked for, empty where the sheet gives no day (preset fda-ltfu-2020)",
        None,
        _FDA,
        is_read=False,
    ),
    Rule(
        "repeat_overdue",
        "after such a clone, the sheet has later specimens of the same tissue and cell type, but no evaluable one within about "
        "3 months; the value is the number of days to the next evaluable one, or to the last specimen where none is (preset "
        "fda-ltfu-2020)",
        None,
        _FDA,
        is_read=False,
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

PERSISTENCE: tuple[tuple[str, str, float], ...] = tuple(
    (rule.replace("dominant", "persistent"), column, fraction) for rule, column, fraction in DOMINANCE
)
"""The same for persistence."""
_DOMINANT = frozenset(rule for rule, _, _ in DOMINANCE)
_PERSISTENT = frozenset(rule for rule, _, _ in PERSISTENCE)


@dataclass(frozen=True)
class Preset:
    """A named choice among the rules about clone sizes and what follows from them; all other rules always apply."""

    meaning: str
    source: str
    size_rules: frozenset[str]


PRESETS: dict[str, Preset] = {
    "default": Preset(
        "probabilities of 10, 20 and 30 %, once or persistently, and 20 % twice",
        f"{_OWN}, with thresholds in use elsewhere",
        _DOMINANT | _PERSISTENT | {"repeated_20"},
    ),
    "fda-ltfu-2020": Preset(
        "as default, and analyses that are missing, due or overdue",
        RECALLED + _FDA,
        _DOMINANT | _PERSISTENT | {"repeated_20", "analysis_required", "repeat_due", "repeat_overdue"},
    ),
    "inspiired-20": Preset(
        "estimates of at least 20 % in specimens of at least 50 cells, beside the probabilities",
        _REPORT,
        _DOMINANT | {"reported_20"},
    ),
    "consecutive-30": Preset(
        "30 % once or 20 % twice",
        f"{RECALLED}rule of trial sponsors",
        frozenset({"dominant_30", "repeated_20"}),
    ),
}
"""Values of `expansion.preset` in the config."""
