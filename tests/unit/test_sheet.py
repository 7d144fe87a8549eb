"""The sample sheet as spreadsheets write it, and every way in which a row can be wrong."""

import time
from pathlib import Path

import pytest

from integrasite.config.sheet import Names, read_sheet
from integrasite.config.table_text import parse_table
from integrasite.errors import ConfigError, SheetError
from integrasite.io.text import read_text

NAMES = Names(("pCCL", "pRRL"), {"u5": "R2", "single": "R1"})
SHEET = Path("samples.tsv")
HEADER = "sample\tsubject\tr1\tr2\tprotocol\tvector"
ROW = "L1\tP1\ta_1.fq\ta_2.fq\tu5\tpCCL"


def read(text, names=NAMES):
    return read_sheet(text, SHEET, names)


def rows(columns, *cells):
    """A sheet with the usual columns and some more."""
    lines = ["\t".join([HEADER, *columns])]
    for number, extra in enumerate(cells, 1):
        lines.append(
            "\t".join([f"L{number}", "P1", f"{number}_1.fq", f"{number}_2.fq", "u5", "pCCL", *extra])
        )
    return "\n".join(lines) + "\n"


def the_problem(text, names=NAMES):
    problems = read(text, names)[1]
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize(
    "raw",
    [
        f"{HEADER}\n{ROW}\n".encode(),
        f"{HEADER}\n{ROW}".encode(),
        f"{HEADER}\r\n{ROW}\r\n".encode(),
        f"{HEADER}\r{ROW}\r".encode(),
        f"{HEADER}\n{ROW}\n".encode("utf-8-sig"),
        f"{HEADER}\n\n{ROW}\n\n\t\t\t\n".encode(),
        f"{HEADER}\t\t\n{ROW}\t\t\n".encode(),
        f"{HEADER}\n{ROW}\t\t\t\n".encode(),
        f'"sample"\t{HEADER[7:]}\n" L1 "\t"P1"{ROW[5:]}\n'.encode(),
    ],
    ids=[
        "plain",
        "no-last-end",
        "crlf",
        "cr",
        "bom",
        "blank-lines",
        "blank-columns",
        "longer-rows",
        "quoted",
    ],
)
def test_what_spreadsheets_do_is_accepted(tmp_path, raw):
    path = tmp_path / "samples.tsv"
    path.write_bytes(raw)
    libraries, problems = read(read_text(path))
    assert problems == []
    assert [(library.sample, library.subject, library.vectors) for library in libraries] == [
        ("L1", "P1", ("pCCL",))
    ]


@pytest.mark.parametrize(
    ("raw", "part"),
    [
        (f"{HEADER}\n{ROW}\n".encode("utf-16"), "UTF-16"),
        (f"{HEADER}\n{ROW}\n".encode("utf-16-le"), "UTF-16"),
        (f"{HEADER}\n{ROW}é\n".encode("latin-1"), "line 2: byte 0xe9 is not UTF-8"),
        (b"PK\x03\x04abc", "spreadsheet"),
    ],
)
def test_other_encodings_are_refused_with_how_to_mend_it(tmp_path, raw, part):
    path = tmp_path / "samples.tsv"
    path.write_bytes(raw)
    with pytest.raises(ConfigError, match=part) as caught:
        read_text(path, "sample sheet")
    assert "Save" in str(caught.value)


@pytest.mark.parametrize(("mark", "word"), [(";", "semicolons"), (",", "commas")])
def test_other_separators_are_refused_by_name(mark, word):
    with pytest.raises(SheetError, match=rf"{word} \('{mark}'\).*Tab delimited"):
        read(f"{HEADER}\n{ROW}\n".replace("\t", mark))


def test_an_open_quotation_mark_is_found_where_it_opens():
    with pytest.raises(SheetError, match="line 3: a quotation mark"):
        read(f'{HEADER}\n{ROW}\n"L2\tP1\n{ROW}\n')


def test_lines_are_counted_through_quoted_line_breaks():
    text = rows(["tissue"], ['"bone\nmarrow"'], ["PB", "x"])
    problems = read(text)[1]
    assert any("line 2, column 'tissue'" in problem and "line break" in problem for problem in problems)
    assert any("line 4: 8 cells" in problem and "'x'" in problem for problem in problems)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (f"{HEADER}\n", ["no rows"]),
        (f"{HEADER}\tbarcod\n{ROW}\n", ["'barcod' is not a column", "Did you mean 'barcode'?"]),
        (f"{HEADER}\tSex\n{ROW}\n", ["'Sex'", "Did you mean 'sex'?"]),
        (f"{HEADER}\tr1\n{ROW}\n", ["'r1' stands twice"]),
        (f"{HEADER}\t\tsex\n{ROW}\tx\tf\n", ["column 7 has cells but no name"]),
        ("sample\tr1\tr2\nL1\ta\tb\n", ["required column 'subject' is missing"]),
        (
            "sample\tsubject\tprotocol\tvector\nL1\tP\tu5\tpCCL\n",
            ["neither a column 'r1' nor a column 'bam'"],
        ),
    ],
)
def test_headers(text, parts):
    problem = the_problem(text)
    assert all(part in problem for part in parts), problem


