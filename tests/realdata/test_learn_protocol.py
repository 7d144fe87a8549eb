"""`learn-protocol` on real reads and on the demo: what the chemistry is known to be."""

import argparse
import os
from pathlib import Path

import pytest

from integrasite.cli import learn_protocol
from integrasite.errors import ConfigError

REALDATA = Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared" / "realdata"))
FOLDER = REALDATA / "amplicon"
SUFFIX = "CTCCGCTTAAGGGACT"
Report = list[dict[str, str]]


def learn(output: Path, *arguments: object) -> Report:
    parser = argparse.ArgumentParser()
    learn_protocol.add_arguments(parser)
    assert learn_protocol.run(parser.parse_args([*map(str, arguments), "-o", str(output)])) == 0
    header, *lines = output.read_text().splitlines()
    return [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]


def said(report: Report, field: str) -> list[str]:
    return [row["reads_say"] for row in report if row["field"] == field]


@pytest.mark.parametrize(
    ("name", "sheet_primer", "primer", "ltr_end"),
    [
        # The sheet's primer differs from the reads' in two bases.
        (
            "hivTest1_u3",
            "TGTGTGGT",
            "TGTGTTAT",
            "AGACCCACAAATCAAGAATCTCTTGCCTTTTCTTGGAGTAAATTAACCCTTCCA",
        ),
        # Nine reads in twenty end in a truncated LTR; the complete end is that of two-LTR circles.
        (
            "hivTest6_u5",
            "GTCTGTTG",
            "GTCTGTTG",
            "TGTGACTCTGGTAACTAGAGATCCCTCAGACCCTTTTAGTCAGTGTGGAAAATCTCTAGCA",
        ),
        (
            "hivTest1_u5",
            "GTCTGTTG",
            "GTCTGTTG",
            "TGTGACTCTGGTAGCTAGAGATCCCTCAGATACCTTTAGTCAGTGTGGAAAATCTCTAGCA",
        ),
    ],
)
@pytest.mark.realdata
@pytest.mark.skipif(not FOLDER.is_dir(), reason="the real reads are not on this machine")
def test_ltr_chemistry(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    sheet_primer: str,
    primer: str,
    ltr_end: str,
) -> None:
    path = FOLDER / "ltr_chemistry" / f"{name}.R2.fastq.gz"
    report = learn(tmp_path / "a.tsv", "--r1", path, "--primer", sheet_primer)
    assert said(report, "start") == [primer + ltr_end]
    assert (said(report, "primer"), said(report, "ltr_end")) == ([primer], [ltr_end])
    assert (said(report, "linker_suffix"), said(report, "umi_length")) == ([SUFFIX], ["12"])
    assert ("DISAGREES primer" in capsys.readouterr().out) == (primer != sheet_primer)


@pytest.mark.realdata
@pytest.mark.skipif(not FOLDER.is_dir(), reason="the real reads are not on this machine")
def test_no_template_control_is_too_few_reads(tmp_path: Path) -> None:
    path = FOLDER / "ltr_chemistry" / "NoTemplateControl-200313-1.R2.fastq.gz"
    report = learn(tmp_path / "a.tsv", "--r1", path)
    assert all("too few reads" in row["support"] for row in report if row["field"] in ("primer", "linker"))
    assert said(report, "primer") == [""]


