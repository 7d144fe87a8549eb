"""Barcodes of the sheet against the first index reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import encode
from integrasite.model.library import Library
from integrasite.reads.learn import Mask, ReadTable, commonest_words, mismatches, to_text
from integrasite.reads.learn_disagreements import LEAST, Disagreement, percent
from integrasite.reads.learn_index import turn
from integrasite.reads.patterns import split_linker

_LOST = 0.02
_CLEARLY_MORE = 5
_LEAST_TURNED = 20
_NEAR = 3
_MOST = 5
_MOSTLY = 0.5
CONTROLS = ("ntc", "untransduced")
"""Roles in which no site need be found, nor any read."""


@dataclass(frozen=True)
class IndexComparison:
    """Which pairs carry which barcode.

    Attributes:
        rows: the sheet's rows by barcode.
        assigned: per pair the number of its barcode in `rows`, -1 where it has none.
        n_assigned: pairs with a barcode.
        is_usable: whether pairs can be told apart by them.
        disagreements: what the sheet says otherwise.
    """

    rows: tuple[tuple[Library, ...], ...]
    assigned: npt.NDArray[np.int64]
    n_assigned: int
    is_usable: bool
    disagreements: tuple[Disagreement, ...]


def assign(index: ReadTable, barcodes: Sequence[str], allowed: int) -> npt.NDArray[np.int64]:
    """The barcode that each index read begins with, at most `allowed` mismatches and no other as near; -1 for none."""
    best = np.full(len(index), allowed + 1, np.int64)
    found = np.full(len(index), -1, np.int64)
    for number, barcode in enumerate(barcodes):
        unlike = (index[:, : len(barcode)] != encode(barcode)).sum(axis=1)
        found = np.where(unlike < best, number, np.where((unlike == best) & (unlike <= allowed), -1, found))
        best = np.minimum(best, unlike)
    return found


def compare_index(
    index: ReadTable,
    libraries: Sequence[Library],
    linkers: Mapping[str, str],
    other: ReadTable | None,
    is_started: Mask,
    allowed: int,
) -> IndexComparison:
    """Compare index reads with the barcodes of the rows.

    Args:
        index: the index reads.
        libraries: rows of one source.
        linkers: linker of each sample.
        other: the read with the linker.
        is_started: pairs that begin with one of the source's vector ends.
        allowed: mismatches that the run allows.
    """
    by_barcode: dict[str, list[Library]] = {}
    for library in libraries:
        if library.barcode:
            by_barcode.setdefault(library.barcode.upper(), []).append(library)
    barcodes, rows = list(by_barcode), tuple(tuple(found) for found in by_barcode.values())
    lines, n = tuple(row.line for row in libraries), len(index)
    given, turned = (assign(index, codes, allowed) for codes in (barcodes, [turn(code) for code in barcodes]))
    n_given, n_turned = int((given >= 0).sum()), int((turned >= 0).sum())
    is_turned = n_turned >= _LEAST_TURNED and n_turned > _CLEARLY_MORE * n_given
    found: list[Disagreement] = []
    if is_turned:
        found.append(_turned(barcodes, n_given, n_turned, n, lines))
    here, there = (turned, given) if is_turned else (given, turned)
    n_here = n_turned if is_turned else n_given
    unknown = _unknown(index, [turn(code) if is_turned else code for code in barcodes], is_started)
    if n_here < _LOST * n:
        found.append(_lost(index, barcodes, n_here, n, lines))
        return IndexComparison(rows, here, n_here, False, tuple(found))
    owners = {code: _owner(index, other, code, libraries, linkers) for code, _ in unknown}
    missing = [
        number
        for number, members in enumerate(rows)
        if not (here == number).any() and any(row.role not in CONTROLS for row in members)
    ]
    if missing and n_here / len(barcodes) >= LEAST:
        causes = [
            _cause(barcodes[k], rows[k], int((there == k).sum()), unknown, owners, is_turned) for k in missing
        ]
        found.append(_missing([barcodes[k] for k in missing], [rows[k] for k in missing], causes, n))
        explained = {cause.code for cause in causes}
        unknown = [(code, count) for code, count in unknown if code not in explained]
    seen = np.bincount(here[here >= 0], minlength=len(barcodes))
    frequent = [(code, count) for code, count in unknown if count >= 0.5 * float(np.median(seen))]
    if frequent:
        found.append(_frequent(frequent, owners, is_turned, lines, len(barcodes), n))
    return IndexComparison(rows, here, n_here, True, tuple(found))


def _turned(
    barcodes: Sequence[str], n_given: int, n_turned: int, n: int, lines: tuple[int, ...]
) -> Disagreement:
    return Disagreement(
        "barcode",
        lines,
        f"barcodes such as {barcodes[0]}",
        f"their reverse complements: {n_turned} of {n} index reads carry the reverse complement of a barcode, "
        f"{n_given} one as written",
        "The run turns the barcodes; write their reverse complements into the sheet if it is to say what the index reads say",
        n,
    )


def _commonest(index: ReadTable, length: int) -> list[tuple[str, int]]:
    words, counts = commonest_words(index, 0, length)
    return [(to_text(word), int(n)) for word, n in zip(words[:200], counts, strict=False)]


def _lost(
    index: ReadTable, barcodes: Sequence[str], n_here: int, n: int, lines: tuple[int, ...]
) -> Disagreement:
    common = ", ".join(f"{code} ({k})" for code, k in _commonest(index, len(barcodes[0]))[:3])
    return Disagreement(
        "barcode",
        lines,
        f"barcodes such as {barcodes[0]}",
        f"that {n_here} of {n} index reads carry one, in either orientation; the commonest are {common}",
        "See whether i1 names the right index read (i7 or i5) of the right run, and compare the barcodes with the primer list",
        n,
    )


def _unknown(index: ReadTable, known: Sequence[str], is_started: Mask) -> list[tuple[str, int]]:
    """Frequent barcodes that the sheet lacks and whose junction reads begin with the sheet's vector end."""
    others, found = list(known), []
    for code, count in _commonest(index, len(known[0])):
        if count < _LEAST_TURNED:
            break
        if any(mismatches(code, other) <= 1 for other in others):
            continue
        others.append(code)
        has = (index[:, : len(code)] == encode(code)).all(axis=1)
        if is_started[has].mean() >= _MOSTLY:
            found.append((code, count))
    return found


