"""Reads placed in haplotypes: against the slow twin, and against what a person would write down."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrasite.kernels.codes import encode, reverse_complement
from integrasite.kernels.haplotypes import Places, empty_places, make_haplotypes, make_reads, place_reads
from integrasite.kernels.reference_haplotypes import place_read

GAIN = np.linspace(0.3, 1.0, 64)
COST = np.linspace(0.1, 4.5, 64)


def place(
    pairs: list[tuple[str, str]], quality: int = 37, qualities: list[np.ndarray] | None = None
) -> Places:
    """Read and haplotype of each pair."""
    reads = [encode(read) for read, _ in pairs]
    starts = np.concatenate([[0], np.cumsum([read.size for read in reads])]).astype(np.int64)
    given = qualities or [np.full(read.size, quality, np.uint8) for read in reads]
    made = make_reads(np.concatenate(reads), np.concatenate(given).astype(np.uint8), starts)
    tasks = np.column_stack([np.arange(len(pairs))] * 2).astype(np.int64)
    places = empty_places(len(pairs))
    place_reads(made, make_haplotypes([encode(text) for _, text in pairs]), tasks, GAIN, COST, places)
    return places


def random_text(rng: np.random.Generator, n: int) -> str:
    return "".join(rng.choice(list("ACGT"), n))


def turned(text: str) -> str:
    return text[::-1].translate(str.maketrans("ACGTN", "TGCAN"))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_the_twin_finds_the_same_strand_and_score(seed: int) -> None:
    rng = np.random.default_rng(seed)
    haplotype = random_text(rng, 90)
    at, n = int(rng.integers(0, 50)), int(rng.integers(20, 40))
    read = list(haplotype[at : at + n])
    for _ in range(rng.integers(0, 4)):  # errors of all kinds, anywhere
        where = int(rng.integers(0, len(read)))
        kind = rng.integers(0, 4)
        if kind == 0:
            read[where] = str(rng.choice(list("ACGTN")))
        elif kind == 1:
            del read[where : where + int(rng.integers(1, 10))]
        elif kind == 2:
            read[where:where] = list(random_text(rng, int(rng.integers(1, 10))))
        else:
            read = read + list(random_text(rng, int(rng.integers(1, 15))))
    text = "".join(read) if rng.random() < 0.5 else turned("".join(read))
    if not text:
        return
    quality = rng.integers(0, 61, len(text)).astype(np.uint8)
    found = place([(text, haplotype)], qualities=[quality])
    gains, costs = list(GAIN[quality]), list(COST[quality])
    strand, score = place_read(text, haplotype, gains, costs)
    assert found.strand[0] == strand
    assert found.score[0] == pytest.approx(score, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "left", "right", "start", "end", "matches"),
    [
        (lambda t: t[30:80], 30, 80, 30, 80, 50),
        (lambda t: t[30:60] + "ACGTACGTAC", 30, 70, 30, 60, 30),  # a tail of something else is clipped
        (lambda t: t[30:55] + t[60:90], 30, 90, 30, 90, 55),  # deletion of five bases
        (lambda t: t[30:55] + "GATT" + t[55:85], 30, 85, 30, 85, 55),  # insertion of four
        (lambda t: t[90:] + "CCCCC", 90, 125, 90, 120, 30),  # beyond the haplotype's end
    ],
)
@pytest.mark.parametrize("is_turned", [False, True])
def test_where_a_read_lies(change, left, right, start, end, matches, is_turned) -> None:
    haplotype = random_text(np.random.default_rng(4), 120)
    # so that no base matches by chance behind a change
    read = change(haplotype)
    found = place([(turned(read) if is_turned else read, haplotype)])
    assert found.strand[0] == (-1 if is_turned else 1)
    assert (found.left[0], found.right[0]) == (left, right)
    assert abs(found.start[0] - start) <= 2 and abs(found.end[0] - end) <= 2
    assert abs(found.matches[0] - matches) <= 3


def test_a_read_of_something_else_has_no_place() -> None:
    rng = np.random.default_rng(1)
    found = place([(random_text(rng, 100), random_text(rng, 500)), ("A", random_text(rng, 500))])
    assert list(found.strand) == [0, 0] and list(found.score) == [0.0, 0.0]


def test_reads_are_turned_one_by_one() -> None:
    reads = make_reads(encode("AACGTTTGN"), np.arange(9, dtype=np.uint8), np.array([0, 3, 9]))
    assert list(reads.turned) == [*reverse_complement(encode("AAC")), *reverse_complement(encode("GTTTGN"))]
    assert list(reads.turned_qualities) == [2, 1, 0, 8, 7, 6, 5, 4, 3]


def test_of_two_places_with_as_many_words_the_lower_one_is_taken_though_it_is_seen_later() -> None:
    rng = np.random.default_rng(4)
    one, other = random_text(rng, 30), random_text(rng, 30)
    assert place([(one + other, other + one)]).left.tolist() == [-30]


def test_every_word_of_a_haplotype_places_a_read() -> None:
    haplotype = random_text(np.random.default_rng(5), 2000)
    found = place([(haplotype[at : at + 12], haplotype) for at in range(0, 1988, 13)])
    assert found.left.tolist() == list(range(0, 1988, 13))
