"""From pairs to molecules: whatever the order, chunking and partitioning, the same molecules; every pair one fate."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from builders import (
    BARCODE,
    BEYOND,
    HOST,
    LIMITS,
    LINKER,
    OTHER_BARCODE,
    OTHER_LINKER,
    ReadBuilder,
    Source,
    make_batch,
    random_bases,
)

from integrasite.io.parts import partition_writer, read_partition
from integrasite.kernels.codes import encode, leading_key, umi_to_text
from integrasite.kernels.reference import reverse_complement
from integrasite.kernels.reference_pairs import Pair
from integrasite.model.fates import Fate
from integrasite.model.inserts import INSERTS, MOLECULES, READS
from integrasite.reads import prepare
from integrasite.reads.molecules import collapse_reads, unique_inserts
from integrasite.reads.prepare import PairCounts, ledger_part, partition_of, prepare_reads

SOURCE = Source([(BARCODE, LINKER, "U5"), (OTHER_BARCODE, OTHER_LINKER, "U5")])
UMI_LENGTHS = np.array([12, 12], np.int64)
Found = tuple[list[tuple[int, str, str, str, int]], list[tuple[str, str]]]


def substitute(text: str, place: int) -> str:
    return text[:place] + "CATG"["ACGT".index(text[place])] + text[place + 1 :]


def library_pairs(seed: int = 7, n_molecules: int = 30) -> list[Pair]:
    """A small library: molecules of several reads, with errors, truncated reads, and pairs of other fates."""
    rng = np.random.default_rng(seed)
    pairs = []
    for k in range(n_molecules):
        start = int(rng.integers(0, 300))
        row = int(rng.integers(0, 2))
        molecule = ReadBuilder(
            insert=HOST[start : start + int(rng.integers(15, 190))],
            umi=random_bases(12, 1000 + k),
            barcode=(BARCODE, OTHER_BARCODE)[row],
            linker=(LINKER, OTHER_LINKER)[row],
            quality=int(rng.integers(25, 40)),
        )
        for _ in range(int(rng.integers(1, 7))):
            read = molecule
            if rng.random() < 0.3:  # an error in the UMI
                read = read.with_(umi=substitute(read.umi, int(rng.integers(0, 12))))
            if rng.random() < 0.3:  # an error in the host
                read = read.with_(insert=substitute(read.insert, int(rng.integers(0, len(read.insert)))))
            if rng.random() < 0.1:
                read = read.with_(n_linker=int(rng.integers(60, 150)))
            pairs.append(read.pair())
    others = [
        ReadBuilder(insert=BEYOND["U5"][:100]),
        ReadBuilder(index="G" * 12),
        ReadBuilder(linker_start="G" * 47),
        ReadBuilder(quality=5),
        ReadBuilder(insert=""),
        ReadBuilder(linker=OTHER_LINKER),
    ]
    pairs += [other.pair() for other in others]
    return [pairs[k] for k in rng.permutation(len(pairs))]


def run(
    pairs: Sequence[Pair],
    folder: Path,
    n_chunks: int = 1,
    n_partitions: int = 1,
    batch: int = 8,
    source: Source = SOURCE,
) -> tuple[pa.Table, pa.Table, PairCounts]:
    """As the two commands do it: batches dealt to chunks in turn, one Parquet a chunk, partitions read back."""
    patterns = source.patterns()
    batches = [make_batch(pairs[k : k + batch]) for k in range(0, len(pairs), batch)]
    counts, paths = PairCounts(), []
    for chunk in range(n_chunks):
        paths.append(folder / f"{n_chunks}.{n_partitions}.{chunk}.parquet")
        with partition_writer(paths[-1], READS) as writer:
            for table in prepare_reads(batches[chunk::n_chunks], patterns, LIMITS, counts, n_partitions):
                writer.write_table(table, row_group_size=max(1, table.num_rows))
    inserts, molecules = collapse_reads(
        lambda part: read_partition(paths, part, n_partitions), n_partitions, UMI_LENGTHS[: len(source.rows)]
    )
    return inserts, molecules, counts


def in_words(inserts: pa.Table, molecules: pa.Table) -> Found:
    texts = [
        (a.decode(), b.decode())
        for a, b in zip(*(inserts[name].to_pylist() for name in INSERTS.names), strict=True)
    ]
    umis = umi_to_text(molecules["umi"].to_numpy(), 12).tolist()
    rows = zip(
        molecules["row"].to_pylist(),
        umis,
        molecules["insert"].to_pylist(),
        molecules["n_reads"].to_pylist(),
        strict=True,
    )
    return sorted((row, umi, *texts[number], n) for row, umi, number, n in rows), texts


@pytest.fixture
def small_flush(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "FLUSH_PAIRS", 10)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> tuple[pa.Table, pa.Table]:
    inserts, molecules, _ = run(library_pairs(), tmp_path_factory.mktemp("all"))
    return inserts, molecules


@pytest.mark.usefixtures("small_flush")
@pytest.mark.parametrize("n_partitions", [1, 3, 7])
@pytest.mark.parametrize("n_chunks", [1, 2, 5])
def test_chunks_and_partitions_change_nothing(
    tmp_path: Path, expected: tuple[pa.Table, pa.Table], n_chunks: int, n_partitions: int
) -> None:
    inserts, molecules, _ = run(library_pairs(), tmp_path, n_chunks, n_partitions)
    assert inserts.equals(expected[0])
    assert molecules.equals(expected[1])


@pytest.mark.parametrize("seed", range(4))
def test_order_of_pairs_changes_nothing(
    tmp_path: Path, expected: tuple[pa.Table, pa.Table], seed: int
) -> None:
    pairs = library_pairs()
    order = np.random.default_rng(seed).permutation(len(pairs))
    inserts, molecules, _ = run([pairs[k] for k in order], tmp_path, 2, 3, batch=5)
    assert inserts.equals(expected[0]) and molecules.equals(expected[1])


def test_tables_are_as_declared(expected: tuple[pa.Table, pa.Table]) -> None:
    inserts, molecules = expected
    assert inserts.schema == INSERTS and molecules.schema == MOLECULES
    texts = list(zip(inserts["junction"].to_pylist(), inserts["linker"].to_pylist(), strict=True))
    assert texts == sorted(set(texts))
    rows = [tuple(row.values()) for row in molecules.to_pylist()]
    assert rows == sorted(rows)
    assert set(molecules["insert"].to_pylist()) == set(range(inserts.num_rows))


@pytest.mark.parametrize("n_chunks", [1, 3])
def test_every_pair_has_one_fate(tmp_path: Path, n_chunks: int) -> None:
    pairs = library_pairs()
    _, molecules, counts = run(pairs, tmp_path, n_chunks, 3)
    assert sum(counts.counts.values()) == len(pairs)
    usable = sum(n for (*_, fate), n in counts.counts.items() if fate == Fate.USABLE)
    assert usable == sum(molecules["n_reads"].to_pylist()) > 0
    ledger = ledger_part(counts, ["first", "second"])
    assert ledger["n_reads"].sum() + usable == len(pairs)
    assert "usable" not in set(ledger["fate"])
    assert set(ledger.loc[ledger["fate"] == "unassigned", "sample"]) == {"*"}
    assert set(ledger["sample"]) <= {"*", "first", "second"}
    assert counts.table()["n_reads"].to_pylist() == [n for _, n in sorted(counts.counts.items())]


@pytest.mark.parametrize("n_copies", [1, 4])
def test_exact_copies_of_a_pair_add_reads_and_nothing_else(tmp_path: Path, n_copies: int) -> None:
    """For molecules that are not each other's neighbours; between neighbours the counts decide who folds."""
    pairs = [
        ReadBuilder(insert=HOST[k : k + 100], umi=random_bases(12, 50 + k)).pair() for k in range(0, 300, 30)
    ]
    before, texts = in_words(*run(pairs, tmp_path)[:2])
    for copied in range(len(pairs)):
        after, texts_after = in_words(*run(pairs + [pairs[copied]] * n_copies, tmp_path)[:2])
        assert texts_after == texts
        assert [row[:-1] for row in after] == [row[:-1] for row in before]
        assert sum(row[-1] for row in after) == len(pairs) + n_copies


