"""Apply the rules to a run's tables."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from integrasite.analyse.growth import DOUBLING
from integrasite.annotate.known_events import UNVERIFIED
from integrasite.config.calling import Calling
from integrasite.errors import ConfigError
from integrasite.flags.clone_facts import REPEATED_FRACTION, CloneFacts, Context, collect_clones
from integrasite.flags.codes import QUALITY, describe, doubts, fatal
from integrasite.flags.due import due_flags
from integrasite.flags.evidence import event_words, gene_words, percent, size_words
from integrasite.flags.growth import collect_growth, collect_outliers, collect_tested
from integrasite.flags.known import gather_event_evidence
from integrasite.flags.lineages import LYMPHOID
from integrasite.flags.recurrence import FALSE_DISCOVERY, Recurrence, collect_recurrence
from integrasite.flags.rules import (
    DOMINANCE,
    EVALUABLE_CELLS,
    GROWING_FRACTION,
    PERSISTENCE,
    PRESETS,
    PROBABILITY,
    RULES,
)
from integrasite.flags.specimens import Key, Specimen, collect_specimens, specimen_flags
from integrasite.flags.tiers import Evidence, tier
from integrasite.io.tables import as_table
from integrasite.model.library import Library
from integrasite.model.tables import FLAGS

Flag = dict[str, Any]
_LEVELS = {
    "dominant_10": 2, "persistent_10": 2, "outlier": 2, "reported_20": 2, "dominant_20": 3, "persistent_20": 3,
    "repeated_20": 3, "dominant_30": 4, "persistent_30": 4,
}  # fmt: skip
_UNSETTLED = ("cannot_exclude_20", "cannot_exclude_30")


@dataclass(frozen=True)
class OtherTables:
    """Tables that may be missing; what rests on them is then not looked for, and the codes say so.

    Args:
        tracking: `tracking`, for growth.
        outliers: `outliers`.
        expanded: `tests/expanded_clone_enrichment`.
        common_sites: `tests/common_sites`.
        contamination: `contamination`, for sites whose origin is open.
        recurrence: what `collect_recurrence` makes of the two tables of genes, where many subjects share it.
    """

    tracking: pd.DataFrame | None = None
    outliers: pd.DataFrame | None = None
    expanded: pd.DataFrame | None = None
    common_sites: pd.DataFrame | None = None
    contamination: pd.DataFrame | None = None
    recurrence: Recurrence | None = None


def raise_flags(
    clones: pd.DataFrame,
    annotation: pd.DataFrame,
    diversity: pd.DataFrame,
    libraries: Sequence[Library],
    calling: Calling,
    preset: str = "default",
    product: str = "unknown",
    other: OtherTables | None = None,
) -> pd.DataFrame:
    """Find what deserves a second look.

    Args:
        clones: the table `clones`.
        annotation: the table `annotation` of the clones' sites.
        diversity: the table `diversity`; a specimen that it lacks is not evaluable.
        libraries: the sheet's rows; they say which specimens exist and which are controls.
        calling: thresholds.
        preset: a key of `rules.PRESETS`.
        product: `expansion.product` of the config; only with `hsc` is a clone of lymphoid cells alone graded one tier weaker.
        other: tables that may be missing.

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
    other = other or OtherTables()
    specimens = collect_specimens(libraries, diversity, calling)
    rules = PRESETS[preset].size_rules
    flags: list[Flag] = list(specimen_flags(specimens.values(), clones, calling))
    context = Context(
        collect_growth(clones, other.tracking, specimens),
        collect_tested(other.tracking),
        collect_outliers(other.outliers),
        other.recurrence or collect_recurrence(other.expanded, other.common_sites),
        _ambiguous(other.contamination),
    )
    stem_cells = _of_stem_cells(specimens, product)
    for clone in collect_clones(clones, annotation, specimens, context):
        flags += _clone_flags(clone, specimens[clone.key], calling, rules, clone.key[0] in stem_cells)
    flags += [flag for flag in due_flags(specimens, flags, calling) if flag["rule"] in rules]
    frame = pd.DataFrame(flags, columns=list(FLAGS.columns))
    # of two rows of one site (two vectors) the one that is graded more strongly is kept, whatever the rows' order
    order = ["tier", "codes", "evidence"]
    frame = frame.sort_values(order, kind="stable", na_position="last", key=_comparable)
    frame = frame.drop_duplicates(list(FLAGS.key), ignore_index=True)
    return as_table(frame, FLAGS)


