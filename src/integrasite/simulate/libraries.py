"""The libraries of a simulated run: who, when, which barcode, linker and LTR end."""

from dataclasses import dataclass

import numpy as np

from integrasite.kernels.codes import Codes, encode, reverse_complement
from integrasite.simulate.scenario import AmpliconScenario
from integrasite.simulate.sequences import decode, distinct_words

NO_SUBJECT = -1


@dataclass(frozen=True)
class Chemistry:
    """Primer and LTR end of one vector end, as the junction read shows them."""

    vector_end: str
    primer: str
    ltr_end: str

    @property
    def lead(self) -> Codes:
        """Everything before the first host base."""
        return encode(self.primer + self.ltr_end)


@dataclass(frozen=True)
class SimulatedLibrary:
    """One row of the sheet; `subject_index` and `time_index` point into the scenario (-1 in controls)."""

    sample: str
    subject: str
    subject_index: int
    time_index: int
    replicate: int
    role: str
    vector_end: str
    barcode: str
    linker: str
    mean_fragments: float


def chemistry_of(vector: Codes, vector_end: str, scenario: AmpliconScenario) -> Chemistry:
    """Take primer and LTR end from the provirus's own end.

    Args:
        vector: provirus, LTR to LTR.
        vector_end: `U5` (end of the provirus, read forwards) or `U3` (its start, read backwards).
        scenario: lengths of primer and LTR end.
    """
    length = scenario.primer_length + scenario.ltr_end_length
    end = vector[vector.size - length :] if vector_end == "U5" else reverse_complement(vector[:length])
    text = decode(end)
    return Chemistry(vector_end, text[: scenario.primer_length], text[scenario.primer_length :])


def plan_libraries(scenario: AmpliconScenario, rng: np.random.Generator) -> list[SimulatedLibrary]:
    """Lay out subjects x time points x replicates and the no-template controls.

    Returns:
        Libraries in sheet order, with barcodes that are well apart, and so the linkers unless they are shared.
    """
    slots = [
        (subject, when, replicate)
        for subject in range(len(scenario.subjects))
        for when in range(len(scenario.timepoints))
        for replicate in range(1, scenario.replicates + 1)
    ]
    controls = [(NO_SUBJECT, NO_SUBJECT, number) for number in range(1, scenario.ntc_libraries + 1)]
    n = len(slots) + len(controls)
    barcodes = distinct_words(rng, n, scenario.barcode_length, scenario.barcode_distance)
    constants = distinct_words(rng, n, scenario.linker_constant, scenario.linker_distance)
    if scenario.shared_linker:
        constants = constants[:1] * n
    linkers = [constant + "N" * scenario.umi_length + scenario.linker_after_umi for constant in constants]
    return [
        _library(scenario, slot, barcode, linker)
        for slot, barcode, linker in zip([*slots, *controls], barcodes, linkers, strict=True)
    ]


def _library(
    scenario: AmpliconScenario, slot: tuple[int, int, int], barcode: str, linker: str
) -> SimulatedLibrary:
    subject_index, time_index, replicate = slot
    vector_end = scenario.vector_ends[(replicate - 1) % len(scenario.vector_ends)]
    if subject_index == NO_SUBJECT:
        name = f"NTC-{replicate}"
        return SimulatedLibrary(
            name, "NTC", NO_SUBJECT, NO_SUBJECT, replicate, "ntc", vector_end, barcode, linker, 0.0
        )
    subject, timepoint = scenario.subjects[subject_index], scenario.timepoints[time_index]
    mean = scenario.fragments_of.get(f"{subject}-{timepoint}", scenario.fragments)
    name = f"{subject}-{timepoint}-{replicate}"
    return SimulatedLibrary(
        name, subject, subject_index, time_index, replicate, "patient", vector_end, barcode, linker, mean
    )
