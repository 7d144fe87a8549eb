"""The config and the sample sheet of a simulated run."""

import pandas as pd

from integrasite.simulate.libraries import Chemistry, SimulatedLibrary
from integrasite.simulate.scenario import AmpliconScenario

VECTOR_NAME = "demo-lv"


def sheet_table(
    libraries: list[SimulatedLibrary],
    scenario: AmpliconScenario,
    reads: dict[str, str],
    vector: str = VECTOR_NAME,
) -> pd.DataFrame:
    """Rows of `samples.tsv`.

    Args:
        libraries: in the order of the sheet.
        scenario: tissue, DNA, copies per genome.
        reads: paths of `r1`, `r2`, `i1`, relative to the sheet.
        vector: name of the vector in the config.
    """
    return pd.DataFrame([_row(library, scenario, reads, vector) for library in libraries])


def _row(
    library: SimulatedLibrary, scenario: AmpliconScenario, reads: dict[str, str], vector: str
) -> dict[str, str]:
    control = library.role == "ntc"
    vcn = scenario.vcn[min(library.time_index, len(scenario.vcn) - 1)]
    return {
        "sample": library.sample,
        "subject": library.subject,
        "assay": "amplicon",
        **reads,
        "barcode": library.barcode,
        "linker": library.linker,
        "protocol": protocol_name(library.vector_end),
        "vector": vector,
        "timepoint": "" if control else scenario.timepoints[library.time_index],
        "tissue": "" if control else scenario.tissue,
        "cell_type": "" if control else scenario.cell_type,
        "replicate": str(library.replicate),
        "role": library.role,
        "dna_ng": "0" if control else f"{scenario.dna_ng:g}",
        "vcn": "" if control else f"{vcn:g}",
    }


def protocol_name(vector_end: str) -> str:
    """Name of the protocol in the config."""
    return f"lmpcr-{vector_end.lower()}"


def config_text(
    paths: dict[str, str],
    chemistries: list[Chemistry],
    scenario: AmpliconScenario,
    run: str,
    date: str,
    vector: str = VECTOR_NAME,
) -> str:
    """`config.yaml` with a comment per part.

    Args:
        paths: `samples`, `genome`, `annotation`, `vector`, relative to the config.
        chemistries: one per vector end in use.
        scenario: linker and fragmentation.
        run: id of the run.
        date: date shown in outputs.
        vector: name of the vector.
    """
    lines = [
        "# Simulated lentiviral integration-site libraries. Paths are relative to this file. Every key is",
        "# explained in docs/config.md; `integrasite init DIR` writes a commented config for a new study.",
        f"run: {{id: {run}, date: {date}}}",
        f"samples: {paths['samples']}",
        "results: results  # relative to the working directory",
        "reference:",
        "  name: synthetic",
        f"  genome: {paths['genome']}",
        f"  annotation: {paths['annotation']}",
        "vectors:",
        f"  {vector}:",
        f"    sequence: {paths['vector']}",
        "    kind: lentivirus",
        f"    tsd: {scenario.tsd}" if scenario.tsd != 5 else "    form: provirus",
        "protocols:",
    ]
    for chemistry in chemistries:
        lines += [
            f"  {protocol_name(chemistry.vector_end)}:",
            "    junction_read: R2",
            f"    vector_end: {chemistry.vector_end}",
            f"    primer: {chemistry.primer}",
            f"    ltr_end: {chemistry.ltr_end}",
            '    linker: ""  # differs from library to library: the sheet has it',
            f"    fragmentation: {scenario.fragmentation}",
        ]
    return "\n".join([*lines, "calling: {}  # every threshold at its default"]) + "\n"
