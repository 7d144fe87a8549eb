"""What the reads say beside what the sheet says, as rows of one report."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from integrasite.kernels.codes import Codes
from integrasite.reads.learn import (
    ReadTable,
    Start,
    StartAnswer,
    in_vector,
    learn_starts,
    mismatches,
    share_in_vector,
)
from integrasite.reads.learn_index import AS_GIVEN, UNCLEAR, IndexAnswer
from integrasite.reads.learn_linker import LinkerAnswer, blank_behind, learn_linkers, learn_read_through
from integrasite.reads.patterns import split_linker

COLUMNS = ("field", "sheet_says", "reads_say", "support", "agrees")
_MOST_LINKERS = 20
_VECTOR_SHARE = 0.2
_CLEARLY_MORE = 3


@dataclass(frozen=True)
class SheetSays:
    """What sheet and config claim of one source; every field may be empty.

    Attributes:
        junction_read: R1 or R2.
        ends: primer and LTR end of each protocol.
        linkers: distinct linkers, N for the UMI.
        barcodes: barcode -> sample.
    """

    junction_read: str = ""
    ends: tuple[tuple[str, str], ...] = ()
    linkers: tuple[str, ...] = ()
    barcodes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One line of the report; `agrees` is yes, no, or empty where there is nothing to compare."""

    field: str
    sheet_says: str
    reads_say: str
    support: str
    agrees: str = ""


@dataclass(frozen=True)
class Protocol:
    """What was learned from one set of files."""

    junction_read: str
    junction_support: str
    starts: StartAnswer
    linkers: LinkerAnswer
    index: IndexAnswer | None = None


def _verdict(sheet: str, is_same: bool) -> str:
    return ("yes" if is_same else "no") if sheet else ""


def _of(n: int, total: int) -> str:
    return f"{n} of {total} reads ({100 * n / max(total, 1):.1f} %)"


def learn_protocol(reads: Mapping[str, ReadTable], vector: Codes | None) -> Protocol:
    """Learn starts and linkers, and which read is which.

    Args:
        reads: R1, and R2 where there is one.
        vector: the vector, if known.
    """
    if len(reads) == 1:
        (name, table), through = next(iter(reads.items())), learn_read_through(next(iter(reads.values())))
        starts = learn_starts(blank_behind(table, through.suffix), vector)
        return Protocol(name if starts.starts else "", "only one file was given", starts, through)
    linkers = {name: learn_linkers(table) for name, table in reads.items()}
    starts_of = {}
    for name, other in (("R1", "R2"), ("R2", "R1")):
        starts_of[name] = learn_starts(blank_behind(reads[name], linkers[other].suffix), vector)
    name, support = _which_read(reads, starts_of, linkers, vector)
    if not name:
        nothing = StartAnswer(len(reads["R1"]), words=f"not looked at: {support}")
        return Protocol("", support, nothing, LinkerAnswer(len(reads["R1"]), words=nothing.words))
    return Protocol(name, support, starts_of[name], linkers["R2" if name == "R1" else "R1"])


def _which_read(
    reads: Mapping[str, ReadTable],
    starts: Mapping[str, StartAnswer],
    linkers: Mapping[str, LinkerAnswer],
    vector: Codes | None,
) -> tuple[str, str]:
    """The read that starts in the vector end and what shows it; no name where nothing does."""
    if starts["R1"].words.startswith("too few reads"):
        return "", starts["R1"].words
    pairs = (("R1", "R2"), ("R2", "R1"))
    if vector is not None:
        share = {name: share_in_vector(table, vector) for name, table in reads.items()}
        for one, other in pairs:
            if share[one] >= max(_VECTOR_SHARE, _CLEARLY_MORE * share[other]):
                return (
                    one,
                    f"{100 * share[one]:.1f} % of {one} and {100 * share[other]:.1f} % of {other} begin in the vector",
                )
    for one, other in pairs:
        if linkers[other].umi_length and not linkers[one].umi_length and starts[one].starts:
            return one, f"{other} has the layout of a linker with a UMI, {one} has not"
    for one, other in pairs:
        if _ends_in_ca(starts[one]) and not _ends_in_ca(starts[other]):
            return one, f"{one} has a common start that ends in CA, {other} has not"
    return "", "cannot tell which read starts in the vector end (give --vector)"


