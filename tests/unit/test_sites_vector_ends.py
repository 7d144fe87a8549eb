"""Junctions whose last vector bases are the host's own: truncated vector ends and misprimed molecules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sites_toy import call, fragment, library, shared

from integrasite.io.windows import open_windows
from integrasite.junctions.evidence import LibraryJunction
from integrasite.kernels import reference
from integrasite.model.fates import Fate
from integrasite.model.sites import VectorEnd
from integrasite.sites.vector_ends import END_BASES, upstream_bases

PRIMER, LTR = "GAAAATC", "TCTAGCA"
U5 = LibraryJunction("s", "v", VectorEnd.U5, 5, PRIMER, LTR)
U3 = LibraryJunction("s", "v", VectorEnd.U3, 5, PRIMER, LTR)
AT = 5000


def genome(upstream: str, *, at: int = AT, forward: bool = True, seed: int = 1):
    """A random contig with these host bases just before the junction read's first base."""
    rng = np.random.default_rng(seed)
    bases = "".join(rng.choice(list("ACGT"), 10_000))
    if forward:
        bases = bases[: at - len(upstream)] + upstream + bases[at:]
    else:
        turned = reference.reverse_complement(upstream)
        bases = bases[: at + 1] + turned + bases[at + 1 + len(turned) :]
    return lambda contig, start, end: "".join(
        bases[k] if contig == "chr1" and 0 <= k < len(bases) else "N" for k in range(start, end)
    )


def change(read_end: str, vector: str = PRIMER + LTR) -> int:
    """What the reads stage notes of a read that begins with these bases."""
    return reference.end_change(read_end, vector)


def seen(read_end: str, n: int = 1, *, at: int = AT, forward: bool = True, n_reads: int = 6):
    """Molecules at one place that begin with these bases."""
    return [
        fragment(at, 60 + 9 * k, forward=forward, umi=4**k, n_reads=n_reads, end_change=change(read_end))
        for k in range(n)
    ]


def statuses(molecules, bases, end=U5, **settings):
    called = call(molecules, [end], bases=bases, **settings)
    return called.sites["status"].tolist()


COMPLETE = PRIMER + LTR


@pytest.mark.parametrize(
    ("upstream", "read_end", "status"),
    [
        ("TTACG", "GAAAATCTCTAGCA", "pass"),  # complete, host differs
        ("TTGCA", "GAAAATCTCTAGCA", "pass"),  # complete; that the host ends alike is chance
        ("TTACA", "GAAAATCTCTAACA", "artefact"),  # the LTR ends before ACA
        ("TTCCA", "GAAAATCTCTACCA", "artefact"),
        ("TCCCA", "GAAAATCTCTACCA", "artefact"),
        ("TTACA", "GAAAATCTCTACCA", "pass"),  # another base than the host's: an error
        ("TTACG", "GAAAATCTCTAACA", "pass"),  # the host cannot have given the CA
        ("GGTACCA", "GAAAATCTCGAGCA", "pass"),  # the changed base is the host's, the bases behind it are not
        ("CAGTGTATTTAGCA", "GAAAATCTTTAGCA", "artefact"),  # all seven from the host, one unlike: misprimed
        ("GAAAATCTCTAGCA", "GAAAATCTCTAGCA", "artefact"),  # the primer's own sequence stands in the host
        ("GTAAATCTCTAGCA", "GAAAATCTCTAGCA", "artefact"),
        ("GTTTTCGTCTAGCA", "GAAAATCTCTAGCA", "pass"),  # seven bases by chance
    ],
)
@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("end", [U5, U3])
def test_what_the_host_explains_is_an_artefact(upstream, read_end, status, forward, end):
    bases = genome(upstream, forward=forward)
    assert statuses(seen(read_end, forward=forward), bases, end) == [status]


def test_the_reason_and_the_ledger_say_so():
    called = call(seen("GAAAATCTCTAACA", 2), [U5], bases=genome("TTACA"))
    assert set(called.fragments["status"]) == {"artefact"}
    assert called.sites["reason"].tolist() == [
        "the last 3 bases before the junction are the host's own: a truncated vector end, or the primer bound to host DNA"
    ]
    assert [Fate(fate) for fate in called.fates["fate"]] == [Fate.SITE_NOT_PASSED]


