"""Junction evidence to sites: coordinates of the contract, both ends, microhomology, slippage, repeats, tiers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from junction_toy import CALLING, LV, VECTORS, Truth, call, fragments_of, passing, row, side_of, table_of

from integrasite.model.sites import VectorEnd, junction_to_site
from integrasite.sites.tumour_joins import base_entropy, chain, near_pairs, usable_rows
from integrasite.sites.tumour_sites import TumourContext, call_junction_sites


def three(truth: Truth, side: int, **more: object) -> list[dict[str, object]]:
    return [row(truth, side, fragment=10 * side + n, **more) for n in range(3)]


@pytest.mark.parametrize("strand", [1, -1])
@pytest.mark.parametrize("sides", [(3,), (5,), (5, 3)], ids=["U5 only", "U3 only", "both"])
def test_position_is_the_base_joined_to_u5_whichever_end_is_seen(strand, sides):
    truth = Truth(position=5_000, strand=strand)
    found = passing(call([r for side in sides for r in three(truth, side)]))
    assert found[["contig", "position", "strand"]].to_numpy().tolist() == [
        ["chr1", 5_001, "+" if strand > 0 else "-"]
    ]
    assert found["is_exact"].all() and found["position_low"].tolist() == found["position_high"].tolist() == [
        5_001
    ]


@pytest.mark.parametrize("strand", [1, -1])
@pytest.mark.parametrize("side", [5, 3])
def test_the_contract_conversion_agrees(strand, side):
    truth = Truth(position=5_000, strand=strand)
    host, direction, _, _ = side_of(truth, side)
    end = VectorEnd.U5 if side == 3 else VectorEnd.U3
    assert junction_to_site(host, direction > 0, end, truth.tsd) == (truth.position, strand > 0)


@given(
    strand=st.sampled_from([1, -1]),
    homology=st.tuples(st.integers(0, 6), st.integers(0, 6)),
    at=st.integers(1_000, 9_000),
    sides=st.sampled_from([(5,), (3,), (5, 3)]),
)
@settings(max_examples=12, deadline=None)
def test_bases_that_host_and_vector_share_do_not_move_the_site(strand, homology, at, sides):
    """The aligner gives shared bases to the vector, beyond its end; the complete end takes them back."""
    truth = Truth(position=at, strand=strand)
    rows = []
    for side in sides:
        k = homology[0 if side == 5 else 1]
        host, direction, vector, vector_direction = side_of(truth, side)
        moved = {
            "host_position": host + k * direction,
            "vector_position": (vector - k * vector_direction) % LV.length,
        }
        rows += three(truth, side, overlap=k, **moved)
    found = passing(call(rows))
    assert found["position"].tolist() == [at + 1]
    assert found["ends"].tolist() == [",".join({5: "U3", 3: "U5"}[side] for side in sides)]


@pytest.mark.parametrize("strand", [1, -1])
@pytest.mark.parametrize("side", [5, 3])
@pytest.mark.parametrize(("vector_short", "host_short"), [(4, 0), (0, 4), (12, 0), (0, 12), (2, 0), (0, 2)])
def test_a_misread_base_beside_the_junction_does_not_move_the_site(strand, side, vector_short, host_short):
    truth = Truth(strand=strand)
    host, direction, vector, vector_direction = side_of(truth, side)
    wrong = {
        "overlap": -(vector_short + host_short),
        "host_position": host + host_short * direction,
        "vector_position": vector + vector_short * vector_direction,
    }
    rows = [row(truth, side, fragment=0, **wrong), row(truth, side, fragment=1)]
    found = passing(call(rows))
    assert found["position"].tolist() == [truth.position + 1]
    alone = passing(call([row(truth, side, fragment=0, **wrong), discordant(truth, side, 1, host_off=50)]))
    assert alone["position"].tolist() == [truth.position + 1]


def test_bases_that_two_fragments_leave_out_alike_are_inserted():
    truth = Truth()
    host, direction, _, _ = side_of(truth, 3)
    rows = [row(truth, 3, fragment=n, overlap=-2, host_position=host + 2 * direction) for n in range(3)]
    found = passing(call(rows))
    assert found["position"].tolist() == [truth.position + 3]
    assert found["overlap_3"].tolist() == [-2]


def discordant(truth: Truth, side: int, fragment: int, *, host_off: int, reach: int = 500, **more: object):
    host, direction, vector, vector_direction = side_of(truth, side)
    return row(truth, side, fragment=fragment) | {
        "kind": "discordant", "host_position": host + host_off * direction, "reach": reach,
        "vector_position": (vector + 300 * vector_direction) % LV.length,
    } | more  # fmt: skip


@pytest.mark.parametrize("strand", [1, -1])
@pytest.mark.parametrize("side", [5, 3])
@pytest.mark.parametrize(
    ("host_off", "joins"), [(0, True), (499, True), (501, True), (521, False), (-30, False)]
)
def test_discordant_fragments_join_the_site_that_they_can_span(strand, side, host_off, joins):
    truth = Truth(strand=strand)
    other = 8 - side
    found = call([row(truth, other, fragment=0), discordant(truth, side, 1, host_off=host_off)])
    main = found.sites[found.sites["site_id"] == f"chr1:10001:{'+' if strand > 0 else '-'}"]
    assert main["n_fragments"].tolist() == [2 if joins else 1]
    assert main["status"].tolist() == ["pass" if joins else "below_limit"]
    assert main["tier"].tolist() == ["B" if joins else "C"]


def test_discordant_fragments_of_the_other_strand_or_vector_side_do_not_join():
    truth = Truth()
    turned = discordant(Truth(strand=-1), 3, 1, host_off=40)
    found = call([row(truth, 3), turned])
    assert not len(passing(found))


def test_sites_without_a_split_read_are_named_and_not_passed():
    truth = Truth()
    found = call([discordant(truth, 3, n, host_off=20 + 30 * n) for n in range(4)]).sites
    assert found[["status", "tier", "ends"]].to_numpy().tolist() == [["ambiguous", "C", "pairs3"]]
    assert found["position_low"].item() <= truth.position + 1 <= found["position_high"].item()
    assert not found["is_exact"].item()


@pytest.mark.parametrize(
    ("rows", "tier", "status"),
    [
        ([row(Truth(), 3, fragment=0)], "C", "below_limit"),  # a chimera or a hopped pair looks the same
        ([row(Truth(), 3, fragment=0), row(Truth(), 3, fragment=0, n_copies=9)], "C", "below_limit"),  # one fragment
        ([row(Truth(), 3, fragment=n) for n in range(2)], "B", "pass"),
        ([row(Truth(), 3, fragment=n) for n in range(3)], "A", "pass"),
        ([row(Truth(), 3, fragment=0), row(Truth(), 5, fragment=1)], "A", "pass"),  # both ends, 5 bp apart
        ([row(Truth(), 3, fragment=0), row(Truth(tsd=6), 5, fragment=1)], "A", "pass"),
        ([row(Truth(), 3, fragment=0), row(Truth(tsd=8), 5, fragment=1)], "B", "pass"),  # not the expected duplication
        ([row(Truth(), 3, fragment=n, is_specific=False) for n in range(3)], None, None),
        ([row(Truth(), 3, fragment=n, host_identity=0.93) for n in range(3)], None, None),
        ([row(Truth(), 3, fragment=n, vector_identity=0.93) for n in range(3)], None, None),
        ([row(Truth(), 3, fragment=n, host_anchor=9) for n in range(3)], None, None),
        ([row(Truth(), 3, fragment=n, host_anchor=10) for n in range(3)], "A", "pass"),  # complete LTR end
        ([row(Truth(), 3, fragment=n, vector_anchor=10) for n in range(3)], "A", "pass"),
        ([row(Truth(), 3, fragment=n, vector_anchor=15, host_anchor=15) for n in range(3)], None, None),
        ([row(Truth(vector_3=3_500), 3, fragment=n, vector_anchor=15) for n in range(3)], None, None),
        ([row(Truth(vector_3=3_500), 3, fragment=n) for n in range(2)], "B", "ambiguous"),
        ([row(Truth(vector_3=3_500), 3, fragment=n) for n in range(3)], "A", "pass"),  # truncated vector
        ([row(Truth(vector_3=3_000), 3, fragment=n) for n in range(3)], "A", "artefact"),  # edge of EF1a
    ],
)  # fmt: skip
def test_tiers(rows, tier, status):
    found = call(rows).sites
    assert found["tier"].tolist() == ([] if tier is None else [tier])
    assert found["status"].tolist() == ([] if status is None else [status])


@pytest.mark.parametrize("strand", [1, -1])
@pytest.mark.parametrize("tsd", [5, 4, 0, -40, 60])
def test_target_duplications_are_observed(strand, tsd):
    truth = Truth(strand=strand, tsd=tsd)
    found = passing(call([*three(truth, 5), *three(truth, 3)]))
    assert found[["position", "tsd_length", "is_tsd_ok"]].to_numpy().tolist() == [
        [10_001, tsd, abs(tsd - 5) <= 1]
    ]


def test_truncated_and_inverted_ends_stay_one_site():
    truncated = Truth(vector_5=3_500)
    found = passing(call([*three(truncated, 5), *three(truncated, 3)]))
    assert found[["ends", "vector_5", "vector_3"]].to_numpy().tolist() == [["internal5,U5", 3_500, 233]]
    # the first part of the vector stands the other way round: what meets the host there runs towards lower bases
    inverted = [r | {"vector_direction": -1, "vector_position": 900} for r in three(Truth(), 5)]
    found = passing(call([*inverted, *three(Truth(), 3)]))
    assert found[["position", "strand", "ends"]].to_numpy().tolist() == [[10_001, "+", "internal5,U5"]]
    assert found["vector_direction_5"].tolist() == [-1]


def test_two_sites_of_opposite_strand_at_one_place_stay_two():
    rows = [*three(Truth(), 3), *[r | {"fragment": 90 + n} for n, r in enumerate(three(Truth(strand=-1), 3))]]
    assert len(passing(call(rows))) == 2


def test_a_site_of_one_sample_has_a_row_in_all():
    rows = [*three(Truth(), 3, sample="T1"), row(Truth(), 5, sample="B1", fragment=0)]
    found = call(rows, ("T1", "B1", "P1")).sites.set_index("sample")
    assert found["n_fragments"].to_dict() == {"T1": 3, "B1": 1, "P1": 0}
    assert found["status"].to_dict() == {"T1": "pass", "B1": "pass", "P1": "below_limit"}
    assert set(found["n_fragments_subject"]) == {4} and set(found["tier"]) == {"A"}


OTHERS = (("chr2", 70_000, -1), ("chr5", 300, 1))


def test_a_site_in_a_repeat_keeps_all_its_places():
    truth = Truth(others=OTHERS)
    rng = np.random.default_rng(4)
    found = call(fragments_of(truth, rng))
    site = passing(found)
    assert site["placement"].tolist() == ["multihit"] and site["cluster"].tolist() == [
        f"m-{site['site_id'].item()}"
    ]
    places = found.multihits
    assert set(places["site_id"]) == {"chr1:10001:+", "chr2:70001:-", "chr5:301:+"}
    assert places["weight"].to_numpy() == pytest.approx([1 / 3] * 3)
    assert site["tsd_length"].tolist() == [5]


def test_long_anchors_decide_for_the_others_of_a_repeat():
    truth = Truth(others=OTHERS, unique_anchor=130)
    found = call(fragments_of(truth, np.random.default_rng(4)))
    site = passing(found)
    assert site["site_id"].tolist() == ["chr1:10001:+"] and site["placement"].tolist() == ["unique"]
    assert not len(found.multihits) and len(found.sites) == 1
    assert (site["n_split_5"] + site["n_discordant_5"]).item() > 10


def test_the_run_of_one_base_at_a_junction_widens_the_position():
    genome = "ACGTTGCA" * 1_250
    genome = genome[:9_996] + "G" + "T" * 12 + "G" + genome[10_010:] + "ACGTTGCA" * 300

    def bases(contig: str, start: int, end: int) -> str:
        return genome[start:end]

    found = passing(call(three(Truth(position=10_000), 3), bases=bases))
    span = [found[name].item() for name in ("position_low", "position", "position_high")]
    assert span == [9_998, 10_001, 10_004]  # a quarter of the 12 bases of the run either way, within the run
    assert not found["is_exact"].item()
    uniform = call(three(Truth(position=10_000), 3, host_anchor=9), bases=bases)
    assert not len(uniform.sites)


def test_uniform_anchors_do_not_count():
    found = call(three(Truth(), 3), bases=lambda contig, start, end: "T" * (end - start))
    assert not len(found.sites)
    assert base_entropy("ACGT") == 2 and base_entropy("TTTT") == 0 and base_entropy("NNN") == 0


@given(seed=st.integers(0, 2**31), shuffle=st.integers(0, 2**31))
@settings(max_examples=6, deadline=None)
def test_the_order_of_rows_does_not_matter(seed, shuffle):
    rng = np.random.default_rng(seed)
    rows = []
    for truth in (
        Truth(ccf=0.3),
        Truth(position=10_007, strand=-1, ccf=0.3),
        Truth("chr3", ccf=0.2, others=OTHERS),
    ):
        rows += fragments_of(truth, rng, first=len(rows) * 7, error=0.01)
    order = np.random.default_rng(shuffle).permutation(len(rows))
    one, other = call(rows), call([rows[i] for i in order])
    pd.testing.assert_frame_equal(one.sites, other.sites)
    pd.testing.assert_frame_equal(one.multihits, other.multihits)


def test_no_evidence_gives_no_sites():
    for rows in ([], [row(Truth(), 3, is_specific=False)], [row(Truth(), 3, vector="other")]):
        found = call_junction_sites(table_of(rows), TumourContext("P1", ("T1",), VECTORS, CALLING))
        assert not len(found.sites) and not len(found.multihits)


def test_the_grid_at_a_tenth_of_the_cells():
    """40x, 21 heterozygous sites in 10 % of the cells: about 19.4 can be found with two fragments, one of them split."""
    n_found, n_exact, n_false = 0, 0, 0
    for seed in range(10):
        rng = np.random.default_rng(900 + seed)
        truths = [
            Truth(
                f"chr{1 + i % 5}",
                int(rng.integers(1e5, 1e6)),
                int(rng.choice([-1, 1])),
                ccf=0.1,
                homology_3=i % 3,
                homology_5=i % 2,
            )
            for i in range(21)
        ]
        rows = []
        for truth in truths:
            rows += fragments_of(truth, rng, first=len(rows) * 10)
        rows += _chimeras(rng, 10**6)
        known = {(t.contig, t.position + 1, "+" if t.strand > 0 else "-") for t in truths}
        for key in passing(call(rows))[["contig", "position", "strand"]].itertuples(index=False, name=None):
            near = any(key[0] == k[0] and abs(key[1] - k[1]) <= 20 for k in known)
            n_found, n_exact, n_false = n_found + near, n_exact + (key in known), n_false + (not near)
    assert n_found >= 185
    assert n_exact >= 0.9 * n_found
    assert n_false == 0


def _chimeras(rng: np.random.Generator, first: int) -> list[dict[str, object]]:
    """Molecules that PCR joined: any base of the vector with any of the host."""
    made = []
    for number in range(30):
        truth = Truth(
            "chr1",
            int(rng.integers(1e5, 1e6)),
            int(rng.choice([-1, 1])),
            vector_3=int(rng.integers(0, 5_459)),
        )
        made.append(row(truth, 3, fragment=first + number))
    return made


def test_chain_and_near_pairs():
    numbers = chain(np.array([0, 0, 1, 0]), np.array([5, 1, 2, 3]), 2)
    assert numbers.tolist() == [0, 0, 1, 0]
    assert chain(np.array([0, 0]), np.array([0, 3]), 2).tolist() == [0, 1]
    a, b = near_pairs(np.array([0, 1]), np.array([10, 10]), np.array([0, 1, 0]), np.array([12, 30, 7]), -3, 2)
    assert sorted(zip(a.tolist(), b.tolist(), strict=True)) == [(0, 0), (0, 2)]


def test_rows_beyond_what_their_overlap_explains_are_inside_the_vector():
    """The leader behind the LTR, joined to host without shared bases: no complete end."""
    rows = usable_rows(table_of([row(Truth(vector_3=238), 3)]), VECTORS, CALLING)
    assert not rows["is_end"].any() and rows["host"].tolist() == [10_000]


def test_the_other_end_decides_whether_bases_are_inserted_or_misread():
    """Two fragments leave the same six bases unaligned: alone they are inserted; the duplication may say otherwise."""
    truth = Truth()
    host, direction, _, _ = side_of(truth, 3)
    rows = [row(truth, 3, fragment=n, overlap=-6, host_position=host + 6 * direction) for n in range(2)]
    assert passing(call(rows))["position"].tolist() == [truth.position + 7]
    found = passing(call([*rows, row(truth, 5, fragment=9)]))
    assert found[["position", "tsd_length", "is_tsd_ok", "overlap_3"]].to_numpy().tolist() == [
        [10_001, 5, True, 0]
    ]
    assert (found["position_low"].item(), found["position_high"].item()) == (10_001, 10_007)


@pytest.mark.parametrize("strand", [1, -1])
@pytest.mark.parametrize("side", [5, 3])
@pytest.mark.parametrize("by_chance", [1, 3])
def test_inserted_bases_that_look_like_the_vector_do_not_hide_its_end(strand, side, by_chance):
    truth = Truth(strand=strand)
    host, direction, vector, vector_direction = side_of(truth, side)
    beyond = {"vector_position": (vector - by_chance * vector_direction) % LV.length, "overlap": -2}
    rows = [
        row(truth, side, fragment=n, host_position=host + (by_chance + 2) * direction, **beyond)
        for n in range(2)
    ]
    found = passing(call([*rows, row(truth, 8 - side, fragment=9)]))
    assert found[["position", "ends", "tsd_length"]].to_numpy().tolist() == [[10_001, "U3,U5", 5]]


def test_a_place_that_hardly_any_fragment_fits_does_not_move_a_site():
    near = row(Truth(position=10_002), 3, fragment=50, weight=0.002, n_places=2)
    far = row(Truth("chr9"), 3, fragment=50, weight=0.998, n_places=2)
    found = passing(call([*three(Truth(), 5), near, far]))
    assert found["site_id"].tolist() == ["chr1:10001:+"]


@pytest.mark.parametrize(
    ("own", "mate", "copies", "status"),
    [
        (2, 127, 1, "contamination"),  # a run-mate of 10 copies per cell at 100x, hopping of 1 in 1000
        (12, 127, 1, "contamination"),  # too many for hopping, a tenth of the other's: its DNA
        (3, 3, 400, "ambiguous"),
        (30, 28, 1, "ambiguous"),
        (127, 2, 1, "pass"),  # the mate's are ours
        (3, 0, 1, "pass"),
    ],
)
def test_sites_of_a_run_mate(own, mate, copies, status):
    truth = Truth()
    rows = [row(truth, 3 if n % 2 else 5, fragment=n) for n in range(own)]
    others = [row(truth, 3 if n % 2 else 5, sample="MATE", fragment=n, n_copies=copies) for n in range(mate)]
    found = call(rows, others=table_of(others)).sites
    assert found["status"].tolist() == [status]
    assert ("MATE" in found["reason"].item()) == (status != "pass")


def test_a_run_mates_site_nearby_or_on_the_other_strand_is_another():
    others = [row(Truth(position=10_004), 3, fragment=n) for n in range(100)]
    others += [row(Truth(strand=-1), 3, fragment=200 + n) for n in range(100)]
    assert call(three(Truth(), 3), others=table_of(others)).sites["status"].tolist() == ["pass"]
