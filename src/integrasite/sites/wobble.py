"""Which positions are one site read with errors, and which are true neighbours.

A position a few bases from a stronger one is its echo if its molecules are the stronger one's molecules seen again (same
UMI or breakpoint, fewer reads), or if so few molecules of its own remain that slippage at the junction explains them.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from integrasite.config.calling import Calling

_DISTANCE_FACTORS = {1: 1.0, 2: 0.3}
_FAR_FACTOR = 0.1


@dataclass(frozen=True)
class Position:
    """Molecules seen at one base: by sample and breakpoint (and UMI), with their reads."""

    at: int
    reads: dict[tuple[str, int, int], int]

    @property
    def support(self) -> tuple[int, int]:
        """Molecules, then reads."""
        return len(self.reads), sum(self.reads.values())


def poisson_tail(k: int, mean: float) -> float:
    """P(X >= k) for a Poisson mean."""
    if k <= 0:
        return 1.0
    term = math.exp(-mean)
    below = term
    for i in range(1, k):
        term *= mean / i
        below += term
    return (
        max(0.0, 1.0 - below)
        if below < 0.999
        else math.fsum(
            math.exp(-mean + i * math.log(max(mean, 1e-300)) - math.lgamma(i + 1)) for i in range(k, k + 30)
        )
    )


def own_molecules(minor: Position, major: Position, jitter: int) -> int:
    """Molecules at `minor` that are not `major`'s seen again with no more reads."""
    own = 0
    for (sample, umi, at), n_reads in minor.reads.items():
        copies = (major.reads.get((sample, umi, at + shift), 0) for shift in range(-jitter, jitter + 1))
        own += max(copies, default=0) < n_reads
    return own


def is_echo(minor: Position, major: Position, calling: Calling, has_umi: bool) -> bool:
    """Whether `minor` is `major` read with errors.

    Kept apart when its own molecules would come from slippage less often than true neighbours are expected
    (`neighbour_prior`).
    """
    own = own_molecules(minor, major, calling.breakpoint_jitter if has_umi else 1)
    distance = abs(minor.at - major.at)
    rate = calling.wobble_rate * _DISTANCE_FACTORS.get(distance, _FAR_FACTOR)
    return own == 0 or poisson_tail(own, rate * len(major.reads)) > calling.neighbour_prior


def merge_positions(
    positions: list[Position], calling: Calling, has_umi: bool, is_forward: bool
) -> dict[int, int]:
    """Map each position of a neighbourhood to the position it belongs to.

    Args:
        positions: positions of one contig and orientation, any order.
        calling: thresholds.
        has_umi: whether molecules carry UMIs (then breakpoints may jitter).
        is_forward: orientation; ties go to the first base in vector orientation.
    """
    ranked = sorted(positions, key=lambda p: (-p.support[0], -p.support[1], p.at if is_forward else -p.at))
    kept: list[Position] = []
    target: dict[int, int] = {}
    for position in ranked:
        near = [major for major in kept if abs(major.at - position.at) <= calling.wobble_window]
        major = next((major for major in near if is_echo(position, major, calling, has_umi)), None)
        target[position.at] = position.at if major is None else major.at
        if major is None:
            kept.append(position)
    return target


def neighbourhoods(at: npt.NDArray[np.int64], window: int) -> npt.NDArray[np.int64]:
    """Number of the neighbourhood of each of the sorted positions: a gap of more than `window` starts a new one."""
    return np.concatenate([[0], np.cumsum(np.diff(at) > window)]) if len(at) else np.empty(0, np.int64)


def standardise_positions(molecules: pd.DataFrame, calling: Calling, has_umi: bool) -> pd.Series:
    """The position that each molecule's position belongs to.

    Args:
        molecules: `contig, is_forward, position, sample, umi, breakpoint, n_reads`, one row per molecule.
        calling: thresholds.
        has_umi: whether molecules carry UMIs.

    Returns:
        Positions (0-based) aligned with the rows of `molecules`; applying it again changes nothing.
    """
    result = molecules["position"]
    while (
        True
    ):  # a merge adds molecules to a position, which may then claim another; each round merges or ends
        merged = _merge_once(molecules.assign(position=result), calling, has_umi)
        if merged.equals(result):
            return result
        result = merged


def _merge_once(molecules: pd.DataFrame, calling: Calling, has_umi: bool) -> "pd.Series[int]":
    result = molecules["position"].copy()
    for (_, is_forward), group in molecules.groupby(["contig", "is_forward"], sort=False):
        at = np.sort(group["position"].unique())
        block = pd.Series(neighbourhoods(at, calling.wobble_window), index=at)
        crowded = block[block.duplicated(keep=False)]
        if not len(crowded):
            continue
        rows = group[group["position"].isin(crowded.index)]
        for _, members in rows.groupby(rows["position"].map(block), sort=False):
            target = merge_positions(_positions(members), calling, has_umi, bool(is_forward))
            result.loc[members.index] = members["position"].map(target)
    return result


def _positions(members: pd.DataFrame) -> list[Position]:
    found: dict[int, dict[tuple[str, int, int], int]] = {}
    columns = (members[name].tolist() for name in ("position", "sample", "umi", "breakpoint", "n_reads"))
    for at, sample, umi, breakpoint0, n_reads in zip(*columns, strict=True):
        reads = found.setdefault(at, {})
        key = (sample, umi, breakpoint0)
        reads[key] = reads.get(key, 0) + n_reads
    return [Position(at, reads) for at, reads in found.items()]
