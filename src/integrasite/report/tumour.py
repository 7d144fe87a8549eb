"""Tumour: is the transgene there? Verdicts, coverage, junctions, sites, and the attribution sheet."""

from collections.abc import Callable

import pandas as pd

from integrasite.analyse.attribution_rows import is_tumour
from integrasite.report.blocks import Block, Cell, Column, Grid, Notes, Section, State, frame_tsv
from integrasite.report.facts import Row, records, site_facts
from integrasite.report.inputs import CONTROL_ROLES
from integrasite.report.tumour_attribution import sheet_blocks
from integrasite.report.tumour_cards import verdict_card
from integrasite.report.tumour_coverage import coverage_figure
from integrasite.report.tumour_junctions import junction_figure, seen_sites, sites_grid, structure_grid
from integrasite.report.tumour_words import CLONALITY, VERDICTS, copies, limit, short
from integrasite.report.view import TOP_CLONES, View
from integrasite.report.words import MISSING, NBSP, count, joined, number, plural

QUESTION = "Tumour: is the transgene there?"
TOP_CARDS = 20
"""Samples and vectors with a card on one page; the others stand in the table of verdicts."""
TOP_JUNCTIONS = 6
"""Sites of one sample with a picture."""
LONGEST_REASON = 110
"""Letters of a reason in the answer."""
ORDER = tuple(VERDICTS)
ASKED = ("wgs", "capture", "rna", "long-read")


def tumour_samples(view: View) -> frozenset[str]:
    """Samples of the tumour: no product, no blood without tumour, nothing from before infusion."""
    return frozenset(row.sample for row in view.study.libraries if is_tumour(row))


def verdicts(view: View) -> list[Row]:
    """Rows of `transgene.tsv`: the tumours' first, then by verdict, most telling first; controls are left out."""
    controls, tumours = _controls(view), tumour_samples(view)
    rows = [row for row in records(view.tables.transgene) if row["sample"] not in controls]
    rank = {name: place for place, name in enumerate(ORDER)}
    return sorted(
        rows,
        key=lambda row: (
            row["sample"] not in tumours, rank.get(row["verdict"], 0), row["subject"], row["sample"], row["vector"],
        ),
    )  # fmt: skip


def _controls(view: View) -> frozenset[str]:
    return frozenset(row.sample for row in view.study.libraries if row.role in CONTROL_ROLES)


def control_rows(view: View) -> list[Row]:
    """Rows of controls, which should hold no vector."""
    controls = _controls(view)
    return [row for row in records(view.tables.transgene) if row["sample"] in controls]


def unjudged(view: View) -> list[str]:
    """Tumour rows of the sheet without a verdict."""
    judged = set(view.tables.transgene["sample"])
    return [
        row.sample
        for row in view.study.libraries
        if row.assay in ASKED and view.subject in (None, row.subject) and row.sample not in judged
    ]


def _name(view: View, row: Row) -> str:
    who = "" if view.subject else f"{row['subject']} "
    return f"{who}{row['sample']} ({row['vector']})"


def _positive(row: Row) -> str:
    parts = [copies(row) or "copies not measured", CLONALITY.get(row["clonality"], "")]
    return ", ".join(filter(None, parts))


def _reason(row: Row) -> str:
    """The first clauses of the reason; the card has all of it."""
    first, *others = str(row["reason"]).split("; ")
    kept = [first]
    for clause in others:
        if len("; ".join([*kept, clause])) > LONGEST_REASON:
            return f"{'; '.join(kept)} ..."
        kept.append(clause)
    return "; ".join(kept)


def _negative(row: Row) -> str:
    return f"{limit(row)} would have been seen in 95{NBSP}% of such samples"


_DETAIL: dict[str, Callable[[Row], str]] = {
    "POSITIVE": _positive,
    "INDETERMINATE": _reason,
    "NEGATIVE": _negative,
    "NOT_EVALUABLE": _reason,
}


def _told(view: View, rows: list[Row], verdict: str) -> str:
    """One sentence on all samples of one verdict."""
    mine = [row for row in rows if row["verdict"] == verdict]
    if not mine:
        return ""
    detail = _DETAIL[verdict]
    named = "; ".join(f"{_name(view, row)}: {detail(row)}" for row in mine[:3])
    more = f"; and {len(mine) - 3:,} more" if len(mine) > 3 else ""
    return f"{verdict.replace('_', ' ')}: {named}{more}."


def _state(rows: list[Row]) -> State:
    found = {row["verdict"] for row in rows}
    if not found:
        return State.NOT_TESTED
    if "POSITIVE" in found:
        return State.FOUND
    if found == {"NEGATIVE"}:
        return State.NONE
    return State.NOT_EVALUABLE if found == {"NOT_EVALUABLE"} else State.LIMITED


