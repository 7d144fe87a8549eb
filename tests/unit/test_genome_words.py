"""The pass over a genome, against its plain twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrasite.io.letters import open_letters
from integrasite.io.sequences import write_fasta
from integrasite.kernels import reference_genome_words as plain
from integrasite.kernels.codes import decode, encode, reverse_complement
from integrasite.kernels.genome_words import SEED, WORD, scan_contig, shared_text, word_table, words_of

NOTHING = word_table(np.zeros(0, np.uint64))


def draw(seed: int, length: int) -> str:
    return decode(np.random.default_rng(seed).integers(0, 4, length).astype(np.uint8))


def scan(contig: str, text: str, min_run: int = SEED, most: int = 10**6) -> list[tuple[int, int, int]]:
    shared = shared_text(encode(text))
    n_at = np.zeros(len(text), np.int32)
    letters = np.frombuffer(contig.encode(), np.uint8)
    rows = scan_contig(letters, shared, NOTHING, np.zeros(0, np.int32), n_at, min_run=min_run, most=most)
    return [(a, b, c) for a, b, c in rows.tolist()]


@settings(max_examples=30, deadline=None)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_shared_stretches_are_those_of_the_plain_twin(data: st.DataObject, seed: int):
    text = draw(seed, 90) + "N" + data.draw(st.sampled_from(["A" * 30, "AC" * 15, draw(seed + 1, 30)]))
    contig = ""
    for piece in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text) - 20))
        end = data.draw(st.integers(start, len(text)))
        contig += text[start:end] + draw(seed + 7 * piece, data.draw(st.integers(0, 8)))
    min_run = data.draw(st.integers(SEED, 26))
    assert sorted(scan(contig, text, min_run)) == sorted(plain.shared_stretches(contig, text, min_run))
    assert sorted(scan(contig.lower(), text, min_run)) == sorted(scan(contig, text, min_run))


def test_many_stretches_outgrow_the_first_buffer_without_a_loss():
    text = "A" * 60
    contig = ("A" * 25 + "C") * 400
    found = scan(contig, text)
    assert len(found) > 1024
    assert sorted(found) == sorted(plain.shared_stretches(contig, text, SEED))


def test_places_kept_are_bounded_per_base_and_the_rest_is_counted():
    text = draw(3, 40)
    shared = shared_text(encode(text))
    n_at = np.zeros(40, np.int32)
    letters = np.frombuffer("N".join([text] * 9).encode(), np.uint8)
    rows = scan_contig(letters, shared, NOTHING, np.zeros(0, np.int32), n_at, min_run=SEED, most=4)
    assert rows[:, 0].tolist() == [0, 41, 82, 123]
    assert n_at[0] == 9
    assert n_at.sum() == 9


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(0, 30))
def test_words_are_counted_on_both_strands(seed: int, n: int):
    rng = np.random.default_rng(seed)
    source = draw(seed, 200)
    contigs = [
        source[20:120] + "N" + source[90:170],
        decode(reverse_complement(encode(source[:150]))),
        source[:30],
    ]
    words = sorted({source[i : i + WORD] for i in rng.integers(0, 200 - WORD, n).tolist()})
    table = word_table(words_of(encode("N".join(words)), WORD, canonical=True)[1])
    counts = np.zeros(table.words.size, np.int32)
    nothing = shared_text(np.zeros(0, np.uint8))
    for contig in contigs:
        letters = np.frombuffer(contig.encode(), np.uint8)
        scan_contig(letters, nothing, table, counts, np.zeros(0, np.int32), min_run=SEED, most=1)
    rows = np.searchsorted(table.words, [words_of(encode(w), WORD, canonical=True)[1][0] for w in words])
    assert counts[rows].tolist() == plain.count_words(contigs, words)


def test_letters_come_in_their_case_and_end_with_the_contig(tmp_path):
    text = draw(1, 333)
    text = text[:100].lower() + text[100:]
    write_fasta(tmp_path / "g.fa", [("a", "ACGT"), ("b", text), ("c", draw(2, 80))])
    with open_letters(tmp_path / "g.fa") as letters:
        for start, end in ((0, 333), (79, 81), (80, 160), (300, 900), (-5, 3), (400, 500)):
            assert letters("b", start, end).tobytes().decode() == text[max(start, 0) : end]
        assert letters("c", 0, 80).tobytes().decode() == draw(2, 80)


def test_an_index_of_another_fasta_is_told(tmp_path):
    write_fasta(tmp_path / "g.fa", [("a", draw(1, 200))])
    with open_letters(tmp_path / "g.fa"):
        pass
    write_fasta(tmp_path / "g.fa", [("a" * 40, draw(1, 100))])
    with open_letters(tmp_path / "g.fa") as letters, pytest.raises(Exception, match="remove the index"):
        letters("a", 0, 200)


@settings(max_examples=40, deadline=None)
@given(
    start=st.integers(0, 400),
    length=st.integers(0, 400),
    width=st.sampled_from([1, 7, 80]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_any_stretch_of_any_layout_is_read(tmp_path_factory, start: int, length: int, width: int, end: str):
    text = draw(9, 321)
    path = tmp_path_factory.mktemp("layout") / "g.fa"
    lines = [">a", *(text[i : i + width] for i in range(0, len(text), width)), ">b", "ACGT"]
    path.write_bytes((end.join(lines) + end).encode())
    with open_letters(path) as letters:
        assert letters("a", start, start + length).tobytes().decode() == text[start : start + length]
