"""Look at the header, the index and the first records of an alignment file without reading it whole."""

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pysam

from integrasite.errors import DataError
from integrasite.io.bam_stream import has_index, is_cram


@dataclass(frozen=True)
class AlignmentStart:
    """What the start of a BAM or CRAM tells.

    Attributes:
        is_cram: CRAM, which is unpacked with the host's bases.
        has_index: an index stands beside it.
        contigs: names with lengths, as in the header; none in an unaligned file.
        n_unmapped: unmapped reads by the index; None where there is none or it does not tell (CRAM).
        lengths: bases of the first primary reads; empty for CRAM.
    """

    is_cram: bool
    has_index: bool
    contigs: dict[str, int]
    n_unmapped: int | None = None
    lengths: list[int] = field(default_factory=list)


def alignment_start(path: Path, n: int) -> AlignmentStart:
    """Read the header and the first `n` records.

    Raises:
        DataError: if the file is damaged there.
    """
    cram, indexed = is_cram(path), has_index(path)
    verbosity = pysam.set_verbosity(0)  # htslib's own words would stand beside ours
    try:
        with pysam.AlignmentFile(str(path), "rc" if cram else "rb", check_sq=False) as handle:
            contigs = dict(zip(handle.references, handle.lengths, strict=True))
            unmapped = _n_unmapped(handle) if indexed and not cram and contigs else None
            lengths = [] if cram else [_length(record) for record in islice(handle.fetch(until_eof=True), n)]
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as BAM or CRAM ({error}); copy it again") from None
    finally:
        pysam.set_verbosity(verbosity)
    return AlignmentStart(cram, indexed, contigs, unmapped, [length for length in lengths if length])


def _n_unmapped(handle: pysam.AlignmentFile) -> int:
    return int(handle.nocoordinate) + sum(int(row.unmapped) for row in handle.get_index_statistics())


def _length(record: pysam.AlignedSegment) -> int:
    return 0 if record.is_secondary or record.is_supplementary else int(record.query_length)
