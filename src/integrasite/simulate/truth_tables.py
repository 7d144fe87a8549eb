"""The tables of truth: one row per molecule, per read pair, per library and site."""

import numpy as np
import pandas as pd

from integrasite.model.fates import Fate
from integrasite.model.sites import site_label, strand_word
from integrasite.simulate.clones import Clones, Host
from integrasite.simulate.libraries import SimulatedLibrary
from integrasite.simulate.molecules import Kind, Leads, Molecules, junction_site
from integrasite.simulate.pcr import UNLISTED
from integrasite.simulate.scenario import AmpliconScenario
from integrasite.simulate.sequences import Bools, Ints
from integrasite.simulate.truth import EVENTS, READ_TRUTH, Tally

_HOST_KINDS = (Kind.HOST, Kind.TRUNCATED_LTR, Kind.MISPRIMING)
"""Molecules whose insert is host sequence."""


def molecule_table(
    host: Host,
    molecules: Molecules,
    leads: Leads,
    clones: Clones,
    libraries: list[SimulatedLibrary],
    scenario: AmpliconScenario,
    unique: Bools,
    tally: Tally,
) -> pd.DataFrame:
    """One row per molecule: `MOLECULE_TRUTH` and what the other tables are made from."""
    ends = np.array([library.vector_end for library in libraries], dtype=object)[molecules.library]
    names = np.array([*scenario.subjects, ""], dtype=object)
    owner = np.array([*clones.sites["subject"].tolist(), -1], np.int64)[molecules.site]
    letters = np.array(list("ACGT"))[molecules.umi]
    return _places(host, molecules, ends, scenario.tsd).assign(
        molecule=np.arange(len(molecules)),
        library=molecules.library,
        sample=np.array([library.sample for library in libraries], dtype=object)[molecules.library],
        subject=names[owner],
        vector_end=ends,
        kind=np.array([kind.name.lower() for kind in Kind], dtype=object)[molecules.kind],
        site=molecules.site,
        length=molecules.length,
        missing_ltr=_missing_ltr(molecules, leads, ends),
        umi=["".join(row) for row in letters],
        foreign=molecules.foreign,
        unique=unique,
        n_reads=tally.reads,
        n_usable=tally.usable,
    )


def _places(
    host: Host, molecules: Molecules, ends: "np.ndarray[tuple[int, ...], np.dtype[np.object_]]", tsd: int
) -> pd.DataFrame:
    """Where the host begins behind each molecule's lead, as a site; empty for molecules without host."""
    starts = np.array([host.pool.starts[name] for name in host.contigs], np.int64)
    placed = np.isin(molecules.kind, [int(kind) for kind in _HOST_KINDS]) & (molecules.start < host.size)
    which = np.searchsorted(starts, np.where(placed, molecules.start, 0), side="right") - 1
    first, along = junction_site(molecules.start, molecules.forward, ends == "U5", tsd)
    position0 = first - starts[which]
    step = np.where(molecules.forward, 1, -1)
    far = molecules.start - starts[which] + step * (molecules.length - 1) + 1
    contig = np.array(host.contigs, dtype=object)[which]
    cells = zip(contig, position0.tolist(), along.tolist(), placed.tolist(), strict=True)
    labels = [site_label(name, at, ahead) if is_host else None for name, at, ahead, is_host in cells]
    strand = np.array([strand_word(ahead) for ahead in (False, True)], dtype=object)[along.astype(np.int64)]
    known, ended = pd.Series(placed), pd.Series(placed & (molecules.length > 0))
    return pd.DataFrame(
        {
            "contig": pd.Series(contig).where(known, None),
            "position": pd.Series(position0 + 1).astype("Int64").where(known),
            "strand": pd.Series(strand).where(known, None),
            "site_id": labels,
            "breakpoint": pd.Series(far).astype("Int64").where(ended),
        }
    )


def _missing_ltr(
    molecules: Molecules, leads: Leads, ends: "np.ndarray[tuple[int, ...], np.dtype[np.object_]]"
) -> Ints:
    """Bases that each molecule's lead lacks of the complete one."""
    whole = {end: int(leads.lengths[row]) for end, row in leads.full.items()}
    missing: Ints = np.array([whole[end] for end in ends], np.int64) - leads.lengths[molecules.lead]
    return missing


