"""Write a folder of results as a whole, and never over files that are something else."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from integrasite.errors import ConfigError, DataError

MARKER = "analysis.json"
"""Lists the files of the folder, so that the next run may replace them and nothing else."""


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yield a new folder beside `folder` that takes its place when all is written; after an error nothing has changed.

    Raises:
        ConfigError: if `folder` holds anything that an earlier result did not, or cannot be written.
    """
    target = folder.resolve()
    _check_replaceable(folder, target)
    staging = target.with_name(f".{target.name}.{os.getpid()}.new")
    old = target.with_name(f".{target.name}.{os.getpid()}.old")
    try:
        staging.mkdir(parents=True)
    except OSError as error:
        raise ConfigError(
            f"{folder}: cannot be written ({error.strerror or error}); name another folder"
        ) from None
    try:
        yield staging
        files = sorted(path.relative_to(staging).as_posix() for path in staging.rglob("*") if path.is_file())
        text = json.dumps({"format": 1, "files": files}, indent=1, ensure_ascii=False) + "\n"
        (staging / MARKER).write_text(text, "utf-8")
        _check_replaceable(folder, target)
        if target.exists():
            target.rename(old)
        staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        if old.exists() and target.exists():
            shutil.rmtree(old, ignore_errors=True)


def _check_replaceable(folder: Path, target: Path) -> None:
    """Refuse a folder with files that are not those of an earlier result."""
    if not target.exists():
        return
    if not target.is_dir():
        raise ConfigError(f"{folder}: is a file; expected a folder to write to")
    there = {path.relative_to(target).as_posix() for path in target.rglob("*") if not path.is_dir()}
    if foreign := sorted(there - _listed(target) - {MARKER}):
        raise ConfigError(
            f"{folder}: holds files that are no results of this command ({', '.join(foreign[:3])}"
            f"{', ...' if len(foreign) > 3 else ''}); name a new or empty folder. Nothing was changed."
        )


def _listed(target: Path) -> set[str]:
    path = target / MARKER
    if not path.exists():
        return set()
    try:
        return set(json.loads(path.read_text("utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: cannot be read ({error}); name another folder") from None
