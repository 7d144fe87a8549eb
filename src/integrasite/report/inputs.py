"""The tables that the report reads, and their rows for one subject."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from integrasite.align.reference import load_reference
from integrasite.config.study import Study
from integrasite.io.tables import empty_table, read_tsv
from integrasite.io.text import read_text
from integrasite.model.tables import (
    ANNOTATION,
    ATTRIBUTION,
    CLONES,
    COMMON_SITES,
    CONTAMINATION,
    CROSSTALK,
    DIVERSITY,
    DIVERSITY_AT_COVERAGE,
    EARLIER_RUNS,
    EARLY_LATE,
    EXPANDED_CLONES,
    FLAGS,
    LEDGER,
    MULTIHITS,
    NOT_TESTED,
    OUTLIERS,
    OVERLAP,
    POPULATION,
    PROXIMITY,
    SAME_COURSE,
    SITES,
    TRACKING,
    TRANSGENE,
    TRANSGENE_COVERAGE,
    TRANSGENE_STRUCTURE,
    TUMOUR_SITES,
    VECTOR_ELEMENTS,
    VECTOR_HOST_LIKE,
)

FILES = {
    "sites": ("sites.tsv.gz", SITES),
    "clones": ("clones.tsv.gz", CLONES),
    "multihits": ("multihits.tsv.gz", MULTIHITS),
    "ledger": ("ledger.tsv", LEDGER),
    "crosstalk": ("crosstalk.tsv", CROSSTALK),
    "contamination": ("contamination.tsv", CONTAMINATION),
    "annotation": ("annotation.tsv.gz", ANNOTATION),
    "diversity": ("diversity.tsv", DIVERSITY),
    "flags": ("flags.tsv", FLAGS),
    "tracking": ("tracking.tsv", TRACKING),
    "outliers": ("outliers.tsv", OUTLIERS),
    "same_course": ("same_course.tsv", SAME_COURSE),
    "population": ("population.tsv", POPULATION),
    "overlap": ("overlap.tsv", OVERLAP),
    "at_coverage": ("diversity_at_coverage.tsv", DIVERSITY_AT_COVERAGE),
    "common_sites": ("tests/common_sites.tsv", COMMON_SITES),
    "expanded_clones": ("tests/expanded_clone_enrichment.tsv", EXPANDED_CLONES),
    "early_late": ("tests/early_late.tsv", EARLY_LATE),
    "proximity": ("tests/cancer_gene_proximity.tsv", PROXIMITY),
    "not_tested": ("tests/not_tested.tsv", NOT_TESTED),
    "transgene": ("transgene.tsv", TRANSGENE),
    "transgene_coverage": ("transgene_coverage.tsv", TRANSGENE_COVERAGE),
    "transgene_structure": ("transgene_structure.tsv", TRANSGENE_STRUCTURE),
    "tumour_sites": ("tumour_sites.tsv.gz", TUMOUR_SITES),
    "attribution": ("attribution.tsv", ATTRIBUTION),
    "vector_elements": ("tumour/vectors/elements.tsv", VECTOR_ELEMENTS),
    "vector_host_like": ("tumour/vectors/host_like.tsv", VECTOR_HOST_LIKE),
    "earlier_clones": ("earlier/clones.tsv.gz", CLONES),
    "earlier_diversity": ("earlier/diversity.tsv", DIVERSITY),
    "earlier_annotation": ("earlier/annotation.tsv.gz", ANNOTATION),
    "earlier_runs": ("earlier/runs.tsv", EARLIER_RUNS),
}
OPTIONAL = (
    "tracking",
    "outliers",
    "same_course",
    "population",
    "overlap",
    "at_coverage",
    "common_sites",
    "expanded_clones",
    "early_late",
    "proximity",
    "not_tested",
    "transgene",
    "transgene_coverage",
    "transgene_structure",
    "tumour_sites",
    "attribution",
    "vector_elements",
    "vector_host_like",
    "earlier_clones",
    "earlier_diversity",
    "earlier_annotation",
    "earlier_runs",
)
"""Tables that results of earlier versions, or made from tables alone, may lack; the page then says "not tested"."""
CONTROL_ROLES = ("ntc", "untransduced")
"""Roles that should hold no site; their specimens are shown as controls, never as patients' results."""


