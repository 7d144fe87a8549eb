"""`scripts/setup.sh` where things are missing: nothing is installed by these tests."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SETUP_FILES = (
    "scripts/setup.sh",
    "scripts/in-env.sh",
    "pyproject.toml",
    "constraints.txt",
    "environment.yml",
)
NEEDED = ("sh", "cat", "cksum", "dirname", "id", "mkdir", "rm", "sed", "env")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a blank in its path."""
    folder = tmp_path / "my clone"
    for name in SETUP_FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, folder / name)
    return folder


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A PATH with a shell and its tools, without apt-get, conda, bwa and bedtools."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in NEEDED:
        (folder / name).symlink_to(shutil.which(name) or pytest.fail(f"this machine lacks {name}"))
    return folder


def program(folder: Path, name: str, text: str) -> None:
    """An executable shell script."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def run_setup(
    checkout: Path, path: Path, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(checkout / "scripts" / "setup.sh"), *arguments],
        env={"PATH": str(path), "HOME": os.environ.get("HOME", "/"), **variables},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_missing_programs_are_named_with_the_commands_to_get_them(checkout: Path, bare_path: Path) -> None:
    done = run_setup(checkout, bare_path)
    assert done.returncode == 2
    assert "not on PATH: bwa bedtools" in done.stderr
    assert "apt-get install -y --no-install-recommends" in done.stderr
    assert "conda env create -f environment.yml" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_that_is_too_old_is_named(checkout: Path, bare_path: Path) -> None:
    for name in ("bwa", "bedtools"):
        program(bare_path, name, "exit 0")
    program(bare_path, "python3", 'case $1 in --version) echo "Python 3.9.2" ;; *) exit 1 ;; esac')
    done = run_setup(checkout, bare_path)
    assert done.returncode == 2
    assert "Python 3.11 or newer is missing (found: Python 3.9.2)" in done.stderr


def test_the_active_conda_environment_is_used_but_never_base(
    checkout: Path, bare_path: Path, tmp_path: Path
) -> None:
    conda = tmp_path / "conda env"
    (conda / "bin").mkdir(parents=True)
    program(conda / "bin", "python", "exit 0")
    active = {"CONDA_PREFIX": str(conda)}
    named = run_setup(checkout, bare_path, "--bin", CONDA_DEFAULT_ENV="study", **active)
    base = run_setup(checkout, bare_path, "--bin", CONDA_DEFAULT_ENV="base", **active)
    assert named.stdout.strip() == str(conda / "bin")
    assert base.stdout.strip() == str(checkout / ".venv" / "bin")


def test_a_conda_environment_gets_what_it_lacks(checkout: Path, bare_path: Path, tmp_path: Path) -> None:
    conda = tmp_path / "conda env"
    (conda / "bin").mkdir(parents=True)
    (conda / "conda-meta").mkdir()
    program(conda / "bin", "python", f'echo "python $*" >> "{tmp_path}/calls"')
    program(bare_path, "mamba", f'echo "mamba $*" >> "{tmp_path}/calls"; : > "{conda}/bin/bwa"')
    done = run_setup(checkout, bare_path, CONDA_PREFIX=str(conda), CONDA_DEFAULT_ENV="study")
    assert done.returncode == 0, done.stderr
    calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert f"mamba env update -p {conda} -f environment.yml" in calls
    assert any(call.startswith("python -m pip install") and call.endswith("-e .[dev]") for call in calls)


def test_a_second_call_does_nothing(checkout: Path, bare_path: Path, tmp_path: Path) -> None:
    conda = tmp_path / "conda env"
    (conda / "bin").mkdir(parents=True)
    (conda / "conda-meta").mkdir()
    for name in ("bwa", "bedtools"):
        program(bare_path, name, "exit 0")
    program(conda / "bin", "python", f'echo "python $*" >> "{tmp_path}/calls"')
    variables = {"CONDA_PREFIX": str(conda), "CONDA_DEFAULT_ENV": "study"}
    assert run_setup(checkout, bare_path, **variables).returncode == 0
    (tmp_path / "calls").unlink()
    again = run_setup(checkout, bare_path, **variables)
    assert (again.returncode, again.stderr) == (0, "")
    assert not (tmp_path / "calls").exists()
    (checkout / "pyproject.toml").write_text("changed", encoding="utf-8")
    assert run_setup(checkout, bare_path, **variables).returncode == 0
    assert (tmp_path / "calls").exists()
