"""Recruited reads to fragments and junction evidence, with the aligner, on a small host and a made vector."""

import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from integrasite.align.reference import build_reference
from integrasite.align.tumour_targets import Boundary, Target
from integrasite.cli.align_tumour import align_sample
from integrasite.cli.main import main
from integrasite.config.calling import Calling
from integrasite.io.sequences import write_fasta
from integrasite.io.tables import as_table, read_parquet
from integrasite.junctions.tumour_reads import prepare_fragment
from integrasite.kernels.codes import decode, encode, reverse_complement
from integrasite.model.tables import LEDGER, TUMOUR_FRAGMENTS, TUMOUR_JUNCTIONS

REALDATA = Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared/realdata"))
LTR, SIZE, SHARED = 200, 3000, (1500, 2100)
EXONS = {3000: (1500, 1700), 3700: (1700, 2000), 4500: (2000, 2100)}
SITE = 8000  # the base joined to U5, 0-based
DUPLICATED = 5
TAIL = 12000


class World:
    """A host of three contigs, one of them with a piece of the vector, and one that holds a repeat twice."""

    def __init__(self, folder: Path) -> None:
        rng = np.random.default_rng(17)
        draw = lambda n: rng.integers(0, 4, n).astype(np.uint8)  # noqa: E731
        body = draw(SIZE)
        body[:2], body[LTR - 2 : LTR] = encode("TG"), encode("CA")
        self.vector = np.concatenate([body, body[:LTR]])
        self.host = {"one": draw(16000), "gene": draw(8000), "twice": draw(12000)}
        for at, (first, last) in EXONS.items():
            self.host["gene"][at : at + last - first] = body[first:last]
        self.host["twice"][8000:9000] = self.host["twice"][2000:3000]
        # a tail of A, and another one where the host goes on as the vector begins
        self.host["one"][TAIL - 14 : TAIL] = 0
        self.host["gene"][6500:6514], self.host["gene"][6514:6524] = 0, body[:10]
        own = np.ones(SIZE, bool)
        own[slice(*SHARED)] = False
        words = (Boundary(1700, 1700, "exon:a|b", False), Boundary(2000, 2000, "domain:b|c", True))
        backbone = draw(1500)
        self.targets = [
            Target("car", "vector", self.vector, own, LTR, True, words),
            Target("car|backbone", "backbone", backbone, np.ones(1500, bool)),
        ]
        self.plasmid = np.concatenate([self.vector, backbone])
        write_fasta(folder / "host.fa", [(name, decode(codes)) for name, codes in self.host.items()])
        self.reference = build_reference(folder / "host.fa", {}, folder / "index")

    def carrier(
        self, contig: str, site: int, strand: str = "+", vector: np.ndarray | None = None
    ) -> tuple[np.ndarray, int]:
        """The contig with the vector at a site, and where the vector begins in it (as the contig runs)."""
        host = self.host[contig]
        insert = self.vector if vector is None else vector
        if strand == "+":  # ... target | vector | target ...; U5 is joined to `site`
            return np.concatenate([host[: site + DUPLICATED], insert, host[site:]]), site + DUPLICATED
        begin = site + 1
        return (
            np.concatenate([host[:begin], reverse_complement(insert), host[begin - DUPLICATED :]]),
            begin,
        )

    def run(self, pairs, threads=1, sample="T"):
        found = align_sample(
            sample, [prepare_fragment(*p) for p in pairs], self.targets, self.reference, Calling(), threads
        )
        return (
            as_table(found.fragments, TUMOUR_FRAGMENTS),
            as_table(found.junctions, TUMOUR_JUNCTIONS),
            as_table(found.ledger, LEDGER),
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("world"))


def pair(codes, start, length, name, *, turned=False, n=150, quality=37):
    """The read pair of a fragment [start, start + length)."""
    fragment = codes[start : start + length]
    if turned:
        fragment = reverse_complement(fragment)
    one, two = fragment[:n].copy(), reverse_complement(fragment)[:n]
    return name, (one, np.full(one.size, quality, np.uint8)), (two, np.full(two.size, quality, np.uint8))


def over(codes, at, name, step=7, length=330):
    """Fragments over a point, from 300 bp before it on; every other one from the other strand."""
    starts = range(max(at - length + 15, 0), at - 15, step)
    return [pair(codes, s, length + s % 40, f"{name}{s}", turned=s % 2 == 1) for s in starts]


