"""The report keeps its budget: larger runs give pages that hardly grow, and say what they leave out."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import report_size

pytestmark = pytest.mark.slow

TYPICAL = 5_000_000
SIZES = ((16, 2_000), (64, 10_000))
"""Samples and sites; benchmarks/report_size.py does the same for 1,000 and 1,000,000."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Path]]:
    """The run's page and its largest subject's page, of each size."""
    found = []
    for n_samples, n_sites in SIZES:
        folder = tmp_path_factory.mktemp(f"size-{n_sites}")
        config = report_size.write_study(folder, *report_size.make_tables(n_samples, n_sites, seed=1))
        report_size.run_report(config)
        found.append(report_size.pages(config))
    return found


def test_pages_stay_small_and_grow_less_than_their_run(pages: list[dict[str, Path]]):
    small, large = ({name: path.stat().st_size for name, path in one.items()} for one in pages)
    growth = min(SIZES[1][0] / SIZES[0][0], SIZES[1][1] / SIZES[0][1])
    for name in ("index", "subject"):
        assert large[name] < TYPICAL
        assert large[name] < 0.8 * growth * small[name]


def test_what_is_left_out_is_counted_and_linked(pages: list[dict[str, Path]]):
    text = pages[1]["index"].read_text(encoding="utf-8")
    assert "Showing 100 of " in text and 'the rest in <a href="../clones.tsv.gz">' in text
    assert '60 of 65 libraries; the rest in <a href="../ledger.tsv">' in text
