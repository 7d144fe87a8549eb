"""Simulated tumour samples against chromosomes that are put together by hand."""

from collections import Counter
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tumour_simulator_toy import read_all, simulate, toy_inputs, truth_of, turned, vectors_of

from integrasite.errors import ConfigError
from integrasite.kernels.codes import encode
from integrasite.simulate.sequences import decode, random_bases
from integrasite.simulate.tumour_scenario import (
    TumourClone,
    TumourSample,
    TumourScenario,
    TumourSite,
    VectorChoice,
    load_tumour_scenario,
)
from integrasite.simulate.tumour_vector import damaged_provirus, provirus_of_plasmid, read_tumour_vector
from integrasite.simulate.vector import simulate_vector


def integrated(host: str, provirus: str, position: int, strand: str, tsd: int) -> tuple[str, int, int]:
    """What integration makes, from the definitions: the base at `position` is joined to U5; `tsd` bases are doubled."""
    p = position - 1
    if strand == "+":
        left, right = host[: p + tsd], host[p:]
        return left + provirus + right, len(left), len(left) + len(provirus)
    left, right = host[: p + 1], host[p + 1 - tsd :]
    return left + turned(provirus) + right, len(left), len(left) + len(provirus)


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("tsd", [5, 4, 0, -12])
def test_every_junction_read_is_what_an_integrator_makes(strand: str, tsd: int):
    inputs = toy_inputs()
    host, provirus = decode(inputs.contigs["one"]), decode(inputs.vectors["lv"])
    site = {"contig": "one", "position": 30_000, "strand": strand, "tsd": tsd}
    run = simulate({"clones": [{"sites": [site]}], "coverage": 60}, inputs)
    _, reads, truth = read_all(run)
    derived, left, right = integrated(host, provirus, 30_000, strand, tsd)
    bounds = {"5": left if strand == "+" else right, "3": right if strand == "+" else left}
    seen = Counter()
    for row in truth[truth["origin"] != "host"].itertuples():
        starts = placements(derived, reads[row.name], row.length)
        crossed = {tuple(end for end in "53" if start < bounds[end] < start + row.length) for start in starts}
        claimed = tuple(end for end in "53" if getattr(row, f"junction{end}"))
        assert claimed in crossed, row
        assert row.origin == ("junction" + "".join(claimed) if claimed else "vector")
        seen[claimed] += 1
    assert seen["5",] > 10
    assert seen["3",] > 10
    assert seen[()] > 100


def placements(text: str, mates: list[str], length: int) -> list[int]:
    """Where a fragment of that length lies whose ends are the two reads, whichever is the left one."""
    found = []
    for one, two in (mates, mates[::-1]):
        head, tail = one[:length], turned(two[:length])
        at = text.find(head)
        while at >= 0:
            if text[at + length - len(tail) : at + length] == tail:
                found.append(at)
            at = text.find(head, at + 1)
    return found


@pytest.mark.parametrize("strand", ["+", "-"])
def test_both_ends_repeat_the_target_and_the_vector_ends_in_ca(strand: str):
    inputs = toy_inputs()
    host = decode(inputs.contigs["one"])
    run = simulate({"clones": [{"sites": [{"contig": "one", "position": 30_000, "strand": strand}]}]}, inputs)
    template = run.bench.pool.sites[0]
    text = decode(run.bench.pool.codes[template.start : template.start + template.size])
    left, right = template.insert
    target = host[29_999:30_004] if strand == "+" else host[29_995:30_000]
    assert text[left - 5 : left] == target == text[right : right + 5]
    insert = text[left:right] if strand == "+" else turned(text[left:right])
    assert insert.startswith("TGGAAGGGCTAATTCACTCC")
    assert insert.endswith("AAAATCTCTAGCA")
    joined = text[right] if strand == "+" else text[left - 1]
    assert joined == host[29_999]
    # without its insert and one copy of the target the chromosome is the host again
    assert text[:left] + text[right + 5 :] in host


