"""The linker in its read: substitutions, indels, UMI, against the slow twin."""

import pytest
from builders import LINKER, OTHER_LINKER, SUFFIX, Source, random_bases
from hypothesis import given, settings
from hypothesis import strategies as st

from integrasite.kernels import linkers
from integrasite.kernels.codes import encode
from integrasite.kernels.match import NOT_FOUND
from integrasite.kernels.reference_pairs import Fit, Linker, fit_linker, fit_with_indels
from integrasite.reads.patterns import split_linker

SHAPES = [
    LINKER,
    LINKER.replace("N", ""),
    "N" * 12 + SUFFIX,
    "CGCAGACATCCCGTCCCATGA" + "N" * 12,
    "CGCAGACATCCC" + "N" * 8 + "ACGTAC",
    "N" * 6,
    "AAAAAAAA" + "N" * 8 + "AAAAAAAA",  # a homopolymer fits in many ways
]
PATTERNS = [Source([("", linker, "U5")]).patterns() for linker in SHAPES]


@st.composite
def linker_reads(draw: st.DrawFn) -> tuple[int, str]:
    number = draw(st.integers(0, len(SHAPES) - 1))
    prefix, n_umi, suffix = split_linker(SHAPES[number])
    text = prefix + draw(st.text("ACGTN", min_size=n_umi, max_size=n_umi)) + suffix
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, max(0, len(text) - 1)))
        base = draw(st.sampled_from("ACGTN"))
        text = draw(
            st.sampled_from(
                [text[:at] + base + text[at + 1 :], text[:at] + text[at + 1 :], text[:at] + base + text[at:]]
            )
        )
    return number, text + draw(st.text("ACGT", max_size=12))


@settings(max_examples=200)
@given(linker_reads(), st.integers(0, 4))
def test_both_searches_agree_with_their_twins(drawn: tuple[int, str], limit: int) -> None:
    number, read = drawn
    linker = Linker(*split_linker(SHAPES[number]))
    text, patterns = encode("ACG" + read + "ACG"), PATTERNS[number]
    span = (3, 3 + len(read))
    fit = fit_linker(read, linker, limit)
    assert linkers.count_substitutions(text, *span, patterns, 0, limit) == (fit.errors if fit else NOT_FOUND)
    end, umi, edits = linkers.find_with_indels(text, *span, patterns, 0, limit)
    assert (Fit(end - 3, umi - 3, edits) if end != NOT_FOUND else None) == fit_with_indels(
        read, linker, limit
    )


@pytest.mark.parametrize("place", [0, 1, 9, 18, 32, 38, 44])
def test_lost_base_is_found_and_moves_the_end(place: int) -> None:
    whole = LINKER.replace("N" * 12, "ACGGTCATTGCA")
    read = whole[:place] + whole[place + 1 :] + random_bases(30, 2)
    end, umi, edits = linkers.find_with_indels(encode(read), 0, len(read), PATTERNS[0], 0, 3)
    assert (end, edits) == (46, 1)
    assert umi == (18 if place < 19 else 19)


def test_random_reads_hardly_ever_fit() -> None:
    fits = 0
    for seed in range(2000):
        read = encode(random_bases(60, seed))
        fits += linkers.find_with_indels(read, 0, 60, PATTERNS[0], 0, 3)[0] != NOT_FOUND
        fits += linkers.count_substitutions(read, 0, 60, PATTERNS[0], 0, 3) != NOT_FOUND
    assert fits == 0


def test_another_libraries_linker_is_not_found_with_indels() -> None:
    read = OTHER_LINKER.replace("N" * 12, "ACGGTCATTGCA") + random_bases(30, 2)
    assert linkers.find_with_indels(encode(read), 0, len(read), PATTERNS[0], 0, 3) == (-1, -1, -1)


def test_short_prefix_may_not_hold_three_errors() -> None:
    """Of four bases one may be wrong; three wrong ones would let every read in."""
    patterns = Source([("", "ACGTNNNN" + SUFFIX, "U5")]).patterns()
    for prefix, expected in (("ACGT", 0), ("ACGA", 1), ("ACAA", NOT_FOUND)):
        read = encode(prefix + "GGTT" + SUFFIX + "ACGTAGC")
        assert linkers.count_substitutions(read, 0, len(read), patterns, 0, 3) == expected
