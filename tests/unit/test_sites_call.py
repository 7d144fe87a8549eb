"""Molecules of a subject to fragments and sites: coordinates, lengths, fates, statuses, empty inputs."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sites_toy import GENOME_SIZE, VECTOR, At, Seen, call, fragment, library, shared, sites_of, umis

from integrasite.config.calling import Calling
from integrasite.io.tables import as_table
from integrasite.model.fates import Fate
from integrasite.model.tables import FRAGMENTS, MULTIHITS, SITES

UMI = list(dict.fromkeys(number for number, _ in zip(umis(), range(256), strict=False)))


def fates_of(called):
    return {(row.sample, Fate(row.fate)): int(row.n_reads) for row in called.fates.itertuples(index=False)}


def declared(called):
    """The tables as they are written, as plain values."""
    found = []
    for frame, table in ((called.fragments, FRAGMENTS), (called.sites, SITES), (called.multihits, MULTIHITS)):
        found.append(as_table(frame, table).astype(object).values.tolist())
    return found


# coordinates and lengths


@pytest.mark.parametrize("tsd", [5, 4])
@pytest.mark.parametrize("forward", [True, False])
def test_u5_and_u3_libraries_of_one_specimen_meet_at_one_site(forward, tsd):
    site = 5000
    other = site + tsd - 1 if forward else site - (tsd - 1)
    called = call(
        [
            fragment(site, 120, forward=forward, sample="u5"),
            fragment(other, 80, forward=not forward, sample="u3"),
        ],
        [library("u5", "U5", tsd), library("u3", "U3", tsd)],
    )
    label = f"chr1:5001:{'+' if forward else '-'}"
    assert sites_of(called) == {("u5", label): 1, ("u3", label): 1}
    assert dict(zip(called.fragments["sample"], called.fragments["length"], strict=True)) == {
        "u5": 120,
        "u3": 80,
    }
    assert dict(zip(called.sites["sample"], called.sites["vector_end"], strict=True)) == {
        "u5": "U5",
        "u3": "U3",
    }


def lengths_called(tsds):
    """Fragments of 20, 21 and 999 bases in a library of each vector end and duplication, on both strands."""
    libraries = [library(f"{end}-{tsd}", end, tsd) for end in ("U5", "U3", "ITR3", "ITR5") for tsd in tsds]
    seen = [
        fragment(50_000 + 1000 * forward, length, forward=forward, umi=UMI[length % 7], sample=one.sample)
        for one in libraries
        for forward in (True, False)
        for length in (20, 21, 999)
    ]
    found = call(seen, libraries).fragments
    return {key: sorted(rows["length"]) for key, rows in found.groupby(["sample", "strand"])}


def test_a_fragment_is_as_long_as_the_host_dna_in_it():
    found = lengths_called([2, 4, 5])
    assert len(found) == 4 * 3 * 2
    assert set(map(tuple, found.values())) == {(20, 21, 999)}


@pytest.mark.parametrize("tsd", [0, 1])
def test_a_fragment_is_as_long_without_a_duplication(tsd):
    assert set(map(tuple, lengths_called([tsd]).values())) == {(20, 21, 999)}


def test_without_a_breakpoint_the_length_is_unknown():
    called = call([Seen((At(100, -1),), umi=1), Seen((At(100, -1),), umi=UMI[9])])
    assert called.fragments["length"].tolist() == [0, 0]
    assert called.sites[["n_fragments", "n_lengths", "n_umis"]].to_numpy().tolist() == [[2, 0, 2]]


# what must hold whatever comes in

DRAWN = st.lists(
    st.tuples(
        st.sampled_from([5000, 5001, 5002, 5005, 5040, 7000]),  # first base
        st.integers(30, 45),  # length
        st.booleans(),  # strand
        st.sampled_from([UMI[0], UMI[1], UMI[1] ^ 1, UMI[2]]),
        st.integers(1, 9),  # reads
        st.sampled_from(["a", "b"]),
    ),
    max_size=14,
)


def drawn_molecules(rows):
    distinct = {(at, n, strand, umi, name): reads for at, n, strand, umi, reads, name in rows}
    return [
        fragment(at, n, forward=strand, umi=umi, n_reads=reads, sample=name)
        for (at, n, strand, umi, name), reads in distinct.items()
    ]


LIBRARIES = [library("a", "U5"), library("b", "U3")]


@given(rows=DRAWN, seed=st.randoms(use_true_random=False), umi_length=st.sampled_from([0, 12]))
@settings(max_examples=10)
def test_the_order_of_molecules_changes_nothing(rows, seed, umi_length):
    seen = drawn_molecules(rows)
    mixed = list(seen)
    seed.shuffle(mixed)
    assert declared(call(seen, LIBRARIES, umi_length=umi_length)) == declared(
        call(mixed, LIBRARIES, umi_length=umi_length)
    )


@given(rows=DRAWN, umi_length=st.sampled_from([0, 12]))
@settings(max_examples=10)
def test_every_read_has_one_fate_and_no_more(rows, umi_length):
    seen = [*drawn_molecules(rows), Seen((), n_reads=3, sample="a", fate=Fate.UNPAIRED)]
    called = call(seen, LIBRARIES, umi_length=umi_length)
    for name in ("a", "b"):
        n_reads = sum(one.n_reads for one in seen if one.sample == name)
        assert sum(n for (sample, _), n in fates_of(called).items() if sample == name) == n_reads
        here = called.fragments[called.fragments["sample"] == name]
        lost = sum(one.n_reads for one in seen if one.sample == name and not one.places)
        assert here["n_reads"].sum() == n_reads - lost


def mirrored(one):
    places = tuple(
        At(GENOME_SIZE - 1 - p.first, GENOME_SIZE - 1 - p.end, not p.forward, p.contig, p.posterior)
        for p in one.places
    )
    return Seen(places, one.umi, one.n_reads, one.sample, one.fate, one.bases, one.prefix)


def unturned(called):
    """Sites with their counts, by place."""
    return {
        (row.sample, row.contig, row.position, row.strand): (row.n_reads, row.n_fragments, row.n_umis)
        for row in called.sites.itertuples(index=False)
    }


@given(rows=DRAWN, umi_length=st.sampled_from([0, 12]))
@settings(max_examples=10)
def test_reverse_complementing_the_genome_mirrors_every_site(rows, umi_length):
    seen = drawn_molecules(rows)
    forward = unturned(call(seen, LIBRARIES, umi_length=umi_length))
    backward = unturned(call([mirrored(one) for one in seen], LIBRARIES, umi_length=umi_length))
    turned = {
        (sample, contig, GENOME_SIZE + 1 - position, "-" if strand == "+" else "+"): counts
        for (sample, contig, position, strand), counts in forward.items()
    }
    assert backward == turned


def test_as_many_fragments_on_either_strand_where_breakpoints_tie():
    seen = [fragment(5000, n, umi=UMI[1], n_reads=reads) for n, reads in ((37, 4), (40, 1), (41, 1))]
    assert len(call(seen).fragments) == len(call([mirrored(one) for one in seen]).fragments)


@given(rows=DRAWN, umi_length=st.sampled_from([0, 12]))
@settings(max_examples=10)
def test_the_counts_of_sites_are_those_of_their_fragments(rows, umi_length):
    called = call(drawn_molecules(rows), LIBRARIES, umi_length=umi_length)
    key = ["sample", "site_id", "cluster"]
    assert not called.sites.duplicated(key).any()
    counted = called.fragments.groupby(key).agg(
        n_reads=("n_reads", "sum"), n_fragments=("n_reads", "size"), n_lengths=("length", "nunique")
    )
    table = called.sites.set_index(key)[["n_reads", "n_fragments", "n_lengths"]].sort_index()
    assert table.astype("int64").equals(counted.astype("int64").sort_index())
    assert set(called.fragments["status"]) <= {"pass"}


# fragments


def test_a_molecule_seen_again_with_a_jittered_breakpoint_is_one_fragment():
    again = [
        fragment(5000, length, umi=UMI[3], n_reads=reads)
        for length, reads in ((97, 1), (100, 9), (101, 2), (103, 1))
    ]
    called = call(again)
    assert called.fragments[["length", "n_reads"]].to_numpy().tolist() == [[100, 13]]


@pytest.mark.parametrize(("shift", "n_fragments"), [(1, 1), (3, 1), (4, 2), (30, 2)])
def test_jitter_reaches_three_bases(shift, n_fragments):
    seen = [fragment(5000, 100, umi=UMI[3], n_reads=9), fragment(5000, 100 + shift, umi=UMI[3])]
    assert len(call(seen).fragments) == n_fragments


@pytest.mark.parametrize("base", range(12))
@pytest.mark.parametrize("change", [1, 2, 3])
def test_a_umi_with_one_misread_base_is_the_same_molecule(base, change):
    misread = UMI[5] ^ (change << (2 * base))
    called = call([fragment(5000, 100, umi=UMI[5], n_reads=9), fragment(5000, 100, umi=misread)])
    assert called.fragments["n_reads"].tolist() == [10]
    assert called.sites["n_umis"].tolist() == [1]


def test_umis_two_bases_apart_are_two_molecules():
    seen = [fragment(5000, 100, umi=UMI[5], n_reads=9), fragment(5000, 100, umi=UMI[5] ^ 0b0101)]
    assert len(call(seen).fragments) == 2


def test_different_umis_at_one_breakpoint_stay_apart_however_many():
    called = call([fragment(5000, 100, umi=umi, n_reads=1 + number % 7) for number, umi in enumerate(UMI)])
    assert called.sites[["n_fragments", "n_lengths", "n_umis"]].to_numpy().tolist() == [[256, 1, 256]]


def test_umis_too_short_to_count_molecules_are_not_used():
    called = call([fragment(5000, 100, umi=umi) for umi in UMI[:20]], umi_length=0)
    assert called.sites[["n_fragments", "n_umis"]].to_numpy().tolist() == [[1, 0]]
    assert called.fragments["umi"].tolist() == [""]


def test_the_jitter_rule_does_not_shrink_a_dense_clone_without_umis():
    # a dominant clone: every length from 40 to 639, read depths from 1 to 40 beside each other
    lengths = range(40, 640)
    seen = [fragment(5000, n, n_reads=1 + (n * 17) % 40) for n in lengths]
    assert call(seen, umi_length=0).sites["n_lengths"].tolist() == [len(lengths)]


@pytest.mark.parametrize("n_lengths", [60, 150, 250])
def test_true_neighbouring_lengths_are_mostly_kept_without_umis(n_lengths):
    # equal depths: no breakpoint looks like the jitter of another
    step = 300 / n_lengths
    seen = [fragment(5000, 40 + round(i * step), n_reads=10) for i in range(n_lengths)]
    assert call(seen, umi_length=0).sites["n_fragments"].tolist() == [n_lengths]


def test_without_umis_the_few_reads_beside_a_deep_breakpoint_are_its_jitter():
    seen = [fragment(5000, 100, n_reads=1000)] + [fragment(5000, n, n_reads=2) for n in (98, 99, 101, 102)]
    seen += [fragment(5000, 150, n_reads=2)]
    called = call(seen, umi_length=0)
    assert sorted(called.fragments["length"]) == [100, 150]


def test_libraries_do_not_share_fragments():
    seen = [fragment(5000, 100, umi=UMI[1], sample=name) for name in ("a", "b")]
    called = call(seen, [library("a"), library("b")])
    assert sites_of(called) == {("a", "chr1:5001:+"): 1, ("b", "chr1:5001:+"): 1}


def test_both_orientations_at_one_base_are_two_sites():
    called = call([fragment(5000, 100), fragment(5000, 100, forward=False)])
    assert set(called.sites["site_id"]) == {"chr1:5001:+", "chr1:5001:-"}


# fates and statuses


def test_unplaced_molecules_keep_their_fates():
    seen = [
        Seen((), n_reads=n, fate=fate)
        for n, fate in ((1, Fate.UNALIGNED), (2, Fate.UNPAIRED), (4, Fate.AUTOINTEGRATION))
    ]
    called = call([*seen, fragment(5000, 100, n_reads=8)])
    assert fates_of(called) == {
        ("s", Fate.UNALIGNED): 1,
        ("s", Fate.UNPAIRED): 2,
        ("s", Fate.AUTOINTEGRATION): 4,
        ("s", Fate.SITE_UNIQUE): 8,
    }


@pytest.mark.parametrize(
    ("region", "is_listed"),
    [((5000, 5001), True), ((4000, 5000), False), ((5001, 6000), False), ((4000, 6000), True)],
)
def test_a_site_in_the_blacklist_does_not_pass(region, is_listed):
    called = call([fragment(5000, 100, n_reads=7)], blacklist=[("chr1", *region), ("chr2", 0, 100_000)])
    status = "artefact" if is_listed else "pass"
    assert called.sites["status"].tolist() == called.fragments["status"].tolist() == [status]
    assert fates_of(called) == {("s", Fate.BLACKLISTED if is_listed else Fate.SITE_UNIQUE): 7}
    assert ("blacklist" in called.sites["reason"].iloc[0]) == is_listed


def test_reads_that_fit_the_vector_as_well_as_the_host_are_no_site_that_passes():
    called = call([shared([(0, 5000), (VECTOR, 300)], 60, n_reads=6)])
    assert called.sites["status"].tolist() == called.fragments["status"].tolist() == ["ambiguous"]
    assert "vector" in called.sites["reason"].iloc[0]
    assert fates_of(called) == {("s", Fate.SITE_NOT_PASSED): 6}


def test_a_host_site_with_reads_of_its_own_draws_those_that_fit_the_vector_too():
    own = [fragment(5000, 100 + 5 * n, umi=UMI[n]) for n in range(10)]
    called = call([*own, shared([(0, 5000), (VECTOR, 300)], 60, umi=UMI[20])])
    assert sites_of(called) == {("s", "chr1:5001:+"): 11}
    assert called.sites["status"].tolist() == ["pass"]


# empty inputs of every kind


@pytest.mark.parametrize(
    "seen",
    [
        [],
        [Seen((), n_reads=5, fate=Fate.UNALIGNED)],
        [fragment(5000, 100)],
        [shared([(0, 5000), (1, 800)], 60)],
    ],
    ids=["nothing", "nothing placed", "no multihit", "no unique"],
)
@pytest.mark.parametrize("blacklist", [(), (("chr1", 0, 10),)])
@pytest.mark.parametrize("umi_length", [0, 12])
def test_empty_tables_are_legal(seen, blacklist, umi_length):
    called = call(seen, blacklist=blacklist, umi_length=umi_length)
    for frame, table in ((called.fragments, FRAGMENTS), (called.sites, SITES), (called.multihits, MULTIHITS)):
        assert list(as_table(frame, table).columns) == list(table.columns)
    assert len(called.fragments) == sum(bool(one.places) for one in seen)
    assert called.fates["n_reads"].sum() == sum(one.n_reads for one in seen)


def test_a_subject_whose_second_library_is_empty():
    called = call([fragment(5000, 100, sample="a")], [library("a"), library("b", "U3")])
    assert set(called.sites["sample"]) == {"a"}


def test_thresholds_come_from_the_config():
    seen = [fragment(5000, 100, umi=UMI[3], n_reads=9), fragment(5000, 103, umi=UMI[3])]
    assert len(call(seen, calling=Calling(breakpoint_jitter=0)).fragments) == 2


def test_site_tables_name_subject_and_vector():
    called = call([fragment(5000, 100, n_reads=4)])
    row = called.sites.iloc[0]
    assert (row["subject"], row["vector"], row["placement"], row["cluster"]) == ("p1", "v", "unique", "")
    assert (row["contig"], row["position"], row["strand"]) == ("chr1", 5001, "+")
    assert (row["n_split"], row["n_discordant"]) == (4, 0)
    assert isinstance(called.sites, pd.DataFrame)
