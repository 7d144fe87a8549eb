"""Reads of the simulator against what a person would write down from genome, vector and contract."""

import gzip
from functools import cache

import numpy as np
import pandas as pd
import pytest
from simulate_toy import CLEAN, Made, contigs, flip, host, host_insert, host_rows, inputs, make, records

from integrasite.model.sites import VectorEnd, junction_to_site, strand_word
from integrasite.simulate.amplicon import simulate_amplicon
from integrasite.simulate.fastq import GzipStream
from integrasite.simulate.molecules import Kind
from integrasite.simulate.scenario import ARTEFACTS, AmpliconScenario, load_scenario
from integrasite.simulate.sequences import decode


@cache
def clean(vector_end: str) -> Made:
    return make(vector_ends=[vector_end], short_fraction=0.3, length_mean=150, length_sd=60)


@pytest.mark.parametrize("vector_end", ["U5", "U3"])
@pytest.mark.parametrize("strand", ["+", "-"])
def test_error_free_host_reads_follow_the_contract(vector_end: str, strand: str):
    """Junction base, breakpoint, lead, linker, UMI and adapters, base by base."""
    made, genome = clean(vector_end), contigs()
    chemistry = made.run.chemistries[0]
    lead = chemistry.primer + chemistry.ltr_end
    linkers = {library.sample: library.linker for library in made.run.libraries}
    rows = host_rows(made)
    rows = rows[(rows["kind"] == "host") & (rows["strand"] == strand)]
    assert len(rows) > 100
    short = 0
    for index, row in rows.iterrows():
        contig, position, length = genome[row["contig"]], int(row["position"]), int(row["length"])
        insert = host_insert(contig, position, strand, vector_end, length)
        linker = linkers[row["sample"]].replace("N" * 12, row["umi"])
        expected_r2 = lead + insert + flip(linker) + "AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT" + "G" * 150
        expected_r1 = linker + flip(insert) + flip(lead) + "AGATCGGAAGAGCACACGTCTGAACTCCAGTCAC" + "G" * 150
        assert made.r2[index] == expected_r2[:150]
        assert made.r1[index] == expected_r1[:150]
        short += length < 80
    assert short > 10


@pytest.mark.parametrize("vector_end", ["U5", "U3"])
def test_reads_lead_back_to_the_true_site(vector_end: str):
    """The converter that the caller uses returns the truth from the reads' first host bases."""
    made = clean(vector_end)
    molecules, sites = made.run.molecules, made.run.clones.sites
    host_only = np.flatnonzero(molecules.kind == Kind.HOST)
    starts = np.array([made.run.host.pool.starts[c] for c in sites["contig"]])
    for m in host_only[:200]:
        site = int(molecules.site[m])
        first = int(molecules.start[m]) - starts[site]
        position, forward = junction_to_site(first, bool(molecules.forward[m]), VectorEnd(vector_end), 5)
        assert (position, strand_word(forward)) == (
            sites["position0"][site],
            strand_word(bool(sites["forward"][site])),
        )


def test_ltr_ends_are_those_of_the_vector():
    assert clean("U5").run.chemistries[0].primer == "GAAAATC"
    assert clean("U5").run.chemistries[0].ltr_end == "TCTAGCA"
    assert clean("U3").run.chemistries[0].ltr_end == "CCTTCCA"


@pytest.mark.parametrize("vector_end", ["U5", "U3"])
@pytest.mark.parametrize("kind", ARTEFACTS)
def test_artefacts_read_as_they_are_named(vector_end: str, kind: str):
    made = artefacts(vector_end)
    rows = host_rows(made)
    rows = rows[rows["kind"] == kind]
    assert len(rows) > 20
    assert set(rows["fate"]) == {kind}
    for index in rows.index:
        check_artefact(made, kind, made.r2[index], rows.loc[index])


@cache
def artefacts(vector_end: str) -> Made:
    rates = dict.fromkeys(
        ("two_ltr_circle", "autointegration", "no_insert", "truncated_ltr", "mispriming", "internal_vector"),
        0.1,
    )
    return make(2, vector_ends=[vector_end], **rates)