def test_host_reads_are_host_and_a_homozygous_site_leaves_no_intact_copy():
    inputs = toy_inputs()
    site = {"contig": "one", "position": 30_000, "strand": "+", "multiplicity": 2}
    run = simulate({"clones": [{"sites": [site]}], "coverage": 40}, inputs)
    made, reads, truth = read_all(run)
    table = truth_of(run)
    assert table["n_fragments_intact"].tolist() == [0]
    assert table["allele_fraction"].tolist() == [1.0]
    contigs = [decode(codes) for codes in inputs.contigs.values()]
    told = set(truth["name"])
    lengths = made.library.fragments.length[made.library.pair]
    plain = [(name, int(length)) for name, length in zip(reads, lengths, strict=True) if name not in told]
    for name, length in plain[::7]:
        assert any(placements(contig, reads[name], length) for contig in contigs)
    # no pair of the host spans the target: from before its first base to beyond its last
    low, high = 30_000 - 1, 30_000 + 4
    near = contigs[0][low - 1100 : high + 1100]
    places = [(at, length) for name, length in plain for at in placements(near, reads[name], length)]
    assert len(places) > 100
    assert not [at for at, length in places if at < 1100 and at + length > 1105]


def test_the_tables_are_a_recount_of_the_reads():
    clones = [
        {"name": "A", "n_sites": 3, "fraction": 0.6},
        {"name": "many", "n_sites": 8, "fraction": 0.1, "compartment": "normal"},
    ]
    run = simulate({"clones": clones, "purity": 0.7, "duplicate_rate": 0.4, "coverage": 50, "hop": 0.0})
    made, reads, rows = read_all(run)
    assert len(reads) == made.library.pair.size
    first = rows.drop_duplicates("fragment")
    for site in truth_of(run).itertuples():
        pairs, mine = rows[rows["site_id"] == site.site_id], first[first["site_id"] == site.site_id]
        for end in "53":
            assert getattr(site, f"n_fragments_spanning_{end}") == mine[f"junction{end}"].sum()
            assert getattr(site, f"n_anchored_{end}") == mine[f"anchored{end}"].sum()
            assert getattr(site, f"n_split_{end}") == mine[f"split{end}"].sum()
            assert getattr(site, f"n_pairs_spanning_{end}") == pairs[f"junction{end}"].sum()
        assert site.n_fragments_intact == (mine["origin"] == "host").sum()
        assert site.n_fragments_vector == (mine["origin"] != "host").sum()
    assert vectors_of(run)["n_fragments_vector"] == (first["origin"] != "host").sum()
    assert 0.36 < 1 - len(made.library.fragments) / made.library.pair.size < 0.44


def test_reads_show_as_many_vector_bases_as_the_truth_says():
    inputs = toy_inputs()
    provirus = decode(inputs.vectors["lv"])
    run = simulate({"clones": [{"n_sites": 4}], "coverage": 40}, inputs)
    _, reads, rows = read_all(run)
    for row in rows[rows["origin"].isin(["junction5", "junction3"])].itertuples():
        shown = provirus[row.vector_start : row.vector_end]
        for bases, expected in zip(reads[row.name], (row.vector_bases_r1, row.vector_bases_r2), strict=True):
            parts = [shown[:expected], shown[len(shown) - expected :]]
            assert any(part in bases or turned(part) in bases for part in parts)


