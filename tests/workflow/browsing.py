"""A page of the report in Debian's chromium: opened from a file, watched for errors and requests, checked with axe-core."""

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
WIDE, PHONE = (1400, 1000), (500, 900)
PAPER = {"A4": (210, 297), "Letter": (215.9, 279.4)}

needs_browser = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH")]


@contextmanager
def chromium() -> Iterator[Any]:
    """The browser that is installed; playwright's own is never fetched."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS, chromium_sandbox=False)
        yield browser
        browser.close()


_THIN = """keep => {
    document.querySelectorAll("tbody").forEach(body => Array.from(body.rows).slice(keep).forEach(row => row.remove()));
    document.querySelectorAll("a.data").forEach(link => { link.href = "data:,"; });
}"""


@dataclass
class Opened:
    """A loaded page, what it asked for, and what its console said."""

    page: Any
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def run(self, script: str, argument: object = None) -> Any:
        """What a JavaScript expression gives."""
        return self.page.evaluate(script, argument)

    def column(self, table: str, number: int) -> list[str]:
        """Texts of one column (from 1) of a table's shown rows."""
        script = """([id, n]) => Array.from(document.getElementById(id).tBodies[0].rows)
            .filter(row => row.offsetParent !== null).map(row => row.cells[n - 1].textContent)"""
        return list(self.run(script, [table, number]))

    def download(self, name: str) -> pd.DataFrame:
        """The rows behind a data button, through a click on it; all cells are text."""
        with self.page.expect_download() as waiting:
            self.page.locator(f'a.data[download="{name}"]').click()
        assert waiting.value.suggested_filename == name
        return pd.read_csv(waiting.value.path(), sep="\t", dtype=str, keep_default_na=False)

    def behind_button(self, name: str) -> pd.DataFrame:
        """The same rows without a click: Chromium holds back the eleventh download of a page that comes too fast."""
        href = str(self.page.locator(f'a.data[download="{name}"]').get_attribute("href"))
        head, _, content = href.partition(",")
        assert head == "data:text/tab-separated-values;charset=utf-8"
        return pd.read_csv(io.StringIO(unquote(content)), sep="\t", dtype=str, keep_default_na=False)

    @property
    def is_wider_than_its_window(self) -> bool:
        """Whether the page as a whole scrolls sideways."""
        return bool(self.run("document.documentElement.scrollWidth > document.documentElement.clientWidth"))

    def violations(self, rules: str = "all", keep: int = 8) -> list[str]:
        """What axe-core finds that is serious or critical, with the first element of each.

        Rows of a table after the first `keep` and the rows behind data buttons are taken out before: they are made alike,
        and axe-core takes minutes over them.

        Args:
            rules: "all", "contrast" (what depends on the colour scheme) or "structure" (all the others).
            keep: rows left in each table.
        """
        from axe_playwright_python.sync_playwright import Axe

        self.run(_THIN, keep)
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        if rules == "contrast":
            options["runOnly"] = ["color-contrast"]
        elif rules == "structure":
            options["rules"] = {"color-contrast": {"enabled": False}}
        found = Axe().run(self.page, options=options).response["violations"]
        return [
            f"{one['id']} ({len(one['nodes'])}): {one['nodes'][0]['html'][:200]} {one['nodes'][0]['failureSummary'][:300]}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]

    def words_outside(self, where: str) -> list[str]:
        """Words that leave their picture, of the pictures inside a selector."""
        script = """where => Array.from(document.querySelectorAll(where + " svg[role=img]")).flatMap(picture => {
            const box = picture.viewBox.baseVal;
            return Array.from(picture.querySelectorAll("text")).filter(words => {
                if (words.closest("[display=none], .hidden, symbol, defs") || !words.getClientRects().length) return false;
                const own = words.getBBox();
                if (words.hasAttribute("transform")) return false;
                return own.x < -0.5 || own.x + own.width > box.width + 0.5
                    || own.y < -0.5 || own.y + own.height > box.height + 0.5;
            }).map(words => words.textContent);
        })"""
        return list(self.run(script, where))


@contextmanager
def opened(browser: Any, path: Path, size: tuple[int, int] = WIDE, **options: Any) -> Iterator[Opened]:
    """Open a file; whatever it wants from elsewhere is refused and noted."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
    found = Opened(context.new_page())

    def judge(route: Any) -> None:
        if route.request.url == path.as_uri():
            route.continue_()
        else:
            found.requests.append(route.request.url)
            route.abort()

    context.route("**/*", judge)
    found.page.on(
        "console", lambda one: found.errors.append(one.text) if one.type in ("error", "warning") else None
    )
    found.page.on("pageerror", lambda error: found.errors.append(str(error)))
    found.page.on(
        "dialog", lambda dialog: (found.errors.append(f"dialog: {dialog.message}"), dialog.dismiss())
    )
    found.page.goto(path.as_uri())
    try:
        yield found
    finally:
        context.close()
