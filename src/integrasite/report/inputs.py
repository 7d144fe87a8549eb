"""The tables that the report reads, and their rows for one subject."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from integrasite.config.study import Study
from integrasite.io.tables import empty_table, read_tsv
from integrasite.model.tables import (
    ANNOTATION,
    CLONES,
    COMMON_SITES,
    CONTAMINATION,
    CROSSTALK,
    DIVERSITY,
    EARLY_LATE,
    EXPANDED_CLONES,
    FLAGS,
    LEDGER,
    MULTIHITS,
    OUTLIERS,
    PROXIMITY,
    SAME_COURSE,
    SITES,
    TRACKING,
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
    "common_sites": ("tests/common_sites.tsv", COMMON_SITES),
    "expanded_clones": ("tests/expanded_clone_enrichment.tsv", EXPANDED_CLONES),
    "early_late": ("tests/early_late.tsv", EARLY_LATE),
    "proximity": ("tests/cancer_gene_proximity.tsv", PROXIMITY),
}
OPTIONAL = (
    "tracking",
    "outliers",
    "same_course",
    "common_sites",
    "expanded_clones",
    "early_late",
    "proximity",
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
    common_sites: pd.DataFrame
    expanded_clones: pd.DataFrame
    early_late: pd.DataFrame
    proximity: pd.DataFrame
    absent: frozenset[str] = frozenset()

    def lacks(self, key: str) -> bool:
        """Whether the results hold no file of this table, which is not the same as no rows."""
        return key in self.absent


def read_run_tables(results: Path) -> RunTables:
    """Read the tables of a results folder.

    Raises:
        DataError: if one that is not optional is missing, or any is damaged or lacks a declared column.
    """
    absent = frozenset(key for key in OPTIONAL if not (results / FILES[key][0]).exists())
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
    return RunTables(
        sites=tables.sites[tables.sites["sample"].isin(wanted)],
        clones=clones,
        multihits=tables.multihits[tables.multihits["subject"] == subject],
        ledger=tables.ledger[tables.ledger["sample"].isin(wanted)],
        crosstalk=tables.crosstalk[tables.crosstalk["source"].isin(sources)],
        contamination=tables.contamination[tables.contamination["sample"].isin(wanted)],
        annotation=tables.annotation[tables.annotation["site_id"].isin(set(clones["site_id"]))],
        diversity=tables.diversity[tables.diversity["subject"] == subject],
        flags=tables.flags[tables.flags["subject"] == subject],
        tracking=tables.tracking[tables.tracking["subject"] == subject],
        outliers=tables.outliers[tables.outliers["subject"] == subject],
        same_course=tables.same_course[tables.same_course["subject"] == subject],
        common_sites=tables.common_sites[tables.common_sites["subject"].isin(("", subject))],
        expanded_clones=tables.expanded_clones,
        early_late=tables.early_late,
        proximity=tables.proximity,
        absent=tables.absent,
    )
