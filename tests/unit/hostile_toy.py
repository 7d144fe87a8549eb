"""The toy study with tumour samples, in which every text of a user's sheet or config is an attack."""

from dataclasses import replace
from typing import Any

import pandas as pd
from report_toy import PROVENANCE
from tumour_toy import VECTOR, _toy_tables

from integrasite.config.settings import GeneList
from integrasite.config.study import Study
from integrasite.model.library import Library
from integrasite.report.inputs import FILES, RunTables
from integrasite.report.view import View, make_view

ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'><svg onload=alert(3)>",
    "=cmd()",
    "{{7*7}}",
    "{% raw %}",
    "</title></svg><iframe src=//example.org>",
    "javascript:alert(4)",
    "../../evil",
)
KEYS = ("P1", "P1_M12_PB", "P1_D30_PB_r1", "pCCL", VECTOR, "PB", "T cells", "LMO2", "T1", "lymph node", "M12")
"""Texts of the toy study that are replaced: subject, specimen, sample, vectors, tissue, cell type, gene, time point."""


def renamed(attack: str) -> dict[str, str]:
    """Each of `KEYS` under the attack's name; different names stay different."""
    return {key: attack if key == "P1" else f"{attack} {place}" for place, key in enumerate(KEYS)}


def _library(row: Library, names: dict[str, str]) -> Library:
    fields = ("sample", "subject", "specimen", "tissue", "cell_type", "timepoint")
    texts = {key: names.get(getattr(row, key), getattr(row, key)) for key in fields}
    return replace(row, **texts, vectors=tuple(names.get(name, name) for name in row.vectors))


def _study(study: Study, attack: str, names: dict[str, str]) -> Study:
    config = study.config
    changes: dict[str, Any] = {
        "run": config.run.model_copy(update={"id": attack}),
        "reference": config.reference.model_copy(update={"name": attack}),
        "vectors": {names.get(name, name): vector for name, vector in config.vectors.items()},
        "protocols": {attack: next(iter(config.protocols.values()))},
        "gene_lists": [GeneList(name=attack, path="list.tsv")],
    }
    libraries = tuple(_library(row, names) for row in study.libraries)
    return replace(study, config=config.model_copy(update=changes), libraries=libraries)


def _table(frame: pd.DataFrame, attack: str, names: dict[str, str]) -> pd.DataFrame:
    changed = frame.replace(names)
    for column in ("lists", "gene_list"):
        if column in changed and len(changed):
            changed[column] = attack
    return changed


def hostile_view(attack: str, subject: str | None = None) -> View:
    """A page of the renamed study; `subject` is a name of the toy study."""
    study, tables = _toy_tables()
    names = renamed(attack)
    changed = {key: _table(getattr(tables, key), attack, names) for key in FILES}
    wanted = None if subject is None else names.get(subject, subject)
    return make_view(_study(study, attack, names), RunTables(**changed), PROVENANCE, wanted)
