"""Plain twin of `genome_words`: slow and short, for comparison in tests."""

from collections import Counter

from integrasite.kernels.codes import decode, encode, reverse_complement
from integrasite.kernels.genome_words import SEED, WORD


def shared_stretches(contig: str, text: str, min_run: int) -> list[tuple[int, int, int]]:
    """Start in the contig, start in the text and length of every exact stretch that cannot be extended."""
    found = []
    for i in range(len(contig)):
        for j in range(len(text)):
            if i and j and contig[i - 1] == text[j - 1] != "N":
                continue
            length = 0
            while (
                i + length < len(contig)
                and j + length < len(text)
                and contig[i + length] == text[j + length] != "N"
            ):
                length += 1
            if length >= max(min_run, SEED):
                found.append((i, j, length))
    return found


def count_words(contigs: list[str], words: list[str]) -> list[int]:
    """How often each word of `WORD` bases stands in the contigs, on either strand."""
    counts: Counter[str] = Counter()
    for contig in contigs:
        counts.update(contig[i : i + WORD] for i in range(len(contig) - WORD + 1))
    return [counts[word] + counts[decode(reverse_complement(encode(word)))] for word in words]
