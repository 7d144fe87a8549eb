"""Scenario, clones, uniqueness and the sheet: the design of a simulated run."""

import numpy as np
import pandas as pd
import pytest

from integrasite.errors import ConfigError
from integrasite.kernels.codes import encode
from integrasite.simulate.amplicon import Inputs, simulate_amplicon
from integrasite.simulate.clones import Host, simulate_clones
from integrasite.simulate.libraries import plan_libraries
from integrasite.simulate.promoter import promoter_interval
from integrasite.simulate.scenario import load_scenario
from integrasite.simulate.sequences import Pool, random_bases
from integrasite.simulate.sheet import sheet_table
from integrasite.simulate.uniqueness import near_host_sequence
from integrasite.simulate.words import K, count_words, word_keys


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"indexhop": 0.1}, "'indexhop'"),  # a misspelt key
        ({"fragments": "many"}, "'fragments'"),  # a word for a number
        ({"index_hop": 1.5}, "'index_hop': 1.5 is not a fraction"),
        ({"internal_vector": 0.6, "no_insert": 0.4}, "add up to more than 0.9"),
        ({"dominant": [{"subject": "X", "gene": "G", "fractions": [0.1, 0.1, 0.1]}]}, "no subject 'X'"),
        ({"dominant": [{"subject": "P1", "gene": "G", "fractions": [0.1]}]}, "give 3 fractions"),
        (
            {"dominant": [{"subject": "P1", "gene": "G", "fractions": [0.6, 0, 0]}] * 2},
            "add up to more than 1",
        ),
        ({"shared_sites": 200}, "add up to more than 1"),  # of 1 % each
        ({"neighbour_distance": [5, 2]}, "'neighbour_distance': 5 to 2"),
        ({"truncated_least": 0}, "'truncated_least': 0"),
        ({"indel_rise": 0}, "'indel_rise'"),
        ({"replicate_cv": -0.1}, "'replicate_cv': -0.1 is below 0"),
        ({"promoter_sites": 2}, "no 'human_promoter'"),
        ({"hop_between": "friends"}, "'hop_between'"),
    ],
)
def test_impossible_scenarios_are_refused(values: dict, message: str):
    with pytest.raises(ConfigError, match=message):
        load_scenario(values)


def made_host(**changes) -> Host:
    contigs = {name: random_bases(np.random.default_rng(i), 60_000) for i, name in enumerate(("c1", "c2"))}
    genes = pd.DataFrame(
        [("c1", 20_000, 40_000, "-", "G1"), ("c2", 10_000, 25_000, "+", "G2")],
        columns=["contig", "start", "end", "strand", "name"],
    )
    repeats = pd.DataFrame([("c2", 40_000, 50_000)], columns=["contig", "start", "end"])
    parts = {"genes": genes, "repeats": repeats, "places": None, **changes}
    return Host(Pool.of(contigs), ("c1", "c2"), **parts)


def test_dominant_clones_sit_in_the_first_third_of_their_gene_and_follow_their_course():
    clones = [{"subject": "P1", "gene": "G1", "fractions": [0.02, 0.09, 0.31]}]
    scenario = load_scenario({"dominant": clones, "background_sites": 50})
    made = simulate_clones(made_host(), scenario, np.random.default_rng(1))
    site = made.sites.iloc[0]
    assert (site["contig"], site["forward"], site["origin"]) == ("c1", False, "dominant")
    assert 40_000 - 20_000 / 3 - 1 <= site["position0"] < 40_000
    assert made.fractions[0].tolist() == [0.02, 0.09, 0.31]
    for subject in (0, 1):
        mine = made.fractions[(made.sites["subject"] == subject).to_numpy()]
        assert mine.sum(axis=0) == pytest.approx([1, 1, 1])


