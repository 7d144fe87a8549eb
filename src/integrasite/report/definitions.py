"""The words of the report, from `texts.yaml`."""

from pathlib import Path
from typing import Any

import yaml

from integrasite.io.text import read_text

FOLDER = Path(__file__).parent
_TEXTS: dict[str, Any] = yaml.safe_load(read_text(FOLDER / "texts.yaml", "the report's texts"))

DEFINITIONS: dict[str, tuple[str, str]] = {
    key: (entry["name"], entry["words"]) for key, entry in _TEXTS["definitions"].items()
}
"""Per term its name and meaning."""

LIMITATIONS: tuple[str, ...] = tuple(_TEXTS["limitations"])
"""Printed on every page, always the same."""

NOT_TESTED: tuple[tuple[str, str], ...] = tuple(
    (entry["topic"], entry["words"]) for entry in _TEXTS["not_tested"]
)
"""What this version does not do, as (topic, statement)."""

METHODS: tuple[tuple[str, str], ...] = tuple((entry["rule"], entry["words"]) for entry in _TEXTS["methods"])
"""Methods whose source the report names, as (method, source)."""

FATE_GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = tuple(
    (entry["name"], entry["colour"], tuple(entry["fates"])) for entry in _TEXTS["fate_groups"]
)
"""Groups of fates for the figure: name, colour, fates."""
