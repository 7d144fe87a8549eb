"""`summary.xlsx` as a spreadsheet reads it: text stays text, the same tables give the same bytes."""

import re
import zipfile
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_toy import EVIL, LMO2, PROVENANCE, empty_tables, toy_study, toy_tables, toy_view
from test_report_command import write_study
from test_report_page import with_evil_names
from tumour_toy import hostile_view, tumour_view

from integrasite.cli.main import main
from integrasite.io import workbook
from integrasite.io.workbook import FORMATS, MAX_CELL, Sheet, SheetColumn, safe_text, write_workbook
from integrasite.report.view import TOP_CLONES, View, make_view
from integrasite.report.workbook import workbook_sheets

DAY = date(2026, 1, 31)
TITLES = [
    "Answers", "Specimens", "Clones", "Flags", "Tumour", "Tumour sites", "Tumour evidence", "Not assessed", "About",
]  # fmt: skip
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RUNS = [
    "=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("http://x","y")', "#N/A", "TRUE", "1",
]  # fmt: skip


def write(path: Path, *sheets: Sheet) -> Path:
    write_workbook(sheets, path, day=DAY, creator="test", title="test")
    return path


def one_column(rows: list[str], **more: object) -> Sheet:
    return Sheet("S", (SheetColumn("text"),), [(row,) for row in rows], **more)  # type: ignore[arg-type]


def values(page: object) -> list[tuple[object, ...]]:
    return list(page.iter_rows(values_only=True))  # type: ignore[attr-defined]


def saved(view: View, folder: Path) -> Path:
    return write(folder / "summary.xlsx", *workbook_sheets(view))


def xml_of(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


def assert_runs_nothing(path: Path) -> None:
    """No formula, link, macro or foreign type anywhere in the archive."""
    for name, text in xml_of(path).items():
        ElementTree.fromstring(text)
        if name.startswith("xl/worksheets"):
            assert not re.search(r"<f[ >/]|hyperlink", text), name
            assert set(re.findall(r'<c [^>]*\bt="([^"]+)"', text)) <= {"inlineStr", "n"}, name
        assert "externalLink" not in text and "vbaProject" not in text


def test_text_that_looks_like_a_formula_is_text(tmp_path: Path):
    path = write(tmp_path / "a.xlsx", one_column(RUNS))
    assert_runs_nothing(path)
    page = openpyxl.load_workbook(path)["S"]
    expected = [text.replace("\r", "\n") for text in RUNS]
    cells = [page.cell(row, 1) for row in range(2, len(RUNS) + 2)]
    assert [cell.value for cell in cells] == expected
    assert all(cell.data_type == "s" for cell in cells)
    assert [int(cell.quotePrefix) for cell in cells] == [int(text[0] in "=+-@\t\n") for text in expected]
    styles = xml_of(path)["xl/styles.xml"]
    assert 'quotePrefix="1"' in styles


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=20))
def test_any_text_is_held_as_text(tmp_path_factory: pytest.TempPathFactory, texts: list[str]):
    path = write(tmp_path_factory.mktemp("any") / "a.xlsx", one_column(texts))
    assert_runs_nothing(path)
    page = openpyxl.load_workbook(path)["S"]
    found = [page.cell(row, 1).value or "" for row in range(2, len(texts) + 2)]
    assert [str(cell) for cell in found] == [safe_text(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b\x0bc", "a\ufffdb\ufffdc"),
        ("\ud800x\uffff", "\ufffdx\ufffd"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("_x0041_", "_x005F_x0041_"),  # a spreadsheet would show A
        ("_x12_", "_x12_"),
        ("a\tb", "a\tb"),
    ],
)
def test_letters_that_a_cell_cannot_hold(text: str, expected: str):
    assert safe_text(text) == expected


@pytest.mark.parametrize("letter", ["a", "\U0001f600"])
def test_a_text_that_is_too_long_is_cut_with_words(letter: str):
    found = safe_text(letter * 40_000)
    assert len(found.encode("utf-16-le")) // 2 <= MAX_CELL
    assert found.endswith("[cut: the whole text has 40,000 letters]")
    assert safe_text("a" * MAX_CELL) == "a" * MAX_CELL


def test_more_rows_than_a_sheet_holds_are_cut_with_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workbook, "MAX_ROWS", 10)
    path = write(tmp_path / "a.xlsx", one_column([f"r{n}" for n in range(20)], rest="x.tsv", note="A note."))
    page = openpyxl.load_workbook(path)["S"]
    rows = [row[0] for row in values(page)]
    assert rows[:7] == ["text", *(f"r{n}" for n in range(6))]
    assert rows[7:] == [
        None,
        "A note.",
        None,
        "A sheet holds no more rows: these are 6 of 20; the rest stands in x.tsv.",
    ]
    assert page.auto_filter.ref == "A1:A7"