def _ends_in_ca(answer: StartAnswer) -> bool:
    return any(start.sequence.endswith("CA") for start in answer.starts)


def _split(start: str, ends: tuple[tuple[str, str], ...]) -> tuple[str, str, str]:
    """The sheet's primer that the start resembles most and the start's own primer and LTR end; empty if none does."""
    near = sorted((mismatches(start, primer), -len(primer), primer) for primer, _ in ends if primer)
    for n, _, primer in near[:1]:
        if n <= 0.4 * len(primer) and len(start) >= len(primer):
            return primer, start[: len(primer)], start[len(primer) :]
    return "", "", ""


def _start_support(start: Start, n_reads: int, vector: Codes | None) -> str:
    parts = [_of(start.n_reads, n_reads), start.support, start.words]
    if vector is not None and start.sequence:
        n = in_vector(start.sequence, vector)
        parts.append(f"its last {n} of {len(start.sequence)} bases stand in the vector")
    return "; ".join(part for part in parts if part)


def _end_rows(sheet: SheetSays, answer: StartAnswer, vector: Codes | None) -> list[Row]:
    known = sorted(
        (one for one in answer.starts if one.sequence), key=lambda one: not one.sequence.endswith("CA")
    )
    main = known[0] if known else None
    if main is None:
        words = answer.words or "; ".join(start.words for start in answer.starts)
        primers = ", ".join(dict.fromkeys(primer for primer, _ in sheet.ends))
        return [
            Row("primer", primers, "", words),
            Row("ltr_end", ", ".join(dict.fromkeys(end for _, end in sheet.ends)), "", words),
        ]
    wanted = [primer + end for primer, end in sheet.ends if end]
    forms = [form for start in answer.starts for form, _ in start.variants]
    same = next((pair for pair in sheet.ends if pair[1] and "".join(pair) in forms), None)
    support = _start_support(main, answer.n_reads, vector)
    is_same = same is not None
    rows = [Row("start", ", ".join(wanted), main.sequence, support, _verdict("".join(wanted), is_same))]
    rows += _part_rows(sheet, main, same, support)
    for form, n in main.variants:
        rows.append(Row("start_variant", "", form, _of(n, answer.n_reads)))
    for other in answer.starts:
        if other is not main:
            rows.append(Row("other_start", "", other.sequence, _start_support(other, answer.n_reads, vector)))
    if answer.words:
        rows.append(Row("no_start", "", "", answer.words))
    return rows


def _part_rows(sheet: SheetSays, main: Start, same: tuple[str, str] | None, support: str) -> list[Row]:
    primers = ", ".join(dict.fromkeys(primer for primer, _ in sheet.ends))
    ltr_ends = ", ".join(dict.fromkeys(end for _, end in sheet.ends if end))
    if same is not None:
        return [
            Row("primer", primers, same[0], support, _verdict(primers, True)),
            Row("ltr_end", ltr_ends, same[1], support, _verdict(ltr_ends, True)),
        ]
    near, primer, ltr_end = _split(main.sequence, sheet.ends)
    if not primer:
        words = (
            "the start resembles no given primer" if primers else "no primer is given: see the whole start"
        )
        return [
            Row("primer", primers, "", words, "no" if primers else ""),
            Row("ltr_end", ltr_ends, "", words),
        ]
    unlike = mismatches(near, primer)
    words = f"differs from the given {near} in {unlike} bases; split at its length" if unlike else support
    expected = next(end for other, end in sheet.ends if other == near)
    return [
        Row("primer", primers, primer, words, _verdict(primers, primer == near)),
        Row("ltr_end", ltr_ends, ltr_end, support, _verdict(ltr_ends, ltr_end == expected)),
    ]


