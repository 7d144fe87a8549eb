"""`integrasite import-sheet`: another pipeline's sheet into ours, with a config to fill in."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.errors import ConfigError, GenomeError

if TYPE_CHECKING:
    from integrasite.config.foreign import Imported, ImportOptions

PIPELINES = ("inspiired", "aavenger", "vispa2")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="the other pipeline's sheet, tab- or comma-separated"
    )
    parser.add_argument("--from", dest="pipeline", choices=PIPELINES, required=True, help="whose sheet it is")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="our sheet (default: stdout)")
    parser.add_argument("--config-out", type=Path, metavar="FILE", help="also write a config to fill in")
    parser.add_argument("--force", action="store_true", help="overwrite files that are there")
    parser.add_argument("--subject", default="", help="subject of all rows that are no controls")
    for column, what in (("r1", "read 1"), ("r2", "read 2"), ("i1", "the index read")):
        parser.add_argument(
            f"--{column}", default="", metavar="FILE[,FILE]", help=f"FASTQ of {what} for every row"
        )
    parser.add_argument("--genome", default="", metavar="FILE", help="host genome, for the config")
    parser.add_argument("--annotation", default="", metavar="FILE", help="its genes, for the config")
    parser.add_argument(
        "--primer", default="", help="first bases of the junction read, where the sheet names none"
    )
    parser.add_argument("--ltr-end", default="", help="bases from primer to last vector base, likewise")


def run(arguments: argparse.Namespace) -> None:
    """Convert the sheet; warnings go to stderr."""
    from integrasite.config.foreign import config_text, sheet_text
    from integrasite.config.foreign_formats import import_sheet
    from integrasite.io.atomic import write_text
    from integrasite.io.text import read_text

    for path in (arguments.output, arguments.config_out):
        if path is not None and path.exists() and not arguments.force:
            raise ConfigError(
                f"{path}: is already there; nothing was written. Give another name, or --force."
            )
    text = read_text(arguments.file, "sheet")
    imported = import_sheet(arguments.pipeline, text, str(arguments.file), _options(arguments, text))
    for warning in imported.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if arguments.output is None:
        print(sheet_text(imported), end="")
    else:
        write_text(arguments.output, sheet_text(imported))
    if arguments.config_out is not None:
        home = arguments.config_out.parent
        samples = _seen_from(home, str(arguments.output or ""))
        genome, annotation = _seen_from(home, arguments.genome), _seen_from(home, arguments.annotation)
        write_text(arguments.config_out, config_text(imported, samples, genome, annotation))
    _report(arguments, imported)


def _report(arguments: argparse.Namespace, imported: "Imported") -> None:
    written = [str(path) for path in (arguments.output, arguments.config_out) if path is not None]
    if written:
        print(f"{len(imported.rows)} libraries; wrote {', '.join(written)}", file=sys.stderr)


def _options(arguments: argparse.Namespace, text: str) -> "ImportOptions":
    from integrasite.config.foreign import ImportOptions
    from integrasite.config.foreign_formats import vector_files
    from integrasite.io.sequences import read_vector

    sheet_home = arguments.output.parent if arguments.output else Path()
    config_home = arguments.config_out.parent if arguments.config_out else Path()
    sequences, paths = {}, {}
    for name in vector_files(arguments.pipeline, text, str(arguments.file)):
        beside = arguments.file.parent / name
        if beside.is_file():
            paths[name] = _seen_from(config_home, str(beside))
            try:
                sequences[name] = read_vector(beside)
            except GenomeError as error:
                print(f"warning: {error}", file=sys.stderr)
    files = {
        column: ",".join(_seen_from(sheet_home, part) for part in getattr(arguments, column).split(","))
        for column in ("r1", "r2", "i1")
    }
    return ImportOptions(arguments.subject, files, arguments.primer, arguments.ltr_end, sequences, paths)


def _seen_from(home: Path, name: str) -> str:
    """A path from the working directory, as a file in the folder `home` has to name it."""
    return name if not name or Path(name).is_absolute() else os.path.relpath(name, home)
