"""Declared tables on disk: what is written is what is read, byte for byte the same each time, and never half."""

import gzip
import os
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrasite.errors import DataError
from integrasite.io.atomic import atomic_path, write_bytes, write_text
from integrasite.io.tables import (
    as_table,
    concat_tables,
    empty_table,
    read_parquet,
    read_tsv,
    write_parquet,
    write_tsv,
)
from integrasite.model import tables
from integrasite.model.tables import Table

ALL = [value for value in vars(tables).values() if isinstance(value, Table)]
TOY = Table("toy", {"name": "str", "n": "int", "x": "float", "is_it": "bool"}, ("name", "n"))
FULL = {"str": "a b", "int": 7, "float": 0.25, "bool": True}


def rows_of(table, n=4):
    """Rows in which every column is missing once, except that keys tell the rows apart."""
    rows = []
    for number in range(n):
        row = {name: FULL[kind] for name, kind in table.columns.items()}
        row |= {name: f"{name}{number}" for name in table.key if table.columns[name] == "str"}
        row |= {name: number for name in table.key if table.columns[name] == "int"}
        rows.append(row)
    others = [name for name in table.columns if name not in table.key]
    for number, name in enumerate(others):
        rows[number % n][name] = None
    return pd.DataFrame(rows)


def plain(frame):
    """Cells as Python values, missing ones as None."""
    return [
        [None if pd.isna(cell) else cell for cell in row] for row in frame.astype(object).to_numpy().tolist()
    ]


# round trips


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
@pytest.mark.parametrize("name", ["t.tsv", "t.tsv.gz"])
def test_every_declared_table_comes_back_from_tsv(table, name, tmp_path):
    frame = as_table(rows_of(table), table)
    write_tsv(frame, tmp_path / name, table)
    back = read_tsv(tmp_path / name, table)
    assert plain(back) == plain(frame)
    assert back.dtypes.astype(str).to_dict() == frame.dtypes.astype(str).to_dict()


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_every_declared_table_comes_back_from_parquet(table, tmp_path):
    frame = as_table(rows_of(table), table)
    write_parquet(frame, tmp_path / "t.parquet", table)
    back = read_parquet(tmp_path / "t.parquet", table)
    assert plain(back) == plain(frame)
    assert back.dtypes.astype(str).to_dict() == frame.dtypes.astype(str).to_dict()


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_every_declared_table_can_be_empty(table, tmp_path):
    write_tsv(empty_table(table), tmp_path / "t.tsv.gz", table)
    assert gzip.decompress((tmp_path / "t.tsv.gz").read_bytes()).decode() == "\t".join(table.columns) + "\n"
    write_parquet(empty_table(table), tmp_path / "t.parquet", table)
    for back in (read_tsv(tmp_path / "t.tsv.gz", table), read_parquet(tmp_path / "t.parquet", table)):
        assert list(back.columns) == list(table.columns)
        assert len(back) == 0
        assert back.dtypes.astype(str).to_dict() == empty_table(table).dtypes.astype(str).to_dict()


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_key_columns_are_declared(table):
    assert set(table.key) <= set(table.columns)
    assert set(table.columns.values()) <= set(FULL)


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)


VALUES = st.tuples(
    TEXT,
    st.none() | st.integers(-(2**62), 2**62),
    st.none() | st.floats(allow_nan=False, width=16),
    st.none() | st.booleans(),
)