@dataclass(frozen=True)
class _Cause:
    """Why a barcode may be missing: the code of the index reads that is met in its place (empty: none), in words."""

    code: str
    seen: str
    mend: str


def _cause(
    barcode: str,
    rows: Sequence[Library],
    n_other_way: int,
    unknown: Sequence[tuple[str, int]],
    owners: Mapping[str, str],
    is_turned: bool,
) -> _Cause:
    sample = rows[0].sample
    if n_other_way >= _LEAST_TURNED:
        code = barcode if is_turned else turn(barcode)
        seen = f"{n_other_way} times the reverse complement of {barcode}"
        return _Cause(code, seen, f"write {turn(barcode)} for {sample}")
    for code, count in unknown:
        likely = turn(code) if is_turned else code
        is_its = owners[code] in {row.sample for row in rows}
        if is_its or mismatches(likely, barcode) <= _NEAR:
            linker = ", with its linker" if is_its else ""
            seen = f"never {barcode}, but {count} times {likely}{linker}"
            return _Cause(code, seen, f"write {likely} for {sample} if that is what was used")
    return _Cause("", f"never {barcode}", f"compare the barcode of {sample} with the primer list")


def _missing(
    barcodes: Sequence[str], rows: Sequence[Sequence[Library]], causes: Sequence[_Cause], n: int
) -> Disagreement:
    more = f" and {len(barcodes) - _MOST} more" if len(barcodes) > _MOST else ""
    seen = "; ".join(cause.seen for cause in causes[:_MOST])
    mend = "; ".join(cause.mend for cause in causes[:_MOST])
    return Disagreement(
        "barcode",
        tuple(row.line for members in rows for row in members),
        ", ".join(barcodes[:_MOST]) + more,
        f"{seen}{more} (in the first {n} index reads)",
        f"{mend[:1].upper()}{mend[1:]}; a library that failed has no reads either",
        n,
    )


def _frequent(
    frequent: Sequence[tuple[str, int]],
    owners: Mapping[str, str],
    is_turned: bool,
    lines: tuple[int, ...],
    n_barcodes: int,
    n: int,
) -> Disagreement:
    """Barcodes as frequent as the sheet's own, in libraries made the same way."""
    said = []
    for code, count in frequent[:_MOST]:
        owner = f", with the linker of {owners[code]}" if owners[code] else ""
        said.append(f"{turn(code) if is_turned else code} ({percent(count, n)}{owner})")
    more = f" and {len(frequent) - _MOST} more" if len(frequent) > _MOST else ""
    return Disagreement(
        "barcode",
        lines,
        f"{n_barcodes} barcode{'s' if n_barcodes > 1 else ''}",
        f"also {', '.join(said)}{more}, whose junction reads begin with this protocol's primer and LTR end",
        "Add rows for them or correct a barcode; nothing is wrong if they belong to another study on the same run",
        n,
    )


def _owner(
    index: ReadTable,
    other: ReadTable | None,
    code: str,
    libraries: Sequence[Library],
    linkers: Mapping[str, str],
) -> str:
    """The only row whose linker most reads with the barcode carry."""
    if other is None:
        return ""
    reads = other[(index[:, : len(code)] == encode(code)).all(axis=1)]
    owners = []
    for row in libraries:
        prefix = split_linker(linkers[row.sample])[0]
        if prefix and ((reads[:, : len(prefix)] != encode(prefix)).sum(axis=1) <= 2).mean() >= _MOSTLY:
            owners.append(row.sample)
    return owners[0] if len(owners) == 1 else ""
