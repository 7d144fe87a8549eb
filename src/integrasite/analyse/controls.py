"""Random places of the host that a run could have placed uniquely: what its sites are held against.

A place drawn evenly over the genome is no fair control: one in a repeat could never have been found. So each random place
gets an insert as long as one of the run's, cut from the genome and read as far as that one was; the aligner and the rule
for unique places that the run's inserts met then say whether it would have been a site.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy import stats

from integrasite.config.calling import Calling
from integrasite.errors import GenomeError
from integrasite.io.windows import Windows
from integrasite.model.fates import Fate
from integrasite.model.inserts import INSERTS
from integrasite.sites.call import junctions_of
from integrasite.sites.lengths import weigh_lengths

IntArray = NDArray[np.int64]
Bools = NDArray[np.bool_]
WHOLE_GENOME = "*"
"""Name of the row of `mappability` that counts all contigs."""
_ROUNDS = 50
_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
_SEX = {"f": "F", "female": "F", "woman": "F", "girl": "F", "xx": "F",
        "m": "M", "male": "M", "man": "M", "boy": "M", "xy": "M"}  # fmt: skip
_COPIES = {"F": {"X": 2.0, "Y": 0.0}, "M": {"X": 1.0, "Y": 1.0}, "": {"X": 1.5, "Y": 0.5}}
"""Copies of the sex chromosomes per cell; where the sex is not known, the mean of both."""
_MITOCHONDRIAL = ("M", "MT")


@dataclass(frozen=True)
class Shapes:
    """Distinct shapes of a run's inserts.

    Args:
        sizes: one row per shape: bp of the fragment, of its junction read and of its linker read (0: none).
        counts: inserts of each shape.
    """

    sizes: IntArray
    counts: IntArray

    def subset(self, chosen: Bools) -> "Shapes":
        """The chosen rows."""
        return Shapes(self.sizes[chosen], self.counts[chosen])


def read_sex(text: str) -> str:
    """`F`, `M`, or nothing where the sheet's free text says neither.

    >>> [read_sex(text) for text in ("Female", "m", "", "n/a")]
    ['F', 'M', '', '']
    """
    return _SEX.get(text.strip().lower(), "")


def count_shapes(junction: IntArray, linker: IntArray, places: pd.DataFrame) -> Shapes:
    """Shapes of the inserts that have a place; an insert with several has its likeliest (first) one's length.

    Args:
        junction, linker: bases of both reads, by insert (linker 0 where there is none).
        places: `insert, fate, position, breakpoint` of the same inserts, an insert's likeliest place first.
    """
    first = places.drop_duplicates("insert")
    first = first[first["fate"] == int(Fate.USABLE)]
    number = first["insert"].to_numpy(dtype=np.int64)
    own, mate = junction[number], linker[number]
    ends = first["breakpoint"].to_numpy(dtype=np.int64)
    length = np.where(ends >= 0, np.abs(ends - first["position"].to_numpy(dtype=np.int64)) + 1, own)
    sizes = np.column_stack([length, np.minimum(own, length), np.minimum(mate, length)])
    return join_shapes([Shapes(sizes, np.ones(len(sizes), dtype=np.int64)).subset((ends >= 0) | (mate == 0))])


def join_shapes(parts: Sequence[Shapes]) -> Shapes:
    """Distinct shapes of several sets, ascending, counts added up."""
    sizes = np.concatenate([np.empty((0, 3), np.int64), *(part.sizes for part in parts)])
    counts = np.concatenate([np.empty(0, np.int64), *(part.counts for part in parts)])
    distinct, number = np.unique(sizes, axis=0, return_inverse=True)
    sums = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(sums, number.reshape(-1), counts)
    return Shapes(distinct, sums)


def contig_weights(contigs: Mapping[str, int], sites: Sequence[tuple[str, int]]) -> NDArray[np.float64]:
    """Chance of each contig to hold a site, for the sexes of the subjects and no other preference.

    Args:
        contigs: bp by name.
        sites: sex (`F`, `M` or nothing) and number of sites of each subject.

    Returns:
        Weights that add up to 1, in the contigs' order. A subject's sites fall on a contig in proportion to its length times
        its copies per cell; mitochondrial DNA gets none.
    """
    lengths = np.array(list(contigs.values()), dtype=float)
    names = [name[3:].upper() if name.lower().startswith("chr") else name.upper() for name in contigs]
    known = [(sex, n) for sex, n in sites if n > 0] or [(sex, 1) for sex, _ in sites] or [("", 1)]
    weights = np.zeros(len(lengths))
    for sex, n in known:
        copies = np.array([0.0 if name in _MITOCHONDRIAL else _COPIES[sex].get(name, 2.0) for name in names])
        if (copies * lengths).sum() > 0:
            weights += n * copies * lengths / (copies * lengths).sum()
    if not weights.sum():
        raise GenomeError("no contig can hold a control: expected a host genome with nuclear contigs")
    return np.asarray(weights / weights.sum())


def draw_places(
    contigs: Mapping[str, int],
    weights: NDArray[np.float64],
    shapes: Shapes,
    n: int,
    bases: Windows,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Random places on known bases (not N), either strand, each with the shape of one of the run's inserts.

    Args:
        contigs: bp by name, numbered in this order.
        weights: chance of each contig, from `contig_weights`.
        shapes: of the run's inserts.
        n: places to draw.
        bases: of the genome.
        rng: source of randomness.

    Returns:
        `contig` (number), `position` (0-based), `is_forward`, `length`, `junction`, `linker` (bp), ascending.

    Raises:
        GenomeError: if hardly any base is known.
    """
    names, lengths = list(contigs), np.array(list(contigs.values()), dtype=np.int64)
    found: list[IntArray] = []
    for _ in range(_ROUNDS):
        contig = rng.choice(len(names), n, p=weights)
        position = (rng.random(n) * lengths[contig]).astype(np.int64)
        known = [
            bases(names[c], p, p + 1) != "N" for c, p in zip(contig.tolist(), position.tolist(), strict=True)
        ]
        found.append(np.column_stack([contig, position])[np.array(known, dtype=bool)])
        if sum(map(len, found)) >= n:
            break
    else:
        raise GenomeError("controls cannot be drawn: hardly any base of the genome is known (not N)")
    places = np.concatenate(found)[:n]
    chosen = shapes.sizes[rng.choice(len(shapes.counts), n, p=shapes.counts / shapes.counts.sum())]
    table = pd.DataFrame(
        {
            "contig": places[:, 0], "position": places[:, 1], "is_forward": rng.random(n) < 0.5,
            "length": chosen[:, 0], "junction": chosen[:, 1], "linker": chosen[:, 2],
        }
    )  # fmt: skip
    return table.sort_values(list(table.columns), kind="stable", ignore_index=True)


