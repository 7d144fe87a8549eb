"""Can the tumour rows of a sheet be used: their files, the alignments in them, and what the sheet says of the samples?"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from integrasite.config.explain import listed
from integrasite.config.findings import Findings, line_list
from integrasite.config.study import Study
from integrasite.errors import DataError
from integrasite.io.alignment_start import AlignmentStart, alignment_start
from integrasite.io.fastq_check import Record, alignment_problem, fastq_problem, read_start
from integrasite.model.library import Library

N_READS = 1000
"""Records looked at per file."""
SHORT_READ = 50
"""Reads below this length hold both a host and a vector part of 20 bases in few places."""
_MOST_NAMES = 4


def check_tumour(study: Study, genome_contigs: Sequence[str], findings: Findings) -> None:
    """Find what is wrong with the tumour rows.

    Args:
        study: config and sheet.
        genome_contigs: names of the genome's contigs; empty where it could not be read.
        findings: added to.
    """
    sheet = str(study.resolve(study.config.samples))
    _check_assays(study, sheet, findings)
    _check_owners(study, sheet, findings)
    _check_facts(study, sheet, findings)
    for library in study.tumour_libraries:
        where = f"{sheet} line {library.line}"
        try:
            if library.bam is None:
                _check_reads(where, library, findings)
            elif alignment_problem(library.bam) is None:
                _check_alignment(
                    study, f"{where}, column 'bam': {library.bam}", library, genome_contigs, findings
                )
        except DataError as error:
            findings.problem(f"{where}: {error}")


def _check_assays(study: Study, sheet: str, findings: Findings) -> None:
    for library in study.tumour_libraries:
        if library.assay == "long-read":
            findings.problem(
                f"{sheet} line {library.line}, column 'assay': 'long-read' (sample '{library.sample}') is not supported in "
                "this version; expected amplicon, wgs, capture or rna. Take the row out; its reads are not looked at."
            )
        if library.barcode or library.linker:
            column = "barcode" if library.barcode else "linker"
            findings.problem(
                f"{sheet} line {library.line}, column '{column}': only amplicon reads are demultiplexed here; "
                f"give the {library.assay} sample's own files and leave '{column}' empty"
            )


def _check_owners(study: Study, sheet: str, findings: Findings) -> None:
    """Reads of two tumour rows are those of two samples, so no file may stand in both."""
    owner: dict[Path, Library] = {}
    for library in study.tumour_libraries:
        column = "r1" if library.bam is None else "bam"
        for path in (*library.r1, *library.r2, *([library.bam] if library.bam else [])):
            known = owner.setdefault(path, library)
            if known is not library:
                findings.problem(
                    f"{sheet} line {library.line}, column '{column}': '{path}' also stands on line {known.line} "
                    f"(sample '{known.sample}'); every tumour sample needs its own reads"
                )
                break


def _check_facts(study: Study, sheet: str, findings: Findings) -> None:
    patients = [row for row in study.tumour_libraries if row.role == "patient" and row.assay != "rna"]
    if unknown := [row.line for row in patients if row.purity is None]:
        required = study.config.transgene.required_vcn
        findings.warn(
            f"{sheet} {line_list(unknown)}, column 'purity': is empty, so copies and fractions per tumour cell are not given, "
            f"and NEGATIVE means fewer than {required:g} copies per genome (transgene.required_vcn)"
        )
    if alone := [row.line for row in patients if row.ploidy is not None and row.purity is None]:
        findings.warn(f"{sheet} {line_list(alone)}, column 'ploidy': says nothing without 'purity'")
    if zero := [row.line for row in patients if row.purity == 0]:
        findings.warn(
            f"{sheet} {line_list(zero)}, column 'purity': is 0, so the sample is judged as one without tumour cells"
        )
    captured = [row.line for row in study.tumour_libraries if row.assay == "capture"]
    if captured and not study.config.transgene.has_baits:
        findings.warn(
            f"{sheet} {line_list(captured)}, column 'assay': no NEGATIVE is given for capture unless the panel has baits for "
            "the vector; if it has, set `transgene: {has_baits: true}`"
        )


def _check_reads(where: str, library: Library, findings: Findings) -> None:
    if any(fastq_problem(path) for path in (*library.r1, *library.r2)):
        return
    for number, path in enumerate(library.r1):
        first = read_start(path, N_READS)
        if not library.r2:
            _check_interleaved(where, path, first, findings)
        else:
            _check_pairs(where, path, first, library.r2[number], findings)
        if number == 0:
            _check_lengths(
                f"{where}, column 'r1': {path}", [len(record.sequence) for record in first], findings
            )


def _check_interleaved(where: str, path: Path, records: Sequence[Record], findings: Findings) -> None:
    names = [record.name for record in records]
    twins = sum(one == other for one, other in zip(names[::2], names[1::2], strict=False))
    if len(names) > 1 and twins == len(names) // 2:
        findings.problem(
            f"{where}, column 'r1': {path} holds pairs, one read after the other (interleaved); split it into two files and "
            "name them in r1 and r2"
        )


def _check_pairs(where: str, path: Path, first: Sequence[Record], other: Path, findings: Findings) -> None:
    second = read_start(other, N_READS)
    pairs = zip(first, second, strict=False)
    strange = next((number for number, (a, b) in enumerate(pairs, 1) if a.name != b.name), None)
    if strange is None and len(first) != len(second):
        strange = min(len(first), len(second)) + 1
    if strange is not None:
        findings.problem(
            f"{where}, column 'r2': {path} and {other} do not hold the same reads in the same order (record {strange:,}); "
            "use the two files that the sequencer wrote together"
        )


def _check_lengths(where: str, lengths: Sequence[int], findings: Findings) -> None:
    if lengths and sorted(lengths)[len(lengths) // 2] < SHORT_READ:
        findings.warn(
            f"{where}: half of the first reads have fewer than {SHORT_READ} bases; few of them can hold both a host and a "
            "vector part, so most junctions will be missed"
        )


def _check_alignment(
    study: Study, where: str, library: Library, genome_contigs: Sequence[str], findings: Findings
) -> None:
    assert library.bam is not None
    start = alignment_start(library.bam, N_READS)
    if start.is_cram:
        _check_cram(where, start, study, genome_contigs, findings)
    elif start.contigs:
        _check_contigs(where, start, study, genome_contigs, findings)
    if start.contigs and not start.has_index:
        findings.warn(
            f"{where} has no index beside it, so mates that lie elsewhere take a second pass; `samtools index` makes one"
        )
    if start.n_unmapped == 0:
        findings.warn(
            f"{where} holds no unmapped reads. Vector reads that fitted no contig are lost, and with them most of the vector, "
            "unless the vector was among the contigs; use a file from before the filter, or FASTQ"
        )
    _check_lengths(where, start.lengths, findings)


def _plain(name: str) -> str:
    """A contig's name without the habits of Ensembl and UCSC."""
    bare = name.removeprefix("chr")
    return "MT" if bare == "M" else bare


