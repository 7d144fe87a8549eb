"""The sample sheet: text to libraries, with every problem of every row."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from integrasite.config.explain import did_you_mean, explain, listed
from integrasite.config.row import COLUMNS, ID_HINT, REQUIRED_COLUMNS, SheetRow
from integrasite.config.table_text import TextTable, parse_table
from integrasite.config.timepoints import days_from_timepoint
from integrasite.model.library import ASSAYS, Library

CONTROL_ROLES = ("ntc", "untransduced", "spike-in")
"""Roles that have no infusion, so no days are derived for them."""

_SPECIMEN_FACTS = ("subject", "timepoint", "days", "tissue", "cell_type", "role")


LONGEST_UMI = 32
"""Bases of the longest UMI; it is held in one 64-bit number."""


def linker_problem(linker: str) -> str:
    """What is wrong with a linker's UMI; empty where nothing is."""
    runs = re.findall("N+", linker.upper())
    if len(runs) > 1:
        return f"'{linker}' has more than one run of N; one run is the UMI, more are not supported"
    if runs and len(runs[0]) > LONGEST_UMI:
        return f"'{linker}' has a UMI of {len(runs[0])} bases; at most {LONGEST_UMI} are supported"
    return ""


@dataclass(frozen=True)
class Names:
    """What the config declares, as far as it could be read.

    Args:
        vectors: names of the config's vectors.
        protocols: names of the config's protocols.
    """

    vectors: tuple[str, ...]
    protocols: tuple[str, ...]


@dataclass
class _Sheet:
    path: Path
    names: Names
    columns: frozenset[str] = frozenset()
    problems: list[str] = field(default_factory=list)
    lacks_protocols: bool = False

    def add(self, line: int, column: str, text: str) -> None:
        self.problems.append(f"{self.path} line {line}, column '{column}': {text}")


def read_sheet(text: str, path: Path, names: Names) -> tuple[tuple[Library, ...], list[str]]:
    """Turn a sheet into libraries.

    Args:
        text: the sheet's content.
        path: its place; files it names are relative to it.
        names: the vectors and protocols of the config.

    Returns:
        The libraries of all rows without a problem, and every problem found.

    Raises:
        SheetError: if it is no tab-separated table at all.
    """
    table = parse_table(text, str(path))
    sheet = _Sheet(path, names, frozenset(table.header))
    _check_header(sheet, table)
    sheet.problems.extend(table.problems)
    if not table.rows:
        sheet.problems.append(f"{path}: has a header but no rows; add one row per library")
    if not all(column in table.header for column in REQUIRED_COLUMNS):
        return (), sheet.problems
    libraries = tuple(
        library for line, cells in table.rows if (library := _library(sheet, line, table.header, cells))
    )
    _check_unique_samples(sheet, table)
    _check_specimens(sheet, libraries)
    _check_shared_files(sheet, libraries)
    return libraries, sheet.problems


def _check_header(sheet: _Sheet, table: TextTable) -> None:
    seen: set[str] = set()
    for number, column in enumerate(table.header):
        if not column:
            if any(cells[number] for _, cells in table.rows):
                sheet.problems.append(f"{sheet.path} line 1: column {number + 1} has cells but no name")
        elif column in seen:
            sheet.problems.append(f"{sheet.path} line 1: column '{column}' stands twice; remove one")
        elif column not in COLUMNS:
            known = [name for name in COLUMNS if name not in table.header]
            sheet.problems.append(
                f"{sheet.path} line 1: '{column}' is not a column of the sheet (known: {listed(COLUMNS)})."
                f"{did_you_mean(column, known)}"
            )
        seen.add(column)
    for column in REQUIRED_COLUMNS:
        if column not in seen:
            sheet.problems.append(f"{sheet.path} line 1: the required column '{column}' is missing")
    if not seen & {"r1", "bam"}:
        sheet.problems.append(f"{sheet.path} line 1: there is neither a column 'r1' nor a column 'bam'")


