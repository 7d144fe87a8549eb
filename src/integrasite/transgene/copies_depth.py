"""How densely a sample's distinct fragments lie on the host, and how sure that is, as copies of a vector need it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.transgene.vector_map import Control

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MOST_LENGTHS = 60
_ROUNDS = 50
_TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class HostFragments:
    """The host as the measure of copies.

    Attributes:
        density: distinct fragments that begin at one base of the diploid genome, at a share `gc` of G and C.
        variance: of its logarithm.
        gc: mean share of G and C of the control loci.
        gc_range: lowest and highest share among them.
        slope: change of the logarithm of depth per unit of G + C.
        slope_variance: of `slope`.
        spread: variance of the logarithm of local depth, between stretches of `window` bp.
        window: mean length of a control locus, bp.
        n_keys: equally likely fragments per first base: how soon two molecules look like copies of one.
        lengths: lengths of fragments, bp.
        shares: their shares, summing to 1.
        read_length: bases of a read.
        is_paired: whether both ends are read.
        reason: why copies cannot be told; empty if they can.
    """

    density: float
    variance: float
    gc: float
    gc_range: tuple[float, float]
    slope: float
    slope_variance: float
    spread: float
    window: float
    n_keys: float
    lengths: Ints
    shares: Floats
    read_length: int
    is_paired: bool
    reason: str = ""


def measure_host(
    summary: Mapping[str, Any],
    loci: pd.DataFrame,
    calling: Calling,
    *,
    assay: str = "wgs",
    genome_bases: int = 0,
    controls: Sequence[Control] = (),
) -> HostFragments:
    """Model the host's depth from its control loci.

    Args:
        summary: what `SAMPLE.recruit.json` holds.
        loci: rows of `HOST_DEPTH`, one per control locus of the sample.
        calling: thresholds.
        assay: `wgs` or `capture`; others have no depth that tells copies.
        genome_bases: length of the host; for captures, to tell whether loci are on target.
        controls: the loci in the order of the genome. With it, depth that changes over whole chromosomes (a tumour's copy
            numbers) is told from local noise; without it all of it counts as noise.

    Returns:
        The host's model; its `reason` says what is missing.
    """
    read_length = int(summary["reads"]["length_median"])
    is_paired = bool(summary["is_paired"])
    lengths = {int(key): int(n) for key, n in summary["host"]["lengths"].items()}
    reason = _why_not(assay, lengths, loci)
    if not reason and assay == "capture":
        loci = _on_target(loci, int(summary["n_pairs"]), genome_bases, calling)
        if len(loci) < calling.capture_loci:
            reason = f"only {len(loci)} control loci were captured: depth off target is no measure of copies"
    if reason:
        return _without(reason, read_length, is_paired)
    keys, shares = length_shares(lengths, loci["length"].to_numpy(np.int64))
    n_keys = effective_keys(np.array(list(lengths.values()), np.float64), is_paired)
    places = _places(loci["length"].to_numpy(np.int64), keys, shares)
    loci, places = loci[places > 0], places[places > 0]
    n = loci["n_fragments"].to_numpy(np.float64)
    gc = loci["gc"].to_numpy(np.float64)
    mean_gc = float(np.average(gc, weights=places))
    base, slope, fitted = _fit(n, places, gc - mean_gc, calling.gc_slope_sd)
    excess = _dispersion(n, fitted)
    precision = float((fitted * (gc - mean_gc) ** 2).sum()) / excess + calling.gc_slope_sd**-2
    grouped, group_shares = thin_lengths(keys, shares)
    return HostFragments(
        unfold(float(np.exp(base)), n_keys), excess / float(n.sum()), mean_gc, (float(gc.min()), float(gc.max())),
        slope, 1 / precision, _local_spread(n, fitted, _order(loci, controls)), float(loci["length"].mean()), n_keys,
        grouped, group_shares, read_length, is_paired,
    )  # fmt: skip


def _why_not(assay: str, lengths: Mapping[int, int], loci: pd.DataFrame) -> str:
    if assay not in ("wgs", "capture"):
        return f"assay {assay} has no depth that tells copies"
    if not lengths or loci.empty or not loci["n_fragments"].sum():
        return "no fragments in control loci: host depth is unknown"
    return ""


def _without(reason: str, read_length: int, is_paired: bool) -> HostFragments:
    nan = float("nan")
    nothing = np.zeros(0)
    return HostFragments(
        nan,
        nan,
        nan,
        (nan, nan),
        0.0,
        nan,
        nan,
        nan,
        nan,
        nothing.astype(np.int64),
        nothing,
        read_length,
        is_paired,
        reason,
    )


def _on_target(loci: pd.DataFrame, n_pairs: int, genome_bases: int, calling: Calling) -> pd.DataFrame:
    """Loci with far more pairs than if all pairs lay evenly over the genome."""
    even = loci["length"] * (n_pairs / max(genome_bases, 1))
    return loci[(loci["n_pairs"] >= calling.capture_enrichment * even) & (loci["n_pairs"] > 0)]


def length_shares(lengths: Mapping[int, int], windows: Ints) -> tuple[Ints, Floats]:
    """Shares of fragment lengths, from fragments that had to fit into windows: long ones are seen more rarely.

    Args:
        lengths: distinct fragments by length, bp.
        windows: length of each window, bp.

    References:
        Horvitz and Thompson 1952, J Am Stat Assoc 47:663.
    """
    keys = np.array(sorted(lengths), np.int64)
    fits = np.maximum(windows[None, :] - keys[:, None] + 1, 0).sum(axis=1)
    weights = np.array([lengths[int(key)] for key in keys]) / np.maximum(fits, 1)
    return keys, weights / weights.sum()


def thin_lengths(lengths: Ints, shares: Floats) -> tuple[Ints, Floats]:
    """At most `_MOST_LENGTHS` lengths, each the mean of about an equal share of fragments."""
    group = np.minimum((np.cumsum(shares) - shares / 2) * _MOST_LENGTHS, _MOST_LENGTHS - 1).astype(np.int64)
    _, group = np.unique(group, return_inverse=True)
    share: Floats = np.bincount(group, shares).astype(np.float64)
    return np.rint(np.bincount(group, shares * lengths) / share).astype(np.int64), share


def effective_keys(counts: Floats, is_paired: bool) -> float:
    """Equally likely fragments per first base: one over the chance that two have one length (single reads: one strand)."""
    n = float(counts.sum())
    same = float((counts * (counts - 1)).sum()) / (n * (n - 1)) if n > 1 else 0.0
    same = max(same, 1e-4)
    return 1 / same if is_paired else 2 / same


def unfold(distinct: float, n_keys: float) -> float:
    """Molecules per base from distinct fragments per base: those with equal ends were counted once."""
    filled = min(distinct / n_keys, 0.999)
    return float(-n_keys * np.log1p(-filled))


def _places(windows: Ints, lengths: Ints, shares: Floats) -> Floats:
    """First bases at which a fragment fits into each window, averaged over lengths."""
    fits = np.maximum(windows[:, None] - lengths[None, :] + 1, 0)
    found: Floats = fits @ shares
    return found


def _fit(n: Floats, places: Floats, x: Floats, slope_sd: float) -> tuple[float, float, Floats]:
    """Log-linear depth with G + C; the slope has a normal prior, so that few loci do not invent one."""
    base, slope = float(np.log(n.sum() / places.sum())), 0.0
    fitted = places * np.exp(base)
    for _ in range(_ROUNDS):
        excess = _dispersion(n, fitted)
        gradient = np.array(
            [(n - fitted).sum() / excess, ((n - fitted) * x).sum() / excess - slope / slope_sd**2]
        )
        information = (
            np.array([[fitted.sum(), (fitted * x).sum()], [(fitted * x).sum(), (fitted * x * x).sum()]])
            / excess
        )
        information[1, 1] += slope_sd**-2
        step = np.linalg.solve(information, gradient)
        base, slope = base + float(step[0]), slope + float(step[1])
        fitted = places * np.exp(base + slope * x)
        if float(np.abs(step).max()) < _TOLERANCE:
            break
    return base, slope, fitted


def _dispersion(n: Floats, fitted: Floats) -> float:
    """Variance over loci in units of Poisson's, at least 1."""
    if n.size < 3:
        return 1.0
    return max(1.0, float(((n - fitted) ** 2 / fitted).sum()) / (n.size - 2))


