"""The tumour section in a real browser: every sample has its card, and a study of tumour samples alone is one page of them."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from browsing import PHONE, WIDE, chromium, needs_browser, opened
from tumour_toy import tumour_only_view, tumour_view

from integrasite.report.page import render_page

pytestmark = needs_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_section_fits_and_no_word_leaves_its_picture(browser, tmp_path: Path, size: tuple[int, int]):
    path = tmp_path / "index.html"
    path.write_text(render_page(tumour_view()), encoding="utf-8")
    with opened(browser, path, size) as page:
        assert page.page.locator("#tumour .verdict:visible").count() == 5
        assert page.words_outside("#tumour") == []
        assert not page.is_wider_than_its_window
        assert (page.errors, page.requests) == ([], [])


def test_a_study_of_tumours_alone_begins_with_them(browser, tmp_path: Path):
    path = tmp_path / "index.html"
    path.write_text(render_page(tumour_only_view()), encoding="utf-8")
    with opened(browser, path) as page:
        order = page.run("Array.from(document.querySelectorAll('main > section')).map(one => one.id)")
        assert order[:3] == ["glance", "asked", "tumour"]
        assert page.violations() == []
        assert (page.errors, page.requests) == ([], [])
