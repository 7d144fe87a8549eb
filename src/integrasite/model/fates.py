"""What can become of a read pair. The ledger gives each pair exactly one of these."""

from dataclasses import dataclass
from enum import IntEnum


class Fate(IntEnum):
    """Fate of one read pair; the value is the code in intermediate tables, the name (lower case) the ledger's word."""

    USABLE = 0
    UNASSIGNED = 1
    LOW_QUALITY = 2
    MISPRIMING = 3
    TRUNCATED_LTR = 4
    NO_INSERT = 5
    INTERNAL_VECTOR = 6
    TWO_LTR_CIRCLE = 7
    WRONG_LINKER = 8
    NO_LINKER = 9
    TOO_SHORT = 10
    AUTOINTEGRATION = 20
    UNALIGNED = 21
    CLIPPED_JUNCTION = 22
    UNPAIRED = 23
    REPETITIVE = 24
    BLACKLISTED = 25
    SITE_UNIQUE = 30
    SITE_MULTIHIT = 31
    SITE_NOT_PASSED = 32
    NO_VECTOR = 49
    TUMOUR_VECTOR = 50
    TUMOUR_JUNCTION = 51
    TUMOUR_HOST = 52
    TUMOUR_HOST_LIKE = 53
    TUMOUR_BACKBONE = 54
    TUMOUR_CIRCLE = 55
    TUMOUR_REARRANGED = 56
    TUMOUR_UNEXPLAINED = 57
    TUMOUR_DUPLICATE = 58

    @property
    def word(self) -> str:
        """The word that stands in `ledger.tsv`."""
        return self.name.lower()


@dataclass(frozen=True)
class FateInfo:
    """Where a fate is decided and what it means to a reader of the ledger."""

    stage: str
    meaning: str


FATES: dict[Fate, FateInfo] = {
    Fate.UNASSIGNED: FateInfo(
        "reads", "index read or linker fits no row of the sheet, or fits two equally well"
    ),
    Fate.LOW_QUALITY: FateInfo("reads", "the junction read has too many unreadable or low-quality bases"),
    Fate.MISPRIMING: FateInfo("reads", "primer or LTR end not found: the primer bound elsewhere"),
    Fate.TRUNCATED_LTR: FateInfo("reads", "the LTR begins but stops before its last bases (CA)"),
    Fate.NO_INSERT: FateInfo("reads", "the linker follows the LTR directly: no host DNA between them"),
    Fate.INTERNAL_VECTOR: FateInfo(
        "reads", "the read continues into the vector (PBS, PPT or backbone), not into the host"
    ),
    Fate.TWO_LTR_CIRCLE: FateInfo("reads", "the LTR is joined to the other LTR: an unintegrated circle"),
    Fate.WRONG_LINKER: FateInfo(
        "reads", "the linker belongs to another library than the index (hop or recombination)"
    ),
    Fate.NO_LINKER: FateInfo("reads", "the linker was not found on the other read"),
    Fate.TOO_SHORT: FateInfo("reads", "host DNA shorter than the smallest insert that can be placed"),
    Fate.AUTOINTEGRATION: FateInfo(
        "align", "aligns better to the vector than to the host: the vector integrated into itself"
    ),
    Fate.UNALIGNED: FateInfo("align", "no alignment to the host or the vector"),
    Fate.CLIPPED_JUNCTION: FateInfo(
        "align", "the first bases after the LTR do not align, so the junction base is unknown"
    ),
    Fate.UNPAIRED: FateInfo(
        "align", "the two reads do not align as one fragment (PCR chimera, or one of them unplaced)"
    ),
    Fate.REPETITIVE: FateInfo(
        "align", "fits more places than the aligner lists (hundreds of equal copies of a repeat)"
    ),
    Fate.BLACKLISTED: FateInfo("sites", "lies in a region of the blacklist"),
    Fate.SITE_UNIQUE: FateInfo("sites", "supports a site placed uniquely"),
    Fate.SITE_MULTIHIT: FateInfo(
        "sites", "supports a site that fits several places equally (multihit cluster)"
    ),
    Fate.SITE_NOT_PASSED: FateInfo("sites", "supports a site whose status is not `pass` (see sites.tsv.gz)"),
    Fate.NO_VECTOR: FateInfo(
        "recruit", "no 20 bases of a vector or plasmid part in either read: not looked at any further"
    ),
    Fate.TUMOUR_VECTOR: FateInfo("align-tumour", "a distinct fragment of the vector alone"),
    Fate.TUMOUR_JUNCTION: FateInfo(
        "align-tumour", "a distinct fragment of vector and host: junction evidence"
    ),
    Fate.TUMOUR_HOST: FateInfo(
        "align-tumour", "recruited, but host alone explains it better than the vector"
    ),
    Fate.TUMOUR_HOST_LIKE: FateInfo(
        "align-tumour", "fits the vector, but only where the host genome has the same bases"
    ),
    Fate.TUMOUR_BACKBONE: FateInfo("align-tumour", "holds plasmid sequence that does not integrate"),
    Fate.TUMOUR_CIRCLE: FateInfo(
        "align-tumour", "the vector closed to a circle (one LTR or two): not integrated"
    ),
    Fate.TUMOUR_REARRANGED: FateInfo(
        "align-tumour", "vector joined to vector where neither provirus nor circle joins it"
    ),
    Fate.TUMOUR_UNEXPLAINED: FateInfo("align-tumour", "neither host nor vector explains it"),
    Fate.TUMOUR_DUPLICATE: FateInfo("align-tumour", "a copy of a fragment that is counted already"),
}
"""Every fate a ledger can name; `USABLE` never stands there, since each usable pair is given a later fate."""
