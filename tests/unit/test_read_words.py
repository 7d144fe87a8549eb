"""Fragments that show words of given owners, against the plain twin."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from integrasite.kernels import reference_read_words as plain
from integrasite.kernels.codes import encode, reverse_complement
from integrasite.kernels.genome_words import words_of
from integrasite.kernels.read_words import own_words, shown_owners


def show(fragments: list[tuple[str, str]], owners: list[str], k: int, most: int | None = None):
    reads = [encode(mate) for mates in fragments for mate in mates]
    starts = np.concatenate([[0], np.cumsum([read.size for read in reads])]).astype(np.int64)
    words = [np.unique(words_of(encode(text), k, canonical=True)[1]) for text in owners]
    codes = np.concatenate([np.zeros(0, np.uint8), *reads])
    fragment, owner = shown_owners(codes, starts, own_words(words, k, most))
    return list(zip(fragment.tolist(), owner.tolist(), strict=True))


TEXT = st.text("ACGTN", max_size=24)


@settings(max_examples=150, deadline=None)
@given(
    fragments=st.lists(st.tuples(TEXT, TEXT), max_size=6),
    owners=st.lists(TEXT, max_size=5),
    k=st.integers(2, 5),
    most=st.sampled_from([None, 1, 2]),
)
def test_pairs_are_those_of_the_plain_twin(fragments, owners, k, most) -> None:
    expected = plain.shown_owners(fragments, [plain.words_of_text(text, k) for text in owners], k, most)
    assert show(fragments, owners, k, most) == expected


def test_words_of_31_bases_on_either_strand_and_not_across_mates() -> None:
    text = "".join(np.random.default_rng(1).choice(list("ACGT"), 31))
    turned = text[::-1].translate(str.maketrans("ACGT", "TGCA"))
    assert reverse_complement(encode(text)).tolist() == encode(turned).tolist()
    fragments = [(text, ""), ("", turned), (text[:20], text[20:]), (text[:15] + "N" + text[16:], text[1:])]
    assert show(fragments, ["A" * 40, text], 31) == [(0, 1), (1, 1)]


def test_many_owners_outgrow_the_first_room() -> None:
    assert show([("ACGTA", "")] * 3, ["ACGTA"] * 50, 5) == [(f, o) for f in range(3) for o in range(50)]
