"""The tables that the report reads, and their rows for one subject."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from integrasite.config.study import Study
from integrasite.io.tables import empty_table, read_tsv
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
    """The result tables of a run (columns: `model.tables`); `absent` names the optional ones without a file."""

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
    return RunTables(**frames, absent=absent)


def _of_controls(frame: pd.DataFrame, study: Study) -> "pd.Series[bool]":
    keys = {(row.subject, row.specimen) for row in study.libraries if row.role in CONTROL_ROLES}
    pairs = zip(frame["subject"], frame["specimen"], strict=True)
    return pd.Series([pair in keys for pair in pairs], index=frame.index, dtype=bool)


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
    clones = tables.clones[tables.clones["subject"] == subject]
    tumour_sites = tables.tumour_sites[tables.tumour_sites["subject"] == subject]
    return RunTables(
        sites=tables.sites[tables.sites["sample"].isin(wanted)],
        clones=clones,
        multihits=tables.multihits[tables.multihits["subject"] == subject],
        ledger=tables.ledger[tables.ledger["sample"].isin(wanted)],
        crosstalk=tables.crosstalk[tables.crosstalk["source"].isin(sources)],
        contamination=tables.contamination[tables.contamination["sample"].isin(wanted)],
        annotation=tables.annotation[
            tables.annotation["site_id"].isin({*clones["site_id"], *tumour_sites["site_id"]})
        ],
        diversity=tables.diversity[tables.diversity["subject"] == subject],
        flags=tables.flags[tables.flags["subject"] == subject],
        tracking=tables.tracking[tables.tracking["subject"] == subject],
        outliers=tables.outliers[tables.outliers["subject"] == subject],
        same_course=tables.same_course[tables.same_course["subject"] == subject],
        population=tables.population[tables.population["subject"] == subject],
        overlap=tables.overlap[tables.overlap["subject"] == subject],
        at_coverage=tables.at_coverage[tables.at_coverage["subject"] == subject],
        common_sites=tables.common_sites[tables.common_sites["subject"].isin(("", subject))],
        expanded_clones=tables.expanded_clones,
        early_late=tables.early_late,
        proximity=tables.proximity,
        not_tested=tables.not_tested,
        transgene=tables.transgene[tables.transgene["sample"].isin(wanted)],
        transgene_coverage=tables.transgene_coverage[tables.transgene_coverage["sample"].isin(wanted)],
        transgene_structure=tables.transgene_structure[tables.transgene_structure["sample"].isin(wanted)],
        tumour_sites=tumour_sites,
        attribution=tables.attribution[tables.attribution["subject"] == subject],
        vector_elements=tables.vector_elements,
        vector_host_like=tables.vector_host_like,
        earlier_clones=tables.earlier_clones[tables.earlier_clones["subject"] == subject],
        earlier_diversity=tables.earlier_diversity[tables.earlier_diversity["subject"] == subject],
        earlier_annotation=tables.earlier_annotation,
        earlier_runs=tables.earlier_runs,
        absent=tables.absent,
    )
