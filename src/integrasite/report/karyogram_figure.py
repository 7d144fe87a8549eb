"""The figure of places: karyogram of the contigs with sites, and each of them enlarged."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from markupsafe import Markup

from integrasite.report import svg
from integrasite.report.blocks import Cell, Column, Figure, Grid, LegendItem, frame_tsv
from integrasite.report.facts import Clone, clone_ids, clones_of, distinct, top_distinct
from integrasite.report.karyogram import Contig, Mark, contig_zoom, karyogram
from integrasite.report.palette import Paint, clone_paint, paint
from integrasite.report.view import TOP_CLONES, TOP_COLOURED, View
from integrasite.report.words import NBSP, count, decimal, joined, number, percent, percent_range, plural

MOST_CONTIGS = 60
"""Contigs drawn; further ones are counted in the caption."""
PRIMARY_SHARE = 0.05
"""Of the longest contig's length: from here on a contig is drawn though it holds no site (human chr21 and chrY have 19 %
and 23 % of chr1, alternate contigs at most 2 %)."""
MOST_BINS = 150
"""Bins of the longest contig at most."""
MOST_FLAGGED = 40
"""Flagged clones marked at most, largest first."""
_OTHER = paint("#7b8594")


def bin_size(longest: int) -> int:
    """The smallest round number of bases that cuts the longest contig into no more than `MOST_BINS` bins."""
    power = 1
    while longest > 5 * power * MOST_BINS:
        power *= 10
    return next(size * power for size in (1, 2, 5) if longest <= size * power * MOST_BINS)


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key by which chr2 comes before chr10."""
    parts = re.split(r"(\d+)", name)
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part)


def contig_lengths(known: Mapping[str, int], last: Mapping[str, int]) -> dict[str, int]:
    """Length of every contig to draw, in the reference's order.

    Args:
        known: lengths of the reference; may be empty.
        last: per contig with sites, the last of them; stands in where the length is not known.
    """
    longest = max(known.values(), default=0)
    primary = [name for name, length in known.items() if length >= PRIMARY_SHARE * longest or name in last]
    rest = sorted((name for name in last if name not in known), key=natural)
    return {name: max(known.get(name, 0), last.get(name, 0) + 1) for name in (*primary, *rest)}


def _places(passed: pd.DataFrame) -> pd.DataFrame:
    """Distinct sites that passed."""
    return passed.drop_duplicates(["contig", "position", "strand"])[["contig", "position"]]