def _comparable(column: "pd.Series[Any]") -> "pd.Series[Any]":
    return pd.to_numeric(column) if column.name == "tier" else column.astype(str)


def _ambiguous(contamination: pd.DataFrame | None) -> frozenset[tuple[str, str]]:
    if contamination is None:
        return frozenset()
    rows = contamination[contamination["call"] == "ambiguous"]
    return frozenset(zip(rows["subject"], rows["site_id"], strict=True))


def _of_stem_cells(specimens: Mapping[Key, Specimen], product: str) -> set[str]:
    """Subjects who got stem cells: the config says so, and no product of theirs in the sheet is lymphoid."""
    if product != "hsc":
        return set()
    treated = {one.key[0] for one in specimens.values() if one.role == "product" and one.cells_of in LYMPHOID}
    return {subject for subject, _ in specimens} - treated


def _clone_flags(
    clone: CloneFacts,
    specimen: Specimen,
    calling: Calling,
    size_rules: Collection[str],
    is_of_stem_cells: bool,
) -> list[Flag]:
    sizes = _size_flags(clone, specimen, size_rules, calling.outlier_q)
    dominance = max((_LEVELS.get(flag["rule"], 0) for flag in sizes), default=0)
    found, symbols = gather_event_evidence(clone)
    found = replace(
        found,
        dominance=dominance,
        growth=clone.growth.level,
        is_percent=clone.growth.last_fraction >= GROWING_FRACTION,
        is_top=clone.is_top,
        is_lymphoid=clone.breadth.level == 1 and is_of_stem_cells,
        is_falling=clone.fall is not None,
        is_fifth=(clone.number("fraction") or 0.0) >= REPEATED_FRACTION,
    )
    for flag in sizes:
        grade = tier(found, _LEVELS.get(flag["rule"], dominance))
        flag["tier"] = None if flag["rule"] in _UNSETTLED and grade > 3 else grade
    flags = sizes + _event_flags(clone, found, calling)
    words = doubts(clone, specimen)
    codes = describe(clone, specimen, found, symbols, words)
    for flag in flags:
        open_by = fatal(found, _LEVELS.get(flag["rule"], dominance), words)
        flag |= {"codes": codes, "quality": ",".join(open_by)}
        flag["evidence"] += "".join(f" {note}" for note in _notes(clone, found, open_by))
    return flags


def _notes(clone: CloneFacts, found: Evidence, open_by: Sequence[str]) -> Iterator[str]:
    """What else the reader must know of a clone: course, lineages, doubts."""
    if clone.fall is not None and found.growth < 1:
        yield f"Declined: {clone.fall.words}."
    if clone.breadth.words:
        yield f"{clone.breadth.words[:1].upper()}{clone.breadth.words[1:]}."
    if open_by:
        yield f"Indeterminate, retest: {'; '.join(QUALITY[word] for word in open_by)}."


def _size_flags(
    clone: CloneFacts, specimen: Specimen, size_rules: Collection[str], outlier_q: float
) -> list[Flag]:
    if not specimen.is_evaluable or clone.row["estimator"] == "ccf":
        return []
    flags = [flag for flag in (_dominance_flag(clone, *rule) for rule in DOMINANCE) if flag]
    flags += [flag for flag in (_persistence_flag(clone, *rule) for rule in PERSISTENCE) if flag]
    flags += _point_flags(clone, specimen)
    flags = [flag for flag in flags if flag["rule"] in size_rules]
    found = [*_undecided_flags(clone, specimen), *_course_flags(clone, outlier_q), *_gene_flags(clone)]
    return flags + found


