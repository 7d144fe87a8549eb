"""Rows of the result tables as small typed facts, joined by their keys. No statistics."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from integrasite.config.study import Study
from integrasite.model.library import Library
from integrasite.report.inputs import CONTROL_ROLES, RunTables, rows_of
from integrasite.report.words import is_missing, number

Row = dict[str, Any]


@dataclass(frozen=True)
class Specimen:
    """One specimen: what the sheet says of it and its row of `diversity.tsv`."""

    subject: str
    name: str
    timepoint: str
    days: int | None
    tissue: str
    cell_type: str
    role: str
    samples: tuple[str, ...]
    diversity: Row = field(default_factory=dict)

    @property
    def evaluable(self) -> str:
        """`yes`, `low_power` or `no`; `no` where the specimen has no row."""
        return str(self.diversity.get("evaluable") or "no")

    @property
    def n_fragments(self) -> int:
        """Fragments found in the specimen."""
        return int(number(self.diversity.get("n_fragments")) or 0)

    @property
    def source(self) -> str:
        """Tissue and cell type as one label."""
        return " ".join(dict.fromkeys(part for part in (self.tissue, self.cell_type) if part))

    @property
    def label(self) -> str:
        """A short name for people: time point and source, or the specimen's own name."""
        return " ".join(part for part in (self.timepoint, self.source) if part) or self.name


@dataclass(frozen=True)
class Clone:
    """One row of `clones.tsv.gz` with the annotation of its site."""

    row: Row
    site: Row

    @property
    def id(self) -> str:
        """What names the clone: its site, or its multihit cluster."""
        return clone_id(self.row)

    @property
    def is_multihit(self) -> bool:
        """Whether the site fits several places equally."""
        return bool(self.row["placement"] == "multihit")

    @property
    def gene(self) -> str:
        """Gene name, with `near` where the site lies outside it; `no gene` where none is annotated."""
        return gene_label(self.site)

    @property
    def label(self) -> str:
        """Gene and site; a multihit cluster is named as such."""
        if self.is_multihit:
            return f"multihit {self.id} (best place {self.gene} {self.row['site_id']})"
        return f"{self.gene} {self.row['site_id']}"


def clone_id(row: Row) -> str:
    """The id of a clone: `cluster` for a multihit (best places may differ by specimen), else `site_id`."""
    return str(row["cluster"] if row["placement"] == "multihit" and row["cluster"] else row["site_id"])


def clone_ids(rows: pd.DataFrame) -> pd.Series:
    """`clone_id` of every row of `clones`."""
    has_cluster = (rows["placement"] == "multihit") & (rows["cluster"] != "")
    return rows["cluster"].where(has_cluster, rows["site_id"])


def gene_label(site: Row) -> str:
    """`LMO2`, `near LMO2`, or `no gene` (gene columns may name several, joined by commas)."""
    gene = str(site.get("gene") or "")
    if not gene:
        return "no gene"
    inside = site.get("in_gene")
    return gene if not is_missing(inside) and bool(inside) else f"near {gene}"