@pytest.mark.parametrize("strand", ["+", "-"])
def test_both_ends_of_a_site_are_found_to_the_base(world, strand):
    codes, begin = world.carrier("one", SITE, strand)
    _, junctions, _ = world.run(over(codes, begin, "a") + over(codes, begin + world.vector.size, "b"))
    split = junctions[junctions["kind"] == "split"]
    forward = strand == "+"
    u5 = (LTR - 1, -1, SITE, 1 if forward else -1)
    u3 = (0, 1, SITE + (DUPLICATED - 1) * (1 if forward else -1), -1 if forward else 1)
    columns = ["vector_position", "vector_direction", "host_position", "host_direction"]
    counts = split.groupby(columns).size()
    assert set(counts.index) == {u5, u3} and counts.min() > 20
    assert (junctions["contig"] == "one").all() and (junctions["weight"] == 1).all()
    assert junctions["is_specific"].all() and (junctions["host_identity"] == 1).all()
    # provirus strand as T3b reads it
    assert set(np.where(split["vector_direction"] == -split["host_direction"], "+", "-")) == {strand}
    # reads around it that do not show it say how far it can be
    loose = junctions[junctions["kind"] == "discordant"]
    assert len(loose)
    for row in loose.itertuples():
        site = (u5 if row.vector_direction == -1 else u3)[2]
        away = (site - row.host_position) * -row.host_direction
        assert -4 <= away <= row.reach, row


@pytest.mark.parametrize("turned", [False, True])
def test_few_bases_beside_the_vector_do_not_place_what_the_mate_places_elsewhere(world, turned):
    codes, begin = world.carrier("one", TAIL - DUPLICATED)
    assert begin == TAIL
    pairs = [pair(codes, begin - 150 - n, 300, f"p{n}", turned=turned) for n in range(8, 14)]
    _, junctions, _ = world.run(pairs)
    assert junctions["fragment"].nunique() == len(pairs)
    assert set(junctions["contig"]) == {"one"}
    away = TAIL - 1 - junctions["host_position"]
    assert ((away >= 0) & (away <= 14)).all(), junctions


def test_every_pair_has_one_fate_and_order_and_threads_change_nothing(world):
    codes, begin = world.carrier("one", SITE)
    pairs = over(codes, begin, "a", step=11) + over(world.vector, 1000, "v", step=31)
    pairs += [(f"copy{name}", *rest) for name, *rest in pairs[::3]]
    pairs.append(pair(np.random.default_rng(1).integers(0, 4, 400).astype(np.uint8), 0, 330, "nothing"))
    first = world.run(pairs)
    again = world.run(pairs[::-1], threads=2)
    for one, other in zip(first, again, strict=True):
        pd.testing.assert_frame_equal(one, other)
    fragments, _, ledger = first
    assert ledger["n_reads"].sum() == len(pairs) == fragments["n_copies"].sum()
    fates = dict(zip(ledger["fate"], ledger["n_reads"], strict=True))
    assert fates["tumour_unexplained"] == 1
    assert fates["tumour_duplicate"] == len(pairs) - len(fragments)
    assert list(fragments["fragment"]) == list(range(len(fragments)))


def test_copies_of_either_strand_with_errors_are_one_fragment(world):
    codes, begin = world.carrier("one", SITE)
    pairs = [
        pair(codes, begin - 100, 320, f"x{turned}{k}", turned=turned)
        for k in range(4)
        for turned in (False, True)
    ]
    for k, (_, one, _) in enumerate(pairs):
        one[0][30 + 10 * k] = (one[0][30 + 10 * k] + 1) % 4
    pairs.append(pair(codes, begin - 101, 321, "other"))  # begins one base before
    fragments, junctions, _ = world.run(pairs)
    assert sorted(fragments["n_copies"]) == [1, 8]
    assert sorted(junctions["n_copies"]) == [1, 8]


def test_one_copy_read_wrong_does_not_speak_for_the_others(world):
    codes, begin = world.carrier("one", SITE)
    good = [pair(codes, begin - 100, 320, f"g{k}", quality=30) for k in range(3)]
    bad = pair(codes, begin - 100, 320, "a-bad", quality=40)
    bad[1][0][85:150] = (bad[1][0][85:150] + 1) % 4  # better qualities, but not the sequence
    fragments, junctions, _ = world.run([*good, bad])
    assert len(fragments) == 1 and fragments["name"][0] != "a-bad"
    assert junctions["host_position"].tolist() == [SITE + DUPLICATED - 1]


def test_what_the_host_has_too_is_no_evidence(world):
    edges = [edge for at, (first, last) in EXONS.items() for edge in (at, at + last - first)]
    fragments, junctions, _ = world.run(
        [pair for edge in edges for pair in over(world.host["gene"], edge, f"e{edge}", step=13)]
    )
    assert junctions.empty
    assert set(fragments["kind"]) <= {"host", "vector_host_like"}
    assert fragments.loc[fragments["kind"] == "vector_host_like", "n_specific"].eq(0).all()


