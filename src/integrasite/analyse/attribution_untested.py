"""What no sample of this software can say on insertional mutagenesis, and what the sheet did not bring."""

from collections.abc import Sequence

from integrasite.analyse.attribution_rows import NOT_TESTED, Evidence
from integrasite.model.library import Library

ALWAYS = (
    (
        "fusion_transcripts",
        "Transcripts that run from the vector into a gene, or are cut short by it, were not looked for.",
    ),
    ("neighbour_expression", "Expression of the genes near the sites was not measured."),
    ("transgene_protein", "Whether the tumour's cells make the transgene's protein was not measured."),
    (
        "driver_mutations",
        "Mutations and copy-number changes that can drive the tumour by themselves were not looked for.",
    ),
    (
        "clonal_haematopoiesis",
        "Mutations that blood cells had before treatment were not looked for (samples from before infusion would show them).",
    ),
    ("inherited_risk", "Inherited predisposition to cancer was not looked for."),
    ("earlier_treatment", "The share of earlier chemotherapy and radiation is not known to the software."),
    ("tumour_viruses", "Viruses that go with such tumours (EBV, HTLV-1 and others) were not looked for."),
    (
        "replication_competent_virus",
        "Replication-competent virus was not tested for; this cannot replace that test.",
    ),
)
"""Never tested here: item and wording."""


def untested(subject: str, libraries: Sequence[Library]) -> list[Evidence]:
    """Rows `not_tested` of one subject.

    Args:
        subject: of the sheet.
        libraries: its rows of the sheet.
    """
    rows = []
    if not any(library.assay == "rna" for library in libraries):
        rows.append(
            (
                "transgene_transcripts",
                "No RNA of the tumour was sequenced: whether the transgene is read there is open.",
            )
        )
    if not any(library.role == "product" for library in libraries):
        rows.append(("product", "The infused product was not examined: whether the clone was in it is open."))
    if not any(library.days is not None and library.days < 0 for library in libraries):
        rows.append(
            (
                "before_infusion",
                "No sample from before infusion: whether the tumour was there already is open.",
            )
        )
    return [
        Evidence(subject, item, "not tested", NOT_TESTED, words, "samples.tsv" if number < len(rows) else "")
        for number, (item, words) in enumerate((*rows, *ALWAYS))
    ]
