"""The attribution sheet: evidence for and against insertional mutagenesis in a subject's tumour, side by side.

The questions are those of published case reports (place, expression, other copies, pre-existence, other drivers). The software
fills in data and claims no cause; nothing is added up or weighed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan

import numpy as np
import pandas as pd

from integrasite.analyse.attribution_rows import (
    AGAINST,
    COPIES_PER_CELL,
    COPIES_PER_GENOME,
    FOR,
    NEUTRAL,
    NO_CAUSE,
    NOT_TESTED,
    Evidence,
    Row,
    as_frame,
    digits,
    is_other_sample,
    is_tumour,
    number,
    records,
    share,
)
from integrasite.analyse.attribution_sites import Past, locate, measure_site, recall_site
from integrasite.analyse.attribution_untested import untested
from integrasite.config.calling import Calling
from integrasite.io.tables import as_table, empty_table
from integrasite.model.library import Library
from integrasite.model.tables import ATTRIBUTION, CLONES, DIVERSITY, TRACKING
from integrasite.sites.tumour_fractions import Fractions
from integrasite.sites.tumour_sizes import TUMOUR_CELLS
from integrasite.transgene.clonality import BYSTANDER, CLONAL
from integrasite.transgene.closure import CLOSES, MISSING, SURPLUS, UNKNOWN, close_copies
from integrasite.transgene.tcr import CONCORDANT, HIGHER, LOWER, compare_fraction, of_all_cells
from integrasite.transgene.tcr import NOT_TESTED as NOT_GIVEN

TOP_SITES = 20
"""Sites of a subject with rows of their own, largest first; the others are counted."""
LEAST_RATIO = 0.5
"""Lower limit of the ratio of cells from which `concordant` speaks for one clone; below it the interval only is wide."""
_CLOSURE = {
    CLOSES: "they account for the copies by depth",
    MISSING: "there are more copies by depth than they account for",
    SURPLUS: "they hold more copies than the depth shows",
    UNKNOWN: "copies by depth are not known",
}
_SITE = ["contig", "position", "strand", "vector", "cluster"]


@dataclass(frozen=True)
class Tables:
    """What the sheet is made from; tables of `model.tables`.

    Args:
        transgene: verdict and copies per sample and vector.
        structure: what the vector lost or rearranged; None: not examined.
        sites: `TUMOUR_SITES` of all subjects.
        clones: of all specimens, earlier runs included.
        diversity: limits of the amplicon specimens.
        annotation: of all sites.
        tracking: growth of clones.
    """

    transgene: pd.DataFrame
    sites: pd.DataFrame
    annotation: pd.DataFrame
    structure: pd.DataFrame | None = None
    clones: pd.DataFrame = field(default_factory=lambda: empty_table(CLONES))
    diversity: pd.DataFrame = field(default_factory=lambda: empty_table(DIVERSITY))
    tracking: pd.DataFrame = field(default_factory=lambda: empty_table(TRACKING))


def attribute(tables: Tables, libraries: Sequence[Library], calling: Calling) -> pd.DataFrame:
    """The table `ATTRIBUTION`: rows for each subject with a tumour sample, in sheet order of its evidence.

    Args:
        tables: results of the other stages.
        libraries: all rows of the sheet, those of earlier specimens included.
        calling: thresholds.
    """
    subjects = dict.fromkeys(library.subject for library in libraries if is_tumour(library))
    genes = {str(row["site_id"]): row for row in records(tables.annotation)}
    rows = []
    for subject in subjects:
        own = [library for library in libraries if library.subject == subject]
        rows += _sheet(subject, own, tables, genes, calling)
    return as_table(as_frame(rows), ATTRIBUTION)


def _sheet(
    subject: str, libraries: list[Library], tables: Tables, genes: Mapping[str, Row], calling: Calling
) -> list[Evidence]:
    tumours = {library.sample: library for library in libraries if is_tumour(library)}
    verdicts = records(tables.transgene[tables.transgene["sample"].isin(list(tumours))])
    sites = tables.sites[tables.sites["subject"] == subject]
    rows = [row for library in tumours.values() for row in _presence(library, verdicts)]
    found = [row for row in verdicts if row["verdict"] == "POSITIVE"]
    for row in found:
        rows += _sample(row, tumours[row["sample"]], sites, tables.structure)
    rows += _sites(
        subject, found, sites, list(tumours), libraries, _past(subject, libraries, tables), genes, calling
    )
    rows += untested(subject, libraries)
    return [_statement(subject, rows), *rows]


def _statement(subject: str, rows: list[Evidence]) -> Evidence:
    n = {way: sum(row.direction == way for row in rows) for way in (FOR, AGAINST, NEUTRAL, NOT_TESTED)}
    finding = f"{n[FOR]} for, {n[AGAINST]} against, {n[NEUTRAL]} neither, {n[NOT_TESTED]} not tested; not to be added up"
    return Evidence(subject, "statement", finding, NEUTRAL, NO_CAUSE, "")


def _copies(row: Row) -> tuple[tuple[float, float, float], str]:
    """Copies with interval, per tumour cell where that is known."""
    for name, unit in (("tumour_vcn", COPIES_PER_CELL), ("vcn", COPIES_PER_GENOME)):
        value, low, high = (number(row.get(key)) for key in (name, f"{name}_low", f"{name}_high"))
        if not isnan(value):
            return (value, low, high), unit
    return (float("nan"),) * 3, ""


def _presence(library: Library, verdicts: list[dict[str, object]]) -> list[Evidence]:
    """Whether the transgene is in one tumour sample, per vector looked for."""
    own = [row for row in verdicts if row["sample"] == library.sample]
    if not own:
        words = "This sample was not searched for the transgene."
        return [Evidence(library.subject, "transgene", "not tested", NOT_TESTED, words, "", library.sample)]
    return [_verdict(row, library) for row in own]


def _verdict(row: Row, library: Library) -> Evidence:
    verdict, limit = str(row["verdict"]), number(row["lod_vcn"])
    material = "RNA" if library.assay == "rna" else "DNA"
    finding, numbers, unit = f"{verdict} in {material}: {row['reason']}", (float("nan"),) * 3, ""
    if verdict == "POSITIVE":
        numbers, unit = _copies(row)
        words = "Without the transgene in the tumour's cells there is nothing to attribute; its presence alone shows no effect."
        direction = FOR
    elif verdict == "NEGATIVE":
        numbers, unit = (limit, *numbers[1:]), f"{COPIES_PER_GENOME} (limit of detection)"
        words = f"{digits(limit)} {COPIES_PER_GENOME} would have been seen in 95 % of such samples. Fewer can be there unseen."
        direction = AGAINST
    else:
        words = "The data do not settle whether the transgene is there."
        direction = NEUTRAL if verdict == "INDETERMINATE" else NOT_TESTED
    return Evidence(
        library.subject, "transgene", finding, direction, words, "transgene.tsv", library.sample, str(row["vector"]), "",
        *numbers, unit=unit,
    )  # fmt: skip


def _sample(
    row: Row, library: Library, sites: pd.DataFrame, structure: pd.DataFrame | None
) -> list[Evidence]:
    """What a positive sample says beyond presence."""
    mine = sites[
        (sites["sample"] == row["sample"]) & (sites["vector"] == row["vector"]) & (sites["status"] == "pass")
    ]
    rows = [_clonality(row, library), _other_copies(row, library, mine)]
    top = _largest_fraction(mine, library)
    for item, given, name in (
        ("clonotype", library.clonotype_fraction, "T-cell-receptor clonotype"),
        ("blasts", library.blast_fraction, "blasts"),
    ):
        rows.append(_concordance(row, library, top, item, given, name))
    if structure is not None:
        rows.append(_integrity(row, library, structure))
    return rows


def _clonality(row: Row, library: Library) -> Evidence:
    numbers, unit = _copies(row)
    clonality = str(row["clonality"] or "INDETERMINATE")
    direction, words = (
        NEUTRAL,
        "Whether the vector lies in the tumour's clone or in other cells of the sample is not settled.",
    )
    if clonality == CLONAL:
        direction, words = (
            FOR,
            "The vector lies in the tumour's clone, not only in other cells of the sample.",
        )
    elif clonality == BYSTANDER:
        direction, words = (
            AGAINST,
            "Most of the tumour's cells carry no vector: it lies in other cells, or in a part of the clone.",
        )
    known = "purity not given" if not library.purity else f"purity {share(library.purity)}"
    return Evidence(
        library.subject, "clone", f"{clonality} ({known})", direction, words, "transgene.tsv", library.sample,
        str(row["vector"]), "", *numbers, unit=unit,
    )  # fmt: skip


def _other_copies(row: Row, library: Library, sites: pd.DataFrame) -> Evidence:
    """How many copies the clone has, and whether the sites found account for them."""
    values = (np.asarray(sites[name], np.float64) for name in ("vaf", "vaf_low", "vaf_high"))
    vcn = tuple(number(row[name]) for name in ("vcn", "vcn_low", "vcn_high"))
    closure = close_copies(Fractions(*values), (vcn[0], vcn[1], vcn[2]))
    sizes = sites[sites["clone"] != ""].groupby("clone").size()
    groups = [f"{n} of them can be in the same cells ({name})" for name, n in sizes.items() if n > 1]
    finding = "; ".join([f"{len(sites)} sites pass" if len(sites) != 1 else "1 site passes", *groups])
    finding += f"; {_CLOSURE[closure.verdict]}"
    words = "Each site of a clone with several copies is evidence of its own; none is singled out here."
    if not len(sites):
        words = "The transgene is there, but where it sits could not be told at this depth."
    elif closure.verdict == MISSING:
        words += " Copies without a site sit where this sample does not show them."
    return Evidence(
        library.subject, "other_copies", finding, NEUTRAL if len(sites) else NOT_TESTED, words, "tumour_sites.tsv.gz",
        library.sample, str(row["vector"]), "", float(len(sites)), unit="sites",
    )  # fmt: skip


def _largest_fraction(sites: pd.DataFrame, library: Library) -> tuple[float, float, float]:
    """The largest site's fraction of all cells, with interval; NaN without any."""
    measured = sites[sites["ccf"].notna()].sort_values("ccf", ascending=False, kind="stable")
    if not len(measured):
        return (float("nan"),) * 3
    first = records(measured.head(1))[0]
    found = (number(first["ccf"]), number(first["ccf_low"]), number(first["ccf_high"]))
    return of_all_cells(found, library.purity) if first["fraction_of"] == TUMOUR_CELLS else found


