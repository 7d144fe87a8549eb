"""`integrasite history`: one subject over all runs of a cohort store."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import log

if TYPE_CHECKING:
    import pandas as pd

SHOWN_CLONES = 10
"""Clones that the summary shows; the table has all."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("subject", metavar="SUBJECT", help="the subject, as the sheets name it")
    parser.add_argument("--store", type=Path, required=True, metavar="DIR", help="folder of the store")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="TSV to write (.gz: compressed)")


def run(arguments: argparse.Namespace) -> int:
    """Read the subject's rows of all current runs; print a summary, write the table where asked."""
    from integrasite.errors import ConfigError
    from integrasite.io.store_layout import current, read_versions
    from integrasite.io.store_query import read_stored, store_subjects, subject_history
    from integrasite.io.tables import write_tsv
    from integrasite.model.tables import HISTORY

    store, subject = arguments.store, arguments.subject
    versions = current(read_versions(store))
    known = store_subjects(versions)
    if subject not in known:
        raise ConfigError(
            f"{store}: has no subject '{subject}' ({len(known)} known: {', '.join(known[:10]) or 'none'}"
            f"{', ...' if len(known) > 10 else ''}); names are as in the sheets, case included"
        )
    history = subject_history(store, versions, subject)
    diversity, of_run = read_stored(store, versions, "diversity", subject)
    flags, flags_run = read_stored(store, versions, "flags", subject)
    print(summary(subject, history, diversity.assign(run=of_run), flags.assign(run=flags_run)))
    if arguments.output is not None:
        write_tsv(history, arguments.output, HISTORY)
        log(f"integrasite history: {len(history)} rows written to {arguments.output}")
    return 0


def summary(subject: str, history: "pd.DataFrame", diversity: "pd.DataFrame", flags: "pd.DataFrame") -> str:
    """The subject's specimens in order of days, then the largest clones with their course.

    Args:
        subject: the subject.
        history: the table `history`.
        diversity: the table `diversity` with a column `run`.
        flags: the table `flags` with a column `run`.
    """
    tumours = history[history["estimator"] == "ccf"]
    n_runs = len({*diversity["run"], *tumours["run"]})
    n_specimens = len(diversity) + len(tumours.drop_duplicates(["specimen", "run"]))
    specimens = diversity.sort_values(["days", "specimen", "run"], kind="stable", na_position="first")
    lines = [f"{subject}: {n_specimens} specimens in {n_runs} runs", "", "specimens"]
    lines += [
        f"  {_day(row['days'])}  {row['specimen']}  run {row['run']}  {row['n_sites']} clones  "
        f"{0 if _is_na(row['n_fragments']) else row['n_fragments']} fragments  "
        f"evaluable: {row['evaluable'] or 'unknown'}"
        for row in specimens.to_dict("records")
    ]
    lines += [
        f"  {_day(rows['days'].iloc[0])}  {specimen}  run {run}  tumour sample with {len(rows)} sites"
        for (run, specimen), rows in tumours.groupby(["run", "specimen"], sort=True)
    ]
    twice = sorted(specimens.loc[specimens.duplicated("specimen", keep=False), "specimen"].unique())
    if twice:
        lines += ["", f"in several runs, each shown on its own: {', '.join(twice)}"]
    lines += ["", *_clone_lines(history[history["estimator"] != "ccf"], "clones", "vector-marked cells")]
    if len(tumours):
        lines += [
            "",
            *_clone_lines(
                tumours, "sites in tumour samples", "tumour cells; of all cells where purity is unknown"
            ),
        ]
    graded = flags[flags["tier"].notna()]
    worst = "none" if graded.empty else f"strongest tier {int(graded['tier'].min())}"
    lines += [
        "",
        f"flags: {len(flags)} ({worst}); large clones are not excluded where a specimen is not evaluable",
    ]
    return "\n".join(lines)


def _clone_lines(history: "pd.DataFrame", what: str, cells: str) -> list[str]:
    passing = history[(history["status"] == "pass") & history["fraction"].notna()]
    if passing.empty:
        return [f"{what}: none found"]
    clone = ["site_id", "vector"]
    peaks = passing.sort_values(["fraction", *clone], ascending=[False, True, True], kind="stable")
    peaks = peaks.drop_duplicates(clone)
    shown = peaks.head(SHOWN_CLONES)
    lines = [f"largest {what} ({len(shown)} of {len(peaks)} sites; per cent of {cells})"]
    for peak in shown.to_dict("records"):
        rows = passing[(passing["site_id"] == peak["site_id"]) & (passing["vector"] == peak["vector"])]
        rows = rows.sort_values(["days", "specimen", "run"], kind="stable", na_position="first")
        seen = rows.to_dict("records")
        course = ", ".join(f"{_day(row['days'])} {100 * row['fraction']:.3g} %" for row in seen)
        rules = sorted({rule for row in seen for rule in row["rules"].split(",") if rule})
        note = " (multihit)" if any(row["placement"] == "multihit" for row in seen) else ""
        name = f"{peak['site_id']} {peak['gene'] or 'no gene'}{note}"
        lines.append(f"  {name}: {course}" + (f"  [{', '.join(rules)}]" if rules else ""))
    return lines


def _day(days: object) -> str:
    return "day ?" if _is_na(days) else f"day {days}"


def _is_na(value: object) -> bool:
    import pandas as pd

    return value is pd.NA or value is None or value != value