def write_study(folder: Path, repository: Path, *, is_turned: bool = False, primer: str = "GAAAATC") -> Path:
    """INSPIIRED's sheet as a study of ours."""
    from integrasite.reads.learn_index import turn

    source = FOLDER / "inspiired_validation"
    lines = [line.split("\t") for line in (source / "sampleInfo.tsv").read_text().splitlines()[1:]]
    reads = "\t".join(str(source / f"Undetermined_{read}.fastq.gz") for read in ("R1", "R2", "I1"))
    rows = ["sample\tsubject\tassay\tr1\tr2\ti1\tbarcode\tlinker\tprotocol\tvector\trole"]
    rows += [
        f"{row[0]}\tS\tamplicon\t{reads}\t{turn(row[2]) if is_turned else row[2]}\t{row[1]}\tu5\tp746\tproduct"
        for row in lines
    ]
    (folder / "samples.tsv").write_text("\n".join(rows) + "\n")
    data = repository / "test-data"
    (folder / "config.yaml").write_text(
        f"samples: samples.tsv\n"
        f"reference: {{genome: {data}/genome.fa.gz, annotation: {data}/annotation.gtf.gz}}\n"
        f"vectors: {{p746: {{sequence: {source}/p746vector.fasta, kind: lentivirus}}}}\n"
        f"protocols: {{u5: {{junction_read: R2, vector_end: U5, primer: {primer}, ltr_end: TCTAGCA}}}}\n"
    )
    return folder / "config.yaml"


@pytest.mark.realdata
@pytest.mark.skipif(not FOLDER.is_dir(), reason="the real reads are not on this machine")
@pytest.mark.parametrize("is_turned", [False, True])
def test_inspiired_against_its_own_sheet(
    tmp_path: Path, repository: Path, capsys: pytest.CaptureFixture[str], is_turned: bool
) -> None:
    report = learn(tmp_path / "a.tsv", "--config", write_study(tmp_path, repository, is_turned=is_turned))
    assert said(report, "junction_read") == ["R2"]
    assert (said(report, "primer"), said(report, "ltr_end")) == (["GAAAATC"], ["TCTAGCA"])
    assert (said(report, "umi_length"), said(report, "linker_suffix")) == (["12"], [SUFFIX])
    assert said(report, "index_orientation") == ["reverse complement" if is_turned else "as given"]
    seen = [row for row in report if row["field"] == "barcode"]
    assert sum(int(row["support"].split()[0]) for row in seen) == 4215
    assert ("DISAGREES index_orientation" in capsys.readouterr().out) == is_turned


@pytest.mark.realdata
@pytest.mark.skipif(not FOLDER.is_dir(), reason="the real reads are not on this machine")
def test_inspiired_without_sheet_and_vector(tmp_path: Path) -> None:
    files = [FOLDER / "inspiired_validation" / f"Undetermined_{read}.fastq.gz" for read in ("R1", "R2", "I1")]
    report = learn(tmp_path / "a.tsv", "--r1", files[0], "--r2", files[1], "--i1", files[2])
    assert said(report, "junction_read") == ["R2"]
    assert said(report, "start") == ["GAAAATCTCTAGCA"]
    assert (said(report, "umi_length"), said(report, "linker_suffix")) == (["12"], [SUFFIX])
    assert "CGCAGACATCCCGTCCCAT" + "N" * 12 + SUFFIX in said(report, "linker")


def test_demo_agrees_with_its_sheet_and_repeats(
    tmp_path: Path, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = repository / "config" / "config.yaml"
    report = learn(tmp_path / "a.tsv", "--config", config)
    assert (said(report, "primer"), said(report, "ltr_end")) == (["GAAAATC"], ["TCTAGCA"])
    assert (said(report, "umi_length"), said(report, "linker_suffix")) == (["12"], [SUFFIX])
    assert said(report, "index_orientation") == ["as given"]
    assert not said(report, "unknown_barcode")
    assert "DISAGREES" not in capsys.readouterr().out
    learn(tmp_path / "b.tsv", "--config", config)
    assert (tmp_path / "a.tsv").read_bytes() == (tmp_path / "b.tsv").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--r1: is missing"),
        (["--source", "x"], "give the study's --config"),
        (["--r1", "x", "--reads", "0"], "expected a number of reads"),
    ],
)
def test_wrong_calls(arguments: list[str], message: str) -> None:
    parser = argparse.ArgumentParser()
    learn_protocol.add_arguments(parser)
    with pytest.raises(ConfigError, match=message):
        learn_protocol.run(parser.parse_args(arguments))
