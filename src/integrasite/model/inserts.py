"""The intermediate tables between reads and places, as Parquet schemas."""

import pyarrow as pa

READS = pa.schema(
    [
        ("row", pa.int32()),
        ("umi", pa.uint64()),
        ("junction_key", pa.uint64()),
        ("linker_key", pa.uint64()),
        ("end_change", pa.uint32()),
        ("junction", pa.binary()),
        ("linker", pa.binary()),
    ]
)
"""One usable read pair: library (row of the source), UMI, the first bases of both ends, how its vector end differs from the
sheet's (`kernels.layout.Classified`), and the packed host bases."""

READ_COUNTS = pa.schema(
    [
        ("row", pa.int32()),
        ("barcode", pa.int32()),
        ("linker", pa.int32()),
        ("fate", pa.int32()),
        ("n_reads", pa.int64()),
    ]
)
"""Read pairs by library (-1: no row claims them), barcode and linker seen, and fate."""

DISCORDANT = pa.schema(
    [("row", pa.int32()), ("linker", pa.int32()), ("insert_key", pa.uint64()), ("n_reads", pa.int64())]
)
"""Pairs whose barcode and linker name different libraries (fate `wrong_linker`): library of the barcode, linker seen, the
insert's first host bases (two bits a base, as `reads/discordant.py` takes them), and how many pairs show this."""

INSERTS = pa.schema([("junction", pa.binary()), ("linker", pa.binary())])
"""Distinct consensus inserts of a source, sorted; the row number is the insert's id. Packed bases, `linker` may be empty."""

MOLECULES = pa.schema(
    [
        ("row", pa.int32()),
        ("insert", pa.int64()),
        ("umi", pa.uint64()),
        ("n_reads", pa.int64()),
        ("end_change", pa.uint32()),
    ]
)
"""One molecule: library, insert, UMI, the read pairs that show it, and how the vector end that most of them show differs from
the sheet's. Sorted by all columns."""

PLACES = pa.schema(
    [
        ("insert", pa.int64()),
        ("fate", pa.int32()),
        ("contig", pa.int32()),
        ("position", pa.int64()),
        ("breakpoint", pa.int64()),
        ("is_forward", pa.bool_()),
        ("score", pa.int32()),
        ("posterior", pa.float64()),
    ]
)
"""Places of an insert: 0-based first host base at the junction and at the breakpoint (-1 unknown), strand of the junction
read, alignment score of both reads, posterior among the insert's places. An insert without a place has one row with its
fate and contig -1."""
