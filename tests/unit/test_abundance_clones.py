"""Fragments to clones: what makes a row, what counts, what is said about it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from integrasite.abundance.clones import NOT_PASSED, estimate_clones, estimate_specimens
from integrasite.cli.main import main
from integrasite.config.calling import Calling
from integrasite.errors import DataError
from integrasite.io.tables import as_table, read_parquet, write_parquet
from integrasite.model.library import Library
from integrasite.model.tables import CLONES, FRAGMENTS

CALLING = Calling()
LIBRARIES = (
    Library("a1", "P1", "P1_M1", timepoint="M1", days=30, tissue="PB", cell_type="T", replicate=1),
    Library("a2", "P1", "P1_M1", timepoint="M1", days=30, tissue="PB", cell_type="T", replicate=2),
    Library("b1", "P1", "P1_M6", timepoint="M6", days=183),
)


class FragmentBuilder:
    """Builds the table `fragments` row by row."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []

    def add(self, position, lengths, sample="a1", umis=None, **columns) -> "FragmentBuilder":
        """Fragments of the site chr1:position:+, one per length."""
        for number, length in enumerate(lengths):
            row = {
                **{"sample": sample, "subject": "P1", "contig": "chr1", "position": position, "strand": "+"},
                **{
                    "site_id": f"chr1:{position}:+",
                    "vector": "LV",
                    "vector_end": "U5",
                    "placement": "unique",
                },
                **{"cluster": "", "length": length, "umi": umis[number] if umis else "", "n_reads": 3},
                "status": "pass",
            }
            self.rows.append(row | columns)
        return self

    def table(self) -> pd.DataFrame:
        """The table as it is read from Parquet."""
        return as_table(pd.DataFrame(self.rows), FRAGMENTS)


def estimate(fragments, libraries=LIBRARIES, fragmentation=None, umi_length=None) -> pd.DataFrame:
    return estimate_clones(
        fragments, libraries, fragmentation=fragmentation or {}, umi_length=umi_length or {}, calling=CALLING
    )


def make_umis(n, length=12, seed=0) -> list[str]:
    letters = np.array(list("ACGT"))[np.random.default_rng(seed).integers(0, 4, (n, length))]
    return ["".join(row) for row in letters]


def test_one_row_per_specimen_and_site():
    fragments = (
        FragmentBuilder().add(10, [100, 120, 140]).add(10, [100], "a2").add(50, [200]).add(10, [90], "b1")
    )
    clones = estimate(fragments.table())
    assert list(clones.columns) == list(CLONES.columns)
    assert clones[
        ["specimen", "position", "n_replicates", "n_fragments", "n_lengths", "n_reads"]
    ].values.tolist() == [
        ["P1_M1", 10, 2, 4, 4, 12],
        ["P1_M1", 50, 1, 1, 1, 3],
        ["P1_M6", 10, 1, 1, 1, 3],
    ]
    assert clones.loc[0, ["timepoint", "days", "tissue", "cell_type", "estimator"]].tolist() == [
        "M1",
        30,
        "PB",
        "T",
        "sonic",
    ]
    assert clones.groupby("specimen")["fraction"].sum().tolist() == pytest.approx([1.0, 1.0])
    assert clones["fraction"][0] == pytest.approx(0.8, abs=0.01)
    assert (clones["cells"] >= clones["n_lengths"]).all()
    assert (clones["cells_low"] < clones["cells"]).all()
    assert (clones["cells"] < clones["cells_high"]).all()


def test_no_fragments_no_rows():
    clones = estimate(as_table(pd.DataFrame({name: [] for name in FRAGMENTS.columns}), FRAGMENTS))
    assert len(clones) == 0
    assert list(clones.columns) == list(CLONES.columns)


def test_rows_that_do_not_pass_keep_their_place_without_a_fraction():
    fragments = FragmentBuilder().add(50, [100, 120]).add(10, [200, 210, 220], status="contamination")
    clones = estimate(fragments.table())
    other, passed = clones.iloc[0], clones.iloc[1]
    assert passed["fraction"] == 1.0
    assert passed["reason"] == ""
    assert other["status"] == "contamination"
    assert other["reason"] == NOT_PASSED
    assert other["cells"] >= 3
    missing = ["fraction", "fraction_low", "fraction_high", "p_ge_10", "p_ge_20", "p_ge_30"]
    assert clones.loc[0, missing].isna().all()
    assert clones.loc[1, missing].notna().all()


