"""The run's quality for MultiQC: custom-content sections, and the config that shows them as they are meant."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from integrasite.model.fates import FATES
from integrasite.report.definitions import FATE_GROUPS
from integrasite.report.facts import records
from integrasite.report.ledger import library_name, read_counts
from integrasite.report.palette import REST, shade
from integrasite.report.summary import plain
from integrasite.report.trust import EVALUABLE_WORDS, control_table, verdict
from integrasite.report.tumour import verdicts
from integrasite.report.view import View

Content = dict[str, Any]
PARENT = "integrasite"
COUNT = "{:,.0f}"
_MEANINGS = {fate.word: info.meaning for fate, info in FATES.items()}
_PAIRS = ("site_unique", "site_multihit")


def safe(value: Any) -> Any:
    """A cell as MultiQC may show it: it takes texts for HTML, so what users wrote is escaped."""
    known = plain(value)
    return escape(known, quote=True) if isinstance(known, str) else known


def _row_name(text: str) -> str:
    """The name of a row; MultiQC takes what stands before a slash for a folder and drops it."""
    return escape(text, quote=True).replace("/", "&#47;")


def _section(name: str, title: str, about: str, content: Mapping[str, Any]) -> Content:
    return {
        "id": f"{PARENT}_{name}",
        "parent_id": PARENT,
        "parent_name": PARENT,
        "parent_description": "What became of the reads, and what the samples can show. Research use only.",
        "section_name": title,
        "description": about,
        **content,
    }


def _words(text: str) -> Content:
    """A section without rows says so; MultiQC would leave it out."""
    return {"plot_type": "html", "data": f"<p>{escape(text)}</p>"}


def _table(
    name: str, headers: Sequence[Content], rows: Mapping[str, Sequence[Any]], none: str, first: str
) -> Content:
    """A table: `headers` have a title, a description and maybe a format; rows hold as many cells."""
    if not rows:
        return _words(none)
    keys = [f"c{number}" for number, _ in enumerate(headers)]
    titles = [{"scale": False, **header} for header in headers]
    return {
        "plot_type": "table",
        "pconfig": {
            "id": f"{PARENT}_{name}_table",
            "title": f"{PARENT}: {name}",
            "col1_header": first,
            "no_violin": True,
            "sort_rows": False,
        },
        "headers": dict(zip(keys, titles, strict=True)),
        "data": {
            _row_name(row): dict(zip(keys, map(safe, cells), strict=True)) for row, cells in rows.items()
        },
    }


def _column(title: str, about: str, shape: str = "") -> Content:
    return {"title": title, "description": about, **({"format": shape} if shape else {})}


def _colours() -> dict[str, str]:
    """Every fate with a colour: its group's, as in the report, lighter from fate to fate."""
    colours = {
        word: shade(colour, place / len(words))
        for _, colour, words in FATE_GROUPS
        for place, word in enumerate(words)
    }
    return colours | {word: REST for word in _MEANINGS if word not in colours}


def read_fates(view: View) -> Content:
    """Read pairs of every library by fate."""
    counts = read_counts(view)
    about = "Read pairs of each library by fate. The fates of a library add up to its input exactly."
    colours = {
        word: paint for word, paint in _colours().items() if any(fates.get(word) for fates in counts.values())
    }
    if not colours:
        return _section("read_fates", "Read fates", about, _words("No reads: no library had a read pair."))
    content = {
        "plot_type": "bargraph",
        "pconfig": {
            "id": f"{PARENT}_read_fates_plot",
            "title": f"{PARENT}: read fates",
            "ylab": "read pairs",
            "sort_samples": False,
        },
        "categories": {
            word: {"name": f"{word}: {_MEANINGS[word]}", "color": colour} for word, colour in colours.items()
        },
        "data": {
            _row_name(library_name(sample)): {word: fates.get(word, 0) for word in colours}
            for sample, fates in counts.items()
        },
    }
    return _section("read_fates", "Read fates", about, content)


def libraries(view: View) -> Content:
    """Every library of the sheet: its place in the study, read pairs, sites and fragments."""
    counts = read_counts(view)
    passed = view.tables.sites[view.tables.sites["status"] == "pass"]
    found = passed.groupby("sample").agg(sites=("site_id", "nunique"), fragments=("n_fragments", "sum"))
    known = {str(name): row for name, row in zip(found.index, records(found), strict=True)}
    rows = {}
    for one in view.study.libraries:
        fates, mine = counts.get(one.sample, {}), known.get(one.sample, {"sites": 0, "fragments": 0})
        total = sum(fates.values())
        used = sum(fates.get(fate, 0) for fate in _PAIRS) / total if total else None
        place = (one.subject, one.specimen, one.timepoint, one.assay, one.role, one.replicate)
        rows[one.sample] = (*place, total, used, int(mine["sites"]), int(mine["fragments"]))
    headers = [
        _column("Subject", "patient"),
        _column("Specimen", "material of one time point"),
        _column("Time point", "as in the sample sheet"),
        _column("Assay", "how the library was made"),
        _column("Role", "what the library is for"),
        _column("Replicate", "number within the specimen", COUNT),
        _column("Read pairs", "of the library", COUNT),
        _column("At sites", "share of the read pairs (0-1) that support a passing site", "{:.3f}"),
        _column("Sites", "passing sites", COUNT),
        _column("Fragments", "of passing sites: molecules before PCR", COUNT),
    ]
    about = "One row per library of the sample sheet."
    content = _table("libraries", headers, rows, "None: the sample sheet has no library.", "Library")
    return _section("libraries", "Libraries", about, content)


