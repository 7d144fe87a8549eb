"""Limit of blank and limit of detection, held against counting and against draws."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "tumour"))

import verdict_tables as toy

from integrasite.config.calling import Calling
from integrasite.model.vector_map import Element, MappedVector
from integrasite.transgene import background, limits
from integrasite.transgene.limits_expected import UNNAMED, Shape, cut_cells, expect, expect_whole

CALLING = Calling()
VECTOR = toy.toy_vector()
CELLS = cut_cells(VECTOR, 500)


def fixed(length: int, read: int = 150, paired: bool = True) -> Shape:
    return Shape(np.array([length]), np.ones(1), read, paired)


def test_cells_part_the_vector_and_gaps_beside_viral_elements_are_viral():
    assert CELLS.size == 5459 and CELLS.cell_of.max() == CELLS.bin.size - 1
    viral = CELLS.is_viral[CELLS.cell_of]
    assert viral[[0, 300, 700, 1200, 1700, 1800, 5300, 5450]].all()
    assert not viral[[2500, 3300, 4000, 4650, 5000]].any()
    element = np.array(CELLS.names)[CELLS.element[CELLS.cell_of]]
    assert element[[600, 800, 3605]].tolist() == ["psi", "RRE", "VHH2"]
    assert CELLS.bin.max() == 10  # 5459 bases: the rest is nearly a bin


def bare(*elements: tuple[str, int, int], size: int = 3000, ltr: int = 234) -> MappedVector:
    """A vector of which only some elements are known."""
    codes = np.random.default_rng(2).integers(0, 4, size).astype(np.uint8)
    found = tuple(Element(*item) for item in elements)
    return MappedVector("v", "lentivirus", 5, "provirus", codes, ltr, size + ltr, elements=found)


ENDS = (("LTR", 0, 234), ("PBS", 235, 253))


def viral_and_names(vector: MappedVector) -> tuple[np.ndarray, np.ndarray]:
    cells = cut_cells(vector, 500)
    names = np.array(cells.names)[cells.element[cells.cell_of]]
    return cells.is_viral[cells.cell_of], names


def test_a_payload_without_known_elements_is_the_vectors_own():
    viral, names = viral_and_names(bare(*ENDS, ("psi", 320, 440), ("cPPT", 570, 687), ("PPT", 2983, 2999)))
    assert viral[:887].all() and not viral[887:2783].any() and viral[2783:].all()
    assert (names[887:2783] == UNNAMED).all() and not (names[:887] == UNNAMED).any()
    cells = cut_cells(bare(*ENDS, ("PPT", 2983, 2999)), 500)
    assert (~cells.is_viral[cells.cell_of])[900:2700].all()  # not even psi and cPPT are known


@pytest.mark.parametrize(
    ("before", "after", "size", "own"),
    [
        ("psi", "RRE", 500, (0, 0)),  # short, between two of a virus
        ("psi", "RRE", 601, (300, 401)),  # too long for that
        ("RRE", "cPPT", 3000, (600, 2800)),
        ("cPPT", "WPRE", 500, (200, 500)),
        ("cPPT", "PPT", 500, (200, 300)),  # a small payload
        ("WPRE", "PPT", 190, (0, 0)),  # as in many vectors
        ("WPRE", "PPT", 590, (0, 390)),
        ("RRE", "PPT", 600, (300, 400)),
        ("CAR", "WPRE", 1000, (0, 1000)),
    ],
)
def test_only_short_stretches_beside_viral_elements_are_viral(before, after, size, own):
    start = 300
    vector = bare(("LTR", 0, 234), (before, 234, start), (after, start + size, 4000), size=4000)
    viral, _ = viral_and_names(vector)
    inside = np.flatnonzero(~viral[start : start + size])
    assert inside.tolist() == list(range(*own))


def test_the_last_stretch_of_a_provirus_lies_before_its_ltr():
    viral, _ = viral_and_names(bare(*ENDS, ("WPRE", 2000, 2600)))
    assert not viral[2600:2800].any() and viral[2800:].all()


def test_a_vector_without_elements_has_its_bins_only():
    vector = bare(ltr=0)
    cells = cut_cells(vector, 500)
    assert set(cells.names) == {UNNAMED} and not cells.is_viral.any()
    expected = expect(vector, cells, fixed(420), CALLING)
    rule = limits.rule_for(cells, expected, 3, 1, CALLING)
    lod = limits.limit_of_detection(0.1, rule, expected, cells, limits.Spread(0.01, 0.04))
    named = replace(vector, elements=(Element("a", 0, 1500), Element("b", 1500, 3000)))
    known = cut_cells(named, 500)
    assert lod <= limits.limit_of_detection(0.1, rule, expected, known, limits.Spread(0.01, 0.04))


def counted(length: int) -> tuple[float, float, float]:
    """The same by going through every fragment."""
    drawn = toy.Drawn(VECTOR, np.random.default_rng(1))
    for start in range(1 - length, VECTOR.provirus_length):
        drawn.add(start, length, site=1)
    rows = [r for r in drawn.rows if r["n_specific"] >= 20]
    split = sum(j["kind"] == "split" for j in drawn.junctions)
    return len(rows), split, len(drawn.junctions) - split


@pytest.mark.parametrize("length", [120, 260, 420])
def test_expected_fragments_are_those_that_one_finds_by_trying_all(length):
    found = expect(VECTOR, CELLS, fixed(length), CALLING)
    n, split, discordant = counted(length)
    assert found.total == n
    if length > 2 * 150:  # short ones show both anchors in fewer ways than a junction row needs
        assert (found.split, found.discordant) == pytest.approx((split, discordant), rel=0.12)
    assert expect_whole(np.ones(1000, np.bool_), fixed(300), 20) == 1000 + 300 - 2 * 20 + 1


def test_junctions_expected_per_copy():
    found = expect(VECTOR, CELLS, fixed(420), CALLING)
    # a read of 150 with 20 host and 10 vector bases: 121 starts per mate and end; else both mates must hold 20
    assert found.split == 4 * 121
    assert found.discordant == pytest.approx(2 * (420 - 40 + 1 - 2 * 121), abs=25)


def test_the_limit_is_where_the_rule_holds_in_95_of_100_draws():
    rng = np.random.default_rng(11)
    expected = expect(VECTOR, CELLS, fixed(420), CALLING)
    rule = limits.rule_for(CELLS, expected, 3, 1, CALLING)
    spread = limits.Spread(0.01, 0.04)
    lod = limits.limit_of_detection(0.1, rule, expected, CELLS, spread)
    share = expected.cells / expected.total
    bins = np.unique(CELLS.bin)
    n_held = 0
    mean = lod * 0.05 * expected.total
    for _ in range(4000):
        n = rng.poisson(mean * rng.gamma(1 / spread.total, spread.total))
        factors = rng.gamma(1 / spread.per_bin, spread.per_bin, bins.size)[CELLS.bin] * share
        cells = rng.choice(share.size, n, p=factors / factors.sum())
        seen = np.unique(CELLS.bin[cells])
        n_held += bool(
            n >= rule.n_fragments and seen.size >= 3 and seen[-1] - seen[0] >= rule.n_apart
            and np.unique(CELLS.element[cells]).size >= 2 and (~CELLS.is_viral[cells]).sum() >= 1
        )  # fmt: skip
    assert (
        limits.DETECTED - 0.01 <= n_held / 4000 <= limits.DETECTED + 0.02
    )  # if anything, the limit is too high


@settings(max_examples=8, deadline=None)
@given(st.integers(3, 300), st.floats(0.01, 2))
def test_limits_go_down_with_depth_and_up_with_the_blank(n, depth):
    expected = expect(VECTOR, CELLS, fixed(420), CALLING)
    spread = limits.Spread(0.01, 0.04)
    one, more = (limits.rule_for(CELLS, expected, k, 1, CALLING) for k in (n, n + 5))
    lod = limits.limit_of_detection(depth, one, expected, CELLS, spread)
    assert limits.limit_of_detection(2 * depth, one, expected, CELLS, spread) == pytest.approx(
        lod / 2, rel=1e-6
    )
    assert limits.limit_of_detection(depth, more, expected, CELLS, spread) > lod


def test_a_vector_too_short_for_the_rule_has_no_limit():
    short = MappedVector("s", "lentivirus", 5, "provirus", VECTOR.one_ltr[:800], 0, 800)
    cells = cut_cells(short, 500)
    expected = expect(short, cells, fixed(300), CALLING)
    rule = limits.rule_for(cells, expected, 3, 0, CALLING)
    assert np.isnan(limits.limit_of_detection(1.0, rule, expected, cells, limits.Spread(0.01, 0.04)))


@pytest.mark.parametrize(
    ("purity", "ploidy", "copies"),
    [
        (None, None, 0.05),
        (0.0, None, 0.05),
        (1.0, None, 0.5),
        (0.2, None, 0.1),
        (0.5, 4.0, 0.5 * 0.5 * 2 / 3),
    ],
)
def test_required_copies(purity, ploidy, copies):
    assert limits.required_copies(purity, ploidy, CALLING, 0.05) == pytest.approx(copies)


def test_one_clean_control_never_raises_the_limit_of_blank():
    alone = background.laboratory_blank([], CALLING)
    assert background.limit_of_blank(alone, CALLING.blank_alpha) <= 2
    for n in (1, 2, 3, 10):
        assert background.laboratory_blank([0.0] * n, CALLING).mean < alone.mean
    assert background.laboratory_blank([0, 0, 9], CALLING).mean > alone.mean
    assert background.laboratory_blank([0, 0, 9], CALLING).variation > 1 / 10
    # what the controls show counts, not what was assumed of clean laboratories
    assert 3 < background.laboratory_blank([5, 4, 6], CALLING).mean < 5


def test_the_limit_of_blank_is_exceeded_as_seldom_as_it_says():
    rng = np.random.default_rng(5)
    blank = background.hop_blank(8000, 0.001, CALLING)
    lob = background.limit_of_blank(blank, 0.01)
    shape = 1 / blank.variation
    seen = rng.poisson(rng.gamma(shape, blank.mean / shape, 100_000))
    assert 0.003 < (seen > lob).mean() <= 0.0115
    assert background.limit_of_blank(background.Blank(0, 0), 0.001) == 0


def test_sources_add_up_and_absent_ones_add_nothing():
    one, other = background.Blank(4.0, 0.25), background.Blank(1.0, 1.0)
    both = background.add_blanks([one, other, background.Blank(0, 9)])
    assert both.mean == 5 and both.variation * 25 == pytest.approx(4 + 1)
    assert background.plasmid_blank(0, 100, 5000, CALLING).mean == 0
    assert background.plasmid_blank(9, 500, 5000, CALLING).mean == 95


def test_hopping_is_measured_only_where_controls_can_tell():
    assert background.measured_hop_rate([], CALLING) == CALLING.hop_rate
    assert background.measured_hop_rate([(0, 500.0)], CALLING) == CALLING.hop_rate
    assert background.measured_hop_rate([(0, 1e6)], CALLING) == pytest.approx(3e-6, rel=0.01)
    assert background.measured_hop_rate([(50, 5000.0)], CALLING) > 0.01
