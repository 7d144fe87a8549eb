"""`call-junctions`, `size-junctions`, `export-junctions`: files in, files out, messages."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from integrasite.cli.main import main
from integrasite.io.sequences import write_fasta
from integrasite.io.tables import as_table, read_parquet, write_parquet
from integrasite.kernels.codes import encode
from integrasite.model.tables import CLONES, SITE_COUNTS, SITES, TUMOUR_JUNCTIONS, TUMOUR_SITES
from integrasite.transgene.vector_map import MappedVector, VectorMap, save_vector_map

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
from junction_toy import Truth, row

CONFIG = """
samples: samples.tsv
run: {id: toy, date: 2026-01-31}
reference: {genome: genome.fa, annotation: genes.gtf}
vectors:
  lv: {sequence: lv.fa}
"""
SHEET = (
    "sample\tsubject\tassay\tr1\tvector\tpurity\n"
    "T1\tP1\twgs\tT1.fastq\tlv\t0.8\nB1\tP1\twgs\tB1.fastq\tlv\t\nX1\tP2\tamplicon\tX1.fastq\tlv\t\n"
)


@pytest.fixture
def study(tmp_path):
    rng = np.random.default_rng(4)
    contigs = {"chr1": 40_000, "chrX": 3_000}
    bases = {name: "".join(rng.choice(list("ACGT"), size)) for name, size in contigs.items()}
    write_fasta(tmp_path / "ref" / "a" / "reference.fa", bases.items())
    (tmp_path / "ref" / "a" / "reference.json").write_text(json.dumps({"contigs": contigs, "vectors": {}}))
    (tmp_path / "ref" / "reference.json").write_text(json.dumps({"reference": "a/reference.json"}))
    one_ltr = encode("".join(rng.choice(list("ACGT"), 5_459)))
    vector = MappedVector("lv", "lentivirus", 5, "provirus", one_ltr, 234, 5_693)
    save_vector_map(VectorMap((vector,)), tmp_path / "vectors")
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "samples.tsv").write_text(SHEET.replace("\tamplicon\t", "\twgs\t"))
    rows = [row(Truth(), side, fragment=10 * side + n) for side in (5, 3) for n in range(3)]
    write_parquet(as_table(pd.DataFrame(rows), TUMOUR_JUNCTIONS), tmp_path / "T1.parquet", TUMOUR_JUNCTIONS)
    write_parquet(as_table(pd.DataFrame(), TUMOUR_JUNCTIONS), tmp_path / "B1.parquet", TUMOUR_JUNCTIONS)
    return tmp_path


def call(study, *junctions: str, subject: str = "P1") -> int:
    given = [str(study / name) for name in junctions or ("T1.parquet", "B1.parquet")]
    return main(
        ["call-junctions", "--config", str(study / "config.yaml"), "--subject", subject, "--vectors", str(study / "vectors"),
         "--reference", str(study / "ref" / "reference.json"), "--junctions", *given,
         "--sites", str(study / "sites.parquet"), "--multihits", str(study / "multihits.parquet")]
    )  # fmt: skip


def size(study, *counts: str) -> int:
    given = [str(study / name) for name in counts]
    return main(
        ["size-junctions", "--config", str(study / "config.yaml"), "--subject", "P1",
         "--junction-sites", str(study / "sites.parquet"), "--counts", *given,
         "--tumour-sites", str(study / "sized.parquet"), "--sites", str(study / "s.parquet"), "--clones",
         str(study / "c.parquet")]
    )  # fmt: skip


def test_from_evidence_to_vcf(study, capsys):
    assert call(study) == 0
    assert "6 rows of evidence -> 1 places, 1 sites" in capsys.readouterr().err
    sites = read_parquet(study / "sites.parquet", TUMOUR_SITES)
    assert sites[["sample", "site_id", "status"]].to_numpy().tolist() == [
        ["B1", "chr1:10001:+", "below_limit"],
        ["T1", "chr1:10001:+", "pass"],
    ]
    counted = sites[["sample", "contig", "position", "strand", "vector", "cluster"]].assign(
        n_junction_5=[0, 9], n_junction_3=[0, 12], n_intact=[40, 20], window_junction_5=380.0, window_junction_3=380.0,
        window_intact=375.0,
    )  # fmt: skip
    write_parquet(counted, study / "counts.parquet", SITE_COUNTS)
    assert size(study, "counts.parquet") == 0
    sized = read_parquet(study / "sized.parquet", TUMOUR_SITES)
    assert sized["clone"].tolist() == ["clone1", "clone1"]
    assert sized["fraction_of"].tolist() == ["all cells", "tumour cells"]
    assert read_parquet(study / "s.parquet", SITES)["n_fragments"].tolist() == [21]
    assert read_parquet(study / "c.parquet", CLONES)["fraction"].notna().all()
    out = study / "junctions.vcf.gz"
    arguments = ["--config", str(study / "config.yaml"), "--vectors", str(study / "vectors")]
    arguments += [
        "--reference",
        str(study / "ref" / "reference.json"),
        "--tumour-sites",
        str(study / "sized.parquet"),
    ]
    assert main(["export-junctions", *arguments, "-o", str(out)]) == 0
    with pysam.VariantFile(str(out)) as handle:
        assert list(handle.header.samples) == ["T1", "B1", "X1"]
        first = next(iter(handle))
        assert (first.contig, first.pos) == ("chr1", 10_001)
        assert (first.samples["T1"]["JF"], first.samples["B1"]["JF"], first.samples["X1"]["JF"]) == (
            12,
            0,
            None,
        )
        assert first.samples["T1"]["IF"] == 20


def test_without_evidence_all_files_are_there(study):
    assert call(study, "B1.parquet") == 0
    assert size(study) == 0
    for name in ("sites", "multihits", "sized", "s", "c"):
        assert (study / f"{name}.parquet").exists()
    assert not len(read_parquet(study / "c.parquet", CLONES))


def test_evidence_of_another_subject_is_refused(study, capsys):
    assert call(study, subject="P2") == 1
    assert "'T1' is not a sample of this subject (known: X1)" in capsys.readouterr().err
    assert not (study / "sites.parquet").exists()


def test_a_subject_without_tumour_samples_is_refused(study, capsys):
    assert call(study, subject="P9") == 2
    assert "subject 'P9'" in capsys.readouterr().err and "sites.parquet" not in [
        p.name for p in study.iterdir()
    ]