def _concordance(
    row: Row, library: Library, top: tuple[float, float, float], item: str, given: float | None, name: str
) -> Evidence:
    """The transgene's cells beside another measure of the tumour's cells (rule C2)."""
    compared = compare_fraction(top, given)
    direction, words = (
        NEUTRAL,
        f"The intervals of transgene and {name} overlap, but too widely to speak for one clone.",
    )
    if compared.verdict == NOT_GIVEN:
        direction = NOT_TESTED
        words = (
            f"The sheet gives no fraction of {name}."
            if given is None
            else "No site's fraction to compare with."
        )
    elif compared.verdict == CONCORDANT and compared.ratio[1] >= LEAST_RATIO:
        direction, words = FOR, f"The transgene is in as many cells as the {name}."
    elif compared.verdict == LOWER:
        direction, words = AGAINST, f"The transgene is in fewer cells than the {name}: not in all of them."
    elif compared.verdict == HIGHER:
        words = (
            f"The transgene is in more cells than the {name}: in others, too, or more than one copy per cell."
        )
    shown = "" if given is None else f" ({name} {share(given)} of all cells, largest site {share(top[0])})"
    return Evidence(
        library.subject, item, compared.verdict + shown, direction, words, "samples.tsv", library.sample,
        str(row["vector"]), "", *compared.ratio, unit="" if direction == NOT_TESTED else f"transgene over {name}",
    )  # fmt: skip


