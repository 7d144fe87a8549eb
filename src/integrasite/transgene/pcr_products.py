"""Fragments of which a library holds far more copies than of others: products of a PCR, which all have its primers' ends."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import nbinom

from integrasite.config.calling import Calling
from integrasite.transgene.limits_expected import Flags, Floats

_SHAPE = 0.5
"""Shape of the gamma law of copies per fragment: amplification of libraries is more even than this (geometric: 1)."""
_TYPICAL = 10
"""Copies, in units of the median, up to which a fragment counts for the library's mean."""
_FEWEST = 10
"""Fragments from which they tell the library's copies."""
_MANY = 50
"""Fragments of vectors from which not all of them can be products of a PCR."""
_SLACK = 2
"""bp by which an end of a product may differ by errors of reads."""


@dataclass(frozen=True, eq=False)
class Products:
    """PCR products among the informative fragments of a sample.

    Attributes:
        is_product: per fragment, whether it is one.
        is_piece: per fragment, whether it is one or has an end of one.
        mean: copies of the library's other fragments.
    """

    is_product: Flags
    is_piece: Flags
    mean: float


def library_copies(fragments: pd.DataFrame, known: float, assay: str) -> float:
    """Mean read pairs per fragment of the library, but for outliers; NaN where too few fragments tell.

    Args:
        fragments: `TUMOUR_FRAGMENTS` of one sample.
        known: read pairs per fragment in the control loci; NaN if not known.
        assay: of the sheet. What a capture has on target is read more often than what it has off target, so there only
            fragments of the vectors tell.
    """
    is_host = fragments["kind"].isin(["host", "vector_host_like"]).to_numpy(np.bool_)
    copies = fragments["n_copies"].to_numpy(np.float64)
    if assay == "capture":
        return _typical_mean(copies[fragments["kind"].ne("host").to_numpy()], _FEWEST)
    # so deep that different molecules have equal ends, the vector's fragments have more copies than the host's
    means = known, _typical_mean(copies[is_host], _FEWEST), _typical_mean(copies[~is_host], _MANY)
    told = [mean for mean in means if not np.isnan(mean)]
    return max(told, default=float("nan"))


def _typical_mean(copies: Floats, least: int) -> float:
    if copies.size < least:
        return float("nan")
    return float(copies[copies <= _TYPICAL * np.median(copies)].mean())


def find_products(informative: pd.DataFrame, mean: float, assay: str, calling: Calling) -> Products:
    """Fragments with so many copies that amplification of the library does not explain them, and what shares an end with one.

    Args:
        informative: informative fragments of one sample.
        mean: `library_copies`.
        assay: of the sheet; in RNA copies follow from transcription, so none is told.
        calling: thresholds.
    """
    n = informative["n_copies"].to_numpy(np.float64)
    nothing = np.zeros(n.size, np.bool_)
    if not n.size or np.isnan(mean) or assay not in ("wgs", "capture"):
        return Products(nothing, nothing, mean)
    more = max(mean - 1, 1e-6)
    p = nbinom.sf(n - 2, _SHAPE, _SHAPE / (_SHAPE + more))
    found = (n >= calling.amplicon_copies) & (p * n.size < calling.amplicon_p)
    piece = found.copy()
    inner = (informative["kind"] == "vector").to_numpy(np.bool_)
    for column in ("vector_start", "vector_end"):
        place = informative[column].to_numpy(np.float64)
        for vector in informative.loc[found & inner, "vector"].unique():
            mine = inner & (informative["vector"] == vector).to_numpy(np.bool_)
            ends = np.sort(place[found & mine])
            piece[mine] |= np.searchsorted(ends, place[mine] + _SLACK, "right") > np.searchsorted(
                ends, place[mine] - _SLACK, "left"
            )
    return Products(found, piece, mean)
