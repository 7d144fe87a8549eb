"""Molecules, placed by hand, for tests of junctions and sites.

Coordinates are 0-based and those of the junction *read*, as the aligner gives them; the code under test makes sites of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from integrasite.config.calling import Calling
from integrasite.io.windows import Windows
from integrasite.junctions.evidence import Evidence, LibraryJunction, collect_evidence
from integrasite.model.fates import Fate
from integrasite.model.sites import VectorEnd
from integrasite.sites.call import SubjectContext, SubjectSites, call_subject

CONTIGS = ("chr1", "chr2", "integrasite_vector|v")
N_HOST = 2
VECTOR = 2
GENOME_SIZE = 100_000
UMI_LENGTH = 12


@dataclass(frozen=True)
class At:
    """One place of a molecule: where the junction read's first base and the breakpoint lie, and the read's strand."""

    first: int
    end: int
    forward: bool = True
    contig: int = 0
    posterior: float = 1.0


@dataclass(frozen=True)
class Seen:
    """One molecule of a library with its places (none: `fate` says why), the length and start of its junction read, and how
    its vector end differs from the library's."""

    places: tuple[At, ...]
    umi: int = 0
    n_reads: int = 1
    sample: str = "s"
    fate: Fate = Fate.USABLE
    bases: int = 100
    prefix: bytes = b""
    end_change: int = 0


def fragment(first: int, length: int, *, forward: bool = True, contig: int = 0, **other: object) -> Seen:
    """A molecule placed uniquely: `length` bases of host from the junction to the breakpoint."""
    end = first + length - 1 if forward else first - length + 1
    return Seen((At(first, end, forward, contig),), **other)  # type: ignore[arg-type]


def shared(places: Iterable[tuple[int, int]], length: int, **other: object) -> Seen:
    """A molecule that fits several (contig, first base) equally, all on the forward strand."""
    found = tuple(places)
    spots = tuple(At(at, at + length - 1, True, contig, 1 / len(found)) for contig, at in found)
    return Seen(spots, **other)  # type: ignore[arg-type]


def library(sample: str = "s", end: str = "U5", tsd: int = 5) -> LibraryJunction:
    """A library whose reads start in the vector end `end`."""
    return LibraryJunction(sample, "v", VectorEnd(end), tsd)


def evidence_of(seen: Sequence[Seen], libraries: Mapping[str, LibraryJunction]) -> Evidence:
    """What `collect_evidence` makes of the molecules, each with an insert of its own."""
    molecules = pd.DataFrame(
        {
            "sample": pd.Series([one.sample for one in seen], dtype=object),
            "insert": pd.Series(range(len(seen)), dtype="int64"),
            "umi": pd.Series([one.umi for one in seen], dtype="uint64"),
            "n_reads": pd.Series([one.n_reads for one in seen], dtype="int64"),
            "end_change": pd.Series([one.end_change for one in seen], dtype="uint32"),
        }
    )
    rows = []
    for number, one in enumerate(seen):
        rows += [
            (number, int(one.fate), p.contig, p.first, p.end, p.forward, 100, p.posterior) for p in one.places
        ]
        if not one.places:
            rows.append((number, int(one.fate), -1, -1, -1, True, 0, 0.0))
    names = ["insert", "fate", "contig", "position", "breakpoint", "is_forward", "score", "posterior"]
    kinds = dict(
        zip(names, ["int64", "int32", "int32", "int64", "int64", "bool", "int32", "float64"], strict=True)
    )
    places = pd.DataFrame(rows, columns=names).astype(kinds)
    prefixes = pd.Series([one.prefix or b"%020d" % n for n, one in enumerate(seen)], dtype=object)
    lengths = pd.Series([one.bases for one in seen], dtype="int64")
    return collect_evidence(molecules, places, prefixes, lengths, dict(libraries))


def context_of(
    libraries: Mapping[str, LibraryJunction],
    *,
    umi_length: int | Mapping[str, int] = UMI_LENGTH,
    blacklist: Iterable[tuple[str, int, int]] = (),
    calling: Calling | None = None,
    bases: Windows | None = None,
) -> SubjectContext:
    """Two host contigs and a vector; `umi_length` 0 says that there are no UMIs."""
    lengths = {name: umi_length if isinstance(umi_length, int) else umi_length[name] for name in libraries}
    regions = pd.DataFrame(list(blacklist), columns=["contig", "start", "end"])
    return SubjectContext("p1", CONTIGS, N_HOST, libraries, lengths, regions, calling or Calling(), bases)


def call(seen: Sequence[Seen], libraries: Iterable[LibraryJunction] = (), **settings: object) -> SubjectSites:
    """Sites of one subject from its molecules (default: one U5 library named "s")."""
    by_sample = {one.sample: one for one in libraries} or {"s": library()}
    return call_subject(evidence_of(seen, by_sample), context_of(by_sample, **settings))  # type: ignore[arg-type]


def umis(start: int = 0) -> Iterable[int]:
    """UMIs that differ in at least three bases from each other (a checksum-like code, 12 bases)."""
    number = start
    while True:
        digits = [(number >> (2 * i)) & 3 for i in range(4)]
        triple = [digit for digit in digits for _ in range(3)]
        yield sum(digit << (2 * i) for i, digit in enumerate(triple))
        number += 1


def sites_of(called: SubjectSites) -> dict[tuple[str, str], int]:
    """Fragments by sample and label of the site."""
    return {(row.sample, row.site_id): int(row.n_fragments) for row in called.sites.itertuples(index=False)}
