"""What one insert is, decided from alignments built by hand."""

import math

import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrasite.align.inserts import align_inserts, fasta_blocks, places_table
from integrasite.align.places import (
    Hit,
    InsertPlaces,
    Place,
    _hit,
    fragment_lengths,
    join_hits,
    place_insert,
    read_hits,
    weigh_places,
)
from integrasite.align.reference import ReferenceIndex
from integrasite.config.calling import Calling
from integrasite.model.fates import Fate
from integrasite.model.inserts import INSERTS, PLACES

CALLING = Calling()
N_HOST = 2
VECTOR = 2
ANY = (15, 2000)


def hit(first, *, forward=True, contig=0, clip=0, aligned=60, length=60, edits=0, score=60):
    named = {"contig": contig, "is_forward": forward, "first": first, "clip": clip, "score": score}
    return Hit(**named, aligned=aligned, length=length, edits=edits)


def mate(first, **other):
    """A hit of the linker read: the other strand, at the fragment's far end."""
    return hit(first, **{"forward": False, **other})


def placed(junction, linker, lengths=ANY, calling=CALLING):
    return place_insert(7, junction, linker, lengths, calling, N_HOST)


def spots(found):
    return [(place.contig, place.position, place.breakpoint, place.is_forward) for place in found.places]


# one place


def test_a_pair_that_fits_one_place():
    found = placed([hit(1000)], [mate(1199)])
    assert (found.insert, found.fate) == (7, Fate.USABLE)
    assert spots(found) == [(0, 1000, 1199, True)]
    assert found.posteriors == (1.0,)
    assert found.places[0].score == 120


def test_a_pair_on_the_reverse_strand():
    assert spots(placed([hit(1000, forward=False)], [mate(801, forward=True)])) == [(0, 1000, 801, False)]


def test_a_read_without_a_mate_has_no_breakpoint():
    assert spots(placed([hit(1000)], [], lengths=None)) == [(0, 1000, -1, True)]


def test_one_place_with_two_alignments_is_one_place():
    # the same junction base reached with and without a gap
    found = placed([hit(1000, score=60), hit(1000, score=57)], [], lengths=None)
    assert spots(found) == [(0, 1000, -1, True)]
    assert found.posteriors == (1.0,)


# no place


@pytest.mark.parametrize(
    ("junction", "linker", "fate"),
    [
        ([], [mate(1199)], Fate.UNALIGNED),  # no alignment of the junction read
        ([hit(1000, score=17)], [mate(1199)], Fate.UNALIGNED),  # too weak
        ([hit(1000, edits=7)], [mate(1199)], Fate.UNALIGNED),  # 7 of 120: a copy that the reference lacks
        ([hit(1000, aligned=44)], [mate(1199)], Fate.UNALIGNED),  # 44 of 60: only its first bases fit
        ([hit(1000)], [], Fate.UNPAIRED),
        ([hit(1000)], [mate(1199, score=17)], Fate.UNPAIRED),
        ([hit(1000)], [mate(1199, contig=1)], Fate.UNPAIRED),  # PCR chimera
        ([hit(1000)], [mate(1199, forward=True)], Fate.UNPAIRED),  # wrong orientation
        ([hit(1000)], [mate(900)], Fate.UNPAIRED),  # pointing away
        ([hit(1000)], [mate(3000)], Fate.UNPAIRED),  # 2,001 bp
        ([hit(1000, clip=6)], [mate(1199)], Fate.CLIPPED_JUNCTION),
        ([hit(50, contig=VECTOR)], [mate(120, contig=VECTOR)], Fate.AUTOINTEGRATION),
        ([hit(50, contig=VECTOR)], [], Fate.AUTOINTEGRATION),
        ([hit(50, contig=VECTOR, clip=9)], [mate(120, contig=VECTOR)], Fate.AUTOINTEGRATION),
    ],
)
def test_fates_of_inserts_without_a_place(junction, linker, fate):
    found = placed(junction, linker)
    assert (found.fate, found.places, found.posteriors) == (fate, (), ())


