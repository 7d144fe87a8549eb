"""What the reads themselves say of the vector: bases that differ from the given one, and the product that they are like."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from integrasite.align.tumour_targets import Target
from integrasite.config.calling import Calling
from integrasite.io.tables import as_table, concat_tables
from integrasite.kernels.codes import Codes, reverse_complement
from integrasite.model.tables import VECTOR_DIFFERENCES
from integrasite.transgene.limits_expected import Flags
from integrasite.transgene.products import TagHit, product_of, tag_hits
from integrasite.transgene.vector_map import VectorMap
from integrasite.transgene.verdict_evidence import EVIDENCE_KINDS

Ints = npt.NDArray[np.int64]
Hit = tuple[int, bool, int, tuple[tuple[int, str], ...], int]
"""Contig, whether the read is reversed, start, CIGAR, score (`align/tumour.ReadHit`)."""

_MOST_BASES = 300_000
"""Bases that are translated at once, which bounds memory."""
_MOST_FRAGMENTS = 20_000
"""Fragments whose reads are asked, evenly chosen: more would say the same."""


def aligned_bases(read: Codes, hit: Hit) -> tuple[Ints, Codes]:
    """Contig bases and read bases of one alignment, pairwise."""
    codes = reverse_complement(read) if hit[1] else read
    at, place = 0, hit[2]
    places, bases = [np.zeros(0, np.int64)], [np.zeros(0, np.uint8)]
    for length, operation in hit[3]:
        if operation in "M=X":
            places.append(np.arange(place, place + length))
            bases.append(codes[at : at + length])
        if operation in "M=XIS":
            at += length
        if operation in "M=XDN":
            place += length
    return np.concatenate(places), np.concatenate(bases)


def pile_up(size: int, fragments: Iterable[Sequence[tuple[Codes, Hit]]]) -> Ints:
    """Fragments per base and letter (size x 4); a base on which the mates of a fragment disagree does not count.

    Args:
        size: bases of the one-LTR contig.
        fragments: per distinct fragment, its reads with their best hits on the vector.
    """
    counts = np.zeros((size, 4), np.int64)
    for reads in fragments:
        seen = [aligned_bases(read, hit) for read, hit in reads]
        if not seen:
            continue
        places = np.concatenate([places for places, _ in seen]) % size
        bases = np.concatenate([bases for _, bases in seen]).astype(np.int64)
        pairs = np.unique(places[bases < 4] * 4 + bases[bases < 4])
        at, n = np.unique(pairs // 4, return_counts=True)
        agreed = pairs[np.isin(pairs // 4, at[n == 1])]
        counts[agreed // 4, agreed % 4] += 1
    return counts


def differences(
    sample: str, vector: str, given: Codes, counts: Ints, is_own: Flags, calling: Calling
) -> pd.DataFrame:
    """Bases at which fragments agree on another base than the given one (columns of `VECTOR_DIFFERENCES`).

    Bases that the host has too are left out: most reads over them are the host's, with its own variants.

    Args:
        sample: name.
        vector: name.
        given: its one-LTR contig.
        counts: fragments per base and letter.
        is_own: per base, whether it is the vector's and not the host's.
        calling: thresholds.
    """
    total = counts.sum(axis=1)
    top = counts.argmax(axis=1)
    n_top = counts.max(axis=1) if counts.size else total
    rows = np.flatnonzero(
        (top != given)
        & is_own
        & (given < 4)
        & (n_top >= calling.difference_fragments)
        & (n_top >= calling.difference_share * total)
    )
    letters = np.array(list("ACGTN"))
    frame = pd.DataFrame(
        {
            "sample": sample,
            "vector": vector,
            "position": rows,
            "given": letters[given[rows]],
            "seen": letters[top[rows]],
            "n_fragments": n_top[rows],
            "n_covering": total[rows],
        }
    )
    return as_table(frame, VECTOR_DIFFERENCES)


def representatives(fragments: pd.DataFrame) -> pd.DataFrame:
    """Names and vectors of the reads that are asked, a bounded number: all but those of the host alone.

    Args:
        fragments: `TUMOUR_FRAGMENTS` of one sample.
    """
    kept = fragments[(fragments["kind"] != "host") & fragments["name"].notna()]
    kept = kept.assign(
        vector=kept["vector"].where(kept["kind"].isin(EVIDENCE_KINDS) & (kept["n_specific"] > 0), "")
    )
    chosen = kept.sort_values("fragment", kind="stable")[["name", "vector"]].fillna("")
    return chosen.iloc[np.linspace(0, len(chosen) - 1, min(len(chosen), _MOST_FRAGMENTS)).astype(int)]


def differences_of(
    sample: str,
    fragments: Sequence[tuple[str, Sequence[Codes]]],
    hits: Sequence[Sequence[Hit]],
    targets: Sequence[Target],
    vectors: VectorMap,
    calling: Calling,
) -> pd.DataFrame:
    """Bases in which a sample's reads differ from its vectors (columns of `VECTOR_DIFFERENCES`).

    Args:
        sample: name.
        fragments: per distinct fragment its vector and its reads.
        hits: of all these reads, in this order, on the targets.
        targets: what they were aligned to.
        vectors: the study's map.
        calling: thresholds.
    """
    number = {target.name: at for at, target in enumerate(targets) if target.kind == "vector"}
    piles: dict[str, list[list[tuple[Codes, Hit]]]] = {name: [] for name in number}
    at = 0
    for vector, reads in fragments:
        own = zip(reads, hits[at : at + len(reads)], strict=True)
        best = [(read, next((hit for hit in found if hit[0] == number[vector]), None)) for read, found in own]
        piles[vector].append([(read, hit) for read, hit in best if hit is not None])
        at += len(reads)
    tables = []
    for name, at in number.items():
        size = targets[at].size
        counts = pile_up(size, piles[name])
        tables.append(
            differences(
                sample, name, targets[at].codes[:size], counts, ~vectors[name].host_like_mask, calling
            )
        )
    return concat_tables(tables, VECTOR_DIFFERENCES)


def product_in_reads(reads: Iterable[Codes]) -> str:
    """The product that reads are like; empty where too few of its tags are seen.

    Args:
        reads: of fragments that touch a vector.
    """
    hits: list[TagHit] = []
    for text in _joined(reads):
        hits += tag_hits(text)
    return product_of(hits)


def _joined(reads: Iterable[Codes]) -> Iterator[Codes]:
    """Reads end to end, an unknown base between them, in pieces."""
    between = np.array([4], np.uint8)
    waiting: list[Codes] = []
    n = 0
    for read in reads:
        waiting += [read, between]
        n += read.size + 1
        if n >= _MOST_BASES:
            yield np.concatenate(waiting)
            waiting, n = [], 0
    if waiting:
        yield np.concatenate(waiting)
