"""Rates of hopping and recombination: from counts that a person can check, and from simulated reads."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from builders import (
    BARCODE,
    HOST,
    LIMITS,
    LINKER,
    OTHER_BARCODE,
    OTHER_LINKER,
    ReadBuilder,
    Source,
    make_batch,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from integrasite.cli.main import main
from integrasite.config.calling import Calling
from integrasite.curate.rates import (
    FoundIn,
    LibraryTags,
    chances,
    count_usable,
    estimate_crosstalk,
    exact_interval,
    fit_hop_share,
    visible_shares,
    why_not_estimable,
)
from integrasite.io.tables import read_parquet
from integrasite.kernels.codes import encode, leading_key
from integrasite.model.inserts import DISCORDANT, INSERTS, MOLECULES
from integrasite.model.tables import CROSSTALK
from integrasite.reads.discordant import INSERT_KEY_LENGTH, DiscordantPairs, add_up, insert_keys
from integrasite.reads.prepare import PairCounts, prepare_reads

DEMO = Path(__file__).parents[2] / "test-data"
CALLING = Calling()
SUFFIX = "NNNNNNNNNNNNCTCCGCTTAAGGGACT"
TAGS = [
    LibraryTags("A", "AATCCGTACAGC", "CGCAGACATCCCGTCCCAT" + SUFFIX, "U5"),
    LibraryTags("B", "TATCGTTGACCA", "CCGGACGGATTGGTGCCTA" + SUFFIX, "U5"),
    LibraryTags("C", "GGACTACCGTTA", "TTAGGCTTACGCAAGTCTC" + SUFFIX, "U5"),
]


def usable_of(counts: Mapping[tuple[int, int], int]) -> pd.DataFrame:
    """`{(library, insert): pairs}` as `count_usable` gives it."""
    rows = [(row, key, n) for (row, key), n in sorted(counts.items())]
    frame = pd.DataFrame(rows, columns=["row", "insert_key", "n_reads"])
    return frame.astype({"row": "int64", "insert_key": "uint64", "n_reads": "int64"})


def discordant_of(counts: Mapping[tuple[int, int, int], int]) -> pa.Table:
    """`{(library of the barcode, linker, insert): pairs}` as the reads stage writes it."""
    rows = [(*key, n) for key, n in sorted(counts.items())]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 4
    return pa.table(
        [pa.array(c, f.type) for c, f in zip(columns, DISCORDANT, strict=True)], schema=DISCORDANT
    )


class TestCounted:
    """Library A has insert 1, B insert 2, C insert 3; 1000 pairs each."""

    usable = usable_of({(0, 1): 1000, (1, 2): 1000, (2, 3): 1000})

    def test_the_insert_says_what_happened(self) -> None:
        found = discordant_of({(0, 1, 2): 300, (1, 2, 3): 100, (0, 2, 1): 50})
        row = estimate_crosstalk("S", TAGS, found, self.usable, CALLING)
        assert (row["n_pairs"], row["n_discordant"]) == (3450, 450)
        assert (row["n_hop"], row["n_recombination"], row["n_undecided"]) == (400, 50, 0)
        assert row["hop_rate"] == pytest.approx(400 / 3450)
        assert row["recombination_rate"] == pytest.approx(50 / 3450 / (2 / 3))  # a third stays in the library
        low, high = (float(limit) for limit in binomtest(400, 3450).proportion_ci(method="exact"))
        assert (row["hop_low"], row["hop_high"]) == pytest.approx((low, high))
        assert row["reason"] == ""

    def test_undecided_pairs_are_shared_out(self) -> None:
        found = discordant_of({(0, 1, 2): 150, (0, 2, 1): 50, (0, 1, 77): 100})
        row = estimate_crosstalk("S", TAGS, found, self.usable, CALLING)
        assert (row["n_hop"], row["n_recombination"], row["n_undecided"]) == (150, 50, 100)
        assert row["hop_rate"] == pytest.approx(225 / 3300)
        certain = discordant_of({(0, 1, 2): 225, (0, 2, 1): 75})
        same = estimate_crosstalk("S", TAGS, certain, self.usable, CALLING)
        assert same["hop_rate"] == pytest.approx(row["hop_rate"])
        assert same["hop_high"] - same["hop_low"] < row["hop_high"] - row["hop_low"]

    def test_few_pairs_give_no_number(self) -> None:
        row = estimate_crosstalk("S", TAGS, discordant_of({(0, 1, 2): 199}), self.usable, CALLING)
        assert row["reason"] == "not estimated: 199 discordant pairs"
        assert not [name for name in row if name.endswith(("rate", "low", "high"))]
        enough = estimate_crosstalk("S", TAGS, discordant_of({(0, 1, 2): 200}), self.usable, CALLING)
        assert enough["hop_rate"] > 0 == enough["recombination_rate"] < enough["recombination_high"]

    def test_exchanged_linkers_are_no_hops(self) -> None:
        """The sheet gives A's linker to B: all their pairs are discordant, and no usable pair has their inserts."""
        found = discordant_of({(0, 1, 1): 900, (1, 0, 2): 900, (2, 0, 3): 20})
        row = estimate_crosstalk("S", TAGS, found, usable_of({(2, 3): 1000}), CALLING)
        assert row["reason"].startswith("not estimated: the inserts of 1800 of 1820 discordant pairs")
        assert "hop_rate" not in row

    def test_nothing_at_all(self) -> None:
        row = estimate_crosstalk("S", TAGS, discordant_of({}), usable_of({}), CALLING)
        assert row["reason"] == "not estimated: 0 discordant pairs"
        assert (row["n_pairs"], row["n_hop"]) == (0, 0)

    def test_the_order_of_linkers_is_the_sheets(self) -> None:
        """Linker 1 is the second distinct linker, whichever row has it."""
        swapped = [TAGS[1], TAGS[0], TAGS[2]]
        found = discordant_of({(0, 1, 2): 250})
        row = estimate_crosstalk("S", swapped, found, self.usable, CALLING)
        assert row["n_hop"] == 250


