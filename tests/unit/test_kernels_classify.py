"""Every fate by a pair built for it, for both vector ends; exact ends of the insert; and the slow twin."""

import numpy as np
import pytest
from builders import (
    BARCODE,
    BEYOND,
    CIRCLE,
    HOST,
    LIMITS,
    LINKER,
    OTHER_BARCODE,
    OTHER_LINKER,
    PROTOCOLS,
    SUFFIX,
    UMI,
    ReadBuilder,
    Seen,
    Source,
    classify,
    classify_one,
    make_batch,
    random_bases,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from integrasite.kernels.classify import classify_pairs
from integrasite.kernels.codes import umi_to_text
from integrasite.kernels.reference import reverse_complement
from integrasite.kernels.reference_pairs import Pair
from integrasite.kernels.reference_pairs import classify as classify_slowly
from integrasite.model.fates import Fate

ENDS = ("U5", "U3")
BOTH = Source([(BARCODE, LINKER, "U5"), (OTHER_BARCODE, OTHER_LINKER, "U5")])
SPAN_FATES = {"usable", "too_short"}


def build(end: str) -> ReadBuilder:
    return ReadBuilder(PROTOCOLS[end])


def substitute(text: str, *places: int) -> str:
    """The text with other bases at these places (negative ones from its end)."""
    letters = list(text)
    for place in places:
        letters[place] = "CATG"["ACGT".index(letters[place])]
    return "".join(letters)


def lose(text: str, place: int) -> str:
    return text[:place] + text[place + 1 :]


def gain(text: str, place: int) -> str:
    return text[:place] + "T" + text[place:]


def rc_linker(builder: ReadBuilder) -> str:
    return reverse_complement(builder.full_linker)


FATES = {
    # as it should be
    "usable": ("usable", lambda b: b),
    # two of the barcode's twelve bases misread: fits no row
    "barcode two off": ("unassigned", lambda b: b.with_(index=substitute(BARCODE, 0, 5))),
    # index read full of N
    "barcode unread": ("unassigned", lambda b: b.with_(index="N" * 12)),
    # an index read shorter than the barcode by two: the missing bases are mismatches
    "barcode cut off": ("unassigned", lambda b: b.with_(index=BARCODE[:10])),
    # Phred 10 all over: one base in ten is wrong
    "low quality": ("low_quality", lambda b: b.with_(quality=10)),
    # an empty junction read
    "empty junction": ("low_quality", lambda b: b.with_(n_junction=0)),
    # host DNA from the first base: the primer bound elsewhere
    "no vector at all": ("mispriming", lambda b: b.with_(lead="")),
    # the primer, then host: not a base of the LTR
    "primer then host": ("mispriming", lambda b: b.with_(lead=b.protocol.primer)),
    # the LTR stops two bases before its end
    "LTR cut by two": ("truncated_ltr", lambda b: b.with_(lead=b.end[:-2], insert="GG" + HOST)),
    # ... or by one
    "LTR cut by one": ("truncated_ltr", lambda b: b.with_(lead=b.end[:-1], insert="GG" + HOST)),
    # the last base misread: might as well be a truncated LTR
    "LTR last base": ("truncated_ltr", lambda b: b.with_(lead=substitute(b.end, -1))),
    "LTR last base but one": ("truncated_ltr", lambda b: b.with_(lead=substitute(b.end, -2))),
    "LTR last base unread": ("truncated_ltr", lambda b: b.with_(lead=b.end[:-1] + "N")),
    # the linker stands inside the LTR
    "LTR cut by the linker": ("truncated_ltr", lambda b: b.with_(lead=b.end[:-4], insert="")),
    # nothing, or up to three bases, between LTR and linker
    "no insert": ("no_insert", lambda b: b.with_(insert="")),
    "three bases": ("no_insert", lambda b: b.with_(insert="TTG")),
    # the LTR goes on inside the vector
    "internal": ("internal_vector", lambda b: b.with_(insert=BEYOND[b.protocol.vector_end][:300])),
    # ... and so briefly that the linker follows
    "internal, short": ("internal_vector", lambda b: b.with_(insert=BEYOND[b.protocol.vector_end][:22])),
    # ... with two read errors
    "internal, errors": (
        "internal_vector",
        lambda b: b.with_(insert=substitute(BEYOND[b.protocol.vector_end][:300], 4, 20)),
    ),
    # ... with a base lost behind the LTR
    "internal, base lost": (
        "internal_vector",
        lambda b: b.with_(insert=BEYOND[b.protocol.vector_end][1:300]),
    ),
    # the other LTR behind a few bases
    "circle": ("two_ltr_circle", lambda b: b.with_(insert="GTAC" + CIRCLE[b.protocol.vector_end])),
    "circle, no bases between": ("two_ltr_circle", lambda b: b.with_(insert=CIRCLE[b.protocol.vector_end])),
    # a patient's virus: one base in six differs from the reference
    "circle, divergent": (
        "two_ltr_circle",
        lambda b: b.with_(insert="GTAC" + substitute(CIRCLE[b.protocol.vector_end], 3, 9, 12, 18, 25, 31)),
    ),
    # the other LTR lacks its first bases
    "circle, shortened": ("two_ltr_circle", lambda b: b.with_(insert=CIRCLE[b.protocol.vector_end][7:])),
    # the other library's linker under this library's barcode
    "hop": ("wrong_linker", lambda b: b.with_(linker=OTHER_LINKER)),
    # nobody's linker
    "no linker": ("no_linker", lambda b: b.with_(linker_start=random_bases(47, 3))),
    # the linker read is empty though its mates are not
    "empty linker read": ("no_linker", lambda b: b.with_(n_linker=0)),
    # too little host to be placed
    "nineteen bases": ("too_short", lambda b: b.with_(insert=HOST[:19])),
    "twenty bases": ("usable", lambda b: b.with_(insert=HOST[:20])),
    # the linker read ends after ten host bases
    "linker read short": ("too_short", lambda b: b.with_(n_linker=57)),
    # the junction read ends after ten host bases
    "junction read short": ("too_short", lambda b: b.with_(n_junction=len(b.end) + 10)),
    # one base of the barcode misread: still the only row it fits
    "barcode one off": ("usable", lambda b: b.with_(index=substitute(BARCODE, 3))),
    "barcode one N": ("usable", lambda b: b.with_(index="N" + BARCODE[1:])),
    # an index read longer than the barcode
    "barcode and more": ("usable", lambda b: b.with_(index=BARCODE + "ATC")),
    # indels and errors that must be forgiven
    "first base unread": ("usable", lambda b: b.with_(lead="N" + b.end[1:])),
    "first base lost": ("usable", lambda b: b.with_(lead=b.end[1:])),
    "base gained in the primer": ("usable", lambda b: b.with_(lead=gain(b.end, 4))),
    "base lost in the primer": ("usable", lambda b: b.with_(lead=lose(b.end, 3))),
    "primer misread twice": ("usable", lambda b: b.with_(lead=substitute(b.end, 2, 7))),
    "LTR misread": ("usable", lambda b: b.with_(lead=substitute(b.end, -5))),
    "linker: first base unread": ("usable", lambda b: b.with_(linker_start="N" + b.full_linker[1:])),
    "linker: first base lost": ("usable", lambda b: b.with_(linker_start=b.full_linker[1:])),
    "linker: base gained first": ("usable", lambda b: b.with_(linker_start="T" + b.full_linker)),
    "linker: base lost in the prefix": ("usable", lambda b: b.with_(linker_start=lose(b.full_linker, 9))),
    "linker: base gained in the prefix": ("usable", lambda b: b.with_(linker_start=gain(b.full_linker, 9))),
    "linker: base lost in the UMI": ("usable", lambda b: b.with_(linker_start=lose(b.full_linker, 25))),
    "linker: base gained in the UMI": ("usable", lambda b: b.with_(linker_start=gain(b.full_linker, 25))),
    "linker: base lost in the suffix": ("usable", lambda b: b.with_(linker_start=lose(b.full_linker, 37))),
    "linker: base gained in the suffix": ("usable", lambda b: b.with_(linker_start=gain(b.full_linker, 37))),
    "linker: three errors a part": (
        "usable",
        lambda b: b.with_(linker_start=substitute(b.full_linker, 1, 6, 12, 33, 36, 40)),
    ),
    # Ns in the host, up to one in ten of the first sixty bases
    "host unread": ("usable", lambda b: b.with_(insert=HOST[:5] + "N" + HOST[6:])),
    # homopolymers at the junction and at the breakpoint
    "homopolymer at the junction": ("usable", lambda b: b.with_(insert="A" * 25 + HOST[:100])),
    "homopolymer at the breakpoint": ("usable", lambda b: b.with_(insert=HOST[:60] + "T" * 25)),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("case", FATES)
def test_built_pair_gets_its_fate(end: str, case: str) -> None:
    expected, change = FATES[case]
    source = Source([(BARCODE, LINKER, end), (OTHER_BARCODE, OTHER_LINKER, end)])
    pair = change(build(end))
    others = [build(end), build(end).with_(insert=HOST[:50])]
    alone, _, _ = classify(source, [pair, *others])
    *_, last = classify(source, [*others, pair])
    assert alone.fate == expected
    assert alone == last  # a pair's answer does not depend on what stands beside it
    slow = classify_slowly(pair.pair(), source.libraries(), LIMITS)
    assert (slow.fate.word, slow.row) == (alone.fate, alone.row)


def test_every_fate_of_the_stage_is_built() -> None:
    decided = {fate.word for fate in Fate if fate < Fate.AUTOINTEGRATION}
    assert {expected for expected, _ in FATES.values()} == decided


@pytest.mark.parametrize("end", ENDS)
def test_usable_pair_is_cut_exactly(end: str) -> None:
    builder = build(end)
    seen = classify_one(builder)
    assert builder.junction_read()[slice(*seen.junction)] == builder.insert[: 140 - len(builder.end)]
    assert builder.linker_read()[slice(*seen.linker)] == reverse_complement(builder.insert)[: 150 - 47]
    assert seen.umi == UMI


LINKERS = {
    "UMI within": LINKER,
    "no UMI": LINKER.replace("N", ""),
    "UMI first": "N" * 12 + SUFFIX,
    "UMI last": "CGCAGACATCCCGTCCCATGA" + "N" * 12,
    # the suffix is too short to be looked for; what stands before the UMI is
    "short suffix": "CGCAGACATCCCGTCCCATGA" + "N" * 10 + "ACGT",
    "none": "",
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("linker", LINKERS.values(), ids=list(LINKERS))
@pytest.mark.parametrize(
    "reads", [(150, 150), (150, 80), (70, 150)], ids=["long", "short linker", "short junction"]
)
def test_short_inserts_end_exactly(end: str, linker: str, reads: tuple[int, int]) -> None:
    """Both spans end where the insert ends, as soon as either read shows eight bases of the other adapter."""
    for length in range(41):
        builder = build(end).with_(
            linker=linker, insert=HOST[:length], n_junction=reads[0], n_linker=reads[1], umi=UMI
        )
        seen = classify_one(builder)
        expected = "no_insert" if length <= 3 else "too_short" if length < 20 else "usable"
        assert seen.fate == expected, length
        if length > 3:
            shown = builder.insert[: reads[0] - len(builder.end)]
            shown_back = reverse_complement(builder.insert)[: reads[1] - len(builder.full_linker)]
            assert builder.junction_read()[slice(*seen.junction)] == shown, length
            assert builder.linker_read()[slice(*seen.linker)] == shown_back, length


def test_single_end_read_knows_its_insert_and_umi() -> None:
    for length in range(41):
        builder = build("U5").with_(insert=HOST[:length])
        seen = classify_one(builder, is_single=True)
        assert seen.fate == ("no_insert" if length <= 3 else "too_short" if length < 20 else "usable")
        if length > 3:
            assert builder.junction_read()[slice(*seen.junction)] == builder.insert
            assert seen.linker == (0, 0) and seen.umi == UMI
    long = classify_one(build("U5"), is_single=True)
    assert long.fate == "usable" and long.junction[1] == 140  # the read ends in the host; no UMI was read
    assert long.umi == "A" * 12


@pytest.mark.parametrize("place", [16 + 12 - 1, 31 + 3, 31 + 8, 31 + 12, 31 + 13])
@pytest.mark.parametrize("change", [lose, gain], ids=["lost", "gained"])
def test_linker_with_an_indel_keeps_the_breakpoint(place: int, change) -> None:  # type: ignore[no-untyped-def]
    """A synthesised linker often lacks a base; counted as substitutions, the breakpoint would be off by one."""
    builder = build("U5")
    damaged = change(builder.full_linker, place)
    seen = classify_one(builder.with_(linker_start=damaged))
    read = builder.with_(linker_start=damaged).linker_read()
    assert seen.fate == "usable"
    assert read[slice(*seen.linker)] == reverse_complement(builder.insert)[: seen.linker[1] - seen.linker[0]]


@pytest.mark.parametrize("place", range(3, 15))
def test_read_through_into_a_linker_that_lacks_a_base(place: int) -> None:
    builder = build("U5")
    behind = lose(rc_linker(builder), place)
    for length in (0, 10, 33):
        short = builder.with_(insert=HOST[:length], behind=behind, n_linker=150)
        seen = classify_one(short, is_single=True)
        if length == 0:
            assert seen.fate == "no_insert"
        else:
            assert short.junction_read()[slice(*seen.junction)] == HOST[:length]


def test_linker_that_begins_as_the_ltr_ends() -> None:
    """RC(linker) = CAGTCC...: after LTR end CA the insert's length is not confused by the repeated bases."""
    linker = "CGCAGACATCCCGTCCCAT" + "N" * 12 + "CTCCGCTTAAGGGACTG"
    for length in (0, 1, 2, 3, 4, 20, 30):
        builder = build("U5").with_(linker=linker, insert=HOST[:length])
        seen = classify_one(builder)
        assert seen.fate == ("no_insert" if length < 4 else "too_short" if length < 20 else "usable")
        if length > 3:
            assert builder.junction_read()[slice(*seen.junction)] == HOST[:length]
    # an LTR that stops before CA, and the linker gives the missing bases: no host between them either way
    assert (
        classify_one(build("U5").with_(linker=linker, lead=build("U5").end[:-2], insert="")).fate
        == "no_insert"
    )


def test_short_patterns_are_not_met_by_chance() -> None:
    """Four bases of a linker's suffix stand in nearly every read; no insert may be cut there."""
    linker = "CGCAGACATCCCGTCCCATGA" + "N" * 10 + "ACGT"
    for seed in range(40):
        insert = random_bases(300, 100 + seed)
        seen = classify_one(build("U5").with_(linker=linker, insert=insert))
        assert seen.junction == (19, 140), seed


# Demultiplexing


def test_ambiguous_barcode_is_unassigned() -> None:
    """One substitution from two barcodes alike: fits both, so neither."""
    near = "AATCCGTACACG"  # two bases from BARCODE
    source = Source([(BARCODE, LINKER, "U5"), (near, LINKER, "U5")])
    one_off = [BARCODE[:10] + "CC", BARCODE[:10] + "GG"]
    assert [seen.fate for seen in classify(source, [build("U5").with_(index=i) for i in one_off])] == [
        "unassigned"
    ] * 2
    exact = classify(source, [build("U5").with_(index=i) for i in (BARCODE, near)])
    assert [seen.row for seen in exact] == [0, 1]


def test_barcode_at_distance_one_from_the_other_is_taken_where_exact() -> None:
    near = substitute(BARCODE, 0)
    source = Source([(BARCODE, LINKER, "U5"), (near, OTHER_LINKER, "U5")])
    seen = classify(source, [build("U5"), build("U5").with_(index=near, linker=OTHER_LINKER)])
    assert [(s.row, s.fate) for s in seen] == [(0, "usable"), (1, "usable")]


def test_hop_counts_for_the_library_of_the_barcode() -> None:
    seen = classify(BOTH, [build("U5").with_(linker=OTHER_LINKER)])[0]
    assert (seen.fate, seen.row, seen.barcode, seen.linker_row) == ("wrong_linker", 0, 0, 1)


def test_linker_within_the_allowed_errors_of_anothers_is_still_the_nearest() -> None:
    """Three bases apart and three errors allowed: the first row must not take what the second fits better."""
    near = substitute(LINKER, 0, 4, 8)
    source = Source([(BARCODE, LINKER, "U5"), (OTHER_BARCODE, near, "U5")])
    seen = classify(
        source,
        [
            build("U5").with_(linker=near),
            build("U5"),
            build("U5").with_(linker_start=substitute(build("U5").full_linker, 0)),
        ],
    )
    assert [s.fate for s in seen] == ["wrong_linker", "usable", "usable"]
    by_linker = Source([("", LINKER, "U5"), ("", near, "U5")])
    seen = classify(by_linker, [build("U5").with_(linker=near), build("U5")])
    assert [s.row for s in seen] == [1, 0]


def test_rows_that_share_a_barcode_are_told_apart_by_linker() -> None:
    source = Source([(BARCODE, LINKER, "U5"), (BARCODE, OTHER_LINKER, "U5")])
    seen = classify(
        source,
        [
            build("U5"),
            build("U5").with_(linker=OTHER_LINKER),
            build("U5").with_(linker_start=random_bases(47, 3)),
        ],
    )
    assert [(s.row, s.fate) for s in seen] == [(0, "usable"), (1, "usable"), (-1, "unassigned")]


def test_rows_without_barcode_are_told_apart_by_linker() -> None:
    source = Source([("", LINKER, "U5"), ("", OTHER_LINKER, "U3")])
    seen = classify(
        source,
        [
            build("U3").with_(linker=OTHER_LINKER, index=""),
            build("U5").with_(index=""),
            # a linker with a base lost is still the only one that fits
            build("U5").with_(index="", linker_start=lose(build("U5").full_linker, 7)),
            build("U5").with_(index="", linker_start=random_bases(47, 3)),
        ],
    )
    assert [(s.row, s.fate) for s in seen] == [
        (1, "usable"),
        (0, "usable"),
        (0, "usable"),
        (-1, "unassigned"),
    ]


def test_linker_that_fits_two_rows_equally_is_unassigned() -> None:
    """Two bases apart, and the read has neither's: one error from both."""
    near = substitute(LINKER, 0, 4)
    source = Source([("", LINKER, "U5"), ("", near, "U5")])
    between = build("U5").with_(linker_start=substitute(build("U5").full_linker, 0))
    assert classify(source, [between])[0].fate == "unassigned"


def test_row_without_barcode_beside_rows_with_one() -> None:
    """It claims pairs by its linker, whatever their index read; a pair without its linker is not its."""
    source = Source([(BARCODE, LINKER, "U5"), ("", OTHER_LINKER, "U5")])
    seen = classify(
        source,
        [
            build("U5"),
            build("U5").with_(linker=OTHER_LINKER, index="G" * 12),
            build("U5").with_(index="G" * 12),
            build("U5").with_(linker_start=random_bases(47, 3)),
        ],
    )
    assert [(s.row, s.fate) for s in seen] == [
        (0, "usable"),
        (1, "usable"),
        (-1, "unassigned"),
        (0, "no_linker"),
    ]


def test_single_row_without_barcode_takes_every_pair() -> None:
    source = Source([("", LINKER, "U5")])
    seen = classify(source, [build("U5"), build("U5").with_(linker_start=random_bases(47, 3))])
    assert [(s.row, s.fate) for s in seen] == [(0, "usable"), (0, "no_linker")]


def test_mixed_protocols_are_read_by_their_own() -> None:
    source = Source([(BARCODE, LINKER, "U5"), (OTHER_BARCODE, OTHER_LINKER, "U3")])
    seen = classify(
        source,
        [
            build("U5"),
            build("U3").with_(linker=OTHER_LINKER, barcode=OTHER_BARCODE),
            build("U3"),  # a U3 read under the U5 library's barcode
        ],
    )
    assert [s.fate for s in seen] == ["usable", "usable", "mispriming"]


# What must always hold


def damaged(draw: st.DrawFn, text: str, n: int) -> str:
    """The text with up to n random edits."""
    for _ in range(draw(st.integers(0, n))):
        if not text:
            return text
        at = draw(st.integers(0, len(text) - 1))
        base = draw(st.sampled_from("ACGTN"))
        text = draw(
            st.sampled_from([text[:at] + base + text[at + 1 :], lose(text, at), text[:at] + base + text[at:]])
        )
    return text


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    """Anything a sequencer might hand over: parts left out, damaged, mixed up."""
    end = draw(st.sampled_from(ENDS))
    builder = build(end)
    start = draw(st.integers(0, 200))
    length = draw(st.integers(0, 200))
    insert = draw(
        st.sampled_from(
            [HOST[start : start + length], BEYOND[end][:length], "GT" + CIRCLE[end][:length], "A" * length]
        )
    )
    linker = draw(st.sampled_from([LINKER, OTHER_LINKER]))
    builder = builder.with_(insert=damaged(draw, insert, 2), linker=linker)
    builder = builder.with_(
        lead=damaged(draw, builder.end[: draw(st.sampled_from([None, None, -2, 10]))], 3),
        linker_start=damaged(draw, builder.full_linker, 3),
        behind=damaged(draw, rc_linker(builder), 3),
        index=damaged(draw, draw(st.sampled_from([BARCODE, OTHER_BARCODE])), 2),
        n_junction=draw(st.integers(0, 150)),
        n_linker=draw(st.integers(0, 150)),
        quality=draw(st.sampled_from([37, 37, 37, 12])),
    )
    return builder.pair()


SOURCES = [
    BOTH,
    Source([("", LINKER, "U5"), ("", OTHER_LINKER, "U3")]),
    Source([(BARCODE, LINKER, "U5"), (BARCODE, OTHER_LINKER, "U3")]),
    Source([(BARCODE, "", "U3")]),
    Source([(BARCODE, LINKER, "U5"), ("", OTHER_LINKER, "U5")]),
    Source([("", "N" * 12 + SUFFIX, "U5")]),
    Source([("", LINKERS["UMI last"], "U3"), ("", LINKERS["no UMI"], "U5")]),
]
COMPILED = [(source, source.patterns(), source.libraries()) for source in SOURCES]


@settings(max_examples=200)
@given(st.lists(pairs(), min_size=1, max_size=4), st.sampled_from(range(len(SOURCES))), st.booleans())
def test_kernel_agrees_with_its_twin(drawn: list[Pair], number: int, is_single: bool) -> None:
    _, patterns, libraries = COMPILED[number]
    if is_single:
        drawn = [Pair(pair.junction, pair.quality, None, pair.index) for pair in drawn]
    elif not any(pair.linker for pair in drawn):
        return  # a batch without a linker base is single-end
    batch = make_batch(drawn)
    out = classify_pairs(batch, patterns, LIMITS)
    for k, pair in enumerate(drawn):
        slow = classify_slowly(pair, libraries, LIMITS)
        assert (Fate(int(out.fate[k])).word, int(out.row[k])) == (slow.fate.word, slow.row)
        if slow.fate.word not in SPAN_FATES:
            continue
        start = batch.junction_offsets[k]
        assert (out.junction_start[k] - start, out.junction_stop[k] - start) == slow.junction
        assert out.end_change[k] == slow.end_change
        if not is_single:
            start = batch.linker_offsets[k]
            assert (out.linker_start[k] - start, out.linker_stop[k] - start) == slow.linker
        n_umi = len(slow.umi)
        if n_umi:
            assert umi_to_text(out.umi[k : k + 1], n_umi)[0] == slow.umi.replace("N", "A")


@given(st.lists(pairs(), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_order_of_pairs_does_not_matter(drawn: list[Pair], random) -> None:  # type: ignore[no-untyped-def]
    """Also where reads begin with bases that the read before them ends with."""
    order = list(range(len(drawn)))
    random.shuffle(order)
    before = classify(BOTH, drawn) if any(pair.linker for pair in drawn) else []
    after = classify(BOTH, [drawn[k] for k in order]) if before else []
    assert [seen for k, seen in zip(order, after, strict=False)] == [before[k] for k in order[: len(before)]]


@given(st.lists(pairs(), min_size=1, max_size=6))
def test_spans_lie_inside_their_reads(drawn: list[Pair]) -> None:
    if not any(pair.linker for pair in drawn):
        return
    for pair, seen in zip(drawn, classify(BOTH, drawn), strict=True):
        if seen.fate == "usable":
            assert 0 < seen.junction[0] <= seen.junction[1] - LIMITS.min_insert
            assert seen.junction[1] <= len(pair.junction)
            assert 0 < seen.linker[0] <= seen.linker[1] - LIMITS.min_insert
            assert seen.linker[1] <= len(pair.linker or "")


def test_protocol_without_primer_does_not_look_before_the_read() -> None:
    """The bases before a read are another pair's: the LTR's first base there must not help."""
    protocol = PROTOCOLS["U5"].model_copy(update={"primer": "", "ltr_end": "GTGTGGAAAATCTCTAGCA"})
    source = Source([("", LINKER, "U5")], protocols={"U5": protocol})
    text = "TGTGGAAAATC" + HOST[:100]  # the first base missing, and the end missing
    pair = Pair(text, [37] * len(text), build("U5").linker_read(), "")
    before = Pair(HOST[:100] + "G", [37] * 101, build("U5").linker_read(), "")
    other = Pair(HOST[:100] + "A", [37] * 101, build("U5").linker_read(), "")
    after_g, after_a = classify(source, [before, pair])[1], classify(source, [other, pair])[1]
    assert after_g.fate == after_a.fate == classify_slowly(pair, source.libraries(), LIMITS).fate.word


def test_no_pairs() -> None:
    batch = make_batch([build("U5").pair()])
    empty = batch._replace(
        junction_offsets=np.zeros(1, np.int64),
        linker_offsets=np.zeros(1, np.int64),
        index_offsets=np.zeros(1, np.int64),
    )
    assert len(classify_pairs(empty, BOTH.patterns(), LIMITS).fate) == 0


def test_seen_is_comparable() -> None:
    assert isinstance(classify_one(build("U5")), Seen)
