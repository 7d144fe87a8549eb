"""Primer, LTR end and vector of the sheet against the first reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from integrasite.kernels.codes import Codes, encode, reverse_complement
from integrasite.reads.learn import (
    MIN_READS,
    Mask,
    ReadTable,
    commonest_words,
    learn_starts,
    mismatches,
    starts_with,
    to_text,
)
from integrasite.reads.learn_disagreements import LEAST, Disagreement, percent
from integrasite.reads.learn_linker import find_word

_ERROR = 0.2
_LOST = 0.02
_RARE = 0.2
_EXACT = 0.01
_COMMON = 0.1
_SIMILAR = 0.35
_OTHER_START = 0.05
_CLEARLY_MORE = 3
_SHORTEST_END = 7
_LONGEST_WORD = 16
READ_ON = {
    "U5": ("TGGCGCCCGAACAGGGAC", "TGGGGGCTCGTCCGGGAT"),
    "U3": ("GTCCCCCCTTTTCTTTT", "CCCCCCTTTTTCTGGAG"),
}
"""What follows an LTR end inside a provirus: primer binding sites, polypurine tracts (HIV-1, MLV; public sequence)."""
_BEHIND = 44
_MOST_SHIFT = 4
_MARK_ERROR = 0.15
_TAIL = 20
_TAIL_ERROR = 0.4
_WORD = 12
_INSIDE = 0.2


@dataclass(frozen=True)
class End:
    """What a protocol says of the junction read."""

    name: str
    primer: str
    ltr_end: str
    read: str

    @property
    def start(self) -> str:
        """Primer and LTR end."""
        return self.primer + self.ltr_end


def begins(table: ReadTable, starts: Iterable[str], error: float = _ERROR) -> Mask:
    """Which reads begin with one of `starts`, with at most a fifth of mismatches."""
    found = np.zeros(len(table), np.bool_)
    for start in starts:
        found |= starts_with(table, encode(start.upper()), error)
    return found


def compare_end(
    table: ReadTable, end: End, lines: tuple[int, ...], other: ReadTable | None, vector: Codes | None
) -> list[Disagreement]:
    """Compare primer and LTR end with junction reads of the rows that use the protocol.

    Args:
        table: junction reads, blanked behind the linker.
        end: the protocol.
        lines: lines of the sheet.
        other: the other reads of the same pairs.
        vector: the only vector of the rows, if there is only one.
    """
    n = len(table)
    form = _common_form(table, end)
    if form is not None:
        return _from_form(end, *form, n, lines)
    n_primer = int(begins(table, [end.primer]).sum()) if end.primer else n
    n_start = int(begins(table, [end.start]).sum())
    if end.primer and n_primer < _RARE * n:
        is_lost, said = n_primer < _LOST * n, _other_primer(table, end, n_primer, vector)
        if is_lost or said:
            return [_wrong_primer(end, said, n_primer, n, lines)]
    if n_start < _LOST * n_primer:
        return [_wrong_ltr_end(table, end, n_start, n_primer, lines, vector)]
    return []


def _common_form(table: ReadTable, end: End) -> tuple[str, int] | None:
    """A sequence like the sheet's start that many reads begin with exactly, where next to none begins with the sheet's."""
    words, counts = commonest_words(table, 0, len(end.start))
    if not len(words):
        return None
    n_exact = int((table[:, : len(end.start)] == encode(end.start)).all(axis=1).sum())
    for word, count in zip(words[:5], counts, strict=False):
        text = to_text(word)
        if count < _COMMON * len(table) or n_exact >= _EXACT * len(table):
            return None
        is_like = mismatches(text, end.start) <= _SIMILAR * len(text)
        # A truncated or mispriming read may be common too; the complete end is ...CA.
        if is_like and text[-2:] == end.start[-2:] and mismatches(text, end.start):
            return text, int(count)
    return None


def _from_form(end: End, form: str, count: int, n: int, lines: tuple[int, ...]) -> list[Disagreement]:
    split = len(end.primer)
    found = []
    for field, sheet, reads in (
        ("primer", end.primer, form[:split]),
        ("ltr_end", end.ltr_end, form[split:]),
    ):
        if sheet == reads:
            continue
        seen = f"{reads} ({percent(count, n)} of {n} reads of {end.read} begin with exactly {form})"
        mend = f"Set `{field}: {reads}` in protocol '{end.name}', or name the protocol that these rows were made with"
        found.append(Disagreement(field, lines, sheet, seen, mend, n))
    return found


def _behind_shift(table: ReadTable, end: End) -> str:
    """What stands before the sheet's LTR end, if it stands at one and the same place in many reads."""
    if len(end.ltr_end) < _SHORTEST_END:
        return ""
    word = encode(end.ltr_end)[-_LONGEST_WORD:]
    at = find_word(table, word)
    columns, counts = np.unique(at[at >= 0], return_counts=True)
    if not len(columns) or counts.max() < _RARE * len(table):
        return ""
    length = int(columns[counts.argmax()]) + len(word) - len(end.ltr_end)
    if length <= 0:
        return ""
    words, _ = commonest_words(table[at >= 0], 0, length)
    return to_text(words[0]) if len(words) else ""


def _other_primer(table: ReadTable, end: End, n_primer: int, vector: Codes | None) -> str:
    """The primer that the reads have, or the whole start; empty where they show none."""
    if primer := _behind_shift(table, end):
        return primer
    if len(table) < MIN_READS:
        return ""
    least = max(_OTHER_START * len(table), _CLEARLY_MORE * n_primer)
    for start in learn_starts(table, vector).starts:
        if start.sequence and start.n_reads >= least and not start.sequence.startswith(end.primer):
            return start.sequence
    return ""