class TestObstacles:
    @pytest.mark.parametrize(
        ("tags", "options", "reason"),
        [
            (TAGS, {"has_index": False}, "the reads are demultiplexed already"),
            (
                [LibraryTags("A", "", TAGS[0].linker, "U5"), LibraryTags("B", "", TAGS[1].linker, "U5")],
                {},
                "the reads are demultiplexed already",
            ),
            (TAGS, {"has_linker_read": False}, "single-end reads do not begin with the linker"),
            (TAGS[:1], {}, "the source has one library only"),
            (
                [TAGS[0], LibraryTags("D", TAGS[0].barcode, TAGS[1].linker, "U5")],
                {},
                "libraries A and D share a barcode",
            ),
            (
                [TAGS[0], LibraryTags("D", TAGS[1].barcode, TAGS[0].linker, "U5")],
                {},
                "libraries A and D share a linker",
            ),
            ([TAGS[0], LibraryTags("D", TAGS[1].barcode, "", "U5")], {}, "library D has no linker"),
            (
                [TAGS[0], LibraryTags("D", "AATCCGTACATT", TAGS[1].linker, "U5")],
                {},
                "barcodes of libraries A and D differ in 2 bases",
            ),
            (
                [TAGS[0], LibraryTags("D", TAGS[1].barcode, "CGCAGACATCCCGTCCGGG" + SUFFIX, "U5")],
                {},
                "linkers of libraries A and D differ in 3 bases",
            ),
            (TAGS, {}, ""),
        ],
    )
    def test_what_stands_in_the_way(
        self, tags: list[LibraryTags], options: dict[str, bool], reason: str
    ) -> None:
        found = why_not_estimable(
            tags, **({"has_index": True, "has_linker_read": True} | options), calling=CALLING
        )
        assert found.startswith(reason)
        assert bool(found) == bool(reason)
        row = estimate_crosstalk("S", tags, discordant_of({}), usable_of({}), CALLING, found or "x")
        assert row["reason"] == f"not estimated: {found or 'x'}"

    def test_hops_between_vector_ends_are_not_seen(self) -> None:
        ends = [
            LibraryTags(t.sample, t.barcode, t.linker, end)
            for t, end in zip(TAGS, ("U5", "U5", "U3"), strict=True)
        ]
        hops, recombinations = visible_shares(ends, np.array([100.0, 100.0, 200.0]))
        assert hops == pytest.approx((0.25 * 1 + 0.25 * 1 + 0.5 * 0) / 2)
        assert recombinations == pytest.approx(1 - 2 * 0.25**2 - 0.5**2)
        two = [ends[0], ends[2]]
        found = discordant_of({(0, 1, 1): 250})
        row = estimate_crosstalk("S", two, found, usable_of({(0, 1): 1000, (1, 2): 1000}), CALLING)
        assert "hop_rate" not in row and row["reason"].startswith("hop not estimated")
        assert row["recombination_rate"] > 0.2


Counts = dict[tuple[int, int], int]
COUNTS = st.dictionaries(
    st.tuples(st.integers(0, 2), st.integers(0, 5)), st.integers(1, 4), min_size=1, max_size=12
)


