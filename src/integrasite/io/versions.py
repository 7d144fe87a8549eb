"""Versions of the programs and packages that a result depends on."""

import platform
import re
import shutil
import subprocess
from importlib import metadata

_CALLS = {"bwa": ["bwa"], "bedtools": ["bedtools", "--version"]}
_VERSION = re.compile(r"(?:Version:|bedtools)\s*v?(\S+)")
_REQUIREMENT = re.compile(r"^[A-Za-z0-9._-]+")


def program_versions() -> dict[str, str]:
    """Version of every external program; "not found" where it is missing, "unknown" where it does not say."""
    return {name: _program_version(call) for name, call in sorted(_CALLS.items())}


def _program_version(call: list[str]) -> str:
    program = shutil.which(call[0])
    if program is None:
        return "not found"
    try:
        answer = subprocess.run(
            [program, *call[1:]],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    match = _VERSION.search(answer.stdout + answer.stderr)
    return match.group(1) if match else "unknown"


def package_versions() -> dict[str, str]:
    """Version of Python and of every package that integrasite requires."""
    found = {"python": platform.python_version()}
    for requirement in metadata.requires("integrasite") or []:
        name = _REQUIREMENT.match(requirement)
        if name and "extra ==" not in requirement:
            try:
                found[name.group()] = metadata.version(name.group())
            except metadata.PackageNotFoundError:
                found[name.group()] = "not found"
    return dict(sorted(found.items()))
