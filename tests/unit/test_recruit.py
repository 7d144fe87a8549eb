"""The recruiting pass over files: which pairs are kept, what of the host is counted, from FASTQ and from BAM alike."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pysam
import pytest

from integrasite.errors import DataError
from integrasite.io import bam_stream, bgzf, fastq
from integrasite.io.recruited import pair_writer
from integrasite.kernels.codes import encode
from integrasite.kernels.reference import reverse_complement
from integrasite.reads.recruit_counts import RecruitCounts
from integrasite.reads.recruit_depth import depth_table, measure_depth
from integrasite.reads.recruit_source import ReadFiles, recruit, recruit_windows
from integrasite.reads.recruit_summary import ledger_part, summarise
from integrasite.reads.recruit_targets import Targets, close_circle, make_targets

LONGEST = 1000
Pair = tuple[str, str, str]


class Study:
    """A host of one contig with a provirus in it, and pairs of 2 x 100 of either."""

    def __init__(self, seed: int, n_pairs: int = 1500) -> None:
        rng = np.random.default_rng(seed)
        bases = "".join(rng.choice(list("ACGT"), 24_000))
        self.vector, self.host = bases[:3000], bases[3000:]
        whole = self.host[:9000] + self.vector + self.host[9000:]
        self.controls = {"c1": self.host[1000:4000], "c2": self.host[14_000:18_000]}
        self.pairs: list[Pair] = []
        self.is_vector: dict[str, bool] = {}
        for number in range(n_pairs):
            length = int(rng.integers(120, 500))
            start = int(rng.integers(0, len(whole) - length))
            fragment = whole[start : start + length]
            fragment = fragment if rng.random() < 0.5 else reverse_complement(fragment)
            name = f"r{number}"
            self.pairs.append((name, fragment[:100], reverse_complement(fragment)[:100]))
            spans = ((start, start + 100), (start + length - 100, start + length))
            shown = max(min(end, 12_000) - max(begin, 9000) for begin, end in spans)
            self.is_vector[name] = shown >= 20
        self.targets = make_targets(
            {"v": encode(self.vector)}, {name: encode(locus) for name, locus in self.controls.items()}
        )

    def write_fastq(self, folder: Path, *, name: str = "{}", paired: bool = True) -> ReadFiles:
        paths = [folder / "a_R1.fastq.gz", folder / "a_R2.fastq.gz"]
        for mate, path in enumerate(paths):
            text = "".join(
                f"@{name.format(pair[0]).replace('#', str(mate + 1))}\n{pair[mate + 1]}\n+\n{'I' * 100}\n"
                for pair in self.pairs
            )
            path.write_bytes(gzip.compress(text.encode(), 1))
        return ReadFiles((paths[0],), (paths[1],) if paired else ())

    def write_bam(self, path: Path, *, is_sorted: bool, is_indexed: bool, drop: str = "") -> ReadFiles:
        """As an aligner to the host would: mates far apart, one of them or both unplaced, extra records."""
        header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr", "LN": 50_000}, {"SN": "chr2", "LN": 50_000}]}
        kept: list[pysam.AlignedSegment] = []
        rng = np.random.default_rng(3)
        for name, *reads in self.pairs:
            places = [(int(rng.integers(0, 2)), int(rng.integers(0, 49_000))) for _ in reads]
            kind = rng.random()
            if kind < 0.2:
                places = [(-1, -1), (-1, -1)]
            for mate, read in enumerate(reads):
                flag = 0x1 | (0x80 if mate else 0x40) | (0x4 if kind < 0.3 else 0)
                is_turned = kind >= 0.3 and bool(rng.random() < 0.5)
                own, other = places[mate], places[1 - mate]
                if 0.2 <= kind < 0.3:
                    own = other = places[0]  # unmapped, beside its mate
                bases = reverse_complement(read) if is_turned else read
                if name != drop or not mate:
                    kept.append(segment(name, flag | (0x10 if is_turned else 0), own, other, bases))
                if rng.random() < 0.1:
                    kept.append(segment(name, flag | 0x800, own, other, bases[:40]))
        if is_sorted:
            kept.sort(key=lambda one: (one.reference_id < 0, one.reference_id, one.reference_start))
        with pysam.AlignmentFile(str(path), "wb", header=header) as handle:
            for one in kept:
                handle.write(one)
        if is_indexed:
            pysam.index(str(path))
        return ReadFiles(bam=path)


def segment(
    name: str, flag: int, own: tuple[int, int], other: tuple[int, int], bases: str
) -> pysam.AlignedSegment:
    one = pysam.AlignedSegment()
    one.query_name, one.flag = name, flag
    one.reference_id, one.reference_start = own
    one.next_reference_id, one.next_reference_start = other
    one.query_sequence = bases
    one.query_qualities = pysam.qualitystring_to_array("I" * len(bases))
    if not flag & 0x4:
        one.cigarstring, one.mapping_quality = f"{len(bases)}M", 60
    return one


def collect(files: ReadFiles, targets: Targets, threads: int = 1) -> tuple[list[Pair], RecruitCounts]:
    counts = RecruitCounts()
    first, second = b"", b""
    for part in recruit(files, targets, counts, LONGEST, threads):
        first, second = first + part.first, second + part.second
        assert part.first.count(b"\n") == 4 * len(part.target)
    lines, others = first.decode().splitlines(), second.decode().splitlines()
    assert lines[::4] == others[::4] or not others
    seconds = others[1::4] or [""] * (len(lines) // 4)
    return [(name[1:], *reads) for name, *reads in zip(lines[::4], lines[1::4], seconds, strict=True)], counts


@pytest.fixture(scope="module")
def study() -> Study:
    return Study(7)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastq, "BATCH_PAIRS", 97)
    monkeypatch.setattr(bam_stream, "BATCH_RECORDS", 101)
    monkeypatch.setattr(bam_stream, "_ROOM", 5000)
    monkeypatch.setattr(bgzf, "_READ", 70_000)


def test_keeps_what_touches_the_vector_in_the_order_of_the_file(study: Study, tmp_path: Path) -> None:
    pairs, counts = collect(study.write_fastq(tmp_path), study.targets)
    assert pairs == [pair for pair in study.pairs if study.is_vector[pair[0]]]
    assert (counts.n_pairs, counts.n_recruited) == (len(study.pairs), len(pairs))
    assert (counts.mean_length, counts.median_length, counts.n_reads) == (100.0, 100, 2 * len(study.pairs))


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("kind", ["fastq", "bam"])
def test_threads_and_batches_change_nothing(study: Study, tmp_path: Path, threads: int, kind: str) -> None:
    if kind == "fastq":
        files = study.write_fastq(tmp_path)
    else:
        files = study.write_bam(tmp_path / "a.bam", is_sorted=True, is_indexed=True)
    pairs, counts = collect(files, study.targets, threads)
    whole = study.write_fastq(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fastq, "BATCH_PAIRS", 8192)
        expected, expected_counts = collect(whole, study.targets)
    assert sorted(pairs) == sorted(expected)
    assert counts.fragments.distinct().tolist() == expected_counts.fragments.distinct().tolist()
    assert counts.by_target == expected_counts.by_target


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize(("is_sorted", "is_indexed"), [(True, True), (True, False), (False, False)])
def test_bam_gives_the_pairs_that_fastq_gives(
    study: Study, tmp_path: Path, is_sorted: bool, is_indexed: bool
) -> None:
    files = study.write_bam(tmp_path / "a.bam", is_sorted=is_sorted, is_indexed=is_indexed)
    pairs, counts = collect(files, study.targets)
    assert sorted(pairs) == sorted(pair for pair in study.pairs if study.is_vector[pair[0]])
    assert (counts.n_pairs, counts.n_lost_mates) == (len(study.pairs), 0)
    assert counts.n_unmapped > 0


@pytest.mark.parametrize("is_indexed", [True, False])
def test_a_mate_that_the_file_lacks_is_written_as_n(study: Study, tmp_path: Path, is_indexed: bool) -> None:
    touching = [pair for pair in study.pairs if study.is_vector[pair[0]]]
    lost = next(pair for pair in touching if sum(base in study.vector for base in (pair[1][:60],)))
    files = study.write_bam(tmp_path / "a.bam", is_sorted=True, is_indexed=is_indexed, drop=lost[0])
    pairs, counts = collect(files, study.targets)
    assert counts.n_lost_mates == 1
    assert (lost[0], lost[1], "N") in pairs
    assert len(pairs) == len(touching)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("is_indexed", [True, False])
def test_of_a_read_outside_the_file_its_supplementary_record_is_taken(
    study: Study, tmp_path: Path, is_indexed: bool
) -> None:
    """As in a BAM cut to regions: read 1 stands elsewhere, 60 of its bases are here, with its mate or without."""
    rng = np.random.default_rng(5)
    host = "".join(rng.choice(list("ACGT"), 100))
    shown, other = study.vector[400:460], study.vector[700:800]
    rows = [
        segment("alone", 0x841, (0, 500), (1, 900), shown),
        segment("with_host_mate", 0x841, (0, 510), (0, 40_000), shown),
        segment("with_host_mate", 0x841, (0, 520), (0, 40_000), shown[:40]),
        segment("with_vector_mate", 0x841, (0, 530), (0, 41_000), shown),
        segment("whole", 0x841, (0, 540), (0, 42_000), shown),
        segment("host", 0x841, (0, 550), (0, 550), host),
        segment("whole", 0x41, (0, 30_000), (0, 42_000), host[:40] + shown),
        segment("with_host_mate", 0x81, (0, 40_000), (0, 510), host),
        segment("with_vector_mate", 0x81, (0, 41_000), (0, 530), other),
        segment("whole", 0x81, (0, 42_000), (0, 30_000), host),
    ]
    path = tmp_path / "cut.bam"
    header = {"SQ": [{"SN": name, "LN": 50_000} for name in ("chr", "chr2")]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for one in rows:
            out.write(one)
    if is_indexed:
        pysam.index(str(path))
    pairs, counts = collect(ReadFiles(bam=path), study.targets)
    assert sorted(pairs) == [
        ("alone", shown, "N"),
        ("whole", host[:40] + shown, host),
        ("with_host_mate", shown, host),
        ("with_vector_mate", shown, other),
    ]
    assert (counts.n_parts, counts.n_lost_mates) == (3, 1)
    assert counts.n_pairs == counts.n_recruited == 4


@pytest.mark.parametrize("name", ["{}/#", "{} #:N:0:ACGT", "{}"])
def test_names_lose_comments_and_mate_numbers(study: Study, tmp_path: Path, name: str) -> None:
    pairs, _ = collect(study.write_fastq(tmp_path, name=name), study.targets)
    assert [pair[0] for pair in pairs] == [name for name, is_vector in study.is_vector.items() if is_vector]


def test_single_reads(study: Study, tmp_path: Path) -> None:
    pairs, counts = collect(study.write_fastq(tmp_path, paired=False), study.targets)
    assert not counts.is_paired
    assert {pair[0] for pair in pairs} <= {name for name, is_vector in study.is_vector.items() if is_vector}
    inside = [
        pair for pair in study.pairs if pair[1] in study.vector or reverse_complement(pair[1]) in study.vector
    ]
    assert {pair[0] for pair in inside} <= {pair[0] for pair in pairs}
    depth = measure_depth(counts.fragments.distinct(), study.targets.loci, counts)
    assert depth.length_mean == pytest.approx(100)


def _cut(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


@pytest.mark.parametrize("share", [0.5, 0.999])
@pytest.mark.parametrize("kind", ["fastq", "bam"])
def test_files_that_are_cut_off_are_refused(study: Study, tmp_path: Path, kind: str, share: float) -> None:
    if kind == "fastq":
        files = study.write_fastq(tmp_path)
        _cut(files.r2[0], share)
    else:
        files = study.write_bam(tmp_path / "a.bam", is_sorted=False, is_indexed=False)
        assert files.bam is not None
        _cut(files.bam, share)
    with pytest.raises(DataError, match=r"damaged or cut off|ends after record"):
        collect(files, study.targets)


@pytest.mark.parametrize("content", [b"", b"hello", b"@a\nA\n+\nI\n"])
def test_what_is_no_bam_is_refused(study: Study, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.bam"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.bam"):
        collect(ReadFiles(bam=path), study.targets)


def test_cram_gives_what_bam_gives(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bam_stream, "_PART_RECORDS", 700)
    files = study.write_bam(tmp_path / "a.bam", is_sorted=True, is_indexed=False)
    fasta = tmp_path / "host.fa"
    fasta.write_text(f">chr\n{'A' * 50_000}\n>chr2\n{'A' * 50_000}\n")
    cram = tmp_path / "a.cram"
    pysam.view("-C", "-T", str(fasta), "-o", str(cram), str(files.bam), catch_stdout=False)
    expected, _ = collect(files, study.targets)
    pairs, _ = collect(ReadFiles(bam=cram, reference=fasta), study.targets)
    assert sorted(pairs) == sorted(expected)
    pysam.index(str(cram))
    assert sorted(collect(ReadFiles(bam=cram, reference=fasta), study.targets)[0]) == sorted(expected)


@pytest.mark.parametrize("seed", range(3))
def test_depth_is_that_of_the_fragments(tmp_path: Path, seed: int) -> None:
    study = Study(seed, 2500)
    copies = study.pairs[:400]  # PCR duplicates change nothing but their own rate
    study.pairs += [(f"d{name}", *reads) for name, *reads in copies]
    _, counts = collect(study.write_fastq(tmp_path), study.targets)
    fragments = counts.fragments.distinct()
    depth = measure_depth(fragments, study.targets.loci, counts)
    expected = 2500 / (24_000 - 310)
    assert depth.fragments_per_base_low < expected < depth.fragments_per_base_high
    assert depth.fragments_per_base == pytest.approx(expected, rel=0.15)
    assert depth.depth == pytest.approx(200 * depth.fragments_per_base, rel=0.02)
    assert depth.duplicate_rate == pytest.approx(400 / 2900, abs=0.06)
    assert depth.length_mean == pytest.approx(310, abs=20)
    table = depth_table(fragments, study.targets.loci, counts, "s")
    assert table["n_fragments"].sum() == depth.n_fragments
    assert table["n_pairs"].sum() == depth.n_pairs


def test_depth_does_not_depend_on_the_length_of_loci(tmp_path: Path) -> None:
    """Loci of 600 bases, shorter than many a fragment, say the same as those of thousands."""
    study = Study(4, 6000)
    whole = study.host
    pieces = {
        f"p{at}": encode(whole[at : at + 600]) for at in [*range(0, 8000, 700), *range(10_000, 20_000, 700)]
    }
    _, counts = collect(study.write_fastq(tmp_path), make_targets({"v": encode(study.vector)}, pieces))
    targets = make_targets({}, pieces)
    depth = measure_depth(counts.fragments.distinct(), targets.loci, counts)
    assert depth.fragments_per_base == pytest.approx(6000 / (24_000 - 310), rel=0.05)


def test_without_reads_or_loci_nothing_is_claimed(study: Study, tmp_path: Path) -> None:
    study = Study(1, 0)
    _, counts = collect(study.write_fastq(tmp_path), study.targets)
    depth = measure_depth(counts.fragments.distinct(), study.targets.loci, counts)
    summary = summarise("s", "fastq", counts, study.targets.names, depth)
    assert summary["n_pairs"] == 0
    assert summary["host"]["length_mean"] is None
    assert not len(ledger_part("s", counts))
    none = measure_depth(counts.fragments.distinct(), [], counts)
    assert none.fragments_per_base != none.fragments_per_base


def test_pairs_are_recruited_or_in_the_ledger(study: Study, tmp_path: Path) -> None:
    _, counts = collect(study.write_fastq(tmp_path), study.targets)
    [row] = ledger_part("s", counts).to_dict("records")
    assert row["fate"] == "no_vector"
    assert row["n_reads"] + counts.n_recruited == len(study.pairs)


def test_windows_collect_their_fragments(study: Study, tmp_path: Path) -> None:
    files = study.write_fastq(tmp_path)
    windows = {"a": encode(study.host[8400:9600]), "b": encode(study.host[15_000:16_000])}
    reads, counts = recruit_windows(files, windows, most=10_000)
    inside = [
        pair
        for pair in study.pairs
        if any(
            text in study.host[8400:9600] for read in pair[1:] for text in (read, reverse_complement(read))
        )
    ]
    names = {name[1:] for name in reads.first.decode().splitlines()[::4]}
    assert {pair[0] for pair in inside} <= names
    assert reads.n_found[0] + reads.n_found[1] == len(names) == counts.n_recruited == len(reads.window)
    assert reads.kept == [1.0, 1.0]
    few, _ = recruit_windows(files, windows, most=20)
    study.pairs.reverse()
    turned, _ = recruit_windows(study.write_fastq(tmp_path), windows, most=20)
    study.pairs.reverse()
    assert few == turned
    assert few.n_found == reads.n_found
    assert all(share < 1 for share in few.kept)
    assert 0 < len(few.window) <= 40


def test_the_circle_is_closed() -> None:
    codes = np.arange(100, dtype=np.uint8) % 4
    assert close_circle(codes, True).tolist() == [*codes.tolist(), *codes[:40].tolist()]
    assert close_circle(codes, False).tolist() == codes.tolist()


def test_written_files_repeat_and_keep_step(tmp_path: Path) -> None:
    def write(name: str) -> tuple[bytes, bytes]:
        paths = tmp_path / f"{name}1.gz", tmp_path / f"{name}2.gz"
        with pair_writer(*paths) as writer:
            for part in (b"@a\nA\n+\nI\n", b"@b\nC\n+\nI\n"):
                writer.write(part, part.lower())
        return paths[0].read_bytes(), paths[1].read_bytes()

    first = write("x")
    assert first == write("y")
    assert gzip.decompress(first[0]) == b"@a\nA\n+\nI\n@b\nC\n+\nI\n"
    assert gzip.decompress(first[1]) == b"@a\na\n+\ni\n@b\nc\n+\ni\n"


def test_nothing_is_left_when_the_source_fails(tmp_path: Path) -> None:
    def fail() -> None:
        with pair_writer(tmp_path / "1.gz", tmp_path / "2.gz"):
            raise DataError("cut off")

    make: Callable[[], None] = fail
    with pytest.raises(DataError):
        make()
    assert not list(tmp_path.iterdir())
