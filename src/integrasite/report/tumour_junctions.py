"""Where the vector meets the host: a picture of both ends of each site, and the table of sites."""

import pandas as pd
from markupsafe import Markup

from integrasite.report import svg
from integrasite.report.blocks import Cell, Column, Figure, Grid, frame_tsv
from integrasite.report.facts import Row, gene_label, records, site_facts
from integrasite.report.genes import distance_cell, event_words
from integrasite.report.tumour_words import cells_words, duplication_words, join_words, short, site_name
from integrasite.report.view import TOP_CLONES, View
from integrasite.report.words import MISSING, count, is_missing, number, percent, percent_range, plural

WIDTH, FIVE, THREE, TOP = 880.0, 300.0, 580.0, 44.0
BAR, MOST = 8.0, 8
"""Height of a drawn fragment; most fragments drawn of one kind and end."""
_SMALL = {"class_": "small", "text_anchor": "middle"}


def seen_sites(view: View, sample: str, vector: str) -> pd.DataFrame:
    """Sites that a sample shows, passing ones first, then by fraction of cells."""
    sites = view.tables.tumour_sites
    mine = sites[(sites["sample"] == sample) & (sites["vector"] == vector)]
    return order_sites(mine[(mine["n_fragments"] + mine["n_junction_5"] + mine["n_junction_3"]) > 0])


def order_sites(sites: pd.DataFrame) -> pd.DataFrame:
    """Passing sites first, then by fraction of cells, then by name."""
    keyed = sites.assign(_failed=sites["status"] != "pass")
    order = ["_failed", "ccf", "site_id", "sample", "vector"]
    return keyed.sort_values(order, ascending=[True, False, True, True, True], kind="stable").drop(
        columns="_failed"
    )


def _number(row: Row, name: str) -> int:
    return int(number(row[name]) or 0)


def _place(row: Row, side: int) -> str:
    """The host base beside the junction, 1-based."""
    base = number(row[f"host_{side}"])
    return "not in a read" if base is None else f"{row['contig']}:{base + 1:,.0f}"


def _vector_base(row: Row, side: int) -> str:
    base = number(row[f"vector_{side}"])
    if base is None:
        return "vector base not known"
    end = {5: "U3", 3: "U5"}[side]
    whole = end in str(row["ends"]).split(",")
    return (
        f"vector base {base + 1:,.0f} ({end} end complete)"
        if whole
        else f"vector base {base + 1:,.0f} (inside)"
    )


def _bars(x: float, y: float, n_split: int, n_pairs: int, side: int) -> tuple[list[str], float]:
    """Fragments over one junction at `x`: reads across it in two tones, pairs as two hollow reads with a dashed line between."""
    left, right = ("hostread", "read") if side == 5 else ("read", "hostread")
    parts = [svg.line(x, y - 6, x, y + BAR * (min(n_split, MOST) + min(n_pairs, MOST)), class_="drop")]
    for place in range(min(n_split, MOST)):
        shift = 34.0 * ((place * 5 % 8) / 7 - 0.5)
        parts.append(svg.rect(x - 62 + shift, y, 62.0 - shift, BAR - 2, class_=left))
        parts.append(svg.rect(x, y, 62.0 + shift, BAR - 2, class_=right))
        y += BAR
    for place in range(min(n_pairs, MOST)):
        shift = 14.0 * ((place * 3 % 4) / 3 - 0.5)
        parts.append(svg.rect(x - 84 + shift, y, 60.0, BAR - 2, class_=left.replace("read", "pair")))
        parts.append(svg.rect(x + 24 + shift, y, 60.0, BAR - 2, class_=right.replace("read", "pair")))
        parts.append(svg.line(x - 24 + shift, y + 3, x + 24 + shift, y + 3, class_="insert"))
        y += BAR
    words = [
        f"{n_split} across the joint" if n_split else "",
        f"{n_pairs} as pair{'s'[: n_pairs > 1]}" if n_pairs else "",
    ]
    shown = ", ".join(filter(None, words)) or "none"
    parts.append(svg.text(x, y + 12, f"fragments: {shown}", **_SMALL))
    if max(n_split, n_pairs) <= MOST:
        return parts, y + 18
    parts.append(svg.text(x, y + 26, f"(drawn: up to {MOST} of each)", **_SMALL))
    return parts, y + 32