@pytest.mark.parametrize(
    ("values", "vcn", "fraction"),
    [
        ({"fraction": 0.5}, 0.5, 0.25),
        ({"fraction": 1.0, "purity": 0.4}, 0.4, 0.2),
        # three copies of the genome in a pure tumour, one of them with the vector
        ({"fraction": 1.0, "ploidy": 3.0}, 2 / 3, 1 / 3),
        # two of four local copies in 60 % tumour cells: 1.2 copies among 3.2
        ({"fraction": 1.0, "purity": 0.6, "local_copies": 4, "multiplicity": 2}, 1.2, 1.2 / 3.2),
    ],
)
def test_depth_copies_and_fractions_are_as_asked(values: dict[str, float], vcn: float, fraction: float):
    values = dict(values)
    site = {key: values.pop(key) for key in ("local_copies", "multiplicity") if key in values}
    clone = {"fraction": values.pop("fraction"), "n_sites": 9, "sites": [site] * 9}
    run = simulate({"clones": [clone], "coverage": 150, "segment": 4000, **values}, seed=3)
    made, row, table = run.sample(0), vectors_of(run), truth_of(run)
    assert row["vcn"] == pytest.approx(9 * vcn)
    assert table["allele_fraction"].tolist() == pytest.approx([fraction] * 9)
    assert table["ccf"].tolist() == [clone["fraction"]] * 9
    fragments = made.library.fragments
    host = fragments.origin == 0
    if not site:
        read = np.minimum(fragments.length, 150)[host].sum() * 2
        assert read / 100_000 == pytest.approx(150, rel=0.03)
    per_base = 150 / run.bench.lengths.bases_read(run.scenario)
    size = run.vectors["lv"].provirus.size
    expected = per_base * (size + 350) * 9 * vcn / 2
    assert row["n_fragments_vector"] == pytest.approx(expected, abs=5 * expected**0.5, rel=0.03)
    junctions = (table["n_fragments_spanning_5"] + table["n_fragments_spanning_3"]).sum() / 2
    observed = junctions / (junctions + table["n_fragments_intact"].sum())
    n = junctions + table["n_fragments_intact"].sum()
    assert observed == pytest.approx(fraction, abs=4 * (fraction * (1 - fraction) / n) ** 0.5 + 0.005)


def test_heterozygous_sites_sit_on_one_haplotype():
    site = {"contig": "one", "position": 30_000, "strand": "+", "haplotype": "B"}
    run = simulate({"clones": [{"sites": [site]}], "snp_rate": 0.02, "coverage": 60})
    first, second = run.bench.pool.haplotypes["P1"]
    codes, template = run.bench.pool.codes, run.bench.pool.sites[0]
    left = codes[template.start : template.start + template.insert[0]]
    second_cut = 30_000 - 1 + 5
    assert np.array_equal(left, codes[second + second_cut - left.size : second + second_cut])
    assert not np.array_equal(left, codes[first + second_cut - left.size : first + second_cut])
    fragments = run.sample(0).library.fragments
    across = (fragments.origin == 0) & (fragments.site == 0)
    assert across.sum() > 20
    assert (fragments.start[across] < second).all()  # whole copies are those of haplotype A


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    values = {"coverage": 3, "hop": 0.01, "samples": [{"sample": "T"}, {"sample": "U", "subject": "P2"}]}
    texts = [
        b"".join(
            block.r1 + block.r2
            for index in (0, 1)
            for block in simulate(values, seed=seed).sample(index).blocks()
        )
        for seed in (4, 4, 5)
    ]
    assert texts[0] == texts[1] != texts[2]


def plasmid_of(provirus: str, five: str, tail: str, turn: int) -> str:
    """A transfer plasmid: foreign promoter + R-U5 before the inner part, U3-R(-U5) and a tail behind it."""
    ltr = provirus.find("TGGCGCCCGAACAGGGAC") - 1
    text = five + provirus[54:ltr] + provirus[ltr:-ltr] + provirus[:ltr][: ltr - len(tail)] + tail
    return text[turn:] + text[:turn]


@settings(max_examples=25, deadline=None)
@given(turn=st.integers(0, 4000), cut=st.sampled_from([0, 40, 80]), seed=st.integers(0, 1000))
def test_a_plasmid_integrates_from_ltr_to_ltr_wherever_its_sequence_begins(turn: int, cut: int, seed: int):
    rng = np.random.default_rng(seed)
    provirus = decode(simulate_vector(rng, random_bases(rng, 300)).codes)
    backbone = decode(random_bases(rng, 1500)).replace("TGGAAGGGCTAATT", "T")
    plasmid = plasmid_of(provirus, backbone, decode(random_bases(rng, cut)) if cut else "", turn)
    assert decode(provirus_of_plasmid(encode(plasmid))) == provirus
    found = read_tumour_vector("x", encode(plasmid), VectorChoice())
    assert (found.form, found.ltr, found.tsd) == ("plasmid", provirus.find("TGGCGCCCGAACAGGGAC") - 1, 5)


