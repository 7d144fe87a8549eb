"""The JSON schema of `summary.json`, made from the declared tables so that both agree."""

import json
from collections.abc import Iterable
from typing import Any

from integrasite.model.fates import FATES
from integrasite.model.tables import (
    ATTRIBUTION,
    CLONES,
    DIVERSITY,
    FLAGS,
    TRANSGENE,
    TRANSGENE_STRUCTURE,
    TUMOUR_SITES,
    Table,
)
from integrasite.report.blocks import State

SCHEMA = "integrasite-summary/1"
"""Name of the schema, in every summary; the number goes up when a key is renamed, removed or given another meaning."""
DIVERSITY_KEYS = (
    "n_sites",
    "cells",
    "shannon",
    "simpson",
    "gini",
    "uc50",
    "chao1",
    "coverage",
    "lod95",
    "loq",
)
"""Numbers of a specimen that are taken over from `diversity.tsv`."""
SIZE_KEYS = (
    "n_fragments",
    "cells",
    "cells_low",
    "cells_high",
    "fraction",
    "fraction_low",
    "fraction_high",
    "p_ge_10",
    "p_ge_20",
    "p_ge_30",
    "estimator",
    "saturated",
)
"""Numbers of a specimen's largest clone that are taken over from `clones.tsv.gz`."""

Schema = dict[str, Any]
_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_TEXT: Schema = {"type": "string"}
_VERDICTS = ("POSITIVE", "INDETERMINATE", "NEGATIVE", "NOT_EVALUABLE")


def _object(properties: Schema, about: str) -> Schema:
    """An object that has all these keys; later versions may add others."""
    return {
        "type": "object",
        "description": about,
        "properties": properties,
        "required": sorted(properties),
    }


def _list(items: Schema, about: str) -> Schema:
    return {"type": "array", "description": about, "items": items}


def _cells(table: Table, names: Iterable[str]) -> Schema:
    """Columns of a table; a missing cell is null."""
    return {name: {"type": [_TYPES[table.columns[name]], "null"]} for name in names}


def _row(table: Table, **more: Schema) -> Schema:
    about = f"A row of {table.name}, columns as docs/output.md explains them; a missing cell is null."
    return _object(_cells(table, table.columns) | more, about)


def _run() -> Schema:
    checksum = "SHA-256 (64 hexadecimal digits), or words where the results were made from tables alone."
    return _object(
        {
            "id": _TEXT | {"description": "Name of the run in the config."},
            "date": _TEXT | {"format": "date", "description": "Date in the config, never the clock's."},
            "genome": _TEXT | {"description": "Name of the genome in the config."},
            "vectors": _list(_TEXT, "Names of the config's vectors, sorted."),
            "version": _TEXT | {"description": "Version of integrasite."},
            "sheet_sha256": _TEXT | {"description": f"Checksum of the sample sheet: {checksum}"},
            "config_sha256": _TEXT | {"description": f"Checksum of the config: {checksum}"},
        },
        "What was run.",
    )


def _answer() -> Schema:
    return _object(
        {
            "question": _TEXT,
            "state": {"enum": [state.value for state in State], "description": "The answer in one word."},
            "answer": _TEXT | {"description": "The answer in words, with its uncertainty."},
        },
        "One question of the report.",
    )


def _clone() -> Schema:
    about = "The specimen's largest passing clone; null where it has none."
    names = {
        "site_id": _TEXT,
        "placement": {"enum": ["unique", "multihit"]},
        "gene": _TEXT | {"description": "LMO2, near LMO2, or no gene."},
    }
    clone = _object(_cells(CLONES, SIZE_KEYS) | names, about)
    return clone | {"type": ["object", "null"]}


def _specimen() -> Schema:
    reached = {
        f"n_ge_{level}": _COUNT | {"description": f"Clones of at least {level} % with a probability of 0.95."}
        for level in (10, 20, 30)
    }
    return _object(
        {
            **{name: _TEXT for name in ("subject", "specimen", "timepoint", "tissue", "cell_type", "role")},
            "days": {"type": ["integer", "null"], "description": "Days since infusion."},
            "samples": _list(_TEXT, "Libraries of the specimen."),
            "evaluable": {"enum": ["yes", "low_power", "no"]},
            "n_fragments": _COUNT,
            "largest_clone": _clone(),
            **_cells(DIVERSITY, DIVERSITY_KEYS),
            **reached,
        },
        "One specimen, with its row of diversity.tsv.",
    )


def _flag() -> Schema:
    return _row(
        FLAGS,
        gene=_TEXT | {"description": "Gene of the site; no gene where there is none."},
        suggested={"type": ["string", "null"], "description": "Wording of the tier; null where no site is meant."},
        unverified={"type": "boolean", "description": "The rule's source was recalled, not read."},
    )  # fmt: skip


def _tumour() -> Schema:
    verdict = _row(TRANSGENE)
    verdict["properties"]["verdict"] = {"enum": list(_VERDICTS)}
    about = "Tumour samples; every list is empty where there is none."
    return _object(
        {
            "verdicts": _list(verdict, "Is the vector there: transgene.tsv."),
            "sites": _list(_row(TUMOUR_SITES), "Passing rows of tumour_sites.tsv.gz."),
            "structure": _list(_row(TRANSGENE_STRUCTURE), "What of the vector is changed."),
            "attribution": _list(_row(ATTRIBUTION), "Evidence side by side; nothing is added up."),
        },
        about,
    )


def _counts() -> Schema:
    fates = {fate.word: _COUNT for fate in FATES}
    by_fate = {
        "type": "object",
        "description": "Read pairs of all libraries by fate (docs/output.md); a fate that none has is left out.",
        "properties": fates,
        "additionalProperties": _COUNT,
    }
    names = "subjects specimens libraries sites clones clones_not_passed flags multihit_clusters read_pairs"
    evaluable = {state: _COUNT for state in ("yes", "low_power", "no")}
    return _object(
        {
            **{name: _COUNT for name in names.split()},
            "evaluable": _object(evaluable, "Specimens by what they can say."),
            "read_pairs_by_fate": by_fate,
        },
        "Totals of the run.",
    )


def summary_schema() -> Schema:
    """The schema (JSON Schema, draft 2020-12) that every `summary.json` fits."""
    content = _object(
        {
            "schema": {"const": SCHEMA},
            "run": _run(),
            "answers": {
                "type": "object",
                "description": "The report's questions by the id of their section.",
                "additionalProperties": _answer(),
                "minProperties": 1,
            },
            "specimens": _list(_specimen(), "Specimens of amplicon libraries, controls left out."),
            "flags": _list(_flag(), "Findings that rules raised."),
            "tumour": _tumour(),
            "counts": _counts(),
        },
        "The answers of a run of integrasite for machines. Fractions go from 0 to 1, null is missing. Research use only.",
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:integrasite:summary:1",
        "title": "summary.json of integrasite",
        **content,
    }


def summary_schema_text() -> str:
    """The schema as JSON text, the same bytes every time."""
    return json.dumps(summary_schema(), indent=2, ensure_ascii=False) + "\n"