def _side(row: Row, side: int) -> tuple[list[str], float]:
    x = FIVE if side == 5 else THREE
    n_split, n_pairs = _number(row, f"n_split_{side}"), _number(row, f"n_discordant_{side}")
    seen = not is_missing(row[f"host_{side}"])
    parts = [svg.line(x, TOP - 14, x, TOP + 44, class_="joint" if seen else "joint unseenjoint")]
    words = [_place(row, side), _vector_base(row, side), join_words(row[f"overlap_{side}"])]
    if not seen and not n_pairs:
        words = ["this end was not seen"]
    anchor, at = ("end", x - 8) if side == 5 else ("start", x + 8)
    parts.append(svg.text(at, TOP - 18, words[0], class_="strong", text_anchor=anchor))
    parts += [
        svg.text(at, TOP + 46 + 15 * place, line, class_="small", text_anchor=anchor)
        for place, line in enumerate(words[1:])
    ]
    fragments, y = _bars(x, TOP + 84, n_split, n_pairs, side)
    return parts + fragments, y


def junction_picture(row: Row, label: str) -> str:
    """Both ends of one site in the vector's direction: host, vector, host; fragments below."""
    forward = row["strand"] == "+"
    body = [
        svg.rect(30, TOP, FIVE - 30, 26, class_="host"),
        svg.rect(THREE, TOP, WIDTH - 30 - THREE, 26, class_="host"),
        svg.path(
            [(FIVE, TOP - 4), (THREE - 16, TOP - 4), (THREE, TOP + 13), (THREE - 16, TOP + 30), (FIVE, TOP + 30)],
            class_="provirus",
        ),
        svg.text((FIVE + THREE) / 2, TOP + 17, svg.clipped(f"{row['vector']} 5' to 3'", 34), class_="strong inside",
                 text_anchor="middle"),
        svg.text((30 + FIVE) / 2, TOP + 17, "host", **_SMALL),
        svg.text((THREE + WIDTH - 30) / 2, TOP + 17, "host", **_SMALL),
    ]  # fmt: skip
    if row["placement"] == "multihit":
        body.append(
            svg.text(WIDTH / 2, 12, "one of several equal places", class_="strong", text_anchor="middle")
        )
    (five, low), (three, deep) = _side(row, 5), _side(row, 3)
    bottom = max(low, deep)
    way = "rise to the right (vector on +)" if forward else "fall to the right (vector on -)"
    closing = [
        svg.text(30, bottom + 16, f"Host coordinates {way}; {duplication_words(row)}.", class_="small"),
        svg.text(
            WIDTH - 30, bottom + 16, f"place without the vector: {plural(_number(row, 'n_intact'), 'fragment')}",
            class_="small", text_anchor="end",
        ),
    ]  # fmt: skip
    return svg.drawing(WIDTH, bottom + 26, label, [*body, *five, *three, *closing])


def _spoken_end(row: Row, side: int) -> str:
    n = _number(row, f"n_split_{side}"), _number(row, f"n_discordant_{side}")
    name = "5' (U3)" if side == 5 else "3' (U5)"
    if is_missing(row[f"host_{side}"]):
        return f"{name} end: {'pairs only' if n[1] else 'not seen'}, {n[0] + n[1]} fragments"
    return (
        f"{name} end at {_place(row, side)}, {_vector_base(row, side)}, {join_words(row[f'overlap_{side}'])}, "
        f"{n[0]} fragments across the joint and {n[1]} pairs"
    )


def junction_figure(view: View, row: Row, site: Row, place: str) -> Figure:
    """The picture of one site in one sample.

    Args:
        view: the page.
        row: of `tumour_sites.tsv.gz`.
        site: its annotation; may be empty.
        place: unique on the page.
    """
    name = site_name(row, site)
    label = f"Site {name} in {row['sample']}: {_spoken_end(row, 5)}; {_spoken_end(row, 3)}; {duplication_words(row)}"
    caption = (
        f"In the vector's direction; host bases are 1-based, vector bases count on the provirus without its 3' LTR copy. "
        f"Filled bars: distinct fragments with the joint in a read (coloured: vector, grey: host); hollow ones: pairs "
        f"around it. Their number is data, "
        f"their place in the picture is not. Tier {row['tier']}{_exactness(row)}."
    )
    rows = [_end_cells(row, side) for side in (5, 3)]
    columns = [Column("end"), Column("host base"), Column("vector base"), Column("joint")]
    columns += [
        Column("across the joint", "", True),
        Column("pairs", "", True),
        Column("counted at the site", "", True),
    ]
    frame = view.tables.tumour_sites
    mine = frame[
        (frame["sample"] == row["sample"])
        & (frame["site_id"] == row["site_id"])
        & (frame["vector"] == row["vector"])
    ]
    grid = Grid(
        f"junction-{place}-table", f"Both ends of {name} in {row['sample']}.", columns, rows, frame_tsv(mine),
        folded="The picture as a table",
    )  # fmt: skip
    title = f"{name}: {cells_words(row)}"
    return Figure(
        f"junction-{place}", title, caption, Markup(junction_picture(row, label)), grid, (), ("site",)
    )


