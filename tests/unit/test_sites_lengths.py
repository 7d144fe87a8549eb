"""Fragment lengths decide between places that align equally well, and only there."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sites_toy import At, Seen, call, fragment, library, sites_of

from integrasite.config.calling import Calling
from integrasite.sites.lengths import BIN, MIN_LENGTHS, length_density, weigh_lengths

CALLING = Calling()


def table(rows):
    names = ["molecule", "position", "breakpoint", "posterior"]
    return pd.DataFrame(rows, columns=names).astype({name: "int64" for name in names[:3]})


def sure(n=300, *, mean=250, seed=3):
    """Uniquely placed molecules with lengths around `mean`."""
    lengths = np.random.default_rng(seed).normal(mean, 60, n).clip(20, 900).astype(int)
    return [(k, 50_000 + 40 * k, 50_000 + 40 * k + int(size) - 1, 1.0) for k, size in enumerate(lengths)]


def copies(molecule, lengths, end=9_999):
    """One molecule whose linker read lies at one place and whose junction read fits several."""
    return [(molecule, end - size + 1, end, 1 / len(lengths)) for size in lengths]


def weighed(rows):
    found = weigh_lengths(table(rows), CALLING)
    return found["posterior"].tolist()


def test_the_usual_length_wins():
    lengths = [20, 240, 1010]
    found = weighed(sure() + copies(900, lengths))[-3:]
    assert found[1] > CALLING.min_place_posterior
    assert sum(found) == pytest.approx(1)


def test_two_usual_lengths_stay_undecided():
    found = weighed(sure() + copies(900, [230, 270]))[-2:]
    assert max(found) < 0.8


def test_too_few_lengths_say_nothing():
    rows = sure(MIN_LENGTHS - 1) + copies(900, [240, 1010])
    assert weighed(rows) == [row[3] for row in rows]


def test_a_better_alignment_is_not_outvoted_by_a_somewhat_better_length():
    rows = [*sure(), (900, 9_600, 9_999, 0.998), (900, 9_750, 9_999, 0.002)]  # 400 against 250 bp
    assert weighed(rows)[-2] > 0.5


def test_unknown_breakpoints_are_neither_favoured_nor_dropped():
    rows = [*sure(), (900, 9_750, 9_999, 0.5), (900, 500, -1, 0.5)]
    assert 0.1 < weighed(rows)[-1] < 0.5


@given(st.lists(st.integers(1, 2000), min_size=1, max_size=400))
@settings(max_examples=30)
def test_a_density_adds_up_to_one_and_leaves_nothing_impossible(lengths):
    density = length_density(np.array(lengths, np.int64), 2000)
    assert density.sum() * BIN == pytest.approx(1)
    assert density.min() >= 0.01 / 2025 - 1e-12


@given(
    st.lists(st.integers(15, 1900), min_size=2, max_size=6, unique=True), st.randoms(use_true_random=False)
)
@settings(max_examples=30)
def test_posteriors_still_add_up_and_order_does_not_matter(lengths, random):
    rows = sure(150) + copies(900, lengths)
    before = weigh_lengths(table(rows), CALLING)
    order = list(range(len(rows)))
    random.shuffle(order)
    after = weigh_lengths(table(rows).iloc[order], CALLING).sort_index()
    assert np.allclose(before["posterior"], after["posterior"])
    assert np.allclose(before.groupby("molecule")["posterior"].sum(), 1)


@pytest.mark.parametrize("end", ["U5", "U3"])
@pytest.mark.parametrize("forward", [True, False])
def test_a_tandem_repeat_s_right_copy_is_called(end, forward):
    """The junction read fits three copies 340 bp apart; the linker read is unique."""
    background = [
        fragment(20_000 + 100 * k, size, umi=k)
        for k, size in enumerate(
            np.random.default_rng(5).normal(250, 60, 200).clip(30, 900).astype(int).tolist()
        )
    ]
    step = 340 if forward else -340
    away = 249 if forward else -249
    spots = tuple(At(5000 + k * step, 5000 + away, forward, 0, 1 / 3) for k in (-2, -1, 0))
    seen = [*background, Seen(spots, umi=999)]
    called = call(seen, [library("s", end)])
    alone = sites_of(call(background, [library("s", end)]))
    added = set(sites_of(called)) - set(alone)
    position = {"U5": 5001, "U3": 5005 if forward else 4997}[end]
    strand = "+" if forward == (end == "U5") else "-"
    assert added == {("s", f"chr1:{position}:{strand}")}
    assert set(called.sites["placement"]) == {"unique"}


def test_lengths_of_restriction_fragments_say_nothing():
    sizes = np.random.default_rng(5).normal(250, 60, 200).clip(30, 900).astype(int).tolist()
    background = [fragment(20_000 + 100 * k, size, umi=k) for k, size in enumerate(sizes)]
    spots = tuple(At(5000 - 340 * k, 5249, True, 0, 1 / 3) for k in (2, 1, 0))
    cut = dataclasses.replace(library("s"), is_sheared=False)
    called = call([*background, Seen(spots, umi=999)], [cut])
    assert set(called.multihits["position"]) == {5001, 4661, 4321}