def _library(sheet: _Sheet, line: int, header: tuple[str, ...], cells: tuple[str, ...]) -> Library | None:
    before = len(sheet.problems)
    given = {name: cell for name, cell in zip(header, cells, strict=True) if cell and name in COLUMNS}
    for name, cell in given.items():
        if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", cell):
            sheet.add(
                line, name, f"{cell!r} holds a tab, a line break or another control character; remove it"
            )
    row = _validate(sheet, line, given)
    if problem := linker_problem(row.linker):
        sheet.add(line, "linker", problem)
    vectors = _resolve_vectors(sheet, line, row)
    protocol = ""
    if row.assay in ASSAYS:
        _check_files(sheet, line, row)
        protocol = _resolve_protocol(sheet, line, row)
    return None if len(sheet.problems) > before else _build(sheet.path, line, row, protocol, vectors)


def _validate(sheet: _Sheet, line: int, given: dict[str, str]) -> SheetRow:
    """The row; wrong cells are reported, and the others are kept for the checks that follow."""
    try:
        return SheetRow.model_validate(given)
    except ValidationError as error:
        _add_row_errors(sheet, line, error)
        wrong = {str(item["loc"][0]) for item in error.errors(include_url=False)} - {"assay"}
        kept = {name: cell for name, cell in given.items() if name not in wrong}
        return SheetRow.model_construct(**cast(dict[str, Any], kept))


def _add_row_errors(sheet: _Sheet, line: int, error: ValidationError) -> None:
    for item in error.errors(include_url=False):
        column = str(item["loc"][0])
        if column in REQUIRED_COLUMNS and item["type"] == "string_pattern_mismatch":
            sheet.add(line, column, f"'{item['input']}': {ID_HINT}")
        elif item["type"] == "missing":
            sheet.add(line, column, "is empty (it is required)")
        else:
            sheet.add(line, column, explain(item))


def _lanes(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(",")] if cell else []


def _check_files(sheet: _Sheet, line: int, row: SheetRow) -> None:
    if not sheet.columns & {"r1", "bam"}:
        return
    if row.assay == "amplicon" and row.bam:
        sheet.add(line, "bam", "an amplicon library is read from FASTQ; name its files in r1, r2 (and i1)")
    elif row.bam and row.r1:
        sheet.add(line, "bam", "both r1 and bam are given; name the reads once")
    elif not row.r1 and not row.bam:
        sheet.add(
            line,
            "r1",
            "is empty; name the FASTQ files"
            + ("" if row.assay == "amplicon" else " here, or a BAM in 'bam'"),
        )
    if row.barcode and not row.i1:
        sheet.add(
            line,
            "barcode",
            f"'{row.barcode}' cannot be looked for: i1 is empty. Name the index read's file in i1.",
        )
    _check_lanes(sheet, line, row)


def _check_lanes(sheet: _Sheet, line: int, row: SheetRow) -> None:
    r1 = _lanes(row.r1)
    for column, files in (("r1", r1), ("r2", _lanes(row.r2)), ("i1", _lanes(row.i1))):
        if any(not name for name in files):
            sheet.add(line, column, f"'{getattr(row, column)}' has an empty name between commas")
        if column != "r1" and files and r1 and len(files) != len(r1):
            sheet.add(
                line,
                column,
                f"names {len(files)} file(s) but r1 names {len(r1)}; one per lane, in the same order",
            )
    names = [name for name in (*r1, *_lanes(row.r2), *_lanes(row.i1)) if name]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        sheet.add(
            line, "r1", f"'{name}' is named twice in this row (r1, r2, i1 and lanes are different files)"
        )


def _unknown(name: str, section: str, known: Iterable[str]) -> str:
    names = tuple(known)
    return (
        f"'{name}' is not among the config's {section} (known: {listed(names)}).{did_you_mean(name, names)}"
    )


