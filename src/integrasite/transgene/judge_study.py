"""All tumour samples of a study with their evidence: controls and run-mates say how much a sample without the vector shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from typing import Any

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.config.settings import Transgene
from integrasite.model.library import Library
from integrasite.transgene import background, contaminants
from integrasite.transgene.limits_expected import Shape, cut_cells
from integrasite.transgene.pcr_products import Products, find_products, library_copies
from integrasite.transgene.vector_map import VectorMap
from integrasite.transgene.verdict_evidence import Allotted, Vectors, allot, is_informative

CONTROLS = ("ntc", "untransduced")
"""Roles whose samples hold no vector."""


@dataclass(frozen=True, eq=False)
class SampleData:
    """One tumour sample as it is judged.

    Attributes:
        library: row of the sheet.
        fragments: `TUMOUR_FRAGMENTS`.
        junctions: `TUMOUR_JUNCTIONS`.
        shape: lengths of fragments and reads.
        n_lengths: how many lengths fragments effectively have (one over the chance that two are as long).
        fragments_per_base: of the host, with 95 % limits; NaN where not known.
        depth: host depth in bases of reads.
        has_unmapped: False where an alignment file holds no unmapped reads.
        product: product that its reads are like.
        copies: read pairs per distinct fragment in the control loci; NaN where not known.
    """

    library: Library
    fragments: pd.DataFrame
    junctions: pd.DataFrame
    shape: Shape
    n_lengths: float = 100.0
    fragments_per_base: tuple[float, float, float] = (float("nan"),) * 3
    depth: float = float("nan")
    has_unmapped: bool = True
    product: str = ""
    copies: float = float("nan")

    @property
    def name(self) -> str:
        """Of the sample."""
        return self.library.sample


def sample_of(
    library: Library,
    fragments: pd.DataFrame,
    junctions: pd.DataFrame,
    summary: Mapping[str, object],
    calling: Calling,
    product: str = "",
) -> SampleData:
    """A sample from its tables and what the recruiting pass told (`SAMPLE.recruit.json`)."""
    host, reads = _part(summary, "host"), _part(summary, "reads")
    lengths = {int(length): int(n) for length, n in _part(host, "lengths").items()}
    total = sum(lengths.values())
    effective = 1 / sum((n / total) ** 2 for n in lengths.values()) if total else 1.0
    shape = Shape.of(
        lengths,
        int(reads.get("length_median") or 150),
        bool(summary.get("is_paired")),
        calling.control_length,
    )
    per_base, low, high = (
        _value(host.get(name))
        for name in ("fragments_per_base", "fragments_per_base_low", "fragments_per_base_high")
    )
    n_pairs, n_fragments = (int(host.get(name) or 0) for name in ("n_pairs", "n_fragments"))
    return SampleData(
        library, fragments, junctions, shape, effective, (per_base, low, high), _value(host.get("depth")),
        summary.get("n_unmapped_reads") != 0, product, n_pairs / n_fragments if n_fragments else float("nan"),
    )  # fmt: skip


def _part(summary: Mapping[str, object], name: str) -> dict[str, Any]:
    found = summary.get(name)
    return dict(found) if isinstance(found, Mapping) else {}


def _value(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


@dataclass(eq=False)
class Prepared:
    """A sample with its evidence per vector; `products` are the PCR products among the informative fragments."""

    data: SampleData
    informative: pd.DataFrame
    allotted: dict[str, Allotted]
    products: Products
    places: dict[str, dict[tuple[str, int, int, int], int]] = field(default_factory=dict)

    def n_pairs(self, vector: str) -> float:
        """Informative read pairs, copies included, without PCR products: however many pairs hop, those have one pair of ends."""
        rows = self.allotted[vector].rows
        rows = rows[~self.products.is_piece[rows]]
        return float(self.informative["n_copies"].to_numpy(np.float64)[rows].sum())


class JudgedStudy:
    """All samples of a study and what they share.

    Args:
        samples: tumour samples and controls, in the order of the sheet.
        vectors: the study's map.
        settings: `transgene` of the config.
        calling: thresholds.
    """

    def __init__(
        self, samples: Sequence[SampleData], vectors: VectorMap, settings: Transgene, calling: Calling
    ) -> None:
        self.map, self.settings, self.calling = vectors, settings, calling
        self.cells = {v.name: cut_cells(v, calling.vector_bin) for v in vectors.vectors}
        self.samples = [self._prepare(sample) for sample in samples]

    def _prepare(self, data: SampleData) -> Prepared:
        mine = {name: self.cells[name] for name in data.library.vectors if name in self.cells}
        kept = is_informative(data.fragments, mine, self.calling)
        informative = data.fragments[kept].reset_index(drop=True)
        vectors = Vectors([self.map[name] for name in mine])
        allotted = allot(informative, vectors, mine, data.shape.read_length, self.calling)
        assay = data.library.assay
        mean = library_copies(data.fragments, data.copies, assay)
        found = Prepared(data, informative, allotted, find_products(informative, mean, assay, self.calling))
        for name in mine:
            own = data.junctions
            own = own[(own["vector"] == name) & own["is_specific"].astype(bool)]
            found.places[name] = contaminants.split_places(own)
        return found

    def mates(self, sample: Prepared, vector: str) -> list[Prepared]:
        """Samples of the same sequencing run that may have the vector; where the sheet names no run, all without one."""
        run = sample.data.library.run
        return [
            other
            for other in self.samples
            if other is not sample and other.data.library.run == run and vector in other.allotted
        ]

    def hop_rate(self, run: str, vector: str) -> float:
        """Rate of index hopping of one run, from its controls where they tell."""
        blanks = [
            (int(sample.n_pairs(vector)), sum(mate.n_pairs(vector) for mate in self.mates(sample, vector)))
            for sample in self.samples
            if sample.data.library.run == run
            and sample.data.library.role in CONTROLS
            and vector in sample.allotted
        ]
        return background.measured_hop_rate(blanks, self.calling)

    def control_counts(self, sample: "Prepared", vector: str) -> list[float]:
        """Informative fragments of each other negative control, at this sample's depth where that is higher."""
        found = []
        for other in self.samples:
            if other is sample or other.data.library.role not in CONTROLS or vector not in other.allotted:
                continue
            factor = 1.0
            if other.data.library.role == "untransduced":
                ratio = sample.data.fragments_per_base[0] / (other.data.fragments_per_base[0] or float("nan"))
                factor = 1.0 if isnan(ratio) else max(ratio, 1.0)
            found.append(factor * other.allotted[vector].rows.size)
        return found
