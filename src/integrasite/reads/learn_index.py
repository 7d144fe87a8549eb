"""What the index reads say: which barcodes they are, which of them the sheet has, and which way round."""

from collections.abc import Collection
from dataclasses import dataclass

from integrasite.kernels.codes import encode, reverse_complement
from integrasite.reads.learn import MIN_READS, MIN_SHARE, ReadTable, commonest_words, mismatches, to_text

AS_GIVEN, REVERSED, UNCLEAR = "as given", "reverse complement", "unclear"
_CLEAR = 5
_LEAST = 20
_MOST_UNKNOWN = 20


@dataclass(frozen=True)
class IndexAnswer:
    """Barcodes of the index reads.

    Attributes:
        n_reads: index reads looked at.
        length: their length, bases.
        orientation: of the sheet's barcodes: as given, reverse complement or unclear; empty where the sheet has none.
        n_as_given: reads that are a barcode of the sheet as it stands.
        n_reversed: reads that are the reverse complement of one.
        seen: the sheet's barcodes and their reads in the orientation found, commonest first.
        unknown: barcodes with at least 1 % of the reads that the sheet lacks, one mismatch from none of the others.
        words: what is wrong, empty if nothing.
    """

    n_reads: int
    length: int = 0
    orientation: str = ""
    n_as_given: int = 0
    n_reversed: int = 0
    seen: tuple[tuple[str, int], ...] = ()
    unknown: tuple[tuple[str, int], ...] = ()
    words: str = ""


def turn(barcode: str) -> str:
    """The reverse complement as text."""
    return to_text(reverse_complement(encode(barcode)))


def _orientation(n_as_given: int, n_reversed: int) -> str:
    more, less = max(n_as_given, n_reversed), min(n_as_given, n_reversed)
    if more < _LEAST or more < _CLEAR * less:
        return UNCLEAR
    return AS_GIVEN if n_as_given > n_reversed else REVERSED


def _unknown(counts: dict[str, int], known: Collection[str], least: float) -> tuple[tuple[str, int], ...]:
    found: list[tuple[str, int]] = []
    others = sorted(known)
    for barcode, n in counts.items():
        if n < least or len(found) == _MOST_UNKNOWN:
            break
        if all(mismatches(barcode, other) > 1 for other in others):
            found.append((barcode, n))
            others.append(barcode)
    return tuple(found)


def _count_exact(counts: dict[str, int], barcodes: Collection[str], length: int) -> dict[str, int]:
    """Reads that begin with each barcode (index reads may be longer than the sheet's barcodes)."""
    lengths = {len(barcode) for barcode in barcodes}
    if lengths == {length}:
        return {barcode: counts.get(barcode, 0) for barcode in barcodes}
    return {barcode: sum(n for word, n in counts.items() if word.startswith(barcode)) for barcode in barcodes}


def learn_index(table: ReadTable, barcodes: Collection[str]) -> IndexAnswer:
    """Compare index reads with the sheet's barcodes, both ways round.

    Args:
        table: the first index reads.
        barcodes: the sheet's barcodes; empty where nothing is known.
    """
    if len(table) < MIN_READS:
        return IndexAnswer(len(table), words=f"too few reads ({len(table)}; at least {MIN_READS} are needed)")
    length = int((table < 5).sum(axis=1).max())
    words, numbers = commonest_words(table, 0, length)
    counts = {to_text(word): int(n) for word, n in zip(words, numbers, strict=True)}
    given = _count_exact(counts, set(barcodes), length)
    turned = _count_exact(counts, {turn(barcode) for barcode in barcodes}, length)
    n_given, n_turned = sum(given.values()), sum(turned.values())
    way = _orientation(n_given, n_turned) if barcodes else ""
    chosen = {AS_GIVEN: given, REVERSED: {turn(barcode): n for barcode, n in turned.items()}}.get(way, {})
    seen = tuple(sorted(chosen.items(), key=lambda item: (-item[1], item[0])))
    known = turned if way == REVERSED else given
    unknown = _unknown(counts, known, MIN_SHARE * len(table))
    return IndexAnswer(len(table), length, way, n_given, n_turned, seen, unknown)
