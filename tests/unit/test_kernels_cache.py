"""Compiled code must not outlive a change of any kernel: numba itself looks at the caller's file alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba

import integrasite
from integrasite.kernels import name_cache


def test_any_change_of_a_source_changes_the_folder() -> None:
    names = [
        name_cache(sources)
        for sources in ([b"a", b"b"], [b"a", b"c"], [b"ab"], [b"b", b"a"], [b"a", b"b", b""])
    ]
    assert len(set(names)) == 5
    assert name_cache([b"a", b"b"]) == names[0]


def test_cache_lies_in_a_folder_of_its_own() -> None:
    assert Path(numba.config.CACHE_DIR).name.startswith("numba-")


def test_changed_callee_is_compiled_anew(tmp_path: Path) -> None:
    package = tmp_path / "integrasite"
    for part in ("kernels", "model"):
        shutil.copytree(
            Path(integrasite.__file__).parent / part,
            package / part,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    for name in ("__init__.py", "errors.py"):
        shutil.copy(Path(integrasite.__file__).parent / name, package / name)
    (package / "kernels" / "callee.py").write_text(
        "import numba\n\n@numba.njit(cache=True)\ndef one():\n    return 1\n"
    )
    (package / "kernels" / "caller.py").write_text(
        "import numba\nfrom integrasite.kernels.callee import one\n\n@numba.njit(cache=True)\ndef ten():\n    return one() * 10\n"
    )

    def ten() -> str:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        code = "from integrasite.kernels.caller import ten; print(ten())"
        run = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        return run.stdout.strip()

    assert ten() == "10"
    callee = package / "kernels" / "callee.py"
    callee.write_text(callee.read_text().replace("return 1", "return 2"))
    assert ten() == "20"
