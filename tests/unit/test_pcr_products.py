"""Fragments that a library holds far more copies of than of others: products of a PCR, and what only looks like them."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "tumour"))

import verdict_tables as toy

from integrasite.config.calling import Calling
from integrasite.transgene.pcr_products import find_products, library_copies

CALLING = Calling()


def table(copies, kind="vector", start=None, end=None) -> pd.DataFrame:
    n = len(copies)
    return pd.DataFrame(
        {
            "fragment": range(n), "n_copies": copies, "kind": kind, "vector": "car",
            "vector_start": np.arange(n) * 10 if start is None else start,
            "vector_end": np.arange(n) * 10 + 300 if end is None else end,
        }
    )  # fmt: skip


def products(copies, mean, assay="wgs", **more):
    return find_products(table(copies, **more), mean, assay, CALLING)


def test_one_fragment_of_many_read_pairs_is_named_and_no_evidence():
    sample = toy.Drawn(toy.toy_vector(), np.random.default_rng(1))
    sample.add(3200, 900, within=(3200, 4100))
    sample.rows[0]["n_copies"] = 131
    found = toy.verdict_of([sample.data(toy.library(), toy.PER_BASE, copies=1.08)]).iloc[0]
    assert (found["verdict"], found["findings"], found["n_fragments"]) == ("NEGATIVE", "amplicon", 0)
    assert "131 read pairs of one fragment: a PCR product" in found["reason"]
    assert "bases 3201 to 4100" in found["reason"]


def test_products_beside_integrated_copies_leave_them_positive():
    sample = toy.Drawn(toy.toy_vector(), np.random.default_rng(2)).integrated(toy.PER_BASE, 0.5, 20)
    n = len(sample.rows)
    sample.add(3200, 700, within=(3200, 3900))
    sample.rows[-1]["n_copies"] = 4000
    found = toy.verdict_of([sample.data(toy.library(), toy.PER_BASE, copies=1.1)]).iloc[0]
    assert (found["verdict"], found["findings"]) == ("POSITIVE", "amplicon")
    assert found["n_fragments"] <= n


@pytest.mark.parametrize("mean", [1.05, 2.0, 6.0, 30.0])
@pytest.mark.parametrize("shape", [1.0, 3.0])
def test_amplification_of_a_library_makes_no_product(mean, shape):
    rng = np.random.default_rng(int(mean * 100))
    copies = 1 + rng.poisson(rng.gamma(shape, (mean - 1) / shape, 20_000))
    sample = table(copies)
    for assay in ("wgs", "capture"):
        told = library_copies(sample, float("nan"), assay)
        assert told == pytest.approx(mean, rel=0.05)
        assert not find_products(sample, told, assay, CALLING).is_product.any()


def test_depth_at_which_molecules_share_ends_makes_no_product():
    copies = np.random.default_rng(3).poisson(40, 5000) + 1
    told = library_copies(pd.concat([table(copies), table([1] * 500, kind="host")]), 1.1, "wgs")
    assert told > 30 and not products(copies, told).is_product.any()


def test_a_handful_of_products_does_not_pass_for_the_library():
    rows = pd.concat([table([500] * 12), table([1] * 30, kind="host")])
    assert library_copies(rows, 1.1, "wgs") == pytest.approx(1.1)
    assert products([500] * 12, 1.1).is_product.all()


def test_pieces_share_an_end_with_a_product_and_junctions_at_the_vectors_end_do_not_count_as_such():
    found = products([900, 1, 1, 1], 1.1, start=[3200, 3201, 3400, 3300], end=[4100, 3500, 4099, 3700])
    assert found.is_product.tolist() == [True, False, False, False]
    assert found.is_piece.tolist() == [True, True, True, False]
    junctions = products([900, 1, 1], 1.1, kind="junction", start=[0, 0, 0], end=[200, 220, 260])
    assert junctions.is_piece.tolist() == [True, False, False]


def test_nothing_is_told_where_the_library_is_not_known():
    assert np.isnan(library_copies(table([500]), float("nan"), "wgs"))
    assert np.isnan(library_copies(table([500]), 1.1, "capture"))  # on target, few fragments tell nothing
    assert not products([500], float("nan")).is_product.any()
    assert not products([500], 1.1, assay="rna").is_product.any()
    assert not products([], 1.1).is_product.size
