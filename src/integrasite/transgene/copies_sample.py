"""Copies, coverage and structure of one vector in one sample, in the order in which they need each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from integrasite.config.calling import Calling
from integrasite.model.tables import TRANSGENE_COVERAGE
from integrasite.transgene.copies import Copies, count_fragments, measure_copies, unknown
from integrasite.transgene.copies_depth import HostFragments
from integrasite.transgene.coverage import find_gaps, find_levels, profile
from integrasite.transgene.structure import structure_rows, structure_table, uneven_stretches
from integrasite.transgene.vector_map import MappedVector

_LEAST_LEFT = 0.2
"""Share of the vector, by expected fragments, that must be left for copies when uneven stretches are left out."""


@dataclass(frozen=True, eq=False)
class VectorCopies:
    """What is known of one vector in one sample.

    Attributes:
        copies: per diploid genome, of the vector without what is lost or gained in places.
        coverage: rows of `TRANSGENE_COVERAGE`; none where copies cannot be told.
        structure: rows of `TRANSGENE_STRUCTURE`.
    """

    copies: Copies
    coverage: pd.DataFrame
    structure: pd.DataFrame


def describe_vector(
    sample: str,
    vector: MappedVector,
    others: Sequence[MappedVector],
    fragments: pd.DataFrame,
    sites: pd.DataFrame,
    host: HostFragments,
    calling: Calling,
) -> VectorCopies:
    """Measure one vector in one sample.

    Args:
        sample: its name.
        vector: the vector.
        others: further vectors of the sample.
        fragments: `TUMOUR_FRAGMENTS` of the sample.
        sites: `TUMOUR_SITES` of the sample (an empty table where there are none).
        host: the host's depth (`measure_host`).
        calling: thresholds.
    """
    nothing = pd.DataFrame(columns=list(TRANSGENE_COVERAGE.columns)), structure_table([], sample, vector.name)
    if host.reason:
        return VectorCopies(unknown(host.reason), *nothing)
    counted = count_fragments(fragments, vector, others, host, calling)
    first = measure_copies(counted)
    if first.reason:
        return VectorCopies(first, *nothing)
    gaps = find_gaps(counted, first.vcn, calling)
    if gaps:  # with what is missing left out, the rest has more copies, and shorter gaps can be told
        better = measure_copies(counted, [(gap.start, gap.end) for gap in gaps])
        gaps = find_gaps(
            counted, better.vcn if better.expected > _LEAST_LEFT * first.expected else first.vcn, calling
        )
    levels = find_levels(counted, calling)
    rows = structure_rows(counted, fragments, sites, first, gaps, levels, calling)
    final = measure_copies(counted, uneven_stretches(rows, gaps, vector))
    copies = final if final.expected >= _LEAST_LEFT * first.expected else first
    return VectorCopies(copies, profile(counted, sample, calling), structure_table(rows, sample, vector.name))
