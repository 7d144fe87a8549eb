"""What became of the reads: a bar and a table per library."""

from dataclasses import replace

from markupsafe import Markup

from integrasite.model.fates import FATES
from integrasite.report import figures
from integrasite.report.blocks import Cell, Column, Figure, Grid, LegendItem, frame_tsv
from integrasite.report.definitions import FATE_GROUPS
from integrasite.report.facts import records
from integrasite.report.palette import REST, paint
from integrasite.report.view import View
from integrasite.report.words import count, percent, plural

MEANINGS = {fate.word: info for fate, info in FATES.items()}
MAX_BARS = 60
"""Libraries drawn and listed; the others are in `ledger.tsv`, and on their subjects' pages."""
_AT_A_SITE = ("site_unique", "site_multihit")
Counts = dict[str, dict[str, int]]


def read_counts(view: View) -> Counts:
    """Per library (sheet order, then others) the read pairs of each fate."""
    order = [library.sample for library in view.study.amplicon_libraries]
    rows = records(view.tables.ledger)
    present = {row["sample"] for row in rows}
    names = [name for name in order if name in present] + sorted(present - set(order))
    counts: Counts = {name: {} for name in names}
    for row in rows:
        counts[row["sample"]][row["fate"]] = int(row["n_reads"])
    return counts


def library_name(sample: str) -> str:
    """`*` stands for read pairs that no row of the sheet claims."""
    return "no row of the sheet" if sample == "*" else sample


def _segments(fates: dict[str, int]) -> list[figures.Segment]:
    total = sum(fates.values())
    grouped = {fate for _, _, names in FATE_GROUPS for fate in names}
    groups = [*FATE_GROUPS, ("other", REST, tuple(fate for fate in fates if fate not in grouped))]
    parts = []
    for place, (name, colour, names) in enumerate(groups, 1):
        n = sum(fates.get(fate, 0) for fate in names)
        if n:
            parts.append(
                figures.Segment(n / total, str(place), f"{name}: {count(n)} read pairs", paint(colour))
            )
    return parts


def _table(counts: Counts) -> Grid:
    columns = [Column("library"), Column("fate", "fate"), Column("meaning", "fate"), Column("stage", "fate")]
    columns += [Column("read pairs", "reads", True), Column("share", "fate", True)]
    rows = []
    for sample, fates in counts.items():
        total = sum(fates.values())
        for fate, n in sorted(fates.items(), key=lambda item: -item[1]):
            info = MEANINGS.get(fate)
            meaning, stage = (info.meaning, info.stage) if info else ("not listed by this version", "")
            share = n / total if total else 0.0
            if n:
                words = [
                    Cell(library_name(sample), sample),
                    Cell(fate, fate, "mono"),
                    Cell(meaning),
                    Cell(stage),
                ]
                rows.append((*words, Cell(count(n), n), Cell(percent(share), share)))
    caption = "Read pairs of each library by fate (fates without a read pair are left out)."
    return Grid(
        "ledger-table",
        caption,
        columns,
        rows,
        folded="Fates as a table, with their meaning",
        empty="no reads",
    )


def _shown(counts: Counts) -> Counts:
    """All libraries, or those in which the smallest share of read pairs reached a site, in the order of the sheet."""
    if len(counts) <= MAX_BARS:
        return counts

    def share(name: str) -> float:
        fates = counts[name]
        return sum(fates.get(fate, 0) for fate in _AT_A_SITE) / (sum(fates.values()) or 1)

    chosen = set(sorted(counts, key=share)[:MAX_BARS])
    return {name: fates for name, fates in counts.items() if name in chosen}


def ledger_figure(view: View) -> Figure | Grid:
    """The libraries' fates as bars of 100 %, with the table behind them."""
    counts = read_counts(view)
    drawn = _shown(counts)
    grid = _table(drawn)
    if not counts:
        return grid
    link = Cell("ledger.tsv", href=f"{view.to_results}ledger.tsv")
    cut = ""
    if len(drawn) < len(counts):
        cut = (
            f" {len(drawn):,} of {len(counts):,} libraries are shown, those in which the smallest share of read pairs "
            "reached a site; the others stand on their subjects' pages."
        )
        grid = replace(grid, note=f"{len(drawn):,} of {len(counts):,} libraries; the rest in ", more=(link,))
    grid = replace(grid, data=frame_tsv(view.tables.rows_with("ledger", "sample", drawn)))
    rows = [(library_name(sample), sum(fates.values()), _segments(fates)) for sample, fates in drawn.items()]
    caption = (
        f"Read pairs of {plural(len(rows), 'library', 'libraries')} by fate, in percent of each library's read pairs "
        f"(number at the right). The fates of a library add up to its input exactly.{cut}"
    )
    label = "Stacked bars: share of read pairs by fate for " + ", ".join(name for name, _, _ in rows)
    shown = {part.key for _, _, parts in rows for part in parts}
    legend = [
        LegendItem(Markup(figures.swatch(paint(colour), str(place), False, "")), name)
        for place, (name, colour, _) in enumerate([*FATE_GROUPS, ("other", REST, ())], 1)
        if str(place) in shown
    ]
    picture = Markup(figures.share_bars(rows, label))
    return Figure("ledger", "What became of the reads", caption, picture, grid, legend, ("fate", "reads"))
