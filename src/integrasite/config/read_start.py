"""Do the files fit each other and the config? What makes a run impossible (`integrasite check --reads`).

What the sheet says of the reads is compared in `reads.learn_compare`.
"""

from itertools import islice

from integrasite.config.findings import Findings
from integrasite.config.settings import Protocol
from integrasite.config.study import Study
from integrasite.errors import DataError
from integrasite.io.fastq_check import Record, read_start
from integrasite.model.library import Source

N_READS = 1000
"""Records looked at per file."""

_FEW = 0.02
_CLEARLY_MORE = 5


def check_reads(study: Study) -> tuple[list[str], list[str]]:
    """Compare the first reads of every source with config and sheet.

    Looks at read names (the same in R1, R2 and I1), the length of the index read, and on which read the
    protocol's primer and LTR end stand.

    Args:
        study: a study without problems.

    Returns:
        Problems and warnings, as `check_study` gives them.
    """
    findings = Findings()
    sheet = str(study.resolve(study.config.samples))
    for source in study.sources:
        where = f"{sheet} line {source.libraries[0].line} ({source.r1[0].name})"
        try:
            reads = {
                column: [record for path in files[:1] for record in read_start(path, N_READS)]
                for column, files in (("R1", source.r1), ("R2", source.r2), ("I1", source.i1))
                if files
            }
        except DataError as error:
            findings.problem(str(error))
            continue
        if not reads["R1"]:
            findings.warn(f"{where}: holds no reads")
            continue
        _check_pairing(where, reads, findings)
        _check_index(where, source, reads.get("I1", []), findings)
        for name in dict.fromkeys(library.protocol for library in source.libraries):
            _check_end(where, name, study.config.protocols[name], reads, findings)
    return findings.problems, findings.warnings


def _check_pairing(where: str, reads: dict[str, list[Record]], findings: Findings) -> None:
    for column in ("R2", "I1"):
        if column not in reads:
            continue
        if len(reads[column]) != len(reads["R1"]):
            findings.problem(
                f"{where}: R1 and {column} hold different numbers of reads; give them as the run wrote them"
            )
        for number, (one, other) in enumerate(zip(reads["R1"], reads[column], strict=False), 1):
            if one.name != other.name:
                findings.problem(
                    f"{where}: read {number} is '{one.name}' in R1 but '{other.name}' in {column}; the "
                    "files must hold the same reads in the same order"
                )
                break


def _check_index(where: str, source: Source, index: list[Record], findings: Findings) -> None:
    barcodes = {library.barcode for library in source.libraries if library.barcode}
    if not barcodes or not index:
        return
    longest, shortest = max(map(len, barcodes)), min(len(record.sequence) for record in index)
    if longest > shortest:
        findings.problem(
            f"{where}: barcodes have up to {longest} bases, but the index read has {shortest}; "
            "give the bases that are on the index read"
        )


def _check_end(
    where: str, name: str, protocol: Protocol, reads: dict[str, list[Record]], findings: Findings
) -> None:
    start = f"{protocol.primer}{protocol.ltr_end}".upper()
    counts: dict[str, int] = {
        column: sum(_begins(read, start) for read in reads[column])
        for column in ("R1", "R2")
        if column in reads
    }
    here = protocol.junction_read if "R2" in counts else "R1"
    there = "R1" if here == "R2" else "R2"
    n, n_here, n_there = len(reads["R1"]), counts.get(here, 0), counts.get(there, 0)
    if n_there > _CLEARLY_MORE * max(n_here, 1) and n_there >= _FEW * n:
        findings.problem(
            f"{where}: primer and LTR end of protocol '{name}' begin {n_there} of the first {n} reads of "
            f"{there} and {n_here} of {here}; set `junction_read: {there}`, or exchange r1 and r2"
        )


def _begins(read: Record, start: str, error_rate: float = 0.2) -> bool:
    if len(read.sequence) < len(start):
        return False
    allowed = error_rate * len(start)
    return sum(a != b for a, b in islice(zip(read.sequence, start, strict=False), len(start))) <= allowed
