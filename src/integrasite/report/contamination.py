"""Section on sites that several subjects have."""

import pandas as pd

from integrasite.report.blocks import Notes, Section, State
from integrasite.report.view import View
from integrasite.report.words import plural

QUESTION = "Is there contamination?"
_NOTE = (
    "Which rows, from which library and how sure: contamination.tsv; how many sites any two libraries share, and how many "
    "are expected by chance: contamination_pairs.tsv. A foreign site that its own subject's libraries do not show cannot be "
    "recognised."
)


def contamination(view: View) -> Section:
    """Is there contamination?"""
    table = view.tables.contamination
    subjects = {library.subject for library in view.study.amplicon_libraries}
    if len(subjects) < 2:
        answer = "Not tested: the run has one subject only, and contamination shows as a site that two subjects share."
        return Section("contamination", QUESTION, State.NOT_TESTED, answer, (), "Contamination")
    calls = table["call"].value_counts()
    n_rows, n_foreign = len(table), int(calls.get("hop", 0) + calls.get("dna_carryover", 0))
    if not n_rows:
        answer = "None found: no site was seen in another subject too."
        return Section("contamination", QUESTION, State.NONE, answer, (Notes([_NOTE]),), "Contamination")
    answer = (
        f"Of {plural(_n_sites(table), 'site')} that another subject has too ({plural(n_rows, 'row')} of sites.tsv.gz), "
        f"{_foreign_words(n_foreign, calls)}; {calls.get('ambiguous', 0)} are ambiguous and stay, "
        f"{calls.get('independent', 0)} are the subject's own."
    )
    state = State.FOUND if n_foreign else State.LIMITED if calls.get("ambiguous", 0) else State.NONE
    return Section("contamination", QUESTION, state, answer, (Notes([_NOTE]),), "Contamination")


def _n_sites(table: pd.DataFrame) -> int:
    return int(table["site_id"].nunique())


def _foreign_words(n_foreign: int, calls: "pd.Series[int]") -> str:
    if not n_foreign:
        return "no row was set aside as contamination"
    return (
        f"{plural(n_foreign, 'row')} were set aside as contamination ({calls.get('hop', 0)} as copies of another "
        f"library's molecules, {calls.get('dna_carryover', 0)} as another subject's DNA)"
    ).replace("1 row were", "1 row was")