def test_several_fragments_of_a_truncated_end_are_one_too():
    assert statuses(seen("GAAAATCTCTAACA", 9), genome("TTACA")) == ["artefact"]


def test_one_misread_molecule_among_complete_ones_changes_nothing():
    molecules = seen("GAAAATCTCTAACA") + [
        fragment(AT, 200 + 9 * k, umi=3 * 4**k, n_reads=5) for k in range(3)
    ]
    assert statuses(molecules, genome("TTACA")) == ["pass"]


def test_without_the_reference_or_the_sheet_s_end_nothing_is_judged():
    molecules = seen("GAAAATCTCTAACA")
    assert statuses(molecules, None) == ["pass"]
    assert statuses(molecules, genome("TTACA"), library()) == ["pass"]


def test_a_vector_that_differs_from_the_sheet_is_no_artefact():
    """All sites show ACA in place of GCA; a quarter of their hosts has the same base by chance."""
    molecules = [
        fragment(100 + 30 * k, 100, umi=k, n_reads=6, end_change=change("GAAAATCTCTAACA")) for k in range(300)
    ]
    called = call(molecules, [U5], bases=genome(""))
    hosts = [genome("")("chr1", 97 + 30 * k, 100 + 30 * k) for k in range(300)]
    assert hosts.count("ACA") >= 2
    assert set(called.sites["status"]) == {"pass"}


def test_a_repeat_s_best_place_is_judged():
    molecule = shared([(0, AT), (1, 700)], 100, n_reads=6, end_change=change("GAAAATCTCTAACA"))
    assert statuses([molecule], genome("TTACA")) == ["artefact"]


@settings(max_examples=40, deadline=None)
@given(
    upstream=st.text("ACGT", min_size=20, max_size=20).filter(lambda text: text[-2:] != "CA"),
    errors=st.lists(st.tuples(st.integers(0, 11), st.sampled_from("ACGT")), max_size=2),
    n_reads=st.integers(1, 5),
)
def test_a_host_that_does_not_end_in_ca_never_makes_an_artefact(upstream, errors, n_reads):
    read_end = list(COMPLETE)
    for at, base in errors:
        read_end[at] = base
    molecules = seen("".join(read_end), n_reads=n_reads)
    assert statuses(molecules, genome(upstream)) == ["pass"]


@pytest.mark.parametrize("end", [U5, U3])
def test_upstream_bases_mirror(end):
    rng = np.random.default_rng(5)
    text = "".join(rng.choice(list("ACGT"), 200))
    turned = reference.reverse_complement(text)

    def window(bases):
        return lambda contig, start, stop: bases[start:stop]

    one = upstream_bases(("chr1", 90, True), end, window(text))
    other = upstream_bases(("chr1", 109, False), end, window(turned))
    assert one.tolist() == other.tolist()
    assert len(one) == END_BASES


def test_upstream_bases_by_hand():
    text = "AACCGGTTACGT" + "GATTACA" + "CCCCCC"

    def bases(contig, start, stop):
        return text[start:stop]

    at_u5 = ("chr1", 12, True)  # the read begins with GATTACA
    assert "".join("ACGT"[code] for code in upstream_bases(at_u5, U5, bases, 4)) == "TGCA"  # nearest first
    # U3: the read's first host base is 16 and the read runs to the left: before it lie 17, 18, 19, complemented
    at_u3 = ("chr1", 12, True)
    assert "".join("ACGT"[code] for code in upstream_bases(at_u3, U3, bases, 3)) == "GTG"


def test_windows_of_a_fasta(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(">a x\nACGTa\ncgt\n>b\nGG\n", encoding="ascii")
    for _ in range(2):
        with open_windows(path) as bases:
            assert [bases("a", 3, 7), bases("a", -2, 2), bases("a", 6, 10), bases("b", -3, -1), bases("b", 9, 11)] == [
                "TACG", "NNAC", "GTNN", "NN", "NN",
            ]  # fmt: skip
    assert (tmp_path / "genome.fa.fai").exists()
