"""`check --reads` on real reads: no warning where the sheet is right, one where it is not."""

import os
from pathlib import Path

import pytest

from integrasite.cli.main import main
from integrasite.reads.learn_index import turn

REALDATA = Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared" / "realdata"))
FOLDER = REALDATA / "amplicon"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the real reads are not on this machine"),
]
TAIL = "NNNNNNNNNNNNCTCCGCTTAAGGGACT"
LINKER_1, LINKER_6, LINKER_G = (
    prefix + TAIL for prefix in ("CGAACCCAGGCAATACTGTC", "CGCTTAGTTTCGGACAGGT", "GATCACAATACGTAACCTGCC")
)
U5 = "TGTGACTCTGGTAACTAGAGATCCCTCAGACCCTTTTAGTCAGTGTGGAAAATCTCTAGCA"
U5_VARIANT = "TGTGACTCTGGTAGCTAGAGATCCCTCAGATACCTTTAGTCAGTGTGGAAAATCTCTAGCA"
U3 = "AGATCCACAGATCAAGGATATCTTGTCTTCTTTGGGAGTGAATTAGCCCTTCCA"
U3_VARIANT = "AGACCCACAAATCAAGAATCTCTTGCCTTTTCTTGGAGTAAATTAACCCTTCCA"


def warnings_of(config: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main(["check", "--reads", "--config", str(config)]) == 0
    lines = capsys.readouterr().err.splitlines()
    expected = ("column 'r2': is empty", "column 'replicate'", "form: plasmid")
    return [line for line in lines if not any(part in line for part in expected)]


@pytest.mark.parametrize(
    ("name", "end", "primer", "ltr_end", "linker", "parts"),
    [
        ("hivTest1_u5", "U5", "GTCTGTTG", U5_VARIANT, LINKER_1, []),
        ("hivTest6_u5", "U5", "GTCTGTTG", U5, LINKER_6, []),
        ("hivTest1_u3", "U3", "TGTGTTAT", U3_VARIANT, LINKER_1, []),
        ("GTSP3585-1", "U5", "GAAAATC", "TCTAGCA", LINKER_G, []),
        ("NoTemplateControl-200313-1", "U5", "GAAAATC", "TCTAGCA", LINKER_G, []),
        ("hivTest1_u5", "U5", "GTCTGTTG", U5, LINKER_1, [f"the reads say {U5_VARIANT}"]),
        (
            "hivTest1_u3",
            "U3",
            "TGTGTGGT",
            U3,
            LINKER_1,
            ["the reads say TGTGTTAT", f"the reads say {U3_VARIANT}"],
        ),
        (
            "hivTest6_u5",
            "U5",
            "GTCTGTTG",
            U5,
            LINKER_6.replace("N", "", 1),
            ["UMI length: the sheet says 11, the reads say 12"],
        ),
        ("hivTest6_u5", "U5", "GTCTGTTG", U5, LINKER_1, ["the reads say TTAGTTTCGGACAGGT there"]),
    ],
)
def test_ltr_chemistry(
    tmp_path: Path,
    repository: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    end: str,
    primer: str,
    ltr_end: str,
    linker: str,
    parts: list[str],
) -> None:
    reads, data = FOLDER / "ltr_chemistry" / f"{name}.R2.fastq.gz", repository / "test-data"
    (tmp_path / "samples.tsv").write_text(f"sample\tsubject\tr1\nA\tS\t{reads}\n")
    (tmp_path / "config.yaml").write_text(
        "samples: samples.tsv\n"
        f"reference: {{genome: {data}/genome.fa.gz, annotation: {data}/annotation.gtf.gz}}\n"
        f"vectors: {{hiv: {{sequence: {REALDATA}/vectors/hiv1_hxb2.fa}}}}\n"
        f"protocols: {{p: {{vector_end: {end}, primer: {primer}, ltr_end: {ltr_end}, linker: {linker}}}}}\n"
    )
    found = warnings_of(tmp_path / "config.yaml", capsys)
    assert len(found) == len(parts), found
    assert all(part in line for part, line in zip(parts, found, strict=True)), found


@pytest.mark.parametrize("is_wrong", [False, True])
def test_rows_of_inspiireds_sheet(
    tmp_path: Path, repository: Path, capsys: pytest.CaptureFixture[str], is_wrong: bool
) -> None:
    """The rows of INSPIIRED's sheet, with and without their barcodes turned."""
    source, data = FOLDER / "inspiired_validation", repository / "test-data"
    lines = [line.split("\t") for line in (source / "sampleInfo.tsv").read_text().splitlines()[1:]]
    reads = "\t".join(str(source / f"Undetermined_{read}.fastq.gz") for read in ("R1", "R2", "I1"))
    rows = ["sample\tsubject\tr1\tr2\ti1\tbarcode\tlinker"]
    rows += [f"{x[0]}\tS\t{reads}\t{turn(x[2]) if is_wrong else x[2]}\t{x[1]}" for x in lines]
    (tmp_path / "samples.tsv").write_text("\n".join(rows) + "\n")
    (tmp_path / "config.yaml").write_text(
        "samples: samples.tsv\n"
        f"reference: {{genome: {data}/genome.fa.gz, annotation: {data}/annotation.gtf.gz}}\n"
        f"vectors: {{p746: {{sequence: {source}/p746vector.fasta}}}}\n"
        "protocols: {u5: {primer: GAAAATC, ltr_end: TCTAGCA}}\n"
    )
    found = warnings_of(tmp_path / "config.yaml", capsys)
    assert len(found) == is_wrong
    assert not is_wrong or "4483 of 10000 index reads carry the reverse complement" in found[0]


def test_demo(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert warnings_of(repository / "config" / "config.yaml", capsys) == []
