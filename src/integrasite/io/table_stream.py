"""Write a declared table piece by piece, for tables that are too large to hold."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from integrasite.io.atomic import binary_writer
from integrasite.io.tables import empty_table, table_text
from integrasite.model.tables import Table


def body_text(frame: pd.DataFrame, table: Table) -> str:
    """The rows of a table as text, without the header."""
    return table_text(frame, table, header=False)


@contextmanager
def tsv_stream(path: Path, table: Table) -> Iterator[Callable[[str], object]]:
    """Yield a function that appends text made by `body_text`; the file appears when all is written.

    Pieces must come in the order of the table's key (by subject, as a rule). Equal pieces give equal bytes.
    """
    with binary_writer(path) as handle:
        if path.suffix == ".gz":
            with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=handle, mtime=0) as packed:
                packed.write(table_text(empty_table(table), table).encode())
                yield lambda text: packed.write(text.encode())
        else:
            handle.write(table_text(empty_table(table), table).encode())
            yield lambda text: handle.write(text.encode())
