"""Do genes or regions collect more insertions than chance? What the tables of `tests/` say, test by test."""

from dataclasses import dataclass

import pandas as pd

from integrasite.report.blocks import Block, Cell, Column, Grid, Notes, Section, State, frame_tsv
from integrasite.report.facts import Row, records
from integrasite.report.gene_figures import null_figure
from integrasite.report.inputs import FILES
from integrasite.report.view import TOP_CLONES, View
from integrasite.report.words import (
    MISSING,
    chance,
    count,
    decimal,
    is_missing,
    joined,
    number,
    plural,
    sentence,
)

QUESTION = "Do genes or regions collect more insertions than chance?"
FOUND_Q = 0.05
"""q below which a row is named as a finding; the level that `integrasite test-insertions` counts by, a convention."""
REFERENCES = {
    "given": "the given table of sites",
    "product": "the products",
    "early": "early specimens",
    "other_subjects": "other subjects",
}
KEYS = ["contig", "start", "end", "gene", "subject", "feature"]
"""What tells findings of one test apart; a table has some of these columns."""
NUMBERS = ("n_sites", "n_subjects", "n_largest_subject", "observed", "expected", "effect", "p", "q")
FIGURES = {
    "expanded_clones": "Large clones per gene",
    "common_sites": "Sites per gene and window",
    "early_late": "Late against early sites",
    "proximity": "Sites near listed genes",
}
"""Tables whose observed and expected numbers are drawn, with the title of the figure."""
TEST_TITLES = {
    "expanded_clone_enrichment": "Large clones per gene",
    "common_sites": "Sites per gene and window",
    "early_late": "Late against early sites",
    "cancer_gene_proximity": "Sites near listed genes",
    "grubbs": "Grubbs' test",
}
"""Names of the tests in `not_tested.tsv`."""
EXTRAS = ("p_without_subject", "p_without_top_clone", "base_rate")
TITLES = {
    "n_sites": "sites",
    "n_subjects": "subjects",
    "n_largest_subject": "sites of one subject, at most",
    "p_without_subject": "p without any one subject",
    "p_without_top_clone": "p without the largest clone",
    "base_rate": "base rate",
}


@dataclass(frozen=True)
class Test:
    """One test: its name, what was tested in words (empty: nothing), its findings, and why it was not made."""

    name: str
    tested: str
    findings: pd.DataFrame
    untested: str

    @property
    def words(self) -> str:
        """The test's answer as one sentence."""
        if not self.tested:
            return f"{self.name}: not tested: {self.untested}."
        n = len(self.findings)
        if not n:
            return f"{self.name} ({self.tested}): none found at q < {FOUND_Q:g}."
        names = "; ".join(_named(row) for row in records(self.findings.head(3)))
        more = f"; and {n - 3:,} more" if n > 3 else ""
        return f"{self.name} ({self.tested}): {n:,} found at q < {FOUND_Q:g}: {names}{more}."


def _place(row: Row) -> str:
    """Gene, list or window; a window is named by its place as the table has it (0-based, half-open)."""
    if row["test"] == "scan":
        genes = f" ({str(row['gene']).replace(',', ', ')})" if row["gene"] else ""
        return f"{row['contig']} {count(row['start'])} to {count(row['end'])}{genes}"
    name = str(row["gene"] or "gene without a name")
    if row.get("feature"):
        return f"list {name} ({row['feature']})"
    return f"{name} of {row['subject']} alone" if row.get("subject") else name


def _named(row: Row) -> str:
    most = row.get("n_largest_subject")
    one = f", {count(most)} of them of one subject" if not is_missing(most) else ""
    left = row.get("p_without_top_clone")
    without = f", p without its largest clone {chance(left)}" if not is_missing(left) else ""
    direction = ""
    if row["test"] in ("in_gene", "within_25kb", "within_50kb"):
        direction = " gained" if (number(row["effect"]) or 0.0) > 1 else " lost"
    return (
        f"{_place(row)}{direction}: {count(row['observed'])} where {decimal(row['expected'], 1)} are expected, "
        f"{plural(int(row['n_sites']), 'site')}, {plural(int(row['n_subjects']), 'subject')}{one}, "
        f"q {chance(row['q'])}{without}"
    )