def _integrity(row: Row, library: Library, structure: pd.DataFrame) -> Evidence:
    mine = structure[(structure["sample"] == row["sample"]) & (structure["vector"] == row["vector"])]
    parts = [
        f"{one['kind']} {number(one['start']) + 1:,.0f}-{number(one['end']):,.0f}".replace("nan", "?")
        for one in records(mine)
    ]
    words = (
        "A vector that lost its promoter or LTR can act otherwise than a whole one."
        if parts
        else "No loss was seen."
    )
    return Evidence(
        library.subject, "vector_structure", "; ".join(parts) or "none found", NEUTRAL, words, "transgene_structure.tsv",
        library.sample, str(row["vector"]), "",
    )  # fmt: skip


def _past(subject: str, libraries: list[Library], tables: Tables) -> Past:
    """What the subject's amplicon specimens hold."""
    clones = tables.clones
    mine = clones[
        (clones["subject"] == subject) & (clones["status"] == "pass") & (clones["estimator"] != "ccf")
    ]
    amplicon = {library.specimen for library in libraries if library.assay == "amplicon"}
    diversity = tables.diversity
    looked = diversity[(diversity["subject"] == subject) & diversity["specimen"].isin(amplicon)]
    limits = {str(row["specimen"]): row for row in records(looked[looked["evaluable"] != "no"])}
    tracking = tables.tracking[tables.tracking["subject"] == subject]
    grown = tracking[(tracking["status"] == "growing") & tracking["reliable"].fillna(False).astype(bool)]
    return Past(mine, limits, frozenset(str(name) for name in grown["site_id"]))


