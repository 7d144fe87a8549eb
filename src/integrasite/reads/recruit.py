"""One pass over the reads: keep the fragments that touch a target, count those of host loci."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from integrasite.io.read_ahead import map_in_order
from integrasite.kernels.recruit import Hits, empty_hits, scan_reads
from integrasite.kernels.recruit_records import format_records
from integrasite.reads.recruit_counts import (
    Ints,
    RecruitCounts,
    best_locus,
    best_target,
    join_mates,
    single_fragments,
)
from integrasite.reads.recruit_targets import Targets

Texts = list[tuple[npt.NDArray[np.uint8], Ints]]
"""Text and record spans of a batch, per file of a lane (`io.fastq.read_texts`)."""


class Recruited(NamedTuple):
    """Recruited fragments: FASTQ text of reads 1 and, in the same order, of reads 2 (empty where single), and per
    fragment the number of the target, or locus, that it matches best."""

    first: bytes
    second: bytes
    target: Ints


class _Scanned(NamedTuple):
    texts: Texts
    hits: list[Hits]
    rows: Ints
    target: Ints
    recruited: Recruited


def scan_text(text: npt.NDArray[np.uint8], spans: Ints, targets: Targets) -> Hits:
    """Compare the reads of one file's batch with all targets."""
    starts, stops = np.ascontiguousarray(spans[:, 2]), np.ascontiguousarray(spans[:, 3])
    hits = empty_hits(len(spans))
    scan_reads(text, starts, stops, targets.seeds, targets.table, hits)
    return hits


def which_target(hits: list[Hits], targets: Targets) -> Ints:
    """Per fragment the target, or where loci are kept the locus, that it is recruited for; -1 none."""
    return best_locus(hits) if targets.keeps_loci else best_target(hits)


def _scan(targets: Targets, texts: Texts) -> _Scanned:
    hits = [scan_text(text, spans, targets) for text, spans in texts]
    target = which_target(hits, targets)
    rows = np.flatnonzero(target >= 0)
    written = [format_records(text, spans, rows).tobytes() for text, spans in texts]
    recruited = Recruited(written[0], written[1] if len(written) > 1 else b"", target[rows])
    return _Scanned(texts, hits, rows, target[rows], recruited)


def locus_lengths(targets: Targets) -> Ints:
    """Length of each locus, bp; one 0 where there are none."""
    return np.array([locus.length for locus in targets.loci] or [0], np.int64)


def recruit_texts(
    batches: Iterable[Texts], targets: Targets, counts: RecruitCounts, longest: int, threads: int = 1
) -> Iterator[Recruited]:
    """Recruit from FASTQ text, in the order of the files.

    Args:
        batches: text of the reads.
        targets: what they are compared with.
        counts: filled.
        longest: longest fragment of a locus that is counted, bp.
        threads: scanning threads; the result does not depend on them.
    """
    lengths = locus_lengths(targets)
    for scanned in map_in_order(partial(_scan, targets), batches, threads):
        hits = scanned.hits
        counts.n_pairs += len(scanned.texts[0][1])
        counts.is_paired = len(hits) > 1
        for _, spans in scanned.texts:
            counts.add_lengths(spans[:, 3] - spans[:, 2])
        placed = [
            single_fragments(hit, spans[:, 3] - spans[:, 2], lengths)
            for hit, (_, spans) in zip(hits, scanned.texts, strict=True)
        ]
        for rows in placed:
            counts.add_placed(rows)
        is_paired = len(hits) > 1
        counts.fragments.add(join_mates(hits[0], hits[1], lengths, longest) if is_paired else placed[0])
        counts.n_recruited += len(scanned.rows)
        counts.by_target.update(scanned.target.tolist())
        if len(scanned.rows):
            yield scanned.recruited