def _wrong_primer(end: End, said: str, n_primer: int, n: int, lines: tuple[int, ...]) -> Disagreement:
    seen = f"that {percent(n_primer, n)} of {n} reads of {end.read} begin with it"
    mend = f"Set `primer` of protocol '{end.name}' to the first bases of the junction reads"
    if said.endswith(end.primer) and said != end.primer:
        seen += f"; {len(said) - len(end.primer)} other bases stand before it ({said})"
        mend = f"Write `primer: {said}` in protocol '{end.name}', or trim these bases from the reads"
    elif said:
        seen += f"; they begin with {said}"
        mend = f"Set `primer` and `ltr_end` of protocol '{end.name}' to what the junction reads begin with"
    else:
        seen += "; they have no common start"
        mend += ", and see whether these are the reads of this protocol"
    return Disagreement("primer", lines, end.primer, seen, mend, n)


def _wrong_ltr_end(
    table: ReadTable, end: End, n_start: int, n_primer: int, lines: tuple[int, ...], vector: Codes | None
) -> Disagreement:
    seen = f"that {percent(n_start, n_primer)} of the reads of {end.read} that begin with the primer go on with it"
    mend = f"Compare `ltr_end` of protocol '{end.name}' with the vector's sequence"
    known = learn_starts(table, vector).starts if len(table) >= MIN_READS else ()
    for start in known:
        ltr_end = start.sequence[len(end.primer) :]
        if start.sequence[-2:] == "CA" and start.sequence.startswith(end.primer) and len(ltr_end) >= 4:
            seen += f"; {percent(start.n_reads, len(table))} of the reads go on with {ltr_end}"
            mend = f"Set `ltr_end: {ltr_end}` in protocol '{end.name}', or name the protocol that these rows were made with"
            break
    else:
        mend += "; it may be right if the primer bound elsewhere in these libraries (mispriming)"
    return Disagreement("ltr_end", lines, end.ltr_end, seen, mend, n_primer)


def _texts(vectors: Mapping[str, Codes]) -> list[bytes]:
    return [
        bytes(np.concatenate([strand, strand[:_BEHIND]]))  # a plasmid is round
        for vector in vectors.values()
        for strand in (vector, reverse_complement(vector))
    ]


def _is_inside(read: Codes, texts: list[bytes]) -> bool:
    """Whether one of the read's first words of twelve bases stands in a vector; two of three may hold errors."""
    return any(
        bytes(read[at : at + _WORD]) in text
        for at in (0, _WORD, 2 * _WORD)
        for text in texts
        if len(read) > at
    )


def _tails(mark: Codes, strands: list[Codes]) -> ReadTable:
    """What stands behind the mark, wherever it stands in a vector."""
    n, found = len(mark) + _TAIL, []
    for strand in strands:
        if len(strand) >= n:
            windows = np.lib.stride_tricks.sliding_window_view(strand, n)
            found.append(windows[(windows[:, : len(mark)] != mark).sum(axis=1) <= _MARK_ERROR * len(mark)])
    rows = np.concatenate(found) if found else np.empty((0, n), np.uint8)
    return np.asarray(rows[:, len(mark) :], np.uint8)


def _runs_on(behind: ReadTable, vector_end: str, strands: list[Codes]) -> tuple[Mask, Mask]:
    """Which reads run on inside a provirus, and which of them inside one of the vectors.

    Viruses of patients differ from each other in every fifth base there, unrelated sequence in three of four.
    """
    is_on, is_inside = np.zeros(len(behind), np.bool_), np.zeros(len(behind), np.bool_)
    for mark in (encode(text) for text in READ_ON.get(vector_end, ())):
        tails = _tails(mark, strands)
        for shift in range(_MOST_SHIFT):
            here = starts_with(behind[:, shift:], mark, _MARK_ERROR)
            tail = behind[:, shift + len(mark) : shift + len(mark) + _TAIL]
            here &= (tail < 4).all(axis=1) & ~is_on
            is_on |= here
            for known in tails:
                is_inside |= here & ((tail != known).sum(axis=1) <= _TAIL_ERROR * _TAIL)
    return is_on, is_inside


def compare_vector(
    behind: ReadTable,
    other: ReadTable | None,
    vectors: Mapping[str, Codes],
    vector_end: str,
    lines: tuple[int, ...],
) -> list[Disagreement]:
    """Reads that run from the LTR end on into a provirus show which provirus it is.

    Known are they by the primer binding site or polypurine tract, never by being common: so is a large clone.

    Args:
        behind: what follows the LTR end.
        other: what follows the linker in the other read of the same pairs, if it is read.
        vectors: the sequences that the rows name.
        vector_end: the protocol's.
        lines: lines of the sheet.
    """
    if behind.shape[1] < _BEHIND:
        return []
    texts = _texts(vectors)
    strands = [np.frombuffer(text, np.uint8) for text in texts]
    is_on, is_inside = _runs_on(behind, vector_end, strands)
    n, n_inside = int(is_on.sum()), int(is_inside.sum())
    if n < LEAST:
        return []
    looked, what = n, f"{n} reads that run on inside a provirus"
    if n_inside >= _INSIDE * n and other is not None and other.shape[1] >= 3 * _WORD:
        ends = np.ascontiguousarray(other[is_on][:, : 3 * _WORD])
        ends = ends[(ends < 4).all(axis=1)]
        if len(ends) >= LEAST:
            n_inside, looked = sum(_is_inside(row, texts) for row in ends), len(ends)
            what = f"{looked} pairs whose junction read runs on inside a provirus"
    if n_inside >= _INSIDE * looked:
        return []
    seen = f"that of {what} {n_inside} go on in it"
    mend = "Name the vector that these rows were made with: with another one, reads from inside the vector are taken for sites"
    return [Disagreement("vector", lines, ", ".join(vectors), seen, mend, looked)]
