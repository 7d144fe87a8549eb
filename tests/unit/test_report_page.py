"""The report's pages: valid, offline, escaped, within budget, true to the tables."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote

import pandas as pd
import pytest
from report_toy import EVIL, LMO2, PROVENANCE, empty_tables, toy_study, toy_tables, toy_view

from integrasite.io.tables import as_table
from integrasite.model.library import Library
from integrasite.model.tables import CLONES, COMMON_SITES, DIVERSITY, FLAGS, SAME_COURSE, SITES
from integrasite.report.blocks import Notes, Section, State
from integrasite.report.inputs import FILES, OPTIONAL, RunTables
from integrasite.report.names import page_name
from integrasite.report.page import SCRIPTS, render_page, sections_of
from integrasite.report.view import View, make_view

VOID = {"meta", "link", "br", "hr", "img", "input"}
OWN = re.compile(r"^(\.\./)*(subjects/[^/:]+\.html(#[a-z0-9-]+)?|index\.html|(tests/)?[a-z_]+\.tsv(\.gz)?)$")

BROWSERS = ("https://genome.ucsc.edu/", "https://www.ensembl.org/", "https://igv.org/app/")


class Page(HTMLParser):
    """Checks that tags are balanced and ids unique, and collects what the page refers to."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.elements.append((tag, found))
        if tag not in VOID:
            self.open.append(tag)
        if "id" in found:
            self.ids.append(found["id"])
        self.links += [
            (tag, key, found[key])
            for key in ("src", "href", "action", "srcset", "xlink:href")
            if key in found
        ]

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))


def with_evil_names() -> View:
    study = toy_study()
    tables = toy_tables(study)
    rename = {
        "P1": EVIL,
        "P1_M12_PB": f"{EVIL}_M12",
        "P1_D30_PB_r1": EVIL,
        "LMO2": '"><img src=x onerror=alert(2)>',
    }
    changed = {key: getattr(tables, key).replace(rename) for key in FILES}
    rows = tuple(
        replace(
            row,
            sample=rename.get(row.sample, row.sample),
            subject=rename.get(row.subject, row.subject),
            tissue=EVIL,
        )
        for row in study.libraries
    )
    return make_view(replace(study, libraries=rows), RunTables(**changed), PROVENANCE)


@pytest.fixture(scope="module")
def index() -> str:
    return render_page(toy_view())


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(toy_view(), id="run"),
        pytest.param(toy_view("P1"), id="subject"),
        pytest.param(toy_view("P2"), id="poor subject"),
        pytest.param(make_view(toy_study(), empty_tables(), PROVENANCE), id="zero rows"),
        pytest.param(with_evil_names(), id="hostile names"),
    ],
)
def test_pages_are_balanced_and_load_nothing(view: View):
    text = render_page(view)
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    for tag, key, target in page.links:
        is_clicked = tag == "a" and target.startswith(BROWSERS)  # a link to a genome browser
        assert target.startswith(("#", "data:")) or is_clicked or (tag == "a" and OWN.match(target)), (
            tag,
            key,
            target,
        )
        if target.startswith("#"):
            assert target[1:] in page.ids
    style_and_script = "".join(re.findall(r"<(?:style|script)>(.*?)</(?:style|script)>", text, re.S))
    assert not re.search(r"@import|fetch\(|XMLHttpRequest|https?:|import\(|localStorage", style_and_script)
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", text))
    assert len(text) < 1_000_000


def test_hostile_names_stay_text():
    text = render_page(with_evil_names())
    assert EVIL not in text and "<img" not in text
    page = Page(text)
    assert EVIL in page.text
    assert sum(tag == "script" for tag, _ in page.elements) == len(SCRIPTS)
    assert not [found for _, found in page.elements if any(key.startswith("on") for key in found)]


def test_every_figure_has_a_label_a_caption_and_its_data(index: str):
    page = Page(index)
    pictures = [found for tag, found in page.elements if tag == "svg" and found.get("role") == "img"]
    figures = index.split("<figure")[1:]
    # reads; dominance; bars, lines and alluvial of two subjects; genes; 2 gene tests; karyogram
    assert len(figures) == 12
    assert len(pictures) >= len(figures)
    assert all(found["aria-label"] for found in pictures)
    for figure in figures:
        assert (
            "<figcaption>" in figure
            and 'href="data:text/tab-separated-values' in figure
            and "<table" in figure
        )
    assert re.search(r"n = 1,265", index)


def test_data_links_hold_the_rows_of_the_tables(index: str):
    links = re.findall(r'download="dominant.tsv" href="data:[^,]*,([^"]*)"', index)
    header, first = unquote(links[0]).splitlines()[:2]
    assert header.split("\t") == list(CLONES.columns)
    assert LMO2 in first and "\t0.312\t" in first