@given(rows=st.lists(VALUES, max_size=6))
@settings(max_examples=25)
def test_any_values_come_back(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("t") / "t.tsv"
    frame = as_table(pd.DataFrame(rows, columns=list(TOY.columns)), TOY)
    write_tsv(frame, path, TOY)
    back = plain(read_tsv(path, TOY))
    assert [row[:2] + row[3:] for row in back] == [row[:2] + row[3:] for row in plain(frame)]
    for found, written in zip(back, plain(frame), strict=True):
        assert found[2] == (None if written[2] is None else pytest.approx(written[2], rel=1e-7))


@pytest.mark.parametrize(
    "text", ["NA", "nan", "None", "null", "-", "1e5", "true", '5" end', 'a"b"c', "'", " x ", "é中"]
)
def test_text_that_looks_like_something_else(text, tmp_path):
    write_tsv(pd.DataFrame({"name": [text]}), tmp_path / "t.tsv", TOY)
    assert read_tsv(tmp_path / "t.tsv", TOY)["name"].tolist() == [text]


def test_large_positions_and_small_p_values_stay_exact_enough(tmp_path):
    frame = pd.DataFrame(
        {"name": ["a", "b"], "n": [2**53 + 1, 248_956_422], "x": [1.2345678e-300, 0.99999999]}
    )
    write_tsv(frame, tmp_path / "t.tsv", TOY)
    back = read_tsv(tmp_path / "t.tsv", TOY)
    assert back["n"].tolist() == [2**53 + 1, 248_956_422]
    assert back["x"].tolist() == [1.2345678e-300, 0.99999999]


# form


def test_the_form_of_a_tsv(tmp_path):
    frame = pd.DataFrame(
        {
            "x": [-0.0, None, 1 / 3],
            "is_it": [True, False, None],
            "n": [2, 1, None],
            "name": ["b", "b", "a"],
            "extra": 1,
        }
    )
    write_tsv(frame, tmp_path / "t.tsv", TOY)
    text = b"name\tn\tx\tis_it\na\t\t0.33333333\t\nb\t1\t\tfalse\nb\t2\t0\ttrue\n"
    assert (tmp_path / "t.tsv").read_bytes() == text


def test_missing_columns_come_out_missing():
    frame = as_table(pd.DataFrame({"n": [1]}), TOY)
    assert plain(frame) == [["", 1, None, None]]


def test_rows_of_equal_key_keep_their_order():
    frame = as_table(pd.DataFrame({"name": ["a"] * 3, "n": [1, 1, 0], "x": [3.0, 1.0, 2.0]}), TOY)
    assert frame["x"].tolist() == [2.0, 3.0, 1.0]
    assert frame.index.tolist() == [0, 1, 2]


def test_tables_are_joined_and_sorted():
    parts = [
        pd.DataFrame({"name": [name], "n": [1], "is_it": [flag]}) for name, flag in (("b", True), ("a", None))
    ]
    joined = concat_tables([empty_table(TOY), *parts], TOY)
    assert plain(joined) == [["a", 1, None, None], ["b", 1, None, True]]
    assert plain(concat_tables([], TOY)) == plain(concat_tables([empty_table(TOY)], TOY)) == []


@pytest.mark.parametrize("name", ["t.tsv", "t.tsv.gz", "t.parquet"])
def test_the_same_rows_give_the_same_bytes(name, tmp_path):
    frame = rows_of(tables.FRAGMENTS)
    write = write_parquet if name.endswith("parquet") else write_tsv
    write(frame, tmp_path / "1" / name, tables.FRAGMENTS)
    write(frame.iloc[::-1], tmp_path / "2" / f"other-{name}", tables.FRAGMENTS)
    first = (tmp_path / "1" / name).read_bytes()
    assert (tmp_path / "2" / f"other-{name}").read_bytes() == first
    if name.endswith("gz"):
        assert first[4:8] == b"\0\0\0\0"  # no time stamp
        assert first[3] == 0  # no file name


# bad files


def broken(tmp_path, content, name="t.tsv"):
    (tmp_path / name).write_bytes(content)
    return tmp_path / name


HEADER = b"name\tn\tx\tis_it\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be read as the table 'toy'"),
        (b"name\tn\n", "columns x, is_it are missing"),
        (HEADER + b"a\tone\t1\ttrue\n", "column 'n': expected int"),
        (HEADER + b"a\t1.5\t1\ttrue\n", "column 'n': expected int"),
        (HEADER + b"a\t1\tlots\ttrue\n", "column 'x': expected float"),
        (HEADER + b"a\t1\t1\ttrue\tmore\tand more\n", "t.tsv"),
        (HEADER + b"\xff\xfe\t1\t1\ttrue\n", "cannot be read as the table 'toy'"),
    ],
)
def test_a_bad_table_is_named(content, message, tmp_path):
    with pytest.raises(DataError, match=message) as error:
        read_tsv(broken(tmp_path, content), TOY)
    assert "t.tsv" in str(error.value)


@pytest.mark.parametrize("word", ["yes", "True", "TRUE", "1"])
def test_a_truth_value_in_other_words_is_named(word, tmp_path):
    with pytest.raises(DataError, match="column 'is_it': expected bool"):
        read_tsv(broken(tmp_path, HEADER + b"a\t1\t1\t" + word.encode() + b"\n"), TOY)


