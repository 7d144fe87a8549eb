"""Plain twin of `read_words`: slow and short, for comparison in tests."""

from collections.abc import Sequence, Set

from integrasite.kernels.reference import reverse_complement


def words_of_text(text: str, k: int) -> set[str]:
    """Canonical words of k bases without N."""
    found = (text[at : at + k] for at in range(len(text) - k + 1))
    return {min(word, reverse_complement(word)) for word in found if "N" not in word}


def shown_owners(
    fragments: Sequence[tuple[str, str]], words: Sequence[Set[str]], k: int, most: int | None = None
) -> list[tuple[int, int]]:
    """Fragments and the owners of whose words they show any."""
    found = []
    for number, mates in enumerate(fragments):
        shown = words_of_text(mates[0], k) | words_of_text(mates[1], k)
        if most is not None:
            shown = {word for word in shown if sum(word in own for own in words) <= most}
        found += [(number, owner) for owner, own in enumerate(words) if shown & own]
    return found
