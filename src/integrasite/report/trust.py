"""Sections on what was asked and on whether the samples can answer."""

from integrasite.config.study import Study
from integrasite.model.library import Library
from integrasite.report.blocks import Block, Cell, Column, Facts, Grid, Notes, Section, State, frame_tsv
from integrasite.report.crosstalk import crosstalk_words
from integrasite.report.facts import Specimen, controls_of
from integrasite.report.inputs import CONTROL_ROLES
from integrasite.report.ledger import ledger_figure, read_counts
from integrasite.report.view import View
from integrasite.report.words import (
    MISSING,
    count,
    decimal,
    is_missing,
    joined,
    missed,
    percent,
    plural,
    sentence,
)

EVALUABLE_WORDS = {"yes": "evaluable", "low_power": "low power", "no": "not evaluable"}
EVALUABLE_TONES = {"yes": "good", "low_power": "warn", "no": "stop"}


def asked(view: View) -> Section:
    """What was asked: the settings header."""
    study, provenance = view.study, view.provenance
    config = study.config
    assays = {name: [row for row in study.libraries if row.assay == name] for name in _assays(study)}
    vectors = [
        f"{name} ({vector.kind}, TSD {vector.tsd_length} bp)" for name, vector in config.vectors.items()
    ]
    pairs = [
        ("Run", config.run.id),
        ("Date (from the config)", config.run.date.isoformat()),
        ("Genome", config.reference.name),
        ("Vectors", "; ".join(vectors)),
        ("Subjects", joined(view.all_subjects, 12) or "none"),
        ("Rows of the sheet", "; ".join(f"{name}: {len(rows)}" for name, rows in assays.items()) or "none"),
        ("Sample sheet (SHA-256)", provenance.sheet_sha256),
        ("Config (SHA-256)", provenance.config_sha256),
        ("Software", f"integrasite {provenance.version}"),
    ]
    answer = " ".join(_questions(view)) or "Nothing: the sheet has neither a specimen nor a tumour sample."
    return Section("asked", "What was asked?", State.INFORMATION, answer, (Facts(pairs),), "Question")


def _questions(view: View) -> list[str]:
    """What the page's samples are asked, a sentence for each kind of assay that it has."""
    vectors, genome = joined(list(view.study.config.vectors)), view.study.config.reference.name
    words = []
    if view.specimens:
        who = f"subject {view.subject}" if view.subject else plural(len(view.subjects), "subject")
        words.append(
            f"Where {vectors} integrated in {plural(len(view.specimens), 'specimen')} of {who}, how large each clone is and "
            f"how sure that is, on genome {genome}."
        )
    if tumours := tumour_rows(view):
        subjects = len({row.subject for row in tumours})
        kinds = " and ".join(dict.fromkeys(row.assay for row in tumours))
        who = f"subject {view.subject}" if view.subject else plural(subjects, "subject")
        words.append(
            f"Whether {vectors} is in {plural(len(tumours), f'{kinds} sample')} "
            f"of {who}, in how many copies, where, and in which cells, on genome {genome}."
        )
    return words


def tumour_rows(view: View) -> list[Library]:
    """Rows of the sheet that the page judges for the transgene (no controls)."""
    return [
        row
        for row in view.study.libraries
        if row.assay != "amplicon" and row.role not in CONTROL_ROLES and view.subject in (None, row.subject)
    ]


def tumour_words(view: View) -> str:
    """How many of the verdicts on tumour samples say something; nothing where the page has no such sample."""
    rows = tumour_rows(view)
    if not rows:
        return ""
    table = view.tables.rows_with("transgene", "sample", {row.sample for row in rows})
    if not len(table):
        return f"None of {plural(len(rows), 'tumour sample')} was judged."
    lame = sorted({str(name) for name in table.loc[table["verdict"] == "NOT_EVALUABLE", "sample"]})
    held = len(table["sample"].drop_duplicates()) - len(lame)
    left = f", {len(lame)} not evaluable ({joined(lame)})" if lame else ""
    return (
        f"{held} of {plural(len(rows), 'tumour sample')} can say whether the transgene is there{left}; the limit of detection "
        "stands with each verdict."
    )


def _assays(study: Study) -> list[str]:
    return list(dict.fromkeys(library.assay for library in study.libraries))