def _order(loci: pd.DataFrame, controls: Sequence[Control]) -> npt.NDArray[np.int64] | None:
    """Rows of the loci along the genome; None where their places are not known."""
    place = {f"{c.contig}:{c.start}-{c.end}": number for number, c in enumerate(controls)}
    names = [str(name) for name in loci["locus"]]
    if not place or any(name not in place for name in names):
        return None
    return np.argsort([place[name] for name in names], kind="stable")


def _local_spread(n: Floats, fitted: Floats, order: Ints | None) -> float:
    """Variance of local depth beyond Poisson's.

    Half the mean squared difference of neighbours does not see changes of level, as copy numbers of a tumour are.

    References:
        von Neumann, Kent, Bellinson and Hart 1941, Ann Math Stat 12:153.
    """
    if n.size < 3:
        return 0.0
    ratio, noise = n / fitted, float((1 / fitted).mean())
    around = float(((ratio - 1) ** 2).sum()) / (n.size - 2)
    found, error = around - noise, noise * np.sqrt(2 / n.size)
    if order is not None:
        steps = float((np.diff(ratio[order]) ** 2).mean()) / 2 - noise
        found, error = min(found, steps), noise * np.sqrt(3 / n.size)
    # what does not exceed its own error is none: its positive half would widen every interval
    return found if found > error else 0.0