def _linker_rows(sheet: SheetSays, answer: LinkerAnswer) -> list[Row]:
    parts = [split_linker(linker) for linker in sheet.linkers]
    lengths = ", ".join(str(n) for n in sorted({n for _, n, _ in parts}))
    suffixes = sorted({suffix for _, _, suffix in parts if suffix})
    if not answer.linkers:
        return [Row("linker", ", ".join(sheet.linkers[:3]), "", answer.words)]
    seen = _of(sum(linker.n_reads for linker in answer.linkers), answer.n_reads)
    support = "; ".join(part for part in (seen, answer.words) if part)
    is_whole = not answer.words.startswith("seen only") or bool(answer.umi_length)
    rows = []
    if is_whole:
        has_length = str(answer.umi_length) in lengths.split(", ")
        rows.append(
            Row("umi_length", lengths, str(answer.umi_length), support, _verdict(lengths, has_length))
        )
    has_suffix = any(answer.suffix.endswith(s) or s.endswith(answer.suffix) for s in suffixes)
    rows.append(
        Row(
            "linker_suffix",
            ", ".join(suffixes),
            answer.suffix,
            support,
            _verdict(", ".join(suffixes), has_suffix),
        )
    )
    return rows + (_whole_linkers(sheet, answer) if is_whole else [])


def _whole_linkers(sheet: SheetSays, answer: LinkerAnswer) -> list[Row]:
    rows, seen = [], set()
    for linker in answer.linkers[:_MOST_LINKERS]:
        known = next((one for one in sheet.linkers if linker.sequence.endswith(one)), "")
        seen.add(known)
        agrees = ("yes" if known else "no") if sheet.linkers else ""
        rows.append(Row("linker", known, linker.sequence, _of(linker.n_reads, answer.n_reads), agrees))
    missing = sorted(set(sheet.linkers) - seen)
    rows += [Row("linker_not_seen", linker, "", "less than 1 % of the reads") for linker in missing]
    return rows


def _index_rows(sheet: SheetSays, answer: IndexAnswer) -> list[Row]:
    if answer.words:
        return [Row("index", "", "", answer.words)]
    rows = []
    if sheet.barcodes:
        numbers = f"{answer.n_as_given} as given, {answer.n_reversed} reversed, of {answer.n_reads} reads"
        is_good = answer.orientation == AS_GIVEN
        verdict = "" if answer.orientation == UNCLEAR else ("yes" if is_good else "no")
        rows.append(Row("index_orientation", AS_GIVEN, answer.orientation, numbers, verdict))
    for barcode, n in answer.seen:
        text = _of(n, answer.n_reads) + f"; sample {sheet.barcodes[barcode]}"
        rows.append(Row("barcode" if n else "barcode_not_seen", barcode, barcode if n else "", text))
    for barcode, n in answer.unknown:
        rows.append(Row("unknown_barcode", "", barcode, _of(n, answer.n_reads)))
    return rows


def report_rows(sheet: SheetSays, learned: Protocol, vector: Codes | None = None) -> list[Row]:
    """The report, most general first; the same input gives the same rows."""
    name = learned.junction_read
    verdict = _verdict(sheet.junction_read, name == sheet.junction_read) if name else ""
    if learned.junction_support.startswith("only one file"):
        verdict = ""
    rows = [Row("junction_read", sheet.junction_read, name, learned.junction_support, verdict)]
    rows += _end_rows(sheet, learned.starts, vector)
    rows += _linker_rows(sheet, learned.linkers)
    return rows + (_index_rows(sheet, learned.index) if learned.index is not None else [])


def disagreements(rows: list[Row]) -> list[Row]:
    """The rows in which sheet and reads differ."""
    return [row for row in rows if row.agrees == "no"]
