"""`integrasite check`: what it says, its exit code, and that it writes nothing."""

import gzip
import os
import random
from pathlib import Path

import pytest

from integrasite.cli.main import main

LTR_START = "TGGAAGGGCTAATTCACTCCCAACGAAGACAAGATATCC"
LTR_END = "GTGTGGAAAATCTCTAGCA"
LINKERS = ("CGCAGACATCCCGTCCCATNNNNNNNNCTCCGCTTAAGG", "GACGCGTAAGGTCGGGTAGNNNNNNNNCTCCGCTTAAGG")
COLUMNS = ("sample", "subject", "r1", "r2", "i1", "barcode", "linker", "timepoint", "replicate")
CONFIG = """\
samples: samples.tsv
reference: {genome: genome.fa, annotation: genes.gtf, blacklist: black.bed}
vectors:
  pCCL: {sequence: vector.fa}
protocols:
  u5: {primer: GTGTGGAAAATC, ltr_end: TCTAGCA}
"""


def dna(n, seed=1):
    return "".join(random.Random(seed).choices("ACGT", k=n))


def ltr():
    return LTR_START + dna(80) + LTR_END


def gtf(*contigs):
    return "".join(f'{name}\tx\tgene\t5\t90\t.\t+\t.\tgene_id "G";\n' for name in contigs)


def fastq(sequences):
    return "".join(f"@r{n}/1 x\n{bases}\n+\n{'F' * len(bases)}\n" for n, bases in enumerate(sequences))


def linker_read(number):
    prefix, suffix = LINKERS[0].split("N" * 8)
    return prefix + dna(8, number) + suffix + dna(60, number)


class Toy:
    """A study of two libraries that share their files; a test changes what it is about."""

    def __init__(self, folder):
        self.folder = folder
        self.config = CONFIG
        self.rows = [
            ["A", "P1", "R1.fq.gz", "R2.fq.gz", "I1.fq.gz", "ACGTACGTAA", LINKERS[0], "M1", "1"],
            ["B", "P1", "R1.fq.gz", "R2.fq.gz", "I1.fq.gz", "TTGCATGCCC", LINKERS[0], "M1", "2"],
        ]
        self.files = {
            "genome.fa": f">chr1 one\n{dna(200)}\n>chr2\n{dna(200, 2)}\n",
            "genes.gtf": "#!x\n" + gtf("chr1", "chr2"),
            "black.bed": "chr1\t1\t20\n",
            "vector.fa": f">myvector\n{ltr()}{dna(300, 3)}{ltr()}\n",
            "R1.fq.gz": fastq([linker_read(n) for n in range(50)]),
            "R2.fq.gz": fastq(["GTGTGGAAAATCTCTAGCA" + dna(80, n) for n in range(50)]),
            "I1.fq.gz": fastq(["ACGTACGTAA", "TTGCATGCCC"] * 25),
        }

    def write(self):
        (self.folder / "config.yaml").write_text(self.config)
        lines = ["\t".join(COLUMNS), *("\t".join(row) for row in self.rows)]
        (self.folder / "samples.tsv").write_text("\n".join(lines) + "\n")
        for name, content in self.files.items():
            raw = content.encode() if isinstance(content, str) else content
            (self.folder / name).write_bytes(
                gzip.compress(raw) if name.endswith(".gz") and isinstance(content, str) else raw
            )
        return self.folder / "config.yaml"


@pytest.fixture
def toy(tmp_path):
    return Toy(tmp_path)


@pytest.fixture
def check(toy, capsys):
    def run(*options):
        config = toy.write()
        before = {path: path.stat().st_mtime_ns for path in toy.folder.rglob("*")}
        code = main(["check", "--config", str(config), *options])
        assert {path: path.stat().st_mtime_ns for path in toy.folder.rglob("*")} == before
        answer = capsys.readouterr()
        return code, answer.out, answer.err

    return run


def assert_one_problem(answer, *parts):
    code, out, err = answer
    assert (code, out) == (2, ""), err
    assert "1 problem found:\n  1. " in err
    assert all(part in err for part in parts), err


def assert_one_warning(answer, *parts):
    code, out, err = answer
    assert code == 0, err
    assert err.startswith("warning: ") and err.count("\n") == 1, err
    assert all(part in err for part in parts), err
    assert "1 warning\n" in out


def test_a_right_study_is_summed_up(check):
    code, out, err = check("--reads")
    assert (code, err) == (0, "")
    assert out.startswith("ok: ")
    for words in (
        "2 libraries (2 amplicon)",
        "1 subject (2 patient)",
        "1 specimen",
        "1 vector",
        "0 warnings",
    ):
        assert words in out


