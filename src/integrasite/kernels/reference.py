"""The kernels again, slowly: plain Python over strings, written to be read. Tests compare the two.

Reads are strings of ACGT and N; N never matches. Positions count from the start of the read, and `NOT_FOUND` is -1.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from integrasite.kernels.consensus import MOST_PAIRED
from integrasite.kernels.match import END_BASES, NOT_FOUND, TAIL

_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
SHIFTS = (0, 1, -1, 2, -2, 3, -3, 4, -4)
"""In the order in which they are tried."""


def reverse_complement(sequence: str) -> str:
    """The other strand."""
    return sequence.translate(_COMPLEMENT)[::-1]


def count_mismatches(text: str, pattern: str) -> int:
    """Bases of `pattern` that `text` lacks or shows otherwise."""
    return sum(k >= len(text) or text[k] != base or base not in "ACGT" for k, base in enumerate(pattern))


def edit_distance(text: str, pattern: str) -> int:
    """Fewest substitutions, insertions and deletions between the two."""
    row = list(range(len(text) + 1))
    for n, base in enumerate(pattern, 1):
        above, row = row, [n]
        for column, other in enumerate(text, 1):
            row.append(min(above[column - 1] + (other != base), above[column] + 1, row[column - 1] + 1))
    return row[-1]


def find_vector_end(read: str, pattern: str, head_edits: int, tail_mismatches: int) -> int:
    """Twin of `match.find_vector_end`."""
    n_head = len(pattern) - min(TAIL, len(pattern))
    head, tail = pattern[:n_head], pattern[n_head:]
    for shift in SHIFTS:
        at = n_head + shift
        if abs(shift) > head_edits or at < 0 or at + len(tail) > len(read):
            continue
        seen = read[at : at + len(tail)]
        allowed = tail_mismatches if shift == 0 else 0
        if seen[-2:] != tail[-2:] or count_mismatches(seen, tail) > allowed:
            continue
        if edit_distance(read[:at], head) <= head_edits:
            return at + len(tail)
    return NOT_FOUND


def _is_adapter(text: str, pattern: str) -> bool:
    """Whether the text goes on as the pattern does, to the pattern's end or its own."""
    n = min(len(text), len(pattern))
    if count_mismatches(text, pattern[:n]) <= (0 if n < 12 else 1 if n < 14 else 2):
        return True
    first = next((k for k in range(n) if text[k] != pattern[k]), n)
    if first < 3:
        return False
    for rest, expected in ((text[first:], pattern[first + 1 :]), (text[first + 1 :], pattern[first:])):
        compared = min(len(rest), len(expected))
        if first + compared >= 13 and rest[:compared] == expected[:compared]:
            return True
    return False


def find_read_through(read: str, pattern: str, min_overlap: int) -> int:
    """Twin of `match.find_read_through`."""
    if len(pattern) < min_overlap:
        return NOT_FOUND
    starts = range(len(read) - min_overlap + 1)
    return next((at for at in starts if _is_adapter(read[at:], pattern)), NOT_FOUND)


def matched_prefix(text: str, pattern: str) -> int:
    """Twin of `match.matched_prefix`."""
    longest = 0
    for n in range(1, min(len(text), len(pattern)) + 1):
        is_match = text[n - 1] == pattern[n - 1]
        if is_match and 5 * count_mismatches(text[:n], pattern[:n]) <= n:
            longest = n
    return longest


def follows(text: str, pattern: str, mismatch_rate: float) -> bool:
    """Twin of `match.follows`."""
    length = min(len(pattern), len(text), 30)
    if length < 12:
        return False
    for shift in range(-2, 3):
        seen, expected = text[max(0, -shift) :], pattern[max(0, shift) :]
        n = min(length, len(seen), len(expected))
        if n < 12:
            continue
        if count_mismatches(seen[:n], expected[:n]) <= int(mismatch_rate * n + 0.5):
            return True
        if n >= 18 and count_mismatches(seen[:18], expected[:18]) <= 2:
            return True
    return False


def best_of(read: str, patterns: Sequence[str], limit: int) -> int:
    """Twin of `match.best_of`."""
    found = [count_mismatches(read, pattern) for pattern in patterns]
    best = min(found, default=limit + 1)
    return found.index(best) if best <= limit and found.count(best) == 1 else NOT_FOUND


Read = tuple[str, Sequence[int]]
"""Bases and Phred qualities."""


def _shown(read: Read) -> str:
    """A read as it is packed: base A of quality 0 cannot be told from an unreadable base."""
    return "".join("N" if pair == ("A", 0) else pair[0] for pair in zip(*read, strict=True))


def _is_far(first: str, second: str) -> bool:
    compared = list(zip(first, second, strict=False))
    unlike = sum(a != b and "N" not in (a, b) for a, b in compared)
    return 20 * unlike > 3 * len(compared)


def _sum_reads(reads: Sequence[Read], length: int) -> str:
    letters = []
    for position in range(length):
        weights: Counter[str] = Counter()
        for read in reads:
            shown = _shown(read)
            if position < len(shown) and shown[position] != "N":
                weights[shown[position]] += min(read[1][position], 63) + 1
        letters.append(max("ACGT", key=lambda base: (weights[base], -ord(base))) if weights else "N")
    return "".join(letters)


