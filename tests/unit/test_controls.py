"""Control places: where they fall, what their reads show, and which of them would be sites."""

import random
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from insertion_toy import clones_table, collect, genes_table

from integrasite.align.inserts import align_inserts
from integrasite.align.reference import ReferenceIndex, build_reference
from integrasite.analyse.controls import (
    Shapes,
    contig_weights,
    controls_table,
    count_shapes,
    cut_inserts,
    draw_places,
    join_shapes,
    judge_places,
    mappable_fractions,
    read_sex,
)
from integrasite.analyse.insertion_tests import control_keys
from integrasite.analyse.proximity import KnownBases, measure_proximity
from integrasite.config.calling import Calling
from integrasite.errors import GenomeError
from integrasite.io.windows import open_windows
from integrasite.model.fates import Fate

CALLING = Calling()
CONTIGS = {"chr1": 1000, "chrX": 500, "chrY": 300, "chrM": 100}
SHAPES = Shapes(np.array([[60, 60, 60], [200, 100, 80], [90, 90, 0]]), np.array([1, 2, 1]))
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
COLUMNS = ["contig", "position", "is_forward", "length", "junction", "linker"]
needs_bwa = pytest.mark.skipif(shutil.which("bwa") is None, reason="bwa is not on PATH")


def dna(n: int, source: random.Random) -> str:
    return "".join(source.choices("ACGT", k=n))


def windows_of(sequences: dict[str, str]):
    """Bases by place, N beyond the ends, as `open_windows` gives them."""

    def window(contig: str, start: int, end: int) -> str:
        return "".join(
            sequences[contig][i] if 0 <= i < len(sequences[contig]) else "N" for i in range(start, end)
        )

    return window


def places_of(rows: list[tuple]) -> pd.DataFrame:
    """Rows of `PLACES` from (insert, contig, position, is_forward, breakpoint, posterior)."""
    table = pd.DataFrame(
        rows, columns=["insert", "contig", "position", "is_forward", "breakpoint", "posterior"]
    )
    return table.assign(fate=int(Fate.USABLE), score=100)


# where controls fall


@pytest.mark.parametrize(
    ("text", "sex"),
    [("F", "F"), (" female ", "F"), ("XX", "F"), ("M", "M"), ("Male", "M"), ("", ""), ("unknown", ""), ("fm", "")],
)  # fmt: skip
def test_sex_is_read_only_where_the_text_says_it(text: str, sex: str) -> None:
    assert read_sex(text) == sex


@pytest.mark.parametrize(
    ("sites", "copies"),
    [
        ([("F", 10)], (2, 2, 0)),
        ([("M", 10)], (2, 1, 1)),
        ([("", 10)], (2, 1.5, 0.5)),
        ([("F", 10), ("M", 0)], (2, 2, 0)),  # a subject without sites does not count
        ([("M", 0)], (2, 1, 1)),  # unless none has any
    ],
)
def test_contigs_weigh_as_their_copies(
    sites: list[tuple[str, int]], copies: tuple[float, float, float]
) -> None:
    expected = np.array([1000 * copies[0], 500 * copies[1], 300 * copies[2], 0.0])
    assert contig_weights(CONTIGS, sites) == pytest.approx(expected / expected.sum())


def test_two_subjects_mix_by_their_sites_and_names_need_no_chr() -> None:
    plain = {"1": 1000, "X": 500, "Y": 300, "MT": 100}
    both = contig_weights(plain, [("F", 30), ("M", 10)])
    apart = [contig_weights(CONTIGS, [(sex, 1)]) for sex in "FM"]
    assert both == pytest.approx(0.75 * apart[0] + 0.25 * apart[1])
    with pytest.raises(GenomeError, match="no contig can hold"):
        contig_weights({"chrM": 100}, [("F", 1)])


def test_places_are_even_over_known_bases_and_never_on_unknown_ones() -> None:
    source = random.Random(5)
    sequences = {"a": dna(3000, source), "b": "N" * 2000 + dna(1000, source)}
    lengths = {name: len(sequence) for name, sequence in sequences.items()}
    arguments = (lengths, contig_weights(lengths, []), SHAPES, 8000, windows_of(sequences))
    drawn = draw_places(*arguments, np.random.default_rng(3))
    assert len(drawn) == 8000
    on_b = drawn[drawn["contig"] == 1]
    assert (on_b["position"] >= 2000).all()
    assert len(on_b) == pytest.approx(2000, abs=5 * np.sqrt(8000 * 0.25 * 0.75))
    assert drawn["is_forward"].mean() == pytest.approx(0.5, abs=0.03)
    shapes = drawn.groupby(["length", "junction", "linker"]).size() / 8000
    assert shapes.to_dict() == pytest.approx(
        {(60, 60, 60): 0.25, (90, 90, 0): 0.25, (200, 100, 80): 0.5}, abs=0.03
    )
    pd.testing.assert_frame_equal(drawn, draw_places(*arguments, np.random.default_rng(3)))
    assert not drawn.equals(draw_places(*arguments, np.random.default_rng(4)))


