"""Records of an aligned file that lie at given places, through its index."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pysam

from integrasite.errors import DataError
from integrasite.io.bam_stream import has_index, is_cram

Span = tuple[str, int, int]
"""Contig and bases `[start, end)` of it, 0-based."""


def is_aligned_to(path: Path, reference: Path | None, contigs: Mapping[str, int]) -> bool:
    """Whether an indexed, sorted file is aligned to this genome and nothing else.

    Names and lengths of all contigs must agree. Where the file has more (decoys, other haplotypes, a vector), reads of a place
    may stand there.

    Args:
        path: BAM or CRAM.
        reference: FASTA of the host, for CRAM.
        contigs: of the genome, with their lengths.
    """
    if not has_index(path):
        return False
    try:
        with _open(path, reference) as handle:
            order = handle.header.to_dict().get("HD", {}).get("SO", "")
            own = dict(zip(handle.references, handle.lengths, strict=True))
            return bool(order == "coordinate" and own == dict(contigs))
    except (OSError, ValueError):
        return False  # whatever is wrong is said when the file is read as a whole


@contextmanager
def cut_to_spans(path: Path, reference: Path | None, spans: Iterable[Span]) -> Iterator[Path]:
    """A BAM file, for as long as it is needed, of all records that touch the spans; each record once.

    Raises:
        DataError: if file or index are damaged.
    """
    with TemporaryDirectory(prefix="integrasite-") as folder:
        part = Path(folder) / "part.bam"
        try:
            with (
                _open(path, reference) as source,
                pysam.AlignmentFile(str(part), "wb", template=source) as target,
            ):
                for contig, start, end, before in _joined(spans):
                    for record in source.fetch(contig, start, end):
                        # one that begins sooner touches the span before, and was written with it
                        if record.reference_start >= before:
                            target.write(record)
        except (OSError, ValueError) as error:
            raise DataError(
                f"{path}: the file or its index is damaged or cut off ({error}); index it again"
            ) from None
        yield part


def _open(path: Path, reference: Path | None) -> pysam.AlignmentFile:
    fasta = str(reference) if reference else None
    return pysam.AlignmentFile(str(path), "rc" if is_cram(path) else "rb", reference_filename=fasta)


def _joined(spans: Iterable[Span]) -> list[tuple[str, int, int, int]]:
    """Spans that do not overlap, each with the end of the one before on its contig."""
    found: list[tuple[str, int, int, int]] = []
    for contig, start, end in sorted((contig, max(start, 0), end) for contig, start, end in spans):
        last = found[-1] if found and found[-1][0] == contig else None
        if last and start <= last[2]:
            found[-1] = (contig, last[1], max(last[2], end), last[3])
        else:
            found.append((contig, start, end, last[2] if last else 0))
    return found
