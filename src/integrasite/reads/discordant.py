"""What is kept of pairs whose barcode and linker name different libraries: enough to see whose insert they carry."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from integrasite.kernels.codes import CODE_OF, leading_key
from integrasite.kernels.layout import Classified, ReadBatch
from integrasite.model.fates import Fate
from integrasite.model.inserts import DISCORDANT

INSERT_KEY_LENGTH = 24
"""Host bases after the vector end that name an insert: more hold more read errors, fewer are shared by unrelated sites."""
COMPACT_AT = 1_000_000
"""Rows held before equal ones are added up."""


class DiscordantPairs:
    """Counts discordant pairs by library of the barcode, linker and insert; memory grows with distinct ones only."""

    def __init__(self) -> None:
        self._parts: list[pa.Table] = []
        self._held = 0

    def add(self, batch: ReadBatch, classified: Classified) -> None:
        """Count the discordant pairs of one batch; those with fewer than `INSERT_KEY_LENGTH` host bases are left out."""
        length = classified.junction_stop - classified.junction_start
        kept = np.flatnonzero((classified.fate == Fate.WRONG_LINKER) & (length >= INSERT_KEY_LENGTH))
        if not len(kept):
            return
        starts, stops = classified.junction_start[kept], classified.junction_stop[kept]
        keys = leading_key(batch.junction, starts, stops, INSERT_KEY_LENGTH)
        columns = [classified.row[kept], classified.linker[kept], keys, np.ones(len(kept), np.int64)]
        self._parts.append(pa.table([pa.array(column) for column in columns], schema=DISCORDANT))
        self._held += len(kept)
        if self._held >= COMPACT_AT:
            self._parts = [self.table()]
            self._held = 0

    def table(self) -> pa.Table:
        """The counts as `DISCORDANT`, sorted."""
        return add_up(self._parts)


def add_up(parts: list[pa.Table]) -> pa.Table:
    """Discordant pairs of several parts as one table, sorted, with equal rows added up."""
    whole = pa.concat_tables([DISCORDANT.empty_table(), *parts])
    names = DISCORDANT.names[:-1]
    summed = whole.group_by(names, use_threads=False).aggregate([("n_reads", "sum")])
    ordered = summed.rename_columns([*names, "n_reads"]).select(DISCORDANT.names).cast(DISCORDANT)
    return ordered.sort_by([(name, "ascending") for name in names])


def insert_keys(inserts: pa.Table) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.bool_]]:
    """The same key of every row of `INSERTS`, and whether the insert is long enough to have one."""
    junction = inserts["junction"].combine_chunks()
    _, offsets, data = junction.buffers()
    first = np.frombuffer(offsets or bytes(4), np.int32)
    bounds = first[junction.offset : junction.offset + len(junction) + 1].astype(np.int64)
    codes = CODE_OF[np.frombuffer(data or b"", np.uint8)]
    keys = leading_key(codes, bounds[:-1], bounds[1:], INSERT_KEY_LENGTH)
    return keys, np.diff(bounds) >= INSERT_KEY_LENGTH