def _counts(places: pd.DataFrame, lengths: Mapping[str, int], bin_bp: int) -> dict[str, list[int]]:
    found = {}
    groups = dict(tuple(places.groupby("contig", sort=False)["position"]))
    for name, length in lengths.items():
        n_bins = max(1, -(-length // bin_bp))
        mine = groups.get(name)
        bins = np.zeros(n_bins, dtype=np.int64)
        if mine is not None:
            bins = np.bincount(mine.to_numpy(dtype=np.int64) // bin_bp, minlength=n_bins)
        found[name] = [int(n) for n in bins]
    return found


def _flagged_ids(view: View) -> set[tuple[str, str]]:
    """Subject and site of clones whose flag asks for a second look."""
    flags = view.tables.flags
    strong = flags[(flags["site_id"] != "") & ~(flags["tier"].astype("Float64") > 3).fillna(False)]
    return set(zip(strong["subject"], strong["site_id"], strict=True))


def _mark(view: View, clone: Clone, kind: str) -> Mark:
    row = clone.row
    size = percent(row["fraction"])
    if number(row["fraction_low"]) is not None:
        size += f" (95 % interval {percent_range(row['fraction_low'], row['fraction_high'])})"
    who = "" if view.subject else f"{row['subject']}, "
    note = {"flagged": "flagged: ", "large": "", "other": ""}[kind]
    colour: Paint = _OTHER if kind == "other" else clone_paint(clone.id)
    label = clone.gene.removeprefix("near ") if clone.gene != "no gene" else ""
    return Mark(
        int(row["position"]),
        kind,
        label,
        colour,
        f"{note}{who}{clone.label}, largest in {row['specimen']}: {size}",
        view.card(row["subject"], clone.id),
        number(row["fraction"]) or 0.0,
        clone.is_multihit,
    )


def _marks(view: View, passed: pd.DataFrame) -> dict[str, list[Mark]]:
    """Marks by contig: flagged clones, the largest of the page, and others among its `TOP_CLONES` largest."""
    strong = _flagged_ids(view)
    about = passed[passed["site_id"].isin({site for _, site in strong})]
    keys = zip(about["subject"], about["site_id"], strict=True)
    flagged = about[pd.Series([key in strong for key in keys], about.index, dtype=bool)]
    head = top_distinct(passed, TOP_CLONES)
    rows = pd.concat([distinct(flagged).head(MOST_FLAGGED), head])
    rows = rows.drop_duplicates(["subject", "site_id", "cluster"])
    large = set(zip(head["subject"].head(TOP_COLOURED), clone_ids(head.head(TOP_COLOURED)), strict=True))
    found: dict[str, list[Mark]] = {}
    for clone in clones_of(view.tables, rows):
        key = (clone.row["subject"], clone.id)
        kind = "large" if key in large else "other"
        kind = "flagged" if (clone.row["subject"], clone.row["site_id"]) in strong else kind
        found.setdefault(str(clone.row["contig"]), []).append(_mark(view, clone, kind))
    return found


def _contigs(view: View, passed: pd.DataFrame, bin_of: Mapping[str, int]) -> tuple[list[Contig], int]:
    """Contigs to draw, and the width of their bins (bp)."""
    places = _places(passed)
    lengths = contig_lengths(view.tables.contigs, bin_of)
    bin_bp = bin_size(max(lengths.values()))
    counts, marks = _counts(places, lengths, bin_bp), _marks(view, passed)
    return [
        Contig(name, length, counts[name], marks.get(name, [])) for name, length in lengths.items()
    ], bin_bp


def _drawn(contigs: Sequence[Contig]) -> list[Contig]:
    """At most `MOST_CONTIGS`: those with most sites, in the order given."""
    best = sorted(contigs, key=lambda one: -one.n_sites)[:MOST_CONTIGS]
    names = {one.name for one in best}
    return [one for one in contigs if one.name in names]


def _legend() -> list[LegendItem]:
    def swatch(content: str) -> Markup:
        return Markup(
            svg.element("svg", content, width="22", height="18", viewBox="0 0 22 18", aria_hidden="true")
        )

    grey = {"fill": "#7b8594", "class_": "site"}
    bars = svg.element("path", d="M2 16V9H7V4H12V12H17V16", class_="density")
    return [
        LegendItem(swatch(bars), "distinct sites per bin"),
        LegendItem(
            swatch(svg.marker("diamond", 11, 9, 5, **grey)),
            "clone flagged in tier 1 to 3, or not to be settled",
        ),
        LegendItem(
            swatch(svg.marker("circle", 11, 9, 5, **grey)), f"one of the {TOP_COLOURED} largest clones"
        ),
        LegendItem(swatch(svg.marker("square", 11, 9, 4, **grey)), f"another of the {TOP_CLONES} largest"),
        LegendItem(
            swatch(svg.marker("circle", 11, 9, 5, class_="site hollow", stroke="#7b8594")),
            "hollow: multihit, drawn at its best place",
        ),
    ]


def _picture(contigs: Sequence[Contig], bin_bp: int, title: str) -> Markup:
    whole = [
        Contig(one.name, one.length, one.counts, [mark for mark in one.marks if mark.kind != "other"])
        for one in contigs
    ]
    flagged = [
        f"{mark.label or 'no gene'} on {one.name}"
        for one in contigs
        for mark in one.marks
        if mark.kind == "flagged"
    ]
    words = f" Flagged: {joined(flagged, 12)}." if flagged else " No flagged clone."
    views = [("All contigs", karyogram(whole, bin_bp, f"Karyogram: {title}.{words}"))]
    for one in contigs:
        if one.n_sites:
            named = [f"{mark.label} {percent(mark.fraction)}" for mark in one.marks if mark.label]
            label = f"{one.name} enlarged: {plural(one.n_sites, 'distinct site')}; {joined(named, 10) or 'no clone marked'}"
            views.append((one.name, contig_zoom(one, bin_bp, label)))
    return Markup(svg.views("Show", views, is_zoom=True))


def _grid(contigs: Sequence[Contig], bin_bp: int) -> Grid:
    columns = [Column("contig"), Column("length (bp)", "", True), Column("distinct sites", "site", True)]
    columns += [Column("sites per Mb", "", True), Column("marked clones")]
    rows = []
    for one in contigs:
        per_mb = 1e6 * one.n_sites / one.length
        named = [mark.label or "no gene" for mark in one.marks if mark.kind != "other"]
        cells = (Cell(one.name), Cell(count(one.length), one.length), Cell(count(one.n_sites), one.n_sites))
        rows.append((*cells, Cell(decimal(per_mb, 3), per_mb), Cell(joined(named, 8) or "none", tone="wide")))
    bins = [
        (one.name, place * bin_bp, min((place + 1) * bin_bp, one.length), n)
        for one in contigs
        for place, n in enumerate(one.counts)
        if n
    ]
    data = frame_tsv(pd.DataFrame(bins, columns=["contig", "start", "end", "n_sites"]))
    return Grid(
        "karyogram-table",
        "Distinct sites by contig.",
        columns,
        rows,
        data,
        folded="The karyogram as a table, by contig",
    )


def karyogram_figure(view: View, passed: pd.DataFrame) -> Figure:
    """Where the sites of the page lie.

    Args:
        view: the page.
        passed: its clones that passed; at least one.
    """
    last = {
        str(name): int(position)
        for name, position in passed.groupby("contig", sort=True)["position"].max().items()
    }
    contigs, bin_bp = _contigs(view, passed, last)
    drawn = _drawn(contigs)
    hit = [one for one in contigs if one.n_sites]
    most = max(contigs, key=lambda one: one.n_sites)
    n_sites = sum(one.n_sites for one in contigs)
    title = f"{plural(n_sites, 'distinct site')} on {plural(len(hit), 'contig')}, most on {most.name} ({most.n_sites:,})"
    left = ""
    if len(drawn) < len(contigs):
        rest = n_sites - sum(one.n_sites for one in drawn)
        left = f" {len(contigs) - len(drawn):,} further contigs with {plural(rest, 'site')} are in the table."
    ends = (
        ""
        if view.tables.contigs
        else " The contigs' lengths are not in these results: each ends at its last site."
    )
    caption = (
        f"n = {plural(n_sites, 'distinct site')} of clones that passed, in bins of {bin_bp:,} bp (a multihit counts at its "
        f"best place only); the tallest bar is {max(max(one.counts) for one in contigs):,}. Number at the right: sites "
        "of the contig. Contigs without a site are drawn from "
        f"{100 * PRIMARY_SHARE:.0f}{NBSP}% of the longest one's length. Enlarged, clones stand at their "
        f"largest fraction.{left}{ends}"
    )
    return Figure(
        "karyogram", title, caption, _picture(drawn, bin_bp, title), _grid(contigs, bin_bp), _legend(),
        ("site", "multihit", "tier"),
    )  # fmt: skip