def _sites(
    subject: str,
    found: list[dict[str, object]],
    sites: pd.DataFrame,
    tumours: list[str],
    libraries: list[Library],
    past: Past,
    genes: Mapping[str, Row],
    calling: Calling,
) -> list[Evidence]:
    """Rows per site: place, fraction in each tumour sample that shows it, history."""
    shown = sites[sites["sample"].isin(tumours) & (sites["status"] == "pass")]
    ordered = shown.sort_values(["ccf", *_SITE, "sample"], ascending=[False, *[True] * 6], kind="stable")
    keys = ordered[_SITE].drop_duplicates()
    elsewhere = sites[sites["sample"].isin([row.sample for row in libraries if is_other_sample(row)])]
    rows = []
    for _, key in keys.head(TOP_SITES).iterrows():
        mine = records(ordered[(ordered[_SITE] == key).all(axis=1)])
        others = records(elsewhere[(elsewhere[_SITE] == key).all(axis=1)].sort_values("sample"))
        site = mine[0]
        annotation = genes.get(str(site["site_id"]))
        rows += [locate(site, annotation, calling), *(measure_site(row, calling) for row in mine)]
        rows.append(recall_site(site, past, others))
    if len(keys) > TOP_SITES:
        words = f"The {TOP_SITES} largest sites have rows here; all are in tumour_sites.tsv.gz."
        more = Evidence(
            subject,
            "further_sites",
            f"{len(keys) - TOP_SITES} further sites",
            NEUTRAL,
            words,
            "tumour_sites.tsv.gz",
        )
        rows.append(replace(more, value=float(len(keys) - TOP_SITES), unit="sites"))
    if found and not len(keys):
        words = (
            "No site was placed in the tumour, so that genes, geometry and history could not be looked at."
        )
        rows.append(Evidence(subject, "site", "no site placed", NOT_TESTED, words, "tumour_sites.tsv.gz"))
    return rows
