"""The transgene's cells beside the T-cell-receptor clonotype and the blasts, where the sheet gives them."""

from dataclasses import dataclass
from math import isnan

CONCORDANT, LOWER, HIGHER, NOT_TESTED = "concordant", "lower", "higher", "not tested"


@dataclass(frozen=True)
class Comparison:
    """The transgene's fraction of cells over another measure of the clone.

    Args:
        ratio: transgene over the other measure, with its 95 % interval; NaN where not tested.
        verdict: `concordant` where the interval holds 1, else `lower` or `higher`; `not tested`.
    """

    ratio: tuple[float, float, float]
    verdict: str


def of_all_cells(fraction: tuple[float, float, float], purity: float | None) -> tuple[float, float, float]:
    """A fraction of the tumour's cells as one of all cells (unchanged where purity is not known: it is one already)."""
    factor = purity or 1.0
    value, low, high = (number * factor for number in fraction)
    return value, low, high


def compare_fraction(transgene: tuple[float, float, float], other: float | None) -> Comparison:
    """Compare a fraction of cells with a value from the sheet (rule C2).

    The sheet's value stands without an error of its own, so the interval is that of the transgene alone; and both must be
    fractions of the same cells.

    Args:
        transgene: fraction of all cells that carry the transgene, with its interval.
        other: clonotype or blast fraction, 0-1; None: not given.
    """
    if other is None or other <= 0 or isnan(transgene[0]):
        return Comparison((float("nan"),) * 3, NOT_TESTED)
    value, low, high = (number / other for number in transgene)
    verdict = LOWER if high < 1 else HIGHER if low > 1 else CONCORDANT
    return Comparison((value, low, high), verdict)
