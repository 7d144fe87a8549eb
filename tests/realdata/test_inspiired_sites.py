"""INSPIIRED's validation run, from its own sheet to sites: one clone of known place, the others outside the genome.

The index of hg38mini takes about a minute; it is kept in INTEGRASITE_TEST_CACHE, or else in pytest's cache folder.
"""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from integrasite.cli.main import main
from integrasite.io.parts import read_arrow
from integrasite.io.tables import read_parquet
from integrasite.model.tables import FRAGMENTS, LEDGER, MULTIHITS, SITES

REAL = Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared/realdata"))
RUN, MINI = REAL / "amplicon/inspiired_validation", REAL / "hg38mini"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.slow,
    pytest.mark.skipif(not (RUN.is_dir() and MINI.is_dir()), reason="no real data here"),
    pytest.mark.skipif(shutil.which("bwa") is None, reason="bwa is not on PATH"),
    pytest.mark.xdist_group("inspiired"),
]

SITE = ("chr1_52045200", 416242, "+")
"""Clone 1: hg38 chr1:52461441, the base joined to U5; the contig begins at 52045200."""
SINGLE = [f"clone1-{replicate}" for replicate in range(1, 5)]
TRUTH_SAMPLES = ("clone", "pool")
"""Libraries whose sites are known. The infected controls and the uninfected one are not among them."""


def run(*arguments):
    assert main([str(argument) for argument in arguments]) == 0


@pytest.fixture(scope="module")
def called(tmp_path_factory, request):
    """Tables of the subject that all patient libraries belong to, and the ledger of the reads stage."""
    home = tmp_path_factory.mktemp("inspiired")
    cache = os.environ.get("INTEGRASITE_TEST_CACHE") or request.config.cache.mkdir("integrasite-references")
    reads = [
        part
        for name in ("R1", "R2", "I1")
        for part in (f"--{name.lower()}", RUN / f"Undetermined_{name}.fastq.gz")
    ]
    config = ("--config", home / "config.yaml")
    genome = ("--genome", MINI / "genome.fa.gz", "--annotation", MINI / "annotation.gtf.gz")
    sheet = ("-o", home / "samples.tsv", "--config-out", home / "config.yaml", "--subject", "val")
    run("import-sheet", "--from", "inspiired", RUN / "sampleInfo.tsv", *sheet, *reads, *genome)
    run("index", *config, "--folder", cache, "-o", home / "reference.json")
    rows = pd.read_csv(home / "samples.tsv", sep="\t", dtype=str)
    name = rows["sample"].iloc[0]
    stem = home / "aligned" / name / name
    parts = {kind: stem.with_name(f"{name}.{kind}.parquet") for kind in ("inserts", "molecules", "places")}
    usable, ledger = home / "reads.parquet", home / "reads-ledger.parquet"
    run(
        "prepare-reads",
        *config,
        "--source",
        name,
        "--counts",
        home / "counts.parquet",
        "--ledger",
        ledger,
        "-o",
        usable,
    )
    collapsed = ("--inserts", parts["inserts"], "--molecules", parts["molecules"])
    run("collapse", *config, "--source", name, "--reads", usable, *collapsed)
    reference = ("--reference", home / "reference.json")
    run("align", *config, *reference, "--inserts", parts["inserts"], "-o", parts["places"])
    found = {}
    for table in (FRAGMENTS, SITES, MULTIHITS, LEDGER):
        found[table.name] = home / f"{table.name}.parquet"
    outputs = [part for kind, path in found.items() for part in (f"--{kind}", path)]
    run("call-sites", *config, "--subject", "val", *reference, "--aligned", home / "aligned", *outputs)
    tables = {
        table.name: read_parquet(found[table.name], table) for table in (FRAGMENTS, SITES, MULTIHITS, LEDGER)
    }
    molecules = read_arrow(parts["molecules"]).to_pandas()
    molecules["subject"] = rows["subject"].to_numpy()[molecules["row"]]
    return {**tables, "reads": read_parquet(ledger, LEDGER), "molecules": molecules}


def known(sites):
    """Rows of libraries with a truth, and whether each is at clone 1's place."""
    rows = sites[sites["sample"].str.startswith(TRUTH_SAMPLES)]
    here = (rows["contig"] == SITE[0]) & (rows["position"] == SITE[1]) & (rows["strand"] == SITE[2])
    return rows, here


@pytest.mark.parametrize("sample", SINGLE)
def test_clone_1_is_found_at_its_base_in_every_replicate(called, sample):
    rows, here = known(called["sites"])
    own = rows[here & (rows["sample"] == sample)]
    assert own[["placement", "status"]].to_numpy().tolist() == [["unique", "pass"]]
    assert own["n_fragments"].iloc[0] >= 20
    assert own["n_lengths"].iloc[0] >= 20


@pytest.mark.parametrize(("pool", "least"), [("pool1", 15), ("pool2", 25), ("pool3", 5)])
def test_clone_1_is_found_in_the_pools(called, pool, least):
    rows, here = known(called["sites"])
    own = rows[here & rows["sample"].str.startswith(pool)]
    assert len(own) >= 3  # of four replicates
    assert own["n_fragments"].sum() >= least


def test_no_confident_site_elsewhere(called):
    """Clones 2, 3, 4 and 7 lie outside this genome."""
    rows, here = known(called["sites"])
    false = rows[
        ~here & (rows["placement"] == "unique") & (rows["status"] == "pass") & (rows["n_fragments"] >= 2)
    ]
    assert false[["sample", "site_id", "n_fragments"]].to_numpy().tolist() == []


def test_clone_1_is_not_in_the_other_clones_libraries(called):
    rows, here = known(called["sites"])
    others = rows[here & ~rows["sample"].str.startswith(("clone1-", "pool"))]
    assert others["n_fragments"].sum() <= 2  # hops


def test_clone_1_is_one_site_not_several_beside_each_other(called):
    sites = called["sites"]
    near = sites[(sites["contig"] == SITE[0]) & (sites["position"].sub(SITE[1]).abs() <= 30)]
    assert set(near["site_id"]) == {"chr1_52045200:416242:+"}


def test_every_read_has_one_fate_to_the_end(called):
    molecules = called["molecules"]
    assert called["reads"]["n_reads"].sum() + molecules["n_reads"].sum() == 10_000
    own = molecules[molecules["subject"] == "val"]["n_reads"].sum()
    assert called["ledger"]["n_reads"].sum() == own > 1_400
    assert called["fragments"]["n_reads"].sum() <= own


def test_two_in_five_ltr_reads_run_into_the_vector(called):
    fates = called["reads"].groupby("fate")["n_reads"].sum()
    # 1,725 by exact matching of the PBS, of 4,052 with primer and LTR end
    assert 1_650 <= fates["internal_vector"] <= 1_950


def test_fragments_have_the_lengths_that_the_library_can_have(called):
    lengths = called["fragments"]["length"]
    assert lengths.between(20, 2000).all()
