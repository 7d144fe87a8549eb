"""Which flagged clones the report shows, in which order, with which tier."""

from dataclasses import replace

import pandas as pd
from report_toy import LMO2, toy_view

from integrasite.flags.tiers import TIERS
from integrasite.io.tables import as_table
from integrasite.model.tables import FLAGS
from integrasite.report.blocks import Grid, Notes
from integrasite.report.definitions import LIMITATIONS
from integrasite.report.flagged import flagged_clones, specimen_flags
from integrasite.report.genes import genes
from integrasite.report.view import View


def with_flag(**cells: object) -> View:
    view = toy_view()
    row = view.tables.flags[view.tables.flags["rule"] == "dominant_20"].assign(**cells)
    return replace(
        view, tables=replace(view.tables, flags=as_table(pd.concat([view.tables.flags, row]), FLAGS))
    )


def flag_grid(view: View) -> Grid:
    return next(block for block in genes(view).blocks if isinstance(block, Grid) and block.id == "flags")


def test_of_the_dominance_rules_only_the_largest_is_shown():
    first = flagged_clones(toy_view())[0]
    assert (first.flags[0]["site_id"], first.flags[0]["specimen"], first.tier) == (LMO2, "P1_M12_PB", 1)
    assert [flag["rule"] for flag in first.flags] == ["dominant_20", "near_known_event", "persistent_10"]


def test_strongest_tiers_come_first():
    tiers = [one.tier for one in flagged_clones(toy_view())]
    assert tiers == sorted(tiers) and tiers[:3] == [1, 2, 3]


def test_what_cannot_be_settled_comes_before_all():
    site = "chr2:1039353:-"
    view = with_flag(subject="P1", specimen="P1_M6_PB", site_id=site, rule="cannot_exclude_20", tier=pd.NA)
    first = flagged_clones(view)[0]
    assert first.flags[0]["site_id"] == site and first.is_undecided
    assert "1 clone cannot be settled" in genes(view).answer
    assert any("indeterminate: retest" in cell.text for cell in flag_grid(view).rows[0])


def test_a_flag_without_its_clone_is_still_shown():
    view = with_flag(site_id="chr1:5:+")
    assert "chr1:5:+ in P1 M12 PB T cells" in genes(view).answer


def test_findings_about_specimens_stand_apart():
    assert [flag["rule"] for flag in specimen_flags(toy_view())] == ["low_power", "not_evaluable"]


def test_rows_of_tier_5_are_counted_not_listed():
    grid = flag_grid(toy_view())
    assert len(grid.rows) == 3 and "30 rows of tier 5" in grid.note


def test_of_the_persistence_rules_only_the_largest_is_shown():
    view = toy_view()
    kept = view.tables.flags[view.tables.flags["rule"] == "persistent_10"]
    more = [kept.assign(rule=f"persistent_{percent}", tier=3) for percent in (20, 30)]
    flags = as_table(pd.concat([view.tables.flags, *more]), FLAGS)
    first = flagged_clones(replace(view, tables=replace(view.tables, flags=flags)))[0]
    assert [flag["rule"] for flag in first.flags] == ["dominant_20", "near_known_event", "persistent_30"]


def test_codes_stand_before_the_evidence():
    row = flag_grid(toy_view()).rows[0]
    assert row[5].text.startswith("A3(0.312) G")
    assert "\ndominant_20: " in row[5].text


def test_a_tier_that_is_left_open_keeps_its_wording():
    view = toy_view()
    flags = view.tables.flags.assign(quality="contamination_ambiguous")
    view = replace(view, tables=replace(view.tables, flags=flags))
    first = flagged_clones(view)[0]
    assert first.tier == 1
    assert first.advice == "indeterminate: retest (contamination ambiguous); " + TIERS[1]
    assert flag_grid(view).rows[0][1].text == first.advice


def test_the_page_says_how_to_read_codes_and_what_flags_do_not_say():
    notes = " ".join(
        line for block in genes(toy_view()).blocks if isinstance(block, Notes) for line in block.items
    )
    assert "A: size." in notes and "Missing data never makes a tier weaker" in notes
    said = " ".join(LIMITATIONS)
    for words in (
        "Research use only",
        "not a diagnosis",
        "No cause is claimed",
        "passenger",
        "does not exclude a risk below the limit of detection",
        "tissue and cells that were not tested",
        "vector-marked copies, not of all cells",
        "Somatic mutations are not seen",
        "Gene lists are incomplete and dated",
    ):
        assert words in said
