"""Fragments at known sites: every fragment that there can be is made, so that counts and windows must agree exactly."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest

from integrasite.config.calling import Calling
from integrasite.io.tables import as_table
from integrasite.kernels.codes import Codes, decode, reverse_complement
from integrasite.kernels.genome_words import WORD, words_of
from integrasite.model.tables import MULTIHITS, TUMOUR_SITES
from integrasite.model.vector_map import HostLike, MappedVector
from integrasite.sites.tumour_counts import SitePlaces, count_sites, lay_out_places
from integrasite.sites.tumour_counts_alleles import HOST, tell_apart
from integrasite.sites.tumour_counts_places import host_words, mask_repeats, merge_regions, vector_like
from integrasite.sites.tumour_counts_reads import index_text, pool_fragments

CALLING = Calling()
SIZE = 12_000
AT = 6_000


def random_codes(seed: int, n: int) -> Codes:
    return np.random.default_rng(seed).integers(0, 4, n).astype(np.uint8)


VECTOR = MappedVector("lv", "lentivirus", 5, "provirus", random_codes(1, 3000), 234, 3234)


@dataclass
class Case:
    """A host contig with one provirus, and what calling said of it."""

    strand: int = 1
    tsd: int = 5
    host: Codes = field(default_factory=lambda: random_codes(2, SIZE))
    provirus: Codes = field(default_factory=lambda: np.concatenate([VECTOR.one_ltr, VECTOR.one_ltr[:234]]))
    known: tuple[int, ...] = (5, 3)
    more: dict[str, object] = field(default_factory=dict)

    @property
    def left(self) -> int:
        return AT + self.tsd - 1

    @property
    def carrier(self) -> Codes:
        """The chromosome with the vector."""
        middle = self.provirus if self.strand > 0 else reverse_complement(self.provirus)
        return np.concatenate([self.host[: self.left + 1], middle, self.host[AT:]])

    def site(self, **more: object) -> dict[str, object]:
        five, three = (self.left, AT) if self.strand > 0 else (AT, self.left)
        row: dict[str, object] = {
            "sample": "T1", "subject": "P1", "contig": "one", "position": three + 1, "vector": "lv",
            "strand": "+" if self.strand > 0 else "-", "site_id": "s", "cluster": "", "n_fragments_subject": 3,
        }  # fmt: skip
        ends = {5: (five, 0, 1), 3: (three, 233, -1)}
        for side in self.known:
            host, vector, direction = ends[side]
            row |= {f"host_{side}": host, f"vector_{side}": vector, f"vector_direction_{side}": direction}
            row |= {f"overlap_{side}": 0}
        return row | self.more | more


def bases_of(host: Codes):
    def bases(contig: str, start: int, end: int) -> Codes:
        assert contig == "one"
        out = np.full(end - start, 4, np.uint8)
        low, high = max(start, 0), min(end, host.size)
        out[low - start : high - start] = host[low:high]
        return out

    return bases


def counter(host: Codes):
    """How often words stand in the host."""
    words, n = np.unique(words_of(host, WORD, canonical=True)[1], return_counts=True)

    def counts(codes: Codes) -> np.ndarray:
        found = np.full(max(codes.size - WORD + 1, 0), -1, np.int64)
        starts, own = words_of(codes, WORD, canonical=True)
        row = np.minimum(np.searchsorted(words, own), words.size - 1)
        found[starts] = np.where(words[row] == own, n[row], 0)
        return found

    return counts


def places_of(
    case: Case, rows: list[dict[str, object]] | None = None, multihits=None, vector: MappedVector = VECTOR
) -> SitePlaces:
    sites, vectors = as_table(pd.DataFrame(rows or [case.site()]), TUMOUR_SITES), {"lv": vector}
    none = as_table(pd.DataFrame(), MULTIHITS)
    units, alleles = lay_out_places(
        sites, none if multihits is None else multihits, vectors, bases_of(case.host), CALLING
    )
    return SitePlaces(units, alleles, host_words(alleles, counter(case.host), vector_like(vectors.values())))


def fragments(codes: Codes, middle: int, length: int, step: int = 1) -> list[Codes]:
    """All fragments of a length that touch `middle`, and those around."""
    return [codes[s : s + length] for s in range(middle - length - 30, middle + 30, step)]


def texts(parts: list[Codes], name: str, read: int = 150, *, single: bool = False, errors=None):
    """FASTQ text of fragments; every second one is read from its other strand."""
    first, second = [], []
    for number, part in enumerate(parts):
        part = reverse_complement(part) if number % 2 else part
        mates = (part[:read], reverse_complement(part)[:read])
        if errors is not None:
            mates = tuple(errors(mate.copy()) for mate in mates)
        for mate, out in zip(mates, (first, second), strict=True):
            text = decode(mate)
            out.append(f"@{name}{number}\n{text}\n+\n{'F' * len(text)}\n")
    return index_text("".join(first).encode()), index_text(b"" if single else "".join(second).encode())


def count(case: Case, parts, places: SitePlaces | None = None, *, kept: float = 1.0, capture: bool = False):
    places = places or places_of(case)
    pool = pool_fragments(parts)
    return count_sites("T1", places, pool, np.full(len(places.units), kept), capture, CALLING)


def both(case: Case, length: int, **more: object):
    """Every fragment of either chromosome, once."""
    carrier = case.carrier
    ends = (case.left + 1, case.left + 1 + case.provirus.size)
    parts = [texts(fragments(case.host, AT, length), "h", **more)]
    return [*parts, *(texts(fragments(carrier, end, length), f"v{end}", **more) for end in ends)]


@pytest.mark.parametrize("strand", [1, -1])
@pytest.mark.parametrize(("known", "length"), [((5, 3), 400), ((5,), 200), ((3,), 200)])
def test_counts_are_the_windows(strand: int, known: tuple[int, ...], length: int) -> None:
    case = Case(strand=strand, known=known)
    row = count(case, both(case, length)).iloc[0]
    assert row["window_junction_5"] == row["n_junction_5"]
    assert row["window_junction_3"] == row["n_junction_3"]
    assert row["window_intact"] == row["n_intact"]
    # ten bases on either side, a few more where host and vector agree by chance
    assert length - 19 - 8 <= row["n_junction_5"] <= length - 19
    assert length - 24 - 12 <= row["n_intact"] <= length - 24


def test_single_reads_are_fragments_of_their_own_length() -> None:
    case = Case()
    row = count(case, both(case, 400, single=True)).iloc[0]
    lone = both(case, 150, single=True)
    again = count(case, lone).iloc[0]
    assert again["n_intact"] == again["window_intact"]
    assert again["n_junction_3"] == again["window_junction_3"] > 110
    assert row["window_junction_3"] == again["window_junction_3"]


@pytest.mark.parametrize(("tsd", "strand"), [(0, 1), (-40, -1), (4, -1)])
def test_lost_host_and_other_duplications(tsd: int, strand: int) -> None:
    case = Case(strand=strand, tsd=tsd)
    row = count(case, both(case, 250)).iloc[0]
    for kind in ("junction_5", "junction_3", "intact"):
        assert row[f"window_{kind}"] == row[f"n_{kind}"] > 160


def test_a_truncated_end_and_inserted_bases() -> None:
    whole = np.concatenate([VECTOR.one_ltr, VECTOR.one_ltr[:234]])
    inserted = np.array([0, 1, 2, 3, 0, 1], np.uint8)
    more = {"vector_5": 700, "overlap_3": -6}
    case = Case(provirus=np.concatenate([whole[700:], inserted]), more=more)
    row = count(case, both(case, 250)).iloc[0]
    for kind in ("junction_5", "junction_3", "intact"):
        assert row[f"window_{kind}"] == row[f"n_{kind}"] > 160


def test_copies_count_once_on_either_strand() -> None:
    case = Case()
    parts = both(case, 400)
    turned = [texts([reverse_complement(p) for p in fragments(case.host, AT, 400)], "copy")]
    once, twice = count(case, parts), count(case, [*parts, *turned, parts[0]])
    pd.testing.assert_frame_equal(once, twice)


def test_neither_the_order_of_reads_nor_that_of_sources_matters() -> None:
    case = Case()
    parts = both(case, 300)
    pd.testing.assert_frame_equal(count(case, parts), count(case, parts[::-1]))


def test_read_errors_lose_few_fragments() -> None:
    rng = np.random.default_rng(3)

    def errors(codes: Codes) -> Codes:
        wrong = rng.random(codes.size) < 0.005
        codes[wrong] = (codes[wrong] + rng.integers(1, 4, int(wrong.sum()))) % 4
        return codes

    case = Case()
    row = count(case, both(case, 400, errors=errors)).iloc[0]
    for kind in ("junction_5", "junction_3", "intact"):
        assert row[f"n_{kind}"] == pytest.approx(row[f"window_{kind}"], rel=0.03)
    assert row["n_intact"] <= row["window_intact"] + 3


def test_native_vector_and_other_sites_are_no_junctions() -> None:
    case, other = Case(), Case(host=random_codes(9, SIZE), strand=-1)
    native = texts(fragments(case.provirus, 900, 400), "n")
    elsewhere = texts(fragments(other.carrier, other.left + 1, 400), "e")
    row = count(case, [texts(fragments(case.host, AT, 400), "h"), native, elsewhere]).iloc[0]
    assert (row["n_junction_5"], row["n_junction_3"]) == (0, 0) and row["n_intact"] > 300


def test_a_noise_candidate_beside_a_site_takes_nothing_from_it_and_gets_nothing() -> None:
    case = Case()
    near = case.site(position=AT + 3, host_3=AT + 2, host_5=case.left + 2, n_fragments_subject=1)
    places = places_of(case, [case.site(), near])
    found = count(case, both(case, 400), places).set_index("position")
    alone = count(case, both(case, 400)).iloc[0]
    assert found.loc[AT + 1, "n_junction_3"] == alone["n_junction_3"]
    assert found.loc[AT + 1, "n_junction_5"] == alone["n_junction_5"]
    assert found.loc[AT + 3, ["n_junction_3", "n_junction_5"]].sum() == 0
    assert found.loc[AT + 3, "n_intact"] > 300


def test_capture_and_thinned_windows() -> None:
    case = Case()
    parts = both(case, 300)
    whole, half = count(case, parts).iloc[0], count(case, parts, kept=0.5).iloc[0]
    assert half["window_intact"] == whole["window_intact"] / 2
    assert half["window_junction_5"] == whole["window_junction_5"]
    assert count(case, parts, capture=True).iloc[0]["window_intact"] == 0


def test_no_reads() -> None:
    row = count(Case(), []).iloc[0]
    assert row[["n_junction_5", "n_junction_3", "n_intact", "window_intact"]].sum() == 0


def with_paralogue(case: Case, differ_every: int = 100) -> tuple[Case, Codes]:
    """The case with a near copy of the site's surroundings elsewhere in the host, and that copy."""
    copy = case.host[AT - 1500 : AT + 1500].copy()
    copy[::differ_every] = (copy[::differ_every] + 1) % 4
    host = case.host.copy()
    host[8_500:11_500] = copy
    return replace(case, host=host), host[8_000:12_000]


