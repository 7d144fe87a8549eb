"""`snakemake --report` on a finished run: one file that holds the run's page and each subject's, with their captions."""

import re
from pathlib import Path

import pytest
import studies

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small study's config and the folder where it ran."""
    folder = tmp_path_factory.mktemp("snakemake-report")
    config = studies.small_study(folder / "study", 6000)
    studies.finished(config, folder / "work")
    return config, folder / "work"


def test_the_pages_are_in_snakemakes_report(finished: tuple[Path, Path]):
    config, work = finished
    target = work / "report.html"
    done = studies.run_snakemake(config, work, "--report", str(target))
    if re.search(r"(?i)connection|resolve|timed out|urlopen", done.stdout) and done.returncode:
        pytest.skip("snakemake fetches the frame of its report from the network, which is not there")
    assert done.returncode == 0, done.stdout[-3000:]
    names = ["index.html", *sorted(path.name for path in (work / "results/report/subjects").glob("*.html"))]
    assert len(names) == 3
    text = target.read_text(encoding="utf-8")
    for name in names:
        assert name in text
    assert "Each section is a question" in text and "The report on one subject" in text
    assert "Subjects" in text


def test_a_second_run_has_nothing_to_do(finished: tuple[Path, Path]):
    config, work = finished
    assert "Nothing to be done" in studies.run_snakemake(config, work).stdout
