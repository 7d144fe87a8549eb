"""What one page is made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from integrasite.config.study import Study
from integrasite.flags.rules import PROBABILITY
from integrasite.report.carded import Key, card_link, carded_clones, clone_numbers
from integrasite.report.facts import Specimen, distinct, earlier_specimens, passing, specimens_of
from integrasite.report.inputs import CONTROL_ROLES, RunTables, of_subject, without_controls

TOP_CLONES = 100
"""Clones listed on a page; the others are in `clones.tsv.gz`."""
TOP_COLOURED = 10
"""Clones with a colour of their own in a subject's bars."""
TOP_TRACKED = 6
"""Clones followed over time; as many as there are marker shapes."""
FIGURE_SUBJECTS = 20
"""Subjects whose figures the run's page shows; more would pass the size budget."""
FULL_SUBJECTS = 6
"""Subjects up to which the run's page shows every figure of each; of more, bars and lines only (the page's size)."""
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
    def is_brief(self) -> bool:
        """Whether the page holds so many subjects that some figures are on their own pages only."""
        return self.subject is None and len(self.subjects) > FULL_SUBJECTS

    @property
    def to_results(self) -> str:
        """Relative link from the page to the results folder."""
        return "../" if self.subject is None else "../../"

    @cached_property
    def sized(self) -> pd.DataFrame:
        """Clones with a comparable size: passing, in evaluable specimens; those of earlier runs included."""
        earlier = [one for one in earlier_specimens(self.tables) if one.evaluable != "no"]
        return passing(self.tables, [*self.evaluable, *earlier])

    @cached_property
    def ranked(self) -> pd.DataFrame:
        """Each clone of `sized` once, by its largest row, largest first."""
        return distinct(self.sized)

    @cached_property
    def _sized_rows(self) -> dict[str, np.ndarray]:
        groups = self.sized.groupby("subject", sort=False).indices
        return {str(name): np.asarray(rows) for name, rows in groups.items()}

    def sized_of(self, subject: str, specimens: Sequence[Specimen]) -> pd.DataFrame:
        """Rows of `sized` of some specimens of one subject."""
        rows = self.sized.iloc[self._sized_rows.get(subject, slice(0))]
        return rows[rows["specimen"].isin([one.name for one in specimens])]

    @cached_property
    def cards(self) -> dict[Key, str]:
        """Clones that have a card on their subject's page, by subject and clone id, with its anchor."""
        return carded_clones(self.tables.flags, self.tables.clones, self.ranked)

    @cached_property
    def numbers(self) -> dict[Key, str]:
        """The number by which all figures of a subject name its clones; 1 is the largest in any specimen."""
        return clone_numbers(self.ranked)

    def number(self, subject: str, clone_id: str) -> str:
        """A clone's number among its subject's; empty for those too small to have one."""
        return self.numbers.get((subject, clone_id), "")

    def card(self, subject: str, clone_id: str) -> str:
        """The link to a clone's card; empty where it has none."""
        return card_link(self.cards, subject, clone_id, self.subject)

    def named(self, specimen: Specimen) -> str:
        """A specimen for sentences; the subject is left out on its own page."""
        return specimen.label if self.subject else f"{specimen.subject} {specimen.label}"

    @cached_property
    def _by_key(self) -> dict[Key, Specimen]:
        return {(one.subject, one.name): one for one in reversed(self.specimens)}

    def specimen(self, subject: str, name: str) -> Specimen | None:
        """The specimen of that key."""
        return self._by_key.get((subject, name))

    def of(self, subject: str) -> "View":
        """The view of one subject of the run."""
        chosen = of_subject(self.tables, self.study, subject)
        return View(self.study, chosen, self.provenance, specimens_of(self.study, chosen, subject), subject)


def make_view(study: Study, tables: RunTables, provenance: Provenance, subject: str | None = None) -> View:
    """The view of the run (`subject` None) or of one subject."""
    results = without_controls(tables, study)
    whole = View(study, results, provenance, specimens_of(study, results))
    return whole if subject is None else whole.of(subject)
