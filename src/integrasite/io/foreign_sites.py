"""Site tables of VISPA2 / ISAnalytics and INSPIIRED as counts per library and site."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from integrasite.config.timepoints import days_from_timepoint
from integrasite.errors import ConfigError, DataError

COUNT_COLUMNS = (
    "subject", "specimen", "sample", "timepoint", "days", "tissue", "cell_type", "vector",
    "contig", "position", "strand", "n_reads", "cells",
)  # fmt: skip
"""Columns of the counts: one row per library (`sample`) and site; `n_reads` or `cells` may be missing."""
QUANTITIES = {"seqCount": "n_reads", "fragmentEstimate": "cells"}
"""What a VISPA2 matrix may hold, and our column for it."""
_SITE = ("chr", "integration_locus", "strand")
_NO_LIBRARY = {*_SITE, "GeneName", "GeneStrand"}
_LIBRARY = "CompleteAmplificationID"
_MISSING = {"", "NA", "NaN", "nan", "None"}
_MATCH = ["subject", "specimen", "sample", "vector", "contig", "position", "strand"]


@dataclass(frozen=True)
class ImportedCounts:
    """Counts per library and site (`COUNT_COLUMNS`), and in words what was skipped or understood."""

    counts: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True)
class SiteOptions:
    """What the caller says about a file.

    Args:
        prefix: put before contigs that do not begin with it ("chr" where the file strips it).
        subject: the subject of every library, where the file does not name one.
        vector: the vector, where the file does not name one.
        quantity: what a wide matrix holds, a key of `QUANTITIES`; empty: as its file name says.
    """

    prefix: str = ""
    subject: str = ""
    vector: str = ""
    quantity: str = ""


def read_inspiired(path: Path, options: SiteOptions) -> ImportedCounts:
    """Read a table of sites in INSPIIRED's words (patient, GTSP or sample, posid or seqnames/start/strand, estAbund).

    Raises:
        ConfigError: if the file is missing, or lacks a column that is needed.
    """
    table = _read_text_table(path)
    sample = _first_column(path, table, ("sample", "GTSP"))
    if {"seqnames", "start", "strand"} <= set(table.columns):
        place = table[["seqnames", "start", "strand"]].set_axis(["contig", "position", "strand"], axis=1)
    else:
        posid = table[_first_column(path, table, ("posid",))]
        place = posid.str.extract(r"^(?P<contig>.+)(?P<strand>[+-])(?P<position>\d+)$").fillna("")
    subject = table["patient"] if "patient" in table else pd.Series(options.subject, index=table.index)
    timepoint = _column(table, "timePoint")
    rows = pd.DataFrame(
        {
            "subject": subject,
            "specimen": table[sample],
            "sample": table[sample],
            "timepoint": timepoint,
            "days": _days(_column(table, "timePointDays"), timepoint),
            "tissue": "",
            "cell_type": _column(table, "cellType"),
            "vector": options.vector,
            **{name: place[name] for name in ("contig", "position", "strand")},
            "n_reads": _numbers(_column(table, "reads")),
            "cells": _numbers(table[_first_column(path, table, ("estAbund",))]),
        }
    )
    return _clean(path, rows, options.prefix)


def read_vispa2(path: Path, association: Path | None, options: SiteOptions) -> ImportedCounts:
    """Read an integration matrix, wide (one column per library) or long, with the association file.

    Raises:
        ConfigError: if a file is missing, lacks a column, or does not say whose the libraries are.
    """
    table = _read_text_table(path)
    for name in _SITE:
        _first_column(path, table, (name,))
    if _LIBRARY in table:
        long = table.copy()
        for name, ours in QUANTITIES.items():
            long[ours] = _numbers(_column(table, name))
        if not set(QUANTITIES) & set(table.columns):
            raise ConfigError(f"{path}: has neither a column seqCount nor fragmentEstimate; one is needed")
    else:
        long = _melt(path, table, options.quantity)
    libraries = _libraries(path, long[_LIBRARY].unique(), association, options)
    rows = long.rename(columns={"chr": "contig", "integration_locus": "position", _LIBRARY: "sample"})
    unknown = sorted(set(rows["sample"]) - set(libraries["sample"]))
    kept = rows[rows["sample"].isin(set(libraries["sample"]))]
    kept = kept[["contig", "position", "strand", "sample", "n_reads", "cells"]].merge(libraries, on="sample")
    found = _clean(path, kept, options.prefix)
    if not unknown:
        return found
    note = f"{len(unknown)} libraries are not in {association} and were skipped: {_some(unknown)}"
    return ImportedCounts(found.counts, (note, *found.notes))


def _melt(path: Path, table: pd.DataFrame, quantity: str) -> pd.DataFrame:
    chosen = quantity or next((name for name in QUANTITIES if name.lower() in path.name.lower()), "")
    if not chosen:
        raise ConfigError(
            f"{path}: the name does not say whether the matrix holds reads or estimated cells; "
            f"give --quantity {' or '.join(QUANTITIES)}"
        )
    libraries = [name for name in table.columns if name not in _NO_LIBRARY]
    if not libraries:
        raise ConfigError(f"{path}: has no column of a library; expected one each after {', '.join(_SITE)}")
    long = table.melt(list(_SITE), libraries, _LIBRARY, "value")
    long = long[~long["value"].isin(_MISSING | {"0"})].reset_index(drop=True)
    ours = QUANTITIES[chosen]
    other = next(name for name in QUANTITIES.values() if name != ours)
    long[ours], long[other] = _numbers(long["value"]), np.nan
    return long


def _libraries(
    path: Path, names: Iterable[str], association: Path | None, options: SiteOptions
) -> pd.DataFrame:
    """What is known of each library; one row per library."""
    if association is None:
        if not options.subject:
            raise ConfigError(
                f"{path}: does not say whose the libraries are; give --association FILE, or --subject NAME "
                "where all are of one subject"
            )
        found = pd.DataFrame({"sample": list(names)}).assign(subject=options.subject, vector=options.vector)
        found = found.assign(specimen=found["sample"], timepoint="", tissue="", cell_type="")
        return found.assign(days=pd.Series([None] * len(found), dtype="Int64"))
    table = _read_text_table(association)
    for name in (_LIBRARY, "SubjectID"):
        _first_column(association, table, (name,))
    timepoint = _column(table, "TimePoint")
    known = pd.DataFrame(
        {
            "sample": table[_LIBRARY],
            "subject": _column(table, "SubjectID"),
            "specimen": _column(table, "DNAnumber"),
            "timepoint": timepoint,
            "days": _days(_column(table, "TimepointDays"), timepoint),
            "tissue": _column(table, "Tissue"),
            "cell_type": _column(table, "CellMarker"),
            "vector": _column(table, "VectorID").where(_column(table, "VectorID") != "", options.vector),
        }
    )
    if twice := sorted(known.loc[known["sample"].duplicated(), "sample"].unique()):
        raise ConfigError(
            f"{association}: {_LIBRARY} {_some(twice)} stands in several rows; keep one row each"
        )
    return known.assign(specimen=_specimen_names(known))


def _specimen_names(known: pd.DataFrame) -> list[str]:
    """DNAnumber where it names one DNA (one subject, time, tissue and cell type); else these facts, joined."""
    facts = ["subject", "timepoint", "tissue", "cell_type"]
    n_kinds = known.drop_duplicates(["specimen", *facts])["specimen"].value_counts().to_dict()
    return [
        str(name) if name and n_kinds[name] == 1 else "_".join(str(cell) for cell in cells if cell)
        for name, *cells in zip(known["specimen"], *(known[fact] for fact in facts), strict=True)
    ]


def _clean(path: Path, rows: pd.DataFrame, prefix: str) -> ImportedCounts:
    """Drop rows that name no site, library or amount; say how many and why; join rows that stand twice."""
    notes = []
    position = pd.to_numeric(rows["position"], errors="coerce")
    whole = position.notna() & (position >= 1) & (position % 1 == 0)
    amount = rows[["n_reads", "cells"]].astype("float64")
    reasons: Mapping[str, Any] = {
        "no subject": rows["subject"].isin(_MISSING),
        "no specimen": rows["specimen"].isin(_MISSING),
        "no contig": rows["contig"].isin(_MISSING),
        "the position is no whole number above 0": ~whole,
        "the strand is neither + nor -": ~rows["strand"].isin(["+", "-"]),
        "no reads and no cells above 0": ~(amount > 0).any(axis=1),
        "the cells are not above 0": (amount["cells"] <= 0) & (amount["n_reads"] > 0),
    }
    bad = pd.Series(False, index=rows.index)
    for why, holds in reasons.items():
        new = holds & ~bad
        if new.any():
            lines = ", ".join(str(int(line) + 2) for line in rows.index[new][:3])
            notes.append(f"{int(new.sum())} rows skipped: {why} (first: rows {lines} of the table)")
        bad |= holds
    kept = rows[~bad].assign(position=position[~bad].astype("int64"))
    contig = kept["contig"].astype(str)
    kept["contig"] = contig.where(contig.str.startswith(prefix), prefix + contig) if prefix else contig
    before = len(kept)
    kept = kept.drop_duplicates([*_MATCH, "n_reads", "cells"])
    if len(kept) < before:
        notes.append(f"{before - len(kept)} rows stand twice with the same numbers; each was taken once")
    summed = kept.groupby(_MATCH, as_index=False, sort=True)[["n_reads", "cells"]].sum(min_count=1)
    if len(summed) < len(kept):
        notes.append(
            f"{len(kept) - len(summed)} rows name a site of a library again; their numbers were added"
        )
    facts = kept.drop_duplicates(["subject", "specimen", "sample"])
    facts = facts[["subject", "specimen", "sample", "timepoint", "days", "tissue", "cell_type"]]
    joined = summed.merge(facts, on=["subject", "specimen", "sample"])[list(COUNT_COLUMNS)]
    if rows.empty:
        notes.append(f"{path}: has no rows")
    return ImportedCounts(joined, tuple(notes))


def _read_text_table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, encoding="utf-8-sig")
        if table.shape[1] == 1:
            table = pd.read_csv(path, sep=",", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except pd.errors.EmptyDataError:
        raise DataError(f"{path}: is empty; expected a header line") from None
    except (OSError, EOFError, UnicodeDecodeError, pd.errors.ParserError) as error:
        raise DataError(f"{path}: cannot be read as a table ({error})") from None
    return pd.DataFrame({name: table[name].str.strip() for name in table.columns})


def _first_column(path: Path, table: pd.DataFrame, names: tuple[str, ...]) -> str:
    found = next((name for name in names if name in table.columns), None)
    if found is None:
        raise ConfigError(
            f"{path}: has no column {' or '.join(names)} (it has: {_some(list(table.columns))}); "
            "is --from the right one?"
        )
    return found


def _column(table: pd.DataFrame, name: str) -> "pd.Series[str]":
    """A column's texts, "" where they are missing or the table lacks it."""
    if name not in table:
        return pd.Series("", index=table.index, dtype=object)
    return table[name].astype(object).where(~table[name].isin(_MISSING), "")


def _numbers(texts: "pd.Series[Any]") -> "pd.Series[float]":
    return pd.to_numeric(texts, errors="coerce").astype("float64")


def _days(days: "pd.Series[str]", labels: "pd.Series[str]") -> "pd.Series[Any]":
    """Whole days since infusion; where none are given, of labels such as 0060 (days), D28, M12."""
    values = [_numbers(pd.Series([day or label])).iloc[0] for day, label in zip(days, labels, strict=True)]
    found = [
        days_from_timepoint(label) if np.isnan(value) else round(value)
        for value, label in zip(values, labels, strict=True)
    ]
    return pd.Series(found, index=days.index, dtype="Int64")


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
