"""Questions to a cohort store, answered by DuckDB from its Parquet files."""

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from integrasite.errors import DataError
from integrasite.io.store_layout import STORED, RunVersion
from integrasite.io.tables import as_table, empty_table
from integrasite.model.tables import HISTORY, Table

MEMORY_LIMIT = "2GB"
"""What a query may hold in memory; larger ones spill to disk."""


def store_subjects(versions: Sequence[RunVersion]) -> list[str]:
    """Every subject of the given versions, by name."""
    return sorted({subject for one in versions for subject in one.subjects})


def read_stored(
    store: Path, versions: Sequence[RunVersion], key: str, subject: str
) -> tuple[pd.DataFrame, pd.Series]:
    """One subject's rows of one table over the given versions, and the run of each row.

    Columns that a version lacks, since it was written by an earlier program, are missing.

    Args:
        store: the store.
        versions: versions of runs.
        key: a key of `STORED`.
        subject: the subject.

    Raises:
        DataError: if a file is missing or damaged.
    """
    declared = STORED[key][1]
    runs = {
        str(store / one.files[key][subject]): one.run for one in versions if subject in one.files.get(key, {})
    }
    if not runs:
        return empty_table(declared), pd.Series([], dtype=object)
    with_run = Table(declared.name, {**declared.columns, "run": "str"}, (*declared.key, "run"))
    sql = (
        "SELECT * FROM read_parquet($files, union_by_name = true, hive_partitioning = false, filename = true)"
    )
    found = _query(store, sql, list(runs)).to_pandas()
    frame = as_table(found.assign(run=found["filename"].map(runs)), with_run)
    return frame[list(declared.columns)], frame["run"]


def _query(store: Path, sql: str, files: list[str]) -> pa.Table:
    """Run a query over Parquet files."""
    try:
        with duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "threads": 1}) as connection:
            escaped = [glob.escape(name) for name in files]
            return connection.sql(sql, params={"files": escaped}).to_arrow_table()
    except duckdb.Error as error:
        raise DataError(f"{store}: cannot be read; restore it from a backup ({error})") from None


def subject_history(store: Path, versions: Sequence[RunVersion], subject: str) -> pd.DataFrame:
    """Every clone of every specimen of a subject, over the given runs.

    Args:
        store: the store.
        versions: the runs' versions, as a rule the current ones.
        subject: the subject.

    Returns:
        The table `history`: the columns of `clones` with the run, what the run's annotation says of the site, and
        the rules that flagged the clone with the strongest tier. Sorted so that a clone's course is together.

    Raises:
        DataError: if a file is missing or damaged.
    """
    clones, run = read_stored(store, versions, "clones", subject)
    rows = clones.assign(run=run)
    sites, of_run = read_stored(store, versions, "annotation", subject)
    rows = rows.merge(sites.assign(run=of_run), on=["run", "site_id"], how="left")
    flags, of_run = read_stored(store, versions, "flags", subject)
    return as_table(rows.merge(_rules_of(flags.assign(run=of_run)), on=_CLONE, how="left"), HISTORY)


_CLONE = ["run", "subject", "specimen", "site_id"]


def _rules_of(flags: pd.DataFrame) -> pd.DataFrame:
    """Per clone, the rules that it was flagged by (joined by commas) and the strongest tier."""
    mine = flags[flags["site_id"] != ""]
    grouped = mine.groupby(_CLONE, as_index=False)
    return grouped.agg(
        rules=("rule", lambda rules: ",".join(sorted(set(rules)))), tier=("tier", "min")
    ).astype({"tier": "Int64"})


_COHORT = (
    "subject",
    "specimen",
    "days",
    "contig",
    "position",
    "strand",
    "placement",
    "status",
    "estimator",
    "cells",
)


_FILES_AT_ONCE = 50
"""Files of clones that are held at once; answers do not depend on it."""


def read_cohort(
    store: Path, versions: Sequence[RunVersion], subjects: Sequence[str]
) -> Iterator[pd.DataFrame]:
    """Passing, uniquely placed clones of many subjects, with the columns that the insertion tests need, piece by piece.

    Texts are categories, since a cohort has millions of rows. Specimens that several runs hold come several times;
    the tests count a subject's site once.

    Raises:
        DataError: if a file is missing or damaged.
    """
    wanted = set(subjects)
    files = sorted(
        str(store / path)
        for one in versions
        for subject, path in one.files.get("clones", {}).items()
        if subject in wanted
    )
    sql = (
        f"SELECT {', '.join(_COHORT)} FROM read_parquet($files, union_by_name = true, hive_partitioning = false) "
        "WHERE status = 'pass' AND placement = 'unique'"
    )
    for first in range(0, len(files), _FILES_AT_ONCE):
        found = _query(store, sql, files[first : first + _FILES_AT_ONCE])
        frame: pd.DataFrame = found.to_pandas(strings_to_categorical=True)
        yield frame.assign(position=frame["position"].astype("int64"))
