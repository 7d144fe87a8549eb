"""Tolerant matching against the slow twins, and the cases that must not be taken for vector or adapter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrasite.kernels import match, reference
from integrasite.kernels.codes import encode, pad

READ = st.text("ACGTN", max_size=40)
PATTERN = st.text("ACGT", min_size=2, max_size=24)
FILL = encode("ACGTACGTAC")
"""Stands on both sides of a read in its buffer: nothing may look there."""


def laid(read: str) -> tuple[np.ndarray, int, int]:
    """A read in the middle of a buffer, as it lies in a batch."""
    return np.concatenate([FILL, encode(read), FILL]), len(FILL), len(FILL) + len(read)


@st.composite
def near(draw: st.DrawFn) -> tuple[str, str]:
    """A pattern, and a read that holds it with a few edits."""
    pattern = draw(PATTERN)
    seen = pattern
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(0, len(seen) - 1)))
        base = draw(st.sampled_from("ACGTN"))
        seen = draw(
            st.sampled_from(
                [seen[:at] + base + seen[at + 1 :], seen[:at] + seen[at + 1 :], seen[:at] + base + seen[at:]]
            )
        )
    return draw(st.text("ACGT", max_size=6)) * draw(st.integers(0, 1)) + seen + draw(READ), pattern


@given(READ, PATTERN, st.integers(0, 6))
def test_edit_distance(text: str, pattern: str, limit: int) -> None:
    buffer, start, stop = laid(text)
    found = match.edit_distance(buffer, start, stop, encode(pattern), len(pattern), limit)
    assert found == min(limit + 1, reference.edit_distance(text, pattern))


@given(near(), st.integers(0, 4))
def test_edit_distance_of_near_sequences(drawn: tuple[str, str], limit: int) -> None:
    text, pattern = drawn
    text = text[: len(pattern) + 1]
    buffer, start, stop = laid(text)
    found = match.edit_distance(buffer, start, stop, encode(pattern), len(pattern), limit)
    assert found == min(limit + 1, reference.edit_distance(text, pattern))


@given(near(), st.integers(0, 8), st.integers(0, 3))
def test_find_vector_end(drawn: tuple[str, str], head_edits: int, tail: int) -> None:
    text, pattern = drawn
    buffer, start, stop = laid(text)
    found = match.find_vector_end(buffer, start, stop, encode(pattern), len(pattern), head_edits, tail)
    expected = reference.find_vector_end(text, pattern, head_edits, tail)
    assert found == (expected if expected == match.NOT_FOUND else start + expected)


@given(near(), st.integers(1, 16))
def test_find_read_through(drawn: tuple[str, str], overlap: int) -> None:
    text, pattern = drawn
    buffer, start, stop = laid(text)
    found = match.find_read_through(buffer, start, stop, encode(pattern), len(pattern), overlap)
    assert found == reference.find_read_through(text, pattern, overlap)


@given(near())
def test_matched_prefix(drawn: tuple[str, str]) -> None:
    text, pattern = drawn
    buffer, start, stop = laid(text)
    assert match.matched_prefix(buffer, start, stop, encode(pattern), 0, len(pattern)) == (
        reference.matched_prefix(text, pattern)
    )


@given(near(), st.sampled_from([0.0, 0.12, 0.3]))
def test_follows(drawn: tuple[str, str], rate: float) -> None:
    text, pattern = drawn
    text, pattern = text * 2, pattern * 2  # long enough to be compared
    buffer, start, stop = laid(text)
    found = match.follows(buffer, start, stop, encode(pattern), len(pattern), rate)
    assert found == reference.follows(text, pattern, rate)


@given(st.lists(PATTERN, max_size=4), near(), st.integers(0, 3))
def test_best_of(patterns: list[str], drawn: tuple[str, str], limit: int) -> None:
    text, pattern = drawn
    patterns = [*patterns, pattern]
    buffer, start, stop = laid(text)
    table, lengths = pad([encode(one) for one in patterns])
    assert match.best_of(buffer, start, stop, table, lengths, limit) == reference.best_of(
        text, patterns, limit
    )


END = "GTGTGGAAAATCTCTAGCA"


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (END + "GGTC", 19),  # as it stands
        (END, 19),  # nothing behind it
        (END[:-1], -1),  # the last base is not there
        (END[:-1] + "G" + "GGTC", -1),  # ... or another
        (END[:-2] + "GA" + "GGTC", -1),  # the last but one is another
        (END[:-5] + "G" + END[-4:] + "GGTC", 19),  # one substitution in the last eight
        (END[:-5] + "G" + "C" + END[-3:] + "GGTC", -1),  # two
        (END[:-4] + END[-3:] + "GGTC", -1),  # a base lost in the last eight would move the junction
        (END[1:] + "GGTC", 18),  # a base lost in the head does not
        ("A" + END + "GGTC", 20),  # nor does one gained
        (END[3:] + "GGTC", -1),  # three lost: more than the two edits allowed
        ("N" + END[1:] + "GGTC", 19),  # the first base unread
        (END + "CACACA", 19),  # the host repeats the last bases
        ("", -1),
    ],
)
def test_vector_end_by_hand(read: str, expected: int) -> None:
    buffer, start, stop = laid(read)
    found = match.find_vector_end(buffer, start, stop, encode(END), len(END), 2, 1)
    assert found == (expected if expected < 0 else start + expected)


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (END, 19),
        (END[:7] + "CCCCCCCC", 7),
        ("GT" + "C" + END[3:], 19),  # one mismatch, early
        ("GT" + "C" + END[3], 2),  # one mismatch in four bases is too many
        ("GT" + "C" + END[3:5], 5),  # one in five is not
        ("CCCCCCC", 0),
        ("", 0),
    ],
)
def test_matched_prefix_by_hand(read: str, expected: int) -> None:
    buffer, start, stop = laid(read)
    assert match.matched_prefix(buffer, start, stop, encode(END), 0, len(END)) == expected
    shifted = encode("GG" + END)  # a pattern that begins before the part that is compared
    assert match.matched_prefix(buffer, start, stop, shifted, 2, len(END) + 2) == expected


ADAPTER = "AGTCCCTTAAGCGGAG"


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ("TTGACC" + ADAPTER, 6),  # whole
        (ADAPTER, 0),  # at once
        ("TTGACC" + ADAPTER[:8], 6),  # eight bases at the read's end
        ("TTGACC" + ADAPTER[:7], -1),  # seven are too few
        ("TTGACC" + ADAPTER[:7] + "A", -1),  # eight, one of them wrong
        ("TTGACC" + ADAPTER[:5] + "A" + ADAPTER[6:], 6),  # one substitution
        ("TTGACC" + ADAPTER[:5] + "AA" + ADAPTER[7:], 6),  # two
        ("TTGACC" + ADAPTER[:5] + "AAA" + ADAPTER[8:], -1),  # three
        ("TTGACC" + ADAPTER[:3] + ADAPTER[4:] + "TTT", 6),  # a base lost
        ("TTGACC" + ADAPTER[:9] + "T" + ADAPTER[9:], 6),  # a base gained
        ("AAAAAAAAAAAAAAAA", -1),  # a homopolymer is not the adapter
        ("AGTAGTAGT" + ADAPTER, 9),  # begins alike, three times
    ],
)
def test_read_through_by_hand(read: str, expected: int) -> None:
    buffer, start, stop = laid(read)
    assert match.find_read_through(buffer, start, stop, encode(ADAPTER), len(ADAPTER), 8) == expected


def test_adapter_shorter_than_the_overlap_is_not_looked_for() -> None:
    """Four bases stand in nearly every read by chance."""
    buffer, start, stop = laid("GGACGTGG")
    assert match.find_read_through(buffer, start, stop, encode("ACGT"), 4, 8) == match.NOT_FOUND


def test_chance_finds_are_rare() -> None:
    """Of 4,000 random 150-base reads fewer than one in a hundred may seem to run into an adapter of 14-20 bases."""
    rng = np.random.default_rng(2)
    reads = rng.integers(0, 4, (4000, 150)).astype(np.uint8)
    for n, most in ((14, 0.01), (16, 0.003), (20, 0.001)):
        pattern = rng.integers(0, 4, n).astype(np.uint8)
        found = sum(match.find_read_through(read, 0, 150, pattern, n, 8) != match.NOT_FOUND for read in reads)
        assert found / 4000 <= most


@given(near(), st.integers(0, 30))
def test_end_change(drawn: tuple[str, str], host: int) -> None:
    read, pattern = drawn
    host = min(host, len(read))
    buffer, start, _ = laid(read)
    found = match.end_change(buffer, start, start + host, encode(pattern), len(pattern))
    assert found == reference.end_change(read[:host], pattern)


def test_end_change_by_hand() -> None:
    """Two bits a base, the last lowest: A against C is 1, against G 2, against T 3; what is unreadable agrees."""
    buffer, start, stop = laid("GATTACA")
    assert match.end_change(buffer, start, stop, encode("GATTACA"), 7) == 0
    assert match.end_change(buffer, start, stop, encode("GATTACC"), 7) == 1
    assert match.end_change(buffer, start, stop, encode("GATTGCA"), 7) == 2 << 4
    assert match.end_change(buffer, start, stop, encode("TTTTTTTTAATTACA"), 15) == 2 << 12
    buffer, start, stop = laid("GATTANA")
    assert match.end_change(buffer, start, stop, encode("GATTACA"), 7) == 0
