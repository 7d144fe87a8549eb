"""Read the small tables that annotation needs: keys of sites, gene lists, bundled resources."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from integrasite.errors import ConfigError
from integrasite.io.tables import concat_tables, read_tsv
from integrasite.io.text import read_text
from integrasite.model.tables import Table

SITE_KEYS = Table(
    "site keys",
    {"site_id": "str", "contig": "str", "position": "int", "strand": "str"},
    ("contig", "position", "strand"),
)
"""What annotation needs to know of a site; the tables sites, clones and multihits all have it."""


def read_site_keys(paths: Iterable[Path]) -> pd.DataFrame:
    """Every site that stands in any of several tables, once.

    Args:
        paths: tables with site_id, contig, position (1-based) and strand.

    Raises:
        DataError: if a table is missing, unreadable or lacks one of the columns.
    """
    frames = [read_tsv(path, SITE_KEYS)[list(SITE_KEYS.columns)] for path in paths]
    return concat_tables(frames, SITE_KEYS).drop_duplicates("site_id", ignore_index=True)


def read_gene_list(path: Path) -> tuple[str, ...]:
    """Read symbols from a TSV with a column `gene`, or one symbol a line (lines with `#` are comments).

    Raises:
        ConfigError: if the file is missing, has several columns and none called `gene`, or names no gene.
    """
    rows = [
        line.split("\t")
        for line in read_text(path, "gene list").splitlines()
        if line.strip() and line[0] != "#"
    ]
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    if "gene" in header:
        column, rows = header.index("gene"), rows[1:]
    elif len(header) > 1:
        raise ConfigError(
            f"{path}: a gene list with several columns needs one called 'gene' (here: {', '.join(rows[0])}); "
            "rename the column with the symbols, or keep one symbol a line"
        )
    else:
        column = 0
    symbols = dict.fromkeys(row[column].strip() for row in rows if len(row) > column)
    symbols.pop("", None)
    if not symbols:
        raise ConfigError(
            f"{path}: the gene list names no gene; expected one symbol a line or a column 'gene'"
        )
    return tuple(symbols)


def read_resource(path: Path) -> pd.DataFrame:
    """Read a bundled TSV as text cells ("" is missing)."""
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, encoding="utf-8")
