"""The files of a new study."""

from importlib import resources
from pathlib import Path

import yaml

from integrasite.config.calling import Calling
from integrasite.config.explain import FILL_IN
from integrasite.config.row import COLUMNS, REQUIRED_COLUMNS, SheetRow
from integrasite.io.text import read_text

CONFIG_NAME, SHEET_NAME, README_NAME = "config.yaml", "samples.tsv", "README.md"


def study_files() -> dict[str, str]:
    """Name and content of every file of a new study."""
    config = _template("config.yaml").replace("@CALLING@\n", _calling_lines()).replace("@FILL_IN@", FILL_IN)
    readme = _template("README.md").replace("@COLUMNS@\n", _column_lines())
    return {CONFIG_NAME: config, SHEET_NAME: "\t".join(COLUMNS) + "\n", README_NAME: readme}


def _template(name: str) -> str:
    with resources.as_file(resources.files("integrasite.config") / "templates" / name) as path:
        return read_text(Path(path), "template")


def _calling_lines() -> str:
    lines = []
    for name, field in Calling.model_fields.items():
        shown = yaml.safe_dump(field.default, default_flow_style=True).splitlines()[0]
        lines += [f"  # {name}: {shown}", f"  #   {field.description}"]
    return "\n".join(lines) + "\n"


def _column_lines() -> str:
    rows = []
    for name in COLUMNS:
        field = SheetRow.model_fields[name]
        rule = "required" if name in REQUIRED_COLUMNS else ""
        choices = getattr(field.annotation, "__args__", ()) if name in ("assay", "role") else ()
        allowed = ", ".join(f"`{choice}`" for choice in choices)
        text = "; ".join(part for part in (rule, field.description or "", allowed) if part)
        rows.append(f"| `{name}` | {text or 'free text'} |")
    return "\n".join(rows) + "\n"