def replicates(view: View) -> Content:
    """Every specimen: its replicates, and what it can show."""
    rows = {
        f"{one.subject} {one.name}": (
            len(one.samples), one.n_fragments, one.diversity.get("n_sites"), one.diversity.get("coverage"),
            one.diversity.get("lod95"), EVALUABLE_WORDS.get(one.evaluable, one.evaluable), verdict(view, one),
        )
        for one in view.specimens
    }  # fmt: skip
    headers = [
        _column("Replicates", "libraries of the specimen", COUNT),
        _column("Fragments", "molecules before PCR", COUNT),
        _column("Clones", "passing clones", COUNT),
        _column(
            "Coverage", "estimated share of the vector-marked copies that belong to clones seen", "{:.3f}"
        ),
        _column("LOD95", "fraction of a clone that is seen in 95 of 100 such samples", "{:.4f}"),
        _column("Evaluable", "whether clone sizes mean something"),
        _column("What that means", "in words"),
    ]
    about = "One row per specimen; its replicates are pooled."
    none = "Not tested: the run has no specimen of an amplicon library."
    return _section(
        "replicates", "Specimens and replicates", about, _table("replicates", headers, rows, none, "Specimen")
    )


def controls(view: View) -> Content:
    """Libraries that should hold no site."""
    grid = control_table(view)
    rows = {
        str(cells[0].text): [cell.text if cell.value is None else cell.value for cell in cells[1:]]
        for cells in grid.rows
    }
    headers = [
        _column("Role", "ntc or untransduced"),
        _column("Read pairs", "of the library", COUNT),
        _column("Sites", "that the control holds; it should hold none", COUNT),
        _column("Also in specimens", "sites that a specimen has too", COUNT),
        _column("Which sites", "the first of them"),
    ]
    none = "Not tested: the sheet has no control (role ntc or untransduced)."
    return _section("controls", "Controls", grid.caption, _table("controls", headers, rows, none, "Control"))


def tumours(view: View) -> Content:
    """Verdicts on tumour samples."""
    keys = ("subject", "verdict", "n_fragments", "depth", "lod_vcn", "vcn", "findings")
    rows = {f"{row['sample']} {row['vector']}": [row[key] for key in keys] for row in verdicts(view)}
    headers = [
        _column("Subject", "patient"),
        _column("Verdict", "is the vector there"),
        _column("Fragments", "distinct informative fragments", COUNT),
        _column("Host depth", "bases of reads per base of the host", "{:.1f}"),
        _column("Limit", "copies per diploid genome that are seen in 95 of 100 samples", "{:.4f}"),
        _column("Copies", "per diploid genome", "{:.3f}"),
        _column("Findings", "what else was noticed"),
    ]
    about = "One row per tumour sample and vector: transgene.tsv."
    none = "Not tested: the run has no verdict on a tumour sample."
    return _section(
        "tumours", "Tumour samples", about, _table("tumours", headers, rows, none, "Sample and vector")
    )


SECTIONS = {
    "read_fates": read_fates,
    "libraries": libraries,
    "replicates": replicates,
    "controls": controls,
    "tumours": tumours,
}


def qc_sections(view: View) -> dict[str, Content]:
    """Custom content of MultiQC by file name, and `multiqc_config.yaml`, which keeps MultiQC offline and in order."""
    files = {f"{PARENT}_{name}_mqc.yaml": build(view) for name, build in SECTIONS.items()}
    return {**files, "multiqc_config.yaml": _config(view)}


def _config(view: View) -> Content:
    run = view.study.config.run
    return {
        "title": escape(f"integrasite: run {run.id}"),
        "intro_text": "What integrasite says of the quality of this run.",
        "report_comment": escape(
            f"Date {run.date.isoformat()} (from the config). Answers and clone sizes stand in report/index.html."
        ),
        "report_section_order": {
            f"{PARENT}_{name}": {"order": 100 + place} for place, name in enumerate(SECTIONS)
        },
        "fn_clean_sample_names": False,
        "no_version_check": True,
        "no_ai": True,
        "show_analysis_paths": False,
        "show_analysis_time": False,
        "data_dir_name": "multiqc_data",
        "make_data_dir": False,
        "max_table_rows": 5000,
    }
