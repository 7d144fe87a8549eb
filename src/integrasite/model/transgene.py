"""Verdicts on a vector in a tumour sample, and findings that explain them."""

from enum import StrEnum


class Verdict(StrEnum):
    """Whether a vector is there."""

    POSITIVE = "POSITIVE"
    INDETERMINATE = "INDETERMINATE"
    NEGATIVE = "NEGATIVE"
    NOT_EVALUABLE = "NOT_EVALUABLE"


class Finding(StrEnum):
    """What else speaks in a sample: other sources of the vector's sequence, and what limits the verdict."""

    PLASMID = "plasmid"
    AMPLICON = "amplicon"
    WILD_TYPE_VIRUS = "wild-type-virus"
    EPISOME = "episome"
    NO_JUNCTIONS = "no-junctions"
    INDEX_HOPPING = "index-hopping"
    CARRY_OVER = "carry-over"
    NATIVE_CDNA = "native-cdna"
    HOST_LIKE_ONLY = "host-like-only"
    SHARED_SEQUENCE = "shared-sequence"
    OTHER_PRODUCT = "other-product"
    UNMAPPED_READS_MISSING = "unmapped-reads-missing"
    DEPTH_UNKNOWN = "depth-unknown"
    DEPTH_AT_SITES = "depth-at-sites"
    BAITS_UNKNOWN = "baits-unknown"
    VECTOR_ENDS = "vector-ends"


FINDINGS: dict[Finding, str] = {
    Finding.PLASMID: "fragments of plasmid sequence that does not integrate: the vector's reads can be plasmid",
    Finding.AMPLICON: (
        "one fragment with far more read pairs than others, which does not count: a PCR product; or all fragments in one stretch "
        "of the vector: a PCR product or a damaged copy"
    ),
    Finding.WILD_TYPE_VIRUS: "fragments of what a wild-type virus has too, and too few of what only the vector has",
    Finding.EPISOME: "the vector's ends are joined to each other, and none to the host",
    Finding.NO_JUNCTIONS: "none or too few of so many fragments show the host beside the vector: plasmid or episome",
    Finding.INDEX_HOPPING: "fragments that a sample of the same sequencing run has too, with the same ends",
    Finding.CARRY_OVER: "junctions that another subject's sample has too, and more of them",
    Finding.NATIVE_CDNA: "exon boundaries that germline DNA lacks, without vector sequence beside them: cDNA of native genes",
    Finding.HOST_LIKE_ONLY: "fragments of sequence that vector and host share, and none of the vector's own",
    Finding.SHARED_SEQUENCE: "fragments that another vector of the sample explains as well",
    Finding.OTHER_PRODUCT: "the reads are like another product than the vector, or show nothing of its scFv or VHH",
    Finding.UNMAPPED_READS_MISSING: "the alignment file holds no unmapped reads, among which most vector reads are",
    Finding.DEPTH_UNKNOWN: "host depth is not known",
    Finding.DEPTH_AT_SITES: (
        "host depth was read at the subject's sites, since the control loci hold no reads: the file is a part of a genome, and "
        "the verdict holds if it has all reads of the vector"
    ),
    Finding.BAITS_UNKNOWN: "it is not known that the capture panel has baits for the vector",
    Finding.VECTOR_ENDS: "the vector's ends could not be told from its sequence",
}
"""Every finding in words, as `docs/output.md` lists them."""
