"""How many clones may there be? What population.tsv, diversity_at_coverage.tsv and overlap.tsv say."""

from collections.abc import Sequence

from integrasite.report.blocks import Block, Cell, Column, Grid, Notes, Section, State, frame_tsv
from integrasite.report.facts import Row, records
from integrasite.report.inputs import FILES
from integrasite.report.view import TOP_CLONES, View
from integrasite.report.words import (
    MISSING,
    NBSP,
    count,
    decimal,
    is_missing,
    joined,
    number,
    plural,
    sentence,
)

QUESTION = "How many clones may there be?"
LEAST, MOST = "mth_chao_bc", "mh_darroch"
"""Models whose estimates are shown as a range: a lower bound, and one for clones that differ much."""
SHOWN = (
    ("mt_bc", "if all are equal (Mt)"),
    (LEAST, "lower bound (Mth, Chao)"),
    (MOST, "if they differ much (Mh, Darroch)"),
)
GROUP = ["subject", "tissue", "cell_type"]
TOLD = 3
"""Groups of specimens that the answer names."""
MODELS_NOTE = (
    "The two ends of a range are two models, not limits of one: the lower bound allows clones of any sizes, and the other "
    "assumes one law of sizes, so the truth can lie above both. All take the clones to be the same ones at all time points: "
    "where clones came or went, the numbers speak of all that were there at any time. Clones below the limit of "
    "detection at a time point are as if they were rarely there."
)


def _source(row: Row, prefix: str = "") -> str:
    parts = (row[f"{prefix}tissue"], row[f"{prefix}cell_type"])
    return " ".join(part for part in dict.fromkeys(parts) if part)


def _where(view: View, row: Row) -> str:
    source = _source(row) or "all specimens"
    return source if view.subject else f"{row['subject']} {source}".strip()


def _groups(view: View) -> list[tuple[Row, dict[str, Row]]]:
    """Per subject, tissue and cell type, its facts and the rows of all models."""
    found: list[tuple[Row, dict[str, Row]]] = []
    for _, rows in view.tables.population.groupby(GROUP, sort=False):
        models = {str(row["model"]): row for row in records(rows)}
        found.append((next(iter(models.values())), models))
    return found


def _is_estimated(row: Row | None) -> bool:
    return row is not None and row["status"] == "estimated"


def _interval(row: Row) -> str:
    return f"{count(row['estimate'])} (95{NBSP}% interval {count(row['low'])} to {count(row['high'])})"


def _told(view: View, facts: Row, models: dict[str, Row]) -> str:
    least, most = models.get(LEAST), models.get(MOST)
    seen = (
        f"{count(facts['n_clones'])} seen over {plural(int(facts['n_occasions']), 'time point')}, "
        f"{count(facts['n_again'])} of them more than once"
    )
    parts = [f"at least {_interval(least)}"] if least is not None and _is_estimated(least) else []
    if most is not None and _is_estimated(most):
        parts.append(f"{_interval(most)} if their sizes differ much (Darroch's model)")
    elif most is not None:
        parts.append(f"no upper figure ({most['reason']})")
    return f"{_where(view, facts)}: {', '.join(parts)}; {seen}"


def _reasons(view: View, groups: Sequence[tuple[Row, dict[str, Row]]]) -> str:
    """Why numbers are missing, each reason with whom it holds for."""
    names: dict[str, list[str]] = {}
    for facts, _ in groups:
        names.setdefault(str(facts["reason"]) or "no reason is given", []).append(_where(view, facts))
    return "; ".join(f"{reason} ({joined(found)})" for reason, found in names.items())


def _answer(view: View) -> tuple[State, str]:
    if view.tables.lacks("population"):
        return State.NOT_TESTED, f"Not tested: the results hold no {FILES['population'][0]}."
    groups = _groups(view)
    if not groups:
        return State.INSUFFICIENT, "Not estimable: no clone passed."
    found = [group for group in groups if any(map(_is_estimated, group[1].values()))]
    silent = [group for group in groups if group not in found]
    if not found:
        return State.INSUFFICIENT, f"Not estimable: {_reasons(view, groups)}."
    words = "; ".join(_told(view, *group) for group in found[:TOLD])
    more = f"; and {len(found) - TOLD:,} more groups of specimens below" if len(found) > TOLD else ""
    left = f" Not estimable: {_reasons(view, silent)}." if silent else ""
    return State.LIMITED, sentence(f"{words}{more}. These are models, not counts.{left}")


def _model_cell(row: Row | None) -> Cell:
    if row is None:
        return Cell(MISSING)
    if not _is_estimated(row):
        return Cell(f"not estimable: {row['reason']}", tone="wide")
    return Cell(
        f"{count(row['estimate'])} ({count(row['low'])}–{count(row['high'])})", number(row["estimate"])
    )


