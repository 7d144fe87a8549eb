"""One piece of evidence of the attribution sheet, and its words."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from math import isnan
from typing import Any

import pandas as pd

from integrasite.model.library import Library

FOR, AGAINST, NEUTRAL, NOT_TESTED = "for", "against", "neutral", "not_tested"
NO_CAUSE = "The software sets evidence side by side and claims no cause."
"""Stands in every sheet, word for word."""
COPIES_PER_CELL, COPIES_PER_GENOME = "copies per tumour cell", "copies per diploid genome"
UNKNOWN = float("nan")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Evidence:
    """One row of `attribution.tsv` but its rank (columns: `model.tables.ATTRIBUTION`)."""

    subject: str
    item: str
    finding: str
    direction: str
    wording: str
    source: str
    sample: str = ""
    vector: str = ""
    site_id: str = ""
    value: float = UNKNOWN
    value_low: float = UNKNOWN
    value_high: float = UNKNOWN
    unit: str = ""


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries, in their order."""
    columns = [frame[name].tolist() for name in frame.columns]
    return [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def number(value: object) -> float:
    """A cell as a float; NaN where it is missing."""
    if value is None or value is pd.NA:
        return UNKNOWN
    text = str(value)
    return float(text) if text else UNKNOWN


def digits(value: float) -> str:
    """Two significant digits without an exponent, whole numbers from 100 on; `?` where missing."""
    if isnan(value):
        return "?"
    if abs(value) >= 99.5:
        return f"{value:,.0f}"
    text = f"{float(f'{value:.2g}'):.8f}".rstrip("0").rstrip(".")
    return text if value == 0 or float(text) else "below 0.00000001"


def share(value: float) -> str:
    """A proportion in percent."""
    return f"{digits(100 * value)} %"


def shares(value: float, low: float, high: float) -> str:
    """A proportion with its interval."""
    return f"{share(value)} (95 % interval {digits(100 * low)} to {digits(100 * high)} %)"


def is_tumour(library: Library) -> bool:
    """Whether a row of the sheet speaks of the tumour: a patient's, not amplified, after infusion, purity not stated as 0."""
    is_later = library.days is None or library.days >= 0
    return library.assay != "amplicon" and library.role == "patient" and is_later and library.purity != 0


def is_other_sample(library: Library) -> bool:
    """Whether it is another sample of the subject that went the tumour road: product, blood, material from before infusion."""
    is_own = library.role in ("patient", "product")
    return library.assay != "amplicon" and is_own and not is_tumour(library)


def as_frame(rows: Iterable[Evidence]) -> pd.DataFrame:
    """Rows of `ATTRIBUTION`, ranked per subject in their order."""
    found = [asdict(row) for row in rows]
    frame = pd.DataFrame(found, columns=list(Evidence.__dataclass_fields__))
    return frame.assign(rank=frame.groupby("subject", sort=False).cumcount() + 1)
