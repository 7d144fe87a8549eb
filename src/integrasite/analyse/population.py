"""How many clones a subject may have, from seeing them again over time: the table `population`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from integrasite.analyse.population_models import (
    Estimate,
    chao_lower_bound,
    chao_lower_bound_occasions,
    equal_catchability,
    heterogeneous,
    varying_occasions,
)
from integrasite.analyse.presence import FloatArray, IntArray, Presence
from integrasite.config.calling import Calling
from integrasite.io.tables import as_table, empty_table
from integrasite.model.tables import POPULATION

MODELS = (
    "m0",
    "m0_bc",
    "mt_bc",
    "mh_chao",
    "mh_chao_bc",
    "mh_poisson2",
    "mh_darroch",
    "mh_gamma3.5",
    "mth_chao_bc",
)
"""The models, in the order of what they allow to differ; every subject, tissue and cell type has a row of each."""


@dataclass(frozen=True)
class History:
    """What the models need of who was seen when; each array of shape (occasions,).

    Args:
        frequencies: clones seen at 1, 2, ... occasions.
        per_occasion: clones seen at each occasion.
        single: clones seen at each occasion and no other.
    """

    frequencies: FloatArray
    per_occasion: FloatArray
    single: FloatArray

    @property
    def n_seen(self) -> float:
        """Clones seen at any occasion."""
        return float(self.frequencies.sum())


def estimate_population(subjects: Sequence[Presence], calling: Calling) -> pd.DataFrame:
    """Estimate the number of clones of every subject, tissue and cell type.

    An occasion is a day with evaluable specimens; without a day, a time point's name, or else the specimen.

    Args:
        subjects: the clones of every subject (`each_subject`).
        calling: thresholds.

    Returns:
        The table `population`; where a number cannot be estimated `status` is `not_estimable` and `reason` says why.
    """
    records = [
        record
        for presence in subjects
        for key, members in presence.lineages()
        for record in _lineage(presence, key, members, calling)
    ]
    return as_table(pd.DataFrame(records), POPULATION) if records else empty_table(POPULATION)


def _lineage(
    presence: Presence, key: tuple[str, str], members: IntArray, calling: Calling
) -> list[dict[str, object]]:
    rows = presence.specimens.loc[members]
    evaluable = rows[rows["evaluable"] != "no"]
    days = evaluable["days"].dropna()
    names = _occasions(evaluable)
    t = len(set(names))
    seen = _seen(presence, evaluable.index.to_numpy(dtype=np.int64), names)
    times = seen.sum(axis=1).astype(int)
    history = History(
        np.bincount(times, minlength=t + 1)[1:].astype(float), seen.sum(axis=0), seen[times == 1].sum(axis=0)
    )
    n_again = int((times > 1).sum())
    shared = {
        "subject": rows["subject"].iloc[0],
        "tissue": key[0],
        "cell_type": key[1],
        "n_occasions": t,
        "first_days": int(days.min()) if len(days) else pd.NA,
        "last_days": int(days.max()) if len(days) else pd.NA,
        "n_clones": int((times > 0).sum()),
        "n_once": int((times == 1).sum()),
        "n_twice": int((times == 2).sum()),
        "n_again": n_again,
    }
    reason = _hindrance(t, len(rows) - len(evaluable), n_again, calling)
    records = []
    for model in MODELS:
        found = Estimate(reason=reason) if reason else fit_model(model, history)
        records.append(shared | {"model": model} | _numbers(found))
    return records


def _occasions(specimens: pd.DataFrame) -> list[str]:
    """The occasion that each specimen belongs to."""
    named = specimens["timepoint"].where(specimens["timepoint"] != "", specimens["specimen"])
    return [
        f"time point {name}" if pd.isna(day) else f"day {int(day)}"
        for name, day in zip(named, specimens["days"], strict=True)
    ]


def _seen(presence: Presence, members: IntArray, names: list[str]) -> FloatArray:
    """1 where a clone was seen at an occasion, shape (clones of the subject, occasions)."""
    occasions = list(dict.fromkeys(names))
    of_specimen = np.full(len(presence.specimens), -1)
    of_specimen[members] = [occasions.index(name) for name in names]
    n_clones = int(presence.clone.max()) + 1
    seen = np.zeros((n_clones, len(occasions)))
    occasion = of_specimen[presence.specimen]
    seen[presence.clone[occasion >= 0], occasion[occasion >= 0]] = 1.0
    return seen


def _hindrance(t: int, n_poor: int, n_again: int, calling: Calling) -> str:
    """Why nothing can be estimated; empty where it can."""
    poor = f" ({n_poor} specimens left out as not evaluable)" if n_poor else ""
    if t < 2:
        return f"needs two evaluable time points, has {t or 'none'}{poor}"
    if n_again < calling.population_min_recaptured:
        return f"{n_again or 'no'} clones seen at two or more time points, fewer than {calling.population_min_recaptured}{poor}"
    return ""


def fit_model(model: str, history: History) -> Estimate:
    """One model of `MODELS`."""
    frequencies = history.frequencies
    if model.startswith("m0"):
        return equal_catchability(frequencies, bias_corrected=model == "m0_bc")
    if model == "mt_bc":
        return varying_occasions(history.n_seen, history.per_occasion)
    if model.startswith("mh_chao"):
        return chao_lower_bound(frequencies, bias_corrected=model == "mh_chao_bc")
    if model == "mth_chao_bc":
        return chao_lower_bound_occasions(history.n_seen, history.single, float(frequencies[1]))
    return heterogeneous(frequencies, model.removeprefix("mh_"))


def _numbers(found: Estimate) -> dict[str, object]:
    return {
        "estimate": found.value,
        "se": found.se,
        "low": found.low,
        "high": found.high,
        "pop_size": found.pop_size,
        "status": "not_estimable" if found.reason else "estimated",
        "reason": found.reason,
    }