def test_problems_of_the_config_come_numbered_on_stderr(toy, check):
    toy.config = CONFIG.replace("vectors", "vector")
    code, out, err = check()
    assert (code, out) == (2, "")
    assert "2 problems found:\n  1. " in err and "\n  2. " in err and "Did you mean 'vectors'?" in err


def test_files_are_checked_although_a_row_is_wrong(toy, check):
    toy.rows[0][8] = "x"
    del toy.files["genome.fa"]
    code, out, err = check()
    assert (code, out) == (2, "")
    assert "2 problems found" in err and "column 'replicate'" in err and "reference.genome" in err


def test_no_traceback_for_a_missing_config(tmp_path, capsys):
    assert main(["check", "--config", str(tmp_path / "no.yaml")]) == 2
    assert "no.yaml: no such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        ("R1.fq.gz", None, ["samples.tsv lines 2, 3, column 'r1'", "R1.fq.gz does not exist"]),
        ("R2.fq.gz", b"", ["column 'r2'", "0 bytes"]),
        ("R2.fq.gz", b"@r1\nA\n+\nF\n", ["column 'r2'", "named .gz but is not gzip"]),
        ("I1.fq.gz", ">not fastq\n", ["column 'i1'", "not FASTQ"]),
        ("I1.fq.gz", gzip.compress(b"@r1\nA\n+\nF\n", mtime=0)[:12], ["column 'i1'", "broken gzip"]),
        ("genome.fa", None, ["key 'reference.genome'", "does not exist"]),
        ("genome.fa", "ACGT\n", ["is not FASTA"]),
        ("genome.fa", ">chr1\nAC\n>chr2\nAC\n>chr1\nAC\n", ["'chr1' stands twice"]),
        ("genes.gtf", None, ["key 'reference.annotation'", "does not exist"]),
        ("genes.gtf", "chr1 gene 1 2\n", ["is not GTF or GFF3"]),
        ("genes.gtf", "# nothing\n", ["holds no features"]),
        ("genes.gtf", gtf("1", "2", "X"), ["1, 2, X (Ensembl style)", "chr1, chr2 (UCSC style)"]),
        ("black.bed", "chr1 1 2\n", ["is not BED"]),
        ("vector.fa", None, ["key 'vectors.pCCL.sequence'", "does not exist"]),
        ("vector.fa", f">a\n{ltr()}\n>b\n{ltr()}\n", ["vectors.pCCL", "2 sequences"]),
        ("vector.fa", f">chr2\n{ltr()}{ltr()}\n", ["'chr2' is also a contig of the genome"]),
        ("vector.fa", f">v\n{dna(900, 9)}\n", ["GTGTGGAAAATCTCTAGCA", "not where U5 is"]),
        ("vector.fa", f">v\n{ltr()[:-2]}GG\n", ["not where U5 is"]),
    ],
)
def test_single_files(toy, check, name, content, parts):
    if content is None:
        del toy.files[name]
    else:
        toy.files[name] = content
    assert_one_problem(check(), *parts)


def test_contigs_that_the_genome_lacks_are_a_warning(toy, check):
    toy.files["genes.gtf"] += gtf("chrUn", "chrUn")
    assert_one_warning(check(), "genes.gtf", "1 of 3 contigs (2 lines)", "chrUn")


def test_names_are_read_from_a_newer_index_only(toy, check):
    toy.files["genome.fa.fai"] = "1\t200\t1\t200\t201\n"
    toy.write()
    os.utime(toy.folder / "genome.fa.fai", (1, 1))
    code, _, err = check()
    assert code == 2 and "no contig name in common" in err  # rewritten just now, so newer
    toy.files.pop("genome.fa.fai")
    os.utime(toy.folder / "genome.fa.fai", (1, 1))
    assert check()[0] == 0


@pytest.mark.parametrize("pack", ["genome.fa.gz", "genes.gtf.gz"])
def test_gzip_is_read(toy, check, pack):
    toy.files[pack] = toy.files.pop(pack[:-3])
    toy.config = toy.config.replace(pack[:-3], pack)
    assert check()[0] == 0


def test_many_contigs_over_block_borders(toy, check, monkeypatch):
    monkeypatch.setattr("integrasite.io.fasta._CHUNK", 7)
    toy.files["genes.gtf"] = gtf("chr2", "chr1")
    assert check()[0] == 0