def test_a_genome_of_unknown_bases_is_said() -> None:
    with pytest.raises(GenomeError, match="hardly any base"):
        draw_places({"a": 50}, np.ones(1), SHAPES, 5, windows_of({"a": "N" * 50}), np.random.default_rng(1))


# what their reads show


def test_shapes_are_those_of_inserts_with_a_place() -> None:
    places = places_of(
        [
            (0, 0, 100, True, 249, 1.0),
            (1, 0, 900, False, 751, 0.6),  # the likeliest place first
            (1, 0, 100, True, 140, 0.4),
            (2, 0, 50, True, -1, 1.0),  # no linker read: the junction read's own length
            (3, 0, 50, True, -1, 1.0),  # the breakpoint is not known
            (4, -1, -1, True, -1, 0.0),
            (5, 0, 500, True, 549, 1.0),  # an inserted base: no read is longer than its fragment
        ]
    )
    places.loc[places["insert"] == 4, "fate"] = int(Fate.UNALIGNED)
    shapes = count_shapes(np.array([100, 100, 70, 80, 90, 51]), np.array([90, 90, 0, 60, 90, 50]), places)
    assert shapes.sizes.tolist() == [[50, 50, 50], [70, 70, 0], [150, 100, 90]]
    assert shapes.counts.tolist() == [1, 1, 2]
    twice = join_shapes([shapes, shapes])
    assert (twice.sizes.tolist(), twice.counts.tolist()) == (shapes.sizes.tolist(), [2, 2, 4])
    assert join_shapes([]).sizes.shape == (0, 3)


@given(st.integers(0, 260), st.booleans(), st.integers(30, 120), st.integers(0, 2**32 - 1))
def test_a_place_reads_the_same_from_the_other_strand_of_the_genome(
    position: int, is_forward: bool, length: int, seed: int
) -> None:
    sequence = dna(261, random.Random(seed))
    turned = sequence[::-1].translate(COMPLEMENT)
    row = pd.DataFrame([(0, position, is_forward, length, min(length, 50), 40)], columns=COLUMNS)
    mirrored = row.assign(position=260 - position, is_forward=not is_forward)
    first = cut_inserts(row, ["a"], windows_of({"a": sequence}))
    assert first.equals(cut_inserts(mirrored, ["a"], windows_of({"a": turned})))
    junction, linker = (first[name][0].as_py().decode() for name in ("junction", "linker"))
    own = sequence if is_forward else turned
    start = position if is_forward else 260 - position
    assert junction == own[start : start + min(length, 50)].ljust(min(length, 50), "N")
    whole = own[start : start + length].ljust(length, "N")
    assert linker == whole[::-1].translate(COMPLEMENT)[:40]


# which would be sites


def test_each_place_is_judged_as_a_site_is() -> None:
    drawn = pd.DataFrame([(0, 100 * i, True, 50, 50, 50) for i in range(7)], columns=COLUMNS)
    places = places_of(
        [
            (0, 0, 0, True, 49, 1.0),
            (1, 0, 100, True, 149, 0.5),
            (1, 0, 700, True, 749, 0.5),
            (2, 0, 205, True, 249, 1.0),  # another position
            (3, 0, 300, False, 251, 1.0),  # another strand
            (4, 0, 400, True, 449, 0.6),  # one junction with two breakpoints is one place
            (4, 0, 400, True, 459, 0.4),
            (5, 0, 500, True, 549, 1.0),
            (6, -1, -1, True, -1, 0.0),
        ]
    )
    listed = np.arange(7) == 5
    outcome = judge_places(drawn, places, listed, CALLING, is_sheared=True)
    assert outcome.tolist() == [
        "unique", "multihit", "misplaced", "misplaced", "unique", "blacklisted", "unplaced",
    ]  # fmt: skip
    table = controls_table(drawn, ["chr1"], outcome)
    assert table["is_unique"].sum() == 2
    fractions = mappable_fractions(table)
    assert fractions[["contig", "n_drawn", "n_unique"]].to_numpy().tolist() == [["*", 7, 2], ["chr1", 7, 2]]
    assert (fractions["fraction_low"] < 2 / 7).all() and (fractions["fraction_high"] > 2 / 7).all()
    assert control_keys(table, {"chr1": 1}).tolist() == [(1 << 40) + 0, (1 << 40) + 400]