def tumour(view: View) -> Section:
    """Tumour: is the transgene there?"""
    rows, missing = verdicts(view), unjudged(view)
    if not rows:
        why = (
            f"the results hold no verdict on {joined(missing)}"
            if missing
            else "the sheet has no tumour sample (assay wgs, capture or rna)"
        )
        return Section("tumour", QUESTION, State.NOT_TESTED, f"Not tested: {why}.", (), "Tumour")
    own = tumour_samples(view)
    tumours = [row for row in rows if row["sample"] in own]
    others = [
        f"{_name(view, row)} {row['verdict'].replace('_', ' ')}" for row in rows if row["sample"] not in own
    ]
    answer = " ".join(filter(None, (_told(view, tumours, verdict) for verdict in ORDER)))
    answer = answer or "Not tested: none of the samples is of a tumour."
    if others:
        answer += f" Samples that are not of the tumour: {joined(others)}."
    if missing:
        answer += f" Not tested: {joined(missing)}."
    return Section("tumour", QUESTION, _state(tumours), answer, _blocks(view, rows), "Tumour")


def _blocks(view: View, rows: list[Row]) -> list[Block]:
    blocks: list[Block] = []
    tumours = tumour_samples(view)
    for place, row in enumerate(rows[:TOP_CARDS]):
        blocks.append(verdict_card(view, row, str(place), row["sample"] in tumours))
        blocks += _figures(view, row, str(place))
    if len(rows) > TOP_CARDS:
        blocks.append(
            Notes(
                [
                    f"{TOP_CARDS} of {len(rows):,} samples and vectors have a card here; all are in the next table."
                ]
            )
        )
    blocks.append(_verdict_grid(view, rows))
    if controls := control_rows(view):
        told = [
            f"{row['sample']} ({row['vector']}): {row['verdict'].replace('_', ' ')}; {row['reason']}."
            for row in controls
        ]
        blocks.append(Notes(told[:TOP_CARDS], "Controls, which should hold no vector"))
    if not view.tables.lacks("tumour_sites"):
        blocks.append(sites_grid(view))
    if not view.tables.lacks("transgene_structure"):
        blocks.append(structure_grid(view))
    blocks += sheet_blocks(view)
    return blocks


def _figures(view: View, row: Row, place: str) -> list[Block]:
    """Coverage and junctions where there is evidence; else a sentence in their place."""
    if not number(row["n_fragments"]):
        return [
            Notes(
                [
                    f"{row['sample']}, {row['vector']}: no coverage is drawn, since no informative fragment was found."
                ]
            )
        ]
    blocks: list[Block] = []
    notes = []
    figure = coverage_figure(view, row, place)
    if figure is None:
        notes.append(
            f"{row['sample']}, {row['vector']}: coverage was not measured (no row in transgene_coverage.tsv)."
        )
    else:
        blocks.append(figure)
    found = seen_sites(view, row["sample"], row["vector"])
    drawn = records(found[found["status"] == "pass"].head(TOP_JUNCTIONS))
    sites = site_facts(view.tables, [one["site_id"] for one in drawn])
    for number_, one in enumerate(drawn):
        blocks.append(junction_figure(view, one, sites.get(one["site_id"], {}), f"{place}-{number_}"))
    if not drawn:
        notes.append(
            f"{row['sample']}, {row['vector']}: junctions with the host: none found that can be reported; one site would be "
            f"found from {short(row['lod_localise'])} copies per diploid genome."
        )
    n_rest = int((found["status"] == "pass").sum()) - len(drawn)
    if n_rest:
        notes.append(f"{row['sample']}: {plural(n_rest, 'further site')} in the table below.")
    return [*blocks, Notes(notes)] if notes else blocks


def _verdict_cells(row: Row) -> tuple[Cell, ...]:
    tone = {"POSITIVE": "warn", "NEGATIVE": "good"}.get(row["verdict"], "void")
    limits = f"presence {short(row['lod_vcn'])}\none site {short(row['lod_localise'])}"
    noticed = str(row["findings"]).replace(",", ", ").replace("-", " ")
    return (
        Cell(f"{row['sample']}\n{row['subject']}", row["sample"], "lines"),
        Cell(row["vector"]),
        Cell(row["verdict"].replace("_", " "), tone=tone),
        *(
            Cell(
                f"{short(row[name])}\n{short(row[f'{name}_low'])} to {short(row[f'{name}_high'])}",
                number(row[name]),
                "lines",
            )
            if number(row[name]) is not None
            else Cell(MISSING)
            for name in ("tumour_vcn", "vcn")
        ),
        Cell(CLONALITY.get(row["clonality"], MISSING), tone="narrow"),
        Cell(limits, number(row["lod_vcn"]), "lines"),
        Cell(count(row["n_fragments"]), number(row["n_fragments"])),
        Cell("\n".join(filter(None, (row["reason"], noticed))), tone="stack"),
    )


def _verdict_grid(view: View, rows: list[Row]) -> Grid:
    shown = rows[:TOP_CLONES]
    columns = [
        Column("sample"),
        Column("vector"),
        Column("verdict", "verdict"),
        Column("copies per tumour cell", "vcn", True),
    ]
    columns += [Column("copies per genome", "vcn", True), Column("clonality", "clonality")]
    columns += [
        Column("limits of detection", "lod_vcn"),
        Column("fragments", "fragment", True),
    ]
    columns += [Column("reason and findings")]
    return Grid(
        "transgene",
        "Verdicts on all tumour samples and vectors.",
        columns,
        [_verdict_cells(row) for row in shown],
        frame_tsv(pd.DataFrame(shown, columns=list(view.tables.transgene.columns))),
        f"Showing {len(shown):,} of {len(rows):,}; all in ",
        more=(Cell("transgene.tsv", href=f"{view.to_results}transgene.tsv"),),
    )
