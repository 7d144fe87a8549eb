"""What reads say about their protocol: starts, linkers and barcodes of made-up reads whose truth is known."""

import numpy as np
import pytest

from integrasite.kernels.codes import encode
from integrasite.reads.learn import (
    FILL,
    ReadTable,
    count_kinds,
    find_known_end,
    learn_starts,
    leaves_vector,
    stack_reads,
    to_text,
)
from integrasite.reads.learn_index import AS_GIVEN, REVERSED, UNCLEAR, learn_index, turn
from integrasite.reads.learn_linker import blank_behind, learn_linkers, learn_read_through
from integrasite.reads.learn_report import SheetSays, disagreements, learn_protocol, report_rows

PRIMER, LTR_END = "GGTTCCAA", "ACGTTGACCTGAATCGGCA"
SUFFIX = "CTCCGCTTAAGGGACT"
PREFIXES = ("CAAGCACGCGGTTAGAGAG", "TCCGCTGGCTCTCACGTTC")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def letters(rng: np.random.Generator, n: int) -> str:
    return "".join(rng.choice(list("ACGT"), n))


def table(reads: list[str], width: int = 150) -> ReadTable:
    offsets = np.concatenate([[0], np.cumsum([len(read) for read in reads])])
    return stack_reads(encode("".join(reads)), offsets, width)


def junction_reads(rng: np.random.Generator, n: int = 600, dominant: float = 0.0) -> list[str]:
    """Reads of many sites; a share of them from one clone."""
    clone = letters(rng, 100)
    return [PRIMER + LTR_END + (clone if number < dominant * n else letters(rng, 100)) for number in range(n)]


def linker_reads(rng: np.random.Generator, prefixes: tuple[str, ...], n_umi: int, n: int = 600) -> list[str]:
    return [
        prefixes[number % len(prefixes)] + letters(rng, n_umi) + SUFFIX + letters(rng, 60)
        for number in range(n)
    ]


@pytest.mark.parametrize("dominant", [0.0, 0.5, 0.9])
def test_start_ends_where_reads_part_whatever_the_dominant_clone(
    rng: np.random.Generator, dominant: float
) -> None:
    (start,) = learn_starts(table(junction_reads(rng, 1000, dominant))).starts
    assert start.sequence == PRIMER + LTR_END
    assert start.n_reads == 1000
    assert not start.words


def test_variants_of_one_percent_are_listed_and_rarer_ones_are_not(rng: np.random.Generator) -> None:
    reads = junction_reads(rng, 1000)
    other = PRIMER + LTR_END.replace("GAATC", "GACTC")
    rare = PRIMER + LTR_END.replace("GAATC", "GATTC")
    reads[:30] = [other + read[len(other) :] for read in reads[:30]]
    reads[30:35] = [rare + read[len(rare) :] for read in reads[30:35]]
    (start,) = learn_starts(table(reads)).starts
    assert start.variants == ((PRIMER + LTR_END, 965), (other, 30))


def test_one_clone_is_too_little_without_a_vector_and_enough_with_one(rng: np.random.Generator) -> None:
    reads = table(junction_reads(rng, 500, dominant=1.0))
    (start,) = learn_starts(reads).starts
    assert start.sequence == ""
    assert "too few different ways" in start.words
    long_end = "TTAGACCATT" + LTR_END
    for first in "ACGT":
        vector = letters(rng, 300) + long_end + "T" + letters(rng, 300)
        clone = first + "GG" + letters(rng, 97)
        (start,) = learn_starts(table([PRIMER + long_end + clone] * 500), encode(vector)).starts
        assert start.sequence == PRIMER + long_end
        assert start.support == "the reads leave the given vector here"


def test_too_few_reads_and_no_common_start_are_said(rng: np.random.Generator) -> None:
    assert learn_starts(table(junction_reads(rng, 20))).words.startswith("too few reads (20")
    nothing = learn_starts(table([letters(rng, 100) for _ in range(500)]))
    assert nothing.words == "no common start"
    assert not nothing.starts


def test_start_without_ca_is_doubted(rng: np.random.Generator) -> None:
    (start,) = learn_starts(table([PRIMER + "TTGACGGATT" + letters(rng, 80) for _ in range(500)])).starts
    assert start.sequence == PRIMER + "TTGACGGATT"
    assert "does not end in CA" in start.words


def test_known_end_is_found_with_a_variant_and_not_in_other_sequence(rng: np.random.Generator) -> None:
    assert find_known_end("TGTGTTTTCTTGGAGTAAATTAACCCTTCCACCTGG") == (31, "HIV-1 U3 end")
    assert find_known_end(letters(rng, 120)) == (0, "")


def test_a_complete_end_is_listed_beside_a_commoner_truncated_one(rng: np.random.Generator) -> None:
    """Reads of a truncated clone share 60 bases with the complete end; one path through the reads shows only one."""
    body = "TGTGACTCTGGTAACTAGAGATCCCTCAGACCCTTTTAGTCAGTGTGGAAAATC"
    whole, cut = PRIMER + body + "TCTAGCA", PRIMER + body + "GGCCTACC"
    clone, circle = letters(rng, 90), "GTGACTGGAAGGGCTAATTCACTCCCAACGAAGACAAG"
    reads = (
        [cut + clone] * 900 + [whole + circle + clone] * 60 + [PRIMER + letters(rng, 120) for _ in range(40)]
    )
    answer = learn_starts(table(reads))
    (found,) = [start for start in answer.starts if start.sequence == whole]
    assert found.n_reads == 60
    assert found.support == "resembles the published HIV-1 U5 end"
    assert "beside a commoner start" in found.words
    rare = learn_starts(table(reads[:900] + reads[900:908] + [cut + clone] * 92))
    assert all(start.sequence != whole for start in rare.starts)  # under 1 % of the reads


