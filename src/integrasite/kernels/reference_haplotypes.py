"""Twin of `haplotypes`, slowly: plain Python over strings, trying every run. Tests compare the two."""

from collections.abc import Sequence

from integrasite.kernels.haplotypes import BAND, GAP_EXTEND, GAP_OPEN, WORD
from integrasite.kernels.reference import reverse_complement


def _value(base: str, other: str, gain: float, cost: float) -> float:
    if "N" in (base, other):
        return 0.0
    return gain if base == other else -cost


def diagonal_of(read: str, haplotype: str) -> tuple[int, int]:
    """Diagonal that most words support (of equal ones the lowest), and how many do."""
    votes: dict[int, int] = {}
    for at in range(len(read) - WORD + 1):
        word = read[at : at + WORD]
        for place in range(len(haplotype) - WORD + 1):
            if "N" not in word and haplotype[place : place + WORD] == word:
                votes[place - at] = votes.get(place - at, 0) + 1
    if not votes:
        return 0, 0
    best = min(votes, key=lambda diagonal: (-votes[diagonal], diagonal))
    return best, votes[best]


def best_score(
    read: str, haplotype: str, diagonal: int, gains: Sequence[float], costs: Sequence[float]
) -> float:
    """Score of the best run along a diagonal, or of two runs along it and one nearby."""

    def runs(along: int) -> tuple[list[float], list[float]]:
        values = [
            _value(base, haplotype[at + along], gains[at], costs[at])
            if 0 <= at + along < len(haplotype)
            else -1e6
            for at, base in enumerate(read)
        ]
        n = len(read)
        ending = [max(sum(values[k : i + 1]) for k in range(i + 1)) for i in range(n)]
        beginning = [max(sum(values[i:k]) for k in range(i + 1, n + 1)) for i in range(n)]
        return ending, beginning

    ending, beginning = runs(diagonal)
    best = max(0.0, *ending)
    for shift in [s for s in range(-BAND, BAND + 1) if s]:
        near_ending, near_beginning = runs(diagonal + shift)
        for one, other, step in ((ending, near_beginning, shift), (near_ending, beginning, -shift)):
            skipped = max(-step, 0)
            for i in range(len(read) - 1 - skipped):
                before, behind = one[i], other[i + 1 + skipped]
                if before > 0 and behind > 0:
                    best = max(best, before + behind - GAP_OPEN - GAP_EXTEND * abs(shift))
    return best


def place_read(
    read: str, haplotype: str, gains: Sequence[float], costs: Sequence[float]
) -> tuple[int, float]:
    """Strand (0: nothing fits) and score of a read."""
    turned = reverse_complement(read)
    forward, backward = diagonal_of(read, haplotype), diagonal_of(turned, haplotype)
    if forward[1] == 0 and backward[1] == 0:
        return 0, 0.0
    if forward[1] >= backward[1]:
        score = best_score(read, haplotype, forward[0], gains, costs)
        return (1, score) if score > 0 else (0, 0.0)
    score = best_score(turned, haplotype, backward[0], gains[::-1], costs[::-1])
    return (-1, score) if score > 0 else (0, 0.0)
