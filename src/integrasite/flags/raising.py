"""Apply the rules to a run's tables."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from integrasite.annotate.known_events import UNVERIFIED, event_level
from integrasite.config.calling import Calling
from integrasite.errors import ConfigError
from integrasite.flags.clone_facts import CloneFacts, collect_clones
from integrasite.flags.evidence import event_words, gene_words, percent, size_words
from integrasite.flags.rules import DOMINANCE, PRESETS, PROBABILITY, RULES
from integrasite.flags.specimens import Specimen, collect_specimens, specimen_flags
from integrasite.flags.tiers import Evidence, tier
from integrasite.io.tables import as_table
from integrasite.model.library import Library
from integrasite.model.tables import FLAGS

Flag = dict[str, Any]
_LEVELS = {"dominant_10": 2, "reported_20": 2, "dominant_20": 3, "repeated_20": 3, "dominant_30": 4}


def raise_flags(
    clones: pd.DataFrame,
    annotation: pd.DataFrame,
    diversity: pd.DataFrame,
    libraries: Sequence[Library],
    calling: Calling,
    preset: str = "default",
) -> pd.DataFrame:
    """Find what deserves a second look.

    Args:
        clones: the table `clones`.
        annotation: the table `annotation` of the clones' sites.
        diversity: the table `diversity`; a specimen that it lacks is not evaluable.
        libraries: the sheet's rows; they say which specimens exist and which are controls.
        calling: thresholds.
        preset: a key of `rules.PRESETS`.

    Returns:
        The table `flags`: one row per specimen, site and rule; `site_id` is empty for rules about a whole
        specimen, and `tier` is empty where a rule grades no clone or the data cannot settle it.

    Raises:
        ConfigError: if the preset does not exist.
    """
    if preset not in PRESETS:
        raise ConfigError(
            f"config, expansion.preset: {preset!r} is not a preset (known: {', '.join(PRESETS)}); "
            "name one of them"
        )
    specimens = collect_specimens(libraries, diversity, calling)
    flags: list[Flag] = list(specimen_flags(specimens.values(), clones, calling))
    for clone in collect_clones(clones, annotation, specimens):
        flags += _clone_flags(clone, specimens[clone.key], calling, PRESETS[preset].size_rules)
    frame = pd.DataFrame(flags, columns=list(FLAGS.columns))
    frame = frame.drop_duplicates(list(FLAGS.key), ignore_index=True)
    return as_table(frame, FLAGS)


def _clone_flags(
    clone: CloneFacts, specimen: Specimen, calling: Calling, size_rules: Iterable[str]
) -> list[Flag]:
    sizes = _size_flags(clone, specimen, size_rules)
    dominance = max((_LEVELS.get(flag["rule"], 0) for flag in sizes), default=0)
    found = replace(_event_evidence(clone), dominance=dominance)
    for flag in sizes:
        grade = tier(replace(found, dominance=_LEVELS.get(flag["rule"], dominance)))
        flag["tier"] = None if flag["rule"] == "cannot_exclude_20" and grade > 3 else grade
    return sizes + _event_flags(clone, found, calling)


def _size_flags(clone: CloneFacts, specimen: Specimen, size_rules: Iterable[str]) -> list[Flag]:
    if not specimen.is_evaluable or clone.row["estimator"] == "ccf":
        return []
    flags = [flag for flag in (_dominance_flag(clone, *rule) for rule in DOMINANCE) if flag]
    flags += _point_flags(clone)
    flags = [flag for flag in flags if flag["rule"] in size_rules]
    return flags + _undecided_flags(clone, specimen)


def _dominance_flag(clone: CloneFacts, rule: str, column: str, fraction: float) -> Flag | None:
    probability = clone.number(column)
    if probability is None or probability < PROBABILITY:
        return None
    words = f"{size_words(clone.row)}; probability of at least {percent(fraction)}: {probability:.3g}"
    return _flag(clone, rule, probability, RULES[rule].threshold, words + gene_words(clone.row))


def _point_flags(clone: CloneFacts) -> list[Flag]:
    fraction, cells = clone.number("fraction"), clone.number("cells")
    flags = []
    if fraction is not None and fraction >= 0.20 and cells is not None and cells >= 50:
        words = f"{size_words(clone.row)}; {cells:.4g} estimated cells"
        flags.append(_flag(clone, "reported_20", fraction, 0.20, words))
    if clone.repeated is not None:
        name, other = clone.repeated
        words = f"{size_words(clone.row)}; {percent(other)} in the neighbouring specimen {name}"
        flags.append(_flag(clone, "repeated_20", min(other, fraction or other), 0.20, words))
    return flags


def _undecided_flags(clone: CloneFacts, specimen: Specimen) -> list[Flag]:
    fraction, high = clone.number("fraction"), clone.number("fraction_high")
    if (
        specimen.evaluable != "low_power"
        or fraction is None
        or high is None
        or fraction >= 0.20
        or high < 0.20
    ):
        return []
    words = (
        f"{size_words(clone.row)}; the specimen has only {specimen.n_fragments:,} fragments, "
        "so that 20 % cannot be excluded; retest"
    )
    return [_flag(clone, "cannot_exclude_20", high, 0.20, words)]


def _event_evidence(clone: CloneFacts) -> Evidence:
    """The strongest verified event near the site; unverified ones never count."""
    levels = [
        Evidence(event=event_level(label), proximity=2 if fit == "fits" else 1)
        for _, label, fit in clone.events
        if event_level(label)
    ]
    best = max(
        levels, key=lambda found: (found.proximity == 2 and found.event >= 2, found.event), default=Evidence()
    )
    return replace(best, is_quantified_twice=clone.n_quantified >= 2)


def _event_flags(clone: CloneFacts, found: Evidence, calling: Calling) -> list[Flag]:
    flags = []
    for verified in (True, False):
        events = [event for event in clone.events if event[1].endswith(UNVERIFIED) is not verified]
        if not events:
            continue
        rule = "near_known_event" if verified else "near_unverified_event"
        distances = [clone.distance_to(symbol) for symbol, _, _ in events]
        known = [distance for distance in distances if distance is not None]
        words = [
            event_words(*event, distance, calling.known_event_window)
            for event, distance in zip(events, distances, strict=True)
        ]
        words.append(size_words(clone.row))
        flag = _flag(clone, rule, min(known, default=None), calling.known_event_window, "; ".join(words))
        flag["tier"] = tier(found) if verified else 5
        flags.append(flag)
    return flags


def _flag(clone: CloneFacts, rule: str, value: float | None, threshold: float | None, words: str) -> Flag:
    subject, specimen = clone.key
    return {
        "subject": subject,
        "specimen": specimen,
        "site_id": clone.row["site_id"],
        "rule": rule,
        "tier": None,
        "value": value,
        "threshold": threshold,
        "evidence": words[:1].upper() + words[1:] + ".",
        "source": RULES[rule].cited,
    }
