"""Check a study against its files: everything that can be known before the first read is processed."""

from collections.abc import Callable, Iterator
from pathlib import Path

from integrasite.config.check_tumour import check_tumour
from integrasite.config.demultiplexing import check_sources
from integrasite.config.findings import Findings, line_list
from integrasite.config.read_start import check_reads
from integrasite.config.references import check_references
from integrasite.config.study import Study
from integrasite.io.fastq_check import alignment_problem, fastq_problem, holds_no_reads
from integrasite.io.streams import file_problem

__all__ = ["check_reads", "check_study"]


def check_study(study: Study) -> tuple[list[str], list[str]]:
    """Find everything that is wrong with a study's files and with how its rows and parts fit each other.

    Reads the start of read files, the headers of the genome, the first column of annotation and
    blacklist, and the vectors. Writes nothing.

    Args:
        study: a study from `load_study`, so its config and sheet are right by themselves.

    Returns:
        Problems, which make a run impossible or wrong, and warnings, each a message for a person.
    """
    findings = Findings()
    _check_read_files(study, findings)
    for gene_list in study.config.gene_lists:
        path = study.resolve(gene_list.path)
        if problem := file_problem(path):
            findings.problem(f"{study.path}, key 'gene_lists' ('{gene_list.name}'): {path} {problem}")
    contigs = check_references(study, findings)
    sheet = str(study.resolve(study.config.samples))
    check_sources(study, sheet, findings)
    check_tumour(study, contigs, findings)
    _check_names(study, sheet, findings)
    _check_single_reads(study, sheet, findings)
    _check_replicates(study, sheet, findings)
    _check_timepoints(study, sheet, findings)
    return findings.problems, findings.warnings


def _named_files(study: Study) -> Iterator[tuple[str, Path, int]]:
    for library in study.libraries:
        for column in ("r1", "r2", "i1"):
            for path in getattr(library, column):
                yield column, path, library.line
        if library.bam is not None:
            yield "bam", library.bam, library.line


def _check_read_files(study: Study, findings: Findings) -> None:
    sheet = study.resolve(study.config.samples)
    users: dict[tuple[str, Path], list[int]] = {}
    for column, path, line in _named_files(study):
        users.setdefault((column, path), []).append(line)
    for (column, path), lines in users.items():
        look: Callable[[Path], str | None] = alignment_problem if column == "bam" else fastq_problem
        where = f"{sheet} {line_list(lines)}, column '{column}': {path}"
        if problem := look(path):
            findings.problem(f"{where} {problem}")
        elif column == "r1" and holds_no_reads(path):
            findings.warn(f"{where} holds no reads")


def _check_names(study: Study, sheet: str, findings: Findings) -> None:
    """Names that differ only in capitals are one file on some systems, and one person in most sheets."""
    for column in ("sample", "subject"):
        first: dict[str, tuple[str, int]] = {}
        for library in study.libraries:
            name = getattr(library, column)
            known, line = first.setdefault(name.lower(), (name, library.line))
            if known != name:
                findings.warn(
                    f"{sheet} line {library.line}, column '{column}': '{name}' and '{known}' (line {line}) "
                    "differ only in capitals; are they the same?"
                )
                first[name.lower()] = (name, library.line)


def _check_replicates(study: Study, sheet: str, findings: Findings) -> None:
    first: dict[tuple[str, int, str, str], int] = {}
    for library in study.libraries:
        key = (library.specimen, library.replicate, library.protocol, library.assay)
        line = first.setdefault(key, library.line)
        if line != library.line:
            findings.warn(
                f"{sheet} line {library.line}, column 'replicate': specimen '{library.specimen}' already has "
                f"replicate {library.replicate} on line {line}; number the replicates if they are independent"
            )


def _check_single_reads(study: Study, sheet: str, findings: Findings) -> None:
    single = [
        library.line
        for library in study.amplicon_libraries
        if not library.r2 and study.protocol_of(library).junction_read == "R2"
    ]
    if single:
        findings.warn(
            f"{sheet} {line_list(single)}, column 'r2': is empty, so r1 is taken for the read that starts in the vector "
            "end, although the protocol says R2; without the other read most breakpoints stay unknown"
        )


def _check_timepoints(study: Study, sheet: str, findings: Findings) -> None:
    unknown: dict[str, list[int]] = {}
    for library in study.libraries:
        if library.role == "patient" and library.timepoint and library.days is None:
            unknown.setdefault(library.timepoint, []).append(library.line)
    for label, lines in unknown.items():
        findings.warn(
            f"{sheet} {line_list(lines)}, column 'timepoint': '{label}' names no day (D28, W6, M12, Y2); "
            "fill in 'days', or these specimens cannot be tracked over time"
        )
