"""Read and write the declared tables: TSV for people, Parquet between stages."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from integrasite.errors import DataError
from integrasite.io.atomic import atomic_path, write_text
from integrasite.model.tables import Table

_PANDAS = {"str": "str", "int": "Int64", "float": "float64", "bool": "boolean"}
_ARROW = {"str": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}


def _as_kind(column: "pd.Series[Any]", kind: str) -> "pd.Series[Any]":
    return column.astype(pd.api.types.pandas_dtype(_PANDAS[kind]))


def empty_table(table: Table) -> pd.DataFrame:
    """A table with its columns and no rows."""
    return as_table(pd.DataFrame({name: [] for name in table.columns}), table)


def as_table(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Give `frame` the declared columns, kinds and row order of `table`; columns that it lacks come out missing.

    Text columns hold "" for missing, integer and boolean ones are nullable.
    """
    columns = {}
    for name, kind in table.columns.items():
        column = (
            frame[name] if name in frame else pd.Series([None] * len(frame), index=frame.index, dtype=object)
        )
        text = column.astype(object)
        columns[name] = text.fillna("").astype(object) if kind == "str" else _as_kind(column, kind)
    ordered = pd.DataFrame(columns, index=frame.index)
    return ordered.sort_values(list(table.key), kind="stable", ignore_index=True)


def concat_tables(frames: Iterable[pd.DataFrame], table: Table) -> pd.DataFrame:
    """Rows of several tables of one kind, in the declared order."""
    filled = [frame for frame in frames if len(frame)]
    return as_table(pd.concat(filled, ignore_index=True), table) if filled else empty_table(table)


def write_tsv(frame: pd.DataFrame, path: Path, table: Table) -> None:
    """Write the declared columns as TSV (LF, one header, empty = missing, `true`/`false`; gzip without time stamp)."""
    write_text(path, table_text(frame, table))


def table_text(frame: pd.DataFrame, table: Table, *, header: bool = True) -> str:
    """The declared columns as the text of a TSV."""
    ordered = as_table(frame, table)
    for name, kind in table.columns.items():
        if kind == "bool":
            ordered[name] = ordered[name].map({True: "true", False: "false"}).astype(object)
        elif kind == "float":
            ordered[name] = ordered[name] + 0.0  # no "-0"
    buffer = io.StringIO()
    ordered.to_csv(
        buffer, sep="\t", index=False, header=header, lineterminator="\n", float_format="%.8g", na_rep=""
    )
    return buffer.getvalue()


def read_tsv(path: Path, table: Table) -> pd.DataFrame:
    """Read a declared table; extra columns are kept.

    Raises:
        DataError: if the file is missing, unreadable or lacks a declared column.
    """
    try:
        frame = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise DataError(f"{path}: no such file (expected the table '{table.name}')") from None
    except (OSError, EOFError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{path}: cannot be read as the table '{table.name}' ({error})") from None
    missing = [name for name in table.columns if name not in frame.columns]
    if missing:
        raise DataError(
            f"{path}: columns {', '.join(missing)} are missing (expected the table '{table.name}')"
        )
    return parse_kinds(frame, table, path)


def parse_kinds(frame: pd.DataFrame, table: Table, path: Path) -> pd.DataFrame:
    """Turn text cells into the declared kinds ("" is missing)."""
    parsed = frame.copy()
    for name, kind in table.columns.items():
        text = frame[name]
        try:
            if kind == "bool":
                if not text.isin(["true", "false", ""]).all():
                    raise ValueError("true or false")
                parsed[name] = text.map({"true": True, "false": False}).astype("boolean")
            elif kind == "int":
                parsed[name] = pd.to_numeric(text.replace("", None)).astype("Int64")
            elif kind == "float":
                parsed[name] = pd.to_numeric(text.replace("", None)).astype("float64")
            else:
                parsed[name] = text.astype(object)
        except (ValueError, TypeError) as error:
            raise DataError(f"{path}, column '{name}': expected {kind} ({error})") from None
    return parsed


def arrow_schema(table: Table) -> pa.Schema:
    """The Parquet schema of a declared table."""
    return pa.schema([(name, _ARROW[kind]) for name, kind in table.columns.items()])


def write_parquet(frame: pd.DataFrame, path: Path, table: Table) -> None:
    """Write an intermediate table with its declared columns."""
    ordered = as_table(frame, table)
    with atomic_path(path) as temporary:
        pq.write_table(
            pa.Table.from_pandas(ordered, schema=arrow_schema(table), preserve_index=False), temporary
        )


def read_parquet(path: Path, table: Table) -> pd.DataFrame:
    """Read an intermediate table written by `write_parquet`.

    Raises:
        DataError: if the file is missing, damaged or another table.
    """
    try:
        return as_table(pq.read_table(path, columns=list(table.columns)).to_pandas(), table)
    except (OSError, pa.ArrowException) as error:
        raise DataError(
            f"{path}: cannot be read as the table '{table.name}' ({error}); remove it and run again"
        ) from None