@pytest.mark.parametrize("clip", [0, 1, 5])
def test_a_few_clipped_bases_at_the_junction_are_extrapolated(clip):
    assert spots(placed([hit(1000, clip=clip)], [mate(1199)])) == [(0, 1000, 1199, True)]


def test_a_chimera_is_placed_by_the_part_that_holds_the_junction():
    # the longer part of the read starts 20 bases in and scores a little better
    found = placed([hit(400, clip=20, score=52), hit(1000, score=48)], [mate(1199)])
    assert spots(found) == [(0, 1000, 1199, True)]


def test_a_junction_that_fits_only_a_little_is_not_traded_for_a_far_better_clipped_one():
    found = placed([hit(400, clip=20, score=80), hit(1000, score=30)], [mate(1199)])
    assert found.fate is Fate.CLIPPED_JUNCTION


@pytest.mark.parametrize(("length", "is_kept"), [(14, False), (15, True), (2000, True), (2001, False)])
def test_the_shortest_and_the_longest_fragment(length, is_kept):
    found = placed([hit(1000)], [mate(1000 + length - 1)])
    assert (found.fate is Fate.USABLE) == is_kept


# several places


def test_equal_places_share_alike():
    found = placed([hit(1000), hit(700, contig=1)], [mate(1199), mate(899, contig=1)])
    assert spots(found) == [(0, 1000, 1199, True), (1, 700, 899, True)]
    assert found.posteriors == (0.5, 0.5)


def test_the_mate_tells_copies_apart():
    found = placed([hit(1000), hit(700, contig=1)], [mate(1199)])
    assert spots(found) == [(0, 1000, 1199, True)]
    assert found.posteriors == (1.0,)


def test_one_mismatch_less_is_worth_600_to_1():
    found = placed([hit(1000, score=60), hit(700, contig=1, score=55)], [mate(1199), mate(899, contig=1)])
    assert found.posteriors[0] == pytest.approx(1 / (1 + math.exp(-5 * 1.28)))
    assert 500 < found.posteriors[0] / found.posteriors[1] < 700


def test_a_tie_of_host_and_vector_keeps_both():
    found = placed([hit(50, contig=VECTOR), hit(1000)], [mate(249, contig=VECTOR), mate(1199)])
    assert found.fate is Fate.USABLE
    assert spots(found) == [(0, 1000, 1199, True), (VECTOR, 50, 249, True)]


def test_a_better_vector_wins_and_a_better_host_wins():
    vector = ([hit(50, contig=VECTOR)], [mate(249, contig=VECTOR)])
    for score, fate in ((55, Fate.AUTOINTEGRATION), (65, Fate.USABLE)):
        found = placed([*vector[0], hit(1000, score=score)], [*vector[1], mate(1199)])
        assert found.fate is fate


def test_an_insert_that_fits_both_ltrs_and_no_host_is_in_the_vector():
    junction = [hit(50, contig=VECTOR), hit(5050, contig=VECTOR)]
    assert (
        placed(junction, [mate(249, contig=VECTOR), mate(5249, contig=VECTOR)]).fate is Fate.AUTOINTEGRATION
    )


def test_the_vector_s_two_ltrs_do_not_outvote_a_host_place_that_fits_as_well():
    junction = [hit(50, contig=VECTOR), hit(5050, contig=VECTOR), hit(1000)]
    linker = [mate(249, contig=VECTOR), mate(5249, contig=VECTOR), mate(1199)]
    assert placed(junction, linker).fate is Fate.USABLE


@pytest.mark.parametrize("turn", [1, -1])
def test_an_unpaired_tie_of_host_and_vector_has_one_fate_in_any_order(turn):
    junction = [hit(50, contig=VECTOR), hit(1000)][::turn]
    assert placed(junction, []).fate is Fate.UNPAIRED


@pytest.mark.parametrize("turn", [1, -1])
def test_a_clipped_tie_of_host_and_vector_has_one_fate_in_any_order(turn):
    junction = [hit(50, contig=VECTOR, clip=9), hit(1000, clip=9)][::turn]
    assert placed(junction, [mate(1199)]).fate is Fate.CLIPPED_JUNCTION


