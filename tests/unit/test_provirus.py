"""What of a vector integrates."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrasite.errors import ConfigError
from integrasite.kernels.codes import decode, encode, reverse_complement
from integrasite.transgene.provirus import ltr_length, one_ltr, primer_site_start, provirus_of

HIV = ("TGGAAGGGCTAATTCACTCC", "GTGGCGCCCGAACAGGGAC", "AAAAGAAAAGGGGGGAC")
MLV = ("TGAAAGACCCCACCTGTAGG", "TTTGGGGGCTCGTCCGGGAT", "AGAAAAAGGGGGGAA")


def draw(rng: np.random.Generator, length: int) -> str:
    return decode(rng.integers(0, 4, length).astype(np.uint8))


def turned(text: str) -> str:
    return decode(reverse_complement(encode(text)))


def make(seed: int, family: tuple[str, str, str] = HIV, ltr: int = 234) -> tuple[str, int]:
    """A provirus and where its R begins."""
    rng = np.random.default_rng(seed)
    u3, primer, tract = family
    end = u3 + draw(rng, ltr - len(u3) - 2) + "CA"
    return end + primer + draw(rng, 2000) + tract + end, 60


def plasmid(
    seed: int, family: tuple[str, str, str] = HIV, lost_u5: int = 0, full: bool = False
) -> tuple[str, str]:
    """A provirus and a plasmid of it: a foreign promoter (or the whole LTR) in front, U5 of the last LTR cut."""
    provirus, r = make(seed, family)
    backbone = draw(np.random.default_rng(seed + 1), 1800)
    return provirus, backbone + provirus[0 if full else r : len(provirus) - lost_u5]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    turn=st.integers(0, 4500),
    family=st.sampled_from([HIV, MLV]),
    lost=st.sampled_from([0, 70]),
    full=st.booleans(),
    other_strand=st.booleans(),
)
def test_a_plasmid_gives_its_provirus_from_any_base_on_any_strand(
    seed: int, turn: int, family: tuple[str, str, str], lost: int, full: bool, other_strand: bool
):
    provirus, text = plasmid(seed, family, lost, full)
    text = text[turn % len(text) :] + text[: turn % len(text)]
    text = turned(text) if other_strand else text
    found = provirus_of(text, "plasmid")
    assert decode(found.codes) == provirus
    assert (found.ltr_length, found.is_turned, found.problem) == (234, other_strand, "")
    assert found.has_primer_site
    assert found.has_purine_tract
    assert 1790 <= found.backbone.size <= 1800  # where the plasmid stops being LTR, chance adds bases
    own = encode(text)[found.places]
    assert decode(own if not other_strand else 3 - own) == provirus
    assert decode(one_ltr(found)) == provirus[:-234]


def test_mismatches_in_primer_site_and_u3_do_not_hide_a_provirus():
    provirus, text = plasmid(5)
    text = text.replace("TGGCGCCCGAACAGGGAC", "TGGCGCCTGAACAGGGAT").replace(
        "TGGAAGGGCTAATTCACTCC", "TGGAAGGGTTAATTTACTCC"
    )
    found = provirus_of(text, "plasmid")
    assert found.codes.size == len(provirus)
    assert decode(found.codes).startswith("TGGAAGGGTTAATTTACTCC")


def test_a_whole_first_ltr_that_differs_in_a_base_is_no_backbone():
    provirus, text = plasmid(8, full=True)
    at = 1800 + 30  # in U3 of the first LTR, before the longest shared stretch
    text = text[:at] + ("A" if text[at] != "A" else "C") + text[at + 1 :]
    found = provirus_of(text, "plasmid")
    assert decode(found.codes) == provirus  # U3 is that of the last LTR
    assert found.backbone.size == 1800


def test_a_plasmid_without_ends_is_refused_with_a_way_out():
    with pytest.raises(ConfigError, match="form: provirus"):
        provirus_of(draw(np.random.default_rng(1), 5000), "plasmid")


def test_ltrs_that_differ_in_a_few_bases_are_one():
    provirus, _ = make(3)
    changed = provirus[:100] + ("A" if provirus[100] != "A" else "C") + provirus[101:]
    assert ltr_length(encode(changed)) == 234
    assert provirus_of(changed, "provirus").ltr_length == 234
    assert ltr_length(encode(provirus[300:])) == 0


def test_a_provirus_on_the_other_strand_is_turned():
    provirus, _ = make(4)
    found = provirus_of(turned(provirus), "provirus")
    assert decode(found.codes) == provirus
    assert found.is_turned
    assert found.places[0] == len(provirus) - 1


def test_flanks_and_forgotten_backbones_are_left_out_and_said():
    provirus, _ = make(5)
    rng = np.random.default_rng(9)
    found = provirus_of(draw(rng, 300) + provirus + draw(rng, 500), "provirus")
    assert decode(found.codes) == provirus
    assert found.problem.startswith("800 bases")
    assert "form: plasmid" in found.problem


def test_a_reading_frame_is_taken_as_a_part_and_said():
    text = "ATG" + draw(np.random.default_rng(7), 1500)
    found = provirus_of(text, "provirus")
    assert (found.ltr_length, decode(found.codes), found.backbone.size) == (0, text, 0)
    assert "part of a vector" in found.problem
    assert decode(one_ltr(found)) == text


def test_what_a_provirus_lacks_is_said():
    provirus, _ = make(6)
    broken = provirus.replace("TGGCGCCCGAACAGGGAC", "ATGCATTCTACGTCTCTC").replace(
        "AAAAGAAAAGGGGGGAC", "ACTCTCATCTCATCTCTTCTC"
    )
    found = provirus_of(broken, "provirus")
    assert (
        found.problem == "no primer-binding site behind the first and no polypurine tract before the last LTR"
    )
    assert primer_site_start(found.codes, 234) == -1
    assert primer_site_start(provirus_of(provirus, "provirus").codes, 234) == 235


@pytest.mark.parametrize(
    ("kind", "end", "target"),
    [("piggybac", "CCCTAGAAAGATA", "TTAA"), ("sleeping-beauty", "CAGTTGAAGTCGGAAGTTTACATAC", "TA")],
)
def test_a_transposon_runs_from_repeat_to_repeat_and_the_target_stays_outside(
    kind: str, end: str, target: str
):
    rng = np.random.default_rng(2)
    inside = end + draw(rng, 1500) + turned(end)
    text = target + inside + target + draw(rng, 2000)
    for turn in (0, 3, 1000, 1530, 3000):
        found = provirus_of(text[turn:] + text[:turn], "plasmid", kind)
        assert decode(found.codes) == inside
        assert (found.ltr_length, found.backbone.size) == (0, len(text) - len(inside))
    given_alone = provirus_of(inside, "provirus", kind)
    assert (decode(given_alone.codes), given_alone.problem) == (inside, "")
    flanked = provirus_of(target + inside + target, "provirus", kind)
    assert decode(flanked.codes) == inside
    with pytest.raises(ConfigError, match="outer repeats"):
        provirus_of(draw(rng, 3000), "plasmid", kind)
    assert "outer repeats" in provirus_of(draw(rng, 3000), "provirus", kind).problem
