"""A verdict card for each tumour sample and vector: the verdict in words, with its numbers."""

from integrasite.model.transgene import FINDINGS
from integrasite.report.blocks import Card
from integrasite.report.facts import Row
from integrasite.report.tumour_words import CLONALITY, VERDICTS, copies, interval, limit, missed, short
from integrasite.report.view import View
from integrasite.report.words import MISSING, count, is_missing, percent, sentence

TONES = {
    "POSITIVE": "found",
    "INDETERMINATE": "limited",
    "NEGATIVE": "none",
    "NOT_EVALUABLE": "not-evaluable",
}


def finding_notes(row: Row) -> list[str]:
    """What else the sample shows or lacks, in words."""
    words = {str(finding): text for finding, text in FINDINGS.items()}
    names = [name for name in str(row["findings"]).split(",") if name]
    return [f"{sentence(name.replace('-', ' '))}: {words.get(name, 'see transgene.tsv')}." for name in names]


def _says(row: Row, is_of_tumour: bool) -> str:
    """The verdict as sentences."""
    verdict = str(row["verdict"])
    said = [f"{sentence(str(row['reason'] or VERDICTS.get(verdict, 'no reason given')))}."]
    if verdict == "POSITIVE":
        amount = copies(row)
        said.append(f"{sentence(amount)}." if amount else "How many copies could not be measured.")
        said.append(
            f"Lies {CLONALITY[row['clonality']]}." if is_of_tumour and row["clonality"] in CLONALITY else ""
        )
    else:
        said.append(f"{sentence(missed(row))}.")
    return " ".join(filter(None, said))


def _with_unit(value: object, unit: str) -> str:
    return MISSING if is_missing(value) else f"{short(value)} {unit}"


def _pairs(view: View, row: Row) -> list[tuple[str, str]]:
    library = next((one for one in view.study.libraries if one.sample == row["sample"]), None)
    genome = "copies per diploid genome"
    needed = view.study.config.calling.required_copies_per_cell
    half = f" ({short(needed)} copies per tumour cell)" if library is not None and library.purity else ""
    pairs = [
        ("Copies per tumour cell", interval(row["tumour_vcn"], row["tumour_vcn_low"], row["tumour_vcn_high"])),
        ("Copies per diploid genome", interval(row["vcn"], row["vcn_low"], row["vcn_high"])),
        ("Limit of detection (presence)", limit(row)),
        ("Limit of detection (one site)", _with_unit(row["lod_localise"], genome)),
        ("Needed to say NEGATIVE", _with_unit(row["required_vcn"], f"{genome}{half}")),
        ("Informative fragments", f"{count(row['n_fragments'])}; without the vector up to {count(row['lob'])}"),
        ("Parts of the vector with evidence", f"{count(row['n_bins'])} ({percent(row['breadth'])} of it)"),
        ("Elements", str(row["elements"] or "none").replace(",", ", ")),
        ("Product that the reads are like", str(row["product"] or MISSING)),
        ("Host depth", short(row["depth"])),
        ("Controls for the background", MISSING if is_missing(row["n_controls"]) else count(row["n_controls"])),
    ]  # fmt: skip
    if library is not None:
        known = (
            f"purity {percent(library.purity)}, ploidy {short(library.ploidy)}"
            if library.purity
            else "purity not given"
        )
        pairs.append(
            ("Material", ", ".join(filter(None, (library.assay, library.tissue, library.timepoint, known))))
        )
    return pairs


def verdict_card(view: View, row: Row, place: str, is_of_tumour: bool = True) -> Card:
    """The card of one row of `transgene.tsv`.

    Args:
        view: the page.
        row: of `transgene.tsv`.
        place: unique on the page.
        is_of_tumour: False for a product, or another sample that is not of the tumour.
    """
    verdict = str(row["verdict"])
    where = f"{row['sample']} ({row['subject']})" if view.subject is None else str(row["sample"])
    return Card(
        f"verdict-{place}",
        f"{where}: {row['vector']}" + ("" if is_of_tumour else " (not a sample of the tumour)"),
        verdict.replace("_", " "),
        TONES.get(verdict, "limited"),
        _says(row, is_of_tumour),
        _pairs(view, row),
        finding_notes(row),
    )
