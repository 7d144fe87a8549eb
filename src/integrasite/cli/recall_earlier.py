"""`integrasite recall-earlier`: the earlier specimens of a run's subjects, from the cohort store (stage)."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from integrasite.cli.arguments import add_config, log

if TYPE_CHECKING:
    import pandas as pd

    from integrasite.analyse.earlier import Earlier
    from integrasite.config.study import Study

CLINICAL = ("patient", "product")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    add_config(parser)
    parser.add_argument(
        "--store", type=Path, metavar="DIR", help="folder of the cohort store (default: the config's `store`)"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for runs.tsv and the three tables",
    )


def run(arguments: argparse.Namespace) -> int:
    """Read the store once, and write what tracking, flags and report are to compare with."""
    from integrasite.analyse.earlier import StoredRun, choose_earlier
    from integrasite.config.read import load_study
    from integrasite.errors import ConfigError
    from integrasite.io.sequences import file_checksum
    from integrasite.io.store_earlier import check_genome, other_runs, read_run, run_date
    from integrasite.io.store_layout import Genome
    from integrasite.io.tables import write_tsv
    from integrasite.model.tables import ANNOTATION, CLONES, DIVERSITY, EARLIER_RUNS

    study = load_study(arguments.config)
    given = study.config.store
    store = arguments.store or (study.resolve(given) if given else None)
    if store is None:
        raise ConfigError("no cohort store was given; expected --store DIR, or `store` in the config")
    subjects = {row.subject for row in study.libraries if row.role in CLINICAL}
    versions = other_runs(store, study.config.run.id, subjects)
    if versions:
        check_genome(store, Genome(study.config.reference.name, file_checksum(study.genome)))
    stored = [
        StoredRun(one.run, one.version, one.content, run_date(one), read_run(store, one, subjects))
        for one in versions
    ]
    held = {(row.subject, row.specimen) for row in study.libraries}
    found = choose_earlier(stored, study.config.run.date.isoformat(), held)
    for name, frame, table in (
        ("clones.tsv.gz", found.clones, CLONES), ("diversity.tsv", found.diversity, DIVERSITY),
        ("annotation.tsv.gz", found.annotation, ANNOTATION), ("runs.tsv", found.runs, EARLIER_RUNS),
    ):  # fmt: skip
        write_tsv(frame, arguments.output / name, table)
    n_specimens = int(found.runs["n_specimens"].sum())
    log(f"integrasite recall-earlier: {n_specimens} earlier specimens from {len(found.runs)} runs of {store}")
    for row in found.runs[found.runs["reason"] != ""].itertuples():
        log(f"integrasite recall-earlier: run '{row.run}': {row.reason}")
    return 0


def add_earlier(parser: argparse.ArgumentParser) -> None:
    """The option of stages that compare with earlier runs."""
    parser.add_argument(
        "--earlier",
        type=Path,
        metavar="DIR",
        help="folder that `integrasite recall-earlier` wrote (default: this run alone)",
    )


def read_earlier(folder: Path | None) -> "Earlier | None":
    """The tables of such a folder."""
    from integrasite.analyse.earlier import Earlier
    from integrasite.io.tables import read_tsv
    from integrasite.model.tables import ANNOTATION, CLONES, DIVERSITY, EARLIER_RUNS

    if folder is None:
        return None
    return Earlier(
        read_tsv(folder / "clones.tsv.gz", CLONES),
        read_tsv(folder / "diversity.tsv", DIVERSITY),
        read_tsv(folder / "annotation.tsv.gz", ANNOTATION),
        read_tsv(folder / "runs.tsv", EARLIER_RUNS),
    )


def current_flags(flags: "pd.DataFrame", study: "Study") -> "pd.DataFrame":
    """Flags of this run's specimens; of earlier ones those that say whether a repeat came."""
    from integrasite.analyse.earlier import keep_current

    held = {(row.subject, row.specimen) for row in study.libraries}
    return keep_current(flags, held, ("repeat_due", "repeat_overdue"))
