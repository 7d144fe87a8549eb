"""Config and sheet are read as a whole: what is filled in, and what is said about what is wrong."""

import pytest

from integrasite.config.read import load_study
from integrasite.config.timepoints import days_from_timepoint
from integrasite.errors import ProblemList

CONFIG = """\
samples: sheets/samples.tsv
reference: {genome: g.fa, annotation: a.gtf}
vectors:
  pCCL: {sequence: v.fa}
protocols:
  u5: {primer: GAAAATC, ltr_end: TCTAGCA}
"""
SHEET = "sample\tsubject\tr1\tr2\nL1\tP1\ta_R1.fq.gz\ta_R2.fq.gz\n"


@pytest.fixture
def study_of(tmp_path):
    def make(config=CONFIG, sheet=SHEET):
        (tmp_path / "sheets").mkdir(exist_ok=True)
        (tmp_path / "config.yaml").write_text(config, encoding="utf-8")
        raw = sheet if isinstance(sheet, bytes) else sheet.encode()
        (tmp_path / "sheets/samples.tsv").write_bytes(raw)
        return load_study(tmp_path / "config.yaml")

    return make


@pytest.fixture
def problems_of(study_of):
    def find(config=CONFIG, sheet=SHEET):
        with pytest.raises(ProblemList) as caught:
            study_of(config, sheet)
        return caught.value.problems

    return find


def the_one(problems, *parts):
    """The only problem that holds all parts."""
    found = [problem for problem in problems if all(part in problem for part in parts)]
    assert len(found) == 1, f"{parts} in {problems}"
    return found[0]


def test_blanks_are_filled_in_and_paths_are_relative_to_the_file_that_names_them(study_of, tmp_path):
    sheet = (
        "sample\tsubject\tr1\tr2\ttimepoint\ttissue\tcell_type\tbarcode\ti1\tvcn\n"
        "L1\tP1\tx/a_R1.fq.gz,x/b_R1.fq.gz\tx/a_R2.fq.gz,x/b_R2.fq.gz\tM6\tPB\tCD3\tacgt\ti1.fq.gz,i2.fq.gz\t0.5\n"
    )
    study = study_of(sheet=sheet)
    (library,) = study.libraries
    assert library.specimen == "P1_M6_PB_CD3"
    assert (library.days, library.replicate, library.assay, library.role) == (183, 1, "amplicon", "patient")
    assert (library.protocol, library.vectors, library.barcode, library.vcn) == ("u5", ("pCCL",), "ACGT", 0.5)
    assert library.r1 == (tmp_path / "sheets/x/a_R1.fq.gz", tmp_path / "sheets/x/b_R1.fq.gz")
    assert library.line == 2
    assert study.genome == tmp_path / "g.fa"


@pytest.mark.parametrize(
    ("label", "days"),
    [
        ("D28", 28),
        ("D0", 0),
        ("w6", 42),
        ("M12", 365),
        ("M24", round(30.4375 * 24)),
        ("Y2", round(365.25 * 2)),
        ("Y15", 5479),
        ("D-7", -7),
        ("baseline", None),
        ("", None),
    ],
)
def test_days_come_from_the_timepoint(label, days):
    assert days_from_timepoint(label) == days


@pytest.mark.parametrize("role", ["ntc", "untransduced", "spike-in"])
def test_controls_have_no_days(study_of, role):
    sheet = f"sample\tsubject\tr1\tr2\trole\ttimepoint\nL1\tc\ta.fq\tb.fq\t{role}\tM1\n"
    assert study_of(sheet=sheet).libraries[0].days is None


def test_given_days_win_over_the_timepoint(study_of):
    sheet = "sample\tsubject\tr1\tr2\ttimepoint\tdays\nL1\tP\ta.fq\tb.fq\tM1\t33\n"
    assert study_of(sheet=sheet).libraries[0].days == 33


def test_files_need_not_exist_to_be_read(study_of):
    assert not study_of().libraries[0].r1[0].exists()


def test_sections_with_nothing_in_them_keep_their_defaults(study_of):
    study = study_of(CONFIG + "calling:\n  # barcode_mismatches: 2\nexpansion:\n")
    assert study.config.calling.barcode_mismatches == 1


