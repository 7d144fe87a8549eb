"""Deletions, inversions, truncations and doubled parts of the vector."""

import sys
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "tumour"))

import copies_tables as toy

from integrasite.config.calling import Calling
from integrasite.junctions.vector_joins import VectorJoin, read_join, vector_joins
from integrasite.model.tables import TRANSGENE_STRUCTURE, TUMOUR_SITES
from integrasite.transgene.copies_depth import measure_host
from integrasite.transgene.copies_sample import describe_vector
from integrasite.transgene.coverage import best_cuts
from integrasite.transgene.structure import uneven_stretches
from integrasite.transgene.structure_joins import find_rearrangements, first_of_equals, interpret

CALLING = Calling()
VECTOR = toy.toy_vector()


@pytest.mark.parametrize("name", ["promoter deleted", "200 bp deleted", "inverted", "doubled"])
def test_damage_of_every_copy_is_told_to_the_base(name):
    found = toy.run_once(toy.Draw(depth=60, pieces=toy.DAMAGE[name]), 5)
    rows = [(r.kind, r.start, r.end) for r in found.structure.itertuples()]
    assert len(rows) == 1
    kind, start, end = toy.WANTED[name]
    assert rows[0][0] == kind
    assert abs(rows[0][1] - start) <= 4  # bases that both sides share
    assert abs(rows[0][2] - end) <= 4
    assert list(found.structure.columns) == list(TRANSGENE_STRUCTURE.columns)
    assert found.copies.low < 1 < found.copies.high


@pytest.mark.parametrize("seed", range(8))
def test_whole_proviruses_have_no_row(seed):
    assert toy.run_once(toy.Draw(depth=40, vcn=2), 300 + seed).structure.empty


def test_few_fragments_never_make_a_deletion():
    for seed in range(6):
        assert toy.run_once(toy.Draw(depth=20, vcn=0.1), seed).structure.empty


def test_loss_in_a_part_of_the_copies_is_a_deletion_with_its_share():
    found = toy.run_once(toy.Draw(depth=80, vcn=4, pieces=toy.DAMAGE["promoter deleted"], damaged=0.5), 2)
    row = found.structure.iloc[0]
    assert (row["kind"], row["n_fragments"] > 1) == ("deletion", True)
    assert 0.3 < row["share"] < 0.75
    assert found.copies.vcn == pytest.approx(4, rel=0.15)


def site_row(**columns):
    row = dict.fromkeys(TUMOUR_SITES.columns)
    row |= {
        "sample": "S", "vector": "toy", "site_id": "chr1:5:+", "status": "pass", "n_fragments": 9, "n_split_5": 3,
        "n_split_3": 2, "n_discordant_5": 1, "n_discordant_3": 1, "vector_5": 0, "vector_3": toy.LTR - 1,
        "vector_direction_5": 1, "vector_direction_3": -1,
    }  # fmt: skip
    return pd.DataFrame([row | columns])


def structure_with(sites, pieces=((0, toy.SIZE + toy.LTR, 1),), seed=4):
    draw = toy.Draw(depth=60, pieces=pieces)
    rng = np.random.default_rng(seed)
    summary, loci = toy.draw_host(draw, rng)
    host = measure_host(summary, loci, CALLING, controls=toy.toy_controls(draw))
    return describe_vector("S", VECTOR, [], toy.draw_fragments(draw, VECTOR, rng), sites, host, CALLING)


@pytest.mark.parametrize(
    ("columns", "wanted"),
    [
        ({}, []),  # both ends complete
        ({"vector_5": 2, "vector_3": toy.LTR - 3}, []),  # within the slack of an end
        ({"vector_5": 1400}, [("truncation", 0, 1400, 4)]),
        ({"vector_3": 2099}, [("truncation", 2100, toy.SIZE, 3)]),
        ({"vector_3": 200}, [("truncation", 201, toy.LTR, 3)]),  # inside the last LTR
        ({"vector_5": None}, []),  # no read shows that end
        (
            {"vector_5": 1400, "vector_direction_5": -1},
            [],
        ),  # the end of a turned part is none of the provirus
        ({"vector_5": 1400, "status": "artefact"}, []),
        ({"vector_5": 1400, "n_fragments": 0}, []),  # another sample's
        ({"vector_5": 1400, "vector": "other"}, []),
    ],
)
def test_truncations_are_told_from_the_ends_at_sites(columns, wanted):
    rows = structure_with(site_row(**columns)).structure
    assert [(r.kind, r.start, r.end, r.n_fragments) for r in rows.itertuples()] == wanted


