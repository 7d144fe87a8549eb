"""Colours that colour-blind people can tell apart (Okabe and Ito 2008), and a clone's own colour."""

import hashlib
from dataclasses import dataclass

OKABE_ITO = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
REST = "#9AA0A6"
MARKERS = ("circle", "square", "diamond", "triangle", "cross", "bar")
_TONES = (0.0, 0.4, -0.3)


@dataclass(frozen=True)
class Paint:
    """A fill (hex) and the ink (hex) that is readable on it."""

    fill: str
    ink: str


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def shade(colour: str, tone: float) -> str:
    """Mix a colour with white (`tone` > 0) or black (< 0); 0 leaves it as it is, 1 and -1 replace it."""
    target = 255 if tone > 0 else 0
    return "#" + "".join(f"{round(value + (target - value) * abs(tone)):02X}" for value in _channels(colour))


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2) of a hex colour."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Contrast ratio (WCAG 2) of two hex colours, 1-21."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def paint(fill: str) -> Paint:
    """A fill with black or white ink, whichever reads better."""
    return Paint(fill, max(("#000000", "#FFFFFF"), key=lambda ink: contrast(fill, ink)))


def clone_paint(clone_id: str) -> Paint:
    """The colour of a clone: a hash of its id alone, so the same on every page and in every run."""
    value = int.from_bytes(hashlib.sha256(clone_id.encode("utf-8")).digest()[:4], "big")
    hue, tone = value % len(OKABE_ITO), value // len(OKABE_ITO) % len(_TONES)
    return paint(shade(OKABE_ITO[hue], _TONES[tone]))
