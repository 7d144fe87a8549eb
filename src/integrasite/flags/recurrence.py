"""What the tests for insertional mutagenesis say of the gene that a clone's site lies in: the code R.

A finding that rests on the gene's largest clone would count that clone twice, once for its size and once for its gene; it
does not count where the test without that clone says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

FALSE_DISCOVERY = 0.05
"""q below which a test of genes counts."""
MIN_SUBJECTS = 2
MIN_EXPANDED = 3
"""Expanded clones of a gene must be of so many subjects, or be so many."""


@dataclass(frozen=True)
class Finding:
    """What was found of a gene, for one clone.

    Args:
        level: R. 2: expanded clones gather in the gene; 1: the gene is hit more often than in the reference; 0: neither.
        q: of the test that gave the level; the smallest of all tests of the gene where none did.
        gene: symbol.
        words: the numbers in words, for level 2.
    """

    level: int = 0
    q: float | None = None
    gene: str = ""
    words: str = ""


@dataclass(frozen=True)
class Recurrence:
    """Tested genes by contig.

    Args:
        starts, ends: per contig, 0-based half-open intervals.
        findings: per contig, in the same order, the finding and the subject that it holds for ("": all).
    """

    starts: Mapping[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    ends: Mapping[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    findings: Mapping[str, list[tuple[Finding, str]]] = field(default_factory=dict)

    def at(self, subject: str, contig: str, position: int) -> Finding | None:
        """The strongest finding of a gene that contains a site; nothing where no such gene was tested.

        Args:
            subject: the clone's subject.
            contig: its contig.
            position: 1-based.
        """
        if contig not in self.starts:
            return None
        inside = (self.starts[contig] < position) & (position <= self.ends[contig])
        found = [self.findings[contig][number] for number in np.flatnonzero(inside)]
        mine = [finding for finding, whose in found if whose in ("", subject)]
        return min(mine, key=_strength, default=None)

    def is_expanded_gene(self, clones: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Whether sites (contig, 1-based position) lie in a gene of level 2."""
        contigs, positions = clones["contig"].to_numpy(), clones["position"].to_numpy(dtype=np.int64)
        inside = np.zeros(len(clones), dtype=bool)
        for contig, findings in self.findings.items():
            chosen = [number for number, (finding, _) in enumerate(findings) if finding.level == 2]
            here = contigs == contig if chosen else inside
            for number in chosen:
                start, end = self.starts[contig][number], self.ends[contig][number]
                inside |= here & (start < positions) & (positions <= end)
        return inside


def _strength(finding: Finding) -> tuple[int, float, str]:
    return -finding.level, 1.0 if finding.q is None else finding.q, finding.gene


def collect_recurrence(expanded: pd.DataFrame | None, common_sites: pd.DataFrame | None) -> Recurrence:
    """Findings of the tested genes.

    Args:
        expanded: the table `expanded_clone_enrichment`; nothing where it was not made.
        common_sites: the table `common_sites`; of it only the rows `reference_vector` count.
    """
    rows = sorted(
        [*_expanded(expanded), *_common(common_sites)],
        key=lambda row: (row[0], row[1], row[2], row[4], _strength(row[3])),
    )
    of_contig: dict[str, list[tuple[str, int, int, Finding, str]]] = {}
    for row in rows:
        of_contig.setdefault(row[0], []).append(row)
    return Recurrence(
        {contig: np.array([row[1] for row in found], dtype=np.int64) for contig, found in of_contig.items()},
        {contig: np.array([row[2] for row in found], dtype=np.int64) for contig, found in of_contig.items()},
        {contig: [(row[3], row[4]) for row in found] for contig, found in of_contig.items()},
    )


_Row = tuple[str, int, int, Finding, str]


def _expanded(table: pd.DataFrame | None) -> Iterator[_Row]:
    for row in _tested(table):
        several = (
            _number(row["n_subjects_expanded"]) >= MIN_SUBJECTS or _number(row["observed"]) >= MIN_EXPANDED
        )
        alone = _number(row["p_without_top_clone"], 0.0) >= FALSE_DISCOVERY
        q = _number(row["q"], 1.0)
        level = 2 if q < FALSE_DISCOVERY and several and not alone else 0
        words = (
            f"in {row['gene']}, where {_number(row['observed']):.0f} of {_number(row['n_sites']):.0f} clones of all subjects "
            f"are among their subject's largest and {_number(row['expected']):.3g} are expected (q {q:.2g})"
        )
        yield row["contig"], int(row["start"]), int(row["end"]), Finding(level, q, row["gene"], words), ""


def _common(table: pd.DataFrame | None) -> Iterator[_Row]:
    for row in _tested(table):
        if row["test"] == "reference_vector":
            q = _number(row["q"], 1.0)
            found = Finding(1 if q < FALSE_DISCOVERY else 0, q, row["gene"])
            yield row["contig"], int(row["start"]), int(row["end"]), found, row["subject"]


def _tested(table: pd.DataFrame | None) -> Iterator[dict[str, Any]]:
    if table is not None:
        columns = list(table.columns)
        for values in table.itertuples(index=False, name=None):
            yield dict(zip(columns, values, strict=True))


def _number(value: object, missing: float = 0.0) -> float:
    return missing if pd.isna(value) else float(value)  # type: ignore[call-overload,arg-type]
