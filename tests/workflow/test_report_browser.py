"""The report in a real browser: quiet, accessible, sortable, filterable, by keyboard, without scripts, on paper, under attack."""

import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from browsing import PAPER, PHONE, WIDE, chromium, needs_browser, opened
from hostile_toy import ATTACKS, hostile_view
from report_toy import toy_view
from tumour_toy import tumour_view

from integrasite.report.inputs import FILES
from integrasite.report.names import page_name
from integrasite.report.page import render_page
from integrasite.report.view import View

pytestmark = needs_browser

VIEWS: dict[str, Callable[[], View]] = {
    "run": toy_view,
    "subject": lambda: toy_view("P1"),
    "poor subject": lambda: toy_view("P2"),
    "tumour": tumour_view,
}
OPEN_ALL = "document.querySelectorAll('details').forEach(one => { one.open = true; })"
CLICKED = 5
"""Data buttons of a page that are really clicked."""
MARGIN_MM = (12, 14)
"""Margins of the print style sheet: sides, top and bottom."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@cache
def html(name: str) -> str:
    return render_page(VIEWS[name]())


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def written(name: str) -> Path:
        path = tmp_path / "index.html"
        path.write_text(html(name), encoding="utf-8")
        return path

    return written


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize(
    ("size", "scheme", "rules"),
    [(WIDE, "light", "all"), (WIDE, "dark", "contrast"), (PHONE, "light", "structure")],
    ids=["light", "dark", "phone"],
)
def test_a_page_is_quiet_fits_and_has_no_serious_violation(browser, write, name, size, scheme, rules):
    with opened(browser, write(name), size, color_scheme=scheme) as page:
        assert not page.is_wider_than_its_window
        page.run(OPEN_ALL)
        assert not page.is_wider_than_its_window
        assert page.words_outside("main") == []
        assert page.violations(rules) == []
        assert (page.errors, page.requests) == ([], [])


def test_the_checks_see_what_they_look_for(browser, tmp_path: Path):
    """A page with each of the faults that the other tests deny."""
    faults = (
        '<h1 style="color:#ccc;background:#fff">pale</h1><img src="https://example.org/x.png"><p style="width:3000px">wide</p>'
        '<main><svg role="img" viewBox="0 0 10 10"><text x="5" y="5">leaves the picture</text></svg></main>'
        "<script>console.error('no'); fetch('https://example.org/');</script>"
    )
    path = tmp_path / "bad.html"
    path.write_text(f"<!DOCTYPE html><html lang='en'><title>bad</title><body>{faults}</body></html>")
    with opened(browser, path) as page:
        found = " ".join(page.violations())
        assert "color-contrast" in found and "image-alt" in found
        assert page.is_wider_than_its_window and page.words_outside("main") == ["leaves the picture"]
        assert "no" in page.errors and len(page.requests) == 2


def test_tables_sort_by_keyboard_and_say_so(browser, write):
    with opened(browser, write("run")) as page:
        head = page.page.locator("#specimens th:nth-child(6)")
        head.locator("button").focus()
        page.page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "descending"
        order = ["P1_M12_PB", "P1_M6_PB", "P1_D30_PB", "P2_M12_PB", "P2_D30_PB", "P2_M6_PB"]
        assert page.column("specimens", 2) == order  # most fragments first
        page.page.keyboard.press("Space")
        assert head.get_attribute("aria-sort") == "ascending"
        assert page.column("specimens", 2) == order[::-1]


def test_every_long_table_has_a_filter_and_no_short_one(browser, write):
    script = """() => Array.from(document.querySelectorAll("table.sortable")).filter(table =>
        (table.tBodies[0].rows.length > 10) !== Boolean(document.getElementById(table.id + "-filter")))
        .map(table => table.id)"""
    with opened(browser, write("run")) as page:
        assert page.run(script) == []
        assert page.run("document.querySelectorAll('.filter').length") > 2


def test_a_filter_counts_survives_sorting_and_leaves_the_data_whole(browser, write):
    with opened(browser, write("run")) as page:
        box, told = (
            page.page.locator("#clones-filter"),
            page.page.locator(".filter:has(#clones-filter) [role=status]"),
        )
        assert told.get_attribute("aria-live") == "polite" and told.inner_text() == "100 rows"
        box.focus()
        page.page.keyboard.type("lmo2 p1_m")
        assert told.inner_text() == "showing 2 of 100"
        assert page.column("clones", 2) == ["P1_M12_PB", "P1_M6_PB"]
        page.page.locator("#clones th:nth-child(6) button").focus()
        page.page.keyboard.press("Enter")
        page.page.keyboard.press("Enter")
        assert page.column("clones", 2) == ["P1_M6_PB", "P1_M12_PB"]
        assert len(page.download("clones.tsv")) == 100
        box.focus()
        page.page.keyboard.press("Escape")
        assert len(page.column("clones", 2)) == 100 and told.inner_text() == "100 rows"
        page.page.keyboard.type("no such clone")
        assert told.inner_text() == "showing 0 of 100"


def _keys(frame: pd.DataFrame, numeric: set[str]) -> set[tuple[str, ...]]:
    columns = []
    for name in frame.columns:
        if name in numeric:
            numbers = pd.to_numeric(frame[name].replace("", None), errors="coerce").astype("Float64")
            columns.append(["" if number is pd.NA else f"{number:.8g}" for number in numbers])
        else:
            columns.append(["" if one is None or one is pd.NA else str(one) for one in frame[name]])
    return set(zip(*columns, strict=True))


def _rows_missing(found: pd.DataFrame, table: pd.DataFrame) -> list[tuple[str, ...]]:
    """Downloaded rows that are no row of the result table, numbers as the report prints them."""
    numeric = {name for name in table.columns if table[name].dtype.kind in "fiu"}
    return sorted(_keys(found, numeric) - _keys(table, numeric))


@pytest.mark.parametrize("name", ["run", "subject", "tumour"])
def test_data_buttons_give_the_rows_of_the_result_tables(browser, write, name):
    tables = VIEWS[name]().tables
    columns = {
        tuple(table.columns): getattr(tables, key)
        for key, (_, table) in FILES.items()
        if key[:7] != "earlier"
    }
    with opened(browser, write(name)) as page:
        page.run(OPEN_ALL)
        names = page.run("Array.from(document.querySelectorAll('a.data')).map(one => one.download)")
        assert len(set(names)) == len(names) > 8
        checked = set()
        for number, one in enumerate(names):
            found = page.behind_button(one)
            assert number >= CLICKED or page.download(one).equals(found), one
            shown = page.run(
                "id => document.getElementById(id)?.tBodies[0].rows.length", one.removesuffix(".tsv")
            )
            # a clone's card also lists specimens without the clone; a junction's row of the table is two on the page, one per end
            is_more = one.startswith(("clone-", "junction-"))
            assert len(found) and (shown is None or is_more or len(found) >= shown), one
            if tuple(found.columns) in columns:
                checked.add(one)
                assert _rows_missing(found, columns[tuple(found.columns)]) == [], one
        assert checked >= {"specimens.tsv", "clones.tsv", "dominant.tsv", "flags.tsv", "ledger-table.tsv"}
        assert page.errors == []


WALK = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    window.walked = window.walked || new Map();
    if (!window.walked.has(one)) window.walked.set(one, window.walked.size);
    return {place: window.walked.get(one), tag: one.tagName, kind: one.className.baseVal ?? one.className, id: one.id,
        ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        seen: box.width > 0 && box.height > 0 && box.right > 0 && box.left < innerWidth
            && box.bottom > 0 && box.top < innerHeight};
}"""