@pytest.fixture(scope="module")
def repeats(tmp_path_factory: pytest.TempPathFactory) -> ReferenceIndex:
    """60 kb of ordinary sequence, and 20 kb that stand there twice, on either strand."""
    source = random.Random(21)
    twice = dna(20_000, source)
    sequence = dna(30_000, source) + twice + dna(30_000, source) + twice[::-1].translate(COMPLEMENT)
    folder = tmp_path_factory.mktemp("repeats")
    (folder / "host.fa").write_text(f">chr1\n{sequence}\n", encoding="utf-8")
    (folder / "vector.fa").write_text(f">v\n{dna(2000, source)}\n", encoding="utf-8")
    return build_reference(folder / "host.fa", {"v": folder / "vector.fa"}, folder / "index")


def judged(reference: ReferenceIndex, n: int, seed: int, threads: int = 1) -> pd.DataFrame:
    with open_windows(reference.fasta) as bases:
        drawn = draw_places(reference.contigs, np.ones(1), SHAPES, n, bases, np.random.default_rng(seed))
        inserts = cut_inserts(drawn, ["chr1"], bases)
    assert isinstance(inserts, pa.Table)
    places = align_inserts(inserts, reference, CALLING, threads).to_pandas()
    outcome = judge_places(drawn, places, np.zeros(n, bool), CALLING, is_sheared=True)
    return controls_table(drawn, ["chr1"], outcome)


@needs_bwa
def test_a_place_in_a_repeat_is_no_control_and_all_others_are(repeats: ReferenceIndex) -> None:
    table = judged(repeats, 1500, 6, threads=2)
    at = table["position"] - 1
    length = table["length"].where(table["strand"] == "+", -table["length"])
    ends = [at, at + length]
    copies = ((30_000, 50_000), (80_000, 100_000))
    inside = sum(
        ((ends[0] >= a) & (ends[0] < b) & (ends[1] >= a) & (ends[1] < b)).astype(int) for a, b in copies
    ).astype(bool)
    beyond = (ends[1] < 0) | (ends[1] >= 100_000)
    apart = sum(
        (np.minimum(*ends) - 30 < b) & (np.maximum(*ends) + 30 > a) for a, b in copies
    ) == 0  # fmt: skip
    assert set(table.loc[inside & ~beyond, "outcome"]) == {"multihit"}
    assert set(table.loc[apart & ~beyond, "outcome"]) == {"unique"}
    assert 0.35 < inside.mean() < 0.45
    pd.testing.assert_frame_equal(table, judged(repeats, 1500, 6, threads=1))


@needs_bwa
def test_repeats_make_even_sites_look_drawn_to_genes_unless_controls_are_mappable(
    repeats: ReferenceIndex,
) -> None:
    """40 % of the genome cannot hold a unique site, so a gene on 20 % of the bases holds 33 % of sites without preference."""
    genes = genes_table([("G", "chr1", 5_000, 25_000, "+")])
    known = KnownBases({"chr1": 100_000}, pd.DataFrame({"contig": [], "start": [], "end": []}))
    table = judged(repeats, 3000, 7)
    below = {"controls": 0, "known bases": 0}
    for seed in range(20):
        rng = np.random.default_rng(seed)
        at = rng.choice(np.concatenate([np.arange(100, 29_900), np.arange(50_100, 79_900)]), 500)
        clones = clones_table([("P1", "chr1", int(x) + 1, 1.0, 14) for x in at])
        sites = collect(clones, genes, CALLING)
        keys = control_keys(table, sites.places.contigs)
        for word, controls in (("controls", keys), ("known bases", None)):
            rows, _ = measure_proximity(sites, genes, {"one": ["G"]}, known, controls=controls)
            row = rows[(rows["feature"] == "in_gene") & (rows["test"] == "all_sites")].iloc[0]
            below[word] += int(row["p"] < 0.05)
            near = 1 / 3 if word == "controls" else 0.2
            assert row["base_rate"] == pytest.approx(near, abs=0.04)
    assert below["known bases"] == 20
    assert below["controls"] <= 4  # more than 4 of 20 at 5 %: once in 400
