"""A real CAR-positive leukaemia and the same patient's cells from before treatment, from reads to report.

The index of hg38mini takes about a minute; it is kept in INTEGRASITE_TEST_CACHE, or else in pytest's cache folder.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from integrasite.io.tables import read_tsv
from integrasite.model.tables import LEDGER, SITES, TRANSGENE

REAL = Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared/realdata"))
READS, MINI = REAL / "tumour/t_lgl_ciltacel", REAL / "hg38mini"
REPOSITORY = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.slow,
    pytest.mark.skipif(not (READS.is_dir() and MINI.is_dir()), reason="no real data here"),
    pytest.mark.skipif(shutil.which("bwa") is None, reason="bwa is not on PATH"),
    pytest.mark.xdist_group("hg38mini-host"),
]

TUMOUR, BEFORE, BAM = "PB_CARpos_CD5pos", "Apherese_CARneg_CD5pos", "PB_bam"
N_PAIRS = {TUMOUR: 3641, BEFORE: 7093}
"""Records of the FASTQ files."""
CONFIG = """\
run: {{id: t-lgl, date: 2026-01-31}}
samples: samples.tsv
reference: {{name: hg38mini, genome: {mini}/genome.fa.gz, annotation: {mini}/annotation.gtf.gz, index: {index}}}
vectors:
  cilta-cel: {{sequence: {real}/vectors/ciltacel_provirus.fa}}
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory, request):
    """Results of both FASTQ samples and the BAM, one subject."""
    home = tmp_path_factory.mktemp("t-lgl")
    cache = os.environ.get("INTEGRASITE_TEST_CACHE") or request.config.cache.mkdir("integrasite-references")
    (home / "config.yaml").write_text(CONFIG.format(mini=MINI, real=REAL, index=cache))
    rows = ["sample\tsubject\tassay\tr1\tr2\tbam\ttissue"]
    for name, tissue in ((TUMOUR, "blood"), (BEFORE, "apheresis")):
        files = [READS / f"{name}_R{mate}.fastq.gz" for mate in (1, 2)]
        rows.append(f"{name}\tpt1\twgs\t{files[0]}\t{files[1]}\t\t{tissue}")
    rows.append(f"{BAM}\tpt1\twgs\t\t\t{READS / 'PB_CARpos_CD5pos.chr3.bam'}\tblood-bam")
    (home / "samples.tsv").write_text("\n".join(rows) + "\n")
    command = [sys.executable, "-m", "snakemake", "-s", REPOSITORY / "Snakefile", "--cores", "2"]
    command += ["--configfile", home / "config.yaml", "--directory", home]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [str(word) for word in command], env=environment, capture_output=True, text=True, timeout=1500
    )
    assert done.returncode == 0, done.stderr[-5000:]
    return home / "results"


@pytest.fixture(scope="module")
def sites(results):
    table = read_tsv(results / "sites.tsv.gz", SITES)
    return table[table["status"] == "pass"]


def places(table: pd.DataFrame, sample: str) -> dict[str, tuple[int, str]]:
    own = table[table["sample"] == sample]
    assert own["contig"].is_unique
    return {row.contig: (row.position, row.strand) for row in own.itertuples()}


def test_the_three_sites_stand_at_their_bases(sites):
    found = places(sites, TUMOUR)
    assert set(found) == {"chr20_63714665", "chr3_160530991", "chr19_1241852"}
    assert found["chr20_63714665"] == (4997, "+")
    assert found["chr3_160530991"] == (5008, "+")
    # a run of T and bases that differ from the contig: anything in here is right
    position, strand = found["chr19_1241852"]
    assert 5004 <= position <= 5012
    assert strand == "+"


def test_the_site_of_the_file_as_it_is_stands_at_the_same_base(sites):
    assert places(sites, BAM) == {"chr3_160530991": (5008, "+")}


def test_cells_from_before_the_treatment_have_no_site(sites):
    assert places(sites, BEFORE) == {}


def test_the_vector_is_in_the_tumour_and_not_in_the_cells_before(results):
    table = read_tsv(results / "transgene.tsv", TRANSGENE).set_index("sample")
    assert table.loc[TUMOUR, "verdict"] == "POSITIVE"
    assert table.loc[TUMOUR, "product"] == "cilta-cel"
    before = table.loc[BEFORE]
    assert before["verdict"] == "NEGATIVE"
    assert before["n_fragments"] == 0
    # nearly all of its vector-like reads are of the host's EF1a gene, which hg38mini lacks
    assert before["n_host_like"] > 80
    assert before["lod_vcn"] <= before["required_vcn"]
    # the files hold reads of the three loci only: the depth is that of the subject's sites, and the verdict says so
    assert "depth-at-sites" in before["findings"]
    # the file holds one locus and no unmapped reads: junctions, and next to nothing of the vector beside them
    assert table.loc[BAM, "verdict"] in ("POSITIVE", "INDETERMINATE")
    assert "unmapped-reads-missing" in table.loc[BAM, "findings"]


def test_each_pair_has_one_fate(results):
    sums = read_tsv(results / "ledger.tsv", LEDGER).groupby("sample")["n_reads"].sum()
    assert {name: int(sums[name]) for name in N_PAIRS} == N_PAIRS
