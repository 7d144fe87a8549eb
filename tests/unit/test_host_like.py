"""What a vector has in common with the host, and the boundaries that the host does not have."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrasite.align.command import build_index
from integrasite.align.reference import VECTOR_PREFIX, ReferenceIndex
from integrasite.io.letters import open_letters
from integrasite.io.sequences import write_fasta
from integrasite.kernels.codes import decode, encode, reverse_complement
from integrasite.transgene.host_alignment import TILE, align_tiles, tiles
from integrasite.transgene.host_like import MOST_PLACES, HostScan, chain, outermost, scan_host
from integrasite.transgene.vector_map import Element, HostLike
from integrasite.transgene.words import FLANK, informative_words


def draw(rng: np.random.Generator, length: int) -> str:
    return decode(rng.integers(0, 4, length).astype(np.uint8))


def turned(text: str) -> str:
    return decode(reverse_complement(encode(text)))


def changed(text: str, rng: np.random.Generator, share: float) -> str:
    codes = encode(text).copy()
    hit = rng.random(codes.size) < share
    codes[hit] = (codes[hit] + rng.integers(1, 4, int(hit.sum()))) % 4
    return decode(codes)


def scan(host: dict[str, str], vectors: dict[str, str], min_bp: int = 24, threads: int = 1) -> HostScan:
    def letters(contig: str, start: int, end: int) -> np.ndarray:
        return np.frombuffer(host[contig][start:end].encode(), np.uint8)

    sizes = {name: len(text) for name, text in host.items()}
    codes = {name: encode(text) for name, text in vectors.items()}
    return scan_host(letters, sizes, codes, min_bp=min_bp, threads=threads)


def words_of_vector(host: dict[str, str], vector: str, elements: tuple[Element, ...] = ()):
    found = scan(host, {"v": vector})
    places = chain(found.stretches["v"])
    return informative_words(outermost(places), places, found.word_counts(encode(vector)), elements)


class World:
    """A host with two genes (three exons; one exon) and a vector that carries their spliced parts side by side.

    Vector: 300 own bases, exons 1-3 of gene A, gene B, 300 own bases.
    """

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.exons = [draw(rng, length) for length in (90, 60, 120)]
        self.other = draw(rng, 200)
        introns = [draw(rng, 700), draw(rng, 1500)]
        self.gene = self.exons[0] + introns[0] + self.exons[1] + introns[1] + self.exons[2]
        self.host = {
            "c1": draw(rng, 3000) + self.gene + draw(rng, 2000),
            "c2": draw(rng, 900) + self.other + draw(rng, 900),
        }
        self.cdna = "".join(self.exons)
        self.vector = draw(rng, 300) + self.cdna + self.other + draw(rng, 300)
        self.bounds = {390: "exon", 450: "exon", 570: "domain"}
        self.rng = rng


def kinds(words) -> dict[int, str]:
    """True boundary (the one in the world that the word holds) -> kind."""
    return {b: w.kind for w in words for b in (390, 450, 570) if w.start <= b <= w.end}


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    gene_is_turned=st.booleans(),
    other_is_turned=st.booleans(),
    is_lower=st.booleans(),
)
def test_exons_and_domains_are_told_apart_on_any_strand(
    seed: int, gene_is_turned: bool, other_is_turned: bool, is_lower: bool
):
    world = World(seed)
    host = dict(world.host)
    host["c1"] = turned(host["c1"]) if gene_is_turned else host["c1"]
    host["c2"] = turned(host["c2"]) if other_is_turned else host["c2"]
    host = {name: text.lower() if is_lower else text for name, text in host.items()}
    words = words_of_vector(host, world.vector)
    assert kinds(words) == world.bounds
    assert len(words) == 3
    for word in words:
        assert word.end - word.start <= 15
        assert word.position == word.start


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_what_a_word_needs_is_not_in_the_host(seed: int):
    world = World(seed)
    both = "N".join([*world.host.values(), *map(turned, world.host.values())])
    for word in words_of_vector(world.host, world.vector):
        for start in range(word.end + FLANK - 31, word.start - FLANK + 1):
            assert world.vector[start : start + 31] not in both


def test_a_processed_copy_in_the_host_takes_the_exon_words_away():
    world = World(1)
    world.host["c3"] = draw(world.rng, 500) + world.cdna + draw(world.rng, 500)
    assert kinds(words_of_vector(world.host, world.vector)) == {570: "domain"}


def test_a_copy_across_a_boundary_takes_its_word_away_or_widens_it():
    world = World(2)
    flanks = draw(world.rng, 500), draw(world.rng, 500)
    world.host["c3"] = flanks[0] + world.vector[540:600] + flanks[1]
    assert kinds(words_of_vector(world.host, world.vector)) == {390: "exon", 450: "exon"}
    # 31 bases: what crosses them too is still not in the host
    world.host["c3"] = flanks[0] + world.vector[555:586] + flanks[1]
    word = next(w for w in words_of_vector(world.host, world.vector) if w.start <= 570 <= w.end)
    assert word.start - FLANK < 555 or word.end + FLANK > 586
    assert not word.is_crossed(555, 586, FLANK)
    assert word.is_crossed(540, 600, FLANK)


def test_a_fusion_of_two_genes_on_one_strand_of_one_contig_is_no_domain_word():
    world = World(3)
    host = {"c1": world.host["c1"] + world.other + draw(world.rng, 500)}
    assert kinds(words_of_vector(host, world.vector))[570] == "exon"
    # the other order, or the other strand, cannot be one transcript
    host = {"c1": world.other + world.host["c1"]}
    assert kinds(words_of_vector(host, world.vector))[570] == "domain"
    host = {"c1": world.host["c1"] + turned(world.other)}
    assert kinds(words_of_vector(host, world.vector))[570] == "domain"


def test_an_alternative_place_of_the_same_gene_makes_an_exon_word():
    world = World(4)
    # exon 2 also stands, one base longer on each side, on a contig of its own: the longer place must not win alone
    copy = world.vector[389:451]
    world.host["c0"] = draw(world.rng, 400) + copy + draw(world.rng, 400)
    found = kinds(words_of_vector(dict(sorted(world.host.items())), world.vector))
    assert "domain" not in {found.get(390), found.get(450)}


def test_vector_bases_between_host_parts_make_a_word_only_while_they_are_few():
    rng = np.random.default_rng(6)
    one, two = draw(rng, 100), draw(rng, 100)
    host = {"a": draw(rng, 500) + one + draw(rng, 500), "b": draw(rng, 500) + two + draw(rng, 500)}
    for gap, n_words in ((0, 1), (9, 1), (17, 1), (40, 0)):
        linker = draw(rng, gap)
        assert len(words_of_vector(host, one + linker + two)) == n_words, gap


def test_words_are_named_by_elements_then_by_places():
    world = World(5)
    elements = (Element("A", 300, 570), Element("B", 570, 770), Element("A1", 300, 390))
    named = {w.start: (w.left, w.right) for w in words_of_vector(world.host, world.vector, elements)}
    assert [named[start] for start in sorted(named)] == [("A1", "A"), ("A", "A"), ("A", "B")]
    places = [w.left for w in words_of_vector(world.host, world.vector)]
    assert all(place.startswith("c1:") for place in places)


def test_stretches_and_results_do_not_depend_on_threads_or_repeats():
    world = World(7)
    repeat = draw(world.rng, 40)
    host = {f"r{i}": draw(world.rng, 50) + repeat + draw(world.rng, 50) for i in range(60)} | world.host
    vectors = {"v": world.vector + repeat, "w": repeat + world.vector}
    one, two = scan(host, vectors), scan(host, vectors, threads=3)
    assert one.stretches == two.stretches
    assert (one.counts == two.counts).all()
    # of those that chance makes longer to the left, as many again for each place in the vector
    assert (
        MOST_PLACES
        <= len([s for s in one.stretches["v"] if s.contig[0] == "r" and s.end - s.start >= 40])
        < 60
    )
    assert one.word_counts(encode(repeat)).tolist() == [60] * 10


def test_vectors_that_share_sequence_are_each_told_what_the_host_has():
    world = World(8)
    found = scan(world.host, {"v": world.vector, "w": draw(world.rng, 77) + turned(world.vector)})
    for stretch in found.stretches["v"]:
        start = 77 + len(world.vector) - stretch.end
        twin = [s for s in found.stretches["w"] if s.start == start and s.host_start == stretch.host_start]
        assert len(twin) == 1
        assert twin[0].strand != stretch.strand


def test_a_single_different_base_leaves_one_stretch_and_its_identity():
    rng = np.random.default_rng(9)
    text = draw(rng, 200)
    other = "A" if text[100] != "A" else "C"
    host = {"a": draw(rng, 300) + text[:100] + other + text[101:] + draw(rng, 300)}
    found = outermost(chain(scan(host, {"v": draw(rng, 50) + text + draw(rng, 50)}).stretches["v"]))
    assert len(found) == 1
    assert found[0].identity == pytest.approx(1 - 1 / (found[0].end - found[0].start), abs=1e-4)
    assert found[0].host_end - found[0].host_start == found[0].end - found[0].start


def test_an_exact_place_is_kept_beside_a_longer_diverged_one():
    exact = HostLike(10, 110, "a", 0, 100, "+", 1.0)
    diverged = HostLike(5, 112, "b", 0, 107, "+", 0.92)
    inside = HostLike(20, 60, "c", 0, 40, "+", 1.0)
    assert outermost([diverged, inside, exact]) == (diverged, exact)


def test_a_diverged_copy_across_a_boundary_takes_its_word_away():
    one, two = HostLike(0, 100, "a", 0, 100, "+", 1.0), HostLike(100, 200, "b", 0, 100, "+", 1.0)
    counts = np.where((np.arange(170) < 70) | (np.arange(170) >= 100), 1, 0)
    across = HostLike(80, 120, "c", 0, 40, "+", 0.92)
    assert [w.start for w in informative_words([one, two], [one, two], counts, ())] == [100]
    assert informative_words([one, two], [one, two, across], counts, ()) == ()


@pytest.mark.parametrize("offset", range(0, 60, 7))
@pytest.mark.parametrize("shift", [-20, -3, 0, 20, 21, -21])
def test_stretches_are_joined_by_their_diagonals_wherever_these_lie(offset: int, shift: int):
    one = HostLike(0, 50, "a", 1000 + offset, 1050 + offset, "+", 1.0)
    other = HostLike(55, 95, "a", 1055 + offset + shift, 1095 + offset + shift, "+", 1.0)
    assert len(chain([one, other])) == (1 if abs(shift) <= 20 else 2)


def test_tiles_cover_every_base():
    codes = {"a": encode("A" * 1234), "b": encode("C" * 30), "c": encode("")}
    names = [line[1:] for block in tiles(codes) for line in block.decode().splitlines() if line[0] == ">"]
    covered = {
        base for name in names if name[0] == "0" for base in range(int(name[2:]), int(name[2:]) + TILE)
    }
    assert covered == set(range(1234))
    assert [name for name in names if name[0] != "0"] == ["1:0"]


@pytest.fixture(scope="module")
def diverged(tmp_path_factory):
    """A host with a 92 % copy (other strand) and a 75 % copy of parts of a vector that is itself in the index."""
    rng = np.random.default_rng(11)
    vector = draw(rng, 1500)
    host = {
        "c1": draw(rng, 4000) + turned(changed(vector[300:800], rng, 0.08)) + draw(rng, 4000),
        "c2": draw(rng, 2000) + changed(vector[900:1400], rng, 0.25) + draw(rng, 2000),
    }
    fasta = tmp_path_factory.mktemp("host") / "reference.fa"
    write_fasta(fasta, [*host.items(), (f"{VECTOR_PREFIX}v", vector)])
    build_index(fasta)
    sizes = {name: len(text) for name, text in host.items()}
    return vector, ReferenceIndex(fasta, sizes, {f"{VECTOR_PREFIX}v": "v"})


def test_diverged_copies_are_found_though_the_vector_itself_is_in_the_index(diverged):
    vector, reference = diverged
    codes = {"v": encode(vector)}
    found = align_tiles(codes, reference, 1, min_identity=0.85, min_bp=24)
    places = outermost(chain(found["v"]))
    mask = np.zeros(len(vector), bool)
    for place in places:
        mask[place.start : place.end] = True
    assert mask[900:1400].mean() < 0.4
    mask[:] = False
    for place in (p for p in places if p.contig == "c1"):
        assert place.strand == "-"
        mask[place.start : place.end] = True
    assert mask[310:790].mean() > 0.9
    assert not mask[:290].any()
    assert not mask[810:].any()
    for place in (p for p in places if p.contig == "c1"):  # the place in the host belongs to the stretch
        assert abs((4500 - place.host_end) - (place.start - 300)) <= 2
    assert found == align_tiles(codes, reference, 2, min_identity=0.85, min_bp=24)


def test_the_pass_leaves_the_vectors_own_contig_out(diverged):
    vector, reference = diverged
    with open_letters(reference.fasta) as letters:
        found = scan_host(letters, reference.contigs, {"v": encode(vector)}, min_bp=24)
    assert {s.contig for s in found.stretches["v"]} <= {"c1", "c2"}
    assert found.word_counts(encode(vector))[0] == 0