def check_artefact(made: Made, kind: str, read: str, row: pd.Series) -> None:
    vector = decode(host().vector.codes)
    chemistry = made.run.chemistries[0]
    lead, length = chemistry.primer + chemistry.ltr_end, int(row["length"])
    forward = chemistry.vector_end == "U5"
    ltr = host().vector.element("5' LTR").end
    inward = vector[ltr:] if forward else flip(vector[:-ltr])
    other = vector if forward else flip(vector)
    after = read[len(lead) :][: min(length, 150 - len(lead))]
    if kind == "internal_vector":
        assert read.startswith(lead)
        assert inward.startswith(after)
        assert inward.startswith("GTGGCGCCCGAACAGGGAC" if forward else "GTCCCCCCTTTTCTTTT")
    elif kind == "two_ltr_circle":
        assert read.startswith(lead + "GTAC")
        assert ("GTAC" + other).startswith(after)
    elif kind == "no_insert":
        assert read.startswith(lead + flip("CTCCGCTTAAGGGACT"))
    elif kind == "autointegration":
        assert read.startswith(lead)
        assert after in vector or after in flip(vector)
    elif kind == "truncated_ltr":
        assert read.startswith(chemistry.primer + chemistry.ltr_end[:3])
        assert not read.startswith(lead)
    else:
        after = read[len(chemistry.primer) :][: min(length, 150 - len(chemistry.primer))]
        assert read.startswith(chemistry.primer)
        assert any(after in contig or after in flip(contig) for contig in contigs().values())


def test_index_hops_change_the_barcode_but_not_the_linker():
    made = make(3, index_hop=0.4, internal_vector=0)
    barcodes = {library.sample: library.barcode for library in made.run.libraries}
    linkers = {library.sample: library.linker[:19] for library in made.run.libraries}
    hopped = made.truth["sample"] != made.truth["true_sample"]
    assert hopped.mean() == pytest.approx(0.4, abs=0.05)
    for index, row in made.truth.iterrows():
        assert made.i1[index] == barcodes[row["sample"]]
        assert made.r1[index].startswith(linkers[row["true_sample"]])
    rows = host_rows(made)
    usable = hopped & (rows["kind"] == "host") & (rows["length"] > 0)
    assert set(made.truth.loc[usable, "fate"]) == {"wrong_linker"}


def test_recombined_pairs_carry_another_molecules_linker_and_umi():
    made = make(4, recombination=0.3)
    molecules = made.run.molecule_truth()
    linkers = {library.sample: library.linker for library in made.run.libraries}
    rows = made.truth[made.truth["linker_molecule"] != made.truth["molecule"]]
    assert len(rows) / len(made.truth) == pytest.approx(0.3, abs=0.06)
    for index, row in rows.head(200).iterrows():
        donor = molecules.loc[row["linker_molecule"]]
        assert made.r1[index].startswith(linkers[donor["sample"]].replace("N" * 12, donor["umi"]))


def test_slippage_takes_or_adds_one_base_of_the_run_at_the_junction():
    made, genome = make(5, slippage=1.0, fragments=120), contigs()
    lead = made.run.chemistries[0].lead
    rows = host_rows(made)
    rows = rows[rows["slip"] != 0]
    assert len(rows) > 20
    for index, row in rows.iterrows():
        length = int(row["length"])
        insert = host_insert(genome[row["contig"]], int(row["position"]), row["strand"], "U5", length)
        changed = insert[1:] if row["slip"] < 0 else insert[0] + insert
        assert made.r2[index].startswith((decode(lead) + changed)[: min(150, 14 + length - 1)])
        run = "A" * 20 if insert[0] == "A" else insert[0] * 20
        assert insert.startswith(run[:2])


def test_jitter_moves_only_the_far_end():
    made, genome = make(6, breakpoint_jitter=1.0, short_fraction=0), contigs()
    rows = host_rows(made)
    rows = rows[(rows["jitter"] != 0) & (rows["kind"] == "host")]
    assert set(rows["jitter"]) == {-3, -2, -1, 1, 2, 3}
    for index, row in rows.head(200).iterrows():
        length = int(row["length"]) + int(row["jitter"])
        insert = host_insert(genome[row["contig"]], int(row["position"]), row["strand"], "U5", length)
        assert made.r1[index][47:].startswith(flip(insert)[:90])