def records(frame: pd.DataFrame) -> list[Row]:
    """Rows as dictionaries."""
    columns = [frame[name].tolist() for name in frame.columns]
    return [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def site_facts(tables: RunTables, site_ids: Iterable[str]) -> dict[str, Row]:
    """Annotation rows of the given sites; of sites that only earlier runs have, theirs."""
    return {row["site_id"]: row for table in tables.annotated(site_ids) for row in records(table)}


def clones_of(tables: RunTables, rows: pd.DataFrame) -> list[Clone]:
    """Rows of `clones`, in their order, with the annotation of their sites."""
    sites = site_facts(tables, rows["site_id"])
    return [Clone(row, sites.get(row["site_id"], {})) for row in records(rows)]


def passing(tables: RunTables, specimens: Iterable[Specimen]) -> pd.DataFrame:
    """Clones that passed, of the given specimens; of earlier runs, too, where such specimens are given."""
    wanted = {(specimen.subject, specimen.name) for specimen in specimens}
    clones = tables.clones
    if len(tables.earlier_clones):
        clones = pd.concat([clones, tables.earlier_clones], ignore_index=True)
    # a fraction of cells (tumour samples) cannot stand beside fractions of vector-marked copies
    is_marked = clones["fraction"].notna() & (clones["estimator"] != "ccf")
    passed = clones[(clones["status"] == "pass") & is_marked]
    return passed[rows_of(passed, wanted)]


def largest(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows by falling fraction (ties by key, so that the order repeats)."""
    order = ["fraction", "subject", "specimen", "site_id", "vector"]
    return rows.sort_values(order, ascending=[False, True, True, True, True], kind="stable")


def top_rows(rows: pd.DataFrame, limit: int) -> pd.DataFrame:
    """The head of `largest`, without sorting the many small ones."""
    if len(rows) > limit:
        rows = rows[~(rows["fraction"] < rows["fraction"].nlargest(limit).min())]
    return largest(rows).head(limit)


def distinct(rows: pd.DataFrame) -> pd.DataFrame:
    """Each clone of a subject once, by its largest row, largest first."""
    chosen = largest(rows.assign(_id=clone_ids(rows))).drop_duplicates(["subject", "_id"])
    return chosen.drop(columns="_id")


def top_distinct(rows: pd.DataFrame, limit: int) -> pd.DataFrame:
    """The head of `distinct`, without sorting the many small clones; rows without a fraction are left out."""
    best = rows["fraction"].groupby([rows["subject"], clone_ids(rows)], sort=False).max().nlargest(limit)
    return distinct(rows[rows["fraction"] >= best.min()]).head(limit)


def _specimen(libraries: list[Library], diversity: Row) -> Specimen:
    first = libraries[0]
    return Specimen(
        first.subject,
        first.specimen,
        first.timepoint,
        first.days,
        first.tissue,
        first.cell_type,
        first.role,
        tuple(row.sample for row in libraries),
        diversity,
    )


def earlier_specimens(tables: RunTables) -> list[Specimen]:
    """Specimens of earlier runs, from the cohort store."""
    return [_from_table(tables.earlier_clones, row) for row in records(tables.earlier_diversity)]


def _from_table(clones: pd.DataFrame, row: Row) -> Specimen:
    mine = records(
        clones[(clones["subject"] == row["subject"]) & (clones["specimen"] == row["specimen"])].head(1)
    )
    known = mine[0] if mine else {}
    days = number(row.get("days"))
    texts = [str(known.get(key) or "") for key in ("timepoint", "tissue", "cell_type")]
    return Specimen(
        row["subject"],
        row["specimen"],
        texts[0],
        None if days is None else int(days),
        texts[1],
        texts[2],
        "patient",
        (),
        row,
    )


def specimens_of(study: Study, tables: RunTables, subject: str | None = None) -> list[Specimen]:
    """Specimens that can have an answer (no controls): subjects in sheet order, then days, then name."""
    found = {(row["subject"], row["specimen"]): row for row in records(tables.diversity)}
    groups: dict[tuple[str, str], list[Library]] = {}
    for library in study.amplicon_libraries:
        groups.setdefault((library.subject, library.specimen), []).append(library)
    specimens = [_specimen(rows, found.get(key, {})) for key, rows in groups.items()]
    specimens += [_from_table(tables.clones, row) for key, row in found.items() if key not in groups]
    rank = {
        name: place for place, name in enumerate(dict.fromkeys(specimen.subject for specimen in specimens))
    }
    wanted = [one for one in specimens if one.role not in CONTROL_ROLES and subject in (None, one.subject)]
    return sorted(wanted, key=lambda one: (rank[one.subject], -1 if one.days is None else one.days, one.name))


def controls_of(study: Study) -> list[Library]:
    """Rows of the sheet that should hold no site."""
    return [library for library in study.amplicon_libraries if library.role in CONTROL_ROLES]
