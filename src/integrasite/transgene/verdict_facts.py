"""What a verdict rests on: counts of evidence, what the sample could have shown, and what else is known of it."""

from dataclasses import dataclass

from integrasite.transgene.binder import Absence
from integrasite.transgene.contaminants import CarryOver


@dataclass(frozen=True)
class Counts:
    """Informative evidence of one sample for one vector, without what hopped and what a better explained vector shares.

    Attributes:
        n_fragments: distinct informative fragments that count.
        n_bins: bins that hold the middle of one.
        n_apart: bins from the first to the last of them.
        elements: elements that hold the middle of one, in order; sequence without name is there once for each of its bins.
        n_beside_virus: of the fragments, those outside what a wild-type virus has.
        n_hopped: fragments with the ends of a run-mate's, which do not count.
        n_shared: fragments that a better explained vector explains as well, which do not count.
        n_host_like: fragments of sequence that vector and host share.
        n_exon: of these, fragments over exon boundaries of native genes.
        n_circle: fragments over the joint of a circle.
        n_junctions: distinct fragments with a junction to the host.
        n_backbone: fragments of the vector's backbone or of plasmid parts.
    """

    n_fragments: int = 0
    n_bins: int = 0
    n_apart: int = 0
    elements: tuple[str, ...] = ()
    n_beside_virus: int = 0
    n_hopped: int = 0
    n_shared: int = 0
    n_host_like: int = 0
    n_exon: int = 0
    n_circle: int = 0
    n_junctions: int = 0
    n_backbone: int = 0


@dataclass(frozen=True)
class Limits:
    """What a sample could have shown.

    Attributes:
        rule_fragments: fragments that POSITIVE needs.
        rule_bins: bins that it needs.
        rule_apart: bins from the first to the last that it needs.
        rule_elements: elements that it needs.
        rule_beside_virus: fragments outside viral elements that it needs.
        lob: limit of blank, fragments.
        lod: copies per diploid genome seen with 95 %; NaN if not known.
        required: copies that a NEGATIVE must have been able to see.
        is_depth_known: whether host depth is known.
        blank_sources: where fragments of the limit of blank come from.
    """

    rule_fragments: int
    rule_bins: int
    rule_apart: int
    rule_elements: int
    rule_beside_virus: int
    lob: int
    lod: float
    required: float
    is_depth_known: bool = True
    blank_sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Amplified:
    """PCR products of the vector.

    Attributes:
        n_products: how many.
        n_pairs: read pairs of the one that has most.
        start: its first vector base.
        end: base behind the last.
        mean: read pairs of other fragments of the library.
    """

    n_products: int
    n_pairs: int
    start: int
    end: int
    mean: float


@dataclass(frozen=True)
class Circumstances:
    """What is known of a sample beside its counts.

    Attributes:
        assay: of the sheet.
        vector: name of the vector.
        is_integrated: junctions with the host are more than chimeras.
        is_pile_up: all fragments lie in one stretch.
        is_viral_excess: far more fragments than due lie in viral elements.
        lacks_junctions: integrated copies would have shown more junctions.
        junctions_due: fragments with a junction that integrated copies would have shown.
        is_plasmid: backbone is at least `plasmid_ratio` of the provirus.
        carry_over: the other sample that the DNA may be from.
        mates: run-mates with the same fragments.
        better: vectors that explain shared fragments better.
        product: product that the reads are like.
        vector_product: product that the given vector is like.
        has_unmapped: False where an alignment file holds no unmapped reads.
        has_baits: whether a capture panel is known to have baits for the vector.
        problem: what keeps the vector's ends from being trusted.
        amplified: PCR products among the fragments, which do not count.
        absence: the vector's binder, where it is not there.
    """

    assay: str
    vector: str
    is_integrated: bool = False
    is_pile_up: bool = False
    is_viral_excess: bool = False
    lacks_junctions: bool = False
    junctions_due: float = 0.0
    is_plasmid: bool = False
    carry_over: CarryOver | None = None
    mates: tuple[str, ...] = ()
    better: tuple[str, ...] = ()
    product: str = ""
    vector_product: str = ""
    has_unmapped: bool = True
    has_baits: bool = True
    problem: str = ""
    amplified: Amplified | None = None
    absence: Absence | None = None

    @property
    def is_other_product(self) -> bool:
        """Whether the reads are another product's than the given vector."""
        return bool(self.product and self.vector_product) and self.vector_product not in self.product.split(
            ","
        )

    @property
    def is_binder_missing(self) -> bool:
        """Whether nothing of the binder is there, and nothing but another product explains it yet."""
        return self.absence is not None and not self.absence.is_joined