@dataclass(frozen=True)
class RunTables:
    """The result tables of a run (columns: `model.tables`); `absent` names the optional ones without a file.

    `contigs` holds the lengths (bp) of the genome's contigs in the reference's order; empty where not known.
    """

    sites: pd.DataFrame
    clones: pd.DataFrame
    multihits: pd.DataFrame
    ledger: pd.DataFrame
    crosstalk: pd.DataFrame
    contamination: pd.DataFrame
    annotation: pd.DataFrame
    diversity: pd.DataFrame
    flags: pd.DataFrame
    tracking: pd.DataFrame
    outliers: pd.DataFrame
    same_course: pd.DataFrame
    population: pd.DataFrame
    overlap: pd.DataFrame
    at_coverage: pd.DataFrame
    common_sites: pd.DataFrame
    expanded_clones: pd.DataFrame
    early_late: pd.DataFrame
    proximity: pd.DataFrame
    not_tested: pd.DataFrame
    transgene: pd.DataFrame
    transgene_coverage: pd.DataFrame
    transgene_structure: pd.DataFrame
    tumour_sites: pd.DataFrame
    attribution: pd.DataFrame
    vector_elements: pd.DataFrame
    vector_host_like: pd.DataFrame
    earlier_clones: pd.DataFrame
    earlier_diversity: pd.DataFrame
    earlier_annotation: pd.DataFrame
    earlier_runs: pd.DataFrame
    absent: frozenset[str] = frozenset()
    contigs: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def _groups(self) -> dict[tuple[str, str], Mapping[str, np.ndarray]]:
        return {}

    @cached_property
    def site_index(self) -> tuple[pd.Index, pd.Index]:
        """Site ids of the annotation of earlier runs and of this one, for lookups."""
        return pd.Index(self.earlier_annotation["site_id"]), pd.Index(self.annotation["site_id"])

    def rows_with(self, key: str, column: str, values: Iterable[str]) -> pd.DataFrame:
        """Rows of a table whose column holds one of the values, in their order; each table is searched only once."""
        frame: pd.DataFrame = getattr(self, key)
        if (key, column) not in self._groups:
            found_by_value = frame.groupby(column, sort=False).indices
            self._groups[key, column] = {
                str(value): np.asarray(rows) for value, rows in found_by_value.items()
            }
        groups = self._groups[key, column]
        found = [groups[value] for value in set(values) if value in groups]
        return frame.iloc[np.sort(np.concatenate(found)) if found else slice(0)]

    def annotated(self, site_ids: Iterable[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Annotation of the given sites, of earlier runs and of this one."""
        wanted = pd.Index(sorted(set(site_ids)), dtype=object)
        frames = (self.earlier_annotation, self.annotation)
        places = [index.get_indexer_for(wanted) for index in self.site_index]
        first, second = (
            frame.iloc[np.sort(one[one >= 0])] for frame, one in zip(frames, places, strict=True)
        )
        return first, second

    def lacks(self, key: str) -> bool:
        """Whether the results hold no file of this table, which is not the same as no rows."""
        return key in self.absent


def read_run_tables(results: Path, *, with_earlier: bool = False) -> RunTables:
    """Read the tables of a results folder; those of earlier runs only where the config asks for them.

    Raises:
        DataError: if one that is not optional is missing, or any is damaged or lacks a declared column.
    """
    absent = frozenset(
        key
        for key in OPTIONAL
        if not (results / FILES[key][0]).exists() or (key.startswith("earlier_") and not with_earlier)
    )
    frames = {
        key: empty_table(table) if key in absent else read_tsv(results / name, table)
        for key, (name, table) in FILES.items()
    }
    return RunTables(**frames, absent=absent, contigs=_contig_lengths(results))


def _contig_lengths(results: Path) -> dict[str, int]:
    """Contig lengths of the indexed reference; none where the results were made from tables alone."""
    pointer = results / "reference" / "reference.json"
    if not pointer.exists():
        return {}
    place = pointer.parent / json.loads(read_text(pointer, "reference description"))["reference"]
    return load_reference(place).contigs if place.exists() else {}


def _of_controls(frame: pd.DataFrame, study: Study) -> "pd.Series[bool]":
    keys = {(row.subject, row.specimen) for row in study.libraries if row.role in CONTROL_ROLES}
    return rows_of(frame, keys)


def rows_of(frame: pd.DataFrame, keys: Collection[tuple[str, str]]) -> "pd.Series[bool]":
    """Which rows are of the given pairs of subject and specimen."""
    columns = ["subject", "specimen"]
    groups = frame.groupby(columns, sort=False, dropna=False).ngroup().to_numpy()
    pairs = frame[columns].drop_duplicates()
    wanted = [pair in keys for pair in zip(pairs["subject"], pairs["specimen"], strict=True)]
    return pd.Series(np.array(wanted, dtype=bool)[groups], index=frame.index, dtype=bool)


def without_controls(tables: RunTables, study: Study) -> RunTables:
    """Leave out clones, diversity and flagged clones of controls, lest they count as a subject's results.

    Their reads and sites stay, and so do flags about a control as a whole.
    """
    flags = tables.flags
    return replace(
        tables,
        clones=tables.clones[~_of_controls(tables.clones, study)],
        diversity=tables.diversity[~_of_controls(tables.diversity, study)],
        flags=flags[~(_of_controls(flags, study) & (flags["site_id"] != ""))],
    )


def of_subject(tables: RunTables, study: Study, subject: str) -> RunTables:
    """The rows of one subject, with the ledger and sites of the run's controls kept beside them.

    Tests of genes pool the subjects of the run and stay, but for comparisons of one other subject.
    """
    wanted = {row.sample for row in study.libraries if row.subject == subject or row.role in CONTROL_ROLES}
    sources = {
        source.name for source in study.sources if any(row.subject == subject for row in source.libraries)
    }

    def own(key: str) -> pd.DataFrame:
        return tables.rows_with(key, "subject", [subject])

    def sampled(key: str) -> pd.DataFrame:
        return tables.rows_with(key, "sample", wanted)

    clones, tumour_sites = own("clones"), own("tumour_sites")
    return RunTables(
        sites=sampled("sites"),
        clones=clones,
        multihits=own("multihits"),
        ledger=sampled("ledger"),
        crosstalk=tables.crosstalk[tables.crosstalk["source"].isin(sources)],
        contamination=sampled("contamination"),
        annotation=tables.annotated({*clones["site_id"], *tumour_sites["site_id"]})[1],
        diversity=own("diversity"),
        flags=own("flags"),
        tracking=own("tracking"),
        outliers=own("outliers"),
        same_course=own("same_course"),
        population=own("population"),
        overlap=own("overlap"),
        at_coverage=own("at_coverage"),
        common_sites=tables.common_sites[tables.common_sites["subject"].isin(("", subject))],
        expanded_clones=tables.expanded_clones,
        early_late=tables.early_late,
        proximity=tables.proximity,
        not_tested=tables.not_tested,
        transgene=sampled("transgene"),
        transgene_coverage=sampled("transgene_coverage"),
        transgene_structure=sampled("transgene_structure"),
        tumour_sites=tumour_sites,
        attribution=own("attribution"),
        vector_elements=tables.vector_elements,
        vector_host_like=tables.vector_host_like,
        earlier_clones=own("earlier_clones"),
        earlier_diversity=own("earlier_diversity"),
        earlier_annotation=tables.earlier_annotation,
        earlier_runs=tables.earlier_runs,
        absent=tables.absent,
        contigs=tables.contigs,
    )