def verdict(view: View, specimen: Specimen) -> str:
    """Whether a specimen can answer, in words with its limit of detection."""
    limit = missed(specimen.diversity.get("lod95"))
    calling = view.study.config.calling
    if specimen.evaluable == "yes":
        return sentence(limit)
    if specimen.evaluable == "low_power":
        return f"Fewer than {calling.min_fragments_power} fragments, sizes are uncertain; {limit}"
    if not specimen.n_fragments:
        return "No fragments were found, so nothing can be said"
    found = plural(specimen.n_fragments, "fragment")
    return f"{found}, at least {calling.min_fragments_evaluable} are needed; {limit}"


def specimen_table(view: View) -> Grid:
    """One row per specimen: fragments, evaluability, limit of detection."""
    spec = [
        ("subject", "", False),
        ("specimen", "", False),
        ("time point", "", False),
        ("source", "", False),
        ("replicates", "replicates", True),
        ("fragments", "fragment", True),
        ("sites", "site", True),
        ("LOD95", "lod95", True),
        ("evaluable", "evaluable", False),
        ("what that means", "lod95", False),
    ]
    rows = [_specimen_cells(view, specimen) for specimen in view.specimens]
    caption = "The specimens and what they can show (a clone below LOD95 is missed more often)."
    columns = [Column(*each) for each in spec]
    return Grid("specimens", caption, columns, rows, frame_tsv(view.tables.diversity), empty="no specimens")


def _specimen_cells(view: View, one: Specimen) -> tuple[Cell, ...]:
    found = one.diversity
    state = Cell(
        EVALUABLE_WORDS.get(one.evaluable, one.evaluable),
        one.evaluable,
        EVALUABLE_TONES.get(one.evaluable, ""),
    )
    time = one.timepoint or MISSING if one.days is None else f"{one.timepoint or MISSING} (day {one.days:,})"
    return (
        Cell(one.subject),
        Cell(one.name),
        Cell(time, one.days),
        Cell(one.source or MISSING),
        Cell(str(len(one.samples) or MISSING), len(one.samples)),
        Cell(count(one.n_fragments), one.n_fragments),
        Cell(count(found.get("n_sites")), _value(found.get("n_sites"))),
        Cell(percent(found.get("lod95")), _value(found.get("lod95"))),
        state,
        Cell(verdict(view, one), tone="wide"),
    )


def diversity_table(view: View) -> Grid:
    """One row per specimen: limit of quantification and diversity."""
    columns = [
        Column("subject"),
        Column("specimen"),
        Column("LOQ", "loq", True),
        Column("UC50", "uc50", True),
    ]
    columns += [
        Column("Shannon", "shannon", True),
        Column("Simpson", "simpson", True),
        Column("Gini", "gini", True),
    ]
    columns += [Column("Chao1", "chao1", True), Column("coverage", "coverage", True)]
    rows = []
    for one in view.specimens:
        found = one.diversity
        shapes = {
            "loq": percent,
            "uc50": count,
            "shannon": decimal,
            "simpson": decimal,
            "gini": decimal,
            "chao1": count,
            "coverage": percent,
        }
        cells = [Cell(shape(found.get(key)), _value(found.get(key))) for key, shape in shapes.items()]
        rows.append((Cell(one.subject), Cell(one.name), *cells))
    caption = "Diversity. Compare specimens only at similar coverage and numbers of fragments."
    return Grid(
        "diversity",
        caption,
        columns,
        rows,
        frame_tsv(view.tables.diversity),
        folded="Diversity of each specimen",
        empty="no specimens",
    )


def _value(cell: object) -> float | None:
    return None if is_missing(cell) else float(str(cell))


def _control_rows(view: View) -> list[tuple[Library, int, list[str]]]:
    reads = {sample: sum(fates.values()) for sample, fates in read_counts(view).items()}
    sites = view.tables.sites
    passed = sites[sites["status"].isin(("pass", "contamination"))]
    return [
        (one, reads.get(one.sample, 0), sorted(set(passed.loc[passed["sample"] == one.sample, "site_id"])))
        for one in controls_of(view.study)
    ]


