"""What earlier runs of the cohort store add to a run: the specimens of the same subjects that it does not hold itself."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from integrasite.analyse.from_tables import libraries_of_clones
from integrasite.io.store_earlier import is_later
from integrasite.io.tables import as_table, concat_tables
from integrasite.model.library import Library
from integrasite.model.tables import ANNOTATION, CLONES, DIVERSITY, EARLIER_RUNS

Key = tuple[str, str]
CONTROL_RULE = "control_has_sites"


@dataclass(frozen=True)
class StoredRun:
    """A current run of the store, with its rows of the subjects in question.

    Args:
        run, version, content: its id, version and checksum (hex).
        date: of its config, ISO; empty where unknown.
        tables: `clones`, `diversity`, `annotation`, `flags`.
    """

    run: str
    version: int
    content: str
    date: str
    tables: Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Earlier:
    """Tables `clones`, `diversity` and `annotation` of earlier specimens, and `earlier_runs`: where they come from."""

    clones: pd.DataFrame
    diversity: pd.DataFrame
    annotation: pd.DataFrame
    runs: pd.DataFrame

    @property
    def libraries(self) -> tuple[Library, ...]:
        """One library per specimen."""
        return libraries_of_clones(self.clones)

    def of_subjects(self, subjects: Collection[str]) -> "Earlier":
        """The rows of some subjects; runs stay."""
        clones, diversity = (
            frame[frame["subject"].isin(list(subjects))] for frame in (self.clones, self.diversity)
        )
        return Earlier(clones, diversity, self.annotation, self.runs)


def choose_earlier(stored: Sequence[StoredRun], date: str, held: Collection[Key]) -> Earlier:
    """Take each specimen once: not those of this run, of later runs, or of controls; of several runs, the latest one's.

    Multihit clusters are named anew in every run, so each name gets its run before it: such clones are not followed from
    run to run.

    Args:
        stored: the store's runs, without this one.
        date: of this run, ISO.
        held: (subject, specimen) that this run holds.
    """
    taken = set(held)
    parts: dict[str, list[pd.DataFrame]] = {"clones": [], "diversity": [], "annotation": []}
    rows = []
    for one in sorted(stored, key=lambda one: (one.date, one.run), reverse=True):
        row = {"run": one.run, "version": one.version, "date": one.date, "content": one.content}
        if is_later(one.date, date):
            rows.append(row | {"n_specimens": 0, "n_clones": 0, "reason": "not used: dated after this run"})
            continue
        flags = one.tables["flags"]
        controls = _keys(flags[flags["rule"] == CONTROL_RULE])
        there = _keys(one.tables["clones"]) | _keys(one.tables["diversity"])
        repeated = (there & taken) - controls
        chosen = there - taken - controls
        taken |= chosen
        clones = _of(one.tables["clones"], chosen)
        cluster = clones["cluster"].where(clones["cluster"] == "", one.run + ":" + clones["cluster"])
        parts["clones"].append(clones.assign(cluster=cluster))
        parts["diversity"].append(_of(one.tables["diversity"], chosen))
        parts["annotation"].append(one.tables["annotation"])
        reasons = _reasons(repeated, controls & there)
        rows.append(row | {"n_specimens": len(chosen), "n_clones": len(clones), "reason": reasons})
    annotation = pd.concat([*parts["annotation"], as_table(pd.DataFrame(), ANNOTATION)])
    return Earlier(
        concat_tables(parts["clones"], CLONES),
        concat_tables(parts["diversity"], DIVERSITY),
        as_table(annotation.drop_duplicates("site_id"), ANNOTATION),
        as_table(pd.DataFrame(rows, columns=list(EARLIER_RUNS.columns)), EARLIER_RUNS),
    )


def _keys(frame: pd.DataFrame) -> set[Key]:
    pairs = frame[["subject", "specimen"]].drop_duplicates()
    return set(zip(pairs["subject"], pairs["specimen"], strict=True))


def _of(frame: pd.DataFrame, chosen: Collection[Key]) -> pd.DataFrame:
    pairs = pd.MultiIndex.from_arrays([frame["subject"], frame["specimen"]])
    return frame[pairs.isin(sorted(chosen))] if chosen else frame.head(0)


def _reasons(repeated: Collection[Key], controls: Collection[Key]) -> str:
    words = (("in this run or a later one", repeated), ("control", controls))
    return "; ".join(
        f"not used: {', '.join(f'{subject} {specimen}' for subject, specimen in sorted(keys))} ({why})"
        for why, keys in words
        if keys
    )


def join_earlier(frame: pd.DataFrame, earlier: pd.DataFrame) -> pd.DataFrame:
    """A run's table of clones or diversity with the earlier specimens' rows below it."""
    return pd.concat([frame, earlier], ignore_index=True) if len(earlier) else frame


def join_annotation(annotation: pd.DataFrame, earlier: pd.DataFrame) -> pd.DataFrame:
    """A run's annotation, and the earlier runs' of the sites that it lacks."""
    new = earlier[~earlier["site_id"].isin(annotation["site_id"])]
    return pd.concat([annotation, new], ignore_index=True) if len(new) else annotation


def keep_current(flags: pd.DataFrame, held: Collection[Key], kept_rules: Collection[str]) -> pd.DataFrame:
    """Flags of this run's specimens, and of earlier ones those of rules that the new specimens decide anew."""
    pairs = pd.MultiIndex.from_arrays([flags["subject"], flags["specimen"]])
    own = pairs.isin(sorted(held)) if held else False
    return flags[own | flags["rule"].isin(list(kept_rules))].reset_index(drop=True)
