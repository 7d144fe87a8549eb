"""The record of a run: files with sizes and checksums, and whether they still are what they were."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from integrasite.errors import DataError
from integrasite.io.atomic import write_text
from integrasite.io.sequences import file_checksum

MANIFEST = "run.json"
OUTPUT_PATTERNS = (
    "*.tsv",
    "*.tsv.gz",
    "*.vcf.gz",
    "*.vcf.gz.tbi",
    "summary.json",
    "summary.xlsx",
    "earlier/**/*",
    "tests/**/*",
    "exports/**/*",
    "report/**/*",
    "qc/**/*",
)
"""What counts as output of a run, below its results."""


def file_record(path: Path) -> dict[str, Any]:
    """Size in bytes and SHA-256 of a file.

    Raises:
        DataError: if it cannot be read.
    """
    try:
        return {"bytes": path.stat().st_size, "sha256": file_checksum(path)}
    except OSError as error:
        raise DataError(f"{path}: cannot be read for run.json ({error.strerror or error})") from None


def output_files(results: Path) -> list[Path]:
    """The outputs below `results`, sorted; hidden files are temporary and no outputs."""
    found = {path for pattern in OUTPUT_PATTERNS for path in results.glob(pattern) if path.is_file()}
    return sorted(path for path in found if not path.name.startswith("."))


def record_outputs(results: Path, outputs: Iterable[Path]) -> dict[str, Any]:
    """Records of outputs by their path below `results`.

    Raises:
        DataError: if an output does not lie below `results` or cannot be read.
    """
    records = {}
    for path in outputs:
        try:
            name = path.resolve().relative_to(results.resolve()).as_posix()
        except ValueError:
            raise DataError(f"{path}: does not lie below {results}; outputs must") from None
        if name != MANIFEST:
            records[name] = file_record(path)
    return records


def write_manifest(content: Mapping[str, Any], path: Path) -> None:
    """Write the record as JSON with sorted keys."""
    write_text(path, json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def read_manifest(results: Path) -> dict[str, Any]:
    """Read `run.json` of a results folder.

    Raises:
        DataError: if it is missing, no JSON, or names no outputs.
    """
    path = results / MANIFEST
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; expected the results folder of a finished run") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); run again to write it anew") from None
    if not isinstance(content, dict) or not isinstance(content.get("outputs"), dict):
        raise DataError(f"{path}: is not a run.json of integrasite (it names no outputs)")
    return content


def differences(results: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """What differs between a results folder and its record, one sentence per file."""
    for name, record in sorted(manifest["outputs"].items()):
        path = results / name
        if not path.is_file():
            yield f"{name}: is missing"
        elif path.stat().st_size != record["bytes"]:
            yield f"{name}: has {path.stat().st_size} bytes, but {record['bytes']} were written"
        elif file_checksum(path) != record["sha256"]:
            yield f"{name}: its content has changed (SHA-256 differs)"
