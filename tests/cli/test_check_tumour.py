"""`integrasite check` on tumour rows: what it refuses, what it warns of, and what it lets pass."""

import gzip
import random
from pathlib import Path

import pysam
import pytest

from integrasite.cli.main import main

COLUMNS = ("sample", "subject", "assay", "r1", "r2", "bam", "linker", "purity", "ploidy", "role")
CONFIG = """\
samples: samples.tsv
reference: {genome: genome.fa, annotation: genes.gtf}
vectors:
  car: {sequence: vector.fa}
"""


def dna(n, seed=1):
    return "".join(random.Random(seed).choices("ACGT", k=n))


def reads(n, length=100, mate=1, name="r{}"):
    return "".join(f"@{name.format(i)}/{mate}\n{dna(length, i)}\n+\n{'F' * length}\n" for i in range(n))


class Toy:
    """A study of one tumour sample as pairs; a test changes what it is about."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.config = CONFIG
        self.rows = [
            {
                "sample": "T",
                "subject": "P",
                "assay": "wgs",
                "r1": "a_1.fq.gz",
                "r2": "a_2.fq.gz",
                "purity": "0.8",
            }
        ]
        ltr = "TGGAAGGGCTAATTCACTCC" + dna(190, 5) + "GTGTGGAAAATCTCTAGCA"
        pbs, ppt = "TGGCGCCCGAACAGGGAC", "AAAAGAAAAGGGGGGA"
        self.files = {
            "genome.fa": f">chr1\n{dna(900)}\n>chr2\n{dna(900, 2)}\n",
            "genes.gtf": 'chr1\tx\tgene\t5\t90\t.\t+\t.\tgene_id "G";\n',
            "vector.fa": f">v\n{ltr}G{pbs}{dna(2500, 3)}{ppt}{ltr}\n",
            "a_1.fq.gz": reads(40),
            "a_2.fq.gz": reads(40, mate=2),
        }

    def add_bam(
        self, name="a.bam", contigs=(("chr1", 900), ("chr2", 900)), *, unmapped=2, index=True, mode="wb"
    ):
        """A small sorted alignment; the row names it."""
        header = {
            "HD": {"VN": "1.6", "SO": "coordinate"},
            "SQ": [{"SN": n, "LN": length} for n, length in contigs],
        }
        path = self.folder / name
        options = {"reference_filename": str(self.folder / "genome.fa")} if mode == "wc" else {}
        with pysam.AlignmentFile(str(path), mode, header=header, **options) as handle:
            for number in range(20 + unmapped):
                read = pysam.AlignedSegment(handle.header)
                read.query_name, read.query_sequence = f"r{number}", dna(100, number)
                read.query_qualities = pysam.qualitystring_to_array("F" * 100)
                if number < 20:
                    read.reference_id, read.reference_start, read.cigarstring = 0, 10 + number, "100M"
                else:
                    read.is_unmapped = True
                handle.write(read)
        if index:
            pysam.index(str(path))
        self.rows[0] |= {"r1": "", "r2": "", "bam": name}

    def write(self):
        (self.folder / "config.yaml").write_text(self.config)
        lines = ["\t".join(COLUMNS), *("\t".join(row.get(c, "") for c in COLUMNS) for row in self.rows)]
        (self.folder / "samples.tsv").write_text("\n".join(lines) + "\n")
        for name, content in self.files.items():
            raw = content.encode()
            (self.folder / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return self.folder / "config.yaml"

    def check(self, capsys, code):
        assert main(["check", "--config", str(self.write())]) == code
        return capsys.readouterr().err


@pytest.fixture
def toy(tmp_path):
    return Toy(tmp_path)


def test_a_tumour_sample_passes_without_a_word(toy, capsys):
    assert toy.check(capsys, 0) == ""


def test_long_reads_are_refused_by_name(toy, capsys):
    toy.rows.append({"sample": "L", "subject": "P", "assay": "long-read", "r1": "l.fq.gz"})
    toy.files["l.fq.gz"] = reads(5, 1000)
    said = toy.check(capsys, 2)
    assert "line 3, column 'assay': 'long-read' (sample 'L') is not supported" in said


@pytest.mark.parametrize("column", ["r1", "bam"])
def test_reads_of_one_sample_are_not_anothers(toy, capsys, column):
    if column == "bam":
        toy.add_bam()
    toy.rows.append({**toy.rows[0], "sample": "U", "subject": "Q"})
    said = toy.check(capsys, 2)
    assert f"line 3, column '{column}'" in said
    assert "also stands on line 2 (sample 'T')" in said


def test_tumour_reads_are_not_demultiplexed(toy, capsys):
    toy.rows[0]["linker"] = "ACGTNNNNACGT"
    assert "only amplicon reads are demultiplexed here" in toy.check(capsys, 2)


def test_interleaved_reads_are_not_taken_for_single_ones(toy, capsys):
    toy.rows[0]["r2"] = ""
    one, other = (toy.files[f"a_{mate}.fq.gz"].splitlines(keepends=True) for mate in (1, 2))
    pairs = ["".join(part[at : at + 4]) for at in range(0, len(one), 4) for part in (one, other)]
    toy.files["a_1.fq.gz"] = "".join(pairs)
    assert "interleaved" in toy.check(capsys, 2)


def test_single_reads_pass(toy, capsys):
    toy.rows[0]["r2"] = ""
    assert toy.check(capsys, 0) == ""


@pytest.mark.parametrize(
    ("second", "record"),
    [
        pytest.param(reads(40, mate=2, name="s{}"), 1, id="other names"),
        pytest.param(reads(39, mate=2), 40, id="fewer reads"),
    ],
)
def test_mates_must_be_in_step(toy, capsys, second, record):
    toy.files["a_2.fq.gz"] = second
    assert f"do not hold the same reads in the same order (record {record})" in toy.check(capsys, 2)


def test_short_reads_are_warned_of(toy, capsys):
    toy.files |= {f"a_{mate}.fq.gz": reads(40, 36, mate) for mate in (1, 2)}
    assert "fewer than 50 bases" in toy.check(capsys, 0)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        pytest.param({"purity": ""}, "column 'purity': is empty", id="no purity"),
        pytest.param({"purity": "", "ploidy": "3"}, "column 'ploidy': says nothing", id="ploidy alone"),
        pytest.param({"purity": "0"}, "column 'purity': is 0", id="purity 0"),
        pytest.param({"assay": "capture"}, "has_baits", id="capture"),
    ],
)
def test_what_the_sheet_leaves_open_is_warned_of(toy, capsys, facts, words):
    toy.rows[0] |= facts
    assert words in toy.check(capsys, 0)


def test_controls_need_no_purity(toy, capsys):
    toy.rows[0] |= {"purity": "", "role": "untransduced"}
    assert toy.check(capsys, 0) == ""


def test_an_indexed_alignment_passes_without_a_word(toy, capsys):
    toy.write()
    toy.add_bam()
    assert toy.check(capsys, 0) == ""


def test_names_of_ensembl_for_those_of_ucsc_are_no_matter(toy, capsys):
    toy.add_bam(contigs=(("1", 900), ("2", 900), ("KI270728.1", 50), ("decoy_7", 50)))
    assert toy.check(capsys, 0) == ""


def test_an_alignment_to_something_else_is_warned_of(toy, capsys):
    toy.add_bam(contigs=(("scaffold_1", 900), ("scaffold_2", 900)))
    assert "was aligned to scaffold_1, scaffold_2" in toy.check(capsys, 0)


def test_a_file_without_unmapped_reads_is_warned_of(toy, capsys):
    toy.add_bam(unmapped=0)
    assert "holds no unmapped reads" in toy.check(capsys, 0)


def test_a_missing_index_is_warned_of(toy, capsys):
    toy.add_bam(index=False)
    assert "has no index beside it" in toy.check(capsys, 0)


def test_an_unaligned_file_passes(toy, capsys):
    toy.rows[0] |= {"r1": "", "r2": "", "bam": "a.bam"}
    with pysam.AlignmentFile(str(toy.folder / "a.bam"), "wb", header={"HD": {"VN": "1.6"}}) as handle:
        read = pysam.AlignedSegment(handle.header)
        read.query_name, read.query_sequence, read.is_unmapped = "r", dna(100), True
        handle.write(read)
    assert toy.check(capsys, 0) == ""


def test_a_damaged_alignment_is_refused(toy, capsys):
    toy.add_bam(index=False)
    path = toy.folder / "a.bam"
    path.write_bytes(path.read_bytes()[:60])
    assert "copy it again" in toy.check(capsys, 2)


def test_a_cram_must_have_the_genomes_names(toy, capsys):
    toy.write()
    toy.add_bam("a.cram", mode="wc")
    assert toy.check(capsys, 0) == ""
    toy.files["genome.fa"] = toy.files["genome.fa"].replace(">chr", ">")
    toy.files["genes.gtf"] = toy.files["genes.gtf"].removeprefix("chr")
    assert "is a CRAM on chr1, chr2, but the genome" in toy.check(capsys, 2)


def test_a_vector_of_which_nothing_can_integrate_is_refused(toy, capsys):
    toy.config = toy.config.replace("vector.fa}", "vector.fa, form: plasmid}")
    toy.files["vector.fa"] = f">v\n{dna(3000, 9)}\n"
    assert "key 'vectors.car'" in toy.check(capsys, 2)