def test_reason_of_the_fragments_is_kept():
    fragments = FragmentBuilder().add(10, [100], status="artefact").table().assign(reason="LTR-like genome")
    assert estimate(fragments)["reason"].tolist() == ["LTR-like genome"]


def test_site_that_passes_in_one_library_leaves_the_other_librarys_fragments_out():
    fragments = FragmentBuilder().add(10, [100, 120]).add(10, [100, 120, 130], "a2", status="contamination")
    clone = estimate(fragments.table()).iloc[0]
    assert (clone["status"], clone["n_fragments"], clone["n_replicates"]) == ("pass", 2, 1)


def test_multihit_cluster_is_one_row_and_counts_in_the_denominator():
    cluster = {"placement": "multihit", "cluster": "P1-m1"}
    fragments = (
        FragmentBuilder().add(10, [100, 110]).add(70, [100, 110], **cluster).add(30, [130], "a2", **cluster)
    )
    clones = estimate(fragments.table())
    assert clones["site_id"].tolist() == ["chr1:10:+", "chr1:70:+"]
    assert clones["cluster"].tolist() == ["", "P1-m1"]
    assert clones["n_fragments"].tolist() == [2, 3]
    assert clones["n_replicates"].tolist() == [1, 2]
    assert clones["fraction"].tolist() == pytest.approx([0.4, 0.6], abs=0.01)


def test_vectors_at_one_place_are_different_clones():
    fragments = FragmentBuilder().add(10, [100]).add(10, [100], vector="other")
    assert estimate(fragments.table())["vector"].tolist() == ["LV", "other"]


def test_both_ends_of_the_vector_are_replicates_of_one_clone():
    fragments = FragmentBuilder().add(10, [100, 110]).add(10, [100, 110], "a2", vector_end="U3")
    clone = estimate(fragments.table()).iloc[0]
    assert (clone["n_replicates"], clone["n_lengths"]) == (2, 4)


@pytest.mark.parametrize(
    ("lengths", "umis", "n_fragments", "n_lengths"),
    [
        ([100, 110, 0], ["", "", ""], 2, 2),  # unknown length adds reads only
        ([0], [""], 1, 0),  # unless the site has nothing else
        ([0, 100], ["AAAACCCCGGGG", "CAAACCCCGGGG"], 2, 1),  # a UMI makes it a molecule
        ([0, 100], ["AAAACCCCGGGG", "AAAACCCCGGGG"], 1, 1),  # which is known already
        ([0, 0], ["AAAACCCCGGGG", "CAAACCCCGGGG"], 2, 0),
        ([100, 100], ["AAAACCCCGGGG", "CAAACCCCGGGG"], 2, 1),
    ],
)
def test_fragments_of_unknown_length(lengths, umis, n_fragments, n_lengths):
    for umi_length in (0, 12):
        table = FragmentBuilder().add(10, lengths, umis=umis).table()
        clone = estimate(table, umi_length={"a1": umi_length, "a2": umi_length}).iloc[0]
        assert (clone["n_fragments"], clone["n_lengths"]) == (n_fragments, n_lengths)
        assert clone["n_reads"] == 3 * len(lengths)
        assert clone["cells"] >= max(n_lengths, 1)


def test_two_libraries_of_unknown_length_count_once():
    clone = estimate(FragmentBuilder().add(10, [0]).add(10, [0], "a2").table()).iloc[0]
    assert (clone["n_fragments"], clone["n_replicates"], clone["cells"]) == (1, 2, 1.0)


@pytest.mark.parametrize(
    ("umi_length", "fragmentation", "estimator"),
    [
        ({"a1": 12, "a2": 12}, {}, "umi"),
        ({"a1": 12, "a2": 12}, {"a1": "restriction", "a2": "restriction"}, "umi"),
        ({"a1": 12, "a2": 7}, {}, "sonic"),  # one library's UMI is too short
        ({"a1": 12}, {"a2": "restriction"}, "count"),  # not all sheared
    ],
)
def test_estimator(umi_length, fragmentation, estimator):
    umis = make_umis(40)
    fragments = (
        FragmentBuilder()
        .add(10, range(100, 120), umis=umis[:20])
        .add(20, range(100, 120), "a2", umis=umis[20:])
    )
    clones = estimate(fragments.table(), fragmentation=fragmentation, umi_length=umi_length)
    assert clones["estimator"].tolist() == [estimator] * 2
    assert clones["n_umis"].tolist() == [20, 20]
    assert clones["sonic_cells"].isna().all() == bool(fragmentation)
    assert clones["umi_cells"].isna().all() == (estimator != "umi")


