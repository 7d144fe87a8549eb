"""Real LM-PCR triples: barcodes, linkers and classes, beside what exact matching counts."""

import csv
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import dnaio
import pytest

from integrasite.config.calling import Calling
from integrasite.config.settings import Protocol
from integrasite.io.fastq import read_batches
from integrasite.io.sequences import read_vector
from integrasite.kernels.classify import classify_pairs
from integrasite.kernels.codes import encode
from integrasite.model.fates import Fate
from integrasite.reads.orientation import detect_orientation
from integrasite.reads.patterns import LibraryReads, limits_of, make_patterns

REALDATA = Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared" / "realdata"))
FOLDER = REALDATA / "amplicon" / "inspiired_validation"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the real reads are not on this machine"),
]
PROTOCOL = Protocol(junction_read="R2", vector_end="U5", primer="GAAAATC", ltr_end="TCTAGCA")


@dataclass(frozen=True)
class Triple:
    """A triple's reads and what the kernel says of it."""

    linker_read: str
    junction_read: str
    index: str
    fate: str
    row: int
    linker: int
    linker_start: int
    n_junction: int


@pytest.fixture(scope="module")
def sheet() -> list[dict[str, str]]:
    with (FOLDER / "sampleInfo.tsv").open() as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


@pytest.fixture(scope="module")
def triples(sheet: list[dict[str, str]]) -> list[Triple]:
    vector = encode(read_vector(FOLDER / "p746vector.fasta"))
    rows = [LibraryReads(row["bcSeq"], row["linkerSequence"], "u5") for row in sheet]
    patterns = make_patterns(rows, {"u5": PROTOCOL}, {"u5": [("lentivirus", vector)]})
    files = [[FOLDER / f"Undetermined_{read}.fastq.gz"] for read in ("R2", "R1", "I1")]
    answers = []
    for number, batch in enumerate(read_batches(*files)):
        if number == 0:
            assert not detect_orientation(batch, patterns).is_reversed
        out = classify_pairs(batch, patterns, limits_of(Calling()))
        for k, code in enumerate(out.fate.tolist()):
            start = int(out.linker_start[k] - batch.linker_offsets[k]) if out.linker_stop[k] else -1
            length = int(out.junction_stop[k] - out.junction_start[k])
            answers.append((Fate(code).word, int(out.row[k]), int(out.linker[k]), start, length))
    reads = [
        dnaio.open(FOLDER / f"Undetermined_{read}.fastq.gz", open_threads=0) for read in ("R1", "R2", "I1")
    ]
    sequences = zip(*([record.sequence for record in reader] for reader in reads), strict=True)
    for reader in reads:
        reader.close()
    return [Triple(*bases, *answer) for bases, answer in zip(sequences, answers, strict=True)]


def test_every_triple_has_one_fate(triples: list[Triple]) -> None:
    assert len(triples) == 10_000
    assert all((triple.row < 0) == (triple.fate == "unassigned") for triple in triples)


def test_barcodes(triples: list[Triple], sheet: list[dict[str, str]]) -> None:
    """4,215 exact barcodes, all of them in their library; one error more lets in no more than 7 in 100."""
    row_of = {row["bcSeq"]: number for number, row in enumerate(sheet)}
    exact = [triple for triple in triples if triple.index in row_of]
    assert len(exact) == 4_215
    assert all(triple.row == row_of[triple.index] for triple in exact)
    assigned = [triple for triple in triples if triple.row >= 0]
    assert 4_215 < len(assigned) < 1.07 * 4_215
    for triple in assigned:
        barcode = sheet[triple.row]["bcSeq"]
        assert sum(a != b for a, b in zip(triple.index, barcode, strict=True)) <= 1


def test_vector_ends(triples: list[Triple], sheet: list[dict[str, str]]) -> None:
    """Of the exact barcodes 4,052 have primer and LTR end, if the last two bases may be wrong; ours must be right."""
    barcodes = {row["bcSeq"] for row in sheet}
    lost = {"unassigned", "low_quality", "mispriming", "truncated_ltr"}
    listed = [triple for triple in triples if triple.index in barcodes]
    found = [triple for triple in listed if triple.fate not in lost]
    assert 0.96 * 4_052 <= len(found) <= 4_052
    for triple in listed:
        seen = triple.junction_read[:14]
        mismatches = sum(a != b for a, b in zip(seen, "GAAAATCTCTAGCA", strict=True))
        if mismatches <= 1 and seen.endswith("CA"):
            assert triple.fate not in lost, triple
        elif mismatches <= 2:
            # an indel may end the LTR elsewhere, but then with its own last bases
            assert triple.fate in lost or "CTCTAGCA" in triple.junction_read[:18] or seen.endswith("CA")
    exact = [t for t in triples if t.row >= 0 and t.junction_read.startswith("GAAAATCTCTAGCA")]
    assert all(triple.fate not in lost - {"low_quality"} for triple in exact)


def test_internal_reads(triples: list[Triple], sheet: list[dict[str, str]]) -> None:
    """1,725 run into the vector."""
    barcodes = {row["bcSeq"] for row in sheet}
    found = sum(triple.index in barcodes and triple.fate == "internal_vector" for triple in triples)
    assert found == pytest.approx(1_725, rel=0.05)
    onward = [
        t for t in triples if t.row >= 0 and t.junction_read.startswith("GAAAATCTCTAGCAGTGGCGCCCGAACAG")
    ]
    assert len(onward) > 1_300
    assert Counter(triple.fate for triple in onward)["usable"] == 0


def test_wrong_linkers(triples: list[Triple], sheet: list[dict[str, str]]) -> None:
    """Four carry another library's linker; one of them runs into the vector, which is asked first."""
    own = [row["linkerSequence"].split("N")[0] for row in sheet]
    barcode_row = {row["bcSeq"]: number for number, row in enumerate(sheet)}
    wrong = []
    for triple in triples:
        row = barcode_row.get(triple.index, -1)
        others = set(own) - {own[row]}
        if row >= 0 and any(triple.linker_read.startswith(prefix) for prefix in others):
            wrong.append(triple)
    assert Counter(triple.fate for triple in wrong) == {"wrong_linker": 3, "internal_vector": 1}
    linkers = list(dict.fromkeys(row["linkerSequence"].split("N")[0] for row in sheet))
    for triple in wrong:
        assert triple.linker_read.startswith(linkers[triple.linker])
    assert sum(triple.fate == "wrong_linker" for triple in triples) == 3


def test_usable_reads_begin_where_the_linker_ends(triples: list[Triple]) -> None:
    """Linkers that lack a base are used too, and their inserts begin behind the linker's last bases."""
    usable = [triple for triple in triples if triple.fate == "usable"]
    assert len(usable) >= 1_730
    starts = Counter(triple.linker_start for triple in usable)
    assert starts[47] >= 0.9 * len(usable)
    assert 0.01 * len(usable) < sum(starts[n] for n in (44, 45, 46, 48, 49)) < 0.1 * len(usable)
    for triple in usable:
        # 19 bases, a UMI of 12, 16 bases; the last ones as given, but for read errors
        assert 44 <= triple.linker_start <= 50
    ends = [triple.linker_read[triple.linker_start - 2 : triple.linker_start] for triple in usable]
    assert Counter(ends)["CT"] >= 0.95 * len(usable)  # one in forty linkers was made with TT
    assert sum(triple.fate == "no_linker" for triple in triples) <= 25
