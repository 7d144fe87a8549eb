"""The vectors of a study as tumour stages see them: one-LTR sequence, elements, what the host has too, informative words.

Coordinates are 0-based half-open on the one-LTR contig: [0, `ltr_length`) is the LTR, and where there is one the contig's
last base is followed by its first.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Bases = npt.NDArray[np.uint8]
"""Bases as 0-3 (A, C, G, T) and 4 (anything else)."""
PART_PREFIX = "part|"
"""Contigs of plasmid parts; no vector's name holds `|`."""


@dataclass(frozen=True)
class Element:
    """A named part of the vector; `source` says how it was found (`feature`, `motif`, `ends`)."""

    name: str
    start: int
    end: int
    strand: str = "+"
    source: str = "motif"


@dataclass(frozen=True)
class HostLike:
    """A stretch that the host genome has too, with its best place there.

    Attributes:
        start: first base on the one-LTR contig.
        end: base behind the last.
        contig: host contig of the best place.
        host_start: first host base of that place, 0-based.
        host_end: base behind its last.
        strand: `+` where host and vector run the same way.
        identity: share of equal bases; 1 for an exact stretch.
        label: gene or other name of the place; empty where none is known.
    """

    start: int
    end: int
    contig: str
    host_start: int
    host_end: int
    strand: str
    identity: float
    label: str = ""


@dataclass(frozen=True)
class Word:
    """A boundary in the vector, between two host-like stretches, that the host genome does not have.

    Chance lets stretches overlap or leaves a few bases between them, so the boundary lies somewhere in [`start`, `end`].

    Attributes:
        position: the boundary lies before this base (`start`).
        kind: `domain` (what meets is of different origin: specific in DNA and RNA) or `exon` (neighbouring exons of one
            gene: support in DNA only, none in RNA).
        left: name of what ends here.
        right: name of what begins here.
        start: first possible place of the boundary.
        end: last possible place of the boundary.
    """

    position: int
    kind: str
    left: str
    right: str
    start: int
    end: int

    def is_crossed(self, start: int, end: int, anchor: int) -> bool:
        """Whether the vector bases [start, end) hold `anchor` bases on either side of the boundary, wherever it lies."""
        return start + anchor <= self.start and self.end + anchor <= end


@dataclass(frozen=True)
class Part:
    """A common part of plasmids, as pieces at their offsets (bp) in the part."""

    name: str
    pieces: tuple[tuple[int, str], ...]

    @property
    def contig(self) -> str:
        """Its name in `vectors.fa`."""
        return f"{PART_PREFIX}{self.name}"

    @property
    def sequence(self) -> str:
        """From its first to its last known base; what lies between pieces is N."""
        first = self.pieces[0][0]
        text = ""
        for offset, piece in self.pieces:
            text = text.ljust(offset - first, "N") + piece
        return text


@dataclass(frozen=True)
class Control:
    """A window of the host that stands there once: its depth is the host's depth."""

    contig: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class MappedVector:
    """One vector.

    Attributes:
        name: as in the config.
        kind: `lentivirus`, `gammaretrovirus`, `piggybac` or `sleeping-beauty`.
        tsd: bases duplicated at the target.
        form: as it was given, `provirus` or `plasmid`.
        one_ltr: the provirus without its last LTR.
        ltr_length: length of the LTR, bp; 0 for a transposon or a part of a vector.
        provirus_length: with both LTRs, bp.
        elements: sorted by start, then end, then name.
        host_like: sorted by start, then end.
        words: sorted by position.
        backbone: what of a plasmid does not integrate; empty for a provirus.
        backbone_host_like: as `host_like`, in coordinates of the backbone.
        problem: what keeps the ends from being trusted; empty if nothing does.
        product: the product that it is like (`cilta-cel` ...); empty if none.
    """

    name: str
    kind: str
    tsd: int
    form: str
    one_ltr: Bases
    ltr_length: int
    provirus_length: int
    elements: tuple[Element, ...] = ()
    host_like: tuple[HostLike, ...] = ()
    words: tuple[Word, ...] = ()
    backbone: Bases = field(default_factory=lambda: np.zeros(0, np.uint8))
    backbone_host_like: tuple[HostLike, ...] = ()
    problem: str = ""
    product: str = ""

    @property
    def is_circular(self) -> bool:
        """Whether the contig's first base follows its last in the provirus (PPT, then LTR)."""
        return self.ltr_length > 0

    @property
    def backbone_contig(self) -> str:
        """Name of the backbone in `vectors.fa`."""
        return f"{self.name}|backbone"

    @property
    def host_like_mask(self) -> npt.NDArray[np.bool_]:
        """For each base of the contig, whether it lies in a host-like stretch."""
        mask = np.zeros(self.one_ltr.size, np.bool_)
        for stretch in self.host_like:
            mask[stretch.start : stretch.end] = True
        return mask

    def elements_between(self, start: int, end: int) -> tuple[str, ...]:
        """Names of the elements that [start, end) touches, in order of their start."""
        return tuple(e.name for e in self.elements if e.start < end and start < e.end)


@dataclass(frozen=True)
class VectorMap:
    """All vectors of a study, the plasmid parts that are looked for beside them, and the host's control windows."""

    vectors: tuple[MappedVector, ...]
    parts: tuple[Part, ...] = ()
    controls: tuple[Control, ...] = ()

    def __getitem__(self, name: str) -> MappedVector:
        for vector in self.vectors:
            if vector.name == name:
                return vector
        raise KeyError(name)

    def contigs(self) -> dict[str, str]:
        """Everything that reads are aligned to beside the host: vectors, then backbones, then parts."""
        found = {vector.name: _text(vector.one_ltr) for vector in self.vectors}
        found |= {v.backbone_contig: _text(v.backbone) for v in self.vectors if v.backbone.size}
        return found | {part.contig: part.sequence for part in self.parts}


def sorted_elements(elements: Iterable[Element]) -> tuple[Element, ...]:
    """In order of start, end and name."""
    return tuple(sorted(elements, key=lambda e: (e.start, e.end, e.name)))


def _text(codes: Bases) -> str:
    return np.frombuffer(b"ACGTN", np.uint8)[codes].tobytes().decode("ascii")
