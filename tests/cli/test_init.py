"""`integrasite init`: files that can be filled in, and never lost."""

import pytest
import yaml

from integrasite.cli.main import main
from integrasite.config.calling import Calling
from integrasite.config.row import COLUMNS
from integrasite.config.settings import Config


@pytest.fixture
def folder(tmp_path, capsys):
    assert main(["init", str(tmp_path / "new/study")]) == 0
    assert "check --config" in capsys.readouterr().out
    return tmp_path / "new/study"


def test_it_writes_config_sheet_and_readme(folder):
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "config.yaml", "samples.tsv"]
    assert (folder / "samples.tsv").read_text() == "\t".join(COLUMNS) + "\n"
    readme = (folder / "README.md").read_text()
    assert all(f"| `{column}` |" in readme for column in COLUMNS)
    assert "@" not in readme


def test_a_new_study_is_not_taken_for_a_finished_one(folder, capsys):
    assert main(["check", "--config", str(folder / "config.yaml")]) == 2
    err = capsys.readouterr().err
    places = ("reference.genome", "reference.annotation", "vectors.my-vector.sequence")
    for place in (*places, "protocols.my-protocol.primer", "protocols.my-protocol.ltr_end"):
        assert err.count(f"key '{place}': is still to be filled in") == 1
    assert "samples.tsv: has a header but no rows" in err
    assert "6 problems found" in err


def test_the_config_is_right_once_it_is_filled_in(folder):
    text = (folder / "config.yaml").read_text()
    config = Config.model_validate(
        yaml.safe_load(text.replace("FILL-IN", "ACGT").replace("calling:", "calling: {}"))
    )
    assert config.calling == Calling()
    assert config.protocols["my-protocol"].ltr_end == "ACGT"


def test_the_thresholds_shown_are_the_defaults(folder):
    shown = (folder / "config.yaml").read_text().split("calling:")[1]
    lines = [
        line.removeprefix("  # ") for line in shown.splitlines() if line.startswith("  # ") and line[4] != " "
    ]
    assert yaml.safe_load("\n".join(lines)) == Calling().model_dump()


@pytest.mark.parametrize("name", ["config.yaml", "samples.tsv", "README.md"])
def test_nothing_is_overwritten(tmp_path, capsys, name):
    (tmp_path / name).write_text("mine")
    assert main(["init", str(tmp_path)]) == 2
    assert f"{name} already there" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_file_is_no_folder(tmp_path, capsys):
    (tmp_path / "x").write_text("")
    assert main(["init", str(tmp_path / "x")]) == 2
    assert "is a file" in capsys.readouterr().err
