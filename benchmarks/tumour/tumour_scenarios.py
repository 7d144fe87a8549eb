"""The grid of the tumour benchmark: what each scenario holds, and what must be said of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

VECTORS = ("cilta", "tisa", "ide")
"""Cilta-cel as provirus; tisa-cel and ide-cel as plasmids."""
EF1A = {"cilta": (1931, 3119), "tisa": (2185, 3369)}
"""The human promoter in the provirus, 0-based half-open."""
LENGTH = {"cilta": 5693, "tisa": 5752, "ide": 4169}
"""Bases that integrate."""
SEEDS_PER_RUN = 5
"""Simulated subjects per call of the simulator: the host is loaded once for all of them."""
PRESENT, NOT_CALLED = ("POSITIVE",), ("NEGATIVE", "INDETERMINATE", "NOT_EVALUABLE")
BLANK = ("NEGATIVE",)


@dataclass(frozen=True)
class Scenario:
    """One line of the grid.

    Attributes:
        name: as the command and the table name it.
        about: what is hard about it.
        changes: fields of `TumourScenario` that differ from `DESIGN`.
        clone: one clone of each subject (fields of `TumourClone`, without subject), or None.
        seeds: subjects, each with places and reads of its own.
        vector: what the clone carries and the sheet names.
        searched: what the sheet names, where that is something else.
        verdicts: those that are right.
        named: words of which the reason must hold one, where something is to be named.
        form: how reads are handed over: `fastq`, `bam` (unaligned) or `aligned` (to the host).
        host: `grid`, or `ensembl` (a few contigs with such names).
        mate: a clone of another subject in the same run, without which there is no hopping.
        damage: kind, start and end (one-LTR bases) of what the structure table must show.
        quick: whether the quick grid has it.
        together: subjects per call of the simulator.
        bars: names of the bars of `bars.py` that it is held to.
    """

    name: str
    about: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    clone: Mapping[str, Any] | None = None
    seeds: int = 3
    vector: str = "cilta"
    searched: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = PRESENT
    named: tuple[str, ...] = ()
    form: str = "fastq"
    host: str = "grid"
    mate: Mapping[str, Any] | None = None
    damage: tuple[str, int, int] | None = None
    quick: bool = False
    together: int = SEEDS_PER_RUN
    bars: tuple[str, ...] = ()

    def runs(self, quick: bool, seeds: int = 0) -> Iterator[int]:
        """Subjects of each call of the simulator; `seeds` overrides how many there are in all."""
        left = seeds or (1 if quick else self.seeds)
        while left > 0:
            yield min(left, self.together)
            left -= self.together

    def values(self, subjects: int) -> dict[str, Any]:
        """Keys and values for `integrasite simulate tumour --scenario`, each subject in a sequencing run of its own."""
        names = [f"S{number}" for number in range(subjects)]
        samples = [
            {"sample": name, "subject": f"P{number}", "tissue": "tumour", "run": f"r{number}"}
            for number, name in enumerate(names)
        ]
        clones = []
        if self.clone is not None:
            clones = [
                {"name": "A", "vector": self.vector, **self.clone, "subject": f"P{n}"}
                for n in range(subjects)
            ]
        values = {**DESIGN, **self.changes}
        if self.mate is not None:
            mates = [
                {"sample": f"MATE{number}", "subject": f"M{number}", "tissue": "tumour", "run": f"r{number}"}
                for number in range(subjects)
            ]
            samples = [row for pair in zip(samples, mates, strict=True) for row in pair]
            clones += [
                {"name": "mate", "vector": self.vector, **self.mate, "subject": f"M{n}"}
                for n in range(subjects)
            ]
            values["hop"] = dict.fromkeys(names, values.get("hop", 0.0))
        return {**values, "samples": samples, "clones": clones}


DESIGN: Mapping[str, Any] = {
    "coverage": 40.0,
    "purity": 1.0,
    "snp_rate": 0.001,
    "background": "sites",
    "background_fraction": 0.0005,
    "window": 1200,
}
"""What all scenarios share; every other key has the simulator's own default."""
TWENTY_ONE: Mapping[str, Any] = {"n_sites": 21}
FFPE: Mapping[str, Any] = {
    **{"length_model": "gamma", "length_mean": 180, "length_sd": 60, "length_min": 40},
    **{"duplicate_rate": 0.5, "deamination": 0.01},
}