@pytest.mark.parametrize("name", ["subject", "tumour"])
def test_the_whole_page_can_be_walked_by_keyboard(browser, write, name):
    with opened(browser, write(name), reduced_motion="reduce") as page:
        walked = []
        while len(walked) < 3000:
            page.page.keyboard.press("Tab")
            stop = page.run(WALK)
            if stop is None or stop["place"] < len(walked):
                break  # past the end: back at the browser or at the first stop
            walked.append(stop)
        assert stop is None or stop["place"] == 0, f"trapped at {walked[-1]}"
        assert walked[0]["kind"] == "skip"
        assert [one for one in walked if not (one["ring"] and one["seen"])] == []
        wanted = (
            "nav.side a, main a[href], main button:not([disabled]), main input:not([type=radio]), main select, "
            "main input[type=radio]:checked, main summary, main [tabindex='0']"  # a group of radio buttons is one stop
        )
        count = """wanted => Array.from(document.querySelectorAll(wanted)).filter(one =>
            one.checkVisibility() && one.getAttribute("tabindex") !== "-1").length"""
        assert len(walked) == 1 + page.run(count, wanted)
        assert {"A", "BUTTON", "INPUT", "SUMMARY", "DIV"} <= {one["tag"] for one in walked}


def test_the_skip_link_leads_past_the_navigation_and_details_open_with_enter(browser, write):
    with opened(browser, write("subject")) as page:
        page.page.keyboard.press("Tab")
        page.page.keyboard.press("Enter")
        assert page.run("document.activeElement.id") == "main"
        page.page.keyboard.press("Tab")
        assert page.run("document.activeElement.closest('main') !== null")
        summary = page.page.locator("figure details:not([open]) > summary").first
        summary.focus()
        page.page.keyboard.press("Enter")
        assert page.run("document.activeElement.parentNode.open")