def test_everything_wrong_with_config_and_sheet_is_said_at_once(problems_of):
    config = (
        CONFIG.replace("genome", "genom")
        .replace("TCTAGCA", "TCTAGCX")
        .replace("{sequence: v.fa}", "{sequence: v.fa, kind: lentivirs, tsd: five}")
        + "calling: {barcode_mismatch: 1}\nrun: {id: 17, date: 2026-13-40}\n"
    )
    sheet = "sample\tsubject\tr1\tr2\tvector\tassay\nL 1\tP1\ta\tb\tpCCLl\tWGS\n"
    problems = problems_of(config, sheet)
    assert "line 2, key 'reference.genome': is missing" in the_one(problems, "reference.genome'")
    assert "Did you mean 'genome'?" in the_one(problems, "line 2, key 'reference.genom'", "annotation")
    assert "Did you mean 'lentivirus'?" in the_one(
        problems, "line 4, key 'vectors.pCCL.kind'", "gammaretrovirus"
    )
    the_one(problems, "key 'vectors.pCCL.tsd'", "'five' is not a whole number")
    the_one(problems, "line 6, key 'protocols.u5.ltr_end'", "'TCTAGCX'", "A, C, G and T")
    assert "Did you mean 'barcode_mismatches'?" in the_one(problems, "line 7", "calling.barcode_mismatch'")
    the_one(problems, "line 8, key 'run.id'", "in quotes")
    the_one(problems, "line 8, key 'run.date'", "YYYY-MM-DD")
    the_one(problems, "line 2, column 'sample'", "'L 1'", "file name")
    assert "Did you mean 'wgs'?" in the_one(problems, "line 2, column 'assay'", "'WGS'", "long-read")
    assert "Did you mean 'pCCL'?" in the_one(problems, "line 2, column 'vector'", "'pCCLl'")
    assert len(problems) == 11


def test_a_key_given_twice_is_a_problem(problems_of):
    the_one(problems_of(CONFIG + "samples: other.tsv\n"), "line 7, key 'samples'", "line 1")


@pytest.mark.parametrize(
    ("config", "part"),
    [
        ("", "key: value"),
        ("- a\n- b\n", "key: value"),
        ("samples: [a\nx: 1\n", "line 2"),
        ("samples:\n\tx: 1\n", "spaces, not tabs"),
        ("a: &x [*x]\n", "is not YAML"),
    ],
)
def test_what_is_no_yaml_mapping_is_refused(problems_of, config, part):
    the_one(problems_of(config), "config.yaml", part)


def test_a_missing_config_or_sheet_is_named(tmp_path, problems_of):
    with pytest.raises(ProblemList, match=r"nowhere\.yaml: no such file"):
        load_study(tmp_path / "nowhere.yaml")
    the_one(problems_of(CONFIG.replace("samples.tsv", "sample.tsv")), "sample.tsv: no such file", "line 1")


def test_a_linker_has_at_most_one_umi(problems_of):
    problems = problems_of(
        CONFIG.replace("TCTAGCA}", "TCTAGCA, linker: ACNNNGTNNNA}"),
        "sample\tsubject\tr1\tr2\tlinker\nL1\tP\ta\tb\tACGNNNNACNNA\n",
    )
    the_one(problems, "line 6, key 'protocols.u5.linker'", "more than one run of N")
    the_one(problems, "line 2, column 'linker'", "more than one run of N")


def test_a_umi_longer_than_can_be_held_is_refused(problems_of, study_of):
    sheet = "sample\tsubject\tr1\tr2\tlinker\nL1\tP\ta\tb\tACG" + "{}" + "TTT\n"
    the_one(problems_of(CONFIG, sheet.format("N" * 33)), "line 2, column 'linker'", "33 bases; at most 32")
    assert study_of(CONFIG, sheet.format("N" * 32)).libraries[0].linker.count("N") == 32


def test_places_left_open_by_init_are_named(problems_of):
    config = CONFIG.replace("g.fa", "FILL-IN").replace("TCTAGCA", "FILL-IN")
    problems = problems_of(config)
    the_one(problems, "reference.genome'", "still to be filled in")
    the_one(problems, "protocols.u5.ltr_end'", "still to be filled in")
    assert len(problems) == 2


def test_names_of_vectors_and_protocols_must_fit_file_names(problems_of):
    the_one(problems_of(CONFIG.replace("pCCL", "'p,CCL'")), "line 4", "vectors.p,CCL", "file name")


def test_a_config_without_protocols_is_one_problem_however_many_rows(problems_of):
    sheet = SHEET + "L2\tP2\tc_R1.fq\tc_R2.fq\n"
    problems = problems_of(CONFIG.split("protocols")[0], sheet)
    the_one(problems, "line 2, column 'protocol'")
    assert len(problems) == 1
