"""Rules, tiers and the sentences behind them."""

from pathlib import Path

import pandas as pd
import pytest

from integrasite.annotate.known_events import EVENT_CLASSES, MODES
from integrasite.config.calling import Calling
from integrasite.errors import ConfigError
from integrasite.flags.raising import raise_flags
from integrasite.flags.rules import PRESETS, RULES
from integrasite.flags.tiers import TIERS, Evidence, tier
from integrasite.io.tables import as_table
from integrasite.model import tables
from integrasite.model.fates import FATES
from integrasite.model.library import Library
from integrasite.model.tables import ANNOTATION, CLONES, DIVERSITY, FLAGS

DOCS = Path(__file__).parents[2] / "docs" / "output.md"
PLAIN = {"site_id": "s1", "gene": "GENE", "in_gene": True}
LMO2 = {
    **PLAIN,
    "known_event": "LMO2",
    "event_class": "malignant",
    "expected_geometry": "fits",
    "nearest_cancer_gene": "LMO2",
    "cancer_gene_distance": 1234,
}


def clone(**cells: object) -> dict[str, object]:
    base = {
        "subject": "p1", "specimen": "p1.M6", "site_id": "s1", "contig": "chr1", "position": 10,
        "strand": "+", "vector": "v", "placement": "unique", "n_fragments": 400, "cells": 450.0,
        "n_replicates": 3, "fraction": 0.01, "fraction_low": 0.005, "fraction_high": 0.02,
        "p_ge_10": 0.0, "p_ge_20": 0.0, "p_ge_30": 0.0, "estimator": "sonic",
        "saturated": False, "status": "pass",
    }  # fmt: skip
    return {**base, **cells}


def specimen(name: str = "p1.M6", **cells: object) -> dict[str, object]:
    base = {"subject": "p1", "specimen": name, "n_fragments": 1000, "loq": 0.016, "evaluable": "yes"}
    return {**base, **cells}


BIG = {
    "fraction": 0.42,
    "fraction_low": 0.37,
    "fraction_high": 0.47,
    "p_ge_10": 1.0,
    "p_ge_20": 1.0,
    "p_ge_30": 0.999,
}
MIDDLE = {
    "fraction": 0.25,
    "fraction_low": 0.21,
    "fraction_high": 0.29,
    "p_ge_10": 1.0,
    "p_ge_20": 0.98,
    "p_ge_30": 0.01,
}
SMALL = {
    "fraction": 0.13,
    "fraction_low": 0.11,
    "fraction_high": 0.16,
    "p_ge_10": 0.96,
    "p_ge_20": 0.01,
    "p_ge_30": 0.0,
}
SHEET = (Library("l1", "p1", "p1.M6", days=183), Library("l2", "p1", "p1.M12", days=365))


EVALUABLE = (specimen(), specimen("p1.M12"))


def flags(clones, annotation=(PLAIN,), diversity=EVALUABLE, libraries=SHEET, preset="default"):
    table = raise_flags(
        as_table(pd.DataFrame(list(clones), columns=list(CLONES.columns), dtype=object), CLONES),
        as_table(pd.DataFrame(list(annotation), columns=list(ANNOTATION.columns), dtype=object), ANNOTATION),
        as_table(pd.DataFrame(list(diversity), columns=list(DIVERSITY.columns), dtype=object), DIVERSITY),
        libraries,
        Calling(),
        preset,
    )
    assert list(table.columns) == list(FLAGS.columns)
    assert set(table["rule"]) <= set(RULES)
    assert not table.duplicated(list(FLAGS.key)).any()
    return table


def tiers(table: pd.DataFrame) -> dict[str, object]:
    return {
        rule: None if pd.isna(grade) else int(grade)
        for rule, grade in zip(table["rule"], table["tier"], strict=True)
    }