@pytest.mark.parametrize("name", VIEWS)
def test_without_scripts_all_tables_and_figures_are_there(browser, write, name):
    path = write(name)
    with opened(browser, path, java_script_enabled=False) as page:
        closed = page.page.locator("details:not([open]) > summary")
        while n := closed.count():
            closed.first.click()
            assert closed.count() == n - 1
        text = html(name)
        for selector, n in (
            ("figure.block", text.count("<figure ")),
            ("table.sortable", text.count("<table ")),
        ):
            assert (
                page.page.locator(selector).count() == n == page.page.locator(f"{selector}:visible").count()
            )
        drawn = page.page.locator("figure.block:has(svg[role=img]:visible)").count()
        assert drawn == text.count("<figure ") > 0
        assert page.page.locator("tbody tr").count() == page.page.locator("tbody tr:visible").count()
        assert page.page.locator(".filter").count() == 0
        assert page.page.locator("th > button:not([disabled])").count() == 0
        assert (page.errors, page.requests) == ([], [])


PRINTED = """([width, height]) => Array.from(document.querySelectorAll(
    ".drawn, .picture svg, tbody tr, .card, .verdict, .answer, th, td")).filter(one => one.checkVisibility())
    .map(one => [one, one.getBoundingClientRect()])
    .filter(([one, box]) => box.left < -1 || box.right > width + 1 || box.height > height)
    .map(([one, box]) => [one.tagName, one.closest("[id]").id, box.right, box.height].join(" "))"""


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("paper", PAPER)
def test_on_paper_no_figure_and_no_row_is_cut(browser, write, name, paper):
    """Every figure and row fits the width of the sheet, and a sheet is tall enough for each, so none breaks over pages."""
    width, height = (
        (side - 2 * margin) * 96 / 25.4 for side, margin in zip(PAPER[paper], MARGIN_MM, strict=True)
    )
    with opened(browser, write(name), (int(width), int(height)), color_scheme="dark") as page:
        page.page.emulate_media(media="print", color_scheme="dark")
        page.run(OPEN_ALL)
        assert page.run(PRINTED, [width, height]) == []
        assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.run("Array.from(document.querySelectorAll('.drawn, .picture svg, tr')).every(one => "
                        "getComputedStyle(one).breakInside === 'avoid')")  # fmt: skip
        # titles stay whole; heads that are repeated on further pages would lose their buttons
        assert page.run("Array.from(document.querySelectorAll('figure h3')).every(one => "
                        "getComputedStyle(one).breakInside === 'avoid')")  # fmt: skip
        assert page.run("Array.from(document.querySelectorAll('th > button')).every(one => "
                        "getComputedStyle(one).display === 'contents')")  # fmt: skip
        printed = page.page.pdf(format=paper, print_background=True)
        assert printed.startswith(b"%PDF") and len(printed) > 50_000


