"""The part of `integrasite analyse` that goes subject by subject, from files or from a store."""

import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from integrasite.analyse.from_tables import join_inputs, libraries_of_clones
from integrasite.config.calling import Calling
from integrasite.errors import ConfigError
from integrasite.io.tables import empty_table
from integrasite.model import tables
from integrasite.model.tables import Table

if TYPE_CHECKING:
    from integrasite.flags.raising import OtherTables
    from integrasite.io.store_layout import RunVersion

RESULTS: dict[str, Table] = {
    "diversity.tsv": tables.DIVERSITY,
    "tracking.tsv": tables.TRACKING,
    "outliers.tsv": tables.OUTLIERS,
    "same_course.tsv": tables.SAME_COURSE,
    "population.tsv": tables.POPULATION,
    "overlap.tsv": tables.OVERLAP,
    "diversity_at_coverage.tsv": tables.DIVERSITY_AT_COVERAGE,
    "flags.tsv": tables.FLAGS,
}
"""Tables that grow subject by subject; their keys begin with the subject."""


@dataclass(frozen=True)
class Settings:
    """What the caller decides.

    Args:
        calling: thresholds.
        preset: preset of the rules about clone sizes.
        annotation: genes, if any.
        gene_lists: files of gene symbols.
        genome_name: name of the genome.
        left_out: subjects that are no patients.
        controls: (subject, specimen) of controls.
        product: `expansion.product`.
        gene_tests: the tests of genes over all subjects, for the flags.
    """

    calling: Calling
    preset: str
    annotation: Path | None
    gene_lists: tuple[Path, ...]
    genome_name: str
    left_out: frozenset[str]
    controls: frozenset[tuple[str, str]]
    product: str = "unknown"
    gene_tests: "OtherTables | None" = None

    def patients(self, clones: pd.DataFrame) -> pd.DataFrame:
        """Clones of patients and products only."""
        if not self.controls and not self.left_out:
            return clones
        left_out = clones["subject"].isin(list(self.left_out)).to_numpy()
        if self.controls:
            pairs = pd.MultiIndex.from_arrays([clones["subject"], clones["specimen"]])
            left_out = left_out | pairs.isin(sorted(self.controls))
        return clones[~left_out]


