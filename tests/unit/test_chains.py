"""Joints of host and vector within a read, against reads that are put together here."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrasite.align.tumour_targets import Target, target_bases
from integrasite.junctions.chains import chains_of, clip_cost, join_segments, make_segment
from integrasite.junctions.chains_search import near_mate, vector_ends
from integrasite.junctions.tumour_reads import COST, GAIN, Part, prepare_fragment
from integrasite.kernels.codes import decode, encode, reverse_complement

RNG = np.random.default_rng(3)
LTR, SIZE = 60, 600


def random_codes(n):
    return RNG.integers(0, 4, n).astype(np.uint8)


HOST = random_codes(4000)
BODY = random_codes(SIZE)
BODY[:2], BODY[LTR - 2 : LTR] = encode("TG"), encode("CA")
PROVIRUS = np.concatenate([BODY, BODY[:LTR]])
TARGETS = [Target("car", "vector", PROVIRUS, np.ones(SIZE, bool), LTR, True)]
VECTOR_BASES = target_bases(TARGETS)


def host_bases(_contig, start, end):
    inside = HOST[max(start, 0) : max(end, 0)]
    left = np.full(max(-start, 0), 4, np.uint8)
    right = np.full(max(end - HOST.size, 0), 4, np.uint8)
    return np.concatenate([left, inside, right])


def part_of(codes, quality=37):
    return Part(codes, np.full(codes.size, GAIN[quality]), np.full(codes.size, COST[quality]))


def segment(part, is_vector, start, first, last, is_forward=True):
    """Bases [first, last) of the part at `start` of the contig (its first base along the contig)."""
    n = part.codes.size
    clips = (first, n - last) if is_forward else (n - last, first)
    cigar = [(clips[0], "S"), (last - first, "M"), (clips[1], "S")]
    bases = VECTOR_BASES if is_vector else host_bases
    return make_segment(part, cigar, start, (is_vector, 0, is_forward), bases)


def test_a_segment_knows_the_place_of_every_base_on_both_strands():
    codes = np.concatenate([random_codes(10), HOST[100:130]])
    forward = segment(part_of(codes), False, 100, 10, 40)
    assert forward.places[10] == 100 and forward.places[39] == 129 and forward.places[0] == 90
    assert (forward.start, forward.end, forward.n_matches(10, 40)) == (10, 40, 30)
    turned = segment(part_of(reverse_complement(codes)), False, 100, 0, 30, is_forward=False)
    assert turned.places[0] == 129 and turned.places[29] == 100 and turned.n_matches(0, 30) == 30


@pytest.mark.parametrize("is_forward", [True, False])
def test_insertions_and_deletions_are_charged_once(is_forward):
    codes = np.concatenate([HOST[100:120], encode("ACG"), HOST[120:140], HOST[144:160]])
    part = part_of(codes if is_forward else reverse_complement(codes))
    cigar = [(20, "M"), (3, "I"), (20, "M"), (4, "D"), (16, "M")]
    made = make_segment(part, cigar, 100, (False, 0, is_forward), host_bases)
    assert made.n_matches(0, codes.size) in (55, 56)  # a base beside the gap may pay for it
    assert made.own_score == pytest.approx(56 * GAIN[37] - (5 + 3) - (5 + 4))
    assert sorted(made.places[[0, -1]]) == [100, 159]


def leaving(n_host, n_vector, site=2000):
    """A read that leaves the vector at its complete U5 end into the host base `site`."""
    codes = np.concatenate([PROVIRUS[PROVIRUS.size - n_vector :], HOST[site : site + n_host]])
    return part_of(codes)


@settings(max_examples=60, deadline=None)
@given(
    site=st.integers(200, 3500),
    n_vector=st.integers(20, 100),
    n_host=st.integers(20, 80),
    slip=st.integers(0, 6),
)
def test_the_joint_is_the_complete_end_wherever_the_hits_stop(site, n_vector, n_host, slip):
    part = leaving(n_host, n_vector, site)
    n = n_vector + n_host
    start = PROVIRUS.size - n_vector
    vector = segment(part, True, start, 0, n_vector - slip)
    host = segment(part, False, site + slip, n_vector + slip, n)
    joint = join_segments(vector, host, TARGETS)
    assert joint is not None and (joint.left_end, joint.right_start) == (n_vector, n_vector)
    assert joint.is_vector_end and joint.overlap >= 0
    assert vector.places[joint.left_end - 1] % SIZE == LTR - 1
    assert host.places[joint.right_start] == site
    # the same molecule read from its other end
    turned = part_of(reverse_complement(part.codes))
    left = segment(turned, False, site + slip, 0, n_host - slip, is_forward=False)
    right = segment(turned, True, start, n_host + slip, n, is_forward=False)
    other = join_segments(left, right, TARGETS)
    assert other is not None and other.right_start == n_host and other.overlap == joint.overlap
    assert left.places[other.left_end - 1] == site and other.is_vector_end


def test_bases_that_both_explain_go_to_the_complete_end_and_are_counted():
    site = 2000
    host = HOST.copy()
    host[site - 3 : site] = PROVIRUS[-3:]  # the host happens to end like the vector

    def bases(_contig, start, end):
        return host[start:end]

    part = part_of(np.concatenate([PROVIRUS[-50:], host[site : site + 40]]))
    vector = segment(part, True, PROVIRUS.size - 50, 0, 50)
    right = make_segment(part, [(47, "S"), (43, "M")], site - 3, (False, 0, True), bases)
    joint = join_segments(vector, right, TARGETS)
    assert joint is not None and joint.left_end == 50
    assert joint.overlap >= 3


def test_inserted_bases_are_a_negative_overlap():
    part = part_of(np.concatenate([PROVIRUS[-50:], encode("ACGTTGCAACCA"), HOST[2000:2050]]))
    joint = join_segments(
        segment(part, True, PROVIRUS.size - 50, 0, 50), segment(part, False, 2000, 62, 112), TARGETS
    )
    assert joint is not None and joint.left_end == 50
    assert -12 <= joint.overlap <= -9 and joint.is_vector_end


def test_chance_matches_and_bad_bases_do_not_move_the_complete_end():
    # inserted bases that begin as the primer-binding site does: the 5' LTR could be followed two bases further
    inserted = np.concatenate([BODY[LTR : LTR + 2], encode("GATTACAGATTA")])
    part = part_of(np.concatenate([BODY[LTR - 50 : LTR], inserted, HOST[2000:2050]]))
    joint = join_segments(segment(part, True, LTR - 50, 0, 52), segment(part, False, 2000, 64, 114), TARGETS)
    assert joint is not None and joint.left_end == 50 and joint.is_vector_end
    # the last base of the vector, badly read, looks like the host's
    codes = np.concatenate([PROVIRUS[-50:], HOST[2000:2050]])
    codes[49] = HOST[1999]
    assert codes[49] != PROVIRUS[-1]
    made = part_of(codes)
    made.cost[49], made.gain[49] = COST[10], GAIN[10]
    joint = join_segments(
        segment(made, True, PROVIRUS.size - 50, 0, 49), segment(made, False, 1999, 49, 100), TARGETS
    )
    assert joint is not None and joint.left_end == 50 and joint.is_vector_end


def test_a_truncated_vector_is_not_stretched_to_its_end():
    part = part_of(np.concatenate([PROVIRUS[-70:-20], HOST[2000:2050]]))
    joint = join_segments(
        segment(part, True, PROVIRUS.size - 70, 0, 50), segment(part, False, 2000, 50, 100), TARGETS
    )
    assert joint is not None and not joint.is_vector_end and abs(joint.left_end - 50) <= 3


def test_host_explains_what_vector_and_host_share():
    part = part_of(HOST[1000:1100].copy())
    shared = Target(
        "car",
        "vector",
        np.concatenate([random_codes(50), HOST[1040:1100], random_codes(50)]),
        np.ones(160, bool),
    )
    vector = make_segment(part, [(40, "S"), (60, "M")], 50, (True, 0, True), target_bases([shared]))
    chains = chains_of([segment(part, False, 1000, 0, 100), vector], 100, [shared])
    assert chains["H"].score == pytest.approx(100 * GAIN[37])
    assert "HV" not in chains or chains["HV"].score <= chains["H"].score + 1e-6


@pytest.mark.parametrize("is_forward", [True, False])
@pytest.mark.parametrize(("n_vector", "is_found"), [(10, True), (9, False)])
def test_ten_bases_of_a_complete_end_are_found_and_nine_are_not(is_forward, n_vector, is_found):
    along = PROVIRUS if is_forward else reverse_complement(PROVIRUS)
    part = part_of(np.concatenate([HOST[500:600], along[:n_vector]]))
    found = vector_ends(part, [segment(part, False, 500, 0, 100)], TARGETS, VECTOR_BASES, set())
    right = [s for s in found if s.is_forward == is_forward and s.start == 100]
    assert bool(right) == is_found
    if is_found:
        assert right[0].places[100] % SIZE == (0 if is_forward else LTR - 1)
    # to the left of the host
    part = part_of(np.concatenate([along[along.size - n_vector :], HOST[500:600]]))
    host = segment(part, False, 500, n_vector, n_vector + 100)
    found = vector_ends(part, [host], TARGETS, VECTOR_BASES, set())
    assert any(s.end == n_vector and s.is_forward == is_forward for s in found) == is_found


def test_six_bases_suffice_where_the_mate_names_the_end():
    part = part_of(np.concatenate([HOST[500:600], PROVIRUS[:6]]))
    host = [segment(part, False, 500, 0, 100)]
    assert vector_ends(part, host, TARGETS, VECTOR_BASES, {(0, 1, True)})
    assert not vector_ends(part, host, TARGETS, VECTOR_BASES, {(0, -1, True), (0, 1, False)})


@pytest.mark.parametrize("is_forward", [True, False])
def test_twelve_host_bases_are_found_beside_the_mate(is_forward):
    """The left mate leaves the vector 12 bases before its end; the right one lies 150 bp on in the host."""
    turn = (lambda codes: codes) if is_forward else reverse_complement
    host = turn(HOST)
    part = part_of(np.concatenate([PROVIRUS[-80:], host[2000:2012]]))
    mate = part_of(host[2150:2250])
    at = 2150 if is_forward else HOST.size - 2250
    own = [segment(part, True, PROVIRUS.size - 80, 0, 80)]
    its = [segment(mate, False, at, 0, 100, is_forward)]
    found = near_mate(part, own, True, (mate, its), (False, host_bases), 1000)
    assert len(found) == 1 and found[0].is_guess
    expected = 2000 if is_forward else HOST.size - 2001
    assert found[0].places[80] == expected and found[0].is_forward == is_forward
    # the mate elsewhere says nothing
    far = [segment(part_of(host[100:200]), False, 100 if is_forward else HOST.size - 200, 0, 100, is_forward)]
    assert not near_mate(part, own, True, (mate, far), (False, host_bases), 1000)


def test_clips_cost_no_more_than_they_would_explain():
    assert clip_cost(0) == 0 and clip_cost(2) == 2
    assert 3 < clip_cost(20) < clip_cost(100) < 20


def reads(codes, quality=37):
    return codes, np.full(codes.size, quality, np.uint8)


@settings(max_examples=50, deadline=None)
@given(length=st.integers(30, 270), start=st.integers(0, 3000))
def test_overlapping_mates_become_the_fragment_and_lose_their_adapters(length, start):
    fragment = HOST[start : start + length]
    adapter = encode("AGATCGGAAGAGCACACGTCTGAACTCCAGTCA" * 5)
    one = np.concatenate([fragment, adapter])[:150]
    two = np.concatenate([reverse_complement(fragment), adapter])[:150]
    made = prepare_fragment("r", reads(one), reads(two))
    assert made.is_whole
    assert decode(made.parts[0].codes) == decode(fragment)


def test_mates_that_do_not_overlap_stay_apart_in_one_orientation():
    made = prepare_fragment("r", reads(HOST[:150]), reads(reverse_complement(HOST[300:450])))
    assert not made.is_whole
    assert [decode(p.codes) for p in made.parts] == [decode(HOST[:150]), decode(HOST[300:450])]


def test_tandem_repeats_are_not_merged():
    repeat = encode("CTCTCTCTCT" * 6)
    one = np.concatenate([HOST[:90], repeat])
    two = np.concatenate([repeat, HOST[500:590]])
    assert not prepare_fragment("r", reads(one), reads(reverse_complement(two))).is_whole


def test_the_better_base_is_kept_and_bad_tails_are_cut():
    one, two = HOST[:150].copy(), reverse_complement(HOST[50:200])
    quality = np.full(150, 37, np.uint8)
    quality[100] = 5
    one[100] = (one[100] + 1) % 4
    made = prepare_fragment("r", (one, quality), reads(two))
    assert decode(made.parts[0].codes) == decode(HOST[:200])
    quality = np.concatenate([np.full(100, 37, np.uint8), np.full(50, 2, np.uint8)])
    single = prepare_fragment("r", (HOST[:150], quality), None)
    assert single.is_single and single.parts[0].codes.size == 100


def test_unreadable_bases_count_nothing():
    codes = HOST[:100].copy()
    codes[50:60] = 4
    made = prepare_fragment("r", reads(codes), None).parts[0]
    assert segment(made, False, 0, 0, 100).own_score == pytest.approx(90 * GAIN[37])