def _packed(read: Read) -> list[int]:
    codes = [
        0 if base == "N" else "ACGT".index(base) | (min(q, 63) << 2) for base, q in zip(*read, strict=True)
    ]
    return codes


def consensus(reads: Sequence[Read]) -> str:
    """Twin of `consensus`: the reads of one molecule to one sequence."""
    sizes = Counter(len(bases) for bases, _ in reads)
    length = max(sizes, key=lambda size: (sizes[size], size))
    text = _sum_reads(reads, length)
    n_far = sum(_is_far(_shown(read), text) for read in reads)
    if not 2 <= len(reads) <= MOST_PAIRED or 2 * n_far < len(reads):
        return text
    agreeing = [[r for r in reads if not _is_far(_shown(read), _shown(r))] for read in reads]
    ranks = [
        (-len(group), -sum(code >> 2 for code in _packed(read)), _packed(read))
        for read, group in zip(reads, agreeing, strict=True)
    ]
    return _sum_reads(agreeing[ranks.index(min(ranks))], length)


def end_change(lead: str, pattern: str) -> int:
    """Twin of `match.end_change`; `lead` is the read up to its first host base."""
    change = 0
    ends = zip(lead[::-1], pattern[::-1], strict=False)
    for back, (base, expected) in enumerate(list(ends)[:END_BASES]):
        if base in "ACGT" and expected in "ACGT":
            change += ("ACGT".index(base) ^ "ACGT".index(expected)) << (2 * back)
    return change


def agree_changes(changes: Sequence[int]) -> int:
    """Twin of `consensus.agree_changes` for one group."""
    agreed = 0
    for shift in range(0, 2 * END_BASES, 2):
        for change, count in Counter((value >> shift) & 3 for value in changes).items():
            agreed |= change << shift if 2 * count > len(changes) else 0
    return agreed


def _is_one_apart(first: tuple[int, str, str, str], second: tuple[int, str, str, str]) -> bool:
    differing = [(a, b) for a, b in zip(first[1:], second[1:], strict=True) if a != b]
    return first[0] == second[0] and len(differing) == 1 and count_mismatches(*differing[0]) == 1


def find_parents(keys: Sequence[tuple[int, str, str, str]], counts: Sequence[int]) -> list[int]:
    """Twin of `merge.find_parents`: keys are (library, UMI, first bases at junction and breakpoint), sorted."""
    parents = []
    for group, key in enumerate(keys):
        stronger = [
            other
            for other in range(len(keys))
            if _is_one_apart(keys[other], key)
            and counts[other] >= 2 * counts[group] - 1
            and (counts[other] > counts[group] or other < group)
        ]
        parents.append(min(stronger, key=lambda other: (-counts[other], other), default=group))
    return _roots(parents)


def _roots(parents: list[int]) -> list[int]:
    for start in range(len(parents)):
        root = start
        while parents[root] != root:
            root = parents[root]
        parents[start] = root
    return parents


@dataclass(frozen=True)
class Molecule:
    """What `find_fragments` compares: group (library and site), breakpoint, UMI, reads."""

    group: int
    breakpoint: int
    umi: str
    n_reads: int
    has_umi: bool


def find_fragments(molecules: Sequence[Molecule], jitter: int, jitter_rate: float, span: float) -> list[int]:
    """Twin of `fragments.find_fragments`."""
    n_in_group = Counter(molecule.group for molecule in molecules)
    parents = []
    for i, minor in enumerate(molecules):
        density = min(1.0, n_in_group[minor.group] / span)
        stronger = [
            k
            for k, major in enumerate(molecules)
            if k != i
            and major.group == minor.group
            and abs(major.breakpoint - minor.breakpoint) <= jitter
            and (-major.n_reads, k) < (-minor.n_reads, i)
            and _is_same_fragment(minor, major, jitter_rate, density)
        ]
        parents.append(min(stronger, key=lambda k: (-molecules[k].n_reads, k), default=i))
    return _roots(parents)


def _is_same_fragment(minor: Molecule, major: Molecule, jitter_rate: float, density: float) -> bool:
    shift = abs(major.breakpoint - minor.breakpoint)
    if minor.has_umi:
        apart = count_mismatches(minor.umi, major.umi)
        return apart == 0 or (apart == 1 and shift <= 1)
    if shift == 0:
        return True
    mean = jitter_rate * major.n_reads / shift
    if mean == 0:
        return False
    below = sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(minor.n_reads))
    return 1 - below > density


def index_records(text: bytes) -> list[tuple[bytes, bytes, bytes]]:
    """Twin of `fastq.index_records` over a whole file: name up to the first blank, sequence, qualities.

    Raises:
        ValueError: with the record's number where the text is not FASTQ.
    """
    lines = [line.removesuffix(b"\r") for line in text.split(b"\n")]
    records: list[tuple[bytes, bytes, bytes]] = []
    at = 0
    while at < len(lines):
        if not lines[at]:
            at += 1
            continue
        record = lines[at : at + 4]
        is_whole = len(record) == 4 and len(record[1]) == len(record[3])
        if not is_whole or not record[0].startswith(b"@") or not record[2].startswith(b"+"):
            raise ValueError(f"record {len(records) + 1}")
        name = record[0][1:]
        blank = next((k for k, letter in enumerate(name) if letter <= 32), len(name))
        records.append((name[:blank], record[1], record[3]))
        at += 4
    return records
