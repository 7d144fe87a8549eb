"""`judge-transgene`: files in, verdicts out, messages."""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from integrasite.cli.main import main
from integrasite.io.tables import as_table, read_tsv, write_parquet
from integrasite.kernels.codes import decode, reverse_complement
from integrasite.model.tables import (
    HOST_DEPTH,
    SITE_COUNTS,
    TRANSGENE,
    TRANSGENE_COVERAGE,
    TRANSGENE_STRUCTURE,
    TUMOUR_FRAGMENTS,
    TUMOUR_JUNCTIONS,
    VECTOR_DIFFERENCES,
)
from integrasite.model.vector_map import VectorMap
from integrasite.transgene.vector_map import save_vector_map

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "tumour"))

import verdict_tables as toy

CONFIG = """
samples: samples.tsv
run: {id: toy, date: 2026-01-31}
reference: {genome: genome.fa, annotation: genes.gtf}
vectors:
  car: {sequence: car.fa}
"""
SHEET = (
    "sample\tsubject\tassay\tr1\tr2\tvector\tpurity\n"
    "T1\tP1\twgs\tT1_R1.fastq\tT1_R2.fastq\tcar\t0.8\nN1\tP2\twgs\tN1_R1.fastq\tN1_R2.fastq\tcar\t0.8\n"
)
CHANGED = 3300


def write_sample(folder: Path, name: str, drawn: toy.Drawn) -> None:
    """All files that the stages before would have written; one base of every read differs from the vector."""
    folder = folder / "tumour" / name
    folder.mkdir(parents=True)
    data = drawn.data(toy.library(name), toy.PER_BASE)
    write_parquet(data.fragments.assign(sample=name), folder / f"{name}.fragments.parquet", TUMOUR_FRAGMENTS)
    write_parquet(data.junctions, folder / f"{name}.junctions.parquet", TUMOUR_JUNCTIONS)
    loci = pd.DataFrame(
        {
            "sample": name, "locus": [f"l{n}" for n in range(50)], "length": 1000, "gc": 0.45, "n_pairs": 193,
            "n_fragments": 193, "fragments_per_base": toy.PER_BASE,
        }
    )  # fmt: skip
    write_parquet(as_table(loci, HOST_DEPTH), folder / f"{name}.host_depth.parquet", HOST_DEPTH)
    lengths = {str(length): 50 for length in range(324, 517)}  # 193 of them, 420 bp on the mean
    host = {
        "n_loci": 50, "fragments_per_base": toy.PER_BASE, "fragments_per_base_low": 0.98 * toy.PER_BASE,
        "fragments_per_base_high": 1.02 * toy.PER_BASE, "depth": 100.0, "lengths": lengths,
    }  # fmt: skip
    summary = {
        "is_paired": True, "n_pairs": 10**6, "n_unmapped_reads": None, "reads": {"length_median": 150}, "host": host,
    }  # fmt: skip
    (folder / f"{name}.recruit.json").write_text(json.dumps(summary))
    codes = np.concatenate([drawn.vector.one_ltr, drawn.vector.one_ltr[:234]])
    codes[CHANGED] = (codes[CHANGED] + 1) % 4
    texts = ["", ""]
    for row in drawn.rows:
        own = codes[max(int(row["vector_start"]), 0) : int(row["vector_end"])]
        for side, read in enumerate((own[:150], reverse_complement(own[-150:]))):
            texts[side] += f"@{row['name']}\n{decode(read)}\n+\n{'I' * read.size}\n"
    for side, text in enumerate(texts, 1):
        with gzip.open(folder / f"{name}.recruited_R{side}.fastq.gz", "wt") as handle:
            handle.write(text)


