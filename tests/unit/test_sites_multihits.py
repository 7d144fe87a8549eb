"""Molecules that fit several places: shares, rescue by unique neighbours, clusters and their weights in all tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sites_toy import VECTOR, At, Seen, call, evidence_of, fragment, library, shared, sites_of, umis

from integrasite.config.calling import Calling
from integrasite.model.fates import Fate
from integrasite.sites.multihits import SNAP, resolve_multihits, settle_shares, share_out, snap_to_sites

UMI = list(dict.fromkeys(number for number, _ in zip(umis(), range(256), strict=False)))
REPEATS = [(0, 5000), (1, 800)]
CALLING = Calling()
PLACE = ["contig", "position", "is_forward"]


def weights_of(called):
    return {(row.sample, row.site_id): row.weight for row in called.multihits.itertuples(index=False)}


def check_clusters(called):
    """What must hold between the three tables whatever was called."""
    fragments, sites, places = called.fragments, called.sites, called.multihits
    assert ((fragments["placement"] == "multihit") == (fragments["cluster"] != "")).all()
    assert ((sites["placement"] == "multihit") == (sites["cluster"] != "")).all()
    in_sites = sites[sites["cluster"] != ""]
    assert not in_sites.duplicated(["sample", "cluster"]).any()  # one row per cluster and library
    named = {(row.sample, row.cluster) for row in in_sites.itertuples()}
    assert named == {(row.sample, row.cluster) for row in places.itertuples()}
    assert named == {(row.sample, row.cluster) for row in fragments[fragments["cluster"] != ""].itertuples()}
    assert in_sites.groupby("cluster")["site_id"].nunique().le(1).all()  # one place stands for it everywhere
    assert not places.duplicated(["sample", "cluster", "site_id"]).any()
    sums = places.groupby(["sample", "cluster"])["weight"].sum()
    assert np.allclose(sums, 1.0)
    listed = {(row.sample, row.cluster, row.site_id) for row in places.itertuples()}
    assert {(row.sample, row.cluster, row.site_id) for row in in_sites.itertuples()} <= listed


# shares


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 6), st.floats(1e-4, 1.0)), min_size=1, max_size=20,
        unique_by=lambda row: row[:2],
    ),
    unique=st.lists(st.integers(0, 50), min_size=7, max_size=7),
)  # fmt: skip
@settings(max_examples=60)
def test_shares_of_a_molecule_add_up_to_one(rows, unique):
    molecule = pd.factorize(np.array([row[0] for row in rows]))[0].astype(np.int64)
    shares = share_out(
        molecule,
        np.array([row[1] for row in rows]),
        np.array([row[2] for row in rows]),
        np.array(unique, np.float64),
    )
    assert np.allclose(np.bincount(molecule, weights=shares), 1.0)
    assert (shares >= 0).all()


def test_equal_places_without_support_share_alike():
    half = np.array([0.5, 0.5])
    assert share_out(np.array([0, 0]), np.array([0, 1]), half, np.zeros(2)).tolist() == [0.5, 0.5]


def test_unique_support_draws_an_ambiguous_molecule():
    half = np.array([0.5, 0.5])
    shares = share_out(np.array([0, 0]), np.array([0, 1]), half, np.array([10.0, 0.0]))
    assert shares[0] > 0.99
    # an even chance of two supported places goes by their support
    shares = share_out(np.array([0, 0]), np.array([0, 1]), half, np.array([90.0, 10.0]))
    assert shares[0] == pytest.approx(0.9, abs=0.01)


def test_the_alignment_has_its_say_too():
    odds = np.array([0.98, 0.02])
    shares = share_out(np.array([0, 0]), np.array([0, 1]), odds, np.array([1.0, 1.0]))
    assert shares[0] > 0.95


def settled(rows, support):
    """Shares of the rows (molecule, site, posterior) as far as they are known to be right, by molecule and site."""
    molecule, site = (np.array([row[k] for row in rows], np.int64) for k in (0, 1))
    posterior, unique = np.array([row[2] for row in rows]), np.array(support, np.float64)
    shares = settle_shares(molecule, site, posterior, unique, share_out(molecule, site, posterior, unique))
    assert np.allclose(np.bincount(molecule, weights=shares), 1)
    return {row[:2]: share for row, share in zip(rows, shares.tolist(), strict=True)}


def test_a_slight_preference_leaves_both_places_likely():
    rows = [(m, place, p) for m in range(2) for place, p in ((0, 0.66), (1, 0.34))]
    found = settled(rows, [0, 0])
    assert found[0, 0] == pytest.approx(0.66**2 / (0.66**2 + 0.34**2))
    assert found[0, 0] == pytest.approx(found[1, 0])


def test_the_place_that_all_molecules_list_wins():
    found = settled([(0, 1, 0.5), (0, 3, 0.5), (1, 2, 0.5), (1, 3, 0.5)], [0, 0, 0, 0])
    assert found[0, 3] > 0.99 and found[1, 3] > 0.99


def test_one_unique_molecule_draws_those_that_fit_as_well_elsewhere():
    found = settled([(0, 0, 0.34), (0, 1, 0.33), (0, 2, 0.33)], [1, 0, 0])
    assert found[0, 0] > CALLING.rescue_posterior


def test_the_best_place_is_listed_where_a_library_s_own_molecules_do_not_fit_it():
    spots = [(0, 5000), (0, 9000), (1, 800)]
    seen = [shared([spots[k] for k in fits], 60, umi=UMI[n], sample=sample)
            for n, (fits, sample) in enumerate([((0, 1), "a"), ((0, 1), "a"), ((1, 2), "b")])]  # fmt: skip
    called = call(seen, [library("a"), library("b")])
    check_clusters(called)


def places(*rows):
    names = ["molecule", "contig", "position", "breakpoint", "posterior"]
    return pd.DataFrame(rows, columns=names).assign(is_forward=True)


def unique_sites(*rows):
    return pd.DataFrame(rows, columns=["contig", "position", "n"]).assign(is_forward=True)


@pytest.mark.parametrize("shift", [-SNAP, -1, 0, 1, SNAP])
def test_a_place_near_a_unique_site_is_that_site(shift):
    snapped = snap_to_sites(places((0, 0, 500 + shift, 560, 0.5)), unique_sites((0, 500, 4), (0, 800, 4)))
    assert snapped.tolist() == [500]


@pytest.mark.parametrize("shift", [-SNAP - 1, SNAP + 1, 200])
def test_a_place_further_off_is_not(shift):
    assert snap_to_sites(places((0, 0, 500 + shift, 560, 0.5)), unique_sites((0, 500, 4))).tolist() == [
        500 + shift
    ]


def test_snapping_minds_contig_and_orientation():
    spot = places((0, 0, 501, 560, 0.5))
    assert snap_to_sites(spot, unique_sites((1, 500, 4))).tolist() == [501]
    assert snap_to_sites(spot, unique_sites((0, 500, 4)).assign(is_forward=False)).tolist() == [501]
    assert snap_to_sites(spot, unique_sites((0, 503, 4), (0, 500, 4))).tolist() == [500]


def test_no_molecules_and_no_unique_sites():
    nothing = resolve_multihits(places().astype({"molecule": "int64"}), unique_sites(), Calling())
    assert len(nothing.rescued) == len(nothing.clustered) == 0


def test_molecules_that_share_places_are_one_cluster():
    table = places(
        (0, 0, 10, 50, 0.5),
        (0, 0, 900, 940, 0.5),
        (1, 0, 900, 950, 0.5),
        (1, 1, 70, 120, 0.5),
        (2, 1, 5, 9, 0.5),
        (2, 1, 500, 504, 0.5),
    )
    clustered = resolve_multihits(table, unique_sites(), Calling()).clustered
    clusters = clustered.groupby("molecule")["cluster"].first()
    assert clusters[0] == clusters[1] != clusters[2]


# clusters in the tables


def test_two_equal_repeats_stay_together():
    called = call([shared(REPEATS, 60 + 7 * n, umi=UMI[n], n_reads=3) for n in range(8)])
    check_clusters(called)
    assert sites_of(called) == {("s", "chr1:5001:+"): 8}
    assert called.sites["placement"].tolist() == ["multihit"]
    assert called.sites["cluster"].tolist() == ["m-chr1:5001:+"]
    assert weights_of(called) == {("s", "chr1:5001:+"): 0.5, ("s", "chr2:801:+"): 0.5}
    assert called.fates[["fate", "n_reads"]].to_numpy().tolist() == [[int(Fate.SITE_MULTIHIT), 24]]
    assert sorted(called.fragments["length"]) == [60 + 7 * n for n in range(8)]


def test_a_cluster_keeps_its_name_over_replicates_and_time_points():
    names = ("d28-1", "d28-2", "y1")
    seen = [shared(REPEATS, 60 + 7 * n, umi=UMI[n], sample=names[n % 3]) for n in range(9)]
    called = call(seen, [library(name) for name in names])
    check_clusters(called)
    assert set(called.sites["cluster"]) == {"m-chr1:5001:+"}
    assert sorted(called.multihits["sample"].unique()) == sorted(names)


def test_unique_molecules_at_one_copy_draw_the_ambiguous_ones():
    own = [fragment(5000, 300 + n, umi=UMI[n]) for n in range(5)]
    called = call(own + [shared(REPEATS, 60 + 7 * n, umi=UMI[50 + n]) for n in range(20)])
    assert sites_of(called) == {("s", "chr1:5001:+"): 25}
    assert called.sites["placement"].tolist() == ["unique"]
    assert not len(called.multihits)


def test_unique_molecules_of_another_time_point_draw_them_too():
    seen = [fragment(5000, 300 + 9 * n, umi=UMI[n], sample="a") for n in range(5)]
    seen.append(shared(REPEATS, 60, umi=UMI[9], sample="b"))
    called = call(seen, [library("a"), library("b")])
    assert sites_of(called) == {("a", "chr1:5001:+"): 5, ("b", "chr1:5001:+"): 1}


def test_where_both_copies_are_supported_alike_the_molecule_stays_ambiguous():
    own = [fragment(at, 300 + 9 * n, umi=UMI[n + at % 7], contig=c) for n in range(5) for c, at in REPEATS]
    called = call([*own, shared(REPEATS, 60, umi=UMI[90])])
    check_clusters(called)
    assert sorted(called.sites["placement"]) == ["multihit", "unique", "unique"]
    assert set(weights_of(called).values()) == {0.5}


def test_u3_reads_in_repeats_meet_the_u5_reads_of_the_same_cluster():
    u5 = shared(REPEATS, 60, umi=UMI[1], sample="u5")
    spots = tuple(At(at + 4, at + 4 - 69, False, contig, 0.5) for contig, at in REPEATS)
    called = call([u5, Seen(spots, UMI[2], sample="u3")], [library("u5"), library("u3", "U3")])
    check_clusters(called)
    assert set(called.sites["site_id"]) == {"chr1:5001:+"}
    assert dict(zip(called.fragments["sample"], called.fragments["length"], strict=True)) == {
        "u5": 60,
        "u3": 70,
    }


TWO_PAIRS = ([(0, 5000), (1, 800)], [(0, 60_000), (1, 90_000)])


def two_clones_in_repeats(n):
    """Two clones, each in a repeat of two copies of its own, with `n` molecules each of every 7th length from 60."""
    return [
        shared(pair, 60 + 7 * i, umi=UMI[i + 50 * k], n_reads=3)
        for i in range(n)
        for k, pair in enumerate(TWO_PAIRS)
    ]


def test_a_fragment_of_a_cluster_is_as_long_as_its_insert_wherever_it_fits():
    # short inserts that fit one copy of either repeat hold the two together
    seen = two_clones_in_repeats(5)
    seen += [shared([TWO_PAIRS[0][0], TWO_PAIRS[1][0]], 20 + n, umi=UMI[200 + n]) for n in range(3)]
    called = call(seen)
    check_clusters(called)
    assert called.fragments["length"].max() == 60 + 7 * 4
    assert called.sites["n_lengths"].max() <= 8


def test_one_insert_that_fits_everywhere_does_not_make_one_clone_of_two():
    everywhere = shared(TWO_PAIRS[0] + TWO_PAIRS[1], 20, umi=UMI[200])
    called = call([*two_clones_in_repeats(20), everywhere])
    check_clusters(called)
    assert sorted(called.sites["n_fragments"]) in ([20, 21], [1, 20, 20])


def test_a_fragment_of_a_cluster_over_both_strands_is_as_long_as_its_insert():
    seen = [Seen((At(5000, 5059, True, 0, 0.5), At(900, 841, False, 1, 0.5)), UMI[1])]
    seen += [
        Seen((At(900, 841 - n, False, 1, 0.5), At(70_000, 69_941 - n, False, 1, 0.5)), UMI[2 + n])
        for n in (7, 14)
    ]
    called = call(seen)
    check_clusters(called)
    assert sorted(called.fragments["length"]) == [60, 67, 74]


def test_a_known_place_with_an_unsure_breakpoint_is_unique():
    # a tandem repeat at the breakpoint: the junction lies at one base, the far end at either of two
    spots = (At(5000, 5099, True, 0, 0.5), At(5000, 5139, True, 0, 0.5))
    called = call([Seen(spots, UMI[1], n_reads=4)])
    assert called.sites[["site_id", "placement"]].to_numpy().tolist() == [["chr1:5001:+", "unique"]]
    assert not len(called.multihits)


def test_the_places_of_an_unsure_breakpoint_count_together():
    # 3 of 4 alignments lie at one junction: it is the better place of the two
    spots = [At(800, 860 + 40 * n, True, 1, 0.25) for n in range(3)] + [At(5000, 5060, True, 0, 0.25)]
    called = call([Seen(tuple(spots), UMI[1])])
    assert weights_of(called).get(("s", "chr2:801:+"), 0.0) >= 0.75 - 1e-9


def test_the_vector_among_the_equal_places_makes_a_cluster_ambiguous():
    seen = [shared([(0, 5000), (1, 800), (VECTOR, 40)], 60 + 7 * n, umi=UMI[n]) for n in range(3)]
    called = call(seen)
    assert called.sites["status"].tolist() == ["ambiguous"]
    assert called.fates[["fate", "n_reads"]].to_numpy().tolist() == [[int(Fate.SITE_NOT_PASSED), 3]]


def test_a_cluster_s_site_id_is_one_of_its_places_though_two_clusters_wobble_together():
    seen = [shared([(0, 5000), (1, 800)], 60 + 7 * n, umi=UMI[n], n_reads=9) for n in range(6)]
    # the same molecules read with a slip of one base: other places, so no molecule ties the two groups together
    seen += [shared([(0, 5001), (1, 801)], 59 + 7 * n, umi=UMI[n]) for n in range(6)]
    called = call(seen)
    check_clusters(called)
    assert sites_of(called) == {("s", "chr1:5001:+"): 6}
    assert set(called.multihits["site_id"]) == {"chr1:5001:+", "chr2:801:+"}


def test_a_repeat_with_as_many_places_as_are_listed_keeps_its_reads():
    spots = [(0, 100 * n) for n in range(500)]
    called = call([shared(spots, 40, umi=UMI[n], n_reads=2) for n in range(3)])
    check_clusters(called)
    assert called.fates[["fate", "n_reads"]].to_numpy().tolist() == [[int(Fate.SITE_MULTIHIT), 6]]


def test_every_listed_place_of_a_molecule_can_be_negligible():
    spots = tuple(At(30 * n, 30 * n + 39, True, 0, 1 / 2000) for n in range(2000))
    called = call([Seen(spots, UMI[1], n_reads=2)], calling=Calling(max_places=5000))
    assert called.fates[["fate", "n_reads"]].to_numpy().tolist() == [[int(Fate.SITE_MULTIHIT), 2]]


SPOTS = [(0, 5000), (0, 5001), (0, 9000), (1, 800), (1, 802), (VECTOR, 40)]


@given(
    rows=st.lists(
        st.tuples(
            st.sets(st.integers(0, 5), min_size=1, max_size=4), st.integers(0, 2), st.sampled_from("ab")
        ),
        min_size=1,
        max_size=9,
    )
)
@settings(max_examples=8, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_clusters_are_consistent_in_all_tables(rows):
    seen = [
        shared(
            [SPOTS[spot] for spot in sorted(spots)],
            40 + 10 * length,
            umi=UMI[n],
            n_reads=n + 1,
            sample=sample,
        )
        for n, (spots, length, sample) in enumerate(rows)
    ]
    libraries = [library("a"), library("b")]
    called = call(seen, libraries)
    check_clusters(called)
    assert called.fates["n_reads"].sum() == sum(one.n_reads for one in seen)
    assert called.fragments["n_reads"].sum() == sum(one.n_reads for one in seen)
    backwards = call(seen[::-1], libraries)
    assert sites_of(backwards) == sites_of(called)
    assert weights_of(backwards) == pytest.approx(weights_of(called), abs=1e-9)


def test_the_evidence_of_the_toy_is_what_it_says():
    found = evidence_of([shared(REPEATS, 60)], {"s": library()})
    assert found.places[[*PLACE, "breakpoint", "posterior"]].to_numpy().tolist() == [
        [0, 5000, True, 5059, 0.5],
        [1, 800, True, 859, 0.5],
    ]
