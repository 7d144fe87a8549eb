"""What a cohort store holds of a run's subjects from other runs."""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from integrasite.config.study import Study
from integrasite.errors import ConfigError
from integrasite.io.store_layout import (
    STORE_FILE,
    STORED,
    Genome,
    RunVersion,
    current,
    read_genome,
    read_versions,
    run_folder,
)
from integrasite.io.store_query import read_stored
from integrasite.io.tables import concat_tables

NO_DATE = "1970-01-01"
"""Date of a run whose config gives none."""
KEPT = ("clones", "diversity", "annotation", "flags")


def run_date(version: RunVersion) -> str:
    """The date that the run's config gave, empty where its record has none."""
    return str(version.origin.get("run", {}).get("date", ""))


def other_runs(store: Path, run: str, subjects: Collection[str]) -> list[RunVersion]:
    """Current runs of a store, but for the one of the given id, that hold any of the subjects; none where there is no store.

    Raises:
        ConfigError: if the folder exists and is something else.
        DataError: if a record is damaged.
    """
    if not (store / STORE_FILE).exists() and (not store.exists() or not any(store.iterdir())):
        return []
    wanted = set(subjects)
    return [one for one in current(read_versions(store)) if one.run != run and one.subjects & wanted]


def record_files(store: Path, versions: Collection[RunVersion]) -> list[Path]:
    """The records of versions; a version that another supersedes is no longer current, so these tell a store's state."""
    return sorted(run_folder(store, one.run) / f"{one.version:06d}.json" for one in versions)


def earlier_records(study: Study) -> list[Path]:
    """The records of the runs that a study with a store is compared with.

    Raises:
        ConfigError: if the folder exists and is no store.
        DataError: if a record is damaged.
    """
    assert study.config.store is not None
    store = study.resolve(study.config.store)
    own = study.config.run
    versions = other_runs(store, own.id, {row.subject for row in study.libraries})
    used = [one for one in versions if not is_later(run_date(one), own.date.isoformat())]
    return record_files(store, used)


def is_later(date: str, own: str) -> bool:
    """Whether a run's date says that it came after this one; without a date on either side nothing is known.

    >>> is_later("2026-02-01", "2026-01-31"), is_later("2026-02-01", NO_DATE)
    (True, False)
    """
    return NO_DATE not in (date, own) and "" not in (date, own) and date > own


def check_genome(store: Path, genome: Genome) -> None:
    """Refuse a store of another genome.

    Raises:
        ConfigError: if name or checksum differ.
    """
    there = read_genome(store)
    if there != genome:
        raise ConfigError(
            f"config, store: the store {store} has the genome '{there.name}' (SHA-256 {there.sha256[:12]}...), this run "
            f"'{genome.name}' ({genome.sha256[:12]}...); positions on different genomes cannot be compared: name another "
            "store, or none, or run with the store's genome"
        )


def read_run(store: Path, version: RunVersion, subjects: Collection[str]) -> dict[str, pd.DataFrame]:
    """The kept tables of one version, rows of the given subjects.

    Raises:
        DataError: if a file is missing or damaged.
    """
    wanted = sorted(version.subjects & set(subjects))
    return {
        key: concat_tables([read_stored(store, [version], key, name)[0] for name in wanted], STORED[key][1])
        for key in KEPT
    }