@pytest.mark.parametrize(
    ("size", "annotation", "expected"),
    [
        ({}, PLAIN, {}),
        (SMALL, PLAIN, {"dominant_10": 3}),
        (MIDDLE, PLAIN, {"dominant_10": 3, "dominant_20": 2}),
        (BIG, PLAIN, {"dominant_10": 3, "dominant_20": 2, "dominant_30": 1}),
        ({}, LMO2, {"near_known_event": 4}),  # near an event alone: recorded
        (SMALL, LMO2, {"dominant_10": 2, "near_known_event": 2}),
        (MIDDLE, LMO2, {"dominant_10": 2, "dominant_20": 1, "near_known_event": 1}),
        (
            MIDDLE,
            {**LMO2, "expected_geometry": "does_not_fit"},
            {"dominant_10": 3, "dominant_20": 2, "near_known_event": 2},
        ),
        (SMALL, {**LMO2, "event_class": "expansion-provirus"}, {"dominant_10": 2, "near_known_event": 2}),
        (
            MIDDLE,
            {**LMO2, "event_class": "expansion-provirus"},
            {"dominant_10": 2, "dominant_20": 2, "near_known_event": 2},
        ),
        (
            MIDDLE,
            {**LMO2, "event_class": "malignant (unverified)"},
            {"dominant_10": 3, "dominant_20": 2, "near_unverified_event": 5},
        ),
        (
            MIDDLE,
            {**PLAIN, "lists": "census"},
            {"dominant_10": 3, "dominant_20": 2},
        ),  # a gene list raises nothing
    ],
)
def test_tiers_of_a_clone(size, annotation, expected):
    assert tiers(flags([clone(**size)], [annotation])) == expected


def test_only_passing_clones_raise_flags():
    assert flags([clone(**BIG, status="contamination")], [LMO2]).empty


def test_probability_decides_not_the_estimate():
    assert flags([clone(**{**MIDDLE, "p_ge_20": 0.9499})]).rule.tolist() == ["dominant_10"]
    assert "dominant_20" in flags([clone(**{**MIDDLE, "p_ge_20": 0.95})]).rule.tolist()


def test_too_few_fragments_give_no_size_flag_but_say_so():
    table = flags([clone(**BIG)], [LMO2], [specimen(evaluable="no", n_fragments=49), specimen("p1.M12")])
    assert tiers(table) == {"not_evaluable": None, "near_known_event": 4}
    assert table.set_index("rule").loc["not_evaluable", ["value", "threshold"]].tolist() == [49, 50]


def test_a_specimen_without_a_row_in_diversity_is_not_evaluable():
    table = flags([], diversity=[specimen()])
    assert table[["specimen", "rule", "site_id"]].to_numpy().tolist() == [["p1.M12", "not_evaluable", ""]]


def test_low_power_cannot_exclude_20_percent():
    low = [specimen(evaluable="low_power", n_fragments=120), specimen("p1.M12")]
    unsure = {"fraction": 0.15, "fraction_low": 0.08, "fraction_high": 0.24}
    assert tiers(flags([clone(**unsure)], diversity=low)) == {"low_power": None, "cannot_exclude_20": None}
    assert tiers(flags([clone(**unsure)])) == {}
    assert "cannot_exclude_20" not in tiers(
        flags([clone(**{**unsure, "fraction_high": 0.19})], diversity=low)
    )
    assert "cannot_exclude_20" not in tiers(flags([clone(**{**unsure, "fraction": 0.2})], diversity=low))


def test_where_diversity_does_not_say_the_fragments_decide():
    counts = [specimen(evaluable="", n_fragments=n) for n in (49, 50, 199, 200)]
    rules = [flags([], diversity=[row, specimen("p1.M12")]).rule.tolist() for row in counts]
    assert rules == [["not_evaluable"], ["low_power"], ["low_power"], []]


