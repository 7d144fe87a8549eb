"""Write spreadsheets (`.xlsx`) from plain cells: no formula, no clock, no text that a spreadsheet would run."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from integrasite.io.atomic import write_bytes

MAX_CELL = 32_767
"""UTF-16 units that a cell may hold (Excel's limit)."""
MAX_ROWS = 1_048_576
"""Rows of a sheet, header included (Excel's limit)."""
FORMATS = {
    "text": "@",
    "count": "#,##0",
    "number": "#,##0.0##",
    "percent": "0.0##%",
    "chance": "0.0E+00",
}
"""Kinds of columns and how a spreadsheet shows their numbers; the cell keeps the full number."""

Value = str | float | int | bool | None

_RUNS = ("=", "+", "-", "@", "\t", "\n")
"""First letters that a spreadsheet may take for a formula, also after it was saved as text."""
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
_FIRST_YEAR = 1980
_SHADE = PatternFill("solid", fgColor="FFE8ECF1")


@dataclass(frozen=True)
class SheetColumn:
    """One column.

    Args:
        title: its header.
        meaning: what it holds, for the reader.
        kind: a key of `FORMATS`.
        width: in letters; long text wraps.
    """

    title: str
    meaning: str = ""
    kind: str = "text"
    width: float = 14


@dataclass(frozen=True)
class Sheet:
    """One sheet: a header, rows, and a sentence under them.

    Args:
        title: its name, at most 31 letters.
        columns: from left to right; the first `n_frozen` stay in view.
        rows: as many cells each as there are columns.
        note: stands below the rows, one empty row apart.
        rest: file that holds all rows, named where a sheet cannot.
    """

    title: str
    columns: Sequence[SheetColumn]
    rows: Sequence[Sequence[Value]]
    note: str = ""
    rest: str = ""
    n_frozen: int = 0


def safe_text(text: str) -> str:
    """Text as a cell can hold it: letters that XML lacks become `\ufffd`, what is too long is cut with words."""
    plain = _ILLEGAL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    plain = _ESCAPE.sub("_x005F_", plain)  # spreadsheets read _x0041_ as A
    if _units(plain) <= MAX_CELL:
        return plain
    tail = f" ... [cut: the whole text has {len(text):,} letters]"
    kept = plain.encode("utf-16-le")[: 2 * (MAX_CELL - len(tail))].decode("utf-16-le", errors="ignore")
    return kept + tail


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def write_workbook(sheets: Sequence[Sheet], path: Path, *, day: date, creator: str, title: str) -> None:
    """Write a workbook; equal arguments give equal bytes.

    Args:
        sheets: from left to right; titles differ.
        path: the file.
        day: stands in the file as its date (the run's, never the clock's).
        creator: program and version.
        title: of the document.
    """
    book = Workbook(write_only=True)
    for sheet in sheets:
        _add_sheet(book, sheet)
    moment = datetime.combine(day, time())
    book.properties.creator = creator
    book.properties.title = safe_text(title)
    book.properties.created = moment
    buffer = BytesIO()
    book.save(buffer)
    write_bytes(path, _without_clock(buffer, moment))


def _add_sheet(book: Workbook, sheet: Sheet) -> None:
    page: Any = book.create_sheet(sheet.title)
    room = MAX_ROWS - 4
    shown = sheet.rows if len(sheet.rows) <= room else sheet.rows[:room]
    last = get_column_letter(len(sheet.columns))
    page.freeze_panes = f"{get_column_letter(sheet.n_frozen + 1)}2"
    page.auto_filter.ref = f"A1:{last}{len(shown) + 1}"
    page.print_title_rows = "1:1"
    page.page_setup.orientation = "landscape"
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    for number, column in enumerate(sheet.columns, 1):
        page.column_dimensions[get_column_letter(number)].width = column.width
    cells = _Cells(page)
    page.append([cells.text(column.title, cells.header) for column in sheet.columns])
    for row in shown:
        page.append([cells.of(value, column) for value, column in zip(row, sheet.columns, strict=True)])
    for words in _notes(sheet, len(shown)):
        page.append([])
        page.append([cells.text(words, cells.note)])


def _notes(sheet: Sheet, n_shown: int) -> Iterator[str]:
    if sheet.note:
        yield sheet.note
    if n_shown < len(sheet.rows):
        where = f"; the rest stands in {sheet.rest}" if sheet.rest else ""
        yield f"A sheet holds no more rows: these are {n_shown:,} of {len(sheet.rows):,}{where}."


class _Cells:
    """Makes the cells of one sheet; cells that look alike share one style, since making styles takes most of the time."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.header = self._style(FORMATS["text"], bold=True, is_header=True)
        self.note = self._style(FORMATS["text"], italic=True, wrap=False)
        self.kinds = {kind: self._style(shown, wrap=False) for kind, shown in FORMATS.items()}
        self.text_styles = {runs: self._style(FORMATS["text"], runs=runs) for runs in (False, True)}

    def _style(
        self,
        shown: str,
        *,
        bold: bool = False,
        italic: bool = False,
        wrap: bool = True,
        is_header: bool = False,
        runs: bool = False,
    ) -> Any:
        cell = WriteOnlyCell(self.page)
        cell.number_format = shown
        cell.font = Font(bold=bold, italic=italic)
        cell.alignment = Alignment(wrap_text=wrap, vertical="top")
        if is_header:
            cell.fill = _SHADE
        if runs:
            cell.quotePrefix = True
        return cell._style

    def of(self, value: Value, column: SheetColumn) -> Any:
        """A cell of a column; None where there is nothing."""
        if value is None or value == "":
            return None
        if isinstance(value, bool):
            value = "yes" if value else "no"
        if isinstance(value, str):
            return self.text(value)
        cell = WriteOnlyCell(self.page, value=value)
        cell._style = self.kinds[column.kind]
        return cell

    def text(self, text: str, style: Any = None) -> Any:
        """A cell that is text, whatever it looks like."""
        safe = safe_text(text)
        cell = WriteOnlyCell(self.page, value=safe)
        cell.data_type = "s"
        cell._style = self.text_styles[safe.startswith(_RUNS)] if style is None else style
        return cell


def _without_clock(buffer: BytesIO, moment: datetime) -> bytes:
    """The archive with every date set to `moment`."""
    stamp = (max(moment.year, _FIRST_YEAR), moment.month, moment.day, 0, 0, 0)
    when = moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    target = BytesIO()
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>" + when, content)
            entry = zipfile.ZipInfo(name, stamp)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            written.writestr(entry, content)
    return target.getvalue()
