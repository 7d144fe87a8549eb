"""What is true of a simulated run: per site and library, per molecule, per read pair, per fate."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from integrasite.config.calling import Calling
from integrasite.kernels.codes import Codes
from integrasite.model.fates import FATES, Fate
from integrasite.model.tables import Table
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
can be placed uniquely, else `repeat`; `fraction` is the clone's true share of the specimen's cells. `cause` is
`clone`; `contamination` (DNA of another subject); `hop` or `recombination` (usable pairs of another library's
molecules that bear this one's index, with their own linker or with another molecule's; `n_molecules` is 0)."""

FATE_COUNTS = _table("truth_fates", "sample fate", "sample:str fate:str n_reads:int fraction:float")
"""Pairs by true fate and by library as the index read names it (`*`: none); they add up to all pairs."""

MOLECULE_TRUTH = _table(
    "truth_molecules",
    "molecule",
    f"molecule:int sample:str subject:str vector_end:str kind:str {_SITE} breakpoint:int length:int "
    "missing_ltr:int umi:str foreign:bool unique:bool n_reads:int n_usable:int",
)
"""One row per molecule. `subject` is whose DNA it is (empty where there is none); the place is where the host begins
behind the primer's product, as a site (empty for molecules without host); `breakpoint` (1-based) is the last host base before the
linker; `missing_ltr` is how many bases the LTR end lacks; `foreign`: from another subject than the library's;
`unique`: its insert can be placed uniquely; `n_usable` of its `n_reads` pairs can support a site of its library."""

READ_TRUTH = _table(
    "truth_reads",
    "name",
    f"name:str sample:str true_sample:str linker_sample:str subject:str fate:str events:str kind:str {_SITE} breakpoint:int "
    "missing_ltr:int molecule:int far_molecule:int linker_molecule:int slip:int jitter:int",
)
"""One row per read pair: the library that its index names (`*`: none), that of its molecule and that of its linker; what
became of it (`events`, joined by `,`: the keys of `EVENTS`); its molecule's subject, kind, place and missing LTR bases, as in
`MOLECULE_TRUTH`. `slip` bases were gained or lost at the junction, the far end is off by `jitter` bp."""

EVENTS = {
    "foreign": "the molecule is DNA of another subject than its library's",
    "hopped": "the index is another library's (`sample` instead of `true_sample`)",
    "unlisted_barcode": "the index is no library's",
    "recombined": "linker and UMI are those of `linker_molecule`",
    "chimera": "the far end is that of `far_molecule`",
    "slipped": "the homopolymer at the junction is a base longer or shorter",
    "jittered": "the far end begins some bases off",
    "low_quality": "the cluster is hardly readable",
}
"""What can happen to a read pair, and what it means."""

_KIND_FATE = {
    Kind.MISPRIMING: Fate.MISPRIMING,
    Kind.TRUNCATED_LTR: Fate.TRUNCATED_LTR,
    Kind.NO_INSERT: Fate.NO_INSERT,
    Kind.INTERNAL_VECTOR: Fate.INTERNAL_VECTOR,
    Kind.TWO_LTR_CIRCLE: Fate.TWO_LTR_CIRCLE,
    Kind.AUTOINTEGRATION: Fate.AUTOINTEGRATION,
}


def classify_pairs(
    pairs: Pairs,
    molecules: Molecules,
    unique: Bools,
    index: Ints,
    linkers: Ints,
    calling: Calling | None = None,
) -> Ints:
    """The true fate of each pair, as `Fate` codes; where several apply, the one that the ledger asks first.

    Args:
        pairs: read pairs.
        molecules: what they are copies of.
        unique: per molecule, whether its insert can be placed uniquely.
        index: library that each index read fits, `UNLISTED` for none (`match_indices`).
        linkers: per library, the number of its linker; equal where libraries share one.
        calling: thresholds; of these only the shortest insert matters.
    """
    shortest = (calling or Calling.model_validate({})).min_insert
    kind, length = molecules.kind[pairs.molecule], molecules.length[pairs.molecule]
    fate = np.where(unique[pairs.molecule], int(Fate.SITE_UNIQUE), int(Fate.SITE_MULTIHIT))
    fate[kind == Kind.AUTOINTEGRATION] = int(Fate.AUTOINTEGRATION)
    fate[_is_chimera(pairs, molecules)] = int(Fate.UNPAIRED)
    fate[length < shortest] = int(Fate.TOO_SHORT)
    fate[linkers[molecules.library[pairs.linker_of]] != linkers[index]] = int(Fate.WRONG_LINKER)
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
        self.strays: list[Ints] = []

    def add(self, pairs: Pairs, molecules: Molecules, fate: Ints, index: Ints) -> None:
        """Count one block; pairs without a library stand in the last row of `fates`."""
        row = np.where(index == UNLISTED, self.n_libraries, index)
        np.add.at(self.fates, (row, fate), 1)
        self.reads += np.bincount(pairs.molecule, minlength=self.n_molecules)
        good = (fate == int(Fate.SITE_UNIQUE)) | (fate == int(Fate.SITE_MULTIHIT))
        own = molecules.library[pairs.molecule] == index
        self.usable += np.bincount(pairs.molecule[good & own], minlength=self.n_molecules)
        stray = good & ~own
        recombined = molecules.library[pairs.linker_of] != molecules.library[pairs.molecule]
        self.strays.append(np.stack([index, pairs.molecule, recombined.astype(np.int64)], axis=1)[stray])

    def stray_table(self) -> pd.DataFrame:
        """Usable pairs in another library than their molecule's: `library, molecule, cause, n_usable`."""
        rows = np.concatenate([np.zeros((0, 3), np.int64), *self.strays])
        table = pd.DataFrame(rows, columns=["library", "molecule", "recombined"])
        counted = table.groupby(["library", "molecule", "recombined"]).size().rename("n_usable").reset_index()
        return counted.assign(cause=np.where(counted.pop("recombined") == 1, "recombination", "hop"))

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


def match_indices(codes: Codes, barcodes: Codes, mismatches: int) -> Ints:
    """The library whose barcode each index read fits within `mismatches` substitutions, or `UNLISTED`."""
    index = np.full(codes.shape[0], UNLISTED, np.int64)
    for library, barcode in enumerate(barcodes):
        index[(codes != barcode).sum(axis=1) <= mismatches] = library
    return index