def test_unhealthy_umis_are_replaced_and_named():
    builder = FragmentBuilder()
    for site in range(40):  # every length was read with three UMIs
        builder.add(site + 1, np.repeat(np.arange(100, 220, 10) + site, 3), umis=make_umis(36, seed=site))
    found = list(
        estimate_specimens(
            builder.table(), LIBRARIES, fragmentation={}, umi_length={"a1": 12, "a2": 12}, calling=CALLING
        )
    )
    frame, note = found[0]
    assert set(frame["estimator"]) == {"sonic"}
    assert note.startswith("P1_M1: UMI counts are 2.")


def test_row_order_does_not_matter():
    rng = np.random.default_rng(4)
    builder = FragmentBuilder()
    for site in range(30):
        builder.add(site + 1, rng.integers(50, 400, 12), sample=("a1", "a2")[site % 2])
    table = builder.table()
    shuffled = table.sample(frac=1.0, random_state=3).reset_index(drop=True)
    pd.testing.assert_frame_equal(estimate(table), estimate(shuffled))


def test_saturated_clone_is_a_bound():
    rng = np.random.default_rng(6)
    length = rng.normal(150, 5, 4000).astype(int)
    builder = FragmentBuilder().add(1, sorted(set(length[:3000])))
    for number, value in enumerate(length[3000:]):
        builder.add(number + 2, [value])
    clones = estimate(builder.table())
    assert clones["saturated"].tolist() == [True] + [False] * 1000
    assert np.isnan(clones["cells_high"][0])
    assert clones["fraction_high"][0] == 1.0
    assert clones["cells_high"][1:].notna().all()


def test_unknown_sample_is_refused():
    with pytest.raises(DataError, match="'z9' is not a library of this subject \\(known: a1, a2, b1\\)"):
        estimate(FragmentBuilder().add(10, [100], "z9").table())


@pytest.fixture
def study(tmp_path) -> Path:
    """A config and sheet of two patients, one with two replicates."""
    (tmp_path / "config.yaml").write_text(
        "samples: samples.tsv\nreference: {genome: g.fa, annotation: g.gtf}\n"
        "vectors: {LV: {sequence: v.fa}}\n"
        "protocols: {p: {ltr_end: TCTAGCA, primer: GAAAATC, linker: CGCAGACATCCCGTCCCATNNNNNNNNNNNNCTCCGC}}\n"
    )
    rows = [
        f"{s}\t{p}\t{t}\tamplicon\t{s}_1.fq\t{s}_2.fq\tp\tLV\t{r}"
        for s, p, t, r in (("a1", "P1", "M1", 1), ("a2", "P1", "M1", 2), ("c1", "P2", "M1", 1))
    ]
    header = "sample\tsubject\ttimepoint\tassay\tr1\tr2\tprotocol\tvector\treplicate"
    (tmp_path / "samples.tsv").write_text("\n".join([header, *rows]) + "\n")
    return tmp_path / "config.yaml"


def test_stage_writes_the_same_bytes_again(study, capsys):
    table = (
        FragmentBuilder()
        .add(10, [100, 120, 140], umis=make_umis(3))
        .add(20, [100], "a2", umis=["ACGTACGTACGT"])
    )
    fragments, output = study.parent / "fragments.parquet", study.parent / "clones.parquet"
    write_parquet(table.table(), fragments, FRAGMENTS)
    call = [
        "estimate-clones",
        "--config",
        str(study),
        "--subject",
        "P1",
        "--fragments",
        str(fragments),
        "-o",
        str(output),
    ]
    assert main(call) == 0
    first = output.read_bytes()
    clones = read_parquet(output, CLONES)
    assert clones["estimator"].tolist() == ["umi", "umi"]
    assert clones["cells"].tolist() == pytest.approx([3.0, 1.0], abs=1e-3)
    assert "P1: 2 clones in 1 specimens" in capsys.readouterr().err
    assert main(call) == 0
    assert output.read_bytes() == first


def test_stage_refuses_what_it_does_not_know(study, capsys):
    output = study.parent / "clones.parquet"
    call = [
        "estimate-clones",
        "--config",
        str(study),
        "--fragments",
        str(study.parent / "none.parquet"),
        "-o",
        str(output),
    ]
    assert main([*call, "--subject", "P9"]) == 2
    assert "'P9': has no amplicon library in the sheet (known: P1, P2)" in capsys.readouterr().err
    assert main([*call, "--subject", "P1"]) == 1
    assert "none.parquet: no such file (expected the table 'fragments')" in capsys.readouterr().err
    assert not output.exists()
