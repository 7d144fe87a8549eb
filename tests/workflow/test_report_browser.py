"""The report in a real browser: its script runs, tables sort, the page fits, nothing is requested."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from report_toy import toy_view

from integrasite.report.page import render_page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--virtual-time-budget=2000",
]
PROBE = """
<script>
window.addEventListener("load", function () {
  var button = document.querySelector("#specimens th:nth-child(6) button");
  button.click();
  var names = Array.prototype.map.call(document.querySelectorAll("#specimens tbody tr"), function (row) {
    return row.cells[1].textContent;
  });
  var wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
  var asked = performance.getEntriesByType("resource");
  var loaded = asked.filter(function (one) { return !/^data:/.test(one.name); });
  document.title = "order=" + names.join(",") + ";wide=" + wide + ";loaded=" + loaded.length + ";sort=" +
    button.parentNode.getAttribute("aria-sort");
});
</script>
"""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH")]


def browse(page: Path, *flags: str) -> str:
    profile = page.parent / "profile"
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", *flags, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "index.html"
    path.write_text(render_page(toy_view()).replace("</body>", PROBE + "</body>"), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [1400, 500])
def test_tables_sort_and_the_page_fits_and_loads_nothing(page: Path, width: int):
    title = re.search("<title>(.*?)</title>", browse(page, f"--window-size={width},2000", "--dump-dom"))
    assert title is not None
    facts = dict(item.split("=") for item in title[1].split(";"))
    assert facts == {
        "order": "P1_M12_PB,P1_M6_PB,P1_D30_PB,P2_M12_PB,P2_D30_PB,P2_M6_PB",  # most fragments first
        "wide": "false",
        "loaded": "0",
        "sort": "descending",
    }


def test_the_page_prints(page: Path):
    target = page.parent / "report.pdf"
    browse(page, f"--print-to-pdf={target}")
    assert target.read_bytes().startswith(b"%PDF") and target.stat().st_size > 50_000
