"""The published JSON schemas are those of the models."""

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from integrasite.config.schema import schema_yaml

SCHEMAS = Path(__file__).parents[2] / "workflow/schemas"


@pytest.mark.parametrize("what", ["config", "samples"])
def test_the_stored_schema_is_the_models(what):
    stored = (SCHEMAS / f"{what}.schema.yaml").read_text()
    assert stored == schema_yaml(what), (
        f"run: integrasite schema {what} > workflow/schemas/{what}.schema.yaml"
    )


@pytest.mark.parametrize(
    ("change", "legal"),
    [
        ({}, True),
        ({"run": {"date": "2026-01-31"}}, True),
        ({"run": {"date": yaml.safe_load("2026-01-31")}}, True),  # YAML readers make a date of it
        ({"runs": {}}, False),
        ({"vectors": {}}, False),
        ({"calling": {"barcode_mismatches": 9}}, False),
    ],
)
def test_the_schema_accepts_what_the_models_accept(change, legal):
    config = {
        "samples": "s.tsv",
        "reference": {"genome": "g.fa", "annotation": "a.gtf"},
        "vectors": {"v": {"sequence": "v.fa"}},
    }
    validator = Draft202012Validator(yaml.safe_load(schema_yaml("config")))
    assert validator.is_valid(config | change) == legal
