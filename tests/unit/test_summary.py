"""`summary.json` against its published schema."""

import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest
from report_toy import EVIL, PROVENANCE, empty_tables, toy_study, toy_view
from test_report_page import with_evil_names
from tumour_toy import hostile_view, tumour_study, tumour_view

from integrasite.cli.main import main
from integrasite.report.summary import plain, summarise
from integrasite.report.summary_schema import summary_schema, summary_schema_text
from integrasite.report.view import View, make_view

STORED = Path(__file__).resolve().parents[2] / "workflow" / "schemas" / "summary.schema.json"
VIEWS = {
    "amplicons": toy_view,
    "one subject": lambda: toy_view("P1"),
    "tumours": tumour_view,
    "no rows": lambda: make_view(toy_study(), empty_tables(), PROVENANCE),
    "tumours, no rows": lambda: make_view(tumour_study(), empty_tables(), PROVENANCE),
    "hostile names": with_evil_names,
    "hostile tumour names": hostile_view,
}


def closed(schema: Any) -> Any:
    """The schema without room for keys that it does not declare."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return {"additionalProperties": False, **inner} if "properties" in schema else inner


def test_the_stored_schema_is_what_the_program_prints(capsys: pytest.CaptureFixture[str]):
    assert main(["schema", "summary"]) == 0
    printed = capsys.readouterr().out
    assert printed == summary_schema_text() == STORED.read_text(encoding="utf-8"), (
        "run: integrasite schema summary > workflow/schemas/summary.schema.json"
    )


def test_the_schema_is_a_schema():
    schema = json.loads(STORED.read_text(encoding="utf-8"))
    assert schema["$schema"].endswith("2020-12/schema")
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", VIEWS)
def test_every_summary_fits_the_schema_and_has_no_key_beyond_it(name: str):
    summary = json.loads(summarise(VIEWS[name]()))
    validator = jsonschema.Draft202012Validator(
        closed(summary_schema()), format_checker=jsonschema.FormatChecker()
    )
    assert [error.message for error in validator.iter_errors(summary)] == []


def test_texts_come_back_as_they_were_written():
    summary = json.loads(summarise(with_evil_names()))
    assert EVIL in {one["subject"] for one in summary["specimens"]}


@pytest.mark.parametrize(
    "change",
    [
        lambda summary: summary.pop("flags"),
        lambda summary: summary.update(schema="integrasite-summary/2"),
        lambda summary: summary["specimens"][0].update(evaluable="maybe"),
        lambda summary: summary["specimens"][0]["largest_clone"].pop("fraction_low"),
        lambda summary: summary["flags"][0].update(tier="high"),
        lambda summary: summary["tumour"]["verdicts"][0].update(verdict="YES"),
        lambda summary: summary["counts"].update(read_pairs=-1),
        lambda summary: summary["answers"]["growth"].pop("state"),
    ],
)
def test_the_schema_finds_what_is_wrong(change: Any):
    summary = json.loads(summarise(tumour_view()))
    jsonschema.validate(summary, summary_schema())
    change(summary)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(summary, summary_schema())


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (np.float64("nan"), None), (math.inf, None), (-np.inf, None), (pd.NA, None), (None, None), ("", None),
        (np.int64(3), 3), (np.bool_(True), True), (0.5, 0.5), ("a", "a"),
    ],
)  # fmt: skip
def test_cells_as_json(cell: Any, expected: Any):
    found = plain(cell)
    assert found == expected and type(found) is type(expected)


def test_equal_tables_give_equal_bytes():
    view: View = toy_view()
    assert summarise(view) == summarise(toy_view())
