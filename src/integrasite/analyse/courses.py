"""Clones over time: specimens of one day put together, per subject, tissue and cell type."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
LINEAGE = ["subject", "tissue", "cell_type"]
NO_DAY = np.iinfo(np.int64).min
"""Stands for a missing day, so that it sorts first."""


@dataclass(frozen=True)
class Courses:
    """Passing clones over time.

    Args:
        clones: one row per subject, tissue, cell type and clone, with vector, cluster and site.
        times: one row per subject, tissue, cell type and day: `cells` and `n_fragments` of all passing clones, and
            `lineage` (number), in order of lineage and day; `days` is `NO_DAY` where unknown.
        entries: one row per clone and time that has it: `clone` and `time` (row numbers), `cells`, `fraction`.
    """

    clones: pd.DataFrame
    times: pd.DataFrame
    entries: pd.DataFrame


def collect_courses(clones: pd.DataFrame) -> Courses:
    """Put the passing clones of all specimens together.

    A multihit is one clone by its cluster, whatever its best place in a specimen is; it takes the site of the row with
    most cells. Cancer-cell fractions (`estimator` `ccf`) are left out. Rows of one day add up.

    Args:
        clones: the table `clones`.
    """
    rows = clones[(clones["status"] == "pass") & (clones["estimator"] != "ccf")].copy()
    rows["days"] = rows["days"].astype("Int64").fillna(NO_DAY).astype("int64")
    rows["cluster"] = rows["cluster"].where(rows["placement"] == "multihit", "").fillna("")
    rows["identity"] = rows["site_id"].where(rows["cluster"] == "", "").astype(object)
    rows["cells"] = rows["cells"].astype("float64").fillna(0.0)
    rows["n_fragments"] = rows["n_fragments"].astype("float64").fillna(0.0)
    rows = rows[rows["cells"] > 0]
    times = rows.groupby([*LINEAGE, "days"], sort=True)[["cells", "n_fragments"]].sum().reset_index()
    times["lineage"] = times.groupby(LINEAGE, sort=True).ngroup()
    rows["time"] = rows.groupby([*LINEAGE, "days"], sort=True).ngroup().to_numpy()
    key = [*LINEAGE, "vector", "cluster", "identity"]
    rows["clone"] = rows.groupby(key, sort=True).ngroup().to_numpy()
    largest = rows.sort_values(["clone", "cells", "site_id"], ascending=[True, False, True], kind="stable")
    named = largest.drop_duplicates("clone")[[*LINEAGE, "vector", "cluster", "site_id"]].reset_index(
        drop=True
    )
    entries = rows.groupby(["clone", "time"], sort=True)["cells"].sum().reset_index()
    entries["fraction"] = entries["cells"] / times["cells"].to_numpy()[entries["time"]]
    return Courses(named, times, entries)


def count_matrix(courses: Courses, clones: IntArray, times: IntArray) -> FloatArray:
    """Cells of chosen clones at chosen times, shape (clones, times); 0 where a clone was not seen.

    Args:
        courses: passing clones over time.
        clones: row numbers of clones, ascending.
        times: row numbers of times, ascending.
    """
    found = np.zeros((len(clones), len(times)))
    if not found.size:
        return found
    of_clone = courses.entries["clone"].to_numpy()
    part = slice(*np.searchsorted(of_clone, [clones[0], clones[-1] + 1]))
    of_clone, of_time = of_clone[part], courses.entries["time"].to_numpy()[part]
    row = np.minimum(np.searchsorted(clones, of_clone), len(clones) - 1)
    column = np.minimum(np.searchsorted(times, of_time), len(times) - 1)
    wanted = (clones[row] == of_clone) & (times[column] == of_time)
    found[row[wanted], column[wanted]] = courses.entries["cells"].to_numpy(dtype=float)[part][wanted]
    return found
