"""Whether index reads come as the sheet's barcodes or as their reverse complements."""

from dataclasses import dataclass

import numpy as np

from integrasite.kernels.codes import reverse_complement
from integrasite.kernels.layout import Patterns, ReadBatch
from integrasite.kernels.match import NOT_FOUND, best_of


@dataclass(frozen=True)
class IndexOrientation:
    """Index reads that are a barcode as it stands, and that are its reverse complement, among the first reads."""

    n_as_given: int = 0
    n_reversed: int = 0

    @property
    def is_reversed(self) -> bool:
        """Whether the barcodes must be turned."""
        return self.n_reversed > self.n_as_given


def turn_barcodes(patterns: Patterns) -> Patterns:
    """The same patterns with every barcode reverse-complemented."""
    turned = patterns.barcodes.copy()
    for row, length in enumerate(patterns.barcode_lengths):
        turned[row, :length] = reverse_complement(patterns.barcodes[row, :length])
    return patterns._replace(barcodes=turned)


def detect_orientation(batch: ReadBatch, patterns: Patterns) -> IndexOrientation:
    """Count exact matches of both orientations in one batch of index reads."""
    if not len(patterns.barcodes):
        return IndexOrientation()
    counts = []
    for barcodes in (patterns.barcodes, turn_barcodes(patterns).barcodes):
        starts, stops = batch.index_offsets[:-1], batch.index_offsets[1:]
        found = [
            best_of(batch.index_read, start, stop, barcodes, patterns.barcode_lengths, 0)
            for start, stop in zip(starts, stops, strict=True)
        ]
        counts.append(int(np.sum(np.array(found) != NOT_FOUND)))
    return IndexOrientation(*counts)