def test_a_table_cut_off_in_its_gzip(tmp_path):
    whole = gzip.compress(HEADER + b"".join(b"a%d\t1\t1\ttrue\n" % n for n in range(500)), mtime=0)
    with pytest.raises(DataError, match="cannot be read as the table 'toy'"):
        read_tsv(broken(tmp_path, whole[: len(whole) // 2], "t.tsv.gz"), TOY)


def test_no_table_at_all(tmp_path):
    with pytest.raises(DataError, match=r"none\.tsv: no such file"):
        read_tsv(tmp_path / "none.tsv", TOY)
    with pytest.raises(DataError, match=r"none\.parquet"):
        read_parquet(tmp_path / "none.parquet", TOY)


@pytest.mark.parametrize("content", [b"", b"PAR1 cut off", HEADER])
def test_a_damaged_parquet_is_named(content, tmp_path):
    with pytest.raises(DataError, match=r"t\.parquet.*'toy'"):
        read_parquet(broken(tmp_path, content, "t.parquet"), TOY)


def test_another_table_s_parquet_is_refused(tmp_path):
    write_parquet(rows_of(tables.LEDGER), tmp_path / "t.parquet", tables.LEDGER)
    with pytest.raises(DataError, match=r"t\.parquet.*'toy'"):
        read_parquet(tmp_path / "t.parquet", TOY)


def test_extra_columns_are_kept_when_read(tmp_path):
    path = broken(tmp_path, b"more\tname\tn\tx\tis_it\n007\ta\t1\t\t\n")
    assert read_tsv(path, TOY)["more"].tolist() == ["007"]


# atomic


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole(tmp_path):
    with atomic_path(tmp_path / "deep" / "er" / "f.txt") as temporary:
        temporary.write_text("half")
        assert names(temporary.parent) == [temporary.name]
    assert names(tmp_path / "deep" / "er") == ["f.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("was_there", [True, False])
def test_a_failure_leaves_what_was_there_and_nothing_else(error, was_there, tmp_path):
    path = tmp_path / "f.txt"
    if was_there:
        path.write_text("old")
    with pytest.raises(error), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise error
    assert names(tmp_path) == (["f.txt"] if was_there else [])
    assert not was_there or path.read_text() == "old"


def test_a_table_that_cannot_be_written_leaves_nothing(tmp_path):
    wrong = pd.DataFrame({"name": ["a"], "n": ["one"]})
    for write in (write_tsv, write_parquet):
        with pytest.raises(ValueError, match="one"):
            write(wrong, tmp_path / "t", TOY)
    assert names(tmp_path) == []


def test_a_disk_that_refuses_leaves_nothing(tmp_path, monkeypatch):
    def refuse(self, content):
        with self.open("wb") as handle:
            handle.write(content[:3])
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(OSError, match="No space left"):
        write_text(tmp_path / "f.txt", "much text")
    assert names(tmp_path) == []


def test_two_writers_of_one_file_do_not_meet_half_way(tmp_path):
    path, texts = tmp_path / "f.txt.gz", [letter * 200_000 for letter in "ab"]
    writers = [
        threading.Thread(target=write_text, args=(tmp_path / name, text))
        for name, text in zip("ab", texts, strict=True)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    write_text(path, texts[0])
    write_text(path, texts[1])
    assert gzip.decompress(path.read_bytes()).decode() == texts[1]
    assert names(tmp_path) == ["a", "b", "f.txt.gz"]


@pytest.mark.parametrize("name", ["f.bed.gz", "f.bed"])
def test_bytes_and_text(name, tmp_path):
    write_bytes(tmp_path / name, b"one\r\n")
    raw = (tmp_path / name).read_bytes()
    assert (gzip.decompress(raw) if name.endswith("gz") else raw) == b"one\r\n"
    write_text(tmp_path / name, "é\n")
    raw = (tmp_path / name).read_bytes()
    assert (gzip.decompress(raw) if name.endswith("gz") else raw) == "é\n".encode()


def test_numpy_columns_of_other_kinds_are_taken(tmp_path):
    frame = pd.DataFrame(
        {"name": ["a"], "n": np.array([3], np.int32), "x": np.array([1], np.int64), "is_it": np.array([True])}
    )
    write_parquet(frame, tmp_path / "t.parquet", TOY)
    assert plain(read_parquet(tmp_path / "t.parquet", TOY)) == [["a", 3, 1.0, True]]