def clone(fraction: float, n_sites: int = 21, **more: Any) -> dict[str, Any]:
    """Fields of a clone whose sites are heterozygous."""
    return {"fraction": fraction, "n_sites": n_sites, **more}


def _fractions() -> Iterator[Scenario]:
    for vector in VECTORS:
        yield Scenario(
            f"whole_{vector}", "21 sites in all tumour cells, 40x", {}, clone(1.0), 2, vector, quick=vector == "cilta",
            bars=("all_sites", "exact", "no_false", "pooled", "clonal"),
        )  # fmt: skip
        yield Scenario(
            f"tenth_{vector}", "21 sites in 10 % of the cells, 40x", {}, clone(0.1), 10, vector, quick=vector == "tisa",
            bars=("tenth_sites", "exact", "no_false", "pooled"),
        )  # fmt: skip
    for coverage, fraction in ((40, 0.5), (40, 0.3), (100, 0.1), (20, 0.5), (100, 0.03)):
        yield Scenario(
            f"at_{coverage}x_{fraction:g}", f"21 sites in {fraction:.0%} of the cells, {coverage}x",
            {"coverage": float(coverage)}, clone(fraction), 2, bars=("no_false", "pooled"),
        )  # fmt: skip
    yield Scenario(
        "impure", "half of the tumour cells, purity 0.6, ploidy 3", {"purity": 0.6, "ploidy": 3.0}, clone(0.5), 2,
        bars=("no_false", "pooled"),
    )  # fmt: skip


def _negatives() -> Iterator[Scenario]:
    deep = {"coverage": 100.0, "background_fraction": 0.01}
    genes = {"cdna_genes": ["CD247", "CD8A", "EEF1A1"]}
    for vector in VECTORS:
        yield Scenario(
            f"germline_{vector}", "nothing but the germline, 100x", deep, None, 2, vector, verdicts=BLANK,
            quick=vector == "tisa", bars=("verdict", "no_false"),
        )  # fmt: skip
    for vector in ("cilta", "tisa"):
        yield Scenario(
            f"cdna_{vector}", "2 copies of native CD247, CD8A and EEF1A1 cDNA per cell, 100x",
            {**deep, **genes, "cdna": 2.0}, None, 2, vector, verdicts=NOT_CALLED, quick=vector == "cilta",
            bars=("verdict", "no_false"),
        )  # fmt: skip
        yield Scenario(
            f"hiv_{vector}", "wild-type HIV-1, 1 copy per cell over 50 sites, 60x", {"coverage": 60.0, "hiv": 1.0}, None,
            2, vector, verdicts=NOT_CALLED, named=("HIV",), quick=vector == "cilta", bars=("verdict", "named", "no_false"),
        )  # fmt: skip
    for vector, given in (("tisa", "tisa"), ("ide", "ide"), ("tisa", "cilta")):
        yield Scenario(
            f"plasmid_{vector}_for_{given}", f"1 copy of the {vector} plasmid per cell, {given} searched",
            {"plasmid": 1.0, "plasmid_vector": vector}, None, 2, given, verdicts=NOT_CALLED, named=("plasmid", "backbone"),
            quick=vector == given == "tisa", bars=("verdict", "named", "no_false"),
        )  # fmt: skip
    yield Scenario(
        "amplicon", "a PCR product of 900 bp over scFv and hinge, 5 copies per cell",
        {"amplicon": 5.0, "amplicon_vector": "cilta", "amplicon_start": 3200, "amplicon_end": 4100}, None, 2,
        verdicts=NOT_CALLED, named=("amplicon", "PCR"), bars=("verdict", "named", "no_false"),
    )  # fmt: skip
    yield Scenario(
        "circles", "two-LTR circles, 1 per cell", {"circles": 1.0}, None, 2, verdicts=NOT_CALLED,
        named=("circle", "episome"), bars=("verdict", "named", "no_false"),
    )  # fmt: skip
    yield Scenario(
        "hop", "0.1 % of the pairs of a run-mate with 10 copies per cell, 100x", {"coverage": 100.0, "hop": 0.001}, None,
        3, verdicts=NOT_CALLED, mate=clone(1.0, 10), quick=True, bars=("verdict", "no_false"),
    )  # fmt: skip
    yield Scenario(
        "blank", "nothing but the germline, 30x", {"coverage": 30.0}, None, 300, verdicts=NOT_CALLED, together=20,
        bars=("blanks", "no_false"),
    )  # fmt: skip