def test_chimeras_join_two_molecules_of_one_library():
    made = make(7, chimera=0.3, internal_vector=0)
    molecules = made.run.molecule_truth()
    rows = made.truth[made.truth["far_molecule"] != made.truth["molecule"]]
    assert len(rows) / len(made.truth) > 0.2
    assert (molecules["sample"].to_numpy()[rows["far_molecule"]] == rows["true_sample"]).all()
    assert "unpaired" in set(rows["fate"])


def test_unlisted_barcodes_fit_no_library():
    made = make(8, unlisted_barcode=0.3)
    barcodes = [library.barcode for library in made.run.libraries]
    lost = made.truth["fate"] == "unassigned"
    assert lost.mean() == pytest.approx(0.3, abs=0.05)
    for index in made.truth.index[lost]:
        assert min(sum(a != b for a, b in zip(made.i1[index], code, strict=True)) for code in barcodes) >= 5


def test_substitutions_rise_along_the_read_and_match_their_qualities():
    quiet = {"fragments": 120, "reads_per_molecule": 10, "short_fraction": 0}
    clear = make(9, **quiet, substitution_start=0, substitution_end=0)
    noisy = make(9, **quiet, substitution_start=0.001, substitution_end=0.02)
    codes, qualities = matrix(noisy.text["r1"])
    # Errors are drawn last, so both runs hold the same molecules and one serves as the other's reference.
    wrong = codes != reference_r1(noisy, clear)
    rates = wrong.mean(axis=0)
    assert rates[:20].mean() == pytest.approx(0.0023, rel=0.5)
    assert rates[-20:].mean() == pytest.approx(0.019, rel=0.4)
    for quality, chance in ((37, 10**-3.7), (25, 10**-2.5), (11, 10**-1.1)):
        assert wrong[qualities == quality].mean() == pytest.approx(chance, rel=0.25)


def matrix(text: bytes) -> tuple[np.ndarray, np.ndarray]:
    _, bases, qualities = records(text)
    tables = [np.frombuffer("".join(part).encode(), np.uint8).reshape(-1, 150) for part in (bases, qualities)]
    return tables[0], tables[1] - 33


def reference_r1(noisy: Made, clear: Made) -> np.ndarray:
    assert (noisy.truth["molecule"] == clear.truth["molecule"]).all()
    return matrix(clear.text["r1"])[0]


def test_indels_shift_the_rest_of_the_read():
    clear, changed = make(10), make(10, indel=0.002)
    rows = np.flatnonzero([a != b for a, b in zip(clear.r2, changed.r2, strict=True)])
    assert len(rows) / len(clear.r2) == pytest.approx(0.26, abs=0.08)
    for index in rows[:50]:
        before, after = clear.r2[index], changed.r2[index]
        at = next(i for i in range(150) if before[i] != after[i])
        lost = after[at:149] == before[at + 1 :]
        doubled = after[at + 1 :] == before[at:149]
        assert lost or doubled


def test_low_quality_pairs_are_hardly_readable():
    made = make(11, low_quality=0.5, substitution_start=0.001, substitution_end=0.005)
    _, qualities = matrix(made.text["r2"])
    poor = (made.truth["fate"] == "low_quality").to_numpy()
    assert poor.mean() == pytest.approx(0.5, abs=0.06)
    errors = 10.0 ** (-qualities[:, :60].astype(float) / 10)
    assert (-10 * np.log10(errors[poor].mean(axis=1))).max() < 15
    assert np.median(-10 * np.log10(errors[~poor].mean(axis=1))) > 25


def test_restriction_fragments_end_at_the_next_motif():
    made, genome = make(12, fragmentation="restriction", restriction_site="TTAA"), contigs()
    rows = host_rows(made)
    rows = rows[rows["kind"] == "host"].drop_duplicates("molecule")
    assert len(rows) > 50
    for _, row in rows.iterrows():
        insert = host_insert(
            genome[row["contig"]], int(row["position"]), row["strand"], "U5", int(row["length"])
        )
        assert insert.endswith("TTAA")
        assert insert.find("TTAA") == len(insert) - 4
    assert rows.groupby("site_id")["length"].nunique().max() == 1


