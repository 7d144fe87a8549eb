"""Sections on what was not assessed, and on the settings that were used."""

from integrasite.config.calling import Calling
from integrasite.report.blocks import Block, Cell, Column, Grid, Notes, Section, State
from integrasite.report.definitions import METHODS, NOT_TESTED
from integrasite.report.facts import controls_of
from integrasite.report.view import View
from integrasite.report.words import joined, plural

TUMOURS = "Tumour samples"
"""Topic that is not tested only where no tumour sample was judged."""


def _gaps(view: View) -> list[str]:
    """What this run's own samples leave open."""
    gaps = [
        f"{view.named(one)}: not evaluable ({plural(one.n_fragments, 'fragment')})."
        for one in view.specimens
        if one.evaluable == "no"
    ]
    if not controls_of(view.study):
        gaps.append(
            "Background of the laboratory: not tested, since the sheet "
            "has no control (role ntc or untransduced)."
        )
    mine = [row for row in view.study.libraries if view.subject in (None, row.subject)]
    judged = set(view.tables.transgene["sample"])
    others = [row.sample for row in mine if row.assay != "amplicon" and row.sample not in judged]
    if others:
        gaps.append(f"Rows of other assays that were not analysed: {joined(others)}.")
    cut = sorted({row.protocol for row in mine if _is_restriction(view, row.protocol)})
    if cut:
        gaps.append(
            f"Protocol {joined(cut)} cuts with restriction enzymes: fragment "
            "lengths say nothing about the number of cells."
        )
    return gaps


def _is_restriction(view: View, name: str) -> bool:
    protocol = view.study.config.protocols.get(name)
    return protocol is not None and protocol.fragmentation == "restriction"


def not_assessed(view: View) -> Section:
    """What was not assessed?"""
    rows = [
        (Cell(topic), Cell("not tested", tone="void"), Cell(words, tone="wide"))
        for topic, words in NOT_TESTED
        if topic != TUMOURS or not len(view.tables.transgene)
    ]
    grid = Grid(
        "not-tested",
        "Not part of this run.",
        [Column("topic"), Column("state"), Column("what that means")],
        rows,
    )
    gaps = _gaps(view)
    notes: tuple[Block, ...] = (Notes(gaps, "Left open by the samples of this run"),) if gaps else ()
    answer = (
        f"{len(rows)} questions are not tested in this version; the "
        f"samples leave {plural(len(gaps), 'further gap')}."
    )
    return Section(
        "not-assessed", "What was not assessed?", State.NOT_TESTED, answer, (grid, *notes), "Not assessed"
    )


def threshold_table(view: View) -> Grid:
    """Every calling threshold: value used, default, reason."""
    used = view.study.config.calling
    rows = []
    for name, field in Calling.model_fields.items():
        value, default = getattr(used, name), field.default
        tone = "warn" if value != default else ""
        words = "changed" if value != default else "default"
        rows.append(
            (
                Cell(name, tone="mono"),
                Cell(str(value), value),
                Cell(str(default), default),
                Cell(words, tone=tone),
                Cell(field.description or "", tone="wide"),
            )
        )
    columns = [
        Column("threshold"),
        Column("used", "", True),
        Column("default", "", True),
        Column("state"),
        Column("reason"),
    ]
    return Grid("thresholds", "Thresholds used, with their reason.", columns, rows)


def protocol_table(view: View) -> Grid:
    """Every protocol of the config."""
    keys = ("junction_read", "vector_end", "primer", "ltr_end", "linker", "fragmentation")
    rows = [
        (Cell(name), *(Cell(str(getattr(protocol, key)) or "–", tone="mono") for key in keys))
        for name, protocol in view.study.config.protocols.items()
    ]
    return Grid(
        "protocols",
        "How the libraries were made, as the config says.",
        [Column("protocol"), *(Column(key) for key in keys)],
        rows,
    )


def _orientation(view: View) -> list[str]:
    """Said only where barcodes were turned: a sheet that is right as it stands needs no note."""
    turned = view.provenance.turned
    if not turned:
        return []
    return [
        f"Index reads are the reverse complements of the sheet's barcodes in the files of {joined(list(turned), 8)}; "
        "the barcodes were turned to match them."
    ]


def methods(view: View) -> Section:
    """Methods and settings."""
    config = view.study.config
    changed = [
        name for name, field in Calling.model_fields.items() if getattr(config.calling, name) != field.default
    ]
    lists = [entry.name for entry in config.gene_lists]
    rules = [(Cell(rule), Cell(source, tone="wide")) for rule, source in METHODS]
    grid = Grid("rules", "Rules and where they come from.", [Column("rule"), Column("source")], rows=rules)
    notes = Notes(
        [
            f"Gene lists: {joined(['published insertional-mutagenesis events (bundled)', *lists], 8)}.",
            (
                f"Blacklist: {config.reference.blacklist or 'none'}. Preset of the "
                f"dominance and growth rules: {config.expansion.preset}."
            ),
            *_orientation(view),
        ]
    )
    changes = (
        (
            f"{plural(len(changed), 'threshold differs', 'thresholds differ')} "
            f"from the defaults: {joined(changed, 8)}"
        )
        if changed
        else "all thresholds are the defaults"
    )
    answer = f"{changes[:1].upper()}{changes[1:]}; each is listed with its reason."
    blocks = (notes, grid, protocol_table(view), threshold_table(view))
    return Section("methods", "Methods and settings", State.INFORMATION, answer, blocks, "Methods")
