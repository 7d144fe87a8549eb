"""Align recruited reads, each on its own, to the host and to the vectors: every hit, with soft clips.

Hits are told in the order of the read's own bases; what they mean together is worked out in `junctions/chains.py`.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pysam

from integrasite.align.command import BAND, BATCH_BASES, aligned_records, build_index, require_bwa
from integrasite.align.reference import ReferenceIndex
from integrasite.align.tumour_targets import Target
from integrasite.io.sequences import write_fasta
from integrasite.kernels.codes import Codes, decode

_CIGAR = re.compile(r"(\d+)([MIDNSHP=X])")
_HOST_SEED, _HOST_SCORE = 17, 19
"""In 3 Gb a word of 17 bases stands about once in three places by chance; shorter seeds cost time and only find what the mate
finds better (`chains_fragment.near_mate`)."""
_PIECE_SEED, _PIECE_SCORE = 15, 17
_VECTOR_SEED, _VECTOR_SCORE = 13, 15
"""Vectors have 10 kb: words of 13 bases are theirs."""
_BLOCK = 5000


class ReadHit(NamedTuple):
    """One alignment of one read.

    Attributes:
        contig: number of the host contig or of the vector target.
        is_reverse: whether the read aligns reverse-complemented.
        start: first aligned base of the contig, 0-based.
        cigar: (length, operation) along the contig, clips soft.
        score: the aligner's own.
    """

    contig: int
    is_reverse: bool
    start: int
    cigar: tuple[tuple[int, str], ...]
    score: int


def bwa_arguments(index: Path, threads: int, *, min_seed: int, min_score: int) -> list[str]:
    """The bwa mem call for single reads: all hits, soft clips, no bonus for reaching a read's end."""
    return [
        require_bwa(), "mem", "-a", "-Y", "-v", "1", "-t", str(threads), "-K", str(BATCH_BASES), "-w", str(BAND),
        "-L", "0,0", "-k", str(min_seed), "-T", str(min_score), str(index), "-",
    ]  # fmt: skip


def _blocks(reads: Sequence[Codes]) -> Iterator[bytes]:
    for first in range(0, len(reads), _BLOCK):
        lines = [
            f">{number}\n{decode(read)}\n" for number, read in enumerate(reads[first : first + _BLOCK], first)
        ]
        yield "".join(lines).encode()


def _hits(arguments: list[str], reads: Sequence[Codes], n_contigs: int) -> list[list[ReadHit]]:
    found: list[list[ReadHit]] = [[] for _ in reads]
    if not reads:
        return found
    with aligned_records(arguments, _blocks(reads)) as records:
        for record in records:
            if not record.is_unmapped and record.reference_id < n_contigs:
                found[int(record.query_name or 0)].append(_hit(record))
    for hits in found:
        hits.sort(key=lambda hit: (-hit.score, hit))
    return found


def _hit(record: pysam.AlignedSegment) -> ReadHit:
    cigar = tuple((int(n), op) for n, op in _CIGAR.findall(record.cigarstring or ""))
    return ReadHit(
        record.reference_id,
        record.is_reverse,
        record.reference_start,
        cigar,
        int(str(record.get_tag("AS"))),
    )


def host_hits(reads: Sequence[Codes], reference: ReferenceIndex, threads: int) -> list[list[ReadHit]]:
    """Hits of each read on host contigs, best first; hits on the reference's vector contigs are left out."""
    arguments = bwa_arguments(reference.fasta, threads, min_seed=_HOST_SEED, min_score=_HOST_SCORE)
    return _hits(arguments, reads, reference.n_host)


def piece_hits(pieces: Sequence[Codes], reference: ReferenceIndex, threads: int) -> list[list[ReadHit]]:
    """Hits of host bases that were cut out beside a junction: few and short, so that shorter seeds can be afforded."""
    arguments = bwa_arguments(reference.fasta, threads, min_seed=_PIECE_SEED, min_score=_PIECE_SCORE)
    return _hits(arguments, pieces, reference.n_host)


def vector_hits(
    reads: Sequence[Codes], targets: Sequence[Target], folder: Path, threads: int
) -> list[list[ReadHit]]:
    """Hits of each read on the targets (number = place in `targets`), best first.

    Args:
        reads: the reads.
        targets: vectors with both LTRs, backbones, plasmid parts.
        folder: where the small index may be written.
        threads: of the aligner; changes no result.
    """
    fasta = folder / "targets.fa"
    write_fasta(fasta, [(target.name, decode(target.codes)) for target in targets])
    build_index(fasta)
    arguments = bwa_arguments(fasta, threads, min_seed=_VECTOR_SEED, min_score=_VECTOR_SCORE)
    return _hits(arguments, reads, len(targets))
