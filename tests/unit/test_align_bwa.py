"""Real alignments: bwa on a small random genome with repeats, against what is known of every insert."""

import itertools
import random
import re
import shutil
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest

from integrasite.align.command import aligned_records, mem_arguments
from integrasite.align.inserts import align_inserts
from integrasite.align.places import MIN_SCORE, MIN_SEED, read_hits
from integrasite.align.reference import VECTOR_PREFIX, ReferenceIndex, build_reference, load_reference
from integrasite.config.calling import Calling
from integrasite.errors import GenomeError
from integrasite.model.fates import Fate
from integrasite.model.inserts import INSERTS

pytestmark = pytest.mark.skipif(shutil.which("bwa") is None, reason="bwa is not on PATH")

CALLING = Calling()
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
PAIR = 300
"""Length of a segment that stands twice in the genome."""
FAMILY = 1000
"""Copies of the short repeat, 1 % unlike each other: more than the aligner lists for one read."""
ELEMENT = 100
SPACER = 200


def dna(n, source):
    return "".join(source.choices("ACGT", k=n))


def turned(sequence):
    return sequence[::-1].translate(COMPLEMENT)


def relative(element, source):
    return "".join(source.choice("ACGT") if source.random() < 0.0133 else base for base in element)


@dataclass(frozen=True)
class Toy:
    """A reference with, per contig, its sequence; `twice` and `family` are where the repeats' copies begin."""

    reference: ReferenceIndex
    sequences: dict[str, str]
    twice: tuple[tuple[int, int], ...]
    element: str
    shared: int


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    source = random.Random(11)
    twice, element = dna(PAIR, source), dna(ELEMENT, source)
    unique = dna(60_000, source)
    first = unique[:20_000] + twice + unique[20_000:]
    second = dna(9_000, source) + twice + dna(3_000, source)
    family = "".join(dna(SPACER, source) + relative(element, source) for _ in range(FAMILY)) + dna(
        100, source
    )
    # 200 bases of the host stand in the vector too, as a promoter does
    vector = dna(1_500, source) + unique[40_000:40_200] + dna(1_500, source)
    folder = tmp_path_factory.mktemp("genome")
    lower = first[:500].lower() + first[500:]  # soft-masked bases are bases
    (folder / "host.fa").write_text(f">one a comment\n{lower}\n>two\n{second}\n>many\n{family}\n")
    (folder / "vector.fa").write_text(f">pV\n{vector}\n")
    reference = build_reference(folder / "host.fa", {"pV": folder / "vector.fa"}, folder / "index")
    sequences = {"one": first, "two": second, "many": family, VECTOR_PREFIX + "pV": vector}
    return Toy(reference, sequences, ((0, 20_000), (1, 9_000)), element, 40_000 + PAIR)


def inserts(pairs):
    columns = [pa.array([pair[side].encode() for pair in pairs], pa.binary()) for side in (0, 1)]
    return pa.table(columns, schema=INSERTS)


def align(toy, pairs, threads=1, calling=CALLING):
    """Rows of places by insert."""
    found: dict[int, list[dict]] = {number: [] for number in range(len(pairs))}
    for row in align_inserts(inserts(pairs), toy.reference, calling, threads).to_pylist():
        found[row["insert"]].append(row)
    return list(found.values())


def whole(sequence, forward=True):
    """Both reads of a short insert."""
    return (sequence, turned(sequence)) if forward else (turned(sequence), sequence)


def place_of(rows):
    """The only place, if it is unique."""
    assert len(rows) == 1, rows
    row = rows[0]
    assert row["posterior"] == 1.0 and row["fate"] == Fate.USABLE, row
    return row["contig"], row["position"], row["breakpoint"], row["is_forward"]


# positions


