"""From fragments to clones: one row per specimen and site, with its size and how sure that is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from integrasite.abundance.bins import BoolArray, FloatArray, IntArray
from integrasite.abundance.intervals import (
    THRESHOLDS,
    Intervals,
    cell_interval,
    fraction_intervals,
    total_variance,
)
from integrasite.abundance.noise import Noise, measure_noise
from integrasite.abundance.sizes import Molecules, Sizes, estimate_sizes
from integrasite.config.calling import Calling
from integrasite.errors import DataError
from integrasite.io.tables import concat_tables
from integrasite.model.library import Library
from integrasite.model.tables import CLONES

PASS = "pass"
NOT_PASSED = "not passed when sites were called (see sites.tsv.gz)"
"""Reason of rows that did not pass, where the fragments carry none."""


@dataclass(frozen=True)
class Specimen:
    """The libraries of one specimen (its replicates, in sheet order) and what decides how cells count."""

    libraries: tuple[Library, ...]
    is_sheared: bool
    umi_lengths: tuple[int, ...]

    @property
    def name(self) -> str:
        """The specimen's id."""
        return self.libraries[0].specimen

    def describe(self) -> dict[str, object]:
        """The columns of `clones` that say which specimen it is."""
        first = self.libraries[0]
        days = pd.NA if first.days is None else first.days
        return {
            "subject": first.subject,
            "specimen": first.specimen,
            "timepoint": first.timepoint,
            "days": days,
            "tissue": first.tissue,
            "cell_type": first.cell_type,
        }


def estimate_clones(
    fragments: pd.DataFrame,
    libraries: tuple[Library, ...],
    *,
    fragmentation: Mapping[str, str],
    umi_length: Mapping[str, int],
    calling: Calling,
) -> pd.DataFrame:
    """Estimate the size of every clone of every specimen.

    The libraries of a specimen are its replicates. A row passes where any of its fragments does; its other
    fragments are then left out. Rows that do not pass keep their place, without a fraction.

    Args:
        fragments: table `fragments`; multihit rows carry the cluster and its best place. A column `reason` is
            used where there is one.
        libraries: rows of the sheet that the fragments come from.
        fragmentation: per sample, "shear" or "restriction" (missing: shear).
        umi_length: per sample, bases of its UMI, 0 where it has none (missing: 0).
        calling: thresholds.

    Returns:
        The table `clones`; specimens without fragments have no rows.

    Raises:
        DataError: if a fragment's sample is not among `libraries`, or a length is not one of a fragment.
    """
    found = estimate_specimens(
        fragments, libraries, fragmentation=fragmentation, umi_length=umi_length, calling=calling
    )
    return concat_tables((frame for frame, _ in found), CLONES)


def estimate_specimens(
    fragments: pd.DataFrame,
    libraries: tuple[Library, ...],
    *,
    fragmentation: Mapping[str, str],
    umi_length: Mapping[str, int],
    calling: Calling,
) -> Iterator[tuple[pd.DataFrame, str]]:
    """As `estimate_clones`, one specimen at a time, with what should be said about it ("" where nothing)."""
    known = {library.sample for library in libraries}
    strange = sorted(set(fragments["sample"].unique()) - known)
    if strange:
        raise DataError(
            f"fragments, column 'sample': '{strange[0]}' is not a library of this subject (known: "
            f"{', '.join(sorted(known)) or 'none'}); run the earlier stages again with this sheet"
        )
    for specimen in _group_libraries(libraries, fragmentation, umi_length):
        samples = [library.sample for library in specimen.libraries]
        rows = fragments[fragments["sample"].isin(samples)]
        if len(rows):
            yield _estimate_specimen(rows.reset_index(drop=True), specimen, calling)


def _group_libraries(
    libraries: tuple[Library, ...], fragmentation: Mapping[str, str], umi_length: Mapping[str, int]
) -> Iterator[Specimen]:
    groups: dict[tuple[str, str], list[Library]] = {}
    for library in libraries:
        groups.setdefault((library.subject, library.specimen), []).append(library)
    for rows in groups.values():
        sheared = all(fragmentation.get(row.sample, "shear") == "shear" for row in rows)
        yield Specimen(tuple(rows), sheared, tuple(umi_length.get(row.sample, 0) for row in rows))


def _estimate_specimen(rows: pd.DataFrame, specimen: Specimen, calling: Calling) -> tuple[pd.DataFrame, str]:
    site = _number_sites(rows)
    passed = (rows["status"] == PASS).to_numpy(dtype=bool)
    has_pass = np.bincount(site, passed, minlength=int(site.max()) + 1) > 0
    kept = passed | ~has_pass[site]
    rows, site = rows[kept].reset_index(drop=True), site[kept]
    order = {library.sample: number for number, library in enumerate(specimen.libraries)}
    replicate = rows["sample"].map(order).to_numpy(dtype=np.int64).astype(np.int64)
    molecules = count_molecules(
        site,
        replicate,
        rows["length"].to_numpy(dtype=np.int64),
        number_umis(rows["umi"]),
        umi_lengths=specimen.umi_lengths,
        is_sheared=specimen.is_sheared,
    )
    sizes = estimate_sizes(molecules, umi_min_length=calling.umi_min_length)
    frame = _describe_sites(rows, site, replicate)
    columns = {name: frame[name] for name in frame} | specimen.describe() | _size_columns(sizes, has_pass)
    note = "" if sizes.health is None or sizes.health.is_good else f"{specimen.name}: {sizes.health.words}"
    return pd.DataFrame(columns), note


