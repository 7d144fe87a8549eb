"""Which positions are one site read with errors, and which are true neighbours."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sites_toy import call, fragment, sites_of, umis

from integrasite.config.calling import Calling
from integrasite.sites.wobble import (
    Position,
    count_units,
    is_echo,
    merge_positions,
    neighbourhoods,
    own_molecules,
    poisson_tail,
    slip_factor,
    standardise_positions,
)

CALLING = Calling()
UMI = list(dict.fromkeys(number for number, _ in zip(umis(), range(256), strict=False)))


def molecules(rows):
    """Rows of (position, umi, breakpoint, n_reads) of one library."""
    names = ["position", "umi", "breakpoint", "n_reads"]
    table = pd.DataFrame(rows, columns=names).astype({name: "int64" for name in names})
    return table.assign(contig=0, is_forward=True, sample="s")


def standard(rows, *, has_umi=True, calling=CALLING, **columns):
    return standardise_positions(molecules(rows).assign(**columns), calling, has_umi).tolist()


def clone(at, n, *, start=0, n_reads=5):
    """`n` molecules at a position, each with a UMI and a breakpoint of its own."""
    return [(at, UMI[start + i], at + 60 + 7 * (start + i), n_reads) for i in range(n)]


# copies merge, neighbours stay


@pytest.mark.parametrize("distance", [1, 2, 3, 5, 10])
@pytest.mark.parametrize("has_umi", [True, False])
def test_molecules_seen_again_at_a_neighbouring_base_merge(distance, has_umi):
    true = clone(5000, 30, n_reads=9)
    echo = [(5000 + distance, umi, end, 2) for _, umi, end, _ in true[:20]]
    assert set(standard(true + echo, has_umi=has_umi)) == {5000}


@pytest.mark.parametrize("distance", [2, 3, 5, 10])
@pytest.mark.parametrize("n_other", [3, 10, 30])
@pytest.mark.parametrize("has_umi", [True, False])
def test_a_true_neighbour_with_fragments_of_its_own_stays(distance, n_other, has_umi):
    rows = clone(5000, 30) + clone(5000 + distance, n_other, start=60)
    assert standard(rows, has_umi=has_umi) == [5000] * 30 + [5000 + distance] * n_other


@pytest.mark.parametrize("distance", [3, 5, 10])
def test_two_lone_molecules_three_or_more_bases_apart_are_two_sites(distance):
    assert standard(clone(5000, 1) + clone(5000 + distance, 1, start=9)) == [5000, 5000 + distance]


def test_a_neighbour_of_a_dominant_clone_stays():
    rows = clone(5000, 100) + clone(5005, 8, start=120)
    assert set(standard(rows)) == {5000, 5005}


def test_a_few_molecules_beside_a_dominant_clone_are_slippage():
    rows = [(5000, number, 6000 + number % 300, 5) for number in range(2000)]
    rows += [(5001, 5000 + number, 6400 + number, 1) for number in range(20)]  # 1 % of 2000
    assert set(standard(rows)) == {5000}


def test_sites_beyond_the_window_are_never_merged():
    rows = clone(5000, 50) + [(5011, umi, end, 1) for _, umi, end, _ in clone(5000, 20)]
    assert set(standard(rows)) == {5000, 5011}
    assert set(standard(rows, calling=Calling(wobble_window=11))) == {5000}


def test_positions_do_not_chain():
    # each copies the one before it, but the last lies beyond the window of the first
    first = clone(5000, 20, n_reads=20)
    middle = [(5008, umi, end, 9) for _, umi, end, _ in first[:15]]
    last = [(5016, umi, end, 2) for _, umi, end, _ in first[:10]]
    assert set(standard(first + middle + last)) == {5000, 5016}


def test_the_position_with_more_molecules_wins_though_it_has_fewer_reads():
    few_deep = [(5000, UMI[0], 5060, 1000)]
    many = [(5001, UMI[0], 5060, 9), *clone(5001, 5, start=1)]
    assert set(standard(few_deep + many)) == {5001}


@pytest.mark.parametrize(("forward", "expected"), [(True, 5000), (False, 5001)])
def test_ties_go_to_the_first_base_in_vector_orientation(forward, expected):
    tied = [(at, UMI[1], 5060, 5) for at in (5001, 5000)]
    assert set(standard(tied, is_forward=forward)) == {expected}


def test_contigs_and_orientations_know_nothing_of_each_other():
    rows = [(at, UMI[1], 5060, reads) for at, reads in ((5000, 9), (5001, 1))]
    assert standard(rows, contig=[0, 1]) == [5000, 5001]
    assert standard(rows, is_forward=[True, False]) == [5000, 5001]


def test_another_library_s_molecule_is_no_copy():
    rows = [(5000, UMI[1], 5060, 9), (5005, UMI[1], 5060, 1)]
    assert standard(rows) == [5000, 5000]
    assert standard(rows, sample=["s", "other"]) == [5000, 5005]


def test_the_index_of_the_molecules_is_kept():
    table = molecules([*clone(5000, 3), (5001, *clone(5000, 1)[0][1:3], 1)]).set_index(pd.Index([7, 3, 9, 5]))
    assert standardise_positions(table, CALLING, True).to_dict() == dict.fromkeys([7, 3, 9, 5], 5000)


def test_no_molecules():
    empty = molecules([])
    assert standardise_positions(empty, CALLING, True).tolist() == []
    assert neighbourhoods(np.array([], np.int64), 10).tolist() == []


DRAWN = st.lists(
    st.tuples(
        st.integers(5000, 5014),
        st.sampled_from(UMI[:6]),
        st.integers(5060, 5066),
        st.integers(1, 9),
    ),
    max_size=25,
)


@given(rows=DRAWN, has_umi=st.booleans(), forward=st.booleans())
@example([(5000, 0, 5060, 1), (5001, 0, 5060, 1), (5003, UMI[1], 5060, 1)], False, False)
@settings(max_examples=60)
def test_standardising_again_changes_nothing(rows, has_umi, forward):
    table = molecules(rows).assign(is_forward=forward)
    once = standardise_positions(table, CALLING, has_umi)
    again = standardise_positions(table.assign(position=once), CALLING, has_umi)
    assert again.tolist() == once.tolist()


@given(rows=DRAWN, has_umi=st.booleans())
@settings(max_examples=25)
def test_a_molecule_moves_by_no_more_than_the_window_and_onto_a_seen_position(rows, has_umi):
    table = molecules(rows)
    moved = standardise_positions(table, CALLING, has_umi)
    assert set(moved) <= set(table["position"])
    assert ((moved - table["position"]).abs() <= CALLING.wobble_window).all()
    assert moved.groupby(table["position"]).nunique().le(1).all()


# parts


@pytest.mark.parametrize("mean", [1e-4, 0.01, 0.7, 5.0, 40.0, 300.0])
@pytest.mark.parametrize("k", [0, 1, 2, 3, 10, 60])
def test_poisson_tail_against_a_plain_sum(k, mean):
    plain = math.fsum(math.exp(-mean + i * math.log(mean) - math.lgamma(i + 1)) for i in range(k, k + 2000))
    assert poisson_tail(k, mean) == pytest.approx(plain, rel=1e-3, abs=1e-12)


def test_poisson_tail_without_events():
    assert poisson_tail(0, 0.0) == 1.0
    assert poisson_tail(1, 0.0) == pytest.approx(0.0, abs=1e-200)


def test_own_molecules_counts_what_the_major_position_does_not_explain():
    major = Position(10, {("s", 1, 100): 5, ("s", 2, 200): 1})
    minor = Position(11, {("s", 1, 102): 5, ("s", 2, 200): 3, ("s", 3, 100): 1, ("t", 1, 100): 1})
    assert own_molecules(minor, major, 3) == (3, 0)  # more reads; another UMI; another library
    assert own_molecules(minor, major, 1) == (4, 1)
    assert minor.support == (4, 10)


def test_a_deep_molecule_seen_at_both_positions_has_slipped():
    major = Position(100, {("s", 1, 500): 2, ("s", 2, 700): 9})
    minor = Position(101, {("s", 1, 500): 5})
    assert own_molecules(minor, major, 3) == (1, 0)
    assert own_molecules(Position(101, {("s", 1, 500): 4}), major, 3) == (
        0,
        0,
    )  # half of its reads are at the other
    assert is_echo(minor, major, CALLING, True)
    alone = Position(101, {("s", 3, 900): 5})
    assert own_molecules(alone, Position(100, {("s", 2, 700): 9}), 3) == (1, 1)
    assert not is_echo(alone, Position(100, {("s", 2, 700): 9}), CALLING, True)


def test_slippage_is_rarer_over_more_bases():
    major = Position(100, {("s", number, 500): 9 for number in range(400)})
    minor = {("s", 1000 + number, 900): 1 for number in range(3)}
    echoes = [is_echo(Position(100 + d, minor), major, CALLING, True) for d in (1, 2, 3)]
    assert echoes == [True, True, False]  # 4, 0.4 and 0.012 expected


PLAIN = "ACGTTGCATCAGGTCAATGCCGATCTGAGTACGATCCATG"


@pytest.mark.parametrize(
    ("repeat", "distance", "expected"),
    [
        ("", 1, 1.0),  # TT, AA, CC, GG: no more than two
        ("", 2, 0.1),
        ("", 3, 0.003),
        ("AAAA", 1, 2.0),
        ("AAAAAAA", 1, 5.0),
        ("CACACACA", 2, 0.6),
        ("CACACACA", 1, 1.0),  # by one base it does not slip
        ("CATCATCAT", 3, 0.1),
        ("CATCATCAT", 6, 0.003),
        ("NNNNNNNN", 1, 1.0),
    ],
)
def test_the_sequence_says_how_often_a_junction_slips(repeat, distance, expected):
    assert slip_factor("G" + repeat + "T" + PLAIN, distance) == pytest.approx(expected)


def test_an_unknown_sequence_is_a_plain_one():
    assert [slip_factor("", d) for d in (1, 2, 3, 10)] == [1.0, 0.1, 0.003, 0.003]


def context_of(bases):
    return lambda start, end: "".join(bases[k] if 0 <= k < len(bases) else "N" for k in range(start, end))


def test_a_homopolymer_makes_an_echo_of_what_is_a_neighbour_elsewhere():
    major = Position(30, {("s", number, 500): 9 for number in range(10)})
    minor = Position(31, {("s", 1000 + number, 900): 1 for number in range(2)})
    minor_deep = Position(31, {("s", 1000 + number, 900): 5 for number in range(2)})
    plain, tract = context_of(PLAIN * 2), context_of(PLAIN[:30] + "A" * 8 + PLAIN)
    assert [is_echo(minor, major, CALLING, True, where) for where in (plain, tract)] == [True, True]
    assert [is_echo(minor_deep, major, CALLING, True, where) for where in (plain, tract)] == [False, True]


def test_a_lone_molecule_beyond_the_reach_of_slippage_is_a_site():
    """One fragment six bases from a site of ten, with a UMI and a breakpoint of its own."""
    rows = clone(5000, 10) + clone(5006, 1, start=60)
    assert set(standard(rows)) == {5000, 5006}


def test_deep_molecules_are_not_off_by_errors_of_their_reads():
    major = Position(100, {("s", number, 500): 9 for number in range(5)})
    echoes = [is_echo(Position(101, {("s", 999, 900): n}), major, CALLING, True) for n in (1, 2, 3, 30)]
    assert echoes == [True, True, True, True]  # 0.05, and 0.005 from the third read on: both above 0.001
    few = Position(100, {("s", 1, 500): 9})
    echoes = [is_echo(Position(101, {("s", 999, 900): n}), few, CALLING, True) for n in (1, 2, 3, 30)]
    assert echoes == [True, True, False, False]


@pytest.mark.parametrize(
    ("bases", "period", "units"), [("", 1, 1), ("A", 1, 1), ("AAA", 1, 3), ("NNN", 1, 1)]
)
def test_units_of_a_repeat(bases, period, units):
    assert count_units(bases, period) == units


def test_neighbourhoods_end_where_a_gap_is_wider_than_the_window():
    assert neighbourhoods(np.array([1, 11, 22, 23, 60]), 10).tolist() == [0, 0, 1, 1, 2]


def test_merge_positions_maps_every_position():
    positions = [Position(at, {("s", at, at + 60): 5}) for at in (1, 4, 9)]
    assert merge_positions(positions, CALLING, True, True) == {1: 1, 4: 4, 9: 9}


# through the whole of site calling


@pytest.mark.parametrize("distance", [2, 3, 5, 10])
def test_true_neighbours_are_two_sites_in_the_tables(distance):
    seen = [fragment(5000, 60 + 7 * i, umi=UMI[i], n_reads=4) for i in range(12)]
    seen += [fragment(5000 + distance, 200 + 7 * i, umi=UMI[50 + i], n_reads=4) for i in range(12)]
    assert sites_of(call(seen)) == {("s", "chr1:5001:+"): 12, ("s", f"chr1:{5001 + distance}:+"): 12}


def test_wobbled_molecules_add_reads_but_no_fragments():
    seen = [fragment(5000, 60 + 7 * i, umi=UMI[i], n_reads=9) for i in range(12)]
    seen += [fragment(5001, 59 + 7 * i, umi=UMI[i], n_reads=2) for i in range(12)]  # same breakpoints
    called = call(seen)
    assert sites_of(called) == {("s", "chr1:5001:+"): 12}
    assert called.sites["n_reads"].tolist() == [12 * 11]
    assert sorted(called.fragments["length"]) == [60 + 7 * i for i in range(12)]