def slow_chances(counts: Counts, leads: list[str]) -> tuple[list[float], list[float]]:
    """`chances`, pair by pair: `[linker's only, barcode's only, both]` of hops and of recombinations."""
    n = len(leads)
    size = {row: sum(count for (r, _), count in counts.items() if r == row) for row in range(n)}
    found = {"hop": [0.0] * 4, "recombination": [0.0] * 4}
    for (row, key), count in counts.items():
        for other in (other for other in range(n) if other != row):
            in_own, in_other = count > 1, (other, key) in counts
            for kind, weight in (("hop", float(leads[row] == leads[other])), ("recombination", size[other])):
                in_linkers, in_barcodes = (in_own, in_other) if kind == "hop" else (in_other, in_own)
                place = {(True, False): 0, (False, True): 1, (True, True): 2}.get(
                    (in_linkers, in_barcodes), 3
                )
                found[kind][place] += count * weight
    shares = [[part / sum(parts) if sum(parts) else 0.0 for part in parts[:3]] for parts in found.values()]
    return shares[0], shares[1]


@settings(max_examples=40)
@given(COUNTS, st.lists(st.sampled_from(["U5", "U3"]), min_size=3, max_size=3))
def test_chances_are_counted_as_pair_by_pair(counts: Counts, leads: list[str]) -> None:
    fast, slow = chances(usable_of(counts), leads), slow_chances(counts, leads)
    for ours, theirs in zip(fast, slow, strict=True):
        assert ours.values == pytest.approx(theirs, abs=1e-9)


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 6)), st.integers(1, 90), max_size=20
    ),
    COUNTS,
)
def test_what_always_holds(found: dict[tuple[int, int, int], int], counts: Counts) -> None:
    pairs = discordant_of({key: n for key, n in found.items() if key[0] != key[1]})
    row = estimate_crosstalk("S", TAGS, pairs, usable_of(counts), Calling(min_discordant_pairs=20))
    assert row["n_hop"] + row["n_recombination"] + row["n_undecided"] == row["n_discordant"]
    if row["reason"]:
        return
    for kind in ("hop", "recombination"):
        assert 0 <= row[f"{kind}_low"] <= row[f"{kind}_rate"] <= row[f"{kind}_high"] <= 1
    hops_alone, all_visible = row["hop_rate"] * row["n_pairs"], visible_shares(TAGS, _sizes(counts))[1]
    rest = row["recombination_rate"] * row["n_pairs"] * all_visible
    if row["recombination_rate"] < 1:
        assert hops_alone + rest == pytest.approx(row["n_discordant"])


def _sizes(counts: Counts) -> np.ndarray:
    return np.array([sum(n for (r, _), n in counts.items() if r == row) for row in range(3)], np.float64)


@settings(max_examples=40)
@given(st.integers(0, 60), st.integers(1, 60))
def test_interval_is_clopper_pearson(hits: int, more: int) -> None:
    limits = binomtest(hits, hits + more).proportion_ci(method="exact")
    assert exact_interval(hits, hits + more) == pytest.approx((float(limits.low), float(limits.high)))


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
def test_the_mixture_is_undone(share: float) -> None:
    """Expected counts of a known mixture give its share back, and undecided pairs count for less than decided ones."""
    hop, recombination = FoundIn(0.6, 0.01, 0.3), FoundIn(0.02, 0.55, 0.35)
    n = 20_000 * (share * hop.values + (1 - share) * recombination.values)
    found, effective = fit_hop_share(FoundIn(*n), hop, recombination)
    assert found == pytest.approx(share, abs=1e-4)
    assert n.max() / 2 < effective < n.sum()


def test_pairs_of_no_known_kind_weigh_nothing() -> None:
    same = FoundIn(0.0, 0.0, 0.9)
    share, effective = fit_hop_share(FoundIn(0, 0, 500), same, same)
    assert (share, effective) == (pytest.approx(0.5), pytest.approx(0, abs=1e-9))