def _number_sites(rows: pd.DataFrame) -> IntArray:
    """Number the clones: a multihit cluster, or a place, with its vector."""
    multihit = (rows["placement"] == "multihit") & (rows["cluster"] != "")
    place = pd.factorize(rows["site_id"].where(~multihit, rows["cluster"]))[0]
    vector = pd.factorize(rows["vector"])[0]
    code = (place * (vector.max() + 1) + vector) * 2 + multihit.to_numpy(dtype=np.int64)
    numbers: IntArray = pd.factorize(code, sort=True)[0].astype(np.int64)
    return numbers


def number_umis(umis: "pd.Series[str]") -> IntArray:
    """A code for each UMI; -1 where there is none."""
    return pd.factorize(umis.where(umis != "", None))[0].astype(np.int64)


def count_molecules(
    site: IntArray,
    replicate: IntArray,
    length: IntArray,
    umi: IntArray,
    *,
    umi_lengths: tuple[int, ...],
    is_sheared: bool,
) -> Molecules:
    """The fragments that count as molecules: distinct (site, replicate, length, UMI).

    Fragments of unknown length (0) count where they carry a UMI that the site does not show at a known length
    in that replicate. Without a UMI they add reads only, except that one counts where the site would else
    have no fragment.
    """
    n_sites, n_replicates = int(site.max(initial=-1)) + 1, len(umi_lengths)
    keys = pd.DataFrame({"site": site, "replicate": replicate, "umi": umi, "length": length})
    keys = keys.drop_duplicates().sort_values(["site", "replicate", "umi", "length"], ignore_index=True)
    unknown = keys["length"] == 0
    tagged = keys["umi"] >= 0
    repeated = unknown & tagged & keys.duplicated(["site", "replicate", "umi"], keep=False)
    counted = (~unknown | (tagged & ~repeated)).to_numpy(dtype=bool)
    bare = np.bincount(keys["site"][counted], minlength=n_sites) == 0
    first = ~keys.duplicated("site").to_numpy(dtype=bool)
    chosen = keys[counted | (first & bare[keys["site"]])]
    arrays = {name: chosen[name].to_numpy(dtype=np.int64) for name in keys.columns}
    return Molecules(
        **arrays, n_sites=n_sites, n_replicates=n_replicates, umi_lengths=umi_lengths, is_sheared=is_sheared
    )


def _describe_sites(rows: pd.DataFrame, site: IntArray, replicate: IntArray) -> pd.DataFrame:
    """Place, support and status of every clone, in the order of its number."""
    table = rows.assign(number=site, replicate=replicate)
    by_site = table.groupby("number", sort=True)
    best = _best_rows(table)
    columns = ["vector", "site_id", "contig", "position", "strand", "placement", "cluster", "status"]
    frame = best[columns].reset_index(drop=True)
    frame["n_reads"] = by_site["n_reads"].sum().to_numpy()
    frame["n_replicates"] = by_site["replicate"].nunique().to_numpy()
    given = best["reason"].reset_index(drop=True) if "reason" in best else pd.Series("", index=frame.index)
    frame["reason"] = given.mask((given == "") & (frame["status"] != PASS), NOT_PASSED)
    return frame


def _best_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The row that names each clone: of its place and status with most fragments (ties: first in order)."""
    place = ["number", "site_id", "status"]
    weight = table.groupby(place)["n_reads"].transform("size")
    ordered = table.assign(weight=-weight).sort_values(
        ["number", "weight", "contig", "position", "strand", "status"], kind="stable"
    )
    return ordered.drop_duplicates("number")


def _size_columns(sizes: Sizes, has_pass: BoolArray) -> dict[str, object]:
    passing = np.flatnonzero(has_pass)
    noise = measure_noise(sizes.cells[passing], sizes.variance[passing], sizes.by_replicate[passing])
    c2 = np.full(sizes.cells.size, noise.c2)
    c2[passing] = noise.expected(passing.size)
    variance = total_variance(sizes.cells, sizes.variance, sizes.by_replicate, c2)
    cells_low, cells_high = cell_interval(sizes.cells, variance)
    columns: dict[str, object] = {
        "cells": sizes.cells,
        "cells_low": cells_low,
        "cells_high": np.where(sizes.saturated, np.nan, cells_high),
        "estimator": sizes.estimator,
        "saturated": sizes.saturated,
        "n_fragments": sizes.n_fragments,
        "n_lengths": sizes.n_lengths,
        "n_umis": sizes.n_umis,
        "sonic_cells": sizes.sonic_cells,
        "umi_cells": sizes.umi_cells,
    }
    return columns | _fraction_columns(sizes, passing, noise)


def _fraction_columns(sizes: Sizes, passing: IntArray, noise: Noise) -> dict[str, object]:
    found: Intervals = fraction_intervals(
        sizes.cells[passing],
        sizes.variance[passing],
        sizes.by_replicate[passing],
        noise,
        sizes.saturated[passing],
    )
    values = [found.fraction, found.low, found.high, *found.p_ge.T]
    names = ["fraction", "fraction_low", "fraction_high", *(f"p_ge_{round(100 * t)}" for t in THRESHOLDS)]
    spread = {}
    for name, value in zip(names, values, strict=True):
        column = np.full(sizes.cells.size, np.nan)
        column[passing] = cast(FloatArray, value)
        spread[name] = column
    return dict(spread)
