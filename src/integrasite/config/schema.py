"""The JSON schemas of config and sheet, made from the models that check them."""

from typing import Any, Literal

import yaml
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from integrasite.config.row import SheetRow
from integrasite.config.settings import Config

_MODELS: dict[str, tuple[type[BaseModel], str]] = {
    "config": (Config, "config.yaml of integrasite"),
    "samples": (SheetRow, "one row of samples.tsv of integrasite (cells that are not blank)"),
}


class _Generator(GenerateJsonSchema):
    """YAML readers may turn a date into an object of their own, so a date has a format but no type here."""

    def date_schema(self, schema: core_schema.DateSchema) -> dict[str, Any]:
        return {"format": "date"}


def schema_yaml(what: Literal["config", "samples"]) -> str:
    """One schema as YAML text, the same bytes every time."""
    model, title = _MODELS[what]
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(schema_generator=_Generator),
        "title": title,
    }
    head = f"# Made by `integrasite schema {what}`; change the models in integrasite.config, not this file.\n"
    return head + yaml.safe_dump(schema, sort_keys=False, allow_unicode=True, width=110)
