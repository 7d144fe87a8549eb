"""The tumour section in a real browser: it fits the page, prints, and loads nothing."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from test_report_browser import CHROMIUM, browse
from tumour_toy import tumour_view

from integrasite.report.page import render_page

PROBE = """
<script>
window.addEventListener("load", function () {
  var wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
  var loaded = performance.getEntriesByType("resource").filter(function (one) { return !/^data:/.test(one.name); });
  var outside = 0;
  document.querySelectorAll("#tumour svg[role=img]").forEach(function (picture) {
    var box = picture.viewBox.baseVal;
    picture.querySelectorAll("text").forEach(function (words) {
      var own = words.getBBox();
      if (own.x < -0.5 || own.x + own.width > box.width + 0.5 || own.y < -0.5 || own.y + own.height > box.height + 0.5) {
        outside += 1;
      }
    });
  });
  var cards = document.querySelectorAll("#tumour .verdict").length;
  document.title = "wide=" + wide + ";loaded=" + loaded.length + ";outside=" + outside + ";cards=" + cards;
});
</script>
"""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH")]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "index.html"
    path.write_text(render_page(tumour_view()).replace("</body>", PROBE + "</body>"), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [1400, 500])
def test_the_section_fits_and_no_word_leaves_its_picture(page: Path, width: int):
    title = re.search("<title>(.*?)</title>", browse(page, f"--window-size={width},2000", "--dump-dom"))
    assert title is not None
    assert title[1] == "wide=false;loaded=0;outside=0;cards=5"


def test_it_prints(page: Path):
    target = page.parent / "report.pdf"
    browse(page, f"--print-to-pdf={target}")
    assert target.read_bytes().startswith(b"%PDF")
