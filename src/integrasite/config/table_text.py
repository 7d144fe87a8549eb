"""Tab-separated text as people and spreadsheets write it: quoted cells, blank lines, blank columns."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from integrasite.errors import SheetError

_SEPARATORS = {";": "semicolons", ",": "commas", "|": "bars"}


@dataclass(frozen=True)
class TextTable:
    """Header and rows of a table; cells are stripped of surrounding white space.

    Args:
        header: the column names, without trailing blank ones.
        rows: per row its 1-based line and its cells, as many as the header has.
        problems: what is wrong with single rows, in words.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    problems: tuple[str, ...]


def parse_table(text: str, name: str, *, comma: bool = False) -> TextTable:
    """Parse a table with a header line; blank lines and blank trailing columns are skipped.

    Args:
        text: the content, with LF line ends.
        name: the file's name, for messages.
        comma: accept commas as separator where the header has no tab (sheets of other pipelines).

    Raises:
        SheetError: if it is empty, not tab-separated, or a quotation mark is never closed.
    """
    header_line = next((line for line in text.split("\n") if line.strip()), "")
    if not header_line:
        raise SheetError(f"{name}: is empty; expected a header line and at least one row")
    separator = _separator(header_line, name, comma)
    records = list(_records(text, separator, name))
    header = list(records[0][1])
    while header and not header[-1]:
        header.pop()
    rows, problems = [], []
    for line, cells in records[1:]:
        wide = (*cells, *[""] * (len(header) - len(cells)))
        if any(wide[len(header) :]):
            problems.append(
                f"{name} line {line}: {len(cells)} cells, but the header has {len(header)} columns; "
                f"'{next(filter(None, wide[len(header) :]))}' stands under no header. Remove the extra tab."
            )
        rows.append((line, wide[: len(header)]))
    return TextTable(tuple(header), tuple(rows), tuple(problems))


def _separator(header_line: str, name: str, comma: bool) -> str:
    if "\t" in header_line:
        return "\t"
    counts = {mark: header_line.count(mark) for mark in _SEPARATORS}
    mark = max(counts, key=lambda candidate: counts[candidate])
    if comma and counts[","] == counts[mark] > 0:
        return ","
    if counts[mark]:
        raise SheetError(
            f"{name} line 1: the cells are separated by {_SEPARATORS[mark]} ('{mark}'), "
            "but tabs are expected. "
            "Save the sheet as 'Text (Tab delimited)' (in LibreOffice: Text CSV with field delimiter {Tab})."
        )
    return "\t"


def _records(text: str, separator: str, name: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    start = 1
    try:
        for cells in reader:
            stripped = tuple(cell.strip() for cell in cells)
            if any(stripped):
                yield start, stripped
            start = reader.line_num + 1
    except csv.Error as error:
        raise SheetError(
            f"{name} line {start}: a quotation mark is never closed, or stands inside a cell ({error}). "
            'Remove it, or write "" for a quotation mark within quotes.'
        ) from None
