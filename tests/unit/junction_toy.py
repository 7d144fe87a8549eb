"""Junction evidence made from a truth, as an aligner would hand it over."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.io.tables import as_table
from integrasite.model.tables import TUMOUR_JUNCTIONS
from integrasite.sites.tumour_joins import VectorEnds
from integrasite.sites.tumour_sites import JunctionSites, TumourContext, call_junction_sites

LV = VectorEnds("lv", ltr_length=234, length=5459, tsd=5, host_like=((1931, 3119),))
VECTORS = {"lv": LV}
CALLING = Calling()


@dataclass(frozen=True)
class Truth:
    """One site: `position` 0-based, the base joined to U5; `others`: places that are the same to an aligner."""

    contig: str = "chr1"
    position: int = 10_000
    strand: int = 1
    tsd: int = 5
    ccf: float = 1.0
    others: tuple[tuple[str, int, int], ...] = ()
    vector_5: int = 0
    vector_3: int = 233
    homology_5: int = 0
    homology_3: int = 0
    unique_anchor: int = 1_000_000


def side_of(truth: Truth, side: int) -> tuple[int, int, int, int]:
    """Host base, host direction, vector base and direction at one side."""
    if side == 3:
        return truth.position, truth.strand, truth.vector_3, -1
    return truth.position + truth.strand * (truth.tsd - 1), -truth.strand, truth.vector_5, 1


def row(
    truth: Truth, side: int = 3, *, sample: str = "T1", fragment: int = 0, **more: object
) -> dict[str, object]:
    """One split row; `more` overrides columns."""
    host, host_direction, vector, vector_direction = side_of(truth, side)
    return {
        "sample": sample, "fragment": fragment, "kind": "split", "vector": "lv", "vector_position": vector,
        "vector_direction": vector_direction, "contig": truth.contig, "host_position": host,
        "host_direction": host_direction, "overlap": 0, "host_anchor": 80, "vector_anchor": 70, "host_identity": 1.0,
        "vector_identity": 1.0, "weight": 1.0, "n_places": 1, "n_copies": 1, "reach": 0, "is_specific": True,
    } | more  # fmt: skip


def table_of(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Rows as the declared table."""
    return as_table(pd.DataFrame(rows), TUMOUR_JUNCTIONS)


def fragments_of(
    truth: Truth, rng: np.random.Generator, *, sample: str = "T1", depth: float = 40.0, first: int = 0,
    read: int = 150, mean: float = 420, sd: float = 80, error: float = 0.002, alleles: float = 2.0,
) -> list[dict[str, object]]:  # fmt: skip
    """Fragments over both junctions of one site at its fraction of cells, one copy per cell."""
    made = []
    per_base = depth / (2 * read) * truth.ccf / alleles
    for side in (5, 3):
        for _ in range(rng.poisson(per_base * mean)):
            length = int(max(rng.normal(mean, sd), 60))
            host_bases = int(rng.integers(1, length))
            made.append((side, length, host_bases))
    rows: list[dict[str, object]] = []
    for number, (side, length, host_bases) in enumerate(made, first):
        rows += _fragment(truth, side, length, host_bases, read, error, rng, sample, number)
    return rows


def _fragment(truth, side, length, host_bases, read, error, rng, sample, number):
    """Rows of one fragment: split where a read holds 10 bases of either, else discordant; errors stop alignments short."""
    vector_bases = length - host_bases
    host_read = min(read, host_bases)
    in_host, in_vector = min(host_bases, read), min(vector_bases, read)
    from_host = min(host_bases, read - host_bases, vector_bases)
    from_vector = min(vector_bases, read - vector_bases, host_bases)
    splits = max(from_host, from_vector) >= 10
    host, host_direction, vector, vector_direction = side_of(truth, side)
    base = row(truth, side, sample=sample, fragment=number, host_anchor=in_host, vector_anchor=in_vector)
    if splits:
        overlap = truth.homology_5 if side == 5 else truth.homology_3
        # the aligner gives shared bases to the vector: those of the host move the host base on
        base |= {
            "overlap": overlap,
            "host_position": host + overlap * host_direction,
            "vector_position": (vector - overlap * vector_direction) % LV.length,
        }
        for name, size in (("host", 10), ("vector", 10)):
            wrong = np.flatnonzero(rng.random(size) < error)
            if wrong.size and not overlap:
                cut = int(wrong.max()) + 1
                base["overlap"] = int(base["overlap"]) - cut
                shift = cut * (host_direction if name == "host" else vector_direction)
                base[f"{name}_position"] = int(base[f"{name}_position"]) + shift
                break
    elif min(in_host, in_vector) >= 20:
        host_off, vector_off = max(host_bases - host_read, 0), max(vector_bases - read, 0)
        reach = max(900 - host_read - min(vector_bases, read), 0)
        base |= {
            "kind": "discordant", "host_position": host + host_off * host_direction, "reach": reach,
            "vector_position": (vector + vector_off * vector_direction) % LV.length,
        }  # fmt: skip
    else:
        return []
    if not truth.others or in_host >= truth.unique_anchor:
        return [base]
    places = [(truth.contig, truth.position, truth.strand), *truth.others]
    rows = []
    for contig, position, strand in places:
        other = Truth(contig, position, strand, truth.tsd)
        there = side_of(other, side)
        off = (int(base["host_position"]) - host) * host_direction
        rows.append(base | {
            "contig": contig, "host_position": there[0] + off * there[1], "host_direction": there[1],
            "weight": 1 / len(places), "n_places": len(places),
        })  # fmt: skip
    return rows


def call(rows: list[dict[str, object]], samples: tuple[str, ...] = ("T1",), **more: object) -> JunctionSites:
    """Sites of one subject."""
    return call_junction_sites(table_of(rows), TumourContext("P1", samples, VECTORS, CALLING, **more))


def passing(called: JunctionSites) -> pd.DataFrame:
    """Rows that pass."""
    return called.sites[called.sites["status"] == "pass"].reset_index(drop=True)