def _population_grid(view: View) -> Grid:
    groups = _groups(view)
    columns = [
        Column("subject"),
        Column("tissue and cell type"),
        Column("time points", "evaluable", True),
        Column("clones seen", "population", True),
        Column("seen more than once", "population", True),
        *(Column(title, "population", True) for _, title in SHOWN),
    ]
    rows = [
        (
            Cell(facts["subject"]),
            Cell(_source(facts) or MISSING),
            *(
                Cell(count(facts[name]), number(facts[name]))
                for name in ("n_occasions", "n_clones", "n_again")
            ),
            *(_model_cell(models.get(model)) for model, _ in SHOWN),
        )
        for facts, models in groups[:TOP_CLONES]
    ]
    empty = "not tested" if view.tables.lacks("population") else "no clone passed"
    caption = "Number of clones with 95 % interval, by model."
    return _grid(
        view, "population", caption, columns, rows, (len(groups), len(view.tables.population)), empty
    )


def _grid(
    view: View,
    key: str,
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    n: tuple[int, int],
    empty: str,
) -> Grid:
    """A grid that links to its table; `n`: rows that could be shown, and rows of the table."""
    file = FILES[key][0]
    return Grid(
        key.replace("_", "-"),
        caption,
        columns,
        rows,
        frame_tsv(getattr(view.tables, key).head(n[1] if n[1] <= TOP_CLONES * 10 else TOP_CLONES)),
        f"Showing {len(rows):,} of {n[0]:,}; all in " if rows else "",
        empty,
        "" if key == "population" else caption.rstrip("."),
        (Cell(file, href=f"{view.to_results}{file}"),) if rows else (),
    )


def _hill(row: Row, order: int) -> Cell:
    name = f"hill_{order}"
    if is_missing(row[name]):
        return Cell(MISSING)
    low, high = (decimal(row[f"{name}_{end}"], 1) for end in ("low", "high"))
    return Cell(f"{decimal(row[name], 1)} ({low}–{high})", number(row[name]))


def _coverage_grid(view: View) -> Grid:
    rows = view.tables.at_coverage
    columns = [
        Column("subject"),
        Column("specimen"),
        Column("day", "", True),
        Column("own coverage", "coverage", True),
        Column("compared at", "at_coverage", True),
        *(Column(title, "at_coverage", True) for title in ("clones (q = 0)", "q = 1", "q = 2")),
        Column("why not compared"),
    ]
    body = [
        (
            Cell(row["subject"]),
            Cell(row["specimen"]),
            Cell(count(row["days"]), number(row["days"])),
            *(Cell(decimal(row[name]), number(row[name])) for name in ("own_coverage", "coverage")),
            *(_hill(row, order) for order in (0, 1, 2)),
            Cell(row["reason"] or MISSING, tone="wide"),
        )
        for row in records(rows.head(TOP_CLONES))
    ]
    caption = "Diversity at one coverage per subject, tissue and cell type."
    empty = "not tested" if view.tables.lacks("at_coverage") else "no clone passed"
    return _grid(view, "at_coverage", caption, columns, body, (len(rows), len(rows)), empty)


def _overlap_grid(view: View) -> Grid:
    rows = view.tables.overlap
    columns = [
        Column("subject"),
        Column("specimen"),
        Column("other specimen"),
        Column("clones", "overlap", True),
        Column("clones of the other", "overlap", True),
        Column("seen in both", "overlap", True),
        Column("of the large ones", "overlap", True),
        Column("in both, at least", "overlap", True),
        *(Column(title, "overlap", True) for title in ("Jaccard", "Morisita-Horn")),
        Column("evaluable", "evaluable"),
    ]
    body = [
        (
            *(Cell(str(row[name])) for name in ("subject", "specimen", "other_specimen")),
            *(Cell(count(row[name]), number(row[name])) for name in ("n_sites", "other_n_sites", "n_shared")),
            Cell(f"{count(row['n_large_shared'])} of {count(row['n_large'])}", number(row["n_large_shared"])),
            Cell(count(row["n_shared_estimated"]), number(row["n_shared_estimated"])),
            *(Cell(decimal(row[name]), number(row[name])) for name in ("jaccard", "morisita_horn")),
            Cell(row["evaluable"]),
        )
        for row in records(rows.head(TOP_CLONES))
    ]
    caption = "Clones that two specimens of a subject have in common."
    empty = (
        "not tested"
        if view.tables.lacks("overlap")
        else "insufficient data: no subject has two specimens with clones"
    )
    return _grid(view, "overlap", caption, columns, body, (len(rows), len(rows)), empty)


def _compared(view: View) -> list[str]:
    """One sentence on the comparison of diversity."""
    rows = view.tables.at_coverage
    if view.tables.lacks("at_coverage") or not len(rows):
        return []
    told = rows[rows["reason"] == ""]
    groups = len(told.drop_duplicates(GROUP))
    if not groups:
        reasons = joined(list(dict.fromkeys(rows["reason"])))
        return [f"Diversity of specimens is not compared: {reasons}."]
    return [
        f"Diversity is compared for {plural(len(told), 'specimen')} in {plural(groups, 'group')} of one subject, tissue and "
        f"cell type, each group at one coverage; {len(rows) - len(told) or 'none'} left out (reasons in the table). Compare "
        "within a group only."
    ]


def population(view: View) -> Section:
    """How many clones may there be?"""
    state, answer = _answer(view)
    notes = ([MODELS_NOTE] if state == State.LIMITED else []) + _compared(view)
    blocks: list[Block] = [_population_grid(view), *([Notes(notes)] if notes else [])]
    blocks += [_coverage_grid(view), _overlap_grid(view)]
    return Section("population", QUESTION, state, answer, blocks, "Number of clones")
