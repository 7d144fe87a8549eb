"""The tables that the report reads, and their rows for one subject."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from integrasite.config.study import Study
from integrasite.io.tables import read_tsv
from integrasite.model.tables import (
    ANNOTATION,
    CLONES,
    CONTAMINATION,
    CROSSTALK,
    DIVERSITY,
    FLAGS,
    LEDGER,
    MULTIHITS,
    SITES,
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
}
CONTROL_ROLES = ("ntc", "untransduced")
"""Roles that should hold no site; their specimens are shown as controls, never as patients' results."""


@dataclass(frozen=True)
class RunTables:
    """The result tables of a run (columns: `model.tables`)."""

    sites: pd.DataFrame
    clones: pd.DataFrame
    multihits: pd.DataFrame
    ledger: pd.DataFrame
    crosstalk: pd.DataFrame
    contamination: pd.DataFrame
    annotation: pd.DataFrame
    diversity: pd.DataFrame
    flags: pd.DataFrame


def read_run_tables(results: Path) -> RunTables:
    """Read the tables of a results folder.

    Raises:
        DataError: if one is missing, damaged or lacks a declared column.
    """
    return RunTables(**{key: read_tsv(results / name, table) for key, (name, table) in FILES.items()})


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
    """The rows of one subject, with the ledger and sites of the run's controls kept beside them."""
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
    )