HITS = st.lists(
    st.builds(
        hit,
        st.sampled_from([1000, 1001, 1300, 5000]),
        forward=st.booleans(),
        contig=st.integers(0, 2),
        clip=st.sampled_from([0, 2, 9]),
        score=st.sampled_from([30, 55, 60]),
    ),
    max_size=6,
    unique_by=lambda one: one[:3],
)


@given(junction=HITS, linker=HITS, seed=st.randoms(use_true_random=False), single=st.booleans())
@settings(max_examples=80)
def test_the_order_of_alignments_changes_nothing(junction, linker, seed, single):
    lengths = None if single else ANY
    mixed = [seed.sample(hits, len(hits)) for hits in (junction, linker)]
    first, second = placed(junction, linker, lengths), placed(*mixed, lengths)
    assert (first.places, first.posteriors) == (second.places, second.posteriors)
    # a junction without a place whose alignments tie between host and vector: see the two tests above
    tops = [one for one in junction if one.score == max(other.score for other in junction)]
    if first.places or len({one.contig >= N_HOST for one in tops}) <= 1:
        assert first.fate == second.fate


@given(junction=HITS, linker=HITS)
@settings(max_examples=80)
def test_posteriors_are_those_of_a_whole(junction, linker):
    found = placed(junction, linker)
    assert len(found.places) == len(found.posteriors) == len(set(found.places))
    if found.places:
        assert 0.99 < sum(found.posteriors) <= 1 + 1e-9
        assert list(found.posteriors) == sorted(found.posteriors, reverse=True)
        assert all(place.score > 0 for place in found.places)
    else:
        assert found.fate is not Fate.USABLE


def test_no_more_places_than_allowed_and_always_the_same_ones():
    many = [Place(0, at, at + 40, True, 60) for at in range(0, 2000, 100)]
    kept, posteriors = weigh_places(many[::-1], Calling(max_places=10))
    assert kept == tuple(many[:10])
    assert posteriors == (0.1,) * 10


def test_places_that_cannot_matter_are_left_out():
    kept, posteriors = weigh_places([Place(0, 1, 9, True, 60), Place(0, 5, 9, True, 50)], CALLING)
    assert len(kept) == 1
    assert posteriors[0] == pytest.approx(1, abs=1e-4)


def test_places_one_error_away_stay_beside_many_equal_ones():
    """A short insert of a repeat with one misread base: the true copy is one of those that fit it second best."""
    equal = [Place(0, k, k + 30, True, 60) for k in range(80)]
    truth, unlike = Place(1, 5, 35, True, 55), Place(1, 9, 39, True, 50)
    kept, posteriors = weigh_places([*equal, truth, unlike], CALLING)
    assert truth in kept and unlike not in kept
    assert len(kept) == 81 and posteriors[80] == pytest.approx(math.exp(-1.28 * 5) / 80, rel=0.01)


def test_a_place_reached_twice_counts_once_with_its_best_score():
    places = join_hits([hit(1000, score=40), hit(1000, score=50)], [mate(1199, score=30)], ANY, CALLING)
    assert places == [Place(0, 1000, 1199, True, 80)]


def test_weak_alignments_do_not_pair_against_far_better_ones():
    junction = [hit(1000, score=90), hit(700, contig=1, score=60)]
    assert join_hits(junction, [mate(899, contig=1)], ANY, CALLING) == []


# places that the aligner saw and did not list


def more(one):
    return one._replace(has_more=True)


def test_a_junction_with_unlisted_places_is_repetitive_whatever_its_mate():
    assert placed([more(hit(1000))], [mate(1199)]).fate is Fate.REPETITIVE
    assert placed([more(hit(1000))], [], None).fate is Fate.REPETITIVE


