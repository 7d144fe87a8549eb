"""What is true of a simulated run: per site and library, per molecule, per read pair, per fate."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.kernels.codes import Codes
from integrasite.model.fates import FATES, Fate
from integrasite.model.sites import site_label, strand_word
from integrasite.model.tables import Table
from integrasite.simulate.clones import Clones
from integrasite.simulate.libraries import SimulatedLibrary
from integrasite.simulate.molecules import Kind, Molecules
from integrasite.simulate.pcr import UNLISTED, Pairs
from integrasite.simulate.sequences import Bools, Ints

_SITE = "contig:str position:int strand:str site_id:str"


def _table(name: str, key: str, spec: str) -> Table:
    return Table(name, dict(item.split(":") for item in spec.split()), tuple(key.split()))


TRUTH = _table(
    "truth",
    "sample contig position strand cause",
    f"sample:str subject:str timepoint:str vector_end:str {_SITE} class:str cause:str origin:str "
    "n_molecules:int n_molecules_read:int n_lengths:int n_reads:int n_usable:int min_length:int "
    "max_length:int longest_insert:int fraction:float",
)
"""One row per library and site. `n_molecules` were in the tube, `n_molecules_read` gave a usable pair;
`n_usable` of the `n_reads` pairs can support the site; `longest_insert` (bp) and `n_lengths` are over
molecules with usable pairs, `min_length` and `max_length` over all; `class` is `unique` if any of them
can be placed uniquely, else `repeat`; `cause` is `clone` or `contamination`; `fraction` is the clone's
true share of the specimen's cells."""

FATE_COUNTS = _table("truth_fates", "sample fate", "sample:str fate:str n_reads:int fraction:float")
"""Pairs by true fate and by library as the index read names it (`*`: none); they add up to all pairs."""

MOLECULE_TRUTH = _table(
    "truth_molecules",
    "molecule",
    f"molecule:int sample:str kind:str {_SITE} length:int umi:str foreign:bool unique:bool n_reads:int",
)
READ_TRUTH = _table(
    "truth_reads",
    "name",
    "name:str sample:str true_sample:str fate:str site_id:str molecule:int far_molecule:int "
    "linker_molecule:int slip:int jitter:int",
)

_KIND_FATE = {
    Kind.MISPRIMING: Fate.MISPRIMING,
    Kind.TRUNCATED_LTR: Fate.TRUNCATED_LTR,
    Kind.NO_INSERT: Fate.NO_INSERT,
    Kind.INTERNAL_VECTOR: Fate.INTERNAL_VECTOR,
    Kind.TWO_LTR_CIRCLE: Fate.TWO_LTR_CIRCLE,
    Kind.AUTOINTEGRATION: Fate.AUTOINTEGRATION,
}


def classify_pairs(
    pairs: Pairs, molecules: Molecules, unique: Bools, index: Ints, calling: Calling | None = None
) -> Ints:
    """The true fate of each pair, as `Fate` codes; where several apply, the one that the ledger asks first.

    Args:
        pairs: read pairs.
        molecules: what they are copies of.
        unique: per molecule, whether its insert can be placed uniquely.
        index: library that each index read fits, `UNLISTED` for none (`match_indices`).
        calling: thresholds; of these only the shortest insert matters.
    """
    shortest = (calling or Calling.model_validate({})).min_insert
    kind, length = molecules.kind[pairs.molecule], molecules.length[pairs.molecule]
    fate = np.where(unique[pairs.molecule], int(Fate.SITE_UNIQUE), int(Fate.SITE_MULTIHIT))
    fate[kind == Kind.AUTOINTEGRATION] = int(Fate.AUTOINTEGRATION)
    fate[_is_chimera(pairs, molecules)] = int(Fate.UNPAIRED)
    fate[length < shortest] = int(Fate.TOO_SHORT)
    fate[molecules.library[pairs.linker_of] != index] = int(Fate.WRONG_LINKER)
    for artefact in (Kind.TWO_LTR_CIRCLE, Kind.INTERNAL_VECTOR, Kind.TRUNCATED_LTR, Kind.MISPRIMING):
        fate[kind == artefact] = int(_KIND_FATE[artefact])
    fate[(kind == Kind.NO_INSERT) | ((kind == Kind.HOST) & (length == 0))] = int(Fate.NO_INSERT)
    fate[pairs.low_quality] = int(Fate.LOW_QUALITY)
    fate[index == UNLISTED] = int(Fate.UNASSIGNED)
    return fate


def _is_chimera(pairs: Pairs, molecules: Molecules) -> Bools:
    """Whether the two reads come from molecules that no single fragment could explain."""
    same_site = (molecules.site[pairs.far] == molecules.site[pairs.molecule]) & (
        molecules.site[pairs.molecule] >= 0
    )
    chimera: Bools = (pairs.far != pairs.molecule) & ~same_site
    return chimera


