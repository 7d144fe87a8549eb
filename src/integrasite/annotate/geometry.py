"""Whether a site lies the way it would have to, to work as a published event did."""

from collections.abc import Callable
from dataclasses import dataclass

ACTIVATION_REACH_BP = 50_000
"""Distance to a transcription start within which vectors are reported to switch genes on (a convention)."""

FITS, DOES_NOT_FIT, UNKNOWN = "fits", "does_not_fit", "unknown"


@dataclass(frozen=True)
class TranscriptShape:
    """One transcript: span, exons sorted by start, coding part if any (0-based, half-open)."""

    start: int
    end: int
    exons: tuple[tuple[int, int], ...] = ()
    coding: tuple[int, int] | None = None

    def introns(self) -> tuple[tuple[int, int], ...]:
        """Gaps between exons, in genome order."""
        return tuple((left[1], right[0]) for left, right in zip(self.exons, self.exons[1:], strict=False))


@dataclass(frozen=True)
class GeneShape:
    """A gene with its transcripts (none where only its span is known); coordinates are 0-based, half-open."""

    start: int
    end: int
    is_forward: bool
    transcripts: tuple[TranscriptShape, ...] = ()

    def downstream_by(self, position: int, base: int) -> int:
        """How far `position` lies downstream of `base` as transcribed (negative: upstream), bp."""
        return position - base if self.is_forward else base - position

    def starts(self) -> tuple[int, ...]:
        """First transcribed base of the gene and of each transcript."""
        spans = [(self.start, self.end), *((shape.start, shape.end) for shape in self.transcripts)]
        return tuple(start if self.is_forward else end - 1 for start, end in spans)

    def contains(self, position: int) -> bool:
        """Whether the position lies in the transcribed part."""
        return self.start <= position < self.end


@dataclass(frozen=True)
class SitePoint:
    """A site: 0-based position and the vector's orientation."""

    position: int
    is_forward: bool


def geometry(mode: str, site: SitePoint, gene: GeneShape) -> str:
    """Compare a site with an event's mode.

    Args:
        mode: how the event worked, a key of `known_events.MODES`.
        site: the site.
        gene: the event's gene.

    Returns:
        `fits`, `does_not_fit`, or `unknown` where the mode or the gene's structure is not known.
    """
    judge = _JUDGES.get(mode)
    return judge(site, gene) if judge else UNKNOWN


def _word(fits: bool) -> str:
    return FITS if fits else DOES_NOT_FIT


def _activation(site: SitePoint, gene: GeneShape) -> str:
    near = any(abs(site.position - base) <= ACTIVATION_REACH_BP for base in gene.starts())
    upstream = all(gene.downstream_by(site.position, base) < 0 for base in gene.starts())
    first = (shape.introns()[:: 1 if gene.is_forward else -1][:1] for shape in gene.transcripts)
    return _word(near or upstream or any(_inside(site.position, introns) for introns in first))


def _activation_sense_upstream(site: SitePoint, gene: GeneShape) -> str:
    if site.is_forward != gene.is_forward:
        return DOES_NOT_FIT
    starts = [
        shape.coding[0] if gene.is_forward else shape.coding[1] - 1
        for shape in gene.transcripts
        if shape.coding
    ]
    if not starts and gene.contains(site.position):
        return UNKNOWN
    return _word(any(gene.downstream_by(site.position, base) < 0 for base in starts or gene.starts()))


def _truncation(site: SitePoint, gene: GeneShape) -> str:
    if site.is_forward != gene.is_forward or not gene.contains(site.position):
        return DOES_NOT_FIT
    if not any(shape.exons for shape in gene.transcripts):
        return UNKNOWN
    return _word(any(_inside(site.position, shape.introns()) for shape in gene.transcripts))


def _lof(site: SitePoint, gene: GeneShape) -> str:
    return _word(gene.contains(site.position))


def _inside(position: int, intervals: tuple[tuple[int, int], ...]) -> bool:
    return any(start <= position < end for start, end in intervals)


_JUDGES: dict[str, Callable[[SitePoint, GeneShape], str]] = {
    "activation": _activation,
    "activation_sense_upstream": _activation_sense_upstream,
    "truncation_sense_intronic": _truncation,
    "lof": _lof,
}
