"""Other sources of a vector's sequence than integrated copies: plasmid, PCR products, virus, episomes, other samples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import pandas as pd
from scipy.stats import betabinom, binom, gamma, poisson

from integrasite.config.calling import Calling
from integrasite.transgene.limits_expected import Cells, Expected, Ints

_ANCHORED = 2
"""Distinct fragments with one junction within a read that make it a real one: chimeras of PCR join anywhere."""
_SLACK = 2
"""bp by which reads of one junction may differ."""


@dataclass(frozen=True)
class Junctions:
    """Junction evidence of a sample for one vector.

    Attributes:
        n_fragments: distinct fragments with a specific junction.
        n_anchored: junctions that at least two distinct fragments show within a read.
    """

    n_fragments: int
    n_anchored: int

    def shows_integration(self, n_informative: int, calling: Calling) -> bool:
        """Whether junctions are more than chimeras of free vector DNA with the host would be."""
        if self.n_anchored:
            return True
        p = float(binom.sf(self.n_fragments - 1, max(n_informative, self.n_fragments), calling.chimera_rate))
        return self.n_fragments >= _ANCHORED and p < calling.chimera_p


def count_junctions(junctions: pd.DataFrame, vector: str, left_out: Sequence[int] = ()) -> Junctions:
    """Count one sample's rows of `TUMOUR_JUNCTIONS`.

    Args:
        junctions: of one sample.
        vector: its name.
        left_out: fragments that do not count (hopped ones).
    """
    own = junctions[
        (junctions["vector"] == vector)
        & junctions["is_specific"].astype(bool)
        & ~junctions["fragment"].isin(left_out)
    ]
    return Junctions(int(own["fragment"].nunique()), sum(n >= _ANCHORED for n in split_places(own).values()))


def split_places(junctions: pd.DataFrame) -> dict[tuple[str, int, int, int], int]:
    """Distinct fragments per junction seen within a read.

    Returns:
        Host contig, host base, host direction and vector direction -> fragments; bases up to 2 bp apart are one junction.
    """
    split = junctions[junctions["kind"] == "split"]
    best = split.sort_values(
        ["fragment", "weight", "contig", "host_position"], ascending=[True, False, True, True]
    )
    best = best.drop_duplicates(["fragment", "vector_position", "vector_direction"])
    found: dict[tuple[str, int, int, int], int] = {}
    last: tuple[str, int, int, int] | None = None
    keys = best[["contig", "host_direction", "vector_direction", "host_position"]].sort_values(
        ["contig", "host_direction", "vector_direction", "host_position"]
    )
    for contig, host, vector, position in keys.itertuples(index=False):
        key = (str(contig), int(position), int(host), int(vector))
        if last and (last[0], last[2], last[3]) == (key[0], key[2], key[3]) and key[1] - last[1] <= _SLACK:
            key = last
        found[key] = found.get(key, 0) + 1
        last = key
    return found


def is_pile_up(starts: Ints, ends: Ints, cells: Cells, expected: Expected, calling: Calling) -> bool:
    """Whether all fragments lie in one stretch of the vector although more of it can be seen.

    For n fragments and a stretch that is due a share w of them, chance puts them there with at most n w^(n-1) (scan statistic).

    Args:
        starts: first vector bases.
        ends: bases behind the last.
        cells: of the vector.
        expected: by cell.
        calling: thresholds.
    """
    n = starts.size
    if n < calling.positive_fragments:
        return False
    low, high = int(starts.min()), int(ends.max())
    per_base = (
        expected.cells[cells.cell_of]
        / np.bincount(cells.cell_of, minlength=expected.cells.size)[cells.cell_of]
    )
    middles = (starts + ends) // 2
    first, last = int(middles.min()), int(middles.max()) + 1
    share = (
        float(per_base[np.arange(first, last) % cells.size].sum()) / expected.total if expected.total else 1.0
    )
    if high - low > calling.amplicon_bp or not 0 < share < 1:
        return False
    return log(n) + (n - 1) * log(share) < log(calling.blank_alpha)


def is_viral_excess(n_viral: int, n_beside: int, expected: Expected, cells: Cells, calling: Calling) -> bool:
    """Whether far more fragments than due lie in what a wild-type virus has too.

    Args:
        n_viral: informative fragments in viral elements.
        n_beside: those in others.
        expected: by cell.
        cells: of the vector.
        calling: thresholds.
    """
    share = float(expected.cells[~cells.is_viral].sum()) / expected.total if expected.total else 0.0
    if not 0 < share < 1:
        return False
    alpha = 1 / calling.depth_variation**2
    p = float(betabinom.cdf(n_beside, n_viral + n_beside, alpha * share, alpha * (1 - share)))
    return p < calling.blank_alpha


def junction_share(expected: Expected, calling: Calling) -> float:
    """Share of the informative fragments of integrated copies that show a junction which the host's sequence can place.

    Args:
        expected: of one copy; a fragment is due to show a junction where it holds the anchors of host and vector.
        calling: thresholds.
    """
    due = expected.split + expected.discordant
    return calling.junction_placed * min(due / expected.total, 1.0) if expected.total else 0.0


def lacks_junctions(n_informative: int, n_junctions: int, share: float, calling: Calling) -> bool:
    """Whether integrated copies would have shown more junctions.

    None at all means free DNA (plasmid, episome) as soon as integrated copies would show one nearly always. Some may be chimeras,
    or all that is left where most lie in repeats or have a damaged end; there half of those due are taken for lost.

    Args:
        n_informative: informative fragments.
        n_junctions: of them, those with a junction.
        share: `junction_share`.
        calling: thresholds.
    """
    if not n_informative or not share:
        return False
    if not n_junctions:
        return (1 - share) ** n_informative < calling.no_junction_p
    return float(binom.cdf(n_junctions, n_informative, share / 2)) < calling.blank_alpha


@dataclass(frozen=True)
class CarryOver:
    """What of a sample can be another one's DNA.

    Attributes:
        donor: the other sample.
        n_shared: fragments of the sample over junctions that the donor has too.
        n_donor: fragments of the donor over them.
        most: largest number of informative fragments that came with them (95 %).
    """

    donor: str
    n_shared: int
    n_donor: int
    most: float


def find_carry_over(
    own: Mapping[tuple[str, int, int, int], int],
    donors: Mapping[str, tuple[Mapping[tuple[str, int, int, int], int], int]],
    n_own: int,
    pairs: pd.DataFrame | None = None,
) -> CarryOver | None:
    """Look for junctions that a sample of another subject has too, and more of.

    Args:
        own: the sample's junctions (`split_places`).
        donors: per sample of other subjects its junctions and its number of informative fragments.
        n_own: informative fragments of the sample.
        pairs: the sample's discordant rows of `TUMOUR_JUNCTIONS` for the vector: a sample with few fragments may show no junction
            within a read.

    Returns:
        The donor that explains most; None if there is none, or if the sample has junctions of its own that two fragments show.
    """
    found = []
    for name, (places, n_fragments) in sorted(donors.items()):
        if n_fragments <= n_own:
            continue
        shared = [(n, _near(place, places)) for place, n in own.items()]
        if any(n >= _ANCHORED and not there for n, there in shared):
            continue
        n_shared = sum(n for n, there in shared if there) + _n_spanned(pairs, places)
        n_donor = sum(there for _, there in shared)
        if n_shared:
            total = sum(places.values())
            ratio = float(gamma.ppf(0.975, n_shared + 1)) / max(total, 1)
            most = float(poisson.ppf(0.975, ratio * n_fragments))
            found.append(CarryOver(name, n_shared, n_donor, most))
    return max(found, key=lambda item: (item.most, item.donor), default=None)


def _n_spanned(pairs: pd.DataFrame | None, places: Mapping[tuple[str, int, int, int], int]) -> int:
    """Distinct fragments with a junction between their reads where that can be one of the places."""
    if pairs is None or not len(pairs):
        return 0
    by_kind: dict[tuple[str, int, int], list[int]] = {}
    for contig, position, host, vector in places:
        by_kind.setdefault((contig, host, vector), []).append(position)
    spanned = set()
    columns = ["fragment", "contig", "host_direction", "vector_direction", "host_position", "reach"]
    for fragment, contig, host, vector, position, reach in pairs[columns].itertuples(index=False):
        found = by_kind.get((str(contig), int(host), int(vector)), ())
        if any(-_SLACK <= (position - junction) * host <= reach for junction in found):
            spanned.add(int(fragment))
    return len(spanned)


def _near(place: tuple[str, int, int, int], places: Mapping[tuple[str, int, int, int], int]) -> int:
    contig, position, host, vector = place
    return max(
        places.get((contig, position + shift, host, vector), 0) for shift in range(-_SLACK, _SLACK + 1)
    )


def exon_support(fragments: pd.DataFrame, vector: str) -> int:
    """Distinct fragments over exon boundaries of native genes that show nothing of the vector alone."""
    own = fragments[(fragments["vector"] == vector) & (fragments["kind"] == "vector_host_like")]
    return int(own["words"].fillna("").astype(str).str.contains("exon:", regex=False).sum())