@dataclass
class Tally:
    """Counts over all blocks of a run."""

    n_libraries: int
    n_molecules: int

    def __post_init__(self) -> None:
        self.fates = np.zeros((self.n_libraries + 1, max(Fate) + 1), np.int64)
        self.reads = np.zeros(self.n_molecules, np.int64)
        self.usable = np.zeros(self.n_molecules, np.int64)

    def add(self, pairs: Pairs, fate: Ints, index: Ints) -> None:
        """Count one block; pairs without a library stand in the last row of `fates`."""
        row = np.where(index == UNLISTED, self.n_libraries, index)
        np.add.at(self.fates, (row, fate), 1)
        self.reads += np.bincount(pairs.molecule, minlength=self.n_molecules)
        good = (fate == int(Fate.SITE_UNIQUE)) | (fate == int(Fate.SITE_MULTIHIT))
        self.usable += np.bincount(pairs.molecule[good], minlength=self.n_molecules)

    def fate_table(self, libraries: list[SimulatedLibrary]) -> pd.DataFrame:
        """The counts as rows of `FATE_COUNTS`."""
        names = [*(library.sample for library in libraries), "*"]
        rows = [
            (name, fate.word, int(self.fates[i, fate]), self.fates[i, fate] / max(self.fates[i].sum(), 1))
            for i, name in enumerate(names)
            for fate in FATES
            if self.fates[i, fate]
        ]
        return pd.DataFrame(rows, columns=list(FATE_COUNTS.columns))


def molecule_table(
    molecules: Molecules, clones: Clones, libraries: list[SimulatedLibrary], unique: Bools, tally: Tally
) -> pd.DataFrame:
    """One row per molecule, with what the site table is made from."""
    at = np.maximum(molecules.site, 0)
    placed = molecules.site >= 0
    sites = _site_columns(clones)
    table = sites.iloc[at].reset_index(drop=True).where(pd.Series(placed), None)
    letters = np.array(list("ACGT"))[molecules.umi]
    return table.assign(
        molecule=np.arange(len(molecules)),
        library=molecules.library,
        sample=np.array([library.sample for library in libraries], dtype=object)[molecules.library],
        kind=np.array([kind.name.lower() for kind in Kind], dtype=object)[molecules.kind],
        site=molecules.site,
        length=molecules.length,
        umi=["".join(row) for row in letters],
        foreign=molecules.foreign,
        unique=unique,
        n_reads=tally.reads,
        n_usable=tally.usable,
    )


def read_table(
    coded: pd.DataFrame, molecules: Molecules, clones: Clones, libraries: list[SimulatedLibrary]
) -> pd.DataFrame:
    """Rows of `READ_TRUTH` from a block's codes."""
    samples = np.array([*(library.sample for library in libraries), "*"], dtype=object)
    labels = np.array([*_site_columns(clones)["site_id"], ""], dtype=object)
    molecule = coded["molecule"].to_numpy()
    words = {int(fate): fate.word for fate in Fate}
    filled = coded.assign(
        sample=samples[coded["library"].to_numpy()],
        true_sample=samples[molecules.library[molecule]],
        fate=coded["fate"].map(words),
        site_id=labels[molecules.site[molecule]],
    )
    return filled[list(READ_TRUTH.columns)]


def _site_columns(clones: Clones) -> pd.DataFrame:
    sites = clones.sites
    places = list(zip(sites["contig"], sites["position0"].tolist(), sites["forward"].tolist(), strict=True))
    return pd.DataFrame(
        {
            "contig": sites["contig"],
            "position": sites["position0"] + 1,
            "strand": [strand_word(forward) for _, _, forward in places],
            "site_id": [site_label(contig, position, forward) for contig, position, forward in places],
        }
    )


def site_table(
    molecules: pd.DataFrame, clones: Clones, libraries: list[SimulatedLibrary], timepoints: tuple[str, ...]
) -> pd.DataFrame:
    """One row per library and site, from `molecule_table`, as rows of `TRUTH`."""
    host = molecules[molecules["kind"] == "host"].copy()
    host["usable_length"] = host["length"].where(host["n_usable"] > 0)
    host["read"] = host["n_usable"] > 0
    host["usable_unique"] = host["unique"] & (
        host["read"] | ~host.groupby(["library", "site"])["read"].transform("any")
    )
    keys = ["library", "site", "foreign", "sample", "contig", "position", "strand", "site_id"]
    table = host.groupby(keys, sort=True).agg(
        n_molecules=("length", "size"),
        n_molecules_read=("read", "sum"),
        n_lengths=("usable_length", "nunique"),
        n_reads=("n_reads", "sum"),
        n_usable=("n_usable", "sum"),
        min_length=("length", "min"),
        max_length=("length", "max"),
        longest_insert=("usable_length", "max"),
        any_unique=("usable_unique", "any"),
    )
    return _with_library(table.reset_index(), clones, libraries, timepoints)


def _with_library(
    table: pd.DataFrame, clones: Clones, libraries: list[SimulatedLibrary], timepoints: tuple[str, ...]
) -> pd.DataFrame:
    owner = [libraries[i] for i in table["library"]]
    times = [library.time_index for library in owner]
    shares = [
        0.0 if foreign else float(clones.fractions[site, time])
        for site, time, foreign in zip(table["site"], times, table["foreign"], strict=True)
    ]
    return table.assign(
        subject=[library.subject for library in owner],
        timepoint=[timepoints[time] if time >= 0 else "" for time in times],
        vector_end=[library.vector_end for library in owner],
        cause=np.where(table["foreign"], "contamination", "clone"),
        origin=clones.sites["origin"].to_numpy()[table["site"].to_numpy(np.int64)],
        fraction=shares,
        **{"class": np.where(table["any_unique"], "unique", "repeat")},
    )


def match_indices(codes: Codes, barcodes: Codes, mismatches: int) -> Ints:
    """The library whose barcode each index read fits within `mismatches` substitutions, or `UNLISTED`."""
    index = np.full(codes.shape[0], UNLISTED, np.int64)
    for library, barcode in enumerate(barcodes):
        index[(codes != barcode).sum(axis=1) <= mismatches] = library
    return index
