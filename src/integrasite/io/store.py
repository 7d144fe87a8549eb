"""Add runs to a cohort store: whole or not at all, the same run twice changes nothing, nothing is ever deleted."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from integrasite.errors import ConfigError, DataError
from integrasite.io.manifest import read_manifest
from integrasite.io.sequences import file_checksum
from integrasite.io.store_layout import (
    FORMAT,
    RUNS,
    STORE_FILE,
    STORED,
    Genome,
    RunVersion,
    current,
    folder_name,
    read_genome,
    read_versions,
    run_folder,
    superseded_by,
    sync_folder,
    write_durable,
    write_lock,
)
from integrasite.io.tables import arrow_schema
from integrasite.model.tables import Table

STAGING = ".staging"
_KEPT = ("integrasite", "run", "reference", "config", "sheet", "inputs", "parameters", "tools")
"""What is kept of run.json."""


@dataclass(frozen=True)
class Results:
    """A finished run in its results folder: its id, genome, and the checksum of what would be stored."""

    folder: Path
    run: str
    genome: Genome
    content: str
    origin: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What became of a run: the version that is stored now, whether it is new, and the words for it."""

    version: RunVersion
    is_new: bool
    words: str


def read_results(folder: Path) -> Results:
    """Look at a results folder, and check that its tables are what run.json says.

    Raises:
        DataError: if it holds no finished run, lacks a table, or a table has changed since.
    """
    manifest = read_manifest(folder)
    sums = {}
    for key, (name, _) in STORED.items():
        record = manifest["outputs"].get(name)
        path = folder / name
        if record is None or not path.is_file():
            raise DataError(
                f"{path}: is missing, or run.json does not list it; finish the run before it is stored"
            )
        sums[key] = file_checksum(path)
        if sums[key] != record["sha256"]:
            raise DataError(
                f"{path}: has changed since the run (SHA-256 differs from run.json); "
                "'integrasite verify' lists all such files; run again, or restore the file"
            )
    run, genome = str(manifest["run"]["id"]), _genome(folder, manifest)
    text = json.dumps({"run": run, "genome": genome.sha256, "tables": sums}, sort_keys=True)
    content = hashlib.sha256(text.encode()).hexdigest()
    return Results(folder, run, genome, content, {key: manifest[key] for key in _KEPT if key in manifest})


def _genome(folder: Path, manifest: dict[str, Any]) -> Genome:
    try:
        path = manifest["settings"]["reference"]["genome"]
        return Genome(manifest["reference"], manifest["inputs"][path]["sha256"])
    except (KeyError, TypeError):
        raise DataError(
            f"{folder}: run.json does not name the genome with its checksum; run again with this version"
        ) from None


def add_run(folder: Path, store: Path) -> Outcome:
    """Store a finished run; the first one makes the store. A run that is there already changes nothing.

    Raises:
        ConfigError: if another run of that id is stored, or the store has another genome.
        DataError: if the results are not those of a finished run.
    """
    results = read_results(folder)
    with write_lock(store):
        versions = _open(store, results)
        same_id = [one for one in versions if one.run == results.run]
        if same := next((one for one in same_id if one.content == results.content), None):
            return Outcome(same, False, _already(same, versions))
        if same_id:
            raise ConfigError(
                f"{folder}: run '{results.run}' is in the store {store} already, with other content. If these "
                f"results take its place: integrasite store supersede {folder} --store {store}. If they are of "
                "another run, give that run another id (config, run.id) and run again. Nothing was changed."
            )
        version = _write(results, store, 1, None)
        return Outcome(version, True, f"run '{version.run}' added")


def supersede_run(folder: Path, store: Path, replaced: str | None = None) -> Outcome:
    """Store a run in the place of an earlier one, which stays in the store, marked as superseded.

    Args:
        folder: the results of the new version.
        store: the store.
        replaced: id of the run whose place it takes; default: the same id.

    Raises:
        ConfigError: if there is no such run, or the store has another genome.
        DataError: if the results are not those of a finished run.
    """
    results = read_results(folder)
    old_id = replaced or results.run
    read_genome(store)
    with write_lock(store):
        versions = _open(store, results)
        current_ids = {one.run: one for one in current(versions)}
        own = current_ids.get(results.run)
        if own is not None and own.content == results.content:
            return Outcome(own, False, _already(own, versions))
        if old_id not in current_ids:
            raise ConfigError(
                f"{store}: has no run '{old_id}' to supersede (current runs: "
                f"{', '.join(sorted(current_ids)) or 'none'}); use 'integrasite store add' for a new run"
            )
        if own is not None and old_id != results.run:
            raise ConfigError(
                f"{store}: run '{results.run}' is a current run itself, with other content, and cannot also "
                f"take the place of '{old_id}'; give the new run another id (config, run.id)"
            )
        number = 1 + max((one.version for one in versions if one.run == results.run), default=0)
        old = current_ids[old_id]
        version = _write(results, store, number, (old.run, old.version))
        return Outcome(
            version,
            True,
            f"run '{version.run}' version {version.version} took the place of "
            f"'{old.run}' version {old.version}, which is kept",
        )


