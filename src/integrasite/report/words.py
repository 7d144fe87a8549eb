"""Numbers as people read them. Nothing here decides or computes anything: a value in, words out."""

import math
from collections.abc import Sequence

NBSP = "\u00a0"
MISSING = "–"


def is_missing(value: object) -> bool:
    """Whether a table cell holds nothing (None, NaN, pandas' NA or empty text)."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return value == "" if isinstance(value, str) else isinstance(value, float) and math.isnan(value)


def number(value: object) -> float | None:
    """A cell as a float, or None where it is missing."""
    return None if is_missing(value) else float(str(value))


def count(value: object) -> str:
    """A count with thousands separators; a dash where missing."""
    numeric = number(value)
    return MISSING if numeric is None else f"{numeric:,.0f}"


def _percent_digits(value: float) -> str:
    percent = 100 * value
    if percent == 0 or percent >= 1:
        return f"{percent:.1f}" if 0 < percent < 99.95 else f"{percent:.0f}"
    if percent < 0.001:
        return "< 0.001"
    return f"{percent:.{1 - math.floor(math.log10(percent))}f}"


def percent(value: object) -> str:
    """A proportion (0-1) in percent: one decimal from 1 % up, two significant digits below."""
    numeric = number(value)
    return MISSING if numeric is None else f"{_percent_digits(numeric)}{NBSP}%"


def percent_range(low: object, high: object) -> str:
    """Two proportions (0-1) as a range in percent."""
    first, last = number(low), number(high)
    if first is None or last is None:
        return MISSING
    return f"{_percent_digits(first)}–{_percent_digits(last)}{NBSP}%"


def estimate(value: object, low: object, high: object) -> str:
    """A fraction with its 95 % interval, as sentences print it."""
    if is_missing(value):
        return MISSING
    if is_missing(low) or is_missing(high):
        return f"{percent(value)} (no interval)"
    return f"{percent(value)} (95{NBSP}% interval {percent_range(low, high)})"


def probability(value: object) -> str:
    """A probability with two decimals, never rounded to certainty."""
    numeric = number(value)
    if numeric is None:
        return MISSING
    if numeric > 0.99:
        return "> 0.99"
    return "< 0.01" if numeric < 0.01 else f"{numeric:.2f}"


def chance(value: object) -> str:
    """A p or q value with two significant digits, never rounded to zero."""
    numeric = number(value)
    if numeric is None:
        return MISSING
    return f"{numeric:.2g}" if numeric > 0 else "< 1e-300"


def decimal_range(low: object, high: object, digits: int = 2) -> str:
    """Two numbers, of any sign, as a range."""
    return f"{decimal(low, digits)} to {decimal(high, digits)}"


def decimal(value: object, digits: int = 2) -> str:
    """A number with fixed decimals; a dash where missing."""
    numeric = number(value)
    return MISSING if numeric is None else f"{numeric:,.{digits}f}"


def cells(value: object, low: object, high: object, saturated: bool) -> str:
    """Estimated cells with their interval; a lower bound where the estimate is saturated."""
    numeric = number(value)
    if numeric is None:
        return MISSING
    text = f"{numeric:,.1f}" if numeric < 100 else f"{numeric:,.0f}"
    bound = "at least " if saturated else ""
    interval = "" if is_missing(low) or is_missing(high) else f" ({count(low)}–{count(high)})"
    return f"{bound}{text}{interval}"


def plural(n: int, word: str, many: str = "") -> str:
    """`1 clone`, `2 clones`, `no clones`."""
    if n == 1:
        return f"1 {word}"
    return f"{n:,} {many or word + 's'}" if n else f"no {many or word + 's'}"


def joined(words: Sequence[str], limit: int = 5) -> str:
    """`a, b and c`; after `limit` names the number of the others."""
    shown = list(words[:limit])
    if len(words) > limit:
        return f"{', '.join(shown)} and {len(words) - limit:,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def sentence(text: str) -> str:
    """Text with a capital first letter."""
    return text[:1].upper() + text[1:]


def missed(lod95: object) -> str:
    """The limit of detection in words."""
    if is_missing(lod95):
        return "no limit of detection can be given"
    return f"a clone of {percent(lod95)} would be missed in 1 of 20 such samples"
