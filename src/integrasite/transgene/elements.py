"""Elements of a vector: by the features of its file, by its ends, else by built-in motifs."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from integrasite.io.annotation_tables import read_resource
from integrasite.io.vector_features import Feature
from integrasite.kernels.codes import Codes
from integrasite.transgene.provirus import Places, Provirus, one_ltr, primer_site_start
from integrasite.transgene.translation import TagSearch
from integrasite.transgene.vector_map import Element, sorted_elements

MOTIFS = Path(__file__).parents[1] / "data" / "vector_motifs.tsv"
DNA_DIFFERENT = 0.12
PROTEIN_DIFFERENT = 0.15
"""Share of a tag that may differ: vectors of one family differ by less, other sequence by far more."""
_STRETCHED = 1.4
"""An element may be this much longer than listed and still be one (insertions in variants)."""
_PRIMER_SITE = 18
_TRACT = 15

_NAMES = (
    (r"\b(un)?translated|^source$|^primer", ""),
    (r"\bpsi\b|ψ|packaging signal", "psi"),
    (r"\brre\b|rev[- ]response", "RRE"),
    (r"\bc-?ppt\b|central polypurine|\bcts\b", "cPPT"),
    (r"wpre|woodchuck", "WPRE"),
    (r"ef-?1-?(a|α|alpha)|eef1a1|\befs\b", "EF1a promoter"),
    (r"\bh?pgk", "PGK promoter"),
    (r"\bmnd\b", "MND promoter"),
    (r"\bmscv\b", "MSCV promoter"),
    (r"\bsffv\b", "SFFV promoter"),
    (r"\brsv\b", "RSV promoter"),
    (r"cmv.*enhancer", "CMV enhancer"),
    (r"\bcmv", "CMV promoter"),
    (r"fmc63|anti-?cd19", "FMC63 scFv"),
    (r"signal peptide|leader", "signal peptide"),
    (r"cd8.*(tm\b|transmembrane)", "CD8a transmembrane"),
    (r"cd8.*hinge", "CD8a hinge"),
    (r"cd28.*(tm\b|transmembrane)", "CD28 transmembrane"),
    (r"cd28.*hinge", "CD28 hinge"),
    (r"\bcd28", "CD28 costimulatory"),
    (r"4-?1bb|cd137|tnfrsf9", "4-1BB costimulatory"),
    (r"cd3[- ]?(z|ζ|zeta)|cd247|tcr ?zeta", "CD3z"),
    (r"\bpbs\b|primer[- ]binding site", "PBS"),
)
"""Names as laboratories write them, and ours; the first that fits. An empty one is left out."""


@dataclass(frozen=True)
class Motif:
    """One tag of an element; tags of one `group` make up one element of about `length` bp."""

    group: str
    element: str
    length: int
    alphabet: str
    role: str
    tag: str


def load_motifs() -> tuple[Motif, ...]:
    """The built-in motifs."""
    rows = read_resource(MOTIFS).itertuples(index=False)
    return tuple(Motif(str(r[0]), str(r[1]), int(str(r[2])), str(r[3]), str(r[4]), str(r[5])) for r in rows)


def find_elements(provirus: Provirus, features: Iterable[Feature] = ()) -> tuple[Element, ...]:
    """All elements of a vector, in one-LTR coordinates.

    Where a feature and a motif name the same element, the feature counts.
    """
    codes = one_ltr(provirus)
    named = features_to_elements(features, provirus.places[: codes.size], provirus.is_turned)
    ends = end_elements(provirus)
    motifs = [
        e for e in motif_elements(codes)
        if e.start >= provirus.ltr_length and not any(_is_same(e, other) for other in (*named, *ends))
    ]  # fmt: skip
    inner = [e for e in named if e.start >= provirus.ltr_length]
    return sorted_elements([*inner, *ends, *motifs])


def _is_same(one: Element, other: Element) -> bool:
    shared = min(one.end, other.end) - max(one.start, other.start)
    return one.name == other.name and 2 * shared >= min(one.end - one.start, other.end - other.start)


def motif_elements(codes: Codes, motifs: Sequence[Motif] | None = None) -> list[Element]:
    """Elements by built-in motifs: tags of one group in order on one strand, at least half of them."""
    search = TagSearch(codes)
    groups: dict[str, list[Motif]] = {}
    for motif in load_motifs() if motifs is None else motifs:
        groups.setdefault(motif.group, []).append(motif)
    found = []
    for members in groups.values():
        hits = [
            (start, end, strand, number)
            for number, motif in enumerate(members)
            for start, end, strand in search.find(motif.tag, motif.alphabet, _tolerance(motif))
        ]
        for strand in "+-":
            found += _assemble([hit for hit in hits if hit[2] == strand], members, strand)
    return found


def _tolerance(motif: Motif) -> float:
    return DNA_DIFFERENT if motif.alphabet == "dna" else PROTEIN_DIFFERENT


def _assemble(hits: list[tuple[int, int, str, int]], members: Sequence[Motif], strand: str) -> list[Element]:
    """Join hits of one strand whose tags follow in their order within the element's length."""
    forward = strand == "+"
    hits.sort(key=lambda hit: hit[0] if forward else -hit[1])
    longest = int(_STRETCHED * members[0].length)
    chains: list[list[tuple[int, int, str, int]]] = []
    for hit in hits:
        last = chains[-1] if chains else None
        if last and last[-1][3] < hit[3] and max(hit[1], last[0][1]) - min(hit[0], last[0][0]) <= longest:
            last.append(hit)
        else:
            chains.append([hit])
    return [
        Element(members[0].element, min(h[0] for h in chain), max(h[1] for h in chain), strand, "motif")
        for chain in chains
        if 2 * len(chain) >= len(members)
    ]


def end_elements(provirus: Provirus) -> list[Element]:
    """What follows from the vector's ends: LTR with U3, R and U5, primer-binding site, polypurine tract; or the repeats."""
    length = provirus.ltr_length
    codes = one_ltr(provirus)
    if not length:
        return []
    found = [Element("LTR", 0, length, "+", "ends")]
    repeats = [e for e in motif_elements(codes[:length]) if e.name == "R" and e.strand == "+"]
    if repeats:
        r = repeats[0]
        found += [Element("U3", 0, r.start, "+", "ends"), r, Element("U5", r.end, length, "+", "ends")]
    if provirus.has_primer_site:
        first = primer_site_start(codes, length)
        found.append(Element("PBS", first, first + _PRIMER_SITE, "+", "ends"))
    if provirus.has_purine_tract:
        found.append(Element("PPT", codes.size - _TRACT - 1, codes.size, "+", "ends"))
    return found


def features_to_elements(features: Iterable[Feature], places: Places, is_turned: bool) -> list[Element]:
    """Features of the vector's file in one-LTR coordinates; those of the backbone and the LTRs are left out."""
    found = []
    for feature in features:
        name = normal_name(feature.name)
        inside = [i for i, place in enumerate(places.tolist()) if feature.start <= place < feature.end]
        if not name or not inside or inside[-1] - inside[0] + 1 > 2 * len(inside):
            continue
        strand = feature.strand if not is_turned else {"+": "-", "-": "+"}[feature.strand]
        found.append(Element(name, inside[0], inside[-1] + 1, strand, "feature"))
    return found


def normal_name(name: str) -> str:
    """Our name of a feature; names that are not known stay, those of LTRs and of no use become empty."""
    text = " ".join(name.split())
    if re.search(r"\bltr\b", text, re.IGNORECASE):
        return ""
    for pattern, ours in _NAMES:
        if re.search(pattern, text, re.IGNORECASE):
            return ours
    return text