def control_table(view: View) -> Grid:
    """Controls: reads, sites, and how many of these are also sites of a subject's specimen."""
    columns = [Column("control", "control"), Column("role", "control"), Column("read pairs", "reads", True)]
    columns += [
        Column("sites", "site", True),
        Column("also in specimens", "site", True),
        Column("which sites"),
    ]
    elsewhere = set(view.tables.clones["site_id"])
    rows = []
    for library, reads, sites in _control_rows(view):
        shared = [site for site in sites if site in elsewhere]
        tone = "warn" if sites else "good"
        cells = [
            Cell(library.sample),
            Cell(library.role),
            Cell(count(reads), reads),
            Cell(count(len(sites)), len(sites), tone),
        ]
        rows.append(
            (*cells, Cell(count(len(shared)), len(shared)), Cell(joined(sites) or "none found", tone="mono"))
        )
    return Grid(
        "controls",
        "Controls: these libraries should hold no site.",
        columns,
        rows,
        empty="not tested: the sheet has no control (role ntc or untransduced)",
    )


def _judged_controls(view: View) -> str:
    """Controls of tumour samples, where the run has no others."""
    names = {
        row.sample for row in view.study.libraries if row.assay != "amplicon" and row.role in CONTROL_ROLES
    }
    rows = view.tables.rows_with("transgene", "sample", names)
    if not len(rows):
        return ""
    seen = sorted(set(rows.loc[rows["verdict"] != "NEGATIVE", "sample"]))
    found = f"not negative: {joined(seen)}" if seen else "all are negative"
    return f"{plural(len(set(rows['sample'])), 'control')} judged for the transgene: {found}."


def control_words(view: View) -> str:
    """The controls in one sentence."""
    rows = _control_rows(view)
    if not rows and not view.specimens and (judged := _judged_controls(view)):
        return judged
    if not rows:
        return "No control was sequenced (not tested)."
    dirty = [f"{library.sample} ({plural(len(sites), 'site')})" for library, _, sites in rows if sites]
    reads = plural(sum(n for _, n, _ in rows), "read pair")
    if not dirty:
        return f"{plural(len(rows), 'control')} with {reads} in all: none found (no site)."
    return f"Sites were found in controls that should hold none: {joined(dirty)}."


def trust(view: View) -> Section:
    """Can we trust these samples?"""
    groups = {state: [one for one in view.specimens if one.evaluable == state] for state in EVALUABLE_WORDS}
    total = len(view.specimens)
    parts = [f"{len(groups['yes'])} of {plural(total, 'specimen')} can be evaluated"]
    for state, words in (("low_power", "with low power"), ("no", "not evaluable")):
        if groups[state]:
            parts.append(
                f"{len(groups[state])} {words} ({joined([view.named(one) for one in groups[state]])})"
            )
    told = tumour_words(view)
    if total:
        lead = f"{', '.join(parts)}."
    else:
        lead = "No integration-site library is on the sheet." if told else "There is no specimen."
    answer = " ".join(filter(None, (lead, told, control_words(view))))
    return Section("trust", "Can we trust these samples?", _state(view), answer, _blocks(view), "Samples")


def _state(view: View) -> State:
    if not view.specimens and tumour_rows(view):
        return _tumour_state(view)
    if not view.evaluable:
        return State.NOT_EVALUABLE
    clean = all(one.evaluable == "yes" for one in view.specimens)
    controls = _control_rows(view)
    return (
        State.INFORMATION
        if clean and controls and not any(sites for _, _, sites in controls)
        else State.LIMITED
    )


def _tumour_state(view: View) -> State:
    can_say = view.tables.transgene["verdict"] != "NOT_EVALUABLE"
    if not can_say.any():
        return State.NOT_EVALUABLE
    is_clean = "all are negative" in _judged_controls(view)
    return State.INFORMATION if can_say.all() and is_clean else State.LIMITED


def _blocks(view: View) -> tuple[Block, ...]:
    single = [view.named(one) for one in view.specimens if len(one.samples) == 1]
    note = (
        f"One replicate only, so variation between replicates is assumed, not measured: {joined(single, 8)}."
    )
    sentences = [*([note] if single else []), *crosstalk_words(view)]
    notes = (Notes(sentences),) if sentences else ()
    tables = (
        (specimen_table(view), *notes, diversity_table(view))
        if view.specimens or not tumour_rows(view)
        else ()
    )
    return (*tables, control_table(view), ledger_figure(view))
