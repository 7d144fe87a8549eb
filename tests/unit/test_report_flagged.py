"""Which flagged clones the report shows, in which order, with which tier."""

from dataclasses import replace

import pandas as pd
from report_toy import LMO2, toy_view

from integrasite.io.tables import as_table
from integrasite.model.tables import FLAGS
from integrasite.report.flagged import flagged_clones, specimen_flags
from integrasite.report.genes import genes
from integrasite.report.view import View


def with_flag(**cells: object) -> View:
    view = toy_view()
    row = view.tables.flags[view.tables.flags["rule"] == "dominant_20"].assign(**cells)
    return replace(
        view, tables=replace(view.tables, flags=as_table(pd.concat([view.tables.flags, row]), FLAGS))
    )


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
    assert any("indeterminate: retest" in cell.text for cell in genes(view).blocks[0].rows[0])


def test_a_flag_without_its_clone_is_still_shown():
    view = with_flag(site_id="chr1:5:+")
    assert "chr1:5:+ in P1 M12 PB T cells" in genes(view).answer


def test_findings_about_specimens_stand_apart():
    assert [flag["rule"] for flag in specimen_flags(toy_view())] == ["low_power", "not_evaluable"]


def test_rows_of_tier_5_are_counted_not_listed():
    grid = genes(toy_view()).blocks[0]
    assert len(grid.rows) == 3 and "30 rows of tier 5" in grid.note
