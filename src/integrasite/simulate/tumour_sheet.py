"""The config and the sample sheet of a simulated tumour run."""

import pandas as pd

from integrasite.simulate.tumour_scenario import TumourScenario
from integrasite.simulate.tumour_vector import TumourVector


def tumour_sheet(
    scenario: TumourScenario, vectors: list[TumourVector], reads: dict[str, dict[str, str]]
) -> pd.DataFrame:
    """Rows of `samples.tsv`.

    Args:
        scenario: samples and what is known of them.
        vectors: those that the config names.
        reads: per sample the paths of its files by column (`r1`, `r2` or `bam`), relative to the sheet.
    """
    rows = []
    for sample in scenario.samples:
        patient = sample.role in ("patient", "product")
        rows.append(
            {
                "sample": sample.sample,
                "subject": sample.subject,
                "assay": scenario.assay,
                **{name: reads[sample.sample].get(name, "") for name in ("r1", "r2", "bam")},
                "vector": ",".join(vector.name for vector in vectors),
                "timepoint": sample.timepoint,
                "tissue": sample.tissue,
                "cell_type": sample.cell_type,
                "run": sample.run,
                "role": sample.role,
                "purity": f"{scenario.of('purity', sample.sample):g}" if patient else "",
                "ploidy": f"{scenario.of('ploidy', sample.sample):g}" if patient else "",
            }
        )
    return pd.DataFrame(rows)


def tumour_config(paths: dict[str, str], vectors: list[TumourVector], run: str, date: str) -> str:
    """`config.yaml`.

    Args:
        paths: `samples`, `genome`, `annotation`, and each vector's under its name, relative to the config.
        vectors: those that the config names.
        run: id of the run.
        date: date shown in outputs.
    """
    lines = [
        "# Simulated tumour samples. Paths are relative to this file. Every key is explained in docs/config.md.",
        f"run: {{id: {run}, date: {date}}}",
        f"samples: {paths['samples']}",
        "results: results  # relative to the working directory",
        "reference:",
        "  name: synthetic",
        f"  genome: {paths['genome']}",
        f"  annotation: {paths['annotation']}",
        "vectors:",
    ]
    for vector in vectors:
        lines += [
            f"  {vector.name}:",
            f"    sequence: {paths[vector.name]}",
            f"    kind: {vector.kind}",
            f"    tsd: {vector.tsd}",
            f"    form: {vector.form}",
        ]
    return "\n".join(lines) + "\n"
