"""What one page is made from."""

from collections.abc import Sequence
from dataclasses import dataclass

from integrasite.config.study import Study
from integrasite.flags.rules import PROBABILITY
from integrasite.report.facts import Specimen, specimens_of
from integrasite.report.inputs import CONTROL_ROLES, RunTables, of_subject, without_controls

TOP_CLONES = 100
"""Clones listed on a page; the others are in `clones.tsv.gz`."""
TOP_COLOURED = 10
"""Clones with a colour of their own in a subject's bars."""
TOP_TRACKED = 6
"""Clones followed over time; as many as there are marker shapes."""
FIGURE_SUBJECTS = 30
"""Subjects whose figures the run's page shows; more would pass the size budget."""
CONFIDENT = PROBABILITY
"""Probability from which a clone is said to reach a threshold; the flags' own."""


@dataclass(frozen=True)
class Provenance:
    """Where the numbers come from: version, and SHA-256 (hex) of the sheet and the config.

    `turned` names the sources in which index reads are the reverse complements of the sheet's barcodes.
    """

    version: str
    sheet_sha256: str
    config_sha256: str
    turned: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """One page: the whole run, or one subject of it."""

    study: Study
    tables: RunTables
    provenance: Provenance
    specimens: Sequence[Specimen]
    subject: str | None = None

    @property
    def evaluable(self) -> list[Specimen]:
        """Specimens whose clone sizes mean something (`yes` or `low_power`)."""
        return [specimen for specimen in self.specimens if specimen.evaluable != "no"]

    @property
    def subjects(self) -> list[str]:
        """Subjects on the page, in sheet order."""
        return list(dict.fromkeys(specimen.subject for specimen in self.specimens))

    @property
    def all_subjects(self) -> list[str]:
        """Subjects with a page: those on this page and those of tumour samples, in sheet order."""
        tumours = [
            row for row in self.study.libraries if row.assay != "amplicon" and row.role not in CONTROL_ROLES
        ]
        wanted = [row.subject for row in tumours if self.subject in (None, row.subject)]
        return list(dict.fromkeys([*self.subjects, *wanted]))

    @property
    def drawn_subjects(self) -> list[str]:
        """Subjects whose figures are on the page: all, or the flagged ones first where there are too many."""
        flagged = set(self.tables.flags["subject"])
        chosen = set(sorted(self.subjects, key=lambda name: name not in flagged)[:FIGURE_SUBJECTS])
        return [name for name in self.subjects if name in chosen]

    @property
    def to_results(self) -> str:
        """Relative link from the page to the results folder."""
        return "../" if self.subject is None else "../../"

    def named(self, specimen: Specimen) -> str:
        """A specimen for sentences; the subject is left out on its own page."""
        return specimen.label if self.subject else f"{specimen.subject} {specimen.label}"

    def specimen(self, subject: str, name: str) -> Specimen | None:
        """The specimen of that key."""
        return next((one for one in self.specimens if (one.subject, one.name) == (subject, name)), None)


def make_view(study: Study, tables: RunTables, provenance: Provenance, subject: str | None = None) -> View:
    """The view of the run (`subject` None) or of one subject."""
    results = without_controls(tables, study)
    chosen = results if subject is None else of_subject(results, study, subject)
    return View(study, chosen, provenance, specimens_of(study, chosen, subject), subject)
