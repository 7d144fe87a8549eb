"""Sites at the same base of near-identical copies: one site, unless reads show both ends of each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from junction_toy import Truth, call, passing, row

from integrasite.kernels.codes import decode, encode, reverse_complement

COPY, OTHER, TURNED = 10_000, 20_000, 30_000
UNIT = 2_000


def host(differences: int = 2, seed: int = 1, like: int = 0):
    """A host with a copy at `COPY` and others at `OTHER` and, turned, at `TURNED`, with `differences` per 100 bp.

    `like`: bases behind the middle that differ in one base only.
    """
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, 60_000).astype(np.uint8)
    unit = codes[COPY - UNIT : COPY + UNIT].copy()
    changed = unit.copy()
    for start in range(0, unit.size, 100):
        at = start + rng.choice(100, differences, replace=False)
        changed[at] = (changed[at] + 1) % 4
    if like:
        changed[UNIT : UNIT + like] = unit[UNIT : UNIT + like]
        changed[UNIT + like // 2] = (changed[UNIT + like // 2] + 1) % 4
    codes[OTHER - UNIT : OTHER + UNIT] = changed
    codes[TURNED - UNIT : TURNED + UNIT] = reverse_complement(changed)
    text = decode(encode(decode(codes)))

    def bases(contig: str, start: int, end: int) -> str:
        return "".join(text[i] if 0 <= i < len(text) else "N" for i in range(start, end))

    return bases


def rows_of(truth: Truth, side: int, n: int, first: int):
    return [row(truth, side, fragment=first + i) for i in range(n)]


def at(position: int, strand: int = 1, shift: int = 0) -> Truth:
    """The site at the base `shift` behind the middle of a copy."""
    if position == TURNED:
        return Truth(position=TURNED - 1 - shift, strand=-strand)
    return Truth(position=position + shift, strand=strand)


@pytest.mark.parametrize("strand", [1, -1])
@pytest.mark.parametrize("side", [5, 3])
@pytest.mark.parametrize("other", [OTHER, TURNED])
def test_few_fragments_on_a_copy_belong_to_the_site(strand, side, other):
    true = at(COPY, strand)
    rows = rows_of(true, 5, 6, 0) + rows_of(true, 3, 6, 10) + rows_of(at(other, strand), side, 2, 20)
    apart = passing(call(rows))
    found = passing(call(rows, bases=host()))
    assert len(apart) == 2, "without the host's bases they look like two sites"
    assert found["site_id"].tolist() == [f"chr1:{COPY + 1}:{'+' if strand > 0 else '-'}"]
    assert found["placement"].tolist() == ["unique"]
    assert found[f"n_split_{side}"].tolist() == [8] and found["n_fragments"].tolist() == [14]


def test_ends_that_were_placed_on_two_copies_are_one_site_with_two_places():
    rows = rows_of(at(COPY), 5, 3, 0) + rows_of(at(OTHER), 3, 3, 10)
    called = call(rows, bases=host())
    found = passing(called)
    assert found["placement"].tolist() == ["multihit"] and found["n_fragments"].tolist() == [6]
    assert found["ends"].tolist() == ["U3,U5"] and found["tsd_length"].tolist() == [5]
    assert sorted(called.multihits["position"]) == [COPY + 1, OTHER + 1]
    assert called.multihits["weight"].tolist() == [0.5, 0.5]
    assert set(called.multihits["cluster"]) == set(found["cluster"])


def test_single_fragments_on_two_copies_are_found_together():
    found = passing(call([row(at(COPY), 3, fragment=0), row(at(OTHER), 3, fragment=1)], bases=host()))
    assert found["n_fragments"].tolist() == [2] and found["tier"].tolist() == ["B"]


@pytest.mark.parametrize(
    ("second", "differences"),
    [
        (at(OTHER, shift=20), 2),  # another base of the copy
        (at(OTHER, -1), 2),  # the other orientation
        (at(OTHER), 12),  # too unlike to be taken for each other
        (at(COPY, shift=171), 2),  # no copy at all
    ],
)
def test_other_sites_stay(second, differences):
    true = at(COPY)
    rows = rows_of(true, 5, 6, 0) + rows_of(true, 3, 6, 10) + rows_of(second, 3, 2, 20)
    assert len(passing(call(rows, bases=host(differences)))) == 2


@pytest.mark.parametrize("places", [(OTHER, TURNED), (OTHER,)])
@pytest.mark.parametrize(("shown", "n_sites"), [((39, 19), 1), ((22, 19), 1), ((39, 90), 2)])
def test_short_reads_that_fit_other_copies_belong_to_the_site_that_they_fit_but_for_a_base(
    shown, n_sites, places
):
    """A base of the patient that the reference lacks takes short reads to all copies that have it; long ones tell them apart."""
    rows = rows_of(at(COPY), 5, 3, 0) + rows_of(at(COPY), 3, 3, 10)
    for fragment, anchor in enumerate(shown, 20):
        more = {"weight": 1 / len(places), "n_places": len(places), "host_anchor": anchor}
        rows += [row(at(place), 3, fragment=fragment, **more) for place in places]
    assert len(passing(call(rows))) == 2
    found = passing(call(rows, bases=host(12, like=min(max(shown) + 1, 40))))
    assert len(found) == n_sites and found["n_fragments"].max() == (8 if n_sites == 1 else 6)


def test_a_site_in_a_copy_that_reads_show_at_both_ends_stays():
    rows = [
        r
        for n, place in enumerate((COPY, OTHER))
        for side in (5, 3)
        for r in rows_of(at(place), side, 6 - 4 * n, 100 * n + 10 * side)
    ]
    found = passing(call(rows, bases=host()))
    assert found["position"].tolist() == [COPY + 1, OTHER + 1] and set(found["placement"]) == {"unique"}


@given(seed=st.integers(0, 2**16), n=st.integers(1, 4), order=st.randoms(use_true_random=False))
@settings(max_examples=8, deadline=None)
def test_no_fragment_is_lost_whatever_the_order(seed, n, order):
    host_of = host(seed=seed)
    rows = rows_of(at(COPY), 3, 4, 0) + rows_of(at(OTHER), 5, n, 10) + rows_of(at(TURNED), 3, 2, 20)
    first = call(rows, bases=host_of)
    shuffled = list(rows)
    order.shuffle(shuffled)
    again = call(shuffled, bases=host_of)
    assert first.sites.equals(again.sites) and first.multihits.equals(again.multihits)
    assert first.sites["n_fragments"].sum() == 6 + n and len(first.sites) == 1


def test_a_pair_spans_the_site_that_has_fragments_of_its_own_rather_than_a_place_of_a_repeat():
    """Ten places share three fragments: 0.3 at each, though three rows stand there."""
    others = tuple(("chr2", 1_000 * n, 1) for n in range(1, 10))
    repeat = Truth(position=COPY - 180)
    rows = [row(at(COPY), 3, fragment=0)]
    rows.append(
        row(at(COPY), 3, fragment=1, kind="discordant", vector_position=50, reach=250, host_position=COPY + 5)
    )
    for fragment in (10, 11, 12):
        for contig, position, strand in (("chr1", repeat.position, 1), *others):
            place = Truth(contig, position, strand)
            rows.append(row(place, 3, fragment=fragment, weight=0.1, n_places=10))
    found = passing(call(rows))
    assert found.loc[found["placement"] == "unique", "site_id"].tolist() == [f"chr1:{COPY + 1}:+"]
