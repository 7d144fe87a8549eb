"""`integrasite import-sheet`: other pipelines' sheets become ours, and what they lack is said."""

import csv
import os
from pathlib import Path

import pytest
import yaml

from integrasite.cli.main import main
from integrasite.config.foreign import as_id, role_from_name
from integrasite.config.read import load_study

LINKER = "CGCAGACATCCCGTCCCATNNNNNNNNNNNNCTCCGCTTAAGGGACT"
INSPIIRED = ("alias", "linkerSequence", "bcSeq", "gender", "primer", "ltrBit", "largeLTRFrag", "vectorSeq")
VISPA2 = (
    *(
        "PoolID",
        "TagSequence",
        "SubjectID",
        "VectorType",
        "VectorID",
        "Tissue",
        "TimePoint",
        "DNAFragmentation",
    ),
    *(
        "PCRMethod",
        "CellMarker",
        "ReplicateNumber",
        "DNAngUsed",
        "VCN",
        "Genome",
        "CompleteAmplificationID",
        "Notes",
    ),
)


def table(*rows, mark="\t"):
    return "\n".join(mark.join(row) for row in rows) + "\n"


def inspiired_row(alias, barcode, primer="GAAAATC", ltr="TCTAGCA", vector="v.fa"):
    return (alias, LINKER, barcode, "f", primer, ltr, "TGCTAG", vector)


@pytest.fixture
def convert(tmp_path, capsys):
    def run(pipeline, text, *options, code=0):
        (tmp_path / "in.tsv").write_text(text)
        assert (
            main(["import-sheet", "--from", pipeline, str(tmp_path / "in.tsv"), *map(str, options)]) == code
        )
        return capsys.readouterr()

    return run


def rows_of(text):
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))


def test_inspiired(convert):
    answer = convert(
        "inspiired",
        table(
            INSPIIRED,
            inspiired_row("GTSP1-1", "ACGTACGTACGT"),
            inspiired_row("GTSP1-2", "TCGTACGTACGT"),
            inspiired_row("UNINFECTED-1", "GGGTACGTACGT"),
            inspiired_row("NTC", "GGGTACGTACGG"),
        ),
        *("--subject", "P7", "--r1", "R1.fq", "--r2", "R2.fq", "--i1", "I1.fq"),
    )
    rows = rows_of(answer.out)
    assert [row["sample"] for row in rows] == ["GTSP1-1", "GTSP1-2", "UNINFECTED-1", "NTC"]
    assert [row["subject"] for row in rows] == ["P7", "P7", "UNINFECTED", "NTC"]
    assert [row["specimen"] for row in rows] == ["GTSP1", "GTSP1", "UNINFECTED", "NTC"]
    assert [row["replicate"] for row in rows] == ["1", "2", "1", "1"]
    assert [row["role"] for row in rows] == ["patient", "patient", "untransduced", "ntc"]
    assert (rows[0]["barcode"], rows[0]["linker"], rows[0]["sex"]) == ("ACGTACGTACGT", LINKER, "f")
    assert (rows[0]["r1"], rows[0]["r2"], rows[0]["i1"]) == ("R1.fq", "R2.fq", "I1.fq")
    assert "role ntc from the name: NTC" in answer.err
    assert "not carried over: largeLTRFrag" in answer.err


def test_inspiired_config_can_be_read_and_finds_the_vector_end(convert, tmp_path):
    start, end = "TGGAAGGGCTAATTCACTCCCAA", "GAAAATCTCTAGCA"
    u3 = start.translate(str.maketrans("ACGT", "TGCA"))[::-1]
    (tmp_path / "v.fa").write_text(f">v\n{start}CCGT{end}{'ACGGT' * 20}{start}CCGT{end}{'T' * 40}\n")
    text = table(
        INSPIIRED,
        inspiired_row("A-1", "ACGTACGTACGT"),
        inspiired_row("B-1", "CCGTACGTACGT"),
        inspiired_row("C-1", "CAGTACGTACGT", u3[:10], u3[10:]),
    )
    out, config = tmp_path / "sheets/s.tsv", tmp_path / "c/config.yaml"
    genome = ("--genome", tmp_path / "g.fa", "--annotation", "/data/a.gtf")
    convert(
        "inspiired", text, "-o", out, "--config-out", config, *genome, "--r1", "a", "--r2", "b", "--i1", "c"
    )
    study = load_study(config)
    assert [library.protocol for library in study.libraries] == [
        "inspiired-u5",
        "inspiired-u5",
        "inspiired-u3",
    ]
    assert [study.config.protocols[name].vector_end for name in ("inspiired-u5", "inspiired-u3")] == [
        "U5",
        "U3",
    ]
    assert study.config.vectors["v"].form == "plasmid"
    assert study.resolve(study.config.vectors["v"].sequence).resolve() == tmp_path / "v.fa"
    assert study.genome == tmp_path / "g.fa"
    assert study.libraries[0].r1[0].resolve() == Path("a").resolve()


