"""What the stages need to know of a study when there is no sheet, only tables of clones."""

from collections.abc import Sequence

import pandas as pd

from integrasite.io.tables import concat_tables
from integrasite.model.library import Library
from integrasite.model.tables import CLONES


def join_inputs(frames: Sequence[pd.DataFrame], names: Sequence[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Put clones of several runs together without mixing what only looks the same.

    Multihit clusters are named anew in every run, so each name gets its run before it: such clones are not
    followed from run to run. A specimen that several runs hold stays as many specimens, named `SPECIMEN@RUN`;
    added up, its fractions would come to more than 1.

    Args:
        frames: tables `clones`.
        names: a distinct name of each (its run or file).

    Returns:
        The table `clones`, and the specimens that stand in several runs ("SUBJECT SPECIMEN").
    """
    if len(frames) == 1:
        return concat_tables(frames, CLONES), ()
    marked = []
    for frame, name in zip(frames, names, strict=True):
        cluster = frame["cluster"].where(frame["cluster"] == "", name + ":" + frame["cluster"])
        marked.append(frame.assign(cluster=cluster, _input=name))
    runs = pd.concat([frame[["subject", "specimen", "_input"]].drop_duplicates() for frame in marked])
    counts = runs.groupby(["subject", "specimen"]).size()
    several = set(counts[counts > 1].index)
    if several:
        marked = [_named_apart(frame, several) for frame in marked]
    words = tuple(f"{subject} {specimen}" for subject, specimen in sorted(several))
    return concat_tables(marked, CLONES), words


def _named_apart(frame: pd.DataFrame, several: set[tuple[str, str]]) -> pd.DataFrame:
    keys = zip(frame["subject"], frame["specimen"], strict=True)
    apart = pd.Series([key in several for key in keys], index=frame.index, dtype=bool)
    named = frame["specimen"] + "@" + frame["_input"]
    return frame.assign(specimen=frame["specimen"].where(~apart, named))


def libraries_of_clones(clones: pd.DataFrame, role: str = "patient") -> tuple[Library, ...]:
    """One library per specimen of a table of clones, by what the table says of it.

    Args:
        clones: table `clones`; specimens of tumour assays (estimator `ccf`) come out as `wgs`.
        role: their role, which the table does not have.
    """
    keys = ["subject", "specimen"]
    rows = clones.sort_values(keys, kind="stable")
    vectors = {
        key: tuple(sorted({vector for vector in found if vector}))
        for key, found in rows.groupby(keys, sort=True)["vector"]
    }
    rows = rows.drop_duplicates(keys).astype(object)
    return tuple(
        Library(
            sample=row["specimen"],
            assay="wgs" if row["estimator"] == "ccf" else "amplicon",
            vectors=vectors[row["subject"], row["specimen"]],
            days=None if pd.isna(row["days"]) else int(row["days"]),
            role=role,
            subject=row["subject"],
            specimen=row["specimen"],
            timepoint=row["timepoint"],
            tissue=row["tissue"],
            cell_type=row["cell_type"],
        )
        for row in rows.to_dict("records")
    )