def test_contamination_brings_other_subjects_sites():
    made = make(13, contamination=0.3)
    truth = made.run.site_truth()
    share = truth.groupby("cause")["n_molecules"].sum() / truth["n_molecules"].sum()
    assert share["contamination"] == pytest.approx(0.3, abs=0.06)
    owners = made.run.clones.sites["subject"].map(dict(enumerate(("A", "B"))))
    labels = dict(zip(made.run.molecule_truth()["site_id"], made.run.molecules.site, strict=True))
    own = [
        owners[labels[site]] == subject
        for site, subject in zip(truth["site_id"], truth["subject"], strict=True)
    ]
    assert (np.array(own) == (truth["cause"] == "clone").to_numpy()).all()


@pytest.mark.parametrize("cv", [0.0, 0.3])
def test_clones_differ_between_replicates_by_the_given_variation(cv: float):
    design = {"subjects": ["A"], "timepoints": ["D28"], "ntc_libraries": 0}
    design |= {"replicates": 12, "fragments": 400}
    changes = {"background_sites": 8, "neighbour_pairs": 0, "drift_sigma": 0, "background_sigma": 0.3}
    scenario = load_scenario({**CLEAN, **design, **changes, "replicate_cv": cv})
    run = simulate_amplicon(inputs(), scenario, np.random.default_rng(21))
    host_only = run.molecules.site >= 0
    counts = np.zeros((12, 8))
    np.add.at(counts, (run.molecules.library[host_only], run.molecules.site[host_only]), 1)
    share = counts / counts.sum(axis=1, keepdims=True)
    true = run.clones.fractions[:, 0]
    # Excess over sampling, less what the closure takes; 77 degrees of freedom: standard error 0.018.
    excess = share.var(axis=0, ddof=1) / true**2 - (1 - true) / true / counts.sum(axis=1).mean()
    assert excess.mean() == pytest.approx(cv**2 * (1 - (true**2).sum()), abs=0.045)
    # What is reported as the truth stays the specimen's.
    assert share.mean(axis=0) == pytest.approx(true, rel=0.3)
    truth = run.site_truth()
    assert truth.groupby("site_id")["fraction"].nunique().max() == 1


def test_fates_of_all_pairs_add_up_and_names_tell_nothing():
    made = make(14, pairs=5000, index_hop=0.05, unlisted_barcode=0.05, low_quality=0.05)
    table = made.run.tally.fate_table(made.run.libraries)
    assert table["n_reads"].sum() == 5000 == len(made.truth)
    counted = made.truth.groupby(["sample", "fate"]).size()
    assert dict(counted) == {
        (s, f): n for s, f, n in zip(table["sample"], table["fate"], table["n_reads"], strict=True)
    }
    names = {mate: records(made.text[mate])[0] for mate in ("r1", "r2", "i1")}
    assert len(set(names["r1"])) == 5000
    assert [n.replace(" 2:", " 1:") for n in names["r2"]] == names["r1"] == names["i1"]
    assert all(name.startswith("@A00901:88:HSIMDSXX:1:110") for name in names["r1"])


def test_names_stay_unique_over_many_blocks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("integrasite.simulate.amplicon.BLOCK", 97)
    made = make(15, pairs=3000)
    assert made.truth["name"].nunique() == 3000
    assert made.truth["name"].is_monotonic_increasing


def test_same_seed_same_bytes():
    first, again, other = make(16), make(16), make(17)
    assert first.text == again.text
    assert first.text["r2"] != other.text["r2"]


def test_copies_per_molecule_are_overdispersed():
    made = make(18, reads_per_molecule=5, amplification_sigma=0, length_bias=0, library_depth_sigma=0)
    reads = made.run.molecule_truth()["n_reads"]
    assert reads.mean() == pytest.approx(5, rel=0.1)
    assert reads.var() == pytest.approx(5 + 25, rel=0.5)


def test_gzip_streams_hold_no_time():
    stream = GzipStream(6)
    packed = stream.add(b"ACGT" * 100) + stream.finish()
    assert gzip.decompress(packed) == b"ACGT" * 100
    assert packed[4:8] == bytes(4)


def test_an_empty_library_set_gives_empty_files():
    made = make(19, fragments=0, ntc_molecules=0, ntc_artefacts=0)
    assert made.r1 == []
    assert made.run.site_truth().empty
    assert made.run.tally.fate_table(made.run.libraries).empty


def test_defaults_are_a_valid_scenario():
    assert load_scenario({}) == AmpliconScenario()