def read_table(
    coded: pd.DataFrame, molecules: pd.DataFrame, libraries: list[SimulatedLibrary]
) -> pd.DataFrame:
    """Rows of `READ_TRUTH`.

    Args:
        coded: a block's codes, see `amplicon.Block`.
        molecules: `molecule_table`.
        libraries: of the run.
    """
    samples = np.array([*(library.sample for library in libraries), "*"], dtype=object)
    own = molecules.iloc[coded["molecule"].to_numpy()].reset_index(drop=True)
    words = {int(fate): fate.word for fate in Fate}
    filled = coded.assign(
        sample=samples[coded["library"].to_numpy()],
        true_sample=own["sample"],
        linker_sample=molecules["sample"].to_numpy()[coded["linker_molecule"].to_numpy()],
        fate=coded["fate"].map(words),
        events=_events(coded, own),
        **{name: own[name] for name in (*_SITE, "breakpoint", "subject", "kind", "missing_ltr")},
    )
    return filled[list(READ_TRUTH.columns)]


_SITE = ("contig", "position", "strand", "site_id")


def _events(coded: pd.DataFrame, own: pd.DataFrame) -> list[str]:
    """What happened to each pair: the keys of `truth.EVENTS`, joined by `,`."""
    library, true_library = coded["library"].to_numpy(), own["library"].to_numpy()
    happened = {
        "foreign": own["foreign"].to_numpy(),
        "hopped": (library != true_library) & (library != UNLISTED),
        "unlisted_barcode": library == UNLISTED,
        "recombined": (coded["linker_molecule"] != coded["far_molecule"]).to_numpy(),
        "chimera": (coded["far_molecule"] != coded["molecule"]).to_numpy(),
        "slipped": (coded["slip"] != 0).to_numpy(),
        "jittered": (coded["jitter"] != 0).to_numpy(),
        "low_quality": coded["low_quality"].to_numpy(),
    }
    text = np.full(len(coded), "", dtype=object)
    for word in EVENTS:
        rows = np.flatnonzero(happened[word])
        text[rows] = np.where(text[rows] == "", word, text[rows] + f",{word}")
    return [str(word) for word in text]


def site_table(
    molecules: pd.DataFrame,
    strays: pd.DataFrame,
    clones: Clones,
    libraries: list[SimulatedLibrary],
    timepoints: tuple[str, ...],
) -> pd.DataFrame:
    """One row per library, site and cause, as rows of `TRUTH`.

    Args:
        molecules: `molecule_table`.
        strays: `Tally.stray_table`.
        clones: the run's sites.
        libraries: of the run.
        timepoints: names of the time points.
    """
    host = molecules[molecules["kind"] == "host"]
    own = _by_site(host.assign(cause=np.where(host["foreign"], "contamination", "clone"), n_molecules=1))
    moved = strays.merge(
        host.drop(columns=["library", "sample", "n_usable", "n_reads"]), on="molecule", validate="many_to_one"
    )
    names = np.array([library.sample for library in libraries], dtype=object)
    moved = moved.assign(
        sample=names[moved["library"].to_numpy(np.int64)], n_reads=moved["n_usable"], n_molecules=0
    )
    parts = [own, _by_site(moved)] if len(moved) else [own]
    return _with_library(pd.concat(parts, ignore_index=True), clones, libraries, timepoints)


def _by_site(host: pd.DataFrame) -> pd.DataFrame:
    """Molecules counted by library, site and cause."""
    host = host.copy()
    host["usable_length"] = host["length"].where(host["n_usable"] > 0)
    host["read"] = host["n_usable"] > 0
    host["usable_unique"] = host["unique"] & (
        host["read"] | ~host.groupby(["library", "site"])["read"].transform("any")
    )
    keys = ["library", "site", "cause", "sample", "contig", "position", "strand", "site_id"]
    table = host.groupby(keys, sort=True).agg(
        n_molecules=("n_molecules", "sum"),
        n_molecules_read=("read", "sum"),
        n_lengths=("usable_length", "nunique"),
        n_reads=("n_reads", "sum"),
        n_usable=("n_usable", "sum"),
        min_length=("length", "min"),
        max_length=("length", "max"),
        longest_insert=("usable_length", "max"),
        any_unique=("usable_unique", "any"),
    )
    return table.reset_index()


def _with_library(
    table: pd.DataFrame, clones: Clones, libraries: list[SimulatedLibrary], timepoints: tuple[str, ...]
) -> pd.DataFrame:
    owner = [libraries[i] for i in table["library"]]
    times = [library.time_index for library in owner]
    shares = [
        float(clones.fractions[site, time]) if cause == "clone" else 0.0
        for site, time, cause in zip(table["site"], times, table["cause"], strict=True)
    ]
    return table.assign(
        subject=[library.subject for library in owner],
        timepoint=[timepoints[time] if time >= 0 else "" for time in times],
        vector_end=[library.vector_end for library in owner],
        origin=clones.sites["origin"].to_numpy()[table["site"].to_numpy(np.int64)],
        fraction=shares,
        **{"class": np.where(table["any_unique"], "unique", "repeat")},
    )
