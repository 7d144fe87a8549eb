"""The files for MultiQC: their structure always, MultiQC's own report where it is installed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from report_toy import EVIL, PROVENANCE, empty_tables, toy_study, toy_tables, toy_view
from test_report_command import write_study
from test_report_page import with_evil_names
from tumour_toy import hostile_view, tumour_view

from integrasite.cli.main import main
from integrasite.model.fates import FATES
from integrasite.report.multiqc import SECTIONS, qc_sections
from integrasite.report.view import make_view

MULTIQC = shutil.which("multiqc", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
NAMES = [f"integrasite_{name}_mqc.yaml" for name in SECTIONS]
VIEWS = {
    "amplicons": toy_view,
    "tumours": tumour_view,
    "no rows": lambda: make_view(toy_study(), empty_tables(), PROVENANCE),
    "hostile names": with_evil_names,
    "hostile tumour names": hostile_view,
}


@pytest.mark.parametrize("name", VIEWS)
def test_sections_have_what_multiqc_asks_for(name: str):
    files = qc_sections(VIEWS[name]())
    assert list(files) == [*NAMES, "multiqc_config.yaml"]
    ids = [files[file]["id"] for file in NAMES]
    assert ids == [f"integrasite_{section}" for section in SECTIONS]
    for file in NAMES:
        content = yaml.safe_load(yaml.safe_dump(files[file], sort_keys=False))
        assert content == files[file]
        assert {"id", "section_name", "description", "plot_type", "data", "parent_id"} <= set(content)
        if content["plot_type"] == "table":
            for row in content["data"].values():
                assert list(row) == list(content["headers"])
        elif content["plot_type"] == "bargraph":
            for row in content["data"].values():
                assert list(row) == list(content["categories"])
            colours = [entry["color"] for entry in content["categories"].values()]
            assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in colours)
        else:
            assert content["plot_type"] == "html" and re.match(
                "<p>(None|No reads|Not tested): ", content["data"]
            )


def test_fates_add_up_and_none_is_left_out():
    view = toy_view()
    data = qc_sections(view)[NAMES[0]]["data"]
    sums = view.tables.ledger.groupby("sample")["n_reads"].sum().to_dict()
    assert {name: sum(row.values()) for name, row in data.items()} == {
        {"*": "no row of the sheet"}.get(name, name): n for name, n in sums.items()
    }
    assert {fate.word for fate in FATES} == set(qc_sections(tumour_view())[NAMES[0]]["categories"])


def test_libraries_and_controls():
    files = qc_sections(toy_view())
    libraries = files["integrasite_libraries_mqc.yaml"]
    titles = [header["title"] for header in libraries["headers"].values()]
    row = dict(zip(titles, libraries["data"]["P1_M12_PB_r1"].values(), strict=True))
    assert (row["Subject"], row["Time point"], row["Role"], row["Replicate"]) == ("P1", "M12", "patient", 1)
    assert 0 < row["At sites"] < 1 and row["Sites"] > 50
    [control] = files["integrasite_controls_mqc.yaml"]["data"].values()
    assert list(control.values())[:3] == ["ntc", 40, 1]


def flat(content: object) -> list[str]:
    if isinstance(content, dict):
        return [text for pair in content.items() for one in pair for text in flat(one)]
    return [str(content)]


@pytest.mark.parametrize("view", [with_evil_names, hostile_view])
def test_hostile_names_are_escaped(view: object):
    texts = [text for content in qc_sections(view()).values() for text in flat(content)]  # type: ignore[operator]
    markup = [text for text in texts if re.search(r"<(?!/?p>)", text)]
    assert markup == []
    assert any("&lt;script&gt;alert(1)" in text for text in texts)


def test_names_with_slashes_are_not_taken_for_folders():
    view = with_evil_names()
    rows = qc_sections(view)["integrasite_replicates_mqc.yaml"]["data"]
    assert not any("/" in name for name in rows) and any("&#47;script&gt;" in name for name in rows)


def command(folder: Path) -> Path:
    folder.mkdir()
    write_study(folder, toy_tables(toy_study()))
    out = folder / "results" / "qc"
    call = ["qc", "--config", f"{folder}/config.yaml", "--results", f"{folder}/results", "-o", str(out)]
    assert main(call) == 0
    return out


def test_the_command_writes_the_same_bytes_again(tmp_path: Path):
    first = {path.name: path.read_bytes() for path in command(tmp_path / "a").iterdir()}
    second = {path.name: path.read_bytes() for path in command(tmp_path / "b").iterdir()}
    assert sorted(first) == sorted([*NAMES, "multiqc_config.yaml"])
    assert first == second


@pytest.mark.skipif(MULTIQC is None, reason="MultiQC is not installed (pip install 'integrasite[qc]')")
def test_multiqc_shows_every_section_offline(tmp_path: Path):
    folder = tmp_path / "qc"
    folder.mkdir()
    for name, content in qc_sections(with_evil_names()).items():
        (folder / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    call = [str(MULTIQC), str(folder), "--config", str(folder / "multiqc_config.yaml"), "-o", str(folder)]
    offline = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "HOME": str(tmp_path)}
    done = subprocess.run(
        [*call, "--filename", "multiqc_report.html", "--force", "--strict"],
        env={**os.environ, **offline},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    page = (folder / "multiqc_report.html").read_text(encoding="utf-8")
    for section in SECTIONS:
        assert f'id="integrasite_{section}"' in page
    assert EVIL not in page and not re.search(r"<img src=x", page)
    # nothing is loaded from elsewhere; links that people click are no requests, nor is text within scripts
    markup = re.sub(r"(<script[^>]*>).*?</script>", r"\1", page, flags=re.DOTALL)
    assert not re.search(r"<(?:script|img|iframe|link)[^>]+(?:src|href)=[\"']?https?:", markup)
