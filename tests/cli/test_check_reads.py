"""`integrasite check --reads`: a warning for each kind of disagreement, and none where the sheet is right."""

import gzip
import random
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from integrasite.cli.main import main
from integrasite.reads.learn_index import turn

LTR_START = "TGGAAGGGCTAATTCACTCCCAACGAAGACAAGATATCC"
PRIMER, LTR_END = "GTGTGGAAAATC", "TCTAGCA"
SUFFIX = "CTCCGCTTAAGGGACT"
PREFIXES = ("CAAGCACGCGGTTAGAGAG", "TCCGCTGGCTCTCACGTTC", "GTACGGTCCTGCGTCCTAG")
BARCODES = ("AGCCGTACGGTA", "AATCTCTGCTTT", "GGCTTGTACACA")
PBS, PPT = "GTGGCGCCCGAACAGGGAC", "AAAAGAAAAGGGGGGAC"
N = 900


def dna(rng: random.Random, n: int) -> str:
    return "".join(rng.choices("ACGT", k=n))


def vector(seed: int = 3) -> str:
    rng = random.Random(5)
    ltr = LTR_START + dna(rng, 80) + PRIMER + LTR_END
    return ltr + PBS + dna(random.Random(seed), 500) + PPT + ltr


@dataclass(frozen=True)
class Bench:
    """How the reads were made; the sheet says the same unless a test changes it."""

    primer: str = PRIMER
    ltr_end: str = LTR_END
    prefixes: tuple[str, ...] = PREFIXES
    barcodes: tuple[str, ...] = BARCODES
    suffix: str = SUFFIX
    n_umi: int = 12
    n: int = N
    inside: float = 0.4
    clone: float = 0.0
    is_u3: bool = False
    misprimed: float = 0.03
    first_host: str = ""
    lead: str = ""
    longest: int = 140

    def linker(self, number: int) -> str:
        return self.prefixes[number] + "N" * self.n_umi + self.suffix

    def pairs(self) -> list[tuple[str, str, str]]:
        """Read 1 (linker), read 2 (junction) and index."""
        rng, big = random.Random(11), dna(random.Random(12), 300)
        read_on = turn(vector()[: -len(vector()) // 3]) if self.is_u3 else vector()
        end = self.primer + self.ltr_end
        found = []
        for number in range(self.n):
            library = number % len(self.barcodes)
            linker = self.prefixes[library] + dna(rng, self.n_umi) + self.suffix
            what, length = rng.random(), rng.randrange(30, self.longest)
            if what < self.inside:
                at = vector().find(PBS) if not self.is_u3 else turn(vector()).find(turn(PPT))
                read_on = turn(vector()) if self.is_u3 else vector()
                insert, start = read_on[at : at + length], end
            elif what < self.inside + self.clone:
                insert, start = big[:length], end
            elif what < self.inside + self.clone + self.misprimed:
                insert, start = dna(rng, length), self.primer
            else:
                insert, start = dna(rng, length), end
            insert = insert[: len(insert) - len(self.first_host)] + turn(self.first_host)
            molecule = start + insert
            one = self.lead + linker + turn(molecule) + dna(rng, 150)
            two = molecule + turn(linker) + dna(rng, 150)
            found.append((one[:150], two[:150], self.barcodes[library]))
        return found


@dataclass
class Sheet:
    """What config and sheet say."""

    primer: str = PRIMER
    ltr_end: str = LTR_END
    end: str = "U5"
    junction: str = "R2"
    fragmentation: str = "shear"
    vector: str = field(default_factory=vector)
    barcodes: list[str] = field(default_factory=lambda: list(BARCODES))
    linkers: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=lambda: ["patient"] * 3)
    has_r2: bool = True
    is_split: bool = False


def sheet_of(bench: Bench, **more: object) -> Sheet:
    linkers = [bench.linker(number) for number in range(3)]
    return replace(Sheet(linkers=linkers, primer=bench.primer, ltr_end=bench.ltr_end), **more)  # type: ignore[arg-type]


def write(folder: Path, bench: Bench, sheet: Sheet) -> Path:
    def fastq(name: str, reads: list[str]) -> None:
        text = "".join(f"@r{n}\n{bases}\n+\n{'F' * len(bases)}\n" for n, bases in enumerate(reads))
        (folder / name).write_bytes(gzip.compress(text.encode(), 1, mtime=0))

    pairs, genome = bench.pairs(), dna(random.Random(1), 200)
    lines = ["sample\tsubject\tr1\tr2\ti1\tbarcode\tlinker\treplicate\trole"]
    for number, (barcode, linker, role) in enumerate(
        zip(sheet.barcodes, sheet.linkers, sheet.roles, strict=False)
    ):
        part = f"{number}" if sheet.is_split else ""
        mine = [pair for pair in pairs if pair[2] == BARCODES[number]] if sheet.is_split else pairs
        for at, name in enumerate(("R1", "R2", "I1")):
            fastq(f"{name}{part}.fq.gz", [pair[at] for pair in mine])
        files = (f"R1{part}.fq.gz", f"R2{part}.fq.gz", f"I1{part}.fq.gz")
        if not sheet.has_r2:
            files = (files[1], "", files[2])
        index = ("", "") if sheet.is_split or not barcode else (files[2], barcode)
        cells = (
            f"L{number}",
            "P1" if role == "patient" else "C",
            *files[:2],
            *index,
            linker,
            str(number + 1),
            role,
        )
        lines.append("\t".join(cells))
    (folder / "samples.tsv").write_text("\n".join(lines) + "\n")
    (folder / "genome.fa").write_text(f">chr1\n{genome}\n")
    (folder / "genes.gtf").write_text('chr1\tx\tgene\t5\t90\t.\t+\t.\tgene_id "G";\n')
    (folder / "vector.fa").write_text(f">v\n{sheet.vector}\n")
    (folder / "config.yaml").write_text(
        "samples: samples.tsv\n"
        "reference: {genome: genome.fa, annotation: genes.gtf}\n"
        "vectors: {lv: {sequence: vector.fa}}\n"
        f"protocols: {{p: {{junction_read: {sheet.junction}, vector_end: {sheet.end}, primer: '{sheet.primer}', "
        f"ltr_end: {sheet.ltr_end}, fragmentation: {sheet.fragmentation}}}}}\n"
    )
    return folder / "config.yaml"


@pytest.fixture
def check(tmp_path, capsys):
    def run(bench: Bench, sheet: Sheet) -> tuple[int, str, list[str]]:
        code = main(["check", "--reads", "--config", str(write(tmp_path, bench, sheet))])
        answer = capsys.readouterr()
        warnings = [line for line in answer.err.splitlines() if "column 'r2': is empty" not in line]
        return code, answer.out, warnings

    return run


U3 = Bench(primer="GGATATC", ltr_end="TTGTCTTCGTTGGGAGTGAATTAGCCCTTCCA", is_u3=True)
RIGHT = {
    "demo": (Bench(), {}),
    "U3": (U3, {"end": "U3"}),
    "no UMI": (Bench(n_umi=0), {}),
    "UMI first": (Bench(prefixes=("", "", "")), {}),
    "restriction": (Bench(first_host="TTAA"), {"fragmentation": "restriction"}),
    "one clone": (Bench(clone=0.55), {}),
    "nothing runs on inside": (Bench(inside=0), {}),
    "all run on inside": (Bench(inside=0.97), {}),
    "mispriming": (Bench(misprimed=0.5, inside=0.1), {}),
    "single-end": (Bench(), {"has_r2": False}),
    "single-end, long inserts": (Bench(longest=400), {"has_r2": False}),
    "demultiplexed": (Bench(), {"is_split": True}),
    "demultiplexed, single-end": (Bench(), {"is_split": True, "has_r2": False}),
    "few reads": (Bench(n=120), {}),
    "told by linkers": (Bench(), {"barcodes": ["", "", ""]}),
    "a control without reads": (
        replace(Bench(), barcodes=BARCODES[:2], prefixes=PREFIXES),
        {"roles": ["patient", "patient", "ntc"]},
    ),
}


def ends_of(bench: Bench) -> dict[str, str]:
    return {"vector": vector().replace(LTR_START, turn(bench.primer + bench.ltr_end))} if bench.is_u3 else {}


@pytest.mark.parametrize("name", RIGHT)
def test_no_warning_where_the_sheet_is_right(check, name):
    bench, more = RIGHT[name]
    code, out, warnings = check(bench, sheet_of(bench, **ends_of(bench), **more))
    assert (code, warnings) == (0, [])
    assert out.count("sheet and reads agree") == 1 and " % begin with primer and LTR end" in out


@pytest.mark.parametrize("roles", [["ntc"] * 3, ["untransduced"] * 3])
def test_controls_alone_are_not_compared(check, roles):
    bench = Bench(primer="CCCATTG", inside=0)
    code, out, warnings = check(bench, sheet_of(Bench(), roles=roles))
    assert (code, warnings) == (0, [])
    assert "not compared: R1.fq.gz (only controls" in out


def test_too_few_reads_are_said(check):
    code, out, warnings = check(Bench(n=30), sheet_of(Bench()))
    assert (code, warnings) == (0, [])
    assert "too few reads (30; at least 50 are needed)" in out


def linkers(**more: object) -> list[str]:
    return [replace(Bench(), **more).linker(number) for number in range(3)]  # type: ignore[arg-type]


WRONG = {
    "primer": (
        {"primer": "GTCAGGAAAATC"},
        ["primer: the sheet says GTCAGGAAAATC", "Set `primer: GTGTGGAAAATC`"],
    ),
    "primer of another length": (
        {"primer": "GGAAAATC"},
        ["primer: ", "4 other bases stand before it (GTGTGGAAAATC)"],
    ),
    "LTR variant": ({"ltr_end": "TCTCGCA"}, ["ltr_end: the sheet says TCTCGCA, the reads say TCTAGCA"]),
    "UMI one too long": ({"linkers": linkers(n_umi=13)}, ["UMI length: the sheet says 13, the reads say 12"]),
    "UMI one too short": (
        {"linkers": linkers(n_umi=11)},
        ["UMI length: the sheet says 11, the reads say 12"],
    ),
    "linker's end": (
        {"linkers": linkers(suffix="GGTCATTCCAGGTTAC")},
        ["linker: the sheet says GGTCATTCCAGGTTAC behind the UMI", SUFFIX],
    ),
    "linkers of another study": (
        {"linkers": linkers(prefixes=("ACCAGGATTACAGGAGGTC", "CATCGATTACGGCATTCCA", "TTACGGACATTGCAGGCAT"))},
        [
            "linker: the sheet says ACCAGGATTACAGGAGGTC",
            "do not begin with it",
            PREFIXES[0],
        ],
    ),
    "barcodes turned": (
        {"barcodes": [turn(code) for code in BARCODES]},
        ["barcode: ", "their reverse complements: 900 of 900", "The run turns the barcodes"],
    ),
    "barcodes of another run": (
        {"barcodes": ["CCCAAATTTGGA", "TTTAGGGACCAT", "ACATTTGGGCCC"]},
        ["barcode: ", "0 of 900 index reads carry one", f"{BARCODES[0]} (300)"],
    ),
    "one barcode turned": (
        {"barcodes": [turn(BARCODES[0]), *BARCODES[1:]]},
        [f"300 times the reverse complement of {turn(BARCODES[0])}", f"Write {BARCODES[0]} for L0"],
    ),
    "one barcode wrong": (
        {"barcodes": ["CCTTATCAGGCC", *BARCODES[1:]]},
        [f"never CCTTATCAGGCC, but 300 times {BARCODES[0]}, with its linker"],
    ),
    "a row forgotten": (
        {"barcodes": list(BARCODES[:2])},
        [f"also {BARCODES[2]} (33.3 %)", "Add rows for them"],
    ),
    "another vector": (
        {"vector": vector(8)},
        ["vector: the sheet says lv", "0 go on in it", "Name the vector"],
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_each_disagreement_is_one_warning_that_says_how_to_mend_it(check, name):
    more, parts = WRONG[name]
    code, out, warnings = check(Bench(), sheet_of(Bench(), **more))
    assert code == 0
    assert len(warnings) == 1, warnings
    assert (
        warnings[0].startswith("warning: ")
        and "samples.tsv line" in warnings[0]
        and "R1.fq.gz" in warnings[0]
    )
    assert all(part in warnings[0] for part in parts), warnings
    assert "1 warning\n" in out
    assert "sheet and reads agree" not in out


def test_exchanged_libraries_name_each_other(check):
    first, second, third = linkers()
    code, _, warnings = check(Bench(), sheet_of(Bench(), linkers=[second, first, third]))
    assert code == 0 and len(warnings) == 2
    assert "line 2 " in warnings[0] and "L0 and L1 are exchanged" in warnings[0]
    assert "line 3 " in warnings[1] and "L1 and L0 are exchanged" in warnings[1]


def test_exchanged_files_of_demultiplexed_libraries(check):
    first, second, third = linkers()
    sheet = sheet_of(Bench(), linkers=[second, first, third], is_split=True)
    code, out, warnings = check(Bench(), sheet)
    assert code == 0 and len(warnings) == 2
    assert all("linker: the sheet says" in line for line in warnings)
    assert "agree in 1 of 3 sets of files" in out


def test_bases_before_the_linker(check):
    _, _, warnings = check(Bench(lead="ACGTA"), sheet_of(Bench()))
    assert len(warnings) == 1 and "after 5 other bases (ACGTA)" in warnings[0]


def test_a_umi_that_is_none(check):
    bench = Bench(n_umi=0, suffix="ACCTGATTGACC" + SUFFIX)
    _, _, warnings = check(bench, sheet_of(Bench()))
    assert len(warnings) == 1 and "UMI: the sheet says 12 N" in warnings[0] and "ACCTGATTGACC" in warnings[0]


def test_a_mistake_of_the_protocol_is_said_once_for_all_files(check):
    code, _, warnings = check(Bench(), sheet_of(Bench(), ltr_end="TCTCGCA", is_split=True))
    assert code == 0 and len(warnings) == 1
    assert "lines 2, 3, 4 (R10.fq.gz; R11.fq.gz; R12.fq.gz)" in warnings[0]


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ({"n_umi": 11}, "UMI length: the sheet says 11, the reads say 12"),
        ({"prefixes": ("ACCAGGATTACAGGAGGTC",) * 3}, f"the reads say {PREFIXES[0][3:]} there"),
        ({"prefixes": ("ACCAGGATTACAGGAGGTC",) * 3, "suffix": "GGTCATTCCAGGTTAC"}, SUFFIX),
    ],
)
def test_linkers_of_single_end_reads(check, more, part):
    bench = Bench(longest=60, inside=0)
    sheet = sheet_of(bench, linkers=linkers(**more), has_r2=False, is_split=True)
    code, _, warnings = check(bench, sheet)
    assert code == 0 and warnings and part in warnings[0]


def test_exchanged_reads_are_a_problem_since_no_site_would_be_found(check):
    code, out, lines = check(Bench(), sheet_of(Bench(), junction="R1"))
    assert (code, out) == (2, "")
    assert "set `junction_read: R2`, or exchange r1 and r2" in lines[-1]


def test_exchanged_reads_of_another_vector(check):
    primer = "CCATTGGACCAT"
    other = vector().replace(PRIMER + LTR_END, primer + LTR_END)
    code, _, warnings = check(Bench(), sheet_of(Bench(), junction="R1", primer=primer, vector=other))
    assert code == 0
    assert "junction_read: the sheet says R1, the reads say R2" in warnings[0]
    assert "primer: the sheet says CCATTGGACCAT" in warnings[1]


def test_rows_of_other_assays_are_left_out_with_a_note(tmp_path, capsys):
    config = write(tmp_path, Bench(), sheet_of(Bench()))
    sheet = tmp_path / "samples.tsv"
    header, *rows = sheet.read_text().splitlines()
    lines = [f"{header}\tassay", *(f"{row}\tamplicon" for row in rows)]
    for name in ("R1", "R2"):
        (tmp_path / f"T{name}.fq.gz").write_bytes((tmp_path / f"{name}.fq.gz").read_bytes())
    lines.append("\t".join(["T", "P1", "TR1.fq.gz", "TR2.fq.gz", "", "", "", "1", "patient", "wgs"]))
    sheet.write_text("\n".join(lines) + "\n")
    assert main(["check", "--reads", "--config", str(config)]) == 0
    answer = capsys.readouterr()
    assert "1 row (1 wgs) not compared" in answer.out and "sheet and reads agree" in answer.out
