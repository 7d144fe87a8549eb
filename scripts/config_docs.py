"""Write what the docs take from the code: the tables of docs/config.md and docs/usage.md from the models that read config
and sheet, and with `--answers RESULTS` the README's excerpt from the demo's results.

`--check` changes nothing and fails where a table is not what the models say.
"""

import argparse
import json
import sys
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from integrasite.config.calling import Calling
from integrasite.config.row import REQUIRED_COLUMNS, SheetRow
from integrasite.config.settings import Config

REPOSITORY = Path(__file__).resolve().parents[1]
DOCS = REPOSITORY / "docs"
QUOTED = ("dominance", "genes", "trust")
"""Answers of the report that the README shows."""
WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def config_table() -> str:
    """Every key of the config but `calling`."""
    rows = [row for row in _rows(Config, "") if not row[0].startswith("calling")]
    return _table(("key", "value", "default", "meaning"), rows)


def calling_table() -> str:
    """Every threshold, with its reason."""
    rows = [(name, *_value(field), field.description or "") for name, field in Calling.model_fields.items()]
    return _table(("key", "value", "default", "meaning and reason"), rows)


def sheet_table() -> str:
    """Every column of the sheet."""
    rows = []
    for name, field in SheetRow.model_fields.items():
        default = "required" if name in REQUIRED_COLUMNS else _value(field)[1]
        rows.append((name, _value(field)[0], default, field.description or ""))
    return _table(("column", "value", "default", "meaning"), rows)


def _rows(model: type[BaseModel], prefix: str) -> list[tuple[str, str, str, str]]:
    rows = []
    for name, field in model.model_fields.items():
        inner, step = _inner_model(field.annotation)
        if inner is None:
            rows.append((prefix + name, *_value(field), field.description or ""))
        else:
            rows += _rows(inner, f"{prefix}{name}{step}.")
    return rows


def _inner_model(kind: Any) -> tuple[type[BaseModel] | None, str]:
    """The settings that a key holds, and how its entries are written (a name, a list's entry)."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind, ""
    for argument in get_args(kind):
        if isinstance(argument, type) and issubclass(argument, BaseModel):
            return argument, ".NAME" if get_origin(kind) is dict else "[]"
    return None, ""


def _value(field: FieldInfo) -> tuple[str, str]:
    """What is allowed, and the default."""
    bounds = _bounds(field.metadata)
    allowed = _kind(field.annotation) + (f", {bounds}" if bounds else "")
    if field.is_required():
        return allowed, "required"
    return allowed, "" if field.default in (None, "", ()) else f"`{field.default}`"


def _kind(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    if get_origin(kind) in (types.UnionType, Union):
        return " or ".join(_kind(part) for part in get_args(kind) if part is not type(None))
    return WORDS.get(kind, "date" if getattr(kind, "__name__", "") == "date" else "text")


def _bounds(metadata: list[Any]) -> str:
    low = high = ""
    for item in metadata:
        if isinstance(item, Ge):
            low = f"from {item.ge}"
        elif isinstance(item, Gt):
            low = f"above {item.gt}"
        elif isinstance(item, Le):
            high = f"to {item.le}"
        elif isinstance(item, Lt):
            high = f"below {item.lt}"
    return " ".join(part for part in (low, high) if part)


def _table(head: tuple[str, ...], rows: list[tuple[str, str, str, str]]) -> str:
    lines = [head, tuple("---" for _ in head)]
    lines += [(f"`{name}`", *(text.replace("|", "\\|") for text in rest)) for name, *rest in rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


TABLES = {
    "config": ("config.md", config_table),
    "calling": ("config.md", calling_table),
    "sheet": ("usage.md", sheet_table),
}
"""Name in the page's markers, page, and what makes the table."""


def with_tables(page: str, text: str) -> str:
    """A page with its generated tables as the models have them now."""
    for name, (of_page, make) in TABLES.items():
        if of_page == page:
            begin, end = f"<!-- {name}: made by scripts/config_docs.py -->\n", f"<!-- end of {name} -->"
            before, rest = text.split(begin)
            text = before + begin + "\n" + make() + "\n" + end + rest.split(end)[1]
    return text


def quote_answers(readme: str, summary: Path) -> str:
    """The README with the answers of a run of the demo."""
    answers = json.loads(summary.read_text(encoding="utf-8"))["answers"]
    begin, end = (
        "<!-- the demo's answers; a test compares them with a run -->\n",
        "\n<!-- end of the demo's answers -->",
    )
    before, rest = readme.split(begin)
    lines = [
        f"> **{answers[name]['question']}** {answers[name]['answer']}".replace("\xa0", " ") for name in QUOTED
    ]
    return before + begin + "\n>\n".join(lines) + end + rest.split(end)[1]


def main(argv: list[str]) -> int:
    """Write what is old, or check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--answers", type=Path, metavar="RESULTS")
    arguments = parser.parse_args(argv)
    pages = {DOCS / page: with_tables(page, (DOCS / page).read_text("utf-8")) for page, _ in TABLES.values()}
    if arguments.answers:
        readme = REPOSITORY / "README.md"
        pages[readme] = quote_answers(readme.read_text("utf-8"), arguments.answers / "summary.json")
    old = [path for path, text in pages.items() if path.read_text("utf-8") != text]
    if arguments.check and old:
        print(
            f"{', '.join(path.name for path in old)}: not what the code says; run `make docs`",
            file=sys.stderr,
        )
        return 1
    for path in old:
        path.write_text(pages[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
