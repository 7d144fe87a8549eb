"""What recruited reads are held against beside the host: vectors with both LTRs, backbones and plasmid parts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Codes, reverse_complement


class Boundary(NamedTuple):
    """An informative boundary.

    Attributes:
        start: it lies before this base, or anywhere up to `end`, where both sides share bases.
        end: the last base before which it can lie.
        name: for the table.
        is_specific: what crosses it is the vector's alone, in RNA as well.
    """

    start: int
    end: int
    name: str
    is_specific: bool


class Span(NamedTuple):
    """A named stretch."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Target:
    """One sequence. All coordinates but those of `codes` are those of its one-LTR contig.

    Attributes:
        name: contig; the vector's own name, `NAME|backbone` or `part|NAME`.
        kind: `vector`, `backbone` or `part`.
        codes: what reads are aligned to: a vector with both of its LTRs.
        is_own: for each base of the one-LTR contig, whether the host lacks what it stands in.
        ltr: length of the LTR; 0 where it has none.
        has_ends: whether its first and last base are those that are joined to the host.
        boundaries: what a read can cross that the host does not have.
        elements: its named parts.
    """

    name: str
    kind: str
    codes: Codes
    is_own: npt.NDArray[np.bool_]
    ltr: int = 0
    has_ends: bool = False
    boundaries: tuple[Boundary, ...] = ()
    elements: tuple[Span, ...] = ()

    @property
    def size(self) -> int:
        """Bases of the one-LTR contig; what lies beyond is its first bases again."""
        return int(self.is_own.size)

    @cached_property
    def turned(self) -> Codes:
        """The other strand."""
        return reverse_complement(self.codes)

    def elements_between(self, start: int, end: int) -> tuple[str, ...]:
        """Names of the elements that [start, end) touches; `end` may lie beyond the contig, where it begins again."""
        names = [e.name for e in self.elements if e.start < end and start < e.end]
        names += [e.name for e in self.elements if e.start < end - self.size]
        return tuple(dict.fromkeys(names))


def target_bases(targets: Sequence[Target]) -> Callable[[int, int, int], Codes]:
    """Gives bases [start, end) of a target by number; 4 beyond its ends."""

    def bases(contig: int, start: int, end: int) -> Codes:
        codes = targets[contig].codes
        found = np.full(max(end - start, 0), 4, np.uint8)
        low, high = max(start, 0), min(end, codes.size)
        if low < high:
            found[low - start : high - start] = codes[low:high]
        return found

    return bases
