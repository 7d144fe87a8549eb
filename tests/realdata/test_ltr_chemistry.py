"""Real HIV LTR reads: what the classes must come to, beside what exact and tolerant matching by other means counts."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import dnaio
import numpy as np
import pytest

from integrasite.config.calling import Calling
from integrasite.config.settings import Protocol
from integrasite.io.fastq import read_batches
from integrasite.io.sequences import read_vector
from integrasite.kernels.classify import classify_pairs
from integrasite.kernels.codes import encode
from integrasite.model.fates import Fate
from integrasite.reads.patterns import LibraryReads, limits_of, make_patterns

REALDATA = Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared" / "realdata"))
FOLDER = REALDATA / "amplicon" / "ltr_chemistry"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the real reads are not on this machine"),
]
LINKER = "N" * 12 + "CTCCGCTTAAGGGACT"
U5 = "TGTGACTCTGGTAACTAGAGATCCCTCAGACCCTTTTAGTCAGTGTGGAAAATCTCTAGCA"
U3 = "AGATCCACAGATCAAGGATATCTTGTCTTCTTTGGGAGTGAATTAGCCCTTCCA"
ENDS = {"no_insert", "internal_vector", "two_ltr_circle", "too_short", "usable"}
"""Fates of reads whose LTR end was found."""


@dataclass(frozen=True)
class Reads:
    """One file: its reads, their fates, and where the LTR was found to end (0: not found)."""

    bases: list[str]
    fates: list[str]
    ends: list[int]

    def count(self) -> Counter[str]:
        return Counter(self.fates)

    def n_ends(self) -> int:
        return sum(fate in ENDS for fate in self.fates)


def classified(name: str, protocol: Protocol) -> Reads:
    path = FOLDER / f"{name}.R2.fastq.gz"
    vector = encode(read_vector(REALDATA / "vectors" / "hiv1_hxb2.fa"))
    patterns = make_patterns(
        [LibraryReads("", LINKER, "p")], {"p": protocol}, {"p": [("lentivirus", vector)]}
    )
    fates: list[str] = []
    ends: list[int] = []
    for batch in read_batches([path], [], []):
        out = classify_pairs(batch, patterns, limits_of(Calling()))
        fates += [Fate(code).word for code in out.fate.tolist()]
        ends += np.where(out.junction_stop > 0, out.junction_start - batch.junction_offsets[:-1], 0).tolist()
    with dnaio.open(path, open_threads=0) as reader:
        bases = [record.sequence for record in reader]
    assert len(bases) == len(fates) == 25_000
    return Reads(bases, fates, ends)


@pytest.fixture(scope="module")
def test1_u5() -> Reads:
    return classified("hivTest1_u5", Protocol(vector_end="U5", primer="GTCTGTTG", ltr_end=U5))


@pytest.fixture(scope="module")
def test6_u5() -> Reads:
    return classified("hivTest6_u5", Protocol(vector_end="U5", primer="GTCTGTTG", ltr_end=U5))


@pytest.fixture(scope="module")
def test1_u3() -> Reads:
    return classified("hivTest1_u3", Protocol(vector_end="U3", primer="TGTGTTAT", ltr_end=U3))


def test_u5_ends(test1_u5: Reads) -> None:
    """16,512 LTR ends; 11,707 go on into the virus; 4,249 have the linker right behind."""
    count = test1_u5.count()
    assert test1_u5.n_ends() >= 0.99 * 16_512
    assert test1_u5.n_ends() <= 1.01 * 16_512
    assert count["internal_vector"] == pytest.approx(11_707, rel=0.05)
    assert 4_249 <= count["no_insert"] <= 1.06 * 4_249  # linkers that lack a base are no exact matches
    assert count["truncated_ltr"] >= 6_880  # the linker inside the LTR
    assert count["usable"] <= 75  # this is a control without host junctions: what remains is read errors


def test_u5_exact_ends_are_found_where_they_are(test1_u5: Reads) -> None:
    tail = U5[-20:]
    places = [(bases.find(tail), end) for bases, end in zip(test1_u5.bases, test1_u5.ends, strict=True)]
    exact = [(at, end) for at, end in places if at >= 0]
    assert len(exact) > 15_000
    assert sum(end == at + 20 for at, end in exact) >= 0.999 * len(exact)


def test_u5_linker_right_behind_the_ltr_is_no_insert(test1_u5: Reads) -> None:
    exact = [
        fate
        for bases, fate in zip(test1_u5.bases, test1_u5.fates, strict=True)
        if "CTCTAGCAGTCCCTTAAGCGGAG" in bases
    ]
    assert len(exact) > 3_500
    assert Counter(exact)["no_insert"] >= 0.995 * len(exact)


def test_truncated_ltr_is_never_a_junction(test6_u5: Reads, test1_u5: Reads, test1_u3: Reads) -> None:
    """Where the LTR ends by its last two bases in every read that is used."""
    for reads, last in ((test6_u5, "CA"), (test1_u5, "CA"), (test1_u3, "CA")):
        for bases, fate, end in zip(reads.bases, reads.fates, reads.ends, strict=True):
            if fate == "usable":
                assert bases[end - 2 : end] == last
    assert test6_u5.count()["truncated_ltr"] >= 9_000


def test_reads_of_a_shortened_ltr_are_truncated(test6_u5: Reads) -> None:
    """About 9,000 reads leave the LTR before its last seven bases, all at one place."""
    stem = U5[-19:-7]
    n = 0
    for bases, fate in zip(test6_u5.bases, test6_u5.fates, strict=True):
        at = bases.find(stem) + 12
        if at >= 12 and sum(a != b for a, b in zip(bases[at : at + 7], U5[-7:], strict=False)) >= 3:
            n += 1
            assert fate in {"truncated_ltr", "mispriming"}, bases
    assert n > 9_000


def test_two_ltr_circles_of_a_divergent_virus(test6_u5: Reads) -> None:
    """This virus differs from the reference in one base of seven; an error more must not make a junction of it."""
    count = test6_u5.count()
    assert count["two_ltr_circle"] >= 1_208
    starts = ("TGGAAGGGCTAG", "GGGCTAGTTTATTC")
    joined = [
        fate
        for bases, fate in zip(test6_u5.bases, test6_u5.fates, strict=True)
        if any(start in bases[60:90] for start in starts)
    ]
    assert len(joined) > 1_100
    assert Counter(joined)["usable"] == 0
    assert count["usable"] <= 30


def test_u3_ends_of_a_divergent_ltr(test1_u3: Reads) -> None:
    """Exact matching finds 108 ends, tolerant matching 24,470; the rest are read errors in the last bases."""
    assert 0.99 * 24_470 <= test1_u3.n_ends() <= 24_470
    variant = "TAACCCTTCCA"
    exact = [
        (bases.find(variant), end, fate)
        for bases, end, fate in zip(test1_u3.bases, test1_u3.ends, test1_u3.fates, strict=True)
    ]
    seen = [(at + len(variant), end, fate) for at, end, fate in exact if 40 <= at <= 60]
    assert len(seen) > 20_000
    assert sum(at == end for at, end, _ in seen) >= 0.995 * len(seen)


def test_u3_ends_survive_a_primer_of_another_assay(test1_u3: Reads) -> None:
    other = classified("hivTest1_u3", Protocol(vector_end="U3", primer="TGTGTGGT", ltr_end=U3))
    assert other.n_ends() >= 0.995 * test1_u3.n_ends()