def test_a_truncation_and_its_gap_are_one_row():
    found = structure_with(site_row(vector_5=1400), toy.DAMAGE["5' truncated"])
    assert [row.kind for row in found.structure.itertuples()] == ["truncation"]
    assert "no read shows" in found.structure["evidence"].iloc[0]
    assert found.structure["p"].iloc[0] < 1e-6
    assert found.copies.low < 1 < found.copies.high


def read_of(join, codes, flank=12):
    """The bases that a read over a join shows, ending in as many of either side."""
    position, step, other, other_step = join
    sides = []
    for place, way in ((position, step), (other, other_step)):
        run = [place + way * n for n in range(flank)]
        if min(run) < 0 or max(run) >= codes.size:
            return None
        sides.append(run)
    # the side that goes on to lower coordinates is read first; two alike: the first one as it lies
    first, second = sides if step < 0 or step == other_step else sides[::-1]
    left = [int(codes[at]) for at in first[::-1]]
    right = [int(codes[at]) for at in second]
    if step == other_step:
        if step < 0:
            right = [3 - base for base in right]
        else:
            left = [3 - base for base in left]
    return left + right


@given(st.integers(0, 2**32), st.sampled_from([(-1, 1), (1, -1), (1, 1), (-1, -1)]))
@settings(max_examples=150, deadline=None)
def test_equal_breakpoints_are_told_alike(seed, steps):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 2, 120).astype(np.uint8) * 3  # A and T: much is shared
    low, high = sorted(rng.choice(np.arange(30, 90), 2, replace=False).tolist())
    join = VectorJoin(low, steps[0], high, steps[1])
    moved = first_of_equals(join, codes)
    assert moved.position <= join.position
    shift = join.position - moved.position
    step = 1 if steps[0] == steps[1] else -1
    assert moved.other_position - join.other_position == step * shift
    # the read over the moved join is the same read, seen `shift` bases further on
    before, after = read_of(join, codes), read_of(moved, codes)
    if before is not None and after is not None and 0 < shift < 12:
        same = after[shift:] == before[:-shift] or after[:-shift] == before[shift:]
        assert same
    assert first_of_equals(moved, codes) == moved


def test_a_repeat_at_both_sides_gives_one_breakpoint():
    codes = np.tile(np.array([0, 1, 2, 3, 3], np.uint8), 400)
    codes[896], codes[1696] = 0, 1
    codes[1697:1700] = codes[897:900]
    told = {first_of_equals(VectorJoin(899 - n, -1, 1700 - n, 1), codes) for n in range(4)}
    assert told == {VectorJoin(896, -1, 1697, 1)}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("899-:1700+", ("deletion", 900, 1700)),
        ("1400+:2199-", ("duplication", 1400, 2200)),
        ("1499-:2299-", ("inversion", 1500, 2300)),
        ("1500+:2300+", ("inversion", 1500, 2300)),
        (f"0+:{toy.LTR - 1}-", ("circle", 0, toy.LTR)),  # two LTRs end to end
        (f"0+:{toy.SIZE - 1}-", None),  # the tract joined to the last LTR, as in every provirus
    ],
)
def test_breakpoints_say_what_happened(text, wanted):
    join = read_join(text)
    assert str(join) == text
    found = interpret(join, VECTOR)
    assert (found and found[:3]) == wanted


def test_single_fragments_make_no_breakpoint():
    rows = pd.DataFrame(
        {
            "vector": "toy",
            "fragment": [1, 1, 2, 3],
            "joins": ["899-:1700+,899-:1700+", "899-:1700+", "700-:1900+", None],
        }
    )
    assert find_rearrangements(rows, VECTOR, CALLING) == []
    rows.loc[3, "joins"] = "898-:1701+"
    found = find_rearrangements(rows, VECTOR, CALLING)
    assert [(item.kind, item.n_fragments) for item in found] == [("deletion", 2)]


def segment(contig, first, is_forward, n=50, is_vector=True):
    places = first + np.arange(n) * (1 if is_forward else -1)
    return SimpleNamespace(is_vector=is_vector, contig=contig, is_forward=is_forward, places=places)


