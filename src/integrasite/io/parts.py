"""Parquet files written batch by batch in partitions, and read back one partition at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from integrasite.errors import DataError
from integrasite.io.atomic import atomic_path


def _plain_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, schema, compression="lz4", use_dictionary=False, write_statistics=False)


def write_arrow(table: pa.Table, path: Path) -> None:
    """Write one intermediate table."""
    with atomic_path(path) as temporary, _plain_writer(temporary, table.schema) as writer:
        writer.write_table(table)


def read_arrow(path: Path) -> pa.Table:
    """Read one intermediate table.

    Raises:
        DataError: if the file is missing or damaged.
    """
    try:
        return pq.read_table(path, memory_map=False)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: cannot be read ({error}); remove it and run again") from None


@contextmanager
def partition_writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """Open a writer whose row groups are written in turn, one per partition and flush."""
    with atomic_path(path) as temporary, _plain_writer(temporary, schema) as writer:
        yield writer


def read_partition(paths: Sequence[Path], partition: int, n_partitions: int) -> pa.Table:
    """The rows of one partition from files whose row groups cycle through the partitions."""
    groups = []
    for path in paths:
        with pq.ParquetFile(path) as file:
            wanted = list(range(partition, file.num_row_groups, n_partitions))
            groups.append(file.read_row_groups(wanted) if wanted else file.schema_arrow.empty_table())
    return pa.concat_tables(groups)