def test_a_filtered_table_says_so_on_paper(browser, write):
    with opened(browser, write("run")) as page:
        page.page.locator("#clones-filter").fill("lmo2")
        page.page.emulate_media(media="print")
        assert (
            page.page.locator(".filter:has(#clones-filter) [role=status]").inner_text() == "showing 3 of 100"
        )
        assert page.page.locator(".filter:visible").count() == 1


def test_nothing_moves_where_that_is_asked_for(browser, write):
    script = """Array.from(document.querySelectorAll("*")).filter(one => { const style = getComputedStyle(one);
        return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none"; }).length"""
    with opened(browser, write("run"), reduced_motion="reduce") as page:
        assert page.run("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
        assert page.run(script) == 0


OUTSIDE = r"""() => Array.from(document.querySelectorAll("*")).filter(one => Array.from(one.attributes).some(
    pair => /^on/i.test(pair.name) || (/^(href|src|xlink:href)$/.test(pair.name)
    && !/^(#|data:|(\.\.\/)*[\w/.+%-]+(\.html|\.tsv|\.gz)(#|$)|https:)/.test(pair.value)))).map(one => one.outerHTML)"""


@pytest.mark.parametrize("attack", ATTACKS)
def test_users_texts_stay_text(browser, tmp_path: Path, attack: str):
    """Names of the run, subjects, samples, specimens, vectors, genes and lists, as text, in attributes, links and file names."""
    index = tmp_path / "index.html"
    view = hostile_view(attack)
    index.write_text(render_page(view), encoding="utf-8")
    (tmp_path / "subjects").mkdir()
    for number, subject in enumerate(view.all_subjects):
        target = (tmp_path / "subjects" / page_name(subject)).resolve()
        assert target.parent == (tmp_path / "subjects").resolve()
        toy_name = "P1" if number == 0 else subject
        target.write_text(render_page(hostile_view(attack, toy_name)), encoding="utf-8")
    first = tmp_path / "subjects" / page_name(view.all_subjects[0])
    for path in (index, first):
        with opened(browser, path) as page:
            assert (page.errors, page.requests) == ([], [])
            assert attack in page.run("document.body.innerText")
            assert page.run("document.querySelectorAll('script').length") == 2
            assert (
                page.run(
                    "document.querySelectorAll('img, iframe, object, embed, link[rel=stylesheet]').length"
                )
                == 0
            )
            assert page.run(OUTSIDE) == []
            assert attack in set(page.download("specimens.tsv")["subject"])
        tips = re.findall(
            "<title>(.*?)</title>", path.read_text(encoding="utf-8"), re.S
        )  # the script moves them
        assert any(attack in unescape(tip) for tip in tips[1:])
    with opened(browser, index) as page:
        page.page.locator("ul.pages a").first.click()
        page.page.wait_for_load_state()
        assert page.requests == [first.as_uri()]  # the link leads to the file that was written


def test_the_data_of_a_hostile_name_is_its_name(browser, tmp_path: Path):
    path = tmp_path / "index.html"
    attack = '"><img src=x onerror=alert(2)>\u2028</script>'
    path.write_text(render_page(hostile_view(attack)), encoding="utf-8")
    with opened(browser, path) as page:
        assert attack in set(page.download("clones.tsv")["subject"])
        assert (page.errors, page.requests) == ([], [])
