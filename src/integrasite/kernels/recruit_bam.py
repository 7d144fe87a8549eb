"""Which BAM records show bases of a target, and where those of known loci lie: `recruit.scan_reads` over an unpacked file.

Bases are taken from the file's four bits to two, letters written out only of reads that have a word of a target, and
each record is gone through once, while it is in the cache.
"""

import numba
import numpy as np

from integrasite.kernels.bam_records import (
    LENGTH,
    Bytes,
    Fields,
    Hashes,
    Ints,
    describe_record,
    longest_read,
    pack_record,
    write_bases,
)
from integrasite.kernels.recruit import (
    Hits,
    LocusTable,
    SeedTable,
    find_seeds,
    match_seeds,
    n_read_words,
    place_read,
)
from integrasite.kernels.recruit_words import words_for


@numba.njit(cache=True, nogil=True)
def scan_records(
    raw: Bytes, starts: Ints, seeds: SeedTable, loci: LocusTable, hits: Hits, fields: Fields, hashes: Hashes
) -> None:
    """Compare the reads of records with all targets and loci, in the sequencer's orientation.

    Args:
        raw: unpacked BAM.
        starts: where the records begin.
        seeds: the targets.
        loci: the loci; none: reads are not placed.
        hits: filled, one row per record.
        fields: filled, as `bam_records` numbers them.
        hashes: filled, of names.
    """
    sieve, bits, words, rows, first, places, sequence, owner, least = seeds
    locus_bits, locus_words, locus_places, offsets, samples = loci
    span, target, locus, position, is_forward = hits
    longest = longest_read(raw, starts)
    packed, text, state = words_for(longest), np.empty(longest, np.uint8), np.empty(4, np.int64)
    found = np.empty(n_read_words(longest) + 1, np.int64)
    for read in range(starts.shape[0]):
        at = starts[read]
        hashes[read] = describe_record(raw, at, fields[read])
        length = int(fields[read, LENGTH])
        lead = pack_record(raw, at, length, packed)
        locus[read], position[read], is_forward[read] = place_read(
            packed, lead, length, locus_bits, locus_words, locus_places, offsets, samples
        )
        span[read], target[read] = 0, -1
        n = find_seeds(packed, lead, length, sieve, bits, found)
        if n:
            write_bases(raw, at, text[:length])
            match_seeds(
                packed,
                lead,
                found[:n],
                text,
                0,
                length,
                words,
                rows,
                first,
                places,
                sequence,
                owner,
                least,
                state,
            )
            span[read], target[read] = state[0], state[1]