def _findings(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with a small q, smallest first; of several windows around one gene the first."""
    found = rows[rows["q"] < FOUND_Q].sort_values(["q", "p", "gene"], kind="stable")
    return found.drop_duplicates([key for key in KEYS if key in found.columns])


def _genes(rows: pd.DataFrame) -> str:
    return plural(len(rows.drop_duplicates(["contig", "start", "end", "gene"])), "gene")


def _missing(view: View, key: str, reason: str) -> str:
    """Why a test was not made: as the run wrote it down, or, where it did not, the reasons that there can be."""
    if view.tables.lacks(key):
        return f"the results hold no {FILES[key][0]}"
    return "; ".join(_written(view, key)) or reason


def _written(view: View, key: str) -> list[str]:
    """The reasons that `not_tested.tsv` gives for the tests of one table; of nearness, those of the large clones."""
    rows = view.tables.not_tested
    found = rows.loc[rows["test"] == FILES[key][1].name, "reason"]
    words = [str(reason).removeprefix("not tested: ") for reason in found]
    lead = "largest clones not tested: "
    return [text.removeprefix(lead) for text in words if key != "proximity" or text.startswith(lead)]


def _partly(view: View) -> list[str]:
    """What was not tested within tests that were made."""
    rows = view.tables.not_tested
    return [f"{TEST_TITLES.get(row['test'], row['test'])}: {row['reason']}." for row in records(rows)]


def _expanded(view: View) -> Test:
    rows, calling = view.tables.expanded_clones, view.study.config.calling
    reason = (
        f"fewer than {calling.expanded_min_sites:,} sites of different sizes in every subject, or no gene with "
        f"{calling.gene_min_sites} sites"
    )
    tested = f"{_genes(rows)} tested, reference: sites as densely surrounded" if len(rows) else ""
    return Test("Large clones per gene", tested, _findings(rows), _missing(view, "expanded_clones", reason))


def _against_reference(view: View) -> tuple[Test, Test]:
    """Genes against a reference, and windows; windows are written only where found, so the genes tell that they ran."""
    rows, calling = view.tables.common_sites, view.study.config.calling
    by_gene, windows = rows[rows["test"] == "reference_vector"], rows[rows["test"] == "scan"]
    both = pd.concat([part for part in (by_gene, windows) if len(part)] or [rows.head(0)])
    names = " and ".join(REFERENCES.get(word, str(word)) for word in sorted(set(both["reference"])))
    reason = _missing(
        view,
        "common_sites",
        f"fewer than {calling.common_min_sites:,} sites to test or to hold them against, or too few genes with two",
    )
    return (
        Test(
            "Sites per gene",
            f"{_genes(by_gene)} tested, reference: {names}" if len(by_gene) else "",
            _findings(by_gene),
            reason,
        ),
        Test(
            "Windows without regard to genes",
            f"whole genome searched, reference: {names}" if len(both) else "",
            _findings(windows),
            reason,
        ),
    )


def _early_late(view: View) -> Test:
    rows, calling = view.tables.early_late, view.study.config.calling
    reason = (
        f"fewer than {calling.early_late_min_sites:,} early (to day {calling.early_max_days}) or late "
        f"(from day {calling.late_min_days}) sites of subjects that have both, or no gene with "
        f"{calling.gene_min_sites} sites"
    )
    tested = f"{_genes(rows)} tested, reference: early specimens" if len(rows) else ""
    return Test("Late against early sites", tested, _findings(rows), _missing(view, "early_late", reason))


def _proximity(view: View) -> Test:
    """Only the largest clones against the others; a list of which no gene is known, or near no site, tests nothing."""
    rows = view.tables.proximity
    asked = rows[rows["test"] == "top_against_rest"]
    rows = asked[asked["p"].notna() & (asked["n_found"] > 0) & (asked["expected"] > 0)]
    n = rows["gene"].nunique()
    reason = (
        "no site lies near a listed gene that the annotation has"
        if len(asked)
        else "no subject has enough sites of different sizes"
    )
    tested = f"{plural(n, 'list')} tested, reference: the other sites of the same subjects" if n else ""
    return Test(
        "Large clones near listed genes", tested, _findings(rows), _missing(view, "proximity", reason)
    )


def _tests(view: View) -> list[Test]:
    return [_expanded(view), *_against_reference(view), _early_late(view), _proximity(view)]


def _left_out(tests: list[Test]) -> str:
    """Tests that were not made, each reason once."""
    names: dict[str, list[str]] = {}
    for test in tests:
        if not test.tested:
            names.setdefault(test.untested, []).append(test.name.lower())
    return "; ".join(f"{reason} ({joined(found)})" for reason, found in names.items())


def _answer(view: View, tests: list[Test]) -> tuple[State, str]:
    made = [test for test in tests if test.tested]
    left = _left_out(tests)
    if not made:
        return State.NOT_TESTED, f"Not tested: {left}."
    found = [test for test in made if len(test.findings)]
    quiet = [f"{test.name.lower()} ({test.tested})" for test in made if not len(test.findings)]
    parts = [test.words for test in found]
    if quiet:
        parts.append(f"None found at q < {FOUND_Q:g}: {'; '.join(quiet)}.")
    if left:
        parts.append(f"Not tested: {left}.")
    if view.subject:
        parts.append("These tests are of the subjects of the run together.")
    quiet_state = State.LIMITED if left else State.NONE
    return State.FOUND if found else quiet_state, " ".join(parts)


def _grubbs(view: View) -> list[str]:
    rows = view.tables.common_sites
    rows = rows[rows["test"] == "grubbs"]
    if not len(rows):
        return []
    return [
        f"Grubbs' test among the {_genes(rows)} that are hit, for comparability with publications only and no "
        f"evidence: {int((rows['q'] < FOUND_Q).sum())} with q < {FOUND_Q:g}."
    ]


def _grid(view: View, key: str, caption: str) -> Grid:
    """The rows of one table, smallest q first."""
    file, frame = FILES[key][0], getattr(view.tables, key)
    shown = frame.sort_values(["q", "p", "gene"], kind="stable").head(TOP_CLONES)
    numbers = [name for name in (*NUMBERS, *EXTRAS) if name in frame.columns]
    words = [name for name in ("test", "reference") if name in frame.columns]
    columns = [Column("gene, list or window"), *(Column(name, "gene_test") for name in words)]
    columns += [Column(TITLES.get(name, name), "q" if name == "q" else "gene_test", True) for name in numbers]
    body = [
        (
            Cell(_place(row)),
            *(Cell(str(row[name]) or MISSING) for name in words),
            *(_number_cell(name, row[name]) for name in numbers),
        )
        for row in records(shown)
    ]
    link = Cell(file, href=f"{view.to_results}{file}")
    return Grid(
        f"tests-{key.replace('_', '-')}",
        caption,
        columns,
        body,
        frame_tsv(shown),
        f"Showing {len(shown):,} of {len(frame):,}, smallest q first; all in " if len(frame) else "",
        empty="not tested" if not len(frame) else "",
        folded=caption.rstrip("."),
        more=(link,) if len(frame) else (),
    )


def _number_cell(name: str, value: object) -> Cell:
    if name.startswith("n_"):
        return Cell(count(value), number(value))
    if name in ("p", "q", "base_rate", *EXTRAS):
        return Cell(chance(value), number(value))
    return Cell(decimal(value, 1 if name == "observed" else 2), number(value))


def _figures(view: View) -> list[Block]:
    """Observed against expected of every test that was made; Grubbs' test has no null of its own."""
    found = []
    for key, name in FIGURES.items():
        frame = getattr(view.tables, key)
        frame = frame[frame["test"] != "grubbs"]
        labels = [_labelled(row) for row in records(frame)]
        figure = null_figure(key.replace("_", "-"), name, frame, labels, FOUND_Q)
        if figure:
            found.append(figure)
    return [*found]


def _labelled(row: Row) -> str:
    """A row's subject in a figure that holds several kinds of rows of one table."""
    return _place(row).replace("list ", "", 1) if row.get("feature") else _place(row)


def gene_tests(view: View) -> Section:
    """Do genes or regions collect more insertions than chance?"""
    tests = _tests(view)
    state, answer = _answer(view, tests)
    notes = [test.words for test in tests] + _grubbs(view) + _partly(view)
    notes.append(
        "A finding is an association. Subjects with too few sites take no part, and a list's nearness to all sites against "
        "the genome (all_sites) is expected of vectors that prefer genes."
    )
    grids: list[Block] = [
        *_figures(view),
        _grid(view, "expanded_clones", "Large clones per gene."),
        _grid(view, "common_sites", "Sites per gene and window."),
        _grid(view, "early_late", "Late against early sites."),
        _grid(view, "proximity", "Sites near listed genes."),
    ]
    return Section("gene-tests", QUESTION, state, sentence(answer), (Notes(notes), *grids), "Gene tests")
