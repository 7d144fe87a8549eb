"""Which positions are one site read with errors, and which are true neighbours.

A position a few bases from a stronger one is its echo if its molecules are the stronger one's molecules seen again (same
UMI or breakpoint, fewer reads), or if so few molecules of its own remain that slippage at the junction explains them.
How often the junction slips over how many bases depends on the sequence there: by one base in a homopolymer, by a unit
in a tandem repeat, hardly ever over more bases elsewhere.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from integrasite.config.calling import Calling

Context = Callable[[int, int], str]
"""Reference bases `[start, end)` (0-based) of the contig that the positions lie on; N where unknown."""

_PLAIN = {1: 1.0, 2: 0.1}
_PLAIN_FAR = 0.003
_IN_REPEAT = {1: 1.0, 2: 0.3}
_IN_REPEAT_FAR = 0.1
_TOO_FEW_UNITS = 2
_REACH = 8
"""bp on either side of a junction whose repeats can shift it: an indel further inside is aligned as one."""
_DEEP_READS = 3
_DEEP_FACTOR = 0.1
"""A molecule of three or more reads is off as a whole only if the first copy slipped, not by errors of its reads."""


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


def own_molecules(minor: Position, major: Position, jitter: int) -> tuple[int, int]:
    """Molecules at `minor` that `major` does not show with half as many reads or more, and how many of them are deep.

    Deep ones have several reads and none at `major`: a molecule that is seen at both has slipped, whichever has more reads.
    """
    own = deep = 0
    for (sample, umi, at), n_reads in minor.reads.items():
        copies = (major.reads.get((sample, umi, at + shift), 0) for shift in range(-jitter, jitter + 1))
        most = max(copies, default=0)
        own += 2 * most < n_reads
        deep += most == 0 and n_reads >= _DEEP_READS
    return own, deep


def count_units(bases: str, period: int) -> int:
    """Whole units of the longest stretch that repeats with this period; 1 where nothing does.

    >>> count_units("GCAAAAT", 1), count_units("GCACACAT", 2), count_units("ACGT", 1)
    (4, 3, 1)
    """
    longest = run = 0
    for base, later in zip(bases, bases[period:], strict=False):
        run = run + 1 if base == later and base != "N" else 0
        longest = max(longest, run)
    return (longest + period) // period


def slip_factor(context: str, distance: int) -> float:
    """How often a junction is off by this many bases, relative to `wobble_rate`.

    Args:
        context: reference bases around both positions; empty where unknown.
        distance: bp, at least 1.
    """
    units = count_units(context, distance)
    if units <= _TOO_FEW_UNITS:
        return _PLAIN.get(distance, _PLAIN_FAR)
    return _IN_REPEAT.get(distance, _IN_REPEAT_FAR) * (units - _TOO_FEW_UNITS)


def is_echo(
    minor: Position, major: Position, calling: Calling, has_umi: bool, context: Context | None = None
) -> bool:
    """Whether `minor` is `major` read with errors.

    Kept apart when its own molecules, or those of several reads among them, would come from slippage less often than
    true neighbours are expected (`neighbour_prior`).
    """
    own, deep = own_molecules(minor, major, calling.breakpoint_jitter if has_umi else 1)
    if not own:
        return True
    first, last = sorted((minor.at, major.at))
    bases = context(first - _REACH, last + 1 + _REACH) if context else ""
    mean = calling.wobble_rate * slip_factor(bases, last - first) * len(major.reads)
    if poisson_tail(own, mean) <= calling.neighbour_prior:
        return False
    return poisson_tail(deep, _DEEP_FACTOR * mean) > calling.neighbour_prior


def merge_positions(
    positions: list[Position],
    calling: Calling,
    has_umi: bool,
    is_forward: bool,
    context: Context | None = None,
) -> dict[int, int]:
    """Map each position of a neighbourhood to the position it belongs to.

    Args:
        positions: positions of one contig and orientation, any order.
        calling: thresholds.
        has_umi: whether molecules carry UMIs (then breakpoints may jitter).
        is_forward: orientation; ties go to the first base in vector orientation.
        context: the contig's bases, where they are known.
    """
    ranked = sorted(positions, key=lambda p: (-p.support[0], -p.support[1], p.at if is_forward else -p.at))
    kept: list[Position] = []
    target: dict[int, int] = {}
    for position in ranked:
        near = [major for major in kept if abs(major.at - position.at) <= calling.wobble_window]
        major = next((major for major in near if is_echo(position, major, calling, has_umi, context)), None)
        target[position.at] = position.at if major is None else major.at
        if major is None:
            kept.append(position)
    return target


def neighbourhoods(at: npt.NDArray[np.int64], window: int) -> npt.NDArray[np.int64]:
    """Number of the neighbourhood of each of the sorted positions: a gap of more than `window` starts a new one."""
    return np.concatenate([[0], np.cumsum(np.diff(at) > window)]) if len(at) else np.empty(0, np.int64)


def standardise_positions(
    molecules: pd.DataFrame,
    calling: Calling,
    has_umi: bool,
    bases: Callable[[int, int, int], str] | None = None,
) -> pd.Series:
    """The position that each molecule's position belongs to.

    Args:
        molecules: `contig, is_forward, position, sample, umi, breakpoint, n_reads`, one row per molecule.
        calling: thresholds.
        has_umi: whether molecules carry UMIs.
        bases: reference bases by contig number, start and end, where they are known.

    Returns:
        Positions (0-based) aligned with the rows of `molecules`; applying it again changes nothing.
    """
    result = molecules["position"]
    while (
        True
    ):  # a merge adds molecules to a position, which may then claim another; each round merges or ends
        merged = _merge_once(molecules.assign(position=result), calling, has_umi, bases)
        if merged.equals(result):
            return result
        result = merged


def _merge_once(
    molecules: pd.DataFrame,
    calling: Calling,
    has_umi: bool,
    bases: Callable[[int, int, int], str] | None,
) -> "pd.Series[int]":
    result = molecules["position"].copy()
    for (contig, is_forward), group in molecules.groupby(["contig", "is_forward"], sort=False):
        at = np.sort(group["position"].unique())
        block = pd.Series(neighbourhoods(at, calling.wobble_window), index=at)
        crowded = block[block.duplicated(keep=False)]
        if not len(crowded):
            continue
        rows = group[group["position"].isin(crowded.index)]
        context = partial(bases, int(str(contig))) if bases else None
        for _, members in rows.groupby(rows["position"].map(block), sort=False):
            target = merge_positions(_positions(members), calling, has_umi, bool(is_forward), context)
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
