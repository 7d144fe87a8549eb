"""Any lab's fragments (site, replicate, length, perhaps UMI) to cells per site."""

import numpy as np
import pandas as pd

from integrasite.abundance.bins import LONGEST, IntArray
from integrasite.abundance.clones import count_molecules, number_umis
from integrasite.abundance.intervals import cell_interval, total_variance
from integrasite.abundance.noise import measure_noise
from integrasite.abundance.sizes import Sizes, estimate_sizes
from integrasite.abundance.smoothing import Knots
from integrasite.errors import DataError
from integrasite.io.tables import as_table, empty_table
from integrasite.model.tables import Table

FOREIGN_FRAGMENTS = Table(
    "fragments of another pipeline",
    {"site": "str", "replicate": "str", "length": "str"},
    ("site", "replicate", "length"),
)
"""What is read; a column `umi` is used where there is one. Lengths stay text until checked row by row."""

ABUNDANCE = Table(
    "abundance",
    {
        "site": "str",
        "n_lengths": "int",
        "cells": "float",
        "cells_low": "float",
        "cells_high": "float",
        "estimator": "str",
    },
    ("site",),
)
"""One row per site; `cells_high` is missing where `cells` is only a lower bound."""


def estimate_foreign(
    fragments: pd.DataFrame, source: str, *, umi_min_length: int, knots: Knots = "quantile"
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Estimate cells per site of one specimen from a table of fragments.

    Args:
        fragments: columns `site`, `replicate`, `length` (text or numbers), optionally `umi`; repeated rows
            count once.
        source: name of the table, for messages.
        umi_min_length: shortest UMI used for counting, bases.
        knots: see `fit_sonic`.

    Returns:
        The table `ABUNDANCE`, sorted by site, and what should be said about it.

    Raises:
        DataError: if a site or replicate is empty, or a length is not a whole number of base pairs from 1 on.
    """
    length = parse_lengths(fragments["length"], source)
    for column in ("site", "replicate"):
        empty = (fragments[column].fillna("").astype(str) == "").to_numpy(dtype=bool)
        if empty.any():
            raise DataError(f"{_row(source, empty, column)}: is empty; fill it in or remove the row")
    if not len(fragments):
        return empty_table(ABUNDANCE), ()
    site, sites = pd.factorize(fragments["site"].astype(str), sort=True)
    replicate, replicates = pd.factorize(fragments["replicate"].astype(str), sort=True)
    umis = fragments["umi"] if "umi" in fragments else pd.Series("", index=fragments.index)
    umis = umis.fillna("").astype(str).str.strip()
    molecules = count_molecules(
        site.astype(np.int64),
        replicate.astype(np.int64),
        length,
        number_umis(umis),
        umi_lengths=_umi_lengths(umis, replicate.astype(np.int64), len(replicates)),
        is_sheared=True,
    )
    sizes = estimate_sizes(molecules, umi_min_length=umi_min_length, knots=knots)
    return _abundance_table(sites.to_numpy(), sizes), _notes(sizes)


def parse_lengths(text: "pd.Series[str]", source: str) -> IntArray:
    """Fragment lengths as whole numbers.

    Raises:
        DataError: naming the first row whose length is not a whole number from 1 to `LONGEST`.
    """
    numbers = pd.to_numeric(text, errors="coerce").to_numpy(dtype=float)
    bad = ~(np.isfinite(numbers) & (numbers >= 1) & (numbers <= LONGEST) & (numbers == np.floor(numbers)))
    if bad.any():
        value = text.iloc[int(np.argmax(bad))]
        raise DataError(
            f"{_row(source, bad, 'length')}: '{value}' is not a fragment length (expected whole base pairs "
            f"from 1 to {LONGEST}, junction to breakpoint); correct or remove the row "
            f"({int(bad.sum())} such rows)"
        )
    return numbers.astype(np.int64)


def _row(source: str, bad: "np.ndarray[tuple[int], np.dtype[np.bool_]]", column: str) -> str:
    return f"{source} line {int(np.argmax(bad)) + 2}, column '{column}'"


def _umi_lengths(umis: "pd.Series[str]", replicate: IntArray, n_replicates: int) -> tuple[int, ...]:
    """Median length of each replicate's UMIs, bases; 0 where it has none."""
    lengths = umis.str.len()
    medians = lengths[lengths > 0].groupby(replicate[(lengths > 0).to_numpy()]).median()
    return tuple(int(medians.get(number, 0)) for number in range(n_replicates))


def _abundance_table(sites: "np.ndarray[tuple[int], np.dtype[np.object_]]", sizes: Sizes) -> pd.DataFrame:
    noise = measure_noise(sizes.cells, sizes.variance, sizes.by_replicate)
    c2 = noise.expected(sizes.cells.size)
    variance = total_variance(sizes.cells, sizes.variance, sizes.by_replicate, c2)
    low, high = cell_interval(sizes.cells, variance)
    columns = {
        "site": sites,
        "n_lengths": sizes.n_lengths,
        "cells": sizes.cells,
        "cells_low": low,
        "cells_high": np.where(sizes.saturated, np.nan, high),
        "estimator": sizes.estimator,
    }
    return as_table(pd.DataFrame(columns), ABUNDANCE)


def _notes(sizes: Sizes) -> tuple[str, ...]:
    notes = []
    if sizes.health is not None and not sizes.health.is_good:
        notes.append(sizes.health.words)
    n_bounds = int(sizes.saturated.sum())
    if n_bounds:
        notes.append(f"{n_bounds} sites are saturated: cells is a lower bound and cells_high is empty")
    return tuple(notes)
