"""Reads against targets and loci: the fast kernel against its slow twin, and what must always be found."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrasite.kernels import reference_recruit as slow
from integrasite.kernels.bam_records import add_hashes, has_hashes, hash_names
from integrasite.kernels.codes import encode
from integrasite.kernels.recruit import SEED, SEED_TRIPLETS, STEP, empty_hits, scan_reads
from integrasite.kernels.recruit_records import format_records
from integrasite.kernels.recruit_tables import make_loci, make_seeds
from integrasite.kernels.reference import reverse_complement

RNG = np.random.default_rng(11)
MIN_SPAN, MIN_TRIPLETS = 20, 8


def random_bases(n: int, rng: np.random.Generator = RNG) -> str:
    return "".join(rng.choice(list("ACGT"), n))


def scan(
    reads: list[str],
    targets: list[str],
    loci: list[str] | None = None,
    *,
    keep_repeated: bool = False,
    samples: int = 12,
    least: tuple[int, int] = (MIN_SPAN, MIN_TRIPLETS),
) -> list[slow.Hit]:
    """Answers of the fast kernel; reads stand in a text with other letters around them."""
    text = "#" + "G".join(reads) + "CA"
    starts = 1 + np.cumsum([0, *(len(read) + 1 for read in reads)])[:-1]
    stops = starts + [len(read) for read in reads]
    codes = [encode(target) for target in targets]
    table = make_loci(
        [encode(locus) for locus in loci or []], codes, samples=samples, keep_repeated=keep_repeated
    )
    hits = empty_hits(len(reads))
    scan_reads(np.frombuffer(text.encode(), np.uint8), starts, stops, make_seeds(codes, *least), table, hits)
    return [slow.Hit(*row) for row in zip(*(column.tolist() for column in hits), strict=True)]


BASES = st.sampled_from(["ACGT", "AC", "AAAAAAACGT", "ACGTN"])


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[str], list[str], list[str]]:
    """Targets, loci, and reads that are patched together from them with errors."""

    def text(least: int, most: int) -> str:
        return draw(st.text(draw(BASES), min_size=least, max_size=most))

    targets = [text(0, 80) for _ in range(draw(st.integers(0, 3)))]
    loci = [text(10, 90) for _ in range(draw(st.integers(0, 3)))]
    if draw(st.booleans()):
        targets += [piece[5:60] for piece in targets[:1]]
        loci += [piece[:40] for piece in (loci + targets)[:1]]
    pool = [piece for piece in targets + loci if piece] or ["ACGT"]
    reads = []
    for _ in range(3):
        read = text(0, 15)
        for _ in range(draw(st.integers(0, 2))):
            piece = draw(st.sampled_from(pool))
            piece = reverse_complement(piece) if draw(st.booleans()) else piece
            letters = list(piece[draw(st.integers(0, 20)) :][: draw(st.integers(5, 70))])
            for _ in range(draw(st.integers(0, 2))):
                if letters:
                    letters[draw(st.integers(0, len(letters) - 1))] = draw(st.sampled_from("ACGTN"))
            read += "".join(letters) + text(0, 6)
        reads.append(read)
    return reads, targets, loci


@settings(max_examples=150, deadline=None)
@given(
    cases(),
    st.booleans(),
    st.sampled_from([1, 5, 12]),
    st.sampled_from([(20, 8), (20, 7), (25, 8), (20, 12)]),
)
def test_fast_and_slow_agree(
    case: tuple[list[str], list[str], list[str]], keep_repeated: bool, samples: int, least: tuple[int, int]
) -> None:
    reads, targets, loci = case
    found = scan(reads, targets, loci, keep_repeated=keep_repeated, samples=samples, least=least)
    for read, hit in zip(reads, found, strict=True):
        expected = (
            slow.find_targets(read, targets, *least),
            slow.place_read(read, loci, targets, keep_repeated=keep_repeated, samples=samples),
        )
        assert (hit[:2], hit[2:]) == expected


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 980), st.integers(0, 130), st.booleans(), st.integers(0, 2**32))
def test_twenty_exact_bases_are_always_found(place: int, at: int, is_turned: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    target = random_bases(1000, rng)
    shown = target[place : place + MIN_SPAN]
    if len({shown[k : k + 3] for k in range(MIN_SPAN - 2)}) < MIN_TRIPLETS:
        return  # too simple to be evidence
    shown = reverse_complement(shown) if is_turned else shown
    host = random_bases(130, rng)
    [hit] = scan([host[:at] + shown + host[at:]], [random_bases(300, rng), target])
    assert hit.target == 1
    assert hit.span >= MIN_SPAN


@settings(max_examples=100, deadline=None)
@given(st.text("AC", min_size=20, max_size=20) | st.text("ACG", min_size=20, max_size=20), st.integers(0, 20))
def test_simple_twenty_bases_are_found_too(shown: str, at: int) -> None:
    """Two words of any 20 bases are looked up, and not both of them can be too simple if the 20 bases are not."""
    if len({shown[k : k + 3] for k in range(MIN_SPAN - 2)}) < MIN_TRIPLETS:
        return
    [hit] = scan(["T" * at + shown + "T" * 30], ["G" * 30 + shown + "G" * 30])
    assert hit.span >= MIN_SPAN


def test_words_looked_up_leave_no_room_for_a_match_with_enough_triplets() -> None:
    assert MIN_SPAN >= SEED + 2 * STEP - 1, "two words in every match"
    left_out = (MIN_SPAN - 2) - (SEED + STEP - 2)
    assert 2 * SEED_TRIPLETS + left_out < MIN_TRIPLETS - 1


@pytest.mark.parametrize("wrong", range(31))
def test_one_error_in_31_bases_does_not_matter(wrong: int) -> None:
    target = random_bases(500)
    shown = list(target[200:231])
    shown[wrong] = "ACGT"["ACGT".index(shown[wrong]) - 1]
    for at in range(STEP):
        [hit] = scan([random_bases(60 + at) + "".join(shown) + random_bases(60)], [target])
        assert hit.target == 0


@pytest.mark.parametrize("wrong", [1, 4, 15, 18])
def test_an_outer_error_in_20_bases_does_not_matter(wrong: int) -> None:
    target = random_bases(500)
    shown = list(target[200:220])
    shown[wrong] = "ACGT"["ACGT".index(shown[wrong]) - 1]
    for at in range(STEP):
        [hit] = scan([random_bases(60 + at) + "".join(shown) + random_bases(60)], [target])
        assert hit.target == 0


def test_reads_of_random_host_are_rarely_recruited() -> None:
    """20 of 20 or 19 of 20 bases by chance: 61 words a place, 131 places a read, two strands: 1e-4 for 6,000 bases."""
    reads = [random_bases(150) for _ in range(4000)]
    assert sum(hit.target >= 0 for hit in scan(reads, [random_bases(6000)])) <= 6


@pytest.mark.parametrize("unit", ["A", "T", "CA", "GAA", "GATA"])
def test_simple_repeats_are_no_evidence(unit: str) -> None:
    target = random_bases(300) + unit * 30 + random_bases(300)
    [hit] = scan([(unit * 150)[:150]], [target])
    assert hit.target == -1


def test_simple_bases_count_where_others_join_them() -> None:
    target = random_bases(300) + "A" * 30 + random_bases(300)
    [hit] = scan([target[285:340]], [target])
    assert hit.span == 55


@pytest.mark.parametrize("read", ["", "A", "ACGTACGTAC", "N" * 150, "acgtn" * 20])
def test_reads_with_nothing_to_find(read: str) -> None:
    [hit] = scan([read], [random_bases(300)], [random_bases(300)])
    assert hit == (0, -1, -1, 0, False)


def test_no_match_runs_from_one_target_into_the_next() -> None:
    first, second = random_bases(60), random_bases(60)
    [hit] = scan([first[-15:] + second[:15]], [first, second])
    assert hit.target == -1


@pytest.mark.parametrize("length", [26, 36, 75, 150, 300])
@pytest.mark.parametrize("is_forward", [True, False])
def test_reads_of_a_locus_are_placed_by_their_first_base(length: int, is_forward: bool) -> None:
    other, locus = random_bases(2000), random_bases(2000)
    read = locus[700 : 700 + length]
    [hit] = scan([read if is_forward else reverse_complement(read)], [], [other, locus])
    assert hit[2:] == (1, 700 if is_forward else 700 + length, is_forward)


def test_repeated_words_place_a_read_only_where_asked() -> None:
    locus = random_bases(500)
    assert scan([locus[:100]], [], [locus, locus])[0].locus == -1
    assert scan([locus[:100]], [], [locus, locus], keep_repeated=True)[0].locus == 0
    assert scan([locus[:100]], [locus], [locus])[0].locus == -1, (
        "a vector's words are no evidence of the host"
    )


def test_records_are_written_without_comment_and_mate_number() -> None:
    text = np.frombuffer(b"@a/1 x\nACGT\n+a/1\n!!!!\n@b/12\r\nA\r\n+\r\nI\r\n@/1\nC\n+\nJ\n", np.uint8)
    spans = np.array([[1, 4, 7, 11, 17], [23, 27, 29, 30, 35], [39, 41, 42, 43, 46]], np.int64)
    written = format_records(text, spans, np.array([2, 0, 1])).tobytes()
    assert written == b"@/1\nC\n+\nJ\n@a\nACGT\n+\n!!!!\n@b/12\nA\n+\nI\n"


def test_hashed_names_are_found_again() -> None:
    names = [f"read{number}" for number in range(3000)]
    text = np.frombuffer("".join(names).encode(), np.uint8)
    ends = np.cumsum([len(name) for name in names])
    hashes = hash_names(text, ends - [len(name) for name in names], ends)
    table = np.zeros(4096, np.uint64)
    assert add_hashes(table, hashes[:1500]) == 1500
    assert add_hashes(table, hashes[:1500]) == 0
    assert has_hashes(table, hashes).tolist() == [True] * 1500 + [False] * 1500