@settings(max_examples=30, deadline=None)
@given(
    position=st.integers(5_000, 35_000),
    strand=st.sampled_from("+-"),
    tsd=st.sampled_from([4, 5]),
    keep=st.tuples(st.integers(0, 1000), st.integers(1200, 3000)),
)
def test_taking_the_provirus_out_gives_the_host_back(
    position: int, strand: str, tsd: int, keep: tuple[int, int]
):
    inputs = toy_inputs()
    site = {"contig": "two", "position": position, "strand": strand, "tsd": tsd, "keep": list(keep)}
    run = simulate({"clones": [{"sites": [site]}], "coverage": 0.001}, inputs)
    template = run.bench.pool.sites[0]
    text = decode(run.bench.pool.codes[template.start : template.start + template.size])
    left, right = template.insert
    host, provirus = decode(inputs.contigs["two"]), decode(inputs.vectors["lv"])
    part = provirus[keep[0] : keep[1]]
    assert text[left:right] == (part if strand == "+" else turned(part))
    assert text[left - tsd : left] == text[right : right + tsd]
    assert integrated(host, part, position, strand, tsd)[0].find(text) >= 0
    assert text[:left] + text[right + tsd :] in host


def test_damage_is_done_in_the_vectors_orientation():
    provirus = encode("TGACGTACCA")
    assert decode(damaged_provirus(provirus, TumourSite(delete=(2, 4)), "")) == "TGGTACCA"
    assert decode(damaged_provirus(provirus, TumourSite(keep=(2, 10)), "")) == "ACGTACCA"
    assert decode(damaged_provirus(provirus, TumourSite(invert=(0, 3)), "")) == "TCACGTACCA"
    with pytest.raises(ConfigError, match="delete 5-11 is not a part"):
        damaged_provirus(provirus, TumourSite(delete=(5, 11)), "x")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hop": 2}, "'hop' of 'T1'"),
        ({"covrage": 3}, "'covrage'"),
        ({"purity": {"T9": 0.5}}, "no sample 'T9'"),
        ({"clones": [{"subject": "P9"}]}, "no sample is of subject 'P9'"),
        ({"clones": [{"vector": "nope", "n_sites": 1}]}, "no vector 'nope'"),
        ({"clones": [{"sites": [{"gene": "NOPE"}]}]}, "no gene 'NOPE'"),
        ({"clones": [{"sites": [{"contig": "one", "position": 70_000}]}]}, "not in the genome"),
        (
            {"clones": [{"sites": [{"contig": "one", "position": 3}]}]},
            "too near another site or the contig's end",
        ),
        ({"clones": [{"sites": [{"repeat": True}]}]}, "no free place in a listed repeat"),
        ({"plasmid": 1}, "'lv' is a provirus; name a plasmid"),
        ({"amplicon": 1, "amplicon_end": 5000}, "amplicon_start"),
        ({"cdna": 1}, "name the genes"),
        ({"cdna": 1, "cdna_genes": ["NOPE"]}, "no exons of 'NOPE'"),
        ({"hiv": 1}, "give the virus"),
        ({"carry_over": 0.1}, "carry_over_from"),
        ({"vectors": {"other": {}}}, "no --vector 'other'"),
        ({"unlisted_vectors": ["lv"]}, "leave at least one"),
        ({"samples": [{"sample": "T"}, {"sample": "T"}]}, "name each sample once"),
        ({"length_min": 2000}, "length_min"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, object], message: str):
    with pytest.raises(ConfigError, match=message):
        simulate(values)


def test_defaults_are_a_scenario():
    assert load_tumour_scenario({}) == TumourScenario()


@pytest.mark.parametrize("kind", [TumourScenario, TumourSite, TumourClone, TumourSample, VectorChoice])
def test_the_docs_name_every_field(kind: type):
    text = (Path(__file__).parents[2] / "docs" / "simulate.md").read_text(encoding="utf-8")
    missing = [field.name for field in fields(kind) if f"`{field.name}`" not in text]
    assert not missing