class TestReadsStage:
    source = Source([(BARCODE, LINKER, "U5"), (OTHER_BARCODE, OTHER_LINKER, "U5")])

    def collected(self, builders: list[ReadBuilder], n_batches: int = 1) -> pa.Table:
        pairs = [builder.pair() for builder in builders]
        size = -(-len(pairs) // n_batches)
        parts = []
        for start in range(0, len(pairs), size):
            kept = DiscordantPairs()
            batches = [make_batch(pairs[start : start + size])]
            for _ in prepare_reads(batches, self.source.patterns(), LIMITS, PairCounts(), 1, kept):
                pass
            parts.append(kept.table())
        return add_up(parts)

    def test_discordant_pairs_are_kept_by_barcode_linker_and_insert(self) -> None:
        hop = ReadBuilder(barcode=BARCODE, linker=OTHER_LINKER, insert=HOST[40:200])
        other = ReadBuilder(barcode=OTHER_BARCODE, linker=LINKER, insert=HOST[40:120])
        short = ReadBuilder(barcode=OTHER_BARCODE, linker=LINKER, insert=HOST[40:62])
        fine = ReadBuilder(insert=HOST[10:200])
        key = int(leading_key(encode(HOST[40:200]), np.array([0]), np.array([160]), INSERT_KEY_LENGTH)[0])
        expected = [
            {"row": 0, "linker": 1, "insert_key": key, "n_reads": 2},
            {"row": 1, "linker": 0, "insert_key": key, "n_reads": 1},
        ]
        builders = [hop, fine, other, short, hop]
        assert self.collected(builders).to_pylist() == expected
        assert self.collected(builders[::-1], 3).to_pylist() == expected

    def test_compacting_on_the_way_changes_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        builders = [
            ReadBuilder(linker=OTHER_LINKER, insert=HOST[start : start + 60]) for start in (0, 7, 0, 9, 7, 0)
        ]
        expected = self.collected(builders)
        monkeypatch.setattr("integrasite.reads.discordant.COMPACT_AT", 2)
        kept = DiscordantPairs()
        for builder in builders:
            list(
                prepare_reads(
                    [make_batch([builder.pair()])], self.source.patterns(), LIMITS, PairCounts(), 1, kept
                )
            )
        assert kept.table().equals(expected)
        assert sorted(expected["n_reads"].to_pylist()) == [1, 2, 3]

    def test_molecules_carry_the_same_keys(self) -> None:
        inserts = pa.table(
            [pa.array([HOST[:60].encode(), HOST[5:25].encode()]), pa.array([b"", b""])],
            schema=INSERTS,
        )
        keys, is_long = insert_keys(inserts)
        assert is_long.tolist() == [True, False]
        assert keys[0] == leading_key(encode(HOST), np.array([0]), np.array([60]), INSERT_KEY_LENGTH)[0]
        columns = {name: [0, 0, 0] for name in MOLECULES.names}
        columns |= {"row": [0, 0, 1], "insert": [0, 1, 0], "umi": [1, 2, 3], "n_reads": [4, 5, 6]}
        usable = count_usable(inserts, pa.table(columns, schema=MOLECULES))
        assert usable.to_dict("list") == {"row": [0, 1], "insert_key": [keys[0]] * 2, "n_reads": [4, 6]}
        assert count_usable(INSERTS.empty_table(), MOLECULES.empty_table()).empty


def crosstalk_of(folder: Path, seed: int, **values: object) -> pd.Series:
    """Simulate a run and take it from its reads to its row of crosstalk.tsv, by the commands that the workflow calls."""
    host = ["--genome", "genome.fa.gz", "--annotation", "annotation.gtf.gz", "--vector", "vector.fa"]
    what = ["simulate", "amplicon", "-o", str(folder), "--seed", str(seed)]
    what += [text if text.startswith("--") else str(DEMO / text) for text in host]
    for key, value in values.items():
        what += ["--set", f"{key}={value}"]
    assert main(what) == 0
    name = pd.read_csv(folder / "samples.tsv", sep="\t")["sample"][0]
    shared = ["--config", str(folder / "config.yaml"), "--source", name]
    parts = []
    for chunk in ("0", "1"):
        files = {
            kind: str(folder / f"{chunk}.{kind}") for kind in ("reads", "counts", "ledger", "discordant")
        }
        options = [word for kind in ("counts", "ledger", "discordant") for word in (f"--{kind}", files[kind])]
        parts.append(files)
        assert (
            main(
                ["prepare-reads", *shared, "--chunk", chunk, "--chunks", "2", *options, "-o", files["reads"]]
            )
            == 0
        )
    aligned = ["--inserts", str(folder / "inserts"), "--molecules", str(folder / "molecules")]
    assert main(["collapse", *shared, "--reads", *[files["reads"] for files in parts], *aligned]) == 0
    found = ["--discordant", *[files["discordant"] for files in parts]]
    assert main(["estimate-crosstalk", *shared, *found, *aligned, "-o", str(folder / "row")]) == 0
    return read_parquet(folder / "row", CROSSTALK).iloc[0]


SMALL = {"timepoints": "[D28]", "fragments": 500, "internal_vector": 0.1}


def test_simulated_rates_come_back(tmp_path: Path) -> None:
    row = crosstalk_of(tmp_path, 4_117, index_hop=0.05, recombination=0.06, pairs=20_000, **SMALL)
    assert row["reason"] == "" and row["n_discordant"] > 1000
    assert row["hop_rate"] == pytest.approx(0.05, rel=0.2)
    assert row["recombination_rate"] == pytest.approx(0.06, rel=0.2)
    assert row["hop_high"] - row["hop_low"] < 0.012


def test_read_errors_are_no_hops(tmp_path: Path) -> None:
    errors = {"substitution_start": 0.01, "substitution_end": 0.02, "indel": 0.0005}
    row = crosstalk_of(tmp_path, 4_118, index_hop=0, recombination=0, pairs=12_000, **SMALL, **errors)
    assert row["n_pairs"] > 5_000
    assert row["n_discordant"] == 0
