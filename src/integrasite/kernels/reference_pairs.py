"""The classifying kernel again, slowly: one pair at a time, as text. Tests compare the two."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from integrasite.kernels.layout import Limits
from integrasite.kernels.match import NOT_FOUND, TAIL
from integrasite.kernels.reference import (
    SHIFTS,
    best_of,
    count_mismatches,
    edit_distance,
    end_change,
    find_read_through,
    find_vector_end,
    follows,
    matched_prefix,
    reverse_complement,
)
from integrasite.model.fates import Fate


@dataclass(frozen=True)
class Linker:
    """A linker's constant parts and the length of the UMI between them."""

    prefix: str
    n_umi: int
    suffix: str

    @property
    def through(self) -> tuple[str, int]:
        """How a junction read runs into the linker, and the linker's bases before that."""
        if self.suffix and len(self.suffix) >= min(12, len(self.prefix)):
            return reverse_complement(self.suffix)[:20], 0
        return reverse_complement(self.prefix)[:20], self.n_umi + len(self.suffix)


@dataclass(frozen=True)
class Fit:
    """A linker found in a read: first host base, first base of the UMI, substitutions or edits."""

    end: int
    umi: int
    errors: int


def fit_linker(read: str, linker: Linker, limit: int) -> Fit | None:
    """Twin of `linkers.count_substitutions`."""
    umi = len(linker.prefix)
    at = umi + linker.n_umi
    end = at + len(linker.suffix)
    head = count_mismatches(read, linker.prefix)
    tail = count_mismatches(read[at:], linker.suffix)
    is_fit = (
        end <= len(read)
        and head <= min(limit, len(linker.prefix) // 4)
        and tail <= min(limit, len(linker.suffix) // 4)
    )
    return Fit(end, umi, head + tail) if is_fit else None


def fit_with_indels(read: str, linker: Linker, limit: int) -> Fit | None:
    """Twin of `linkers.find_with_indels`."""
    n_prefix, n_umi, n_suffix = len(linker.prefix), linker.n_umi, len(linker.suffix)
    fits = []
    for shift in SHIFTS[:7]:
        end = n_prefix + n_umi + n_suffix + shift
        for lost in SHIFTS[:3] if n_suffix else (0,):
            begin = end - n_suffix - lost
            anchor, at = (linker.suffix, end) if n_suffix else (linker.prefix, end - n_umi)
            is_anchored = at >= 2 and read[max(0, at - len(anchor[-2:])) : at] == anchor[-2:]
            if end > len(read) or end - n_umi < 2 or begin < n_umi or not is_anchored:
                continue
            for moved in SHIFTS[:3] if n_umi and n_suffix and n_prefix else (0,):
                if begin - n_umi - moved < 0:
                    continue
                tail = edit_distance(read[begin:end], linker.suffix)
                head = edit_distance(read[: begin - n_umi - moved], linker.prefix)
                if tail <= min(limit, n_suffix // 6) and head <= min(limit, n_prefix // 6):
                    fits.append(Fit(end, begin - n_umi, tail + head + (moved != 0)))
    return min(fits, key=lambda fit: fit.errors, default=None)


@dataclass(frozen=True)
class Library:
    """One row of a source, as text."""

    barcode: str
    linker: Linker | None
    primer: str
    ltr_end: str
    continuations: tuple[str, ...] = ()
    circles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pair:
    """One read pair, as text; `linker` is None for single-end input."""

    junction: str
    quality: Sequence[int]
    linker: str | None
    index: str = ""


@dataclass
class Answer:
    """What one pair is; spans count from the starts of the reads and are set where the kernel sets them."""

    fate: Fate
    row: int = NOT_FOUND
    junction: tuple[int, int] = (0, 0)
    linker: tuple[int, int] = (0, 0)
    umi: str = ""
    end_change: int = 0


def _unique(values: Iterable[str]) -> list[str]:
    return [value for value in dict.fromkeys(values) if value]


def assign_pair(
    pair: Pair, libraries: Sequence[Library], limits: Limits
) -> tuple[int, Linker | None, Fit | None]:
    """Twin of `linkers.assign_pair`: row, the linker seen, and where it stands if it is the row's own."""
    barcodes = _unique(library.barcode for library in libraries)
    best = best_of(pair.index, barcodes, limits.barcode_mismatches)
    barcode = barcodes[best] if best != NOT_FOUND else ""
    named = [row for row, library in enumerate(libraries) if library.barcode == barcode]
    only = named[0] if len(named) == 1 and (barcode or not barcodes) else NOT_FOUND
    if only != NOT_FOUND and (libraries[only].linker is None or pair.linker is None):
        return only, libraries[only].linker, Fit(0, 0, 0)
    read, limit = pair.linker or "", limits.linker_mismatches
    fits: dict[int, Fit] = {}
    for fitting in (fit_linker, fit_with_indels):
        for row, library in enumerate(libraries):
            if library.linker and library.barcode in ("", barcode) and not fits.get(row):
                fit = fitting(read, library.linker, limit)
                if fit:
                    fits[row] = fit
        if fits:
            break
    fewest = min((fit.errors for fit in fits.values()), default=None)
    rows = [row for row, fit in fits.items() if fit.errors == fewest]
    if only == NOT_FOUND and not fits:
        return NOT_FOUND, None, None
    for linker in dict.fromkeys(library.linker for library in libraries if library.linker):
        fit = fit_linker(read, linker, limit)
        if fit and fewest != 0 and (fewest is None or fit.errors < fewest):
            return only, linker, None
    if len(rows) != 1 and fewest != 0:
        return only, None, None
    row = rows[0]
    own = libraries[row].linker
    shifted = fit_with_indels(read, own, limit) if own and fits[row].errors > 1 else None
    is_better = shifted is not None and shifted.errors < fits[row].errors
    return row, own, shifted if is_better else fits[row]


def vector_class(text: str, library: Library, rate: float) -> Fate:
    """Whether the bases after the LTR end are the other LTR or the vector itself; USABLE where neither."""
    for circle in library.circles:
        n = min(16, len(circle))
        for at in range(min(20, len(text) - n) + 1 if len(text) >= n else 0):
            mismatches = count_mismatches(text[at:], circle[:n])
            longer = min(len(circle), len(text) - at)
            is_long = longer >= 28 and count_mismatches(text[at:], circle[:longer]) <= longer // 4
            if mismatches <= 2 or (mismatches <= 5 and is_long):
                return Fate.TWO_LTR_CIRCLE
        for lost in range(1, min(20, len(circle) - 20)):
            if count_mismatches(text, circle[lost : lost + 20]) <= 1:
                return Fate.TWO_LTR_CIRCLE
    is_vector = any(follows(text, continuation, rate) for continuation in library.continuations)
    return Fate.INTERNAL_VECTOR if is_vector else Fate.USABLE


def _without_vector_end(read: str, library: Library, limits: Limits) -> Fate:
    n_primer, n_ltr = len(library.primer), len(library.ltr_end)
    allowed = int(limits.primer_error_rate * n_primer)
    has_primer = count_mismatches(read, library.primer) <= allowed
    if n_primer and has_primer and library.linker:
        reach = read[n_primer : n_primer + n_ltr + len(library.linker.through[0])]
        if find_read_through(reach, library.linker.through[0], 16) != NOT_FOUND:
            return Fate.TRUNCATED_LTR
    for shift in (0, 1, -1):
        if n_primer + shift < 0 or (shift == 0 and not has_primer):
            continue
        if matched_prefix(read[n_primer + shift :], library.ltr_end) >= min(
            n_ltr, max(5, min(8, n_ltr // 2))
        ):
            return Fate.TRUNCATED_LTR
    return Fate.MISPRIMING


def _is_unreadable(pair: Pair, limits: Limits) -> bool:
    n = min(len(pair.junction), 60)
    error = sum(10 ** (-quality / 10) for quality in pair.quality[:n])
    return n == 0 or pair.junction[:n].count("N") > limits.max_n_fraction * n or error > limits.max_error * n


def classify(pair: Pair, libraries: Sequence[Library], limits: Limits) -> Answer:
    """Twin of `classify.classify_pairs` for one pair."""
    row, seen, fit = assign_pair(pair, libraries, limits)
    if row == NOT_FOUND:
        return Answer(Fate.UNASSIGNED)
    library, read = libraries[row], pair.junction
    if _is_unreadable(pair, limits):
        return Answer(Fate.LOW_QUALITY, row)
    edits = int(limits.primer_error_rate * len(library.primer)) + int(
        limits.ltr_error_rate * max(0, len(library.ltr_end) - TAIL)
    )
    start = find_vector_end(read, library.primer + library.ltr_end, edits, limits.ltr_tail_mismatches)
    if start == NOT_FOUND:
        return Answer(_without_vector_end(read, library, limits), row)
    length = NOT_FOUND
    if library.linker:
        through, gap = library.linker.through
        found = find_read_through(read[start - 2 :], through, 8)
        length = found if found == NOT_FOUND else max(0, found - 2 - gap)
    stop = len(read) if length == NOT_FOUND else start + length
    answer = Answer(Fate.USABLE, row, (start, stop))
    answer.end_change = end_change(read[:start], library.primer + library.ltr_end)
    if 0 <= length <= 3:
        answer.fate = Fate.NO_INSERT
        return answer
    answer.fate = vector_class(read[start:stop], library, limits.vector_mismatch_rate)
    if answer.fate != Fate.USABLE:
        return answer
    if pair.linker is None:
        return _finish_single(answer, read, library, length, limits)
    if fit is None:
        answer.fate = Fate.NO_LINKER if seen is None else Fate.WRONG_LINKER
        return answer
    return _finish_pair(answer, pair.linker, library, fit, length, limits)


def _finish_single(answer: Answer, read: str, library: Library, length: int, limits: Limits) -> Answer:
    if library.linker and length != NOT_FOUND:
        at = answer.junction[1] + len(library.linker.suffix)
        umi = read[at : at + library.linker.n_umi]
        answer.umi = reverse_complement(umi) if len(umi) == library.linker.n_umi else ""
    is_long = answer.junction[1] - answer.junction[0] >= limits.min_insert
    answer.fate = Fate.USABLE if is_long else Fate.TOO_SHORT
    return answer


def _finish_pair(
    answer: Answer, read: str, library: Library, fit: Fit, length: int, limits: Limits
) -> Answer:
    answer.umi = read[fit.umi : fit.umi + library.linker.n_umi] if library.linker else ""
    back = find_read_through(read[fit.end :], reverse_complement(library.primer + library.ltr_end)[:20], 8)
    if length == NOT_FOUND and 0 <= back <= 3:
        answer.fate = Fate.NO_INSERT
        return answer
    start, stop = answer.junction
    known = length if back == NOT_FOUND else back
    answer.linker = (fit.end, len(read) if known == NOT_FOUND else min(len(read), fit.end + known))
    if length == NOT_FOUND and back != NOT_FOUND:
        answer.junction = (start, min(stop, start + back))
    shortest = min(answer.junction[1] - start, answer.linker[1] - fit.end)
    answer.fate = Fate.USABLE if shortest >= limits.min_insert else Fate.TOO_SHORT
    return answer