@pytest.mark.parametrize(
    ("left", "right", "wanted"),
    [
        (segment(0, 100, True), segment(0, 500, True), ("129-:530+",)),  # 400 bp deleted
        (segment(0, 549, False), segment(0, 149, False), ("119-:520+",)),  # the same kind on the other strand
        (segment(0, 100, True), segment(0, 500, False), ("129-:470-",)),
        (segment(0, 100, True), segment(1, 500, True), ()),  # another target
        (segment(0, 100, True), segment(0, 500, True, is_vector=False), ()),
    ],
)
def test_joins_of_a_chain(left, right, wanted):
    chain = SimpleNamespace(segments=(left, right), joints=(SimpleNamespace(left_end=30, right_start=30),))
    targets = [SimpleNamespace(size=3000)] * 2
    assert vector_joins([chain, None, chain], targets, 0) == wanted


def likelihood(seen, expected, cuts):
    total = 0.0
    for first, last in pairwise(cuts):
        n, due = seen[first:last].sum(), expected[first:last].sum()
        total += n * np.log(n / due) - n if n else 0.0
    return total


@given(st.lists(st.integers(0, 30), min_size=2, max_size=7), st.floats(0.5, 8))
@settings(max_examples=80, deadline=None)
def test_cuts_are_the_best_of_all(counts, gain):
    seen = np.array(counts, float)
    expected = np.linspace(1, 3, seen.size)
    found = likelihood(seen, expected, best_cuts(seen, expected, 1.0, gain))
    found -= gain * (len(best_cuts(seen, expected, 1.0, gain)) - 2)
    inner = range(1, seen.size)
    best = max(
        likelihood(seen, expected, [0, *cuts, seen.size]) - gain * len(cuts)
        for n in range(seen.size)
        for cuts in combinations(inner, n)
    )
    assert found == pytest.approx(best)


def test_a_deletion_needs_no_breakpoint_in_reads():
    draw = toy.Draw(depth=60, pieces=toy.DAMAGE["promoter deleted"])
    rng = np.random.default_rng(8)
    summary, loci = toy.draw_host(draw, rng)
    host = measure_host(summary, loci, CALLING, controls=toy.toy_controls(draw))
    fragments = toy.draw_fragments(draw, VECTOR, rng)
    fragments = fragments[fragments["joins"] == ""]
    sites = pd.DataFrame(columns=list(TUMOUR_SITES.columns))
    rows = describe_vector("S", VECTOR, [], fragments, sites, host, CALLING).structure
    assert [row.kind for row in rows.itertuples()] == ["deletion"]
    assert abs(rows["start"].iloc[0] - 900) < 60
    assert abs(rows["end"].iloc[0] - 1700) < 60


def test_damage_benchmark_has_a_small_twin():
    found = toy.score_damage("inverted", replace(toy.Draw(), depth=40), 2, 1)
    assert found["found"] == 1
    assert toy.score(toy.Draw(), 2)["runs"] == 2


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [
        (1500, 1700, [(1500, 1700)]),
        # the first LTR may be gone too, and the end may lie anywhere in 800-1200, which the host has
        (300, 1000, [(0, 1200)]),
        (310, 700, [(0, 700)]),
        (900, 1100, [(800, 1200)]),
        (800, 1200, [(800, 1200)]),
        (2100, 3000, [(2100, 3000), (0, 300)]),
        (0, 250, [(0, 300)]),
    ],
)
def test_what_a_loss_leaves_unsure_does_not_count_for_copies(start, end, wanted):
    rows = [{"kind": "deletion", "start": start, "end": end}]
    assert uneven_stretches(rows, [], toy.toy_vector()) == wanted


@pytest.mark.parametrize("pieces", [(1000, toy.SIZE + toy.LTR, 1), (0, 2100, 1)])
def test_copies_of_truncated_proviruses_are_those_of_what_is_left(pieces):
    """Cut inside what the host has too, and near the last LTR: neither LTR nor junctions at the new end may bias copies."""
    draw = toy.Draw(depth=60, vcn=4, pieces=(pieces,))
    found = [toy.run_once(draw, 60 + seed).copies for seed in range(4)]
    assert np.mean([item.vcn / draw.vcn for item in found]) == pytest.approx(1, abs=0.06)
    assert sum(item.low <= draw.vcn <= item.high for item in found) >= 3


def test_an_inversion_out_of_a_host_like_stretch_is_no_deletion_there():
    """Host-like bases are seen from beside them; an inversion that ends among them takes that away."""
    pieces = ((0, 400, 1), (400, 1150, -1), (1150, toy.SIZE + toy.LTR, 1))
    for seed in range(2):
        found = toy.run_once(toy.Draw(depth=60, vcn=3, lengths=toy.FFPE, pieces=pieces), 80 + seed)
        assert "deletion" not in set(found.structure["kind"])