def _check_contigs(
    where: str, start: AlignmentStart, study: Study, genome_contigs: Sequence[str], findings: Findings
) -> None:
    """Reads are taken by their bases, so another reference is legal; another species is not."""
    known = {_plain(name) for name in genome_contigs}
    if known and not any(_plain(name) in known for name in start.contigs):
        findings.warn(
            f"{where} was aligned to {_shown(start.contigs)}, of which the genome {study.genome} has none. Reads are compared by "
            "their bases, so this is no hindrance; make sure that both are of the same species"
        )


def _check_cram(
    where: str, start: AlignmentStart, study: Study, genome_contigs: Sequence[str], findings: Findings
) -> None:
    """CRAM is unpacked with the genome, whose names must be the same to the letter."""
    known = set(genome_contigs)
    missing = [name for name in start.contigs if name not in known]
    if known and len(missing) == len(start.contigs) and missing:
        findings.problem(
            f"{where} is a CRAM on {_shown(start.contigs)}, but the genome {study.genome}, with which it would be unpacked, has "
            f"{_shown(genome_contigs)}. Use the genome that it was made with, or turn it into BAM (`samtools view -b`)."
        )
    elif known and missing:
        findings.warn(
            f"{where} is a CRAM with contigs that the genome {study.genome} lacks ({_shown(missing)}); if reads lie on them, "
            "they cannot be unpacked and the run stops. Turn the file into BAM where it was made (`samtools view -b`)."
        )


def _shown(names: Iterable[str]) -> str:
    found = list(names)
    more = f" and {len(found) - _MOST_NAMES} more" if len(found) > _MOST_NAMES else ""
    return f"{listed(found[:_MOST_NAMES])}{more}"
