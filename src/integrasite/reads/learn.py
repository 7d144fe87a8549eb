"""What the reads say about the protocol: the vector end they start in.

Nothing here is told what the sheet says; evidence that does not suffice is said in words, never filled in.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Codes, encode, reverse_complement

ReadTable = npt.NDArray[np.uint8]
"""Reads as rows of codes, all cut or filled (with 5) to one width."""
Mask = npt.NDArray[np.bool_]

MIN_READS = 200
"""Reads below which nothing is learned."""
MIN_SHARE = 0.01
"""Share of the reads from which a variant or a linker is worth a line."""
FILL = 5
_LETTERS = np.frombuffer(b"ACGTNN", np.uint8)
_SEEDS = ((16, 0.05, 1), (6, 0.2, 0))  # bases, least share of the reads, mismatches allowed
_MIN_KINDS = 10
_LEAVING = 10
_MOST_KINDS = 1500
_OTHER_SHARE = 0.05
_MOST_STARTS = 5
_DISTINCT = 48
_SHORT = 16
_CHANCE = 5
_NO_BASE = 9  # matches no code
_CA = [1, 0]
_VECTOR_WORD = 12
_LEAST_KNOWN = 12
KNOWN_ENDS = {
    "HIV-1 U5 end": "AGTGTGGAAAATCTCTAGCA",
    "HIV-1 U3 end": "GGGAGTGAATTAGCCCTTCCA",
    "MLV U3 end": "AGGTGGGGTCTTTCATT",
}
"""Outer LTR ends as a junction read shows them (public reference sequence, HXB2 and MLV)."""


@dataclass(frozen=True)
class Start:
    """One common start of the reads.

    Attributes:
        sequence: consensus from the first base to the last one before reads go separate ways; empty if unknown.
        n_reads: reads that begin with it (at most 15 % mismatches).
        support: in words, what shows that it ends there.
        variants: exact forms seen in at least 1 % of all reads, commonest first, with their reads.
        words: what is wrong or doubtful, empty if nothing.
    """

    sequence: str
    n_reads: int
    support: str = ""
    variants: tuple[tuple[str, int], ...] = ()
    words: str = ""


@dataclass(frozen=True)
class StartAnswer:
    """All common starts of one file, commonest first, or in words why there is none."""

    n_reads: int
    starts: tuple[Start, ...] = field(default=())
    words: str = ""


def to_text(codes: Codes) -> str:
    """Codes as letters."""
    return _LETTERS[np.minimum(codes, FILL)].tobytes().decode("ascii")


def stack_reads(codes: Codes, offsets: npt.NDArray[np.int64], width: int) -> ReadTable:
    """Reads that stand end to end as one table of `width` columns."""
    columns = np.arange(width)
    at = offsets[:-1, None] + columns[None, :]
    is_inside = at < offsets[1:, None]
    if not len(codes):
        return np.full(at.shape, FILL, np.uint8)
    return np.where(is_inside, codes[np.minimum(at, len(codes) - 1)], np.uint8(FILL)).astype(np.uint8)


def commonest_words(table: ReadTable, start: int, length: int) -> tuple[ReadTable, npt.NDArray[np.int64]]:
    """Distinct words in columns `start` to `start + length` without N, commonest first (ties by sequence), and counts."""
    words = table[:, start : start + length]
    words = np.ascontiguousarray(words[(words < 4).all(axis=1)])
    if words.shape[1] < length or not len(words):
        return np.empty((0, length), np.uint8), np.empty(0, np.int64)
    keys = words.view(np.dtype((np.void, length))).ravel()
    found, counts = np.unique(keys, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return found.view(np.uint8).reshape(-1, length)[order], counts[order].astype(np.int64)


def count_kinds(words: ReadTable, max_mismatches: int = 2) -> int:
    """How many words remain when those close to a commoner one are counted with it."""
    kinds, _ = commonest_words(words, 0, words.shape[1])
    kinds = kinds[:_MOST_KINDS]
    n = 0
    while len(kinds):
        n += 1
        kinds = kinds[(kinds != kinds[0]).sum(axis=1) > max_mismatches]
    return n


def _seed(table: ReadTable) -> tuple[Codes, int]:
    for length, share, mismatches in _SEEDS:
        words, counts = commonest_words(table, 0, length)
        if len(words) and counts[0] >= share * len(table):
            return words[0], mismatches
    return np.empty(0, np.uint8), 0


def follow_path(table: ReadTable) -> Codes:
    """The commonest way through the reads from the commonest start, as far as 1 % of the reads (at least 20) go it."""
    seed, mismatches = _seed(table)
    if not len(seed):
        return seed
    least = max(20, MIN_SHARE * len(table))
    reads = table[(table[:, : len(seed)] != seed).sum(axis=1) <= mismatches]
    path = list(seed)
    recent = np.zeros((len(reads), 10), np.bool_)
    for column in range(len(seed), table.shape[1]):
        counts = np.bincount(reads[:, column], minlength=6)[:4]
        base = int(np.argmax(counts))
        recent[:, column % 10] = reads[:, column] != base
        is_on_path = (recent.sum(axis=1) <= 3) & (reads[:, column] < FILL)
        if is_on_path.sum() < least:
            break
        path.append(np.uint8(base))
        reads, recent = reads[is_on_path], recent[is_on_path]
    return np.array(path, np.uint8)


def _departures(table: ReadTable, path: Codes) -> npt.NDArray[np.int64]:
    """Per read, the length of the path it follows before it leaves for good; -1 where it never was on it or stays."""
    # Behind the path's end nothing is like it, so that reads which all differ there count as leaving.
    longer = np.concatenate([path, np.full(_LEAVING, _NO_BASE, np.uint8)])[: table.shape[1]]
    n = len(longer)
    unlike = table[:, :n] != longer
    total = np.concatenate(
        [np.zeros((len(table), 1), np.int32), np.cumsum(unlike, axis=1, dtype=np.int32)], axis=1
    )
    left = np.full(len(table), -1, np.int64)
    for at in range(6, n - _LEAVING + 1):
        is_good = total[:, at] <= 1 + at // 10
        is_good &= (total[:, at] == total[:, at - 2]) & (total[:, at] - total[:, max(0, at - 8)] <= 1)
        is_gone = unlike[:, at] & (total[:, at + _LEAVING] - total[:, at] >= _LEAVING // 2)
        is_whole = table[:, at + _LEAVING - 1] < FILL
        left[is_good & is_gone & is_whole & (left < 0)] = at
    return left


def _separations(table: ReadTable, path: Codes, least: float) -> list[tuple[int, int, int]]:
    """Where many reads leave the path in many ways: kinds of continuation, length of the start, reads that leave."""
    left = _departures(table, path)
    found = []
    for at in range(6, len(path) + 1):
        leaving = left == at
        n = int(leaving.sum())
        if n >= least:
            found.append((count_kinds(table[leaving, at : at + _LEAVING]), at, n))
    return sorted((one for one in found if one[0] >= _MIN_KINDS), key=lambda one: (-one[0], one[1]))


def find_known_end(path: str) -> tuple[int, str]:
    """Where a published LTR end (at most 20 % mismatches, CA exact) ends in the path, and its name; (0, "") if nowhere."""
    for name, known in KNOWN_ENDS.items():
        for end in range(_LEAST_KNOWN, len(path) + 1):
            n = min(len(known), end)
            is_like = mismatches(path[end - n : end], known[-n:]) <= n // 5
            if is_like and path[end - 2 : end] == known[-2:]:
                return end, name
    return 0, ""


def leaves_vector(path: Codes, vector: Codes) -> int:
    """How much of the path's beginning stands in the vector (a primer of up to 12 bases may not); 0 if it never leaves it.

    Compared without gaps, at most 15 % mismatches, on both strands; the place in the vector that holds most counts.
    """
    best = 0
    for strand in (vector, reverse_complement(vector)):
        padded = np.concatenate([strand, np.full(len(path), FILL, np.uint8)])
        windows = np.lib.stride_tricks.sliding_window_view(padded, len(path))[: len(strand)]
        unlike = windows != path
        starts = np.flatnonzero(unlike[:, 12:32].sum(axis=1) <= 4) if len(path) >= 32 + _LEAVING else ()
        for start in starts:
            best = max(best, _last_like(unlike[start]))
    return best if best <= len(path) - _LEAVING else 0


def _last_like(unlike: Mask) -> int:
    """The longest beginning that ends with three like bases and holds at most 15 % unlike ones in its last 20."""
    end = 32
    for at in range(32, len(unlike) + 1):
        if unlike[at - 20 : at].mean() > 0.25:
            break
        if not unlike[at - 3 : at].any():
            end = at
    return end


def starts_with(table: ReadTable, start: Codes, error: float = 0.15) -> Mask:
    """Which reads begin with `start`, up to a share of mismatches."""
    return np.asarray((table[:, : len(start)] != start).sum(axis=1) <= error * len(start), np.bool_)


def _variants(table: ReadTable, length: int, n_all: int) -> tuple[tuple[str, int], ...]:
    words, counts = commonest_words(table, 0, length)
    least = max(2.0, MIN_SHARE * n_all)
    return tuple((to_text(w), int(n)) for w, n in zip(words, counts, strict=True) if n >= least)


def _choose_end(table: ReadTable, path: Codes, n_all: int, vector: Codes) -> tuple[int, str, str]:
    """Length of the start, what supports it, and what is doubtful about it; length 0 where nothing does."""
    text = to_text(path)
    places = _separations(table, path, MIN_SHARE * n_all)
    for kinds, at, n in places:
        if text[at - 2 : at] == "CA" and 2 * kinds >= places[0][0]:
            return at, f"{n} reads leave the commonest path here in {kinds} different ways", ""
    end = leaves_vector(path, vector) if len(vector) else 0
    # The host's first bases may be the vector's by chance; the complete end is ...CA.
    for at in range(end, max(end - _CHANCE, 2), -1):
        if text[at - 2 : at] == "CA":
            return at, "the reads leave the given vector here", ""
    end, name = find_known_end(text)
    if end:
        doubt = "too few different continuations to see it in the reads alone"
        return end, f"resembles the published {name}", doubt
    for kinds, at, n in places[:1]:
        doubt = "does not end in CA, so it may not be the vector's end (primer alone, mispriming, or a transposon)"
        return at, f"{n} reads leave the commonest path here in {kinds} different ways", doubt
    return 0, "", "they go on in too few different ways to see where the vector ends"


def _one_start(table: ReadTable, n_all: int, vector: Codes) -> tuple[Start, Mask] | None:
    path = follow_path(table)
    if not len(path):
        return None
    end, support, doubt = _choose_end(table, path, n_all, vector)
    is_its = starts_with(table, path[: end or 16])
    if not end:
        return Start(
            "", int(is_its.sum()), words=f"reads begin with {to_text(path[:16])}, but {doubt}"
        ), is_its
    is_done = (
        is_its
        if not doubt or path[end - 2 : end].tolist() == _CA
        else starts_with(table, path[: max(end, _DISTINCT)], 0.06)
    )
    variants = _variants(table[is_its], end, n_all)
    sequence = variants[0][0] if variants else to_text(path[:end])
    return Start(sequence, int(is_its.sum()), support, variants, doubt), is_done


def _known_starts(table: ReadTable) -> list[Start]:
    """Starts of at least 1 % of the reads that end in a published LTR end: paths beside the commonest hide no complete end."""
    found: dict[str, Start] = {}
    least = MIN_SHARE * len(table)
    for name, known in KNOWN_ENDS.items():
        word = encode(known)[-_LEAST_KNOWN:]
        for column in range(table.shape[1] - len(word) + 1):
            end = column + len(word)
            has = (table[:, column:end] == word).all(axis=1)
            if has.sum() < least:
                continue
            variants = _variants(table[has], end, len(table))
            if not variants or find_known_end(variants[0][0])[0] != end:
                continue
            text = variants[0][0]
            words = (
                "beside a commoner start; too few different continuations to see its end in the reads alone"
            )
            n_reads = int((has & starts_with(table, encode(text))).sum())
            found.setdefault(text, Start(text, n_reads, f"resembles the published {name}", variants, words))
    return list(found.values())


def learn_starts(table: ReadTable, vector: Codes | None = None) -> StartAnswer:
    """The common starts of one file's reads.

    Reads follow the commonest path from their first base; the vector ends where they leave it in the
    largest number of *different* ways, so that neither a dominant clone nor reads that go on inside the vector
    hide the end.

    Where too few continuations are there (one clone), the given vector and then published LTR ends decide.

    Args:
        table: the first reads of the file (bases behind a linker blanked, see `learn_linker.blank_behind`).
        vector: the vector, if known.
    """
    given = np.empty(0, np.uint8) if vector is None else vector
    if len(table) < MIN_READS:
        return StartAnswer(len(table), words=f"too few reads ({len(table)}; at least {MIN_READS} are needed)")
    is_short = table[:, _SHORT - 1] == FILL
    words = (
        f"{int(is_short.sum())} reads end or run into the linker within {_SHORT} bases"
        if is_short.any()
        else ""
    )
    rest = table[~is_short]
    starts: dict[str, Start] = {}
    least = _OTHER_SHARE * len(table)
    for _ in range(_MOST_STARTS):
        found = _one_start(rest, len(table), given) if len(rest) >= max(least, MIN_READS // 2) else None
        if found is None or not found[1].any():
            break
        if found[0].n_reads >= least:
            starts.setdefault(found[0].sequence or found[0].words, found[0])
        rest = rest[~found[1]]
    for start in _known_starts(table):
        if not any(start.sequence in (form for form, _ in one.variants) for one in starts.values()):
            starts.setdefault(start.sequence, start)
    ordered = sorted(starts.values(), key=lambda start: (-start.n_reads, start.sequence))
    return StartAnswer(
        len(table), tuple(ordered), "; ".join(x for x in ("" if ordered else "no common start", words) if x)
    )


def share_in_vector(table: ReadTable, vector: Codes) -> float:
    """Share of the reads whose first 12 bases stand in the vector, on either strand."""
    if not len(table) or len(vector) < _VECTOR_WORD:
        return 0.0
    words = {
        bytes(strand[at : at + _VECTOR_WORD])
        for strand in (vector, reverse_complement(vector))
        for at in range(len(strand) - _VECTOR_WORD + 1)
    }
    return sum(bytes(row) in words for row in np.ascontiguousarray(table[:, :_VECTOR_WORD])) / len(table)


def in_vector(sequence: str, vector: Codes) -> int:
    """How many last bases of `sequence` stand in the vector without a gap or mismatch, on either strand."""
    longest = 0
    texts = (to_text(vector), to_text(reverse_complement(vector)))
    while longest < len(sequence) and any(sequence[-longest - 1 :] in text for text in texts):
        longest += 1
    return longest


def mismatches(one: str, other: str) -> int:
    """Substitutions between two sequences over the shorter one's length."""
    n = min(len(one), len(other))
    return int((encode(one[:n]) != encode(other[:n])).sum())