def test_what_is_missing_is_left_open_and_said(convert, tmp_path):
    config = tmp_path / "config.yaml"
    answer = convert("inspiired", table(INSPIIRED, inspiired_row("A-1", "ACGT")), "--config-out", config)
    assert "fill in r1, r2, i1" in answer.err
    assert "v.fa was not found" in answer.err
    assert "check vector_end" in answer.err
    content = yaml.safe_load(config.read_text())
    assert (
        content["samples"]
        == content["reference"]["genome"]
        == content["reference"]["annotation"]
        == "FILL-IN"
    )


def test_commas_are_read(convert):
    answer = convert("inspiired", table(INSPIIRED, inspiired_row("A-1", "ACGT"), mark=","))
    assert rows_of(answer.out)[0]["barcode"] == "ACGT"


@pytest.mark.parametrize(
    ("index", "linker", "genome", "flags"),
    [
        ("index1Seq", "adriftReadLinkerSeq", "refGenome", "flags"),
        ("index1.seq", "adriftRead.linker.seq", "refGenome.id", "flags"),
        ("index1Seq", "adriftReadLinkerSeq", "refGenome", "mode"),
    ],
    ids=["now", "older", "newest"],
)
def test_aavenger(convert, tmp_path, index, linker, genome, flags):
    header = (
        "trial",
        "subject",
        "sample",
        "replicate",
        linker,
        index,
        genome,
        "vectorFastaFile",
        "leaderSeqHMM",
        flags,
    )
    text = table(
        header,
        ("T", "pP1", "GTSP1", "1", LINKER, "ACGTACGTACGT", "hg38", "HXB2.fasta", "U5.hmm", "IN_u5"),
        ("T", "pP1", "GTSP1", "2", LINKER, "CCGTACGTACGT", "hg38", "HXB2.fasta", "U3.hmm", "IN_u3"),
        (
            "T",
            "NoTemplateControl-1",
            "NoTemplateControl-1",
            "1",
            LINKER,
            "CAG",
            "hg38",
            "HXB2.fasta",
            "x",
            "IN_u5",
        ),
    )
    config = tmp_path / "config.yaml"
    answer = convert("aavenger", text, "--config-out", config)
    rows = rows_of(answer.out)
    assert [row["sample"] for row in rows] == ["GTSP1-1", "GTSP1-2", "NoTemplateControl-1-1"]
    assert [row["protocol"] for row in rows] == ["aavenger-u5", "aavenger-u3", "aavenger-u5"]
    assert [row["role"] for row in rows] == ["patient", "patient", "ntc"]
    assert (rows[0]["subject"], rows[0]["specimen"], rows[0]["vector"]) == ("pP1", "GTSP1", "HXB2")
    content = yaml.safe_load(config.read_text())
    assert content["reference"]["name"] == "hg38"
    assert {name: protocol["vector_end"] for name, protocol in content["protocols"].items()} == {
        "aavenger-u5": "U5",
        "aavenger-u3": "U3",
    }
    assert content["protocols"]["aavenger-u5"]["ltr_end"] == "FILL-IN"
    assert "HMM file" in answer.err
    assert "not carried over: trial, leaderSeqHMM" in answer.err


def test_aavenger_takes_the_ltr_end_from_the_call(convert, tmp_path):
    header = ("subject", "sample", "replicate", "adriftReadLinkerSeq", "index1Seq", "flags")
    text = table(header, ("P", "S", "1", LINKER, "ACGT", "none"))
    config = tmp_path / "config.yaml"
    answer = convert("aavenger", text, "--config-out", config, "--primer", "gaaaatc", "--ltr-end", "TCTAGCA")
    assert yaml.safe_load(config.read_text())["protocols"]["aavenger-u5"]["primer"] == "GAAAATC"
    assert "HMM file" not in answer.err
    assert "neither U5 nor U3" in answer.err


