"""What the rules need to know of a specimen, and the rules about whole specimens."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from integrasite.config.calling import Calling
from integrasite.flags.evidence import counted, is_missing
from integrasite.flags.lineages import classify
from integrasite.flags.rules import RULES
from integrasite.model.library import Library

Key = tuple[str, str]
CONTROL_ROLES = ("ntc", "untransduced")
CLINICAL_ROLES = ("patient", "product")


@dataclass(frozen=True)
class Specimen:
    """One specimen.

    Args:
        key: subject and specimen.
        role: the role of its libraries.
        is_amplicon: whether it has amplicon libraries.
        lineage: tissue and cell type.
        days: days since infusion.
        n_fragments: fragments found.
        evaluable: `yes`, `low_power` or `no`.
        loq: limit of quantification, a fraction.
        neighbours: evaluable specimens of the same subject and lineage, at the days just before and after.
        distant: the same, at the nearest days that are far enough away for a clone to be called persistent.
        lod95: fraction that is seen in 95 % of such specimens.
        vcn: largest vector copy number that the sheet gives for it.
        cells: estimated cells of all clones; where not known, its fragments.
    """

    key: Key
    role: str
    is_amplicon: bool
    lineage: tuple[str, str]
    days: int | None
    n_fragments: int = 0
    evaluable: str = "no"
    loq: float | None = None
    neighbours: tuple[str, ...] = ()
    distant: tuple[str, ...] = ()
    lod95: float | None = None
    vcn: float | None = None
    cells: float = 0.0

    @property
    def cells_of(self) -> str:
        """Key of `LINEAGES`; "" where the sheet names none."""
        return classify(*self.lineage)

    @property
    def is_clinical(self) -> bool:
        """Whether it is of a patient or a product, not a control."""
        return self.role in CLINICAL_ROLES

    @property
    def is_evaluable(self) -> bool:
        """Whether clone sizes mean something."""
        return self.evaluable != "no"


def collect_specimens(
    libraries: Sequence[Library], diversity: pd.DataFrame, calling: Calling
) -> dict[Key, Specimen]:
    """Every specimen of the sheet, with what `diversity` says of it.

    Args:
        libraries: the sheet's rows.
        diversity: the table `diversity`; where its `evaluable` is empty, the fragments decide.
        calling: thresholds.
    """
    found: dict[Key, Specimen] = {}
    for row in libraries:
        key = (row.subject, row.specimen)
        first = found.setdefault(key, Specimen(key, row.role, False, (row.tissue, row.cell_type), row.days))
        known = [number for number in (first.vcn, row.vcn) if number is not None]
        is_amplicon = first.is_amplicon or row.assay == "amplicon"
        days = row.days if first.days is None else first.days
        found[key] = replace(first, is_amplicon=is_amplicon, vcn=max(known, default=None), days=days)
    columns = list(diversity.columns)
    for values in diversity.itertuples(index=False, name=None):
        cells = dict(zip(columns, values, strict=True))
        key = (cells["subject"], cells["specimen"])
        if key in found:
            found[key] = _measured(found[key], cells, calling)
    lines: dict[tuple[str, tuple[str, str]], list[Specimen]] = {}
    for one in found.values():
        if one.is_evaluable and one.days is not None:
            lines.setdefault((one.key[0], one.lineage), []).append(one)
    apart = calling.persistence_min_days
    return {
        key: replace(
            one,
            neighbours=_neighbours(one, lines.get((key[0], one.lineage), []), 1),
            distant=_neighbours(one, lines.get((key[0], one.lineage), []), apart),
        )
        for key, one in found.items()
    }


def _measured(specimen: Specimen, row: dict[str, Any], calling: Calling) -> Specimen:
    n_fragments = 0 if is_missing(row["n_fragments"]) else int(row["n_fragments"])
    few = "no" if n_fragments < calling.min_fragments_evaluable else "low_power"
    by_count = "yes" if n_fragments >= calling.min_fragments_power else few
    loq, lod95 = (None if is_missing(row[name]) else float(row[name]) for name in ("loq", "lod95"))
    return replace(
        specimen, n_fragments=n_fragments, evaluable=row["evaluable"] or by_count, loq=loq, lod95=lod95,
        cells=n_fragments if is_missing(row["cells"]) else float(row["cells"]),
    )  # fmt: skip


def _neighbours(specimen: Specimen, line: Sequence[Specimen], apart: int) -> tuple[str, ...]:
    """Specimens of a lineage at the nearest days before and after that are at least so many days away."""
    if specimen.days is None:
        return ()
    days = sorted({other.days for other in line if other.days is not None})
    before = [day for day in days if day <= specimen.days - apart][-1:]
    after = [day for day in days if day >= specimen.days + apart][:1]
    return tuple(sorted(other.key[1] for other in line if other.days in before + after))


def specimen_flags(
    specimens: Iterable[Specimen], clones: pd.DataFrame, calling: Calling
) -> Iterator[dict[str, Any]]:
    """Flags about whole specimens: too little data, and controls with sites."""
    # what another subject's molecules brought into a control is what a control is for
    passing = clones[clones["status"].isin(("pass", "contamination"))]
    n_sites = passing.groupby(["subject", "specimen"])["site_id"].nunique().to_dict()
    n_fragments = passing.groupby(["subject", "specimen"])["n_fragments"].sum().to_dict()
    for specimen in specimens:
        if specimen.role in CONTROL_ROLES and n_sites.get(specimen.key):
            sites, fragments = int(n_sites[specimen.key]), int(n_fragments[specimen.key])
            seen = f"{counted(sites, 'site')} from {counted(fragments, 'fragment')}"
            words = f"The {specimen.role} control has {seen}; none was expected: contamination, index "
            words += "hopping or a wrong sheet are possible."
            yield specimen_flag(specimen, "control_has_sites", sites, 1, words)
        elif specimen.is_clinical and specimen.is_amplicon and specimen.evaluable != "yes":
            yield _sizespecimen_flag(specimen, calling)


def _sizespecimen_flag(specimen: Specimen, calling: Calling) -> dict[str, Any]:
    seen = f"The specimen has {counted(specimen.n_fragments, 'fragment')}"
    if specimen.is_evaluable:
        needed = f"the {calling.min_fragments_power} needed to settle whether a clone passes 20 %"
        words = f"{seen}, fewer than {needed}."
        return specimen_flag(specimen, "low_power", specimen.n_fragments, calling.min_fragments_power, words)
    words = (
        f"{seen}, fewer than the {calling.min_fragments_evaluable} needed to say anything about clone sizes; "
        "large clones are not excluded; retest."
    )
    return specimen_flag(
        specimen, "not_evaluable", specimen.n_fragments, calling.min_fragments_evaluable, words
    )


def specimen_flag(
    specimen: Specimen, rule: str, value: float | None, threshold: float | None, words: str
) -> dict[str, Any]:
    """A finding on a whole specimen, as a row of `flags`: no site and no tier."""
    return {
        "subject": specimen.key[0],
        "specimen": specimen.key[1],
        "site_id": "",
        "rule": rule,
        "tier": None,
        "value": value,
        "threshold": threshold,
        "evidence": words,
        "source": RULES[rule].cited,
        "codes": "",
        "quality": "",
    }