def test_a_dominant_clone_can_name_its_place():
    clone = {"subject": "P1", "contig": "c2", "position": 30_001, "strand": "-", "fractions": [0.1] * 3}
    made = simulate_clones(made_host(), load_scenario({"dominant": [clone]}), np.random.default_rng(1))
    assert made.sites.iloc[0][["contig", "position0", "forward"]].tolist() == ["c2", 30_000, False]
    with pytest.raises(ConfigError, match="c2:999999 is not in the genome"):
        lost = load_scenario({"dominant": [{**clone, "position": 999_999}]})
        simulate_clones(made_host(), lost, np.random.default_rng(1))


def test_gene_and_repeat_bias():
    scenario = load_scenario(
        {"background_sites": 200, "in_gene_fraction": 0.9, "repeat_fraction": 0.3, "neighbour_pairs": 0}
    )
    sites = simulate_clones(made_host(), scenario, np.random.default_rng(2)).sites
    position, contig = sites["position0"], sites["contig"]
    in_repeat = (contig == "c2") & position.between(40_000, 49_999)
    in_gene = (contig == "c1") & position.between(20_000, 39_999) | (contig == "c2") & position.between(
        10_000, 24_999
    )
    assert in_repeat.mean() == pytest.approx(0.3, abs=0.08)
    assert in_gene.sum() / (~in_repeat).sum() == pytest.approx(0.9, abs=0.06)


def test_only_chosen_neighbours_are_close():
    scenario = load_scenario({"subjects": ["P1"], "background_sites": 300, "neighbour_pairs": 7})
    sites = simulate_clones(made_host(), scenario, np.random.default_rng(3)).sites
    ordered = sites.sort_values("offset")
    gaps = ordered["offset"].diff().dropna()
    assert ((gaps >= 1) & (gaps <= 10)).sum() == 7
    assert (gaps[gaps > 10] > 12 - 10).all()
    near = ordered["origin"].eq("neighbour").sum()
    assert near == 7


def test_background_can_come_from_a_list():
    places = pd.DataFrame(
        {"contig": ["c1"] * 100, "position": range(10_001, 13_001, 30), "strand": ["+"] * 100}
    )
    scenario = load_scenario({"background_sites": 40, "neighbour_pairs": 0})
    sites = simulate_clones(made_host(places=places), scenario, np.random.default_rng(4)).sites
    assert set(sites["position0"] + 1) <= set(places["position"])
    assert not sites["offset"].duplicated().any()
    greedy = load_scenario({"background_sites": 400})
    with pytest.raises(ConfigError, match="only 100 usable places left, 400 are wanted"):
        simulate_clones(made_host(places=places), greedy, np.random.default_rng(4))


def test_shared_sites_are_the_same_place_in_every_subject():
    scenario = load_scenario({"shared_sites": 4, "shared_fraction": 0.05, "background_sites": 30})
    made = simulate_clones(made_host(), scenario, np.random.default_rng(5))
    shared = made.sites[made.sites["origin"] == "shared"]
    both = shared.groupby(["offset", "forward"])["subject"].apply(set)
    assert both.tolist() == [{0, 1}] * 4
    assert (made.fractions[shared.index] == 0.05).all()
    for subject in (0, 1):
        mine = made.fractions[(made.sites["subject"] == subject).to_numpy()]
        assert mine.sum(axis=0) == pytest.approx([1, 1, 1])