def test_every_sortable_heading_is_a_button(index: str):
    heads = re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", index, re.S)
    assert heads and all(head.startswith("<button type=") for head in heads)


def test_answers_say_what_the_tables_hold(index: str):
    text = Page(index).text
    assert "4 of 6 specimens can be evaluated, 1 with low power (P2 D30 PB T cells), 1 not evaluable" in text
    assert "A clone of 0.24 % would be missed in 1 of 20 such samples" in text.replace("\u00a0", " ")
    assert "1 clone reaches 20 % with a probability of at least 0.95: LMO2 chr11:33880123:-" in text
    assert "At 10 %: 1, at 30 %: none. Nothing is said of 1 specimen" in text
    assert "1 clone in tier 1: LMO2 chr11:33880123:-" in text
    assert "Of 2 clones tested, 1 found growing and none declining" in text
    assert "Sites were found in controls that should hold none: NTC1 (1 site)" in text
    assert "unverified" in text
    assert "Showing 100 of" in text


def test_limitations_and_settings_are_on_every_page():
    for view in (toy_view(), toy_view("P2"), make_view(toy_study(), empty_tables(), PROVENANCE)):
        text = Page(render_page(view)).text
        for words in (
            "not a diagnosis",
            "No cause is claimed",
            "toy-2026",
            "2026-01-31",
            "hg38",
            "pCCL",
            "ab" * 32,
            "min_insert",
        ):
            assert words in text


def test_zero_rows_give_explicit_states():
    text = Page(render_page(make_view(toy_study(), empty_tables(), PROVENANCE))).text
    assert "0 of 6 specimens can be evaluated" in text
    assert "Not evaluable: no specimen has enough fragments" in text
    assert "Not tested: no clone passed, so there is none to follow." in text
    assert "P1: insufficient data (no evaluable time points of one source)" in text
    assert "None found: no integration site passed" in text


def test_empty_sheet_gives_a_page():
    study = replace(toy_study(), libraries=())
    assert "There is no specimen." in Page(render_page(make_view(study, empty_tables(), PROVENANCE))).text


def test_nothing_dominant_is_said_in_words():
    view = toy_view()
    clones = view.tables.clones.assign(p_ge_10=0.0, p_ge_20=0.0, p_ge_30=0.0, fraction_high=0.05)
    text = Page(render_page(replace(view, tables=replace(view.tables, clones=clones)))).text
    assert "None found: no clone reaches 20 % with a probability of at least 0.95." in text
    assert "The largest clone is LMO2" in text


def test_a_clean_control_is_said_to_be_clean():
    view = toy_view()
    sites = view.tables.sites[view.tables.sites["sample"] != "NTC1"]
    text = Page(render_page(replace(view, tables=replace(view.tables, sites=sites)))).text
    assert "1 control with 40 read pairs in all: none found (no site)." in text


def test_clones_of_a_control_are_no_results():
    study = toy_study()
    tables = toy_tables(study)
    row = tables.clones.head(1).assign(
        subject="NTC", specimen="NTC", site_id="chr9:99:+", fraction=1.0, p_ge_30=1.0
    )
    limits = tables.diversity.head(1).assign(subject="NTC", specimen="NTC")
    flag = (
        tables.flags[tables.flags["tier"] == 1]
        .head(1)
        .assign(subject="NTC", specimen="NTC", site_id="chr9:99:+")
    )
    changed = replace(
        tables,
        clones=as_table(pd.concat([tables.clones, row]), CLONES),
        diversity=as_table(pd.concat([tables.diversity, limits]), DIVERSITY),
        flags=as_table(pd.concat([tables.flags, flag]), FLAGS),
    )
    assert render_page(make_view(study, changed, PROVENANCE)) == render_page(
        make_view(study, tables, PROVENANCE)
    )


def test_without_a_control_the_background_is_not_tested():
    study = toy_study()
    study = replace(study, libraries=tuple(row for row in study.libraries if row.role != "ntc"))
    text = Page(render_page(make_view(study, toy_tables(study), PROVENANCE))).text
    assert "No control was sequenced (not tested)." in text


def test_clones_of_other_subjects_are_not_on_a_subjects_page():
    page = render_page(toy_view("P2"))
    assert LMO2 in page.split("Controls: these libraries")[1][:2000]  # the control's site, and nowhere else
    assert "P1_M12_PB" not in page


def test_rows_of_other_assays_are_named_as_not_analysed():
    study = toy_study((Library("T1", "P1", "P1_tumour", assay="wgs"),))
    text = Page(render_page(make_view(study, toy_tables(study), PROVENANCE))).text
    assert "Rows of other assays that were not analysed: T1." in text