@pytest.mark.parametrize("name", ["vector.gb", "vector.dna"])
def test_vectors_in_other_formats(toy, check, name):
    from Bio.Seq import Seq
    from Bio.SeqRecord import SeqRecord

    toy.write()
    sequence = ltr() + dna(300, 3) + ltr()
    if name.endswith(".gb"):
        record = SeqRecord(Seq(sequence), id="chr1", name="chr1", annotations={"molecule_type": "DNA"})
        toy.files[name] = record.format("genbank")
    else:
        cookie = b"\t" + (14).to_bytes(4, "big") + b"SnapGene" + bytes([0, 1, 0, 15, 0, 19])
        body = bytes([0]) + sequence.encode()
        toy.files[name] = cookie + b"\x00" + len(body).to_bytes(4, "big") + body
    toy.config = CONFIG.replace("vector.fa", name)
    if name.endswith(".gb"):
        assert_one_problem(check(), "'chr1' is also a contig")
    else:
        assert check()[0] == 0


def test_a_few_differences_to_the_vector_are_allowed(toy, check):
    toy.config = CONFIG.replace("GTGTGGAAAATC", "GTGAGGAATATC")
    assert check()[0] == 0


def test_u3_runs_against_the_vector(toy, check):
    u3 = LTR_START.translate(str.maketrans("ACGT", "TGCA"))[::-1]
    toy.config = CONFIG.replace("primer: GTGTGGAAAATC, ltr_end: TCTAGCA", f"ltr_end: {u3}")
    assert_one_problem(check(), "not where U5 is", "`vector_end` is U3")
    toy.config = toy.config.replace("u5: {", "u5: {vector_end: U3, ")
    assert check()[0] == 0


def test_an_ltr_end_ends_in_ca(toy, check):
    toy.config = CONFIG.replace("TCTAGCA", "TCTAGCAGT")
    code, _, err = check()
    assert code == 2 and "does not end in CA" in err


def test_a_transposon_has_no_ltr(toy, check):
    toy.config = CONFIG.replace("vector.fa", "vector.fa, kind: piggybac")
    assert_one_problem(check(), "piggybac", "starts in U5", "ITR3, ITR5")


def test_a_provirus_with_a_backbone_is_a_warning(toy, check):
    toy.files["vector.fa"] = toy.files["vector.fa"].rstrip() + dna(500, 5) + "\n"
    assert_one_warning(check(), "500 bases stand outside", "form: plasmid")
    toy.config = CONFIG.replace("vector.fa", "vector.fa, form: plasmid")
    assert check()[2] == ""


def test_a_plasmid_is_round(toy, check):
    toy.files["vector.fa"] = f">v\n{LTR_END[-5:]}{dna(300, 7)}{LTR_START}{LTR_END[:-5]}\n"
    assert_one_problem(check(), "not where U5 is")
    toy.config = CONFIG.replace("vector.fa", "vector.fa, form: plasmid")
    assert check()[0] == 0


@pytest.mark.parametrize(
    ("barcodes", "linkers", "parts"),
    [
        (("ACGTACGTAA", "ACGTACGTAA"), (0, 0), ["lines 2 ('A') and 3 ('B')", "are the same"]),
        (
            ("ACGTACGTAA", "ACGTACGTAC"),
            (0, 0),
            ["lines 2 ('A') and 3 ('B')", "differ in 1 base", "barcode_mismatches"],
        ),
    ],
)
def test_libraries_that_cannot_be_told_apart(toy, check, barcodes, linkers, parts):
    for row, barcode, linker in zip(toy.rows, barcodes, linkers, strict=True):
        row[5], row[6] = barcode, LINKERS[linker]
    assert_one_problem(check(), *parts)


def test_barcodes_that_errors_can_mix_up_are_a_warning(toy, check):
    toy.rows[1][5] = "ACGTACGTCC"
    assert_one_warning(check(), "lines 2 ('A') and 3 ('B')", "differ in 2 bases")
    toy.config += "calling: {barcode_mismatches: 0}\n"
    assert check()[2] == ""


def test_many_close_barcodes_are_not_an_avalanche(toy, check):
    codes = ["A" * 7 + end for end in ("AAA", "ACC", "AGG", "ATT", "CAC")]
    toy.rows = [
        [f"L{n}", "P1", *toy.rows[0][2:5], code, LINKERS[0], "M1", str(n + 1)] for n, code in enumerate(codes)
    ]
    code, _, err = check()
    assert code == 0
    assert err.count("warning") == 6 and "3 more pairs" in err


def test_one_barcode_with_two_linkers_is_two_libraries(toy, check):
    toy.rows[1][5:7] = [toy.rows[0][5], LINKERS[1]]
    assert check() == (0, check()[1], "")


def test_rows_without_barcode_and_linker_share_no_files(toy, check):
    for row in toy.rows:
        row[4:7] = ["", "", ""]
    assert_one_problem(check(), "lines 2 ('A') and 3 ('B')", "neither barcode nor linker")


