"""What a simulated tumour sample holds beside its own clones, and the ways to write less of the host."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest
from tumour_simulator_toy import read_all, simulate, toy_inputs, truth_of, turned, vectors_of

from integrasite.cli.main import main
from integrasite.io.tables import read_tsv
from integrasite.kernels.codes import encode
from integrasite.simulate.sequences import decode, random_bases
from integrasite.simulate.tumour_truth import TUMOUR_READS, TUMOUR_SAMPLES, TUMOUR_TRUTH
from integrasite.simulate.tumour_uniqueness import count_occurrences, unique_anchors

DEMO = Path(__file__).parents[2] / "test-data"
NO_CLONES = {"clones": []}
TWO = [{"sample": "T", "subject": "P1"}, {"sample": "G", "subject": "P2"}]


def circle_with(provirus: str) -> str:
    """A transfer plasmid: the provirus in a backbone."""
    return provirus + decode(random_bases(np.random.default_rng(8), 2000))


@pytest.mark.parametrize("coverage", [5, 1e-6])
def test_germline_alone_is_negative(coverage: float):
    run = simulate({**NO_CLONES, "coverage": coverage})
    _, reads, truth = read_all(run)
    assert bool(reads) == (coverage > 1)
    assert truth.empty
    assert truth_of(run).empty
    row = vectors_of(run)
    assert (row["expected"], row["vcn"], row["n_fragments_vector"]) == ("NEGATIVE", 0, 0)


def test_a_plasmid_is_circular_and_holds_its_backbone():
    inputs = toy_inputs()
    plasmid = circle_with(decode(inputs.vectors["lv"]))
    inputs = toy_inputs(vectors={"lv": inputs.vectors["lv"], "p": encode(plasmid)})
    values = {**NO_CLONES, "plasmid": 1, "plasmid_vector": "p", "unlisted_vectors": ["p"], "coverage": 60}
    run = simulate(values, inputs)
    _, reads, truth = read_all(run)
    assert set(truth["origin"]) == {"plasmid"}
    around = plasmid + plasmid[:1000]
    for row in truth.itertuples():
        one, two = (text[: row.length] for text in reads[row.name])
        assert (one in around and turned(two) in around) or (two in around and turned(one) in around)
        assert row.vector_end - row.vector_start == row.length
    assert (truth["vector_end"] > len(plasmid)).any()  # across the end of the circle
    expected = 60 / run.bench.lengths.bases_read(run.scenario) / 2 * len(plasmid)
    assert len(truth) == pytest.approx(expected, abs=4 * expected**0.5)
    assert [vector.name for vector in run.listed] == ["lv"]
    assert vectors_of(run, name="p")["expected"] == "NOT_POSITIVE"
    assert not truth_of(run).size


def test_cdna_is_the_spliced_gene_on_its_own_strand():
    inputs = toy_inputs()
    host = decode(inputs.contigs["one"])
    transcript = turned(host[20_000:20_200] + host[23_800:24_000])
    run = simulate({**NO_CLONES, "cdna": 20, "cdna_genes": ["GEN"], "coverage": 30}, inputs)
    _, reads, truth = read_all(run)
    template = run.bench.pool.others[0]
    assert decode(run.bench.pool.codes[template.start : template.start + template.size]) == transcript
    assert set(truth["origin"]) == {"cdna"}
    assert len(truth) > 500
    for row in truth.itertuples():
        shown = [text[: row.length] for text in reads[row.name]]
        assert all(text in transcript or turned(text) in transcript for text in shown)
    assert (truth[["vector_bases_r1", "vector_bases_r2"]] == 0).all(axis=None)
    assert vectors_of(run)["expected"] == "NOT_POSITIVE"


def test_an_amplicon_is_one_pile():
    values = {**NO_CLONES, "amplicon": 5, "amplicon_start": 1000, "amplicon_end": 1300, "coverage": 60}
    run = simulate(values)
    _, _, truth = read_all(run)
    assert len(truth) > 100
    assert set(zip(truth["vector_start"], truth["vector_end"], strict=True)) == {(1000, 1300)}
    assert truth["fragment"].is_unique
    assert vectors_of(run)["n_fragments_amplicon"] == len(truth)


def test_circles_join_two_ltrs():
    run = simulate({**NO_CLONES, "circles": 3, "coverage": 60})
    _, reads, truth = read_all(run)
    assert set(truth["origin"]) == {"circle"}
    join = "CTCTAGCAGTACTGGAAGGGCTAA"
    assert sum(join in text or turned(join) in text for mates in reads.values() for text in mates) > 10


def test_wild_type_virus_sits_in_many_cells_and_is_no_vector():
    rng = np.random.default_rng(3)
    virus = encode("TGGAAGGGCTAATT" + decode(random_bases(rng, 3000)) + "TCTAGCA")
    values = {**NO_CLONES, "hiv": 0.5, "hiv_sites": 10, "coverage": 60, "purity": 0.3}
    run = simulate(values, toy_inputs(hiv=virus))
    _, _, truth = read_all(run)
    assert set(truth["origin"]) == {"hiv", "host"}
    assert truth.loc[truth["origin"] == "hiv", "junction3"].any()
    sites = truth_of(run)
    assert set(sites["vector"]) == {"wild-type-HIV"}
    assert sites["copies_per_cell"].sum() == pytest.approx(0.5)
    row = vectors_of(run)
    assert (row["vcn"], row["n_fragments_vector"], row["expected"]) == (0, 0, "NOT_POSITIVE")


def test_hopped_pairs_are_pairs_of_the_mate():
    values = {"samples": TWO, "clones": [{"n_sites": 3}], "coverage": 80, "hop": {"G": 0.05}}
    run = simulate(values)
    mate, mates_reads, _ = read_all(run, 0)
    made, reads, truth = read_all(run, 1)
    assert (mate.library.route == 0).all()
    hopped = made.library.route == 2
    assert hopped.sum() == pytest.approx(0.05 * mate.library.pair.size, rel=0.1)
    assert set(made.library.identity[hopped]) <= set(mate.library.identity)
    assert set(made.library.identity[~hopped]).isdisjoint(mate.library.identity)
    assert set(truth["route"]) == {"hop"}
    assert set(truth["source"]) == {"T"}
    clean = {tuple(texts) for texts in mates_reads.values()}
    assert all(tuple(reads[name]) in clean for name in truth["name"])
    table = truth_of(run, 1)
    assert set(table["route"]) == {"hop"}
    assert table["ccf"].sum() == 0
    counted = table["n_fragments_vector"].sum()
    assert counted == vectors_of(run, 1)["n_fragments_hop"] == (truth["origin"] != "host").sum()
    row = vectors_of(run, 1)
    assert (row["expected"], row["n_fragments_vector"], row["n_bins"]) == ("NOT_POSITIVE", 0, 0)


def test_other_runs_do_not_hop():
    apart = [TWO[0], {**TWO[1], "run": "other"}]
    run = simulate({"samples": apart, "clones": [{"n_sites": 3}], "hop": 0.5, "coverage": 5})
    assert (run.sample(1).library.route == 0).all()
    assert vectors_of(run, 1)["expected"] == "NEGATIVE"


def test_carried_over_dna_is_new_fragments_of_the_donor():
    values = {"samples": TWO, "clones": [{"n_sites": 3}], "coverage": 80, "carry_over": {"G": 0.1}}
    run = simulate({**values, "carry_over_from": "T"})
    made = run.sample(1)
    brought = made.library.route == 1
    assert brought.mean() == pytest.approx(0.1, rel=0.1)
    assert set(made.library.source[brought]) == {0}
    assert len(brought) == pytest.approx(80e5 / run.bench.lengths.bases_read(run.scenario), rel=0.03)
    assert vectors_of(run, 1)["n_fragments_carry_over"] > 20


def test_deamination_turns_c_to_t_on_one_strand_and_duplicates_agree():
    values = {**NO_CLONES, "deamination": 0.2, "coverage": 10, "duplicate_rate": 0.5, "length_min": 160}
    run, inputs = simulate(values), toy_inputs()
    made, reads, _ = read_all(run)
    host = np.concatenate(list(inputs.contigs.values()))
    per_fragment: dict[int, set[tuple[str, ...]]] = {}
    changes = {"CT": 0, "GA": 0, "C": 0, "G": 0, "other": 0}
    pairs = made.library.pair
    for mates, row in zip(reads.values(), pairs.tolist(), strict=True):
        per_fragment.setdefault(row, set()).add(tuple(mates))
        start, length = int(made.library.fragments.place[row]), int(made.library.fragments.length[row])
        left, right = mates if made.library.fragments.forward[row] else mates[::-1]
        fragment = decode(host[start : start + length])
        size = min(150, length)
        kinds = set()
        shown = [(fragment[:size], left), (fragment[length - size :], turned(right))]
        for was, now in (pair for true, read in shown for pair in zip(true, read, strict=True)):
            if was != now:
                kinds.add(was + now)
                changes[was + now if was + now in changes else "other"] += 1
            if was in "CG":
                changes[was] += 1
        assert len(kinds) <= 1
    assert all(len(texts) == 1 for texts in per_fragment.values())
    assert changes["other"] == 0
    # either strand is the copied one, half the time
    assert changes["CT"] / changes["C"] == pytest.approx(0.1, abs=0.02)
    assert changes["GA"] / changes["G"] == pytest.approx(0.1, abs=0.02)


def test_capture_keeps_vector_and_controls():
    controls = pd.DataFrame({"contig": ["two"], "start": [10_000], "end": [12_000]})
    values = {"assay": "capture", "clones": [{"n_sites": 2}], "coverage": 100, "background_rate": 0.01}
    run = simulate(values, toy_inputs(controls=controls))
    made = run.sample(0)
    fragments = made.library.fragments
    host = fragments.origin == 0
    middle = fragments.place + fragments.length // 2
    on_target = host & (middle >= 70_000 - 100) & (middle < 72_000 + 100)
    per_base = 100 / run.bench.lengths.bases_read(run.scenario)
    assert on_target.sum() == pytest.approx(per_base * 2200, rel=0.15)
    assert (host & ~on_target).sum() == pytest.approx(0.01 * per_base * 97_800, rel=0.25)
    assert vectors_of(run)["n_fragments_vector"] > 500
    barely = (made.shown.vector[:, 1] - made.shown.vector[:, 0] < 40) & (made.shown.vector[:, 1] > 0)
    assert barely.sum() < 5


def test_sites_alone_show_the_same_as_the_whole_genome():
    values = {"clones": [{"n_sites": 2}], "coverage": 200, "control_loci": 2, "control_length": 2000}
    whole = simulate(values, seed=2)
    part = simulate({**values, "background": "sites", "background_fraction": 0.05}, seed=2)
    assert len(part.sample(0).library.fragments) < 0.4 * len(whole.sample(0).library.fragments)
    for name in ("n_fragments_intact", "n_fragments_vector"):
        one, other = truth_of(whole)[name], truth_of(part)[name]
        assert one.sum() == pytest.approx(other.sum(), abs=5 * one.sum() ** 0.5)
    assert set(part.regions["kind"]) == {"site", "control"}
    assert vectors_of(part)["background_fraction"] == 0.05


def test_single_reads_have_no_mate():
    run = simulate({"paired": False, "clones": [{"n_sites": 2}], "coverage": 30})
    made, reads, truth = read_all(run)
    assert {len(texts) for texts in reads.values()} == {1}
    assert (truth["vector_bases_r2"] == 0).all()
    shown = np.minimum(made.library.fragments.length, 150).sum() / 100_000
    assert shown == pytest.approx(30, rel=0.06)


def test_native_genes_are_made_of_the_vectors_bases():
    gene = {"gene": "CD247", "vector": "lv", "exons": [[1000, 1057], [1057, 1138], [1138, 1171]]}
    values = {"homologues": [gene], "clones": [{"sites": [{"gene": "CD247"}]}], "cdna": {"T1": 1}}
    inputs = toy_inputs()
    run = simulate({**values, "cdna_genes": ["CD247"]}, inputs)
    vector = decode(inputs.vectors["lv"])
    made = decode(run.added[0]["germline_CD247"])
    places = [made.find(vector[a:b]) for a, b in gene["exons"]]
    assert places == sorted(places)
    assert min(places) > 0
    assert vector[1000:1171] not in made
    cdna = run.bench.pool.others[0]
    assert decode(run.bench.pool.codes[cdna.start : cdna.start + cdna.size]) == vector[1000:1171]
    assert truth_of(run)["contig"].tolist() == ["germline_CD247"]


def test_anchors_that_a_repeat_holds_are_not_unique():
    inputs = toy_inputs()
    contigs = {name: codes.copy() for name, codes in inputs.contigs.items()}
    contigs["two"][20_000:20_040] = contigs["one"][29_999:30_039]  # beside U5, 40 bases
    contigs["two"][30_000:30_300] = 3 - contigs["one"][29_704:30_004][::-1]  # beside U3, other strand
    site = {"contig": "one", "position": 30_000, "strand": "+"}
    run = simulate({"clones": [{"sites": [site]}], "coverage": 0.01}, toy_inputs(contigs=contigs))
    assert truth_of(run)[["unique_anchor_5", "unique_anchor_3"]].to_numpy().tolist() == [[0, 50]]
    assert unique_anchors(run.bench.host, run.bench.sites).tolist() == [[0, 50]]


@pytest.mark.parametrize("size", [1, 3, 4, 20, 30, 32])
def test_words_are_counted_as_by_hand(size: int):
    run = simulate({**NO_CLONES, "coverage": 0.01})
    texts = [decode(codes) for codes in toy_inputs().contigs.values()]
    whole = "".join(texts)
    at = [100, 59_990, 70_000]
    words = [whole[i : i + size] for i in at] + ["ACGT"[:size] if size <= 4 else "A" * size]
    expected = []
    for word in words:
        strands = {word, turned(word)}
        expected.append(sum(whole.startswith(w, i) for w in strands for i in range(len(whole))))
    assert count_occurrences(run.bench.host, np.stack([encode(w) for w in words])).tolist() == expected


def command(out: Path, *more: str) -> int:
    host = ["--genome", str(DEMO / "genome.fa.gz"), "--annotation", str(DEMO / "annotation.gtf.gz")]
    host += ["--repeats", str(DEMO / "repeats.bed"), "--vector", f"lv={DEMO / 'vector.fa'}"]
    small = ["--set", "coverage=10", "--set", "background=sites", "--set", "control_loci=3"]
    return main(["simulate", "tumour", "-o", str(out), "--seed", "3", *host, *small, *more])


def test_the_command_writes_a_study_that_check_accepts(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert command(tmp_path / "a", "--read-truth") == 0
    assert command(tmp_path / "b", "--read-truth") == 0
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*"))
    names = "config.yaml reads/T1_R1.fastq.gz reads/T1_R2.fastq.gz samples.tsv truth.tsv truth_proviruses.fa"
    assert [str(f) for f in files] == [
        *names.split(),
        "truth_reads.tsv.gz",
        "truth_regions.tsv",
        "truth_samples.tsv",
    ]
    for path in files:
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes(), path
    capsys.readouterr()
    assert main(["check", "--config", str(tmp_path / "a" / "config.yaml")]) == 0
    assert "1 library (1 wgs)" in capsys.readouterr().out
    reads = read_tsv(tmp_path / "a" / "truth_reads.tsv.gz", TUMOUR_READS)
    sites = read_tsv(tmp_path / "a" / "truth.tsv", TUMOUR_TRUTH)
    samples = read_tsv(tmp_path / "a" / "truth_samples.tsv", TUMOUR_SAMPLES)
    assert len(sites) == 3
    assert samples["expected"].tolist() == ["POSITIVE"]
    spanning = reads[reads["junction3"]].groupby("site_id")["fragment"].nunique()
    assert spanning.to_dict() == sites.set_index("site_id")["n_fragments_spanning_3"].to_dict()
    text = gzip.decompress((tmp_path / "a" / "reads" / "T1_R1.fastq.gz").read_bytes())
    assert text.count(b"\n") == 4 * samples["n_pairs"][0]


def test_a_bam_holds_the_same_reads(tmp_path: Path):
    assert command(tmp_path / "bam", "--bam") == 0
    assert command(tmp_path / "fastq") == 0
    with pysam.AlignmentFile(tmp_path / "bam" / "reads" / "T1.bam", check_sq=False) as handle:
        reads = list(handle)
    for mate, flag in ((1, 77), (2, 141)):
        path = tmp_path / "fastq" / "reads" / f"T1_R{mate}.fastq.gz"
        lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        mine = [read for read in reads if read.flag == flag]
        assert [read.query_sequence for read in mine] == lines[1::4]
        assert [read.query_name for read in mine] == [line[1:].split()[0] for line in lines[::4]]
        assert "".join(map(chr, np.array(mine[0].query_qualities) + 33)) == lines[3]
    assert main(["check", "--config", str(tmp_path / "bam" / "config.yaml")]) == 0


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--vector", "lv=x.fa"], "'lv' is given twice"),
        (["--vector", "x.fa"], "expected NAME=FILE"),
        (["--set", "clones=[{]"], "no YAML"),
        (["--set", "coverage=-1"], "'coverage' of 'T1'"),
        (["--controls", str(DEMO / "truth.tsv")], "line 1: expected contig, start, end"),
    ],
)
def test_wrong_calls_say_so_and_write_nothing(
    more: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert command(tmp_path / "out", *more) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
