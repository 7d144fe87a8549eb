"""The grid of the accuracy benchmark: what each scenario changes against the default."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from integrasite.simulate.scenario import ARTEFACTS, AmpliconScenario

PAIRS = 30_000
"""Read pairs of a scenario unless the command says otherwise."""
DESIGN: Mapping[str, Any] = MappingProxyType(
    {
        "subjects": ["P1", "P2"],
        "timepoints": ["T1"],
        "replicates": 2,
        "reads_per_molecule": 7.0,
        "background_sites": 300,
        "repeat_fraction": 0.08,
    }
)
"""What all scenarios share; every other key has the simulator's own default."""


@dataclass(frozen=True)
class Scenario:
    """One line of the grid.

    Attributes:
        name: as the command and the table name it.
        about: what is hard about it.
        changes: fields of `AmpliconScenario` that differ from `DESIGN`.
        dominant: true shares of chosen clones.
        of_all: whether every subject has such clones, or only the first.
        size: read pairs are so many times as many as for other scenarios: rare things need more.
        carries_promoter: whether the vector carries the promoter of one of the host's genes.
    """

    name: str
    about: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    dominant: tuple[float, ...] = ()
    of_all: bool = True
    size: int = 1
    carries_promoter: bool = False

    def values(self, pairs: int, genes: list[str]) -> dict[str, Any]:
        """Keys and values for `integrasite simulate amplicon --scenario`.

        Args:
            pairs: read pairs of a scenario of size 1; the numbers of molecules and sites follow from it, so that the depth
                stays as designed.
            genes: names of genes that the chosen clones are put into, at least one per clone and subject; the last one's
                promoter is what a vector carries.

        Returns:
            Plain values, as YAML holds them.
        """
        values = {**DESIGN, **self.changes, "pairs": pairs * self.size}
        for name in ("background_sites", "neighbour_pairs"):
            values[name] = round(values.get(name, getattr(AmpliconScenario, name)) * pairs / PAIRS)
        if self.carries_promoter:
            values["human_promoter"] = genes[-1]
        libraries = len(values["subjects"]) * len(values["timepoints"]) * values["replicates"]
        room = 1 - sum(values.get(name, getattr(AmpliconScenario, name)) for name in ARTEFACTS)
        values["fragments"] = pairs * self.size * room / (values["reads_per_molecule"] * libraries)
        owners = values["subjects"] if self.of_all else values["subjects"][:1]
        wanted = [(subject, share) for subject in owners for share in self.dominant]
        values["dominant"] = [
            {"subject": subject, "gene": gene, "fractions": [share] * len(values["timepoints"])}
            for (subject, share), gene in zip(wanted, genes[: len(wanted)], strict=True)
        ]
        return values


FOUR_REPLICATES: Mapping[str, Any] = MappingProxyType(
    {"timepoints": ["T1", "T2"], "replicates": 4, "reads_per_molecule": 4.0, "internal_vector": 0.1}
)
"""With size 4: two specimens per subject with more than 5,000 fragments each."""


def _grid(*scenarios: Scenario) -> dict[str, Scenario]:
    return {scenario.name: scenario for scenario in scenarios}


SCENARIOS = _grid(
    Scenario("default", "every nuisance at its usual rate"),
    Scenario("repeats", "four of ten sites in listed repeats", {"repeat_fraction": 0.4}),
    Scenario(
        "neighbours",
        "pairs of sites 1-10 bp apart",
        {
            **{
                "background_sites": 60,
                "neighbour_pairs": 60,
                "background_sigma": 0.4,
                "repeat_fraction": 0.0,
            },
            **{"reads_per_molecule": 4.0, "internal_vector": 0.1},
        },
    ),
    Scenario("slippage", "junction and breakpoint wobble", {"slippage": 0.1, "breakpoint_jitter": 0.05}),
    Scenario("hopping_0.1", "0.1 % of the index reads are another library's", {"index_hop": 0.001}),
    Scenario("hopping_1", "1 % of the index reads are another library's", {"index_hop": 0.01}),
    Scenario(
        "recombination", "2 % recombined linkers, 2 % chimeras", {"recombination": 0.02, "chimera": 0.02}
    ),
    Scenario("mispriming", "a fifth of the molecules is misprimed", {"mispriming": 0.2}),
    Scenario("short_inserts", "a third of the inserts has 0-60 bp", {"short_fraction": 0.33}),
    Scenario("no_umi", "linkers without random bases", {"umi_length": 0}),
    Scenario("u3", "the junction read starts in U3", {"vector_ends": ["U3"]}),
    Scenario("u5_u3", "replicates take turns: U5, U3", {"vector_ends": ["U5", "U3"]}),
    Scenario("restriction", "cut at TTAA instead of sheared", {"fragmentation": "restriction"}),
    Scenario("contamination", "2 % of the molecules are the other subject's", {"contamination": 0.02}),
    Scenario(
        "high_error",
        "substitutions 0.4-2 %, indels 0.02 % a base, rising along the read",
        {"substitution_start": 0.004, "substitution_end": 0.02, "indel": 0.0002, "indel_rise": 5.0},
    ),
    Scenario("low_depth", "two read pairs per molecule", {"reads_per_molecule": 2.0}),
    Scenario(
        "dominant",
        "clones of 1, 5, 20 and 60 %, four replicates",
        {**FOUR_REPLICATES},
        (0.01, 0.05, 0.20, 0.60),
        size=4,
    ),
    Scenario(
        "neighbours_thin",
        "the same with few fragments a site, where a small neighbour is taken for wobble",
        {"background_sites": 100, "neighbour_pairs": 100, "background_sigma": 0.4, "repeat_fraction": 0.0},
    ),
    Scenario(
        "shared_linker_hop_0.1",
        "a 60 % clone of one patient, all libraries with one linker, 0.1 % hop to the other patient",
        {
            **{"shared_linker": True, "index_hop": 0.001, "hop_between": "subjects"},
            **{"timepoints": ["T1", "T2", "T3", "T4"], "replicates": 5},
            **{"shared_sites": 10, "shared_fraction": 0.02},
        },
        (0.60,),
        of_all=False,
        size=10,
    ),
    Scenario(
        "human_promoter",
        "the vector carries a host gene's promoter, and that place holds clones",
        {"promoter_sites": 10},
        carries_promoter=True,
    ),
    Scenario(
        "replicate_noise",
        "the same clones, each replicate's shares 30 % off",
        {**FOUR_REPLICATES, "replicate_cv": 0.3},
        (0.01, 0.05, 0.20, 0.60),
        size=4,
    ),
    Scenario(
        "everything",
        "all nuisances together, most above their usual rates",
        {
            **{
                "vector_ends": ["U5", "U3"],
                "promoter_sites": 3,
                "neighbour_pairs": 10,
                "contamination": 0.001,
            },
            **{"recombination": 0.005, "chimera": 0.005, "breakpoint_jitter": 0.02, "slippage": 0.02},
            **{"mispriming": 0.05, "truncated_ltr": 0.02, "two_ltr_circle": 0.02, "short_fraction": 0.06},
            **{"substitution_start": 0.001, "substitution_end": 0.01, "indel": 0.00005, "indel_rise": 5.0},
        },
        (0.01, 0.05, 0.20),
        carries_promoter=True,
    ),
)
"""All scenarios by name, in the order of the table. New ones go to the end: seeds go by the place in it."""