def test_header_filter_widths_and_formats(tmp_path: Path):
    path = saved(tumour_view(), tmp_path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == TITLES
    sheets = {sheet.title: sheet for sheet in workbook_sheets(tumour_view())}
    for page in book:
        sheet = sheets[page.title]
        assert page.freeze_panes.endswith("2")
        assert page.auto_filter.ref.startswith("A1:") and page.auto_filter.ref.endswith(
            str(len(sheet.rows) + 1)
        )
        assert [cell.value for cell in page[1]] == [column.title for column in sheet.columns]
        assert len({column.title for column in sheet.columns}) == len(sheet.columns)
        assert all(6 < page.column_dimensions[cell.column_letter].width <= 120 for cell in page[1])
        for row in page.iter_rows(min_row=2, max_row=len(sheet.rows) + 1):
            for cell, column in zip(row, sheet.columns, strict=True):
                if isinstance(cell.value, int | float):
                    assert cell.number_format == FORMATS[column.kind] != FORMATS["text"], (
                        page.title,
                        column.title,
                    )


def test_the_workbook_says_what_the_tables_say(tmp_path: Path):
    view = toy_view()
    book = openpyxl.load_workbook(saved(view, tmp_path))
    rows = values(book["Clones"])
    first = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    [lmo2] = [row for row in first if row["clone"] == LMO2 and row["specimen"] == "P1_M12_PB"]
    assert (lmo2["rank"], lmo2["gene"], lmo2["known event"]) == (1, "LMO2", "LMO2")
    assert lmo2["fraction"] == pytest.approx(0.312) and lmo2["fraction low"] < 0.312 < lmo2["fraction high"]
    passed = view.tables.clones[view.tables.clones["status"] == "pass"]
    sizes = passed.groupby("specimen").size().to_dict()
    listed = [row for row in first if row["rank"] is not None]
    for row in listed:
        assert row["of"] == sizes[row["specimen"]]
    assert len(listed) == sum(min(size, TOP_CLONES) for size in sizes.values())
    assert first[-1]["subject"].startswith(
        f"The {TOP_CLONES} largest clones of each specimen: {len(listed):,} of "
    )
    flags = values(book["Flags"])
    assert len(flags) == len(view.tables.flags) + 1
    assert values(book["Specimens"])[1][:3] == ("P1", "P1_D30_PB", "D30")
    about = {row[1]: row[2] for row in values(book["About"])}
    assert about["id"] == "toy-2026" and about["sample sheet (SHA-256)"] == "ab" * 32


def test_only_the_largest_clones_are_listed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("integrasite.report.workbook.TOP_CLONES", 3)
    sheet = next(sheet for sheet in workbook_sheets(toy_view()) if sheet.title == "Clones")
    assert len(sheet.rows) == 18 and "18 of" in sheet.note and "clones.tsv.gz" in sheet.note


def test_no_rows_are_said_in_words(tmp_path: Path):
    book = openpyxl.load_workbook(saved(make_view(toy_study(), empty_tables(), PROVENANCE), tmp_path))
    assert book.sheetnames == TITLES
    texts = {page.title: str(values(page)[-1][0]) for page in book}
    assert texts["Flags"] == "None: no rule was raised."
    assert (
        texts["Tumour"] == texts["Tumour sites"] == "Not tested: the run has no verdict on a tumour sample."
    )
    assert "0 of no passing clones" in texts["Clones"]


@pytest.mark.parametrize("view", [with_evil_names, hostile_view])
def test_hostile_names_stay_text(tmp_path: Path, view: object):
    path = saved(view(), tmp_path)  # type: ignore[operator]
    assert_runs_nothing(path)
    cells = {str(cell) for page in openpyxl.load_workbook(path) for row in values(page) for cell in row}
    assert any(EVIL in cell for cell in cells)
    assert not any(EVIL in text for text in xml_of(path).values())


def test_equal_tables_give_equal_bytes_without_a_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    first = saved(tumour_view(), tmp_path / "a").read_bytes()
    monkeypatch.setattr("time.localtime", lambda *_: (2031, 5, 6, 7, 8, 9, 0, 126, 0))
    path = saved(tumour_view(), tmp_path / "b")
    assert path.read_bytes() == first
    with zipfile.ZipFile(path) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2026, 1, 31, 0, 0, 0)}
    assert xml_of(path)["docProps/core.xml"].count("2026-01-31T00:00:00Z") == 2


def test_the_command_writes_the_workbook(tmp_path: Path):
    study = toy_study()

    write_study(tmp_path, toy_tables(study))
    target = tmp_path / "results" / "summary.xlsx"
    call = [
        "workbook",
        "--config",
        f"{tmp_path}/config.yaml",
        "--results",
        f"{tmp_path}/results",
        "-o",
        str(target),
    ]
    assert main(call) == 0
    assert openpyxl.load_workbook(target).sheetnames == TITLES