def _already(found: RunVersion, versions: list[RunVersion]) -> str:
    later = superseded_by(versions).get((found.run, found.version))
    words = f"run '{found.run}' with this content is in the store already; nothing was changed"
    return words + (
        f" (it is superseded by '{later.run}' version {later.version})" if later is not None else ""
    )


def _open(store: Path, results: Results) -> list[RunVersion]:
    """Begin a store or check its genome, remove what a killed writer left, read the records."""
    if not (store / STORE_FILE).exists():
        others = [path.name for path in store.iterdir() if not path.name.startswith(".")]
        if others:
            raise ConfigError(
                f"{store}: is no cohort store, and not empty (it has {others[0]}); name a new folder"
            )
        genome = {"name": results.genome.name, "sha256": results.genome.sha256}
        text = json.dumps({"format": FORMAT, "genome": genome}, indent=2, sort_keys=True) + "\n"
        write_durable(store / STORE_FILE, text.encode())
    genome_there = read_genome(store)
    if genome_there != results.genome:
        raise ConfigError(_other_genome(store, genome_there, results))
    versions = read_versions(store)
    _sweep(store, versions)
    return versions


def _other_genome(store: Path, there: Genome, results: Results) -> str:
    ours = results.genome
    what = (
        f"has the same name '{there.name}', but another FASTA (SHA-256 {there.sha256[:12]}..., here "
        f"{ours.sha256[:12]}...; compressing the file anew also changes it)"
        if there.name == ours.name
        else f"is '{there.name}', that of the run '{ours.name}'"
    )
    return (
        f"{results.folder}: the genome of the store {store} {what}. Positions on different genomes cannot be "
        "compared: run again with the store's genome, or name another store. Nothing was changed."
    )


def _sweep(store: Path, versions: list[RunVersion]) -> None:
    """Remove what no record names; only ever the leavings of a writer that died."""
    shutil.rmtree(store / STAGING, ignore_errors=True)
    for path in (store / RUNS).glob("run=*/.*.tmp"):
        path.unlink()
    named = {name for one in versions for parts in one.files.values() for name in parts.values()}
    for key in STORED:
        for path in (store / key).glob("subject=*/run=*/*.parquet"):
            if path.relative_to(store).as_posix() not in named:
                path.unlink()


def _write(results: Results, store: Path, number: int, before: tuple[str, int] | None) -> RunVersion:
    """Write all files beside the store's, move them in, and make them count by one rename of the record."""
    staging = store / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    files: dict[str, dict[str, str]] = {}
    n_rows: dict[str, int] = {}
    owners = None
    for key, (name, declared) in STORED.items():
        table = read_arrow_tsv(results.folder / name, declared)
        n_rows[key] = table.num_rows
        if key == "clones":
            owners = table.select(["subject", "site_id"]).group_by(["subject", "site_id"]).aggregate([])
        if key == "annotation":
            assert owners is not None  # `clones` comes before
            table = owners.join(table, "site_id", join_type="inner")
        files[key] = {}
        for subject, rows in _by_subject(table):
            folder = Path(key, folder_name("subject", subject), folder_name("run", results.run))
            path = folder / f"v{number}-{results.content[:16]}.parquet"
            _write_rows(rows.select(list(declared.columns)), staging / path, declared)
            files[key][subject] = path.as_posix()
    for name in sorted(path for parts in files.values() for path in parts.values()):
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        (staging / name).replace(store / name)
        sync_folder((store / name).parent)
    version = RunVersion(results.run, number, results.content, before, files, n_rows, results.origin)
    write_durable(run_folder(store, results.run) / f"{number:06d}.json", _record(version))
    shutil.rmtree(staging, ignore_errors=True)
    return version


def _record(version: RunVersion) -> bytes:
    before = version.supersedes
    content = {
        "run": version.run,
        "version": version.version,
        "content": version.content,
        "supersedes": None if before is None else {"run": before[0], "version": before[1]},
        "files": version.files,
        "n_rows": version.n_rows,
        "origin": version.origin,
    }
    return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _write_rows(rows: pa.Table, path: Path, table: Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    order = [(name, "ascending") for name in table.key]
    pq.write_table(rows.sort_by(order).cast(arrow_schema(table)), path, compression="zstd")
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


def _by_subject(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """The rows of each subject, by name."""
    ordered = table.sort_by([("subject", "ascending")])
    subjects = ordered["subject"].combine_chunks()
    counts = {item["values"]: item["counts"] for item in pc.value_counts(subjects).to_pylist()}
    start = 0
    for subject in counts:
        yield subject, ordered.slice(start, counts[subject])
        start += counts[subject]


def read_arrow_tsv(path: Path, table: Table) -> pa.Table:
    """Read a declared table as typed columns, with little memory; text cells hold "" for missing.

    Raises:
        DataError: if it is unreadable or lacks a declared column.
    """
    schema = arrow_schema(table)
    try:
        return pcsv.read_csv(
            path,
            parse_options=pcsv.ParseOptions(delimiter="\t", newlines_in_values=True),
            convert_options=pcsv.ConvertOptions(
                column_types=schema,
                include_columns=schema.names,
                null_values=[""],
                true_values=["true"],
                false_values=["false"],
                strings_can_be_null=False,
            ),
        )
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: cannot be read as the table '{table.name}' ({error})") from None
