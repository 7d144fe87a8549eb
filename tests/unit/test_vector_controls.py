"""Control windows of the host."""

import itertools

import numpy as np
import pandas as pd
import pytest

from integrasite.kernels.codes import decode, encode, reverse_complement
from integrasite.transgene.controls import (
    LEAST_GC,
    MOST_GC,
    choose_controls,
    control_candidates,
    control_contigs,
)
from integrasite.transgene.host_like import scan_host
from integrasite.transgene.vector_map import Control, HostLike

NOWHERE = pd.DataFrame({"contig": [], "start": [], "end": []})


def draw(seed: int, length: int, gc: float = 0.45) -> str:
    at = (1 - gc) / 2
    return decode(np.random.default_rng(seed).choice(4, length, p=[at, gc / 2, gc / 2, at]).astype(np.uint8))


def choose(
    host: dict[str, str], n: int = 20, length: int = 500, excluded=NOWHERE, host_like=()
) -> list[Control]:
    def letters(contig: str, start: int, end: int) -> np.ndarray:
        return np.frombuffer(host[contig][start:end].encode(), np.uint8)

    sizes = {name: len(text) for name, text in host.items()}
    candidates = control_candidates(letters, sizes, excluded, n_controls=n, length=length)
    scan = scan_host(letters, sizes, {}, [c.codes for c in candidates], min_bp=24)
    return list(choose_controls(candidates, scan, host_like, n))


def test_windows_are_spread_over_all_contigs_in_order_and_do_not_overlap():
    found = choose({"c1": draw(1, 150_000), "c2": draw(2, 50_000)})
    assert len(found) == 20
    assert sum(c.contig == "c1" for c in found) == pytest.approx(15, abs=2)
    assert found == sorted(found, key=lambda c: (c.contig, c.start))
    assert found == choose({"c1": draw(1, 150_000), "c2": draw(2, 50_000)})
    for one, other in itertools.pairwise(found):
        assert one.contig != other.contig or one.end <= other.start
    assert {c.end - c.start for c in found} == {500}


def test_no_window_has_unknown_bases_odd_composition_or_stands_twice():
    plain = draw(3, 60_000)
    double = draw(4, 30_000)
    host = {
        "c1": plain + "N" * 20_000 + draw(5, 40_000, gc=0.7) + double,
        "c2": decode(reverse_complement(encode(double))) + draw(6, 60_000),
    }
    found = choose(host)
    assert len(found) == 20  # the rest comes from what is left of the other slots
    for control in found:
        text = host[control.contig][control.start : control.end]
        assert "N" not in text
        assert LEAST_GC <= sum(base in "GC" for base in text) / 500 <= MOST_GC
    assert all(c.start < 60_000 if c.contig == "c1" else c.start >= 29_970 for c in found)


def test_a_single_shared_word_is_enough_to_leave_a_window_out():
    host = {"c1": draw(7, 100_000)}
    before = choose(host, n=10)
    target = before[4]
    shared = host["c1"][target.start + 200 : target.start + 231]
    host["c2"] = draw(8, 900) + shared + draw(9, 69)
    assert target not in choose(host, n=10)
    other = "A" if shared[-1] != "A" else "C"
    before_it = host["c1"][target.start + 199]
    host["c2"] = draw(8, 900) + ("A" if before_it != "A" else "C") + shared[:30] + other + draw(9, 69)
    assert target in choose(host, n=10)


def test_masked_blacklisted_and_host_like_windows_are_left_out():
    host = {"c1": draw(10, 60_000) + draw(11, 60_000).lower() + draw(12, 60_000)}
    excluded = pd.DataFrame({"contig": ["c1"], "start": [20_000], "end": [60_000]})
    stretch = HostLike(0, 30, "c1", 0, 10_000, "+", 1.0)
    for control in choose(host, excluded=excluded, host_like=[stretch]):
        assert control.start >= 119_750 or 10_000 <= control.start < 20_000
    little = draw(13, 400).lower()
    assert choose({"c1": host["c1"] + little})  # a masked repeat here and there is no reason


def test_sex_chromosomes_and_pieces_are_left_out_where_others_are_there():
    sizes = dict.fromkeys(
        ("chr1", "chr2", "chrX", "chrY", "chrM", "X", "MT", "NC_000023.11", "chr4_GL000_alt"), 10**6
    )
    sizes |= {
        "chrUn_1": 10**6,
        "chr1_KI27_random": 10**6,
        "KI270728.1": 5000,
        "chr3_160530991": 10**5,
        "chrX_500": 10**5,
    }
    assert set(control_contigs(sizes)) == {"chr1", "chr2", "chr3_160530991"}
    assert control_contigs({"chrX": 10**6}) == {"chrX": 10**6}
    assert control_contigs({}) == {}


def test_a_host_too_small_for_all_windows_gives_fewer():
    found = choose({"c1": draw(14, 9000)}, n=50)
    assert 5 < len(found) < 14
    assert choose({"c1": draw(15, 700)}) == []
