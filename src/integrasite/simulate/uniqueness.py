"""Which parts of which inserts occur only once in the host: what could be placed at all."""

import numpy as np

from integrasite.kernels.codes import Codes
from integrasite.simulate.molecules import Kind, Molecules
from integrasite.simulate.scenario import AmpliconScenario
from integrasite.simulate.sequences import Bools, Ints, Pool
from integrasite.simulate.words import K, Keys, count_words, word_keys


def near_host_sequence(vector: Codes, pool: Pool, host_size: int, margin: int = 60) -> Bools:
    """Which bases of the vector lie within `margin` of a word of K bases that the host has too."""
    keys, _ = word_keys(vector)
    wanted = np.unique(keys)
    starts = np.flatnonzero(count_words(pool, host_size, wanted)[np.searchsorted(wanted, keys)])
    near = np.zeros(vector.size, np.bool_)
    for start in starts.tolist():
        near[max(start - margin, 0) : start + K + margin] = True
    return near


def molecules_are_unique(
    pool: Pool,
    host_size: int,
    molecules: Molecules,
    lead_lengths: Ints,
    scenario: AmpliconScenario,
    linker_length: int,
) -> Bools:
    """Whether what the two reads show of each molecule's insert holds a word that occurs once in the host.

    Molecules that are not host junctions come out false. Words across the gap between the reads do not count.
    """
    host = np.flatnonzero(molecules.kind == Kind.HOST)
    keys = [_insert_keys(pool, molecules, int(m)) for m in host]
    wanted = np.unique(np.concatenate(keys)) if keys else np.zeros(0, np.uint64)
    once = count_words(pool, host_size, wanted) == 1
    unique = np.zeros(len(molecules), np.bool_)
    for m, words in zip(host.tolist(), keys, strict=True):
        near = scenario.read_length_r2 - int(lead_lengths[molecules.lead[m]])
        far = int(molecules.length[m]) - (scenario.read_length_r1 - linker_length)
        starts = np.arange(words.size)
        seen = (starts + K <= near) | (starts >= far)
        unique[m] = bool(np.any(once[np.searchsorted(wanted, words[seen])]))
    return unique


def _insert_keys(pool: Pool, molecules: Molecules, m: int) -> Keys:
    return word_keys(pool.cut(int(molecules.start[m]), bool(molecules.forward[m]), int(molecules.length[m])))[
        0
    ]