def _resolve_protocol(sheet: _Sheet, line: int, row: SheetRow) -> str:
    known = sheet.names.protocols
    name = row.protocol or (known[0] if len(known) == 1 and row.assay == "amplicon" else "")
    if name and name not in known:
        sheet.add(
            line,
            "protocol",
            _unknown(name, "protocols", known),
        )
    elif not name and row.assay == "amplicon":
        if known or not sheet.lacks_protocols:
            sheet.add(
                line,
                "protocol",
                f"is empty; an amplicon library needs one of the config's protocols (known: {listed(known)})",
            )
        sheet.lacks_protocols = not known
    return name


def _resolve_vectors(sheet: _Sheet, line: int, row: SheetRow) -> tuple[str, ...]:
    known = sheet.names.vectors
    if not known:
        return ()  # the config's own problem
    names = tuple(dict.fromkeys(filter(None, _lanes(row.vector)))) or (known if len(known) == 1 else ())
    if not names:
        sheet.add(
            line, "vector", f"is empty; name one or more of the config's vectors (known: {listed(known)})"
        )
    for name in names:
        if name not in known:
            sheet.add(
                line,
                "vector",
                _unknown(name, "vectors", known),
            )
    return names


def _build(path: Path, line: int, row: SheetRow, protocol: str, vectors: tuple[str, ...]) -> Library:
    def files(cell: str) -> tuple[Path, ...]:
        return tuple(path.parent / name for name in _lanes(cell))

    days = row.days
    if days is None and row.role not in CONTROL_ROLES:
        days = days_from_timepoint(row.timepoint)
    parts = (row.subject, row.timepoint, row.tissue, row.cell_type)
    own = row.model_dump(
        exclude={"specimen", "r1", "r2", "i1", "bam", "barcode", "linker", "protocol", "vector", "days"}
    )
    return Library(
        **own,
        specimen=row.specimen or "_".join(part for part in parts if part),
        r1=files(row.r1),
        r2=files(row.r2),
        i1=files(row.i1),
        bam=path.parent / row.bam if row.bam else None,
        barcode=row.barcode.upper(),
        linker=row.linker.upper(),
        protocol=protocol,
        vectors=vectors,
        days=days,
        line=line,
    )


def _check_unique_samples(sheet: _Sheet, table: TextTable) -> None:
    column = table.header.index("sample")
    first: dict[str, int] = {}
    for line, cells in table.rows:
        name = cells[column]
        if name and name in first:
            sheet.add(
                line,
                "sample",
                f"'{name}' is already the sample of line {first[name]}; every library needs its own id",
            )
        first.setdefault(name, line)


def _check_specimens(sheet: _Sheet, libraries: tuple[Library, ...]) -> None:
    first: dict[str, Library] = {}
    for library in libraries:
        known = first.setdefault(library.specimen, library)
        for fact in _SPECIMEN_FACTS:
            here, there = getattr(library, fact), getattr(known, fact)
            if here != there:
                sheet.add(
                    library.line,
                    fact,
                    f"specimen '{library.specimen}' has {fact} '{_shown(here)}' here but '{_shown(there)}' "
                    f"on line {known.line}; correct it, or name two specimens",
                )


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _check_shared_files(sheet: _Sheet, libraries: tuple[Library, ...]) -> None:
    """A file belongs to one group of rows; in two groups its reads would be counted twice."""
    owner: dict[Path, tuple[object, int]] = {}
    for library in libraries:
        group = (library.r1, library.r2, library.i1, library.bam, library.assay)
        for path in (*library.r1, *library.r2, *library.i1):
            known, line = owner.setdefault(path, (group, library.line))
            if known != group:
                sheet.add(
                    library.line,
                    "r1",
                    f"'{path}' also stands on line {line}, beside other files or another assay; rows that "
                    "share reads must name exactly the same r1, r2 and i1 (the same lanes in the same order)",
                )
                break