@pytest.mark.parametrize("place", ["umi", "junction", "linker"])
def test_one_misread_base_makes_no_molecule(tmp_path: Path, place: str) -> None:
    good = ReadBuilder(insert=HOST[:100])
    insert = {
        "umi": good.insert,
        "junction": substitute(good.insert, 3),
        "linker": substitute(good.insert, 95),
    }[place]
    bad = good.with_(insert=insert, umi=substitute(good.umi, 5) if place == "umi" else good.umi)
    (molecule,), _ = in_words(*run([good.pair()] * 3 + [bad.pair()], tmp_path, n_partitions=7)[:2])
    assert molecule == (0, good.umi, HOST[:100], reverse_complement(HOST[:100]), 4)


def test_equal_inserts_of_two_libraries_stay_apart(tmp_path: Path) -> None:
    """... and share one insert to align."""
    first = ReadBuilder(insert=HOST[:100])
    second = first.with_(barcode=OTHER_BARCODE, linker=OTHER_LINKER)
    found, texts = in_words(*run([first.pair(), second.pair()], tmp_path)[:2])
    assert [row[0] for row in found] == [0, 1] and len(texts) == 1


@pytest.mark.parametrize(("n_changed", "kept"), [(1, False), (2, False), (3, True), (4, True)])
def test_a_molecule_has_the_vector_end_that_most_of_its_reads_show(
    tmp_path: Path, n_changed: int, kept: bool
) -> None:
    """Four reads; the vector's last base but two is G, and A in the changed ones."""
    good = ReadBuilder(insert=HOST[:100])
    changed = good.with_(lead=good.end[:-3] + "A" + good.end[-2:])
    pairs = [changed.pair()] * n_changed + [good.pair()] * (4 - n_changed)
    molecules = run(pairs, tmp_path, n_chunks=2)[1]
    assert good.end[-3] == "G"
    assert molecules["end_change"].to_pylist() == [(0 ^ 2) << 4 if kept else 0]
    assert molecules["n_reads"].to_pylist() == [4]