def test_a_site_in_the_homologous_gene_itself_is_found(world):
    codes, begin = world.carrier("gene", 3800)
    _, junctions, _ = world.run(over(codes, begin, "a") + over(codes, begin + world.vector.size, "b"))
    split = junctions[junctions["kind"] == "split"]
    assert set(zip(split["contig"], split["host_position"], strict=True)) == {("gene", 3800), ("gene", 3804)}
    assert len(split) > 60


def test_an_inverted_or_shortened_vector_makes_no_junction_of_its_own(world):
    turned = world.vector.copy()
    turned[900:2050] = reverse_complement(turned[900:2050])
    shortened = np.delete(world.vector, np.arange(1600, 2600))
    pairs = over(turned, 900, "i") + over(turned, 2050, "j") + over(shortened, 1600, "d")
    fragments, junctions, _ = world.run(pairs)
    assert junctions[junctions["is_specific"]].empty
    assert (fragments["kind"] == "rearranged").sum() > 100


def test_a_repeat_is_a_weighted_set_that_a_mate_outside_resolves(world):
    codes, begin = world.carrier("twice", 2500)
    _, junctions, _ = world.run(over(codes, begin, "a", length=300))
    sums = junctions.groupby("fragment")["weight"].sum()
    assert np.allclose(sums, 1)
    assert set(junctions["n_places"]) == {2}
    assert set(junctions.loc[junctions["kind"] == "split", "host_position"]) == {2504, 8504}
    codes, begin = world.carrier("twice", 2150)  # 150 bp into the repeat: mates reach out of it
    pairs = [pair(codes, begin - 230 - k, 300 + k, f"o{k}") for k in range(20, 60, 4)]
    _, junctions, _ = world.run(pairs)
    assert (junctions["n_places"] == 1).all() and set(junctions["host_position"]) == {2154}


def test_circles_plasmids_and_native_joints_are_told_apart(world):
    circle = np.concatenate([world.vector[-600:], world.vector[:600]])
    clear = [p for p in over(circle, 600, "c") if 290 < int(p[0][1:]) < 580]
    fragments, junctions, _ = world.run(clear)
    # mates of which both lie in the LTRs fit one LTR as well, so some are told as vector
    assert set(fragments["kind"]) == {"circle", "vector"} and junctions.empty
    assert (fragments["kind"] == "circle").mean() > 0.6
    fragments, junctions, _ = world.run(over(world.plasmid, world.vector.size, "p"))
    assert set(fragments["kind"]) <= {"backbone", "vector"} and junctions.empty
    assert (fragments["kind"] == "backbone").mean() > 0.9
    fragments, junctions, _ = world.run(over(world.vector, LTR, "l") + over(world.vector, SIZE, "r"))
    assert set(fragments["kind"]) == {"vector"} and junctions.empty
    assert (fragments["vector_start"] < SIZE).all()
    spans = fragments["vector_end"] - fragments["vector_start"]
    assert (spans == fragments["length"]).all()  # also over the contig's end, where its first bases follow


def test_words_and_specific_bases(world):
    fragments, _, _ = world.run(
        [pair(world.vector, 1600, 150, "exon"), pair(world.vector, 1920, 150, "domain")]
    )
    by_name = fragments.set_index("name")
    assert by_name.loc["exon", ["kind", "words", "n_specific"]].tolist() == [
        "vector_host_like",
        "exon:a|b",
        0,
    ]
    assert by_name.loc["domain", ["kind", "words", "n_specific"]].tolist() == ["vector", "domain:b|c", 20]
    # 9 bases are not across
    fragments, _, _ = world.run([pair(world.vector, 1859, 150, "short")])
    assert fragments["words"].tolist() == [""] and fragments["n_specific"].tolist() == [0]


def test_single_reads(world):
    codes, begin = world.carrier("one", SITE)
    single = [(name, one, None) for name, one, _ in over(codes, begin, "a")]
    fragments, junctions, ledger = world.run(single)
    assert fragments["is_single"].all() and ledger["n_reads"].sum() == len(single)
    assert set(junctions["kind"]) == {"split"}
    assert set(junctions["host_position"]) == {SITE + DUPLICATED - 1}


def test_no_reads_give_empty_tables(world):
    assert [len(table) for table in world.run([])] == [0, 0, 0]


