"""What the classifying kernels take and give: a batch of reads, the patterns they are compared with, the answers."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from integrasite.kernels.codes import Codes

Table = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]


class ReadBatch(NamedTuple):
    """A batch of pairs: codes and ASCII qualities end to end, `offsets` of length n + 1; index reads may be empty."""

    junction: Codes
    junction_quality: npt.NDArray[np.uint8]
    junction_offsets: Counts
    linker: Codes
    linker_quality: npt.NDArray[np.uint8]
    linker_offsets: Counts
    index_read: Codes
    index_offsets: Counts


class Patterns(NamedTuple):
    """Everything known beforehand that reads are compared with. Rows are libraries unless said otherwise."""

    barcodes: Table  # one row per distinct barcode; no row: not demultiplexed by index
    barcode_lengths: Counts
    row_barcode: Counts  # library -> barcode, -1 none
    prefixes: Table  # one row per distinct linker: before the UMI
    prefix_lengths: Counts
    suffixes: Table  # after the UMI
    suffix_lengths: Counts
    umi_lengths: Counts
    row_linker: Counts  # library -> linker, -1 none
    through: Table  # distinct linker -> how the junction read runs into it
    through_lengths: Counts
    through_gaps: Counts  # distinct linker -> its bases between the insert and `through`
    row_protocol: Counts
    ends: Table  # one row per protocol: primer and LTR end
    end_lengths: Counts
    primer_lengths: Counts
    back: Table  # one row per protocol: how the linker read runs into the vector
    back_lengths: Counts
    continuations: Table  # what follows the LTR end inside the vector
    continuation_lengths: Counts
    continuation_protocol: Counts
    circles: Table  # the other LTR's outer end
    circle_lengths: Counts
    circle_protocol: Counts


class Limits(NamedTuple):
    """The thresholds of `config/calling.py` that the kernel needs."""

    barcode_mismatches: int
    linker_mismatches: int
    primer_error_rate: float
    ltr_error_rate: float
    ltr_tail_mismatches: int
    min_insert: int
    max_error: float
    max_n_fraction: float
    vector_mismatch_rate: float


class Classified(NamedTuple):
    """Answers per pair: fate, library (-1 none), host spans `[start, stop)` in the batch buffers, UMI, barcode, linker.

    `end_change`: how the last `match.END_BASES` bases before the host differ from the sheet's vector end, two bits a base, the
    last base lowest: XOR of the two codes, 0 where they agree or the base is unreadable or not part of the end.
    """

    fate: npt.NDArray[np.uint8]
    row: npt.NDArray[np.int32]
    junction_start: Counts
    junction_stop: Counts
    linker_start: Counts
    linker_stop: Counts
    umi: npt.NDArray[np.uint64]
    barcode: npt.NDArray[np.int32]
    linker: npt.NDArray[np.int32]
    end_change: npt.NDArray[np.uint32]