def cut_inserts(drawn: pd.DataFrame, names: Sequence[str], bases: Windows) -> pa.Table:
    """What the two reads of each drawn place would show, as rows of `INSERTS` (the row number is the place's)."""
    junctions, linkers = [], []
    columns = ("contig", "position", "is_forward", "length", "junction", "linker")
    for number, at, is_forward, length, own, far in zip(
        *(drawn[name].tolist() for name in columns), strict=True
    ):
        if is_forward:
            fragment = bases(names[number], at, at + length)
            mate = _turn(fragment)
        else:
            mate = bases(names[number], at - length + 1, at + 1)
            fragment = _turn(mate)
        junctions.append(fragment[:own].encode())
        linkers.append(mate[:far].encode())
    return pa.table([pa.array(column, pa.binary()) for column in (junctions, linkers)], schema=INSERTS)


def _turn(sequence: str) -> str:
    return sequence[::-1].translate(_COMPLEMENT)


def judge_places(
    drawn: pd.DataFrame, places: pd.DataFrame, is_blacklisted: Bools, calling: Calling, *, is_sheared: bool
) -> NDArray[np.object_]:
    """What would have become of each drawn place as a site.

    Args:
        drawn: from `draw_places`.
        places: of their inserts, as the aligner found them (rows of `PLACES`).
        is_blacklisted: whether each drawn place is in the blacklist.
        calling: thresholds.
        is_sheared: whether fragment lengths help to choose between places, as they do for the run's sites.

    Returns:
        `unique` (placed where it was drawn, and nowhere else), `multihit`, `misplaced`, `unplaced` or `blacklisted`.
    """
    found = places[places["contig"] >= 0].rename(columns={"insert": "molecule"})
    known = junctions_of(weigh_lengths(found, calling) if is_sheared else found)
    unique = known[known["posterior"] >= calling.min_place_posterior].drop_duplicates("molecule")
    outcome = np.full(len(drawn), "unplaced", dtype=object)
    outcome[found["molecule"].to_numpy(dtype=np.int64)] = "multihit"
    at = unique["molecule"].to_numpy(dtype=np.int64)
    same = np.ones(len(at), dtype=bool)
    for column in ("contig", "position", "is_forward"):
        same &= unique[column].to_numpy() == drawn[column].to_numpy()[at]
    outcome[at] = np.where(same, "unique", "misplaced")
    outcome[is_blacklisted & (outcome == "unique")] = "blacklisted"
    return outcome


def controls_table(drawn: pd.DataFrame, names: Sequence[str], outcome: NDArray[np.object_]) -> pd.DataFrame:
    """Rows of `controls`."""
    return pd.DataFrame(
        {
            "contig": np.array(names, dtype=object)[drawn["contig"].to_numpy(dtype=np.int64)],
            "position": drawn["position"] + 1,
            "strand": np.where(drawn["is_forward"].to_numpy(dtype=bool), "+", "-").astype(object),
            "length": drawn["length"],
            "is_unique": outcome == "unique",
            "outcome": outcome,
        }
    )


def mappable_fractions(controls: pd.DataFrame) -> pd.DataFrame:
    """Part of the controls that is placed uniquely, by contig and over all (rows of `mappability`).

    The interval is Jeffreys' 95 % interval of a proportion.
    """
    everything = controls.assign(contig=WHOLE_GENOME)
    groups = pd.concat([everything, controls], ignore_index=True).groupby("contig", sort=True)["is_unique"]
    table = groups.agg(n_drawn="size", n_unique="sum").reset_index().astype({"n_unique": "int64"})
    n, k = table["n_drawn"], table["n_unique"]
    low, high = (stats.beta.ppf(q, k + 0.5, n - k + 0.5) for q in (0.025, 0.975))
    return table.assign(
        fraction=k / n, fraction_low=np.where(k == 0, 0.0, low), fraction_high=np.where(k == n, 1.0, high)
    )