def test_multihit_clusters_are_hatched_and_named():
    view = toy_view("P1")
    clones = view.tables.clones
    multihit = clones["placement"] == "multihit"
    grown = clones.assign(
        fraction=clones["fraction"].where(~multihit, 0.3),
        fraction_high=clones["fraction_high"].where(~multihit, 0.4),
    )
    page = render_page(replace(view, tables=replace(view.tables, clones=grown)))
    assert 'fill="url(#hatch-bars0)"' in page and "multihit P1-m0001" in Page(page).text


def test_same_tables_give_same_bytes(index: str):
    assert render_page(toy_view()) == index


def test_a_large_run_keeps_the_budget(monkeypatch: pytest.MonkeyPatch):
    """Tables are cut to 100 rows and figures to `FIGURE_SUBJECTS`, so a page of any run stays below 5 MB."""
    monkeypatch.setattr("integrasite.report.view.FIGURE_SUBJECTS", 6)
    study, tables = toy_study(), toy_tables(toy_study())
    base = tables.clones[tables.clones["subject"] == "P1"]
    limits = tables.diversity[tables.diversity["subject"] == "P1"]
    libraries = [row for row in study.libraries if row.subject == "P1"]
    clones, rows, diversity = [], [], []
    for name in (f"S{number:02d}" for number in range(8)):
        clones.append(base.assign(subject=name, specimen=base["specimen"].str.replace("P1", name)))
        diversity.append(limits.assign(subject=name, specimen=limits["specimen"].str.replace("P1", name)))
        for row in libraries:
            sample, specimen = row.sample.replace("P1", name), row.specimen.replace("P1", name)
            rows.append(replace(row, subject=name, sample=sample, specimen=specimen))
    large = replace(
        tables,
        clones=as_table(pd.concat(clones), CLONES),
        diversity=as_table(pd.concat(diversity), DIVERSITY),
    )
    text = render_page(make_view(replace(study, libraries=tuple(rows)), large, PROVENANCE))
    assert "Figures of 6 of 8 subjects are shown" in text
    drawn = sum(len(one) for one in re.findall(r"<figure.*?</figure>", text, re.S))
    assert len(text) - drawn + drawn * 30 / 6 < 5_000_000


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("P1", "P1.html"),
        ("P-1.a+b_2", "P-1.a+b_2.html"),  # all that a sheet allows
        ("../x", "_x-"),  # no way out of the folder
        (EVIL, "_script_alert_1___script_-"),
    ],
)
def test_page_names_are_safe(subject: str, name: str):
    assert page_name(subject).startswith(name) and "/" not in page_name(subject)


@pytest.mark.parametrize(("status", "counts"), [("artefact", False), ("contamination", True)])
def test_only_what_other_samples_brought_in_counts_against_a_control(status: str, counts: bool):
    view = toy_view()
    sites = view.tables.sites
    failed = as_table(sites.assign(status=sites["status"].where(sites["sample"] != "NTC1", status)), SITES)
    text = Page(render_page(replace(view, tables=replace(view.tables, sites=failed)))).text
    assert ("none found (no site)" in text) is not counts


def test_turned_barcodes_are_said_in_the_settings_and_only_then():
    study = toy_study()
    provenance = replace(PROVENANCE, turned=("a-1", "b-1"))
    tables = toy_tables(study)
    sentence = "Index reads are the reverse complements of the sheet's barcodes in the files of a-1"
    assert sentence in unescape(render_page(make_view(study, tables, provenance)))
    assert sentence not in unescape(render_page(make_view(study, tables, PROVENANCE)))


def growth_and_gene_answers(view: View) -> tuple[Section, Section]:
    found = {section.id: section for section in sections_of(view)}
    return found["growth"], found["gene-tests"]


def with_tables(view: View, **changed: pd.DataFrame | frozenset[str]) -> View:
    return replace(view, tables=replace(view.tables, **changed))


def test_a_growing_clone_is_named_with_its_interval():
    growth, _ = growth_and_gene_answers(toy_view())
    words = growth.answer.replace("\u00a0", " ")
    assert growth.state == State.FOUND
    assert (
        f"Growing: LMO2 {LMO2} in P1 PB T cells, growth 2.31 per year (95 % interval 1.74 to 2.88), q 0.0004, "
        "strongest from day 30 to 365; model reliable." in words
    )
    assert "for 1 doubling or halving in a year is not excluded" in words
    assert "Not tested: every clone of P2." in words
    notes = [item for block in growth.blocks if isinstance(block, Notes) for item in block.items]
    assert "P1: not tested: fewer than 20 cells over the evaluable time points (1 clone)." in notes
    assert "P2: not tested: fewer than 2 evaluable time points (1 clone)." in notes


def test_growth_of_a_model_that_is_not_reliable_says_so():
    view = toy_view()
    rows = view.tables.tracking.assign(reliable=False, reason="3 evaluable time points, fewer than 4")
    growth, _ = growth_and_gene_answers(with_tables(view, tracking=rows))
    assert growth.state == State.LIMITED
    assert "model not reliable: 3 evaluable time points, fewer than 4" in growth.answer