@pytest.mark.parametrize("with_list", [False, True])
def test_without_a_list_of_repeats_the_genome_itself_says_where_they_are(with_list: bool):
    rng = np.random.default_rng(6)
    copy = random_bases(rng, 5_000)
    contig = np.concatenate([random_bases(rng, 15_000), copy, random_bases(rng, 15_000), copy[::-1], copy])
    contig = np.concatenate([contig, random_bases(rng, 15_000)])
    none = pd.DataFrame({"contig": [], "start": [], "end": []})
    genes = none.assign(strand=[], name=[])
    places = pd.DataFrame({"contig": "c", "position": range(3_000, 12_000, 40), "strand": "+"})
    made = Host(Pool.of({"c": contig}), ("c",), genes, none, places if with_list else None)
    scenario = load_scenario({"background_sites": 100, "repeat_fraction": 0.4, "neighbour_pairs": 0})
    sites = simulate_clones(made, scenario, rng).sites
    repeated = sites[sites["origin"] == "repeat"]
    assert len(repeated) == pytest.approx(80, abs=20)
    # the copies, and places whose first 60 bases reach into one
    near = repeated["position0"].between(15_000 - 60, 20_060) | repeated["position0"].between(39_940, 45_060)
    assert near.all()
    alone = load_scenario({"background_sites": 10, "repeat_fraction": 1.0})
    plain = Host(Pool.of({"c": random_bases(rng, 30_000)}), ("c",), genes, none)
    with pytest.raises(ConfigError, match="too few repeated places for 10 sites"):
        simulate_clones(plain, alone, rng)


def test_the_distance_of_neighbours_can_be_chosen():
    scenario = load_scenario({"subjects": ["P1"], "neighbour_pairs": 20, "neighbour_distance": [3, 3]})
    sites = simulate_clones(made_host(), scenario, np.random.default_rng(7)).sites
    offsets = set(sites["offset"])
    near = sites.loc[sites["origin"] == "neighbour", "offset"]
    assert len(near) == 20
    assert all({at - 3, at + 3} & offsets for at in near)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("G1", ("c1", 39_000, 40_200, False)),  # minus strand: transcription starts at its end
        ("G2", ("c2", 9_800, 11_000, True)),
        ("c1:101-300", ("c1", 100, 300, True)),
    ],
)
def test_a_promoter_is_a_gene_or_a_place(text: str, expected: tuple):
    assert promoter_interval(text, made_host().genes, {"c1": 60_000, "c2": 60_000}) == expected


@pytest.mark.parametrize(
    ("text", "message"), [("G3", "'G3' is neither a gene"), ("c1:5-99999", "is not in the genome")]
)
def test_promoters_that_are_not_there_are_refused(text: str, message: str):
    with pytest.raises(ConfigError, match=message):
        promoter_interval(text, made_host().genes, {"c1": 60_000})


def test_libraries_can_share_a_linker_but_no_barcode():
    libraries = plan_libraries(load_scenario({"shared_linker": True}), np.random.default_rng(1))
    assert len({library.linker for library in libraries}) == 1
    assert len({library.barcode for library in libraries}) == len(libraries)


def test_libraries_follow_the_design():
    scenario = load_scenario({"fragments_of": {"P2-M12": 15}, "vector_ends": ["U5", "U3"]})
    libraries = plan_libraries(scenario, np.random.default_rng(1))
    assert len(libraries) == 13
    assert [library.role for library in libraries].count("ntc") == 1
    poor = [library.sample for library in libraries if library.mean_fragments == 15]
    assert poor == ["P2-M12-1", "P2-M12-2"]
    assert {library.vector_end for library in libraries if library.replicate == 2} == {"U3"}
    assert all(library.linker.count("N") == 12 and len(library.linker) == 47 for library in libraries)


def test_the_sheet_leaves_controls_blank_where_they_have_nothing():
    scenario = load_scenario({"vcn": [0.4, 0.6, 0.8]})
    libraries = plan_libraries(scenario, np.random.default_rng(1))
    sheet = sheet_table(libraries, scenario, {"r1": "a", "r2": "b", "i1": "c"}).set_index("sample")
    assert sheet.loc["P1-M12-2", ["vcn", "timepoint", "role"]].tolist() == ["0.8", "M12", "patient"]
    assert sheet.loc["NTC-1", ["vcn", "timepoint", "role"]].tolist() == ["", "", "ntc"]


