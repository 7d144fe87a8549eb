"""What must hold of the tumour grid, and the table that says whether it does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd
from tumour_scenarios import LOD_SCENARIO, SCENARIOS

Frame = pd.DataFrame
FAILED = "failed"
"""Metric of a scenario in which a command failed; its note says what it said."""


@dataclass(frozen=True)
class Bar:
    """One thing that must hold.

    Attributes:
        metric: rows that count.
        figure: from those rows to a number.
        low: least value that meets it.
        high: largest value that does.
        about: in words.
    """

    metric: str
    figure: Callable[[Frame], float]
    low: float
    high: float
    about: str


def _share(rows: Frame) -> float:
    return float(rows["value"].sum() / max(rows["n"].sum(), 1))


def _of_21(rows: Frame) -> float:
    return 21 * _share(rows)


def _worst(rows: Frame) -> float:
    return float(rows["value"].abs().max())


def _total(rows: Frame) -> float:
    return float(rows["value"].sum())


BARS: dict[str, Bar] = {
    "all_sites": Bar("sites", _of_21, 21, 21, "sites of 21 at 100 %, sets in repeats included"),
    "tenth_sites": Bar(
        "unique_sites", _of_21, 18.5, 21, "uniquely placeable sites of 21 at 10 %, mean over seeds"
    ),
    "listed_sites": Bar("sites", _share, 1, 1, "share of the sites"),
    "alu_sites": Bar("sites", _share, 0.95, 1, "share of the sites in Alu copies, sets included"),
    "exact": Bar("exact", _share, 0.9, 1, "exact base"),
    "no_false": Bar("false_sites", _total, 0, 0, "false sites"),
    "pooled": Bar("pooled_error", _worst, 0, 0.1, "largest error of the pooled cancer-cell fraction"),
    "covered": Bar("intervals", _share, 0.85, 1, "share of 95 % intervals that hold the fraction"),
    "verdict": Bar("verdict", _share, 1, 1, "share of right verdicts"),
    "present": Bar("positive", _share, 1, 1, "share POSITIVE"),
    "named": Bar("named", _share, 1, 1, "share whose reason names the cause"),
    "blanks": Bar("positive", _total, 0, 0, "blank samples POSITIVE"),
    "at_limit": Bar("positive", _share, 0.95, 1, "share POSITIVE at the stated limit of detection"),
    "structure": Bar("structure", _share, 1, 1, "share of samples whose structure table shows the damage"),
    "clonal": Bar("clonal", _share, 1, 1, "share called CLONAL"),
    "one_clone": Bar("one_clone", _share, 1, 1, "share of clones whose sites are put together"),
    "other_vectors": Bar("other_not_positive", _share, 1, 1, "vectors that are not there and not POSITIVE"),
}
OVER_ALL: dict[str, Bar] = {
    "intervals": Bar("intervals", _share, 0.93, 0.98, "coverage of per-site 95 % intervals, all scenarios"),
    "vcn_intervals": Bar(
        "vcn_interval", _share, 0.9, 1, "coverage of 95 % intervals of vector copies, whole vectors"
    ),
}
"""Bars over the rows of all scenarios together."""
SHOWN = (
    "sites",
    "unique_sites",
    "exact",
    "intervals",
    "false_sites",
    "pooled_error",
    "verdict",
    "named",
    "vcn_ratio",
)


def bar_lines(table: Frame) -> Iterator[str]:
    """Every bar with its figure; notes of the cases that miss it."""
    for name, rows in table.groupby("scenario", sort=False):
        for row in rows[rows["metric"] == FAILED].itertuples():
            yield f"{name}: FAILED: {row.note}"
        bars = ("at_limit", "no_false") if name == LOD_SCENARIO else SCENARIOS[str(name)].bars
        if name != LOD_SCENARIO and SCENARIOS[str(name)].clone is not None and "verdict" not in bars:
            bars = (*bars, "verdict")
        for bar in bars:
            yield from _lines(f"{name}", BARS[bar], rows)
    for bar in OVER_ALL.values():
        yield from _lines("(all)", bar, table)


def _lines(name: str, bar: Bar, table: Frame) -> Iterator[str]:
    rows = table[table["metric"] == bar.metric]
    if rows.empty:
        yield f"{name}: {bar.about}: not measured"
        return
    value = bar.figure(rows)
    met = bar.low - 1e-9 <= value <= bar.high + 1e-9
    wanted = f"{bar.low:g}" if bar.low == bar.high else f"{bar.low:g} to {bar.high:g}"
    yield f"{name}: {bar.about}: {value:.4g} (wanted {wanted}; {len(rows)} rows) {'met' if met else 'MISSED'}"
    if not met and bar.metric not in ("intervals", "vcn_interval"):
        for row in rows[rows["note"].fillna("") != ""].itertuples():
            if row.value != row.n or bar.metric in ("false_sites", "pooled_error", "positive"):
                yield f"    seed {row.seed} {row.sample}: {row.note}"


def readable(table: Frame) -> str:
    """The main figures as a grid, then every bar."""
    sums = table.groupby(["scenario", "metric"], sort=False).agg(
        value=("value", "sum"), n=("n", "sum"), mean=("value", "mean")
    )
    sums["cell"] = [
        f"{row.mean:.3f}" if metric in ("pooled_error", "vcn_ratio") else f"{row.value:.0f}/{row.n:.0f}"
        for (_, metric), row in zip(sums.index, sums.itertuples(), strict=True)
    ]
    grid = (
        sums["cell"]
        .unstack("metric")
        .reindex(columns=list(SHOWN))
        .reindex(list(dict.fromkeys(table["scenario"])))
    )
    return "\n".join([grid.fillna("-").to_string(), "", *bar_lines(table)])
