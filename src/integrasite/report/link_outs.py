"""Links from a site to public genome browsers: for known assemblies only, opened by a click, never loaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

FLANK = 500
"""Bases shown on either side of the site."""
UCSC = "https://genome.ucsc.edu/cgi-bin/hgTracks"
IGV = "https://igv.org/app/"


@dataclass(frozen=True)
class Assembly:
    """One assembly: its UCSC name (IGV's too), and Ensembl's address where it has a page for it."""

    ucsc: str
    ensembl: str
    n_autosomes: int


_HUMAN, _MOUSE = 22, 19
ASSEMBLIES = {
    "hg38": Assembly("hg38", "https://www.ensembl.org/Homo_sapiens", _HUMAN),
    "hg19": Assembly("hg19", "https://grch37.ensembl.org/Homo_sapiens", _HUMAN),
    "hs1": Assembly("hs1", "", _HUMAN),
    "mm10": Assembly("mm10", "https://nov2020.archive.ensembl.org/Mus_musculus", _MOUSE),
    "mm39": Assembly("mm39", "https://www.ensembl.org/Mus_musculus", _MOUSE),
}
_ALIASES = {
    "grch38": "hg38",
    "grch37": "hg19",
    "t2t-chm13": "hs1",
    "chm13": "hs1",
    "grcm38": "mm10",
    "grcm39": "mm39",
}
"""Other names of the same sequences. Names with more after them (`GRCh38.p14`, `T2T-CHM13v2.0`) are cut at the
version."""


@dataclass(frozen=True)
class LinkOut:
    """A link to another site; `text` names it."""

    text: str
    href: str


def assembly_of(reference: str) -> Assembly | None:
    """The known assembly that a reference's name says it is; None for any other name."""
    name = reference.strip().lower()
    for known in (*ASSEMBLIES, *_ALIASES):
        rest = name.removeprefix(known)
        if rest != name and (not rest or rest.startswith((".", "v2", "-v2", "_v2"))):
            return ASSEMBLIES[_ALIASES.get(known, known)]
    return None


def _bare(contig: str, assembly: Assembly) -> str:
    """The chromosome without `chr`; empty for any other contig, since its name differs between browsers."""
    bare = contig.removeprefix("chr")
    known = {*(str(number) for number in range(1, assembly.n_autosomes + 1)), "X", "Y"}
    return bare if bare in known else ""


def link_outs(reference: str, contig: str, position: int) -> Sequence[LinkOut]:
    """Links to the site in UCSC, Ensembl and IGV; none where the assembly or the contig is not known to them.

    Args:
        reference: the name in the config.
        contig: as in the FASTA.
        position: 1-based.
    """
    assembly = assembly_of(reference)
    bare = _bare(contig, assembly) if assembly else ""
    if assembly is None or not bare:
        return ()
    first, last = max(1, position - FLANK), position + FLANK
    locus = quote(f"chr{bare}:{first}-{last}", safe=":-")
    links = [LinkOut("UCSC", f"{UCSC}?db={assembly.ucsc}&position={locus}")]
    if assembly.ensembl:
        links.append(LinkOut("Ensembl", f"{assembly.ensembl}/Location/View?r={bare}:{first}-{last}"))
    return (*links, LinkOut("IGV", f"{IGV}?genome={assembly.ucsc}&locus={locus}"))