def test_fragments_of_a_near_copy_are_not_taken_for_intact() -> None:
    case, copy = with_paralogue(Case())
    own = both(case, 400)
    foreign = texts(fragments(copy, 2_000, 400), "f")
    alone, beside = count(case, own).iloc[0], count(case, [*own, foreign]).iloc[0]
    assert alone["n_intact"] > 300
    assert beside["n_intact"] == alone["n_intact"]
    assert alone["n_intact"] == pytest.approx(alone["window_intact"], abs=2)


@pytest.mark.parametrize("other_strand", [1, -1])
@pytest.mark.parametrize("copies", [(1, 3), (2, 2)])
def test_a_set_of_places_stands_for_one(other_strand: int, copies: tuple[int, int]) -> None:
    """Two equal places; of their copies `copies[0]` carry the vector."""
    part = random_codes(5, 3000)
    other = part if other_strand > 0 else reverse_complement(part)
    host = np.concatenate([part, random_codes(6, 500), other, random_codes(7, 500)])
    base = Case(host=host)
    at = 1500
    second = 3500 + (at if other_strand > 0 else 3000 - 1 - at)
    rows = [base.site(position=at + 1, host_3=at, host_5=at + 4, cluster="m-s", placement="multihit")]
    multihits = as_table(
        pd.DataFrame(
            {
                "subject": "P1", "sample": "T1", "cluster": "m-s", "site_id": "x", "contig": "one", "weight": 0.5,
                "position": [at + 1, second + 1], "strand": ["+", "+" if other_strand > 0 else "-"],
            }
        ),
        MULTIHITS,
    )  # fmt: skip
    places = places_of(base, rows, multihits)
    assert len(places.alleles) == 2
    carrier = np.concatenate([host[: at + 5], base.provirus, host[at:]])
    ends = (at + 5, at + 5 + base.provirus.size)
    rng = np.random.default_rng(8)

    def some(codes: Codes, middle: int, name: str, n: int):
        made = [p for p in fragments(codes, middle, 300) if p.size == 300]
        return texts([p for p in made for _ in range(n) if rng.random() < 0.25], name)

    n_vector, n_host = copies
    parts = [some(carrier, end, f"v{end}", n_vector) for end in ends]
    parts += [some(host, at, "h", n_host // 2), some(host, second, "o", (n_host + 1) // 2)]
    row = count(base, parts, places).iloc[0]
    with_vector = (row["n_junction_5"] + row["n_junction_3"]) / (
        row["window_junction_5"] + row["window_junction_3"]
    )
    without = row["n_intact"] / row["window_intact"]
    # four copies of two places are two of each, one or two of which carry the vector
    assert with_vector / (with_vector + without) == pytest.approx(copies[0] / 2, abs=0.17)


STRETCH = (1500, 2400)
"""Of the vector, and around `AT` in the host of `with_stretch`."""
FIRST = AT - 400


def with_stretch(turned: bool = False, differ_at: int = 0, **more: object) -> tuple[Case, MappedVector]:
    """A site within sequence that the vector has, too, and the vector map that knows it."""
    own = VECTOR.one_ltr[slice(*STRETCH)].copy()
    if differ_at:
        own[differ_at] = (own[differ_at] + 1) % 4
    case = Case(**more)
    host = case.host.copy()
    host[FIRST : FIRST + own.size] = reverse_complement(own) if turned else own
    like = HostLike(*STRETCH, "one", FIRST, FIRST + own.size, "-" if turned else "+", 1.0)
    return replace(case, host=host), replace(VECTOR, host_like=(like,))


def every_vector_fragment(length: int, provirus: Codes | None = None, step: int = 1):
    """All fragments of the vector's own stretch and its surroundings, as two other proviruses have them."""
    codes = Case().provirus if provirus is None else provirus
    middles = range(STRETCH[0], STRETCH[1] + length, length)
    starts = range(min(middles) - length, max(middles), step)
    return texts([codes[at : at + length] for at in starts], f"own{length}")


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("strand", [1, -1])
def test_fragments_of_the_vectors_own_stretch_are_not_taken_for_intact(turned: bool, strand: int) -> None:
    case, vector = with_stretch(turned, strand=strand)
    places = places_of(case, vector=vector)
    for length in (600, 800):
        parts = [*both(case, length), every_vector_fragment(length)]
        row = count(case, parts, places).iloc[0]
        # from the site to either end of the stretch, and ten bases beyond
        to_right, to_left = FIRST + 900 + 10 - AT, AT - FIRST + 10
        n_right, n_left = length - to_right - 10, length - to_left - 10
        assert row["n_intact"] == pytest.approx(max(n_right, 0) + n_left, abs=30)
        assert row["window_intact"] == pytest.approx(row["n_intact"], abs=3)
        assert row["why_open"] == ""
        # the junctions of the site are its own in any case
        assert row["window_junction_5"] == row["n_junction_5"] > 500


@pytest.mark.parametrize("length", [350, 432])
def test_where_hardly_any_fragment_leaves_the_stretch_the_fraction_stays_open(length: int) -> None:
    """With 432 bases some ten do, of 400: too few lengths to say how many that should be."""
    case, vector = with_stretch()
    parts = [*both(case, length), every_vector_fragment(length)]
    row = count(case, parts, places_of(case, vector=vector)).iloc[0]
    assert (row["window_intact"], row["why_open"]) == (0, "vector-like")
    assert row["n_intact"] == pytest.approx(max(length - 420, 0), abs=5)
    assert row["window_junction_5"] == row["n_junction_5"] > 300


def test_a_base_in_which_the_vector_differs_within_the_stretch_does_not_tell_host_from_vector() -> None:
    """The patient's vector, or the patient, may have the other base there."""
    case, vector = with_stretch(differ_at=450)
    provirus = case.provirus.copy()
    provirus[slice(*STRETCH)] = case.host[FIRST : FIRST + 900]
    places = places_of(case, vector=vector)
    row = count(case, [*both(case, 350), every_vector_fragment(350, provirus)], places).iloc[0]
    assert (row["n_intact"], row["window_intact"]) == (0, 0)


def test_a_copy_that_the_vector_map_does_not_list_is_told_by_its_words() -> None:
    """Of several places in the host the map keeps the best one."""
    case, vector = with_stretch()
    places = places_of(case, vector=replace(vector, host_like=()))
    row = count(case, [*both(case, 350), every_vector_fragment(350)], places).iloc[0]
    assert (row["n_intact"], row["window_intact"]) == (0, 0)


def test_a_short_stretch_costs_no_fragment() -> None:
    """As of an exon that the vector has, too: every read over it shows more."""
    host = Case().host.copy()
    host[AT - 20 : AT + 60] = VECTOR.one_ltr[1880:1960]
    case = Case(host=host)
    exon = replace(VECTOR, host_like=(HostLike(1880, 1960, "one", AT - 20, AT + 60, "+", 1.0),))
    parts = [*both(case, 400), every_vector_fragment(400)]
    row = count(case, parts, places_of(case, vector=exon)).iloc[0]
    assert row["n_intact"] == pytest.approx(row["window_intact"], abs=1) and row["n_intact"] > 340


def test_what_keeps_the_fraction_open_is_said() -> None:
    case = Case()
    assert count(case, both(case, 300)).iloc[0]["why_open"] == ""
    assert count(case, both(case, 300), capture=True).iloc[0]["why_open"] == "capture"
    assert count(case, []).iloc[0]["why_open"] == ""
    rows = [{"subject": "P1", "sample": "T1", "cluster": "m-s", "site_id": "x", "contig": "one", "weight": 0.04,
             "position": 100 + 10 * n, "strand": "+"} for n in range(21)]  # fmt: skip
    places = places_of(case, [case.site(cluster="m-s")], as_table(pd.DataFrame(rows), MULTIHITS))
    row = count(case, both(case, 300), places).iloc[0]
    assert (row["window_intact"], row["why_open"]) == (0, "repeat")


def test_tell_apart() -> None:
    one = np.zeros(60, np.uint8)
    assert tell_apart(one, one + 1, 10, 7) == 10
    # seven equal bases, then none: fifteen are needed to be seven ahead, as no base is read for certain
    other = one + 1
    other[:7] = 0
    assert tell_apart(one, other, 10, 7) == 15
    assert tell_apart(one, one, 10, 7) == 0


def test_regions_join_and_repeats_are_masked() -> None:
    case = Case()
    near = case.site(position=AT + 501, host_3=AT + 500, host_5=AT + 504)
    regions = merge_regions(places_of(case, [case.site(), near]).alleles)
    assert [(r.start, r.end) for r in regions] == [(AT - 600, AT + 505 + 600)]
    codes = random_codes(4, 600)
    n = np.ones(570, np.int64)
    n[200:260] = 100
    masked = mask_repeats(codes, lambda _: n)
    starts = set(words_of(masked, 25)[0].tolist())
    # words within bases 200 to 289 are gone, all others stay
    assert not starts & set(range(200, 266))
    assert starts >= set(range(200 - 24 + 0)) and starts >= set(range(290, 570))


def test_alleles_hold_what_the_chromosomes_hold() -> None:
    for strand in (1, -1):
        case = Case(strand=strand)
        allele = places_of(case).alleles[0]
        carrier, text = decode(case.carrier), decode(case.host)
        assert decode(allele.sequences[HOST]) in text
        assert all(decode(codes) in carrier for codes in allele.sequences[1:])