def test_the_command_says_which_samples_there_are(tmp_path, world, capsys):
    folder = tmp_path
    write_fasta(folder / "genome.fa", [("one", decode(world.host["one"]))])
    write_fasta(folder / "vector.fa", [("v", decode(world.vector))])
    (folder / "genes.gtf").write_text('one\tx\tgene\t1\t100\t.\t+\t.\tgene_id "a";\n')
    (folder / "samples.tsv").write_text(
        "sample\tsubject\tassay\tr1\tr2\tvector\nT\tP\twgs\ta.fq\tb.fq\tcar\n"
    )
    (folder / "config.yaml").write_text(
        "samples: samples.tsv\nreference: {genome: genome.fa, annotation: genes.gtf}\nvectors: {car: {sequence: vector.fa}}\n"
    )
    config = ["--config", str(folder / "config.yaml")]
    assert main(["index", *config, "-o", str(folder / "r.json"), "--folder", str(folder / "ref")]) == 0
    out = {name: str(folder / f"{name}.parquet") for name in ("fragments", "junctions", "ledger")}
    codes, begin = world.carrier("one", SITE)
    for number in (1, 2):
        with gzip.open(folder / f"r{number}.fq.gz", "wt") as handle:
            for name, *both in over(codes, begin, "a"):
                text = decode(both[number - 1][0])
                handle.write(f"@{name}/{number}\n{text}\n+\n{'F' * len(text)}\n")
    arguments = [
        "align-tumour", *config, "--vectors", str(folder / "vec"), "--reference", str(folder / "r.json"),
        "--r1", str(folder / "r1.fq.gz"), "--r2", str(folder / "r2.fq.gz"), "-o", out["fragments"],
        "--junctions", out["junctions"], "--ledger", out["ledger"],
    ]  # fmt: skip
    assert main([*arguments, "--sample", "U"]) == 2
    assert "known: T" in capsys.readouterr().err
    assert (
        main(["prepare-vectors", *config, "--reference", str(folder / "r.json"), "-o", str(folder / "vec")])
        == 0
    )
    assert main([*arguments, "--sample", "T"]) == 0
    junctions = read_parquet(Path(out["junctions"]), TUMOUR_JUNCTIONS)
    assert set(junctions.loc[junctions["kind"] == "split", "host_position"]) == {SITE + DUPLICATED - 1}
    Path(out["junctions"]).unlink()
    (folder / "r2.fq.gz").write_bytes((folder / "r1.fq.gz").read_bytes()[:300])
    assert main([*arguments, "--sample", "T"]) == 1
    assert not Path(out["junctions"]).exists()


LOCI = ("chr3_160530991", "chr19_1241852", "chr20_63714665")


@pytest.mark.realdata
@pytest.mark.skipif(not REALDATA.is_dir(), reason="real data not here")
def test_a_real_leukaemia_has_its_sites_and_the_cells_before_treatment_none(tmp_path):
    from integrasite.io.named_reads import read_named
    from integrasite.io.sequences import iterate_fasta, read_vector
    from integrasite.transgene.provirus import provirus_of

    contigs = [(n, s) for n, s in iterate_fasta(REALDATA / "hg38mini/genome.fa.gz") if n in LOCI]
    write_fasta(tmp_path / "host.fa", contigs)
    reference = build_reference(tmp_path / "host.fa", {}, tmp_path / "index")
    codes = provirus_of(read_vector(REALDATA / "vectors/ciltacel_provirus.fa"), "provirus").codes
    targets = [Target("car", "vector", codes, np.ones(codes.size - 234, bool), 234, True)]
    found = {}
    for name in ("PB_CARpos_CD5pos", "Apherese_CARneg_CD5pos"):
        stem = REALDATA / f"tumour/t_lgl_ciltacel/{name}"
        reads = [
            prepare_fragment(*p) for p in read_named(Path(f"{stem}_R1.fastq.gz"), Path(f"{stem}_R2.fastq.gz"))
        ]
        found[name] = align_sample(name, reads, targets, reference, Calling(), 1).junctions
    assert found["Apherese_CARneg_CD5pos"].empty
    table = found["PB_CARpos_CD5pos"]
    u5 = table[
        (table["kind"] == "split") & (table["vector_direction"] == -1) & (table["host_direction"] == 1)
    ]
    u5 = u5[u5["vector_position"] == 233]
    places = u5.groupby("contig")["host_position"].agg(["min", "max", "size"])
    # the contract's positions, less 1; the third site lies in a run of T, and the reads there insert bases
    assert places.loc["chr20_63714665"].tolist() == [4996, 4996, 2]
    assert places.loc["chr3_160530991", ["min", "max"]].tolist() == [5007, 5007]
    assert places.loc["chr19_1241852", "min"] >= 5003 and places.loc["chr19_1241852", "max"] <= 5011