def test_distinct_umis_and_ends_are_distinct_molecules(tmp_path: Path) -> None:
    base = ReadBuilder(insert=HOST[:100])
    others = [
        base.with_(umi=random_bases(12, 3)),
        base.with_(insert=HOST[:97]),
        base.with_(insert=HOST[4:100]),
    ]
    found, _ = in_words(*run([one.pair() for one in [base, *others]], tmp_path)[:2])
    assert len(found) == 4


def test_single_end_molecules(tmp_path: Path) -> None:
    source = Source([(BARCODE, LINKER, "U5")])
    pairs = [
        ReadBuilder(insert=HOST[k : k + 60], umi=random_bases(12, k)).pair(is_single=True) for k in (0, 0, 80)
    ]
    found, _ = in_words(*run(pairs, tmp_path, source=source)[:2])
    turned = [reverse_complement(HOST[start : start + 60]) for start in (0, 80)]
    assert {row[2:] for row in found} == {(HOST[:60], turned[0], 2), (HOST[80:140], turned[1], 1)}


def test_a_single_read_that_ends_before_the_linker_shows_no_other_end(tmp_path: Path) -> None:
    source = Source([(BARCODE, LINKER, "U5")])
    found, _ = in_words(
        *run([ReadBuilder(insert=HOST[:300]).pair(is_single=True)], tmp_path, source=source)[:2]
    )
    assert [row[3] for row in found] == [""] and HOST.startswith(found[0][2]) and len(found[0][2]) > 60


@pytest.mark.parametrize("n_partitions", [1, 3])
def test_nothing_usable(tmp_path: Path, n_partitions: int) -> None:
    for pairs in ([], [ReadBuilder(index="G" * 12).pair()]):
        inserts, molecules, counts = run(pairs, tmp_path, 2, n_partitions)
        assert inserts.num_rows == molecules.num_rows == 0
        assert inserts.schema == INSERTS and molecules.schema == MOLECULES
        assert sum(counts.counts.values()) == len(pairs)
        assert counts.table().num_rows == len(pairs)


def test_partition_depends_on_the_keys_alone() -> None:
    rng = np.random.default_rng(3)
    reads = pa.table(
        [
            pa.array(rng.integers(0, 3, 500).astype(np.int32)),
            *(pa.array(rng.integers(0, 1 << 32, 500).astype(np.uint64)) for _ in range(3)),
            pa.array(rng.integers(0, 1 << 32, 500).astype(np.uint32)),
            *(pa.array([b""] * 500, pa.binary()) for _ in range(2)),
        ],
        schema=READS,
    )
    order = rng.permutation(500)
    whole = partition_of(reads, 7)
    assert (partition_of(reads.take(pa.array(order)), 7) == whole[order]).all()
    assert Counter(whole.tolist()).keys() == set(range(7))


def test_unique_inserts_number_equal_ones_alike() -> None:
    table = pa.table([[b"AC", b"", b"AC", b"ACG"], [b"G", b"TT", b"G", b""]], schema=INSERTS)
    inserts, numbers = unique_inserts(table)
    assert inserts.to_pylist() == [
        {"junction": b"", "linker": b"TT"},
        {"junction": b"AC", "linker": b"G"},
        {"junction": b"ACG", "linker": b""},
    ]
    assert numbers.tolist() == [1, 0, 1, 2]


def test_keys_hold_the_first_bases_of_both_ends(tmp_path: Path) -> None:
    builder = ReadBuilder(insert=HOST[:90])
    patterns = SOURCE.patterns()
    (table,) = prepare_reads([make_batch([builder.pair()])], patterns, LIMITS, PairCounts(), 1)

    def key(text: str) -> int:
        return int(leading_key(encode(text), np.array([0]), np.array([len(text)]), 16)[0])

    assert table["junction_key"].to_pylist() == [key(HOST[:16])]
    assert table["linker_key"].to_pylist() == [key(reverse_complement(HOST[:90])[:16])]
    assert umi_to_text(table["umi"].to_numpy(), 12).tolist() == [builder.umi]


def tables_of(n: int) -> Iterator[pa.Table]:
    for k in range(n):
        yield (
            pa.table([[k], [k], [k], [k], [0], [b"x"], [b"y"]], schema=READS)
            if k % 3
            else READS.empty_table()
        )


def test_partitions_are_read_back_from_row_groups(tmp_path: Path) -> None:
    """Empty ones too: row groups cycle through the partitions."""
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for path, n in zip(paths, (9, 3), strict=True):
        with partition_writer(path, READS) as writer:
            for table in tables_of(n):
                writer.write_table(table, row_group_size=max(1, table.num_rows))
    found = [read_partition(paths, part, 3)["row"].to_pylist() for part in range(3)]
    assert found == [[], [1, 4, 7, 1], [2, 5, 8, 2]]
    with partition_writer(paths[0], READS):
        pass
    assert read_partition(paths[:1], 2, 3).num_rows == 0
