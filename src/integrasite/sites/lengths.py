"""Fragment lengths as evidence for a place: where the alignment cannot decide between places, the length that each asks for can.

In a tandem repeat the junction read fits several copies, and the linker read lies at one distance from each. The library's own
uniquely placed molecules say how likely each of these lengths is.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from integrasite.config.calling import Calling

BIN = 25
"""bp over which a length's frequency is counted (and smoothed over the bins beside it)."""
MIN_LENGTHS = 100
"""Uniquely placed molecules that a subject's libraries must have before their lengths say anything."""
_WEIGHTS = (1 / 9, 2 / 9, 3 / 9, 2 / 9, 1 / 9)
"""Smoothing over neighbouring bins: long fragments are few, and one more or less of them must not decide."""
_PSEUDO = 0.1
UNLIKE = 0.01
"""Share of fragments whose length follows no rule: no length is impossible."""

Floats = npt.NDArray[np.float64]


def length_density(lengths: npt.NDArray[np.int64], longest: int) -> Floats:
    """Density per bp of fragment lengths, by bin of `BIN` bp, from lengths that are known.

    Args:
        lengths: bp, of molecules placed without doubt.
        longest: longest fragment, bp.
    """
    n_bins = longest // BIN + 1
    counts = np.bincount(np.clip(lengths, 0, longest) // BIN, minlength=n_bins).astype(np.float64)
    reach = len(_WEIGHTS) // 2
    smooth = np.convolve(np.pad(counts, reach, mode="edge"), _WEIGHTS, mode="valid") + _PSEUDO
    return np.asarray((1 - UNLIKE) * smooth / (smooth.sum() * BIN) + UNLIKE / (n_bins * BIN))


def weigh_lengths(places: pd.DataFrame, calling: Calling) -> pd.DataFrame:
    """Places whose posterior takes the fragment length into account; as they were where too few lengths are known.

    Args:
        places: `molecule, position, breakpoint, posterior` (0-based; breakpoint -1 where unknown) of one subject.
        calling: thresholds.
    """
    breakpoints = places["breakpoint"].to_numpy(np.int64)
    lengths = np.abs(breakpoints - places["position"].to_numpy(np.int64)) + 1
    posterior = places["posterior"].to_numpy(np.float64)
    is_sure = (posterior >= calling.min_place_posterior) & (breakpoints >= 0)
    if is_sure.sum() < MIN_LENGTHS:
        return places
    density = length_density(lengths[is_sure], calling.max_fragment)
    own = density[np.clip(lengths, 0, calling.max_fragment) // BIN]
    # a place whose breakpoint the aligner did not list has any length: the mean over what lengths there are
    factor = np.where(breakpoints >= 0, own, BIN * np.sum(density**2))
    weight = posterior * factor
    codes, _ = pd.factorize(places["molecule"])
    n_places = np.bincount(codes)
    before = np.bincount(codes, weights=posterior)
    after = np.bincount(codes, weights=weight)
    shared = n_places[codes] > 1
    return places.assign(posterior=np.where(shared, weight * (before / after)[codes], posterior))