def _gene_flags(clone: CloneFacts) -> list[Flag]:
    """One of the specimen's largest clones, in a gene where expanded clones gather."""
    finding = clone.finding
    if finding is None or finding.level < 2 or not clone.is_top:
        return []
    words = f"{size_words(clone.row)}; among the largest clones of the specimen; {finding.words}"
    return [_flag(clone, "expanded_gene", finding.q, FALSE_DISCOVERY, words)]


def _course_flags(clone: CloneFacts, outlier_q: float) -> list[Flag]:
    """Growth, at the last time point, and being an outlier."""
    flags, growth = [], clone.growth
    if growth.rule and clone.key[1] in growth.specimens:
        threshold = DOUBLING if growth.level == 2 else None
        words = f"{size_words(clone.row)}; {growth.words}{gene_words(clone.row)}"
        flags.append(_flag(clone, growth.rule, growth.value, threshold, words))
    if clone.outlier_q is not None:
        words = (
            f"{size_words(clone.row)}; too large for the specimen's other clones (q {clone.outlier_q:.2g})"
        )
        flags.append(_flag(clone, "outlier", clone.outlier_q, outlier_q, words + gene_words(clone.row)))
    return flags


def _persistence_flag(clone: CloneFacts, rule: str, column: str, fraction: float) -> Flag | None:
    here = clone.number(column)
    if here is None or column not in clone.persistent:
        return None
    name, there = clone.persistent[column]
    if min(here, there) < PROBABILITY:
        return None
    words = f"{size_words(clone.row)}; probability of at least {percent(fraction)}: {here:.3g}, and {there:.3g} in {name}"
    return _flag(clone, rule, min(here, there), RULES[rule].threshold, words + gene_words(clone.row))


def _dominance_flag(clone: CloneFacts, rule: str, column: str, fraction: float) -> Flag | None:
    probability = clone.number(column)
    if probability is None or probability < PROBABILITY:
        return None
    words = f"{size_words(clone.row)}; probability of at least {percent(fraction)}: {probability:.3g}"
    return _flag(clone, rule, probability, RULES[rule].threshold, words + gene_words(clone.row))


def _point_flags(clone: CloneFacts, specimen: Specimen) -> list[Flag]:
    fraction = clone.number("fraction")
    flags = []
    if fraction is not None and fraction >= 0.20 and specimen.cells >= EVALUABLE_CELLS:
        words = f"{size_words(clone.row)}; {specimen.cells:.4g} estimated cells in the specimen"
        flags.append(_flag(clone, "reported_20", fraction, 0.20, words))
    if clone.repeated is not None:
        name, other = clone.repeated
        words = f"{size_words(clone.row)}; {percent(other)} in the neighbouring specimen {name}"
        flags.append(_flag(clone, "repeated_20", min(other, fraction or other), 0.20, words))
    return flags


def _undecided_flags(clone: CloneFacts, specimen: Specimen) -> list[Flag]:
    """Sizes that a specimen of low power leaves open; not for 10 %, which two of fifty fragments leave open already."""
    fraction, high = clone.number("fraction"), clone.number("fraction_high")
    if specimen.evaluable != "low_power" or fraction is None or high is None:
        return []
    flags = []
    for rule in _UNSETTLED:
        limit = RULES[rule].threshold
        if limit is not None and fraction < limit <= high:
            words = (
                f"{size_words(clone.row)}; the specimen has only {specimen.n_fragments:,} fragments, "
                f"so that {percent(limit)} cannot be excluded; retest"
            )
            flags.append(_flag(clone, rule, high, limit, words))
    return flags


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
        "codes": "",
        "quality": "",
    }