@pytest.mark.parametrize(
    ("tags", "has_more"),
    [
        ([("NM", 0), ("XS", 60)], True),  # as good a place was seen, none is listed
        ([("NM", 0), ("XS", 56)], True),
        ([("NM", 0), ("XS", 55)], False),  # one mismatch worse
        ([("NM", 0)], False),
        ([("NM", 0), ("XS", 60), ("XA", "two,-101,60M,0;")], False),
        ([("NM", 0), ("XS", 60), ("XA", "two,-101,60M,0;" * 250)], True),  # a sample of more
        ([("NM", 0), ("XS", 55), ("XA", "two,-101,60M,1;" * 499)], False),
    ],
)
def test_what_says_that_not_all_places_are_listed(tags, has_more):
    record = pysam.AlignedSegment(pysam.AlignmentHeader.from_references(["one", "two"], [500, 500]))
    record.query_sequence, record.cigarstring = "A" * 60, "60M"
    record.reference_id, record.reference_start, record.flag = 0, 100, 0
    record.set_tags(tags)
    hits = read_hits(record, {"one": 0, "two": 1})
    assert {one.has_more for one in hits} == {has_more}
    assert (hits[0].contig, hits[0].first, hits[0].is_forward) == (0, 100, True)
    assert all((one.contig, one.first, one.is_forward) == (1, 159, False) for one in hits[1:])


def test_a_junction_with_unlisted_places_is_repetitive_without_a_mate_too():
    assert placed([more(hit(1000))], [mate(50_000)]).fate is Fate.REPETITIVE


def test_a_breakpoint_in_a_large_repeat_does_not_unsettle_a_unique_junction():
    found = placed([hit(1000)], [more(mate(1199))])
    assert spots(found) == [(0, 1000, 1199, True)]
    assert found.posteriors == (1.0,)


def test_a_mate_with_unlisted_places_does_not_decide_between_equal_junctions():
    found = placed([hit(1000), hit(700, contig=1)], [more(mate(1199))])
    assert found.fate is Fate.REPETITIVE or max(found.posteriors) == pytest.approx(0.5)


# reads that show the whole insert

INSERT = "ACGTTGCAAGGCTTACCGATAGGCTTAACCGGTATCGGATTACCGAT"
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


def turned(sequence):
    return sequence[::-1].translate(COMPLEMENT)


@pytest.mark.parametrize(
    "linker",
    [
        turned(INSERT),
        turned(INSERT)[:-2],  # trimmed two bases short
        turned(INSERT).replace("C", "N", 2),
        "T" * 6 + turned(INSERT)[6:],  # a bad start: the end still agrees
    ],
)
def test_where_both_reads_show_the_whole_insert_its_length_is_known(linker):
    n = len(INSERT)
    assert fragment_lengths(INSERT, linker, CALLING) == (n - 5, n + 5)


@pytest.mark.parametrize("n_shown", [21, 30, 43])
@pytest.mark.parametrize("misread", [False, True])
def test_the_longer_read_shows_the_whole_insert_where_the_other_is_cut_at_its_own_length(n_shown, misread):
    """The junction read runs into the linker; the linker read, which begins with the linker, ends inside the insert."""
    n = len(INSERT)
    cut = turned(INSERT)[:n_shown]
    cut = cut[:8] + "ACGT"["TGCA".index(cut[8])] + cut[9:] if misread else cut
    assert fragment_lengths(INSERT, cut, CALLING) == (n - 5, n + 5)
    assert fragment_lengths(turned(cut), turned(INSERT), CALLING) == (
        (n - 5, n + 5) if INSERT.startswith(turned(cut)) else (15, 2000)
    )
    assert fragment_lengths(INSERT[:n_shown], turned(INSERT), CALLING) == (n - 5, n + 5)


@pytest.mark.parametrize(
    "linker",
    [
        turned("GATTACA" * 7)[: len(INSERT)],
        turned("GATTACA" * 7)[:30],
        turned(INSERT[:-9])[:30],  # begins inside the junction read: no end of it
        turned(INSERT + "GATTACATT")[:30],  # begins beyond it
    ],
)
def test_where_they_do_not_any_allowed_length_will_do(linker):
    assert fragment_lengths(INSERT, linker, CALLING) == (15, 2000)


def test_a_whole_insert_fits_no_place_where_its_ends_lie_further_apart():
    n = len(INSERT)
    lengths = fragment_lengths(INSERT, turned(INSERT), CALLING)
    tandem = [mate(1000 + n - 1 + shift) for shift in (0, 40, 80)]
    assert spots(placed([hit(1000)], tandem, lengths)) == [(0, 1000, 1000 + n - 1, True)]
    assert placed([hit(1000)], tandem[1:], lengths).fate is Fate.UNPAIRED


