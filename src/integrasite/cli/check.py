"""`integrasite check`: every problem of a study at once; writes nothing."""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.errors import ProblemList, format_problems

if TYPE_CHECKING:
    from integrasite.config.study import Study


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", required=True, type=Path, metavar="FILE", help="the study's config.yaml")
    parser.add_argument(
        "--reads", action="store_true", help="also compare the first reads of every file with the sheet"
    )


def run(arguments: argparse.Namespace) -> int:
    """Check a study; problems go to stderr (exit code 2), a summary to stdout."""
    from integrasite.config.check import check_reads, check_study
    from integrasite.config.read import read_study

    study, problems = read_study(arguments.config)
    warnings: list[str] = []
    if study is not None:
        found, warnings = check_study(study)
        problems += found
        if arguments.reads and not problems:
            problems, doubts = check_reads(study)
            warnings += doubts
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if problems or study is None:
        print(format_problems(tuple(problems)), file=sys.stderr)
        return ProblemList.exit_code
    print(_summary(study, len(warnings)))
    return 0


def _summary(study: "Study", n_warnings: int) -> str:
    assays = Counter(library.assay for library in study.libraries)
    roles = Counter(library.role for library in study.libraries)
    parts = [
        _count(len(study.libraries), "library", "libraries") + _breakdown(assays),
        _count(len({library.subject for library in study.libraries}), "subject", "subjects")
        + _breakdown(roles),
        _count(len({library.specimen for library in study.libraries}), "specimen", "specimens"),
        _count(len(study.config.vectors), "vector", "vectors"),
        _count(len(study.config.protocols), "protocol", "protocols"),
        _count(n_warnings, "warning", "warnings"),
    ]
    return f"ok: {study.path}\n" + "\n".join(f"  {part}" for part in parts)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _breakdown(counts: Counter[str]) -> str:
    return f" ({', '.join(f'{number} {name}' for name, number in sorted(counts.items()))})"