def test_replicates_with_one_number_and_names_in_other_capitals_are_warnings(toy, check):
    toy.rows[1][8] = "1"
    assert_one_warning(check(), "line 3, column 'replicate'", "on line 2")
    toy.rows[1][1] = "p1"
    assert_one_warning(check(), "line 3, column 'subject'", "'p1' and 'P1' (line 2)")


def test_a_timepoint_without_days_is_a_warning(toy, check):
    for row in toy.rows:
        row[7] = "baseline"
    assert_one_warning(check(), "lines 2, 3, column 'timepoint'", "'baseline'")


def test_a_library_without_reads_is_legal(toy, check):
    toy.files |= {"R1.fq.gz": "", "R2.fq.gz": "", "I1.fq.gz": ""}
    code, _, err = check("--reads")
    assert code == 0 and "holds no reads" in err


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        (
            "R2.fq.gz",
            fastq(["GTGTGGAAAATCTCTAGCAACGT"] * 50).replace("@r7/", "@x7/"),
            ["read 8", "'r7'", "'x7'"],
        ),
        ("I1.fq.gz", fastq(["ACGTACGTAA"] * 49), ["different numbers of reads"]),
        ("I1.fq.gz", fastq(["ACGTACGT"] * 50), ["up to 10 bases", "has 8"]),
        ("I1.fq.gz", fastq(["ACGTACGTAA"] * 50)[:-3], ["record 50", "qualities"]),
        ("R1.fq.gz", "@r0\nACGT\nX\nFFFF\n", ["record 1 is not FASTQ"]),
    ],
)
def test_the_first_reads_are_compared_with_the_sheet(toy, check, name, content, parts):
    toy.files[name] = content
    assert check()[0] == 0
    assert_one_problem(check("--reads"), *parts)


def test_exchanged_reads_are_found(toy, check):
    toy.files["R1.fq.gz"], toy.files["R2.fq.gz"] = toy.files["R2.fq.gz"], toy.files["R1.fq.gz"]
    assert_one_problem(check("--reads"), "50 of the first 50 reads of R1 and 0 of R2", "junction_read: R1")


def test_reads_with_another_primer_are_a_warning(toy, check):
    toy.files["R2.fq.gz"] = fastq([dna(100, n) for n in range(50)])
    assert_one_warning(check("--reads"), "primer: ", "0.0 % of 50 reads of R2", "'u5'")


def test_turned_barcodes_are_a_warning_since_the_run_turns_them(toy, check):
    toy.files["I1.fq.gz"] = fastq(["TTACGTACGT", "GGGCATGCAA"] * 25)
    assert_one_warning(check("--reads"), "50 of 50 index reads carry the reverse complement", "The run turns")


def test_an_unlisted_barcode_is_a_warning(toy, check):
    toy.files["I1.fq.gz"] = fastq(["GGGGGGGGGG"] * 50)
    assert_one_warning(check("--reads"), "0 of 50 index reads carry one")


REAL = Path(os.environ.get("INTEGRASITE_REALDATA", Path(__file__).parents[3] / "shared/realdata"))

U3 = "primer: TGTGTGGT, ltr_end: AGATCCACAGATCAAGGATATCTTGTCTTCTTTGGGAGTGAATTAGCCCTTCCA"


@pytest.mark.realdata
@pytest.mark.skipif(not REAL.is_dir(), reason="no real data here")
@pytest.mark.parametrize(
    ("vector", "settings", "found"),
    [
        ("p746_hiv_vector.fa", "primer: GAAAATC, ltr_end: TCTAGCA", True),
        ("ciltacel_provirus.fa", "primer: GAAAATC, ltr_end: TCTAGCA", True),
        (
            "hiv1_hxb2.fa",
            f"{U3}, vector_end: U3",
            True,
        ),
        (
            "p746_hiv_vector.fa",
            f"{U3}, vector_end: U3",
            True,
        ),
        (
            "hiv1_hxb2.fa",
            U3,
            False,
        ),
        ("axicel_car_orf.fa", "primer: GAAAATC, ltr_end: TCTAGCA", False),
        ("mfg_gammaretro_plasmid.fa", "primer: GAAAATC, ltr_end: TCTAGCA", False),
    ],
)
def test_real_vectors(toy, check, vector, settings, found):
    toy.files["vector.fa"] = (REAL / "vectors" / vector).read_text()
    toy.config = CONFIG.replace("primer: GTGTGGAAAATC, ltr_end: TCTAGCA", settings)
    assert (check()[0] == 0) == found


def test_a_file_given_alone_is_the_junction_read_and_a_warning_says_so(toy, check):
    toy.files["R1.fq.gz"] = toy.files["R2.fq.gz"]
    for row in toy.rows:
        row[3] = ""
    assert_one_warning(
        check("--reads"), "column 'r2'", "r1 is taken for the read that starts in the vector end"
    )