def test_twenty_percent_twice_is_a_tier_of_its_own():
    unsure = {**MIDDLE, "p_ge_20": 0.8}
    both = [clone(**unsure), clone(**unsure, specimen="p1.M12")]
    assert tiers(flags(both[:1])) == {"dominant_10": 3}
    assert tiers(flags(both))["repeated_20"] == 2
    other_lineage = (SHEET[0], Library("l2", "p1", "p1.M12", days=365, cell_type="T"))
    assert "repeated_20" not in tiers(flags(both, libraries=other_lineage))
    between = Library("l3", "p1", "p1.M9", days=270)
    three = (specimen(), specimen("p1.M9"), specimen("p1.M12"))
    assert "repeated_20" not in tiers(flags(both, diversity=three, libraries=(*SHEET, between)))
    unusable = (specimen(), specimen("p1.M9", evaluable="no"), specimen("p1.M12"))
    assert "repeated_20" in tiers(flags(both, diversity=unusable, libraries=(*SHEET, between)))


def test_an_event_quantified_twice_is_watched():
    both = [clone(fraction=0.02), clone(fraction=0.02, specimen="p1.M12")]
    assert tiers(flags(both, [LMO2])) == {"near_known_event": 3}
    assert tiers(flags(both, [{**LMO2, "expected_geometry": "unknown"}])) == {"near_known_event": 4}
    assert tiers(flags([both[0], clone(fraction=0.01, specimen="p1.M12")], [LMO2])) == {"near_known_event": 4}


def test_verified_and_unverified_genes_at_one_site():
    row = {
        **LMO2,
        "known_event": "LMO2,TET2",
        "event_class": "malignant,benign-expansion (unverified)",
        "expected_geometry": "does_not_fit,fits",
    }
    assert tiers(flags([clone(**MIDDLE)], [row])) == {
        "dominant_10": 3, "dominant_20": 2, "near_known_event": 2, "near_unverified_event": 5,
    }  # fmt: skip


def test_evidence_is_a_sentence_with_the_numbers():
    evidence = flags([clone(**MIDDLE)], [LMO2]).set_index("rule")["evidence"]
    assert evidence["dominant_20"] == (
        "25 % of the vector-marked copies (95 % interval 21 % to 29 %), 400 fragments in 3 replicates; "
        "probability of at least 20 %: 0.98; in GENE."
    )
    assert evidence["near_known_event"].startswith(
        "1,234 bp from LMO2 (published event: malignant); the site lies as"
    )


def test_evidence_names_the_nearest_gene_where_none_contains_the_site():
    evidence = flags([clone(**SMALL)], [{**PLAIN, "in_gene": False}])["evidence"].iloc[0]
    assert evidence.endswith("; nearest gene GENE.")
    assert flags([clone(**SMALL)], []).evidence.iloc[0].endswith("10 %: 0.96.")


def test_evidence_says_when_place_or_size_is_unsure():
    evidence = flags([clone(**MIDDLE, placement="multihit", saturated=True)])["evidence"].iloc[0]
    assert "several places" in evidence
    assert "lower bound" in evidence


def test_controls_with_sites():
    sheet = (*SHEET, Library("n", "ntc", "ntc", role="ntc"), Library("u", "ut", "ut", role="untransduced"))
    row = clone(**BIG, subject="ntc", specimen="ntc", n_fragments=3)
    table = flags([row], [LMO2], libraries=sheet)
    assert table[["subject", "rule", "value", "site_id"]].to_numpy().tolist() == [
        ["ntc", "control_has_sites", 1.0, ""]
    ]
    assert "1 site from 3 fragments" in table["evidence"].iloc[0]


def test_spike_ins_and_cancer_cell_fractions_raise_no_size_flags():
    sheet = (Library("x", "p1", "p1.M6", role="spike-in"),)
    assert flags([clone(**BIG)], libraries=sheet).empty
    assert flags([clone(**BIG, estimator="ccf")]).empty


def test_a_tumours_fraction_is_no_second_size_of_a_clone_in_blood():
    blood, tumour = clone(**MIDDLE), clone(**MIDDLE, specimen="p1.M12", estimator="ccf")
    assert set(flags([blood, clone(**MIDDLE, specimen="p1.M12")], preset="consecutive-30").rule) == {
        "repeated_20"
    }
    assert flags([blood, tumour], preset="consecutive-30").empty
    evidence = flags([tumour], [LMO2])["evidence"].iloc[0]
    assert "of the cells of a tumour sample" in evidence
    assert "Indeterminate" not in evidence