def _places() -> Iterator[Scenario]:
    site = ("listed_sites", "no_false")
    yield Scenario(
        "in_genes", "sites inside EEF1A1 and CD247, 40x",
        {}, {"fraction": 1.0, "sites": [{"gene": "EEF1A1"}, {"gene": "CD247"}]}, 5, quick=True, together=1,
        bars=(*site, "covered"),
    )  # fmt: skip
    yield Scenario(
        "in_alu", "ten sites in copies of Alu, 40x", {"repeat_fraction": 1.0},
        {"fraction": 1.0, "sites": [{"repeat": True}] * 10}, 3, bars=("alu_sites", "no_false"),
    )  # fmt: skip
    yield Scenario(
        "two_copies", "two sites in every cell of one clone, 40x", {}, clone(1.0, 2), 5, quick=True,
        bars=(*site, "one_clone", "clonal"),
    )  # fmt: skip
    for vector in ("cilta", "tisa"):
        start, end = EF1A[vector]
        size = LENGTH[vector]
        for name, about, damage, shown in (
            ("deleted", "EF1a deleted", {"delete": [start, end]}, ("deletion", start, end)),
            ("truncated_5", "the first 1.2 kb lost", {"keep": [1200, size]}, ("truncation", 234, 1200)),
            ("cut_in_promoter", "the first 2.5 kb lost, up to within EF1a", {"keep": [2500, size]}, None),
            ("truncated_3", "all behind 4.2 kb lost", {"keep": [0, 4200]}, ("truncation", 4200, size - 234)),
            ("inverted", "2 kb inverted", {"invert": [1000, 3000]}, ("inversion", 1000, 3000)),
        ):
            yield Scenario(
                f"{name}_{vector}", f"{about}, three such sites in every cell, 40x", {},
                {"fraction": 1.0, "sites": [damage] * 3}, 2, vector, quick=vector == "cilta", damage=shown,
                bars=(*site, "structure") if shown else site,
            )  # fmt: skip


def _forms() -> Iterator[Scenario]:
    site = ("listed_sites", "exact", "no_false")
    yield Scenario(
        "ensembl", "contigs named as Ensembl does, whole small genome",
        {"background": "all"}, clone(1.0, 8), 1, host="ensembl", quick=True, bars=site,
    )  # fmt: skip
    yield Scenario(
        "ffpe_capture", "capture of FFPE DNA, half of the pairs copies, 60x on target",
        {**FFPE, "assay": "capture", "coverage": 60.0, "capture_overlap": 40}, clone(1.0, 8), 3, "tisa",
        bars=("no_false", "present"),
    )  # fmt: skip
    yield Scenario(
        "ffpe", "WGS of FFPE DNA, 60x", {**FFPE, "coverage": 60.0}, clone(1.0, 8), 3, "tisa", bars=site
    )
    yield Scenario(
        "single_end", "single reads, 40x", {"paired": False}, clone(1.0, 8), 3, quick=True, bars=site
    )
    yield Scenario("bam", "unaligned BAM", {}, clone(1.0, 8), 2, form="bam", bars=site)
    yield Scenario(
        "bam_aligned", "BAM aligned to the host, indexed", {}, clone(1.0, 8), 2, form="aligned", bars=site
    )
    yield Scenario(
        "all_vectors", "cilta integrated, all three searched", {}, clone(1.0, 8), 2, searched=VECTORS,
        bars=(*site, "other_vectors"),
    )  # fmt: skip
    yield Scenario(
        "wrong_vector", "tisa integrated, only cilta given", {}, clone(1.0, 3), 2, "tisa", searched=("cilta",),
        verdicts=(*PRESENT, *NOT_CALLED), bars=(),
    )  # fmt: skip


SCENARIOS = {s.name: s for part in (_fractions(), _negatives(), _places(), _forms()) for s in part}
"""All scenarios by name, in the order of the table. New ones go to the end: seeds go by the place in it."""
LOD_SCENARIO = "lod"
"""Presence at the stated limit of detection: made when blanks have said what it is."""


def at_limit(copies_per_genome: float, seeds: int) -> Scenario:
    """Samples that hold just as many copies per diploid genome, at five sites."""
    return Scenario(
        LOD_SCENARIO, f"{copies_per_genome:.3g} copies per diploid genome, the stated limit, 30x", {"coverage": 30.0},
        clone(copies_per_genome / 5, 5), seeds, bars=("at_limit", "no_false"),
    )  # fmt: skip