def test_words_are_counted_on_both_strands():
    """Against counting by hand."""
    rng = np.random.default_rng(1)
    unit = "".join(rng.choice(list("ACGT"), 60))
    flipped = unit[::-1].translate(str.maketrans("ACGT", "TGCA"))
    other = "".join(rng.choice(list("ACGT"), 200))
    pool = Pool.of({"c": encode(unit + other[:100] + flipped + "N" * 5 + other[100:])})
    keys, _ = word_keys(encode(unit + other[:50]))
    wanted, inverse = np.unique(keys, return_inverse=True)
    counts = count_words(pool, pool.codes.size, wanted)[inverse]
    text = unit + other[:50]
    expected = []
    for at in range(len(text) - K + 1):
        word = text[at : at + K]
        both = (word, word[::-1].translate(str.maketrans("ACGT", "TGCA")))
        whole = unit + other[:100] + flipped + "N" * 5 + other[100:]
        expected.append(sum(whole[i : i + K] in both for i in range(len(whole) - K + 1)))
    assert counts.tolist() == expected
    assert max(expected) == 2


def test_words_are_counted_once_across_blocks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("integrasite.simulate.words._BLOCK", 50)
    pool = Pool.of({"c": random_bases(np.random.default_rng(2), 300)})
    wanted = np.unique(word_keys(pool.codes)[0])
    assert count_words(pool, 300, wanted).tolist() == [1] * (300 - K + 1)


def test_shared_vector_sequence_is_found():
    host = random_bases(np.random.default_rng(3), 2000)
    vector = np.concatenate(
        [random_bases(np.random.default_rng(4), 500), host[700:900], encode("ACGT" * 100)]
    )
    near = near_host_sequence(vector, Pool.of({"c": host}), 2000, margin=10)
    assert np.flatnonzero(near)[[0, -1]].tolist() == pytest.approx([490, 709], abs=3)


def test_sites_in_identical_copies_are_repeats_and_others_unique():
    rng = np.random.default_rng(5)
    copy = random_bases(rng, 8_000)
    contig = np.concatenate(
        [random_bases(rng, 20_000), copy, random_bases(rng, 20_000), copy, random_bases(rng, 20_000)]
    )
    ltr = random_bases(rng, 200)
    vector = np.concatenate([ltr, random_bases(rng, 2_000), ltr])
    inside = {"subject": "P1", "contig": "c", "position": 24_001, "fractions": [0.3]}
    outside = {**inside, "position": 10_001}
    scenario = load_scenario(
        {
            "subjects": ["P1"],
            "timepoints": ["D28"],
            "dominant": [inside, outside],
            "background_sites": 20,
            "neighbour_pairs": 0,
        }
    )
    genes = pd.DataFrame({"contig": [], "start": [], "end": [], "strand": [], "name": []})
    repeats = genes[["contig", "start", "end"]]
    run = simulate_amplicon(Inputs({"c": contig}, genes, repeats, vector), scenario, rng)
    for _ in run.blocks():
        pass
    truth = run.site_truth().set_index(["sample", "site_id"])
    assert truth.loc[("P1-D28-1", "c:24001:+"), "class"] == "repeat"
    assert truth.loc[("P1-D28-1", "c:10001:+"), "class"] == "unique"
    row = truth.loc[("P1-D28-1", "c:10001:+")]
    assert row["n_lengths"] <= row["n_molecules_read"] <= row["n_molecules"]
    assert row["min_length"] <= row["longest_insert"] <= row["max_length"]
    assert row["fraction"] == 0.3


def test_a_vector_without_ltrs_is_refused():
    genes = pd.DataFrame({"contig": [], "start": [], "end": [], "strand": [], "name": []})
    contigs = {"c": random_bases(np.random.default_rng(1), 30_000)}
    vector = random_bases(np.random.default_rng(2), 3_000)
    with pytest.raises(ConfigError, match="LTR to LTR"):
        simulate_amplicon(
            Inputs(contigs, genes, genes[["contig", "start", "end"]], vector),
            load_scenario({}),
            np.random.default_rng(1),
        )