def test_vispa2(convert, tmp_path):
    text = table(
        VISPA2,
        (
            "PL1",
            "LTR1LC2",
            "PT1",
            "lenti",
            "GLOBE",
            "PB",
            "0060",
            "SONIC",
            "SLiM",
            "CD3",
            "2",
            "23.1",
            "0.3",
            "hg19",
            "A_1",
            "NA",
        ),
        (
            "PL1",
            "LTR1LC3",
            "UTD1",
            "lenti",
            "GLOBE",
            "NA",
            "NA",
            "ENZ",
            "LAM-PCR",
            "NA",
            "1",
            "NA",
            "NA",
            "hg19",
            "NA",
            "NA",
        ),
    )
    config = tmp_path / "config.yaml"
    answer = convert("vispa2", text, "--config-out", config)
    first, second = rows_of(answer.out)
    assert (first["sample"], first["subject"], first["timepoint"], first["tissue"]) == (
        "A_1",
        "PT1",
        "D60",
        "PB",
    )
    assert (first["cell_type"], first["replicate"], first["dna_ng"], first["vcn"]) == (
        "CD3",
        "2",
        "23.1",
        "0.3",
    )
    assert (second["sample"], second["role"], second["tissue"]) == ("PL1_LTR1LC3", "untransduced", "")
    assert [row["protocol"] for row in (first, second)] == ["slim", "lam-pcr"]
    content = yaml.safe_load(config.read_text())
    assert content["protocols"]["slim"]["fragmentation"] == "shear"
    assert content["protocols"]["lam-pcr"]["fragmentation"] == "restriction"
    assert content["vectors"]["GLOBE"] == {"sequence": "FILL-IN", "kind": "lentivirus", "form": "provirus"}
    assert "tags, not sequences" in answer.err and "fill in r1, r2" in answer.err


@pytest.mark.parametrize(
    ("pipeline", "text", "part"),
    [
        ("inspiired", "alias\tbcSeq\nA-1\tACGT\n", "linkerSequence, primer, ltrBit are missing"),
        ("aavenger", "alias\tbcSeq\nA-1\tACGT\n", "Is --from right?"),
        ("inspiired", "\t".join(INSPIIRED) + "\n", "no rows"),
        (
            "inspiired",
            table(INSPIIRED, inspiired_row("A/1", "A"), inspiired_row("A*1", "C")),
            "two rows become",
        ),
    ],
)
def test_wrong_sheets_are_refused_and_nothing_is_written(convert, tmp_path, pipeline, text, part):
    answer = convert(pipeline, text, "-o", tmp_path / "out.tsv", "--config-out", tmp_path / "c.yaml", code=2)
    assert part in answer.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.tsv"]


@pytest.mark.parametrize("option", ["-o", "--config-out"])
def test_files_are_overwritten_only_on_demand(convert, tmp_path, option):
    text, out = table(INSPIIRED, inspiired_row("A-1", "ACGT")), tmp_path / "out"
    out.write_text("mine")
    assert "already there" in convert("inspiired", text, option, out, code=2).err
    assert out.read_text() == "mine"
    convert("inspiired", text, option, out, "--force")
    assert out.read_text() != "mine"


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("NTC_2", "ntc"),
        ("No-Template-control", "ntc"),
        ("HIV_CTRL_noLig", "ntc"),
        ("water1", "ntc"),
        ("UNIF", "untransduced"),
        ("UninfectedControl-210310", "untransduced"),
        ("mock", "untransduced"),
        ("HIV_CTRL_wLig", "patient"),
        ("Kantcer", "patient"),
        ("Waterhouse", "patient"),
        ("unified", "patient"),
        ("P1", "patient"),
    ],
)
def test_roles_from_names(name, role):
    assert role_from_name(name) == role


def test_ids_lose_what_file_names_cannot_hold():
    assert [as_id(name) for name in ("a b/c", ".x", "")] == ["a_b_c", "x", "unnamed"]


REAL = Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared/realdata"))


@pytest.mark.realdata
@pytest.mark.skipif(not REAL.is_dir(), reason="no real data here")
def test_a_real_sheet_checks_out_against_its_reads(convert, tmp_path, capsys):
    home, config = REAL / "amplicon/inspiired_validation", tmp_path / "config.yaml"
    reads = [
        part
        for name in ("R1", "R2", "I1")
        for part in (f"--{name.lower()}", home / f"Undetermined_{name}.fastq.gz")
    ]
    mini = REAL / "hg38mini"
    genome = ("--genome", mini / "genome.fa.gz", "--annotation", mini / "annotation.gtf.gz")
    sheet = ("-o", tmp_path / "s.tsv", "--config-out", config)
    call = ["import-sheet", "--from", "inspiired", home / "sampleInfo.tsv", *sheet, *reads, *genome]
    assert main([str(part) for part in call]) == 0
    capsys.readouterr()
    assert main(["check", "--config", str(config), "--reads"]) == 0
    answer = capsys.readouterr()
    assert "41 libraries" in answer.out and "(4 ntc, 36 patient, 1 untransduced)" in answer.out
    assert answer.err == ""
    assert len(load_study(config).sources) == 1