class Inputs(Protocol):
    """Where the clones come from."""

    @property
    def subjects(self) -> Sequence[str]:
        """Subjects, sorted."""

    @property
    def notes(self) -> Sequence[str]:
        """What should be said about the inputs."""

    def load(self, subject: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Clones and annotation of one subject."""

    def cohort(self) -> Iterator[pd.DataFrame]:
        """Of all subjects, the columns of `clones` that the insertion tests need, in pieces."""


@dataclass(frozen=True)
class FileInputs:
    """Tables `clones` held in memory."""

    clones: pd.DataFrame
    annotation: pd.DataFrame
    notes: tuple[str, ...] = ()
    _rows: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def subjects(self) -> Sequence[str]:
        """Subjects, sorted."""
        if not self._rows:
            self._rows.update((str(key), rows) for key, rows in self.clones.groupby("subject", sort=True))
        return list(self._rows)

    def load(self, subject: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Clones and annotation of one subject."""
        return self._rows[subject].reset_index(drop=True), self.annotation

    def cohort(self) -> Iterator[pd.DataFrame]:
        """All clones."""
        return iter([self.clones])


@dataclass(frozen=True)
class StoreInputs:
    """The current runs of a store, read one subject at a time."""

    store: Path
    versions: tuple["RunVersion", ...]
    subjects: tuple[str, ...]
    settings: Settings
    notes: tuple[str, ...] = ()

    def load(self, subject: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Clones and annotation of one subject over all runs."""
        from integrasite.io.store_query import read_stored

        clones, run = read_stored(self.store, self.versions, "clones", subject)
        frames = [rows for _, rows in clones.groupby(run.to_numpy(), sort=True)]
        names = sorted(run.unique())
        joined, _ = join_inputs(frames, names) if frames else (clones, ())
        annotation, _ = read_stored(self.store, self.versions, "annotation", subject)
        return self.settings.patients(joined), annotation.drop_duplicates("site_id", keep="last")

    def cohort(self) -> Iterator[pd.DataFrame]:
        """Passing, uniquely placed clones of all subjects, in pieces."""
        from integrasite.io.store_query import read_cohort

        return map(self.settings.patients, read_cohort(self.store, self.versions, self.subjects))


def open_files(paths: Sequence[Path], settings: Settings) -> FileInputs:
    """Read tables of clones, and annotate their sites where genes are given."""
    from integrasite.io.tables import read_tsv

    names = [path.name.removesuffix(".gz").removesuffix(".tsv") for path in paths]
    names = [f"{number}-{name}" if names.count(name) > 1 else name for number, name in enumerate(names, 1)]
    joined, several = join_inputs([read_tsv(path, tables.CLONES) for path in paths], names)
    clones = settings.patients(joined)
    notes = tuple(f"specimen {words} stands in several files; each is kept apart" for words in several)
    if settings.annotation is None:
        return FileInputs(clones, empty_table(tables.ANNOTATION), notes)
    annotation, more = _annotate(clones, settings)
    return FileInputs(clones, annotation, (*notes, *more))


def _annotate(clones: pd.DataFrame, settings: Settings) -> tuple[pd.DataFrame, tuple[str, ...]]:
    from integrasite.annotate.genes import annotate_sites
    from integrasite.annotate.known_events import bundled_known_events
    from integrasite.io.annotation_tables import SITE_KEYS, read_gene_list
    from integrasite.io.genes import read_genes

    assert settings.annotation is not None
    genes = read_genes(settings.annotation)
    sites = clones[list(SITE_KEYS.columns)].drop_duplicates("site_id", ignore_index=True)
    lists = {path.name.split(".")[0]: read_gene_list(path) for path in settings.gene_lists}
    window, name = settings.calling.known_event_window, settings.genome_name
    table = annotate_sites(sites, genes, lists, bundled_known_events(), window, genome_name=name)
    unknown = sorted(set(sites["contig"]) - set(genes.genes["contig"]))
    if not unknown:
        return table, ()
    n_sites = int(sites["contig"].isin(unknown).sum())
    return table, (
        f"{n_sites} of {len(sites)} sites lie on {len(unknown)} contigs that {settings.annotation} has no genes "
        f"on ({', '.join(unknown[:5])}); they have no annotation",
    )


def open_store(store: Path, settings: Settings) -> StoreInputs:
    """Look at a store's current runs."""
    from integrasite.io.store_layout import current, read_versions
    from integrasite.io.store_query import store_subjects

    versions = current(read_versions(store))
    subjects = tuple(name for name in store_subjects(versions) if name not in settings.left_out)
    if not versions:
        raise ConfigError(f"{store}: has no runs yet; add one with 'integrasite store add'")
    return StoreInputs(store, tuple(versions), subjects, settings)


def analyse_subject(inputs: Inputs, settings: Settings, subject: str) -> dict[str, pd.DataFrame]:
    """The tables of one subject, by file name."""
    from integrasite.analyse.diversity import diversity_table
    from integrasite.analyse.growth import track_clones
    from integrasite.analyse.outlier import find_outliers
    from integrasite.analyse.same_course import find_same_courses
    from integrasite.cli.population import population_tables
    from integrasite.flags.raising import OtherTables, raise_flags

    clones, annotation = inputs.load(subject)
    libraries, calling = libraries_of_clones(clones), settings.calling
    diversity = diversity_table(clones, libraries, calling)
    tracking, outliers = track_clones(clones, calling), find_outliers(clones, calling)
    return {
        "diversity.tsv": diversity,
        "tracking.tsv": tracking,
        "outliers.tsv": outliers,
        "same_course.tsv": find_same_courses(clones, calling),
        **population_tables(clones, calling),
        "flags.tsv": raise_flags(
            clones,
            annotation,
            diversity,
            libraries,
            calling,
            settings.preset,
            settings.product,
            replace(settings.gene_tests or OtherTables(), tracking=tracking, outliers=outliers),
        ),
    }


_SHARED: tuple[Inputs, Settings] | None = None


def _share(inputs: Inputs, settings: Settings) -> None:
    global _SHARED
    _SHARED = (inputs, settings)


def _texts(subject: str) -> dict[str, tuple[str, int]]:
    from integrasite.io.table_stream import body_text

    assert _SHARED is not None
    found = analyse_subject(*_SHARED, subject)
    return {name: (body_text(frame, RESULTS[name]), len(frame)) for name, frame in found.items()}


def _each_subject(inputs: Inputs, settings: Settings, threads: int) -> Iterator[dict[str, tuple[str, int]]]:
    """Texts of the subjects' tables, in order, whatever the number of processes."""
    subjects = inputs.subjects
    if min(threads, len(subjects)) < 2:
        _share(inputs, settings)
        yield from map(_texts, subjects)
        return
    # spawned, not forked: the parent's threads (Arrow, DuckDB) do not survive a fork
    context = multiprocessing.get_context("spawn")
    with context.Pool(threads, _share, (inputs, settings)) as pool:
        yield from pool.imap(_texts, subjects)


def analyse_subjects(inputs: Inputs, settings: Settings, folder: Path, threads: int) -> list[str]:
    """Write the tables of all subjects, one subject after the other; returns what was counted, in words."""
    from integrasite.cli.progress import follow
    from integrasite.io.table_stream import tsv_stream

    n_rows = dict.fromkeys(RESULTS, 0)
    with ExitStack() as stack:
        append = {
            name: stack.enter_context(tsv_stream(folder / name, table)) for name, table in RESULTS.items()
        }
        each = _each_subject(inputs, settings, threads)
        for found in follow(each, "analyse", "subjects", total=len(inputs.subjects)):
            for name, (text, rows) in found.items():
                append[name](text)
                n_rows[name] += rows
    counts = [f"{name}: {rows} rows" for name, rows in n_rows.items()]
    return [f"{len(inputs.subjects)} subjects", *counts]
