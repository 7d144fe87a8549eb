"""Consensus, merging of misread molecules, and fragments, against the slow twins."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrasite.kernels import reference
from integrasite.kernels.codes import encode, leading_key, pack_spans, packed_to_text, umi_to_text
from integrasite.kernels.consensus import agree_changes, call_consensus, consensus_lengths
from integrasite.kernels.fragments import find_fragments, umi_distance
from integrasite.kernels.merge import find_parents

READ = st.text("ACGTN", max_size=8).flatmap(
    lambda bases: st.tuples(
        st.just(bases), st.lists(st.integers(0, 70), min_size=len(bases), max_size=len(bases))
    )
)


def packed(reads: list[tuple[str, list[int]]]) -> tuple[np.ndarray, np.ndarray]:
    offsets = np.cumsum([0, *(len(bases) for bases, _ in reads)]).astype(np.int64)
    quality = np.array([q + 33 for _, qs in reads for q in qs], np.uint8)
    out = np.empty(int(offsets[-1]), np.uint8)
    pack_spans(encode("".join(bases for bases, _ in reads)), quality, offsets[:-1], offsets[1:], out)
    return out, offsets


def kernel_consensus(reads: list[tuple[str, list[int]]], order: list[int], bounds: list[int]) -> list[str]:
    text, offsets = packed(reads)
    arrays = np.array(order, np.int64), np.array(bounds, np.int64)
    ends = np.concatenate([[0], np.cumsum(consensus_lengths(offsets, *arrays))]).astype(np.int64)
    out = np.empty(int(ends[-1]), np.uint8)
    call_consensus(text, offsets, *arrays, ends, out)
    return [out[a:b].tobytes().decode() for a, b in pairwise(ends)]


@settings(max_examples=50)
@given(st.lists(READ, min_size=1, max_size=6), st.lists(READ, max_size=3), st.randoms(use_true_random=False))
def test_consensus(first: list, second: list, random) -> None:  # type: ignore[no-untyped-def]
    reads = first + second
    order = list(range(len(first)))
    random.shuffle(order)  # the order of a molecule's reads does not matter
    bounds = [0, len(first), *([len(reads)] if second else [])]
    found = kernel_consensus(reads, order + list(range(len(first), len(reads))), bounds)
    assert found == [reference.consensus(group) for group in (first, second) if group]


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        ([("ACGT", [30] * 4)], "ACGT"),
        ([("ACGT", [30] * 4), ("ACTT", [20] * 4)], "ACGT"),  # the better base
        ([("ACGT", [20] * 4), ("ACTT", [15] * 4), ("ACTT", [15] * 4)], "ACTT"),  # the larger sum
        ([("ANGT", [30, 2, 30, 30])], "ANGT"),  # nobody read it
        ([("ANGT", [30, 2, 30, 30]), ("ACGT", [5] * 4)], "ACGT"),  # one did
        ([("ACGT", [30] * 4), ("ACG", [30] * 3), ("ACG", [30] * 3)], "ACG"),  # the commonest length
        ([("ACGT", [30] * 4), ("ACG", [30] * 3)], "ACGT"),  # the longer of two as common
        ([("T", [30]), ("G", [30])], "G"),  # a tie goes to the first letter, not to the first read
    ],
)
def test_consensus_by_hand(reads: list, expected: str) -> None:
    assert kernel_consensus(reads, list(range(len(reads))), [0, len(reads)]) == [expected]


TRUE = "GATTACAGGCATCTGAAGTCCATGCGTAACTTGCA"


@pytest.mark.parametrize("swap", [False, True])
def test_two_reads_of_which_one_lost_a_base_are_no_mixture(swap: bool) -> None:
    whole, short = (TRUE, [30] * 35), (TRUE[:5] + TRUE[6:] + "G", [29] * 35)
    reads = [short, whole] if swap else [whole, short]
    assert kernel_consensus(reads, [0, 1], [0, 2]) == [TRUE]


def test_reads_that_each_lost_another_base_give_the_best_one() -> None:
    reads = [(TRUE[:at] + TRUE[at + 1 :] + "G", [q] * 35) for at, q in ((4, 30), (9, 31), (14, 29))]
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        assert kernel_consensus(reads, order, [0, 3]) == [reads[1][0]]


def test_one_read_off_frame_is_outvoted() -> None:
    reads = [(TRUE, [20] * 35)] * 3 + [(TRUE[1:] + "G", [37] * 35)]
    assert kernel_consensus(reads, [3, 0, 1, 2], [0, 4]) == [TRUE]


def test_plain_errors_are_still_summed() -> None:
    one, other = list(TRUE), list(TRUE)
    one[8], other[20] = "T", "A"
    reads = [("".join(one), [30] * 8 + [12] + [30] * 26), ("".join(other), [30] * 20 + [12] + [30] * 14)]
    assert kernel_consensus(reads, [0, 1], [0, 2]) == [TRUE]


LONG_READ = st.integers(0, 3).flatmap(
    lambda lost: st.tuples(
        st.just(TRUE[:lost] + TRUE[lost + 1 :]) if lost else st.just(TRUE),
        st.lists(st.integers(1, 40), min_size=35, max_size=35),
    ).map(lambda read: (read[0], read[1][: len(read[0])]))
)


@settings(max_examples=60)
@given(st.lists(LONG_READ, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_consensus_of_reads_in_several_frames(reads: list, random) -> None:  # type: ignore[no-untyped-def]
    order = list(range(len(reads)))
    random.shuffle(order)
    assert kernel_consensus(reads, order, [0, len(reads)]) == [reference.consensus(reads)]


CHANGES = st.lists(st.sampled_from([0, 0, 1, 3, 4, 5, 12, 1 << 30, (1 << 32) - 1]), min_size=1, max_size=7)


@given(CHANGES, CHANGES)
def test_changes_that_most_reads_agree_in(first: list[int], second: list[int]) -> None:
    bounds = np.array([0, len(first), len(first) + len(second)], np.int64)
    order = np.arange(bounds[-1])[::-1].copy()
    values = np.array([*first, *second], np.uint32)[::-1].copy()
    found = agree_changes(values, order, bounds).tolist()
    assert found == [reference.agree_changes(first), reference.agree_changes(second)]


def test_changes_by_hand() -> None:
    values = np.array([0b0100, 0b0101, 0b0001, 0b1000], np.uint32)
    bounds = np.array([0, 1, 3, 4], np.int64)
    assert agree_changes(values, np.arange(4), bounds).tolist() == [0b0100, 0b0001, 0b1000]


def test_packing_and_unpacking() -> None:
    text, _ = packed([("ACGTN", [0, 2, 63, 70, 30])])
    assert packed_to_text(text) == (b"NCGTN", b"!#``!")  # an A of quality 0 is unreadable; 63 is the most


def test_leading_key_packs_first_bases() -> None:
    codes = encode("ACGTNACG")
    keys = leading_key(codes, np.array([0, 4, 6, 0]), np.array([4, 8, 8, 2]), 4)
    assert umi_to_text(keys, 4).tolist() == [
        "ACGT",
        "AACG",
        "CGAA",
        "ACAA",
    ]  # N and what is missing count as A


# Merging

N_KEY = 16


def as_key(text: str) -> int:
    return (
        int(leading_key(encode(text), np.array([0]), np.array([len(text)]), max(1, len(text)))[0])
        if text
        else 0
    )


@st.composite
def groups(draw: st.DrawFn) -> dict[tuple[int, str, str, str], int]:
    """Groups few bases apart, so that many are neighbours."""
    n_umi = draw(st.integers(0, 3))
    drawn: dict[tuple[int, str, str, str], int] = {}
    for _ in range(draw(st.integers(1, 12))):
        short = [draw(st.text("ACGT", min_size=n, max_size=n)) for n in (n_umi, 2, 1)]
        row = draw(st.integers(0, 1))
        key = (row, short[0], short[1] + "G" * (N_KEY - 2), "C" * (N_KEY - 1) + short[2])
        drawn[key] = draw(st.integers(1, 9))
    return drawn


@settings(max_examples=100)
@given(groups())
def test_find_parents(drawn: dict[tuple[int, str, str, str], int]) -> None:
    keys = sorted(drawn)
    counts = np.array([drawn[key] for key in keys], np.int64)
    columns = [np.array([as_key(key[side]) for key in keys], np.uint64) for side in (1, 2, 3)]
    n_umis = np.full(len(keys), len(keys[0][1]), np.int64)
    found = find_parents(np.array([key[0] for key in keys], np.int64), *columns, counts, n_umis, N_KEY)
    assert found.tolist() == reference.find_parents(keys, counts.tolist())


def test_many_groups_find_their_neighbours() -> None:
    """The table that groups are looked up in has collisions; none may lose a neighbour."""
    rng = np.random.default_rng(1)
    n = 3000
    umis = np.unique(rng.integers(0, 1 << 48, n, dtype=np.uint64) * np.uint64(1 << 14))
    near = umis ^ np.uint64(1 << 14)
    together = np.sort(np.concatenate([umis, near]))
    counts = np.where(np.isin(together, umis), 10, 1).astype(np.int64)
    same = np.zeros(len(together), np.uint64)
    rows = np.zeros(len(together), np.int64)
    parents = find_parents(rows, together, same, same, counts, np.full(len(together), 32, np.int64), N_KEY)
    assert np.isin(together[parents], umis).all() and len(np.unique(parents)) == len(umis)


# Fragments


@pytest.mark.parametrize(
    ("n_minor", "n_major", "is_copy"),
    [
        (1, 300, True),  # three misplaced reads are expected one base off
        (12, 300, False),  # twelve are too many
        (700, 100_000, True),  # a thousand expected: fewer are the stronger one's
        (1300, 100_000, False),  # three hundred more are not, though the chance of none underflows
    ],
)
def test_weaker_neighbour_without_umis(n_minor: int, n_major: int, is_copy: bool) -> None:
    zero = np.zeros(2, np.int64)
    found = find_fragments(
        zero,
        np.array([100, 101]),
        zero.astype(np.uint64),
        np.array([n_major, n_minor]),
        np.zeros(2, bool),
        3,
        0.01,
        300.0,
    )
    assert found.tolist() == ([0, 0] if is_copy else [0, 1])


@st.composite
def molecules(draw: st.DrawFn) -> list[reference.Molecule]:
    has_umi = draw(st.booleans())
    drawn = [
        reference.Molecule(
            draw(st.integers(0, 2)),
            draw(st.integers(-1, 12)),
            draw(st.text("AC", min_size=3, max_size=3)),
            draw(st.one_of(st.integers(1, 4), st.sampled_from([50, 400, 3000, 9000]))),
            has_umi,
        )
        for _ in range(draw(st.integers(1, 10)))
    ]
    return sorted(drawn, key=lambda m: (m.group, m.breakpoint, m.umi))


@settings(max_examples=200)
@given(molecules(), st.integers(0, 4), st.sampled_from([0.0, 0.01, 0.2]), st.sampled_from([5.0, 300.0]))
def test_find_fragments(drawn: list[reference.Molecule], jitter: int, rate: float, span: float) -> None:
    found = find_fragments(
        np.array([m.group for m in drawn], np.int64),
        np.array([m.breakpoint for m in drawn], np.int64),
        np.array([as_key(m.umi) for m in drawn], np.uint64),
        np.array([m.n_reads for m in drawn], np.int64),
        np.array([m.has_umi for m in drawn]),
        jitter,
        rate,
        span,
    )
    assert found.tolist() == reference.find_fragments(drawn, jitter, rate, span)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [("ACGT", "ACGT", 0), ("ACGT", "ACGA", 1), ("ACGT", "TCGA", 2), ("ACGT", "TGCA", 2), ("CAAA", "AAAA", 1)],
)
def test_umi_distance(first: str, second: str, expected: int) -> None:
    assert umi_distance(np.uint64(as_key(first)), np.uint64(as_key(second))) == expected
