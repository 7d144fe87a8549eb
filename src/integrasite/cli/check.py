"""`integrasite check`: every problem of a study at once; writes nothing."""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.errors import ProblemList, format_problems

if TYPE_CHECKING:
    from integrasite.config.study import Study
    from integrasite.model.library import Source
    from integrasite.reads.learn_compare import FirstReads


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
    notes: list[str] = []
    if study is not None:
        found, warnings = check_study(study)
        problems += found
        found, doubts = _check_proviruses(study)
        problems += found
        warnings += doubts
        if arguments.reads and not problems:
            problems, doubts = check_reads(study)
            warnings += doubts
        if arguments.reads and not problems:
            doubts, notes = _compare_reads(study)
            warnings += doubts
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if problems or study is None:
        print(format_problems(tuple(problems)), file=sys.stderr)
        return ProblemList.exit_code
    print(_summary(study, len(warnings), notes))
    return 0


def _check_proviruses(study: "Study") -> tuple[list[str], list[str]]:
    """What of a vector integrates must be known before its reads are looked for in tumour samples."""
    from integrasite.errors import IntegrasiteError
    from integrasite.io.sequences import read_vector
    from integrasite.transgene.provirus import provirus_of

    problems, doubts = [], []
    for name in dict.fromkeys(name for library in study.tumour_libraries for name in library.vectors):
        vector = study.config.vectors[name]
        where = f"{study.path}, key 'vectors.{name}'"
        try:
            sequence = read_vector(study.resolve(vector.sequence))
        except (IntegrasiteError, OSError):
            continue  # told already
        try:
            found = provirus_of(sequence, vector.form, vector.kind)
        except IntegrasiteError as error:
            problems.append(f"{where}: {error}")
            continue
        if found.problem:
            doubts.append(f"{where}: {found.problem}")
    return problems, doubts


def _compare_reads(study: "Study") -> tuple[list[str], list[str]]:
    """Warnings where sheet and reads disagree, and in words what was compared."""
    from integrasite.io.sequences import read_vector
    from integrasite.kernels.codes import encode
    from integrasite.reads.learn_compare import compare_source
    from integrasite.reads.learn_disagreements import note_texts, warning_texts

    named = dict.fromkeys(name for library in study.amplicon_libraries for name in library.vectors)
    vectors = {
        name: encode(read_vector(study.resolve(study.config.vectors[name].sequence))) for name in named
    }
    compared = [
        (source.r1[0].name, compare_source(study, source, _first_reads(study, source), vectors))
        for source in study.sources
    ]
    found = [(name, one) for name, comparison in compared for one in comparison.disagreements]
    others = [library for library in study.libraries if library.assay != "amplicon"]
    notes = note_texts([(name, one.shares, len(one.disagreements), one.words) for name, one in compared])
    if others:
        rows = _count(len(others), "row", "rows") + _breakdown(Counter(library.assay for library in others))
        notes.append(f"{rows} not compared: only amplicon reads begin in a vector end")
    return warning_texts(str(study.resolve(study.config.samples)), found), notes


def _first_reads(study: "Study", source: "Source") -> "FirstReads":
    """The first reads of a source by their part in the protocol."""
    from integrasite.reads.first_reads import first_reads
    from integrasite.reads.learn_compare import FirstReads

    # Rows that share files start in the same read; where they do not, the run refuses them.
    name = study.protocol_of(source.libraries[0]).junction_read if source.r2 else "R1"
    junction, other = (source.r1, source.r2) if name == "R1" else (source.r2, source.r1)
    tables = [first_reads(paths) if paths else None for paths in (junction, other, source.i1)]
    n = min(len(table) for table in tables if table is not None)
    first, second, third = (None if table is None else table[:n] for table in tables)
    assert first is not None
    return FirstReads(first, second, third, name)


def _summary(study: "Study", n_warnings: int, notes: Sequence[str]) -> str:
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
        *notes,
    ]
    return f"ok: {study.path}\n" + "\n".join(f"  {part}" for part in parts)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _breakdown(counts: Counter[str]) -> str:
    return f" ({', '.join(f'{number} {name}' for name, number in sorted(counts.items()))})"
