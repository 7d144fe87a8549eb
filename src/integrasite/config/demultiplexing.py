"""Can the rows that share files be told apart? A library is known by its barcode and its linker together."""

import numpy as np
import numpy.typing as npt

from integrasite.config.findings import Findings
from integrasite.config.study import Study
from integrasite.model.library import Library, Source

_Codes = npt.NDArray[np.uint8]
_MOST_PAIRS = 5


def check_sources(study: Study, sheet: str, findings: Findings) -> None:
    """Report rows of one source that barcode and linker do not tell apart, or only barely.

    Args:
        study: the study.
        sheet: the sheet's name, for messages.
        findings: where to put what is found.
    """
    for source in study.sources:
        if len(source.libraries) > 1:
            _check_source(study, source, sheet, findings)
        elif source.i1 and not source.libraries[0].barcode:
            findings.warn(
                f"{sheet} line {source.libraries[0].line}: names an index read (i1) but no barcode, "
                "so the index read is not used"
            )


def _check_source(study: Study, source: Source, sheet: str, findings: Findings) -> None:
    rows = source.libraries
    allowed, safe = study.config.calling.barcode_mismatches, 2 * study.config.calling.barcode_mismatches + 1
    barcodes = _as_matrix([row.barcode for row in rows])
    linkers = [study.linker_of(row) if row.protocol in study.config.protocols else row.linker for row in rows]
    has_problem = False
    close: list[str] = []
    for number in range(1, len(rows)):
        distances = _distances(barcodes[number], barcodes[:number])
        for other in np.flatnonzero(distances < safe):
            verdict = _verdict(int(distances[other]), allowed, linkers[number], linkers[other], study)
            if verdict is None:
                continue
            text = _pair_text(sheet, rows[other], rows[number], int(distances[other]), verdict)
            if verdict == "close":
                close.append(text)
            else:
                findings.problem(text)
                has_problem = True
                break  # one problem a row is enough: a sheet without barcodes has thousands of pairs
    for text in close[:_MOST_PAIRS]:
        findings.warn(text)
    if len(close) > _MOST_PAIRS:
        findings.warn(
            f"{sheet}: {len(close) - _MOST_PAIRS} more pairs of rows have barcodes as close as these"
        )
    if not has_problem:
        _check_unbarcoded(source, sheet, findings)


def _check_unbarcoded(source: Source, sheet: str, findings: Findings) -> None:
    lengths = {len(row.barcode) for row in source.libraries if row.barcode}
    if len(lengths) > 1:
        words = ", ".join(str(length) for length in sorted(lengths))
        findings.warn(
            f"{sheet}: rows that share {source.r1[0].name} have barcodes of different lengths ({words} bases)"
        )


def _verdict(distance: int, allowed: int, linker: str, other_linker: str, study: Study) -> str | None:
    """`same`, `unsafe` (within the allowed errors), `close` (errors could mix them up), or None (apart)."""
    linker_distance = _linker_distance(linker, other_linker)
    if linker_distance > 0:
        near = distance <= allowed and linker_distance <= study.config.calling.linker_mismatches
        return "close" if near else None
    if distance == 0:
        return "same"
    return "unsafe" if distance <= allowed else "close"


def _linker_distance(one: str, other: str) -> int:
    """Bases in which two linkers differ; N, and what only the longer one has, fits anything."""
    return sum(a != b for a, b in zip(one, other, strict=False) if a != "N" and b != "N")


def _as_matrix(barcodes: list[str]) -> _Codes:
    width = max(len(barcode) for barcode in barcodes)
    padded = "".join(barcode.ljust(width, "N") for barcode in barcodes)
    return np.frombuffer(padded.encode("ascii"), np.uint8).reshape(len(barcodes), width)


def _distances(one: _Codes, others: _Codes) -> npt.NDArray[np.int64]:
    wild = ord("N")
    differs = (others != one) & (others != wild) & (one != wild)
    counts: npt.NDArray[np.int64] = differs.sum(axis=1, dtype=np.int64)
    return counts


def _pair_text(sheet: str, first: Library, second: Library, distance: int, verdict: str) -> str:
    pair = f"lines {first.line} ('{first.sample}') and {second.line} ('{second.sample}')"
    where = f"{sheet} {pair}, column 'barcode'"
    if verdict == "same" and not (first.barcode and second.barcode):
        return (
            f"{where}: they name the same files, and neither barcode nor linker tells them apart. "
            "Give each its barcode (with i1) or its linker, or its own files."
        )
    if verdict == "same":
        return f"{where}: barcode '{second.barcode}' and linker are the same; one of the two must differ"
    barcodes = (
        f"'{first.barcode}' and '{second.barcode}' differ in {distance} base{'s' if distance != 1 else ''}"
    )
    if verdict == "unsafe":
        return (
            f"{where}: {barcodes}, within the errors that calling.barcode_mismatches allows, and their "
            "linkers do not differ. Correct the barcode, or set calling.barcode_mismatches to 0."
        )
    return (
        f"{where}: {barcodes}, their linkers hardly or not at all; reads with errors may fit both and be lost"
    )
