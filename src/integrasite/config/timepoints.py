"""Days since infusion from the label of a time point."""

import re

DAYS_PER_UNIT = {"D": 1.0, "W": 7.0, "M": 30.4375, "Y": 365.25}
"""Length of a unit in days: a month is a twelfth of a Julian year."""

_LABEL = re.compile(r"([DWMY])\s*(-?\d+(?:\.\d+)?)", re.IGNORECASE)


def days_from_timepoint(label: str) -> int | None:
    """Days since infusion that a label such as D28, W6, M12 or Y2 names; None where it names none.

    >>> [days_from_timepoint(label) for label in ("D28", "W6", "M12", "Y2", "baseline")]
    [28, 42, 365, 730, None]
    """
    match = _LABEL.fullmatch(label.strip())
    if match is None:
        return None
    return round(DAYS_PER_UNIT[match[1].upper()] * float(match[2]))
