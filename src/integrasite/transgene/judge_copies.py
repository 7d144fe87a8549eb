"""Copies, coverage, structure and clonality of every judged sample, put beside its verdict."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.io.tables import as_table, concat_tables
from integrasite.model.library import Library
from integrasite.model.tables import TRANSGENE, TRANSGENE_COVERAGE, TRANSGENE_STRUCTURE
from integrasite.model.transgene import Verdict
from integrasite.sites.tumour_fractions import DIPLOID, cells_per_allele
from integrasite.transgene.clonality import judge_clonality
from integrasite.transgene.copies import tumour_copies
from integrasite.transgene.copies_depth import HostFragments
from integrasite.transgene.copies_sample import describe_vector
from integrasite.transgene.vector_map import VectorMap


@dataclass(frozen=True, eq=False)
class MeasuredSample:
    """What copies of one sample are told from.

    Attributes:
        library: row of the sheet.
        fragments: `TUMOUR_FRAGMENTS`.
        sites: its rows of `TUMOUR_SITES`.
        host: the host's depth.
    """

    library: Library
    fragments: pd.DataFrame
    sites: pd.DataFrame
    host: HostFragments


@dataclass(frozen=True, eq=False)
class JudgedTables:
    """`TRANSGENE`, `TRANSGENE_COVERAGE`, `TRANSGENE_STRUCTURE`."""

    transgene: pd.DataFrame
    coverage: pd.DataFrame
    structure: pd.DataFrame


def add_copies(
    judged: pd.DataFrame, samples: Sequence[MeasuredSample], vectors: VectorMap, calling: Calling
) -> JudgedTables:
    """Fill the columns of copies and clonality.

    Args:
        judged: rows of `TRANSGENE` as `judge_samples` gives them.
        samples: the same samples.
        vectors: the study's map.
        calling: thresholds.
    """
    by_name: Mapping[str, MeasuredSample] = {sample.library.sample: sample for sample in samples}
    rows, coverage, structure = [], [], []
    for row in judged.to_dict("records"):
        sample, vector = by_name[str(row["sample"])], vectors[str(row["vector"])]
        others = [vectors[name] for name in sample.library.vectors if name != vector.name]
        found = describe_vector(
            sample.library.sample, vector, others, sample.fragments, sample.sites, sample.host, calling
        )
        per_cell = tumour_copies(found.copies, sample.library.purity, sample.library.ploidy)
        row.update(_named("vcn", found.copies.interval) | _named("tumour_vcn", per_cell))
        row["lod_tumour"] = per_tumour_cell(row["lod_vcn"], sample.library)
        if row["verdict"] == Verdict.POSITIVE:
            own = sample.sites[(sample.sites["vector"] == vector.name) & (sample.sites["status"] == "pass")]
            lows = own["ccf_low"].to_numpy(np.float64)
            row["clonality"] = judge_clonality(per_cell, lows, bool(sample.library.purity), calling)[0]
        rows.append(row)
        coverage.append(found.coverage)
        structure.append(found.structure)
    return JudgedTables(
        as_table(pd.DataFrame(rows), TRANSGENE),
        concat_tables(coverage, TRANSGENE_COVERAGE),
        concat_tables(structure, TRANSGENE_STRUCTURE),
    )


def per_tumour_cell(copies: float, library: Library) -> float | None:
    """Copies per diploid genome as copies per tumour cell; None where purity is not known (or 0)."""
    if not library.purity:
        return None
    return float(f"{copies * cells_per_allele(library.purity, library.ploidy) / DIPLOID:.6g}")


def _named(name: str, values: tuple[float, float, float] | None) -> dict[Hashable, float | None]:
    """The three columns of one estimate."""
    found = values or (None, None, None)
    shown = [None if value is None else float(f"{value:.6g}") for value in found]
    return dict(zip((name, f"{name}_low", f"{name}_high"), shown, strict=True))
