"""From placed inserts to molecules in site coordinates; short inserts that longer ones of the junction contradict."""

import pytest
from sites_toy import At, Seen, call, evidence_of, fragment, library, sites_of

from integrasite.junctions.evidence import PREFIX, join_evidence, to_site_coordinates
from integrasite.model.fates import Fate

SAME = b"ACGTACGTTGCATGCAAGCT"
"""First bases that several inserts share."""
LIBRARIES = {"s": library()}


def fates(evidence):
    return [Fate(fate) for fate in evidence.molecules["fate"]]


def test_the_prefix_is_what_a_shortest_insert_has():
    assert len(SAME) == PREFIX == 20


def test_molecules_without_a_place_keep_their_fate_and_have_no_place():
    evidence = evidence_of([Seen((), fate=Fate.UNPAIRED), fragment(100, 50)], LIBRARIES)
    assert fates(evidence) == [Fate.UNPAIRED, Fate.USABLE]
    assert evidence.places["molecule"].tolist() == [1]


def test_every_place_of_a_molecule_moves_by_the_duplication():
    spots = (At(100, 160, True, 0, 0.5), At(900, 840, False, 1, 0.5))
    evidence = evidence_of(
        [Seen(spots, sample="u3"), Seen(spots, sample="u5")], {"u3": library("u3", "U3"), "u5": library("u5")}
    )
    columns = ["molecule", "contig", "position", "is_forward", "breakpoint"]
    assert evidence.places[columns].to_numpy().tolist() == [
        [0, 0, 104, False, 160],
        [0, 1, 896, True, 840],
        [1, 0, 100, True, 160],
        [1, 1, 900, False, 840],
    ]


def test_coordinates_of_no_places():
    places = evidence_of([], {"s": library("s", "U3")}).places
    assert len(places) == 0
    assert len(to_site_coordinates(places.assign(sample=""), {"s": library("s", "U3")})) == 0


# short inserts


def short(at, contig=0, **other):
    return fragment(at, 25, contig=contig, bases=25, prefix=SAME, **other)


def long(at, contig=0, **other):
    return fragment(at, 150, contig=contig, bases=100, prefix=SAME, **other)


def test_a_short_insert_elsewhere_than_the_longer_ones_is_dropped():
    evidence = evidence_of([short(5000), long(70_000)], LIBRARIES)
    assert fates(evidence) == [Fate.UNALIGNED, Fate.USABLE]
    assert evidence.places["molecule"].tolist() == [1]


def test_a_short_insert_at_the_place_of_the_longer_ones_is_kept():
    evidence = evidence_of([short(70_000), long(70_000)], LIBRARIES)
    assert fates(evidence) == [Fate.USABLE, Fate.USABLE]


def test_a_short_insert_that_fits_many_places_is_kept_where_a_longer_one_says_which():
    # the repeat's first copy comes first in every order; the junction lies in another
    copies = tuple(At(at, at + 24, True, 0, 0.25) for at in (1000, 30_000, 70_000, 90_000))
    seen = [Seen(copies, umi=1, bases=25, prefix=SAME), long(70_000, umi=77)]
    assert fates(evidence_of(seen, LIBRARIES)) == [Fate.USABLE, Fate.USABLE]
    assert sites_of(call(seen)) == {("s", "chr1:70001:+"): 2}


def test_a_short_insert_off_by_a_base_or_two_is_kept():
    # the same junction, with an indel or a clip at its first bases in the short insert's alignment
    evidence = evidence_of([short(70_001), long(70_000)], LIBRARIES)
    assert fates(evidence) == [Fate.USABLE, Fate.USABLE]


def test_short_inserts_alone_are_kept():
    evidence = evidence_of([short(5000), short(5000), short(70_000)], LIBRARIES)
    assert set(fates(evidence)) == {Fate.USABLE}


def test_inserts_that_are_not_so_short_are_kept():
    seen = [fragment(5000, 48, bases=48, prefix=SAME), long(70_000)]
    assert set(fates(evidence_of(seen, LIBRARIES))) == {Fate.USABLE}


def test_a_longer_insert_at_the_same_place_saves_the_short_ones():
    seen = [short(5000), fragment(5000, 60, bases=60, prefix=SAME), long(70_000)]
    assert set(fates(evidence_of(seen, LIBRARIES))) == {Fate.USABLE}


def test_a_longer_insert_without_a_place_speaks_against_the_short_one():
    # it begins with the same bases and lies where the reference has no sequence; so does the short one
    seen = [short(5000), Seen((), bases=100, prefix=SAME, fate=Fate.UNALIGNED)]
    assert fates(evidence_of(seen, LIBRARIES)) == [Fate.UNALIGNED, Fate.UNALIGNED]


@pytest.mark.parametrize("other", [{"prefix": b"T" * 20}, {"sample": "t"}])
def test_only_inserts_of_the_same_junction_and_library_speak(other):
    at_length = fragment(70_000, 150, **{"prefix": SAME, **other})
    evidence = evidence_of([short(5000), at_length], {"s": library(), "t": library("t")})
    assert fates(evidence)[0] is Fate.USABLE


def test_the_reads_of_dropped_molecules_stay_in_the_ledger():
    called = call([short(5000, n_reads=3), long(70_000, n_reads=5)])
    found = {Fate(row.fate): row.n_reads for row in called.fates.itertuples()}
    assert found == {Fate.UNALIGNED: 3, Fate.SITE_UNIQUE: 5}


# several sources


def test_sources_are_joined_with_their_own_molecules():
    first = evidence_of([fragment(100, 50), Seen((), fate=Fate.UNPAIRED)], LIBRARIES)
    second = evidence_of([fragment(900, 50, n_reads=7)], LIBRARIES)
    both = join_evidence([first, second])
    assert both.places[["molecule", "position"]].to_numpy().tolist() == [[0, 100], [2, 900]]
    assert both.molecules["n_reads"].tolist() == [1, 1, 7]
    assert both.molecules.index.tolist() == [0, 1, 2]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_source_without_molecules_adds_nothing(order):
    parts = [evidence_of([], LIBRARIES), evidence_of([fragment(100, 50)], LIBRARIES)]
    both = join_evidence([parts[number] for number in order])
    assert both.places[["molecule", "position"]].to_numpy().tolist() == [[0, 100]]
    assert both.places["position"].dtype.kind == "i"
    assert both.places["is_forward"].dtype == bool
