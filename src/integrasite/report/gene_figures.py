"""Figures of genes: sites at each gene, and what the tests observed against what they expected."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from integrasite.report import svg
from integrasite.report.blocks import Cell, Column, Figure, Grid, LegendItem, frame_tsv
from integrasite.report.facts import Row, records
from integrasite.report.figures import tick_words, ticks
from integrasite.report.view import View
from integrasite.report.words import chance, count, decimal, number, percent, plural

LEFT, RIGHT, STEP, TOP = 230.0, 640.0, 22.0, 36.0
MOST_GENES = 12
"""Genes of each kind in one figure: those with most sites, or with the smallest q."""


@dataclass(frozen=True)
class Bar:
    """One gene: how many were observed, how many expected (None: no null), and words at the right."""

    label: str
    value: float
    expected: float | None
    note: str
    tip: str
    is_known: bool = False


def gene_bars(bars: Sequence[Bar], unit: str, label: str) -> str:
    """One bar per gene; a hollow diamond where the null expects it; a filled one before genes with a known event."""
    marks = ticks(max([1.0, *(max(bar.value, bar.expected or 0.0) for bar in bars)]))
    highest = marks[-1]
    bottom = TOP + STEP * len(bars)
    parts = [svg.text(LEFT, 11, unit, class_="small")]
    for value in marks:
        x = LEFT + (RIGHT - LEFT) * value / highest
        parts.append(svg.line(x, TOP - 4, x, bottom, class_="grid"))
        parts.append(svg.text(x, TOP - 8, tick_words(value), class_="small", text_anchor="middle"))
    for place, bar in enumerate(bars):
        y = TOP + STEP * place
        name = {"class_": "strong" if bar.is_known else "small dark", "text_anchor": "end"}
        parts.append(svg.text(LEFT - 24, y + 15, svg.clipped(bar.label, 28), **name))
        if bar.is_known:
            parts.append(svg.marker("diamond", LEFT - 12, y + 11, 4, class_="genebar known"))
        width = (RIGHT - LEFT) * bar.value / highest
        look = "genebar known" if bar.is_known else "genebar"
        parts.append(svg.rect(LEFT, y + 4, max(width, 0.5), STEP - 8, class_=look))
        if bar.expected is not None:
            at = LEFT + (RIGHT - LEFT) * bar.expected / highest
            parts.append(svg.marker("diamond", at, y + STEP / 2, 4.5, class_="nullmark"))
        parts.append(svg.text(RIGHT + 12, y + 15, bar.note, class_="small"))
        parts.append(svg.rect(0, y, RIGHT + 190, STEP, svg.title(bar.tip), class_="hit"))
    return svg.drawing(RIGHT + 200, bottom + 6, label, parts)


def _swatch(content: str) -> Markup:
    return Markup(
        svg.element("svg", content, width="22", height="18", viewBox="0 0 22 18", aria_hidden="true")
    )


def _by_gene(sites: pd.DataFrame, column: str, largest: "pd.Series[float]") -> pd.DataFrame:
    """Sites and largest fraction per gene of a column that may name several, joined by commas."""
    named = sites.loc[sites[column] != "", ["site_id", column]]
    pairs = named.assign(gene=named[column].str.split(",")).explode("gene")
    pairs = pairs.assign(size=pairs["site_id"].map(largest)).drop_duplicates(["site_id", "gene"])
    table = pairs.groupby("gene", sort=True).agg(
        n_sites=("site_id", "size"), largest_fraction=("size", "max")
    )
    return table.sort_values("n_sites", ascending=False, kind="stable").reset_index()


def _count_bar(row: Row, is_known: bool) -> Bar:
    n = int(row["n_sites"])
    note = f"largest {percent(row['largest_fraction'])}"
    kind = ", a gene with a known event" if is_known else ""
    tip = (
        f"{row['gene']}{kind}: {plural(n, 'distinct site')}; largest clone {percent(row['largest_fraction'])}"
    )
    return Bar(str(row["gene"]), float(n), None, note, tip, is_known)


def site_genes_figure(view: View) -> Figure | None:
    """Distinct sites at genes with a known event, and at the other genes with most sites; None without any.

    Returns:
        The figure. Its counts have no null: large genes and open chromatin collect more sites by themselves.
    """
    passed = view.tables.clones[view.tables.clones["status"] == "pass"]
    sites = view.tables.annotation[view.tables.annotation["site_id"].isin(set(passed["site_id"]))]
    largest = passed.groupby("site_id")["fraction"].max()
    known, others = _by_gene(sites, "known_event", largest), _by_gene(sites, "gene", largest)
    others = others[~others["gene"].isin(set(known["gene"]))]
    if not len(known) and not len(others):
        return None
    frame = pd.concat(
        [known.head(MOST_GENES).assign(kind="known event"), others.head(MOST_GENES).assign(kind="other")],
        ignore_index=True,
    )
    bars = [_count_bar(row, row["kind"] == "known event") for row in records(frame)]
    n_at, window = int((sites["known_event"] != "").sum()), view.study.config.calling.known_event_window
    top = f"; most at {known['gene'].iloc[0]} ({int(known['n_sites'].iloc[0]):,})" if len(known) else ""
    verb = "lies" if n_at == 1 else "lie"
    title = f"{n_at:,} of {plural(len(sites), 'distinct site')} {verb} at a gene with a known event{top}"
    caption = (
        f"n = {plural(len(sites), 'distinct site')} of clones that passed. With diamond: genes with a known event, sites "
        f"inside or within {window:,} bp ({len(known):,} such genes hold sites, {min(len(known), MOST_GENES)} are drawn); "
        f"without: the other genes with most sites ({min(len(others), MOST_GENES)} of {len(others):,}). At the right the "
        "largest clone there. Counts alone say nothing of chance; the tests of genes have a section of their own."
    )
    grid = Grid(
        "gene-counts-table", "Distinct sites by gene.",
        [Column("gene"), Column("kind", "event"), Column("distinct sites", "site", True),
         Column("largest clone", "fraction", True)],
        [
            (Cell(str(row["gene"])), Cell(row["kind"]), Cell(count(row["n_sites"]), int(row["n_sites"])),
             Cell(percent(row["largest_fraction"]), number(row["largest_fraction"])))
            for row in records(frame)
        ],
        frame_tsv(frame), folded="The figure as a table",
    )  # fmt: skip
    label = f"{title}. " + "; ".join(f"{bar.label} {bar.value:,.0f}" for bar in bars)
    diamond = svg.marker("diamond", 11, 9, 5, class_="genebar known")
    legend = [
        LegendItem(_swatch(diamond), "gene of the list of known events"),
        LegendItem(_swatch(svg.rect(2, 4, 18, 10, class_="genebar")), "other gene"),
    ]
    picture = Markup(gene_bars(bars, "distinct sites", label))
    return Figure("gene-counts", title, caption, picture, grid, legend, ("event", "site"))


def null_figure(
    key: str, name: str, frame: pd.DataFrame, labels: Sequence[str], level: float
) -> Figure | None:
    """Observed against expected of one test, the rows with the smallest q; None where nothing was tested.

    Args:
        key: unique on the page.
        name: the test in words.
        frame: its rows with `observed`, `expected`, `p`, `q`.
        labels: what each row is about.
        level: q below which a row is a finding.
    """
    keyed = frame.assign(_label=list(labels))
    keyed = keyed[keyed["observed"].notna() & keyed["expected"].notna() & keyed["q"].notna()]
    if not len(keyed):
        return None
    shown = keyed.sort_values(["q", "p", "_label"], kind="stable").head(MOST_GENES)
    n_found = int((keyed["q"] < level).sum())
    title = f"{name}: {plural(n_found, 'row')} of {len(keyed):,} tested with q < {level:g}"
    title = title.replace("no rows of", "none of")
    bars = [
        Bar(
            str(row["_label"]), float(row["observed"]), float(row["expected"]), f"q {chance(row['q'])}",
            f"{row['_label']}: {decimal(row['observed'], 1)} observed, {decimal(row['expected'], 1)} expected by chance, "
            f"q {chance(row['q'])}",
            float(row["q"]) < level,
        )
        for row in records(shown)
    ]  # fmt: skip
    label = f"{title}. " + "; ".join(bar.tip for bar in bars)
    cells = [
        (
            Cell(str(row["_label"])),
            Cell(decimal(row["observed"], 1), number(row["observed"])),
            Cell(decimal(row["expected"], 1), number(row["expected"])),
            Cell(chance(row["q"]), number(row["q"])),
        )
        for row in records(shown)
    ]
    columns = [Column("gene, list or window"), Column("observed", "gene_test", True)]
    columns += [Column("expected", "gene_test", True), Column("q", "q", True)]
    grid = Grid(
        f"null-{key}-table", f"{name}: observed and expected.", columns, cells, frame_tsv(shown.drop(columns="_label")),
        folded="The figure as a table",
    )  # fmt: skip
    drawn = f", the {len(shown)} with the smallest q are drawn" if len(keyed) > len(shown) else ""
    caption = (
        f"n = {len(keyed):,} tested{drawn}. Bar: observed; hollow diamond: expected "
        f"by chance alone (the test's null). Filled diamond and bold name: q < {level:g}."
    )
    found = svg.marker("diamond", 11, 9, 5, class_="genebar known")
    legend = [
        LegendItem(_swatch(svg.rect(2, 4, 18, 10, class_="genebar")), "observed"),
        LegendItem(_swatch(svg.marker("diamond", 11, 9, 5, class_="nullmark")), "expected by chance alone"),
        LegendItem(_swatch(found), f"q < {level:g}"),
    ]
    picture = Markup(gene_bars(bars, "observed", label))
    return Figure(f"null-{key}", title, caption, picture, grid, legend, ("gene_test", "q"))