def test_every_copy_of_a_tandem_repeat_that_fits_is_listed(tmp_path):
    """Seeds of neighbouring copies lie on diagonals that are one unit apart; they are places of their own.

    Among copies that differ by a base or two, two in a row are equal. Some of these cases fail with bwa's default band.
    """
    for seed, unit in itertools.product(range(0, 1200, 100), (30, 50)):
        source, folder = random.Random(seed + unit), tmp_path / f"{seed}_{unit}"
        folder.mkdir()
        word = dna(unit, source)
        others = [list(word) for _ in range(3)]
        for copy, n_changes in zip(others, (1, 2, 1), strict=True):
            for _ in range(n_changes):
                copy[source.randrange(unit)] = source.choice("ACGT")
        left, right, part = dna(3_000, source), dna(3_000, source), word[: unit * 28 // 50]
        repeat = "".join(map("".join, others)) + 2 * word + part
        (folder / "host.fa").write_text(f">one\n{left}{repeat}{right}\n")
        (folder / "vector.fa").write_text(f">pV\n{dna(2_000, source)}\n")
        reference = build_reference(folder / "host.fa", {"pV": folder / "vector.fa"}, folder / "index")
        rows = align_inserts(inserts([whole(word + part)]), reference, CALLING, 1).to_pylist()
        at = len(left) + 3 * unit
        assert {at, at + unit} <= {row["position"] for row in rows}, (seed, unit)


@pytest.mark.parametrize("paired", [True, False])
def test_shortof_20_to_60_bases_lie_at_the_very_base(toy, paired):
    source, pairs, truth = random.Random(3), [], []
    for n in range(20, 61):
        for forward in (True, False):
            at = source.randrange(0, 19_000)
            both = whole(toy.sequences["one"][at : at + n], forward)
            pairs.append(both if paired else (both[0], ""))
            first, last = (at, at + n - 1) if forward else (at + n - 1, at)
            truth.append((0, first, last if paired else -1, forward))
    assert [place_of(rows) for rows in align(toy, pairs)] == truth


def test_shortat_the_ends_of_a_contig(toy):
    host = toy.sequences["one"]
    found = align(toy, [whole(host[:30]), whole(host[-30:], forward=False)])
    assert [place_of(rows) for rows in found] == [(0, 0, 29, True), (0, len(host) - 1, len(host) - 30, False)]


@pytest.mark.parametrize("length", [130, 400, 1999, 2000])
def test_two_reads_that_do_not_meet_find_both_ends(toy, length):
    host, at = toy.sequences["one"], 5_000
    junction, linker = host[at : at + 100], turned(host[at + length - 90 : at + length])
    assert place_of(align(toy, [(junction, linker)])[0]) == (0, at, at + length - 1, True)


def test_a_mismatch_at_the_junction_base_does_not_move_it(toy):
    host, at = toy.sequences["one"], 7_000
    for k in range(3):
        read = host[at : at + 60]
        read = read[:k] + {"A": "C", "C": "G", "G": "T", "T": "A"}[read[k]] + read[k + 1 :]
        assert place_of(align(toy, [whole(read)])[0]) == (0, at, at + 59, True)


@pytest.mark.parametrize(("n", "n_found"), [(25, 20), (30, 32)])
def test_short_shortwith_a_misread_base_are_found(toy, n, n_found):
    # a base in the middle: the longest exact stretch is half the insert
    host, source, found = toy.sequences["one"], random.Random(n), 0
    pairs, truth = [], []
    for _ in range(40):
        at, k = source.randrange(0, 19_000), source.randrange(n)
        read = host[at : at + n]
        read = read[:k] + source.choice([base for base in "ACGT" if base != read[k]]) + read[k + 1 :]
        pairs.append(whole(read))
        truth.append(at)
    for rows, at in zip(align(toy, pairs), truth, strict=True):
        best = max(rows, key=lambda row: row["posterior"])
        assert best["contig"] < 0 or best["position"] == at, "found, but elsewhere"
        found += best["position"] == at
    assert found >= n_found


# fates


def test_shortfrom_nowhere_and_from_the_vector(toy):
    source = random.Random(5)
    vector = toy.sequences[VECTOR_PREFIX + "pV"]
    rows = align(
        toy, [whole(dna(60, source)), whole(vector[300:360]), whole(vector[100:900][:80], forward=False)]
    )
    assert [Fate(row[0]["fate"]) for row in rows] == [
        Fate.UNALIGNED,
        Fate.AUTOINTEGRATION,
        Fate.AUTOINTEGRATION,
    ]


def test_host_bases_that_the_vector_carries_too_fit_both(toy):
    at = toy.shared + 50
    rows = align(toy, [whole(toy.sequences["one"][at : at + 60])])[0]
    assert [(row["contig"], row["posterior"]) for row in rows] == [(0, 0.5), (3, 0.5)]
    assert rows[0]["position"] == at


def test_a_site_in_such_bases_is_found_by_its_longer_fragments(toy):
    host, at = toy.sequences["one"], toy.shared + 150
    assert place_of(align(toy, [(host[at : at + 100], turned(host[at + 200 : at + 300]))])[0])[:2] == (0, at)


def test_chimeras_of_two_places_are_no_place(toy):
    host, other = toy.sequences["one"], toy.sequences["two"]
    rows = align(toy, [(host[5000:5080], turned(other[4000:4080]))])[0]
    assert (Fate(rows[0]["fate"]), rows[0]["contig"]) == (Fate.UNPAIRED, -1)


@pytest.mark.parametrize(("n_foreign", "is_placed"), [(2, True), (12, False)])
def test_foreign_bases_at_the_junction(toy, n_foreign, is_placed):
    host, at = toy.sequences["one"], 9_000
    foreign = turned(host[at - n_foreign : at])[::-1]  # the complement: no base fits
    rows = align(toy, [(foreign + host[at : at + 80], turned(host[at + 100 : at + 180]))])[0]
    assert (rows[0]["fate"] == Fate.USABLE) == is_placed
    if is_placed:
        assert rows[0]["position"] == at - n_foreign
    else:
        assert rows[0]["fate"] == Fate.CLIPPED_JUNCTION


# repeats


@pytest.mark.parametrize("n", [25, 60, 150])
def test_a_segment_that_stands_twice_is_two_equal_places(toy, n):
    segment = toy.sequences["one"][20_000 : 20_000 + PAIR]
    rows = align(toy, [whole(segment[80 : 80 + n])])[0]
    assert [(row["contig"], row["position"], row["posterior"]) for row in rows] == [
        (contig, start + 80, 0.5) for contig, start in toy.twice
    ]


def test_the_mate_beside_a_repeat_says_which_copy(toy):
    host = toy.sequences["one"]
    at = 20_000 + 200
    rows = align(toy, [(host[at : at + 100], turned(host[at + 150 : at + 250]))])[0]
    assert place_of(rows) == (0, at, at + 249, True)


@pytest.mark.parametrize("paired", [True, False])
def test_an_insert_with_more_places_than_are_listed_is_repetitive(toy, paired):
    short = [toy.element[start : start + 25] for start in (0, 30, 70)]
    assert all(toy.sequences["many"].count(insert) > 600 for insert in short)
    found = align(toy, [whole(insert) if paired else (insert, "") for insert in short])
    assert [[Fate(row["fate"]) for row in rows] for rows in found] == [[Fate.REPETITIVE]] * 3


def family_inserts(toy, n):
    """Inserts within copies of the repeat that stand once to four times in the host, and how often."""
    source, host, pairs, counts = random.Random(17), toy.sequences["many"], [], []
    while len(pairs) < n:
        size = source.choice([25, 40, 60, 90])
        at = source.randrange(FAMILY) * (SPACER + ELEMENT) + SPACER + source.randrange(ELEMENT - size + 1)
        read = host[at : at + size]
        count = len(re.findall(f"(?={read})", host))
        if 2 <= count <= 4 or (count == 1 and len(pairs) % 6 == 0):
            pairs.append(whole(read) if len(pairs) % 7 else (read, ""))
            counts.append(count)
    return pairs, counts


@pytest.fixture(scope="module")
def family(toy):
    """60 inserts in a repeat of a thousand copies, their counts, and their places in two orders of the inserts."""
    pairs, counts = family_inserts(toy, 60)
    order = list(range(len(pairs)))
    found = by_insert(align(toy, pairs), order)
    turned_over = by_insert(align(toy, pairs[::-1]), order[::-1])
    return pairs, counts, found, turned_over


def test_an_insert_that_stands_at_several_places_is_never_placed_uniquely(family):
    pairs, counts, found, _ = family
    alone = [number for number, rows in found.items() if max(row["posterior"] for row in rows) >= 0.99]
    assert [(pairs[number], counts[number]) for number in alone if counts[number] > 1] == []
    assert sum(counts[number] == 1 for number in alone) >= 5  # the copies' own mismatches do tell some apart


def test_places_in_a_large_repeat_do_not_depend_on_the_inserts_beside_them(family):
    _, _, found, turned_over = family
    assert turned_over == found


def test_a_unique_neighbour_never_places_an_insert_of_such_a_repeat_in_a_wrong_copy(toy):
    host, at = toy.sequences["many"], 700 * (SPACER + ELEMENT) + SPACER + 60
    rows = align(toy, [(host[at : at + 30], turned(host[at + 20 : at + 90]))])[0]
    assert all(row["posterior"] < 0.99 or row["position"] == at for row in rows)


# repeatable


def mixed_inserts(toy, n, source):
    """Inserts from everywhere, short and long, single and paired, with read errors."""
    pairs = []
    for number in range(n):
        name = source.choice(["one", "two", VECTOR_PREFIX + "pV"])
        host = toy.sequences[name]
        near = source.choice([at for _, at in toy.twice]) - 100 if number % 3 == 0 else 0
        at = min(near + source.randrange(0, 400 if near else len(host) - 500), len(host) - 500)
        size = source.choice([20, 24, 33, 60, 120, 400])
        bases = [source.choice("ACGT") if source.random() < 0.01 else base for base in host[at : at + size]]
        first, second = whole("".join(bases), source.random() < 0.5)
        pairs.append((first[:150], second[:150] if number % 7 else ""))
    return pairs


def by_insert(found, order):
    return {order[number]: [{**row, "insert": 0} for row in rows] for number, rows in enumerate(found)}


def test_neither_threads_nor_the_inserts_beside_it_change_a_place(toy):
    source = random.Random(8)
    pairs = mixed_inserts(toy, 400, source)
    order = list(range(len(pairs)))
    alone = by_insert(align(toy, pairs), order)
    assert by_insert(align(toy, pairs, threads=2), order) == alone
    shuffled = order[:]
    source.shuffle(shuffled)
    assert by_insert(align(toy, [pairs[number] for number in shuffled]), shuffled) == alone
    half = order[: len(order) // 2]
    assert by_insert(align(toy, [pairs[number] for number in half]), half) == {n: alone[n] for n in half}


# scores


def mutated(sequence, source, n):
    bases = list(sequence)
    for _ in range(n):
        k = source.randrange(len(bases))
        kind = source.randrange(3)
        if kind == 0:
            bases[k] = source.choice("ACGT")
        elif kind == 1:
            del bases[k : k + source.choice([1, 1, 3])]
        else:
            bases.insert(k, source.choice("ACGT"))
    return "".join(bases)


def walked(query, reference, start, cigar):
    """Score of an alignment, its bases compared one by one (bwa's: 1, -4, gap -6 and -1 a base)."""
    score, i, at = 0, 0, start
    for length, operation in cigar:
        if operation == "M":
            pairs = zip(query[i : i + length], reference[at : at + length], strict=True)
            score += sum(1 if a == b else -4 for a, b in pairs)
        elif operation in "ID":
            score -= 6 + length
        i += length if operation in "MISH" else 0
        at += length if operation in "MD" else 0
    return score


def operations(cigar):
    return [(int(n), operation) for n, operation in re.findall(r"(\d+)([MIDSH])", cigar)]


def listed(record):
    """Contig, strand, start and CIGAR of a record's alignment and of its alternatives."""
    found = [(record.reference_name, record.is_reverse, record.reference_start, record.cigarstring)]
    for text in record.get_tag("XA").rstrip(";").split(";") if record.has_tag("XA") else ():
        name, place, cigar, _ = text.split(",")
        found.append((name, place[0] == "-", int(place[1:]) - 1, cigar))
    return found


def test_scores_of_real_alignments(toy):
    """Equal to bwa's AS, except that AS leaves out what an end costs that bwa aligned all the same (at most 5 an end)."""
    source, reads = random.Random(4), []
    segment = toy.sequences["one"][20_000 : 20_000 + PAIR]
    for number in range(300):
        at = source.randrange(0, 19_000)
        host = (
            segment[at % 150 :]
            if number % 3 == 0
            else toy.sequences["one"][at : at + source.randrange(60, 150)]
        )
        read = mutated(host, source, source.randrange(4))
        read = dna(12, source) + read if number % 5 == 0 else read
        reads.append(turned(read) if number % 2 else read)
    arguments = mem_arguments(
        toy.reference.fasta, 1, min_seed=MIN_SEED, min_score=MIN_SCORE, max_places=500, max_fragment=2000
    )
    contigs = {name: number for number, name in enumerate(toy.sequences)}
    fasta = [b">%d\n%s\n" % (number, read.encode()) for number, read in enumerate(reads)]
    n_equal, seen = 0, Counter()
    with aligned_records(arguments, fasta) as records:
        for record in records:
            read = reads[int(record.query_name)]
            hits, spots = read_hits(record, contigs), listed(record)
            for hit, (name, is_reverse, start, cigar) in zip(hits, spots, strict=True):
                query = turned(read) if is_reverse else read
                assert hit.score == walked(query, toy.sequences[name], start, operations(cigar))
                seen.update(operation for _, operation in operations(cigar))
            seen["XA"] += len(spots) > 1
            assert 0 <= record.get_tag("AS") - hits[0].score <= 10
            n_equal += record.get_tag("AS") == hits[0].score
    assert n_equal > 200
    assert all(seen[kind] > 20 for kind in ("M", "I", "D", "S", "XA")), seen


def test_an_alternative_s_first_base_and_strand_are_the_read_s(toy):
    # the copy in contig two is aligned as an alternative on either strand
    segment = toy.sequences["one"][20_000 + 40 : 20_000 + 110]
    for forward in (True, False):
        rows = align(toy, [(whole(segment, forward)[0], "")])[0]
        spots = [(row["contig"], row["position"], row["is_forward"]) for row in rows]
        assert spots == [(contig, start + (40 if forward else 109), forward) for contig, start in toy.twice]


# the reference


def test_host_contigs_come_first_and_keep_their_names(toy):
    reference = toy.reference
    assert list(reference.contigs) == ["one", "two", "many"]
    assert [len(toy.sequences[name]) for name in reference.contigs] == list(reference.contigs.values())
    assert reference.vectors == {VECTOR_PREFIX + "pV": "pV"}
    assert reference.n_host == 3
    assert load_reference(reference.fasta.parent / "reference.json") == reference


def test_a_reference_is_built_once_for_the_same_files(toy, tmp_path):
    for name in ("g.fa", "v.fa"):
        (tmp_path / name).write_text(f">x\n{dna(400, random.Random(2))}\n")
    build = [
        build_reference(tmp_path / "g.fa", {"v": tmp_path / "v.fa"}, tmp_path / "index") for _ in range(2)
    ]
    stamp = build[0].fasta.stat().st_mtime_ns
    assert build[0] == build[1] and build[1].fasta.stat().st_mtime_ns == stamp
    (tmp_path / "v.fa").write_text(f">x\n{dna(400, random.Random(3))}\n")
    other = build_reference(tmp_path / "g.fa", {"v": tmp_path / "v.fa"}, tmp_path / "index")
    assert other.fasta.parent != build[0].fasta.parent


def test_a_build_that_was_cut_off_is_built_again(tmp_path):
    for name in ("g.fa", "v.fa"):
        (tmp_path / name).write_text(f">x\n{dna(400, random.Random(2))}\n")
    built = build_reference(tmp_path / "g.fa", {"v": tmp_path / "v.fa"}, tmp_path / "index")
    (built.fasta.parent / "reference.json").unlink()
    built.fasta.with_name("reference.fa.bwt").write_bytes(b"cut off")
    again = build_reference(tmp_path / "g.fa", {"v": tmp_path / "v.fa"}, tmp_path / "index")
    assert again == built
    assert built.fasta.with_name("reference.fa.bwt").stat().st_size > 100


def test_two_contigs_of_one_name(tmp_path):
    (tmp_path / "g.fa").write_text(">x\nACGT\n>x other\nACGT\n")
    (tmp_path / "v.fa").write_text(">v\nACGT\n")
    with pytest.raises(GenomeError, match=r"g\.fa: two contigs are named 'x'"):
        build_reference(tmp_path / "g.fa", {"v": tmp_path / "v.fa"}, tmp_path / "index")
    assert not list(tmp_path.rglob("reference.json"))


def test_posteriors_are_plain_numbers(toy):
    rows = align(toy, mixed_inserts(toy, 60, random.Random(2)))
    values = np.array([row["posterior"] for found in rows for row in found])
    assert np.isfinite(values).all() and (values >= 0).all() and (values <= 1).all()
