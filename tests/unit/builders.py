"""Pairs with a chosen structure, and what the kernel makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from integrasite.config.calling import Calling
from integrasite.config.settings import Protocol
from integrasite.kernels.classify import classify_pairs
from integrasite.kernels.codes import encode, umi_to_text
from integrasite.kernels.layout import Classified, Patterns, ReadBatch
from integrasite.kernels.reference import reverse_complement
from integrasite.kernels.reference_pairs import Library, Linker, Pair
from integrasite.model.fates import Fate
from integrasite.reads.patterns import LibraryReads, limits_of, make_patterns, split_linker

LIMITS = limits_of(Calling())
SUFFIX = "CTCCGCTTAAGGGACT"
LINKER = "CGCAGACATCCCGTCCCAT" + "N" * 12 + SUFFIX
OTHER_LINKER = "CCGGACGGATTGGTGCCTA" + "N" * 12 + SUFFIX
BARCODE, OTHER_BARCODE = "AATCCGTACAGC", "TATCGTTGACCA"
UMI = "ACGGTCATTGCA"
ADAPTER = "GACAATTACCATAGCGTCAGTCCTGGTGTAGATCTCGGTGGTCGCCGTATCATT"


def random_bases(n: int, seed: int) -> str:
    return "".join(np.random.default_rng(seed).choice(list("ACGT"), n))


HOST = random_bases(500, 11)
U3_START = "TGGAAGGGCTAATTCACTCCCAACGAAGACAAGATATCCT"
LTR = U3_START + random_bases(90, 5) + "GTCAGTGTGGAAAATCTCTAGCA"
INSIDE_5 = "GTGGCGCCCGAACAGGGACCTGAAAGCGAAAGGGAAACCAGAGCT"
INSIDE_3 = "TTTAAAAGAAAAGGGGGGACTGG"
VECTOR = LTR + INSIDE_5 + random_bases(400, 6) + INSIDE_3 + LTR

U5 = Protocol(vector_end="U5", primer="GTGTGGAAAATC", ltr_end="TCTAGCA")
U3 = Protocol(
    vector_end="U3",
    primer=reverse_complement(U3_START)[:18],
    ltr_end=reverse_complement(U3_START)[18:],
)
PROTOCOLS = {"U5": U5, "U3": U3}
BEYOND = {"U5": INSIDE_5, "U3": reverse_complement(INSIDE_3) + reverse_complement(random_bases(400, 6))}
"""What follows the vector end inside the vector."""
CIRCLE = {"U5": U3_START + random_bases(90, 5), "U3": reverse_complement(LTR)}
"""What follows it in a two-LTR circle."""


@dataclass(frozen=True)
class ReadBuilder:
    """A pair, from the parts its reads are made of. A part left None follows from the others."""

    protocol: Protocol = U5
    linker: str = LINKER
    barcode: str = BARCODE
    umi: str = UMI
    insert: str = HOST[:200]
    n_junction: int = 140
    n_linker: int = 150
    quality: int = 37
    lead: str | None = None
    """Vector end as the junction read shows it."""
    behind: str | None = None
    """What stands behind the insert in the junction read: the linker from its other strand."""
    linker_start: str | None = None
    """Linker as the linker read shows it."""
    index: str | None = None

    def with_(self, **changes: object) -> "ReadBuilder":
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def end(self) -> str:
        return self.protocol.primer + self.protocol.ltr_end

    @property
    def full_linker(self) -> str:
        prefix, n_umi, suffix = split_linker(self.linker)
        return prefix + (self.umi * 3)[:n_umi] + suffix

    def junction_read(self) -> str:
        behind = reverse_complement(self.full_linker) if self.behind is None else self.behind
        lead = self.end if self.lead is None else self.lead
        return (lead + self.insert + behind + ADAPTER + "G" * 300)[: self.n_junction]

    def linker_read(self) -> str:
        start = self.full_linker if self.linker_start is None else self.linker_start
        rest = reverse_complement(self.insert) + reverse_complement(self.end)
        return (start + rest + ADAPTER[::-1] + "G" * 300)[: self.n_linker]

    def pair(self, is_single: bool = False) -> Pair:
        junction = self.junction_read()
        index = self.barcode if self.index is None else self.index
        return Pair(
            junction, [self.quality] * len(junction), None if is_single else self.linker_read(), index
        )


@dataclass(frozen=True)
class Seen:
    """What the kernel says of one pair, in words and in positions of its own reads."""

    fate: str
    row: int
    junction: tuple[int, int]
    linker: tuple[int, int]
    umi: str
    barcode: int
    linker_row: int


@dataclass(frozen=True)
class Source:
    """Libraries that share files: barcode, linker and protocol of each."""

    rows: Sequence[tuple[str, str, str]] = ((BARCODE, LINKER, "U5"),)
    protocols: dict[str, Protocol] = field(default_factory=lambda: PROTOCOLS)
    vector: str = VECTOR
    kind: str = "lentivirus"

    def patterns(self) -> Patterns:
        names = dict.fromkeys(name for _, _, name in self.rows)
        used = {name: self.protocols[name] for name in names}
        vectors = {name: [(self.kind, encode(self.vector))] for name in names}
        return make_patterns([LibraryReads(*row) for row in self.rows], used, vectors)

    def libraries(self) -> list[Library]:
        """The same rows for the slow twin, with what the compiled patterns hold."""
        patterns = self.patterns()
        names = list(dict.fromkeys(name for _, _, name in self.rows))

        def owned(table: np.ndarray, lengths: np.ndarray, owners: np.ndarray, name: str) -> tuple[str, ...]:
            return tuple(
                to_text(row[:n])
                for row, n, owner in zip(table, lengths, owners, strict=True)
                if names[owner] == name
            )

        return [
            Library(
                barcode,
                Linker(*split_linker(linker)) if linker else None,
                self.protocols[name].primer,
                self.protocols[name].ltr_end,
                owned(
                    patterns.continuations,
                    patterns.continuation_lengths,
                    patterns.continuation_protocol,
                    name,
                ),
                owned(patterns.circles, patterns.circle_lengths, patterns.circle_protocol, name),
            )
            for barcode, linker, name in self.rows
        ]


def to_text(codes: np.ndarray) -> str:
    return "".join("ACGTN"[code] for code in codes)


def make_batch(pairs: Sequence[Pair]) -> ReadBatch:
    """Pairs as the FASTQ reader would hand them over."""

    def column(reads: list[str]) -> tuple[np.ndarray, np.ndarray]:
        return encode("".join(reads)), np.cumsum([0, *map(len, reads)]).astype(np.int64)

    junction, offsets = column([pair.junction for pair in pairs])
    quality = np.concatenate([np.asarray(pair.quality, np.uint8) + 33 for pair in pairs]).astype(np.uint8)
    linker, linker_offsets = column([pair.linker or "" for pair in pairs])
    index, index_offsets = column([pair.index for pair in pairs])
    return ReadBatch(
        junction,
        quality,
        offsets,
        linker,
        np.full(len(linker), 70, np.uint8),
        linker_offsets,
        index,
        index_offsets,
    )


def describe(out: Classified, batch: ReadBatch, patterns: Patterns) -> list[Seen]:
    seen = []
    for k, code in enumerate(out.fate.tolist()):
        row = int(out.row[k])
        own = int(patterns.row_linker[row]) if row >= 0 else -1
        n_umi = int(patterns.umi_lengths[own]) if own >= 0 else 0
        seen.append(
            Seen(
                Fate(code).word,
                row,
                _span(out.junction_start[k], out.junction_stop[k], batch.junction_offsets[k]),
                _span(out.linker_start[k], out.linker_stop[k], batch.linker_offsets[k]),
                str(umi_to_text(out.umi[k : k + 1], n_umi)[0]) if n_umi else "",
                int(out.barcode[k]),
                int(out.linker[k]),
            )
        )
    return seen


def _span(start: int, stop: int, offset: int) -> tuple[int, int]:
    return (int(start - offset), int(stop - offset)) if stop else (0, 0)


def classify(source: Source, pairs: Sequence[Pair | ReadBuilder]) -> list[Seen]:
    """Classify pairs in one batch."""
    plain = [pair.pair() if isinstance(pair, ReadBuilder) else pair for pair in pairs]
    batch, patterns = make_batch(plain), source.patterns()
    return describe(classify_pairs(batch, patterns, LIMITS), batch, patterns)


def classify_one(builder: ReadBuilder, source: Source | None = None, is_single: bool = False) -> Seen:
    """Classify one pair in a source of its own, unless one is given."""
    name = next(name for name, protocol in PROTOCOLS.items() if protocol is builder.protocol)
    source = source or Source([(builder.barcode, builder.linker, name)])
    return classify(source, [builder.pair(is_single)])[0]
