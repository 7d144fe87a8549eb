"""The part of a vector that tells products apart: named where it is lacking, whatever the reason, and not where it is there."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "tumour"))

import verdict_tables as toy

from integrasite.model.vector_map import Element, VectorMap
from integrasite.transgene.binder import binder_of
from integrasite.transgene.products import TagHit, product_of

BINDER = (3240, 3966)


def without(sample: toy.Drawn, low: int, high: int) -> toy.Drawn:
    """The sample without fragments whose reads show 20 bases of a stretch."""
    kept = []
    for row in sample.rows:
        start, end = int(row["vector_start"]), int(row["vector_end"])
        spans = [(start, start + toy.READ), (end - toy.READ, end)] if end - start > 300 else [(start, end)]
        if sum(max(min(b, high) - max(a, low), 0) for a, b in spans) < 20:
            kept.append(row)
    numbers = {row["fragment"] for row in kept}
    sample.rows = kept
    sample.junctions = [row for row in sample.junctions if row["fragment"] in numbers]
    return sample


def drawn(seed: int, copies: float = 1.0) -> toy.Drawn:
    return toy.Drawn(toy.toy_vector(), np.random.default_rng(seed)).integrated(
        toy.PER_BASE, copies, 20, variation=0.2
    )


def judged(sample: toy.Drawn, **more: object):
    vectors = VectorMap((replace(toy.toy_vector(), product="cilta-cel"),))
    given = toy.library(**more)
    return toy.verdict_of([sample.data(given, toy.PER_BASE)], vectors).iloc[0]


@pytest.mark.parametrize("seed", range(8))
def test_a_whole_vector_is_as_given(seed):
    found = judged(drawn(seed, copies=(0.05, 0.3, 1.0, 3.0)[seed % 4]))
    assert "other-product" not in found["findings"] and "not as given" not in found["reason"]


def test_a_lacking_binder_is_named_with_both_readings():
    found = judged(without(drawn(1), *BINDER))
    assert (found["verdict"], found["findings"]) == ("INDETERMINATE", "other-product")
    assert "nothing of VHH1, VHH2, where" in found["reason"]
    assert "another product with the same backbone, or copies that have lost this part?" in found["reason"]


def test_a_stray_fragment_of_the_binder_does_not_hide_that_it_lacks():
    sample = without(drawn(2), *BINDER)
    sample.add(3300, 400)
    assert "only 1 fragments of VHH1" in judged(sample)["reason"]


def test_reads_that_join_both_sides_show_that_the_copies_have_lost_it():
    sample = without(drawn(3), *BINDER)
    for at in range(3):
        number = 10**6 + at
        sample.rows.append(
            {
                **sample.rows[0], "fragment": number, "name": f"j{at}", "kind": "rearranged", "vector_start": 3100 + at,
                "vector_end": 4000 + at, "midpoint": 3500, "joins": "3239-:3966+", "n_specific": 100, "host_contig": None,
            }
        )  # fmt: skip
    found = judged(sample)
    assert found["verdict"] == "POSITIVE" and "the copies have lost it" in found["reason"]


@pytest.mark.parametrize("lost", [(3240, 5459), (234, 3966)])
def test_a_truncated_vector_lacks_its_binder_for_another_reason(lost):
    assert "other-product" not in judged(without(drawn(4), *lost))["findings"]


def test_few_fragments_say_nothing_of_a_binder():
    assert "other-product" not in judged(without(drawn(5, copies=0.05), *BINDER))["findings"]


def test_a_panel_may_have_no_baits_for_the_binder():
    found = judged(without(drawn(6), *BINDER), assay="capture")
    assert found["verdict"] == "POSITIVE" and "a panel without baits for it" in found["reason"]


def test_transcripts_need_not_hold_it():
    assert "other-product" not in judged(without(drawn(6), *BINDER), assay="rna")["findings"]


def test_binders_by_name_and_none_where_nothing_is_named():
    vector = toy.toy_vector()
    own = np.flatnonzero(binder_of(vector))
    assert (own[0], own[-1] + 1) == BINDER
    named = replace(vector, elements=(Element("anti-GPRC5D scFv (my own)", 3300, 3400),))
    assert int(binder_of(named).sum()) == 100
    assert not binder_of(replace(vector, elements=())).any()
    assert not binder_of(
        replace(vector, elements=(Element("VHH1", 2000, 2500),))
    ).any()  # the host has it too


def test_one_tag_in_many_reads_names_a_product():
    hits = [TagHit("tisa-cel", "FMC63|CD8a hinge", at, at + 90, "+") for at in range(6)]
    assert product_of(hits) == "tisa-cel"
    assert product_of(hits[:5]) == ""
