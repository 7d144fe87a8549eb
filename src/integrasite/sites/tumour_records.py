"""Sites of the tumour road as junction records for a VCF."""

from collections.abc import Iterator, Mapping
from math import isnan
from typing import Any

import pandas as pd

from integrasite.io.windows import Windows
from integrasite.model.junction_records import Breakend, JunctionRecord
from integrasite.sites.tumour_sizes import SITE_KEY

_SHOWN = ("A", "B")


def junction_records(
    sites: pd.DataFrame, bases: Windows, vectors: Mapping[str, str]
) -> Iterator[JunctionRecord]:
    """One record per junction that reads show, of sites of tier A or B.

    Args:
        sites: table `TUMOUR_SITES`, any number of subjects.
        bases: of the host.
        vectors: sequence of the one-LTR contig, by vector.
    """
    shown = sites[sites["tier"].isin(_SHOWN)]
    for _, group in shown.groupby(["subject", *SITE_KEY], sort=True):
        seen = group.assign(hidden=group["status"] != "pass").sort_values(["hidden", "sample"], kind="stable")
        for side in (5, 3):
            if not pd.isna(seen.iloc[0][f"host_{side}"]):
                yield _record(seen, side, bases, vectors[str(seen.iloc[0]["vector"])])


def _record(group: pd.DataFrame, side: int, bases: Windows, sequence: str) -> JunctionRecord:
    site = group.iloc[0]
    strand = 1 if site["strand"] == "+" else -1
    at, vector_at = int(site[f"host_{side}"]), int(site[f"vector_{side}"]) % len(sequence)
    host_direction = strand if side == 3 else -strand
    overlap, direction = int(site[f"overlap_{side}"]), int(site[f"vector_direction_{side}"])
    shift = at + 1 - int(site["position"])
    contig = str(site["contig"])
    return JunctionRecord(
        site=str(site["site_id"]),
        side=side,
        host=Breakend(contig, at, host_direction, bases(contig, at, at + 1)),
        vector=Breakend(str(site["vector"]), vector_at, direction, sequence[vector_at]),
        inserted="N" * max(-overlap, 0),
        homology=_homology(sequence, vector_at, direction, overlap),
        low=int(site["position_low"]) - 1 + shift,
        high=int(site["position_high"]) - 1 + shift,
        tier=str(site["tier"]),
        status=str(site["status"]),
        is_multihit=site["placement"] == "multihit",
        samples={str(row["sample"]): _counts(row, side) for _, row in group.iterrows()},
    )


def _homology(sequence: str, at: int, direction: int, overlap: int) -> str:
    """Vector bases from the junction inwards that the host has too, in the vector's orientation."""
    if overlap <= 0:
        return ""
    start = at if direction > 0 else at - overlap + 1
    return "".join(sequence[number % len(sequence)] for number in range(start, start + overlap))


def _counts(row: "pd.Series[Any]", side: int) -> tuple[int, int | None, float | None, float | None]:
    intact, allele, cells = row["n_intact"], float(row["vaf"]), float(row["ccf"])
    return (
        int(row[f"n_junction_{side}"]),
        None if pd.isna(intact) else int(intact),
        None if isnan(allele) else allele,
        None if isnan(cells) else cells,
    )
