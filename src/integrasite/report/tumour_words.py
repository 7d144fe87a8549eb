"""Words for tumour samples: copies, limits, sites."""

from integrasite.report.facts import Row, gene_label
from integrasite.report.words import MISSING, NBSP, is_missing, number, percent, percent_range

VERDICTS = {
    "POSITIVE": "the transgene is there",
    "INDETERMINATE": "not settled",
    "NEGATIVE": "not found, and half a copy per tumour cell (or what the config asks for) would have been",
    "NOT_EVALUABLE": "this sample cannot answer the question",
}
"""Every verdict in words, most telling first."""
CLONALITY = {
    "CLONAL": "in the tumour's clone",
    "BYSTANDER": "in other cells than most of the tumour",
    "INDETERMINATE": "in the clone or in other cells: not settled",
}


def short(value: object) -> str:
    """A number with two significant digits and no exponent; a dash where missing."""
    numeric = number(value)
    if numeric is None:
        return MISSING
    if numeric == 0 or abs(numeric) >= 99.5:
        return f"{numeric:,.0f}"
    text = f"{float(f'{numeric:.2g}'):.6f}".rstrip("0").rstrip(".")
    return text if float(text) else "< 0.000001"


def interval(value: object, low: object, high: object) -> str:
    """A number with its 95 % interval."""
    if is_missing(value):
        return MISSING
    if is_missing(low) or is_missing(high):
        return f"{short(value)} (no interval)"
    return f"{short(value)} (95{NBSP}% interval {short(low)} to {short(high)})"


def copies(row: Row) -> str:
    """Copies per tumour cell where they are known, else per diploid genome; empty without either."""
    for name, unit in (("tumour_vcn", "copies per tumour cell"), ("vcn", "copies per diploid genome")):
        if not is_missing(row.get(name)):
            return f"{interval(row[name], row[f'{name}_low'], row[f'{name}_high'])} {unit}"
    return ""


def limit(row: Row) -> str:
    """What would have been seen, per tumour cell where that is known; says where no limit can be given."""
    if is_missing(row.get("lod_vcn")):
        return "no limit of detection can be given"
    genome = f"{short(row['lod_vcn'])} copies per diploid genome"
    if is_missing(row.get("lod_tumour")):
        return genome
    return f"{short(row['lod_tumour'])} copies per tumour cell ({genome})"


def missed(row: Row) -> str:
    """How little could have been missed."""
    words = limit(row)
    if words.startswith("no limit"):
        return words
    return f"{words} would be missed in 1 of 20 such samples, less more often"


def cells_words(row: Row) -> str:
    """The fraction of cells of a site, with interval and of which cells."""
    if is_missing(row.get("ccf")):
        return "fraction not measured"
    shown = f"{percent(row['ccf'])} (95{NBSP}% interval {percent_range(row['ccf_low'], row['ccf_high'])})"
    return f"{shown} of {row['fraction_of'] or 'cells'}"


def site_name(row: Row, site: Row) -> str:
    """Gene and site; a place in a repeat is called one of several."""
    label = f"{gene_label(site)} {row['site_id']}" if site else str(row["site_id"])
    return f"multihit {row['cluster']} (best place {label})" if row["placement"] == "multihit" else label


def join_words(overlap: object) -> str:
    """What the joint of vector and host looks like."""
    n = number(overlap)
    if n is None:
        return "joint not in a read"
    if n > 0:
        return f"{n:.0f} bp shared (microhomology)"
    return f"{-n:.0f} bp inserted" if n < 0 else "clean joint"


def duplication_words(row: Row) -> str:
    """The target-site duplication."""
    length = number(row["tsd_length"])
    if length is None:
        return "duplication not seen (one end only)"
    fits = (
        "" if is_missing(row["is_tsd_ok"]) else (", as expected" if row["is_tsd_ok"] else ", not as expected")
    )
    what = f"{length:.0f} bp of host duplicated" if length >= 0 else f"{-length:.0f} bp of host lost"
    return f"{what}{fits}"