@pytest.mark.parametrize(("status", "state"), [("insufficient", State.LIMITED), ("stable", State.NONE)])
def test_only_what_excludes_growth_is_none_found(status: str, state: State):
    view = toy_view()
    rows = view.tables.tracking
    growth, _ = growth_and_gene_answers(
        with_tables(view, tracking=rows.assign(status=rows["status"].replace("growing", status)))
    )
    assert growth.state == state and "Of 2 clones tested, none found growing" in growth.answer


def test_a_clone_that_grew_and_declines_keeps_its_growth():
    view = toy_view()
    rows = view.tables.tracking
    changed = rows.assign(
        status=rows["status"].replace("growing", "declining"), q_decline=rows["q_decline"] / 100
    )
    growth, _ = growth_and_gene_answers(with_tables(view, tracking=changed))
    assert "Declining: LMO2" in growth.answer and "after growth from day 30 to 365" in growth.answer


@pytest.mark.parametrize("absent", [frozenset(), frozenset(OPTIONAL)])
def test_where_nothing_was_tested_nothing_is_denied(absent: frozenset[str]):
    view = with_tables(make_view(toy_study(), empty_tables(), PROVENANCE), absent=absent)
    for section in growth_and_gene_answers(view):
        assert section.answer.startswith("Not tested: ")
        assert section.state in (State.NOT_TESTED, State.INSUFFICIENT)
        assert "none found" not in section.answer.lower()
    text = Page(render_page(view)).text
    assert ("the results hold no tracking.tsv" in text) is bool(absent)
    assert ("fewer than 1,000 sites to test or to hold them against" in text) is not absent


def test_clones_that_were_not_tested_are_not_denied():
    view = toy_view()
    missing = dict.fromkeys(("q", "q_decline", "growth_per_year", "growth_low", "growth_high"), float("nan"))
    few = view.tables.tracking.assign(**missing, status="insufficient", reason="fewer than 20 cells")
    growth, _ = growth_and_gene_answers(with_tables(view, tracking=few))
    assert growth.state == State.INSUFFICIENT
    assert growth.answer == "Not tested: fewer than 20 cells (4 clones)."


def test_findings_in_genes_are_named_beside_what_was_not_tested():
    _, tests = growth_and_gene_answers(toy_view())
    assert tests.state == State.FOUND
    assert (
        "Large clones per gene (2 genes tested, reference: sites as densely surrounded): 1 found"
        in tests.answer
    )
    assert "LMO2: 7 where 0.4 are expected, 12 sites, 2 subjects, q 4e-07" in tests.answer
    assert "None found at q < 0.05: large clones near listed genes (1 list tested" in tests.answer
    assert "Not tested: fewer than 1,000 sites" in tests.answer
    assert "(sites per gene and windows without regard to genes); fewer than 200 early" in tests.answer


def test_grubbs_is_no_finding():
    view = toy_view()
    rows = as_table(
        pd.DataFrame([{"test": "grubbs", "gene": "LMO2", "contig": "chr11", "n_sites": 9, "q": 0.001}]),
        COMMON_SITES,
    )
    empty = empty_tables()
    _, tests = growth_and_gene_answers(
        with_tables(view, common_sites=rows, expanded_clones=empty.expanded_clones, proximity=empty.proximity)
    )
    assert tests.state == State.NOT_TESTED and "LMO2" not in tests.answer


def test_a_comparison_of_another_subject_is_not_on_a_subjects_page():
    study = toy_study()
    row = {"test": "reference_vector", "gene": "EVI1", "contig": "chr3", "start": 1, "end": 9, "n_sites": 40}
    row |= {"n_subjects": 1, "observed": 40.0, "expected": 2.0, "q": 1e-9, "p": 1e-12, "subject": "P1"}
    rows = as_table(pd.DataFrame([row]).assign(reference="other_subjects"), COMMON_SITES)
    tables = replace(toy_tables(study), common_sites=rows)
    named = {
        name: "EVI1 of P1 alone"
        in growth_and_gene_answers(make_view(study, tables, PROVENANCE, name))[1].answer
        for name in (None, "P1", "P2")
    }
    assert named == {None: True, "P1": True, "P2": False}


def test_sites_with_one_course_are_one_sentence():
    view = toy_view()
    row = {"subject": "P1", "group": 1, "site_id": LMO2, "other_site_id": "chr1:1000000:+", "n_times": 6}
    rows = as_table(pd.DataFrame([row | {"ratio": 1.1}]), SAME_COURSE)
    assert (
        "Possible clones with several vectors: 1 (1 pair"
        in Page(render_page(with_tables(view, same_course=rows))).text
    )
    assert "Possible clones with several vectors" not in Page(render_page(view)).text