@pytest.mark.parametrize(
    ("columns", "cells", "parts"),
    [
        (["role"], ["NTC"], ["column 'role'", "'NTC'", "spike-in", "Did you mean 'ntc'?"]),
        (["replicate"], ["x"], ["column 'replicate'", "not a whole number"]),
        (["replicate"], ["0"], ["column 'replicate'", "at least 1"]),
        (["vcn"], ["0,5"], ["column 'vcn'", "decimal mark"]),
        (["vcn"], ["nan"], ["column 'vcn'", "not a number"]),
        (["purity"], ["70"], ["column 'purity'", "at most 1"]),
        (["days"], ["M6"], ["column 'days'", "not a whole number"]),
        (["barcode"], ["ACGT"], ["column 'barcode'", "i1 is empty"]),
        (["barcode", "i1"], ["ACG-T", "i.fq"], ["column 'barcode'", "A, C, G and T"]),
        (["linker"], ["ACGZ"], ["column 'linker'", "not a linker"]),
        (["i1"], ["i_a.fq,i_b.fq"], ["column 'i1'", "names 2 file(s) but r1 names 1"]),
        (["i1"], ["1_1.fq"], ["'1_1.fq' is named twice"]),
        (["bam"], ["x.bam"], ["column 'bam'", "read from FASTQ"]),
        (["assay", "bam"], ["wgs", "x.bam"], ["column 'bam'", "both r1 and bam"]),
    ],
)
def test_single_cells(columns, cells, parts):
    problem = the_problem(rows(columns, cells))
    assert problem.startswith("samples.tsv line 2")
    assert all(part in problem for part in parts), problem


@pytest.mark.parametrize(
    ("row", "parts"),
    [
        ("L1\tP1\t\t\tu5\tpCCL", ["column 'r1'", "empty"]),
        ("L1\tP1\ta.fq\tb.fq\t\tpCCL", ["column 'protocol'", "known: u5, single"]),
        ("L1\tP1\ta.fq\tb.fq\tu6\tpCCL", ["column 'protocol'", "'u6'", "Did you mean 'u5'?"]),
        ("L1\tP1\ta.fq\tb.fq\tu5\t", ["column 'vector'", "known: pCCL, pRRL"]),
        ("L1\tP1\ta.fq,b.fq\tc.fq\tu5\tpCCL", ["column 'r2'", "names 1 file(s) but r1 names 2"]),
        ("L1\tP1\ta.fq,\tb.fq,c.fq\tu5\tpCCL", ["column 'r1'", "empty name between commas"]),
        ("L1\tJosé\ta.fq\tb.fq\tu5\tpCCL", ["column 'subject'", "'José'", "file name"]),
        ("..\tP1\ta.fq\tb.fq\tu5\tpCCL", ["column 'sample'", "'..'"]),
        ("\tP1\ta.fq\tb.fq\tu5\tpCCL", ["column 'sample'", "is empty"]),
    ],
)
def test_single_rows(row, parts):
    problem = the_problem(f"{HEADER}\n{row}\n")
    assert all(part in problem for part in parts), problem


def test_single_end_and_other_assays_are_legal():
    text = (
        f"{HEADER}\tassay\tbam\n"
        "L1\tP1\ta.fq\t\tsingle\tpCCL\tamplicon\t\n"
        "L2\tP1\t\t\t\tpCCL,pRRL\twgs\tt.bam\n"
        "L3\tP1\tn.fq\t\t\tpRRL\tlong-read\t\n"
    )
    libraries, problems = read(text)
    assert problems == []
    assert [library.vectors for library in libraries] == [("pCCL",), ("pCCL", "pRRL"), ("pRRL",)]
    assert libraries[1].bam == Path("t.bam")


def test_several_problems_of_one_row_are_all_said():
    problems = read(f"{HEADER}\trole\nL 1\tP1\t\t\tu6\tpCL\tnurse\n")[1]
    assert {problem.split("column ")[1].split(":")[0] for problem in problems} == {
        "'sample'",
        "'r1'",
        "'protocol'",
        "'vector'",
        "'role'",
    }


def test_every_library_has_its_own_id():
    text = rows([], [], []).replace("L2", "L1")
    assert "line 3, column 'sample': 'L1' is already the sample of line 2" in the_problem(text)


def test_a_specimen_has_one_timepoint():
    text = rows(["specimen", "timepoint"], ["S", "M1"], ["S", "M2"])
    problems = read(text)[1]
    assert any(
        "line 3, column 'timepoint'" in problem and "'M1' on line 2" in problem for problem in problems
    )


def test_a_file_belongs_to_one_group_of_rows():
    shared = f"{HEADER}\nL1\tP1\ta.fq\tb.fq\tu5\tpCCL\nL2\tP2\ta.fq\tc.fq\tu5\tpCCL\n"
    assert "'a.fq' also stands on line 2" in the_problem(shared)
    assert read(shared.replace("c.fq", "b.fq"))[1] == []


def test_commas_are_accepted_only_where_asked_for():
    assert parse_table("a,b\n1,2\n", "x", comma=True).rows == ((2, ("1", "2")),)
    with pytest.raises(SheetError, match="commas"):
        parse_table("a,b\n1,2\n", "x")


def test_a_thousand_rows_are_quick():
    text = rows(["timepoint", "replicate"], *[[f"D{n}", "1"] for n in range(1000)])
    start = time.perf_counter()
    libraries, problems = read(text)
    assert (len(libraries), problems) == (1000, [])
    assert time.perf_counter() - start < 1
