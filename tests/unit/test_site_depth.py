"""Host depth from fragments at sites."""

import math

import numpy as np
import pandas as pd
import pytest

from integrasite.io.tables import empty_table
from integrasite.model.library import Library
from integrasite.model.tables import SITE_COUNTS, TUMOUR_FRAGMENTS, TUMOUR_JUNCTIONS
from integrasite.transgene.judge_study import SampleData
from integrasite.transgene.limits_expected import Shape
from integrasite.transgene.site_depth import depth_at_sites, name_depth_at_sites, with_depth_at_sites

WINDOW, INTACT = 350.0, 320.0


def counts(*rows, cluster=""):
    """Rows of (5', 3', intact) fragments."""
    table = pd.DataFrame(rows, columns=["n_junction_5", "n_junction_3", "n_intact"])
    table = table.assign(
        sample="T", contig="c", position=range(len(rows)), strand="+", vector="v", cluster=cluster,
        window_junction_5=WINDOW, window_junction_3=WINDOW, window_intact=INTACT, why_open="",
    )  # fmt: skip
    return table[list(SITE_COUNTS.columns)]


def test_copies_with_and_without_the_vector_add_up_to_one_depth():
    # 0.1 fragments per base, half of the copies with the vector
    depth, low, high = depth_at_sites(counts((17.5, 17.5, 16)))
    assert depth == pytest.approx(0.1)
    assert low < 0.1 < high


def test_a_sample_without_the_vector_has_its_depth_from_intact_fragments():
    assert depth_at_sites(counts((0, 0, 32), (0, 0, 32)))[0] == pytest.approx(0.1)


def test_nothing_counted_is_no_depth():
    for table in (counts((0, 0, 0)), counts((5, 5, 5), cluster="m-1"), counts((5, 5, 5)).iloc[:0]):
        assert all(math.isnan(value) for value in depth_at_sites(table))


def test_sites_that_scatter_widen_the_interval():
    even, odd = counts(*[(0, 0, 40)] * 4), counts((0, 0, 5), (0, 0, 75), (0, 0, 10), (0, 0, 70))
    assert depth_at_sites(even)[0] == pytest.approx(depth_at_sites(odd)[0])
    widths = [high - low for _, low, high in (depth_at_sites(even), depth_at_sites(odd))]
    assert widths[1] > 2 * widths[0]


def test_the_interval_covers_the_depth_as_often_as_it_says():
    rng = np.random.default_rng(7)
    hits, n = 0, 400
    for _ in range(n):
        with_vector = 0.03
        rows = [
            (rng.poisson(with_vector * WINDOW), rng.poisson(with_vector * WINDOW), rng.poisson(0.07 * INTACT))
            for _ in range(3)
        ]
        _, low, high = depth_at_sites(counts(*rows))
        hits += low <= 0.1 <= high
    assert hits / n >= 0.91


def judged_sample(assay="wgs", per_base=float("nan")):
    nothing = empty_table(TUMOUR_FRAGMENTS), empty_table(TUMOUR_JUNCTIONS)
    library = Library("T", "P", "P", assay=assay, vectors=("v",))
    return SampleData(library, *nothing, Shape.of({}, 150, True, 1000), fragments_per_base=(per_base,) * 3)


def test_only_a_genome_without_reads_at_control_loci_takes_its_depth_from_sites():
    at_sites = counts((0, 0, 32))
    found = with_depth_at_sites(judged_sample(), at_sites)
    assert found.fragments_per_base[0] == pytest.approx(0.1)
    assert found.depth == pytest.approx(30)
    for sample, table in (
        (judged_sample(per_base=0.01), at_sites),
        (judged_sample("capture"), at_sites),
        (judged_sample("rna"), at_sites),
        (judged_sample(), counts((0, 0, 0))),
    ):
        assert with_depth_at_sites(sample, table) is sample


def test_the_verdict_says_where_its_depth_comes_from():
    judged = pd.DataFrame({"sample": ["T", "U", "V"], "reason": "r", "findings": ["", "", "plasmid"]})
    named = name_depth_at_sites(judged, ["T", "V"])
    assert named["findings"].tolist() == ["depth-at-sites", "", "plasmid,depth-at-sites"]
    assert named["reason"].str.contains("part of a genome").tolist() == [True, False, True]
