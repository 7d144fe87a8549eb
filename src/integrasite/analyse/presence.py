"""Which clone was seen in which specimen, as numbers: what overlap, comparison and capture-recapture start from."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from integrasite.analyse.diversity import evaluability, richness_counts
from integrasite.config.calling import Calling

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
FACTS = ["subject", "specimen", "timepoint", "days", "tissue", "cell_type"]


@dataclass(frozen=True)
class Presence:
    """Passing clones of one subject's specimens.

    Args:
        specimens: one row per specimen: `FACTS`, `n_fragments`, `evaluable`; by day (unknown ones last) and name.
        specimen: row of `specimens` per entry, shape (entries,).
        clone: number of the clone per entry, shape (entries,).
        counts: whole counts (distinct lengths, or fragments), shape (entries,).
        cells: estimated cells, shape (entries,).
    """

    specimens: pd.DataFrame
    specimen: IntArray
    clone: IntArray
    counts: FloatArray
    cells: FloatArray

    def of(self, number: int) -> FloatArray:
        """Counts of one specimen's clones."""
        found: FloatArray = self.counts[self.specimen == number]
        return found

    def lineages(self) -> Iterator[tuple[tuple[str, str], IntArray]]:
        """Tissue and cell type, and the specimens that have them, in order."""
        for key, rows in self.specimens.groupby(["tissue", "cell_type"], sort=True):
            yield (str(key[0]), str(key[1])), rows.index.to_numpy(dtype=np.int64)


def each_subject(clones: pd.DataFrame, calling: Calling) -> Iterator[Presence]:
    """The passing clones of every subject, by its name.

    A multihit is one clone by its cluster, whatever its best place in a specimen is. Cancer-cell fractions
    (`estimator` `ccf`) are left out.

    Args:
        clones: the table `clones`; patients and products, without controls.
        calling: thresholds.
    """
    passing = clones[(clones["status"] == "pass") & (clones["estimator"] != "ccf") & (clones["cells"] > 0)]
    for _, rows in passing.groupby("subject", sort=True):
        yield _presence(rows, calling)


def _presence(rows: pd.DataFrame, calling: Calling) -> Presence:
    named = rows[FACTS].drop_duplicates("specimen").sort_values(["days", "specimen"], kind="stable")
    names = named["specimen"].to_numpy(dtype=object)
    specimen = pd.Index(names).get_indexer(rows["specimen"])
    fragments = np.bincount(specimen, rows["n_fragments"].fillna(0).to_numpy(dtype=float), len(names)).astype(
        int
    )
    state = [evaluability(int(n), calling) for n in fragments]
    return Presence(
        named.assign(n_fragments=fragments, evaluable=state).reset_index(drop=True),
        specimen.astype(np.int64),
        _clone_numbers(rows),
        np.maximum(np.nan_to_num(np.round(richness_counts(rows))), 1.0),
        rows["cells"].to_numpy(dtype=float),
    )


def _clone_numbers(rows: pd.DataFrame) -> IntArray:
    """One number per site, or multihit cluster, and vector."""
    is_cluster = ((rows["placement"] == "multihit") & (rows["cluster"].fillna("") != "")).to_numpy(dtype=bool)
    name = rows["site_id"].to_numpy(dtype=object)
    if is_cluster.any():
        name = np.where(is_cluster, "cluster\t" + rows["cluster"].astype(object), name)
    site, _ = pd.factorize(name)
    vector, vectors = pd.factorize(rows["vector"].fillna("").to_numpy(dtype=object))
    if len(vectors) > 1:
        site, _ = pd.factorize(site * len(vectors) + vector)
    return np.asarray(site, dtype=np.int64)