# one alignment


def counted(reference, query, cigar):
    """Score, first aligned base and edits by walking the alignment base by base."""
    score = edits = at = i = 0
    for length, operation in cigar:
        if operation == "M":
            for _ in range(length):
                same = reference[at] == query[i]
                score += 1 if same else -4
                edits += not same
                at, i = at + 1, i + 1
        elif operation == "I":
            score, edits, i = score - 6 - length, edits + length, i + length
        elif operation == "D":
            score, edits, at = score - 6 - length, edits + length, at + length
        else:
            i += length
    return score, edits, at


@given(data=st.data(), is_reverse=st.booleans(), clips=st.tuples(st.integers(0, 4), st.integers(0, 4)))
@settings(max_examples=50)
def test_score_edits_and_first_base_against_a_walk_over_the_alignment(data, is_reverse, clips):
    dna = st.text("ACGT", min_size=60, max_size=60)
    middle = data.draw(st.lists(st.sampled_from([(1, "I"), (3, "I"), (1, "D"), (2, "D")]), max_size=3))
    cigar = [(7, "M")] + [part for gap in middle for part in (gap, (5, "M"))]
    cigar = [(clips[0], "S")] * (clips[0] > 0) + cigar + [(clips[1], "H")] * (clips[1] > 0)
    score, edits, span = counted(data.draw(dna), data.draw(dna), cigar)
    found = _hit(1, is_reverse, 1000, cigar, edits)
    assert found.score == score
    assert (found.contig, found.is_forward) == (1, not is_reverse)
    assert found.clip == (clips[1] if is_reverse else clips[0])
    assert found.first == (1000 + span - 1 + clips[1] if is_reverse else 1000 - clips[0])
    assert found.edits == edits
    read = sum(n for n, operation in cigar if operation in "MISH")
    assert (found.aligned, found.length) == (read - sum(clips), read)


@pytest.mark.parametrize(("edits", "fate"), [(6, Fate.USABLE), (7, Fate.UNALIGNED)])
def test_five_edits_in_a_hundred_bases_are_allowed(edits, fate):
    assert placed([hit(1000, edits=edits)], [mate(1199)]).fate is fate
    assert placed([hit(1000, edits=edits - 3)], [mate(1199, edits=3)]).fate is fate


@pytest.mark.parametrize(("aligned", "fate"), [(45, Fate.USABLE), (44, Fate.UNALIGNED)])
def test_three_quarters_of_a_read_must_align(aligned, fate):
    assert placed([hit(1000, aligned=aligned)], [mate(1199)]).fate is fate
    assert placed([hit(1000)], [mate(1199, aligned=aligned)]).fate is fate


# as tables


def test_places_and_fates_as_rows():
    table = places_table(
        [
            InsertPlaces(0, Fate.UNPAIRED),
            InsertPlaces(1, Fate.USABLE, (Place(0, 5, 90, True, 80), Place(1, 7, -1, False, 80)), (0.5, 0.5)),
        ]
    )
    assert table.schema == PLACES
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        (0, int(Fate.UNPAIRED), -1, -1, -1, True, 0, 0.0),
        (1, 0, 0, 5, 90, True, 80, 0.5),
        (1, 0, 1, 7, -1, False, 80, 0.5),
    ]


def test_no_inserts_need_no_aligner(tmp_path):
    nowhere = ReferenceIndex(tmp_path / "none.fa", {}, {})
    assert align_inserts(INSERTS.empty_table(), nowhere, CALLING, 1) == PLACES.empty_table()
    assert places_table([]) == PLACES.empty_table()
    assert list(fasta_blocks(INSERTS.empty_table())) == []


def test_inserts_as_fasta():
    table = INSERTS.empty_table().from_pydict(
        {"junction": [b"ACGT", b"GGG"], "linker": [b"TT", b""]}, schema=INSERTS
    )
    assert b"".join(fasta_blocks(table)) == b">0\nACGT\n>0\nTT\n>1\nGGG\n"
