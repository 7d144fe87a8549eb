"""The contract's coordinates: every read of one provirus, from either end and on either strand, says one site."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrasite.model.sites import (
    TSD_LENGTH,
    VectorEnd,
    duplicated_interval,
    junction_to_site,
    site_label,
    strand_word,
)

POSITIONS = st.integers(50, 1_000_000)
TSDS = st.integers(0, 12)
VECTOR = "tgtGGGGCA"
"""A vector: begins (5' LTR, U3) with tg, ends (3' LTR, U5) with CA; lower and upper case tell the ends apart."""
COMPLEMENT = str.maketrans("ACGTacgt", "TGCAtgca")


def turned(sequence):
    return sequence[::-1].translate(COMPLEMENT)


def integrated(host, start0, tsd, forward):
    """The host with the vector in it: the bases [start0, start0 + tsd) stand on both sides of it."""
    vector = VECTOR if forward else turned(VECTOR)
    return host[: start0 + tsd] + vector + host[start0:]


def host_of(n=60):
    """A host in which every base's address can be read back from the 6 bases that begin there."""
    bases = "ACGT"
    state, letters = 7, []
    for _ in range(n):
        state = (state * 1103515245 + 12345) % 2**31
        letters.append(bases[(state >> 16) & 3])
    host = "".join(letters)
    assert len(
        {host[i : i + 8] for i in range(n - 8)} | {turned(host[i : i + 8]) for i in range(n - 8)}
    ) == 2 * (n - 8)
    return host


def first_host_base(host, read):
    """Where a read (its host part) begins in the host, and on which strand, by looking for its first 8 bases."""
    if read[:8] in host:
        return host.index(read[:8]), True
    return host.index(turned(read[:8])) + 7, False


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("tsd", [5, 4])  # HIV-1, MLV
def test_reads_of_both_ends_of_a_provirus_built_base_by_base_meet(forward, tsd):
    host, start0 = host_of(), 25
    product = integrated(host, start0, tsd, forward)
    vector = VECTOR if forward else turned(VECTOR)
    left = product.index(vector)
    right_of, left_of = product[left + len(vector) :], turned(product[:left])
    u5, u3 = (right_of, left_of) if forward else (left_of, right_of)
    from_u5 = junction_to_site(*first_host_base(host, u5), VectorEnd.U5, tsd)
    from_u3 = junction_to_site(*first_host_base(host, u3), VectorEnd.U3, tsd)
    # the base joined to U5: the duplication's first base for a vector on +, its last for one on -
    assert from_u5 == (start0 if forward else start0 + tsd - 1, forward)
    assert from_u3 == from_u5
    assert duplicated_interval(*from_u5, tsd) == (start0, start0 + tsd)


@pytest.mark.parametrize(
    ("first", "read_forward", "end", "tsd", "expected"),
    [
        (999, True, VectorEnd.U5, 5, (999, True)),  # U5: the read's own base and strand
        (999, False, VectorEnd.U5, 5, (999, False)),
        (1003, False, VectorEnd.U3, 5, (999, True)),  # contract: h - (T - 1) for a + site
        (995, True, VectorEnd.U3, 5, (999, False)),  # contract: h + (T - 1) for a - site
        (1002, False, VectorEnd.U3, 4, (999, True)),
        (996, True, VectorEnd.U3, 4, (999, False)),
        (999, True, VectorEnd.ITR3, 4, (999, True)),  # transposons: ITR3 plays the part of U5
        (1002, False, VectorEnd.ITR5, 4, (999, True)),  # piggyBac, TTAA
        (1000, False, VectorEnd.ITR5, 2, (999, True)),  # Sleeping Beauty, TA
    ],
)
def test_the_contract_s_arithmetic(first, read_forward, end, tsd, expected):
    assert junction_to_site(first, read_forward, end, tsd) == expected


@pytest.mark.parametrize(
    ("label_position", "forward", "tsd", "expected"),
    [
        (1000, True, 5, (999, 1004)),  # [p - 1, p - 1 + T)
        (1000, False, 5, (995, 1000)),  # [p - T, p)
        (1000, True, 4, (999, 1003)),
        (1000, False, 4, (996, 1000)),
    ],
)
def test_duplicated_interval_is_the_contract_s(label_position, forward, tsd, expected):
    assert duplicated_interval(label_position - 1, forward, tsd) == expected


@given(first=POSITIONS, forward=st.booleans(), end=st.sampled_from(VectorEnd), tsd=TSDS)
def test_reverse_complementing_the_genome_mirrors_the_site(first, forward, end, tsd):
    size = 2_000_000
    position, is_forward = junction_to_site(first, forward, end, tsd)
    mirrored = junction_to_site(size - 1 - first, not forward, end, tsd)
    assert mirrored == (size - 1 - position, not is_forward)
    start, stop = duplicated_interval(position, is_forward, tsd)
    assert duplicated_interval(*mirrored, tsd) == (size - stop, size - start)


@given(position=POSITIONS, forward=st.booleans(), tsd=st.integers(1, 12))
def test_the_base_joined_to_u5_is_an_end_of_the_duplication(position, forward, tsd):
    start, stop = duplicated_interval(position, forward, tsd)
    assert stop - start == tsd
    assert position == (start if forward else stop - 1)


def test_duplication_lengths_by_kind_and_which_end_defines_the_position():
    assert TSD_LENGTH == {"lentivirus": 5, "gammaretrovirus": 4, "piggybac": 4, "sleeping-beauty": 2}
    assert {end for end in VectorEnd if end.is_three_prime} == {VectorEnd.U5, VectorEnd.ITR3}


def test_labels_are_one_based():
    assert site_label("chr3", 1234566, True) == "chr3:1234567:+"
    assert site_label("HLA-A*01:01", 0, False) == "HLA-A*01:01:1:-"
    assert (strand_word(True), strand_word(False)) == ("+", "-")
