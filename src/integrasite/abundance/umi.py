"""Clone sizes from UMIs, and whether the UMIs can be trusted."""

from dataclasses import dataclass

import numpy as np

from integrasite.abundance.bins import FloatArray, IntArray

HEALTHY = (0.8, 1.25)
"""Range of the median ratio of UMI to fragment-length estimates within which UMIs are used."""
COMPARED = (5.0, 50.0)
"""Clones compared, cells: large enough to say something, small enough for lengths to be accurate."""
FEWEST_COMPARED = 3
"""Clones needed for a ratio; below, UMIs are used unchecked."""


@dataclass(frozen=True)
class UmiHealth:
    """Median ratio of UMI to fragment-length estimates over clones of 5-50 cells.

    Args:
        ratio: the median; NaN where too few clones could be compared.
        n_sites: number of clones compared.
    """

    ratio: float
    n_sites: int

    @property
    def is_good(self) -> bool:
        """Whether UMIs may be used: the ratio is in range, or could not be measured."""
        return self.n_sites < FEWEST_COMPARED or HEALTHY[0] <= self.ratio <= HEALTHY[1]

    @property
    def words(self) -> str:
        """What was found, in words."""
        if self.n_sites < FEWEST_COMPARED:
            return f"UMIs not checked against fragment lengths ({self.n_sites} clones of 5-50 cells)"
        found = (
            f"UMI counts are {self.ratio:.2f} times the fragment-length estimates over {self.n_sites} clones"
        )
        if self.is_good:
            return f"{found}: in the accepted range {HEALTHY[0]}-{HEALTHY[1]}"
        cause = "too many UMIs, as read errors make" if self.ratio > 1 else "too few UMIs"
        return f"{found} ({cause}; accepted {HEALTHY[0]}-{HEALTHY[1]}): fragment lengths are used instead"


def estimate_umi(n_umis: IntArray, n_fragments: IntArray, pool: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Molecules behind a number of distinct UMIs, allowing for molecules that share one.

    Args:
        n_umis: distinct UMIs seen, per site and replicate.
        n_fragments: distinct fragments (UMI and length) seen there: no estimate lies below.
        pool: number of possible UMIs (4 to the power of the UMI's length), broadcastable to `n_umis`.

    Returns:
        The estimate -U log(1 - u / U) and its variance U (exp(N / U) - 1), in the shape of `n_umis`. Where
        all UMIs are used up, half a UMI is treated as unused, so that the value stays finite.
    """
    used = np.minimum(n_umis / pool, 1.0 - 0.5 / pool)
    cells = np.maximum(-pool * np.log1p(-used), n_fragments.astype(float))
    return cells, pool * np.expm1(np.minimum(cells / pool, 700.0))


def check_umis(umi_cells: FloatArray, sonic_cells: FloatArray) -> UmiHealth:
    """Compare the two estimates of the same clones.

    Args:
        umi_cells: UMI estimate per site.
        sonic_cells: fragment-length estimate per site.

    Returns:
        The median ratio over clones whose fragment-length estimate is in `COMPARED`.
    """
    compared = (sonic_cells >= COMPARED[0]) & (sonic_cells <= COMPARED[1])
    ratios = umi_cells[compared] / sonic_cells[compared]
    return UmiHealth(float(np.median(ratios)) if ratios.size else float("nan"), int(ratios.size))
