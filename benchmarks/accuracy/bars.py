"""What must hold, what is shown, and the figures of all scenarios together."""

from collections.abc import Iterator

import pandas as pd
from measure import CAUSES

INFINITE = float("inf")
ALL = "(all)"
"""Stands for all scenarios together."""
BARS: dict[str, tuple[float, float]] = {
    **{"recall_unique_2": (0.99, 1), "exact_2": (0.99, 1), "strand": (1, 1), "recall_insert_30": (0.995, 1)},
    "recall_insert_30_listed": (0.995, 1),
    **{"unique_as_multihit": (0, 0), "precision_2": (0.999, 1), "precision_1": (0.98, 1)},
    **{"neighbours_apart_3": (0.95, 1), "wobble_second_sites": (0, 0.005), "rms_0.2": (0, 0.05)},
    **{"ratio_0.6": (0.95, INFINITE), "interval_coverage": (0.93, 1), "hops_called": (0.99, 1)},
    **{"independent_removed": (0, 0), "hop_rate_ratio": (0.8, 1.2), "recombination_rate_ratio": (0.8, 1.2)},
}
"""Least and most that must hold for integrasite, in every scenario but for `OF_SCENARIO`."""
OF_SCENARIO: dict[tuple[str, str], tuple[float, float] | None] = {
    ("replicate_noise", "rms_0.2"): None,
    ("replicate_noise", "ratio_0.6"): None,
    ("replicate_noise", "interval_coverage"): (0.93, 0.97),
    ("everything", "rms_0.2"): None,
    ("human_promoter", "recall_insert_30"): None,
    ("everything", "recall_insert_30"): None,
    (ALL, "recall_insert_30"): None,
}
"""Bars that differ; None: not asked, since replicates vary, fragments are too few, or sites lie in host sequence that the
vector carries (there `recall_insert_30_listed` is asked: no read can tell them from vector that integrated into vector)."""
SHOWN = [
    *("recall_unique_2", "recall_unique_1", "recall_repeat_2", "exact_2", "strand", "recall_insert_30"),
    *("unique_as_multihit", "precision_2", "precision_1", "wobble_second_sites"),
]
POOLED = [
    *(
        "recall_unique_2",
        "exact_2",
        "strand",
        "recall_insert_30",
        "recall_insert_30_listed",
        "unique_as_multihit",
    ),
    *("precision_2", "precision_2_with_truncated", "precision_1", "precision_1_with_truncated"),
    *("wobble_second_sites", "neighbours_apart_3", "hops_called", "independent_removed"),
]
"""Shares whose cases may be added up over scenarios."""


def bar_of(scenario: str, tool: str, metric: str, value: float) -> str:
    """`met` or `missed` where integrasite has a bar for the metric and there were cases, else empty."""
    bar = OF_SCENARIO.get((scenario, metric), BARS.get(metric))
    if tool != "integrasite" or bar is None or value != value:
        return ""
    return "met" if bar[0] <= value <= bar[1] else "missed"


def with_bars(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with their `bar`."""
    cells = zip(frame["scenario"], frame["tool"], frame["metric"], frame["value"], strict=True)
    return frame.assign(bar=[bar_of(*cell) for cell in cells])


def pooled(table: pd.DataFrame) -> pd.DataFrame:
    """integrasite's figures over the cases of all scenarios, as rows of scenario `ALL`."""
    ours = table[(table["tool"] == "integrasite") & table["value"].notna()]
    rows = []
    for metric in POOLED:
        part = ours[ours["metric"] == metric]
        n = int(part["n"].sum())
        rows.append((metric, float((part["value"] * part["n"]).sum() / n) if n else float("nan"), n))
    for metric, part in ours[ours["metric"].str.startswith("false_")].groupby("metric", sort=True):
        rows.append((str(metric), float(part["value"].sum()), int(part["n"].sum())))
    frame = pd.DataFrame(rows, columns=["metric", "value", "n"])
    return with_bars(frame.assign(scenario=ALL, tool="integrasite"))[list(table.columns)]


def cause_table(table: pd.DataFrame) -> pd.DataFrame:
    """False calls of integrasite by scenario and cause, at >= 2 fragments / at 1 fragment."""
    ours = table[table["tool"] == "integrasite"]
    rows = {}
    for scenario, part in ours.groupby("scenario", sort=False):
        value = part.set_index("metric")["value"]
        counts = {
            cause: f"{value.get(f'false_2_{cause}', 0):.0f} / {value.get(f'false_1_{cause}', 0):.0f}"
            for cause in CAUSES
        }
        n = part.set_index("metric")["n"]
        rows[scenario] = {"calls": f"{n.get('precision_2', 0)} / {n.get('precision_1', 0)}", **counts}
    return pd.DataFrame.from_dict(rows, orient="index")


def bar_lines(table: pd.DataFrame) -> Iterator[str]:
    """Every bar with its figure: how many scenarios meet it, and those that do not."""
    for metric in BARS:
        part = table[(table["metric"] == metric) & (table["bar"] != "") & (table["scenario"] != ALL)]
        if part.empty:
            continue
        yield f"{metric}: met in {int((part['bar'] == 'met').sum())} of {len(part)} scenarios"
        for row in part[part["bar"] == "missed"].itertuples():
            low, high = OF_SCENARIO.get((str(row.scenario), metric)) or BARS[metric]
            yield f"  missed: {row.scenario}: {row.value:.4f} (n {row.n}; wanted {low:g} to {high:g})"


def readable(table: pd.DataFrame) -> str:
    """The main figures as a grid, false calls by cause, pooled figures, then every bar."""
    main = table[table["metric"].isin(SHOWN) & (table["scenario"] != ALL)]
    grid = main.pivot_table(index=["scenario", "tool"], columns="metric", values="value", sort=False)
    lines = [grid.reindex(columns=SHOWN).to_string(float_format="%.4f", na_rep="-"), ""]
    lines += ["false calls, >= 2 fragments / 1 fragment", cause_table(table).to_string(), ""]
    for row in table[(table["scenario"] == ALL) & table["metric"].isin(POOLED)].itertuples():
        lines.append(f"all scenarios: {row.metric} {row.value:.5f} (n {row.n}) {row.bar}")
    return "\n".join([*lines, "", *bar_lines(table)])
