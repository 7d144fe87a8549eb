"""How the cohort store lies on disk: names of folders and files, its records, and what cannot be half done.

    DIR/store.json                              format version, name and checksum of the genome
    DIR/runs/run=RUN/000001.json                one record per version of a run, written last
    DIR/TABLE/subject=SUBJECT/run=RUN/HASH.parquet

A version of a run exists from the moment its record is renamed into place; files that no record names are what a
killed writer left, are never read, and go when the next one begins.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from integrasite.errors import ConfigError, DataError
from integrasite.model.tables import ANNOTATION, CLONES, DIVERSITY, FLAGS, SITES, Table

FORMAT = 1
STORE_FILE = "store.json"
RUNS = "runs"
LOCK = ".lock"
STORED: dict[str, tuple[str, Table]] = {
    "clones": ("clones.tsv.gz", CLONES),
    "sites": ("sites.tsv.gz", SITES),
    "annotation": ("annotation.tsv.gz", ANNOTATION),
    "diversity": ("diversity.tsv", DIVERSITY),
    "flags": ("flags.tsv", FLAGS),
}
"""Tables that are kept, with their files in a results folder. Annotation is kept with the subjects of its sites."""
_LONGEST_NAME = 160


@dataclass(frozen=True)
class Genome:
    """What a store is keyed by: the genome's name and the SHA-256 (hex) of its FASTA."""

    name: str
    sha256: str


@dataclass(frozen=True)
class RunVersion:
    """One version of a run.

    Args:
        run: id of the run.
        version: 1 for the first.
        content: SHA-256 (hex) of what was stored.
        supersedes: run and version that this one took the place of, if any.
        files: table -> subject -> path below the store.
        n_rows: table -> rows.
        origin: what run.json said of the run.
    """

    run: str
    version: int
    content: str
    supersedes: tuple[str, int] | None
    files: dict[str, dict[str, str]]
    n_rows: dict[str, int]
    origin: dict[str, Any]

    @property
    def subjects(self) -> set[str]:
        """Subjects of which any table has rows."""
        return {subject for parts in self.files.values() for subject in parts}


def folder_name(key: str, value: str) -> str:
    """`key=value` as a folder's name: percent-encoded UTF-8; long values are cut and end in a hash."""
    name = quote(value, safe="")
    if len(name) > _LONGEST_NAME:
        name = f"{name[: _LONGEST_NAME - 17].rstrip('%')}~{hashlib.sha256(value.encode()).hexdigest()[:16]}"
    return f"{key}={name}"


def run_folder(store: Path, run: str) -> Path:
    """Where the records of a run lie."""
    return store / RUNS / folder_name("run", run)


def read_genome(store: Path) -> Genome:
    """The genome of a store.

    Raises:
        ConfigError: if the folder is no store.
        DataError: if `store.json` is damaged or of a later format.
    """
    path = store / STORE_FILE
    try:
        content = json.loads(path.read_text("utf-8"))
        found = int(content["format"]), Genome(content["genome"]["name"], content["genome"]["sha256"])
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(
            f"{store}: is no cohort store (it has no {STORE_FILE}); expected the folder that "
            "'integrasite store add RESULTS --store DIR' was given"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: cannot be read ({error}); restore it from a backup") from None
    if found[0] != FORMAT:
        raise DataError(f"{path}: has format {found[0]}, this version reads {FORMAT}; update integrasite")
    return found[1]


def read_versions(store: Path) -> list[RunVersion]:
    """Every version of every run, by run and version, superseded ones included.

    Raises:
        ConfigError: if the folder is no store.
        DataError: if a record is damaged.
    """
    read_genome(store)
    found = [_read_record(path) for path in (store / RUNS).glob("run=*/*.json")]
    return sorted(found, key=lambda one: (one.run, one.version))


def _read_record(path: Path) -> RunVersion:
    try:
        content = json.loads(path.read_text("utf-8"))
        before = content["supersedes"]
        return RunVersion(
            content["run"],
            content["version"],
            content["content"],
            None if before is None else (before["run"], before["version"]),
            content["files"],
            content["n_rows"],
            content["origin"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: cannot be read as the record of a run ({error}); restore it") from None


def superseded_by(versions: list[RunVersion]) -> dict[tuple[str, int], RunVersion]:
    """Which version took the place of which (by run and version)."""
    return {one.supersedes: one for one in versions if one.supersedes is not None}


def current(versions: list[RunVersion]) -> list[RunVersion]:
    """The versions that no other superseded."""
    gone = superseded_by(versions)
    return [one for one in versions if (one.run, one.version) not in gone]


@contextmanager
def write_lock(store: Path) -> Iterator[None]:
    """Hold the store for writing; waits for another writer, and is free again when a writer dies."""
    try:
        store.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(store / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise ConfigError(
            f"{store}: cannot be written ({error.strerror or error}); name another --store"
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_durable(path: Path, content: bytes) -> None:
    """Write a small file so that it is whole or absent, also after a loss of power."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