def _exactness(row: Row) -> str:
    if is_missing(row["is_exact"]) or bool(row["is_exact"]):
        return ""
    return f"; the position lies somewhere in {count(row['position_low'])} to {count(row['position_high'])}"


def _end_cells(row: Row, side: int) -> tuple[Cell, ...]:
    numbers = [_number(row, f"n_{kind}_{side}") for kind in ("split", "discordant", "junction")]
    return (
        Cell("5' (U3)" if side == 5 else "3' (U5)"),
        Cell(_place(row, side), tone="mono"),
        Cell(_vector_base(row, side)),
        Cell(join_words(row[f"overlap_{side}"])),
        *(Cell(count(n), n) for n in numbers),
    )


SITE_COLUMNS = (
    ("sample", "", False),
    ("site", "site", False),
    ("events and listed genes", "event", False),
    ("fraction of cells", "ccf", True),
    ("alleles", "ccf", True),
    ("junction / intact", "fragment", True),
    ("ends, duplication, tier", "tumour_tier", False),
    ("clone", "", False),
    ("seen from", "lod95", True),
    ("status", "", False),
)


def _site_cells(row: Row, site: Row) -> tuple[Cell, ...]:
    n_junction = _number(row, "n_junction_5") + _number(row, "n_junction_3")
    listed = "\n".join(words for words in (event_words(site), distance_cell(site).text) if words != MISSING)
    where = row["site_id"] if row["placement"] == "unique" else f"multihit {row['cluster']}\n{row['site_id']}"
    passed = row["status"] == "pass"
    status = row["status"] if passed and not row["reason"] else f"{row['status']}: {row['reason']}"
    cells = f"{percent(row['ccf'])}\n{percent_range(row['ccf_low'], row['ccf_high'])}\n{row['fraction_of'] or MISSING}"
    ends = str(row["ends"] or "no end").replace(",", ", ")
    return (
        Cell(row["sample"]),
        Cell(f"{site_gene(site)}\n{where}", str(row["site_id"]), "lines"),
        Cell(listed or MISSING, tone="stack"),
        Cell(cells, number(row["ccf"]), "lines"),
        Cell(percent(row["vaf"]), number(row["vaf"])),
        Cell(f"{n_junction} / {count(row['n_intact'])}", n_junction),
        Cell(f"{ends}\n{duplication_words(row)}\ntier {row['tier']}", tone="stack"),
        Cell(row["clone"] or MISSING),
        Cell(percent(row["limit"]), number(row["limit"])),
        Cell(status, tone="wide"),
    )


def site_gene(site: Row) -> str:
    """The site's gene, or that it was not looked up."""
    return gene_label(site) if site else "not annotated"


def sites_grid(view: View) -> Grid:
    """Every tumour site of the page in every sample, those not seen with their limit."""
    rows = order_sites(view.tables.tumour_sites)
    shown = rows.head(TOP_CLONES)
    sites = site_facts(view.tables, shown["site_id"])
    return Grid(
        "tumour-sites",
        "Integration sites of tumour samples, in every sample of the subject.",
        [Column(*each) for each in SITE_COLUMNS],
        [_site_cells(row, sites.get(row["site_id"], {})) for row in records(shown)],
        frame_tsv(shown),
        f"Showing {len(shown):,} of {len(rows):,}; all in " if len(rows) else "",
        "no site was placed",
        more=(Cell("tumour_sites.tsv.gz", href=f"{view.to_results}tumour_sites.tsv.gz"),)
        if len(rows)
        else (),
    )


def structure_grid(view: View) -> Grid:
    """What of the vector is lost, doubled, turned round or cut off."""
    frame = view.tables.transgene_structure
    shown = frame.head(TOP_CLONES)
    rows = [
        (
            Cell(row["sample"]),
            Cell(row["vector"]),
            Cell(row["kind"]),
            Cell(f"{row['start'] + 1:,}-{row['end']:,}", number(row["start"])),
            Cell(count(row["n_fragments"]), number(row["n_fragments"])),
            Cell(short(row["copies"]), number(row["copies"])),
            Cell(percent(row["share"]), number(row["share"])),
            Cell(row["evidence"], tone="wide"),
        )
        for row in records(shown)
    ]
    columns = [
        Column("sample"),
        Column("vector"),
        Column("what"),
        Column("bases"),
        Column("fragments", "fragment", True),
    ]
    columns += [Column("copies", "vcn", True), Column("share of copies", "", True), Column("evidence")]
    return Grid(
        "transgene-structure",
        "Vector parts that are not as in the whole provirus.",
        columns,
        rows,
        frame_tsv(shown),
    )
