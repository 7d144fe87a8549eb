"""Junction evidence: molecules with their places, in site coordinates.

This is the one table that every assay fills and that sites are called from.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from integrasite.model.fates import Fate
from integrasite.model.sites import VectorEnd, junction_to_site

PREFIX = 20
"""First bases of the junction read by which inserts of one junction know each other."""
_LONGER = 8
_WOBBLE = 3


@dataclass(frozen=True)
class LibraryJunction:
    """What the junction stage must know of a library.

    Args:
        sample: its id.
        vector: name of its vector.
        vector_end: the end that its junction reads start in.
        tsd: length of the target-site duplication, bp.
        primer: bases that its junction reads begin with; may be empty.
        ltr_end: bases from there to the last vector base; empty where they are not to be compared.
        is_sheared: whether fragments end anywhere, so that some lengths are likelier than others.
    """

    sample: str
    vector: str
    vector_end: VectorEnd
    tsd: int
    primer: str = ""
    ltr_end: str = ""
    is_sheared: bool = True


@dataclass(frozen=True)
class Evidence:
    """Molecules and places of one subject.

    Args:
        molecules: one row per molecule: `sample, insert, umi, n_reads, end_change, fate, length` (length of the junction read's
            host part).
        places: one row per molecule x place: `molecule` (row number in `molecules`), `contig`, `position` (0-based, by the
            contract), `is_forward` (vector orientation), `breakpoint` (0-based, -1 unknown), `posterior`.
    """

    molecules: pd.DataFrame
    places: pd.DataFrame


def _by_junction(molecules: pd.DataFrame, places: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Molecules that longer inserts of the same junction contradict.

    A short insert fits many places. Where longer inserts begin with the same bases and none of them fits this place,
    the short one does not belong there either (it lies where the reference has no sequence, or in a mismatched repeat).
    """
    table = molecules[["sample", "prefix", "length"]].assign(molecule=np.arange(len(molecules)))
    longest = table.groupby(["sample", "prefix"])["length"].transform("max")
    spots = places[["molecule", "contig", "position", "is_forward"]].drop_duplicates()
    spots = spots.merge(table, on="molecule").sort_values(
        ["sample", "prefix", "contig", "is_forward", "position"], kind="stable"
    )
    key = ["sample", "prefix", "contig", "is_forward"]
    is_far = spots.groupby(key)["position"].diff().gt(_WOBBLE) | ~spots.duplicated(key)
    here = spots.groupby(is_far.cumsum())["length"].transform("max").groupby(spots["molecule"]).max()
    longest_here = table["molecule"].map(
        here
    )  # at any of the molecule's places, a wobble of the junction allowed
    is_contradicted = (
        longest_here.notna() & (longest_here + _LONGER <= longest) & (longest_here < 2 * PREFIX + _LONGER)
    )
    return is_contradicted.to_numpy()


def collect_evidence(
    molecules: pd.DataFrame,
    places: pd.DataFrame,
    prefixes: pd.Series,
    lengths: pd.Series,
    libraries: dict[str, LibraryJunction],
) -> Evidence:
    """Join molecules with the places of their inserts and move positions to the contract's coordinates.

    Args:
        molecules: `sample, insert, umi, n_reads, end_change` of one subject's libraries in one source.
        places: rows of `PLACES` of that source.
        prefixes: first bases of each insert's junction read, by insert.
        lengths: bases of each insert's junction read, by insert.
        libraries: by sample.
    """
    fates = places.drop_duplicates("insert").set_index("insert")["fate"]
    table = molecules.reset_index(drop=True).copy()
    table["fate"] = table["insert"].map(fates).fillna(int(Fate.UNALIGNED)).astype(np.int64)
    table["prefix"] = table["insert"].map(prefixes)
    table["length"] = table["insert"].map(lengths).astype(np.int64)
    placed = places[places["contig"] >= 0].drop(columns=["fate", "score"])
    joined = table[["sample", "insert"]].assign(molecule=np.arange(len(table))).merge(placed, on="insert")
    joined = to_site_coordinates(joined, libraries)
    contradicted = _by_junction(table, joined)
    table.loc[contradicted, "fate"] = int(Fate.UNALIGNED)
    joined = joined[~contradicted[joined["molecule"]]].reset_index(drop=True)
    columns = ["molecule", "contig", "position", "is_forward", "breakpoint", "posterior"]
    return Evidence(table.drop(columns="prefix"), joined[columns])


def to_site_coordinates(places: pd.DataFrame, libraries: dict[str, LibraryJunction]) -> pd.DataFrame:
    """Turn first host base and read strand into the site's position and vector orientation, library by library."""
    moved = places.copy()
    for sample, library in libraries.items():
        rows = places["sample"] == sample
        if library.vector_end.is_three_prime or not rows.any():
            continue
        for is_forward in (True, False):
            chosen = rows & (places["is_forward"] == is_forward)
            shifted, orientation = junction_to_site(0, is_forward, library.vector_end, library.tsd)
            moved.loc[chosen, "position"] = places.loc[chosen, "position"] + shifted
            moved.loc[chosen, "is_forward"] = orientation
    return moved


def join_evidence(parts: list[Evidence]) -> Evidence:
    """Evidence of several sources as one."""
    places = []
    offset = 0
    for part in parts:
        places.append(part.places.assign(molecule=part.places["molecule"] + offset))
        offset += len(part.molecules)
    return Evidence(
        pd.concat([part.molecules for part in parts], ignore_index=True), pd.concat(places, ignore_index=True)
    )