def test_leaves_vector_is_zero_where_the_path_stays_inside(rng: np.random.Generator) -> None:
    vector = letters(rng, 400)
    assert leaves_vector(encode(vector[50:150]), encode(vector)) == 0
    outside = encode(PRIMER + vector[58:100] + turn(vector[10:80]))
    assert 48 <= leaves_vector(outside, encode(vector)) <= 54


def test_count_kinds_takes_errors_for_copies() -> None:
    words = [encode(word) for word in ("ACGTACGTAC", "ACGTACGTAC", "ACGTACGTAA", "TTTTGGGGCC")]
    assert count_kinds(np.array(words)) == 2


@pytest.mark.parametrize("n_umi", [8, 12, 18])
@pytest.mark.parametrize("prefixes", [PREFIXES, PREFIXES[:1], ("",)])
def test_linkers_with_umi(rng: np.random.Generator, n_umi: int, prefixes: tuple[str, ...]) -> None:
    answer = learn_linkers(table(linker_reads(rng, prefixes, n_umi)))
    assert (answer.umi_length, answer.suffix) == (n_umi, SUFFIX)
    assert sorted(linker.prefix for linker in answer.linkers) == sorted(prefixes)


def test_linker_without_umi(rng: np.random.Generator) -> None:
    (linker,) = learn_linkers(table(linker_reads(rng, PREFIXES[:1], 0))).linkers
    assert linker.sequence == PREFIXES[0] + SUFFIX


def test_no_linker_is_said(rng: np.random.Generator) -> None:
    answer = learn_linkers(table([letters(rng, 150) for _ in range(400)]))
    assert answer.words.startswith("no common constant part")


def through_reads(rng: np.random.Generator, n: int = 600) -> list[str]:
    reads = []
    for _ in range(n):
        linker = PREFIXES[0] + letters(rng, 12) + SUFFIX
        reads.append(PRIMER + LTR_END + letters(rng, int(rng.integers(10, 70))) + turn(linker))
    return reads


def test_read_through_gives_the_linker_and_blanking_removes_it(rng: np.random.Generator) -> None:
    reads = table(through_reads(rng))
    answer = learn_read_through(reads)
    assert [linker.sequence for linker in answer.linkers] == [PREFIXES[0] + "N" * 12 + SUFFIX]
    blank = blank_behind(reads, SUFFIX)
    assert turn(SUFFIX)[:10] in to_text(reads[0])
    assert turn(SUFFIX)[:10] not in to_text(blank[0])
    assert (blank != FILL).sum() < (reads != FILL).sum()


def test_read_through_is_not_guessed(rng: np.random.Generator) -> None:
    assert learn_read_through(table(junction_reads(rng))).words.startswith("no sequence is met")


BARCODES = ("AGCCGTACGGTA", "AATCTCTGCTTT", "GGCTTGTACACA")


@pytest.mark.parametrize(("is_turned", "expected"), [(False, AS_GIVEN), (True, REVERSED)])
def test_index_orientation_and_unknown_barcodes(is_turned: bool, expected: str) -> None:
    reads = [BARCODES[0]] * 200 + [BARCODES[1]] * 100 + ["AATCTCTGCTTA"] * 10 + ["TTTTCCCCAAGG"] * 50
    answer = learn_index(table([turn(read) if is_turned else read for read in reads]), BARCODES)
    assert answer.orientation == expected
    assert answer.seen == ((BARCODES[0], 200), (BARCODES[1], 100), (BARCODES[2], 0))
    # One mismatch from a barcode of the sheet is a sequencing error, not an unknown library.
    assert answer.unknown == ((turn("TTTTCCCCAAGG") if is_turned else "TTTTCCCCAAGG", 50),)


def test_index_orientation_is_unclear_where_no_barcode_is_met() -> None:
    assert learn_index(table(["TTTTCCCCAAGG"] * 300), BARCODES).orientation == UNCLEAR


def test_report_agrees_and_disagrees(rng: np.random.Generator) -> None:
    reads = {"R1": table(linker_reads(rng, PREFIXES, 12)), "R2": table(junction_reads(rng))}
    learned = learn_protocol(reads, None)
    assert learned.junction_read == "R2"
    linkers = tuple(prefix + "N" * 12 + SUFFIX for prefix in PREFIXES)
    right = report_rows(SheetSays("R2", ((PRIMER, LTR_END),), linkers), learned)
    assert not disagreements(right)
    assert sum(row.agrees == "yes" for row in right) == 8
    near = PRIMER[:-1] + "C"
    wrong = report_rows(SheetSays("R1", ((near, LTR_END),), (linkers[0].replace("N", "", 1),)), learned)
    fields = [row.field for row in disagreements(wrong)]
    assert fields == ["junction_read", "start", "primer", "umi_length", "linker", "linker"]
    said = {row.field: row.reads_say for row in wrong}
    assert (said["primer"], said["ltr_end"]) == (PRIMER, LTR_END)


def test_a_primer_of_other_sequence_is_not_split_off(rng: np.random.Generator) -> None:
    learned = learn_protocol({"R1": table(junction_reads(rng))}, None)
    rows = {row.field: row for row in report_rows(SheetSays("R1", (("CATGAACC", LTR_END),)), learned)}
    assert rows["start"].reads_say == PRIMER + LTR_END
    assert rows["primer"].reads_say == ""
    assert rows["primer"].agrees == "no"