def test_presets():
    both = [clone(**MIDDLE), clone(**MIDDLE, specimen="p1.M12")]
    assert set(flags(both, preset="consecutive-30").rule) == {"repeated_20"}
    assert set(flags(both, preset="inspiired-20").rule) == {"dominant_10", "dominant_20", "reported_20"}
    # the source asks for 50 cells of the sample, not of the clone
    few = [clone(**MIDDLE, cells=25.0)]
    assert "reported_20" in set(flags(few, preset="inspiired-20").rule)
    poor = [specimen(cells=49.0), specimen("p1.M12")]
    assert "reported_20" not in set(flags(few, diversity=poor, preset="inspiired-20").rule)
    with pytest.raises(ConfigError, match="'mine' is not a preset"):
        flags(both, preset="mine")


def test_recalled_sources_are_marked():
    table = flags([clone(**BIG)]).set_index("rule")
    assert table.loc["dominant_30", "source"].startswith("recalled, not checked: ")
    assert not table.loc["dominant_20", "source"].startswith("recalled")


@pytest.mark.parametrize(
    ("evidence", "grade"),
    [
        (Evidence(growth=2, event=4, proximity=2), 1),
        (Evidence(growth=2, event=2), 2),
        (Evidence(growth=2), 3),
        (Evidence(growth=1), 5),
        (Evidence(growth=1, is_percent=True), 3),
        (Evidence(dominance=2, growth=1), 2),
        (Evidence(dominance=3, recurrence=2), 1),
        (Evidence(recurrence=2, is_top=True, proximity=1), 2),
        (Evidence(event=4, proximity=0), 5),
    ],
)
def test_tiers_of_evidence_not_yet_collected(evidence, grade):
    assert tier(evidence) == grade


def test_more_evidence_never_lowers_a_tier():
    for dominance in range(5):
        for event in range(5):
            for proximity in range(3):
                less = Evidence(dominance=dominance, event=event, proximity=proximity)
                more = Evidence(
                    min(dominance + 1, 4), event=min(event + 1, 4), proximity=min(proximity + 1, 2)
                )
                assert tier(more) <= tier(less)
                assert tier(less) <= tier(less.without_gene())


def words(heading: str) -> set[str]:
    text = DOCS.read_text("utf-8")
    rows = text.split(f"\n| {heading} |")[-1].split("\n\n", 1)[0].splitlines()
    return {
        word for row in rows[2:] for word in row.split("|")[1].replace("`", "").replace(" ", "").split(",")
    }


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("fate", {fate.word for fate in FATES}),
        ("rule | raised when", set(RULES)),
        ("`event_class` | meaning", set(EVENT_CLASSES)),
        ("mode", set(MODES)),
        ("tier | wording", {str(grade) for grade in TIERS}),
    ],
)
def test_the_user_document_lists_every_word(heading, expected):
    assert words(heading) == expected


@pytest.mark.parametrize(
    "name", ["SITES", "CLONES", "ANNOTATION", "DIVERSITY", "FLAGS", "LEDGER", "MULTIHITS"]
)
def test_the_user_document_lists_every_column(name):
    table = getattr(tables, name)
    section = DOCS.read_text("utf-8").split(f"\n## `{table.name}.tsv", 1)[1].split("\n## ", 1)[0]
    described = {
        word.strip(" `")
        for row in section.splitlines()
        if row.startswith("| `")
        for word in row.split("|")[1].split(",")
    }
    assert set(table.columns) <= described


def test_the_user_document_names_every_preset_and_meaning():
    text = DOCS.read_text("utf-8")
    assert all(f"`{name}`" in text for name in PRESETS)
    assert all(info.meaning in text.replace("`", "") for info in EVENT_CLASSES.values())
    assert all(info.meaning.replace("`", "") in text.replace("`", "") for info in FATES.values())


def test_the_config_allows_exactly_the_presets_there_are():
    from typing import get_args

    from integrasite.config.settings import Expansion
    from integrasite.flags.rules import PRESETS

    assert set(get_args(Expansion.model_fields["preset"].annotation)) == set(PRESETS)
