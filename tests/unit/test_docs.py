"""The docs agree with the code and with each other."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from integrasite.cli.main import COMMANDS

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = [*sorted((REPOSITORY / "docs").glob("*.md")), *sorted(REPOSITORY.glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def load_script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, REPOSITORY / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_tables_of_config_and_sheet_are_what_the_models_say() -> None:
    script = load_script("config_docs")
    for page in ("config.md", "usage.md"):
        text = (REPOSITORY / "docs" / page).read_text(encoding="utf-8")
        assert script.with_tables(page, text) == text, f"docs/{page} is old: run `make docs`"


def test_every_key_and_column_has_a_meaning() -> None:
    script = load_script("config_docs")
    for table in (script.config_table(), script.calling_table(), script.sheet_table()):
        assert [line for line in table.splitlines() if line.endswith("|  |")] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("http", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_the_docs_show_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    shown = set(re.findall(r"(?:^|`)integrasite (?!set-up)([a-z][a-z-]+)", text, re.MULTILINE))
    assert shown <= set(COMMANDS), sorted(shown - set(COMMANDS))
    targets = set(re.findall(r"(?:^|`|&& )make ([a-z]+)", text, re.MULTILINE))
    rules = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert targets <= rules, sorted(targets - rules)
