"""Why a call is there that should not be: the kinds of read pairs that lie at its place."""

from collections import Counter
from collections.abc import Iterable

import pandas as pd

CLONE = "clone"
CAUSES = ("contamination", "hop", "recombination", "mispriming", "truncated_ltr")
"""What can bring reads to a place that holds no clone of the library, in order of preference."""
REACH = {"mispriming": 12, "truncated_ltr": 12}
"""How far (bp) a junction can be called from such a molecule's first host base: the LTR's bases that host ones stand in
for, and some slippage."""
NEAR = 5
"""The same for whole molecules."""
AT_JUNCTION = NEAR
"""A call this close (bp) to the host end of a truncated LTR shows a junction of vector and host that is really there: host
bases that complete the LTR by chance move it by as many."""
Key = tuple[str, str, str]
"""Library, contig, strand."""


def read_causes(reads: pd.DataFrame) -> pd.DataFrame:
    """What each place of each library is supported by, rightly or not.

    Args:
        reads: rows of `truth.READ_TRUTH`.

    Returns:
        Columns `sample, contig, strand, position, cause, n_reads`: pairs whose index names the library, by the place where
        their molecule's host part begins. `cause` is `clone` or one of `CAUSES`.
    """
    placed = reads[reads["position"].notna() & (reads["sample"] != "*")]
    stray = placed["sample"] != placed["true_sample"]
    moved = placed["linker_sample"] == placed["true_sample"]
    foreign = placed["events"].fillna("").str.split(",").map(lambda words: "foreign" in words)
    host = placed["kind"] == "host"
    cause = pd.Series(CLONE, index=placed.index, dtype=object)
    cause[foreign] = "contamination"
    cause[stray] = "recombination"
    cause[stray & moved] = "hop"
    cause[~host] = placed.loc[~host, "kind"]
    keys = ["sample", "contig", "strand", "position", "cause"]
    counted = placed.assign(cause=cause).groupby(keys, sort=True).size()
    return counted.rename("n_reads").reset_index()


class Support:
    """The reads behind every place, to be asked about calls."""

    def __init__(self, counted: pd.DataFrame) -> None:
        """Args: counted: `read_causes`."""
        self.at: dict[Key, list[tuple[int, str, int]]] = {}
        columns = (
            counted[name].tolist() for name in ("sample", "contig", "strand", "position", "cause", "n_reads")
        )
        for sample, contig, strand, position, cause, n in zip(*columns, strict=True):
            self.at.setdefault((str(sample), str(contig), str(strand)), []).append(
                (int(position), str(cause), int(n))
            )

    def explain(self, places: Iterable[tuple[str, str, str, int]]) -> tuple[str, int | None]:
        """Most likely cause of a false call and its distance (bp), or an empty word.

        Args:
            places: sample, contig, strand and position of the call; for a multihit of each of its places.
        """
        votes: Counter[str] = Counter()
        nearest: dict[str, int] = {}
        for sample, contig, strand, position in places:
            for other, cause, n in self.at.get((sample, contig, strand), ()):
                away = abs(other - position)
                if cause != CLONE and away <= REACH.get(cause, NEAR):
                    votes[cause] += n
                    nearest[cause] = min(away, nearest.get(cause, away))
        if not votes:
            return "", None
        best = min(votes, key=lambda cause: (-votes[cause], CAUSES.index(cause)))
        return best, nearest[best]