@pytest.fixture
def study(tmp_path):
    save_vector_map(VectorMap((toy.toy_vector(),), (toy.PART,)), tmp_path / "tumour" / "vectors")
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "samples.tsv").write_text(SHEET)
    rng = np.random.default_rng(2)
    write_sample(tmp_path, "T1", toy.Drawn(toy.toy_vector(), rng).integrated(toy.PER_BASE, 0.8, 1))
    write_sample(tmp_path, "N1", toy.Drawn(toy.toy_vector(), rng))
    return tmp_path


def call(study: Path, *more: str) -> int:
    return main(
        ["judge-transgene", "--config", str(study / "config.yaml"), "--tumour", str(study / "tumour"),
         "--differences", str(study / "d.tsv"), "--coverage", str(study / "c.tsv"), "--structure", str(study / "s.tsv"),
         "-o", str(study / "transgene.tsv"), *more]
    )  # fmt: skip


def test_verdicts_copies_and_differences(study, capsys):
    assert call(study) == 0
    table = read_tsv(study / "transgene.tsv", TRANSGENE).set_index("sample")
    assert table["verdict"].to_dict() == {"T1": "POSITIVE", "N1": "NEGATIVE"}
    assert table.loc["T1", "vcn_low"] < 0.8 < table.loc["T1", "vcn_high"]
    assert table.loc["T1", "tumour_vcn"] == pytest.approx(table.loc["T1", "vcn"] / 0.8, rel=1e-4)
    assert table.loc["N1", "vcn"] == 0 and table.loc["N1", "required_vcn"] == pytest.approx(0.4)
    differing = read_tsv(study / "d.tsv", VECTOR_DIFFERENCES)
    assert differing[["sample", "position"]].to_numpy().tolist() == [["T1", CHANGED]]
    assert len(read_tsv(study / "c.tsv", TRANSGENE_COVERAGE)) and (study / "s.tsv").exists()
    read_tsv(study / "s.tsv", TRANSGENE_STRUCTURE)
    assert (
        "N1, car: NEGATIVE: no informative fragment; 0.4 copies per genome would have been seen"
        in capsys.readouterr().err
    )
    first = (study / "transgene.tsv").read_bytes()
    assert call(study, "--threads", "2") == 0 and (study / "transgene.tsv").read_bytes() == first


def test_a_part_of_a_genome_has_its_depth_from_the_subjects_sites(study, capsys):
    path = study / "tumour" / "N1" / "N1.recruit.json"
    summary = json.loads(path.read_text())
    summary["host"] |= {
        "fragments_per_base": None, "fragments_per_base_low": None, "fragments_per_base_high": None, "depth": None,
    }  # fmt: skip
    path.write_text(json.dumps(summary))
    assert call(study) == 0
    table = read_tsv(study / "transgene.tsv", TRANSGENE).set_index("sample")
    assert table.loc["N1", "verdict"] == "NOT_EVALUABLE" and table.loc["N1", "findings"] == "depth-unknown"
    counts = {
        "sample": "N1", "contig": "c", "position": 5, "strand": "+", "vector": "car", "n_junction_5": 0, "n_junction_3": 0,
        "n_intact": 105, "window_junction_5": 350.0, "window_junction_3": 350.0, "window_intact": 320.0, "cluster": "",
    }  # fmt: skip
    rows = as_table(pd.DataFrame([counts]), SITE_COUNTS)
    write_parquet(rows, path.with_name("N1.site_counts.parquet"), SITE_COUNTS)
    assert call(study) == 0
    table = read_tsv(study / "transgene.tsv", TRANSGENE).set_index("sample")
    assert table.loc["N1", "verdict"] == "NEGATIVE" and table.loc["N1", "findings"] == "depth-at-sites"
    assert "part of a genome" in table.loc["N1", "reason"]


def test_a_missing_file_is_named_and_nothing_is_left(study, capsys):
    (study / "tumour" / "N1" / "N1.recruit.json").unlink()
    assert call(study) == 2
    assert "N1.recruit.json" in capsys.readouterr().err
    assert not (study / "transgene.tsv").exists() and not (study / "d.tsv").exists()
