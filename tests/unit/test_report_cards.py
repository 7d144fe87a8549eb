"""Cards of single clones: which clones have one, what it says, and that every link to it arrives."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_toy import CLUSTER, EVIL, LMO2, PROVENANCE, empty_tables, toy_study, toy_tables, toy_view
from test_report_page import Page, with_evil_names

from integrasite.io.tables import as_table
from integrasite.model.tables import CONTAMINATION, SAME_COURSE
from integrasite.report.blocks import CloneCard, Grid, State
from integrasite.report.card_facts import geometry_words
from integrasite.report.carded import MOST_CARDS, TOP_CARDS, card_anchor
from integrasite.report.clone_cards import clone_cards
from integrasite.report.link_outs import assembly_of, link_outs
from integrasite.report.names import page_name
from integrasite.report.page import render_page
from integrasite.report.view import View, make_view


def cards_of(view: View) -> dict[str, CloneCard]:
    return {block.id: block for block in clone_cards(view).blocks if isinstance(block, CloneCard)}


def lmo2(view: View) -> CloneCard:
    return cards_of(view)[card_anchor("P1", LMO2)]


def test_flagged_and_largest_clones_have_a_card():
    view = toy_view("P1")
    found = cards_of(view)
    assert TOP_CARDS <= len(found) <= MOST_CARDS
    assert [card.is_open for card in found.values()] == sorted(
        (card.is_open for card in found.values()), reverse=True
    )
    top = view.sized.sort_values("fraction", ascending=False)["site_id"].drop_duplicates().head(5)
    assert all(card_anchor("P1", site) in found for site in top)
    strong = view.tables.flags[(view.tables.flags["tier"] <= 3) & (view.tables.flags["site_id"] != "")]
    assert {card_anchor("P1", site) for site in strong["site_id"]} <= set(found)


def test_a_card_holds_what_is_known():
    card = lmo2(toy_view("P1"))
    pairs = dict(card.pairs)
    text = card.said.replace("\u00a0", " ")
    assert (
        card.is_open
        and text == "largest in M12 PB T cells: 31.2 % (95 % interval 28.6–33.8 %); flagged, tier 1"
    )
    assert pairs["Site"] == f"{LMO2} in hg38" and pairs["Known event"] == "LMO2: malignant (geometry fits)"
    assert "vector in the gene's direction" in pairs["Geometry"] and "-1204 bp" in pairs["Geometry"]
    assert pairs["Growth"].startswith("PB T cells: growing, 2.31 per year (95 % interval 1.74 to 2.88)")
    assert pairs["Contamination"] == "none found (no other subject has this site)"
    assert any("dominant_20 (tier 1: prompt expert review" in words for words in card.findings)
    assert [row[0].text for row in card.grid.rows] == ["P1_D30_PB", "P1_M6_PB", "P1_M12_PB"]
    assert [row[9].text for row in card.grid.rows] == ["pass"] * 3
    assert "M12 31.2" in card.picture and [text for text, _ in card.places] == ["UCSC", "Ensembl", "IGV"]


def test_a_time_point_without_the_clone_is_not_seen_with_its_limit():
    view = toy_view("P1")
    clones = view.tables.clones
    clones = clones[~((clones["site_id"] == LMO2) & (clones["days"] == 183))]
    card = lmo2(replace(view, tables=replace(view.tables, clones=clones)))
    row = card.grid.rows[1]
    assert row[0].text == "P1_M6_PB" and row[3].text.replace("\u00a0", " ").startswith(
        "not seen (limit 0.28 %)"
    )
    assert "not seen; limit of detection" in card.picture


def test_a_specimen_that_is_not_evaluable_does_not_say_absent():
    view = toy_view("P2")
    for card in cards_of(view).values():
        row = next(row for row in card.grid.rows if row[0].text == "P2_M6_PB")
        assert "limit" not in row[3].text and "not evaluable" in row[9].text
        assert ">M6<" not in card.picture and "M6 (day" not in card.picture


def test_one_time_point_draws_no_course():
    view = toy_view("P1")
    one = [specimen for specimen in view.specimens if specimen.days == 365]
    card = lmo2(replace(view, specimens=one))
    assert card.picture == "" and "insufficient data (1 evaluable time point" in card.picture_words


def test_places_of_a_multihit_are_listed():
    view = toy_view("P1")
    clones = view.tables.clones.copy()
    clones.loc[clones["placement"] == "multihit", "fraction"] = 0.3
    card = cards_of(replace(view, tables=replace(view.tables, clones=clones)))[card_anchor("P1", CLUSTER)]
    pairs = dict(card.pairs)
    assert pairs["Placement"] == f"multihit {CLUSTER}: place uncertain"
    assert pairs["Equally good places"].endswith("(weight 0.50)")


def test_contamination_and_partners_are_said():
    view, calls = toy_view("P1"), toy_view().tables.contamination
    row = calls[calls["call"] == "hop"].assign(site_id=LMO2, subject="P1", sample="P1_M12_PB_r1")
    pair = {
        "subject": "P1",
        "group": 1,
        "site_id": LMO2,
        "other_site_id": "chr9:1:+",
        "n_times": 3,
        "ratio": 1.0,
    }
    tables = replace(
        view.tables,
        contamination=as_table(row, CONTAMINATION),
        same_course=as_table(pd.DataFrame([pair]), SAME_COURSE),
    )
    pairs = dict(lmo2(replace(view, tables=tables)).pairs)
    assert pairs["Contamination"] == "P1_M12_PB_r1: hop, reassigned to donor (also in x)"
    assert pairs["Sites with the same course"] == "chr9:1:+"


def test_with_one_subject_contamination_is_not_tested():
    study = toy_study()
    study = replace(study, libraries=tuple(row for row in study.libraries if row.subject == "P1"))
    view = make_view(study, toy_tables(study), PROVENANCE, "P1")
    assert dict(lmo2(view).pairs)["Contamination"].startswith("not tested")


def test_the_runs_page_says_where_the_cards_are():
    section = clone_cards(toy_view())
    grid = section.blocks[0]
    assert isinstance(grid, Grid)
    assert [row[0].href for row in grid.rows] == [
        "subjects/P1.html#each-clone",
        "subjects/P2.html#each-clone",
    ]
    assert not cards_of(toy_view())


def test_no_clone_gives_words():
    for subject in (None, "P1"):
        section = clone_cards(make_view(toy_study(), empty_tables(), PROVENANCE, subject))
        assert section.state == State.NONE and section.answer.startswith("None found")


@pytest.mark.parametrize("make", [toy_view, lambda: with_evil_names()], ids=["toy", "hostile names"])
def test_every_link_to_a_card_arrives(make):
    whole = make()
    linked: dict[str, set[str]] = {}
    for target in re.findall(r'(?:href|data-card)="(subjects/[^"#]+)#(clone-[0-9a-f]+)"', render_page(whole)):
        linked.setdefault(target[0], set()).add(target[1])
    assert linked
    for subject in whole.subjects:
        view = make_view(whole.study, whole.tables, PROVENANCE, subject)
        ids = set(Page(render_page(view)).ids)
        assert linked.pop(f"subjects/{page_name(subject)}", set()) <= ids
        inside = set(re.findall(r'(?:href|data-card)="#(clone-[0-9a-f]+)"', render_page(view)))
        assert inside and inside <= ids
    assert not linked


def test_no_more_cards_than_the_budget():
    view = toy_view("P1")
    rows = view.tables.clones[view.tables.clones["status"] == "pass"]
    flag = view.tables.flags[view.tables.flags["site_id"] != ""].head(1)
    many = pd.concat(
        [flag.assign(site_id=row.site_id, specimen=row.specimen, tier=4) for row in rows.itertuples()],
        ignore_index=True,
    )
    strong = view.tables.flags[view.tables.flags["site_id"] == LMO2]
    tables = replace(view.tables, flags=pd.concat([many, strong], ignore_index=True))
    found = cards_of(replace(view, tables=tables))
    assert len(found) == MOST_CARDS and next(iter(found)) == card_anchor("P1", LMO2)


def test_hostile_names_stay_text_in_cards():
    whole = with_evil_names()
    view = make_view(whole.study, whole.tables, PROVENANCE, EVIL)
    cards = cards_of(view)
    assert cards and not any("<script" in card.picture or "<img" in card.picture for card in cards.values())
    assert EVIL not in render_page(view)


def test_geometry_is_said_or_said_to_be_unknown():
    assert geometry_words({}) == "not annotated"
    assert geometry_words({"gene": ""}) == "no gene in reach, or not annotated"
    site = {
        "gene": "A,B",
        "in_gene": True,
        "in_exon": False,
        "same_orientation": "true,false",
        "distance_to_tss": "5,-7",
    }
    assert geometry_words(site) == (
        "inside the gene, in no exon; vector in the gene's direction / vector against the gene's direction; "
        "5 / -7 bp from its start of transcription"
    )


@pytest.mark.parametrize(
    ("name", "ucsc"),
    [
        ("hg38", "hg38"),
        ("GRCh38", "hg38"),
        ("GRCh38.p14", "hg38"),
        ("hg19", "hg19"),
        ("GRCh37", "hg19"),
        ("T2T-CHM13v2.0", "hs1"),
        ("hs1", "hs1"),
        ("mm10", "mm10"),
        ("GRCm39", "mm39"),
        ("synthetic", None),
        ("hg380", None),  # no guess from a prefix
        ("hg38-masked-by-us", None),
        ("", None),
    ],
)
def test_only_known_assemblies_are_linked(name: str, ucsc: str | None):
    found = assembly_of(name)
    assert (found.ucsc if found else None) == ucsc


def test_links_name_the_place():
    links = {link.text: link.href for link in link_outs("hg38", "11", 33_880_123)}
    assert links["UCSC"].endswith("?db=hg38&position=chr11:33879623-33880623")
    assert links["Ensembl"] == "https://www.ensembl.org/Homo_sapiens/Location/View?r=11:33879623-33880623"
    assert links["IGV"] == "https://igv.org/app/?genome=hg38&locus=chr11:33879623-33880623"
    assert link_outs("hg38", "chrUn_KI270302v1", 5) == () and link_outs("mm10", "chr20", 5) == ()
    assert "Ensembl" not in {link.text for link in link_outs("hs1", "chr1", 5)}


@given(st.text(max_size=20), st.integers(1, 10**9))
def test_links_hold_no_free_text(contig: str, position: int):
    for link in link_outs("hg38", contig, position):
        assert re.fullmatch(r"https://[a-zA-Z0-9./_?=&:-]+", link.href)


def test_links_open_by_themselves_and_tell_nothing():
    page = Page(render_page(toy_view("P1")))
    outside = [
        found for tag, found in page.elements if tag == "a" and str(found.get("href")).startswith("https:")
    ]
    assert outside and all("noopener" in str(found.get("rel")) for found in outside)


def test_bars_and_tables_lead_to_the_card():
    page = render_page(toy_view("P1"))
    anchor = card_anchor("P1", LMO2)
    assert page.count(f'href="#{anchor}"') >= 4 and page.count(f'data-card="#{anchor}"') >= 4
    assert f'<details class="block clonecard" id="{anchor}" open>' in page
