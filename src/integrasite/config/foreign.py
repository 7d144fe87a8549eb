"""Other pipelines' sheets in our words: what all three imports share."""

import csv
import datetime
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from integrasite.config.explain import FILL_IN, listed
from integrasite.config.row import COLUMNS
from integrasite.config.table_text import TextTable
from integrasite.errors import SheetError

_ROLE_WORDS = {
    "ntc": r"(?<![a-z0-9])(ntc|water|h2o|blank)(?![a-z])|no[-_ .]?templ|no[-_ .]?lig",
    "untransduced": r"uninf|untransd|non[-_ .]?transd|(?<![a-z])(unif|mock|utd)(?![a-z])",
}
"""Names that say what a control is. NTC, water, blank, no-template and no-ligation libraries become `ntc`;
uninfected (UNIF), untransduced (UTD) and mock ones `untransduced`; all others stay `patient`."""


@dataclass
class Imported:
    """What could be taken from another pipeline's sheet.

    Args:
        rows: per library its cells, by our column names.
        vectors: per vector name its settings.
        protocols: per protocol name its settings.
        genome_name: name of the reference genome, empty where the sheet has none.
        warnings: what is missing or was guessed.
    """

    rows: list[dict[str, str]] = field(default_factory=list)
    vectors: dict[str, dict[str, str]] = field(default_factory=dict)
    protocols: dict[str, dict[str, str]] = field(default_factory=dict)
    genome_name: str = ""
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ImportOptions:
    """What the caller adds to the sheet.

    Args:
        subject: the patient of all rows that are no controls; empty: as the sheet says.
        files: `r1`, `r2`, `i1` -> cell for every row (paths relative to our sheet).
        primer: first bases of the junction read, for sheets without it.
        ltr_end: bases from the primer to the last vector base, for sheets without it.
        sequences: name of a vector's file as the sheet gives it -> its sequence, where it could be read.
        paths: name of a vector's file as the sheet gives it -> path to write into our config.
    """

    subject: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    primer: str = ""
    ltr_end: str = ""
    sequences: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)


def role_from_name(name: str) -> str:
    """The role that a library's or subject's name says it has; `patient` where it says nothing.

    >>> [role_from_name(name) for name in ("NTC-1", "CTRL_noLig-2", "UNIF", "Uninfected", "P1", "Waters")]
    ['ntc', 'ntc', 'untransduced', 'untransduced', 'patient', 'patient']
    """
    for role, pattern in _ROLE_WORDS.items():
        if re.search(pattern, name.lower()):
            return role
    return "patient"


def as_id(name: str) -> str:
    """A name with everything that may not stand in our ids replaced by `_`."""
    return re.sub(r"[^A-Za-z0-9._+-]", "_", name).lstrip(".-") or "unnamed"


def require_columns(table: TextTable, needed: tuple[str, ...], name: str, pipeline: str) -> None:
    """Refuse a table that cannot be a sheet of that pipeline.

    Raises:
        SheetError: if a column is missing; names all that are.
    """
    missing = [column for column in needed if column not in table.header]
    if missing:
        raise SheetError(
            f"{name} line 1: column(s) {listed(missing)} are missing; a sheet of {pipeline} has "
            f"{listed(needed)}. "
            "Is --from right?"
        )
    if not table.rows:
        raise SheetError(f"{name}: has a header but no rows")


def finish(imported: Imported, options: ImportOptions, name: str) -> Imported:
    """Fill in what every import shares: ids, roles, files; warn about what has to be looked at.

    Raises:
        SheetError: if two rows would become the same library.
    """
    seen: set[str] = set()
    for row in imported.rows:
        _clean_ids(imported, row)
        if row["sample"] in seen:
            raise SheetError(
                f"{name}: two rows become the library '{row['sample']}'; make their names differ first"
            )
        seen.add(row["sample"])
        if options.subject and row["role"] == "patient":
            row["subject"] = as_id(options.subject)
        row.update({column: cell for column, cell in options.files.items() if cell})
    _warn_about_roles(imported)
    absent = [column for column in ("r1", "r2") if not all(row.get(column) for row in imported.rows)]
    if any(row.get("barcode") for row in imported.rows) and not options.files.get("i1"):
        absent.append("i1")
    if absent:
        flags = listed(f"--{column}" for column in absent)
        imported.warnings.append(f"the sheet names no read files: fill in {listed(absent)}, or give {flags}")
    return imported


def _clean_ids(imported: Imported, row: dict[str, str]) -> None:
    for column in ("sample", "subject"):
        clean = as_id(row[column])
        if clean != row[column]:
            imported.warnings.append(
                f"{column} '{row[column]}' is written '{clean}', since it becomes a file name"
            )
            row[column] = clean


def _warn_about_roles(imported: Imported) -> None:
    for role in _ROLE_WORDS:
        names = [row["sample"] for row in imported.rows if row["role"] == role]
        if names:
            imported.warnings.append(f"role {role} from the name: {listed(names)}; check the column role")
    unclear = [
        row["sample"]
        for row in imported.rows
        if row["role"] == "patient" and re.search(r"(?i)ctrl|control", row["sample"])
    ]
    if unclear:
        imported.warnings.append(f"named a control but not of which kind, left as patient: {listed(unclear)}")


def sheet_text(imported: Imported) -> str:
    """Our sheet: the columns that hold something, tab-separated."""
    used = [
        column
        for column in COLUMNS
        if column in ("sample", "subject", "assay", "r1", "r2")
        or any(row.get(column) for row in imported.rows)
    ]
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(used)
    writer.writerows([row.get(column, "") for column in used] for row in imported.rows)
    return buffer.getvalue()


def config_text(imported: Imported, samples: str, genome: str, annotation: str) -> str:
    """A config for the imported sheet; what it cannot know is marked as still to be filled in.

    Args:
        imported: the import.
        samples: path of our sheet, relative to the config.
        genome: path of the genome, relative to the config; empty where unknown.
        annotation: path of the annotation, likewise.
    """
    content = {
        "run": {"id": "imported", "date": datetime.date(1970, 1, 1)},
        "samples": samples or FILL_IN,
        "reference": {
            "name": imported.genome_name or "custom",
            "genome": genome or FILL_IN,
            "annotation": annotation or FILL_IN,
        },
        "vectors": imported.vectors,
        "protocols": imported.protocols,
    }
    head = (
        "# Made by `integrasite import-sheet`; look at every line, and replace every FILL-IN.\n"
        "# Then: integrasite check --config THIS_FILE --reads\n"
    )
    return head + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=200)
